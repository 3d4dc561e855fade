//! Compares the answers of the Cedar policy set with the crate's, on random worlds.
//!
//! `cargo run --release -- [--requests N] [--seed S]`
#![forbid(unsafe_code)]

use std::{process::ExitCode, time::Instant};

use tollgate_cedar::{Mistake, compare};

/// How many requests are compared, at least, from the world of which seed on.
struct Wanted {
    requests: u64,
    seed: u64,
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, Mistake> {
    let mut wanted = Wanted { requests: 1_000_000, seed: 0 };
    while let Some(option) = arguments.next() {
        let number = arguments.next().ok_or_else(|| format!("`{option}`: expected a number after it"))?.parse()?;
        match option.as_str() {
            "--requests" => wanted.requests = number,
            "--seed" => wanted.seed = number,
            _ => return Err(format!("`{option}`: expected `--requests` or `--seed`").into()),
        }
    }
    Ok(wanted)
}

#[expect(clippy::disallowed_methods, reason = "how long it took")]
fn main() -> Result<ExitCode, Mistake> {
    let Wanted { requests, seed } = wanted(std::env::args().skip(1))?;
    let start = Instant::now();
    let tally = compare::compare_at_least(requests, seed)?;
    for disagreement in &tally.shown {
        println!("{disagreement}");
    }
    println!("worlds         {:>9}", tally.worlds);
    println!("compared       {:>9}", tally.compared);
    println!("  allow        {:>9}", tally.allow);
    println!("  challenge    {:>9}", tally.challenge);
    println!("  deny         {:>9}", tally.deny);
    println!("without token  {:>9}", tally.no_token);
    println!("unknown token  {:>9}", tally.unknown_token);
    println!("error lines    {:>9} (not compared)", tally.skipped);
    println!("disagreements  {:>9}", tally.disagreements);
    println!("seconds        {:>9.1}", start.elapsed().as_secs_f64());
    Ok(if tally.disagreements == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
