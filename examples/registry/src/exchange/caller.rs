//! The caller of a request: the token that the request carries, and the record of its owner.

use std::borrow::Cow;

use tollgate::{
    PackageName, Policy, Secret, Timestamp, Token, User, UserName,
    decision::Caller,
    facts::{UserFacts, VerifiedFactor},
};

use crate::{
    base::failure::{Failure, fact},
    exchange::context::Credentials,
    store::{
        accounts::Account,
        database::Tx,
        lookup::{self, PackageLookup},
    },
};

/// **The caller**, as it is stored in the database in this transaction.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a request has one value of it")]
pub(crate) enum FoundCaller {
    NoToken,
    UnknownToken,
    Token { token: Token, owner: User },
}

/// Until when the account is on hold for another reason than a recovery code, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HoldBefore(Option<Timestamp>);

impl HoldBefore {
    /// The hold on this account, before a code of the request is used.
    pub(crate) fn of(owner: &User, account: &Account) -> Self {
        Self(if account.is_held_by_recovery { None } else { owner.writes_held_until() })
    }
}

impl FoundCaller {
    /// Looks up the token and its owner.
    pub(crate) async fn look_up(tx: &mut Tx, credentials: &Credentials) -> Result<Self, Failure> {
        Ok(Self::look_up_with_package(tx, credentials, None).await?.0)
    }

    /// Looks up the token and its owner, and the package that the path names, with one query.
    ///
    /// Basic credentials count as an unknown token. Only a login accepts a password, and it reads the
    /// credentials itself.
    pub(crate) async fn look_up_with_package(
        tx: &mut Tx,
        credentials: &Credentials,
        package: Option<PackageName<&str>>,
    ) -> Result<(Self, Option<PackageLookup>), Failure> {
        let digest = match credentials {
            Credentials::Bearer(text) => Secret::new(text).ok().map(|secret| secret.digest()),
            Credentials::None | Credentials::Basic { .. } | Credentials::Unreadable => None,
        };
        let (found, package) = match (&digest, package) {
            (None, None) => (None, None),
            (digest, package) => lookup::caller_and_package(tx, digest.as_ref(), package).await?,
        };
        let caller = match (found, credentials) {
            (Some((token, owner)), _) => Self::Token { token, owner },
            (None, Credentials::None) => Self::NoToken,
            (None, Credentials::Bearer(_) | Credentials::Basic { .. } | Credentials::Unreadable) => Self::UnknownToken,
        };
        Ok((caller, package))
    }

    /// The owner of the token.
    pub(crate) fn user(&self) -> Option<UserName<&str>> {
        match self {
            Self::Token { owner, .. } => Some(owner.name().as_borrowed()),
            Self::NoToken | Self::UnknownToken => None,
        }
    }

    /// The second factor that the owner of the token has shown, if it was verified for this request.
    pub(crate) fn factor(&self, verified_at: Option<Timestamp>) -> Option<VerifiedFactor<'_>> {
        match (self, verified_at) {
            (Self::Token { owner, .. }, Some(verified_at)) => {
                Some(VerifiedFactor { owner: owner.name().as_borrowed(), verified_at })
            }
            (_, _) => None,
        }
    }

    /// The same caller. If `before` is given, it replaces the present hold of the account.
    pub(crate) fn with_hold(&self, before: Option<HoldBefore>) -> Result<Cow<'_, Self>, Failure> {
        let (Some(HoldBefore(writes_held_until)), Self::Token { token, owner }) = (before, self) else {
            return Ok(Cow::Borrowed(self));
        };
        let owner = User::new(UserFacts {
            name: owner.name().clone(),
            status: owner.status(),
            two_factor: owner.two_factor(),
            tokens_revoked_until: owner.tokens_revoked_until(),
            writes_held_until,
            memberships: owner.memberships().clone(),
        });
        Ok(Cow::Owned(Self::Token { token: token.clone(), owner: fact(owner)? }))
    }

    /// The caller in the form that decisions under the policy take.
    pub(crate) fn as_caller(&self, policy: Policy) -> Result<Caller<'_>, Failure> {
        match self {
            Self::NoToken => Ok(Caller::NoToken),
            Self::UnknownToken => Ok(Caller::UnknownToken),
            Self::Token { token, owner } => fact(policy.bind(token, owner)).map(Caller::Token),
        }
    }
}
