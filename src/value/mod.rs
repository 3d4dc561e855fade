//! Validated values: names, IP addresses and ranges, times, permissions and limits.
//!
//! A value can only be created by a constructor or a parser that validates it, and deserializing validates exactly as
//! parsing does. Nothing in this module depends on tokens or on the rest of the crate.

pub(crate) mod action;
#[cfg(feature = "serde")]
pub(crate) mod document;
mod ip;
mod lifetime;
pub mod limits;
mod name;
mod permission;
mod quoted;
#[cfg(feature = "serde")]
pub(crate) mod stored;
mod string_enum;
mod time;

pub(crate) use ip::Family;
pub use ip::{AllowedRanges, ClientIp, ClientIpError, IpRange, IpRangeError, IpRanges, IpRangesError};
pub(crate) use lifetime::Lifetime;
pub(crate) use name::NameForm;
pub(crate) use name::{HasName, NameSet, hash, hash_with};
pub use name::{NameError, NameProblem, OrganizationName, PackageName, Scope, TeamName, UserName};
pub use permission::{GrantKind, GrantedPermission, PackagesPermission, Permission, Role};
pub(crate) use quoted::{Quoted, excerpt, is_hexadecimal};
pub use string_enum::UnknownWordError;
#[cfg(feature = "serde")]
pub(crate) use string_enum::deserialize_from_str;
pub(crate) use string_enum::string_enum;
pub use time::{Timestamp, TimestampError};
