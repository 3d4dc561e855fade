//! Granular tokens: grants, an expiry, and the limits on both (L4 to L7).

use alloc::boxed::Box;
use core::{fmt, str::FromStr};

use super::{Common, OrganizationsGrant, PackagesGrant, TokenFacts};
use crate::value::{
    AllowedRanges, Permission, Quoted, Timestamp, excerpt,
    limits::{MAX_DESCRIPTION, MAX_TOKEN_NAME, MIN_LIFETIME},
};

/// **A granular access token**: what it reaches, until when, and from where.
///
/// - Made by [`issue`](Self::issue), which checks it against its owner's rights of that moment (L8);
///   [`load`](Self::load) takes one that is on record and checks its shape and limits only.
/// - Never edited (L9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GranularToken {
    common: Common,
    name: TokenName,
    description: TokenDescription,
    expires_at: Timestamp,
    bypass_2fa: TwoFactorBypass,
    packages: PackagesGrant,
    organizations: OrganizationsGrant,
}

/// **What a person fills in** to make a granular token. Each field is valid by itself; together they are checked by
/// [`GranularToken::issue`] and [`GranularToken::load`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GranularSettings {
    /// Unique among the account's granular tokens that are not revoked (L6).
    pub name: TokenName,
    /// For people; may be empty.
    pub description: TokenDescription,
    /// At least 24 hours after the token is made (L4).
    pub expires_at: Timestamp,
    /// Where the token may be used from (T3).
    pub allowed_ranges: AllowedRanges,
    /// Whether it passes the second factor; only with a read-write permission (L7).
    pub bypass_2fa: TwoFactorBypass,
    /// What it may do with packages.
    pub packages: PackagesGrant,
    /// What it may do with organizations.
    pub organizations: OrganizationsGrant,
}

impl GranularToken {
    /// A token as it is on record: shape and limits are checked, its owner's rights are not (they may have shrunk
    /// since, L8).
    ///
    /// # Errors
    /// Less than 24 hours from `created` to its expiry (L4), no permission on either side (L5), or 2FA bypass without
    /// a read-write permission (L7).
    pub fn load(facts: TokenFacts, settings: GranularSettings) -> Result<Self, TokenError> {
        let GranularSettings { name, description, expires_at, allowed_ranges, bypass_2fa, packages, organizations } =
            settings;
        check_limits(facts.created, expires_at, bypass_2fa, &packages, &organizations)?;
        let common = Common::new(facts, allowed_ranges);
        Ok(Self { common, name, description, expires_at, bypass_2fa, packages, organizations })
    }

    /// The name its owner gave it.
    #[must_use]
    pub const fn name(&self) -> &TokenName {
        &self.name
    }

    /// The description its owner gave it.
    #[must_use]
    pub const fn description(&self) -> &TokenDescription {
        &self.description
    }

    /// The instant from which it is dead (T2).
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether it passes the second factor (F1).
    #[must_use]
    pub const fn bypass_2fa(&self) -> TwoFactorBypass {
        self.bypass_2fa
    }

    /// What it may do with packages.
    #[must_use]
    pub const fn packages(&self) -> &PackagesGrant {
        &self.packages
    }

    /// What it may do with organizations.
    #[must_use]
    pub const fn organizations(&self) -> &OrganizationsGrant {
        &self.organizations
    }

    pub(super) const fn common(&self) -> &Common {
        &self.common
    }

    pub(super) const fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }
}

/// L4, L5, L7: what no single field can say. The first breach is the error.
pub(super) fn check_limits(
    created: Timestamp,
    expires_at: Timestamp,
    bypass_2fa: TwoFactorBypass,
    packages: &PackagesGrant,
    organizations: &OrganizationsGrant,
) -> Result<(), TokenError> {
    let permissions = (packages.permission(), organizations.permission());
    broken_limits(created, expires_at, bypass_2fa, permissions.0, permissions.1).next().map_or(Ok(()), Err)
}

/// Every breach of L4, L5 and L7.
pub(super) fn broken_limits(
    created: Timestamp,
    expires_at: Timestamp,
    bypass_2fa: TwoFactorBypass,
    packages: Permission,
    organizations: Permission,
) -> impl Iterator<Item = TokenError> {
    let lifetime = match created.checked_add(MIN_LIFETIME) {
        Err(_) => Some(TokenError::MadeTooLate { created }),
        Ok(earliest) if expires_at < earliest => Some(TokenError::ExpiresTooSoon { expires_at, earliest }),
        Ok(_) => None,
    };
    let permission = match packages.max(organizations) {
        Permission::NoAccess => Some(TokenError::NoPermission),
        Permission::ReadOnly if bypass_2fa == TwoFactorBypass::On => Some(TokenError::BypassWithoutReadWrite),
        Permission::ReadOnly | Permission::ReadWrite => None,
    };
    [lifetime, permission].into_iter().flatten()
}

/// A granular token that breaks a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// L4.
    #[error("expires at {expires_at}: expected {earliest} or later, 24 hours after the token is made")]
    ExpiresTooSoon {
        /// The expiry asked for.
        expires_at: Timestamp,
        /// The earliest that would do.
        earliest: Timestamp,
    },
    /// L4: no time is 24 hours later.
    #[error("made at {created}: expected a time at least 24 hours before the end of the year 9999")]
    MadeTooLate {
        /// When the token was to be made.
        created: Timestamp,
    },
    /// L5.
    #[error("no permission on packages and none on organizations: expected at least one above `no-access`")]
    NoPermission,
    /// L7.
    #[error("2FA bypass without a `read-write` permission: expected `read-write` on packages or on organizations")]
    BypassWithoutReadWrite,
}

/// Whether a granular token passes the second factor (L7, F1). Off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TwoFactorBypass {
    /// It is challenged like any other.
    #[default]
    Off,
    /// It is not asked for a second factor.
    On,
}

/// **The name of a granular token**: 1 to 40 of ASCII letters, digits, `_`, `-` and space, no space at either end (L6).
///
/// ```
/// use tollgate::token::TokenName;
///
/// assert!("release bot".parse::<TokenName>().is_ok());
/// assert!(" release bot".parse::<TokenName>().is_err()); // trimming is for forms
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenName(Box<str>);

impl TokenName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenName {
    type Err = TokenTextError;

    /// # Errors
    /// A text that is no name in the form described at the type.
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

/// **The description of a granular token**: at most 120 characters, possibly none (L6).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDescription(Box<str>);

impl TokenDescription {
    /// The description.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenDescription {
    type Err = TokenTextError;

    /// # Errors
    /// More than 120 characters (Unicode scalar values).
    fn from_str(text: &str) -> Result<Self, TokenTextError> {
        match text.chars().count() {
            0..=MAX_DESCRIPTION => Ok(Self(text.into())),
            found => Err(TokenTextError::Description { found }),
        }
    }
}

/// A text that is no name or no description of a granular token (L6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenTextError {
    /// No [`TokenName`].
    #[error(
        "invalid token name {}: expected 1 to {MAX_TOKEN_NAME} of ASCII letters, digits, `_`, `-` and space, no space at \
         either end",
        Quoted(found)
    )]
    Name {
        /// The text, or the start of it.
        found: Box<str>,
    },
    /// No [`TokenDescription`].
    #[error("token description of {found} characters: expected at most {MAX_DESCRIPTION}")]
    Description {
        /// How many characters there are.
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
    use super::{TokenDescription, TokenError, TokenName};
    use crate::value::Timestamp;
    use alloc::string::ToString;

    #[test]
    fn a_name_has_1_to_40_plain_characters_and_no_space_at_either_end() {
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
    fn a_description_has_at_most_120_characters_of_any_kind() {
        assert!("".parse::<TokenDescription>().is_ok());
        assert!("é".repeat(120).parse::<TokenDescription>().is_ok());
        let error = "é".repeat(121).parse::<TokenDescription>().unwrap_err();
        assert_eq!(error.to_string(), "token description of 121 characters: expected at most 120");
    }

    #[test]
    fn messages_of_broken_limits() {
        let at = Timestamp::UNIX_EPOCH;
        for (error, message) in [
            (
                TokenError::ExpiresTooSoon { expires_at: at, earliest: at },
                "expires at 1970-01-01T00:00:00Z: expected 1970-01-01T00:00:00Z or later, 24 hours after the token is made",
            ),
            (
                TokenError::MadeTooLate { created: at },
                "made at 1970-01-01T00:00:00Z: expected a time at least 24 hours before the end of the year 9999",
            ),
            (
                TokenError::NoPermission,
                "no permission on packages and none on organizations: expected at least one above `no-access`",
            ),
            (
                TokenError::BypassWithoutReadWrite,
                "2FA bypass without a `read-write` permission: expected `read-write` on packages or on organizations",
            ),
        ] {
            assert_eq!(error.to_string(), message);
        }
    }
}
