//! The reasons of denials.

use crate::value::string_enum;

string_enum! {
    /// The reason of a denial: that of the first check that failed ([D1](crate::docs::rules#d1)).
    ///
    /// The meaning of a reason never changes. [`docs::rules`](crate::docs::rules#reasons) says what to do about each.
    #[non_exhaustive]
    pub enum Reason: "reason" {
        /// The token is not on record, or its text cannot be a secret ([T](crate::docs::rules#t)).
        TokenUnknown = "token-unknown",
        /// There is no token, and the request is not a read of a public package ([T](crate::docs::rules#t)).
        AuthenticationRequired = "authentication-required",
        /// The token is revoked, or was made at or before the account's cut-off ([T1](crate::docs::rules#t1)).
        TokenRevoked = "token-revoked",
        /// The token is a legacy token, and the policy retires legacy tokens ([P1](crate::docs::rules#p1)).
        TokenRetired = "token-retired",
        /// The token has expired ([T2](crate::docs::rules#t2)).
        TokenExpired = "token-expired",
        /// The client's address is in none of the token's ranges, or is unknown while the token has ranges
        /// ([T3](crate::docs::rules#t3)).
        IpNotAllowed = "ip-not-allowed",
        /// The owner is suspended ([T4](crate::docs::rules#t4)).
        OwnerSuspended = "owner-suspended",
        /// Tokens of this kind never have this action ([K1](crate::docs::rules#k1)).
        KindForbidsAction = "kind-forbids-action",
        /// The owner's account is on hold, and the action is one that waits for its end ([T5](crate::docs::rules#t5)).
        OwnerOnHold = "owner-on-hold",
        /// The token's permission on packages, or on organizations, is below what the action needs
        /// ([G1](crate::docs::rules#g1)).
        PermissionTooLow = "permission-too-low",
        /// The token may stage versions for approval, and may not publish directly ([G1](crate::docs::rules#g1)).
        StageRequired = "stage-required",
        /// The organization does not exist ([D1](crate::docs::rules#d1)).
        NoSuchOrg = "no-such-org",
        /// The package does not exist ([D1](crate::docs::rules#d1)).
        NoSuchPackage = "no-such-package",
        /// The token does not select the package or organization ([G2](crate::docs::rules#g2)).
        NotSelected = "not-selected",
        /// The token selects neither all packages nor the new package's scope ([G3](crate::docs::rules#g3)).
        CreationNotCovered = "creation-not-covered",
        /// The owner may not do this now ([C](crate::docs::rules#c)).
        OwnerLacksPermission = "owner-lacks-permission",
        /// A new package may not have this name ([C3](crate::docs::rules#c3)).
        InvalidNewName = "invalid-new-name",
        /// The package refuses writes by automation and granular tokens ([F2](crate::docs::rules#f2)).
        TokensDisallowed = "tokens-disallowed",
        /// The package asks for a second factor, and the owner has none ([F5](crate::docs::rules#f5)).
        SecondFactorNotEnrolled = "second-factor-not-enrolled",
    }
}

impl Reason {
    /// The id of the reason's rule in [`docs::rules`](crate::docs::rules).
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TokenUnknown | Self::AuthenticationRequired => "T",
            Self::TokenRevoked => "T1",
            Self::TokenRetired => "P1",
            Self::TokenExpired => "T2",
            Self::IpNotAllowed => "T3",
            Self::OwnerSuspended => "T4",
            Self::KindForbidsAction => "K1",
            Self::OwnerOnHold => "T5",
            Self::PermissionTooLow | Self::StageRequired => "G1",
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
