//! Making tokens: the limits and the owner's rights are `tollgate`'s to check, the facts are looked up here.

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
    failure::Failure,
    random,
    store::{Tx, facts, tokens},
};

/// A token that was made, with its text: the only time that anybody sees it.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) token: Token,
    pub(crate) secret: MintedSecret,
}

/// What a new token is to be.
#[derive(Clone, Debug)]
pub(crate) enum NewToken {
    Legacy { kind: LegacyKind, ranges: AllowedRanges },
    Granular(Box<GranularSettings>),
}

impl NewToken {
    /// What `npm login` makes.
    pub(crate) const LOGIN: Self = Self::Legacy { kind: LegacyKind::Publish, ranges: AllowedRanges::Any };
}

/// Issues a token and stores it. The transaction has to be one that writes: the limits count what is there now.
pub(crate) async fn issue(
    tx: &mut Tx,
    owner: &User,
    new: NewToken,
    issued_by: IssuedBy<'_>,
    now: Timestamp,
) -> Result<Issued, Failure> {
    let key = random::token_key()?;
    let issued = match new {
        NewToken::Legacy { kind, ranges } => {
            LegacyToken::issue(key, kind, ranges, &LegacyIssueFacts { owner: owner.as_view(), issued_by, now })
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
            GranularToken::issue(key, *settings, &facts).map(Token::from)
        }
    };
    let token = issued.map_err(|error| refused(&error))?;
    let secret = random::token_secret()?;
    tokens::insert(tx, &token, secret.as_secret()).await?;
    Ok(Issued { token, secret })
}

/// A limit is in the way, the request is none, or the owner has not the right that the token would have.
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
