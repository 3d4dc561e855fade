// In the documentation the README's links lead to the pages that are compiled with the crate.
//! [rules]: crate::docs::rules
//! [files]: crate::docs::format
//! [design]: crate::docs::design
//! [guarantees]: crate::docs::guarantees
//! [performance]: crate::docs::performance
#![cfg_attr(feature = "testing", doc = "[kit]: crate::docs::testing")]
#![cfg_attr(not(feature = "testing"), doc = "[kit]: crate::docs")]
#![doc = ""]
#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod action;
mod asked;
mod authorize;
mod bound;
mod check;
mod comparison;
mod decision;
#[cfg(all(feature = "std", feature = "serde"))]
pub mod directory;
pub mod docs;
#[cfg(feature = "serde")]
mod document;
mod explain;
mod inputs;
mod intent;
pub mod limits;
mod name;
mod operation;
mod organization;
mod owner;
mod package;
mod permission;
mod range;
mod reach;
mod reason;
mod record;
mod secret;
mod teams;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time;
mod token;
#[cfg(feature = "serde")]
pub mod wire;
mod words;

pub use action::{
    AccountAction, Action, CreateTeam, ManageTeamAccess, OrganizationAction, PackageAction, SharePackage, TeamAction,
};
pub use authorize::{
    EarlyAnswer, PresentedToken, authorize, authorize_anonymous, deny_unknown_token, explain, explain_anonymous,
};
pub use bound::{BoundToken, NotTheOwner, OwnedBoundToken};
pub use check::Outcome;
pub use comparison::{Comparison, DemandedBy};
pub use decision::{Allow, Challenge, Decision, Deny, Via};
pub use explain::Explanation;
pub use inputs::{Input, Inputs};
pub use intent::{Caller, Facts, Intent, WrongFacts};
pub use name::{InvalidName, NameProblem, OrganizationName, PackageName, Scope, TeamName, UserName};
pub use operation::{ActionOn, Operation};
pub use organization::{
    Account, MissingOrganization, NewTeam, Organization, OrganizationAndPackage, OrganizationState, OrganizationView,
    Team, TeamAndPackage,
};
pub use owner::{AccountStatus, InvalidUser, Membership, Memberships, OwnerView, SecondFactor, TwoFactor, User};
pub use package::{
    InvalidPackage, MissingPackage, Package, PackageState, PackageView, PublishingAccess, ScopeOwner, TeamGrants,
    UserGrants, Visibility,
};
pub use permission::{GrantedPermission, Permission, Role, Side};
pub use range::{AllowedRanges, ClientIp, InvalidClientIp, InvalidRange, InvalidRanges, IpRange, IpRanges};
pub use reach::{DeadGrant, Entry, Reach, WhyDead};
pub use reason::{Check, Reason};
pub use record::{DecisionRecord, RULES_VERSION, Verdict};
pub use secret::{
    Checksum, InvalidSecret, InvalidSecretDigest, InvalidSecretHint, InvalidSecretPrefix, InvalidTokenKey,
    MintedSecret, NotEnoughRandomness, Secret, SecretDigest, SecretForm, SecretHint, SecretPrefix, TokenKey,
};
pub use time::{InvalidTimestamp, Timestamp};
pub use token::{
    Bypass2fa, CoveredBy, GranularSettings, GranularToken, GranularTokenSet, GranularView, InvalidSelection,
    InvalidToken, InvalidTokenText, IssueError, IssueFacts, LegacyKind, LegacyToken, MadeBy, NameTaken,
    OrganizationSelection, OrganizationsGrant, PackageOrScope, PackageSelection, PackagesAndScopes, PackagesGrant,
    RetirementNotice, SetError, Token, TokenDescription, TokenKind, TokenName, TokenView,
};
#[cfg(feature = "serde")]
pub use token::{LoadTokenError, StoredToken};
pub use words::UnknownWord;
