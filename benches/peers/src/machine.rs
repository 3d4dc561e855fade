//! The machine and the compiler of the measurement.
#![expect(clippy::disallowed_methods, reason = "the processor's name is read from a file")]

use std::{fs, process::Command, thread};

use crate::hash;

/// Returns the name of the first processor.
fn model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim().to_owned())
}

fn compiler() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(|version| format!("rustc {version}"))
}

/// Returns the processor, the number of cores, the compiler, and the implementation of SHA-256.
pub fn line() -> String {
    let unknown = || "unknown".to_owned();
    format!(
        "{}, {} cores, {}, SHA-256 by sha2 with {}",
        model().unwrap_or_else(unknown),
        thread::available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string()),
        compiler().unwrap_or_else(unknown),
        hash::backend(),
    )
}
