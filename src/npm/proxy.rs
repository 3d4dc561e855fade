//! The client's address behind proxies.

use alloc::boxed::Box;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::value::{ClientIp, IpRange};

/// The most hops that are looked at: no request passes more proxies of one registry; a longer header is somebody's play.
const MAX_HOPS: usize = 32;

/// **The proxies whose word about a client's address is taken** (T3); none of them by default.
///
/// - From the peer through the `X-Forwarded-For` hops, right to left: the first address that is not trusted is the
///   client. What stands to the left of it the client may have written itself, and nobody reads it.
/// - The peer is not trusted: it is the client, whatever the header says.
/// - Every hop is trusted: the leftmost is the client, for a trusted proxy wrote it.
/// - Unknown, which no token with ranges accepts: a trusted peer without the header (it might be a proxy that forgot it,
///   and its address must not become that of everyone behind it), a hop that is no address, more than 32 hops.
/// - A hop is an address, with a port or in brackets at most: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`,
///   `[2001:db8::1]`, `[2001:db8::1]:4711` (some proxies append the port). An IPv4-mapped one is the IPv4 address. No
///   zone ids, names or `unknown`.
/// - Trust the proxies and nothing more: who can send from a trusted address can claim any other.
///
/// ```
/// use tollgate::{ClientIp, npm::TrustedProxies};
///
/// let proxies = TrustedProxies::new(["10.0.0.0/8".parse()?]);
/// let proxy: ClientIp = "10.0.0.1".parse().unwrap();
/// assert_eq!(proxies.client_ip(proxy, ["203.0.113.9, 192.0.2.7, 10.0.0.2"]).to_string(), "192.0.2.7");
///
/// let stranger: ClientIp = "198.51.100.3".parse().unwrap();
/// assert_eq!(proxies.client_ip(stranger, ["192.0.2.7"]), stranger);
/// assert_eq!(proxies.client_ip(proxy, []), ClientIp::UNKNOWN);
/// # Ok::<(), tollgate::value::IpRangeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Box<[IpRange]>);

impl TrustedProxies {
    /// Trusts the addresses in these ranges; nobody, if there are none.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = IpRange>) -> Self {
        Self(ranges.into_iter().collect())
    }

    /// The address of the client: `peer` is the other end of the connection, `forwarded` the values of every
    /// `X-Forwarded-For` header in the order of the request.
    ///
    /// Leave no value out. One that is no text is handed in as an empty one, so that it is reached as a hop that is no
    /// address.
    #[must_use]
    pub fn client_ip<'h, I>(&self, peer: ClientIp, forwarded: I) -> ClientIp
    where
        I: IntoIterator<Item = &'h str, IntoIter: DoubleEndedIterator>,
    {
        if !self.trust(peer) {
            return peer;
        }
        let mut leftmost = ClientIp::UNKNOWN;
        let hops = forwarded.into_iter().rev().flat_map(|value| value.rsplit(','));
        for (passed, hop) in hops.enumerate() {
            let Some(address) = address_of(hop) else { return ClientIp::UNKNOWN };
            if passed >= MAX_HOPS {
                return ClientIp::UNKNOWN;
            }
            if !self.trust(address) {
                return address;
            }
            leftmost = address;
        }
        leftmost
    }

    fn trust(&self, address: ClientIp) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

/// The address of a hop. The port says nothing about who it is.
fn address_of(hop: &str) -> Option<ClientIp> {
    let hop = hop.trim_matches([' ', '\t']);
    if hop.contains('%') {
        return None;
    }
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse::<IpAddr>().ok().or_else(in_brackets).or_else(with_port).map(ClientIp::from)
}
