//! The README says what is so.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads the files it is about")]

use std::{fs, path::Path};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_quickstart_of_the_readme_is_the_example_to_the_letter() {
    let example = file("examples/quickstart.rs");
    let code = &example[example.find("use tollgate::facts").unwrap()..];
    assert!(file("README.md").contains(&format!("```rust\n{code}```\n")), "README.md shows another quickstart");
}

#[cfg(all(feature = "serde", feature = "directory"))]
#[test]
fn the_readme_shows_what_the_quickstart_prints() {
    let output = std::process::Command::new(crate::decide_example::example("quickstart")).output().unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), 3);
    assert!(file("README.md").contains(&format!("```text\n{printed}```\n")), "the quickstart prints\n{printed}");
}

#[test]
fn the_readme_and_its_quickstart_stay_short() {
    let code = file("examples/quickstart.rs");
    let code = code.lines().filter(|line| !line.is_empty() && !line.starts_with("//!"));
    assert!(code.count() <= 35);
    assert!(file("README.md").lines().count() <= 150);
}

#[test]
fn the_readme_tells_how_many_requests_the_demo_has() {
    let requests = file("examples/data/demo-requests.jsonl").lines().count();
    assert!(file("README.md").contains(&format!("decides {requests} requests")), "the demo has {requests} requests");
}

#[test]
fn the_link_targets_of_the_readme_exist() {
    let readme = file("README.md");
    let targets = readme.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ").map(|(_, target)| target));
    let mut count = 0;
    for target in targets {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(target).is_file(), "{target}");
        count += 1;
    }
    assert_eq!(count, 7);
}
