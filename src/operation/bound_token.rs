//! A token bound to its owner's live record, and that at an address and a time.

use alloc::sync::Arc;
use core::num::NonZeroU32;

use crate::{
    facts::{AccountStatus, Memberships, OwnerView, TwoFactorMode, User},
    token::{Token, TokenView},
    value::{ClientIp, Family, Timestamp, UserName},
};

/// **A token bound to its owner's live record**: the only form in which a decision can be asked for.
///
/// ```
/// use tollgate::{
///     BoundToken, Timestamp, Token, User,
///     facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts},
///     token::{LegacyKind, LegacyToken, TokenFacts},
///     value::AllowedRanges,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let alice = UserFacts {
///     name: "alice".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::Disabled,
///     tokens_revoked_until: None,
///     memberships: Memberships::empty(),
/// };
/// let bob = User::new(UserFacts { name: "bob".parse()?, ..alice.clone() })?;
/// let alice = User::new(alice)?;
/// let facts = TokenFacts { id: "t-1".parse()?, owner: "alice".parse()?, created: Timestamp::UNIX_EPOCH, revoked: None };
/// let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
///
/// assert!(BoundToken::bind(&token, &alice).is_ok());
/// assert!(BoundToken::bind(&token, &bob).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BoundToken<'a> {
    pub(crate) token: TokenView<'a>,
    // The owner, but for the name: it is the token's.
    pub(crate) memberships: &'a Memberships,
    pub(crate) tokens_revoked_until: Option<Timestamp>,
    pub(crate) status: AccountStatus,
    pub(crate) two_factor: TwoFactorMode,
}

impl<'a> BoundToken<'a> {
    /// Binds a token to the record of its owner as of now.
    ///
    /// # Errors
    /// The record is another user's.
    #[expect(
        clippy::inline_always,
        reason = "what is bound is then made where its caller keeps it, and not copied there"
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

    /// Of a record that is known to be the owner's.
    #[inline]
    pub(crate) const fn of_its_owner(token: TokenView<'a>, owner: OwnerView<'a>) -> Self {
        let OwnerView { name: _, status, two_factor, tokens_revoked_until, memberships } = owner;
        Self { token, memberships, tokens_revoked_until, status, two_factor }
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &TokenView<'a> {
        &self.token
    }

    /// Its owner.
    #[must_use]
    #[inline]
    pub const fn owner(&self) -> OwnerView<'a> {
        let Self { token, memberships, tokens_revoked_until, status, two_factor } = *self;
        OwnerView { name: token.owner, status, two_factor, tokens_revoked_until, memberships }
    }
}

/// **A bound token that owns what it needs**: `Clone + Send + Sync + 'static`, for a web framework's request
/// extensions. Cloning is two reference counts.
#[derive(Clone, Debug)]
pub struct OwnedBoundToken {
    token: Arc<Token>,
    owner: Arc<User>,
}

impl OwnedBoundToken {
    /// Binds a token to the record of its owner as of now.
    ///
    /// # Errors
    /// The record is another user's.
    pub fn bind(token: impl Into<Arc<Token>>, owner: impl Into<Arc<User>>) -> Result<Self, BindError> {
        let (token, owner) = (token.into(), owner.into());
        BoundToken::bind(token.as_view(), owner.as_view())?;
        Ok(Self { token, owner })
    }

    /// The borrowed form, which decisions are asked of.
    #[must_use]
    pub fn as_bound(&self) -> BoundToken<'_> {
        BoundToken::of_its_owner(self.token.as_view(), self.owner.as_view())
    }
}

/// A token and a user's record that do not belong together.
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

/// What is asked, but for the resource: who presents a token, from where, when.
///
/// Where and when are taken apart, since together they are four words and as they are they are five: every answer has a
/// copy of these and of the resource, and copies of up to 128 bytes are made in place.
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
