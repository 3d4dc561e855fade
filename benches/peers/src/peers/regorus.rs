//! Regorus: the token is data, with an object for each of what is looked up; the policy is compiled beforehand.

use std::hint::black_box;

use regorus::{Engine, Rc, Value, languages::rego::compiler::Compiler, rvm::vm::RegoVM};

use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
};

const POLICY: &str = r#"
package tollgate

default allow := false

allow if {
    input.now < data.token.expires_at
    data.token.read_write
    selected
    data.packages[input.package][data.token.owner]
    some range in data.token.ranges
    net.cidr_contains(range, input.client_ip)
}

selected if data.token.scopes[input.scope]

selected if data.token.packages[input.package]
"#;

const RULE: &str = "data.tollgate.allow";

fn quoted(names: impl Iterator<Item = String>) -> String {
    names.map(|name| format!("\"{name}\":true")).collect::<Vec<_>>().join(",")
}

fn data(facts: &Facts) -> Value {
    let json = format!(
        r#"{{"token": {{"owner": "{}", "expires_at": {}, "read_write": {}, "ranges": {:?},
            "scopes": {{{}}}, "packages": {{{}}}}}, "packages": {{"{}": {{"{}": true}}}}}}"#,
        facts.owner,
        facts.expires.seconds,
        facts.read_write,
        facts.ranges,
        quoted(facts.scopes.iter().cloned()),
        quoted(facts.packages.iter().cloned()),
        facts.package,
        facts.maintainer,
    );
    Value::from_json_str(&json).unwrap()
}

fn input(facts: &Facts) -> Value {
    let json = format!(
        r#"{{"now": {}, "client_ip": "{}", "package": "{}", "scope": "{}"}}"#,
        facts.now.seconds, facts.client_ip, facts.package, facts.scope
    );
    Value::from_json_str(&json).unwrap()
}

fn engine(facts: &Facts) -> Engine {
    let mut engine = Engine::new();
    engine.add_policy("tollgate.rego".to_owned(), POLICY.to_owned()).unwrap();
    engine.add_data(data(facts)).unwrap();
    engine
}

fn read(value: &Value) -> Verdict {
    Verdict::allow_if(*value.as_bool().unwrap())
}

/// The virtual machine. The input is set for each question.
pub fn prepare_vm(facts: &Facts) -> Box<dyn Asked> {
    let policy = engine(facts).compile_with_entrypoint(&Rc::from(RULE)).unwrap();
    let program = Compiler::compile_from_policy(&policy, &[RULE]).unwrap();
    let mut vm = RegoVM::new();
    vm.load_program(program);
    vm.set_data(data(facts)).unwrap();
    let input = input(facts);
    prepared(
        move || {
            vm.set_input(black_box(&input).clone());
            vm.execute_entry_point_by_index(0).unwrap()
        },
        read,
    )
}

/// The interpreter.
pub fn prepare_engine(facts: &Facts) -> Box<dyn Asked> {
    let mut engine = engine(facts);
    let input = input(facts);
    prepared(
        move || {
            engine.set_input(black_box(&input).clone());
            engine.eval_rule(RULE.to_owned()).unwrap()
        },
        read,
    )
}
