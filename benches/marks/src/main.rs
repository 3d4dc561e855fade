//! The marks of tollgate: limits on the time of its operations, and the measured values, as a table.
//!
//! Nearly every row is a ratio of two times of the same run.
//!
//! `cargo run --release -p tollgate-marks` measures everything except the large directory, which takes minutes and
//! gigabytes: `cargo run --release -p tollgate-marks -- directory`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a measurement that cannot be set up stops, and what is measured is printed"
)]

mod decision;
mod facts;
mod growth;
mod large;
mod numbers;
mod plot;
mod race;
mod table;
mod whole;
mod world;

use table::Table;

/// Returns which implementation of SHA-256 the crate `sha2` uses on this machine, by detecting the same features.
fn backend() -> &'static str {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if std::is_x86_feature_detected!("sha") {
        return "in hardware (SHA-NI)";
    }
    "in software, or one that this program cannot tell"
}

fn main() {
    let mut table = Table::default();
    println!("SHA-256: {}\n", backend());
    match std::env::args().nth(1).as_deref() {
        None => {
            decision::rows(&mut table);
            growth::rows(&mut table);
            whole::rows(&mut table);
        }
        Some("plot") => {
            let lines = growth::rows(&mut table);
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/docs/growth.svg");
            std::fs::write(file, plot::svg(&lines)).expect("a file that can be written");
        }
        Some("directory") => large::rows(&mut table, large::SIZE),
        Some("small-directory") => large::rows(&mut table, large::SMALL),
        Some(other) => {
            println!("unknown measurement `{other}`: expected none, `plot` or `directory`");
            return;
        }
    }
    println!("{table}");
}
