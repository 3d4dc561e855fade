//! Gatehouse: rules in Rust over the types of `by_hand` with sets. Sessions and bindings are created beforehand.

use std::{collections::HashSet, hint::black_box};

use gatehouse::{AccessEvaluation, EvaluationSession, PermissionChecker, PolicyBuilder, PolicyDomain};

use super::by_hand::{Names, Package, Request, Token};
use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
    wait::wait,
};

type Set = HashSet<String>;

struct Packages;

struct Publish;

impl PolicyDomain for Packages {
    type Subject = Token<Set>;
    type Action = Publish;
    type Resource = Package;
    type Context = Request;
}

fn prepare(checker: PermissionChecker<Packages>, facts: &Facts) -> Box<dyn Asked> {
    let (token, package, request) = (Token::of(facts), Package::of(facts), Request::of(facts));
    let session = EvaluationSession::empty();
    prepared(
        move || {
            let bound = checker.bind(&session, black_box(&token), &Publish, black_box(&request));
            wait(bound.check(black_box(&package)))
        },
        |evaluation: &AccessEvaluation| Verdict::allow_if(evaluation.is_granted()),
    )
}

/// Prepares one policy with one predicate.
pub fn prepare_one_policy(facts: &Facts) -> Box<dyn Asked> {
    let mut checker = PermissionChecker::new();
    checker.add_policy(
        PolicyBuilder::<Packages>::new("publish")
            .when(|token, _, package, request| token.may_publish(package, request))
            .build(),
    );
    prepare(checker, facts)
}

/// Prepares a veto for each rule, so that the answer names the rule. The policy that grants is the owner's right.
pub fn prepare_vetoes(facts: &Facts) -> Box<dyn Asked> {
    let veto = PolicyBuilder::<Packages>::new;
    let mut checker = PermissionChecker::new();
    checker.add_veto(veto("expired").when(|token, _, _, request| !token.is_live(request)).build_veto());
    checker.add_veto(veto("address").when(|token, _, _, request| !token.accepts(request)).build_veto());
    checker.add_veto(veto("read-only").subjects(|token| !token.read_write).build_veto());
    checker.add_veto(veto("not selected").when(|token, _, package, _| !token.selects(package)).build_veto());
    checker.add_policy(
        PolicyBuilder::<Packages>::new("maintainer")
            .when(|token, _, package, _| package.maintainers.has(&token.owner))
            .build(),
    );
    prepare(checker, facts)
}
