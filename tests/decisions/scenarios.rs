//! Runs `tests/scenarios/*.json`: what must come out, written from the rules. Their shapes are in the README beside them.
//! Cases with a `request` are checked by the runner that downstream crates have too; the others are this crate's own.

#![expect(clippy::wildcard_enum_match_arm, reason = "a value of JSON is the one kind that is wanted, or no other")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a scenario that is none fails the test, and scenarios are files"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use crate::scenario_files::scenario_files;
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate::{
    ClientIp, PackageName, Secret, StoredToken, Timestamp, Token, UserName,
    decision::Verdict,
    directory::{DecisionLine, Directory, Request, RequestLine, World},
    policy::Edition,
    testing::Scenario,
    token::{
        Checksum, GranularIssueFacts, GranularSettings, GranularToken, GranularTokenError, IssueError, IssueFacts,
        IssuedBy, LegacyKind, LegacyToken, NameAvailability, OrganizationSelection, OrganizationsGrant, PackageOrScope,
        PackageSelection, PackagesGrant, SecretForm, SecretPrefix, SessionToken, TokenFacts, TokenId, TwoFactorBypass,
    },
    value::{AllowedRanges, IpRange, OrganizationName, Scope, TeamName},
};

/// Every rule that scenarios are written for.
const RULES: [&str; 51] = [
    "P1", "P2", "P3", "P4", "P5", "P6", "P7", "N1", "N2", "N3", "N4", "N5", "L1", "L2", "L3", "L4", "L5", "L6", "L7",
    "L8", "L9", "S1", "S2", "S3", "T1", "T2", "T3", "T4", "T5", "V1", "K1", "G1", "G2", "G3", "C1", "C2", "C3", "C4",
    "C5", "C6", "F1", "F2", "F3", "F4", "F5", "F6", "D1", "D2", "D3", "D4", "D5",
];

/// One file.
struct ScenarioFile {
    file: String,
    rules: Vec<String>,
    world: Option<World>,
    cases: Vec<Case>,
}

struct Case {
    claim: String,
    json: Value,
    /// The world of a `load`, with its keys in the order of the file.
    load: Option<World>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: Vec<String>,
    #[serde(rename = "idea")]
    _idea: String,
    world: Option<World>,
    cases: Vec<Value>,
}

/// The worlds of the cases. Read apart, for [`Value`] sorts the keys of objects.
#[derive(Deserialize)]
struct Loads {
    cases: Vec<Load>,
}

#[derive(Deserialize)]
struct Load {
    load: Option<World>,
}

fn scenarios() -> Vec<ScenarioFile> {
    scenario_files().into_iter().map(|(file, text)| scenario(file, &text)).collect()
}

fn scenario(file: String, text: &str) -> ScenarioFile {
    let File { rules, _idea, world, cases } =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let Loads { cases: loads } = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let cases = cases.into_iter().zip(loads).map(|(json, Load { load })| {
        let claim = json["case"].as_str().unwrap_or_else(|| panic!("{file}: no claim: {json}")).to_owned();
        Case { claim, json, load }
    });
    ScenarioFile { rules, world, cases: cases.collect(), file }
}

/// The outcome of a case: nothing, or what is wrong.
type Checked = Result<(), String>;

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Checked {
    if found == expected { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}

/// The text of a field that must be there.
fn text<'v>(value: &'v Value, field: &str) -> Result<&'v str, String> {
    value[field].as_str().ok_or_else(|| format!("the case has no text `{field}`: {value}"))
}

fn parsed<T: std::str::FromStr<Err: Display>>(value: &Value, field: &str) -> Result<T, String> {
    text(value, field)?.parse().map_err(|error| format!("`{field}` of the case: {error}"))
}

/// Every key of the object is one of these: a misspelt expectation would expect nothing.
fn only(value: &Value, keys: &[&str]) -> Checked {
    let object = value.as_object().ok_or_else(|| format!("expected an object: {value}"))?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("the case has an unknown key `{key}`")),
        None => Ok(()),
    }
}

// ------------------------------------------------------------------------------------------------------------ worlds

fn check_load(world: &World, expected: &Value) -> Checked {
    let loaded = Directory::load(world);
    if expected == "ok" {
        return loaded.map(|_| ()).map_err(|error| format!("expected a world that loads, found the errors\n{error}"));
    }
    only(expected, &["errors_at"])?;
    let expected: Vec<_> = expected["errors_at"].as_array().ok_or("no list of paths")?.iter().collect();
    let expected: Vec<_> = expected.into_iter().map(|path| path.as_str().unwrap_or_default().to_owned()).collect();
    match loaded {
        Ok(_) => Err(format!("expected errors at {expected:?}, found a world that loads")),
        Err(error) => {
            let found: Vec<_> = error.errors().map(|(path, _)| path.to_owned()).collect();
            expect("the paths of the errors", &found, &expected).map_err(|problem| format!("{problem}\n{error}"))
        }
    }
}

// ------------------------------------------------------------------------------------------------------------ tokens

fn check_issue(directory: &Directory, issue: &Value, expected: &Value) -> Checked {
    only(issue, &["owner", "now", "granular", "cidr", "granular_tokens", "name_taken", "made_by"])?;
    let owner: UserName = parsed(issue, "owner")?;
    let now: Timestamp = parsed(issue, "now")?;
    let settings = settings(&issue["granular"], &issue["cidr"]);
    stored_agrees(issue, &owner, now, settings.as_ref())?;
    let found = match settings {
        Err(Refused::Case(problem)) => return Err(problem),
        Err(Refused::Code(code)) => code,
        Ok(settings) => {
            let names = match &settings.packages {
                PackagesGrant::Granted { selection: PackageSelection::Only(only), .. } => only.packages().to_vec(),
                _ => Vec::new(),
            };
            let packages: Vec<_> = names.iter().map(|name| directory.package(name.as_borrowed())).collect();
            let facts = GranularIssueFacts {
                issue: issue_facts(directory, &owner, now, &issue["made_by"])?,
                packages: &packages,
                granular_tokens: parsed_count(&issue["granular_tokens"])?,
                name_availability: match &issue["name_taken"] {
                    Value::Bool(true) => NameAvailability::Taken,
                    Value::Bool(false) => NameAvailability::Free,
                    other => return Err(format!("`name_availability` is no boolean: {other}")),
                },
            };
            match GranularToken::issue(key(), settings.clone(), &facts) {
                Ok(token) => {
                    let on_record =
                        GranularToken::load(TokenFacts { id: key(), owner, created: now, revoked: None }, settings);
                    expect("the token that was made", &Ok(token), &on_record)?;
                    "ok"
                }
                Err(error) => code(&error),
            }
        }
    };
    expect("the answer", &found, &expected.as_str().unwrap_or("(no text)"))
}

fn check_issue_legacy(directory: &Directory, issue: &Value, expected: &Value) -> Checked {
    only(issue, &["owner", "now", "kind", "cidr", "made_by"])?;
    let owner: UserName = parsed(issue, "owner")?;
    let kind: LegacyKind = parsed(issue, "kind")?;
    let now: Timestamp = parsed(issue, "now")?;
    let facts = issue_facts(directory, &owner, now, &issue["made_by"])?;
    let found = match ranges(&issue["cidr"]) {
        Err(Refused::Case(problem)) => return Err(problem),
        Err(Refused::Code(code)) => code,
        Ok(ranges) => match LegacyToken::issue(key(), kind, ranges.clone(), &facts) {
            Ok(token) => {
                let on_record =
                    LegacyToken::load(TokenFacts { id: key(), owner, created: now, revoked: None }, kind, ranges);
                expect("the token that was made", &token, &on_record)?;
                "ok"
            }
            Err(error) => code(&error),
        },
    };
    expect("the answer", &found, &expected.as_str().unwrap_or("(no text)"))
}

fn check_issue_session(directory: &Directory, issue: &Value, expected: &Value) -> Checked {
    only(issue, &["owner", "now", "expires", "cidr", "made_by"])?;
    let owner: UserName = parsed(issue, "owner")?;
    let (now, expires_at): (Timestamp, Timestamp) = (parsed(issue, "now")?, parsed(issue, "expires")?);
    let facts = issue_facts(directory, &owner, now, &issue["made_by"])?;
    let found = match ranges(&issue["cidr"]) {
        Err(Refused::Case(problem)) => return Err(problem),
        Err(Refused::Code(code)) => code,
        Ok(ranges) => match SessionToken::issue(key(), expires_at, ranges.clone(), &facts) {
            Ok(token) => {
                let facts = TokenFacts { id: key(), owner, created: now, revoked: None };
                expect("the token that was made", &token, &SessionToken::load(facts, expires_at, ranges))?;
                "ok"
            }
            Err(error) => code(&error),
        },
    };
    expect("the answer", &found, &expected.as_str().unwrap_or("(no text)"))
}

/// The facts of an issue under the world's policy.
fn issue_facts<'a>(
    directory: &'a Directory,
    owner: &UserName,
    now: Timestamp,
    made_by: &Value,
) -> Result<IssueFacts<'a>, String> {
    let user = directory.user(owner.as_borrowed()).ok_or("the owner is no user of the world")?;
    let issued_by = maker(directory, made_by)?;
    Ok(IssueFacts { policy: directory.policy(), owner: user.as_view(), issued_by, now })
}

fn key() -> TokenId {
    TokenId::new("new").unwrap()
}

fn parsed_count(value: &Value) -> Result<usize, String> {
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| format!("`granular_tokens` is no count: {value}"))
}

fn maker<'a>(directory: &'a Directory, issued_by: &Value) -> Result<IssuedBy<'a>, String> {
    let Some(id) = issued_by.as_str() else {
        return if issued_by.is_null() {
            Ok(IssuedBy::Owner)
        } else {
            Err(format!("`issued_by` is no id: {issued_by}"))
        };
    };
    let token = directory.tokens().iter().find(|token| token.id().as_str() == id);
    token.map(|token| IssuedBy::Token(token.as_view())).ok_or_else(|| format!("no token of the world is `{id}`"))
}

/// Why the settings are invalid: one of the README's codes, or a mistake in the case itself.
enum Refused {
    Code(&'static str),
    Case(String),
}

impl From<String> for Refused {
    fn from(problem: String) -> Self {
        Self::Case(problem)
    }
}

/// The format's object as a form would be read: each field by its own type.
fn settings(granular: &Value, cidr: &Value) -> Result<GranularSettings, Refused> {
    only(granular, &["name", "description", "expires", "bypass_2fa", "packages_and_scopes", "orgs"])?;
    let bypass_2fa = match &granular["bypass_2fa"] {
        Value::Bool(true) => TwoFactorBypass::On,
        Value::Bool(false) | Value::Null => TwoFactorBypass::Off,
        other => return Err(Refused::Case(format!("`bypass_2fa` is no boolean: {other}"))),
    };
    let description = match granular.get("description") {
        Some(_) => text(granular, "description")?,
        None => "",
    };
    Ok(GranularSettings {
        name: text(granular, "name")?.parse().map_err(|_| Refused::Code("invalid-name"))?,
        description: description.parse().map_err(|_| Refused::Code("invalid-description"))?,
        expires_at: parsed(granular, "expires")?,
        allowed_ranges: ranges(cidr)?,
        bypass_2fa,
        packages: packages(&granular["packages_and_scopes"])?,
        organizations: organizations(&granular["orgs"])?,
    })
}

fn ranges(cidr: &Value) -> Result<AllowedRanges, Refused> {
    if cidr.is_null() {
        return Ok(AllowedRanges::Any);
    }
    let ranges: Vec<IpRange> = texts(cidr)?
        .into_iter()
        .map(|range| range.parse().map_err(|_| Refused::Code("invalid-range")))
        .collect::<Result<_, _>>()?;
    AllowedRanges::only(ranges).map_err(|_| Refused::Code("invalid-range"))
}

fn texts(list: &Value) -> Result<Vec<&str>, Refused> {
    let items = list.as_array().and_then(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    items.ok_or_else(|| Refused::Case(format!("no list of texts: {list}")))
}

/// The permission of a grant with its selection, or that there is neither.
fn granted<T: std::str::FromStr<Err: Display>>(grant: &Value) -> Result<Option<(T, &Value)>, Refused> {
    if grant.is_null() {
        return Ok(None);
    }
    only(grant, &["permission", "select"])?;
    let permission: Option<T> = match text(grant, "permission")? {
        "no-access" => None,
        _ => Some(parsed(grant, "permission")?),
    };
    match (permission, grant.get("select")) {
        (None, None) => Ok(None),
        (Some(permission), Some(select)) => Ok(Some((permission, select))),
        (None, Some(_)) | (Some(_), None) => Err(Refused::Code("no-permission")),
    }
}

fn packages(grant: &Value) -> Result<PackagesGrant, Refused> {
    let Some((permission, select)) = granted(grant)? else { return Ok(PackagesGrant::NoAccess) };
    if select == "all" {
        return Ok(PackagesGrant::Granted { permission, selection: PackageSelection::All });
    }
    only(select, &["packages", "scopes"])?;
    let list = |field: &str| select.get(field).map_or(Ok(Vec::new()), texts);
    let mut entries: Vec<PackageOrScope> = Vec::new();
    for name in list("packages")? {
        entries.push(name.parse::<PackageName>().map_err(|_| Refused::Code("invalid-selection"))?.into());
    }
    for name in list("scopes")? {
        entries.push(name.parse::<Scope>().map_err(|_| Refused::Code("invalid-selection"))?.into());
    }
    // FORMAT: no list is empty, the other of the two or not.
    let one_is_empty = ["packages", "scopes"].into_iter().any(|field| select[field] == json!([]));
    match PackageSelection::only(entries) {
        Ok(selection) if !one_is_empty => Ok(PackagesGrant::Granted { permission, selection }),
        Ok(_) | Err(_) => Err(Refused::Code("invalid-selection")),
    }
}

fn organizations(grant: &Value) -> Result<OrganizationsGrant, Refused> {
    let Some((permission, select)) = granted(grant)? else { return Ok(OrganizationsGrant::NoAccess) };
    let names: Vec<OrganizationName> = texts(select)?
        .into_iter()
        .map(|name| name.parse().map_err(|_| Refused::Code("invalid-selection")))
        .collect::<Result<_, _>>()?;
    let selection = OrganizationSelection::only(names).map_err(|_| Refused::Code("invalid-selection"))?;
    Ok(OrganizationsGrant::Granted { permission, selection })
}

/// The same object in the stored form loads to the same token, or does not load where it makes none.
fn stored_agrees(
    issue: &Value,
    owner: &UserName,
    now: Timestamp,
    settings: Result<&GranularSettings, &Refused>,
) -> Checked {
    let stored = json!({
        "version": 1, "key": "new", "owner": owner, "created": now, "revoked": null,
        "cidr": issue["cidr"], "granular": issue["granular"],
    });
    let stored: StoredToken = serde_json::from_str(&stored.to_string()).map_err(|error| error.to_string())?;
    let built = settings.ok().and_then(|settings| {
        GranularToken::load(
            TokenFacts { id: key(), owner: owner.clone(), created: now, revoked: None },
            settings.clone(),
        )
        .ok()
        .map(Token::from)
    });
    match (built, stored.load()) {
        (None, Err(_)) => Ok(()),
        (Some(built), Ok(loaded)) => expect("the stored token", &loaded, &built),
        (Some(_), Err(error)) => Err(format!("the settings make a token, its stored form does not load: {error}")),
        (None, Ok(_)) => Err("the settings make no token, its stored form loads".into()),
    }
}

/// The README's code.
fn code(error: &IssueError) -> &'static str {
    match error {
        IssueError::OwnerSuspended => "owner-suspended",
        IssueError::OwnerOnHold { .. } => "owner-on-hold",
        IssueError::AgainstPolicy { switch, .. } => switch.as_str(),
        IssueError::SessionExpired { .. } => "session-expired",
        IssueError::IssuerMayNotCreateTokens { .. } => "maker-may-not-create-tokens",
        IssueError::TooManyTokens => "too-many-tokens",
        IssueError::NameTaken => "name-taken",
        IssueError::Invalid(GranularTokenError::ExpiresTooSoon { .. } | GranularTokenError::CreatedTooLate { .. }) => {
            "expires-too-soon"
        }
        IssueError::Invalid(GranularTokenError::NoPermission) => "no-permission",
        IssueError::Invalid(GranularTokenError::BypassWithoutReadWrite) => "bypass-without-read-write",
        IssueError::PackageNotFound { .. } => "package-not-found",
        IssueError::PackageNotWritable { .. } | IssueError::ScopeNotOwned { .. } | IssueError::RoleTooLow { .. } => {
            "owner-lacks-permission"
        }
        IssueError::RangesRequired => "ranges-required",
        IssueError::RangeOutsideIssuer { .. } => "range-outside-maker",
        IssueError::PackageFactsMissing { .. } => "(a package was not looked up)",
        IssueError::IssuerOfOtherUser { .. } => "(the maker is a token of another user)",
        _ => "(an error without a code)",
    }
}

// ------------------------------------------------------------------------------------------------------------- texts

/// A name is refused, allowed for new things, or allowed for old ones only.
fn age<T, E>(name: Result<T, E>, check_new: impl Fn(&T) -> bool) -> &'static str {
    match name {
        Err(_) => "invalid",
        Ok(name) if check_new(&name) => "new",
        Ok(_) => "old",
    }
}

fn canonical<T: std::str::FromStr + Display>(text: &str) -> Value {
    text.parse::<T>().map_or(json!("invalid"), |value| json!({"canonical": value.to_string()}))
}

fn check_text(kind: &str, case: &Value) -> Checked {
    only(case, &["case", kind, "expect", if kind == "scope" { "canonical" } else { "expect" }])?;
    let text = text(case, kind)?;
    let mut expected = case["expect"].clone();
    let found = match kind {
        "package" => json!(age(PackageName::new(text), |name| name.check_new().is_ok())),
        "team" => json!(age(TeamName::new(text), |name| name.check_new().is_ok())),
        "user" => json!(age(UserName::new(text), |name| name.check_new().is_ok())),
        "organization" => json!(age(OrganizationName::new(text), |name| name.check_new().is_ok())),
        "scope" => {
            if let Some(canonical) = case.get("canonical") {
                expected = json!([expected, canonical]);
            }
            Scope::new(text).map_or(json!("invalid"), |scope| json!(["valid", scope.to_string()]))
        }
        "range" => canonical::<IpRange>(text),
        "address" => canonical::<ClientIp>(text),
        "time" => canonical::<Timestamp>(text),
        "secret" => secret(text, &expected),
        _ => return Err(format!("no text is called `{kind}`")),
    };
    expect(kind, &found, &expected)
}

fn secret(text: &str, expected: &Value) -> Value {
    let Ok(secret) = Secret::new(text) else { return json!("invalid") };
    let mut found = match secret.form(&SecretPrefix::default()) {
        SecretForm::Hexadecimal => json!({"form": "hexadecimal"}),
        SecretForm::Opaque => json!({"form": "opaque"}),
        SecretForm::Prefixed(checksum) => json!({"form": "prefixed", "checksum": checksum == Checksum::Valid}),
        other => json!({"form": format!("{other:?}")}),
    };
    // The rules do not say what is shown of shorter texts.
    if text.len() >= 24 || expected.get("first").is_some() {
        let hint = secret.hint().to_string();
        let (first, last) = hint.split_once('…').unwrap_or_default();
        found["first"] = json!(first);
        found["last"] = json!(last);
    }
    found
}

// ------------------------------------------------------------------------------------------------------------- tests

/// The key of the case that says what it is about.
fn subject(case: &Value) -> Result<&'static str, String> {
    const SUBJECTS: [&str; 15] = [
        "request",
        "load",
        "load_text",
        "issue",
        "issue_legacy",
        "issue_session",
        "secret",
        "package",
        "scope",
        "user",
        "organization",
        "team",
        "range",
        "address",
        "time",
    ];
    let found: Vec<_> = SUBJECTS.into_iter().filter(|subject| case.get(subject).is_some()).collect();
    match found.as_slice() {
        [subject] => Ok(subject),
        _ => Err(format!("expected exactly one subject, found {found:?}")),
    }
}

fn check(case: &Case, directory: Option<&Directory>, decisions: Option<&mut Scenario<'_>>) -> Checked {
    let (json, expected) = (&case.json, &case.json["expect"]);
    let subject = subject(json)?;
    let directory = || directory.ok_or_else(|| "the file has no world that loads".to_owned());
    match subject {
        "request" => decisions.ok_or("the file has no world that loads")?.check(json),
        "load" => {
            only(json, &["case", "load", "expect"])?;
            check_load(case.load.as_ref().ok_or("no world to load")?, expected)
        }
        "load_text" => {
            only(json, &["case", "load_text", "expect"])?;
            let world = serde_json::from_str(text(json, subject)?).map_err(|error| error.to_string())?;
            check_load(&world, expected)
        }
        "issue" | "issue_legacy" | "issue_session" => {
            only(json, &["case", subject, "expect"])?;
            let check = match subject {
                "issue" => check_issue,
                "issue_legacy" => check_issue_legacy,
                _ => check_issue_session,
            };
            check(directory()?, &json[subject], expected)
        }
        text => check_text(text, json),
    }
}

#[test]
fn every_scenario_holds() {
    let (mut failures, mut files, mut cases) = (Vec::new(), 0_usize, 0_usize);
    for ScenarioFile { file, world, cases: of_file, .. } in scenarios() {
        files = files.saturating_add(1);
        let directory = world.as_ref().map(Directory::load).transpose();
        let directory = directory.unwrap_or_else(|error| {
            failures.push(format!("{file}: its world does not load\n{error}"));
            None
        });
        let mut decisions = directory.as_ref().map(Scenario::new);
        let mut claims = BTreeSet::new();
        for case in &of_file {
            cases = cases.saturating_add(1);
            if !claims.insert(&case.claim) {
                failures.push(format!("{file}: two cases claim {:?}", case.claim));
            }
            if let Err(problem) = check(case, directory.as_ref(), decisions.as_mut()) {
                failures.push(format!("{file}: {:?}: {problem}", case.claim));
            }
        }
    }
    println!("{files} files, {cases} cases, {} failures", failures.len());
    assert!(
        failures.is_empty(),
        "{} of {cases} cases fail:\n\n{}\n",
        failures.len(),
        failures.iter().map(|failure| failure.replace('\n', "\n    ")).collect::<Vec<_>>().join("\n\n"),
    );
}

/// The policy of the world as the file has it, with another edition in its place and no switches.
fn under(edition: Edition, file: &Value) -> Directory {
    let mut world = file["world"].clone();
    world["policy"] = json!(edition);
    let world: World = serde_json::from_value(world).unwrap();
    Directory::load(&world).unwrap_or_else(|error| panic!("{error}"))
}

fn decide(directory: &Directory, request: &Request) -> DecisionLine {
    DecisionLine::decided(request, &directory.decide(&directory.caller(request), request))
}

/// The requests of a file, each with its claim as its id.
fn requests(file: &Value) -> Vec<Value> {
    let cases = file["cases"].as_array().unwrap().iter().filter(|case| case["request"].is_object());
    let with_id = |case: &Value| {
        let mut request = case["request"].clone();
        request["id"] = case["case"].clone();
        request
    };
    cases.map(with_id).collect()
}

/// The request of a line, unless the line is an error.
fn request(line: &Value) -> Option<Request> {
    serde_json::from_value::<RequestLine>(line.clone()).ok()?.parse().ok()
}

/// With the same facts, a later edition never raises a decision (D5): every request of every scenario, under the four editions.
#[test]
fn a_later_edition_never_raises_the_decision_of_a_scenario() {
    let mut lowered = BTreeMap::new();
    for (name, text) in scenario_files() {
        let file: Value = serde_json::from_str(&text).unwrap();
        // A world that only a switch admits has no answer under the editions.
        if file.get("world").is_none() || file["world"]["policy"]["unscoped_packages"] == "may-be-private" {
            continue;
        }
        let directories: Vec<_> = Edition::ALL.iter().map(|edition| (*edition, under(*edition, &file))).collect();
        for request in requests(&file).iter().filter_map(request) {
            let claim = request.id();
            let verdicts = directories.iter().map(|(edition, directory)| {
                let DecisionLine::Decided { decision, .. } = decide(directory, &request) else {
                    panic!("{name}: {claim}")
                };
                (*edition, decision)
            });
            let verdicts: Vec<(Edition, Verdict)> = verdicts.collect();
            for pair in verdicts.windows(2) {
                let [(earlier, before), (later, after)] = pair else { panic!("two editions") };
                assert!(after <= before, "{name}: {claim:?}: {before} under {earlier}, {after} under {later}");
                if after < before {
                    *lowered.entry(later.as_str()).or_insert(0_usize) += 1;
                }
            }
        }
    }
    println!("decisions that an edition lowers: {lowered:?}");
    assert_eq!(lowered.len(), 3, "each later edition lowers some: {lowered:?}");
}

/// With the same facts, the outcome, the reason and the status stay until `valid_until` (D2): every decision of every
/// scenario, asked again at each later time of its file and a nanosecond before its own end.
#[test]
fn a_decision_of_a_scenario_stays_until_its_time() {
    let (mut asked, mut denials) = (0_usize, 0_usize);
    for (name, text) in scenario_files() {
        let file: Value = serde_json::from_str(&text).unwrap();
        let Some(world) = file.get("world") else { continue };
        let world: World = serde_json::from_value(world.clone()).unwrap();
        let directory = Directory::load(&world).unwrap_or_else(|error| panic!("{name}: {error}"));
        let requests = requests(&file);
        let times: BTreeSet<Timestamp> = requests.iter().filter_map(request).map(|request| request.now()).collect();
        for line in &requests {
            let Some(first) = request(line) else { continue };
            let claim = first.id();
            let DecisionLine::Decided { decision, reason, status, valid_until: Some(until), .. } =
                decide(&directory, &first)
            else {
                continue;
            };
            let just_before = Timestamp::from_unix_nanoseconds(until.unix_nanoseconds() - 1).unwrap();
            for now in times.iter().copied().chain([just_before]).filter(|now| (first.now()..until).contains(now)) {
                let mut later = line.clone();
                later["now"] = json!(now);
                let DecisionLine::Decided { decision: again, reason: why, status: code, .. } =
                    decide(&directory, &request(&later).unwrap())
                else {
                    panic!("{name}: {claim}")
                };
                assert_eq!((again, why, code), (decision, reason, status), "{name}: {claim:?} at {now}");
                asked += 1;
                denials += usize::from(decision == Verdict::Deny);
            }
        }
    }
    println!("{asked} decisions asked again, {denials} of them denials");
    assert!(denials > 500, "{denials}");
}

/// Whether the case expects a yes, a no, or neither (a challenge).
fn is_hit(case: &Value) -> Option<bool> {
    let expected = &case["expect"];
    match (expected.as_str(), expected["decision"].as_str()) {
        (Some("ok" | "new" | "old" | "valid"), _) | (None, Some("allow")) => Some(true),
        (None, Some("challenge")) => None,
        (Some(_), _) | (None, Some(_)) => Some(false),
        (None, None) => Some(expected.get("error").is_none() && expected.get("errors_at").is_none()),
    }
}

#[test]
fn every_rule_has_cases_of_both_outcomes() {
    let mut outcomes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    // A file that is named after the rule and has both outcomes itself: a side mention elsewhere is not enough.
    let mut complete: Vec<String> = Vec::new();
    let mut failures = Vec::new();
    for ScenarioFile { file, rules, cases, .. } in scenarios() {
        let named = file.split('-').next().unwrap().to_uppercase();
        if !rules.contains(&named) {
            failures.push(format!("{file} does not list the rule {named} that it is named after"));
        }
        let kinds: Vec<bool> = cases.iter().filter_map(|case| is_hit(&case.json)).collect();
        if kinds.contains(&true) && kinds.contains(&false) {
            complete.push(named);
        }
        for rule in rules {
            if !RULES.contains(&rule.as_str()) {
                failures.push(format!("{file} lists {rule}, which is no rule"));
            }
            let (hits, misses) = outcomes.entry(rule).or_default();
            for case in &cases {
                match is_hit(&case.json) {
                    Some(true) => *hits = hits.saturating_add(1),
                    Some(false) => *misses = misses.saturating_add(1),
                    None => {}
                }
            }
        }
    }
    for rule in RULES {
        match outcomes.get(rule) {
            None => failures.push(format!("no file lists {rule}")),
            Some(_) if !complete.iter().any(|named| named == rule) => {
                failures.push(format!("no file named after {rule} has both outcomes"));
            }
            Some((0, _)) => failures.push(format!("no case for {rule} is allowed, ok or valid")),
            Some((_, 0)) => failures.push(format!("no case for {rule} is denied or an error")),
            Some(_) => {}
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
