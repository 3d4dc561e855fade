//! Every question that can be asked of a directory: the resources, and a representative of each class of addresses.

use std::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::{
    decision::AccessRequest,
    directory::Directory,
    facts::{
        Account, MissingPackage, NewTeam, OrganizationAndPackage, OrganizationState, PackageState, Team, TeamAndPackage,
    },
    operation::{
        AccountAction, CreateTeam, Operation, OrganizationAction, PackageAction, SharePackage, TeamAccessAction,
        TeamAction,
    },
    token::{PackageSelection, PackagesGrant, Token},
    value::{AllowedRanges, ClientIp, IpRange, OrganizationName, PackageName, Scope, TeamName},
};

/// The names that questions need in addition to the names in the directory: a free name in each scope, an unscoped free
/// name, and a team for each organization.
#[derive(Debug)]
pub(super) struct ExtraNames {
    free: Vec<PackageName>,
    teams: BTreeMap<OrganizationName, TeamName>,
}

impl ExtraNames {
    pub(super) fn new(directory: &Directory) -> Self {
        let free = scopes(directory)
            .into_iter()
            .map(|scope| format!("@{scope}/"))
            .chain([String::new()])
            .filter_map(|prefix| free_name(directory, &prefix))
            .collect();
        // No rule reads the name of a team or asks whether it exists, so one team stands for all of an organization.
        let mut teams = BTreeMap::new();
        for user in directory.users() {
            for membership in user.memberships().as_slice() {
                // A team of this name could be created too.
                if let Some(team) = membership.teams().iter().find(|team| team.check_new().is_ok()) {
                    teams.entry(membership.organization().clone()).or_insert_with(|| team.clone());
                }
            }
        }
        for organization in directory.organizations() {
            if let Ok(team) = "developers".parse() {
                teams.entry(organization.name().clone()).or_insert(team);
            }
        }
        Self { free, teams }
    }
}

/// Returns every scope that the directory mentions, without `@`.
fn scopes(directory: &Directory) -> BTreeSet<String> {
    let mut scopes = BTreeSet::new();
    let owners = directory.users().map(|user| user.name().to_string());
    let owners = owners.chain(directory.organizations().map(|organization| organization.name().to_string()));
    scopes.extend(owners.filter(|name| Scope::new(name).is_ok()));
    let of_package = |package: &PackageName| package.as_borrowed().scope().map(|scope| String::from(scope.into_str()));
    scopes.extend(directory.packages().filter_map(|package| of_package(package.name())));
    for token in directory.tokens() {
        if let Token::Granular(token) = token
            && let PackagesGrant::Granted { permission: _, selection: PackageSelection::Only(only) } = token.packages()
        {
            scopes.extend(only.packages().iter().filter_map(of_package));
            scopes.extend(only.scopes().iter().map(|scope| String::from(scope.as_borrowed().into_str())));
        }
    }
    scopes
}

/// Returns a name with this prefix that no package has and no token selects.
fn free_name(directory: &Directory, prefix: &str) -> Option<PackageName> {
    let is_selected = |name: &PackageName| {
        directory.tokens().iter().any(|token| match token {
            Token::Granular(token) => match token.packages() {
                PackagesGrant::Granted { permission: _, selection: PackageSelection::Only(only) } => {
                    only.packages().contains(name)
                }
                PackagesGrant::Granted { permission: _, selection: PackageSelection::All }
                | PackagesGrant::NoAccess => false,
            },
            Token::Legacy(_) | Token::Session(_) => false,
        })
    };
    let is_free = |name: &PackageName| {
        matches!(directory.package(name.as_borrowed()), PackageState::Missing(_)) && !is_selected(name)
    };
    let candidates = (1_usize..).map(|number| format!("{prefix}new-package-{number}").parse().ok());
    candidates.map_while(|name| name).find(is_free)
}

/// Returns every operation on the packages, organizations and teams of the directory and on a free name of each scope.
pub(super) fn operations<'a>(directory: &'a Directory, extra: &'a ExtraNames) -> Vec<Operation<'a>> {
    let packages: Vec<PackageState<'a>> = directory.packages().map(PackageState::from).collect();
    let free = extra.free.iter().map(|name| PackageState::from(MissingPackage::new(name.as_borrowed())));
    let packages: Vec<PackageState<'a>> = packages.into_iter().chain(free).collect();
    let mut operations = Vec::new();
    for package in &packages {
        operations.extend(PackageAction::ALL.iter().map(|action| action.on(*package)));
    }
    for organization in directory.organizations() {
        let state = OrganizationState::from(organization);
        operations.extend(OrganizationAction::ALL.iter().map(|action| action.on(state)));
        let Some(name) = extra.teams.get(organization.name()) else { continue };
        let team = Team { organization: state, name: name.as_borrowed() };
        operations.extend(NewTeam::new(state, name.as_borrowed()).map(|team| CreateTeam.on(team)));
        operations.extend(TeamAction::ALL.iter().map(|action| action.on(team)));
        for package in &packages {
            let resource = TeamAndPackage { team, package: *package };
            operations.extend(TeamAccessAction::ALL.iter().map(|action| action.on(resource)));
            operations.push(SharePackage.on(OrganizationAndPackage { organization: state, package: *package }));
        }
    }
    for user in directory.users() {
        let account = Account { user: user.name().as_borrowed() };
        operations.extend(AccountAction::ALL.iter().map(|action| action.on(account)));
    }
    operations
}

/// Returns one address for each class of addresses that a token tells apart: an address that it allows, and, if it has
/// ranges, one that it does not.
///
/// Nothing about an address matters to a decision but whether the token allows it ([T3](crate::docs::rules#t3)), and no
/// token with ranges allows an unknown address.
pub(super) fn addresses(token: &Token) -> Vec<ClientIp> {
    match token.allowed_ranges() {
        AllowedRanges::Any => Vec::from([ClientIp::UNKNOWN]),
        AllowedRanges::Only(ranges) => {
            let first = ranges.as_slice().first().map(IpRange::first_address);
            first.into_iter().chain([ClientIp::UNKNOWN]).collect()
        }
    }
}

/// Returns the access request for an operation: the action with the names alone.
pub(super) fn access_request(operation: &Operation<'_>) -> AccessRequest {
    match *operation {
        Operation::Package { action, package } => {
            AccessRequest::Package { action, package: package.name().into_owned() }
        }
        Operation::Organization { action, organization } => {
            AccessRequest::Organization { action, organization: organization.name().into_owned() }
        }
        Operation::CreateTeam { team } => {
            let Team { organization, name } = team.team();
            AccessRequest::CreateTeam { organization: organization.name().into_owned(), team: name.into_owned() }
        }
        Operation::Team { action, team: Team { organization, name } } => {
            AccessRequest::Team { action, organization: organization.name().into_owned(), team: name.into_owned() }
        }
        Operation::GrantTeamAccess(resource) => team_access(TeamAccessAction::GrantTeamAccess, resource),
        Operation::RevokeTeamAccess(resource) => team_access(TeamAccessAction::RevokeTeamAccess, resource),
        Operation::SharePackage(OrganizationAndPackage { organization, package }) => AccessRequest::SharePackage {
            organization: organization.name().into_owned(),
            package: package.name().into_owned(),
        },
        Operation::Account { action, account: Account { user } } => {
            AccessRequest::Account { action, user: Some(user.into_owned()) }
        }
    }
}

fn team_access(action: TeamAccessAction, resource: TeamAndPackage<'_>) -> AccessRequest {
    let TeamAndPackage { team: Team { organization, name }, package } = resource;
    AccessRequest::TeamAccess {
        action,
        organization: organization.name().into_owned(),
        team: name.into_owned(),
        package: package.name().into_owned(),
    }
}
