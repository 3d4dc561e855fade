//! A `PUT` to a package: what it changes, what of it must be allowed, and names that do not agree.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in the test's own tables fails the test")]

use crate::{
    body,
    documents::{with, without},
    name,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate::npm::{
    AllowedChanges, Body, ChangesNotAllowedError, CombinedDecision, PackumentChanges, PutTarget, StoredPackument,
};
use tollgate::testing::{bind, legacy, missing_package, now, package, user};
use tollgate::{
    ClientIp, Decision, PackageAction, Policy, UserName,
    decision::{AccessRequest, Caller, ResourceFacts},
    facts::{PackageState, Visibility},
    policy::UnscopedPackages,
    token::LegacyKind,
    value::{GrantedPermission, Role},
};

/// `@acme/w` as it is stored: two versions, a tag, two maintainers, one star.
fn stored() -> Value {
    json!({
        "_id": "@acme/w", "_rev": "2-0", "name": "@acme/w", "description": "a widget",
        "dist-tags": {"latest": "1.1.0"},
        "versions": {
            "1.0.0": {"name": "@acme/w", "version": "1.0.0", "deprecated": "old", "dist": {"shasum": "00"}, "n": 1.5},
            "1.1.0": {"name": "@acme/w", "version": "1.1.0", "dist": {"shasum": "11"}},
        },
        "maintainers": [{"name": "alice", "email": "a@example.com"}, {"name": "bob", "email": "b@example.com"}],
        "users": {"carol": true},
        "time": {"created": "2025-11-01T00:00:00Z"},
    })
}

/// A publish of 2.0.0 as npm's client sends it.
fn publish() -> Value {
    json!({
        "_id": "@acme/w", "name": "@acme/w", "description": "a widget, better",
        "dist-tags": {"latest": "2.0.0"},
        "versions": {"2.0.0": {"_id": "@acme/w@2.0.0", "name": "@acme/w", "version": "2.0.0", "dist": {"shasum": "22"}}},
        "access": null,
        "_attachments": {"@acme/w-2.0.0.tgz": {"content_type": "application/octet-stream", "data": "AAAA", "length": 3}},
    })
}

/// What is to be done of changes to `@acme/w` once alice, who may do anything with it, was allowed to; `@acme/w` exists or
/// is free.
fn done<T>(
    changes: &PackumentChanges<'_>,
    exists: bool,
    then: impl Fn(Result<AllowedChanges<'_, '_>, ChangesNotAllowedError>) -> T,
) -> T {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let existing = package("@acme/w").private().user("alice", GrantedPermission::ReadWrite).build();
    let state: PackageState<'_> = if exists { (&existing).into() } else { missing_package("@acme/w").into() };
    let facts = ResourceFacts { package: Some(state), organization: None };
    let token = legacy(LegacyKind::Publish, "alice").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let access_requests = changes.access_requests();
    let decisions = access_requests
        .iter()
        .map(|access_request| access_request.decide(&caller, &facts, ClientIp::UNKNOWN, now()).unwrap());
    match CombinedDecision::from_decisions(decisions, None) {
        Some(CombinedDecision::Allow(allows)) => then(changes.allowed_by(&allows)),
        other => panic!("{other:?}"),
    }
}

/// The actions asked for by a body put to `@acme/w`, and whether all of the body was understood.
fn asked(to: PutTarget, sent: Value, stored: Option<Value>) -> Result<(Vec<String>, bool), String> {
    let (sent, stored) = (body(sent), stored.map(body));
    let stored = stored.as_ref().map(|document| StoredPackument { document, visibility: Visibility::Private });
    let changes = PackumentChanges::read(&name("@acme/w"), to, &sent, stored).map_err(|error| error.to_string())?;
    let access_requests = changes.access_requests();
    let actions = access_requests.iter().map(|access_request| {
        assert_eq!(access_request.package().unwrap(), name("@acme/w"));
        access_request.action().to_owned()
    });
    let actions = actions.collect();
    // For a package that does not exist, creation is the only thing to allow.
    let is_understood =
        |done: Result<_, ChangesNotAllowedError>| done.err() != Some(ChangesNotAllowedError::NotUnderstood);
    let understood = stored.is_none() || done(&changes, true, |changes| is_understood(changes.map(|_| ())));
    Ok((actions, understood))
}

#[test]
fn each_body_requires_access_for_what_it_changes_and_no_more() {
    use PutTarget::{Package, Revision};
    let gone = |version: &str| without(stored(), &format!("/versions/{version}"));
    #[rustfmt::skip]
    let table: &[(&str, PutTarget, Value, &[&str])] = &[
        // npm's own requests.
        ("a publish", Package, publish(), &["publish"]),
        ("a deprecation", Package, with(stored(), "/versions/1.1.0/deprecated", json!("bad")), &["deprecate"]),
        ("an undeprecation", Package, with(stored(), "/versions/1.0.0/deprecated", json!("")), &["deprecate"]),
        ("a star", Package, json!({"_id": "@acme/w", "_rev": "2-0", "users": {"carol": true, "alice": true}}), &["star-package"]),
        ("an unstar", Package, json!({"_id": "@acme/w", "_rev": "2-0", "users": {}}), &["star-package"]),
        ("an owner more", Revision, json!({"_id": "@acme/w", "_rev": "2-0", "maintainers": [{"name": "alice"}, {"name": "bob"}, {"name": "dave"}]}), &["change-maintainers"]),
        ("an unpublish", Revision, with(gone("1.1.0"), "/dist-tags/latest", json!("1.0.0")), &["unpublish", "set-dist-tag"]),
        ("an unpublish of what no tag has", Revision, gone("1.0.0"), &["unpublish"]),
        // Nothing changes: what the request is by its shape.
        ("the same document", Package, stored(), &["deprecate"]),
        ("the same document at a revision", Revision, stored(), &["unpublish"]),
        ("the same document, another _rev and time", Package, with(with(stored(), "/_rev", json!("9-9")), "/time", json!({})), &["deprecate"]),
        ("the same owners", Revision, json!({"_id": "@acme/w", "maintainers": [{"name": "bob"}, {"name": "alice"}]}), &["change-maintainers"]),
        ("the same stars", Package, json!({"_id": "@acme/w", "users": {"carol": true, "alice": false}}), &["star-package"]),
        // What is smuggled along.
        ("a deprecation with an owner more", Package, with(with(stored(), "/versions/1.1.0/deprecated", json!("bad")), "/maintainers", json!([{"name": "mallory"}])), &["deprecate", "change-maintainers"]),
        ("a deprecation that moves a tag", Package, with(stored(), "/dist-tags/latest", json!("1.0.0")), &["deprecate", "set-dist-tag"]),
        ("a deprecation that adds a tag", Package, with(stored(), "/dist-tags/beta", json!("1.0.0")), &["deprecate", "set-dist-tag"]),
        ("a deprecation that drops a tag", Package, with(stored(), "/dist-tags", json!({})), &["deprecate", "set-dist-tag"]),
        ("a deprecation that drops a version", Package, gone("1.0.0"), &["deprecate", "unpublish"]),
        ("a deprecation that drops every version", Package, with(stored(), "/versions", json!({})), &["deprecate", "unpublish"]),
        ("a deprecation that makes it public", Package, with(stored(), "/access", json!("public")), &["deprecate", "change-visibility"]),
        ("a deprecation that leaves it private", Package, with(stored(), "/access", json!("restricted")), &["deprecate"]),
        ("a deprecation with a star", Package, with(stored(), "/users/alice", json!(true)), &["deprecate", "star-package"]),
        ("an unpublish with an owner less", Revision, with(stored(), "/maintainers", json!([{"name": "alice"}])), &["unpublish", "change-maintainers"]),
        ("an unpublish that deprecates", Revision, with(stored(), "/versions/1.1.0/deprecated", json!("bad")), &["unpublish", "deprecate"]),
        ("everything at once", Revision, json!({"name": "@acme/w", "versions": {"1.1.0": {"name": "@acme/w", "version": "1.1.0", "dist": {"shasum": "11"}, "deprecated": "x"}}, "dist-tags": {}, "maintainers": [], "users": {}, "access": "public"}),
            &["unpublish", "deprecate", "set-dist-tag", "change-maintainers", "change-visibility", "star-package"]),
        ("a publish that makes it public", Package, with(publish(), "/access", json!("public")), &["publish", "change-visibility"]),
        ("a publish that leaves it private", Package, with(publish(), "/access", json!("restricted")), &["publish"]),
        ("a publish with other owners", Package, with(publish(), "/maintainers", json!([{"name": "mallory"}])), &["publish", "change-maintainers"]),
        ("a publish with the owners there are", Package, with(publish(), "/maintainers", json!([{"name": "alice", "email": "x"}, {"name": "bob"}])), &["publish"]),
        ("a publish that moves another tag", Package, with(publish(), "/dist-tags/beta", json!("1.0.0")), &["publish", "set-dist-tag"]),
        ("a publish with two tags of its own", Package, with(publish(), "/dist-tags/beta", json!("2.0.0")), &["publish"]),
        ("a publish that brings a stored version as it is", Package, with(publish(), "/versions/1.1.0", stored()["versions"]["1.1.0"].clone()), &["publish"]),
        ("a publish that deprecates a stored version", Package, with(publish(), "/versions/1.1.0", with(stored()["versions"]["1.1.0"].clone(), "/deprecated", json!("bad"))), &["publish", "deprecate"]),
    ];
    for (what, to, sent, expected) in table {
        let asked = asked(*to, sent.clone(), Some(stored()));
        assert_eq!(asked, Ok((expected.iter().map(|&action| action.to_owned()).collect(), true)), "{what}");
    }
}

#[test]
fn unknown_body_requires_every_write_permission() {
    let other = |first: &str| {
        let all = ["publish", "deprecate", "unpublish", "set-dist-tag", "change-maintainers", "change-visibility"];
        let rest = all.into_iter().filter(|action| *action != first);
        let mut expected = vec![first.to_owned()];
        expected.extend(rest.map(ToOwned::to_owned));
        Ok((expected, false))
    };
    for (what, sent, first) in [
        ("a manifest that is rewritten", with(stored(), "/versions/1.1.0/dist/shasum", json!("66")), "deprecate"),
        ("a field of a manifest more", with(stored(), "/versions/1.1.0/scripts", json!({})), "deprecate"),
        ("a field of a manifest less", without(stored(), "/versions/1.1.0/dist"), "deprecate"),
        ("another number", with(stored(), "/versions/1.0.0/n", json!(2.5)), "deprecate"),
        (
            "a version without a tarball",
            with(stored(), "/versions/3.0.0", json!({"name": "@acme/w", "version": "3.0.0"})),
            "deprecate",
        ),
        ("another description", with(stored(), "/description", json!("a gadget")), "deprecate"),
        ("a field that nobody knows", with(stored(), "/bundled", json!(true)), "deprecate"),
        (
            "a stored version, rewritten beside a new one",
            with(publish(), "/versions/1.1.0", json!({"name": "@acme/w", "version": "1.1.0"})),
            "publish",
        ),
        ("an empty object", json!({}), "publish"),
        ("no versions", json!({"_id": "@acme/w", "readme": "x"}), "publish"),
        ("empty attachments and no versions", json!({"name": "@acme/w", "_attachments": {}}), "publish"),
    ] {
        assert_eq!(asked(PutTarget::Package, sent, Some(stored())), other(first), "{what}");
    }
    // The endpoint of a revision has access requests of its own, and neither of these is among them.
    let attached = |document| with(document, "/_attachments", publish()["_attachments"].clone());
    for (what, sent) in [
        ("a publish", publish()),
        ("a star", json!({"_id": "@acme/w", "users": {"dave": true}})),
        ("a document with attachments", attached(stored())),
        ("owners with attachments", attached(json!({"_id": "@acme/w", "maintainers": []}))),
    ] {
        let (mut actions, is_understood) = asked(PutTarget::Revision, sent, Some(stored())).unwrap();
        actions.retain(|action| action != "star-package");
        assert_eq!(Ok((actions, is_understood)), other("publish"), "{what}");
    }
}

#[test]
fn the_first_action_never_depends_on_what_is_stored() {
    let other = with(
        with(stored(), "/maintainers", json!([])),
        "/versions",
        json!({"7.0.0": {"name": "@acme/w", "version": "7.0.0"}}),
    );
    for to in [PutTarget::Package, PutTarget::Revision] {
        for sent in [
            publish(),
            stored(),
            json!({"_id": "@acme/w", "users": {}}),
            json!({"_id": "@acme/w", "maintainers": []}),
            json!({}),
        ] {
            let first = |stored| asked(to, sent.clone(), stored).unwrap().0.swap_remove(0);
            assert_eq!(first(None), first(Some(stored())), "{sent}");
            assert_eq!(first(None), first(Some(other.clone())), "{sent}");
        }
    }
}

#[test]
fn the_changes_to_apply_are_those_that_were_requested() {
    let document = body(stored());
    let stored_packument = StoredPackument { document: &document, visibility: Visibility::Private };
    let sent = body(with(
        with(without(stored(), "/versions/1.1.0"), "/versions/1.0.0/deprecated", json!(false)),
        "/dist-tags",
        json!({"beta": "1.0.0"}),
    ));
    let read = |to, sent, stored| PackumentChanges::read(&name("@acme/w"), to, sent, stored).unwrap();
    done(&read(PutTarget::Revision, &sent, Some(stored_packument)), true, |changes| {
        let changes = changes.unwrap();
        assert_eq!(changes.removals(), ["1.1.0"]);
        assert_eq!(changes.deprecations(), [("1.0.0", None)]);
        assert_eq!(changes.dist_tags(), [("beta", Some("1.0.0")), ("latest", None)]);
        assert!(changes.publication().is_none() && changes.maintainers().is_none() && changes.visibility().is_none());
        assert!(!changes.is_creation());
    });

    let sent = body(json!({"_id": "@acme/w", "users": {"alice": true, "dave": true}}));
    done(&read(PutTarget::Package, &sent, Some(stored_packument)), true, |changes| {
        let starred = |user: &str| changes.unwrap().starred_by(UserName::new(user).unwrap());
        assert_eq!((starred("alice"), starred("carol"), starred("bob")), (Some(true), Some(false), None));
    });

    let sent = body(with(publish(), "/access", json!("public")));
    let changes = read(PutTarget::Package, &sent, None);
    assert_eq!(changes.access_requests().len(), 1, "the first visibility is part of the creation");
    done(&changes, false, |changes| {
        let changes = changes.unwrap();
        assert!(changes.is_creation());
        assert_eq!(changes.visibility(), Some(Visibility::Public));
        let published = changes.publication().unwrap();
        assert_eq!((published.version(), published.tags(), published.tarball()), ("2.0.0", &["latest"][..], "AAAA"));
        assert_eq!(published.provenance(), None);
    });
    let printed = format!("{changes:?}");
    assert!(printed.contains("2.0.0") && !printed.contains("AAAA"), "a tarball is not for a log: {printed}");

    let bundle = json!({"content_type": "application/vnd.dev.sigstore.bundle.v0.3+json", "data": "{}", "length": 2});
    let sent = body(with(publish(), "/_attachments/@acme~1w-2.0.0.sigstore", bundle));
    done(&read(PutTarget::Package, &sent, None), false, |changes| {
        assert_eq!(changes.unwrap().publication().unwrap().provenance(), Some("{}"));
    });

    let sent = body(with(stored(), "/maintainers", json!([{"name": "bob"}])));
    done(&read(PutTarget::Package, &sent, Some(stored_packument)), true, |changes| {
        let maintainers = changes.unwrap().maintainers().unwrap();
        assert_eq!(maintainers.iter().map(UserName::as_str).collect::<Vec<_>>(), ["bob"]);
    });
}

#[test]
fn an_allow_to_create_a_package_does_not_cover_a_new_version_or_the_reverse() {
    let document = body(stored());
    let stored = StoredPackument { document: &document, visibility: Visibility::Private };
    let sent = body(publish());
    let read = |stored| PackumentChanges::read(&name("@acme/w"), PutTarget::Package, &sent, stored).unwrap();
    for (stored, exists, expected) in [
        (None, false, None),
        (Some(stored), true, None),
        (None, true, Some(ChangesNotAllowedError::OtherFacts)),
        (Some(stored), false, Some(ChangesNotAllowedError::OtherFacts)),
    ] {
        assert_eq!(done(&read(stored), exists, |changes| changes.map(|_| ()).err()), expected);
    }
    let missing = |action| Some(ChangesNotAllowedError::Missing { action });
    assert_eq!(read(None).allowed_by(&[]).err(), missing(PackageAction::Publish));
}

#[test]
fn nothing_is_applied_unless_every_change_is_allowed() {
    use PackageAction::{ChangeMaintainers, Deprecate, Publish};
    let document = body(stored());
    let stored_packument = StoredPackument { document: &document, visibility: Visibility::Private };
    let sent = body(with(stored(), "/maintainers", json!([{"name": "mallory"}])));
    let changes = PackumentChanges::read(&name("@acme/w"), PutTarget::Package, &sent, Some(stored_packument)).unwrap();
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let of = |name: &str| package(name).private().user("alice", GrantedPermission::ReadWrite).build();
    let (own, other) = (of("@acme/w"), of("@acme/v"));
    let at = bound.at(ClientIp::UNKNOWN, now());
    let allow = |action: PackageAction, of: &'static str| {
        let package = if of == "own" { &own } else { &other };
        match at.decide(action.on(package)) {
            Decision::Allow(allow) => allow,
            Decision::Challenge(_) | Decision::Deny(_) => panic!("alice may do anything with both"),
        }
    };
    let missing = |action| Some(ChangesNotAllowedError::Missing { action });
    for (allows, expected) in [
        (vec![allow(Deprecate, "own"), allow(ChangeMaintainers, "own")], None),
        (vec![allow(ChangeMaintainers, "own"), allow(Publish, "own"), allow(Deprecate, "own")], None),
        (vec![allow(Deprecate, "own")], missing(ChangeMaintainers)),
        (vec![allow(ChangeMaintainers, "own")], missing(Deprecate)),
        (vec![allow(Deprecate, "own"), allow(Publish, "own")], missing(ChangeMaintainers)),
        (vec![allow(Deprecate, "own"), allow(ChangeMaintainers, "other")], missing(ChangeMaintainers)),
        (vec![allow(Deprecate, "other"), allow(ChangeMaintainers, "own")], missing(Deprecate)),
    ] {
        assert_eq!(changes.allowed_by(&allows).err(), expected);
    }
}

#[test]
fn a_different_package_name_anywhere_in_a_document_is_an_error() {
    let attachment = || json!({"data": "AAAA"});
    #[rustfmt::skip]
    let table = [
        (with(publish(), "/name", json!("@acme/v")), "name: another name than in the path: expected `@acme/w`"),
        (with(publish(), "/name", json!("w")), "name: another name than in the path: expected `@acme/w`"),
        (with(publish(), "/name", json!("@Acme/w")), "name: another name than in the path: expected `@acme/w`"),
        (with(publish(), "/_id", json!("left-pad")), "_id: another name than in the path: expected `@acme/w`"),
        (with(publish(), "/versions/2.0.0/name", json!("@acme/v")), "versions.2.0.0.name: another than it stands under: expected `@acme/w`"),
        (with(publish(), "/versions/2.0.0/version", json!("2.0.1")), "versions.2.0.0.version: another than it stands under: expected `2.0.0`"),
        (with(publish(), "/versions/2.0.0/_id", json!("@acme/v@2.0.0")), "versions.2.0.0._id: another than it stands under: expected `@acme/w@2.0.0`"),
        (with(stored(), "/versions/1.1.0/name", json!("@acme/v")), "versions.1.1.0.name: another than it stands under: expected `@acme/w`"),
        (without(publish(), "/versions/2.0.0/name"), "versions.2.0.0.name: missing field"),
        (without(publish(), "/name"), "name: missing field"),
        (with(publish(), "/_attachments", json!({"@acme/v-2.0.0.tgz": attachment()})), "_attachments.@acme/v-2.0.0.tgz: a file of another name: expected the package's name, `-`, a version and `.tgz` or `.sigstore`"),
        (with(publish(), "/_attachments", json!({"@acme/w-2.0.1.tgz": attachment()})), "versions: no manifest of the version in the attachments: expected one"),
        (with(publish(), "/_attachments", json!({"@acme/w-2.0.0.tgz": attachment(), "@acme/w-2.0.1.tgz": attachment()})), "_attachments: 2 tarballs: expected one, of one new version"),
        (with(publish(), "/_attachments", json!({"@acme/w-2.0.0.sigstore": attachment()})), "_attachments: 0 tarballs: expected one, of one new version"),
        (with(publish(), "/_attachments", json!({"@acme/w-2.0.0.tgz": attachment(), "@acme/w-9.0.0.sigstore": attachment()})), "_attachments.@acme/w-9.0.0.sigstore: provenance of another version: expected that of the tarball"),
        (with(publish(), "/_attachments", json!({"@acme/w-../x.tgz": attachment()})), "_attachments: an invalid version in the name of the tarball: expected a semantic version without build metadata"),
        (with(publish(), "/_attachments", json!({"@acme/w-2.0.0.tgz": {}})), "_attachments.@acme/w-2.0.0.tgz.data: missing field"),
        (with(publish(), "/_attachments", json!("x")), "_attachments: found the string `x`: expected an object"),
        (with(publish(), "/versions", json!([])), "versions: found a list: expected an object"),
        (with(publish(), "/versions/2.0.0", json!(null)), "versions.2.0.0: found null: expected an object"),
        (with(publish(), "/dist-tags/latest", json!(2)), "dist-tags.latest: found a number: expected a string"),
        (with(publish(), "/access", json!("everyone")), "access: unknown access: expected `public`, `restricted` or `private`"),
        (with(stored(), "/maintainers", json!([{"email": "x"}])), "maintainers[0].name: missing field"),
        (with(stored(), "/maintainers", json!([{"name": "a/b"}])), "maintainers[0].name: invalid user name `a/b`: it contains `/`: expected visible ASCII other than `/:%\\\"'<>?#&`"),
        (with(stored(), "/users", json!({"carol": 1})), "users.carol: found a number: expected a boolean"),
        (with(stored(), "/versions/1.0.0/deprecated", json!(7)), "versions.1.0.0.deprecated: found a number: expected a string"),
        (json!([]), "found a list: expected an object"),
        (json!("x"), "found the string `x`: expected an object"),
    ];
    for (sent, expected) in table {
        assert_eq!(asked(PutTarget::Package, sent, Some(stored())), Err(expected.to_owned()));
    }
    let twice = serde_json::from_str::<Body>(r#"{"name": "@acme/w", "versions": {"1": {"name": "a", "name": "b"}}}"#);
    assert!(twice.unwrap_err().to_string().starts_with("versions.1.name: duplicate key: expected each once"));
}

/// A publish whose manifest has keys in no order, and a value of every kind.
const PUBLISH: &str = r#"{
    "name": "@acme/w", "dist-tags": {"latest": "2.0.0"},
    "versions": {"2.0.0": MANIFEST},
    "_attachments": {"@acme/w-2.0.0.tgz": {"data": "AAAA", "length": 3}}
}"#;
const MANIFEST: &str = r#"{"version":"2.0.0","zeta":[1,-2,1.5,18446744073709551615,1e300],"name":"@acme/w","\u00e9\n":{"b":null,"a":true},"dist":{},"empty":[],"said":"\"hi\"","alpha":[[[]]]}"#;

#[test]
fn the_manifest_of_a_publication_is_written_as_it_was_sent() {
    let text = PUBLISH.replace("MANIFEST", MANIFEST);
    let borrowed: Body<'_> = serde_json::from_slice(text.as_bytes()).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    for sent in [&borrowed, &borrowed.clone().into_owned()] {
        let changes = PackumentChanges::read(&name("@acme/w"), PutTarget::Package, sent, None).unwrap();
        done(&changes, false, |changes| {
            let manifest = changes.unwrap().publication().unwrap().manifest();
            let written = serde_json::to_string(&manifest).unwrap();
            let expected = MANIFEST.replace("\\u00e9", "é").replace("1e300", "1e+300");
            assert_eq!(written, expected);
            assert_eq!(serde_json::to_value(manifest).unwrap(), value["versions"]["2.0.0"]);
            assert_eq!(format!("{manifest:?}"), "Manifest(…)");
        });
    }
}

#[test]
fn the_tarball_of_a_publication_is_borrowed_from_the_request() {
    let text = PUBLISH.replace("MANIFEST", MANIFEST);
    let is_inside = |part: &str| text.as_bytes().as_ptr_range().contains(&part.as_ptr());
    let sent: Body<'_> = serde_json::from_slice(text.as_bytes()).unwrap();
    let owned = sent.clone().into_owned();
    assert!(owned == sent);
    for (sent, is_borrowed) in [(&sent, true), (&owned, false)] {
        let changes = PackumentChanges::read(&name("@acme/w"), PutTarget::Package, sent, None).unwrap();
        done(&changes, false, |changes| {
            let changes = changes.unwrap();
            let publication = changes.publication().unwrap();
            assert_eq!(publication.tarball(), "AAAA");
            // The version is read from a key.
            for part in [publication.tarball(), publication.version()] {
                assert_eq!(is_inside(part), is_borrowed, "{part}");
            }
        });
    }
}

#[test]
fn dist_tags_are_counted_only_in_an_object() {
    for (sent, count) in [
        (json!({"dist-tags": {}}), 0),
        (json!({"dist-tags": {"latest": "1.0.0"}}), 1),
        (json!({"dist-tags": {"latest": null, "next": {"a": 1, "b": 2}}}), 2),
        (json!({"dist-tags": ["latest", "next"]}), 0),
        (json!({"dist-tags": "latest"}), 0),
        (json!({"dist-tags": null}), 0),
        (json!({"versions": {"dist-tags": {"latest": "1.0.0"}}}), 0),
        (json!(["dist-tags"]), 0),
        (json!(7), 0),
    ] {
        assert_eq!(body(sent.clone()).dist_tag_count(), count, "{sent}");
    }
}

#[test]
fn publishing_a_version_again_is_a_conflict_for_a_token_that_may_publish() {
    let (sent, document) = (body(publish()), body(with(stored(), "/versions/2.0.0", json!({}))));
    let before = StoredPackument { document: &document, visibility: Visibility::Private };
    let changes = PackumentChanges::read(&name("@acme/w"), PutTarget::Package, &sent, Some(before)).unwrap();
    assert_eq!(changes.allowed_by(&[]).err(), Some(ChangesNotAllowedError::Missing { action: PackageAction::Publish }));
    let error = done(&changes, true, |changes| changes.map(|_| ()).unwrap_err());
    let text = "the version is published already: expected a new one";
    assert_eq!(
        (error, error.status(), error.to_string().as_str()),
        (ChangesNotAllowedError::PublishedAlready, 409, text)
    );
    assert_eq!(
        (ChangesNotAllowedError::OtherFacts.status(), ChangesNotAllowedError::NotUnderstood.status()),
        (500, 400)
    );
}

#[test]
fn an_attachment_may_leave_the_scope_out_of_its_name() {
    let bare = with(publish(), "/_attachments", json!({"w-2.0.0.tgz": {"data": "AAAA"}}));
    assert_eq!(asked(PutTarget::Package, bare, None), Ok((vec!["publish".to_owned()], true)));
}

/// A publish of w 1.0.0, with access as npm's client sends it.
fn unscoped(access: &Value) -> Value {
    json!({
        "_id": "w", "name": "w", "access": access,
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": {"name": "w", "version": "1.0.0"}},
        "_attachments": {"w-1.0.0.tgz": {"data": "AAAA"}},
    })
}

#[test]
fn an_unscoped_package_is_private_only_where_the_policy_says_so() {
    let alice = user("alice").build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let refused = Some(ChangesNotAllowedError::PrivateUnscoped);
    let (public, private) = (json!("public"), json!("restricted"));
    let may_be = Policy::NPM_2025_10.with_unscoped_packages(UnscopedPackages::MayBePrivate);
    for (policy, access, expected) in [
        (Policy::NPM_2025_10, &private, refused),
        (Policy::NPM_2025_10, &public, None),
        (Policy::NPM_2025_10, &json!(null), None),
        (may_be, &private, None),
        (may_be, &public, None),
    ] {
        let sent = body(unscoped(access));
        let changes = PackumentChanges::read(&name("w"), PutTarget::Package, &sent, None).unwrap();
        let bound = bind(policy, &token, &alice);
        let decision = bound.at(ClientIp::UNKNOWN, now()).decide(PackageAction::Publish.on(missing_package("w")));
        let Decision::Allow(allow) = decision else { panic!("{decision:?}") };
        assert_eq!(changes.allowed_by(&[allow]).err(), expected, "{policy} {access}");
    }
    let error = ChangesNotAllowedError::PrivateUnscoped;
    let text = "an unscoped package as private: expected public, or a scoped name";
    assert_eq!((error.status(), error.to_string().as_str()), (400, text));

    // A caller that may not create the package learns nothing of it, and an existing one never becomes private (C4).
    let sent = body(unscoped(&private));
    let changes = PackumentChanges::read(&name("w"), PutTarget::Package, &sent, None).unwrap();
    assert_eq!(changes.allowed_by(&[]).err(), Some(ChangesNotAllowedError::Missing { action: PackageAction::Publish }));
    let document = body(json!({"name": "w", "versions": {}}));
    let before = StoredPackument { document: &document, visibility: Visibility::Public };
    let changes = PackumentChanges::read(&name("w"), PutTarget::Package, &sent, Some(before)).unwrap();
    let existing = package("w").user("alice", GrantedPermission::ReadWrite).build();
    let facts = ResourceFacts { package: Some((&existing).into()), organization: None };
    let access_requests = changes.access_requests();
    let actions: Vec<_> = access_requests.iter().map(AccessRequest::action).collect();
    assert_eq!(actions, ["publish", "change-visibility"]);
    let caller = Caller::Token(bind(may_be, &token, &alice));
    let decisions =
        access_requests.iter().map(|asked| asked.decide(&caller, &facts, ClientIp::UNKNOWN, now()).unwrap());
    let decision = CombinedDecision::from_decisions(decisions, None);
    assert!(matches!(decision, Some(CombinedDecision::Deny(_))), "{decision:?}");
}

#[test]
fn staging_a_version_requires_stage_and_publishes_nothing() {
    let document = body(stored());
    let before = StoredPackument { document: &document, visibility: Visibility::Private };
    let brings_stored = with(publish(), "/versions/1.1.0", stored()["versions"]["1.1.0"].clone());
    for (what, sent) in [
        ("a publish", publish()),
        ("one with a tag more", with(publish(), "/dist-tags/beta", json!("2.0.0"))),
        ("one that leaves it private", with(publish(), "/access", json!("restricted"))),
        ("one with the owners there are", with(publish(), "/maintainers", json!([{"name": "bob"}, {"name": "alice"}]))),
        ("one that brings a stored version as it is", brings_stored),
    ] {
        assert_eq!(asked(PutTarget::Stage, sent.clone(), Some(stored())), Ok((vec!["stage".into()], true)), "{what}");
        let sent = body(sent);
        let changes = PackumentChanges::read(&name("@acme/w"), PutTarget::Stage, &sent, Some(before)).unwrap();
        done(&changes, true, |changes| {
            let changes = changes.unwrap();
            let staged = changes.staged().unwrap();
            assert_eq!((staged.version(), staged.tarball()), ("2.0.0", "AAAA"), "{what}");
            assert!(changes.publication().is_none() && !changes.is_creation(), "{what}");
            assert!(changes.dist_tags().is_empty() && changes.maintainers().is_none(), "{what}");
        });
    }
    // A publish stages nothing.
    let sent = body(publish());
    let changes = PackumentChanges::read(&name("@acme/w"), PutTarget::Package, &sent, Some(before)).unwrap();
    done(&changes, true, |changes| assert!(changes.unwrap().staged().is_none()));
}

#[test]
fn staging_a_version_changes_nothing_else() {
    let rewritten = json!({"name": "@acme/w", "version": "1.1.0"});
    let deprecated = with(stored()["versions"]["1.1.0"].clone(), "/deprecated", json!("bad"));
    for (what, sent) in [
        ("other owners", with(publish(), "/maintainers", json!([{"name": "mallory"}]))),
        ("another visibility", with(publish(), "/access", json!("public"))),
        ("another tag", with(publish(), "/dist-tags/beta", json!("1.0.0"))),
        ("a star", with(publish(), "/users", json!({"mallory": true}))),
        ("no star", with(publish(), "/users", json!({}))),
        ("a deprecation", with(publish(), "/versions/1.1.0", deprecated)),
        ("a stored version, rewritten", with(publish(), "/versions/1.1.0", rewritten.clone())),
        (
            "a version without a tarball",
            with(publish(), "/versions/3.0.0", with(rewritten, "/version", json!("3.0.0"))),
        ),
    ] {
        assert_eq!(asked(PutTarget::Stage, sent, Some(stored())), Ok((vec!["stage".into()], false)), "{what}");
    }
    for (sent, expected) in [
        (without(publish(), "/_attachments"), "_attachments: missing field"),
        (stored(), "_attachments: missing field"),
        (json!({"name": "@acme/w", "users": {"alice": true}}), "_attachments: missing field"),
        (json!({"name": "@acme/w", "maintainers": []}), "_attachments: missing field"),
        (with(publish(), "/_attachments", json!({})), "_attachments: 0 tarballs: expected one, of one new version"),
        (with(publish(), "/name", json!("@acme/v")), "name: another name than in the path: expected `@acme/w`"),
        (json!({}), "name: missing field"),
    ] {
        assert_eq!(asked(PutTarget::Stage, sent, Some(stored())), Err(expected.to_owned()));
    }
}

#[test]
fn an_allow_to_publish_stages_nothing_and_the_reverse() {
    let document = body(stored());
    let before = StoredPackument { document: &document, visibility: Visibility::Private };
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let existing = package("@acme/w").private().user("alice", GrantedPermission::ReadWrite).build();
    let allow = |action: PackageAction| match bound.at(ClientIp::UNKNOWN, now()).decide(action.on(&existing)) {
        Decision::Allow(allow) => allow,
        Decision::Challenge(_) | Decision::Deny(_) => panic!("alice may do anything with it"),
    };
    let (publishes, stages) = (allow(PackageAction::Publish), allow(PackageAction::Stage));
    let sent = body(publish());
    let read = |to, stored| PackumentChanges::read(&name("@acme/w"), to, &sent, stored).unwrap();
    let missing = |action| Some(ChangesNotAllowedError::Missing { action });
    let (publishing, staging) = (read(PutTarget::Package, Some(before)), read(PutTarget::Stage, Some(before)));
    assert_eq!(publishing.allowed_by(&[stages]).err(), missing(PackageAction::Publish));
    assert_eq!(staging.allowed_by(&[publishes]).err(), missing(PackageAction::Stage));
    assert!(publishing.allowed_by(&[stages, publishes]).is_ok() && staging.allowed_by(&[stages]).is_ok());
    // Without a stored document there is no package to stage a version of.
    let none = read(PutTarget::Stage, None);
    assert_eq!(none.allowed_by(&[stages]).err(), Some(ChangesNotAllowedError::OtherFacts));
    // A published version is not staged again.
    let document = body(with(stored(), "/versions/2.0.0", json!({})));
    let before = StoredPackument { document: &document, visibility: Visibility::Private };
    let again = read(PutTarget::Stage, Some(before));
    assert_eq!(again.allowed_by(&[stages]).err(), Some(ChangesNotAllowedError::PublishedAlready));
}

proptest! {
    /// Whatever changes between two documents is asked for: where the first is stored and the second is sent, and
    /// nothing is asked for beyond the shape, they are the same in all that a registry acts on.
    #[test]
    fn every_change_requires_its_action(
        versions in proptest::sample::subsequence(vec!["1.0.0", "1.1.0"], 0..=2),
        deprecated in proptest::option::of("[a-z]{0,2}"),
        tag in proptest::option::of("1\\.[01]\\.0"),
        maintainers in proptest::sample::subsequence(vec!["alice", "bob", "mallory"], 0..=3),
        public in any::<bool>(),
    ) {
        let mut sent = stored();
        for version in ["1.0.0", "1.1.0"] {
            if !versions.contains(&version) {
                sent = without(sent, &format!("/versions/{version}"));
            } else if let Some(message) = &deprecated {
                sent = with(sent, &format!("/versions/{version}/deprecated"), json!(message));
            }
        }
        sent = with(sent, "/dist-tags", tag.as_ref().map_or(json!({}), |tag| json!({"latest": tag})));
        sent = with(sent, "/maintainers", maintainers.iter().map(|name| json!({"name": name})).collect());
        sent = with(sent, "/access", json!(if public { "public" } else { "restricted" }));
        let message = |version: &str| sent["versions"][version]["deprecated"].as_str().unwrap_or_default().to_owned();
        let kept = |version: &str| versions.contains(&version);
        let expected = [
            ("deprecate", true),
            ("unpublish", versions.len() < 2),
            ("set-dist-tag", tag.as_deref() != Some("1.1.0")),
            ("change-maintainers", maintainers != ["alice", "bob"]),
            ("change-visibility", public),
        ];
        let expected: Vec<_> = expected.into_iter().filter(|(_, is_asked)| *is_asked).map(|(action, _)| action.to_owned()).collect();
        prop_assert_eq!(asked(PutTarget::Package, sent.clone(), Some(stored())), Ok((expected, true)));

        let (sent_body, document) = (body(sent.clone()), body(stored()));
        let before = StoredPackument { document: &document, visibility: Visibility::Private };
        let package = name("@acme/w");
        let changes = PackumentChanges::read(&package, PutTarget::Package, &sent_body, Some(before)).unwrap();
        let changed: Vec<String> = done(&changes, true, |changes| {
            changes.unwrap().deprecations().iter().map(|(version, _)| (*version).to_owned()).collect()
        });
        let differs = [("1.0.0", "old"), ("1.1.0", "")]
            .into_iter()
            .filter(|(version, old)| kept(version) && message(version) != *old)
            .map(|(version, _)| version)
            .collect::<Vec<_>>();
        prop_assert_eq!(changed, differs);
    }
}

/// What a proxy passes on of a publish: the new version, and nothing else that the client wrote.
#[test]
fn the_document_of_a_publication_has_the_new_version_and_nothing_else() {
    // The length of the tarball in bytes follows from its base64.
    for (data, length) in [("AAAA", 3), ("YWI=", 2), ("YQ==", 1), ("AAAAYWI=", 5)] {
        let mut sent = publish();
        sent["_attachments"]["@acme/w-2.0.0.tgz"]["data"] = json!(data);
        sent["_attachments"]["@acme/w-2.0.0.tgz"]["length"] = json!(7);
        sent["dist-tags"]["next"] = json!("2.0.0");
        sent["_deleted"] = json!(true);
        sent["owners"] = json!(["mallory"]);
        let (sent, stored) = (body(sent), body(stored()));
        let stored = StoredPackument { document: &stored, visibility: Visibility::Private };
        let changes = PackumentChanges::read(&name("@acme/w"), PutTarget::Package, &sent, Some(stored)).unwrap();
        let document = done(&changes, true, |changes| {
            serde_json::to_value(changes.unwrap().publication().unwrap().document(&name("@acme/w"))).unwrap()
        });
        let mut expected = publish();
        let fields = expected.as_object_mut().unwrap();
        fields.remove("description");
        fields.remove("access");
        expected["dist-tags"]["next"] = json!("2.0.0");
        expected["_attachments"]["@acme/w-2.0.0.tgz"]["data"] = json!(data);
        expected["_attachments"]["@acme/w-2.0.0.tgz"]["length"] = json!(length);
        assert_eq!(document, expected);
    }
}
