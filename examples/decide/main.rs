//! Decides requests about a registry that stands in a file. The formats are in [`tollgate::docs::format`].
//!
//! `decide --help` says how it is called; without arguments it shows a registry and a request log of its own.

mod arguments;
mod batch;
mod demo;
mod lines;
mod one;

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

/// Whether a request among all was none: the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Each one was decided: 0.
    AllDecided,
    /// An error line stands for at least one: 1.
    SomeInvalid,
}

/// What ends the run: 2, but for output that nobody reads any more.
#[derive(Debug)]
enum Failure {
    /// What to say about it, a line each.
    Said(String),
    /// The output cannot be written.
    Output(io::Error),
}

impl Failure {
    fn of(path: &Path, error: &dyn Display) -> Self {
        Self::Said(format!("{}: {error}", path.display()))
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
        // Nobody reads any more, and nothing is wrong.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(Failure::Output(error)) => format!("standard output: {error}"),
        Err(Failure::Said(message)) => message,
    };
    // There is no place left to say that standard error cannot be written.
    let _ = writeln!(io::stderr().lock(), "{message}");
    ExitCode::from(2)
}

fn run() -> Result<Outcome, Failure> {
    let command = arguments::parse(env::args_os().skip(1))
        .map_err(|error| Failure::Said(format!("decide: {error}\n\n{}", arguments::USAGE)))?;
    let stdout = io::stdout().lock();
    match command {
        Command::Help => {
            let mut out = BufWriter::new(stdout);
            out.write_all(arguments::HELP.as_bytes())?;
            out.flush()?;
            Ok(Outcome::AllDecided)
        }
        Command::Demo(Form::Lines) => demo::run(stdout),
        Command::Demo(Form::Explained) => demo::run_explained(stdout),
        Command::Batch { world, requests, form } => {
            let directory = load(&world)?;
            if requests == Path::new("-") {
                batch::run(&directory, Lines::new(io::stdin().lock()), form, BufWriter::new(stdout), &requests)
            } else {
                let file = File::open(&requests).map_err(|error| Failure::of(&requests, &error))?;
                batch::run(&directory, Lines::new(file), form, BufWriter::new(stdout), &requests)
            }
        }
        Command::One { world, request } => one::run(&load(&world)?, request, BufWriter::new(stdout)),
    }
}

/// The world, read once.
fn load(path: &Path) -> Result<Directory, Failure> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| Failure::of(path, &error))?;
    let world: World = serde_json::from_slice(&bytes).map_err(|error| Failure::of(path, &error))?;
    drop(bytes);
    // Each line starts with the path inside the document.
    Directory::load(&world).map_err(|error| Failure::Said(error.to_string()))
}

/// Somebody else's text on one line, with nothing in it that a terminal would act on.
fn printable(text: &str) -> String {
    let escaped = |character: char| match character {
        // Quotation marks and backslashes are harmless.
        '\'' | '"' | '\\' => String::from(character),
        _ => character.escape_debug().to_string(),
    };
    text.chars().map(escaped).collect()
}

/// How a form is chosen is said in one place.
impl From<bool> for Form {
    fn from(explain: bool) -> Self {
        if explain { Self::Explained } else { Self::Lines }
    }
}
