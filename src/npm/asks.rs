//! What a path alone asks for.

use alloc::{boxed::Box, vec, vec::Vec};

use super::endpoint::{AccountRequest, Endpoint, OrganizationRequest, PackageRequest, TeamRequest};
use crate::{
    decision::{Decision, Deny, Intent},
    operation::{AccountAction, OrganizationAction, PackageAction, TeamAction},
};

/// **What a method and a path ask for**, before a body is read or a stored document compared with it.
///
/// Decide it at once: a caller who is refused here learns nothing from what comes after, not even whether the body was
/// well-formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing that a token could be refused.
    Nothing,
    /// This, whatever the body says.
    This(Intent),
    /// What the body says, and it is, or needs, one of these: if every one is denied, so is the request, with the
    /// denial of the first. Never empty.
    OneOf(Box<[Intent]>),
}

impl Asks {
    /// The denial that refuses the request before its body is read: that of the first intent, if every one is denied.
    ///
    /// `None` is no allow: where the body says the rest, all of that is still to be decided, and so is a challenge.
    ///
    /// # Errors
    /// The first error of `decide`, such as facts that are missing.
    pub fn refused_by<'a, E>(
        &'a self,
        decide: impl FnMut(&'a Intent) -> Result<Decision<'a>, E>,
    ) -> Result<Option<Deny<'a>>, E> {
        let intents = match self {
            Self::Nothing => return Ok(None),
            Self::This(intent) => core::slice::from_ref(intent),
            Self::OneOf(intents) => intents,
        };
        let mut first = None;
        for decision in intents.iter().map(decide) {
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
    /// use tollgate::npm::{Asks, Endpoint};
    ///
    /// let Asks::This(intent) = Endpoint::classify("DELETE", "/left-pad/-rev/3-0")?.asks() else { panic!() };
    /// assert_eq!(intent.to_string(), "unpublish `left-pad`");
    ///
    /// // To publish, to deprecate or to star: the body will tell.
    /// let Asks::OneOf(intents) = Endpoint::classify("PUT", "/left-pad")?.asks() else { panic!() };
    /// assert_eq!(intents[0].to_string(), "publish `left-pad`");
    ///
    /// assert_eq!(Endpoint::classify("GET", "/-/ping")?.asks(), Asks::Nothing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn asks(&self) -> Asks {
        match self {
            Self::Package { package, request } => {
                of_package(request, |action| Intent::Package { action, package: package.clone() })
            }
            Self::Organization { organization, request } => {
                of_organization(request, |action| Intent::Organization { action, organization: organization.clone() })
            }
            Self::Team { organization, team, request } => {
                let on = |action| {
                    Asks::This(Intent::Team { action, organization: organization.clone(), team: team.clone() })
                };
                let reads =
                    Intent::Organization { action: OrganizationAction::ReadOrg, organization: organization.clone() };
                match request {
                    TeamRequest::ReadPackages | TeamRequest::ReadMembers => Asks::This(reads),
                    // The package is in the body. Whoever may not read the organization may not hand out its access.
                    TeamRequest::WritePackage | TeamRequest::DeletePackage => one_of(vec![reads]),
                    TeamRequest::WriteMember => on(TeamAction::AddTeamMember),
                    TeamRequest::DeleteMember => on(TeamAction::RemoveTeamMember),
                    TeamRequest::Delete => on(TeamAction::DeleteTeam),
                }
            }
            Self::Account(request) => of_account(request),
            Self::Open(_) => Asks::Nothing,
        }
    }
}

fn one_of(intents: Vec<Intent>) -> Asks {
    Asks::OneOf(intents.into())
}

fn of_package(request: &PackageRequest, on: impl Fn(PackageAction) -> Intent) -> Asks {
    match request {
        PackageRequest::Read
        | PackageRequest::ReadManifest { .. }
        | PackageRequest::ReadTarball { .. }
        | PackageRequest::ReadDistTags
        | PackageRequest::ReadVisibility
        | PackageRequest::ReadAttestations { .. } => Asks::This(on(PackageAction::ReadPackage)),
        PackageRequest::ReadCollaborators => Asks::This(on(PackageAction::ListCollaborators)),
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
            Asks::This(on(PackageAction::Unpublish))
        }
        PackageRequest::WriteDistTag { .. } | PackageRequest::DeleteDistTag { .. } => {
            Asks::This(on(PackageAction::SetDistTag))
        }
        PackageRequest::WriteAccess => {
            one_of(vec![on(PackageAction::ChangeVisibility), on(PackageAction::ChangePublishingAccess)])
        }
    }
}

fn of_organization(request: &OrganizationRequest, on: impl Fn(OrganizationAction) -> Intent) -> Asks {
    match request {
        OrganizationRequest::ReadPackages | OrganizationRequest::ReadMembers | OrganizationRequest::ReadTeams => {
            Asks::This(on(OrganizationAction::ReadOrg))
        }
        // Whether the user in the body is a member already, only the registry knows.
        OrganizationRequest::WriteMember => {
            one_of(vec![on(OrganizationAction::AddMember), on(OrganizationAction::ChangeMemberRole)])
        }
        OrganizationRequest::DeleteMember => Asks::This(on(OrganizationAction::RemoveMember)),
        // The team's name is in the body. Whoever may not read the organization may not make teams in it.
        OrganizationRequest::CreateTeam => one_of(vec![on(OrganizationAction::ReadOrg)]),
    }
}

fn of_account(request: &AccountRequest) -> Asks {
    let own = |action| Intent::Account { action, user: None };
    match request {
        AccountRequest::Whoami => Asks::This(own(AccountAction::Whoami)),
        AccountRequest::ReadProfile => Asks::This(own(AccountAction::ReadProfile)),
        AccountRequest::WriteProfile => {
            one_of(vec![own(AccountAction::ChangeProfile), own(AccountAction::ConfigureTwoFactor)])
        }
        AccountRequest::ListTokens => Asks::This(own(AccountAction::ListTokens)),
        AccountRequest::CreateToken => Asks::This(own(AccountAction::CreateToken)),
        AccountRequest::RevokeToken { .. } => Asks::This(own(AccountAction::RevokeToken)),
        // Whose token is in the path, only the registry knows.
        AccountRequest::Logout { .. } => one_of(vec![own(AccountAction::RevokeSelf), own(AccountAction::RevokeToken)]),
        AccountRequest::ReadPackages { user } => {
            Asks::This(Intent::Account { action: AccountAction::ReadProfile, user: Some(user.clone()) })
        }
    }
}
