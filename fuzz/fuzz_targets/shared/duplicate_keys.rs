//! Detects duplicate keys in JSON, which `serde_json::Value` silently drops.

use std::collections::BTreeSet;

/// Returns `true` if an object in this JSON text has a duplicate key. The text must be valid JSON.
pub(crate) fn has_duplicate_keys(text: &str) -> bool {
    // The keys of each open object, and `None` for each open list.
    let mut open: Vec<Option<BTreeSet<String>>> = Vec::new();
    let mut expects_key = false;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => {
                open.push(Some(BTreeSet::new()));
                expects_key = true;
            }
            b'[' => {
                open.push(None);
                expects_key = false;
            }
            b'}' | b']' => drop(open.pop()),
            b',' => expects_key = matches!(open.last(), Some(Some(_))),
            b'"' => {
                let start = at;
                at += 1;
                while bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                if expects_key && let Some(Some(keys)) = open.last_mut() {
                    let key = serde_json::from_str(&text[start..=at]).expect("a key is a string");
                    if !keys.insert(key) {
                        return true;
                    }
                    expects_key = false;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}
