//! Requests: every action on every name, with and without a shown second factor, by every token.

use std::{format, vec::Vec};

use serde_json::{Value, json};

use super::{Name, packages, times::NOW};
use crate::operation::Action;

/// Inside the first range that tokens in some state have, and outside the second.
const CLIENT: &str = "192.0.2.7";

/// What an action names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Package,
    Organization,
    Team,
    TeamAndPackage,
    OrganizationAndPackage,
    Account,
}

/// Written out, so that a new action does not compile until it is in it.
const fn about(action: Action) -> About {
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
        | Action::StarPackage => About::Package,
        Action::ReadOrg
        | Action::ChangeOrgSettings
        | Action::AddMember
        | Action::RemoveMember
        | Action::ChangeMemberRole
        | Action::ManageBilling
        | Action::RenameOrg
        | Action::DeleteOrg => About::Organization,
        Action::CreateTeam | Action::DeleteTeam | Action::AddTeamMember | Action::RemoveTeamMember => About::Team,
        Action::ManageTeamAccess => About::TeamAndPackage,
        Action::SharePackage => About::OrganizationAndPackage,
        Action::Whoami
        | Action::RevokeSelf
        | Action::ReadProfile
        | Action::ChangeProfile
        | Action::ConfigureTwoFactor
        | Action::ListTokens
        | Action::CreateToken
        | Action::RevokeToken => About::Account,
    }
}

/// The words that ask for actions of a kind: `publish` once, though it is two actions.
fn words(of: About) -> Vec<&'static str> {
    let mut words: Vec<_> =
        Action::ALL.iter().filter(|action| about(**action) == of).map(|action| action.requested_as()).collect();
    words.dedup();
    words
}

/// Requests, each with an id of its own.
pub(super) struct Questions(pub(super) Vec<Value>);

impl Questions {
    pub(super) fn and(mut self, Self(more): Self) -> Self {
        self.0.extend(more);
        self.numbered()
    }

    fn numbered(mut self) -> Self {
        for (index, request) in self.0.iter_mut().enumerate() {
            request["id"] = json!(format!("{index}"));
        }
        self
    }

    /// Each of the resources by each of the tokens, with and without a second factor.
    fn by(tokens: &[Value], resources: &[Value]) -> Self {
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

fn package_resources(names: &[Name]) -> Vec<Value> {
    let mut resources = Vec::new();
    for package in names {
        let on_it = |action| json!({"action": action, "package": package});
        resources.extend(words(About::Package).into_iter().map(on_it));
    }
    resources
}

fn team_and_package_resources(organizations: &[&str], names: &[Name]) -> Vec<Value> {
    let mut resources = Vec::new();
    for org in organizations {
        for package in names {
            for action in words(About::TeamAndPackage) {
                resources.push(json!({"action": action, "org": org, "team": "dev", "package": package}));
            }
            for action in words(About::OrganizationAndPackage) {
                resources.push(json!({"action": action, "org": org, "package": package}));
            }
        }
    }
    resources
}

fn organization_resources(organizations: &[&str]) -> Vec<Value> {
    let mut resources = Vec::new();
    for org in organizations {
        resources.extend(words(About::Organization).into_iter().map(|action| json!({"action": action, "org": org})));
        let of_team = |action| json!({"action": action, "org": org, "team": "dev"});
        resources.extend(words(About::Team).into_iter().map(of_team));
    }
    resources
}

/// The owner's own account, named and left out, and another's.
fn account_resources() -> Vec<Value> {
    let of = |action: &'static str| {
        [
            json!({"action": action}),
            json!({"action": action, "user": "alice"}),
            json!({"action": action, "user": "bob"}),
        ]
    };
    words(About::Account).into_iter().flat_map(of).collect()
}

pub(super) fn about_packages(tokens: &[Value], names: &[Name]) -> Questions {
    Questions::by(tokens, &package_resources(names))
}

pub(super) fn about_teams_and_packages(tokens: &[Value], organizations: &[&str], names: &[Name]) -> Questions {
    Questions::by(tokens, &team_and_package_resources(organizations, names))
}

pub(super) fn about_organizations(tokens: &[Value], organizations: &[&str]) -> Questions {
    Questions::by(tokens, &organization_resources(organizations))
}

pub(super) fn about_accounts(tokens: &[Value]) -> Questions {
    Questions::by(tokens, &account_resources())
}

fn every_resource() -> Vec<Value> {
    let (organizations, names) = (["acme", "nowhere"], [packages::existing(), packages::free()].concat());
    let mut resources = package_resources(&names);
    resources.extend(team_and_package_resources(&organizations, &names));
    resources.extend(organization_resources(&organizations));
    resources.extend(account_resources());
    resources
}

/// Everything that can be asked, without a token and with one that nobody knows.
pub(super) fn without_a_token() -> Questions {
    Questions::by(&[json!({"id": null}), json!({"id": "nobody knows it"})], &every_resource())
}

/// Every action on a few names, from an address that is known and from one that is not.
pub(super) fn from_everywhere(tokens: &[Value]) -> Questions {
    let names = ["@acme/public-no-requirement", "@acme/private-two-factor-only", "@acme/free"].map(Name::from);
    let mut resources = package_resources(&names);
    resources.extend(team_and_package_resources(&["acme"], &names));
    resources.extend(organization_resources(&["acme", "nowhere"]));
    resources.extend(account_resources());
    let known = Questions::by(tokens, &resources);
    let mut unknown = Questions::by(tokens, &resources);
    for request in &mut unknown.0 {
        request["client_ip"] = Value::Null;
    }
    known.and(unknown)
}
