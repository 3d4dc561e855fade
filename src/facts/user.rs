//! Users and their memberships.
//!
//! What a user may do limits what every token of that user may do ([C](crate::docs::rules#c)).

use alloc::{boxed::Box, vec::Vec};

use crate::{
    facts::team_index::{TeamHashes, TeamPath, Teams},
    value::{HasName, NameSet, OrganizationName, Role, Scope, TeamName, Timestamp, UserName, string_enum},
};

string_enum! {
    /// The status of a user's account.
    ///
    /// A token of a suspended owner is denied everything ([T4](crate::docs::rules#t4)).
    #[non_exhaustive]
    pub enum AccountStatus: "account status" {
        /// The account may be used.
        Active = "active",
        /// The account is suspended, and every token of its owner is denied.
        Suspended = "suspended",
    }
}

string_enum! {
    /// The two-factor mode of an account: which actions need a second factor ([F4](crate::docs::rules#f4)).
    ///
    /// A token that bypasses the second factor is exempt ([F1](crate::docs::rules#f1)). A package can ask for a second
    /// factor independently of this mode: see [`PublishingAccess`](crate::facts::PublishingAccess).
    #[non_exhaustive]
    pub enum TwoFactorMode: "two-factor mode" {
        /// No second factor is enrolled.
        Disabled = "disabled",
        /// Actions that change the account itself need a second factor.
        AuthOnly = "auth-only",
        /// Actions that change the account, and writes, need a second factor.
        AuthAndWrites = "auth-and-writes",
    }
}

/// A user at the moment of a decision.
///
/// A token never allows more than its owner may do at that moment ([C](crate::docs::rules#c)). Look the user up again
/// for each decision, so that a right removed from the user is removed from all of the user's tokens at once.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     User,
///     facts::{AccountStatus, Membership, Memberships, TwoFactorMode, UserFacts},
///     value::{OrganizationName, Role},
/// };
///
/// let acme = Membership::new("acme".parse()?, Role::Admin, ["developers".parse()?])?;
/// let alice = User::new(UserFacts {
///     name: "alice".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::AuthAndWrites,
///     tokens_revoked_until: None,
///     writes_held_until: None,
///     memberships: Memberships::new([acme])?,
/// })?;
/// assert_eq!(alice.memberships().role_in(OrganizationName::new("acme")?), Some(Role::Admin));
///
/// // Users and organizations share one namespace, so `acme` cannot be a user as well.
/// let user_named_acme = UserFacts {
///     name: "acme".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::Disabled,
///     tokens_revoked_until: None,
///     writes_held_until: None,
///     memberships: alice.memberships().clone(),
/// };
/// assert!(User::new(user_named_acme).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: UserName,
    status: AccountStatus,
    two_factor: TwoFactorMode,
    tokens_revoked_until: Option<Timestamp>,
    writes_held_until: Option<Timestamp>,
    memberships: Memberships,
}

/// The facts about a user. Owned facts create a [`User`], and borrowed facts create an [`OwnerView`].
///
/// No field has a default, because a forgotten one could allow too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserFacts<T: AsRef<str> = Box<str>, M = Memberships> {
    /// The name of the user, and of the account.
    pub name: UserName<T>,
    /// The status of the account ([T4](crate::docs::rules#t4)).
    pub status: AccountStatus,
    /// The two-factor mode of the account ([F4](crate::docs::rules#f4)).
    pub two_factor: TwoFactorMode,
    /// The account's cut-off: every token created at or before this time is revoked ([T1](crate::docs::rules#t1)).
    pub tokens_revoked_until: Option<Timestamp>,
    /// The time at which the account's hold ends, or `None` if there is no hold. Until then every token of the account
    /// is denied writes and changes of the account, apart from those that make the account safe
    /// ([T5](crate::docs::rules#t5)).
    pub writes_held_until: Option<Timestamp>,
    /// The user's memberships in organizations.
    pub memberships: M,
}

impl User {
    /// Creates a user from the current facts.
    ///
    /// # Errors
    ///
    /// Returns an error if the user is a member of an organization with the user's own name. Users and organizations
    /// share one namespace, so both cannot exist ([N4](crate::docs::rules#n4)).
    pub fn new(facts: UserFacts) -> Result<Self, UserError> {
        let UserFacts { name, status, two_factor, tokens_revoked_until, writes_held_until, memberships } = facts;
        check_name(name.as_borrowed(), &memberships)?;
        Ok(Self { name, status, two_factor, tokens_revoked_until, writes_held_until, memberships })
    }

    /// Returns the name of the user.
    #[must_use]
    pub const fn name(&self) -> &UserName {
        &self.name
    }

    /// Returns the status of the account ([T4](crate::docs::rules#t4)).
    #[must_use]
    pub const fn status(&self) -> AccountStatus {
        self.status
    }

    /// Returns the two-factor mode of the account ([F4](crate::docs::rules#f4)).
    #[must_use]
    pub const fn two_factor(&self) -> TwoFactorMode {
        self.two_factor
    }

    /// Returns the account's cut-off: every token created at or before this time is revoked
    /// ([T1](crate::docs::rules#t1)).
    #[must_use]
    pub const fn tokens_revoked_until(&self) -> Option<Timestamp> {
        self.tokens_revoked_until
    }

    /// Returns the time at which the account's hold ends ([T5](crate::docs::rules#t5)).
    #[must_use]
    pub const fn writes_held_until(&self) -> Option<Timestamp> {
        self.writes_held_until
    }

    /// Returns the user's memberships in organizations.
    #[must_use]
    pub const fn memberships(&self) -> &Memberships {
        &self.memberships
    }

    /// Returns a borrowed view of this user, without copying text or lists.
    #[must_use]
    #[inline]
    pub fn as_view(&self) -> OwnerView<'_> {
        OwnerView {
            name: self.name.as_borrowed(),
            status: self.status,
            two_factor: self.two_factor,
            tokens_revoked_until: self.tokens_revoked_until,
            writes_held_until: self.writes_held_until,
            memberships: &self.memberships,
        }
    }
}

/// A borrowed view of the owner of a token, from a [`User`] or from the caller's own storage.
#[derive(Clone, Copy, Debug)]
pub struct OwnerView<'a> {
    pub(crate) name: UserName<&'a str>,
    pub(crate) status: AccountStatus,
    pub(crate) two_factor: TwoFactorMode,
    pub(crate) tokens_revoked_until: Option<Timestamp>,
    pub(crate) writes_held_until: Option<Timestamp>,
    pub(crate) memberships: &'a Memberships,
}

/// Checks that the user is not a member of an organization with the same name.
fn check_name(name: UserName<&str>, memberships: &Memberships) -> Result<(), UserError> {
    match memberships.find_text(name.into_str()) {
        Some(_) => Err(UserError::OrganizationOfSameName { name: name.into_owned() }),
        None => Ok(()),
    }
}

impl<'a> OwnerView<'a> {
    /// Creates a view that borrows the current facts.
    ///
    /// # Errors
    ///
    /// Returns the same error as [`User::new`].
    pub fn new(facts: UserFacts<&'a str, &'a Memberships>) -> Result<Self, UserError> {
        let UserFacts { name, status, two_factor, tokens_revoked_until, writes_held_until, memberships } = facts;
        check_name(name, memberships)?;
        Ok(Self { name, status, two_factor, tokens_revoked_until, writes_held_until, memberships })
    }

    /// Returns the name of the user.
    #[must_use]
    pub const fn name(&self) -> UserName<&'a str> {
        self.name
    }

    /// Returns the status of the account ([T4](crate::docs::rules#t4)).
    #[must_use]
    pub const fn status(&self) -> AccountStatus {
        self.status
    }

    /// Returns the two-factor mode of the account ([F4](crate::docs::rules#f4)).
    #[must_use]
    pub const fn two_factor(&self) -> TwoFactorMode {
        self.two_factor
    }

    /// Returns the account's cut-off: every token created at or before this time is revoked
    /// ([T1](crate::docs::rules#t1)).
    #[must_use]
    pub const fn tokens_revoked_until(&self) -> Option<Timestamp> {
        self.tokens_revoked_until
    }

    /// Returns the time at which the account's hold ends ([T5](crate::docs::rules#t5)).
    #[must_use]
    pub const fn writes_held_until(&self) -> Option<Timestamp> {
        self.writes_held_until
    }

    /// Returns the user's memberships in organizations.
    #[must_use]
    pub const fn memberships(&self) -> &'a Memberships {
        self.memberships
    }
}

impl<'a> From<&'a User> for OwnerView<'a> {
    #[inline]
    fn from(user: &'a User) -> Self {
        user.as_view()
    }
}

/// The memberships of a user in organizations, at most one for each organization.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     facts::{Membership, Memberships},
///     value::{OrganizationName, Role},
/// };
///
/// let acme = Membership::new("acme".parse()?, Role::Member, ["developers".parse()?])?;
/// let memberships = Memberships::new([acme.clone()])?;
/// assert_eq!(memberships.role_in(OrganizationName::new("acme")?), Some(Role::Member));
/// assert_eq!(memberships.role_in(OrganizationName::new("globex")?), None);
///
/// assert!(Memberships::new([acme.clone(), acme]).is_err()); // two memberships in one organization
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    list: NameSet<Membership>,
    /// The hashes of the teams of all memberships, in the order of the memberships.
    teams: TeamHashes,
    /// For each membership, in order, the number of teams in that membership and in all memberships before it.
    team_counts: Box<[usize]>,
}

impl Memberships {
    /// Creates the memberships of a user who is in no organization.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a list of memberships.
    ///
    /// # Errors
    ///
    /// Returns an error if two memberships are in the same organization.
    pub fn new(memberships: impl IntoIterator<Item = Membership>) -> Result<Self, UserError> {
        let mut memberships: Vec<Membership> = memberships.into_iter().collect();
        memberships.sort_unstable_by(|a, b| a.organization.cmp(&b.organization));
        for pair in memberships.windows(2) {
            if let [a, b] = pair
                && a.organization == b.organization
            {
                return Err(UserError::TwoMemberships { organization: a.organization.clone() });
            }
        }
        let teams = TeamHashes::new(teams_of(&memberships));
        let counts = memberships.iter().scan(0_usize, |count, own| {
            *count = count.saturating_add(own.teams().len());
            Some(*count)
        });
        let team_counts = counts.collect();
        Ok(Self { list: NameSet::sorted(memberships), teams, team_counts })
    }

    /// Returns the memberships, sorted by the name of the organization.
    #[must_use]
    pub const fn as_slice(&self) -> &[Membership] {
        self.list.as_slice()
    }

    /// Returns `true` if the user is in at least one of `teams`. Iterates over `teams` or over the user's teams,
    /// whichever list is shorter.
    ///
    /// This function is never inlined. Most packages have no grants to teams, and a decision about such a package then
    /// neither calls this function nor has to save the registers that it uses. That removed a tenth of the instructions
    /// of a denial for a missing permission; see `docs::performance`.
    #[inline(never)]
    pub(crate) fn is_in_one_of(&self, teams: &Teams) -> bool {
        if teams.len() <= self.team_counts.last().copied().unwrap_or_default() {
            teams.any_in(&self.teams, |(organization, team)| {
                self.find(organization.as_borrowed()).is_some_and(|own| own.is_in_team(team.as_borrowed()))
            })
        } else {
            teams.has_one_of(&self.teams, |position| self.team_at(position))
        }
    }

    /// Returns the team at a position in the list that [`teams_of`] makes of all memberships.
    fn team_at(&self, position: usize) -> Option<TeamPath<'_>> {
        let membership = self.team_counts.partition_point(|count| *count <= position);
        let before =
            membership.checked_sub(1).and_then(|before| self.team_counts.get(before)).copied().unwrap_or_default();
        let own = self.list.as_slice().get(membership)?;
        own.teams().get(position.checked_sub(before)?).map(|team| (&own.organization, team))
    }

    /// Returns the role of the user in an organization, or `None` if the user is not a member.
    #[must_use]
    pub fn role_in(&self, organization: OrganizationName<&str>) -> Option<Role> {
        self.find(organization).map(|membership| membership.role)
    }

    /// Returns the membership in an organization.
    pub(crate) fn find(&self, organization: OrganizationName<&str>) -> Option<&Membership> {
        self.find_text(organization.into_str())
    }

    /// Returns the membership in the organization that owns the scope, or `None` if the user has no such membership.
    ///
    /// A scope has the name of its owner, and users and organizations share one namespace
    /// ([N4](crate::docs::rules#n4)), so an organization with the name of the scope owns it.
    pub(crate) fn find_scope(&self, scope: Scope<&str>) -> Option<&Membership> {
        self.find_text(scope.into_str())
    }

    fn find_text(&self, organization: &str) -> Option<&Membership> {
        self.list.find(organization.as_bytes())
    }
}

/// Returns the teams of all memberships, one membership after the other.
fn teams_of(memberships: &[Membership]) -> impl Iterator<Item = TeamPath<'_>> {
    memberships.iter().flat_map(|own| own.teams().iter().map(|team| (&own.organization, team)))
}

/// The membership of a user in one organization: the role, and the teams of the organization that the user is in.
///
/// The teams are part of the membership, so a user who leaves the organization also leaves its teams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub(crate) organization: OrganizationName,
    pub(crate) role: Role,
    pub(crate) teams: NameSet<TeamName>,
}

impl HasName for Membership {
    #[inline]
    fn name_bytes(&self) -> &[u8] {
        self.organization.as_str().as_bytes()
    }
}

impl Membership {
    /// Creates a membership. The list of teams may be empty.
    ///
    /// # Errors
    ///
    /// Returns an error if a team is listed twice.
    pub fn new(
        organization: OrganizationName,
        role: Role,
        teams: impl IntoIterator<Item = TeamName>,
    ) -> Result<Self, UserError> {
        let mut teams: Vec<TeamName> = teams.into_iter().collect();
        teams.sort_unstable();
        for pair in teams.windows(2) {
            if let [a, b] = pair
                && a == b
            {
                return Err(UserError::TeamTwice { organization, team: a.clone() });
            }
        }
        Ok(Self { organization, role, teams: NameSet::sorted(teams) })
    }

    /// Returns the name of the organization.
    #[must_use]
    pub const fn organization(&self) -> &OrganizationName {
        &self.organization
    }

    /// Returns the role of the user in the organization.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns the teams of the organization that the user is in, sorted.
    #[must_use]
    pub const fn teams(&self) -> &[TeamName] {
        self.teams.as_slice()
    }

    /// Returns `true` if the user is in this team of the organization.
    pub(crate) fn is_in_team(&self, team: TeamName<&str>) -> bool {
        self.teams.contains(team.into_str().as_bytes())
    }
}

/// The error returned when the facts about a user contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// Two memberships are in the same organization.
    #[error("two memberships in the organization `{organization}`: expected one")]
    TwoMemberships {
        /// The name of the organization.
        organization: OrganizationName,
    },
    /// A membership lists a team twice.
    #[error("the team `{team}` of the organization `{organization}` twice: expected once")]
    TeamTwice {
        /// The name of the organization.
        organization: OrganizationName,
        /// The name of the team.
        team: TeamName,
    },
    /// The user is a member of an organization with the user's own name ([N4](crate::docs::rules#n4)).
    #[error(
        "a membership of the user `{name}` in an organization of the same name: users and organizations share one namespace"
    )]
    OrganizationOfSameName {
        /// The name of the user and of the organization.
        name: UserName,
    },
}

#[cfg(test)]
mod tests {
    use super::{AccountStatus, Membership, Memberships, TwoFactorMode, User, UserError, UserFacts};
    use crate::value::{Role, Timestamp};
    use alloc::{string::ToString, vec::Vec};

    fn membership(organization: &str, teams: &[&str]) -> Result<Membership, UserError> {
        let teams: Vec<_> = teams.iter().map(|team| team.parse().unwrap()).collect();
        Membership::new(organization.parse().unwrap(), Role::Member, teams)
    }

    #[test]
    fn contradictory_facts_are_refused() {
        assert_eq!(
            membership("acme", &["a", "b", "a"]).unwrap_err().to_string(),
            "the team `a` of the organization `acme` twice: expected once",
        );
        let twice = Memberships::new([membership("acme", &[]).unwrap(), membership("acme", &["a"]).unwrap()]);
        assert_eq!(twice.unwrap_err().to_string(), "two memberships in the organization `acme`: expected one");
        let own = Memberships::new([membership("alice", &[]).unwrap()]).unwrap();
        let user = User::new(UserFacts {
            name: "alice".parse().unwrap(),
            status: AccountStatus::Active,
            two_factor: TwoFactorMode::Disabled,
            tokens_revoked_until: None,
            writes_held_until: None,
            memberships: own,
        });
        assert_eq!(
            user.unwrap_err().to_string(),
            "a membership of the user `alice` in an organization of the same name: users and organizations share one namespace",
        );
    }

    #[test]
    fn a_user_and_its_view_tell_each_fact() {
        let (cut_off, hold) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let memberships = Memberships::new([membership("acme", &["ops"]).unwrap()]).unwrap();
        let user = User::new(UserFacts {
            name: "alice".parse().unwrap(),
            status: AccountStatus::Suspended,
            two_factor: TwoFactorMode::AuthOnly,
            tokens_revoked_until: Some(cut_off),
            writes_held_until: Some(hold),
            memberships: memberships.clone(),
        });
        let user = user.unwrap();
        assert_eq!((user.status(), user.two_factor()), (AccountStatus::Suspended, TwoFactorMode::AuthOnly));
        assert_eq!((user.tokens_revoked_until(), user.writes_held_until()), (Some(cut_off), Some(hold)));
        assert_eq!((user.name().as_str(), user.memberships()), ("alice", &memberships));
        let view = user.as_view();
        assert_eq!((view.status(), view.two_factor()), (AccountStatus::Suspended, TwoFactorMode::AuthOnly));
        assert_eq!((view.tokens_revoked_until(), view.writes_held_until()), (Some(cut_off), Some(hold)));
        assert_eq!((view.name().as_str(), view.memberships()), ("alice", &memberships));
    }
}
