//! The instants at which tokens begin and end.

use super::*;

// Times.

/// The instant of expiry belonged to the token in one place and not in another; T2: it is dead at the instant.
#[test]
fn a_token_is_dead_at_the_instant_of_its_expiry() {
    let alice = user("alice").build();
    let at = |text: &str, expires: &str| {
        let token = granular("ci", "alice").packages(READ, all()).expires(expires).build();
        reading_at(ClientIp::UNKNOWN, time(text), &token, &alice)
    };
    let expires = "2026-01-01T00:00:00Z";
    assert_eq!(at("2025-12-31T23:59:59.999999999Z", expires), READS);
    for dead in
        ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000001Z", "2026-01-01T02:00:00+02:00", "9999-12-31T23:59:59Z"]
    {
        assert_eq!(at(dead, expires), EXPIRED, "{dead}");
    }
    assert_eq!(at("2026-01-01T00:59:59.999999999+01:00", expires), READS, "an hour that is only the clock's");
    assert_eq!(at("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000001Z"), READS);
}

/// A token was made to live for no time or for ever, by an expiry near now or none; L4: a day at least, and an end.
#[test]
fn a_life_of_a_day_less_a_nanosecond_is_too_short() {
    let (alice, id) = (user("alice").build(), token_id("t"));
    let expiring = |at: &str| {
        let settings = granular("ci", "alice").packages(READ, all()).expires(at);
        let issued = issue(settings.clone(), &alice, &[], IssuedBy::Owner).is_ok();
        let stored = with(with(stored_granular(), "/granular/expires", json!(at)), "/created", json!(NOW));
        assert_eq!(load_token(stored).is_ok(), issued);
        // A row of other storage.
        let GranularSettings { expires_at, bypass_2fa, packages, organizations, .. } = &settings.settings();
        let (expires_at, bypass_2fa) = (*expires_at, *bypass_2fa);
        let limits = GranularView { expires_at, bypass_2fa, packages, organizations };
        let view = TokenView::granular(
            TokenFacts { id: &id, owner: user_name("alice"), created: now(), revoked: None },
            &AllowedRanges::Any,
            limits,
        );
        assert_eq!(view.is_ok(), issued);
        issued
    };
    assert!(expiring("2025-11-02T00:00:00Z"));
    assert!(expiring("2025-11-02T00:00:00.000000001Z"));
    assert!(!expiring("2025-11-01T23:59:59.999999999Z"));
    assert!(!expiring("2025-11-02T00:00:00+00:01"));
    assert!(!expiring("2025-11-01T00:00:00Z") && !expiring("0000-01-01T00:00:00Z"));
    for never in [json!(null), json!("never"), json!(""), json!(0), json!(253_402_300_799_u64)] {
        assert!(load_token(with(stored_granular(), "/granular/expires", never)).is_err());
    }
}

/// "Revoke all my tokens" spared those made in that very instant; T1: at or before the cut-off.
#[test]
fn the_cut_off_revokes_a_token_made_at_its_own_instant() {
    let tokens = [publish_token(), granular_token()];
    let later = legacy(LegacyKind::Publish, "alice").created("2025-10-30T12:00:00.000000001Z").build();
    assert_eq!(reading(&later, &user("alice").tokens_revoked_until(CREATED).build()), READS, "made after it");
    for token in &tokens {
        let until = |at: &str| reading(token, &user("alice").tokens_revoked_until(at).build());
        assert_eq!(until("2025-10-30T11:59:59.999999999Z"), READS);
        assert_eq!(until(CREATED), REVOKED);
        assert_eq!(until("2025-10-30T12:00:00.000000001Z"), REVOKED);
        assert_eq!(until("9999-12-31T23:59:59.999999999Z"), REVOKED, "whatever its time says");
    }
}

/// A revocation with a time to come, by a wrong clock or a wrong unit, left the token alive until then; T1.
#[test]
fn a_revocation_counts_whatever_its_time_says() {
    let alice = user("alice").build();
    for at in
        ["0000-01-01T00:00:00Z", "2025-10-31T00:00:00Z", NOW, "2025-11-01T00:00:00.000000001Z", "9999-12-31T23:59:59Z"]
    {
        let mut dead = [
            legacy(LegacyKind::Publish, "alice").revoked(at).build(),
            granular("ci", "alice").packages(READ, all()).revoked(at).build(),
            load_token(with(stored_legacy("publish"), "/revoked", json!(at))).unwrap(),
        ];
        for token in &mut dead {
            assert_eq!(reading(token, &alice), REVOKED, "{at}");
            token.revoke(Timestamp::MAX);
            assert_eq!(token.revoked(), Some(time(at)), "nothing moves it, and nothing takes it back");
        }
    }
    assert_eq!(reading(&publish_token(), &alice), READS);
}

/// A suspended account went on downloading what is public. The owner's suspension (T4) is checked before the public read (V1).
#[test]
fn a_suspended_owner_does_not_even_read_what_is_public() {
    for token in [legacy(LegacyKind::ReadOnly, "alice").build(), granular_token()] {
        let read = |owner: User| reading(&token, &owner);
        assert_eq!(read(user("alice").suspended().build()), Deny(Reason::OwnerSuspended));
        assert_eq!(read(user("alice").build()), READS);
    }
    assert_eq!(answer(&authorize_anonymous(PackageAction::ReadPackage, &package("left-pad").build())), READS);
}

/// An expiry near the end of time wrapped round into the past or the future; L4: arithmetic ends in an error.
#[test]
fn times_overflow_at_neither_end() {
    let first = ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00-00:00", "0000-01-01T23:59:00+23:59"];
    let last = ["9999-12-31T23:59:59.999999999Z", "9999-12-31T00:00:59.999999999-23:59"];
    assert!(first.iter().all(|text| time(text) == Timestamp::MIN));
    assert!(last.iter().all(|text| time(text) == Timestamp::MAX));
    let beyond = "0000-01-01T00:00:00+00:01 0000-01-01T23:58:59+23:59 9999-12-31T23:59:59-00:01 9999-12-31T24:00:00Z \
        9999-12-31T00:01:00-23:59 10000-01-01T00:00:00Z -0001-12-31T23:59:59Z +9999-12-31T23:59:59Z \
        2025-11-01T00:00:00.9999999999Z 2025-11-01T00:00:60Z 2025-11-01T00:00:00";
    for beyond in beyond.split_whitespace() {
        assert!(beyond.parse::<Timestamp>().is_err(), "{beyond}");
    }
    for (seconds, fits) in [(i64::MAX, false), (i64::MIN, false), (253_402_300_800, false), (253_402_300_799, true)] {
        assert_eq!(Timestamp::from_unix_seconds(seconds).is_ok(), fits);
    }
    assert!(Timestamp::MAX.checked_add(Duration::from_nanos(1)).is_err());
    assert!(Timestamp::MIN.checked_add(Duration::MAX).is_err());
    assert_eq!(Timestamp::MAX.checked_add(Duration::ZERO), Ok(Timestamp::MAX));
    let all_time = Timestamp::MAX.duration_since(Timestamp::MIN).unwrap();
    assert_eq!(Timestamp::MIN.checked_add(all_time), Ok(Timestamp::MAX));
    assert_eq!(Timestamp::MIN.duration_since(Timestamp::MAX), None, "never the age of what is to come");
    // A token made at either end, alive until the last instant and not in it.
    let alice = user("alice").build();
    let made = |created: &str| {
        let stored = with(stored_granular(), "/cidr", Value::Null);
        let stored = with(with(stored, "/created", json!(created)), "/granular/expires", json!(Timestamp::MAX));
        load_token(&stored)
    };
    assert!(made("9999-12-31T00:00:00Z").is_err() && made("9999-12-30T23:59:59.999999999Z").is_ok());
    let ancient = made("0000-01-01T00:00:00Z").unwrap();
    let before_the_end = time("9999-12-31T23:59:59.999999998Z");
    assert_eq!(reading_at(ClientIp::UNKNOWN, Timestamp::MIN, &ancient, &alice), READS);
    assert_eq!(reading_at(ClientIp::UNKNOWN, before_the_end, &ancient, &alice), READS);
    assert_eq!(reading_at(ClientIp::UNKNOWN, Timestamp::MAX, &ancient, &alice), EXPIRED);
    // One issued there.
    let issue_at = |now: &str| {
        let settings =
            granular("ci", "alice").packages(READ, all()).expires("9999-12-31T23:59:59.999999999Z").settings();
        let (owner, issued_by, now) = (alice.as_view(), IssuedBy::Owner, time(now));
        let facts = GranularIssueFacts {
            issue: IssueFacts { policy: Policy::NPM_2025_10, owner, issued_by, now },
            packages: &[],
            granular_tokens: 0,
            name_availability: NameAvailability::Free,
        };
        GranularToken::issue(token_id("t"), settings, &facts).map(drop)
    };
    assert_eq!(issue_at("9999-12-30T23:59:59.999999999Z"), Ok(()));
    for late in ["9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999999999Z"] {
        let created = time(late);
        assert_eq!(issue_at(late), Err(IssueError::Invalid(GranularTokenError::CreatedTooLate { created })));
    }
}
