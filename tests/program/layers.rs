//! The layers of `src/`: a folder is a layer, and a file uses only its own layer and those below it.
//!
//! Doc comments may link upwards, `#[cfg(test)]` modules may use the kit in `testing`, and `lib.rs` re-exports everything.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
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

/// The words, the `::` and the other signs of the code, without comments, texts and lifetimes.
fn tokens(code: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), code);
    while let Some(first) = rest.chars().next() {
        let is_word = |one: char| one.is_alphanumeric() || one == '_';
        let (length, is_token) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (rest.find("*/").unwrap() + 2, false)
        } else if let Some(length) = length_of_text(rest) {
            (length, false)
        } else if is_word(first) {
            (rest.find(|one| !is_word(one)).unwrap_or(rest.len()), true)
        } else if rest.starts_with("::") {
            (2, true)
        } else {
            (first.len_utf8(), !first.is_whitespace())
        };
        if is_token {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

/// The length of the text, the character or the lifetime that the code begins with: of `"a"`, `r#"a"#`, `'a'` and `'a`.
fn length_of_text(code: &str) -> Option<usize> {
    let raw = code.trim_start_matches(['b', 'c']).strip_prefix('r').filter(|raw| code.len() - raw.len() <= 2);
    let hashes = raw.map_or(0, |raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(raw) = raw.and_then(|raw| raw[hashes..].strip_prefix('"')) {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(code.len() - raw.len() + raw.find(&end).unwrap() + end.len());
    }
    let (quote, inside) = match code.split_at_checked(1)? {
        ("\"", inside) => ('"', inside),
        ("'", inside) if inside.starts_with('\\') || inside.chars().nth(1) == Some('\'') => ('\'', inside),
        ("'", _) => return Some(1),
        _ => return None,
    };
    let mut is_escaped = false;
    let end = inside.find(|one| {
        let is_end = one == quote && !is_escaped;
        is_escaped = one == '\\' && !is_escaped;
        is_end
    });
    Some(end.unwrap() + 2)
}

/// The place after the module of which the code begins with `mod`.
fn end_of_module(tokens: &[&str]) -> usize {
    let mut depth = 0;
    let end = tokens.iter().position(|token| {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && matches!(*token, ";" | "}")
    });
    end.unwrap() + 1
}

/// The code without its `#[cfg(test)]` modules.
fn without_tests<'c>(tokens: &[&'c str]) -> Vec<&'c str> {
    const TEST: [&str; 8] = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let (mut kept, mut rest) = (Vec::new(), tokens);
    while let Some((first, others)) = rest.split_first() {
        if rest.starts_with(&TEST) {
            rest = &rest[TEST.len() - 1..];
            rest = &rest[end_of_module(rest)..];
        } else {
            kept.push(*first);
            rest = others;
        }
    }
    kept
}

/// Adds the paths that the code begins with: one path, or several in a `use` declaration with braces. Returns the place
/// after them.
fn expand<'c>(tokens: &[&'c str], prefix: &[&'c str], paths: &mut Vec<Vec<&'c str>>) -> usize {
    let (mut path, mut at) = (prefix.to_vec(), 0);
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while tokens[at] != "}" {
                    at += match tokens[at] {
                        "," => 1,
                        // The new name of what is renamed.
                        "as" => 2,
                        _ => expand(&tokens[at..], &path, paths),
                    };
                }
                return at + 1;
            }
            Some(segment) => path.push(segment),
            None => {}
        }
        at += 1;
        if tokens.get(at) != Some(&"::") {
            break;
        }
        at += 1;
    }
    paths.push(path);
    at
}

/// What a file of `src/` uses that it may not, and the number of paths that begin with `crate`. The file is named by its
/// path in `src/`, such as `value/time.rs`.
fn mistakes(file: &str, text: &str) -> (Vec<String>, usize) {
    let parts: Vec<&str> = file.split('/').collect();
    let code = tokens(text);
    let code = without_tests(&code);
    let (mut wrong, mut imports) = (Vec::new(), 0);
    let mut add = |what: &str, why: &str| wrong.push(format!("src/{file}: `{what}`: {why}"));
    // `value/mod.rs` is one step below the root, `value/time.rs` and `value/ip/mod.rs` are two. A module in a file is one
    // more: these are the ends of the modules that are open.
    let depth = if parts.ends_with(&["mod.rs"]) { parts.len() - 1 } else { parts.len() };
    let mut modules: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < code.len() {
        modules.retain(|end| at < *end);
        let (before, rest) = code.split_at(at);
        match rest {
            ["mod", "tests", ";", ..] => add("mod tests;", "expected `#[cfg(test)]` before it"),
            ["mod", _, "{", ..] => modules.push(at + end_of_module(rest)),
            ["#", "[", "path", ..] => add("#[path]", "a file that stands elsewhere"),
            ["include", "!", ..] => add("include!", "a file that stands elsewhere"),
            ["extern", "crate", ..] => add("extern crate", "expected it in `lib.rs`"),
            ["tollgate", "::" | "as" | ";", ..] => add("tollgate", "expected `crate`"),
            // The visibility of an item says nothing about what it uses.
            ["crate", ..] if before.ends_with(&["(", "in"]) => {}
            ["crate" | "super" | "self", "::" | "as" | ";", ..] => {
                let mut paths = Vec::new();
                at += expand(rest, &[], &mut paths);
                for path in paths {
                    let steps = path.iter().filter(|segment| **segment == "super").count();
                    if path[0] == "crate" {
                        imports += 1;
                        let name = path.get(1).copied().unwrap_or("");
                        if let Some(why) = forbidden(parts[0], name) {
                            add(&path.join("::"), why);
                        }
                    } else if steps >= depth + modules.len() {
                        add(&path.join("::"), "`super` reaches the root: expected `crate`");
                    }
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    (wrong, imports)
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
        let (mistakes, count) = mistakes(&parts.join("/"), &fs::read_to_string(&path).unwrap());
        wrong.extend(mistakes);
        imports += count;
    }
    assert!(imports > 100, "{imports} imports found: is this still how they are written?");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A second name of the crate would be a way around the test of the imports.
#[test]
fn the_crate_has_one_name() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let lib = tokens(&lib);
    for second_name in [["extern", "crate", "self"], ["use", "crate", "as"], ["use", "self", "as"]] {
        assert!(!lib.windows(3).any(|tokens| tokens == second_name), "src/lib.rs: {second_name:?}");
    }
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
    // One mistake each.
    for (file, planted) in [
        (
            "operation/mod.rs",
            "use crate::{\n    facts::{Package, User},\n    value::ip::{self, IpRange},\n    npm,\n};",
        ),
        ("operation/mod.rs", "pub(crate) fn f(_: crate::rules::Reason) {}"),
        ("operation/mod.rs", "use crate::{{value::Role, decision::Decision}};"),
        ("operation/mod.rs", "use crate::{value::{Role}, decision};"),
        ("operation/mod.rs", "use crate ::decision::Decision;"),
        ("operation/mod.rs", "use crate\n    ::/* up */decision::Decision;"),
        ("operation/mod.rs", "use crate as c;"),
        ("operation/mod.rs", "use crate::{self as c};"),
        ("operation/mod.rs", "use crate::*;"),
        ("operation/mod.rs", "fn f() { for action in crate::decision::ALL {} }"),
        ("operation/mod.rs", "type T = <crate::value::Role as crate::decision::Has>::It;"),
        ("operation/mod.rs", "type T = crate::value::List::<crate::decision::Decision>;"),
        ("operation/mod.rs", "use tollgate::decision::Decision;"),
        ("operation/mod.rs", "use ::tollgate as c;"),
        ("operation/mod.rs", "extern crate self as c;"),
        ("operation/mod.rs", "use super::decision::Decision;"),
        ("operation/mod.rs", "use super as root;"),
        ("operation/mod.rs", "use self::super::decision::Decision;"),
        ("operation/mod.rs", "use super::decision::Decision;\nmod pair {\n    use super::Operation;\n}"),
        ("operation/mod.rs", "mod pair {\n    use super::Operation;\n}\nuse super::decision::Decision;"),
        ("operation/mod.rs", "mod pair {\n    use super::{Operation, super::decision::Decision};\n}"),
        ("operation/bound_token.rs", "use super::super::decision::Decision;"),
        ("operation/bound_token.rs", "use super::{super::{decision::Decision}, Operation};"),
        ("operation/mod.rs", "#[cfg(test)]\nmod tests;\nuse crate::decision::Decision;"),
        ("operation/mod.rs", "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\nuse crate::decision::Decision;"),
        ("operation/mod.rs", "const QUOTE: char = '\"';\nuse crate::decision::Decision;\nconst OTHER: char = '\\'';"),
        ("operation/mod.rs", "const SLASHES: &str = \"//\\\"//\"; use crate::decision::Decision;"),
        ("operation/mod.rs", "const SLASHES: &str = r#\"//\"//\"#; use crate::decision::Decision;"),
        ("operation/mod.rs", "mod tests;"),
        ("operation/mod.rs", "#[path = \"../decision/text.rs\"]\nmod text;"),
        ("operation/mod.rs", "include!(\"../decision/text.rs\");"),
        ("npm/mod.rs", "use crate::directory::World;"),
    ] {
        let (wrong, _) = mistakes(file, planted);
        assert_eq!(wrong.len(), 1, "src/{file} with\n{planted}\nhas {wrong:?}");
    }
    // None.
    for (file, allowed) in [
        (
            "operation/mod.rs",
            "use crate::{\n    facts::{Package as P, User},\n    value::ip::{self, IpRange},\n    token,\n};",
        ),
        (
            "operation/mod.rs",
            "/// [`Decision`](crate::decision::Decision)\n// crate::npm\nuse crate::facts; // crate::npm",
        ),
        ("operation/mod.rs", "const PATH: &str = \"use crate::decision;\";"),
        ("operation/mod.rs", "#[cfg(test)]\nmod tests {\n    use crate::testing::user;\n}\n"),
        ("operation/mod.rs", "mod pair {\n    pub(in crate::operation) struct P<'a>(&'a super::Operation<'a>);\n}"),
        ("operation/bound_token.rs", "use super::{Operation, action::{self, Action}};"),
        ("value/ip/allowed.rs", "use super::super::time::Time; use super::x; mod serde_impls { use super::super::y; }"),
    ] {
        let (wrong, _) = mistakes(file, allowed);
        assert!(wrong.is_empty(), "src/{file} with\n{allowed}\nhas {wrong:?}");
    }
    assert_eq!(mistakes("token/mod.rs", "use crate::{value::{Role, Scope}, facts};\nfn f(_: crate::token::T) {}").1, 4);
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
