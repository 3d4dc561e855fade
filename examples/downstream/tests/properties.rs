//! Properties of the house rules, for generated tokens, owners and packages.

use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use tollgate::{
    Reason,
    testing::strategies::{allowed_ranges, question},
};
use tollgate_downstream::house::{HouseFacts, HouseRules};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn the_house_rules_never_raise_a_decision(question in question(), builds in allowed_ranges(), dependents in 0..3_u32) {
        let facts = HouseFacts { client_ip: question.client_ip, dependents };
        let answer = question.decide(|decision| HouseRules { builds }.on_top(decision, facts));
        let decision = question.record();
        prop_assert!(answer.verdict <= decision.decision, "{answer:?}");
        // A decision that the house rules do not change keeps its reason, status and end.
        if answer.verdict == decision.decision {
            prop_assert_eq!(answer.reason, decision.reason.map(Reason::as_str));
            prop_assert_eq!((answer.status, answer.valid_until), (decision.status, decision.valid_until));
        }
    }
}
