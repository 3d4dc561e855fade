//! Organizations: their members, teams and packages.

use axum::response::Response;
use serde_json::{Map, Value, json};
use tollgate::{
    OrganizationAction, UserName,
    decision::AccessRequest,
    npm::{Endpoint, IsMember, MemberChange, OrganizationRequest, TeamToCreate},
    value::{OrganizationName, Permission, Role, TeamName},
};

use crate::{
    base::failure::{Failure, fact},
    exchange::{
        decisions::{Exchange, allowed},
        own_membership,
        readable::readable_packages,
    },
    reply::{npm_word::npm_word, refusal::NPM_NOTICE, response},
    store::{
        invitations::{Invitation, LIFETIME_DAYS},
        organizations::{self, Relation},
        teams::{self, FullTeamName},
    },
};

/// `GET /-/org/:org/user`: the members, with npm's word for the role of each.
pub(crate) async fn members(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let members = organizations::members(&mut exchange.tx, name.as_borrowed()).await?;
    let roster: Map<String, Value> = members.into_iter().map(|(user, role)| (user, role.npm_word().into())).collect();
    Ok(response::ok(&Value::Object(roster)))
}

/// `PUT /-/org/:org/user`: invites a user, or changes the role of a member. A person who is invited accepts with this
/// request about themselves, and gets the role of the invitation, whatever role the body has.
pub(crate) async fn write_member(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let organization = name.as_borrowed();
    let change = MemberChange::read(&exchange.body()?).map_err(response::invalid_body)?;
    let (user, now) = (change.user().as_borrowed(), exchange.context.now);
    let relation = organizations::relation(&mut exchange.tx, organization, user, now).await?;
    if relation == Relation::Invited && exchange.caller.user() == Some(user) {
        allowed!(exchange.decide(&[own_membership::access_request()]).await?);
        let role = organizations::accept(&mut exchange.tx, organization, user, now).await?;
        return member(exchange, name, user, role).await;
    }
    // Without this decision, the response would tell an outsider who is a member.
    let path = Endpoint::Organization { organization: name.clone(), request: OrganizationRequest::WriteMember };
    if let Some(refused) = exchange.decide_path(&path.required_access()).await? {
        return Ok(refused);
    }
    let membership = if relation == Relation::Member { IsMember::Yes } else { IsMember::No };
    allowed!(exchange.decide(&[change.access_request(name, membership)]).await?);
    if relation == Relation::Member {
        let role = organizations::set_member(&mut exchange.tx, organization, user, change.role()).await?;
        return member(exchange, name, user, role).await;
    }
    let invitation = Invitation {
        organization: name.clone(),
        user: change.user().clone(),
        role: change.role().unwrap_or(Role::Member),
        invited_by: exchange.owner_name()?,
    };
    organizations::invite(&mut exchange.tx, &invitation, now).await?;
    // npm's client prints that it has added the member, so the notice says what has happened.
    let mut response = member(exchange, name, user, invitation.role).await?;
    let notice = format!(
        "{user} is not a member yet: {user} has to accept within {LIFETIME_DAYS} days, with `npm org set {name} {user}`"
    );
    response::set_header(&mut response, NPM_NOTICE, &notice);
    Ok(response)
}

/// The response that npm's client expects after a change of a member.
async fn member(
    exchange: &mut Exchange<'_>,
    name: &OrganizationName,
    user: UserName<&str>,
    role: Role,
) -> Result<Response, Failure> {
    let size = organizations::members(&mut exchange.tx, name.as_borrowed()).await?.len();
    Ok(response::ok(&json!({ "org": { "name": name, "size": size }, "user": user, "role": role.npm_word() })))
}

/// `DELETE /-/org/:org/user`: removes a member, or withdraws an invitation. With this request about themselves, a member
/// leaves, and a person who is invited declines.
pub(crate) async fn delete_member(exchange: &mut Exchange<'_>, name: &OrganizationName) -> Result<Response, Failure> {
    let organization = name.as_borrowed();
    let sent = exchange.body()?.user().map_err(response::invalid_body)?;
    let (user, now) = (sent.as_borrowed(), exchange.context.now);
    let relation = organizations::relation(&mut exchange.tx, organization, user, now).await?;
    let is_own = relation != Relation::Outside && exchange.caller.user() == Some(user);
    let required = if is_own {
        own_membership::access_request()
    } else {
        AccessRequest::Organization { action: OrganizationAction::RemoveMember, organization: name.clone() }
    };
    allowed!(exchange.decide(&[required]).await?);
    organizations::remove(&mut exchange.tx, organization, user).await?;
    let mut response = response::no_content();
    if is_own {
        // npm's client lists the members next, and this caller may not read them any more.
        let notice = format!("you are not in {name} now, so npm cannot count its members");
        response::set_header(&mut response, NPM_NOTICE, &notice);
    }
    Ok(response)
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
