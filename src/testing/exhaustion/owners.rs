//! The token's owner: a place in two organizations and their teams, grants, second factor, status and cut-off.

use std::vec::Vec;

use serde_json::{Value, json};

use super::{or_none, pairs, times::CREATED};
use crate::{
    facts::{AccountStatus, TwoFactorMode},
    value::{GrantedPermission, Role},
};

/// One combination.
#[derive(Clone, Debug)]
pub(super) struct OwnerFacts {
    /// The place in acme, whose team `dev` may have a grant; with whether alice is in that team.
    acme: Option<(Role, InTeam)>,
    /// The place in beta, another organization, whose team `dev` may have a grant too.
    beta: Option<(Role, InTeam)>,
    pub(super) direct: Option<GrantedPermission>,
    pub(super) granted_to_acme: Option<GrantedPermission>,
    pub(super) granted_to_beta: Option<GrantedPermission>,
    two_factor: TwoFactorMode,
    status: AccountStatus,
    tokens_revoked_until: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum InTeam {
    Yes,
    No,
}

/// Every place in acme and every mode of the second factor, without any grant.
pub(super) fn every_place() -> Vec<OwnerFacts> {
    let places = or_none(&pairs(Role::ALL, &[InTeam::Yes, InTeam::No]));
    let facts = |(acme, two_factor)| OwnerFacts {
        acme,
        beta: None,
        direct: None,
        granted_to_acme: None,
        granted_to_beta: None,
        two_factor,
        status: AccountStatus::Active,
        tokens_revoked_until: None,
    };
    pairs(&places, TwoFactorMode::ALL).into_iter().map(facts).collect()
}

/// Those with every place in beta's team and every grant: to alice, to acme's team and to beta's.
pub(super) fn every_right() -> Vec<OwnerFacts> {
    let in_beta = or_none(&[(Role::Member, InTeam::Yes), (Role::Member, InTeam::No)]);
    let grants = or_none(GrantedPermission::ALL);
    let mut rights = Vec::new();
    for place in every_place() {
        for beta in &in_beta {
            for direct in &grants {
                for (granted_to_acme, granted_to_beta) in pairs(&grants, &grants) {
                    let right = OwnerFacts { beta: *beta, direct: *direct, granted_to_acme, granted_to_beta, ..place };
                    rights.push(right);
                }
            }
        }
    }
    rights
}

/// Every status and every cut-off, of an owner who may do everything: the first is active without a cut-off.
pub(super) fn every_state() -> Vec<OwnerFacts> {
    let (before, after) = ("2025-10-30T11:59:59.999999999Z", "2025-10-30T12:00:00.000000001Z");
    let cut_offs = or_none(&[before, CREATED, after]);
    let facts = |(status, tokens_revoked_until)| OwnerFacts {
        acme: Some((Role::Owner, InTeam::Yes)),
        beta: None,
        direct: Some(GrantedPermission::ReadWrite),
        granted_to_acme: Some(GrantedPermission::ReadWrite),
        granted_to_beta: None,
        two_factor: TwoFactorMode::AuthAndWrites,
        status,
        tokens_revoked_until,
    };
    pairs(AccountStatus::ALL, &cut_offs).into_iter().map(facts).collect()
}

/// Alice, whose token it is, and bob.
pub(super) fn users(owner: &OwnerFacts) -> Value {
    let membership = |name: &str, place: Option<(Role, InTeam)>| {
        place.map(|(role, in_team)| {
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
            "tokens_revoked_until": owner.tokens_revoked_until, "orgs": memberships,
        },
        {"name": "bob", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null},
    ])
}
