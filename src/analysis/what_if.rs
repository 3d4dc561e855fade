//! The answers that change if a registry changes.

use core::fmt;
use std::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};

use super::questions::{ExtraNames, access_request, addresses, operations};
use crate::{
    decision::{AccessRequest, Decision, Verdict},
    directory::{Directory, Request},
    facts::{ScopeOwner, Visibility},
    operation::Action,
    policy::{DecisionPolicy, Policy, UnscopedPackages},
    rules::Reason,
    token::{TokenId, TokenKind},
    value::{ClientIp, PackageName, Timestamp},
};

/// The changes to a registry. [`what_if`] compares its answers before and after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The policy after the change.
    pub policy: Policy,
}

/// A change of the policy alone.
impl From<Policy> for Changes {
    fn from(policy: Policy) -> Self {
        Self { policy }
    }
}

/// Returns the answers, at the time `now`, that differ before and after the changes.
///
/// It asks, for every token of the directory, every action on every package, organization and account of the directory,
/// on one team of each organization, on one free name in each scope, and on one unscoped free name. Each question is
/// asked from one address that the token allows and, if the token has ranges, from one that it does not. No second
/// factor is shown. An answer changes if its outcome, its reason or its status does.
///
/// The number of questions grows with the number of tokens times packages times organizations. Each question takes a
/// few tens of nanoseconds.
///
/// # Errors
///
/// Returns an error if the directory cannot exist after the changes: it has a private unscoped package, and under the
/// new policy every unscoped package is public.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use tollgate::{
///     Policy, Reason,
///     analysis::{Changes, what_if},
///     decision::Verdict,
///     directory::{Directory, World},
/// };
///
/// let world: World = serde_json::from_value(json!({
///     "policy": "npm-2025-10",
///     "users": [{"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null,
///                "writes_held_until": null}],
///     "orgs": [],
///     "packages": [{"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement",
///                   "users": {"alice": "read-write"}}],
///     "tokens": [{"id": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
///                 "legacy": "automation"}],
/// }))?;
/// let directory = Directory::load(&world)?;
///
/// let broken = what_if(&directory, &Changes::from(Policy::NPM_2025_12), "2025-11-01T00:00:00Z".parse()?)?;
/// let publish = broken.groups().iter().find(|group| group.action.as_str() == "publish-version").unwrap();
/// assert_eq!((publish.before.verdict, publish.after.reason), (Verdict::Allow, Some(Reason::TokenRetired)));
/// assert!(publish.witness.explanation_after.contains("legacy tokens are retired"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn what_if(directory: &Directory, changes: &Changes, now: Timestamp) -> Result<WhatIf, WhatIfError> {
    let policies = policies(directory, changes)?;
    let extra = ExtraNames::new(directory);
    let operations = operations(directory, &extra);
    let mut groups: BTreeMap<Key, ChangedGroup> = BTreeMap::new();
    let mut questions = 0_u64;
    for (place, token) in directory.tokens().iter().enumerate() {
        let [Some(before), Some(after)] = policies.map(|policy| directory.bound_at(place, policy)) else { continue };
        for client_ip in addresses(token) {
            let (before, after) = (before.at(client_ip, now), after.at(client_ip, now));
            for operation in &operations {
                questions = questions.saturating_add(1);
                let decisions = [before.decide(*operation), after.decide(*operation)];
                let [was, is] = [&decisions[0], &decisions[1]].map(AnswerSummary::new);
                if was == is {
                    continue;
                }
                let key = Key { kind: token.kind().to_string(), action: operation.action(), answers: [was, is] };
                let group = groups.entry(key).or_insert_with(|| ChangedGroup {
                    kind: token.kind(),
                    action: operation.action(),
                    before: was,
                    after: is,
                    tokens: Vec::new(),
                    questions: 0,
                    witness: Witness::new(token.id(), access_request(operation), client_ip, now, &decisions),
                });
                group.questions = group.questions.saturating_add(1);
                // All questions of one token follow each other, so if the list has the token, it is the last one.
                if group.tokens.last() != Some(token.id()) {
                    group.tokens.push(token.id().clone());
                }
            }
        }
    }
    Ok(WhatIf { groups: groups.into_values().collect(), questions })
}

/// Returns the answers to one request before and after the changes, or `None` if they are the same.
///
/// # Errors
///
/// Returns the same error as [`what_if`].
pub fn what_if_requested(
    directory: &Directory,
    changes: &Changes,
    request: &Request,
) -> Result<Option<ChangedAnswer>, WhatIfError> {
    let callers = policies(directory, changes)?.map(|policy| directory.caller_under(request, policy));
    let [(before, explanation_before), (after, explanation_after)] = [&callers[0], &callers[1]].map(|caller| {
        let decision = directory.decide(caller, request);
        (AnswerSummary::new(&decision), decision.explain().to_string())
    });
    Ok((before != after).then_some(ChangedAnswer { before, after, explanation_before, explanation_after }))
}

/// Returns the policies before and after the changes.
fn policies(directory: &Directory, changes: &Changes) -> Result<[DecisionPolicy; 2], WhatIfError> {
    let Changes { policy } = changes;
    if policy.unscoped_packages() == UnscopedPackages::AlwaysPublic {
        let hidden = directory.packages().find(|package| {
            let package = package.as_view();
            package.scope_owner == ScopeOwner::Unscoped && package.visibility == Visibility::Private
        });
        if let Some(package) = hidden {
            return Err(WhatIfError::PrivateUnscoped { package: package.name().clone() });
        }
    }
    Ok([directory.policy().for_decisions(), policy.for_decisions()])
}

/// The answers that differ before and after the changes. See [`what_if`].
#[derive(Clone, Debug)]
pub struct WhatIf {
    groups: Vec<ChangedGroup>,
    questions: u64,
}

impl WhatIf {
    /// Returns the answers that change, in groups of the same kind of token, action, and answers before and after.
    #[must_use]
    pub fn groups(&self) -> &[ChangedGroup] {
        &self.groups
    }

    /// Returns the number of questions that were asked, whether or not their answers change.
    #[must_use]
    pub const fn questions(&self) -> u64 {
        self.questions
    }
}

/// Answers that change in the same way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChangedGroup {
    /// The kind of the tokens.
    pub kind: TokenKind,
    /// The action.
    pub action: Action,
    /// The answer before the change.
    pub before: AnswerSummary,
    /// The answer after the change.
    pub after: AnswerSummary,
    /// The tokens, in the order of the world.
    pub tokens: Vec<TokenId>,
    /// The number of questions in the group.
    pub questions: u64,
    /// One of the questions, with both explanations.
    pub witness: Witness,
}

/// The part of a decision that a change is judged by: the verdict, the reason of a denial, and the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct AnswerSummary {
    /// Whether the request is allowed, challenged or denied.
    pub verdict: Verdict,
    /// The reason of a denial.
    pub reason: Option<Reason>,
    /// The suggested HTTP status.
    pub status: u16,
}

impl AnswerSummary {
    fn new(decision: &Decision<'_>) -> Self {
        let reason = match decision {
            Decision::Deny(deny) => Some(deny.reason()),
            Decision::Allow(_) | Decision::Challenge(_) => None,
        };
        Self { verdict: decision.verdict(), reason, status: decision.status() }
    }
}

/// Writes `allow`, `challenge`, or the reason of a denial, such as `deny: token-retired (401)`.
impl fmt::Display for AnswerSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verdict, reason, status } = self;
        match reason {
            Some(reason) => write!(f, "{verdict}: {reason} ({status})"),
            None => verdict.fmt(f),
        }
    }
}

/// A request whose answer changes, and the explanation of both answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Witness {
    /// The token.
    pub token: TokenId,
    /// The action and the names of its resource.
    pub request: AccessRequest,
    /// The client's address.
    pub client_ip: ClientIp,
    /// The time.
    pub now: Timestamp,
    /// The explanation of the answer before the change, as text.
    pub explanation_before: String,
    /// The explanation of the answer after the change, as text.
    pub explanation_after: String,
}

impl Witness {
    fn new(
        token: &TokenId,
        request: AccessRequest,
        client_ip: ClientIp,
        now: Timestamp,
        decisions: &[Decision<'_>; 2],
    ) -> Self {
        let [explanation_before, explanation_after] =
            [&decisions[0], &decisions[1]].map(|decision| decision.explain().to_string());
        Self { token: token.clone(), request, client_ip, now, explanation_before, explanation_after }
    }
}

/// How the answer to a request changes. See [`what_if_requested`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChangedAnswer {
    /// The answer before the change.
    pub before: AnswerSummary,
    /// The answer after the change.
    pub after: AnswerSummary,
    /// The explanation of the answer before the change, as text.
    pub explanation_before: String,
    /// The explanation of the answer after the change, as text.
    pub explanation_after: String,
}

/// What the answers of a group have in common. Groups are sorted by it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: String,
    action: Action,
    answers: [AnswerSummary; 2],
}

/// The error returned when a directory cannot exist after the changes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WhatIfError {
    /// The directory has a private unscoped package, and under the new policy every unscoped package is public
    /// ([P6](crate::docs::rules#p6)).
    #[error(
        "the unscoped package `{package}` is private: expected a policy with `unscoped_packages` as `may-be-private`, \
         or a public package"
    )]
    PrivateUnscoped {
        /// The package.
        package: PackageName,
    },
}
