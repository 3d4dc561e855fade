//! Compares one decision in tollgate, in policy engines and by hand, and prints a table.

mod allocations;
mod asked;
mod hash;
mod machine;
mod marks;
mod measure;
mod peers;
mod question;
mod table;
mod wait;

use std::num::NonZeroUsize;

use marks::{Limit, Mark};
use measure::{Measured, Sample, measure};
use peers::{
    Kind, PEERS,
    tollgate::{OwnKind, own},
};
use question::{ENTRIES, Facts, Question, Verdict};
use table::Row;

/// The default number of rounds. It is odd, so that the median is one of the rounds.
const ROUNDS: usize = 61;

fn main() {
    let rounds = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => ROUNDS,
        [option, rounds] if option == "--rounds" => rounds.parse::<NonZeroUsize>().expect("a number of rounds").get(),
        other => panic!("found the arguments {other:?}, expected none or `--rounds N`"),
    };
    let mut samples = of_peers();
    let peers = samples.len();
    let own: Vec<_> = of_own().collect();
    let (heads, own): (Vec<_>, Vec<_>) = own.into_iter().unzip();
    samples.extend(own);

    let mut hash = hash::prepare();
    assert_eq!(hash.verdict(), Verdict::Allow, "the digest is the right one");
    check(&mut samples);
    let (of_hash, measured) = measure(hash.as_mut(), &mut samples, rounds);
    // Checked again, because some engines keep state from earlier questions.
    check(&mut samples);
    let (of_peers, of_own) = measured.split_at(peers);
    report(of_hash, of_peers, &heads, of_own);
}

/// Checks every sample, so that no wrong answer is measured.
fn check(samples: &mut [Sample]) {
    for sample in samples {
        if let Err(wrong) = sample.check() {
            panic!("{wrong}");
        }
    }
}

/// Returns a sample for each peer, question and number of entries.
fn of_peers() -> Vec<Sample> {
    let mut samples = Vec::new();
    for peer in &PEERS {
        for question in Question::ALL {
            for entries in ENTRIES {
                samples.push(Sample {
                    name: format!("{}, {}, entries: {entries}", peer.name, question.title()),
                    expected: question.expected(),
                    asked: (peer.prepare)(&Facts::of(question, entries)),
                });
            }
        }
    }
    samples
}

/// Returns a sample for each question that only tollgate answers and each number of entries.
fn of_own() -> impl Iterator<Item = ((&'static str, OwnKind), Sample)> {
    let [many, one] = ENTRIES.map(own);
    many.into_iter().zip(one).flat_map(|(many, one)| {
        [(many, ENTRIES[0]), (one, ENTRIES[1])].map(|(own, entries)| {
            let name = format!("tollgate, {}, entries: {entries}", own.name);
            ((own.name, own.kind), Sample { name, expected: own.expected, asked: own.asked })
        })
    })
}

/// Groups the results into pairs of many entries and one entry.
fn pairs(measured: &[Measured]) -> Vec<[Measured; 2]> {
    measured.as_chunks().0.to_vec()
}

fn report(of_hash: f64, of_peers: &[Measured], heads: &[(&'static str, OwnKind)], of_own: &[Measured]) {
    let peers = PEERS.iter().zip(of_peers.chunks(Question::ALL.len() * ENTRIES.len()));
    let peers: Vec<(Kind, Row)> = peers
        .map(|(peer, measured)| (peer.kind, Row { name: peer.name.to_owned(), measured: pairs(measured) }))
        .collect();
    let own = heads.iter().step_by(ENTRIES.len()).zip(pairs(of_own));
    let own: Vec<(OwnKind, Row)> = own
        .map(|((name, kind), measured)| (*kind, Row { name: (*name).to_owned(), measured: vec![measured] }))
        .collect();
    let marks = judge(&peers, &own);

    let mut rows: Vec<Row> = peers.into_iter().map(|(_, row)| row).collect();
    rows.sort_by(|one, other| one.measured[0][0].ratio.total_cmp(&other.measured[0][0].ratio));
    println!("{}", table::of_peers(&rows));
    println!("{}", table::of_own(&own.into_iter().map(|(_, row)| row).collect::<Vec<_>>()));
    println!(
        "With {} entries in the token / with {}, in SHA-256 of a token of 40 bytes ({of_hash:.0} ns in this run).",
        ENTRIES[0], ENTRIES[1]
    );
    println!("{}.\n", machine::line());
    print!("{}", marks::show(&marks));
}

/// Returns the row with the largest value.
fn worst(rows: &[(String, f64)]) -> (String, f64) {
    rows.iter().max_by(|one, other| one.1.total_cmp(&other.1)).cloned().expect("a row")
}

fn judge(peers: &[(Kind, Row)], own: &[(OwnKind, Row)]) -> Vec<Mark> {
    let of = |wanted| peers.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, row)| row);
    let tollgate = of(Kind::Tollgate).next().expect("tollgate");
    let allow = tollgate.measured[0][0].ratio;
    let sets = of(Kind::HashSet).next().expect("the sets").measured[0][0].ratio;
    let best = |kind| of(kind).map(|row| row.measured[0][0].ratio).fold(f64::INFINITY, f64::min);
    let engine = best(Kind::PolicyEngine);
    let with_text = engine.min(best(Kind::PolicyEngineWithText));

    // Every answer of tollgate, by name.
    let asked = Question::ALL.iter().map(|question| question.title().to_owned()).zip(&tollgate.measured);
    let decisions = own.iter().filter(|(kind, _)| *kind == OwnKind::Decision);
    let decisions: Vec<_> = asked.chain(decisions.map(|(_, row)| (row.name.clone(), &row.measured[0]))).collect();
    let slowest = worst(
        &decisions[1..].iter().map(|(name, [many, one])| (name.clone(), many.ratio.max(one.ratio))).collect::<Vec<_>>(),
    );
    let growing =
        worst(&decisions.iter().map(|(name, [many, one])| (name.clone(), many.ratio - one.ratio)).collect::<Vec<_>>());
    let beside = own.iter().filter(|(kind, _)| *kind != OwnKind::Decision).map(|(_, row)| &row.measured[0]);
    let allocations = decisions.iter().map(|(_, measured)| *measured).chain(beside);
    let allocations = allocations.flatten().map(|measured| measured.allocations.times).max().expect("a row");
    let bind = own.iter().filter(|(kind, _)| *kind == OwnKind::Bind).flat_map(|(_, row)| &row.measured[0]);
    let bind = bind.map(|measured| measured.ratio).fold(0.0, f64::max);

    let mark = |what: String, measured, limit| Mark { what, measured, limit };
    vec![
        mark("allow, 50 entries, in SHA-256".to_owned(), allow, Limit::AtMost(0.6)),
        mark("allow, 50 entries, in hand-written `HashSet`".to_owned(), allow / sets, Limit::Below(1.0)),
        mark(
            "quickest of regorus and cedar, allow, 50 entries, in tollgate's time".to_owned(),
            engine / allow,
            Limit::AtLeast(100.0),
        ),
        mark("the same with addresses as text".to_owned(), with_text / allow, Limit::AtLeast(100.0)),
        mark(format!("slowest denial or challenge ({}), in SHA-256", slowest.0), slowest.1, Limit::AtMost(0.6)),
        mark(format!("most that 50 entries add to 1 ({}), in SHA-256", growing.0), growing.1, Limit::AtMost(0.3)),
        mark("binding by reference, in SHA-256".to_owned(), bind, Limit::AtMost(0.2)),
        mark(
            "most allocations, `explain`, `status` and binding included".to_owned(),
            allocations as f64,
            Limit::AtMost(0.0),
        ),
    ]
}

#[cfg(test)]
mod tests;
