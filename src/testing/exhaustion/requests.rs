//! Requests: every action on every name, with every token.

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

/// Whether requests show a second factor.
#[derive(Clone, Copy)]
pub(super) enum SecondFactor {
    /// Each request is made twice: without a second factor, and with one.
    BothWays,
    /// No request shows one. A challenge is turned into an allow by a shown factor, and nothing else depends on it
    /// ([F6](crate::docs::rules#f6)).
    NotShown,
}

impl SecondFactor {
    const fn values(self) -> &'static [bool] {
        match self {
            Self::BothWays => &[false, true],
            Self::NotShown => &[false],
        }
    }
}

/// Makes a request for each action and resource, with each token. The id of a request is its index in the list.
///
/// `resources` are requests that have an action and a resource, and no token, address, time or second factor yet.
pub(super) fn with_tokens(tokens: &[Value], resources: &[Value], second_factor: SecondFactor) -> Vec<Value> {
    let mut requests = Vec::new();
    for resource in resources {
        for token in tokens {
            for second_factor in second_factor.values() {
                let mut request = resource.clone();
                request["token"] = token["id"].clone();
                request["client_ip"] = json!(CLIENT);
                request["now"] = json!(NOW);
                request["second_factor"] = json!(second_factor);
                requests.push(request);
            }
        }
    }
    numbered(requests)
}

/// Sets the id of each request to its index.
fn numbered(mut requests: Vec<Value>) -> Vec<Value> {
    for (index, request) in requests.iter_mut().enumerate() {
        request["id"] = json!(format!("{index}"));
    }
    requests
}

/// Returns every package action on each of the names, as requests without a token.
pub(super) fn on_packages(names: &[Name]) -> Vec<Value> {
    let mut resources = Vec::new();
    for package in names {
        let on_it = |action| json!({"action": action, "package": package});
        resources.extend(action_names(ResourceKind::Package).into_iter().map(on_it));
    }
    resources
}

/// Returns the creation of a package with each of the names, as requests without a token.
pub(super) fn creations(names: &[Name]) -> Vec<Value> {
    let publish = Action::CreatePackage.requested_as();
    names.iter().map(|package| json!({"action": publish, "package": package})).collect()
}

/// Returns every action that needs both an organization and a package, on each pair of an organization and a package.
/// The one whose check reads the grants to teams is asked about a second team, which has no grant: what counts is
/// whether the organization has a team with a grant, and not which ([C5](crate::docs::rules#c5)).
pub(super) fn on_teams_and_packages(organizations: &[&str], names: &[Name]) -> Vec<Value> {
    let mut resources = Vec::new();
    for org in organizations {
        for package in names {
            for action in action_names(ResourceKind::TeamAndPackage) {
                resources.push(json!({"action": action, "org": org, "team": "dev", "package": package}));
            }
            let revoked = json!(Action::RevokeTeamAccess);
            resources.push(json!({"action": revoked, "org": org, "team": "ops", "package": package}));
            for action in action_names(ResourceKind::OrganizationAndPackage) {
                resources.push(json!({"action": action, "org": org, "package": package}));
            }
        }
    }
    resources
}

/// Returns every action on an organization or on a team, for each of the organizations.
pub(super) fn on_organizations(organizations: &[&str]) -> Vec<Value> {
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
pub(super) fn on_accounts() -> Vec<Value> {
    let of = |action: &'static str| {
        [
            json!({"action": action}),
            json!({"action": action, "user": "alice"}),
            json!({"action": action, "user": "bob"}),
        ]
    };
    action_names(ResourceKind::Account).into_iter().flat_map(of).collect()
}

/// Returns every action on every resource, those that do not exist included.
pub(super) fn on_every_resource() -> Vec<Value> {
    let names = [packages::existing(), packages::free()].concat();
    let mut resources = on_packages(&names);
    resources.extend(on_teams_and_packages(&["acme", "nowhere"], &names));
    resources.extend(on_organizations(&["acme", "nowhere"]));
    resources.extend(on_accounts());
    resources
}

/// Returns every action on a few resources. In a world with the package `private-two-factor-only`, that name is not
/// free.
pub(super) fn on_few_resources() -> Vec<Value> {
    let names =
        ["@acme/public-no-requirement", "@acme/private-two-factor-only", "private-two-factor-only", "@acme/free"]
            .map(Name::from);
    let mut resources = on_packages(&names);
    resources.extend(on_teams_and_packages(&["acme"], &names));
    resources.extend(on_organizations(&["acme", "nowhere"]));
    resources.extend(on_accounts());
    resources
}

/// Returns requests for every action on every resource, without a token and with an unknown token.
pub(super) fn without_a_token() -> Vec<Value> {
    let callers = [json!({"id": null}), json!({"id": "nobody knows it"})];
    with_tokens(&callers, &on_every_resource(), SecondFactor::BothWays)
}

/// Returns requests for every action on a few resources, from a known address and from an unknown address.
pub(super) fn from_everywhere(tokens: &[Value]) -> Vec<Value> {
    let mut requests = with_tokens(tokens, &on_few_resources(), SecondFactor::BothWays);
    let mut unknown = requests.clone();
    for request in &mut unknown {
        request["client_ip"] = Value::Null;
    }
    requests.extend(unknown);
    numbered(requests)
}
