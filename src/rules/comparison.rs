//! The values that a check compares, as data and as a sentence.

use core::fmt;

use crate::{
    facts::{AccountStatus, ExternalCeiling, PublishingAccess, ScopeOwner, TwoFactorMode, Visibility},
    operation::Action,
    policy::{Edition, LegacyTokens},
    token::{CoveredBy, LegacyKind, OrganizationsGrant, PackageSelection, PackagesGrant, TokenKind},
    value::{
        AllowedRanges, ClientIp, GrantKind, OrganizationName, PackageName, Permission, Role, Timestamp, UserName,
        string_enum,
    },
};

/// The values that a check compared, whether the check passed or failed. `Display` writes them as a sentence.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Comparison<'a> {
    /// The times that determine whether the token is revoked ([T1](crate::docs::rules#t1)).
    #[non_exhaustive]
    Revocation {
        /// When the token was created.
        created: Timestamp,
        /// The time of the token's own revocation, or `None` if it has none.
        revoked: Option<Timestamp>,
        /// The account's cut-off: every token created at or before this time is revoked. `None` if the account has no
        /// cut-off, or if the check ran before the owner's record was known.
        cut_off: Option<Timestamp>,
    },
    /// The kind of a legacy token, and whether the policy honours legacy tokens ([P1](crate::docs::rules#p1)).
    #[non_exhaustive]
    Retirement {
        /// The kind.
        kind: LegacyKind,
        /// Whether legacy tokens work under the policy.
        legacy_tokens: LegacyTokens,
        /// The edition of the policy.
        edition: Edition,
    },
    /// The token's expiry and the time of the request ([T2](crate::docs::rules#t2)).
    #[non_exhaustive]
    Expiry {
        /// The token's expiry, or `None` for a legacy token, which never expires.
        expires_at: Option<Timestamp>,
        /// The time of the request.
        now: Timestamp,
    },
    /// The client's address and the token's ranges ([T3](crate::docs::rules#t3)).
    #[non_exhaustive]
    Address {
        /// The client's address.
        client_ip: ClientIp,
        /// The addresses that the token may be used from.
        allowed: &'a AllowedRanges,
    },
    /// The status of the owner's account ([T4](crate::docs::rules#t4)).
    #[non_exhaustive]
    OwnerStatus {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The account's status.
        status: AccountStatus,
    },
    /// The end of the hold on the owner's account, and the time of the request ([T5](crate::docs::rules#t5)).
    #[non_exhaustive]
    Hold {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The time at which the hold ends.
        until: Timestamp,
        /// The time of the request.
        now: Timestamp,
    },
    /// The kind of token and the action ([K1](crate::docs::rules#k1)).
    #[non_exhaustive]
    Kind {
        /// The token's kind.
        kind: TokenKind,
        /// The action.
        action: Action,
    },
    /// The permission of one of the token's grants and the permission that the action needs
    /// ([G1](crate::docs::rules#g1)).
    #[non_exhaustive]
    Permission {
        /// The grant that applies to the action: the one over packages or the one over organizations.
        grant: GrantKind,
        /// The permission of this grant.
        has: Permission,
        /// The lowest permission that is enough for the action.
        needs: Permission,
    },
    /// Whether the organization exists ([D1](crate::docs::rules#d1)).
    #[non_exhaustive]
    OrganizationExists {
        /// The organization.
        organization: OrganizationName<&'a str>,
        /// Whether the organization exists.
        exists: bool,
    },
    /// Whether the package exists ([D1](crate::docs::rules#d1)).
    #[non_exhaustive]
    PackageExists {
        /// The package.
        package: PackageName<&'a str>,
        /// Whether the package exists, for this token and operation.
        exists: bool,
        /// Whether the package is on record. A private package on record may count as missing for
        /// `revoke-team-access` ([C5](crate::docs::rules#c5)).
        on_record: bool,
    },
    /// Who may read the package ([V1](crate::docs::rules#v1)).
    #[non_exhaustive]
    Visibility {
        /// The package.
        package: PackageName<&'a str>,
        /// Who may read it.
        visibility: Visibility,
    },
    /// The organization and the token's selection of organizations ([G2](crate::docs::rules#g2)).
    #[non_exhaustive]
    OrganizationSelected {
        /// The organization.
        organization: OrganizationName<&'a str>,
        /// The token's grant.
        grant: &'a OrganizationsGrant,
        /// How the grant's selection covers it, or `None` if it does not.
        covered_by: Option<CoveredBy>,
    },
    /// The name of a package to create and the token's selection of packages ([G3](crate::docs::rules#g3)).
    #[non_exhaustive]
    CreationCovered {
        /// The name of the package to create.
        package: PackageName<&'a str>,
        /// The token's grant.
        grant: &'a PackagesGrant,
        /// How the grant's selection covers the name, or `None` if it does not. [`CoveredBy::Name`] is not enough.
        covered_by: Option<CoveredBy>,
    },
    /// The package and the token's selection of packages ([G2](crate::docs::rules#g2)).
    #[non_exhaustive]
    PackageSelected {
        /// The package.
        package: PackageName<&'a str>,
        /// The token's grant.
        grant: &'a PackagesGrant,
        /// How the grant's selection covers it, or `None` if it does not.
        covered_by: Option<CoveredBy>,
    },
    /// The owner's role in the organization and the role that the action needs ([C5](crate::docs::rules#c5)).
    #[non_exhaustive]
    OwnerRole {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The organization.
        organization: OrganizationName<&'a str>,
        /// The owner's role in it, or `None` if the owner is not a member.
        has: Option<Role>,
        /// The lowest role that is enough for the action.
        needs: Role,
    },
    /// The owner's permission on the package and the permission that the action needs ([C2](crate::docs::rules#c2)).
    #[non_exhaustive]
    OwnerPermission {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The package.
        package: PackageName<&'a str>,
        /// The owner's highest permission now.
        has: Permission,
        /// The lowest permission that is enough for the action.
        needs: Permission,
    },
    /// The owner, and what the registry decided elsewhere that a user may do with a package
    /// ([C7](crate::docs::rules#c7)).
    #[non_exhaustive]
    ExternalCeiling {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The package.
        package: PackageName<&'a str>,
        /// The action.
        action: Action,
        /// What was decided elsewhere.
        ceiling: &'a ExternalCeiling,
        /// Whether it is about this owner and package, and has the action.
        allows: bool,
    },
    /// The owner and the name of a package to create ([C3](crate::docs::rules#c3)).
    #[non_exhaustive]
    Creator {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The name.
        package: PackageName<&'a str>,
        /// Whether the owner may create it: the name is unscoped, or its scope belongs to the owner or to an
        /// organization that the owner is a member of.
        may_create: bool,
    },
    /// The owner and who owns the package's scope ([C4](crate::docs::rules#c4)).
    #[non_exhaustive]
    ScopeControl {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The package.
        package: PackageName<&'a str>,
        /// Who owns its scope.
        scope_owner: ScopeOwner,
        /// The owner's role in the organization that owns the scope. `None` if no organization owns it, or if the owner
        /// is not a member.
        role: Option<Role>,
        /// Whether the scope belongs to the token's owner.
        own: bool,
    },
    /// The organization and who owns the package's scope ([C5](crate::docs::rules#c5)).
    #[non_exhaustive]
    ScopeOfOrganization {
        /// The organization.
        organization: OrganizationName<&'a str>,
        /// The package.
        package: PackageName<&'a str>,
        /// Who owns its scope.
        scope_owner: ScopeOwner,
        /// Whether the scope belongs to the organization.
        holds: bool,
    },
    /// The owner and the account that the action is on ([C6](crate::docs::rules#c6)).
    #[non_exhaustive]
    Account {
        /// The token's owner.
        owner: UserName<&'a str>,
        /// The name of the user whose account it is.
        account: UserName<&'a str>,
    },
    /// The name of a package to create, which must be valid for a new package ([C3](crate::docs::rules#c3)).
    #[non_exhaustive]
    NewName {
        /// The name.
        package: PackageName<&'a str>,
    },
    /// The settings that can demand a second factor, and whether the token bypasses it ([F](crate::docs::rules#f)).
    #[non_exhaustive]
    SecondFactor {
        /// What demands a second factor, or `None` if nothing does. A bypass removes every demand except that of
        /// [`PublishingAccess::TwoFactorOnly`].
        demanded_by: Option<DemandedBy>,
        /// The two-factor mode of the owner's account.
        account: TwoFactorMode,
        /// The package's publishing access, raised to the policy's least one ([P4](crate::docs::rules#p4)). `None` if
        /// the action does not write to a package.
        publishing_access: Option<PublishingAccess>,
        /// Whether the token bypasses the second factor for this action.
        bypass: bool,
    },
}

string_enum! {
    /// What demands a second factor.
    #[non_exhaustive]
    pub enum DemandedBy: "demander of a second factor" {
        /// The account's two-factor mode ([F4](crate::docs::rules#f4)).
        Account = "account",
        /// The package's publishing access ([F2](crate::docs::rules#f2), [F3](crate::docs::rules#f3)).
        Package = "package",
        /// The policy, which has a higher publishing access than the package ([P4](crate::docs::rules#p4)).
        Policy = "policy",
        /// The action: a staged version is always approved or rejected with a second factor
        /// ([F](crate::docs::rules#f)).
        Action = "action",
    }
}

/// Writes the first five items of a list, and the number of the remaining ones.
struct Few<I>(I);

impl<I: Iterator<Item: fmt::Display> + Clone> fmt::Display for Few<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        for (at, item) in self.0.clone().take(SHOWN).enumerate() {
            write!(f, "{}`{item}`", if at == 0 { "" } else { ", " })?;
        }
        match self.0.clone().count().checked_sub(SHOWN) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            Some(0) | None => Ok(()),
        }
    }
}

/// Returns the words for a role before the name of an organization, such as `a member of`.
const fn role_of(role: Option<Role>) -> &'static str {
    match role {
        None => "not a member of",
        Some(Role::Member) => "a member of",
        Some(Role::Admin) => "an admin of",
        Some(Role::Owner) => "an owner of",
    }
}

impl fmt::Display for Comparison<'_> {
    #[expect(clippy::too_many_lines, reason = "one arm for each comparison")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Revocation { created, revoked, cut_off } => match (revoked, cut_off) {
                (Some(revoked), _) => write!(f, "the token was revoked at {revoked}"),
                (None, Some(cut_off)) if created <= cut_off => {
                    write!(f, "the token was made at {created}, at or before the account's cut-off at {cut_off}")
                }
                (None, Some(cut_off)) => {
                    write!(f, "the token was made at {created}, after the account's cut-off at {cut_off}")
                }
                (None, None) => f.write_str("the token is not revoked"),
            },
            Self::Retirement { kind, legacy_tokens, edition } => {
                write!(
                    f,
                    "the token is legacy {kind}, legacy tokens are {legacy_tokens} (policy of the edition `{edition}`)"
                )
            }
            Self::Hold { owner, until, now } => {
                write!(f, "the account of the owner `{owner}` is on hold until {until}, now is {now}")
            }
            Self::ExternalCeiling { owner, package, action, ceiling: _, allows: true } => {
                write!(f, "the registry decided that the owner `{owner}` may {action} `{package}`")
            }
            Self::ExternalCeiling { owner, package, action, ceiling, allows: false } => {
                if ceiling.user() == &owner && ceiling.package() == &package {
                    write!(f, "the registry decided that the owner `{owner}` may not {action} `{package}`")
                } else {
                    write!(
                        f,
                        "the registry decided about the user `{}` and `{}`, the owner is `{owner}` and the package `{package}`",
                        ceiling.user(),
                        ceiling.package()
                    )
                }
            }
            Self::Expiry { expires_at: Some(at), now } if now >= at => {
                write!(f, "the token expired at {at}, now is {now}")
            }
            Self::Expiry { expires_at: Some(at), now } => write!(f, "the token expires at {at}, now is {now}"),
            Self::Expiry { expires_at: None, now: _ } => f.write_str("the token has no expiry"),
            Self::Address { client_ip, allowed } => match allowed {
                AllowedRanges::Any => write!(f, "the client address is {client_ip}, the token allows any"),
                AllowedRanges::Only(ranges) => {
                    let few = Few(ranges.as_slice().iter());
                    write!(f, "the client address is {client_ip}, the token allows {few}")
                }
            },
            Self::OwnerStatus { owner, status } => write!(f, "the owner `{owner}` is {status}"),
            Self::Kind { kind, action } => write!(f, "the token is {kind}, the action is {}", action.requested_as()),
            Self::Permission { grant, has, needs } => {
                write!(f, "the token has {has} on {grant}, the action needs {needs}")
            }
            Self::OrganizationExists { organization, exists } => {
                exists_or_not(f, "organization", &organization, exists)
            }
            Self::PackageExists { package, exists: false, on_record: true } => write!(
                f,
                "the package `{package}` counts as missing: it is private, outside the organization's scope, without a grant \
                 to a team of the organization, and hidden from the token"
            ),
            Self::PackageExists { package, exists, on_record: _ } => exists_or_not(f, "package", &package, exists),
            Self::Visibility { package, visibility } => write!(f, "`{package}` is {visibility}"),
            Self::OrganizationSelected { organization, grant, covered_by } => match grant {
                OrganizationsGrant::NoAccess => {
                    write!(f, "the token selects no organization; `{organization}` is not covered")
                }
                OrganizationsGrant::Granted { permission: _, selection } => {
                    let few = Few(selection.as_slice().iter());
                    write!(f, "the token selects {few}; `{organization}` is {}", covered(covered_by))
                }
            },
            Self::PackageSelected { package, grant, covered_by } => selected(f, package, grant, covered_by),
            Self::CreationCovered { package, grant, covered_by } => {
                selected(f, package, grant, covered_by)?;
                f.write_str(", a new package needs all packages or its scope")
            }
            Self::OwnerRole { owner, organization, has, needs } => {
                let (has, needs) = (role_of(has), role_of(Some(needs)));
                write!(f, "the token's owner `{owner}` is {has} `{organization}`, the action needs {needs} it")
            }
            Self::OwnerPermission { owner, package, has, needs } => {
                write!(f, "the owner `{owner}` has {has} on `{package}`, the action needs {needs}")
            }
            Self::Creator { owner, package, may_create: true } => {
                write!(f, "the owner `{owner}` may create `{package}`")
            }
            Self::Creator { owner, package, may_create: false } => {
                write!(
                    f,
                    "the scope of `{package}` is neither the owner `{owner}`'s nor an organization's that they are in"
                )
            }
            Self::ScopeControl { owner, package, scope_owner, role, own } => match scope_owner {
                ScopeOwner::Unscoped => write!(f, "`{package}` is unscoped: it is in no account's scope"),
                ScopeOwner::Nobody => write!(f, "the scope of `{package}` has no known owner"),
                ScopeOwner::User => {
                    let whose = if own { "the scope of" } else { "another user's scope than that of" };
                    write!(f, "`{package}` is in {whose} the token's owner `{owner}`")
                }
                ScopeOwner::Organization => {
                    let has = role_of(role);
                    write!(f, "the token's owner `{owner}` is {has} the organization whose scope `{package}` is in")?;
                    write!(f, ", the action needs {} it", role_of(Some(Role::Owner)))
                }
            },
            Self::ScopeOfOrganization { organization, package, scope_owner, holds } => {
                let is = if holds { "is" } else { "is not" };
                write!(
                    f,
                    "the scope of `{package}` {is} that of the organization `{organization}` (scope owner: {scope_owner})"
                )
            }
            Self::Account { owner, account } => write!(f, "the token's owner is `{owner}`, the account is `{account}`"),
            Self::NewName { package } => match package.new_name_problem() {
                None => write!(f, "`{package}` is a name for a new package"),
                Some(problem) => write!(f, "`{package}` is no name for a new package: {problem}"),
            },
            Self::SecondFactor { demanded_by, account, publishing_access, bypass } => {
                write!(f, "the account's two-factor mode is {account}")?;
                if let Some(access) = publishing_access {
                    write!(f, ", the package's publishing access is {access}")?;
                }
                write!(f, ", the token {} the second factor", if bypass { "bypasses" } else { "does not bypass" })?;
                match demanded_by {
                    Some(demanded_by) => write!(f, "; demanded by the {demanded_by}"),
                    None => f.write_str("; not demanded"),
                }
            }
        }
    }
}

fn selected(
    f: &mut fmt::Formatter<'_>,
    package: PackageName<&str>,
    grant: &PackagesGrant,
    covered_by: Option<CoveredBy>,
) -> fmt::Result {
    match grant {
        PackagesGrant::NoAccess => write!(f, "the token selects no package; `{package}` is not covered"),
        PackagesGrant::Granted { permission: _, selection: PackageSelection::All } => {
            write!(f, "the token selects all packages; `{package}` is covered")
        }
        PackagesGrant::Granted { permission: _, selection: PackageSelection::Only(only) } => {
            let scopes = only.scopes().iter().map(Selected::Scope);
            let few = Few(scopes.chain(only.packages().iter().map(Selected::Package)));
            write!(f, "the token selects {few}; `{package}` is {}", covered(covered_by))
        }
    }
}

fn exists_or_not(f: &mut fmt::Formatter<'_>, what: &str, name: &dyn fmt::Display, exists: bool) -> fmt::Result {
    write!(f, "the {what} `{name}` {}", if exists { "exists" } else { "does not exist" })
}

const fn covered(covered_by: Option<CoveredBy>) -> &'static str {
    match covered_by {
        None => "not covered",
        Some(CoveredBy::All) => "covered",
        Some(CoveredBy::Scope) => "covered by its scope",
        Some(CoveredBy::Name) => "covered by its name",
    }
}

/// A scope or a package in a selection.
#[derive(Clone)]
enum Selected<'a> {
    Scope(&'a crate::value::Scope),
    Package(&'a PackageName),
}

impl fmt::Display for Selected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scope) => scope.fmt(f),
            Self::Package(package) => package.fmt(f),
        }
    }
}
