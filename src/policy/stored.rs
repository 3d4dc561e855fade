//! Policies in files: an edition's name, or an object with an edition and the switches that differ from it.

use alloc::format;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use super::{
    AllowedOrForbidden, BypassCovers, DecisionPolicy, Edition, LegacyTokens, OptionalOrRequired, Policy, PolicySwitch,
    SwitchValue, UnscopedPackages,
};
use crate::{
    facts::PublishingAccess,
    value::document::{self, ErrorAt, Fields, Node, Path},
};

impl Policy {
    /// Reads a policy from a document.
    pub(crate) fn read(node: &Node, path: &Path<'_>) -> Result<Self, ErrorAt> {
        const KNOWN: &[&str] = &[
            "edition",
            "legacy_tokens",
            "write_lifetime_at_most",
            "session_lifetime_at_most",
            "least_publishing_access",
            "bypass_covers",
            "unscoped_packages",
            "token_lifetime_at_most",
            "ranges",
            "bypass",
            "all_packages",
        ];
        if let Node::Text(_) = node {
            return document::word::<Edition>(node, path).map(Self::from);
        }
        if !matches!(node, Node::Object(_)) {
            return Err(document::wrong_kind(node, path, "the name of an edition, or an object with `edition`"));
        }
        let fields = Fields::new(node, path, KNOWN)?;
        let edition: Edition = document::word(fields.required("edition", path)?, &path.field("edition"))?;
        let mut policy = edition.policy();
        for switch in PolicySwitch::ALL {
            if let Some(node) = fields.optional(switch.as_str()) {
                policy = policy.with(*switch, node, &path.field(switch.as_str()))?;
            }
        }
        Ok(policy)
    }

    /// Sets a switch to the value in a document.
    fn with(self, switch: PolicySwitch, node: &Node, path: &Path<'_>) -> Result<Self, ErrorAt> {
        let seconds = || document::whole_number(node, path).map(Duration::from_secs);
        let tightened = match switch {
            PolicySwitch::LegacyTokens => {
                let value: LegacyTokens = document::word(node, path)?;
                self.not_looser(switch, self.legacy_tokens, value).map(|()| Self { legacy_tokens: value, ..self })
            }
            PolicySwitch::WriteLifetimeAtMost => self.with_write_lifetime_at_most(seconds()?),
            PolicySwitch::SessionLifetimeAtMost => self.with_session_lifetime_at_most(seconds()?),
            PolicySwitch::LeastPublishingAccess => {
                self.with_least_publishing_access(document::word::<PublishingAccess>(node, path)?)
            }
            PolicySwitch::BypassCovers => self.with_bypass_covers(document::word::<BypassCovers>(node, path)?),
            PolicySwitch::UnscopedPackages => {
                Ok(self.with_unscoped_packages(document::word::<UnscopedPackages>(node, path)?))
            }
            PolicySwitch::TokenLifetimeAtMost => self.with_token_lifetime_at_most(seconds()?),
            PolicySwitch::Ranges => {
                let value: OptionalOrRequired = document::word(node, path)?;
                self.not_looser(switch, self.ranges, value).map(|()| Self { ranges: value, ..self })
            }
            PolicySwitch::Bypass => {
                let value: AllowedOrForbidden = document::word(node, path)?;
                self.not_looser(switch, self.bypass, value).map(|()| Self { bypass: value, ..self })
            }
            PolicySwitch::AllPackages => {
                let value: AllowedOrForbidden = document::word(node, path)?;
                self.not_looser(switch, self.all_packages, value).map(|()| Self { all_packages: value, ..self })
            }
        };
        tightened.map_err(|error| path.error(error))
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == self.edition.policy() {
            return self.edition.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("edition", &self.edition)?;
        let mut result = Ok(());
        self.each_tightened(|switch, value| {
            if result.is_ok() {
                result = match value {
                    SwitchValue::Word(word) => map.serialize_entry(switch.as_str(), word),
                    SwitchValue::Lifetime(lifetime) => map.serialize_entry(switch.as_str(), &lifetime.seconds()),
                };
            }
        });
        result?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Self::read(&node, &Path::Top).map_err(|error| serde::de::Error::custom(format!("policy: {error}")))
    }
}

impl Serialize for DecisionPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_policy().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecisionPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let policy = Policy::deserialize(deserializer)?;
        let read = policy.for_decisions();
        if read.to_policy() == policy {
            Ok(read)
        } else {
            Err(serde::de::Error::custom(format!(
                "policy: found a limit for issuing in `{policy}`: expected only what decisions read"
            )))
        }
    }
}
