//! Staged versions: a token stages them, and a person with a second factor approves or rejects them.

use serde_json::json;

use crate::{
    package::installs,
    support::{
        Person, Reply, Server,
        person::{package_folder, publish_document},
        totp::Authenticator,
        under_both_editions,
    },
};

under_both_editions!(
    a_token_stages_a_version_and_a_person_approves_or_rejects_it,
    a_staged_version_is_hidden_from_callers_who_may_not_read_it,
);

const NO_SUCH_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A person who has a second factor and the package `left`, and a token that may only stage.
fn with_left(server: &Server) -> (Person, Authenticator, Person) {
    let alice = server.person_without_2fa("alice");
    let app = alice.enable_2fa("auth-only");
    alice.put_with_code("left", "1.0.0", &app.code());
    let ci = token(&alice, &app, &json!({ "packages_and_scopes_permission": "read-write-stage-only" }));
    let ci = alice.ci_job(server, &ci);
    (alice, app, ci)
}

/// Creates a token for the package `left`.
fn token(alice: &Person, app: &Authenticator, settings: &serde_json::Value) -> String {
    let mut body = json!({ "name": "ci", "packages": ["left"], "password": alice.password() });
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let reply = alice.http("POST", "/-/npm/v1/tokens").otp(&app.code()).json(&body).send().expect(201);
    reply.json()["token"].as_str().unwrap().to_owned()
}

fn stage(person: &Person, name: &str, version: &str) -> Reply {
    person.http("POST", &format!("/-/stage/package/{name}")).json(&publish_document(name, version, None)).send()
}

fn staged(person: &Person, version: &str) -> String {
    stage(person, "left", version).expect(201).json()["stageId"].as_str().unwrap().to_owned()
}

fn versions(server: &Server) -> Vec<String> {
    let document = server.http("GET", "/left").send().expect(200).json();
    document["versions"].as_object().unwrap().keys().cloned().collect()
}

fn a_token_stages_a_version_and_a_person_approves_or_rejects_it(edition: &str) {
    stage_and_approve(&Server::under(edition));
}

pub(crate) fn stage_and_approve(server: &Server) {
    let (alice, app, ci) = with_left(server);
    // The token publishes nothing by itself.
    let reply = ci.http("PUT", "/left").json(&publish_document("left", "1.1.0", None)).send().expect(403);
    assert!(reply.error().contains("stage"), "{reply:?}");
    let ran = ci.npm_in(&package_folder(server.folder(), "left", "1.1.0"), "stage publish --tag=next");
    ran.succeeds().says("+ left@1.1.0 (staged with id ");
    let (_, id) = ran.stdout.split_once("(staged with id ").unwrap();
    let id = id.split(')').next().unwrap().to_owned();
    assert_eq!(versions(server), ["1.0.0"]);
    server.http("GET", "/left/-/left-1.1.0.tgz").send().expect(404);

    for person in [&ci, &alice] {
        person.npm("stage list left").succeeds().says("package name: left").says("version: 1.1.0").says("tag: next");
        person.npm("stage list").succeeds().says(&id);
        person.npm(&format!("stage view {id}")).succeeds().says("staged by: alice (user)");
        person.npm(&format!("stage download {id}")).succeeds().says(&format!("left-1.1.0-{id}.tgz"));
    }
    // Neither the token nor a person without a one-time password approves or rejects.
    for command in ["approve", "reject"] {
        ci.npm(&format!("stage {command} {id}")).fails_with("E403");
        alice.npm(&format!("stage {command} {id}")).fails_with("EOTP");
        alice.npm(&format!("stage {command} {id} --otp={}", app.wrong_code())).fails_with("EOTP");
    }
    assert_eq!(versions(server), ["1.0.0"]);
    let twin = staged(&ci, "1.1.0");
    alice.npm(&format!("stage approve {id} --otp={}", app.code())).succeeds().says("approved and published");
    assert_eq!(versions(server), ["1.0.0", "1.1.0"]);
    alice.npm("view left dist-tags.next").succeeds().prints("1.1.0");
    alice.npm("view left dist-tags.latest").succeeds().prints("1.0.0");
    installs(&alice, "left@next", "1.1.0");
    // Approved once, the id is gone, and the same version is not published twice.
    alice.npm(&format!("stage approve {id} --otp={}", app.code())).fails_with("E404");
    alice.npm(&format!("stage approve {twin} --otp={}", app.code())).fails_with("E409");
    stage(&ci, "left", "1.1.0").expect(409);

    alice.npm(&format!("stage reject {twin} --otp={}", app.code())).succeeds();
    let rejected = staged(&ci, "1.2.0");
    alice.npm(&format!("stage reject {rejected} --otp={}", app.code())).succeeds().says("has been rejected");
    alice.npm("stage list").succeeds().says("No staged packages found.");
    assert_eq!(versions(server), ["1.0.0", "1.1.0"]);
    // A rejected version may be staged again.
    let again = staged(&ci, "1.2.0");
    // With its package, a staged version goes.
    let revision = alice.http("GET", "/left").send().json()["_rev"].as_str().unwrap().to_owned();
    let path = format!("/left/-rev/{revision}");
    alice.http("DELETE", &path).otp(&app.code()).send().expect(200);
    alice.http("POST", &format!("/-/stage/{again}/approve")).otp(&app.code()).send().expect(404);
}

fn a_staged_version_is_hidden_from_callers_who_may_not_read_it(edition: &str) {
    let server = Server::under(edition);
    let (alice, app, ci) = with_left(&server);
    let id = staged(&ci, "1.1.0");
    let eve = server.person_without_2fa("eve");
    let code = eve.enable_2fa("auth-and-writes").code();
    for (method, tail) in [("GET", ""), ("GET", "/tarball"), ("POST", "/approve"), ("DELETE", "")] {
        let ask = |person: &Person, id: &str| {
            person.http(method, &format!("/-/stage/{id}{tail}")).otp(&code).send().expect(404).text()
        };
        assert_eq!(ask(&eve, &id), ask(&eve, NO_SUCH_ID), "{method} {tail}");
        server.http(method, &format!("/-/stage/{id}{tail}")).send().expect(401);
    }
    assert_eq!(eve.http("GET", "/-/stage").send().expect(200).json()["items"], json!([]));
    eve.http("GET", "/-/stage?package=left").send().expect(403);
    server.http("GET", "/-/stage").send().expect(401);
    stage(&eve, "left", "1.2.0").expect(403);
    // Staging creates no package, and a token stages only what it selects.
    stage(&alice, "brand-new", "1.0.0").expect(404);
    stage(&alice, "left", "1.2.0").expect(201);
    alice.put_with_code("other", "1.0.0", &app.code());
    stage(&ci, "other", "1.1.0").expect(403);
    // A staged body stages, and changes nothing else.
    let mut more = publish_document("left", "1.3.0", None);
    more["maintainers"] = json!([{ "name": "eve", "email": "" }]);
    ci.http("POST", "/-/stage/package/left").json(&more).send().expect(400);
    // An account on hold does not stage, and rejects what was staged.
    assert!(server.command(&["user", "hold", "alice", "--for", "1h"], "").status.success());
    stage(&ci, "left", "1.4.0").expect(403);
    let approve = format!("/-/stage/{id}/approve");
    alice.http("POST", &approve).otp(&app.code()).send().expect(403);
    alice.http("DELETE", &format!("/-/stage/{id}")).otp(&app.code()).send().expect(204);
}

// Not under both editions: a token that may publish and has to stage exists only since this one.
#[test]
fn a_token_that_no_longer_publishes_by_itself_stages_under_npm_2027_01() {
    let server = Server::under("npm-2027-01");
    let alice = server.person_without_2fa("alice");
    let app = alice.enable_2fa("auth-only");
    alice.put_with_code("left", "1.0.0", &app.code());
    let settings = json!({ "packages_and_scopes_permission": "read-write", "bypass_2fa": true });
    let ci = alice.ci_job(&server, &token(&alice, &app, &settings));
    let reply = ci.http("PUT", "/left").json(&publish_document("left", "1.1.0", None)).send().expect(401);
    assert_eq!(reply.header("www-authenticate"), Some("OTP"));
    let id = staged(&ci, "1.1.0");
    let approve = format!("/-/stage/{id}/approve");
    // No token bypasses the second factor to approve a version.
    ci.http("POST", &approve).send().expect(401);
    alice.http("POST", &approve).otp(&app.code()).send().expect(200);
    assert_eq!(versions(&server), ["1.0.0", "1.1.0"]);
}
