//! The decisions about one HTTP request: before its body is read, and with the body.

use alloc::{boxed::Box, vec::Vec};

use super::{Answer, CombinedDecision, HigherDecision, RequiredAccess};
use crate::{
    decision::{AccessRequest, Allow, Caller, Challenge, Decision, Deny, EarlyAnswer, FoundFacts, ResourceFactsError},
    facts::{MaxFactorAge, VerifiedFactor},
    operation::{Action, PackageAction},
    policy::Policy,
    token::TokenView,
    value::{ClientIp, Timestamp},
};

/// The input of the decisions about one HTTP request: its sender, the client's address, the time, and the facts that were
/// found.
///
/// 1. [`before_body`](Self::before_body) decides what the method and the path require.
/// 2. If the body decides, [`decide_all`](Self::decide_all) or [`decide_either`](Self::decide_either) decides what it asks
///    for. The reader of a [`PUT` to a package](super::PackumentChanges) returns the changes only for the allows.
///
/// Each returns an enum with one variant for "carry the request out". A request whose [challenge](Challenged) can be
/// answered is decided again with the [`factor`](Self::factor). Before its lock, a server can decide a publish for both
/// cases, the name is taken or free: with the facts as found, and [with the package
/// missing](FoundFacts::with_package_missing).
///
/// # Examples
///
/// ```
/// use tollgate::{
///     ClientIp, Timestamp,
///     decision::{Caller, FoundFacts},
///     facts::{FoundPackage, LookupError},
///     npm::{BeforeBody, Decider, Endpoint},
/// };
///
/// // A `PUT` to a package may publish, deprecate or more, and the body tells which.
/// let required = Endpoint::classify("PUT", "/left-pad")?.required_access();
/// let mut facts = FoundFacts::new();
/// for name in facts.packages_to_find(required.access_requests()) {
///     facts.add_package(FoundPackage::from_lookup(name.as_borrowed(), Ok::<_, LookupError>(None))?);
/// }
///
/// // Without a token, none of these is allowed, so the request is refused before its body is read.
/// let decider = Decider {
///     caller: &Caller::NoToken,
///     facts: &facts,
///     client_ip: ClientIp::UNKNOWN,
///     now: Timestamp::UNIX_EPOCH,
///     factor: None,
/// };
/// match decider.before_body(&required)? {
///     BeforeBody::Refused(refused) => assert_eq!(refused.answer().status(), 401),
///     BeforeBody::Challenged(_) | BeforeBody::BodyDecides | BeforeBody::Go(_) => unreachable!("there is no token"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Decider<'a> {
    /// Who sends the request.
    pub caller: &'a Caller<'a>,
    /// What was found about the packages and organizations that the request names.
    pub facts: &'a FoundFacts,
    /// The address of the client.
    pub client_ip: ClientIp,
    /// The time of the request.
    pub now: Timestamp,
    /// The second factor that the owner of the token has shown, and how old it may be. `None` if none was shown or
    /// verified.
    pub factor: Option<(VerifiedFactor<'a>, MaxFactorAge)>,
}

/// What to do with a request before its body is read.
#[must_use = "an ignored decision protects nothing"]
#[derive(Clone, Debug)]
pub enum BeforeBody<'a> {
    /// Send the answer, and do not read the body.
    Refused(Refused<'a>),
    /// The request needs a second factor, whatever its body says.
    Challenged(Challenged<'a>),
    /// Nothing is allowed yet. Read the body, or what is on record under an id in the path, and decide what it asks for.
    BodyDecides,
    /// Every access request of the path is allowed, or there is none because the request needs no token. If the endpoint has a [reader](super#from-a-request-to-a-response) of
    /// its body, that can still refuse the body. A list in the response may still have to be filtered.
    Go(AllowedRequest<'a>),
}

/// What to do with a request whose body was read.
#[must_use = "an ignored decision protects nothing"]
#[derive(Clone, Debug)]
pub enum WithBody<'a> {
    /// Send the answer.
    Refused(Refused<'a>),
    /// The request needs a second factor.
    Challenged(Challenged<'a>),
    /// Carry out what is allowed, and nothing else.
    Go(AllowedRequest<'a>),
}

/// A request that is refused, with the answer to send.
#[derive(Clone, Debug)]
pub struct Refused<'a> {
    answer: Answer,
    deny: Deny<'a>,
}

impl<'a> Refused<'a> {
    fn from_deny(deny: Deny<'a>) -> Self {
        Self { answer: Answer::from(deny), deny }
    }

    /// Returns the answer to send.
    #[must_use]
    pub const fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Returns the denial, for a log.
    #[must_use]
    pub const fn deny(&self) -> &Deny<'a> {
        &self.deny
    }
}

/// Creates the [answer](Refused::answer) to send.
impl From<Refused<'_>> for Answer {
    fn from(refused: Refused<'_>) -> Self {
        refused.answer
    }
}

/// A request that needs a second factor, with the answer that asks for it.
///
/// If the request carries a one-time password, verify it. If it is right, decide the request again with the
/// [`factor`](Decider::factor), after looking the owner up again. Otherwise send the answer.
#[derive(Clone, Debug)]
pub struct Challenged<'a> {
    answer: Answer,
    challenge: Challenge<'a>,
}

impl<'a> Challenged<'a> {
    fn new(challenge: Challenge<'a>) -> Self {
        Self { answer: Answer::from(challenge), challenge }
    }

    /// Returns the answer that asks for a one-time password.
    #[must_use]
    pub const fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Returns the challenge, for a log, or for an answer with a page in the
    /// [browser](Answer::from_challenge_in_browser).
    #[must_use]
    pub const fn challenge(&self) -> &Challenge<'a> {
        &self.challenge
    }
}

/// Creates the [answer](Challenged::answer) that asks for a one-time password.
impl From<Challenged<'_>> for Answer {
    fn from(challenged: Challenged<'_>) -> Self {
        challenged.answer
    }
}

/// A request that is allowed: an allow of each of its access requests.
#[derive(Clone, Debug)]
pub struct AllowedRequest<'a> {
    allows: Box<[Allow<'a>]>,
    ignored: Option<Deny<'a>>,
}

impl<'a> AllowedRequest<'a> {
    /// Returns the allows, one for each access request. The list is empty if the request needs no token.
    #[must_use]
    pub const fn allows(&self) -> &[Allow<'a>] {
        &self.allows
    }

    /// Returns the denial of the request with its token, if the request was decided again without the token. `None` if
    /// the token was not ignored. Put it into the log: it is the trace of a guessed token.
    ///
    /// A read of public packages with a token that is not good is decided as [`authorize_anonymous`] decides it, because
    /// npm's client sends its token with each request ([T](crate::docs::rules#t)). Every other request with such a token
    /// is denied.
    ///
    /// [`authorize_anonymous`]: crate::authorize_anonymous
    #[must_use]
    pub const fn ignored(&self) -> Option<&Deny<'a>> {
        self.ignored.as_ref()
    }

    /// Returns the text to send in the header `npm-notice`, which tells the client why its token was
    /// [ignored](Self::ignored).
    #[must_use]
    pub fn notice(&self) -> Option<&'static str> {
        self.ignored().and_then(Answer::notice_for_ignored)
    }
}

impl<'a> Decider<'a> {
    /// Decides what the method and the path of the request require.
    ///
    /// If the whole request is denied, the answer is the denial of the first access request. It does not depend on the
    /// body or on a stored document, so the client does not even learn whether the body was well-formed.
    ///
    /// # Errors
    ///
    /// Returns an error if the facts lack a name of the request, or if no new team may have the name of the team.
    pub fn before_body<'r>(&self, required: &'r RequiredAccess) -> Result<BeforeBody<'r>, ResourceFactsError>
    where
        'a: 'r,
    {
        match required {
            RequiredAccess::Nothing => Ok(BeforeBody::Go(AllowedRequest { allows: [].into(), ignored: None })),
            RequiredAccess::This(access_request) => {
                Ok(match self.decide_all(core::slice::from_ref(access_request))? {
                    WithBody::Refused(refused) => BeforeBody::Refused(refused),
                    WithBody::Challenged(challenged) => BeforeBody::Challenged(challenged),
                    WithBody::Go(allowed) => BeforeBody::Go(allowed),
                })
            }
            RequiredAccess::OneOf(access_requests) => {
                let mut first = None;
                for access_request in access_requests {
                    match self.decide(access_request)? {
                        Decision::Deny(deny) => first = first.or(Some(deny)),
                        Decision::Allow(_) | Decision::Challenge(_) => return Ok(BeforeBody::BodyDecides),
                    }
                }
                Ok(first.map_or(BeforeBody::BodyDecides, |deny| BeforeBody::Refused(Refused::from_deny(deny))))
            }
        }
    }

    /// Decides access requests that must all be allowed.
    ///
    /// # Errors
    ///
    /// Returns an error if the facts lack a name of an access request, if no new team may have the name of the team, or
    /// if the list is empty.
    pub fn decide_all<'r>(&self, access_requests: &'r [AccessRequest]) -> Result<WithBody<'r>, ResourceFactsError>
    where
        'a: 'r,
    {
        let decisions = self.decisions(access_requests)?;
        match CombinedDecision::from_decisions(decisions, self.shown_factor())
            .ok_or(ResourceFactsError::NothingAsked)?
        {
            CombinedDecision::Allow(allows) => Ok(WithBody::Go(AllowedRequest { allows, ignored: None })),
            CombinedDecision::Challenge(challenge) => Ok(WithBody::Challenged(Challenged::new(challenge))),
            CombinedDecision::Deny(deny) => Ok(match self.read_without_token(&deny, access_requests)? {
                Some(allowed) => WithBody::Go(allowed),
                None => WithBody::Refused(Refused::from_deny(deny)),
            }),
        }
    }

    /// Decides two access requests of which one is enough: the [higher](HigherDecision) decision counts.
    ///
    /// # Errors
    ///
    /// Returns an error if the facts lack a name of an access request.
    pub fn decide_either<'r>(
        &self,
        first: &'r AccessRequest,
        second: Option<&'r AccessRequest>,
    ) -> Result<WithBody<'r>, ResourceFactsError>
    where
        'a: 'r,
    {
        let second = second.map(|second| self.decide(second)).transpose()?;
        Ok(match HigherDecision::from_decisions(self.decide(first)?, second, self.shown_factor()).decision() {
            Decision::Allow(allow) => WithBody::Go(AllowedRequest { allows: [allow].into(), ignored: None }),
            Decision::Challenge(challenge) => WithBody::Challenged(Challenged::new(challenge)),
            Decision::Deny(deny) => WithBody::Refused(Refused::from_deny(deny)),
        })
    }

    /// Decides one access request as it stands, without the second factor. This is for listings: put only what is
    /// [allowed](Decision::is_allow) into the response.
    ///
    /// # Errors
    ///
    /// Returns an error if the facts lack a name of the access request, or if no new team may have the name of the team.
    pub fn decide<'r>(&self, access_request: &'r AccessRequest) -> Result<Decision<'r>, ResourceFactsError>
    where
        'a: 'r,
    {
        access_request.decide(self.caller, &self.facts.about(access_request), self.client_ip, self.now)
    }

    fn shown_factor(&self) -> Option<(&VerifiedFactor<'a>, MaxFactorAge)> {
        self.factor.as_ref().map(|(factor, max_age)| (factor, *max_age))
    }

    fn decisions<'r>(&self, access_requests: &'r [AccessRequest]) -> Result<Vec<Decision<'r>>, ResourceFactsError>
    where
        'a: 'r,
    {
        access_requests.iter().map(|access_request| self.decide(access_request)).collect()
    }

    /// Decides a read of packages again without the token, if the token is not good. npm's client sends its token with
    /// each request, also for packages that everyone may read.
    fn read_without_token<'r>(
        &self,
        deny: &Deny<'r>,
        access_requests: &'r [AccessRequest],
    ) -> Result<Option<AllowedRequest<'r>>, ResourceFactsError>
    where
        'a: 'r,
    {
        if Answer::notice_for_ignored(deny).is_none() || !access_requests.iter().all(reads_package) {
            return Ok(None);
        }
        let anonymous = Self { caller: &Caller::NoToken, ..*self };
        Ok(match CombinedDecision::from_decisions(anonymous.decisions(access_requests)?, None) {
            Some(CombinedDecision::Allow(allows)) => Some(AllowedRequest { allows, ignored: Some(*deny) }),
            Some(CombinedDecision::Challenge(_) | CombinedDecision::Deny(_)) | None => None,
        })
    }
}

const fn reads_package(access_request: &AccessRequest) -> bool {
    matches!(access_request, AccessRequest::Package { action: PackageAction::ReadPackage, .. })
}

impl RequiredAccess {
    /// Refuses the request for what its token alone shows, before the owner and the resource are looked up, as
    /// [`Policy::refuse_early`] does. `None` allows nothing: the request must still be decided.
    ///
    /// A read of packages is never refused here, because everyone may read a public package, and npm's client sends its
    /// token with each request.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{ClientIp, Policy, StoredToken, npm::Endpoint};
    ///
    /// let stored: StoredToken = serde_json::from_str(
    ///     r#"{
    ///         "version": 1,
    ///         "key": "t-1",
    ///         "owner": "alice",
    ///         "created": "2025-10-30T12:00:00Z",
    ///         "revoked": null,
    ///         "cidr": null,
    ///         "legacy": "read-only"
    ///     }"#,
    /// )?;
    /// let (token, now) = (stored.load()?, "2025-11-01T00:00:00Z".parse()?);
    /// let token = token.as_view();
    ///
    /// let publish = Endpoint::classify("PUT", "/left-pad")?.required_access();
    /// let refused = publish.refuse_early(&Policy::NPM_2025_10, &token, ClientIp::UNKNOWN, now).ok_or("not refused")?;
    /// assert_eq!(refused.answer().error(), "a legacy read-only access token may not publish");
    ///
    /// let read = Endpoint::classify("GET", "/left-pad")?.required_access();
    /// assert!(read.refuse_early(&Policy::NPM_2025_10, &token, ClientIp::UNKNOWN, now).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn refuse_early<'a>(
        &self,
        policy: &Policy,
        token: &'a TokenView<'a>,
        client_ip: ClientIp,
        now: Timestamp,
    ) -> Option<Refused<'a>> {
        let access_requests = self.access_requests();
        if access_requests.iter().all(reads_package) {
            return None;
        }
        // A publish is one of two actions: it creates the package, or adds a version to it.
        let is_required = |action: &&Action| {
            access_requests.iter().any(|access_request| action.requested_as() == access_request.action())
        };
        let mut first = None;
        for action in Action::ALL.iter().filter(is_required) {
            match policy.refuse_early(token, *action, client_ip, now) {
                EarlyAnswer::Deny(deny) => first = first.or(Some(deny)),
                EarlyAnswer::NotDecided => return None,
            }
        }
        first.map(Refused::from_deny)
    }
}
