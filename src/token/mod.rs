//! Access tokens: legacy and granular, as different types under one.

mod grant;
mod granular;
mod issue;
mod legacy;
mod secret;
mod set;
#[cfg(feature = "serde")]
mod stored;
#[cfg(feature = "serde")]
pub(crate) mod stored_fields;
mod view;

pub use grant::{
    CoveredBy, OrganizationSelection, OrganizationsGrant, PackageOrScope, PackageSelection, PackagesAndScopes,
    PackagesGrant, SelectionError,
};
pub use granular::{
    GranularSettings, GranularToken, TokenDescription, TokenError, TokenName, TokenTextError, TwoFactorBypass,
};
pub use issue::{IssueError, IssueFacts, IssuedBy, LegacyIssueFacts, NameAvailability};
pub use legacy::{LegacyKind, LegacyToken, RetirementNotice};
pub use secret::{
    Checksum, MintError, MintedSecret, Secret, SecretDigest, SecretDigestError, SecretError, SecretForm, SecretHint,
    SecretHintError, SecretPrefix, SecretPrefixError, TokenId, TokenIdError,
};
pub use set::{GranularTokenSet, TokenSetError};
#[cfg(feature = "serde")]
pub use stored::{StoredToken, StoredTokenError};
pub(crate) use view::{Grants, Limits};
pub use view::{GranularView, TokenKind, TokenView};

use crate::value::{AllowedRanges, Timestamp, UserName};

/// **An access token**, legacy or granular, as a registry has it on record.
///
/// - Belongs to exactly one owner, by name (N5).
/// - Never edited (L9); it can only be [revoked](Self::revoke).
/// - Holds no secret: the digest is kept beside it, as the key that finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Token {
    /// One of the three old kinds, without expiry.
    Legacy(LegacyToken),
    /// One with grants and an expiry.
    Granular(GranularToken),
}

impl Token {
    /// The public id.
    #[must_use]
    pub const fn id(&self) -> &TokenId {
        &self.common().id
    }

    /// The user it belongs to.
    #[must_use]
    pub const fn owner(&self) -> &UserName {
        &self.common().owner
    }

    /// When it was made.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.common().created
    }

    /// When its revocation was recorded, if it was.
    #[must_use]
    pub const fn revoked(&self) -> Option<Timestamp> {
        self.common().revoked
    }

    /// Where it may be used from.
    #[must_use]
    pub const fn allowed_ranges(&self) -> &AllowedRanges {
        &self.common().allowed_ranges
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        match self {
            Self::Legacy(token) => TokenKind::Legacy(token.kind()),
            Self::Granular(_) => TokenKind::Granular,
        }
    }

    /// Records a revocation. A token that is revoked already keeps the time it has; there is no way back.
    pub fn revoke(&mut self, at: Timestamp) {
        let common = match self {
            Self::Legacy(token) => token.common_mut(),
            Self::Granular(token) => token.common_mut(),
        };
        common.revoked.get_or_insert(at);
    }

    /// npm's advice to replace it, if it is a legacy token: something to send along as a notice.
    #[must_use]
    pub const fn retirement(&self) -> Option<RetirementNotice> {
        match self {
            Self::Legacy(token) => Some(token.retirement()),
            Self::Granular(_) => None,
        }
    }

    /// What the checks read of it. Costs nothing.
    #[must_use]
    pub fn as_view(&self) -> TokenView<'_> {
        self.into()
    }

    const fn common(&self) -> &Common {
        match self {
            Self::Legacy(token) => token.common(),
            Self::Granular(token) => token.common(),
        }
    }
}

impl From<LegacyToken> for Token {
    fn from(token: LegacyToken) -> Self {
        Self::Legacy(token)
    }
}

impl From<GranularToken> for Token {
    fn from(token: GranularToken) -> Self {
        Self::Granular(token)
    }
}

/// T1: "revoked, or made at or before the account's cut-off". A recorded revocation counts whatever its time says.
pub(crate) fn is_revoked(created: Timestamp, revoked: Option<Timestamp>, cut_off: Option<Timestamp>) -> bool {
    revoked.is_some() || cut_off.is_some_and(|cut_off| created <= cut_off)
}

/// **What every token on record has**, besides its kind and its grants: owned, or borrowed for a [`TokenView`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFacts<I = TokenId, T: AsRef<str> = alloc::boxed::Box<str>> {
    /// The public id.
    pub id: I,
    /// The user it belongs to.
    pub owner: UserName<T>,
    /// When it was made.
    pub created: Timestamp,
    /// When its revocation was recorded; `None` if it is not revoked.
    pub revoked: Option<Timestamp>,
}

/// What every token has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Common {
    id: TokenId,
    owner: UserName,
    created: Timestamp,
    revoked: Option<Timestamp>,
    allowed_ranges: AllowedRanges,
}

impl Common {
    fn new(facts: TokenFacts, allowed_ranges: AllowedRanges) -> Self {
        let TokenFacts { id, owner, created, revoked } = facts;
        Self { id, owner, created, revoked, allowed_ranges }
    }
}
