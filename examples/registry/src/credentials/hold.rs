//! The hold on an account after a sign that another person may have taken it over.

use std::time::Duration;

use tollgate::{Policy, UserName, policy::Edition};

use crate::{
    base::{
        failure::{Failure, other},
        moment::Moment,
    },
    store::{
        accounts::{self, HoldCause},
        database::Tx,
    },
};

/// How long the account is on hold. npm's announcement of August 2026 says 72 hours.
const HOLD: Duration = Duration::from_hours(72);

/// Whether a recovery code puts an account on hold under the policy. npm does this since the edition `npm-2026-08`.
pub(crate) fn is_used(policy: &Policy) -> bool {
    policy.edition() >= Edition::Npm2026_08
}

/// Puts the account on hold, where the policy's edition does so. A hold that ends later stays as it is.
pub(crate) async fn begin(tx: &mut Tx, user: UserName<&str>, cause: HoldCause, at: Moment) -> Result<(), Failure> {
    if !is_used(&at.policy) {
        return Ok(());
    }
    let until = at.now.checked_add(HOLD).map_err(other)?;
    accounts::hold_at_least_until(tx, user, (at.now, until), cause).await
}
