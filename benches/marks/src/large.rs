//! A large directory: its memory, its loading time, and the time of a decision when nothing is in a processor cache.
//!
//! # Memory
//!
//! The memory is the number of bytes requested from the allocator and still held after the directory was loaded and the
//! document was dropped. The size of a token is the difference from the same world without tokens, divided by the
//! number of tokens, and the size of a package likewise. The overhead of the allocator, eight bytes and rounding for
//! each allocation, is not included, but the number of allocations is printed.
//!
//! # A decision without caches
//!
//! Each token is used once, in random order, so that nearly every cache line that a decision needs comes from memory.
//! The unit is one dependent random read: a read of an array as large as the directory, at the index that the previous
//! read returned, along a random cycle through the whole array. Reads and decisions take turns.
//!
//! Each decision is timed by itself, because the result is a percentile of decisions. The clock is a counter of the
//! processor that takes some 20 ns to read, which is precise enough for times of 100 ns and more. The time of two
//! readings of the clock with nothing between them is measured in the same turns and subtracted. A single read is timed
//! in the same way. A chain of 64 reads is timed as well, to check that.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::{hint::black_box, time::Instant};

use allocation_counter::{AllocationInfo, measure};
use tollgate::{
    Package, Token, User,
    directory::{Directory, World},
};

use crate::{
    facts,
    numbers::{Random, median, number, percentile},
    race::{Race, SHA},
    table::{Table, Unit},
    whole::{Answers, Request},
    world::{Shape, Size},
};

/// The size of the large directory.
pub(crate) const SIZE: Size = Size { users: 100_000, packages: 300_000, tokens: 500_000 };
/// A tenth of the size, for trying things out.
pub(crate) const SMALL: Size = Size { users: 10_000, packages: 30_000, tokens: 50_000 };
/// The maximum number of decisions that are timed.
const DECISIONS: usize = 100_000;
/// The number of times that the world is loaded. The median time is the result.
const LOADS: usize = 3;

/// A loaded directory, the memory that it holds, and the seconds that parsing the text and loading took.
struct Loaded {
    directory: Directory,
    held: AllocationInfo,
    reading: f64,
    loading: f64,
}

fn load(json: &str) -> Loaded {
    let mut loaded = None;
    let held = measure(|| {
        let start = Instant::now();
        let world: World = serde_json::from_str(json).expect("a world");
        let read = Instant::now();
        let directory = Directory::load(&world).expect("a world that keeps the rules");
        let end = Instant::now();
        loaded = Some((directory, (read - start).as_secs_f64(), (end - read).as_secs_f64()));
    });
    let (directory, reading, loading) = loaded.expect("a directory");
    Loaded { directory, held, reading, loading }
}

fn bytes(held: AllocationInfo) -> f64 {
    count(held.bytes_current)
}

fn count(value: i64) -> f64 {
    number(usize::try_from(value).expect("more held than given back"))
}

/// Measures the directory and adds its rows to the table.
pub(crate) fn rows(table: &mut Table, size: Size) {
    let shape = Shape::new(size);
    let full = weigh(table, &shape);
    let mut random = Random::seeded(2);
    let mut order: Vec<usize> = (0..size.tokens).collect();
    random.shuffle(&mut order);
    order.truncate(DECISIONS);
    let requests: Vec<_> = order.into_iter().map(|token| Request::new(&shape, token, &mut random)).collect();
    drop(shape);
    time_decisions(table, &full, &requests, &mut random);
}

/// Measures the memory and the loading time.
fn weigh(table: &mut Table, shape: &Shape) -> Loaded {
    let size = shape.size;
    let bare = load(&shape.json(0, 0)).held;
    let without_tokens = load(&shape.json(size.packages, 0)).held;
    let json = shape.json(size.packages, size.tokens);
    table.note("the document", number(json.len()) / 1e6, Unit::Megabytes);
    let mut loads: Vec<_> =
        (1..LOADS).map(|_| load(&json)).map(|Loaded { reading, loading, .. }| (reading, loading)).collect();
    let full = load(&json);
    drop(json);
    loads.push((full.reading, full.loading));

    let parts = [("token", full.held, without_tokens, size.tokens), ("package", without_tokens, bare, size.packages)];
    for (what, with, without, of) in parts {
        table.note(format!("a {what}"), (bytes(with) - bytes(without)) / number(of), Unit::Bytes);
        let allocations = (count(with.count_current) - count(without.count_current)) / number(of);
        table.note(format!("allocations for a {what}"), allocations, Unit::None);
    }
    table.note("a user, with a tenth of an organization", bytes(bare) / number(size.users), Unit::Bytes);
    table.note("the directory", bytes(full.held) / 1e6, Unit::Megabytes);
    let sizes = [("Token", size_of::<Token>()), ("Package", size_of::<Package>()), ("User", size_of::<User>())];
    for (what, bytes) in sizes {
        table.note(format!("`size_of::<{what}>()`"), number(bytes), Unit::Bytes);
    }

    let records = number(size.users + size.organizations() + size.packages + size.tokens);
    let loading = median(loads.iter().map(|(_, loading)| *loading));
    let whole = median(loads.iter().map(|(reading, loading)| reading + loading));
    table.note("records loaded, from the parsed world", records / loading, Unit::PerSecond);
    table.note("records loaded, from the text", records / whole, Unit::PerSecond);
    let sha = Race::new().run().nanoseconds(SHA);
    table.note("loading a record, from the parsed world", loading * 1e9 / records / sha, Unit::Sha);
    table.note("loading a record, from the text", whole * 1e9 / records / sha, Unit::Sha);
    full
}

/// An array with one number in each cache line: the index of the line to read next.
struct Cycle {
    lines: Vec<[u32; 16]>,
    at: usize,
}

impl Cycle {
    /// Creates a random cycle through this many bytes.
    fn through(bytes: f64, random: &mut Random) -> Self {
        let mut lines = Vec::new();
        while number(lines.len()) * 64.0 < bytes {
            lines.push([0; 16]);
        }
        let mut order: Vec<u32> = (0..u32::try_from(lines.len()).expect("few lines")).collect();
        random.shuffle(&mut order);
        for (from, to) in order.iter().zip(order.iter().cycle().skip(1)) {
            lines[index(*from)][0] = *to;
        }
        Self { lines, at: 0 }
    }

    fn read(&mut self) {
        self.at = index(black_box(self.lines[self.at][0]));
    }
}

fn index(line: u32) -> usize {
    usize::try_from(line).expect("an index")
}

/// Returns the nanoseconds that a function takes, including two readings of the clock.
fn time(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    let end = Instant::now();
    (end - start).as_secs_f64() * 1e9
}

/// The times of each turn, in nanoseconds.
#[derive(Default)]
struct Turns {
    nothing: Vec<f64>,
    read: Vec<f64>,
    chain: Vec<f64>,
    decision: Vec<f64>,
}

fn time_decisions(table: &mut Table, full: &Loaded, requests: &[Request], random: &mut Random) {
    const CHAIN: usize = 64;
    let mut cycle = Cycle::through(bytes(full.held), random);
    let mut turns = Turns::default();
    let mut answers = Answers::default();
    let now = facts::now();
    for (turn, request) in requests.iter().enumerate() {
        // The clone brings the texts into the cache, where the texts of a request that just arrived would be.
        let request = black_box(request.clone());
        turns.nothing.push(time(|| ()));
        turns.read.push(time(|| cycle.read()));
        turns.decision.push(time(|| {
            request.decide(&full.directory, now, |decision| {
                black_box(decision);
            });
        }));
        if turn % CHAIN == 0 {
            turns.chain.push(time(|| (0..CHAIN).for_each(|_| cycle.read())));
        }
    }
    for request in requests {
        request.decide(&full.directory, now, |decision| answers.count(decision));
    }
    let nothing = median(turns.nothing.iter().copied());
    let read = median(turns.read.iter().copied()) - nothing;
    let chained = (median(turns.chain.iter().copied()) - nothing) / number(CHAIN);
    let mut of = |percent| percentile(&mut turns.decision, percent) - nothing;
    let (middle, high) = (of(50), of(99));
    table.note("two looks at the clock, subtracted below", nothing, Unit::Nanoseconds);
    table.note("one dependent random read, the unit", read, Unit::Nanoseconds);
    table.note("the same, each in a chain of 64", chained, Unit::Nanoseconds);
    table.mark("a decision from the secret's text, median", 10.0, middle / read, Unit::Reads);
    table.mark("the same, 99th percentile", 25.0, high / read, Unit::Reads);
    table.note("the same, median", middle, Unit::Nanoseconds);
    answers.notes(table, "the large directory");
}
