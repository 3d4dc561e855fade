//! The editions of npm's rules that the tests run under.

use std::{fs, path::Path};

/// The edition of the founding document.
pub(crate) const FOUNDING: &str = "npm-2025-10";
/// The edition in which no token bypasses the second factor for governance.
pub(crate) const AUGUST: &str = "npm-2026-08";

/// Makes two tests of each scenario, one for each of the two editions. A scenario is a function with the name of the
/// edition as its only parameter.
///
/// Every scenario is tested this way. A test whose subject exists in only one of the editions, or that starts no server,
/// is a plain `#[test]`, and the line above it says why: `// Not under both editions: it starts no server.`
macro_rules! under_both_editions {
    ($($scenario:ident),+ $(,)?) => {
        mod npm_2025_10 {
            $(#[test]
            fn $scenario() {
                super::$scenario($crate::support::edition::FOUNDING);
            })+
        }

        mod npm_2026_08 {
            $(#[test]
            fn $scenario() {
                super::$scenario($crate::support::edition::AUGUST);
            })+
        }
    };
}
pub(crate) use under_both_editions;

// Not under both editions: it starts no server.
#[test]
fn a_test_that_is_not_under_both_editions_says_why() {
    let mut plain = 0;
    for file in files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end"))) {
        let lines: Vec<&str> = file.lines().collect();
        for (above, line) in lines.iter().zip(&lines[1..]) {
            if *line == "#[test]" {
                plain += 1;
                assert!(above.starts_with("// Not under both editions: "), "{above:?} above a test of\n{file}");
            }
        }
    }
    assert!(plain > 0, "no file was read");
}

/// The texts of the files in this folder and in the folders in it.
fn files(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![fs::read_to_string(&path).unwrap()] }).collect()
}
