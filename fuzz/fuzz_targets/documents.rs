//! Documents: loads any bytes as a world and as a stored token. A document loads completely or not at all.
//!
//! * A duplicate key anywhere is an error. Without one, the text and its `serde_json::Value` load alike.
//! * An error has at least one problem. Each problem has a path that exists in the document, and a message on one line.
//!   The problems are in document order.
//! * Every token, user and package of the document is found in the directory by its name, and nothing else is.
//! * A token of a directory can be written and read again, writing it again gives the same text, and it is the same
//!   token in a world or alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tollgate::directory::{Directory, World, WorldError};
use tollgate::{
    PackageName, StoredToken, Token, UserName,
    decision::Caller,
    facts::{OrganizationState, PackageState},
    value::OrganizationName,
};

#[path = "shared/duplicate_keys.rs"]
mod duplicate_keys;
#[path = "shared/laws.rs"]
mod laws;

/// Returns `true` if a path such as `tokens[3].cidr[0]` leads to a value in the document, or to a missing field of an
/// object in it.
fn path_leads_somewhere(value: &Value, path: &str) -> bool {
    // A key that is not printed literally is skipped: it has control characters or the shape of a secret.
    if path.is_empty() || path.contains(['\\', '…']) {
        return true;
    }
    match value {
        Value::Array(items) => {
            let item = path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            let found = item.and_then(|(index, rest)| Some((items.get(index.parse::<usize>().ok()?)?, rest)));
            found.is_some_and(|(item, rest)| path_leads_somewhere(item, rest))
        }
        Value::Object(entries) => {
            // Only one dot precedes a field, because a name may start with dots.
            let Some(path) = path.strip_prefix('.') else { return false };
            let is_missing_field = path.bytes().all(|byte| byte.is_ascii_lowercase() || b"_256".contains(&byte));
            is_missing_field
                || entries.iter().any(|(key, value)| {
                    let key: String = key.chars().take(256).collect();
                    path.strip_prefix(key.as_str()).is_some_and(|rest| {
                        rest.is_empty() || (rest.starts_with(['.', '[']) && path_leads_somewhere(value, rest))
                    })
                })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn errors(error: &WorldError, document: &Value) {
    let mut places = Vec::new();
    for (path, message) in error.errors() {
        laws::message(message);
        assert!(!path.contains(char::is_control), "{path:?}");
        let leads_somewhere = path.is_empty() || path_leads_somewhere(document, &format!(".{path}"));
        assert!(leads_somewhere, "{path:?} leads nowhere in {document}");
        let list = ["users[", "orgs[", "packages[", "tokens["].iter().position(|list| path.starts_with(list));
        let index = path.split(['[', ']']).nth(1).and_then(|index| index.parse::<usize>().ok());
        places.push((list, index));
    }
    assert!(!places.is_empty(), "an error without an error");
    assert!(places.is_sorted(), "not in the order of the document: {error}");
    assert_eq!(error.to_string().lines().count(), places.len(), "{error}");
}

/// Writes a token, and asserts that reading it gives the same token.
fn written(token: &Token) -> Value {
    let text = serde_json::to_string(&StoredToken::from(token)).expect("a token is JSON");
    let read: StoredToken = serde_json::from_str(&text).expect("what was written reads");
    assert_eq!(read.load().as_ref(), Ok(token), "{text}");
    assert_eq!(serde_json::to_string(&read).expect("a token is JSON"), text);
    serde_json::from_str(&text).expect("JSON")
}

fn entries<'a>(document: &'a Value, list: &str) -> impl Iterator<Item = &'a str> {
    document[list].as_array().into_iter().flatten().filter_map(|entry| entry["name"].as_str())
}

/// Asserts that the directory has exactly the users, packages and tokens of the document.
fn whole(directory: &Directory, document: &Value) {
    for name in entries(document, "users") {
        let name = UserName::new(name).expect("a name that loaded");
        assert!(directory.user(name).is_some_and(|user| user.name() == &name));
        // The name of a user may have characters that no organization's name has (rule N4).
        if let Ok(organization) = OrganizationName::new(name.into_str()) {
            assert!(matches!(directory.organization(organization), OrganizationState::Missing(_)), "{name} twice");
        }
    }
    for name in entries(document, "orgs") {
        let name = OrganizationName::new(name).expect("a name that loaded");
        assert!(matches!(directory.organization(name), OrganizationState::Existing(_)));
    }
    for name in entries(document, "packages") {
        let name = PackageName::new(name).expect("a name that loaded");
        assert!(matches!(directory.package(name), PackageState::Existing(_)));
    }
    assert_eq!(directory.packages().count(), entries(document, "packages").count());
    let tokens = document["tokens"].as_array().map_or(&[][..], Vec::as_slice);
    assert_eq!(directory.tokens().len(), tokens.len());
    let mut again = document.clone();
    for (at, (token, entry)) in directory.tokens().iter().zip(tokens).enumerate() {
        let id = entry["id"].as_str().expect("an id that loaded");
        assert_eq!(token.id().as_str(), id);
        let Caller::Token(bound) = directory.token_by_id(id) else { panic!("{id} is not known") };
        assert_eq!(bound.owner().name().as_str(), entry["owner"]);
        // The stored form is that in a world, except for the version and the name of the id's field.
        let mut stored = written(token);
        let fields = stored.as_object_mut().expect("a token is an object");
        assert_eq!(fields.remove("version"), Some(json!(1)));
        let key = fields.remove("key").expect("a key");
        fields.insert("id".to_owned(), key);
        fields.insert("secret_sha256".to_owned(), entry.get("secret_sha256").cloned().unwrap_or_default());
        again["tokens"][at] = stored;
    }
    let again: World = serde_json::from_value(again).expect("a world is JSON");
    let again = Directory::load(&again).expect("a world of tokens as they are written loads");
    assert_eq!(again.tokens(), directory.tokens());
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        assert!(serde_json::from_str::<World>(text).is_err() && serde_json::from_str::<StoredToken>(text).is_err());
        return;
    };
    let twice = duplicate_keys::has_duplicate_keys(text);

    let world: World = serde_json::from_str(text).expect("any JSON reads");
    let loaded = Directory::load(&world);
    assert!(!twice || loaded.is_err(), "a key is there twice: {text}");
    if !twice {
        let of_value: World = serde_json::from_value(value.clone()).expect("any JSON reads");
        let of_value = Directory::load(&of_value);
        assert_eq!(loaded.is_ok(), of_value.is_ok(), "{text}");
        if let (Ok(loaded), Ok(of_value)) = (&loaded, &of_value) {
            assert_eq!(loaded.tokens(), of_value.tokens());
        }
    }
    match &loaded {
        Ok(directory) => whole(directory, &value),
        Err(error) => errors(error, &value),
    }

    let stored: StoredToken = serde_json::from_str(text).expect("any JSON reads");
    let token = stored.load();
    assert!(!twice || token.is_err(), "a key is there twice: {text}");
    assert_eq!(serde_json::to_string(&stored).is_ok(), token.is_ok());
    match token {
        Ok(token) => {
            let of_value: StoredToken = serde_json::from_value(value).expect("any JSON reads");
            assert_eq!(of_value.load().as_ref(), Ok(&token));
            let again = written(&token);
            assert_eq!(serde_json::to_value(&stored).expect("a token is JSON"), again);
        }
        // There is one message for each problem, so their number is limited only by the document.
        Err(error) => error.to_string().split("; ").filter(|message| !message.is_empty()).for_each(laws::message),
    }
});
