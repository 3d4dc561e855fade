//! Tokens: stored by the digest of their text, in `tollgate`'s form.

use tollgate::{
    Secret, StoredToken, Timestamp, Token, UserName,
    facts::OwnerView,
    token::{GranularTokenSet, SecretDigest, SecretHint},
};

use super::Tx;
use crate::failure::{Failure, fact, other};

/// A token with what a listing shows of its text.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) token: Token,
    pub(crate) hint: SecretHint,
}

/// The token of that digest. A row that does not load is a token that nobody knows, never an error that could end up as
/// "no token" (L8).
pub(crate) async fn by_digest(tx: &mut Tx, digest: &SecretDigest) -> Result<Option<Token>, Failure> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT digest, stored FROM tokens WHERE digest = $1")
        .bind(digest.to_hex())
        .fetch_optional(&mut **tx)
        .await?;
    let Some((found, stored)) = row else { return Ok(None) };
    // The database compared bytes in its own time; this comparison takes the same time for every digest (S2).
    let is_same = found.parse::<SecretDigest>().is_ok_and(|found| found == *digest);
    Ok(if is_same { load(&stored) } else { None })
}

fn load(stored: &str) -> Option<Token> {
    serde_json::from_str::<StoredToken>(stored).ok()?.load().ok()
}

/// Stores a token that was issued.
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

/// The user's tokens that are not revoked one by one, oldest first. Those that do not load are left out: nobody knows them.
pub(crate) async fn of_user(tx: &mut Tx, owner: UserName<&str>) -> Result<Vec<Listed>, Failure> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT stored, hint FROM tokens WHERE user_name = $1 AND revoked = 0 ORDER BY created, token_key",
    )
    .bind(owner.as_str().to_owned())
    .fetch_all(&mut **tx)
    .await?;
    let listed = |(stored, hint): (String, String)| Some(Listed { token: load(&stored)?, hint: hint.parse().ok()? });
    Ok(rows.into_iter().filter_map(listed).collect())
}

/// The user's granular tokens, as L1 and L6 ask about them.
pub(crate) async fn granular_set<'a>(tx: &mut Tx, owner: OwnerView<'a>) -> Result<GranularTokenSet<'a>, Failure> {
    let mut set = GranularTokenSet::new(owner);
    for listed in of_user(tx, owner.name()).await? {
        if let Token::Granular(token) = listed.token {
            fact(set.insert(token))?;
        }
    }
    Ok(set)
}

/// Revokes one of the user's tokens. The caller was allowed to.
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
