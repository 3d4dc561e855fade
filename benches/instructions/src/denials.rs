//! A question for each reason for which a known token can be denied. Without that one reason, it would be allowed.

use tollgate::{
    Decision, MissingPackage, OrganizationAction, PackageAction, PackageName, Reason,
    facts::{
        AccountStatus, Memberships, MissingOrganization, PackageState, PublishingAccess, TwoFactorMode, Visibility,
    },
    value::OrganizationName,
};

use crate::{
    kept,
    world::{Covered, Kind, Question, acme, bound, organization, package, parsed, question, stored, token, user},
};

/// Returns a question that is denied for this reason, and for no other.
///
/// It publishes a private package. A granular token has 50 entries. The facts differ from those of an allow only in
/// what the reason is about.
///
/// # Panics
///
/// The question has another answer.
#[must_use]
pub fn denied(kind: Kind, reason: Reason) -> &'static Question {
    let mut stored = stored(kind, 50);
    let (mut status, mut two_factor, mut memberships) = (AccountStatus::Active, TwoFactorMode::AuthAndWrites, acme());
    let mut name = "@acme/app";
    let mut access = PublishingAccess::TwoFactorOrBypass;
    let mut covered = Covered::Maintained;
    match (reason, kind) {
        (Reason::TokenRevoked, _) => stored["revoked"] = "2025-10-31T00:00:00Z".into(),
        (Reason::OwnerSuspended, _) => status = AccountStatus::Suspended,
        (Reason::KindForbidsAction, Kind::Legacy) => stored["legacy"] = "read-only".into(),
        (Reason::PermissionTooLow, Kind::Granular) => {
            stored["granular"]["packages_and_scopes"]["permission"] = "read-only".into();
        }
        (Reason::NotSelected, Kind::Granular) => name = "@other/app",
        (Reason::OwnerLacksPermission, _) => (memberships, covered) = (Memberships::empty(), Covered::Foreign),
        (Reason::TokensDisallowed, _) => {
            access = PublishingAccess::TwoFactorOnly;
            if kind == Kind::Legacy {
                stored["legacy"] = "automation".into();
            }
        }
        (Reason::SecondFactorNotEnrolled, _) => {
            two_factor = TwoFactorMode::Disabled;
            if kind == Kind::Granular {
                stored["granular"]["bypass_2fa"] = false.into();
            }
        }
        // These reasons come from the operation, the address or the time, which are set below.
        _ => {}
    }
    let package: PackageState<'static> = package(name, Visibility::Private, access, covered).into();
    let missing = |name| PackageState::from(MissingPackage::new(PackageName::new(name).expect("a name")));
    let operation = match (reason, kind) {
        (Reason::KindForbidsAction, Kind::Granular) => OrganizationAction::ManageBilling.on(organization()),
        (Reason::NoSuchOrg, _) => {
            let name = OrganizationName::new("globex").expect("a name");
            OrganizationAction::ReadOrg.on(MissingOrganization::new(name))
        }
        (Reason::NoSuchPackage, _) => PackageAction::Deprecate.on(missing("@acme/none")),
        (Reason::CreationNotCovered, _) => PackageAction::Publish.on(missing("@other/new")),
        (Reason::InvalidNewName, _) => PackageAction::Publish.on(missing("@acme/New")),
        _ => PackageAction::Publish.on(package),
    };
    let owner = user(status, two_factor, memberships);
    let mut question = question(bound(token(stored), owner), operation);
    match reason {
        Reason::IpNotAllowed => question.client_ip = parsed("203.0.113.1"),
        Reason::TokenExpired => question.now = parsed("2026-01-01T00:00:00Z"),
        _ => {}
    }
    let question = kept(question);
    match question.decide() {
        Decision::Deny(deny) => assert_eq!(deny.reason(), reason, "{kind:?}"),
        Decision::Allow(_) | Decision::Challenge(_) => assert_eq!(None, Some(reason), "{kind:?}"),
    }
    question
}
