//! Facts about a registry at the moment of a decision: users with their memberships, packages with their grants,
//! organizations and teams.
//!
//! The caller looks these up and passes them to the decision. A type such as [`User`] owns its facts. A type such as
//! [`OwnerView`] borrows them, for a registry that keeps the same validated values in its own storage. The result of a
//! look-up is a [`FoundPackage`] or a [`PackageState`]: the one owns, the other borrows.

mod external_ceiling;
mod factor;
mod found;
mod organization;
mod package;
#[cfg(feature = "serde")]
pub(crate) mod stored;
mod team_index;
mod user;

pub use external_ceiling::ExternalCeiling;
pub use factor::{MaxFactorAge, MaxFactorAgeError, VerifiedFactor};
pub use found::{FoundOrganization, FoundPackage, LookupError};
pub use organization::{
    Account, MissingOrganization, NewTeam, Organization, OrganizationAndPackage, OrganizationState, OrganizationView,
    Team, TeamAndPackage,
};
pub use package::{
    MissingPackage, Package, PackageError, PackageFacts, PackageState, PackageView, PublishingAccess, ScopeOwner,
    TeamGrants, UserGrants, Visibility,
};
pub(crate) use package::{RecordedGrants, Rights};
#[cfg(feature = "serde")]
pub use stored::{StoredFactsError, StoredPackage, StoredUser};
pub use user::{AccountStatus, Membership, Memberships, OwnerView, TwoFactorMode, User, UserError, UserFacts};
