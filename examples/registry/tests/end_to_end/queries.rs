//! The number of queries of a read, so that it does not grow unseen, and the documents that are kept in memory.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{Person, Reply, Request, Server, under_both_editions};

under_both_editions!(
    a_read_takes_one_query_and_at_most_four_when_it_is_not_in_memory,
    a_hidden_package_takes_the_same_queries_as_a_name_that_is_free,
    each_change_of_a_document_is_in_the_next_read,
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
    server.organization("acme", &alice);
    alice.http("PUT", "/-/org/acme/user").json(&json!({ "user": "bob" })).send().expect(200);
    alice.put("@acme/tool", "1.0.0", None);
    let path = "/@acme%2ftool";
    let put = |person: &Person, path: &str, old: &Value, new: Value| {
        let mut document = json!({ "_id": "@acme/tool", "_rev": old["_rev"] });
        document.as_object_mut().unwrap().extend(new.as_object().unwrap().clone());
        person.http("PUT", path).json(&document).send().expect(201)
    };
    let revision = |old: &Value| old["_rev"].as_str().unwrap().to_owned();
    let tag = "/-/package/@acme%2ftool/dist-tags/next";
    let changes: [Change<'_>; 9] = [
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
            let maintainers = json!({ "maintainers": [{ "name": "alice" }, { "name": "bob" }] });
            put(&alice, &format!("{path}/-rev/{}", revision(old)), old, maintainers)
        }),
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
    assert_eq!(before["maintainers"], json!([{ "name": "alice", "email": "" }]));
    alice.http("GET", "/@acme/tool/-/tool-1.0.0.tgz").send().expect(404);
}
