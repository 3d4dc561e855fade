//! npm's HTTP requests and responses: what a request of the npm client requires, and how to answer it.
//!
//! This module does no I/O and knows no HTTP library. It reads methods, paths, header values and bodies, and it says
//! which status, headers and body to send. Your server does the I/O.
//!
//! # From a request to a response
//!
//! A server takes these steps with each request:
//!
//! 1. **Find the caller.** [`TrustedProxies::client_ip`] finds the client's address. If the request carries a token,
//!    look it up by the digest of its [`Secret`](crate::Secret), load its owner, and bind the two to a
//!    [`BoundToken`](crate::BoundToken). The result is a [`Caller`](crate::decision::Caller).
//! 2. **Classify the request.** [`Endpoint::classify`] reads the method and the raw path. The result is one of npm's
//!    endpoints, such as a `PUT` to the package `@acme/w`. Every name in the path is decoded and validated.
//! 3. **Decide what the path requires.** [`Endpoint::required_access`] lists the [access requests] that follow from the
//!    method and the path alone. Look up the names in these access requests, and decide the access requests with
//!    [`RequiredAccess::refused_by`]. If the request is refused here, send the [`Answer`]. The body is not read yet, so
//!    the answer says nothing about it.
//! 4. **Read the body**, if the endpoint takes one. Deserialize it as a [`Body`], and pass it to the reader in the
//!    table below. The reader validates the body, and returns the changes that it asks for.
//! 5. **Decide the request.** The caller must be allowed every access request of the body. The method in the last
//!    column of the table returns these. For an endpoint without such a method, the caller must be allowed what the
//!    path requires. [`CombinedDecision::from_decisions`] combines several decisions into one.
//!    For the removal of a team's access to a package, either of two access requests is enough: see
//!    [`HigherDecision`].
//! 6. **Act or answer.** If the request is allowed, apply the changes that the reader returned, and nothing else of the
//!    body. If it is denied or challenged, send the [`Answer`].
//!
//! [access requests]: crate::decision::AccessRequest
//!
//! | endpoint | reader of the body | access requests |
//! |---|---|---|
//! | `PUT /:package` and `PUT /:package/-rev/:revision` | [`PackumentChanges`] | [`access_requests`](PackumentChanges::access_requests) |
//! | `POST /-/package/:package/access` | [`AccessChange`] | [`access_requests`](AccessChange::access_requests) |
//! | `PUT /-/package/:package/dist-tags/:tag` | [`Body::version`] | |
//! | `PUT /-/org/:org/user` | [`MemberChange`] | [`access_request`](MemberChange::access_request) |
//! | `DELETE /-/org/:org/user` | [`Body::user`] | |
//! | `PUT /-/org/:org/team` | [`TeamToCreate`] | [`access_request`](TeamToCreate::access_request) |
//! | `PUT /-/team/:org/:team/package` | [`TeamAccessChange`] | [`access_request`](TeamAccessChange::access_request) |
//! | `DELETE /-/team/:org/:team/package` | [`TeamAccessChange`] | [`access_request`](TeamAccessChange::access_request) or [`alternative`](TeamAccessChange::alternative) |
//! | `PUT` and `DELETE /-/team/:org/:team/user` | [`Body::user`] | |
//! | `POST /-/npm/v1/user` | [`ProfileChange`] | [`access_requests`](ProfileChange::access_requests) |
//! | `POST /-/npm/v1/tokens` | [`CreateTokenRequest`] | |
//! | `POST /-/stage/package/:package` | [`PackumentChanges`], with [`PutTarget::Stage`] | [`access_requests`](PackumentChanges::access_requests) |
//! | `GET /-/stage` without a package | no body | [`StageRequest::access_request`] of each package in the response |
//! | `/-/stage/:id…` | no body | [`StageRequest::access_request`] of the package of the id |
//! | `DELETE /-/user/token/:token` | no body | [`TokenInPath::revocation`] |
//!
//! # Examples
//!
//! A request without a token to publish a package is refused before its body is read:
//!
//! ```
//! use tollgate::{
//!     ClientIp, MissingPackage, Timestamp,
//!     decision::{Caller, ResourceFacts},
//!     npm::{Answer, Endpoint},
//! };
//!
//! // Step 1. The request carries no token.
//! let (caller, client_ip, now) = (Caller::NoToken, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH);
//!
//! // Steps 2 and 3. The look-up found no package of the name.
//! let required = Endpoint::classify("PUT", "/@acme%2fw")?.required_access();
//! let refused = required.refused_by(|access_request| {
//!     let package = access_request.package().map(|name| MissingPackage::new(name).into());
//!     access_request.decide(&caller, &ResourceFacts { package, organization: None }, client_ip, now)
//! })?;
//!
//! // Step 6.
//! let answer = Answer::from_deny(&refused.ok_or("not refused")?);
//! assert_eq!(answer.status(), 401);
//! assert_eq!(answer.www_authenticate(), Some("Bearer"));
//! assert_eq!(answer.error(), "publish needs an access token: log in first");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which requests are known
//!
//! The module reads what the npm clients 11 and 12 send, what older clients send, and the further requests in npm's API
//! documentation. Webhooks and trusted publishing are not actions of the [rules](crate::docs::rules). For their paths,
//! [`Endpoint::classify`] returns [`EndpointError::NotModelled`].

mod answer;
mod body;
mod classify;
mod combined_decision;
mod endpoint;
mod endpoint_error;
mod higher_decision;
mod packument;
mod profile;
mod proxy;
mod publication;
mod render;
mod required_access;
mod small_bodies;
mod target;
mod token_answer;
mod token_request;

pub use answer::Answer;
pub use body::{Body, BodyError};
pub use combined_decision::CombinedDecision;
pub use endpoint::{
    AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, StageRequest, TeamRequest,
};
pub use endpoint_error::{EndpointError, PathProblem};
pub use higher_decision::HigherDecision;
pub use packument::{AllowedChanges, ChangesNotAllowedError, PackumentChanges, PutTarget, StoredPackument};
pub use profile::{Password, PasswordChange, ProfileChange, TwoFactorChange};
pub use proxy::TrustedProxies;
pub use publication::Publication;
pub use required_access::RequiredAccess;
pub use small_bodies::{AccessChange, IsMember, MemberChange, TeamAccessChange, TeamToCreate};
pub use target::{PathText, TokenInPath};
pub use token_answer::{CreatedToken, ListedToken, TokenList};
pub use token_request::{CreateTokenRequest, RequestedToken};
