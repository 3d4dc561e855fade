//! Package names, old and new (N1, N2).

use alloc::boxed::Box;

use super::{
    Kinds, NameError, NameProblem, Scope, all_url_safe, core_modules::core_module, is_special, name_storage,
    no_capital, not_excluded, scope, set::same,
};
use crate::value::limits::{MAX_NEW_PACKAGE_NAME, MAX_PACKAGE_NAME};

/// **The name of a package**, `name` or `@scope/name` (N1, N2).
///
/// - Compared byte for byte: `JSONStream` and `jsonstream` are two packages.
/// - Accepts every name that exists, old ones included (capitals, `~'!()*`, longer than 214 characters);
///   [`check_new`](Self::check_new) tells whether a *new* package may have it. Both follow npm's
///   `validate-npm-package-name` 7.0.2, stricter in two things: no scope or scoped name is `.`, `..`, `node_modules`
///   or `favicon.ico` in any case, and no name is longer than 1,024 bytes.
///
/// ```
/// use tollgate::PackageName;
///
/// let name = PackageName::new("@acme/app")?;
/// assert_eq!(name.scope().unwrap().to_string(), "@acme");
/// assert!(name.check_new().is_ok());
///
/// let old = PackageName::new("JSONStream")?;
/// assert!(old.scope().is_none());
/// assert!(old.check_new().is_err());
///
/// assert!(PackageName::new("@acme/../app").is_err());
/// # Ok::<(), tollgate::value::NameError>(())
/// ```
#[derive(Clone, Copy)]
pub struct PackageName<T = Box<str>> {
    text: T,
    /// Where the `/` of a scoped name stands; 0 for an unscoped name, which has none.
    slash: u16,
    /// Whether it has no character that a new name cannot have.
    characters_of_a_new_name: bool,
}

impl<'a> PackageName<&'a str> {
    /// Reads a package name, borrowing its text.
    ///
    /// # Errors
    /// A name that npm's `validForOldPackages` refuses, or that one of the two stricter rules of N2 refuses.
    pub fn new(text: &'a str) -> Result<Self, NameError> {
        let (slash, characters_of_a_new_name) =
            check(text).map_err(|problem| NameError::new("package", text, problem))?;
        Ok(Self { text, slash, characters_of_a_new_name })
    }

    /// The same name with its own copy of the text.
    #[must_use]
    pub fn into_owned(self) -> PackageName {
        let Self { text, slash, characters_of_a_new_name } = self;
        PackageName { text: text.into(), slash, characters_of_a_new_name }
    }

    /// The text, for as long as it was borrowed.
    #[must_use]
    pub const fn into_str(self) -> &'a str {
        self.text
    }

    /// The scope, if the name has one.
    #[must_use]
    pub fn scope(self) -> Option<Scope<&'a str>> {
        self.text.get(1..usize::from(self.slash)).map(Scope::of_package)
    }

    /// The bytes of its scope, for a [`NameSet`](super::NameSet) of scopes.
    #[inline]
    pub(crate) fn scope_bytes(self) -> Option<&'a [u8]> {
        self.text.as_bytes().get(1..usize::from(self.slash))
    }

    /// Whether it has the scope of that name, without `@`: a user's or an organization's.
    #[inline]
    pub(crate) fn is_in_scope_named(self, name: &str) -> bool {
        self.scope_bytes().is_some_and(|scope| same(scope, name.as_bytes()))
    }
}

impl<T: AsRef<str>> PackageName<T> {
    /// The whole name, with its scope.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_ref()
    }

    /// The same name, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> PackageName<&str> {
        let Self { text, slash, characters_of_a_new_name } = self;
        PackageName { text: text.as_ref(), slash: *slash, characters_of_a_new_name: *characters_of_a_new_name }
    }

    /// Whether the name has a scope.
    #[must_use]
    pub const fn is_scoped(&self) -> bool {
        self.slash != 0
    }

    /// Whether a new package may have this name today.
    ///
    /// # Errors
    /// What `validForNewPackages` holds against it: a core module's name, longer than 214 characters, a capital
    /// letter, or one of `~'!()*` after the scope.
    pub fn check_new(&self) -> Result<(), NameError> {
        self.problem_as_new().map_or(Ok(()), |problem| Err(NameError::new("new package", self.as_str(), problem)))
    }

    /// Whether [`check_new`](Self::check_new) refuses nothing: the question of every creation.
    #[inline]
    pub(crate) fn is_new(&self) -> bool {
        let text = self.as_str();
        self.characters_of_a_new_name
            && text.len() <= MAX_NEW_PACKAGE_NAME
            && (self.is_scoped() || core_module(text).is_none())
    }

    /// What [`check_new`](Self::check_new) would refuse, without an allocation.
    pub(crate) fn problem_as_new(&self) -> Option<NameProblem> {
        let text = self.as_str();
        if let Some(module) = core_module(text) {
            return Some(NameProblem::CoreModule(module));
        }
        if text.len() > MAX_NEW_PACKAGE_NAME {
            return Some(NameProblem::TooLong { found: text.len(), at_most: MAX_NEW_PACKAGE_NAME });
        }
        if let Err(problem) = no_capital(text) {
            return Some(problem);
        }
        let after_scope = text.get(usize::from(self.slash)..).unwrap_or(text);
        after_scope.bytes().find(|byte| is_special(*byte)).map(|byte| NameProblem::SpecialCharacter(byte.into()))
    }
}

impl<T: AsRef<str>> Scope<T> {
    /// Whether the package is in this scope.
    #[must_use]
    pub fn covers(&self, package: PackageName<&str>) -> bool {
        package.is_in_scope_named(self.as_str())
    }
}

impl<T: AsRef<str>> core::fmt::Display for PackageName<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}

name_storage!(PackageName, "package");

/// N2: the position of the `/`, or 0 without a scope; and whether a new name could have these characters.
fn check(text: &str) -> Result<(u16, bool), NameProblem> {
    if text.len() > MAX_PACKAGE_NAME {
        return Err(NameProblem::TooLong { found: text.len(), at_most: MAX_PACKAGE_NAME });
    }
    let Some(scoped) = text.strip_prefix('@') else {
        let kinds = unscoped(text)?;
        return Ok((0, kinds.no_capital() && kinds.not_special()));
    };
    let slash = scoped.bytes().position(|byte| byte == b'/').ok_or(NameProblem::NoSlash)?;
    let (scope, name) =
        (scoped.get(..slash).unwrap_or_default(), text.get(slash.saturating_add(2)..).unwrap_or_default());
    let scope_kinds = scope::check(scope)?;
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    not_excluded(name)?;
    let name_kinds = all_url_safe(name)?;
    if name.starts_with('.') {
        return Err(NameProblem::StartsWith('.'));
    }
    let slash = u16::try_from(scope.len().saturating_add(1))
        .map_err(|_| NameProblem::TooLong { found: text.len(), at_most: MAX_PACKAGE_NAME })?;
    // Special characters are held against what is after the scope only.
    Ok((slash, scope_kinds.no_capital() && name_kinds.no_capital() && name_kinds.not_special()))
}

fn unscoped(text: &str) -> Result<Kinds, NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    not_excluded(text)?;
    if let Some(first) = text.chars().next().filter(|first| matches!(first, '.' | '-' | '_')) {
        return Err(NameProblem::StartsWith(first));
    }
    all_url_safe(text)
}

#[cfg(test)]
mod tests {
    use super::PackageName;
    use alloc::string::ToString;

    #[test]
    fn messages_name_what_was_found_and_what_was_expected() {
        for (text, expected) in [
            ("", "it is empty: expected at least one character"),
            ("@acme/", "it is empty: expected at least one character"),
            ("@/x", "it is empty: expected at least one character"),
            ("@acme", "it starts with `@` without a `/` after the scope: expected `@scope/name`"),
            ("_x", "it starts with `_`: expected a letter or digit first"),
            ("-x", "it starts with `-`: expected a letter or digit first"),
            (".x", "it starts with `.`: expected a letter or digit first"),
            ("@acme/.x", "it starts with `.`: expected a letter or digit first"),
            ("a/b", "it contains `/`: expected URL-safe ASCII characters only"),
            ("@a/b/c", "it contains `/`: expected URL-safe ASCII characters only"),
            ("a\u{0}b", "it contains `\\0`: expected URL-safe ASCII characters only"),
            (
                "Node_Modules",
                "`node_modules` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`",
            ),
            ("@x/..", "`..` is excluded: expected a name other than `.`, `..`, `node_modules` and `favicon.ico`"),
        ] {
            let error = PackageName::new(text).unwrap_err();
            assert_eq!(error.problem().to_string(), expected, "{text:?}");
            assert!(error.to_string().starts_with("invalid package name `"), "{error}");
        }
        for (text, expected) in [
            (
                "HTTP",
                "invalid new package name `HTTP`: `http` is a core module of Node: expected another name for a new package",
            ),
            (
                "JSONStream",
                "invalid new package name `JSONStream`: it contains the capital letter `J`: expected lower case in a new name",
            ),
            (
                "x~y",
                "invalid new package name `x~y`: it contains `~`: expected none of `~'!()*` in the name of a new package",
            ),
        ] {
            assert_eq!(PackageName::new(text).unwrap().check_new().unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn lengths_end_at_1024_for_old_names_and_at_214_for_new_ones() {
        assert!(PackageName::new(&"a".repeat(1024)).is_ok());
        let error = PackageName::new(&"a".repeat(1025)).unwrap_err();
        assert_eq!(error.problem().to_string(), "it has 1025 bytes: expected at most 1024");
        assert!(PackageName::new(&"a".repeat(214)).unwrap().check_new().is_ok());
        let error = PackageName::new(&"a".repeat(215)).unwrap().check_new().unwrap_err();
        assert_eq!(error.problem().to_string(), "it has 215 bytes: expected at most 214");
    }

    #[test]
    fn a_name_is_new_where_nothing_is_held_against_it() {
        let long = "a".repeat(215);
        for text in [
            "a",
            "A",
            "a-b.c_d",
            "a~",
            "a'b",
            "http",
            "HTTP",
            "httpx",
            &long,
            &long[1..],
            "@a/b",
            "@A/b",
            "@a/B",
            "@a~/b",
            "@a!'()*/b",
            "@a/b~",
            "@a/b*c",
            "@a/http",
            "@http/b",
            "@a/b(c)",
            "@a-b/_x",
            "@_/-x",
            "node:test2",
        ] {
            let Ok(name) = PackageName::new(text) else { continue };
            assert_eq!(name.is_new(), name.problem_as_new().is_none(), "{text}");
            assert_eq!(name.into_owned().is_new(), name.problem_as_new().is_none(), "{text}");
        }
    }

    #[test]
    fn an_unscoped_name_has_no_scope_and_a_scoped_one_has_its_own() {
        assert_eq!(PackageName::new("acme").unwrap().scope(), None);
        assert_eq!(PackageName::new("@a/b").unwrap().scope().unwrap().as_str(), "a");
        let owned: PackageName = "@acme/app".parse().unwrap();
        assert_eq!(owned.as_borrowed().scope().unwrap().into_str(), "acme");
    }
}
