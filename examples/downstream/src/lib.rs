//! A small registry that decides with `tollgate`, and applies two house rules to each decision.
//!
//! - [`rows`] turns rows of a database into facts.
//! - [`house`] has the registry's own rules. They can forbid what `tollgate` allows, and cannot allow what it denies.
//! - [`Registry::answer`] answers a call of a client, from the rows to the answer.

pub mod house;
pub mod rows;

use std::error::Error;

use tollgate::{
    ClientIp, Decision, PackageAction, PackageName, Policy, Timestamp, authorize, authorize_anonymous,
    deny_unknown_token,
    facts::{FoundPackage, MaxFactorAge, VerifiedFactor},
};

use house::{Answer, HouseFacts, HouseRules};
use rows::Database;

/// An error of the server itself, such as a row that is not valid. The server must answer the call with status 500, and
/// must not perform the action.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A registry: its policy, its rows and its house rules.
#[derive(Clone, Debug)]
pub struct Registry {
    /// The policy of every decision: an edition of npm's rules, or one that is tightened.
    pub policy: Policy,
    /// The rows.
    pub database: Database,
    /// The registry's own rules.
    pub house: HouseRules,
}

/// A call of a client, as the HTTP layer reads it from a request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// The text after `Bearer` in the header `authorization`. `None` if there is no such header.
    pub secret: Option<&'c str>,
    /// Whether this call has a second factor of the token's owner, such as a one-time password, that the server has
    /// verified.
    pub factor_shown: bool,
    /// The action.
    pub action: PackageAction,
    /// The name of the package.
    pub package: PackageName<&'c str>,
    /// The client's address: the address of the connection, or the address that a trusted proxy reports.
    pub client_ip: ClientIp,
    /// The time, taken once at the start of the call.
    pub now: Timestamp,
}

impl Registry {
    /// Answers a call: reads the facts, asks `tollgate` for the decision, and applies the house rules.
    ///
    /// # Errors
    ///
    /// Returns an error if a row is not valid, or if the owner of a token has no row.
    pub fn answer(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let found = FoundPackage::from_lookup(call.package, self.database.package(call.package))?;
        let package = found.as_state();
        let facts = HouseFacts { client_ip: call.client_ip, dependents: self.database.dependents(call.package) };
        let with_house_rules = |decision: Decision<'_>| Ok(self.house.on_top(decision, facts));
        let Some(secret) = call.secret else { return with_house_rules(authorize_anonymous(call.action, package)) };
        let Some(token) = self.database.token(secret) else {
            return with_house_rules(deny_unknown_token(call.action, package));
        };
        let owner = self.database.user(token.owner().as_borrowed())?.ok_or("a token without its owner")?;
        let bound = self.policy.bind(&token, &owner)?;
        let decision = match authorize(&bound, call.action, package, call.client_ip, call.now) {
            Decision::Challenge(challenge) if call.factor_shown => {
                let factor = VerifiedFactor { owner: owner.name().as_borrowed(), verified_at: call.now };
                challenge.answer(&factor, MaxFactorAge::THIS_REQUEST)
            }
            decision @ (Decision::Allow(_) | Decision::Challenge(_) | Decision::Deny(_)) => decision,
        };
        with_house_rules(decision)
    }
}
