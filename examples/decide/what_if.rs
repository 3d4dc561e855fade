//! What would break under another policy.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
    time::SystemTime,
};

use tollgate::{
    Policy, Timestamp,
    analysis::{ChangedGroup, Changes, what_if, what_if_requested},
    directory::Directory,
};

use crate::{Failure, Outcome, batch, lines::Lines, printable};

/// Prints the groups of answers that change, and then the requests of the file whose answers change.
pub(crate) fn run(
    directory: &Directory,
    policy: &str,
    now: Option<&str>,
    requests: Option<&Path>,
    mut out: impl Write,
) -> Result<Outcome, Failure> {
    let message = |error: &dyn std::fmt::Display| Failure::Message(format!("decide: {error}"));
    let policy = read_policy(policy)?;
    let now = match now {
        Some(text) => text.parse().map_err(|error| message(&error))?,
        None => present()?,
    };
    let changes = Changes::from(policy);
    let broken = what_if(directory, &changes, now).map_err(|error| message(&error))?;
    writeln!(out, "under {policy} instead of {}, at {now}:", directory.policy())?;
    for group in broken.groups() {
        write_group(&mut out, group)?;
    }
    let in_all: u64 = broken.groups().iter().map(|group| group.questions).sum();
    writeln!(out, "\n{in_all} of {} answers change, in {} groups", broken.questions(), broken.groups().len())?;
    let outcome = match requests {
        None => Outcome::AllDecided,
        Some(path) if path == Path::new("-") => {
            write_requests(&mut out, directory, &changes, Lines::new(io::stdin().lock()), path)?
        }
        Some(path) => {
            let file = File::open(path).map_err(|error| Failure::in_file(path, &error))?;
            write_requests(&mut out, directory, &changes, Lines::new(file), path)?
        }
    };
    out.flush()?;
    Ok(outcome)
}

/// Reads a policy: an edition's name, or JSON as a world has it.
fn read_policy(text: &str) -> Result<Policy, Failure> {
    let policy = if text.trim_start().starts_with('{') {
        serde_json::from_str(text)
    } else {
        serde_json::from_value(text.into())
    };
    policy.map_err(|error| Failure::Message(format!("decide: --what-if: {error}")))
}

#[expect(clippy::disallowed_methods, reason = "a program may read the clock, and hands the time to the library")]
fn present() -> Result<Timestamp, Failure> {
    SystemTime::now().try_into().map_err(|error| Failure::Message(format!("decide: the clock: {error}")))
}

fn write_group(out: &mut impl Write, group: &ChangedGroup) -> io::Result<()> {
    const SHOWN: usize = 5;
    let ChangedGroup { kind, action, before, after, tokens, questions, witness, .. } = group;
    let shown: Vec<String> =
        tokens.iter().take(SHOWN).map(|token| format!("`{}`", printable(token.as_str()))).collect();
    let more = match tokens.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!(" and {more} more"),
        Some(0) | None => String::new(),
    };
    writeln!(out, "\n{action} by {kind} tokens: {before} -> {after}")?;
    writeln!(out, "  {questions} answers, tokens {}{more}", shown.join(", "))?;
    writeln!(
        out,
        "  example: {} by the token `{}` from {}",
        witness.request,
        printable(witness.token.as_str()),
        witness.client_ip
    )?;
    for (when, explanation) in [("before", &witness.explanation_before), ("after", &witness.explanation_after)] {
        writeln!(out, "  {when}: {}", explanation.replace('\n', "\n  "))?;
    }
    Ok(())
}

/// Prints the requests whose answers change, a line each, and an error line for a request that is wrong.
fn write_requests(
    out: &mut impl Write,
    directory: &Directory,
    changes: &Changes,
    mut lines: Lines<impl Read>,
    path: &Path,
) -> Result<Outcome, Failure> {
    let (mut outcome, mut asked, mut differing) = (Outcome::AllDecided, 0_u64, 0_u64);
    writeln!(out)?;
    while let Some((number, line)) = lines.next().map_err(|error| Failure::in_file(path, &error))? {
        match batch::read(number, line) {
            Ok(request) => {
                asked = asked.saturating_add(1);
                let answer = what_if_requested(directory, changes, &request)
                    .map_err(|error| Failure::Message(format!("decide: {error}")))?;
                if let Some(answer) = answer {
                    differing = differing.saturating_add(1);
                    writeln!(out, "{}: {} -> {}", printable(request.id()), answer.before, answer.after)?;
                }
            }
            Err(error) => {
                outcome = Outcome::SomeInvalid;
                batch::write_error(out, &error)?;
            }
        }
    }
    writeln!(out, "{differing} of {asked} requests have another answer")?;
    Ok(outcome)
}
