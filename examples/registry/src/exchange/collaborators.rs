//! The collaborators of a package whom the caller may see.
//!
//! Every caller who may read the package sees the users who have a grant of their own. Only callers who may read the
//! organization of a team see the users who have a grant by that team, because only they may see its members.

use std::collections::BTreeMap;

use tollgate::{
    PackageName,
    decision::AccessRequest,
    operation::OrganizationAction,
    value::{OrganizationName, Permission},
};

use crate::{
    base::failure::Failure,
    exchange::decisions::Exchange,
    store::collaborators::{self, Collaborator},
};

/// The users who have a grant on the package and whom the caller may see, each with the highest permission.
pub(crate) async fn visible(
    exchange: &mut Exchange<'_>,
    name: PackageName<&str>,
) -> Result<BTreeMap<String, Permission>, Failure> {
    let (mut highest, mut readable) = (BTreeMap::new(), BTreeMap::new());
    for Collaborator { user, permission, by_team_of } in collaborators::all(&mut exchange.tx, name).await? {
        if let Some(organization) = by_team_of
            && !may_read(exchange, &mut readable, &organization).await?
        {
            continue;
        }
        highest.entry(user).and_modify(|held| *held = permission.max(*held)).or_insert(permission);
    }
    Ok(highest)
}

/// The names of the users who may write to the package and whom the caller may see, sorted.
pub(crate) async fn writers(exchange: &mut Exchange<'_>, name: PackageName<&str>) -> Result<Vec<String>, Failure> {
    let visible = visible(exchange, name).await?;
    let writers = visible.into_iter().filter(|(_, permission)| *permission == Permission::ReadWrite);
    Ok(writers.map(|(user, _)| user).collect())
}

/// Whether the caller may read the organization. Each organization is decided once.
async fn may_read(
    exchange: &mut Exchange<'_>,
    decided: &mut BTreeMap<OrganizationName, bool>,
    organization: &OrganizationName,
) -> Result<bool, Failure> {
    if let Some(may) = decided.get(organization) {
        return Ok(*may);
    }
    let (action, organization) = (OrganizationAction::ReadOrg, organization.clone());
    let may = exchange.may(&AccessRequest::Organization { action, organization: organization.clone() }).await?;
    decided.insert(organization, may);
    Ok(may)
}
