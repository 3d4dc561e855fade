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

pub mod decision;
#[cfg(feature = "directory")]
pub mod directory;
pub mod docs;
pub mod facts;
#[cfg(feature = "npm")]
pub mod npm;
pub mod operation;
pub mod rules;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
pub mod value;

pub use decision::{
    Allow, Caller, Challenge, DeadGrant, Decision, DecisionRecord, Deny, EarlyAnswer, Entry, Explanation, Facts, Input,
    Inputs, Intent, PresentedToken, RULES_VERSION, Reach, Verdict, Via, WhyDead, WrongFacts, authorize,
    authorize_anonymous, deny_unknown_token, explain, explain_anonymous,
};
pub use facts::{
    Account, AccountStatus, InvalidPackage, InvalidUser, Membership, Memberships, MissingOrganization, MissingPackage,
    NewTeam, Organization, OrganizationAndPackage, OrganizationState, OrganizationView, OwnerView, Package,
    PackageState, PackageView, PublishingAccess, ScopeOwner, SecondFactor, Team, TeamAndPackage, TeamGrants, TwoFactor,
    User, UserGrants, Visibility,
};
pub use operation::{
    AccountAction, Action, ActionOn, BoundToken, CreateTeam, ManageTeamAccess, NotTheOwner, Operation,
    OrganizationAction, OwnedBoundToken, PackageAction, SharePackage, TeamAction,
};
pub use rules::{Check, Comparison, DemandedBy, Outcome, Reason};
pub use token::{
    Bypass2fa, Checksum, CoveredBy, GranularSettings, GranularToken, GranularTokenSet, GranularView, InvalidSecret,
    InvalidSecretDigest, InvalidSecretHint, InvalidSecretPrefix, InvalidSelection, InvalidToken, InvalidTokenKey,
    InvalidTokenText, IssueError, IssueFacts, LegacyKind, LegacyToken, MadeBy, MintedSecret, NameTaken,
    NotEnoughRandomness, OrganizationSelection, OrganizationsGrant, PackageOrScope, PackageSelection,
    PackagesAndScopes, PackagesGrant, RetirementNotice, Secret, SecretDigest, SecretForm, SecretHint, SecretPrefix,
    SetError, Token, TokenDescription, TokenKey, TokenKind, TokenName, TokenView,
};
#[cfg(feature = "serde")]
pub use token::{LoadTokenError, StoredToken};
pub use value::limits;
pub use value::{
    AllowedRanges, ClientIp, GrantedPermission, InvalidClientIp, InvalidName, InvalidRange, InvalidRanges,
    InvalidTimestamp, IpRange, IpRanges, NameProblem, OrganizationName, PackageName, Permission, Role, Scope, Side,
    TeamName, Timestamp, UnknownWord, UserName,
};
