//! What the newest edition of npm's rules would refuse, in one line for the operator.

use std::time::Duration;

use tollgate::{
    Policy,
    facts::PublishingAccess,
    policy::{BypassCovers, Edition, LegacyTokens},
};

/// The line about the newest edition. Each part of it is about a switch that is stricter in the newest edition than in
/// the policy, so the line names nothing that the policy refuses already.
pub(crate) fn line(policy: &Policy) -> String {
    let newest = Edition::ALL.iter().copied().max().unwrap_or(policy.edition());
    let refused = refused_beyond(policy, &newest.policy());
    if refused.is_empty() {
        return format!("{newest} is the newest edition");
    }
    format!("the newest edition, {newest}, would also refuse: {}", refused.join("; "))
}

fn refused_beyond(policy: &Policy, newest: &Policy) -> Vec<String> {
    let mut refused = Vec::new();
    if policy.legacy_tokens() != newest.legacy_tokens() && newest.legacy_tokens() == LegacyTokens::Retired {
        refused.push("every legacy token".to_owned());
    }
    if let Some(limit) = shorter(policy.session_lifetime_at_most(), newest.session_lifetime_at_most()) {
        refused.push(format!("a login that lasts longer than {} hours", limit.as_secs() / 3_600));
    }
    if let Some(limit) = shorter(policy.write_lifetime_at_most(), newest.write_lifetime_at_most()) {
        refused.push(format!("a new token that can write and lives longer than {} days", limit.as_secs() / 86_400));
    }
    if policy.least_publishing_access() < newest.least_publishing_access() {
        let bypass = if newest.least_publishing_access() == PublishingAccess::TwoFactorOnly {
            "a write to a package without a second factor"
        } else {
            "a write to a package with neither a second factor nor a token that bypasses it"
        };
        refused.push(bypass.to_owned());
    }
    let by_bypass = match (policy.bypass_covers(), newest.bypass_covers()) {
        (present, newest) if present >= newest => None,
        (BypassCovers::Everything, BypassCovers::AllButGovernance) => {
            Some("a change of maintainers, teams or settings")
        }
        (BypassCovers::Everything, _) => Some("a change of maintainers, teams or settings, or a direct publish,"),
        (_, _) => Some("a direct publish"),
    };
    if let Some(what) = by_bypass {
        refused.push(format!("{what} by a token that bypasses the second factor"));
    }
    refused
}

/// The newest limit, if it is shorter than the present one.
fn shorter(present: Option<Duration>, newest: Option<Duration>) -> Option<Duration> {
    newest.filter(|newest| present.is_none_or(|present| *newest < present))
}

#[cfg(test)]
mod tests {
    use super::line;
    use tollgate::Policy;

    #[test]
    fn the_line_names_what_the_newest_edition_refuses_beyond_the_present_one() {
        assert_eq!(
            line(&Policy::NPM_2025_10),
            "the newest edition, npm-2027-01, would also refuse: every legacy token; a login that lasts longer than 2 \
             hours; a new token that can write and lives longer than 90 days; a write to a package with neither a \
             second factor nor a token that bypasses it; a change of maintainers, teams or settings, or a direct \
             publish, by a token that bypasses the second factor"
        );
        assert_eq!(
            line(&Policy::NPM_2026_08),
            "the newest edition, npm-2027-01, would also refuse: a direct publish by a token that bypasses the second \
             factor"
        );
        assert_eq!(line(&Policy::NPM_2027_01), "npm-2027-01 is the newest edition");
    }
}
