//! Holds the answers of another implementation of the rules to the conformance vectors.
//!
//! ```sh
//! cargo run --features testing --example conformance -- tests/conformance/vectors.jsonl answers.jsonl
//! ```

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program reads files and prints")]

use std::{env, error::Error, fs};

use tollgate::testing::check_answers;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [vectors, answers] = arguments.as_slice() else {
        return Err("expected two files: the vectors, and the answers with a decision line for each case".into());
    };
    let cases = check_answers(&fs::read_to_string(vectors)?, &fs::read_to_string(answers)?)?;
    println!("{cases} cases, all answered alike");
    Ok(())
}
