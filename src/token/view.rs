//! Borrowed tokens, in the form that the checks read.

use core::fmt;

use super::{
    GranularTokenError, LegacyKind, OrganizationsGrant, PackagesGrant, Token, TokenFacts, TwoFactorBypass,
    granular::check_limits,
};
use crate::{
    token::secret::TokenId,
    value::{AllowedRanges, Timestamp, UserName},
};

/// The kind of a token: one of the three legacy kinds, granular or session.
///
/// [`Display`](fmt::Display) writes `legacy read-only`, `legacy automation`, `legacy publish`, `granular` or `session`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// A legacy token of this kind.
    Legacy(LegacyKind),
    /// A granular token.
    Granular,
    /// A session token.
    Session,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy(kind) => write!(f, "legacy {kind}"),
            Self::Granular => f.write_str("granular"),
            Self::Session => f.write_str("session"),
        }
    }
}

/// A borrowed token, with everything that the checks read of it.
///
/// [`Token::as_view`] borrows from a [`Token`]. [`legacy`](Self::legacy), [`granular`](Self::granular) and
/// [`session`](Self::session) borrow from other storage, so that a registry which keeps tokens in its own structures
/// need not build a `Token` for each request.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Timestamp, UserName,
///     token::{LegacyKind, TokenFacts, TokenId, TokenView},
///     value::AllowedRanges,
/// };
///
/// let id = TokenId::new("t-1")?;
/// let facts = TokenFacts { id: &id, owner: UserName::new("alice")?, created: Timestamp::UNIX_EPOCH, revoked: None };
/// let token = TokenView::legacy(facts, LegacyKind::ReadOnly, &AllowedRanges::Any);
/// assert_eq!(token.owner().as_str(), "alice");
/// assert_eq!(token.expires_at(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokenView<'a> {
    pub(crate) id: &'a TokenId,
    pub(crate) owner: UserName<&'a str>,
    pub(crate) created: Timestamp,
    pub(crate) revoked: Option<Timestamp>,
    pub(crate) allowed_ranges: &'a AllowedRanges,
    pub(crate) limits: Limits<'a>,
}

/// What limits a token's use: its kind if it is legacy, its grants and expiry if it is granular, or its expiry if it is
/// a session token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limits<'a> {
    Legacy(LegacyKind),
    Granular(Grants<'a>),
    Session { expires_at: Timestamp },
}

/// The fields of a [`GranularView`] that the checks read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grants<'a> {
    pub(crate) packages: &'a PackagesGrant,
    pub(crate) organizations: &'a OrganizationsGrant,
    pub(crate) expires_at: Timestamp,
    pub(crate) bypass_2fa: TwoFactorBypass,
}

impl<'a> Grants<'a> {
    #[inline]
    const fn new(granular: GranularView<'a>) -> Self {
        let GranularView { expires_at, bypass_2fa, packages, organizations } = granular;
        Self { packages, organizations, expires_at, bypass_2fa }
    }
}

/// The fields that only a granular token has, borrowed. See [`TokenView::granular`].
#[derive(Clone, Copy, Debug)]
pub struct GranularView<'a> {
    /// The time from which the token is expired ([T2](crate::docs::rules#t2)).
    pub expires_at: Timestamp,
    /// Whether the token bypasses the second factor ([F1](crate::docs::rules#f1)).
    pub bypass_2fa: TwoFactorBypass,
    /// What the token may do with packages.
    pub packages: &'a PackagesGrant,
    /// What the token may do with organizations.
    pub organizations: &'a OrganizationsGrant,
}

impl<'a> TokenView<'a> {
    /// Creates a view of a legacy token from borrowed parts.
    #[must_use]
    pub const fn legacy(
        facts: TokenFacts<&'a TokenId, &'a str>,
        kind: LegacyKind,
        allowed_ranges: &'a AllowedRanges,
    ) -> Self {
        let TokenFacts { id, owner, created, revoked } = facts;
        Self { id, owner, created, revoked, allowed_ranges, limits: Limits::Legacy(kind) }
    }

    /// Creates a view of a granular token from borrowed parts.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`GranularToken::load`](super::GranularToken::load).
    pub fn granular(
        facts: TokenFacts<&'a TokenId, &'a str>,
        allowed_ranges: &'a AllowedRanges,
        granular: GranularView<'a>,
    ) -> Result<Self, GranularTokenError> {
        let TokenFacts { id, owner, created, revoked } = facts;
        let GranularView { expires_at, bypass_2fa, packages, organizations } = granular;
        check_limits(created, expires_at, bypass_2fa, packages, organizations)?;
        Ok(Self { id, owner, created, revoked, allowed_ranges, limits: Limits::Granular(Grants::new(granular)) })
    }

    /// Creates a view of a session token from borrowed parts.
    #[must_use]
    pub const fn session(
        facts: TokenFacts<&'a TokenId, &'a str>,
        expires_at: Timestamp,
        allowed_ranges: &'a AllowedRanges,
    ) -> Self {
        let TokenFacts { id, owner, created, revoked } = facts;
        Self { id, owner, created, revoked, allowed_ranges, limits: Limits::Session { expires_at } }
    }

    /// Returns the public id, which npm calls `key`.
    #[must_use]
    pub const fn id(&self) -> &'a TokenId {
        self.id
    }

    /// Returns the name of the user that the token belongs to.
    #[must_use]
    pub const fn owner(&self) -> UserName<&'a str> {
        self.owner
    }

    /// Returns the kind of the token.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        match self.limits {
            Limits::Legacy(kind) => TokenKind::Legacy(kind),
            Limits::Granular(_) => TokenKind::Granular,
            Limits::Session { .. } => TokenKind::Session,
        }
    }

    /// Returns the time from which the token is expired, that instant included ([T2](crate::docs::rules#t2)). A legacy
    /// token never expires, so this is `None`.
    #[must_use]
    #[inline]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        match self.limits {
            Limits::Legacy(_) => None,
            Limits::Granular(granular) => Some(granular.expires_at),
            Limits::Session { expires_at } => Some(expires_at),
        }
    }
}

impl<'a> From<&'a Token> for TokenView<'a> {
    #[inline]
    fn from(token: &'a Token) -> Self {
        let with_limits = |limits| {
            let common = token.common();
            Self {
                id: &common.id,
                owner: common.owner.as_borrowed(),
                created: common.created,
                revoked: common.revoked,
                allowed_ranges: &common.allowed_ranges,
                limits,
            }
        };
        match token {
            Token::Legacy(token) => with_limits(Limits::Legacy(token.kind())),
            Token::Granular(token) => with_limits(Limits::Granular(Grants::new(GranularView {
                expires_at: token.expires_at(),
                bypass_2fa: token.bypass_2fa(),
                packages: token.packages(),
                organizations: token.organizations(),
            }))),
            Token::Session(token) => with_limits(Limits::Session { expires_at: token.expires_at() }),
        }
    }
}
