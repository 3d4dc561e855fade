//! The names of users, organizations and teams.

use alloc::boxed::Box;

use super::{NameError, NameProblem, check_in_user_name, check_no_capital, check_url_safe, name_storage};
use crate::value::limits::{MAX_ACCOUNT_NAME, MAX_USER_NAME};

/// Checks that the name of a user that exists has 1 to 256 visible ASCII characters, none of which has a meaning in a
/// path, a scope or markup, and does not start with `.` or `@` ([N4](crate::docs::rules#n4)).
fn check_user(text: &str) -> Result<(), NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if let Some(first @ ('.' | '@')) = text.chars().next() {
        return Err(NameProblem::StartsWith(first));
    }
    check_in_user_name(text)?;
    check_length(text, MAX_USER_NAME)
}

/// Checks that a name has 1 to 214 URL-safe ASCII characters, none of them `'`, and does not start with `.`: the name
/// of an organization, a team or a new user ([N4](crate::docs::rules#n4)).
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
    check_length(text, MAX_ACCOUNT_NAME)
}

const fn check_length(text: &str, at_most: usize) -> Result<(), NameProblem> {
    if text.len() > at_most { Err(NameProblem::TooLong { found: text.len(), at_most }) } else { Ok(()) }
}

macro_rules! account_name {
    ($(#[$attribute:meta])* $name:ident, $what:literal, $check:ident, $invalid:literal) => {
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        pub struct $name<T = Box<str>>(T);

        impl<'a> $name<&'a str> {
            /// Parses a name that borrows the text.
            ///
            /// # Errors
            ///
            #[doc = $invalid]
            pub fn new(text: &'a str) -> Result<Self, NameError> {
                $check(text).map_err(|problem| NameError::new($what, text, problem))?;
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

            /// Checks that the name may be given to a new account or team of npm: it has 1 to 214 characters of
            /// `a-z0-9-_.!~*()`, and does not start with `.` ([N4](crate::docs::rules#n4)).
            ///
            /// # Errors
            ///
            /// The name contains a capital letter or another character, is longer, or starts with `.`.
            pub fn check_new(&self) -> Result<(), NameError> {
                let text = self.as_str();
                check(text)
                    .and_then(|()| check_no_capital(text))
                    .map_err(|problem| NameError::new($what, text, problem))
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
    /// The name of a user that exists has 1 to 256 visible ASCII characters other than `/`, `:`, `%`, `\`, `"`, `'`,
    /// `<`, `>`, `?`, `#` and `&`, and does not start with `.` or `@` ([N4](crate::docs::rules#n4)). So a registry
    /// whose users log in by e-mail address can use the address. [`check_new`](Self::check_new) has the stricter rule
    /// for a new user of npm. Names compare byte for byte ([N1](crate::docs::rules#n1)).
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
    /// that still has the name. This crate cannot detect that a name was given again. Where addresses or names are
    /// given to other people later, use a stable id of the account as the name.
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
    /// assert!(UserName::new("alice@example.com")?.check_new().is_err());
    /// assert!(UserName::new(".alice").is_err());
    /// # Ok::<(), tollgate::value::NameError>(())
    /// ```
    UserName, "user", check_user,
    "The text is empty, is longer than 256 bytes, starts with `.` or `@`, or contains a character that no user name has."
}

account_name! {
    /// The name of an organization, such as `acme`.
    ///
    /// A name has 1 to 214 characters of `A-Za-z0-9-_.!~*()` and does not start with `.` ([N4](crate::docs::rules#n4)).
    /// Organizations share one namespace with users. As with users, a registry must never give the name of a deleted
    /// organization to someone else ([N5](crate::docs::rules#n5)).
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
    OrganizationName, "organization", check,
    "The text is empty, is longer than 214 bytes, starts with `.`, or contains a character outside `A-Za-z0-9-_.!~*()`."
}

account_name! {
    /// The name of a team, such as `developers`, which is unique within its organization.
    ///
    /// The name has the same characters and lengths as an [`OrganizationName`] ([N4](crate::docs::rules#n4)). npm's
    /// form `acme:developers` also names the organization; a `TeamName` does not.
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
    TeamName, "team", check,
    "The text is empty, is longer than 214 bytes, starts with `.`, or contains a character outside `A-Za-z0-9-_.!~*()`."
}

#[cfg(test)]
mod tests {
    use super::{TeamName, UserName};
    use alloc::string::{String, ToString};

    fn message(text: &str) -> String {
        UserName::new(text).map(|name| name.to_string()).unwrap_err().to_string()
    }

    fn team_message(text: &str) -> String {
        TeamName::new(text).map(|name| name.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn messages_say_what_was_found_and_what_was_expected() {
        assert_eq!(message(""), "invalid user name ``: it is empty: expected at least one character");
        assert_eq!(message(".a"), "invalid user name `.a`: it starts with `.`: expected a letter or digit first");
        assert_eq!(message("@a"), "invalid user name `@a`: it starts with `@`: expected a letter or digit first");
        assert_eq!(
            message("a b"),
            r#"invalid user name `a b`: it contains ` `: expected visible ASCII other than `/:%\"'<>?#&`"#
        );
        assert_eq!(
            message("o'neil"),
            r#"invalid user name `o'neil`: it contains `'`: expected visible ASCII other than `/:%\"'<>?#&`"#
        );
        assert_eq!(
            message("а"),
            r#"invalid user name `а`: it contains `а`: expected visible ASCII other than `/:%\"'<>?#&`"#
        );
        let long = "a".repeat(257);
        assert!(message(&long).ends_with("…`: it has 257 bytes: expected at most 256"));
        assert!(UserName::new(&long[..256]).is_ok());

        assert_eq!(team_message(".a"), "invalid team name `.a`: it starts with `.`: expected a letter or digit first");
        assert_eq!(
            team_message("o'neil"),
            "invalid team name `o'neil`: it contains `'`: expected URL-safe ASCII characters only"
        );
        assert!(team_message(&long[..215]).ends_with("…`: it has 215 bytes: expected at most 214"));
        assert!(TeamName::new(&long[..214]).is_ok());
        assert_eq!(
            TeamName::new("Ops").unwrap().check_new().unwrap_err().to_string(),
            "invalid team name `Ops`: it contains the capital letter `O`: expected lower case in a new name",
        );
        assert!(TeamName::new("ops").unwrap().check_new().is_ok());
    }

    #[test]
    fn a_new_user_has_a_name_of_npm_and_one_that_exists_may_have_an_address() {
        for name in ["alice@example.com", "a+b", "a,b;c=d", "$", "~", "a@b@c", "{x}|y^`z", "[a]"] {
            let user = UserName::new(name).unwrap();
            assert_eq!(user.check_new().is_ok(), name == "~", "{name}");
        }
        assert!(UserName::new(&"a".repeat(214)).unwrap().check_new().is_ok());
        assert!(UserName::new(&"a".repeat(215)).unwrap().check_new().is_err());
        assert!(UserName::new("-a").unwrap().check_new().is_ok());
    }

    #[test]
    fn url_safe_characters_are_accepted_everywhere_except_a_leading_dot() {
        for character in ('\0'..='\u{ff}').filter(char::is_ascii) {
            let expected = character.is_ascii_alphanumeric() || "-_.!~*()".contains(character);
            let inside = alloc::format!("a{character}b");
            assert_eq!(TeamName::new(&inside).is_ok(), expected, "{character:?}");
            let first = alloc::format!("{character}b");
            assert_eq!(TeamName::new(&first).is_ok(), expected && character != '.', "{character:?}");
        }
    }

    #[test]
    fn visible_characters_without_a_meaning_in_paths_and_markup_are_accepted_in_the_name_of_a_user() {
        let excluded = ['/', ':', '%', '\\', '"', '\'', '<', '>', '?', '#', '&'];
        for character in '\0'..='\u{ff}' {
            let expected = ('!'..='~').contains(&character) && !excluded.contains(&character);
            let inside = alloc::format!("a{character}b");
            assert_eq!(UserName::new(&inside).is_ok(), expected, "{character:?}");
            let first = alloc::format!("{character}b");
            assert_eq!(UserName::new(&first).is_ok(), expected && !".@".contains(character), "{character:?}");
        }
    }
}
