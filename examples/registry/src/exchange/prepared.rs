//! What was verified and hashed for a request before its transaction began.

use tollgate::UserName;

use crate::{
    base::failure::Failure,
    credentials::password::VerifiedPassword,
    exchange::{caller::FoundCaller, context::RequestContext},
    store::database::Store,
};

/// **What was done before the transaction**, because hashing takes long and other writers would wait.
#[derive(Default)]
pub(crate) struct Prepared {
    /// The password that confirms the request, if it was the right one.
    pub(crate) password: Option<VerifiedPassword>,
    /// The present password in a request that changes it, if it was the right one. It never stands for `password`.
    pub(crate) present_password: Option<VerifiedPassword>,
    /// The hash of the new password, in a request that sets one.
    pub(crate) new_password_hash: Option<String>,
}

/// Verifies the password of the caller; `None` if it is wrong, or if the request has no valid token.
pub(crate) async fn verify_own_password(
    store: &Store,
    context: &RequestContext,
    password: &str,
) -> Result<Option<VerifiedPassword>, Failure> {
    let Some(user) = own_name(store, context).await? else { return Ok(None) };
    VerifiedPassword::verify(store, &user, password, context.now).await
}

async fn own_name(store: &Store, context: &RequestContext) -> Result<Option<UserName>, Failure> {
    let mut tx = store.snapshot().await?;
    Ok(match FoundCaller::look_up(&mut tx, &context.credentials).await? {
        FoundCaller::Token { owner, .. } => Some(owner.name().clone()),
        FoundCaller::NoToken | FoundCaller::UnknownToken => None,
    })
}
