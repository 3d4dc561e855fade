//! What a policy and a hold allow to be issued (P1 to P3, P7, T5, L9), with both edges of each limit and one past each.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use tollgate::{
    Policy, Timestamp, User,
    policy::{Edition, PolicySwitch},
    testing::{GranularBuilder, all, granular, legacy, only, session, time, token_id, user},
    token::{
        GranularIssueFacts, GranularToken, IssueError, IssueFacts, IssuedBy, LegacyKind, LegacyToken, NameAvailability,
        SessionToken,
    },
    value::{AllowedRanges, GrantedPermission, PackagesPermission},
};

const NOW: &str = "2026-01-01T00:00:00Z";
/// 90 days after [`NOW`], and a nanosecond more.
const NINETY_DAYS: &str = "2026-04-01T00:00:00Z";
const LATER: &str = "2026-04-01T00:00:00.000000001Z";

fn facts(policy: Policy, owner: &User) -> IssueFacts<'_> {
    IssueFacts { policy, owner: owner.as_view(), issued_by: IssuedBy::Owner, now: time(NOW) }
}

fn issue_granular(issue: IssueFacts<'_>, token: GranularBuilder) -> Result<(), IssueError> {
    let facts =
        GranularIssueFacts { issue, packages: &[], granular_tokens: 0, name_availability: NameAvailability::Free };
    GranularToken::issue(token_id("t"), token.settings(), &facts).map(|_| ())
}

fn issue_session(facts: IssueFacts<'_>, expires_at: &str) -> Result<(), IssueError> {
    SessionToken::issue(token_id("t"), time(expires_at), AllowedRanges::Any, &facts).map(|_| ())
}

fn issue_legacy(facts: IssueFacts<'_>, kind: LegacyKind) -> Result<(), IssueError> {
    LegacyToken::issue(token_id("t"), kind, AllowedRanges::Any, &facts).map(|_| ())
}

/// The switch that the error names, or none where the token was issued.
fn refused_by(result: Result<(), IssueError>) -> Option<PolicySwitch> {
    match result {
        Ok(()) => None,
        Err(IssueError::AgainstPolicy { switch, .. }) => Some(switch),
        Err(error) => panic!("{error}"),
    }
}

fn message(result: Result<(), IssueError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn legacy_tokens_are_issued_where_they_are_honoured() {
    let alice = user("alice").build();
    for edition in Edition::ALL {
        for kind in LegacyKind::ALL {
            let refused = refused_by(issue_legacy(facts(edition.policy(), &alice), *kind));
            let expected = (*edition != Edition::Npm2025_10).then_some(PolicySwitch::LegacyTokens);
            assert_eq!(refused, expected, "{edition} {kind}");
        }
    }
    let ours = Policy::NPM_2025_10.retire_legacy_tokens();
    assert_eq!(
        message(issue_legacy(facts(ours, &alice), LegacyKind::Publish)),
        "a legacy publish token: expected a granular token or a session, since legacy tokens are retired, by \
         `legacy_tokens` of the policy `npm-2025-10, legacy_tokens: retired`",
    );
}

#[test]
fn a_token_that_can_write_lives_at_most_90_days_from_december_2025_on() {
    let alice = user("alice").build();
    let writers = [
        granular("ci", "alice").packages(PackagesPermission::ReadWrite, all()),
        granular("ci", "alice").packages(PackagesPermission::StageOnly, all()),
        granular("ci", "alice")
            .packages(PackagesPermission::ReadOnly, all())
            .organizations(GrantedPermission::ReadOnly, &["acme"]),
    ];
    let alice_in_acme = user("alice").member("acme", tollgate::value::Role::Owner, &[]).build();
    let organizations = granular("ci", "alice").organizations(GrantedPermission::ReadWrite, &["acme"]);
    for edition in Edition::ALL {
        let limit = (*edition != Edition::Npm2025_10).then_some(PolicySwitch::WriteLifetimeAtMost);
        let refused = |owner: &User, token: &GranularBuilder, at: &str| {
            refused_by(issue_granular(facts(edition.policy(), owner), token.clone().created(NOW).expires(at)))
        };
        let [read_write, stage_only, read_only] = &writers;
        for token in [read_write, stage_only] {
            assert_eq!(refused(&alice, token, NINETY_DAYS), None, "{edition}");
            assert_eq!(refused(&alice, token, LATER), limit, "{edition}");
        }
        assert_eq!(refused(&alice_in_acme, &organizations, NINETY_DAYS), None, "{edition}");
        assert_eq!(refused(&alice_in_acme, &organizations, LATER), limit, "{edition}");
        assert_eq!(refused(&alice_in_acme, read_only, "2036-01-01T00:00:00Z"), None, "{edition}");
    }
    let token = granular("ci", "alice").packages(PackagesPermission::ReadWrite, all()).expires("2026-04-02T00:00:00Z");
    assert_eq!(
        message(issue_granular(facts(Policy::NPM_2026_08, &alice), token)),
        "a lifetime of 91 days: expected at most 90 days, by `write_lifetime_at_most` of the policy `npm-2026-08`",
    );
    let token = granular("ci", "alice").packages(PackagesPermission::ReadWrite, all()).expires(LATER);
    assert_eq!(
        message(issue_granular(facts(Policy::NPM_2026_08, &alice), token)),
        "a lifetime of 7776001 seconds: expected at most 90 days, by `write_lifetime_at_most` of the policy `npm-2026-08`",
    );
}

#[test]
fn a_session_lives_at_most_two_hours_from_december_2025_on() {
    let alice = user("alice").build();
    for edition in Edition::ALL {
        let refused = |at: &str| refused_by(issue_session(facts(edition.policy(), &alice), at));
        let limit = (*edition != Edition::Npm2025_10).then_some(PolicySwitch::SessionLifetimeAtMost);
        assert_eq!(refused("2026-01-01T00:00:00.000000001Z"), None, "{edition}");
        assert_eq!(refused("2026-01-01T02:00:00Z"), None, "{edition}");
        assert_eq!(refused("2026-01-01T02:00:00.000000001Z"), limit, "{edition}");
    }
    assert_eq!(
        message(issue_session(facts(Policy::NPM_2025_10, &alice), NOW)),
        "a session that expires at 2026-01-01T00:00:00Z: expected an expiry after 2026-01-01T00:00:00Z, the time of issue",
    );
    // The limit on granular tokens is not for sessions.
    let day = Policy::NPM_2025_10.with_token_lifetime_at_most(core::time::Duration::from_hours(24)).unwrap();
    assert_eq!(issue_session(facts(day, &alice), "2027-01-01T00:00:00Z"), Ok(()));
}

#[test]
fn house_limits_are_for_granular_tokens() {
    let alice = user("alice").build();
    let house = Policy::NPM_2025_10.require_ranges().forbid_bypass().forbid_all_packages();
    let token = || granular("ci", "alice").packages(PackagesPermission::ReadWrite, only(&["@alice"]));
    let token = || token().ranges(&["10.0.0.0/8"]).expires(NINETY_DAYS);
    assert_eq!(issue_granular(facts(house, &alice), token()), Ok(()));
    let refused = |token: GranularBuilder| refused_by(issue_granular(facts(house, &alice), token));
    assert_eq!(refused(token().ranges(&[])), Some(PolicySwitch::Ranges));
    assert_eq!(refused(token().bypass_2fa()), Some(PolicySwitch::Bypass));
    assert_eq!(refused(token().packages(PackagesPermission::ReadOnly, all())), Some(PolicySwitch::AllPackages));
    // Nothing of it is for the other kinds.
    assert_eq!(issue_legacy(facts(house, &alice), LegacyKind::Automation), Ok(()));
    assert_eq!(issue_session(facts(house, &alice), NINETY_DAYS), Ok(()));

    let week = core::time::Duration::from_hours(7 * 24);
    let week = Policy::NPM_2026_08.with_token_lifetime_at_most(week).unwrap();
    let reader = |at: &str| granular("ci", "alice").packages(PackagesPermission::ReadOnly, all()).expires(at);
    assert_eq!(issue_granular(facts(week, &alice), reader("2026-01-08T00:00:00Z")), Ok(()));
    let late = issue_granular(facts(week, &alice), reader("2026-01-08T00:00:00.000000001Z"));
    assert_eq!(refused_by(late), Some(PolicySwitch::TokenLifetimeAtMost));
}

#[test]
fn an_owner_on_hold_is_issued_what_a_login_makes() {
    let held = user("alice").writes_held_until("2026-01-01T00:00:00.000000001Z").build();
    let released = user("alice").writes_held_until(NOW).build();
    let token = || granular("ci", "alice").packages(PackagesPermission::ReadOnly, all()).expires(NINETY_DAYS);
    let policy = Policy::NPM_2025_10;
    let on_hold = IssueError::OwnerOnHold { until: time("2026-01-01T00:00:00.000000001Z") };
    assert_eq!(issue_granular(facts(policy, &held), token()), Err(on_hold.clone()));
    assert_eq!(issue_granular(facts(policy, &released), token()), Ok(()));
    for kind in LegacyKind::ALL {
        let expected = if *kind == LegacyKind::Publish { Ok(()) } else { Err(on_hold.clone()) };
        assert_eq!(issue_legacy(facts(policy, &held), *kind), expected, "{kind}");
        assert_eq!(issue_legacy(facts(policy, &released), *kind), Ok(()), "{kind}");
    }
    assert_eq!(issue_session(facts(policy, &held), "2026-01-01T02:00:00Z"), Ok(()));
    assert_eq!(
        on_hold.to_string(),
        "the owner is on hold until 2026-01-01T00:00:00.000000001Z: expected a token that a login makes, or a time after \
         the hold",
    );
}

#[test]
fn a_suspended_owner_is_issued_no_session() {
    let alice = user("alice").suspended().build();
    let policy = Policy::NPM_2026_08;
    assert_eq!(issue_session(facts(policy, &alice), "2026-01-01T02:00:00Z"), Err(IssueError::OwnerSuspended));
}

/// A token made by the right of another one (L9): that one is a session, or a legacy publish token where those are honoured.
#[test]
fn the_maker_is_a_session_or_an_honoured_publish_token() {
    let alice = user("alice").build();
    let token = || granular("ci", "alice").packages(PackagesPermission::ReadOnly, all()).expires(NINETY_DAYS);
    let makers = [
        (session("s", "alice").expires(NINETY_DAYS).build(), true, true),
        (session("s", "alice").expires(NINETY_DAYS).revoked(NOW).build(), false, false),
        (session("s", "alice").expires(NOW).build(), false, false),
        (session("s", "alice").expires("2026-01-01T00:00:00.000000001Z").build(), true, true),
        (legacy(LegacyKind::Publish, "alice").build(), true, false),
        (legacy(LegacyKind::Automation, "alice").build(), false, false),
        (legacy(LegacyKind::ReadOnly, "alice").build(), false, false),
        (granular("g", "alice").packages(PackagesPermission::ReadWrite, all()).build(), false, false),
    ];
    for (maker, under_2025_10, under_2026_08) in &makers {
        for (policy, may) in [(Policy::NPM_2025_10, under_2025_10), (Policy::NPM_2026_08, under_2026_08)] {
            let facts = IssueFacts { issued_by: IssuedBy::Token(maker.as_view()), ..facts(policy, &alice) };
            let expected = if *may { Ok(()) } else { Err(IssueError::IssuerMayNotCreateTokens { kind: maker.kind() }) };
            assert_eq!(issue_granular(facts, token()), expected, "{policy} {}", maker.kind());
            assert_eq!(issue_session(facts, "2026-01-01T02:00:00Z"), expected, "{policy} {}", maker.kind());
        }
    }
}

#[test]
fn a_session_made_by_a_token_with_ranges_stays_within_them() {
    let alice = user("alice").build();
    let maker = session("s", "alice").expires(NINETY_DAYS).ranges(&["10.0.0.0/8"]).build();
    let facts = IssueFacts { issued_by: IssuedBy::Token(maker.as_view()), ..facts(Policy::NPM_2026_08, &alice) };
    let expires_at: Timestamp = time("2026-01-01T02:00:00Z");
    let issue = |ranges: &[&str]| {
        SessionToken::issue(token_id("t"), expires_at, tollgate::testing::ranges(ranges), &facts).map(|_| ())
    };
    assert_eq!(issue(&["10.1.0.0/16"]), Ok(()));
    assert_eq!(issue(&[]), Err(IssueError::RangesRequired));
    assert!(matches!(issue(&["10.0.0.0/7"]), Err(IssueError::RangeOutsideIssuer { .. })));
}
