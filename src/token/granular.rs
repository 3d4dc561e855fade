//! Granular tokens, and the limits on their fields.

use alloc::boxed::Box;
use core::{fmt, str::FromStr};

use super::{CommonFields, OrganizationsGrant, PackagesGrant, TokenFacts};
use crate::value::{
    AllowedRanges, Permission, Quoted, Timestamp, excerpt,
    limits::{MAX_DESCRIPTION, MAX_TOKEN_NAME, MIN_LIFETIME},
};

/// A granular access token: it has grants over packages and organizations, an expiry and allowed ranges.
///
/// - [`issue`](Self::issue) creates a token, and checks its settings against the rights that its owner has at that
///   moment ([L8](crate::docs::rules#l8)).
/// - [`load`](Self::load) recreates a token that is on record, and checks only its limits.
/// - A token is never edited ([L9](crate::docs::rules#l9)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GranularToken {
    common: CommonFields,
    name: TokenName,
    description: TokenDescription,
    expires_at: Timestamp,
    bypass_2fa: TwoFactorBypass,
    packages: PackagesGrant,
    organizations: OrganizationsGrant,
}

/// The settings that a user chooses when creating a granular token.
///
/// The type of each field makes that field valid by itself. [`GranularToken::issue`] and [`GranularToken::load`] check
/// that the fields are valid together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GranularSettings {
    /// The name, unique among the account's granular tokens that are not revoked ([L6](crate::docs::rules#l6)).
    pub name: TokenName,
    /// A text for people, which may be empty.
    pub description: TokenDescription,
    /// The time from which the token is expired, at least 24 hours after its creation ([L4](crate::docs::rules#l4)).
    pub expires_at: Timestamp,
    /// The client addresses that the token may be used from ([T3](crate::docs::rules#t3)).
    pub allowed_ranges: AllowedRanges,
    /// Whether the token bypasses the second factor. This needs a `read-write` permission
    /// ([L7](crate::docs::rules#l7)).
    pub bypass_2fa: TwoFactorBypass,
    /// What the token may do with packages.
    pub packages: PackagesGrant,
    /// What the token may do with organizations.
    pub organizations: OrganizationsGrant,
}

impl GranularToken {
    /// Loads a token that is on record. To create a new token, use [`issue`](Self::issue).
    ///
    /// The rights of the owner are not checked, because they may have shrunk since the token was created
    /// ([L8](crate::docs::rules#l8)).
    ///
    /// # Errors
    ///
    /// Returns the first of these errors:
    ///
    /// - The expiry is less than 24 hours after `created`, or `created` is in the last 24 hours that a [`Timestamp`]
    ///   can hold ([L4](crate::docs::rules#l4)).
    /// - Neither grant has a permission above `no-access` ([L5](crate::docs::rules#l5)).
    /// - The token bypasses the second factor and has no `read-write` permission ([L7](crate::docs::rules#l7)).
    pub fn load(facts: TokenFacts, settings: GranularSettings) -> Result<Self, GranularTokenError> {
        let GranularSettings { name, description, expires_at, allowed_ranges, bypass_2fa, packages, organizations } =
            settings;
        check_limits(facts.created, expires_at, bypass_2fa, &packages, &organizations)?;
        let common = CommonFields::new(facts, allowed_ranges);
        Ok(Self { common, name, description, expires_at, bypass_2fa, packages, organizations })
    }

    /// Returns the name of the token.
    #[must_use]
    pub const fn name(&self) -> &TokenName {
        &self.name
    }

    /// Returns the description of the token, which may be empty.
    #[must_use]
    pub const fn description(&self) -> &TokenDescription {
        &self.description
    }

    /// Returns the time from which the token is expired, that instant included ([T2](crate::docs::rules#t2)).
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns whether the token bypasses the second factor ([F1](crate::docs::rules#f1)).
    #[must_use]
    pub const fn bypass_2fa(&self) -> TwoFactorBypass {
        self.bypass_2fa
    }

    /// Returns what the token may do with packages.
    #[must_use]
    pub const fn packages(&self) -> &PackagesGrant {
        &self.packages
    }

    /// Returns what the token may do with organizations.
    #[must_use]
    pub const fn organizations(&self) -> &OrganizationsGrant {
        &self.organizations
    }

    pub(super) const fn common(&self) -> &CommonFields {
        &self.common
    }

    pub(super) const fn common_mut(&mut self) -> &mut CommonFields {
        &mut self.common
    }
}

/// Returns the first limit that [`broken_limits`] finds broken.
pub(super) fn check_limits(
    created: Timestamp,
    expires_at: Timestamp,
    bypass_2fa: TwoFactorBypass,
    packages: &PackagesGrant,
    organizations: &OrganizationsGrant,
) -> Result<(), GranularTokenError> {
    let permissions = (packages.permission(), organizations.permission());
    broken_limits(created, expires_at, bypass_2fa, permissions.0, permissions.1).next().map_or(Ok(()), Err)
}

/// Returns every broken limit that spans several fields: the shortest lifetime ([L4](crate::docs::rules#l4)), at least
/// one permission ([L5](crate::docs::rules#l5)), and `read-write` for 2FA bypass ([L7](crate::docs::rules#l7)).
pub(super) fn broken_limits(
    created: Timestamp,
    expires_at: Timestamp,
    bypass_2fa: TwoFactorBypass,
    packages: Permission,
    organizations: Permission,
) -> impl Iterator<Item = GranularTokenError> {
    let lifetime = match created.checked_add(MIN_LIFETIME) {
        Err(_) => Some(GranularTokenError::CreatedTooLate { created }),
        Ok(earliest) if expires_at < earliest => Some(GranularTokenError::ExpiresTooSoon { expires_at, earliest }),
        Ok(_) => None,
    };
    let permission = match packages.max(organizations) {
        Permission::NoAccess => Some(GranularTokenError::NoPermission),
        Permission::ReadOnly | Permission::StageOnly if bypass_2fa == TwoFactorBypass::On => {
            Some(GranularTokenError::BypassWithoutReadWrite)
        }
        Permission::ReadOnly | Permission::StageOnly | Permission::ReadWrite => None,
    };
    [lifetime, permission].into_iter().flatten()
}

/// The error returned when the settings of a granular token break a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GranularTokenError {
    /// The expiry is less than 24 hours after the creation ([L4](crate::docs::rules#l4)).
    #[error("expires at {expires_at}: expected {earliest} or later, 24 hours after the token is made")]
    ExpiresTooSoon {
        /// The expiry in the settings.
        expires_at: Timestamp,
        /// The earliest valid expiry.
        earliest: Timestamp,
    },
    /// The creation is in the last 24 hours that a [`Timestamp`] can hold, so no expiry is valid
    /// ([L4](crate::docs::rules#l4)).
    #[error("made at {created}: expected a time at least 24 hours before the end of the year 9999")]
    CreatedTooLate {
        /// The time of the creation.
        created: Timestamp,
    },
    /// Neither grant has a permission above `no-access` ([L5](crate::docs::rules#l5)).
    #[error("no permission on packages and none on organizations: expected at least one above `no-access`")]
    NoPermission,
    /// The token bypasses the second factor and has no `read-write` permission ([L7](crate::docs::rules#l7)).
    #[error("2FA bypass without a `read-write` permission: expected `read-write` on packages or on organizations")]
    BypassWithoutReadWrite,
}

/// Whether a granular token bypasses the second factor ([F1](crate::docs::rules#f1)). The default is `Off`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TwoFactorBypass {
    /// The token is challenged for a second factor wherever one is required.
    #[default]
    Off,
    /// The token is not challenged for actions on packages if its packages grant is `read-write`, and for actions on
    /// organizations and teams if its organizations grant is. It still may not write to a package whose publishing
    /// access is `two-factor-only` ([F2](crate::docs::rules#f2)).
    On,
}

/// The name of a granular token.
///
/// A name has 1 to 40 characters. They are ASCII letters, digits, `_`, `-` and space, with no space at either end
/// ([L6](crate::docs::rules#l6)).
///
/// # Examples
///
/// ```
/// use tollgate::token::TokenName;
///
/// assert!("release bot".parse::<TokenName>().is_ok());
/// assert!(" release bot".parse::<TokenName>().is_err()); // parsing does not trim
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenName(Box<str>);

impl TokenName {
    /// Returns the name as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenName {
    type Err = TokenTextError;

    /// # Errors
    ///
    /// Returns [`TokenTextError::Name`] if the text does not have the form that [`TokenName`] describes.
    fn from_str(text: &str) -> Result<Self, TokenTextError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ');
        let fits = (1..=MAX_TOKEN_NAME).contains(&text.len()) && text.bytes().all(allowed);
        if fits && text.trim_matches(' ').len() == text.len() {
            Ok(Self(text.into()))
        } else {
            Err(TokenTextError::Name { found: excerpt(text) })
        }
    }
}

/// The description of a granular token: 0 to 120 characters, counted as Unicode scalar values
/// ([L6](crate::docs::rules#l6)).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDescription(Box<str>);

impl TokenDescription {
    /// Returns the description as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenDescription {
    type Err = TokenTextError;

    /// # Errors
    ///
    /// Returns [`TokenTextError::Description`] if the text has more than 120 Unicode scalar values.
    fn from_str(text: &str) -> Result<Self, TokenTextError> {
        match text.chars().count() {
            0..=MAX_DESCRIPTION => Ok(Self(text.into())),
            found => Err(TokenTextError::Description { found }),
        }
    }
}

/// The error returned when parsing the name or the description of a granular token fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenTextError {
    /// The text is not a valid [`TokenName`].
    #[error(
        "invalid token name {}: expected 1 to {MAX_TOKEN_NAME} of ASCII letters, digits, `_`, `-` and space, no space at \
         either end",
        Quoted(found)
    )]
    Name {
        /// The start of the text, or `…` alone if the text has the shape of a secret.
        found: Box<str>,
    },
    /// The text is too long to be a [`TokenDescription`].
    #[error("token description of {found} characters: expected at most {MAX_DESCRIPTION}")]
    Description {
        /// The number of characters in the text.
        found: usize,
    },
}

macro_rules! token_text {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::value::deserialize_from_str(deserializer, $what)
            }
        }
    };
}
token_text!(TokenName, "token name");
token_text!(TokenDescription, "token description");

#[cfg(test)]
mod tests {
    use super::{GranularTokenError, TokenDescription, TokenName};
    use crate::value::Timestamp;
    use alloc::string::ToString;

    #[test]
    fn a_name_has_1_to_40_allowed_characters_and_no_space_at_either_end() {
        for text in ["a", "CI 2", "a_b-c", &"x".repeat(40)] {
            assert!(text.parse::<TokenName>().is_ok(), "{text}");
        }
        for text in ["", " ", " a", "a ", "a\tb", "a.b", "é", "a\n", &"x".repeat(41)] {
            assert!(text.parse::<TokenName>().is_err(), "{text:?}");
        }
        assert_eq!(
            "a.b".parse::<TokenName>().unwrap_err().to_string(),
            "invalid token name `a.b`: expected 1 to 40 of ASCII letters, digits, `_`, `-` and space, no space at either end",
        );
    }

    #[test]
    fn a_description_has_at_most_120_unicode_characters() {
        assert!("".parse::<TokenDescription>().is_ok());
        assert!("é".repeat(120).parse::<TokenDescription>().is_ok());
        let error = "é".repeat(121).parse::<TokenDescription>().unwrap_err();
        assert_eq!(error.to_string(), "token description of 121 characters: expected at most 120");
    }

    #[test]
    fn error_messages_name_what_was_found_and_expected() {
        let at = Timestamp::UNIX_EPOCH;
        for (error, message) in [
            (
                GranularTokenError::ExpiresTooSoon { expires_at: at, earliest: at },
                "expires at 1970-01-01T00:00:00Z: expected 1970-01-01T00:00:00Z or later, 24 hours after the token is made",
            ),
            (
                GranularTokenError::CreatedTooLate { created: at },
                "made at 1970-01-01T00:00:00Z: expected a time at least 24 hours before the end of the year 9999",
            ),
            (
                GranularTokenError::NoPermission,
                "no permission on packages and none on organizations: expected at least one above `no-access`",
            ),
            (
                GranularTokenError::BypassWithoutReadWrite,
                "2FA bypass without a `read-write` permission: expected `read-write` on packages or on organizations",
            ),
        ] {
            assert_eq!(error.to_string(), message);
        }
    }
}
