//! Package names.

use alloc::boxed::Box;

use super::{
    CharacterClasses, NameError, NameProblem, Scope, check_no_capital, check_not_excluded, check_url_safe,
    core_modules::core_module, is_special, name_storage, scope, set::same,
};
use crate::value::limits::{MAX_NEW_PACKAGE_NAME, MAX_PACKAGE_NAME};

/// The name of a package, `name` or `@scope/name`.
///
/// Names compare byte for byte: `JSONStream` and `jsonstream` are two packages ([N1](crate::docs::rules#n1)).
///
/// # Old and new names
///
/// npm's rules for names became stricter over time, and older packages keep their names. A `PackageName` is a name that
/// an existing package may have: it may contain capital letters and `~'!()*`, and may be longer than 214 characters.
/// [`check_new`](Self::check_new) tells whether a *new* package may have the name ([N2](crate::docs::rules#n2)).
///
/// Parsing and `check_new` follow npm's `validate-npm-package-name` 7.0.2, with two stricter rules. In a scoped name,
/// neither the scope nor the part after it may be `.`, `..`, `node_modules` or `favicon.ico`, ignoring case. No name
/// has more than 1,024 bytes.
///
/// # Examples
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
    form: NameForm,
}

/// What parsing found out about a package name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameForm {
    /// The index of the `/` in a scoped name, or 0 in an unscoped name.
    slash: u16,
    /// Whether a new name may contain every character of this name. Computed while parsing, so that a decision about
    /// the creation of a package does not read the name again, which would take 63 more instructions (10 %).
    has_new_name_characters: bool,
}

impl<'a> PackageName<&'a str> {
    /// Parses a package name that borrows the text.
    ///
    /// # Errors
    ///
    /// Returns an error if not even an existing package may have this name ([N2](crate::docs::rules#n2)): the name is
    /// not `validForOldPackages` in npm's sense, or breaks one of the two stricter rules that [`PackageName`]
    /// describes.
    pub fn new(text: &'a str) -> Result<Self, NameError> {
        let (slash, has_new_name_characters) =
            check(text).map_err(|problem| NameError::new("package", text, problem))?;
        Ok(Self { text, form: NameForm { slash, has_new_name_characters } })
    }

    /// Converts this name into one that owns its text.
    #[must_use]
    pub fn into_owned(self) -> PackageName {
        let Self { text, form } = self;
        PackageName { text: text.into(), form }
    }

    /// Splits the name into its text and what parsing found out about it. A [`PackageView`](crate::facts::PackageView)
    /// stores them apart, which saves 8 bytes.
    #[inline]
    pub(crate) const fn to_parts(self) -> (&'a str, NameForm) {
        (self.text, self.form)
    }

    /// Joins the two parts of a name.
    #[inline]
    pub(crate) const fn from_parts(text: &'a str, form: NameForm) -> Self {
        Self { text, form }
    }

    /// Returns the whole name, including its scope, with its original lifetime.
    #[must_use]
    pub const fn into_str(self) -> &'a str {
        self.text
    }

    /// Returns the scope, or `None` if the name is unscoped.
    #[must_use]
    pub fn scope(self) -> Option<Scope<&'a str>> {
        self.text.get(1..usize::from(self.form.slash)).map(Scope::of_package)
    }

    /// Returns the bytes of the scope without its `@`, for looking it up in a [`NameSet`](super::NameSet) of scopes.
    ///
    /// Returns bytes and not a `str`, because slicing a `str` checks for a character boundary at both ends; see
    /// [`docs::performance`](crate::docs::performance).
    #[inline]
    pub(crate) fn scope_bytes(self) -> Option<&'a [u8]> {
        self.text.as_bytes().get(1..usize::from(self.form.slash))
    }

    /// Returns `true` if the name has this scope, given without its `@`.
    #[inline]
    pub(crate) fn is_in_scope_named(self, name: &str) -> bool {
        self.scope_bytes().is_some_and(|scope| same(scope, name.as_bytes()))
    }
}

impl<T: AsRef<str>> PackageName<T> {
    /// Returns the whole name, including its scope.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_ref()
    }

    /// Returns this name with its text borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> PackageName<&str> {
        PackageName { text: self.text.as_ref(), form: self.form }
    }

    /// Returns `true` if the name has a scope.
    #[must_use]
    pub const fn is_scoped(&self) -> bool {
        self.form.slash != 0
    }

    /// Checks that a new package may have this name today, as npm's `validForNewPackages` does
    /// ([N2](crate::docs::rules#n2)).
    ///
    /// # Errors
    ///
    /// The name is the name of one of Node's core modules, is longer than 214 characters, contains a capital letter, or
    /// contains one of `~'!()*` after its scope.
    pub fn check_new(&self) -> Result<(), NameError> {
        self.new_name_problem().map_or(Ok(()), |problem| Err(NameError::new("new package", self.as_str(), problem)))
    }

    /// Returns `true` if [`check_new`](Self::check_new) succeeds. If the check fails, this function does not find out
    /// why.
    #[inline]
    pub(crate) fn is_new(&self) -> bool {
        let text = self.as_str();
        self.form.has_new_name_characters
            && text.len() <= MAX_NEW_PACKAGE_NAME
            && (self.is_scoped() || core_module(text).is_none())
    }

    /// Returns the problem that [`check_new`](Self::check_new) reports, without allocating an error, or `None` if a new
    /// package may have the name.
    pub(crate) fn new_name_problem(&self) -> Option<NameProblem> {
        let text = self.as_str();
        if let Some(module) = core_module(text) {
            return Some(NameProblem::CoreModule(module));
        }
        if text.len() > MAX_NEW_PACKAGE_NAME {
            return Some(NameProblem::TooLong { found: text.len(), at_most: MAX_NEW_PACKAGE_NAME });
        }
        if let Err(problem) = check_no_capital(text) {
            return Some(problem);
        }
        let after_scope = text.get(usize::from(self.form.slash)..).unwrap_or(text);
        after_scope.bytes().find(|byte| is_special(*byte)).map(|byte| NameProblem::SpecialCharacter(byte.into()))
    }
}

impl<T: AsRef<str>> Scope<T> {
    /// Returns `true` if the package is in this scope ([N3](crate::docs::rules#n3)).
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

/// Checks that an existing package may have this name ([N2](crate::docs::rules#n2)).
///
/// Returns the index of the `/`, or 0 for an unscoped name, and whether a new name may contain every character of this
/// name.
fn check(text: &str) -> Result<(u16, bool), NameProblem> {
    if text.len() > MAX_PACKAGE_NAME {
        return Err(NameProblem::TooLong { found: text.len(), at_most: MAX_PACKAGE_NAME });
    }
    let Some(scoped) = text.strip_prefix('@') else {
        let classes = check_unscoped(text)?;
        return Ok((0, classes.no_capital() && classes.not_special()));
    };
    let slash = scoped.bytes().position(|byte| byte == b'/').ok_or(NameProblem::NoSlash)?;
    let (scope, name) =
        (scoped.get(..slash).unwrap_or_default(), text.get(slash.saturating_add(2)..).unwrap_or_default());
    let scope_classes = scope::check(scope)?;
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    check_not_excluded(name)?;
    let name_classes = check_url_safe(name)?;
    if name.starts_with('.') {
        return Err(NameProblem::StartsWith('.'));
    }
    let slash = u16::try_from(scope.len().saturating_add(1))
        .map_err(|_| NameProblem::TooLong { found: text.len(), at_most: MAX_PACKAGE_NAME })?;
    // A new name may have special characters in its scope, but not after it.
    Ok((slash, scope_classes.no_capital() && name_classes.no_capital() && name_classes.not_special()))
}

/// Checks an unscoped name, and returns the classes that all of its characters belong to.
fn check_unscoped(text: &str) -> Result<CharacterClasses, NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    check_not_excluded(text)?;
    if let Some(first) = text.chars().next().filter(|first| matches!(first, '.' | '-' | '_')) {
        return Err(NameProblem::StartsWith(first));
    }
    check_url_safe(text)
}

#[cfg(test)]
mod tests {
    use super::PackageName;
    use alloc::string::ToString;

    #[test]
    fn messages_say_what_was_found_and_what_was_expected() {
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
    fn old_names_have_at_most_1024_bytes_and_new_ones_at_most_214() {
        assert!(PackageName::new(&"a".repeat(1024)).is_ok());
        let error = PackageName::new(&"a".repeat(1025)).unwrap_err();
        assert_eq!(error.problem().to_string(), "it has 1025 bytes: expected at most 1024");
        assert!(PackageName::new(&"a".repeat(214)).unwrap().check_new().is_ok());
        let error = PackageName::new(&"a".repeat(215)).unwrap().check_new().unwrap_err();
        assert_eq!(error.problem().to_string(), "it has 215 bytes: expected at most 214");
    }

    #[test]
    fn a_name_is_valid_for_a_new_package_exactly_if_it_has_no_problem() {
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
            assert_eq!(name.is_new(), name.new_name_problem().is_none(), "{text}");
            assert_eq!(name.into_owned().is_new(), name.new_name_problem().is_none(), "{text}");
        }
    }

    #[test]
    fn only_a_scoped_name_has_a_scope() {
        assert_eq!(PackageName::new("acme").unwrap().scope(), None);
        assert_eq!(PackageName::new("@a/b").unwrap().scope().unwrap().as_str(), "a");
        let owned: PackageName = "@acme/app".parse().unwrap();
        assert_eq!(owned.as_borrowed().scope().unwrap().into_str(), "acme");
    }
}
