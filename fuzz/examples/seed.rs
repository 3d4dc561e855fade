//! Creates the seed corpora from the data in the repository.
//!
//! These are every text, world, token and request in `tests/scenarios`, the recorded names in `tests/data`, worlds of
//! the oracle's generator, and the demo and the recording of npm in `examples/data`.
//!
//! `fuzz/seed` runs it. It writes `fuzz/corpus/<target>/seed-<number>`, with the same content each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

/// The maximum length of a seed, in bytes. With longer seeds, a fuzzer would generate longer and slower inputs.
const LONGEST: usize = 16 * 1024;

/// The seeds of each target.
#[derive(Default)]
struct Corpora(BTreeMap<&'static str, BTreeSet<Vec<u8>>>);

impl Corpora {
    fn add(&mut self, target: &'static str, seed: impl Into<Vec<u8>>) {
        let seed = seed.into();
        if seed.len() <= LONGEST {
            self.0.entry(target).or_default().insert(seed);
        }
    }

    /// Adds a seed for each few texts. The texts are sorted, so that those in one seed are similar.
    fn add_lines(&mut self, target: &'static str, texts: &BTreeSet<String>) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for few in texts.chunks(4) {
            self.add(target, few.join("\n"));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is no part of the crate: it reads files")]
fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn scenarios() -> Vec<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).expect("the scenarios").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.iter().map(|path| value(&read(path))).collect()
}

/// Returns the target for a text, by the key of its field.
fn target_of(key: &str) -> &'static str {
    match key {
        "package" | "packages" | "scope" | "scopes" | "user" | "users" | "team" | "teams" | "org" | "orgs"
        | "owner" | "name" | "select" => "names",
        "range" | "cidr" | "address" | "client_ip" => "addresses",
        "time"
        | "now"
        | "created"
        | "expires"
        | "revoked"
        | "tokens_revoked_until"
        | "writes_held_until"
        | "verified_at"
        | "valid_until" => "times",
        "secret" => "secrets",
        _ => "texts",
    }
}

/// Collects every text in a value, by target.
fn texts(key: &str, value: &Value, found: &mut BTreeMap<&'static str, BTreeSet<String>>) {
    match value {
        Value::String(text) => {
            found.entry(target_of(key)).or_default().insert(text.clone());
            if key == "name" {
                found.entry("texts").or_default().insert(text.clone()); // a token has a name as well
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(key, item, found)),
        Value::Object(entries) => {
            for (name, value) in entries {
                // In the grants of a package, the keys are names.
                if key == "users" || key == "teams" {
                    found.entry("names").or_default().extend(name.split(':').map(str::to_owned));
                }
                texts(name, value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the stored forms of the tokens of a world.
fn stored(world: &Value) -> Vec<Value> {
    let mut tokens: Vec<Value> = world["tokens"].as_array().cloned().unwrap_or_default();
    for token in &mut tokens {
        if let Some(fields) = token.as_object_mut() {
            let key = fields.remove("id").unwrap_or_default();
            fields.remove("secret_sha256");
            fields.insert("key".to_owned(), key);
            fields.insert("version".to_owned(), json!(1));
        }
    }
    tokens
}

fn world(corpora: &mut Corpora, world: &Value, requests: &[Value]) {
    corpora.add("documents", world.to_string());
    for token in stored(world) {
        corpora.add("documents", token.to_string());
    }
    for few in requests.chunks(4) {
        let lines: Vec<String> = [world].into_iter().chain(few).map(Value::to_string).collect();
        corpora.add("lines", lines.join("\n"));
    }
}

fn scenario(corpora: &mut Corpora, file: &Value) {
    let mut requests = Vec::new();
    for case in file["cases"].as_array().into_iter().flatten() {
        if let Some(request) = case.get("request") {
            let mut request = request.clone();
            if let Some(fields) = request.as_object_mut() {
                fields.entry("id").or_insert_with(|| json!("r"));
            }
            requests.push(request);
        }
        if let Some(world) = case.get("load") {
            corpora.add("documents", world.to_string());
        }
        if let Some(text) = case["load_text"].as_str() {
            corpora.add("documents", text);
        }
    }
    if let Some(of_file) = file.get("world") {
        world(corpora, of_file, &requests);
    }
}

/// The xorshift64* generator, for programs.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u8) -> u8 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let [high, ..] = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes();
        high % limit
    }
}

/// Returns a program for the target `agreement`, with instructions in a useful order and random operands.
fn program(seed: u64) -> String {
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut program = String::new();
    for (instruction, at_most) in
        [("e", 2), ("u", 4), ("o", 3), ("m", 6), ("p", 7), ("g", 6), ("h", 6), ("t", 6), ("r", 16), ("l", 6), ("x", 4)]
    {
        for _ in 0..=chance.below(at_most) {
            let mut line = |instruction: &str| {
                program.push_str(instruction);
                // The last operand of a request chooses a mistake, and mostly none.
                let operands = if chance.below(16) == 0 { 13 } else { 12 };
                for _ in 0..operands {
                    program.push(char::from(b'0' + chance.below(48)));
                }
                program.push('\n');
                chance.below(4)
            };
            if line(instruction) > 0 && instruction == "t" {
                line("s");
                if line("s") == 0 {
                    line("c");
                }
            }
        }
    }
    program
}

/// Adds the recording of the real npm client: its requests, a few in each seed, and its bodies with a packument that
/// may have been stored.
fn recording(corpora: &mut Corpora) {
    let recorded: Vec<Value> = read("examples/data/npm-recording.jsonl").lines().map(value).collect();
    let text = |request: &Value, field: &str| request[field].as_str().unwrap_or_default().to_owned();
    let lines: BTreeSet<String> =
        recorded.iter().map(|request| format!("{} {}", text(request, "method"), text(request, "path"))).collect();
    corpora.add_lines("endpoints", &lines);
    for request in &recorded {
        let sent = &request["body"];
        let name = sent["_id"].as_str().unwrap_or("left-pad");
        let mut stored = sent.clone();
        let versions = stored.get_mut("versions").and_then(Value::as_object_mut);
        for manifest in versions.into_iter().flat_map(|versions| versions.values_mut()) {
            if let Some(manifest) = manifest.as_object_mut() {
                manifest.remove("deprecated");
            }
        }
        for stored in [stored, json!({"name": name, "versions": {}, "maintainers": [], "users": {}})] {
            corpora.add("bodies", format!("{name}\n{sent}\n{stored}"));
        }
    }
}

fn main() {
    let mut corpora = Corpora::default();
    recording(&mut corpora);
    let mut by_target = BTreeMap::new();
    for file in scenarios() {
        texts("", &file["cases"], &mut by_target);
        texts("", &file["world"], &mut by_target);
        scenario(&mut corpora, &file);
    }
    let demo = value(&read("examples/data/demo-world.json"));
    texts("", &demo, &mut by_target);
    let requests: Vec<Value> = read("examples/data/demo-requests.jsonl").lines().map(value).collect();
    world(&mut corpora, &demo, &requests);
    let recorded = read("tests/data/names/recorded.jsonl");
    let names = recorded.lines().filter_map(|line| value(line)[0].as_str().map(str::to_owned));
    by_target.entry("names").or_default().extend(names);
    for (target, texts) in &by_target {
        corpora.add_lines(target, texts);
    }
    for seed in 0..40 {
        let of_seed = oracle::worlds::world(seed);
        world(&mut corpora, &of_seed, &oracle::worlds::requests(&of_seed, seed, 8));
    }
    for seed in 0..400 {
        corpora.add("agreement", program(seed));
    }

    for (target, seeds) in &corpora.0 {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        fs::create_dir_all(&directory).expect("a directory for the corpus");
        for entry in fs::read_dir(&directory).expect("the corpus") {
            let entry = entry.expect("an entry");
            if entry.file_name().to_string_lossy().starts_with("seed-") {
                fs::remove_file(entry.path()).expect("an old seed goes");
            }
        }
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(directory.join(format!("seed-{number:04}")), seed).expect("a new seed comes");
        }
        println!("{target}: {} seeds", seeds.len());
    }
}
