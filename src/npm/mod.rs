//! npm's wire: what the npm client's requests ask for, and how an answer reaches the person. No HTTP, no I/O: methods,
//! paths, headers and bodies as texts and values, for whatever server.
//!
//! A server goes this way with each request:
//!
//! 1. [`TrustedProxies::client_ip`] tells where it came from; the token is looked up by the digest of its
//!    [`Secret`](crate::Secret), with its owner.
//! 2. [`Endpoint::classify`] reads the method and the raw path, [`Endpoint::required_access`] what they alone ask for: [`RequiredAccess`]. That
//!    is decided at once, with what look-ups found of its names ([`AccessRequest::decide`](crate::decision::AccessRequest::decide)), before a body
//!    is read: who is refused learns nothing from what comes after.
//! 3. Where the body tells the rest, it is read as a [`Body`] and then by the reader of its endpoint:
//!    [`PackumentChanges`] (beside the stored document), [`AccessChange`], [`TeamAccessChange`], [`MemberChange`],
//!    [`TeamToCreate`], [`ProfileChange`], [`CreateTokenRequest`]. Each says what must be allowed, all of it ([`CombinedDecision`]), and
//!    what is then to be done, and nothing else of the body is.
//! 4. An [`Answer`] takes a denial or a challenge to the terminal.
//!
//! ```
//! use tollgate::{ClientIp, Decision, MissingPackage, Timestamp, decision::{Caller, ResourceFacts}, npm::{Answer,
//!     Endpoint, RequiredAccess}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = Endpoint::classify("PUT", "/@acme%2fw")?;
//! let RequiredAccess::OneOf(access_requests) = endpoint.required_access() else {
//!     panic!("the body says what of a package is written")
//! };
//! // Nobody is logged in, and there is no such package.
//! let name = access_requests[0].package().ok_or("a package")?;
//! let facts = ResourceFacts { package: Some(MissingPackage::new(name).into()), organization: None };
//! let first = access_requests[0].decide(&Caller::NoToken, &facts, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)?;
//! let Decision::Deny(deny) = first else { panic!("a denial") };
//! let answer = Answer::from_deny(&deny);
//! assert_eq!((answer.status(), answer.www_authenticate()), (401, Some("Bearer")));
//! # Ok(())
//! # }
//! ```
//!
//! What is read here is what the npm client 11 sends, and what older ones and npm's own API documentation say besides.
//! What the rules have no action for (webhooks, trusted publishing, staged publishing) is an error of its own.

mod answer;
mod body;
mod classify;
mod combined_decision;
mod endpoint;
mod invalid;
mod packument;
mod profile;
mod proxy;
mod publication;
mod render;
mod required_access;
mod settings;
mod target;
mod token_answer;
mod token_request;

pub use answer::Answer;
pub use body::{Body, BodyError};
pub use combined_decision::CombinedDecision;
pub use endpoint::{AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, TeamRequest};
pub use invalid::{EndpointError, PathProblem};
pub use packument::{AllowedChanges, NotAllowed, PackumentChanges, PutTarget, StoredPackument};
pub use profile::{Password, PasswordChange, ProfileChange, TwoFactorChange};
pub use proxy::TrustedProxies;
pub use publication::Publication;
pub use required_access::RequiredAccess;
pub use settings::{AccessChange, IsMember, MemberChange, TeamAccessChange, TeamToCreate};
pub use target::{PathText, TokenInPath};
pub use token_answer::{CreatedToken, ListedToken, TokenList};
pub use token_request::{CreateTokenRequest, RequestedToken};
