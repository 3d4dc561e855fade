//! The client's address behind proxies: a client can neither invent an address nor take a proxy's.
#![expect(clippy::unwrap_used, reason = "a slip in a test's own data fails the test")]

use std::net::IpAddr;

use proptest::prelude::*;
use tollgate::{ClientIp, npm::TrustedProxies, testing::ranges};

const PROXY: &str = "10.0.0.1";

fn ip(text: &str) -> ClientIp {
    text.parse().unwrap()
}

fn peer(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn proxies() -> TrustedProxies {
    TrustedProxies::new(["10.0.0.0/24", "2001:db8:1::/48"].map(|text| text.parse().unwrap()))
}

#[test]
fn the_client_is_the_first_untrusted_address_from_the_right() {
    // peer, X-Forwarded-For headers, client
    for (from, forwarded, client) in [
        // An untrusted peer is the client, whatever it wrote.
        ("192.0.2.7", &[][..], "192.0.2.7"),
        ("192.0.2.7", &["10.0.0.5"], "192.0.2.7"),
        ("192.0.2.7", &["nonsense"], "192.0.2.7"),
        ("10.0.1.1", &["198.51.100.3"], "10.0.1.1"),
        // A trusted one is asked.
        (PROXY, &["192.0.2.7"], "192.0.2.7"),
        ("::ffff:10.0.0.1", &["192.0.2.7"], "192.0.2.7"),
        ("2001:db8:1::1", &["192.0.2.7"], "192.0.2.7"),
        ("2001:db8:2::1", &["192.0.2.7"], "2001:db8:2::1"),
        (PROXY, &["192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        (PROXY, &["192.0.2.7,10.0.0.2,2001:db8:1::9"], "192.0.2.7"),
        // What stands left of the client is the client's own writing.
        (PROXY, &["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
        (PROXY, &["10.0.0.9, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        (PROXY, &["nonsense, 192.0.2.7"], "192.0.2.7"),
        (PROXY, &[",,, 192.0.2.7"], "192.0.2.7"),
        // Several headers are one list.
        (PROXY, &["203.0.113.9", "192.0.2.7"], "192.0.2.7"),
        (PROXY, &["203.0.113.9, 192.0.2.7", "10.0.0.2"], "192.0.2.7"),
        (PROXY, &["192.0.2.7", "10.0.0.3", "10.0.0.2"], "192.0.2.7"),
        // Every hop is trusted: the leftmost.
        (PROXY, &["10.0.0.2"], "10.0.0.2"),
        (PROXY, &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (PROXY, &["10.0.0.4", "10.0.0.3, 10.0.0.2"], "10.0.0.4"),
    ] {
        assert_eq!(proxies().client_ip(peer(from), forwarded.iter().copied()), ip(client), "{from} {forwarded:?}");
    }
}

#[test]
fn an_address_that_a_trusted_proxy_does_not_report_is_unknown_and_never_the_proxys() {
    for forwarded in [
        &[][..],
        &[""],
        &[" "],
        &[","],
        &["unknown"],
        &["_hidden"],
        &["localhost"],
        &["192.0.2.7,"],
        &["192.0.2.7, "],
        &["192.0.2.7", ""],
        &["192.0.2.7, nonsense, 10.0.0.2"],
        &["nonsense, 10.0.0.2"],
        &["192.0.2.7 10.0.0.2"],
        &["192.0.2.7; 10.0.0.2"],
        &["for=192.0.2.7"],
    ] {
        assert_eq!(proxies().client_ip(peer(PROXY), forwarded.iter().copied()), ClientIp::UNKNOWN, "{forwarded:?}");
    }
    let to_the_proxies = ranges(&["10.0.0.0/24"]);
    assert!(to_the_proxies.allow(ip(PROXY)));
    assert!(
        !to_the_proxies.allow(proxies().client_ip(peer(PROXY), [])),
        "a proxy that forgot the header lends no address"
    );
}

#[test]
fn a_hop_is_an_address_with_an_optional_port_or_brackets() {
    for (hop, client) in [
        ("192.0.2.7", "192.0.2.7"),
        (" \t192.0.2.7\t ", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1:4711", "2001:db8::1:4711"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:4711", "192.0.2.7"),
        ("::192.0.2.7", "::192.0.2.7"),
    ] {
        assert_eq!(proxies().client_ip(peer(PROXY), [hop]), ip(client), "{hop}");
    }
    for hop in [
        "192.0.2.07",
        "192.0.2",
        "192.0.2.7.1",
        "192.0.2.7/32",
        "3221225991",
        "0xc0000207",
        "192.0.2.7:",
        "192.0.2.7:x",
        "192.0.2.7:65536",
        "192.0.2.7:-1",
        ":4711",
        "[192.0.2.7]",
        "[192.0.2.7]:4711",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]4711",
        "[2001:db8::1]:",
        "[[2001:db8::1]]",
        "[]",
        "fe80::1%eth0",
        "fe80::1%1",
        "[fe80::1%1]",
        "[fe80::1%1]:4711",
        "\"192.0.2.7\"",
        "\u{a0}192.0.2.7",
        "192.0.2.7\n",
        "１９２.0.2.7",
    ] {
        assert_eq!(proxies().client_ip(peer(PROXY), [hop]), ClientIp::UNKNOWN, "{hop}");
    }
}

#[test]
fn no_proxy_is_trusted_by_default() {
    for none in [TrustedProxies::default(), TrustedProxies::new([])] {
        for text in [PROXY, "127.0.0.1", "::1", "::ffff:192.0.2.1"] {
            assert_eq!(none.client_ip(peer(text), ["192.0.2.7"]), ip(text));
        }
    }
}

#[test]
fn at_most_32_hops_are_read() {
    let chain = |proxies: usize| format!("192.0.2.7{}", ", 10.0.0.2".repeat(proxies));
    assert_eq!(proxies().client_ip(peer(PROXY), [&*chain(31)]), ip("192.0.2.7"));
    assert_eq!(proxies().client_ip(peer(PROXY), [&*chain(32)]), ClientIp::UNKNOWN);
    assert_eq!(proxies().client_ip(peer(PROXY), std::iter::repeat_n("10.0.0.2", 32)), ip("10.0.0.2"));
    assert_eq!(proxies().client_ip(peer(PROXY), std::iter::repeat_n("10.0.0.2", 33)), ClientIp::UNKNOWN);
    assert_eq!(proxies().client_ip(peer(PROXY), [&*chain(1_000_000)]), ClientIp::UNKNOWN);
    // What the client wrote does not count.
    let long = "10.0.0.2, ".repeat(1_000_000) + "192.0.2.7";
    assert_eq!(proxies().client_ip(peer(PROXY), [&*long]), ip("192.0.2.7"));
}

proptest! {
    /// A forger writes anything to the left, over any number of headers; the trusted proxies append what they saw.
    #[test]
    fn nothing_that_a_client_writes_changes_its_address(
        forged in proptest::collection::vec("[ -~]{0,40}", 0..4),
        hops in 0_usize..5,
        client in prop_oneof![Just("192.0.2.7"), Just("2001:db8:2::7"), Just("10.0.1.0")],
    ) {
        let mut headers = forged;
        headers.push(client.into());
        headers.extend((0..hops).map(|n| format!("10.0.0.{n}")));
        let joined = headers.join(", ");
        let found = proxies().client_ip(peer(PROXY), headers.iter().map(String::as_str));
        prop_assert_eq!(found, ip(client));
        prop_assert_eq!(proxies().client_ip(peer(PROXY), [&*joined]), found, "one header or many");
    }

    /// Of any header at all: a hop or unknown comes out, never a trusted peer that no hop names (too long for these).
    #[test]
    fn a_client_address_is_never_a_trusted_peers_own(headers in proptest::collection::vec("[0-9a-f:., \\[\\]]{0,30}", 0..4)) {
        const PEER: &str = "2001:db8:1:dead:beef:dead:beef:1234";
        prop_assert_ne!(proxies().client_ip(peer(PEER), headers.iter().map(String::as_str)), ip(PEER));
    }
}
