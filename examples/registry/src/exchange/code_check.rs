//! The check of the one-time password or recovery code of a request.
//!
//! The check has a transaction of its own, which is committed before the request is carried out. So a right code is
//! used up and a wrong code is counted, even if the request fails.

use crate::{
    base::{clock, failure::Failure, moment::Moment, retry},
    credentials::one_time_password::{self, ShownCode},
    exchange::{
        caller::{FoundCaller, HoldBefore},
        context::RequestContext,
        services::Services,
    },
    store::{accounts, turns::Writer},
};

/// **What is known about the code of a request.**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeCheck {
    /// The code has not been checked, because no decision has asked for it.
    NotYet,
    /// The code was wrong.
    Wrong,
    /// The code was right, and is used up.
    Right(HoldBefore),
}

/// Checks the code that the request shows. The result is [`Wrong`](CodeCheck::Wrong) for a request without a code or
/// without a known token.
///
/// # Errors
/// Status 429 if there were too many wrong codes.
pub(crate) async fn check(
    services: &Services,
    context: &RequestContext,
    writer: &Writer,
) -> Result<CodeCheck, Failure> {
    retry::until_done(|| check_once(services, context, writer)).await
}

async fn check_once(services: &Services, context: &RequestContext, writer: &Writer) -> Result<CodeCheck, Failure> {
    let Some(code) = &context.one_time_password else { return Ok(CodeCheck::Wrong) };
    let mut tx = services.store.writing(writer).await?;
    let now = clock::now()?;
    let FoundCaller::Token { token, owner } = FoundCaller::look_up(&mut tx, &context.credentials).await? else {
        return Ok(CodeCheck::Wrong);
    };
    let name = owner.name().as_borrowed();
    let Some(account) = accounts::account(&mut tx, name).await? else { return Ok(CodeCheck::Wrong) };
    let before = HoldBefore::of(&owner, &account);
    let Some(secret) = account.totp_secret else { return Ok(CodeCheck::Wrong) };
    let shown = ShownCode { user: name, secret: &secret, code, used_by: token.id().as_str() };
    let is_right = one_time_password::verify_counted(&mut tx, shown, Moment { policy: services.policy, now }).await?;
    tx.commit().await?;
    Ok(if is_right { CodeCheck::Right(before) } else { CodeCheck::Wrong })
}
