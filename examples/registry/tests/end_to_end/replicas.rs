//! PostgreSQL, and two servers on one database.

use serde_json::json;

use crate::{
    editions, package, races, staging,
    support::{Server, postgres::Postgres, under_both_editions},
    tokens::listed,
};

under_both_editions!(
    a_package_lives_on_postgresql_as_on_sqlite,
    holds_and_staged_versions_are_the_same_on_postgresql,
    a_token_revoked_on_one_server_is_refused_by_the_next_request_on_the_other,
    two_servers_create_a_package_once_and_issue_the_last_token_once,
    a_one_time_password_used_on_one_server_is_used_on_both,
    requests_get_status_503_while_the_database_is_stopped_and_succeed_afterwards,
);

/// Two servers on one PostgreSQL, with one folder for tarballs; `None` if PostgreSQL is to be skipped.
fn replicas(edition: &str) -> Option<(Postgres, Server, Server)> {
    let postgres = Postgres::start()?;
    let first = Server::under_with(edition, &["--database-url", &postgres.url()]);
    let second = first.another();
    Some((postgres, first, second))
}

fn a_package_lives_on_postgresql_as_on_sqlite(edition: &str) {
    let Some((_postgres, server, _other)) = replicas(edition) else { return };
    package::whole_life(&server);
}

fn holds_and_staged_versions_are_the_same_on_postgresql(edition: &str) {
    let Some(postgres) = Postgres::start() else { return };
    let server = Server::under_with(edition, &["--database-url", &postgres.url()]);
    staging::stage_and_approve(&server);
    editions::hold_and_release(&server);
}

fn a_token_revoked_on_one_server_is_refused_by_the_next_request_on_the_other(edition: &str) {
    let Some((_postgres, first, second)) = replicas(edition) else { return };
    let alice = first.person("alice");
    let there = alice.with(&second, alice.token());
    alice.publish("@alice/diary", "1.0.0", "").succeeds();
    package::installs(&there, "@alice/diary", "1.0.0");

    for round in 0..10 {
        let token = alice.granular(&json!({
            "name": "short-lived", "packages_all": true, "packages_and_scopes_permission": "read-only",
        }));
        let read = second.http("GET", "/@alice%2fdiary").bearer(&token);
        read.clone().send().expect(200);
        let key = match round {
            0 => listed(&alice, "short-lived")["key"].as_str().unwrap().to_owned(),
            _ => token.clone(),
        };
        alice.http("DELETE", &format!("/-/npm/v1/tokens/token/{key}")).send().expect(204);
        read.send().expect(401);
    }

    // The second server also refuses a member who was removed through the first one, and an owner who was suspended.
    let bob = second.person("bob");
    first.organization("acme", &alice);
    alice.brings("acme", &bob);
    bob.put("@acme/tool", "1.0.0", None);
    bob.http("GET", "/@acme%2ftool").send().expect(200);
    alice.http("DELETE", "/-/org/acme/user").json(&json!({ "user": "bob" })).send().expect(204);
    bob.http("GET", "/@acme%2ftool").send().expect(404);
    // An invitation that was withdrawn through one server cannot be accepted through the other.
    alice.invites("acme", &bob).expect(200);
    alice.http("DELETE", "/-/org/acme/user").json(&json!({ "user": "bob" })).send().expect(204);
    bob.invites("acme", &bob).expect(403);
    assert!(first.command(&["user", "suspend", "bob"], "").status.success());
    bob.npm("whoami").fails_with("E403").says("is suspended");
    there.npm("logout").succeeds();
    alice.npm("whoami").fails_with("E401");
}

fn two_servers_create_a_package_once_and_issue_the_last_token_once(edition: &str) {
    let Some((_postgres, first, second)) = replicas(edition) else { return };
    let (alice, bob) = (first.person("alice"), second.person("bob"));
    races::one_creates(&alice, &bob);
    let there = alice.with(&second, alice.token());
    races::many_publish(&[&alice, &there]);
    races::one_token_is_the_last(&first, &alice, &there);
}

fn a_one_time_password_used_on_one_server_is_used_on_both(edition: &str) {
    let Some((_postgres, first, second)) = replicas(edition) else { return };
    let alice = first.person_without_2fa("alice");
    let other = alice.granular(&json!({
        "name": "other", "packages_all": true, "packages_and_scopes_permission": "read-write",
    }));
    let app = alice.enable_2fa("auth-and-writes");
    let code = app.code();
    alice.put_with_code("left", "1.0.0", &code);
    let tag = |server: &Server, token: &str| {
        server.http("PUT", "/-/package/left/dist-tags/edge").bearer(token).otp(&code).json(&json!("1.0.0")).send()
    };
    tag(&first, alice.token()).expect(201);
    tag(&second, alice.token()).expect(201);
    tag(&second, &other).expect(401);
    tag(&first, &other).expect(401);
}

fn requests_get_status_503_while_the_database_is_stopped_and_succeed_afterwards(edition: &str) {
    let Some(mut postgres) = Postgres::start() else { return };
    let server = Server::under_with(edition, &["--database-url", &postgres.url()]);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    postgres.stop();
    for (method, path) in [("GET", "/left"), ("PUT", "/-/package/left/dist-tags/next")] {
        let reply = alice.http(method, path).json(&json!("1.0.0")).send().expect(503);
        assert!(reply.header("retry-after").is_some(), "{reply:?}");
        assert!(reply.error().contains("database of this registry cannot be reached"), "{reply:?}");
    }
    server.http("GET", "/-/ping").send().expect(200);
    postgres.start_again();
    alice.http("GET", "/left").send().expect(200);
    alice.http("PUT", "/-/package/left/dist-tags/next").json(&json!("1.0.0")).send().expect(201);

    // A server that starts before its database waits for it.
    postgres.stop();
    let server = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(2));
            postgres.start_again();
        });
        server.killed_and_restarted()
    });
    server.wait_for_log("waiting for the database");
    server.http("GET", "/left").send().expect(200);
}
