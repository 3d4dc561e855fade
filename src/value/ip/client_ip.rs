//! Where a request came from (T3).

use alloc::boxed::Box;
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use crate::value::quoted::{Quoted, excerpt};

/// **The address that a request came from**, which can be unknown (T3).
///
/// - An IPv4-mapped IPv6 address is the IPv4 address; no other embedding is unwrapped.
/// - Unknown is an answer of its own: a token with ranges refuses it, one without accepts it.
/// - Behind a proxy this is the client's address as the *trusted* proxy reports it, never a header that the client
///   wrote; deciding which proxies are trusted is the caller's.
///
/// ```
/// use tollgate::ClientIp;
///
/// let mapped: ClientIp = "::ffff:192.0.2.7".parse()?;
/// assert_eq!(mapped, "192.0.2.7".parse()?);
/// assert!("fe80::1%eth0".parse::<ClientIp>().is_err());
/// # Ok::<(), tollgate::value::ClientIpError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientIp {
    family: Family,
    /// The address as a number, high word first: whole words, which are copied and compared as such.
    address: [u64; 2],
}

/// What the number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    /// Nothing: 0.
    Unknown,
    Ipv4,
    Ipv6,
}

impl ClientIp {
    /// Nobody knows the address.
    pub const UNKNOWN: Self = Self { family: Family::Unknown, address: [0, 0] };

    /// The address, IPv4 if it came IPv4-mapped, or `None` where it is unknown.
    #[must_use]
    pub fn address(self) -> Option<IpAddr> {
        let [high, low] = self.address;
        match self.family {
            Family::Unknown => None,
            Family::Ipv4 => Some(Ipv4Addr::from_bits(u32::try_from(low).unwrap_or_default()).into()),
            Family::Ipv6 => Some(Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low)).into()),
        }
    }

    #[inline]
    pub(crate) const fn to_parts(self) -> (Family, [u64; 2]) {
        (self.family, self.address)
    }

    /// What was taken [apart](Self::to_parts).
    #[inline]
    pub(crate) const fn from_parts(family: Family, address: [u64; 2]) -> Self {
        Self { family, address }
    }
}

impl From<IpAddr> for ClientIp {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => address.into(),
        }
    }
}

impl From<Ipv4Addr> for ClientIp {
    fn from(address: Ipv4Addr) -> Self {
        Self { family: Family::Ipv4, address: [0, address.to_bits().into()] }
    }
}

impl From<Ipv6Addr> for ClientIp {
    fn from(address: Ipv6Addr) -> Self {
        if let Some(address) = address.to_ipv4_mapped() {
            return address.into();
        }
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
        Self { family: Family::Ipv6, address: [half(address.to_bits() >> 64), half(address.to_bits())] }
    }
}

impl FromStr for ClientIp {
    type Err = ClientIpError;

    /// Parses an IPv4 or IPv6 address.
    ///
    /// # Errors
    /// Any other text: octets with leading zeros, zone ids, brackets and ports among them.
    fn from_str(text: &str) -> Result<Self, ClientIpError> {
        let invalid = |_| ClientIpError { text: excerpt(text) };
        if text.contains(':') {
            text.parse::<Ipv6Addr>().map(Self::from).map_err(invalid)
        } else {
            text.parse::<Ipv4Addr>().map(Self::from).map_err(invalid)
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

/// A text that is no IP address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid client address {}: expected an IPv4 or IPv6 address without zone id, brackets or port", Quoted(text))]
pub struct ClientIpError {
    text: Box<str>,
}

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{
        super::null_or::{NullOr, OrElse},
        ClientIp,
    };
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, SeqAccess, Unexpected},
    };

    /// An address as a string, or null where it is unknown.
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
            deserializer.deserialize_any(NullOr(AddressText))
        }
    }

    struct AddressText;

    impl<'de> OrElse<'de> for AddressText {
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
    fn a_bad_client_address_is_named() {
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
