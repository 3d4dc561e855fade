//! Tests of each house rule, with facts from builders and assertions that print the explanation when they fail.

use tollgate::{
    PackageAction, Policy, Reason, authorize,
    decision::{AllowedBy, Verdict},
    facts::TwoFactorMode,
    rules::DemandedBy,
    testing::{
        all, assert_allowed, assert_challenged, assert_denied, bind, granular, legacy, now, package, ranges, user,
    },
    token::LegacyKind,
    value::GrantedPermission,
};
use tollgate_downstream::house::{HouseFacts, HouseRules};

const POLICY: Policy = Policy::NPM_2025_10;

/// Returns house rules with builds in `10.0.0.0/8`.
fn house() -> HouseRules {
    HouseRules { builds: ranges(&["10.0.0.0/8"]) }
}

#[test]
fn only_a_build_may_publish_or_stage() {
    let alice = user("alice").build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadWrite, all()).build();
    let ci = bind(POLICY, &ci, &alice);
    for action in [PackageAction::Publish, PackageAction::Stage] {
        for (client_ip, expected) in [("10.1.2.3", None), ("192.0.2.1", Some("builds-only"))] {
            let client_ip = client_ip.parse().unwrap();
            let decision = authorize(&ci, action, &left_pad, client_ip, now());
            assert_eq!(assert_allowed(decision).allowed_by(), AllowedBy::Grant);
            let answer = house().on_top(decision, HouseFacts { client_ip, dependents: 0 });
            assert_eq!(answer.reason, expected, "{action} from {client_ip}: {answer:?}");
        }
    }
}

#[test]
fn a_house_rule_turns_a_challenge_into_a_denial() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let laptop = legacy(LegacyKind::Publish, "alice").build();
    let client_ip = "192.0.2.1".parse().unwrap();
    let laptop = bind(POLICY, &laptop, &alice);
    for (action, dependents, expected) in [
        (PackageAction::Unpublish, 0, Verdict::Challenge),
        (PackageAction::Unpublish, 1, Verdict::Deny),
        (PackageAction::Deprecate, 1, Verdict::Challenge),
        (PackageAction::Publish, 0, Verdict::Deny),
    ] {
        let decision = authorize(&laptop, action, &left_pad, client_ip, now());
        assert_eq!(assert_challenged(decision).demanded_by(), DemandedBy::Account);
        let answer = house().on_top(decision, HouseFacts { client_ip, dependents });
        assert_eq!(answer.verdict, expected, "{answer:?}");
    }
}

#[test]
fn a_denial_keeps_its_reason_and_text() {
    let (alice, app) = (user("alice").build(), package("@acme/app").private().build());
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadWrite, all()).build();
    let client_ip = "192.0.2.1".parse().unwrap();
    let ci = bind(POLICY, &ci, &alice);
    let decision = authorize(&ci, PackageAction::Publish, &app, client_ip, now());
    let deny = assert_denied(decision, Reason::OwnerLacksPermission);
    let answer = house().on_top(decision, HouseFacts { client_ip, dependents: 1 });
    assert_eq!((answer.reason, answer.status), (Some("owner-lacks-permission"), 404));
    assert_eq!(answer.client_text, Some(deny.client_text().to_string()));
}
