//! What `tollgate::npm` does not say yet about the requests of version 2 of the rules, in one place.
//!
//! Each function here stands for one that the module is about to have. When it has it, the callers take that one, and
//! this file goes.

use tollgate::{
    AccountAction, PackageAction,
    decision::AccessRequest,
    facts::TwoFactorMode,
    npm::{AccountRequest, Endpoint, ProfileChange, RequiredAccess, TeamAccessChange, TeamRequest, TwoFactorChange},
    value::{OrganizationName, TeamName},
};

/// What the path requires.
///
/// - To take a team off a package, a caller may need no right in the team's organization
///   ([C5](tollgate::docs::rules#c5)), so only a token that may do nothing is refused before the body is read.
/// - A caller on hold may change the password and enrol a second factor ([T5](tollgate::docs::rules#t5)).
pub(crate) fn required_access(endpoint: &Endpoint) -> RequiredAccess {
    let own = |action| AccessRequest::Account { action, user: None };
    let more = match endpoint {
        Endpoint::Team { request: TeamRequest::DeletePackage, .. } => vec![own(AccountAction::Whoami)],
        Endpoint::Account(AccountRequest::WriteProfile) => {
            vec![own(AccountAction::ChangePassword), own(AccountAction::EnrolTwoFactor)]
        }
        Endpoint::Package { .. }
        | Endpoint::Organization { .. }
        | Endpoint::Team { .. }
        | Endpoint::Account(_)
        | Endpoint::Open(_)
        | _ => Vec::new(),
    };
    match endpoint.required_access() {
        RequiredAccess::OneOf(listed) => RequiredAccess::OneOf(listed.into_iter().chain(more).collect()),
        required @ (RequiredAccess::Nothing | RequiredAccess::This(_)) => required,
    }
}

/// The access requests of a change of the account, each of which must be allowed. `present` is the mode of the account's
/// second factor before the change.
pub(crate) fn profile_access_requests(change: &ProfileChange<'_>, present: TwoFactorMode) -> Vec<AccessRequest> {
    let two_factor = change.two_factor().map(|change| match (present, change) {
        (TwoFactorMode::Disabled, TwoFactorChange::Mode { mode: TwoFactorMode::Disabled, .. }) => {
            AccountAction::ConfigureTwoFactor
        }
        (TwoFactorMode::Disabled, _) => AccountAction::EnrolTwoFactor,
        _ => AccountAction::ConfigureTwoFactor,
    });
    let password = change.password().map(|_| AccountAction::ChangePassword);
    let fields = (!change.fields().is_empty()).then_some(AccountAction::ChangeProfile);
    let actions = [two_factor, password, fields].into_iter().flatten();
    actions.map(|action| AccessRequest::Account { action, user: None }).collect()
}

/// The access requests that take a team off a package, of which one is enough: the highest answer counts.
///
/// A user who may replace the maintainers of the package may put out a team of an organization that the package does not
/// belong to ([C5](tollgate::docs::rules#c5)).
pub(crate) fn team_revocation(
    change: &TeamAccessChange,
    organization: &OrganizationName,
    team: &TeamName,
) -> Vec<AccessRequest> {
    let mut alternatives = vec![change.access_request(organization, team)];
    let package = change.package();
    let scope = package.as_borrowed().scope();
    if scope.is_none_or(|scope| scope.as_str() != organization.as_str()) {
        let action = PackageAction::ChangeMaintainers;
        alternatives.push(AccessRequest::Package { action, package: package.clone() });
    }
    alternatives
}
