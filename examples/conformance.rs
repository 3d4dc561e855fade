//! Compares the answers of another implementation of the rules with the conformance vectors.
//!
//! Prints the number of cases and exits with status 0 if all answers are right. Otherwise prints the differences on
//! standard error and exits with status 1.
//!
//! ```sh
//! cargo run --features testing --example conformance -- tests/conformance/vectors.jsonl answers.jsonl
//! ```

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program reads files and prints"
)]

use std::{env, fs, process::ExitCode};

use tollgate::testing::check_answers;

fn main() -> ExitCode {
    match run() {
        Ok(cases) => {
            println!("{cases} cases, all answered alike");
            ExitCode::SUCCESS
        }
        // If `main` returned the error, its `Debug` text would be printed: all differences on one line.
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<usize, String> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [vectors, answers] = arguments.as_slice() else {
        return Err("expected two files: the vectors, and the answers with a decision line for each case".into());
    };
    let read = |path: &String| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    check_answers(&read(vectors)?, &read(answers)?).map_err(|wrong| wrong.to_string())
}
