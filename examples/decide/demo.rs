//! The demo: decides what real npm commands asked a small registry for, and prints each command with its decisions.
//!
//! The world, the recorded commands and the requests are compiled into the program. `examples/data/README.md` describes
//! them.

use std::{
    collections::BTreeMap,
    env,
    fmt::Display,
    io::{BufWriter, IsTerminal, Write},
    path::Path,
};

use serde::Deserialize;
use tollgate::{
    Decision, Reason,
    decision::{Caller, Verdict},
    directory::{Directory, Request, World},
};

use crate::{
    Failure, Outcome,
    batch::{self, Form},
    lines::Lines,
    printable,
};

const WORLD: &str = include_str!("../data/demo-world.json");
const RECORDING: &str = include_str!("../data/npm-recording.jsonl");
const REQUESTS: &str = include_str!("../data/demo-requests.jsonl");

/// How much the demo prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A few commands, which can be read in a minute.
    Some,
    /// Every command, with both texts of each denial.
    All,
}

/// The steps of the recording that [`Extent::Some`] prints: an install, publishes that are allowed, challenged and
/// denied for the reasons that people meet first, and a token that was revoked.
const SHOWN: [u32; 10] = [1, 11, 17, 19, 30, 40, 60, 61, 129, 138];

/// A line of the recording: an HTTP request of npm. The other fields are not read.
#[derive(Deserialize)]
struct Recorded {
    n: u32,
    step: u32,
    /// The command that npm ran.
    npm: String,
    /// The id of the token that the command used.
    #[serde(rename = "as")]
    token: Option<String>,
    client_ip: Option<String>,
}

/// A command of npm, with the decisions about what it asked for.
struct Command {
    step: u32,
    npm: String,
    /// The token and its owner, and the client's address.
    who: String,
    rows: Vec<Row>,
}

/// A request and its decision.
struct Row {
    id: String,
    /// The action and its resource.
    what: String,
    verdict: Verdict,
    /// What allowed the request, what demands a second factor, or the reason for the denial.
    why: String,
    status: u16,
    denial: Option<Denial>,
}

/// What can be said about a denial.
struct Denial {
    reason: Reason,
    /// Both sides of the comparison that failed.
    comparison: String,
    operator: String,
    client: String,
}

/// Prints every check of every request of the demo.
pub(crate) fn run_explained(out: impl Write) -> Result<Outcome, Failure> {
    let lines = Lines::new(REQUESTS.as_bytes());
    batch::run(&directory()?, lines, Form::Explained, BufWriter::new(out), Path::new("the demo"))
}

fn in_demo(error: impl Display) -> Failure {
    Failure::Message(format!("the demo: {error}"))
}

fn directory() -> Result<Directory, Failure> {
    let world: World = serde_json::from_str(WORLD).map_err(in_demo)?;
    Directory::load(&world).map_err(in_demo)
}

/// Prints the commands and the counts. The text has colours if `out` is a terminal and the environment variable
/// `NO_COLOR` is unset or empty (<https://no-color.org>).
pub(crate) fn run(extent: Extent, out: impl Write + IsTerminal) -> Result<Outcome, Failure> {
    let in_colours = out.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut page = Page { out: BufWriter::new(out), in_colours };
    let commands = commands()?;
    for command in &commands {
        match extent {
            Extent::Some if SHOWN.contains(&command.step) => page.write_command(command)?,
            Extent::Some => {}
            Extent::All => page.write_command_whole(command)?,
        }
    }
    page.write_counts(extent, &commands)?;
    page.out.flush()?;
    Ok(Outcome::AllDecided)
}

/// Decides every request, and puts the requests of one command together.
fn commands() -> Result<Vec<Command>, Failure> {
    let directory = directory()?;
    let recorded = RECORDING.lines().map(serde_json::from_str::<Recorded>).collect::<Result<Vec<_>, _>>();
    let recorded: BTreeMap<u32, Recorded> =
        recorded.map_err(in_demo)?.into_iter().map(|recorded| (recorded.n, recorded)).collect();
    let mut commands: Vec<Command> = Vec::new();
    let mut lines = Lines::new(REQUESTS.as_bytes());
    while let Some((number, line)) = lines.next()? {
        let request = batch::read(number, line).map_err(|_| in_demo(format_args!("line {number} is no request")))?;
        // The id is `r`, the number of the HTTP request, and a letter if it asks for more than one thing.
        let digits = request.id().trim_matches(|letter: char| !letter.is_ascii_digit());
        let recorded = digits.parse().ok().and_then(|n: u32| recorded.get(&n));
        let recorded = recorded.ok_or_else(|| in_demo(format_args!("line {number} was not recorded")))?;
        let caller = directory.caller(&request);
        let row = row(&request, &directory.decide(&caller, &request));
        match commands.last_mut() {
            Some(command) if command.step == recorded.step => command.rows.push(row),
            Some(_) | None => commands.push(Command {
                step: recorded.step,
                npm: printable(&recorded.npm),
                who: who(&caller, recorded),
                rows: vec![row],
            }),
        }
    }
    Ok(commands)
}

fn who(caller: &Caller<'_>, recorded: &Recorded) -> String {
    let token = match caller {
        Caller::NoToken => "no token".to_owned(),
        Caller::UnknownToken => {
            format!("unknown token {}", recorded.token.as_deref().map(printable).unwrap_or_default())
        }
        Caller::Token(bound) => format!("{} of {}", bound.token().id(), bound.owner().name()),
    };
    format!("{token}, from {}", recorded.client_ip.as_deref().map_or_else(|| "unknown".to_owned(), printable))
}

fn row(request: &Request, decision: &Decision<'_>) -> Row {
    let (why, denial) = match decision {
        Decision::Allow(allow) => (format!("via {}", allow.allowed_by()), None),
        Decision::Challenge(challenge) => (format!("the {} demands a second factor", challenge.demanded_by()), None),
        Decision::Deny(deny) => {
            let denial = Denial {
                reason: deny.reason(),
                comparison: deny.comparison().map(|comparison| comparison.to_string()).unwrap_or_default(),
                operator: deny.operator_text().to_string(),
                client: deny.client_text().to_string(),
            };
            (deny.reason().to_string(), Some(denial))
        }
    };
    Row {
        id: printable(request.id()),
        what: decision.operation().map_or_else(|| decision.action().to_string(), |operation| operation.to_string()),
        verdict: decision.verdict(),
        why,
        status: decision.status(),
        denial,
    }
}

/// The width of a line of the page, which is that of a small terminal.
const WIDTH: usize = 80;
/// The indentation of a text below a row.
const INDENT: usize = 18;

/// The output.
struct Page<W: Write> {
    out: BufWriter<W>,
    in_colours: bool,
}

impl<W: Write> Page<W> {
    fn write_heading(&mut self, command: &Command) -> Result<(), Failure> {
        let mut heading = "$ ";
        for line in wrapped(&command.npm, WIDTH.saturating_sub(4)) {
            let line = self.coloured(format_args!("{heading}{line}"), BOLD);
            writeln!(self.out, "{line}")?;
            heading = "    ";
        }
        let who = self.coloured(format_args!("  with {}", command.who), DIM);
        writeln!(self.out, "{who}")?;
        Ok(())
    }

    /// Writes a command with its rows. Of several denials in a row for one reason, the last has the texts.
    fn write_command(&mut self, command: &Command) -> Result<(), Failure> {
        self.write_heading(command)?;
        let mut rows = command.rows.iter().peekable();
        while let Some(row) = rows.next() {
            self.write_row("", row)?;
            let Some(denial) = &row.denial else { continue };
            let next = rows.peek().and_then(|next| next.denial.as_ref());
            if next.is_none_or(|next| next.reason != denial.reason) {
                self.write_text("", &denial.comparison)?;
                self.write_text("client:", &denial.client)?;
            }
        }
        writeln!(self.out)?;
        Ok(())
    }

    /// Writes a command with the ids of its requests, and both texts of each denial.
    fn write_command_whole(&mut self, command: &Command) -> Result<(), Failure> {
        self.write_heading(command)?;
        for row in &command.rows {
            self.write_row(&format!("{:<6}", row.id), row)?;
            let Some(denial) = &row.denial else { continue };
            self.write_text("operator:", &denial.operator)?;
            self.write_text("client:", &denial.client)?;
        }
        writeln!(self.out)?;
        Ok(())
    }

    fn write_row(&mut self, id: &str, row: &Row) -> Result<(), Failure> {
        let (verdict, colour) = label(row.verdict);
        let verdict = self.coloured(format_args!("{verdict:<9}"), colour);
        let indent = INDENT.saturating_add(id.len());
        let lines = wrapped(&format!("{}: {}", row.what, row.why), WIDTH.saturating_sub(indent));
        for (number, line) in lines.iter().enumerate() {
            match number {
                0 => writeln!(self.out, "  {id}{verdict}  {}  {line}", row.status)?,
                _ => writeln!(self.out, "{:indent$}{line}", "")?,
            }
        }
        Ok(())
    }

    /// Writes a text below a row, with a heading to its left.
    fn write_text(&mut self, mut heading: &str, text: &str) -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        for line in wrapped(text, WIDTH.saturating_sub(INDENT)) {
            let line = self.coloured(format_args!("{heading:>16}  {line}"), DIM);
            writeln!(self.out, "{line}")?;
            heading = "";
        }
        Ok(())
    }

    /// Writes how many decisions there are of each kind, and with [`Extent::All`] of each reason.
    fn write_counts(&mut self, extent: Extent, commands: &[Command]) -> Result<(), Failure> {
        let mut counts: BTreeMap<Verdict, (u32, BTreeMap<&str, u32>)> = BTreeMap::new();
        let rows = || commands.iter().flat_map(|command| &command.rows);
        for row in rows() {
            let (count, whys) = counts.entry(row.verdict).or_default();
            *count = count.saturating_add(1);
            let count_of_why = whys.entry(&row.why).or_default();
            *count_of_why = count_of_why.saturating_add(1);
        }
        writeln!(self.out, "{} commands made {} requests. The decisions:", commands.len(), rows().count())?;
        for (verdict, (count, whys)) in counts.into_iter().rev() {
            let (verdict, colour) = label(verdict);
            let verdict = self.coloured(format_args!("{verdict:<9}"), colour);
            writeln!(self.out, "  {verdict}  {count:>4}")?;
            if extent == Extent::All {
                for (why, count) in whys {
                    writeln!(self.out, "  {:9}  {count:>4}  {why}", "")?;
                }
            }
        }
        let more = match extent {
            Extent::Some => {
                "--all shows every command, --explain every check behind each decision,\n--help how to decide files of your own."
            }
            Extent::All => "--explain shows every check behind each decision.",
        };
        writeln!(self.out, "\n{more}")?;
        Ok(())
    }

    /// A text in a terminal colour, if the page has colours.
    fn coloured(&self, text: impl Display, colour: &str) -> String {
        if self.in_colours { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_string() }
    }
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

// Codes of the ANSI escape sequence "select graphic rendition".
const BOLD: &str = "1";
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
