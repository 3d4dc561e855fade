//! Users, organizations and teams (N4).

use alloc::boxed::Box;

use super::{NameError, NameProblem, all_url_safe, name_storage, no_capital};
use crate::value::limits::MAX_ACCOUNT_NAME;

/// N4: 1 to 214 of URL-safe ASCII without `'`, not starting with `.`.
fn check(text: &str) -> Result<(), NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.starts_with('.') {
        return Err(NameProblem::StartsWith('.'));
    }
    all_url_safe(text)?;
    if text.contains('\'') {
        return Err(NameProblem::NotUrlSafe('\''));
    }
    if text.len() > MAX_ACCOUNT_NAME {
        return Err(NameProblem::TooLong { found: text.len(), at_most: MAX_ACCOUNT_NAME });
    }
    Ok(())
}

macro_rules! account_name {
    ($(#[$attribute:meta])* $name:ident, $what:literal) => {
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        pub struct $name<T = Box<str>>(T);

        impl<'a> $name<&'a str> {
            /// Reads a name, borrowing its text.
            ///
            /// # Errors
            /// Empty, longer than 214 bytes, starting with `.`, or with a character outside `A-Za-z0-9-_.!~*()`.
            pub fn new(text: &'a str) -> Result<Self, NameError> {
                check(text).map_err(|problem| NameError::new($what, text, problem))?;
                Ok(Self(text))
            }

            /// The same name with its own copy of the text.
            #[must_use]
            pub fn into_owned(self) -> $name {
                $name(self.0.into())
            }

            /// The text, for as long as it was borrowed.
            #[must_use]
            pub const fn into_str(self) -> &'a str {
                self.0
            }
        }

        impl<T: AsRef<str>> $name<T> {
            /// The text of the name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_ref()
            }

            /// The same name, borrowed.
            #[must_use]
            pub fn as_borrowed(&self) -> $name<&str> {
                $name(self.0.as_ref())
            }

            /// Whether the name may be given to something new today (N4: new ones have no capitals).
            ///
            /// # Errors
            /// The name contains a capital letter.
            pub fn check_new(&self) -> Result<(), NameError> {
                no_capital(self.as_str()).map_err(|problem| NameError::new($what, self.as_str(), problem))
            }
        }

        impl<T: AsRef<str>> core::fmt::Display for $name<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        name_storage!($name, $what);
    };
}

account_name! {
    /// **The name of a user**, such as `alice` (N4).
    ///
    /// - 1 to 214 characters of `A-Za-z0-9-_.!~*()`, not starting with `.`; compared byte for byte.
    /// - Users and organizations share one namespace: `@alice` is the scope of the user *or* organization `alice`.
    /// - A name is an identity (N5): never give a freed name to anyone else, or that newcomer inherits every grant
    ///   and token record that still mentions it. No single call of this crate can notice.
    ///
    /// ```
    /// use tollgate::UserName;
    ///
    /// let alice: UserName = "alice".parse()?;
    /// assert_eq!(alice, UserName::new("alice")?);
    /// assert_ne!(alice, UserName::new("Alice")?);
    /// assert!(UserName::new(".alice").is_err());
    /// # Ok::<(), tollgate::value::NameError>(())
    /// ```
    UserName, "user"
}

account_name! {
    /// **The name of an organization**, such as `acme` (N4).
    ///
    /// - The same characters and lengths as a [`UserName`], in the same namespace.
    /// - A name is an identity (N5): a freed name is never given to anyone else.
    ///
    /// ```
    /// use tollgate::value::OrganizationName;
    ///
    /// assert!(OrganizationName::new("acme").is_ok());
    /// assert!(OrganizationName::new("@acme").is_err()); // that is its scope
    /// ```
    OrganizationName, "organization"
}

account_name! {
    /// **The name of a team**, such as `developers`: unique within its organization (N4).
    ///
    /// ```
    /// use tollgate::value::TeamName;
    ///
    /// assert!(TeamName::new("developers").is_ok());
    /// assert!(TeamName::new("acme:developers").is_err()); // the organization is named beside it
    /// ```
    TeamName, "team"
}

#[cfg(test)]
mod tests {
    use super::{TeamName, UserName};
    use alloc::string::{String, ToString};

    fn message(text: &str) -> String {
        UserName::new(text).map(|name| name.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn messages_name_what_was_found_and_what_was_expected() {
        assert_eq!(message(""), "invalid user name ``: it is empty: expected at least one character");
        assert_eq!(message(".a"), "invalid user name `.a`: it starts with `.`: expected a letter or digit first");
        assert_eq!(message("a b"), "invalid user name `a b`: it contains ` `: expected URL-safe ASCII characters only");
        assert_eq!(
            message("o'neil"),
            "invalid user name `o'neil`: it contains `'`: expected URL-safe ASCII characters only"
        );
        assert_eq!(message("а"), "invalid user name `а`: it contains `а`: expected URL-safe ASCII characters only");
        let long = "a".repeat(215);
        assert!(message(&long).ends_with("…`: it has 215 bytes: expected at most 214"));
        assert!(UserName::new(&long[..214]).is_ok());
        assert_eq!(
            TeamName::new("Ops").unwrap().check_new().unwrap_err().to_string(),
            "invalid team name `Ops`: it contains the capital letter `O`: expected lower case in a new name",
        );
        assert!(TeamName::new("ops").unwrap().check_new().is_ok());
    }

    #[test]
    fn every_url_safe_character_is_accepted_in_every_place_but_a_leading_dot() {
        for character in ('\0'..='\u{ff}').filter(char::is_ascii) {
            let expected = character.is_ascii_alphanumeric() || "-_.!~*()".contains(character);
            let inside = alloc::format!("a{character}b");
            assert_eq!(UserName::new(&inside).is_ok(), expected, "{character:?}");
            let first = alloc::format!("{character}b");
            assert_eq!(UserName::new(&first).is_ok(), expected && character != '.', "{character:?}");
        }
    }
}
