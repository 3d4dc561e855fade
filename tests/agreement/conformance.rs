//! The conformance vectors: what they are made of, that they are what would be made today, and that their checker
//! refuses wrong answers.
//!
//! `TOLLGATE_WRITE_VECTORS=1 cargo test --all-features --test agreement conformance` writes them again.

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
    rc::Rc,
    thread,
};

use crate::{oracle, scenario_files::scenario_files};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tollgate::{
    Reason,
    directory::{DecisionLine, Directory, Request, RequestLine, World},
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
        // A token that is found by its secret is not named in the request: all tokens stay.
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

/// One world in so many of a family is looked at. The worlds differ in the owner's place, the two-factor mode and each grant,
/// which repeat every three and every seven worlds: a step that shares a factor with these would meet one mode only.
fn step(family: &Family) -> usize {
    match family.worlds() {
        0..=8 => 2,
        9..=21 => 5,
        _ => 187,
    }
}

fn from_the_families() -> Vec<Cases> {
    let families = families();
    thread::scope(|scope| {
        let workers: Vec<_> = families.iter().map(|family| scope.spawn(|| from_a_family(family))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// The cases of one family. No other family has a case of the same signature, so that they can be looked for side by side.
fn from_a_family(family: &Family) -> Vec<Cases> {
    let requests: Vec<_> = family.requests().iter().map(|request| (request, parse(request).unwrap())).collect();
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for index in (0..family.worlds()).step_by(step(family)) {
        let world = family.world(index).unwrap();
        let kinds = kinds(&world);
        let answers = Answers::new(&world);
        let cases: Vec<_> = requests
            .iter()
            .filter_map(|(json, request)| {
                let answer = answers.decided(request);
                seen.insert(signature(family, json, &answer, &kinds)).then(|| ((*json).clone(), answer))
            })
            .collect();
        if !cases.is_empty() {
            all.push(Cases { world, cases });
        }
    }
    all
}

fn parse(request: &Value) -> Result<Request, Value> {
    let line = RequestLine::deserialize(request).unwrap();
    line.parse().map_err(|error| json!({"id": error.id(), "error": true}))
}

/// The answers of the crate in one world, to be compared with the oracle's.
struct Answers<'w> {
    world: &'w Value,
    directory: Directory,
}

impl<'w> Answers<'w> {
    fn new(world: &'w Value) -> Self {
        let document = World::deserialize(world).unwrap();
        Self { world, directory: Directory::load(&document).unwrap() }
    }

    /// The crate's answer.
    fn of(&self, request: &Value) -> Value {
        parse(request).map_or_else(|error| error, |request| self.decided(&request))
    }

    fn decided(&self, request: &Request) -> Value {
        let caller = self.directory.caller(request);
        let decision = self.directory.decide(&caller, request);
        serde_json::to_value(DecisionLine::decided(request, &decision)).unwrap()
    }

    fn agree(&self, request: &Value) {
        assert_eq!(self.of(request), oracle::decide(self.world, request), "{request}");
    }
}

// ------------------------------------------------------------------------------------------------ from the scenarios

/// The decisions of the scenarios, which were written by hand: the edges of each rule.
fn from_the_scenarios() -> Vec<Cases> {
    let mut all = Vec::new();
    for (_, text) in scenario_files() {
        let scenario: Value = serde_json::from_str(&text).unwrap();
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

/// The vectors promise one case for each answer that each action can have, not only in the worlds that they are made from.
#[test]
#[ignore = "minutes: run it in release"]
fn no_world_outside_the_sample_has_an_answer_that_the_vectors_lack() {
    for family in families() {
        let requests: Vec<_> = family.requests().iter().map(|request| (request, parse(request).unwrap())).collect();
        let signatures = |step: usize| -> BTreeSet<String> {
            let in_world = |index| {
                let world = family.world(index).unwrap();
                let (kinds, answers) = (kinds(&world), Answers::new(&world));
                let of =
                    |(json, request): &(&Value, Request)| signature(&family, json, &answers.decided(request), &kinds);
                requests.iter().map(of).collect::<BTreeSet<_>>()
            };
            (0..family.worlds()).step_by(step).flat_map(in_world).collect()
        };
        // One in 23 of the large families: all of them would take an hour.
        let (found, there) = (signatures(step(&family)), signatures(if family.worlds() > 100 { 23 } else { 1 }));
        assert_eq!(there.difference(&found).next(), None, "{}", family.name());
    }
}

fn file() -> PathBuf {
    here("conformance/vectors.jsonl")
}

#[test]
fn the_vectors_of_the_file_are_those_that_this_code_makes() {
    let made = vectors();
    assert!(made.len() <= LARGEST, "{} bytes", made.len());
    if env::var("TOLLGATE_WRITE_VECTORS").is_ok() {
        fs::write(file(), &made).unwrap();
    }
    let on_record = fs::read_to_string(file()).unwrap();
    let differing = made.lines().zip(on_record.lines()).position(|(made, recorded)| made != recorded);
    assert!(made == on_record, "the vectors differ from line {differing:?} on: write them again, and see what changed");
}

/// A line of the file that is a case, with the world that it is in.
struct Line {
    world: Rc<Value>,
    request: Value,
    decision: Value,
}

fn cases(text: &str) -> Vec<Line> {
    let mut worlds = BTreeMap::new();
    let mut cases = Vec::new();
    for line in text.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let name = line["world"].as_str().unwrap().to_owned();
        if line.get("document").is_some() {
            worlds.insert(name, Rc::new(line["document"].take()));
        } else {
            let (request, decision) = (line["request"].take(), line["decision"].take());
            cases.push(Line { world: Rc::clone(&worlds[&name]), request, decision });
        }
    }
    cases
}

/// Reads the file itself, with the worlds as they stand in it.
#[test]
fn the_oracle_answers_every_case_of_the_file_as_the_file_does() {
    let text = fs::read_to_string(file()).unwrap();
    let (mut reasons, mut actions, mut kinds) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut answers = String::new();
    let cases = cases(&text);
    for Line { world, request, decision } in &cases {
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
    // An answer with a decision is not an error line, even if it has a field `error`.
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
    // If one id stood for two cases, only one of them would be checked.
    let twice = format!("{vectors}\n{}", vectors.lines().last().unwrap());
    let report = check_answers(&twice, &[deny, error].join("\n")).unwrap_err().to_string();
    assert_eq!(report, "1 differences in 2 cases\nline 4 of the vectors: a second case `2`");
    assert_eq!(check_answers("", "").unwrap_err().to_string(), "1 differences in 0 cases\nno case in the vectors");
    assert!(check_answers("{}", "").unwrap_err().to_string().contains("neither a world nor a case"));
    let many: Vec<String> = (0..30).map(|id| format!("{{\"id\":\"x{id}\"}}")).collect();
    assert!(check_answers(&vectors, &many.join("\n")).unwrap_err().to_string().ends_with("no case has this id\n…"));
}
