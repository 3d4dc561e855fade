//! One request in one transaction: who asks, the facts about what is named, the decision.
//!
//! Everything that is allowed or refused here is `tollgate`'s answer. The server brings facts and carries out.

use std::{collections::BTreeMap, time::Duration};

use axum::{body::Bytes, response::Response};
use tollgate::{
    Allow, Decision, PackageAction, PackageName, Timestamp, Token, User,
    decision::{AccessRequest, Caller, ResourceFacts},
    facts::VerifiedFactor,
    npm::{Answer, Body, CombinedDecision, RequiredAccess},
    value::OrganizationName,
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
pub(crate) enum Ruling<T> {
    /// All of it is allowed, and this is made of the allows: carry it out, and nothing else.
    Allowed(T),
    /// It is not, and this is the answer.
    Answered(Response),
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
    pub(crate) async fn decide_path(&mut self, asks: &RequiredAccess) -> Result<Option<Response>, Failure> {
        let access_requests = match asks {
            RequiredAccess::Nothing => return Ok(None),
            RequiredAccess::This(access_request) => std::slice::from_ref(access_request),
            RequiredAccess::OneOf(access_requests) => access_requests,
        };
        self.look_up(access_requests).await?;
        let caller = self.asker.caller()?;
        let refused = asks.refused_by(|access_request| self.found.decide(access_request, &caller, self.asked))?;
        Ok(refused.map(|deny| {
            self.trail.decided([Decision::Deny(deny)]);
            answer::denied(&deny)
        }))
    }

    /// Decides all of it, second factor included.
    pub(crate) async fn decide(&mut self, access_requests: &[AccessRequest]) -> Result<Ruling<()>, Failure> {
        self.decide_and(access_requests, |_| ()).await
    }

    /// The same, with what is made of the allows.
    pub(crate) async fn decide_and<T>(
        &mut self,
        access_requests: &[AccessRequest],
        then: impl FnOnce(&[Allow<'_>]) -> T + Send,
    ) -> Result<Ruling<T>, Failure> {
        self.look_up(access_requests).await?;
        let verified_at =
            if self.is_challenged(access_requests)? { self.verify_one_time_password().await? } else { None };
        let caller = self.asker.caller()?;
        let factor = match (&self.asker, verified_at) {
            (Asker::Token { owner, .. }, Some(verified_at)) => {
                Some(VerifiedFactor { owner: owner.name().as_borrowed(), verified_at })
            }
            _ => None,
        };
        // Verified for this request and no other, so it has no age.
        let factor = factor.as_ref().map(|factor| (factor, Duration::ZERO));
        let all = self.found.decide_all(access_requests, &caller, self.asked, factor)?;
        if let CombinedDecision::Deny(deny) = &all
            && let Some(notice) = Answer::notice_for_ignored(deny)
            && access_requests.iter().all(is_read)
        {
            // The explicit second call, without the token.
            if let CombinedDecision::Allow(allows) =
                self.found.decide_all(access_requests, &Caller::NoToken, self.asked, None)?
            {
                self.notice = Some(notice);
                self.trail.token_ignored();
                self.trail.decided(allows.iter().map(|allow| Decision::Allow(*allow)));
                return Ok(Ruling::Allowed(then(&allows)));
            }
        }
        Ok(match all {
            CombinedDecision::Allow(allows) => {
                self.trail.decided(allows.iter().map(|allow| Decision::Allow(*allow)));
                Ruling::Allowed(then(&allows))
            }
            CombinedDecision::Challenge(challenge) => {
                self.trail.decided([Decision::Challenge(challenge)]);
                Ruling::Answered(answer::challenged(&challenge))
            }
            CombinedDecision::Deny(deny) => {
                self.trail.decided([Decision::Deny(deny)]);
                Ruling::Answered(answer::denied(&deny))
            }
        })
    }

    async fn look_up(&mut self, access_requests: &[AccessRequest]) -> Result<(), Failure> {
        for access_request in access_requests {
            if let Some(name) = access_request.package() {
                self.package(name).await?;
            }
            if let Some(name) = access_request.organization() {
                self.organization(name).await?;
            }
        }
        Ok(())
    }

    /// The facts about a package.
    pub(crate) async fn package(&mut self, name: PackageName<&str>) -> Result<FoundPackage, Failure> {
        if let Some(found) = self.found.packages.get(name.as_str()) {
            return Ok(found.clone());
        }
        let found = facts::package(&mut self.tx, name).await?;
        self.found.packages.insert(name.as_str().to_owned(), found.clone());
        Ok(found)
    }

    async fn organization(&mut self, name: OrganizationName<&str>) -> Result<(), Failure> {
        if !self.found.organizations.contains_key(name.as_str()) {
            let found = facts::organization(&mut self.tx, name).await?;
            self.found.organizations.insert(name.as_str().to_owned(), found);
        }
        Ok(())
    }

    fn is_challenged(&self, access_requests: &[AccessRequest]) -> Result<bool, Failure> {
        let caller = self.asker.caller()?;
        Ok(matches!(self.found.decide_all(access_requests, &caller, self.asked, None)?, CombinedDecision::Challenge(_)))
    }

    /// When the one-time password that came along was verified, if it was. A wrong one is counted.
    async fn verify_one_time_password(&mut self) -> Result<Option<Timestamp>, Failure> {
        let (Some(code), Asker::Token { token, owner }) = (&self.asked.one_time_password, &self.asker) else {
            return Ok(None);
        };
        let (tx, now, name) = (&mut self.tx, self.asked.now, owner.name().as_borrowed());
        guesses::may_guess(tx, name, Guess::OneTimePassword, now).await?;
        let secret = accounts::account(tx, name).await?.and_then(|account| account.totp_secret);
        let Some(secret) = secret else { return Ok(None) };
        if one_time::verify(tx, name, &secret, code, token.id().as_str(), now).await? {
            return Ok(Some(now));
        }
        guesses::wrong(tx, name, Guess::OneTimePassword, now).await?;
        Ok(None)
    }
}

impl Found {
    fn decide<'a>(
        &'a self,
        access_request: &'a AccessRequest,
        caller: &'a Caller<'a>,
        asked: &Asked,
    ) -> Result<Decision<'a>, Failure> {
        let package = access_request.package().and_then(|name| self.packages.get(name.as_str()));
        let organization = access_request.organization().and_then(|name| self.organizations.get(name.as_str()));
        let facts = ResourceFacts {
            package: package.map(FoundPackage::state),
            organization: organization.map(FoundOrganization::state),
        };
        fact(access_request.decide(caller, &facts, asked.client_ip, asked.now))
    }

    fn decide_all<'a>(
        &'a self,
        access_requests: &'a [AccessRequest],
        caller: &'a Caller<'a>,
        asked: &Asked,
        factor: Option<(&VerifiedFactor<'_>, Duration)>,
    ) -> Result<CombinedDecision<'a>, Failure> {
        let decisions: Vec<Decision<'a>> = access_requests
            .iter()
            .map(|access_request| self.decide(access_request, caller, asked))
            .collect::<Result<_, _>>()?;
        CombinedDecision::from_decisions(decisions, factor).ok_or_else(|| other("nothing was asked"))
    }
}

const fn is_read(access_request: &AccessRequest) -> bool {
    matches!(access_request, AccessRequest::Package { action: PackageAction::ReadPackage, .. })
}
