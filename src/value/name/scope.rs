//! Scopes, the `@acme` namespaces of package names.

use alloc::boxed::Box;

use super::{
    CharacterClasses, NameError, NameProblem, OrganizationName, UserName, check_not_excluded, check_url_safe,
    name_storage, set::same,
};
use crate::value::limits::MAX_PACKAGE_NAME;

/// A scope, which is the namespace `@acme` of a user or an organization.
///
/// A scope covers the packages whose names start with `@acme/`. It never covers `@acme-evil/x` or an unscoped `acme`
/// ([N3](crate::docs::rules#n3)).
///
/// A scope is parsed with or without the `@` and displayed with it. [`as_str`](Self::as_str) returns the scope without
/// the `@`.
///
/// A scope may contain every character that a package name may have before its `/` ([N2](crate::docs::rules#n2)). The
/// name of a user or an organization may contain fewer characters ([N4](crate::docs::rules#n4)), so there are scopes
/// that no user or organization can own.
///
/// # Examples
///
/// ```
/// use tollgate::{PackageName, value::Scope};
///
/// let scope = Scope::new("acme")?;
/// assert_eq!(scope, Scope::new("@acme")?);
/// assert_eq!(scope.to_string(), "@acme");
/// assert!(scope.covers(PackageName::new("@acme/app")?));
/// assert!(!scope.covers(PackageName::new("@acme-evil/app")?));
/// assert!(Scope::new("@acme/app").is_err());
/// # Ok::<(), tollgate::value::NameError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Scope<T = Box<str>>(T);

impl<'a> Scope<&'a str> {
    /// Parses a scope, with or without its `@`. The scope borrows the text.
    ///
    /// # Errors
    ///
    /// Without the `@`, the text is empty, is longer than 1,021 bytes, is `.`, `..`, `node_modules` or `favicon.ico`
    /// (ignoring case), or contains a character outside `A-Za-z0-9-_.!~*'()`.
    pub fn new(text: &'a str) -> Result<Self, NameError> {
        let bare = text.strip_prefix('@').unwrap_or(text);
        check(bare).map_err(|problem| NameError::new("scope", text, problem))?;
        Ok(Self(bare))
    }

    /// Creates the scope of a package name, which was checked when the name was parsed.
    pub(super) const fn of_package(bare: &'a str) -> Self {
        Self(bare)
    }

    /// Converts this scope into one that owns its text.
    #[must_use]
    pub fn into_owned(self) -> Scope {
        Scope(self.0.into())
    }

    /// Returns the text without the `@`, with its original lifetime.
    #[must_use]
    pub const fn into_str(self) -> &'a str {
        self.0
    }
}

impl<T: AsRef<str>> Scope<T> {
    /// Returns the text without the `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// Returns this scope with its text borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> Scope<&str> {
        Scope(self.0.as_ref())
    }

    /// Returns `true` if this is the scope of a user with this name.
    #[must_use]
    #[inline]
    pub fn is_of_user<U: AsRef<str>>(&self, user: &UserName<U>) -> bool {
        same(self.as_str().as_bytes(), user.as_str().as_bytes())
    }

    /// Returns `true` if this is the scope of an organization with this name.
    #[must_use]
    pub fn is_of_organization<U: AsRef<str>>(&self, organization: &OrganizationName<U>) -> bool {
        same(self.as_str().as_bytes(), organization.as_str().as_bytes())
    }
}

/// Checks a scope without its `@`, and returns the classes to which all of its characters belong.
pub(super) fn check(bare: &str) -> Result<CharacterClasses, NameProblem> {
    if bare.is_empty() {
        return Err(NameProblem::Empty);
    }
    check_not_excluded(bare)?;
    let classes = check_url_safe(bare)?;
    // A package name also has the `@`, the `/` and at least one character after the `/`.
    let at_most = MAX_PACKAGE_NAME.saturating_sub(3);
    if bare.len() > at_most {
        return Err(NameProblem::TooLong { found: bare.len(), at_most });
    }
    Ok(classes)
}

impl<T: AsRef<str>> core::fmt::Display for Scope<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "@{}", self.as_str())
    }
}

name_storage!(Scope, "scope");

#[cfg(test)]
mod tests {
    use super::Scope;
    use crate::value::name::{OrganizationName, PackageName, UserName};
    use alloc::string::ToString;

    #[test]
    fn a_scope_covers_its_own_packages_and_no_similar_ones() {
        let acme = Scope::new("@acme").unwrap();
        for (package, covered) in [
            ("@acme/x", true),
            ("@acme/acme", true),
            ("@acme-evil/x", false),
            ("@acm/ex", false),
            ("@Acme/x", false),
            ("acme", false),
        ] {
            assert_eq!(acme.covers(PackageName::new(package).unwrap()), covered, "{package}");
        }
    }

    #[test]
    fn a_scope_belongs_only_to_the_user_or_organization_of_the_same_name() {
        let acme = Scope::new("@acme").unwrap();
        for (name, is_its) in [("acme", true), ("acme-evil", false), ("acm", false), ("ACME", false)] {
            assert_eq!(acme.is_of_user(&UserName::new(name).unwrap()), is_its, "{name}");
            assert_eq!(acme.is_of_organization(&OrganizationName::new(name).unwrap()), is_its, "{name}");
        }
    }

    #[test]
    fn messages_say_what_was_found_and_what_was_expected() {
        for (text, expected) in [
            ("", "invalid scope name ``: it is empty: expected at least one character"),
            ("@", "invalid scope name `@`: it is empty: expected at least one character"),
            ("@@acme", "invalid scope name `@@acme`: it contains `@`: expected URL-safe ASCII characters only"),
            ("@acme/x", "invalid scope name `@acme/x`: it contains `/`: expected URL-safe ASCII characters only"),
            (
                "..",
                "invalid scope name `..`: `..` is excluded: expected a name other than `.`, `..`, `node_modules` and \
                 `favicon.ico`",
            ),
        ] {
            assert_eq!(Scope::new(text).unwrap_err().to_string(), expected);
        }
        assert!(Scope::new(&"a".repeat(1021)).is_ok());
        assert!(
            Scope::new(&"a".repeat(1022))
                .unwrap_err()
                .to_string()
                .ends_with("it has 1022 bytes: expected at most 1021")
        );
    }
}
