//! Package names against npm's own validator (N2): the recorded table always, the validator itself where it is there.
//!
//! What is in `tests/data/names` is explained in the README there.

#![expect(clippy::unwrap_used, reason = "a table that is none fails the test")]

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Write},
    process::{Command, Stdio},
};

use tollgate::{
    PackageName,
    value::{NameError, NameProblem},
};

const RECORDED: &str = include_str!("../data/names/recorded.jsonl");
const CORE_MODULES: &str = include_str!("../data/names/core-modules.txt");

/// What a validator says of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    /// `validForOldPackages`: a package may have it.
    old: bool,
    /// `validForNewPackages`: a new package may have it.
    new: bool,
}

fn recorded() -> Vec<(String, Verdict)> {
    let lines = RECORDED.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.map(|(name, old, new)| (name, Verdict { old, new })).collect()
}

fn of_the_crate(name: &str) -> Verdict {
    let parsed = PackageName::new(name);
    let owned: Result<PackageName, NameError> = name.parse();
    assert_eq!(parsed.as_ref().err(), owned.as_ref().err(), "{name:?}, borrowed and owned");
    if let (Ok(parsed), Ok(owned)) = (&parsed, &owned) {
        assert_eq!(parsed, owned);
        assert_eq!(parsed.as_str(), name, "the text is kept as it is");
    }
    Verdict { old: parsed.is_ok(), new: parsed.is_ok_and(|name| name.check_new().is_ok()) }
}

/// The two rules of N2 that npm does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stricter {
    /// A scope or a scoped name is never `.`, `..`, `node_modules` or `favicon.ico`, in any case.
    Excluded,
    /// No name is longer than 1,024 bytes.
    TooLong,
}

fn stricter(name: &str) -> Option<Stricter> {
    let excluded = |part: &str| [".", "..", "node_modules", "favicon.ico"].contains(&&*part.to_ascii_lowercase());
    let of_scoped = name.strip_prefix('@').and_then(|scoped| scoped.split_once('/'));
    if of_scoped.is_some_and(|(scope, name)| excluded(scope) || excluded(name)) {
        Some(Stricter::Excluded)
    } else {
        (name.len() > 1024).then_some(Stricter::TooLong)
    }
}

#[test]
fn names_are_judged_as_npm_judges_them() {
    let (mut wrong, mut excluded, mut too_long) = (Vec::new(), 0_usize, 0_usize);
    let recorded = recorded();
    for (name, npm) in &recorded {
        let found = of_the_crate(name);
        let expected = match stricter(name) {
            Some(rule) => {
                // Counted only where it makes a difference.
                match rule {
                    Stricter::Excluded => excluded = excluded.saturating_add(usize::from(npm.old)),
                    Stricter::TooLong => too_long = too_long.saturating_add(usize::from(npm.old)),
                }
                Verdict { old: false, new: false }
            }
            None => *npm,
        };
        if found != expected {
            wrong.push(format!("{name:?}: npm says {npm:?}, expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} names:\n{}", wrong.len(), recorded.len(), wrong.join("\n"));
    let counts = (recorded.len(), excluded, too_long);
    println!("{} names, {excluded} refused by the rule on scoped names, {too_long} by that on length", recorded.len());
    assert_eq!(counts, (5974, 49, 10), "names, and those that only the two stricter rules refuse");
}

#[test]
fn the_core_modules_are_the_recorded_ones() {
    let modules: BTreeSet<&str> = CORE_MODULES.lines().collect();
    let mut refused = BTreeSet::new();
    // Every spelling that the table knows, and each module as it is recorded.
    let recorded = recorded();
    for name in recorded.iter().map(|(name, _)| name.as_str()).chain(modules.iter().copied()) {
        let Some(Err(error)) = PackageName::new(name).ok().map(|name| name.check_new()) else { continue };
        if let NameProblem::CoreModule(module) = error.problem() {
            assert_eq!(name.to_ascii_lowercase(), module, "the module named is the name, but for its case");
            refused.insert(module);
        }
    }
    // With a `/`, a `:` or a `_` at the front the text is no package name at all, new or old.
    let may_be_names: BTreeSet<&str> =
        modules.iter().copied().filter(|module| !module.contains(['/', ':']) && !module.starts_with('_')).collect();
    assert_eq!(refused, may_be_names);
    for module in modules {
        assert!(!of_the_crate(module).new, "{module}");
        assert!(!of_the_crate(&module.to_ascii_uppercase()).new, "{module} in capitals");
    }
}

/// The recorded table is what the validator says today. Needs node and npm's `validate-npm-package-name` 7.0.2.
#[test]
fn the_recorded_verdicts_are_what_npm_says_today() {
    let recorded = recorded();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/names/record.mjs");
    let child = Command::new("node")
        .args([script, "--verdict"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: no node to ask");
            return;
        }
        Err(error) => panic!("node does not start: {error}"),
    };
    let names: String = recorded.iter().map(|(name, _)| serde_json::to_string(name).unwrap() + "\n").collect();
    // The script reads all before it writes; one that found no validator is gone by now.
    let written = child.stdin.take().expect("stdin is piped").write_all(names.as_bytes());
    assert!(written.as_ref().is_ok_and(|()| true) || written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe));
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(2) && complaint.contains("VALIDATOR_DIR") {
        println!("skipped: {}", complaint.trim());
        return;
    }
    assert!(output.status.success(), "{}: {complaint}", output.status);
    let verdicts = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<Verdict> = verdicts
        .lines()
        .map(|line| serde_json::from_str(line).map(|(old, new)| Verdict { old, new }).unwrap())
        .collect();
    assert_eq!(verdicts.len(), recorded.len());
    let differ = recorded.iter().zip(&verdicts).filter(|((_, recorded), live)| recorded != *live);
    let differ: Vec<_> =
        differ.map(|((name, recorded), live)| format!("{name:?}: {recorded:?}, now {live:?}")).collect();
    assert!(differ.is_empty(), "{} of {}:\n{}", differ.len(), verdicts.len(), differ.join("\n"));
    println!("{} names asked", verdicts.len());
}
