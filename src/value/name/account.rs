//! The names of users, organizations and teams.

use alloc::boxed::Box;

use super::{NameError, NameProblem, check_no_capital, check_url_safe, name_storage};
use crate::value::limits::MAX_ACCOUNT_NAME;

/// Checks that a name has 1 to 214 URL-safe ASCII characters, none of them `'`, and does not start with `.`
/// ([N4](crate::docs::rules#n4)).
fn check(text: &str) -> Result<(), NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.starts_with('.') {
        return Err(NameProblem::StartsWith('.'));
    }
    check_url_safe(text)?;
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
            /// Parses a name that borrows the text.
            ///
            /// # Errors
            ///
            /// The text is empty, is longer than 214 bytes, starts with `.`, or contains a character outside
            /// `A-Za-z0-9-_.!~*()`.
            pub fn new(text: &'a str) -> Result<Self, NameError> {
                check(text).map_err(|problem| NameError::new($what, text, problem))?;
                Ok(Self(text))
            }

            /// Converts this name into one that owns its text.
            #[must_use]
            pub fn into_owned(self) -> $name {
                $name(self.0.into())
            }

            /// Returns the text with its original lifetime.
            #[must_use]
            pub const fn into_str(self) -> &'a str {
                self.0
            }
        }

        impl<T: AsRef<str>> $name<T> {
            /// Returns the text of the name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_ref()
            }

            /// Returns this name with its text borrowed.
            #[must_use]
            pub fn as_borrowed(&self) -> $name<&str> {
                $name(self.0.as_ref())
            }

            /// Checks that the name may be given to a new account or team today: it has no capital letters
            /// ([N4](crate::docs::rules#n4)).
            ///
            /// # Errors
            ///
            /// The name contains a capital letter.
            pub fn check_new(&self) -> Result<(), NameError> {
                check_no_capital(self.as_str()).map_err(|problem| NameError::new($what, self.as_str(), problem))
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
    /// The name of a user, such as `alice`.
    ///
    /// A name has 1 to 214 characters of `A-Za-z0-9-_.!~*()` and does not start with `.`
    /// ([N4](crate::docs::rules#n4)). Names compare byte for byte ([N1](crate::docs::rules#n1)).
    ///
    /// Users and organizations share one namespace: `@alice` is the scope of the user `alice` or of the organization
    /// `alice`, because only one of the two can exist.
    ///
    /// `UserName` owns its text and `UserName<&str>` borrows it. Parsing creates a `UserName`, and [`UserName::new`]
    /// creates a `UserName<&str>`. The two types can be compared with each other.
    ///
    /// # A name is an identity
    ///
    /// A registry must never give the name of a deleted user to someone else ([N5](crate::docs::rules#n5)). Tokens,
    /// memberships and grants refer to users by name, so the new user would inherit every token, membership and grant
    /// that still has the name. This crate cannot detect that a name was given again.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::UserName;
    ///
    /// let alice: UserName = "alice".parse()?;
    /// assert_eq!(alice, UserName::new("alice")?);
    /// assert_ne!(alice, UserName::new("Alice")?);
    /// assert!(UserName::new("Alice")?.check_new().is_err()); // a capital letter
    ///
    /// assert!(UserName::new(".alice").is_err());
    /// # Ok::<(), tollgate::value::NameError>(())
    /// ```
    UserName, "user"
}

account_name! {
    /// The name of an organization, such as `acme`.
    ///
    /// The name has the same characters and lengths as a [`UserName`], and organizations and users share one namespace
    /// ([N4](crate::docs::rules#n4)). As with users, a registry must never give the name of a deleted organization to
    /// someone else ([N5](crate::docs::rules#n5)).
    ///
    /// The scope `@acme` of the organization is a [`Scope`](crate::value::Scope), not an `OrganizationName`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::value::OrganizationName;
    ///
    /// assert_eq!(OrganizationName::new("acme")?.as_str(), "acme");
    /// assert!(OrganizationName::new("@acme").is_err());
    /// # Ok::<(), tollgate::value::NameError>(())
    /// ```
    OrganizationName, "organization"
}

account_name! {
    /// The name of a team, such as `developers`, which is unique within its organization.
    ///
    /// The name has the same characters and lengths as a [`UserName`] ([N4](crate::docs::rules#n4)). npm's form
    /// `acme:developers` also names the organization; a `TeamName` does not.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::value::TeamName;
    ///
    /// assert_eq!(TeamName::new("developers")?.as_str(), "developers");
    /// assert!(TeamName::new("acme:developers").is_err());
    /// # Ok::<(), tollgate::value::NameError>(())
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
    fn messages_say_what_was_found_and_what_was_expected() {
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
    fn url_safe_characters_are_accepted_everywhere_except_a_leading_dot() {
        for character in ('\0'..='\u{ff}').filter(char::is_ascii) {
            let expected = character.is_ascii_alphanumeric() || "-_.!~*()".contains(character);
            let inside = alloc::format!("a{character}b");
            assert_eq!(UserName::new(&inside).is_ok(), expected, "{character:?}");
            let first = alloc::format!("{character}b");
            assert_eq!(UserName::new(&first).is_ok(), expected && character != '.', "{character:?}");
        }
    }
}
