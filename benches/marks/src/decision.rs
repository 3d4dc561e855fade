//! Marks of a single decision, with everything parsed and bound beforehand, for tokens with 50 entries and with 1.

use std::{collections::BTreeSet, hint::black_box};

use allocation_counter::measure;
use tollgate::{
    AccountAction, BoundToken, ClientIp, Decision, MissingPackage, Organization, OrganizationAction, Package,
    PackageAction, PackageName, Policy, Reason, Timestamp, Token, User, UserName, authorize, authorize_anonymous,
    deny_unknown_token,
    facts::{
        AccountStatus, Membership, Memberships, MissingOrganization, PublishingAccess, TeamGrants, TwoFactorMode,
        UserFacts,
    },
    operation::ActionOn,
    token::{
        GranularSettings, LegacyKind, LegacyToken, OrganizationSelection, OrganizationsGrant, PackagesGrant,
        TokenFacts, TwoFactorBypass,
    },
    value::{GrantedPermission, OrganizationName, PackagesPermission, Role},
};

use crate::{
    facts::{self, parsed},
    race::{Lane, Race, SHA, Times},
    table::{Table, Unit},
};

/// The maximum cost of a decision, in SHA-256.
const DECISION: f64 = 0.6;
/// The maximum that 49 more entries may add, in SHA-256.
const ENTRIES: f64 = 0.3;

/// Alice's tokens with the same number of entries.
struct Tokens {
    ci: Token,
    revoked: Token,
    legacy: Token,
    stage_only: Token,
    read_only: Token,
    without_bypass: Token,
    organizations: Token,
}

impl Tokens {
    fn with(count: usize) -> Self {
        let ci = facts::token(count);
        let mut revoked = ci.clone();
        revoked.revoke(facts::now());
        let settings = facts::settings(count);
        let PackagesGrant::Granted { permission: _, selection } = settings.packages.clone() else {
            unreachable!("a grant of packages")
        };
        let with_permission = |permission| {
            let packages = PackagesGrant::Granted { permission, selection: selection.clone() };
            facts::token_with(GranularSettings { packages, bypass_2fa: TwoFactorBypass::Off, ..settings.clone() })
        };
        let (stage_only, read_only) =
            (with_permission(PackagesPermission::StageOnly), with_permission(PackagesPermission::ReadOnly));
        let of_alice =
            TokenFacts { id: facts::key(), owner: parsed("alice"), created: facts::created(), revoked: None };
        let legacy = LegacyToken::load(of_alice, LegacyKind::Publish, settings.allowed_ranges.clone()).into();
        let before = (1..count).map(|n| format!("org{n}"));
        let organizations = before.chain(["scope24".into()]).map(|name| parsed(&name));
        let organizations = OrganizationsGrant::Granted {
            permission: GrantedPermission::ReadWrite,
            selection: OrganizationSelection::only(organizations).expect("organizations"),
        };
        Self {
            ci,
            revoked,
            legacy,
            stage_only,
            read_only,
            without_bypass: facts::token_with(GranularSettings {
                bypass_2fa: TwoFactorBypass::Off,
                ..settings.clone()
            }),
            organizations: facts::token_with(GranularSettings { organizations, ..settings }),
        }
    }
}

/// Alice, with one fact changed in each.
struct Owners {
    alice: User,
    suspended: User,
    on_hold: User,
    not_enrolled: User,
    member: User,
}

impl Owners {
    fn new() -> Self {
        let with = |status, two_factor, writes_held_until| {
            User::new(UserFacts {
                name: parsed("alice"),
                status,
                two_factor,
                tokens_revoked_until: None,
                writes_held_until,
                memberships: Memberships::empty(),
            })
            .expect("a user")
        };
        let membership = Membership::new(parsed("scope24"), Role::Member, []).expect("a membership");
        Self {
            alice: facts::alice(Memberships::empty()),
            suspended: with(AccountStatus::Suspended, TwoFactorMode::AuthAndWrites, None),
            on_hold: with(AccountStatus::Active, TwoFactorMode::AuthAndWrites, Some(parsed("2026-01-01T00:00:00Z"))),
            not_enrolled: with(AccountStatus::Active, TwoFactorMode::Disabled, None),
            member: facts::alice(Memberships::new([membership]).expect("memberships")),
        }
    }
}

/// The resources.
struct Things {
    package: Package,
    other: Package,
    read_only: Package,
    second_factor_only: Package,
    organization: Organization,
}

impl Things {
    fn new() -> Self {
        use GrantedPermission::{ReadOnly, ReadWrite};
        let package = |name: &str, access, permission| {
            facts::package(name, access, facts::maintainer(permission), TeamGrants::empty())
        };
        Self {
            package: package("@scope24/pkg", PublishingAccess::TwoFactorOrBypass, ReadWrite),
            other: package("@other/pkg", PublishingAccess::TwoFactorOrBypass, ReadWrite),
            read_only: package("@scope24/pkg", PublishingAccess::TwoFactorOrBypass, ReadOnly),
            second_factor_only: package("@scope24/pkg", PublishingAccess::TwoFactorOnly, ReadWrite),
            organization: Organization::new(parsed("scope24")),
        }
    }
}

/// The tokens bound to their owners.
struct Bound<'a> {
    ci: BoundToken<'a>,
    revoked: BoundToken<'a>,
    retired: BoundToken<'a>,
    suspended: BoundToken<'a>,
    on_hold: BoundToken<'a>,
    stage_only: BoundToken<'a>,
    read_only: BoundToken<'a>,
    without_bypass: BoundToken<'a>,
    not_enrolled: BoundToken<'a>,
    member: BoundToken<'a>,
    organizations: BoundToken<'a>,
}

impl<'a> Bound<'a> {
    fn new(tokens: &'a Tokens, owners: &'a Owners) -> Self {
        let bind = |token: &'a Token, owner: &'a User| Policy::NPM_2025_10.bind(token, owner).expect("her token");
        Self {
            ci: bind(&tokens.ci, &owners.alice),
            revoked: bind(&tokens.revoked, &owners.alice),
            retired: Policy::NPM_2025_12.bind(&tokens.legacy, &owners.alice).expect("her token"),
            suspended: bind(&tokens.ci, &owners.suspended),
            on_hold: bind(&tokens.ci, &owners.on_hold),
            stage_only: bind(&tokens.stage_only, &owners.alice),
            read_only: bind(&tokens.read_only, &owners.alice),
            without_bypass: bind(&tokens.without_bypass, &owners.alice),
            not_enrolled: bind(&tokens.without_bypass, &owners.not_enrolled),
            member: bind(&tokens.ci, &owners.member),
            organizations: bind(&tokens.organizations, &owners.member),
        }
    }
}

/// Returns the reason of a denial, or `allow` or `challenge`.
pub(crate) fn answer(decision: &Decision<'_>) -> &'static str {
    match decision {
        Decision::Allow(_) => "allow",
        Decision::Challenge(_) => "challenge",
        Decision::Deny(deny) => deny.reason().as_str(),
    }
}

/// Runs a function once and asserts that it allocates nothing.
pub(crate) fn without_allocation(what: &str, run: &mut impl FnMut()) {
    let counted = measure(run).count_total;
    assert_eq!(counted, 0, "{what}: {counted} allocations");
}

/// The lanes for one number of entries, each with its name.
struct Lanes<'a, 'r> {
    race: &'r mut Race<'a>,
    lanes: Vec<(&'static str, Lane)>,
}

impl<'a> Lanes<'a, '_> {
    /// Adds a lane for a function that must not allocate.
    fn enter(&mut self, what: &'static str, mut run: impl FnMut() + 'a) {
        without_allocation(what, &mut run);
        self.lanes.push((what, self.race.enter(run)));
    }

    /// Adds a lane for a decision, and asserts that its answer is the one that the lane is named after.
    fn ask<R: Copy + 'a>(
        &mut self,
        expected: &'static str,
        token: &'a BoundToken<'a>,
        (action, resource): (impl ActionOn<'a, R> + Copy + 'a, R),
        (client_ip, now): (ClientIp, Timestamp),
    ) {
        let decide = move || {
            authorize(black_box(token), black_box(action), black_box(resource), black_box(client_ip), black_box(now))
        };
        assert_eq!(answer(&decide()), expected);
        self.enter(expected, move || {
            black_box(&decide());
        });
    }
}

/// Adds a lane for every possible answer.
fn enter<'a>(race: &mut Race<'a>, bound: &'a Bound<'a>, things: &'a Things) -> Vec<(&'static str, Lane)> {
    use PackageAction::{Deprecate, Publish};
    let here = (facts::client_ip(), facts::now());
    let free = |name: &'static str| MissingPackage::new(PackageName::new(name).expect("a name"));
    let account = UserName::new("alice").expect("a name");
    let no_organization = MissingOrganization::new(OrganizationName::new("nobody").expect("a name"));
    let mut lanes = Lanes { race, lanes: Vec::new() };
    lanes.ask("allow", &bound.ci, (Publish, &things.package), here);
    lanes.ask("challenge", &bound.without_bypass, (Publish, &things.package), here);
    lanes.ask("token-revoked", &bound.revoked, (Publish, &things.package), here);
    lanes.ask("token-retired", &bound.retired, (Publish, &things.package), here);
    lanes.ask("token-expired", &bound.ci, (Publish, &things.package), (here.0, parsed("2026-01-01T00:00:00Z")));
    lanes.ask("ip-not-allowed", &bound.ci, (Publish, &things.package), (parsed("2001:db9::7"), here.1));
    lanes.ask("owner-suspended", &bound.suspended, (Publish, &things.package), here);
    lanes.ask("kind-forbids-action", &bound.ci, (AccountAction::ConfigureTwoFactor, account), here);
    lanes.ask("owner-on-hold", &bound.on_hold, (Publish, &things.package), here);
    lanes.ask("stage-required", &bound.stage_only, (Publish, &things.package), here);
    lanes.ask("permission-too-low", &bound.read_only, (Publish, &things.package), here);
    lanes.ask("no-such-org", &bound.organizations, (OrganizationAction::AddMember, no_organization), here);
    lanes.ask("no-such-package", &bound.ci, (Deprecate, free("@scope24/gone")), here);
    lanes.ask("not-selected", &bound.ci, (Publish, &things.other), here);
    lanes.ask("creation-not-covered", &bound.ci, (Publish, free("package-0")), here);
    lanes.ask("owner-lacks-permission", &bound.ci, (Publish, &things.read_only), here);
    lanes.ask("invalid-new-name", &bound.member, (Publish, free("@scope24/New")), here);
    lanes.ask("tokens-disallowed", &bound.ci, (Publish, &things.second_factor_only), here);
    lanes.ask("second-factor-not-enrolled", &bound.not_enrolled, (Publish, &things.package), here);
    lanes.enter("token-unknown", move || {
        let decision = deny_unknown_token(black_box(Publish), black_box(&things.package));
        black_box(&decision);
    });
    lanes.enter("authentication-required", move || {
        let decision = authorize_anonymous(black_box(Publish), black_box(&things.package));
        black_box(&decision);
    });
    let asked: BTreeSet<_> = lanes.lanes.iter().map(|(what, _)| *what).collect();
    let all = Reason::ALL.iter().map(|reason| reason.as_str()).chain(["allow", "challenge"]).collect();
    assert_eq!(asked, all, "every answer is among them");
    lanes.lanes
}

/// Adds lanes for the methods of a decision, and for another allow. They have no mark, but must not allocate.
fn enter_beside<'a>(race: &mut Race<'a>, bound: &'a Bound<'a>, things: &'a Things) -> Vec<(&'static str, Lane)> {
    use PackageAction::Publish;
    let (client_ip, now) = (facts::client_ip(), facts::now());
    let mut lanes = Lanes { race, lanes: Vec::new() };
    let organization = (OrganizationAction::ReadOrg, &things.organization);
    lanes.ask("allow", &bound.organizations, organization, (client_ip, now));
    if let Some(last) = lanes.lanes.last_mut() {
        last.0 = "`authorize`, allow, by the organizations selected";
    }
    let hidden = [
        ("`status` of not-selected, private", &bound.ci, &things.other),
        ("`status` of owner-lacks-permission, private", &bound.ci, &things.read_only),
    ];
    for (what, token, package) in hidden {
        let decision = authorize(token, Publish, package, client_ip, now);
        lanes.enter(what, move || {
            black_box(black_box(&decision).status());
        });
    }
    let explained = [
        ("`explain` of an allow", &bound.ci, &things.package),
        ("`explain` of not-selected", &bound.ci, &things.other),
    ];
    for (what, token, package) in explained {
        lanes.enter(what, move || {
            let explanation = black_box(token).at(client_ip, now).decide(Publish.on(black_box(package))).explain();
            black_box(&explanation);
        });
    }
    lanes.lanes
}

/// Measures the decisions and adds their rows to the table.
pub(crate) fn rows(table: &mut Table) {
    let (owners, things) = (Owners::new(), Things::new());
    let tokens = [50, 1].map(Tokens::with);
    let bound = tokens.each_ref().map(|tokens| Bound::new(tokens, &owners));
    let mut race = Race::new();
    let lanes = bound.each_ref().map(|bound| enter(&mut race, bound, &things));
    let beside = bound.each_ref().map(|bound| enter_beside(&mut race, bound, &things));
    let times = race.run();
    table.note("SHA-256 of a token of 40 bytes, the unit", times.nanoseconds(SHA), Unit::Nanoseconds);
    table.note("the same, the slowest tenth of its turns from", times.slowest_tenth(SHA), Unit::Nanoseconds);
    let [many, one] = &lanes;
    for ((what, many), (_, one)) in many.iter().zip(one) {
        let about = if *what == "allow" || *what == "challenge" { "" } else { "deny " };
        let mark = |entries: &str| format!("`authorize`, {about}{what}, {entries}");
        table.mark(mark("50 entries"), DECISION, times.ratio(*many, SHA), Unit::Sha);
        table.mark(mark("50 entries more than 1"), ENTRIES, times.more_than(*many, *one), Unit::Sha);
    }
    let [many, one] = &beside;
    add_notes(table, &times, many, "50 entries");
    add_notes(table, &times, one, "1 entry");
}

fn add_notes(table: &mut Table, times: &Times, lanes: &[(&'static str, Lane)], entries: &str) {
    for (what, lane) in lanes {
        table.note(format!("{what}, {entries}, no allocation"), times.ratio(*lane, SHA), Unit::Sha);
    }
}
