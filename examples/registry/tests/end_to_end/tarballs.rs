//! What is in a tarball: the package and the version under which it is published or staged, and nothing else.

use serde_json::json;

use crate::support::{
    Person, Reply, Server,
    person::{publish_document, publish_document_with},
    tarball::{gzip, tarball, tarball_of},
    under_both_editions,
};

under_both_editions!(
    a_tarball_of_another_package_is_neither_published_nor_staged,
    npm_publishes_and_installs_a_version_with_build_metadata,
);

fn put(person: &Person, tarball: &[u8]) -> Reply {
    person.http("PUT", "/left").json(&publish_document_with("left", "1.1.0", tarball)).send()
}

fn stage(person: &Person, tarball: &[u8]) -> Reply {
    let document = publish_document_with("left", "1.1.0", tarball);
    person.http("POST", "/-/stage/package/left").json(&document).send()
}

fn a_tarball_of_another_package_is_neither_published_nor_staged(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    let manifest = json!({ "name": "left", "version": "1.1.0" }).to_string();
    let json = ("package/package.json", manifest.as_bytes());
    for (tarball, text) in [
        (tarball("right", "1.1.0"), "`package.json` in the tarball has the name `right`: expected `left`"),
        (tarball("left", "1.0.0"), "`package.json` in the tarball has the version `1.0.0`: expected `1.1.0`"),
        (tarball_of(&[("package/index.js", b"")]), "the tarball has no `package.json` in its folder: expected one"),
        (tarball_of(&[json, ("other/index.js", b"")]), "the tarball has the entry `other/index.js` outside the folder"),
        (tarball_of(&[json, ("package/../../a", b"")]), "the tarball has the entry `package/../../a`"),
        (tarball_of(&[json, json]), "expected one file `package.json`"),
        (gzip(b"no archive"), "expected a tar archive, compressed with gzip"),
        (b"no gzip".to_vec(), "expected a tar archive, compressed with gzip"),
    ] {
        for reply in [put(&alice, &tarball), stage(&alice, &tarball)] {
            let reply = reply.expect(400);
            assert!(reply.error().contains(text), "{text} in {reply:?}");
        }
    }
    alice.http("GET", "/left/1.1.0").send().expect(404);
    assert_eq!(alice.http("GET", "/-/stage?package=left").send().expect(200).json()["total"], 0);
    // The same with another name of the folder, as GitHub writes it.
    let of_github = tarball_of(&[("left-0123abc/package.json", manifest.as_bytes())]);
    stage(&alice, &of_github).expect(201);
    put(&alice, &of_github).expect(201);
    // A caller who may not publish does not learn anything about the tarball.
    let bob = server.person("bob");
    bob.http("PUT", "/left").json(&publish_document_with("left", "1.2.0", b"no gzip")).send().expect(403);
    bob.http("PUT", "/left").json(&publish_document("left", "1.2.0", None)).send().expect(403);
}

fn npm_publishes_and_installs_a_version_with_build_metadata(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    // npm publishes it as 1.0.0, and leaves `package.json` as it is.
    alice.publish("left", "v1.0.0+build.5", "").succeeds();
    alice.http("GET", "/left/1.0.0").send().expect(200);
    let project = alice.project();
    alice.npm_in(&project, "install left").succeeds();
    let installed = std::fs::read_to_string(project.join("node_modules/left/package.json")).unwrap();
    assert!(installed.contains("1.0.0+build.5"), "{installed}");
}
