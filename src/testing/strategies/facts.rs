//! Users and packages, in parts.

use std::{string::String, vec::Vec};

use proptest::{
    option, prop_oneof,
    sample::subsequence,
    strategy::{BoxedStrategy, Just, Strategy},
};

use super::{
    names::{ORGANIZATIONS, PACKAGES, TEAMS, USERS, known},
    one_of,
    tokens::granted_permission,
    valid,
};
use crate::{
    facts::{
        AccountStatus, Membership, Memberships, Package, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants,
        TwoFactorMode, User, UserFacts, UserGrants, Visibility,
    },
    testing::build::{CREATED, time},
    value::{GrantedPermission, OrganizationName, PackageName, Role, TeamName, Timestamp, UserName},
};

/// **A user in parts**, each to be changed alone. [`build`](Self::build) makes the [`User`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDraft {
    /// Who it is.
    pub name: UserName,
    /// T4.
    pub status: AccountStatus,
    /// F.
    pub two_factor: TwoFactorMode,
    /// T1: the account's cut-off.
    pub tokens_revoked_until: Option<Timestamp>,
    /// The places in organizations, one in each.
    pub memberships: Vec<Membership>,
}

impl UserDraft {
    /// The user.
    ///
    /// # Panics
    /// Two memberships in one organization, or one in an organization of the user's own name.
    #[must_use]
    #[track_caller]
    pub fn build(&self) -> User {
        let memberships = valid(Memberships::new(self.memberships.iter().cloned()));
        valid(User::new(UserFacts {
            name: self.name.clone(),
            status: self.status,
            two_factor: self.two_factor,
            tokens_revoked_until: self.tokens_revoked_until,
            memberships,
        }))
    }
}

/// **A package in parts**, each to be changed alone. [`build`](Self::build) makes the [`Package`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageDraft {
    /// Its name.
    pub name: PackageName,
    /// Whose its scope is.
    pub scope_owner: ScopeOwner,
    /// V1.
    pub visibility: Visibility,
    /// F2, F3.
    pub publishing_access: PublishingAccess,
    /// The direct grants, one to each user.
    pub users: Vec<(UserName, GrantedPermission)>,
    /// The grants to teams, one to each.
    pub teams: Vec<(OrganizationName, TeamName, GrantedPermission)>,
}

impl PackageDraft {
    /// The package.
    ///
    /// # Panics
    /// Two grants to one user or team, an unscoped package that is private, or a scope's owner that contradicts the
    /// name.
    #[must_use]
    #[track_caller]
    pub fn build(&self) -> Package {
        let users = valid(UserGrants::new(self.users.iter().cloned()));
        let teams = valid(TeamGrants::new(self.teams.iter().cloned()));
        let name = self.name.clone();
        valid(Package::new(PackageFacts {
            name,
            scope_owner: self.scope_owner,
            visibility: self.visibility,
            publishing_access: self.publishing_access,
            users,
            teams,
        }))
    }
}

/// Users `alice`, `bob` and `Alice` in every state: one in twelve is suspended, one in twelve has a cut-off.
///
/// Shrinks to an active `alice` in no organization.
pub fn user() -> BoxedStrategy<UserDraft> {
    let name: BoxedStrategy<UserName> =
        prop_oneof![6 => Just("alice"), 2 => one_of(USERS)].prop_map(|text| valid(text.parse())).boxed();
    let status = prop_oneof![11 => Just(AccountStatus::Active), 1 => Just(AccountStatus::Suspended)];
    let cut_off = option::weighted(
        0.08,
        one_of(&["2025-10-29T11:59:59.999999999Z", "2025-10-29T12:00:00Z", "2025-10-30T11:59:59.999999999Z", CREATED]),
    );
    (name, status, one_of(TwoFactorMode::ALL), cut_off, memberships())
        .prop_map(|(name, status, two_factor, cut_off, memberships)| UserDraft {
            name,
            status,
            two_factor,
            tokens_revoked_until: cut_off.map(time),
            memberships,
        })
        .boxed()
}

/// In some of the organizations, in any role, in some of the teams.
fn memberships() -> BoxedStrategy<Vec<Membership>> {
    let place = (one_of(Role::ALL), subsequence(TEAMS, 0..=TEAMS.len()));
    let places =
        (option::weighted(0.75, place.clone()), option::weighted(0.4, place.clone()), option::weighted(0.2, place));
    places
        .prop_map(|(first, second, third)| {
            let places = ORGANIZATIONS.iter().zip([first, second, third]);
            let places = places.filter_map(|(name, place)| place.map(|(role, teams)| (name, role, teams)));
            places
                .map(|(name, role, teams)| {
                    let teams = teams.into_iter().map(|team| valid(team.parse()));
                    valid(Membership::new(valid(name.parse()), role, teams))
                })
                .collect()
        })
        .boxed()
}

/// Packages of the small world in every state; whose the scope is fits the name in nine of ten.
///
/// Shrinks to a public `@acme/app` without a requirement and without grants.
pub fn package() -> BoxedStrategy<PackageDraft> {
    (known(PACKAGES), state()).prop_map(|(name, state)| state.of(name)).boxed()
}

/// A package that is still without its name.
#[derive(Clone, Debug)]
pub(super) struct State {
    other_scope_owner: Option<ScopeOwner>,
    visibility: Visibility,
    publishing_access: PublishingAccess,
    users: Vec<(UserName, GrantedPermission)>,
    teams: Vec<(OrganizationName, TeamName, GrantedPermission)>,
}

impl State {
    pub(super) fn of(self, name: PackageName) -> PackageDraft {
        let Self { other_scope_owner, visibility, publishing_access, users, teams } = self;
        let (scope_owner, visibility) = match name.as_borrowed().scope() {
            None => (ScopeOwner::Unscoped, Visibility::Public),
            Some(scope) => (other_scope_owner.unwrap_or_else(|| owner_of(scope.into_str())), visibility),
        };
        PackageDraft { name, scope_owner, visibility, publishing_access, users, teams }
    }
}

/// Whose a scope of the small world is.
fn owner_of(scope: &str) -> ScopeOwner {
    if USERS.contains(&scope) {
        ScopeOwner::User
    } else if ORGANIZATIONS.contains(&scope) {
        ScopeOwner::Organization
    } else {
        ScopeOwner::Nobody
    }
}

pub(super) fn state() -> BoxedStrategy<State> {
    let other = option::weighted(0.1, one_of(&[ScopeOwner::Nobody, ScopeOwner::User, ScopeOwner::Organization]));
    let visibility = prop_oneof![2 => Just(Visibility::Public), 3 => Just(Visibility::Private)];
    let grant = |chance| option::weighted(chance, granted_permission());
    let users = (grant(0.6), grant(0.3), grant(0.2)).prop_map(|(first, second, third)| {
        let grants = USERS.iter().zip([first, second, third]);
        grants.filter_map(|(name, grant)| Some((valid(name.parse()), grant?))).collect()
    });
    let teams = [grant(0.4), grant(0.3), grant(0.2), grant(0.2), grant(0.2)];
    let teams = teams.prop_map(|teams| {
        let of = ["acme:developers", "acme:ops", "acme:Old.Team", "acme-evil:developers", "Acme:Old.Team"];
        let grants = of.iter().zip(teams);
        grants
            .filter_map(|(team, grant)| {
                let (organization, team) = team.split_once(':')?;
                Some((valid(organization.parse()), valid(team.parse()), grant?))
            })
            .collect()
    });
    (other, visibility, one_of(PublishingAccess::ALL), users, teams)
        .prop_map(|(other_scope_owner, visibility, publishing_access, users, teams)| State {
            other_scope_owner,
            visibility,
            publishing_access,
            users,
            teams,
        })
        .boxed()
}

/// A text of a team as grants name it.
pub(super) fn team_text(organization: &OrganizationName, team: &TeamName) -> String {
    std::format!("{organization}:{team}")
}
