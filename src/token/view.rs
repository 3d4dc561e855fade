//! What the checks read of a token.

use core::{fmt, num::NonZeroU32};

use super::{
    LegacyKind, OrganizationsGrant, PackagesGrant, Token, TokenError, TokenFacts, TwoFactorBypass,
    granular::check_limits,
};
use crate::{
    token::secret::TokenId,
    value::{AllowedRanges, Timestamp, UserName},
};

/// Which kind of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// A legacy token of this kind.
    Legacy(LegacyKind),
    /// A granular token.
    Granular,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy(kind) => write!(f, "legacy {kind}"),
            Self::Granular => f.write_str("granular"),
        }
    }
}

/// **What the checks read of a token**, borrowed: from a [`Token`], or from other storage of the same validated values.
#[derive(Clone, Copy, Debug)]
pub struct TokenView<'a> {
    pub(crate) id: &'a TokenId,
    pub(crate) owner: UserName<&'a str>,
    pub(crate) created: Timestamp,
    pub(crate) revoked: Option<Timestamp>,
    pub(crate) allowed_ranges: &'a AllowedRanges,
    pub(crate) limits: Limits<'a>,
}

/// What sets the two kinds apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limits<'a> {
    Legacy(LegacyKind),
    Granular(Grants<'a>),
}

/// A [`GranularView`] with its expiry taken apart, whose last four bytes have room for more: it is the word that keeps a
/// bound token within 128 bytes, up to which a copy is made in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grants<'a> {
    pub(crate) packages: &'a PackagesGrant,
    pub(crate) organizations: &'a OrganizationsGrant,
    pub(crate) seconds: i64,
    pub(crate) nanoseconds_and_1: NonZeroU32,
    pub(crate) bypass_2fa: TwoFactorBypass,
}

impl<'a> Grants<'a> {
    #[inline]
    const fn new(granular: GranularView<'a>) -> Self {
        let GranularView { expires_at, bypass_2fa, packages, organizations } = granular;
        let (seconds, nanoseconds_and_1) = expires_at.to_parts();
        Self { packages, organizations, seconds, nanoseconds_and_1, bypass_2fa }
    }

    #[inline]
    const fn expires_at(&self) -> Timestamp {
        Timestamp::from_parts(self.seconds, self.nanoseconds_and_1)
    }
}

/// What only a granular token has, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct GranularView<'a> {
    /// The instant from which it is dead (T2).
    pub expires_at: Timestamp,
    /// Whether it passes the second factor (F1).
    pub bypass_2fa: TwoFactorBypass,
    /// What it may do with packages.
    pub packages: &'a PackagesGrant,
    /// What it may do with organizations.
    pub organizations: &'a OrganizationsGrant,
}

impl<'a> TokenView<'a> {
    /// A legacy token, borrowed from other storage.
    #[must_use]
    pub const fn legacy(
        facts: TokenFacts<&'a TokenId, &'a str>,
        kind: LegacyKind,
        allowed_ranges: &'a AllowedRanges,
    ) -> Self {
        let TokenFacts { id, owner, created, revoked } = facts;
        Self { id, owner, created, revoked, allowed_ranges, limits: Limits::Legacy(kind) }
    }

    /// A granular token, borrowed from other storage. The limits of
    /// [`GranularToken::load`](super::GranularToken::load) are checked.
    ///
    /// # Errors
    /// As [`GranularToken::load`](super::GranularToken::load).
    pub fn granular(
        facts: TokenFacts<&'a TokenId, &'a str>,
        allowed_ranges: &'a AllowedRanges,
        granular: GranularView<'a>,
    ) -> Result<Self, TokenError> {
        let TokenFacts { id, owner, created, revoked } = facts;
        let GranularView { expires_at, bypass_2fa, packages, organizations } = granular;
        check_limits(created, expires_at, bypass_2fa, packages, organizations)?;
        Ok(Self { id, owner, created, revoked, allowed_ranges, limits: Limits::Granular(Grants::new(granular)) })
    }

    /// The public id.
    #[must_use]
    pub const fn id(&self) -> &'a TokenId {
        self.id
    }

    /// The user it belongs to.
    #[must_use]
    pub const fn owner(&self) -> UserName<&'a str> {
        self.owner
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        match self.limits {
            Limits::Legacy(kind) => TokenKind::Legacy(kind),
            Limits::Granular(_) => TokenKind::Granular,
        }
    }

    /// The instant from which it is dead; a legacy token has none.
    #[must_use]
    #[inline]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        match self.limits {
            Limits::Legacy(_) => None,
            Limits::Granular(granular) => Some(granular.expires_at()),
        }
    }
}

impl<'a> From<&'a Token> for TokenView<'a> {
    #[inline]
    fn from(token: &'a Token) -> Self {
        let of = |limits| {
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
            Token::Legacy(token) => of(Limits::Legacy(token.kind())),
            Token::Granular(token) => of(Limits::Granular(Grants::new(GranularView {
                expires_at: token.expires_at(),
                bypass_2fa: token.bypass_2fa(),
                packages: token.packages(),
                organizations: token.organizations(),
            }))),
        }
    }
}
