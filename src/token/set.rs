//! The granular tokens of one account, as a list that enforces the account's limits.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use super::{GranularToken, NameAvailability, TokenName, is_revoked};
use crate::{
    facts::OwnerView,
    token::secret::TokenId,
    value::{Timestamp, limits::MAX_GRANULAR_TOKENS},
};

/// The granular tokens of one account, in memory.
///
/// At most 1000 of the tokens are not revoked ([L1](crate::docs::rules#l1)), and no two tokens that are not revoked
/// have the same name ([L6](crate::docs::rules#l6)). A token that was created at or before the account's cut-off counts
/// as revoked ([T1](crate::docs::rules#t1)).
///
/// [`not_revoked`](Self::not_revoked) and [`name_availability`](Self::name_availability) are two of the facts that
/// [`GranularToken::issue`] needs. From a plain list of tokens,
/// [`GranularIssueFacts::from_tokens`](super::GranularIssueFacts::from_tokens) makes them.
#[derive(Clone, Debug)]
pub struct GranularTokenSet<'a> {
    owner: OwnerView<'a>,
    tokens: Vec<GranularToken>,
    /// The index in `tokens` of the token with each id.
    ids: BTreeMap<TokenId, usize>,
    /// The names of the tokens that are not revoked. No two of these tokens share a name, so the number of
    /// names is the number of these tokens ([L6](crate::docs::rules#l6)).
    names_in_use: BTreeSet<TokenName>,
}

impl<'a> GranularTokenSet<'a> {
    /// Creates an empty set for the account of `owner`.
    #[must_use]
    pub const fn new(owner: OwnerView<'a>) -> Self {
        Self { owner, tokens: Vec::new(), ids: BTreeMap::new(), names_in_use: BTreeSet::new() }
    }

    /// Returns the number of tokens that are not revoked, for
    /// [`GranularIssueFacts::granular_tokens`](super::GranularIssueFacts::granular_tokens).
    #[must_use]
    pub fn not_revoked(&self) -> usize {
        self.names_in_use.len()
    }

    /// Returns [`Taken`](NameAvailability::Taken) if a token that is not revoked has the name, otherwise
    /// [`Free`](NameAvailability::Free), for
    /// [`GranularIssueFacts::name_availability`](super::GranularIssueFacts::name_availability).
    #[must_use]
    pub fn name_availability(&self, name: &TokenName) -> NameAvailability {
        if self.names_in_use.contains(name) { NameAvailability::Taken } else { NameAvailability::Free }
    }

    /// Adds a token to the set.
    ///
    /// # Errors
    ///
    /// Returns an error, and leaves the set unchanged, in each of these cases:
    ///
    /// - The token belongs to another user.
    /// - A token in the set has the same id.
    /// - The token is not revoked, and the set already has 1000 tokens that are not revoked
    ///   ([L1](crate::docs::rules#l1)).
    /// - The token is not revoked, and another token that is not revoked has the same name
    ///   ([L6](crate::docs::rules#l6)).
    pub fn insert(&mut self, token: GranularToken) -> Result<(), TokenSetError> {
        if token.common().owner != self.owner.name {
            return Err(TokenSetError::OtherOwner);
        }
        if self.ids.contains_key(&token.common().id) {
            return Err(TokenSetError::IdTaken { id: token.common().id.clone() });
        }
        if is_not_revoked(&self.owner, &token) {
            if self.not_revoked() >= MAX_GRANULAR_TOKENS {
                return Err(TokenSetError::TooMany);
            }
            if self.name_availability(token.name()) == NameAvailability::Taken {
                return Err(TokenSetError::NameTaken { name: token.name().clone() });
            }
            self.names_in_use.insert(token.name().clone());
        }
        self.ids.insert(token.common().id.clone(), self.tokens.len());
        self.tokens.push(token);
        Ok(())
    }

    /// Revokes the token with the given id at the time `at`. The token then no longer counts towards the limit, and its
    /// name is free.
    ///
    /// If the token already has a time of revocation on record, it keeps that time. Returns `false` if no token in the
    /// set has the id.
    pub fn revoke(&mut self, id: &TokenId, at: Timestamp) -> bool {
        let Some(token) = self.ids.get(id).and_then(|index| self.tokens.get_mut(*index)) else { return false };
        if is_not_revoked(&self.owner, token) {
            self.names_in_use.remove(token.name());
        }
        token.common_mut().revoked.get_or_insert(at);
        true
    }

    /// Returns the tokens, including revoked ones, in the order in which they were added.
    #[must_use]
    pub fn as_slice(&self) -> &[GranularToken] {
        &self.tokens
    }
}

pub(super) fn is_not_revoked(owner: &OwnerView<'_>, token: &GranularToken) -> bool {
    let common = token.common();
    !is_revoked(common.created, common.revoked, owner.tokens_revoked_until)
}

/// The error returned when a token cannot be added to a [`GranularTokenSet`], or is not one of the account's.
///
/// [`GranularIssueFacts::from_tokens`](super::GranularIssueFacts::from_tokens) returns only
/// [`OtherOwner`](Self::OtherOwner).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenSetError {
    /// The token belongs to another user.
    #[error("a token of another user: expected one of the account's own")]
    OtherOwner,
    /// A token in the set has the same public id.
    #[error("token id `{id}` twice: expected each once")]
    IdTaken {
        /// The id.
        id: TokenId,
    },
    /// The set has 1000 tokens that are not revoked ([L1](crate::docs::rules#l1)).
    #[error(
        "more than {MAX_GRANULAR_TOKENS} granular tokens that are not revoked: expected at most {MAX_GRANULAR_TOKENS}"
    )]
    TooMany,
    /// A token in the set that is not revoked has the same name ([L6](crate::docs::rules#l6)).
    #[error("token name `{name}` twice among granular tokens that are not revoked: expected each once")]
    NameTaken {
        /// The name.
        name: TokenName,
    },
}
