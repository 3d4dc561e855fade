//! What a newcomer writes first: a user, a package, a token of the user's, and the question. The README shows the same.
#![expect(clippy::wildcard_imports, clippy::print_stdout, reason = "an example, short and to be seen")]

use tollgate::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Facts, from your database: who owns the token, what it gives, and the package as it is now.
    let alice =
        User::new("alice".parse()?, AccountStatus::Active, TwoFactorMode::AuthAndWrites, None, Memberships::empty())?;
    let left_pad = Package::new(
        "left-pad".parse()?,
        ScopeOwner::Unscoped,
        Visibility::Public,
        PublishingAccess::TwoFactorOrBypass,
        UserGrants::new([("alice".parse()?, GrantedPermission::ReadWrite)])?,
        TeamGrants::empty(),
    )?;
    let settings = GranularSettings {
        name: "ci".parse()?,
        description: TokenDescription::default(),
        expires_at: "2026-01-01T00:00:00Z".parse()?,
        allowed_ranges: AllowedRanges::only(["10.0.0.0/8".parse()?])?,
        bypass_2fa: TwoFactorBypass::On,
        packages: PackagesGrant::Granted {
            permission: GrantedPermission::ReadWrite,
            selection: PackageSelection::only([left_pad.name().clone().into()])?,
        },
        organizations: OrganizationsGrant::NoAccess,
    };
    let created = "2025-10-30T12:00:00Z".parse()?;
    let token = Token::from(GranularToken::load(TokenId::new("t-1")?, "alice".parse()?, created, None, settings)?);

    // The request: may this token publish this package, from here, now?
    let (client_ip, now) = ("10.1.2.3".parse()?, "2025-11-01T00:00:00Z".parse()?);
    let bound = BoundToken::bind(&token, &alice)?;
    match authorize(&bound, PackageAction::Publish, &left_pad, client_ip, now) {
        Decision::Allow(allow) => println!("{}: go on with {}", allow.status(), allow.action()),
        Decision::Challenge(challenge) => println!("{}: one-time password, please", challenge.status()),
        Decision::Deny(deny) => println!("{}: {}", deny.status(), deny.client_text()),
    }
    Ok(())
}
