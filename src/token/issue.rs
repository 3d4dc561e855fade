//! Issuing a token: checks the limits of the account, and the rights that the owner has at that moment.

use super::{
    GranularSettings, GranularToken, GranularTokenError, LegacyKind, LegacyToken, OrganizationsGrant, PackageSelection,
    PackagesGrant, TokenKind, TokenView, is_revoked,
};
use crate::{
    facts::{AccountStatus, OwnerView, PackageState},
    token::{TokenFacts, secret::TokenId},
    value::{
        AllowedRanges, GrantedPermission, IpRange, OrganizationName, PackageName, Permission, Role, Scope, Timestamp,
        UserName, limits::MAX_GRANULAR_TOKENS,
    },
};

/// The facts that [`GranularToken::issue`] needs, as of the moment of issue.
///
/// No fact has a default. The account's other tokens need not be loaded: `granular_tokens` is a count, and
/// `name_availability` is the result of looking up one name. [`GranularTokenSet`](super::GranularTokenSet) computes
/// both from a list of tokens.
#[derive(Clone, Copy, Debug)]
pub struct IssueFacts<'a> {
    /// The user that the token will belong to.
    pub owner: OwnerView<'a>,
    /// The result of looking up each package that is selected by name, in any order. A package whose scope is selected
    /// too may be left out.
    pub packages: &'a [PackageState<'a>],
    /// The number of the account's granular tokens that are not revoked, including expired ones
    /// ([L1](crate::docs::rules#l1)).
    pub granular_tokens: usize,
    /// Whether one of those tokens already has the name of the new token ([L6](crate::docs::rules#l6)).
    pub name_availability: NameAvailability,
    /// Who creates the token: the owner in person, or another token ([L9](crate::docs::rules#l9)).
    pub issued_by: IssuedBy<'a>,
    /// The time of issue.
    pub now: Timestamp,
}

/// The facts that [`LegacyToken::issue`] needs, as of the moment of issue.
#[derive(Clone, Copy, Debug)]
pub struct LegacyIssueFacts<'a> {
    /// The user that the token will belong to.
    pub owner: OwnerView<'a>,
    /// Who creates the token: the owner in person, or another token ([L9](crate::docs::rules#l9)).
    pub issued_by: IssuedBy<'a>,
    /// The time of issue.
    pub now: Timestamp,
}

/// Whether a new granular token of an account may have a certain name ([L6](crate::docs::rules#l6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameAvailability {
    /// The name is free: each of the account's granular tokens is revoked or has another name.
    Free,
    /// One of the account's granular tokens has the name and is not revoked.
    Taken,
}

/// Who creates a token ([L9](crate::docs::rules#l9)).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum IssuedBy<'a> {
    /// The owner in person, logged in with a password.
    Owner,
    /// Another token of the same owner, for which the action `create-token` was allowed. The new token can be used only
    /// from addresses that this token can be used from.
    Token(TokenView<'a>),
}

impl GranularToken {
    /// Issues a granular token, created at `facts.now`.
    ///
    /// # Errors
    ///
    /// Checks the following in this order, and returns the first error:
    ///
    /// 1. The owner is not suspended ([T4](crate::docs::rules#t4)).
    /// 2. The account has fewer than 1000 granular tokens that are not revoked ([L1](crate::docs::rules#l1)).
    /// 3. The name is free ([L6](crate::docs::rules#l6)).
    /// 4. The settings pass the checks of [`load`](Self::load).
    /// 5. If another token creates this one, it belongs to the same owner, has the action `create-token` and is not
    ///    revoked. If the creating token has allowed ranges, the new token has allowed ranges too, each within one
    ///    of the creating token's ([L9](crate::docs::rules#l9)).
    /// 6. The owner has the requested permission on every selected package, scope and organization
    ///    ([L8](crate::docs::rules#l8)).
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     Timestamp, User,
    ///     facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts},
    ///     token::{
    ///         GranularSettings, GranularToken, IssueError, IssueFacts, IssuedBy, NameAvailability, OrganizationsGrant,
    ///         PackageSelection, PackagesGrant, TokenDescription, TokenId, TwoFactorBypass,
    ///     },
    ///     value::{AllowedRanges, GrantedPermission, Scope},
    /// };
    ///
    /// let alice = User::new(UserFacts {
    ///     name: "alice".parse()?,
    ///     status: AccountStatus::Active,
    ///     two_factor: TwoFactorMode::Disabled,
    ///     tokens_revoked_until: None,
    ///     memberships: Memberships::empty(),
    /// })?;
    /// let own_scope: Scope = "@alice".parse()?;
    /// let now: Timestamp = "2025-11-01T00:00:00Z".parse()?;
    ///
    /// let settings = GranularSettings {
    ///     name: "ci".parse()?,
    ///     description: TokenDescription::default(),
    ///     expires_at: "2026-01-01T00:00:00Z".parse()?,
    ///     allowed_ranges: AllowedRanges::Any,
    ///     bypass_2fa: TwoFactorBypass::Off,
    ///     packages: PackagesGrant::Granted {
    ///         permission: GrantedPermission::ReadWrite,
    ///         selection: PackageSelection::only([own_scope.into()])?,
    ///     },
    ///     organizations: OrganizationsGrant::NoAccess,
    /// };
    /// let facts = IssueFacts {
    ///     owner: alice.as_view(),
    ///     packages: &[],
    ///     granular_tokens: 999,
    ///     name_availability: NameAvailability::Free,
    ///     issued_by: IssuedBy::Owner,
    ///     now,
    /// };
    /// let token = GranularToken::issue(TokenId::new("t-1")?, settings.clone(), &facts)?;
    /// assert_eq!(token.name().as_str(), "ci");
    ///
    /// // The account is at the limit.
    /// let full = IssueFacts { granular_tokens: 1000, ..facts };
    /// assert_eq!(GranularToken::issue(TokenId::new("t-2")?, settings, &full), Err(IssueError::TooManyTokens));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn issue(id: TokenId, settings: GranularSettings, facts: &IssueFacts<'_>) -> Result<Self, IssueError> {
        let IssueFacts { owner, packages, granular_tokens, name_availability, issued_by, now } = *facts;
        check_owner_is_active(&owner)?;
        if granular_tokens >= MAX_GRANULAR_TOKENS {
            return Err(IssueError::TooManyTokens);
        }
        if name_availability == NameAvailability::Taken {
            return Err(IssueError::NameTaken);
        }
        let token =
            Self::load(TokenFacts { id, owner: owner.name.into_owned(), created: now, revoked: None }, settings)?;
        check_creating_token(&owner, &token.common().allowed_ranges, issued_by)?;
        check_owner_rights_on_packages(token.packages(), &owner, packages)?;
        check_owner_roles_in_organizations(token.organizations(), &owner)?;
        Ok(token)
    }
}

impl LegacyToken {
    /// Issues a legacy token, created at `facts.now`.
    ///
    /// # Errors
    ///
    /// Checks the following in this order, and returns the first error:
    ///
    /// 1. The owner is not suspended ([T4](crate::docs::rules#t4)).
    /// 2. If another token creates this one, it belongs to the same owner, has the action `create-token` and is not
    ///    revoked. If the creating token has allowed ranges, the new token has allowed ranges too, each within one
    ///    of the creating token's ([L9](crate::docs::rules#l9)).
    pub fn issue(
        id: TokenId,
        kind: LegacyKind,
        allowed_ranges: AllowedRanges,
        facts: &LegacyIssueFacts<'_>,
    ) -> Result<Self, IssueError> {
        let LegacyIssueFacts { owner, issued_by, now } = *facts;
        check_owner_is_active(&owner)?;
        check_creating_token(&owner, &allowed_ranges, issued_by)?;
        let facts = TokenFacts { id, owner: owner.name.into_owned(), created: now, revoked: None };
        Ok(Self::load(facts, kind, allowed_ranges))
    }
}

fn check_owner_is_active(owner: &OwnerView<'_>) -> Result<(), IssueError> {
    match owner.status {
        AccountStatus::Active => Ok(()),
        AccountStatus::Suspended => Err(IssueError::OwnerSuspended),
    }
}

/// Checks that the creating token may create tokens, and that each range of the new token is within one of the creating
/// token's ranges ([L9](crate::docs::rules#l9)).
fn check_creating_token(
    owner: &OwnerView<'_>,
    ranges: &AllowedRanges,
    issued_by: IssuedBy<'_>,
) -> Result<(), IssueError> {
    let maker = match issued_by {
        IssuedBy::Owner => return Ok(()),
        IssuedBy::Token(maker) => maker,
    };
    if maker.owner() != owner.name {
        return Err(IssueError::IssuerOfOtherUser { maker: maker.owner().into_owned() });
    }
    let revoked = is_revoked(maker.created, maker.revoked, owner.tokens_revoked_until);
    if revoked || maker.kind() != TokenKind::Legacy(LegacyKind::Publish) {
        return Err(IssueError::IssuerMayNotCreateTokens { kind: maker.kind() });
    }
    let AllowedRanges::Only(limits) = maker.allowed_ranges else { return Ok(()) };
    let AllowedRanges::Only(ranges) = ranges else { return Err(IssueError::RangesRequired) };
    let outside = |range: &&IpRange| !limits.as_slice().iter().any(|limit| limit.covers(range));
    match ranges.as_slice().iter().find(outside) {
        Some(range) => Err(IssueError::RangeOutsideIssuer { range: *range }),
        None => Ok(()),
    }
}

/// Checks that the owner has the grant's permission on each selected package. Checks that each selected scope is the
/// owner's, or that of an organization that the owner is a member of ([L8](crate::docs::rules#l8)).
fn check_owner_rights_on_packages(
    grant: &PackagesGrant,
    owner: &OwnerView<'_>,
    states: &[PackageState<'_>],
) -> Result<(), IssueError> {
    let (permission, only) = match grant {
        PackagesGrant::NoAccess | PackagesGrant::Granted { permission: _, selection: PackageSelection::All } => {
            return Ok(());
        }
        PackagesGrant::Granted { permission, selection: PackageSelection::Only(only) } => (*permission, only),
    };
    for scope in only.scopes() {
        let may_select_scope =
            scope.is_of_user(&owner.name) || owner.memberships.find_scope(scope.as_borrowed()).is_some();
        if !may_select_scope {
            return Err(IssueError::ScopeNotOwned { scope: scope.clone() });
        }
    }
    for package in only.packages() {
        // The caller may pass two states of one package that differ. Both must pass the check.
        let mut found = states.iter().filter(|state| state.name() == *package).peekable();
        if found.peek().is_none() {
            return Err(IssueError::PackageFactsMissing { package: package.clone() });
        }
        found.try_for_each(|state| check_owner_right_on_package(state, permission, owner))?;
    }
    Ok(())
}

fn check_owner_right_on_package(
    state: &PackageState<'_>,
    needs: GrantedPermission,
    owner: &OwnerView<'_>,
) -> Result<(), IssueError> {
    let held = match state {
        PackageState::Missing(_) => Permission::NoAccess,
        PackageState::Existing(package) => package.effective_permission_of(owner.name, owner.memberships),
    };
    let package = || state.name().into_owned();
    match (held, needs) {
        (Permission::NoAccess, _) => Err(IssueError::PackageNotFound { package: package() }),
        (Permission::ReadOnly, GrantedPermission::ReadWrite) => {
            Err(IssueError::PackageNotWritable { package: package() })
        }
        (Permission::ReadOnly, GrantedPermission::ReadOnly) | (Permission::ReadWrite, _) => Ok(()),
    }
}

/// Checks that the owner is a member of each selected organization, and an admin or owner of it if the grant is
/// `read-write` ([L8](crate::docs::rules#l8)).
fn check_owner_roles_in_organizations(grant: &OrganizationsGrant, owner: &OwnerView<'_>) -> Result<(), IssueError> {
    let (permission, selection) = match grant {
        OrganizationsGrant::NoAccess => return Ok(()),
        OrganizationsGrant::Granted { permission, selection } => (*permission, selection),
    };
    let needs = match permission {
        GrantedPermission::ReadOnly => Role::Member,
        GrantedPermission::ReadWrite => Role::Admin,
    };
    for organization in selection.as_slice() {
        let has = owner.memberships.role_in(organization.as_borrowed());
        if has.is_none_or(|has| has < needs) {
            return Err(IssueError::RoleTooLow { organization: organization.clone(), has, needs });
        }
    }
    Ok(())
}

/// The error returned when a token cannot be issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The owner is suspended, so the new token would be denied every action ([T4](crate::docs::rules#t4)).
    #[error("the owner is suspended: expected an active account")]
    OwnerSuspended,
    /// The account has 1000 granular tokens that are not revoked ([L1](crate::docs::rules#l1)).
    #[error(
        "the account has {MAX_GRANULAR_TOKENS} granular tokens that are not revoked: expected fewer, revoke one first"
    )]
    TooManyTokens,
    /// Another granular token of the account, which is not revoked, has the name ([L6](crate::docs::rules#l6)).
    #[error("the name is taken by another granular token of the account: expected one that is not in use")]
    NameTaken,
    /// The settings break a limit.
    #[error(transparent)]
    Invalid(#[from] GranularTokenError),
    /// A selected package does not exist, or the owner may not read it. The error does not say which of the two
    /// ([L8](crate::docs::rules#l8)).
    #[error("package `{package}` does not exist or is not visible to the owner: expected one that the owner may read")]
    PackageNotFound {
        /// The package.
        package: PackageName,
    },
    /// The grant is `read-write`, and the owner may only read a selected package ([L8](crate::docs::rules#l8)).
    #[error("package `{package}` with `read-write`: expected a package that the owner may write to")]
    PackageNotWritable {
        /// The package.
        package: PackageName,
    },
    /// [`IssueFacts::packages`] lacks a selected package.
    #[error("no facts about the selected package `{package}`: expected what a look-up found of every one")]
    PackageFactsMissing {
        /// The package.
        package: PackageName,
    },
    /// A selected scope is neither the owner's own nor that of an organization which the owner is a member of
    /// ([L8](crate::docs::rules#l8)).
    #[error("scope `{scope}`: expected the owner's own, or that of an organization that the owner is a member of")]
    ScopeNotOwned {
        /// The scope.
        scope: Scope,
    },
    /// The owner's role in a selected organization is too low for the grant's permission
    /// ([L8](crate::docs::rules#l8)).
    #[error("organization `{organization}`: expected one in which the owner is {needs} or higher")]
    RoleTooLow {
        /// The organization.
        organization: OrganizationName,
        /// The owner's role in the organization, or `None` if the owner is not a member.
        has: Option<Role>,
        /// The lowest role that is enough.
        needs: Role,
    },
    /// The token that creates this one belongs to another user ([L9](crate::docs::rules#l9)).
    #[error("made by a token of the user `{maker}`: expected a token of the owner")]
    IssuerOfOtherUser {
        /// The owner of the creating token.
        maker: UserName,
    },
    /// The token that creates this one is revoked, or its kind does not have the action `create-token`
    /// ([L9](crate::docs::rules#l9), [K1](crate::docs::rules#k1)).
    #[error(
        "made by a {kind} token that has no right to make one: expected a legacy publish token that is not revoked"
    )]
    IssuerMayNotCreateTokens {
        /// The kind of the creating token.
        kind: TokenKind,
    },
    /// The creating token has allowed ranges, and the new token has none ([L9](crate::docs::rules#l9)).
    #[error("no IP ranges, made by a token that has ranges: expected ranges within those")]
    RangesRequired,
    /// The creating token has allowed ranges, and a range of the new token is not within any of them
    /// ([L9](crate::docs::rules#l9)).
    #[error("IP range `{range}`, made by a token that has ranges: expected each within one of those")]
    RangeOutsideIssuer {
        /// The first such range of the new token.
        range: IpRange,
    },
}
