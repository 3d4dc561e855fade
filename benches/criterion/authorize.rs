//! The time of one decision, with the SHA-256 of a token beside it for scale.
//!
//! Only the ratio of two times of the same run means anything.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up stops")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tollgate::{
    ClientIp, Package, PackageAction, Policy, Secret, Timestamp, Token, User, authorize,
    facts::{
        AccountStatus, Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode, UserFacts,
        UserGrants, Visibility,
    },
    token::{
        GranularSettings, GranularToken, OrganizationsGrant, PackageSelection, PackagesGrant, TokenFacts, TokenId,
        TwoFactorBypass,
    },
    value::{AllowedRanges, GrantedPermission, PackagesPermission, Scope},
};

fn token(scopes: usize) -> Token {
    let scopes = (0..scopes).map(|n| format!("@scope{n}").parse::<Scope>().expect("a scope").into());
    let settings = GranularSettings {
        name: "ci".parse().expect("a name"),
        description: "".parse().expect("a description"),
        expires_at: "2026-01-01T00:00:00Z".parse().expect("a time"),
        allowed_ranges: AllowedRanges::only(
            ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "198.51.100.0/24"]
                .map(|text| text.parse().expect("a range")),
        )
        .expect("ranges"),
        bypass_2fa: TwoFactorBypass::On,
        packages: PackagesGrant::Granted {
            permission: PackagesPermission::ReadWrite,
            selection: PackageSelection::only(scopes).expect("a selection"),
        },
        organizations: OrganizationsGrant::NoAccess,
    };
    let created: Timestamp = "2025-10-30T12:00:00Z".parse().expect("a time");
    let key = TokenId::new("t-1").expect("a key");
    GranularToken::load(
        TokenFacts { id: key, owner: "alice".parse().expect("a name"), created, revoked: None },
        settings,
    )
    .expect("a token")
    .into()
}

fn benches(c: &mut Criterion) {
    let name = "alice".parse().expect("a name");
    let alice = User::new(UserFacts {
        name,
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::AuthAndWrites,
        tokens_revoked_until: None,
        writes_held_until: None,
        memberships: Memberships::empty(),
    })
    .expect("a user");
    let maintainer = ("alice".parse().expect("a name"), GrantedPermission::ReadWrite);
    let package = |name: &str| {
        let users = UserGrants::new([maintainer.clone()]).expect("grants");
        let access = PublishingAccess::TwoFactorOrBypass;
        let name = name.parse().expect("a name");
        Package::new(PackageFacts {
            name,
            scope_owner: ScopeOwner::User,
            visibility: Visibility::Private,
            publishing_access: access,
            users,
            teams: TeamGrants::empty(),
        })
        .expect("a package")
    };
    let client_ip: ClientIp = "2001:db8::7".parse().expect("an address");
    let now: Timestamp = "2025-11-01T00:00:00Z".parse().expect("a time");

    let secret = Secret::new("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").expect("a secret");
    c.bench_function("sha-256 of a 40-byte token", |b| b.iter(|| black_box(secret).digest()));
    for (entries, last) in [(1, 0), (50, 49)] {
        let token = token(entries);
        let bound = Policy::NPM_2025_10.bind(&token, &alice).expect("her token");
        let covered = package(&format!("@scope{last}/pkg"));
        let other = package("@other/pkg");
        c.bench_function(&format!("authorize, allow, {entries} entries"), |b| {
            b.iter(|| {
                authorize(black_box(&bound), PackageAction::Publish, black_box(&covered), client_ip, now).is_allow()
            });
        });
        c.bench_function(&format!("authorize, not selected, {entries} entries"), |b| {
            b.iter(|| {
                authorize(black_box(&bound), PackageAction::Publish, black_box(&other), client_ip, now).is_allow()
            });
        });
        let presented = bound.at(client_ip, now);
        c.bench_function(&format!("explain as data, {entries} entries"), |b| {
            b.iter(|| black_box(&presented).decide(PackageAction::Publish.on(black_box(&covered))).explain());
        });
    }
}

criterion_group!(all, benches);
criterion_main!(all);
