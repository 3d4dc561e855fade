//! What must not be told, and answers that are taken for others.

use super::*;

// What must not be told.

/// Whether a private name exists was told by the status, or by another wording of "not found"; D3, D4.
#[test]
fn a_hidden_package_and_a_free_name_are_told_alike() {
    let (acme, globex) = (organization("acme"), organization("globex"));
    let stranger = user("alice").member("globex", Role::Owner, &["developers"]).build();
    let free = missing_package("@acme/secret");
    let everything = granular("ci", "alice").packages(WRITE, all()).organizations(WRITE, &["acme", "globex"]);
    let mut tokens: Vec<Token> = LegacyKind::ALL.iter().map(|kind| legacy(*kind, "alice").build()).collect();
    tokens.extend([everything.clone().build(), everything.bypass_2fa().build()]);
    tokens.push(granular("ci", "alice").packages(READ, only(&["@acme/secret"])).build());
    tokens.push(granular("ci", "alice").packages(WRITE, only(&["@acme"])).build());
    let private = package("@acme/secret").private().team("acme", "developers", WRITE).user("alice", READ);
    let mut told_404 = 0;
    for access in PublishingAccess::ALL {
        let hidden = private.clone().publishing_access(*access).build();
        for token in &tokens {
            let bound = bind(Policy::NPM_2025_10, token, &stranger);
            let at = bound.at(ClientIp::UNKNOWN, now());
            for action in Action::ALL.iter().filter(|action| on(**action, free, &acme).package().is_some()) {
                for organization in [&acme, &globex] {
                    let is_hidden = told(&at.decide(on(*action, &hidden, organization)));
                    assert_eq!(is_hidden, told(&at.decide(on(*action, free, organization))), "{action} {token:?}");
                    told_404 += usize::from(is_hidden.0 == 404);
                }
            }
        }
        for action in PackageAction::ALL {
            let (with, without) = (action.on(&hidden), action.on(free));
            assert_eq!(
                told(&Caller::NoToken.decide(with, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)),
                told(&Caller::NoToken.decide(without, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)),
                "{action}"
            );
            assert_eq!(
                told(&Caller::UnknownToken.decide(with, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)),
                told(&Caller::UnknownToken.decide(without, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)),
                "{action}"
            );
        }
    }
    assert!(told_404 > 0);
    // A token that may read the package is told what is missing.
    let member = user("alice").member("acme", Role::Member, &[]).build();
    let (hidden, token) = (private.build(), publish_token());
    let bound = bind(Policy::NPM_2025_10, &token, &member);
    let at = bound.at(ClientIp::UNKNOWN, now());
    assert_eq!(answer(&at.decide(PackageAction::ReadPackage.on(&hidden))), READS);
    assert_eq!(told(&at.decide(PackageAction::Deprecate.on(&hidden))).0, 403);
    assert_eq!(told(&at.decide(PackageAction::Deprecate.on(free))).0, 404);
}

/// The form for new tokens told which private packages exist, by what it said of a name typed in; L8.
#[test]
fn making_a_token_does_not_tell_a_hidden_package_from_a_free_name() {
    let alice = user("alice").member("acme", Role::Member, &["developers"]).build();
    let hidden = package("@acme/secret").private().user("bob", WRITE).team("acme", "designers", WRITE).build();
    let (free, name) = (missing_package("@acme/secret"), "@acme/secret".parse::<PackageName>().unwrap());
    for permission in [READ, WRITE] {
        let made = |state: PackageState<'_>| {
            let settings = granular("ci", "alice").packages(permission, only(&["@acme/secret"]));
            issue(settings, &alice, &[state], IssuedBy::Owner).map(drop)
        };
        assert_eq!(made((&hidden).into()), Err(IssueError::PackageNotFound { package: name.clone() }));
        assert_eq!(made((&hidden).into()), made(free.into()));
        let (told, told_of_free) = (made((&hidden).into()).unwrap_err(), made(free.into()).unwrap_err());
        assert_eq!(told.to_string(), told_of_free.to_string());
        let shared = package("@acme/secret").private().team("acme", "developers", WRITE).build();
        assert_eq!(made((&shared).into()), Ok(()));
    }
}

/// A secret that was typed into the wrong field came back in the error, and so in logs; S3.
#[test]
fn no_error_repeats_a_secret() {
    fn error<T: FromStr<Err: Display>>(text: &str) -> String {
        text.parse::<T>().err().unwrap().to_string()
    }
    let typed_into = |text: &str| {
        let mut errors = vec![
            error::<SecretDigest>(text),
            error::<IpRange>(text),
            error::<ClientIp>(text),
            error::<Timestamp>(text),
            error::<TokenName>(text),
            error::<UserName>(text),
            error::<PackageName>(text),
            error::<LegacyKind>(text),
            TokenId::new(&format!("{text}\n")).unwrap_err().to_string(),
            Secret::new(text).unwrap_err().to_string(),
        ];
        let publish = request("t-1", "publish", "left-pad");
        for field in ["action", "package", "client_ip", "now", "second_factor", text] {
            let line = with(publish.clone(), &format!("/{field}"), json!(text));
            errors.push(read_request(line).unwrap_err());
        }
        errors.push(read_request(with(without(publish, "/token"), "/secret", json!([text]))).unwrap_err());
        for field in ["version", "owner", "created", "revoked", "cidr", "legacy", text] {
            let stored = with(stored_legacy("publish"), &format!("/{field}"), json!(text));
            errors.push(load_token(stored).unwrap_err());
        }
        for at in ["/tokens/0/secret_sha256", "/tokens/0/owner", "/users/0/status", "/packages/0/name", "/orgs/0/name"]
        {
            errors.push(load_world(with(world(), at, json!(text))).unwrap_err());
        }
        errors
    };
    let secret = "npm_QzXvJwKpYtRbHgFdLsMn9876543210qWeRtYuI";
    let parts = (8..=secret.len()).filter_map(|end| secret.get(end.checked_sub(8)?..end)).collect::<Vec<_>>();
    for error in typed_into(&format!("{secret} !")) {
        assert!(!parts.iter().any(|part| error.contains(part)), "{error}");
    }
    assert!(typed_into("no secret !").iter().filter(|error| error.contains("`no secret !`")).count() > 10);
}

// Answers that are taken for others.

/// A token that was not accepted was dropped, and the request served as if it had none; T: a bad token is not no token.
#[test]
fn a_bad_token_is_never_treated_as_no_token() {
    let directory = load_world(world()).unwrap();
    let read = request("t-1", "read-package", "left-pad");
    assert_eq!(decide(&directory, &read), READS);
    assert_eq!(decide(&directory, &with(read.clone(), "/token", Value::Null)), READS, "nobody at all may read it");
    for bad in ["", "t-3", "T-1", "t-1 ", "null", "anonymous"] {
        assert_eq!(decide(&directory, &with(read.clone(), "/token", json!(bad))), UNKNOWN, "{bad:?}");
    }
    let by_secret = |text: &str| decide(&directory, &with(without(read.clone(), "/token"), "/secret", json!(text)));
    assert_eq!(by_secret(&secret_of("t-1")), READS);
    let right = secret_of("t-1");
    let digest = digest_of(&right);
    let (upper, spaced, bearer) = (right.to_uppercase(), format!("{right} "), format!("Bearer {right}"));
    let near = [&*upper, &*spaced, &*bearer, digest.as_str().unwrap()];
    for bad in ["", " ", "null", "undefined", "t-1", "\u{e9}", "a\0b", &"x".repeat(513)].into_iter().chain(near) {
        assert_eq!(by_secret(bad), UNKNOWN, "{bad:?}");
    }
    assert!(read_request(without(read.clone(), "/token")).is_err(), "none has to be said");
    // Known and dead is not none either.
    let alice = user("alice").build();
    let inside = "10.1.2.3".parse().unwrap();
    let token = || granular("ci", "alice").packages(READ, only(&["x"])).ranges(&["10.0.0.0/8"]);
    assert_eq!(reading_at(inside, now(), &token().build(), &alice), READS, "nor does a narrow one lose what is public");
    assert_eq!(reading_at(inside, now(), &token().revoked(CREATED).build(), &alice), REVOKED);
    assert_eq!(reading_at(inside, time("2026-01-01T00:00:00Z"), &token().build(), &alice), EXPIRED);
    assert_eq!(reading(&token().build(), &alice), BARRED);
}

/// The checksum was believed, and any text of the right sum was a token; S1: it is a filter, S2: the digest decides.
#[test]
fn a_right_checksum_authenticates_nothing() {
    let prefix = SecretPrefix::default();
    let [known, forged] = [[7; 64], [8; 64]].map(|bytes| MintedSecret::mint(&prefix, &bytes).unwrap());
    // A foreign token whose last six characters are no checksum, on record as well.
    let foreign = known.expose().replace(known.expose().get(34..).unwrap(), "zzzzzz");
    let world = with(world(), "/tokens/0/secret_sha256", digest_of(known.expose()));
    let directory = load_world(with(world, "/tokens/1/secret_sha256", digest_of(&foreign))).unwrap();
    let read = without(request("t-1", "read-package", "left-pad"), "/token");
    for (text, form, expected) in [
        (known.expose(), Checksum::Valid, READS),
        (forged.expose(), Checksum::Valid, UNKNOWN),
        (&*foreign, Checksum::Invalid, READS),
    ] {
        assert_eq!(Secret::new(text).unwrap().form(&prefix), SecretForm::Prefixed(form));
        assert_eq!(decide(&directory, &with(read.clone(), "/secret", json!(text))), expected);
        let found = directory.token_by_secret(Secret::new(text).unwrap());
        assert_eq!(matches!(found, Caller::Token(_)), expected == READS);
    }
}

/// "May create" was kept and used for the package that somebody else made meanwhile; D2: they are two actions.
#[test]
fn an_allow_to_create_a_package_does_not_cover_a_new_version() {
    let member = user("alice").member("acme", Role::Member, &[]).build();
    let app = package("@acme/app").private().team("acme", "developers", WRITE).build();
    let tokens = [
        publish_token(),
        legacy(LegacyKind::Automation, "alice").build(),
        granular("ci", "alice").packages(WRITE, only(&["@acme"])).build(),
    ];
    for token in &tokens {
        let publish = |package: PackageState<'_>| publishing(token, &member, package);
        assert_eq!(publish(missing_package("@acme/app").into()), CREATES);
        assert_eq!(publish((&app).into()), NO_RIGHT);
    }
    // The reverse holds too: a token that may write every version of a package may not create it again.
    let developer = user("alice").member("acme", Role::Member, &["developers"]).build();
    let by_name = granular("ci", "alice").packages(WRITE, only(&["@acme/app"])).build();
    let publish = |package: PackageState<'_>| publishing(&by_name, &developer, package);
    assert_eq!(publish((&app).into()), PUBLISHES);
    assert_eq!(publish(missing_package("@acme/app").into()), NOT_TO_CREATE);
}

/// "Needs a one-time password" was a success with a note, and callers went on; F6 is the only way to an allow.
#[test]
fn a_challenge_is_not_an_allow() {
    let strict = with(world(), "/users/0/two_factor", json!("auth-and-writes"));
    let directory = load_world(&strict).unwrap();
    let publish = request("t-1", "publish", "left-pad");
    let of = |request: &Value| {
        let request = read_request(request).unwrap();
        let caller = directory.caller(&request);
        serde_json::to_value(DecisionLine::decided(&request, &directory.decide(&caller, &request))).unwrap()
    };
    let without_factor = json!({"id": "r", "decision": "challenge", "action": "publish-version", "reason": null,
        "status": 401, "valid_until": null, "via": null});
    assert_eq!(of(&publish), without_factor);
    let with_factor = json!({"id": "r", "decision": "allow", "action": "publish-version", "reason": null,
        "status": 200, "valid_until": null, "via": AllowedBy::SecondFactor});
    assert_eq!(of(&with(publish.clone(), "/second_factor", json!(true))), with_factor);
    let parsed = read_request(&publish).unwrap();
    let caller = directory.caller(&parsed);
    let decision = directory.decide(&caller, &parsed);
    assert!(!decision.is_allow() && decision.validity() == Validity::ThisRequestOnly);
    assert!(Verdict::Deny < Verdict::Challenge && Verdict::Challenge < Verdict::Allow);
    // A factor heals nothing but a challenge.
    let denied = request("t-1", "publish", "@acme/../app");
    assert!(read_request(&denied).is_err());
    let denied = with(request("t-1", "deprecate", "@acme/gone"), "/second_factor", json!(true));
    assert_eq!(decide(&directory, &denied), Deny(Reason::NoSuchPackage));
    let unknown = with(with(publish, "/token", json!("t-3")), "/second_factor", json!(true));
    assert_eq!(decide(&directory, &unknown), UNKNOWN);
}

/// "Disallow tokens" was a question of the second factor, which automation is never asked; F2 asks before the bypass.
#[test]
fn no_bypass_passes_where_tokens_are_disallowed() {
    let acme = organization("acme");
    let publish = publish_token();
    let bypassing = granular("ci", "alice").packages(WRITE, all()).organizations(WRITE, &["acme"]).bypass_2fa().build();
    let automation = legacy(LegacyKind::Automation, "alice").build();
    let with_access = |access| package("left-pad").user("alice", WRITE).publishing_access(access).build();
    let (banned, or_bypass) = (PublishingAccess::TwoFactorOnly, PublishingAccess::TwoFactorOrBypass);
    let (banned, or_bypass) = (with_access(banned), with_access(or_bypass));
    let publishes = vec![Action::PublishVersion, Action::Unpublish, Action::Deprecate, Action::SetDistTag];
    let settings = vec![Action::ChangePublishingAccess, Action::ChangeMaintainers, Action::GrantTeamAccess];
    for mode in TwoFactorMode::ALL {
        let alice = user("alice").member("acme", Role::Admin, &[]).two_factor(*mode).build();
        for (token, actions) in
            [(&automation, publishes.clone()), (&bypassing, [publishes.clone(), settings.clone()].concat())]
        {
            for action in actions {
                assert_eq!(
                    ask(token, &alice, on(action, &banned, &acme)),
                    Deny(Reason::TokensDisallowed),
                    "{action} {mode}"
                );
                assert_eq!(ask(token, &alice, on(action, &or_bypass, &acme)), Allow(action), "{action} {mode}");
            }
            assert_eq!(ask(token, &alice, on(Action::ReadPackage, &banned, &acme)), READS, "a read is no write");
        }
        // A legacy publish token is challenged, and denied if the account has no second factor.
        let enrolled = *mode != TwoFactorMode::Disabled;
        let expected = if enrolled { Challenge(Action::Deprecate) } else { Deny(Reason::SecondFactorNotEnrolled) };
        assert_eq!(ask(&publish, &alice, on(Action::Deprecate, &banned, &acme)), expected, "{mode}");
    }
}
