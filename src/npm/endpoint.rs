//! npm's endpoints, as an enum with the names that are in their paths.

use super::{
    PutTarget,
    target::{PathText, TokenInPath},
};
use crate::value::{OrganizationName, PackageName, TeamName, UserName};

/// One of npm's endpoints, with the names that were in the path of the request.
///
/// - [`classify`](Self::classify) reads an endpoint from a method and a path. Names are percent-decoded exactly once:
///   `@acme%2fw`, `@acme%2Fw`, `%40acme%2fw` and `@acme/w` are the same package.
/// - [`required_access`](Self::required_access) returns what the caller must be allowed to do, as far as the method and
///   the path show it.
/// - [`method`](Self::method) and [`to_path`](Self::to_path) write the endpoint as npm's client does. Classifying this
///   method and this path gives an equal endpoint.
///
/// # Examples
///
/// ```
/// use tollgate::npm::{Endpoint, EndpointError, PackageRequest, PathProblem};
///
/// let endpoint = Endpoint::classify("GET", "/@acme%2fw")?;
/// assert_eq!(endpoint, Endpoint::Package { package: "@acme/w".parse()?, request: PackageRequest::Read });
/// assert_eq!(Endpoint::classify("GET", "/@acme/w")?, endpoint);
/// assert_eq!((endpoint.method(), endpoint.to_path().as_str()), ("GET", "/@acme%2fw"));
///
/// // Names are decoded once, and a `%` that is left is not part of a name.
/// assert_eq!(Endpoint::classify("GET", "/@acme%252fw").unwrap_err().status(), 400);
///
/// assert_eq!(Endpoint::classify("GET", "/left-pad/"), Err(EndpointError::Path(PathProblem::EmptySegment)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A request about a package.
    Package {
        /// The package in the path.
        package: PackageName,
        /// What the request does with the package.
        request: PackageRequest,
    },
    /// A request about an organization.
    Organization {
        /// The organization in the path.
        organization: OrganizationName,
        /// What the request does with the organization.
        request: OrganizationRequest,
    },
    /// A request about a team.
    Team {
        /// The team's organization.
        organization: OrganizationName,
        /// The name of the team in its organization.
        team: TeamName,
        /// What the request does with the team.
        request: TeamRequest,
    },
    /// A request about staged versions.
    Stage(StageRequest),
    /// A request about an account.
    Account(AccountRequest),
    /// A request that needs no token.
    Open(OpenRequest),
}

impl Endpoint {
    /// Returns the package and the target if the body of the request is a document of a package, which
    /// [`PackumentChanges`](super::PackumentChanges) reads.
    ///
    /// ```
    /// use tollgate::npm::{Endpoint, PutTarget};
    ///
    /// let revision = Endpoint::classify("PUT", "/left-pad/-rev/3-0")?;
    /// assert_eq!(revision.put_target(), Some((&"left-pad".parse()?, PutTarget::Revision)));
    /// assert_eq!(Endpoint::classify("GET", "/left-pad")?.put_target(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn put_target(&self) -> Option<(&PackageName, PutTarget)> {
        let Self::Package { package, request } = self else { return None };
        let target = match request {
            PackageRequest::Write => PutTarget::Package,
            PackageRequest::WriteRevision { .. } => PutTarget::Revision,
            PackageRequest::Stage => PutTarget::Stage,
            PackageRequest::Read
            | PackageRequest::ReadManifest { .. }
            | PackageRequest::ReadTarball { .. }
            | PackageRequest::ReadDistTags
            | PackageRequest::ReadVisibility
            | PackageRequest::ReadAttestations { .. }
            | PackageRequest::ReadCollaborators
            | PackageRequest::Delete { .. }
            | PackageRequest::DeleteTarball { .. }
            | PackageRequest::WriteDistTag { .. }
            | PackageRequest::DeleteDistTag { .. }
            | PackageRequest::WriteAccess => return None,
        };
        Some((package, target))
    }

    /// Returns `true` if the request may change something. A server that keeps its facts in a database then needs a
    /// transaction that can write.
    ///
    /// A `GET` changes nothing, and neither do the two audits, which are a `POST` and only read. Every other request
    /// may change something.
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

/// A request about a package. See [`Endpoint::Package`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageRequest {
    /// `GET /:package`: reads the packument, which is the document with all versions. The client adds `?write=true`
    /// before a write, but this request is still a read.
    Read,
    /// `GET /:package/:version`: reads the manifest of a version, or of the version that a tag points to.
    ReadManifest {
        /// The version or the tag.
        version: PathText,
    },
    /// `GET /:package/-/:name-:version.tgz`: reads the tarball of a version.
    ReadTarball {
        /// The version.
        version: PathText,
    },
    /// `GET /-/package/:package/dist-tags`: reads the tags, and the version of each.
    ReadDistTags,
    /// `GET /-/package/:package/visibility`: reads whether the package is public.
    ReadVisibility,
    /// `GET /-/npm/v1/attestations/:package@:version`: reads the provenance of a version.
    ReadAttestations {
        /// The version.
        version: PathText,
    },
    /// `GET /-/package/:package/collaborators`: reads which users have access.
    ReadCollaborators,
    /// `PUT /:package`: publishes, deprecates, stars, changes the maintainers, or makes several of these changes. The
    /// body shows which changes the request makes. See [`PackumentChanges`](super::PackumentChanges).
    Write,
    /// `PUT /:package/-rev/:revision`: changes the maintainers or removes versions. The body shows which change the
    /// request makes. See [`PackumentChanges`](super::PackumentChanges).
    WriteRevision {
        /// The revision of the document that the client read.
        revision: PathText,
    },
    /// `DELETE /:package/-rev/:revision`: removes the whole package.
    Delete {
        /// The revision of the document that the client read.
        revision: PathText,
    },
    /// `DELETE /:package/-/:name-:version.tgz/-rev/:revision`: removes the tarball of a version. This is the second
    /// step of unpublishing a version, after [`WriteRevision`](Self::WriteRevision).
    DeleteTarball {
        /// The version.
        version: PathText,
        /// The revision of the document that the client read.
        revision: PathText,
    },
    /// `PUT /-/package/:package/dist-tags/:tag`: sets a tag. The body is the version, as a JSON string.
    WriteDistTag {
        /// The tag.
        tag: PathText,
    },
    /// `DELETE /-/package/:package/dist-tags/:tag`: removes a tag.
    DeleteDistTag {
        /// The tag.
        tag: PathText,
    },
    /// `POST /-/package/:package/access`: changes the visibility, the publishing access or both. The body shows which
    /// change the request makes. See [`AccessChange`](super::AccessChange).
    WriteAccess,
    /// `POST /-/stage/package/:package`: stages a version, which waits there until it is approved. The body is that of
    /// a publish. See [`PackumentChanges`](super::PackumentChanges) and [`PutTarget::Stage`](super::PutTarget::Stage).
    Stage,
}

/// A request about staged versions. See [`Endpoint::Stage`].
///
/// Only the registry knows which package a staged version belongs to.
/// [`access_request`](Self::access_request) shows how to decide such a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StageRequest {
    /// `GET /-/stage?package=…`: lists the staged versions of a package, or of all packages. The response lists only
    /// versions of packages on which the caller may `read-stage`.
    List {
        /// The package in the query, or `None` for the staged versions of all packages.
        package: Option<PackageName>,
    },
    /// `GET /-/stage/:id`: reads a staged version.
    Read {
        /// The id of the staged version.
        id: PathText,
    },
    /// `GET /-/stage/:id/tarball`: reads the tarball of a staged version.
    ReadTarball {
        /// The id of the staged version.
        id: PathText,
    },
    /// `POST /-/stage/:id/approve`: approves a staged version, which publishes it.
    Approve {
        /// The id of the staged version.
        id: PathText,
    },
    /// `DELETE /-/stage/:id`: rejects a staged version, which removes it.
    Reject {
        /// The id of the staged version.
        id: PathText,
    },
}

/// A request about an organization. See [`Endpoint::Organization`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrganizationRequest {
    /// `GET /-/org/:org/package`: lists the packages of the organization.
    ReadPackages,
    /// `GET /-/org/:org/user`: lists the members with their roles.
    ReadMembers,
    /// `PUT /-/org/:org/user`: adds a member, or changes the role of a member. See
    /// [`MemberChange`](super::MemberChange).
    WriteMember,
    /// `DELETE /-/org/:org/user`: removes a member. The user is in the body.
    DeleteMember,
    /// `GET /-/org/:org/team`: lists the teams.
    ReadTeams,
    /// `PUT /-/org/:org/team`: creates a team. See [`TeamToCreate`](super::TeamToCreate).
    CreateTeam,
}

/// A request about a team. See [`Endpoint::Team`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TeamRequest {
    /// `GET /-/team/:org/:team/package`: lists the packages that the team has access to.
    ReadPackages,
    /// `PUT /-/team/:org/:team/package`: gives the team access to a package. See
    /// [`TeamAccessChange`](super::TeamAccessChange).
    WritePackage,
    /// `DELETE /-/team/:org/:team/package`: removes the team's access to a package. See
    /// [`TeamAccessChange`](super::TeamAccessChange).
    DeletePackage,
    /// `GET /-/team/:org/:team/user`: lists the members of the team.
    ReadMembers,
    /// `PUT /-/team/:org/:team/user`: adds a member to the team. The user is in the body.
    WriteMember,
    /// `DELETE /-/team/:org/:team/user`: removes a member from the team. The user is in the body.
    DeleteMember,
    /// `DELETE /-/team/:org/:team`: deletes the team.
    Delete,
}

/// A request about an account. See [`Endpoint::Account`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountRequest {
    /// `GET /-/whoami`: reads the name of the token's owner.
    Whoami,
    /// `GET /-/npm/v1/user`: reads the profile of the token's owner.
    ReadProfile,
    /// `POST /-/npm/v1/user`: changes the profile, the password or the second factor. The body shows which change the
    /// request makes. See [`ProfileChange`](super::ProfileChange).
    WriteProfile,
    /// `GET /-/npm/v1/tokens`: lists the tokens of the token's owner. The response is a
    /// [`TokenList`](super::TokenList).
    ListTokens,
    /// `POST /-/npm/v1/tokens`: creates a token. See [`CreateTokenRequest`](super::CreateTokenRequest).
    CreateToken,
    /// `DELETE /-/npm/v1/tokens/token/:token`: revokes a token, named by its public id or by its secret.
    RevokeToken {
        /// The token to be revoked.
        token: TokenInPath,
    },
    /// `DELETE /-/user/token/:token`: logs out, which revokes the token in the path. The path contains the token's
    /// secret.
    Logout {
        /// The token to be revoked. The request may be authenticated with another token.
        token: TokenInPath,
    },
    /// `GET /-/user/:user/package`: lists the packages that a user has access to.
    ReadPackages {
        /// The user.
        user: UserName,
    },
}

/// A request that needs no token, because the endpoint is open to everyone or the request carries a password. See
/// [`Endpoint::Open`].
///
/// A response that lists packages must list only packages that the caller may read.
/// [`PresentedToken::readable`](crate::decision::PresentedToken::readable) returns these packages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenRequest {
    /// `GET /-/ping`: checks that the registry answers.
    Ping,
    /// `GET /-/v1/search`: searches packages. The response lists only packages that the caller may read.
    Search,
    /// `GET /-/_view/starredByUser?key="user"`: lists the packages that a user starred. The response lists only
    /// packages that the caller may read.
    ReadStars {
        /// The user who starred the packages.
        user: UserName,
    },
    /// `PUT /-/user/org.couchdb.user:NAME`: logs in or creates an account, with a password.
    Login {
        /// The name of the account.
        user: UserName,
    },
    /// `PUT /-/user/org.couchdb.user:NAME/-rev/:revision`: logs in to an account that exists, with a password.
    LoginRevision {
        /// The name of the account.
        user: UserName,
        /// The revision of the account's record that the client read.
        revision: PathText,
    },
    /// `GET /-/user/org.couchdb.user:NAME`: reads the public record of a user.
    ReadUser {
        /// The user.
        user: UserName,
    },
    /// `POST /-/v1/login`: starts a login in the browser.
    WebLogin,
    /// `POST /-/npm/v1/security/advisories/bulk`: reads the security advisories about the versions in the body. It
    /// changes nothing, although it is a `POST`. The response must not depend on private packages.
    ReadAdvisories,
    /// `POST /-/npm/v1/security/audits` and `…/audits/quick`: does the same as
    /// [`ReadAdvisories`](Self::ReadAdvisories), for older clients.
    ReadAudit,
    /// `GET /-/npm/v1/keys`: reads the registry's signing keys.
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
        for path in [
            "/a",
            "/a/1.0.0",
            "/-/whoami",
            "/-/npm/v1/tokens",
            "/-/org/acme/team",
            "/-/ping",
            "/-/v1/search",
            "/-/stage",
            "/-/stage/7/tarball",
        ] {
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
            ("POST", "/-/stage/package/a"),
            ("POST", "/-/stage/7/approve"),
            ("DELETE", "/-/stage/7"),
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
