//! Questions as documents of [the format](crate::docs::format): a world and a request.

use std::{collections::BTreeSet, string::String, vec::Vec};

use proptest::strategy::{BoxedStrategy, Strategy};
use serde_json::{Map, Value, json};

use super::{
    facts::{PackageDraft, UserDraft, team_text},
    question::{QuestionDraft, is_on_account, question},
    valid,
};
use crate::{
    facts::{ScopeOwner, Visibility},
    policy::UnscopedPackages,
    token::StoredToken,
    value::{Scope, UserName},
};

/// A [`QuestionDraft`] as two documents of [the format](crate::docs::format): a world, and a request to it.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldAndRequest {
    /// The document that [`World`](crate::directory::World) is read from.
    pub world: Value,
    /// The line that [`RequestLine`](crate::directory::RequestLine) is read from.
    pub request: Value,
}

/// Generates worlds that load, each with a valid request: the questions of [`question`], as documents.
///
/// ```
/// use proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner};
/// use tollgate::{directory::{Directory, World}, testing::strategies::world_and_request};
///
/// let mut documents = world_and_request().new_tree(&mut TestRunner::deterministic()).unwrap().current();
/// let world: World = serde_json::from_value(documents.world.clone()).unwrap();
/// assert!(Directory::load(&world).is_ok());
///
/// documents.world["users"] = serde_json::json!([]);
/// let world: World = serde_json::from_value(documents.world).unwrap();
/// assert!(Directory::load(&world).is_err(), "the token has lost its owner");
/// ```
pub fn world_and_request() -> BoxedStrategy<WorldAndRequest> {
    question().prop_filter_map("facts that no world has", |question| question.documents()).boxed()
}

impl QuestionDraft {
    /// Returns the question as documents, or `None` if no world has these facts, such as a membership in an
    /// organization that does not exist.
    #[must_use]
    pub fn documents(&self) -> Option<WorldAndRequest> {
        let package = self.package_exists.then_some(&self.package);
        let (users, organizations) = self.names(package)?;
        let users = users
            .into_iter()
            .map(|name| if name == self.owner.name { user_document(&self.owner) } else { other_user(&name) });
        let unscoped_is_private = package.is_some_and(|package| {
            package.scope_owner == ScopeOwner::Unscoped && package.visibility == Visibility::Private
        });
        if unscoped_is_private && self.policy.unscoped_packages() == UnscopedPackages::AlwaysPublic {
            return None;
        }
        let world = json!({
            "policy": self.policy,
            "users": users.collect::<Vec<_>>(),
            "orgs": organizations.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "packages": package.map(package_document).into_iter().collect::<Vec<_>>(),
            "tokens": [self.token_document()],
        });
        Some(WorldAndRequest { world, request: self.request() })
    }

    /// Returns all users and organizations that the facts name, or `None` if no world has all of them.
    fn names(&self, package: Option<&PackageDraft>) -> Option<(BTreeSet<UserName>, BTreeSet<String>)> {
        let mut users = BTreeSet::from([self.owner.name.clone()]);
        let mut organizations: BTreeSet<String> =
            self.owner.memberships.iter().map(|membership| membership.organization().as_str().into()).collect();
        if self.organization_exists {
            organizations.insert(self.organization.as_str().into());
        }
        if let Some(package) = package {
            users.extend(package.users.iter().map(|(name, _)| name.clone()));
            organizations.extend(package.teams.iter().map(|(organization, _, _)| organization.as_str().into()));
            let scope = package.name.as_borrowed().scope().map(Scope::into_str);
            match (package.scope_owner, scope) {
                (ScopeOwner::User, Some(scope)) => users.extend([scope.parse().ok()?]),
                (ScopeOwner::Organization, Some(scope)) => organizations.extend([scope.into()]),
                (ScopeOwner::Nobody, Some(scope)) => {
                    if organizations.contains(scope) || users.iter().any(|user| user.as_str() == scope) {
                        return None;
                    }
                }
                (ScopeOwner::Unscoped, _) | (_, None) => {}
            }
        }
        let shared = users.iter().any(|user| organizations.contains(user.as_str()));
        let missing = !self.organization_exists && organizations.contains(self.organization.as_str());
        (!shared && !missing).then_some((users, organizations))
    }

    /// Returns the token as the world document has it: the stored form without `version`, and with `id` for `key`.
    fn token_document(&self) -> Value {
        let mut token = valid(serde_json::to_value(StoredToken::from(&self.token)));
        if let Some(fields) = token.as_object_mut() {
            fields.remove("version");
            let key = fields.remove("key").unwrap_or_default();
            fields.insert("id".into(), key);
        }
        token
    }

    /// Returns the line of the requests file.
    fn request(&self) -> Value {
        let mut request = json!({
            "id": "r1",
            "token": self.token.id(),
            "action": self.action.requested_as(),
            "client_ip": self.client_ip,
            "now": self.now,
        });
        let named = self.ask(|_, operation| {
            (operation.package().is_some(), operation.organization().is_some(), operation.team().is_some())
        });
        let fields: [(&str, bool, &str); 4] = [
            ("package", named.0, self.package.name.as_str()),
            ("org", named.1, self.organization.as_str()),
            ("team", named.2, self.team.as_str()),
            ("user", is_on_account(self.action), self.account.as_str()),
        ];
        if let Some(request) = request.as_object_mut() {
            let named = fields.into_iter().filter(|(_, named, _)| *named);
            request.extend(named.map(|(field, _, name)| (field.into(), name.into())));
        }
        request
    }
}

/// Returns the document of a user.
fn user_document(draft: &UserDraft) -> Value {
    let UserDraft { name, status, two_factor, tokens_revoked_until, writes_held_until, memberships } = draft;
    let memberships = memberships.iter().map(
        |membership| json!({"name": membership.organization(), "role": membership.role(), "teams": membership.teams()}),
    );
    json!({
        "name": name,
        "status": status,
        "two_factor": two_factor,
        "tokens_revoked_until": tokens_revoked_until,
        "writes_held_until": writes_held_until,
        "orgs": memberships.collect::<Vec<_>>(),
    })
}

/// Returns the document of a user who is not the token's owner. Such a user only has a grant or owns a scope.
fn other_user(name: &UserName) -> Value {
    json!({"name": name, "status": "active", "two_factor": "disabled", "tokens_revoked_until": null, "writes_held_until": null})
}

/// Returns the document of a package.
fn package_document(draft: &PackageDraft) -> Value {
    let PackageDraft { name, scope_owner: _, visibility, publishing_access, users, teams } = draft;
    let users: Map<String, Value> =
        users.iter().map(|(name, permission)| (name.as_str().into(), permission.as_str().into())).collect();
    let teams: Map<String, Value> = teams
        .iter()
        .map(|(organization, team, permission)| (team_text(organization, team), permission.as_str().into()))
        .collect();
    json!({
        "name": name,
        "visibility": visibility,
        "publishing_access": publishing_access,
        "users": users,
        "teams": teams,
    })
}
