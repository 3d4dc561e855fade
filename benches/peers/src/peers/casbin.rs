//! Casbin: the token is lines of policy, and the request is a list of values that is built beforehand.

use std::hint::black_box;

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi, function_map::OperatorFunction, rhai::Dynamic};

use super::text;
use crate::{
    asked::{Asked, prepared},
    question::{Facts, Verdict},
    wait::wait,
};

/// The field `sel` of a policy line is a selected entry, or a role that the selected entries have.
const MODEL: &str = "
[request_definition]
r = tok, act, pkg, scope, ip, now

[policy_definition]
p = tok, act, sel, ranges, expires, owner

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = MATCHER
";

/// Conditions are evaluated from left to right. With one line, the search in a role comes last. With many lines, the
/// entry comes first, because it excludes most of them.
const MATCHER_OF_ROLES: &str = "r.tok == p.tok && r.act == p.act && r.now < p.expires && inRanges(r.ip, p.ranges) && \
    (g(r.scope, p.sel) || g(r.pkg, p.sel)) && g2(p.owner, r.pkg)";
const MATCHER_OF_LINES: &str = "(r.scope == p.sel || r.pkg == p.sel) && r.tok == p.tok && r.act == p.act && \
    r.now < p.expires && inRanges(r.ip, p.ranges) && g2(p.owner, r.pkg)";

/// Returns whether an address is in one of the ranges.
///
/// This replaces `ipMatch`, which is not among the default features and would parse both texts each time. The arguments
/// can only be text.
fn in_ranges(address: Dynamic, starts: Dynamic) -> Dynamic {
    let (address, starts) = (address.into_immutable_string().unwrap(), starts.into_immutable_string().unwrap());
    starts.split(' ').any(|start| address.starts_with(start)).into()
}

fn prepare(matcher: &str, lines: Vec<&str>, roles: Vec<&String>, facts: &Facts) -> Box<dyn Asked> {
    let action = if facts.read_write { "publish" } else { "read" };
    let ranges = facts.ranges.map(text::start).join(" ");
    let address = text::bits(facts.client_ip.parse().unwrap());
    let line =
        |selects: &str| ["t", action, selects, &ranges, facts.expires.text, facts.owner].map(str::to_owned).to_vec();
    let enforcer = wait(async {
        let model = DefaultModel::from_str(&MODEL.replace("MATCHER", matcher)).await.unwrap();
        let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.unwrap();
        enforcer.add_function("inRanges", OperatorFunction::Arg2(in_ranges));
        enforcer.add_policies(lines.into_iter().map(line).collect()).await.unwrap();
        let roles: Vec<_> = roles.into_iter().map(|name| vec![name.clone(), "entries of t".to_owned()]).collect();
        if !roles.is_empty() {
            enforcer.add_grouping_policies(roles).await.unwrap();
        }
        let maintainer = vec![facts.maintainer.to_owned(), facts.package.to_owned()];
        enforcer.add_named_grouping_policy("g2", maintainer).await.unwrap();
        enforcer
    });
    let request: Vec<Dynamic> = ["t", "publish", facts.package, facts.scope, &address, facts.now.text]
        .map(|text| Dynamic::from(text.to_owned()))
        .to_vec();
    prepared(move || enforcer.enforce(black_box(&request).clone()).unwrap(), |allowed| Verdict::allow_if(*allowed))
}

/// Prepares a policy with a line for each entry.
pub fn prepare_lines(facts: &Facts) -> Box<dyn Asked> {
    let lines = facts.packages.iter().chain(&facts.scopes).map(String::as_str).collect();
    prepare(MATCHER_OF_LINES, lines, Vec::new(), facts)
}

/// Prepares a policy with one line, which names a role that all entries have.
pub fn prepare_roles(facts: &Facts) -> Box<dyn Asked> {
    let roles = facts.packages.iter().chain(&facts.scopes).collect();
    prepare(MATCHER_OF_ROLES, vec!["entries of t"], roles, facts)
}
