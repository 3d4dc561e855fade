//! Oso: rules in Polar over the types of `by_hand` with sets. They are in an `Arc`, because Oso takes its arguments by
//! value.

use std::{collections::HashSet, hint::black_box, sync::Arc};

use oso::{Oso, PolarClass};

use super::by_hand::{self, Names};
use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
};

type Set = HashSet<String>;

#[derive(Clone, PolarClass)]
struct Token(Arc<by_hand::Token<Set>>);

/// The package and the request.
#[derive(Clone, PolarClass)]
struct Wanted(Arc<(by_hand::Package, by_hand::Request)>);

/// Rules that call a method for each condition.
const METHODS: &str = r#"
allow(token, "publish", wanted) if
    token.is_live(wanted) and token.accepts(wanted) and token.read_write and token.selects(wanted) and
    token.of_maintainer(wanted);
"#;

/// Rules that compare attributes. Each name that is passed to a method is copied.
const ATTRIBUTES: &str = r#"
allow(token, "publish", wanted) if
    wanted.now < token.expires_at and token.accepts(wanted) and token.read_write and selects(token, wanted) and
    token.owner in wanted.maintainers;

selects(token, wanted) if token.has_scope(wanted.scope);
selects(token, wanted) if token.has_package(wanted.package);
"#;

fn prepare(rules: &str, facts: &Facts) -> Box<dyn Asked> {
    let mut oso = Oso::new();
    let token = Token::get_polar_class_builder()
        .add_attribute_getter("read_write", |token| token.0.read_write)
        .add_attribute_getter("expires_at", |token| token.0.expires_at)
        .add_attribute_getter("owner", |token| token.0.owner.clone())
        .add_method("is_live", |token: &Token, wanted: Wanted| token.0.is_live(&wanted.0.1))
        .add_method("accepts", |token: &Token, wanted: Wanted| token.0.accepts(&wanted.0.1))
        .add_method("selects", |token: &Token, wanted: Wanted| token.0.selects(&wanted.0.0))
        .add_method("of_maintainer", |token: &Token, wanted: Wanted| wanted.0.0.maintainers.has(&token.0.owner))
        .add_method("has_scope", |token: &Token, scope: String| token.0.scopes.has(&scope))
        .add_method("has_package", |token: &Token, package: String| token.0.packages.has(&package));
    let wanted = Wanted::get_polar_class_builder()
        .add_attribute_getter("now", |wanted| wanted.0.1.now)
        .add_attribute_getter("scope", |wanted| wanted.0.0.scope.clone().unwrap())
        .add_attribute_getter("package", |wanted| wanted.0.0.name.clone())
        .add_attribute_getter("maintainers", |wanted| wanted.0.0.maintainers.clone());
    oso.register_class(token.build()).unwrap();
    oso.register_class(wanted.build()).unwrap();
    oso.load_str(rules).unwrap();
    let token = Token(Arc::new(by_hand::Token::of(facts)));
    let wanted = Wanted(Arc::new((by_hand::Package::of(facts), by_hand::Request::of(facts))));
    prepared(
        move || oso.is_allowed(black_box(&token).clone(), "publish", black_box(&wanted).clone()).unwrap(),
        |allowed| Verdict::allow_if(*allowed),
    )
}

/// Prepares the rules whose conditions are methods in Rust.
pub fn prepare_methods(facts: &Facts) -> Box<dyn Asked> {
    prepare(METHODS, facts)
}

/// Prepares the rules that are in Polar as far as possible. Polar has no addresses, and searches its lists one by one.
pub fn prepare_attributes(facts: &Facts) -> Box<dyn Asked> {
    prepare(ATTRIBUTES, facts)
}
