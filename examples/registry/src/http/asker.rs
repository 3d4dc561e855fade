//! Who asks: from the text of a token to the token and its owner's record, as they are at this moment.

use tollgate::{BoundToken, Secret, Token, User, decision::Caller};

use super::request::Credentials;
use crate::{
    failure::{Failure, fact},
    store::{Tx, facts, tokens},
};

/// **Who asks**, with what was looked up of them.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it for each request")]
pub(crate) enum Asker {
    NoToken,
    UnknownToken,
    Token { token: Token, owner: User },
}

impl Asker {
    /// Looks the token up. A password is no token: where nobody logs in, it is one that nobody knows.
    pub(crate) async fn look_up(tx: &mut Tx, credentials: &Credentials) -> Result<Self, Failure> {
        let text = match credentials {
            Credentials::None => return Ok(Self::NoToken),
            Credentials::Basic { .. } | Credentials::Unreadable => return Ok(Self::UnknownToken),
            Credentials::Bearer(text) => text,
        };
        let Ok(secret) = Secret::new(text) else { return Ok(Self::UnknownToken) };
        let Some(token) = tokens::by_digest(tx, &secret.digest()).await? else { return Ok(Self::UnknownToken) };
        Ok(match facts::user(tx, token.owner().as_borrowed()).await? {
            Some(owner) => Self::Token { token, owner },
            None => Self::UnknownToken,
        })
    }

    /// The same as decisions take it.
    pub(crate) fn caller(&self) -> Result<Caller<'_>, Failure> {
        match self {
            Self::NoToken => Ok(Caller::NoToken),
            Self::UnknownToken => Ok(Caller::UnknownToken),
            Self::Token { token, owner } => fact(BoundToken::bind(token, owner)).map(Caller::Token),
        }
    }
}
