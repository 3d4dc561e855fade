//! Checks that the token's owner may perform the operation now. No token allows more than its owner may do: the owner's
//! rights are the ceiling of the token ([C](crate::docs::rules#c)).

use super::{Context, Finding};
use crate::{
    facts::{
        ExternalCeiling, Membership, OrganizationAndPackage, OwnerView, PackageState, PackageView, RecordedGrants,
        Rights, ScopeOwner, TeamAndPackage,
    },
    operation::{Action, Operation, PackageAction},
    rules::{comparison::Comparison, reason::Reason},
    value::{OrganizationName, PackageName, Permission, Role},
};

/// Denies an action on an organization in which the role of the token's owner is too low ([C5](crate::docs::rules#c5)).
/// Reading requires the role `member` or higher, changing teams and their access requires `admin` or higher, and every
/// other action requires `owner`.
#[inline(always)]
pub(super) fn owner_role<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    let owner = &context.bound().owner();
    let Some(organization) = context.operation().organization() else { return Finding::DOES_NOT_APPLY };
    let organization = organization.name();
    let needs = match context.action {
        Action::ReadOrg => Role::Member,
        Action::CreateTeam
        | Action::DeleteTeam
        | Action::AddTeamMember
        | Action::RemoveTeamMember
        | Action::GrantTeamAccess
        | Action::RevokeTeamAccess => Role::Admin,
        Action::ChangeOrgSettings
        | Action::AddMember
        | Action::RemoveMember
        | Action::ChangeMemberRole
        | Action::ManageBilling
        | Action::RenameOrg
        | Action::DeleteOrg
        | Action::SharePackage => Role::Owner,
        // These actions are not on an organization.
        Action::ReadPackage
        | Action::ListCollaborators
        | Action::CreatePackage
        | Action::PublishVersion
        | Action::Unpublish
        | Action::Deprecate
        | Action::SetDistTag
        | Action::ChangeVisibility
        | Action::ChangePublishingAccess
        | Action::ChangeMaintainers
        | Action::Stage
        | Action::ReadStage
        | Action::ApproveStage
        | Action::RejectStage
        | Action::StarPackage
        | Action::Whoami
        | Action::RevokeSelf
        | Action::ReadProfile
        | Action::ChangeProfile
        | Action::ChangePassword
        | Action::EnrolTwoFactor
        | Action::ConfigureTwoFactor
        | Action::ListTokens
        | Action::CreateToken
        | Action::RevokeToken => return Finding::DOES_NOT_APPLY,
    };
    let has = owner.memberships.role_in(organization);
    let passes = has.is_some_and(|has| has >= needs);
    let comparison = Comparison::OwnerRole { owner: owner.name, organization, has, needs };
    Finding::new(passes, Reason::OwnerLacksPermission, comparison)
}

/// Denies an action on a package for which the token's owner does not have the right ([C2](crate::docs::rules#c2) to
/// [C5](crate::docs::rules#c5)). An earlier check denies actions on packages that do not exist
/// ([D1](crate::docs::rules#d1)).
#[inline(always)]
pub(super) fn owner_right<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    let (owner, action) = (&context.bound().owner(), context.action);
    match context.operation() {
        Operation::Package { action: PackageAction::Publish, package: PackageState::Missing(package) } => {
            match package.ceiling {
                Some(ceiling) => external_ceiling(ceiling, owner, package.name, action),
                None => creation_right(owner, package.name),
            }
        }
        Operation::Package { action: requested, package: PackageState::Existing(package) } => match package.rights {
            Rights::DecidedElsewhere(ceiling) => external_ceiling(ceiling, owner, package.name(), action),
            Rights::Recorded(grants) => match requested {
                PackageAction::ReadPackage | PackageAction::ListCollaborators | PackageAction::StarPackage => {
                    read_access(owner, package, grants)
                }
                PackageAction::ChangeVisibility => scope_control(owner, package),
                PackageAction::Publish
                | PackageAction::Unpublish
                | PackageAction::Deprecate
                | PackageAction::SetDistTag
                | PackageAction::ChangePublishingAccess
                | PackageAction::ChangeMaintainers
                | PackageAction::Stage
                | PackageAction::ReadStage
                | PackageAction::ApproveStage
                | PackageAction::RejectStage => write_access(owner, package, grants),
            },
        },
        Operation::GrantTeamAccess(TeamAndPackage { team, package: PackageState::Existing(package) }) => {
            match (package.rights, package.scope_owner) {
                (Rights::DecidedElsewhere(ceiling), _) => external_ceiling(ceiling, owner, package.name(), action),
                // A grant on another organization's package would remain after the user has left that organization.
                // Only that organization can give such a grant, by `share-package` (C5).
                (Rights::Recorded(_), ScopeOwner::Organization | ScopeOwner::Nobody) => {
                    scope_of_organization(team.organization.name(), package)
                }
                (Rights::Recorded(grants), ScopeOwner::Unscoped | ScopeOwner::User) => {
                    write_access(owner, package, grants)
                }
            }
        }
        Operation::SharePackage(OrganizationAndPackage { organization, package: PackageState::Existing(package) }) => {
            match package.rights {
                Rights::DecidedElsewhere(ceiling) => external_ceiling(ceiling, owner, package.name(), action),
                Rights::Recorded(_) => scope_of_organization(organization.name(), package),
            }
        }
        // Once the package exists, taking a team's access away depends on the role in the organization alone.
        Operation::RevokeTeamAccess(_)
        | Operation::Package { action: _, package: PackageState::Missing(_) }
        | Operation::GrantTeamAccess(TeamAndPackage { team: _, package: PackageState::Missing(_) })
        | Operation::SharePackage(OrganizationAndPackage { organization: _, package: PackageState::Missing(_) })
        | Operation::Organization { .. }
        | Operation::CreateTeam { .. }
        | Operation::Team { .. }
        | Operation::Account { .. } => Finding::DOES_NOT_APPLY,
    }
}

/// Requires that the registry, which decides the owner's rights elsewhere, has decided that the owner may do this
/// ([C7](crate::docs::rules#c7)).
#[inline(always)]
fn external_ceiling<'a>(
    ceiling: &'a ExternalCeiling,
    owner: &OwnerView<'a>,
    package: PackageName<&'a str>,
    action: Action,
) -> Finding<'a> {
    let allows = ceiling.allows(owner.name, &package, action);
    let comparison = Comparison::ExternalCeiling { owner: owner.name, package, action, ceiling, allows };
    Finding::new(allows, Reason::OwnerLacksPermission, comparison)
}

/// Requires read access to the package. Everyone has it if the package is public ([C2](crate::docs::rules#c2)).
#[inline(always)]
fn read_access<'a>(owner: &OwnerView<'a>, package: &PackageView<'a>, grants: RecordedGrants<'a>) -> Finding<'a> {
    let has = package.read_permission_of(grants, owner.name, owner.memberships);
    permission(owner, package, has, Permission::ReadOnly)
}

/// Requires write access to the package, by a grant or by owning its scope ([C2](crate::docs::rules#c2)).
#[inline(always)]
fn write_access<'a>(owner: &OwnerView<'a>, package: &PackageView<'a>, grants: RecordedGrants<'a>) -> Finding<'a> {
    let has = package.permission_of(grants, owner.name, owner.memberships);
    permission(owner, package, has, Permission::ReadWrite)
}

#[inline(always)]
fn permission<'a>(owner: &OwnerView<'a>, package: &PackageView<'a>, has: Permission, needs: Permission) -> Finding<'a> {
    let comparison = Comparison::OwnerPermission { owner: owner.name, package: package.name(), has, needs };
    Finding::new(has >= needs, Reason::OwnerLacksPermission, comparison)
}

/// Requires the right to create a package with this name ([C3](crate::docs::rules#c3)). Every user may create an
/// unscoped package. In a scope, only the user that owns it or the members of the organization that owns it may.
///
/// A scope has the name of its owner, and users and organizations share one namespace ([N4](crate::docs::rules#n4)), so
/// comparing the scope with the user's name and memberships is enough.
#[inline(always)]
fn creation_right<'a>(owner: &OwnerView<'a>, package: PackageName<&'a str>) -> Finding<'a> {
    let may_create = match package.scope() {
        None => true,
        Some(scope) => scope.is_of_user(&owner.name) || owner.memberships.find_scope(scope).is_some(),
    };
    let comparison = Comparison::Creator { owner: owner.name, package, may_create };
    Finding::new(may_create, Reason::OwnerLacksPermission, comparison)
}

/// Requires that the package's scope belongs to the user, or to an organization in which the user has the role `owner`
/// ([C4](crate::docs::rules#c4)). An unscoped package never passes.
#[inline(always)]
fn scope_control<'a>(owner: &OwnerView<'a>, package: &PackageView<'a>) -> Finding<'a> {
    let own = package.is_in_scope_of_user(owner.name);
    let role = match package.scope_owner {
        ScopeOwner::Organization => {
            package.name().scope().and_then(|scope| owner.memberships.find_scope(scope)).map(Membership::role)
        }
        ScopeOwner::Unscoped | ScopeOwner::User | ScopeOwner::Nobody => None,
    };
    let comparison = Comparison::ScopeControl {
        owner: owner.name,
        package: package.name(),
        scope_owner: package.scope_owner,
        role,
        own,
    };
    Finding::new(own || role == Some(Role::Owner), Reason::OwnerLacksPermission, comparison)
}

/// Requires that the package's scope belongs to the organization ([C5](crate::docs::rules#c5)).
#[inline(always)]
fn scope_of_organization<'a>(organization: OrganizationName<&'a str>, package: &PackageView<'a>) -> Finding<'a> {
    let holds = package.is_in_scope_of_organization(organization);
    let comparison = Comparison::ScopeOfOrganization {
        organization,
        package: package.name(),
        scope_owner: package.scope_owner,
        holds,
    };
    Finding::new(holds, Reason::OwnerLacksPermission, comparison)
}

/// Denies an action on another user's account ([C6](crate::docs::rules#c6)).
#[inline(always)]
pub(super) fn own_account<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    let Some(account) = context.operation().account() else { return Finding::DOES_NOT_APPLY };
    let owner = context.bound().token.owner;
    let comparison = Comparison::Account { owner, account: account.user };
    Finding::new(owner == account.user, Reason::OwnerLacksPermission, comparison)
}

/// Denies the creation of a package under a name that no new package may have ([C3](crate::docs::rules#c3),
/// [N2](crate::docs::rules#n2)).
#[inline(always)]
pub(super) fn new_name_valid<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    match (context.action, context.operation().package_ref()) {
        (Action::CreatePackage, Some(package)) => {
            let package = package.name();
            Finding::new(package.is_new(), Reason::InvalidNewName, Comparison::NewName { package })
        }
        _ => Finding::DOES_NOT_APPLY,
    }
}
