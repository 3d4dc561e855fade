//! A first program: a user, a package, a token of the user, and one decision. The README shows the same code.
#![expect(clippy::print_stdout, reason = "an example shows what it decides")]

use tollgate::{
    Decision, Package, PackageAction, Policy, Token, User, authorize,
    facts::{
        AccountStatus, Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode, UserFacts,
        UserGrants, Visibility,
    },
    token::{
        GranularSettings, GranularToken, OrganizationsGrant, PackageSelection, PackagesGrant, TokenDescription,
        TokenFacts, TokenId, TwoFactorBypass,
    },
    value::{AllowedRanges, GrantedPermission, PackagesPermission},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Facts, from your database: who owns the token, what it gives, and the package as it is now.
    let alice = User::new(UserFacts {
        name: "alice".parse()?,
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::AuthAndWrites,
        tokens_revoked_until: None,
        writes_held_until: None,
        memberships: Memberships::empty(),
    })?;
    let left_pad = Package::new(PackageFacts {
        name: "left-pad".parse()?,
        scope_owner: ScopeOwner::Unscoped,
        visibility: Visibility::Public,
        publishing_access: PublishingAccess::TwoFactorOrBypass,
        users: UserGrants::new([("alice".parse()?, GrantedPermission::ReadWrite)])?,
        teams: TeamGrants::empty(),
    })?;
    let settings = GranularSettings {
        name: "ci".parse()?,
        description: TokenDescription::default(),
        expires_at: "2026-01-01T00:00:00Z".parse()?,
        allowed_ranges: AllowedRanges::only(["10.0.0.0/8".parse()?])?,
        bypass_2fa: TwoFactorBypass::On,
        packages: PackagesGrant::Granted {
            permission: PackagesPermission::ReadWrite,
            selection: PackageSelection::only([left_pad.name().clone().into()])?,
        },
        organizations: OrganizationsGrant::NoAccess,
    };
    let created = "2025-10-30T12:00:00Z".parse()?;
    let token = Token::from(GranularToken::load(
        TokenFacts { id: TokenId::new("t-1")?, owner: "alice".parse()?, created, revoked: None },
        settings,
    )?);

    // The request: may this token publish this package, from here, now?
    let (client_ip, now) = ("10.1.2.3".parse()?, "2025-11-01T00:00:00Z".parse()?);
    let bound = Policy::NPM_2025_10.bind(&token, &alice)?;
    match authorize(&bound, PackageAction::Publish, &left_pad, client_ip, now) {
        Decision::Allow(allow) => println!("{}: go on with {}", allow.status(), allow.action()),
        Decision::Challenge(challenge) => println!("{}: one-time password, please", challenge.status()),
        Decision::Deny(deny) => println!("{}: {}", deny.status(), deny.client_text()),
    }
    Ok(())
}
