//! One decision, prepared: asked as often as one likes, and read only when it is checked.
#![expect(clippy::disallowed_methods, reason = "a benchmark takes the time")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::{allocations, question::Verdict};

/// **A decision with everything ready that can be ready beforehand.**
pub trait Asked {
    /// Asks once, and reads the answer.
    fn verdict(&mut self) -> Verdict;
    /// Asks that often, and keeps the whole answer, whatever it has in it.
    fn time(&mut self, times: u32) -> Duration;
    /// What asking once allocates.
    fn allocations(&mut self) -> allocations::Count;
}

/// What asks, and what reads the answer.
struct Prepared<Ask, Read> {
    ask: Ask,
    read: Read,
}

/// Puts the two together. The loop around what asks is compiled for it: no call through a pointer is measured.
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
        // What is filled when first asked is filled.
        self.verdict();
        allocations::during(|| {
            black_box(&(self.ask)());
        })
    }
}
