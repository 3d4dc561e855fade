//! What would break, compared with brute force: the requests of every token are written as lines, and decided by two
//! directories of the same world, one with the policy before and one with the policy after.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worlds and requests are made here"
)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use tollgate::{
    Decision, Policy, Reason,
    analysis::{AnswerSummary, Changes, WhatIf, WhatIfError, what_if, what_if_requested},
    decision::Verdict,
    directory::{Directory, RequestLine, World},
    policy::{Edition, UnscopedPackages},
    testing::{
        strategies::{policy, world_and_request},
        time,
    },
    token::TokenKind,
};

const NOW: &str = "2025-11-01T00:00:00Z";

fn load(world: &Value) -> Directory {
    Directory::load(&serde_json::from_value::<World>(world.clone()).unwrap()).unwrap()
}

fn names(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

/// The part of a package's name between `@` and `/`.
fn scope_of(name: &str) -> Option<String> {
    name.strip_prefix('@')?.split_once('/').map(|(scope, _)| scope.to_owned())
}

/// Every scope that the world mentions, read from its JSON.
fn scopes(world: &Value) -> BTreeSet<String> {
    let mut scopes: BTreeSet<String> =
        names(&world["packages"], "name").iter().filter_map(|name| scope_of(name)).collect();
    scopes.extend(names(&world["users"], "name"));
    scopes.extend(names(&world["orgs"], "name"));
    for token in world["tokens"].as_array().unwrap() {
        let select = &token["granular"]["packages_and_scopes"]["select"];
        let texts = |field: &str| select[field].as_array().cloned().unwrap_or_default();
        scopes.extend(texts("packages").iter().filter_map(|name| scope_of(name.as_str().unwrap())));
        scopes.extend(texts("scopes").iter().map(|name| name.as_str().unwrap().trim_start_matches('@').to_owned()));
    }
    scopes
}

/// The fields of every question about the world, without token, address and time. Each has the action that it is decided as.
fn questions(world: &Value) -> Vec<(Value, String)> {
    let existing = names(&world["packages"], "name");
    let free: Vec<String> =
        scopes(world).iter().map(|scope| format!("@{scope}/unheard-of")).chain(["unheard-of".to_owned()]).collect();
    let packages: Vec<String> = existing.iter().chain(&free).cloned().collect();
    let mut questions = Vec::new();
    let mut ask = |fields: Value, action: &str| questions.push((fields, action.to_owned()));
    for package in &packages {
        for action in [
            "read-package",
            "list-collaborators",
            "unpublish",
            "deprecate",
            "set-dist-tag",
            "change-visibility",
            "change-publishing-access",
            "change-maintainers",
            "stage",
            "read-stage",
            "approve-stage",
            "reject-stage",
            "star-package",
        ] {
            ask(json!({"action": action, "package": package}), action);
        }
        let publishes = if existing.contains(package) { "publish-version" } else { "create-package" };
        ask(json!({"action": "publish", "package": package}), publishes);
    }
    for org in names(&world["orgs"], "name") {
        for action in [
            "read-org",
            "change-org-settings",
            "add-member",
            "remove-member",
            "change-member-role",
            "manage-billing",
            "rename-org",
            "delete-org",
        ] {
            ask(json!({"action": action, "org": org}), action);
        }
        for action in ["create-team", "delete-team", "add-team-member", "remove-team-member"] {
            ask(json!({"action": action, "org": org, "team": "any-team"}), action);
        }
        for package in &packages {
            for action in ["grant-team-access", "revoke-team-access"] {
                ask(json!({"action": action, "org": org, "team": "any-team", "package": package}), action);
            }
            ask(json!({"action": "share-package", "org": org, "package": package}), "share-package");
        }
    }
    for user in names(&world["users"], "name") {
        for action in [
            "whoami",
            "revoke-self",
            "read-profile",
            "change-profile",
            "change-password",
            "enrol-two-factor",
            "configure-two-factor",
            "list-tokens",
            "create-token",
            "revoke-token",
        ] {
            ask(json!({"action": action, "user": user}), action);
        }
    }
    questions
}

/// An address in the first range of the token, if it has ranges, and one that no range has.
fn addresses(token: &Value) -> Vec<Value> {
    match token["cidr"].as_array() {
        None => vec![Value::Null],
        Some(ranges) => vec![json!(ranges[0].as_str().unwrap().split_once('/').unwrap().0), Value::Null],
    }
}

fn answer(directory: &Directory, line: &Value) -> (Verdict, Option<Reason>, u16) {
    let request = serde_json::from_value::<RequestLine>(line.clone()).unwrap().parse().unwrap();
    let caller = directory.caller(&request);
    let decision = directory.decide(&caller, &request);
    let reason = match &decision {
        Decision::Deny(deny) => Some(deny.reason()),
        Decision::Allow(_) | Decision::Challenge(_) => None,
    };
    (decision.verdict(), reason, decision.status())
}

type Group = (String, String, [(Verdict, Option<Reason>, u16); 2]);

/// For each group, its tokens and the number of its questions.
type Groups = BTreeMap<Group, (BTreeSet<String>, u64)>;

fn by_brute_force(world: &Value, policy: Policy) -> (Groups, u64) {
    let mut changed = world.clone();
    changed["policy"] = json!(policy);
    let (before, after) = (load(world), load(&changed));
    let (mut groups, mut asked) = (Groups::new(), 0);
    for token in world["tokens"].as_array().unwrap() {
        let kind = match (token["legacy"].as_str(), token.get("session")) {
            (Some(kind), _) => format!("legacy {kind}"),
            (None, Some(_)) => "session".to_owned(),
            (None, None) => "granular".to_owned(),
        };
        for client_ip in addresses(token) {
            for (mut line, action) in questions(world) {
                (line["id"], line["token"]) = (json!("r"), token["id"].clone());
                (line["client_ip"], line["now"]) = (client_ip.clone(), json!(NOW));
                asked += 1;
                let answers = [answer(&before, &line), answer(&after, &line)];
                if answers[0] != answers[1] {
                    let (tokens, count) = groups.entry((kind.clone(), action, answers)).or_default();
                    tokens.insert(token["id"].as_str().unwrap().to_owned());
                    *count += 1;
                }
            }
        }
    }
    (groups, asked)
}

fn groups(what_if: &WhatIf) -> Groups {
    let plain = |answer: &AnswerSummary| (answer.verdict, answer.reason, answer.status);
    let groups = what_if.groups().iter().map(|group| {
        let key = (group.kind.to_string(), group.action.to_string(), [plain(&group.before), plain(&group.after)]);
        let tokens: BTreeSet<String> = group.tokens.iter().map(ToString::to_string).collect();
        assert_eq!(tokens.len(), group.tokens.len(), "each token once");
        (key, (tokens, group.questions))
    });
    groups.collect()
}

#[test]
fn it_equals_brute_force_on_small_worlds() {
    let (mut runner, worlds, policies) = (TestRunner::deterministic(), world_and_request(), policy());
    let (mut compared, mut changed) = (0, 0);
    for _ in 0..150 {
        let world = worlds.new_tree(&mut runner).unwrap().current().world;
        let directory = load(&world);
        let other = policies.new_tree(&mut runner).unwrap().current();
        for policy in Edition::ALL.iter().map(|edition| edition.policy()).chain([other]) {
            // A private unscoped package needs a policy that has them.
            let policy = policy.with_unscoped_packages(directory.policy().unscoped_packages());
            let what_if = what_if(&directory, &Changes::from(policy), time(NOW)).unwrap();
            let (expected, asked) = by_brute_force(&world, policy);
            assert_eq!(what_if.questions(), asked);
            assert_eq!(groups(&what_if), expected, "{policy}: {world}");
            compared += 1;
            changed += usize::from(!expected.is_empty());
        }
    }
    assert!(compared == 750 && changed > 100, "{changed} of {compared} changes changed an answer");
}

fn world() -> Value {
    json!({
        "policy": "npm-2025-10",
        "users": [{"name": "alice", "status": "active", "two_factor": "auth-only", "tokens_revoked_until": null,
                   "writes_held_until": null}],
        "orgs": [],
        "packages": [{"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement",
                      "users": {"alice": "read-write"}}],
        "tokens": [
            {"id": "old", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": null,
             "legacy": "automation"},
            {"id": "ci", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null, "cidr": ["10.0.0.0/8"],
             "granular": {"name": "ci", "expires": "2026-01-01T00:00:00Z", "bypass_2fa": true,
                          "packages_and_scopes": {"permission": "read-write", "select": "all"}}},
        ],
    })
}

#[test]
fn a_group_has_its_tokens_and_a_witness_with_both_explanations() {
    let directory = load(&world());
    let broken = what_if(&directory, &Changes::from(Policy::NPM_2026_08), time(NOW)).unwrap();
    let find = |kind: TokenKind, action: &str| {
        broken.groups().iter().find(|group| group.kind == kind && group.action.as_str() == action)
    };
    let maintainers = find(TokenKind::Granular, "change-maintainers").unwrap();
    assert_eq!(maintainers.before.to_string(), "allow");
    assert_eq!(maintainers.after.to_string(), "challenge");
    assert_eq!(maintainers.tokens.iter().map(ToString::to_string).collect::<Vec<_>>(), ["ci"]);
    let witness = &maintainers.witness;
    assert_eq!(witness.request.to_string(), "change-maintainers `left-pad`");
    assert_eq!((witness.client_ip.to_string(), witness.now), ("10.0.0.0".to_owned(), time(NOW)));
    assert!(
        witness.explanation_before.starts_with("ALLOW change-maintainers `left-pad`"),
        "{}",
        witness.explanation_before
    );
    assert!(
        witness.explanation_after.starts_with("CHALLENGE change-maintainers `left-pad`"),
        "{}",
        witness.explanation_after
    );
    // The bypass still covers a publish.
    assert!(find(TokenKind::Granular, "publish-version").is_none());

    let same = what_if(&directory, &Changes::from(Policy::NPM_2025_10.require_ranges()), time(NOW)).unwrap();
    assert!(same.groups().is_empty(), "limits for issuing change no answer");
}

#[test]
fn a_request_of_a_log_changes_or_not() {
    let directory = load(&world());
    let changes = Changes::from(Policy::NPM_2026_08);
    let ask = |line: Value| {
        let request = serde_json::from_value::<RequestLine>(line).unwrap().parse().unwrap();
        what_if_requested(&directory, &changes, &request).unwrap()
    };
    let publish = |token: &str, ip: &str| json!({"id": "r", "token": token, "action": "publish", "package": "left-pad", "client_ip": ip, "now": NOW});
    let answer = ask(publish("old", "192.0.2.1")).unwrap();
    assert_eq!(
        (answer.before.to_string(), answer.after.to_string()),
        ("allow".into(), "deny: token-retired (401)".into())
    );
    assert!(answer.explanation_after.contains("FAILED"), "{}", answer.explanation_after);
    assert!(ask(publish("ci", "10.1.2.3")).is_none());
    assert!(ask(publish("ci", "192.0.2.1")).is_none());
    assert!(ask(publish("unknown", "192.0.2.1")).is_none());
    assert!(ask(json!({"id": "r", "token": null, "action": "publish", "package": "left-pad", "now": NOW})).is_none());
}

#[test]
fn a_private_unscoped_package_needs_a_policy_that_has_them() {
    let mut world = world();
    world["policy"] = json!({"edition": "npm-2025-10", "unscoped_packages": "may-be-private"});
    world["packages"][0]["visibility"] = json!("private");
    let directory = load(&world);
    let error = what_if(&directory, &Changes::from(Policy::NPM_2026_08), time(NOW)).unwrap_err();
    assert_eq!(error, WhatIfError::PrivateUnscoped { package: "left-pad".parse().unwrap() });
    let keeps = Policy::NPM_2026_08.with_unscoped_packages(UnscopedPackages::MayBePrivate);
    assert!(what_if(&directory, &Changes::from(keeps), time(NOW)).is_ok());
}
