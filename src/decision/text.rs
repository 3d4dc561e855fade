//! The two texts of a denial ([D4](crate::docs::rules#d4)).
//!
//! The text for the operator has the reason, both sides of the comparison, and what would turn the denial into an
//! allow. The text for the client reveals nothing that the HTTP status hides, such as whether a private package exists.

use core::fmt;

use crate::{
    decision::{
        Deny,
        basis::Basis,
        phrase::{ActionPhrase, RequestPhrase},
    },
    facts::{PackageState, PublishingAccess, ScopeOwner},
    policy::LegacyTokens,
    rules::{Comparison, DemandedBy, Reason, could_be_bypassed},
    token::{TokenKind, TokenView},
    value::Permission,
};

impl<'a> Deny<'a> {
    /// Returns the text for the operator's log: the reason, both sides of the comparison, and what would turn the
    /// denial into an allow. Do not send it to the client.
    #[must_use]
    pub const fn operator_text(&self) -> impl fmt::Display + use<'_, 'a> {
        OperatorText(self)
    }

    /// Returns the text for the client. It reveals nothing that the HTTP status hides: a private package that the token
    /// cannot read and a package that does not exist get the same text.
    #[must_use]
    pub const fn client_text(&self) -> impl fmt::Display + use<'_, 'a> {
        ClientText(self)
    }
}

/// Writes the operation with its resource, or only the action if the resource is not known.
pub(crate) struct RequestedOperation<'d, 'a>(pub(crate) &'d Basis<'a>);

impl fmt::Display for RequestedOperation<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.operation() {
            Some(operation) => operation.fmt(f),
            None => f.write_str(self.0.action().requested_as()),
        }
    }
}

/// Writes the text for the operator.
struct OperatorText<'d, 'a>(&'d Deny<'a>);

impl fmt::Display for OperatorText<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(deny) = self;
        write!(f, "{} denied: {} ({})", RequestedOperation(deny.basis()), deny.reason(), deny.reason().rule())?;
        if let Some(token) = deny.basis().token() {
            write!(f, ", token `{}` of `{}`", token.id(), token.owner())?;
        }
        match (deny.comparison(), deny.reason()) {
            (Some(comparison), _) => write!(f, ": {comparison}")?,
            (None, Reason::TokenUnknown) => f.write_str(": no token on record has this secret or id")?,
            (None, Reason::NoSuchPackage) => f.write_str(": no package has the name")?,
            (None, _) => f.write_str(": no token was presented")?,
        }
        write!(f, "; cure: {}", Cure(deny))
    }
}

/// Writes what would turn the denial into an allow.
pub(crate) struct Cure<'d, 'a>(pub(crate) &'d Deny<'a>);

impl fmt::Display for Cure<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(deny) = self;
        let action = deny.basis().action();
        let policy = deny.basis().policy();
        let honours_legacy_tokens = policy.is_some_and(|policy| policy.legacy_tokens == LegacyTokens::Honoured);
        match deny.reason() {
            Reason::TokenUnknown => f.write_str("log in again, or use a token that exists"),
            Reason::AuthenticationRequired => f.write_str("present an access token"),
            Reason::TokenRevoked | Reason::TokenExpired => f.write_str("make a new token"),
            Reason::TokenRetired => f.write_str("make a granular token, or log in again"),
            Reason::IpNotAllowed => {
                f.write_str("use the token from an allowed address, or make one whose ranges contain this one")
            }
            Reason::OwnerSuspended => f.write_str("reinstate the owner's account"),
            Reason::KindForbidsAction => match deny.basis().token().map(TokenView::kind) {
                Some(TokenKind::Granular) if honours_legacy_tokens => {
                    f.write_str("no granular token does this: use a legacy publish token or a session")
                }
                Some(TokenKind::Granular) => f.write_str("no granular token does this: log in, and use the session"),
                Some(TokenKind::Legacy(_) | TokenKind::Session) | None => {
                    f.write_str("use a publish token or a session, or a granular token where it has the action")
                }
            },
            Reason::OwnerOnHold => match deny.comparison() {
                Some(Comparison::Hold { until, .. }) => {
                    write!(f, "wait until the hold on the owner's account ends at {until}, or lift it")
                }
                _ => f.write_str("wait until the hold on the owner's account ends, or lift it"),
            },
            // The denial does not depend on whether the package exists, so the text says both.
            Reason::StageRequired => f.write_str(
                "stage the version and have it approved if the package exists, or make a token with read-write on packages",
            ),
            Reason::PermissionTooLow => match deny.comparison() {
                Some(Comparison::Permission { grant, needs, .. }) => {
                    write!(f, "make a token with {needs} on {grant}")
                }
                _ => f.write_str("make a token with a higher permission"),
            },
            Reason::NoSuchOrg => f.write_str("check the organization's name"),
            Reason::NoSuchPackage => match deny.comparison() {
                Some(Comparison::PackageExists { on_record: true, .. }) => {
                    f.write_str("use a token that can read the package, or have a maintainer take the team off")
                }
                _ => f.write_str("check the package's name, or publish it first"),
            },
            Reason::NotSelected => f.write_str("make a token whose selection covers it"),
            Reason::CreationNotCovered => match deny.comparison() {
                Some(Comparison::CreationCovered { package, .. }) if !package.is_scoped() => {
                    f.write_str("make a token for all packages")
                }
                _ => f.write_str("make a token for all packages or for the scope"),
            },
            Reason::OwnerLacksPermission => match deny.comparison() {
                Some(Comparison::Account { .. }) => f.write_str("use a token of that account: nothing else reaches it"),
                Some(Comparison::ScopeControl { scope_owner: ScopeOwner::Unscoped, .. }) => {
                    f.write_str("none: the visibility of an unscoped package cannot be changed")
                }
                Some(Comparison::ScopeOfOrganization { .. }) => {
                    f.write_str("only the organization whose scope the package is in hands out access to it")
                }
                Some(Comparison::OwnerPermission { needs, .. }) if has_ineffective_direct_grant(deny, needs) => f.write_str(
                    "the direct grant on record does not count (C1): make the token's owner a member of the organization that \
                     the scope belongs to, or record the owner of the scope",
                ),
                _ => write!(f, "give the token's owner the right to {}: no token exceeds it", ActionPhrase(action)),
            },
            Reason::InvalidNewName => f.write_str("choose another name"),
            Reason::TokensDisallowed => {
                let use_one = if honours_legacy_tokens {
                    "use a legacy publish token or a session, and show a second factor"
                } else {
                    "log in, use the session, and show a second factor"
                };
                f.write_str(use_one)?;
                match policy.map(|policy| policy.least_publishing_access) {
                    // The policy treats every package as having this publishing access.
                    Some(PublishingAccess::TwoFactorOnly) => Ok(()),
                    _ => f.write_str("; or change the package's publishing access"),
                }
            }
            Reason::SecondFactorNotEnrolled => {
                f.write_str("enrol a second factor on the owner's account")?;
                let allows_bypass = matches!(
                    deny.comparison(),
                    Some(Comparison::SecondFactor { publishing_access: Some(PublishingAccess::TwoFactorOrBypass), .. })
                );
                match policy {
                    Some(policy) if allows_bypass && could_be_bypassed(policy, action) => {
                        f.write_str(", or use a token that bypasses it")
                    }
                    Some(_) | None => Ok(()),
                }
            }
        }
    }
}

/// Returns `true` if the token's owner has a direct grant on the package that would be enough, and does not count.
fn has_ineffective_direct_grant(deny: &Deny<'_>, needs: Permission) -> bool {
    match (deny.basis(), deny.basis().operation().and_then(|operation| operation.package())) {
        (Basis::Bound(question), Some(PackageState::Existing(package))) => {
            let owner = question.token_use.bound.owner();
            package.has_ineffective_direct_grant(owner.name, owner.memberships, needs)
        }
        (_, _) => false,
    }
}

/// Writes the text for the client. If the status is 404, the text is the same for a hidden package and for one that
/// does not exist.
struct ClientText<'d, 'a>(&'d Deny<'a>);

impl fmt::Display for ClientText<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(deny) = self;
        let asked = deny.basis();
        let requested = ActionPhrase(asked.action());
        if deny.status() == 404 {
            let operation = asked.operation();
            if deny.reason() == Reason::NoSuchOrg
                && let Some(organization) = operation.and_then(|operation| operation.organization())
            {
                return write!(f, "organization `{}` does not exist", organization.name());
            }
            return match operation.and_then(|operation| operation.package()) {
                Some(package) => {
                    write!(f, "`{}` could not be found or you do not have permission to access it", package.name())
                }
                None => f.write_str("not found, or you do not have permission to access it"),
            };
        }
        match deny.reason() {
            Reason::TokenUnknown => f.write_str("the access token is not valid: log in again"),
            Reason::AuthenticationRequired => write!(f, "an access token is needed to {requested}: log in first"),
            Reason::TokenRevoked => f.write_str("the access token was revoked: log in again or use another"),
            Reason::TokenExpired => f.write_str("the access token has expired: make a new one"),
            Reason::TokenRetired => {
                f.write_str("legacy access tokens are no longer accepted: log in again, or use a granular access token")
            }
            Reason::IpNotAllowed => f.write_str("the access token may not be used from this address"),
            Reason::OwnerSuspended => f.write_str("the account that this access token belongs to is suspended"),
            Reason::KindForbidsAction => match asked.token().map(TokenView::kind) {
                Some(kind) => write!(f, "a {kind} access token may not {requested}"),
                None => write!(f, "this access token may not {requested}"),
            },
            Reason::OwnerOnHold => {
                f.write_str("the account that this access token belongs to is on hold and may not make changes for now")
            }
            Reason::StageRequired => f.write_str(
                "the access token may not publish directly: stage the version, and approve it with a second factor",
            ),
            Reason::PermissionTooLow => match deny.comparison() {
                Some(Comparison::Permission { grant, has, needs, .. }) => {
                    write!(f, "the access token has {has} permission on {grant}, and needs {needs} to {requested}")
                }
                _ => write!(f, "the access token's permission is too low to {requested}"),
            },
            Reason::NotSelected => match deny.comparison() {
                Some(Comparison::OrganizationSelected { organization, .. }) => {
                    write!(f, "the access token does not cover the organization `{organization}`")
                }
                Some(Comparison::PackageSelected { package, .. }) => {
                    write!(f, "the access token does not cover `{package}`")
                }
                _ => f.write_str("the access token does not cover this"),
            },
            Reason::CreationNotCovered => match deny.comparison() {
                Some(Comparison::CreationCovered { package, .. }) => {
                    write!(f, "the access token does not cover a new package by this name: `{package}`")
                }
                _ => f.write_str("the access token does not cover a new package by this name"),
            },
            Reason::OwnerLacksPermission => {
                write!(f, "the account that this access token belongs to may not {}", RequestPhrase(asked))
            }
            Reason::InvalidNewName => match deny.comparison() {
                Some(comparison @ Comparison::NewName { .. }) => comparison.fmt(f),
                _ => f.write_str("this is no name for a new package"),
            },
            Reason::TokensDisallowed => f.write_str(
                "the package takes changes with a second factor only, and none by automation or granular access tokens",
            ),
            Reason::SecondFactorNotEnrolled => match deny.comparison() {
                Some(Comparison::SecondFactor { demanded_by: Some(DemandedBy::Package), .. }) => f.write_str(
                    "the package takes changes with a second factor: enable two-factor authentication first",
                ),
                _ => write!(f, "a second factor is needed to {requested}: enable two-factor authentication first"),
            },
            // These two have the status 404, so the text is already written above.
            Reason::NoSuchOrg | Reason::NoSuchPackage => f.write_str("not found"),
        }
    }
}
