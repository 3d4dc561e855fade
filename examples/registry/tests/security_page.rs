//! The tests that `SECURITY.md` names exist, in the files that it names.

#![expect(clippy::unwrap_used, reason = "a page that cannot be read fails the test")]

use std::{fs, path::Path};

/// The texts in backticks of the last column of the table.
fn named(row: &str) -> Vec<&str> {
    let last = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
    last.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_test_that_the_page_names_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(folder.join("SECURITY.md")).unwrap();
    let mut tests = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attacker")) {
        // Tests without a file before them are in this one.
        let mut file = "under_attack.rs";
        for name in named(row) {
            if name.contains('.') {
                file = name;
                continue;
            }
            let path = if file.contains('/') { folder.join(file) } else { folder.join("tests/end_to_end").join(file) };
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file} in {row}: {error}"));
            assert!(text.contains(&format!("fn {name}(")), "{name} is not in {file}: {row}");
            tests += 1;
        }
        assert!(!named(row).is_empty(), "no test in {row}");
    }
    assert!(tests > 20, "{tests} tests were read");
}
