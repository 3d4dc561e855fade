//! A small registry that decides with `tollgate`, and has two house rules on top.
//!
//! - [`rows`]: what the database gives becomes facts, or an error of the server.
//! - [`house`]: what this registry forbids besides. It can only tighten.
//! - [`Registry::answer`]: one call of a client, from the rows to the answer.

pub mod house;
pub mod rows;

use std::{error::Error, time::Duration};

use tollgate::{
    BoundToken, ClientIp, Decision, MissingPackage, PackageAction, PackageName, Timestamp, authorize,
    authorize_anonymous, deny_unknown_token,
    facts::{PackageState, VerifiedFactor},
};

use house::{Answer, HouseFacts, HouseRules};
use rows::Database;

/// What goes wrong in the server itself, such as a row that is none: answer 500, and never let the call pass.
pub type Failure = Box<dyn Error + Send + Sync>;

/// **The registry**: its rows and its house rules.
#[derive(Clone, Debug)]
pub struct Registry {
    /// The rows.
    pub database: Database,
    /// The rules on top.
    pub house: HouseRules,
}

/// **One call of a client**, as the HTTP layer hands it on.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// The text after `Bearer`, if there is any.
    pub secret: Option<&'c str>,
    /// Whether the token's owner has shown a second factor in this call, and you have verified it.
    pub factor_shown: bool,
    /// What is to be done.
    pub action: PackageAction,
    /// To what.
    pub package: PackageName<&'c str>,
    /// From where: the peer's address, or what a proxy that you trust says it is.
    pub client_ip: ClientIp,
    /// When: taken once, at the start of the call.
    pub now: Timestamp,
}

impl Registry {
    /// Answers a call: the rows become facts, `tollgate` decides, and the house rules come on top.
    ///
    /// # Errors
    /// A row that is no fact, or a token without its owner.
    pub fn answer(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let found = self.database.package(call.package)?;
        let (package, dependents) = match &found {
            Some((package, dependents)) => (PackageState::from(package), *dependents),
            None => (MissingPackage::new(call.package).into(), 0),
        };
        let facts = HouseFacts { client_ip: call.client_ip, dependents };
        let on_top = |decision: Decision<'_>| Ok(self.house.on_top(decision, facts));
        let Some(secret) = call.secret else { return on_top(authorize_anonymous(call.action, package)) };
        let Some(token) = self.database.token(secret) else {
            return on_top(deny_unknown_token(call.action, package));
        };
        let owner = self.database.user(token.owner().as_borrowed())?.ok_or("a token without its owner")?;
        let bound = BoundToken::bind(&token, &owner)?;
        let decision = match authorize(&bound, call.action, package, call.client_ip, call.now) {
            Decision::Challenge(challenge) if call.factor_shown => {
                let factor = VerifiedFactor { owner: owner.name().as_borrowed(), verified_at: call.now };
                challenge.answer(&factor, Duration::ZERO)
            }
            decision @ (Decision::Allow(_) | Decision::Challenge(_) | Decision::Deny(_)) => decision,
        };
        on_top(decision)
    }
}
