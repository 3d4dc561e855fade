//! A token together with its owner, and the use of the token from an address at a time.

use alloc::sync::Arc;

use crate::{
    facts::{AccountStatus, Memberships, OwnerView, TwoFactorMode, User},
    policy::{DecisionPolicy, Policy},
    token::{Token, TokenView},
    value::{ClientIp, Family, Timestamp, UserName},
};

/// A token together with the current facts about its owner, and the policy that it is judged by.
///
/// Every decision that can allow a token's request takes a `BoundToken`, so the rights of another user are never
/// applied to a token, and no decision is made without a policy. [`Policy::bind`] creates one.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Policy, Timestamp, Token, User,
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
///     writes_held_until: None,
///     memberships: Memberships::empty(),
/// };
/// let bob = User::new(UserFacts { name: "bob".parse()?, ..alice.clone() })?;
/// let alice = User::new(alice)?;
/// let created = "2025-11-01T00:00:00Z".parse::<Timestamp>()?;
/// let facts = TokenFacts { id: "t-1".parse()?, owner: "alice".parse()?, created, revoked: None };
/// let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
///
/// assert!(Policy::NPM_2025_10.bind(&token, &alice).is_ok());
/// assert!(Policy::NPM_2025_10.bind(&token, &bob).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BoundToken<'a> {
    pub(crate) token: TokenView<'a>,
    // The owner's name is in `token.owner` and not repeated here. This keeps the type at 128 bytes, the largest size
    // that the compiler copies without calling a function; see `docs::performance`.
    pub(crate) memberships: &'a Memberships,
    pub(crate) tokens_revoked_until: Option<Timestamp>,
    pub(crate) writes_held_until: Option<Timestamp>,
    pub(crate) status: AccountStatus,
    pub(crate) two_factor: TwoFactorMode,
    pub(crate) policy: DecisionPolicy,
}

const _: () = assert!(size_of::<BoundToken<'_>>() <= 128);

impl Policy {
    /// Binds a token to its owner, with the current facts about the owner, for decisions under this policy.
    ///
    /// # Errors
    ///
    /// Returns an error if the token belongs to another user.
    #[inline]
    pub fn bind<'a>(
        &self,
        token: impl Into<TokenView<'a>>,
        owner: impl Into<OwnerView<'a>>,
    ) -> Result<BoundToken<'a>, BindError> {
        let (token, owner) = (token.into(), owner.into());
        if token.owner == owner.name {
            Ok(BoundToken::from_owner(token, owner, self.for_decisions()))
        } else {
            Err(BindError::new(token.owner, owner.name))
        }
    }

    /// Binds a token to its owner as [`bind`](Self::bind) does, and holds both by [`Arc`].
    ///
    /// # Errors
    ///
    /// Returns an error if the token belongs to another user.
    pub fn bind_owned(
        &self,
        token: impl Into<Arc<Token>>,
        owner: impl Into<Arc<User>>,
    ) -> Result<OwnedBoundToken, BindError> {
        let (token, owner) = (token.into(), owner.into());
        self.bind(token.as_view(), owner.as_view())?;
        Ok(OwnedBoundToken { token, owner, policy: self.for_decisions() })
    }
}

impl<'a> BoundToken<'a> {
    /// Binds a token to its owner. The caller has checked that the names match.
    #[inline]
    pub(crate) const fn from_owner(token: TokenView<'a>, owner: OwnerView<'a>, policy: DecisionPolicy) -> Self {
        let OwnerView { name: _, status, two_factor, tokens_revoked_until, writes_held_until, memberships } = owner;
        Self { token, memberships, tokens_revoked_until, writes_held_until, status, two_factor, policy }
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
        let Self { token, memberships, tokens_revoked_until, writes_held_until, status, two_factor, policy: _ } = *self;
        OwnerView { name: token.owner, status, two_factor, tokens_revoked_until, writes_held_until, memberships }
    }

    /// Returns the part that decisions read of the policy that the token was bound under.
    #[must_use]
    pub const fn policy(&self) -> DecisionPolicy {
        self.policy
    }
}

/// The owned form of [`BoundToken`], which holds the token and its owner by [`Arc`]. [`Policy::bind_owned`] creates
/// one.
///
/// It is `Clone + Send + Sync + 'static`, so that a web framework can keep it in the extensions of a request. A clone
/// increments two reference counts and copies nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedBoundToken {
    token: Arc<Token>,
    owner: Arc<User>,
    policy: DecisionPolicy,
}

impl OwnedBoundToken {
    /// Returns the [`BoundToken`] that borrows from this one, for the functions that decide.
    #[must_use]
    pub fn as_bound(&self) -> BoundToken<'_> {
        BoundToken::from_owner(self.token.as_view(), self.owner.as_view(), self.policy)
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
/// The address is stored in parts, which lets its family share a word with the time. A decision about a bound token
/// contains a copy of this struct and of the operation, together 128 bytes, the largest size that the compiler copies
/// without calling a function; see `docs::performance`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenUse<'a> {
    pub(crate) bound: &'a BoundToken<'a>,
    pub(crate) address: [u64; 2],
    pub(crate) now: Timestamp,
    pub(crate) family: Family,
}

impl<'a> TokenUse<'a> {
    #[inline]
    pub(crate) const fn new(bound: &'a BoundToken<'a>, client_ip: ClientIp, now: Timestamp) -> Self {
        let (family, address) = client_ip.to_parts();
        Self { bound, address, now, family }
    }

    #[inline]
    pub(crate) const fn client_ip(&self) -> ClientIp {
        ClientIp::from_parts(self.family, self.address)
    }
}
