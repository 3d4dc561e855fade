//! Attacks through npm's requests, by someone who did not write the code: each test is named after what it stops.
#![expect(clippy::unwrap_used, reason = "a slip in the test's own tables fails the test")]

use crate::{body, body_from_text, name};
use serde_json::{Value, json};
use tollgate::npm::*;
use tollgate::testing::*;
use tollgate::{
    BoundToken, ClientIp, Decision, PackageAction, Policy, Timestamp, Token, User,
    decision::{AccessRequest, Caller, ResourceFacts},
    facts::{PackageState, PublishingAccess, TwoFactorMode, Visibility},
    token::LegacyKind,
    value::{GrantedPermission, PackagesPermission, Role},
};

fn stored() -> Value {
    json!({
        "_id": "@acme/w", "_rev": "2-0", "name": "@acme/w",
        "dist-tags": {"latest": "1.1.0"},
        "versions": {
            "1.0.0": {"name": "@acme/w", "version": "1.0.0", "dist": {"shasum": "00"}},
            "1.1.0": {"name": "@acme/w", "version": "1.1.0", "dist": {"shasum": "11"}},
        },
        "maintainers": [{"name": "alice"}, {"name": "bob"}],
        "users": {"carol": true},
    })
}

fn publish(version: &str) -> Value {
    json!({
        "_id": "@acme/w", "name": "@acme/w",
        "dist-tags": {"latest": version},
        "versions": {version: {"name": "@acme/w", "version": version, "dist": {"shasum": "66"}}},
        "_attachments": {format!("@acme/w-{version}.tgz"): {"data": "AAAA"}},
    })
}

fn asked(sent: Value, stored: Option<Value>) -> Result<(Vec<String>, bool), String> {
    let (sent, stored) = (body(sent), stored.map(body));
    let stored = stored.as_ref().map(|document| StoredPackument { document, visibility: Visibility::Private });
    let changes =
        PackumentChanges::read(&name("@acme/w"), PutTarget::Package, &sent, stored).map_err(|e| e.to_string())?;
    let actions: Vec<String> =
        changes.access_requests().iter().map(|access_request| access_request.action().to_owned()).collect();
    // A body that is not understood requires every write permission.
    let everything = ["publish", "unpublish", "deprecate", "set-dist-tag", "change-maintainers", "change-visibility"];
    let is_everything = everything.iter().all(|one| actions.iter().any(|action| action == one));
    Ok((actions, !is_everything))
}

#[test]
fn a_version_that_is_published_is_a_semantic_one() {
    for version in [
        "1",
        "1-2.0.0",
        "0'\"><script>",
        "1.0.0.tgz",
        "01.0.0",
        "1.0",
        "1.0.0 ",
        "1.2.3+001",
        "1.2.3-a+b-c.01",
        "1.0.0-a_b",
        "1.0.0-a..b",
        "1.0.0-é",
    ] {
        let asked = asked(publish(version), None);
        assert!(asked.is_err(), "{version}: {asked:?}");
    }
    // What `semver` of npm counts up to, and the next.
    for version in ["9007199254740992.0.0", "0.0.9007199254740992", "1.99999999999999999999999.0"] {
        let asked = asked(publish(version), None);
        assert!(asked.is_err(), "{version}: {asked:?}");
    }
    for version in ["9007199254740991.0.9007199254740991", "1.0.0-99999999999999999999999"] {
        assert!(asked(publish(version), None).is_ok(), "{version}");
    }
    for version in ["0.0.0", "1.2.3-0", "1.2.3--", "1.2.3-rc.1-x.0a", "10.20.30"] {
        assert!(asked(publish(version), None).is_ok(), "{version}");
    }
}

/// No request could move or remove such a tag again.
#[test]
fn a_tag_that_no_path_can_name_is_not_set() {
    for tag in ["", "..", "a/b", "%2e", "x\ny", "é", "a;b", "a?b", "a#b"] {
        assert!(tag.parse::<PathText>().is_err());
        let mut sent = publish("2.0.0");
        sent["dist-tags"] = json!({tag: "2.0.0"});
        assert!(asked(sent, None).is_err(), "publication tag {tag:?}");
        let mut sent = stored();
        sent["dist-tags"][tag] = json!("1.0.0");
        assert!(asked(sent, Some(stored())).is_err(), "document tag {tag:?}");
    }
}

/// By the two spellings of an attachment's name.
#[test]
fn two_provenance_bundles_are_an_error() {
    let mut sent = publish("2.0.0");
    sent["_attachments"]["@acme/w-2.0.0.sigstore"] = json!({"data": "first"});
    sent["_attachments"]["w-2.0.0.sigstore"] = json!({"data": "second"});
    assert!(asked(sent, None).is_err());
}

/// The first visibility needs no `change-visibility` of its own. A server that read nothing as stored, and decided about a
/// package that is there (two reads, a race), gets nothing to apply.
#[test]
fn a_first_visibility_is_not_applied_to_a_package_that_exists() {
    let mut sent = publish("2.0.0");
    sent["access"] = json!("public");
    let sent = body(sent);
    let package_name = name("@acme/w");
    let changes = PackumentChanges::read(&package_name, PutTarget::Package, &sent, None).unwrap();
    let bob = user("bob").member("acme", Role::Member, &["devs"]).build();
    let there = package("@acme/w").private().team("acme", "devs", GrantedPermission::ReadWrite).build();
    let token = legacy(LegacyKind::Publish, "bob").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &bob));
    let facts = ResourceFacts { package: Some((&there).into()), organization: None };
    let access_requests = changes.access_requests();
    let all = access_requests.iter().map(|i| i.decide(&caller, &facts, ClientIp::UNKNOWN, now()).unwrap());
    let all = CombinedDecision::from_decisions(all, None);
    let Some(CombinedDecision::Allow(allows)) = all else { panic!("bob may publish, and that is all that was asked") };
    assert_eq!(changes.allowed_by(&allows).err(), Some(ChangesNotAllowedError::OtherFacts));
}

/// A `deprecate` of a document that was read before 1.2.0 was published takes 1.2.0 away: only the revision tells.
#[test]
fn a_stale_document_is_known_by_its_revision() {
    let mut now_stored = stored();
    now_stored["versions"]["1.2.0"] = json!({"name": "@acme/w", "version": "1.2.0"});
    now_stored["_rev"] = json!("3-0");
    let (sent, document) = (body(stored()), body(now_stored));
    let before = StoredPackument { document: &document, visibility: Visibility::Private };
    let package_name = name("@acme/w");
    let changes = PackumentChanges::read(&package_name, PutTarget::Package, &sent, Some(before)).unwrap();
    let actions: Vec<_> = changes.access_requests().iter().map(AccessRequest::action).collect();
    assert_eq!(actions, ["deprecate", "unpublish"]);
    assert_eq!(changes.revision(), Some("2-0"));
}

/// The bits of -2.0 are those of the whole number -2^62.
#[test]
fn two_different_numbers_are_never_equal() {
    assert!(body_from_text("-4611686018427387904") != body_from_text("-2.0"));
    assert!(body_from_text("-4616189618054758400") != body_from_text("-1.0"));
}

#[test]
fn no_change_hides_behind_another_spelling_of_a_key_or_value() {
    let w = |f: &dyn Fn(&mut Value)| {
        let mut sent = stored();
        f(&mut sent);
        asked(sent, Some(stored()))
    };
    // other spellings of known keys in a document
    for key in [
        "Maintainers",
        "MAINTAINERS",
        "dist-Tags",
        "__proto__",
        "constructor",
        "maintainers ",
        "ｍaintainers",
        "_Attachments",
        "owners",
        "collaborators",
        "private",
    ] {
        assert!(!w(&|v| v[key] = json!([{"name": "mallory"}])).unwrap().1, "{key}");
    }
    for key in ["maintainers", "dist-tags", "versions", "users"] {
        for bad in [json!(null), json!(1), json!("x"), json!(true)] {
            assert!(w(&|v| v[key] = bad.clone()).is_err(), "{key} {bad}");
        }
    }
    for key in ["maintainers"] {
        for bad in [json!({}), json!([null]), json!([[]]), json!([{}]), json!([{"name": null}])] {
            assert!(w(&|v| v[key] = bad.clone()).is_err(), "{key} {bad}");
        }
    }
    // attachments that are not quite none
    for bad in [json!(null), json!([]), json!(""), json!(false)] {
        assert!(w(&|v| v["_attachments"] = bad.clone()).is_err(), "{bad}");
    }
    assert_eq!(w(&|v| v["_attachments"] = json!({})).unwrap(), (vec!["deprecate".to_owned()], true));
    // star body with one more key
    for extra in ["access", "versions", "dist-tags", "readme", "_attachments", "private", "time"] {
        let mut star = json!({"_id": "@acme/w", "_rev": "1", "users": {"alice": true}});
        star[extra] = json!({});
        let got = asked(star, Some(stored()));
        assert!(got.is_err() || got.as_ref().unwrap().0[0] != "star-package", "{extra} {got:?}");
    }
}

#[test]
fn no_error_repeats_a_password_of_the_wrong_shape() {
    for sent in [
        json!({"password": "hunter2!"}),
        json!({"tfa": {"password": "hunter2!", "mode": "x"}}),
        json!({"tfa": "hunter2!"}),
        json!({"password": {"old": "hunter2!", "new": 1}}),
        json!({"password": ["hunter2!"]}),
    ] {
        let sent = body(sent);
        let error = ProfileChange::read(&sent).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn an_empty_list_of_one_time_passwords_confirms_nothing() {
    let sent = body(json!({"tfa": []}));
    let change = ProfileChange::read(&sent);
    assert!(change.is_err(), "`codes.iter().all(verify)` is true of none: {change:?}");
}

/// A legacy publish token is the widest that there is, and lives for ever.
#[test]
fn an_empty_body_requests_no_token() {
    for sent in [json!({}), json!({"password": "x"}), json!({"cidr_whitelist": null})] {
        let sent_body = body(sent.clone());
        let read = CreateTokenRequest::read(&sent_body, Policy::NPM_2025_10, Timestamp::UNIX_EPOCH);
        assert!(read.is_err(), "{sent} is {:?}", read.unwrap().token);
    }
}

#[test]
fn no_error_of_a_token_request_repeats_the_password() {
    let fields = [
        "name",
        "description",
        "token_description",
        "packages",
        "packages_all",
        "scopes",
        "orgs",
        "packages_and_scopes_permission",
        "orgs_permission",
        "expires",
        "bypass_2fa",
        "readonly",
        "automation",
        "cidr_whitelist",
        "cidr",
    ];
    for password in [
        "hunter2 hunter2",
        "p\u{1b}w\"'`\\x",
        "päßwörd €",
        "%%%%%%%%",
        "/////////",
        "a b-".repeat(50).as_str(),
        "!£$ ".repeat(21).as_str(),
    ] {
        let chunk: String = password.chars().take(8).collect();
        for field in fields {
            for value in [
                json!(password),
                json!([password]),
                json!([password, "x"]),
                json!({password: 1}),
                json!(format!("x{password}")),
                // An error ends within the password.
                json!(format!("{}{password}", "x ".repeat(35))),
                json!([format!("{password}/24")]),
                json!([format!("@{password}")]),
            ] {
                let mut sent = json!({"name": "ci", "password": password, "packages": ["x"], "packages_and_scopes_permission": "read-only"});
                sent[field] = value.clone();
                let sent = body(sent);
                if let Err(error) = CreateTokenRequest::read(&sent, Policy::NPM_2025_10, Timestamp::UNIX_EPOCH) {
                    let quoted: String = chunk.chars().flat_map(char::escape_debug).collect();
                    let text = format!("{error} {error:?}");
                    assert!(!text.contains(&chunk) && !text.contains(&quoted), "{field} {value}: {error}");
                }
            }
        }
    }
}

#[test]
fn an_ambiguous_token_request_is_an_error() {
    let base = || json!({"name": "ci", "packages": ["x"], "packages_and_scopes_permission": "read-only"});
    for (key, value) in [
        ("packages_all", json!("true")),
        ("packages_all", json!(1)),
        ("packages_all", json!(null)),
        ("packages_all", json!(true)),
        ("bypass_2fa", json!("false")),
        ("bypass_2fa", json!(0)),
        ("bypass_2fa", json!(null)),
        ("scopes", json!([])),
        ("scopes", json!(null)),
        ("scopes", json!("*")),
        ("scopes", json!(["*"])),
        ("scopes", json!(["@*"])),
        ("scopes", json!(["@"])),
        ("scopes", json!([""])),
        ("scopes", json!(["@@acme"])),
        ("scopes", json!({})),
        ("packages", json!([])),
        ("packages", json!(null)),
        ("packages", json!("*")),
        ("packages", json!(["*", "x"])),
        ("packages", json!(["@*"])),
        ("packages", json!(["*", "@*"])),
        ("packages", json!(["*", "*"])),
        ("packages", json!([" *"])),
        ("packages", json!(["@acme"])),
        ("packages", json!([["*"]])),
        ("packages", json!({"0": "x"})),
        ("packages_and_scopes_permission", json!("Read-Only")),
        ("packages_and_scopes_permission", json!("write")),
        ("packages_and_scopes_permission", json!(null)),
        ("packages_and_scopes_permission", json!(["read-write"])),
        ("packages_and_scopes_permission", json!("no-access")),
        ("packages_and_scopes_permission", json!("stage-only")),
        ("orgs", json!([])),
        ("orgs", json!(["*"])),
        ("orgs", json!(null)),
        ("orgs", json!(["acme"])),
        ("orgs_permission", json!("read-only")),
        ("expires", json!(0)),
        ("expires", json!(-1)),
        ("expires", json!(1.5)),
        ("expires", json!(30.0)),
        ("expires", json!("30")),
        ("expires", json!(null)),
        ("expires", json!(true)),
        ("expires", json!(u64::MAX)),
        ("expires", json!(1e300)),
        ("expires", json!([30])),
        ("cidr", json!("10.0.0.0/8")),
        ("cidr", json!([null])),
        ("cidr", json!([""])),
        ("cidr", json!(["10.0.0.1"])),
        ("cidr", json!({})),
        ("cidr", json!(false)),
        ("cidr", json!(["0.0.0.0/00"])),
        ("readonly", json!(true)),
        ("readonly", json!(false)),
        ("readonly", json!(null)),
        ("automation", json!(true)),
        ("Packages_all", json!(true)),
        ("packagesAll", json!(true)),
        ("name", json!(null)),
        ("name", json!("")),
        ("password", json!(null)),
        ("password", json!(1)),
    ] {
        let mut sent = base();
        sent[key] = value.clone();
        let sent = body(sent);
        let read = CreateTokenRequest::read(&sent, Policy::NPM_2025_10, Timestamp::UNIX_EPOCH);
        assert!(read.is_err(), "{key} {value}: {read:?}");
    }
    for (cidr, whitelist) in [
        (json!([]), json!(["10.0.0.0/8"])),
        (json!(["10.0.0.0/8"]), json!(null)),
        (json!(["10.0.0.0/8", "11.0.0.0/8"]), json!(["10.0.0.0/8"])),
    ] {
        let mut sent = base();
        sent["cidr"] = cidr;
        sent["cidr_whitelist"] = whitelist;
        assert!(CreateTokenRequest::read(&body(sent), Policy::NPM_2025_10, Timestamp::UNIX_EPOCH).is_err());
    }
    for legacy in [
        json!({"readonly": "true"}),
        json!({"readonly": null}),
        json!({"readonly": 1}),
        json!({"readonly": true, "automation": true}),
        json!({"automation": "x"}),
        json!({"readOnly": true}),
        json!({"readonly": true, "name": null}),
        json!({"readonly": true, "expires": 1}),
        json!([]),
        json!(null),
        json!("x"),
    ] {
        let sent = body(legacy.clone());
        assert!(CreateTokenRequest::read(&sent, Policy::NPM_2025_10, Timestamp::UNIX_EPOCH).is_err(), "{legacy}");
    }
}

#[test]
fn a_parameter_twice_by_another_spelling_is_an_error() {
    for query in ["key=%22alice%22&k%65y=%22bob%22", "key&key=%22alice%22"] {
        let got = Endpoint::classify("GET", &format!("/-/_view/starredByUser?{query}"));
        assert!(got.is_err(), "{query}: {got:?}");
    }
}

#[test]
fn versions_tags_and_revisions_have_no_character_at_which_another_reader_stops() {
    for path in [
        "/left-pad/-rev/..;",
        "/left-pad/-rev/1-0;x",
        "/left-pad/-rev/1-0%3Fwrite=true",
        "/-/user/org.couchdb.user:alice/-rev/..;",
        "/left-pad/.;",
        "/left-pad/latest%23x",
        "/-/package/left-pad/dist-tags/..%3Bx",
        "/-/package/left-pad/dist-tags/latest%3fx",
        "/left-pad/-/left-pad-1.0.0;.tgz",
        "/-/npm/v1/attestations/left-pad@1.0.0%3b",
    ] {
        for method in ["GET", "PUT", "POST", "DELETE"] {
            let got = Endpoint::classify(method, path);
            assert!(got.is_err(), "{method} {path}: {got:?}");
        }
    }
}

#[test]
fn a_token_in_a_path_has_no_dot_segment() {
    for at in ["/-/npm/v1/tokens/token", "/-/user/token"] {
        for raw in ["..", "%2e%2e", ".", "t-old%2F.", "t-old%2f%2e%2E", "..%2Ft-old", "a%2f.%2fb"] {
            let got = Endpoint::classify("DELETE", &format!("{at}/{raw}"));
            let Err(error) = got else { panic!("{raw} is read as {got:?}") };
            assert_eq!(error, EndpointError::Path(PathProblem::DotSegment), "{raw}");
        }
        for (raw, problem) in [
            ("%2F", PathProblem::EmptySegment),
            ("a%2F", PathProblem::EmptySegment),
            ("%2Fa", PathProblem::EmptySegment),
            ("a%2F%2Fb", PathProblem::EmptySegment),
            ("t-old%5C..", PathProblem::Character),
            ("t-old%2F..;", PathProblem::Character),
            ("t-old%2F..%3Bx", PathProblem::Character),
            ("t-old%252F..", PathProblem::Character),
            ("%252e%252e", PathProblem::Character),
            ("t-old%3Fx", PathProblem::Character),
            ("t-old%23x", PathProblem::Character),
        ] {
            let got = Endpoint::classify("DELETE", &format!("{at}/{raw}"));
            assert_eq!(got, Err(EndpointError::Path(problem)), "{raw}");
        }
        // A token in base64 may have slashes, and one with dots inside a segment is fine.
        for raw in ["a%2Fb%3D%3D", "a%2Fb%2Bc", "a..b", "..a%2Fb..", "..."] {
            let endpoint = Endpoint::classify("DELETE", &format!("{at}/{raw}")).expect(raw);
            assert_eq!(endpoint.to_path(), format!("{at}/{raw}"));
        }
    }
}

#[test]
fn confusing_paths_are_read_as_what_they_are() {
    for path in [
        "/@acme/-",
        "/@acme%2f-",
        "/@acme/-rev/1",
        "/@acme/-/x",
        "/@acme/-/-/x-1.tgz",
        "/@acme/-/-rev/1",
        "/@acme/_x",
        "/@-/x",
        "/@acme/-/-",
    ] {
        for method in ["GET", "PUT", "DELETE", "POST", "HEAD"] {
            if let Ok(endpoint) = Endpoint::classify(method, path) {
                let again = Endpoint::classify(endpoint.method(), &endpoint.to_path());
                assert_eq!(again.as_ref(), Ok(&endpoint), "{path} -> {}", endpoint.to_path());
            }
        }
    }
    for path in [
        "http://x/left-pad",
        "//x/left-pad",
        "*",
        "/left-pad;x",
        "/left+pad",
        "/left-pad%3fx",
        "/left-pad%23x",
        "/left-pad%2f",
        "/left-pad%2f..",
        "/left-pad&x",
        "/-%2fwhoami",
        "/-/package/..%2fx/access",
        "/-/package/@acme/w/x/access",
        "/-/package/@acme/access",
        "/-/team/acme%2fx/y",
        "/-/user/org.couchdb.user:",
        "/-/user/org.couchdb.user:a%2fb",
        "/-/npm/v1/attestations/@acme/w",
        "/-/npm/v1/attestations/@1.0.0",
        "/-/npm/v1/attestations/@acme/@1.0.0",
        "/-/npm/v1/attestations/a@b@c",
    ] {
        for method in ["GET", "PUT", "DELETE", "POST"] {
            let read = Endpoint::classify(method, path);
            assert!(read.is_err(), "{method} {path}: {read:?}");
        }
    }
}

#[test]
fn a_forged_header_is_not_read() {
    let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    let ip = |peer: &str, headers: &[&str]| proxies.client_ip(peer.parse().unwrap(), headers.iter().copied());
    let unknown = ClientIp::UNKNOWN;
    let is = |text: &str| text.parse::<ClientIp>().unwrap();
    for (peer, headers, expected) in [
        ("192.0.2.1", &["10.0.0.1"][..], is("192.0.2.1")),
        ("10.0.0.1", &["10.0.0.9, 198.51.100.1, 192.0.2.7"], is("192.0.2.7")),
        ("10.0.0.1", &["10.0.0.9", "192.0.2.7", "10.0.0.2"], is("192.0.2.7")),
        ("10.0.0.1", &["198.51.100.1, 192.0.2.7,"], unknown),
        ("10.0.0.1", &["198.51.100.1,,10.0.0.3"], unknown),
        ("10.0.0.1", &["198.51.100.1", ""], unknown),
        ("10.0.0.1", &["198.51.100.1, unknown"], unknown),
        ("10.0.0.1", &["198.51.100.1, 010.0.0.2"], unknown),
        ("10.0.0.1", &["198.51.100.1, 10.1"], unknown),
        ("10.0.0.1", &["198.51.100.1, 0x0a.0.0.1"], unknown),
        ("10.0.0.1", &["198.51.100.1, [10.0.0.2]"], unknown),
        ("10.0.0.1", &["198.51.100.1, fe80::1%eth0"], unknown),
        ("10.0.0.1", &["198.51.100.1, \u{a0}10.0.0.2"], unknown),
        ("10.0.0.1", &["198.51.100.1, ::ffff:10.0.0.2"], is("198.51.100.1")),
        ("10.0.0.1", &["198.51.100.1, ::10.0.0.2"], is("::10.0.0.2")),
        ("10.0.0.1", &["198.51.100.1, 64:ff9b::10.0.0.2"], is("64:ff9b::10.0.0.2")),
        ("::ffff:10.0.0.1", &["192.0.2.7:99999"], unknown),
        ("::ffff:10.0.0.1", &["[2001:db8::1]:1"], is("2001:db8::1")),
        ("fd00::1", &["for=192.0.2.7"], unknown),
    ] {
        assert_eq!(ip(peer, headers), expected, "{peer} {headers:?}");
    }
    let long = vec!["10.0.0.2"; 100_000].join(",");
    assert_eq!(ip("10.0.0.1", &[&long]), unknown);
}

fn tokens() -> Vec<Token> {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let mut tokens: Vec<Token> = LegacyKind::ALL.iter().map(|kind| legacy(*kind, "alice").build()).collect();
    tokens.push(legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build());
    tokens.push(legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build());
    tokens.push(session("login", "alice").build());
    let selections = || [all(), only(&["@acme"]), only(&["@acme/secret"]), only(&["@globex", "left-pad"])];
    for permission in [ReadOnly, ReadWrite] {
        for selection in selections() {
            tokens.push(granular("ci", "alice").packages(PackagesPermission::StageOnly, selection.clone()).build());
            tokens.push(granular("ci", "alice").packages(permission, selection.clone()).build());
            for orgs in [ReadOnly, ReadWrite] {
                for names in [&["acme"][..], &["globex"], &["acme", "globex"]] {
                    tokens.push(
                        granular("ci", "alice")
                            .packages(permission, selection.clone())
                            .organizations(orgs, names)
                            .build(),
                    );
                    if permission == ReadWrite {
                        tokens.push(
                            granular("ci", "alice")
                                .packages(permission, selection.clone())
                                .organizations(orgs, names)
                                .bypass_2fa()
                                .build(),
                        );
                    }
                }
            }
        }
        for names in [&["acme"][..], &["globex"]] {
            tokens.push(granular("ci", "alice").organizations(permission, names).build());
        }
    }
    tokens
}

fn owners() -> Vec<User> {
    let mut owners = vec![user("alice").build(), user("alice").suspended().build()];
    for role in [Role::Owner, Role::Admin, Role::Member] {
        for two_factor in [TwoFactorMode::Disabled, TwoFactorMode::AuthAndWrites] {
            owners.push(user("alice").member("globex", role, &["developers"]).two_factor(two_factor).build());
            owners.push(user("alice").member("acme", role, &[]).two_factor(two_factor).build());
            owners.push(
                user("alice")
                    .member("acme", role, &[])
                    .member("globex", role, &["developers"])
                    .two_factor(two_factor)
                    .build(),
            );
        }
    }
    owners
}

/// Status, headers and body of a denial; `None` for an allow or a challenge.
fn refusal(decision: &Decision<'_>) -> Option<String> {
    match decision {
        Decision::Deny(deny) => {
            let answer = Answer::from(*deny);
            Some(format!(
                "{answer:?} {} {:?}",
                serde_json::to_string(&answer).unwrap(),
                Answer::notice_for_ignored(deny)
            ))
        }
        Decision::Allow(_) | Decision::Challenge(_) => None,
    }
}

fn endpoints() -> Vec<Endpoint> {
    [
        ("GET", "/@acme%2fsecret"),
        ("GET", "/@acme%2fsecret/1.0.0"),
        ("GET", "/@acme/secret/-/secret-1.0.0.tgz"),
        ("GET", "/-/package/@acme%2fsecret/dist-tags"),
        ("GET", "/-/package/@acme%2fsecret/visibility"),
        ("GET", "/-/npm/v1/attestations/@acme%2fsecret@1.0.0"),
        ("GET", "/-/package/@acme%2fsecret/collaborators"),
        ("PUT", "/@acme%2fsecret"),
        ("PUT", "/@acme%2fsecret/-rev/1"),
        ("DELETE", "/@acme%2fsecret/-rev/1"),
        ("DELETE", "/@acme/secret/-/secret-1.0.0.tgz/-rev/1"),
        ("PUT", "/-/package/@acme%2fsecret/dist-tags/x"),
        ("DELETE", "/-/package/@acme%2fsecret/dist-tags/x"),
        ("POST", "/-/package/@acme%2fsecret/access"),
        ("POST", "/-/stage/package/@acme%2fsecret"),
        ("GET", "/-/stage?package=@acme%2fsecret"),
    ]
    .into_iter()
    .map(|(method, path)| Endpoint::classify(method, path).unwrap())
    .collect()
}

#[test]
fn a_hidden_package_and_a_free_name_get_equal_answers_from_every_endpoint() {
    let free: PackageState<'_> = missing_package("@acme/secret").into();
    let (mut compared, mut c4) = (0, 0);
    let (acme, globex) = (organization("acme"), organization("globex"));
    for access in
        [PublishingAccess::NoRequirement, PublishingAccess::TwoFactorOrBypass, PublishingAccess::TwoFactorOnly]
    {
        let secret = package("@acme/secret")
            .private()
            .publishing_access(access)
            .team("acme", "developers", GrantedPermission::ReadWrite)
            .user("mallory", GrantedPermission::ReadWrite)
            .build();
        let hidden: PackageState<'_> = (&secret).into();
        let (owners, tokens) = (owners(), tokens());
        let mut callers: Vec<Caller<'_>> = vec![Caller::NoToken, Caller::UnknownToken];
        let bounds: Vec<BoundToken<'_>> =
            owners.iter().flat_map(|o| tokens.iter().map(move |t| bind(Policy::NPM_2025_10, t, o))).collect();
        callers.extend(bounds.into_iter().map(Caller::Token));
        for caller in &callers {
            let decide =
                |access_request: &AccessRequest, package: PackageState<'_>, org: &str| -> (Option<String>, bool) {
                    let organization = match org {
                        "acme" => (&acme).into(),
                        _ => (&globex).into(),
                    };
                    let facts = ResourceFacts { package: Some(package), organization: Some(organization) };
                    let decision = access_request.decide(caller, &facts, ClientIp::UNKNOWN, now()).unwrap();
                    (refusal(&decision), matches!(decision, Decision::Deny(_)))
                };
            let on = |action| AccessRequest::Package { action, package: name("@acme/secret") };
            let reads = !decide(&on(PackageAction::ReadPackage), hidden, "acme").1;
            let creates = !decide(&on(PackageAction::Publish), free, "acme").1;
            if reads || creates {
                continue;
            }
            for endpoint in endpoints() {
                let access_requests: Vec<AccessRequest> = match endpoint.required_access() {
                    RequiredAccess::This(access_request) => vec![access_request],
                    RequiredAccess::OneOf(access_requests) => access_requests.into_vec(),
                    RequiredAccess::Nothing => panic!(),
                };
                let outcome = |package| {
                    let all: Vec<_> = access_requests.iter().map(|i| decide(i, package, "acme")).collect();
                    let all_denied = all.iter().all(|(_, d)| *d);
                    (all_denied, all[0].0.clone())
                };
                let (hidden_outcome, free_outcome) = (outcome(hidden), outcome(free));
                if !(hidden_outcome.0) || hidden_outcome != free_outcome {
                    // An owner of the organization may change the visibility of a package without reading it (C4).
                    let is_c4 = matches!(endpoint, Endpoint::Package { request: PackageRequest::WriteAccess, .. });
                    assert!(is_c4, "{endpoint:?} {caller:?}\n{hidden_outcome:?}\n{free_outcome:?}");
                    c4 += 1;
                }
                compared += 1;
            }
            // The endpoints whose package is in the body: a grant to a team, and sharing, for each organization.
            for org in ["acme", "globex"] {
                let grant =
                    TeamAccessChange::read_grant(&body(json!({"package": "@acme/secret", "permissions": "read-only"})))
                        .unwrap();
                let access_request = grant.access_request(&org.parse().unwrap(), &"developers".parse().unwrap());
                let (h, f) = (decide(&access_request, hidden, org), decide(&access_request, free, org));
                // An owner whom the ceiling permits the action (C) knows of the package. What denies then is the second
                // factor (F), which is checked after it.
                let after_c = |refusal: &Option<String>| {
                    refusal.as_ref().is_some_and(|text| {
                        text.contains("second factor") || text.contains("disallows tokens") || text.contains("no token")
                    })
                };
                assert!(h == f || !h.1 || after_c(&h.0), "both denied, and differ: {org} {caller:?}\n{h:?}\n{f:?}");
                // The removal of the team: the higher of one or two decisions. An admin of the organization whose package
                // it is may remove the team without reading the package (C5).
                let change = TeamAccessChange::read_revocation(&body(json!({"package": "@acme/secret"}))).unwrap();
                let (organization, team) = (org.parse().unwrap(), "developers".parse().unwrap());
                let removal = |package| {
                    let first = decide(&change.access_request(&organization, &team), package, org);
                    let second = change.alternative(&organization).map(|asked| decide(&asked, package, org));
                    // Of two denials the first counts.
                    if first.1 { second.filter(|second| !second.1).unwrap_or(first) } else { first }
                };
                let (h, f) = (removal(hidden), removal(free));
                assert!(h == f || (org == "acme" && (!h.1 || after_c(&h.0))), "removal {org} {caller:?}\n{h:?}\n{f:?}");
                let share =
                    AccessRequest::SharePackage { organization: org.parse().unwrap(), package: name("@acme/secret") };
                let (h, f) = (decide(&share, hidden, org), decide(&share, free, org));
                assert!(h == f || !h.1 || after_c(&h.0), "share {org} {caller:?}\n{h:?}\n{f:?}");
                compared += 3;
            }
        }
    }
    assert!(compared > 70_000 && c4 < 200, "{compared} compared, {c4} of them by C4");
}
