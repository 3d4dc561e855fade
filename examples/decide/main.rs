//! Decides requests to a registry that is described in a file.
//!
//! [`tollgate::docs::format`] describes the files. `decide --help` prints the usage. Without arguments the program
//! decides the requests of a demo, which is built into it.

mod arguments;
mod batch;
mod check_tokens;
mod demo;
mod lines;
mod one;
mod version_1;
mod what_if;

use std::{
    env,
    fmt::Display,
    fs::File,
    io::{self, BufWriter, ErrorKind, Read, Write},
    path::Path,
    process::ExitCode,
};

use tollgate::directory::{Directory, World};

use arguments::Command;
use batch::Form;
use lines::Lines;

/// The outcome of a run, which is the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Every request was decided: exit status 0.
    AllDecided,
    /// At least one request was invalid and got an error line: exit status 1.
    SomeInvalid,
}

/// An error that ends the run. The exit status is 2, or 0 if the error is that the reader of the output has closed it.
#[derive(Debug)]
enum Failure {
    /// An error with this message, which may have several lines.
    Message(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// Makes an error about a file.
    fn in_file(path: &Path, error: &dyn Display) -> Self {
        Self::Message(format!("{}: {error}", path.display()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn main() -> ExitCode {
    let message = match run() {
        Ok(Outcome::AllDecided) => return ExitCode::SUCCESS,
        Ok(Outcome::SomeInvalid) => return ExitCode::from(1),
        // The reader of the output has closed it, as `head` does. This is not an error.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(Failure::Output(error)) => format!("standard output: {error}"),
        Err(Failure::Message(message)) => message,
    };
    // If standard error cannot be written, there is nowhere to report that.
    let _ = writeln!(io::stderr().lock(), "{message}");
    ExitCode::from(2)
}

fn run() -> Result<Outcome, Failure> {
    let command = arguments::parse(env::args_os().skip(1))
        .map_err(|error| Failure::Message(format!("decide: {error}\n\n{}", arguments::USAGE)))?;
    let stdout = io::stdout().lock();
    match command {
        Command::Help => {
            let mut out = BufWriter::new(stdout);
            out.write_all(arguments::HELP.as_bytes())?;
            out.flush()?;
            Ok(Outcome::AllDecided)
        }
        Command::Demo(extent) => demo::run(extent, stdout),
        Command::ExplainedDemo => demo::run_explained(stdout),
        Command::Batch { world, requests, form } => {
            let directory = load(&world)?;
            if requests == Path::new("-") {
                batch::run(&directory, Lines::new(io::stdin().lock()), form, BufWriter::new(stdout), &requests)
            } else {
                let file = File::open(&requests).map_err(|error| Failure::in_file(&requests, &error))?;
                batch::run(&directory, Lines::new(file), form, BufWriter::new(stdout), &requests)
            }
        }
        Command::WhatIf { policy, now, world, requests } => {
            what_if::run(&load(&world)?, &policy, now.as_deref(), requests.as_deref(), BufWriter::new(stdout))
        }
        Command::CheckTokens { tokens } => check_tokens::run(&tokens, BufWriter::new(stdout)),
        Command::FromVersion1 { world } => version_1::run(&world, BufWriter::new(stdout)),
        Command::One { world, request } => one::run(&load(&world)?, request, BufWriter::new(stdout)),
    }
}

/// Reads and loads the world.
fn load(path: &Path) -> Result<Directory, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| Failure::in_file(path, &error))?;
    let world: World = serde_json::from_slice(&bytes).map_err(|error| Failure::in_file(path, &error))?;
    drop(bytes);
    // The message has the path inside the document on each line, so the file is not named again.
    Directory::load(&world).map_err(|error| Failure::Message(error.to_string()))
}

/// Escapes control characters and line feeds, so that a text from a file cannot control the terminal.
fn printable(text: &str) -> String {
    let escaped = |character: char| match character {
        // `escape_debug` would escape these too, but a terminal prints them as they are.
        '\'' | '"' | '\\' => String::from(character),
        _ => character.escape_debug().to_string(),
    };
    text.chars().map(escaped).collect()
}

/// `--explain` selects [`Form::Explained`].
impl From<bool> for Form {
    fn from(explain: bool) -> Self {
        if explain { Self::Explained } else { Self::Lines }
    }
}
