//! What the caller of a request must be allowed to do, as far as the method and the path show it.

use alloc::{boxed::Box, vec, vec::Vec};

use super::endpoint::{AccountRequest, Endpoint, OrganizationRequest, PackageRequest, StageRequest, TeamRequest};
use crate::{
    decision::AccessRequest,
    operation::{AccountAction, OrganizationAction, PackageAction, TeamAction},
    value::PackageName,
};

/// What the caller of a request must be allowed to do, as far as the method and the path show it.
///
/// [`Decider::before_body`](super::Decider::before_body) decides it, before the body is read or compared with a stored
/// document.
///
/// # Examples
///
/// ```
/// use tollgate::npm::{Endpoint, RequiredAccess};
///
/// // A `PUT` to a package may publish, deprecate or more, and the body tells which.
/// let required = Endpoint::classify("PUT", "/left-pad")?.required_access();
/// let RequiredAccess::OneOf(access_requests) = &required else { panic!("the body does not tell") };
/// assert_eq!(access_requests[0].to_string(), "publish `left-pad`");
/// # Ok::<(), tollgate::npm::EndpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequiredAccess {
    /// The request needs no token.
    Nothing,
    /// The caller must be allowed this access request, whatever the body says.
    This(AccessRequest),
    /// The body, or what the registry stores under an id in the path, determines which access requests the caller must
    /// be allowed. At least one of them is in this list. So if each access request in the list is denied, the request is
    /// refused, with the denial of the first. The list is never empty.
    OneOf(Box<[AccessRequest]>),
}

impl RequiredAccess {
    /// Returns the access requests. The list is empty if the request needs no token.
    #[must_use]
    pub const fn access_requests(&self) -> &[AccessRequest] {
        match self {
            Self::Nothing => &[],
            Self::This(access_request) => core::slice::from_ref(access_request),
            Self::OneOf(access_requests) => access_requests,
        }
    }
}

impl Endpoint {
    /// Returns what the caller must be allowed to do, as far as the method and the path show it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::npm::{Endpoint, RequiredAccess};
    ///
    /// let unpublish = Endpoint::classify("DELETE", "/left-pad/-rev/3-0")?;
    /// assert!(matches!(
    ///     unpublish.required_access(),
    ///     RequiredAccess::This(access_request) if access_request.to_string() == "unpublish `left-pad`",
    /// ));
    ///
    /// let ping = Endpoint::classify("GET", "/-/ping")?;
    /// assert_eq!(ping.required_access(), RequiredAccess::Nothing);
    /// # Ok::<(), tollgate::npm::EndpointError>(())
    /// ```
    #[must_use]
    pub fn required_access(&self) -> RequiredAccess {
        match self {
            Self::Package { package, request } => {
                package_access(request, |action| AccessRequest::Package { action, package: package.clone() })
            }
            Self::Organization { organization, request } => organization_access(request, |action| {
                AccessRequest::Organization { action, organization: organization.clone() }
            }),
            Self::Team { organization, team, request } => {
                let on = |action| {
                    RequiredAccess::This(AccessRequest::Team {
                        action,
                        organization: organization.clone(),
                        team: team.clone(),
                    })
                };
                let reads = AccessRequest::Organization {
                    action: OrganizationAction::ReadOrg,
                    organization: organization.clone(),
                };
                match request {
                    TeamRequest::ReadPackages | TeamRequest::ReadMembers => RequiredAccess::This(reads),
                    // The package is in the body, so `grant-team-access` cannot be decided yet. A caller who is denied
                    // reading the organization is denied that too.
                    TeamRequest::WritePackage => one_of(vec![reads]),
                    // A user who may change the maintainers of the package in the body may remove the team, and need
                    // not be in the organization (C5). Such a user is allowed `whoami`, as everyone with a valid token
                    // is.
                    TeamRequest::DeletePackage => one_of(vec![reads, own(AccountAction::Whoami)]),
                    TeamRequest::WriteMember => on(TeamAction::AddTeamMember),
                    TeamRequest::DeleteMember => on(TeamAction::RemoveTeamMember),
                    TeamRequest::Delete => on(TeamAction::DeleteTeam),
                }
            }
            Self::Stage(request) => stage_access(request),
            Self::Account(request) => account_access(request),
            Self::Open(_) => RequiredAccess::Nothing,
        }
    }
}

fn one_of(access_requests: Vec<AccessRequest>) -> RequiredAccess {
    RequiredAccess::OneOf(access_requests.into())
}

fn package_access(request: &PackageRequest, on: impl Fn(PackageAction) -> AccessRequest) -> RequiredAccess {
    match request {
        PackageRequest::Read
        | PackageRequest::ReadManifest { .. }
        | PackageRequest::ReadTarball { .. }
        | PackageRequest::ReadDistTags
        | PackageRequest::ReadVisibility
        | PackageRequest::ReadAttestations { .. } => RequiredAccess::This(on(PackageAction::ReadPackage)),
        PackageRequest::ReadCollaborators => RequiredAccess::This(on(PackageAction::ListCollaborators)),
        PackageRequest::Write => one_of(vec![
            on(PackageAction::Publish),
            on(PackageAction::Deprecate),
            on(PackageAction::ChangeMaintainers),
            on(PackageAction::StarPackage),
        ]),
        PackageRequest::WriteRevision { .. } => {
            one_of(vec![on(PackageAction::Unpublish), on(PackageAction::ChangeMaintainers)])
        }
        PackageRequest::Delete { .. } | PackageRequest::DeleteTarball { .. } => {
            RequiredAccess::This(on(PackageAction::Unpublish))
        }
        PackageRequest::WriteDistTag { .. } | PackageRequest::DeleteDistTag { .. } => {
            RequiredAccess::This(on(PackageAction::SetDistTag))
        }
        // The body must name the package and stage one version, and nothing else.
        PackageRequest::Stage => one_of(vec![on(PackageAction::Stage)]),
        PackageRequest::WriteAccess => {
            one_of(vec![on(PackageAction::ChangeVisibility), on(PackageAction::ChangePublishingAccess)])
        }
    }
}

fn organization_access(
    request: &OrganizationRequest,
    on: impl Fn(OrganizationAction) -> AccessRequest,
) -> RequiredAccess {
    match request {
        OrganizationRequest::ReadPackages | OrganizationRequest::ReadMembers | OrganizationRequest::ReadTeams => {
            RequiredAccess::This(on(OrganizationAction::ReadOrg))
        }
        // Only the registry knows whether the user in the body is a member already.
        OrganizationRequest::WriteMember => {
            one_of(vec![on(OrganizationAction::AddMember), on(OrganizationAction::ChangeMemberRole)])
        }
        OrganizationRequest::DeleteMember => RequiredAccess::This(on(OrganizationAction::RemoveMember)),
        // The team's name is in the body, so `create-team` cannot be decided yet. A caller who is denied reading the
        // organization is denied that too.
        OrganizationRequest::CreateTeam => one_of(vec![on(OrganizationAction::ReadOrg)]),
    }
}

fn stage_access(request: &StageRequest) -> RequiredAccess {
    match request {
        StageRequest::List { package: Some(package) } => RequiredAccess::This(request.access_request(package)),
        // The registry leaves out what the caller may not read, and nothing is left for a caller without a valid token.
        // An answer that asks for a valid token is of more use than an empty list.
        StageRequest::List { package: None } => RequiredAccess::This(own(AccountAction::Whoami)),
        // Only the registry knows the package. A caller who is allowed any of these on any package is allowed `whoami`,
        // as everyone with a valid token is.
        StageRequest::Read { .. }
        | StageRequest::ReadTarball { .. }
        | StageRequest::Approve { .. }
        | StageRequest::Reject { .. } => one_of(vec![own(AccountAction::Whoami)]),
    }
}

impl StageRequest {
    /// Returns the access request that must be allowed if the staged version belongs to `package`: `read-stage`,
    /// `approve-stage` or `reject-stage`.
    ///
    /// For a [`List`](Self::List) this is `read-stage`. Put only versions of packages on which it is allowed into the
    /// response.
    ///
    /// For the other requests, look up the package of the id, and decide two access requests on it: this one and
    /// `read-stage`. Answer a denial with [`Answer::from_stage_deny`](super::Answer::from_stage_deny), and an id that
    /// is not on record with [`Answer::unknown_stage`](super::Answer::unknown_stage). Then a client that may not read
    /// the staged version does not learn that the id is on record, or which package has it.
    ///
    /// When a staged version is approved, check that it has not been published in the meantime.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::npm::{Endpoint, RequiredAccess};
    ///
    /// let Endpoint::Stage(approve) = Endpoint::classify("POST", "/-/stage/0b41c1f0/approve")? else {
    ///     panic!("not about a staged version")
    /// };
    /// // The look-up found that the staged version is one of left-pad.
    /// assert_eq!(approve.access_request(&"left-pad".parse()?).to_string(), "approve-stage `left-pad`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn access_request(&self, package: &PackageName) -> AccessRequest {
        let action = match self {
            Self::List { .. } | Self::Read { .. } | Self::ReadTarball { .. } => PackageAction::ReadStage,
            Self::Approve { .. } => PackageAction::ApproveStage,
            Self::Reject { .. } => PackageAction::RejectStage,
        };
        AccessRequest::Package { action, package: package.clone() }
    }
}

/// Returns the access request of an action on the account of the token's owner.
const fn own(action: AccountAction) -> AccessRequest {
    AccessRequest::Account { action, user: None }
}

fn account_access(request: &AccountRequest) -> RequiredAccess {
    match request {
        AccountRequest::Whoami => RequiredAccess::This(own(AccountAction::Whoami)),
        AccountRequest::ReadProfile => RequiredAccess::This(own(AccountAction::ReadProfile)),
        AccountRequest::WriteProfile => one_of(vec![
            own(AccountAction::ChangeProfile),
            own(AccountAction::ChangePassword),
            own(AccountAction::EnrolTwoFactor),
            own(AccountAction::ConfigureTwoFactor),
        ]),
        AccountRequest::ListTokens => RequiredAccess::This(own(AccountAction::ListTokens)),
        AccountRequest::CreateToken => RequiredAccess::This(own(AccountAction::CreateToken)),
        AccountRequest::RevokeToken { .. } => RequiredAccess::This(own(AccountAction::RevokeToken)),
        // Only the registry knows whether the token in the path is the one that was presented.
        AccountRequest::Logout { .. } => one_of(vec![own(AccountAction::RevokeSelf), own(AccountAction::RevokeToken)]),
        AccountRequest::ReadPackages { user } => RequiredAccess::This(AccessRequest::Account {
            action: AccountAction::ReadProfile,
            user: Some(user.clone()),
        }),
    }
}
