//! The limits on the number of dist-tags.

use serde_json::{Value, json};

use crate::support::{Reply, Server, person::publish_document, postgres::Postgres, under_both_editions};

under_both_editions!(tags_have_limits_on_sqlite, tags_have_limits_on_postgresql,);

fn tags_have_limits_on_sqlite(edition: &str) {
    tags_have_limits(&Server::under(edition));
}

fn tags_have_limits_on_postgresql(edition: &str) {
    let Some(postgres) = Postgres::start() else { return };
    tags_have_limits(&Server::under_with(edition, &["--database-url", &postgres.url()]));
}

fn tags_have_limits(server: &Server) {
    let alice = server.person("alice");
    let put = |document: &Value| alice.http("PUT", &format!("/{}", document["name"].as_str().unwrap())).json(document);
    let publish = |name: &str, version: &str, tags: Value| {
        let mut document = publish_document(name, version, None);
        document["dist-tags"] = tags;
        put(&document).send()
    };
    let read = || alice.http("GET", "/left").send().expect(200).json();
    let count = || read()["dist-tags"].as_object().unwrap().len();
    let add = |numbers: std::ops::Range<usize>| {
        let mut document = read();
        document["dist-tags"].as_object_mut().unwrap().append(&mut tags("t", numbers, "1.0.0"));
        put(&document).send()
    };
    let tag = |tag: &str, version: &str| {
        alice.http("PUT", &format!("/-/package/left/dist-tags/{tag}")).json(&json!(version)).send()
    };

    // The limit of one request.
    for (many, limit) in [(101, 100), (1_001, 1_000), (50_000, 1_000)] {
        refused(publish("many", "1.0.0", tags("t", 0..many, "1.0.0").into()), limit);
        alice.http("GET", "/many").send().expect(404);
    }
    publish("left", "1.0.0", tags("p", 0..100, "1.0.0").into()).expect(201);
    refused(add(0..101), 100);
    // Tags that only move count as well.
    refused(publish("left", "1.1.0", tags("t", 0..101, "1.1.0").into()), 100);
    alice.http("GET", "/left/1.1.0").send().expect(404);
    // The 100 tags and `latest`.
    assert_eq!(count(), 101);

    // The limit of a package, by each way to add a tag.
    for hundred in 0..8 {
        add(hundred * 100..(hundred + 1) * 100).expect(201);
    }
    refused(add(800..900), 1_000);
    assert_eq!(count(), 901);
    add(800..899).expect(201);
    refused(tag("edge", "1.0.0"), 1_000);
    refused(publish("left", "1.1.0", json!({ "edge": "1.1.0" })), 1_000);
    alice.http("GET", "/left/1.1.0").send().expect(404);
    assert_eq!(count(), 1_000);

    // A package at the limit can still be published, deprecated, and have its tags moved.
    publish("left", "1.1.0", json!({ "latest": "1.1.0" })).expect(201);
    tag("p-7", "1.1.0").expect(201);
    let mut document = read();
    document["versions"]["1.0.0"]["deprecated"] = json!("old");
    document["dist-tags"]["p-8"] = json!("1.1.0");
    put(&document).send().expect(201);
    alice.http("DELETE", "/-/package/left/dist-tags/p-9").send().expect(200);
    tag("edge", "1.1.0").expect(201);
    alice.npm("unpublish left@1.0.0").succeeds();
    alice.npm("dist-tag ls left").succeeds().prints("edge: 1.1.0\nlatest: 1.1.0\np-7: 1.1.0\np-8: 1.1.0");
}

fn tags(prefix: &str, numbers: std::ops::Range<usize>, version: &str) -> serde_json::Map<String, Value> {
    numbers.map(|number| (format!("{prefix}-{number}"), version.into())).collect()
}

#[track_caller]
fn refused(reply: Reply, limit: usize) {
    let error = reply.expect(413).error();
    assert!(error.contains(&format!("expected at most {limit}")) && error.ends_with(char::is_numeric), "{error}");
}
