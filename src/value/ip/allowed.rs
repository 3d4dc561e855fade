//! The IP addresses that a token may be used from.

use alloc::{boxed::Box, vec::Vec};

use super::{ClientIp, IpRange, client_ip::Family};
use crate::value::limits::MAX_RANGES;

/// The IP addresses that a token may be used from: any address, or those in a list of 1 to 1,000 ranges.
///
/// `Any` is a separate variant, so an empty list never means "any address" ([L5](crate::docs::rules#l5)). `Any`
/// serializes as null, and `Only` as a list.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     ClientIp,
///     value::{AllowedRanges, IpRangesError},
/// };
///
/// let office = AllowedRanges::only(["192.0.2.0/24".parse()?])?;
/// assert!(office.allow("192.0.2.7".parse()?));
/// assert!(!office.allow("198.51.100.7".parse()?));
/// assert!(!office.allow(ClientIp::UNKNOWN));
/// assert!(AllowedRanges::Any.allow(ClientIp::UNKNOWN));
///
/// assert_eq!(AllowedRanges::only([]), Err(IpRangesError::Empty));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllowedRanges {
    /// Every address, including an unknown one.
    Any,
    /// The addresses in at least one of these ranges. An unknown address is in no range.
    Only(IpRanges),
}

impl AllowedRanges {
    /// Creates an `Only` with these ranges. Duplicates are removed.
    ///
    /// # Errors
    ///
    /// - There is no range ([L5](crate::docs::rules#l5)).
    /// - There are more than 1,000 different ranges ([L7](crate::docs::rules#l7)).
    pub fn only(ranges: impl IntoIterator<Item = IpRange>) -> Result<Self, IpRangesError> {
        IpRanges::new(ranges).map(Self::Only)
    }

    /// Returns `true` if a token with these ranges may be used from the address ([T3](crate::docs::rules#t3)).
    #[must_use]
    #[inline]
    pub fn allow(&self, client_ip: ClientIp) -> bool {
        match self {
            Self::Any => true,
            Self::Only(ranges) => {
                let (family, [high, low]) = client_ip.to_parts();
                ranges.contains_parts(family, high, low)
            }
        }
    }
}

/// Creates an `Only` with this range. Unlike [`AllowedRanges::only`], this cannot fail.
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use tollgate::value::{AllowedRanges, IpRange};
///
/// let build_server = AllowedRanges::from(IpRange::from(Ipv4Addr::new(192, 0, 2, 7)));
/// assert!(build_server.allow("192.0.2.7".parse()?));
/// assert!(!build_server.allow("192.0.2.8".parse()?));
/// # Ok::<(), tollgate::value::ClientIpError>(())
/// ```
impl From<IpRange> for AllowedRanges {
    fn from(range: IpRange) -> Self {
        Self::Only(IpRanges::sorted(Vec::from([range])))
    }
}

/// A sorted list of 1 to 1,000 different IP ranges, created by [`AllowedRanges::only`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpRanges(Box<RangeLists>);

/// The ranges, and an index to search them by address.
///
/// The index has the first and last address of every range that does not lie within another range, in order. These
/// ranges do not overlap, so a binary search finds the only range that can contain an address. Searching one range this
/// way takes 29 instructions, against 137 for a scan of `IpRange`s; see
/// [`docs::performance`](crate::docs::performance).
#[derive(Clone, Debug, PartialEq, Eq)]
struct RangeLists {
    ranges: Box<[IpRange]>,
    ipv4: Box<[(u32, u32)]>,
    ipv6: Box<[(u128, u128)]>,
}

impl IpRanges {
    fn new(ranges: impl IntoIterator<Item = IpRange>) -> Result<Self, IpRangesError> {
        let mut ranges: Vec<IpRange> = ranges.into_iter().collect();
        ranges.sort_unstable();
        ranges.dedup();
        match ranges.len() {
            0 => Err(IpRangesError::Empty),
            1..=MAX_RANGES => Ok(Self::sorted(ranges)),
            found => Err(IpRangesError::TooMany { found }),
        }
    }

    /// Creates a list of 1 to 1,000 different ranges that are already sorted.
    fn sorted(ranges: Vec<IpRange>) -> Self {
        let ipv4 = outermost(ranges.iter().filter_map(IpRange::ipv4));
        let ipv6 = outermost(ranges.iter().filter_map(IpRange::ipv6));
        Self(Box::new(RangeLists { ranges: ranges.into(), ipv4, ipv6 }))
    }

    /// Returns the ranges in sorted order: IPv4 ranges before IPv6 ranges, and each family by first address and then by
    /// prefix length.
    #[must_use]
    pub fn as_slice(&self) -> &[IpRange] {
        &self.0.ranges
    }

    /// Returns `true` if one of the ranges contains the address, given by its [parts](ClientIp::to_parts).
    fn contains_parts(&self, family: Family, high: u64, low: u64) -> bool {
        match family {
            Family::Unknown => false,
            Family::Ipv4 => u32::try_from(low).is_ok_and(|address| any_contains(&self.0.ipv4, address)),
            Family::Ipv6 => any_contains(&self.0.ipv6, u128::from(high) << 64 | u128::from(low)),
        }
    }
}

/// Returns the ranges that do not lie within another range.
///
/// The ranges must be sorted. Of two CIDR ranges that overlap, one lies within the other, and the outer one sorts
/// first. So a range is outermost if it starts after the end of the last range that was kept.
fn outermost<N: Ord>(ranges: impl Iterator<Item = (N, N)>) -> Box<[(N, N)]> {
    let mut kept: Vec<(N, N)> = Vec::new();
    for (first, last) in ranges {
        if kept.last().is_none_or(|(_, end)| *end < first) {
            kept.push((first, last));
        }
    }
    kept.into()
}

/// Returns `true` if one of the ranges contains the address. The ranges must be sorted and must not overlap.
#[inline]
fn any_contains<N: Ord + Copy>(ranges: &[(N, N)], address: N) -> bool {
    let started = ranges.partition_point(|(first, _)| *first <= address);
    let last = started.checked_sub(1).and_then(|last| ranges.get(last));
    last.is_some_and(|(_, last)| address <= *last)
}

/// The error returned when a list of IP ranges is empty or too long ([L5](crate::docs::rules#l5),
/// [L7](crate::docs::rules#l7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IpRangesError {
    /// The list is empty.
    #[error("empty list of IP ranges: expected at least one, or no list for any address")]
    Empty,
    /// The list has more than [`MAX_RANGES`] different ranges.
    #[error("{found} different IP ranges: expected at most {MAX_RANGES}")]
    TooMany {
        /// The number of different ranges found.
        found: usize,
    },
}

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{
        super::nullable::{Nullable, NullableVisitor},
        AllowedRanges,
    };
    use alloc::vec::Vec;
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer,
        de::{Error, SeqAccess},
    };

    struct RangeList;

    impl<'de> Nullable<'de> for RangeList {
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

    /// Serializes `Any` as null, and `Only` as a list that is not empty.
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
            deserializer.deserialize_any(NullableVisitor(RangeList))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowedRanges, IpRangesError};
    use crate::value::ip::{ClientIp, IpRange};
    use alloc::{format, string::ToString, vec::Vec};

    fn range(text: &str) -> IpRange {
        text.parse().unwrap()
    }

    #[test]
    fn an_unknown_address_is_allowed_only_without_ranges() {
        assert!(AllowedRanges::Any.allow(ClientIp::UNKNOWN));
        let everything = AllowedRanges::only([range("0.0.0.0/0"), range("::/0")]).unwrap();
        assert!(!everything.allow(ClientIp::UNKNOWN));
        assert_eq!(ClientIp::UNKNOWN.to_string(), "unknown");
    }

    #[test]
    fn one_range_is_the_list_with_that_range() {
        for text in ["10.0.0.0/8", "2001:db8::/32"] {
            assert_eq!(AllowedRanges::from(range(text)), AllowedRanges::only([range(text)]).unwrap());
        }
    }

    #[test]
    fn a_list_holds_1_to_1000_different_ranges() {
        assert_eq!(AllowedRanges::only([]), Err(IpRangesError::Empty));
        assert_eq!(
            IpRangesError::Empty.to_string(),
            "empty list of IP ranges: expected at least one, or no list for any address",
        );
        let many: Vec<IpRange> = (0..1001_u32).map(|n| range(&format!("10.0.{}.{}/32", n / 256, n % 256))).collect();
        assert!(AllowedRanges::only(many[..1000].iter().copied()).is_ok());
        assert!(AllowedRanges::only(many[..1000].iter().chain(&many[..10]).copied()).is_ok());
        let error = AllowedRanges::only(many).unwrap_err();
        assert_eq!(error.to_string(), "1001 different IP ranges: expected at most 1000");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn an_absent_field_is_an_error_and_does_not_mean_any_address() {
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

    #[test]
    fn an_address_is_allowed_exactly_if_a_range_contains_it() {
        let list = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.255.0.0/16", "12.0.0.0/31", "0.0.0.0/32"];
        let list = list.into_iter().chain(["2001:db8::/32", "2001:db8:1::/48", "::/128", "ff00::/8"]);
        let ranges: Vec<IpRange> = list.map(range).collect();
        let allowed = AllowedRanges::only(ranges.iter().rev().copied()).unwrap();
        for client in [
            "0.0.0.0",
            "0.0.0.1",
            "9.255.255.255",
            "10.0.0.0",
            "10.1.2.3",
            "10.1.3.3",
            "10.254.0.0",
            "10.255.255.255",
            "11.0.0.0",
            "12.0.0.1",
            "12.0.0.2",
            "255.255.255.255",
            "::",
            "::1",
            "2001:db7:ffff::",
            "2001:db8::",
            "2001:db8:1::1",
            "2001:db8:ffff::1",
            "2001:db9::",
            "feff::",
            "ff00::",
            "ffff::1",
            "::ffff:10.1.2.3",
        ] {
            let client_ip: ClientIp = client.parse().unwrap();
            let expected = ranges.iter().any(|range| range.contains(client_ip));
            assert_eq!(allowed.allow(client_ip), expected, "{client}");
        }
        let AllowedRanges::Only(list) = allowed else { unreachable!() };
        let texts: Vec<_> = list.as_slice().iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "0.0.0.0/32",
                "10.0.0.0/8",
                "10.1.0.0/16",
                "10.1.2.0/24",
                "10.255.0.0/16",
                "12.0.0.0/31",
                "::/128",
                "2001:db8::/32",
                "2001:db8:1::/48",
                "ff00::/8"
            ]
        );
    }
}
