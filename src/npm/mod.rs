//! npm's HTTP requests and responses: what a request of the npm client requires, and how to answer it.
//!
//! This module does no I/O and knows no HTTP library. It reads methods, paths, header values and bodies, and it says
//! which status, headers and body to send. Your server does the I/O.
//!
//! # From a request to a response
//!
//! A server takes these steps with each request. Each gives a value, and each value that is not "go on" has an
//! [`Answer`] to send.
//!
//! 1. **Find the caller.** [`Credential::from_headers`] reads the token, and [`TrustedProxies::client_ip`] the client's
//!    address. Look the token up by the digest of its [`Secret`](crate::Secret), load its owner, and
//!    [bind](crate::Policy::bind) the two. The result is a [`Caller`](crate::decision::Caller).
//! 2. **Classify the request.** [`Endpoint::classify`] reads the method and the raw path with its query, as the request
//!    line has them. The result is one of npm's endpoints, such as a `PUT` to the package `@acme/w`. Every name in the path is decoded and validated.
//! 3. **Find the facts.** [`Endpoint::required_access`] lists the [access requests] that follow from the method and the
//!    path alone. Look up the names in them, and add the results to a [`FoundFacts`](crate::decision::FoundFacts).
//! 4. **Decide before the body.** [`Decider::before_body`] refuses the request, asks for a second factor, lets it go, or
//!    says that the body decides.
//! 5. **Decide the body.** Deserialize it as a [`Body`], which borrows its text from the bytes of the request, and pass
//!    it to the reader in the table below. The method in the last column of the table returns what the caller must be
//!    allowed. [`Decider::decide_all`] decides it. For the removal of a team's access to a package, one of two access
//!    requests is enough: [`Decider::decide_either`]. The reader returns everything that the server applies, down to the
//!    manifest and the tarball of a publish, so the bytes are parsed only once. Compare the
//!    [revision](PackumentChanges::revision) that a document is based on with the present one.
//! 6. **Act or answer.** If the request may go, apply the changes that the reader returned, and nothing else of the body.
//!    Otherwise send the [`Answer`]. A list in a response (a search, the staged versions) has to be filtered: it may have
//!    what the caller [may not read](crate::decision::PresentedToken::readable).
//!
//! `examples/guard` in the repository takes these steps in 140 lines, with `axum` and `rusqlite`, in front of another registry. It
//! forwards no body of a client: [`Publication::document`] has the new version of a publish, and nothing else.
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
//!     ClientIp, Timestamp,
//!     decision::{Caller, FoundFacts},
//!     facts::{FoundPackage, LookupError},
//!     npm::{BeforeBody, Credential, Decider, Endpoint},
//! };
//!
//! // Step 1. The request carries no token.
//! assert_eq!(Credential::from_headers([]), Credential::Absent);
//! let (caller, client_ip, now) = (Caller::NoToken, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH);
//!
//! // Steps 2 and 3. The look-up found no package of the name.
//! let required = Endpoint::classify("PUT", "/@acme%2fw")?.required_access();
//! let mut facts = FoundFacts::new();
//! for name in facts.packages_to_find(required.access_requests()) {
//!     facts.add_package(FoundPackage::from_lookup(name.as_borrowed(), Ok::<_, LookupError>(None))?);
//! }
//!
//! // Step 4.
//! let decider = Decider { caller: &caller, facts: &facts, client_ip, now, factor: None };
//! let BeforeBody::Refused(refused) = decider.before_body(&required)? else { panic!("not refused") };
//!
//! // Step 6.
//! assert_eq!(refused.answer().status(), 401);
//! assert_eq!(refused.answer().www_authenticate(), Some("Bearer"));
//! assert_eq!(refused.answer().error(), "an access token is needed to publish: log in first");
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
mod credential;
mod decider;
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
pub use credential::{Credential, CredentialError};
pub use decider::{AllowedRequest, BeforeBody, Challenged, Decider, Refused, WithBody};
pub use endpoint::{
    AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, StageRequest, TeamRequest,
};
pub use endpoint_error::{EndpointError, PathProblem};
pub use higher_decision::HigherDecision;
pub use packument::{AllowedChanges, ChangesNotAllowedError, PackumentChanges, PutTarget, StoredPackument};
pub use profile::{Password, PasswordChange, ProfileChange, TwoFactorChange};
pub use proxy::TrustedProxies;
pub use publication::{Manifest, Publication};
pub use required_access::RequiredAccess;
pub use small_bodies::{AccessChange, IsMember, MemberChange, TeamAccessChange, TeamToCreate};
pub use target::{PathText, TokenInPath};
pub use token_answer::{CreatedToken, ListedToken, TokenList};
pub use token_request::{CreateTokenRequest, RequestedToken};
