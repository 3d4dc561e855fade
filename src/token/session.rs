//! Session tokens, which a login makes.

use super::{CommonFields, TokenFacts};
use crate::value::{AllowedRanges, Timestamp};

/// A session token: what a login makes. It does everything that its owner may do, with a second factor where one is
/// required, and it always expires ([T2](crate::docs::rules#t2)).
///
/// It has no name, does not count towards the limit on granular tokens ([L1](crate::docs::rules#l1)), and is not in
/// npm's list of tokens.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Timestamp,
///     token::{SessionToken, TokenFacts, TokenId},
///     value::AllowedRanges,
/// };
///
/// let facts = TokenFacts {
///     id: TokenId::new("t-1")?,
///     owner: "alice".parse()?,
///     created: "2025-12-10T12:00:00Z".parse()?,
///     revoked: None,
/// };
/// let expires_at: Timestamp = "2025-12-10T14:00:00Z".parse()?;
/// let token = SessionToken::load(facts, expires_at, AllowedRanges::Any);
/// assert_eq!(token.expires_at(), expires_at);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionToken {
    common: CommonFields,
    expires_at: Timestamp,
}

impl SessionToken {
    /// Loads a token that is on record. To create a new token, use [`issue`](Self::issue).
    #[must_use]
    pub fn load(facts: TokenFacts, expires_at: Timestamp, allowed_ranges: AllowedRanges) -> Self {
        Self { common: CommonFields::new(facts, allowed_ranges), expires_at }
    }

    /// Returns the time from which the token is expired, that instant included ([T2](crate::docs::rules#t2)).
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(super) const fn common(&self) -> &CommonFields {
        &self.common
    }

    pub(super) const fn common_mut(&mut self) -> &mut CommonFields {
        &mut self.common
    }
}
