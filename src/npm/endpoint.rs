//! npm's endpoints: what a method and a path name.

use super::target::{PathText, TokenInPath};
use crate::value::{OrganizationName, PackageName, TeamName, UserName};

/// **What a request is about**, by its method and its path: one of npm's endpoints with the names in it.
///
/// - [`classify`](Self::classify) reads it, decoding names exactly once: `@acme%2fw`, `@acme%2Fw`, `%40acme%2fw` and
///   `@acme/w` are one package.
/// - [`asks`](Self::asks) says what of it is asked for, as far as a path can tell.
/// - [`method`](Self::method) and [`to_path`](Self::to_path) write it as npm's client would; reading that gives the same.
///
/// ```
/// use tollgate::npm::{Endpoint, PackageRequest};
///
/// let endpoint = Endpoint::classify("GET", "/@acme%2fw")?;
/// assert_eq!(endpoint, Endpoint::Package { package: "@acme/w".parse()?, request: PackageRequest::Read });
/// assert_eq!(Endpoint::classify("GET", "/@acme/w")?, endpoint);
///
/// let twice = Endpoint::classify("GET", "/@acme%252fw").unwrap_err();
/// assert_eq!(twice.status(), 400);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// About a package.
    Package {
        /// The package.
        package: PackageName,
        /// What of it.
        request: PackageRequest,
    },
    /// About an organization.
    Organization {
        /// The organization.
        organization: OrganizationName,
        /// What of it.
        request: OrganizationRequest,
    },
    /// About a team.
    Team {
        /// Its organization.
        organization: OrganizationName,
        /// The team.
        team: TeamName,
        /// What of it.
        request: TeamRequest,
    },
    /// About an account.
    Account(AccountRequest),
    /// About nothing that a token could be refused.
    Open(OpenRequest),
}

impl Endpoint {
    /// Whether the request may change something: a server that keeps its facts in a database needs a transaction that
    /// writes.
    ///
    /// Every request but a `GET` may, except the two audits, which send a `POST` and only read.
    ///
    /// ```
    /// use tollgate::npm::Endpoint;
    ///
    /// assert!(Endpoint::classify("PUT", "/left-pad")?.is_write());
    /// assert!(!Endpoint::classify("GET", "/left-pad?write=true")?.is_write());
    /// assert!(!Endpoint::classify("POST", "/-/npm/v1/security/advisories/bulk")?.is_write());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn is_write(&self) -> bool {
        let is_audit = matches!(self, Self::Open(OpenRequest::ReadAdvisories | OpenRequest::ReadAudit));
        !is_audit && !matches!(self.method().as_bytes(), b"GET")
    }
}

/// What of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageRequest {
    /// `GET /:package`: the packument. `?write=true` announces a write and is still a read.
    Read,
    /// `GET /:package/:version`: the manifest of a version, or of what a tag points to.
    ReadManifest {
        /// The version or tag.
        version: PathText,
    },
    /// `GET /:package/-/:name-:version.tgz`.
    ReadTarball {
        /// The version.
        version: PathText,
    },
    /// `GET /-/package/:package/dist-tags`.
    ReadDistTags,
    /// `GET /-/package/:package/visibility`.
    ReadVisibility,
    /// `GET /-/npm/v1/attestations/:package@:version`.
    ReadAttestations {
        /// The version.
        version: PathText,
    },
    /// `GET /-/package/:package/collaborators`.
    ReadCollaborators,
    /// `PUT /:package`: publish, deprecate, star, or more than one of these; the body tells.
    Write,
    /// `PUT /:package/-rev/:revision`: other maintainers, or the document without some version; the body tells.
    WriteRevision {
        /// The revision that the client believes is the present one.
        revision: PathText,
    },
    /// `DELETE /:package/-rev/:revision`: the whole package.
    Delete {
        /// The revision that the client believes is the present one.
        revision: PathText,
    },
    /// `DELETE /:package/-/:name-:version.tgz/-rev/:revision`: the second step of unpublishing a version.
    DeleteTarball {
        /// The version.
        version: PathText,
        /// The revision that the client believes is the present one.
        revision: PathText,
    },
    /// `PUT /-/package/:package/dist-tags/:tag`, the version as a JSON string.
    WriteDistTag {
        /// The tag.
        tag: PathText,
    },
    /// `DELETE /-/package/:package/dist-tags/:tag`.
    DeleteDistTag {
        /// The tag.
        tag: PathText,
    },
    /// `POST /-/package/:package/access`: visibility or publishing access; the body tells.
    WriteAccess,
}

/// What of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrganizationRequest {
    /// `GET /-/org/:org/package`.
    ReadPackages,
    /// `GET /-/org/:org/user`.
    ReadMembers,
    /// `PUT /-/org/:org/user`: takes someone in, or changes a role.
    WriteMember,
    /// `DELETE /-/org/:org/user`, the user in the body.
    DeleteMember,
    /// `GET /-/org/:org/team`.
    ReadTeams,
    /// `PUT /-/org/:org/team`, the new team's name in the body.
    CreateTeam,
}

/// What of a team.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TeamRequest {
    /// `GET /-/team/:org/:team/package`.
    ReadPackages,
    /// `PUT /-/team/:org/:team/package`: gives access to the package in the body.
    WritePackage,
    /// `DELETE /-/team/:org/:team/package`: takes it.
    DeletePackage,
    /// `GET /-/team/:org/:team/user`.
    ReadMembers,
    /// `PUT /-/team/:org/:team/user`, the user in the body.
    WriteMember,
    /// `DELETE /-/team/:org/:team/user`, the user in the body.
    DeleteMember,
    /// `DELETE /-/team/:org/:team`.
    Delete,
}

/// What of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountRequest {
    /// `GET /-/whoami`.
    Whoami,
    /// `GET /-/npm/v1/user`.
    ReadProfile,
    /// `POST /-/npm/v1/user`: the profile, the password or the second factor; the body tells.
    WriteProfile,
    /// `GET /-/npm/v1/tokens`.
    ListTokens,
    /// `POST /-/npm/v1/tokens`.
    CreateToken,
    /// `DELETE /-/npm/v1/tokens/token/:token`: by public id, or by its text.
    RevokeToken {
        /// The token to be revoked.
        token: TokenInPath,
    },
    /// `DELETE /-/user/token/:token`: a client that logs out, with the token's text in the path.
    Logout {
        /// The token to be revoked.
        token: TokenInPath,
    },
    /// `GET /-/user/:user/package`: the packages that a user has a right to.
    ReadPackages {
        /// The user.
        user: UserName,
    },
}

/// What a token has nothing to do with: it is open to all, or asks for a password of its own. A listing shows only what
/// [`PresentedToken::readable`](crate::decision::PresentedToken::readable) lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenRequest {
    /// `GET /-/ping`.
    Ping,
    /// `GET /-/v1/search`: lists only what the caller may read.
    Search,
    /// `GET /-/_view/starredByUser?key="user"`: lists only what the caller may read.
    ReadStars {
        /// Whose stars.
        user: UserName,
    },
    /// `PUT /-/user/org.couchdb.user:NAME`: a login or a new account, by password.
    Login {
        /// The account.
        user: UserName,
    },
    /// `PUT /-/user/org.couchdb.user:NAME/-rev/:revision`: a login to an account that exists, by password.
    LoginRevision {
        /// The account.
        user: UserName,
        /// The revision that the client read.
        revision: PathText,
    },
    /// `GET /-/user/org.couchdb.user:NAME`: the public record of a user.
    ReadUser {
        /// The user.
        user: UserName,
    },
    /// `POST /-/v1/login`: a login by browser.
    WebLogin,
    /// `POST /-/npm/v1/security/advisories/bulk`: a read, though it is a POST. The answer must not depend on private
    /// packages.
    ReadAdvisories,
    /// `POST /-/npm/v1/security/audits` and `…/audits/quick`: the same, of old.
    ReadAudit,
    /// `GET /-/npm/v1/keys`: the registry's signing keys.
    ReadKeys,
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    fn is_write(method: &str, path: &str) -> bool {
        Endpoint::classify(method, path).unwrap().is_write()
    }

    #[test]
    fn a_request_that_is_not_a_get_writes_unless_it_is_an_audit() {
        for path in ["/a", "/a/1.0.0", "/-/whoami", "/-/npm/v1/tokens", "/-/org/acme/team", "/-/ping", "/-/v1/search"] {
            assert!(!is_write("GET", path), "{path}");
        }
        for path in ["/-/npm/v1/security/advisories/bulk", "/-/npm/v1/security/audits/quick"] {
            assert!(!is_write("POST", path), "{path}");
        }
        for (method, path) in [
            ("PUT", "/a"),
            ("DELETE", "/a/-rev/1-0"),
            ("PUT", "/-/package/a/dist-tags/next"),
            ("POST", "/-/package/a/access"),
            ("DELETE", "/-/org/acme/user"),
            ("PUT", "/-/team/acme/core/user"),
            ("POST", "/-/npm/v1/user"),
            ("POST", "/-/npm/v1/tokens"),
            ("DELETE", "/-/user/token/abc"),
            ("PUT", "/-/user/org.couchdb.user:alice"),
            ("POST", "/-/v1/login"),
        ] {
            assert!(is_write(method, path), "{method} {path}");
        }
    }
}
