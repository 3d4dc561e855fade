//! Every combination of what a decision depends on, as worlds and requests.
//!
//! A decision depends on finitely many distinctions: what kind of token it is and what it gives, how its selection
//! relates to the names, how its owner comes by a right, and so on. Here each is a list, and a family of questions is
//! every combination of those lists that its actions can tell apart. A second implementation that gives the same
//! answers to all of them decides by the same rules.
//!
//! ```
//! use tollgate::testing::exhaustion::families;
//!
//! let questions: usize = families().iter().map(|family| family.questions()).sum();
//! assert!(questions > 50_000_000);
//! ```
//!
//! What is not enumerated is what one value stands for all of: names of the same relation, addresses inside and outside
//! of a range, times on either side of an instant. Their parsers and comparisons have tests of their own.

#![expect(clippy::indexing_slicing, reason = "a member of a JSON object: one that is not there is made, or null")]

mod owners;
mod packages;
mod requests;
mod times;
mod tokens;

use std::{boxed::Box, vec::Vec};

use serde_json::{Value, json};

use crate::{
    facts::{
        Account, Membership, MissingOrganization, MissingPackage, OrganizationAndPackage, OrganizationState,
        OrganizationView, PackageState, PackageView, Team, TeamAndPackage, VerifiedFactor,
    },
    operation::{BoundToken, Operation, TokenUse},
    token::{Grants, Limits, OrganizationsGrant, PackageSelection, PackagesGrant, TokenView, TwoFactorBypass},
    value::AllowedRanges,
};

use owners::OwnerFacts;
use requests::Questions;

/// **A family of questions**: worlds, and requests each of which is asked in every one of them.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    owners: Vec<OwnerFacts>,
    packages: bool,
    tokens: Vec<Value>,
    requests: Vec<Value>,
}

/// Every family. Building them takes about a second and some hundred megabytes.
#[must_use]
pub fn families() -> Vec<Family> {
    use requests::{about_accounts, about_organizations, about_packages, about_teams_and_packages, without_a_token};
    let tokens = tokens::all();
    let family = |name, owners, packages, Questions(requests)| Family {
        name,
        owners,
        packages,
        tokens: tokens.clone(),
        requests,
    };
    Vec::from([
        family(
            "actions on packages that exist",
            owners::every_right(),
            true,
            about_packages(&tokens, &packages::existing()),
        ),
        family(
            "actions on an organization and a package that exist",
            owners::every_right(),
            true,
            about_teams_and_packages(&tokens, &["acme"], &packages::existing()),
        ),
        family("actions on free names", owners::every_place(), false, about_packages(&tokens, &packages::free())),
        family(
            "actions on an organization and a package of which one is missing",
            owners::every_place(),
            true,
            about_teams_and_packages(&tokens, &["acme", "nowhere"], &packages::free()).and(about_teams_and_packages(
                &tokens,
                &["nowhere"],
                &packages::existing(),
            )),
        ),
        family(
            "actions on organizations and teams",
            owners::every_place(),
            false,
            about_organizations(&tokens, &["acme", "beta", "nowhere"]),
        ),
        family("actions on accounts", owners::every_place(), false, about_accounts(&tokens)),
        family("no token, or one that nobody knows", owners::every_place(), true, without_a_token()),
        Family {
            name: "tokens that are good here and now, or not",
            owners: owners::every_state(),
            packages: true,
            tokens: tokens::in_every_state(),
            requests: requests::from_everywhere(&tokens::in_every_state()).0,
        },
    ])
}

impl Family {
    /// What its questions are about.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How many worlds it has.
    #[must_use]
    pub fn worlds(&self) -> usize {
        self.owners.len()
    }

    /// The world of that number, from 0, as [`docs::format`](crate::docs::format) has it. `None` past the last.
    #[must_use]
    pub fn world(&self, index: usize) -> Option<Value> {
        let owner = self.owners.get(index)?;
        let packages = if self.packages { packages::with_grants(owner) } else { Vec::new() };
        Some(json!({
            "users": owners::users(owner),
            "orgs": [{"name": "acme"}, {"name": "beta"}],
            "packages": packages,
            "tokens": self.tokens,
        }))
    }

    /// The requests, each to be asked in every world.
    #[must_use]
    pub fn requests(&self) -> &[Value] {
        &self.requests
    }

    /// How many questions that makes.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.owners.len().saturating_mul(self.requests.len())
    }
}

/// What a decision reads of who asks, field by field, and where it is enumerated. A new field or variant does not compile
/// here until it has its place. (The enums that are not here are enumerated by their `ALL`, or by a `match`.)
const _: fn(TokenUse<'_>, &Membership, VerifiedFactor<'_>) = |token_use, membership, factor| {
    let TokenUse {
        bound:
            BoundToken {
                token,
                memberships: _,          // owners::every_place
                tokens_revoked_until: _, // owners::every_state
                status: _,               // owners::every_state
                two_factor: _,           // owners::every_place
            },
        address: _, // requests::from_everywhere
        family: _,  // the same
        seconds: _, // tokens::in_every_state: made and expiring before, at and after it
        nanoseconds_and_1: _,
    } = token_use;
    let TokenView {
        id: _,
        owner: _,       // alice; bob's are what bind refuses
        created: _,     // tokens::in_every_state
        revoked: _,     // tokens::in_every_state
        allowed_ranges, // tokens::in_every_state
        limits,
    } = token;
    match allowed_ranges {
        AllowedRanges::Any | AllowedRanges::Only(_) => {}
    }
    match limits {
        Limits::Legacy(_) => {} // tokens::all
        Limits::Granular(Grants {
            seconds: _, // tokens::in_every_state
            nanoseconds_and_1: _,
            bypass_2fa,    // tokens::all
            packages,      // tokens::all
            organizations, // tokens::all
        }) => {
            match bypass_2fa {
                TwoFactorBypass::Off | TwoFactorBypass::On => {}
            }
            match packages {
                PackagesGrant::NoAccess => {}
                PackagesGrant::Granted { permission: _, selection } => match selection {
                    PackageSelection::All | PackageSelection::Only(_) => {} // tokens::Selected
                },
            }
            match organizations {
                OrganizationsGrant::NoAccess | OrganizationsGrant::Granted { permission: _, selection: _ } => {}
            }
        }
    }
    let Membership {
        organization: _, // owners::users: acme, beta
        role: _,         // owners::every_place
        teams: _,        // owners::every_place
    } = membership;
    let VerifiedFactor { owner: _, verified_at: _ } = factor; // tests/exhaustion.rs: shown, and shown in full
};

/// The same of what is asked about. `requests::about` has the actions.
const _: fn(Operation<'_>) = |operation| {
    let package_state = |state| match state {
        PackageState::Existing(PackageView {
            name: _,              // packages::existing
            scope_owner: _,       // packages::scopes
            visibility: _,        // packages::existing
            publishing_access: _, // packages::existing
            users: _,             // owners::every_right
            teams: _,             // owners::every_right
        })
        | PackageState::Missing(MissingPackage { name: _ }) => {} // packages::free
    };
    let organization_state = |state| match state {
        // acme and beta exist, nowhere does not.
        OrganizationState::Existing(OrganizationView { name: _ })
        | OrganizationState::Missing(MissingOrganization { name: _ }) => {}
    };
    // No rule looks at a team's name.
    let team_of = |Team { organization, name: _ }| organization_state(organization);
    match operation {
        Operation::Package { action: _, package } => package_state(package),
        Operation::Organization { action: _, organization } => organization_state(organization),
        Operation::CreateTeam { team } => team_of(team.team()),
        Operation::Team { action: _, team } => team_of(team),
        Operation::ManageTeamAccess(TeamAndPackage { team, package }) => {
            team_of(team);
            package_state(package);
        }
        Operation::SharePackage(OrganizationAndPackage { organization, package }) => {
            organization_state(organization);
            package_state(package);
        }
        // requests::account_resources
        Operation::Account { action: _, account: Account { user: _ } } => {}
    }
};

/// Every pair of one of each.
fn pairs<A: Clone, B: Clone>(a: &[A], b: &[B]) -> Vec<(A, B)> {
    a.iter().flat_map(|a| b.iter().map(|b| (a.clone(), b.clone()))).collect()
}

/// Nothing, or one of these.
fn or_none<T: Clone>(some: &[T]) -> Vec<Option<T>> {
    core::iter::once(None).chain(some.iter().cloned().map(Some)).collect()
}

type Name = Box<str>;
