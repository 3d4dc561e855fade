//! The command line.

use std::{ffi::OsString, path::PathBuf};

use serde_json::{Map, Value};

use crate::{batch::Form, demo::Extent, printable};

/// The short usage text, which follows an error in the command line.
pub(crate) const USAGE: &str = "\
usage: decide [--explain] WORLD REQUESTS
       decide WORLD --token ID|--secret-stdin|--no-token --action ACTION --now TIME [OPTIONS]
       decide --what-if POLICY [--now TIME] WORLD [REQUESTS]
       decide --check-tokens TOKENS
       decide --from-version-1 WORLD
       decide [--all]
       decide --help";

/// The text of `decide --help`.
pub(crate) const HELP: &str = "\
May this npm access token do this, to this, from here, now?

usage: decide [--explain] WORLD REQUESTS
           decides each request of the file REQUESTS (`-`: standard input) about the registry of the file WORLD,
           a line of JSON for each, in order; with --explain as text for a person, with every check
       decide WORLD --token ID|--secret-stdin|--no-token --action ACTION --now TIME [OPTIONS]
           explains one request
       decide --what-if POLICY [--now TIME] WORLD [REQUESTS]
           prints what would break under another policy: the answers that change at that time (left out: now), in
           groups, each with its tokens and an example; and the requests in REQUESTS whose answers change
       decide --check-tokens TOKENS
           reads a stored token from each line of the file TOKENS, and prints the lines that do not load and why, and
           how many tokens of each kind load
       decide --from-version-1 WORLD
           converts a world of version 1 of the rules to version 2, under the policy npm-2025-10
       decide [--all|--explain]
           shows the decisions about some of the real npm commands that come along with this example; with --all about
           each of them, with --explain every check of each request

one request:
  --token ID          the token with this public id
  --secret-stdin      the token with the secret on standard input
  --secret TEXT       the same, but every user of this computer can see it in the list of processes, and the shell
                      may keep it: for a secret that is in use, prefer --secret-stdin
  --no-token          no token at all
  --action ACTION     such as read-package, publish or create-team
  --package NAME      what the action is on: one of these or several, as the action needs
  --org NAME
  --team NAME
  --user NAME
  --client-ip IP      where the request comes from (left out: unknown)
  --now TIME          when, such as 2025-11-01T00:00:00Z
  --second-factor     the token's owner has just shown a second factor

what if:
  POLICY              an edition, such as npm-2026-08, or a policy as a world has it, in JSON

Each option may be given as --option=VALUE too.

exit status:
  0  every request was decided, whatever the decision
  1  a request was invalid, and an error line takes the place of its decision (for one request: a message on standard
     error); or a token does not load
  2  the world does not load (its errors on standard error, a line each), a file cannot be read, or the command line is
     wrong
";

/// What the command line asks the program to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Print [`HELP`].
    Help,
    /// Decide the requests that are built into the program.
    Demo(Extent),
    /// Explain the requests that are built into the program.
    ExplainedDemo,
    /// Decide a file of requests.
    Batch { world: PathBuf, requests: PathBuf, form: Form },
    /// Explain one request.
    One { world: PathBuf, request: OneRequest },
    /// Print which answers change under another policy.
    WhatIf { policy: String, now: Option<String>, world: PathBuf, requests: Option<PathBuf> },
    /// Print which stored tokens load, and why the others do not.
    CheckTokens { tokens: PathBuf },
    /// Print a world of version 1 of the rules as one of version 2.
    FromVersion1 { world: PathBuf },
}

/// One request, from options of the command line.
#[derive(Default)]
pub(crate) struct OneRequest {
    /// The fields of a line of the requests file.
    pub(crate) fields: Map<String, Value>,
    /// Whether the field `secret` is to be read from standard input.
    pub(crate) secret_from_stdin: bool,
}

impl std::fmt::Debug for OneRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The fields are not printed, because they may contain a secret, which is never printed (rule S3).
        f.debug_struct("OneRequest").field("secret_from_stdin", &self.secret_from_stdin).finish_non_exhaustive()
    }
}

/// The options that take a value, each with the field of the request that it sets.
const WITH_VALUE: [(&str, &str); 9] = [
    ("--token", "token"),
    ("--secret", "secret"),
    ("--action", "action"),
    ("--package", "package"),
    ("--org", "org"),
    ("--team", "team"),
    ("--user", "user"),
    ("--client-ip", "client_ip"),
    ("--now", "now"),
];

/// Parses the command line. The error is a message for the user.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut arguments = arguments.into_iter();
    let mut files: Vec<PathBuf> = Vec::new();
    let mut one = OneRequest::default();
    let (mut explain, mut options_ended, mut any) = (false, false, false);
    let (mut all, mut check_tokens, mut from_version_1) = (false, false, false);
    let mut what_if: Option<String> = None;
    while let Some(argument) = arguments.next() {
        any = true;
        let text = match argument.to_str() {
            Some(text) if !options_ended && text.starts_with('-') && text != "-" => text,
            Some(_) | None => {
                files.push(argument.into());
                continue;
            }
        };
        match text {
            "--help" | "-h" => return Ok(Command::Help),
            "--" => options_ended = true,
            "--explain" => explain = true,
            "--all" => all = true,
            "--check-tokens" => check_tokens = true,
            "--from-version-1" => from_version_1 = true,
            "--no-token" => insert(&mut one.fields, "--no-token", "token", Value::Null)?,
            "--second-factor" => insert(&mut one.fields, "--second-factor", "second_factor", Value::Bool(true))?,
            "--secret-stdin" if one.secret_from_stdin => return Err("`--secret-stdin` twice".into()),
            "--secret-stdin" => one.secret_from_stdin = true,
            _ => {
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (text, None),
                };
                if name == "--what-if" {
                    let value = value.map_or_else(|| value_of("--what-if", arguments.next()), Ok)?;
                    if what_if.replace(value).is_some() {
                        return Err("`--what-if` twice".into());
                    }
                    continue;
                }
                let Some((option, field)) = WITH_VALUE.into_iter().find(|(option, _)| *option == name) else {
                    return Err(format!("unknown option `{}`", printable(name)));
                };
                let value = match value {
                    Some(value) => value,
                    None => value_of(option, arguments.next())?,
                };
                insert(&mut one.fields, option, field, value.into())?;
            }
        }
    }
    let modes = [
        ("--what-if", what_if.is_some()),
        ("--check-tokens", check_tokens),
        ("--from-version-1", from_version_1),
        ("--all", all),
    ];
    let mut modes = modes.iter().filter(|(_, is_given)| *is_given).map(|(mode, _)| *mode);
    if let (Some(first), Some(second)) = (modes.next(), modes.next()) {
        return Err(format!("both `{first}` and `{second}`"));
    }
    if let Some(policy) = what_if {
        what_if_command(policy, files, explain, one)
    } else if check_tokens {
        Ok(Command::CheckTokens { tokens: only_file("--check-tokens", "TOKENS", files, explain, &one)? })
    } else if from_version_1 {
        Ok(Command::FromVersion1 { world: only_file("--from-version-1", "WORLD", files, explain, &one)? })
    } else if all {
        if explain || is_one(&one) || !files.is_empty() {
            return Err("`--all` takes no file and no other option".into());
        }
        Ok(Command::Demo(Extent::All))
    } else if any {
        command(files, explain, one)
    } else {
        Ok(Command::Demo(Extent::Some))
    }
}

/// Returns the value of an option that is given as the next argument.
fn value_of(option: &str, argument: Option<OsString>) -> Result<String, String> {
    let value = argument.ok_or_else(|| format!("`{option}` without its value"))?;
    match value.into_string() {
        Ok(value) if value.starts_with("--") => {
            Err(format!("`{option}` without its value (one that starts with `--` is given as `{option}=VALUE`)"))
        }
        Ok(value) => Ok(value),
        Err(_) => Err(format!("the value of `{option}` is not valid UTF-8")),
    }
}

/// Sets a field of the request. It is an error if the field is set already.
fn insert(fields: &mut Map<String, Value>, option: &str, field: &str, value: Value) -> Result<(), String> {
    match fields.insert(field.into(), value) {
        None => Ok(()),
        Some(_) if field == "token" => Err("more than one of `--token` and `--no-token`".into()),
        Some(_) => Err(format!("`{option}` twice")),
    }
}

/// Whether an option for one request was given.
fn is_one(one: &OneRequest) -> bool {
    one.secret_from_stdin || !one.fields.is_empty()
}

/// Makes the command of `--what-if`.
fn what_if_command(policy: String, files: Vec<PathBuf>, explain: bool, mut one: OneRequest) -> Result<Command, String> {
    let now = match one.fields.remove("now") {
        Some(Value::String(now)) => Some(now),
        _ => None,
    };
    if explain || is_one(&one) {
        return Err("`--what-if` takes no option but `--now`".into());
    }
    let mut files = files.into_iter();
    let Some(world) = files.next() else { return Err("WORLD is missing".into()) };
    let requests = files.next();
    if files.next().is_some() {
        return Err("more than two files".into());
    }
    Ok(Command::WhatIf { policy, now, world, requests })
}

/// Returns the file of a command that takes one file and no other option.
fn only_file(
    command: &str,
    file: &str,
    files: Vec<PathBuf>,
    explain: bool,
    one: &OneRequest,
) -> Result<PathBuf, String> {
    if explain || is_one(one) {
        return Err(format!("`{command}` takes no other option"));
    }
    match <[PathBuf; 1]>::try_from(files) {
        Ok([path]) => Ok(path),
        Err(files) if files.is_empty() => Err(format!("{file} is missing")),
        Err(_) => Err("more than one file".into()),
    }
}

/// Makes the command of the files and options that were given.
fn command(files: Vec<PathBuf>, explain: bool, one: OneRequest) -> Result<Command, String> {
    let is_one = is_one(&one);
    if explain && !is_one && files.is_empty() {
        return Ok(Command::ExplainedDemo);
    }
    let mut files = files.into_iter();
    let Some(world) = files.next() else { return Err("WORLD is missing".into()) };
    let requests = files.next();
    if files.next().is_some() {
        return Err("more than two files".into());
    }
    match (requests, is_one) {
        (Some(requests), false) => Ok(Command::Batch { world, requests, form: explain.into() }),
        (Some(_), true) => Err("both REQUESTS and options for one request".into()),
        (None, false) => Err("REQUESTS is missing, or the options for one request".into()),
        (None, true) => {
            let has = |field: &str| usize::from(one.fields.contains_key(field));
            let tokens =
                [has("token"), has("secret"), usize::from(one.secret_from_stdin)].into_iter().filter(|n| *n > 0);
            match tokens.count() {
                1 => {}
                0 => return Err("one of `--token`, `--secret-stdin` and `--no-token` is missing".into()),
                _ => return Err("more than one of `--token`, `--secret`, `--secret-stdin` and `--no-token`".into()),
            }
            match ["action", "now"].into_iter().find(|field| !one.fields.contains_key(*field)) {
                Some(missing) => Err(format!("`--{missing}` is missing")),
                None => Ok(Command::One { world, request: one }),
            }
        }
    }
}
