//! Measurement in rounds. Each round runs every sample for a short time, and the hash before it, so that a slower
//! machine slows all of them alike.

use std::time::Duration;

use crate::{allocations::Count, asked::Asked, question::Verdict};

/// A question to measure.
pub struct Sample {
    /// The name in messages.
    pub name: String,
    pub expected: Verdict,
    pub asked: Box<dyn Asked>,
}

/// The result of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub nanoseconds: f64,
    /// The median ratio to the hash that was measured right before, in the same round.
    pub ratio: f64,
    pub allocations: Count,
}

/// The error returned when a question has another answer than expected.
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
    /// Decides the question and compares the answer.
    ///
    /// # Errors
    ///
    /// The answer is not the expected one.
    pub fn check(&mut self) -> Result<(), Wrong> {
        let (found, expected) = (self.asked.verdict(), self.expected);
        if found.is(expected) { Ok(()) } else { Err(Wrong { name: self.name.clone(), found, expected }) }
    }
}

/// The time for one sample in one round, and the time for the hash before it. A sample is run at least once.
const SLICE: Duration = Duration::from_micros(800);
const SLICE_OF_HASH: Duration = Duration::from_micros(200);

/// Returns how often a question can be decided within a slice of time: the maximum of three tries, because an
/// interrupted try gives less.
fn times(asked: &mut dyn Asked, slice: Duration) -> u32 {
    (0..3).map(|_| fitting(asked, slice)).fold(1, u32::max)
}

fn fitting(asked: &mut dyn Asked, slice: Duration) -> u32 {
    let mut times = 1;
    loop {
        let taken = asked.time(times);
        if taken * 2 >= slice {
            // The result is at most some hundred thousand, so the cast loses nothing.
            return (f64::from(times) * slice.as_secs_f64() / taken.as_secs_f64()).round() as u32;
        }
        times *= 2;
    }
}

/// Returns the nanoseconds of one decision, after deciding a few times to fill the caches.
fn nanoseconds(asked: &mut dyn Asked, times: u32) -> f64 {
    asked.time(times.div_ceil(8));
    asked.time(times).as_secs_f64() * 1e9 / f64::from(times)
}

/// Returns the median.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures the hash and every sample. Returns the nanoseconds of the hash and the result of each sample.
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
