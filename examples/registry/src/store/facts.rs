//! The facts that decisions depend on. This module converts rows of the database into values of `tollgate`.
//!
//! The same queries run whether a package or user exists or not, so that the time of a response does not reveal which
//! packages and users exist.

use std::collections::BTreeMap;

use tollgate::{
    Organization, Package, PackageName, User, UserName,
    facts::{
        FoundOrganization, FoundPackage, Membership, Memberships, PackageFacts, ScopeOwner, TeamGrants, UserFacts,
        UserGrants,
    },
    value::{GrantedPermission, OrganizationName, Role, TeamName},
};

use crate::{
    base::failure::{Failure, fact},
    store::database::Tx,
};

/// Looks up a user, with the user's memberships.
pub(crate) async fn user(tx: &mut Tx, name: UserName<&str>) -> Result<Option<User>, Failure> {
    type Row = (String, String, Option<String>, Option<String>);
    let row: Option<Row> =
        sqlx::query_as("SELECT status, two_factor, tokens_revoked_until, writes_held_until FROM users WHERE name = $1")
            .bind(name.as_str().to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    let memberships = memberships(tx, name).await?;
    let Some((status, two_factor, cut_off, hold)) = row else { return Ok(None) };
    let cut_off = fact(cut_off.as_deref().map(str::parse).transpose())?;
    let hold = fact(hold.as_deref().map(str::parse).transpose())?;
    let user = User::new(UserFacts {
        name: name.into_owned(),
        status: fact(status.parse())?,
        two_factor: fact(two_factor.parse())?,
        tokens_revoked_until: cut_off,
        writes_held_until: hold,
        memberships,
    });
    fact(user).map(Some)
}

async fn memberships(tx: &mut Tx, name: UserName<&str>) -> Result<Memberships, Failure> {
    let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "SELECT m.organization, m.role, t.team FROM members m \
         LEFT JOIN team_members t ON t.organization = m.organization AND t.user_name = m.user_name \
         WHERE m.user_name = $1",
    )
    .bind(name.as_str().to_owned())
    .fetch_all(&mut **tx)
    .await?;
    let mut found: BTreeMap<String, (String, Vec<TeamName>)> = BTreeMap::new();
    for (organization, role, team) in rows {
        let (_, teams) = found.entry(organization).or_insert_with(|| (role, Vec::new()));
        if let Some(team) = team {
            teams.push(fact(team.parse())?);
        }
    }
    let mut memberships = Vec::new();
    for (organization, (role, teams)) in found {
        let role: Role = fact(role.parse())?;
        memberships.push(fact(Membership::new(fact(organization.parse())?, role, teams))?);
    }
    fact(Memberships::new(memberships))
}

/// Looks up an organization.
pub(crate) async fn organization(tx: &mut Tx, name: OrganizationName<&str>) -> Result<FoundOrganization, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT name FROM organizations WHERE name = $1")
        .bind(name.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    let found = row.map(|(name,)| fact(name.parse()).map(Organization::new)).transpose();
    FoundOrganization::from_lookup(name, found)
}

/// Looks up a package, with the owner of its scope, and with the grants on it that this user has, directly or by a
/// team. No decision about the user's tokens depends on the grants of others. If these were read, the response would
/// take longer for a private package with many grants than for a name that is free.
pub(crate) async fn package(
    tx: &mut Tx,
    name: PackageName<&str>,
    user: Option<UserName<&str>>,
) -> Result<FoundPackage, Failure> {
    FoundPackage::from_lookup(name, existing_package(tx, name, user).await)
}

/// The name of the user in a query. Without a user it is empty, and matches no row.
fn name_or_empty(user: Option<UserName<&str>>) -> String {
    user.map(|user| user.as_str().to_owned()).unwrap_or_default()
}

async fn existing_package(
    tx: &mut Tx,
    name: PackageName<&str>,
    user: Option<UserName<&str>>,
) -> Result<Option<Package>, Failure> {
    let row: Option<(String, String, String)> =
        sqlx::query_as("SELECT name, visibility, publishing_access FROM packages WHERE name = $1")
            .bind(name.as_str().to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    let users: Vec<(String, String)> =
        sqlx::query_as("SELECT user_name, permission FROM package_users WHERE package = $1 AND user_name = $2")
            .bind(name.as_str().to_owned())
            .bind(name_or_empty(user))
            .fetch_all(&mut **tx)
            .await?;
    let teams: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.organization, t.team, t.permission FROM package_teams t \
         JOIN team_members m ON m.organization = t.organization AND m.team = t.team \
         WHERE t.package = $1 AND m.user_name = $2",
    )
    .bind(name.as_str().to_owned())
    .bind(name_or_empty(user))
    .fetch_all(&mut **tx)
    .await?;
    let scope_owner = scope_owner(tx, name).await?;
    let Some((name, visibility, access)) = row else { return Ok(None) };
    let (users, teams) = (user_grants(users)?, team_grants(teams)?);
    let package = Package::new(PackageFacts {
        name: fact(name.parse())?,
        scope_owner,
        visibility: fact(visibility.parse())?,
        publishing_access: fact(access.parse())?,
        users,
        teams,
    });
    fact(package).map(Some)
}

/// The owner of the package's scope. Users and organizations share one namespace, so a scope has at most one owner
/// ([N4](tollgate::docs::rules#n4)).
pub(crate) async fn scope_owner(tx: &mut Tx, name: PackageName<&str>) -> Result<ScopeOwner, Failure> {
    let scope = name.scope().map(|scope| scope.as_str().to_owned()).unwrap_or_default();
    let row: Option<(String,)> =
        sqlx::query_as("SELECT kind FROM names WHERE name = $1").bind(scope).fetch_optional(&mut **tx).await?;
    if !name.is_scoped() {
        return Ok(ScopeOwner::Unscoped);
    }
    match row.as_ref().map(|(kind,)| kind.as_str()) {
        None => Ok(ScopeOwner::Nobody),
        Some("user") => Ok(ScopeOwner::User),
        Some("organization") => Ok(ScopeOwner::Organization),
        Some(other) => Err(Failure::Row(format!("the kind of name `{other}`"))),
    }
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
