//! The layers of `src/`: a file imports only files of its own layer and of the layers below it, and no two files import
//! each other, directly or through other files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a file that cannot be read fails the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The layers from the top, as `src/lib.rs` lists them. A folder of `src/` is a layer.
const LAYERS: [&str; 10] =
    ["program", "server", "web", "pipeline", "endpoints", "exchange", "reply", "credentials", "store", "base"];

/// The files that stand above all layers.
const ROOT: [&str; 3] = ["lib", "main", "tests"];

/// The files of `src/` by module path, such as `store::tokens`, with their code.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), "", &mut files);
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}::"), files);
        } else {
            files.insert(format!("{prefix}{name}"), code(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The code without comments, and without the unit tests at the end of a file.
fn code(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The paths in `code` that begin with `crate::`. A `use` declaration with braces has one path for each name.
fn paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for item in code.split("crate::").skip(1) {
        expand(item, "", &mut paths);
    }
    paths
}

/// Adds the paths of one item of a `use` declaration, such as `a::{b, c::d}`, and returns what follows it.
fn expand<'c>(code: &'c str, prefix: &str, paths: &mut Vec<String>) -> &'c str {
    let end = code.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':')).unwrap_or(code.len());
    let (path, mut rest) = code.split_at(end);
    let path = format!("{prefix}{path}");
    let Some(items) = rest.strip_prefix('{').filter(|_| path.is_empty() || path.ends_with("::")) else {
        paths.push(path);
        return rest;
    };
    rest = items.trim_start();
    while !rest.starts_with('}') {
        rest = expand(rest, &path, paths).trim_start().trim_start_matches(',').trim_start();
    }
    rest.strip_prefix('}').unwrap()
}

/// The files that each file imports.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let files = files();
    let imported = |path: String| {
        let mut module = path.as_str();
        while !files.contains_key(module) {
            module = module.rsplit_once("::").unwrap_or_else(|| panic!("no file for `crate::{path}`")).0;
        }
        module.to_owned()
    };
    let of = |file: &String, code: &String| {
        paths(code).into_iter().map(imported).filter(|other| other != file).collect::<BTreeSet<_>>()
    };
    files.iter().map(|(file, code)| (file.clone(), of(file, code))).collect()
}

/// The index of a file's layer in [`LAYERS`]; `None` for the files above all layers.
fn layer(file: &str) -> Option<usize> {
    let Some((folder, _)) = file.split_once("::") else {
        assert!(ROOT.contains(&file), "`{file}` is in no layer: expected it in one of the folders {LAYERS:?}");
        return None;
    };
    let place = LAYERS.iter().position(|layer| *layer == folder);
    assert!(place.is_some(), "`{folder}` is not a layer: expected one of {LAYERS:?}");
    place
}

#[test]
fn a_file_imports_only_its_own_layer_and_those_below() {
    for (file, imported) in imports() {
        for other in imported {
            assert!(layer(&other) >= layer(&file), "`{file}` imports `{other}`, which is in a layer above");
        }
    }
}

#[test]
fn no_two_files_import_each_other() {
    let mut left = imports();
    // A file is in no circle if it imports none of the files that are left, or if none of them imports it.
    while let Some(free) = left.keys().find(|file| {
        let imports_none = left.get(*file).is_none_or(|imports| !imports.iter().any(|other| left.contains_key(other)));
        imports_none || !left.values().any(|imports| imports.contains(*file))
    }) {
        let free = free.clone();
        left.remove(&free);
    }
    assert!(left.is_empty(), "these files import each other, directly or through others: {:?}", left.keys());
}

/// What the code has that would import a file of this crate by a path that does not begin with `crate::`.
fn other_path(code: &str) -> Option<&'static str> {
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
    ["super::", "super ::", "super as ", "crate ::", "crate as ", "crate self", "#[path", "include!"]
        .into_iter()
        .find(|other| code.contains(other))
}

#[test]
fn every_import_of_this_crate_begins_with_crate() {
    for (file, code) in files() {
        let other = other_path(&code);
        assert_eq!(other, None, "in `{file}`: expected `crate::`");
        let declares = file.ends_with("::mod");
        let other = code.lines().find(|line| !line.is_empty() && !line.starts_with("pub(crate) mod "));
        assert!(!declares || other.is_none(), "`{file}` has `{other:?}`: expected only declarations of modules");
    }
}

#[test]
fn other_paths_to_this_crate_are_found() {
    for code in [
        "use super::store;",
        "use super as above;",
        "use crate as c;",
        "use crate\n    as c;",
        "use crate ::store;",
        "extern crate self as c;",
        "#[path = \"../store/facts.rs\"]\nmod facts;",
        "include!(\"../store/facts.rs\");",
    ] {
        assert!(other_path(code).is_some(), "{code}");
    }
    for code in ["use crate::store::facts;", "use crate::{base::clock as time, store};", "pub(crate) fn clock() {}"] {
        assert_eq!(other_path(code), None, "{code}");
    }
}

#[test]
fn the_table_of_layers_in_the_documentation_is_this_list() {
    let source = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let listed = source.lines().filter_map(|line| line.strip_prefix("//! | `")?.split_once("/`"));
    assert_eq!(listed.map(|(folder, _)| folder).collect::<Vec<_>>(), LAYERS);
}

#[test]
fn a_use_declaration_with_braces_is_read_name_by_name() {
    let code = "use crate::{\n    base::failure::{Failure, other},\n    store::{\n        accounts::{self, NewAccount},\n        \
                facts,\n    },\n};\nlet x = crate::base::random::byte();";
    let expected = [
        "base::failure::Failure",
        "base::failure::other",
        "store::accounts::self",
        "store::accounts::NewAccount",
        "store::facts",
        "base::random::byte",
    ];
    assert_eq!(paths(code), expected);
}
