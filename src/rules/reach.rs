//! Checks of what the token itself reaches: its kind ([K](crate::docs::rules#k)), whether the resource exists
//! ([D1](crate::docs::rules#d1)), the public read ([V](crate::docs::rules#v)) and the grants of a granular token
//! ([G](crate::docs::rules#g)).

use super::{Context, Finding, PublicReadOutcome, RequirementOutcome};
use crate::{
    facts::{OrganizationState, PackageState, PackageView, Visibility},
    operation::{Action, BoundToken, GranularRequirement, Operation, PackageAction},
    rules::{comparison::Comparison, reason::Reason},
    token::{CoveredBy, Grants, Limits, PackagesGrant, TokenView},
    value::{GrantKind, PackageName, Permission},
};

/// Denies an action that no token of this kind may take ([K1](crate::docs::rules#k1)).
#[inline(always)]
pub(super) fn kind_has_action<'a>(token: &TokenView<'a>, action: Action, needs: GranularRequirement) -> Finding<'a> {
    let comparison = Comparison::Kind { kind: token.kind(), action };
    Finding::new(action.is_for(token.kind(), needs), Reason::KindForbidsAction, comparison)
}

/// Denies a granular token without the permission that the action needs on any resource
/// ([G1](crate::docs::rules#g1)).
///
/// This check runs before the checks that the resource exists ([D1](crate::docs::rules#d1)). It leaves out the two
/// actions whose decision depends on whether the package is public.
#[inline(always)]
pub(super) fn permission_for_action<'a>(
    token: &TokenView<'a>,
    action: Action,
    needs: GranularRequirement,
) -> Finding<'a> {
    match (token.limits, needs) {
        (Limits::Granular(granular), GranularRequirement::Permission(grant, needs)) if !depends_on_resource(action) => {
            permission(&granular, grant, needs, |has| match (action, has) {
                (Action::CreatePackage | Action::PublishVersion, Permission::StageOnly) => Reason::StageRequired,
                (_, _) => Reason::PermissionTooLow,
            })
        }
        (Limits::Granular(_) | Limits::Legacy(_) | Limits::Session { .. }, _) => Finding::DOES_NOT_APPLY,
    }
}

#[inline(always)]
fn depends_on_resource(action: Action) -> bool {
    matches!(action, Action::ReadPackage | Action::ListCollaborators)
}

/// Compares a granular token's permission on packages or on organizations with what the action needs
/// ([G1](crate::docs::rules#g1)).
#[inline(always)]
fn permission<'a>(
    granular: &Grants<'a>,
    grant: GrantKind,
    needs: Permission,
    reason: impl Fn(Permission) -> Reason,
) -> Finding<'a> {
    let has = match grant {
        GrantKind::Packages => granular.packages.permission(),
        GrantKind::Organizations => granular.organizations.permission(),
    };
    let outcome = if has >= needs { RequirementOutcome::Passed } else { RequirementOutcome::Failed(reason(has)) };
    Finding { outcome, comparison: Some(Comparison::Permission { grant, has, needs }) }
}

/// Denies an operation on an organization that does not exist ([D1](crate::docs::rules#d1)).
#[inline(always)]
pub(super) fn organization_exists<'a>(operation: &Operation<'a>) -> Finding<'a> {
    let Some(organization) = operation.organization() else { return Finding::DOES_NOT_APPLY };
    let exists = match organization {
        OrganizationState::Existing(_) => true,
        OrganizationState::Missing(_) => false,
    };
    let comparison = Comparison::OrganizationExists { organization: organization.name(), exists };
    Finding::new(exists, Reason::NoSuchOrg, comparison)
}

/// Denies an operation on a package that does not exist, other than its creation ([D1](crate::docs::rules#d1)).
#[inline(always)]
pub(super) fn package_exists<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    match context.operation().package_ref() {
        Some(package) if context.action != Action::CreatePackage => {
            let (exists, on_record) = match package {
                PackageState::Existing(package) => (exists_for(context, package), true),
                PackageState::Missing(_) => (false, false),
            };
            let comparison = Comparison::PackageExists { package: package.name(), exists, on_record };
            Finding::new(exists, Reason::NoSuchPackage, comparison)
        }
        Some(_) | None => Finding::DOES_NOT_APPLY,
    }
}

/// Whether a package on record counts as existing. For `revoke-team-access` a private package does so only if this
/// token could read it, if its scope is that organization's, or if some team of that organization has a grant on it:
/// else any admin of any organization could ask which private names exist ([C5](crate::docs::rules#c5)).
#[inline(always)]
fn exists_for(context: &Context<'_, '_>, package: &PackageView<'_>) -> bool {
    match context.operation() {
        Operation::RevokeTeamAccess(resource) => {
            let organization = resource.team.organization.name();
            package.is_in_scope_of_organization(organization)
                || package.has_grant_to_team_of(organization)
                || could_read(context.bound(), package)
        }
        Operation::Package { .. }
        | Operation::Organization { .. }
        | Operation::CreateTeam { .. }
        | Operation::Team { .. }
        | Operation::GrantTeamAccess(_)
        | Operation::SharePackage(_)
        | Operation::Account { .. } => true,
    }
}

/// Allows everyone to read a public package ([V1](crate::docs::rules#v1)).
#[inline(always)]
pub(super) fn public_read<'a>(operation: &Operation<'a>) -> Finding<'a, PublicReadOutcome> {
    match operation {
        Operation::Package { action: PackageAction::ReadPackage, package: PackageState::Existing(package) } => {
            let outcome = match package.visibility {
                Visibility::Public => PublicReadOutcome::Allows,
                Visibility::Private => PublicReadOutcome::DoesNotApply,
            };
            let comparison = Comparison::Visibility { package: package.name(), visibility: package.visibility };
            Finding { outcome, comparison: Some(comparison) }
        }
        Operation::Package { .. }
        | Operation::Organization { .. }
        | Operation::CreateTeam { .. }
        | Operation::Team { .. }
        | Operation::GrantTeamAccess(_)
        | Operation::RevokeTeamAccess(_)
        | Operation::SharePackage(_)
        | Operation::Account { .. } => Finding { outcome: PublicReadOutcome::DoesNotApply, comparison: None },
    }
}

/// Returns the package of a `grant-team-access` operation if the team's organization does not own the package's scope.
///
/// Giving a team access to such a package needs rights over the package as well as over the organization: a permission
/// ([G1](crate::docs::rules#g1)), a selection ([G2](crate::docs::rules#g2)) and the owner's own right
/// ([C5](crate::docs::rules#c5)).
#[inline(always)]
fn foreign_package<'o, 'a>(operation: &'o Operation<'a>) -> Option<&'o PackageView<'a>> {
    match operation {
        Operation::GrantTeamAccess(resource) => match &resource.package {
            PackageState::Existing(package)
                if !package.is_in_scope_of_organization(resource.team.organization.name()) =>
            {
                Some(package)
            }
            PackageState::Existing(_) | PackageState::Missing(_) => None,
        },
        Operation::Package { .. }
        | Operation::Organization { .. }
        | Operation::CreateTeam { .. }
        | Operation::Team { .. }
        | Operation::RevokeTeamAccess(_)
        | Operation::SharePackage(_)
        | Operation::Account { .. } => None,
    }
}

/// Denies a granular token without the permission that the action needs on this resource
/// ([G1](crate::docs::rules#g1)).
///
/// This check applies to the two reads that [`permission_for_action`] leaves out, and to `grant-team-access` on a
/// [`foreign_package`], which needs `read-write` on packages too.
#[inline(always)]
pub(super) fn permission_for_resource<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    let Limits::Granular(granular) = context.bound().token.limits else { return Finding::DOES_NOT_APPLY };
    match (depends_on_resource(context.action), context.needs) {
        (true, GranularRequirement::Permission(grant, needs)) => {
            permission(&granular, grant, needs, |_| Reason::PermissionTooLow)
        }
        (true, GranularRequirement::Nothing | GranularRequirement::Never) => Finding::DOES_NOT_APPLY,
        (false, _) => match foreign_package(context.operation()) {
            Some(_) => permission(&granular, GrantKind::Packages, Permission::ReadWrite, |_| Reason::PermissionTooLow),
            None => Finding::DOES_NOT_APPLY,
        },
    }
}

/// Denies an operation on an organization that is not in the granular token's selection
/// ([G2](crate::docs::rules#g2)).
#[inline(always)]
pub(super) fn organization_selected<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    match (context.bound().token.limits, context.needs, context.operation().organization()) {
        (
            Limits::Granular(granular),
            GranularRequirement::Permission(GrantKind::Organizations, _),
            Some(organization),
        ) => {
            let (organization, grant) = (organization.name(), granular.organizations);
            let covered_by = grant.covers(organization);
            let comparison = Comparison::OrganizationSelected { organization, grant, covered_by };
            Finding::new(covered_by.is_some(), Reason::NotSelected, comparison)
        }
        _ => Finding::DOES_NOT_APPLY,
    }
}

/// Denies an operation on a package that is not in the granular token's selection ([G2](crate::docs::rules#g2)).
///
/// For `grant-team-access`, only a [`foreign_package`] has to be selected.
#[inline(always)]
pub(super) fn package_selected<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    let Limits::Granular(granular) = context.bound().token.limits else { return Finding::DOES_NOT_APPLY };
    match (context.action, context.operation()) {
        (Action::CreatePackage | Action::StarPackage, _) => Finding::DOES_NOT_APPLY,
        (_, Operation::Package { action: _, package }) => selected(granular.packages, package.name()),
        (_, operation) => match foreign_package(operation) {
            Some(package) => selected(granular.packages, package.name()),
            None => Finding::DOES_NOT_APPLY,
        },
    }
}

#[inline(always)]
fn selected<'a>(grant: &'a PackagesGrant, package: PackageName<&'a str>) -> Finding<'a> {
    let covered_by = grant.covers(package);
    let comparison = Comparison::PackageSelected { package, grant, covered_by };
    Finding::new(covered_by.is_some(), Reason::NotSelected, comparison)
}

/// Denies the creation of a package unless all packages or its scope are selected ([G3](crate::docs::rules#g3)). A
/// selection by name is not enough: it selects a package that exists.
#[inline(always)]
pub(super) fn creation_covered<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    match (context.bound().token.limits, context.action, context.operation().package_ref()) {
        (Limits::Granular(granular), Action::CreatePackage, Some(package)) => {
            let (package, grant) = (package.name(), granular.packages);
            let covered_by = grant.covers(package);
            let passes = match covered_by {
                Some(CoveredBy::All | CoveredBy::Scope) => true,
                Some(CoveredBy::Name) | None => false,
            };
            let comparison = Comparison::CreationCovered { package, grant, covered_by };
            Finding::new(passes, Reason::CreationNotCovered, comparison)
        }
        _ => Finding::DOES_NOT_APPLY,
    }
}

/// Whether this token could read the package ([D3](crate::docs::rules#d3)): the package is public, or the checks of
/// `read-package` pass. The checks of the token itself must have passed before.
#[inline(always)]
pub(crate) fn could_read(bound: &BoundToken<'_>, package: &PackageView<'_>) -> bool {
    if package.visibility == Visibility::Public {
        return true;
    }
    let reaches = match bound.token.limits {
        // Legacy tokens of every kind, and session tokens, may read.
        Limits::Legacy(_) | Limits::Session { .. } => true,
        Limits::Granular(granular) => {
            granular.packages.permission() >= Permission::ReadOnly && granular.packages.covers(package.name()).is_some()
        }
    };
    reaches && package.is_readable_by(bound.token.owner, bound.memberships)
}
