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
    mem,
    num::NonZero,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use crate::oracle::{self, Verdict};
use serde_json::Value;
use tollgate::{
    Decision, Reason, Timestamp,
    decision::{AllowedBy, Caller, Validity},
    directory::{Directory, Request, RequestLine, World},
    facts::VerifiedFactor,
    operation::Action,
    testing::exhaustion::{Family, families},
};

/// How many differences are printed in full.
const SHOWN: usize = 5;

/// All families, built once for all tests.
pub(crate) static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(families);

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
        let age = tollgate::facts::MaxFactorAge::new(std::time::Duration::from_mins(5)).unwrap();
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

/// A list of the world that is made as short as a question allows: a question names one package and one token at most, and
/// the oracle, which scans lists, need not scan the rest.
struct Shortened {
    /// The list with the thing of each name, or an empty list where that thing is the one in the world.
    lists: HashMap<String, Value>,
    /// The name of the thing that is in the world, `None` if the list there is empty.
    present: Option<String>,
}

impl Shortened {
    fn new(list: &Value, key: &str) -> Self {
        let named = |thing: &Value| (thing[key].as_str().unwrap().to_owned(), Value::from(vec![thing.clone()]));
        Self { lists: list.as_array().unwrap().iter().map(named).collect(), present: None }
    }

    /// Leaves only the thing of this name in the list. Nothing is copied: the two lists change places.
    fn show(&mut self, list: &mut Value, name: Option<&str>) {
        if self.present.as_deref() == name {
            return;
        }
        if let Some(present) = self.present.take() {
            mem::swap(list, self.lists.get_mut(&present).unwrap());
        }
        if let Some(found) = name.and_then(|name| self.lists.get_mut(name)) {
            mem::swap(list, found);
            self.present = name.map(ToOwned::to_owned);
        }
    }
}

fn load(world: &Value) -> Directory {
    Directory::load(&serde_json::from_value::<World>(world.clone()).unwrap()).unwrap()
}

/// Asks the requests in one world. The oracle gets the world with the one package and the one token that the request
/// names: nothing else of those lists is in a question.
fn ask(world: &Value, questions: &[Question<'_>], tally: &mut Tally) {
    let directory = load(world);
    let (mut packages, mut tokens) =
        (Shortened::new(&world["packages"], "name"), Shortened::new(&world["tokens"], "id"));
    let mut small = world.clone();
    small["packages"] = Value::Array(Vec::new());
    small["tokens"] = Value::Array(Vec::new());
    let (verified, mut times) = (Verified::new(), HashMap::new());
    for question in questions {
        packages.show(&mut small["packages"], question.json["package"].as_str());
        tokens.show(&mut small["tokens"], question.json["token"].as_str());
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

/// How many of a family's questions are asked: those of every so-manieth request in every so-manieth world.
#[derive(Clone, Copy)]
struct Sample {
    worlds: usize,
    requests: usize,
}

impl Sample {
    const EVERYTHING: Self = Self { worlds: 1, requests: 1 };

    /// A few worlds, and of the requests as many as are asked in a second or two. The steps have no factor in common with
    /// the numbers of worlds, of tokens and of actions, so that every item of each list comes up.
    fn of(family: &Family) -> Self {
        let worlds = [337, 127, 47, 13, 7].into_iter().find(|step| family.worlds() > 4 * step);
        Self { worlds: worlds.unwrap_or(7), requests: if family.requests().len() > 20_000 { 11 } else { 3 } }
    }
}

/// Asks a family's questions, on every core.
fn ask_all(family: &Family, sample: Sample) -> Tally {
    let questions = |from: usize| family.requests().iter().skip(from).step_by(sample.requests).map(Question::of);
    let all: Vec<Question<'_>> = if sample.requests == 1 { questions(0).collect() } else { Vec::new() };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let index = next.fetch_add(sample.worlds, Ordering::Relaxed);
            let Some(world) = family.world(index) else { return tally };
            if sample.requests == 1 {
                ask(&world, &all, &mut tally);
            } else {
                ask(&world, &questions(index % sample.requests).collect::<Vec<_>>(), &mut tally);
            }
        }
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

fn run(sample: impl Fn(&Family) -> Sample) -> Tally {
    let mut all = Tally::default();
    for family in FAMILIES.iter() {
        let began = Instant::now();
        let tally = ask_all(family, sample(family));
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
    let all = run(|_| Sample::EVERYTHING);
    let asked: usize = FAMILIES.iter().map(Family::questions).sum();
    assert_eq!(all.questions(), asked);
    println!("{asked} questions in {:.1?}", began.elapsed());
}

#[test]
fn the_crate_and_the_oracle_agree_on_a_sample_of_the_combinations() {
    let all = run(Sample::of);
    // Every reason occurs.
    let missing: Vec<_> =
        tollgate::Reason::ALL.iter().filter(|reason| !all.denials.contains_key(reason.as_str())).collect();
    assert!(missing.is_empty(), "no question has the answer {missing:?}");
}

#[test]
fn the_readme_tells_how_many_questions_there_are() {
    let digits = FAMILIES.iter().map(Family::questions).sum::<usize>().to_string();
    let from_the_right: Vec<&[u8]> = digits.as_bytes().rchunks(3).collect();
    let groups: Vec<&str> = from_the_right.iter().rev().map(|group| str::from_utf8(group).unwrap()).collect();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&format!("{} questions", groups.join(","))), "{digits}");
}

// ------------------------------------------------------------------- what is not combined, and why that is enough

/// The crate's answer, to be compared with its answer to another question.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Answer {
    Allow(Action, AllowedBy, Validity),
    Challenge(Action),
    Deny(Reason, u16, Validity),
}

impl Answer {
    fn new(directory: &Directory, request: &Request) -> Self {
        let caller = directory.caller(request);
        let decision = directory.decide(&caller, request);
        match &decision {
            Decision::Allow(allow) => Self::Allow(allow.action(), allow.allowed_by(), decision.validity()),
            Decision::Challenge(challenge) => Self::Challenge(challenge.action()),
            Decision::Deny(deny) => Self::Deny(deny.reason(), deny.status(), decision.validity()),
        }
    }

    const fn reason(self) -> Option<Reason> {
        match self {
            Self::Deny(reason, ..) => Some(reason),
            Self::Allow(..) | Self::Challenge(_) => None,
        }
    }

    /// Whether a check of the token denies (T, P1).
    fn is_of_the_token(self) -> bool {
        let of_the_token = [
            Reason::TokenRevoked,
            Reason::TokenRetired,
            Reason::TokenExpired,
            Reason::IpNotAllowed,
            Reason::OwnerSuspended,
        ];
        self.reason().is_some_and(|reason| of_the_token.contains(&reason))
    }

    /// Whether the checks came as far as the second factor (F), the last of them.
    fn is_of_the_second_factor(self) -> bool {
        match self {
            Self::Allow(_, allowed_by, _) => allowed_by != AllowedBy::Public,
            Self::Challenge(_) => true,
            Self::Deny(reason, ..) => [Reason::TokensDisallowed, Reason::SecondFactorNotEnrolled].contains(&reason),
        }
    }

    /// The answer without the time until which it holds, which depends on the state of the token.
    fn without_end(self) -> Self {
        match self {
            Self::Allow(action, allowed_by, _) => Self::Allow(action, allowed_by, Validity::Always),
            Self::Challenge(action) => Self::Challenge(action),
            Self::Deny(reason, status, _) => Self::Deny(reason, status, Validity::Always),
        }
    }
}

fn parse(request: &Value) -> Request {
    serde_json::from_value::<RequestLine>(request.clone()).unwrap().parse().unwrap()
}

/// The families of questions about owners with every combination of grants, each asked under one policy, without a hold
/// and without a second factor.
fn of_every_grant() -> impl Iterator<Item = &'static Family> {
    FAMILIES.iter().filter(|family| family.worlds() > 1000)
}

/// All policies that the families ask under: the editions, and every combination of the switches that decisions read.
fn every_policy() -> Vec<Value> {
    let family = FAMILIES.iter().find(|family| family.name().starts_with("no token")).unwrap();
    let mut policies: Vec<Value> = Vec::new();
    for index in 0..family.worlds() {
        let policy = family.world(index).unwrap()["policy"].take();
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    assert_eq!(policies.len(), 4 + 2 * 3 * 3 * 2);
    policies
}

/// The same world under another policy. If unscoped packages are always public under it, it has no private ones.
fn under(world: &Value, policy: &Value) -> Value {
    let mut world = world.clone();
    world["policy"] = policy.clone();
    if policy["unscoped_packages"] != "may-be-private" {
        world["packages"].as_array_mut().unwrap().retain(|package| !is_private_and_unscoped(&package["name"]));
    }
    world
}

/// The names of the enumeration tell the visibility.
fn is_private_and_unscoped(name: &Value) -> bool {
    name.as_str().is_some_and(|name| name.starts_with("private-"))
}

/// All that the check of the second factor reads of a question, except for the policy: the action, the kind of the token,
/// its bypass and permissions, the publishing access of the package, and the account's mode.
fn read_by_the_second_factor(world: &Value, request: &Value) -> String {
    let token = world["tokens"].as_array().unwrap().iter().find(|token| token["id"] == request["token"]).unwrap();
    let granular = &token["granular"];
    let permissions = ["packages_and_scopes", "orgs"].map(|side| &granular[side]["permission"]);
    let package = world["packages"].as_array().unwrap().iter().find(|package| package["name"] == request["package"]);
    let access = package.map(|package| &package["publishing_access"]);
    let (kind, mode) = (&token["legacy"], &world["users"][0]["two_factor"]);
    let action = &request["action"];
    format!("{action} {kind} {} {permissions:?} {access:?} {mode}", granular["bypass_2fa"])
}

/// The policy is read by the check for legacy tokens (P1), by the check of the second factor (P4, P5) and by the status of a
/// denied creation (P6). So a denial before the second factor is the same under every policy, and what the second factor
/// says does not turn on grants, selections, names or visibility. The families that ask under every policy hold the rest.
#[test]
fn the_policy_does_not_meet_the_grants() {
    let policies = every_policy();
    let (mut by_factor, mut before, mut retired) = (HashMap::new(), 0, 0);
    for family in of_every_grant() {
        for index in (0..family.worlds()).step_by(211) {
            let world = family.world(index).unwrap();
            let directory = load(&world);
            let requests = family.requests().iter().skip(index % 31).step_by(31);
            let asked: Vec<_> = requests
                .map(|json| (json, parse(json)))
                .map(|(json, request)| (json, Answer::new(&directory, &request), request))
                .collect();
            for policy in policies.iter().cycle().skip(index % 7).step_by(7).take(9) {
                let world = under(&world, policy);
                let directory = load(&world);
                for (json, under_one, request) in &asked {
                    if is_private_and_unscoped(&json["package"]) && policy["unscoped_packages"] != "may-be-private" {
                        continue;
                    }
                    let found = Answer::new(&directory, request);
                    if found.reason() == Some(Reason::TokenRetired) {
                        let token = json["token"].as_str().unwrap();
                        assert!(token.starts_with("legacy"), "{policy} {json}");
                        retired += 1;
                    } else if under_one.is_of_the_second_factor() {
                        let key = format!("{policy} {}", read_by_the_second_factor(&world, json));
                        let first = *by_factor.entry(key).or_insert(found);
                        assert_eq!(found, first, "{policy} {json}");
                    } else {
                        assert_eq!(found, *under_one, "{policy} {json}");
                        before += 1;
                    }
                }
            }
        }
    }
    let by_factor = by_factor.len();
    assert!(before > 50_000 && by_factor > 1_000 && retired > 1_000, "{before}, {by_factor}, {retired}");
}

/// A hold turns on the action, and on nothing else of a question that passes the checks of the token and its kind (T5).
#[test]
fn a_hold_does_not_meet_the_grants_or_the_policy() {
    let policies = every_policy();
    let mut by_action = HashMap::new();
    let (mut held, mut not_held) = (0, 0);
    for family in of_every_grant() {
        for (index, policy) in (0..family.worlds()).step_by(127).zip(policies.iter().cycle()) {
            let mut world = under(&family.world(index).unwrap(), policy);
            let free = load(&world);
            world["users"][0]["writes_held_until"] = "2025-11-10T00:00:00.000000001Z".into();
            let on_hold = load(&world);
            world["users"][0]["writes_held_until"] = "2025-11-10T00:00:00Z".into();
            let after = load(&world);
            for json in family.requests().iter().skip(index % 31).step_by(31) {
                let request = parse(json);
                let expected = Answer::new(&free, &request);
                assert_eq!(Answer::new(&after, &request), expected, "{policy} {json}");
                let found = Answer::new(&on_hold, &request);
                if expected.is_of_the_token() || expected.reason() == Some(Reason::KindForbidsAction) {
                    assert_eq!(found, expected, "{policy} {json}");
                    continue;
                }
                let is_held = found.reason() == Some(Reason::OwnerOnHold);
                assert_eq!(is_held, *by_action.entry(json["action"].as_str()).or_insert(is_held), "{policy} {json}");
                if is_held {
                    let end = tollgate::testing::time("2025-11-10T00:00:00.000000001Z");
                    assert_eq!(found, Answer::Deny(Reason::OwnerOnHold, 403, Validity::Until(end)), "{policy} {json}");
                    held += 1;
                } else {
                    assert_eq!(found, expected, "{policy} {json}");
                    not_held += 1;
                }
            }
        }
    }
    assert!(held > 1_000 && not_held > 1_000, "{held} held, {not_held} not");
}

/// A shown factor turns a challenge into an allow and changes no other answer (F6). So it is enough that some families ask
/// without one only.
#[test]
fn a_shown_factor_changes_challenges_only() {
    let (mut answered, mut the_same) = (0, 0);
    let not_shown = |family: &&Family| family.requests().iter().all(|request| request["second_factor"] == false);
    for family in FAMILIES.iter().filter(not_shown) {
        for index in (0..family.worlds()).step_by(if family.worlds() > 1000 { 97 } else { 7 }) {
            let directory = load(&family.world(index).unwrap());
            for json in family.requests().iter().skip(index % 89).step_by(89) {
                let without = Answer::new(&directory, &parse(json));
                let mut json = json.clone();
                json["second_factor"] = true.into();
                let with = Answer::new(&directory, &parse(&json));
                if let Answer::Challenge(action) = without {
                    assert_eq!(
                        with,
                        Answer::Allow(action, AllowedBy::SecondFactor, Validity::ThisRequestOnly),
                        "{json}"
                    );
                    answered += 1;
                } else {
                    assert_eq!(with, without, "{json}");
                    the_same += 1;
                }
            }
        }
    }
    assert!(answered > 500 && the_same > 10_000, "{answered} answered, {the_same} the same");
}

/// One family holds all states of a token. That is enough: the checks of the token deny the same whatever is asked, and a
/// token that passes them is decided as a token in good state is (T, P1).
#[test]
fn the_checks_of_the_token_do_not_depend_on_what_is_asked() {
    let in_a_state = |request: &Value| request["token"].as_str().is_some_and(|token| token.contains(" | "));
    let family = FAMILIES.iter().find(|family| family.requests().iter().any(in_a_state)).unwrap();
    // Of the worlds with one policy and one hold, the first has an owner in good state.
    let mut in_good_state: HashMap<String, Directory> = HashMap::new();
    let mut by_t: HashMap<(usize, &str, bool), Option<Reason>> = HashMap::new();
    let (mut denied, mut passed) = (0, 0);
    for index in 0..family.worlds() {
        let world = family.world(index).unwrap();
        let directory = load(&world);
        let kind_of_world = format!("{} {}", world["policy"], world["users"][0]["writes_held_until"]);
        let good = in_good_state.entry(kind_of_world).or_insert_with(|| directory.clone());
        for request in family.requests().iter().skip(index % 101).step_by(101) {
            let token = request["token"].as_str().unwrap();
            let found = Answer::new(&directory, &parse(request));
            let reason = found.reason().filter(|_| found.is_of_the_token());
            let before = *by_t.entry((index, token, request["client_ip"].is_null())).or_insert(reason);
            assert_eq!(reason, before, "T turns on what is asked: {request}");
            if reason.is_some() {
                denied += 1;
                continue;
            }
            let mut with_good_token = request.clone();
            with_good_token["token"] = token.split(" | ").next().into();
            let expected = Answer::new(good, &parse(&with_good_token));
            assert_eq!(found.without_end(), expected.without_end(), "{request}");
            passed += 1;
        }
    }
    assert!(denied > 10_000 && passed > 1_000, "{denied} denied by T, {passed} passed");
}
