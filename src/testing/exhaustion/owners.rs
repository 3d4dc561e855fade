//! The owner of the tokens: memberships in two organizations and their teams, grants, two-factor mode, status, cut-off
//! and hold.

use std::vec::Vec;

use serde_json::{Value, json};

use super::{
    or_none, pairs,
    times::{CREATED, HOLDS},
};
use crate::{
    facts::{AccountStatus, TwoFactorMode},
    value::{GrantedPermission, Role},
};

/// One combination of the facts about alice, who owns the tokens.
#[derive(Clone, Debug)]
pub(super) struct OwnerFacts {
    /// Her role in acme, and whether she is in its team `dev`, which may have a grant. `None` if she is not a member.
    acme: Option<(Role, InTeam)>,
    /// Her role in beta, the other organization, and whether she is in its team `dev`.
    beta: Option<(Role, InTeam)>,
    /// The direct grant to alice on every package.
    pub(super) direct: Option<GrantedPermission>,
    /// The grant to the team `acme:dev` on every package.
    pub(super) granted_to_acme: Option<GrantedPermission>,
    /// The grant to the team `beta:dev` on every package.
    pub(super) granted_to_beta: Option<GrantedPermission>,
    two_factor: TwoFactorMode,
    status: AccountStatus,
    tokens_revoked_until: Option<&'static str>,
    writes_held_until: Option<&'static str>,
}

/// Whether alice is in the team `dev` of an organization. If not, she is in its team `ops`, which has no grants.
#[derive(Clone, Copy, Debug)]
enum InTeam {
    Yes,
    No,
}

/// An owner who is an owner of acme, and may do everything with every package, by a direct grant and through the team
/// of acme.
const WITH_EVERY_RIGHT: OwnerFacts = OwnerFacts {
    acme: Some((Role::Owner, InTeam::Yes)),
    beta: None,
    direct: Some(GrantedPermission::ReadWrite),
    granted_to_acme: Some(GrantedPermission::ReadWrite),
    granted_to_beta: None,
    two_factor: TwoFactorMode::AuthAndWrites,
    status: AccountStatus::Active,
    tokens_revoked_until: None,
    writes_held_until: None,
};

/// An owner who is a member of no organization and has no grant.
const WITHOUT_RIGHTS: OwnerFacts = OwnerFacts { acme: None, direct: None, granted_to_acme: None, ..WITH_EVERY_RIGHT };

/// Returns an owner for each combination of a membership in acme, or none, with a two-factor mode. No owner has a
/// grant.
pub(super) fn every_membership() -> Vec<OwnerFacts> {
    let memberships = or_none(&pairs(Role::ALL, &[InTeam::Yes, InTeam::No]));
    let facts = |(acme, two_factor)| OwnerFacts { acme, two_factor, ..WITHOUT_RIGHTS };
    pairs(&memberships, TwoFactorMode::ALL).into_iter().map(facts).collect()
}

/// Returns the owners of [`every_membership`], each combined with no membership or a plain membership in beta, and with
/// every combination of grants to alice, to the team of acme and to the team of beta.
pub(super) fn every_grant() -> Vec<OwnerFacts> {
    let in_beta = or_none(&[(Role::Member, InTeam::Yes), (Role::Member, InTeam::No)]);
    let grants = or_none(GrantedPermission::ALL);
    let mut owners = Vec::new();
    for owner in every_membership() {
        for beta in &in_beta {
            for direct in &grants {
                for (granted_to_acme, granted_to_beta) in pairs(&grants, &grants) {
                    let facts = OwnerFacts { beta: *beta, direct: *direct, granted_to_acme, granted_to_beta, ..owner };
                    owners.push(facts);
                }
            }
        }
    }
    owners
}

/// Returns an owner with every right and one without rights, each in every two-factor mode.
pub(super) fn every_mode() -> Vec<OwnerFacts> {
    let facts = |(rights, two_factor)| OwnerFacts { two_factor, ..rights };
    pairs(&[WITH_EVERY_RIGHT, WITHOUT_RIGHTS], TwoFactorMode::ALL).into_iter().map(facts).collect()
}

/// Returns the owners of [`every_mode`], each on no hold, and on a hold that ends at each of the times in
/// [`HOLDS`](super::times::HOLDS).
pub(super) fn every_hold() -> Vec<OwnerFacts> {
    let facts = |(owner, writes_held_until)| OwnerFacts { writes_held_until, ..owner };
    pairs(&every_mode(), &or_none(&HOLDS)).into_iter().map(facts).collect()
}

/// Returns an owner for each combination of a hold, an account status and a cut-off. The holds are those of
/// [`every_hold`]. The cut-offs are none, and just before, at and just after the time at which tokens are made.
///
/// Each owner has every right. Of the owners with the same hold, the first is active and has no cut-off.
pub(super) fn every_state() -> Vec<OwnerFacts> {
    let (before, after) = ("2025-10-30T11:59:59.999999999Z", "2025-10-30T12:00:00.000000001Z");
    let cut_offs = or_none(&[before, CREATED, after]);
    let states = pairs(AccountStatus::ALL, &cut_offs);
    let facts = |(writes_held_until, (status, tokens_revoked_until))| OwnerFacts {
        status,
        tokens_revoked_until,
        writes_held_until,
        ..WITH_EVERY_RIGHT
    };
    pairs(&or_none(&HOLDS), &states).into_iter().map(facts).collect()
}

/// Returns the users of a world: alice, who owns the tokens, and bob.
pub(super) fn users(owner: &OwnerFacts) -> Value {
    let membership = |name: &str, membership: Option<(Role, InTeam)>| {
        membership.map(|(role, in_team)| {
            let teams = match in_team {
                InTeam::Yes => json!(["dev"]),
                InTeam::No => json!(["ops"]),
            };
            json!({"name": name, "role": role, "teams": teams})
        })
    };
    let memberships: Vec<Value> =
        membership("acme", owner.acme).into_iter().chain(membership("beta", owner.beta)).collect();
    json!([
        {
            "name": "alice", "status": owner.status, "two_factor": owner.two_factor,
            "tokens_revoked_until": owner.tokens_revoked_until, "writes_held_until": owner.writes_held_until,
            "orgs": memberships,
        },
        {
            "name": "bob", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null,
            "writes_held_until": null,
        },
    ])
}
