//! `npm login` and `npm adduser` by browser: npm waits while a person fills in a form.

use crate::support::{
    FOUNDING, Person, Reply, Server,
    pages::{self, Visitor},
    person::{email_of, password_of},
    under_both_editions,
};

under_both_editions!(
    npm_login_waits_for_the_form_and_gets_a_token,
    npm_adduser_creates_an_account_in_the_browser,
    a_login_in_the_browser_needs_the_second_factor_and_issues_one_token,
);

/// The path of the form in the text that npm has printed.
pub(crate) fn form_of(printed: &str) -> String {
    let at = printed.find("/-/v1/login/form/").expect("the URL of the form");
    printed[at..].split_whitespace().next().unwrap().to_owned()
}

/// Submits the form.
pub(crate) fn fill_in(server: &Server, path: &str, fields: &[(&str, &str)]) -> Reply {
    Visitor::new(server).submit(path, fields)
}

/// Logs in by the form, as a person without a second factor, and returns the token.
pub(crate) fn log_in_by_browser(server: &Server, name: &str) -> String {
    let begun = server.http("POST", "/-/v1/login").json(&serde_json::json!({})).send().expect(200).json();
    let path = |field: &str| begun[field].as_str().unwrap().replace(&server.url(), "/");
    fill_in(server, &path("loginUrl"), &[("name", name), ("password", &password_of(name))]).expect(200);
    let done = server.http("GET", &path("doneUrl")).send().expect(200).json();
    done["token"].as_str().unwrap().to_owned()
}

fn npm_login_waits_for_the_form_and_gets_a_token(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    // With a one-time password, npm asks for name and password at the terminal, so only the form gets one.
    let laptop = Person::at(&server, "alice", None);
    let (password, code) = (password_of("alice"), alice.code_for_login().unwrap_or_default());
    let person = |printed: &str| {
        let path = form_of(printed);
        let page = server.http("GET", &path).send().expect(200);
        assert!(page.text().contains("127.0.0.1"), "{page:?}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let wrong = fill_in(&server, &path, &[("name", "alice"), ("password", "not-hers-at-all")]);
        assert!(wrong.expect(401).text().contains("name or password is wrong"));
        let mut visitor = Visitor::new(&server);
        let proof = pages::proof(&visitor.get(&path).text());
        let filled = [("proof", &*proof), ("name", "alice"), ("password", &*password), ("otp", &*code)];
        visitor.post(&path, &filled).expect(200);
        // A form cannot be submitted again.
        visitor.post(&path, &filled).expect(404);
        String::new()
    };
    laptop.npm_asked("login", &[("/-/v1/login/form/", &person)]).succeeds().says("Logged in on");
    laptop.npm("whoami").succeeds().prints("alice");
    let token = laptop.npm_client().token().unwrap();
    assert_ne!(token, alice.token());
    let laptop = laptop.with_authenticator(alice.authenticator().cloned());
    // The token is a legacy publish token or a session, as with `--auth-type=legacy`. A session is not listed.
    let list = laptop.npm("token list --json").succeeds().json();
    if edition == FOUNDING {
        assert_eq!(list[0]["name"], "(legacy publish)", "{list}");
    } else {
        assert_eq!(list, serde_json::json!([]));
    }
    laptop.publish("left", "1.0.0", "").succeeds();
    let log = server.log();
    for secret in [token.as_str(), &password, "not-hers-at-all", "/login/form", "/login/done"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

fn npm_adduser_creates_an_account_in_the_browser(edition: &str) {
    let server = Server::under(edition);
    server.person("alice");
    let carol = Person::at(&server, "carol", None);
    let (password, email) = (password_of("carol"), email_of("carol"));
    let person = |printed: &str| {
        let path = form_of(printed);
        let fill = |name: &str, password: &str| {
            fill_in(&server, &path, &[("name", name), ("password", password), ("email", &email)])
        };
        assert!(fill("alice", &password).expect(400).text().contains("taken"));
        assert!(fill("carol", "short").expect(400).text().contains("10"));
        fill("carol", &password).expect(200);
        String::new()
    };
    carol.npm_asked("adduser", &[("/-/v1/login/form/", &person)]).succeeds();
    carol.npm("whoami").succeeds().prints("carol");
    carol.npm("profile get email").succeeds().says(&email);
}

fn a_login_in_the_browser_needs_the_second_factor_and_issues_one_token(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let app = alice.enable_2fa("auth-only");
    let begun = server.http("POST", "/-/v1/login").json(&serde_json::json!({})).send().expect(200).json();
    let path = |field: &str| begun[field].as_str().unwrap().replace(&server.url(), "/");
    let (form, done) = (path("loginUrl"), path("doneUrl"));
    let poll = || server.http("GET", &done).send();
    assert_eq!(poll().expect(202).header("retry-after"), Some("1"));
    let password = password_of("alice");
    let with = |otp: &str| fill_in(&server, &form, &[("name", "alice"), ("password", &password), ("otp", otp)]);
    assert!(with("").expect(401).text().contains("second factor"));
    with(&app.wrong_code()).expect(401);
    poll().expect(202);
    with(&app.code()).expect(200);
    let token = poll().expect(200).json()["token"].as_str().unwrap().to_owned();
    server.http("GET", "/-/whoami").bearer(&token).send().expect(200);
    // The token can be fetched only once. Neither of the two URLs can be derived from the other.
    poll().expect(404);
    server.http("GET", &form.replace("/form/", "/done/")).send().expect(404);
    server.http("GET", &done.replace("/done/", "/form/")).send().expect(404);
}
