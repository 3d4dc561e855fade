//! Deciding a file of requests, one decision for each line.

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

/// The form in which decisions are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line of JSON for each decision.
    Lines,
    /// Text for people, with every check.
    Explained,
}

/// Decides the requests in order, and prints each decision before waiting for the next request.
///
/// `requests` is the path of the input, for error messages.
pub(crate) fn run(
    directory: &Directory,
    mut lines: Lines<impl Read>,
    form: Form,
    mut out: impl Write,
    requests: &Path,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::AllDecided;
    match answer_all(directory, &mut lines, form, &mut out, requests, &mut outcome) {
        // The reader of the output has closed it, as `head` does. This is not an error.
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
        // Before the program waits for more input, it prints what is in the buffer: the other end of the pipe may be
        // waiting for a decision before it sends the next request.
        if !lines.has_buffered_line() {
            out.flush()?;
        }
        let next = match lines.next() {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(error) => {
                out.flush()?;
                return Err(Failure::in_file(requests, &error));
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

/// Parses a line of the requests file. The error is the error line that is printed in place of a decision.
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
        // serde_json appends the line and the column. It sees only this line, so its line number is always 1.
        let (message, column) = (error.to_string(), error.column());
        let message = message.strip_suffix(&format!(" at line 1 column {column}")).unwrap_or(&message);
        unreadable_with(id_of(text), format_args!("invalid JSON at column {column}: {message}"))
    })?;
    line.parse().map_err(|error| match error.id() {
        Some(_) => DecisionLine::error(&error),
        None => unreadable(format_args!("{error}")),
    })
}

/// Returns the id of a request whose line is valid JSON but could not be deserialized as a whole, for example because
/// it has a number out of range.
fn id_of(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct OnlyId {
        id: Option<String>,
    }
    serde_json::from_str::<OnlyId>(text).ok()?.id
}

/// Writes a decision as a line of JSON.
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

/// Writes a decision as text, with every check.
fn write_text(out: &mut impl Write, directory: &Directory, request: &Result<Request, DecisionLine>) -> io::Result<()> {
    match request {
        Ok(request) => {
            let caller = directory.caller(request);
            writeln!(out, "{}: {}", printable(request.id()), directory.decide(&caller, request).explain())
        }
        Err(error) => write_error(out, error),
    }
}

/// Writes an error line as text.
pub(crate) fn write_error(out: &mut impl Write, line: &DecisionLine) -> io::Result<()> {
    match line {
        DecisionLine::Error { id: Some(id), error, .. } => writeln!(out, "{}: ERROR {error}", printable(id)),
        DecisionLine::Error { id: None, error, .. } => writeln!(out, "(no id): ERROR {error}"),
        // Not an error line, so it is printed as a line of JSON.
        DecisionLine::Decided { .. } | _ => {
            serde_json::to_writer(&mut *out, line)?;
            writeln!(out)
        }
    }
}
