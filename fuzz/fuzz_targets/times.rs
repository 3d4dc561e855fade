//! Times: parses each line of the input as a time and as a number of seconds and nanoseconds, and compares every pair.
//!
//! * The crate and the oracle accept the same texts, read the same instant, and print it alike.
//! * Parsing and printing are inverse, and deserializing validates as parsing does.
//! * A number outside the years 0000 to 9999 is an error and never a panic (rule L4). Differences add up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate::Timestamp;

#[path = "shared/laws.rs"]
mod laws;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

/// Returns the nanoseconds since the year 0, in which the oracle counts.
fn since_year_zero(at: Timestamp) -> i128 {
    at.unix_nanoseconds() - Timestamp::MIN.unix_nanoseconds()
}

fn of_number(nanoseconds: i128) -> Option<Timestamp> {
    let fits = (Timestamp::MIN.unix_nanoseconds()..=Timestamp::MAX.unix_nanoseconds()).contains(&nanoseconds);
    let at = Timestamp::from_unix_nanoseconds(nanoseconds).ok();
    assert_eq!(at.map(Timestamp::unix_nanoseconds), fits.then_some(nanoseconds));
    at
}

fuzz_target!(|bytes: &[u8]| {
    let mut times = Vec::new();
    for line in laws::lines(bytes) {
        let ours = laws::text_form!(Timestamp, &line);
        let theirs = oracle::parse_time(&line);
        assert_eq!(ours.map(since_year_zero), theirs, "{line:?}");
        times.extend(ours);
        if let Ok(number) = line.parse::<i128>() {
            times.extend(of_number(number));
        }
        if let Ok(seconds) = line.parse::<i64>() {
            let at = Timestamp::from_unix_seconds(seconds).ok();
            assert_eq!(at, of_number(i128::from(seconds) * oracle::SECOND));
        }
    }
    for at in &times {
        assert_eq!(at.to_string(), oracle::print_time(since_year_zero(*at)));
        assert!((Timestamp::MIN..=Timestamp::MAX).contains(at));
        for other in &times {
            let order = at.unix_nanoseconds().cmp(&other.unix_nanoseconds());
            assert_eq!(at.cmp(other), order);
            let Some(passed) = at.duration_since(*other) else {
                assert!(order.is_lt());
                continue;
            };
            assert!(order.is_ge());
            assert_eq!(other.checked_add(passed), Ok(*at));
            let twice = i128::try_from(passed.as_nanos()).ok().map(|passed| at.unix_nanoseconds() + passed);
            assert_eq!(at.checked_add(passed).ok(), twice.and_then(of_number));
        }
    }
});
