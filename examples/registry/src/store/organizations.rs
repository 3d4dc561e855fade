//! Organizations, their members, and how users join and leave them.

use std::collections::BTreeMap;

use tollgate::{
    PackageName, Timestamp, UserName,
    value::{OrganizationName, Role},
};

use crate::{
    base::failure::{Failure, fact},
    store::{
        accounts, collaborators,
        database::Tx,
        invitations::{self, Invitation},
        teams::{self, FullTeamName},
    },
};

/// Creates an organization with its first owner and the team `developers`.
pub(crate) async fn create(tx: &mut Tx, name: &OrganizationName, owner: UserName<&str>) -> Result<(), Failure> {
    name.check_new().map_err(Failure::bad_request)?;
    accounts::check_plain(name.as_str())?;
    accounts::take_name(tx, name.as_str(), "organization").await?;
    sqlx::query("INSERT INTO organizations (name) VALUES ($1)")
        .bind(name.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    teams::create(tx, teams::developers(name.as_borrowed())?, "").await?;
    set_member(tx, name.as_borrowed(), owner, Some(Role::Owner)).await?;
    Ok(())
}

/// Checks that the organization exists. A request needs no such check, because its decision needs the organization.
///
/// # Errors
/// Status 404 if it does not exist.
pub(crate) async fn expect(tx: &mut Tx, name: OrganizationName<&str>) -> Result<(), Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT name FROM organizations WHERE name = $1")
        .bind(name.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    if row.is_some() { Ok(()) } else { Err(Failure::not_found(format!("there is no organization `{name}`"))) }
}

/// The members by name, with the role of each.
pub(crate) async fn members(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
) -> Result<BTreeMap<String, Role>, Failure> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT user_name, role FROM members WHERE organization = $1")
        .bind(organization.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter().map(|(user, role)| Ok((user, fact(role.parse())?))).collect()
}

/// **The relation of a user to an organization.**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The user is a member.
    Member,
    /// The user has a pending invitation, which gives nothing.
    Invited,
    /// The user is neither a member nor invited. An invitation that has expired does not count.
    Outside,
}

/// The relation of the user to the organization.
pub(crate) async fn relation(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    user: UserName<&str>,
    now: Timestamp,
) -> Result<Relation, Failure> {
    if members(tx, organization).await?.contains_key(user.as_str()) {
        return Ok(Relation::Member);
    }
    let invitations = invitations::of_user(tx, user, now).await?;
    let is_invited = invitations.iter().any(|invitation| invitation.organization.as_borrowed() == organization);
    Ok(if is_invited { Relation::Invited } else { Relation::Outside })
}

/// Invites a user who is not a member. The user becomes a member by [accepting](accept). An earlier invitation of the
/// same user is replaced.
///
/// # Errors
/// Status 404 if there is no such user, and 409 if the organization has too many invitations.
pub(crate) async fn invite(tx: &mut Tx, invitation: &Invitation, now: Timestamp) -> Result<(), Failure> {
    accounts::expect(tx, invitation.user.as_borrowed()).await?;
    invitations::insert(tx, invitation, now).await
}

/// Makes the user a member by the user's pending invitation, which is then used up. Returns the role of the invitation.
///
/// The caller has decided [`own_membership::access_request`](crate::exchange::own_membership::access_request) for this
/// user, in the same transaction.
///
/// # Errors
/// Status 404 if the user has no pending invitation: it has expired, or was withdrawn, or there never was one.
pub(crate) async fn accept(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    user: UserName<&str>,
    now: Timestamp,
) -> Result<Role, Failure> {
    let invitations = invitations::of_user(tx, user, now).await?;
    let found = invitations.iter().find(|invitation| invitation.organization.as_borrowed() == organization);
    let Some(invitation) = found else { return Err(not_invited(organization, user)) };
    set_member(tx, organization, user, Some(invitation.role)).await
}

fn not_invited(organization: OrganizationName<&str>, user: UserName<&str>) -> Failure {
    Failure::not_found(format!("`{user}` is neither a member of `{organization}` nor invited to it"))
}

/// Makes the user a member at once, or changes the role of a member. Returns the role. An invitation of the user is
/// deleted, because it must not bring back a member who has left.
///
/// A new member joins the team `developers`. If `role` is `None`, a new member gets the role `member`, and a user who
/// is a member already keeps the current role.
///
/// # Errors
/// Status 404 if there is no such user, and 409 if the organization would have no owner.
pub(crate) async fn set_member(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    user: UserName<&str>,
    role: Option<Role>,
) -> Result<Role, Failure> {
    accounts::expect(tx, user).await?;
    invitations::delete(tx, organization, user).await?;
    let members = members(tx, organization).await?;
    if role.is_some_and(|role| role != Role::Owner) {
        invitations::delete_made_by(tx, organization, user).await?;
    }
    let before = members.get(user.as_str()).copied();
    let after = role.or(before).unwrap_or(Role::Member);
    keep_an_owner(&members, user, Some(after))?;
    sqlx::query(
        "INSERT INTO members (organization, user_name, role) VALUES ($1, $2, $3) \
         ON CONFLICT (organization, user_name) DO UPDATE SET role = excluded.role",
    )
    .bind(organization.as_str().to_owned())
    .bind(user.as_str().to_owned())
    .bind(after.as_str().to_owned())
    .execute(&mut **tx)
    .await?;
    let developers = teams::developers(organization)?;
    if before.is_none() && teams::exists(tx, developers).await? {
        teams::insert_member(tx, developers, user).await?;
    }
    collaborators::outdate_all(tx, organization).await?;
    Ok(after)
}

/// Checks that the organization still has an owner after the user gets the role `becomes`, or leaves if it is `None`.
/// An organization without an owner could never get a new member or owner.
///
/// # Errors
/// Status 409 if the organization would have no owner.
fn keep_an_owner(members: &BTreeMap<String, Role>, user: UserName<&str>, becomes: Option<Role>) -> Result<(), Failure> {
    let was_owner = members.get(user.as_str()) == Some(&Role::Owner);
    let others = members.iter().any(|(name, role)| name != user.as_str() && *role == Role::Owner);
    if was_owner && !others && becomes != Some(Role::Owner) {
        return Err(Failure::conflict("the organization would be left without an owner: expected another owner first"));
    }
    Ok(())
}

/// Ends the relation of the user to the organization. This is how a member leaves or is removed, how a person declines an
/// invitation, and how an owner withdraws one.
///
/// A member is removed from the teams too, and the member's own grants on the packages of the scope are deleted. A user who
/// becomes a member again does not get these grants back.
///
/// For a person who acts for themselves, the caller has decided
/// [`own_membership::access_request`](crate::exchange::own_membership::access_request) in the same transaction.
///
/// # Errors
/// Status 404 if the user is neither a member nor invited, and 409 for the last owner.
pub(crate) async fn remove(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    user: UserName<&str>,
) -> Result<(), Failure> {
    let members = members(tx, organization).await?;
    let was_invited = invitations::delete(tx, organization, user).await?;
    if !members.contains_key(user.as_str()) {
        return if was_invited { Ok(()) } else { Err(not_invited(organization, user)) };
    }
    keep_an_owner(&members, user, None)?;
    invitations::delete_made_by(tx, organization, user).await?;
    sqlx::query("DELETE FROM members WHERE organization = $1 AND user_name = $2")
        .bind(organization.as_str().to_owned())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    let granted: Vec<(String,)> = sqlx::query_as("SELECT package FROM package_users WHERE user_name = $1")
        .bind(user.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    for (package,) in granted {
        let name = fact(PackageName::new(&package))?;
        if name.scope().is_some_and(|scope| scope.is_of_organization(&organization)) {
            sqlx::query("DELETE FROM package_users WHERE package = $1 AND user_name = $2")
                .bind(package.clone())
                .bind(user.as_str().to_owned())
                .execute(&mut **tx)
                .await?;
            collaborators::outdate(tx, name).await?;
        }
    }
    collaborators::outdate_all(tx, organization).await
}

/// Adds a member of the organization to a team.
///
/// # Errors
/// Status 404 if the team does not exist, or if the user is not a member of the organization. This function does not
/// make the user a member, because that needs another permission.
pub(crate) async fn add_team_member(tx: &mut Tx, team: FullTeamName<'_>, user: UserName<&str>) -> Result<(), Failure> {
    let organization = team.organization;
    teams::expect_team(tx, team).await?;
    if !members(tx, organization).await?.contains_key(user.as_str()) {
        return Err(Failure::not_found(format!("`{user}` is not a member of `{organization}`: expected one")));
    }
    teams::insert_member(tx, team, user).await
}
