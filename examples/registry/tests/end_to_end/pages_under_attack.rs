//! Attacks on the pages: narrow and revoked tokens in the cookie, hidden names, and requests that would use up the
//! connections or the memory of the server.

use std::{
    io::Write,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{
    Person, Server,
    database::{multiply_token, rewrite_token},
    pages::{SESSION, Visitor, logged_in},
    person::publish_document,
    under_both_editions,
};

under_both_editions!(
    an_owner_does_not_see_the_hidden_packages_in_the_tokens_of_members,
    a_token_of_an_organization_sees_no_tokens_on_the_pages,
    many_pages_of_an_organization_do_not_keep_others_from_reading,
    a_page_of_a_large_document_keeps_little_of_it,
    slow_readers_of_long_pages_share_the_budget,
    the_secret_of_a_second_factor_is_shown_only_for_the_password,
    a_revoked_token_in_the_cookie_does_not_name_its_owner,
    a_cookie_that_is_no_token_counts_as_none,
    a_session_that_reads_a_page_is_used,
);

/// A visitor with this token in the cookie of the session.
fn with_cookie<'s>(server: &'s Server, token: &str) -> Visitor<'s> {
    let mut visitor = Visitor::new(server);
    visitor.set_cookie(SESSION, token);
    visitor
}

/// An organization of alice with the member bob and a private package.
fn company(edition: &str) -> (Server, Person, Person) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person_without_2fa("alice"), server.person("bob"));
    server.organization("acme", &alice);
    assert!(server.command(&["org", "add", "acme", "bob"], "").status.success());
    bob.put("@acme/tool", "1.0.0", None).expect(201);
    (server, alice, bob)
}

fn an_owner_does_not_see_the_hidden_packages_in_the_tokens_of_members(edition: &str) {
    let (server, alice, bob) = company(edition);
    bob.put("@bob/takeover", "1.0.0", None).expect(201);
    alice.http("GET", "/@bob%2ftakeover").send().expect(404);
    bob.granular(&json!({ "name": "both", "description": "for the takeover of left", "packages": ["@bob/takeover"],
        "scopes": ["@acme"], "packages_and_scopes_permission": "read-only" }));
    let page = logged_in(&server, &alice).get("/-/web/organizations/acme").expect(200).text();
    assert!(page.contains("bob: both"), "{page}");
    assert!(!page.contains("takeover"), "{page}");
    // Bob sees all of it.
    let own = with_cookie(&server, bob.token()).get("/-/web/tokens").expect(200).text();
    assert!(own.contains("@bob/takeover") && own.contains("for the takeover of left"), "{own}");
}

fn a_token_of_an_organization_sees_no_tokens_on_the_pages(edition: &str) {
    let (server, alice, _bob) = company(edition);
    let token = alice.granular(&json!({ "name": "members", "orgs": ["acme"], "orgs_permission": "read-write" }));
    server.http("GET", "/-/npm/v1/tokens").bearer(&token).send().expect(403);
    let mut narrow = with_cookie(&server, &token);
    let page = narrow.get("/-/web/organizations/acme").expect(200).text();
    assert!(page.contains("bob") && !page.contains("Tokens that reach") && !page.contains("npm_"), "{page}");
    for page in ["tokens", "tokens/new", "tokens/revoke-all", "security", "organizations", "organizations/acme/leave"] {
        narrow.get(&format!("/-/web/{page}")).expect(403);
    }
}

fn many_pages_of_an_organization_do_not_keep_others_from_reading(edition: &str) {
    let (server, alice, bob) = company(edition);
    let session = logged_in(&server, &alice).cookie(SESSION).unwrap().to_owned();
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| with_cookie(&server, &session).get("/-/web/organizations/acme").expect(200));
        }
        thread::sleep(Duration::from_millis(200));
        bob.http("GET", "/-/whoami").send().expect(200);
    });
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(8), "40 pages took {took:?}");
}

/// How many MiB the process of the server has in memory.
fn memory(server: &Server) -> u64 {
    size(server, "VmRSS:")
}

/// The most MiB that the process of the server has had in memory.
fn peak(server: &Server) -> u64 {
    size(server, "VmHWM:")
}

fn size(server: &Server, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

fn a_page_of_a_large_document_keeps_little_of_it(edition: &str) {
    let server = Server::under(edition);
    let mallory = server.person("mallory");
    for number in 0..6 {
        let mut document = publish_document("bomb", &format!("1.0.{number}"), None);
        // Two bytes of text are 32 bytes of memory as a value.
        document["versions"][format!("1.0.{number}")]["x"] = json!(vec![0; 500_000]);
        document["versions"][format!("1.0.{number}")]["description"] = json!(["not a text"]);
        mallory.http("PUT", "/bomb").json(&document).send().expect(201);
    }
    // The new process has not yet compared documents.
    let server = server.killed_and_restarted();
    server.http("GET", "/bomb").send().expect(200);
    let before = peak(&server);
    let page = || Visitor::new(&server).get("/-/web/packages/bomb").expect(200).text();
    let text = page();
    assert!(text.contains("<dt>Versions</dt><dd>6</dd>") && !text.contains("not a text"), "{text}");
    // As values, one document would take 100 MiB.
    let after = peak(&server);
    assert!(after < before + 60, "{after} MiB after {before} MiB");
}

fn slow_readers_of_long_pages_share_the_budget(edition: &str) {
    let server = Server::under(edition);
    let (mallory, alice) = (server.person_without_2fa("mallory"), server.person("alice"));
    let scopes: Vec<String> = (0..50).map(|number| format!("@of-{}-{number}", "x".repeat(180))).collect();
    let token = mallory.create_token(&json!({ "name": "one", "scopes": ["@mallory"],
        "packages_and_scopes_permission": "read-only", "password": mallory.password() }));
    let key = token.expect(201).json()["key"].as_str().unwrap().to_owned();
    rewrite_token(&server, &key, |stored| {
        stored["granular"]["packages_and_scopes"]["select"]["scopes"] = json!(scopes);
    });
    multiply_token(&server, &key, 900);
    let mut visitor = logged_in(&server, &mallory);
    let page = visitor.get("/-/web/tokens").expect(200).text();
    assert!(page.len() > 8 * 1024 * 1024, "{} bytes", page.len());
    let cookie = format!("{SESSION}={}", visitor.cookie(SESSION).unwrap());
    let streams: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            let host = server.address();
            write!(stream, "GET /-/web/tokens HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n").unwrap();
            stream
        })
        .collect();
    thread::sleep(Duration::from_secs(15));
    // 100 pages of 10 MiB take 1000 MiB. To build 16 at one time takes less than half of that.
    let memory = memory(&server);
    assert!(memory < 600, "{memory} MiB for slow readers");
    alice.http("GET", "/-/whoami").send().expect(200);
    drop(streams);
}

fn the_secret_of_a_second_factor_is_shown_only_for_the_password(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let mut visitor = logged_in(&server, &alice);
    let fields = [("step", "mode"), ("mode", "auth-only"), ("password", &*alice.password())];
    let page = visitor.submit_to("/-/web/security", "/-/web/security/second-factor", &fields).expect(200).text();
    let secret = page.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned();
    assert_eq!(secret.len(), 32, "{page}");
    // A stolen session or token of the account does not get it afterwards.
    let wrong = [("step", "confirm"), ("code", "000000")];
    let refused = visitor.submit_to("/-/web/security", "/-/web/security/second-factor", &wrong).expect(403).text();
    let later = visitor.get("/-/web/security").expect(200).text();
    for page in [refused, later] {
        assert!(page.contains("Code from the app") && page.contains("Set up a second factor"), "{page}");
        assert!(!page.contains(&secret) && !page.contains("<svg"), "{page}");
    }
}

fn a_revoked_token_in_the_cookie_does_not_name_its_owner(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person_without_2fa("bob"));
    alice.put("left", "1.0.0", None);
    let token =
        bob.granular(&json!({ "name": "old", "packages_all": true, "packages_and_scopes_permission": "read-only" }));
    let mut visitor = with_cookie(&server, &token);
    assert!(visitor.get("/-/web/packages/left").expect(200).text().contains("bob"));
    server.http("DELETE", &format!("/-/user/token/{token}")).bearer(&token).send().expect(200);
    let page = visitor.get("/-/web/packages/left").expect(200).text();
    assert!(page.contains("Latest version") && !page.contains("bob"), "{page}");
}

fn a_cookie_that_is_no_token_counts_as_none(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    for text in ["a<b", "a b", "../x", &"x".repeat(5000)] {
        let mut visitor = with_cookie(&server, text);
        visitor.get("/-/web/tokens").expect(303);
        let fields = [("name", "alice"), ("password", &*alice.password())];
        visitor.submit_to("/-/web/log-in", "/-/web/log-out", &[]).expect(303);
        visitor.submit("/-/web/log-in", &fields).expect(303);
        visitor.get("/-/web/tokens").expect(200);
    }
}

fn a_session_that_reads_a_page_is_used(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let mut visitor = logged_in(&server, &alice);
    visitor.get("/-/web/tokens").expect(200);
    let mut is_used = || {
        thread::sleep(Duration::from_millis(200));
        visitor.get("/-/web/security").expect(200).text().contains("in the hour after")
    };
    assert!((0..50).any(|_| is_used()));
}
