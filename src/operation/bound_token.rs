//! A token together with its owner, and their use from an address at a time.

use alloc::sync::Arc;
use core::num::NonZeroU32;

use crate::{
    facts::{AccountStatus, Memberships, OwnerView, TwoFactorMode, User},
    token::{Token, TokenView},
    value::{ClientIp, Family, Timestamp, UserName},
};

/// A token together with the current facts about its owner.
///
/// Every decision about a token takes a `BoundToken`, so a token can never be decided on with the rights of another
/// user.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     BoundToken, Timestamp, Token, User,
///     facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts},
///     token::{LegacyKind, LegacyToken, TokenFacts},
///     value::AllowedRanges,
/// };
///
/// let alice = UserFacts {
///     name: "alice".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::Disabled,
///     tokens_revoked_until: None,
///     memberships: Memberships::empty(),
/// };
/// let bob = User::new(UserFacts { name: "bob".parse()?, ..alice.clone() })?;
/// let alice = User::new(alice)?;
/// let created = "2025-11-01T00:00:00Z".parse::<Timestamp>()?;
/// let facts = TokenFacts { id: "t-1".parse()?, owner: "alice".parse()?, created, revoked: None };
/// let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
///
/// assert!(BoundToken::bind(&token, &alice).is_ok());
/// assert!(BoundToken::bind(&token, &bob).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BoundToken<'a> {
    pub(crate) token: TokenView<'a>,
    // The owner's name is the token's, and is not repeated here. This keeps the type at 128 bytes, up to which the
    // compiler copies in place; see `docs::performance`.
    pub(crate) memberships: &'a Memberships,
    pub(crate) tokens_revoked_until: Option<Timestamp>,
    pub(crate) status: AccountStatus,
    pub(crate) two_factor: TwoFactorMode,
}

impl<'a> BoundToken<'a> {
    /// Binds a token to its owner, with the facts of this moment.
    ///
    /// # Errors
    ///
    /// The token belongs to another user.
    // MEASURE: `inline(always)` against `inline`.
    #[expect(
        clippy::inline_always,
        reason = "the result is then built where the caller stores it, instead of copied there"
    )]
    #[inline(always)]
    pub fn bind(token: impl Into<TokenView<'a>>, owner: impl Into<OwnerView<'a>>) -> Result<Self, BindError> {
        let (token, owner) = (token.into(), owner.into());
        if token.owner == owner.name {
            Ok(Self::of_its_owner(token, owner))
        } else {
            Err(BindError::new(token.owner, owner.name))
        }
    }

    /// Binds a token to a user who is known to be its owner.
    #[inline]
    pub(crate) const fn of_its_owner(token: TokenView<'a>, owner: OwnerView<'a>) -> Self {
        let OwnerView { name: _, status, two_factor, tokens_revoked_until, memberships } = owner;
        Self { token, memberships, tokens_revoked_until, status, two_factor }
    }

    /// Returns the token.
    #[must_use]
    pub const fn token(&self) -> &TokenView<'a> {
        &self.token
    }

    /// Returns the owner of the token.
    #[must_use]
    #[inline]
    pub const fn owner(&self) -> OwnerView<'a> {
        let Self { token, memberships, tokens_revoked_until, status, two_factor } = *self;
        OwnerView { name: token.owner, status, two_factor, tokens_revoked_until, memberships }
    }
}

/// A [`BoundToken`] that shares ownership of the token and its owner.
///
/// It is `Clone + Send + Sync + 'static`, so that a web framework can keep it in the extensions of a request. Cloning
/// it increments two reference counts.
#[derive(Clone, Debug)]
pub struct OwnedBoundToken {
    token: Arc<Token>,
    owner: Arc<User>,
}

impl OwnedBoundToken {
    /// Binds a token to its owner, with the facts of this moment.
    ///
    /// # Errors
    ///
    /// The token belongs to another user.
    pub fn bind(token: impl Into<Arc<Token>>, owner: impl Into<Arc<User>>) -> Result<Self, BindError> {
        let (token, owner) = (token.into(), owner.into());
        BoundToken::bind(token.as_view(), owner.as_view())?;
        Ok(Self { token, owner })
    }

    /// Returns the borrowed form, which the decision functions take.
    #[must_use]
    pub fn as_bound(&self) -> BoundToken<'_> {
        BoundToken::of_its_owner(self.token.as_view(), self.owner.as_view())
    }
}

/// The error returned when binding a token to a user who is not its owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token of the user `{expected}` with the record of the user `{found}`: expected the record of the token's owner"
)]
pub struct BindError {
    expected: UserName,
    found: UserName,
}

impl BindError {
    #[cold]
    fn new(expected: UserName<&str>, found: UserName<&str>) -> Self {
        Self { expected: expected.into_owned(), found: found.into_owned() }
    }
}

/// The use of a token: the token with its owner, the client's address, and the time.
///
/// The address and the time are stored in parts, because the parts fit in four words and the two types need five. Every
/// decision contains a copy of this struct and of the operation, and the compiler copies up to 128 bytes in place; see
/// `docs::performance`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenUse<'a> {
    pub(crate) bound: &'a BoundToken<'a>,
    pub(crate) address: [u64; 2],
    pub(crate) seconds: i64,
    pub(crate) nanoseconds_and_1: NonZeroU32,
    pub(crate) family: Family,
}

impl<'a> TokenUse<'a> {
    #[inline]
    pub(crate) const fn new(bound: &'a BoundToken<'a>, client_ip: ClientIp, now: Timestamp) -> Self {
        let (family, address) = client_ip.to_parts();
        let (seconds, nanoseconds_and_1) = now.to_parts();
        Self { bound, address, seconds, nanoseconds_and_1, family }
    }

    #[inline]
    pub(crate) const fn client_ip(&self) -> ClientIp {
        ClientIp::from_parts(self.family, self.address)
    }

    #[inline]
    pub(crate) const fn now(&self) -> Timestamp {
        Timestamp::from_parts(self.seconds, self.nanoseconds_and_1)
    }
}
