//! Every peer gives the right answers, and the check notices a wrong one.

use super::*;

fn sample(peer: &peers::Peer, facts: &Facts, expected: Verdict) -> Sample {
    Sample { name: peer.name.to_owned(), expected, asked: (peer.prepare)(facts) }
}

#[test]
fn each_gives_the_right_answer_to_each_question() {
    for mut sample in of_peers().into_iter().chain(of_own().map(|(_, sample)| sample)) {
        assert_eq!(sample.check(), Ok(()));
    }
    assert_eq!(hash::prepare().verdict(), Verdict::Allow);
}

// One fact is changed so that the right answer changes, and the check still expects the old answer.
#[test]
fn the_check_fails_for_each_with_any_one_fact_changed() {
    let denials = || Question::ALL.into_iter().filter(|question| *question != Question::Allow);
    for peer in &PEERS {
        for entries in ENTRIES {
            for question in denials() {
                let (right, wrong) = (Facts::of(Question::Allow, entries), Facts::of(question, entries));
                assert!(sample(peer, &right, question.expected()).check().is_err(), "{}, {question:?}", peer.name);
                assert!(sample(peer, &wrong, Verdict::Allow).check().is_err(), "{}, {question:?}", peer.name);
            }
        }
    }
}

// Only tollgate gives a reason, which the check compares.
#[test]
fn the_check_fails_for_another_reason() {
    let facts = Facts::of(Question::Expired, 50);
    let expected = Question::Address.expected();
    assert!(sample(&PEERS[0], &facts, expected).check().is_err());
}

// First the scope that allows is replaced, then the package is selected by its name.
#[test]
fn each_allows_by_the_entry_that_it_should() {
    for peer in &PEERS {
        for entries in ENTRIES {
            let mut facts = Facts::of(Question::Allow, entries);
            facts.scopes.pop();
            facts.packages.push("other".to_owned());
            assert!(sample(peer, &facts, Verdict::Allow).check().is_err(), "{}", peer.name);
            facts.packages.pop();
            facts.packages.push(facts.package.to_owned());
            assert_eq!(sample(peer, &facts, Verdict::Allow).check(), Ok(()));
        }
    }
}

// The range that the client is in is left out. Then each of the other ranges is there alone.
#[test]
fn each_searches_the_ranges() {
    for peer in &PEERS {
        for n in 0..4 {
            let mut facts = Facts::of(Question::Allow, 50);
            facts.ranges.swap(2, n);
            assert_eq!(sample(peer, &facts, Verdict::Allow).check(), Ok(()), "{}, {n}", peer.name);
            facts.ranges[n] = "203.0.113.0/24";
            assert!(sample(peer, &facts, Verdict::Allow).check().is_err(), "{}, {n}", peer.name);
        }
    }
}
