//! The collaborators of a package whom the caller may see.
//!
//! A user with a grant of the user's own is seen by everybody who may read the package. A user who has the grant by a team
//! is seen by those who may read the team's organization, because only they may see who its members are.

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
