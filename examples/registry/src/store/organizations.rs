//! Organizations, their members and their teams.

use std::collections::BTreeMap;

use tollgate::{
    PackageName, UserName,
    value::{GrantedPermission, OrganizationName, Role, TeamName},
};

use super::{Tx, accounts};
use crate::failure::{Failure, fact, storable};

/// The team that every member of an organization is put into, and that gets what is created in its scope.
pub(crate) const DEVELOPERS: &str = "developers";

/// Makes an organization, with its first owner and the team `developers`.
pub(crate) async fn create(tx: &mut Tx, name: &OrganizationName, owner: UserName<&str>) -> Result<(), Failure> {
    name.check_new().map_err(Failure::bad_request)?;
    accounts::take_name(tx, name.as_str(), "organization").await?;
    sqlx::query("INSERT INTO organizations (name) VALUES ($1)")
        .bind(name.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    create_team(tx, name.as_borrowed(), developers()?, "").await?;
    set_member(tx, name.as_borrowed(), owner, Some(Role::Owner)).await?;
    Ok(())
}

pub(crate) fn developers() -> Result<TeamName<&'static str>, Failure> {
    fact(TeamName::new(DEVELOPERS))
}

/// Everybody in the organization, by name.
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

/// Makes the user a member, or changes the role. A new one is put into `developers`; without a role, a new one is a plain
/// member and an old one keeps what they have.
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
    if before.is_none() && team_exists(tx, organization, developers()?).await? {
        insert_team_member(tx, organization, developers()?, user).await?;
    }
    Ok(after)
}

/// An organization without an owner could never be changed again.
fn keep_an_owner(members: &BTreeMap<String, Role>, user: UserName<&str>, becomes: Option<Role>) -> Result<(), Failure> {
    let was_owner = members.get(user.as_str()) == Some(&Role::Owner);
    let others = members.iter().any(|(name, role)| name != user.as_str() && *role == Role::Owner);
    if was_owner && !others && becomes != Some(Role::Owner) {
        return Err(Failure::conflict("the organization would be left without an owner: expected another owner first"));
    }
    Ok(())
}

/// Takes the user out of the organization, its teams, and the grants on its packages: should they come back, they begin anew.
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
        }
    }
    Ok(())
}

/// The teams of an organization.
pub(crate) async fn teams(tx: &mut Tx, organization: OrganizationName<&str>) -> Result<Vec<String>, Failure> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT team FROM teams WHERE organization = $1")
        .bind(organization.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    let mut teams: Vec<String> = rows.into_iter().map(|(team,)| team).collect();
    teams.sort_unstable();
    Ok(teams)
}

async fn team_exists(tx: &mut Tx, organization: OrganizationName<&str>, team: TeamName<&str>) -> Result<bool, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT team FROM teams WHERE organization = $1 AND team = $2")
        .bind(organization.as_str().to_owned())
        .bind(team.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

/// That the team exists is no question of rights, and asked after those.
pub(crate) async fn expect_team(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
) -> Result<(), Failure> {
    if team_exists(tx, organization, team).await? {
        Ok(())
    } else {
        Err(Failure::not_found(format!("there is no team `{organization}:{team}`")))
    }
}

/// Makes a team.
pub(crate) async fn create_team(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
    description: &str,
) -> Result<(), Failure> {
    storable("a description", description)?;
    if team_exists(tx, organization, team).await? {
        return Err(Failure::conflict(format!("the team `{organization}:{team}` exists already")));
    }
    sqlx::query("INSERT INTO teams (organization, team, description) VALUES ($1, $2, $3)")
        .bind(organization.as_str().to_owned())
        .bind(team.as_str().to_owned())
        .bind(description.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes a team, its memberships and its grants with it: a later team of its name gets none of them.
pub(crate) async fn delete_team(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
) -> Result<(), Failure> {
    expect_team(tx, organization, team).await?;
    if team.as_str() == DEVELOPERS {
        return Err(Failure::conflict("the team `developers` stays: everything that is created in the scope is its"));
    }
    sqlx::query("DELETE FROM teams WHERE organization = $1 AND team = $2")
        .bind(organization.as_str().to_owned())
        .bind(team.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Who is in the team.
pub(crate) async fn team_members(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
) -> Result<Vec<String>, Failure> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT user_name FROM team_members WHERE organization = $1 AND team = $2")
            .bind(organization.as_str().to_owned())
            .bind(team.as_str().to_owned())
            .fetch_all(&mut **tx)
            .await?;
    let mut members: Vec<String> = rows.into_iter().map(|(user,)| user).collect();
    members.sort_unstable();
    Ok(members)
}

/// Puts a member of the organization into the team. Whoever is not a member yet has to be made one first: that is another
/// right.
pub(crate) async fn add_team_member(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
    user: UserName<&str>,
) -> Result<(), Failure> {
    expect_team(tx, organization, team).await?;
    if !members(tx, organization).await?.contains_key(user.as_str()) {
        return Err(Failure::not_found(format!("`{user}` is not a member of `{organization}`: expected one")));
    }
    insert_team_member(tx, organization, team, user).await
}

async fn insert_team_member(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
    user: UserName<&str>,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO team_members (organization, team, user_name) VALUES ($1, $2, $3) \
         ON CONFLICT (organization, team, user_name) DO NOTHING",
    )
    .bind(organization.as_str().to_owned())
    .bind(team.as_str().to_owned())
    .bind(user.as_str().to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes somebody out of the team.
pub(crate) async fn remove_team_member(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
    user: UserName<&str>,
) -> Result<(), Failure> {
    expect_team(tx, organization, team).await?;
    let done = sqlx::query("DELETE FROM team_members WHERE organization = $1 AND team = $2 AND user_name = $3")
        .bind(organization.as_str().to_owned())
        .bind(team.as_str().to_owned())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Failure::not_found(format!("`{user}` is not in the team `{organization}:{team}`")));
    }
    Ok(())
}

/// The packages that a team has a grant on.
pub(crate) async fn team_packages(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
) -> Result<BTreeMap<String, GrantedPermission>, Failure> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT package, permission FROM package_teams WHERE organization = $1 AND team = $2")
            .bind(organization.as_str().to_owned())
            .bind(team.as_str().to_owned())
            .fetch_all(&mut **tx)
            .await?;
    rows.into_iter().map(|(package, permission)| Ok((package, fact(permission.parse())?))).collect()
}

/// Gives a team a grant on a package, or takes it away.
pub(crate) async fn set_team_access(
    tx: &mut Tx,
    organization: OrganizationName<&str>,
    team: TeamName<&str>,
    package: PackageName<&str>,
    permission: Option<GrantedPermission>,
) -> Result<(), Failure> {
    expect_team(tx, organization, team).await?;
    sqlx::query("DELETE FROM package_teams WHERE package = $1 AND organization = $2 AND team = $3")
        .bind(package.as_str().to_owned())
        .bind(organization.as_str().to_owned())
        .bind(team.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    if let Some(permission) = permission {
        sqlx::query("INSERT INTO package_teams (package, organization, team, permission) VALUES ($1, $2, $3, $4)")
            .bind(package.as_str().to_owned())
            .bind(organization.as_str().to_owned())
            .bind(team.as_str().to_owned())
            .bind(permission.as_str().to_owned())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
