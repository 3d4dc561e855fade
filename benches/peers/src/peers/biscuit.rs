//! Biscuit: the token's first block has its rights, as facts and checks, and the authorizer has the request.
//!
//! Biscuit has no type for addresses, so they are text here.
//!
//! The signature is verified and the authorizer is built beforehand. An authorizer keeps what it has derived, so each
//! decision uses a clone of a new one.

use std::{hint::black_box, time::Duration};

use biscuit_auth::{AuthorizerLimits, Biscuit, KeyPair, builder::AuthorizerBuilder};

use super::text;
use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
};

/// Returns an expression that checks whether the variable is in a set of names, or `None` for an empty set, which
/// Biscuit cannot express.
fn one_of(names: &[String], variable: &str) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    (!names.is_empty()).then(|| format!("{{{}}}.contains({variable})", names.join(",")))
}

fn token(facts: &Facts) -> Biscuit {
    let ranges = facts.ranges.map(|range| format!("$ip.starts_with(\"{}\")", text::start(range)));
    let entries: Vec<String> =
        one_of(&facts.scopes, "$scope").into_iter().chain(one_of(&facts.packages, "$package")).collect();
    let block = format!(
        "owner(\"{}\");
         check if now($now), $now < {};
         check if client_ip($ip), {};
         check if package($package, $scope), {};
         {}",
        facts.owner,
        facts.expires.text,
        ranges.join(" || "),
        entries.join(" || "),
        if facts.read_write { "" } else { "check if action(\"read\");" },
    );
    Biscuit::builder().code(block).unwrap().build(&KeyPair::new()).unwrap()
}

pub fn prepare(facts: &Facts) -> Box<dyn Asked> {
    let request = format!(
        "now({}); client_ip(\"{}\"); action(\"publish\"); package(\"{}\", \"{}\"); maintainer(\"{}\");
         allow if owner($owner), maintainer($owner);",
        facts.now.text,
        text::bits(facts.client_ip.parse().unwrap()),
        facts.package,
        facts.scope,
        facts.maintainer,
    );
    // The default limit of a millisecond is sometimes exceeded when the machine is busy.
    let limits = AuthorizerLimits { max_time: Duration::from_secs(10), ..AuthorizerLimits::default() };
    let authorizer = AuthorizerBuilder::new().code(request).unwrap().set_limits(limits).build(&token(facts)).unwrap();
    prepared(
        move || black_box(&authorizer).clone().authorize(),
        |answer| match answer {
            Ok(_) => Verdict::Allow,
            Err(biscuit_auth::error::Token::FailedLogic(_)) => Verdict::Deny(None),
            Err(error) => panic!("found `{error}`, expected an answer"),
        },
    )
}
