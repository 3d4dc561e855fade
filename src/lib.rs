// In the documentation the README's links lead to the pages that are compiled with the crate.
#![doc = include_str!("docs/links.txt")]
#![doc = include_str!("docs/pictures.txt")]
#![cfg_attr(feature = "testing", doc = "[kit]: crate::docs::testing")]
#![cfg_attr(not(feature = "testing"), doc = "[kit]: crate::docs")]
#![doc = ""]
#![cfg_attr(feature = "serde", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "serde"),
    doc = "May this npm access token do this, to this, from here, now? The README is here with the feature `serde`."
)]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "directory")]
pub mod analysis;
pub mod decision;
#[cfg(feature = "directory")]
pub mod directory;
pub mod docs;
pub mod facts;
#[cfg(feature = "npm")]
pub mod npm;
pub mod operation;
pub mod policy;
pub mod rules;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
pub mod value;

pub use decision::{
    Allow, Challenge, Decision, Deny, Explanation, authorize, authorize_anonymous, deny_unknown_token, explain,
};
pub use facts::{MissingPackage, Organization, Package, User};
pub use operation::{AccountAction, BoundToken, OrganizationAction, PackageAction};
pub use policy::Policy;
pub use rules::Reason;
#[cfg(feature = "serde")]
pub use token::StoredToken;
pub use token::{Secret, Token};
pub use value::{ClientIp, PackageName, Timestamp, UserName};
