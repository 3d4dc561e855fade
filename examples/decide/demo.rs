//! The registry and the request log that come along, for a person to read.

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

/// A decision as it is shown.
struct Row {
    id: String,
    who: String,
    place: String,
    what: String,
    verdict: Verdict,
    why: String,
    status: u16,
    /// A denial's text for the operator, and the one for the client.
    texts: Option<(String, String)>,
}

/// Shows every check of each request of the demo.
pub(crate) fn run_explained(out: impl Write) -> Result<Outcome, Failure> {
    let lines = Lines::new(REQUESTS.as_bytes());
    batch::run(&directory()?, lines, Form::Explained, BufWriter::new(out), Path::new("the demo"))
}

fn directory() -> Result<Directory, Failure> {
    let world: World = serde_json::from_str(WORLD).map_err(|error| Failure::Said(format!("the demo: {error}")))?;
    Directory::load(&world).map_err(|error| Failure::Said(error.to_string()))
}

/// Shows the demo; in colours on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
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
    let asked: Value = match line {
        Line::Whole(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
        Line::TooLong => Value::Null,
    };
    let field = |name: &str| asked.get(name).and_then(Value::as_str).map(printable);
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
        place: field("client_ip").unwrap_or_else(|| "unknown".into()),
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

/// The column of what is asked; the few that are longer take the rest from the next column.
const WHAT: usize = 42;

/// Where the texts of a denial are broken.
const WIDTH: usize = 120;

fn write_rows(out: &mut impl Write, rows: &[Row], in_colours: bool) -> Result<(), Failure> {
    let width = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or_default();
    let (id, who, place) = (width(|row| &row.id), width(|row| &row.who), width(|row| &row.place));
    for row in rows {
        let place = place.saturating_sub(row.what.chars().count().saturating_sub(WHAT));
        let (verdict, colour) = shown(row.verdict);
        let verdict = Coloured { text: format_args!("{verdict:<9}"), colour, on: in_colours };
        writeln!(
            out,
            "{:id$}  {:who$}  {:WHAT$}  {:place$}  {verdict}  {}  {}",
            row.id, row.who, row.what, row.place, row.status, row.why,
        )?;
        let Some((operator, client)) = &row.texts else { continue };
        for (mut label, text) in [("operator:", operator), ("client:", client)] {
            for text in broken(text, WIDTH) {
                let text = Coloured { text: format_args!("{label:<9}  {text}"), colour: DIM, on: in_colours };
                writeln!(out, "{:id$}  {text}", "")?;
                label = "";
            }
        }
    }
    Ok(())
}

/// The text in lines of at most that many characters, broken between words.
fn broken(text: &str, width: usize) -> Vec<String> {
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

fn write_summary(out: &mut impl Write, rows: &[Row], in_colours: bool) -> Result<(), Failure> {
    let mut counts: BTreeMap<Verdict, (u32, BTreeMap<&str, u32>)> = BTreeMap::new();
    for row in rows {
        let (count, whys) = counts.entry(row.verdict).or_default();
        *count = count.saturating_add(1);
        let of_why = whys.entry(&row.why).or_default();
        *of_why = of_why.saturating_add(1);
    }
    writeln!(out)?;
    for (verdict, (count, whys)) in counts.into_iter().rev() {
        let (verdict, colour) = shown(verdict);
        writeln!(out, "{}  {count:>4}", Coloured { text: format_args!("{verdict:<9}"), colour, on: in_colours })?;
        for (why, count) in whys {
            writeln!(out, "{:9}  {count:>4}  {why}", "")?;
        }
    }
    Ok(())
}

const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";
const DIM: &str = "2";

const fn shown(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Allow => ("ALLOW", GREEN),
        Verdict::Challenge => ("CHALLENGE", YELLOW),
        Verdict::Deny => ("DENY", RED),
    }
}

/// A text in a colour of the terminal, if colours are on.
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
