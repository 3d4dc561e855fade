//! All granular tokens of one account, for those who have the list (L1, L6).

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

/// **The granular tokens of one account**: at most 1000 that are not revoked, no two of these with one name.
///
/// A token that was made at or before the account's cut-off counts as revoked (T1).
#[derive(Clone, Debug)]
pub struct GranularTokenSet<'a> {
    owner: OwnerView<'a>,
    tokens: Vec<GranularToken>,
    /// Where the token of an id stands.
    ids: BTreeMap<TokenId, usize>,
    /// The names of those that are not revoked: as many as there are, for no two share one (L6).
    live_names: BTreeSet<TokenName>,
}

impl<'a> GranularTokenSet<'a> {
    /// An account without any.
    #[must_use]
    pub const fn new(owner: OwnerView<'a>) -> Self {
        Self { owner, tokens: Vec::new(), ids: BTreeMap::new(), live_names: BTreeSet::new() }
    }

    /// How many are not revoked: [`IssueFacts::granular_tokens`](super::IssueFacts::granular_tokens).
    #[must_use]
    pub fn not_revoked(&self) -> usize {
        self.live_names.len()
    }

    /// Whether one that is not revoked has the name: [`IssueFacts::name_availability`](super::IssueFacts::name_availability).
    #[must_use]
    pub fn name_availability(&self, name: &TokenName) -> NameAvailability {
        if self.live_names.contains(name) { NameAvailability::Taken } else { NameAvailability::Free }
    }

    /// Adds a token.
    ///
    /// # Errors
    /// The token belongs to someone else, has the id of one in the set, or is not revoked and would be the 1001st such
    /// or share its name with another (L1, L6). The set stays as it was.
    pub fn insert(&mut self, token: GranularToken) -> Result<(), TokenSetError> {
        if token.common().owner != self.owner.name {
            return Err(TokenSetError::OwnerOfAnother);
        }
        if self.ids.contains_key(&token.common().id) {
            return Err(TokenSetError::IdTaken { id: token.common().id.clone() });
        }
        if is_live(&self.owner, &token) {
            if self.not_revoked() >= MAX_GRANULAR_TOKENS {
                return Err(TokenSetError::TooMany);
            }
            if self.name_availability(token.name()) == NameAvailability::Taken {
                return Err(TokenSetError::NameTaken { name: token.name().clone() });
            }
            self.live_names.insert(token.name().clone());
        }
        self.ids.insert(token.common().id.clone(), self.tokens.len());
        self.tokens.push(token);
        Ok(())
    }

    /// Revokes a token, which frees its place and its name. False if there is none of that id.
    pub fn revoke(&mut self, id: &TokenId, at: Timestamp) -> bool {
        let Some(token) = self.ids.get(id).and_then(|index| self.tokens.get_mut(*index)) else { return false };
        if is_live(&self.owner, token) {
            self.live_names.remove(token.name());
        }
        token.common_mut().revoked.get_or_insert(at);
        true
    }

    /// The tokens, revoked ones included, in the order they were added.
    #[must_use]
    pub fn as_slice(&self) -> &[GranularToken] {
        &self.tokens
    }
}

fn is_live(owner: &OwnerView<'_>, token: &GranularToken) -> bool {
    let common = token.common();
    !is_revoked(common.created, common.revoked, owner.tokens_revoked_until)
}

/// A token that does not fit into the set of its account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenSetError {
    /// The token belongs to someone else.
    #[error("a token of another user: expected one of the account's own")]
    OwnerOfAnother,
    /// The public id is in the set already.
    #[error("token id `{id}` twice: expected each once")]
    IdTaken {
        /// The id.
        id: TokenId,
    },
    /// L1.
    #[error(
        "more than {MAX_GRANULAR_TOKENS} granular tokens that are not revoked: expected at most {MAX_GRANULAR_TOKENS}"
    )]
    TooMany,
    /// L6.
    #[error("token name `{name}` twice among granular tokens that are not revoked: expected each once")]
    NameTaken {
        /// The name.
        name: TokenName,
    },
}
