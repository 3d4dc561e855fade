//! The `@acme` namespace (N3).

use alloc::boxed::Box;

use super::{
    Kinds, NameError, NameProblem, OrganizationName, UserName, all_url_safe, name_storage, not_excluded, set::same,
};
use crate::value::limits::MAX_PACKAGE_NAME;

/// **The `@acme` namespace** of a user or an organization, and nothing else (N3).
///
/// - Accepted with or without the `@`, printed with it; [`as_str`](Self::as_str) is without.
/// - Covers `@acme/x`, never `@acme-evil/x`, never an unscoped `acme`.
/// - What N2 allows before the `/` of a package name, so a scope may exist that no user or organization can be named
///   after today.
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
    /// Reads a scope with or without its `@`, borrowing its text.
    ///
    /// # Errors
    /// Empty, too long to stand before a package name, `.`, `..`, `node_modules` or `favicon.ico` in any case, or
    /// with a character outside `A-Za-z0-9-_.!~*'()`.
    pub fn new(text: &'a str) -> Result<Self, NameError> {
        let bare = text.strip_prefix('@').unwrap_or(text);
        check(bare).map_err(|problem| NameError::new("scope", text, problem))?;
        Ok(Self(bare))
    }

    /// The scope before the `/` of a package name, which was checked with the name.
    pub(super) const fn of_package(bare: &'a str) -> Self {
        Self(bare)
    }

    /// The same scope with its own copy of the text.
    #[must_use]
    pub fn into_owned(self) -> Scope {
        Scope(self.0.into())
    }

    /// The text without the `@`, for as long as it was borrowed.
    #[must_use]
    pub const fn into_str(self) -> &'a str {
        self.0
    }
}

impl<T: AsRef<str>> Scope<T> {
    /// The text without the `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// The same scope, borrowed.
    #[must_use]
    pub fn as_borrowed(&self) -> Scope<&str> {
        Scope(self.0.as_ref())
    }

    /// Whether this is the scope that a user of that name has.
    #[must_use]
    #[inline]
    pub fn is_of_user<U: AsRef<str>>(&self, user: &UserName<U>) -> bool {
        same(self.as_str().as_bytes(), user.as_str().as_bytes())
    }

    /// Whether this is the scope that an organization of that name has.
    #[must_use]
    pub fn is_of_organization<U: AsRef<str>>(&self, organization: &OrganizationName<U>) -> bool {
        same(self.as_str().as_bytes(), organization.as_str().as_bytes())
    }
}

pub(super) fn check(bare: &str) -> Result<Kinds, NameProblem> {
    if bare.is_empty() {
        return Err(NameProblem::Empty);
    }
    not_excluded(bare)?;
    let kinds = all_url_safe(bare)?;
    // "@", the scope, "/", and at least one character of a name.
    let at_most = MAX_PACKAGE_NAME.saturating_sub(3);
    if bare.len() > at_most {
        return Err(NameProblem::TooLong { found: bare.len(), at_most });
    }
    Ok(kinds)
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
    fn covers_its_own_packages_and_no_look_alike() {
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
    fn is_of_whom_it_is_named_after_and_of_no_look_alike() {
        let acme = Scope::new("@acme").unwrap();
        for (name, is_its) in [("acme", true), ("acme-evil", false), ("acm", false), ("ACME", false)] {
            assert_eq!(acme.is_of_user(&UserName::new(name).unwrap()), is_its, "{name}");
            assert_eq!(acme.is_of_organization(&OrganizationName::new(name).unwrap()), is_its, "{name}");
        }
    }

    #[test]
    fn messages_name_what_was_found_and_what_was_expected() {
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
