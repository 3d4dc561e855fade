//! The record of a decision for an audit log, as JSON: every field of an allow, a challenge, a denial, an early refusal, and
//! of a request without a token on record.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use serde_json::{Value, json};
use tollgate::{
    AccountAction, Decision, OrganizationAction, PackageAction, Policy, authorize_anonymous,
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
