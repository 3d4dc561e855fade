//! The packages that a listing may show.

use std::collections::{BTreeMap, BTreeSet};

use tollgate::{
    AccountAction, Decision, Package, PackageAction, authorize_anonymous,
    decision::{AccessRequest, Caller, ResourceFacts},
    npm::Answer,
};

use crate::{
    base::failure::{Failure, fact},
    exchange::{caller::FoundCaller, decisions::Exchange},
    store::facts,
};

/// The packages that the caller may read, by name.
///
/// A token that allows nothing, such as an expired token, is ignored. The caller then gets the public packages, and a
/// notice that says why the token was ignored.
pub(crate) async fn readable_packages(exchange: &mut Exchange<'_>) -> Result<BTreeMap<String, Package>, Failure> {
    if let Some(notice) = notice_for_useless_token(exchange)? {
        exchange.ignore_token(notice);
        exchange.caller = FoundCaller::NoToken;
    }
    let all = facts::all_packages(&mut exchange.tx, exchange.caller.user()).await?;
    let caller = exchange.caller.as_caller(exchange.services.policy)?;
    let by_name = |package: Package| (package.name().to_string(), package);
    Ok(match &caller {
        Caller::Token(bound) => {
            let presented = bound.at(exchange.context.client_ip, exchange.context.now);
            let names: BTreeSet<String> =
                presented.readable(&all).map(|package| package.name().as_str().to_owned()).collect();
            all.into_iter().map(by_name).filter(|(name, _)| names.contains(name)).collect()
        }
        Caller::NoToken | Caller::UnknownToken => {
            let is_readable = |package: &Package| authorize_anonymous(PackageAction::ReadPackage, package).is_allow();
            all.into_iter().filter(is_readable).map(by_name).collect()
        }
    })
}

/// The notice for a token that allows nothing, or `None` for a token that works. A token works if it may do `whoami`,
/// which is permitted to every kind of token.
fn notice_for_useless_token(exchange: &Exchange<'_>) -> Result<Option<&'static str>, Failure> {
    let caller = exchange.caller.as_caller(exchange.services.policy)?;
    let whoami = AccessRequest::Account { action: AccountAction::Whoami, user: None };
    let decision = whoami.decide(&caller, &ResourceFacts::NONE, exchange.context.client_ip, exchange.context.now);
    Ok(match fact(decision)? {
        Decision::Deny(deny) => Answer::notice_for_ignored(&deny),
        Decision::Allow(_) | Decision::Challenge(_) => None,
    })
}
