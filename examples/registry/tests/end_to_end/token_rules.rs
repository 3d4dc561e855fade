//! Rules that depend on the owner of a token, on the token that creates it, or on the time.

use serde_json::json;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::support::{FOUNDING, Server, database, under_both_editions};

under_both_editions!(
    a_granular_token_expires_after_a_day_at_the_earliest,
    a_token_with_ranges_cannot_create_one_with_wider_ranges,
    an_organization_grant_manages_teams_and_reads_no_package,
    a_token_may_do_only_what_its_owner_may_do_now,
);

fn a_granular_token_expires_after_a_day_at_the_earliest(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let create = |name: &str, hours: i64| {
        let until = OffsetDateTime::from(std::time::SystemTime::now()) + Duration::hours(hours);
        alice.create_token(&json!({
            "name": name, "packages_all": true, "packages_and_scopes_permission": "read-only",
            "expires": until.format(&Rfc3339).unwrap(),
        }))
    };
    assert!(create("short", 23).expect(400).error().contains("24 hours"));
    create("long", 25).expect(201);
    let password = alice.password();
    let flags = format!("--packages-all --packages-and-scopes-permission=read-only --password={password}");
    alice.npm(&format!("token create --name=a-day --expires=1 {flags}")).succeeds().says("expires: 20");
    // A number of days beyond the calendar is an error, and does not make a token that never expires.
    alice.npm(&format!("token create --name=for-ever --expires=99999999999 {flags}")).fails_with("E400");
}

fn a_token_with_ranges_cannot_create_one_with_wider_ranges(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    // Two kinds of token create tokens: a legacy publish token, and the session of a login. A login gives no ranges to a
    // session, so the test does.
    let local = if edition == FOUNDING {
        alice.with(&server, &alice.granular(&json!({ "readonly": false, "cidr_whitelist": ["127.0.0.0/8"] })))
    } else {
        database::rewrite_tokens_of(&server, "alice", |stored| stored["cidr"] = json!(["127.0.0.0/8"]));
        alice
    };
    let body = |name: &str, ranges: &[&str]| {
        json!({ "name": name, "packages_all": true, "packages_and_scopes_permission": "read-only",
                "cidr_whitelist": ranges })
    };
    for ranges in [&[][..], &["0.0.0.0/0"], &["127.0.0.0/7"], &["127.0.0.0/8", "192.0.2.0/24"], &["::/0"]] {
        let reply = local.create_token(&body("wider", ranges));
        assert!([400, 403].contains(&reply.status), "{ranges:?}: {reply:?}");
    }
    // A legacy token without ranges cannot be created either.
    let reply = local.create_token(&json!({ "readonly": true }));
    assert!([400, 403].contains(&reply.status), "{reply:?}");
    local.create_token(&body("narrower", &["127.0.0.0/16"])).expect(201);
}

fn an_organization_grant_manages_teams_and_reads_no_package(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person_with_2fa("alice"), server.person("bob"));
    server.organization("acme", &alice);
    alice.put("@acme/tool", "1.0.0", None);
    let token = |permission: &str| {
        alice.granular(&json!({ "name": permission, "orgs": ["acme"], "orgs_permission": permission }))
    };
    let manager = alice.with(&server, &token("read-write"));
    manager.npm("org set acme bob").succeeds();
    bob.joins("acme");
    manager.npm("team create acme:readers").succeeds();
    manager.npm("team add acme:readers bob").succeeds();
    manager.npm("org ls acme").succeeds().says("bob - developer");
    manager.npm("access grant read-only acme:readers @acme/tool").succeeds();
    manager.npm("view @acme/tool").fails_with("E404");
    manager.publish("@acme/tool", "1.0.1", "").fails_with("E403").says("no-access permission on packages");
    manager.npm("org ls other").fails_with("E404").says("organization `other` does not exist");
    // Without a one-time password, only a token that bypasses the second factor manages teams, and no token bypasses it
    // for that under the later edition.
    alice.ci_job(&server, manager.token()).npm("team create acme:robots").fails_with("EOTP");
    let bypassing = alice.granular(&json!({
        "name": "bypassing", "orgs": ["acme"], "orgs_permission": "read-write", "bypass_2fa": true,
    }));
    let made = alice.ci_job(&server, &bypassing).npm("team create acme:robots");
    if edition == FOUNDING {
        made.succeeds();
    } else {
        made.fails_with("EOTP");
    }
    let watcher = alice.ci_job(&server, &token("read-only"));
    watcher.npm("org ls acme").succeeds();
    watcher.npm("org rm acme bob").fails_with("E403").says("read-only permission on organizations");
    bob.npm("view @acme/tool version").succeeds().prints("1.0.0");
    // The token loses the organization when its owner leaves it.
    manager.npm("org set acme bob owner").succeeds();
    bob.npm("org rm acme alice").succeeds();
    manager.npm("org ls acme").fails_with("E403").says("may not read the organization");
}

fn a_token_may_do_only_what_its_owner_may_do_now(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    alice.put("left", "1.0.0", None);
    alice.npm("owner add bob left").succeeds();
    let robot = bob.with(
        &server,
        &bob.granular(&json!({
            "name": "robot", "packages": ["left"], "packages_and_scopes_permission": "read-write",
        })),
    );
    robot.publish("left", "1.0.1", "").succeeds();
    alice.npm("owner rm bob left").succeeds();
    robot.publish("left", "1.0.2", "").fails_with("E403").says("the account that this access token belongs to may not");
    // A token cannot be created with a permission that its owner does not have.
    let reply = bob.create_token(&json!({
        "name": "again", "packages": ["left"], "packages_and_scopes_permission": "read-write",
    }));
    reply.expect(403);
    bob.create_token(&json!({
        "name": "again", "packages": ["left"], "packages_and_scopes_permission": "read-only",
    }))
    .expect(201);
}
