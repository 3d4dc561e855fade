//! An access request, which names its resource but has no facts about it, and the caller of a request.

use core::fmt;

use crate::{
    decision::{
        Decision, Deny,
        authorize::{decide_without_token, deny_operation_of_unknown_token},
        basis::Basis,
    },
    facts::{Account, NewTeam, OrganizationAndPackage, OrganizationState, PackageState, Team, TeamAndPackage},
    operation::{
        AccountAction, Action, BoundToken, CreateTeam, Operation, OrganizationAction, PackageAction, SharePackage,
        TeamAccessAction, TeamAction,
    },
    rules::Reason,
    value::{ClientIp, OrganizationName, PackageName, TeamName, Timestamp, UserName},
};

/// The caller of a request: a token bound to its owner, a token that is not on record, or no token.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// No token was presented.
    NoToken,
    /// A token was presented, but it is not on record. Every operation is denied. This crate treats the caller as
    /// [`NoToken`](Self::NoToken) in one place only, for a read of public packages by npm's client, and says so there.
    UnknownToken,
    /// A token that is on record, bound to its owner.
    Token(BoundToken<'a>),
}

impl<'a> Caller<'a> {
    /// Decides an operation for the caller, as one of these functions does:
    ///
    /// - [`authorize_anonymous`](crate::authorize_anonymous) for [`NoToken`](Self::NoToken)
    /// - [`deny_unknown_token`](crate::deny_unknown_token) for [`UnknownToken`](Self::UnknownToken)
    /// - [`authorize`](crate::authorize()) for [`Token`](Self::Token)
    pub fn decide(&'a self, operation: Operation<'a>, client_ip: ClientIp, now: Timestamp) -> Decision<'a> {
        match self {
            Self::NoToken => decide_without_token(operation),
            Self::UnknownToken => deny_operation_of_unknown_token(operation),
            Self::Token(bound) => bound.at(client_ip, now).decide(operation),
        }
    }
}

/// An action and the names of its resource, before the names are looked up.
///
/// A server reads an access request from an HTTP request, looks up the [`package`](Self::package) and the
/// [`organization`](Self::organization) that it names, and passes the results to [`decide`](Self::decide).
///
/// # Examples
///
/// ```
/// use tollgate::{
///     ClientIp, MissingPackage, PackageAction, PackageName, Timestamp,
///     decision::{AccessRequest, Caller, ResourceFacts},
/// };
///
/// let (client_ip, now): (ClientIp, Timestamp) = ("192.0.2.1".parse()?, "2025-11-01T00:00:00Z".parse()?);
/// let request = AccessRequest::Package { action: PackageAction::ReadPackage, package: "left-pad".parse()? };
///
/// // The look-up found no package with this name.
/// let free = MissingPackage::new(PackageName::new("left-pad")?);
/// let facts = ResourceFacts { package: Some(free.into()), organization: None };
/// assert_eq!(request.decide(&Caller::NoToken, &facts, client_ip, now)?.status(), 404);
///
/// // Without facts about the package, `decide` returns an error.
/// assert!(request.decide(&Caller::NoToken, &ResourceFacts::NONE, client_ip, now).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessRequest {
    /// An action on a package.
    Package {
        /// The action.
        action: PackageAction,
        /// The name of the package.
        package: PackageName,
    },
    /// An action on an organization.
    Organization {
        /// The action.
        action: OrganizationAction,
        /// The name of the organization.
        organization: OrganizationName,
    },
    /// The creation of a team.
    CreateTeam {
        /// The organization.
        organization: OrganizationName,
        /// The name of the new team. [`decide`](Self::decide) returns an error if no new team may have this name
        /// ([N4](crate::docs::rules#n4)).
        team: TeamName,
    },
    /// An action on a team.
    Team {
        /// The action.
        action: TeamAction,
        /// The organization.
        organization: OrganizationName,
        /// The team's name in the organization.
        team: TeamName,
    },
    /// Giving a team access to a package, or removing its access.
    TeamAccess {
        /// The action.
        action: TeamAccessAction,
        /// The team's organization.
        organization: OrganizationName,
        /// The team.
        team: TeamName,
        /// The package.
        package: PackageName,
    },
    /// Giving another organization access to a package.
    SharePackage {
        /// The organization that shares the package. It must own the package's scope ([C5](crate::docs::rules#c5)).
        organization: OrganizationName,
        /// The package.
        package: PackageName,
    },
    /// An action on an account.
    Account {
        /// The action.
        action: AccountAction,
        /// The user who has the account, or `None` for the owner of the presented token.
        user: Option<UserName>,
    },
}

/// The results of looking up the names in an [`AccessRequest`], which has at most one package and one organization.
#[derive(Clone, Copy, Debug)]
pub struct ResourceFacts<'a> {
    /// The result of looking up the package, or `None` if the request names no package.
    pub package: Option<PackageState<'a>>,
    /// The result of looking up the organization, or `None` if the request names no organization.
    pub organization: Option<OrganizationState<'a>>,
}

impl ResourceFacts<'_> {
    /// The facts for a request that names neither a package nor an organization.
    pub const NONE: Self = Self { package: None, organization: None };
}

/// The error returned when the facts are not about the names in the request, or when the request creates a team with a
/// name that no new team may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceFactsError {
    /// The request names a package, and the facts are about another package or about none.
    #[error("facts about another package or none: expected those of the package that the request names")]
    Package,
    /// The request names an organization, and the facts are about another organization or about none.
    #[error("facts about another organization or none: expected those of the organization that the request names")]
    Organization,
    /// No new team may have the name in the request ([N4](crate::docs::rules#n4)).
    #[error("a name that no new team may have: expected one without capital letters")]
    TeamName,
    /// The list of access requests is empty, and nothing is allowed by it.
    #[error("no access request: expected at least one")]
    NothingAsked,
}

impl AccessRequest {
    /// Returns the word for the action, such as `deprecate`. Creating a package and publishing a new version are both
    /// `publish`.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Package { action, .. } => action.as_str(),
            Self::Organization { action, .. } => action.as_str(),
            Self::CreateTeam { .. } => Action::CreateTeam.as_str(),
            Self::Team { action, .. } => action.as_str(),
            Self::TeamAccess { action, .. } => action.as_str(),
            Self::SharePackage { .. } => Action::SharePackage.as_str(),
            Self::Account { action, .. } => action.as_str(),
        }
    }

    /// Returns the name of the package to look up, or `None` if the request names no package.
    #[must_use]
    pub fn package(&self) -> Option<PackageName<&str>> {
        match self {
            Self::Package { package, .. } | Self::TeamAccess { package, .. } | Self::SharePackage { package, .. } => {
                Some(package.as_borrowed())
            }
            Self::Organization { .. } | Self::CreateTeam { .. } | Self::Team { .. } | Self::Account { .. } => None,
        }
    }

    /// Returns the name of the organization to look up, or `None` if the request names no organization.
    #[must_use]
    pub fn organization(&self) -> Option<OrganizationName<&str>> {
        match self {
            Self::Organization { organization, .. }
            | Self::CreateTeam { organization, .. }
            | Self::Team { organization, .. }
            | Self::TeamAccess { organization, .. }
            | Self::SharePackage { organization, .. } => Some(organization.as_borrowed()),
            Self::Package { .. } | Self::Account { .. } => None,
        }
    }

    /// Decides the request of a caller at `client_ip`, at the time `now`.
    ///
    /// # Errors
    ///
    /// Returns an error if the facts are not about the names in the request, or if the request creates a team with a
    /// name that no new team may have ([N4](crate::docs::rules#n4)).
    pub fn decide<'a>(
        &'a self,
        caller: &'a Caller<'a>,
        facts: &ResourceFacts<'a>,
        client_ip: ClientIp,
        now: Timestamp,
    ) -> Result<Decision<'a>, ResourceFactsError> {
        Ok(self.with_facts(caller, facts)?.decide(caller, client_ip, now))
    }

    fn with_facts<'a>(
        &'a self,
        caller: &Caller<'a>,
        facts: &ResourceFacts<'a>,
    ) -> Result<Resolved<'a>, ResourceFactsError> {
        if let Self::CreateTeam { organization: _, team } = self {
            team.check_new().map_err(|_| ResourceFactsError::TeamName)?;
        }
        self.resolve(
            caller,
            |name| facts.package.filter(|found| found.name() == name).ok_or(ResourceFactsError::Package),
            |name| facts.organization.filter(|found| found.name() == name).ok_or(ResourceFactsError::Organization),
        )
    }

    /// Looks up the names with the two closures, and combines the action with the results.
    pub(crate) fn resolve<'a, E>(
        &'a self,
        caller: &Caller<'a>,
        package: impl Fn(PackageName<&'a str>) -> Result<PackageState<'a>, E>,
        organization: impl Fn(OrganizationName<&'a str>) -> Result<OrganizationState<'a>, E>,
    ) -> Result<Resolved<'a>, E> {
        let package = |name: &'a PackageName| package(name.as_borrowed());
        let organization = |name: &'a OrganizationName| organization(name.as_borrowed());
        Ok(Resolved::Operation(match self {
            Self::Package { action, package: name } => action.on(package(name)?),
            Self::Organization { action, organization: name } => action.on(organization(name)?),
            Self::CreateTeam { organization: name, team } => {
                match NewTeam::new(organization(name)?, team.as_borrowed()) {
                    Ok(team) => CreateTeam.on(team),
                    // Not reached: both callers of `resolve` have already checked the team's name.
                    Err(_) => return Ok(Resolved::Unnamed(Action::CreateTeam)),
                }
            }
            Self::Team { action, organization: name, team } => {
                action.on(Team { organization: organization(name)?, name: team.as_borrowed() })
            }
            Self::TeamAccess { action, organization: name, team, package: package_name } => {
                let team = Team { organization: organization(name)?, name: team.as_borrowed() };
                action.on(TeamAndPackage { team, package: package(package_name)? })
            }
            Self::SharePackage { organization: name, package: package_name } => {
                let (organization, package) = (organization(name)?, package(package_name)?);
                SharePackage.on(OrganizationAndPackage { organization, package })
            }
            Self::Account { action, user } => match (user, caller) {
                (Some(user), _) => action.on(Account { user: user.as_borrowed() }),
                (None, Caller::Token(bound)) => action.on(Account { user: bound.owner().name() }),
                (None, Caller::NoToken | Caller::UnknownToken) => return Ok(Resolved::Unnamed((*action).into())),
            },
        }))
    }
}

/// An access request combined with the results of its look-ups.
pub(crate) enum Resolved<'a> {
    Operation(Operation<'a>),
    /// An action whose resource cannot be named: the action is on the account of the token's owner, and without a token
    /// on record the owner is not known. The action is denied, because the token is missing or unknown.
    Unnamed(Action),
}

impl<'a> Resolved<'a> {
    pub(crate) fn decide(self, caller: &'a Caller<'a>, client_ip: ClientIp, now: Timestamp) -> Decision<'a> {
        match self {
            Self::Operation(operation) => caller.decide(operation, client_ip, now),
            Self::Unnamed(action) => unnamed(action, caller),
        }
    }
}

/// Denies an action whose resource cannot be named.
fn unnamed<'a>(action: Action, caller: &Caller<'a>) -> Decision<'a> {
    let (token_given, reason) = match caller {
        Caller::NoToken => (false, Reason::AuthenticationRequired),
        Caller::Token(_) | Caller::UnknownToken => (true, Reason::TokenUnknown),
    };
    Decision::Deny(Deny::without_check(Basis::NoAccount { action, token_given }, reason))
}

impl From<AccountAction> for Action {
    fn from(action: AccountAction) -> Self {
        match action {
            AccountAction::Whoami => Self::Whoami,
            AccountAction::RevokeSelf => Self::RevokeSelf,
            AccountAction::ReadProfile => Self::ReadProfile,
            AccountAction::ChangeProfile => Self::ChangeProfile,
            AccountAction::ChangePassword => Self::ChangePassword,
            AccountAction::EnrolTwoFactor => Self::EnrolTwoFactor,
            AccountAction::ConfigureTwoFactor => Self::ConfigureTwoFactor,
            AccountAction::ListTokens => Self::ListTokens,
            AccountAction::CreateToken => Self::CreateToken,
            AccountAction::RevokeToken => Self::RevokeToken,
        }
    }
}

/// Writes the action and the names, such as ``publish `@acme/app` ``.
impl fmt::Display for AccessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.action())?;
        match self {
            Self::Package { package, .. } => write!(f, " `{package}`"),
            Self::Organization { organization, .. } => write!(f, " `{organization}`"),
            Self::CreateTeam { organization, team } | Self::Team { organization, team, .. } => {
                write!(f, " `{organization}:{team}`")
            }
            Self::TeamAccess { organization, team, package, .. } => write!(f, " `{organization}:{team}` `{package}`"),
            Self::SharePackage { organization, package } => write!(f, " `{organization}` `{package}`"),
            Self::Account { user: Some(user), .. } => write!(f, " `{user}`"),
            Self::Account { user: None, .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessRequest, Caller, ResourceFacts, ResourceFactsError};
    use crate::{
        facts::{MissingOrganization, MissingPackage},
        operation::{AccountAction, OrganizationAction, PackageAction, TeamAccessAction},
        rules::Reason,
        value::{ClientIp, OrganizationName, PackageName, Timestamp},
    };
    use alloc::string::ToString;

    fn decided(
        access_request: &AccessRequest,
        facts: &ResourceFacts<'_>,
        caller: &Caller<'_>,
    ) -> Result<Option<Reason>, ResourceFactsError> {
        let decision = access_request.decide(caller, facts, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)?;
        Ok(match decision {
            crate::decision::Decision::Deny(deny) => Some(deny.reason()),
            crate::decision::Decision::Allow(_) | crate::decision::Decision::Challenge(_) => None,
        })
    }

    #[test]
    fn facts_about_other_names_are_an_error() {
        let read = AccessRequest::Package { action: PackageAction::ReadPackage, package: "a".parse().unwrap() };
        let member = AccessRequest::Organization {
            action: OrganizationAction::AddMember,
            organization: "acme".parse().unwrap(),
        };
        let found = |package, organization| ResourceFacts {
            package: Some(MissingPackage::new(PackageName::new(package).unwrap()).into()),
            organization: Some(MissingOrganization::new(OrganizationName::new(organization).unwrap()).into()),
        };
        for (facts, of_package, of_organization) in [
            (found("a", "acme"), Ok(Some(Reason::NoSuchPackage)), Ok(Some(Reason::AuthenticationRequired))),
            (found("A", "Acme"), Err(ResourceFactsError::Package), Err(ResourceFactsError::Organization)),
            (ResourceFacts::NONE, Err(ResourceFactsError::Package), Err(ResourceFactsError::Organization)),
        ] {
            assert_eq!(decided(&read, &facts, &Caller::NoToken), of_package);
            assert_eq!(decided(&member, &facts, &Caller::NoToken), of_organization);
        }
        let team = AccessRequest::CreateTeam { organization: "acme".parse().unwrap(), team: "Ops".parse().unwrap() };
        assert_eq!(decided(&team, &found("a", "acme"), &Caller::NoToken), Err(ResourceFactsError::TeamName));
        assert_eq!(
            ResourceFactsError::TeamName.to_string(),
            "a name that no new team may have: expected one without capital letters"
        );
    }

    #[test]
    fn an_action_on_the_owners_account_without_a_known_token_is_denied() {
        let whoami = AccessRequest::Account { action: AccountAction::Whoami, user: None };
        assert_eq!(decided(&whoami, &ResourceFacts::NONE, &Caller::NoToken), Ok(Some(Reason::AuthenticationRequired)));
        assert_eq!(decided(&whoami, &ResourceFacts::NONE, &Caller::UnknownToken), Ok(Some(Reason::TokenUnknown)));
        assert_eq!(whoami.to_string(), "whoami");
    }

    #[test]
    fn display_writes_the_action_and_the_names() {
        let (organization, team, package) =
            ("acme".parse().unwrap(), "ops".parse().unwrap(), "@acme/app".parse().unwrap());
        let mut access_request =
            AccessRequest::TeamAccess { action: TeamAccessAction::GrantTeamAccess, organization, team, package };
        assert_eq!(access_request.to_string(), "grant-team-access `acme:ops` `@acme/app`");
        if let AccessRequest::TeamAccess { action, .. } = &mut access_request {
            *action = TeamAccessAction::RevokeTeamAccess;
        }
        assert_eq!(access_request.to_string(), "revoke-team-access `acme:ops` `@acme/app`");
    }
}
