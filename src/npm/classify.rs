//! Classifies a request: this file is the table of all paths that npm's clients send.

use alloc::vec::Vec;

use super::{
    endpoint::{AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, StageRequest, TeamRequest},
    endpoint_error::{EndpointError, PathProblem},
    target::{self, PathText, Target, TokenInPath},
};
use crate::value::PackageName;

impl Endpoint {
    /// Classifies a request by its method and its raw target, which is the path and the query as the client sent them.
    ///
    /// `HEAD` is classified as `GET`. The method alone does not show whether a request writes: an audit is a `POST`
    /// that changes nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the path, the query or the file name of a tarball is malformed, if a name in the target is
    /// not a valid name, if no endpoint has the path, if the endpoint does not have the method, or if the endpoint
    /// belongs to a feature that the [rules](crate::docs::rules) do not model. An error may repeat an invalid name, but
    /// no other part of the target, because the target may contain a secret.
    ///
    /// The name of a user may contain a `;`, but not in a path, since a proxy may take it for the end of the path.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::npm::{AccountRequest, Endpoint, EndpointError};
    ///
    /// assert_eq!(Endpoint::classify("GET", "/-/whoami"), Ok(Endpoint::Account(AccountRequest::Whoami)));
    /// assert_eq!(Endpoint::classify("POST", "/-/whoami"), Err(EndpointError::UnknownMethod));
    /// assert_eq!(Endpoint::classify("GET", "/-/who"), Err(EndpointError::UnknownEndpoint));
    /// ```
    pub fn classify(method: &str, target: &str) -> Result<Self, EndpointError> {
        classify(method, target)
    }

    /// Classifies a request to a registry that is not at the root of its host. The target is
    /// [classified](Self::classify) without `mount`, such as `/npm`. A slash at the end of `mount` has no effect.
    ///
    /// A server that has pages of its own below the mount point matches [`EndpointError::UnknownEndpoint`], which is the
    /// error of every path that is not npm's, and answers such a request itself.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::UnknownEndpoint`] for a target that is not below `mount`, and the errors of
    /// [`classify`](Self::classify).
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::npm::{Endpoint, EndpointError};
    ///
    /// let endpoint = Endpoint::classify_below("/npm", "GET", "/npm/@acme%2fw")?;
    /// assert_eq!(endpoint, Endpoint::classify("GET", "/@acme%2fw")?);
    ///
    /// for elsewhere in ["/@acme%2fw", "/npm", "/npmx/left-pad", "/npm/-/admin"] {
    ///     assert_eq!(Endpoint::classify_below("/npm", "GET", elsewhere), Err(EndpointError::UnknownEndpoint));
    /// }
    /// # Ok::<(), EndpointError>(())
    /// ```
    pub fn classify_below(mount: &str, method: &str, target: &str) -> Result<Self, EndpointError> {
        let mount = mount.strip_suffix('/').unwrap_or(mount);
        match target.strip_prefix(mount) {
            Some(target) if target.starts_with('/') => classify(method, target),
            Some(_) | None => Err(EndpointError::UnknownEndpoint),
        }
    }
}

/// The methods of one path, and the endpoint for each method.
#[derive(Default)]
struct Methods {
    get: Option<Endpoint>,
    put: Option<Endpoint>,
    post: Option<Endpoint>,
    delete: Option<Endpoint>,
}

impl Methods {
    fn get(endpoint: Endpoint) -> Self {
        Self { get: Some(endpoint), ..Self::default() }
    }

    fn post(endpoint: Endpoint) -> Self {
        Self { post: Some(endpoint), ..Self::default() }
    }

    fn delete(endpoint: Endpoint) -> Self {
        Self { delete: Some(endpoint), ..Self::default() }
    }

    fn and_put(self, endpoint: Endpoint) -> Self {
        Self { put: Some(endpoint), ..self }
    }

    fn and_post(self, endpoint: Endpoint) -> Self {
        Self { post: Some(endpoint), ..self }
    }

    fn and_delete(self, endpoint: Endpoint) -> Self {
        Self { delete: Some(endpoint), ..self }
    }

    fn select(self, method: &str) -> Result<Endpoint, EndpointError> {
        let endpoint = match method {
            "GET" | "HEAD" => self.get,
            "PUT" => self.put,
            "POST" => self.post,
            "DELETE" => self.delete,
            _ => None,
        };
        endpoint.ok_or(EndpointError::UnknownMethod)
    }
}

fn classify(method: &str, target: &str) -> Result<Endpoint, EndpointError> {
    let target = Target::split(target)?;
    let methods = match target.segments.as_slice() {
        [] => return Err(EndpointError::UnknownEndpoint),
        // `/-/user/token/package` is the path of two endpoints: the logout of a token `package`, and the packages of a
        // user `token`. The method tells them apart.
        ["-", "user", "token", token] if method == "DELETE" => {
            Methods::delete(Endpoint::Account(AccountRequest::Logout { token: TokenInPath::decode(token)? }))
        }
        ["-", rest @ ..] => registry_methods(rest, &target)?,
        segments => package_methods(segments)?,
    };
    methods.select(method)
}

/// Returns the methods of a path `/-/…`.
fn registry_methods(segments: &[&str], target: &Target<'_>) -> Result<Methods, EndpointError> {
    match segments {
        ["package", rest @ ..] => package_settings_methods(rest),
        ["org", organization, rest @ ..] => organization_methods(organization, rest),
        ["team", organization, team, rest @ ..] => team_methods(organization, team, rest),
        ["npm", "v1", rest @ ..] => npm_v1_methods(rest),
        ["user", user, rest @ ..] => user_methods(user, rest),
        ["whoami"] => Ok(Methods::get(Endpoint::Account(AccountRequest::Whoami))),
        ["ping"] => Ok(Methods::get(Endpoint::Open(OpenRequest::Ping))),
        ["v1", "login"] => Ok(Methods::post(Endpoint::Open(OpenRequest::WebLogin))),
        ["v1", "search"] => Ok(Methods::get(Endpoint::Open(OpenRequest::Search))),
        ["_view", "starredByUser"] => {
            let key = target.parameter("key")?.ok_or(EndpointError::Query)?;
            let name = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).ok_or(EndpointError::Query)?;
            Ok(Methods::get(Endpoint::Open(OpenRequest::ReadStars { user: name.parse()? })))
        }
        ["stage", rest @ ..] => stage_methods(rest, target),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// Returns the methods of a path `/:package…`.
fn package_methods(segments: &[&str]) -> Result<Methods, EndpointError> {
    let (package, rest) = target::package(segments)?;
    let tarball = |file: &str, package: &PackageName| tarball_version(&target::decoded(file)?, package);
    match rest {
        [] => {
            let read = package_endpoint(&package, PackageRequest::Read);
            Ok(Methods::get(read).and_put(package_endpoint(&package, PackageRequest::Write)))
        }
        ["-rev", revision] => {
            let revision = PathText::decode(revision)?;
            let delete = package_endpoint(&package, PackageRequest::Delete { revision: revision.clone() });
            Ok(Methods::delete(delete).and_put(package_endpoint(&package, PackageRequest::WriteRevision { revision })))
        }
        ["-", file] => {
            let version = tarball(file, &package)?;
            Ok(Methods::get(package_endpoint(&package, PackageRequest::ReadTarball { version })))
        }
        ["-", file, "-rev", revision] => {
            let (version, revision) = (tarball(file, &package)?, PathText::decode(revision)?);
            Ok(Methods::delete(package_endpoint(&package, PackageRequest::DeleteTarball { version, revision })))
        }
        [version] if !version.starts_with('-') => {
            let version = PathText::decode(version)?;
            Ok(Methods::get(package_endpoint(&package, PackageRequest::ReadManifest { version })))
        }
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

fn package_endpoint(package: &PackageName, request: PackageRequest) -> Endpoint {
    Endpoint::Package { package: package.clone(), request }
}

/// Returns the version in the file name of a tarball, which is `name-version.tgz`. If the package is scoped, `name` is
/// the part after the scope.
fn tarball_version(file: &str, package: &PackageName) -> Result<PathText, EndpointError> {
    let after_name = file.strip_prefix(bare_name(package)).and_then(|rest| rest.strip_prefix('-'));
    let version = after_name.and_then(|rest| rest.strip_suffix(".tgz")).ok_or(EndpointError::Tarball)?;
    version.parse().map_err(|_| EndpointError::Tarball)
}

/// Returns the name of a package without its scope.
pub(super) fn bare_name(package: &PackageName) -> &str {
    package.as_str().rsplit('/').next().unwrap_or_default()
}

/// Returns the methods of a path `/-/package/:package/…`.
fn package_settings_methods(segments: &[&str]) -> Result<Methods, EndpointError> {
    let (package, rest) = target::package(segments)?;
    match rest {
        ["dist-tags"] => Ok(Methods::get(package_endpoint(&package, PackageRequest::ReadDistTags))),
        ["dist-tags", tag] => {
            let tag = PathText::decode(tag)?;
            let delete = package_endpoint(&package, PackageRequest::DeleteDistTag { tag: tag.clone() });
            Ok(Methods::delete(delete).and_put(package_endpoint(&package, PackageRequest::WriteDistTag { tag })))
        }
        ["visibility"] => Ok(Methods::get(package_endpoint(&package, PackageRequest::ReadVisibility))),
        ["collaborators"] => Ok(Methods::get(package_endpoint(&package, PackageRequest::ReadCollaborators))),
        ["access"] => Ok(Methods::post(package_endpoint(&package, PackageRequest::WriteAccess))),
        ["trust", ..] => Err(EndpointError::NotModelled { what: "trusted publishing" }),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// Returns the methods of a path `/-/stage…`.
fn stage_methods(segments: &[&str], target: &Target<'_>) -> Result<Methods, EndpointError> {
    let on = Endpoint::Stage;
    match segments {
        [] => {
            let package = target.parameter("package")?.map(|name| name.parse()).transpose()?;
            Ok(Methods::get(on(StageRequest::List { package })))
        }
        // The path of a package comes first: `/-/stage/package/approve` stages a version of the package `approve`. In
        // the path of an id `package`, the first letter is percent-encoded.
        ["package", rest @ ..] => match target::package(rest)? {
            (package, []) => Ok(Methods::post(package_endpoint(&package, PackageRequest::Stage))),
            (_, _) => Err(EndpointError::UnknownEndpoint),
        },
        [id] => {
            let id = PathText::decode(id)?;
            Ok(Methods::get(on(StageRequest::Read { id: id.clone() })).and_delete(on(StageRequest::Reject { id })))
        }
        [id, "tarball"] => Ok(Methods::get(on(StageRequest::ReadTarball { id: PathText::decode(id)? }))),
        [id, "approve"] => Ok(Methods::post(on(StageRequest::Approve { id: PathText::decode(id)? }))),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// Returns the methods of a path `/-/org/:org/…`.
fn organization_methods(organization: &str, rest: &[&str]) -> Result<Methods, EndpointError> {
    let organization: crate::value::OrganizationName = target::decoded(organization)?.parse()?;
    let on = |request| Endpoint::Organization { organization: organization.clone(), request };
    match rest {
        ["package"] => Ok(Methods::get(on(OrganizationRequest::ReadPackages))),
        ["user"] => Ok(Methods::get(on(OrganizationRequest::ReadMembers))
            .and_put(on(OrganizationRequest::WriteMember))
            .and_delete(on(OrganizationRequest::DeleteMember))),
        ["team"] => Ok(Methods::get(on(OrganizationRequest::ReadTeams)).and_put(on(OrganizationRequest::CreateTeam))),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// Returns the methods of a path `/-/team/:org/:team…`.
fn team_methods(organization: &str, team: &str, rest: &[&str]) -> Result<Methods, EndpointError> {
    let organization: crate::value::OrganizationName = target::decoded(organization)?.parse()?;
    let team: crate::value::TeamName = target::decoded(team)?.parse()?;
    let on = |request| Endpoint::Team { organization: organization.clone(), team: team.clone(), request };
    match rest {
        [] => Ok(Methods::delete(on(TeamRequest::Delete))),
        ["package"] => Ok(Methods::get(on(TeamRequest::ReadPackages))
            .and_put(on(TeamRequest::WritePackage))
            .and_delete(on(TeamRequest::DeletePackage))),
        ["user"] => Ok(Methods::get(on(TeamRequest::ReadMembers))
            .and_put(on(TeamRequest::WriteMember))
            .and_delete(on(TeamRequest::DeleteMember))),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// Returns the methods of a path `/-/npm/v1/…`.
fn npm_v1_methods(segments: &[&str]) -> Result<Methods, EndpointError> {
    let account = Endpoint::Account;
    match segments {
        ["user"] => {
            Ok(Methods::get(account(AccountRequest::ReadProfile)).and_post(account(AccountRequest::WriteProfile)))
        }
        ["tokens"] => {
            Ok(Methods::get(account(AccountRequest::ListTokens)).and_post(account(AccountRequest::CreateToken)))
        }
        ["tokens", "token", token] => {
            let token = TokenInPath::decode(token)?;
            Ok(Methods::delete(account(AccountRequest::RevokeToken { token })))
        }
        ["security", "advisories", "bulk"] => Ok(Methods::post(Endpoint::Open(OpenRequest::ReadAdvisories))),
        ["security", "audits"] | ["security", "audits", "quick"] => {
            Ok(Methods::post(Endpoint::Open(OpenRequest::ReadAudit)))
        }
        ["keys"] => Ok(Methods::get(Endpoint::Open(OpenRequest::ReadKeys))),
        ["attestations", rest @ ..] => attestation_methods(rest),
        ["hooks", ..] => Err(EndpointError::NotModelled { what: "a webhook" }),
        ["oidc", ..] => Err(EndpointError::NotModelled { what: "trusted publishing" }),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// Returns the methods of the path `/-/npm/v1/attestations/:package@:version`.
fn attestation_methods(segments: &[&str]) -> Result<Methods, EndpointError> {
    let (last, scope) = segments.split_last().ok_or(EndpointError::UnknownEndpoint)?;
    // The last `@` that is not percent-encoded precedes the version. The `@` of a scope comes earlier.
    let (name, version) = last.rsplit_once('@').ok_or(EndpointError::UnknownEndpoint)?;
    let name: Vec<&str> = scope.iter().copied().chain([name]).collect();
    let (package, rest) = target::package(&name)?;
    if !rest.is_empty() {
        return Err(EndpointError::UnknownEndpoint);
    }
    let version = PathText::decode(version)?;
    Ok(Methods::get(package_endpoint(&package, PackageRequest::ReadAttestations { version })))
}

/// Returns the methods of a path `/-/user/…`.
fn user_methods(user: &str, rest: &[&str]) -> Result<Methods, EndpointError> {
    let user = target::decoded(user)?;
    // A user's name may have a `;` (N4), and a proxy in front of the registry may take it for the end of the path.
    if user.contains(';') {
        return Err(PathProblem::Character.into());
    }
    let Some(account) = user.strip_prefix("org.couchdb.user:") else {
        return match rest {
            ["package"] => Ok(Methods::get(Endpoint::Account(AccountRequest::ReadPackages { user: user.parse()? }))),
            _ => Err(EndpointError::UnknownEndpoint),
        };
    };
    let user: crate::value::UserName = account.parse()?;
    match rest {
        [] => {
            let read = Endpoint::Open(OpenRequest::ReadUser { user: user.clone() });
            Ok(Methods::get(read).and_put(Endpoint::Open(OpenRequest::Login { user })))
        }
        ["-rev", revision] => {
            let revision = PathText::decode(revision)?;
            let login = Endpoint::Open(OpenRequest::LoginRevision { user, revision });
            Ok(Methods::default().and_put(login))
        }
        _ => Err(EndpointError::UnknownEndpoint),
    }
}
