//! Legacy tokens: read-only, automation, publish.

use core::fmt;

use super::{Common, TokenFacts};
use crate::value::{AllowedRanges, string_enum};

string_enum! {
    /// **The three kinds of legacy token** (K1).
    #[non_exhaustive]
    pub enum LegacyKind: "legacy token kind" {
        /// Downloads packages.
        ReadOnly = "read-only",
        /// Downloads and publishes packages, past the account's second factor.
        Automation = "automation",
        /// Everything its owner may do, with the second factor where it is asked for.
        Publish = "publish",
    }
}

/// **A legacy token**: a kind instead of grants, and no expiry, not even a field for one (L4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyToken {
    common: Common,
    kind: LegacyKind,
}

impl LegacyToken {
    /// A token as it is on record. To make a new one, see [`issue`](Self::issue).
    #[must_use]
    pub fn load(facts: TokenFacts, kind: LegacyKind, allowed_ranges: AllowedRanges) -> Self {
        Self { common: Common::new(facts, allowed_ranges), kind }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> LegacyKind {
        self.kind
    }

    /// npm's advice to replace it.
    #[must_use]
    pub const fn retirement(&self) -> RetirementNotice {
        RetirementNotice { kind: self.kind }
    }

    pub(super) const fn common(&self) -> &Common {
        &self.common
    }

    pub(super) const fn common_mut(&mut self) -> &mut Common {
        &mut self.common
    }
}

/// **npm's advice about legacy tokens**, as data: what to send as a notice when one is used.
///
/// ```
/// # use tollgate::{
/// #     Timestamp,
/// #     token::{LegacyKind, LegacyToken, TokenFacts, TokenId},
/// #     value::AllowedRanges,
/// # };
/// # let token = LegacyToken::load(
/// #     TokenFacts {
/// #         id: TokenId::new("t").unwrap(),
/// #         owner: "alice".parse().unwrap(),
/// #         created: Timestamp::UNIX_EPOCH,
/// #         revoked: None,
/// #     },
/// #     LegacyKind::Automation,
/// #     AllowedRanges::Any,
/// # );
/// let notice = token.retirement();
/// assert_eq!(notice.kind(), LegacyKind::Automation);
/// assert!(notice.to_string().contains("granular access token"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetirementNotice {
    kind: LegacyKind,
}

impl RetirementNotice {
    /// The kind of the token that is being retired.
    #[must_use]
    pub const fn kind(self) -> LegacyKind {
        self.kind
    }

    /// What to use instead.
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
