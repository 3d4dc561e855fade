//! Tokens, stored in `tollgate`'s form under the digest of their text.

use tollgate::{
    Secret, StoredToken, Timestamp, Token, UserName,
    token::{LegacyKind, SecretDigest, SecretHint, TokenId, TokenKind},
};

use crate::{
    base::failure::{Failure, other},
    store::database::Tx,
};

/// A token with the first and last characters of its text, and the hour of its last use.
#[derive(Clone, Debug)]
pub(crate) struct KeptToken {
    pub(crate) token: Token,
    pub(crate) hint: SecretHint,
    pub(crate) last_used: Option<Timestamp>,
}

/// The token with this digest.
///
/// A row that does not load counts as an unknown token ([L8](tollgate::docs::rules#l8)). If it were an error, a caller
/// could treat the request as a request without a token.
pub(crate) async fn by_digest(tx: &mut Tx, digest: &SecretDigest) -> Result<Option<Token>, Failure> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT digest, stored FROM tokens WHERE digest = $1")
        .bind(digest.to_hex())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.and_then(|(found, stored)| load_same(digest, &found, &stored)))
}

/// The token of a row that was found by its digest.
///
/// The time in which the database compares digests depends on the digests. This comparison takes the same time for all
/// digests (rule S2).
pub(super) fn load_same(digest: &SecretDigest, found: &str, stored: &str) -> Option<Token> {
    let is_same = found.parse::<SecretDigest>().is_ok_and(|found| found == *digest);
    if is_same { load(stored) } else { None }
}

fn load(stored: &str) -> Option<Token> {
    serde_json::from_str::<StoredToken>(stored).ok()?.load().ok()
}

/// The token with this public id, revoked or not. A row that does not load counts as no token.
pub(crate) async fn by_id(tx: &mut Tx, id: &TokenId) -> Result<Option<Token>, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT stored FROM tokens WHERE token_key = $1")
        .bind(id.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.and_then(|(stored,)| load(&stored)))
}

/// Stores a token that was just issued.
pub(crate) async fn insert(tx: &mut Tx, token: &Token, secret: Secret<'_>) -> Result<(), Failure> {
    let hint: SecretHint = secret.hint();
    sqlx::query(
        "INSERT INTO tokens (digest, token_key, user_name, hint, stored, revoked, created) \
         VALUES ($1, $2, $3, $4, $5, 0, $6)",
    )
    .bind(secret.digest().to_hex())
    .bind(token.id().as_str().to_owned())
    .bind(token.owner().as_str().to_owned())
    .bind(hint.to_string())
    .bind(stored(token)?)
    .bind(token.created().to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn stored(token: &Token) -> Result<String, Failure> {
    serde_json::to_string(&StoredToken::from(token)).map_err(other)
}

/// The tokens of a user that were not revoked individually, oldest first. Tokens that the account's cut-off revokes are
/// included. Rows that do not load are left out.
pub(crate) async fn of_user(tx: &mut Tx, owner: UserName<&str>) -> Result<Vec<KeptToken>, Failure> {
    let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "SELECT stored, hint, last_used FROM tokens WHERE user_name = $1 AND revoked = 0 ORDER BY created, token_key",
    )
    .bind(owner.as_str().to_owned())
    .fetch_all(&mut **tx)
    .await?;
    let listed = |(stored, hint, last_used): (String, String, Option<String>)| {
        let last_used = last_used.and_then(|hour| hour.parse().ok());
        Some(KeptToken { token: load(&stored)?, hint: hint.parse().ok()?, last_used })
    };
    Ok(rows.into_iter().filter_map(listed).collect())
}

/// Revokes every token of a user individually. The cut-off of the account alone would not revoke a token whose time of
/// creation lies in the future, because the clock of another server was fast.
pub(crate) async fn revoke_all(tx: &mut Tx, owner: UserName<&str>, now: Timestamp) -> Result<(), Failure> {
    for listed in of_user(tx, owner).await? {
        revoke(tx, &listed.token, now).await?;
    }
    Ok(())
}

/// Revokes the tokens of a user that logins issue: the sessions and the legacy publish tokens.
pub(crate) async fn revoke_of_logins(tx: &mut Tx, owner: UserName<&str>, now: Timestamp) -> Result<(), Failure> {
    for listed in of_user(tx, owner).await? {
        let is_of_login = match listed.token.kind() {
            TokenKind::Session | TokenKind::Legacy(LegacyKind::Publish) => true,
            TokenKind::Granular | TokenKind::Legacy(LegacyKind::ReadOnly | LegacyKind::Automation | _) | _ => false,
        };
        if is_of_login {
            revoke(tx, &listed.token, now).await?;
        }
    }
    Ok(())
}

/// Revokes a token.
pub(crate) async fn revoke(tx: &mut Tx, token: &Token, now: Timestamp) -> Result<(), Failure> {
    let mut revoked = token.clone();
    revoked.revoke(now);
    sqlx::query("UPDATE tokens SET stored = $2, revoked = 1 WHERE token_key = $1")
        .bind(token.id().as_str().to_owned())
        .bind(stored(&revoked)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
