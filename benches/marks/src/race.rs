//! Timing by turns: the functions to compare run in turn, so that a slower machine slows all of them alike.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use tollgate::Secret;

use crate::numbers::{median, percentile};

/// The number of turns of each lane. The median of them is the result.
const ROUNDS: usize = 401;
/// The approximate time of a turn. It is a thousand times the resolution of the clock, and short enough that the next
/// lane has its turn before the processor changes its frequency.
const TURN: Duration = Duration::from_micros(20);
/// The number of tries that must all take at least [`TURN`].
const TRIES: usize = 5;

/// A function in a race, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane(usize);

/// The first lane of every race: the SHA-256 of a token of 40 bytes, which is the unit of nearly every mark.
pub(crate) const SHA: Lane = Lane(0);

struct Runner<'a> {
    repeat: Box<dyn FnMut(u32) -> Duration + 'a>,
    times: u32,
}

impl Runner<'_> {
    /// Doubles the number of calls in a turn until a turn is long enough. This also warms up the caches.
    ///
    /// Every one of a few tries must be long enough. A try that was interrupted, or the very first, takes longer than
    /// later turns, and turns that are too short measure the clock.
    fn set_times(&mut self) {
        let mut long_enough = |times| (0..TRIES).all(|_| (self.repeat)(times) >= TURN);
        self.times = (0..20).map(|power| 1 << power).find(|times| long_enough(*times)).unwrap_or(1 << 20);
    }
}

/// The functions to be timed, in turn.
pub(crate) struct Race<'a> {
    runners: Vec<Runner<'a>>,
}

/// The result of a race: for each round, the nanoseconds of one call in each lane.
#[derive(Debug)]
pub(crate) struct Times {
    rounds: Vec<Vec<f64>>,
}

impl<'a> Race<'a> {
    /// Creates a race with the SHA-256 in its first lane.
    pub(crate) fn new() -> Self {
        let mut race = Self { runners: Vec::new() };
        let secret = Secret::new("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").expect("a secret");
        race.enter(move || {
            black_box(&black_box(secret).digest());
        });
        race
    }

    /// Adds a lane. The function should take its inputs from `black_box`, and pass a reference to its result to
    /// `black_box`, so that the compiler must compute the whole result.
    pub(crate) fn enter(&mut self, mut run: impl FnMut() + 'a) -> Lane {
        // The loop is within the boxed closure, so that there is one dynamic call for a whole turn.
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

    /// Runs every lane once in each round.
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
    /// Returns the median nanoseconds of one call.
    pub(crate) fn nanoseconds(&self, lane: Lane) -> f64 {
        median(self.rounds.iter().map(|round| round[lane.0]))
    }

    /// Returns the 90th percentile of the nanoseconds of one call, which tells how quiet the machine was.
    pub(crate) fn slowest_tenth(&self, lane: Lane) -> f64 {
        percentile(&mut self.rounds.iter().map(|round| round[lane.0]).collect::<Vec<_>>(), 90)
    }

    /// Returns the median ratio of one lane's time to another's in the same round.
    pub(crate) fn ratio(&self, lane: Lane, to: Lane) -> f64 {
        median(self.rounds.iter().map(|round| round[lane.0] / round[to.0]))
    }

    /// Returns the median difference of two lanes in the same round, in SHA-256.
    pub(crate) fn more_than(&self, lane: Lane, other: Lane) -> f64 {
        median(self.rounds.iter().map(|round| (round[lane.0] - round[other.0]) / round[SHA.0]))
    }
}
