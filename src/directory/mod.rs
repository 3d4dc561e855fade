//! A registry in memory: users, organizations, packages and tokens, read from one document.
//!
//! A [`World`] is the document, a [`RequestLine`] is a request to that registry, and a [`DecisionLine`] is the decision
//! about a request. [`docs::format`](crate::docs::format) describes all three. That page writes them as JSON, but any
//! self-describing serde format works.
//!
//! # Examples
//!
//! ```
//! use tollgate::directory::{DecisionLine, Directory, RequestLine, World};
//!
//! let world: World = serde_json::from_str(
//!     r#"{
//! "policy": "npm-2025-10", "users": [], "orgs": [], "tokens": [],
//! "packages": [{"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement"}]
//! }"#,
//! )?;
//! let directory = Directory::load(&world)?;
//!
//! let line: RequestLine = serde_json::from_str(
//!     r#"{"id": "r1", "token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z"}"#,
//! )?;
//! let request = line.parse()?;
//!
//! let caller = directory.caller(&request);
//! let decision = directory.decide(&caller, &request);
//! assert!(decision.is_allow());
//!
//! let line = serde_json::to_string(&DecisionLine::decided(&request, &decision))?;
//! assert!(line.starts_with(r#"{"id":"r1","decision":"allow","action":"read-package""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod index;
mod line;
mod request;
mod world;

use core::convert::Infallible;
use std::vec::Vec;

use crate::{
    decision::{Caller, Decision, Resolved},
    facts::{
        MaxFactorAge, MissingOrganization, MissingPackage, Organization, OrganizationState, Package, PackageState,
        User, VerifiedFactor,
    },
    operation::BoundToken,
    policy::{DecisionPolicy, Policy},
    token::{Secret, SecretDigest, Token},
    value::{OrganizationName, PackageName, UserName},
};

pub use line::DecisionLine;
pub use request::{Request, RequestLine, RequestLineError};
pub use world::{World, WorldError};

use index::{Index, Named};
use request::RequestToken;

/// A registry at one moment, in memory and immutable.
///
/// A directory is loaded from a [`World`]. It finds users, organizations, packages and tokens, and decides requests.
/// Look-ups use hash tables with the randomly keyed hash of the standard library, so names cannot be chosen to collide.
///
/// # Examples
///
/// Alice has a grant on the package, so her token may publish it. Bob's token may not:
///
/// ```
/// use serde_json::json;
/// use tollgate::{
///     Decision, Reason,
///     directory::{Directory, RequestLine, World},
/// };
///
/// let world: World = serde_json::from_value(json!({
///     "policy": "npm-2025-10",
///     "users": [
///         {"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null,
///          "writes_held_until": null},
///         {"name": "bob", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null,
///          "writes_held_until": null},
///     ],
///     "orgs": [],
///     "packages": [{
///         "name": "left-pad", "visibility": "public", "publishing_access": "no-requirement",
///         "users": {"alice": "read-write"},
///     }],
///     "tokens": [
///         {"id": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
///          "legacy": "publish"},
///         {"id": "t-2", "owner": "bob", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
///          "legacy": "publish"},
///     ],
/// }))?;
/// let directory = Directory::load(&world)?;
///
/// let publish_with = |token: &str| {
///     let line: RequestLine = serde_json::from_value(json!({
///         "id": "r1", "token": token, "action": "publish", "package": "left-pad", "now": "2025-11-01T00:00:00Z",
///     }))?;
///     Ok::<_, Box<dyn std::error::Error>>(line.parse()?)
/// };
///
/// let request = publish_with("t-1")?;
/// let caller = directory.caller(&request);
/// assert!(directory.decide(&caller, &request).is_allow());
///
/// let request = publish_with("t-2")?;
/// let caller = directory.caller(&request);
/// match directory.decide(&caller, &request) {
///     Decision::Deny(deny) => assert_eq!(deny.reason(), Reason::OwnerLacksPermission),
///     decision => panic!("expected a denial, found {}", decision.explain()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A world with an error does not load. The message starts with the path of the wrong value:
///
/// ```
/// use tollgate::directory::{Directory, World};
///
/// let world: World = serde_json::from_str(
///     r#"{"policy": "npm-2025-10", "users": [], "orgs": [], "packages": [], "tokens": [
///         {"id": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
///          "legacy": "publish"}
///     ]}"#,
/// )?;
/// let error = Directory::load(&world).unwrap_err();
/// assert_eq!(error.to_string(), "tokens[0].owner: no user is named `alice`");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Directory {
    policy: Policy,
    users: Named<User>,
    organizations: Named<Organization>,
    packages: Named<Package>,
    tokens: Vec<Token>,
    /// For each token, in the order of `tokens`: the digest of its secret, and the position of its owner in `users`.
    digests_and_owners: Vec<(Option<SecretDigest>, usize)>,
    /// Positions in `tokens`, by the token's public id.
    by_id: Index,
    /// Positions in `tokens`, by the digest of the token's secret.
    by_digest: Index,
}

impl Directory {
    /// Loads a world.
    ///
    /// Tokens are loaded, not issued: a token is loaded even if it selects packages or organizations that its owner may
    /// no longer use ([L8](crate::docs::rules#l8)).
    ///
    /// # Errors
    ///
    /// Returns the first error of shape, such as a missing field. If the shape is right, returns all other errors, such
    /// as an invalid name or a broken limit. Each error has the path of the value that is wrong. See
    /// [errors in a world](crate::docs::format#world-errors).
    pub fn load(world: &World) -> Result<Self, WorldError> {
        world::load(world)
    }

    /// Returns the policy of the world, by which the directory's tokens are bound.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns the user with this name.
    #[must_use]
    pub fn user(&self, name: UserName<&str>) -> Option<&User> {
        self.users.get(name.as_str())
    }

    /// Returns the organization with this name, or [`MissingOrganization`] if there is none.
    #[must_use]
    pub fn organization<'a>(&'a self, name: OrganizationName<&'a str>) -> OrganizationState<'a> {
        match self.organizations.get(name.as_str()) {
            Some(organization) => organization.into(),
            None => MissingOrganization::new(name).into(),
        }
    }

    /// Returns the package with this name, or [`MissingPackage`] if there is none.
    #[must_use]
    pub fn package<'a>(&'a self, name: PackageName<&'a str>) -> PackageState<'a> {
        match self.packages.get(name.as_str()) {
            Some(package) => package.into(),
            None => MissingPackage::new(name).into(),
        }
    }

    /// Returns an iterator over all packages, in arbitrary order.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter()
    }

    /// Returns an iterator over all users, in the order of the world.
    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    /// Returns an iterator over all organizations, in the order of the world.
    pub(crate) fn organizations(&self) -> impl Iterator<Item = &Organization> {
        self.organizations.iter()
    }

    /// Returns all tokens, in the order of the world.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Returns the token with this public id, bound to its owner, or [`Caller::UnknownToken`].
    #[must_use]
    pub fn token_by_id(&self, id: &str) -> Caller<'_> {
        self.token_by_id_under(id, self.policy.for_decisions())
    }

    fn token_by_id_under(&self, id: &str, policy: DecisionPolicy) -> Caller<'_> {
        let is_at = |place: usize| self.tokens.get(place).is_some_and(|token| token.id().as_str() == id);
        self.bind(self.by_id.find(id, is_at), policy)
    }

    /// Returns the token with this secret, bound to its owner, or [`Caller::UnknownToken`].
    ///
    /// The token is looked up by the SHA-256 digest of the secret ([S2](crate::docs::rules#s2)).
    #[must_use]
    pub fn token_by_secret(&self, secret: Secret<'_>) -> Caller<'_> {
        self.token_by_digest(secret.digest(), self.policy.for_decisions())
    }

    fn token_by_digest(&self, digest: SecretDigest, policy: DecisionPolicy) -> Caller<'_> {
        let is_at = |place: usize| self.digests_and_owners.get(place).is_some_and(|own| own.0 == Some(digest));
        self.bind(self.by_digest.find(digest.as_bytes(), is_at), policy)
    }

    fn bind(&self, place: Option<usize>, policy: DecisionPolicy) -> Caller<'_> {
        place.and_then(|place| self.bound_at(place, policy)).map_or(Caller::UnknownToken, Caller::Token)
    }

    /// Binds the token at a position in the list of [`tokens`](Self::tokens) to its owner, under a policy.
    pub(crate) fn bound_at(&self, place: usize, policy: DecisionPolicy) -> Option<BoundToken<'_>> {
        let (token, (_, owner)) = (self.tokens.get(place)?, self.digests_and_owners.get(place)?);
        // `load` found the owner's position by the owner's name, so `Policy::bind` could not fail here. Its comparison
        // of the two names would read both from memory, and take 178 instructions more (3 %).
        let owner = self.users.at(*owner)?;
        Some(BoundToken::from_owner(token.into(), owner.into(), policy))
    }

    /// Returns the caller of the request: the bound token, no token, or an unknown token.
    ///
    /// A text that is not a valid [`Secret`] counts as an unknown token.
    #[must_use]
    pub fn caller(&self, request: &Request) -> Caller<'_> {
        self.caller_under(request, self.policy.for_decisions())
    }

    /// Returns the caller of the request, with a token bound under a policy.
    pub(crate) fn caller_under(&self, request: &Request, policy: DecisionPolicy) -> Caller<'_> {
        match &request.presented {
            RequestToken::NoToken => Caller::NoToken,
            RequestToken::Id(id) => self.token_by_id_under(id, policy),
            RequestToken::Secret(text) => match Secret::new(text) {
                Ok(secret) => self.token_by_digest(secret.digest(), policy),
                Err(_) => Caller::UnknownToken,
            },
        }
    }

    /// Decides a request.
    ///
    /// If the request says that a second factor was shown, a challenge becomes an allow
    /// ([F6](crate::docs::rules#f6)).
    ///
    /// `caller` must be the result of [`caller`](Self::caller) for the same request, which this method does not check.
    /// The second factor counts as a factor of the owner of the caller's token.
    pub fn decide<'a>(&'a self, caller: &'a Caller<'a>, request: &'a Request) -> Decision<'a> {
        let decision = self.resolve(caller, request).decide(caller, request.client_ip, request.now);
        with_second_factor(decision, caller, request)
    }

    /// Looks up the package and the organization that the request names.
    fn resolve<'a>(&'a self, caller: &Caller<'a>, request: &'a Request) -> Resolved<'a> {
        let found: Result<Resolved<'a>, Infallible> = request.access.resolve(
            caller,
            |package| Ok(self.package(package)),
            |organization| Ok(self.organization(organization)),
        );
        let Ok(resolved) = found;
        resolved
    }
}

/// Turns a challenge into an allow if the request has `second_factor`, which says that the token's owner has just shown
/// one ([F6](crate::docs::rules#f6)).
fn with_second_factor<'a>(decision: Decision<'a>, caller: &Caller<'a>, request: &Request) -> Decision<'a> {
    match (decision, caller) {
        (Decision::Challenge(challenge), Caller::Token(bound)) if request.second_factor => {
            let factor = VerifiedFactor { owner: bound.owner().name(), verified_at: request.now };
            challenge.answer(&factor, MaxFactorAge::THIS_REQUEST)
        }
        (decision, Caller::Token(_) | Caller::NoToken | Caller::UnknownToken) => decision,
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, Directory, World};
    use crate::token::SecretDigest;
    use std::{format, string::ToString};

    #[test]
    fn look_up_by_digest_compares_all_bytes() {
        let digest = |last: &str| format!("{}{last}", "ab".repeat(31));
        let token = |id: &str, last: &str| {
            format!(
                r#"{{"id": "{id}", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
                    "secret_sha256": "{}", "legacy": "publish"}}"#,
                digest(last)
            )
        };
        let text = format!(
            r#"{{"policy": "npm-2025-10",
                "users": [{{"name": "alice", "status": "active", "two_factor": "disabled",
                            "tokens_revoked_until": null, "writes_held_until": null}}],
                "orgs": [], "packages": [], "tokens": [{}, {}]}}"#,
            token("first", "01"),
            token("second", "02"),
        );
        let world: World = serde_json::from_str(&text).unwrap();
        let directory = Directory::load(&world).unwrap();
        let found = |last: &str| {
            let digest = digest(last).parse::<SecretDigest>().unwrap();
            match directory.token_by_digest(digest, directory.policy().for_decisions()) {
                Caller::Token(bound) => Some(bound.token().id().to_string()),
                Caller::NoToken | Caller::UnknownToken => None,
            }
        };
        assert_eq!(found("01").as_deref(), Some("first"));
        assert_eq!(found("02").as_deref(), Some("second"));
        assert_eq!(found("03"), None);
    }
}
