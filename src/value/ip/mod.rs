//! The client's IP address, IP ranges in CIDR notation, and the ranges that a token may be used from.

mod allowed;
mod cidr;
mod client_ip;
#[cfg(feature = "serde")]
mod nullable;

pub use allowed::{AllowedRanges, IpRanges, IpRangesError};
pub use cidr::{IpRange, IpRangeError};
pub(crate) use client_ip::Family;
pub use client_ip::{ClientIp, ClientIpError};
