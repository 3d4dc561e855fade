//! The users who have a grant on a package, by themselves or by a team.

use std::collections::BTreeMap;

use tollgate::{
    PackageName,
    value::{OrganizationName, Permission},
};

use crate::{
    base::{
        failure::{Failure, fact},
        random,
    },
    store::database::Tx,
};

/// A grant on a package, and the user who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Collaborator {
    pub(crate) user: String,
    pub(crate) permission: Permission,
    /// The organization of the team by which the user has the grant. `None` for a grant of the user's own.
    pub(crate) by_team_of: Option<OrganizationName>,
}

/// The users who have a grant on the package. A user is listed once for each grant.
pub(crate) async fn all(tx: &mut Tx, name: PackageName<&str>) -> Result<Vec<Collaborator>, Failure> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT user_name, permission, '' AS organization FROM package_users WHERE package = $1 UNION ALL \
         SELECT m.user_name, t.permission, t.organization FROM package_teams t \
         JOIN team_members m ON m.organization = t.organization AND m.team = t.team WHERE t.package = $1",
    )
    .bind(name.as_str().to_owned())
    .fetch_all(&mut **tx)
    .await?;
    let collaborator = |(user, permission, organization): (String, String, String)| {
        let by_team_of = if organization.is_empty() { None } else { Some(fact(organization.parse())?) };
        Ok(Collaborator { user, permission: fact(permission.parse())?, by_team_of })
    };
    rows.into_iter().map(collaborator).collect()
}

/// The highest permission of each user who is shown. A user with a grant of the user's own is always shown, and a user
/// who has it by a team only if the team is of one of these organizations.
pub(crate) fn shown(all: Vec<Collaborator>, teams_of: &[OrganizationName]) -> BTreeMap<String, Permission> {
    let mut highest = BTreeMap::new();
    for Collaborator { user, permission, by_team_of } in all {
        if by_team_of.is_none_or(|organization| teams_of.contains(&organization)) {
            highest.entry(user).and_modify(|held| *held = permission.max(*held)).or_insert(permission);
        }
    }
    highest
}

/// The names of those who may write to the package, sorted.
pub(crate) fn writers(shown: BTreeMap<String, Permission>) -> Vec<String> {
    let writers = shown.into_iter().filter(|(_, permission)| *permission == Permission::ReadWrite);
    writers.map(|(user, _)| user).collect()
}

/// Gives a new revision to the package, because its collaborators change.
///
/// The document of a package lists them. A change of the maintainers that is based on an older list must be refused: it
/// would give a grant of their own to users who have just left a team.
pub(crate) async fn outdate(tx: &mut Tx, name: PackageName<&str>) -> Result<(), Failure> {
    sqlx::query("UPDATE packages SET revision = $2 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(random::nonce()?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Gives new revisions to the packages on which teams of the organization have grants, because its members or those of
/// its teams change.
pub(crate) async fn outdate_all(tx: &mut Tx, organization: OrganizationName<&str>) -> Result<(), Failure> {
    sqlx::query(
        "UPDATE packages SET revision = $2 WHERE name IN (SELECT package FROM package_teams WHERE organization = $1)",
    )
    .bind(organization.as_str().to_owned())
    .bind(random::nonce()?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
