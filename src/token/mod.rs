//! Access tokens: creating, storing and reading them, and their secrets.
//!
//! A [`Token`] is a [`LegacyToken`], a [`GranularToken`] or a [`SessionToken`]. A token holds no secret. Its [`Secret`]
//! is a type of its own, and a registry stores the [`SecretDigest`] of it.
//!
//! | to | use |
//! |---|---|
//! | create a token | [`GranularToken::issue`], [`SessionToken::issue`], [`LegacyToken::issue`] |
//! | create its secret | [`MintedSecret::mint`] |
//! | find the token of a request | [`Secret::new`], [`Secret::digest`] |
//! | store and load a token | `StoredToken` (feature `serde`), or `load` of the token's type |
//! | decide without copying a stored token | [`TokenView`] |

mod grant;
mod granular;
mod issue;
mod legacy;
mod secret;
mod session;
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
    GranularSettings, GranularToken, GranularTokenError, TokenDescription, TokenName, TokenTextError, TwoFactorBypass,
};
pub use issue::{GranularIssueFacts, IssueError, IssueFacts, IssuedBy, NameAvailability};
pub use legacy::{LegacyKind, LegacyToken, RetirementNotice};
pub use secret::{
    Checksum, MintError, MintedSecret, Secret, SecretDigest, SecretDigestError, SecretError, SecretForm, SecretHint,
    SecretHintError, SecretPrefix, SecretPrefixError, TokenId, TokenIdError,
};
pub use session::SessionToken;
pub use set::{GranularTokenSet, TokenSetError};
#[cfg(feature = "serde")]
pub use stored::{StoredToken, StoredTokenError};
pub(crate) use view::{Grants, Limits};
pub use view::{GranularView, TokenKind, TokenView};

use crate::value::{AllowedRanges, Timestamp, UserName};

/// An access token on record: legacy, granular or a session token.
///
/// - A token belongs to exactly one user, its owner. The token refers to its owner by name, so a registry never gives
///   the name of a deleted user to anyone else ([N5](crate::docs::rules#n5)).
/// - A token is never edited ([L9](crate::docs::rules#l9)). The only change is to [revoke](Self::revoke) it.
/// - A token holds no secret. The registry stores the [`SecretDigest`] beside it, as the key for finding it.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Timestamp, Token,
///     token::{LegacyKind, LegacyToken, TokenFacts, TokenId, TokenKind},
///     value::AllowedRanges,
/// };
///
/// let facts = TokenFacts {
///     id: TokenId::new("t-1")?,
///     owner: "alice".parse()?,
///     created: "2025-10-30T12:00:00Z".parse()?,
///     revoked: None,
/// };
/// let mut token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
/// assert_eq!(token.kind(), TokenKind::Legacy(LegacyKind::Publish));
///
/// let at: Timestamp = "2025-11-01T00:00:00Z".parse()?;
/// token.revoke(at);
/// assert_eq!(token.revoked(), Some(at));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Token {
    /// A token of one of the three legacy kinds, which never expires.
    Legacy(LegacyToken),
    /// A token with grants and an expiry.
    Granular(GranularToken),
    /// A token that a login made, which expires.
    Session(SessionToken),
}

impl Token {
    /// Returns the public id, which npm calls `key`.
    #[must_use]
    pub const fn id(&self) -> &TokenId {
        &self.common().id
    }

    /// Returns the name of the user that the token belongs to.
    #[must_use]
    pub const fn owner(&self) -> &UserName {
        &self.common().owner
    }

    /// Returns the time at which the token was created.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.common().created
    }

    /// Returns the recorded time of the token's revocation, or `None` if no revocation is recorded.
    ///
    /// `None` does not say that the token is good: a token created at or before its account's cut-off is revoked too
    /// ([T1](crate::docs::rules#t1)).
    #[must_use]
    pub const fn revoked(&self) -> Option<Timestamp> {
        self.common().revoked
    }

    /// Returns the client addresses that the token may be used from ([T3](crate::docs::rules#t3)).
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     ClientIp, Timestamp, Token,
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
    /// let ranges = AllowedRanges::only(["10.0.0.0/8".parse()?])?;
    /// let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, ranges));
    ///
    /// assert!(token.allowed_ranges().allow("10.1.2.3".parse()?));
    /// assert!(!token.allowed_ranges().allow("192.0.2.7".parse()?));
    /// assert!(!token.allowed_ranges().allow(ClientIp::UNKNOWN));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn allowed_ranges(&self) -> &AllowedRanges {
        &self.common().allowed_ranges
    }

    /// Returns the kind of the token.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        match self {
            Self::Legacy(token) => TokenKind::Legacy(token.kind()),
            Self::Granular(_) => TokenKind::Granular,
            Self::Session(_) => TokenKind::Session,
        }
    }

    /// Records that the token was revoked at the time `at`.
    ///
    /// If a revocation is recorded already, its time stays. A revocation cannot be undone.
    pub fn revoke(&mut self, at: Timestamp) {
        let common = match self {
            Self::Legacy(token) => token.common_mut(),
            Self::Granular(token) => token.common_mut(),
            Self::Session(token) => token.common_mut(),
        };
        common.revoked.get_or_insert(at);
    }

    /// Returns npm's advice to replace the token, or `None` if the token is not a legacy token.
    ///
    /// A server can send the advice as a notice with its response.
    #[must_use]
    pub const fn retirement(&self) -> Option<RetirementNotice> {
        match self {
            Self::Legacy(token) => Some(token.retirement()),
            Self::Granular(_) | Self::Session(_) => None,
        }
    }

    /// Borrows the token as the [`TokenView`] that the checks read. This copies a few words and allocates nothing.
    #[must_use]
    pub fn as_view(&self) -> TokenView<'_> {
        self.into()
    }

    const fn common(&self) -> &CommonFields {
        match self {
            Self::Legacy(token) => token.common(),
            Self::Granular(token) => token.common(),
            Self::Session(token) => token.common(),
        }
    }
}

impl From<LegacyToken> for Token {
    fn from(token: LegacyToken) -> Self {
        Self::Legacy(token)
    }
}

impl From<SessionToken> for Token {
    fn from(token: SessionToken) -> Self {
        Self::Session(token)
    }
}

impl From<GranularToken> for Token {
    fn from(token: GranularToken) -> Self {
        Self::Granular(token)
    }
}

/// Whether a token is revoked: a revocation is recorded, or the token was created at or before its account's cut-off
/// ([T1](crate::docs::rules#t1)). The time of a recorded revocation does not matter: even one in the future counts.
pub(crate) fn is_revoked(created: Timestamp, revoked: Option<Timestamp>, cut_off: Option<Timestamp>) -> bool {
    revoked.is_some() || cut_off.is_some_and(|cut_off| created <= cut_off)
}

/// Whether a token has expired: from the instant of its expiry on ([T2](crate::docs::rules#t2)).
#[inline]
pub(crate) fn is_expired(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|expires_at| now >= expires_at)
}

/// The facts that a registry records about every token.
///
/// The defaults of the type parameters own their values, for [`GranularToken::load`] and the other types of token. A
/// [`TokenView`] takes `TokenFacts<&TokenId, &str>`, which borrows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFacts<I = TokenId, T: AsRef<str> = alloc::boxed::Box<str>> {
    /// The public id, which npm calls `key`.
    pub id: I,
    /// The name of the user that the token belongs to.
    pub owner: UserName<T>,
    /// The time at which the token was created.
    pub created: Timestamp,
    /// The time of the token's revocation, or `None` if no revocation is recorded.
    pub revoked: Option<Timestamp>,
}

/// The fields that all tokens share: the [`TokenFacts`] and the allowed ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CommonFields {
    id: TokenId,
    owner: UserName,
    created: Timestamp,
    revoked: Option<Timestamp>,
    allowed_ranges: AllowedRanges,
}

impl CommonFields {
    fn new(facts: TokenFacts, allowed_ranges: AllowedRanges) -> Self {
        let TokenFacts { id, owner, created, revoked } = facts;
        Self { id, owner, created, revoked, allowed_ranges }
    }
}
