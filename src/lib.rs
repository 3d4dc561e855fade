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
    AccessRequest, Allow, AllowedBy, AuditRecord, Caller, Challenge, Decision, DecisionInput, DecisionInputs, Deny,
    EarlyAnswer, EffectiveAccess, Explanation, GrantEntry, IneffectiveGrant, IneffectiveReason, PresentedToken,
    RULES_VERSION, ResourceFacts, ResourceFactsError, Verdict, authorize, authorize_anonymous, deny_unknown_token,
    explain, explain_anonymous,
};
pub use facts::{
    Account, AccountStatus, Membership, Memberships, MissingOrganization, MissingPackage, NewTeam, Organization,
    OrganizationAndPackage, OrganizationState, OrganizationView, OwnerView, Package, PackageError, PackageState,
    PackageView, PublishingAccess, ScopeOwner, Team, TeamAndPackage, TeamGrants, TwoFactorMode, User, UserError,
    UserGrants, VerifiedFactor, Visibility,
};
pub use operation::{
    AccountAction, Action, ActionOn, BindError, BoundToken, CreateTeam, ManageTeamAccess, Operation,
    OrganizationAction, OwnedBoundToken, PackageAction, SharePackage, TeamAction,
};
pub use rules::{Check, Comparison, DemandedBy, Outcome, Reason};
pub use token::{
    Checksum, CoveredBy, GranularSettings, GranularToken, GranularTokenSet, GranularView, IssueError, IssueFacts,
    IssuedBy, LegacyKind, LegacyToken, MintError, MintedSecret, NameAvailability, OrganizationSelection,
    OrganizationsGrant, PackageOrScope, PackageSelection, PackagesAndScopes, PackagesGrant, RetirementNotice, Secret,
    SecretDigest, SecretDigestError, SecretError, SecretForm, SecretHint, SecretHintError, SecretPrefix,
    SecretPrefixError, SelectionError, Token, TokenDescription, TokenError, TokenId, TokenIdError, TokenKind,
    TokenName, TokenSetError, TokenTextError, TokenView, TwoFactorBypass,
};
#[cfg(feature = "serde")]
pub use token::{StoredToken, StoredTokenError};
pub use value::limits;
pub use value::{
    AllowedRanges, ClientIp, ClientIpError, GrantKind, GrantedPermission, IpRange, IpRangeError, IpRanges,
    IpRangesError, NameError, NameProblem, OrganizationName, PackageName, Permission, Role, Scope, TeamName, Timestamp,
    TimestampError, UnknownWordError, UserName,
};
