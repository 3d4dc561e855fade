//! Issues tokens. `tollgate` checks the limits and the owner's permissions. This module looks up the facts and stores
//! the token.

use std::time::Duration;

use axum::http::StatusCode;
use tollgate::{
    Timestamp, Token, User,
    facts::FoundPackage,
    npm::{Answer, RequestedToken},
    policy::LegacyTokens,
    token::{
        GranularIssueFacts, GranularSettings, GranularToken, IssueError, IssueFacts, IssuedBy, LegacyKind, LegacyToken,
        MintedSecret, PackageSelection, PackagesGrant, SessionToken, TokenId,
    },
    value::AllowedRanges,
};

use crate::{
    base::{
        failure::{Failure, fact, other},
        moment::Moment,
        random,
    },
    store::{database::Tx, lookup, tokens},
};

/// The lifetime of a session where the policy has no limit. npm's sessions live for two hours.
const SESSION: Duration = Duration::from_hours(2);

/// A token that was issued, with its text. The text is not stored, so it can be shown only in the response that issues
/// the token.
#[derive(Debug)]
pub(crate) struct IssuedToken {
    pub(crate) token: Token,
    pub(crate) secret: MintedSecret,
}

/// A token to be issued.
#[derive(Clone, Debug)]
pub(crate) enum NewToken {
    /// What a login makes under the policy: a legacy publish token where legacy tokens are honoured, and otherwise a
    /// session token that lives as long as the policy allows.
    Login,
    /// The session of a browser, which every policy honours.
    Session,
    Legacy {
        kind: LegacyKind,
        ranges: AllowedRanges,
    },
    Granular(Box<GranularSettings>),
}

impl NewToken {
    /// The token that a client asks for.
    ///
    /// # Errors
    /// Status 404 for a kind that this server does not offer.
    pub(crate) fn from_request(requested: RequestedToken) -> Result<Self, Failure> {
        match requested {
            RequestedToken::Granular { settings } => Ok(Self::Granular(Box::new(settings))),
            RequestedToken::Legacy { kind, allowed_ranges } => Ok(Self::Legacy { kind, ranges: allowed_ranges }),
            _ => Err(Failure::not_offered()),
        }
    }
}

/// A token to issue, the token or owner that requests it, the policy, and the time.
#[derive(Debug)]
pub(crate) struct IssueRequest<'a> {
    pub(crate) token: NewToken,
    pub(crate) issued_by: IssuedBy<'a>,
    pub(crate) at: Moment,
}

/// Issues a token to `owner` and stores it.
///
/// The transaction must come from [`Store::writing`](crate::store::database::Store::writing). Otherwise another
/// transaction could issue a token after this one has counted the tokens of the owner.
pub(crate) async fn issue(tx: &mut Tx, owner: &User, request: IssueRequest<'_>) -> Result<IssuedToken, Failure> {
    let token = draft(tx, owner, request).await?.map_err(refused)?;
    let secret = random::token_secret()?;
    tokens::insert(tx, &token, secret.as_secret()).await?;
    Ok(IssuedToken { token, secret })
}

/// Makes the token that [`issue`] would store, with all checks, and does not store it.
pub(crate) async fn draft(
    tx: &mut Tx,
    owner: &User,
    request: IssueRequest<'_>,
) -> Result<Result<Token, IssueError>, Failure> {
    let IssueRequest { token: new, issued_by, at: Moment { policy, now } } = request;
    let id = random::token_id()?;
    let issue = IssueFacts { policy, owner: owner.as_view(), issued_by, now };
    Ok(match new {
        NewToken::Login => issue_login(id, &issue)?,
        NewToken::Session => issue_session(id, &issue)?,
        NewToken::Legacy { kind, ranges } => LegacyToken::issue(id, kind, ranges, &issue).map(Token::from),
        NewToken::Granular(settings) => {
            let selected = match &settings.packages {
                PackagesGrant::Granted { selection: PackageSelection::Only(only), .. } => only.packages(),
                PackagesGrant::Granted { .. } | PackagesGrant::NoAccess | _ => &[],
            };
            let mut found = Vec::new();
            for package in selected {
                found.push(lookup::package(tx, package.as_borrowed(), Some(owner.name().as_borrowed())).await?);
            }
            let states: Vec<_> = found.iter().map(FoundPackage::as_state).collect();
            let tokens = tokens::of_user(tx, owner.name().as_borrowed()).await?.into_iter().map(|listed| listed.token);
            let facts = fact(GranularIssueFacts::from_tokens(issue, &states, &settings.name, tokens))?;
            GranularToken::issue(id, *settings, &facts).map(Token::from)
        }
    })
}

fn issue_login(id: TokenId, facts: &IssueFacts<'_>) -> Result<Result<Token, IssueError>, Failure> {
    if facts.policy.legacy_tokens() == LegacyTokens::Honoured {
        return Ok(LegacyToken::issue(id, LegacyKind::Publish, AllowedRanges::Any, facts).map(Token::from));
    }
    issue_session(id, facts)
}

fn issue_session(id: TokenId, facts: &IssueFacts<'_>) -> Result<Result<Token, IssueError>, Failure> {
    let expires_at = session_end(facts)?;
    Ok(SessionToken::issue(id, expires_at, AllowedRanges::Any, facts).map(Token::from))
}

/// The time at which a session that begins now ends. A lifetime of exactly the policy's limit is allowed.
fn session_end(facts: &IssueFacts<'_>) -> Result<Timestamp, Failure> {
    let lifetime = facts.policy.session_lifetime_at_most().unwrap_or(SESSION);
    facts.now.checked_add(lifetime).map_err(other)
}

/// The failure for a token that cannot be issued, with the status that `tollgate` gives it.
fn refused(error: IssueError) -> Failure {
    let text = error.to_string();
    let status = StatusCode::from_u16(Answer::from(error).status()).unwrap_or(StatusCode::FORBIDDEN);
    Failure::refused(status, text)
}
