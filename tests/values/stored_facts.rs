//! Stored users and packages: what is written loads as it was, and what is almost a stored user or package does not load.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a slip in a test's own data fails the test")]

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate::{
    Package, User,
    directory::{Directory, World},
    facts::{PackageState, StoredFactsError, StoredPackage, StoredUser},
    testing::strategies::{package, user},
    value::Permission,
};

fn stored_user() -> Value {
    json!({
        "version": 1, "name": "alice", "status": "active", "two_factor": "auth-only",
        "tokens_revoked_until": "2025-10-30T12:00:00Z", "writes_held_until": null,
        "orgs": [{"name": "acme", "role": "admin", "teams": ["developers", "ops"]}, {"name": "globex", "role": "member"}],
    })
}

fn stored_package() -> Value {
    json!({
        "version": 1, "name": "@acme/app", "scope_owner": "organization", "visibility": "private",
        "publishing_access": "two-factor-or-bypass", "users": {"bob@example.com": "read-only"},
        "teams": {"acme:developers": "read-write", "globex:guests": "read-only"},
    })
}

fn load_user(document: &Value) -> Result<User, StoredFactsError> {
    serde_json::from_value::<StoredUser>(document.clone()).unwrap().load()
}

fn load_package(document: &Value) -> Result<Package, StoredFactsError> {
    serde_json::from_value::<StoredPackage>(document.clone()).unwrap().load()
}

proptest! {
    #[test]
    fn a_stored_user_loads_as_it_was(draft in user()) {
        let user = draft.build();
        let text = serde_json::to_string(&StoredUser::from(&user)).unwrap();
        let stored: StoredUser = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(stored.load().unwrap(), user);
        prop_assert_eq!(serde_json::to_string(&stored).unwrap(), text);
    }

    #[test]
    fn a_stored_package_loads_as_it_was(draft in package()) {
        let package = draft.build();
        let text = serde_json::to_string(&StoredPackage::from(&package)).unwrap();
        let stored: StoredPackage = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(stored.load().unwrap(), package);
        prop_assert_eq!(serde_json::to_string(&stored).unwrap(), text);
    }
}

#[test]
fn every_field_is_written_under_its_documented_name() {
    let user = load_user(&stored_user()).unwrap();
    let mut written = stored_user();
    written["orgs"][1]["teams"] = json!([]);
    assert_eq!(serde_json::to_value(StoredUser::from(&user)).unwrap(), written);
    let package = load_package(&stored_package()).unwrap();
    assert_eq!(serde_json::to_value(StoredPackage::from(&package)).unwrap(), stored_package());
}

/// A stored user or package is one of a world with a version, and a package with the owner of its scope.
#[test]
fn a_world_and_a_stored_document_are_read_alike() {
    let without = |mut document: Value, fields: &[&str]| {
        document.as_object_mut().unwrap().retain(|name, _| !fields.contains(&name.as_str()));
        document
    };
    let bob = json!({"name": "bob@example.com", "status": "active", "two_factor": "disabled",
                     "tokens_revoked_until": null, "writes_held_until": null});
    let world = json!({
        "policy": "npm-2025-10", "users": [without(stored_user(), &["version"]), bob], "tokens": [],
        "orgs": [{"name": "acme"}, {"name": "globex"}],
        "packages": [without(stored_package(), &["version", "scope_owner"])],
    });
    let directory = Directory::load(&serde_json::from_value::<World>(world).unwrap()).unwrap();
    let alice = directory.user("alice".try_into().unwrap()).unwrap();
    assert_eq!(*alice, load_user(&stored_user()).unwrap());
    let PackageState::Existing(app) = directory.package("@acme/app".try_into().unwrap()) else { unreachable!() };
    let stored = load_package(&stored_package()).unwrap();
    assert_eq!(
        (app.scope_owner(), app.users(), app.teams()),
        (stored.scope_owner(), Some(stored.users()), Some(stored.teams()))
    );
    assert_eq!((app.visibility(), app.publishing_access()), (stored.visibility(), stored.publishing_access()));
}

/// The JSON pointers of all values in the document, and the path of each as an error names it.
fn places(value: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String)>) {
    let children: Vec<(String, String, &Value)> = match value {
        Value::Object(fields) => {
            let dot = if path.is_empty() { "" } else { "." };
            fields.iter().map(|(name, value)| (name.clone(), format!("{path}{dot}{name}"), value)).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, value)| (index.to_string(), format!("{path}[{index}]"), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, path, value) in children {
        let pointer = format!("{pointer}/{name}");
        places(value, &pointer, &path, found);
        found.push((pointer, path));
    }
}

/// Asserts that the document loads, and that it does not load with a field taken away, a value of another type, an
/// unknown field or a newer version. Each error names the place.
fn assert_strict<T: std::fmt::Debug>(
    document: &Value,
    optional: &[&str],
    load: impl Fn(&Value) -> Result<T, StoredFactsError>,
) {
    assert!(load(document).is_ok(), "{document}");
    let mut found = Vec::new();
    places(document, "", "", &mut found);
    assert!(found.len() > 8, "{found:?}");
    for (pointer, path) in found {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        // A field that is left out, unless it is a grant.
        let mut without = document.clone();
        if let Some(Value::Object(fields)) = without.pointer_mut(parent) {
            fields.remove(name).unwrap();
            let is_grant = parent == "/users" || parent == "/teams";
            match load(&without) {
                Ok(_) => assert!(is_grant || optional.contains(&name), "{path} left out"),
                Err(error) => {
                    assert!(!is_grant && !optional.contains(&name), "{error}");
                    assert!(error.to_string().ends_with(&format!(": {path}: missing field")), "{error}");
                }
            }
        }
        for wrong in [json!(null), json!(true), json!(0.5), json!("no such word"), json!([7]), json!({"x": 7})] {
            let old = document.pointer(&pointer).unwrap();
            if wrong.is_null() && (old.is_null() || name.ends_with("_until")) {
                continue;
            }
            let mut changed = document.clone();
            *changed.pointer_mut(&pointer).unwrap() = wrong.clone();
            let error = load(&changed).unwrap_err();
            let names_the_place = error.to_string().contains(&format!(": {path}"))
                || matches!(&error, StoredFactsError::UnknownField { path: unknown, .. } if unknown.starts_with(&path));
            assert!(names_the_place, "{path} is {wrong}: {error}");
        }
        // An unknown field, in each object whose keys are not names.
        if document.pointer(&pointer).unwrap().is_object() && !matches!(name, "users" | "teams") {
            let mut more = document.clone();
            more.pointer_mut(&pointer).unwrap()["only_from"] = json!("10.0.0.0/8");
            let error = load(&more).unwrap_err();
            assert!(
                matches!(&error, StoredFactsError::UnknownField { path: unknown, .. } if *unknown == format!("{path}.only_from")),
                "{error}"
            );
        }
    }
    let mut more = document.clone();
    more["only_from"] = json!("10.0.0.0/8");
    assert!(matches!(load(&more), Err(StoredFactsError::UnknownField { path, .. }) if path == "only_from"));
    let mut newer = document.clone();
    newer["version"] = json!(2);
    // A newer version is said to be newer, whatever else is in the document.
    newer["only_from"] = json!("10.0.0.0/8");
    assert!(matches!(load(&newer), Err(StoredFactsError::NewerVersion { found: 2, .. })));
}

#[test]
fn what_is_almost_a_stored_user_or_package_does_not_load() {
    assert_strict(&stored_user(), &["orgs", "teams"], load_user);
    assert_strict(&stored_package(), &["users", "teams"], load_package);
}

#[test]
fn what_is_left_out_gives_no_right() {
    let mut document = stored_user();
    drop(document.as_object_mut().unwrap().remove("orgs"));
    assert_eq!(load_user(&document).unwrap().memberships().as_slice(), []);
    let mut document = stored_package();
    document.as_object_mut().unwrap().retain(|name, _| name != "users" && name != "teams");
    let package = load_package(&document).unwrap();
    assert_eq!((package.users().iter().count(), package.teams().iter().count()), (0, 0));
}

#[test]
fn stored_facts_that_do_not_load_say_why() {
    let user = |field: &str, value: Value| {
        let mut document = stored_user();
        *document.pointer_mut(field).unwrap() = value;
        load_user(&document).unwrap_err().to_string()
    };
    let package = |field: &str, value: Value| {
        let mut document = stored_package();
        *document.pointer_mut(field).unwrap() = value;
        load_package(&document).unwrap_err().to_string()
    };
    for (found, expected) in [
        (
            user("/version", json!(2)),
            "stored user of version 2: expected 1, the newest that this version of the crate reads",
        ),
        (
            package("/version", json!(7)),
            "stored package of version 7: expected 1, the newest that this version of the crate reads",
        ),
        (user("/version", json!("1")), "malformed stored user: version: unknown version: expected 1"),
        (
            user("/orgs/0", json!({"name": "acme", "role": "admin", "until": null})),
            "stored user with the unknown field `orgs[0].until`: expected none, for it might be a restriction",
        ),
        (
            user("/status", json!("banned")),
            "malformed stored user: status: unknown account status `banned`: expected one of `active`, `suspended`",
        ),
        (
            user("/writes_held_until", json!(false)),
            "malformed stored user: writes_held_until: found a boolean: expected a string or null",
        ),
        (
            user("/orgs/1/name", json!("acme")),
            "invalid stored user: orgs[1].name: a second membership in `acme`: expected one",
        ),
        (
            user("/orgs/0/teams/1", json!("developers")),
            "invalid stored user: orgs[0].teams[1]: the team `developers` twice: expected once",
        ),
        (
            user("/orgs/1/name", json!("alice")),
            "invalid stored user: orgs: a membership of the user `alice` in an organization of the same name: users and \
             organizations share one namespace",
        ),
        (
            package("/scope_owner", json!("unscoped")),
            "invalid stored package: scope_owner: the package `@acme/app` with the scope owner `unscoped`: expected \
             `unscoped` for an unscoped name, and only for it",
        ),
        (
            package("/teams", json!({"developers": "read-only"})),
            "invalid stored package: teams.developers: `developers` is no team: expected `organization:team`",
        ),
        (
            package("/users", json!({"bob": Permission::NoAccess})),
            "malformed stored package: users.bob: unknown permission `no-access`: expected one of `read-only`, `read-write`",
        ),
    ] {
        assert_eq!(found, expected);
    }
    // Each wrong value is named.
    let mut document = stored_user();
    document["name"] = json!(".alice");
    document["orgs"][0]["name"] = json!("@acme");
    let message = load_user(&document).unwrap_err().to_string();
    assert!(message.starts_with("invalid stored user: name: ") && message.contains("; orgs[0].name: "), "{message}");
    // serde_json keeps the last of two equal keys of a `Value`, so this is read from the text.
    let twice: StoredPackage = serde_json::from_str(
        r#"{"version": 1, "users": {"bob": "read-only", "bob": "read-only"},
        "name": "x", "scope_owner": "unscoped", "visibility": "public", "publishing_access": "no-requirement"}"#,
    )
    .unwrap();
    assert_eq!(
        twice.load().unwrap_err().to_string(),
        "malformed stored package: users.bob: duplicate key: expected each once"
    );
}

#[test]
fn a_document_that_does_not_load_is_not_written_again() {
    let mut document = stored_user();
    document["only_from"] = json!("10.0.0.0/8");
    let stored: StoredUser = serde_json::from_value(document).unwrap();
    assert!(serde_json::to_string(&stored).is_err());
    let mut document = stored_package();
    document["version"] = json!(2);
    let stored: StoredPackage = serde_json::from_value(document).unwrap();
    assert!(serde_json::to_string(&stored).is_err());
}

/// What was read and is not checked yet may have a secret in a wrong place.
#[test]
fn a_document_that_was_read_prints_nothing_of_its_content() {
    let user: StoredUser = serde_json::from_value(json!({"name": "npm_secret"})).unwrap();
    assert_eq!(format!("{user:?}"), "StoredUser(…)");
    let package: StoredPackage = serde_json::from_value(json!({"name": "npm_secret"})).unwrap();
    assert_eq!(format!("{package:?}"), "StoredPackage(…)");
    let user = load_user(&stored_user()).unwrap();
    assert_eq!(format!("{:?}", StoredUser::from(&user)), format!("StoredUser({user:?})"));
    let package = load_package(&stored_package()).unwrap();
    assert_eq!(format!("{:?}", StoredPackage::from(&package)), format!("StoredPackage({package:?})"));
}
