//! Comparison of another implementation's answers with the conformance vectors.

use std::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};

use core::fmt;
use serde_json::Value;

/// The number of differences that the `Display` text of [`WrongAnswersError`] prints.
const SHOWN: usize = 20;

/// Compares the answers of another implementation of the rules with the conformance vectors, and returns the number of
/// cases.
///
/// - `vectors` is the text of the file `tests/conformance/vectors.jsonl`. Each line is a world or a case. A world is
///   `{"world": "w1", "document": {…}}`. A case is `{"world": "w1", "request": {…}, "decision": {…}}`, in a world that
///   an earlier line describes: a request line and the expected decision line, as in
///   [`docs::format`](crate::docs::format). If the request is invalid, the expected line is
///   `{"id": …, "error": true}`.
/// - `answers` has one line for each case, in any order: the decision line of the other implementation, or its error
///   line. The text of an error line is not compared.
///
/// # Errors
///
/// Returns [`WrongAnswersError`] if a case has no answer, two answers or a different answer; if the id of an answer
/// belongs to no case; if two cases have the same id; if a line is not valid JSON; or if the vectors have no case.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use tollgate::testing::check_answers;
///
/// let world = json!({
///     "world": "w1",
///     "document": {"policy": "npm-2025-10", "users": [], "orgs": [], "packages": [], "tokens": []},
/// });
/// let request = json!({
///     "id": "1", "token": null, "action": "read-package", "package": "x", "now": "2025-11-01T00:00:00Z",
/// });
/// let mut decision = json!({
///     "id": "1", "decision": "deny", "action": null, "reason": "no-such-package", "status": 404,
///     "valid_until": null, "via": null,
/// });
/// let vectors = format!("{world}\n{}", json!({"world": "w1", "request": request, "decision": decision}));
/// assert_eq!(check_answers(&vectors, &decision.to_string()), Ok(1));
///
/// decision["status"] = json!(403);
/// let error = check_answers(&vectors, &decision.to_string()).unwrap_err();
/// assert!(error.to_string().contains("status 403: expected 404"));
/// assert!(check_answers(&vectors, "").unwrap_err().to_string().contains("no answer"));
/// ```
pub fn check_answers(vectors: &str, answers: &str) -> Result<usize, WrongAnswersError> {
    let mut wrong = Vec::new();
    let mut expected = BTreeMap::new();
    for (number, line) in lines(vectors) {
        match read(line) {
            Ok((_, value)) if value.get("document").is_some() => {}
            Ok((_, value)) => match value.get("decision").and_then(|line| Some((id(line)?, line.clone()))) {
                Some((id, line)) => {
                    if expected.insert(id.clone(), line).is_some() {
                        wrong.push(format!("line {number} of the vectors: a second case `{id}`"));
                    }
                }
                None => wrong.push(format!("line {number} of the vectors: neither a world nor a case")),
            },
            Err(error) => wrong.push(format!("line {number} of the vectors: {error}")),
        }
    }
    let cases = expected.len();
    let mut answered = BTreeMap::new();
    for (number, line) in lines(answers) {
        match read(line) {
            Ok((Some(id), answer)) => match (expected.remove(&id), answered.get(&id)) {
                (Some(expected), _) => {
                    wrong.extend(differences(&expected, &answer).map(|it| format!("line {number}, `{id}`: {it}")));
                    answered.insert(id, number);
                }
                (None, Some(first)) => wrong.push(format!("line {number}, `{id}`: answered in line {first} already")),
                (None, None) => wrong.push(format!("line {number}, `{id}`: no case has this id")),
            },
            Ok((None, _)) => wrong.push(format!("line {number}: an answer without an id")),
            Err(error) => wrong.push(format!("line {number}: {error}")),
        }
    }
    wrong.extend(expected.keys().map(|id| format!("`{id}`: no answer")));
    if cases == 0 {
        wrong.push("no case in the vectors".into());
    }
    if wrong.is_empty() { Ok(cases) } else { Err(WrongAnswersError { cases, wrong }) }
}

/// Returns the lines that are not blank, each with its number, counted from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1_usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

fn id(line: &Value) -> Option<String> {
    line.get("id")?.as_str().map(Into::into)
}

/// Parses a line as JSON, and returns its id and the whole value.
fn read(line: &str) -> Result<(Option<String>, Value), String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok((id(&value), value))
}

/// Compares two decision lines field by field, and returns a message for each difference.
fn differences(expected: &Value, found: &Value) -> impl Iterator<Item = String> {
    // A line is an error line only if `error` is `true` or a text. Otherwise an answer such as
    // `{"error": null, "decision": "allow"}` would be taken for an error line, and its allow would not be compared.
    let is_error = |line: &Value| matches!(line.get("error"), Some(Value::Bool(true) | Value::String(_)));
    let fields = match (is_error(expected), is_error(found)) {
        (true, true) => &["decision"][..],
        (true, false) | (false, true) => &["error", "decision"],
        (false, false) => &["error", "decision", "action", "reason", "status", "valid_until", "via"],
    };
    let differing = fields.iter().filter_map(|field| {
        let (expected, found) = (expected.get(field), found.get(field));
        (expected != found).then(|| format!("{field} {}: expected {}", printed(found), printed(expected)))
    });
    differing.collect::<Vec<_>>().into_iter()
}

fn printed(value: Option<&Value>) -> String {
    value.map_or_else(|| "(left out)".into(), ToString::to_string)
}

/// The error of [`check_answers`]: how the answers differ from the conformance vectors.
///
/// The `Display` text has the number of differences and the first 20, each with its line and the id of its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongAnswersError {
    cases: usize,
    wrong: Vec<String>,
}

impl fmt::Display for WrongAnswersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} differences in {} cases", self.wrong.len(), self.cases)?;
        self.wrong.iter().take(SHOWN).try_for_each(|it| write!(f, "\n{it}"))?;
        if self.wrong.len() > SHOWN { f.write_str("\n…") } else { Ok(()) }
    }
}

impl core::error::Error for WrongAnswersError {}
