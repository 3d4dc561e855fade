//! One request in one transaction: its caller, the facts about the resources that it names, and the decisions.
//!
//! `tollgate` makes every decision here. This module looks up the facts, verifies one-time passwords, and records the
//! decisions for the log.

use std::{collections::BTreeMap, time::Duration};

use axum::{body::Bytes, response::Response};
use tollgate::{
    AccountAction, Allow, Decision, PackageAction, PackageName, Reason, Timestamp, Token, User, UserName,
    decision::{AccessRequest, Caller, ResourceFacts},
    facts::{FoundOrganization, FoundPackage, VerifiedFactor},
    npm::{Answer, Body, CombinedDecision, HigherDecision, RequiredAccess},
    value::OrganizationName,
};

use crate::{
    base::{
        failure::{Failure, fact, other},
        moment::Moment,
    },
    credentials::{
        one_time_password::{self, ShownCode},
        password::VerifiedPassword,
    },
    exchange::{
        caller::FoundCaller, context::RequestContext, json, log_line::LogLine, prepared::Prepared, services::Services,
    },
    reply::refusal,
    store::{
        accounts::{self, Account},
        database::Tx,
        facts,
        guesses::{self, Guess},
    },
};

/// **One request in one transaction.** Nothing is kept for the next request, which looks everything up again.
pub(crate) struct Exchange<'r> {
    pub(crate) services: &'r Services,
    pub(crate) context: &'r RequestContext,
    pub(crate) body: &'r Bytes,
    pub(crate) prepared: &'r Prepared,
    pub(crate) log_line: &'r mut LogLine,
    pub(crate) tx: Tx,
    pub(crate) caller: FoundCaller,
    facts: FoundFacts,
    /// The text of the header `npm-notice`, which says why the token was ignored. `None` if the token was not ignored.
    pub(crate) notice: Option<&'static str>,
}

/// The parts of a request that stay the same when its transaction is retried.
#[derive(Clone, Copy)]
pub(crate) struct Received<'r> {
    pub(crate) services: &'r Services,
    pub(crate) context: &'r RequestContext,
    pub(crate) body: &'r Bytes,
    pub(crate) prepared: &'r Prepared,
}

/// The facts that were looked up in this transaction. Decisions use them only before anything is written.
#[derive(Default)]
struct FoundFacts {
    packages: BTreeMap<String, FoundPackage>,
    organizations: BTreeMap<String, FoundOrganization>,
}

/// **The result of the decisions about a request.**
pub(crate) enum Decided<T> {
    /// Every access request is allowed. If the handler needs details of the allows, this value has them.
    Allowed(T),
    /// At least one access request is denied or challenged, and this is the response.
    Refused(Response),
}

/// Evaluates to the value of [`Decided::Allowed`], or returns the response of [`Decided::Refused`] from the function.
macro_rules! allowed {
    ($decided:expr) => {
        match $decided {
            $crate::exchange::decisions::Decided::Allowed(allowed) => allowed,
            $crate::exchange::decisions::Decided::Refused(response) => return Ok(response),
        }
    };
}
pub(crate) use allowed;

impl<'r> Exchange<'r> {
    /// Begins the work on a request, and looks up the caller.
    pub(crate) async fn begin(received: Received<'r>, log_line: &'r mut LogLine, mut tx: Tx) -> Result<Self, Failure> {
        let Received { services, context, body, prepared } = received;
        let caller = FoundCaller::look_up(&mut tx, &context.credentials).await?;
        log_line.set_caller(&caller);
        let facts = FoundFacts::default();
        Ok(Self { services, context, body, prepared, log_line, tx, caller, facts, notice: None })
    }

    /// The policy of the server and the time of the request.
    pub(crate) fn moment(&self) -> Moment {
        Moment { policy: self.services.policy, now: self.context.now }
    }

    /// Parses the body of the request as a [`Body`], which `tollgate` can read.
    pub(crate) fn body(&self) -> Result<Body, Failure> {
        json::parse(self.body)
    }

    /// The token and its owner.
    ///
    /// # Errors
    /// The request has no known token. Handlers call this only after a decision allowed an action that needs a token,
    /// so the error is a bug in the handler.
    pub(crate) fn token(&self) -> Result<(&Token, &User), Failure> {
        match &self.caller {
            FoundCaller::Token { token, owner } => Ok((token, owner)),
            FoundCaller::NoToken | FoundCaller::UnknownToken => {
                Err(other("something was allowed that takes a token, without one"))
            }
        }
    }

    /// The account of the token's owner, as it is in this transaction.
    pub(crate) async fn own_account(&mut self) -> Result<(UserName, Account), Failure> {
        let name = self.token()?.1.name().clone();
        let account = accounts::account(&mut self.tx, name.as_borrowed()).await?;
        Ok((name, account.ok_or_else(|| other("a token of nobody"))?))
    }

    /// Whether the request's password was verified, and is still the current password of the token's owner.
    pub(crate) async fn is_own_password(&mut self, password: Option<&VerifiedPassword>) -> Result<bool, Failure> {
        let (name, account) = self.own_account().await?;
        Ok(password.is_some_and(|password| password.is_of(&name, &account)))
    }

    /// Whether a token of the caller's account is revoked, by itself or by the cut-off of the account
    /// ([T1](tollgate::docs::rules#t1)). Every decision checks this first, so a decision about any action, here
    /// `whoami`, answers the question.
    pub(crate) fn is_revoked(&self, token: &Token) -> bool {
        let Ok((_, owner)) = self.token() else { return false };
        let Ok(bound) = self.services.policy.bind(token, owner) else { return false };
        let whoami = AccountAction::Whoami.on(tollgate::facts::Account { user: owner.name().as_borrowed() });
        match bound.at(self.context.client_ip, self.context.now).decide(whoami) {
            Decision::Deny(deny) => deny.reason() == Reason::TokenRevoked,
            Decision::Allow(_) | Decision::Challenge(_) => false,
        }
    }

    /// Decides what the path alone requires, before the body is read. Returns the response to a denial, or `None` if
    /// the body may be read.
    pub(crate) async fn decide_path(&mut self, required: &RequiredAccess) -> Result<Option<Response>, Failure> {
        let access_requests = match required {
            RequiredAccess::Nothing => return Ok(None),
            RequiredAccess::This(access_request) => std::slice::from_ref(access_request),
            RequiredAccess::OneOf(access_requests) => access_requests,
        };
        self.look_up(access_requests).await?;
        let caller = self.caller.as_caller(self.services.policy)?;
        let refused = required.refused_by(|access_request| self.facts.decide(access_request, &caller, self.context))?;
        Ok(refused.map(|deny| {
            self.log_line.set_decisions([Decision::Deny(deny)]);
            refusal::denied(&deny)
        }))
    }

    /// Whether the access request is allowed as it stands, without a one-time password. A listing asks this about each
    /// thing that it may show, so the decision is not logged.
    pub(crate) async fn may(&mut self, access_request: &AccessRequest) -> Result<bool, Failure> {
        self.look_up(std::slice::from_ref(access_request)).await?;
        let caller = self.caller.as_caller(self.services.policy)?;
        Ok(self.facts.decide(access_request, &caller, self.context)?.is_allow())
    }

    /// Decides all the access requests. If they are challenged, verifies the one-time password and decides again.
    pub(crate) async fn decide(&mut self, access_requests: &[AccessRequest]) -> Result<Decided<()>, Failure> {
        self.decide_and(access_requests, |_| ()).await
    }

    /// Decides two access requests of which one is enough: the higher decision counts. If it is a challenge, verifies the
    /// one-time password and decides again.
    pub(crate) async fn decide_either(
        &mut self,
        first: &AccessRequest,
        second: Option<&AccessRequest>,
    ) -> Result<Decided<()>, Failure> {
        let both: Vec<AccessRequest> = [Some(first), second].into_iter().flatten().cloned().collect();
        self.look_up(&both).await?;
        let caller = self.caller.as_caller(self.services.policy)?;
        let higher = self.facts.decide_either(first, second, &caller, (self.context, None))?;
        let verified_at = match higher.decision() {
            Decision::Challenge(_) => self.verify_one_time_password(&both).await?,
            Decision::Allow(_) | Decision::Deny(_) => None,
        };
        let caller = self.caller.as_caller(self.services.policy)?;
        let factor = self.caller.factor(verified_at);
        let factor = factor.as_ref().map(|factor| (factor, Duration::ZERO));
        let decision = self.facts.decide_either(first, second, &caller, (self.context, factor))?.decision();
        self.log_line.set_decisions([decision]);
        Ok(match decision {
            Decision::Allow(_) => Decided::Allowed(()),
            Decision::Challenge(challenge) => Decided::Refused(refusal::challenged(&challenge)),
            Decision::Deny(deny) => Decided::Refused(refusal::denied(&deny)),
        })
    }

    /// Decides all the access requests as [`decide`](Self::decide) does. If all are allowed, returns the value that
    /// `then` makes from the allows.
    pub(crate) async fn decide_and<T>(
        &mut self,
        access_requests: &[AccessRequest],
        then: impl FnOnce(&[Allow<'_>]) -> T + Send,
    ) -> Result<Decided<T>, Failure> {
        self.look_up(access_requests).await?;
        let verified_at = if self.is_challenged(access_requests)? {
            self.verify_one_time_password(access_requests).await?
        } else {
            None
        };
        let caller = self.caller.as_caller(self.services.policy)?;
        let factor = self.caller.factor(verified_at);
        // The factor was verified for this request, so its age is zero.
        let factor = factor.as_ref().map(|factor| (factor, Duration::ZERO));
        let combined = self.facts.decide_all(access_requests, &caller, self.context, factor)?;
        if let CombinedDecision::Deny(deny) = &combined
            && let Some(notice) = Answer::notice_for_ignored(deny)
            && access_requests.iter().all(reads_package)
        {
            // The token allows nothing. A second decision, without the token, shows whether the request needs a token.
            if let CombinedDecision::Allow(allows) =
                self.facts.decide_all(access_requests, &Caller::NoToken, self.context, None)?
            {
                self.notice = Some(notice);
                self.log_line.set_token_ignored();
                self.log_line.set_decisions(allows.iter().map(|allow| Decision::Allow(*allow)));
                return Ok(Decided::Allowed(then(&allows)));
            }
        }
        Ok(match combined {
            CombinedDecision::Allow(allows) => {
                self.log_line.set_decisions(allows.iter().map(|allow| Decision::Allow(*allow)));
                Decided::Allowed(then(&allows))
            }
            CombinedDecision::Challenge(challenge) => {
                self.log_line.set_decisions([Decision::Challenge(challenge)]);
                Decided::Refused(refusal::challenged(&challenge))
            }
            CombinedDecision::Deny(deny) => {
                self.log_line.set_decisions([Decision::Deny(deny)]);
                Decided::Refused(refusal::denied(&deny))
            }
        })
    }

    /// Looks up the facts about everything that the access requests name.
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

    /// The facts about a package. They are looked up once in a transaction.
    pub(crate) async fn package(&mut self, name: PackageName<&str>) -> Result<FoundPackage, Failure> {
        if let Some(found) = self.facts.packages.get(name.as_str()) {
            return Ok(found.clone());
        }
        let found = facts::package(&mut self.tx, name).await?;
        self.facts.packages.insert(name.as_str().to_owned(), found.clone());
        Ok(found)
    }

    async fn organization(&mut self, name: OrganizationName<&str>) -> Result<(), Failure> {
        if !self.facts.organizations.contains_key(name.as_str()) {
            let found = facts::organization(&mut self.tx, name).await?;
            self.facts.organizations.insert(name.as_str().to_owned(), found);
        }
        Ok(())
    }

    fn is_challenged(&self, access_requests: &[AccessRequest]) -> Result<bool, Failure> {
        let caller = self.caller.as_caller(self.services.policy)?;
        Ok(matches!(
            self.facts.decide_all(access_requests, &caller, self.context, None)?,
            CombinedDecision::Challenge(_)
        ))
    }

    /// Verifies the one-time password of the request. Returns the time of the verification, or `None` if the password
    /// is missing or wrong. A wrong password counts towards the limit of guesses.
    ///
    /// A recovery code may put the account on hold, and the decision that follows depends on that. A request that
    /// changes the second factor is decided without the new hold: otherwise an account whose device is lost could never
    /// remove the second factor.
    async fn verify_one_time_password(&mut self, requests: &[AccessRequest]) -> Result<Option<Timestamp>, Failure> {
        let (Some(code), FoundCaller::Token { token, owner }) = (&self.context.one_time_password, &self.caller) else {
            return Ok(None);
        };
        let (at, name) = (self.moment(), owner.name().as_borrowed());
        let (tx, now) = (&mut self.tx, at.now);
        guesses::may_guess(tx, name, Guess::OneTimePassword, now).await?;
        let secret = accounts::account(tx, name).await?.and_then(|account| account.totp_secret);
        let Some(secret) = secret else { return Ok(None) };
        let code = ShownCode { user: name, secret: &secret, code, used_by: token.id().as_str() };
        if one_time_password::verify(tx, code, at).await? {
            let found = facts::user(tx, name).await?;
            if let (Some(found), FoundCaller::Token { owner, .. }) = (found, &mut self.caller)
                && !requests.iter().all(configures_two_factor)
            {
                *owner = found;
            }
            return Ok(Some(now));
        }
        guesses::wrong(tx, name, Guess::OneTimePassword, now).await?;
        Ok(None)
    }
}

impl FoundFacts {
    fn decide<'a>(
        &'a self,
        access_request: &'a AccessRequest,
        caller: &'a Caller<'a>,
        context: &RequestContext,
    ) -> Result<Decision<'a>, Failure> {
        let package = access_request.package().and_then(|name| self.packages.get(name.as_str()));
        let organization = access_request.organization().and_then(|name| self.organizations.get(name.as_str()));
        let facts = ResourceFacts {
            package: package.map(FoundPackage::as_state),
            organization: organization.map(FoundOrganization::as_state),
        };
        fact(access_request.decide(caller, &facts, context.client_ip, context.now))
    }

    fn decide_either<'a>(
        &'a self,
        first: &'a AccessRequest,
        second: Option<&'a AccessRequest>,
        caller: &'a Caller<'a>,
        (context, factor): (&RequestContext, Option<(&VerifiedFactor<'_>, Duration)>),
    ) -> Result<HigherDecision<'a>, Failure> {
        let first = self.decide(first, caller, context)?;
        let second = second.map(|second| self.decide(second, caller, context)).transpose()?;
        Ok(HigherDecision::from_decisions(first, second, factor))
    }

    fn decide_all<'a>(
        &'a self,
        access_requests: &'a [AccessRequest],
        caller: &'a Caller<'a>,
        context: &RequestContext,
        factor: Option<(&VerifiedFactor<'_>, Duration)>,
    ) -> Result<CombinedDecision<'a>, Failure> {
        let decisions: Vec<Decision<'a>> = access_requests
            .iter()
            .map(|access_request| self.decide(access_request, caller, context))
            .collect::<Result<_, _>>()?;
        CombinedDecision::from_decisions(decisions, factor).ok_or_else(|| other("nothing was asked"))
    }
}

const fn configures_two_factor(access_request: &AccessRequest) -> bool {
    matches!(access_request, AccessRequest::Account { action: AccountAction::ConfigureTwoFactor, .. })
}

/// Whether the access request reads a package. npm's client sends its token with every read, even if the token has
/// expired, although a public package needs none.
const fn reads_package(access_request: &AccessRequest) -> bool {
    matches!(access_request, AccessRequest::Package { action: PackageAction::ReadPackage, .. })
}
