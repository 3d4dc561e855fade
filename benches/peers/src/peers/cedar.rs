//! Cedar: policies are parsed, entities loaded and requests built beforehand, without a schema.

use std::{
    collections::{HashMap, HashSet},
    hint::black_box,
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, Response, RestrictedExpression,
};

use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
};

/// The policy for all tokens. Cedar cannot search a set of ranges, so each range is an attribute.
const GENERIC: &str = r#"
permit (principal, action == Action::"publish", resource)
when {
  context.now < principal.expires_at &&
  (context.client_ip.isInRange(principal.range0) || context.client_ip.isInRange(principal.range1) ||
   context.client_ip.isInRange(principal.range2) || context.client_ip.isInRange(principal.range3)) &&
  principal.read_write &&
  (principal.scopes.contains(resource.scope) || principal.packages.contains(resource)) &&
  resource.maintainers.contains(principal.owner)
};
"#;

fn uid(kind: &str, name: &str) -> EntityUid {
    format!("{kind}::\"{name}\"").parse().unwrap()
}

fn reference(kind: &str, name: &str) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid(kind, name))
}

fn ip(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_ip(text)
}

fn set(kind: &str, names: &[String]) -> RestrictedExpression {
    RestrictedExpression::new_set(names.iter().map(|name| reference(kind, name)))
}

/// Returns the entity of the package, with its scope and its maintainer.
fn package(facts: &Facts) -> Entity {
    let attributes = HashMap::from([
        ("scope".to_owned(), reference("Scope", facts.scope)),
        ("maintainers".to_owned(), RestrictedExpression::new_set([reference("User", facts.maintainer)])),
    ]);
    Entity::new(uid("Package", facts.package), attributes, HashSet::from([uid("Scope", facts.scope)])).unwrap()
}

fn prepare(policies: &str, token: Entity, facts: &Facts) -> Box<dyn Asked> {
    let policies: PolicySet = policies.parse().unwrap();
    let entities = Entities::from_entities([token, package(facts)], None).unwrap();
    let context = Context::from_pairs([
        ("now".to_owned(), RestrictedExpression::new_long(facts.now.seconds)),
        ("client_ip".to_owned(), ip(facts.client_ip)),
    ])
    .unwrap();
    let resource = uid("Package", facts.package);
    let request = Request::new(uid("Token", "t"), uid("Action", "publish"), resource, context, None).unwrap();
    let authorizer = Authorizer::new();
    prepared(
        move || authorizer.is_authorized(black_box(&request), black_box(&policies), black_box(&entities)),
        |response: &Response| {
            assert_eq!(response.diagnostics().errors().count(), 0, "no policy fails to evaluate");
            Verdict::allow_if(response.decision() == Decision::Allow)
        },
    )
}

/// Prepares one policy for all tokens. Each token is an entity with attributes.
pub fn prepare_generic(facts: &Facts) -> Box<dyn Asked> {
    let mut attributes = HashMap::from([
        ("owner".to_owned(), reference("User", facts.owner)),
        ("packages".to_owned(), set("Package", &facts.packages)),
        ("scopes".to_owned(), set("Scope", &facts.scopes)),
        ("expires_at".to_owned(), RestrictedExpression::new_long(facts.expires.seconds)),
        ("read_write".to_owned(), RestrictedExpression::new_bool(facts.read_write)),
    ]);
    attributes.extend(facts.ranges.iter().enumerate().map(|(n, range)| (format!("range{n}"), ip(range))));
    prepare(GENERIC, Entity::new(uid("Token", "t"), attributes, HashSet::new()).unwrap(), facts)
}

/// Prepares a policy for each token, with the token's facts as literals.
pub fn prepare_of_token(facts: &Facts) -> Box<dyn Asked> {
    let ranges = facts.ranges.map(|range| format!("context.client_ip.isInRange(ip(\"{range}\"))"));
    let set = |kind: &str, names: &[String]| {
        names.iter().map(|name| format!("{kind}::\"{name}\"")).collect::<Vec<_>>().join(", ")
    };
    let policy = format!(
        "permit (principal == Token::\"t\", action == Action::\"publish\", resource) when {{
            context.now < {} && ({}) && {} && ([{}].contains(resource.scope) || [{}].contains(resource)) &&
            resource.maintainers.contains(User::\"{}\")
        }};",
        facts.expires.seconds,
        ranges.join(" || "),
        facts.read_write,
        set("Scope", &facts.scopes),
        set("Package", &facts.packages),
        facts.owner,
    );
    prepare(&policy, Entity::new_no_attrs(uid("Token", "t"), HashSet::new()), facts)
}
