//! Every combination of the facts that a decision depends on, as worlds and requests.
//!
//! A decision depends on a finite number of distinctions: the policy, the kind of the token and its grants, whether its
//! selection covers the resource, how its owner has a right, and so on. Each distinction is a list here. A [`Family`]
//! asks about every combination of the items of these lists that its actions can tell apart. If a second implementation
//! of the rules gives the same answer to every question, it decides by the same rules.
//!
//! ```
//! use tollgate::testing::exhaustion::families;
//!
//! let questions: usize = families().iter().map(|family| family.questions()).sum();
//! assert!(questions > 150_000_000);
//! ```
//!
//! Names, addresses and times have too many values to list, so one example stands for all values that the rules treat
//! alike: one name for all names that a selection covers in the same way, one address for all addresses inside or
//! outside a range, one time for all times before or after an instant. Other tests cover the parsing and comparison of
//! these values.
//!
//! Not every list is combined with every other. Where the rules say that two distinctions do not meet, each has a
//! family of its own:
//!
//! - The checks of the token and the hold on its owner's account do not depend on the resource and on the grants.
//! - The policy is read by the check for legacy tokens, by the check of the second factor and by the status of a denied
//!   creation. So the grants of owners are combined with each other under one policy, and the policies with the kinds of
//!   token, the publishing accesses and the two-factor modes.
//! - A shown factor changes nothing but a challenge. So some families ask without one only.
//!
//! The tests that compare this crate with its oracle show each of these on a sample: they fail if a check reads what
//! the rules say it does not.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing a JSON value does not panic here: a missing member is null, or is inserted by an assignment"
)]

mod owners;
mod packages;
mod policies;
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
    policy::DecisionPolicy,
    token::{Grants, Limits, OrganizationsGrant, PackageSelection, PackagesGrant, TokenView, TwoFactorBypass},
    value::AllowedRanges,
};

use owners::OwnerFacts;
use requests::{SecondFactor, with_tokens};

/// A family of questions: a list of worlds, and a list of requests. Each request is asked in each world.
///
/// [`families`] returns all families.
///
/// ```
/// use tollgate::{
///     directory::{Directory, RequestLine, World},
///     testing::exhaustion::families,
/// };
///
/// let family = families().remove(0);
/// let world: World = serde_json::from_value(family.world(0).unwrap())?;
/// let directory = Directory::load(&world)?;
///
/// let line: RequestLine = serde_json::from_value(family.requests()[0].clone())?;
/// let request = line.parse()?;
/// let caller = directory.caller(&request);
/// println!("{}", directory.decide(&caller, &request).explain());
///
/// assert!(family.world(family.worlds()).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    worlds: Vec<WorldFacts>,
    /// Whether the worlds have packages.
    packages: bool,
    tokens: Vec<Value>,
    requests: Vec<Value>,
}

/// The facts in which the worlds of a family differ.
#[derive(Clone, Debug)]
struct WorldFacts {
    /// The owner of the tokens.
    owner: OwnerFacts,
    policy: Value,
}

/// Returns a world for each combination of an owner and a policy. The worlds of a policy follow each other.
fn worlds(owners: &[OwnerFacts], policies: &[Value]) -> Vec<WorldFacts> {
    pairs(policies, owners).into_iter().map(|(policy, owner)| WorldFacts { owner, policy }).collect()
}

/// Returns all families of questions.
///
/// Building them takes about a second and several hundred megabytes of memory.
#[must_use]
pub fn families() -> Vec<Family> {
    use SecondFactor::{BothWays, NotShown};
    use requests::{creations, on_accounts, on_every_resource, on_organizations, on_packages, on_teams_and_packages};
    let (tokens, kinds, in_every_state) = (tokens::all(), tokens::of_every_kind(), tokens::in_every_state());
    let (existing, free) = (packages::existing(), packages::free());
    let (policies, one_policy) = (policies::every_policy(), policies::with_every_package());
    let both = [on_packages(&existing), on_teams_and_packages(&["acme"], &existing)].concat();
    let missing =
        [on_teams_and_packages(&["acme", "nowhere"], &free), on_teams_and_packages(&["nowhere"], &existing)].concat();
    Vec::from([
        Family {
            name: "actions on packages that exist",
            worlds: worlds(&owners::every_grant(), &one_policy),
            packages: true,
            requests: with_tokens(&tokens, &on_packages(&existing), NotShown),
            tokens: tokens.clone(),
        },
        Family {
            name: "actions on an organization and a package that exist",
            worlds: worlds(&owners::every_grant(), &one_policy),
            packages: true,
            requests: with_tokens(&tokens, &on_teams_and_packages(&["acme"], &existing), NotShown),
            tokens: tokens.clone(),
        },
        Family {
            name: "actions on packages that exist, under every policy",
            worlds: worlds(&owners::every_mode(), &policies),
            packages: true,
            requests: with_tokens(&kinds, &both, BothWays),
            tokens: kinds,
        },
        Family {
            name: "actions on free names",
            worlds: worlds(&owners::every_membership(), &one_policy),
            packages: false,
            requests: with_tokens(&tokens, &on_packages(&free), NotShown),
            tokens: tokens.clone(),
        },
        Family {
            name: "creations, under every policy",
            worlds: worlds(&owners::every_membership(), &policies),
            packages: false,
            requests: with_tokens(&tokens, &creations(&free), BothWays),
            tokens: tokens.clone(),
        },
        Family {
            name: "actions on an organization and a package of which one is missing",
            worlds: worlds(&owners::every_membership(), &one_policy),
            packages: true,
            requests: with_tokens(&tokens, &missing, NotShown),
            tokens: tokens.clone(),
        },
        Family {
            name: "actions on organizations and teams, under every policy",
            worlds: worlds(&owners::every_membership(), &policies),
            packages: false,
            requests: with_tokens(&tokens, &on_organizations(&["acme", "beta", "nowhere"]), BothWays),
            tokens: tokens.clone(),
        },
        Family {
            name: "actions on accounts, under every policy",
            worlds: worlds(&owners::every_membership(), &policies),
            packages: false,
            requests: with_tokens(&tokens, &on_accounts(), BothWays),
            tokens: tokens.clone(),
        },
        Family {
            name: "owners on hold",
            worlds: worlds(&owners::every_hold(), &one_policy),
            packages: true,
            requests: with_tokens(&tokens, &on_every_resource(), NotShown),
            tokens,
        },
        Family {
            name: "no token, or a token that is not on record",
            worlds: worlds(&owners::every_mode(), &policies),
            packages: true,
            requests: requests::without_a_token(),
            tokens: Vec::new(),
        },
        Family {
            name: "tokens that are good here and now, or not",
            worlds: worlds(&owners::every_state(), &policies::honouring_and_retiring()),
            packages: true,
            requests: requests::from_everywhere(&in_every_state),
            tokens: in_every_state,
        },
    ])
}

impl Family {
    /// Returns a description of the questions, such as `actions on accounts`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the number of worlds.
    #[must_use]
    pub fn worlds(&self) -> usize {
        self.worlds.len()
    }

    /// Returns the world with this index as a [world document](crate::docs::format#world), or `None` if the index is
    /// not less than [`worlds`](Self::worlds).
    #[must_use]
    pub fn world(&self, index: usize) -> Option<Value> {
        let world = self.worlds.get(index)?;
        let packages = if self.packages { packages::with_grants(world) } else { Vec::new() };
        Some(json!({
            "policy": world.policy,
            "users": owners::users(&world.owner),
            "orgs": [{"name": "acme"}, {"name": "acme-evil"}, {"name": "beta"}],
            "packages": packages,
            "tokens": self.tokens,
        }))
    }

    /// Returns the requests, as lines of the [requests file](crate::docs::format#requests). Each request belongs to
    /// every world of the family.
    #[must_use]
    pub fn requests(&self) -> &[Value] {
        &self.requests
    }

    /// Returns the number of questions: the number of worlds times the number of requests.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.worlds.len().saturating_mul(self.requests.len())
    }
}

/// A check, made by the compiler, that this module enumerates every field of the token and its owner that a decision
/// reads. The comment at a field names the function whose list has the values of the field.
///
/// A new field or variant does not compile here until it is added. Enums that are not matched here are enumerated by
/// their `ALL`, or by a `match` elsewhere in this module.
const _: fn(TokenUse<'_>, &Membership, VerifiedFactor<'_>) = |token_use, membership, factor| {
    let TokenUse {
        bound:
            BoundToken {
                token,
                memberships: _,          // owners::every_membership
                tokens_revoked_until: _, // owners::every_state
                writes_held_until: _,    // owners::every_hold, owners::every_state
                status: _,               // owners::every_state
                two_factor: _,           // owners::every_membership, owners::every_mode
                policy:
                    DecisionPolicy {
                        edition: _,                 // policies::every_policy; no check reads it, it is only printed
                        legacy_tokens: _,           // policies::every_policy, policies::honouring_and_retiring
                        least_publishing_access: _, // policies::every_policy
                        bypass_covers: _,           // policies::every_policy
                        unscoped_packages: _,       // policies::every_policy
                    },
            },
        address: _, // requests::from_everywhere
        family: _,  // requests::from_everywhere
        now: _,     // tokens::in_every_state, which has tokens made and expiring before, at and after this time
    } = token_use;
    let TokenView {
        id: _,
        owner: _,       // always alice: BoundToken::bind refuses a token of another owner
        created: _,     // tokens::in_every_state
        revoked: _,     // tokens::in_every_state
        allowed_ranges, // tokens::in_every_state
        limits,
    } = token;
    match allowed_ranges {
        AllowedRanges::Any | AllowedRanges::Only(_) => {}
    }
    match limits {
        // tokens::all, tokens::in_every_state
        Limits::Legacy(_) | Limits::Session { expires_at: _ } => {}
        Limits::Granular(Grants {
            expires_at: _, // tokens::in_every_state
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
        role: _,         // owners::every_membership
        teams: _,        // owners::every_membership
    } = membership;
    let VerifiedFactor { owner: _, verified_at: _ } = factor; // tests/agreement/exhaustion.rs
};

/// The same check for every field of the operation. `requests::resource_kind` lists the actions.
const _: fn(Operation<'_>) = |operation| {
    let package_state = |state| match state {
        PackageState::Existing(PackageView {
            name_text: _,         // packages::existing
            name_form: _,         // packages::existing
            scope_owner: _,       // packages::scopes
            visibility: _,        // packages::existing
            publishing_access: _, // packages::existing
            // `Rights::Recorded`: owners::every_grant. A world has no form for `Rights::DecidedElsewhere` (rule C7):
            // tests/rules/external_ceiling.rs asks about these.
            rights: _,
        })
        | PackageState::Missing(MissingPackage {
            name: _,    // packages::free
            ceiling: _, // as for `Rights::DecidedElsewhere`
        }) => {}
    };
    let organization_state = |state| match state {
        // In every world `acme`, `acme-evil` and `beta` exist, and `nowhere` does not.
        OrganizationState::Existing(OrganizationView { name: _ })
        | OrganizationState::Missing(MissingOrganization { name: _ }) => {}
    };
    // No rule depends on the name of a team: requests::on_teams_and_packages.
    let team_of = |Team { organization, name: _ }| organization_state(organization);
    match operation {
        Operation::Package { action: _, package } => package_state(package),
        Operation::Organization { action: _, organization } => organization_state(organization),
        Operation::CreateTeam { team } => team_of(team.team()),
        Operation::Team { action: _, team } => team_of(team),
        Operation::GrantTeamAccess(TeamAndPackage { team, package })
        | Operation::RevokeTeamAccess(TeamAndPackage { team, package }) => {
            team_of(team);
            package_state(package);
        }
        Operation::SharePackage(OrganizationAndPackage { organization, package }) => {
            organization_state(organization);
            package_state(package);
        }
        // requests::on_accounts
        Operation::Account { action: _, account: Account { user: _ } } => {}
    }
};

/// Returns all pairs of an item of `a` and an item of `b`.
fn pairs<A: Clone, B: Clone>(a: &[A], b: &[B]) -> Vec<(A, B)> {
    a.iter().flat_map(|a| b.iter().map(|b| (a.clone(), b.clone()))).collect()
}

/// Returns `None`, then each item as `Some`.
fn or_none<T: Clone>(some: &[T]) -> Vec<Option<T>> {
    core::iter::once(None).chain(some.iter().cloned().map(Some)).collect()
}

/// The name of a package.
type Name = Box<str>;
