//! Cedar's answers against the crate's decisions.

use std::fmt::Write;

use cedar_policy::{Entities, PolicySet, Request, Schema};
use serde_json::Value;
use tollgate::{Decision, decision::AllowedBy, directory::{Directory, RequestLine, World as Document}};

use crate::{
    Mistake,
    entities::World,
    oracle::worlds,
    policies::{self, Answer, Judge},
    question::{self, Presented},
};

/// How many requests are made to one world.
pub const REQUESTS_OF_A_WORLD: usize = 200;

/// How many disagreements are kept in full.
const SHOWN: usize = 8;

/// **What was compared.**
#[derive(Debug, Default)]
pub struct Tally {
    pub worlds: u64,
    pub compared: u64,
    /// Allowed without a second factor.
    pub allow: u64,
    /// Allowed with a second factor only, whether the request came with one or not.
    pub challenge: u64,
    pub deny: u64,
    /// Of those compared: without a token.
    pub no_token: u64,
    /// Of those compared: with a token that nobody knows.
    pub unknown_token: u64,
    /// Error lines: requests that are none.
    pub skipped: u64,
    pub disagreements: u64,
    pub shown: Vec<String>,
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: Tally) {
        self.worlds += other.worlds;
        self.compared += other.compared;
        self.allow += other.allow;
        self.challenge += other.challenge;
        self.deny += other.deny;
        self.no_token += other.no_token;
        self.unknown_token += other.unknown_token;
        self.skipped += other.skipped;
        self.disagreements += other.disagreements;
        self.shown.extend(other.shown);
        self.shown.truncate(SHOWN);
    }

    fn count(&mut self, answer: Answer, presented: Presented) {
        self.compared += 1;
        match answer {
            Answer::Allow => self.allow += 1,
            Answer::Challenge => self.challenge += 1,
            Answer::Deny => self.deny += 1,
        }
        match presented {
            Presented::Token => {}
            Presented::Nothing => self.no_token += 1,
            Presented::Unknown => self.unknown_token += 1,
        }
    }

    fn disagree(&mut self, shown: impl FnOnce() -> String) {
        self.disagreements += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(shown());
        }
    }
}

/// **A world and requests to it**, as Cedar and as the crate have them.
pub struct Case {
    name: String,
    world: Value,
    entities: Entities,
    directory: Directory,
    requests: Vec<Asked>,
    skipped: u64,
}

/// One request that is one.
struct Asked {
    json: Value,
    presented: Presented,
    questions: [Request; 2],
    request: tollgate::directory::Request,
}

impl Case {
    /// The random world of a seed.
    pub fn new(seed: u64, schema: &Schema) -> Result<Case, Mistake> {
        let world = worlds::world(seed);
        let requests = worlds::requests(&world, seed, REQUESTS_OF_A_WORLD);
        Case::of(format!("seed {seed}"), world, requests, schema)
    }

    /// A world that loads, and requests, some of which may be none.
    pub fn of(name: String, world: Value, requests: Vec<Value>, schema: &Schema) -> Result<Case, Mistake> {
        let document: Document = serde_json::from_value(world.clone())?;
        let directory = Directory::load(&document)?;
        let (good, skipped) = read(requests)?;
        let found = World::new(&world);
        let entities = found.entities(good.iter().map(|(json, _)| json), schema)?;
        let requests: Result<Vec<_>, Mistake> = good
            .into_iter()
            .map(|(json, request)| {
                let questions = question::questions(&found, &json, schema)?;
                Ok(Asked { presented: question::presented(&found, &json), json, questions, request })
            })
            .collect();
        Ok(Case { name, entities, directory, requests: requests?, skipped, world })
    }

    /// Asks both.
    pub fn compare(&self, judge: &Judge) -> Result<Tally, Mistake> {
        let mut tally = Tally { worlds: 1, skipped: self.skipped, ..Tally::default() };
        for asked in &self.requests {
            let cedar = judge.answer(&asked.questions, &self.entities)?;
            let caller = self.directory.caller(&asked.request);
            let tollgate = answer(&self.directory.decide(&caller, &asked.request));
            tally.count(tollgate, asked.presented);
            if cedar != tollgate {
                tally.disagree(|| self.show(judge, asked, cedar, tollgate));
            }
        }
        Ok(tally)
    }

    /// A disagreement in full.
    fn show(&self, judge: &Judge, asked: &Asked, cedar: Answer, tollgate: Answer) -> String {
        let [without, with] = &asked.questions;
        let caller = self.directory.caller(&asked.request);
        let explanation = self.directory.decide(&caller, &asked.request).explain();
        let mut text = format!("{}: Cedar says {cedar:?}, the crate {tollgate:?}\n", self.name);
        // Writing to a string does not fail.
        let _ = writeln!(text, "request: {}", asked.json);
        let _ = writeln!(text, "Cedar, no second factor: {:?}", judge.reasons(without, &self.entities));
        let _ = writeln!(text, "Cedar, a second factor: {:?}", judge.reasons(with, &self.entities));
        let _ = writeln!(text, "the crate:\n{explanation}");
        let _ = writeln!(text, "world: {}", self.world);
        text
    }
}

/// The requests that are some, and how many are none.
fn read(requests: Vec<Value>) -> Result<(Vec<(Value, tollgate::directory::Request)>, u64), Mistake> {
    let mut good = Vec::new();
    let mut skipped = 0;
    for json in requests {
        let line: RequestLine = serde_json::from_value(json.clone())?;
        match line.parse() {
            Ok(request) => good.push((json, request)),
            Err(_) => skipped += 1,
        }
    }
    Ok((good, skipped))
}

/// The crate's decision in Cedar's three words. F6: what a shown factor allowed is what Cedar allows at the second time
/// only.
fn answer(decision: &Decision<'_>) -> Answer {
    match decision {
        Decision::Allow(allow) if allow.allowed_by() == AllowedBy::SecondFactor => Answer::Challenge,
        Decision::Allow(_) => Answer::Allow,
        Decision::Challenge(_) => Answer::Challenge,
        Decision::Deny(_) => Answer::Deny,
    }
}

/// The worlds of some seeds, on two threads.
pub fn compare(schema: &Schema, policies: &PolicySet, seeds: std::ops::Range<u64>) -> Result<Tally, Mistake> {
    let half = |parity: u64| -> Result<Tally, Mistake> {
        let judge = Judge::new(policies.clone());
        let mut tally = Tally::default();
        for seed in seeds.clone().filter(|seed| seed % 2 == parity) {
            tally.add(Case::new(seed, schema)?.compare(&judge)?);
        }
        Ok(tally)
    };
    std::thread::scope(|threads| {
        let other = threads.spawn(|| half(1));
        let mut tally = half(0)?;
        tally.add(other.join().map_err(|_| "a thread panicked")??);
        Ok(tally)
    })
}

/// Worlds from a seed on until that many requests were compared.
pub fn compare_at_least(requests: u64, first_seed: u64) -> Result<Tally, Mistake> {
    const SEEDS_AT_ONCE: u64 = 100;
    let (schema, policies) = (policies::schema()?, policies::policies()?);
    let mut tally = Tally::default();
    let mut seed = first_seed;
    while tally.compared < requests {
        let end = seed.checked_add(SEEDS_AT_ONCE).ok_or("no seeds left")?;
        tally.add(compare(&schema, &policies, seed..end)?);
        seed = end;
    }
    Ok(tally)
}
