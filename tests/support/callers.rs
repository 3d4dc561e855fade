//! Callers that ask about a private package `@acme/secret`, to compare what they are told with what a free name gives.

use tollgate::{
    Token,
    operation::Action,
    testing::{all, granular, legacy, only},
    token::LegacyKind,
    value::GrantedPermission,
};

/// Every action that names a package that exists.
pub(crate) const ON_PACKAGES: [Action; 17] = [
    Action::ReadPackage,
    Action::ListCollaborators,
    Action::PublishVersion,
    Action::Unpublish,
    Action::Deprecate,
    Action::SetDistTag,
    Action::ChangeVisibility,
    Action::ChangePublishingAccess,
    Action::ChangeMaintainers,
    Action::Stage,
    Action::ReadStage,
    Action::ApproveStage,
    Action::RejectStage,
    Action::StarPackage,
    Action::GrantTeamAccess,
    Action::RevokeTeamAccess,
    Action::SharePackage,
];

/// Tokens of alice: every legacy kind, a revoked one, one with ranges, and granular ones whose grants cover the package by
/// everything, by scope, by name, or not at all, with and without a grant over organizations.
pub(crate) fn tokens() -> Vec<Token> {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let mut tokens: Vec<Token> = LegacyKind::ALL.iter().map(|kind| legacy(*kind, "alice").build()).collect();
    tokens.push(legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build());
    tokens.push(legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build());
    for permission in [ReadOnly, ReadWrite] {
        for selection in [all(), only(&["@acme"]), only(&["@acme/secret"]), only(&["@globex", "left-pad"])] {
            let packages = granular("ci", "alice").packages(permission, selection);
            tokens.push(packages.clone().build());
            tokens.push(packages.organizations(ReadWrite, &["acme", "globex"]).build());
        }
        tokens.push(granular("ci", "alice").organizations(permission, &["acme"]).build());
        tokens.push(granular("ci", "alice").organizations(permission, &["globex"]).build());
    }
    tokens
}
