//! The dispatcher: finds the handler of an endpoint.

use axum::{http::request::Parts, response::Response};
use tollgate::npm::{
    AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, PathText, RequiredAccess, TeamRequest,
};

use crate::{
    base::failure::Failure,
    endpoints::{
        account, dist_tags, document, login, organization, package, put_package, required_access::required_access,
        search, service, stage, tarball, team, tokens,
    },
    exchange::{
        context::RequestContext,
        decisions::{Decided, Exchange, allowed},
        prepared::Prepared,
        services::Services,
    },
    store::teams::FullTeamName,
};

/// Does the slow work before the transaction of the request: verifies and hashes passwords, and parses the document of a
/// package.
///
/// Where this work does not need the body, the handler refuses a malformed body.
pub(crate) async fn prepare<'b>(
    services: &Services,
    context: &RequestContext,
    endpoint: &Endpoint,
    bytes: &'b [u8],
) -> Result<Prepared<'b>, Failure> {
    match endpoint {
        Endpoint::Open(OpenRequest::Login { user }) => {
            login::prepare_create_account(services, context, user, bytes).await
        }
        Endpoint::Open(OpenRequest::LoginRevision { user, .. }) => {
            login::prepare_log_in(services, context, user, bytes).await
        }
        Endpoint::Account(AccountRequest::CreateToken) => tokens::prepare_create(services, context, bytes).await,
        Endpoint::Account(AccountRequest::WriteProfile) => account::prepare_profile(services, context, bytes).await,
        endpoint if endpoint.put_target().is_some() => put_package::prepare_document(bytes),
        Endpoint::Package { .. }
        | Endpoint::Organization { .. }
        | Endpoint::Team { .. }
        | Endpoint::Stage(_)
        | Endpoint::Account(_)
        | Endpoint::Open(_)
        | _ => Ok(Prepared::default()),
    }
}

/// A read whose response may be in memory.
#[derive(Clone, Copy)]
pub(crate) enum MemoryRead<'e> {
    Document,
    Tarball { version: &'e PathText },
}

impl<'e> MemoryRead<'e> {
    pub(crate) const fn from_endpoint(endpoint: &'e Endpoint) -> Option<Self> {
        match endpoint {
            Endpoint::Package { request: PackageRequest::Read, .. } => Some(Self::Document),
            Endpoint::Package { request: PackageRequest::ReadTarball { version }, .. } => {
                Some(Self::Tarball { version })
            }
            Endpoint::Package { .. }
            | Endpoint::Organization { .. }
            | Endpoint::Team { .. }
            | Endpoint::Account(_)
            | Endpoint::Open(_)
            | Endpoint::Stage(_)
            | _ => None,
        }
    }
}

/// Decides what the path of a read requires, and returns its response if that is a refusal or in memory. This makes no
/// query: the facts about the package were looked up with the caller.
pub(crate) async fn respond_from_memory(
    exchange: &mut Exchange<'_>,
    read: MemoryRead<'_>,
    endpoint: &Endpoint,
    parts: &Parts,
) -> Result<Option<Response>, Failure> {
    let RequiredAccess::This(access_request) = required_access(endpoint) else { return Ok(None) };
    match exchange.decide(&[access_request]).await? {
        Decided::Refused(response) => Ok(Some(response)),
        Decided::Allowed(()) => match read {
            MemoryRead::Document => document::read_kept(exchange, &parts.headers).await,
            MemoryRead::Tarball { version } => tarball::read_kept(exchange, version, parts),
        },
    }
}

/// Decides what the path requires, and runs the handler. If the body requires more access, the handler decides that
/// before it changes anything.
pub(crate) async fn respond(
    exchange: &mut Exchange<'_>,
    endpoint: &Endpoint,
    parts: &Parts,
) -> Result<Response, Failure> {
    match required_access(endpoint) {
        RequiredAccess::Nothing => {}
        RequiredAccess::This(access_request) => {
            allowed!(exchange.decide(&[access_request]).await?);
        }
        required @ RequiredAccess::OneOf(_) => {
            // This was decided before the body was read. It is decided again from the facts of this transaction,
            // because the handler compares the body with the stored document.
            if let Some(refused) = exchange.decide_path(&required).await? {
                return Ok(refused);
            }
        }
    }
    match endpoint {
        Endpoint::Package { package: name, request } => match request {
            PackageRequest::Read => document::read(exchange, name, &parts.headers).await,
            PackageRequest::ReadManifest { version } => package::manifest(exchange, name, version).await,
            PackageRequest::ReadTarball { version } => tarball::read(exchange, name, version, parts).await,
            PackageRequest::ReadDistTags => dist_tags::read(exchange, name).await,
            PackageRequest::ReadVisibility => package::visibility(exchange, name).await,
            PackageRequest::ReadAttestations { .. } => package::attestations(),
            PackageRequest::ReadCollaborators => package::collaborators(exchange, name).await,
            PackageRequest::Write => put_package::put(exchange, name, None).await,
            PackageRequest::WriteRevision { revision } => {
                put_package::put(exchange, name, Some(revision.as_str())).await
            }
            PackageRequest::Delete { revision } => package::delete(exchange, name, revision).await,
            PackageRequest::DeleteTarball { version, revision } => {
                package::delete_tarball(exchange, name, version, revision).await
            }
            PackageRequest::WriteDistTag { tag } => dist_tags::write(exchange, name, tag).await,
            PackageRequest::DeleteDistTag { tag } => dist_tags::delete(exchange, name, tag).await,
            PackageRequest::WriteAccess => package::write_access(exchange, name).await,
            PackageRequest::Stage => stage::stage(exchange, name).await,
            _ => Err(Failure::not_offered()),
        },
        Endpoint::Organization { organization: name, request } => match request {
            OrganizationRequest::ReadPackages => organization::packages(exchange, name).await,
            OrganizationRequest::ReadMembers => organization::members(exchange, name).await,
            OrganizationRequest::WriteMember => organization::write_member(exchange, name).await,
            OrganizationRequest::DeleteMember => organization::delete_member(exchange, name).await,
            OrganizationRequest::ReadTeams => organization::teams(exchange, name).await,
            OrganizationRequest::CreateTeam => organization::create_team(exchange, name).await,
            _ => Err(Failure::not_offered()),
        },
        Endpoint::Team { organization, team: name, request } => {
            let team = FullTeamName { organization: organization.as_borrowed(), team: name.as_borrowed() };
            match request {
                TeamRequest::ReadPackages => team::packages(exchange, team).await,
                TeamRequest::WritePackage => team::write_package(exchange, organization, name).await,
                TeamRequest::DeletePackage => team::delete_package(exchange, organization, name).await,
                TeamRequest::ReadMembers => team::members(exchange, team).await,
                TeamRequest::WriteMember => team::write_member(exchange, team).await,
                TeamRequest::DeleteMember => team::delete_member(exchange, team).await,
                TeamRequest::Delete => team::delete(exchange, team).await,
                _ => Err(Failure::not_offered()),
            }
        }
        Endpoint::Account(request) => match request {
            AccountRequest::Whoami => account::whoami(exchange),
            AccountRequest::ReadProfile => account::read_profile(exchange).await,
            AccountRequest::WriteProfile => account::write_profile(exchange).await,
            AccountRequest::ReadPackages { user } => search::packages_of_user(exchange, user).await,
            AccountRequest::ListTokens => tokens::list(exchange, parts).await,
            AccountRequest::CreateToken => tokens::create(exchange).await,
            AccountRequest::RevokeToken { token } => tokens::revoke(exchange, token).await,
            AccountRequest::Logout { token } => tokens::logout(exchange, token).await,
            _ => Err(Failure::not_offered()),
        },
        Endpoint::Open(request) => match request {
            OpenRequest::ReadAdvisories | OpenRequest::ReadAudit => service::audit(),
            OpenRequest::Search => search::search(exchange, parts).await,
            OpenRequest::ReadStars { user } => search::stars(exchange, user).await,
            OpenRequest::Login { user } => login::create_account(exchange, user).await,
            OpenRequest::LoginRevision { user, .. } => login::log_in(exchange, user).await,
            OpenRequest::ReadUser { user } => login::read_user(exchange, user).await,
            OpenRequest::WebLogin => login::begin_in_browser(exchange).await,
            // `service::answer` answers the first two, before the transaction.
            OpenRequest::Ping | OpenRequest::ReadKeys | _ => Err(Failure::not_offered()),
        },
        Endpoint::Stage(request) => stage::answer(exchange, request, parts).await,
        _ => Err(Failure::not_offered()),
    }
}
