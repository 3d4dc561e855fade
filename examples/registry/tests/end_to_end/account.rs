//! Creating an account, logging in and out, and enrolling a second factor at the terminal.

use serde_json::{Value, json};

use crate::support::{
    FOUNDING, Person, Reply, Server,
    npm::Answer,
    person::{email_of, login_document, password_of},
    totp::Authenticator,
    under_both_editions,
};

under_both_editions!(
    adduser_creates_an_account_and_logout_revokes_its_token,
    a_wrong_password_and_an_unknown_user_get_different_messages,
    a_second_factor_is_enrolled_at_the_terminal_and_required_afterwards,
    a_profile_is_changed_and_a_new_password_replaces_the_old_one,
    a_change_that_is_refused_in_part_changes_nothing,
    no_response_repeats_a_password_from_an_unexpected_place_of_the_body,
);

fn adduser_creates_an_account_and_logout_revokes_its_token(edition: &str) {
    let server = Server::under(edition);
    let carol = Person::at(&server, "carol", None);
    let (name, password, email) =
        (|_: &str| "carol".into(), |_: &str| password_of("carol"), |_: &str| email_of("carol"));
    carol
        .npm_asked(
            "adduser --auth-type=legacy",
            &[("Username:", &name), ("Password:", &password), ("Email (this will be public):", &email)],
        )
        .succeeds()
        .says(&format!("Logged in on {}.", server.url()));
    carol.npm("whoami").succeeds().prints("carol");
    let token = carol.npm_client().token().expect("a token in the configuration");
    assert!(token.starts_with("npm_"), "{token}");
    // The token may do everything that its owner may do. A new account has no second factor.
    let published = carol.publish("carols", "1.0.0", "");
    if edition == FOUNDING {
        published.succeeds();
    } else {
        published.fails_with("E403").says("second factor");
    }

    // The name is taken, so a second account cannot have it.
    let other = Person::at(&server, "other", None);
    other
        .npm_asked(
            "adduser --auth-type=legacy",
            &[("Username:", &name), ("Password:", &password), ("Email (this will be public):", &email)],
        )
        .fails_with("E409");

    carol.npm("logout").succeeds();
    assert_eq!(carol.npm_client().token(), None);
    let dead = carol.with(&server, &token);
    dead.npm("whoami").fails_with("E401").says("your authentication token seems to be invalid");

    carol.npm_asked("login --auth-type=legacy", &[("Username:", &name), ("Password:", &password)]).succeeds();
    carol.npm("whoami").succeeds().prints("carol");
    assert_ne!(carol.npm_client().token().unwrap(), token);

    let log = server.log();
    for secret in [&token, &password_of("carol")] {
        assert!(!log.contains(secret.as_str()), "{secret} in {log}");
    }
    assert!(!log.contains("/-/user/token"), "{log}");
}

fn a_wrong_password_and_an_unknown_user_get_different_messages(edition: &str) {
    let server = Server::under(edition);
    server.person("alice");
    let somebody = Person::at(&server, "somebody", None);
    let (name, wrong) = (|_: &str| "alice".into(), |_: &str| "not-her-password".into());
    somebody
        .npm_asked("login --auth-type=legacy", &[("Username:", &name), ("Password:", &wrong)])
        .fails_with("E401")
        .says("Incorrect or missing password.");
    let unknown = |_: &str| "mallory".into();
    somebody
        .npm_asked("login --auth-type=legacy", &[("Username:", &unknown), ("Password:", &wrong)])
        .fails_with("E400")
        .says("There is no user with the username \"mallory\".");
    assert_eq!(somebody.npm_client().token(), None);
}

fn a_second_factor_is_enrolled_at_the_terminal_and_required_afterwards(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let password = |_: &str| password_of("alice");
    let release = || assert!(server.command(&["user", "release", "alice"], "").status.success());
    // The secret that npm prints below the QR code is typed into the authenticator app.
    let enrol = |printed: &str| app_of(printed).code_beside(-1);
    let ran = alice.npm_asked(
        "profile enable-2fa auth-and-writes",
        &[("npm password:", &password), ("And an OTP code from your authenticator:", &enrol)],
    );
    ran.succeeds().says("2FA successfully enabled. Below are your recovery codes");
    let app = app_of(&ran.stdout);
    let recovery: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix('\t')).collect();
    assert!(!recovery.is_empty(), "{ran:?}");
    alice.npm("profile get tfa").succeeds();
    alice.npm("profile get").succeeds().says("two-factor auth: auth-and-writes");

    alice.publish("pad", "1.0.0", "").fails_with("EOTP").says("This operation requires a one-time password");
    alice.publish("pad", "1.0.0", &format!("--otp={}", app.code())).succeeds();

    // A recovery code is accepted in place of a one-time password, but only once. Where it puts the account on hold, the
    // account does not write until the operator ends the hold.
    let recovered = alice.publish("pad", "1.0.1", &format!("--otp={}", recovery[0]));
    if edition == FOUNDING {
        recovered.succeeds();
    } else {
        recovered.fails_with("E403").says("on hold");
        release();
    }
    alice.publish("pad", "1.0.2", &format!("--otp={}", recovery[0])).fails_with("EOTP");

    // A login requires the second factor as well.
    let laptop = Person::at(&server, "alice", None);
    let name = |_: &str| "alice".into();
    let login = "login --auth-type=legacy";
    let answers: [Answer<'_>; 2] = [("Username:", &name), ("Password:", &password)];
    laptop.npm_asked(login, &answers).fails_with("EOTP");
    laptop.npm_asked(&format!("{login} --otp={}", app.code_beside(1)), &answers).succeeds();
    laptop.npm("whoami").succeeds().prints("alice");

    alice.npm_asked("profile disable-2fa", &[("npm password:", &password)]).fails_with("EOTP");
    alice
        .npm_asked(&format!("profile disable-2fa --otp={}", recovery[1]), &[("npm password:", &password)])
        .succeeds()
        .says("Two factor authentication disabled.");
    if edition == FOUNDING {
        alice.publish("pad", "1.0.2", "").succeeds();
    } else {
        alice.publish("pad", "1.0.2", "").fails_with("E403").says("on hold");
        release();
        alice.publish("pad", "1.0.2", "").fails_with("E403").says("second factor");
    }

    let log = server.log();
    for secret in recovery {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

/// The app into which the secret that npm has printed is typed.
pub(crate) fn app_of(printed: &str) -> Authenticator {
    let (_, rest) = printed.split_once("Or enter code: ").expect("the secret");
    Authenticator::enter(rest.split_whitespace().next().unwrap())
}

fn a_profile_is_changed_and_a_new_password_replaces_the_old_one(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.npm("profile set fullname Alice").succeeds().says("Set fullname to Alice");
    alice.npm("profile set email a@example.test").succeeds();
    let profile = alice.npm("profile get --json").succeeds().json();
    for (field, value) in [("name", "alice"), ("fullname", "Alice"), ("email", "a@example.test")] {
        assert_eq!(profile[field], value, "{profile}");
    }
    let (old, new) = (|_: &str| password_of("alice"), |_: &str| "another-pass-word".to_owned());
    let wrong = |_: &str| "not-her-password".to_owned();
    let prompts = ["Current password:", "New password:", "Again:"];
    let change = |answers: [&dyn Fn(&str) -> String; 3]| {
        let answers: Vec<Answer<'_>> = prompts.into_iter().zip(answers).collect();
        alice.npm_asked("profile set password", &answers)
    };
    change([&wrong, &new, &new]).fails_with("E401").says("Incorrect or missing password.");
    let short = |_: &str| "short".to_owned();
    change([&old, &short, &short]).fails_with("E400").says("password of 5 characters: expected 10 to 256");
    change([&old, &new, &new]).succeeds().says("Set password");
    let laptop = alice.logged_out(&server);
    let name = |_: &str| "alice".to_owned();
    laptop.npm_asked("login --auth-type=legacy", &[("Username:", &name), ("Password:", &old)]).fails_with("E401");
    laptop.npm_asked("login --auth-type=legacy", &[("Username:", &name), ("Password:", &new)]).succeeds();
    // Each account has its own profile.
    let bob = server.person("bob");
    assert_eq!(bob.npm("profile get --json").succeeds().json()["name"], "bob");
    assert!(!server.log().contains("another-pass-word"));
}

const ANOTHER: &str = "another-pass-word";

/// Sends a change of the profile: `POST /-/npm/v1/user`.
fn change(person: &Person, sent: &Value) -> Reply {
    person.http("POST", "/-/npm/v1/user").json(sent).send()
}

/// Asserts that the account is as it was created, with the first password and no full name, and that the field `tfa` of
/// its profile has this value.
#[track_caller]
fn nothing_has_changed(person: &Person, tfa: &Value) {
    let token = |password: &str| {
        let sent = json!({ "name": "check", "packages_all": true, "packages_and_scopes_permission": "read-only",
                           "password": password });
        person.http("POST", "/-/npm/v1/tokens").json(&sent).send()
    };
    token(ANOTHER).expect(401);
    let made = token(&person.password()).expect(201).json()["token"].as_str().unwrap().to_owned();
    person.http("DELETE", &format!("/-/npm/v1/tokens/token/{made}")).send().expect(204);
    let profile = person.http("GET", "/-/npm/v1/user").send().expect(200).json();
    assert_eq!((&profile["fullname"], &profile["tfa"]), (&Value::Null, tfa), "{profile}");
}

fn a_change_that_is_refused_in_part_changes_nothing(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let right = alice.password();
    let mode = |password: &str| json!({ "password": password, "mode": "auth-only" });
    for (old, shown) in [(&*right, &*right), (&right, "wrong-pass-word"), ("wrong-pass-word", &right)] {
        let sent = json!({ "password": { "old": old, "new": ANOTHER }, "tfa": mode(shown) });
        let error = change(&alice, &sent).expect(400).error();
        assert!(error.contains("expected `tfa` alone"), "{error}");
        nothing_has_changed(&alice, &json!(false));
    }
    change(&alice, &json!({ "fullname": "Alice", "tfa": mode(&right) })).expect(400);
    nothing_has_changed(&alice, &json!(false));
    let wrong = json!({ "fullname": "Alice", "password": { "old": "wrong-pass-word", "new": ANOTHER } });
    change(&alice, &wrong).expect(401);
    nothing_has_changed(&alice, &json!(false));

    // During an enrolment, with a wrong code and with the right code.
    let reply = change(&alice, &json!({ "tfa": mode(&right) })).expect(200).json();
    let app = Authenticator::scan(reply["tfa"].as_str().unwrap());
    let pending = json!({ "pending": true, "mode": "auth-only" });
    for code in [app.wrong_code(), app.code()] {
        let password = json!({ "old": right, "new": ANOTHER });
        change(&alice, &json!({ "password": password, "tfa": [code] })).expect(400);
        change(&alice, &json!({ "fullname": "Alice", "tfa": [code] })).expect(400);
        nothing_has_changed(&alice, &pending);
    }
    // The refused requests did not consume the code: sent alone, it finishes the enrolment.
    change(&alice, &json!({ "tfa": [app.code()] })).expect(200);
}

fn no_response_repeats_a_password_from_an_unexpected_place_of_the_body(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let (text, number) = ("correct horse battery", 8_675_309_123_u64);
    let user = "/-/user/org.couchdb.user:alice";
    let login = format!("{user}/-rev/1-0");
    let users = [("PUT", user), ("PUT", &login)];
    let own = [("POST", "/-/npm/v1/user"), ("POST", "/-/npm/v1/tokens")];
    let refused = |(method, path): (&str, &str), sent: &str| {
        let reply = alice.http(method, path).bytes(sent.as_bytes()).send().expect(400);
        assert!(!reply.error().is_empty());
        for secret in [text, &number.to_string()] {
            assert!(!reply.text().contains(secret), "{path} {sent}: {reply:?}");
        }
    };
    for (field, value) in [
        ("password", json!(number)),
        ("password", json!([text])),
        ("password", json!({ "is": text })),
        ("name", json!(number)),
        ("name", json!(text)),
        ("email", json!(number)),
    ] {
        let mut document = login_document("alice", "a-pass-word", None);
        document[field] = value;
        for endpoint in users {
            refused(endpoint, &document.to_string());
        }
    }
    for create in [json!(text), json!(number)] {
        refused(("POST", "/-/v1/login"), &json!({ "create": create }).to_string());
    }
    // Bodies that are not an object, break off, have a key twice, or go on after the object.
    for sent in [
        json!(text).to_string(),
        json!(number).to_string(),
        json!([text]).to_string(),
        json!(["alice", number]).to_string(),
        text.to_owned(),
        format!(r#"{{"name":"alice","password":"{text}"#),
        format!(r#"{{"name":"alice","password":"{text}","password":"{text}"}}"#),
        format!(r#"{{"name":"alice","password":"{text}"}} {number}"#),
    ] {
        for endpoint in users.into_iter().chain(own) {
            refused(endpoint, &sent);
        }
    }
    assert!(!server.log().contains(text));
}
