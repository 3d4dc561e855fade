//! The `decide` example from outside: files in, lines and an exit status out, as `docs::format` says.

#![expect(clippy::unwrap_used, reason = "a slip in a test's own tables fails the test")]

use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Once, mpsc},
    thread,
    time::Duration,
};

const FORMAT: &str = include_str!("../../src/docs/format.md");
const MIB: usize = 1024 * 1024;

/// The path of an example: `target/<profile>/examples`, beside `target/<profile>/deps`, where this test is.
///
/// `cargo test` builds the examples; `cargo test --test …` and `--all-targets` do not. So they are built here, with the
/// features that this test was built with: cargo then finds that there is nothing to do, most of the time.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILT: Once = Once::new();
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    BUILT.call_once(|| {
        let profile_name = match profile.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            other => other,
        };
        let features = [
            ("default", cfg!(feature = "default")),
            ("std", cfg!(feature = "std")),
            ("serde", cfg!(feature = "serde")),
            ("npm", cfg!(feature = "npm")),
            ("http", cfg!(feature = "http")),
            ("directory", cfg!(feature = "directory")),
            ("testing", cfg!(feature = "testing")),
        ];
        let features: Vec<&str> = features.iter().filter(|(_, is_on)| *is_on).map(|(feature, _)| *feature).collect();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--examples", "--profile", profile_name, "--no-default-features"]);
        cargo.args(["--features", &features.join(","), "--manifest-path"]);
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        cargo.arg("--target-dir").arg(profile.parent().unwrap());
        // Without cargo, an example that was built before is used, and one that was not is reported below.
        let built = cargo.status();
        assert!(built.is_err() || built.is_ok_and(|status| status.success()), "the examples do not build");
    });
    let path = profile.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.exists(), "{} is not there: `cargo build --examples` makes it", path.display());
    path
}

/// A file of this test, in cargo's folder for it.
fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

/// What a run left behind.
#[derive(Debug)]
struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn spawn(arguments: &[&OsStr]) -> Child {
    let mut command = Command::new(example("decide"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn decide_with_stdin(arguments: &[&OsStr], stdin: &[u8]) -> Ran {
    let mut child = spawn(arguments);
    // A run that does not read its input closes the pipe, which is not a failure here.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn decide<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    let arguments: Vec<A> = arguments.into_iter().collect();
    let arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
    decide_with_stdin(&arguments, b"")
}

/// Decides requests about FORMAT's world.
fn decide_lines(name: &str, requests: impl AsRef<[u8]>) -> Ran {
    let world = world(&format!("{name}-world.json"));
    decide([world, file(&format!("{name}-requests.jsonl"), requests)])
}

/// The examples of FORMAT, as they are in the crate's documentation: a world, the requests, the decisions.
fn blocks() -> [&'static str; 3] {
    ["{\n  \"users\": ", "{\"id\": \"r1\", \"token\": ", "{\"id\": \"r1\", \"decision\": "].map(|start| {
        let mut found = FORMAT.split("```json\n").filter(|block| block.starts_with(start));
        let block = found.next().unwrap().split("```").next().unwrap();
        assert_eq!(found.next(), None);
        block
    })
}

fn world(name: &str) -> PathBuf {
    file(name, blocks()[0])
}

/// A request that is allowed, by its id.
fn good(id: &str) -> String {
    let request = json!({"id": id, "token": "t-2", "action": "publish", "package": "@acme/app", "client_ip": "10.1.2.3",
                         "now": "2025-11-01T00:00:00Z"});
    request.to_string()
}

/// A JSON line with a space after each colon and comma, as FORMAT writes it.
fn spaced(line: &str) -> String {
    line.replace("\":", "\": ").replace(",\"", ", \"")
}

#[test]
fn the_examples_of_the_format_page_get_the_answers_of_the_page() {
    let [_, requests, decisions] = blocks();
    let ran = decide_lines("three", requests);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let expected: Vec<Value> = decisions.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(expected.len(), 3);
    assert_eq!(ran.lines(), expected);
    // The fields in their order, too.
    assert_eq!(ran.out.lines().map(spaced).collect::<Vec<_>>(), decisions.lines().collect::<Vec<_>>());
}

/// The page shows a fourth request and its answer apart from the three: a denial with a time.
#[test]
fn the_denial_of_the_format_page_that_has_a_time_is_the_answer() {
    let [request, answer] = ["{\"id\": \"r4\", \"token\": ", "{\"id\": \"r4\", \"decision\": "].map(|start| {
        let block = FORMAT.split("```json\n").find(|block| block.starts_with(start)).unwrap();
        block.split("```").next().unwrap()
    });
    let ran = decide_lines("four", request);
    assert_eq!((ran.status, spaced(ran.out.trim_end()).as_str()), (Some(0), answer.trim_end()));
}

#[test]
fn requests_come_from_standard_input_too() {
    let [_, requests, decisions] = blocks();
    let world = world("stdin-world.json");
    let ran = decide_with_stdin(&[world.as_os_str(), OsStr::new("-")], requests.as_bytes());
    assert_eq!((ran.status, ran.lines().len()), (Some(0), 3));
    assert_eq!(ran.out.lines().map(spaced).collect::<Vec<_>>(), decisions.lines().collect::<Vec<_>>());
}

#[test]
fn an_answer_comes_before_the_next_request_is_waited_for() {
    let world = world("dialogue-world.json");
    let mut child = spawn(&[world.as_os_str(), OsStr::new("-")]);
    let (sender, answers) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let mut stdin = child.stdin.take().unwrap();
    for id in ["first", "second"] {
        writeln!(stdin, "{}", good(id)).unwrap();
        stdin.flush().unwrap();
        let answer: Value = serde_json::from_str(&answers.recv_timeout(Duration::from_mins(1)).unwrap()).unwrap();
        assert_eq!((&answer["id"], &answer["decision"]), (&json!(id), &json!("allow")));
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(reader.join().unwrap().is_ok());
}

#[test]
fn a_broken_line_is_one_error_line_and_the_rest_goes_on() {
    let requests = format!("{}\n{{\"id\": \"r2\", \"token\":\n{}\n", good("r1"), good("r3"));
    let ran = decide_lines("broken", requests);
    let lines = ran.lines();
    assert_eq!((ran.status, ran.err.as_str(), lines.len()), (Some(1), "", 3));
    assert_eq!((&lines[0]["id"], &lines[0]["decision"]), (&json!("r1"), &json!("allow")));
    let error = lines[1]["error"].as_str().unwrap();
    assert_eq!(lines[1], json!({"id": null, "error": error}));
    assert!(error.starts_with("line 2: invalid JSON at column "), "{error}");
    assert_eq!((&lines[2]["id"], &lines[2]["decision"]), (&json!("r3"), &json!("allow")));
}

#[test]
fn blank_lines_are_skipped_and_the_last_line_needs_no_end() {
    let ran = decide_lines("blank", format!("\n  \n{}\r\n\t\r\n\n\n{}", good("r1"), good("r2")));
    let ids: Vec<Value> = ran.lines().iter().map(|line| line["id"].clone()).collect();
    assert_eq!((ran.status, ids), (Some(0), vec![json!("r1"), json!("r2")]));
    for empty in ["", "\n\n", " "] {
        let ran = decide_lines("empty", empty);
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    }
}

#[test]
fn a_line_of_a_mebibyte_is_read_and_a_longer_one_is_one_error_line() {
    let padded = |id: &str, length: usize| {
        let request = good(id);
        request.clone() + &" ".repeat(length - request.len())
    };
    let requests = [padded("r1", MIB), padded("r2", MIB + 1), "x".repeat(5 * MIB), good("r4"), padded("r5", MIB + 1)];
    let ran = decide_lines("long", requests.join("\n"));
    let lines = ran.lines();
    assert_eq!((ran.status, lines.len()), (Some(1), 5));
    for (at, id) in [(0, "r1"), (3, "r4")] {
        assert_eq!((&lines[at]["id"], &lines[at]["decision"]), (&json!(id), &json!("allow")));
    }
    for at in [1, 2, 4] {
        let error = format!("line {}: longer than 1048576 bytes: expected a request of 1 MiB at most", at + 1);
        assert_eq!(lines[at], json!({"id": null, "error": error}));
    }
    let last_longest = decide_lines("long-last", padded("r1", MIB));
    assert_eq!((last_longest.status, last_longest.lines().len()), (Some(0), 1));
}

#[test]
fn a_line_that_is_not_utf_8_is_one_error_line() {
    let mut requests = good("r1").into_bytes();
    requests.extend(b"\n{\"id\": \"r2\xff\"}\n");
    requests.extend(good("r3").into_bytes());
    let ran = decide_lines("utf8", requests);
    let lines = ran.lines();
    assert_eq!((ran.status, lines.len()), (Some(1), 3));
    assert_eq!(
        lines[1],
        json!({"id": null, "error": "line 2: invalid UTF-8 after 10 bytes: expected a JSON object in UTF-8"}),
    );
    assert_eq!(lines[2]["decision"], "allow");
}

/// A request with some fields replaced by others, as text so that keys may come twice.
fn with(from: &str, to: &str) -> String {
    let request =
        r#"{"id": "r", "token": "t-2", "action": "publish", "package": "@acme/app", "now": "2025-11-01T00:00:00Z"}"#;
    assert!(request.contains(from), "{from}");
    request.replace(from, to)
}

#[test]
fn an_invalid_request_is_an_error_line_with_its_id_if_it_can_be_read() {
    let deep = "[".repeat(100_000);
    let cases = [
        // No object at all.
        ("[]".into(), None),
        ("null".into(), None),
        ("7".into(), None),
        (r#""text""#.into(), None),
        ("{} {}".into(), None),
        (deep, None),
        // No id that could be read.
        ("{}".into(), None),
        (with(r#""id": "r""#, r#""id": 7"#), None),
        (with(r#""id": "r""#, r#""id": null"#), None),
        (with(r#""id": "r""#, r#""id": "a", "id": "b""#), None),
        // Keys twice or unknown, at every place.
        (with(r#""now""#, r#""action": "publish", "now""#), Some("action")),
        (with(r#""now""#, r#""package": "left-pad", "now""#), Some("package")),
        (with(r#""now""#, r#""token": null, "now""#), Some("token")),
        (with(r#""now""#, r#""nowadays": 1, "now""#), Some("nowadays")),
        // Fields of the resource: one too many, one missing, one that is not a name.
        (with(r#""now""#, r#""org": "acme", "now""#), Some("org")),
        (with(r#""now""#, r#""user": "alice", "now""#), Some("user")),
        (with(r#""package": "@acme/app", "#, ""), Some("package")),
        (with("@acme/app", "@acme"), Some("package")),
        (with("@acme/app", "../etc"), Some("package")),
        (with(r#""@acme/app""#, "null"), Some("package")),
        (
            with(r#""action": "publish", "package": "@acme/app""#, r#""action": "create-team", "org": "acme""#),
            Some("team"),
        ),
        (
            with(
                r#""action": "publish", "package": "@acme/app""#,
                r#""action": "create-team", "org": "acme", "team": "No Such""#,
            ),
            Some("team"),
        ),
        // The action.
        (with(r#""publish""#, r#""create-package""#), Some("action")),
        (with(r#""publish""#, r#""Publish""#), Some("action")),
        (with(r#""action": "publish", "#, ""), Some("action")),
        // Who, from where, when.
        (with(r#""token": "t-2", "#, ""), Some("token")),
        (with(r#""t-2""#, "7"), Some("token")),
        (with(r#""token": "t-2""#, r#""secret": null"#), Some("secret")),
        (with(r#""token": "t-2""#, r#""token": "t-2", "secret": "abc""#), Some("token")),
        (with(r#""now""#, r#""client_ip": "10.1.2.3:80", "now""#), Some("client_ip")),
        (with(r#""now""#, r#""client_ip": 7, "now""#), Some("client_ip")),
        (with("2025-11-01T00:00:00Z", "2025-11-01"), Some("now")),
        (with("2025-11-01T00:00:00Z", "2025-11-01T23:59:60Z"), Some("now")),
        (with(r#", "now": "2025-11-01T00:00:00Z""#, ""), Some("now")),
        (with(r#""now""#, r#""second_factor": null, "now""#), Some("second_factor")),
        (with(r#""now""#, r#""second_factor": "true", "now""#), Some("second_factor")),
    ];
    // A good one between all of them.
    let requests: Vec<String> = cases.iter().flat_map(|(line, _)| [line.clone(), good("good")]).collect();
    let ran = decide_lines("invalid", requests.join("\n"));
    let lines = ran.lines();
    assert_eq!((ran.status, ran.err.as_str(), lines.len()), (Some(1), "", 2 * cases.len()));
    for (pair, (request, field)) in lines.chunks(2).zip(&cases) {
        let start: String = request.chars().take(200).collect();
        let error = pair[0]["error"].as_str().unwrap_or_else(|| panic!("{start}: {}", pair[0]));
        let id = field.map(|_| "r");
        assert_eq!(pair[0], json!({"id": id, "error": error}), "{start}");
        match field {
            Some(field) => assert!(error.contains(field), "{start}: {error}"),
            None => assert!(error.starts_with("line "), "{start}: {error}"),
        }
        assert_eq!(pair[1]["decision"], "allow", "after {start}");
    }
}

#[test]
fn an_unknown_token_and_an_invalid_secret_give_decisions() {
    let requests = [
        with("t-2", "t-404"),
        with("t-2", ""),
        with(r#""token": "t-2""#, r#""secret": "two words""#),
        with(r#""token": "t-2""#, r#""secret": """#),
        with(r#""token": "t-2""#, r#""secret": "npm_0123456789""#),
    ];
    let ran = decide_lines("unknown", requests.join("\n"));
    assert_eq!((ran.status, ran.lines().len()), (Some(0), 5));
    for line in ran.lines() {
        assert_eq!(
            (&line["decision"], &line["reason"], &line["status"]),
            (&json!("deny"), &json!("token-unknown"), &json!(401))
        );
    }
}

#[test]
fn a_world_that_does_not_load_prints_each_error_on_a_line_of_standard_error() {
    let [text, requests, _] = blocks();
    let requests = file("bad-world-requests.jsonl", requests);
    let run = |name: &str, world: &str| decide([file(name, world), requests.clone()]);
    let nothing_out = |ran: &Ran| assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{}", ran.err);

    // All breaches of the rules.
    let broken = text
        .replace("10.0.0.0/8", "10.0.0.0/33")
        .replace(r#""owner": "alice", "created""#, r#""owner": "carol", "created""#)
        .replace("@acme/app", "acme/app");
    let ran = run("rules-world.json", &broken);
    nothing_out(&ran);
    let paths: Vec<&str> = ran.err.lines().map(|line| line.split_once(": ").unwrap().0).collect();
    assert_eq!(paths, ["packages[0].name", "tokens[0].cidr[0]", "tokens[1].owner"], "{}", ran.err);

    // The first breach of the shape.
    for (name, from, to, path) in [
        ("unknown-field", r#""status": "active""#, r#""status": "active", "colour": 1"#, "users[0].colour: "),
        ("duplicate-key", r#""cidr": null"#, r#""cidr": null, "cidr": null"#, "tokens[1].cidr: "),
        ("no-list", r#""orgs": [{"name": "acme"}],"#, "", "orgs: "),
        ("unknown-word", r#""role": "owner""#, r#""role": "king""#, "users[0].orgs[0].role: "),
    ] {
        assert!(text.contains(from), "{from}");
        let ran = run(&format!("{name}-world.json"), &text.replacen(from, to, 1));
        nothing_out(&ran);
        assert!(ran.err.starts_with(path), "{}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }

    // No world, no JSON, no file.
    for (name, world) in [("list", "[]"), ("cut", &text[..100]), ("empty", ""), ("two", "{} {}")] {
        let ran = run(&format!("{name}-world.json"), world);
        nothing_out(&ran);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-such-world.json");
    for form in [vec![missing.clone(), requests.clone()], vec![missing.clone(), requests.clone(), "--explain".into()]] {
        let ran = decide(form);
        nothing_out(&ran);
        assert!(ran.err.contains("no-such-world.json"), "{}", ran.err);
    }
    let ran = decide([missing.to_str().unwrap(), "--no-token", "--action", "whoami", "--now", "2025-11-01T00:00:00Z"]);
    nothing_out(&ran);
}

#[test]
fn unreadable_requests_print_an_error_on_standard_error() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for requests in [folder.join("no-such-requests.jsonl"), folder] {
        let ran = decide([world("unreadable-world.json"), requests.clone()]);
        assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
        assert!(ran.err.starts_with(requests.to_str().unwrap()), "{}", ran.err);
    }
}

#[test]
fn a_wrong_command_line_prints_the_usage() {
    let world = world("usage-world.json");
    let world = world.to_str().unwrap();
    let now = "--now=2025-11-01T00:00:00Z";
    let whoami = "--action=whoami";
    for arguments in [
        vec![world],
        vec![world, "--explain"],
        vec![world, "-", "third"],
        vec![world, "-", "--no-token", whoami, now],
        vec![world, "--no-such-option"],
        vec![world, "-x"],
        vec!["--no-token", whoami, now],
        vec![world, whoami, now],
        vec![world, "--no-token", now],
        vec![world, "--no-token", whoami],
        vec![world, "--no-token", "--token=t-1", whoami, now],
        vec![world, "--no-token", "--secret-stdin", whoami, now],
        vec![world, "--secret=x", "--secret-stdin", whoami, now],
        vec![world, "--secret-stdin", "--secret-stdin", whoami, now],
        vec![world, "--no-token", whoami, whoami, now],
        vec![world, "--no-token", whoami, "--now"],
        vec![world, "--token", "--action", "whoami", now],
    ] {
        let ran = decide(&arguments);
        assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.err.starts_with("decide: ") && ran.err.contains("\nusage: decide "), "{arguments:?}: {}", ran.err);
    }
    for arguments in [vec!["--help"], vec!["-h"], vec![world, "-", "--help"]] {
        let ran = decide(&arguments);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
        assert!(ran.out.contains("usage: decide ") && ran.out.contains("--secret-stdin"), "{}", ran.out);
    }
    // After `--` even this is a file.
    let ran = decide([world, "--", "--explain"]);
    assert!(ran.status == Some(2) && ran.err.starts_with("--explain: "), "{}", ran.err);
}

#[test]
fn explain_writes_every_check_for_a_person() {
    let requests = format!("{}broken\n{{\"id\": \"r5\"}}\n", blocks()[1]);
    let world = world("explain-world.json");
    let requests = file("explain-requests.jsonl", requests);
    let (world, requests) = (world.to_str().unwrap(), requests.to_str().unwrap());
    let ran = decide([world, requests, "--explain"]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(1), ""));
    let texts: Vec<&str> = ran.out.split("\n\n").collect();
    assert_eq!(texts.len(), 5, "{}", ran.out);
    for (text, start) in texts.iter().zip([
        "r1: ALLOW publish `@acme/app` (publish-version, via grant, valid until 2026-01-01T00:00:00Z), status 200\n",
        "r2: ALLOW create-team `acme:ops` (create-team, via second-factor), status 200\n",
        "r3: DENY read-package `left-pad`: no-such-package (D1), status 404\n",
        "(no id): ERROR line 4: invalid JSON at column 1: ",
        "r5: ERROR ",
    ]) {
        assert!(text.starts_with(start), "{text}");
    }
    // Both sides of each comparison, in the order of D1.
    let rules: Vec<&str> = texts[0].lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(
        rules,
        [
            "T1", "P1", "T2", "T3", "T4", "K1", "T5", "G1", "D1", "D1", "V1", "G1", "G2", "G2", "G3", "C5", "C", "C6",
            "C3", "F"
        ]
    );
    assert!(texts[0].contains("2026-01-01T00:00:00Z, now is 2025-11-01T00:00:00Z"), "{}", texts[0]);
    for arguments in [["--explain", world, requests], [world, "--explain", requests]] {
        assert_eq!(decide(arguments).out, ran.out);
    }
}

#[test]
fn an_id_cannot_drive_the_terminal_or_forge_a_line() {
    let request = good("\u{1b}[2Jr1\nr2: ALLOW\u{202e}");
    let world = world("forge-world.json");
    let requests = file("forge-requests.jsonl", format!("{request}\n{}", request.replace("publish", "perish")));
    let ran = decide([world.as_os_str(), requests.as_os_str(), OsStr::new("--explain")]);
    assert_eq!(ran.out.matches("\\u{1b}[2Jr1\\nr2: ALLOW\\u{202e}: ").count(), 2, "{}", ran.out);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']));
    // As data it comes back as it was.
    assert_eq!(decide([world, requests]).lines()[0]["id"], "\u{1b}[2Jr1\nr2: ALLOW\u{202e}");
}

#[test]
fn one_request_is_explained_from_the_command_line() {
    let secret = "npm_000000000000000000000000000000000000";
    let world = world("one-world.json");
    let world = world.to_str().unwrap();
    let now = ["--now", "2025-11-01T00:00:00Z"];
    let publish = ["--action", "publish", "--package", "@acme/app", "--client-ip", "10.1.2.3"];
    let run = |who: &[&str], what: &[&str]| decide([&[world][..], who, what, &now].concat());

    let ran = run(&["--token", "t-2"], &publish);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let start =
        "ALLOW publish `@acme/app` (publish-version, via grant, valid until 2026-01-01T00:00:00Z), status 200\n  T1 ";
    assert!(ran.out.starts_with(start), "{}", ran.out);
    assert_eq!(run(&["--token=t-2", "--explain"], &publish).out, ran.out);

    // Any decision is 0.
    for (who, what, start) in [
        (&["--token", "t-1"][..], &publish[..], "CHALLENGE publish `@acme/app`: the "),
        (
            &["--token", "t-1", "--second-factor"],
            &publish,
            "ALLOW publish `@acme/app` (publish-version, via second-factor)",
        ),
        (&["--token", "t-1"], &publish[..4], "DENY publish `@acme/app`: ip-not-allowed (T3)"),
        (&["--token", "t-404"], &publish, "DENY publish `@acme/app`: token-unknown (T)"),
        (&["--secret", secret], &publish, "DENY publish `@acme/app`: token-unknown (T)"),
        (&["--no-token"], &publish, "DENY publish `@acme/app`: authentication-required (T)"),
        (&["--token", "t-2"], &["--action", "read-org", "--org", "acme"], "ALLOW read-org `acme`"),
        (
            &["--token", "t-2"],
            &["--action", "delete-team", "--org", "acme", "--team", "ops"],
            "DENY delete-team `acme:ops`",
        ),
        (&["--token", "t-2"], &["--action", "whoami", "--user", "bob"], "DENY whoami `bob`"),
    ] {
        let ran = run(who, what);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{who:?} {what:?}");
        assert!(ran.out.starts_with(start), "{}", ran.out);
    }

    // What is no request is 1.
    for (what, field) in [
        (&["--action", "publish"][..], "package"),
        (&["--action", "create-package", "--package", "left-pad"], "action"),
        (&["--action", "whoami", "--org", "acme"], "org"),
        (&["--action", "whoami", "--client-ip", "localhost"], "client_ip"),
        (&["--action", "create-team", "--org", "acme", "--team", "A B"], "team"),
    ] {
        let ran = run(&["--token", "t-2"], what);
        assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""), "{what:?}");
        assert!(ran.err.starts_with(&format!("decide: {field}: ")), "{}", ran.err);
    }
}

#[test]
fn a_secret_comes_from_standard_input_without_the_end_of_its_line() {
    use tollgate::Secret;

    let secret = "npm_000000000000000000000000000000000000";
    let digest = format!("\"secret_sha256\": \"{}\"", Secret::new(secret).unwrap().digest().to_hex());
    let text = blocks()[0].replace("\"secret_sha256\": null", &digest);
    assert!(text.contains(&digest));
    let world = file("secret-world.json", text);
    let arguments =
        ["--secret-stdin", "--action", "whoami", "--client-ip", "10.0.0.1", "--now", "2025-11-01T00:00:00Z"];
    let arguments: Vec<&OsStr> = [world.as_os_str()].into_iter().chain(arguments.map(OsStr::new)).collect();
    for end in ["", "\n", "\r\n"] {
        let ran = decide_with_stdin(&arguments, format!("{secret}{end}").as_bytes());
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
        assert!(ran.out.starts_with("ALLOW whoami `alice`"), "{}", ran.out);
        assert!(!ran.out.contains(secret));
    }
    for wrong in [&b""[..], b"\n", b" npm_0", b"\xff\xfe", &vec![b'x'; 200_000], format!("{secret}\n\n").as_bytes()] {
        let ran = decide_with_stdin(&arguments, wrong);
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        assert!(ran.out.starts_with("DENY whoami: token-unknown"), "{}", ran.out);
    }
}

#[test]
fn the_demo_comes_out_as_it_was_worked_out_by_hand() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let ran = decide([data.join("demo-world.json"), data.join("demo-requests.jsonl")]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let expected = include_str!("../../examples/data/expected-demo.jsonl");
    let expected: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (found, expected) in ran.lines().iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(ran.lines().len(), expected.len());

    // The same as text. A row has the id, the verdict and the status; what does not fit stands below it.
    let all = demo(&["--all"]);
    // Below a row stand the texts of a denial, and after the last row of a command an empty line.
    let without_texts = |row| str::split(row, "operator:").next()?.split("\n\n").next();
    let mut rows = all.split("\n  r").skip(1).filter_map(without_texts);
    for line in &expected {
        let row: Vec<&str> = rows.next().unwrap().split_whitespace().collect();
        let verdict = line["decision"].as_str().unwrap().to_uppercase();
        let status = line["status"].to_string();
        assert_eq!(row[..3], [&line["id"].as_str().unwrap()[1..], &verdict, &status], "{line}");
        if let Some(reason) = line["reason"].as_str().or(line["via"].as_str()) {
            assert_eq!(*row.last().unwrap(), reason, "{row:?}");
        }
    }
    assert_eq!(rows.next(), None);
    for demo in [&all, &demo(&[])] {
        for verdict in ["allow", "challenge", "deny"] {
            let count = expected.iter().filter(|line| line["decision"] == verdict).count().to_string();
            let summary = |line: &str| line.split_whitespace().eq([verdict.to_uppercase().as_str(), count.as_str()]);
            assert!(demo.lines().any(summary), "{verdict} {count}");
        }
    }
}

fn demo(arguments: &[&str]) -> String {
    let ran = decide(arguments);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    assert!(!ran.out.contains('\u{1b}'), "no colours where there is no terminal");
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 80, "wider than a small terminal: {line}");
    }
    ran.out
}

#[test]
fn the_demo_shows_the_commands_of_npm_and_is_short() {
    let recording = include_str!("../../examples/data/npm-recording.jsonl");
    let recorded: Vec<Value> = recording.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let commands = |text: &str| -> Vec<String> {
        let words = |command: &str| command.split_whitespace().collect::<Vec<_>>().join(" ");
        let heading = |block: &str| block.split("\n  with ").next().map(words);
        text.split("$ ").skip(1).filter_map(heading).collect()
    };
    let (short, all) = (demo(&[]), demo(&["--all"]));
    for command in commands(&short).iter().chain(&commands(&all)) {
        assert!(recorded.iter().any(|line| line["npm"] == **command), "{command}");
    }
    assert_eq!(commands(&all).len(), 146);
    assert!(commands(&short).len() >= 8 && short.lines().count() <= 80, "{short}");
    for word in ["ALLOW", "CHALLENGE", "DENY"] {
        assert!(short.split("The decisions:").next().unwrap().contains(word), "{word}");
    }
}

#[test]
fn the_tokens_that_do_not_load_are_listed_with_the_reason() {
    let token = |key: &str, owner: &str, kind: &str, value: Value| {
        let mut token = json!({"version": 1, "key": key, "owner": owner, "created": "2025-10-30T12:00:00Z", "revoked": null,
            "cidr": null});
        token.as_object_mut().unwrap().insert(kind.into(), value);
        token
    };
    let granular = |name: &str| {
        json!({"name": name, "expires": "2026-01-01T00:00:00Z", "bypass_2fa": false,
            "packages_and_scopes": {"permission": "read-only", "select": "all"}})
    };
    let mut no_range = token("t-3", "alice", "legacy", json!("publish"));
    no_range["cidr"] = json!([]);
    let mut secret_as_key = token("t-4", "alice", "legacy", json!("publish"));
    secret_as_key["key"] = json!("npm_0123456789abcdefghijABCDEFGHIJ012345");
    let mut revoked = token("t-7", "alice", "granular", granular("ci"));
    revoked["revoked"] = json!("2025-11-01T00:00:00Z");
    let rows = [
        token("t-1", "alice", "legacy", json!("read-only")),
        token("t-2", "bob", "legacy", json!("publish")),
        no_range,
        secret_as_key,
        token("t-2", "alice", "legacy", json!("publish")),
        token("t-6", "alice", "granular", granular("ci")),
        revoked,
        token("t-8", "alice", "granular", granular("ci")),
        token("t-9", "bob", "granular", granular("ci")),
    ];
    let rows = rows.map(|row| row.to_string());
    let text = rows.join("\n") + "\n{\n";
    let tokens = file("tokens.jsonl", text);
    let ran = decide(["--check-tokens".as_ref(), tokens.as_os_str()]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(1), ""));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("line 3, token `t-3`: ") && lines[0].contains("cidr"), "{}", ran.out);
    assert!(lines[1].starts_with("line 4: ") && !ran.out.contains("0123456789"), "{}", ran.out);
    assert_eq!(lines[2], "line 5, token `t-2`: key: that of line 2 too: expected keys that differ");
    assert!(lines[3].starts_with("line 8, token `t-8`: granular.name: that of line 6 too"), "{}", ran.out);
    assert!(lines[4].starts_with("line 10: invalid JSON"), "{}", ran.out);
    assert_eq!(lines[5], "5 tokens of 2 users load, 5 do not");
    assert_eq!(lines[6..], ["       3  granular", "       1  legacy publish", "       1  legacy read-only"]);

    let good = file("good-tokens.jsonl", format!("{}\n", rows[0]));
    assert_eq!(decide(["--check-tokens".as_ref(), good.as_os_str()]).status, Some(0));
    for wrong in [&["--check-tokens"][..], &["--check-tokens", "a", "b"], &["--check-tokens", "--all", "a"]] {
        assert_eq!(decide(wrong).status, Some(2), "{wrong:?}");
    }
    assert_eq!(decide(["--check-tokens", "not-there.jsonl"]).status, Some(2));
}

#[test]
fn of_the_granular_tokens_of_one_user_the_1001st_does_not_load() {
    let row = |number: usize| {
        json!({"version": 1, "key": format!("t-{number}"), "owner": "alice", "created": "2025-10-30T12:00:00Z",
            "revoked": null, "cidr": null, "granular": {"name": format!("n{number}"), "expires": "2026-01-01T00:00:00Z",
            "bypass_2fa": false, "packages_and_scopes": {"permission": "read-only", "select": "all"}}})
    };
    for (count, status) in [(1000, 0), (1001, 1)] {
        let text = (0..count).map(|number| row(number).to_string()).collect::<Vec<_>>().join("\n");
        let tokens = file("many-tokens.jsonl", text);
        let ran = decide(["--check-tokens".as_ref(), tokens.as_os_str()]);
        assert_eq!(ran.status, Some(status), "{}", ran.out);
        assert!(ran.out.contains("1000 tokens of 1 users load"), "{}", ran.out);
    }
}

#[test]
fn a_hundred_thousand_requests_stream_through() {
    const COUNT: usize = 100_000;
    const BROKEN: usize = COUNT / 2;
    let mut requests = String::new();
    for number in 0..COUNT {
        if number == BROKEN {
            requests += "{\"id\": \"half a li\n";
        } else {
            requests += &good(&format!("r{number}"));
            requests += "\n";
        }
    }
    let ran = decide_lines("many", requests);
    assert_eq!((ran.status, ran.err.as_str(), ran.out.lines().count()), (Some(1), "", COUNT));
    let expected = |number: usize| {
        json!({"id": format!("r{number}"), "decision": "allow", "action": "publish-version", "reason": null, "status": 200,
               "valid_until": "2026-01-01T00:00:00Z", "via": "grant"})
    };
    for (number, line) in ran.lines().iter().enumerate() {
        if number == BROKEN {
            assert_eq!(line["id"], Value::Null);
            assert!(line["error"].as_str().unwrap().starts_with("line 50001: "), "{line}");
        } else {
            assert_eq!(*line, expected(number));
        }
    }
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let world = world("pipe-world.json");
    let requests: String = (0..50_000).map(|number| good(&format!("r{number}")) + "\n").collect();
    let good_ones = file("pipe-requests.jsonl", &requests);
    let with_error = file("pipe-requests-with-error.jsonl", format!("{{}}\n{requests}"));
    // An error line that was printed before that still tells.
    for (requests, explain, status) in
        [(&good_ones, &[][..], 0), (&good_ones, &[OsStr::new("--explain")], 0), (&with_error, &[], 1)]
    {
        let mut child = spawn(&[&[world.as_os_str(), requests.as_os_str()], explain].concat());
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.len() > 1, "{line}");
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(status), &b""[..]));
    }
}

#[test]
fn the_demo_is_explained_too_with_every_check() {
    let ran = decide(["--explain"]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let texts: Vec<&str> = ran.out.split("\n\n").collect();
    assert_eq!(texts.len(), 218);
    let challenged = texts.iter().find(|text| text.contains(": CHALLENGE ")).unwrap();
    assert!(challenged.contains("CHALLENGES") && challenged.contains("not-revoked"), "{challenged}");
    assert!(texts.iter().filter(|text| text.contains(" V1 ")).count() > 200, "{}", ran.out);
}

/// The world of the tests of `--what-if`: an old automation token, and a granular one that bypasses the second factor.
fn world_of_tokens(name: &str) -> PathBuf {
    let user = json!({"name": "alice", "status": "active", "two_factor": "auth-only", "tokens_revoked_until": null,
        "writes_held_until": null});
    let package = json!({"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement",
        "users": {"alice": "read-write"}});
    let token = |id: &str, kind: &str, value: Value| {
        let mut token =
            json!({"id": id, "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null});
        token.as_object_mut().unwrap().insert(kind.into(), value);
        token
    };
    let ci = json!({"name": "ci", "expires": "2026-01-01T00:00:00Z", "bypass_2fa": true,
        "packages_and_scopes": {"permission": "read-write", "select": "all"}});
    let tokens = [token("old", "legacy", json!("automation")), token("ci", "granular", ci)];
    let world = json!({"policy": "npm-2025-10", "users": [user], "orgs": [], "packages": [package], "tokens": tokens});
    file(name, world.to_string())
}

#[test]
fn what_if_prints_the_groups_with_an_example_and_the_requests_that_change() {
    let world = world_of_tokens("what-if.json");
    let request = |id: &str, token: &str, action: &str| json!({"id": id, "token": token, "action": action, "package": "left-pad", "now": "2025-11-01T00:00:00Z"});
    let lines = [
        request("r1", "old", "publish").to_string(),
        request("r2", "ci", "publish").to_string(),
        request("r3", "ci", "change-maintainers").to_string(),
        "{}".to_owned(),
    ];
    let requests = file("what-if.jsonl", lines.join("\n"));
    let arguments = ["--what-if".as_ref(), "npm-2026-08".as_ref(), "--now=2025-11-01T00:00:00Z".as_ref()];
    let ran = decide(arguments.into_iter().chain([world.as_os_str(), requests.as_os_str()]));
    assert_eq!((ran.status, ran.err.as_str()), (Some(1), ""), "one line is no request");
    assert!(ran.out.starts_with("under npm-2026-08 instead of npm-2025-10, at 2025-11-01T00:00:00Z:\n"), "{}", ran.out);
    assert!(
        ran.out.contains("\nchange-maintainers by granular tokens: allow -> challenge\n  1 answers, tokens `ci`\n")
    );
    assert!(
        ran.out.contains("  example: change-maintainers `left-pad` by the token `ci` from unknown\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("  before: ALLOW change-maintainers `left-pad`"), "{}", ran.out);
    assert!(ran.out.contains("  after: CHALLENGE change-maintainers `left-pad`"), "{}", ran.out);
    assert!(!ran.out.contains("publish-version by granular tokens"), "the bypass covers a publish");
    assert!(
        ran.out.contains("\nr1: allow -> deny: token-retired (401)\nr3: allow -> challenge\n(no id): ERROR "),
        "{}",
        ran.out
    );
    assert!(ran.out.ends_with("\n2 of 3 requests have another answer\n"), "{}", ran.out);

    // Without requests, and with a policy in JSON that changes nothing.
    let same = r#"{"edition": "npm-2025-10", "ranges": "required"}"#;
    let ran = decide(["--what-if".as_ref(), same.as_ref(), world.as_os_str()]);
    assert_eq!(ran.status, Some(0));
    assert!(ran.out.contains("\n0 of ") && ran.out.ends_with(" answers change, in 0 groups\n"), "{}", ran.out);
}

#[test]
fn what_if_with_a_policy_that_is_none_is_a_wrong_command_line() {
    let world = world_of_tokens("what-if-wrong.json");
    let world = world.as_os_str();
    for (arguments, message) in [
        (["--what-if".as_ref(), "npm-2025-11".as_ref(), world], "unknown edition `npm-2025-11`"),
        (
            ["--what-if".as_ref(), r#"{"edition": "npm-2026-08", "legacy_tokens": "honoured"}"#.as_ref(), world],
            "looser",
        ),
        (["--what-if=npm-2026-08".as_ref(), "--now=today".as_ref(), world], "`today` is not an RFC 3339 time"),
        (["--what-if=npm-2026-08".as_ref(), "--token=ci".as_ref(), world], "takes no option but `--now`"),
        (["--what-if=npm-2026-08".as_ref(), "--explain".as_ref(), world], "takes no option but `--now`"),
        (["--what-if=npm-2026-08".as_ref(), "--from-version-1".as_ref(), world], "both `--what-if` and"),
        (["--what-if=npm-2026-08".as_ref(), "--what-if=npm-2026-08".as_ref(), world], "`--what-if` twice"),
    ] {
        let ran = decide(arguments);
        assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{message}");
        assert!(ran.err.contains(message), "{}", ran.err);
    }
}

#[test]
fn a_world_of_version_1_is_converted() {
    let text = r#"{"users": [{"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null}],
        "orgs": [], "packages": [], "tokens": []}"#;
    let old = file("version-1.json", text);
    assert_eq!(decide([old.as_os_str(), old.as_os_str()]).status, Some(2), "it does not load as it is");
    let ran = decide(["--from-version-1".as_ref(), old.as_os_str()]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    let mut expected: Value = serde_json::from_str(text).unwrap();
    expected["policy"] = json!("npm-2025-10");
    expected["users"][0]["writes_held_until"] = Value::Null;
    assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap(), expected);
    // A world of version 2 stays as it is, and a document that is none is an error.
    let again = file("version-2.json", &ran.out);
    assert_eq!(decide(["--from-version-1".as_ref(), again.as_os_str()]).out, ran.out);
    let none = file("version-none.json", r#"{"users": []}"#);
    let ran = decide(["--from-version-1".as_ref(), none.as_os_str()]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("orgs: missing field"), "{}", ran.err);
}

#[test]
fn a_world_of_version_1_with_a_key_twice_is_not_brought_over() {
    // Which of the two values is meant is not known, and the later one would let the token work again.
    let text = r#"{"users": [{"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null}],
        "orgs": [], "packages": [], "tokens": [{"id": "t-1", "owner": "alice", "created": "2025-01-01T00:00:00Z",
        "revoked": "2025-02-01T00:00:00Z", "revoked": null, "cidr": null, "legacy": "publish"}]}"#;
    let ran = decide(["--from-version-1".as_ref(), file("version-1-twice.json", text).as_os_str()]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains(r#"duplicate key "revoked": expected each once at line 3"#), "{}", ran.err);
}
