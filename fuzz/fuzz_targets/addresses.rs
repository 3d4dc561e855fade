//! Addresses and ranges: parses each line of the input as both, and compares every range with every address and range.
//!
//! * The crate and the oracle accept the same texts, and agree on which range contains which address, including both
//!   ends of the range and the addresses next to them (rule T3).
//! * Parsing and printing are inverse, host bits are masked, and deserializing validates as parsing does.
//! * A range covers another one exactly if both are of one family and it contains both ends of the other (rule L9).
//! * A list contains an address exactly if one of its ranges does (rule T3). An empty list is an error (rule L5).
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use tollgate::{
    ClientIp,
    value::{AllowedRanges, IpRange, IpRangesError},
};

#[path = "shared/laws.rs"]
mod laws;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

use oracle::Address;

/// The first and the last address of a range, as numbers.
#[derive(Clone, Copy)]
struct Ends {
    is_v4: bool,
    first: u128,
    last: u128,
}

/// A range that the crate and the oracle both accept.
struct Range {
    ours: IpRange,
    theirs: oracle::Range,
    ends: Ends,
}

fn range(text: &str) -> Option<Range> {
    let ours = laws::text_form!(IpRange, text);
    let theirs = oracle::parse_range(text);
    assert_eq!(ours.is_some(), theirs.is_some(), "{text:?}");
    let (ours, theirs) = ours.zip(theirs)?;
    let printed = ours.to_string();
    let (address, prefix) = printed.split_once('/').expect("a range has a prefix");
    let address = oracle::parse_address(address).expect("a range has an address");
    let prefix: u32 = prefix.parse().expect("a prefix is a number");
    let (is_v4, first, width) = match address {
        Address::V4(address) => (true, u128::from(address), 32),
        Address::V6(address) => (false, address, 128),
    };
    let host_bits = 1_u128.checked_shl(width - prefix).map_or(u128::MAX, |size| size - 1);
    assert_eq!(first & host_bits, 0, "{printed} has host bits");
    Some(Range { ours, theirs, ends: Ends { is_v4, first, last: first | host_bits } })
}

fn ip(is_v4: bool, number: u128) -> Option<IpAddr> {
    if is_v4 {
        u32::try_from(number).ok().map(|number| Ipv4Addr::from(number).into())
    } else {
        Some(Ipv6Addr::from(number).into())
    }
}

/// Asserts that the crate and the oracle agree on whether a range contains an address.
fn same_answer(range: &Range, client: ClientIp) {
    let address = client.address().expect("an address");
    let number = match address {
        IpAddr::V4(address) => Address::V4(address.into()),
        IpAddr::V6(address) => Address::V6(address.into()),
    };
    let contains = range.ours.contains(client);
    assert_eq!(contains, oracle::range_contains(&range.theirs, number), "{} {client}", range.ours);
    let ends = range.ends;
    let (is_v4, number) = match number {
        Address::V4(number) => (true, u128::from(number)),
        Address::V6(number) => (false, number),
    };
    assert_eq!(contains, is_v4 == ends.is_v4 && (ends.first..=ends.last).contains(&number), "{} {client}", range.ours);
}

fuzz_target!(|bytes: &[u8]| {
    let lines = laws::lines(bytes);
    let mut clients = Vec::new();
    for line in &lines {
        let ours = laws::text_form!(ClientIp, line);
        let theirs = oracle::parse_address(line);
        assert_eq!(ours.is_some(), theirs.is_some(), "{line:?}");
        let Some((ours, theirs)) = ours.zip(theirs) else { continue };
        let expected = match theirs {
            Address::V4(number) => ip(true, number.into()),
            Address::V6(number) => ip(false, number),
        };
        assert_eq!(ours.address(), expected, "{line}");
        assert_eq!(expected.map(ClientIp::from_peer), Some(ours));
        clients.push(ours);
    }
    let ranges: Vec<Range> = lines.iter().filter_map(|line| range(line)).collect();
    for range in &ranges {
        assert!(!range.ours.contains(ClientIp::UNKNOWN));
        for client in &clients {
            same_answer(range, *client);
        }
        let Ends { is_v4, first, last } = range.ends;
        let beside = [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)];
        for number in beside.into_iter().flatten() {
            if let Some(address) = ip(is_v4, number) {
                same_answer(range, ClientIp::from_peer(address));
            }
        }
        for other in &ranges {
            let expected = is_v4 == other.ends.is_v4 && first <= other.ends.first && other.ends.last <= last;
            assert_eq!(range.ours.covers(&other.ours), expected, "{} {}", range.ours, other.ours);
        }
    }
    match AllowedRanges::only(ranges.iter().map(|range| range.ours)) {
        Ok(allowed) => {
            assert!(!allowed.allow(ClientIp::UNKNOWN));
            for client in clients {
                assert_eq!(allowed.allow(client), ranges.iter().any(|range| range.ours.contains(client)));
            }
            let text = serde_json::to_string(&allowed).expect("a list is JSON");
            assert_eq!(serde_json::from_str::<AllowedRanges>(&text).expect("what was written reads"), allowed);
        }
        Err(error) => assert_eq!((error, ranges.len()), (IpRangesError::Empty, 0)),
    }
});
