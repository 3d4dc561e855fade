//! Teams: their members and their grants on packages.

use axum::response::Response;
use serde_json::{Map, Value, json};
use tollgate::{
    npm::TeamAccessChange,
    value::{OrganizationName, TeamName},
};

use crate::{
    base::failure::Failure,
    exchange::{
        decisions::{Exchange, allowed},
        readable::readable_packages,
    },
    reply::{npm_word::npm_word, response},
    store::{
        organizations,
        teams::{self, FullTeamName},
    },
};

/// `GET /-/team/:org/:team/package`: the packages on which the team has a grant and which the caller may read.
pub(crate) async fn packages(exchange: &mut Exchange<'_>, team: FullTeamName<'_>) -> Result<Response, Failure> {
    teams::expect_team(&mut exchange.tx, team).await?;
    let granted = teams::packages(&mut exchange.tx, team).await?;
    let readable = readable_packages(exchange).await?;
    let listed: Map<String, Value> = granted
        .into_iter()
        .filter(|(package, _)| readable.contains_key(package))
        .map(|(package, permission)| (package, npm_word(permission.into()).into()))
        .collect();
    Ok(response::ok(&Value::Object(listed)))
}

/// `PUT /-/team/:org/:team/package`: gives the team a grant on a package.
pub(crate) async fn write_package(
    exchange: &mut Exchange<'_>,
    organization: &OrganizationName,
    team: &TeamName,
) -> Result<Response, Failure> {
    let change = TeamAccessChange::read_grant(&exchange.body()?).map_err(response::invalid_body)?;
    allowed!(exchange.decide(&[change.access_request(organization, team)]).await?);
    set_access(exchange, organization, team, &change).await?;
    Ok(response::created(&json!({})))
}

/// `DELETE /-/team/:org/:team/package`: removes the grant of the team on a package.
pub(crate) async fn delete_package(
    exchange: &mut Exchange<'_>,
    organization: &OrganizationName,
    team: &TeamName,
) -> Result<Response, Failure> {
    let change = TeamAccessChange::read_revocation(&exchange.body()?).map_err(response::invalid_body)?;
    let alternative = change.alternative(organization);
    allowed!(exchange.decide_either(&change.access_request(organization, team), alternative.as_ref()).await?);
    set_access(exchange, organization, team, &change).await?;
    Ok(response::no_content())
}

async fn set_access(
    exchange: &mut Exchange<'_>,
    organization: &OrganizationName,
    team: &TeamName,
    change: &TeamAccessChange,
) -> Result<(), Failure> {
    let team = FullTeamName { organization: organization.as_borrowed(), team: team.as_borrowed() };
    teams::set_grant(&mut exchange.tx, team, change.package().as_borrowed(), change.permission()).await
}

/// `GET /-/team/:org/:team/user`: the names of the members.
pub(crate) async fn members(exchange: &mut Exchange<'_>, team: FullTeamName<'_>) -> Result<Response, Failure> {
    teams::expect_team(&mut exchange.tx, team).await?;
    let members = teams::members(&mut exchange.tx, team).await?;
    Ok(response::ok(&json!(members)))
}

/// `PUT /-/team/:org/:team/user`: adds a member of the organization to the team.
pub(crate) async fn write_member(exchange: &mut Exchange<'_>, team: FullTeamName<'_>) -> Result<Response, Failure> {
    let user = exchange.body()?.user().map_err(response::invalid_body)?;
    organizations::add_team_member(&mut exchange.tx, team, user.as_borrowed()).await?;
    Ok(response::created(&json!({})))
}

/// `DELETE /-/team/:org/:team/user`: removes a member from the team.
pub(crate) async fn delete_member(exchange: &mut Exchange<'_>, team: FullTeamName<'_>) -> Result<Response, Failure> {
    let user = exchange.body()?.user().map_err(response::invalid_body)?;
    teams::remove_member(&mut exchange.tx, team, user.as_borrowed()).await?;
    Ok(response::no_content())
}

/// `DELETE /-/team/:org/:team`: deletes the team.
pub(crate) async fn delete(exchange: &mut Exchange<'_>, team: FullTeamName<'_>) -> Result<Response, Failure> {
    teams::delete(&mut exchange.tx, team).await?;
    Ok(response::no_content())
}
