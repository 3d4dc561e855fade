//! The runner for a folder of scenarios.

use core::fmt::Display;
use std::{
    collections::{BTreeSet, VecDeque},
    format, fs,
    path::{Path, PathBuf},
    string::{String, ToString},
    vec::Vec,
};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Checked, Scenario, as_value, check_error_text, difference, explained, failed};
use crate::{
    directory::{DecisionLine, Directory, RequestLine, World},
    value::document::{Fields, Node, Path as At, each_key_once},
};

/// Runs all scenarios of a folder, and returns the number of cases.
///
/// Assert the number in your test, so that the test fails if a file is missing.
///
/// - A file `<name>.json` is a scenario: `{"idea": "…", "world": {…}, "cases": […]}`. `idea` may be left out, and
///   `rules`, a list of rule ids, may be added. [`Scenario`] describes a case.
/// - A subfolder is a scenario too. It has the three files of [the format](crate::docs::format): `world.json`,
///   `requests.jsonl` and `decisions.jsonl`. Each request is a case. The decision lines are compared in order, field by
///   field, as JSON values. The text of an error line is not compared, and may be written as `true`.
/// - Other files are ignored, and so are files and folders whose name starts with a dot.
///
/// `cargo test` runs a test in the folder of its package, so a relative path starts there.
///
/// # Panics
///
/// Panics with a list of failures if a case does not hold or a scenario is not valid. These are failures:
///
/// - a decision that differs from the expected decision; the message has both decisions and an explanation
/// - a folder without scenarios, a file that cannot be read or is not a scenario, a scenario without cases
/// - a world that does not load, an unknown or duplicate key, two cases with the same claim, two requests with the same
///   id, a missing or superfluous line, an empty list of expected texts
///
/// A scenario whose world does not load has one failure, and none of its cases is run.
///
/// # Examples
///
/// A test of your crate calls `assert_eq!(run_scenarios("tests/policy"), 1);`. This example creates the folder first:
///
/// ```
/// use std::fs;
/// use tollgate::testing::run_scenarios;
///
/// let folder = std::env::temp_dir().join(format!("tollgate-run-scenarios-{}", std::process::id()));
/// fs::create_dir_all(&folder)?;
/// fs::write(
///     folder.join("anyone-reads.json"),
///     r#"{
///         "world": {
///             "policy": "npm-2025-10", "users": [], "orgs": [], "tokens": [],
///             "packages": [{"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement"}]
///         },
///         "cases": [{
///             "case": "a public package is readable without a token",
///             "request": {"token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z"},
///             "expect": {"decision": "allow", "reason": null, "status": 200}
///         }]
///     }"#,
/// )?;
/// assert_eq!(run_scenarios(&folder), 1);
/// # fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A folder without scenarios fails the test:
///
/// ```should_panic
/// use tollgate::testing::run_scenarios;
///
/// run_scenarios("tests/no-such-folder"); // panics: cases: 0, failures: 1 …
/// ```
#[track_caller]
pub fn run_scenarios(folder: impl AsRef<Path>) -> usize {
    unwrap_cases(run(folder.as_ref(), None::<fn(&Value) -> fn(&Value) -> Value>))
}

/// Runs all scenarios of a folder against your own registry, and returns the number of cases.
///
/// [`run_scenarios`] tests the decisions of this crate. This function tests the answers of your server: its database,
/// its cache, and the rules that it adds.
///
/// - `registry` is called once for each world, with the world as JSON. It sets up your registry and returns a function
///   that answers requests. Its argument is a line of the requests file, and its result is a line of the decisions file
///   (see [the format](crate::docs::format)).
/// - If the request of a case has no `id`, its id is the claim of the case. If your registry cannot read a request, the
///   answer is an error line, `{"id": …, "error": "…"}`.
/// - `reason` may be a reason of your registry that this crate does not have. It is compared as text.
/// - A case with `client_text_…`, `operator_text_…`, `same_client_text_as` or `factor` fails here, because a decision
///   line has no such texts and a request line has no such factor. Keep these cases in a folder for [`run_scenarios`].
///
/// # Panics
///
/// Panics in the same cases as [`run_scenarios`]. If an answer of your registry differs from the expected line, the
/// report has this crate's explanation of its own decision. A panic in your code ends the run.
///
/// # Examples
///
/// ```no_run
/// use serde_json::{Value, json};
/// use tollgate::testing::run_scenarios_with;
///
/// /// A registry that denies every request.
/// struct Closed;
///
/// impl Closed {
///     fn load(_world: &Value) -> Self {
///         Self
///     }
///     fn answer(&self, request: &Value) -> Value {
///         json!({"id": request["id"], "decision": "deny", "action": null, "reason": "closed", "status": 403,
///                "valid_until": null, "via": null})
///     }
/// }
///
/// run_scenarios_with("tests/policy", |world| {
///     let registry = Closed::load(world);
///     move |request| registry.answer(request)
/// }); // panics if a case of the folder expects an allow
/// ```
#[track_caller]
pub fn run_scenarios_with<D>(folder: impl AsRef<Path>, registry: impl FnMut(&Value) -> D) -> usize
where
    D: FnMut(&Value) -> Value,
{
    unwrap_cases(run(folder.as_ref(), Some(registry)))
}

/// Returns the number of cases, or panics with the report, at the line that called the runner.
#[track_caller]
#[expect(clippy::panic, reason = "a scenario that does not hold fails the test")]
fn unwrap_cases(run: Result<usize, String>) -> usize {
    match run {
        Ok(cases) => cases,
        Err(report) => panic!("{report}"),
    }
}

/// The number of cases that were run, and the failures.
#[derive(Default)]
struct Report {
    cases: usize,
    failures: Vec<String>,
}

impl Report {
    /// Counts a case, and adds its failure if it has one.
    fn case(&mut self, place: &dyn Display, checked: Checked) {
        self.cases = self.cases.saturating_add(1);
        self.note(place, checked);
    }

    /// Adds a failure if `checked` is an error.
    fn note(&mut self, place: &dyn Display, checked: Checked) {
        if let Err(problem) = checked {
            self.failures.push(format!("{place}: {problem}").replace('\n', "\n    "));
        }
    }
}

fn run<D>(folder: &Path, mut registry: Option<impl FnMut(&Value) -> D>) -> Result<usize, String>
where
    D: FnMut(&Value) -> Value,
{
    let mut report = Report::default();
    match scenarios(folder) {
        Err(error) => report.note(&folder.display(), Err(error)),
        Ok(paths) if paths.is_empty() => {
            let expected = "a `.json` file, or a folder with world.json, requests.jsonl and decisions.jsonl";
            report.note(&folder.display(), Err(format!("no scenario: expected {expected}")));
        }
        Ok(paths) => {
            for path in paths {
                let run = if path.is_dir() {
                    run_lines(&path, registry.as_mut(), &mut report)
                } else {
                    run_cases(&path, registry.as_mut(), &mut report)
                };
                report.note(&path.display(), run);
            }
        }
    }
    match report.failures.as_slice() {
        [] => Ok(report.cases),
        failures => {
            let (count, cases) = (failures.len(), report.cases);
            Err(format!("cases: {cases}, failures: {count}\n\n{}\n", failures.join("\n\n")))
        }
    }
}

/// Returns the paths of the scenarios in a folder, sorted by name.
fn scenarios(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let path = entry.path();
        let is_scenario = path.is_dir() || path.extension().is_some_and(|extension| extension == "json");
        if is_scenario && !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[expect(clippy::disallowed_methods, reason = "scenarios are files, and only tests read them")]
fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| error.to_string())
}

fn parsed<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Parses JSON in which no object has a duplicate key. `serde_json` alone would keep the last value of such a key.
fn parsed_strictly<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    let node: Node = parsed(text)?;
    each_key_once(&node, &At::Top).map_err(|error| error.to_string())?;
    parsed(text)
}

// ------------------------------------------------------------------------------------------------- a file with cases

/// A scenario file. `W` is [`World`] to load a directory, or [`Value`] to pass the world to the caller's registry.
#[derive(Deserialize)]
struct File<W> {
    #[serde(default, rename = "idea")]
    _idea: String,
    #[serde(default, rename = "rules")]
    _rules: Vec<String>,
    world: W,
    cases: Vec<Value>,
}

/// Runs a scenario file.
fn run_cases<D>(path: &Path, registry: Option<&mut impl FnMut(&Value) -> D>, report: &mut Report) -> Checked
where
    D: FnMut(&Value) -> Value,
{
    let text = read(path)?;
    let document: Node = parsed(&text)?;
    let known = Fields::new(&document, &At::Top, &["rules", "idea", "world", "cases"]).map(|_| ());
    known.map_err(|error| error.to_string())?;
    let File::<World> { world, cases, .. } = parsed_strictly(&text)?;
    let directory = Directory::load(&world).map_err(|error| {
        let errors = error.errors().map(|(path, message)| {
            let dot = if path.is_empty() { "" } else { "." };
            format!("world{dot}{path}: {message}")
        });
        errors.collect::<Vec<_>>().join("\n")
    })?;
    let mut answer = match registry {
        Some(registry) => Some(registry(&parsed::<File<Value>>(&text)?.world)),
        None => None,
    };
    if cases.is_empty() {
        return Err("cases: empty list: expected one or more".into());
    }
    let mut scenario = Scenario::new(&directory);
    for (index, case) in cases.iter().enumerate() {
        let claim = case.get("case").unwrap_or(&Value::Null);
        let place = format!("{}: cases[{index}] {claim}", path.display());
        report.case(&place, scenario.check_by(case, answer.as_mut()));
    }
    Ok(())
}

// -------------------------------------------------------------------------------------- world, requests and decisions

/// Runs a folder with `world.json`, `requests.jsonl` and `decisions.jsonl`.
fn run_lines<D>(folder: &Path, registry: Option<&mut impl FnMut(&Value) -> D>, report: &mut Report) -> Checked
where
    D: FnMut(&Value) -> Value,
{
    let file = |name: &str| read(&folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let (world, requests, decisions) = (file("world.json")?, file("requests.jsonl")?, file("decisions.jsonl")?);
    let directory = parsed(&world).and_then(|world| Directory::load(&world).map_err(|error| error.to_string()));
    let directory = directory.map_err(|error| format!("world.json: {error}"))?;
    let mut answer = match registry {
        Some(registry) => Some(registry(&parsed(&world)?)),
        None => None,
    };
    let mut expected = VecDeque::new();
    for (number, line) in lines(&decisions) {
        let line: Value = parsed_strictly(line).map_err(|error| format!("decisions.jsonl, line {number}: {error}"))?;
        expected.push_back((number, line));
    }
    if lines(&requests).next().is_none() {
        return Err("requests.jsonl: no request: expected one or more".into());
    }
    let mut ids = BTreeSet::new();
    for (number, text) in lines(&requests) {
        let answered = parsed::<RequestLine>(text).and_then(|line| {
            let found = match answer.as_mut() {
                Some(answer) => answer(&parsed_strictly(text)?),
                None => own_line(&directory, &line)?,
            };
            Ok((line, found))
        });
        let (line, found) = match answered {
            Ok(answered) => answered,
            Err(problem) => {
                report.case(&format_args!("{}: requests.jsonl, line {number}", folder.display()), Err(problem));
                continue;
            }
        };
        let place = format!("{}: {}", folder.display(), id(&found));
        if id(&found).is_string() && !ids.insert(id(&found).to_string()) {
            report.note(&place, Err("an earlier request has the same id".into()));
        }
        // The expected line is the next one with this id. Lines before it are reported as superfluous, and the lines
        // after it still match.
        let at = expected.iter().position(|(_, line)| id(line) == id(&found));
        for (number, _) in expected.drain(..at.unwrap_or(0)) {
            report.note(&folder.display(), superfluous(number));
        }
        let expected = at.and_then(|_| expected.pop_front());
        let problems = expected.map_or_else(
            || Vec::from(["decisions.jsonl has no line for it: expected one for each request, in order".into()]),
            |(_, expected)| compare_lines(&expected, &found),
        );
        let explanation = || explained(&directory, &line);
        report.case(&place, failed(&problems, &found, explanation));
    }
    for (number, _) in expected {
        report.note(&folder.display(), superfluous(number));
    }
    Ok(())
}

fn superfluous(number: usize) -> Checked {
    Err(format!("decisions.jsonl, line {number}: no request at this place has its id"))
}

/// Returns the lines that are not blank, each with its number, counted from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

fn id(line: &Value) -> &Value {
    line.get("id").unwrap_or(&Value::Null)
}

/// Returns the crate's own decision line for a request.
fn own_line(directory: &Directory, line: &RequestLine) -> Result<Value, String> {
    as_value(&match line.parse() {
        Ok(request) => DecisionLine::decided(&request, &directory.decide(&directory.caller(&request), &request)),
        Err(error) => DecisionLine::error(&error),
    })
}

/// Compares two decision lines field by field, and returns a message for each difference. A field that only one of the
/// two lines has is a difference.
fn compare_lines(expected: &Value, found: &Value) -> Vec<String> {
    let (mut problems, none) = (Vec::new(), Map::new());
    let [expected, found] = [expected, found].map(|line| line.as_object().unwrap_or(&none));
    let keys: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for key in keys {
        match (expected.get(key), found.get(key)) {
            (Some(expected), Some(found)) if key == "error" => {
                if *expected != Value::Bool(true) {
                    check_error_text(expected, &mut problems);
                }
                check_error_text(found, &mut problems);
            }
            (expected, found) => difference(&format!("`{key}`"), expected, found, &mut problems),
        }
    }
    problems
}
