//! Organizations: their members, teams and packages.

use axum::response::Response;
use serde_json::{Map, Value, json};
use tollgate::{
    npm::{IsMember, MemberChange, TeamToCreate},
    value::{OrganizationName, Permission, TeamName},
};

use crate::{
    base::failure::{Failure, fact},
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

/// `GET /-/org/:org/user`: the members, with npm's word for the role of each.
pub(crate) async fn members(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let members = organizations::members(&mut exchange.tx, name.as_borrowed()).await?;
    let roster: Map<String, Value> = members.into_iter().map(|(user, role)| (user, role.npm_word().into())).collect();
    Ok(response::ok(&Value::Object(roster)))
}

/// `PUT /-/org/:org/user`: adds a member, or changes the role of a member.
pub(crate) async fn write_member(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let organization = name.as_borrowed();
    let change = MemberChange::read(&exchange.body()?).map_err(response::invalid_body)?;
    let members = organizations::members(&mut exchange.tx, organization).await?;
    let membership = if members.contains_key(change.user().as_str()) { IsMember::Yes } else { IsMember::No };
    allowed!(exchange.decide(&[change.access_request(name, membership)]).await?);
    let user = change.user().as_borrowed();
    let role = organizations::set_member(&mut exchange.tx, organization, user, change.role()).await?;
    let size = organizations::members(&mut exchange.tx, organization).await?.len();
    Ok(response::ok(&json!({ "org": { "name": name, "size": size }, "user": user, "role": role.npm_word() })))
}

/// `DELETE /-/org/:org/user`: removes a member.
pub(crate) async fn delete_member(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let user = exchange.body()?.user().map_err(response::invalid_body)?;
    organizations::remove_member(&mut exchange.tx, name.as_borrowed(), user.as_borrowed()).await?;
    Ok(response::no_content())
}

/// `GET /-/org/:org/team`: the teams, each as `org:team`.
pub(crate) async fn teams(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let teams = teams::of_organization(&mut exchange.tx, name.as_borrowed()).await?;
    Ok(response::ok(&teams.into_iter().map(|team| format!("{name}:{team}")).collect()))
}

/// `PUT /-/org/:org/team`: creates a team.
pub(crate) async fn create_team(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let new = TeamToCreate::read(&exchange.body()?).map_err(response::invalid_body)?;
    allowed!(exchange.decide(&[new.access_request(name)]).await?);
    let team = FullTeamName { organization: name.as_borrowed(), team: new.name().as_borrowed() };
    teams::create(&mut exchange.tx, team, new.description()).await?;
    Ok(response::created(&json!({ "name": new.name() })))
}

/// `GET /-/org/:org/package`: the packages in the organization's scope, and the packages on which one of its teams has
/// a grant, each with npm's word for the highest permission of a team.
pub(crate) async fn packages(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let organization = name.as_borrowed();
    let mut granted: Map<String, Value> = Map::new();
    for team in teams::of_organization(&mut exchange.tx, organization).await? {
        let team: TeamName = fact(team.parse())?;
        let team = FullTeamName { organization, team: team.as_borrowed() };
        for (package, permission) in teams::packages(&mut exchange.tx, team).await? {
            let word = npm_word(permission.into());
            if word == npm_word(Permission::ReadWrite) || !granted.contains_key(&package) {
                granted.insert(package, word.into());
            }
        }
    }
    let mut listed = Map::new();
    for (package, facts) in readable_packages(exchange).await? {
        let in_scope = facts.name().as_borrowed().scope().is_some_and(|scope| scope.is_of_organization(name));
        match granted.remove(&package) {
            Some(word) => listed.insert(package, word),
            None if in_scope => listed.insert(package, npm_word(Permission::ReadOnly).into()),
            None => None,
        };
    }
    Ok(response::ok(&Value::Object(listed)))
}
