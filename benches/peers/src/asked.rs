//! A prepared decision. It can be made any number of times, and its answer is read only to check it.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::{allocations, question::Verdict};

/// A decision for which everything is prepared that can be prepared beforehand.
pub trait Asked {
    /// Decides once and returns the answer.
    fn verdict(&mut self) -> Verdict;
    /// Decides this many times and returns the elapsed time. The whole answer is computed each time.
    fn time(&mut self, times: u32) -> Duration;
    /// Returns the allocations of one decision.
    fn allocations(&mut self) -> allocations::Count;
}

/// A function that decides, and a function that reads its answer.
struct Prepared<Ask, Read> {
    ask: Ask,
    read: Read,
}

/// Combines the two functions. The loop that is timed is compiled for each pair, so that no dynamic call is measured.
pub fn prepared<Answer: 'static>(
    ask: impl FnMut() -> Answer + 'static,
    read: impl Fn(&Answer) -> Verdict + 'static,
) -> Box<dyn Asked> {
    Box::new(Prepared { ask, read })
}

impl<Answer, Ask: FnMut() -> Answer, Read: Fn(&Answer) -> Verdict> Asked for Prepared<Ask, Read> {
    fn verdict(&mut self) -> Verdict {
        (self.read)(&(self.ask)())
    }

    fn time(&mut self, times: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..times {
            black_box(&(self.ask)());
        }
        start.elapsed()
    }

    fn allocations(&mut self) -> allocations::Count {
        // The first decision fills caches that the engine keeps.
        self.verdict();
        allocations::during(|| {
            black_box(&(self.ask)());
        })
    }
}
