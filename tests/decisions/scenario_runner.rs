//! The scenario runner fails on what does not hold, and on every file that would hold nothing.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot write its own files fails")]

use std::{
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tollgate::{
    directory::{DecisionLine, Directory, RequestLine, World},
    testing::{run_scenarios, run_scenarios_with},
};

const WORLD: &str = r#"{"policy": "npm-2025-10", "users": [{"name": "alice", "status": "active", "two_factor": "auth-and-writes",
    "tokens_revoked_until": null, "writes_held_until": null}], "orgs": [], "tokens": [{"id": "t-1", "owner": "alice", "revoked": null,
    "created": "2025-10-30T12:00:00Z", "cidr": null, "legacy": "publish"}], "packages": [{"name": "left-pad",
    "visibility": "public", "publishing_access": "no-requirement", "users": {"alice": "read-write"}}]}"#;
const ALLOWED: &str = r#"{"case": "anyone reads", "request": {"token": null, "action": "read-package",
    "package": "left-pad", "now": "2025-11-01T00:00:00Z"}, "expect": {"decision": "allow", "reason": null, "status": 200}}"#;
const DENIED: &str = r#"{"case": "nothing is there", "request": {"token": null, "action": "read-package",
    "package": "nope", "now": "2025-11-01T00:00:00Z"},
    "expect": {"decision": "deny", "reason": "no-such-package", "status": 404, "client_text_contains": ["nope"]}}"#;
const CHALLENGED: &str = r#"{"case": "alice publishes", "request": {"token": "t-1", "action": "publish",
    "package": "left-pad", "now": "2025-11-01T00:00:00Z"},
    "expect": {"decision": "challenge", "reason": null, "status": 401, "action": "publish-version", "via": null}}"#;
const REQUESTS: &str = r#"{"id": "r1", "token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z"}

{"id": "r2", "token": null, "action": "read-package", "package": "nope", "now": "2025-11-01T00:00:00Z"}
{"id": "r3", "token": null, "action": "dance", "now": "2025-11-01T00:00:00Z"}
"#;
const R1: &str = r#"{"id": "r1", "decision": "allow", "action": "read-package", "reason": null, "status": 200, "valid_until": null, "via": "public"}"#;
const R2: &str = r#"{"id": "r2", "decision": "deny", "action": null, "reason": "no-such-package", "status": 404, "valid_until": null, "via": null}"#;
const R3: &str = r#"{"id": "r3", "error": "not an action"}"#;

/// A folder of files that are written for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tollgate-scenarios-{}-{test}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn with(self, name: &str, text: &str) -> Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn with_cases(self, cases: &[&str]) -> Self {
        let text = format!(r#"{{"world": {WORLD}, "cases": [{}]}}"#, cases.join(","));
        self.with("policy.json", &text)
    }

    fn with_lines(self, requests: &str, decisions: &[&str]) -> Self {
        let folder = self.with("lines/world.json", WORLD).with("lines/requests.jsonl", requests);
        folder.with("lines/decisions.jsonl", &decisions.join("\n"))
    }

    /// The report of a run that fails, without the folder's name.
    fn report(&self) -> String {
        self.report_of(|folder| run_scenarios(folder))
    }

    fn report_of(&self, run: impl FnOnce(&Path) -> usize + std::panic::UnwindSafe) -> String {
        let panic = catch_unwind(|| run(&self.0)).expect_err("a run that fails");
        panic.downcast_ref::<String>().unwrap().replace(self.0.to_str().unwrap(), "…").replace('\\', "/")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover in a temporary folder does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The crate's own decision as if it were somebody's wiring.
fn wiring(world: &Value) -> impl FnMut(&Value) -> Value + use<> {
    let world: World = serde_json::from_value(world.clone()).unwrap();
    let directory = Directory::load(&world).unwrap();
    move |request| {
        let line: RequestLine = serde_json::from_value(request.clone()).unwrap();
        let line = match line.parse() {
            Ok(request) => {
                let caller = directory.caller(&request);
                DecisionLine::decided(&request, &directory.decide(&caller, &request))
            }
            Err(error) => DecisionLine::error(&error),
        };
        serde_json::to_value(line).unwrap()
    }
}

#[track_caller]
fn assert_reports(report: &str, parts: &[&str]) {
    for part in parts {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
}

#[test]
fn cases_that_hold_are_counted_in_both_file_forms() {
    let folder = Folder::new("holds")
        .with_cases(&[ALLOWED, DENIED, CHALLENGED])
        .with_lines(REQUESTS, &[R1, R2, "", R3])
        .with("README.md", "not a scenario")
        .with(".editor/settings.json", "{}");
    assert_eq!(run_scenarios(&folder.0), 6);
}

#[test]
fn cases_that_hold_for_a_wiring_are_counted_in_both_file_forms() {
    let folder = Folder::new("wiring").with_cases(&[ALLOWED, CHALLENGED]).with_lines(REQUESTS, &[R1, R2, R3]);
    assert_eq!(run_scenarios_with(&folder.0, wiring), 5);
    let any_text = R3.replace("\"not an action\"", "true");
    assert_eq!(run_scenarios_with(&folder.with_lines(REQUESTS, &[R1, R2, &any_text]).0, wiring), 5);
}

#[test]
fn the_files_that_decide_ships_with_hold() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let folder = Folder::new("demo");
    fs::create_dir(folder.0.join("demo")).unwrap();
    let names = [
        ("demo-world.json", "world.json"),
        ("demo-requests.jsonl", "requests.jsonl"),
        ("expected-demo.jsonl", "decisions.jsonl"),
    ];
    for (from, to) in names {
        fs::copy(data.join(from), folder.0.join("demo").join(to)).unwrap();
    }
    assert_eq!(run_scenarios(&folder.0), 218);
    assert_eq!(run_scenarios_with(&folder.0, wiring), 218);
}

#[test]
fn a_case_that_does_not_hold_is_reported_with_both_sides_and_the_explanation() {
    let (wrong, other) =
        (CHALLENGED.replace("challenge\"", "allow\"").replace("401", "200"), DENIED.replace("\"nope\"]", "\"yes\"]"));
    let report = Folder::new("fails").with_cases(&[&wrong, ALLOWED, &other]).report();
    let expected = r#"cases: 3, failures: 2

…/policy.json: cases[0] "alice publishes": `decision`: expected "allow", found "challenge"
    `status`: expected 200, found 401
    found {"action":"publish-version","decision":"challenge","id":"alice publishes","reason":null,"status":401,"valid_until":null,"via":null}
    tollgate: CHALLENGE publish `left-pad`: the account demands a second factor, status 401
"#;
    assert!(report.starts_with(expected), "{report}");
    assert_reports(
        &report,
        &["cases[2] \"nothing is there\": `client_text_contains` \"yes\": found \"", "\n      V1  public-read"],
    );
}

/// Two cases, the second as it is given: it is refused, with this.
const WRONG_CASES: [(&str, &str); 25] = [
    (
        r#"{"case": "c", "request": {}, "same_client_text_as": "anyone reads", "expect": {"error": true}}"#,
        "`same_client_text_as` is for a decision, and `expect` is an error line",
    ),
    ("7", "cases[1] null: the case is no object"),
    (r#"{"request": {}, "expect": {}}"#, "cases[1] null: no text `case`"),
    (
        r#"{"case": "anyone reads", "request": {"token": null}, "expect": {"error": true}}"#,
        "cases[1] \"anyone reads\": an earlier case has the same name",
    ),
    (r#"{"case": "c", "expect": {"error": true}}"#, "cases[1] \"c\": the case has no `request`"),
    (r#"{"case": "c", "request": 7, "expect": {"error": true}}"#, "`request` is no object"),
    (r#"{"case": "c", "request": {}}"#, "the case has no `expect`"),
    (
        r#"{"case": "c", "request": {}, "expect": {"error": true}, "expects": {}}"#,
        "the case has an unknown key \"expects\": expected one of case, request, expect, factor, same_client_text_as",
    ),
    (r#"{"case": "c", "request": {}, "expect": {"error": false}}"#, "`expect.error` is false: expected true"),
    (
        r#"{"case": "c", "request": {}, "expect": {"error": true, "status": 400}}"#,
        "`expect` of an error line has an unknown key \"status\": expected one of error",
    ),
    (r#"{"case": "c", "request": {}, "expect": {}}"#, "`expect` has no `decision`"),
    (r#"{"case": "c", "request": {}, "expect": {"decision": "allow", "reason": null}}"#, "`expect` has no `status`"),
    (
        r#"{"case": "c", "request": {}, "expect": {"decision": "allow", "reasons": null, "status": 200}}"#,
        "`expect` has an unknown key \"reasons\": expected one of decision, reason, status, action, valid_until, via, client_text_contains, client_text_excludes, operator_text_contains",
    ),
    (
        r#"{"case": "c", "request": {}, "expect": {"decision": "deny", "reason": null, "status": 404, "client_text_excludes": []}}"#,
        "`client_text_excludes` is no list of texts",
    ),
    (
        r#"{"case": "c", "request": {}, "expect": {"decision": "deny", "reason": null, "status": 404, "client_text_contains": [""]}}"#,
        "`client_text_contains` is no list of texts",
    ),
    (
        r#"{"case": "c", "request": {}, "expect": {"decision": "deny", "reason": null, "status": 404}}"#,
        "expected a decision, found an error line",
    ),
    (
        r#"{"case": "c", "request": {"token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z"}, "expect": {"error": true}}"#,
        "expected an error line, found a decision",
    ),
    (
        r#"{"case": "c", "request": {"second_factor": true}, "factor": {}, "expect": {"error": true}}"#,
        "both `factor` and `second_factor`: expected one of them",
    ),
    (
        r#"{"case": "c", "request": {}, "factor": {"owner": "bob"}, "expect": {"decision": "deny", "reason": "x", "status": 403}}"#,
        "no text `verified_at`",
    ),
    (
        r#"{"case": "c", "request": {}, "factor": {"age": 1}, "expect": {"decision": "deny", "reason": "x", "status": 403}}"#,
        "`factor` has an unknown key \"age\": expected one of owner, verified_at, max_age_seconds",
    ),
    (
        r#"{"case": "c", "request": {}, "factor": {"owner": "bob", "verified_at": "2025-11-01T00:00:00Z", "max_age_seconds": -1}, "expect": {"decision": "deny", "reason": "x", "status": 403}}"#,
        "`max_age_seconds` is no number of seconds",
    ),
    (
        r#"{"case": "c", "request": {"token": null, "action": "read-package", "package": "nope", "now": "2025-11-01T00:00:00Z"}, "expect": {"decision": "deny", "reason": "no-such-package", "status": 404}, "same_client_text_as": "d"}"#,
        "`same_client_text_as`: no earlier case is called \"d\"",
    ),
    (
        r#"{"case": "c", "request": {"token": null, "action": "read-package", "package": "nope", "now": "2025-11-01T00:00:00Z"}, "expect": {"decision": "deny", "reason": "no-such-package", "status": 404}, "same_client_text_as": "anyone reads"}"#,
        "`same_client_text_as`: expected two denials",
    ),
    (
        r#"{"case": "c", "request": {"token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z"}, "expect": {"decision": "allow", "reason": null, "status": 200, "operator_text_contains": ["x"]}}"#,
        "`operator_text_contains`: expected a denial",
    ),
    (
        r#"{"case": "c", "request": {"token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z"}, "expect": {"decision": "allow", "reason": null, "status": 200, "valid_until": "2025-11-02T00:00:00Z"}}"#,
        "`valid_until`: expected \"2025-11-02T00:00:00Z\", found null",
    ),
];

#[test]
fn an_invalid_case_or_one_that_expects_nothing_fails() {
    for (index, (case, problem)) in WRONG_CASES.into_iter().enumerate() {
        let report = Folder::new(&format!("case-{index}")).with_cases(&[ALLOWED, case]).report();
        assert_reports(&report, &["cases: 2, failures: 1\n\n…/policy.json: cases[1] ", problem]);
    }
}

/// A file as it is given: it is refused, with this.
const WRONG_FILES: [(&str, &str); 10] = [
    ("", "…/policy.json: EOF while parsing a value at line 1 column 0"),
    ("[]", "…/policy.json: found a list: expected an object"),
    (r#"{"cases": []}"#, "…/policy.json: missing field `world`"),
    (r#"{"world": {}}"#, "…/policy.json: missing field `cases`"),
    (r#"{"world": {}, "cases": {}}"#, "…/policy.json: invalid type: map, expected a sequence"),
    (
        r#"{"world": {}, "case": []}"#,
        "…/policy.json: case: unknown field: expected one of `rules`, `idea`, `world`, `cases`",
    ),
    (
        r#"{"world": {}, "cases": [{"case": "a", "expect": {"status": 1, "status": 2}}]}"#,
        "…/policy.json: cases[0].expect.status: duplicate key: expected each once",
    ),
    (r#"{"world": 7, "cases": []}"#, "…/policy.json: world: found a number: expected an object"),
    (
        r#"{"world": {"policy": "npm-2025-10", "users": [], "orgs": [], "packages": []}, "cases": []}"#,
        "…/policy.json: world.tokens: missing field",
    ),
    (
        r#"{"world": {"policy": "npm-2025-10", "users": [], "orgs": [], "packages": [], "tokens": []}, "cases": []}"#,
        "…/policy.json: cases: empty list: expected one or more",
    ),
];

#[test]
fn an_invalid_scenario_file_fails() {
    for (index, (file, problem)) in WRONG_FILES.into_iter().enumerate() {
        let report = Folder::new(&format!("file-{index}")).with("policy.json", file).report();
        assert_reports(&report, &["cases: 0, failures: 1\n\n", problem]);
    }
}

#[test]
fn every_rule_that_a_world_breaks_is_reported_with_its_path() {
    let world = WORLD.replace("\"owner\": \"alice\"", "\"owner\": \"bob\"").replace("\"left-pad\"", "\" \"");
    let report = Folder::new("world")
        .with("policy.json", &format!(r#"{{"world": {world}, "cases": [{ALLOWED}]}}"#))
        .with_lines(REQUESTS, &[R1, R2, R3])
        .with("lines/world.json", &world)
        .report();
    assert_reports(
        &report,
        &[
            "…/policy.json: world.packages[0].name: ",
            "\n    world.tokens[0].owner: ",
            "…/lines: world.json: packages[0].name: ",
        ],
    );
}

#[test]
fn a_folder_without_scenarios_fails() {
    let none = "cases: 0, failures: 1\n\n…: no scenario: expected a `.json` file, or a folder with world.json, requests.jsonl and decisions.jsonl\n";
    assert_eq!(Folder::new("empty").with("README.md", "").with("notes.txt", "").report(), none);
    let gone = Folder::new("gone");
    fs::remove_dir(&gone.0).unwrap();
    assert_reports(&gone.report(), &["cases: 0, failures: 1\n\n…: "]);
}

/// Decision lines for the three requests: what is reported.
const WRONG_LINES: [(&[&str], &[&str]); 8] = [
    (
        &[R1, R3],
        &[
            "cases: 3, failures: 1",
            "…/lines: \"r2\": decisions.jsonl has no line for it: expected one for each request, in order\n    found {",
        ],
    ),
    (
        &[R1, R2, R3, R2],
        &["cases: 3, failures: 1", "…/lines: decisions.jsonl, line 4: no request at this place has its id"],
    ),
    (&[R1, R1, R2, R3], &["cases: 3, failures: 1", "…/lines: decisions.jsonl, line 2: no request"]),
    (&[R2, R1, R3], &["cases: 3, failures: 2", "line 1: no request", "\"r2\": decisions.jsonl has no line for it"]),
    (&[], &["cases: 3, failures: 3"]),
    (
        &[
            R1,
            r#"{"id": "r2", "decision": "deny", "action": null, "reason": "no-such-package", "status": 403, "valid_until": null}"#,
            R3,
        ],
        &[
            "cases: 3, failures: 1",
            "…/lines: \"r2\": `status`: expected 403, found 404\n    `via`: expected nothing, found null\n    found {",
            "    tollgate: DENY read-package `nope`",
        ],
    ),
    (
        &[R1, R2, r#"{"id": "r3", "error": ""}"#],
        &[
            "\"r3\": `error`: expected a text, found \"\"",
            "    tollgate: an error line: action: unknown action `dance`",
        ],
    ),
    (
        &[R1, R2, r#"{"id": "r3", "id": "r4", "error": "no"}"#],
        &["cases: 0, failures: 1", "…/lines: decisions.jsonl, line 3: id: duplicate key"],
    ),
];

#[test]
fn lines_that_do_not_match_fail() {
    for (index, (decisions, problems)) in WRONG_LINES.into_iter().enumerate() {
        let folder = Folder::new(&format!("lines-{index}")).with_lines(REQUESTS, decisions);
        assert_reports(&folder.report(), problems);
        assert_reports(&folder.report_of(|folder| run_scenarios_with(folder, wiring)), problems);
    }
}

#[test]
fn invalid_requests_fail() {
    let folder = |name: &str, requests: &str| Folder::new(name).with_lines(requests, &[R1]);
    assert_reports(
        &folder("no-requests", "\n").report(),
        &["…/lines: requests.jsonl: no request: expected one or more"],
    );
    assert_reports(&folder("no-json", "{").report(), &["…/lines: requests.jsonl, line 1: EOF while parsing"]);
    let twice = REQUESTS.lines().next().unwrap();
    let report = folder("same-id", &format!("{twice}\n{twice}")).report();
    assert_reports(&report, &["cases: 2, failures: 2", "…/lines: \"r1\": an earlier request has the same id"]);
    let folder = folder("twice", r#"{"id": "r1", "id": "r1"}"#);
    let report = folder.report_of(|folder| run_scenarios_with(folder, wiring));
    assert_reports(&report, &["…/lines: requests.jsonl, line 1: id: duplicate key: expected each once"]);
    let folder = Folder::new("two-of-three").with("lines/world.json", WORLD).with("lines/requests.jsonl", REQUESTS);
    assert_reports(&folder.report(), &["cases: 0, failures: 1\n\n…/lines: decisions.jsonl: "]);
}

#[test]
fn a_wiring_is_checked_only_for_what_a_decision_line_says() {
    let closed = |_: &Value| |request: &Value| json!({"id": request["id"], "decision": "deny", "reason": "closed", "status": 403});
    let folder = Folder::new("closed").with_cases(&[ALLOWED]);
    let report = folder.report_of(|folder| run_scenarios_with(folder, closed));
    assert_reports(
        &report,
        &[
            "cases[0] \"anyone reads\": `decision`: expected \"allow\", found \"deny\"\n    `reason`: expected null, found \"closed\"",
            "\n    tollgate: ALLOW read-package `left-pad`",
        ],
    );
    let house = r#"{"case": "closed", "request": {"token": null, "action": "read-package", "package": "left-pad",
        "now": "2025-11-01T00:00:00Z"}, "expect": {"decision": "deny", "reason": "closed", "status": 403}}"#;
    assert_eq!(run_scenarios_with(&Folder::new("house").with_cases(&[house]).0, closed), 1);
    let wrong_id = |_: &Value| |_: &Value| json!({"id": "r0", "decision": "allow", "reason": null, "status": 200});
    let report = folder.report_of(|folder| run_scenarios_with(folder, wrong_id));
    assert_reports(&report, &["`id`: expected \"anyone reads\", found \"r0\""]);

    let factor = r#"{"owner": "alice", "verified_at": "2025-11-01T00:00:00Z", "max_age_seconds": 1}"#;
    let cases = [
        (DENIED.into(), "`client_text_contains`"),
        (CHALLENGED.replacen('{', &format!("{{\"factor\": {factor},"), 1), "`factor`"),
        (CHALLENGED.replacen('{', r#"{"same_client_text_as": "anyone reads","#, 1), "`same_client_text_as`"),
    ];
    for (case, key) in cases {
        let report = Folder::new(&format!("own-{}", key.trim_matches('`')))
            .with_cases(&[&case])
            .report_of(|folder| run_scenarios_with(folder, wiring));
        assert_reports(&report, &[&format!("{key} needs the crate's own decision, not a line of another's")]);
    }
}
