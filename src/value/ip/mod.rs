//! IP ranges in CIDR notation, the ranges of a token, and the client's address (T3).

mod allowed;
mod cidr;
mod client_ip;
#[cfg(feature = "serde")]
mod null_or;

pub use allowed::{AllowedRanges, IpRanges, IpRangesError};
pub use cidr::{IpRange, IpRangeError};
pub(crate) use client_ip::Family;
pub use client_ip::{ClientIp, ClientIpError};
