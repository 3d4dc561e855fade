//! Policies: which of npm's rules a registry decides by, and how it tightens them.
//!
//! npm changed its rules over time. An [`Edition`] names npm's rules as of a month, and a [`Policy`] is an edition with
//! some switches set to stricter values. A decision is made under a policy, which [`Policy::bind`] takes along with the
//! token, and a token is issued under a policy, which the facts of the issue name. No function chooses a policy
//! silently.
//!
//! The rules are P1 to P7 in [`docs::rules`](crate::docs::rules#p).

#[cfg(feature = "serde")]
mod stored;
mod switches;

use core::{fmt, time::Duration};

pub(crate) use switches::{AllowedOrForbidden, OptionalOrRequired};
pub use switches::{BypassCovers, Edition, LegacyTokens, PolicyError, PolicySwitch, UnscopedPackages};

use crate::{
    facts::PublishingAccess,
    value::{Lifetime, limits::MIN_LIFETIME},
};

/// The rules that a registry decides and issues tokens by: an [`Edition`] of npm's rules, or one that is tightened.
///
/// The constants are the editions. A method that sets a switch returns a policy that is as strict or stricter. A value
/// looser than the present one is an error, and no method loosens a policy.
///
/// # Textual representation
///
/// `Display` writes the edition, and each switch whose value is not the edition's. With the feature `serde`, a policy
/// serializes to the edition's name or to an object, as [`docs::format`](crate::docs::format#world-policy) describes.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use tollgate::{Policy, policy::{BypassCovers, Edition}};
///
/// let npm_today = Policy::NPM_2026_08;
/// assert_eq!(npm_today.edition(), Edition::Npm2026_08);
/// assert_eq!(npm_today.to_string(), "npm-2026-08");
///
/// let month = Duration::from_hours(30 * 24);
/// let ours = npm_today.require_ranges().with_write_lifetime_at_most(month)?;
/// assert_eq!(ours.to_string(), "npm-2026-08, write_lifetime_at_most: 30 days, ranges: required");
///
/// // Under this edition no token bypasses the second factor to change maintainers. A policy cannot loosen that.
/// assert!(ours.with_bypass_covers(BypassCovers::Everything).is_err());
/// # Ok::<(), tollgate::policy::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    edition: Edition,
    legacy_tokens: LegacyTokens,
    write_lifetime_at_most: Option<Lifetime>,
    session_lifetime_at_most: Option<Lifetime>,
    least_publishing_access: PublishingAccess,
    bypass_covers: BypassCovers,
    unscoped_packages: UnscopedPackages,
    token_lifetime_at_most: Option<Lifetime>,
    ranges: OptionalOrRequired,
    bypass: AllowedOrForbidden,
    all_packages: AllowedOrForbidden,
}

impl Policy {
    /// npm's rules of October 2025, which the founding document describes: legacy tokens work, and a token may bypass
    /// the second factor for everything.
    pub const NPM_2025_10: Self = Self {
        edition: Edition::Npm2025_10,
        legacy_tokens: LegacyTokens::Honoured,
        write_lifetime_at_most: None,
        session_lifetime_at_most: None,
        least_publishing_access: PublishingAccess::NoRequirement,
        bypass_covers: BypassCovers::Everything,
        unscoped_packages: UnscopedPackages::AlwaysPublic,
        token_lifetime_at_most: None,
        ranges: OptionalOrRequired::Optional,
        bypass: AllowedOrForbidden::Allowed,
        all_packages: AllowedOrForbidden::Allowed,
    };

    /// npm's rules of December 2025: legacy tokens are retired, new tokens that can write live at most 90 days and new
    /// sessions at most two hours, and a write to a package needs a second factor or a token that bypasses it.
    pub const NPM_2025_12: Self = Self {
        edition: Edition::Npm2025_12,
        legacy_tokens: LegacyTokens::Retired,
        write_lifetime_at_most: Some(Lifetime::from_days(90)),
        session_lifetime_at_most: Some(Lifetime::from_hours(2)),
        least_publishing_access: PublishingAccess::TwoFactorOrBypass,
        ..Self::NPM_2025_10
    };

    /// npm's rules of August 2026: a token no longer bypasses the second factor for governance, such as changing
    /// maintainers or teams.
    pub const NPM_2026_08: Self =
        Self { edition: Edition::Npm2026_08, bypass_covers: BypassCovers::AllButGovernance, ..Self::NPM_2025_12 };

    /// npm's rules announced for January 2027: a token no longer bypasses the second factor for a publish either.
    pub const NPM_2027_01: Self = Self {
        edition: Edition::Npm2027_01,
        bypass_covers: BypassCovers::AllButGovernanceAndPublish,
        ..Self::NPM_2026_08
    };

    /// Returns the edition: the policy is this edition, or tightens it.
    #[must_use]
    pub const fn edition(&self) -> Edition {
        self.edition
    }

    /// Returns whether legacy tokens work ([P1](crate::docs::rules#p1)).
    #[must_use]
    pub const fn legacy_tokens(&self) -> LegacyTokens {
        self.legacy_tokens
    }

    /// Returns the longest lifetime of a new granular token that can write, or `None` if there is no limit
    /// ([P2](crate::docs::rules#p2)).
    #[must_use]
    pub fn write_lifetime_at_most(&self) -> Option<Duration> {
        self.write_lifetime_at_most.map(Lifetime::duration)
    }

    /// Returns the longest lifetime of a new session token, or `None` if there is no limit
    /// ([P3](crate::docs::rules#p3)).
    #[must_use]
    pub fn session_lifetime_at_most(&self) -> Option<Duration> {
        self.session_lifetime_at_most.map(Lifetime::duration)
    }

    /// Returns the publishing access that every package has at least ([P4](crate::docs::rules#p4)).
    #[must_use]
    pub const fn least_publishing_access(&self) -> PublishingAccess {
        self.least_publishing_access
    }

    /// Returns the actions for which a token may bypass the second factor ([P5](crate::docs::rules#p5)).
    #[must_use]
    pub const fn bypass_covers(&self) -> BypassCovers {
        self.bypass_covers
    }

    /// Returns whether unscoped packages may be private ([P6](crate::docs::rules#p6)).
    #[must_use]
    pub const fn unscoped_packages(&self) -> UnscopedPackages {
        self.unscoped_packages
    }

    /// Returns the longest lifetime of any new granular token, or `None` if there is no limit
    /// ([P7](crate::docs::rules#p7)).
    #[must_use]
    pub fn token_lifetime_at_most(&self) -> Option<Duration> {
        self.token_lifetime_at_most.map(Lifetime::duration)
    }

    /// Returns `true` if a new granular token must have IP ranges ([P7](crate::docs::rules#p7)).
    #[must_use]
    pub const fn requires_ranges(&self) -> bool {
        matches!(self.ranges, OptionalOrRequired::Required)
    }

    /// Returns `true` if a new granular token may bypass the second factor ([P7](crate::docs::rules#p7)).
    #[must_use]
    pub const fn allows_bypass(&self) -> bool {
        matches!(self.bypass, AllowedOrForbidden::Allowed)
    }

    /// Returns `true` if a new granular token may select all packages ([P7](crate::docs::rules#p7)).
    #[must_use]
    pub const fn allows_all_packages(&self) -> bool {
        matches!(self.all_packages, AllowedOrForbidden::Allowed)
    }

    /// Retires legacy tokens: they are denied, and none is issued ([P1](crate::docs::rules#p1)).
    #[must_use]
    pub const fn retire_legacy_tokens(self) -> Self {
        Self { legacy_tokens: LegacyTokens::Retired, ..self }
    }

    /// Sets the longest lifetime of new granular tokens that can write ([P2](crate::docs::rules#p2)).
    ///
    /// # Errors
    ///
    /// The lifetime is longer than the present limit, shorter than 24 hours, or not a whole number of seconds.
    pub fn with_write_lifetime_at_most(self, lifetime: Duration) -> Result<Self, PolicyError> {
        let switch = PolicySwitch::WriteLifetimeAtMost;
        let limit = self.shorter(switch, self.write_lifetime_at_most, lifetime, MIN_LIFETIME)?;
        Ok(Self { write_lifetime_at_most: Some(limit), ..self })
    }

    /// Sets the longest lifetime of new session tokens ([P3](crate::docs::rules#p3)).
    ///
    /// # Errors
    ///
    /// The lifetime is longer than the present limit, zero, or not a whole number of seconds.
    pub fn with_session_lifetime_at_most(self, lifetime: Duration) -> Result<Self, PolicyError> {
        let switch = PolicySwitch::SessionLifetimeAtMost;
        let limit = self.shorter(switch, self.session_lifetime_at_most, lifetime, Duration::from_secs(1))?;
        Ok(Self { session_lifetime_at_most: Some(limit), ..self })
    }

    /// Sets the publishing access that every package has at least ([P4](crate::docs::rules#p4)).
    ///
    /// # Errors
    ///
    /// The value is looser than the present one.
    pub fn with_least_publishing_access(self, least: PublishingAccess) -> Result<Self, PolicyError> {
        let switch = PolicySwitch::LeastPublishingAccess;
        self.not_looser(switch, self.least_publishing_access, least)?;
        Ok(Self { least_publishing_access: least, ..self })
    }

    /// Sets the actions for which a token may bypass the second factor ([P5](crate::docs::rules#p5)).
    ///
    /// # Errors
    ///
    /// The value is looser than the present one.
    pub fn with_bypass_covers(self, covers: BypassCovers) -> Result<Self, PolicyError> {
        self.not_looser(PolicySwitch::BypassCovers, self.bypass_covers, covers)?;
        Ok(Self { bypass_covers: covers, ..self })
    }

    /// Sets whether unscoped packages may be private. Neither value is looser ([P6](crate::docs::rules#p6)).
    #[must_use]
    pub const fn with_unscoped_packages(self, unscoped_packages: UnscopedPackages) -> Self {
        Self { unscoped_packages, ..self }
    }

    /// Sets the longest lifetime of new granular tokens, whatever they can do ([P7](crate::docs::rules#p7)).
    ///
    /// # Errors
    ///
    /// The lifetime is longer than the present limit, shorter than 24 hours, or not a whole number of seconds.
    pub fn with_token_lifetime_at_most(self, lifetime: Duration) -> Result<Self, PolicyError> {
        let switch = PolicySwitch::TokenLifetimeAtMost;
        let limit = self.shorter(switch, self.token_lifetime_at_most, lifetime, MIN_LIFETIME)?;
        Ok(Self { token_lifetime_at_most: Some(limit), ..self })
    }

    /// Requires IP ranges of new granular tokens ([P7](crate::docs::rules#p7)). Tokens that exist without ranges stay
    /// valid.
    #[must_use]
    pub const fn require_ranges(self) -> Self {
        Self { ranges: OptionalOrRequired::Required, ..self }
    }

    /// Forbids new granular tokens to bypass the second factor ([P7](crate::docs::rules#p7)).
    #[must_use]
    pub const fn forbid_bypass(self) -> Self {
        Self { bypass: AllowedOrForbidden::Forbidden, ..self }
    }

    /// Forbids new granular tokens to select all packages ([P7](crate::docs::rules#p7)).
    #[must_use]
    pub const fn forbid_all_packages(self) -> Self {
        Self { all_packages: AllowedOrForbidden::Forbidden, ..self }
    }

    /// Returns the part that decisions read.
    #[inline]
    pub(crate) const fn for_decisions(&self) -> DecisionPolicy {
        // A new switch breaks the build here: it is part of the decisions' policy, or is read when a token is issued.
        let Self {
            edition,
            legacy_tokens,
            write_lifetime_at_most: _,   // for_issuing
            session_lifetime_at_most: _, // for_issuing
            least_publishing_access,
            bypass_covers,
            unscoped_packages,
            token_lifetime_at_most: _, // for_issuing
            ranges: _,                 // for_issuing
            bypass: _,                 // for_issuing
            all_packages: _,           // for_issuing
        } = *self;
        DecisionPolicy { edition, legacy_tokens, least_publishing_access, bypass_covers, unscoped_packages }
    }

    /// Returns the limits that issuing a token reads.
    pub(crate) const fn for_issuing(&self) -> IssuePolicy {
        let Self {
            edition: _,
            legacy_tokens,
            write_lifetime_at_most,
            session_lifetime_at_most,
            least_publishing_access: _, // for_decisions
            bypass_covers: _,           // for_decisions
            unscoped_packages: _,       // for_decisions
            token_lifetime_at_most,
            ranges,
            bypass,
            all_packages,
        } = *self;
        IssuePolicy {
            legacy_tokens,
            write_lifetime_at_most,
            session_lifetime_at_most,
            token_lifetime_at_most,
            ranges,
            bypass,
            all_packages,
        }
    }

    /// Returns what a switch that limits new tokens expects of them, such as `at most 90 days`.
    pub(crate) fn expected_by(&self, switch: PolicySwitch) -> impl fmt::Display {
        struct Expected(PolicySwitch, Option<SwitchValue>);

        impl fmt::Display for Expected {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match (self.0, self.1) {
                    (_, Some(SwitchValue::Lifetime(limit))) => write!(f, "at most {limit}"),
                    (PolicySwitch::LegacyTokens, _) => {
                        f.write_str("a granular token or a session, since legacy tokens are retired")
                    }
                    (PolicySwitch::Ranges, _) => f.write_str("IP ranges"),
                    (PolicySwitch::Bypass, _) => f.write_str("none"),
                    (PolicySwitch::AllPackages, _) => f.write_str("a list of packages and scopes"),
                    (switch, _) => write!(f, "another value for {switch}"),
                }
            }
        }
        Expected(switch, self.value(switch))
    }

    fn not_looser<T: Ord + Into<&'static str>>(
        &self,
        switch: PolicySwitch,
        present: T,
        found: T,
    ) -> Result<(), PolicyError> {
        if found < present {
            return Err(PolicyError::looser(switch, found.into(), present.into(), self.edition));
        }
        Ok(())
    }

    fn shorter(
        &self,
        switch: PolicySwitch,
        present: Option<Lifetime>,
        found: Duration,
        at_least: Duration,
    ) -> Result<Lifetime, PolicyError> {
        let lifetime = Lifetime::new(found).ok_or(PolicyError::NotWholeSeconds { switch })?;
        if found < at_least {
            return Err(PolicyError::TooShort { switch, found, at_least });
        }
        match present {
            Some(present) if lifetime > present => Err(PolicyError::looser(switch, lifetime, present, self.edition)),
            Some(_) | None => Ok(lifetime),
        }
    }
}

/// The part of a policy that decisions read: the edition, and the switches that change an answer.
///
/// A bound token and an audit record name it. No token is issued or bound under it, since the limits for issuing, which
/// a registry may have tightened, are not part of it.
///
/// # Textual representation
///
/// Displayed and serialized, it is as a [`Policy`] whose limits for issuing are those of the edition. A serialized policy
/// with another limit for issuing is an error.
// It is small, so that a bound token holds it by value: a reference to the policy would make the bound token larger than
// 128 bytes, and binding 5 % more expensive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionPolicy {
    pub(crate) edition: Edition,
    pub(crate) legacy_tokens: LegacyTokens,
    pub(crate) least_publishing_access: PublishingAccess,
    pub(crate) bypass_covers: BypassCovers,
    pub(crate) unscoped_packages: UnscopedPackages,
}

impl DecisionPolicy {
    /// Returns the edition's policy with these switches. Its limits for issuing are those of the edition.
    const fn to_policy(self) -> Policy {
        let Self { edition, legacy_tokens, least_publishing_access, bypass_covers, unscoped_packages } = self;
        Policy { legacy_tokens, least_publishing_access, bypass_covers, unscoped_packages, ..edition.policy() }
    }
}

/// The part of a policy that issuing a token reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IssuePolicy {
    pub(crate) legacy_tokens: LegacyTokens,
    pub(crate) write_lifetime_at_most: Option<Lifetime>,
    pub(crate) session_lifetime_at_most: Option<Lifetime>,
    pub(crate) token_lifetime_at_most: Option<Lifetime>,
    pub(crate) ranges: OptionalOrRequired,
    pub(crate) bypass: AllowedOrForbidden,
    pub(crate) all_packages: AllowedOrForbidden,
}

impl From<Edition> for Policy {
    fn from(edition: Edition) -> Self {
        edition.policy()
    }
}

impl fmt::Display for DecisionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_policy().fmt(f)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.edition.fmt(f)?;
        let mut result = Ok(());
        self.each_tightened(|switch, value| result = result.and_then(|()| write!(f, ", {switch}: {value}")));
        result
    }
}

/// The value of a switch, for a text or a file.
#[derive(Clone, Copy)]
enum SwitchValue {
    Word(&'static str),
    Lifetime(Lifetime),
}

impl fmt::Display for SwitchValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Lifetime(lifetime) => lifetime.fmt(f),
        }
    }
}

impl Policy {
    /// Calls `each` for every switch whose value is not the edition's, in the order of the files.
    fn each_tightened(&self, mut each: impl FnMut(PolicySwitch, SwitchValue)) {
        let edition = self.edition.policy();
        for switch in PolicySwitch::ALL {
            let (own, of_edition) = (self.value(*switch), edition.value(*switch));
            let differs = match (own, of_edition) {
                (Some(SwitchValue::Word(own)), Some(SwitchValue::Word(of_edition))) => own != of_edition,
                (Some(SwitchValue::Lifetime(own)), Some(SwitchValue::Lifetime(of_edition))) => own != of_edition,
                (own, _) => own.is_some(),
            };
            if let Some(own) = own
                && differs
            {
                each(*switch, own);
            }
        }
    }

    /// Returns the value of a switch, or `None` for a lifetime without a limit.
    fn value(&self, switch: PolicySwitch) -> Option<SwitchValue> {
        match switch {
            PolicySwitch::LegacyTokens => Some(SwitchValue::Word(self.legacy_tokens.as_str())),
            PolicySwitch::WriteLifetimeAtMost => self.write_lifetime_at_most.map(SwitchValue::Lifetime),
            PolicySwitch::SessionLifetimeAtMost => self.session_lifetime_at_most.map(SwitchValue::Lifetime),
            PolicySwitch::LeastPublishingAccess => Some(SwitchValue::Word(self.least_publishing_access.as_str())),
            PolicySwitch::BypassCovers => Some(SwitchValue::Word(self.bypass_covers.as_str())),
            PolicySwitch::UnscopedPackages => Some(SwitchValue::Word(self.unscoped_packages.as_str())),
            PolicySwitch::TokenLifetimeAtMost => self.token_lifetime_at_most.map(SwitchValue::Lifetime),
            PolicySwitch::Ranges => Some(SwitchValue::Word(self.ranges.as_str())),
            PolicySwitch::Bypass => Some(SwitchValue::Word(self.bypass.as_str())),
            PolicySwitch::AllPackages => Some(SwitchValue::Word(self.all_packages.as_str())),
        }
    }
}

#[cfg(test)]
mod tests;
