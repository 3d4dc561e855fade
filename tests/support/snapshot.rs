//! Long texts, compared with files beside the tests.
//!
//! A snapshot holds texts and messages only. What a decision is (its reason, its status) is asserted in the test's own code,
//! where `BLESS=1` does not rewrite it.

use std::{env, fs, path::Path};

/// Compares the text with the file `tests/<path>`; with `BLESS` in the environment, writes the file instead.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a snapshot is a file, the caller says when to write it, and a difference fails the test"
)]
pub(crate) fn assert_snapshot(path: &str, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path);
    if env::var("BLESS").is_ok() {
        fs::write(&file, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    if let Some(difference) = difference(&expected, found) {
        panic!("tests/{path}, {difference}\n`BLESS=1 cargo test --all-features` writes the file again");
    }
}

/// The first line that differs, as both texts have it.
fn difference(expected: &str, found: &str) -> Option<String> {
    let (mut expected_lines, mut found_lines) = (expected.lines(), found.lines());
    for number in 1_u32.. {
        match (expected_lines.next(), found_lines.next()) {
            (None, None) => break,
            (one, other) if one == other => {}
            (one, other) => {
                let [one, other] = [one, other].map(|line| line.unwrap_or("(the text ends here)"));
                return Some(format!("line {number}:\n  expected: {one}\n  found:    {other}"));
            }
        }
    }
    (expected != found).then(|| "at its end: the texts differ in line ends only".to_owned())
}

#[test]
fn a_snapshot_that_differs_names_the_first_line_that_differs() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(difference("a\nb\n", "a\nc\n").unwrap(), "line 2:\n  expected: b\n  found:    c");
    assert_eq!(difference("a\nb\n", "a\n").unwrap(), "line 2:\n  expected: b\n  found:    (the text ends here)");
    assert_eq!(difference("", "a\n").unwrap(), "line 1:\n  expected: (the text ends here)\n  found:    a");
    assert!(difference("a\n", "a").is_some());
}
