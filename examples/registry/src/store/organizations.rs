//! Organizations and their members.

use std::collections::BTreeMap;

use tollgate::{
    PackageName, UserName,
    value::{OrganizationName, Role},
};

use crate::{
    base::failure::{Failure, fact},
    store::{
        accounts,
        database::Tx,
        packages,
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

/// Adds the user to the organization, or changes the role of a member. Returns the role.
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
    if accounts::account(tx, user).await?.is_none() {
        return Err(Failure::not_found(format!("there is no user `{user}`")));
    }
    let members = members(tx, organization).await?;
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

/// Removes the user from the organization and its teams, and deletes the user's own grants on the packages of its
/// scope. A user who becomes a member again does not get these grants back.
///
/// # Errors
/// Status 404 if the user is not a member, and 409 for the last owner.
pub(crate) async fn remove_member(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    user: UserName<&str>,
) -> Result<(), Failure> {
    let members = members(tx, organization).await?;
    if !members.contains_key(user.as_str()) {
        return Err(Failure::not_found(format!("`{user}` is not a member of `{organization}`")));
    }
    keep_an_owner(&members, user, None)?;
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
            packages::renew_document_stamp(tx, name).await?;
        }
    }
    Ok(())
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
