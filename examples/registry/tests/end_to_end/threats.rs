//! Attackers in `SECURITY.md` whose attack is in no other file: a phisher, and a cache between two callers.

use serde_json::json;

use crate::support::{Server, database, under_both_editions};

under_both_editions!(
    a_login_link_names_where_it_was_started_and_ends_after_ten_minutes,
    no_response_may_be_stored_for_another_caller,
);

fn a_login_link_names_where_it_was_started_and_ends_after_ten_minutes(edition: &str) {
    let server = Server::under_with(edition, &["--trusted-proxy", "127.0.0.1/32"]);
    let begin = || {
        let begun = server.http("POST", "/-/v1/login").header("x-forwarded-for", "203.0.113.66").json(&json!({}));
        let begun = begun.send().expect(200).json();
        ["loginUrl", "doneUrl"].map(|field| begun[field].as_str().unwrap().replace(&server.url(), "/"))
    };
    let [form, done] = begin();
    // The victim opens the link at another address, and reads whose it is.
    let page = server.http("GET", &form).header("x-forwarded-for", "198.51.100.9").send().expect(200);
    assert!(page.text().contains("203.0.113.66") && !page.text().contains("198.51.100.9"), "{page:?}");
    // The form cannot be shown inside another site, sends nothing elsewhere, and does not give its URL away.
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    // Ten minutes later, both links have ended.
    database::age_logins(&server, 10 * 60 - 30);
    server.http("GET", &form).send().expect(200);
    server.http("GET", &done).send().expect(202);
    database::age_logins(&server, 31);
    server.http("GET", &form).send().expect(404);
    server.http("GET", &done).send().expect(404);
}

fn no_response_may_be_stored_for_another_caller(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("@alice/diary", "1.0.0", None);
    alice.put("left", "1.0.0", None);
    for path in [
        "/@alice%2fdiary",
        "/@alice/diary/-/diary-1.0.0.tgz",
        "/left",
        "/left/-/left-1.0.0.tgz",
        "/nosuch",
        "/-/whoami",
        "/-/npm/v1/user",
        "/-/npm/v1/tokens",
        "/-/v1/search?text=diary",
    ] {
        let unknown = server.http("GET", path).bearer("npm_nobody-knows-this-one");
        for reply in [alice.http("GET", path).send(), server.http("GET", path).send(), unknown.send()] {
            let kept_by = reply.header("cache-control").unwrap_or_default();
            assert!(["private, no-cache", "no-store"].contains(&kept_by), "{path}: {reply:?}");
        }
    }
}
