//! Making a token: the limits of the account (L1, L6) and the rights of its owner at that moment (L8, L9).

use super::{
    GranularSettings, GranularToken, LegacyKind, LegacyToken, OrganizationsGrant, PackageSelection, PackagesGrant,
    TokenError, TokenKind, TokenView, is_revoked,
};
use crate::{
    facts::{AccountStatus, OwnerView, PackageState},
    token::{TokenFacts, secret::TokenId},
    value::{
        AllowedRanges, GrantedPermission, IpRange, OrganizationName, PackageName, Permission, Role, Scope, Timestamp,
        UserName, limits::MAX_GRANULAR_TOKENS,
    },
};

/// **The facts of the moment that a granular token is made**: no list of the account's tokens is needed, and none of
/// these has a default. For those who have the list, [`GranularTokenSet`](super::GranularTokenSet) tells two of them.
#[derive(Clone, Copy, Debug)]
pub struct IssueFacts<'a> {
    /// The user that the token will belong to, as of now.
    pub owner: OwnerView<'a>,
    /// What a look-up found of each package selected by name, in any order (those in a selected scope may be left out).
    pub packages: &'a [PackageState<'a>],
    /// How many of the account's granular tokens are not revoked, expired ones included (L1, T1).
    pub granular_tokens: usize,
    /// Whether one of these has the name already (L6).
    pub name_availability: NameAvailability,
    /// By what right the token is made (L9).
    pub issued_by: IssuedBy<'a>,
    /// The time it is made.
    pub now: Timestamp,
}

/// **The facts of the moment that a legacy token is made.**
#[derive(Clone, Copy, Debug)]
pub struct LegacyIssueFacts<'a> {
    /// The user that the token will belong to, as of now.
    pub owner: OwnerView<'a>,
    /// By what right the token is made ([L9](crate::docs::rules#l9)).
    pub issued_by: IssuedBy<'a>,
    /// The time it is made.
    pub now: Timestamp,
}

/// Whether one of the account's granular tokens that are not revoked has the name (L6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameAvailability {
    /// None of them has it.
    Free,
    /// One of them has it.
    Taken,
}

/// **By what right a token is made** (L9).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum IssuedBy<'a> {
    /// The owner in person, logged in by password.
    Owner,
    /// Another token of the owner's, which was allowed `create-token`.
    Token(TokenView<'a>),
}

impl GranularToken {
    /// Makes a granular token.
    ///
    /// # Errors
    /// The first that is broken of: the owner's state, L1, L6 (the name is taken), L4, L5 and L7, L9, L8.
    ///
    /// ```
    /// # use tollgate::{
    /// #     Timestamp, User,
    /// #     facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts},
    /// #     token::{
    /// #         GranularSettings, GranularToken, IssueError, IssueFacts, IssuedBy, NameAvailability,
    /// #         OrganizationsGrant, PackageSelection, PackagesGrant, TokenId, TwoFactorBypass,
    /// #     },
    /// #     value::{AllowedRanges, GrantedPermission, Scope},
    /// # };
    /// # let alice = User::new(UserFacts {
    /// #     name: "alice".parse()?,
    /// #     status: AccountStatus::Active,
    /// #     two_factor: TwoFactorMode::Disabled,
    /// #     tokens_revoked_until: None,
    /// #     memberships: Memberships::empty(),
    /// # })?;
    /// # let now: Timestamp = "2025-11-01T00:00:00Z".parse()?;
    /// let settings = GranularSettings {
    ///     name: "ci".parse()?,
    ///     description: Default::default(),
    ///     expires_at: "2026-01-01T00:00:00Z".parse()?,
    ///     allowed_ranges: AllowedRanges::Any,
    ///     bypass_2fa: TwoFactorBypass::Off,
    ///     packages: PackagesGrant::Granted {
    ///         permission: GrantedPermission::ReadWrite,
    ///         selection: PackageSelection::only(["@alice".parse::<Scope>()?.into()])?,
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
    /// let full = IssueFacts { granular_tokens: 1000, ..facts };
    /// assert_eq!(GranularToken::issue(TokenId::new("t-2")?, settings, &full), Err(IssueError::TooManyTokens));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn issue(id: TokenId, settings: GranularSettings, facts: &IssueFacts<'_>) -> Result<Self, IssueError> {
        let IssueFacts { owner, packages, granular_tokens, name_availability, issued_by, now } = *facts;
        may_have_tokens(&owner)?;
        if granular_tokens >= MAX_GRANULAR_TOKENS {
            return Err(IssueError::TooManyTokens);
        }
        if name_availability == NameAvailability::Taken {
            return Err(IssueError::NameTaken);
        }
        let token =
            Self::load(TokenFacts { id, owner: owner.name.into_owned(), created: now, revoked: None }, settings)?;
        within_maker(&owner, &token.common().allowed_ranges, issued_by)?;
        packages_within_owner(token.packages(), &owner, packages)?;
        organizations_within_owner(token.organizations(), &owner)?;
        Ok(token)
    }
}

impl LegacyToken {
    /// Makes a legacy token.
    ///
    /// # Errors
    /// The owner is suspended, or L9.
    pub fn issue(
        id: TokenId,
        kind: LegacyKind,
        allowed_ranges: AllowedRanges,
        facts: &LegacyIssueFacts<'_>,
    ) -> Result<Self, IssueError> {
        let LegacyIssueFacts { owner, issued_by, now } = *facts;
        may_have_tokens(&owner)?;
        within_maker(&owner, &allowed_ranges, issued_by)?;
        let facts = TokenFacts { id, owner: owner.name.into_owned(), created: now, revoked: None };
        Ok(Self::load(facts, kind, allowed_ranges))
    }
}

fn may_have_tokens(owner: &OwnerView<'_>) -> Result<(), IssueError> {
    match owner.status {
        AccountStatus::Active => Ok(()),
        AccountStatus::Suspended => Err(IssueError::OwnerSuspended),
    }
}

/// L9: a token made by another's right does not lift that one's limits.
fn within_maker(owner: &OwnerView<'_>, ranges: &AllowedRanges, issued_by: IssuedBy<'_>) -> Result<(), IssueError> {
    let maker = match issued_by {
        IssuedBy::Owner => return Ok(()),
        IssuedBy::Token(maker) => maker,
    };
    if maker.owner() != owner.name {
        return Err(IssueError::MakerOfAnother { maker: maker.owner().into_owned() });
    }
    let revoked = is_revoked(maker.created, maker.revoked, owner.tokens_revoked_until);
    if revoked || maker.kind() != TokenKind::Legacy(LegacyKind::Publish) {
        return Err(IssueError::MakerMayNot { kind: maker.kind() });
    }
    let AllowedRanges::Only(limits) = maker.allowed_ranges else { return Ok(()) };
    let AllowedRanges::Only(ranges) = ranges else { return Err(IssueError::RangesRequired) };
    let outside = |range: &&IpRange| !limits.as_slice().iter().any(|limit| limit.covers(range));
    match ranges.as_slice().iter().find(outside) {
        Some(range) => Err(IssueError::RangeOutsideMaker { range: *range }),
        None => Ok(()),
    }
}

/// L8 for packages and scopes.
fn packages_within_owner(
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
        let is_theirs = scope.is_of_user(&owner.name) || owner.memberships.find_scope(scope.as_borrowed()).is_some();
        if !is_theirs {
            return Err(IssueError::ScopeNotOwned { scope: scope.clone() });
        }
    }
    for package in only.packages() {
        // Two look-ups of one name may differ: each of them must do.
        let mut found = states.iter().filter(|state| state.name() == *package).peekable();
        if found.peek().is_none() {
            return Err(IssueError::PackageFactsMissing { package: package.clone() });
        }
        found.try_for_each(|state| package_within_owner(state, permission, owner))?;
    }
    Ok(())
}

fn package_within_owner(
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

/// L8 for organizations: a member for read-only, an admin or owner for read-write.
fn organizations_within_owner(grant: &OrganizationsGrant, owner: &OwnerView<'_>) -> Result<(), IssueError> {
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

/// A token that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The owner is suspended: none of their tokens would work (T4).
    #[error("the owner is suspended: expected an active account")]
    OwnerSuspended,
    /// L1.
    #[error(
        "the account has {MAX_GRANULAR_TOKENS} granular tokens that are not revoked: expected fewer, revoke one first"
    )]
    TooManyTokens,
    /// L6.
    #[error("the name is taken by another granular token of the account: expected one that is not in use")]
    NameTaken,
    /// L4, L5 or L7.
    #[error(transparent)]
    Invalid(#[from] TokenError),
    /// L8: there is no such package, or the owner may not see it; these two are not told apart.
    #[error("package `{package}` does not exist or is not visible to the owner: expected one that the owner may read")]
    PackageNotFound {
        /// The package.
        package: PackageName,
    },
    /// L8: the owner may read the package but not write to it.
    #[error("package `{package}` with `read-write`: expected a package that the owner may write to")]
    PackageNotWritable {
        /// The package.
        package: PackageName,
    },
    /// The caller did not look this package up.
    #[error("no facts about the selected package `{package}`: expected what a look-up found of every one")]
    PackageFactsMissing {
        /// The package.
        package: PackageName,
    },
    /// L8.
    #[error("scope `{scope}`: expected the owner's own, or that of an organization that the owner is a member of")]
    ScopeNotOwned {
        /// The scope.
        scope: Scope,
    },
    /// L8.
    #[error("organization `{organization}`: expected one in which the owner is {needs} or higher")]
    RoleTooLow {
        /// The organization.
        organization: OrganizationName,
        /// The owner's role in it, if any.
        has: Option<Role>,
        /// The lowest role that would do.
        needs: Role,
    },
    /// L9: the token by whose right this one is made belongs to someone else.
    #[error("made by a token of the user `{maker}`: expected a token of the owner")]
    MakerOfAnother {
        /// The owner of that token.
        maker: UserName,
    },
    /// L9, K1, T1: the token by whose right this one is made has no `create-token`, or is revoked.
    #[error(
        "made by a {kind} token that has no right to make one: expected a legacy publish token that is not revoked"
    )]
    MakerMayNot {
        /// The kind of that token.
        kind: TokenKind,
    },
    /// L9.
    #[error("no IP ranges, made by a token that has ranges: expected ranges within those")]
    RangesRequired,
    /// L9.
    #[error("IP range `{range}`, made by a token that has ranges: expected each within one of those")]
    RangeOutsideMaker {
        /// The first range that is not.
        range: IpRange,
    },
}
