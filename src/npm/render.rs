//! Writes an endpoint as npm's client does.

use alloc::{
    format,
    string::{String, ToString},
};

use super::{
    classify::bare_name,
    endpoint::{AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, StageRequest, TeamRequest},
    target::PathText,
};
use crate::value::PackageName;

impl Endpoint {
    /// Returns the HTTP method of the endpoint: `GET`, `PUT`, `POST` or `DELETE`.
    ///
    /// See [`to_path`](Self::to_path) for an example.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Package { package: _, request } => match request {
                PackageRequest::Read
                | PackageRequest::ReadManifest { .. }
                | PackageRequest::ReadTarball { .. }
                | PackageRequest::ReadDistTags
                | PackageRequest::ReadVisibility
                | PackageRequest::ReadAttestations { .. }
                | PackageRequest::ReadCollaborators => "GET",
                PackageRequest::Write | PackageRequest::WriteRevision { .. } | PackageRequest::WriteDistTag { .. } => {
                    "PUT"
                }
                PackageRequest::Delete { .. }
                | PackageRequest::DeleteTarball { .. }
                | PackageRequest::DeleteDistTag { .. } => "DELETE",
                PackageRequest::WriteAccess | PackageRequest::Stage => "POST",
            },
            Self::Organization { organization: _, request } => match request {
                OrganizationRequest::ReadPackages
                | OrganizationRequest::ReadMembers
                | OrganizationRequest::ReadTeams => "GET",
                OrganizationRequest::WriteMember | OrganizationRequest::CreateTeam => "PUT",
                OrganizationRequest::DeleteMember => "DELETE",
            },
            Self::Team { organization: _, team: _, request } => match request {
                TeamRequest::ReadPackages | TeamRequest::ReadMembers => "GET",
                TeamRequest::WritePackage | TeamRequest::WriteMember => "PUT",
                TeamRequest::DeletePackage | TeamRequest::DeleteMember | TeamRequest::Delete => "DELETE",
            },
            Self::Stage(request) => match request {
                StageRequest::List { .. } | StageRequest::Read { .. } | StageRequest::ReadTarball { .. } => "GET",
                StageRequest::Approve { .. } => "POST",
                StageRequest::Reject { .. } => "DELETE",
            },
            Self::Account(request) => match request {
                AccountRequest::Whoami
                | AccountRequest::ReadProfile
                | AccountRequest::ListTokens
                | AccountRequest::ReadPackages { .. } => "GET",
                AccountRequest::WriteProfile | AccountRequest::CreateToken => "POST",
                AccountRequest::RevokeToken { .. } | AccountRequest::Logout { .. } => "DELETE",
            },
            Self::Open(request) => match request {
                OpenRequest::Ping
                | OpenRequest::Search
                | OpenRequest::ReadStars { .. }
                | OpenRequest::ReadUser { .. }
                | OpenRequest::ReadKeys => "GET",
                OpenRequest::Login { .. } | OpenRequest::LoginRevision { .. } => "PUT",
                OpenRequest::WebLogin | OpenRequest::ReadAdvisories | OpenRequest::ReadAudit => "POST",
            },
        }
    }

    /// Returns the path of the endpoint, percent-encoded, with the part of the query that the endpoint needs.
    ///
    /// The path of a logout or a revocation may have a token's secret in it. Do not log it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::npm::{Endpoint, PackageRequest};
    ///
    /// let tag = "latest".parse()?;
    /// let endpoint =
    ///     Endpoint::Package { package: "@acme/w".parse()?, request: PackageRequest::WriteDistTag { tag } };
    /// assert_eq!(endpoint.method(), "PUT");
    /// assert_eq!(endpoint.to_path(), "/-/package/@acme%2fw/dist-tags/latest");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_path(&self) -> String {
        match self {
            Self::Package { package, request } => package_path(package, request),
            Self::Organization { organization, request } => {
                let what = match request {
                    OrganizationRequest::ReadPackages => "package",
                    OrganizationRequest::ReadMembers
                    | OrganizationRequest::WriteMember
                    | OrganizationRequest::DeleteMember => "user",
                    OrganizationRequest::ReadTeams | OrganizationRequest::CreateTeam => "team",
                };
                format!("/-/org/{organization}/{what}")
            }
            Self::Team { organization, team, request } => {
                let what = match request {
                    TeamRequest::ReadPackages | TeamRequest::WritePackage | TeamRequest::DeletePackage => "/package",
                    TeamRequest::ReadMembers | TeamRequest::WriteMember | TeamRequest::DeleteMember => "/user",
                    TeamRequest::Delete => "",
                };
                format!("/-/team/{organization}/{team}{what}")
            }
            Self::Stage(request) => stage_path(request),
            Self::Account(request) => match request {
                AccountRequest::Whoami => "/-/whoami".to_string(),
                AccountRequest::ReadProfile | AccountRequest::WriteProfile => "/-/npm/v1/user".to_string(),
                AccountRequest::ListTokens | AccountRequest::CreateToken => "/-/npm/v1/tokens".to_string(),
                AccountRequest::RevokeToken { token } => {
                    format!("/-/npm/v1/tokens/token/{}", percent_encode(token.text()))
                }
                AccountRequest::Logout { token } => format!("/-/user/token/{}", percent_encode(token.text())),
                AccountRequest::ReadPackages { user } => format!("/-/user/{}/package", percent_encode(user.as_str())),
            },
            Self::Open(request) => match request {
                OpenRequest::Ping => "/-/ping".to_string(),
                OpenRequest::Search => "/-/v1/search".to_string(),
                OpenRequest::ReadStars { user } => {
                    format!("/-/_view/starredByUser?key=%22{}%22", percent_encode(user.as_str()))
                }
                OpenRequest::Login { user } | OpenRequest::ReadUser { user } => {
                    format!("/-/user/org.couchdb.user:{}", percent_encode(user.as_str()))
                }
                OpenRequest::LoginRevision { user, revision } => {
                    let (user, revision) = (percent_encode(user.as_str()), percent_encode(revision.as_str()));
                    format!("/-/user/org.couchdb.user:{user}/-rev/{revision}")
                }
                OpenRequest::WebLogin => "/-/v1/login".to_string(),
                OpenRequest::ReadAdvisories => "/-/npm/v1/security/advisories/bulk".to_string(),
                OpenRequest::ReadAudit => "/-/npm/v1/security/audits/quick".to_string(),
                OpenRequest::ReadKeys => "/-/npm/v1/keys".to_string(),
            },
        }
    }
}

fn package_path(package: &PackageName, request: &PackageRequest) -> String {
    let escaped = package.as_str().replace('/', "%2f");
    let bare = bare_name(package);
    match request {
        PackageRequest::Read | PackageRequest::Write => format!("/{escaped}"),
        PackageRequest::ReadManifest { version } => {
            let version = percent_encode(version.as_str());
            // A leading `-` is percent-encoded, because `/-` and `/-rev` after the package start other endpoints.
            let version = version.strip_prefix('-').map_or_else(|| version.clone(), |rest| format!("%2D{rest}"));
            format!("/{escaped}/{version}")
        }
        PackageRequest::ReadTarball { version } => {
            format!("/{package}/-/{bare}-{}.tgz", percent_encode(version.as_str()))
        }
        PackageRequest::ReadDistTags => format!("/-/package/{escaped}/dist-tags"),
        PackageRequest::ReadVisibility => format!("/-/package/{escaped}/visibility"),
        PackageRequest::ReadAttestations { version } => {
            format!("/-/npm/v1/attestations/{escaped}@{}", percent_encode(version.as_str()))
        }
        PackageRequest::ReadCollaborators => format!("/-/package/{escaped}/collaborators"),
        PackageRequest::WriteRevision { revision } | PackageRequest::Delete { revision } => {
            format!("/{escaped}/-rev/{}", percent_encode(revision.as_str()))
        }
        PackageRequest::DeleteTarball { version, revision } => {
            let (version, revision) = (percent_encode(version.as_str()), percent_encode(revision.as_str()));
            format!("/{package}/-/{bare}-{version}.tgz/-rev/{revision}")
        }
        PackageRequest::WriteDistTag { tag } | PackageRequest::DeleteDistTag { tag } => {
            format!("/-/package/{escaped}/dist-tags/{}", percent_encode(tag.as_str()))
        }
        PackageRequest::WriteAccess => format!("/-/package/{escaped}/access"),
        PackageRequest::Stage => format!("/-/stage/package/{escaped}"),
    }
}

fn stage_path(request: &StageRequest) -> String {
    // The first letter of the id `package` is percent-encoded, because `/-/stage/package` starts another endpoint.
    let of = |id: &PathText| match id.as_str() {
        "package" => "/-/stage/%70ackage".to_string(),
        id => format!("/-/stage/{}", percent_encode(id)),
    };
    match request {
        StageRequest::List { package: None } => "/-/stage".to_string(),
        StageRequest::List { package: Some(package) } => {
            format!("/-/stage?package={}", percent_encode(package.as_str()))
        }
        StageRequest::Read { id } | StageRequest::Reject { id } => of(id),
        StageRequest::ReadTarball { id } => format!("{}/tarball", of(id)),
        StageRequest::Approve { id } => format!("{}/approve", of(id)),
    }
}

/// Percent-encodes every byte that could have a special meaning in a URL.
fn percent_encode(text: &str) -> String {
    let is_safe = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
    };
    text.bytes().map(|byte| if is_safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
