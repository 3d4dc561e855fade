//! K, D1's existence, V, G: what the token itself reaches.

use super::{Context, Finding, Opening};
use crate::{
    facts::{OrganizationState, PackageState, PackageView, Visibility},
    operation::{Action, BoundToken, Needs, Operation},
    rules::{comparison::Comparison, reason::Reason},
    token::{CoveredBy, Grants, Limits, TokenKind, TokenView},
    value::{GrantKind, Permission},
};

/// K1: "a legacy kind without the action, or a granular token on an action marked never".
#[inline(always)]
pub(super) fn kind_has_action<'a>(token: &TokenView<'a>, action: Action, needs: Needs) -> Finding<'a> {
    let passes = match token.kind() {
        TokenKind::Legacy(kind) => action.legacy_kinds().contains(&kind),
        TokenKind::Granular => match needs {
            Needs::Never => false,
            Needs::Nothing | Needs::Permission(_, _) => true,
        },
    };
    let comparison = Comparison::Kind { kind: token.kind(), action };
    Finding::new(passes, Reason::KindForbidsAction, comparison)
}

/// G1, before existence: every action but the two whose answer a public package can change (D1).
#[inline(always)]
pub(super) fn permission_for_action<'a>(token: &TokenView<'a>, action: Action, needs: Needs) -> Finding<'a> {
    match (token.limits, needs) {
        (Limits::Granular(granular), Needs::Permission(side, needs)) if !is_left_for_later(action) => {
            permission(&granular, side, needs)
        }
        (Limits::Granular(_) | Limits::Legacy(_), _) => Finding::DOES_NOT_APPLY,
    }
}

#[inline(always)]
fn is_left_for_later(action: Action) -> bool {
    matches!(action, Action::ReadPackage | Action::ListCollaborators)
}

/// G1: "permission of the side below what the action needs".
#[inline(always)]
fn permission<'a>(granular: &Grants<'a>, side: GrantKind, needs: Permission) -> Finding<'a> {
    let has = match side {
        GrantKind::Packages => granular.packages.permission(),
        GrantKind::Organizations => granular.organizations.permission(),
    };
    Finding::new(has >= needs, Reason::PermissionTooLow, Comparison::Permission { side, has, needs })
}

/// D1: "an organization that does not exist".
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

/// D1: "then a package (other than for publish)".
#[inline(always)]
pub(super) fn package_exists<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    match context.operation().package_in_place() {
        Some(package) if context.action != Action::CreatePackage => {
            let exists = match package {
                PackageState::Existing(_) => true,
                PackageState::Missing(_) => false,
            };
            let comparison = Comparison::PackageExists { package: package.name(), exists };
            Finding::new(exists, Reason::NoSuchPackage, comparison)
        }
        Some(_) | None => Finding::DOES_NOT_APPLY,
    }
}

/// V1: "a public package is readable (`read-package`, no other action) by everyone".
#[inline(always)]
pub(super) fn public_read<'a>(operation: &Operation<'a>) -> Finding<'a, Opening> {
    match (operation.action(), operation.package_in_place()) {
        (Action::ReadPackage, Some(PackageState::Existing(package))) => {
            let outcome = match package.visibility {
                Visibility::Public => Opening::Allows,
                Visibility::Private => Opening::DoesNotApply,
            };
            let comparison = Comparison::Visibility { package: package.name, visibility: package.visibility };
            Finding { outcome, comparison: Some(comparison) }
        }
        _ => Finding { outcome: Opening::DoesNotApply, comparison: None },
    }
}

/// The package of a `manage-team-access` whose scope is not that organization's (G1, G2, C5).
#[inline(always)]
fn foreign_package<'o, 'a>(operation: &'o Operation<'a>) -> Option<&'o PackageView<'a>> {
    match operation {
        Operation::ManageTeamAccess(resource) => match &resource.package {
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
        | Operation::SharePackage(_)
        | Operation::Account { .. } => None,
    }
}

/// What is left of G1: the two reads, and "`manage-team-access` on a package whose scope is not that organization's
/// hands out a right over that package: it needs packages RW too".
#[inline(always)]
pub(super) fn permission_for_resource<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    let Limits::Granular(granular) = context.bound().token.limits else { return Finding::DOES_NOT_APPLY };
    match context.needs {
        Needs::Permission(side, needs) if is_left_for_later(context.action) => permission(&granular, side, needs),
        Needs::Permission(_, _) | Needs::Nothing | Needs::Never => match foreign_package(context.operation()) {
            Some(_) => permission(&granular, GrantKind::Packages, Permission::ReadWrite),
            None => Finding::DOES_NOT_APPLY,
        },
    }
}

/// G2: "an organization iff named".
#[inline(always)]
pub(super) fn organization_selected<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    match (context.bound().token.limits, context.needs, context.operation().organization()) {
        (Limits::Granular(granular), Needs::Permission(GrantKind::Organizations, _), Some(organization)) => {
            let (organization, grant) = (organization.name(), granular.organizations);
            let covered_by = grant.covers(organization);
            let comparison = Comparison::OrganizationSelected { organization, grant, covered_by };
            Finding::new(covered_by.is_some(), Reason::NotSelected, comparison)
        }
        _ => Finding::DOES_NOT_APPLY,
    }
}

/// G2: "the package is in the selection iff `All`, or its exact name, or its scope is selected"; of
/// `manage-team-access` only where the package's scope is not that organization's.
#[inline(always)]
pub(super) fn package_selected<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    let Limits::Granular(granular) = context.bound().token.limits else { return Finding::DOES_NOT_APPLY };
    let package = match (context.action, context.operation()) {
        (Action::CreatePackage | Action::StarPackage, _) => None,
        (_, Operation::Package { action: _, package }) => Some(package.name_in_place()),
        (_, operation) => foreign_package(operation).map(|package| &package.name),
    };
    let Some(package) = package else { return Finding::DOES_NOT_APPLY };
    let covered_by = granular.packages.covers(package);
    let comparison = Comparison::PackageSelected { package: *package, grant: granular.packages, covered_by };
    Finding::new(covered_by.is_some(), Reason::NotSelected, comparison)
}

/// G3: "covered by `All` or the scope, not by the name itself".
#[inline(always)]
pub(super) fn creation_covered<'a>(context: &Context<'_, 'a>) -> Finding<'a> {
    match (context.bound().token.limits, context.action, context.operation().package_in_place()) {
        (Limits::Granular(granular), Action::CreatePackage, Some(package)) => {
            let (package, grant) = (package.name_in_place(), granular.packages);
            let covered_by = grant.covers(package);
            let passes = match covered_by {
                Some(CoveredBy::All | CoveredBy::Scope) => true,
                Some(CoveredBy::Name) | None => false,
            };
            let comparison = Comparison::CreationCovered { package: *package, grant, covered_by };
            Finding::new(passes, Reason::CreationNotCovered, comparison)
        }
        _ => Finding::DOES_NOT_APPLY,
    }
}

/// D3: whether "this same token could read that package": V1, or K1, G1, G2 and C2 for `read-package`. T holds where
/// this is asked.
#[inline(always)]
pub(crate) fn could_read(bound: &BoundToken<'_>, package: &PackageView<'_>) -> bool {
    if package.visibility == Visibility::Public {
        return true;
    }
    let reaches = match bound.token.limits {
        Limits::Legacy(kind) => Action::ReadPackage.legacy_kinds().contains(&kind),
        Limits::Granular(granular) => {
            granular.packages.permission() >= Permission::ReadOnly && granular.packages.covers(&package.name).is_some()
        }
    };
    reaches && package.permission_of(bound.token.owner, bound.memberships) >= Permission::ReadOnly
}
