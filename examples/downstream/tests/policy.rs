//! Tests of the policy in scenario files. The folder `policy` tests decisions by tollgate's rules, and the folder
//! `house` tests answers of this registry.
#![expect(clippy::unwrap_used, reason = "an invalid world fails the test")]

use serde_json::{Value, json};
use tollgate::{
    PackageName, Policy, Secret, StoredToken,
    directory::{Directory, World},
    testing::{ranges, run_scenarios, run_scenarios_with},
};
use tollgate_downstream::{
    Call, Registry,
    house::HouseRules,
    rows::{Database, TokenRow},
};

#[test]
fn tollgate_decides_as_the_policy_says() {
    assert_eq!(run_scenarios("tests/policy"), 12);
}

#[test]
fn the_registry_answers_as_the_policy_says() {
    let held = run_scenarios_with("tests/house", |world| {
        let policy: Policy = serde_json::from_value(world["policy"].clone()).unwrap();
        let house = HouseRules { builds: ranges(&["10.0.0.0/8"]) };
        let registry = Registry { policy, database: rows(world), house };
        move |request| line(&registry, request)
    });
    assert_eq!(held, 10);
}

/// Returns the secret of the token with this id. A world need not have secrets, so the test makes one for each token.
fn secret(id: &str) -> String {
    format!("the-text-of-{id}")
}

/// Converts a world into rows, which have the same columns. Your own test would insert them into a test database.
fn rows(world: &Value) -> Database {
    let mut database: Database = serde_json::from_value(world.clone()).unwrap();
    let directory = Directory::load(&serde_json::from_value::<World>(world.clone()).unwrap()).unwrap();
    for token in directory.tokens() {
        let digest = Secret::new(&secret(token.id().as_str())).unwrap().digest().to_hex();
        let stored = serde_json::to_string(&StoredToken::from(token)).unwrap();
        database.tokens.push(TokenRow { digest, stored });
    }
    // The number of dependents is a fact of this registry only, so a world does not have it.
    for package in database.packages.iter_mut().filter(|package| package.name == "left-pad") {
        package.dependents = 11;
    }
    database
}

/// Answers a line of the requests file with a decision line. A request that this registry does not support gets an
/// error line.
fn line(registry: &Registry, request: &Value) -> Value {
    let text = |field: &str| request.get(field)?.as_str();
    let secret = text("token").map(secret);
    let call = || {
        request.get("token")?;
        Some(Call {
            secret: secret.as_deref(),
            factor_shown: request.get("second_factor") == Some(&Value::Bool(true)),
            action: text("action")?.parse().ok()?,
            package: PackageName::new(text("package")?).ok()?,
            client_ip: text("client_ip")?.parse().ok()?,
            now: text("now")?.parse().ok()?,
        })
    };
    let mut line = match call() {
        Some(call) => serde_json::to_value(registry.answer(call).unwrap()).unwrap(),
        None => json!({"error": "no call that this registry takes"}),
    };
    line.as_object_mut().unwrap().insert("id".into(), text("id").into());
    line
}
