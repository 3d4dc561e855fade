//! The operator's commands about tokens, lost passwords and lost second factors.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::support::{Person, Reply, Server, person::login_document, under_both_editions};

under_both_editions!(
    a_lost_password_is_replaced_and_ends_every_login,
    a_lost_second_factor_is_removed_and_ends_every_login,
    tokens_are_listed_without_their_secrets_and_revoked_by_id,
);

#[track_caller]
fn fails(server: &Server, arguments: &[&str], stdin: &str, text: &str) {
    let output = server.command(arguments, stdin);
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains(text), "{arguments:?}: {output:?}");
}

/// Logs in with the request of npm's legacy login.
fn log_in(server: &Server, name: &str, password: &str, code: Option<&str>) -> Reply {
    let credentials = BASE64_STANDARD.encode(format!("{name}:{password}"));
    let login = server
        .http("PUT", &format!("/-/user/org.couchdb.user:{name}/-rev/1-0"))
        .header("authorization", &format!("Basic {credentials}"))
        .json(&login_document(name, password, None));
    code.map_or(login.clone(), |code| login.otp(code)).send()
}

fn reads_all(name: &str) -> Value {
    json!({ "name": name, "packages_all": true, "packages_and_scopes_permission": "read-only" })
}

fn whoami(person: &Person) -> u16 {
    person.http("GET", "/-/whoami").send().status
}

fn a_lost_password_is_replaced_and_ends_every_login(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let ci = alice.ci_job(&server, &alice.granular(&reads_all("ci")));
    let password = "another-password-of-alice";
    fails(&server, &["user", "set-password", "nobody"], password, "there is no user `nobody`");
    fails(&server, &["user", "set-password", "alice"], "short", "password");
    assert_eq!(whoami(&alice), 200, "nothing was changed");
    let done = server.succeeds(&["user", "set-password", "alice"], password);
    assert!(!done.contains(password), "{done}");
    assert_eq!(whoami(&alice), 401);
    // A lost password stops no CI.
    assert_eq!(whoami(&ci), 200);
    log_in(&server, "alice", &alice.password(), None).expect(401);
    let token = log_in(&server, "alice", password, None).expect(201).json()["token"].as_str().unwrap().to_owned();
    let again = alice.with(&server, &token);
    assert_eq!(whoami(&again), 200);
    // The account is not on hold.
    again.http("POST", "/-/npm/v1/user").json(&json!({ "fullname": "Alice" })).send().expect(200);
}

fn a_lost_second_factor_is_removed_and_ends_every_login(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_with_2fa("alice");
    let ci = alice.ci_job(&server, &alice.granular(&reads_all("ci")));
    log_in(&server, "alice", &alice.password(), None).expect(401);
    fails(&server, &["user", "reset-two-factor", "nobody"], "", "there is no user `nobody`");
    server.succeeds(&["user", "reset-two-factor", "alice"], "");
    assert_eq!((whoami(&alice), whoami(&ci)), (401, 200));
    // The password is still needed, and the account may enrol another second factor.
    log_in(&server, "alice", "not-her-password", None).expect(401);
    let token = log_in(&server, "alice", &alice.password(), None).expect(201).json()["token"].clone();
    let again = alice.ci_job(&server, token.as_str().unwrap()).enrolled("auth-and-writes");
    again.put("left", "1.0.0", None);
    // A code of the lost second factor is refused.
    let lost = alice.authenticator().unwrap().unused_code();
    log_in(&server, "alice", &alice.password(), Some(&lost)).expect(401);
}

fn tokens_are_listed_without_their_secrets_and_revoked_by_id(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    let secret = alice.granular(&reads_all("ci job"));
    let ci = alice.ci_job(&server, &secret);
    let listed = server.succeeds(&["token", "list", "alice"], "");
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let line = listed.lines().find(|line| line.contains("granular `ci job` npm_")).unwrap();
    for part in ["packages: read-only on all packages", ", created ", ", expires "] {
        assert!(line.contains(part), "{part} in {listed}");
    }
    assert!(server.succeeds(&["user", "hold", "bob", "--for", "1h"], "").contains("bob"));
    let accounts = server.succeeds(&["user", "list"], "");
    let line_of = |name: &str| accounts.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(!line_of("alice active, second factor ").contains("hold"), "{accounts}");
    assert!(line_of("bob active, second factor ").contains("on hold until"), "{accounts}");
    server.succeeds(&["user", "release", "bob"], "");
    for secret in [&secret, alice.token(), bob.token()] {
        assert!(!listed.contains(&secret[6..secret.len() - 6]), "{listed}");
    }
    let id = line.split(' ').next().unwrap();
    assert_eq!(whoami(&ci), 200);
    for _ in 0..2 {
        assert!(server.succeeds(&["token", "revoke", id], "").contains("of `alice` is revoked"));
    }
    assert_eq!((whoami(&ci), whoami(&alice), whoami(&bob)), (401, 200, 200));
    assert!(!server.succeeds(&["token", "list", "alice"], "").contains(id));
    fails(&server, &["token", "revoke", "nosuch"], "", "there is no token `nosuch`");
    fails(&server, &["token", "list", "nobody"], "", "there is no user `nobody`");
}

// Not under both editions: it starts no server.
#[test]
fn a_command_that_finds_no_registry_makes_none() {
    let folder = crate::support::server::temporary_folder();
    let data = folder.path().join("data");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tollgate-registry"));
    let output = command.args(["token", "list", "alice", "--data"]).arg(&data).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("no registry"), "{text}");
    assert!(!data.exists());
}
