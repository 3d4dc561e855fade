//! The token, its owner and the package that most measurements share.

use core::{fmt::Debug, str::FromStr};

use serde_json::{Value, json};
use tollgate::{
    BoundToken, ClientIp, Decision, Organization, Package, Policy, StoredToken, Timestamp, Token, User,
    facts::{
        AccountStatus, Membership, Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode,
        UserFacts, UserGrants, Visibility,
    },
    operation::Operation,
    value::{GrantedPermission, Role},
};

use crate::kept;

/// Parses a value.
///
/// # Panics
///
/// The text is not valid.
#[must_use]
pub fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect(text)
}

/// The kind of token in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A granular token that selects packages and scopes.
    Granular,
    /// A granular token as the other, with `stage-only` on packages and scopes and without bypass.
    StageOnly,
    /// A session token, which reaches everything that its owner does.
    Session,
    /// A legacy token, which reaches everything that its owner does.
    Legacy,
}

/// The arguments of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The token with its owner.
    pub token: BoundToken<'static>,
    /// The action on the resource.
    pub operation: Operation<'static>,
    /// The address of the client. By default it is in the third of the token's four ranges.
    pub client_ip: ClientIp,
    /// The time of the request.
    pub now: Timestamp,
}

impl Question {
    /// Decides the question. It is inlined, so that only the crate's own calls are counted.
    #[inline]
    pub fn decide(&'static self) -> Decision<'static> {
        self.token.at(self.client_ip, self.now).decide(self.operation)
    }
}

/// Returns a question from the default address at the default time.
#[must_use]
pub fn question(token: BoundToken<'static>, operation: Operation<'static>) -> Question {
    Question { token, operation, client_ip: parsed("2001:db8::7"), now: parsed("2025-11-01T00:00:00Z") }
}

/// Returns the stored form of a token of `alice` with four ranges. The default address is in the third range.
#[must_use]
pub fn stored(kind: Kind, entries: usize) -> Value {
    let mut stored = json!({
        "version": 1, "key": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null,
        "cidr": ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "198.51.100.0/24"],
    });
    match kind {
        Kind::Legacy => stored["legacy"] = "publish".into(),
        Kind::Session => stored["session"] = json!({"expires": "2025-11-01T02:00:00Z"}),
        Kind::Granular | Kind::StageOnly => {
            stored["granular"] = json!({
                "name": "ci", "description": "", "expires": "2026-01-01T00:00:00Z", "bypass_2fa": true,
                "packages_and_scopes": {"permission": "read-write", "select": select(entries)},
                "orgs": {"permission": "read-write", "select": ["acme"]},
            });
            if kind == Kind::StageOnly {
                stored["granular"]["bypass_2fa"] = false.into();
                stored["granular"]["packages_and_scopes"]["permission"] = "stage-only".into();
            }
        }
    }
    stored
}

/// Returns a selection that ends with the scope `@acme`. With 50 entries, 25 packages and 24 other scopes come before
/// it.
fn select(entries: usize) -> Value {
    let packages: Vec<_> = (0..entries / 2).map(|n| format!("package{n}")).collect();
    let others = entries - packages.len() - 1;
    let scopes: Vec<_> = (0..others).map(|n| format!("@scope{n}")).chain(["@acme".into()]).collect();
    if packages.is_empty() { json!({"scopes": scopes}) } else { json!({"packages": packages, "scopes": scopes}) }
}

/// Loads a token from its stored form.
///
/// # Panics
///
/// The token does not load.
#[must_use]
pub fn token(stored: Value) -> &'static Token {
    let stored: StoredToken = serde_json::from_value(stored).expect("a stored token");
    kept(stored.load().expect("a token"))
}

/// Returns the user `alice`.
///
/// # Panics
///
/// The facts contradict each other.
#[must_use]
pub fn user(status: AccountStatus, two_factor: TwoFactorMode, memberships: Memberships) -> &'static User {
    kept(
        User::new(UserFacts {
            name: parsed("alice"),
            status,
            two_factor,
            tokens_revoked_until: None,
            writes_held_until: None,
            memberships,
        })
        .expect("a user"),
    )
}

/// Returns the memberships of an owner of `acme` who is in one team of it.
///
/// # Panics
///
/// The facts contradict each other.
#[must_use]
pub fn acme() -> Memberships {
    let membership = Membership::new(parsed("acme"), Role::Owner, [parsed("developers")]).expect("a membership");
    Memberships::new([membership]).expect("memberships")
}

/// Whether the facts of a question allow it. For a package, whether `alice` is a maintainer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// `alice` has a read-write grant, or the fact that decides allows.
    Maintained,
    /// `alice` has no grant, or the fact that decides does not allow.
    Foreign,
}

/// Returns a package in the scope of an organization.
///
/// # Panics
///
/// The facts contradict each other.
#[must_use]
pub fn package(name: &str, visibility: Visibility, access: PublishingAccess, covered: Covered) -> &'static Package {
    let maintainer = (covered == Covered::Maintained).then(|| (parsed("alice"), GrantedPermission::ReadWrite));
    let users = UserGrants::new(maintainer).expect("grants");
    let owner = ScopeOwner::Organization;
    kept(
        Package::new(PackageFacts {
            name: parsed(name),
            scope_owner: owner,
            visibility,
            publishing_access: access,
            users,
            teams: TeamGrants::empty(),
        })
        .expect("a package"),
    )
}

/// Binds a token to its owner, under the rules of `npm-2025-10`.
///
/// # Panics
///
/// The token belongs to another user.
#[must_use]
pub fn bound(token: &'static Token, owner: &'static User) -> BoundToken<'static> {
    bound_under(Policy::NPM_2025_10, token, owner)
}

/// Binds a token to its owner, under a policy.
///
/// # Panics
///
/// The token belongs to another user.
#[must_use]
pub fn bound_under(policy: Policy, token: &'static Token, owner: &'static User) -> BoundToken<'static> {
    policy.bind(token, owner).expect("her token")
}

/// Returns the organization `acme`.
#[must_use]
pub fn organization() -> &'static Organization {
    kept(Organization::new(parsed("acme")))
}
