//! What a path alone asks for.

use alloc::{boxed::Box, vec, vec::Vec};

use super::endpoint::{AccountRequest, Endpoint, OrganizationRequest, PackageRequest, TeamRequest};
use crate::{
    decision::{AccessRequest, Decision, Deny},
    operation::{AccountAction, OrganizationAction, PackageAction, TeamAction},
};

/// **What a method and a path ask for**, before a body is read or a stored document compared with it.
///
/// Decide it at once: a caller who is refused here learns nothing from what comes after, not even whether the body was
/// well-formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequiredAccess {
    /// Nothing that a token could be refused.
    Nothing,
    /// This, whatever the body says.
    This(AccessRequest),
    /// What the body says, and it is, or needs, one of these: if every one is denied, so is the request, with the
    /// denial of the first. Never empty.
    OneOf(Box<[AccessRequest]>),
}

impl RequiredAccess {
    /// The denial that refuses the request before its body is read: that of the first access request, if every one is denied.
    ///
    /// `None` is no allow: where the body says the rest, all of that is still to be decided, and so is a challenge.
    ///
    /// # Errors
    /// The first error of `decide`, such as facts that are missing.
    pub fn refused_by<'a, E>(
        &'a self,
        decide: impl FnMut(&'a AccessRequest) -> Result<Decision<'a>, E>,
    ) -> Result<Option<Deny<'a>>, E> {
        let access_requests = match self {
            Self::Nothing => return Ok(None),
            Self::This(access_request) => core::slice::from_ref(access_request),
            Self::OneOf(access_requests) => access_requests,
        };
        let mut first = None;
        for decision in access_requests.iter().map(decide) {
            match decision? {
                Decision::Deny(deny) => first = first.or(Some(deny)),
                Decision::Allow(_) | Decision::Challenge(_) => return Ok(None),
            }
        }
        Ok(first)
    }
}

impl Endpoint {
    /// What the method and the path alone ask for.
    ///
    /// ```
    /// use tollgate::npm::{Endpoint, RequiredAccess};
    ///
    /// let RequiredAccess::This(access_request) =
    ///     Endpoint::classify("DELETE", "/left-pad/-rev/3-0")?.required_access()
    /// else {
    ///     panic!()
    /// };
    /// assert_eq!(access_request.to_string(), "unpublish `left-pad`");
    ///
    /// // To publish, to deprecate or to star: the body will tell.
    /// let RequiredAccess::OneOf(access_requests) = Endpoint::classify("PUT", "/left-pad")?.required_access() else {
    ///     panic!()
    /// };
    /// assert_eq!(access_requests[0].to_string(), "publish `left-pad`");
    ///
    /// assert_eq!(Endpoint::classify("GET", "/-/ping")?.required_access(), RequiredAccess::Nothing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn required_access(&self) -> RequiredAccess {
        match self {
            Self::Package { package, request } => {
                of_package(request, |action| AccessRequest::Package { action, package: package.clone() })
            }
            Self::Organization { organization, request } => of_organization(request, |action| {
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
                    // The package is in the body. Whoever may not read the organization may not hand out its access.
                    TeamRequest::WritePackage | TeamRequest::DeletePackage => one_of(vec![reads]),
                    TeamRequest::WriteMember => on(TeamAction::AddTeamMember),
                    TeamRequest::DeleteMember => on(TeamAction::RemoveTeamMember),
                    TeamRequest::Delete => on(TeamAction::DeleteTeam),
                }
            }
            Self::Account(request) => of_account(request),
            Self::Open(_) => RequiredAccess::Nothing,
        }
    }
}

fn one_of(access_requests: Vec<AccessRequest>) -> RequiredAccess {
    RequiredAccess::OneOf(access_requests.into())
}

fn of_package(request: &PackageRequest, on: impl Fn(PackageAction) -> AccessRequest) -> RequiredAccess {
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
        PackageRequest::WriteAccess => {
            one_of(vec![on(PackageAction::ChangeVisibility), on(PackageAction::ChangePublishingAccess)])
        }
    }
}

fn of_organization(request: &OrganizationRequest, on: impl Fn(OrganizationAction) -> AccessRequest) -> RequiredAccess {
    match request {
        OrganizationRequest::ReadPackages | OrganizationRequest::ReadMembers | OrganizationRequest::ReadTeams => {
            RequiredAccess::This(on(OrganizationAction::ReadOrg))
        }
        // Whether the user in the body is a member already, only the registry knows.
        OrganizationRequest::WriteMember => {
            one_of(vec![on(OrganizationAction::AddMember), on(OrganizationAction::ChangeMemberRole)])
        }
        OrganizationRequest::DeleteMember => RequiredAccess::This(on(OrganizationAction::RemoveMember)),
        // The team's name is in the body. Whoever may not read the organization may not make teams in it.
        OrganizationRequest::CreateTeam => one_of(vec![on(OrganizationAction::ReadOrg)]),
    }
}

fn of_account(request: &AccountRequest) -> RequiredAccess {
    let own = |action| AccessRequest::Account { action, user: None };
    match request {
        AccountRequest::Whoami => RequiredAccess::This(own(AccountAction::Whoami)),
        AccountRequest::ReadProfile => RequiredAccess::This(own(AccountAction::ReadProfile)),
        AccountRequest::WriteProfile => {
            one_of(vec![own(AccountAction::ChangeProfile), own(AccountAction::ConfigureTwoFactor)])
        }
        AccountRequest::ListTokens => RequiredAccess::This(own(AccountAction::ListTokens)),
        AccountRequest::CreateToken => RequiredAccess::This(own(AccountAction::CreateToken)),
        AccountRequest::RevokeToken { .. } => RequiredAccess::This(own(AccountAction::RevokeToken)),
        // Whose token is in the path, only the registry knows.
        AccountRequest::Logout { .. } => one_of(vec![own(AccountAction::RevokeSelf), own(AccountAction::RevokeToken)]),
        AccountRequest::ReadPackages { user } => RequiredAccess::This(AccessRequest::Account {
            action: AccountAction::ReadProfile,
            user: Some(user.clone()),
        }),
    }
}
