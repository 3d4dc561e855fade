//! The record of a decision for an audit log, as JSON: every field of an allow, a challenge, a denial, an early refusal, and
//! of a request without a token on record.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use serde_json::{Value, json};
use tollgate::{
    AccountAction, ClientIp, Decision, OrganizationAction, PackageAction, Policy, Secret, authorize_anonymous,
    decision::{AuditRecord, EarlyAnswer},
    deny_unknown_token,
    facts::{Account, PublishingAccess, TwoFactorMode},
    operation::Action,
    testing::{all, bind, granular, organization, package, session, time, user, user_name},
    value::{GrantedPermission, Role},
};

/// The record without its text, and whether it has one.
fn record(decision: &Decision<'_>) -> (Value, bool) {
    let mut record = serde_json::to_value(AuditRecord::from(decision)).unwrap();
    let text = record.as_object_mut().unwrap().remove("text").unwrap();
    (record, text.is_string())
}

/// The record of a publish of `left-pad` with the session, except for the fields in `changed`.
fn expected(changed: Value) -> Value {
    let mut record = json!({
        "rules_version": 2, "policy": "npm-2026-08", "decision": "challenge", "requested": "publish",
        "action": "publish-version", "package": "left-pad", "org": null, "team": null, "user": null, "reason": null,
        "demanded_by": "package", "via": null, "valid_until": null, "status": 401, "token": "login", "owner": "alice",
        "client_ip": "192.0.2.7", "now": "2025-11-01T00:00:00Z", "depends_on": ["token", "owner", "now", "package"],
    });
    let Value::Object(changed) = changed else { panic!("expected an object") };
    for (field, value) in changed {
        *record.get_mut(&field).unwrap() = value;
    }
    record
}

#[test]
fn a_record_has_every_field_of_the_decision() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).member("acme", Role::Owner, &[]).build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite);
    let left_pad = left_pad.publishing_access(PublishingAccess::TwoFactorOrBypass).build();
    let acme = organization("acme");
    let client_ip = "192.0.2.7".parse().unwrap();
    let at = time("2025-11-01T00:00:00Z");
    let expiry = "2026-01-01T00:00:00Z";
    let reads = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).expires(expiry).build();
    let login = session("login", "alice").expires(expiry).build();
    let policy = Policy::NPM_2026_08;
    let (reads, login) = (bind(policy, &reads, &alice), bind(policy, &login, &alice));

    let challenged = login.at(client_ip, at).decide(PackageAction::Publish.on(&left_pad));
    assert_eq!(record(&challenged), (expected(json!({})), false));

    let allowed = login.at(client_ip, at).decide(OrganizationAction::ReadOrg.on(&acme));
    let allow = json!({"decision": "allow", "requested": "read-org", "action": "read-org", "package": null,
        "org": "acme", "demanded_by": null, "via": "grant", "valid_until": expiry, "status": 200,
        "depends_on": ["token", "owner", "now", "organization"]});
    assert_eq!(record(&allowed), (expected(allow), false));

    let account = login.at(client_ip, at).decide(AccountAction::Whoami.on(Account { user: user_name("alice") }));
    let allow = json!({"decision": "allow", "requested": "whoami", "action": "whoami", "package": null, "user": "alice",
        "demanded_by": null, "via": "grant", "valid_until": expiry, "status": 200,
        "depends_on": ["token", "owner", "now"]});
    assert_eq!(record(&account), (expected(allow), false));

    let deny = json!({"decision": "deny", "requested": "unpublish", "action": null, "reason": "permission-too-low",
        "demanded_by": null, "valid_until": expiry, "status": 403, "token": "ci",
        "depends_on": ["token", "owner", "now"]});
    let denied = reads.at(client_ip, at).decide(PackageAction::Unpublish.on(&left_pad));
    assert_eq!(record(&denied), (expected(deny.clone()), true));

    // An early refusal names no package, and asks nothing about the owner.
    let EarlyAnswer::Deny(early) = policy.refuse_early(reads.token(), Action::Unpublish, client_ip, at) else {
        panic!("the token only reads")
    };
    let mut early_deny = expected(deny);
    early_deny["package"] = Value::Null;
    early_deny["depends_on"] = json!(["token", "now"]);
    assert_eq!(record(&Decision::Deny(early)), (early_deny, true));

    // Without a token on record, nothing is known of the token, the place and the time.
    let nobody = json!({"decision": "deny", "action": null, "reason": "authentication-required", "demanded_by": null,
        "policy": null, "token": null, "owner": null, "client_ip": null, "now": null, "depends_on": []});
    let anonymous = authorize_anonymous(PackageAction::Publish, &left_pad);
    assert_eq!(record(&anonymous), (expected(nobody.clone()), true));
    let mut unknown = expected(nobody);
    unknown["reason"] = json!("token-unknown");
    unknown["depends_on"] = json!(["token"]);
    assert_eq!(record(&deny_unknown_token(PackageAction::Publish, &left_pad)), (unknown, true));
}

#[test]
fn a_record_of_a_guess_has_its_address_its_time_and_on_request_a_part_of_its_digest() {
    let left_pad = package("left-pad").build();
    let (client_ip, at) = ("192.0.2.7".parse().unwrap(), time("2025-11-01T00:00:00Z"));
    let secret = "npm_guessed-and-not-on-record";
    let digest = Secret::new(secret).unwrap().digest();
    let unknown = deny_unknown_token(PackageAction::Publish, &left_pad);
    let anonymous = authorize_anonymous(PackageAction::Publish, &left_pad);
    let public_read = authorize_anonymous(PackageAction::ReadPackage, &left_pad);
    for decision in [&unknown, &anonymous, &public_read] {
        let record = AuditRecord::from(decision);
        let traced = record.clone().at(client_ip, at);
        assert_eq!((traced.client_ip.as_deref(), traced.now), (Some("192.0.2.7"), Some(at)));
        // Nothing else changes, and no field is added.
        let mut untraced = traced.clone();
        (untraced.client_ip, untraced.now) = (None, None);
        assert_eq!(untraced, record);
        let written = serde_json::to_string(&traced).unwrap();
        assert!(!written.contains("digest_prefix"), "{written}");
        assert_eq!(serde_json::from_str::<AuditRecord>(&written).unwrap(), traced);
        // An address that is not known is said to be unknown.
        assert_eq!(record.at(ClientIp::UNKNOWN, at).client_ip.as_deref(), Some("unknown"));
    }
    let record = AuditRecord::from(&unknown).with_digest_prefix(&digest);
    let prefix = record.digest_prefix.as_deref().unwrap();
    assert_eq!(prefix.len(), 8);
    assert!(digest.to_hex().starts_with(prefix));
    let written = serde_json::to_string(&record).unwrap();
    assert!(!written.contains(&digest.to_hex()[..9]) && !written.contains(secret), "{written}");
    assert_eq!(serde_json::from_str::<AuditRecord>(&written).unwrap(), record);
    // Without a token there is no digest.
    for decision in [&anonymous, &public_read] {
        assert_eq!(AuditRecord::from(decision).with_digest_prefix(&digest), AuditRecord::from(decision));
    }
}

#[test]
fn a_record_of_a_token_keeps_the_address_and_the_time_of_its_decision() {
    let alice = user("alice").build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let login = session("login", "alice").build();
    let login = bind(Policy::NPM_2026_08, &login, &alice);
    let (digest, later) = (Secret::new("npm_login").unwrap().digest(), time("2025-11-01T00:00:01Z"));
    for decided_from in ["192.0.2.7".parse().unwrap(), ClientIp::UNKNOWN] {
        let at = login.at(decided_from, time("2025-11-01T00:00:00Z"));
        for action in [PackageAction::ReadPackage, PackageAction::Publish] {
            let record = AuditRecord::from(&at.decide(action.on(&left_pad)));
            let other_place = "198.51.100.7".parse().unwrap();
            assert_eq!(record.clone().at(other_place, later).with_digest_prefix(&digest), record);
        }
    }
}
