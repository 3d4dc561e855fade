//! One token, its owner and one package, as many paths ask about them.

use core::{fmt::Debug, str::FromStr};

use serde_json::{Value, json};
use tollgate::{
    BoundToken, ClientIp, Decision, Organization, Package, StoredToken, Timestamp, Token, User,
    facts::{
        AccountStatus, Membership, Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode,
        UserFacts, UserGrants, Visibility,
    },
    operation::Operation,
    value::{GrantedPermission, Role},
};

use crate::kept;

/// The value of a text.
///
/// # Panics
/// The text is none.
#[must_use]
pub fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect(text)
}

/// The kind of token that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Granular, with packages and scopes selected.
    Granular,
    /// Legacy, which reaches whatever its owner does.
    Legacy,
}

/// What is asked: everything but the call.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The token, bound.
    pub token: BoundToken<'static>,
    /// The action on the resource.
    pub operation: Operation<'static>,
    /// The address, in the third of the token's four ranges if nothing else is said.
    pub client_ip: ClientIp,
    /// The time.
    pub now: Timestamp,
}

impl Question {
    /// The answer. Inlined, so that only the crate's own calls are counted.
    #[inline]
    pub fn decide(&'static self) -> Decision<'static> {
        self.token.at(self.client_ip, self.now).decide(self.operation)
    }
}

/// A question from the usual address at the usual time.
#[must_use]
pub fn question(token: BoundToken<'static>, operation: Operation<'static>) -> Question {
    Question { token, operation, client_ip: parsed("2001:db8::7"), now: parsed("2025-11-01T00:00:00Z") }
}

/// The stored form of a token of `alice` with four ranges, of which the usual address is in the third.
#[must_use]
pub fn stored(kind: Kind, entries: usize) -> Value {
    let mut stored = json!({
        "version": 1, "key": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null,
        "cidr": ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "198.51.100.0/24"],
    });
    match kind {
        Kind::Legacy => stored["legacy"] = "publish".into(),
        Kind::Granular => {
            stored["granular"] = json!({
                "name": "ci", "description": "", "expires": "2026-01-01T00:00:00Z", "bypass_2fa": true,
                "packages_and_scopes": {"permission": "read-write", "select": select(entries)},
                "orgs": {"permission": "read-write", "select": ["acme"]},
            });
        }
    }
    stored
}

/// The scope `@acme`, after 25 packages and 24 other scopes if there are 50 entries.
fn select(entries: usize) -> Value {
    let packages: Vec<_> = (0..entries / 2).map(|n| format!("package{n}")).collect();
    let others = entries - packages.len() - 1;
    let scopes: Vec<_> = (0..others).map(|n| format!("@scope{n}")).chain(["@acme".into()]).collect();
    if packages.is_empty() { json!({"scopes": scopes}) } else { json!({"packages": packages, "scopes": scopes}) }
}

/// The token of a stored form.
///
/// # Panics
/// It does not load.
#[must_use]
pub fn token(stored: Value) -> &'static Token {
    let stored: StoredToken = serde_json::from_value(stored).expect("a stored token");
    kept(stored.load().expect("a token"))
}

/// `alice`, an owner of `acme` unless there are no memberships.
///
/// # Panics
/// There is no such user.
#[must_use]
pub fn user(status: AccountStatus, two_factor: TwoFactorMode, memberships: Memberships) -> &'static User {
    kept(
        User::new(UserFacts { name: parsed("alice"), status, two_factor, tokens_revoked_until: None, memberships })
            .expect("a user"),
    )
}

/// An owner of `acme`, in one team there.
///
/// # Panics
/// There is no such membership.
#[must_use]
pub fn acme() -> Memberships {
    let membership = Membership::new(parsed("acme"), Role::Owner, [parsed("developers")]).expect("a membership");
    Memberships::new([membership]).expect("memberships")
}

/// Whether `alice` is a maintainer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// She may write.
    Maintained,
    /// She is not named.
    Foreign,
}

/// A scoped package of an organization.
///
/// # Panics
/// There is no such package.
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

/// A token with its owner.
///
/// # Panics
/// It is another's.
#[must_use]
pub fn bound(token: &'static Token, owner: &'static User) -> BoundToken<'static> {
    BoundToken::bind(token, owner).expect("her token")
}

/// The organization `acme`.
#[must_use]
pub fn organization() -> &'static Organization {
    kept(Organization::new(parsed("acme")))
}
