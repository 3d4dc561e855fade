//! The order of the checks, written down a second time.
//!
//! The crate derives everything from one list, in `src/rules/mod.rs`. A change of that list needs the same change in
//! [`ORDER`] and on the rules page: this file compares the three.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a page of another shape fails the test, and its steps are few"
)]

use std::collections::BTreeSet;

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use tollgate::{
    ClientIp, Reason, Timestamp,
    decision::{AllowedBy, Caller},
    rules::{Check, Outcome},
    testing::strategies::question,
};

const RULES: &str = include_str!("../../src/docs/rules.md");

/// A check as this file knows it: its word, its rule, the step of the table "The decision at a glance" that it belongs to, and
/// the reasons with which it denies.
type Row = (&'static str, &'static str, usize, &'static [Reason]);

/// The copy, in the order in which the checks are run. (Step 1, "is there a token", is answered before any check is run.)
const ORDER: [Row; 20] = [
    ("not-revoked", "T1", 2, &[Reason::TokenRevoked]),
    ("not-retired", "P1", 2, &[Reason::TokenRetired]),
    ("not-expired", "T2", 2, &[Reason::TokenExpired]),
    ("address-allowed", "T3", 2, &[Reason::IpNotAllowed]),
    ("owner-active", "T4", 2, &[Reason::OwnerSuspended]),
    ("kind-has-action", "K1", 3, &[Reason::KindForbidsAction]),
    ("owner-not-on-hold", "T5", 3, &[Reason::OwnerOnHold]),
    ("permission-for-action", "G1", 3, &[Reason::PermissionTooLow, Reason::StageRequired]),
    ("organization-exists", "D1", 4, &[Reason::NoSuchOrg]),
    ("package-exists", "D1", 4, &[Reason::NoSuchPackage]),
    ("public-read", "V1", 5, &[]),
    ("permission-for-resource", "G1", 6, &[Reason::PermissionTooLow]),
    ("organization-selected", "G2", 6, &[Reason::NotSelected]),
    ("package-selected", "G2", 6, &[Reason::NotSelected]),
    ("creation-covered", "G3", 6, &[Reason::CreationNotCovered]),
    ("owner-role", "C5", 7, &[Reason::OwnerLacksPermission]),
    ("owner-right", "C", 7, &[Reason::OwnerLacksPermission]),
    ("own-account", "C6", 7, &[Reason::OwnerLacksPermission]),
    ("new-name-valid", "C3", 7, &[Reason::InvalidNewName]),
    ("second-factor", "F", 8, &[Reason::TokensDisallowed, Reason::SecondFactorNotEnrolled]),
];

/// The texts of the links that point to an anchor which the predicate accepts, in their order: `[T1](#t1)` gives `T1`.
fn links(text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    let targets = text.match_indices("](#").filter_map(|(at, _)| {
        let (label, rest) = text.split_at(at);
        let target = rest.strip_prefix("](#")?.split(')').next()?;
        is_wanted(target).then(|| label.rsplit('[').next().unwrap().trim_matches('`'))
    });
    targets.collect()
}

fn is_reason(target: &str) -> bool {
    target.starts_with("reason-")
}

/// A step of the page's table: its rules and its reasons.
struct Step {
    rules: Vec<&'static str>,
    reasons: Vec<&'static str>,
}

/// The table "The decision at a glance".
fn table() -> Vec<Step> {
    let table = RULES.split_once("| step | question | rules | reasons |\n").unwrap().1;
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let steps = rows.enumerate().map(|(index, row)| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [number, _question, rules, reasons] = cells[..] else { panic!("not four cells: {row}") };
        assert_eq!(number.parse(), Ok(index + 1), "{row}");
        Step { rules: links(rules, |target| !is_reason(target)), reasons: links(reasons, is_reason) }
    });
    steps.collect()
}

/// The numbered list of D1, one text for each item.
fn list() -> Vec<String> {
    let section = RULES.split_once("### D1 – Order\n").unwrap().1.split_once("\n\nThe first that fails").unwrap().0;
    let mut items: Vec<String> = Vec::new();
    for line in section.lines().filter(|line| !line.is_empty()) {
        if let Some(item) = line.strip_prefix(&format!("{}. ", items.len() + 1)) {
            items.push(item.to_owned());
        } else {
            let item = items.last_mut().unwrap();
            item.push(' ');
            item.push_str(line.trim());
        }
    }
    items
}

/// The rule as the page links it from its table: all of C is one link there.
fn as_in_the_table(rule: &str) -> &str {
    if rule.starts_with('C') { "C" } else { rule }
}

fn without_repetitions<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut items: Vec<&str> = items.into_iter().collect();
    items.dedup();
    items
}

#[test]
fn the_crate_has_the_checks_of_the_copy_in_its_order() {
    let of_the_crate: Vec<_> = Check::ALL.iter().map(|check| (check.as_str(), check.rule())).collect();
    assert_eq!(of_the_crate, ORDER.map(|(word, rule, _, _)| (word, rule)));
}

#[test]
fn the_table_of_the_rules_page_has_the_rules_and_reasons_of_the_copy_in_its_order() {
    let table = table();
    assert_eq!(table.len(), 8);
    assert_eq!(
        (&table[0].rules[..], &table[0].reasons[..]),
        (&["T"][..], &["authentication-required", "token-unknown"][..])
    );
    for (index, step) in table.iter().enumerate().skip(1) {
        let rows = || ORDER.iter().filter(|(_, _, of_step, _)| *of_step == index + 1);
        let rules = without_repetitions(rows().map(|(_, rule, _, _)| as_in_the_table(rule)));
        assert_eq!(step.rules, rules, "step {}", index + 1);
        let reasons = rows().flat_map(|(_, _, _, reasons)| reasons.iter().map(|reason| reason.as_str()));
        assert_eq!(step.reasons, without_repetitions(reasons), "step {}", index + 1);
    }
}

#[test]
fn the_list_of_d1_has_the_rules_of_the_copy_in_its_order() {
    let list = list();
    assert_eq!(list.len(), 8);
    let linked: Vec<Vec<&str>> = list.iter().map(|item| links(item, |target| !is_reason(target))).collect();
    // Existence links no rule: it is D1 itself, and names its two reasons.
    assert!(linked[2].is_empty() && list[2].starts_with("Existence."), "{}", list[2]);
    assert_eq!(links(&list[2], is_reason), ["no-such-org", "no-such-package"]);
    let of_the_list = linked.iter().flat_map(|rules| if rules.is_empty() { vec!["D1"] } else { rules.clone() });
    let of_the_copy = ORDER.iter().map(|(_, rule, _, _)| as_in_the_table(rule));
    assert_eq!(of_the_list.collect::<Vec<_>>(), without_repetitions(of_the_copy));
}

/// Asks arbitrary questions and collects the reasons that each check gave. Fails where an explanation has its checks in
/// another order than the copy.
#[test]
fn each_check_denies_with_the_reasons_of_the_copy_and_no_other() {
    const QUESTIONS: usize = 20_000;
    let (mut runner, questions) = (TestRunner::deterministic(), question());
    let mut found = BTreeSet::new();
    for _ in 0..QUESTIONS {
        let question = questions.new_tree(&mut runner).unwrap().current();
        question.ask(|token, operation| {
            let explanation = token.at(question.client_ip, question.now).decide(operation).explain();
            let steps: Vec<_> = explanation.steps().map(|(check, outcome, _)| (check, outcome)).collect();
            let words: Vec<&str> = steps.iter().map(|(check, _)| check.as_str()).collect();
            assert_eq!(words, ORDER.map(|(word, _, _, _)| word));
            for (check, outcome) in steps {
                if let Outcome::Failed(reason) = outcome {
                    found.insert((check.as_str(), reason.as_str()));
                }
            }
        });
    }
    let of_the_copy =
        ORDER.iter().flat_map(|(word, _, _, reasons)| reasons.iter().map(|reason| (*word, reason.as_str())));
    assert_eq!(found, of_the_copy.collect());
}

#[test]
fn every_reason_is_in_one_step_of_the_table_or_two() {
    let table = table();
    for reason in Reason::ALL {
        let steps = table.iter().filter(|step| step.reasons.contains(&reason.as_str())).count();
        let expected = if *reason == Reason::PermissionTooLow { 2 } else { 1 };
        assert_eq!(steps, expected, "{reason}");
    }
}

/// Without a token only the public read is asked, and an unknown token fails before any check.
#[test]
fn without_a_known_token_no_other_check_is_run() {
    let package = tollgate::testing::package("left-pad").build();
    let read = || tollgate::PackageAction::ReadPackage.on(&package);
    let steps = |caller: Caller<'_>| {
        let decision = caller.decide(read(), ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH);
        decision.explain().steps().map(|(check, _, _)| check).collect::<Vec<_>>()
    };
    assert_eq!(steps(Caller::NoToken), [Check::PublicRead]);
    assert_eq!(steps(Caller::UnknownToken), []);
    let public = Caller::NoToken.decide(read(), ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH);
    assert!(matches!(public, tollgate::Decision::Allow(allow) if allow.allowed_by() == AllowedBy::Public));
}
