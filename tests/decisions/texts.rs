//! D3 and D4: both texts of every denial, verbatim, and what the client's may not tell.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own tables fails the test")]

use std::collections::BTreeSet;
use tollgate::testing::{
    Resources, all, bind, granular, legacy, missing_organization, missing_package, now, only, organization, package,
    team_name, time, user, user_name,
};
use tollgate::{
    ClientIp, Decision, Deny, OrganizationAction, PackageAction, Reason, Timestamp, Token, User, authorize_anonymous,
    decision::EarlyAnswer,
    deny_unknown_token,
    facts::{PackageState, PublishingAccess, TwoFactorMode},
    operation::{Action, Operation},
    token::LegacyKind,
    value::{GrantedPermission, Role},
};

/// Every denial, in the order of [`denials`].
const TEXTS: &str = "
token-unknown, 401
  operator: publish `@acme/app` denied: token-unknown (T): no token on record has this secret or id; cure: log in again, or use a token that exists
  client:   the access token is not valid: log in again
authentication-required, 401
  operator: publish `left-pad` denied: authentication-required (T): no token was presented; cure: present an access token
  client:   publish needs an access token: log in first
authentication-required, 404
  operator: read-package `@acme/app` denied: authentication-required (T): no token was presented; cure: present an access token
  client:   `@acme/app` could not be found or you do not have permission to access it
no-such-package, 404
  operator: read-package `@acme/free` denied: no-such-package (D1): no package has the name; cure: check the package's name, or publish it first
  client:   `@acme/free` could not be found or you do not have permission to access it
authentication-required, 401
  operator: read-org `acme` denied: authentication-required (T): no token was presented; cure: present an access token
  client:   read-org needs an access token: log in first
token-revoked, 401
  operator: read-package `left-pad` denied: token-revoked (T1), token `publish` of `alice`: the token was revoked at 2025-10-31T00:00:00Z; cure: make a new token
  client:   the access token was revoked: log in again or use another
token-revoked, 401
  operator: whoami `alice` denied: token-revoked (T1), token `publish` of `alice`: the token was made at 2025-10-30T12:00:00Z, at or before the account's cut-off at 2025-10-31T00:00:00Z; cure: make a new token
  client:   the access token was revoked: log in again or use another
token-expired, 401
  operator: read-package `left-pad` denied: token-expired (T2), token `ci` of `alice`: the token expired at 2026-01-01T00:00:00Z, now is 2026-01-01T00:00:00Z; cure: make a new token
  client:   the access token has expired: make a new one
ip-not-allowed, 401
  operator: read-package `left-pad` denied: ip-not-allowed (T3), token `read-only` of `alice`: the client address is 192.0.2.7, the token allows `10.0.0.0/8`, `2001:db8::/32`; cure: use the token from an allowed address, or make one whose ranges contain this one
  client:   the access token may not be used from this address
ip-not-allowed, 401
  operator: read-package `left-pad` denied: ip-not-allowed (T3), token `read-only` of `alice`: the client address is unknown, the token allows `10.0.0.0/8`, `2001:db8::/32`; cure: use the token from an allowed address, or make one whose ranges contain this one
  client:   the access token may not be used from this address
owner-suspended, 403
  operator: read-package `left-pad` denied: owner-suspended (T4), token `publish` of `alice`: the owner `alice` is suspended; cure: reinstate the owner's account
  client:   the account that this access token belongs to is suspended
kind-forbids-action, 403
  operator: publish `@acme/app` denied: kind-forbids-action (K1), token `read-only` of `alice`: the token is legacy read-only, the action is publish; cure: use a publish token, or a granular one where it has the action
  client:   a legacy read-only access token may not publish
kind-forbids-action, 403
  operator: star-package `@acme/app` denied: kind-forbids-action (K1), token `ci` of `alice`: the token is granular, the action is star-package; cure: no granular token does this: use a legacy publish token
  client:   a granular access token may not star-package
permission-too-low, 403
  operator: publish `@acme/app` denied: permission-too-low (G1), token `ci` of `alice`: the token has read-only on packages, the action needs read-write; cure: make a token with read-write on packages
  client:   the access token has read-only permission on packages: publish needs read-write
permission-too-low, 403
  operator: create-team `acme:ops` denied: permission-too-low (G1), token `ci` of `alice`: the token has read-only on organizations, the action needs read-write; cure: make a token with read-write on organizations
  client:   the access token has read-only permission on organizations: create-team needs read-write
permission-too-low, 404
  operator: list-collaborators `@acme/app` denied: permission-too-low (G1), token `ci` of `alice`: the token has no-access on packages, the action needs read-only; cure: make a token with read-only on packages
  client:   `@acme/app` could not be found or you do not have permission to access it
permission-too-low, 403
  operator: list-collaborators `left-pad` denied: permission-too-low (G1), token `ci` of `alice`: the token has no-access on packages, the action needs read-only; cure: make a token with read-only on packages
  client:   the access token has no-access permission on packages: list-collaborators needs read-only
permission-too-low, 403
  operator: manage-team-access `acme:ops` `left-pad` denied: permission-too-low (G1), token `ci` of `alice`: the token has no-access on packages, the action needs read-write; cure: make a token with read-write on packages
  client:   the access token has no-access permission on packages: manage-team-access needs read-write
no-such-org, 404
  operator: add-member `globex` denied: no-such-org (D1), token `publish` of `alice`: the organization `globex` does not exist; cure: check the organization's name
  client:   organization `globex` does not exist
no-such-package, 404
  operator: read-package `@acme/free` denied: no-such-package (D1), token `publish` of `alice`: the package `@acme/free` does not exist; cure: check the package's name, or publish it first
  client:   `@acme/free` could not be found or you do not have permission to access it
no-such-package, 404
  operator: deprecate `free` denied: no-such-package (D1), token `publish` of `alice`: the package `free` does not exist; cure: check the package's name, or publish it first
  client:   `free` could not be found or you do not have permission to access it
not-selected, 404
  operator: publish `@acme/app` denied: not-selected (G2), token `ci` of `alice`: the token selects `@globex`; `@acme/app` is not covered; cure: make a token whose selection covers it
  client:   `@acme/app` could not be found or you do not have permission to access it
not-selected, 403
  operator: publish `left-pad` denied: not-selected (G2), token `ci` of `alice`: the token selects `@globex`, `x`; `left-pad` is not covered; cure: make a token whose selection covers it
  client:   the access token does not cover `left-pad`
not-selected, 403
  operator: delete-team `acme:ops` denied: not-selected (G2), token `ci` of `alice`: the token selects `globex`; `acme` is not covered; cure: make a token whose selection covers it
  client:   the access token does not cover the organization `acme`
creation-not-covered, 404
  operator: publish `@acme/free` denied: creation-not-covered (G3), token `ci` of `alice`: the token selects `@acme/free`; `@acme/free` is covered by its name, a new package needs all packages or its scope; cure: make a token for all packages or for the scope
  client:   `@acme/free` could not be found or you do not have permission to access it
creation-not-covered, 403
  operator: publish `free` denied: creation-not-covered (G3), token `ci` of `alice`: the token selects `free`; `free` is covered by its name, a new package needs all packages or its scope; cure: make a token for all packages or for the scope
  client:   the access token does not cover a new package by this name: publish `free`
owner-lacks-permission, 404
  operator: read-package `@acme/app` denied: owner-lacks-permission (C), token `publish` of `alice`: the owner `alice` has no-access on `@acme/app`, the action needs read-only; cure: give the token's owner the right to read-package: no token exceeds it
  client:   `@acme/app` could not be found or you do not have permission to access it
owner-lacks-permission, 403
  operator: publish `@acme/app` denied: owner-lacks-permission (C), token `publish` of `alice`: the owner `alice` has read-only on `@acme/app`, the action needs read-write; cure: give the token's owner the right to publish: no token exceeds it
  client:   the account that this access token belongs to may not publish `@acme/app`
owner-lacks-permission, 403
  operator: unpublish `left-pad` denied: owner-lacks-permission (C), token `publish` of `alice`: the owner `alice` has no-access on `left-pad`, the action needs read-write; cure: give the token's owner the right to unpublish: no token exceeds it
  client:   the account that this access token belongs to may not unpublish `left-pad`
owner-lacks-permission, 403
  operator: change-visibility `left-pad` denied: owner-lacks-permission (C), token `publish` of `alice`: `left-pad` is unscoped: nobody controls a scope of it; cure: none: an unscoped package is always public
  client:   the account that this access token belongs to may not change-visibility `left-pad`
owner-lacks-permission, 404
  operator: publish `@acme/free` denied: owner-lacks-permission (C), token `publish` of `alice`: the scope of `@acme/free` is neither the owner `alice`'s nor an organization's that they are in; cure: give the token's owner the right to publish: no token exceeds it
  client:   `@acme/free` could not be found or you do not have permission to access it
owner-lacks-permission, 403
  operator: create-team `acme:ops` denied: owner-lacks-permission (C), token `publish` of `alice`: the token's owner `alice` is a member of `acme`, the action needs an admin of it; cure: give the token's owner the right to create-team: no token exceeds it
  client:   the account that this access token belongs to may not create-team `acme:ops`
owner-lacks-permission, 403
  operator: read-org `acme` denied: owner-lacks-permission (C), token `publish` of `alice`: the token's owner `alice` is not a member of `acme`, the action needs a member of it; cure: give the token's owner the right to read-org: no token exceeds it
  client:   the account that this access token belongs to may not read-org `acme`
owner-lacks-permission, 403
  operator: share-package `acme` `left-pad` denied: owner-lacks-permission (C), token `publish` of `alice`: the scope of `left-pad` is not that of the organization `acme` (scope owner: unscoped); cure: only the organization whose scope the package is in hands out access to it
  client:   the account that this access token belongs to may not share-package `acme` `left-pad`
owner-lacks-permission, 403
  operator: read-profile `bob` denied: owner-lacks-permission (C), token `publish` of `alice`: the token's owner is `alice`, the account is `bob`; cure: use a token of that account: nothing else reaches it
  client:   the account that this access token belongs to may not read-profile `bob`
invalid-new-name, 403
  operator: publish `@acme/Free` denied: invalid-new-name (C3), token `publish` of `alice`: `@acme/Free` is no name for a new package: it contains the capital letter `F`: expected lower case in a new name; cure: choose another name
  client:   `@acme/Free` is no name for a new package: it contains the capital letter `F`: expected lower case in a new name
tokens-disallowed, 403
  operator: publish `left-pad` denied: tokens-disallowed (F2), token `ci` of `alice`: the account's two-factor mode is disabled, the package's publishing access is two-factor-only, the token does not bypass the second factor; demanded by the package; cure: use a legacy publish token and show a second factor, or change the package's publishing access
  client:   the package takes changes with a second factor only, and none by automation or granular access tokens
second-factor-not-enrolled, 403
  operator: publish `left-pad` denied: second-factor-not-enrolled (F5), token `publish` of `alice`: the account's two-factor mode is disabled, the package's publishing access is two-factor-only, the token does not bypass the second factor; demanded by the package; cure: enrol a second factor on the owner's account, or use a token that bypasses it where the package allows that
  client:   the package takes changes with a second factor: enable two-factor authentication first
second-factor-not-enrolled, 403
  operator: publish `left-pad` denied: second-factor-not-enrolled (F5), token `publish` of `alice`: the account's two-factor mode is disabled, the package's publishing access is two-factor-or-bypass, the token does not bypass the second factor; demanded by the package; cure: enrol a second factor on the owner's account, or use a token that bypasses it where the package allows that
  client:   the package takes changes with a second factor: enable two-factor authentication first
kind-forbids-action, 403
  operator: publish denied: kind-forbids-action (K1), token `read-only` of `alice`: the token is legacy read-only, the action is publish; cure: use a publish token, or a granular one where it has the action
  client:   a legacy read-only access token may not publish
";

fn block(deny: &Deny<'_>) -> String {
    format!(
        "{}, {}\n  operator: {}\n  client:   {}\n",
        deny.reason(),
        deny.status(),
        deny.operator_text(),
        deny.client_text()
    )
}

fn deny<'a>(decision: &Decision<'a>) -> Deny<'a> {
    match decision {
        Decision::Deny(deny) => *deny,
        Decision::Allow(_) | Decision::Challenge(_) => panic!("not denied: {decision:?}"),
    }
}

/// Asks with a token and notes the denial.
fn ask(token: &Token, owner: &User, operation: Operation<'_>) -> String {
    ask_from(ClientIp::UNKNOWN, now(), token, owner, operation)
}

fn ask_from(ip: ClientIp, now: Timestamp, token: &Token, owner: &User, operation: Operation<'_>) -> String {
    block(&deny(&bind(token, owner).at(ip, now).decide(operation)))
}

/// One denial or more for each reason: the two texts of each.
fn denials() -> Vec<String> {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let (alice, acme) = (user("alice").build(), organization("acme"));
    let app = package("@acme/app").private().build();
    let left_pad = package("left-pad").build();
    let free = missing_package("@acme/free");
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let of = |package| Resources {
        package,
        organization: (&acme).into(),
        team: team_name("ops"),
        account: user_name("bob"),
    };
    let on_app = of(PackageState::from(&app));
    let on_left_pad = of(PackageState::from(&left_pad));
    let on_free = of(PackageState::from(free));
    let packages = |permission, entries: &[&str]| granular("ci", "alice").packages(permission, only(entries)).build();
    let orgs = |permission, names: &[&str]| granular("ci", "alice").organizations(permission, names).build();
    let member = user("alice").member("acme", Role::Member, &[]).build();
    let owner = user("alice").member("acme", Role::Owner, &["developers"]).build();

    let mut texts = vec![
        // token-unknown, authentication-required, no-such-package: no token is looked at.
        block(&deny(&deny_unknown_token(PackageAction::Publish, &app))),
        block(&deny(&authorize_anonymous(PackageAction::Publish, &left_pad))),
        block(&deny(&authorize_anonymous(PackageAction::ReadPackage, &app))),
        block(&deny(&authorize_anonymous(PackageAction::ReadPackage, free))),
        block(&deny(&authorize_anonymous(OrganizationAction::ReadOrg, &acme))),
    ];
    // T
    let read = on_left_pad.operation(Action::ReadPackage);
    let whoami = Resources { account: user_name("alice"), ..on_left_pad }.operation(Action::Whoami);
    let cut_off = user("alice").tokens_revoked_until("2025-10-31T00:00:00Z").build();
    let office = legacy(LegacyKind::ReadOnly, "alice").ranges(&["10.0.0.0/8", "2001:db8::/32"]).build();
    let expiring = packages(ReadOnly, &["left-pad"]);
    texts.extend([
        ask(&legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build(), &alice, read),
        ask(&publish, &cut_off, whoami),
        ask_from(ClientIp::UNKNOWN, time("2026-01-01T00:00:00Z"), &expiring, &alice, read),
        ask_from("192.0.2.7".parse().unwrap(), now(), &office, &alice, read),
        ask(&office, &alice, read),
        ask(&publish, &user("alice").suspended().build(), read),
    ]);
    // K1, G1, D1
    texts.extend([
        ask(&legacy(LegacyKind::ReadOnly, "alice").build(), &alice, on_app.operation(Action::PublishVersion)),
        ask(&packages(ReadWrite, &["@acme"]), &alice, on_app.operation(Action::StarPackage)),
        ask(&packages(ReadOnly, &["@acme"]), &alice, on_app.operation(Action::PublishVersion)),
        ask(&orgs(ReadOnly, &["acme"]), &alice, on_app.operation(Action::CreateTeam)),
        ask(&orgs(ReadOnly, &["acme"]), &alice, on_app.operation(Action::ListCollaborators)),
        ask(&orgs(ReadOnly, &["acme"]), &alice, on_left_pad.operation(Action::ListCollaborators)),
        ask(&orgs(ReadWrite, &["acme"]), &alice, on_left_pad.operation(Action::ManageTeamAccess)),
        ask(
            &publish,
            &alice,
            Operation::Organization {
                action: OrganizationAction::AddMember,
                organization: missing_organization("globex").into(),
            },
        ),
        ask(&publish, &alice, on_free.operation(Action::ReadPackage)),
        ask(&publish, &alice, of(missing_package("free").into()).operation(Action::Deprecate)),
    ]);
    // G2, G3
    texts.extend([
        ask(&packages(ReadWrite, &["@globex"]), &owner, on_app.operation(Action::PublishVersion)),
        ask(&packages(ReadWrite, &["@globex", "x"]), &owner, on_left_pad.operation(Action::PublishVersion)),
        ask(&orgs(ReadWrite, &["globex"]), &owner, on_app.operation(Action::DeleteTeam)),
        ask(&packages(ReadWrite, &["@acme/free"]), &owner, on_free.operation(Action::CreatePackage)),
        ask(
            &packages(ReadWrite, &["free"]),
            &owner,
            of(missing_package("free").into()).operation(Action::CreatePackage),
        ),
    ]);
    // C
    let readable = package("@acme/app").private().team("acme", "developers", ReadOnly).build();
    let on_readable = of(PackageState::from(&readable));
    texts.extend([
        ask(&publish, &alice, on_app.operation(Action::ReadPackage)),
        ask(&publish, &owner, on_readable.operation(Action::PublishVersion)),
        ask(&publish, &alice, on_left_pad.operation(Action::Unpublish)),
        ask(&publish, &alice, on_left_pad.operation(Action::ChangeVisibility)),
        ask(&publish, &alice, on_free.operation(Action::CreatePackage)),
        ask(&publish, &member, on_app.operation(Action::CreateTeam)),
        ask(&publish, &alice, on_app.operation(Action::ReadOrg)),
        ask(&publish, &owner, on_left_pad.operation(Action::SharePackage)),
        ask(&publish, &alice, on_app.operation(Action::ReadProfile)),
        ask(&publish, &member, of(missing_package("@acme/Free").into()).operation(Action::CreatePackage)),
    ]);
    // F
    let strict =
        package("left-pad").publishing_access(PublishingAccess::TwoFactorOnly).user("alice", ReadWrite).build();
    let on_strict = of(PackageState::from(&strict));
    texts.extend([
        ask(&packages(ReadWrite, &["left-pad"]), &alice, on_strict.operation(Action::PublishVersion)),
        ask(&publish, &alice, on_strict.operation(Action::PublishVersion)),
    ]);
    let or_bypass =
        package("left-pad").publishing_access(PublishingAccess::TwoFactorOrBypass).user("alice", ReadWrite).build();
    texts.push(ask(&publish, &alice, of(PackageState::from(&or_bypass)).operation(Action::PublishVersion)));
    // Before the owner's record is at hand, there is no resource to name.
    let early = office.as_view();
    let EarlyAnswer::Deny(early) = early.refuse_early(Action::PublishVersion, "10.1.2.3".parse().unwrap(), now())
    else {
        panic!("a read-only token never publishes");
    };
    texts.push(block(&early));
    texts
}

#[test]
fn every_denial_has_these_two_texts() {
    let got = denials().concat();
    println!("{got}");
    assert_eq!(got.trim(), TEXTS.trim());
}

#[test]
fn every_reason_is_among_them() {
    let reasons: BTreeSet<&str> =
        TEXTS.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(',').next()).collect();
    for reason in Reason::ALL {
        assert!(reasons.contains(reason.as_str()), "{reason}");
    }
}

/// What the client learns: status, and text of a denial.
fn told(decision: &Decision<'_>) -> (u16, String) {
    match decision {
        Decision::Deny(deny) => (deny.status(), deny.client_text().to_string()),
        Decision::Allow(_) | Decision::Challenge(_) => (decision.status(), String::new()),
    }
}

/// Every action that names a package.
const ON_PACKAGES: [Action; 12] = [
    Action::ReadPackage,
    Action::ListCollaborators,
    Action::PublishVersion,
    Action::Unpublish,
    Action::Deprecate,
    Action::SetDistTag,
    Action::ChangeVisibility,
    Action::ChangePublishingAccess,
    Action::ChangeMaintainers,
    Action::StarPackage,
    Action::ManageTeamAccess,
    Action::SharePackage,
];

/// The tokens of a caller: every kind, and grants that cover the name in each way or not at all.
fn tokens() -> Vec<Token> {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let mut tokens: Vec<Token> = LegacyKind::ALL.iter().map(|kind| legacy(*kind, "alice").build()).collect();
    for permission in [ReadOnly, ReadWrite] {
        for selection in [all(), only(&["@acme"]), only(&["@acme/secret"]), only(&["@globex", "left-pad"])] {
            let packages = granular("ci", "alice").packages(permission, selection);
            tokens.push(packages.clone().build());
            tokens.push(packages.organizations(ReadWrite, &["acme", "globex"]).build());
        }
        tokens.push(granular("ci", "alice").organizations(permission, &["acme"]).build());
        tokens.push(granular("ci", "alice").organizations(permission, &["globex"]).build());
    }
    tokens
}

#[test]
fn nobody_who_may_neither_read_nor_create_can_tell_a_hidden_package_from_a_free_name() {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let free = missing_package("@acme/secret");
    let owners = [
        user("alice"),
        user("alice").member("globex", Role::Owner, &["developers"]),
        user("alice").member("acme", Role::Member, &[]),
        user("alice").member("acme", Role::Member, &["developers"]),
        user("alice").member("acme", Role::Admin, &[]),
        user("alice").member("acme", Role::Owner, &[]),
    ];
    let secrets = [
        package("@acme/secret").private(),
        package("@acme/secret").private().user("alice", ReadWrite),
        package("@acme/secret").private().team("acme", "developers", ReadOnly),
        package("@acme/secret").private().team("acme", "developers", ReadWrite),
        package("@acme/secret").private().in_scope_of_a_user(),
        package("@acme/secret").private().in_scope_of_nobody().user("alice", ReadWrite),
    ];
    let (mut compared, mut managed) = (Vec::new(), BTreeSet::new());
    for owner in &owners {
        for mode in TwoFactorMode::ALL {
            let owner = owner.clone().two_factor(*mode).build();
            for (secret, access) in
                secrets.iter().flat_map(|secret| PublishingAccess::ALL.iter().map(move |a| (secret, a)))
            {
                let secret = secret.clone().publishing_access(*access).build();
                for token in tokens() {
                    for organization in [organization("acme"), organization("globex")] {
                        let with = Resources {
                            package: (&secret).into(),
                            organization: (&organization).into(),
                            team: team_name("developers"),
                            account: user_name("alice"),
                        };
                        let without = Resources { package: free.into(), ..with };
                        let bound = bind(&token, &owner);
                        let at = bound.at(ClientIp::UNKNOWN, now());
                        let reads = at.decide(with.operation(Action::ReadPackage)).is_allow();
                        let creates = !matches!(at.decide(without.operation(Action::CreatePackage)), Decision::Deny(_));
                        if reads || creates {
                            continue;
                        }
                        for action in ON_PACKAGES {
                            let (hidden, gone) =
                                (at.decide(with.operation(action)), at.decide(without.operation(action)));
                            let after_c = match &hidden {
                                Decision::Allow(_) | Decision::Challenge(_) => true,
                                Decision::Deny(deny) => {
                                    [Reason::TokensDisallowed, Reason::SecondFactorNotEnrolled].contains(&deny.reason())
                                }
                            };
                            if after_c {
                                managed.insert(action);
                            } else {
                                assert_eq!(told(&hidden), told(&gone), "{action} {token:?} {owner:?} {secret:?}");
                                compared.push(action);
                            }
                        }
                    }
                }
            }
        }
    }
    // Those who run an organization may manage what they may not read: it is no secret to them.
    assert_eq!(managed.into_iter().collect::<Vec<_>>(), [Action::ChangeVisibility, Action::ManageTeamAccess]);
    for action in ON_PACKAGES {
        assert!(compared.contains(&action), "{action}");
    }
    println!("{} pairs of denials compared", compared.len());
}

#[test]
fn without_a_known_token_a_hidden_package_and_a_free_name_are_told_alike() {
    let (secret, free) = (package("@acme/secret").private().build(), missing_package("@acme/secret"));
    for action in PackageAction::ALL {
        let (hidden, gone) = (authorize_anonymous(*action, &secret), authorize_anonymous(*action, free));
        assert_eq!(told(&hidden), told(&gone), "{action} without a token");
        let (hidden, gone) = (deny_unknown_token(*action, &secret), deny_unknown_token(*action, free));
        assert_eq!(told(&hidden), told(&gone), "{action} with an unknown token");
    }
    let acme = organization("acme");
    for action in [Action::ManageTeamAccess, Action::SharePackage] {
        let with = Resources {
            package: (&secret).into(),
            organization: (&acme).into(),
            team: team_name("developers"),
            account: user_name("alice"),
        };
        let without = Resources { package: free.into(), ..with };
        // These two have no anonymous form of their own: a stranger's token stands for the caller who has nothing.
        let stranger = user("mallory").build();
        let token = legacy(LegacyKind::Publish, "mallory").build();
        let bound = bind(&token, &stranger);
        let at = bound.at(ClientIp::UNKNOWN, now());
        let (hidden, gone) = (at.decide(with.operation(action)), at.decide(without.operation(action)));
        assert_eq!(told(&hidden), told(&gone), "{action}");
        assert_eq!(hidden.status(), 404);
    }
}

#[test]
fn who_may_read_the_package_is_told_more() {
    let member = user("alice").member("acme", Role::Member, &["developers"]).build();
    let readable = package("@acme/secret").private().team("acme", "developers", GrantedPermission::ReadOnly).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let bound = bind(&token, &member);
    let at = bound.at(ClientIp::UNKNOWN, now());
    assert_eq!(
        told(&at.decide(PackageAction::Deprecate.on(&readable))),
        (403, "the account that this access token belongs to may not deprecate `@acme/secret`".into())
    );
    assert_eq!(
        told(&at.decide(PackageAction::Deprecate.on(missing_package("@acme/secret")))),
        (404, "`@acme/secret` could not be found or you do not have permission to access it".into())
    );
}

/// F1: "and the permission of the side used is read-write". No decision turns on it, since G1 denies such a write before
/// F is asked; what is told to the operator does.
#[test]
fn a_bypass_is_told_of_the_side_with_read_write_only() {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let (read, write) = (GrantedPermission::ReadOnly, GrantedPermission::ReadWrite);
    let token = granular("ci", "alice").packages(read, all()).organizations(write, &["acme"]).bypass_2fa().build();
    let (bound, left_pad, acme) = (bind(&token, &alice), package("left-pad").build(), organization("acme"));
    let at = bound.at(ClientIp::UNKNOWN, now());
    let explained = |operation| at.decide(operation).explain().to_string();
    assert!(explained(PackageAction::Publish.on(&left_pad)).contains("the token does not bypass the second factor"));
    assert!(explained(OrganizationAction::AddMember.on(&acme)).contains("the token bypasses the second factor"));
}

/// G2: "needs both, the organization first". The reason is the same either way; the texts say which of the two it was.
#[test]
fn of_an_organization_and_a_package_that_are_not_selected_the_organization_is_told() {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let acme = organization("acme");
    let team_access = Resources {
        package: (&left_pad).into(),
        organization: (&acme).into(),
        team: team_name("developers"),
        account: user_name("alice"),
    };
    let told_to = |orgs: &[&str]| {
        let write = GrantedPermission::ReadWrite;
        let token = granular("ci", "alice").packages(write, only(&["right-pad"])).organizations(write, orgs).build();
        let bound = bind(&token, &alice);
        let at = bound.at(ClientIp::UNKNOWN, now());
        told(&at.decide(team_access.operation(Action::ManageTeamAccess))).1
    };
    assert_eq!(told_to(&["globex"]), "the access token does not cover the organization `acme`");
    assert_eq!(told_to(&["acme"]), "the access token does not cover `left-pad`");
}
