//! The conformance vectors: what they are made of, that they are what would be made today, and that their checker
//! refuses wrong answers.
//!
//! `TOLLGATE_WRITE_VECTORS=1 cargo test --release --all-features --test agreement conformance` writes them again.

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
};

use crate::{exhaustion::FAMILIES, oracle, scenario_files::scenario_files};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tollgate::{
    Reason,
    directory::{DecisionLine, Directory, Request, RequestLine, World},
    operation::Action,
    policy::Edition,
    testing::{check_answers, exhaustion::Family},
    token::LegacyKind,
};

/// The file holds at most 4 MB.
const LARGEST: usize = 4_000_000;

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

/// A token of the enumeration, as far as it tells cases apart.
#[derive(Default)]
struct DescribedToken {
    /// Such as `legacy publish` or `granular`; the id, if the token is not on record.
    kind: String,
    on_packages: String,
    on_organizations: String,
    bypass: bool,
}

/// What the cases of a world have in common, to tell which of its questions are worth one.
struct Described {
    policy: Value,
    hold: Value,
    /// By the id of the token.
    tokens: BTreeMap<String, DescribedToken>,
}

impl Described {
    fn new(world: &Value) -> Self {
        let described = |token: &Value| {
            let granular = &token["granular"];
            let kind = match (token["legacy"].as_str(), granular.is_null()) {
                (Some(kind), _) => format!("legacy {kind}"),
                (None, true) => "session".to_owned(),
                (None, false) => "granular".to_owned(),
            };
            let [on_packages, on_organizations] =
                ["packages_and_scopes", "orgs"].map(|side| granular[side]["permission"].to_string());
            let bypass = granular["bypass_2fa"] == true;
            let described = DescribedToken { kind, on_packages, on_organizations, bypass };
            (token["id"].as_str().unwrap().to_owned(), described)
        };
        Self {
            policy: world["policy"].clone(),
            hold: world["users"][0]["writes_held_until"].clone(),
            tokens: world["tokens"].as_array().unwrap().iter().map(described).collect(),
        }
    }

    /// What makes a question of the enumeration a case: it is the first with one of these.
    fn signatures(&self, request: &Value, answer: &Value) -> Vec<String> {
        let id = request["token"].as_str().unwrap_or("no token");
        let unknown = DescribedToken { kind: id.to_owned(), ..DescribedToken::default() };
        let DescribedToken { kind, on_packages, on_organizations, bypass } = self.tokens.get(id).unwrap_or(&unknown);
        let (policy, action) = (&self.policy, &request["action"]);
        let outcome = ["decision", "reason", "status", "via"].map(|field| answer[field].to_string()).join(" ");
        let reason = answer["reason"].as_str().unwrap_or_default();
        let of_the_token =
            ["token-revoked", "token-retired", "token-expired", "ip-not-allowed", "owner-suspended"].contains(&reason);

        // How long each answer holds, by kind of token; and each way in which an action is allowed.
        let mut signatures =
            vec![format!("{kind} {outcome} {}", answer["valid_until"]), format!("{action} {}", answer["via"])];
        if let Some((_, state)) = id.split_once(" | ") {
            // Each state of a token, from a known address and an unknown one, whatever is asked.
            let policy = if kind.starts_with("legacy") { policy.to_string() } else { String::new() };
            let outcome = if of_the_token { &outcome } else { "passes" };
            signatures.push(format!("{kind} {state} {policy} {} {outcome}", request["client_ip"]));
            return signatures;
        }
        if of_the_token {
            signatures.push(format!("{policy} {kind} {outcome}"));
            return signatures;
        }
        if !self.hold.is_null() {
            // Each action under each hold.
            signatures.push(format!("{action} {} {}", self.hold, reason == "owner-on-hold"));
            return signatures;
        }

        // What the second factor says, if the checks come that far. A challenge and what becomes of it are one.
        let by_factor = match (answer["decision"].as_str(), answer["via"].as_str(), reason) {
            (Some("challenge"), ..) | (_, Some("second-factor"), _) => Some("challenged"),
            (_, Some("grant"), _) => Some("passes"),
            (.., "tokens-disallowed" | "second-factor-not-enrolled") => Some(reason),
            _ => None,
        };
        // Each answer to each action: by kind of token, and by the resource, unless the answer comes before it is looked at.
        // The names of the enumeration say whose scope a package is in, then visibility and publishing access.
        let package = request["package"].as_str().unwrap_or("none");
        let name = package.rsplit('/').next().unwrap();
        let (visibility, access) = name.split_once('-').unwrap_or((name, "none"));
        let scope = package.strip_suffix(name).unwrap();
        let names_no_resource = ["authentication-required", "token-unknown", "kind-forbids-action", "stage-required"]
            .contains(&reason)
            || reason.starts_with("no-such-") && action != "revoke-team-access"
            || reason == "permission-too-low" && answer["status"] == 403;
        let resource = if names_no_resource {
            String::new()
        } else {
            format!("{scope} {visibility} {} {}", request["org"], request["user"])
        };
        let or_factor = if by_factor.is_some() { "second factor" } else { &outcome };
        signatures.push(format!("{kind} {action} {resource} {or_factor}"));
        // Each answer to each action by a granular token of each permission on the side of the action.
        let permission = if request["org"].is_null() { on_packages } else { on_organizations };
        signatures.push(format!("{action} {permission} {}", by_factor.unwrap_or(&outcome)));
        // Each answer of the second factor, by publishing access: to each action under each edition, and to any under each
        // other policy that honours legacy tokens.
        if let Some(by_factor) = by_factor {
            if policy.is_string() {
                signatures.push(format!("{policy} {action} {kind} {bypass} {access} {by_factor}"));
            } else if policy["legacy_tokens"] != "retired" {
                signatures.push(format!("{policy} {bypass} {access} {by_factor}"));
            }
        }
        signatures
    }
}

/// One world in so many of a family is looked at. The worlds differ in the owner's place, the two-factor mode, each grant,
/// the hold and the policy, which repeat every three, five, six, seven, eight and 21 worlds: a step that shares a factor with
/// those of a family would meet only some of them. Where every policy meets every mode, all worlds are looked at, or enough of
/// them for each policy to meet each mode.
fn step(family: &Family) -> usize {
    match family.worlds() {
        0..=21 | 41..=100 => 5,
        22..=40 => 7,
        101..=300 => 1,
        301..=1000 => 2,
        _ => 61,
    }
}

/// The cases of the families: the first question with each signature.
fn from_the_families() -> Vec<Cases> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for family in FAMILIES.iter() {
        let requests: Vec<_> = family.requests().iter().map(|request| (request, parse(request).unwrap())).collect();
        for index in (0..family.worlds()).step_by(step(family)) {
            let world = family.world(index).unwrap();
            let described = Described::new(&world);
            let answers = Answers::new(&world);
            let cases: Vec<_> = requests
                .iter()
                .filter_map(|(json, request)| {
                    let answer = answers.decided(request);
                    let before = seen.len();
                    seen.extend(described.signatures(json, &answer));
                    (seen.len() > before).then(|| ((*json).clone(), answer))
                })
                .collect();
            if !cases.is_empty() {
                all.push(Cases { world, cases });
            }
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

/// The lines of the file that are made of these cases. The name of a world starts with `kind`.
fn lines(kind: &str, all: &[Cases]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, cases) in all.iter().enumerate() {
        let answers = Answers::new(&cases.world);
        for (request, _) in &cases.cases {
            answers.agree(request);
        }
        lines.extend(cases.lines(&format!("{kind}{index}")));
    }
    lines
}

fn vectors() -> String {
    let lines = [lines("e", &from_the_families()), lines("s", &from_the_scenarios())].concat();
    lines.join("\n") + "\n"
}

/// The signatures of the questions in every so-manieth world of each family.
fn signatures(step: impl Fn(&Family) -> usize) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for family in FAMILIES.iter() {
        let requests: Vec<_> = family.requests().iter().map(|request| (request, parse(request).unwrap())).collect();
        for index in (0..family.worlds()).step_by(step(family)) {
            let world = family.world(index).unwrap();
            let (described, answers) = (Described::new(&world), Answers::new(&world));
            for (json, request) in &requests {
                all.extend(described.signatures(json, &answers.decided(request)));
            }
        }
    }
    all
}

/// The vectors promise a case for each answer, not only in the worlds that they are made from.
#[test]
#[ignore = "minutes: run it in release"]
fn no_world_outside_the_sample_has_an_answer_that_the_vectors_lack() {
    // One in so many of the large families: all of them would take an hour.
    let more = |family: &Family| match family.worlds() {
        0..=40 => 1,
        41..=100 => 3,
        101..=300 => step(family),
        301..=1000 => 5,
        _ => 23,
    };
    let (found, there) = (signatures(step), signatures(more));
    let missing: Vec<_> = there.difference(&found).collect();
    assert!(missing.is_empty(), "{} answers, such as {:#?}", missing.len(), &missing[..missing.len().min(20)]);
}

fn file() -> PathBuf {
    here("conformance/vectors.jsonl")
}

fn assert_same_lines<'a>(made: impl Iterator<Item = &'a str>, on_record: impl Iterator<Item = &'a str>) {
    let (made, on_record): (Vec<_>, Vec<_>) = (made.collect(), on_record.collect());
    let differing = made.iter().zip(&on_record).position(|(made, recorded)| made != recorded);
    assert!(made == on_record, "the vectors differ from line {differing:?} on: write them again, and see what changed");
}

/// Those of the enumeration are made in release only, by the next test.
#[test]
fn the_vectors_of_the_file_are_those_that_the_scenarios_make() {
    if env::var("TOLLGATE_WRITE_VECTORS").is_ok() {
        fs::write(file(), vectors()).unwrap();
    }
    let on_record = fs::read_to_string(file()).unwrap();
    assert!(on_record.len() <= LARGEST, "{} bytes", on_record.len());
    let made = lines("s", &from_the_scenarios());
    let from_scenarios = |line: &&str| line.contains(r#""world":"s"#);
    assert_same_lines(made.iter().map(String::as_str), on_record.lines().filter(from_scenarios));
}

#[test]
#[ignore = "a minute: run it in release"]
fn the_vectors_of_the_file_are_those_that_this_code_makes() {
    assert_same_lines(vectors().lines(), fs::read_to_string(file()).unwrap().lines());
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
fn the_crate_and_the_oracle_answer_every_case_of_the_file_as_the_file_does() {
    let text = fs::read_to_string(file()).unwrap();
    let (mut reasons, mut actions, mut kinds) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut policies = BTreeSet::new();
    let mut answers = String::new();
    let cases = cases(&text);
    for in_one_world in cases.chunk_by(|one, next| Rc::ptr_eq(&one.world, &next.world)) {
        let ours = Answers::new(&in_one_world[0].world);
        for Line { world: _, request, decision } in in_one_world {
            assert_eq!(&ours.of(request), decision, "{request}");
        }
    }
    for Line { world, request, decision } in &cases {
        let answer = oracle::decide(world, request);
        assert_eq!(&answer, decision, "{request}");
        reasons.extend(decision["reason"].as_str().map(ToOwned::to_owned));
        actions.extend(decision["action"].as_str().map(ToOwned::to_owned));
        let token = world["tokens"].as_array().unwrap().iter().find(|token| token["id"] == request["token"]);
        kinds.extend(token.map(|token| {
            let kind = if token["granular"].is_null() { "session" } else { "granular" };
            token["legacy"].as_str().unwrap_or(kind).to_owned()
        }));
        policies.insert(world["policy"].to_string());
        answers.push_str(&answer.to_string());
        answers.push('\n');
    }
    assert!(cases.len() > 8_000, "{} cases: the README of the vectors says more", cases.len());
    let missing = Reason::ALL.iter().find(|reason| !reasons.contains(reason.as_str()));
    assert_eq!(missing, None, "no case has this reason");
    let missing = Action::ALL.iter().find(|action| !actions.contains(action.as_str()));
    assert_eq!(missing, None, "no case allows or challenges this action");
    let mut every_kind = LegacyKind::ALL.iter().map(|kind| kind.as_str()).chain(["session", "granular"]);
    assert!(every_kind.all(|kind| kinds.contains(kind)), "{kinds:?}");
    let mut editions = Edition::ALL.iter().map(|edition| json!(edition).to_string());
    assert!(editions.all(|edition| policies.contains(&edition)) && policies.len() > 36, "{policies:?}");
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
