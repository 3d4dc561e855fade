//! Why a decision is not an allow.

use crate::value::string_enum;

string_enum! {
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
