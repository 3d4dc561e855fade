//! The hold on an account after a sign that another person may have taken it over.

use std::time::Duration;

use tollgate::{UserName, policy::Edition};

use crate::{
    base::{
        failure::{Failure, other},
        moment::Moment,
    },
    store::{accounts, database::Tx},
};

/// How long the account is on hold. npm's announcement of August 2026 says 72 hours.
const HOLD: Duration = Duration::from_hours(72);

/// Puts the account on hold, because its email address changed or one of its recovery codes was used.
///
/// npm does this since the edition `npm-2026-08`. Under an earlier edition this function does nothing. A hold that ends
/// later stays as it is.
pub(crate) async fn begin(tx: &mut Tx, user: UserName<&str>, at: Moment) -> Result<(), Failure> {
    if at.policy.edition() < Edition::Npm2026_08 {
        return Ok(());
    }
    accounts::hold_at_least_until(tx, user, at.now.checked_add(HOLD).map_err(other)?).await
}
