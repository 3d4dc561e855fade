//! How responses are sent: compressed documents, parts of tarballs, status 304, and the form of times.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::json;

use crate::support::{
    Person, Server,
    person::{publish_document, publish_document_with},
    tarball::large_tarball,
    under_both_editions,
};

under_both_editions!(
    a_document_is_compressed_for_a_client_that_accepts_it,
    a_download_goes_on_where_it_broke_off,
    a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has,
    a_second_install_downloads_nothing,
    a_range_of_versions_is_answered_with_the_highest,
    times_in_documents_have_three_digits_of_a_second,
);

/// Publishes a version whose manifest takes several KiB.
fn publish_long(person: &Person, name: &str, version: &str) {
    let mut document = publish_document(name, version, None);
    document["versions"][version]["description"] = "a long description ".repeat(200).into();
    person.http("PUT", &format!("/{name}")).json(&document).send().expect(201);
}

fn a_document_is_compressed_for_a_client_that_accepts_it(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    for name in ["left", "left-2", "left-3", "left-4", "left-5"] {
        publish_long(&alice, name, "1.0.0");
    }
    let get = |path: &str| alice.http("GET", path).header("accept-encoding", "gzip,deflate").send();
    for path in ["/left", "/left/1.0.0", "/-/v1/search?text=left"] {
        let plain = alice.http("GET", path).send().expect(200);
        let small = get(path).expect(200);
        assert_eq!(
            (plain.header("content-encoding"), small.header("content-encoding")),
            (None, Some("gzip")),
            "{path}"
        );
        assert_eq!(small.header("content-length"), Some(small.body.len().to_string().as_str()));
        let mut decoded = Vec::new();
        GzDecoder::new(small.body.as_slice()).read_to_end(&mut decoded).unwrap();
        // A search has the time of its answer.
        if path.starts_with("/left") {
            assert_eq!(decoded, plain.body, "{path}");
        }
        assert!(small.body.len() < plain.body.len() / 3, "{path}: {} of {}", small.body.len(), plain.body.len());
        for reply in [&plain, &small] {
            assert!(reply.header("vary").is_some_and(|vary| vary.contains("accept-encoding")), "{reply:?}");
        }
    }
    // One etag for both forms.
    let etag = get("/left").header("etag").unwrap().to_owned();
    assert_eq!(alice.http("GET", "/left").send().header("etag"), Some(etag.as_str()));
    for coding in ["gzip", "identity"] {
        let known = alice.http("GET", "/left").header("if-none-match", &etag).header("accept-encoding", coding);
        let known = known.send().expect(304);
        assert_eq!((known.header("etag"), known.header("content-encoding")), (Some(etag.as_str()), None));
    }
    // A small document and a tarball are sent as they are.
    for path in ["/-/whoami", "/left/-/left-1.0.0.tgz"] {
        assert_eq!(get(path).expect(200).header("content-encoding"), None, "{path}");
    }
    let head = alice.http("HEAD", "/left").header("accept-encoding", "gzip").send_head();
    assert_eq!(head.header("content-length"), get("/left").header("content-length"));
}

fn a_download_goes_on_where_it_broke_off(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    // A small tarball is kept in memory after the first read, and a larger one is not.
    for (name, bytes) in [("left", 0), ("large", 100_000)] {
        let whole = large_tarball(name, "1.0.0", bytes);
        let document = publish_document_with(name, "1.0.0", &whole);
        alice.http("PUT", &format!("/{name}")).json(&document).send().expect(201);
        goes_on(&server, &format!("/{name}/-/{name}-1.0.0.tgz"), &whole);
    }
    // A part is hidden from a caller who may not read the whole.
    alice.put("@alice/diary", "1.0.0", None);
    let diary = "/@alice/diary/-/diary-1.0.0.tgz";
    alice.http("GET", diary).header("range", "bytes=0-9").send().expect(206);
    server.http("GET", diary).header("range", "bytes=0-9").send().expect(404);
}

fn goes_on(server: &Server, path: &str, whole: &[u8]) {
    let size = whole.len();
    let first = server.http("GET", path).send().expect(200);
    assert_eq!((first.header("accept-ranges"), first.body.as_slice()), (Some("bytes"), whole));
    let get = |range: &str| server.http("GET", path).header("range", range).send();
    for (range, part, shown) in [
        ("bytes=100-", &whole[100..], format!("bytes 100-{}/{size}", size - 1)),
        ("bytes=0-9", &whole[..10], format!("bytes 0-9/{size}")),
        ("bytes=-7", &whole[size - 7..], format!("bytes {}-{}/{size}", size - 7, size - 1)),
    ] {
        let reply = get(range).expect(206);
        assert_eq!((reply.body.as_slice(), reply.header("content-range")), (part, Some(shown.as_str())));
        assert_eq!(reply.header("content-length"), Some(part.len().to_string().as_str()));
    }
    let after = get(&format!("bytes={size}-")).expect(416);
    assert_eq!(after.header("content-range"), Some(format!("bytes */{size}").as_str()));
    assert_eq!(get("bytes=0-1,5-6").expect(200).body, whole);
    // The client has a part of another tarball.
    let etag = first.header("etag").unwrap();
    let if_range = |known: &str| server.http("GET", path).header("range", "bytes=5-").header("if-range", known).send();
    if_range(etag).expect(206);
    if_range("\"other\"").expect(200);
    // The client has the whole tarball.
    let known = server.http("GET", path).header("range", "bytes=5-").header("if-none-match", etag).send().expect(304);
    assert_eq!((known.header("etag"), known.body.len()), (Some(etag), 0));
}

fn a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(edition: &str) {
    let server = Server::under(edition);
    for (method, path, allowed) in [
        ("PATCH", "/left", "GET, HEAD, PUT"),
        ("POST", "/-/whoami", "GET, HEAD"),
        ("DELETE", "/-/npm/v1/tokens", "GET, HEAD, POST"),
        ("GET", "/-/npm/v1/tokens/token/t-1", "DELETE"),
        ("PUT", "/left/1.0.0", "GET, HEAD"),
    ] {
        let reply = server.http(method, path).send().expect(405);
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
        assert_eq!(reply.error(), "no such method on this endpoint");
    }
    assert_eq!(server.http("PATCH", "/-/nothing").send().expect(404).header("allow"), None);
}

fn a_second_install_downloads_nothing(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    for number in 0..20 {
        let name = format!("part-{number}");
        let bytes = large_tarball(&name, "1.0.0", 10_000);
        let document = publish_document_with(&name, "1.0.0", &bytes);
        alice.http("PUT", &format!("/{name}")).json(&document).send().expect(201);
    }
    let mut all = publish_document("all", "1.0.0", None);
    all["versions"]["1.0.0"]["dependencies"] = (0..20).map(|number| (format!("part-{number}"), json!("1"))).collect();
    alice.http("PUT", "/all").json(&all).send().expect(201);
    let project = alice.project();
    alice.npm_in(&project, "install all").succeeds();
    assert_eq!(server.downloads(), 21);
    // With the lock file, and without it: then the client asks for each document again, and none is sent.
    alice.npm_in(&project, "ci").succeeds();
    let before = server.log().len();
    alice.npm("install all --prefer-online").succeeds();
    assert_eq!(server.downloads(), 21);
    let log = server.log();
    let documents: Vec<&str> = log[before..].lines().filter(|line| line.contains("endpoint=\"package\"")).collect();
    assert_eq!(documents.len(), 21, "{documents:?}");
    assert!(documents.iter().all(|line| line.contains("status=304")), "{documents:?}");
}

fn a_range_of_versions_is_answered_with_the_highest(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    for version in ["1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "2.0.0"] {
        alice.put("left", version, None);
    }
    alice.http("PUT", "/-/package/left/dist-tags/old").json(&json!("1.0.0")).send().expect(201);
    for (range, version) in [
        ("^1.0.0", "1.10.0"),
        ("%5E1.0.0", "1.10.0"),
        ("~1", "1.10.0"),
        ("~1.2", "1.2.0"),
        ("1.x", "1.10.0"),
        ("1", "1.10.0"),
        ("*", "2.0.0"),
        ("%3C2.0.0", "1.10.0"),
        ("1.0.0||1.2.0", "1.2.0"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        ("v1.2.0", "1.2.0"),
        ("1.2.0+build", "1.2.0"),
        ("old", "1.0.0"),
        ("latest", "2.0.0"),
    ] {
        let manifest = server.http("GET", &format!("/left/{range}")).send().expect(200).json();
        assert_eq!(manifest["version"], version, "{range}");
        let tarball = manifest["dist"]["tarball"].as_str().unwrap().to_owned();
        assert!(tarball.ends_with(&format!("/left-{version}.tgz")), "{tarball}");
    }
    for range in ["^3.0.0", "~1.1", "none", "1.0.1"] {
        let reply = server.http("GET", &format!("/left/{range}")).send().expect(404);
        assert_eq!(reply.error(), format!("version not found: {range}"));
    }
    // A range is decided like any manifest.
    alice.put("@alice/diary", "1.0.0", None);
    alice.http("GET", "/@alice%2fdiary/^1.0.0").send().expect(200);
    server.http("GET", "/@alice%2fdiary/^1.0.0").send().expect(404);
}

fn times_in_documents_have_three_digits_of_a_second(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    let get = |path: &str| alice.http("GET", path).send().expect(200).json();
    let (document, found, profile) = (get("/left"), get("/-/v1/search?text=left"), get("/-/npm/v1/user"));
    let short = server.http("GET", "/left").header("accept", "application/vnd.npm.install-v1+json").send().json();
    for time in [
        &document["time"]["created"],
        &document["time"]["modified"],
        &document["time"]["1.0.0"],
        &short["modified"],
        &found["objects"][0]["package"]["date"],
        &profile["created"],
        &profile["updated"],
    ] {
        let text = time.as_str().unwrap();
        assert_eq!((text.len(), &text[19..20], &text[23..]), (24, ".", "Z"), "{text}");
    }
}
