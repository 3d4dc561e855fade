//! The pages for browsers, by plain HTTP: what must not be possible with them.

use serde_json::json;

use crate::support::{
    Reply, Server,
    pages::{SESSION, Visitor, logged_in, proof},
    person::{password_of, publish_document},
    under_both_editions,
};

under_both_editions!(
    a_form_of_another_site_is_refused,
    a_page_allows_no_script_frame_or_cache,
    every_input_has_a_label_and_every_id_is_unique,
    a_stranger_is_sent_to_the_login,
    a_page_shows_only_what_the_visitor_may_read,
    a_token_in_a_header_gives_no_access_to_the_pages,
    a_session_ends_when_it_is_revoked,
    sign_up_is_closed_on_the_web_too,
    texts_of_others_are_not_html,
);

fn sent_to_the_login(reply: Reply) {
    assert_eq!(reply.expect(303).header("location"), Some("/-/web/log-in"));
}

fn a_form_of_another_site_is_refused(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let mut visitor = logged_in(&server, &alice);
    let cookies = visitor.get("/-/web/security").expect(200);
    let own = proof(&cookies.text());
    let other = proof(&Visitor::new(&server).get("/-/web/log-in").expect(200).text());
    assert_ne!(own, other);
    let change = [("old", &*alice.password()), ("new", "another-password")];
    for forged in ["", "0", &other, &own.to_uppercase().replace('A', "B")] {
        let mut fields = change.to_vec();
        fields.push(("proof", forged));
        let refused = visitor.post("/-/web/security/password", &fields).expect(403);
        assert!(refused.text().contains("comes from another site"), "{refused:?}");
    }
    visitor.post("/-/web/security/password", &change).expect(403);
    visitor.post("/-/web/log-out", &[]).expect(403);
    visitor.get("/-/web/tokens").expect(200);
    // A login that another site sends is refused too: it would log the victim in to the attacker's account.
    let login = [("name", "alice"), ("password", &*alice.password())];
    Visitor::new(&server).post("/-/web/log-in", &login).expect(403);
    // The same form with its proof is accepted.
    let page = "/-/web/security";
    visitor.submit_to(page, "/-/web/security/password", &change).expect(303);
    // The proof of a session holds for that session only.
    let mut second = Visitor::new(&server);
    second.submit("/-/web/log-in", &[("name", "alice"), ("password", "another-password")]).expect(303);
    second.post("/-/web/log-out", &[("proof", &own)]).expect(403);
}

fn a_page_allows_no_script_frame_or_cache(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let mut visitor = logged_in(&server, &alice);
    for page in ["log-in", "sign-up", "tokens", "tokens/new", "security", "organizations", "no-such-page"] {
        let reply = visitor.get(&format!("/-/web/{page}"));
        let policy = reply.header("content-security-policy").unwrap_or_default().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{page}: {policy}");
        assert!(!policy.contains("unsafe"), "{page}: {policy}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{page}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{page}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{page}");
        let text = reply.text();
        assert!(!text.contains("style=") && !text.contains("onclick"), "{page}: {text}");
        assert_eq!(text.matches("<script").count(), text.matches("<script src=\"/-/web/copy.js\"").count(), "{page}");
    }
    for cookie in
        visitor.submit("/-/web/log-in", &[("name", "alice"), ("password", &*alice.password())]).headers("set-cookie")
    {
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=72"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
    // Behind HTTPS, the cookie is sent over HTTPS only, and no other host can set it.
    let server = Server::under_with(edition, &["--public-url", "https://npm.example.test"]);
    let reply = Visitor::new(&server).get("/-/web/log-in").expect(200);
    let cookie = reply.header("set-cookie").unwrap_or_default();
    assert!(cookie.starts_with("__Host-tollgate-form=") && cookie.contains("Secure"), "{cookie}");
}

fn every_input_has_a_label_and_every_id_is_unique(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let mut visitor = logged_in(&server, &alice);
    let mut inputs = 0;
    for page in ["log-in", "sign-up", "tokens", "tokens/new", "tokens/revoke-all", "security", "organizations"] {
        let text = visitor.get(&format!("/-/web/{page}")).expect(200).text();
        assert!(text.contains("<html lang=\"en\">"), "{page}");
        assert_eq!(text.matches("<h1>").count(), 1, "{page}");
        let mut ids: Vec<&str> = text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        for tag in
            text.split('<').filter(|tag| ["input", "select", "textarea"].iter().any(|name| tag.starts_with(name)))
        {
            if tag.contains("type=\"hidden\"") {
                continue;
            }
            let id = tag.split(" id=\"").nth(1).unwrap_or_else(|| panic!("{page}: {tag}")).split('"').next().unwrap();
            assert!(text.contains(&format!("<label for=\"{id}\">")), "{page}: {tag}");
            inputs += 1;
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{page}: {ids:?}");
    }
    assert!(inputs > 20, "{inputs}");
}

fn a_stranger_is_sent_to_the_login(edition: &str) {
    let server = Server::under(edition);
    let pages = [
        "tokens",
        "tokens/new",
        "tokens/revoke-all",
        "tokens/x/revoke",
        "security",
        "organizations",
        "organizations/acme",
    ];
    for page in pages {
        sent_to_the_login(Visitor::new(&server).get(&format!("/-/web/{page}")));
        let mut unknown = Visitor::new(&server);
        unknown.set_cookie(SESSION, "npm_000000000000000000000000000000000000");
        sent_to_the_login(unknown.get(&format!("/-/web/{page}")));
    }
    let browser = server.http("GET", "/").header("accept", "text/html,*/*").send().expect(303);
    assert_eq!(browser.header("location"), Some("/-/web"));
    Visitor::new(&server).get("/-/web/../../etc/passwd").expect(404);
    let refused = server.http("DELETE", "/-/web/tokens").send().expect(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD, POST"));
}

fn a_page_shows_only_what_the_visitor_may_read(edition: &str) {
    let server = Server::under(edition);
    let (alice, mallory) = (server.person("alice"), server.person_without_2fa("mallory"));
    server.organization("acme", &alice);
    alice.put("@acme/secret", "1.0.0", None).expect(201);
    let mut stranger = Visitor::new(&server);
    let mut mallory = logged_in(&server, &mallory);
    for visitor in [&mut stranger, &mut mallory] {
        let hidden = visitor.get("/-/web/packages/@acme/secret");
        let missing = visitor.get("/-/web/packages/@acme/secrex");
        // The pages differ only in the name that was asked for.
        let hidden_text = hidden.text().replace("@acme/secret", "@acme/secrex");
        assert_eq!((hidden.status, hidden_text), (missing.status, missing.text()));
        assert_eq!(hidden.status, 404);
    }
    let organization = mallory.get("/-/web/organizations/acme");
    assert!(matches!(organization.status, 403 | 404), "{organization:?}");
    assert!(!organization.text().contains("alice"), "{organization:?}");
    // The token of another account cannot be revoked, or seen.
    let settings = json!({ "name": "hers", "password": alice.password(), "packages": ["*"],
        "packages_and_scopes_permission": "read-only", "expires": 7 });
    let made = alice.create_token(&settings).expect(201).json();
    let id = made["key"].as_str().unwrap();
    mallory.get(&format!("/-/web/tokens/{id}/revoke")).expect(404);
    mallory.submit_to("/-/web/tokens", &format!("/-/web/tokens/{id}/revoke"), &[]).expect(404);
    server.http("GET", "/-/whoami").bearer(made["token"].as_str().unwrap()).send().expect(200);
}

fn a_token_in_a_header_gives_no_access_to_the_pages(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    sent_to_the_login(alice.http("GET", "/-/web/tokens").send());
}

fn a_session_ends_when_it_is_revoked(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let (mut first, mut second) = (logged_in(&server, &alice), logged_in(&server, &alice));
    let stolen = second.cookie(SESSION).unwrap().to_owned();
    first.submit_to("/-/web/tokens", "/-/web/tokens/revoke-all", &[]).expect(303);
    sent_to_the_login(second.get("/-/web/tokens"));
    first.get("/-/web/tokens").expect(200);
    server.http("GET", "/-/whoami").bearer(&stolen).send().expect(401);
    // Logging out revokes the session, and does not only forget the cookie.
    let kept = first.cookie(SESSION).unwrap().to_owned();
    first.submit_to("/-/web/tokens", "/-/web/log-out", &[]).expect(303);
    assert_eq!(first.cookie(SESSION), Some(""));
    server.http("GET", "/-/whoami").bearer(&kept).send().expect(401);
    // A suspended account gets no session.
    assert!(server.command(&["user", "suspend", "alice"], "").status.success());
    let fields = [("name", "alice"), ("password", &*password_of("alice"))];
    let refused = Visitor::new(&server).submit("/-/web/log-in", &fields);
    assert!(refused.status >= 400 && refused.text().contains("suspended"), "{refused:?}");
}

fn sign_up_is_closed_on_the_web_too(edition: &str) {
    let server = Server::under_with(edition, &["--sign-up", "closed"]);
    let mut visitor = Visitor::new(&server);
    visitor.get("/-/web/sign-up").expect(404);
    assert!(!visitor.get("/-/web/log-in").expect(200).text().contains("Make an account"));
    let fields = [("name", "carol"), ("password", &*password_of("carol")), ("email", "")];
    visitor.submit_to("/-/web/log-in", "/-/web/sign-up", &fields).expect(404);
}

fn texts_of_others_are_not_html(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let mut visitor = logged_in(&server, &alice);
    let script = "<script>alert(1)</script>";
    let fields = [("name", script), ("description", script), ("packages", script)];
    let page = visitor.submit("/-/web/tokens/new", &fields).expect(400).text();
    assert!(!page.contains(script), "{page}");
    assert!(page.contains("&lt;script&gt;"), "{page}");
    // A text that another person has published.
    let bob = server.person("bob");
    let mut document = publish_document("page", "1.0.0", None);
    document["versions"]["1.0.0"]["description"] = script.into();
    bob.http("PUT", "/page").json(&document).send().expect(201);
    let page = visitor.get("/-/web/packages/page").expect(200).text();
    assert!(page.contains("&lt;script&gt;") && !page.contains(script), "{page}");
}
