//! Policy tests that are files: worlds with requests, and what must come out.

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
    facts::VerifiedFactor,
    value::{Timestamp, UserName},
};

pub use folder::{run_scenarios, run_scenarios_with};

/// What a check came to: nothing, or what is wrong.
type Checked = Result<(), String>;

/// **The cases of one world**, for a runner of your own. [`run_scenarios`] is made of it.
///
/// A case is an object of these keys, and no others:
/// - `case`: the claim, unique in the scenario.
/// - `request`: a line of the requests file; `id` may be left out.
/// - `expect`: `decision`, `reason` (null unless denied) and `status`; if they are there, `action`, `valid_until` and
///   `via`, and of a denial the lists of texts `client_text_contains`, `client_text_excludes` and
///   `operator_text_contains`. Or `{"error": true}`: the request gets an error line.
/// - `factor`, if it is there: a shown second factor in full, in place of the request's `second_factor`, such as
///   `{"owner": "bob", "verified_at": "2025-11-01T00:00:00Z", "max_age_seconds": 300}`.
/// - `same_client_text_as`, if it is there: the claim of an earlier case. Both are denials, with the same status and the
///   same client text, but for the names that each request asked for itself.
///
/// ```
/// use serde_json::json;
/// use tollgate::{directory::Directory, testing::Scenario};
///
/// let world = json!({"users": [], "orgs": [], "tokens": [], "packages": []});
/// let directory = Directory::load(&serde_json::from_value(world)?)?;
/// let mut scenario = Scenario::new(&directory);
/// let request = json!({"token": null, "action": "read-package", "package": "nope", "now": "2025-11-01T00:00:00Z"});
///
/// let expect = json!({"decision": "deny", "reason": "no-such-package", "status": 404});
/// assert_eq!(scenario.check(&json!({"case": "nothing is there", "request": request, "expect": expect})), Ok(()));
///
/// let expect = json!({"decision": "allow", "reason": null, "status": 200});
/// let problem = scenario.check(&json!({"case": "all is there", "request": request, "expect": expect})).unwrap_err();
/// assert!(problem.starts_with("`decision`: expected \"allow\", found \"deny\"\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scenario<'d> {
    directory: &'d Directory,
    /// The claims of the cases so far, each with its denial if it came to one.
    earlier: BTreeMap<String, Option<Denial>>,
}

/// The denial of an earlier case, to compare with.
#[derive(Clone, Debug)]
struct Denial {
    status: u16,
    client_text: String,
}

impl<'d> Scenario<'d> {
    /// No case yet.
    #[must_use]
    pub const fn new(directory: &'d Directory) -> Self {
        Self { directory, earlier: BTreeMap::new() }
    }

    /// Checks one case.
    ///
    /// # Errors
    /// The case does not hold: what was expected, what was found and the explanation. Or it is none: a key that is
    /// missing or unknown, an expectation that expects nothing, a claim that an earlier case has.
    pub fn check(&mut self, case: &Value) -> Result<(), String> {
        self.check_by(case, None::<&mut fn(&Value) -> Value>)
    }

    /// Checks one case by the crate's own decision, or by another's line.
    fn check_by(&mut self, case: &Value, other: Option<&mut impl FnMut(&Value) -> Value>) -> Checked {
        let case = Case::read(case)?;
        if self.earlier.insert(case.claim.to_owned(), None).is_some() {
            return Err("an earlier case has the same name".into());
        }
        let line: RequestLine = serde_json::from_value(case.request.clone()).map_err(|error| error.to_string())?;
        if let Some(answer) = other {
            case.is_for_lines()?;
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

/// Every name that the request asked for, quoted as the text quotes it, replaced by one placeholder.
fn masked(client_text: &str, request: &Value) -> String {
    let names = ["package", "org", "team", "user"].into_iter().filter_map(|field| request.get(field)?.as_str());
    names.fold(client_text.to_owned(), |text, name| text.replace(&format!("`{name}`"), "`…`"))
}

/// A case that is written as it should be.
struct Case<'v> {
    claim: &'v str,
    /// With the claim as its id if it has none.
    request: Value,
    factor: Option<Factor<'v>>,
    expected: Expected<'v>,
    same_client_text_as: Option<&'v str>,
}

/// F6: a second factor in full.
struct Factor<'v> {
    factor: VerifiedFactor<'v>,
    max_age: Duration,
}

enum Expected<'v> {
    ErrorLine,
    Decision { fields: &'v Map<String, Value>, texts: Vec<ExpectedText<'v>> },
}

/// What a text must or must not have in it.
#[derive(Clone, Copy)]
struct ExpectedText<'v> {
    key: &'v str,
    part: &'v str,
}

/// The fields of a decision line that a case may expect; the first three it must.
const FIELDS: [&str; 6] = ["decision", "reason", "status", "action", "valid_until", "via"];
const TEXTS: [&str; 3] = ["client_text_contains", "client_text_excludes", "operator_text_contains"];

impl<'v> Case<'v> {
    fn read(case: &'v Value) -> Result<Self, String> {
        let fields = only(case, "the case", &["case", "request", "expect", "factor", "same_client_text_as"])?;
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

    /// Nothing in it is more than a decision line can tell.
    fn is_for_lines(&self) -> Checked {
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
        only(factor, "`factor`", &["owner", "verified_at", "max_age_seconds"])?;
        let owner = UserName::new(text(factor, "owner")?).map_err(|error| format!("`factor`: {error}"))?;
        let verified_at: Timestamp =
            text(factor, "verified_at")?.parse().map_err(|error| format!("`factor`: {error}"))?;
        let seconds = factor.get("max_age_seconds").and_then(Value::as_u64);
        let max_age = Duration::from_secs(seconds.ok_or("`max_age_seconds` is no number of seconds")?);
        Ok(Self { factor: VerifiedFactor { owner, verified_at }, max_age })
    }

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
            only(expect, "`expect` of an error line", &["error"])?;
            return if *error == Value::Bool(true) {
                Ok(Self::ErrorLine)
            } else {
                Err(format!("`expect.error` is {error}: expected true"))
            };
        }
        let known: Vec<&str> = FIELDS.into_iter().chain(TEXTS).collect();
        let fields = only(expect, "`expect`", &known)?;
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

    /// What is not as expected in a decision line.
    fn compare(&self, request: &Value, found: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let is_error = found.get("error").is_some();
        match self {
            Self::ErrorLine if is_error => error_text(found.get("error").unwrap_or(&Value::Null), &mut problems),
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

/// The entries of an object whose keys are all known: a misspelt expectation would expect nothing.
fn only<'v>(value: &'v Value, what: &str, keys: &[&str]) -> Result<&'v Map<String, Value>, String> {
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

fn difference(what: &str, expected: Option<&Value>, found: Option<&Value>, problems: &mut Vec<String>) {
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".into(), Value::to_string);
    if expected != found {
        problems.push(format!("{what}: expected {}, found {}", shown(expected), shown(found)));
    }
}

/// An error line says what is wrong, in whatever words.
fn error_text(error: &Value, problems: &mut Vec<String>) {
    if error.as_str().is_none_or(str::is_empty) {
        problems.push(format!("`error`: expected a text, found {error}"));
    }
}

fn failed(problems: &[String], found: &Value, explanation: impl FnOnce() -> String) -> Checked {
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nfound {found}\n{}", problems.join("\n"), explanation()).trim_end().into())
}

/// What the crate itself says, beside a line that may be another's.
fn explained(directory: &Directory, line: &RequestLine) -> String {
    match line.parse() {
        Ok(request) => format!("tollgate: {}", directory.decide(&directory.caller(&request), &request).explain()),
        Err(error) => format!("tollgate: an error line: {error}"),
    }
}
