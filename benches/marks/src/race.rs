//! Timing: what is compared takes turns, so that whatever slows the machine down slows all of it.
#![expect(clippy::disallowed_methods, reason = "a stopwatch looks at the clock")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use tollgate::Secret;

use crate::numbers::{median, percentile};

/// How many turns each lane has. The middle one counts.
const ROUNDS: usize = 401;
/// How long a turn takes, about: a thousand times what the clock can tell apart, and short enough that the next lane's
/// turn comes before the machine has changed its mind about its frequency.
const TURN: Duration = Duration::from_micros(20);
/// How many tries must be long enough.
const TRIES: usize = 5;

/// One of the things that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane(usize);

/// The SHA-256 of a token of 40 bytes: the unit of nearly every mark, and the first lane of every race.
pub(crate) const SHA: Lane = Lane(0);

struct Runner<'a> {
    repeat: Box<dyn FnMut(u32) -> Duration + 'a>,
    times: u32,
}

impl Runner<'_> {
    /// Twice as often until a turn is long enough; this warms up, too. The shortest of a few tries says whether it is: after
    /// one that was interrupted, or was the first of all, the turns would be so short that the clock is what they measure.
    fn set_times(&mut self) {
        let mut long_enough = |times| (0..TRIES).all(|_| (self.repeat)(times) >= TURN);
        self.times = (0..20).map(|power| 1 << power).find(|times| long_enough(*times)).unwrap_or(1 << 20);
    }
}

/// Things to be timed, by turns.
pub(crate) struct Race<'a> {
    runners: Vec<Runner<'a>>,
}

/// What a race came to: for each round the nanoseconds of one run in each lane.
#[derive(Debug)]
pub(crate) struct Times {
    rounds: Vec<Vec<f64>>,
}

impl<'a> Race<'a> {
    /// With the SHA-256 in its first lane.
    pub(crate) fn new() -> Self {
        let mut race = Self { runners: Vec::new() };
        let secret = Secret::new("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").expect("a secret");
        race.enter(move || {
            black_box(&black_box(secret).digest());
        });
        race
    }

    /// One more lane. What is run takes its inputs out of a black box and puts a reference to its answer into one, so
    /// that the whole answer has to be there.
    pub(crate) fn enter(&mut self, mut run: impl FnMut() + 'a) -> Lane {
        // The loop is inside of the box: one call of it stands for a whole turn.
        let repeat = move |times| {
            let start = Instant::now();
            for _ in 0..times {
                run();
            }
            start.elapsed()
        };
        self.runners.push(Runner { repeat: Box::new(repeat), times: 1 });
        Lane(self.runners.len() - 1)
    }

    /// Runs every lane in every round.
    pub(crate) fn run(mut self) -> Times {
        for runner in &mut self.runners {
            runner.set_times();
        }
        let rounds = (0..ROUNDS).map(|_| {
            let turns = self.runners.iter_mut();
            turns.map(|runner| (runner.repeat)(runner.times).as_secs_f64() * 1e9 / f64::from(runner.times)).collect()
        });
        Times { rounds: rounds.collect() }
    }
}

impl Times {
    /// The nanoseconds of one run.
    pub(crate) fn nanoseconds(&self, lane: Lane) -> f64 {
        median(self.rounds.iter().map(|round| round[lane.0]))
    }

    /// Nine tenths of its turns took less: how quiet the machine was.
    pub(crate) fn slowest_tenth(&self, lane: Lane) -> f64 {
        percentile(&mut self.rounds.iter().map(|round| round[lane.0]).collect::<Vec<_>>(), 90)
    }

    /// How many times as long one takes as the other, in the same round.
    pub(crate) fn ratio(&self, lane: Lane, to: Lane) -> f64 {
        median(self.rounds.iter().map(|round| round[lane.0] / round[to.0]))
    }

    /// How many SHA-256 the one takes longer than the other.
    pub(crate) fn more_than(&self, lane: Lane, other: Lane) -> f64 {
        median(self.rounds.iter().map(|round| (round[lane.0] - round[other.0]) / round[SHA.0]))
    }
}
