//! Tests of the strategies: valid values are accepted, almost valid ones are refused, and every outcome occurs.

use core::fmt::{Debug, Display};
use core::str::FromStr;
use std::{collections::BTreeMap, format, string::String, vec::Vec};

use proptest::{
    strategy::{BoxedStrategy, Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::Value;

use super::{
    Almost, almost_client_ip, almost_granular_settings, almost_ip_range, almost_new_package_name,
    almost_organization_name, almost_organization_selection, almost_package_name, almost_package_selection,
    almost_request, almost_scope, almost_secret, almost_stored_token, almost_timestamp, almost_token_description,
    almost_token_id, almost_token_name, almost_user_name, almost_world, granular_settings, new_package_name, package,
    question, secret, token, user, world_and_request,
};
use crate::{
    decision::{Caller, Decision, Verdict},
    directory::{Directory, RequestLine, World},
    operation::{Action, GranularRequirement},
    rules::Reason,
    testing::{CREATED, time, token_id},
    token::{
        GranularToken, OrganizationSelection, PackageSelection, Secret, StoredToken, TokenDescription, TokenFacts,
        TokenId, TokenKind, TokenName,
    },
    value::{ClientIp, IpRange, OrganizationName, PackageName, Scope, TeamName, Timestamp, UserName},
};

/// Generates `count` values, the same in each run.
fn samples<T: Debug>(strategy: &BoxedStrategy<T>, count: usize) -> impl Iterator<Item = T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

/// Counts how often each value occurs, by its `Debug` text.
fn counted<T: Debug>(values: impl IntoIterator<Item = T>) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        let count = counts.entry(format!("{value:?}")).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// Asserts that each of the values occurs at least `at_least` times.
fn assert_all_occur<T: Debug>(all: &[T], counts: &BTreeMap<String, usize>, at_least: usize) {
    for value in all {
        let count = counts.get(&format!("{value:?}")).copied().unwrap_or_default();
        assert!(count >= at_least, "{value:?} occurs {count} times: {counts:#?}");
    }
}

#[test]
fn questions_have_every_verdict_reason_action_and_kind_of_token() {
    const COUNT: usize = 8000;
    let (mut verdicts, mut reasons, mut actions, mut kinds, mut allowed) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for question in samples(&question(), COUNT) {
        kinds.push(question.token.kind());
        question.decide(|decision| {
            verdicts.push(decision.verdict());
            actions.push(decision.action());
            match decision {
                Decision::Deny(deny) => reasons.push(deny.reason()),
                Decision::Allow(_) | Decision::Challenge(_) => {
                    allowed.push((decision.action(), question.token.kind() == TokenKind::Granular));
                }
            }
        });
        question.ask(|_, operation| {
            for decision in [
                Caller::NoToken.decide(operation, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH),
                Caller::UnknownToken.decide(operation, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH),
            ] {
                let Decision::Deny(deny) = decision else { continue };
                if [Reason::AuthenticationRequired, Reason::TokenUnknown].contains(&deny.reason()) {
                    reasons.push(deny.reason());
                }
            }
        });
    }
    let (verdicts, reasons) = (counted(verdicts), counted(reasons));
    assert_all_occur(Verdict::ALL, &verdicts, COUNT / 25);
    assert_all_occur(Reason::ALL, &reasons, COUNT / 400);
    assert_all_occur(Action::ALL, &counted(actions), COUNT / 200);
    let legacy_kinds = crate::token::LegacyKind::ALL.iter().copied().map(TokenKind::Legacy);
    let every_kind: Vec<TokenKind> = legacy_kinds.chain([TokenKind::Granular, TokenKind::Session]).collect();
    assert_all_occur(&every_kind, &counted(kinds), COUNT / 20);
    // Each action is permitted at least once, and by a granular token unless no granular token may do it.
    let granular_may = |action: Action| action.needs() != GranularRequirement::Never;
    let expected: Vec<(Action, bool)> = Action::ALL
        .iter()
        .flat_map(|action| [(*action, false), (*action, true)])
        .filter(|(action, granular)| !granular || granular_may(*action))
        .collect();
    assert_all_occur(&expected, &counted(allowed), 1);
}

/// Asserts that `take` refuses every value with a message, and that the strategy makes more than one mistake.
fn assert_refused<T: Debug, E: Display>(strategy: &BoxedStrategy<Almost<T>>, take: impl Fn(&T) -> Result<(), E>) {
    let mut mistakes = Vec::new();
    for almost in samples(strategy, 600) {
        match take(&almost.value) {
            Ok(()) => panic!("accepted in spite of {}: {:?}", almost.wrong, almost.value),
            Err(error) => assert!(!format!("{error}").is_empty()),
        }
        mistakes.push(almost.wrong);
    }
    assert!(counted(mistakes).len() > 1);
}

#[expect(clippy::ptr_arg, reason = "the type that the strategies yield")]
fn parse<T: FromStr>(text: &String) -> Result<(), T::Err> {
    text.parse::<T>().map(|_| ())
}

#[test]
fn almost_valid_texts_are_refused() {
    assert_refused(&almost_package_name(), parse::<PackageName>);
    assert_refused(&almost_scope(), parse::<Scope>);
    assert_refused(&almost_user_name(), parse::<UserName>);
    assert_refused(&almost_organization_name(), parse::<OrganizationName>);
    assert_refused(&almost_organization_name(), parse::<TeamName>);
    assert_refused(&almost_ip_range(), parse::<IpRange>);
    assert_refused(&almost_client_ip(), parse::<ClientIp>);
    assert_refused(&almost_timestamp(), parse::<Timestamp>);
    assert_refused(&almost_token_id(), parse::<TokenId>);
    assert_refused(&almost_token_name(), parse::<TokenName>);
    assert_refused(&almost_token_description(), parse::<TokenDescription>);
    assert_refused(&almost_secret(), |text| Secret::new(text).map(|_| ()));
    assert_refused(&almost_new_package_name(), PackageName::check_new);
}

#[test]
fn almost_valid_selections_and_settings_are_refused() {
    assert_refused(&almost_package_selection(), |entries| PackageSelection::only(entries.clone()).map(|_| ()));
    assert_refused(&almost_organization_selection(), |names| OrganizationSelection::only(names.clone()).map(|_| ()));
    assert_refused(&almost_granular_settings(), |(created, settings)| {
        let owner = "alice".parse().unwrap();
        GranularToken::load(
            TokenFacts { id: token_id("t-1"), owner, created: *created, revoked: None },
            settings.clone(),
        )
        .map(|_| ())
    });
}

fn load_token(document: &Value) -> Result<(), String> {
    let stored: StoredToken = serde_json::from_value(document.clone()).map_err(|error| format!("{error}"))?;
    stored.load().map(|_| ()).map_err(|error| format!("{error}"))
}

fn load_world(document: &Value) -> Result<(), String> {
    let world: World = serde_json::from_value(document.clone()).map_err(|error| format!("{error}"))?;
    Directory::load(&world).map(|_| ()).map_err(|error| format!("{error}"))
}

fn parse_request(document: &Value) -> Result<(), String> {
    let line: RequestLine = serde_json::from_value(document.clone()).map_err(|error| format!("{error}"))?;
    line.parse().map(|_| ()).map_err(|error| format!("{error}"))
}

#[test]
fn almost_valid_documents_are_refused() {
    assert_refused(&almost_stored_token(), load_token);
    assert_refused(&almost_world(), load_world);
    assert_refused(&almost_request(), parse_request);
}

/// A mistake in a name that other parts of the world refer to causes more than one error.
#[test]
fn most_almost_valid_worlds_have_exactly_one_error() {
    let errors = |almost: &Almost<Value>| {
        let world: World = serde_json::from_value(almost.value.clone()).unwrap();
        Directory::load(&world).unwrap_err().errors().count()
    };
    let worlds: Vec<_> = samples(&almost_world(), 600).collect();
    let with_one = worlds.iter().filter(|almost| errors(almost) == 1).count();
    assert!(with_one > 450, "{with_one} of {}", worlds.len());
}

/// Some questions have facts that no world has, and so cannot be written as documents.
#[test]
fn most_questions_can_be_written_as_documents() {
    let written = samples(&question(), 600).filter(|question| question.documents().is_some()).count();
    assert!((360..600).contains(&written), "{written} of 600");
}

#[test]
fn valid_values_are_accepted() {
    for documents in samples(&world_and_request(), 300) {
        assert_eq!(load_world(&documents.world), Ok(()), "{}", documents.world);
        assert_eq!(parse_request(&documents.request), Ok(()), "{}", documents.request);
    }
    for settings in samples(&granular_settings(), 300) {
        let owner = "alice".parse().unwrap();
        assert!(
            GranularToken::load(
                TokenFacts { id: token_id("t-1"), owner, created: time(CREATED), revoked: None },
                settings
            )
            .is_ok()
        );
    }
    assert!(samples(&new_package_name(), 300).all(|name| name.check_new().is_ok()));
    assert!(samples(&secret(), 300).all(|text| Secret::new(&text).is_ok()));
    // `build` panics if the facts are not valid.
    samples(&user(), 300).for_each(|user| drop(user.build()));
    samples(&package(), 300).for_each(|package| drop(package.build()));
    assert!(samples(&token(), 300).any(|token| token.retirement().is_some()));
}

/// A failed property prints the simplest question, which should be short and plain.
#[test]
fn questions_shrink_to_alice_reading_a_public_package() {
    let mut runner = TestRunner::deterministic();
    let mut tree = question().new_tree(&mut runner).unwrap();
    while tree.simplify() {}
    let simplest = tree.current();
    assert_eq!(simplest.owner.name.as_str(), "alice");
    assert_eq!((simplest.action, simplest.package.name.as_str()), (Action::ReadPackage, "@acme/app"));
    assert_eq!(simplest.record().decision, Verdict::Allow);
}
