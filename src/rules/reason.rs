//! Why a decision is not an allow.

use crate::value::words;

words! {
    /// **The reason of a denial**: the first check that failed, in the order of D1.
    ///
    /// Its meaning never changes; a new one is a new word. What to do about each is in
    /// [`docs::rules`](crate::docs::rules#reasons).
    #[non_exhaustive]
    pub enum Reason: "reason" {
        /// [T](crate::docs::rules#t): nobody knows the token, malformed text included.
        TokenUnknown = "token-unknown",
        /// [T](crate::docs::rules#t): there is no token, and what is asked is not the reading of a public package (V1).
        AuthenticationRequired = "authentication-required",
        /// [T1](crate::docs::rules#t1): revoked, or made at or before the account's cut-off.
        TokenRevoked = "token-revoked",
        /// [T2](crate::docs::rules#t2): the time has come to its expiry or is past it.
        TokenExpired = "token-expired",
        /// [T3](crate::docs::rules#t3): the address is in none of the token's ranges, or unknown while there are some.
        IpNotAllowed = "ip-not-allowed",
        /// [T4](crate::docs::rules#t4): the owner is suspended.
        OwnerSuspended = "owner-suspended",
        /// [K1](crate::docs::rules#k1): tokens of this kind never do this.
        KindForbidsAction = "kind-forbids-action",
        /// [G1](crate::docs::rules#g1): the permission on that side is below what the action needs.
        PermissionTooLow = "permission-too-low",
        /// [D1](crate::docs::rules#d1): no organization has the name.
        NoSuchOrg = "no-such-org",
        /// [D1](crate::docs::rules#d1): no package has the name.
        NoSuchPackage = "no-such-package",
        /// [G2](crate::docs::rules#g2): the package or organization is not in the selection.
        NotSelected = "not-selected",
        /// [G3](crate::docs::rules#g3): neither everything nor the scope is selected, as creating a package needs.
        CreationNotCovered = "creation-not-covered",
        /// [C](crate::docs::rules#c): the owner may not do this now.
        OwnerLacksPermission = "owner-lacks-permission",
        /// [C3](crate::docs::rules#c3): no new package may have the name.
        InvalidNewName = "invalid-new-name",
        /// [F2](crate::docs::rules#f2): the package refuses writes by automation and granular tokens.
        TokensDisallowed = "tokens-disallowed",
        /// [F5](crate::docs::rules#f5): the package wants a second factor and the owner has none.
        SecondFactorNotEnrolled = "second-factor-not-enrolled",
    }
}

impl Reason {
    /// The id of the rule in [`docs::rules`](crate::docs::rules) that the reason belongs to.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TokenUnknown | Self::AuthenticationRequired => "T",
            Self::TokenRevoked => "T1",
            Self::TokenExpired => "T2",
            Self::IpNotAllowed => "T3",
            Self::OwnerSuspended => "T4",
            Self::KindForbidsAction => "K1",
            Self::PermissionTooLow => "G1",
            Self::NoSuchOrg | Self::NoSuchPackage => "D1",
            Self::NotSelected => "G2",
            Self::CreationNotCovered => "G3",
            Self::OwnerLacksPermission => "C",
            Self::InvalidNewName => "C3",
            Self::TokensDisallowed => "F2",
            Self::SecondFactorNotEnrolled => "F5",
        }
    }
}

words! {
    /// **The checks of a decision**, in the order of D1. An [`Explanation`](crate::decision::Explanation) has one step for each.
    #[non_exhaustive]
    pub enum Check: "check" {
        /// [T1](crate::docs::rules#t1): neither revoked nor made at or before the account's cut-off.
        NotRevoked = "not-revoked",
        /// [T2](crate::docs::rules#t2): before its expiry.
        NotExpired = "not-expired",
        /// [T3](crate::docs::rules#t3): the address is in an allowed range.
        AddressAllowed = "address-allowed",
        /// [T4](crate::docs::rules#t4): the owner is active.
        OwnerActive = "owner-active",
        /// [K1](crate::docs::rules#k1): tokens of this kind do this.
        KindHasAction = "kind-has-action",
        /// [G1](crate::docs::rules#g1), as far as it does not depend on the resource.
        PermissionForAction = "permission-for-action",
        /// [D1](crate::docs::rules#d1): the organization exists.
        OrganizationExists = "organization-exists",
        /// [D1](crate::docs::rules#d1): the package exists.
        PackageExists = "package-exists",
        /// [V1](crate::docs::rules#v1): everyone may read a public package.
        PublicRead = "public-read",
        /// [G1](crate::docs::rules#g1), what is left of it.
        PermissionForResource = "permission-for-resource",
        /// [G2](crate::docs::rules#g2) for organizations.
        OrganizationSelected = "organization-selected",
        /// [G2](crate::docs::rules#g2) for packages.
        PackageSelected = "package-selected",
        /// [G3](crate::docs::rules#g3): a selection that covers what does not exist yet.
        CreationCovered = "creation-covered",
        /// [C5](crate::docs::rules#c5): the owner's role.
        OwnerRole = "owner-role",
        /// [C2](crate::docs::rules#c2) to [C5](crate::docs::rules#c5): the owner's right over the package.
        OwnerRight = "owner-right",
        /// [C6](crate::docs::rules#c6): the owner's own account.
        OwnAccount = "own-account",
        /// [C3](crate::docs::rules#c3): a name that a new package may have.
        NewNameValid = "new-name-valid",
        /// [F](crate::docs::rules#f): the second factor.
        SecondFactor = "second-factor",
    }
}

impl Check {
    /// The id of the rule in [`docs::rules`](crate::docs::rules) that the check carries out.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotRevoked => "T1",
            Self::NotExpired => "T2",
            Self::AddressAllowed => "T3",
            Self::OwnerActive => "T4",
            Self::KindHasAction => "K1",
            Self::PermissionForAction | Self::PermissionForResource => "G1",
            Self::OrganizationExists | Self::PackageExists => "D1",
            Self::PublicRead => "V1",
            Self::OrganizationSelected | Self::PackageSelected => "G2",
            Self::CreationCovered => "G3",
            Self::OwnerRole => "C5",
            Self::OwnerRight => "C",
            Self::OwnAccount => "C6",
            Self::NewNameValid => "C3",
            Self::SecondFactor => "F",
        }
    }
}
