//! The policy as files: `policy` holds what tokens may do by tollgate's rules, `house` what this registry answers.
#![expect(clippy::unwrap_used, reason = "a world that is none fails the test")]

use serde_json::{Value, json};
use tollgate::{
    PackageName, Secret, StoredToken,
    directory::{Directory, World},
    testing::{ranges, run_scenarios, run_scenarios_with},
};
use tollgate_downstream::{
    Call, Registry,
    house::HouseRules,
    rows::{Database, TokenRow},
};

#[test]
fn tokens_may_do_what_the_policy_says() {
    assert_eq!(run_scenarios("tests/policy"), 12);
}

#[test]
fn the_registry_answers_as_the_policy_says() {
    let held = run_scenarios_with("tests/house", |world| {
        let registry = Registry { database: rows(world), house: HouseRules { builds: ranges(&["10.0.0.0/8"]) } };
        move |request| line(&registry, request)
    });
    assert_eq!(held, 10);
}

/// What a client would send to have the token with that id looked up.
fn secret(id: &str) -> String {
    format!("the-text-of-{id}")
}

/// The rows of a world, which has the same columns. Yours are inserted into a database for tests.
fn rows(world: &Value) -> Database {
    let mut database: Database = serde_json::from_value(world.clone()).unwrap();
    let directory = Directory::load(&serde_json::from_value::<World>(world.clone()).unwrap()).unwrap();
    for token in directory.tokens() {
        let digest = Secret::new(&secret(token.id().as_str())).unwrap().digest().to_hex();
        let stored = serde_json::to_string(&StoredToken::from(token)).unwrap();
        database.tokens.push(TokenRow { digest, stored });
    }
    // A fact of this registry's own, which no world can tell.
    for package in database.packages.iter_mut().filter(|package| package.name == "left-pad") {
        package.dependents = 11;
    }
    database
}

/// One request, by the way that calls go, and the answer as a line. What is no call is an error line.
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
