//! Issues tokens. `tollgate` checks the limits and the owner's permissions. This module looks up the facts and stores
//! the token.

use axum::http::StatusCode;
use tollgate::{
    Timestamp, Token, User,
    token::{
        GranularSettings, GranularToken, IssueError, IssueFacts, IssuedBy, LegacyIssueFacts, LegacyKind, LegacyToken,
        MintedSecret, PackageSelection, PackagesGrant,
    },
    value::AllowedRanges,
};

use crate::{
    base::{failure::Failure, random},
    store::{database::Tx, facts, tokens},
};

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
    Legacy { kind: LegacyKind, ranges: AllowedRanges },
    Granular(Box<GranularSettings>),
}

impl NewToken {
    /// The token that `npm login` makes.
    pub(crate) const LOGIN: Self = Self::Legacy { kind: LegacyKind::Publish, ranges: AllowedRanges::Any };
}

/// A token to issue, the token or owner that requests it, and the time.
#[derive(Debug)]
pub(crate) struct IssueRequest<'a> {
    pub(crate) token: NewToken,
    pub(crate) issued_by: IssuedBy<'a>,
    pub(crate) now: Timestamp,
}

/// Issues a token to `owner` and stores it.
///
/// The transaction must come from [`Store::writing`](crate::store::database::Store::writing). Otherwise another
/// transaction could issue a token after this one has counted the tokens of the owner.
pub(crate) async fn issue(tx: &mut Tx, owner: &User, request: IssueRequest<'_>) -> Result<IssuedToken, Failure> {
    let IssueRequest { token: new, issued_by, now } = request;
    let id = random::token_id()?;
    let issued = match new {
        NewToken::Legacy { kind, ranges } => {
            LegacyToken::issue(id, kind, ranges, &LegacyIssueFacts { owner: owner.as_view(), issued_by, now })
                .map(Token::from)
        }
        NewToken::Granular(settings) => {
            let selected = match &settings.packages {
                PackagesGrant::Granted { selection: PackageSelection::Only(only), .. } => only.packages(),
                PackagesGrant::Granted { .. } | PackagesGrant::NoAccess | _ => &[],
            };
            let mut found = Vec::new();
            for package in selected {
                found.push(facts::package(tx, package.as_borrowed()).await?);
            }
            let states: Vec<_> = found.iter().map(facts::FoundPackage::state).collect();
            let set = tokens::granular_set(tx, owner.as_view()).await?;
            let facts = IssueFacts {
                owner: owner.as_view(),
                packages: &states,
                granular_tokens: set.not_revoked(),
                name_availability: set.name_availability(&settings.name),
                issued_by,
                now,
            };
            GranularToken::issue(id, *settings, &facts).map(Token::from)
        }
    };
    let token = issued.map_err(|error| refused(&error))?;
    let secret = random::token_secret()?;
    tokens::insert(tx, &token, secret.as_secret()).await?;
    Ok(IssuedToken { token, secret })
}

/// The failure for a token that cannot be issued. The status is 400 if the request is not valid, 409 if the name is
/// taken or the owner has too many tokens, and 403 if `tollgate` does not permit the owner to have this token.
fn refused(error: &IssueError) -> Failure {
    let is_invalid = matches!(error, IssueError::Invalid(_));
    let is_limit = matches!(error, IssueError::NameTaken | IssueError::TooManyTokens);
    let status = match (is_invalid, is_limit) {
        (true, _) => StatusCode::BAD_REQUEST,
        (_, true) => StatusCode::CONFLICT,
        (false, false) => StatusCode::FORBIDDEN,
    };
    Failure::refused(status, error)
}
