//! Regorus: the token is data, with an object for each set that is searched. The policy is compiled beforehand.

use std::hint::black_box;

use regorus::{Engine, Rc, Value, languages::rego::compiler::Compiler, rvm::vm::RegoVM};

use super::text;
use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
};

/// The way in which addresses are compared.
#[derive(Clone, Copy)]
enum Addresses {
    /// With the function of the language, which parses both texts each time.
    Own,
    /// As texts of their bits, by prefix.
    Text,
}

impl Addresses {
    const fn test(self) -> &'static str {
        match self {
            Self::Own => "some range in token.ranges\n    net.cidr_contains(range, input.client_ip)",
            Self::Text => "strings.any_prefix_match(input.bits, token.starts)",
        }
    }
}

/// The policy that is fastest in the virtual machine. It has one rule for a scope and one for a package.
const TWO_RULES: &str = r#"
package tollgate

default allow := false

allow if {
    token := data.token
    input.now < token.expires_at
    token.read_write
    data.packages[input.package][token.owner]
    token.scopes[input.scope]
    ADDRESS
}

allow if {
    token := data.token
    input.now < token.expires_at
    token.read_write
    data.packages[input.package][token.owner]
    token.packages[input.package]
    ADDRESS
}
"#;

/// The policy that is fastest in the interpreter. Its only rule looks up the scope and the package in the same object.
const ONE_RULE: &str = r#"
package tollgate

default allow := false

allow if {
    token := data.token
    input.now < token.expires_at
    token.read_write
    some entry in input.entries
    token.entries[entry]
    ADDRESS
    data.packages[input.package][token.owner]
}
"#;

const RULE: &str = "data.tollgate.allow";

/// Returns an object in which each of these names is `true`.
fn object<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let pairs: Vec<String> = names.map(|name| format!("{name:?}: true")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn data(facts: &Facts) -> Value {
    let json = format!(
        r#"{{
            "token": {{
                "owner": {:?}, "expires_at": {}, "read_write": {}, "ranges": {:?}, "starts": {:?},
                "scopes": {}, "packages": {}, "entries": {}
            }},
            "packages": {{{:?}: {{{:?}: true}}}}
        }}"#,
        facts.owner,
        facts.expires.seconds,
        facts.read_write,
        facts.ranges,
        facts.ranges.map(text::start),
        object(facts.scopes.iter()),
        object(facts.packages.iter()),
        object(facts.scopes.iter().chain(&facts.packages)),
        facts.package,
        facts.maintainer,
    );
    Value::from_json_str(&json).unwrap()
}

fn input(facts: &Facts) -> Value {
    let json = format!(
        r#"{{"now": {}, "client_ip": {:?}, "bits": {:?}, "package": {:?}, "scope": {:?}, "entries": {:?}}}"#,
        facts.now.seconds,
        facts.client_ip,
        text::bits(facts.client_ip.parse().unwrap()),
        facts.package,
        facts.scope,
        [facts.scope, facts.package],
    );
    Value::from_json_str(&json).unwrap()
}

fn engine(policy: &str, addresses: Addresses, facts: &Facts) -> Engine {
    let mut engine = Engine::new();
    engine.add_policy("tollgate.rego".to_owned(), policy.replace("ADDRESS", addresses.test())).unwrap();
    engine.add_data(data(facts)).unwrap();
    engine
}

fn read(value: &Value) -> Verdict {
    Verdict::allow_if(*value.as_bool().unwrap())
}

fn machine(addresses: Addresses, facts: &Facts) -> RegoVM {
    let policy = engine(TWO_RULES, addresses, facts).compile_with_entrypoint(&Rc::from(RULE)).unwrap();
    let mut vm = RegoVM::new();
    vm.load_program(Compiler::compile_from_policy(&policy, &[RULE]).unwrap());
    vm.set_data(data(facts)).unwrap();
    vm
}

/// Prepares the virtual machine. The input is set again for each question.
fn vm(addresses: Addresses, facts: &Facts) -> Box<dyn Asked> {
    let (mut vm, input) = (machine(addresses, facts), input(facts));
    prepared(
        move || {
            vm.set_input(black_box(&input).clone());
            vm.execute_entry_point_by_index(0).unwrap()
        },
        read,
    )
}

fn interpreter(addresses: Addresses, facts: &Facts) -> Box<dyn Asked> {
    let mut engine = engine(ONE_RULE, addresses, facts);
    let input = input(facts);
    prepared(
        move || {
            engine.set_input(black_box(&input).clone());
            engine.eval_rule(RULE.to_owned()).unwrap()
        },
        read,
    )
}

pub fn prepare_vm(facts: &Facts) -> Box<dyn Asked> {
    vm(Addresses::Own, facts)
}

pub fn prepare_vm_with_text(facts: &Facts) -> Box<dyn Asked> {
    vm(Addresses::Text, facts)
}

pub fn prepare_engine(facts: &Facts) -> Box<dyn Asked> {
    interpreter(Addresses::Own, facts)
}

pub fn prepare_engine_with_text(facts: &Facts) -> Box<dyn Asked> {
    interpreter(Addresses::Text, facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Question;

    // An engine that cached an answer would give it for the next input too.
    #[test]
    fn the_machine_and_the_interpreter_cache_no_answer() {
        for addresses in [Addresses::Own, Addresses::Text] {
            let facts = Facts::of(Question::Allow, 50);
            let (mut vm, mut interpreter) = (machine(addresses, &facts), engine(ONE_RULE, addresses, &facts));
            for question in
                [Question::Allow, Question::Expired, Question::Address, Question::NotSelected, Question::Allow]
            {
                let input = input(&Facts::of(question, 50));
                vm.set_input(input.clone());
                assert!(read(&vm.execute_entry_point_by_index(0).unwrap()).is(question.expected()), "{question:?}");
                interpreter.set_input(input);
                assert!(read(&interpreter.eval_rule(RULE.to_owned()).unwrap()).is(question.expected()), "{question:?}");
            }
        }
    }
}
