//! One request in one transaction: who asks, the facts about what is named, the decision.
//!
//! Everything that is allowed or refused here is `tollgate`'s answer. The server brings facts and carries out.

use std::{collections::BTreeMap, time::Duration};

use axum::{body::Bytes, response::Response};
use tollgate::{
    Action, Allow, Caller, Decision, Facts, Intent, OrganizationName, PackageAction, PackageName, SecondFactor,
    Timestamp, Token, User,
    wire::{AllOf, Answer, Asks, Body},
};

use super::{Inner, answer, asker::Asker, body, prepare::Prepared, request::Asked, trail::Trail};
use crate::{
    failure::{Failure, fact, other},
    one_time,
    store::{
        Tx, accounts,
        facts::{self, FoundOrganization, FoundPackage},
        guesses::{self, Guess},
    },
};

/// **One request in one transaction.** Nothing outlives it: the next request looks everything up again.
pub(crate) struct Exchange<'r> {
    pub(crate) app: &'r Inner,
    pub(crate) asked: &'r Asked,
    pub(crate) body: &'r Bytes,
    pub(crate) prepared: &'r Prepared,
    pub(crate) trail: &'r mut Trail,
    pub(crate) tx: Tx,
    pub(crate) asker: Asker,
    found: Found,
    /// Why the token was of no use, where the answer is the one without a token.
    pub(crate) notice: Option<&'static str>,
}

/// What was looked up. It is only asked before anything is written.
#[derive(Default)]
struct Found {
    packages: BTreeMap<String, FoundPackage>,
    organizations: BTreeMap<String, FoundOrganization>,
}

/// **What came of the decisions about a request.**
pub(crate) enum Ruling {
    /// All of it is allowed: carry it out, and nothing else.
    Allowed(Allowed),
    /// It is not, and this is the answer.
    Answered(Response),
}

/// **What is allowed**, by what it was decided to be: the creation of a package and a new version are two things.
#[derive(Debug)]
pub(crate) struct Allowed {
    actions: Vec<Action>,
}

impl Allowed {
    fn of(allows: &[Allow<'_>], trail: &mut Trail) -> Self {
        trail.decided(allows.iter().map(|allow| Decision::Allow(*allow)));
        Self { actions: allows.iter().map(Allow::action).collect() }
    }

    /// Whether this is among it.
    pub(crate) fn includes(&self, action: Action) -> bool {
        self.actions.contains(&action)
    }
}

/// Goes on with what is allowed, or returns the answer.
macro_rules! allowed {
    ($ruling:expr) => {
        match $ruling {
            $crate::http::exchange::Ruling::Allowed(allowed) => allowed,
            $crate::http::exchange::Ruling::Answered(answer) => return Ok(answer),
        }
    };
}
pub(crate) use allowed;

impl<'r> Exchange<'r> {
    /// Looks up who asks.
    pub(crate) async fn begin(
        app: &'r Inner,
        asked: &'r Asked,
        body: &'r Bytes,
        prepared: &'r Prepared,
        trail: &'r mut Trail,
        mut tx: Tx,
    ) -> Result<Self, Failure> {
        let who = Asker::look_up(&mut tx, &asked.credentials).await?;
        trail.asker(&who);
        Ok(Self { app, asked, body, prepared, trail, tx, asker: who, found: Found::default(), notice: None })
    }

    /// The body, by `tollgate`'s reader.
    pub(crate) fn body(&self) -> Result<Body, Failure> {
        body::json(self.body)
    }

    /// The token and its owner. Only asked after something was allowed that nobody is without a token.
    pub(crate) fn token(&self) -> Result<(&Token, &User), Failure> {
        match &self.asker {
            Asker::Token { token, owner } => Ok((token, owner)),
            Asker::NoToken | Asker::UnknownToken => Err(other("something was allowed that takes a token, without one")),
        }
    }

    /// Decides what the path alone asks for, before a body is read. An answer, or that the body may be looked at.
    pub(crate) async fn decide_path(&mut self, asks: &Asks) -> Result<Option<Response>, Failure> {
        let intents = match asks {
            Asks::Nothing => return Ok(None),
            Asks::This(intent) => std::slice::from_ref(intent),
            Asks::OneOf(intents) => intents,
        };
        self.look_up(intents).await?;
        let caller = self.asker.caller()?;
        let decisions = self.found.decide(intents, &caller, self.asked)?;
        let all_denied = decisions.iter().all(|decision| matches!(decision, Decision::Deny(_)));
        match decisions.into_iter().next() {
            Some(first @ Decision::Deny(_)) if all_denied => {
                self.trail.decided([first]);
                Ok(AllOf::of([first], None).and_then(|first| answer::refused(&first)))
            }
            _ => Ok(None),
        }
    }

    /// Decides all of it, second factor included.
    pub(crate) async fn decide(&mut self, intents: &[Intent]) -> Result<Ruling, Failure> {
        self.look_up(intents).await?;
        let verified_at = if self.is_challenged(intents)? { self.verify_one_time_password().await? } else { None };
        let caller = self.asker.caller()?;
        let decisions = self.found.decide(intents, &caller, self.asked)?;
        let factor = match (&self.asker, verified_at) {
            (Asker::Token { owner, .. }, Some(verified_at)) => {
                Some(SecondFactor { owner: owner.name().borrowed(), verified_at })
            }
            _ => None,
        };
        // Verified for this request and no other, so it has no age.
        let all = AllOf::of(decisions, factor.as_ref().map(|factor| (factor, Duration::ZERO)));
        let all = all.ok_or_else(|| other("nothing was asked"))?;
        if let AllOf::Deny(deny) = &all
            && let Some(notice) = Answer::notice_for_ignored(deny)
            && intents.iter().all(is_read)
        {
            // The explicit second call, without the token.
            let decisions = self.found.decide(intents, &Caller::NoToken, self.asked)?;
            if let Some(AllOf::Allow(allows)) = AllOf::of(decisions, None) {
                self.notice = Some(notice);
                self.trail.token_ignored();
                return Ok(Ruling::Allowed(Allowed::of(&allows, self.trail)));
            }
        }
        match &all {
            AllOf::Allow(allows) => return Ok(Ruling::Allowed(Allowed::of(allows, self.trail))),
            AllOf::Challenge(challenge) => self.trail.decided([Decision::Challenge(*challenge)]),
            AllOf::Deny(deny) => self.trail.decided([Decision::Deny(*deny)]),
        }
        answer::refused(&all).map(Ruling::Answered).ok_or_else(|| other("an allow was refused"))
    }

    async fn look_up(&mut self, intents: &[Intent]) -> Result<(), Failure> {
        for intent in intents {
            if let Some(name) = intent.package() {
                self.package(name).await?;
            }
            if let Some(name) = intent.organization() {
                self.organization(name).await?;
            }
        }
        Ok(())
    }

    /// The facts about a package.
    pub(crate) async fn package(&mut self, name: PackageName<&str>) -> Result<FoundPackage, Failure> {
        if let Some(found) = self.found.packages.get(name.text()) {
            return Ok(found.clone());
        }
        let found = facts::package(&mut self.tx, name).await?;
        self.found.packages.insert(name.text().to_owned(), found.clone());
        Ok(found)
    }

    async fn organization(&mut self, name: OrganizationName<&str>) -> Result<(), Failure> {
        if !self.found.organizations.contains_key(name.text()) {
            let found = facts::organization(&mut self.tx, name).await?;
            self.found.organizations.insert(name.text().to_owned(), found);
        }
        Ok(())
    }

    fn is_challenged(&self, intents: &[Intent]) -> Result<bool, Failure> {
        let caller = self.asker.caller()?;
        let decisions = self.found.decide(intents, &caller, self.asked)?;
        Ok(matches!(AllOf::of(decisions, None), Some(AllOf::Challenge(_))))
    }

    /// When the one-time password that came along was verified, if it was. A wrong one is counted.
    async fn verify_one_time_password(&mut self) -> Result<Option<Timestamp>, Failure> {
        let (Some(code), Asker::Token { token, owner }) = (&self.asked.one_time_password, &self.asker) else {
            return Ok(None);
        };
        let (tx, now, name) = (&mut self.tx, self.asked.now, owner.name().borrowed());
        guesses::may_guess(tx, name, Guess::OneTimePassword, now).await?;
        let secret = accounts::account(tx, name).await?.and_then(|account| account.totp_secret);
        let Some(secret) = secret else { return Ok(None) };
        if one_time::verify(tx, name, &secret, code, token.key().as_str(), now).await? {
            return Ok(Some(now));
        }
        guesses::wrong(tx, name, Guess::OneTimePassword, now).await?;
        Ok(None)
    }
}

impl Found {
    fn decide<'a>(
        &'a self,
        intents: &'a [Intent],
        caller: &'a Caller<'a>,
        asked: &Asked,
    ) -> Result<Vec<Decision<'a>>, Failure> {
        let decide = |intent: &'a Intent| {
            let facts = Facts {
                package: intent.package().and_then(|name| self.packages.get(name.text())).map(FoundPackage::state),
                organization: intent
                    .organization()
                    .and_then(|name| self.organizations.get(name.text()))
                    .map(FoundOrganization::state),
            };
            fact(intent.decide(caller, &facts, asked.client_ip, asked.now))
        };
        intents.iter().map(decide).collect()
    }
}

const fn is_read(intent: &Intent) -> bool {
    matches!(intent, Intent::Package { action: PackageAction::ReadPackage, .. })
}
