//! Tollgate: the token is bound to its owner beforehand. It also answers questions that no other peer can.

use std::hint::black_box;

use tollgate::{AccountAction, BoundToken, ClientIp, Decision, Explanation, MissingPackage, OrganizationAction, Package, PackageAction, PackageName, Policy, Reason, Timestamp, Token, User, authorize, authorize_anonymous, deny_unknown_token, facts::{Account, AccountStatus, Memberships, MissingOrganization, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode, UserGrants, Visibility, PackageFacts, UserFacts}, operation::ActionOn, token::{GranularSettings, GranularToken, OrganizationSelection, OrganizationsGrant, PackageOrScope, PackageSelection, PackagesGrant, TokenId, TwoFactorBypass, TokenFacts}, value::{AllowedRanges, GrantedPermission, OrganizationName, PackagesPermission}};

use crate::{
    asked::{Asked, prepared},
    question::{Facts, Question, Verdict},
};

/// The facts that the shared [`Facts`] do not determine. Each world changes one or two of them.
#[derive(Clone, Copy)]
struct Rest {
    bypass: TwoFactorBypass,
    revoked: Option<Timestamp>,
    status: AccountStatus,
    two_factor: TwoFactorMode,
    access: PublishingAccess,
    /// A scope that is selected in place of the last one.
    scope: Option<&'static str>,
    /// Whether the token also has a grant over organizations, as many as it has packages and scopes.
    organizations: bool,
}

const REST: Rest = Rest {
    bypass: TwoFactorBypass::On,
    revoked: None,
    status: AccountStatus::Active,
    two_factor: TwoFactorMode::AuthAndWrites,
    access: PublishingAccess::TwoFactorOrBypass,
    scope: None,
    organizations: false,
};

/// The arguments of a decision by tollgate. The borrowed values are leaked, because they are needed until the end.
#[derive(Clone, Copy)]
struct World {
    token: &'static Token,
    owner: &'static User,
    bound: &'static BoundToken<'static>,
    package: &'static Package,
    client_ip: ClientIp,
    now: Timestamp,
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn token(facts: &Facts, rest: Rest) -> Token {
    let mut scopes = facts.scopes.clone();
    if let (Some(scope), Some(last)) = (rest.scope, scopes.last_mut()) {
        scope.clone_into(last);
    }
    let packages = facts.packages.iter().map(|name| name.parse::<PackageName>().unwrap().into());
    let entries = packages.chain(scopes.iter().map(|scope| PackageOrScope::Scope(scope.parse().unwrap())));
    let organizations = (0..facts.packages.len() + scopes.len()).map(|n| format!("org{n}").parse().unwrap());
    let settings = GranularSettings {
        name: "ci".parse().unwrap(),
        description: "".parse().unwrap(),
        expires_at: facts.expires.text.parse().unwrap(),
        allowed_ranges: AllowedRanges::only(facts.ranges.map(|text| text.parse().unwrap())).unwrap(),
        // A token without a read-write permission cannot have a bypass.
        bypass_2fa: if facts.read_write { rest.bypass } else { TwoFactorBypass::Off },
        packages: PackagesGrant::Granted {
            permission: if facts.read_write { PackagesPermission::ReadWrite } else { PackagesPermission::ReadOnly },
            selection: PackageSelection::only(entries).unwrap(),
        },
        organizations: if rest.organizations {
            let selection = OrganizationSelection::only(organizations).unwrap();
            OrganizationsGrant::Granted { permission: GrantedPermission::ReadWrite, selection }
        } else {
            OrganizationsGrant::NoAccess
        },
    };
    let created = "2025-10-30T12:00:00Z".parse().unwrap();
    let owner = facts.owner.parse().unwrap();
    GranularToken::load(TokenFacts { id: TokenId::new("t-1").unwrap(), owner, created, revoked: rest.revoked }, settings).unwrap().into()
}

fn world(facts: &Facts, rest: Rest) -> World {
    let token = leak(token(facts, rest));
    let name = facts.owner.parse().unwrap();
    let owner = leak(User::new(UserFacts { name, status: rest.status, two_factor: rest.two_factor, tokens_revoked_until: None, writes_held_until: None, memberships: Memberships::empty() }).unwrap());
    let users = UserGrants::new([(facts.maintainer.parse().unwrap(), GrantedPermission::ReadWrite)]).unwrap();
    let (name, teams) = (facts.package.parse().unwrap(), TeamGrants::empty());
    let package = Package::new(PackageFacts { name, scope_owner: ScopeOwner::User, visibility: Visibility::Private, publishing_access: rest.access, users, teams }).unwrap();
    World {
        token,
        owner,
        bound: leak(Policy::NPM_2025_10.bind(token, owner).unwrap()),
        package: leak(package),
        client_ip: facts.client_ip.parse().unwrap(),
        now: facts.now.text.parse().unwrap(),
    }
}

fn read(decision: &Decision<'_>) -> Verdict {
    match decision {
        Decision::Allow(_) => Verdict::Allow,
        Decision::Challenge(_) => Verdict::Challenge,
        Decision::Deny(deny) => Verdict::Deny(Some(deny.reason())),
    }
}

/// Prepares the decision to publish the package.
fn publish(world: World) -> Box<dyn Asked> {
    let World { bound, package, client_ip, now, .. } = world;
    prepared(
        move || {
            let (bound, package) = (black_box(bound), black_box(package));
            authorize(bound, PackageAction::Publish, package, black_box(client_ip), black_box(now))
        },
        read,
    )
}

pub fn prepare(facts: &Facts) -> Box<dyn Asked> {
    publish(world(facts, REST))
}

/// Prepares a decision about another action.
fn decide<R: Copy + 'static>(
    world: World,
    action: impl ActionOn<'static, R> + Copy + 'static,
    resource: R,
) -> Box<dyn Asked> {
    let World { bound, client_ip, now, .. } = world;
    prepared(
        move || {
            let (bound, resource) = (black_box(bound), black_box(resource));
            authorize(bound, black_box(action), resource, black_box(client_ip), black_box(now))
        },
        read,
    )
}

/// A question that only tollgate answers.
pub struct Own {
    pub name: &'static str,
    pub kind: OwnKind,
    pub expected: Verdict,
    pub asked: Box<dyn Asked>,
}

/// The marks that the question counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnKind {
    /// An answer of `authorize`, or of the functions for requests without a known token.
    Decision,
    /// A method of a decision, or another function that takes the place of a decision.
    Beside,
    /// `Policy::bind`.
    Bind,
}

fn missing(name: &'static str) -> MissingPackage<'static> {
    MissingPackage::new(PackageName::new(name).unwrap())
}

/// Returns these questions, with this many entries on the token.
pub fn own(entries: usize) -> Vec<Own> {
    let mut all = denials(entries);
    all.extend(beside(entries));
    all
}

fn denials(entries: usize) -> Vec<Own> {
    let facts = Facts::of(Question::Allow, entries);
    let make = |rest| world(&facts, rest);
    let plain = make(REST);
    let mut all = Vec::new();
    let mut add = |name, expected, asked| all.push(Own { name, kind: OwnKind::Decision, expected, asked });
    let mut deny = |reason: Reason, asked| add(reason.as_str(), Verdict::Deny(Some(reason)), asked);

    deny(Reason::TokenRevoked, publish(make(Rest { revoked: Some(plain.now), ..REST })));
    deny(Reason::OwnerSuspended, publish(make(Rest { status: AccountStatus::Suspended, ..REST })));
    let account: Account<'_> = plain.owner.name().as_borrowed().into();
    deny(Reason::KindForbidsAction, decide(plain, AccountAction::CreateToken, account));
    let no_such_org = MissingOrganization::new(OrganizationName::new("none").unwrap());
    let with_organizations = make(Rest { organizations: true, ..REST });
    deny(Reason::NoSuchOrg, decide(with_organizations, OrganizationAction::AddMember, no_such_org));
    deny(Reason::NoSuchPackage, decide(plain, PackageAction::Unpublish, missing("@scope24/none")));
    deny(Reason::CreationNotCovered, decide(plain, PackageAction::Publish, missing("@other/new")));
    let own_scope = make(Rest { scope: Some("@alice"), ..REST });
    deny(Reason::InvalidNewName, decide(own_scope, PackageAction::Publish, missing("@alice/Capital")));
    deny(Reason::TokensDisallowed, publish(make(Rest { access: PublishingAccess::TwoFactorOnly, ..REST })));
    let not_enrolled = Rest { bypass: TwoFactorBypass::Off, two_factor: TwoFactorMode::Disabled, ..REST };
    deny(Reason::SecondFactorNotEnrolled, publish(make(not_enrolled)));

    let package = plain.package;
    let unknown = move || deny_unknown_token(PackageAction::Publish, black_box(package));
    deny(Reason::TokenUnknown, prepared(unknown, read));
    let anonymous = move || authorize_anonymous(PackageAction::Publish, black_box(package));
    deny(Reason::AuthenticationRequired, prepared(anonymous, read));

    add("challenge", Verdict::Challenge, publish(make(Rest { bypass: TwoFactorBypass::Off, ..REST })));
    all
}

fn beside(entries: usize) -> Vec<Own> {
    let world = |question| world(&Facts::of(question, entries), REST);
    let (allowed, not_selected) = (world(Question::Allow), world(Question::NotSelected));

    let World { bound, package, client_ip, now, .. } = not_selected;
    let Decision::Deny(deny) = authorize(bound, PackageAction::Publish, package, client_ip, now) else {
        panic!("found no denial, expected one for a package that is not selected");
    };
    let status = prepared(
        move || black_box(&deny).status(),
        |status| match status {
            404 => Verdict::Deny(None),
            status => {
                panic!("found the status {status}, expected 404: the package is private and the token reads it not")
            }
        },
    );

    let explain = |world: World| {
        let World { bound, package, client_ip, now, .. } = world;
        prepared(
            move || {
                let (bound, package) = (black_box(bound), black_box(package));
                tollgate::explain(bound, PackageAction::Publish, package, black_box(client_ip), black_box(now))
            },
            |explanation: &Explanation<'_>| read(explanation.decision()),
        )
    };

    let World { token, owner, .. } = allowed;
    let bind = prepared(
        move || Policy::NPM_2025_10.bind(black_box(token), black_box(owner)).unwrap(),
        |bound| {
            assert_eq!(bound.owner().name().to_string(), "alice");
            Verdict::Allow
        },
    );

    let selected_not = Question::NotSelected.expected();
    vec![
        Own {
            name: "`status()` of a denial, private package",
            kind: OwnKind::Beside,
            expected: selected_not,
            asked: status,
        },
        Own {
            name: "`explain` as data, allow",
            kind: OwnKind::Beside,
            expected: Verdict::Allow,
            asked: explain(allowed),
        },
        Own {
            name: "`explain` as data, not selected",
            kind: OwnKind::Beside,
            expected: selected_not,
            asked: explain(not_selected),
        },
        Own { name: "`Policy::bind` by reference", kind: OwnKind::Bind, expected: Verdict::Allow, asked: bind },
    ]
}
