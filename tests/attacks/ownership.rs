//! Somebody else's token, account or factor, and tokens that make tokens.

use super::*;

// What belongs to another account.

/// A look-up that returned another user's record gave the token that user's rights; D5: no owner, no allow.
#[test]
fn a_token_is_not_decided_by_the_record_of_another_user() {
    let (alice, admin) = (user("alice").build(), user("root").member("acme", Role::Owner, &[]).build());
    for token in [publish_token(), granular_token()] {
        assert!(Policy::NPM_2025_10.bind(&token, &admin).is_err());
        assert!(Policy::NPM_2025_10.bind_owned(token.clone(), admin.clone()).is_err());
        assert!(Policy::NPM_2025_10.bind(&token, &alice).is_ok());
        assert!(Policy::NPM_2025_10.bind_owned(token, alice.clone()).is_ok());
    }
    assert!(load_world(with(world(), "/tokens/0/owner", json!("nobody"))).is_err());
}

/// A token that may revoke tokens revoked those of any account that it named. An account action reaches the owner's own account
/// only (C6).
#[test]
fn an_account_action_reaches_no_other_account() {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let publish = publish_token();
    for action in AccountAction::ALL {
        let on_account = |name| ask(&publish, &alice, action.on(user_name(name)));
        for name in ["bob", "Alice", "alice2", "acme"] {
            assert_eq!(on_account(name), NO_RIGHT, "{action} on {name}");
        }
        assert!(matches!(on_account("alice"), Allow(_)), "{action}");
    }
}

/// Any valid one-time password passed, of any account and of any age. It must be the owner's own and fresh (F6).
#[test]
fn a_second_factor_of_another_account_or_time_answers_no_challenge() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let publish = publish_token();
    let bound = bind(Policy::NPM_2025_10, &publish, &alice);
    let name = missing_package("left-pad");
    let answered = |owner: &str, verified_at: &str, max_age: MaxFactorAge| {
        let Decision::Challenge(challenge) = bound.at(ClientIp::UNKNOWN, now()).decide(PackageAction::Publish.on(name))
        else {
            panic!("not challenged")
        };
        let factor = VerifiedFactor { owner: user_name(owner), verified_at: time(verified_at) };
        answer(&challenge.answer(&factor, max_age))
    };
    let minute = MaxFactorAge::new(Duration::from_mins(1)).unwrap();
    let day = MaxFactorAge::new(Duration::from_hours(24)).unwrap();
    let (yes, no) = (CREATES, Challenge(Action::CreatePackage));
    for (owner, verified_at, max_age, expected) in [
        ("alice", "2025-11-01T00:00:00Z", minute, yes),
        ("alice", "2025-10-31T23:59:00Z", minute, yes),
        ("alice", "2025-10-31T23:58:59.999999999Z", minute, no),
        ("alice", "2025-11-01T00:00:00.000000001Z", minute, no),
        ("alice", "2025-11-01T00:00:00Z", MaxFactorAge::THIS_REQUEST, yes),
        ("alice", "2025-10-31T23:59:59.999999999Z", MaxFactorAge::THIS_REQUEST, no),
        ("alice", "2025-10-31T00:00:00Z", day, yes),
        ("alice", "2025-10-30T23:59:59.999999999Z", day, no),
        ("alice", "0000-01-01T00:00:00Z", day, no),
        ("alice", "9999-12-31T23:59:59.999999999Z", day, no),
        ("bob", "2025-11-01T00:00:00Z", minute, no),
        ("Alice", "2025-11-01T00:00:00Z", day, no),
    ] {
        assert_eq!(answered(owner, verified_at, max_age), expected, "{owner} {verified_at} {max_age:?}");
    }
}

// Tokens that make tokens.

/// A token bound to an office made itself a twin that worked from anywhere; L9: the new one stays within its maker.
#[test]
fn a_maker_with_ranges_makes_no_token_that_reaches_further() {
    let alice = user("alice").build();
    let maker = legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8", "2001:db8::/32"]).build();
    let everywhere = publish_token();
    let outside = |text: &str| Err(IssueError::RangeOutsideIssuer { range: text.parse().unwrap() });
    for (texts, expected) in [
        (vec![], Err(IssueError::RangesRequired)),
        (vec!["0.0.0.0/0"], outside("0.0.0.0/0")),
        (vec!["::/0"], outside("::/0")),
        (vec!["10.0.0.0/7"], outside("10.0.0.0/7")),
        (vec!["2001:db8::/31"], outside("2001:db8::/31")),
        (vec!["10.1.0.0/16", "11.0.0.1/32"], outside("11.0.0.1/32")),
        (vec!["10.0.0.0/8"], Ok(())),
        (vec!["10.1.0.0/16", "2001:db8:1::/48", "::ffff:10.1.2.3/128"], Ok(())),
    ] {
        let made = |issued_by| {
            let settings = granular("ci", "alice").packages(READ, all()).ranges(&texts);
            let granular = issue(settings, &alice, &[], issued_by).map(drop);
            let ranges = ranges(&texts);
            let legacy = LegacyToken::issue(
                token_id("l"),
                LegacyKind::Publish,
                ranges,
                &IssueFacts { policy: Policy::NPM_2025_10, owner: alice.as_view(), issued_by, now: now() },
            );
            assert_eq!(granular, legacy.map(drop), "{texts:?}");
            granular
        };
        assert_eq!(made(IssuedBy::Token(maker.as_view())), expected, "{texts:?}");
        assert_eq!(made(IssuedBy::Token(everywhere.as_view())), Ok(()), "{texts:?}");
        assert_eq!(made(IssuedBy::Owner), Ok(()), "{texts:?}");
    }
}

/// A token that was dead, lesser or somebody else's could still make a fresh one; L9, K1, T1.
#[test]
fn a_token_without_create_token_makes_no_token() {
    let alice = user("alice").build();
    let made = |owner: &User, maker: &Token| {
        let settings = granular("ci", "alice").packages(READ, all());
        issue(settings, owner, &[], IssuedBy::Token(maker.as_view())).map(drop)
    };
    let publish = || legacy(LegacyKind::Publish, "alice");
    for maker in [
        publish().revoked(CREATED).build(),
        publish().revoked("9999-12-31T23:59:59Z").build(),
        legacy(LegacyKind::ReadOnly, "alice").build(),
        legacy(LegacyKind::Automation, "alice").build(),
        granular("ci", "alice").packages(WRITE, all()).bypass_2fa().build(),
    ] {
        assert_eq!(made(&alice, &maker), Err(IssueError::IssuerMayNotCreateTokens { kind: maker.kind() }), "{maker:?}");
    }
    let maker = publish().build();
    assert_eq!(made(&alice, &maker), Ok(()));
    let cut_off = user("alice").tokens_revoked_until(CREATED).build();
    assert_eq!(made(&cut_off, &maker), Err(IssueError::IssuerMayNotCreateTokens { kind: maker.kind() }));
    assert_eq!(made(&user("alice").suspended().build(), &maker), Err(IssueError::OwnerSuspended));
    let of_bob = legacy(LegacyKind::Publish, "bob").build();
    assert!(matches!(made(&alice, &of_bob), Err(IssueError::IssuerOfOtherUser { .. })));
    // The decision says the same of `create-token`.
    let create = AccountAction::CreateToken.on(user_name("alice"));
    let automation = legacy(LegacyKind::Automation, "alice").build();
    assert_eq!(ask(&automation, &alice, create), NOT_ITS_KIND);
    assert_eq!(ask(&maker, &alice, create), Allow(Action::CreateToken));
}
