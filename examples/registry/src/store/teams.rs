//! Teams: their members, and their grants on packages.

use std::{collections::BTreeMap, fmt};

use tollgate::{
    PackageName, UserName,
    value::{GrantedPermission, OrganizationName, TeamName},
};

use crate::{
    base::failure::{Failure, fact, storable},
    store::{collaborators, database::Tx},
};

/// **The name of a team with its organization**, shown as `org:team`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FullTeamName<'a> {
    pub(crate) organization: OrganizationName<&'a str>,
    pub(crate) team: TeamName<&'a str>,
}

impl fmt::Display for FullTeamName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.organization, self.team)
    }
}

/// The name of the team that every new member of an organization joins. This team gets the grant on a package that is
/// created in the organization's scope.
const DEVELOPERS: &str = "developers";

/// The team `developers` of an organization.
pub(super) fn developers(organization: OrganizationName<&str>) -> Result<FullTeamName<'_>, Failure> {
    Ok(FullTeamName { organization, team: fact(TeamName::new(DEVELOPERS))? })
}

/// The names of the teams of an organization, sorted.
pub(crate) async fn of_organization(tx: &mut Tx, organization: OrganizationName<&str>) -> Result<Vec<String>, Failure> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT team FROM teams WHERE organization = $1")
        .bind(organization.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    let mut teams: Vec<String> = rows.into_iter().map(|(team,)| team).collect();
    teams.sort_unstable();
    Ok(teams)
}

/// Whether the team exists.
pub(super) async fn exists(tx: &mut Tx, team: FullTeamName<'_>) -> Result<bool, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT team FROM teams WHERE organization = $1 AND team = $2")
        .bind(team.organization.as_str().to_owned())
        .bind(team.team.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

/// Checks that the team exists. Handlers call this after the decision, which does not depend on the existence of a
/// team.
///
/// # Errors
/// Status 404 if the team does not exist.
pub(crate) async fn expect_team(tx: &mut Tx, team: FullTeamName<'_>) -> Result<(), Failure> {
    if exists(tx, team).await? { Ok(()) } else { Err(Failure::not_found(format!("there is no team `{team}`"))) }
}

/// Creates a team.
///
/// # Errors
/// Status 409 if the team exists already.
pub(crate) async fn create(tx: &mut Tx, team: FullTeamName<'_>, description: &str) -> Result<(), Failure> {
    storable("a description", description)?;
    if exists(tx, team).await? {
        return Err(Failure::conflict(format!("the team `{team}` exists already")));
    }
    sqlx::query("INSERT INTO teams (organization, team, description) VALUES ($1, $2, $3)")
        .bind(team.organization.as_str().to_owned())
        .bind(team.team.as_str().to_owned())
        .bind(description.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes a team with its memberships and grants. A later team of the same name gets none of them.
///
/// # Errors
/// Status 404 if the team does not exist, and 409 for the team `developers`.
pub(crate) async fn delete(tx: &mut Tx, team: FullTeamName<'_>) -> Result<(), Failure> {
    expect_team(tx, team).await?;
    if team.team.as_str() == DEVELOPERS {
        return Err(Failure::conflict("the team `developers` stays: everything that is created in the scope is its"));
    }
    collaborators::outdate_all(tx, team.organization).await?;
    sqlx::query("DELETE FROM teams WHERE organization = $1 AND team = $2")
        .bind(team.organization.as_str().to_owned())
        .bind(team.team.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The names of the members, sorted.
pub(crate) async fn members(tx: &mut Tx, team: FullTeamName<'_>) -> Result<Vec<String>, Failure> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT user_name FROM team_members WHERE organization = $1 AND team = $2")
            .bind(team.organization.as_str().to_owned())
            .bind(team.team.as_str().to_owned())
            .fetch_all(&mut **tx)
            .await?;
    let mut members: Vec<String> = rows.into_iter().map(|(user,)| user).collect();
    members.sort_unstable();
    Ok(members)
}

/// Adds a user to the team.
pub(super) async fn insert_member(tx: &mut Tx, team: FullTeamName<'_>, user: UserName<&str>) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO team_members (organization, team, user_name) VALUES ($1, $2, $3) \
         ON CONFLICT (organization, team, user_name) DO NOTHING",
    )
    .bind(team.organization.as_str().to_owned())
    .bind(team.team.as_str().to_owned())
    .bind(user.as_str().to_owned())
    .execute(&mut **tx)
    .await?;
    collaborators::outdate_all(tx, team.organization).await
}

/// Removes a member from the team.
///
/// # Errors
/// Status 404 if the team does not exist, or the user is not in it.
pub(crate) async fn remove_member(tx: &mut Tx, team: FullTeamName<'_>, user: UserName<&str>) -> Result<(), Failure> {
    expect_team(tx, team).await?;
    let done = sqlx::query("DELETE FROM team_members WHERE organization = $1 AND team = $2 AND user_name = $3")
        .bind(team.organization.as_str().to_owned())
        .bind(team.team.as_str().to_owned())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Failure::not_found(format!("`{user}` is not in the team `{team}`")));
    }
    collaborators::outdate_all(tx, team.organization).await
}

/// The packages that the team has a grant on, with the permission.
pub(crate) async fn packages(
    tx: &mut Tx,
    team: FullTeamName<'_>,
) -> Result<BTreeMap<String, GrantedPermission>, Failure> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT package, permission FROM package_teams WHERE organization = $1 AND team = $2")
            .bind(team.organization.as_str().to_owned())
            .bind(team.team.as_str().to_owned())
            .fetch_all(&mut **tx)
            .await?;
    rows.into_iter().map(|(package, permission)| Ok((package, fact(permission.parse())?))).collect()
}

/// Replaces the grant of the team on a package, or removes it.
///
/// # Errors
/// Status 404 if the team does not exist.
pub(crate) async fn set_grant(
    tx: &mut Tx,
    team: FullTeamName<'_>,
    package: PackageName<&str>,
    permission: Option<GrantedPermission>,
) -> Result<(), Failure> {
    expect_team(tx, team).await?;
    sqlx::query("DELETE FROM package_teams WHERE package = $1 AND organization = $2 AND team = $3")
        .bind(package.as_str().to_owned())
        .bind(team.organization.as_str().to_owned())
        .bind(team.team.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    if let Some(permission) = permission {
        sqlx::query("INSERT INTO package_teams (package, organization, team, permission) VALUES ($1, $2, $3, $4)")
            .bind(package.as_str().to_owned())
            .bind(team.organization.as_str().to_owned())
            .bind(team.team.as_str().to_owned())
            .bind(permission.as_str().to_owned())
            .execute(&mut **tx)
            .await?;
    }
    collaborators::outdate(tx, package).await
}
