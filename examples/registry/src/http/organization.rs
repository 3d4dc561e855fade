//! Organizations and teams.

use axum::response::Response;
use serde_json::{Map, Value, json};
use tollgate::{
    npm::{IsMember, MemberChange, OrganizationRequest, TeamAccessChange, TeamRequest, TeamToCreate},
    value::{OrganizationName, Permission, TeamName},
};

use super::{
    exchange::{Exchange, allowed},
    listings,
    package::npm_word,
    reply,
    respond::not_offered,
};
use crate::{
    failure::{Failure, fact},
    store::organizations,
};

/// What is asked of an organization.
pub(crate) async fn respond(
    exchange: &mut Exchange<'_>,
    name: &OrganizationName,
    request: &OrganizationRequest,
) -> Result<Response, Failure> {
    let organization = name.as_borrowed();
    match request {
        OrganizationRequest::ReadMembers => {
            let members = organizations::members(&mut exchange.tx, organization).await?;
            let roster: Map<String, Value> =
                members.into_iter().map(|(user, role)| (user, role.npm_word().into())).collect();
            Ok(reply::ok(&Value::Object(roster)))
        }
        OrganizationRequest::WriteMember => write_member(exchange, name).await,
        OrganizationRequest::DeleteMember => {
            let user = exchange.body()?.user().map_err(reply::invalid)?;
            organizations::remove_member(&mut exchange.tx, organization, user.as_borrowed()).await?;
            Ok(reply::no_content())
        }
        OrganizationRequest::ReadTeams => {
            let teams = organizations::teams(&mut exchange.tx, organization).await?;
            Ok(reply::ok(&teams.into_iter().map(|team| format!("{name}:{team}")).collect()))
        }
        OrganizationRequest::CreateTeam => {
            let team = TeamToCreate::read(&exchange.body()?).map_err(reply::invalid)?;
            allowed!(exchange.decide(&[team.access_request(name)]).await?);
            let (tx, description) = (&mut exchange.tx, team.description());
            organizations::create_team(tx, organization, team.name().as_borrowed(), description).await?;
            Ok(reply::created(&json!({ "name": team.name() })))
        }
        OrganizationRequest::ReadPackages => packages(exchange, name).await,
        _ => Err(not_offered()),
    }
}

async fn write_member(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let organization = name.as_borrowed();
    let change = MemberChange::read(&exchange.body()?).map_err(reply::invalid)?;
    let members = organizations::members(&mut exchange.tx, organization).await?;
    let membership = if members.contains_key(change.user().as_str()) { IsMember::Yes } else { IsMember::No };
    allowed!(exchange.decide(&[change.access_request(name, membership)]).await?);
    let user = change.user().as_borrowed();
    let role = organizations::set_member(&mut exchange.tx, organization, user, change.role()).await?;
    let size = organizations::members(&mut exchange.tx, organization).await?.len();
    Ok(reply::ok(&json!({ "org": { "name": name, "size": size }, "user": user, "role": role.npm_word() })))
}

/// The packages of the organization's scope, and those that one of its teams has a grant on.
async fn packages(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let organization = name.as_borrowed();
    let mut granted: Map<String, Value> = Map::new();
    for team in organizations::teams(&mut exchange.tx, organization).await? {
        let team: TeamName = fact(team.parse())?;
        let packages = organizations::team_packages(&mut exchange.tx, organization, team.as_borrowed()).await?;
        for (package, permission) in packages {
            let word = npm_word(permission.into());
            if word == npm_word(Permission::ReadWrite) || !granted.contains_key(&package) {
                granted.insert(package, word.into());
            }
        }
    }
    let mut listed = Map::new();
    for (package, facts) in listings::readable(exchange).await? {
        let in_scope = facts.name().as_borrowed().scope().is_some_and(|scope| scope.is_of_organization(name));
        match granted.remove(&package) {
            Some(word) => listed.insert(package, word),
            None if in_scope => listed.insert(package, npm_word(Permission::ReadOnly).into()),
            None => None,
        };
    }
    Ok(reply::ok(&Value::Object(listed)))
}

/// What is asked of a team.
pub(crate) async fn respond_team(
    exchange: &mut Exchange<'_>,
    name: &OrganizationName,
    team: &TeamName,
    request: &TeamRequest,
) -> Result<Response, Failure> {
    let (organization, team_name) = (name.as_borrowed(), team.as_borrowed());
    match request {
        TeamRequest::ReadPackages => {
            organizations::expect_team(&mut exchange.tx, organization, team_name).await?;
            let granted = organizations::team_packages(&mut exchange.tx, organization, team_name).await?;
            let readable = listings::readable(exchange).await?;
            let listed: Map<String, Value> = granted
                .into_iter()
                .filter(|(package, _)| readable.contains_key(package))
                .map(|(package, permission)| (package, npm_word(permission.into()).into()))
                .collect();
            Ok(reply::ok(&Value::Object(listed)))
        }
        TeamRequest::WritePackage => {
            let change = TeamAccessChange::read_grant(&exchange.body()?).map_err(reply::invalid)?;
            set_access(exchange, name, team, &change).await
        }
        TeamRequest::DeletePackage => {
            let change = TeamAccessChange::read_revocation(&exchange.body()?).map_err(reply::invalid)?;
            set_access(exchange, name, team, &change).await
        }
        TeamRequest::ReadMembers => {
            organizations::expect_team(&mut exchange.tx, organization, team_name).await?;
            let members = organizations::team_members(&mut exchange.tx, organization, team_name).await?;
            Ok(reply::ok(&json!(members)))
        }
        TeamRequest::WriteMember => {
            let user = exchange.body()?.user().map_err(reply::invalid)?;
            organizations::add_team_member(&mut exchange.tx, organization, team_name, user.as_borrowed()).await?;
            Ok(reply::created(&json!({})))
        }
        TeamRequest::DeleteMember => {
            let user = exchange.body()?.user().map_err(reply::invalid)?;
            organizations::remove_team_member(&mut exchange.tx, organization, team_name, user.as_borrowed()).await?;
            Ok(reply::no_content())
        }
        TeamRequest::Delete => {
            organizations::delete_team(&mut exchange.tx, organization, team_name).await?;
            Ok(reply::no_content())
        }
        _ => Err(not_offered()),
    }
}

/// Gives a team access, or takes it.
async fn set_access(
    exchange: &mut Exchange<'_>,
    name: &OrganizationName,
    team: &TeamName,
    change: &TeamAccessChange,
) -> Result<Response, Failure> {
    allowed!(exchange.decide(&[change.access_request(name, team)]).await?);
    let (organization, team, package) = (name.as_borrowed(), team.as_borrowed(), change.package().as_borrowed());
    organizations::set_team_access(&mut exchange.tx, organization, team, package, change.permission()).await?;
    Ok(if change.permission().is_some() { reply::created(&json!({})) } else { reply::no_content() })
}
