//! Users with their live state: what bounds every token of theirs (C, F, T1, T4).

use alloc::{boxed::Box, vec::Vec};

use crate::{
    facts::team_index::{TeamHashes, TeamPath, Teams},
    value::{NameSet, Named, OrganizationName, Role, Scope, TeamName, Timestamp, UserName, string_enum},
};

string_enum! {
    /// **Whether an account may be used** (T4).
    #[non_exhaustive]
    pub enum AccountStatus: "account status" {
        /// In good standing.
        Active = "active",
        /// None of its tokens works.
        Suspended = "suspended",
    }
}

string_enum! {
    /// **The second-factor mode of an account** (F4).
    #[non_exhaustive]
    pub enum TwoFactorMode: "two-factor mode" {
        /// No second factor is enrolled.
        Disabled = "disabled",
        /// Asked for when the account itself is changed.
        AuthOnly = "auth-only",
        /// Asked for on every write too.
        AuthAndWrites = "auth-and-writes",
    }
}

/// **A user as of this moment**: the ceiling of every token that belongs to them.
///
/// Load it with each decision: a right taken from the user is taken from their tokens at once.
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
///     memberships: Memberships::new([acme])?,
/// })?;
/// assert_eq!(alice.memberships().role_in(OrganizationName::new("acme")?), Some(Role::Admin));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: UserName,
    status: AccountStatus,
    two_factor: TwoFactorMode,
    tokens_revoked_until: Option<Timestamp>,
    memberships: Memberships,
}

/// **The facts that make a [`User`]**, or, borrowed, an [`OwnerView`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserFacts<T: AsRef<str> = Box<str>, M = Memberships> {
    /// The account's name.
    pub name: UserName<T>,
    /// Whether the account may be used ([T4](crate::docs::rules#t4)).
    pub status: AccountStatus,
    /// When the account asks for a second factor ([F4](crate::docs::rules#f4)).
    pub two_factor: TwoFactorMode,
    /// The account's cut-off: every token made at or before this time is revoked ([T1](crate::docs::rules#t1)).
    pub tokens_revoked_until: Option<Timestamp>,
    /// The organizations that the user is in.
    pub memberships: M,
}

impl User {
    /// Takes a user's facts as of now.
    ///
    /// # Errors
    /// A membership in an organization of the user's own name: users and organizations share one namespace
    /// ([N4](crate::docs::rules#n4)).
    pub fn new(facts: UserFacts) -> Result<Self, UserError> {
        let UserFacts { name, status, two_factor, tokens_revoked_until, memberships } = facts;
        check_name(name.as_borrowed(), &memberships)?;
        Ok(Self { name, status, two_factor, tokens_revoked_until, memberships })
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &UserName {
        &self.name
    }

    /// The organizations that the user is in.
    #[must_use]
    pub const fn memberships(&self) -> &Memberships {
        &self.memberships
    }

    /// What the checks read of it. Costs nothing.
    #[must_use]
    #[inline]
    pub fn as_view(&self) -> OwnerView<'_> {
        OwnerView {
            name: self.name.as_borrowed(),
            status: self.status,
            two_factor: self.two_factor,
            tokens_revoked_until: self.tokens_revoked_until,
            memberships: &self.memberships,
        }
    }
}

/// **What the checks read of a user**, borrowed: from a [`User`], or from other storage of the same validated values.
#[derive(Clone, Copy, Debug)]
pub struct OwnerView<'a> {
    pub(crate) name: UserName<&'a str>,
    pub(crate) status: AccountStatus,
    pub(crate) two_factor: TwoFactorMode,
    pub(crate) tokens_revoked_until: Option<Timestamp>,
    pub(crate) memberships: &'a Memberships,
}

fn check_name(name: UserName<&str>, memberships: &Memberships) -> Result<(), UserError> {
    match memberships.find_text(name.into_str()) {
        Some(_) => Err(UserError::OrganizationOfSameName { name: name.into_owned() }),
        None => Ok(()),
    }
}

impl<'a> OwnerView<'a> {
    /// Takes a user's facts as of now, borrowed from other storage.
    ///
    /// # Errors
    /// As [`User::new`].
    pub fn new(facts: UserFacts<&'a str, &'a Memberships>) -> Result<Self, UserError> {
        let UserFacts { name, status, two_factor, tokens_revoked_until, memberships } = facts;
        check_name(name, memberships)?;
        Ok(Self { name, status, two_factor, tokens_revoked_until, memberships })
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> UserName<&'a str> {
        self.name
    }
}

impl<'a> From<&'a User> for OwnerView<'a> {
    #[inline]
    fn from(user: &'a User) -> Self {
        user.as_view()
    }
}

/// **The organizations that a user is in**, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    list: NameSet<Membership>,
    teams: TeamHashes,
    /// How many teams there are up to the end of each membership.
    team_counts: Box<[usize]>,
}

impl Memberships {
    /// In no organization.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// In these organizations.
    ///
    /// # Errors
    /// Two memberships in one organization.
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

    /// The memberships, in the order of the organizations' names.
    #[must_use]
    pub const fn as_slice(&self) -> &[Membership] {
        self.list.as_slice()
    }

    /// Whether the user is in one of the teams, while a member of its organization. Walks the shorter of the two lists.
    ///
    /// Apart from its caller: most packages have no grants to teams, and need none of the registers that this takes.
    #[inline(never)]
    pub(crate) fn is_in_one_of(&self, teams: &Teams) -> bool {
        if teams.len() <= self.team_counts.last().copied().unwrap_or_default() {
            teams.any_in(&self.teams, |(organization, team)| {
                self.find(organization.as_borrowed()).is_some_and(|own| own.is_in_team(team.as_borrowed()))
            })
        } else {
            teams.has_one_of(&self.teams, |place| self.team_at(place))
        }
    }

    /// The team at a place, counted through all memberships in their order.
    fn team_at(&self, place: usize) -> Option<TeamPath<'_>> {
        let membership = self.team_counts.partition_point(|count| *count <= place);
        let before =
            membership.checked_sub(1).and_then(|before| self.team_counts.get(before)).copied().unwrap_or_default();
        let own = self.list.as_slice().get(membership)?;
        own.teams().get(place.checked_sub(before)?).map(|team| (&own.organization, team))
    }

    /// The role in the organization, if the user is in it.
    #[must_use]
    pub fn role_in(&self, organization: OrganizationName<&str>) -> Option<Role> {
        self.find(organization).map(|membership| membership.role)
    }

    pub(crate) fn find(&self, organization: OrganizationName<&str>) -> Option<&Membership> {
        self.find_text(organization.into_str())
    }

    /// The membership in the organization whose scope it is (N4).
    pub(crate) fn find_scope(&self, scope: Scope<&str>) -> Option<&Membership> {
        self.find_text(scope.into_str())
    }

    fn find_text(&self, organization: &str) -> Option<&Membership> {
        self.list.find(organization.as_bytes())
    }
}

fn teams_of(memberships: &[Membership]) -> impl Iterator<Item = TeamPath<'_>> {
    memberships.iter().flat_map(|own| own.teams().iter().map(|team| (&own.organization, team)))
}

/// **A user's place in one organization**: the role, and the teams. Leaving the organization leaves its teams with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub(crate) organization: OrganizationName,
    pub(crate) role: Role,
    pub(crate) teams: NameSet<TeamName>,
}

impl Named for Membership {
    #[inline]
    fn name_bytes(&self) -> &[u8] {
        self.organization.as_str().as_bytes()
    }
}

impl Membership {
    /// A membership with the teams that the user is in there, which may be none.
    ///
    /// # Errors
    /// A team named twice.
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

    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &OrganizationName {
        &self.organization
    }

    /// The role in it.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The teams of it that the user is in, in their order.
    #[must_use]
    pub const fn teams(&self) -> &[TeamName] {
        self.teams.as_slice()
    }

    pub(crate) fn is_in_team(&self, team: TeamName<&str>) -> bool {
        self.teams.contains(team.into_str().as_bytes())
    }
}

/// A user's state that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// Two memberships in one organization.
    #[error("two memberships in the organization `{organization}`: expected one")]
    TwoMemberships {
        /// The organization.
        organization: OrganizationName,
    },
    /// One team twice in one membership.
    #[error("the team `{team}` of the organization `{organization}` twice: expected once")]
    TeamTwice {
        /// The organization.
        organization: OrganizationName,
        /// The team.
        team: TeamName,
    },
    /// A member of an organization that has the user's own name (N4).
    #[error(
        "a membership of the user `{name}` in an organization of the same name: users and organizations share one namespace"
    )]
    OrganizationOfSameName {
        /// The name of both.
        name: UserName,
    },
}

/// **A second factor that a user has just shown**: whose it is and when it was verified (F6).
///
/// Make one only after verifying a one-time password or its like. It turns a challenge of its owner's token into an
/// allow and changes nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedFactor<'a> {
    /// Whose factor was shown.
    pub owner: UserName<&'a str>,
    /// When it was verified.
    pub verified_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::{AccountStatus, Membership, Memberships, TwoFactorMode, User, UserError, UserFacts};
    use crate::value::Role;
    use alloc::{string::ToString, vec::Vec};

    fn membership(organization: &str, teams: &[&str]) -> Result<Membership, UserError> {
        let teams: Vec<_> = teams.iter().map(|team| team.parse().unwrap()).collect();
        Membership::new(organization.parse().unwrap(), Role::Member, teams)
    }

    #[test]
    fn states_that_cannot_be_are_refused() {
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
            memberships: own,
        });
        assert_eq!(
            user.unwrap_err().to_string(),
            "a membership of the user `alice` in an organization of the same name: users and organizations share one namespace",
        );
    }
}
