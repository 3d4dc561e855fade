//! The layers of `src/`: a folder is a layer, and a file uses only its own layer and those below it.
//!
//! Doc comments may link upwards, `#[cfg(test)]` modules may use the kit in `testing`, and `lib.rs` re-exports everything.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    reason = "a test reads the files it is about, and places in them are small numbers"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The layers from the bottom to the top. Two on one level do not know each other.
const LAYERS: [&[&str]; 10] = [
    &["value"],
    &["facts"],
    &["policy"],
    &["token"],
    &["operation"],
    &["rules"],
    &["decision"],
    &["npm", "directory"],
    &["analysis"],
    &["testing"],
];

fn level(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|layers| layers.contains(&layer))
}

/// Why a file of the layer may not name this item of the crate's root; `None` if it may.
fn forbidden(layer: &str, name: &str) -> Option<&'static str> {
    let (Some(own), Some(other)) = (level(layer), level(name)) else {
        return Some("not a layer: name the layer that the item is in, for the root re-exports them all");
    };
    match own.cmp(&other) {
        std::cmp::Ordering::Less => Some("an import from a layer above"),
        std::cmp::Ordering::Equal if layer != name => Some("an import from a layer beside"),
        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => None,
    }
}

/// The code without comments, and without its `#[cfg(test)]` module, which stands last.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn first_word(path: &str) -> String {
    path.trim_start().chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect()
}

/// The first words of the paths in a group such as `{a::{b, c}, d}`, without its braces: `a` and `d`.
fn first_words_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut words, mut start) = (0_usize, Vec::new(), 0);
    for (at, one) in group.char_indices() {
        match one {
            '{' => depth += 1,
            '}' if depth == 0 => {
                words.push(first_word(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                words.push(first_word(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The names of the crate's root that the code uses: `value` and `facts` in `use crate::{value::Role, facts}`.
fn names_of_the_root(code: &str) -> Vec<String> {
    let paths = code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with("pub(in "));
    paths
        .flat_map(|(at, path)| {
            let rest = &code[at + path.len()..];
            rest.strip_prefix('{').map_or_else(|| vec![first_word(rest)], first_words_of_group)
        })
        .collect()
}

/// The length of the longest `super::super::…`.
fn longest_way_up(code: &str) -> usize {
    (1..10).take_while(|steps| code.contains(&"super::".repeat(*steps))).last().unwrap_or(0)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn no_file_of_src_uses_a_layer_above_its_own_or_beside_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut imports) = (Vec::new(), 0);
    for path in rust_files(&src) {
        let file = path.strip_prefix(&src).unwrap();
        let parts: Vec<&str> = file.iter().map(|part| part.to_str().unwrap()).collect();
        // `lib.rs` has no layer, and `docs` holds pages. A file of unit tests may use the kit.
        if parts.len() == 1 || parts[0] == "docs" || parts.ends_with(&["tests.rs"]) {
            continue;
        }
        let code = code(&fs::read_to_string(&path).unwrap());
        for name in names_of_the_root(&code) {
            imports += 1;
            wrong.extend(forbidden(parts[0], &name).map(|why| format!("{}: crate::{name}: {why}", file.display())));
        }
        // `src/value/mod.rs` is one step below the root, `src/value/time.rs` and `src/value/ip/mod.rs` are two.
        // A module inside a file is one more.
        let inside = code.lines().filter(|line| line.contains("mod ") && line.ends_with('{')).count();
        let depth = if parts.ends_with(&["mod.rs"]) { parts.len() - 1 } else { parts.len() } + inside;
        if longest_way_up(&code) >= depth {
            wrong.push(format!("{}: `super` reaches the root: write `crate::`", file.display()));
        }
    }
    assert!(imports > 100, "{imports} imports found: is this still how they are written?");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_src_is_a_layer() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let entries = fs::read_dir(src).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
    for folder in folders.filter(|folder| folder != "docs") {
        assert!(level(&folder).is_some(), "src/{folder} has no place among the layers");
    }
}

#[test]
fn the_reader_of_imports_finds_what_is_planted() {
    let planted = "\
        use crate::{\n    facts::{Package, User},\n    value::ip::{self, IpRange},\n    token,\n};\n\
        /// [`Decision`](crate::decision::Decision)\n\
        // crate::npm\n\
        pub(crate) fn f(_: crate::rules::Reason) {}\n\
        #[cfg(test)]\nmod tests {\n    use crate::testing::user;\n}\n";
    assert_eq!(names_of_the_root(&code(planted)), ["facts", "value", "token", "rules"]);
    assert_eq!(longest_way_up("use super::super::time::Time; use super::x;"), 2);
    for (layer, name, is_allowed) in [
        ("value", "value", true),
        ("facts", "value", true),
        ("testing", "npm", true),
        ("npm", "decision", true),
        ("value", "facts", false),
        ("decision", "npm", false),
        ("npm", "directory", false),
        ("directory", "npm", false),
        ("rules", "Reason", false),
    ] {
        assert_eq!(forbidden(layer, name).is_none(), is_allowed, "{layer} uses {name}");
    }
}
