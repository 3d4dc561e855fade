//! The organizations of an account, and what an owner of one sees: its members, its packages, and the tokens that reach it.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use serde_json::Value;
use tollgate::{
    Decision, OrganizationAction, PackageAction, PackageName, UserName,
    decision::AccessRequest,
    facts::FoundPackage,
    npm::{AccountRequest, Endpoint, OrganizationRequest, RequiredAccess},
    token::Token,
    value::OrganizationName,
};

use crate::{
    base::failure::{Failure, fact, other},
    exchange::{decisions::Exchange, log_line::LogLine},
    store::{
        facts,
        invitations::{self, Invitation},
        lookup, organizations,
        tokens::{self, KeptToken},
    },
    web::{
        access_text,
        html::{Page, ROOT, page},
        internal::InternalRequest,
        problem::Problem,
        token_text,
        visitor::Visitor,
    },
};

/// The maximum numbers of members and packages for which the page looks for tokens.
const MAX_MEMBERS: usize = 50;
const MAX_PACKAGES: usize = 50;

/// The organizations of which the person is a member.
pub(crate) async fn list(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<Response, Problem> {
    let required = Endpoint::Account(AccountRequest::ReadProfile).required_access();
    let mut exchange = visitor.allowed(log_line, required).await?;
    let owner = exchange.token()?.1.clone();
    let now = visitor.context.now;
    let invitations = invitations::of_user(&mut exchange.tx, owner.name().as_borrowed(), now).await?;
    let content = html! {
        @for Invitation { organization, role, invited_by, .. } in &invitations {
            article.card {
                h2 { "Invitation to " (organization) }
                p { (invited_by) " invites you to " (organization) " as " (role.npm_word()) "." }
                div.actions {
                    a.button href={ (ROOT) "/organizations/" (organization) "/accept" } { "Accept" }
                    a.button.second href={ (ROOT) "/organizations/" (organization) "/decline" } { "Decline" }
                }
            }
        }
        @if owner.memberships().as_slice().is_empty() { p { "You are not a member of any organization." } }
        @for membership in owner.memberships().as_slice() {
            article.card {
                h2 { a href={ (ROOT) "/organizations/" (membership.organization()) } { (membership.organization()) } }
                p { "Your role is " (membership.role().npm_word()) "." }
                a.button.second href={ (ROOT) "/organizations/" (membership.organization()) "/leave" } { "Leave" }
            }
        }
    };
    Ok(page(StatusCode::OK, visitor, &Page { title: "Organizations", user: Some(owner.name()), content }))
}

/// The page of one organization.
pub(crate) async fn show(visitor: &Visitor<'_>, log_line: &mut LogLine, name: &str) -> Result<Response, Problem> {
    let Ok(name) = name.parse::<OrganizationName>() else { return Err(Problem::not_found()) };
    let read = |request| Endpoint::Organization { organization: name.clone(), request }.required_access();
    let mut exchange = visitor.allowed(log_line, read(OrganizationRequest::ReadMembers)).await?;
    let owner = exchange.owner_name()?;
    let members = organizations::members(&mut exchange.tx, name.as_borrowed()).await?;
    // Only those who may change the roles of members see the invitations.
    let change_roles =
        AccessRequest::Organization { action: OrganizationAction::ChangeMemberRole, organization: name.clone() };
    let may_change_roles = exchange.decide_path(&RequiredAccess::This(change_roles)).await?.is_none();
    let mut invitations = Vec::new();
    if may_change_roles {
        invitations = invitations::of_organization(&mut exchange.tx, name.as_borrowed(), visitor.context.now).await?;
    }
    // A token that may not list the tokens of its own account sees no tokens of others.
    let lists_tokens = Endpoint::Account(AccountRequest::ListTokens).required_access();
    let sees_tokens = may_change_roles && exchange.decide_path(&lists_tokens).await?.is_none();
    // The next requests need the connection: pages that wait with one for another would wait for each other.
    drop(exchange);
    let packages = packages_of(visitor, &name).await?;
    let tokens = if sees_tokens {
        let users: Vec<UserName> = members.keys().take(MAX_MEMBERS).filter_map(|user| user.parse().ok()).collect();
        let _permit = visitor.services.listings.acquire().await.map_err(other)?;
        Some(reaching(&mut visitor.exchange(log_line).await?, &name, &users, &packages).await?)
    } else {
        None
    };
    let content = html! {
        h2 { "Members" }
        dl { @for (user, role) in &members { dt { (user) } dd { (role.npm_word()) } } }
        h2 { "Packages" }
        @if packages.is_empty() { p { "There is no package that you may read." } }
        ul { @for package in &packages { li { a href=(package_path(package)) { (package) } } } }
        @if !invitations.is_empty() {
            h2 { "Invitations that are not accepted yet" }
            dl { @for Invitation { user, role, .. } in &invitations { dt { (user) } dd { (role.npm_word()) } } }
        }
        @if let Some(tokens) = tokens {
            h2 { "Tokens that reach this organization" }
            p.hint { "Tokens and sessions of its first " (MAX_MEMBERS) " members that can now read or publish one of its first " (MAX_PACKAGES) " packages, or manage its members." }
            @if tokens.is_empty() { p { "None." } }
            @for reach in &tokens { (reach_card(visitor, reach)) }
        }
    };
    let title = format!("Organization {name}");
    Ok(page(StatusCode::OK, visitor, &Page { title: &title, user: Some(&owner), content }))
}

/// The path of the page of a package.
pub(crate) fn package_path(name: &str) -> String {
    format!("{ROOT}/packages/{name}")
}

async fn packages_of(visitor: &Visitor<'_>, name: &OrganizationName) -> Result<Vec<String>, Problem> {
    let path = format!("/-/org/{name}/package");
    match InternalRequest::get(&path).send(visitor).await? {
        Ok(Value::Object(packages)) => Ok(packages.into_iter().map(|(name, _)| name).collect()),
        Ok(_) => Err(other("a list of packages that is not an object").into()),
        Err(refusal) => Err(refusal.into_problem()),
    }
}

/// A token, and what it can do in an organization.
struct Reach {
    listed: KeptToken,
    readable: usize,
    writable: usize,
    manages: bool,
}

/// The tokens of these users that can read or write one of these packages, or manage the organization.
async fn reaching(
    exchange: &mut Exchange<'_>,
    organization: &OrganizationName,
    users: &[UserName],
    packages: &[String],
) -> Result<Vec<Reach>, Failure> {
    let found_organization = facts::organization(&mut exchange.tx, organization.as_borrowed()).await?;
    let mut reaching = Vec::new();
    for user in users {
        let Some(owner) = lookup::user(&mut exchange.tx, user.as_borrowed()).await? else { continue };
        let mut found = Vec::new();
        for name in packages.iter().take(MAX_PACKAGES) {
            let name = fact(PackageName::new(name.as_str()))?;
            found.push(lookup::package(&mut exchange.tx, name, Some(user.as_borrowed())).await?);
        }
        let states: Vec<_> = found.iter().map(FoundPackage::as_state).collect();
        for listed in tokens::of_user(&mut exchange.tx, user.as_borrowed()).await? {
            let bound = fact(exchange.services.policy.bind(&listed.token, &owner))?;
            let address = access_text::usable_address(listed.token.allowed_ranges(), exchange.context.client_ip);
            let presented = bound.at(address, exchange.context.now);
            let may = |action: PackageAction| {
                let is_denied = |state| matches!(presented.decide(action.on(state)), Decision::Deny(_));
                states.iter().filter(|state| !is_denied(**state)).count()
            };
            let (readable, writable) = (may(PackageAction::ReadPackage), may(PackageAction::Publish));
            let add_member = OrganizationAction::AddMember.on(found_organization.as_state());
            let manages = !matches!(presented.decide(add_member), Decision::Deny(_));
            if readable > 0 || writable > 0 || manages {
                reaching.push(Reach { listed, readable, writable, manages });
            }
        }
    }
    Ok(reaching)
}

fn reach_card(visitor: &Visitor<'_>, reach: &Reach) -> Markup {
    let Reach { listed, readable, writable, manages } = reach;
    let token = &listed.token;
    html! {
        article.card {
            h3 { (token.owner()) ": " (token_text::name(token)) }
            p {
                "May read " (readable) " and publish " (writable) " of its packages"
                @if *manages { ", and may manage its members" }
                "."
            }
            (token_text::details_for_others(listed, &visitor.services.policy))
            @if matches!(token, Token::Legacy(_)) { p.hint { "A legacy token has all permissions of its owner." } }
        }
    }
}
