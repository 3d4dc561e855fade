use super::{BypassCovers, Edition, LegacyTokens, Policy, PolicyError, PolicySwitch, UnscopedPackages};
use crate::facts::PublishingAccess;
use alloc::{string::ToString, vec::Vec};
use core::time::Duration;

const DAY: u64 = 24 * 60 * 60;

fn days(days: u32) -> Duration {
    Duration::from_hours(24).saturating_mul(days)
}

#[test]
fn the_editions_are_the_columns_of_the_table() {
    type Row = (Edition, LegacyTokens, Option<u64>, Option<u64>, PublishingAccess, BypassCovers);
    let rows: [Row; 4] = [
        (
            Edition::Npm2025_10,
            LegacyTokens::Honoured,
            None,
            None,
            PublishingAccess::NoRequirement,
            BypassCovers::Everything,
        ),
        (
            Edition::Npm2025_12,
            LegacyTokens::Retired,
            Some(90 * DAY),
            Some(7_200),
            PublishingAccess::TwoFactorOrBypass,
            BypassCovers::Everything,
        ),
        (
            Edition::Npm2026_08,
            LegacyTokens::Retired,
            Some(90 * DAY),
            Some(7_200),
            PublishingAccess::TwoFactorOrBypass,
            BypassCovers::AllButGovernance,
        ),
        (
            Edition::Npm2027_01,
            LegacyTokens::Retired,
            Some(90 * DAY),
            Some(7_200),
            PublishingAccess::TwoFactorOrBypass,
            BypassCovers::AllButGovernanceAndPublish,
        ),
    ];
    assert_eq!(rows.map(|row| row.0).as_slice(), Edition::ALL);
    for (edition, legacy_tokens, write, session, access, covers) in rows {
        let policy = Policy::from(edition);
        assert_eq!(policy.edition(), edition);
        assert_eq!(policy.legacy_tokens(), legacy_tokens);
        assert_eq!(policy.write_lifetime_at_most(), write.map(Duration::from_secs));
        assert_eq!(policy.session_lifetime_at_most(), session.map(Duration::from_secs));
        assert_eq!(policy.least_publishing_access(), access);
        assert_eq!(policy.bypass_covers(), covers);
        assert_eq!(policy.unscoped_packages(), UnscopedPackages::AlwaysPublic);
        assert_eq!(policy.token_lifetime_at_most(), None);
        assert!(!policy.requires_ranges() && policy.allows_bypass() && policy.allows_all_packages());
        assert_eq!(policy.to_string(), edition.as_str());
    }
}

#[test]
fn a_switch_takes_the_present_value_or_a_stricter_one_and_names_itself_otherwise() {
    let policy = Policy::NPM_2026_08;
    assert_eq!(policy.with_bypass_covers(BypassCovers::AllButGovernance), Ok(policy));
    assert_eq!(
        policy.with_bypass_covers(BypassCovers::Everything).unwrap_err().to_string(),
        "`bypass_covers` as `everything`, looser than the `all-but-governance` of a policy of the edition `npm-2026-08`: \
         expected `all-but-governance` or stricter",
    );
    assert_eq!(policy.with_least_publishing_access(PublishingAccess::TwoFactorOrBypass), Ok(policy));
    assert!(policy.with_least_publishing_access(PublishingAccess::NoRequirement).is_err());

    assert_eq!(policy.with_write_lifetime_at_most(days(90)), Ok(policy));
    assert_eq!(policy.with_write_lifetime_at_most(days(1)).unwrap().write_lifetime_at_most(), Some(days(1)));
    let looser = policy.with_write_lifetime_at_most(days(90) + Duration::from_secs(1)).unwrap_err();
    assert_eq!(
        looser.to_string(),
        "`write_lifetime_at_most` as `7776001 seconds`, looser than the `90 days` of a policy of the edition \
         `npm-2026-08`: expected `90 days` or stricter",
    );
    let switch = PolicySwitch::WriteLifetimeAtMost;
    let short = days(1).saturating_sub(Duration::from_secs(1));
    assert_eq!(
        policy.with_write_lifetime_at_most(short),
        Err(PolicyError::TooShort { switch, found: short, at_least: days(1) }),
    );
    assert_eq!(
        policy.with_write_lifetime_at_most(days(2) + Duration::from_nanos(1)),
        Err(PolicyError::NotWholeSeconds { switch }),
    );

    assert_eq!(policy.with_session_lifetime_at_most(Duration::from_hours(2)), Ok(policy));
    assert!(policy.with_session_lifetime_at_most(Duration::from_secs(1)).is_ok());
    assert_eq!(
        policy.with_session_lifetime_at_most(Duration::ZERO).unwrap_err().to_string(),
        "`session_lifetime_at_most` of 0 seconds: expected at least 1",
    );
    assert!(policy.with_session_lifetime_at_most(Duration::from_secs(7_201)).is_err());

    let a_year = policy.with_token_lifetime_at_most(days(365)).unwrap();
    assert_eq!(a_year.token_lifetime_at_most(), Some(days(365)));
    assert!(a_year.with_token_lifetime_at_most(days(366)).is_err(), "looser than the present limit");
    assert!(policy.with_token_lifetime_at_most(short).is_err());
}

#[test]
fn a_policy_displays_its_edition_and_what_is_stricter() {
    let policy = Policy::NPM_2025_10
        .retire_legacy_tokens()
        .require_ranges()
        .forbid_bypass()
        .forbid_all_packages()
        .with_unscoped_packages(UnscopedPackages::MayBePrivate)
        .with_session_lifetime_at_most(Duration::from_secs(90))
        .unwrap();
    assert_eq!(
        policy.to_string(),
        "npm-2025-10, legacy_tokens: retired, session_lifetime_at_most: 90 seconds, unscoped_packages: may-be-private, \
         ranges: required, bypass: forbidden, all_packages: forbidden",
    );
    assert!(policy.requires_ranges() && !policy.allows_bypass() && !policy.allows_all_packages());
}

#[test]
fn the_policy_of_a_decision_has_every_switch_that_decisions_read() {
    let policy = Policy::NPM_2025_10
        .retire_legacy_tokens()
        .with_bypass_covers(BypassCovers::AllButGovernanceAndPublish)
        .and_then(|policy| policy.with_least_publishing_access(PublishingAccess::TwoFactorOnly))
        .unwrap()
        .with_unscoped_packages(UnscopedPackages::MayBePrivate);
    assert_eq!(policy.for_decisions().to_policy(), policy);
    let issuing_only = policy.require_ranges();
    assert_eq!(issuing_only.for_decisions().to_policy(), policy);
    for edition in Edition::ALL {
        assert_eq!(edition.policy().for_decisions().to_policy(), edition.policy());
    }
}

#[test]
fn switches_are_listed_in_the_order_of_the_files() {
    let words: Vec<_> = PolicySwitch::ALL.iter().map(|switch| switch.as_str()).collect();
    assert_eq!(words.len(), 10);
    assert!(words.starts_with(&["legacy_tokens", "write_lifetime_at_most", "session_lifetime_at_most"]));
}

#[test]
#[cfg(feature = "serde")]
fn the_policy_of_a_decision_is_stored_without_limits_for_issuing() {
    use super::DecisionPolicy;

    let tightened = Policy::NPM_2025_12.with_bypass_covers(BypassCovers::AllButGovernance).unwrap().forbid_bypass();
    let read_by_decisions = tightened.for_decisions();
    let text = serde_json::to_string(&read_by_decisions).unwrap();
    assert_eq!(text, r#"{"edition":"npm-2025-12","bypass_covers":"all-but-governance"}"#);
    assert_eq!(serde_json::from_str::<DecisionPolicy>(&text).unwrap(), read_by_decisions);
    assert_eq!(read_by_decisions.to_string(), "npm-2025-12, bypass_covers: all-but-governance");
    let whole = serde_json::to_string(&tightened).unwrap();
    assert_eq!(
        serde_json::from_str::<DecisionPolicy>(&whole).unwrap_err().to_string(),
        "policy: found a limit for issuing in `npm-2025-12, bypass_covers: all-but-governance, bypass: forbidden`: \
         expected only what decisions read",
    );
}
