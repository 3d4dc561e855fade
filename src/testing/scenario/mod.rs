//! Scenarios: policy tests as data. A scenario is a world with cases, and a case is a request with the expected
//! decision.

mod folder;

use std::{
    borrow::ToOwned,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    time::Duration,
    vec::Vec,
};

use serde_json::{Map, Value};

use crate::{
    decision::{Decision, Deny},
    directory::{DecisionLine, Directory, RequestLine},
    facts::{MaxFactorAge, VerifiedFactor},
    value::{Timestamp, UserName},
};

pub use folder::{run_scenarios, run_scenarios_with};

/// The result of a check. The error says what is wrong, and may have several lines.
type Checked = Result<(), String>;

/// Checks the cases of one world, for a test runner of your own.
///
/// [`run_scenarios`] uses this type for each file. A case is a JSON object with these keys and no others:
///
/// | key | required | value |
/// |---|---|---|
/// | `case` | yes | the claim that the case makes, unique in the scenario |
/// | `request` | yes | a line of the [requests file](crate::docs::format#requests); `id` may be left out |
/// | `expect` | yes | what the decision must be, see below |
/// | `factor` | no | the second factor that was shown, in place of the request's `second_factor` |
/// | `same_client_text_as` | no | the claim of an earlier case |
///
/// - `expect` is `{"error": true}` if the request must get an error line. Otherwise it is an object with `decision`,
///   `reason` (null unless denied) and `status`, and optionally `action`, `valid_until` and `via`, as in the
///   [decisions file](crate::docs::format#decisions). For a denial it may also have the lists of texts
///   `client_text_contains`, `client_text_excludes` and `operator_text_contains`.
/// - `factor` is an object such as
///   `{"owner": "bob", "verified_at": "2025-11-01T00:00:00Z", "max_age_seconds": 300}` ([F6](crate::docs::rules#f6)).
/// - `same_client_text_as` requires that both cases are denials with the same status and the same client text, except
///   that each text names the resource of its own request. Such a case shows that a hidden package looks like a missing
///   one ([D3](crate::docs::rules#d3)).
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use tollgate::{directory::Directory, testing::Scenario};
///
/// let world = json!({"policy": "npm-2025-10", "users": [], "orgs": [], "tokens": [], "packages": []});
/// let directory = Directory::load(&serde_json::from_value(world)?)?;
/// let mut scenario = Scenario::new(&directory);
/// let request = json!({"token": null, "action": "read-package", "package": "nope", "now": "2025-11-01T00:00:00Z"});
///
/// let expect = json!({"decision": "deny", "reason": "no-such-package", "status": 404});
/// let case = json!({"case": "a missing package is not found", "request": request, "expect": expect});
/// assert_eq!(scenario.check(&case), Ok(()));
///
/// let expect = json!({"decision": "allow", "reason": null, "status": 200});
/// let case = json!({"case": "a missing package is readable", "request": request, "expect": expect});
/// let problem = scenario.check(&case).unwrap_err();
/// assert!(problem.starts_with("`decision`: expected \"allow\", found \"deny\"\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scenario<'d> {
    directory: &'d Directory,
    /// The claims of the cases checked so far, each with the denial if the case was denied.
    earlier: BTreeMap<String, Option<Denial>>,
}

/// The parts of a denial that `same_client_text_as` compares.
#[derive(Clone, Debug)]
struct Denial {
    status: u16,
    /// The client text, in which placeholders replace the names of the request: see [`masked`].
    client_text: String,
}

impl<'d> Scenario<'d> {
    /// Creates a scenario without cases.
    #[must_use]
    pub const fn new(directory: &'d Directory) -> Self {
        Self { directory, earlier: BTreeMap::new() }
    }

    /// Checks one case.
    ///
    /// # Errors
    ///
    /// Returns what was expected, what was found and the explanation of the decision if the case does not hold. Returns
    /// a message if the case is not valid: a key is missing or unknown, a value has the wrong type, or an earlier case
    /// makes the same claim.
    pub fn check(&mut self, case: &Value) -> Result<(), String> {
        self.check_by(case, None::<&mut fn(&Value) -> Value>)
    }

    /// Checks one case against the crate's own decision or, if `other` is given, against the decision line that it
    /// returns.
    fn check_by(&mut self, case: &Value, other: Option<&mut impl FnMut(&Value) -> Value>) -> Checked {
        let case = Case::read(case)?;
        if self.earlier.insert(case.claim.to_owned(), None).is_some() {
            return Err("an earlier case has the same name".into());
        }
        let line: RequestLine = serde_json::from_value(case.request.clone()).map_err(|error| error.to_string())?;
        if let Some(answer) = other {
            case.check_needs_only_a_line()?;
            let found = answer(&case.request);
            return failed(&case.expected.compare(&case.request, &found), &found, || explained(self.directory, &line));
        }
        let request = match line.parse() {
            Ok(request) => request,
            Err(error) => {
                let found = as_value(&DecisionLine::error(&error))?;
                return failed(&case.expected.compare(&case.request, &found), &found, || {
                    explained(self.directory, &line)
                });
            }
        };
        let caller = self.directory.caller(&request);
        let unanswered = self.directory.decide(&caller, &request);
        let decision = case.factor.as_ref().map_or(unanswered, |factor| factor.shown_to(unanswered));
        let found = as_value(&DecisionLine::decided(&request, &decision))?;
        let mut problems = case.expected.compare(&case.request, &found);
        let deny = match &decision {
            Decision::Deny(deny) => Some(deny),
            Decision::Allow(_) | Decision::Challenge(_) => None,
        };
        case.expected.compare_texts(deny, &mut problems);
        let denial = deny.map(|deny| Denial {
            status: deny.status(),
            client_text: masked(&deny.client_text().to_string(), &case.request),
        });
        if let Some(claim) = case.same_client_text_as {
            self.compare_denials(claim, denial.as_ref(), &mut problems);
        }
        self.earlier.insert(case.claim.to_owned(), denial);
        failed(&problems, &found, || format!("tollgate: {}", decision.explain()))
    }

    /// Compares a denial with that of the earlier case `claim`, for `same_client_text_as`.
    fn compare_denials(&self, claim: &str, denial: Option<&Denial>, problems: &mut Vec<String>) {
        match (self.earlier.get(claim), denial) {
            (None, _) => problems.push(format!("`same_client_text_as`: no earlier case is called {claim:?}")),
            (Some(Some(earlier)), Some(denial)) => {
                let status = |denial: &Denial| Value::from(denial.status);
                let text = |denial: &Denial| Value::from(denial.client_text.as_str());
                difference("the status", Some(&status(earlier)), Some(&status(denial)), problems);
                difference("the client text", Some(&text(earlier)), Some(&text(denial)), problems);
            }
            (Some(_), _) => problems.push("`same_client_text_as`: expected two denials".into()),
        }
    }
}

/// Replaces each resource name of the request by the placeholder `…`, so that the texts of two requests can be
/// compared.
fn masked(client_text: &str, request: &Value) -> String {
    let names = ["package", "org", "team", "user"].into_iter().filter_map(|field| request.get(field)?.as_str());
    names.fold(client_text.to_owned(), |text, name| text.replace(&format!("`{name}`"), "`…`"))
}

/// A case that has been read and is valid.
struct Case<'v> {
    claim: &'v str,
    /// The request. If it had no `id`, its `id` is the claim.
    request: Value,
    factor: Option<Factor<'v>>,
    expected: Expected<'v>,
    same_client_text_as: Option<&'v str>,
}

/// A second factor that was shown, with the age up to which it is accepted ([F6](crate::docs::rules#f6)).
struct Factor<'v> {
    factor: VerifiedFactor<'v>,
    max_age: MaxFactorAge,
}

/// The value of `expect`.
enum Expected<'v> {
    ErrorLine,
    Decision { fields: &'v Map<String, Value>, texts: Vec<ExpectedText<'v>> },
}

/// A part that a text of a denial must contain, or must not contain.
#[derive(Clone, Copy)]
struct ExpectedText<'v> {
    /// One of [`TEXTS`], such as `client_text_excludes`. The key says which text of the denial is searched, and whether
    /// it must contain the part.
    key: &'v str,
    part: &'v str,
}

/// The fields of a decision line that `expect` may have. The first three are required.
const FIELDS: [&str; 6] = ["decision", "reason", "status", "action", "valid_until", "via"];
/// The lists of texts that `expect` may have for a denial.
const TEXTS: [&str; 3] = ["client_text_contains", "client_text_excludes", "operator_text_contains"];

impl<'v> Case<'v> {
    fn read(case: &'v Value) -> Result<Self, String> {
        let fields = entries_among(case, "the case", &["case", "request", "expect", "factor", "same_client_text_as"])?;
        let claim = text(case, "case")?;
        let mut request = case.get("request").ok_or("the case has no `request`")?.clone();
        let named = request.as_object_mut().ok_or("`request` is no object")?;
        named.entry("id").or_insert_with(|| claim.into());
        if fields.contains_key("factor") && named.contains_key("second_factor") {
            return Err("both `factor` and `second_factor`: expected one of them".into());
        }
        let expected = Expected::read(case.get("expect").ok_or("the case has no `expect`")?)?;
        let needs_decision = ["factor", "same_client_text_as"].into_iter().find(|key| fields.contains_key(*key));
        if let (Expected::ErrorLine, Some(key)) = (&expected, needs_decision) {
            return Err(format!("`{key}` is for a decision, and `expect` is an error line"));
        }
        Ok(Self {
            claim,
            request,
            factor: fields.get("factor").map(Factor::read).transpose()?,
            expected,
            same_client_text_as: match fields.get("same_client_text_as") {
                Some(_) => Some(text(case, "same_client_text_as")?),
                None => None,
            },
        })
    }

    /// Returns an error if the case needs something that a request line or a decision line does not have, such as the
    /// texts of a denial.
    fn check_needs_only_a_line(&self) -> Checked {
        let own = match &self.expected {
            Expected::Decision { texts, .. } => texts.first().map(|text| text.key),
            Expected::ErrorLine => None,
        };
        let own = own.or(self.factor.as_ref().map(|_| "factor"));
        match own.or(self.same_client_text_as.map(|_| "same_client_text_as")) {
            Some(key) => Err(format!("`{key}` needs the crate's own decision, not a line of another's")),
            None => Ok(()),
        }
    }
}

impl<'v> Factor<'v> {
    fn read(factor: &'v Value) -> Result<Self, String> {
        entries_among(factor, "`factor`", &["owner", "verified_at", "max_age_seconds"])?;
        let owner = UserName::new(text(factor, "owner")?).map_err(|error| format!("`factor`: {error}"))?;
        let verified_at: Timestamp =
            text(factor, "verified_at")?.parse().map_err(|error| format!("`factor`: {error}"))?;
        let seconds = factor.get("max_age_seconds").and_then(Value::as_u64);
        let seconds = seconds.ok_or("`max_age_seconds` is no number of seconds")?;
        let max_age = MaxFactorAge::new(Duration::from_secs(seconds)).map_err(|error| error.to_string())?;
        Ok(Self { factor: VerifiedFactor { owner, verified_at }, max_age })
    }

    /// Shows the factor to a challenge. Any other decision stays the same.
    fn shown_to<'a>(&self, decision: Decision<'a>) -> Decision<'a> {
        match decision {
            Decision::Challenge(challenge) => challenge.answer(&self.factor, self.max_age),
            Decision::Allow(_) | Decision::Deny(_) => decision,
        }
    }
}

impl<'v> Expected<'v> {
    fn read(expect: &'v Value) -> Result<Self, String> {
        if let Some(error) = expect.get("error") {
            entries_among(expect, "`expect` of an error line", &["error"])?;
            return if *error == Value::Bool(true) {
                Ok(Self::ErrorLine)
            } else {
                Err(format!("`expect.error` is {error}: expected true"))
            };
        }
        let known: Vec<&str> = FIELDS.into_iter().chain(TEXTS).collect();
        let fields = entries_among(expect, "`expect`", &known)?;
        for required in FIELDS.into_iter().take(3) {
            fields.get(required).ok_or_else(|| format!("`expect` has no `{required}`"))?;
        }
        let mut texts = Vec::new();
        for (key, parts) in fields.iter().filter(|(key, _)| TEXTS.contains(&key.as_str())) {
            let parts = parts.as_array().filter(|parts| !parts.is_empty());
            for part in parts.ok_or_else(|| format!("`{key}` is no list of texts"))? {
                let part = part.as_str().filter(|part| !part.is_empty());
                texts.push(ExpectedText { key, part: part.ok_or_else(|| format!("`{key}` is no list of texts"))? });
            }
        }
        Ok(Self::Decision { fields, texts })
    }

    /// Compares a decision line with what is expected, and returns a message for each difference.
    fn compare(&self, request: &Value, found: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let is_error = found.get("error").is_some();
        match self {
            Self::ErrorLine if is_error => check_error_text(found.get("error").unwrap_or(&Value::Null), &mut problems),
            Self::ErrorLine => problems.push("expected an error line, found a decision".into()),
            Self::Decision { .. } if is_error => problems.push("expected a decision, found an error line".into()),
            Self::Decision { fields, .. } => {
                for (key, expected) in FIELDS.iter().filter_map(|key| Some((key, fields.get(*key)?))) {
                    difference(&format!("`{key}`"), Some(expected), found.get(key), &mut problems);
                }
            }
        }
        difference("`id`", request.get("id"), found.get("id"), &mut problems);
        problems
    }

    /// Compares the texts of a denial with what is expected, and adds a message for each difference.
    fn compare_texts(&self, deny: Option<&Deny<'_>>, problems: &mut Vec<String>) {
        let Self::Decision { texts, .. } = self else { return };
        for ExpectedText { key, part } in texts {
            let Some(deny) = deny else {
                problems.push(format!("`{key}`: expected a denial"));
                continue;
            };
            let is_client = key.starts_with("client");
            let text = if is_client { deny.client_text().to_string() } else { deny.operator_text().to_string() };
            if text.contains(part) == key.ends_with("excludes") {
                problems.push(format!("`{key}` {part:?}: found {text:?}"));
            }
        }
    }
}

/// Returns the entries of an object, or an error if it has a key that is not in `keys`. Ignoring an unknown key would
/// hide a misspelt expectation.
fn entries_among<'v>(value: &'v Value, what: &str, keys: &[&str]) -> Result<&'v Map<String, Value>, String> {
    let fields = value.as_object().ok_or_else(|| format!("{what} is no object"))?;
    match fields.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("{what} has an unknown key {key:?}: expected one of {}", keys.join(", "))),
        None => Ok(fields),
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, String> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| format!("no text `{key}`"))
}

fn as_value(line: &DecisionLine) -> Result<Value, String> {
    serde_json::to_value(line).map_err(|error| error.to_string())
}

/// Adds a message if two values differ. `None` stands for a field that is left out.
fn difference(what: &str, expected: Option<&Value>, found: Option<&Value>, problems: &mut Vec<String>) {
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".into(), Value::to_string);
    if expected != found {
        problems.push(format!("{what}: expected {}, found {}", shown(expected), shown(found)));
    }
}

/// Checks that the `error` of an error line is a text that is not empty. The wording is not compared.
fn check_error_text(error: &Value, problems: &mut Vec<String>) {
    if error.as_str().is_none_or(str::is_empty) {
        problems.push(format!("`error`: expected a text, found {error}"));
    }
}

/// Returns an error with the problems, the line that was found and the explanation, unless there are no problems.
fn failed(problems: &[String], found: &Value, explanation: impl FnOnce() -> String) -> Checked {
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nfound {found}\n{}", problems.join("\n"), explanation()).trim_end().into())
}

/// Explains the crate's own decision about a request.
fn explained(directory: &Directory, line: &RequestLine) -> String {
    match line.parse() {
        Ok(request) => format!("tollgate: {}", directory.decide(&directory.caller(&request), &request).explain()),
        Err(error) => format!("tollgate: an error line: {error}"),
    }
}
