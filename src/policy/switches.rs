//! The editions, the values of the switches, and the error of a value that is looser.

use alloc::{boxed::Box, string::ToString};
use core::{fmt, time::Duration};

use super::Policy;
use crate::{facts::PublishingAccess, value::string_enum};

string_enum! {
    /// npm's rules as of a month ([P](crate::docs::rules#p)). The order is that of time, and a later edition allows
    /// nothing that an earlier one denies.
    #[non_exhaustive]
    pub enum Edition: "edition" {
        /// [`Policy::NPM_2025_10`].
        Npm2025_10 = "npm-2025-10",
        /// [`Policy::NPM_2025_12`].
        Npm2025_12 = "npm-2025-12",
        /// [`Policy::NPM_2026_08`].
        Npm2026_08 = "npm-2026-08",
        /// [`Policy::NPM_2027_01`].
        Npm2027_01 = "npm-2027-01",
    }
}

impl Edition {
    /// Returns the edition as a policy.
    #[must_use]
    pub const fn policy(self) -> Policy {
        match self {
            Self::Npm2025_10 => Policy::NPM_2025_10,
            Self::Npm2025_12 => Policy::NPM_2025_12,
            Self::Npm2026_08 => Policy::NPM_2026_08,
            Self::Npm2027_01 => Policy::NPM_2027_01,
        }
    }
}

string_enum! {
    /// Whether legacy tokens work ([P1](crate::docs::rules#p1)). The values are ordered from loose to strict.
    #[non_exhaustive]
    pub enum LegacyTokens: "value of `legacy_tokens`" {
        /// Legacy tokens are issued and work.
        Honoured = "honoured",
        /// Legacy tokens are denied every action, and none is issued.
        Retired = "retired",
    }
}

string_enum! {
    /// The actions for which a token may bypass the second factor ([P5](crate::docs::rules#p5)). The values are ordered
    /// from loose to strict.
    ///
    /// *Governance* is every write other than publishing, unpublishing, deprecating, moving dist-tags and deciding
    /// about staged versions.
    #[non_exhaustive]
    pub enum BypassCovers: "value of `bypass_covers`" {
        /// Every action.
        Everything = "everything",
        /// Every action but governance.
        AllButGovernance = "all-but-governance",
        /// Every action but governance and `publish`.
        AllButGovernanceAndPublish = "all-but-governance-and-publish",
    }
}

string_enum! {
    /// Whether unscoped packages may be private ([P6](crate::docs::rules#p6)). Neither value is looser than the other.
    #[non_exhaustive]
    pub enum UnscopedPackages: "value of `unscoped_packages`" {
        /// Every unscoped package is public, as on npm.
        AlwaysPublic = "always-public",
        /// An unscoped package may be private.
        MayBePrivate = "may-be-private",
    }
}

string_enum! {
    /// Whether new granular tokens need IP ranges. The values are ordered from loose to strict.
    pub enum OptionalOrRequired: "value of `ranges`" {
        /// They may have ranges.
        Optional = "optional",
        /// They must have ranges.
        Required = "required",
    }
}

string_enum! {
    /// Whether new granular tokens may have a property. The values are ordered from loose to strict.
    pub enum AllowedOrForbidden: "value of a switch" {
        /// They may.
        Allowed = "allowed",
        /// They may not.
        Forbidden = "forbidden",
    }
}

string_enum! {
    /// A switch of a [`Policy`], by its name in the files. The order is that of the files.
    #[non_exhaustive]
    pub enum PolicySwitch: "switch of a policy" {
        /// Whether legacy tokens work ([P1](crate::docs::rules#p1)).
        LegacyTokens = "legacy_tokens",
        /// The longest lifetime of a new granular token that can write ([P2](crate::docs::rules#p2)).
        WriteLifetimeAtMost = "write_lifetime_at_most",
        /// The longest lifetime of a new session token ([P3](crate::docs::rules#p3)).
        SessionLifetimeAtMost = "session_lifetime_at_most",
        /// The publishing access that every package has at least ([P4](crate::docs::rules#p4)).
        LeastPublishingAccess = "least_publishing_access",
        /// The actions for which a token may bypass the second factor ([P5](crate::docs::rules#p5)).
        BypassCovers = "bypass_covers",
        /// Whether unscoped packages may be private ([P6](crate::docs::rules#p6)).
        UnscopedPackages = "unscoped_packages",
        /// The longest lifetime of any new granular token ([P7](crate::docs::rules#p7)).
        TokenLifetimeAtMost = "token_lifetime_at_most",
        /// Whether a new granular token needs IP ranges ([P7](crate::docs::rules#p7)).
        Ranges = "ranges",
        /// Whether a new granular token may bypass the second factor ([P7](crate::docs::rules#p7)).
        Bypass = "bypass",
        /// Whether a new granular token may select all packages ([P7](crate::docs::rules#p7)).
        AllPackages = "all_packages",
    }
}

/// The text forms, for the error of a looser value.
macro_rules! into_word {
    ($($name:ty),+) => {
        $(impl From<$name> for &'static str {
            fn from(value: $name) -> Self {
                value.as_str()
            }
        })+
    };
}
into_word!(BypassCovers, PublishingAccess, LegacyTokens, OptionalOrRequired, AllowedOrForbidden);

/// The error returned when a switch of a policy cannot have a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The value is looser than the one that the policy has. A policy is never loosened.
    #[error(
        "`{switch}` as `{found}`, looser than the `{present}` of a policy of the edition `{edition}`: expected `{present}` or stricter"
    )]
    Looser {
        /// The switch.
        switch: PolicySwitch,
        /// The value found.
        found: Box<str>,
        /// The present value.
        present: Box<str>,
        /// The edition of the policy.
        edition: Edition,
    },
    /// The lifetime is shorter than the shortest that a token may have.
    #[error("`{switch}` of {} seconds: expected at least {}", found.as_secs(), at_least.as_secs())]
    TooShort {
        /// The switch.
        switch: PolicySwitch,
        /// The lifetime found.
        found: Duration,
        /// The shortest lifetime.
        at_least: Duration,
    },
    /// The lifetime is not a whole number of seconds.
    #[error("`{switch}` with a part of a second: expected whole seconds")]
    NotWholeSeconds {
        /// The switch.
        switch: PolicySwitch,
    },
}

impl PolicyError {
    pub(super) fn looser(
        switch: PolicySwitch,
        found: impl fmt::Display,
        present: impl fmt::Display,
        edition: Edition,
    ) -> Self {
        Self::Looser { switch, found: found.to_string().into(), present: present.to_string().into(), edition }
    }
}
