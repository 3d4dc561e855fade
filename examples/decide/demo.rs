//! The demo: decides recorded requests to a small registry, and prints the decisions as a table.
//!
//! The world and the requests are compiled into the program. `examples/data/README.md` describes them.

use std::{
    collections::BTreeMap,
    env,
    fmt::{self, Display},
    io::{BufWriter, IsTerminal, Write},
    path::Path,
};

use serde_json::Value;
use tollgate::{
    Decision,
    decision::{Caller, Verdict},
    directory::{Directory, Request, World},
};

use crate::{
    Failure, Outcome,
    batch::{self, Form},
    lines::{Line, Lines},
    printable,
};

const WORLD: &str = include_str!("../data/demo-world.json");
const REQUESTS: &str = include_str!("../data/demo-requests.jsonl");

/// A row of the table: a request and its decision.
struct Row {
    id: String,
    /// The token and its owner, or a note that the token is missing or unknown.
    who: String,
    /// The client's address.
    client_ip: String,
    /// The action and its resource.
    what: String,
    verdict: Verdict,
    /// What allowed the request, what demands a second factor, or the reason for the denial.
    why: String,
    status: u16,
    /// The operator's text and the client's text of a denial.
    texts: Option<(String, String)>,
}

/// Prints every check of every request of the demo.
pub(crate) fn run_explained(out: impl Write) -> Result<Outcome, Failure> {
    let lines = Lines::new(REQUESTS.as_bytes());
    batch::run(&directory()?, lines, Form::Explained, BufWriter::new(out), Path::new("the demo"))
}

fn directory() -> Result<Directory, Failure> {
    let world: World = serde_json::from_str(WORLD).map_err(|error| Failure::Message(format!("the demo: {error}")))?;
    Directory::load(&world).map_err(|error| Failure::Message(error.to_string()))
}

/// Prints the table and a summary. The text has colours if `out` is a terminal and the environment variable `NO_COLOR`
/// is unset or empty (<https://no-color.org>).
pub(crate) fn run(out: impl Write + IsTerminal) -> Result<Outcome, Failure> {
    let in_colours = out.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut out = BufWriter::new(out);
    let directory = directory()?;
    let mut lines = Lines::new(REQUESTS.as_bytes());
    let (mut rows, mut outcome) = (Vec::new(), Outcome::AllDecided);
    while let Some((number, line)) = lines.next()? {
        match batch::read(number, line) {
            Ok(request) => rows.push(row(&directory, &request, line)),
            Err(error) => {
                outcome = Outcome::SomeInvalid;
                batch::write_error(&mut out, &error)?;
            }
        }
    }
    writeln!(out, "{} requests of real npm commands to a small registry, and the answer to each:\n", rows.len())?;
    write_rows(&mut out, &rows, in_colours)?;
    write_summary(&mut out, &rows, in_colours)?;
    writeln!(out, "\nThe same for files of your own, and every check behind a decision: decide --help")?;
    out.flush()?;
    Ok(outcome)
}

fn row(directory: &Directory, request: &Request, line: Line<'_>) -> Row {
    let caller = directory.caller(request);
    let decision = directory.decide(&caller, request);
    let request_line: Value = match line {
        Line::Whole(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
        Line::TooLong => Value::Null,
    };
    let field = |name: &str| request_line.get(name).and_then(Value::as_str).map(printable);
    let (why, texts) = match &decision {
        Decision::Allow(allow) => (format!("via {}", allow.allowed_by()), None),
        Decision::Challenge(challenge) => (format!("the {} demands a second factor", challenge.demanded_by()), None),
        Decision::Deny(deny) => {
            (deny.reason().to_string(), Some((deny.operator_text().to_string(), deny.client_text().to_string())))
        }
    };
    Row {
        id: printable(request.id()),
        who: match &caller {
            Caller::NoToken => "no token".into(),
            Caller::UnknownToken => format!("unknown token {}", field("token").unwrap_or_default()),
            Caller::Token(bound) => format!("{} of {}", bound.token().id(), bound.owner().name()),
        },
        client_ip: field("client_ip").unwrap_or_else(|| "unknown".into()),
        what: match decision.operation() {
            Some(operation) => operation.to_string(),
            None => decision.action().to_string(),
        },
        verdict: decision.verdict(),
        why,
        status: decision.status(),
        texts,
    }
}

/// The width of the column for [`Row::what`]. In a row with a longer text, the next column is narrower.
const WHAT: usize = 42;

/// The maximum width of a line of a denial's text, without the indentation and the heading.
const WIDTH: usize = 120;

fn write_rows(out: &mut impl Write, rows: &[Row], in_colours: bool) -> Result<(), Failure> {
    let width = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or_default();
    let (id, who, client_ip) = (width(|row| &row.id), width(|row| &row.who), width(|row| &row.client_ip));
    for row in rows {
        let client_ip = client_ip.saturating_sub(row.what.chars().count().saturating_sub(WHAT));
        let (verdict, colour) = label(row.verdict);
        let verdict = Coloured { text: format_args!("{verdict:<9}"), colour, on: in_colours };
        writeln!(
            out,
            "{:id$}  {:who$}  {:WHAT$}  {:client_ip$}  {verdict}  {}  {}",
            row.id, row.who, row.what, row.client_ip, row.status, row.why,
        )?;
        let Some((operator, client)) = &row.texts else { continue };
        for (mut heading, text) in [("operator:", operator), ("client:", client)] {
            for text in wrapped(text, WIDTH) {
                let text = Coloured { text: format_args!("{heading:<9}  {text}"), colour: DIM, on: in_colours };
                writeln!(out, "{:id$}  {text}", "")?;
                heading = "";
            }
        }
    }
    Ok(())
}

/// Wraps a text between words, into lines of at most `width` characters. A word that is longer gets its own line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let length = word.chars().count().saturating_add(1);
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(length) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Prints the number of decisions for each verdict and, below it, for each value of [`Row::why`].
fn write_summary(out: &mut impl Write, rows: &[Row], in_colours: bool) -> Result<(), Failure> {
    let mut counts: BTreeMap<Verdict, (u32, BTreeMap<&str, u32>)> = BTreeMap::new();
    for row in rows {
        let (count, whys) = counts.entry(row.verdict).or_default();
        *count = count.saturating_add(1);
        let count_of_why = whys.entry(&row.why).or_default();
        *count_of_why = count_of_why.saturating_add(1);
    }
    writeln!(out)?;
    for (verdict, (count, whys)) in counts.into_iter().rev() {
        let (verdict, colour) = label(verdict);
        writeln!(out, "{}  {count:>4}", Coloured { text: format_args!("{verdict:<9}"), colour, on: in_colours })?;
        for (why, count) in whys {
            writeln!(out, "{:9}  {count:>4}  {why}", "")?;
        }
    }
    Ok(())
}

// Codes of the ANSI escape sequence "select graphic rendition".
const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";
const DIM: &str = "2";

/// Returns the word for a verdict and its colour.
const fn label(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Allow => ("ALLOW", GREEN),
        Verdict::Challenge => ("CHALLENGE", YELLOW),
        Verdict::Deny => ("DENY", RED),
    }
}

/// A text that is written in a terminal colour if `on` is true, and plain otherwise.
struct Coloured<T> {
    text: T,
    colour: &'static str,
    on: bool,
}

impl<T: Display> Display for Coloured<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, colour, on } = self;
        if *on { write!(f, "\u{1b}[{colour}m{text}\u{1b}[0m") } else { write!(f, "{text}") }
    }
}
