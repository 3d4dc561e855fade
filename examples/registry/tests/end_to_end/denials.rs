//! Each kind of denial, and the text that npm prints for it.

use serde_json::json;

use crate::{
    package::installs,
    support::{FOUNDING, Person, Server, database, under_both_editions},
    tokens::listed,
};

under_both_editions!(
    an_account_with_auth_and_writes_needs_a_second_factor_to_write,
    a_token_used_from_another_address_is_refused_with_that_reason,
    a_token_that_no_longer_works_installs_public_packages_with_a_notice,
    a_suspension_and_a_cut_off_by_the_operator_are_refused_with_that_reason,
    a_granular_token_is_refused_with_the_reason_outside_its_grants,
    a_hidden_package_and_a_missing_one_look_alike_at_the_terminal,
);

fn an_account_with_auth_and_writes_needs_a_second_factor_to_write(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let first = alice.publish("left", "1.0.0", "");
    let app = alice.enable_2fa("auth-and-writes");
    if edition == FOUNDING {
        first.succeeds();
    } else {
        first.fails_with("E403").says("second factor");
        alice.put_with_code("left", "1.0.0", &app.code());
    }
    let eotp = "This operation requires a one-time password from your authenticator.";
    alice.publish("left", "1.0.1", "").fails_with("EOTP").says(eotp);
    alice.publish("left", "1.0.1", &format!("--otp={}", app.wrong_code())).fails_with("EOTP").says(eotp);
    let code = app.code();
    alice.publish("left", "1.0.1", &format!("--otp={code}")).succeeds();
    alice.npm("dist-tag add left@1.0.0 old").fails_with("EOTP");
    alice.npm("deprecate left@1.0.0 old").fails_with("EOTP");
    alice.npm("unpublish left@1.0.0").fails_with("EOTP");
    // Reads and stars need no second factor.
    alice.npm("view left version").succeeds().prints("1.0.1");
    alice.npm("star left").succeeds();

    // A write that would be denied anyway is denied, and not challenged.
    let bob = server.person_without_2fa("bob");
    bob.enable_2fa("auth-and-writes");
    bob.publish("left", "1.0.2", "").fails_with("E403").says("may not publish `left`");
}

fn a_token_used_from_another_address_is_refused_with_that_reason(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.publish("left", "1.0.0", "").succeeds();
    alice.publish("@alice/diary", "1.0.0", "").succeeds();
    let elsewhere = alice.ci_job(
        &server,
        &alice.granular(&json!({
            "name": "elsewhere", "packages_all": true, "packages_and_scopes_permission": "read-write",
            "cidr_whitelist": ["203.0.113.0/24"],
        })),
    );
    let eauthip = "Login is not allowed from your IP address";
    elsewhere.npm("whoami").fails_with("EAUTHIP").says(eauthip);
    elsewhere.npm("view @alice/diary").fails_with("EAUTHIP").says(eauthip);
    elsewhere.publish("left", "1.0.1", "").fails_with("EAUTHIP").says(eauthip);
    // A public package is read as if the request had no token.
    let ran = installs(&elsewhere, "left", "1.0.0");
    ran.says("npm notice the access token was ignored: it may not be used from this address");
}

fn a_token_that_no_longer_works_installs_public_packages_with_a_notice(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.publish("left", "1.0.0", "").succeeds();
    alice.publish("@alice/diary", "1.0.0", "").succeeds();
    let read =
        |name: &str| json!({ "name": name, "packages_all": true, "packages_and_scopes_permission": "read-only" });

    let unknown = alice.ci_job(&server, "npm_000000000000000000000000000000000000");
    let malformed = alice.ci_job(&server, "not-a-token");
    let revoked = alice.ci_job(&server, &alice.granular(&read("revoked")));
    alice.npm(&format!("token revoke {}", listed(&alice, "revoked")["key"].as_str().unwrap())).succeeds();
    let expired = alice.ci_job(&server, &alice.granular(&read("expired")));
    expired.npm("view @alice/diary version").succeeds();
    // The shortest lifetime is a day, so the test changes the stored times instead of waiting.
    database::rewrite_token(&server, listed(&alice, "expired")["key"].as_str().unwrap(), |stored| {
        stored["created"] = json!("2020-01-01T00:00:00Z");
        stored["granular"]["expires"] = json!("2020-01-03T00:00:00Z");
    });

    for (person, ignored, refused) in [
        (&unknown, "it is not valid, log in again", "the access token is not valid: log in again"),
        (&malformed, "it is not valid, log in again", "the access token is not valid: log in again"),
        (&revoked, "it was revoked, log in again or use another", "the access token was revoked"),
        (&expired, "it has expired, make a new one", "the access token has expired: make a new one"),
    ] {
        installs(person, "left", "1.0.0").says(&format!("npm notice the access token was ignored: {ignored}"));
        person.npm("search left").succeeds().says("left");
        let invalid = "Unable to authenticate, your authentication token seems to be invalid.";
        for command in ["view @alice/diary", "whoami", "dist-tag add left@1.0.0 old"] {
            person.npm(command).fails_with("E401").says(invalid).says(&format!("npm notice {refused}"));
        }
    }
    // With an unknown token, a private package and a missing one get the same response.
    let status = |name: &str| unknown.http("GET", name).send().status;
    assert_eq!((status("/@alice%2fdiary"), status("/@alice%2fnosuch")), (401, 401));
}

fn a_suspension_and_a_cut_off_by_the_operator_are_refused_with_that_reason(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.publish("@alice/diary", "1.0.0", "").succeeds();
    assert!(server.command(&["user", "suspend", "alice"], "").status.success());
    alice.npm("view @alice/diary").fails_with("E403").says("is suspended");
    assert!(server.command(&["user", "activate", "alice"], "").status.success());
    alice.npm("view @alice/diary version").succeeds();
    assert!(server.command(&["user", "revoke-tokens", "alice"], "").status.success());
    alice.npm("view @alice/diary").fails_with("E401").says("npm notice the access token was revoked");
}

fn a_granular_token_is_refused_with_the_reason_outside_its_grants(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    for name in ["left", "right", "@alice/diary", "@alice/ledger"] {
        alice.put(name, "1.0.0", None);
    }
    let with = |name: &str, packages: &[&str], permission: &str| {
        alice.ci_job(
            &server,
            &alice.granular(&json!({
                "name": name, "packages": packages, "packages_and_scopes_permission": permission,
            })),
        )
    };
    let reader = with("reader", &["left", "@alice/diary"], "read-only");
    let writer = with("writer", &["left", "@alice/diary"], "read-write");

    reader
        .publish("left", "1.0.1", "")
        .fails_with("E403")
        .says("403 Forbidden - PUT")
        .says("the access token has read-only permission on packages, and needs read-write to publish");
    reader.npm("view @alice/diary version").succeeds();
    writer.publish("right", "1.0.1", "").fails_with("E403").says("the access token does not cover `right`");
    writer.npm("deprecate right@1.0.0 old").fails_with("E403").says("the access token does not cover `right`");
    // The owner may read the package, but the token may not, and the response does not reveal that the package exists.
    writer.npm("view @alice/ledger").fails_with("E404");
    writer
        .publish("brand-new", "1.0.0", "")
        .fails_with("E403")
        .says("the access token does not cover a new package by this name");
    writer.publish("@alice/brand-new", "1.0.0", "").fails_with("E404");
    for (command, action) in [
        ("token list", "list tokens"),
        ("profile get", "read the profile of the account"),
        ("star left", "star packages"),
        ("profile set fullname Alice", "read the profile of the account"),
    ] {
        writer.npm(command).fails_with("E403").says(&format!("a granular access token may not {action}"));
    }
    // No account may publish under such a name, with any token.
    let reply = alice.http("PUT", "/Capital").json(&crate::support::person::publish_document("Capital", "1.0.0", None));
    assert!(reply.send().expect(403).error().contains("is no name for a new package"));
}

fn a_hidden_package_and_a_missing_one_look_alike_at_the_terminal(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    let nobody = Person::at(&server, "nobody", None);
    alice.publish("@alice/hidden", "1.0.0", "").succeeds();
    let robot = bob.with(
        &server,
        &bob.granular(&json!({
            "name": "robot", "packages_all": true, "packages_and_scopes_permission": "read-write",
        })),
    );
    for person in [&bob, &nobody, &robot] {
        for command in [
            "view NAME",
            "install NAME",
            "view NAME@1.0.0",
            "dist-tag ls NAME",
            "owner ls NAME",
            "dist-tag add NAME@1.0.0 edge",
        ] {
            let seen = |name: &str| {
                let ran = person.npm(&command.replace("NAME", name));
                ran.fails();
                without_name(&ran.output(), name)
            };
            assert_eq!(seen("@alice/hidden"), seen("@alice/absent"), "{command} by {person:?}");
        }
    }
    for person in [&bob, &robot] {
        let seen = |name: &str| {
            let ran = person.publish(name, "1.0.0", "");
            ran.fails_with("E404").says("could not be found or you do not have permission to access it");
            without_name(&ran.stderr, name)
        };
        assert_eq!(seen("@alice/hidden"), seen("@alice/absent"));
    }

    // The responses are equal byte for byte, headers included.
    for (method, path) in [
        ("GET", "/@alice%2fNAME"),
        ("GET", "/@alice/NAME/-/NAME-1.0.0.tgz"),
        ("GET", "/@alice%2fNAME/1.0.0"),
        ("GET", "/-/package/@alice%2fNAME/dist-tags"),
        ("GET", "/-/package/@alice%2fNAME/visibility"),
        ("GET", "/-/package/@alice%2fNAME/collaborators"),
        ("DELETE", "/-/package/@alice%2fNAME/dist-tags/latest"),
        ("DELETE", "/@alice%2fNAME/-rev/1-0"),
        ("DELETE", "/@alice/NAME/-/NAME-1.0.0.tgz/-rev/1-0"),
    ] {
        for person in [&bob, &nobody, &robot] {
            let seen = |name: &str| {
                let reply = person.http(method, &path.replace("NAME", name)).send();
                without_date(&format!("{reply:?}").replace(name, "NAME"))
            };
            assert_eq!(seen("hidden"), seen("absent"), "{method} {path}");
        }
    }
}

/// The printed text without the name of the package, and without the lines about its tarball.
fn without_name(printed: &str, name: &str) -> String {
    let short = name.split('/').next_back().unwrap();
    let mut lines: Vec<&str> = Vec::new();
    // The digests and the size of the tarball depend on the name.
    for line in printed.lines() {
        let is_of_the_tarball = ["shasum", "integrity", "size"].iter().any(|word| line.contains(word));
        if !is_of_the_tarball {
            lines.push(line);
        }
    }
    lines.join("\n").replace(short, "NAME")
}

fn without_date(reply: &str) -> String {
    match reply.split_once("(\"date\", \"") {
        Some((before, rest)) => format!("{before}{}", rest.split_once('"').unwrap().1),
        None => reply.to_owned(),
    }
}
