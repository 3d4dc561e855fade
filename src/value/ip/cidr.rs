//! An IP range in CIDR notation.

use alloc::boxed::Box;
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::ClientIp;
use crate::value::quoted::{Quoted, excerpt};

/// A range of IP addresses in CIDR notation, such as `10.0.0.0/8` or `2001:db8::/32`.
///
/// A token may list the ranges that it can be used from ([T3](crate::docs::rules#t3)); see [`AllowedRanges`].
///
/// # Textual representation
///
/// `IpRange` parses an address, a `/` and a prefix length. It displays the same form.
///
/// - Host bits are masked: `192.168.0.1/24` becomes `192.168.0.0/24`.
/// - The prefix length is required. Octets and the prefix length have no leading zeros and no signs. There is no zone
///   id.
/// - An IPv4-mapped range `::ffff:a.b.c.d/n` with `n` of at least 96 becomes the IPv4 range `a.b.c.d/(n - 96)`. An
///   IPv4-mapped range with a shorter prefix is refused.
/// - Apart from IPv4-mapped addresses, an IPv6 range contains no IPv4 address, and an IPv4 range contains no IPv6
///   address. `::/0` contains every IPv6 client and no IPv4 client.
///
/// # Examples
///
/// ```
/// use tollgate::{ClientIp, value::IpRange};
///
/// let office: IpRange = "192.0.2.7/24".parse()?;
/// assert_eq!(office.to_string(), "192.0.2.0/24");
///
/// let client: ClientIp = "::ffff:192.0.2.200".parse()?;
/// assert!(office.contains(client));
/// assert!(!office.contains(ClientIp::UNKNOWN));
///
/// assert!("192.0.2.7".parse::<IpRange>().is_err()); // no prefix length
/// assert!("010.0.0.0/8".parse::<IpRange>().is_err()); // a leading zero
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`AllowedRanges`]: crate::value::AllowedRanges
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpRange(IpNet);

impl IpRange {
    /// Returns `true` if the address is in this range. An unknown address is in no range.
    #[must_use]
    pub fn contains(&self, client_ip: ClientIp) -> bool {
        client_ip.address().is_some_and(|address| self.0.contains(&address))
    }

    /// Returns the first address of the range.
    #[cfg(feature = "directory")]
    pub(crate) fn first_address(&self) -> ClientIp {
        ClientIp::from_address(self.0.network())
    }

    /// Returns the first and the last address of an IPv4 range, or `None` for an IPv6 range.
    pub(super) fn ipv4(&self) -> Option<(u32, u32)> {
        match self.0 {
            IpNet::V4(range) => Some((range.network().to_bits(), range.broadcast().to_bits())),
            IpNet::V6(_) => None,
        }
    }

    /// Returns the first and the last address of an IPv6 range, or `None` for an IPv4 range.
    pub(super) fn ipv6(&self) -> Option<(u128, u128)> {
        match self.0 {
            IpNet::V4(_) => None,
            IpNet::V6(range) => Some((range.network().to_bits(), range.broadcast().to_bits())),
        }
    }

    /// Returns `true` if every address in `other` is also in this range.
    ///
    /// If a token with ranges creates another token, each range of the new token must be covered by a range of its
    /// creator ([L9](crate::docs::rules#l9)).
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }
}

/// Creates the range of one address: `192.0.2.7/32`, or `2001:db8::7/128`. An IPv4-mapped IPv6 address is the IPv4
/// address.
///
/// ```
/// use tollgate::{ClientIp, value::{AllowedRanges, IpRange}};
///
/// let client: ClientIp = "::ffff:192.0.2.7".parse()?;
/// let ranges: Option<AllowedRanges> = client.address().map(|address| IpRange::from(address).into());
/// assert!(ranges.is_some_and(|ranges| ranges.allow(client) && !ranges.allow("192.0.2.8".parse().unwrap())));
///
/// // An unknown address has no range.
/// assert_eq!(ClientIp::UNKNOWN.address().map(IpRange::from), None);
/// # Ok::<(), tollgate::value::ClientIpError>(())
/// ```
impl From<IpAddr> for IpRange {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => address.into(),
        }
    }
}

impl From<Ipv4Addr> for IpRange {
    fn from(address: Ipv4Addr) -> Self {
        Self(IpNet::V4(address.into()))
    }
}

impl From<Ipv6Addr> for IpRange {
    fn from(address: Ipv6Addr) -> Self {
        match address.to_ipv4_mapped() {
            Some(mapped) => mapped.into(),
            None => Self(IpNet::V6(address.into())),
        }
    }
}

impl FromStr for IpRange {
    type Err = IpRangeError;

    /// Parses a range in CIDR notation.
    ///
    /// # Errors
    ///
    /// - The prefix length is missing, is not a plain number, or is longer than the address.
    /// - The text before the `/` is not an IPv4 or IPv6 address.
    /// - The address is IPv4-mapped and the prefix is shorter than 96.
    fn from_str(text: &str) -> Result<Self, IpRangeError> {
        parse(text).map_err(|problem| IpRangeError { text: excerpt(text), problem })
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

/// Parses a decimal number of at most 255, without sign and leading zeros.
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

/// The error returned when parsing an [`IpRange`] fails. The message says which part of the text is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid IP range {}: {problem}", Quoted(text))]
pub struct IpRangeError {
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

#[cfg(feature = "serde")]
impl serde::Serialize for IpRange {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for IpRange {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::value::string_enum::deserialize_from_str(deserializer, "IP range")
    }
}

#[cfg(test)]
mod tests {
    use super::IpRange;
    use alloc::{format, string::ToString};
    use core::net::IpAddr;

    fn range(text: &str) -> IpRange {
        text.parse().unwrap()
    }

    #[test]
    fn host_bits_are_masked_and_ipv4_mapped_ranges_become_ipv4() {
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
    fn an_error_says_which_part_of_the_range_is_invalid() {
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
    fn ipv4_and_ipv6_match_only_through_ipv4_mapped_addresses() {
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
    fn a_range_of_one_address_is_that_of_its_longest_prefix() {
        for (address, text) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("0.0.0.0", "0.0.0.0/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("2001:db8::7", "2001:db8::7/128"),
            ("::", "::/128"),
            ("::192.0.2.7", "::c000:207/128"),
        ] {
            let one = IpRange::from(address.parse::<IpAddr>().unwrap());
            assert_eq!((one, one.to_string().as_str()), (range(text), text));
            assert!(one.contains(address.parse().unwrap()));
        }
    }

    #[test]
    fn a_range_covers_itself_and_the_ranges_within_it() {
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
}
