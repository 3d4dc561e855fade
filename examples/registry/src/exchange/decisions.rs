//! One request in one transaction: its caller, the facts about the resources that it names, and the decisions.
//!
//! `tollgate` makes every decision here. This module looks up the facts, and records the decisions for the log.

use std::borrow::Cow;

use axum::{body::Bytes, response::Response};
use tollgate::{
    AccountAction, Allow, Decision, Organization, PackageName, Reason, Token, User, UserName,
    decision::{AccessRequest, Caller, FoundFacts},
    facts::{FoundOrganization, FoundPackage, MaxFactorAge},
    npm::{Answer, BeforeBody, Body, Decider, RequiredAccess, WithBody},
    value::OrganizationName,
};

use crate::{
    base::{
        failure::{Failure, fact, other},
        moment::Moment,
    },
    credentials::password::VerifiedPassword,
    exchange::{
        caller::{FoundCaller, HoldBefore},
        code_check::CodeCheck,
        comparison::Comparison,
        context::RequestContext,
        json,
        kept::StampedPackage,
        log_line::LogLine,
        plain_words::{self, Denied},
        prepared::Prepared,
        services::Services,
    },
    reply::refusal,
    store::{
        accounts::{self, Account},
        database::Tx,
        facts,
        lookup::{self, PackageLookup},
        tokens::{self, KeptToken},
        turns::Writer,
    },
};

/// **One request in one transaction.** No fact and no decision is kept for the next request, which looks everything up
/// again.
pub(crate) struct Exchange<'r> {
    pub(crate) services: &'r Services,
    pub(crate) context: &'r RequestContext,
    pub(crate) body: &'r Bytes,
    pub(crate) prepared: &'r Prepared<'r>,
    pub(crate) log_line: &'r mut LogLine,
    pub(crate) tx: Tx,
    pub(crate) caller: FoundCaller,
    /// The package in the path as it was when the transaction began, if it exists.
    pub(crate) stamped: Option<StampedPackage>,
    /// The facts that were looked up in this transaction. Decisions use them only before anything is written.
    facts: FoundFacts,
    /// What is known about the code that the request shows.
    code: CodeCheck,
    /// Whether a decision asked for the code that the request shows, and the code is not checked yet. The response is
    /// then not sent. The code is checked, and the request is answered again.
    pub(crate) needs_code: bool,
    comparison: Option<Comparison<'r>>,
    /// The text of the header `npm-notice`, which npm's client prints: why the token was ignored, or what a change means.
    pub(crate) notice: Option<Cow<'static, str>>,
}

/// The parts of a request that stay the same when its transaction is retried.
#[derive(Clone, Copy)]
pub(crate) struct Received<'r> {
    pub(crate) services: &'r Services,
    pub(crate) context: &'r RequestContext,
    /// The package that the path names.
    pub(crate) package: Option<PackageName<&'r str>>,
    pub(crate) body: &'r Bytes,
    pub(crate) prepared: &'r Prepared<'r>,
    pub(crate) code: CodeCheck,
    pub(crate) comparison: Option<Comparison<'r>>,
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
        let Received { services, context, package, body, prepared, code, comparison } = received;
        let (caller, found) = FoundCaller::look_up_with_package(&mut tx, &context.credentials, package).await?;
        log_line.set_caller(&caller);
        let mut facts = FoundFacts::default();
        let stamped = found.and_then(|PackageLookup { package, document_stamp }| {
            let name = package.name().clone();
            facts.add_package(package);
            document_stamp.map(|stamp| StampedPackage { package: name, stamp })
        });
        let (needs_code, notice) = (false, None);
        Ok(Self {
            services,
            context,
            body,
            prepared,
            log_line,
            tx,
            caller,
            stamped,
            facts,
            code,
            needs_code,
            comparison,
            notice,
        })
    }

    /// The policy of the server and the time of the request.
    pub(crate) fn moment(&self) -> Moment {
        Moment { policy: self.services.policy, now: self.context.now }
    }

    /// Parses the body of the request as a [`Body`], which `tollgate` can read.
    pub(crate) fn body(&self) -> Result<Body<'r>, Failure> {
        json::parse(self.body)
    }

    /// The changes that the document in the body makes, which were found before the transaction.
    ///
    /// # Errors
    /// The endpoint takes no such document. This is a bug in the handler.
    pub(crate) fn comparison(&self) -> Result<Comparison<'r>, Failure> {
        self.comparison.ok_or_else(|| other("a document of a package that was not compared"))
    }

    /// The writer whose turn the request takes, if the request writes.
    pub(crate) fn writer(&self) -> Writer {
        match &self.caller {
            FoundCaller::Token { owner, .. } => Writer::of_account(owner.name().as_borrowed()),
            FoundCaller::NoToken | FoundCaller::UnknownToken => Writer::of_address(self.context.client_ip),
        }
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
                Err(other("an action that needs a token was allowed without one"))
            }
        }
    }

    /// The name of the token's owner.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub(crate) fn owner_name(&self) -> Result<UserName, Failure> {
        Ok(self.token()?.1.name().clone())
    }

    /// The tokens of the token's owner that are not revoked. Sessions are among them.
    pub(crate) async fn own_tokens(&mut self) -> Result<Vec<KeptToken>, Failure> {
        let owner = self.owner_name()?;
        let mut stored = tokens::of_user(&mut self.tx, owner.as_borrowed()).await?;
        stored.retain(|listed| !self.is_revoked(&listed.token));
        Ok(stored)
    }

    /// The account of the token's owner, as it is in this transaction.
    pub(crate) async fn own_account(&mut self) -> Result<(UserName, Account), Failure> {
        let name = self.owner_name()?;
        let account = accounts::account(&mut self.tx, name.as_borrowed()).await?;
        Ok((name, account.ok_or_else(|| other("a token without an account"))?))
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
    /// the body may be read. A challenge is answered later, in the transaction that carries the request out.
    pub(crate) async fn decide_path(&mut self, required: &RequiredAccess) -> Result<Option<Response>, Failure> {
        self.look_up(required.access_requests().iter()).await?;
        let caller = self.caller.as_caller(self.services.policy)?;
        let answer = match fact(decider(&self.facts, self.context, &caller).before_body(required))? {
            BeforeBody::Refused(refused) => {
                self.log_line.set_decisions([Decision::Deny(*refused.deny())]);
                Answer::from(refused)
            }
            BeforeBody::Challenged(_) | BeforeBody::BodyDecides | BeforeBody::Go(_) => return Ok(None),
        };
        let published = required.access_requests().iter().find_map(plain_words::published);
        self.refused(&answer, published).await.map(Some)
    }

    /// Notes the use of the token, for a request that was allowed.
    pub(crate) fn note_use(&self) {
        if let FoundCaller::Token { token, .. } = &self.caller {
            self.services.token_uses.note(token.id(), self.context.now);
        }
    }

    /// Whether the access request is allowed as it stands, without a one-time password. A listing asks this about each
    /// thing that it may show, so the decision is not logged.
    pub(crate) async fn may(&mut self, access_request: &AccessRequest) -> Result<bool, Failure> {
        self.look_up(std::iter::once(access_request)).await?;
        let caller = self.caller.as_caller(self.services.policy)?;
        Ok(fact(decider(&self.facts, self.context, &caller).decide(access_request))?.is_allow())
    }

    /// Decides all the access requests. If they are challenged, and the request shows a code that was not checked yet,
    /// [`needs_code`](Self::needs_code) is set.
    pub(crate) async fn decide(&mut self, access_requests: &[AccessRequest]) -> Result<Decided<()>, Failure> {
        self.decide_and(access_requests, |_| ()).await
    }

    /// Decides all the access requests as [`decide`](Self::decide) does. If all are allowed, returns the value that
    /// `then` makes from the allows.
    pub(crate) async fn decide_and<T>(
        &mut self,
        access_requests: &[AccessRequest],
        then: impl FnOnce(&[Allow<'_>]) -> T + Send,
    ) -> Result<Decided<T>, Failure> {
        self.decide_asked(Asked::All(access_requests), then).await
    }

    /// Decides two access requests of which one is enough, as [`decide`](Self::decide) does.
    pub(crate) async fn decide_either(
        &mut self,
        first: &AccessRequest,
        second: Option<&AccessRequest>,
    ) -> Result<Decided<()>, Failure> {
        self.decide_asked(Asked::Either(first, second), |_| ()).await
    }

    async fn decide_asked<T>(
        &mut self,
        asked: Asked<'_>,
        then: impl FnOnce(&[Allow<'_>]) -> T + Send,
    ) -> Result<Decided<T>, Failure> {
        self.look_up(asked.access_requests()).await?;
        let before = self.hold_before(asked).await?;
        let caller = self.caller.with_hold(before)?;
        let caller = caller.as_caller(self.services.policy)?;
        let is_right = matches!(self.code, CodeCheck::Right(_));
        // The code was verified for this request.
        let factor = self.caller.factor(is_right.then_some(self.context.now));
        let factor = factor.map(|factor| (factor, MaxFactorAge::THIS_REQUEST));
        let decider = Decider { factor, ..decider(&self.facts, self.context, &caller) };
        let answer = match asked.decide(&decider)? {
            WithBody::Go(allowed) => {
                let ignored = allowed.notice();
                self.notice = ignored.map(|notice| plain_words::ignored(&self.context.credentials, notice).into());
                if ignored.is_some() {
                    self.log_line.set_token_ignored();
                } else {
                    self.note_use();
                }
                self.log_line.set_decisions(allowed.allows().iter().map(|allow| Decision::Allow(*allow)));
                return Ok(Decided::Allowed(then(allowed.allows())));
            }
            WithBody::Challenged(challenged) => {
                self.needs_code |= self.code == CodeCheck::NotYet && self.context.one_time_password.is_some();
                self.log_line.set_decisions([Decision::Challenge(*challenged.challenge())]);
                return Ok(Decided::Refused(refusal::refused(challenged.answer())));
            }
            WithBody::Refused(refused) => {
                self.log_line.set_decisions([Decision::Deny(*refused.deny())]);
                Answer::from(refused)
            }
        };
        let published = asked.access_requests().find_map(plain_words::published);
        self.refused(&answer, published).await.map(Decided::Refused)
    }

    /// The response to a denial of a request, which would publish this package if it is a publish.
    async fn refused(&mut self, answer: &Answer, published: Option<&PackageName>) -> Result<Response, Failure> {
        let denied = Denied { status: answer.status(), published };
        let text = plain_words::text(&mut self.tx, &self.context.credentials, &self.caller, denied).await?;
        Ok(text.map_or_else(|| refusal::refused(answer), |text| refusal::refused_with(answer, &text)))
    }

    /// Handles the rest of the request as one without a token, because the token allows nothing.
    pub(crate) fn ignore_token(&mut self, notice: &'static str) {
        self.notice = Some(plain_words::ignored(&self.context.credentials, notice).into());
        self.log_line.set_token_ignored();
    }

    /// Looks up the facts about everything that the access requests name.
    async fn look_up(&mut self, access_requests: impl Iterator<Item = &AccessRequest> + Clone) -> Result<(), Failure> {
        for name in self.facts.packages_to_find(access_requests.clone()) {
            self.package(name.as_borrowed()).await?;
        }
        for name in self.facts.organizations_to_find(access_requests) {
            self.facts.add_organization(facts::organization(&mut self.tx, name.as_borrowed()).await?);
        }
        Ok(())
    }

    /// Adds an organization that is known to exist in this transaction.
    pub(crate) fn add_existing_organization(&mut self, name: OrganizationName) {
        self.facts.add_organization(FoundOrganization::Existing(Organization::new(name)));
    }

    /// The facts about a package. They are looked up once in a transaction.
    pub(crate) async fn package(&mut self, name: PackageName<&str>) -> Result<FoundPackage, Failure> {
        if let Some(found) = self.facts.package(name) {
            return Ok(found.clone());
        }
        let user = self.caller.user();
        let found = lookup::package(&mut self.tx, name, user).await?;
        self.facts.add_package(found.clone());
        Ok(found)
    }

    /// The hold with which the request is decided, or `None` if the present one counts. A recovery code may put the account
    /// on hold. A request that changes the second factor is decided without the hold of a recovery code: otherwise a person
    /// whose device is lost could never remove the second factor.
    async fn hold_before(&mut self, asked: Asked<'_>) -> Result<Option<HoldBefore>, Failure> {
        if !asked.access_requests().all(configures_two_factor) {
            return Ok(None);
        }
        if let CodeCheck::Right(before) = self.code {
            return Ok(Some(before));
        }
        let FoundCaller::Token { owner, .. } = &self.caller else { return Ok(None) };
        if owner.writes_held_until().is_none() {
            return Ok(None);
        }
        let account = accounts::account(&mut self.tx, owner.name().as_borrowed()).await?;
        Ok(account.map(|account| HoldBefore::of(owner, &account)))
    }
}

/// The decisions of a request, without a second factor.
fn decider<'a>(facts: &'a FoundFacts, context: &RequestContext, caller: &'a Caller<'a>) -> Decider<'a> {
    let RequestContext { client_ip, now, .. } = *context;
    Decider { caller, facts, client_ip, now, factor: None }
}

/// What a request asks for.
#[derive(Clone, Copy)]
enum Asked<'r> {
    /// All of these must be allowed.
    All(&'r [AccessRequest]),
    /// One of the two is enough.
    Either(&'r AccessRequest, Option<&'r AccessRequest>),
}

impl<'r> Asked<'r> {
    fn access_requests(self) -> impl Iterator<Item = &'r AccessRequest> + Clone {
        let (all, either) = match self {
            Self::All(all) => (all, [None, None]),
            Self::Either(first, second) => (&[][..], [Some(first), second]),
        };
        all.iter().chain(either.into_iter().flatten())
    }

    fn decide<'d>(self, decider: &Decider<'d>) -> Result<WithBody<'d>, Failure>
    where
        'r: 'd,
    {
        fact(match self {
            Self::All(all) => decider.decide_all(all),
            Self::Either(first, second) => decider.decide_either(first, second),
        })
    }
}

const fn configures_two_factor(access_request: &AccessRequest) -> bool {
    matches!(access_request, AccessRequest::Account { action: AccountAction::ConfigureTwoFactor, .. })
}
