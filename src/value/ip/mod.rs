//! IP ranges in CIDR notation, the ranges of a token, and the client's address (T3).

mod allowed;
mod cidr;
mod client_ip;
#[cfg(feature = "serde")]
mod null_or;

pub use allowed::{AllowedRanges, InvalidRanges, IpRanges};
pub use cidr::{InvalidRange, IpRange};
pub(crate) use client_ip::Family;
pub use client_ip::{ClientIp, InvalidClientIp};
