//! Drafts of users and packages, whose fields a test may change.

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
    policy::UnscopedPackages,
    testing::build::{CREATED, NOW, time},
    value::{GrantedPermission, OrganizationName, PackageName, Role, TeamName, Timestamp, UserName},
};

/// A user whose facts a test may change one by one.
///
/// A draft has the fields of [`UserFacts`], but with a plain list of memberships. [`build`](Self::build) checks the
/// facts and creates the [`User`]. [`user`] generates drafts.
///
/// ```
/// use tollgate::{
///     facts::{AccountStatus, TwoFactorMode},
///     testing::strategies::UserDraft,
/// };
///
/// let mut draft = UserDraft {
///     name: "alice".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::AuthOnly,
///     tokens_revoked_until: None,
///     writes_held_until: None,
///     memberships: Vec::new(),
/// };
/// draft.status = AccountStatus::Suspended;
/// assert_eq!(draft.build().name().as_str(), "alice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDraft {
    /// The account's name.
    pub name: UserName,
    /// Whether the account may be used ([T4](crate::docs::rules#t4)).
    pub status: AccountStatus,
    /// The actions for which the account demands a second factor ([F4](crate::docs::rules#f4)).
    pub two_factor: TwoFactorMode,
    /// The account's cut-off: tokens made at or before this time are revoked ([T1](crate::docs::rules#t1)).
    pub tokens_revoked_until: Option<Timestamp>,
    /// The end of the account's hold ([T5](crate::docs::rules#t5)).
    pub writes_held_until: Option<Timestamp>,
    /// The memberships, at most one for each organization.
    pub memberships: Vec<Membership>,
}

impl UserDraft {
    /// Creates the user.
    ///
    /// # Panics
    ///
    /// Panics if there are two memberships in one organization, or a membership in an organization that has the same
    /// name as the user ([N4](crate::docs::rules#n4)).
    #[must_use]
    #[track_caller]
    pub fn build(&self) -> User {
        let memberships = valid(Memberships::new(self.memberships.iter().cloned()));
        valid(User::new(UserFacts {
            name: self.name.clone(),
            status: self.status,
            two_factor: self.two_factor,
            tokens_revoked_until: self.tokens_revoked_until,
            writes_held_until: self.writes_held_until,
            memberships,
        }))
    }
}

/// A package whose facts a test may change one by one.
///
/// A draft has the fields of [`PackageFacts`], but with plain lists of grants. [`build`](Self::build) checks the facts
/// and creates the [`Package`]. [`package`] generates drafts.
///
/// ```should_panic
/// use tollgate::{
///     facts::{PublishingAccess, ScopeOwner, Visibility},
///     testing::strategies::PackageDraft,
/// };
///
/// let mut draft = PackageDraft {
///     name: "left-pad".parse().unwrap(),
///     scope_owner: ScopeOwner::Unscoped,
///     visibility: Visibility::Public,
///     publishing_access: PublishingAccess::NoRequirement,
///     users: Vec::new(),
///     teams: Vec::new(),
/// };
/// draft.build();
///
/// draft.scope_owner = ScopeOwner::User;
/// draft.build(); // panics: an unscoped package has no owner of its scope
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageDraft {
    /// The package's name.
    pub name: PackageName,
    /// Whether the scope in the name belongs to a user, to an organization or to neither.
    pub scope_owner: ScopeOwner,
    /// Who may read the package ([V1](crate::docs::rules#v1)).
    pub visibility: Visibility,
    /// Whether writing to the package needs a second factor ([F2](crate::docs::rules#f2),
    /// [F3](crate::docs::rules#f3)).
    pub publishing_access: PublishingAccess,
    /// The direct grants, at most one for each user ([C1](crate::docs::rules#c1)).
    pub users: Vec<(UserName, GrantedPermission)>,
    /// The grants to teams, at most one for each team ([C1](crate::docs::rules#c1)).
    pub teams: Vec<(OrganizationName, TeamName, GrantedPermission)>,
}

impl PackageDraft {
    /// Creates the package.
    ///
    /// # Panics
    ///
    /// Panics if there are two grants to one user or team, or if the scope's owner contradicts the name.
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

/// Generates users named `alice`, `bob` or `Alice` in every state. One in twelve is suspended, one in twelve has a
/// cut-off, and one in twelve has a hold, which may have ended.
///
/// Shrinks towards an active `alice` in no organization.
pub fn user() -> BoxedStrategy<UserDraft> {
    let name: BoxedStrategy<UserName> =
        prop_oneof![6 => Just("alice"), 2 => one_of(USERS)].prop_map(|text| valid(text.parse())).boxed();
    let status = prop_oneof![11 => Just(AccountStatus::Active), 1 => Just(AccountStatus::Suspended)];
    let cut_off = option::weighted(
        0.08,
        one_of(&["2025-10-29T11:59:59.999999999Z", "2025-10-29T12:00:00Z", "2025-10-30T11:59:59.999999999Z", CREATED]),
    );
    let held_until = option::weighted(0.08, one_of(&["2025-10-30T12:00:00Z", NOW, "2025-11-03T00:00:00.000000001Z"]));
    (name, status, one_of(TwoFactorMode::ALL), (cut_off, held_until), memberships())
        .prop_map(|(name, status, two_factor, (cut_off, held_until), memberships)| UserDraft {
            name,
            status,
            two_factor,
            tokens_revoked_until: cut_off.map(time),
            writes_held_until: held_until.map(time),
            memberships,
        })
        .boxed()
}

/// Generates memberships in some of the organizations, with any role and some of the teams.
fn memberships() -> BoxedStrategy<Vec<Membership>> {
    let role_and_teams = (one_of(Role::ALL), subsequence(TEAMS, 0..=TEAMS.len()));
    let memberships = (
        option::weighted(0.75, role_and_teams.clone()),
        option::weighted(0.4, role_and_teams.clone()),
        option::weighted(0.2, role_and_teams),
    );
    memberships
        .prop_map(|(first, second, third)| {
            let memberships = ORGANIZATIONS.iter().zip([first, second, third]);
            memberships
                .filter_map(|(name, membership)| membership.map(|(role, teams)| (name, role, teams)))
                .map(|(name, role, teams)| {
                    let teams = teams.into_iter().map(|team| valid(team.parse()));
                    valid(Membership::new(valid(name.parse()), role, teams))
                })
                .collect()
        })
        .boxed()
}

/// Generates packages from a small world of names, in every state.
///
/// In nine of ten packages, the scope's owner fits the other names of the small world: `@acme` belongs to an
/// organization and `@alice` to a user. Shrinks towards a public `@acme/app` without grants that demands no second
/// factor.
pub fn package() -> BoxedStrategy<PackageDraft> {
    (known(PACKAGES), unnamed_package())
        .prop_map(|(name, package)| package.with_name(name, UnscopedPackages::AlwaysPublic))
        .boxed()
}

/// The facts of a package that has no name yet.
#[derive(Clone, Debug)]
pub(super) struct UnnamedPackage {
    /// The owner of the scope, if it differs from the owner in the small world.
    other_scope_owner: Option<ScopeOwner>,
    visibility: Visibility,
    publishing_access: PublishingAccess,
    users: Vec<(UserName, GrantedPermission)>,
    teams: Vec<(OrganizationName, TeamName, GrantedPermission)>,
}

impl UnnamedPackage {
    /// Gives the package a name. An unscoped package becomes public, unless unscoped packages may be private.
    pub(super) fn with_name(self, name: PackageName, unscoped_packages: UnscopedPackages) -> PackageDraft {
        let Self { other_scope_owner, visibility, publishing_access, users, teams } = self;
        let (scope_owner, visibility) = match name.as_borrowed().scope() {
            None if unscoped_packages == UnscopedPackages::AlwaysPublic => (ScopeOwner::Unscoped, Visibility::Public),
            None => (ScopeOwner::Unscoped, visibility),
            Some(scope) => (other_scope_owner.unwrap_or_else(|| owner_of(scope.into_str())), visibility),
        };
        PackageDraft { name, scope_owner, visibility, publishing_access, users, teams }
    }
}

/// Returns the owner of a scope in the small world.
fn owner_of(scope: &str) -> ScopeOwner {
    if USERS.contains(&scope) {
        ScopeOwner::User
    } else if ORGANIZATIONS.contains(&scope) {
        ScopeOwner::Organization
    } else {
        ScopeOwner::Nobody
    }
}

pub(super) fn unnamed_package() -> BoxedStrategy<UnnamedPackage> {
    let other = option::weighted(0.1, one_of(&[ScopeOwner::Nobody, ScopeOwner::User, ScopeOwner::Organization]));
    let visibility = prop_oneof![2 => Just(Visibility::Public), 3 => Just(Visibility::Private)];
    let grant = |chance| option::weighted(chance, granted_permission());
    let users = (grant(0.6), grant(0.3), grant(0.2)).prop_map(|(first, second, third)| {
        let grants = USERS.iter().zip([first, second, third]);
        grants.filter_map(|(name, grant)| Some((valid(name.parse()), grant?))).collect()
    });
    let teams = [grant(0.4), grant(0.3), grant(0.2), grant(0.2), grant(0.2)];
    let teams = teams.prop_map(|teams| {
        let names = ["acme:developers", "acme:ops", "acme:Old.Team", "acme-evil:developers", "Acme:Old.Team"];
        let grants = names.iter().zip(teams);
        grants
            .filter_map(|(team, grant)| {
                let (organization, team) = team.split_once(':')?;
                Some((valid(organization.parse()), valid(team.parse()), grant?))
            })
            .collect()
    });
    (other, visibility, one_of(PublishingAccess::ALL), users, teams)
        .prop_map(|(other_scope_owner, visibility, publishing_access, users, teams)| UnnamedPackage {
            other_scope_owner,
            visibility,
            publishing_access,
            users,
            teams,
        })
        .boxed()
}

/// Formats a team as the world document names it in a grant, such as `acme:developers`.
pub(super) fn team_text(organization: &OrganizationName, team: &TeamName) -> String {
    std::format!("{organization}:{team}")
}
