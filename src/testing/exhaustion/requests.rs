//! Requests: every action on every name, with every token, with and without a second factor.

use std::{format, vec::Vec};

use serde_json::{Value, json};

use super::{Name, packages, times::NOW};
use crate::operation::Action;

/// The client's address: inside the first range that [`tokens::in_every_state`](super::tokens::in_every_state) uses,
/// and outside the second.
const CLIENT: &str = "192.0.2.7";

/// The kind of resource that an action is performed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ResourceKind {
    Package,
    Organization,
    Team,
    TeamAndPackage,
    OrganizationAndPackage,
    Account,
}

/// Returns the kind of resource of an action. All actions are listed, so that a new action breaks the build here.
const fn resource_kind(action: Action) -> ResourceKind {
    match action {
        Action::ReadPackage
        | Action::ListCollaborators
        | Action::CreatePackage
        | Action::PublishVersion
        | Action::Unpublish
        | Action::Deprecate
        | Action::SetDistTag
        | Action::ChangeVisibility
        | Action::ChangePublishingAccess
        | Action::ChangeMaintainers
        | Action::Stage
        | Action::ReadStage
        | Action::ApproveStage
        | Action::RejectStage
        | Action::StarPackage => ResourceKind::Package,
        Action::ReadOrg
        | Action::ChangeOrgSettings
        | Action::AddMember
        | Action::RemoveMember
        | Action::ChangeMemberRole
        | Action::ManageBilling
        | Action::RenameOrg
        | Action::DeleteOrg => ResourceKind::Organization,
        Action::CreateTeam | Action::DeleteTeam | Action::AddTeamMember | Action::RemoveTeamMember => {
            ResourceKind::Team
        }
        Action::GrantTeamAccess | Action::RevokeTeamAccess => ResourceKind::TeamAndPackage,
        Action::SharePackage => ResourceKind::OrganizationAndPackage,
        Action::Whoami
        | Action::RevokeSelf
        | Action::ReadProfile
        | Action::ChangeProfile
        | Action::ChangePassword
        | Action::EnrolTwoFactor
        | Action::ConfigureTwoFactor
        | Action::ListTokens
        | Action::CreateToken
        | Action::RevokeToken => ResourceKind::Account,
    }
}

/// Returns the names by which requests ask for the actions on a kind of resource.
///
/// Two actions, `create-package` and `publish-version`, are requested as `publish`. The list has this name once.
fn action_names(kind: ResourceKind) -> Vec<&'static str> {
    let on_kind = Action::ALL.iter().filter(|action| resource_kind(**action) == kind);
    let mut names: Vec<_> = on_kind.map(|action| action.requested_as()).collect();
    names.dedup();
    names
}

/// A list of requests. The id of a request is its index in the list.
pub(super) struct Requests(pub(super) Vec<Value>);

impl Requests {
    /// Appends more requests, and numbers all requests again.
    pub(super) fn and(mut self, Self(more): Self) -> Self {
        self.0.extend(more);
        self.numbered()
    }

    /// Sets the id of each request to its index.
    fn numbered(mut self) -> Self {
        for (index, request) in self.0.iter_mut().enumerate() {
            request["id"] = json!(format!("{index}"));
        }
        self
    }

    /// Makes a request for each action and resource, with each token, with and without a second factor.
    ///
    /// `resources` are requests that have an action and a resource, and no token, address, time or second factor yet.
    fn with_tokens(tokens: &[Value], resources: &[Value]) -> Self {
        let mut requests = Vec::with_capacity(tokens.len().saturating_mul(resources.len()).saturating_mul(2));
        for resource in resources {
            for token in tokens {
                for second_factor in [false, true] {
                    let mut request = resource.clone();
                    request["token"] = token["id"].clone();
                    request["client_ip"] = json!(CLIENT);
                    request["now"] = json!(NOW);
                    request["second_factor"] = json!(second_factor);
                    requests.push(request);
                }
            }
        }
        Self(requests).numbered()
    }
}

/// Returns every package action on each of the names, as requests without a token.
fn package_resources(names: &[Name]) -> Vec<Value> {
    let mut resources = Vec::new();
    for package in names {
        let on_it = |action| json!({"action": action, "package": package});
        resources.extend(action_names(ResourceKind::Package).into_iter().map(on_it));
    }
    resources
}

/// Returns every action that needs both an organization and a package, on each pair of an organization and a package.
fn team_and_package_resources(organizations: &[&str], names: &[Name]) -> Vec<Value> {
    let mut resources = Vec::new();
    for org in organizations {
        for package in names {
            for action in action_names(ResourceKind::TeamAndPackage) {
                resources.push(json!({"action": action, "org": org, "team": "dev", "package": package}));
            }
            for action in action_names(ResourceKind::OrganizationAndPackage) {
                resources.push(json!({"action": action, "org": org, "package": package}));
            }
        }
    }
    resources
}

/// Returns every action on an organization or on a team, for each of the organizations.
fn organization_resources(organizations: &[&str]) -> Vec<Value> {
    let mut resources = Vec::new();
    for org in organizations {
        resources.extend(
            action_names(ResourceKind::Organization).into_iter().map(|action| json!({"action": action, "org": org})),
        );
        let of_team = |action| json!({"action": action, "org": org, "team": "dev"});
        resources.extend(action_names(ResourceKind::Team).into_iter().map(of_team));
    }
    resources
}

/// Returns every account action on three accounts: the token owner's without a `user` field, the token owner's with the
/// field, and that of another user.
fn account_resources() -> Vec<Value> {
    let of = |action: &'static str| {
        [
            json!({"action": action}),
            json!({"action": action, "user": "alice"}),
            json!({"action": action, "user": "bob"}),
        ]
    };
    action_names(ResourceKind::Account).into_iter().flat_map(of).collect()
}

pub(super) fn on_packages(tokens: &[Value], names: &[Name]) -> Requests {
    Requests::with_tokens(tokens, &package_resources(names))
}

pub(super) fn on_teams_and_packages(tokens: &[Value], organizations: &[&str], names: &[Name]) -> Requests {
    Requests::with_tokens(tokens, &team_and_package_resources(organizations, names))
}

pub(super) fn on_organizations(tokens: &[Value], organizations: &[&str]) -> Requests {
    Requests::with_tokens(tokens, &organization_resources(organizations))
}

pub(super) fn on_accounts(tokens: &[Value]) -> Requests {
    Requests::with_tokens(tokens, &account_resources())
}

fn every_resource() -> Vec<Value> {
    let (organizations, names) = (["acme", "nowhere"], [packages::existing(), packages::free()].concat());
    let mut resources = package_resources(&names);
    resources.extend(team_and_package_resources(&organizations, &names));
    resources.extend(organization_resources(&organizations));
    resources.extend(account_resources());
    resources
}

/// Returns requests for every action on every resource, without a token and with an unknown token.
pub(super) fn without_a_token() -> Requests {
    Requests::with_tokens(&[json!({"id": null}), json!({"id": "nobody knows it"})], &every_resource())
}

/// Returns requests for every action on a few resources, from a known address and from an unknown address.
pub(super) fn from_everywhere(tokens: &[Value]) -> Requests {
    let names = ["@acme/public-no-requirement", "@acme/private-two-factor-only", "@acme/free"].map(Name::from);
    let mut resources = package_resources(&names);
    resources.extend(team_and_package_resources(&["acme"], &names));
    resources.extend(organization_resources(&["acme", "nowhere"]));
    resources.extend(account_resources());
    let known = Requests::with_tokens(tokens, &resources);
    let mut unknown = Requests::with_tokens(tokens, &resources);
    for request in &mut unknown.0 {
        request["client_ip"] = Value::Null;
    }
    known.and(unknown)
}
