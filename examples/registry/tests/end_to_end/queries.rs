//! The number of queries of a read, so that it does not grow unseen, and the documents that are kept in memory.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{Person, Reply, Request, Server, under_both_editions};

under_both_editions!(
    a_read_takes_one_query_and_at_most_four_when_it_is_not_in_memory,
    a_hidden_package_takes_the_same_queries_as_a_name_that_is_free,
    each_change_of_a_document_is_in_the_next_read,
    a_document_from_memory_shows_the_members_of_a_team_only_to_those_who_may_see_them,
    packages_that_a_change_of_a_team_concerns_together_are_kept_apart,
);

/// Sends the request, and returns the queries that the server made for it.
#[track_caller]
fn queries(server: &Server, request: Request, status: u16) -> Vec<String> {
    let before = log_so_far(server).len();
    request.send().expect(status);
    // The first request of a connection sets it up too.
    let log = log_so_far(server);
    let lines = log[before..].lines().filter(|line| line.contains("sqlx::query: summary=\"SELECT"));
    // How long the query took differs.
    lines.map(|line| line.split(" elapsed").next().unwrap().split("summary=").nth(1).unwrap().to_owned()).collect()
}

/// The log with the lines about all requests so far: the line of the request that is sent here comes last.
fn log_so_far(server: &Server) -> String {
    let lines = || server.log().matches("endpoint=\"ping\"").count();
    let before = lines();
    server.http("GET", "/-/ping").send().expect(200);
    for _ in 0..400 {
        if lines() > before {
            return server.log();
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("no line about the request:\n{}", server.log());
}

fn a_read_takes_one_query_and_at_most_four_when_it_is_not_in_memory(edition: &str) {
    let server = Server::logging_queries(edition);
    let alice = server.person("alice");
    alice.put("@alice/diary", "1.0.0", None);
    let read = |path: &str| queries(&server, alice.http("GET", path), 200).len();
    // The caller with the package, and once more in a snapshot, with the size of the document and its rows.
    assert_eq!([read("/@alice%2fdiary"), read("/@alice%2fdiary")], [4, 1]);
    // The caller with the package, and once more in a snapshot, with the version.
    let tarball = "/@alice/diary/-/diary-1.0.0.tgz";
    assert_eq!([read(tarball), read(tarball)], [3, 1]);
    // A change of the document is read once more.
    alice.put("@alice/diary", "1.1.0", None);
    assert_eq!([read("/@alice%2fdiary"), read("/@alice%2fdiary"), read(tarball)], [4, 1, 3]);
    let etag = alice.http("GET", "/@alice%2fdiary").send().header("etag").unwrap().to_owned();
    let known = alice.http("GET", "/@alice%2fdiary").header("if-none-match", &etag);
    assert_eq!(queries(&server, known, 304).len(), 1);
}

fn a_hidden_package_takes_the_same_queries_as_a_name_that_is_free(edition: &str) {
    let server = Server::logging_queries(edition);
    let (alice, eve) = (server.person("alice"), server.person("eve"));
    alice.put("@alice/diary", "1.0.0", None);
    for reader in [&eve, &Person::at(&server, "nobody", None)] {
        for (hidden, free) in [
            ("/@alice%2fdiary", "/@alice%2ffree"),
            ("/@alice/diary/-/diary-1.0.0.tgz", "/@alice/free/-/free-1.0.0.tgz"),
        ] {
            let of = |path: &str| queries(&server, reader.http("GET", path), 404);
            assert_eq!(of(hidden), of(free));
            assert_eq!(of(hidden).len(), 1, "{hidden}");
        }
    }
}

fn each_change_of_a_document_is_in_the_next_read(edition: &str) {
    type Change<'a> = (&'a str, &'a dyn Fn(&Value) -> Reply);
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    server.person("eve");
    server.organization("acme", &alice);
    alice.brings("acme", &bob);
    alice.put("@acme/tool", "1.0.0", None);
    let path = "/@acme%2ftool";
    let put = |person: &Person, path: &str, old: &Value, new: Value| {
        let mut document = json!({ "_id": "@acme/tool", "_rev": old["_rev"] });
        document.as_object_mut().unwrap().extend(new.as_object().unwrap().clone());
        person.http("PUT", path).json(&document).send().expect(201)
    };
    let revision = |old: &Value| old["_rev"].as_str().unwrap().to_owned();
    let tag = "/-/package/@acme%2ftool/dist-tags/next";
    let in_team = |method: &str, status: u16| {
        let path = "/-/team/acme/developers/user";
        alice.http(method, path).json(&json!({ "user": "bob" })).send().expect(status)
    };
    let changes: [Change<'_>; 11] = [
        ("a version", &|_| alice.put("@acme/tool", "1.1.0", None)),
        ("a tag", &|_| alice.http("PUT", tag).json(&json!("1.0.0")).send().expect(201)),
        ("no tag", &|_| alice.http("DELETE", tag).send().expect(200)),
        ("a star", &|old| put(&bob, path, old, json!({ "users": { "bob": true } }))),
        ("no star", &|old| put(&bob, path, old, json!({ "users": {} }))),
        ("a deprecation", &|old| {
            let mut versions = old["versions"].clone();
            versions["1.0.0"]["deprecated"] = "old".into();
            put(&alice, path, old, json!({ "versions": versions }))
        }),
        ("a maintainer", &|old| {
            let maintainers = json!({ "maintainers": [{ "name": "alice" }, { "name": "bob" }, { "name": "eve" }] });
            put(&alice, &format!("{path}/-rev/{}", revision(old)), old, maintainers)
        }),
        ("a user who left a team", &|_| in_team("DELETE", 204)),
        ("a user who joined a team", &|_| in_team("PUT", 201)),
        ("a member who left", &|_| {
            alice.http("DELETE", "/-/org/acme/user").json(&json!({ "user": "bob" })).send().expect(204)
        }),
        ("no version", &|old| {
            let path = format!("/@acme/tool/-/tool-1.0.0.tgz/-rev/{}", revision(old));
            alice.http("DELETE", &path).send().expect(200)
        }),
    ];
    // The second read of a document is from memory.
    let read = || {
        let first = alice.http("GET", path).send().expect(200).json();
        assert_eq!(alice.http("GET", path).send().expect(200).json(), first);
        first
    };
    let mut before = read();
    for (what, change) in changes {
        change(&before);
        let after = read();
        assert_ne!(after, before, "{what}");
        before = after;
    }
    let maintainers = json!([{ "name": "alice", "email": "" }, { "name": "eve", "email": "" }]);
    assert_eq!(before["maintainers"], maintainers);
    alice.http("GET", "/@acme/tool/-/tool-1.0.0.tgz").send().expect(404);
}

fn names_of_maintainers(reply: &Reply) -> Vec<String> {
    let maintainers = reply.json()["maintainers"].as_array().unwrap().clone();
    maintainers.iter().map(|maintainer| maintainer["name"].as_str().unwrap().to_owned()).collect()
}

fn a_document_from_memory_shows_the_members_of_a_team_only_to_those_who_may_see_them(edition: &str) {
    /// Who reads, how, and which maintainers the reader sees.
    type Reader<'a> = (&'a str, &'a dyn Fn() -> Request, &'a [&'a str]);
    let server = Server::logging_queries(edition);
    let [alice, bob, carol, eve] = ["alice", "bob", "carol", "eve"].map(|name| server.person(name));
    let nobody = Person::at(&server, "nobody", None);
    alice.put("left", "1.0.0", None);
    for (organization, member) in [("acme", &bob), ("other", &carol)] {
        server.organization(organization, &alice);
        alice.brings(organization, member);
        let grant = json!({ "package": "left", "permissions": "read-write" });
        alice.http("PUT", &format!("/-/team/{organization}/developers/package")).json(&grant).send().expect(201);
    }
    // A token of Alice that does not cover her organizations.
    let settings = json!({ "name": "narrow", "packages_all": true, "packages_and_scopes_permission": "read-only" });
    let narrow = alice.granular(&settings);
    let narrow = || server.http("GET", "/left").bearer(&narrow);
    let own = |person: &Person| person.http("GET", "/left");
    let everybody: [Reader<'_>; 6] = [
        ("eve", &|| own(&eve), &["alice"]),
        ("alice", &|| own(&alice), &["alice", "bob", "carol"]),
        ("bob", &|| own(&bob), &["alice", "bob"]),
        ("carol", &|| own(&carol), &["alice", "carol"]),
        ("no token", &|| own(&nobody), &["alice"]),
        ("a narrow token", &narrow, &["alice"]),
    ];
    // Callers who see the same maintainers share a text. In the second round, every text is in memory.
    for counts in [[4, 4, 4, 4, 1, 1], [1; 6]] {
        for ((who, request, seen), count) in everybody.iter().zip(counts) {
            assert_eq!(queries(&server, request(), 200).len(), count, "{who}");
            assert_eq!(names_of_maintainers(&request().send()), *seen, "{who}");
        }
    }
    // A right to see the members ends at once.
    alice.http("DELETE", "/-/org/acme/user").json(&json!({ "user": "bob" })).send().expect(204);
    assert_eq!(names_of_maintainers(&own(&bob).send()), ["alice"]);
    assert_eq!(names_of_maintainers(&own(&alice).send()), ["alice", "carol"]);
}

fn packages_that_a_change_of_a_team_concerns_together_are_kept_apart(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    server.organization("acme", &alice);
    let packages = ["@acme/one", "@acme/two"];
    for name in packages {
        alice.put(name, "1.0.0", None);
    }
    // Both packages get the same revision.
    alice.brings("acme", &bob);
    for name in [packages, packages].concat() {
        let basename = name.trim_start_matches("@acme/");
        let document = alice.http("GET", &name.replace('/', "%2f").replacen('@', "/@", 1)).send().expect(200).json();
        assert_eq!(document["name"], name);
        let tarball = alice.http("GET", &format!("/{name}/-/{basename}-1.0.0.tgz")).send().expect(200);
        let etag = tarball.header("etag").unwrap().to_owned();
        let same = alice.http("GET", &format!("/{name}/-/{basename}-1.0.0.tgz")).header("if-none-match", &etag);
        same.send().expect(304);
        let other = if name == "@acme/one" { "/@acme/two/-/two-1.0.0.tgz" } else { "/@acme/one/-/one-1.0.0.tgz" };
        alice.http("GET", other).header("if-none-match", &etag).send().expect(200);
    }
}
