//! IP ranges in CIDR notation, the ranges of a token, and the client's address (T3).

use alloc::{boxed::Box, vec::Vec};
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::{
    limits::MAX_RANGES,
    words::{Quoted, excerpt},
};

/// **A range of IP addresses** in CIDR notation, such as `10.0.0.0/8` or `2001:db8::/32` (T3).
///
/// - Host bits are masked: `192.168.0.1/24` is `192.168.0.0/24`.
/// - No leading zeros or signs in octets or prefix, no bare address, no zone id.
/// - `::ffff:a.b.c.d/96` and longer is the IPv4 range; a shorter prefix on such an address is refused.
/// - Families never match otherwise: `::/0` is every IPv6 client and no IPv4 one.
///
/// ```
/// use tollgate::{ClientIp, IpRange};
///
/// let office: IpRange = "192.0.2.7/24".parse()?;
/// assert_eq!(office.to_string(), "192.0.2.0/24");
/// assert!(office.contains("::ffff:192.0.2.200".parse::<ClientIp>().unwrap()));
/// assert!(!office.contains(ClientIp::UNKNOWN));
/// assert!("010.0.0.0/8".parse::<IpRange>().is_err());
/// # Ok::<(), tollgate::InvalidRange>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpRange(IpNet);

impl IpRange {
    /// Whether the address is in the range. An unknown address is in none.
    #[must_use]
    pub fn contains(&self, client_ip: ClientIp) -> bool {
        client_ip.0.is_some_and(|address| self.0.contains(&address))
    }

    /// Whether every address of `other` is in this range (L9).
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }
}

impl FromStr for IpRange {
    type Err = InvalidRange;

    /// Parses CIDR notation.
    ///
    /// # Errors
    /// A text that is no range in the form described at the type.
    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        parse(text).map_err(|problem| InvalidRange { text: excerpt(text), problem })
    }
}

fn parse(text: &str) -> Result<IpRange, RangeProblem> {
    let (address, prefix) = text.split_once('/').ok_or(RangeProblem::NoPrefix)?;
    let address: IpAddr = address.parse().map_err(|_| RangeProblem::Address)?;
    let prefix = parse_prefix(prefix).ok_or(RangeProblem::Prefix)?;
    if address.is_ipv6() && prefix > 128 {
        return Err(RangeProblem::PrefixTooLong { at_most: 128 });
    }
    let net = match address {
        IpAddr::V4(address) => v4(address, prefix)?,
        IpAddr::V6(address) => match (address.to_ipv4_mapped(), prefix.checked_sub(96)) {
            (Some(mapped), Some(prefix)) => v4(mapped, prefix)?,
            (Some(_), None) => return Err(RangeProblem::MappedTooShort),
            (None, _) => {
                IpNet::V6(Ipv6Net::new(address, prefix).map_err(|_| RangeProblem::PrefixTooLong { at_most: 128 })?)
            }
        },
    };
    Ok(IpRange(net.trunc()))
}

fn v4(address: Ipv4Addr, prefix: u8) -> Result<IpNet, RangeProblem> {
    Ipv4Net::new(address, prefix).map(IpNet::V4).map_err(|_| RangeProblem::PrefixTooLong { at_most: 32 })
}

/// Digits only, no leading zero, at most three of them.
fn parse_prefix(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IpRange({self})")
    }
}

/// A text that is no [`IpRange`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid IP range {}: {problem}", Quoted(text))]
pub struct InvalidRange {
    text: Box<str>,
    problem: RangeProblem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum RangeProblem {
    #[error("it has no prefix length: expected CIDR notation such as `10.0.0.0/8`")]
    NoPrefix,
    #[error("its address is not one: expected IPv4 octets without leading zeros or IPv6 without a zone id")]
    Address,
    #[error("its prefix length is not one: expected a number without sign or leading zeros")]
    Prefix,
    #[error("its prefix length is too long: expected at most {at_most}")]
    PrefixTooLong { at_most: u8 },
    #[error("its prefix is shorter than 96 on an IPv4-mapped address: expected the IPv4 range itself")]
    MappedTooShort,
}

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
/// # Ok::<(), tollgate::InvalidClientIp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientIp(Option<IpAddr>);

impl ClientIp {
    /// Nobody knows the address.
    pub const UNKNOWN: Self = Self(None);

    /// The address, IPv4 if it came IPv4-mapped, or `None` where it is unknown.
    #[must_use]
    pub const fn address(self) -> Option<IpAddr> {
        self.0
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
        Self(Some(IpAddr::V4(address)))
    }
}

impl From<Ipv6Addr> for ClientIp {
    fn from(address: Ipv6Addr) -> Self {
        Self(Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)))
    }
}

impl FromStr for ClientIp {
    type Err = InvalidClientIp;

    /// Parses an IPv4 or IPv6 address.
    ///
    /// # Errors
    /// Any other text: octets with leading zeros, zone ids, brackets and ports among them.
    fn from_str(text: &str) -> Result<Self, InvalidClientIp> {
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(address.into()),
            Err(_) => Err(InvalidClientIp { text: excerpt(text) }),
        }
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
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
pub struct InvalidClientIp {
    text: Box<str>,
}

/// **The addresses that a token may be used from**: any, or only those of a list that is never empty.
///
/// `Any` is a variant of its own, so that an emptied list cannot come to mean everything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllowedRanges {
    /// Every address, an unknown one included.
    Any,
    /// Only addresses in one of these ranges.
    Only(IpRanges),
}

impl AllowedRanges {
    /// Only these ranges.
    ///
    /// # Errors
    /// No range at all, or more than 1,000 different ones.
    pub fn only(ranges: impl IntoIterator<Item = IpRange>) -> Result<Self, InvalidRanges> {
        IpRanges::new(ranges).map(Self::Only)
    }

    /// Whether the token may be used from the address.
    #[must_use]
    pub fn allow(&self, client_ip: ClientIp) -> bool {
        match self {
            Self::Any => true,
            Self::Only(ranges) => ranges.as_slice().iter().any(|range| range.contains(client_ip)),
        }
    }
}

/// A list of 1 to 1,000 different ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpRanges(Box<[IpRange]>);

impl IpRanges {
    fn new(ranges: impl IntoIterator<Item = IpRange>) -> Result<Self, InvalidRanges> {
        let mut ranges: Vec<IpRange> = ranges.into_iter().collect();
        ranges.sort_unstable();
        ranges.dedup();
        match ranges.len() {
            0 => Err(InvalidRanges::Empty),
            1..=MAX_RANGES => Ok(Self(ranges.into())),
            found => Err(InvalidRanges::TooMany { found }),
        }
    }

    /// The ranges in their order.
    #[must_use]
    pub const fn as_slice(&self) -> &[IpRange] {
        &self.0
    }
}

/// A list that is no list of ranges for a token (L5, L7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRanges {
    /// The list is empty.
    #[error("empty list of IP ranges: expected at least one, or no list for any address")]
    Empty,
    /// The list has more than [`MAX_RANGES`] different ranges.
    #[error("{found} different IP ranges: expected at most {MAX_RANGES}")]
    TooMany {
        /// How many there are, without duplicates.
        found: usize,
    },
}

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{AllowedRanges, ClientIp, IpRange};
    use alloc::vec::Vec;
    use core::fmt;
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, SeqAccess, Unexpected, Visitor},
    };

    impl Serialize for IpRange {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for IpRange {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            crate::words::deserialize_from_str(deserializer, "IP range")
        }
    }

    /// An address as a string, or null where it is unknown.
    impl Serialize for ClientIp {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
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

    /// What is read where null is not: a value of its own, so that an absent field (which serde reads as an absent
    /// option) is an error and never null, and a format that cannot tell null from a list is refused.
    trait OrElse<'de>: Sized {
        type Value;
        const EXPECTED: &'static str;
        fn null() -> Self::Value;
        fn text<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Err(E::invalid_type(Unexpected::Str(text), &Self::EXPECTED))
        }
        fn list<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error>;
    }

    struct NullOr<T>(T);

    impl<'de, T: OrElse<'de>> Visitor<'de> for NullOr<T> {
        type Value = T::Value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }

        fn visit_unit<E>(self) -> Result<T::Value, E> {
            Ok(T::null())
        }

        fn visit_none<E>(self) -> Result<T::Value, E> {
            Ok(T::null())
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
            deserializer.deserialize_any(self)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T::Value, E> {
            self.0.text(text)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T::Value, A::Error> {
            self.0.list(list)
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

    struct RangeList;

    impl<'de> OrElse<'de> for RangeList {
        type Value = AllowedRanges;
        const EXPECTED: &'static str = "null or a list of IP ranges";

        fn null() -> AllowedRanges {
            AllowedRanges::Any
        }

        fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<AllowedRanges, A::Error> {
            let mut ranges = Vec::new();
            while let Some(range) = list.next_element()? {
                ranges.push(range);
            }
            AllowedRanges::only(ranges).map_err(A::Error::custom)
        }
    }

    /// Null for any address, else a list that is not empty.
    impl Serialize for AllowedRanges {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Any => serializer.serialize_none(),
                Self::Only(ranges) => serializer.collect_seq(ranges.as_slice()),
            }
        }
    }

    impl<'de> Deserialize<'de> for AllowedRanges {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(NullOr(RangeList))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowedRanges, ClientIp, InvalidRanges, IpRange};
    use alloc::{format, string::ToString, vec::Vec};

    fn range(text: &str) -> IpRange {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_are_masked_and_mapped_ones_become_ipv4() {
        for (text, canonical) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("192.168.0.1/24", "192.168.0.0/24"),
            ("1.2.3.4/0", "0.0.0.0/0"),
            ("1.2.3.4/32", "1.2.3.4/32"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("2001:0db8:0000::/48", "2001:db8::/48"),
            ("::/0", "::/0"),
            ("::1/128", "::1/128"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("::ffff:a01:203/128", "10.1.2.3/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::10.0.0.0/104", "::a00:0/104"),
            ("64:ff9b::/96", "64:ff9b::/96"),
        ] {
            assert_eq!(range(text).to_string(), canonical);
        }
    }

    #[test]
    fn refused_texts_say_why() {
        let address = "its address is not one: expected IPv4 octets without leading zeros or IPv6 without a zone id";
        let prefix = "its prefix length is not one: expected a number without sign or leading zeros";
        for (text, problem) in [
            ("10.0.0.0", "it has no prefix length: expected CIDR notation such as `10.0.0.0/8`"),
            ("", "it has no prefix length: expected CIDR notation such as `10.0.0.0/8`"),
            ("010.0.0.0/8", address),
            ("10.0.0/8", address),
            ("256.0.0.0/8", address),
            ("+1.0.0.0/8", address),
            (" 10.0.0.0/8", address),
            ("fe80::%eth0/64", address),
            ("[::]/0", address),
            ("/8", address),
            ("10.0.0.0/", prefix),
            ("10.0.0.0/08", prefix),
            ("10.0.0.0/00", prefix),
            ("10.0.0.0/+8", prefix),
            ("10.0.0.0/-8", prefix),
            ("10.0.0.0/8 ", prefix),
            ("10.0.0.0/8/8", prefix),
            ("10.0.0.0/255.0.0.0", prefix),
            ("10.0.0.0/256", prefix),
            ("10.0.0.0/33", "its prefix length is too long: expected at most 32"),
            ("::/129", "its prefix length is too long: expected at most 128"),
            ("::ffff:1.2.3.4/129", "its prefix length is too long: expected at most 128"),
            (
                "::ffff:1.2.3.4/95",
                "its prefix is shorter than 96 on an IPv4-mapped address: expected the IPv4 range itself",
            ),
            ("::ffff:0:0/0", "its prefix is shorter than 96 on an IPv4-mapped address: expected the IPv4 range itself"),
        ] {
            assert_eq!(
                text.parse::<IpRange>().unwrap_err().to_string(),
                format!("invalid IP range `{text}`: {problem}")
            );
        }
    }

    #[test]
    fn families_never_match_but_for_mapped_addresses() {
        let allowed = |range_text: &str, client: &str| range(range_text).contains(client.parse().unwrap());
        assert!(allowed("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(allowed("::ffff:192.0.2.0/120", "192.0.2.7"));
        assert!(!allowed("192.0.2.0/24", "::ffff:192.0.3.7"));
        assert!(!allowed("192.0.2.0/24", "::192.0.2.7"));
        assert!(!allowed("0.0.0.0/0", "::1"));
        assert!(!allowed("::/0", "192.0.2.7"));
        assert!(!allowed("::/0", "::ffff:192.0.2.7"));
        assert!(allowed("::/0", "2001:db8::1"));
        assert!(!allowed("0.0.0.0/0", "64:ff9b::c000:207"));
    }

    #[test]
    fn an_unknown_address_passes_only_where_any_address_does() {
        assert!(AllowedRanges::Any.allow(ClientIp::UNKNOWN));
        let everything = AllowedRanges::only([range("0.0.0.0/0"), range("::/0")]).unwrap();
        assert!(!everything.allow(ClientIp::UNKNOWN));
        assert_eq!(ClientIp::UNKNOWN.to_string(), "unknown");
    }

    #[test]
    fn a_list_holds_1_to_1000_different_ranges() {
        assert_eq!(AllowedRanges::only([]), Err(InvalidRanges::Empty));
        assert_eq!(
            InvalidRanges::Empty.to_string(),
            "empty list of IP ranges: expected at least one, or no list for any address",
        );
        let many: Vec<IpRange> = (0..1001_u32).map(|n| range(&format!("10.0.{}.{}/32", n / 256, n % 256))).collect();
        assert!(AllowedRanges::only(many[..1000].iter().copied()).is_ok());
        assert!(AllowedRanges::only(many[..1000].iter().chain(&many[..10]).copied()).is_ok());
        let error = AllowedRanges::only(many).unwrap_err();
        assert_eq!(error.to_string(), "1001 different IP ranges: expected at most 1000");
    }

    #[test]
    fn a_range_covers_itself_and_what_lies_within() {
        for (outer, inner, covered) in [
            ("10.0.0.0/8", "10.0.0.0/8", true),
            ("10.0.0.0/8", "10.1.0.0/16", true),
            ("10.1.0.0/16", "10.0.0.0/8", false),
            ("10.0.0.0/8", "11.0.0.0/16", false),
            ("::/0", "10.0.0.0/8", false),
            ("0.0.0.0/0", "::1/128", false),
        ] {
            assert_eq!(range(outer).covers(&range(inner)), covered, "{outer} {inner}");
        }
    }

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

    #[cfg(feature = "serde")]
    #[test]
    fn an_absent_field_is_an_error_and_never_any_address() {
        #[derive(Debug, serde::Deserialize)]
        struct Row {
            cidr: AllowedRanges,
            client_ip: ClientIp,
        }
        let read = |text: &str| serde_json::from_str::<Row>(text).map(|row| (row.cidr, row.client_ip));
        let error = |text: &str| read(text).unwrap_err().to_string();
        assert!(error(r#"{"client_ip": null}"#).starts_with("missing field `cidr`"));
        assert!(error(r#"{"cidr": null}"#).starts_with("missing field `client_ip`"));
        assert!(error(r#"{"cidr": [], "client_ip": null}"#).starts_with("empty list of IP ranges"));
        assert!(error(r#"{"cidr": "10.0.0.0/8", "client_ip": null}"#).contains("expected null or a list of IP ranges"));
        assert!(
            error(r#"{"cidr": null, "client_ip": ["::1"]}"#).contains("expected null or an IP address as a string")
        );
        assert_eq!(read(r#"{"cidr": null, "client_ip": null}"#).unwrap(), (AllowedRanges::Any, ClientIp::UNKNOWN));
        let ranges = AllowedRanges::only([range("10.0.0.0/8")]).unwrap();
        let row = read(r#"{"cidr": ["10.0.0.0/8"], "client_ip": "::ffff:10.0.0.1"}"#).unwrap();
        assert_eq!(row, (ranges, "10.0.0.1".parse().unwrap()));
    }
}
