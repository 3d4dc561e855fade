//! The real npm, against a registry that knows no tokens, behind the guard.
#![expect(clippy::unwrap_used, reason = "a failure of the test's own set-up fails the test")]

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path as InPath, State},
    http::StatusCode,
    routing::get,
};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tollgate::{
    Package, Policy, Secret, StoredToken, Token, User,
    facts::{StoredPackage, StoredUser, TwoFactorMode},
    npm::TrustedProxies,
    testing::{granular, legacy, only, package, user},
    token::LegacyKind,
    value::GrantedPermission,
};
use tollgate_guard::{Guard, Patterns, handle};

/// What the registry behind the guard was asked to write.
type Written = Arc<Mutex<Vec<Value>>>;

/// A registry without tokens: it has two packages, and accepts whatever it is sent.
fn registry(written: Written) -> Router {
    let document = |name: &str| {
        json!({
            "_id": name, "name": name, "_rev": "1-0", "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": {"name": name, "version": "1.0.0", "dist": {"tarball": "http://localhost/x.tgz"}}},
            "maintainers": [{"name": "alice"}],
        })
    };
    let put = |State(written): State<Written>, Json(sent): Json<Value>| async move {
        if sent.pointer("/versions/1.0.0").is_some() {
            return (StatusCode::CONFLICT, Json(json!({"error": "the version is published already"})));
        }
        written.lock().unwrap().push(sent);
        (StatusCode::CREATED, Json(json!({"ok": true})))
    };
    let read = move |InPath(name): InPath<String>| async move {
        if ["left-pad", "web-app"].contains(&&*name) {
            Ok(Json(document(&name)))
        } else {
            Err((StatusCode::NOT_FOUND, Json(json!({"error": "not found"}))))
        }
    };
    Router::new().route("/{package}", get(read).put(put)).with_state(written)
}

struct Served {
    address: SocketAddr,
    written: Written,
    _runtime: tokio::runtime::Runtime,
}

/// Starts the registry behind the guard, with these rows. A token's secret is 40 times its letter.
fn serve(users: &[User], tokens: &[(char, Token)], packages: &[Package], patterns: Option<Patterns>) -> Served {
    let rows = Connection::open_in_memory().unwrap();
    rows.execute_batch(
        "CREATE TABLE users (name TEXT PRIMARY KEY, record TEXT NOT NULL);
         CREATE TABLE tokens (digest TEXT PRIMARY KEY, record TEXT NOT NULL);
         CREATE TABLE packages (name TEXT PRIMARY KEY, record TEXT NOT NULL);",
    )
    .unwrap();
    let insert = |table: &str, key: &str, record: String| {
        rows.execute(&format!("INSERT INTO {table} VALUES (?1, ?2)"), params![key, record]).unwrap();
    };
    for user in users {
        insert("users", user.name().as_str(), json!(StoredUser::from(user)).to_string());
    }
    for (letter, token) in tokens {
        let digest = Secret::new(&secret(*letter)).unwrap().digest().to_hex();
        insert("tokens", &digest, json!(StoredToken::from(token)).to_string());
    }
    for package in packages {
        insert("packages", package.name().as_str(), json!(StoredPackage::from(package)).to_string());
    }
    insert("packages", "broken", "{\"version\": 1}".to_owned());
    let written = Written::default();
    let registry = registry(Arc::clone(&written));
    let (rows, proxies) = (Mutex::new(rows), TrustedProxies::default());
    let guard = Guard { rows, policy: Policy::NPM_2025_10, proxies, patterns, registry };
    let app = Router::new().fallback(handle).with_state(Arc::new(guard));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async move { axum::serve(listener, service).await.unwrap() });
    Served { address, written, _runtime: runtime }
}

fn secret(letter: char) -> String {
    letter.to_string().repeat(40)
}

/// Runs npm in this folder with the token of this letter. Returns whether it succeeded, and what it printed.
fn npm(served: &Served, folder: &Path, letter: Option<char>, arguments: &[&str]) -> (bool, String) {
    let registry = format!("//{}/", served.address);
    let token = letter.map(|letter| format!("{registry}:_authToken={}\n", secret(letter))).unwrap_or_default();
    fs::write(folder.join("user.npmrc"), format!("registry=http:{registry}\n{token}")).unwrap();
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("npm_config_userconfig", folder.join("user.npmrc"))
        .env("npm_config_cache", folder.join("cache"))
        .env("npm_config_update_notifier", "false")
        .env("npm_config_fetch_retries", "0")
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
}

#[test]
fn npm_publishes_with_the_right_token_and_is_refused_with_the_wrong_one() {
    let alice = user("alice").two_factor(TwoFactorMode::Disabled).build();
    let careful = user("carol").two_factor(TwoFactorMode::AuthAndWrites).build();
    let served = serve(
        &[alice, careful],
        &[
            ('p', legacy(LegacyKind::Publish, "alice").build()),
            ('r', legacy(LegacyKind::ReadOnly, "alice").build()),
            (
                'o',
                granular("ci", "alice")
                    .packages(GrantedPermission::ReadWrite, only(&["right-pad"]))
                    .expires("2999-01-01T00:00:00Z")
                    .build(),
            ),
            ('c', legacy(LegacyKind::Publish, "carol").build()),
        ],
        &[package("left-pad")
            .user("alice", GrantedPermission::ReadWrite)
            .user("carol", GrantedPermission::ReadWrite)
            .build()],
        None,
    );
    let folder = tempfile::tempdir().unwrap();
    let manifest = |version| json!({"name": "left-pad", "version": version}).to_string();
    fs::write(folder.path().join("package.json"), manifest("2.0.0")).unwrap();
    let run = |letter, arguments: &[&str]| npm(&served, folder.path(), letter, arguments);
    for (letter, arguments, text) in [
        // A public package is read by everyone, with a token or without one.
        (None, &["view", "left-pad", "version"][..], Ok("1.0.0")),
        (Some('r'), &["view", "left-pad", "version"], Ok("1.0.0")),
        (Some('x'), &["view", "left-pad", "version"], Ok("1.0.0")),
        (None, &["publish"], Err("ENEEDAUTH")),
        (Some('x'), &["publish"], Err("E401")),
        (Some('r'), &["publish"], Err("a legacy read-only access token may not publish")),
        (Some('o'), &["publish"], Err("E403")),
        (Some('c'), &["publish"], Err("EOTP")),
        (Some('r'), &["deprecate", "left-pad@1.0.0", "old"], Err("may not")),
        // What would change the guard's own rows is not offered.
        (Some('p'), &["owner", "add", "bob", "left-pad"], Err("E404")),
        (Some('p'), &["star", "left-pad"], Err("this registry does not offer this")),
        (Some('p'), &["search", "left"], Err("this registry does not offer this")),
        (Some('p'), &["view", "broken"], Err("E500")),
        (Some('p'), &["publish"], Ok("+ left-pad@2.0.0")),
        (Some('p'), &["deprecate", "left-pad@1.0.0", "old"], Err("this registry does not offer this")),
        (Some('p'), &["dist-tag", "add", "left-pad@1.0.0", "old"], Err("E404")),
    ] {
        let before = served.written.lock().unwrap().len();
        let (succeeded, printed) = run(letter, arguments);
        let expected = text.unwrap_or_else(|text| text);
        assert_eq!(succeeded, text.is_ok(), "{letter:?} {arguments:?}: {printed}");
        assert!(printed.contains(expected), "{letter:?} {arguments:?}: {printed}");
        let is_write = arguments[0] != "view";
        let written = served.written.lock().unwrap().len() - before;
        assert_eq!(written, usize::from(succeeded && is_write), "{letter:?} {arguments:?}: {printed}");
    }
    let written = served.written.lock().unwrap();
    let [published] = written.as_slice() else { panic!("{written:?}") };
    let attachment = &published["_attachments"]["left-pad-2.0.0.tgz"];
    let digits = attachment["data"].as_str().unwrap().trim_end_matches('=').len();
    assert_eq!(attachment["length"], digits * 3 / 4);
    assert_eq!(published["dist-tags"], json!({"latest": "2.0.0"}));
    let keys: Vec<&String> = published.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["_attachments", "_id", "dist-tags", "name", "versions"], "nothing else that npm sends");
}

/// Rights by patterns and groups take the place of the grants on record (C7). The token is checked as always.
#[test]
fn patterns_and_groups_decide_what_their_users_may_publish() {
    let patterns = json!({
        "groups": {"web": ["alice"], "readers": ["bob"]},
        "rules": [
            {"pattern": "web-*", "group": "web", "may": ["read-package", "publish-version"]},
            {"pattern": "*", "group": "readers", "may": ["read-package"]},
        ],
    });
    let served = serve(
        &[user("alice").build(), user("bob").build()],
        &[
            ('a', legacy(LegacyKind::Publish, "alice").build()),
            ('r', legacy(LegacyKind::ReadOnly, "alice").build()),
            ('b', legacy(LegacyKind::Publish, "bob").build()),
        ],
        // The grant on record would let alice publish it, and no pattern does.
        &[
            package("left-pad").private().user("alice", GrantedPermission::ReadWrite).build(),
            package("web-app").build(),
        ],
        Some(serde_json::from_value(patterns).unwrap()),
    );
    let folder = tempfile::tempdir().unwrap();
    for (letter, name, arguments, text) in [
        ('a', "web-app", &["publish"][..], Ok("+ web-app@2.0.0")),
        ('r', "web-app", &["publish"], Err("a legacy read-only access token may not publish")),
        ('b', "web-app", &["publish"], Err("E403")),
        ('a', "api", &["publish"], Err("E403")),
        ('a', "left-pad", &["publish"], Err("E404")),
        ('a', "left-pad", &["view", "left-pad", "version"], Err("E404")),
        ('b', "left-pad", &["view", "left-pad", "version"], Ok("1.0.0")),
    ] {
        let manifest = json!({"name": name, "version": "2.0.0"}).to_string();
        fs::write(folder.path().join("package.json"), manifest).unwrap();
        let (succeeded, printed) = npm(&served, folder.path(), Some(letter), arguments);
        assert_eq!(succeeded, text.is_ok(), "{letter} {name} {arguments:?}: {printed}");
        assert!(printed.contains(text.unwrap_or_else(|text| text)), "{letter} {name} {arguments:?}: {printed}");
    }
    assert_eq!(served.written.lock().unwrap().len(), 1);
}

/// Requests that no npm sends: none of them reaches the registry, and no answer hides a fault.
#[test]
fn odd_requests_do_not_reach_the_registry() {
    let served = serve(
        &[user("alice").build()],
        &[('p', legacy(LegacyKind::Publish, "alice").build())],
        &[package("left-pad").user("alice", GrantedPermission::ReadWrite).build()],
        None,
    );
    let publish = |name: &str, version: &str| {
        json!({
            "_id": name, "name": name, "dist-tags": {"latest": version},
            "versions": {version: {"name": name, "version": version}},
            "_attachments": {format!("{name}-{version}.tgz"): {"data": "YQ==", "length": 1}},
        })
        .to_string()
    };
    let star = json!({"_id": "left-pad", "_rev": "1-0", "users": {"bob": true}});
    let maintainers = json!({"_id": "left-pad", "_rev": "1-0", "maintainers": [{"name": "alice"}, {"name": "bob"}]});
    let token = format!("authorization: Bearer {}\r\n", secret('p'));
    for (method, path, headers, body, status) in [
        // A package that has no row may exist in the registry, so nothing is created.
        ("PUT", "/new", &*token, publish("new", "1.0.0"), 404),
        // The version is there already.
        ("PUT", "/left-pad", &token, publish("left-pad", "1.0.0"), 409),
        // The body names another package than the path.
        ("PUT", "/left-pad", &token, publish("right-pad", "2.0.0"), 400),
        ("POST", "/-/stage/package/left-pad", &token, publish("right-pad", "2.0.0"), 404),
        ("POST", "/-/stage/package/left-pad", &token, publish("left-pad", "2.0.0"), 404),
        // A row that does not load: a fault, not a package that does not exist.
        ("PUT", "/broken", &token, publish("broken", "2.0.0"), 500),
        // What alice may do, and what would change the guard's own rows or is not compared with them.
        ("PUT", "/left-pad", &token, star.to_string(), 404),
        ("PUT", "/left-pad", &token, maintainers.to_string(), 404),
        ("PUT", "/left-pad", &token, "{".to_owned(), 400),
        ("PUT", "/left-pad", &format!("{token}{token}"), publish("left-pad", "2.0.0"), 401),
        ("PUT", "/left-pad", "authorization: Basic YTpi\r\n", publish("left-pad", "2.0.0"), 401),
        ("GET", "/-/v1/search?text=left", "", String::new(), 404),
        ("DELETE", "/left-pad/-rev/1-0", &token, String::new(), 404),
        ("POST", "/-/npm/v1/tokens", &token, "{}".to_owned(), 404),
    ] {
        assert_eq!(raw(&served, method, path, headers, &body), status, "{method} {path}");
        assert!(served.written.lock().unwrap().is_empty(), "{method} {path}");
    }
    // The registry gets neither the token nor the client's other headers: this body is JSON for it, whatever they say.
    let odd = format!("{token}content-type: text/plain\r\n");
    assert_eq!(raw(&served, "PUT", "/left-pad", &odd, &publish("left-pad", "2.0.0")), 201);
    assert_eq!(served.written.lock().unwrap().len(), 1);
    // What tollgate does not read of a publish does not get there, nor does the host that the client wrote.
    let mut sent: Value = serde_json::from_str(&publish("left-pad", "3.0.0")).unwrap();
    for (key, value) in [("_deleted", json!(true)), ("owners", json!(["bob"])), ("time", json!({"unpublished": {}}))] {
        sent[key] = value;
    }
    assert_eq!(raw(&served, "PUT", "http://u:p@elsewhere.test/left-pad", &token, &sent.to_string()), 201);
    let written = served.written.lock().unwrap();
    let keys: Vec<&String> = written[1].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["_attachments", "_id", "dist-tags", "name", "versions"]);
}

/// npm sends its token with each request. A public package is read without a token that is not good, and the client is told.
#[test]
fn a_read_without_the_bad_token_says_so() {
    let served = serve(&[user("alice").build()], &[], &[package("left-pad").build()], None);
    let token = format!("authorization: Bearer {}\r\n", secret('x'));
    for (headers, has) in [("", false), (&*token, true)] {
        let response = raw_response(&served, "GET", "/left-pad", headers, "");
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert_eq!(response.contains("npm-notice: the access token was ignored: "), has, "{response}");
    }
}

/// Sends one request by hand, and returns the status of the response.
fn raw(served: &Served, method: &str, path: &str, headers: &str, body: &str) -> u16 {
    raw_response(served, method, path, headers, body).split(' ').nth(1).unwrap().parse().unwrap()
}

fn raw_response(served: &Served, method: &str, path: &str, headers: &str, body: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(served.address).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    String::from_utf8_lossy(&response).into_owned()
}

/// What is the user's own stays short: the guard, and rights of a registry's own kind.
#[test]
fn the_guard_is_at_most_140_lines_and_the_patterns_at_most_120() {
    let lines =
        |source: &str| source.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//")).count();
    assert!(lines(include_str!("../src/lib.rs")) <= 140);
    assert!(lines(include_str!("../src/patterns.rs")) <= 120);
}
