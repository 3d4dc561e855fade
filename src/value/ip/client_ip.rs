//! The address that a request came from.

use alloc::boxed::Box;
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use crate::value::quoted::{Quoted, excerpt};

/// The IP address that a request came from, or [`ClientIp::UNKNOWN`].
///
/// A token with allowed ranges is denied from every address outside them, and from an unknown address. A token without
/// ranges may be used from any address, known or unknown ([T3](crate::docs::rules#t3)).
///
/// An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is stored as the IPv4 address. Other embeddings of IPv4 in IPv6, such
/// as NAT64 and 6to4, are not unwrapped.
///
/// An IP address alone is not a client's address: it may be a proxy's. [`from_peer`](Self::from_peer) is for a client that
/// is connected directly. Behind a proxy, take the address that a *trusted* proxy reports, as `npm::TrustedProxies` does. A
/// header that the client itself may have written proves nothing.
///
/// # Textual representation
///
/// `ClientIp` parses an IPv4 or IPv6 address, without zone id, brackets or port. It displays the address, or `unknown`.
/// An unknown address serializes as null.
///
/// # Examples
///
/// ```
/// use tollgate::ClientIp;
///
/// let mapped: ClientIp = "::ffff:192.0.2.7".parse()?;
/// assert_eq!(mapped, "192.0.2.7".parse()?);
/// assert_eq!(ClientIp::UNKNOWN.address(), None);
///
/// assert!("192.0.2.7:443".parse::<ClientIp>().is_err()); // a port
/// assert!("fe80::1%eth0".parse::<ClientIp>().is_err()); // a zone id
/// # Ok::<(), tollgate::value::ClientIpError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientIp {
    family: Family,
    /// The address as a number, with the high word first. For an unknown address, both words are 0.
    ///
    /// Whole words copy faster than an `Option<IpAddr>` of 17 bytes, which added 7 to 10 ns to every decision; see
    /// [`docs::performance`](crate::docs::performance).
    address: [u64; 2],
}

/// The address family of a [`ClientIp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    /// The address is unknown.
    Unknown,
    Ipv4,
    Ipv6,
}

impl ClientIp {
    /// An unknown address.
    pub const UNKNOWN: Self = Self { family: Family::Unknown, address: [0, 0] };

    /// Makes the address of a client that is connected directly, from the other end of its connection.
    ///
    /// If a proxy of the registry is the other end, its address is not the client's. `npm::TrustedProxies::client_ip`
    /// reads the client's address from what the proxy forwards.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// use tollgate::ClientIp;
    ///
    /// let peer: SocketAddr = "[::ffff:192.0.2.7]:4711".parse()?;
    /// assert_eq!(ClientIp::from_peer(peer.ip()), "192.0.2.7".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_peer(peer: IpAddr) -> Self {
        Self::from_address(peer)
    }

    /// Makes the address of a client from an address that has been found to be one.
    pub(crate) fn from_address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self { family: Family::Ipv4, address: [0, address.to_bits().into()] },
            IpAddr::V6(address) => {
                let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
                let bits = address.to_bits();
                Self { family: Family::Ipv6, address: [half(bits >> 64), half(bits)] }
            }
        }
    }

    /// Returns the address, or `None` if it is unknown. An IPv4-mapped IPv6 address is returned as the IPv4 address.
    #[must_use]
    pub fn address(self) -> Option<IpAddr> {
        let [high, low] = self.address;
        match self.family {
            Family::Unknown => None,
            Family::Ipv4 => Some(Ipv4Addr::from_bits(u32::try_from(low).unwrap_or_default()).into()),
            Family::Ipv6 => Some(Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low)).into()),
        }
    }

    /// Returns the family, and the address as a number with the high word first.
    #[inline]
    pub(crate) const fn to_parts(self) -> (Family, [u64; 2]) {
        (self.family, self.address)
    }

    /// Restores an address from its [parts](Self::to_parts).
    #[inline]
    pub(crate) const fn from_parts(family: Family, address: [u64; 2]) -> Self {
        Self { family, address }
    }
}

impl FromStr for ClientIp {
    type Err = ClientIpError;

    /// Parses an IPv4 or IPv6 address.
    ///
    /// # Errors
    ///
    /// The text is not an IPv4 or IPv6 address. Octets with leading zeros, zone ids, brackets and ports are refused.
    fn from_str(text: &str) -> Result<Self, ClientIpError> {
        let invalid = |_| ClientIpError { text: excerpt(text) };
        if text.contains(':') {
            text.parse::<Ipv6Addr>().map(|address| Self::from_address(address.into())).map_err(invalid)
        } else {
            text.parse::<Ipv4Addr>().map(|address| Self::from_address(address.into())).map_err(invalid)
        }
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Some(address) => address.fmt(f),
            None => f.pad("unknown"),
        }
    }
}

impl fmt::Debug for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientIp({self})")
    }
}

/// The error returned when parsing a [`ClientIp`] from text that is not an IP address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid client address {}: expected an IPv4 or IPv6 address without zone id, brackets or port", Quoted(text))]
pub struct ClientIpError {
    text: Box<str>,
}

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{
        super::nullable::{Nullable, NullableVisitor},
        ClientIp,
    };
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, SeqAccess, Unexpected},
    };

    /// Serializes the address as a string, or as null if it is unknown.
    impl Serialize for ClientIp {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.address() {
                Some(address) => serializer.collect_str(&address),
                None => serializer.serialize_none(),
            }
        }
    }

    impl<'de> Deserialize<'de> for ClientIp {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(NullableVisitor(AddressText))
        }
    }

    struct AddressText;

    impl<'de> Nullable<'de> for AddressText {
        type Value = ClientIp;
        const EXPECTED: &'static str = "null or an IP address as a string";

        fn null() -> ClientIp {
            ClientIp::UNKNOWN
        }

        fn text<E: Error>(self, text: &str) -> Result<ClientIp, E> {
            text.parse().map_err(E::custom)
        }

        fn list<A: SeqAccess<'de>>(self, _list: A) -> Result<ClientIp, A::Error> {
            Err(A::Error::invalid_type(Unexpected::Seq, &Self::EXPECTED))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ClientIp;
    use alloc::{format, string::ToString};

    #[test]
    fn an_error_repeats_the_refused_text() {
        for text in ["", "010.0.0.1", "1.2.3", "[::1]", "1.2.3.4:80", "fe80::1%1", "localhost", "1.2.3.4 "] {
            assert_eq!(
                text.parse::<ClientIp>().unwrap_err().to_string(),
                format!(
                    "invalid client address `{text}`: expected an IPv4 or IPv6 address without zone id, brackets or port"
                ),
            );
        }
    }
}
