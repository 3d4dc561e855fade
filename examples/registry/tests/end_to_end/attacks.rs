//! Requests that no well-behaved client sends.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::support::{
    FOUNDING, Person, Server,
    person::{escaped, publish_document},
    under_both_editions,
};

under_both_editions!(
    a_publish_whose_names_disagree_stores_nothing,
    a_second_change_hidden_in_a_permitted_one_is_refused_with_it,
    an_outdated_document_cannot_undo_later_changes,
    a_name_in_a_path_is_decoded_once_and_has_to_be_valid_then,
    bodies_have_limits_and_a_bad_one_gets_an_error_text,
    a_request_inside_the_body_of_another_one_is_not_answered,
    unreadable_credentials_count_as_an_unknown_token_and_not_as_none,
    no_secret_is_in_the_log,
);

/// Asserts that no package of these names exists.
#[track_caller]
fn nothing_is_there(alice: &Person, names: &[&str]) {
    for name in names {
        alice.http("GET", &escaped(name)).send().expect(404);
    }
}

fn a_publish_whose_names_disagree_stores_nothing(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("victim", "1.0.0", None);
    let change = |path: &str, value: Value| {
        let mut document = publish_document("mine", "1.0.0", None);
        match document.pointer_mut(path) {
            Some(place) => *place = value,
            None => panic!("{path} of {document}"),
        }
        document
    };
    let renamed = |from: &str, to: &str| {
        let mut document = publish_document("mine", "1.0.0", None);
        let object = document.pointer_mut(from).unwrap().as_object_mut().unwrap();
        let (_, value) = std::mem::take(object).into_iter().next().unwrap();
        object.insert(to.into(), value);
        document
    };
    for (document, what) in [
        (publish_document("victim", "1.0.1", None), "another package altogether"),
        (change("/name", json!("victim")), "the document's name"),
        (change("/_id", json!("victim")), "the document's id"),
        (change("/versions/1.0.0/name", json!("victim")), "the manifest's name"),
        (change("/versions/1.0.0/_id", json!("victim@1.0.0")), "the manifest's id"),
        (change("/versions/1.0.0/version", json!("2.0.0")), "the manifest's version"),
        (renamed("/versions", "2.0.0"), "the version's key"),
        (renamed("/_attachments", "victim-1.0.0.tgz"), "the attachment's name"),
        (renamed("/_attachments", "mine-2.0.0.tgz"), "the attachment's version"),
        (renamed("/_attachments", "../victim-1.0.0.tgz"), "an attachment elsewhere"),
        (change("/name", json!("Mine")), "other capitals"),
        (change("/name", json!(["mine", "victim"])), "two names"),
        (change("/name", Value::Null), "no name"),
    ] {
        let reply = alice.http("PUT", "/mine").json(&document).send();
        assert_eq!(reply.status, 400, "{what}: {reply:?}");
        assert!(!reply.error().is_empty());
        nothing_is_there(&alice, &["mine"]);
    }
    // A key that occurs twice in one object: two parsers may read different values, so the body is refused.
    let text = publish_document("mine", "1.0.0", None).to_string().replacen('{', r#"{"name":"victim","#, 1);
    alice.http("PUT", "/mine").bytes(text.as_bytes()).send().expect(400);
    nothing_is_there(&alice, &["mine"]);

    // A tarball whose digest is not the digest in the manifest.
    for field in ["integrity", "shasum"] {
        let mut document = publish_document("mine", "1.0.0", None);
        document["versions"]["1.0.0"]["dist"][field] = json!("sha512-AAAA");
        alice.http("PUT", "/mine").json(&document).send().expect(400);
    }
    let mut document = publish_document("mine", "1.0.0", None);
    document["_attachments"]["mine-1.0.0.tgz"]["data"] = json!("not base 64!");
    alice.http("PUT", "/mine").json(&document).send().expect(400);
    // A publish with provenance is refused, and not stored without it.
    let mut document = publish_document("mine", "1.0.0", None);
    document["_attachments"]["mine-1.0.0.sigstore"] =
        json!({ "content_type": "application/json", "data": "{}", "length": 2 });
    alice.http("PUT", "/mine").json(&document).send().expect(400);
    nothing_is_there(&alice, &["mine"]);

    let victim = alice.http("GET", "/victim").send().expect(200).json();
    assert_eq!(victim["versions"].as_object().unwrap().keys().collect::<Vec<_>>(), ["1.0.0"]);
    alice.put("mine", "1.0.0", None);
}

fn a_second_change_hidden_in_a_permitted_one_is_refused_with_it(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("mallory"));
    alice.put("@alice/kit", "1.0.0", Some("public"));
    // A token for CI: a legacy automation token, or the one that takes its place since legacy tokens are retired.
    let ci = alice.ci_job(
        &server,
        &alice.granular(&if edition == FOUNDING {
            json!({ "automation": true })
        } else {
            json!({ "name": "ci", "packages": ["@alice/kit"], "packages_and_scopes_permission": "read-write",
                    "bypass_2fa": true })
        }),
    );
    // An automation token may not do these actions. The granular token may, but for them it does not bypass the second
    // factor.
    let refused = |sent: &Value, what: &str, of_any: &str| {
        let reply = ci.http("PUT", "/@alice%2fkit").json(sent).send();
        let (expected, action) = if edition == FOUNDING {
            ((403, None), format!("may not change {of_any}"))
        } else {
            ((401, Some("OTP")), format!("needed to change the {what} of `@alice/kit`"))
        };
        assert_eq!((reply.status, reply.header("www-authenticate")), expected, "{reply:?}");
        assert!(reply.error().contains(&action), "{reply:?}");
    };
    let read = || alice.http("GET", "/@alice%2fkit").send().expect(200).json();
    let before = read();
    let deprecation = || {
        let mut document = read();
        document["versions"]["1.0.0"]["deprecated"] = json!("old");
        document
    };

    // A deprecation that also changes the owners.
    let mut smuggled = deprecation();
    smuggled["maintainers"] = json!([{ "name": "mallory", "email": "mallory@example.test" }]);
    refused(&smuggled, "maintainers", "maintainers");
    // A deprecation that also makes the package private, or stars it as another user.
    let mut smuggled = deprecation();
    smuggled["access"] = json!("restricted");
    refused(&smuggled, "visibility", "the visibility of packages");
    let mut smuggled = deprecation();
    smuggled["users"] = json!({ "alice": true });
    ci.http("PUT", "/@alice%2fkit").json(&smuggled).send().expect(403);
    // A user can set or remove only the user's own star.
    let star = json!({ "_id": "@alice/kit", "_rev": before["_rev"], "users": { "mallory": true } });
    alice.http("PUT", "/@alice%2fkit").json(&star).send();
    assert_eq!(read()["users"], json!({}));
    // A new version that also makes the package private.
    let mut smuggled = publish_document("@alice/kit", "1.1.0", Some("restricted"));
    refused(&smuggled, "visibility", "the visibility of packages");
    // A new version that also adds a maintainer, or replaces the tarball of an old version.
    smuggled = publish_document("@alice/kit", "1.1.0", None);
    smuggled["maintainers"] = json!([{ "name": "mallory", "email": "" }]);
    refused(&smuggled, "maintainers", "maintainers");
    let mut smuggled = deprecation();
    smuggled["versions"]["1.0.0"]["dist"]["tarball"] = json!("http://192.0.2.1/evil.tgz");
    let reply = alice.http("PUT", "/@alice%2fkit").json(&smuggled).send();
    assert!(reply.status >= 400, "{reply:?}");
    // A version that exists already, with other content.
    let reply = alice.http("PUT", "/@alice%2fkit").json(&publish_document("@alice/kit", "1.0.0", None)).send();
    assert!([400, 403, 409].contains(&reply.status), "{reply:?}");
    // A change of the owners that leaves no owner.
    alice.put("left", "1.0.0", None);
    let left = alice.http("GET", "/left").send().expect(200).json();
    let owners = json!({ "_id": "left", "_rev": left["_rev"], "maintainers": [] });
    let of_left = format!("/left/-rev/{}", left["_rev"].as_str().unwrap());
    let refused = alice.http("PUT", &of_left).json(&owners).send().expect(409);
    assert!(refused.error().contains("without an owner"), "{refused:?}");

    let but_for_the_star = |document: Value| {
        (document["versions"].clone(), document["maintainers"].clone(), document["dist-tags"].clone())
    };
    assert_eq!(but_for_the_star(read()), but_for_the_star(before));
    assert_eq!(alice.http("GET", "/-/package/@alice%2fkit/visibility").send().json()["public"], true);
    let before = read();
    let path = format!("/@alice%2fkit/-rev/{}", before["_rev"].as_str().unwrap());
    bob.http("DELETE", &path).send().expect(403);
    assert_eq!(read(), before);
    // The permitted change alone is made.
    ci.http("PUT", "/@alice%2fkit").json(&deprecation()).send().expect(201);
    assert_eq!(read()["versions"]["1.0.0"]["deprecated"], "old");
}

fn an_outdated_document_cannot_undo_later_changes(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    let old = alice.http("GET", "/left").send().expect(200).json();
    alice.put("left", "1.1.0", None);
    let mut stale = old.clone();
    stale["versions"]["1.0.0"]["deprecated"] = json!("old");
    alice.http("PUT", "/left").json(&stale).send().expect(409);
    let path = format!("/left/-rev/{}", old["_rev"].as_str().unwrap());
    alice.http("PUT", &path).json(&stale).send().expect(409);
    alice.http("DELETE", &path).send().expect(409);
    alice.npm("view left version").succeeds().prints("1.1.0");
}

fn a_name_in_a_path_is_decoded_once_and_has_to_be_valid_then(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("@alice/kit", "1.0.0", None);
    for path in ["/@alice%2fkit", "/@alice%2Fkit", "/%40alice%2fkit", "/@alice/kit", "/%40alice/kit"] {
        assert_eq!(alice.http("GET", path).send().expect(200).json()["name"], "@alice/kit", "{path}");
    }
    for path in [
        "/@alice%252fkit",
        "/%2540alice%2fkit",
        "/..",
        "/.",
        "/%2e%2e",
        "/@alice/..",
        "/@alice%2f..",
        "/@alice%2f%2e%2e%2fkit",
        "/@alice/../kit",
        "//@alice/kit",
        "/@alice//kit",
        "/@alice%2fkit/",
        "/@alice%2fkit%2fmore",
        "/@alice%5ckit",
        "/@alice\\kit",
        "/kit%00",
        "/kit%0a",
        "/kit%",
        "/kit%zz",
        "/@alice",
        "/@%2fkit",
        "/@alice/kit/-/other-1.0.0.tgz",
        "/@alice/kit/-/..%2f..%2fregistry.sqlite",
        "/@alice/kit/-/kit-..%2f1.0.0.tgz",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let request = alice.http(method, path).json(&publish_document("@alice/kit", "6.6.6", None));
            let reply = request.send();
            assert!([400, 404, 405].contains(&reply.status), "{method} {path}: {reply:?}");
            if method == "GET" {
                // A file that is not a tarball of the package does not exist.
                let expected = if path.contains("/-/") { &[400, 404][..] } else { &[400] };
                assert!(expected.contains(&reply.status), "{method} {path}: {reply:?}");
                assert!(!reply.error().is_empty());
            }
        }
    }
    let now = alice.http("GET", "/@alice%2fkit").send().expect(200).json();
    assert_eq!(now["versions"].as_object().unwrap().len(), 1);
}

fn bodies_have_limits_and_a_bad_one_gets_an_error_text(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let mib = 1024 * 1024;
    let announced = |method: &str, path: &str, length: usize| {
        // Only the length is sent, and never the body: the length alone is refused.
        alice.http(method, path).header("expect", "100-continue").header("content-length", &length.to_string()).send()
    };
    assert!(announced("PUT", "/left", 65 * mib).expect(413).error().contains("a tarball of less than 50331648 bytes"));
    assert!(announced("POST", "/-/npm/v1/tokens", 65 * 1024).expect(413).error().contains("too large"));
    let mut padded = json!({ "password": "x" });
    padded["padding"] = json!("x".repeat(100 * 1024));
    alice.http("POST", "/-/npm/v1/tokens").json(&padded).send().expect(413);
    // A body without a length is counted while it arrives.
    alice.http("POST", "/-/npm/v1/tokens").chunk("x".repeat(70 * 1024).as_bytes()).send().expect(413);

    for (body, what) in [
        ("", "nothing"),
        ("{", "half an object"),
        ("[]", "another kind"),
        ("null", "null"),
        ("{\"password\":\"a\",\"password\":\"b\"}", "a key twice"),
        ("{} {}", "two objects"),
        ("\u{feff}{}", "a byte order mark"),
    ] {
        let reply = alice.http("POST", "/-/npm/v1/tokens").bytes(body.as_bytes()).send();
        assert_eq!(reply.status, 400, "{what}: {reply:?}");
        assert!(!reply.error().is_empty(), "{what}: {reply:?}");
        alice.http("PUT", "/left").bytes(body.as_bytes()).send().expect(400);
    }
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    alice.http("PUT", "/left").bytes(deep.as_bytes()).send().expect(400);
    alice.http("PUT", "/left").bytes(b"\xff\xfe{}").send().expect(400);
    let zipped = alice.http("PUT", "/left").header("content-encoding", "gzip").bytes(b"\x1f\x8b");
    zipped.send().expect(415);
    // A caller who may not write is refused before the server reads the body, and is not asked to send it.
    server.http("PUT", "/left").bytes(b"{").send().expect(401);
    let announced = server.http("PUT", "/left").header("expect", "100-continue");
    announced.header("content-length", "100").send().expect(401);
    server.http("GET", "/-/no/such/endpoint").send().expect(404).error();
    server.http("PATCH", "/left").send().expect(405).error();
    alice.npm("ping").succeeds();
}

fn a_request_inside_the_body_of_another_one_is_not_answered(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("@alice/diary", "1.0.0", None);
    let inner = format!("GET /@alice%2fdiary HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", alice.token());
    for target in ["PUT /left", "POST /-/npm/v1/tokens", "GET /-/ping", "GET /no%00thing", "PUT /-/org/acme/user"] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head =
            format!("{target} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n\r\n", server.address(), inner.len());
        stream.write_all(format!("{head}{inner}").as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
        let mut answer = Vec::new();
        // Reads to the end of the stream, or until the timeout.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{target}: {answer}");
        assert!(!answer.contains("diary"), "{target}: {answer}");
    }
}

fn unreadable_credentials_count_as_an_unknown_token_and_not_as_none(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("@alice/diary", "1.0.0", None);
    alice.put("left", "1.0.0", None);
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("alice:{}", alice.password())));
    // A name and a password are accepted only by a login, and the texts say so.
    alice.put("open", "1.0.0", Some("public"));
    let with_basic = |method: &str, path: &str| server.http(method, path).header("authorization", &basic).send();
    for (method, path) in [("GET", "/-/whoami"), ("PUT", "/-/package/open/dist-tags/x")] {
        let reply = with_basic(method, path).expect(401);
        assert!(reply.error().starts_with("a name and a password are accepted only by a login:"), "{reply:?}");
        assert_eq!(reply.header("npm-notice"), Some(reply.error().as_str()));
    }
    let read = with_basic("GET", "/open").expect(200);
    assert!(read.header("npm-notice").is_some_and(|notice| notice.contains("password were ignored")), "{read:?}");
    // It does not tell a private package from one that does not exist.
    alice.put("@alice/hidden", "1.0.0", None);
    let [hidden, missing] = ["/@alice%2fhidden", "/@alice%2fabsent"].map(|path| with_basic("GET", path).expect(401));
    assert_eq!((hidden.error(), hidden.header("npm-notice")), (missing.error(), missing.header("npm-notice")));
    let doubled = format!("Bearer {} {}", alice.token(), alice.token());
    for value in [basic.as_str(), &doubled, "Bearer", "Bearer ", "", "bearer: x", alice.token(), "Digest x"] {
        let get = |path: &str| server.http("GET", path).header("authorization", value).send();
        // Without a token the status would be 404. With an unknown token it is 401, whether or not the package exists.
        for path in ["/-/whoami", "/@alice%2fdiary"] {
            let reply = get(path);
            assert_eq!(reply.status, 401, "{value}: {reply:?}");
        }
        let reply = get("/left").expect(200);
        assert!(reply.header("npm-notice").is_some_and(|notice| notice.contains("ignored")), "{value}: {reply:?}");
    }
    // Two `authorization` headers count as an unknown token, even if one of them is valid.
    let two = server.http("GET", "/-/whoami").bearer("npm_wrong").bearer(alice.token());
    two.send().expect(401);
    for (command, auth_type) in [("npm-command", "publish"), ("npm-auth-type", "web"), ("x-user", "alice")] {
        server.http("GET", "/@alice%2fdiary").header(command, auth_type).send().expect(404);
    }
}

fn no_secret_is_in_the_log(edition: &str) {
    let server = Server::under_with(edition, &["--trusted-proxy", "127.0.0.1/32"]);
    let alice = server.person_without_2fa("alice");
    let app = alice.enable_2fa("auth-and-writes");
    let code = app.code();
    alice.http("PUT", "/left").otp(&code).json(&publish_document("left", "1.0.0", None)).send().expect(201);
    let wrong = app.wrong_code();
    alice.http("PUT", "/left").otp(&wrong).json(&publish_document("left", "1.0.1", None)).send().expect(401);
    let body = json!({ "name": "ci", "password": alice.password(), "packages_all": true,
                       "packages_and_scopes_permission": "read-only" });
    let reply = alice.http("POST", "/-/npm/v1/tokens").otp(&code).json(&body).send().expect(201);
    let made = reply.json()["token"].as_str().unwrap().to_owned();
    server.http("GET", "/left").bearer(&made).send().expect(200);
    let unknown = "npm_thisIsNoTokenOfAnybodyAtAll0000000000";
    server.http("GET", "/left").bearer(unknown).send().expect(200);
    server.http("GET", "/-/whoami").bearer(unknown).send().expect(401);
    alice.http("DELETE", &format!("/-/npm/v1/tokens/token/{unknown}")).otp(&code).send().expect(404);
    alice.http("DELETE", &format!("/-/npm/v1/tokens/token/{made}")).otp(&code).send().expect(204);
    // Secrets in unexpected places of a request.
    server.http("GET", &format!("/-/v1/search?text={unknown}")).send().expect(200);
    server.http("GET", &format!("/-/user/token/{unknown}")).send();
    server.http("PUT", "/-/user/org.couchdb.user:bob").bytes(br#"{"password":"a-broken-document"#).send().expect(400);
    let mut document = publish_document("left", "1.0.2", None);
    document["_id"] = json!("a-secret-in-a-document");
    alice.http("PUT", "/left").otp(&code).json(&document).send().expect(400);
    alice.http("DELETE", &format!("/-/user/token/{}", alice.token())).send().expect(200);
    server.http("GET", "/-/ping").header("cookie", "a-cookie-of-mine").send().expect(200);
    server.wait_for_log("endpoint=\"ping\"");
    let log = server.log();
    let password = alice.password();
    let token = alice.token().to_owned();
    for secret in [
        token.as_str(),
        &made,
        &password,
        unknown,
        "a-broken-document",
        "a-cookie-of-mine",
        "a-secret-in-a-document",
        "the tarball of left",
        "/-/user/token",
        "authorization",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    // Times and public ids may contain the digits of a code, so the log is searched for a whole word.
    let mut words = log.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
    assert!(words.all(|word| word != code && word != wrong), "{code} or {wrong} in {log}");
}
