//! A file of requests: each is answered by a line, or explained.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    path::Path,
};

use tollgate::directory::{DecisionLine, Directory, Request, RequestLine};

use crate::{
    Failure, Outcome,
    lines::{LONGEST, Line, Lines},
    printable,
};

/// How decisions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line of JSON each.
    Lines,
    /// Text for a person, with every check.
    Explained,
}

/// Answers the requests in their order, each as soon as it is read.
pub(crate) fn run(
    directory: &Directory,
    mut lines: Lines<impl Read>,
    form: Form,
    mut out: impl Write,
    requests: &Path,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::AllDecided;
    match answer_all(directory, &mut lines, form, &mut out, requests, &mut outcome) {
        // Whoever read the answers has had enough of them, as `head` has.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(outcome),
        Err(failure) => Err(failure),
        Ok(()) => Ok(outcome),
    }
}

fn answer_all(
    directory: &Directory,
    lines: &mut Lines<impl Read>,
    form: Form,
    out: &mut impl Write,
    requests: &Path,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let mut is_first = true;
    loop {
        // Whoever asks through a pipe and waits for the answer gets it before the next question is waited for.
        if !lines.is_one_at_hand() {
            out.flush()?;
        }
        let next = match lines.next() {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(error) => {
                out.flush()?;
                return Err(Failure::of(requests, &error));
            }
        };
        let request = read(next.0, next.1);
        if request.is_err() {
            *outcome = Outcome::SomeInvalid;
        }
        match form {
            Form::Lines => write_line(out, directory, &request)?,
            Form::Explained => {
                if !is_first {
                    writeln!(out)?;
                }
                write_text(out, directory, &request)?;
            }
        }
        is_first = false;
    }
    out.flush()?;
    Ok(())
}

/// The request of a line, or the error line that stands for it.
pub(crate) fn read(number: u64, line: Line<'_>) -> Result<Request, DecisionLine> {
    let unreadable_with =
        |id, what: fmt::Arguments<'_>| DecisionLine::unreadable(id, &format_args!("line {number}: {what}"));
    let unreadable = |what: fmt::Arguments<'_>| unreadable_with(None, what);
    let bytes = match line {
        Line::Whole(bytes) => bytes,
        Line::TooLong => {
            return Err(unreadable(format_args!("longer than {LONGEST} bytes: expected a request of 1 MiB at most")));
        }
    };
    let text = str::from_utf8(bytes).map_err(|error| {
        let valid = error.valid_up_to();
        unreadable(format_args!("invalid UTF-8 after {valid} bytes: expected a JSON object in UTF-8"))
    })?;
    let line: RequestLine = serde_json::from_str(text).map_err(|error| {
        // serde_json counts the lines of what it was given, which is one.
        let (message, column) = (error.to_string(), error.column());
        let message = message.strip_suffix(&format!(" at line 1 column {column}")).unwrap_or(&message);
        unreadable_with(id_of(text), format_args!("invalid JSON at column {column}: {message}"))
    })?;
    line.parse().map_err(|error| match error.id() {
        Some(_) => DecisionLine::error(&error),
        None => unreadable(format_args!("{error}")),
    })
}

/// The id of an object that is JSON but holds what cannot be read: a number out of range, too deep a nest.
fn id_of(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct OnlyId {
        id: Option<String>,
    }
    serde_json::from_str::<OnlyId>(text).ok()?.id
}

fn write_line(out: &mut impl Write, directory: &Directory, request: &Result<Request, DecisionLine>) -> io::Result<()> {
    match request {
        Ok(request) => {
            let caller = directory.caller(request);
            let decision = directory.decide(&caller, request);
            serde_json::to_writer(&mut *out, &DecisionLine::decided(request, &decision))?;
        }
        Err(error) => serde_json::to_writer(&mut *out, error)?,
    }
    writeln!(out)
}

fn write_text(out: &mut impl Write, directory: &Directory, request: &Result<Request, DecisionLine>) -> io::Result<()> {
    match request {
        Ok(request) => {
            let caller = directory.caller(request);
            writeln!(out, "{}: {}", printable(request.id()), directory.decide(&caller, request).explain())
        }
        Err(error) => write_error(out, error),
    }
}

/// An error line as text.
pub(crate) fn write_error(out: &mut impl Write, line: &DecisionLine) -> io::Result<()> {
    match line {
        DecisionLine::Error { id: Some(id), error, .. } => writeln!(out, "{}: ERROR {error}", printable(id)),
        DecisionLine::Error { id: None, error, .. } => writeln!(out, "(no id): ERROR {error}"),
        // No error: as it stands in a file of decisions.
        DecisionLine::Decided { .. } | _ => {
            serde_json::to_writer(&mut *out, line)?;
            writeln!(out)
        }
    }
}
