//! The README says what is so.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads the files it is about")]

use std::{fmt::Write, fs, path::Path};

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

/// Compares a file that is made of other things with what it should be. `BLESS=1` writes it.
fn assert_up_to_date(name: &str, content: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), content).unwrap();
    }
    assert!(file(name) == content, "{name} is not up to date: run this test with BLESS=1");
}

/// Some of the demo's commands as a picture of a terminal.
#[cfg(feature = "directory")]
#[test]
fn the_picture_of_the_demo_shows_what_it_prints() {
    let output = std::process::Command::new(crate::decide_example::example("decide")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let blocks: Vec<&str> = printed.split("\n\n").collect();
    let shown = [1, 2, 3, 6, 7].map(|index| blocks[index]).join("\n\n");
    let counts = blocks[blocks.len() - 2];
    let lines: Vec<String> = format!("$ decide\n\n{shown}\n\n…\n\n{counts}").lines().map(str::to_owned).collect();

    let height = 20 * lines.len() + 24;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height}\" font-family=\"monospace\" \
         font-size=\"14\" role=\"img\">\n<title>What the demo prints</title>\n\
         <rect width=\"720\" height=\"{height}\" rx=\"6\" fill=\"#16191d\"/>\n"
    );
    for (number, line) in lines.iter().enumerate() {
        let word = line.trim_start().split(' ').next().unwrap();
        let colour = match word {
            "ALLOW" => "#7ee787",
            "CHALLENGE" => "#f2cc60",
            "DENY" => "#ff7b72",
            "$" => "#ffffff",
            _ => "#9aa4af",
        };
        let text = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let y = 20 * number + 26;
        writeln!(svg, "<text x=\"16\" y=\"{y}\" fill=\"{colour}\" xml:space=\"preserve\">{text}</text>").unwrap();
    }
    svg += "</svg>\n";
    assert_up_to_date("src/docs/demo.svg", &svg);
}

/// Rustdoc copies no pictures, so in the documentation they are part of the address.
#[test]
fn the_documentation_has_the_pictures_of_the_readme() {
    let mut definitions = String::new();
    for name in ["demo", "flow"] {
        let svg = file(&format!("src/docs/{name}.svg"));
        write!(definitions, "[{name}-picture]: data:image/svg+xml,").unwrap();
        for c in svg.chars() {
            match c {
                '%' | '#' | '<' | '>' | '"' | '(' | ')' | '&' | '\n' | ' ' | '`' | '\\' | '[' | ']' => {
                    write!(definitions, "%{:02X}", u32::from(c)).unwrap();
                }
                _ => definitions.push(c),
            }
        }
        definitions.push('\n');
    }
    assert_up_to_date("src/docs/pictures.txt", &definitions);
}
