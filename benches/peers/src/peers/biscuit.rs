//! Biscuit: what the token is for stands in its first block, as facts and checks; the request is the authorizer's.
//!
//! Biscuit has no addresses: they are text here.
//!
//! The signature is verified and the authorizer built beforehand. An authorizer keeps what it has worked out, so each
//! decision is made by a copy of a fresh one.

use std::{hint::black_box, time::Duration};

use biscuit_auth::{AuthorizerLimits, Biscuit, KeyPair, builder::AuthorizerBuilder};

use super::text;
use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
};

/// A set of names, and whether the variable is in it. There is no empty set to write.
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
    // The limit of a millisecond would now and then be reached by the noise of the machine.
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
