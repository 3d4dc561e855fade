//! The policy set is sound, and nothing of it is idle: whatever is taken out of it, some random request comes out
//! differently. So the comparison can fail, for each rule.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "the scenarios are files")]

use std::fs;

use cedar_policy::{Policy, PolicyId, PolicySet, Schema, SchemaFragment, ValidationMode, Validator};
use serde_json::{Value, json};
use tollgate_cedar::{
    compare::{Case, Tally, compare},
    policies::{self, Judge, policies, schema},
};

/// How many worlds are searched for a difference.
const WORLDS: u64 = 2000;

#[test]
fn the_policies_are_valid_under_the_schema_strictly_and_without_a_warning() {
    let result = Validator::new(schema().unwrap()).validate(&policies().unwrap(), ValidationMode::Strict);
    let problems: Vec<String> = result
        .validation_errors()
        .map(ToString::to_string)
        .chain(result.validation_warnings().map(ToString::to_string))
        .collect();
    assert_eq!(problems, [""; 0]);
}

#[test]
fn twenty_thousand_random_requests_agree() {
    let tally = compare(&schema().unwrap(), &policies().unwrap(), 1_000_000..1_000_110).unwrap();
    assert!(tally.compared >= 20_000, "{tally:?}");
    assert!(tally.disagreements == 0, "{} disagreements\n{}", tally.disagreements, tally.shown.join("\n"));
    let outcomes = [tally.allow, tally.challenge, tally.deny, tally.no_token, tally.unknown_token, tally.skipped];
    assert!(outcomes.into_iter().all(|count| count >= 200), "{tally:?}");
}

/// The hand-written worlds and requests of the crate's own tests.
#[test]
fn the_scenarios_agree() {
    let schema = schema().unwrap();
    let judge = Judge::new(policies().unwrap());
    let mut tally = Tally::default();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        if file.get("world").is_none() {
            continue;
        }
        let world = file["world"].take();
        let requests = file["cases"].as_array_mut().unwrap().iter_mut().filter_map(|case| {
            let mut request = case.get_mut("request")?.take();
            if let Some(fields) = request.as_object_mut() {
                fields.entry("id").or_insert_with(|| json!("the-id"));
            }
            Some(request)
        });
        let case = Case::of(path.display().to_string(), world, requests.collect(), &schema);
        let case = case.unwrap_or_else(|mistake| panic!("{}: {mistake}", path.display()));
        tally.add(case.compare(&judge).unwrap());
    }
    assert!(tally.compared > 1000, "{tally:?}");
    assert!(tally.disagreements == 0, "{} disagreements\n{}", tally.disagreements, tally.shown.join("\n"));
    println!("{tally:?}");
}

#[test]
fn no_policy_is_idle() {
    let all = policies().unwrap();
    let mutants = all.policies().map(|policy| {
        let mut fewer = all.clone();
        fewer.remove_static(policy.id().clone()).unwrap();
        (policy.id().to_string(), Judge::new(fewer))
    });
    assert_eq!(idle(mutants), [""; 0]);
}

#[test]
fn no_clause_no_operand_and_no_comparison_is_idle() {
    let all = policies().unwrap();
    let mutants = all.policies().flat_map(|policy| {
        let all = &all;
        changed(&policy.to_json().unwrap()).into_iter().map(move |(change, json)| {
            let id = policy.id();
            (format!("{id}: {change}"), Judge::new(with(all, Policy::from_json(Some(id.clone()), json).unwrap(), id)))
        })
    });
    assert_eq!(idle(mutants), [""; 0]);
}

#[test]
fn no_action_is_idle_in_a_group() {
    let json = schema_json();
    let mutants: Vec<_> = memberships(&json)
        .map(|(action, group)| {
            let mut fewer = json.clone();
            groups_of(&mut fewer, action).retain(|of| of["id"] != group);
            (format!("{action} in {group}"), fewer)
        })
        .collect();
    println!("{} mutants", mutants.len());
    assert!(mutants.len() > 100, "{}", mutants.len());
    assert_eq!(idle_schemas(&mutants), [""; 0]);
}

/// The "-" of the table of K and G, and the classes of F.
#[test]
fn no_action_joins_a_kind_or_a_class_unnoticed() {
    let json = schema_json();
    let is_in = |action: &str, group: &str| memberships(&json).any(|membership| membership == (action, group));
    let mut mutants = Vec::new();
    for action in actions(&json) {
        for group in ["every-kind", "automation", "granular", "write", "auth"] {
            // Every kind is any kind, a write is challenged where an auth action is, and less often, and a decision about a
            // staged version is challenged always.
            let implied = match group {
                "automation" | "granular" => is_in(action, "every-kind"),
                "write" => is_in(action, "auth"),
                "auth" => is_in(action, "staging-approvals"),
                _ => false,
            };
            if !implied && !is_in(action, group) {
                let mut more = json.clone();
                groups_of(&mut more, action).push(json!({"id": group}));
                mutants.push((format!("{action} in {group}"), more));
            }
        }
    }
    println!("{} mutants", mutants.len());
    assert!(mutants.len() > 80, "{}", mutants.len());
    assert_eq!(idle_schemas(&mutants), [""; 0]);
}

/// The schema as JSON.
fn schema_json() -> Value {
    let (fragment, _) = SchemaFragment::from_cedarschema_str(policies::SCHEMA).unwrap();
    fragment.to_json_value().unwrap()[""].take()
}

/// The actions that can be asked for.
fn actions(schema: &Value) -> impl Iterator<Item = &str> {
    let actions = schema["actions"].as_object().unwrap();
    let asked =
        |described: &Value| described["appliesTo"]["principalTypes"].as_array().is_some_and(|it| !it.is_empty());
    actions.iter().filter(move |(_, described)| asked(described)).map(|(action, _)| action.as_str())
}

/// Every action with each of its groups.
fn memberships(schema: &Value) -> impl Iterator<Item = (&str, &str)> {
    actions(schema).flat_map(|action| {
        let groups = schema["actions"][action]["memberOf"].as_array().into_iter().flatten();
        groups.map(move |group| (action, group["id"].as_str().unwrap()))
    })
}

fn groups_of<'a>(schema: &'a mut Value, action: &str) -> &'a mut Vec<Value> {
    schema["actions"][action]["memberOf"].as_array_mut().unwrap()
}

/// The names of the schemas under which the policies answer as the crate does.
fn idle_schemas(mutants: &[(String, Value)]) -> Vec<&str> {
    let judge = Judge::new(policies().unwrap());
    let is_idle = |json: &Value| {
        let schema = Schema::from_json_value(json!({"": json})).unwrap();
        (0..WORLDS).all(|seed| agrees(&Case::new(seed, &schema).unwrap(), &judge))
    };
    mutants.iter().filter(|(_, json)| is_idle(json)).map(|(name, _)| name.as_str()).collect()
}

/// The names of the mutants that answer as the crate does.
fn idle(mutants: impl Iterator<Item = (String, Judge)>) -> Vec<String> {
    let schema = schema().unwrap();
    let mut alive: Vec<_> = mutants.collect();
    assert!(alive.len() > 20, "{} mutants", alive.len());
    println!("{} mutants", alive.len());
    for seed in 0..WORLDS {
        let case = Case::new(seed, &schema).unwrap();
        alive.retain(|(_, judge)| agrees(&case, judge));
        if alive.is_empty() {
            break;
        }
    }
    alive.into_iter().map(|(name, _)| name).collect()
}

/// A policy that fails to evaluate is a difference.
fn agrees(case: &Case, judge: &Judge) -> bool {
    case.compare(judge).is_ok_and(|tally| tally.disagreements == 0)
}

/// The set with another policy in the place of one.
fn with(all: &PolicySet, policy: Policy, id: &PolicyId) -> PolicySet {
    let mut set = all.clone();
    set.remove_static(id.clone()).unwrap();
    set.add(policy).unwrap();
    set
}

/// A policy as JSON, each time with one change: without a `when` or `unless`, with one side only of an `&&` or `||`, or
/// with the next best operator in a comparison.
fn changed(json: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    match json {
        Value::Object(fields) => {
            for operator in ["&&", "||"] {
                let Some(operands) = fields.get(operator) else { continue };
                for side in ["left", "right"] {
                    all.push((format!("only the {side} of {json}"), operands[side].clone()));
                }
            }
            for (operator, another) in [("<", "<="), ("<=", "<"), ("==", "!="), ("!=", "==")] {
                let Some(operands) = fields.get(operator).filter(|operands| operands["left"].is_object()) else {
                    continue;
                };
                all.push((format!("{another} in {json}"), json!({another: operands})));
            }
            for (name, value) in fields {
                for (change, value) in changed(value) {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), value);
                    all.push((change, json!(fields)));
                }
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                if value.get("kind").is_some() {
                    let mut values = values.clone();
                    values.remove(index);
                    all.push((format!("without {value}"), json!(values)));
                }
                for (change, value) in changed(value) {
                    let mut values = values.clone();
                    values[index] = value;
                    all.push((change, json!(values)));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}
