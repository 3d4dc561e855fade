//! The conformance vectors: what they are made of, that they are what would be made today, and that their checker
//! refuses wrong answers.
//!
//! `TOLLGATE_WRITE_VECTORS=1 cargo test --all-features --test conformance` writes them again.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "the vectors and the scenarios are files, and whether to write them is the caller's to say"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use crate::oracle;
use tollgate::{
    Reason,
    directory::{DecisionLine, Directory, RequestLine, World},
    operation::Action,
    testing::{
        check_answers,
        exhaustion::{Family, families},
    },
    token::LegacyKind,
};

/// "as one JSON-lines file of at most 20 MB".
const LARGEST: usize = 20_000_000;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

// ---------------------------------------------------------------------------------------------------------- a world

/// A world with those of its requests that are worth a case, and what must come out.
struct Cases {
    world: Value,
    cases: Vec<(Value, Value)>,
}

impl Cases {
    /// The lines of the file. The world keeps the packages and tokens that a case names.
    fn lines(&self, name: &str) -> Vec<String> {
        let named = |field: &str| -> BTreeSet<&str> {
            self.cases.iter().filter_map(|(request, _)| request[field].as_str()).collect()
        };
        let mut world = self.world.clone();
        let (packages, tokens) = (named("package"), named("token"));
        // A token that is found by its secret is named by nothing that could be read here.
        let by_secret = self.cases.iter().any(|(request, _)| request.get("secret").is_some());
        let keep = |list: &mut Value, key: &str, names: &BTreeSet<&str>| {
            list.as_array_mut().unwrap().retain(|thing| names.contains(thing[key].as_str().unwrap()));
        };
        keep(&mut world["packages"], "name", &packages);
        if !by_secret {
            keep(&mut world["tokens"], "id", &tokens);
        }
        let world = json!({"world": name, "document": world});
        let cases = self.cases.iter().enumerate().map(|(index, (request, decision))| {
            let (mut request, mut decision) = (request.clone(), decision.clone());
            let id = json!(format!("{name}-{index}"));
            request["id"] = id.clone();
            decision["id"] = id;
            json!({"world": name, "request": request, "decision": decision})
        });
        core::iter::once(world).chain(cases).map(|line| line.to_string()).collect()
    }
}

// ------------------------------------------------------------------------------------------------- from the families

/// What makes a question of the enumeration a case of its own: the first with each of these becomes one.
fn signature(family: &Family, request: &Value, answer: &Value, kinds: &BTreeMap<String, String>) -> String {
    let token = request["token"].as_str().unwrap_or("none");
    let kind = kinds.get(token).map_or(token, String::as_str);
    let answer = ["decision", "action", "reason", "status", "via"].map(|field| answer[field].to_string()).join(" ");
    if let Some((_, state)) = token.split_once(" | ") {
        // A state of T, whatever is asked.
        return format!("{kind} {state} {} {answer}", request["client_ip"]);
    }
    let named = ["action", "package", "org", "user"].map(|field| request[field].to_string()).join(" ");
    format!("{} {kind} {named} {answer}", family.name())
}

/// `legacy publish`, `granular`: by the id of the token.
fn kinds(world: &Value) -> BTreeMap<String, String> {
    let kind = |token: &Value| match token.get("legacy") {
        Some(kind) => format!("legacy {kind}"),
        None => "granular".to_owned(),
    };
    let tokens = world["tokens"].as_array().unwrap().iter();
    tokens.map(|token| (token["id"].as_str().unwrap().to_owned(), kind(token))).collect()
}

/// Every so many of a family's worlds is looked at. What sets these apart (the place, the mode of the second factor, each
/// grant) comes round in threes and sevens: a step that shares a factor with them would meet one mode only.
fn step(family: &Family) -> usize {
    match family.worlds() {
        0..=8 => 2,
        9..=21 => 5,
        _ => 187,
    }
}

fn from_the_families() -> Vec<Cases> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for family in families() {
        for index in (0..family.worlds()).step_by(step(&family)) {
            let world = family.world(index).unwrap();
            let kinds = kinds(&world);
            let answers = Answers::new(&world);
            let new = |request: &&Value| {
                let answer = answers.of(request);
                seen.insert(signature(&family, request, &answer, &kinds))
            };
            let requests: Vec<_> = family.requests().iter().filter(new).cloned().collect();
            let cases = requests.into_iter().map(|request| {
                let answer = answers.of(&request);
                (request, answer)
            });
            all.push(Cases { cases: cases.collect(), world });
        }
    }
    all.retain(|cases| !cases.cases.is_empty());
    all
}

/// The answers of both, who must agree.
struct Answers<'w> {
    world: &'w Value,
    directory: Directory,
}

impl<'w> Answers<'w> {
    fn new(world: &'w Value) -> Self {
        let document: World = serde_json::from_value(world.clone()).unwrap();
        Self { world, directory: Directory::load(&document).unwrap() }
    }

    /// The crate's.
    fn of(&self, request: &Value) -> Value {
        let line: RequestLine = serde_json::from_value(request.clone()).unwrap();
        match line.parse() {
            Ok(request) => {
                let caller = self.directory.caller(&request);
                let decision = self.directory.decide(&caller, &request);
                serde_json::to_value(DecisionLine::decided(&request, &decision)).unwrap()
            }
            Err(error) => json!({"id": error.id(), "error": true}),
        }
    }

    fn agree(&self, request: &Value) {
        assert_eq!(self.of(request), oracle::decide(self.world, request), "{request}");
    }
}

// ------------------------------------------------------------------------------------------------ from the scenarios

/// The decisions of the scenarios, which were written by hand: the edges of each rule.
fn from_the_scenarios() -> Vec<Cases> {
    let mut paths: Vec<_> = fs::read_dir(here("scenarios")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let scenario: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        if scenario["world"].is_null() {
            continue;
        }
        let answers = Answers::new(&scenario["world"]);
        let requests = scenario["cases"].as_array().unwrap().iter().filter_map(|case| case["request"].as_object());
        let cases = requests.map(|request| {
            let mut request: Map<String, Value> = request.clone();
            request.insert("id".to_owned(), json!("id"));
            let request = Value::Object(request);
            let answer = answers.of(&request);
            (request, answer)
        });
        all.push(Cases { cases: cases.collect(), world: scenario["world"].clone() });
    }
    all.retain(|cases| !cases.cases.is_empty());
    all
}

// ---------------------------------------------------------------------------------------------------------- the file

fn vectors() -> String {
    let enumerated = from_the_families();
    let written = from_the_scenarios();
    let mut lines = Vec::new();
    for (kind, all) in [("e", enumerated), ("s", written)] {
        for (index, cases) in all.iter().enumerate() {
            let answers = Answers::new(&cases.world);
            for (request, _) in &cases.cases {
                answers.agree(request);
            }
            lines.extend(cases.lines(&format!("{kind}{index}")));
        }
    }
    lines.join("\n") + "\n"
}

/// What the vectors promise: "one for each answer that each action can have", not only in the worlds looked at.
#[test]
#[ignore = "minutes: run it in release"]
fn no_other_world_has_a_case_of_its_own() {
    for family in families() {
        let signatures = |step: usize| -> BTreeSet<String> {
            let in_world = |index| {
                let world = family.world(index).unwrap();
                let (kinds, answers) = (kinds(&world), Answers::new(&world));
                let of = |request| signature(&family, request, &answers.of(request), &kinds);
                family.requests().iter().map(of).collect::<BTreeSet<_>>()
            };
            (0..family.worlds()).step_by(step).flat_map(in_world).collect()
        };
        // Of many worlds a good part: all of them would take an hour.
        let (found, there) = (signatures(step(&family)), signatures(if family.worlds() > 100 { 23 } else { 1 }));
        assert_eq!(there.difference(&found).next(), None, "{}", family.name());
    }
}

fn file() -> PathBuf {
    here("conformance/vectors.jsonl")
}

#[test]
fn the_vectors_are_what_would_be_made_today() {
    let made = vectors();
    assert!(made.len() <= LARGEST, "{} bytes", made.len());
    if env::var("TOLLGATE_WRITE_VECTORS").is_ok() {
        fs::write(file(), &made).unwrap();
    }
    let on_record = fs::read_to_string(file()).unwrap();
    let differing = made.lines().zip(on_record.lines()).position(|(made, recorded)| made != recorded);
    assert!(made == on_record, "the vectors differ from line {differing:?} on: write them again, and see what changed");
}

/// The lines of the file that are cases, each with the world that it is in.
fn cases(text: &str) -> Vec<(Value, Value, Value)> {
    let mut worlds = BTreeMap::new();
    let mut cases = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let world = line["world"].as_str().unwrap().to_owned();
        match line.get("document") {
            Some(document) => drop(worlds.insert(world, document.clone())),
            None => cases.push((worlds[&world].clone(), line["request"].clone(), line["decision"].clone())),
        }
    }
    cases
}

/// What the file itself says, the worlds as they stand in it.
#[test]
fn every_case_is_what_the_oracle_answers_in_the_world_of_the_file() {
    let text = fs::read_to_string(file()).unwrap();
    let (mut reasons, mut actions, mut kinds) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut answers = String::new();
    let cases = cases(&text);
    for (world, request, decision) in &cases {
        let answer = oracle::decide(world, request);
        assert_eq!(&answer, decision, "{request}");
        reasons.extend(decision["reason"].as_str().map(ToOwned::to_owned));
        actions.extend(decision["action"].as_str().map(ToOwned::to_owned));
        let token = world["tokens"].as_array().unwrap().iter().find(|token| token["id"] == request["token"]);
        kinds.extend(token.map(|token| token["legacy"].as_str().unwrap_or("granular").to_owned()));
        answers.push_str(&answer.to_string());
        answers.push('\n');
    }
    let missing = Reason::ALL.iter().find(|reason| !reasons.contains(reason.as_str()));
    assert_eq!(missing, None, "no case has this reason");
    let missing = Action::ALL.iter().find(|action| !actions.contains(action.as_str()));
    assert_eq!(missing, None, "no case allows or challenges this action");
    assert!(
        LegacyKind::ALL.iter().all(|kind| kinds.contains(kind.as_str())) && kinds.contains("granular"),
        "{kinds:?}"
    );
    assert_eq!(check_answers(&text, &answers), Ok(cases.len()));
    println!("{} cases, {} bytes", cases.len(), text.len());
}

#[test]
fn wrong_answers_are_refused() {
    let deny = r#"{"id":"1","decision":"deny","action":null,"reason":"no-such-package","status":404,"valid_until":null,"via":null}"#;
    let vectors = [
        r#"{"world":"w","document":{}}"#,
        &format!(r#"{{"world":"w","request":{{"id":"1"}},"decision":{deny}}}"#),
        r#"{"world":"w","request":{"id":"2"},"decision":{"id":"2","error":true}}"#,
    ]
    .join("\n");
    let error = r#"{"id":"2","error":"what is wrong"}"#;
    let check = |answers: &[&str]| check_answers(&vectors, &answers.join("\n"));
    assert_eq!(check(&[deny, error]), Ok(2));
    assert_eq!(check(&[error, "", deny]), Ok(2));
    let status = deny.replace("404", "403");
    let swapped = (deny.replace(r#""1""#, r#""2""#), error.replace(r#""2""#, r#""1""#));
    let left_out = deny.replace(r#","via":null"#, "");
    for (answers, message) in [
        (&[deny, error, deny][..], "1 differences in 2 cases\nline 3, `1`: answered in line 1 already"),
        (&[deny], "1 differences in 2 cases\n`2`: no answer"),
        (&[&status, error], "1 differences in 2 cases\nline 1, `1`: status 403: expected 404"),
        (&[&left_out, error], "1 differences in 2 cases\nline 1, `1`: via (left out): expected null"),
        (&[deny, error, r#"{"id":"3"}"#], "1 differences in 2 cases\nline 3, `3`: no case has this id"),
        (&[deny, error, "{}"], "1 differences in 2 cases\nline 3: an answer without an id"),
        (&[deny, error, "{"], "1 differences in 2 cases\nline 3: EOF while parsing an object at line 1 column 1"),
        (
            &[&swapped.0, &swapped.1],
            "4 differences in 2 cases\n\
             line 1, `2`: error (left out): expected true\n\
             line 1, `2`: decision \"deny\": expected (left out)\n\
             line 2, `1`: error \"what is wrong\": expected (left out)\n\
             line 2, `1`: decision (left out): expected \"deny\"",
        ),
    ] {
        assert_eq!(check(answers).unwrap_err().to_string(), message);
    }
    // An answer that decides is no error line, whatever else stands in it.
    let allow = |error: &str| format!(r#"{{"id":"2","decision":"allow","status":200{error}}}"#);
    for (answer, message) in [
        (allow(r#","error":null"#), "error null: expected true\nline 2, `2`: decision \"allow\": expected (left out)"),
        (
            allow(r#","error":false"#),
            "error false: expected true\nline 2, `2`: decision \"allow\": expected (left out)",
        ),
        (allow(r#","error":"but""#), "decision \"allow\": expected (left out)"),
        (r#"{"id":"2","error":null}"#.to_owned(), "error null: expected true"),
    ] {
        let report = check(&[deny, &answer]).unwrap_err().to_string();
        assert!(report.ends_with(&format!("\nline 2, `2`: {message}")), "{report}");
    }
    let with_error = deny.replace(r#","via":null"#, r#","via":null,"error":null"#);
    let report = check(&[&with_error, error]).unwrap_err().to_string();
    assert_eq!(report, "1 differences in 2 cases\nline 1, `1`: error null: expected (left out)");
    // Every field counts.
    for (field, other) in [
        (r#""decision":"deny""#, r#""decision":"challenge""#),
        (r#""action":null"#, r#""action":"publish-version""#),
        (r#""reason":"no-such-package""#, r#""reason":"not-selected""#),
        (r#""status":404"#, r#""status":"404""#),
        (r#""valid_until":null"#, r#""valid_until":"2026-01-01T00:00:00Z""#),
        (r#""via":null"#, r#""via":"grant""#),
    ] {
        assert!(deny.contains(field));
        let report = check(&[&deny.replace(field, other), error]).unwrap_err().to_string();
        assert!(report.starts_with("1 differences in 2 cases\nline 1, `1`: "), "{report}");
    }
    // A case that stands twice would be checked once.
    let twice = format!("{vectors}\n{}", vectors.lines().last().unwrap());
    let report = check_answers(&twice, &[deny, error].join("\n")).unwrap_err().to_string();
    assert_eq!(report, "1 differences in 2 cases\nline 4 of the vectors: a second case `2`");
    assert_eq!(check_answers("", "").unwrap_err().to_string(), "1 differences in 0 cases\nno case in the vectors");
    assert!(check_answers("{}", "").unwrap_err().to_string().contains("neither a world nor a case"));
    let many: Vec<String> = (0..30).map(|id| format!("{{\"id\":\"x{id}\"}}")).collect();
    assert!(check_answers(&vectors, &many.join("\n")).unwrap_err().to_string().ends_with("no case has this id\n…"));
}
