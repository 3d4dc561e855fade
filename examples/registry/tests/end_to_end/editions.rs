//! What depends on the edition of npm's rules. Each scenario runs under the founding edition and under `npm-2026-08`.

use serde_json::{Value, json};

use crate::{
    support::{
        FOUNDING, Person, Reply, Server, database,
        person::{escaped, login_document, password_of, publish_document},
        totp::Authenticator,
        under_both_editions,
    },
    tokens::listed,
    web_login::log_in_by_browser,
};

under_both_editions!(
    a_login_makes_the_token_of_the_edition,
    a_granular_token_publishes,
    a_revoked_token_is_refused_by_the_next_request,
    a_legacy_token_works_until_the_edition_retires_it,
    an_expired_session_is_refused_and_a_new_login_replaces_it,
    an_account_on_hold_reads_and_does_not_write,
    a_new_email_address_and_a_recovery_code_hold_the_account_where_the_edition_does_so,
    a_recovery_code_does_not_remove_the_second_factor_during_another_hold,
    a_start_prints_the_edition_and_what_the_newest_would_refuse,
);

/// Logs in with name and password, as npm's legacy login does.
pub(crate) fn log_in(server: &Server, name: &str, otp: Option<&str>) -> Reply {
    let request = server
        .http("PUT", &format!("/-/user/org.couchdb.user:{name}/-rev/1-0"))
        .basic(name, &password_of(name))
        .json(&login_document(name, &password_of(name), None));
    match otp {
        Some(otp) => request.otp(otp).send(),
        None => request.send(),
    }
}

fn token_in(reply: &Reply) -> String {
    reply.json()["token"].as_str().unwrap().to_owned()
}

fn whoami(server: &Server, token: &str) -> Reply {
    server.http("GET", "/-/whoami").bearer(token).send()
}

/// The names in the list of the person's tokens.
fn names_listed(person: &Person) -> Vec<String> {
    let list = person.http("GET", "/-/npm/v1/tokens").send().expect(200).json();
    let names: Vec<_> = list["objects"].as_array().unwrap().iter().map(|token| token["name"].clone()).collect();
    assert_eq!(list["total"], names.len());
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// A token for every package that bypasses the second factor, by which any edition up to `npm-2026-08` publishes.
fn bypassing(person: &Person) -> String {
    person.granular(&json!({
        "name": "bypassing", "packages_all": true, "packages_and_scopes_permission": "read-write", "bypass_2fa": true,
    }))
}

fn a_login_makes_the_token_of_the_edition(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let by_password = token_in(&log_in(&server, "alice", None).expect(201));
    let by_browser = log_in_by_browser(&server, "alice");
    for token in [alice.token(), &by_password, &by_browser] {
        assert_eq!(whoami(&server, token).expect(200).json()["username"], "alice");
    }
    // A session is not in the list of tokens.
    let names = names_listed(&alice);
    if edition == FOUNDING {
        assert_eq!(names, ["(legacy publish)"; 3]);
    } else {
        assert!(names.is_empty(), "{names:?}");
    }
    // A login may do what its owner may do with either token: it makes tokens, and logs itself out.
    alice.with(&server, &by_browser).granular(&json!({
        "name": "ci", "packages_all": true, "packages_and_scopes_permission": "read-only",
    }));
    alice.npm("token list").succeeds().says(" name ci ");
    alice.with(&server, &by_password).npm("logout").succeeds();
    whoami(&server, &by_password).expect(401);
    whoami(&server, &by_browser).expect(200);
    // A cut-off ends every login.
    assert!(server.command(&["user", "revoke-tokens", "alice"], "").status.success());
    whoami(&server, &by_browser).expect(401);
}

fn a_granular_token_publishes(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let ci = alice.ci_job(&server, &bypassing(&alice));
    ci.publish("left", "1.0.0", "").succeeds();
    ci.publish("left", "1.0.1", "").succeeds();
    let plain = alice.with(
        &server,
        &alice.granular(&json!({
            "name": "plain", "packages": ["left"], "packages_and_scopes_permission": "read-write",
        })),
    );
    // Where a publish needs a second factor, an account without one is told so, and an account with one is asked.
    if edition == FOUNDING {
        plain.publish("left", "1.0.2", "").succeeds();
        alice.publish("other", "1.0.0", "").succeeds();
        return;
    }
    for person in [&plain, &alice] {
        let reply = person.http("PUT", "/left").json(&publish_document("left", "1.0.2", None)).send().expect(403);
        assert!(reply.error().contains("second factor"), "{reply:?}");
    }
    alice.http("PUT", "/other").json(&publish_document("other", "1.0.0", None)).send().expect(403);
    let app = alice.enable_2fa("auth-only");
    plain.publish("left", "1.0.2", "").fails_with("EOTP");
    plain.publish("left", "1.0.2", &format!("--otp={}", app.code())).succeeds();
    alice.publish("other", "1.0.0", &format!("--otp={}", app.code_beside(1))).succeeds();
    ci.publish("left", "1.0.3", "").succeeds();
    // A token that can write lives for 90 days at most.
    let lives = |days: u32| {
        let body = json!({ "name": format!("for-{days}"), "packages_all": true, "expires": days,
                           "packages_and_scopes_permission": "read-write", "password": alice.password() });
        alice.http("POST", "/-/npm/v1/tokens").json(&body).otp(&app.code_beside(1)).send()
    };
    lives(90).expect(201);
    assert!(lives(91).expect(403).error().contains("write_lifetime_at_most"));
}

fn a_revoked_token_is_refused_by_the_next_request(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let ci = bypassing(&alice);
    whoami(&server, &ci).expect(200);
    let key = listed(&alice, "bypassing")["key"].as_str().unwrap().to_owned();
    alice.npm(&format!("token revoke {}", &key[..8])).succeeds().prints("Removed 1 token");
    let reply = whoami(&server, &ci).expect(401);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    alice.http("DELETE", &format!("/-/user/token/{}", alice.token())).send().expect(200);
    whoami(&server, alice.token()).expect(401);
}

fn a_legacy_token_works_until_the_edition_retires_it(edition: &str) {
    let server = Server::start();
    let alice = server.person_without_2fa("alice");
    alice.put("left", "1.0.0", None);
    let automation = alice.granular(&json!({ "automation": true }));
    let ci = bypassing(&alice);
    // The tokens are older than the edition that the server is now started with.
    let server = server.restarted_under(edition);
    let after = Person::at(&server, "alice", Some(&token_in(&log_in(&server, "alice", None).expect(201))));
    let legacy = after.create_token(&json!({ "readonly": true }));
    whoami(&server, &ci).expect(200);
    if edition == FOUNDING {
        legacy.expect(201);
        for token in [alice.token(), &automation] {
            whoami(&server, token).expect(200);
        }
        after.with(&server, &automation).put("left", "1.0.1", None);
        return;
    }
    assert!(legacy.expect(403).error().contains("`legacy_tokens` of the policy `npm-2026-08`"));
    for token in [alice.token(), &automation] {
        let retired = after.with(&server, token);
        let reply = whoami(&server, token).expect(401);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        retired.http("PUT", "/left").json(&publish_document("left", "1.0.1", None)).send().expect(401);
        retired.http("POST", "/-/npm/v1/tokens").json(&json!({ "password": alice.password() })).send().expect(401);
        // A token that allows nothing does not stop the read of a public package.
        retired.http("GET", "/left").send().expect(200);
    }
    after.with(&server, &ci).put("left", "1.0.1", None);
}

fn an_expired_session_is_refused_and_a_new_login_replaces_it(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let ci = alice.ci_job(&server, &bypassing(&alice));
    ci.put("left", "1.0.0", None);
    let mut lifetimes = Vec::new();
    database::rewrite_tokens_of(&server, "alice", |stored: &mut Value| {
        if let Some(session) = stored.get_mut("session") {
            lifetimes.push((session["expires"].clone(), stored["created"].clone()));
            stored["created"] = json!("2026-01-01T00:00:00Z");
            stored["session"]["expires"] = json!("2026-01-01T02:00:00Z");
        }
    });
    if edition == FOUNDING {
        // A legacy token never expires.
        assert!(lifetimes.is_empty());
        whoami(&server, alice.token()).expect(200);
        return;
    }
    let [(expires, created)] = lifetimes.as_slice() else { panic!("{lifetimes:?}") };
    assert_eq!(seconds_between(created, expires), 2 * 60 * 60, "{created} {expires}");
    let reply = whoami(&server, alice.token()).expect(401);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    alice.npm("token list").fails_with("E401");
    alice.http("GET", "/left").send().expect(200);
    // The token that the session made outlives it, and a new login replaces the session.
    ci.put("left", "1.0.1", None);
    let again = token_in(&log_in(&server, "alice", None).expect(201));
    alice.with(&server, &again).npm("whoami").succeeds().prints("alice");
}

fn seconds_between(from: &Value, to: &Value) -> i64 {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    let parse = |time: &Value| OffsetDateTime::parse(time.as_str().unwrap(), &Rfc3339).unwrap();
    (parse(to) - parse(from)).whole_seconds()
}

fn an_account_on_hold_reads_and_does_not_write(edition: &str) {
    hold_and_release(&Server::under(edition));
}

pub(crate) fn hold_and_release(server: &Server) {
    let holly = server.person_without_2fa("holly");
    let ci = holly.ci_job(server, &bypassing(&holly));
    ci.put("pad", "1.0.0", None);
    let hold = |arguments: &[&str]| {
        let output = server.command(&[&["user", "hold", "holly"], arguments].concat(), "");
        assert!(output.status.success(), "{output:?}");
    };
    let publish = |version: &str| ci.http("PUT", "/pad").json(&publish_document("pad", version, None)).send();
    hold(&["--for", "72h"]);
    let reply = publish("1.0.1").expect(403);
    assert!(reply.error().contains("on hold"), "{reply:?}");
    holly.http("POST", "/-/npm/v1/user").json(&json!({ "fullname": "Holly" })).send().expect(403);
    holly
        .create_token(&json!({ "name": "x", "packages_all": true, "packages_and_scopes_permission": "read-only" }))
        .expect(403);
    holly.npm("view pad version").succeeds().prints("1.0.0");
    holly.npm("token list").succeeds();
    // The owner can still log in, take tokens back, change the password and enrol a second factor.
    let key = listed(&holly, "bypassing")["key"].as_str().unwrap().to_owned();
    let session = holly.with(server, &token_in(&log_in(server, "holly", None).expect(201)));
    let password = json!({ "password": { "old": holly.password(), "new": holly.password() } });
    session.http("POST", "/-/npm/v1/user").json(&password).send().expect(200);
    let both = json!({ "password": password["password"], "fullname": "Holly" });
    session.http("POST", "/-/npm/v1/user").json(&both).send().expect(403);
    session.enable_2fa("auth-only");
    // The time at which the hold ends counts.
    hold(&["--until", "2100-01-01T00:00:00Z"]);
    publish("1.0.1").expect(403);
    hold(&["--until", "2026-01-01T00:00:00Z"]);
    publish("1.0.1").expect(201);
    hold(&["--for", "3d"]);
    publish("1.0.2").expect(403);
    assert!(server.command(&["user", "release", "holly"], "").status.success());
    publish("1.0.2").expect(201);
    hold(&["--for", "1h"]);
    session.http("DELETE", &format!("/-/npm/v1/tokens/token/{key}")).send().expect(401);
    session.http("DELETE", &format!("/-/user/token/{}", session.token())).send().expect(200);
    for wrong in [&["--for", "soon"][..], &["--for", "72"], &["--until", "tomorrow"], &[]] {
        assert!(!server.command(&[&["user", "hold", "holly"], wrong].concat(), "").status.success(), "{wrong:?}");
    }
    assert!(!server.command(&["user", "hold", "nobody", "--for", "1h"], "").status.success());
}

fn a_new_email_address_and_a_recovery_code_hold_the_account_where_the_edition_does_so(edition: &str) {
    let server = Server::under(edition);
    let change = |person: &Person, body: &Value| person.http("POST", "/-/npm/v1/user").json(body).send();
    // The status of a publish of a new version, which is 403 for an account on hold.
    let publish = |ci: &Person, version: &str| {
        let name = format!("{}-kit", ci.name());
        ci.http("PUT", &escaped(&name)).json(&publish_document(&name, version, None)).send().status
    };
    let expected = if edition == FOUNDING { 201 } else { 403 };

    let alice = server.person_without_2fa("alice");
    let ci = alice.ci_job(&server, &bypassing(&alice));
    assert_eq!(publish(&ci, "1.0.0"), 201);
    let same = json!({ "email": "alice@example.test", "fullname": "Alice" });
    change(&alice, &same).expect(200);
    assert_eq!(publish(&ci, "1.0.1"), 201, "the email address is the same");
    change(&alice, &json!({ "email": "mallory@example.test" })).expect(200);
    assert_eq!(publish(&ci, "1.0.2"), expected);

    let bob = server.person_without_2fa("bob");
    let ci = bob.ci_job(&server, &bypassing(&bob));
    assert_eq!(publish(&ci, "1.0.0"), 201);
    let (app, recovery) = enrol(&bob);
    log_in(&server, "bob", Some(&app.code())).expect(201);
    assert_eq!(publish(&ci, "1.0.1"), 201, "the code is of the device");
    log_in(&server, "bob", Some(&recovery[0])).expect(201);
    assert_eq!(publish(&ci, "1.0.2"), expected);
    assert!(server.command(&["user", "release", "bob"], "").status.success());
    // The request that uses a recovery code is already one of an account on hold.
    let document = publish_document("bob-kit", "1.0.3", None);
    let status = bob.http("PUT", "/bob-kit").otp(&recovery[1]).json(&document).send().status;
    assert_eq!(status, expected);
    // Except one that removes the second factor, because the device may be lost, also if a recovery code has begun the
    // hold before. The account can enrol another.
    let disable = json!({ "tfa": { "password": bob.password(), "mode": "disable" } });
    bob.http("POST", "/-/npm/v1/user").json(&disable).otp(&recovery[2]).send().expect(200);
    assert_eq!(publish(&ci, "1.0.4"), expected);
    bob.enable_2fa("auth-only");
}

fn a_recovery_code_does_not_remove_the_second_factor_during_another_hold(edition: &str) {
    let server = Server::under(edition);
    let bob = server.person_without_2fa("bob");
    let (app, recovery) = enrol(&bob);
    assert!(server.command(&["user", "hold", "bob", "--for", "1h"], "").status.success());
    // A recovery code does not make the operator's hold weaker.
    log_in(&server, "bob", Some(&recovery[0])).expect(201);
    let disable = json!({ "tfa": { "password": bob.password(), "mode": "disable" } });
    for code in [&recovery[1], &app.code_for(bob.token())] {
        let refused = bob.http("POST", "/-/npm/v1/user").json(&disable).otp(code).send().expect(403);
        assert!(refused.error().contains("may not make changes"), "{refused:?}");
    }
}

/// Enrols a second factor, and returns it with its recovery codes.
fn enrol(person: &Person) -> (Authenticator, Vec<String>) {
    let change = |body: &Value| person.http("POST", "/-/npm/v1/user").json(body).send().expect(200).json();
    let begun = change(&json!({ "tfa": { "password": person.password(), "mode": "auth-and-writes" } }));
    let app = Authenticator::scan(begun["tfa"].as_str().unwrap());
    let done = change(&json!({ "tfa": [app.code_beside(-1)] }));
    (app, done["tfa"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

fn a_start_prints_the_edition_and_what_the_newest_would_refuse(edition: &str) {
    let server = Server::under_with(edition, &["--demo"]);
    let printed = server.printed_with("To log in as another user");
    let mut lines = printed.lines();
    assert!(lines.next().unwrap().starts_with("listening on http://"), "{printed}");
    assert_eq!(lines.next(), Some(format!("deciding by the edition {edition}").as_str()));
    let newest = lines.next().unwrap();
    assert!(newest.starts_with("the newest edition, npm-2027-01, would also refuse: "), "{newest}");
    assert_eq!(newest.contains("every legacy token"), edition == FOUNDING, "{newest}");
    assert!(newest.contains("direct publish"), "{newest}");
    assert_eq!(printed.contains("npm profile enable-2fa"), edition != FOUNDING, "{printed}");
}

// Not under both editions: the server that is tested does not start.
#[test]
fn an_unknown_edition_does_not_start() {
    let server = Server::start();
    for wrong in ["npm-2025-11", "latest", ""] {
        let output = server.command(&["--edition", wrong, "--listen", "127.0.0.1:0"], "");
        assert!(!output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--edition"), "{output:?}");
    }
}
