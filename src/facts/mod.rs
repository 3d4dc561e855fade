//! Facts about a registry, as of now: users with their memberships, packages with their grants, organizations and teams.

mod organization;
mod package;
mod team_index;
mod user;

pub use organization::{
    Account, MissingOrganization, NewTeam, Organization, OrganizationAndPackage, OrganizationState, OrganizationView,
    Team, TeamAndPackage,
};
pub use package::{
    MissingPackage, Package, PackageError, PackageFacts, PackageState, PackageView, PublishingAccess, ScopeOwner,
    TeamGrants, UserGrants, Visibility,
};
pub use user::{
    AccountStatus, Membership, Memberships, OwnerView, TwoFactorMode, User, UserError, UserFacts, VerifiedFactor,
};
