//! What a token can do now, under its owner's rights.

use alloc::vec::Vec;
use core::fmt;

use crate::{
    decision::{Decision, authorize::PresentedToken},
    facts::{NewTeam, OrganizationState, OwnerView, PackageState, Team},
    operation::{AccountAction, CreateTeam, OrganizationAction, PackageAction, TeamAction},
    token::{Limits, OrganizationsGrant, PackageSelection, PackagesGrant},
    value::{GrantedPermission, OrganizationName, PackageName, Permission, Role, Scope, string_enum},
};

/// What a token can do now, under its owner's rights: a decision for each action on the given packages, organizations
/// and teams and on the owner's account, and the entries of the token's grants that give less than they state.
///
/// ```
/// use tollgate::{MissingPackage, PackageName, Policy, Timestamp, Token, User};
/// use tollgate::facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts};
/// use tollgate::token::{LegacyKind, LegacyToken, TokenFacts};
/// use tollgate::value::AllowedRanges;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let alice = User::new(UserFacts {
///     name: "alice".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::Disabled,
///     tokens_revoked_until: None,
///     writes_held_until: None,
///     memberships: Memberships::empty(),
/// })?;
/// let facts = TokenFacts { id: "t-1".parse()?, owner: "alice".parse()?, created: Timestamp::UNIX_EPOCH, revoked: None };
/// let token = Token::from(LegacyToken::load(facts, LegacyKind::ReadOnly, AllowedRanges::Any));
/// let token = Policy::NPM_2025_10.bind(&token, &alice)?;
///
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
/// let (client_ip, now) = ("192.0.2.1".parse()?, "2025-11-01T00:00:00Z".parse()?);
/// let access = token.at(client_ip, now).effective_access(&[left_pad.into()], &[], &[]);
/// let allowed: Vec<_> = access.decisions().iter().filter(|decision| decision.is_allow()).collect();
/// assert_eq!(allowed.len(), 2); // `whoami` and `revoke-self`
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct EffectiveAccess<'a> {
    decisions: Vec<Decision<'a>>,
    ineffective_grants: Vec<IneffectiveGrant<'a>>,
}

impl<'a> PresentedToken<'a> {
    /// Decides each action on the given packages, organizations and teams, and on the owner's account.
    ///
    /// The result is for the operator only: the reason of an ineffective grant reveals whether a package exists, even a
    /// private package that the owner may not see.
    #[must_use]
    pub fn effective_access(
        &self,
        packages: &[PackageState<'a>],
        organizations: &[OrganizationState<'a>],
        teams: &[Team<'a>],
    ) -> EffectiveAccess<'a> {
        let mut decisions = Vec::new();
        for package in packages {
            decisions.extend(PackageAction::ALL.iter().map(|action| self.decide(action.on(*package))));
        }
        for organization in organizations {
            decisions.extend(OrganizationAction::ALL.iter().map(|action| self.decide(action.on(*organization))));
        }
        for team in teams {
            if let Ok(new_team) = NewTeam::new(team.organization, team.name) {
                decisions.push(self.decide(CreateTeam.on(new_team)));
            }
            decisions.extend(TeamAction::ALL.iter().map(|action| self.decide(action.on(*team))));
        }
        let owner = self.bound().token.owner;
        decisions.extend(AccountAction::ALL.iter().map(|action| self.decide(action.on(owner))));
        EffectiveAccess { decisions, ineffective_grants: self.ineffective_grants(packages, organizations) }
    }

    fn ineffective_grants(
        &self,
        packages: &[PackageState<'a>],
        organizations: &[OrganizationState<'a>],
    ) -> Vec<IneffectiveGrant<'a>> {
        let bound = self.bound();
        let Limits::Granular(granular) = bound.token.limits else { return Vec::new() };
        let owner = &bound.owner();
        let mut ineffective = Vec::new();
        if let PackagesGrant::Granted { permission, selection: PackageSelection::Only(only) } = granular.packages {
            let needs = Permission::from(*permission);
            for scope in only.scopes() {
                let why = scope_is_ineffective(scope.as_borrowed(), needs, owner, packages);
                ineffective
                    .extend(why.map(|why| IneffectiveGrant { entry: GrantEntry::Scope(scope.as_borrowed()), why }));
            }
            for name in only.packages() {
                let why = packages.iter().find(|state| state.name() == *name).and_then(|state| match state {
                    PackageState::Missing(_) => Some(IneffectiveReason::Gone),
                    PackageState::Existing(package) => {
                        below(package.permission_for_token(owner.name, owner.memberships, needs), needs)
                    }
                });
                ineffective
                    .extend(why.map(|why| IneffectiveGrant { entry: GrantEntry::Package(name.as_borrowed()), why }));
            }
        }
        if let OrganizationsGrant::Granted { permission, selection } = granular.organizations {
            for name in selection.as_slice() {
                let why = organizations.iter().find(|state| state.name() == *name).and_then(|state| match state {
                    OrganizationState::Missing(_) => Some(IneffectiveReason::Gone),
                    OrganizationState::Existing(_) => match (owner.memberships.role_in(name.as_borrowed()), permission)
                    {
                        (None, _) => Some(IneffectiveReason::OwnerHasNothing),
                        (Some(Role::Member), GrantedPermission::ReadWrite) => Some(IneffectiveReason::OwnerHasReadOnly),
                        (Some(_), _) => None,
                    },
                });
                ineffective.extend(
                    why.map(|why| IneffectiveGrant { entry: GrantEntry::Organization(name.as_borrowed()), why }),
                );
            }
        }
        ineffective
    }
}

/// Returns why a selected scope is ineffective. `None` if the scope is effective, or if no existing package in the
/// scope was given. A scope is effective if it belongs to the owner or to an organization that the owner is a member
/// of, because the owner may create packages in it. A scope is also effective if the owner has the permission `needs`
/// on one of the given packages in it.
fn scope_is_ineffective(
    scope: Scope<&str>,
    needs: Permission,
    owner: &OwnerView<'_>,
    packages: &[PackageState<'_>],
) -> Option<IneffectiveReason> {
    if scope.is_of_user(&owner.name) || owner.memberships.find_scope(scope).is_some() {
        return None;
    }
    let held = packages.iter().filter_map(|state| match state {
        PackageState::Existing(package) if scope.covers(package.name()) => {
            Some(package.permission_for_token(owner.name, owner.memberships, needs))
        }
        PackageState::Existing(_) | PackageState::Missing(_) => None,
    });
    // A scope is not judged if no existing package in it was given.
    below(held.max()?, needs)
}

fn below(held: Permission, needs: Permission) -> Option<IneffectiveReason> {
    match held {
        Permission::NoAccess => Some(IneffectiveReason::OwnerHasNothing),
        // A user's permission is never `stage-only`.
        Permission::ReadOnly | Permission::StageOnly if needs > Permission::ReadOnly => {
            Some(IneffectiveReason::OwnerHasReadOnly)
        }
        Permission::ReadOnly | Permission::StageOnly | Permission::ReadWrite => None,
    }
}

impl<'a> EffectiveAccess<'a> {
    /// Returns a decision for each action on each given package, organization and team, and on the owner's account.
    /// Actions on two resources at once (`grant-team-access`, `revoke-team-access`, `share-package`) are left out:
    /// decide those pair by pair.
    pub fn decisions(&self) -> &[Decision<'a>] {
        &self.decisions
    }

    /// Returns the entries of the token's grants that give nothing, or less than they state. An entry is not judged if
    /// no facts about it were given.
    #[must_use]
    pub fn ineffective_grants(&self) -> &[IneffectiveGrant<'a>] {
        &self.ineffective_grants
    }
}

/// An entry of a token's grants that now gives nothing, or less than it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IneffectiveGrant<'a> {
    /// The entry.
    pub entry: GrantEntry<'a>,
    /// Why the entry gives nothing, or less than it states.
    pub why: IneffectiveReason,
}

/// An entry of a token's selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantEntry<'a> {
    /// A package.
    Package(PackageName<&'a str>),
    /// A scope.
    Scope(Scope<&'a str>),
    /// An organization.
    Organization(OrganizationName<&'a str>),
}

string_enum! {
    /// Why an entry of a token's grants gives nothing, or less than it states.
    #[non_exhaustive]
    pub enum IneffectiveReason: "reason why a grant is ineffective" {
        /// The package or the organization does not exist.
        Gone = "gone",
        /// The owner has no permission on the package or in the scope, or is not a member of the organization.
        OwnerHasNothing = "owner-has-nothing",
        /// The entry gives `stage-only` or `read-write`, but the owner may only read.
        OwnerHasReadOnly = "owner-has-read-only",
    }
}

impl fmt::Display for IneffectiveGrant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            GrantEntry::Package(package) => write!(f, "package `{package}`")?,
            GrantEntry::Scope(scope) => write!(f, "scope `{scope}`")?,
            GrantEntry::Organization(organization) => write!(f, "organization `{organization}`")?,
        }
        write!(f, ": {}", self.why)
    }
}

/// Writes a line for each decision, then a line for each ineffective grant.
impl fmt::Display for EffectiveAccess<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for decision in &self.decisions {
            let verdict = decision.verdict();
            write!(f, "{verdict:<9}  ")?;
            match decision.operation() {
                Some(operation) => write!(f, "{operation}")?,
                None => write!(f, "{}", decision.action().requested_as())?,
            }
            match decision {
                Decision::Allow(allow) => writeln!(f, " (via {})", allow.allowed_by())?,
                Decision::Challenge(challenge) => writeln!(f, " (second factor for the {})", challenge.demanded_by())?,
                Decision::Deny(deny) => writeln!(f, " ({})", deny.reason())?,
            }
        }
        self.ineffective_grants.iter().try_for_each(|grant| writeln!(f, "grant without effect: {grant}"))
    }
}

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{EffectiveAccess, GrantEntry, IneffectiveGrant};
    use crate::decision::audit_record::AuditRecord;
    use serde::{Serialize, Serializer, ser::SerializeStruct};

    impl Serialize for IneffectiveGrant<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("IneffectiveGrant", 2)?;
            match self.entry {
                GrantEntry::Package(package) => fields.serialize_field("package", &package)?,
                GrantEntry::Scope(scope) => fields.serialize_field("scope", &scope)?,
                GrantEntry::Organization(organization) => fields.serialize_field("org", &organization)?,
            }
            fields.serialize_field("why", &self.why)?;
            fields.end()
        }
    }

    impl Serialize for EffectiveAccess<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let records = self.decisions.iter().map(AuditRecord::from).collect::<alloc::vec::Vec<_>>();
            let mut fields = serializer.serialize_struct("EffectiveAccess", 2)?;
            fields.serialize_field("decisions", &records)?;
            fields.serialize_field("dead_grants", &self.ineffective_grants)?;
            fields.end()
        }
    }
}
