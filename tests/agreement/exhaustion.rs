//! Every combination of what a decision depends on: the crate against the oracle, every field of every decision.
//!
//! - `cargo test` asks in a sample of the worlds.
//! - `cargo test --release --all-features --test agreement -- --ignored --nocapture` asks in all of them, and prints how many
//!   questions there are and how long it took. (It runs the long test of the conformance vectors too.)

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "worlds and requests are made here, and what the clock says is only printed"
)]

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use crate::oracle::{self, Verdict};
use serde_json::Value;
use tollgate::{
    Decision, Reason, Timestamp,
    decision::{Caller, Validity},
    directory::{Directory, Request, RequestLine, World},
    facts::VerifiedFactor,
    testing::exhaustion::{Family, families},
};

/// How many differences are printed in full.
const SHOWN: usize = 5;

// ---------------------------------------------------------------------------------------------------- one question

/// A request, as each side reads it.
struct Question<'a> {
    json: &'a Value,
    oracle: oracle::Request<'a>,
    ours: Request,
}

impl<'a> Question<'a> {
    fn of(json: &'a Value) -> Self {
        let line: RequestLine = serde_json::from_value(json.clone()).unwrap();
        Self { json, oracle: oracle::read_request(json).unwrap(), ours: line.parse().unwrap() }
    }
}

/// The oracle needs no hash: no request here has a secret.
fn no_secret(_: &[u8]) -> [u8; 32] {
    [0; 32]
}

/// Whether the two answers are the same in every field. (A decision line has null both for a decision that no time ends
/// and for one that holds for this request only; the crate tells them apart, and is held to D2 in this too.)
fn agree(expected: &Verdict, found: &Decision<'_>, times: &mut HashMap<i128, Timestamp>) -> bool {
    let mut until = |instant: Option<i128>| match instant {
        Some(at) => Validity::Until(*times.entry(at).or_insert_with(|| oracle::print_time(at).parse().unwrap())),
        None => Validity::Always,
    };
    match (expected, found) {
        (Verdict::Allow { action, valid_until, via }, Decision::Allow(allow)) => {
            let by_factor = *via == "second-factor" && valid_until.is_none();
            let validity = if by_factor { Validity::ThisRequestOnly } else { until(*valid_until) };
            allow.action().as_str() == action
                && allow.allowed_by().as_str() == *via
                && found.status() == 200
                && found.validity() == validity
        }
        (Verdict::Challenge { action }, Decision::Challenge(challenge)) => {
            challenge.action().as_str() == action
                && found.status() == 401
                && found.validity() == Validity::ThisRequestOnly
        }
        (Verdict::Deny { reason, status, valid_until }, Decision::Deny(deny)) => {
            deny.reason().as_str() == *reason && deny.status() == *status && found.validity() == until(*valid_until)
        }
        (_, _) => false,
    }
}

/// The times at which a factor may have been verified, for requests at one time and a greatest age of five minutes.
struct Verified {
    now: Timestamp,
    oldest: Timestamp,
    too_old: Timestamp,
    not_yet: Timestamp,
}

impl Verified {
    fn new() -> Self {
        let [now, oldest, too_old, not_yet] = [
            "2025-11-10T00:00:00Z",
            "2025-11-09T23:55:00Z",
            "2025-11-09T23:54:59.999999999Z",
            "2025-11-10T00:00:00.000000001Z",
        ]
        .map(tollgate::testing::time);
        Self { now, oldest, too_old, not_yet }
    }

    /// Only the owner's own factor, verified at most five minutes ago and not in the future, answers a challenge (F6).
    fn holds(&self, decision: &Decision<'_>, caller: &Caller<'_>, request: &Request) -> bool {
        let (Decision::Challenge(challenge), Caller::Token(bound)) = (decision, caller) else { return true };
        let age = std::time::Duration::from_mins(5);
        let answers = |owner, verified_at| challenge.answer(&VerifiedFactor { owner, verified_at }, age).is_allow();
        let (owner, another) = (bound.owner().name(), tollgate::testing::user_name("bob"));
        request.now() == self.now
            && answers(owner, self.now)
            && answers(owner, self.oldest)
            && !answers(owner, self.too_old)
            && !answers(owner, self.not_yet)
            && !answers(another, self.now)
    }
}

// ---------------------------------------------------------------------------------------------------- every question

/// The counts and the differences of a run.
#[derive(Default)]
struct Tally {
    allows: usize,
    challenges: usize,
    denials: BTreeMap<&'static str, usize>,
    wrong: usize,
    shown: String,
}

impl Tally {
    fn questions(&self) -> usize {
        self.allows + self.challenges + self.denials.values().sum::<usize>()
    }

    fn count(&mut self, expected: &Verdict) {
        let counter = match expected {
            Verdict::Allow { .. } => &mut self.allows,
            Verdict::Challenge { .. } => &mut self.challenges,
            Verdict::Deny { reason, .. } => self.denials.entry(reason).or_default(),
        };
        *counter += 1;
    }

    fn add(&mut self, other: Self) {
        self.allows += other.allows;
        self.challenges += other.challenges;
        for (reason, count) in other.denials {
            let counter = self.denials.entry(reason).or_default();
            *counter += count;
        }
        self.wrong += other.wrong;
        self.shown.push_str(&other.shown);
    }

    fn fail(&mut self, world: &Value, question: &Question<'_>, expected: Verdict, found: &str) {
        self.wrong += 1;
        if self.wrong <= SHOWN {
            let expected = oracle::line(&question.json["id"], expected);
            write!(self.shown, "\n\nworld {world}\nrequest {}\noracle {expected}\ncrate {found}", question.json)
                .unwrap();
        }
    }
}

/// Takes the named thing out of its list, so that a world of one can be made of it.
fn by_name(list: &Value, key: &str) -> HashMap<String, Value> {
    let named = |thing: &Value| (thing[key].as_str().unwrap().to_owned(), thing.clone());
    list.as_array().unwrap().iter().map(named).collect()
}

/// Asks every request in one world. The oracle, which scans its lists, gets the world with the one package and the one
/// token that the request names: nothing else of those lists is in a question.
fn ask(world: &Value, questions: &[Question<'_>], tally: &mut Tally) {
    let document: World = serde_json::from_value(world.clone()).unwrap();
    let directory = Directory::load(&document).unwrap();
    let (packages, tokens) = (by_name(&world["packages"], "name"), by_name(&world["tokens"], "id"));
    let mut small = world.clone();
    let (mut in_packages, mut in_tokens) = (None, None);
    let (verified, mut times) = (Verified::new(), HashMap::new());
    for question in questions {
        let (package, token) = (&question.json["package"], &question.json["token"]);
        for (list, named, all, there) in
            [("packages", package, &packages, &mut in_packages), ("tokens", token, &tokens, &mut in_tokens)]
        {
            if *there != Some(named) {
                let found = named.as_str().and_then(|name| all.get(name)).cloned();
                small[list] = found.into_iter().collect();
                *there = Some(named);
            }
        }
        let expected = oracle::judge(&small, &question.oracle, &no_secret);
        let caller = directory.caller(&question.ours);
        let decision = directory.decide(&caller, &question.ours);
        tally.count(&expected);
        if !agree(&expected, &decision, &mut times) || !verified.holds(&decision, &caller, &question.ours) {
            let found = directory.decide(&caller, &question.ours).explain().to_string();
            tally.fail(&small, question, expected, &found);
        }
    }
}

/// Asks in every `step`th world of a family, on every core.
fn ask_all(family: &Family, step: usize) -> Tally {
    let questions: Vec<Question<'_>> = family.requests().iter().map(Question::of).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tally = Tally::default();
        while let Some(world) = family.world(next.fetch_add(step, Ordering::Relaxed)) {
            ask(&world, &questions, &mut tally);
        }
        tally
    };
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..thread::available_parallelism().map_or(1, NonZero::get)).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            tally.add(worker.join().unwrap());
        }
    });
    tally
}

/// The answer without its expiry; an error with the reason where a check of the token denies (T).
fn beside_t(directory: &Directory, request: &Value) -> Result<String, &'static str> {
    let question = Question::of(request);
    let caller = directory.caller(&question.ours);
    match directory.decide(&caller, &question.ours) {
        Decision::Allow(allow) => Ok(format!("{} via {}", allow.action(), allow.allowed_by())),
        Decision::Challenge(challenge) => Ok(format!("{} challenged", challenge.action())),
        Decision::Deny(deny) => {
            let of_t = [Reason::TokenRevoked, Reason::TokenExpired, Reason::IpNotAllowed, Reason::OwnerSuspended];
            let reason = deny.reason();
            if of_t.contains(&reason) { Err(reason.as_str()) } else { Ok(format!("{reason}, {}", deny.status())) }
        }
    }
}

/// One family holds all states of a token. That is enough: the checks of the token deny the same whatever is asked, and a token
/// that passes them is decided as a token in good state is (T).
#[test]
fn the_checks_of_the_token_do_not_depend_on_what_is_asked() {
    let families = families();
    let family = families.iter().find(|family| family.requests().iter().any(in_a_state)).unwrap();
    let load = |world: Value| Directory::load(&serde_json::from_value::<World>(world).unwrap()).unwrap();
    let good = load(family.world(0).unwrap());
    let mut by_t: HashMap<(usize, &str, bool), Result<(), &str>> = HashMap::new();
    let (mut denied, mut passed) = (0, 0);
    for index in 0..family.worlds() {
        let directory = load(family.world(index).unwrap());
        for request in family.requests().iter().skip(index).step_by(7) {
            let token = request["token"].as_str().unwrap();
            let found = beside_t(&directory, request);
            let t = found.as_ref().map(|_| ()).map_err(|reason| *reason);
            let before = *by_t.entry((index, token, request["client_ip"].is_null())).or_insert(t);
            assert_eq!(t, before, "T turns on what is asked: {request}");
            let Ok(found) = found else {
                denied += 1;
                continue;
            };
            let mut in_good_state = request.clone();
            in_good_state["token"] = token.split(" | ").next().into();
            assert_eq!(Ok(found), beside_t(&good, &in_good_state), "{request}");
            passed += 1;
        }
    }
    assert!(denied > 10_000 && passed > 1_000, "{denied} denied by T, {passed} passed");
}

fn in_a_state(request: &Value) -> bool {
    request["token"].as_str().is_some_and(|token| token.contains(" | "))
}

fn run(step: impl Fn(&Family) -> usize) -> Tally {
    let mut all = Tally::default();
    for family in families() {
        let began = Instant::now();
        let tally = ask_all(&family, step(&family));
        println!("{:>11} questions, {:>6.1?}  {}", tally.questions(), began.elapsed(), family.name());
        all.add(tally);
    }
    println!("{:>11} questions: {} allows, {} challenges", all.questions(), all.allows, all.challenges);
    for (reason, count) in &all.denials {
        println!("{count:>11} {reason}");
    }
    assert_eq!(all.wrong, 0, "{} of {} answers differ:{}", all.wrong, all.questions(), all.shown);
    all
}

#[test]
#[ignore = "minutes: run it in release"]
fn the_crate_and_the_oracle_agree_on_every_combination() {
    let began = Instant::now();
    let all = run(|_| 1);
    let asked: usize = families().iter().map(Family::questions).sum();
    assert_eq!(all.questions(), asked);
    println!("{asked} questions in {:.1?}", began.elapsed());
}

#[test]
fn the_readme_tells_how_many_questions_there_are() {
    let digits = families().iter().map(Family::questions).sum::<usize>().to_string();
    let from_the_right: Vec<&[u8]> = digits.as_bytes().rchunks(3).collect();
    let groups: Vec<&str> = from_the_right.iter().rev().map(|group| str::from_utf8(group).unwrap()).collect();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&format!("{} questions", groups.join(","))), "{digits}");
}

#[test]
fn the_crate_and_the_oracle_agree_on_a_sample_of_the_combinations() {
    let all = run(|family| if family.worlds() > 100 { 701 } else { 7 });
    // Every reason occurs.
    let missing: Vec<_> =
        tollgate::Reason::ALL.iter().filter(|reason| !all.denials.contains_key(reason.as_str())).collect();
    assert!(missing.is_empty(), "no question has the answer {missing:?}");
}
