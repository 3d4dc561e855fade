//! The scenarios of a folder, run.

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

use super::{Checked, Scenario, as_value, difference, error_text, explained, failed};
use crate::{
    directory::{DecisionLine, Directory, RequestLine, World},
    value::document::{Fields, Node, Path as At, each_key_once},
};

/// **Runs every scenario of a folder**, and gives the number of cases that held: all there are.
///
/// - `<name>.json` is a scenario: `{"idea": "…", "world": {…}, "cases": […]}`, where `idea` may be left out, and `rules`, a
///   list of rule ids, may be there. A case is `{"case": "a claim", "request": {…}, "expect": {…}}`: see [`Scenario`].
/// - A subfolder is [the format](crate::docs::format)'s three files: `world.json`, `requests.jsonl` and `decisions.jsonl`.
///   Lines are compared in order, field by field, as JSON values. An error line's text is for people and not compared:
///   it may stand as `true`.
/// - Whatever else lies in the folder is ignored: files of other names, and everything whose name starts with a dot.
///
/// A path that is not absolute starts where the test runs; `cargo test` runs it in the folder of its package.
///
/// # Panics
/// With a report of everything that is wrong:
/// - a case that does not hold: what was expected, what was found, and the explanation;
/// - a folder without scenarios, a file that is none or cannot be read, a scenario without cases;
/// - a world that does not load, an unknown or duplicate key, two cases of one name or requests of one id, a line too
///   many or too few, an expectation that expects nothing.
///
/// ```
/// use tollgate::testing::run_scenarios;
///
/// # let folder = std::env::temp_dir().join(format!("tollgate-run-scenarios-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let write = |cases: &str| std::fs::write(folder.join("anyone-reads.json"), format!(r#"{{
/// #     "world": {{"users": [], "orgs": [], "tokens": [], "packages": [
/// #         {{"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement"}}]}},
/// #     "cases": [{cases}]}}"#)).unwrap();
/// # write(r#"{"case": "without a token", "request": {"token": null, "action": "read-package", "package": "left-pad",
/// #     "now": "2025-11-01T00:00:00Z"}, "expect": {"decision": "allow", "reason": null, "status": 200}}"#);
/// // In a test: `run_scenarios("tests/policy")`.
/// assert_eq!(run_scenarios(&folder), 1);
/// # write("");
/// // The file has lost its case.
/// assert!(std::panic::catch_unwind(|| run_scenarios(&folder)).is_err());
/// # std::fs::remove_dir_all(&folder).unwrap();
/// ```
#[track_caller]
pub fn run_scenarios(folder: impl AsRef<Path>) -> usize {
    held(run(folder.as_ref(), None::<fn(&Value) -> fn(&Value) -> Value>))
}

/// **Holds your own wiring to the scenarios of a folder**: your server, your cache, your rules on top.
///
/// - `registry` is called once for each world, as JSON, and gives what answers the requests: one line of the requests
///   file in, one line of the decisions file out. What the lines hold is in [the format](crate::docs::format).
/// - The request of a case has the case's claim as its `id`. The answer to a request that you refuse to read is an
///   error line, `{"id": …, "error": "…"}`.
/// - `reason` may be a word of your own: it is compared as it stands.
/// - A decision line has no texts and no full second factor. A case with `client_text_…`, `operator_text_…`,
///   `same_client_text_as` or `factor` fails: it needs the crate's own decision, so keep it in another folder.
///
/// # Panics
/// As [`run_scenarios`], with the crate's own explanation beside each line of yours that is not as expected. A panic
/// of your own ends the run.
///
/// ```no_run
/// use serde_json::{Value, json};
/// use tollgate::testing::run_scenarios_with;
///
/// /// A registry that is closed for the day.
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
/// });
/// ```
#[track_caller]
pub fn run_scenarios_with<D>(folder: impl AsRef<Path>, registry: impl FnMut(&Value) -> D) -> usize
where
    D: FnMut(&Value) -> Value,
{
    held(run(folder.as_ref(), Some(registry)))
}

/// What was run, or a panic with the report at the caller of the runner.
#[track_caller]
#[expect(clippy::panic, reason = "a scenario that does not hold fails the test")]
fn held(run: Result<usize, String>) -> usize {
    match run {
        Ok(cases) => cases,
        Err(report) => panic!("{report}"),
    }
}

/// What was run, and what is wrong.
#[derive(Default)]
struct Report {
    cases: usize,
    failures: Vec<String>,
}

impl Report {
    fn case(&mut self, place: &dyn Display, checked: Checked) {
        self.cases = self.cases.saturating_add(1);
        self.note(place, checked);
    }

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

/// What is a scenario in the folder, sorted by name.
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

/// A value none of whose objects has a key twice: the later one would silently take the place of the earlier.
fn strictly<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    let node: Node = parsed(text)?;
    each_key_once(&node, &At::Top).map_err(|error| error.to_string())?;
    parsed(text)
}

// ------------------------------------------------------------------------------------------------- a file with cases

/// A scenario, its world as the directory reads it or as it is handed on.
#[derive(Deserialize)]
struct File<W> {
    #[serde(default, rename = "idea")]
    _idea: String,
    #[serde(default, rename = "rules")]
    _rules: Vec<String>,
    world: W,
    cases: Vec<Value>,
}

fn run_cases<D>(path: &Path, registry: Option<&mut impl FnMut(&Value) -> D>, report: &mut Report) -> Checked
where
    D: FnMut(&Value) -> Value,
{
    let text = read(path)?;
    let known = Fields::new(&parsed(&text)?, &At::Top, &["rules", "idea", "world", "cases"]).map(|_| ());
    known.map_err(|error| error.to_string())?;
    let File::<World> { world, cases, .. } = strictly(&text)?;
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
        let line: Value = strictly(line).map_err(|error| format!("decisions.jsonl, line {number}: {error}"))?;
        expected.push_back((number, line));
    }
    if lines(&requests).next().is_none() {
        return Err("requests.jsonl: no request: expected one or more".into());
    }
    let mut ids = BTreeSet::new();
    for (number, text) in lines(&requests) {
        let answered = parsed::<RequestLine>(text).and_then(|line| {
            let found = match answer.as_mut() {
                Some(answer) => answer(&strictly(text)?),
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
        // A line too many must not shift those that follow it.
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

/// The lines that are not blank, each with its number.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

fn id(line: &Value) -> &Value {
    line.get("id").unwrap_or(&Value::Null)
}

fn own_line(directory: &Directory, line: &RequestLine) -> Result<Value, String> {
    as_value(&match line.parse() {
        Ok(request) => DecisionLine::decided(&request, &directory.decide(&directory.caller(&request), &request)),
        Err(error) => DecisionLine::error(&error),
    })
}

/// Field by field: a field that only one of the two has differs too.
fn compare_lines(expected: &Value, found: &Value) -> Vec<String> {
    let (mut problems, none) = (Vec::new(), Map::new());
    let [expected, found] = [expected, found].map(|line| line.as_object().unwrap_or(&none));
    let keys: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    for key in keys {
        match (expected.get(key), found.get(key)) {
            (Some(expected), Some(found)) if key == "error" => {
                if *expected != Value::Bool(true) {
                    error_text(expected, &mut problems);
                }
                error_text(found, &mut problems);
            }
            (expected, found) => difference(&format!("`{key}`"), expected, found, &mut problems),
        }
    }
    problems
}
