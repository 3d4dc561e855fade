//! The text that says what a token can do now.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tollgate::{
    ClientIp, Decision, PackageName, User,
    decision::{EffectiveAccess, GrantEntry, IneffectiveReason},
    facts::{FoundOrganization, FoundPackage},
    operation::Operation,
    token::{OrganizationsGrant, PackageSelection, PackagesGrant, Token},
    value::{AllowedRanges, Scope},
};

use crate::{
    base::{
        failure::{Failure, fact},
        random,
    },
    exchange::decisions::Exchange,
    store::{facts, lookup, packages},
};

/// The maximum number of packages of an account for which a page says what a token can do.
const MAX_PACKAGES: usize = 20;

/// What a page says about one thing: the actions that are allowed, and those that need a one-time password.
#[derive(Debug, Default)]
struct Line {
    allowed: Vec<String>,
    challenged: Vec<String>,
}

/// The facts that decide what a token can do.
struct Found {
    packages: Vec<FoundPackage>,
    /// Packages that do not exist, each with the text that stands for it on the page.
    new_packages: Vec<(FoundPackage, String)>,
    organizations: Vec<FoundOrganization>,
    is_shortened: bool,
}

/// Says what a token of this owner can do now.
pub(crate) async fn access(exchange: &mut Exchange<'_>, token: &Token, owner: &User) -> Result<Markup, Failure> {
    let found = look_up(exchange, token, owner).await?;
    let new_packages = found.new_packages.iter().map(|(package, _)| package);
    let states: Vec<_> = found.packages.iter().chain(new_packages).map(FoundPackage::as_state).collect();
    let organizations: Vec<_> = found.organizations.iter().map(FoundOrganization::as_state).collect();
    let bound = fact(exchange.services.policy.bind(token, owner))?;
    let address = usable_address(token.allowed_ranges(), exchange.context.client_ip);
    let access = bound.at(address, exchange.context.now).effective_access(&states, &organizations, &[]);
    Ok(html! {
        @if found.is_shortened {
            p.hint { "There are more packages. Only the first " (MAX_PACKAGES) " are shown." }
        }
        dl {
            @for (thing, line) in lines(&access, &found) {
                dt { (thing) }
                dd {
                    @if line.allowed.is_empty() && line.challenged.is_empty() { "nothing" }
                    @if !line.allowed.is_empty() { (line.allowed.join(", ")) }
                    @if !line.challenged.is_empty() {
                        @if !line.allowed.is_empty() { "; " }
                        "with a one-time password: " (line.challenged.join(", "))
                    }
                }
            }
        }
        @for grant in access.ineffective_grants() {
            p.error { (entry(grant.entry)) ": " (why(grant.why)) }
        }
    })
}

/// An address from which the token may be used: the caller's, if the token allows it. From any other address, the token
/// can do nothing.
pub(crate) fn usable_address(ranges: &AllowedRanges, present: ClientIp) -> ClientIp {
    match ranges {
        AllowedRanges::Only(only) if !ranges.allow(present) => {
            let first = only.as_slice().first().map(ToString::to_string).unwrap_or_default();
            first.split('/').next().and_then(|address| address.parse().ok()).unwrap_or(present)
        }
        AllowedRanges::Only(_) | AllowedRanges::Any | _ => present,
    }
}

async fn look_up(exchange: &mut Exchange<'_>, token: &Token, owner: &User) -> Result<Found, Failure> {
    let user = owner.name().as_borrowed();
    let own: Vec<PackageName> =
        packages::of_user(&mut exchange.tx, user).await?.into_keys().filter_map(|name| name.parse().ok()).collect();
    let (mut names, scopes) = selected(token, own);
    let is_shortened = names.len() > MAX_PACKAGES;
    names.truncate(MAX_PACKAGES);
    let (mut found, mut new_packages) = (Vec::new(), Vec::new());
    for name in &names {
        found.push(lookup::package(&mut exchange.tx, name.as_borrowed(), Some(user)).await?);
    }
    for scope in scopes {
        let (prefix, words) = match scope {
            Some(scope) => (format!("{scope}/"), format!("a new package in {scope}")),
            None => (String::new(), "a new package without a scope".to_owned()),
        };
        // The name is random, so no package has it.
        let name: PackageName = fact(format!("{prefix}new-{}", random::nonce()?).parse())?;
        new_packages.push((lookup::package(&mut exchange.tx, name.as_borrowed(), Some(user)).await?, words));
    }
    let mut organizations = Vec::new();
    if let Token::Granular(granular) = token
        && let OrganizationsGrant::Granted { selection, .. } = granular.organizations()
    {
        for name in selection.as_slice() {
            organizations.push(facts::organization(&mut exchange.tx, name.as_borrowed()).await?);
        }
    }
    Ok(Found { packages: found, new_packages, organizations, is_shortened })
}

/// The packages to show, and the scopes in which a new package may be created. `None` stands for no scope.
fn selected(token: &Token, own: Vec<PackageName>) -> (Vec<PackageName>, Vec<Option<Scope>>) {
    let Token::Granular(granular) = token else { return (own, vec![None]) };
    match granular.packages() {
        PackagesGrant::Granted { selection: PackageSelection::Only(only), .. } => {
            let mut names = only.packages().to_vec();
            let in_scopes = |name: &PackageName| only.scopes().iter().any(|scope| scope.covers(name.as_borrowed()));
            names.extend(own.into_iter().filter(in_scopes));
            (names, only.scopes().iter().cloned().map(Some).collect())
        }
        PackagesGrant::Granted { selection: PackageSelection::All, .. } => (own, vec![None]),
        PackagesGrant::Granted { .. } | PackagesGrant::NoAccess | _ => (Vec::new(), Vec::new()),
    }
}

fn lines(access: &EffectiveAccess<'_>, found: &Found) -> Vec<(String, Line)> {
    let mut lines: Vec<(String, Line)> = Vec::new();
    let words: BTreeMap<&str, &str> =
        found.new_packages.iter().map(|(package, words)| (package.name().as_str(), words.as_str())).collect();
    for decision in access.decisions() {
        let Some(operation) = decision.operation() else { continue };
        let thing = match operation {
            Operation::Package { package, .. } => {
                let name = package.name();
                words.get(name.as_str()).map_or_else(|| name.to_string(), |words| (*words).to_owned())
            }
            Operation::Organization { organization, .. } => format!("organization {}", organization.name()),
            Operation::Account { .. } => "your account".to_owned(),
            Operation::CreateTeam { .. }
            | Operation::Team { .. }
            | Operation::GrantTeamAccess(_)
            | Operation::RevokeTeamAccess(_)
            | Operation::SharePackage(_)
            | _ => continue,
        };
        if lines.last().is_none_or(|(last, _)| *last != thing) {
            lines.push((thing, Line::default()));
        }
        let Some((_, line)) = lines.last_mut() else { continue };
        let action = operation.action().as_str().replace('-', " ");
        match decision {
            Decision::Allow(_) => line.allowed.push(action),
            Decision::Challenge(_) => line.challenged.push(action),
            Decision::Deny(_) => {}
        }
    }
    lines
}

fn entry(entry: GrantEntry<'_>) -> String {
    match entry {
        GrantEntry::Package(package) => format!("package {package}"),
        GrantEntry::Scope(scope) => format!("scope {scope}"),
        GrantEntry::Organization(organization) => format!("organization {organization}"),
        _ => "an entry".to_owned(),
    }
}

/// Says why an entry is ineffective. The text is the same for a package that does not exist and for one that the owner
/// may not see.
fn why(why: IneffectiveReason) -> &'static str {
    match why {
        IneffectiveReason::OwnerHasReadOnly => "you may only read it, so the token may not write to it",
        IneffectiveReason::Gone | IneffectiveReason::OwnerHasNothing | _ => {
            "it does not exist, or you have no permission on it"
        }
    }
}
