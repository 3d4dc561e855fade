//! The life of a package from publish to unpublish, on SQLite. The test module `replicas` runs it on PostgreSQL.

use crate::support::{FOUNDING, Person, Ran, Server, under_both_editions};

under_both_editions!(
    a_public_package_lives_from_publish_to_unpublish,
    a_scoped_package_is_private_at_first_and_readable_with_a_grant,
    a_package_can_require_a_second_factor,
    requests_about_no_package_work_without_an_account,
    a_dist_tag_points_at_a_version_that_exists,
);

/// Runs npm's commands from the first publish to the last unpublish, and checks the result of each command.
pub(crate) fn whole_life(server: &Server) {
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    let nobody = Person::at(server, "nobody", None);

    alice.publish("left-pad", "1.0.0", "").succeeds().says("+ left-pad@1.0.0");
    nobody.npm("view left-pad version").succeeds().prints("1.0.0");
    installs(&nobody, "left-pad", "1.0.0");

    alice.publish("left-pad", "1.1.0", "").succeeds().says("+ left-pad@1.1.0");
    nobody.npm("view left-pad versions --json").succeeds();
    installs(&nobody, "left-pad", "1.1.0");
    alice.publish("left-pad", "1.1.0", "").fails().says("cannot publish over the previously published versions: 1.1.0");

    alice.npm("dist-tag add left-pad@1.0.0 stable").succeeds().says("+stable: left-pad@1.0.0");
    nobody.npm("dist-tag ls left-pad").succeeds().prints("latest: 1.1.0\nstable: 1.0.0");
    installs(&nobody, "left-pad@stable", "1.0.0");
    alice.npm("dist-tag rm left-pad stable").succeeds().says("-stable: left-pad@1.0.0");
    nobody.npm("dist-tag ls left-pad").succeeds().prints("latest: 1.1.0");

    alice.npm("deprecate left-pad@1.0.0 use-1.1").succeeds();
    nobody.npm("view left-pad@1.0.0 deprecated").succeeds().prints("use-1.1");
    nobody.npm("install left-pad@1.0.0").succeeds().says("npm warn deprecated left-pad@1.0.0: use-1.1");
    alice.npm("undeprecate left-pad@1.0.0").succeeds();
    nobody.npm("view left-pad@1.0.0 deprecated").succeeds().prints("");

    bob.npm("star left-pad").succeeds();
    bob.npm("stars").succeeds().prints("left-pad");
    nobody.npm("stars bob").succeeds().prints("left-pad");
    bob.npm("unstar left-pad").succeeds();
    nobody.npm("stars bob").does_not_say("left-pad");

    bob.publish("left-pad", "1.2.0", "").fails_with("E403");
    alice.npm("owner add bob left-pad").succeeds().says("+ bob (left-pad)");
    nobody.npm("owner ls left-pad").succeeds().prints("alice <>\nbob <>");
    bob.publish("left-pad", "1.2.0", "").succeeds();
    alice.npm("owner rm bob left-pad").succeeds().says("- bob (left-pad)");
    nobody.npm("owner ls left-pad").succeeds().prints("alice <>");
    bob.publish("left-pad", "1.3.0", "").fails_with("E403");

    alice.npm("unpublish left-pad@1.1.0").succeeds().says("- left-pad@1.1.0");
    nobody.npm("view left-pad versions --json").succeeds().does_not_say("1.1.0");
    nobody.npm("install left-pad@1.1.0").fails_with("ETARGET");
    // An unpublished version cannot be published again.
    let previously = "You cannot publish over the previously published versions: ";
    alice.publish("left-pad", "1.1.0", "--tag=again").fails_with("E409").says(&format!("{previously}1.1.0."));
    nobody.npm("view left-pad version").succeeds().prints("1.2.0");

    alice.npm("unpublish left-pad --force").succeeds().says("- left-pad");
    nobody.npm("view left-pad version").fails_with("E404");
    // The name is free for any user, but its old versions cannot be published again.
    bob.publish("left-pad", "1.0.0", "").fails_with("E409").says(&format!("{previously}1.0.0."));
    bob.publish("left-pad", "2.0.0", "").succeeds();
    alice.publish("left-pad", "2.0.1", "").fails_with("E403");
}

/// Installs a package into a new project, and asserts that the installed version is this one.
#[track_caller]
pub(crate) fn installs(who: &Person, package: &str, version: &str) -> Ran {
    let project = who.project();
    let ran = who.npm_in(&project, &format!("install {package}"));
    ran.succeeds().says("added 1 package");
    let name = if let Some(at) = package[1..].find('@') { &package[..=at] } else { package };
    let index = std::fs::read_to_string(project.join("node_modules").join(name).join("index.js")).unwrap();
    assert_eq!(index, format!("module.exports = '{version}'\n"));
    ran
}

fn a_public_package_lives_from_publish_to_unpublish(edition: &str) {
    whole_life(&Server::under(edition));
}

fn a_scoped_package_is_private_at_first_and_readable_with_a_grant(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    let nobody = Person::at(&server, "nobody", None);

    alice.publish("@alice/diary", "1.0.0", "").succeeds().says("+ @alice/diary@1.0.0");
    alice.npm("access get status @alice/diary").succeeds().prints("@alice/diary: private");
    installs(&alice, "@alice/diary", "1.0.0");
    for other in [&bob, &nobody] {
        other.npm("view @alice/diary").fails_with("E404");
        other.npm("install @alice/diary").fails_with("E404");
        other.npm("search diary").succeeds().says("No matches found for \"diary\"");
    }
    alice.npm("search diary").succeeds().says("@alice/diary");

    // In the scope of a user, the owners are the users with a grant.
    alice.npm("owner add bob @alice/diary").succeeds();
    installs(&bob, "@alice/diary", "1.0.0");
    bob.npm("search diary").succeeds().says("@alice/diary");
    alice.npm("access list collaborators @alice/diary").succeeds().says("bob: read-write");
    bob.npm("access list packages bob").succeeds().prints("@alice/diary: read-write");
    alice.npm("owner rm bob @alice/diary").succeeds();
    bob.npm("view @alice/diary").fails_with("E404");

    alice.npm("access set status=public @alice/diary").succeeds().prints("@alice/diary: public");
    nobody.npm("search diary").succeeds().says("@alice/diary");
    installs(&nobody, "@alice/diary", "1.0.0");
    alice.npm("access set status=private @alice/diary").succeeds();
    nobody.npm("view @alice/diary").fails_with("E404");

    // The first publish can set the visibility.
    alice.publish("@alice/open", "1.0.0", "--access=public").succeeds();
    nobody.npm("view @alice/open version").succeeds().prints("1.0.0");
    alice.npm("access get status @alice/open").succeeds().prints("@alice/open: public");
}

fn a_package_can_require_a_second_factor(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let robot = alice.ci_job(
        &server,
        &alice.granular(&serde_json::json!({
            "name": "robot", "packages_all": true, "packages_and_scopes_permission": "read-write",
            "expires": 7, "bypass_2fa": true,
        })),
    );
    if edition == FOUNDING {
        alice.publish("vault", "1.0.0", "").succeeds();
        robot.publish("vault", "1.0.1", "").succeeds();
        // Alice could not publish afterwards, nor take the requirement back.
        for mode in ["automation", "publish"] {
            alice.npm(&format!("access set mfa={mode} vault")).fails_with("E403").says("npm profile enable-2fa");
            robot.npm(&format!("access set mfa={mode} vault")).fails_with("E403");
        }
        alice.npm("access set mfa=none vault").succeeds();
    } else {
        // Every package requires a second factor, or a token that bypasses it.
        alice.publish("vault", "1.0.0", "").fails_with("E403").says("second factor");
        robot.publish("vault", "1.0.1", "").succeeds();
        alice.npm("access set mfa=automation vault").fails_with("E403");
        // Alice's account has no second factor, so the write is denied and not challenged.
        alice.publish("vault", "1.1.0", "").fails_with("E403").says("second factor");
    }
    robot.publish("vault", "1.0.2", "").succeeds();

    let app = alice.enable_2fa("auth-only");
    if edition == FOUNDING {
        alice.npm(&format!("access set mfa=automation vault --otp={}", app.code())).succeeds();
        robot.publish("vault", "1.0.3", "").succeeds();
    }
    alice.publish("vault", "1.1.0", "").fails_with("EOTP");
    alice.publish("vault", "1.1.0", &format!("--otp={}", app.code())).succeeds();
    alice.npm(&format!("access set mfa=publish vault --otp={}", app.code())).succeeds();
    robot.publish("vault", "1.2.0", "").fails_with("E403").says("token");
    alice.npm(&format!("access set mfa=none vault --otp={}", app.code())).succeeds();
    let published = alice.publish("vault", "1.3.0", "");
    if edition == FOUNDING {
        published.succeeds();
    } else {
        // The package requires what every package requires.
        published.fails_with("EOTP");
        robot.publish("vault", "1.3.0", "").succeeds();
    }
}

fn requests_about_no_package_work_without_an_account(edition: &str) {
    let server = Server::under(edition);
    let (alice, nobody) = (server.person("alice"), Person::at(&server, "nobody", None));
    nobody.npm("ping").succeeds().says("PONG");
    alice.npm("ping").succeeds().says("PONG");
    nobody.npm("whoami").fails_with("ENEEDAUTH");
    alice.npm("whoami").succeeds().prints("alice");

    // There is no service for audits, and npm does not say that there are no vulnerabilities. An install goes on without.
    alice.publish("@alice/diary", "1.0.0", "").succeeds();
    let project = alice.project();
    alice.npm_in(&project, "install @alice/diary").succeeds();
    for person in [&alice, &nobody] {
        person.npm_in(&project, "audit").fails().does_not_say("found 0 vulnerabilities");
    }
}

fn a_dist_tag_points_at_a_version_that_exists(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.publish("left", "1.0.0", "--tag=next").succeeds();
    // The first version gets `latest` too, whichever tag it is published with.
    alice.npm("dist-tag ls left").succeeds().prints("latest: 1.0.0\nnext: 1.0.0");
    alice.publish("left", "2.0.0-rc.1", "--tag=next").succeeds();
    alice.npm("dist-tag ls left").succeeds().prints("latest: 1.0.0\nnext: 2.0.0-rc.1");
    installs(&alice, "left@next", "2.0.0-rc.1");
    installs(&alice, "left", "1.0.0");
    let tag = |version: serde_json::Value| alice.http("PUT", "/-/package/left/dist-tags/edge").json(&version).send();
    for version in [serde_json::json!("9.9.9"), serde_json::json!(1), serde_json::json!(null), serde_json::json!("")] {
        let reply = tag(version);
        assert!([400, 404].contains(&reply.status), "{reply:?}");
    }
    alice.http("DELETE", "/-/package/left/dist-tags/latest").send().expect(400);
    alice.http("DELETE", "/-/package/left/dist-tags/nosuch").send().expect(404);
    // An unpublished version takes its tags with it, and `latest` moves to another version.
    alice.npm("unpublish left@1.0.0").succeeds();
    alice.npm("dist-tag ls left").succeeds().prints("latest: 2.0.0-rc.1\nnext: 2.0.0-rc.1");
}
