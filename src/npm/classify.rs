//! From method and path to endpoint: the one table of npm's paths.

use alloc::vec::Vec;

use super::{
    endpoint::{AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, TeamRequest},
    invalid::EndpointError,
    target::{self, PathText, Target, TokenInPath},
};
use crate::value::PackageName;

impl Endpoint {
    /// Reads the method and the raw target (path and query, as they were sent) of a request.
    ///
    /// The method says what is a write on its endpoint and nothing more: an audit is a `POST` and no write.
    ///
    /// # Errors
    /// A path that is malformed, that names nothing npm's clients ask for, or has a name that is none, and a method
    /// that its endpoint does not have. No error repeats the path: there may be a secret in it.
    pub fn classify(method: &str, target: &str) -> Result<Self, EndpointError> {
        classify(method, target)
    }
}

/// The methods of one path, with what each means there.
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

    fn of(self, method: &str) -> Result<Endpoint, EndpointError> {
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
        // A user may be called `token` and a token `package`: here the method says which.
        ["-", "user", "token", token] if method == "DELETE" => {
            Methods::delete(Endpoint::Account(AccountRequest::Logout { token: TokenInPath::decode(token)? }))
        }
        ["-", rest @ ..] => of_registry(rest, &target)?,
        segments => of_package(segments)?,
    };
    methods.of(method)
}

/// What comes after `/-/`.
fn of_registry(segments: &[&str], target: &Target<'_>) -> Result<Methods, EndpointError> {
    match segments {
        ["package", rest @ ..] => of_package_settings(rest),
        ["org", organization, rest @ ..] => of_organization(organization, rest),
        ["team", organization, team, rest @ ..] => of_team(organization, team, rest),
        ["npm", "v1", rest @ ..] => of_npm(rest),
        ["user", user, rest @ ..] => of_user(user, rest),
        ["whoami"] => Ok(Methods::get(Endpoint::Account(AccountRequest::Whoami))),
        ["ping"] => Ok(Methods::get(Endpoint::Open(OpenRequest::Ping))),
        ["v1", "login"] => Ok(Methods::post(Endpoint::Open(OpenRequest::WebLogin))),
        ["v1", "search"] => Ok(Methods::get(Endpoint::Open(OpenRequest::Search))),
        ["_view", "starredByUser"] => {
            let key = target.parameter("key")?.ok_or(EndpointError::Query)?;
            let name = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).ok_or(EndpointError::Query)?;
            Ok(Methods::get(Endpoint::Open(OpenRequest::ReadStars { user: name.parse()? })))
        }
        ["stage", ..] => Err(EndpointError::NotModelled { what: "staged publishing" }),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// `/:package…`
fn of_package(segments: &[&str]) -> Result<Methods, EndpointError> {
    let (package, rest) = target::package(segments)?;
    let tarball = |file: &str, package: &PackageName| version_of(&target::decoded(file)?, package);
    match rest {
        [] => {
            let read = of(&package, PackageRequest::Read);
            Ok(Methods::get(read).and_put(of(&package, PackageRequest::Write)))
        }
        ["-rev", revision] => {
            let revision = PathText::decode(revision)?;
            let delete = of(&package, PackageRequest::Delete { revision: revision.clone() });
            Ok(Methods::delete(delete).and_put(of(&package, PackageRequest::WriteRevision { revision })))
        }
        ["-", file] => {
            let version = tarball(file, &package)?;
            Ok(Methods::get(of(&package, PackageRequest::ReadTarball { version })))
        }
        ["-", file, "-rev", revision] => {
            let (version, revision) = (tarball(file, &package)?, PathText::decode(revision)?);
            Ok(Methods::delete(of(&package, PackageRequest::DeleteTarball { version, revision })))
        }
        [version] if !version.starts_with('-') => {
            let version = PathText::decode(version)?;
            Ok(Methods::get(of(&package, PackageRequest::ReadManifest { version })))
        }
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

fn of(package: &PackageName, request: PackageRequest) -> Endpoint {
    Endpoint::Package { package: package.clone(), request }
}

/// The version of a tarball's file: `name-version.tgz`, the name without its scope.
fn version_of(file: &str, package: &PackageName) -> Result<PathText, EndpointError> {
    let after_name = file.strip_prefix(bare_name(package)).and_then(|rest| rest.strip_prefix('-'));
    let version = after_name.and_then(|rest| rest.strip_suffix(".tgz")).ok_or(EndpointError::Tarball)?;
    version.parse().map_err(|_| EndpointError::Tarball)
}

/// The name without its scope.
pub(super) fn bare_name(package: &PackageName) -> &str {
    package.as_str().rsplit('/').next().unwrap_or_default()
}

/// `/-/package/:package/…`
fn of_package_settings(segments: &[&str]) -> Result<Methods, EndpointError> {
    let (package, rest) = target::package(segments)?;
    match rest {
        ["dist-tags"] => Ok(Methods::get(of(&package, PackageRequest::ReadDistTags))),
        ["dist-tags", tag] => {
            let tag = PathText::decode(tag)?;
            let delete = of(&package, PackageRequest::DeleteDistTag { tag: tag.clone() });
            Ok(Methods::delete(delete).and_put(of(&package, PackageRequest::WriteDistTag { tag })))
        }
        ["visibility"] => Ok(Methods::get(of(&package, PackageRequest::ReadVisibility))),
        ["collaborators"] => Ok(Methods::get(of(&package, PackageRequest::ReadCollaborators))),
        ["access"] => Ok(Methods::post(of(&package, PackageRequest::WriteAccess))),
        ["trust", ..] => Err(EndpointError::NotModelled { what: "trusted publishing" }),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// `/-/org/:org/…`
fn of_organization(organization: &str, rest: &[&str]) -> Result<Methods, EndpointError> {
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

/// `/-/team/:org/:team…`
fn of_team(organization: &str, team: &str, rest: &[&str]) -> Result<Methods, EndpointError> {
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

/// `/-/npm/v1/…`
fn of_npm(segments: &[&str]) -> Result<Methods, EndpointError> {
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
        ["attestations", rest @ ..] => of_attestations(rest),
        ["hooks", ..] => Err(EndpointError::NotModelled { what: "a webhook" }),
        ["oidc", ..] => Err(EndpointError::NotModelled { what: "trusted publishing" }),
        _ => Err(EndpointError::UnknownEndpoint),
    }
}

/// `/-/npm/v1/attestations/:package@:version`
fn of_attestations(segments: &[&str]) -> Result<Methods, EndpointError> {
    let (last, scope) = segments.split_last().ok_or(EndpointError::UnknownEndpoint)?;
    // The last `@` that is not encoded: the one before the version, for the one before a scope comes first.
    let (name, version) = last.rsplit_once('@').ok_or(EndpointError::UnknownEndpoint)?;
    let name: Vec<&str> = scope.iter().copied().chain([name]).collect();
    let (package, rest) = target::package(&name)?;
    if !rest.is_empty() {
        return Err(EndpointError::UnknownEndpoint);
    }
    let version = PathText::decode(version)?;
    Ok(Methods::get(of(&package, PackageRequest::ReadAttestations { version })))
}

/// `/-/user/…`
fn of_user(user: &str, rest: &[&str]) -> Result<Methods, EndpointError> {
    let user = target::decoded(user)?;
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
