//! The table of endpoints: the name of each in the log, and the kind of body that it takes.

use std::time::Duration;

use tollgate::npm::{
    AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, StageRequest, TeamRequest,
};

/// **The properties of an endpoint** that the server needs before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndpointEntry {
    /// The name of the endpoint in the log. It contains no name of a package, user, organization or team.
    pub(crate) log_name: &'static str,
    pub(crate) body: BodyKind,
}

/// **The kind of a body**, which sets how large it may be and how long it may take to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// The body is not read.
    None,
    /// The document of a package, with a tarball in base 64.
    Document,
    /// A list of dependencies for an audit, which is dropped as it arrives. npm's client compresses this list, and the
    /// server does not parse it.
    Audit,
    /// The same list where there is a service for audits, to which it is passed.
    PassedAudit,
    /// Any other body.
    Small,
}

impl BodyKind {
    /// The maximum size of such a body in bytes. Base 64 makes four bytes of three, so a tarball can have almost 48
    /// MiB.
    pub(crate) const fn max_bytes(self) -> usize {
        match self {
            Self::None => 0,
            Self::Document => 64 * 1024 * 1024,
            Self::Audit | Self::PassedAudit => 8 * 1024 * 1024,
            Self::Small => 64 * 1024,
        }
    }

    /// How long such a body may take to arrive.
    pub(crate) const fn timeout(self) -> Duration {
        match self {
            Self::Document => Duration::from_mins(5),
            Self::None | Self::Audit | Self::PassedAudit | Self::Small => Duration::from_secs(30),
        }
    }
}

/// The entry of an endpoint.
pub(crate) const fn entry(endpoint: &Endpoint) -> EndpointEntry {
    use BodyKind::{Audit, Document, None, Small};
    let (log_name, body) = match endpoint {
        Endpoint::Package { request, .. } => match request {
            PackageRequest::Read => ("package", None),
            PackageRequest::ReadManifest { .. } => ("manifest", None),
            PackageRequest::ReadTarball { .. } => ("tarball", None),
            PackageRequest::ReadDistTags => ("dist-tags", None),
            PackageRequest::ReadVisibility => ("visibility", None),
            PackageRequest::ReadAttestations { .. } => ("attestations", None),
            PackageRequest::ReadCollaborators => ("collaborators", None),
            PackageRequest::Write => ("put-package", Document),
            PackageRequest::WriteRevision { .. } => ("put-package-revision", Document),
            PackageRequest::Delete { .. } => ("delete-package", None),
            PackageRequest::DeleteTarball { .. } => ("delete-tarball", None),
            PackageRequest::WriteDistTag { .. } => ("put-dist-tag", Small),
            PackageRequest::DeleteDistTag { .. } => ("delete-dist-tag", None),
            PackageRequest::WriteAccess => ("post-access", Small),
            PackageRequest::Stage => ("post-stage", Document),
            _ => ("package-other", None),
        },
        Endpoint::Organization { request, .. } => match request {
            OrganizationRequest::ReadPackages => ("org-packages", None),
            OrganizationRequest::ReadMembers => ("org-members", None),
            OrganizationRequest::WriteMember => ("put-org-member", Small),
            OrganizationRequest::DeleteMember => ("delete-org-member", Small),
            OrganizationRequest::ReadTeams => ("org-teams", None),
            OrganizationRequest::CreateTeam => ("put-org-team", Small),
            _ => ("org-other", None),
        },
        Endpoint::Team { request, .. } => match request {
            TeamRequest::ReadPackages => ("team-packages", None),
            TeamRequest::WritePackage => ("put-team-package", Small),
            TeamRequest::DeletePackage => ("delete-team-package", Small),
            TeamRequest::ReadMembers => ("team-members", None),
            TeamRequest::WriteMember => ("put-team-member", Small),
            TeamRequest::DeleteMember => ("delete-team-member", Small),
            TeamRequest::Delete => ("delete-team", None),
            _ => ("team-other", None),
        },
        Endpoint::Account(request) => match request {
            AccountRequest::Whoami => ("whoami", None),
            AccountRequest::ReadProfile => ("profile", None),
            AccountRequest::WriteProfile => ("post-profile", Small),
            AccountRequest::ListTokens => ("tokens", None),
            AccountRequest::CreateToken => ("post-token", Small),
            AccountRequest::RevokeToken { .. } => ("delete-token", None),
            AccountRequest::Logout { .. } => ("logout", None),
            AccountRequest::ReadPackages { .. } => ("user-packages", None),
            _ => ("account-other", None),
        },
        Endpoint::Open(request) => match request {
            OpenRequest::Ping => ("ping", None),
            OpenRequest::Search => ("search", None),
            OpenRequest::ReadStars { .. } => ("stars", None),
            OpenRequest::Login { .. } => ("put-user", Small),
            OpenRequest::LoginRevision { .. } => ("put-user-revision", Small),
            OpenRequest::ReadUser { .. } => ("user", None),
            OpenRequest::WebLogin => ("web-login", Small),
            OpenRequest::ReadAdvisories => ("advisories", Audit),
            OpenRequest::ReadAudit => ("audit", Audit),
            OpenRequest::ReadKeys => ("keys", None),
            _ => ("open-other", None),
        },
        Endpoint::Stage(request) => match request {
            StageRequest::List { .. } => ("stages", None),
            StageRequest::Read { .. } => ("stage", None),
            StageRequest::ReadTarball { .. } => ("stage-tarball", None),
            StageRequest::Approve { .. } => ("approve-stage", None),
            StageRequest::Reject { .. } => ("reject-stage", None),
            _ => ("stage-other", None),
        },
        _ => ("other", None),
    };
    EndpointEntry { log_name, body }
}
