//! The collaborators of a package whom the caller may see.
//!
//! Every caller who may read the package sees the users who have a grant of their own. Only callers who may read the
//! organization of a team see the users who have a grant by that team, because only they may see its members.

use std::collections::{BTreeMap, BTreeSet};

use tollgate::{
    PackageName,
    decision::AccessRequest,
    operation::OrganizationAction,
    value::{OrganizationName, Permission},
};

use crate::{base::failure::Failure, exchange::decisions::Exchange, store::collaborators};

/// The users who have a grant on the package and whom the caller may see, each with the highest permission.
pub(crate) async fn visible(
    exchange: &mut Exchange<'_>,
    name: PackageName<&str>,
) -> Result<BTreeMap<String, Permission>, Failure> {
    let all = collaborators::all(&mut exchange.tx, name).await?;
    let organizations: BTreeSet<_> =
        all.iter().filter_map(|collaborator| collaborator.by_team_of.as_ref()).cloned().collect();
    let readable = readable(exchange, organizations).await?;
    Ok(collaborators::shown(all, &readable))
}

/// The names of the users who may write to the package and whom the caller may see, sorted.
pub(crate) async fn writers(exchange: &mut Exchange<'_>, name: PackageName<&str>) -> Result<Vec<String>, Failure> {
    Ok(collaborators::writers(visible(exchange, name).await?))
}

/// Those of the organizations that the caller may read, in the same order. Teams of these organizations have grants on a
/// package, so they exist, and no query is needed.
pub(crate) async fn readable(
    exchange: &mut Exchange<'_>,
    organizations: impl IntoIterator<Item = OrganizationName>,
) -> Result<Vec<OrganizationName>, Failure> {
    let mut readable = Vec::new();
    for organization in organizations {
        exchange.add_existing_organization(organization.clone());
        let action = OrganizationAction::ReadOrg;
        if exchange.may(&AccessRequest::Organization { action, organization: organization.clone() }).await? {
            readable.push(organization);
        }
    }
    Ok(readable)
}
