//! Listings, searches and counts, which show only packages that the caller may read.

use serde_json::{Value, json};

use crate::support::{Person, Server, under_both_editions};

under_both_editions!(
    no_listing_shows_a_package_that_the_caller_may_not_read,
    a_search_has_pages_and_matches_words,
    a_document_that_has_not_changed_is_not_sent_again,
    urls_in_responses_begin_with_the_configured_public_url,
);

fn no_listing_shows_a_package_that_the_caller_may_not_read(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob, eve) = (server.person("alice"), server.person("bob"), server.person("eve"));
    let nobody = Person::at(&server, "nobody", None);
    server.organization("acme", &alice);
    alice.brings("acme", &bob);
    alice.put("@acme/secret", "1.0.0", None);
    alice.put("@acme/open", "1.0.0", Some("public"));
    alice.put("@alice/diary", "1.0.0", None);
    alice.put("left", "1.0.0", None);
    for name in ["@acme/secret", "@alice/diary", "left"] {
        alice.npm(&format!("star {name}")).succeeds();
    }
    // Bob is a member of the organization, but of no team with a grant.
    alice.http("DELETE", "/-/team/acme/developers/user").json(&json!({ "user": "bob" })).send().expect(204);
    let narrow = alice.ci_job(
        &server,
        &alice.granular(&json!({
            "name": "narrow", "packages": ["@acme/secret"], "packages_and_scopes_permission": "read-only",
        })),
    );
    let dead = Person::at(&server, "alice", Some("npm_nobody-knows-this-one"));

    for (person, sees) in [
        (&alice, ["@acme/secret", "@alice/diary"].as_slice()),
        (&narrow, &["@acme/secret"]),
        (&bob, &[]),
        (&eve, &[]),
        (&nobody, &[]),
        (&dead, &[]),
    ] {
        let search = person.http("GET", "/-/v1/search?text=&size=250").send().expect(200).json();
        let found = names(&search["objects"], |object| &object["package"]["name"]);
        assert_eq!(private(&found), sees, "{search}");
        assert!(["@acme/open", "left"].iter().all(|name| found.iter().any(|found| found == name)), "{search}");
        assert_eq!(search["total"], found.len());
        let stars = person.http("GET", "/-/_view/starredByUser?key=%22alice%22").send().expect(200).json();
        assert_eq!(private(&names(&stars["rows"], |row| &row["value"])), sees, "{stars}");
    }
    let listed = |person: &Person, path: &str| {
        let list = person.http("GET", path).send().expect(200).json();
        list.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(listed(&alice, "/-/org/acme/package"), ["@acme/open", "@acme/secret"]);
    assert_eq!(listed(&bob, "/-/org/acme/package"), ["@acme/open"]);
    assert_eq!(listed(&bob, "/-/team/acme/developers/package"), ["@acme/open"]);
    // The packages of a user are listed only to that user.
    bob.http("GET", "/-/user/alice/package").send().expect(403);
    assert!(listed(&alice, "/-/user/alice/package").contains(&"@alice/diary".to_owned()));
    // An audit says nothing about any package.
    for audited in [json!({ "@acme/secret": ["1.0.0"] }), json!({ "@acme/nosuch": ["1.0.0"] })] {
        for person in [&alice, &nobody] {
            let reply = person.http("POST", "/-/npm/v1/security/advisories/bulk").json(&audited).send().expect(404);
            assert_eq!(reply.error(), "this registry has no service for audits");
        }
    }
    // An email address is shown only to its owner.
    let record = |person: &Person| person.http("GET", "/-/user/org.couchdb.user:alice").send().expect(200).json();
    assert_eq!((&record(&alice)["email"], &record(&bob)["email"]), (&json!("alice@example.test"), &json!("")));
    for path in ["/@acme%2fopen", "/-/v1/search?text=open", "/@acme%2fopen/latest"] {
        let text = nobody.http("GET", path).send().expect(200).text();
        assert!(text.contains("open") && !text.contains("@example.test"), "{text}");
    }
    // The head of an answer, without its body.
    let (whole, head) = (nobody.http("GET", "/@acme%2fopen").send(), nobody.http("HEAD", "/@acme%2fopen").send_head());
    assert_eq!((whole.status, Some(whole.body.len().to_string().as_str())), (200, head.header("content-length")));
    assert!(head.body.is_empty());
    // A search that matches only a hidden package looks like one that matches none.
    for text in ["secret", "nosuchthing"] {
        let reply = eve.http("GET", &format!("/-/v1/search?text={text}")).send().expect(200).json();
        assert_eq!((&reply["objects"], &reply["total"]), (&json!([]), &json!(0)));
    }
}

fn names(list: &Value, name: impl Fn(&Value) -> &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|entry| name(entry).as_str().unwrap().to_owned()).collect()
}

fn private(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).filter(|name| ["@acme/secret", "@alice/diary"].contains(name)).collect()
}

fn a_search_has_pages_and_matches_words(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    for number in 0..25 {
        alice.put(&format!("part-{number:02}"), "1.0.0", None);
    }
    let search = |query: &str| server.http("GET", &format!("/-/v1/search?{query}")).send();
    let page = |query: &str| {
        let found = search(query).expect(200).json();
        (found["objects"].as_array().unwrap().len(), found["total"].as_u64().unwrap())
    };
    assert_eq!(page("text=part"), (20, 25));
    assert_eq!(page("text=part&from=20"), (5, 25));
    assert_eq!(page("text=part&size=3&from=24"), (1, 25));
    assert_eq!(page("text=PART-07"), (1, 1));
    assert_eq!(page("text=part%2007"), (1, 1));
    assert_eq!(page("text=part&from=1000000000000"), (0, 25));
    search("text=part&size=many").expect(400).error();
    alice.npm("search part-07").succeeds().says("part-07");
}

fn urls_in_responses_begin_with_the_configured_public_url(edition: &str) {
    let server = Server::under_with(edition, &["--public-url", "https://npm.example.test/"]);
    let alice = server.person("alice");
    alice.put("@alice/open", "1.0.0", Some("public"));
    let document = server.http("GET", "/@alice%2fopen").header("host", "evil.example.test").send().expect(200).json();
    assert_eq!(
        document["versions"]["1.0.0"]["dist"]["tarball"],
        "https://npm.example.test/@alice/open/-/open-1.0.0.tgz"
    );
    let begun = server.http("POST", "/-/v1/login").json(&json!({})).send().expect(200).json();
    for field in ["loginUrl", "doneUrl"] {
        assert!(begun[field].as_str().unwrap().starts_with("https://npm.example.test/-/v1/login/"), "{begun}");
    }
}

fn a_document_that_has_not_changed_is_not_sent_again(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    let read = |etag: &str| server.http("GET", "/left").header("if-none-match", etag).send();
    let first = server.http("GET", "/left").send().expect(200);
    let etag = first.header("etag").expect("an etag").to_owned();
    for known in [etag.clone(), etag.replace("W/", ""), format!("\"other\", {etag}")] {
        let again = read(&known).expect(304);
        assert_eq!((again.header("etag"), again.body.len()), (Some(etag.as_str()), 0));
    }
    read("\"other\"").expect(200);
    // A caller who may not read the package is not told that it has not changed.
    alice.put("@alice/diary", "1.0.0", None);
    let diary = alice.http("GET", "/@alice%2fdiary").send().expect(200);
    let known = diary.header("etag").expect("an etag").to_owned();
    server.http("GET", "/@alice%2fdiary").header("if-none-match", &known).send().expect(404);
    // A star changes what the document says.
    let star = json!({ "_id": "left", "_rev": first.json()["_rev"], "users": { "alice": true } });
    alice.http("PUT", "/left").json(&star).send().expect(201);
    read(&etag).expect(200);

    // The form that npm installs from has no more than an install needs.
    let short = server.http("GET", "/left").header("accept", "application/vnd.npm.install-v1+json; q=1.0, */*").send();
    assert_eq!(short.header("content-type"), Some("application/vnd.npm.install-v1+json"));
    let (short, long) = (short.json(), server.http("GET", "/left").send().json());
    assert_eq!(short["dist-tags"], long["dist-tags"]);
    assert_eq!(short["versions"]["1.0.0"]["dist"], long["versions"]["1.0.0"]["dist"]);
    assert!(short.get("readme").is_none() && short["versions"]["1.0.0"].get("description").is_none(), "{short}");
}
