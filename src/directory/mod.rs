//! An in-memory directory: a world of users, organizations, packages and tokens, and decisions about it.
//!
//! The files are those of [`docs::format`](crate::docs::format). Any serde format that describes itself will do; with
//! JSON:
//!
//! ```
//! use tollgate::directory::{DecisionLine, Directory, RequestLine, World};
//!
//! let world: World = serde_json::from_str(
//!     r#"{
//! "users": [], "orgs": [], "tokens": [],
//! "packages": [{"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement"}]
//! }"#,
//! )?;
//! let directory = Directory::load(&world)?;
//!
//! let line: RequestLine = serde_json::from_str(
//!     r#"{"id": "r1", "token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z"}"#,
//! )?;
//! let request = line.parse()?;
//! let caller = directory.caller(&request);
//! let decision = directory.decide(&caller, &request);
//! assert!(decision.is_allow());
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
        MissingOrganization, MissingPackage, Organization, OrganizationState, Package, PackageState, User,
        VerifiedFactor,
    },
    operation::BoundToken,
    token::{Secret, SecretDigest, Token},
    value::{OrganizationName, PackageName, UserName},
};

pub use line::DecisionLine;
pub use request::{Request, RequestLine, RequestLineError};
pub use world::{World, WorldError};

use index::{Index, Named};
use request::RequestToken;

/// **A registry at a moment**, in memory and immutable: finds users, organizations, packages and tokens, and decides
/// requests.
///
/// Look-ups are by hash tables with std's keyed hash: no choice of names makes them slow.
#[derive(Clone, Debug)]
pub struct Directory {
    users: Named<User>,
    organizations: Named<Organization>,
    packages: Named<Package>,
    tokens: Vec<Token>,
    /// Of each token the digest of its secret, and the place of its owner.
    digests_and_owners: Vec<(Option<SecretDigest>, usize)>,
    by_key: Index,
    by_digest: Index,
}

impl Directory {
    /// Loads a world.
    ///
    /// # Errors
    /// The first breach of the shape, or every breach of the rules, each with the path where it stands.
    pub fn load(world: &World) -> Result<Self, WorldError> {
        world::load(world)
    }

    /// The user of that name.
    #[must_use]
    pub fn user(&self, name: UserName<&str>) -> Option<&User> {
        self.users.get(name.as_str())
    }

    /// The organization of that name, or that there is none.
    #[must_use]
    pub fn organization<'a>(&'a self, name: OrganizationName<&'a str>) -> OrganizationState<'a> {
        match self.organizations.get(name.as_str()) {
            Some(organization) => organization.into(),
            None => MissingOrganization::new(name).into(),
        }
    }

    /// The package of that name, or that there is none.
    #[must_use]
    pub fn package<'a>(&'a self, name: PackageName<&'a str>) -> PackageState<'a> {
        match self.packages.get(name.as_str()) {
            Some(package) => package.into(),
            None => MissingPackage::new(name).into(),
        }
    }

    /// Every package, in no order.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter()
    }

    /// Every token, in the order of the world.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The token of that public id, bound to its owner.
    #[must_use]
    pub fn token_by_id(&self, id: &str) -> Caller<'_> {
        let is_at = |place: usize| self.tokens.get(place).is_some_and(|token| token.id().as_str() == id);
        self.bind(self.by_key.find(id, is_at))
    }

    /// The token of that secret, looked up by its digest and bound to its owner.
    #[must_use]
    pub fn token_by_secret(&self, secret: Secret<'_>) -> Caller<'_> {
        self.token_by_digest(secret.digest())
    }

    fn token_by_digest(&self, digest: SecretDigest) -> Caller<'_> {
        let is_at = |place: usize| self.digests_and_owners.get(place).is_some_and(|own| own.0 == Some(digest));
        self.bind(self.by_digest.find(digest.as_bytes(), is_at))
    }

    fn bind(&self, place: Option<usize>) -> Caller<'_> {
        let bound = place.and_then(|place| {
            let (token, (_, owner)) = (self.tokens.get(place)?, self.digests_and_owners.get(place)?);
            // The place was found by the name of the token's owner: to compare the two again waits for both to be read.
            Some(BoundToken::of_its_owner(token.into(), self.users.at(*owner)?.into()))
        });
        bound.map_or(Caller::UnknownToken, Caller::Token)
    }

    /// Who makes the request.
    #[must_use]
    pub fn caller(&self, request: &Request) -> Caller<'_> {
        match &request.presented {
            RequestToken::NoToken => Caller::NoToken,
            RequestToken::Id(id) => self.token_by_id(id),
            RequestToken::Secret(text) => match Secret::new(text) {
                Ok(secret) => self.token_by_secret(secret),
                Err(_) => Caller::UnknownToken,
            },
        }
    }

    /// Decides a request by its caller, the second factor it shows included.
    ///
    /// `caller` is [`caller`](Self::caller) of the same request: a second factor is believed of whoever it is.
    pub fn decide<'a>(&'a self, caller: &'a Caller<'a>, request: &'a Request) -> Decision<'a> {
        let decision = self.resolved(caller, request).decide(caller, request.client_ip, request.now);
        answered(decision, caller, request)
    }

    fn resolved<'a>(&'a self, caller: &Caller<'a>, request: &'a Request) -> Resolved<'a> {
        let found: Result<Resolved<'a>, Infallible> = request.access.resolve(
            caller,
            |package| Ok(self.package(package)),
            |organization| Ok(self.organization(organization)),
        );
        let Ok(resolved) = found;
        resolved
    }
}

/// F6: `second_factor` says that the token's owner has just shown one.
fn answered<'a>(decision: Decision<'a>, caller: &Caller<'a>, request: &Request) -> Decision<'a> {
    match (decision, caller) {
        (Decision::Challenge(challenge), Caller::Token(bound)) if request.second_factor => {
            let factor = VerifiedFactor { owner: bound.owner().name(), verified_at: request.now };
            challenge.answer(&factor, core::time::Duration::ZERO)
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
    fn a_token_is_found_by_the_whole_of_its_digest() {
        let digest = |last: &str| format!("{}{last}", "ab".repeat(31));
        let token = |id: &str, last: &str| {
            format!(
                r#"{{"id": "{id}", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
                    "secret_sha256": "{}", "legacy": "publish"}}"#,
                digest(last)
            )
        };
        let text = format!(
            r#"{{"users": [{{"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null}}],
                "orgs": [], "packages": [], "tokens": [{}, {}]}}"#,
            token("first", "01"),
            token("second", "02"),
        );
        let world: World = serde_json::from_str(&text).unwrap();
        let directory = Directory::load(&world).unwrap();
        let found = |last: &str| match directory.token_by_digest(digest(last).parse::<SecretDigest>().unwrap()) {
            Caller::Token(bound) => Some(bound.token().id().to_string()),
            Caller::NoToken | Caller::UnknownToken => None,
        };
        assert_eq!(found("01").as_deref(), Some("first"));
        assert_eq!(found("02").as_deref(), Some("second"));
        assert_eq!(found("03"), None);
    }
}
