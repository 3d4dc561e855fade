//! The scenario files of `tests/scenarios`.

use std::{fs, path::Path};

/// The name and the text of every scenario file, in the order of their names.
#[expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "scenarios are files")]
pub(crate) fn scenario_files() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(!paths.is_empty(), "no scenario in {}", directory.display());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}
