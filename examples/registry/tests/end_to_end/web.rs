//! The pages for browsers, in a real browser together with the real npm: what is made in one is there in the other.

use serde_json::json;

use crate::support::{
    FOUNDING, Person, Server,
    browser::Browser,
    pages::SESSION,
    person::{email_of, password_of},
    totp::Authenticator,
    under_both_editions,
};
use crate::tokens::created;

under_both_editions!(
    a_token_made_on_the_web_is_used_by_npm,
    a_token_made_by_npm_is_revoked_on_the_web,
    an_account_and_its_second_factor_are_made_on_the_web,
    the_pages_work_without_scripts_on_a_phone_with_dark_colours_and_by_keyboard,
    a_person_joins_an_organization_and_its_owner_sees_the_tokens_that_reach_it,
);

/// Logs in with the password, and a one-time password if the person has a second factor. Returns a code for the
/// changes that follow, or nothing.
fn log_in(browser: &Browser, person: &Person) -> String {
    browser.open("/-/web/log-in").fill_in("main", &[("name", person.name()), ("password", &person.password())]);
    if let Some(code) = person.code_for_login() {
        browser.fill_in("main", &[("otp", &code)]);
    }
    browser.click("Log in").shows("New token");
    person.authenticator().map(|app| app.code_for(&browser.cookie(SESSION))).unwrap_or_default()
}

fn a_token_made_on_the_web_is_used_by_npm(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.publish("left", "1.0.0", "").succeeds();
    let Some(browser) = Browser::start(&server) else { return };
    browser.open("/-/web/tokens").shows("Log in").picture("log-in");
    let code = log_in(&browser, &alice);
    browser.click("New token");
    // Each error of the crate is beside its field.
    browser.click("See what it can do");
    assert!(browser.text_of("name-error").contains("name"), "{}", browser.text());
    browser.fill_in("main", &[("name", "build"), ("expires", "0")]).click("See what it can do");
    assert_eq!(browser.text_of("expires-error"), "found 0 days: expected at least 1");
    browser.fill_in("main", &[("expires", "30"), ("packages", "left"), ("cidr_whitelist", "127.0.0.0/8")]);
    browser.choose("packages_and_scopes_permission", "read-write").fill_in("main", &[("scopes", "@of-another")]);
    browser.click("See what it can do");
    assert!(browser.text_of("scopes-error").contains("@of-another"), "{}", browser.text());
    browser.fill_in("main", &[("scopes", "@alice")]).check("bypass_2fa").picture("new-token");
    browser.click("See what it can do");
    // What the token will be able to do is said before it is made.
    browser.shows("Create this token?").shows("a new package in @alice").shows("127.0.0.0/8").picture("review");
    assert_eq!(
        alice.npm("token list --json").succeeds().json().as_array().unwrap().len(),
        usize::from(edition == FOUNDING)
    );
    browser.click("Change").fill_in("main", &[("description", "made on the web")]).click("See what it can do");
    browser
        .fill_in("main", &[("password", "not-hers-at-all"), ("otp", &code)])
        .click("Create token")
        .shows("incorrect or missing password");
    browser.fill_in("main", &[("password", &alice.password()), ("otp", &code)]).click("Create token");
    let token = browser.shows("never shown again").text_of("token");
    assert!(!browser.url().contains("npm_"), "{}", browser.url());
    // npm has it at once.
    let ci = alice.ci_job(&server, &token);
    ci.npm("whoami").succeeds().prints("alice");
    ci.publish("left", "1.0.1", "").succeeds();
    ci.publish("@alice/new", "1.0.0", "").succeeds();
    ci.publish("other", "1.0.0", "").fails_with("E403");
    alice.npm("token list").succeeds().says("build");
    browser
        .open("/-/web/tokens")
        .shows("build")
        .shows("made on the web")
        .shows(&token[token.len() - 4..])
        .picture("tokens");
    let log = server.log();
    for secret in [token.as_str(), &alice.password(), &browser.cookie(SESSION)] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    browser.open("/-/web/packages/left").shows("Who can publish").shows("alice").picture("package");
}

fn a_token_made_by_npm_is_revoked_on_the_web(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let make = |name: &str| {
        let words = "--packages-all --packages-and-scopes-permission=read-only";
        created(&alice.npm(&format!("token create --name={name} --password={} {words}", alice.password())))
    };
    let (first, second) = (make("first"), make("second"));
    let as_ci = |token: &str| alice.ci_job(&server, token);
    as_ci(&first).npm("whoami").succeeds();
    let Some(browser) = Browser::start(&server) else { return };
    let code = log_in(&browser, &alice);
    browser.shows("first").shows("second").shows("read-only on all packages");
    // The newest token is at the top.
    browser.click("Revoke").shows("Revoke second?").picture("revoke").click("Cancel").shows("second");
    as_ci(&second).npm("whoami").succeeds();
    browser.click("Revoke").fill_in("main", &[("otp", &code)]).click("Revoke").shows("first");
    assert!(!browser.text().contains("second"), "{}", browser.text());
    as_ci(&second).npm("whoami").fails_with("E401");
    as_ci(&first).npm("whoami").succeeds();
    // All of them, but not the session of this browser.
    browser.click("Revoke all tokens").fill_in("main", &[("otp", &code)]).click("Revoke all").shows("has no tokens");
    as_ci(&first).npm("whoami").fails_with("E401");
    alice.npm("whoami").fails_with("E401");
    browser.click("Log out").shows("Log in");
    browser.open("/-/web/tokens").shows("Log in");
}

fn an_account_and_its_second_factor_are_made_on_the_web(edition: &str) {
    let server = Server::under(edition);
    let Some(browser) = Browser::start(&server) else { return };
    browser.open("/").click("Make an account");
    browser.fill_in("main", &[("name", "carol"), ("password", "short"), ("email", &email_of("carol"))]);
    browser.click("Make an account");
    assert!(browser.text_of("password-error").contains("10"), "{}", browser.text());
    browser.fill_in("main", &[("password", &password_of("carol"))]).click("Make an account").shows("has no tokens");
    browser.open("/-/web/security").shows("has no second factor");
    let form = "form[action$=second-factor]";
    browser
        .fill_in(form, &[("password", &password_of("carol"))])
        .click("Set up a second factor")
        .shows("Scan this code");
    let app = Authenticator::enter(&browser.picture("second-factor").text_of("secret"));
    browser.fill_in(form, &[("code", &app.wrong_code())]).click("Turn on");
    assert!(browser.text_of("second-factor-code-error").contains("new second factor"), "{}", browser.text());
    let code = app.code_for(&browser.cookie(SESSION));
    browser.fill_in(form, &[("code", &code)]).click("Turn on").shows("Keep these recovery codes");
    let recovery_code = browser.text().lines().find(|line| line.len() == 20).expect("a recovery code").to_owned();
    browser
        .click("I have kept them")
        .shows("It is on")
        .shows("5 of 5 recovery codes")
        .picture("security")
        .click("Log out");
    // The next login needs a code, by npm as well.
    let fill = [("name", "carol"), ("password", &*password_of("carol"))];
    browser.fill_in("main", &fill).click("Log in");
    assert!(browser.text_of("otp-error").contains("second factor"), "{}", browser.text());
    browser
        .fill_in("main", &[("password", &*password_of("carol")), ("otp", &recovery_code)])
        .click("Log in")
        .shows("no tokens");
    browser.open("/-/web/security").shows("4 of 5 recovery codes");
    // A password is changed on the web, and npm's login takes the new one only.
    let old = [("old", "not-hers-at-all"), ("new", "another-password")];
    let form = "form[action$=password]";
    let code = app.code_for(&browser.cookie(SESSION));
    browser.fill_in(form, &old).fill_in(form, &[("otp", &code)]).click("Change password");
    assert_eq!(browser.text_of("password-old-error"), "incorrect or missing password");
    browser.fill_in(form, &[("old", &*password_of("carol")), ("new", "another-password"), ("otp", &code)]);
    browser.click("Change password").shows("It is on");
    let log_in = |password: &str| {
        let document = json!({ "_id": "org.couchdb.user:carol", "name": "carol", "password": password });
        let path = "/-/user/org.couchdb.user:carol/-rev/1-0";
        server.http("PUT", path).basic("carol", password).otp(&app.unused_code()).json(&document).send().status
    };
    assert_eq!((log_in(&password_of("carol")), log_in("another-password")), (401, 201));
}

fn the_pages_work_without_scripts_on_a_phone_with_dark_colours_and_by_keyboard(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let Some(browser) = Browser::start_on_phone(&server) else { return };
    let code = log_in(&browser, &alice);
    for page in ["tokens", "tokens/new", "tokens/revoke-all", "security", "organizations"] {
        browser.open(&format!("/-/web/{page}"));
        // The narrowest window of a desktop Chromium is a little wider than a phone.
        let (page_width, window_width) = browser.widths();
        assert!(page_width <= window_width, "{page}: {page_width} in {window_width}");
    }
    browser.open("/-/web/tokens/new").picture("phone");
    // The phone is set to dark colours.
    assert_eq!(browser.background(), "rgba(20, 23, 27, 1)");
    browser.fill_in("main", &[("name", "phone"), ("packages", "left"), ("expires", "2")]);
    browser.choose("packages_and_scopes_permission", "read-only");
    browser.click("See what it can do");
    // `left` does not exist, and the form says so before the token is made.
    assert!(browser.text_of("packages-error").contains("left"), "{}", browser.text());
    browser.fill_in("main", &[("packages", "")]).check("packages_all").click("See what it can do");
    browser.fill_in("main", &[("password", &alice.password()), ("otp", &code)]).click("Create token");
    let token = browser.text_of("token");
    server.http("GET", "/-/whoami").bearer(&token).send().expect(200);
    // The first stops of the key Tab.
    browser.open("/-/web/security");
    let stops: Vec<String> = (0..5).map(|_| browser.tab()).collect();
    assert_eq!(stops, ["a Skip to the content", "a Tokens", "a Security", "a Organizations", "button Log out"]);
}

fn a_person_joins_an_organization_and_its_owner_sees_the_tokens_that_reach_it(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    server.organization("acme", &alice);
    alice.publish("@acme/tool", "1.0.0", "").succeeds();
    let Some(browser) = Browser::start(&server) else { return };
    // npm invites, and the person accepts on the web.
    alice.npm("org set acme bob developer").succeeds().says("is not a member yet");
    let code = log_in(&browser, &bob);
    browser.open("/-/web/organizations").shows("alice invites you to acme").click("Accept").shows("Join acme?");
    browser.fill_in("main", &[("otp", &code)]).click("Accept").shows("Your role is developer");
    let roster = alice.http("GET", "/-/org/acme/user").send().expect(200).json();
    assert_eq!(roster["bob"], "developer");
    for (name, scope) in [("reaching", "@acme"), ("apart", "@bob")] {
        bob.granular(&json!({ "name": name, "scopes": [scope], "packages_and_scopes_permission": "read-write" }));
    }
    // A member who is not an owner sees the members, and not their tokens.
    browser.open("/-/web/organizations/acme").shows("alice");
    assert!(!browser.text().contains("Tokens that reach"), "{}", browser.text());
    browser.click("Log out");
    log_in(&browser, &alice);
    browser.open("/-/web/organizations").click("acme").shows("bob: reaching").shows("May read 1 and publish 1");
    assert!(!browser.picture("organization").text().contains("bob: apart"), "{}", browser.text());
    browser.click("@acme/tool").shows("Who can publish").shows("bob").click("Log out");
    let code = log_in(&browser, &bob);
    browser.open("/-/web/organizations").click("Leave").shows("Leave acme?").fill_in("main", &[("otp", &code)]);
    browser.click("Leave").shows("not a member");
    let roster = alice.http("GET", "/-/org/acme/user").send().expect(200).json();
    assert_eq!(roster["bob"], serde_json::Value::Null);
}
