//! Names, generated from numbers.

use crate::numbers::Random;

const WORDS: [&str; 48] = [
    "left", "pad", "react", "core", "utils", "parser", "stream", "http", "client", "server", "router", "loader",
    "plugin", "babel", "types", "color", "string", "array", "deep", "merge", "fast", "glob", "path", "file", "watch",
    "build", "bundle", "css", "style", "theme", "icons", "input", "table", "chart", "date", "picker", "form", "state",
    "query", "cache", "queue", "worker", "logger", "config", "env", "test", "mock", "cli",
];
const PEOPLE: [&str; 16] = [
    "alice",
    "bob",
    "carol",
    "dmitri",
    "elena",
    "farid",
    "grace",
    "hiro",
    "ines",
    "jamal",
    "katarzyna",
    "li",
    "maria",
    "nguyen",
    "olu",
    "sven",
];

fn word(random: &mut Random) -> &'static str {
    random.one_of(&WORDS)
}

/// Returns a name such as `maria48213`. It has no dash, so that it differs from every organization's.
pub(crate) fn user_name(number: usize) -> String {
    format!("{}{number}", PEOPLE[number % PEOPLE.len()])
}

/// Returns a name such as `fast-icons-1204`.
pub(crate) fn organization_name(number: usize) -> String {
    let mut random = Random::seeded(seed(number) ^ 7);
    format!("{}-{}-{number}", word(&mut random), word(&mut random))
}

/// Returns a name without a scope, such as `deep-merge-plugin-90210`.
pub(crate) fn package_name(number: usize) -> String {
    let mut random = Random::seeded(seed(number));
    let (first, second) = (word(&mut random), word(&mut random));
    if random.percent(50) {
        format!("{first}-{second}-{number}")
    } else {
        format!("{first}-{second}-{}-{number}", word(&mut random))
    }
}

/// Returns the seed of a generator for the item with this number.
pub(crate) fn seed(number: usize) -> u64 {
    Random::seeded(u64::try_from(number).expect("a small number")).next()
}
