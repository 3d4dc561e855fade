//! Attacks of a stranger, a free account, a stolen token or another user of the machine, and what the server does about
//! them. `SECURITY.md` lists them. The sizes are those of attacks that succeeded against an earlier version.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{
    Person, Server,
    database::{WriteLock, rewrite_tokens_of},
    person::{login_document, password_of, publish_document, publish_document_with},
    tarball::{gzip, large_tarball, tarball_head},
    totp::Authenticator,
    under_both_editions,
};

under_both_editions!(
    a_code_is_used_up_by_a_request_that_fails,
    a_read_does_not_wait_for_writers,
    a_revocation_and_a_suspension_do_not_wait_in_the_queue_of_writers,
    slow_uploads_do_not_keep_others_from_publishing,
    the_body_of_an_audit_is_not_kept,
    slow_readers_share_a_budget,
    a_document_does_not_grow_beyond_its_limit,
    a_search_builds_no_documents,
    guesses_of_strangers_do_not_delay_a_login_from_a_known_address,
    a_refused_publish_leaves_no_tarball_and_an_unpublished_one_is_collected,
    revoke_tokens_revokes_a_token_that_was_created_in_the_future,
    the_data_is_for_its_owner_only,
    a_star_does_not_outdate_the_document,
    a_tarball_that_unpacks_to_very_much_is_refused_soon,
    names_that_mean_something_to_programs_are_refused,
);

/// The limit for work that takes milliseconds in a release build without load.
const SECOND: Duration = Duration::from_secs(1);

/// Runs `attack` in this many threads, again and again, while `meanwhile` runs.
fn under<T>(threads: usize, attack: impl Fn(usize) + Send + Sync, meanwhile: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..threads {
            let (stop, attack) = (&stop, &attack);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    attack(number);
                }
            });
        }
        thread::sleep(Duration::from_millis(500));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(meanwhile));
        stop.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// How long the work took.
fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// How many MiB the process of the server has in memory.
fn memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn revision(person: &Person, path: &str) -> String {
    person.http("GET", path).send().expect(200).json()["_rev"].as_str().unwrap().to_owned()
}

fn a_code_is_used_up_by_a_request_that_fails(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let laptop = alice.with(
        &server,
        &alice.granular(&json!({
            "name": "laptop", "packages_all": true, "packages_and_scopes_permission": "read-write",
        })),
    );
    let change = |change: Value| alice.http("POST", "/-/npm/v1/user").json(&change).send().expect(200).json();
    let enrolment = change(json!({ "tfa": { "password": alice.password(), "mode": "auth-and-writes" } }));
    let app = Authenticator::scan(enrolment["tfa"].as_str().unwrap());
    let done = change(json!({ "tfa": [app.code_beside(-1)] }));
    let recovery = done["tfa"][0].as_str().unwrap().to_owned();
    let code = app.code();
    alice.put_with_code("left", "1.0.0", &code);

    let tag = |person: &Person, version: &str, code: &str| {
        person.http("PUT", "/-/package/left/dist-tags/next").otp(code).json(&json!(version)).send()
    };
    let code = app.code_beside(1);
    tag(&alice, "9.9.9", &code).expect(404);
    tag(&laptop, "1.0.0", &code).expect(401);
    let document = login_document("alice", &alice.password(), None);
    let login = server.http("PUT", "/-/user/org.couchdb.user:alice/-rev/1-0").basic("alice", &alice.password());
    login.otp(&code).json(&document).send().expect(401);
    // The token that has used the code may use it again, because one command of npm sends several requests.
    tag(&alice, "1.0.0", &code).expect(201);
    // A recovery code is used up even by a request that fails. Under the later edition it puts the account on hold.
    let failed = tag(&alice, "9.9.9", &recovery);
    assert!([403, 404].contains(&failed.status), "{failed:?}");
    let again = tag(&alice, "1.0.0", &recovery);
    assert!([401, 403].contains(&again.status), "{again:?}");
}

fn a_read_does_not_wait_for_writers(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    let lock = WriteLock::take(&server);
    let waiting = under(
        20,
        |_| {
            server.http("POST", "/-/v1/login").json(&json!({})).try_send();
        },
        || {
            let waited = time(|| drop(alice.http("GET", "/left").send().expect(200)));
            lock.release();
            waited
        },
    );
    assert!(waiting < SECOND, "a read waited for {waiting:?}");
}

fn a_revocation_and_a_suspension_do_not_wait_in_the_queue_of_writers(edition: &str) {
    let server = Server::under(edition);
    let (alice, mallory) = (server.person("alice"), server.person("mallory"));
    alice.put("left", "1.0.0", None);
    mallory.put("evil", "1.0.0", None);
    let revision = revision(&mallory, "/evil");
    let users: serde_json::Map<String, Value> = (0..100_000).map(|user| (format!("u{user}"), true.into())).collect();
    let star = json!({ "_id": "evil", "_rev": revision, "users": users }).to_string();
    let lost = alice.granular(&json!({
        "name": "lost", "packages_all": true, "packages_and_scopes_permission": "read-only",
    }));
    let listed = alice.http("GET", "/-/npm/v1/tokens").send().expect(200).json();
    let key =
        listed["objects"].as_array().unwrap().iter().find(|token| token["name"] == "lost").unwrap()["key"].clone();
    let lost = Person::at(&server, "alice", Some(&lost));
    lost.http("GET", "/-/whoami").send().expect(200);
    let attack = |number: usize| {
        let request = match number % 3 {
            0 => mallory.http("PUT", "/evil").bytes(star.as_bytes()),
            1 => mallory.http("PUT", "/-/package/evil/dist-tags/a").json(&json!("1.0.0")),
            _ => server.http("POST", "/-/v1/login").json(&json!({})),
        };
        drop(request.try_send());
    };
    let path = format!("/-/npm/v1/tokens/token/{}", key.as_str().unwrap());
    let (revoked, suspended) = under(12, attack, || {
        let revoked = time(|| drop(alice.http("DELETE", &path).send().expect(204)));
        let suspended = time(|| {
            let output = server.command(&["user", "suspend", "alice"], "");
            assert!(output.status.success(), "{output:?}");
        });
        (revoked, suspended)
    });
    lost.http("GET", "/-/whoami").send().expect(401);
    // The attackers and the server share the cores of the machine, so the limit is high.
    assert!(revoked < SECOND, "a revocation took {revoked:?}");
    assert!(suspended < SECOND, "a suspension took {suspended:?}");
}

fn slow_uploads_do_not_keep_others_from_publishing(edition: &str) {
    let server = Server::under(edition);
    let (alice, mallory) = (server.person("alice"), server.person("mallory"));
    let mut streams = Vec::new();
    for number in 0..40 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = format!(
            "PUT /evil{number} HTTP/1.1\r\nhost: {}\r\n{}content-length: 60000000\r\n\r\n{{",
            server.address(),
            mallory.header_lines(),
        );
        stream.write_all(head.as_bytes()).unwrap();
        streams.push(stream);
    }
    thread::sleep(Duration::from_millis(300));
    let document = publish_document_with("left", "1.0.0", &large_tarball("left", "1.0.0", 3_000_000));
    let waited = time(|| drop(alice.http("PUT", "/left").json(&document).send().expect(201)));
    assert!(waited < 3 * SECOND, "a publish took {waited:?}");
    // An upload that makes no progress is ended.
    let first = &mut streams[0];
    first.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = String::new();
    let waited = time(|| drop(first.read_to_string(&mut answer)));
    assert!(answer.starts_with("HTTP/1.1 408 ") && waited < 15 * SECOND, "{answer:?} after {waited:?}");
}

fn the_body_of_an_audit_is_not_kept(edition: &str) {
    let server = Server::under(edition);
    let length = 8 * 1024 * 1024;
    let spaces = vec![b' '; length - 1];
    let mut streams = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = format!(
            "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nhost: {}\r\ncontent-length: {length}\r\n\r\n",
            server.address(),
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&spaces).unwrap();
        streams.push(stream);
    }
    let memory = memory(&server);
    assert!(memory < 200, "{memory} MiB for 400 MiB of bodies that are not read");
    // Such a request is answered when its body is complete.
    let first = &mut streams[0];
    first.write_all(b" ").unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 404");
}

/// Publishes this many versions of a package. Returns a document that deprecates each with a message of 128 KiB.
fn with_messages(person: &Person, name: &str, messages: usize) -> Value {
    for number in 0..messages {
        person.put(name, &format!("{number}.0.0"), None);
    }
    let document = person.http("GET", &format!("/{name}")).send().expect(200).json();
    let message = "x".repeat(128 * 1024);
    let mut versions = document["versions"].clone();
    for version in versions.as_object_mut().unwrap().values_mut() {
        version["deprecated"] = message.clone().into();
    }
    json!({
        "_id": name, "_rev": document["_rev"], "name": name, "versions": versions,
        "dist-tags": document["dist-tags"],
    })
}

fn a_document_does_not_grow_beyond_its_limit(edition: &str) {
    let server = Server::under(edition);
    let mallory = server.person("mallory");
    let document = with_messages(&mallory, "bomb", 130);
    let refused = mallory.http("PUT", "/bomb").json(&document).send().expect(413);
    assert!(refused.error().contains("expected at most 16777216"), "{refused:?}");
    let after = mallory.http("GET", "/bomb").send().expect(200);
    assert!(after.body.len() < 1024 * 1024, "nothing was changed");
    // A document that grows in two steps is refused at the limit too.
    let mut smaller = document.clone();
    for (version, manifest) in smaller["versions"].as_object_mut().unwrap() {
        if version.starts_with('1') {
            manifest.as_object_mut().unwrap().remove("deprecated");
        }
    }
    mallory.http("PUT", "/bomb").json(&smaller).send().expect(201);
    let mut rest = document;
    rest["_rev"] = revision(&mallory, "/bomb").into();
    mallory.http("PUT", "/bomb").json(&rest).send().expect(413);
}

fn slow_readers_share_a_budget(edition: &str) {
    let server = Server::under(edition);
    let (alice, mallory) = (server.person("alice"), server.person("mallory"));
    alice.put("left", "1.0.0", None);
    let document = with_messages(&mallory, "bomb", 100);
    mallory.http("PUT", "/bomb").json(&document).send().expect(201);
    let streams: Vec<TcpStream> = (0..60)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            write!(stream, "GET /bomb HTTP/1.1\r\nhost: {}\r\n\r\n", server.address()).unwrap();
            stream
        })
        .collect();
    thread::sleep(2 * SECOND);
    let memory = memory(&server);
    // 60 documents of 12 MiB take 720 MiB, and as much again while they are built.
    assert!(memory < 450, "{memory} MiB for slow readers");
    let waited = time(|| drop(alice.http("GET", "/left").send().expect(200)));
    assert!(waited < 3 * SECOND, "a read took {waited:?}");
    drop(streams);
}

fn a_search_builds_no_documents(edition: &str) {
    let server = Server::under(edition);
    let mallory = server.person("mallory");
    for name in ["bomb-1", "bomb-2", "bomb-3"] {
        let document = with_messages(&mallory, name, 60);
        mallory.http("PUT", &format!("/{name}")).json(&document).send().expect(201);
    }
    let search = |_| drop(server.http("GET", "/-/v1/search?text=bomb&size=1").send().expect(200));
    let (ping, memory) = under(16, search, || {
        let waits = (0..5).map(|_| time(|| drop(server.http("GET", "/-/ping").send().expect(200))));
        (waits.max().unwrap(), memory(&server))
    });
    assert!(ping < SECOND, "a ping took {ping:?}");
    assert!(memory < 250, "{memory} MiB for searches");
}

fn guesses_of_strangers_do_not_delay_a_login_from_a_known_address(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let log_in = |name: &str, password: &str| {
        let path = format!("/-/user/org.couchdb.user:{name}/-rev/1-0");
        server.http("PUT", &path).basic(name, password).json(&login_document(name, password, None)).try_send()
    };
    // The address of this machine is known to Alice's account, and to no account of the names that are guessed.
    let guess = |number: usize| drop(log_in(&format!("nobody{number}"), "a wrong password"));
    let waited = under(100, guess, || {
        time(|| drop(log_in(alice.name(), &password_of(alice.name())).expect("an answer").expect(201)))
    });
    assert!(waited < 3 * SECOND, "a login took {waited:?}");
}

fn a_refused_publish_leaves_no_tarball_and_an_unpublished_one_is_collected(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let tarballs = server.data_folder().join("tarballs");
    alice.put("left", "1.0.0", None);
    alice.put("left", "1.0.1", None);
    assert_eq!(files(&tarballs).len(), 2);
    // A tag that could be read as a range of versions is refused late, after the tarball was received.
    let mut document = publish_document("left", "2.0.0", None);
    document["dist-tags"] = json!({ "1.0": "2.0.0" });
    alice.http("PUT", "/left").json(&document).send().expect(400);
    document = publish_document("new", "2.0.0", None);
    document["dist-tags"] = json!({ "1.0": "2.0.0" });
    alice.http("PUT", "/new").json(&document).send().expect(400);
    alice.http("PUT", "/left").json(&publish_document("left", "1.0.0", None)).send().expect(409);
    server.person("bob").http("PUT", "/left").json(&publish_document("left", "3.0.0", None)).send().expect(403);
    assert_eq!(files(&tarballs).len(), 2);
    // An unpublished version no longer needs its tarball. The server removes such tarballs at its start.
    let path = format!("/left/-/left-1.0.1.tgz/-rev/{}", revision(&alice, "/left"));
    alice.http("DELETE", &path).send().expect(200);
    assert_eq!(files(&tarballs).len(), 2);
    let server = server.killed_and_restarted();
    server.wait_for_log("removed 1 tarballs");
    assert_eq!(files(&tarballs).len(), 1);
    server.http("GET", "/left/-/left-1.0.0.tgz").send().expect(200);
}

fn revoke_tokens_revokes_a_token_that_was_created_in_the_future(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    let ahead = time::OffsetDateTime::now_utc() + Duration::from_secs(5);
    let ahead = ahead.format(&time::format_description::well_known::Rfc3339).unwrap();
    rewrite_tokens_of(&server, "alice", |stored| stored["created"] = ahead.clone().into());
    alice.http("GET", "/-/whoami").send().expect(200);
    assert!(server.command(&["user", "revoke-tokens", "alice"], "").status.success());
    alice.http("GET", "/-/whoami").send().expect(401);
    thread::sleep(Duration::from_secs(6));
    alice.http("GET", "/-/whoami").send().expect(401);
}

fn the_data_is_for_its_owner_only(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    let data = server.data_folder();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let found = files(&data);
    assert!(found.len() >= 3, "the database, its log and a tarball: {found:?}");
    for file in found {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    // The program does not start if another user has access.
    for (path, open) in [(data.clone(), 0o755), (data.join("registry.sqlite"), 0o644)] {
        let before = mode(&path);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(open)).unwrap();
        let refused = server.command(&["user", "suspend", "alice"], "");
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && text.contains(&format!("chmod -R go= {}", path.display())), "{text}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(before)).unwrap();
    }
    alice.http("GET", "/-/whoami").send().expect(200);
    // Without `--demo`, the server creates no user.
    assert!(!server.printed().contains("demo"), "{}", server.printed());
    server.http("GET", "/-/user/org.couchdb.user:demo").send().expect(404);
}

fn a_tarball_that_unpacks_to_very_much_is_refused_soon(edition: &str) {
    let server = Server::under(edition);
    let (alice, mallory) = (server.person("alice"), server.person("mallory"));
    // A file of 600 MiB, which takes less than a MiB. Gzip's files may be put one after the other.
    let mut bomb = gzip(&tarball_head("package/zeros", 600 * 1024 * 1024));
    bomb.extend(gzip(&vec![0; 1024 * 1024]).repeat(600));
    assert!(bomb.len() < 1024 * 1024, "{}", bomb.len());
    let document = publish_document_with("bomb", "1.0.0", &bomb);
    thread::scope(|scope| {
        let refused = scope.spawn(|| mallory.http("PUT", "/bomb").json(&document).send().expect(400));
        for number in 0..3 {
            let waited = time(|| drop(alice.put("left", &format!("1.0.{number}"), None)));
            assert!(waited < 3 * SECOND, "a publish took {waited:?}");
        }
        let refused = refused.join().unwrap();
        assert!(refused.error().contains("unpacks to more than"), "{refused:?}");
    });
    mallory.http("GET", "/bomb").send().expect(404);
    assert_eq!(files(&server.data_folder().join("tarballs")).len(), 3);
}

fn a_star_does_not_outdate_the_document(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    alice.put("left", "1.0.0", None);
    let before = revision(&alice, "/left");
    let star = json!({ "_id": "left", "_rev": before, "users": { "bob": true } });
    bob.http("PUT", "/left").json(&star).send().expect(201);
    let after = alice.http("GET", "/left").send().json();
    assert_eq!((after["_rev"].as_str(), &after["users"]), (Some(before.as_str()), &json!({ "bob": true })));
}

fn names_that_mean_something_to_programs_are_refused(edition: &str) {
    let server = Server::under(edition);
    for name in ["__proto__", "constructor", "-rf", "~root", "null"] {
        let document = login_document(name, &password_of(name), Some("x@example.test"));
        let reply = server.http("PUT", &format!("/-/user/org.couchdb.user:{name}")).json(&document).send();
        assert_eq!(reply.status, 400, "{name}: {reply:?}");
        let made = server.command(&["org", "create", "--owner=alice", "--", name], "");
        assert!(!made.status.success(), "{name}");
    }
    server.person_without_2fa("constructors");
}
