//! The address of a client that is connected through proxies.

use alloc::boxed::Box;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::value::{ClientIp, IpRange};

/// The maximum number of hops that are read. No registry has more proxies in a row, so more hops are a sign of an
/// attack.
const MAX_HOPS: usize = 32;

/// The proxies that a registry trusts to forward a client's address in `X-Forwarded-For`.
///
/// The client's address decides whether a token with allowed ranges may be used ([T3](crate::docs::rules#t3)). Trust
/// only your own proxies, because a sender with a trusted address can claim to be any client. The default trusts no
/// address.
///
/// # How the client is found
///
/// The search starts at the peer, which is the other end of the connection, and goes through the hops in
/// `X-Forwarded-For` from right to left. The first address that is not trusted is the client. The hops to the left of
/// it are not read, because the client may have written them itself. In particular:
///
/// - If the peer is not trusted, the peer is the client, whatever the header says.
/// - If the peer and every hop are trusted, the leftmost hop is the client.
/// - The client is [unknown](ClientIp::UNKNOWN) if the peer is trusted and there is no hop, if a hop that is read is
///   not a valid address, or if more than 32 hops would have to be read. A token with allowed ranges does not accept an
///   unknown address. (If the proxy's own address were used, a proxy that omits the header would give its address to
///   every client behind it.)
///
/// A hop is an address, optionally in brackets or with a port, as some proxies write it: `192.0.2.7`, `192.0.2.7:4711`,
/// `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`. An IPv4-mapped address is read as the IPv4 address. Zone
/// ids, host names and `unknown` are not valid.
///
/// # Examples
///
/// ```
/// use std::net::IpAddr;
///
/// use tollgate::{ClientIp, npm::TrustedProxies};
///
/// let proxies = TrustedProxies::new(["10.0.0.0/8".parse()?]);
/// let proxy: IpAddr = "10.0.0.1".parse()?;
/// let client: ClientIp = "192.0.2.7".parse()?;
/// let stranger: IpAddr = "198.51.100.3".parse()?;
///
/// // 10.0.0.2 is a proxy too. The hop to the left of the client is not read.
/// assert_eq!(proxies.client_ip(proxy, ["203.0.113.9, 192.0.2.7, 10.0.0.2"]), client);
///
/// // A peer that is not a proxy cannot claim to be another client.
/// assert_eq!(proxies.client_ip(stranger, ["192.0.2.7"]), ClientIp::from_peer(stranger));
///
/// // The proxy did not forward an address.
/// assert_eq!(proxies.client_ip(proxy, []), ClientIp::UNKNOWN);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Box<[IpRange]>);

impl TrustedProxies {
    /// Trusts every address in the given ranges. Without ranges, no address is trusted.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = IpRange>) -> Self {
        Self(ranges.into_iter().collect())
    }

    /// Returns the address of the client of a request, from the other end of its connection and its headers, as
    /// [`client_ip`](Self::client_ip) does.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn client_ip_from_headers(&self, peer: IpAddr, headers: &http::HeaderMap) -> ClientIp {
        let forwarded = headers.get_all("x-forwarded-for").iter();
        self.client_ip(peer, forwarded.map(|value| value.to_str().unwrap_or_default()))
    }

    /// Returns the address of the client.
    ///
    /// `peer` is the other end of the connection. `forwarded` has the values of all `X-Forwarded-For` headers, in the
    /// order of the request. Do not leave a value out. If a value is not valid text, pass an empty string in its place.
    /// The empty string counts as a hop that is not a valid address.
    #[must_use]
    pub fn client_ip<'h, I>(&self, peer: IpAddr, forwarded: I) -> ClientIp
    where
        I: IntoIterator<Item = &'h str, IntoIter: DoubleEndedIterator>,
    {
        let peer = ClientIp::from_peer(peer);
        if !self.trusts(peer) {
            return peer;
        }
        let mut leftmost = ClientIp::UNKNOWN;
        let hops = forwarded.into_iter().rev().flat_map(|value| value.rsplit(','));
        for (passed, hop) in hops.enumerate() {
            let Some(address) = parse_hop(hop) else { return ClientIp::UNKNOWN };
            if passed >= MAX_HOPS {
                return ClientIp::UNKNOWN;
            }
            if !self.trusts(address) {
                return address;
            }
            leftmost = address;
        }
        leftmost
    }

    fn trusts(&self, address: ClientIp) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

/// Parses a hop, and drops its port.
fn parse_hop(hop: &str) -> Option<ClientIp> {
    let hop = hop.trim_matches([' ', '\t']);
    if hop.contains('%') {
        return None;
    }
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse::<IpAddr>().ok().or_else(in_brackets).or_else(with_port).map(ClientIp::from_address)
}
