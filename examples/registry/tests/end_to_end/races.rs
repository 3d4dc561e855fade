//! Requests at the same moment, and power cuts.

use std::{
    collections::BTreeMap,
    sync::{
        Barrier, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use sha2::{Digest, Sha512};

use crate::{
    support::{
        FOUNDING, Person, Reply, Server, database,
        person::{escaped, publish_document, publish_document_with},
        tarball::large_tarball,
        under_both_editions,
    },
    tokens::listed,
};

under_both_editions!(
    of_two_first_publishes_at_once_one_creates_the_package,
    many_publishes_at_once_are_all_stored,
    of_two_publishes_of_one_version_at_once_one_is_stored,
    of_the_1000th_and_the_1001st_token_made_at_once_one_is_refused,
    after_kill_9_every_version_is_whole_or_absent_and_acknowledged_ones_are_whole,
);

/// Sends both requests at the same moment.
pub(crate) fn at_once(requests: [crate::support::Request; 2]) -> [Reply; 2] {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let sent = requests.map(|request| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                request.send()
            })
        });
        sent.map(|thread| thread.join().unwrap())
    })
}

/// Two people publish a new package with the same name at the same moment, several times. They may use one server or
/// two servers.
pub(crate) fn one_creates(alice: &Person, bob: &Person) {
    for round in 0..8 {
        let name = format!("contested-{round}");
        let put = |person: &Person, version: &str| {
            person.http("PUT", &escaped(&name)).json(&publish_document(&name, version, None))
        };
        let replies = at_once([put(alice, "1.0.0"), put(bob, "2.0.0")]);
        // The other publish is decided again. It is denied, because the package now has an owner.
        let (winner, version) = match replies.each_ref().map(|reply| reply.status) {
            [201, 403] => (alice, "1.0.0"),
            [403, 201] => (bob, "2.0.0"),
            _ => panic!("{replies:?}"),
        };
        let document = alice.http("GET", &escaped(&name)).send().expect(200).json();
        assert_eq!(document["maintainers"].as_array().unwrap().len(), 1);
        assert_eq!(document["maintainers"][0]["name"], winner.name());
        assert_eq!(document["dist-tags"], json!({ "latest": version }));
        assert_eq!(document["versions"].as_object().unwrap().keys().collect::<Vec<_>>(), [version]);
    }
}

/// Gives the account 999 granular tokens, and requests two more at the same moment. Asserts that one of them is
/// refused.
pub(crate) fn one_token_is_the_last(server: &Server, alice: &Person, other: &Person) {
    let body = |name: &str| {
        json!({ "name": name, "packages_all": true, "packages_and_scopes_permission": "read-only",
                "password": alice.password() })
    };
    alice.http("POST", "/-/npm/v1/tokens").json(&body("first")).send().expect(201);
    let key = first_key(alice);
    database::multiply_token(server, &key, 998);
    let create = |person: &Person, name: &str| person.http("POST", "/-/npm/v1/tokens").json(&body(name));
    let replies = at_once([create(alice, "one"), create(other, "two")]);
    let mut statuses = replies.each_ref().map(|reply| reply.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{replies:?}");
    let refused = replies.iter().find(|reply| reply.status == 409).unwrap().error();
    assert!(refused.contains("1000"), "{refused}");
    create(alice, "three").send().expect(409);
    // After a revocation there is room for one token.
    alice.http("DELETE", &format!("/-/npm/v1/tokens/token/{key}")).send().expect(204);
    create(other, "four").send().expect(201);
    create(alice, "five").send().expect(409);
}

fn first_key(alice: &Person) -> String {
    listed(alice, "first")["key"].as_str().unwrap().to_owned()
}

fn of_two_first_publishes_at_once_one_creates_the_package(edition: &str) {
    let server = Server::under(edition);
    one_creates(&server.person("alice"), &server.person("bob"));
}

/// Asserts that 60 publishes of new packages at once all succeed, each followed by a version of a shared package.
pub(crate) fn many_publish(people: &[&Person]) {
    thread::scope(|scope| {
        for number in 0..60 {
            let person = people[number % people.len()];
            scope.spawn(move || {
                let name = format!("one-of-many-{number}");
                person.put(&name, "1.0.0", None);
                person.http("GET", &escaped(&name)).send().expect(200);
                // Every thread also adds a version to the shared package.
                person
                    .http("PUT", "/shared")
                    .json(&publish_document("shared", &format!("1.0.{number}"), None))
                    .send()
                    .expect(201);
            });
        }
    });
    let shared = people[0].http("GET", "/shared").send().expect(200).json();
    assert_eq!(shared["versions"].as_object().unwrap().len(), 60);
    let found = people[0].http("GET", "/-/v1/search?text=one-of-many&size=250").send().expect(200).json();
    assert_eq!(found["total"], 60);
}

fn many_publishes_at_once_are_all_stored(edition: &str) {
    let server = Server::under(edition);
    many_publish(&[&server.person("alice")]);
}

fn of_two_publishes_of_one_version_at_once_one_is_stored(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    for round in 1..8 {
        let version = format!("1.0.{round}");
        let put = || alice.http("PUT", "/left").json(&publish_document("left", &version, None));
        let replies = at_once([put(), put()]);
        let created = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(created, 1, "{replies:?}");
    }
}

fn of_the_1000th_and_the_1001st_token_made_at_once_one_is_refused(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    one_token_is_the_last(&server, &alice, &alice);
    // npm reads all pages of the list. The token of the login is listed too, unless it is a session.
    let list = alice.npm("token list --json").succeeds().json();
    assert_eq!(list.as_array().unwrap().len(), if edition == FOUNDING { 1001 } else { 1000 });
}

fn after_kill_9_every_version_is_whole_or_absent_and_acknowledged_ones_are_whole(edition: &str) {
    let mut server = Server::under(edition);
    let mut alice = server.person("alice");
    let mut acknowledged: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut unanswered = 0;
    for round in 0..6_u64 {
        let (stop, stored) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for publisher in 0..3 {
                let (alice, stop, stored) = (&alice, &stop, &stored);
                scope.spawn(move || {
                    for number in 0_u32.. {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        // The tarball is large, so that it takes a moment to arrive and to be written.
                        let version = format!("{round}.{publisher}.{number}");
                        let bytes = large_tarball("left", &version, 50_000);
                        let reply = alice.http("PUT", "/left").json(&publish_document_with("left", &version, &bytes));
                        match reply.try_send() {
                            Some(reply) if reply.status == 201 => stored.lock().unwrap().push((version, bytes)),
                            // The status 409 occurs if another publish creates the package at the same moment.
                            Some(reply) => assert!(reply.status >= 500 || reply.status == 409, "{reply:?}"),
                            None => return,
                        }
                    }
                });
            }
            thread::sleep(Duration::from_millis(400 + round * 97));
            let pid = server.pid().to_string();
            std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
            thread::sleep(Duration::from_millis(50));
            stop.store(true, Ordering::Relaxed);
        });
        acknowledged.extend(stored.into_inner().unwrap());
        server = server.killed_and_restarted();
        alice = alice.with(&server, alice.token());
        unanswered += check(&server, &acknowledged);
    }
    assert!(acknowledged.len() > 10, "only {} were published", acknowledged.len());
    println!("{} acknowledged, {unanswered} stored without an answer", acknowledged.len());
}

/// Asserts that every acknowledged version is listed, and that every listed version has a whole tarball. Returns the
/// number of listed versions that were not acknowledged.
fn check(server: &Server, acknowledged: &BTreeMap<String, Vec<u8>>) -> usize {
    let packument = server.http("GET", "/left").send();
    if packument.status == 404 {
        assert!(acknowledged.is_empty(), "{packument:?}");
        return 0;
    }
    let packument = packument.expect(200).json();
    let versions = packument["versions"].as_object().unwrap();
    for version in acknowledged.keys() {
        assert!(versions.contains_key(version), "{version} was acknowledged");
    }
    assert!(versions.contains_key(packument["dist-tags"]["latest"].as_str().unwrap()));
    for (version, manifest) in versions {
        assert_eq!(manifest["version"].as_str(), Some(version.as_str()));
        let tarball = server.http("GET", &format!("/left/-/left-{version}.tgz")).send().expect(200).body;
        let integrity = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(&tarball)));
        assert_eq!(manifest["dist"]["integrity"], integrity, "{version}");
        assert_eq!(tarball, large_tarball("left", version, 50_000), "{version}");
    }
    versions.len() - acknowledged.len()
}
