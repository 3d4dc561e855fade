//! Creating, listing, using and revoking tokens.

use serde_json::{Value, json};

use crate::support::{FOUNDING, Person, Ran, Server, under_both_editions};

under_both_editions!(
    a_granular_token_can_have_every_restriction_of_npm_token_create,
    a_token_for_all_packages_may_write_the_packages_of_its_owner,
    a_revoked_token_is_refused_by_the_next_request,
    a_user_cannot_revoke_the_token_of_another_user,
    an_invalid_token_request_is_refused_with_the_reason,
    a_token_request_for_a_hidden_package_is_refused_like_one_for_a_missing_package,
    a_list_of_tokens_has_the_hour_of_the_last_use,
);

fn a_granular_token_can_have_every_restriction_of_npm_token_create(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    server.organization("acme", &alice);
    alice.put("@alice/diary", "1.0.0", None);
    alice.put("left", "1.0.0", None);
    let ran = alice.npm(&format!(
        "token create --name=ci --token-description=release --packages=@alice/diary --packages=left --scopes=@acme \
         --packages-and-scopes-permission=read-write --orgs=acme --orgs-permission=read-only --expires=30 \
         --cidr=127.0.0.0/8,192.0.2.0/24 --bypass-2fa --password={}",
        alice.password(),
    ));
    ran.succeeds().says("with IP whitelist: 127.0.0.0/8,192.0.2.0/24").says("expires: 20");
    let robot = alice.ci_job(&server, &created(&ran));

    // The list shows all of them.
    alice.npm("token list").succeeds().says(" name ci created 20").says("with IP whitelist: 127.0.0.0/8,192.0.2.0/24");
    let listed = listed(&alice, "ci");
    for (field, value) in [
        ("token", json!("npm_")),
        ("description", json!("release")),
        ("readonly", json!(false)),
        ("bypass_2fa", json!(true)),
        ("cidr_whitelist", json!(["127.0.0.0/8", "192.0.2.0/24"])),
        ("cidr", json!(["127.0.0.0/8", "192.0.2.0/24"])),
        ("revoked", Value::Null),
        ("permissions", json!([{ "name": "package", "action": "write" }, { "name": "org", "action": "read" }])),
    ] {
        assert_eq!(listed[field], value, "{field} of {listed}");
    }
    let scopes = listed["scopes"].to_string();
    for name in ["@alice/diary", "left", "@acme", "acme"] {
        assert!(scopes.contains(&format!("\"{name}\"")), "{scopes}");
    }
    let parseable = alice.npm("token list --parseable");
    parseable.succeeds().says("key\ttoken\tid\tname\tcreated\treadonly\tCIDR whitelist\n");
    parseable.says("\tci\t").says("\tfalse\t127.0.0.0/8,192.0.2.0/24");
    // Only the response to the creation has the text of the token.
    assert!(!parseable.output().contains(robot.token()), "{parseable:?}");

    // The token may do what it was created for.
    robot.npm("whoami").succeeds().prints("alice");
    robot.publish("left", "1.0.1", "").succeeds();
    robot.publish("@alice/diary", "1.0.1", "").succeeds();
    robot.publish("@acme/new", "1.0.0", "").succeeds();
    robot.npm("org ls acme").succeeds().says("alice - owner");
    robot.npm("team create acme:robots").fails_with("E403").says("read-only permission on organizations");
}

fn a_token_for_all_packages_may_write_the_packages_of_its_owner(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    bob.put("bobs", "1.0.0", None);
    let ran = alice.npm(&format!(
        "token create --name=everything --packages-all --packages-and-scopes-permission=read-write --password={}",
        alice.password(),
    ));
    // Without `--expires`, the token gets npm's default lifetime.
    ran.succeeds().says("expires: 20").does_not_say("with IP whitelist");
    let robot = alice.with(&server, &created(&ran));
    robot.publish("brand-new", "1.0.0", "").succeeds();
    robot.publish("@alice/brand-new", "1.0.0", "").succeeds();
    robot.publish("bobs", "1.0.1", "").fails_with("E403").says("may not publish `bobs`");
    // The token bypasses no second factor, so a CI job may use it only where a publish needs none.
    let published = alice.ci_job(&server, robot.token()).publish("brand-new", "1.0.1", "");
    if edition == FOUNDING {
        published.succeeds();
    } else {
        published.fails_with("EOTP");
    }
}

fn a_revoked_token_is_refused_by_the_next_request(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let body =
        |name: &str| json!({ "name": name, "packages_all": true, "packages_and_scopes_permission": "read-only" });
    let (first, second) = (alice.granular(&body("first")), alice.granular(&body("second")));
    let one = server.http("GET", "/-/whoami").bearer(&first);
    one.clone().send().expect(200);

    let key = listed(&alice, "first")["key"].as_str().unwrap().to_owned();
    alice.npm(&format!("token revoke {}", &key[..8])).succeeds().prints("Removed 1 token");
    let reply = one.send().expect(401);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    alice.with(&server, &first).npm("whoami").fails_with("E401").says("npm notice the access token was revoked");

    // A token can also be revoked by its text.
    alice.npm(&format!("token revoke {second}")).succeeds().prints("Removed 1 token");
    server.http("GET", "/-/whoami").bearer(&second).send().expect(401);
    alice.npm("token list").succeeds().does_not_say("name first").does_not_say("name second");
    alice.npm(&format!("token revoke {key}")).fails().says(&format!("Unknown token id or value \"{key}\"."));

    // Both names are free again.
    alice.granular(&body("first"));
    let log = server.log();
    for secret in [&first, &second, &alice.password()] {
        assert!(!log.contains(secret.as_str()), "{secret} in {log}");
    }
}

fn a_user_cannot_revoke_the_token_of_another_user(edition: &str) {
    let server = Server::under(edition);
    let (alice, mallory) = (server.person("alice"), server.person("mallory"));
    let ci = alice.granular(&json!({
        "name": "ci", "packages_all": true, "packages_and_scopes_permission": "read-only",
    }));
    let key = listed(&alice, "ci")["key"].as_str().unwrap().to_owned();
    for named in [key.as_str(), &ci, alice.token()] {
        mallory.http("DELETE", &format!("/-/npm/v1/tokens/token/{named}")).send().expect(404);
    }
    for text in [&ci, alice.token()] {
        let reply = mallory.http("DELETE", &format!("/-/user/token/{text}")).send();
        assert!([403, 404].contains(&reply.status), "{reply:?}");
        server.http("GET", "/-/whoami").bearer(text).send().expect(200);
    }
    alice.npm("whoami").succeeds();
}

fn an_invalid_token_request_is_refused_with_the_reason(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    let create = |flags: &str| alice.npm(&format!("token create --password={} {flags}", alice.password()));
    let rw = "--packages-and-scopes-permission=read-write";

    create(&format!("--name=ci --packages=left {rw}")).succeeds();
    create(&format!("--name=ci --packages=left {rw}")).fails_with("E409").says("name");
    let many: Vec<String> = (0..51).map(|number| format!("--packages=p{number}")).collect();
    create(&format!("--name=many {rw} {}", many.join(" "))).fails_with("E400").says("50");
    create(&format!("--name=none {rw}")).fails_with("E400");
    create("--name=idle --packages=left").fails_with("E400");
    create(&format!("--name=other --packages=not-there {rw}")).fails_with("E403");
    create("--name=bypass --packages=left --packages-and-scopes-permission=read-only --bypass-2fa").fails_with("E400");
    create(&format!("--name=wide --packages=left {rw} --cidr=300.0.0.0/8")).fails_with("EINVALIDCIDR");
    alice
        .npm(&format!("token create --password=not-her-password --name=x --packages=left {rw}"))
        .fails_with("E401")
        .says("Incorrect or missing password.");

    // Requests that npm does not send.
    let refused = |change: &Value, status: u16| {
        let mut body = json!({ "name": "raw", "packages": ["left"], "packages_and_scopes_permission": "read-write" });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        alice.create_token(&body).expect(status).error()
    };
    assert!(refused(&json!({ "expires": 0 }), 400).contains("day"), "{}", refused(&json!({ "expires": 0 }), 400));
    refused(&json!({ "expires": -1 }), 400);
    refused(&json!({ "expires": "2026-01-01T00:00:00Z" }), 400);
    refused(&json!({ "packages": [] }), 400);
    refused(&json!({ "name": "" }), 400);
    refused(&json!({ "name": "x".repeat(41) }), 400);
    refused(&json!({ "only_on_sundays": true }), 400);
    refused(&json!({ "cidr_whitelist": ["10.0.0.1"] }), 400);
    let fifty: Vec<String> = (0..50).map(|number| format!("@alice/p{number}")).collect();
    // 50 packages are within the limit, but these do not exist.
    refused(&json!({ "packages": fifty }), 403);
    let organizations: Vec<String> = (0..51).map(|number| format!("o{number}")).collect();
    refused(&json!({ "orgs": organizations, "orgs_permission": "read-only" }), 400);
    // The list has the token that was created, and the token of the login unless that is a session.
    let listed = alice.npm("token list --json").succeeds().json().as_array().unwrap().len();
    assert_eq!(listed, if edition == FOUNDING { 2 } else { 1 });
}

fn a_token_request_for_a_hidden_package_is_refused_like_one_for_a_missing_package(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    alice.put("@alice/secret", "1.0.0", None);
    let create = |package: &str| {
        let reply = bob.create_token(&json!({
            "name": "spy", "packages": [package], "packages_and_scopes_permission": "read-only",
        }));
        (reply.status, reply.text().replace(package, "NAME"))
    };
    assert_eq!(create("@alice/secret"), create("@alice/nosuch"));
}

// Not under both editions: legacy tokens are retired after this one.
#[test]
fn each_kind_of_legacy_token_may_do_what_its_kind_allows() {
    let server = Server::under(FOUNDING);
    let alice = server.person("alice");
    server.person_without_2fa("demo");
    alice.publish("left", "1.0.0", "").succeeds();
    alice.publish("@alice/diary", "1.0.0", "").succeeds();
    let make = |body: Value| alice.granular(&body);
    let read_only = alice.with(&server, &make(json!({ "readonly": true, "cidr_whitelist": [] })));
    let automation = alice.with(&server, &make(json!({ "automation": true, "cidr_whitelist": null })));
    let publish = alice.with(&server, &make(json!({ "readonly": false })));
    alice.npm("token list").succeeds().says("(legacy read-only)").says("(legacy automation)").says("(legacy publish)");

    for token in [&read_only, &automation, &publish] {
        token.npm("view @alice/diary version").succeeds().prints("1.0.0");
        token.npm("whoami").succeeds().prints("alice");
    }
    read_only.publish("left", "1.0.1", "").fails_with("E403").says("a legacy read-only access token may not publish");
    read_only.npm("audit").fails().does_not_say("E403");
    automation.publish("left", "1.0.1", "").succeeds();
    automation.npm("dist-tag add left@1.0.0 old").succeeds();
    automation
        .npm("owner add demo left")
        .fails_with("EOWNERMUTATE")
        .says("403 Forbidden")
        .says("a legacy automation access token may not change maintainers");
    for token in [&read_only, &automation] {
        token.npm("token list").fails_with("E403").says("access token may not list tokens");
        token.npm("star left").fails_with("E403");
        token.npm("profile get").fails_with("E403").says("access token may not read the profile of the account");
    }
    publish.npm("owner add demo left").succeeds();
    publish.npm("star left").succeeds();
    publish.npm("token list").succeeds();
}

/// The text of the token that `npm token create` has printed.
#[track_caller]
pub(crate) fn created(ran: &Ran) -> String {
    let token = ran.stdout.lines().find_map(|line| line.strip_prefix("Created token "));
    token.unwrap_or_else(|| panic!("no token in {ran:?}")).to_owned()
}

/// The entry of the token with this name in the output of `npm token list`.
#[track_caller]
pub(crate) fn listed(person: &Person, name: &str) -> Value {
    let list = person.npm("token list --json").succeeds().json();
    let found = list.as_array().unwrap().iter().find(|token| token["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {list}")).clone()
}

fn a_list_of_tokens_has_the_hour_of_the_last_use(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let make = |name: &str| {
        alice.granular(&json!({ "name": name, "packages_all": true, "packages_and_scopes_permission": "read-only" }))
    };
    let (used, _unused, refused) = (make("used"), make("unused"), make("refused"));
    let last_used = |name: &str| {
        let list = alice.npm("token list --json").succeeds().json();
        let token = list.as_array().unwrap().iter().find(|token| token["name"] == name).unwrap();
        token.get("last_used").cloned()
    };
    alice.put("left", "1.0.0", None);
    // The document is in memory after the first read. The second one is a use of its token too.
    alice.http("GET", "/left").send().expect(200);
    server.http("GET", "/left").bearer(&used).send().expect(200);
    server.http("PUT", "/-/package/left/dist-tags/x").bearer(&refused).json(&json!("1.0.0")).send().expect(403);
    let mut shown = None;
    for _ in 0..50 {
        shown = last_used("used");
        if shown.is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let shown = shown.expect("a time");
    let shown = shown.as_str().unwrap();
    assert!(shown.len() == 20 && shown.ends_with(":00:00Z"), "{shown}");
    // One token was not used, and the request with the other one was refused.
    assert_eq!((last_used("unused"), last_used("refused")), (None, None));
}
