//! The facts that decisions depend on, besides those about a caller and a package, which [`lookup`] has. This module
//! converts rows of the database into values of `tollgate`.
//!
//! The same queries run whether a package or user exists or not, so that the time of a response does not reveal which
//! packages and users exist.

use std::collections::BTreeMap;

use tollgate::{
    Organization, Package, PackageName, UserName,
    facts::{FoundOrganization, PackageFacts, ScopeOwner, TeamGrants, UserGrants},
    value::{GrantedPermission, OrganizationName, TeamName},
};

use crate::{
    base::failure::{Failure, fact},
    store::{database::Tx, lookup},
};

/// Looks up an organization.
pub(crate) async fn organization(tx: &mut Tx, name: OrganizationName<&str>) -> Result<FoundOrganization, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT name FROM organizations WHERE name = $1")
        .bind(name.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    let found = row.map(|(name,)| fact(name.parse()).map(Organization::new)).transpose();
    FoundOrganization::from_lookup(name, found)
}

/// The name of the user in a query. Without a user it is empty, and matches no row.
fn name_or_empty(user: Option<UserName<&str>>) -> String {
    user.map(|user| user.as_str().to_owned()).unwrap_or_default()
}

/// The owner of the package's scope.
pub(crate) async fn scope_owner(tx: &mut Tx, name: PackageName<&str>) -> Result<ScopeOwner, Failure> {
    let scope = name.scope().map(|scope| scope.as_str().to_owned()).unwrap_or_default();
    let row: Option<(String,)> =
        sqlx::query_as("SELECT kind FROM names WHERE name = $1").bind(scope).fetch_optional(&mut **tx).await?;
    lookup::scope_owner(name, row.as_ref().map(|(kind,)| kind.as_str()))
}

fn user_grants(rows: Vec<(String, String)>) -> Result<UserGrants, Failure> {
    let mut grants = Vec::new();
    for (user, permission) in rows {
        grants.push((fact(user.parse::<UserName>())?, fact(permission.parse::<GrantedPermission>())?));
    }
    fact(UserGrants::new(grants))
}

fn team_grants(rows: Vec<(String, String, String)>) -> Result<TeamGrants, Failure> {
    let mut grants = Vec::new();
    for (organization, team, permission) in rows {
        let organization: OrganizationName = fact(organization.parse())?;
        grants.push((organization, fact(team.parse::<TeamName>())?, fact(permission.parse())?));
    }
    fact(TeamGrants::new(grants))
}

/// All packages, each with the grants that this user has. Listings then select the packages that the caller may read. The
/// number of queries does not depend on the number of packages.
pub(crate) async fn all_packages(tx: &mut Tx, user: Option<UserName<&str>>) -> Result<Vec<Package>, Failure> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT name, visibility, publishing_access FROM packages ORDER BY name")
            .fetch_all(&mut **tx)
            .await?;
    let mut users: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let user_rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT package, user_name, permission FROM package_users WHERE user_name = $1")
            .bind(name_or_empty(user))
            .fetch_all(&mut **tx)
            .await?;
    for (package, user, permission) in user_rows {
        users.entry(package).or_default().push((user, permission));
    }
    let mut teams: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    let team_rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT t.package, t.organization, t.team, t.permission FROM package_teams t \
         JOIN team_members m ON m.organization = t.organization AND m.team = t.team WHERE m.user_name = $1",
    )
    .bind(name_or_empty(user))
    .fetch_all(&mut **tx)
    .await?;
    for (package, organization, team, permission) in team_rows {
        teams.entry(package).or_default().push((organization, team, permission));
    }
    let kinds: Vec<(String, String)> = sqlx::query_as("SELECT name, kind FROM names").fetch_all(&mut **tx).await?;
    let kinds: BTreeMap<String, String> = kinds.into_iter().collect();
    let mut packages = Vec::new();
    for (name, visibility, access) in rows {
        let users = user_grants(users.remove(&name).unwrap_or_default())?;
        let teams = team_grants(teams.remove(&name).unwrap_or_default())?;
        let name: PackageName = fact(name.parse())?;
        let scope_owner = match name.as_borrowed().scope() {
            None => ScopeOwner::Unscoped,
            Some(scope) => match kinds.get(scope.as_str()).map(String::as_str) {
                Some("user") => ScopeOwner::User,
                Some("organization") => ScopeOwner::Organization,
                _ => ScopeOwner::Nobody,
            },
        };
        packages.push(fact(Package::new(PackageFacts {
            name,
            scope_owner,
            visibility: fact(visibility.parse())?,
            publishing_access: fact(access.parse())?,
            users,
            teams,
        }))?);
    }
    Ok(packages)
}
