//! The work that is done before the transaction of a request begins: the passwords that are verified or hashed, and the
//! document that is parsed.

use tollgate::{UserName, npm::Body};

use crate::{
    base::failure::Failure,
    credentials::{
        login::LoginCheck,
        password::{ShownPassword, VerifiedPassword},
    },
    exchange::{caller::FoundCaller, context::RequestContext, services::Services},
    store::database::Store,
};

/// **The results of the work before the transaction.** Hashing is slow, a document may be large, and inside the
/// transaction other writers would wait.
#[derive(Default)]
pub(crate) struct Prepared<'b> {
    /// The password that confirms the request, if it was correct.
    pub(crate) password: Option<VerifiedPassword>,
    /// The current password in a request that changes the password, if it was correct. It does not confirm any other
    /// request, which needs `password`.
    pub(crate) present_password: Option<VerifiedPassword>,
    /// The hash of the new password, in a request that sets one.
    pub(crate) new_password_hash: Option<String>,
    /// The check of a login, in a request that logs in.
    pub(crate) login: Option<LoginCheck>,
    /// The document of a package, in a request that sends one. It borrows its text from the body of the request, so that
    /// a tarball in it is not copied.
    pub(crate) document: Option<Body<'b>>,
}

/// Verifies the password of the token's owner. Returns `None` if the password is wrong, or if the request has no known
/// token.
pub(crate) async fn verify_own_password(
    services: &Services,
    context: &RequestContext,
    password: &str,
) -> Result<Option<VerifiedPassword>, Failure> {
    let Some(user) = own_name(&services.store, context).await? else { return Ok(None) };
    let shown = ShownPassword { user: &user, password, address: context.client_ip, now: context.now };
    VerifiedPassword::verify(&services.store, &services.hashing, shown).await
}

async fn own_name(store: &Store, context: &RequestContext) -> Result<Option<UserName>, Failure> {
    let mut tx = store.snapshot().await?;
    Ok(match FoundCaller::look_up(&mut tx, &context.credentials).await? {
        FoundCaller::Token { owner, .. } => Some(owner.name().clone()),
        FoundCaller::NoToken | FoundCaller::UnknownToken => None,
    })
}
