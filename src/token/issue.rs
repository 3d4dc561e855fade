//! Issuing a token: checks the limits of the account, and the rights that the owner has at that moment.

use alloc::{boxed::Box, string::ToString};
use core::{borrow::Borrow, fmt};

use super::{
    GranularSettings, GranularToken, GranularTokenError, LegacyKind, LegacyToken, OrganizationsGrant, PackageSelection,
    PackagesGrant, SessionToken, Token, TokenKind, TokenName, TokenSetError, TokenView, TwoFactorBypass, is_expired,
    is_revoked, set::is_not_revoked,
};
use crate::{
    facts::{AccountStatus, OwnerView, PackageState},
    policy::{AllowedOrForbidden, IssuePolicy, LegacyTokens, OptionalOrRequired, Policy, PolicySwitch},
    token::{TokenFacts, secret::TokenId},
    value::{
        AllowedRanges, GrantedPermission, IpRange, Lifetime, OrganizationName, PackageName, PackagesPermission,
        Permission, Role, Scope, Timestamp, UserName, limits::MAX_GRANULAR_TOKENS,
    },
};

/// The facts that [`GranularToken::issue`] needs, as of the moment of issue.
///
/// No fact has a default. [`from_tokens`](Self::from_tokens) takes the account's tokens. They need not be loaded where
/// the registry can count: `granular_tokens` is a count, and `name_availability` is the result of looking up one name.
#[derive(Clone, Copy, Debug)]
pub struct GranularIssueFacts<'a> {
    /// The facts that the issue of every token needs.
    pub issue: IssueFacts<'a>,
    /// The result of looking up each package that is selected by name, in any order. A package whose scope is selected
    /// too may be left out.
    pub packages: &'a [PackageState<'a>],
    /// The number of the account's granular tokens that are not revoked, including expired ones
    /// ([L1](crate::docs::rules#l1)).
    pub granular_tokens: usize,
    /// Whether one of those tokens already has the name of the new token ([L6](crate::docs::rules#l6)).
    pub name_availability: NameAvailability,
}

impl<'a> GranularIssueFacts<'a> {
    /// Creates the facts from the tokens of the account, of every kind and in any order. `name` is the name of the new
    /// token.
    ///
    /// Legacy and session tokens do not count, nor does a token that is revoked, by itself or by the account's cut-off.
    /// An expired token counts ([L1](crate::docs::rules#l1), [L6](crate::docs::rules#l6)).
    ///
    /// # Errors
    ///
    /// Returns [`TokenSetError::OtherOwner`] if a token belongs to a user other than the owner. The list is then not
    /// the account's, and the limits cannot be checked with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     Policy, Token, User,
    ///     facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts},
    ///     token::{
    ///         GranularIssueFacts, GranularSettings, GranularToken, IssueError, IssueFacts, IssuedBy, OrganizationsGrant,
    ///         PackageSelection, PackagesGrant, TokenDescription, TwoFactorBypass,
    ///     },
    ///     value::{AllowedRanges, PackagesPermission},
    /// };
    ///
    /// let alice = User::new(UserFacts {
    ///     name: "alice".parse()?,
    ///     status: AccountStatus::Active,
    ///     two_factor: TwoFactorMode::Disabled,
    ///     tokens_revoked_until: None,
    ///     writes_held_until: None,
    ///     memberships: Memberships::empty(),
    /// })?;
    /// let policy = Policy::NPM_2025_10;
    /// let (owner, now) = (alice.as_view(), "2025-11-01T00:00:00Z".parse()?);
    /// let issue = IssueFacts { policy, owner, issued_by: IssuedBy::Owner, now };
    /// let settings = GranularSettings {
    ///     name: "ci".parse()?,
    ///     description: TokenDescription::default(),
    ///     expires_at: "2026-01-01T00:00:00Z".parse()?,
    ///     allowed_ranges: AllowedRanges::Any,
    ///     bypass_2fa: TwoFactorBypass::Off,
    ///     packages: PackagesGrant::Granted {
    ///         permission: PackagesPermission::ReadOnly,
    ///         selection: PackageSelection::All,
    ///     },
    ///     organizations: OrganizationsGrant::NoAccess,
    /// };
    ///
    /// let mut tokens: Vec<Token> = Vec::new();
    /// let facts = GranularIssueFacts::from_tokens(issue, &[], &settings.name, &tokens)?;
    /// tokens.push(GranularToken::issue("t-1".parse()?, settings.clone(), &facts)?.into());
    ///
    /// // The name is now taken.
    /// let facts = GranularIssueFacts::from_tokens(issue, &[], &settings.name, &tokens)?;
    /// assert_eq!(facts.granular_tokens, 1);
    /// assert_eq!(GranularToken::issue("t-2".parse()?, settings, &facts), Err(IssueError::NameTaken));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_tokens(
        issue: IssueFacts<'a>,
        packages: &'a [PackageState<'a>],
        name: &TokenName,
        tokens: impl IntoIterator<Item: Borrow<Token>>,
    ) -> Result<Self, TokenSetError> {
        let mut facts = Self { issue, packages, granular_tokens: 0, name_availability: NameAvailability::Free };
        for token in tokens {
            let token = token.borrow();
            if *token.owner() != issue.owner.name {
                return Err(TokenSetError::OtherOwner);
            }
            let Token::Granular(granular) = token else { continue };
            if !is_not_revoked(&issue.owner, granular) {
                continue;
            }
            facts.granular_tokens = facts.granular_tokens.saturating_add(1);
            if granular.name() == name {
                facts.name_availability = NameAvailability::Taken;
            }
        }
        Ok(facts)
    }
}

/// The facts that the issue of every token needs, as of the moment of issue.
#[derive(Clone, Copy, Debug)]
pub struct IssueFacts<'a> {
    /// The policy that the token is issued under.
    pub policy: Policy,
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
    /// 1. The owner is neither suspended ([T4](crate::docs::rules#t4)) nor on hold ([T5](crate::docs::rules#t5)).
    /// 2. The account has fewer than 1000 granular tokens that are not revoked ([L1](crate::docs::rules#l1)).
    /// 3. The name is free ([L6](crate::docs::rules#l6)).
    /// 4. The settings pass the checks of [`load`](Self::load).
    /// 5. The policy allows the lifetime, the lack of ranges, the bypass and the selection of all packages
    ///    ([P2](crate::docs::rules#p2), [P7](crate::docs::rules#p7)).
    /// 6. If another token creates this one, it belongs to the same owner, has the action `create-token`, and is
    ///    not revoked, expired or retired. If the creating token has allowed ranges, the new token has allowed ranges too,
    ///    each within one of the creating token's ([L9](crate::docs::rules#l9)).
    /// 7. The owner has the requested permission on every selected package, scope and organization
    ///    ([L8](crate::docs::rules#l8)).
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     Policy, Timestamp, User,
    ///     facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts},
    ///     token::{
    ///         GranularIssueFacts, GranularSettings, GranularToken, IssueError, IssueFacts, IssuedBy, NameAvailability,
    ///         OrganizationsGrant, PackageSelection, PackagesGrant, TokenDescription, TokenId, TwoFactorBypass,
    ///     },
    ///     value::{AllowedRanges, PackagesPermission, Scope},
    /// };
    ///
    /// let alice = User::new(UserFacts {
    ///     name: "alice".parse()?,
    ///     status: AccountStatus::Active,
    ///     two_factor: TwoFactorMode::Disabled,
    ///     tokens_revoked_until: None,
    ///     writes_held_until: None,
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
    ///         permission: PackagesPermission::ReadWrite,
    ///         selection: PackageSelection::only([own_scope.into()])?,
    ///     },
    ///     organizations: OrganizationsGrant::NoAccess,
    /// };
    /// let policy = Policy::NPM_2025_10;
    /// let facts = GranularIssueFacts {
    ///     issue: IssueFacts { policy, owner: alice.as_view(), issued_by: IssuedBy::Owner, now },
    ///     packages: &[],
    ///     granular_tokens: 999,
    ///     name_availability: NameAvailability::Free,
    /// };
    /// let token = GranularToken::issue(TokenId::new("t-1")?, settings.clone(), &facts)?;
    /// assert_eq!(token.name().as_str(), "ci");
    ///
    /// // The account is at the limit.
    /// let full = GranularIssueFacts { granular_tokens: 1000, ..facts };
    /// assert_eq!(GranularToken::issue(TokenId::new("t-2")?, settings, &full), Err(IssueError::TooManyTokens));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn issue(id: TokenId, settings: GranularSettings, facts: &GranularIssueFacts<'_>) -> Result<Self, IssueError> {
        let GranularIssueFacts { issue, packages, granular_tokens, name_availability } = *facts;
        let IssueFacts { policy, owner, issued_by, now } = issue;
        check_owner_is_active(&owner)?;
        check_owner_is_not_on_hold(&owner, now)?;
        if granular_tokens >= MAX_GRANULAR_TOKENS {
            return Err(IssueError::TooManyTokens);
        }
        if name_availability == NameAvailability::Taken {
            return Err(IssueError::NameTaken);
        }
        let token =
            Self::load(TokenFacts { id, owner: owner.name.into_owned(), created: now, revoked: None }, settings)?;
        check_policy_of_granular_token(&token, &policy)?;
        check_creating_token(&owner, &token.common().allowed_ranges, issued_by, &policy, now)?;
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
    /// 1. The policy honours legacy tokens ([P1](crate::docs::rules#p1)).
    /// 2. The owner is not suspended ([T4](crate::docs::rules#t4)). An owner on hold is issued a publish token, which a
    ///    login makes, and no other ([T5](crate::docs::rules#t5)).
    /// 3. If another token creates this one, it belongs to the same owner, has the action `create-token`, and is
    ///    not revoked, expired or retired. If the creating token has allowed ranges, the new token has allowed ranges too,
    ///    each within one of the creating token's ([L9](crate::docs::rules#l9)).
    pub fn issue(
        id: TokenId,
        kind: LegacyKind,
        allowed_ranges: AllowedRanges,
        facts: &IssueFacts<'_>,
    ) -> Result<Self, IssueError> {
        let IssueFacts { policy, owner, issued_by, now } = *facts;
        if policy.for_issuing().legacy_tokens == LegacyTokens::Retired {
            return Err(IssueError::against(
                &policy,
                PolicySwitch::LegacyTokens,
                format_args!("a legacy {kind} token"),
            ));
        }
        check_owner_is_active(&owner)?;
        match kind {
            LegacyKind::ReadOnly | LegacyKind::Automation => check_owner_is_not_on_hold(&owner, now)?,
            LegacyKind::Publish => {}
        }
        check_creating_token(&owner, &allowed_ranges, issued_by, &policy, now)?;
        let facts = TokenFacts { id, owner: owner.name.into_owned(), created: now, revoked: None };
        Ok(Self::load(facts, kind, allowed_ranges))
    }
}

impl SessionToken {
    /// Issues a session token, which a login makes, created at `facts.now`.
    ///
    /// # Errors
    ///
    /// Checks the following in this order, and returns the first error:
    ///
    /// 1. The owner is not suspended ([T4](crate::docs::rules#t4)). An owner on hold is issued a session token.
    /// 2. The token expires after `facts.now`.
    /// 3. The policy allows the lifetime ([P3](crate::docs::rules#p3)).
    /// 4. If another token creates this one, it belongs to the same owner, has the action `create-token`, and is
    ///    not revoked, expired or retired. If the creating token has allowed ranges, the new token has allowed ranges too,
    ///    each within one of the creating token's ([L9](crate::docs::rules#l9)).
    pub fn issue(
        id: TokenId,
        expires_at: Timestamp,
        allowed_ranges: AllowedRanges,
        facts: &IssueFacts<'_>,
    ) -> Result<Self, IssueError> {
        let IssueFacts { policy, owner, issued_by, now } = *facts;
        check_owner_is_active(&owner)?;
        if expires_at <= now {
            return Err(IssueError::SessionExpired { expires_at, now });
        }
        let limit = policy.for_issuing().session_lifetime_at_most;
        check_lifetime(&policy, PolicySwitch::SessionLifetimeAtMost, limit, now, expires_at)?;
        check_creating_token(&owner, &allowed_ranges, issued_by, &policy, now)?;
        let facts = TokenFacts { id, owner: owner.name.into_owned(), created: now, revoked: None };
        Ok(Self::load(facts, expires_at, allowed_ranges))
    }
}

/// Checks the limits that a policy puts on a new granular token ([P2](crate::docs::rules#p2),
/// [P7](crate::docs::rules#p7)).
fn check_policy_of_granular_token(token: &GranularToken, policy: &Policy) -> Result<(), IssueError> {
    let IssuePolicy {
        legacy_tokens: _,            // LegacyToken::issue, check_creating_token
        session_lifetime_at_most: _, // SessionToken::issue
        write_lifetime_at_most,
        token_lifetime_at_most,
        ranges,
        bypass,
        all_packages,
    } = policy.for_issuing();
    let (created, expires_at) = (token.common().created, token.expires_at());
    if token.packages().permission().max(token.organizations().permission()) > Permission::ReadOnly {
        check_lifetime(policy, PolicySwitch::WriteLifetimeAtMost, write_lifetime_at_most, created, expires_at)?;
    }
    check_lifetime(policy, PolicySwitch::TokenLifetimeAtMost, token_lifetime_at_most, created, expires_at)?;
    if ranges == OptionalOrRequired::Required && token.common().allowed_ranges == AllowedRanges::Any {
        return Err(IssueError::against(policy, PolicySwitch::Ranges, "no IP ranges"));
    }
    if bypass == AllowedOrForbidden::Forbidden && token.bypass_2fa() == TwoFactorBypass::On {
        return Err(IssueError::against(policy, PolicySwitch::Bypass, "2FA bypass"));
    }
    match token.packages() {
        PackagesGrant::Granted { permission: _, selection: PackageSelection::All }
            if all_packages == AllowedOrForbidden::Forbidden =>
        {
            Err(IssueError::against(policy, PolicySwitch::AllPackages, "all packages"))
        }
        PackagesGrant::Granted { .. } | PackagesGrant::NoAccess => Ok(()),
    }
}

/// Checks that the lifetime is at most the limit of the switch. A lifetime of exactly the limit is allowed.
fn check_lifetime(
    policy: &Policy,
    switch: PolicySwitch,
    limit: Option<Lifetime>,
    created: Timestamp,
    expires_at: Timestamp,
) -> Result<(), IssueError> {
    let lifetime = expires_at.duration_since(created).unwrap_or_default();
    match limit {
        Some(limit) if lifetime > limit.duration() => {
            // A part of a second is rounded up, so that the lifetime asked for never reads like the limit.
            let seconds = lifetime.as_secs().saturating_add(u64::from(lifetime.subsec_nanos() > 0));
            let asked = Lifetime::from_seconds(seconds);
            Err(IssueError::against(policy, switch, format_args!("a lifetime of {asked}")))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_owner_is_active(owner: &OwnerView<'_>) -> Result<(), IssueError> {
    match owner.status {
        AccountStatus::Active => Ok(()),
        AccountStatus::Suspended => Err(IssueError::OwnerSuspended),
    }
}

fn check_owner_is_not_on_hold(owner: &OwnerView<'_>, now: Timestamp) -> Result<(), IssueError> {
    match owner.writes_held_until {
        Some(until) if now < until => Err(IssueError::OwnerOnHold { until }),
        Some(_) | None => Ok(()),
    }
}

/// Checks that the creating token may create tokens, and that each range of the new token is within one of the creating
/// token's ranges ([L9](crate::docs::rules#l9)).
fn check_creating_token(
    owner: &OwnerView<'_>,
    ranges: &AllowedRanges,
    issued_by: IssuedBy<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), IssueError> {
    let maker = match issued_by {
        IssuedBy::Owner => return Ok(()),
        IssuedBy::Token(maker) => maker,
    };
    if maker.owner() != owner.name {
        return Err(IssueError::IssuerOfOtherUser { maker: maker.owner().into_owned() });
    }
    let is_over =
        is_revoked(maker.created, maker.revoked, owner.tokens_revoked_until) || is_expired(maker.expires_at(), now);
    let may_create_tokens = match maker.kind() {
        TokenKind::Legacy(LegacyKind::Publish) => policy.for_issuing().legacy_tokens == LegacyTokens::Honoured,
        TokenKind::Session => true,
        TokenKind::Legacy(LegacyKind::ReadOnly | LegacyKind::Automation) | TokenKind::Granular => false,
    };
    if is_over || !may_create_tokens {
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
    needs: PackagesPermission,
    owner: &OwnerView<'_>,
) -> Result<(), IssueError> {
    let held = match state {
        PackageState::Missing(_) => Permission::NoAccess,
        PackageState::Existing(package) => package.permission_for_token(owner.name, owner.memberships, needs.into()),
    };
    let package = || state.name().into_owned();
    match (held, needs) {
        (Permission::NoAccess, _) => Err(IssueError::PackageNotFound { package: package() }),
        // A user's permission is never `stage-only`.
        (
            Permission::ReadOnly | Permission::StageOnly,
            PackagesPermission::StageOnly | PackagesPermission::ReadWrite,
        ) => Err(IssueError::PackageNotWritable { package: package() }),
        (Permission::ReadOnly | Permission::StageOnly, PackagesPermission::ReadOnly) | (Permission::ReadWrite, _) => {
            Ok(())
        }
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
    /// The owner's account is on hold, and the token is not one that a login makes ([T5](crate::docs::rules#t5)).
    #[error("the owner is on hold until {until}: expected a token that a login makes, or a time after the hold")]
    OwnerOnHold {
        /// The time at which the hold ends.
        until: Timestamp,
    },
    /// The policy does not allow the token ([P](crate::docs::rules#p)).
    #[error("{asked}: expected {expected}, by `{switch}` of the policy `{policy}`")]
    AgainstPolicy {
        /// The switch of the policy that does not allow the token.
        switch: PolicySwitch,
        /// What was asked for, such as `a lifetime of 91 days`.
        asked: Box<str>,
        /// What the policy allows, such as `at most 90 days`.
        expected: Box<str>,
        /// The policy.
        policy: Policy,
    },
    /// The new session token would already be expired.
    #[error("a session that expires at {expires_at}: expected an expiry after {now}, the time of issue")]
    SessionExpired {
        /// The expiry.
        expires_at: Timestamp,
        /// The time of issue.
        now: Timestamp,
    },
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
    /// The grant is `stage-only` or `read-write`, and the owner may only read a selected package
    /// ([L8](crate::docs::rules#l8)).
    #[error("package `{package}`, which the owner may only read: expected one that the owner may write to")]
    PackageNotWritable {
        /// The package.
        package: PackageName,
    },
    /// [`GranularIssueFacts::packages`] lacks a selected package.
    #[error("no facts about the selected package `{package}`: expected the result of looking up each selected package")]
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
    /// The token that creates this one is revoked, expired or retired, or its kind does not have the action `create-token`
    /// ([L9](crate::docs::rules#l9), [K1](crate::docs::rules#k1)).
    #[error(
        "made by a {kind} token that has no right to make one: expected a session token, or a legacy publish token where those are honoured, that is neither revoked nor expired"
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

impl IssueError {
    fn against(policy: &Policy, switch: PolicySwitch, asked: impl fmt::Display) -> Self {
        Self::AgainstPolicy {
            switch,
            asked: asked.to_string().into(),
            expected: policy.expected_by(switch).to_string().into(),
            policy: *policy,
        }
    }
}
