//! Accounts and tokens as lines of text, for the operator.

use tollgate::{Timestamp, Token, token::TwoFactorBypass, value::AllowedRanges};

use crate::{
    store::{accounts::ListedAccount, tokens::KeptToken},
    web::token_text,
};

/// A line about an account: its name, its status, its second factor, and the end of its hold.
pub(crate) fn account(listed: &ListedAccount, now: Timestamp) -> String {
    let ListedAccount { name, status, two_factor, held_until } = listed;
    let hold = held_until.filter(|end| *end > now).map(|end| format!(", on hold until {}", to_minutes(end)));
    format!("{name} {status}, second factor {two_factor}{}", hold.unwrap_or_default())
}

/// A time in a listing, without seconds.
fn to_minutes(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..16).map_or(text.clone(), |minutes| format!("{minutes}Z"))
}

/// A line about a token: its public id, its kind and name, the first and last characters of its text, what it may do, and
/// its times.
pub(crate) fn token(listed: &KeptToken) -> String {
    let KeptToken { token, hint, last_used } = listed;
    let (name, grants) = match token {
        Token::Granular(granular) => (
            format!(" `{}`", granular.name().as_str()),
            format!(
                ", packages: {}, organizations: {}{}",
                token_text::packages(granular.packages()),
                token_text::organizations(granular.organizations()),
                if granular.bypass_2fa() == TwoFactorBypass::On { ", bypasses the second factor" } else { "" }
            ),
        ),
        Token::Legacy(_) | Token::Session(_) | _ => (String::new(), String::new()),
    };
    let addresses = match token.allowed_ranges() {
        AllowedRanges::Only(ranges) => format!(", from {}", token_text::list(ranges.as_slice())),
        AllowedRanges::Any | _ => String::new(),
    };
    let ends =
        token.as_view().expires_at().map_or("never expires".to_owned(), |ends| format!("expires {}", to_minutes(ends)));
    let used = last_used.map_or("not used yet".to_owned(), |hour| format!("last used {}", to_minutes(hour)));
    let created = to_minutes(token.created());
    format!("{} {}{name} {hint}{grants}{addresses}, created {created}, {ends}, {used}", token.id(), token.kind())
}
