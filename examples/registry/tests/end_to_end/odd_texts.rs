//! Texts that only one of the two databases can store. With both, they are stored unchanged or refused, and never cause
//! an internal error.

use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use crate::support::{
    Reply, Server,
    person::{login_document, publish_document},
    postgres::Postgres,
    under_both_editions,
};

under_both_editions!(odd_texts_are_stored_or_refused_on_sqlite, odd_texts_are_stored_or_refused_on_postgresql,);

fn odd_texts_are_stored_or_refused_on_sqlite(edition: &str) {
    odd_texts(&Server::under(edition));
}

fn odd_texts_are_stored_or_refused_on_postgresql(edition: &str) {
    let Some(postgres) = Postgres::start() else { return };
    odd_texts(&Server::under_with(edition, &["--database-url", &postgres.url()]));
}

fn odd_texts(server: &Server) {
    let alice = server.person("alice");
    server.organization("acme", &alice);
    alice.put("left", "1.0.0", None);
    let put = |document: &Value| alice.http("PUT", "/left").json(document).send();
    let deprecate = |message: &str| {
        let mut document: Value = alice.http("GET", "/left").send().expect(200).json();
        document["versions"]["1.0.0"]["deprecated"] = message.into();
        put(&document)
    };
    let publish = |version: &str, text: &str| {
        let mut document = publish_document("left", version, None);
        document["versions"][version]["description"] = text.into();
        document["versions"][version]["keywords"] = json!([text]);
        put(&document)
    };
    let tag = |tag: &str| alice.http("PUT", &format!("/-/package/left/dist-tags/{tag}")).json(&json!("1.0.0")).send();
    let team = |name: &str, description: &str| {
        let body = json!({ "name": name, "description": description });
        alice.http("PUT", "/-/org/acme/team").json(&body).send()
    };
    let profile = |text: &str| {
        let reply = alice.http("POST", "/-/npm/v1/user").json(&json!({ "fullname": text, "email": text })).send();
        assert_eq!(reply.expect(200).json()["fullname"], text);
        // Where a new email address puts the account on hold, the operator ends the hold.
        assert!(server.command(&["user", "release", "alice"], "").status.success());
    };

    deprecate("a\0b").expect(400);
    team("nul", "a\0b").expect(400);
    publish("1.0.1", "a\0b").expect(201);
    profile("a\0b");
    let mut document = publish_document("left", "1.0.2", None);
    document["dist-tags"] = json!({ "a\0b": "1.0.2" });
    put(&document).expect(400);
    document["dist-tags"] = json!({ long(3000): "1.0.2" });
    put(&document).expect(400);
    alice.http("GET", "/left/1.0.2").send().expect(404);

    for (number, text) in
        ["\u{1f980}", "\u{fffd}", "a\u{202e}b", "'; DROP TABLE names; --", "$1", "\u{feff}"].iter().enumerate()
    {
        deprecate(text).expect(201);
        assert_eq!(alice.http("GET", "/left/1.0.0").send().json()["deprecated"], *text);
        publish(&format!("1.1.{number}"), text).expect(201);
        team(&format!("team-{number}"), text).expect(201);
        profile(text);
        let person = format!("user-{number}");
        let document = login_document(&person, "a-pass-word", Some(text));
        server.http("PUT", &format!("/-/user/org.couchdb.user:{person}")).json(&document).send().expect(201);
    }
    deprecate(&long(100_000)).expect(201);

    for (length, status) in [(1, 201), (214, 201), (215, 400), (3000, 400)] {
        let name = long(length);
        expect(&tag(&name), status, &format!("a tag of {length}"));
        expect(&team(&name, ""), status, &format!("a team of {length}"));
    }
    for (length, status) in [(214, 201), (215, 403), (1000, 403), (3000, 400)] {
        let name = long(length);
        let reply = alice.http("PUT", &format!("/{name}")).json(&publish_document(&name, "1.0.0", None)).send();
        expect(&reply, status, &format!("a package of {length}"));
    }
    let version = |length: usize| format!("1.0.0-a{}", long(length - 7));
    expect(&publish(&version(256), ""), 201, "a version of 256");
    expect(&publish(&version(3000), ""), 400, "a version of 3000");
    alice.npm("view left version").succeeds();
}

#[track_caller]
fn expect(reply: &Reply, status: u16, what: &str) {
    assert_eq!(reply.status, status, "{what}: {reply:?}");
}

/// A text of this length that a database cannot compress.
fn long(length: usize) -> String {
    let mut text = "a".to_owned();
    while text.len() < length {
        text = Sha512::digest(&text).iter().fold(text, |text, byte| format!("{text}{byte:02x}"));
    }
    text[..length].to_owned()
}
