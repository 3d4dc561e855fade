//! Holds another implementation's answers to the conformance vectors.

use std::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};

use core::fmt;
use serde_json::Value;

/// How many differences an error prints.
const SHOWN: usize = 20;

/// Holds the answers of another implementation, in whatever language, to the conformance vectors. Gives how many it
/// checked.
///
/// - `vectors` is the file `tests/conformance/vectors.jsonl`. A line of it is a world,
///   `{"world": "w1", "document": {…}}`, or a case in a world that came before,
///   `{"world": "w1", "request": {…}, "decision": {…}}`: a request line and the decision line that must come out, as in
///   [`docs::format`](crate::docs::format). Where a request is none the decision is `{"id": …, "error": true}`.
/// - `answers` is one line for each case, in any order: the decision line of the other implementation, or its error
///   line, whose text is not compared.
///
/// ```
/// use tollgate::testing::check_answers;
///
/// let vectors = r#"{"world": "w1", "document": {"users": [], "orgs": [], "packages": [], "tokens": []}}
/// {"world": "w1", "request": {"id": "1", "token": null, "action": "read-package", "package": "x", "now": "2025-11-01T00:00:00Z"}, "decision": {"id": "1", "decision": "deny", "action": null, "reason": "no-such-package", "status": 404, "valid_until": null, "via": null}}"#;
/// let right = r#"{"id": "1", "decision": "deny", "action": null, "reason": "no-such-package", "status": 404, "valid_until": null, "via": null}"#;
/// assert_eq!(check_answers(vectors, right), Ok(1));
///
/// let wrong = right.replace("404", "403");
/// assert!(check_answers(vectors, &wrong).unwrap_err().to_string().contains("status 403: expected 404"));
/// assert!(check_answers(vectors, "").unwrap_err().to_string().contains("no answer"));
/// ```
///
/// # Errors
/// Every answer that differs, is missing, is there twice or answers nothing; a line that is no JSON; and vectors that
/// hold nothing.
pub fn check_answers(vectors: &str, answers: &str) -> Result<usize, WrongAnswers> {
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
    if wrong.is_empty() { Ok(cases) } else { Err(WrongAnswers { cases, wrong }) }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1_usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

fn id(line: &Value) -> Option<String> {
    line.get("id")?.as_str().map(Into::into)
}

fn read(line: &str) -> Result<(Option<String>, Value), String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok((id(&value), value))
}

/// What sets two decision lines apart, field by field.
fn differences(expected: &Value, found: &Value) -> impl Iterator<Item = String> {
    // "error" beside a decision, or one that says nothing, makes no error line: what is allowed in it would pass unseen.
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

/// Answers that are not the vectors'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongAnswers {
    cases: usize,
    wrong: Vec<String>,
}

/// The first differences, each with its line and id, and how many there are.
impl fmt::Display for WrongAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} differences in {} cases", self.wrong.len(), self.cases)?;
        self.wrong.iter().take(SHOWN).try_for_each(|it| write!(f, "\n{it}"))?;
        if self.wrong.len() > SHOWN { f.write_str("\n…") } else { Ok(()) }
    }
}

impl core::error::Error for WrongAnswers {}
