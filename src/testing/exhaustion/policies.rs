//! Policies: the editions, and every combination of the switches that decisions read. The limits for issuing
//! ([P2](crate::docs::rules#p2), [P3](crate::docs::rules#p3), [P7](crate::docs::rules#p7)) are not among them.

use std::vec::Vec;

use serde_json::{Value, json};

use crate::{
    facts::PublishingAccess,
    policy::{BypassCovers, Edition, LegacyTokens, UnscopedPackages},
};

/// Returns each edition by its name, and the edition `npm-2025-10`, which is the loosest, tightened to each combination
/// of the switches that decisions read.
pub(super) fn every_policy() -> Vec<Value> {
    let mut policies: Vec<Value> = Edition::ALL.iter().map(|edition| json!(edition)).collect();
    for legacy_tokens in LegacyTokens::ALL {
        for least_publishing_access in PublishingAccess::ALL {
            for bypass_covers in BypassCovers::ALL {
                for unscoped_packages in UnscopedPackages::ALL {
                    policies.push(json!({
                        "edition": Edition::Npm2025_10,
                        "legacy_tokens": legacy_tokens,
                        "least_publishing_access": least_publishing_access,
                        "bypass_covers": bypass_covers,
                        "unscoped_packages": unscoped_packages,
                    }));
                }
            }
        }
    }
    policies
}

/// Returns a policy that honours legacy tokens, and one that retires them ([P1](crate::docs::rules#p1)).
pub(super) fn honouring_and_retiring() -> Vec<Value> {
    let with = |value| json!({"edition": Edition::Npm2025_10, "legacy_tokens": value});
    LegacyTokens::ALL.iter().map(with).collect()
}

/// Returns the edition `npm-2025-10`, except that unscoped packages may be private
/// ([P6](crate::docs::rules#p6)): so a world has packages of each kind.
pub(super) fn with_every_package() -> Vec<Value> {
    Vec::from([json!({"edition": Edition::Npm2025_10, "unscoped_packages": UnscopedPackages::MayBePrivate})])
}

/// Returns whether unscoped packages may be private under this policy ([P6](crate::docs::rules#p6)).
pub(super) fn allows_private_unscoped(policy: &Value) -> bool {
    policy["unscoped_packages"] == json!(UnscopedPackages::MayBePrivate)
}
