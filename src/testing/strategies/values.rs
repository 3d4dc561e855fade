//! Times, addresses, ranges and secrets.

use core::net::IpAddr;
use std::{format, string::String};

use proptest::{
    arbitrary::any,
    collection::vec,
    prop_oneof,
    strategy::{BoxedStrategy, Just, Strategy},
};

use super::{names::known, text, valid};
use crate::{
    token::{MintedSecret, SecretPrefix},
    value::{AllowedRanges, ClientIp, IpRange, Timestamp},
};

/// The ranges that [`ip_range`] often generates. The list has IPv4 and IPv6 ranges, and some ranges contain others.
const RANGES: &[&str] = &[
    "10.0.0.0/8",
    "10.1.0.0/16",
    "192.0.2.7/32",
    "192.0.2.0/24",
    "2001:db8::/32",
    "2001:db8::7/128",
    "203.0.113.0/24",
    "0.0.0.0/0",
    "::/0",
];

/// The addresses that [`client_ip`] often generates: inside the ranges of [`RANGES`], or just outside.
const ADDRESSES: &[&str] = &[
    "10.1.2.3",
    "10.0.0.0",
    "10.255.255.255",
    "11.0.0.0",
    "192.0.2.7",
    "192.0.2.8",
    "::ffff:10.1.2.3",
    "2001:db8::7",
    "2001:db9::",
    "::10.1.2.3",
];

/// Generates times from the year 0000 to the year 9999, in whole seconds and in nanoseconds.
///
/// Shrinks towards `1970-01-01T00:00:00Z`.
pub fn timestamp() -> BoxedStrategy<Timestamp> {
    let (first, last) = (Timestamp::MIN.unix_nanoseconds(), Timestamp::MAX.unix_nanoseconds());
    let seconds = -62_167_219_200_i64..=253_402_300_799;
    prop_oneof![
        4 => seconds.prop_map(|seconds| valid(Timestamp::from_unix_seconds(seconds))),
        4 => (first..=last).prop_map(|nanoseconds| valid(Timestamp::from_unix_nanoseconds(nanoseconds))),
        1 => Just(Timestamp::MIN),
        1 => Just(Timestamp::MAX),
    ]
    .boxed()
}

/// Generates addresses of clients: IPv4, IPv6 and unknown.
///
/// Half of the addresses are inside or just outside the ranges that [`ip_range`] often generates. Shrinks towards
/// `10.1.2.3`.
pub fn client_ip() -> BoxedStrategy<ClientIp> {
    prop_oneof![
        6 => known(ADDRESSES),
        2 => any::<[u8; 4]>().prop_map(|octets| ClientIp::from_peer(octets.into())),
        2 => any::<[u8; 16]>().prop_map(|octets| ClientIp::from_peer(octets.into())),
        1 => Just(ClientIp::UNKNOWN),
    ]
    .boxed()
}

/// Generates IPv4 and IPv6 ranges ([T3](crate::docs::rules#t3)).
///
/// Half of them are from a short list of ranges, some of which contain each other. Shrinks towards `10.0.0.0/8`.
pub fn ip_range() -> BoxedStrategy<IpRange> {
    let v4 = (any::<[u8; 4]>(), 0..=32_u8);
    let v6 = (any::<[u8; 16]>(), 0..=128_u8);
    prop_oneof![
        6 => known(RANGES),
        2 => v4.prop_map(|(octets, prefix)| valid(format!("{}/{prefix}", IpAddr::from(octets)).parse())),
        2 => v6.prop_filter_map("a mapped address with a short prefix", |(octets, prefix)| {
            format!("{}/{prefix}", IpAddr::from(octets)).parse().ok()
        }),
    ]
    .boxed()
}

/// Generates the allowed ranges of a token: any address, or one to three ranges.
///
/// Shrinks towards any address.
pub fn allowed_ranges() -> BoxedStrategy<AllowedRanges> {
    prop_oneof![Just(AllowedRanges::Any), vec(ip_range(), 1..4).prop_map(|ranges| valid(AllowedRanges::only(ranges))),]
        .boxed()
}

/// Generates texts of secrets, in each form that a secret may have ([S1](crate::docs::rules#s1)): a prefix with random
/// characters and a checksum, hexadecimal digits, a UUID, and any 1 to 512 visible ASCII characters.
///
/// Shrinks towards a short opaque text.
pub fn secret() -> BoxedStrategy<String> {
    let minted = vec(any::<u8>(), 64).prop_filter_map("too few characters", |bytes| {
        MintedSecret::mint(&SecretPrefix::default(), &bytes).ok().map(|minted| String::from(minted.expose()))
    });
    prop_oneof![
        2 => text("[!-~]{1,40}"),
        2 => minted,
        1 => text("[0-9a-fA-F]{32}"),
        1 => text("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        1 => text("[!-~]{400,512}"),
    ]
    .boxed()
}
