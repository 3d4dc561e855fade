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
        "users": [
            {"name": "alice", "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
             "orgs": [{"name": "acme", "role": "owner", "teams": ["developers"]}]},
            {"name": "bob", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null}
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
        "users": [
            {"name": "alice", "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
             "orgs": [{"name": "acme", "role": "owner", "teams": ["developers"]},
                      {"name": "rival", "role": "admin"}]},
            {"name": "bob", "status": "active", "two_factor": "disabled",
             "tokens_revoked_until": "2025-09-30T23:59:59.999999999Z",
             "orgs": [{"name": "acme", "role": "member"}]},
            {"name": "carol", "status": "active", "two_factor": "auth-only",
             "tokens_revoked_until": "2025-10-01T02:00:00+02:00"},
            {"name": "dan", "status": "active", "two_factor": "auth-only", "tokens_revoked_until": null},
            {"name": "eve", "status": "suspended", "two_factor": "disabled", "tokens_revoked_until": null}
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
    // Inside and outside the ranges, a mapped address, and none at all (T3).
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
    ("manage-team-access org=none team=t package=nothing-here token=a-pub", "deny no-such-org 404 -"),
    ("manage-team-access org=acme team=t package=nothing-here token=a-pub", "deny no-such-package 404 -"),
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
    // C1: a member's direct grant counts; a role alone gives nothing; in a scope without an owner only a team's grant counts.
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
    // G1's second sentence and C5's for manage-team-access.
    ("manage-team-access org=acme team=t package=@acme/app token=a-orgs", "allow manage-team-access 200 grant"),
    ("manage-team-access org=acme team=t package=left-pad token=a-orgs", "deny permission-too-low 403 -"),
    ("manage-team-access org=acme team=t package=@dan/d token=a-orgs", "deny permission-too-low 404 -"),
    ("manage-team-access org=acme team=t package=@dan/d token=a-ro", "deny permission-too-low 403 -"),
    ("manage-team-access org=acme team=t package=left-pad token=a-acme", "deny not-selected 403 -"),
    ("manage-team-access org=acme team=t package=left-pad token=a-all", "allow manage-team-access 200 grant"),
    ("manage-team-access org=acme team=t package=@dan/d token=a-all", "deny owner-lacks-permission 403 -"),
    ("manage-team-access org=acme team=t package=@rival/x token=a-all", "deny owner-lacks-permission 403 -"),
    ("manage-team-access org=acme team=t package=@ghost/g token=a-all", "deny owner-lacks-permission 403 -"),
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
    // A package that asks for a factor or a bypass, and an owner who has no factor to show (F3, F5).
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
}

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
    for name in users.iter().chain(&orgs) {
        check(&mut found, oracle::account_name_is_valid(name), format!("N4: {name}"));
    }

    for user in entries(world, "users") {
        check(
            &mut found,
            user["tokens_revoked_until"].is_null() || instant(&user["tokens_revoked_until"]) > 0,
            "cut-off".into(),
        );
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
        check(&mut found, package["visibility"] == json!("public") || name.starts_with('@'), format!("private {name}"));
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
        check(&mut found, token.get("legacy").is_some() != token.get("granular").is_some(), format!("{id}: one kind"));
        let Some(granular) = token.get("granular") else {
            continue;
        };

        // A day at least until the expiry, and the name and description (L4, L6).
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

/// The permission and selection of each side, their sizes, and the bypass (L2, L3, L5, L7).
fn problems_of_grants(id: &str, granular: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut highest = "no-access";
    for side in ["packages_and_scopes", "orgs"] {
        let grant = &granular[side];
        let permission = grant["permission"].as_str().unwrap_or("no-access");
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

/// Every reason, with each status that it can come with (D3).
const REASONS: [&str; 21] = [
    "authentication-required 401",
    "authentication-required 404",
    "token-unknown 401",
    "token-revoked 401",
    "token-expired 401",
    "ip-not-allowed 401",
    "owner-suspended 403",
    "kind-forbids-action 403",
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
const READING: [&str; 6] = ["read-package", "list-collaborators", "read-org", "whoami", "read-profile", "list-tokens"];

/// What changes something and is in no class (F).
const NO_CLASS: [&str; 2] = ["star-package", "revoke-self"];

/// *write* and *auth*: what can be challenged (F).
const CHALLENGED: [&str; 25] = [
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
    "manage-team-access",
    "manage-billing",
    "rename-org",
    "delete-org",
    "share-package",
    "change-profile",
    "configure-two-factor",
    "create-token",
    "revoke-token",
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
                count(format!("valid_until via {}", line["via"].as_str().unwrap()));
            }
        }
    }

    let mut expected = vec!["error".to_owned()];
    for one in ["allow via grant", "allow via public", "allow via second-factor", "challenge via -", "deny via -"] {
        expected.push(format!("decision {one}"));
    }
    expected.extend(["valid_until via grant".to_owned(), "valid_until via public".to_owned()]);
    for one in REASONS {
        expected.push(format!("reason {one}"));
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
    // Every reason and status that occurs is one of those above.
    for key in seen.keys().filter(|key| key.starts_with("reason ")) {
        assert!(expected.contains(key), "{key}");
    }
}
