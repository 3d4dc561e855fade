//! One-time passwords: which token may use one, how often, and the limit of guesses.

use std::{sync::Barrier, thread};

use serde_json::json;

use crate::{
    support::{FOUNDING, Person, Ran, Request, Server, person::login_document, under_both_editions},
    tokens::created,
};

under_both_editions!(
    a_one_time_password_works_for_the_first_token_that_uses_it_only,
    a_factor_for_auth_only_guards_tokens_and_leaves_publishes_to_the_package,
    after_too_many_wrong_guesses_the_right_one_is_refused,
    a_one_time_password_that_is_not_needed_changes_nothing,
    guesses_made_at_once_have_the_same_limit,
);

fn a_one_time_password_works_for_the_first_token_that_uses_it_only(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    // Alice uses two tokens.
    let laptop = alice.with(
        &server,
        &alice.granular(&json!({
            "name": "laptop", "packages_all": true, "packages_and_scopes_permission": "read-write",
        })),
    );
    let app = alice.enable_2fa("auth-and-writes");
    let code = app.code();
    alice.put_with_code("left", "1.0.0", &code);
    alice.publish("left", "1.0.1", &format!("--otp={code}")).succeeds();
    // One npm command sends its code with several requests, so the token that used the code first may use it again.
    alice.npm(&format!("unpublish left@1.0.0 --otp={code}")).succeeds();
    laptop.publish("left", "1.0.2", &format!("--otp={code}")).fails_with("EOTP");
    laptop.publish("left", "1.0.2", &format!("--otp={}", app.code_beside(1))).succeeds();
}

fn a_factor_for_auth_only_guards_tokens_and_leaves_publishes_to_the_package(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let app = alice.enable_2fa("auth-only");
    // A package requires nothing under the founding edition, and a second factor or a bypass under the later one.
    let published = |ran: &Ran| {
        if edition == FOUNDING {
            ran.succeeds()
        } else {
            ran.fails_with("EOTP")
        };
    };
    published(&alice.publish("left", "1.0.0", ""));
    if edition != FOUNDING {
        alice.put_with_code("left", "1.0.0", &app.code());
    }
    let create = format!(
        "token create --name=ci --packages=left --packages-and-scopes-permission=read-write --password={}",
        alice.password()
    );
    alice.npm(&create).fails_with("EOTP");
    alice.npm(&format!("{create} --otp={}", app.wrong_code())).fails_with("EOTP");
    let ran = alice.npm(&format!("{create} --otp={}", app.code()));
    let robot = alice.with(&server, &created(&ran));
    published(&robot.publish("left", "1.0.1", ""));
    let key = crate::tokens::listed(&alice, "ci")["key"].as_str().unwrap().to_owned();
    alice.npm(&format!("token revoke {key}")).fails_with("EOTP");
    alice.npm(&format!("token revoke {key} --otp={}", app.code())).succeeds();
    // A logout needs no second factor, so a leaked token can always be revoked.
    alice.npm("logout").succeeds();
}

fn after_too_many_wrong_guesses_the_right_one_is_refused(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let app = alice.enable_2fa("auth-and-writes");
    alice.put_with_code("left", "1.0.0", &app.code());
    let tag = |code: &str| alice.http("PUT", "/-/package/left/dist-tags/edge").json(&json!("1.0.0")).otp(code).send();
    let wrong = app.wrong_code();
    for _ in 0..10 {
        let reply = tag(&wrong).expect(401);
        assert_eq!(reply.header("www-authenticate"), Some("OTP"));
    }
    assert!(tag(&app.code()).expect(429).error().contains("too many"));
    assert!(tag("").expect(401).error().contains("one-time password"));

    let bob = server.person("bob");
    let path = "/-/user/org.couchdb.user:bob/-rev/1-0";
    let log_in = |password: &str| {
        let document = login_document("bob", password, None);
        server.http("PUT", path).basic("bob", password).json(&document).send()
    };
    for _ in 0..30 {
        log_in("guess").expect(401);
    }
    log_in(&bob.password()).expect(429);
    // Wrong guesses do not stop the tokens of the account.
    bob.npm("whoami").succeeds().prints("bob");
    assert_eq!(Person::at(&server, "bob", None).npm_client().token(), None);
}

fn a_one_time_password_that_is_not_needed_changes_nothing(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person_without_2fa("alice"), server.person_without_2fa("bob"));
    // An account without a second factor has no use for a code, whether it is allowed or denied.
    let first = alice.publish("left", "1.0.0", "--otp=000000");
    if edition == FOUNDING {
        first.succeeds();
    } else {
        first.fails_with("E403").says("second factor");
    }
    let ci = alice.granular(&json!({
        "name": "ci", "packages_all": true, "packages_and_scopes_permission": "read-write", "bypass_2fa": true,
    }));
    alice.ci_job(&server, &ci).publish("left", "1.0.1", "--otp=000000").succeeds();
    let app = bob.enable_2fa("auth-and-writes");
    // A code does not turn a denial into an allow, and a denial does not consume the code.
    let code = app.code();
    bob.publish("left", "1.0.2", &format!("--otp={code}")).fails_with("E403");
    bob.npm(&format!("view left version --otp={code}")).succeeds().prints("1.0.1");
    // A code of one account does not work for another.
    alice.enable_2fa("auth-and-writes");
    alice.publish("left", "1.0.2", &format!("--otp={code}")).fails_with("EOTP");
    bob.publish("bobs", "1.0.0", &format!("--otp={code}")).succeeds();
}

fn guesses_made_at_once_have_the_same_limit(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let app = alice.enable_2fa("auth-and-writes");
    alice.put_with_code("left", "1.0.0", &app.code());
    let wrong = app.wrong_code();
    let tag = alice.http("PUT", "/-/package/left/dist-tags/edge").json(&json!("1.0.0")).otp(&wrong);
    let (looked_at, refused) = all_at_once(20, &tag);
    assert_eq!((looked_at, refused), (10, 10), "one-time passwords");

    server.person("bob");
    let login = server
        .http("PUT", "/-/user/org.couchdb.user:bob/-rev/1-0")
        .basic("bob", "not-his-password")
        .json(&login_document("bob", "not-his-password", None));
    let (looked_at, refused) = all_at_once(45, &login);
    assert_eq!((looked_at, refused), (30, 15), "passwords");
}

/// Sends the request this many times at once. Returns how many responses are 401, and how many are 429.
fn all_at_once(times: usize, request: &Request) -> (usize, usize) {
    let barrier = Barrier::new(times);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let send = || {
            barrier.wait();
            request.clone().send().status
        };
        let threads: Vec<_> = (0..times).map(|_| scope.spawn(send)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!(count(401) + count(429), times, "{statuses:?}");
    (count(401), count(429))
}
