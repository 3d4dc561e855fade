//! From an endpoint to what is done about it.

use axum::{
    http::{StatusCode, request::Parts},
    response::Response,
};
use serde_json::json;
use tollgate::npm::{
    AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, RequiredAccess, TeamRequest,
};

use super::{
    account,
    exchange::{Exchange, allowed},
    listings, login, organization, package, put, reply, tokens,
};
use crate::failure::Failure;

/// Answers a request. What the path asks for is decided first; what only the body says, by whoever reads the body.
pub(crate) async fn respond(
    exchange: &mut Exchange<'_>,
    endpoint: &Endpoint,
    parts: &Parts,
) -> Result<Response, Failure> {
    match endpoint.required_access() {
        RequiredAccess::Nothing => {}
        RequiredAccess::This(access_request) => {
            allowed!(exchange.decide(&[access_request]).await?);
        }
        asks @ RequiredAccess::OneOf(_) => {
            // Once more, by the facts of this transaction: from here on the stored document is compared.
            if let Some(refused) = exchange.decide_path(&asks).await? {
                return Ok(refused);
            }
        }
    }
    match endpoint {
        Endpoint::Package { package: name, request } => match request {
            PackageRequest::Write => put::put(exchange, name, put::To::Package).await,
            PackageRequest::WriteRevision { revision } => put::put(exchange, name, put::To::Revision(revision)).await,
            PackageRequest::WriteAccess => package::write_access(exchange, name).await,
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
            | _ => package::respond(exchange, name, request).await,
        },
        Endpoint::Organization { organization: name, request } => organization::respond(exchange, name, request).await,
        Endpoint::Team { organization: name, team, request } => {
            organization::respond_team(exchange, name, team, request).await
        }
        Endpoint::Account(request) => match request {
            AccountRequest::Whoami => account::whoami(exchange),
            AccountRequest::ReadProfile => account::read_profile(exchange).await,
            AccountRequest::WriteProfile => account::write_profile(exchange).await,
            AccountRequest::ReadPackages { user } => listings::packages_of_user(exchange, user).await,
            AccountRequest::ListTokens => tokens::list(exchange, parts).await,
            AccountRequest::CreateToken => tokens::create(exchange).await,
            AccountRequest::RevokeToken { token } => tokens::revoke(exchange, token).await,
            AccountRequest::Logout { token } => tokens::logout(exchange, token).await,
            _ => Err(not_offered()),
        },
        Endpoint::Open(request) => open(exchange, request, parts).await,
        _ => Err(not_offered()),
    }
}

async fn open(exchange: &mut Exchange<'_>, request: &OpenRequest, parts: &Parts) -> Result<Response, Failure> {
    match request {
        // No advisories are kept here, so none are told of, whatever is asked about.
        OpenRequest::Ping | OpenRequest::ReadAdvisories => Ok(reply::ok(&json!({}))),
        OpenRequest::Search => listings::search(exchange, parts).await,
        OpenRequest::ReadStars { user } => listings::stars(exchange, user).await,
        OpenRequest::Login { user } => login::create_account(exchange, user).await,
        OpenRequest::LoginRevision { user, .. } => login::log_in(exchange, user).await,
        OpenRequest::ReadUser { user } => login::read_user(exchange, user).await,
        OpenRequest::WebLogin => login::begin_in_browser(exchange).await,
        OpenRequest::ReadAudit => Ok(reply::ok(&json!({
            "actions": [], "advisories": {}, "muted": [],
            "metadata": {
                "vulnerabilities": { "info": 0, "low": 0, "moderate": 0, "high": 0, "critical": 0 },
                "dependencies": 0, "devDependencies": 0, "optionalDependencies": 0, "totalDependencies": 0,
            },
        }))),
        // Nothing is signed here. npm's client takes a 404 for a registry without keys.
        OpenRequest::ReadKeys => Err(Failure::not_found("this registry signs nothing and has no keys")),
        _ => Err(not_offered()),
    }
}

/// An endpoint that `tollgate` knows and this server does not.
pub(crate) fn not_offered() -> Failure {
    Failure::refused(StatusCode::NOT_FOUND, "not offered here")
}

/// Whether the request may change anything, and so needs a transaction that writes.
pub(crate) const fn writes(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Package { request, .. } => !matches!(
            request,
            PackageRequest::Read
                | PackageRequest::ReadManifest { .. }
                | PackageRequest::ReadTarball { .. }
                | PackageRequest::ReadDistTags
                | PackageRequest::ReadVisibility
                | PackageRequest::ReadAttestations { .. }
                | PackageRequest::ReadCollaborators
        ),
        Endpoint::Organization { request, .. } => !matches!(
            request,
            OrganizationRequest::ReadPackages | OrganizationRequest::ReadMembers | OrganizationRequest::ReadTeams
        ),
        Endpoint::Team { request, .. } => !matches!(request, TeamRequest::ReadPackages | TeamRequest::ReadMembers),
        Endpoint::Account(request) => !matches!(
            request,
            AccountRequest::Whoami
                | AccountRequest::ReadProfile
                | AccountRequest::ListTokens
                | AccountRequest::ReadPackages { .. }
        ),
        Endpoint::Open(request) => {
            matches!(request, OpenRequest::Login { .. } | OpenRequest::LoginRevision { .. } | OpenRequest::WebLogin)
        }
        _ => true,
    }
}

/// What the log calls an endpoint.
pub(crate) const fn name(endpoint: &Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Package { request, .. } => match request {
            PackageRequest::Read => "package",
            PackageRequest::ReadManifest { .. } => "manifest",
            PackageRequest::ReadTarball { .. } => "tarball",
            PackageRequest::ReadDistTags => "dist-tags",
            PackageRequest::ReadVisibility => "visibility",
            PackageRequest::ReadAttestations { .. } => "attestations",
            PackageRequest::ReadCollaborators => "collaborators",
            PackageRequest::Write => "put-package",
            PackageRequest::WriteRevision { .. } => "put-package-revision",
            PackageRequest::Delete { .. } => "delete-package",
            PackageRequest::DeleteTarball { .. } => "delete-tarball",
            PackageRequest::WriteDistTag { .. } => "put-dist-tag",
            PackageRequest::DeleteDistTag { .. } => "delete-dist-tag",
            PackageRequest::WriteAccess => "post-access",
            _ => "package-other",
        },
        Endpoint::Organization { request, .. } => match request {
            OrganizationRequest::ReadPackages => "org-packages",
            OrganizationRequest::ReadMembers => "org-members",
            OrganizationRequest::WriteMember => "put-org-member",
            OrganizationRequest::DeleteMember => "delete-org-member",
            OrganizationRequest::ReadTeams => "org-teams",
            OrganizationRequest::CreateTeam => "put-org-team",
            _ => "org-other",
        },
        Endpoint::Team { request, .. } => match request {
            TeamRequest::ReadPackages => "team-packages",
            TeamRequest::WritePackage => "put-team-package",
            TeamRequest::DeletePackage => "delete-team-package",
            TeamRequest::ReadMembers => "team-members",
            TeamRequest::WriteMember => "put-team-member",
            TeamRequest::DeleteMember => "delete-team-member",
            TeamRequest::Delete => "delete-team",
            _ => "team-other",
        },
        Endpoint::Account(request) => match request {
            AccountRequest::Whoami => "whoami",
            AccountRequest::ReadProfile => "profile",
            AccountRequest::WriteProfile => "post-profile",
            AccountRequest::ListTokens => "tokens",
            AccountRequest::CreateToken => "post-token",
            AccountRequest::RevokeToken { .. } => "delete-token",
            AccountRequest::Logout { .. } => "logout",
            AccountRequest::ReadPackages { .. } => "user-packages",
            _ => "account-other",
        },
        Endpoint::Open(request) => match request {
            OpenRequest::Ping => "ping",
            OpenRequest::Search => "search",
            OpenRequest::ReadStars { .. } => "stars",
            OpenRequest::Login { .. } => "put-user",
            OpenRequest::LoginRevision { .. } => "put-user-revision",
            OpenRequest::ReadUser { .. } => "user",
            OpenRequest::WebLogin => "web-login",
            OpenRequest::ReadAdvisories => "advisories",
            OpenRequest::ReadAudit => "audit",
            OpenRequest::ReadKeys => "keys",
            _ => "open-other",
        },
        _ => "other",
    }
}
