//! Measures everything in rounds: each round asks each a little, and the hash beside it, so that what the machine does
//! meanwhile falls on all of them.

use std::time::Duration;

use crate::{allocations::Count, asked::Asked, question::Verdict};

/// **What is measured.**
pub struct Sample {
    /// For messages.
    pub name: String,
    pub expected: Verdict,
    pub asked: Box<dyn Asked>,
}

/// **What came of it.**
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub nanoseconds: f64,
    /// In hashes: the median of what each round had, by the hash right before.
    pub ratio: f64,
    pub allocations: Count,
}

/// A wrong answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    name: String,
    found: Verdict,
    expected: Verdict,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, found, expected } = self;
        write!(f, "{name}: found the answer {found:?}, expected {expected:?}")
    }
}

impl Sample {
    /// Asks, and compares.
    ///
    /// # Errors
    /// The answer is another one.
    pub fn check(&mut self) -> Result<(), Wrong> {
        let (found, expected) = (self.asked.verdict(), self.expected);
        if found.is(expected) { Ok(()) } else { Err(Wrong { name: self.name.clone(), found, expected }) }
    }
}

/// How long one is asked in one round, and the hash beside it. One question is the least.
const SLICE: Duration = Duration::from_micros(800);
const SLICE_OF_HASH: Duration = Duration::from_micros(200);

/// How often one is to be asked to fill the slice: the most of three tries, for one that is held up fits less in.
fn times(asked: &mut dyn Asked, slice: Duration) -> u32 {
    (0..3).map(|_| fitting(asked, slice)).fold(1, u32::max)
}

fn fitting(asked: &mut dyn Asked, slice: Duration) -> u32 {
    let mut times = 1;
    loop {
        let taken = asked.time(times);
        if taken * 2 >= slice {
            // Some hundred thousands at most: nothing is cut off.
            return (f64::from(times) * slice.as_secs_f64() / taken.as_secs_f64()).round() as u32;
        }
        times *= 2;
    }
}

/// For one question. It has just been asked a few times, so that what it needs is in the caches again.
fn nanoseconds(asked: &mut dyn Asked, times: u32) -> f64 {
    asked.time(times.div_ceil(8));
    asked.time(times).as_secs_f64() * 1e9 / f64::from(times)
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The hash, and each sample.
pub fn measure(hash: &mut dyn Asked, samples: &mut [Sample], rounds: usize) -> (f64, Vec<Measured>) {
    let of_hash = times(hash, SLICE_OF_HASH);
    let times: Vec<u32> = samples.iter_mut().map(|sample| times(sample.asked.as_mut(), SLICE)).collect();
    let mut hashes = Vec::new();
    let mut taken = vec![Vec::new(); samples.len()];
    for _ in 0..rounds {
        for ((sample, times), taken) in samples.iter_mut().zip(&times).zip(&mut taken) {
            let hash = nanoseconds(hash, of_hash);
            hashes.push(hash);
            taken.push((nanoseconds(sample.asked.as_mut(), *times), hash));
        }
    }
    let measured = samples.iter_mut().zip(taken).map(|(sample, taken)| Measured {
        nanoseconds: median(taken.iter().map(|(own, _)| *own).collect()),
        ratio: median(taken.iter().map(|(own, hash)| own / hash).collect()),
        allocations: sample.asked.allocations(),
    });
    let measured = measured.collect();
    (median(hashes), measured)
}
