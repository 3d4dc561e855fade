//! The crate against the oracle: random worlds and requests, every field of every decision, and the laws that hold of
//! each decision.
//!
//! `TOLLGATE_ORACLE_WORLDS` in the environment asks for more worlds.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "worlds and requests are made here, the scenarios are files, and how many worlds is the caller's to say"
)]

use std::fmt::Write;

use crate::{
    oracle::{self, worlds},
    scenario_files::scenario_files,
};
use serde_json::{Value, json};
use tollgate::{
    ClientIp, Decision, Explanation, Policy, Reason, Timestamp,
    decision::{AllowedBy, AuditRecord, Caller, EarlyAnswer},
    directory::{DecisionLine, Directory, Request, RequestLine, World},
    rules::Outcome,
};

/// How many worlds.
const WORLDS: u64 = 1000;

/// How many requests of each.
const REQUESTS: usize = 60;

/// How many differences are printed in full.
const SHOWN: usize = 8;

/// What was compared, and what is wrong.
#[derive(Default)]
struct Tally {
    worlds: u64,
    requests: u64,
    error_lines: u64,
    allows: u64,
    challenges: u64,
    denials: u64,
    early_denials: u64,
    public_reads: u64,
    failures: u64,
    shown: String,
}

impl Tally {
    fn fail(&mut self, world: &str, request: &Value, problem: &str) {
        count(&mut self.failures);
        if self.failures <= u64::try_from(SHOWN).unwrap() {
            write!(self.shown, "\n\n{world}\nrequest {request}\n{problem}").unwrap();
        }
    }
}

fn count(of: &mut u64) {
    *of = of.saturating_add(1);
}

fn parse(request: &Value) -> Result<Request, Value> {
    let line: RequestLine = serde_json::from_str(&request.to_string()).unwrap();
    line.parse().map_err(|error| serde_json::to_value(DecisionLine::error(&error)).unwrap())
}

fn load(world: &Value) -> Result<Directory, String> {
    let world: World = serde_json::from_str(&world.to_string()).unwrap();
    Directory::load(&world).map_err(|error| error.to_string())
}

fn line(request: &Request, decision: &Decision<'_>) -> Value {
    serde_json::to_value(DecisionLine::decided(request, decision)).unwrap()
}

/// Compares one request, and holds its decision to the laws.
fn compare(tally: &mut Tally, name: &str, world: &Value, directory: &Directory, json: &Value) {
    count(&mut tally.requests);
    let expected = oracle::decide(world, json);
    let request = match parse(json) {
        Ok(request) => request,
        Err(mut found) => {
            count(&mut tally.error_lines);
            // What the error says is each one's own.
            if found["error"].is_string() {
                found["error"] = json!(true);
            }
            if found != expected {
                tally.fail(name, json, &format!("oracle {expected}\ncrate  {found}"));
            }
            return;
        }
    };
    let caller = directory.caller(&request);
    let decision = directory.decide(&caller, &request);
    let explanation = directory.decide(&caller, &request).explain();
    let found = line(&request, &decision);
    if found != expected {
        tally.fail(name, json, &format!("oracle {expected}\ncrate  {found}\n{explanation}"));
    }
    match decision {
        Decision::Allow(_) => count(&mut tally.allows),
        Decision::Challenge(_) => count(&mut tally.challenges),
        Decision::Deny(_) => count(&mut tally.denials),
    }
    let laws = [
        explained(&decision, &explanation, &caller),
        recorded(&decision, explanation.decision()),
        refused_early(directory.policy(), &caller, json, &decision, &mut tally.early_denials),
    ];
    for broken in laws.into_iter().filter_map(Result::err) {
        tally.fail(name, json, &format!("{broken}\ncrate  {found}\n{explanation}"));
    }
    anyone_is_everyone(tally, name, directory, json);
}

/// D1, and the promise of an explanation: its first step that ends the checks is the decision's.
fn explained(decision: &Decision<'_>, explanation: &Explanation<'_>, caller: &Caller<'_>) -> Result<(), String> {
    let outcomes: Vec<Outcome> = explanation.steps().map(|(_, outcome, _)| outcome).collect();
    let expected = match caller {
        Caller::Token(_) => 20,
        Caller::NoToken => 1,
        Caller::UnknownToken => 0,
    };
    if outcomes.len() != expected {
        return Err(format!("{} steps of an explanation: expected {expected}", outcomes.len()));
    }
    if !matches!(caller, Caller::Token(_)) {
        let settled = outcomes.contains(&Outcome::Allows);
        return if settled == decision.is_allow() { Ok(()) } else { Err("V1 is not the answer".into()) };
    }
    let first = outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Passed | Outcome::DoesNotApply));
    let fits = match (decision, first) {
        (Decision::Deny(deny), Some(Outcome::Failed(reason))) => deny.reason() == *reason,
        (Decision::Challenge(challenge), Some(Outcome::Challenged(by))) => challenge.demanded_by() == *by,
        (Decision::Allow(allow), None) => allow.allowed_by() == AllowedBy::Grant,
        (Decision::Allow(allow), Some(Outcome::Allows)) => allow.allowed_by() == AllowedBy::Public,
        (Decision::Allow(allow), Some(Outcome::Challenged(_))) => allow.allowed_by() == AllowedBy::SecondFactor,
        (_, _) => false,
    };
    if fits { Ok(()) } else { Err(format!("the first step that ends the checks is {first:?}")) }
}

/// The explanation's decision is the same, and its record survives a log.
fn recorded(decision: &Decision<'_>, explained: &Decision<'_>) -> Result<(), String> {
    let record = AuditRecord::from(decision);
    let of_explanation = AuditRecord::from(explained);
    if of_explanation != record {
        return Err(format!("the decision explained is another: {of_explanation:?}"));
    }
    let text = serde_json::to_string(&record).map_err(|error| error.to_string())?;
    let read: AuditRecord = serde_json::from_str(&text).map_err(|error| format!("{text}: {error}"))?;
    if read == record { Ok(()) } else { Err(format!("the record {text} is read as {read:?}")) }
}

/// An early refusal is a denial in the end; and it sees all that needs no other record.
fn refused_early(
    policy: Policy,
    caller: &Caller<'_>,
    request: &Value,
    decision: &Decision<'_>,
    denials: &mut u64,
) -> Result<(), String> {
    let Caller::Token(bound) = caller else { return Ok(()) };
    let client_ip = request["client_ip"].as_str().map_or(ClientIp::UNKNOWN, |text| text.parse().unwrap());
    let now: Timestamp = request["now"].as_str().unwrap().parse().unwrap();
    let early = policy.refuse_early(bound.token(), decision.action(), client_ip, now);
    match (early, decision) {
        (EarlyAnswer::Deny(early), Decision::Allow(_) | Decision::Challenge(_)) => {
            Err(format!("refused early: {}", early.reason()))
        }
        (EarlyAnswer::Deny(_), Decision::Deny(_)) => {
            count(denials);
            Ok(())
        }
        (EarlyAnswer::NotDecided, Decision::Deny(deny)) => {
            let reason = deny.reason();
            let needs_no_owner = matches!(
                reason,
                Reason::TokenRetired
                    | Reason::TokenExpired
                    | Reason::IpNotAllowed
                    | Reason::KindForbidsAction
                    | Reason::StageRequired
            );
            if needs_no_owner { Err(format!("not refused early: {reason}")) } else { Ok(()) }
        }
        (EarlyAnswer::NotDecided, Decision::Allow(_) | Decision::Challenge(_)) => Ok(()),
    }
}

/// What anonymous may do, every token that passes the checks of the token itself may do (D5). To pass them includes not to
/// be retired (P1).
fn anyone_is_everyone(tally: &mut Tally, name: &str, directory: &Directory, json: &Value) {
    let with_token = |token: Value| {
        let mut json = json.clone();
        let fields = json.as_object_mut().unwrap();
        fields.remove("secret");
        fields.insert("token".to_owned(), token);
        json
    };
    let request = parse(&with_token(Value::Null)).unwrap();
    if !directory.decide(&Caller::NoToken, &request).is_allow() {
        return;
    }
    count(&mut tally.public_reads);
    for token in directory.tokens() {
        let json = with_token(json!(token.id()));
        let request = parse(&json).unwrap();
        let caller = directory.caller(&request);
        let fits = match directory.decide(&caller, &request) {
            Decision::Allow(allow) => allow.allowed_by() == AllowedBy::Public,
            Decision::Challenge(_) => false,
            Decision::Deny(deny) => matches!(
                deny.reason(),
                Reason::TokenRevoked
                    | Reason::TokenRetired
                    | Reason::TokenExpired
                    | Reason::IpNotAllowed
                    | Reason::OwnerSuspended
            ),
        };
        if !fits {
            let explanation = directory.decide(&caller, &request).explain();
            tally.fail(name, &json, &format!("anonymous is allowed\n{explanation}"));
        }
    }
}

#[expect(clippy::print_stdout, reason = "how much was compared")]
fn finish(tally: &Tally) {
    let Tally { worlds, requests, error_lines, allows, challenges, denials, early_denials, public_reads, .. } = tally;
    println!(
        "{worlds} worlds, {requests} requests: {allows} allowed, {challenges} challenged, {denials} denied \
         ({early_denials} of them early), {error_lines} no requests; {public_reads} times every token where anonymous may"
    );
    assert!(tally.failures == 0, "{} differences, the first of them:{}", tally.failures, tally.shown);
}

#[test]
fn the_crate_and_the_oracle_agree_on_random_worlds() {
    let worlds = match std::env::var("TOLLGATE_ORACLE_WORLDS") {
        Ok(text) => text.parse::<u64>().unwrap().max(WORLDS),
        Err(_) => WORLDS,
    };
    let mut tally = Tally::default();
    for seed in 0..worlds {
        count(&mut tally.worlds);
        let world = worlds::world(seed);
        let directory = load(&world).unwrap_or_else(|error| panic!("the world of seed {seed} does not load:\n{error}"));
        let name = format!("world of seed {seed}");
        for request in worlds::requests(&world, seed, REQUESTS) {
            compare(&mut tally, &name, &world, &directory, &request);
        }
    }
    // A generator that asks for one thing only would agree in silence.
    let Tally { allows, challenges, denials, error_lines, early_denials, public_reads, .. } = tally;
    finish(&tally);
    let seen = [allows, challenges, denials, error_lines, early_denials, public_reads];
    assert!(seen.into_iter().all(|count| count >= worlds / 10), "{seen:?}");
}

/// The oracle answers the scenarios' requests too, on their worlds.
#[test]
fn the_crate_and_the_oracle_agree_on_the_scenarios() {
    let mut tally = Tally::default();
    for (file_name, text) in scenario_files() {
        let file: Value = serde_json::from_str(&text).unwrap();
        let Some(world) = file.get("world") else { continue };
        count(&mut tally.worlds);
        let directory = load(world).unwrap_or_else(|error| panic!("{file_name}: {error}"));
        for case in file["cases"].as_array().unwrap() {
            let Some(request) = case.get("request") else { continue };
            let mut request = request.clone();
            if let Some(fields) = request.as_object_mut() {
                fields.entry("id").or_insert_with(|| json!("the-id"));
            }
            let name = format!("{file_name}: {}", case["case"]);
            compare(&mut tally, &name, world, &directory, &request);
        }
    }
    finish(&tally);
    assert!(tally.requests > 1000, "{} requests", tally.requests);
}
