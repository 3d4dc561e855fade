//! The oracle against cases worked out by hand, and the generator against what FORMAT asks of a world.
//!
//! Nothing here touches the crate: this is the test of the tests.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a slip in a test's own tables fails the test")]
#![expect(clippy::arithmetic_side_effects, reason = "instants lie within ten thousand years")]

use crate::oracle::{self, worlds};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const NOW: &str = "2025-11-01T00:00:00Z";

/// FORMAT's own world.
fn example_world() -> Value {
    json!({
        "policy": "npm-2025-10",
        "users": [
            {"name": "alice", "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
             "writes_held_until": null,
             "orgs": [{"name": "acme", "role": "owner", "teams": ["developers"]}]},
            {"name": "bob", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null,
             "writes_held_until": null}
        ],
        "orgs": [{"name": "acme"}],
        "packages": [
            {"name": "@acme/app", "visibility": "private", "publishing_access": "two-factor-or-bypass",
             "users": {"bob": "read-only"}, "teams": {"acme:developers": "read-write"}}
        ],
        "tokens": [
            {"id": "t-1", "owner": "alice", "secret_sha256": null, "created": "2025-10-30T12:00:00Z",
             "revoked": null, "cidr": ["10.0.0.0/8", "2001:db8::/32"], "legacy": "publish"},
            {"id": "t-2", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
             "granular": {"name": "ci", "description": "", "expires": "2026-01-01T00:00:00Z", "bypass_2fa": true,
               "packages_and_scopes": {"permission": "read-write",
                 "select": {"packages": ["left-pad"], "scopes": ["@acme"]}},
               "orgs": {"permission": "read-only", "select": ["acme"]}}}
        ]
    })
}

#[test]
fn the_oracle_answers_the_examples_of_the_format_page() {
    let world = example_world();
    let cases = [
        (
            json!({"id": "r1", "token": "t-2", "action": "publish", "package": "@acme/app", "client_ip": "10.1.2.3",
                   "now": NOW}),
            json!({"id": "r1", "decision": "allow", "action": "publish-version", "reason": null, "status": 200,
                   "valid_until": "2026-01-01T00:00:00Z", "via": "grant"}),
        ),
        (
            json!({"id": "r2", "token": "t-1", "action": "create-team", "org": "acme", "team": "ops",
                   "client_ip": "10.0.0.1", "now": NOW, "second_factor": true}),
            json!({"id": "r2", "decision": "allow", "action": "create-team", "reason": null, "status": 200,
                   "valid_until": null, "via": "second-factor"}),
        ),
        (
            json!({"id": "r3", "token": null, "action": "read-package", "package": "left-pad",
                   "client_ip": "192.0.2.1", "now": NOW}),
            json!({"id": "r3", "decision": "deny", "action": null, "reason": "no-such-package", "status": 404,
                   "valid_until": null, "via": null}),
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(oracle::decide(&world, &request), expected);
    }
}

/// A world for the tricky cases: alice owns acme and administers rival, bob is a member of acme with no second factor,
/// carol left acme but kept her direct grants, eve is suspended.
fn tricky_world() -> Value {
    let package = |name: &str, visibility: &str, access: &str, users: Value, teams: Value| {
        json!({"name": name, "visibility": visibility, "publishing_access": access, "users": users,
               "teams": teams})
    };
    let legacy = |id: &str, owner: &str, kind: &str| {
        json!({"id": id, "owner": owner, "created": "2025-10-01T00:00:00Z", "revoked": null, "cidr": null,
               "legacy": kind})
    };
    let granular = |id: &str, owner: &str, bypass: bool, packages: Value, orgs: Value| {
        json!({"id": id, "owner": owner, "created": "2025-10-01T00:00:00Z", "revoked": null, "cidr": null,
               "granular": {"name": id, "expires": "2025-12-01T01:30:00.25+01:30", "bypass_2fa": bypass,
                 "packages_and_scopes": packages, "orgs": orgs}})
    };
    let rw = |select: Value| json!({"permission": "read-write", "select": select});
    let ro = |select: Value| json!({"permission": "read-only", "select": select});
    let none = || json!({"permission": "no-access"});
    let both = json!({"bob": "read-write", "carol": "read-write"});
    let mut world = json!({
        "policy": "npm-2025-10",
        "users": [
            {"name": "alice", "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
             "writes_held_until": null,
             "orgs": [{"name": "acme", "role": "owner", "teams": ["developers"]},
                      {"name": "rival", "role": "admin"}]},
            {"name": "bob", "status": "active", "two_factor": "disabled",
             "tokens_revoked_until": "2025-09-30T23:59:59.999999999Z", "writes_held_until": null,
             "orgs": [{"name": "acme", "role": "member"}]},
            {"name": "carol", "status": "active", "two_factor": "auth-only",
             "tokens_revoked_until": "2025-10-01T02:00:00+02:00", "writes_held_until": null},
            {"name": "dan", "status": "active", "two_factor": "auth-only", "tokens_revoked_until": null,
             "writes_held_until": null},
            {"name": "eve", "status": "suspended", "two_factor": "disabled", "tokens_revoked_until": null,
             "writes_held_until": null}
        ],
        "orgs": [{"name": "acme"}, {"name": "rival"}],
        "packages": [
            package("left-pad", "public", "no-requirement", json!({"alice": "read-write"}), json!({})),
            package("acme", "public", "no-requirement", json!({"bob": "read-write"}), json!({})),
            package("JSONStream", "public", "two-factor-only", json!({"alice": "read-write"}), json!({})),
            package("@acme/app", "private", "two-factor-or-bypass", both.clone(),
                    json!({"acme:developers": "read-only"})),
            package("@acme/lib", "public", "two-factor-only", both, json!({"acme:developers": "read-write"})),
            package("@rival/x", "private", "no-requirement", json!({"alice": "read-write"}), json!({})),
            package("@alice/own", "private", "no-requirement", json!({}), json!({})),
            package("@dan/d", "private", "no-requirement", json!({"alice": "read-only"}),
                    json!({"acme:developers": "read-only"})),
            package("@ghost/g", "private", "no-requirement", json!({"alice": "read-write", "dan": "read-write"}),
                    json!({"acme:developers": "read-only"})),
        ],
        "tokens": [
            legacy("a-pub", "alice", "publish"), legacy("a-auto", "alice", "automation"),
            legacy("a-read", "alice", "read-only"), legacy("b-pub", "bob", "publish"),
            legacy("b-auto", "bob", "automation"), legacy("c-pub", "carol", "publish"),
            legacy("d-pub", "dan", "publish"), legacy("e-pub", "eve", "publish"),
            granular("a-all", "alice", true, rw(json!("all")), rw(json!(["acme", "rival"]))),
            granular("a-acme", "alice", false, rw(json!({"scopes": ["acme"]})), rw(json!(["acme"]))),
            granular("a-name", "alice", true, rw(json!({"packages": ["@acme/new", "@alice/own", "left-pad"]})), none()),
            granular("a-ro", "alice", true, ro(json!("all")), rw(json!(["acme"]))),
            granular("a-orgs", "alice", true, none(), rw(json!(["acme"]))),
            granular("b-all", "bob", true, rw(json!("all")), rw(json!(["acme"])))
        ]
    });
    let mut late = legacy("c-new", "carol", "publish");
    late["created"] = json!("2025-10-01T00:00:00.000000001Z");
    world["tokens"].as_array_mut().unwrap().push(late);
    let more = [("a-v4", json!(["::ffff:10.0.0.0/104"])), ("a-v6", json!(["::/0"]))];
    for (id, ranges) in more {
        let mut token = legacy(id, "alice", "read-only");
        token["cidr"] = ranges;
        world["tokens"].as_array_mut().unwrap().push(token);
    }
    world
}

/// `decision reason-or-action status via`, for a case to name in one line.
fn summary(line: &Value) -> String {
    if line["error"] == json!(true) {
        return "error".to_owned();
    }
    let what = if line["reason"].is_null() { &line["action"] } else { &line["reason"] };
    format!(
        "{} {} {} {}",
        line["decision"].as_str().unwrap(),
        what.as_str().unwrap(),
        line["status"],
        line["via"].as_str().unwrap_or("-")
    )
}

/// A request out of `key=value` words; `token=-` is no token, `2fa` a shown second factor.
fn request_of(words: &str) -> Value {
    let mut request = json!({"id": "x", "now": NOW});
    for word in words.split(' ') {
        match word.split_once('=') {
            Some(("token", "-")) => request["token"] = Value::Null,
            Some((key, value)) => request[key] = json!(value),
            None if word == "2fa" => request["second_factor"] = json!(true),
            None => request["action"] = json!(word),
        }
    }
    request
}

/// Requests, and what [`summary`] says of their decisions.
const CASES: &[(&str, &str)] = &[
    // T1: made one nanosecond after the cut-off, and exactly at it, in another offset.
    ("whoami token=b-pub", "allow whoami 200 grant"),
    ("whoami token=c-new", "allow whoami 200 grant"),
    ("whoami token=c-pub", "deny token-revoked 401 -"),
    // T2: dead at the instant.
    ("whoami token=a-all now=2025-12-01T00:00:00.249999999Z", "allow whoami 200 grant"),
    ("whoami token=a-all now=2025-12-01T00:00:00.25Z", "deny token-expired 401 -"),
    // T2: before it was made is not a reason.
    ("whoami token=a-all now=2020-01-01T00:00:00Z", "allow whoami 200 grant"),
    // T3.
    ("whoami token=a-v4 client_ip=10.9.9.9", "allow whoami 200 grant"),
    ("whoami token=a-v4 client_ip=::ffff:a09:909", "allow whoami 200 grant"),
    ("whoami token=a-v4 client_ip=::10.9.9.9", "deny ip-not-allowed 401 -"),
    ("whoami token=a-v4", "deny ip-not-allowed 401 -"),
    ("whoami token=a-v6 client_ip=::ffff:10.9.9.9", "deny ip-not-allowed 401 -"),
    ("whoami token=a-v6 client_ip=::10.9.9.9", "allow whoami 200 grant"),
    // T4, before K1.
    ("read-profile token=e-pub", "deny owner-suspended 403 -"),
    // No token, and an unknown one.
    ("read-package package=left-pad token=-", "allow read-package 200 public"),
    ("read-package package=@acme/app token=-", "deny authentication-required 404 -"),
    ("publish package=left-pad token=-", "deny authentication-required 401 -"),
    ("read-org org=none token=-", "deny authentication-required 401 -"),
    ("read-package package=left-pad token=zzz", "deny token-unknown 401 -"),
    // V1: read-package only, whatever the grants; the granular token's expiry still bounds it.
    ("read-package package=left-pad token=a-orgs", "allow read-package 200 public"),
    ("list-collaborators package=left-pad token=a-orgs", "deny permission-too-low 403 -"),
    ("list-collaborators package=@acme/lib token=d-pub", "allow list-collaborators 200 grant"),
    ("list-collaborators package=@acme/app token=a-orgs", "deny permission-too-low 404 -"),
    // D1: K1 and G1 before existence, but not for the two reading actions.
    ("star-package package=nothing-here token=a-all", "deny kind-forbids-action 403 -"),
    ("unpublish package=nothing-here token=a-ro", "deny permission-too-low 403 -"),
    ("list-collaborators package=nothing-here token=a-orgs", "deny no-such-package 404 -"),
    ("grant-team-access org=none team=t package=nothing-here token=a-pub", "deny no-such-org 404 -"),
    ("grant-team-access org=acme team=t package=nothing-here token=a-pub", "deny no-such-package 404 -"),
    // G2, N3: an unscoped `acme` is not in the scope; the status hides what the token could not read.
    ("deprecate package=acme token=a-acme", "deny not-selected 403 -"),
    ("deprecate package=@rival/x token=a-acme", "deny not-selected 404 -"),
    ("deprecate package=@alice/own token=a-name", "allow deprecate 200 grant"),
    // G3: not by the name itself.
    ("publish package=@acme/new token=a-name", "deny creation-not-covered 404 -"),
    ("publish package=unscoped-new token=a-acme", "deny creation-not-covered 403 -"),
    ("publish package=@acme/new token=a-acme", "challenge create-package 401 -"),
    ("publish package=unscoped-new token=a-all", "allow create-package 200 grant"),
    // C3, then N2.
    ("publish package=@dan/NEW token=a-all", "deny owner-lacks-permission 404 -"),
    ("publish package=@ghost/new token=a-all", "deny owner-lacks-permission 404 -"),
    ("publish package=@acme/NEW token=b-all", "deny invalid-new-name 403 -"),
    ("publish package=@acme/new token=b-all", "allow create-package 200 grant"),
    ("publish package=fs token=a-all", "deny invalid-new-name 403 -"),
    // C1: a member's direct grant counts; a role alone gives nothing; in a scope without an owner only a team's grant
    // counts.
    ("publish package=@acme/app token=b-auto", "allow publish-version 200 grant"),
    ("publish package=@acme/app token=a-auto", "deny owner-lacks-permission 403 -"),
    ("publish package=@acme/app token=c-new", "deny owner-lacks-permission 404 -"),
    ("publish package=@acme/lib token=c-new", "deny owner-lacks-permission 403 -"),
    ("read-package package=@ghost/g token=a-read", "allow read-package 200 grant"),
    ("publish package=@ghost/g token=a-auto", "deny owner-lacks-permission 403 -"),
    ("read-package package=@ghost/g token=d-pub", "deny owner-lacks-permission 404 -"),
    ("read-package package=@alice/own token=d-pub", "deny owner-lacks-permission 404 -"),
    // C4: never unscoped, an owner of the organization, not an admin; the user.
    ("change-visibility package=left-pad token=a-pub", "deny owner-lacks-permission 403 -"),
    ("change-visibility package=@acme/app token=a-pub", "challenge change-visibility 401 -"),
    ("change-visibility package=@rival/x token=a-pub", "deny owner-lacks-permission 403 -"),
    ("change-visibility package=@dan/d token=d-pub", "allow change-visibility 200 grant"),
    // C5: an admin's part and an owner's.
    ("create-team org=rival team=t token=a-all", "allow create-team 200 grant"),
    ("add-member org=rival token=a-all", "deny owner-lacks-permission 403 -"),
    ("read-org org=acme token=b-pub", "allow read-org 200 grant"),
    ("read-org org=rival token=b-pub", "deny owner-lacks-permission 403 -"),
    // G1's second sentence and C5's for grant-team-access.
    ("grant-team-access org=acme team=t package=@acme/app token=a-orgs", "allow grant-team-access 200 grant"),
    ("grant-team-access org=acme team=t package=left-pad token=a-orgs", "deny permission-too-low 403 -"),
    ("grant-team-access org=acme team=t package=@dan/d token=a-orgs", "deny permission-too-low 404 -"),
    ("grant-team-access org=acme team=t package=@dan/d token=a-ro", "deny permission-too-low 403 -"),
    ("grant-team-access org=acme team=t package=left-pad token=a-acme", "deny not-selected 403 -"),
    ("grant-team-access org=acme team=t package=left-pad token=a-all", "allow grant-team-access 200 grant"),
    ("grant-team-access org=acme team=t package=@dan/d token=a-all", "deny owner-lacks-permission 403 -"),
    ("grant-team-access org=acme team=t package=@rival/x token=a-all", "deny owner-lacks-permission 403 -"),
    ("grant-team-access org=acme team=t package=@ghost/g token=a-all", "deny owner-lacks-permission 403 -"),
    ("share-package org=acme package=@acme/app token=a-pub 2fa", "allow share-package 200 second-factor"),
    ("share-package org=acme package=left-pad token=a-pub", "deny owner-lacks-permission 403 -"),
    // C6, and no `no-such-user`.
    ("whoami user=bob token=a-read", "deny owner-lacks-permission 403 -"),
    ("whoami user=nobody token=a-read", "deny owner-lacks-permission 403 -"),
    ("revoke-token token=a-pub user=alice", "challenge revoke-token 401 -"),
    ("revoke-token token=d-pub", "challenge revoke-token 401 -"),
    ("revoke-token token=b-pub", "allow revoke-token 200 grant"),
    ("list-tokens token=d-pub", "allow list-tokens 200 grant"),
    ("revoke-self token=a-pub", "allow revoke-self 200 grant"),
    ("star-package package=left-pad token=a-pub", "allow star-package 200 grant"),
    // F2: a ban for automation and granular tokens, a challenge for a legacy publish token.
    ("publish package=JSONStream token=a-auto", "deny tokens-disallowed 403 -"),
    ("publish package=JSONStream token=a-all 2fa", "deny tokens-disallowed 403 -"),
    ("publish package=JSONStream token=a-pub", "challenge publish-version 401 -"),
    ("publish package=JSONStream token=a-pub 2fa", "allow publish-version 200 second-factor"),
    ("publish package=@acme/lib token=b-pub 2fa", "deny second-factor-not-enrolled 403 -"),
    // F3 and F5.
    ("publish package=@acme/app token=b-pub", "deny second-factor-not-enrolled 403 -"),
    ("publish package=@acme/app token=b-all", "allow publish-version 200 grant"),
    // F4: auth-only does not challenge a write.
    ("publish package=@dan/d token=d-pub", "allow publish-version 200 grant"),
    ("publish package=left-pad token=a-pub", "challenge publish-version 401 -"),
    // What is no request.
    ("create-package package=left-pad token=-", "error"),
    ("create-team org=acme team=Ops token=-", "error"),
    ("delete-team org=acme team=Ops token=-", "deny authentication-required 401 -"),
    ("whoami package=left-pad token=-", "error"),
    ("whoami user=it's token=-", "error"),
    ("whoami token=- client_ip=fe80::1%1", "error"),
    ("whoami", "error"),
    ("whoami token=- secret=x", "error"),
    ("whoami token=- now=2025-11-01T00:00:60Z", "error"),
];

#[test]
fn the_oracle_answers_cases_that_were_worked_out_by_hand() {
    let world = tricky_world();
    for (words, expected) in CASES {
        let line = oracle::decide(&world, &request_of(words));
        assert_eq!(summary(&line), *expected, "{words}: {line}");
        assert_eq!(line["id"], json!("x"), "{words}");
    }
    assert!(problems(&world).is_empty(), "{:?}", problems(&world));
}

#[test]
fn valid_until_is_the_expiry_in_utc() {
    let world = tricky_world();
    let until = |words: &str| oracle::decide(&world, &request_of(words))["valid_until"].clone();
    assert_eq!(until("whoami token=a-all"), json!("2025-12-01T00:00:00.25Z"));
    assert_eq!(until("read-package package=left-pad token=a-orgs"), json!("2025-12-01T00:00:00.25Z"));
    assert_eq!(until("read-package package=left-pad token=a-pub"), Value::Null);
    assert_eq!(until("read-package package=left-pad token=-"), Value::Null);
    assert_eq!(until("publish package=@acme/new token=a-acme 2fa"), Value::Null);
    assert_eq!(until("publish package=@acme/new token=a-acme"), Value::Null);
    // D2: "`valid_until` is given with denials too".
    assert_eq!(until("publish package=@acme/new token=a-name"), json!("2025-12-01T00:00:00.25Z"));
    assert_eq!(until("whoami token=a-all now=2025-12-01T00:00:00.25Z"), Value::Null);
    assert_eq!(until("publish package=@acme/app token=a-auto"), Value::Null);
}

// ------------------------------------------------------------------------------------------------------------------
// Version 2 of the rules
// ------------------------------------------------------------------------------------------------------------------

/// When a granular token of [`newer_world`] expires, when a session does, and until when an account is on hold.
const GRANULAR: &str = "2025-12-01T00:00:00Z";
const SESSION: &str = "2025-11-01T02:00:00Z";
const HOLD: &str = "2025-11-02T00:00:00Z";

/// A world for what version 2 brought. Alice owns acme and administers rival; pat owns acme; bob is a member of it and
/// has no second factor; the accounts of hana, hugo and sue are on hold, and sue's is suspended too; pat's hold ends at
/// [`NOW`]. No user and no team has a grant on `@pat/q`.
fn newer_world(policy: &str) -> Value {
    let policy = if policy.starts_with('{') { serde_json::from_str(policy).unwrap() } else { json!(policy) };
    let user = |name: &str, status: &str, mode: &str, hold: Value, orgs: Value| {
        json!({"name": name, "status": status, "two_factor": mode, "tokens_revoked_until": null,
               "writes_held_until": hold, "orgs": orgs})
    };
    let package = |name: &str, visibility: &str, access: &str, users: Value, teams: Value| {
        json!({"name": name, "visibility": visibility, "publishing_access": access, "users": users,
               "teams": teams})
    };
    let token = |id: &str, kind: &str, what: Value| {
        let owner = match id.split_once('-').unwrap().0 {
            "a" => "alice",
            "b" => "bob",
            "h" => "hana@example.com",
            "g" => "hugo",
            "p" => "pat",
            "s" => "sue",
            _ => "nobody",
        };
        let mut token =
            json!({"id": id, "owner": owner, "created": "2025-10-01T00:00:00Z", "revoked": null, "cidr": null});
        token[kind] = what;
        token
    };
    let legacy = |id: &str, kind: &str| token(id, "legacy", json!(kind));
    let session = |id: &str, expires: &str| token(id, "session", json!({"expires": expires}));
    let granular = |id: &str, bypass: bool, packages: Value, orgs: Value| {
        token(
            id,
            "granular",
            json!({"name": id, "expires": GRANULAR, "bypass_2fa": bypass, "packages_and_scopes": packages,
                   "orgs": orgs}),
        )
    };
    let rw = |select: Value| json!({"permission": "read-write", "select": select});
    let so = |select: Value| json!({"permission": "stage-only", "select": select});
    let ro = |select: Value| json!({"permission": "read-only", "select": select});
    let none = || json!({"permission": "no-access"});
    let all = || json!("all");
    let acme = |role: &str| json!([{"name": "acme", "role": role}]);
    let everyone = json!({"alice": "read-write", "bob": "read-write", "pat": "read-write", "hugo": "read-write",
                          "hana@example.com": "read-write"});
    let both = json!({"alice": "read-write", "bob": "read-write"});
    let mut world = json!({
        "users": [
            user("alice", "active", "auth-and-writes", Value::Null,
                 json!([{"name": "acme", "role": "owner", "teams": ["dev"]}, {"name": "rival", "role": "admin"}])),
            user("bob", "active", "disabled", Value::Null, acme("member")),
            user("hana@example.com", "active", "auth-only", json!("2025-11-02T02:00:00+02:00"), acme("owner")),
            user("hugo", "active", "disabled", json!(HOLD), json!([])),
            user("pat", "active", "auth-only", json!(NOW), acme("owner")),
            user("sue", "suspended", "disabled", json!(HOLD), json!([])),
        ],
        "orgs": [{"name": "acme"}, {"name": "acme-evil"}, {"name": "rival"}],
        "packages": [
            package("pad", "public", "no-requirement", everyone.clone(), json!({})),
            package("bypassed", "public", "two-factor-or-bypass", both.clone(), json!({})),
            package("strict", "public", "two-factor-only", both, json!({})),
            package("@acme/app", "private", "no-requirement", everyone, json!({})),
            package("@pat/p", "private", "no-requirement", json!({}), json!({"acme:dev": "read-only"})),
            package("@pat/q", "private", "no-requirement", json!({}), json!({})),
            package("@pat/r", "private", "no-requirement", json!({"alice": "read-only"}), json!({})),
            package("@pat/e", "private", "no-requirement", json!({}), json!({"acme-evil:dev": "read-only"})),
            package("@rival/x", "private", "no-requirement", json!({}), json!({})),
            package("@ghost/g", "private", "no-requirement", json!({}), json!({"acme:gone": "read-only"})),
        ],
        "tokens": [
            legacy("a-pub", "publish"), legacy("a-auto", "automation"), legacy("a-read", "read-only"),
            legacy("b-pub", "publish"), legacy("b-auto", "automation"), legacy("h-pub", "publish"),
            legacy("h-auto", "automation"), legacy("g-pub", "publish"), legacy("p-pub", "publish"),
            legacy("s-pub", "publish"), legacy("a-gone", "read-only"), legacy("a-v4", "read-only"),
            session("a-ses", SESSION), session("b-ses", SESSION), session("p-ses", SESSION), session("s-ses", SESSION),
            session("h-ses", SESSION), session("h-same", HOLD), session("h-long", GRANULAR),
            session("a-sgone", SESSION), session("a-sv4", SESSION),
            granular("a-all", true, rw(all()), rw(json!(["acme", "rival"]))),
            granular("a-plain", false, rw(all()), rw(json!(["acme"]))),
            granular("a-pad", false, rw(json!({"packages": ["pad"]})), none()),
            granular("a-stage", false, so(all()), none()),
            granular("a-spad", false, so(json!({"packages": ["pad"]})), none()),
            granular("a-sorgs", true, so(all()), rw(json!(["acme"]))),
            granular("a-ro", false, ro(all()), none()),
            granular("a-orgs", false, none(), rw(json!(["acme"]))),
            granular("a-riv", false, none(), rw(json!(["rival"]))),
            granular("a-oro", false, none(), ro(json!(["acme"]))),
            granular("b-all", true, rw(all()), none()), granular("b-plain", false, rw(all()), none()),
            granular("b-stage", false, so(all()), none()), granular("h-all", true, rw(all()), rw(json!(["acme"]))),
            granular("h-ro", false, ro(all()), none()),
        ]
    });
    for (gone, ranged) in [(10, 11), (19, 20)] {
        world["tokens"][gone]["revoked"] = json!("2025-10-02T00:00:00Z");
        world["tokens"][ranged]["cidr"] = json!(["10.0.0.0/8"]);
    }
    if policy["unscoped_packages"] == json!("may-be-private") {
        let secret = package("secret", "private", "no-requirement", json!({"alice": "read-write"}), json!({}));
        world["packages"].as_array_mut().unwrap().push(secret);
    }
    world["policy"] = policy;
    world
}

/// [`summary`], and `valid_until` as one of the three times that there are.
fn summary_and_end(line: &Value) -> String {
    let until = match line["valid_until"].as_str() {
        None => "-",
        Some(GRANULAR) => "granular",
        Some(SESSION) => "session",
        Some(HOLD) => "hold",
        Some(other) => other,
    };
    format!("{} {until}", summary(line))
}

/// Each case under each of its policies.
fn holds_under(policies: &[&str], cases: &[(&str, &str)]) {
    for policy in policies {
        let world = newer_world(policy);
        assert!(problems(&world).is_empty(), "{policy}: {:?}", problems(&world));
        for (words, expected) in cases {
            let line = oracle::decide(&world, &request_of(words));
            assert_eq!(summary_and_end(&line), *expected, "{policy}: {words}: {line}");
        }
    }
}

const FIRST: &str = "npm-2025-10";
const LATER: [&str; 3] = ["npm-2025-12", "npm-2026-08", "npm-2027-01"];
const RETIRED: &str = r#"{"edition": "npm-2025-10", "legacy_tokens": "retired"}"#;
const LEAST_BYPASS: &str = r#"{"edition": "npm-2025-10", "least_publishing_access": "two-factor-or-bypass"}"#;
const LEAST_ONLY: &str = r#"{"edition": "npm-2025-10", "least_publishing_access": "two-factor-only"}"#;
const LATEST_ONLY: &str = r#"{"edition": "npm-2027-01", "least_publishing_access": "two-factor-only"}"#;
const NO_GOVERNANCE: &str = r#"{"edition": "npm-2025-10", "bypass_covers": "all-but-governance"}"#;
const NO_PUBLISH: &str = r#"{"edition": "npm-2025-10", "bypass_covers": "all-but-governance-and-publish"}"#;
const PRIVATE: &str = r#"{"edition": "npm-2025-10", "unscoped_packages": "may-be-private"}"#;
const PUBLIC: &str = r#"{"edition": "npm-2027-01", "unscoped_packages": "always-public"}"#;

#[test]
fn p1_a_retired_token_is_denied_whatever_the_action() {
    // A switch that stands at its edition's value, and the limits for issuing, change nothing.
    let same = r#"{"edition": "npm-2025-10", "legacy_tokens": "honoured", "bypass_covers": "everything",
        "least_publishing_access": "no-requirement", "unscoped_packages": "always-public", "ranges": "required",
        "bypass": "forbidden", "all_packages": "forbidden", "token_lifetime_at_most": 86400,
        "write_lifetime_at_most": 86400, "session_lifetime_at_most": 1}"#;
    holds_under(
        &[FIRST, same],
        &[
            ("whoami token=a-read", "allow whoami 200 grant -"),
            ("whoami token=a-auto", "allow whoami 200 grant -"),
            ("whoami token=a-pub", "allow whoami 200 grant -"),
            ("whoami token=a-gone", "deny token-revoked 401 - -"),
            ("whoami token=a-v4", "deny ip-not-allowed 401 - -"),
            ("whoami token=s-pub", "deny owner-suspended 403 - -"),
            ("read-profile token=a-read", "deny kind-forbids-action 403 - -"),
            ("publish package=pad token=b-auto", "allow publish-version 200 grant -"),
            ("publish package=pad token=a-all", "allow publish-version 200 grant granular"),
        ],
    );
    let policies: Vec<&str> = LATER.into_iter().chain([RETIRED, LATEST_ONLY, PUBLIC]).collect();
    holds_under(
        &policies,
        &[
            ("whoami token=a-read", "deny token-retired 401 - -"),
            ("whoami token=a-auto", "deny token-retired 401 - -"),
            ("whoami token=a-pub", "deny token-retired 401 - -"),
            // Not even what everyone may; without a token, it is allowed.
            ("read-package package=pad token=a-read", "deny token-retired 401 - -"),
            ("read-package package=pad token=-", "allow read-package 200 public -"),
            ("read-package package=@pat/q token=-", "deny authentication-required 404 - -"),
            ("whoami token=zzz", "deny token-unknown 401 - -"),
            // Directly after T1.
            ("whoami token=a-gone", "deny token-revoked 401 - -"),
            ("whoami token=a-v4", "deny token-retired 401 - -"),
            ("whoami token=s-pub", "deny token-retired 401 - -"),
            ("read-profile token=a-read", "deny token-retired 401 - -"),
            ("publish package=pad token=h-pub", "deny token-retired 401 - -"),
            // The other kinds never are.
            ("whoami token=a-ses", "allow whoami 200 grant session"),
            ("whoami token=a-all", "allow whoami 200 grant granular"),
        ],
    );
}

#[test]
fn p4_no_package_asks_for_less_than_the_policy() {
    holds_under(
        &[FIRST],
        &[
            ("publish package=pad token=b-ses", "allow publish-version 200 grant session"),
            ("publish package=pad token=b-plain", "allow publish-version 200 grant granular"),
            ("publish package=pad token=p-ses", "allow publish-version 200 grant session"),
            (
                "grant-team-access org=acme team=t package=@acme/app token=p-ses",
                "allow grant-team-access 200 grant session",
            ),
            (
                "revoke-team-access org=acme team=t package=@acme/app token=p-ses",
                "allow revoke-team-access 200 grant session",
            ),
            ("share-package org=acme package=@acme/app token=p-ses", "allow share-package 200 grant session"),
            ("publish package=new token=b-ses", "allow create-package 200 grant session"),
            ("publish package=new token=p-ses", "allow create-package 200 grant session"),
            ("publish package=new token=a-plain", "challenge create-package 401 - -"),
            ("publish package=new token=b-plain", "allow create-package 200 grant granular"),
        ],
    );
    // What is the same in the first two editions but for P1, and where the first is tightened.
    holds_under(
        &["npm-2025-12", LEAST_BYPASS],
        &[
            ("publish package=pad token=b-ses", "deny second-factor-not-enrolled 403 - session"),
            ("publish package=pad token=b-plain", "deny second-factor-not-enrolled 403 - granular"),
            ("publish package=pad token=b-all", "allow publish-version 200 grant granular"),
            ("publish package=pad token=p-ses", "challenge publish-version 401 - -"),
            ("publish package=pad token=p-ses 2fa", "allow publish-version 200 second-factor -"),
            ("grant-team-access org=acme team=t package=@acme/app token=p-ses", "challenge grant-team-access 401 - -"),
            (
                "revoke-team-access org=acme team=t package=@acme/app token=p-ses",
                "challenge revoke-team-access 401 - -",
            ),
            ("share-package org=acme package=@acme/app token=p-ses", "challenge share-package 401 - -"),
            // A package that asks for more keeps it.
            ("publish package=strict token=a-all", "deny tokens-disallowed 403 - granular"),
            ("publish package=strict token=a-ses", "challenge publish-version 401 - -"),
            // Creations.
            ("publish package=new token=b-ses", "deny second-factor-not-enrolled 403 - session"),
            ("publish package=new token=p-ses", "challenge create-package 401 - -"),
            ("publish package=new token=p-ses 2fa", "allow create-package 200 second-factor -"),
            ("publish package=new token=a-plain", "challenge create-package 401 - -"),
            ("publish package=new token=b-plain", "deny second-factor-not-enrolled 403 - granular"),
            ("publish package=new token=b-all", "allow create-package 200 grant granular"),
            // C comes before F.
            ("publish package=@ghost/new token=b-ses", "deny owner-lacks-permission 404 - session"),
            ("publish package=NEW token=b-ses", "deny invalid-new-name 403 - session"),
            // What names no package, is no write, or has no class.
            ("add-member org=acme token=p-ses", "allow add-member 200 grant session"),
            ("create-team org=acme team=t token=p-ses", "allow create-team 200 grant session"),
            ("star-package package=pad token=b-ses", "allow star-package 200 grant session"),
            ("stage package=pad token=b-ses", "allow stage 200 grant session"),
            ("read-stage package=pad token=b-ses", "allow read-stage 200 grant session"),
            ("list-collaborators package=pad token=b-ses", "allow list-collaborators 200 grant session"),
            ("change-profile token=b-ses", "allow change-profile 200 grant session"),
        ],
    );
    holds_under(
        &[LEAST_BYPASS],
        &[
            ("publish package=pad token=b-auto", "allow publish-version 200 grant -"),
            ("publish package=pad token=b-pub", "deny second-factor-not-enrolled 403 - -"),
            ("publish package=new token=b-auto", "allow create-package 200 grant -"),
        ],
    );
}

#[test]
fn p4_under_two_factor_only_a_creation_is_challenged_and_the_rest_is_banned() {
    holds_under(
        &[LEAST_ONLY, LATEST_ONLY],
        &[
            ("publish package=pad token=b-all", "deny tokens-disallowed 403 - granular"),
            ("deprecate package=bypassed token=a-all 2fa", "deny tokens-disallowed 403 - granular"),
            ("publish package=pad token=a-ses", "challenge publish-version 401 - -"),
            ("publish package=pad token=b-ses", "deny second-factor-not-enrolled 403 - session"),
            ("approve-stage package=pad token=a-all", "deny tokens-disallowed 403 - granular"),
            (
                "grant-team-access org=acme team=t package=@acme/app token=a-all",
                "deny tokens-disallowed 403 - granular",
            ),
            (
                "revoke-team-access org=acme team=t package=@acme/app token=a-all",
                "deny tokens-disallowed 403 - granular",
            ),
            ("stage package=strict token=a-all", "allow stage 200 grant granular"),
            ("read-stage package=strict token=a-all", "allow read-stage 200 grant granular"),
            // No ban on creating, but a challenge for every token.
            ("publish package=new token=a-all", "challenge create-package 401 - -"),
            ("publish package=new token=a-all 2fa", "allow create-package 200 second-factor -"),
            ("publish package=new token=a-plain", "challenge create-package 401 - -"),
            ("publish package=new token=a-ses", "challenge create-package 401 - -"),
            ("publish package=new token=p-ses", "challenge create-package 401 - -"),
            ("publish package=new token=b-all", "deny second-factor-not-enrolled 403 - granular"),
            ("publish package=new token=b-ses", "deny second-factor-not-enrolled 403 - session"),
        ],
    );
    holds_under(
        &[LEAST_ONLY],
        &[
            ("publish package=pad token=b-auto", "deny tokens-disallowed 403 - -"),
            ("publish package=pad token=a-pub", "challenge publish-version 401 - -"),
            ("publish package=pad token=b-pub", "deny second-factor-not-enrolled 403 - -"),
            ("publish package=new token=a-auto", "challenge create-package 401 - -"),
            ("publish package=new token=a-auto 2fa", "allow create-package 200 second-factor -"),
            ("publish package=new token=b-auto", "deny second-factor-not-enrolled 403 - -"),
            ("stage package=pad token=b-auto", "allow stage 200 grant -"),
        ],
    );
}

/// P5: every action of class *write* but six.
const GOVERNANCE: [&str; 13] = [
    "change-visibility package=@acme/app",
    "change-publishing-access package=pad",
    "change-maintainers package=pad",
    "change-org-settings org=acme",
    "add-member org=acme",
    "remove-member org=acme",
    "change-member-role org=acme",
    "create-team org=acme team=t",
    "delete-team org=acme team=t",
    "add-team-member org=acme team=t",
    "remove-team-member org=acme team=t",
    "grant-team-access org=acme team=t package=pad",
    "revoke-team-access org=acme team=t package=pad",
];

#[test]
fn p5_what_a_token_that_bypasses_does_not_bypass() {
    for (policies, expected) in [
        (vec![FIRST, "npm-2025-12", LEAST_BYPASS], "allow {} 200 grant granular"),
        (vec!["npm-2026-08", "npm-2027-01", NO_GOVERNANCE, NO_PUBLISH], "challenge {} 401 - -"),
    ] {
        for what in GOVERNANCE {
            let action = what.split_once(' ').unwrap().0;
            let words = format!("{what} token=a-all");
            holds_under(&policies, &[(&words, &expected.replace("{}", action))]);
        }
    }
    // Five of the six others.
    let covered = [
        ("unpublish package=pad token=a-all", "allow unpublish 200 grant granular"),
        ("deprecate package=pad token=a-all", "allow deprecate 200 grant granular"),
        ("deprecate package=bypassed token=a-all", "allow deprecate 200 grant granular"),
        ("deprecate package=bypassed token=a-plain", "challenge deprecate 401 - -"),
        ("set-dist-tag package=pad token=a-all", "allow set-dist-tag 200 grant granular"),
        ("approve-stage package=pad token=a-all", "challenge approve-stage 401 - -"),
        ("reject-stage package=pad token=a-all", "challenge reject-stage 401 - -"),
        // F2 does not change.
        ("unpublish package=strict token=a-all", "deny tokens-disallowed 403 - granular"),
        ("publish package=strict token=a-all", "deny tokens-disallowed 403 - granular"),
        ("change-maintainers package=strict token=a-all", "deny tokens-disallowed 403 - granular"),
        // Nor does staging ask for anything.
        ("stage package=pad token=a-all", "allow stage 200 grant granular"),
    ];
    let policies: Vec<&str> = LATER.into_iter().chain([FIRST, NO_GOVERNANCE, NO_PUBLISH]).collect();
    holds_under(&policies, &covered);
    // The sixth, of both kinds.
    holds_under(
        &[FIRST, "npm-2025-12", "npm-2026-08", NO_GOVERNANCE],
        &[
            ("publish package=pad token=a-all", "allow publish-version 200 grant granular"),
            ("publish package=bypassed token=a-all", "allow publish-version 200 grant granular"),
            ("publish package=new token=a-all", "allow create-package 200 grant granular"),
        ],
    );
    holds_under(
        &["npm-2027-01", NO_PUBLISH],
        &[
            ("publish package=pad token=a-all", "challenge publish-version 401 - -"),
            ("publish package=pad token=a-all 2fa", "allow publish-version 200 second-factor -"),
            ("publish package=bypassed token=a-all", "challenge publish-version 401 - -"),
            ("publish package=bypassed token=b-all", "deny second-factor-not-enrolled 403 - granular"),
            ("publish package=new token=a-all", "challenge create-package 401 - -"),
        ],
    );
    // Like a token without bypass: F4 passes where the account has no second factor, F3 does not.
    holds_under(
        &[NO_GOVERNANCE, NO_PUBLISH],
        &[
            ("change-maintainers package=pad token=b-all", "allow change-maintainers 200 grant granular"),
            ("change-maintainers package=bypassed token=b-all", "deny second-factor-not-enrolled 403 - granular"),
            ("publish package=new token=b-all", "allow create-package 200 grant granular"),
        ],
    );
    holds_under(
        &["npm-2026-08", "npm-2027-01"],
        &[("change-maintainers package=pad token=b-all", "deny second-factor-not-enrolled 403 - granular")],
    );
    holds_under(
        &["npm-2027-01"],
        &[
            ("publish package=pad token=b-all", "deny second-factor-not-enrolled 403 - granular"),
            ("publish package=new token=b-all", "deny second-factor-not-enrolled 403 - granular"),
        ],
    );
    // An automation token is no better.
    holds_under(
        &[FIRST, NO_GOVERNANCE],
        &[
            ("publish package=pad token=a-auto", "allow publish-version 200 grant -"),
            ("publish package=bypassed token=b-auto", "allow publish-version 200 grant -"),
            ("publish package=new token=a-auto", "allow create-package 200 grant -"),
        ],
    );
    holds_under(
        &[NO_PUBLISH],
        &[
            ("publish package=pad token=a-auto", "challenge publish-version 401 - -"),
            ("publish package=pad token=b-auto", "allow publish-version 200 grant -"),
            ("publish package=bypassed token=b-auto", "deny second-factor-not-enrolled 403 - -"),
            ("publish package=new token=a-auto", "challenge create-package 401 - -"),
            ("unpublish package=pad token=a-auto", "allow unpublish 200 grant -"),
        ],
    );
}

#[test]
fn a_session_does_what_a_publish_token_does_and_ends() {
    holds_under(
        &[FIRST],
        &[
            // T1, T2, T3, T4.
            ("whoami token=a-sgone", "deny token-revoked 401 - -"),
            ("whoami token=a-ses now=2025-11-01T01:59:59.999999999Z", "allow whoami 200 grant session"),
            ("whoami token=a-ses now=2025-11-01T02:00:00Z", "deny token-expired 401 - -"),
            ("whoami token=a-ses now=2025-11-01T02:00:00.000000001Z", "deny token-expired 401 - -"),
            ("whoami token=a-ses now=2020-01-01T00:00:00Z", "allow whoami 200 grant session"),
            ("whoami token=a-sv4", "deny ip-not-allowed 401 - session"),
            ("whoami token=a-sv4 client_ip=11.0.0.0", "deny ip-not-allowed 401 - session"),
            ("whoami token=a-sv4 client_ip=10.0.0.1", "allow whoami 200 grant session"),
            ("whoami token=s-ses", "deny owner-suspended 403 - session"),
            // The column of a publish token.
            ("read-package package=pad token=a-ses", "allow read-package 200 public session"),
            ("read-package package=@acme/app token=a-ses", "allow read-package 200 grant session"),
            ("list-collaborators package=@acme/app token=a-ses", "allow list-collaborators 200 grant session"),
            ("star-package package=pad token=a-ses", "allow star-package 200 grant session"),
            ("read-org org=acme token=a-ses", "allow read-org 200 grant session"),
            ("manage-billing org=acme token=a-ses", "challenge manage-billing 401 - -"),
            ("delete-org org=acme token=a-ses 2fa", "allow delete-org 200 second-factor -"),
            ("read-profile token=a-ses", "allow read-profile 200 grant session"),
            ("list-tokens token=a-ses", "allow list-tokens 200 grant session"),
            ("revoke-self token=a-ses", "allow revoke-self 200 grant session"),
            ("create-token token=a-ses", "challenge create-token 401 - -"),
            ("create-token token=b-ses", "allow create-token 200 grant session"),
            ("change-password token=p-ses", "challenge change-password 401 - -"),
            ("enrol-two-factor token=b-ses", "allow enrol-two-factor 200 grant session"),
            ("enrol-two-factor token=b-ses user=alice", "deny owner-lacks-permission 403 - session"),
            // It bypasses nothing, and F2 challenges it.
            ("publish package=pad token=a-ses", "challenge publish-version 401 - -"),
            ("publish package=bypassed token=a-ses", "challenge publish-version 401 - -"),
            ("publish package=strict token=a-ses", "challenge publish-version 401 - -"),
            ("publish package=strict token=a-ses 2fa", "allow publish-version 200 second-factor -"),
            ("publish package=strict token=b-ses", "deny second-factor-not-enrolled 403 - session"),
            // D2: denials last as long as the session.
            ("read-org org=none token=a-ses", "deny no-such-org 404 - session"),
            ("deprecate package=none token=a-ses", "deny no-such-package 404 - session"),
            ("deprecate package=@pat/q token=a-ses", "deny owner-lacks-permission 404 - session"),
            ("deprecate package=@pat/r token=a-ses", "deny owner-lacks-permission 403 - session"),
        ],
    );
}

#[test]
fn stage_only_and_the_four_actions_of_the_waiting_room() {
    holds_under(
        &[FIRST],
        &[
            // SO is enough for five actions; it is less than RW, and more than RO.
            ("stage package=pad token=a-stage", "allow stage 200 grant granular"),
            ("stage package=pad token=a-ro", "deny permission-too-low 403 - granular"),
            ("read-stage package=pad token=a-stage", "allow read-stage 200 grant granular"),
            ("read-stage package=pad token=a-ro", "deny permission-too-low 403 - granular"),
            ("deprecate package=pad token=b-stage", "allow deprecate 200 grant granular"),
            ("unpublish package=pad token=b-stage", "allow unpublish 200 grant granular"),
            ("set-dist-tag package=pad token=b-stage", "allow set-dist-tag 200 grant granular"),
            ("set-dist-tag package=pad token=a-ro", "deny permission-too-low 403 - granular"),
            ("approve-stage package=pad token=a-stage", "deny permission-too-low 403 - granular"),
            ("reject-stage package=pad token=a-stage", "deny permission-too-low 403 - granular"),
            ("change-visibility package=@acme/app token=a-stage", "deny permission-too-low 403 - granular"),
            ("change-maintainers package=pad token=a-stage", "deny permission-too-low 403 - granular"),
            ("change-publishing-access package=pad token=a-stage", "deny permission-too-low 403 - granular"),
            ("read-package package=@acme/app token=a-stage", "allow read-package 200 grant granular"),
            ("list-collaborators package=@acme/app token=a-stage", "allow list-collaborators 200 grant granular"),
            ("add-member org=acme token=a-stage", "deny permission-too-low 403 - granular"),
            // A publish: in the place of `permission-too-low`, whatever is named.
            ("publish package=pad token=a-stage", "deny stage-required 403 - granular"),
            ("publish package=strict token=a-stage", "deny stage-required 403 - granular"),
            ("publish package=@pat/q token=a-stage", "deny stage-required 403 - granular"),
            ("publish package=@acme/new token=a-stage", "deny stage-required 403 - granular"),
            ("publish package=@ghost/NEW token=a-stage", "deny stage-required 403 - granular"),
            ("publish package=@acme/app token=a-spad", "deny stage-required 403 - granular"),
            ("publish package=pad token=a-ro", "deny permission-too-low 403 - granular"),
            ("publish package=pad token=a-orgs", "deny permission-too-low 403 - granular"),
            // F1: the side used is not read-write; G1's second sentence: nor is it enough to hand out a package.
            ("deprecate package=pad token=a-stage", "challenge deprecate 401 - -"),
            ("deprecate package=pad token=a-sorgs", "challenge deprecate 401 - -"),
            ("deprecate package=bypassed token=a-sorgs", "challenge deprecate 401 - -"),
            ("deprecate package=bypassed token=b-stage", "deny second-factor-not-enrolled 403 - granular"),
            ("deprecate package=strict token=a-stage", "deny tokens-disallowed 403 - granular"),
            ("add-member org=acme token=a-sorgs", "allow add-member 200 grant granular"),
            (
                "grant-team-access org=acme team=t package=@acme/app token=a-sorgs",
                "allow grant-team-access 200 grant granular",
            ),
            ("grant-team-access org=acme team=t package=pad token=a-sorgs", "deny permission-too-low 403 - granular"),
            (
                "grant-team-access org=acme team=t package=@pat/q token=a-sorgs",
                "deny permission-too-low 404 - granular",
            ),
            // An existing package, before G2, which is before C.
            ("stage package=new token=a-all", "deny no-such-package 404 - granular"),
            ("stage package=new token=a-ro", "deny permission-too-low 403 - granular"),
            ("read-stage package=@acme/new token=a-stage", "deny no-such-package 404 - granular"),
            ("approve-stage package=new token=a-ses", "deny no-such-package 404 - session"),
            ("reject-stage package=new token=a-ses 2fa", "deny no-such-package 404 - session"),
            ("stage package=pad token=a-spad", "allow stage 200 grant granular"),
            ("stage package=@acme/app token=a-spad", "deny not-selected 404 - granular"),
            ("stage package=strict token=a-spad", "deny not-selected 403 - granular"),
            // The kinds.
            ("stage package=pad token=a-read", "deny kind-forbids-action 403 - -"),
            ("stage package=pad token=a-auto", "allow stage 200 grant -"),
            ("stage package=pad token=a-pub", "allow stage 200 grant -"),
            ("stage package=pad token=a-ses", "allow stage 200 grant session"),
            ("read-stage package=pad token=a-read", "deny kind-forbids-action 403 - -"),
            ("read-stage package=pad token=a-auto", "allow read-stage 200 grant -"),
            ("read-stage package=pad token=a-pub", "allow read-stage 200 grant -"),
            ("read-stage package=pad token=a-ses", "allow read-stage 200 grant session"),
            ("approve-stage package=pad token=a-read", "deny kind-forbids-action 403 - -"),
            ("approve-stage package=pad token=a-auto", "deny kind-forbids-action 403 - -"),
            ("approve-stage package=pad token=a-pub", "challenge approve-stage 401 - -"),
            ("reject-stage package=pad token=a-auto", "deny kind-forbids-action 403 - -"),
            ("reject-stage package=pad token=a-pub", "challenge reject-stage 401 - -"),
            ("stage package=pad token=-", "deny authentication-required 401 - -"),
            ("read-stage package=pad token=-", "deny authentication-required 401 - -"),
            // C2 write, also to read what waits, and also where the package is public.
            ("stage package=@pat/r token=a-pub", "deny owner-lacks-permission 403 - -"),
            ("read-stage package=@pat/r token=a-pub", "deny owner-lacks-permission 403 - -"),
            ("read-stage package=@pat/q token=a-pub", "deny owner-lacks-permission 404 - -"),
            ("read-stage package=bypassed token=p-ses", "deny owner-lacks-permission 403 - session"),
            ("approve-stage package=@pat/r token=a-ses", "deny owner-lacks-permission 403 - session"),
            ("reject-stage package=@pat/q token=a-ses", "deny owner-lacks-permission 404 - session"),
        ],
    );
}

#[test]
fn the_waiting_room_and_the_second_factor() {
    holds_under(
        &[FIRST],
        &[
            // F does not apply to the first two, and neither does F2's ban.
            ("stage package=strict token=a-all", "allow stage 200 grant granular"),
            ("stage package=strict token=b-auto", "allow stage 200 grant -"),
            ("stage package=bypassed token=b-plain", "allow stage 200 grant granular"),
            ("read-stage package=strict token=b-stage", "allow read-stage 200 grant granular"),
            // The last two: the ban first, then always a challenge.
            ("approve-stage package=pad token=a-ses", "challenge approve-stage 401 - -"),
            ("approve-stage package=pad token=a-ses 2fa", "allow approve-stage 200 second-factor -"),
            ("approve-stage package=pad token=a-all", "challenge approve-stage 401 - -"),
            ("approve-stage package=pad token=a-plain", "challenge approve-stage 401 - -"),
            ("approve-stage package=pad token=p-ses", "challenge approve-stage 401 - -"),
            ("approve-stage package=pad token=b-ses", "deny second-factor-not-enrolled 403 - session"),
            ("approve-stage package=pad token=b-all", "deny second-factor-not-enrolled 403 - granular"),
            ("approve-stage package=bypassed token=a-all", "challenge approve-stage 401 - -"),
            ("approve-stage package=bypassed token=b-all 2fa", "deny second-factor-not-enrolled 403 - granular"),
            ("approve-stage package=strict token=a-all", "deny tokens-disallowed 403 - granular"),
            ("approve-stage package=strict token=b-all", "deny tokens-disallowed 403 - granular"),
            ("approve-stage package=strict token=a-ses", "challenge approve-stage 401 - -"),
            ("approve-stage package=strict token=b-ses", "deny second-factor-not-enrolled 403 - session"),
            ("reject-stage package=pad token=a-all", "challenge reject-stage 401 - -"),
            ("reject-stage package=pad token=p-ses 2fa", "allow reject-stage 200 second-factor -"),
            ("reject-stage package=pad token=b-pub", "deny second-factor-not-enrolled 403 - -"),
            ("reject-stage package=strict token=a-all 2fa", "deny tokens-disallowed 403 - granular"),
        ],
    );
    // No policy changes any of it.
    holds_under(
        &LATER,
        &[
            ("stage package=pad token=a-stage", "allow stage 200 grant granular"),
            ("stage package=strict token=a-stage", "allow stage 200 grant granular"),
            ("publish package=pad token=a-stage", "deny stage-required 403 - granular"),
            ("deprecate package=pad token=b-stage", "deny second-factor-not-enrolled 403 - granular"),
            ("approve-stage package=pad token=p-ses", "challenge approve-stage 401 - -"),
            ("reject-stage package=pad token=b-all", "deny second-factor-not-enrolled 403 - granular"),
        ],
    );
}

#[test]
fn t5_an_account_on_hold() {
    let before = "now=2025-11-01T23:59:59.999999999Z";
    for (when, expected) in [
        (before, "deny owner-on-hold 403 - hold"),
        ("now=2025-11-02T00:00:00Z", "allow publish-version 200 grant -"),
        ("now=2025-11-02T00:00:00.000000001Z", "allow publish-version 200 grant -"),
        ("now=2020-01-01T00:00:00Z", "deny owner-on-hold 403 - hold"),
    ] {
        holds_under(&[FIRST], &[(&format!("publish package=pad token=h-pub {when}"), expected)]);
    }
    holds_under(
        &[FIRST],
        &[
            // D2: the earlier of the two that exist.
            ("publish package=pad token=h-pub", "deny owner-on-hold 403 - hold"),
            ("publish package=pad token=h-ses", "deny owner-on-hold 403 - session"),
            ("publish package=pad token=h-same", "deny owner-on-hold 403 - hold"),
            ("publish package=pad token=h-same now=2025-11-02T00:00:00Z", "deny token-expired 401 - -"),
            ("publish package=pad token=h-long", "deny owner-on-hold 403 - hold"),
            ("publish package=pad token=h-all", "deny owner-on-hold 403 - hold"),
            ("publish package=pad token=h-all now=2025-11-02T00:00:00Z", "allow publish-version 200 grant granular"),
            ("publish package=pad token=h-auto", "deny owner-on-hold 403 - hold"),
            ("publish package=pad token=h-pub 2fa", "deny owner-on-hold 403 - hold"),
            // A hold that ends now is none, and nor is that of somebody else.
            ("publish package=pad token=p-pub", "allow publish-version 200 grant -"),
            (
                "publish package=pad token=p-pub now=2025-10-31T23:59:59.999999999Z",
                "deny owner-on-hold 403 - 2025-11-01T00:00:00Z",
            ),
            ("publish package=@acme/app token=b-pub", "allow publish-version 200 grant -"),
            // *write* and `stage`, but `reject-stage`.
            ("unpublish package=pad token=h-pub", "deny owner-on-hold 403 - hold"),
            ("set-dist-tag package=pad token=h-pub", "deny owner-on-hold 403 - hold"),
            ("change-visibility package=@acme/app token=h-pub", "deny owner-on-hold 403 - hold"),
            ("add-member org=acme token=h-pub", "deny owner-on-hold 403 - hold"),
            ("delete-team org=acme team=t token=h-all", "deny owner-on-hold 403 - hold"),
            ("grant-team-access org=acme team=t package=@acme/app token=h-all", "deny owner-on-hold 403 - hold"),
            ("revoke-team-access org=acme team=t package=@acme/app token=h-pub", "deny owner-on-hold 403 - hold"),
            ("share-package org=acme package=@acme/app token=h-pub", "deny owner-on-hold 403 - hold"),
            ("stage package=pad token=h-pub", "deny owner-on-hold 403 - hold"),
            ("stage package=pad token=h-all", "deny owner-on-hold 403 - hold"),
            ("stage package=pad token=h-auto", "deny owner-on-hold 403 - hold"),
            ("approve-stage package=pad token=h-pub", "deny owner-on-hold 403 - hold"),
            ("reject-stage package=pad token=h-pub", "challenge reject-stage 401 - -"),
            ("reject-stage package=pad token=h-pub 2fa", "allow reject-stage 200 second-factor -"),
            // *auth*, but three.
            ("create-token token=h-pub", "deny owner-on-hold 403 - hold"),
            ("change-profile token=h-pub", "deny owner-on-hold 403 - hold"),
            ("configure-two-factor token=h-pub", "deny owner-on-hold 403 - hold"),
            ("revoke-token token=h-pub", "challenge revoke-token 401 - -"),
            ("change-password token=h-pub", "challenge change-password 401 - -"),
            ("enrol-two-factor token=h-pub", "challenge enrol-two-factor 401 - -"),
            ("configure-two-factor token=g-pub", "deny owner-on-hold 403 - hold"),
            ("revoke-token token=g-pub", "allow revoke-token 200 grant -"),
            ("change-password token=g-pub", "allow change-password 200 grant -"),
            ("enrol-two-factor token=g-pub", "allow enrol-two-factor 200 grant -"),
            // Neither what has no class, nor reading.
            ("star-package package=pad token=h-pub", "allow star-package 200 grant -"),
            ("revoke-self token=h-all", "allow revoke-self 200 grant granular"),
            ("whoami token=h-ses", "allow whoami 200 grant session"),
            ("list-tokens token=h-pub", "allow list-tokens 200 grant -"),
            ("read-org org=acme token=h-pub", "allow read-org 200 grant -"),
            ("read-stage package=pad token=h-all", "allow read-stage 200 grant granular"),
            ("read-package package=@acme/app token=h-ro", "allow read-package 200 grant granular"),
            ("list-collaborators package=@acme/app token=h-pub", "allow list-collaborators 200 grant -"),
            // After T4 and K1, before G1, existence and C.
            ("publish package=pad token=s-pub", "deny owner-suspended 403 - -"),
            ("star-package package=pad token=h-all", "deny kind-forbids-action 403 - granular"),
            ("create-token token=h-all", "deny kind-forbids-action 403 - granular"),
            ("change-password token=h-all", "deny kind-forbids-action 403 - granular"),
            ("enrol-two-factor token=h-auto", "deny kind-forbids-action 403 - -"),
            ("publish package=pad token=h-ro", "deny owner-on-hold 403 - hold"),
            ("reject-stage package=pad token=h-ro", "deny permission-too-low 403 - granular"),
            ("read-stage package=pad token=h-ro", "deny permission-too-low 403 - granular"),
            ("unpublish package=none token=h-pub", "deny owner-on-hold 403 - hold"),
            ("add-member org=none token=h-pub", "deny owner-on-hold 403 - hold"),
            ("publish package=@acme/new token=h-pub", "deny owner-on-hold 403 - hold"),
            ("publish package=@pat/q token=h-pub", "deny owner-on-hold 403 - hold"),
            ("change-profile user=bob token=h-pub", "deny owner-on-hold 403 - hold"),
            ("change-password user=bob token=h-pub", "deny owner-lacks-permission 403 - -"),
        ],
    );
    holds_under(
        &LATER,
        &[
            ("publish package=pad token=h-pub", "deny token-retired 401 - -"),
            ("publish package=pad token=h-all", "deny owner-on-hold 403 - hold"),
            ("reject-stage package=pad token=h-long", "challenge reject-stage 401 - -"),
        ],
    );
}

#[test]
fn n4_what_a_user_may_be_called() {
    let longest = "u".repeat(256);
    let too_long = "u".repeat(257);
    for name in ["alice", "Alice", "lee@example.com", "a@", "-", "_", "a.", "!$()*+,-.;=@[]^_`{|}~", &longest] {
        assert!(oracle::user_name_is_valid(name), "{name}");
    }
    for name in ["", ".", ".a", "@", "@a", "a b", " a", "a\t", "a\u{7f}", "caf\u{e9}", "\u{ff20}", &too_long] {
        assert!(!oracle::user_name_is_valid(name), "{name}");
    }
    // Each character behind an `a`.
    let left_out = "/:%\\\"'<>?#&";
    for byte in 0..=127_u8 {
        let letter = char::from(byte);
        let good = letter.is_ascii_graphic() && !left_out.contains(letter);
        assert_eq!(oracle::user_name_is_valid(&format!("a{letter}")), good, "{letter:?}");
    }
    holds_under(
        &[FIRST],
        &[
            ("whoami user=hana@example.com token=h-pub", "allow whoami 200 grant -"),
            ("whoami user=Hana@example.com token=h-pub", "deny owner-lacks-permission 403 - -"),
            ("whoami user=hana@example.com token=a-pub", "deny owner-lacks-permission 403 - -"),
            ("whoami user=hana@ token=h-pub", "deny owner-lacks-permission 403 - -"),
            ("whoami user=@hana token=h-pub", "error -"),
            ("whoami user=hana/x token=h-pub", "error -"),
            // Neither organizations nor teams, nor scopes.
            ("read-org org=hana@example.com token=h-pub", "error -"),
            ("delete-team org=acme team=a@b token=h-pub", "error -"),
            ("publish package=@hana@example.com/x token=h-pub", "error -"),
            // A grant to such a user is one.
            ("read-package package=@acme/app token=h-pub", "allow read-package 200 grant -"),
        ],
    );
}

#[test]
fn c5_granting_and_taking_away() {
    let revoke = |what: &str, expected: &str| {
        holds_under(&[FIRST], &[(&format!("revoke-team-access team=t {what}"), expected)]);
    };
    // A private package counts: this token could read it,
    revoke("org=acme package=@acme/app token=a-pub", "challenge revoke-team-access 401 - -");
    revoke("org=rival package=@pat/p token=a-all", "allow revoke-team-access 200 grant granular");
    revoke("org=rival package=@pat/r token=a-pub", "challenge revoke-team-access 401 - -");
    revoke("org=acme package=@pat/r token=a-plain", "challenge revoke-team-access 401 - -");
    // or its scope is the organization's,
    revoke("org=acme package=@acme/app token=a-orgs", "challenge revoke-team-access 401 - -");
    revoke("org=rival package=@rival/x token=a-pub", "challenge revoke-team-access 401 - -");
    revoke("org=rival package=@rival/x token=a-all", "allow revoke-team-access 200 grant granular");
    // or some team of it has a grant: whichever team is named.
    revoke("org=acme package=@pat/p token=a-orgs", "challenge revoke-team-access 401 - -");
    revoke("org=acme package=@ghost/g token=a-orgs", "challenge revoke-team-access 401 - -");
    revoke("org=acme package=@ghost/g token=a-all 2fa", "allow revoke-team-access 200 grant granular");
    // None of the three. (The owner could read `@pat/r` and `@pat/p`, but not this token.)
    revoke("org=acme package=@pat/q token=a-pub", "deny no-such-package 404 - -");
    revoke("org=acme package=@pat/q token=a-all", "deny no-such-package 404 - granular");
    revoke("org=acme package=@pat/r token=a-orgs", "deny no-such-package 404 - granular");
    revoke("org=rival package=@pat/p token=a-riv", "deny no-such-package 404 - granular");
    revoke("org=rival package=@ghost/g token=a-pub", "deny no-such-package 404 - -");
    revoke("org=acme package=@rival/x token=a-pub", "deny no-such-package 404 - -");
    revoke("org=acme package=@pat/e token=a-orgs", "deny no-such-package 404 - granular");
    revoke("org=acme package=@pat/e token=a-pub", "deny no-such-package 404 - -");
    revoke("org=acme package=none token=a-pub", "deny no-such-package 404 - -");
    revoke("org=none package=@pat/q token=a-pub", "deny no-such-org 404 - -");
    // Existence is before G2.
    revoke("org=rival package=@pat/q token=a-orgs", "deny no-such-package 404 - granular");
    // A public one counts. Nothing else is asked about the package, and nothing of the packages side.
    revoke("org=acme package=pad token=a-orgs", "challenge revoke-team-access 401 - -");
    revoke("org=acme package=pad token=a-all", "allow revoke-team-access 200 grant granular");
    revoke("org=rival package=pad token=a-pub", "challenge revoke-team-access 401 - -");
    // G1, G2: organizations RW, and the organization selected.
    revoke("org=acme package=pad token=a-oro", "deny permission-too-low 403 - granular");
    revoke("org=acme package=none token=a-oro", "deny permission-too-low 403 - granular");
    revoke("org=acme package=pad token=b-all", "deny permission-too-low 403 - granular");
    revoke("org=rival package=pad token=a-orgs", "deny not-selected 403 - granular");
    revoke("org=rival package=@rival/x token=a-orgs", "deny not-selected 404 - granular");
    // Kinds of tokens that never manage teams (K1).
    revoke("org=acme package=pad token=a-auto", "deny kind-forbids-action 403 - -");
    revoke("org=acme package=pad token=a-read", "deny kind-forbids-action 403 - -");
    // Role owner or admin there.
    revoke("org=acme package=@acme/app token=p-pub", "allow revoke-team-access 200 grant -");
    revoke("org=acme package=@acme/app token=b-ses", "deny owner-lacks-permission 403 - session");
    revoke("org=acme package=pad token=b-ses", "deny owner-lacks-permission 403 - session");
    revoke("org=acme package=@pat/p token=b-ses", "deny owner-lacks-permission 404 - session");
    revoke("org=acme-evil package=pad token=a-pub", "deny owner-lacks-permission 403 - -");
    // F2, F3.
    revoke("org=acme package=strict token=a-all", "deny tokens-disallowed 403 - granular");
    revoke("org=acme package=strict token=a-pub", "challenge revoke-team-access 401 - -");
    revoke("org=acme package=bypassed token=a-plain", "challenge revoke-team-access 401 - -");
    revoke("org=acme package=bypassed token=a-all", "allow revoke-team-access 200 grant granular");
    revoke("org=acme package=bypassed token=p-pub", "challenge revoke-team-access 401 - -");
    // What is no request.
    revoke("org=acme token=a-pub", "error -");
    revoke("package=pad token=a-pub", "error -");
    holds_under(
        &[FIRST],
        &[
            ("revoke-team-access org=acme package=pad token=a-pub", "error -"),
            ("manage-team-access org=acme team=t package=pad token=a-pub", "error -"),
            // Granting has every rule that there was.
            ("grant-team-access org=acme team=t package=@pat/q token=a-pub", "deny owner-lacks-permission 404 - -"),
            ("grant-team-access org=acme team=t package=@pat/r token=a-pub", "deny owner-lacks-permission 403 - -"),
            ("grant-team-access org=acme team=t package=@ghost/g token=a-pub", "deny owner-lacks-permission 404 - -"),
            ("grant-team-access org=acme team=t package=pad token=a-orgs", "deny permission-too-low 403 - granular"),
            ("grant-team-access org=acme team=t package=@acme/app token=a-orgs", "challenge grant-team-access 401 - -"),
            ("grant-team-access org=acme team=t package=pad token=a-pub", "challenge grant-team-access 401 - -"),
            ("grant-team-access org=acme team=t package=bypassed token=p-pub", "deny owner-lacks-permission 403 - -"),
        ],
    );
}

#[test]
fn p6_unscoped_packages_may_be_private() {
    holds_under(
        &[PRIVATE],
        &[
            // `secret` is private and alice's.
            ("read-package package=secret token=-", "deny authentication-required 404 - -"),
            ("read-package package=secret token=a-read", "allow read-package 200 grant -"),
            ("read-package package=secret token=b-ses", "deny owner-lacks-permission 404 - session"),
            ("read-package package=secret token=a-pad", "deny not-selected 404 - granular"),
            ("publish package=secret token=a-auto", "allow publish-version 200 grant -"),
            ("publish package=secret token=b-auto", "deny owner-lacks-permission 404 - -"),
            ("stage package=secret token=b-stage", "deny owner-lacks-permission 404 - granular"),
            // C4: "It is never possible for an unscoped package."
            ("change-visibility package=secret token=a-pub", "deny owner-lacks-permission 403 - -"),
            ("change-visibility package=secret token=b-ses", "deny owner-lacks-permission 404 - session"),
            (
                "grant-team-access org=acme team=t package=secret token=p-ses",
                "deny owner-lacks-permission 404 - session",
            ),
            (
                "grant-team-access org=acme team=t package=secret token=a-all",
                "allow grant-team-access 200 grant granular",
            ),
            ("revoke-team-access org=acme team=t package=secret token=p-ses", "deny no-such-package 404 - session"),
            ("revoke-team-access org=acme team=t package=secret token=a-orgs", "deny no-such-package 404 - granular"),
            ("revoke-team-access org=acme team=t package=secret token=a-plain", "challenge revoke-team-access 401 - -"),
            // D3 line 4: every denied creation; but those of line 2 keep their status.
            ("publish package=new token=a-pad", "deny creation-not-covered 404 - granular"),
            ("publish package=@acme/new token=a-pad", "deny creation-not-covered 404 - granular"),
            ("publish package=fs token=a-all", "deny invalid-new-name 403 - granular"),
            ("publish package=new token=a-ro", "deny permission-too-low 403 - granular"),
            ("publish package=new token=a-stage", "deny stage-required 403 - granular"),
            ("publish package=new token=h-pub", "deny owner-on-hold 403 - hold"),
            // Not of a creation, and not private.
            ("publish package=bypassed token=p-pub", "deny owner-lacks-permission 403 - -"),
        ],
    );
    holds_under(
        &[FIRST, PUBLIC],
        &[
            ("publish package=new token=a-pad", "deny creation-not-covered 403 - granular"),
            ("publish package=@acme/new token=a-pad", "deny creation-not-covered 404 - granular"),
            ("publish package=fs token=a-pad", "deny creation-not-covered 403 - granular"),
        ],
    );
}

#[test]
fn the_two_account_actions_that_were_split_off() {
    holds_under(
        &[FIRST],
        &[
            ("change-password token=a-pub", "challenge change-password 401 - -"),
            ("change-password token=a-pub user=alice 2fa", "allow change-password 200 second-factor -"),
            ("change-password token=p-pub", "challenge change-password 401 - -"),
            ("change-password token=b-pub", "allow change-password 200 grant -"),
            ("change-password token=b-pub user=alice", "deny owner-lacks-permission 403 - -"),
            ("enrol-two-factor token=b-pub", "allow enrol-two-factor 200 grant -"),
            ("enrol-two-factor token=a-ses", "challenge enrol-two-factor 401 - -"),
            ("change-password token=a-auto", "deny kind-forbids-action 403 - -"),
            ("change-password token=a-read", "deny kind-forbids-action 403 - -"),
            ("change-password token=a-all", "deny kind-forbids-action 403 - granular"),
            ("enrol-two-factor token=a-auto", "deny kind-forbids-action 403 - -"),
            ("enrol-two-factor token=a-all", "deny kind-forbids-action 403 - granular"),
            ("change-password token=-", "deny authentication-required 401 - -"),
            ("enrol-two-factor token=a-pub package=pad", "error -"),
            ("change-password token=a-pub org=acme", "error -"),
        ],
    );
}

// ------------------------------------------------------------------------------------------------------------------
// The rest of a request
// ------------------------------------------------------------------------------------------------------------------

#[test]
fn requests_that_are_not_objects_or_have_no_id_give_error_lines() {
    let world = tricky_world();
    for request in [json!(null), json!([1]), json!("x"), json!({"token": null, "action": "whoami", "now": NOW})] {
        assert_eq!(oracle::decide(&world, &request), json!({"id": null, "error": true}));
    }
    for field in ["id", "token", "action", "now", "package"] {
        let mut request = request_of("read-package package=left-pad token=-");
        assert_eq!(oracle::decide(&world, &request)["decision"], json!("allow"));
        request.as_object_mut().unwrap().remove(field);
        assert_eq!(oracle::decide(&world, &request)["error"], json!(true), "without {field}");
    }
}

#[test]
fn secrets_are_found_by_their_digest() {
    let mut world = tricky_world();
    assert_eq!(oracle::hex(oracle::sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(oracle::hex(oracle::sha256(b"")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(
        oracle::hex(oracle::sha256(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    );
    world["tokens"][0]["secret_sha256"] = json!(oracle::hex(oracle::sha256(b"abc")));
    world["tokens"][1]["secret_sha256"] = json!(oracle::hex(oracle::sha256(b"a b")));
    for (secret, expected) in [
        ("abc", "allow whoami 200 grant"),
        ("ABC", "deny token-unknown 401 -"),
        ("a b", "deny token-unknown 401 -"),
        ("", "deny token-unknown 401 -"),
    ] {
        let request = json!({"id": "x", "secret": secret, "action": "whoami", "now": NOW});
        assert_eq!(summary(&oracle::decide(&world, &request)), expected, "{secret}");
    }
    // The closure is what hashes.
    let request = json!({"id": "x", "secret": "ABC", "action": "whoami", "now": NOW});
    let constant = oracle::decide_with(&world, &request, &|_| oracle::sha256(b"abc"));
    assert_eq!(summary(&constant), "allow whoami 200 grant");
}

#[test]
fn the_oracle_judges_names_as_npm_does() {
    // 2 = good for new packages, 1 = only for old ones, 0 = no name. The answers are those of
    // validate-npm-package-name 7.0.2, but for the last group, where N2 is stricter.
    let long = "a".repeat(215);
    let longest = "a".repeat(1024);
    let too_long = "a".repeat(1025);
    let cases = [
        ("left-pad", 2),
        ("test", 2),
        ("@.a/x", 2),
        ("@-a/x", 2),
        ("@_a/x", 2),
        ("@a/-x", 2),
        ("@a/_x", 2),
        ("@a/http", 2),
        ("@a~/x", 2),
        ("@~/x", 2),
        ("@(a)/x", 2),
        ("@'/x", 2),
        ("JSONStream", 1),
        ("@A/x", 1),
        ("~a", 1),
        ("a~", 1),
        ("(x)", 1),
        ("*", 1),
        ("'", 1),
        ("@a/~x", 1),
        ("http", 1),
        ("HTTP", 1),
        ("sys", 1),
        (long.as_str(), 1),
        (longest.as_str(), 1),
        ("", 0),
        (".", 0),
        ("..", 0),
        ("@", 0),
        ("@x", 0),
        ("@/x", 0),
        ("@a/", 0),
        ("/a", 0),
        ("a/", 0),
        ("a/b", 0),
        ("@a/.x", 0),
        ("@a/..", 0),
        ("@a/x/y", 0),
        ("@a@b/x", 0),
        ("@a b/x", 0),
        ("@a%20/x", 0),
        ("node:http", 0),
        ("fs/promises", 0),
        ("_http_agent", 0),
        ("-a", 0),
        ("Node_Modules", 0),
        ("favicon.ico", 0),
        ("caf\u{e9}", 0),
        ("a\n", 0),
        ("@a/x\n", 0),
        ("@./x", 0),
        ("@../x", 0),
        ("@node_modules/x", 0),
        ("@FAVICON.ico/x", 0),
        ("@a/node_modules", 0),
        ("@a/Favicon.ico", 0),
        (too_long.as_str(), 0),
    ];
    for (name, expected) in cases {
        let found = i32::from(oracle::package_name_is_valid(name)) + i32::from(oracle::new_package_name_is_valid(name));
        assert_eq!(found, expected, "{name}");
    }
    for (name, old, new) in [
        ("alice", true, true),
        ("Alice", true, false),
        ("_~!*()-.", true, true),
        (".a", false, false),
        ("", false, false),
        ("it's", false, false),
        ("a:b", false, false),
        (&long[..214], true, true),
        (&long, false, false),
    ] {
        assert_eq!(oracle::account_name_is_valid(name), old, "{name}");
        assert_eq!(oracle::new_account_name_is_valid(name), new, "{name}");
    }
    for (scope, good) in
        [("acme", true), ("@acme", true), ("@it's", true), (".a", true), ("@@a", false), ("", false), ("a/b", false)]
    {
        assert_eq!(oracle::scope_is_valid(scope), good, "{scope}");
    }
}

#[test]
fn the_oracle_reads_addresses_and_ranges() {
    use std::net::{IpAddr, Ipv6Addr};
    let texts = [
        "10.1.2.3",
        "0.0.0.0",
        "255.255.255.255",
        "10.1.2.256",
        "10.01.2.3",
        "1.2.3",
        "1.2.3.4.5",
        "",
        "::",
        "::1",
        "1::",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "1:2:3::5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        ":1:2:3:4:5:6:7",
        "1::2::3",
        ":::",
        "::1:",
        "00001::",
        "g::",
        "::ffff:10.1.2.3",
        "::FFFF:A01:203",
        "1:2:3:4:5:6:10.1.2.3",
        "1:2:3:4:5:6:7:10.1.2.3",
        "1:2:3:4:5::10.1.2.3",
        "1:2:3:4:5:6::10.1.2.3",
        "10.1.2.3::",
        "::10.1.2.3:1",
        "::10.1.2",
        "fe80::1%1",
        "+1::",
    ];
    for text in texts {
        let expected = text.parse::<IpAddr>().ok().map(|address| match address {
            IpAddr::V4(v4) => oracle::Address::V4(v4.into()),
            IpAddr::V6(v6) => match Ipv6Addr::to_ipv4_mapped(&v6) {
                Some(v4) => oracle::Address::V4(v4.into()),
                None => oracle::Address::V6(v6.into()),
            },
        });
        assert_eq!(oracle::parse_address(text), expected, "{text}");
    }
    for (text, good) in [
        ("10.0.0.0/8", true),
        ("10.0.0.1/0", true),
        ("10.0.0.0", false),
        ("10.0.0.0/", false),
        ("10.0.0.0/33", false),
        ("10.0.0.0/08", false),
        ("10.0.0.0/+8", false),
        ("10.0.0.0/-8", false),
        ("10.00.0.0/8", false),
        ("10.0.0.0/8/8", false),
        ("10.0.0.0/255.0.0.0", false),
        ("::/0", true),
        ("::/128", true),
        ("::/129", false),
        ("::ffff:10.0.0.0/96", true),
        ("::ffff:10.0.0.0/95", false),
        ("::ffff:10.0.0.0/8", false),
        ("fe80::%1/10", false),
    ] {
        assert_eq!(oracle::parse_range(text).is_some(), good, "{text}");
    }
    let contains = |range: &str, client| {
        oracle::range_contains(&oracle::parse_range(range).unwrap(), oracle::parse_address(client).unwrap())
    };
    for (range, client, expected) in [
        ("10.1.2.99/24", "10.1.2.1", true),
        ("10.1.2.99/24", "10.1.3.1", false),
        ("10.1.2.3/32", "10.1.2.3", true),
        ("10.1.2.3/32", "10.1.2.2", false),
        ("0.0.0.0/0", "::1", false),
        ("0.0.0.0/0", "::ffff:1.2.3.4", true),
        ("::/0", "::ffff:1.2.3.4", false),
        ("::/0", "64:ff9b::1.2.3.4", true),
        ("::ffff:10.0.0.0/97", "127.0.0.1", true),
        ("::ffff:10.0.0.0/97", "128.0.0.1", false),
        ("1.2.3.4/32", "::1.2.3.4", false),
    ] {
        assert_eq!(contains(range, client), expected, "{range} {client}");
    }
}

#[test]
fn the_oracle_reads_times() {
    for (text, printed) in [
        ("2025-11-01T00:00:00Z", Some("2025-11-01T00:00:00Z")),
        ("2025-11-01T00:00:00.500Z", Some("2025-11-01T00:00:00.5Z")),
        ("2025-11-01T00:00:00.000000000Z", Some("2025-11-01T00:00:00Z")),
        ("2025-11-01T00:00:00.000000001Z", Some("2025-11-01T00:00:00.000000001Z")),
        ("2025-11-01T00:00:00+02:00", Some("2025-10-31T22:00:00Z")),
        ("2025-12-31T23:00:00-05:30", Some("2026-01-01T04:30:00Z")),
        ("2024-02-29T12:00:00-00:00", Some("2024-02-29T12:00:00Z")),
        ("2000-02-29T12:00:00Z", Some("2000-02-29T12:00:00Z")),
        ("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00Z")),
        ("0000-12-31T23:59:59Z", Some("0000-12-31T23:59:59Z")),
        ("0000-01-01T00:01:00+00:01", Some("0000-01-01T00:00:00Z")),
        ("9999-12-31T23:59:59.999999999Z", Some("9999-12-31T23:59:59.999999999Z")),
        ("0000-01-01T00:00:00+00:01", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("2025-11-01 00:00:00Z", None),
        ("2025-11-01T00:00:00", None),
        ("2025-11-01T00:00:00.Z", None),
        ("2025-11-01T00:00:00.1234567890Z", None),
        ("2025-11-01T00:00:60Z", None),
        ("2025-11-01T24:00:00Z", None),
        ("2025-02-29T00:00:00Z", None),
        ("2100-02-29T00:00:00Z", None),
        ("2025-11-01T00:00:00+24:00", None),
        ("2025-11-01T00:00:00+0100", None),
        ("2025-11-01T00:00:00Z ", None),
        ("+025-11-01T00:00:00Z", None),
        ("", None),
    ] {
        assert_eq!(oracle::parse_time(text).map(oracle::print_time).as_deref(), printed, "{text}");
    }
    // The distance between two days that a calendar tells.
    let day = |text| oracle::parse_time(text).unwrap() / oracle::DAY;
    assert_eq!(day("1970-01-01T00:00:00Z"), 719_528);
    assert_eq!(day("2025-11-01T00:00:00Z") - day("1970-01-01T00:00:00Z"), 20_393);
}

// ------------------------------------------------------------------------------------------------------------------
// The generator
// ------------------------------------------------------------------------------------------------------------------

fn entries<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn instant(value: &Value) -> i128 {
    oracle::parse_time(value.as_str().unwrap()).unwrap()
}

fn check(found: &mut Vec<String>, good: bool, what: String) {
    if !good {
        found.push(what);
    }
}

fn name_of(value: &Value) -> String {
    value["name"].as_str().unwrap().to_owned()
}

/// What keeps a world from loading, as far as the generator could get it wrong: FORMAT, N, L1 to L7, T3.
fn problems(world: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let users: BTreeSet<String> = entries(world, "users").iter().map(name_of).collect();
    let orgs: BTreeSet<String> = entries(world, "orgs").iter().map(name_of).collect();
    let packages: BTreeSet<String> = entries(world, "packages").iter().map(name_of).collect();
    check(&mut found, users.len() == entries(world, "users").len(), "two users of one name".into());
    check(&mut found, orgs.len() == entries(world, "orgs").len(), "two organizations of one name".into());
    check(&mut found, packages.len() == entries(world, "packages").len(), "two packages of one name".into());
    check(&mut found, users.is_disjoint(&orgs), "N4".into());
    for name in &users {
        check(&mut found, oracle::user_name_is_valid(name), format!("N4: {name}"));
    }
    for name in &orgs {
        check(&mut found, oracle::account_name_is_valid(name), format!("N4: {name}"));
    }
    found.extend(problems_of_policy(&world["policy"]));
    let private_unscoped = world["policy"]["unscoped_packages"] == json!("may-be-private");

    for user in entries(world, "users") {
        check(
            &mut found,
            user["tokens_revoked_until"].is_null() || instant(&user["tokens_revoked_until"]) > 0,
            "cut-off".into(),
        );
        let hold = user.get("writes_held_until");
        check(&mut found, hold.is_some_and(|hold| hold.is_null() || instant(hold) > 0), "hold".into());
        let mut joined = BTreeSet::new();
        for membership in entries(user, "orgs") {
            let org = name_of(membership);
            check(&mut found, orgs.contains(&org), format!("dangling membership {org}"));
            check(&mut found, joined.insert(org), "two memberships".into());
            let teams: BTreeSet<&str> = entries(membership, "teams").iter().filter_map(Value::as_str).collect();
            check(&mut found, teams.len() == entries(membership, "teams").len(), "a team twice".into());
            check(&mut found, teams.iter().all(|team| oracle::account_name_is_valid(team)), "a team's name".into());
        }
    }
    for package in entries(world, "packages") {
        let name = name_of(package);
        check(&mut found, oracle::package_name_is_valid(&name), format!("N2: {name}"));
        let may_be_private = name.starts_with('@') || private_unscoped;
        check(&mut found, package["visibility"] == json!("public") || may_be_private, format!("private {name}"));
        for user in package["users"].as_object().into_iter().flat_map(serde_json::Map::keys) {
            check(&mut found, users.contains(user), format!("dangling grant to {user}"));
        }
        for key in package["teams"].as_object().into_iter().flat_map(serde_json::Map::keys) {
            let (org, team) = key.split_once(':').unwrap();
            check(&mut found, orgs.contains(org) && oracle::account_name_is_valid(team), format!("grant to {key}"));
        }
    }

    found.extend(problems_of_tokens(world, &users));
    found
}

/// P: what a switch may be, loosest first, and which of them each edition has. "A looser value is an error".
const SWITCHES: [(&str, &[&str], [usize; 4]); 7] = [
    ("legacy_tokens", &["honoured", "retired"], [0, 1, 1, 1]),
    ("least_publishing_access", &["no-requirement", "two-factor-or-bypass", "two-factor-only"], [0, 1, 1, 1]),
    ("bypass_covers", &["everything", "all-but-governance", "all-but-governance-and-publish"], [0, 0, 1, 2]),
    // "(neither is looser)".
    ("unscoped_packages", &["always-public", "may-be-private"], [0, 0, 0, 0]),
    ("ranges", &["optional", "required"], [0, 0, 0, 0]),
    ("bypass", &["allowed", "forbidden"], [0, 0, 0, 0]),
    ("all_packages", &["allowed", "forbidden"], [0, 0, 0, 0]),
];

/// P: a lifetime's least and most, in each edition.
const DAYS_90: u64 = 90 * 24 * 60 * 60;
const LIFETIMES: [(&str, u64, [u64; 4]); 3] = [
    ("write_lifetime_at_most", 86_400, [u64::MAX, DAYS_90, DAYS_90, DAYS_90]),
    ("session_lifetime_at_most", 1, [u64::MAX, 7_200, 7_200, 7_200]),
    ("token_lifetime_at_most", 86_400, [u64::MAX, u64::MAX, u64::MAX, u64::MAX]),
];

/// The policy of [`problems`].
fn problems_of_policy(policy: &Value) -> Vec<String> {
    let editions = ["npm-2025-10", "npm-2025-12", "npm-2026-08", "npm-2027-01"];
    let edition = policy.as_str().or_else(|| policy["edition"].as_str()).unwrap_or_default();
    let Some(edition) = editions.iter().position(|one| *one == edition) else {
        return vec![format!("no edition: {policy}")];
    };
    let mut found = Vec::new();
    for (key, value) in policy.as_object().into_iter().flatten() {
        let good = if let Some((_, values, looses)) = SWITCHES.iter().find(|(name, ..)| name == key) {
            values.iter().position(|one| value == one).is_some_and(|at| at >= looses[edition])
        } else if let Some((_, least, most)) = LIFETIMES.iter().find(|(name, ..)| name == key) {
            value.as_u64().is_some_and(|seconds| (*least..=most[edition]).contains(&seconds))
        } else {
            key == "edition"
        };
        check(&mut found, good, format!("P: {key} {value}"));
    }
    found
}

/// The tokens of [`problems`].
fn problems_of_tokens(world: &Value, users: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    let mut digests = BTreeSet::new();
    let mut names = BTreeSet::new();
    for token in entries(world, "tokens") {
        let id = token["id"].as_str().unwrap();
        check(&mut found, ids.insert(id), format!("{id} twice"));
        let owner = token["owner"].as_str().unwrap();
        check(&mut found, users.contains(owner), format!("{id}: dangling owner"));
        if let Some(digest) = token["secret_sha256"].as_str() {
            let hex = digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            check(&mut found, digest.len() == 64 && hex && digests.insert(digest), format!("{id}: digest"));
        }
        check(&mut found, token["revoked"].is_null() || instant(&token["revoked"]) > 0, format!("{id}: revoked"));
        let ranges = entries(token, "cidr");
        check(&mut found, token["cidr"].is_null() || (1..=1000).contains(&ranges.len()), format!("{id}: L7 ranges"));
        check(
            &mut found,
            ranges.iter().all(|range| oracle::parse_range(range.as_str().unwrap()).is_some()),
            format!("{id}: T3"),
        );
        let kinds = ["legacy", "granular", "session"].into_iter().filter(|kind| token.get(*kind).is_some()).count();
        check(&mut found, kinds == 1, format!("{id}: {kinds} kinds"));
        if let Some(session) = token.get("session") {
            let fields = session.as_object().unwrap().len();
            check(&mut found, fields == 1 && instant(&session["expires"]) > 0, format!("{id}: session"));
        }
        let Some(granular) = token.get("granular") else {
            continue;
        };

        // L4, L6.
        check(
            &mut found,
            instant(&granular["expires"]) >= instant(&token["created"]) + oracle::DAY,
            format!("{id}: L4"),
        );
        let name = granular["name"].as_str().unwrap();
        let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte));
        check(&mut found, (1..=40).contains(&name.len()) && letters && name.trim() == name, format!("{id}: L6 {name}"));
        let user = entries(world, "users").iter().find(|user| name_of(user) == owner).unwrap();
        let cut_off = &user["tokens_revoked_until"];
        let dead =
            !token["revoked"].is_null() || (!cut_off.is_null() && instant(&token["created"]) <= instant(cut_off));
        check(&mut found, dead || names.insert((owner, name)), format!("{id}: L6 {name} again"));
        let description = granular["description"].as_str().unwrap_or_default();
        check(&mut found, description.chars().count() <= 120, format!("{id}: L6 description"));

        found.extend(problems_of_grants(id, granular));
    }
    found
}

/// L2, L3, L5, L7.
fn problems_of_grants(id: &str, granular: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut highest = "no-access";
    for side in ["packages_and_scopes", "orgs"] {
        let grant = &granular[side];
        let permission = grant["permission"].as_str().unwrap_or("no-access");
        let permissions: &[&str] = if side == "orgs" {
            &["no-access", "read-only", "read-write"]
        } else {
            &["no-access", "read-only", "stage-only", "read-write"]
        };
        check(&mut found, permissions.contains(&permission), format!("{id}: {permission} of {side}"));
        check(&mut found, grant.get("select").is_some() == (permission != "no-access"), format!("{id}: L5 {side}"));
        if permission == "read-write" || highest == "no-access" {
            highest = permission;
        }
        let Some(select) = grant.get("select") else {
            continue;
        };
        let mut counted: BTreeSet<String> = BTreeSet::new();
        if side == "orgs" {
            for org in select.as_array().unwrap() {
                check(&mut found, oracle::account_name_is_valid(org.as_str().unwrap()), format!("{id}: {org}"));
                counted.insert(org.to_string());
            }
        } else if select.as_str() == Some("all") {
            continue;
        } else {
            for part in ["packages", "scopes"] {
                check(
                    &mut found,
                    select.get(part).is_none() || !entries(select, part).is_empty(),
                    format!("{id}: L5 {part}"),
                );
            }
            for scope in entries(select, "scopes") {
                let scope = scope.as_str().unwrap();
                check(&mut found, oracle::scope_is_valid(scope), format!("{id}: {scope}"));
                counted.insert(format!("@{}", scope.trim_start_matches('@')));
            }
            for package in entries(select, "packages") {
                let package = package.as_str().unwrap();
                check(&mut found, oracle::package_name_is_valid(package), format!("{id}: {package}"));
                let scope = oracle::scope_of(package).map(|scope| format!("@{scope}"));
                if scope.is_none_or(|scope| !counted.contains(&scope)) {
                    counted.insert(package.to_owned());
                }
            }
        }
        check(&mut found, (1..=50).contains(&counted.len()), format!("{id}: {} in {side}", counted.len()));
    }
    check(&mut found, highest != "no-access", format!("{id}: L5"));
    check(&mut found, granular["bypass_2fa"] != json!(true) || highest == "read-write", format!("{id}: L7"));
    found
}

#[test]
fn worlds_are_valid_and_come_from_their_seed() {
    for seed in 0..2_000 {
        let world = worlds::world(seed);
        assert_eq!(problems(&world), Vec::<String>::new(), "world {seed}: {world}");
    }
    let world = worlds::world(7);
    assert_eq!(world, worlds::world(7));
    assert_ne!(world, worlds::world(8));
    assert_eq!(worlds::requests(&world, 7, 50), worlds::requests(&world, 7, 50));
    assert_ne!(worlds::requests(&world, 7, 50), worlds::requests(&world, 8, 50));
}

/// What the generator makes of P, T5, N4 and the kinds of tokens, each of them often.
#[test]
fn worlds_have_all_that_version_2_brought() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |key: String| *seen.entry(key).or_default() += 1;
    for seed in 0..1_000 {
        let world = worlds::world(seed);
        if let Some(edition) = world["policy"].as_str() {
            count(format!("{edition} alone"));
        }
        for (key, value) in world["policy"].as_object().into_iter().flatten() {
            count(if value.is_u64() { key.clone() } else { format!("{key} {value}") });
        }
        for user in entries(&world, "users") {
            count(format!("hold {}", if user["writes_held_until"].is_null() { "none" } else { "some" }));
            count(format!("name {}", if name_of(user).contains('@') { "address" } else { "plain" }));
        }
        for token in entries(&world, "tokens") {
            let granted = token["granular"]["packages_and_scopes"]["permission"].as_str();
            let kind = ["legacy", "granular", "session"].into_iter().find(|kind| token.get(*kind).is_some()).unwrap();
            count(format!("{kind} {}", granted.unwrap_or("-")));
        }
        for package in entries(&world, "packages") {
            let scoped = name_of(package).starts_with('@');
            count(format!("{} {}", package["visibility"], if scoped { "scoped" } else { "unscoped" }));
        }
    }
    let mut expected: Vec<String> = [
        "npm-2025-10 alone",
        "npm-2025-12 alone",
        "npm-2026-08 alone",
        "npm-2027-01 alone",
        "hold none",
        "hold some",
        "name address",
        "name plain",
        "legacy -",
        "session -",
        "granular read-only",
        "granular stage-only",
        "granular read-write",
        "\"private\" unscoped",
        "\"public\" unscoped",
    ]
    .map(str::to_owned)
    .into();
    expected.extend(LIFETIMES.map(|(name, ..)| name.to_owned()));
    for (name, values, _) in SWITCHES {
        expected.extend(values.iter().map(|value| format!("{name} \"{value}\"")));
    }
    for key in expected {
        assert!(seen.get(&key).is_some_and(|times| *times >= 10), "{key}: {:?}", seen.get(&key));
    }
}

/// A line, but for its `valid_until`.
fn answer(line: &Value) -> Value {
    let mut answer = line.clone();
    answer["valid_until"] = Value::Null;
    answer
}

/// D2: "with the same facts, from `now` until `valid_until` the answer (outcome, reason, status) is the same."
#[test]
fn an_answer_holds_until_its_end() {
    let (mut allows, mut denials, mut held, mut changes) = (0, 0, 0, 0);
    for seed in 0..300 {
        let world = worlds::world(seed);
        for request in worlds::requests(&world, seed, 60) {
            let line = oracle::decide(&world, &request);
            if !line["valid_until"].is_string() {
                continue;
            }
            let end = instant(&line["valid_until"]);
            let now = instant(&request["now"]);
            assert!(now < end, "{request}: {line}");
            if line["decision"] == json!("allow") {
                allows += 1;
            } else {
                denials += 1;
            }
            held += i32::from(line["reason"] == json!("owner-on-hold"));
            let at = |instant: i128| {
                let mut later = request.clone();
                later["now"] = json!(oracle::print_time(instant));
                answer(&oracle::decide(&world, &later))
            };
            for later in [now, now + (end - now) / 2, end - 1] {
                assert_eq!(at(later), answer(&line), "seed {seed}: {request} at {}", oracle::print_time(later));
            }
            changes += i32::from(at(end) != answer(&line));
        }
    }
    println!("{allows} allowed, {denials} denied ({held} on hold); {changes} answers are others at their ends");
    assert!(allows > 1_000 && denials > 1_000 && held > 100, "{allows} {denials} {held}");
    // What holds until the expiry is `token-expired` then, but for what stands before T2.
    assert!(changes > 1_000, "{changes}");
}

/// P: "with the same facts, a later edition in the table never raises a decision."
#[test]
fn a_later_edition_never_raises_a_decision() {
    let height = |line: &Value| match line["decision"].as_str().unwrap() {
        "deny" => 0,
        "challenge" => 1,
        "allow" => 2,
        other => panic!("{other} is no decision"),
    };
    let mut lowered = BTreeMap::new();
    for seed in 0..200 {
        let mut world = worlds::world(seed);
        let unscoped = world["policy"]["unscoped_packages"].as_str().unwrap_or("always-public").to_owned();
        for request in worlds::requests(&world, seed, 60) {
            if oracle::decide(&world, &request).get("error").is_some() {
                continue;
            }
            let mut before: Option<Value> = None;
            for edition in [FIRST].into_iter().chain(LATER) {
                world["policy"] = json!({"edition": edition, "unscoped_packages": unscoped});
                let line = oracle::decide(&world, &request);
                if let Some(before) = before {
                    assert!(height(&line) <= height(&before), "seed {seed}: {request}: {before}, then {line}");
                    if height(&line) < height(&before) {
                        *lowered.entry(edition).or_insert(0) += 1;
                    }
                }
                before = Some(line);
            }
        }
    }
    println!("{lowered:?}");
    assert!(LATER.into_iter().all(|edition| lowered[edition] >= 20), "{lowered:?}");
}

/// Every reason, with each status that it can come with (D3).
const REASONS: [&str; 24] = [
    "authentication-required 401",
    "authentication-required 404",
    "token-unknown 401",
    "token-revoked 401",
    "token-retired 401",
    "token-expired 401",
    "ip-not-allowed 401",
    "owner-suspended 403",
    "kind-forbids-action 403",
    "owner-on-hold 403",
    "stage-required 403",
    "permission-too-low 403",
    "permission-too-low 404",
    "no-such-org 404",
    "no-such-package 404",
    "not-selected 403",
    "not-selected 404",
    "creation-not-covered 403",
    "creation-not-covered 404",
    "owner-lacks-permission 403",
    "owner-lacks-permission 404",
    "invalid-new-name 403",
    "tokens-disallowed 403",
    "second-factor-not-enrolled 403",
];

/// What changes nothing.
const READING: [&str; 7] =
    ["read-package", "list-collaborators", "read-org", "whoami", "read-profile", "list-tokens", "read-stage"];

/// What changes something and is in no class (F).
const NO_CLASS: [&str; 3] = ["star-package", "revoke-self", "stage"];

/// *write* and *auth*: what can be challenged (F).
const CHALLENGED: [&str; 30] = [
    "create-package",
    "publish-version",
    "unpublish",
    "deprecate",
    "set-dist-tag",
    "change-visibility",
    "change-publishing-access",
    "change-maintainers",
    "change-org-settings",
    "add-member",
    "remove-member",
    "change-member-role",
    "create-team",
    "delete-team",
    "add-team-member",
    "remove-team-member",
    "grant-team-access",
    "revoke-team-access",
    "manage-billing",
    "rename-org",
    "delete-org",
    "share-package",
    "change-profile",
    "configure-two-factor",
    "create-token",
    "revoke-token",
    "change-password",
    "enrol-two-factor",
    "approve-stage",
    "reject-stage",
];

#[test]
fn the_generator_meets_every_rule() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |key: String| *seen.entry(key).or_default() += 1;
    for seed in 0..300 {
        let world = worlds::world(seed);
        for request in worlds::requests(&world, seed, 100) {
            let line = oracle::decide(&world, &request);
            // A mistake made on purpose is an error, and nothing else is.
            let good = request["id"].as_str().is_some_and(|id| id.starts_with('r'));
            assert_eq!(line.get("error").is_none(), good, "{request}");
            if !good {
                count("error".to_owned());
                continue;
            }
            let action = request["action"].as_str().unwrap();
            let decision = line["decision"].as_str().unwrap();
            count(format!("decision {decision} via {}", line["via"].as_str().unwrap_or("-")));
            match line["reason"].as_str() {
                Some(reason) => {
                    count(format!("reason {reason} {}", line["status"]));
                    count(format!("denied {action}"));
                }
                None => count(format!("{decision} {}", line["action"].as_str().unwrap())),
            }
            if line["valid_until"].is_string() {
                count(match line["reason"].as_str() {
                    Some(reason) => format!("valid_until of {reason}"),
                    None => format!("valid_until via {}", line["via"].as_str().unwrap()),
                });
            }
            let edition = world["policy"].as_str().or_else(|| world["policy"]["edition"].as_str()).unwrap();
            count(format!("{edition} {decision}"));
        }
    }

    let mut expected = vec!["error".to_owned()];
    for one in ["allow via grant", "allow via public", "allow via second-factor", "challenge via -", "deny via -"] {
        expected.push(format!("decision {one}"));
    }
    expected.extend(["valid_until via grant".to_owned(), "valid_until via public".to_owned()]);
    for one in REASONS {
        expected.push(format!("reason {one}"));
        // D2: "unless the reason is `token-revoked`, `token-retired` or `token-expired`"; without a token there is
        // none.
        let reason = one.split_once(' ').unwrap().0;
        if !reason.starts_with("token-") && reason != "authentication-required" {
            expected.push(format!("valid_until of {reason}"));
        }
    }
    for edition in [FIRST].into_iter().chain(LATER) {
        expected.extend(["allow", "challenge", "deny"].map(|decision| format!("{edition} {decision}")));
    }
    for action in READING.into_iter().chain(NO_CLASS).chain(CHALLENGED) {
        expected.push(format!("allow {action}"));
        expected.push(format!(
            "denied {}",
            action.replace("create-package", "publish").replace("publish-version", "publish")
        ));
    }
    expected.extend(CHALLENGED.into_iter().map(|action| format!("challenge {action}")));
    let missing: Vec<&String> = expected.iter().filter(|key| !seen.contains_key(*key)).collect();
    println!("{seen:#?}");
    assert!(missing.is_empty(), "never seen: {missing:?}");
    // What is never challenged, is not.
    for action in READING.into_iter().chain(NO_CLASS) {
        assert!(!seen.contains_key(&format!("challenge {action}")), "{action}");
    }
    // Everything is hit, and often.
    for (key, times) in &seen {
        assert!(*times >= 5, "{key}: only {times}");
    }
    // Every reason and status that occurs is one of those above, and so is every reason with an end.
    for key in seen.keys().filter(|key| key.starts_with("reason ") || key.starts_with("valid_until of ")) {
        assert!(expected.contains(key), "{key}");
    }
}
