//! Invitations to organizations. An invitation gives nothing: the person becomes a member by accepting it.
//!
//! An invitation is *pending* for 30 days, while the account that made it is active and an owner of the organization. So
//! the invitations of an owner who is removed or suspended cannot be accepted later.

use tollgate::{
    Timestamp, UserName,
    facts::AccountStatus,
    value::{OrganizationName, Role},
};

use crate::{
    base::{
        clock::unix_seconds,
        failure::{Failure, fact},
    },
    store::database::Tx,
};

/// How long an invitation can be accepted, in days.
pub(crate) const LIFETIME_DAYS: i64 = 30;

/// The maximum number of invitations of an organization at one time.
const MAX_INVITATIONS: i64 = 100;

/// **A pending invitation.**
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) organization: OrganizationName,
    pub(crate) user: UserName,
    /// The role that the person gets by accepting.
    pub(crate) role: Role,
    /// The owner of the organization who has made the invitation.
    pub(crate) invited_by: UserName,
}

/// The query for the pending invitations with this condition.
macro_rules! pending_where {
    ($condition:literal) => {
        concat!(
            "SELECT i.organization, i.user_name, i.role, i.invited_by FROM invitations i ",
            "JOIN members m ON m.organization = i.organization AND m.user_name = i.invited_by AND m.role = $2 ",
            "JOIN users u ON u.name = i.invited_by AND u.status = $3 ",
            "WHERE i.invited > $4 AND ",
            $condition,
            " ORDER BY i.organization, i.user_name"
        )
    };
}

/// The pending invitations of an organization, sorted by the name of the person.
pub(crate) async fn of_organization(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    now: Timestamp,
) -> Result<Vec<Invitation>, Failure> {
    pending(tx, pending_where!("i.organization = $1"), organization.as_str(), now).await
}

/// The pending invitations of a person, sorted by the name of the organization.
pub(crate) async fn of_user(tx: &mut Tx, user: UserName<&str>, now: Timestamp) -> Result<Vec<Invitation>, Failure> {
    pending(tx, pending_where!("i.user_name = $1"), user.as_str(), now).await
}

async fn pending(tx: &mut Tx, query: &'static str, name: &str, now: Timestamp) -> Result<Vec<Invitation>, Failure> {
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(query)
        .bind(name.to_owned())
        .bind(Role::Owner.as_str().to_owned())
        .bind(AccountStatus::Active.as_str().to_owned())
        .bind(oldest(now))
        .fetch_all(&mut **tx)
        .await?;
    let invitation = |(organization, user, role, invited_by): (String, String, String, String)| {
        Ok(Invitation {
            organization: fact(organization.parse())?,
            user: fact(user.parse())?,
            role: fact(role.parse())?,
            invited_by: fact(invited_by.parse())?,
        })
    };
    rows.into_iter().map(invitation).collect()
}

/// An invitation that was made at this second or earlier has expired.
fn oldest(now: Timestamp) -> i64 {
    unix_seconds(now).saturating_sub(LIFETIME_DAYS.saturating_mul(24 * 60 * 60))
}

/// Stores an invitation. It replaces an earlier one of the same person.
///
/// # Errors
/// Status 409 if the organization has the maximum number of invitations already.
pub(super) async fn insert(tx: &mut Tx, invitation: &Invitation, now: Timestamp) -> Result<(), Failure> {
    let Invitation { organization, user, role, invited_by } = invitation;
    sqlx::query(
        "DELETE FROM invitations WHERE organization = $1 AND (user_name = $2 OR invited <= $3 OR invited_by NOT IN \
         (SELECT user_name FROM members WHERE organization = $1 AND role = $4))",
    )
    .bind(organization.as_str().to_owned())
    .bind(user.as_str().to_owned())
    .bind(oldest(now))
    .bind(Role::Owner.as_str().to_owned())
    .execute(&mut **tx)
    .await?;
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM invitations WHERE organization = $1")
        .bind(organization.as_str().to_owned())
        .fetch_one(&mut **tx)
        .await?;
    if count >= MAX_INVITATIONS {
        return Err(Failure::conflict(format!(
            "`{organization}` has {count} invitations: expected fewer than {MAX_INVITATIONS}, so withdraw some first"
        )));
    }
    sqlx::query(
        "INSERT INTO invitations (organization, user_name, role, invited_by, invited) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(organization.as_str().to_owned())
    .bind(user.as_str().to_owned())
    .bind(role.as_str().to_owned())
    .bind(invited_by.as_str().to_owned())
    .bind(unix_seconds(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes the invitations that this person has made. One who becomes an owner again must not bring them back.
pub(super) async fn delete_made_by(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    user: UserName<&str>,
) -> Result<(), Failure> {
    sqlx::query("DELETE FROM invitations WHERE organization = $1 AND invited_by = $2")
        .bind(organization.as_str().to_owned())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes the invitation of this person, pending or not. Returns whether there was one.
pub(super) async fn delete(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    user: UserName<&str>,
) -> Result<bool, Failure> {
    let done = sqlx::query("DELETE FROM invitations WHERE organization = $1 AND user_name = $2")
        .bind(organization.as_str().to_owned())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}
