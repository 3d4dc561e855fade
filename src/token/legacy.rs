//! Legacy tokens of the kinds `read-only`, `automation` and `publish`.

use core::fmt;

use super::{CommonFields, TokenFacts};
use crate::value::{AllowedRanges, string_enum};

string_enum! {
    /// The kind of a legacy token, which decides what the token may do ([K1](crate::docs::rules#k1)).
    ///
    /// The text forms are `read-only`, `automation` and `publish`.
    #[non_exhaustive]
    pub enum LegacyKind: "legacy token kind" {
        /// Downloads packages. Changes nothing.
        ReadOnly = "read-only",
        /// Downloads and publishes packages. Bypasses the account's second factor ([F1](crate::docs::rules#f1)).
        Automation = "automation",
        /// Does everything that its owner may do, with a second factor where one is required.
        Publish = "publish",
    }
}

/// A legacy access token: it has a kind instead of grants, and it never expires ([L4](crate::docs::rules#l4)).
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Timestamp,
///     token::{LegacyKind, LegacyToken, TokenFacts, TokenId},
///     value::AllowedRanges,
/// };
///
/// let facts = TokenFacts {
///     id: TokenId::new("t-1")?,
///     owner: "alice".parse()?,
///     created: Timestamp::UNIX_EPOCH,
///     revoked: None,
/// };
/// let token = LegacyToken::load(facts, LegacyKind::ReadOnly, AllowedRanges::Any);
/// assert_eq!(token.kind(), LegacyKind::ReadOnly);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyToken {
    common: CommonFields,
    kind: LegacyKind,
}

impl LegacyToken {
    /// Loads a token that is on record. To create a new token, use [`issue`](Self::issue).
    #[must_use]
    pub fn load(facts: TokenFacts, kind: LegacyKind, allowed_ranges: AllowedRanges) -> Self {
        Self { common: CommonFields::new(facts, allowed_ranges), kind }
    }

    /// Returns the kind of the token.
    #[must_use]
    pub const fn kind(&self) -> LegacyKind {
        self.kind
    }

    /// Returns npm's advice to replace the token.
    #[must_use]
    pub const fn retirement(&self) -> RetirementNotice {
        RetirementNotice { kind: self.kind }
    }

    pub(super) const fn common(&self) -> &CommonFields {
        &self.common
    }

    pub(super) const fn common_mut(&mut self) -> &mut CommonFields {
        &mut self.common
    }
}

/// npm's advice to replace a legacy token.
///
/// A server can send the text as a notice when a legacy token is used.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Timestamp,
///     token::{LegacyKind, LegacyToken, TokenFacts, TokenId},
///     value::AllowedRanges,
/// };
///
/// let facts = TokenFacts {
///     id: TokenId::new("t-1")?,
///     owner: "alice".parse()?,
///     created: Timestamp::UNIX_EPOCH,
///     revoked: None,
/// };
/// let token = LegacyToken::load(facts, LegacyKind::Automation, AllowedRanges::Any);
/// let notice = token.retirement();
/// assert_eq!(notice.kind(), LegacyKind::Automation);
/// assert!(notice.to_string().starts_with("legacy automation tokens are being retired: "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetirementNotice {
    kind: LegacyKind,
}

impl RetirementNotice {
    /// Returns the kind of the token that is to be replaced.
    #[must_use]
    pub const fn kind(self) -> LegacyKind {
        self.kind
    }

    /// Returns the sentence that says what to use instead, without the kind of the token.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self.kind {
            LegacyKind::ReadOnly => "use a granular access token with read-only permission on the packages it installs",
            LegacyKind::Automation => {
                "use a granular access token with 2FA bypass, an expiration date and only the packages it publishes"
            }
            LegacyKind::Publish => {
                "keep it to interactive work, and use a granular access token for everything that runs by itself"
            }
        }
    }
}

impl fmt::Display for RetirementNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "legacy {} tokens are being retired: {}", self.kind, self.advice())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for RetirementNotice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut notice = serializer.serialize_struct("RetirementNotice", 2)?;
        notice.serialize_field("kind", &self.kind)?;
        notice.serialize_field("advice", self.advice())?;
        notice.end()
    }
}
