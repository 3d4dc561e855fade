//! What values say of themselves: accessors, `Debug`, hashes, and the sentences of an explanation that passes.

#![expect(clippy::unwrap_used, reason = "a slip in a test's own data fails the test")]

use std::{
    collections::BTreeSet,
    fmt::Debug,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use serde_json::json;
use tollgate::{
    ClientIp, Decision, PackageAction, PackageName, Policy, Secret, StoredToken, authorize,
    decision::{DecisionInput, Validity},
    directory::{Directory, RequestLine, World},
    explain,
    facts::TwoFactorMode,
    operation::Action,
    testing::{
        Resources, all, bind, granular, legacy, now, only, organization, package, team_name, time, user, user_name,
    },
    token::{LegacyKind, SecretDigest, SecretPrefix, StoredTokenError, TokenDescription, TokenId},
    value::{AllowedRanges, GrantedPermission, IpRange, Role},
};

const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn world() -> World {
    serde_json::from_value(json!({
        "policy": "npm-2025-10", "users": [], "orgs": [], "tokens": [],
        "packages": [
            {"name": "left-pad", "visibility": "public", "publishing_access": "no-requirement"},
            {"name": "right-pad", "visibility": "public", "publishing_access": "no-requirement"},
        ],
    }))
    .unwrap()
}

fn request_line(value: serde_json::Value) -> RequestLine {
    serde_json::from_value(value).unwrap()
}

#[test]
fn debug_output_names_the_type_and_shows_no_secret() {
    let minted =
        tollgate::token::MintedSecret::mint(&SecretPrefix::default(), &(0..=255).collect::<Vec<u8>>()).unwrap();
    let digest: SecretDigest = DIGEST.parse().unwrap();
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build();
    let read_back: StoredToken = serde_json::from_value(serde_json::to_value(StoredToken::from(&ci)).unwrap()).unwrap();
    let line = request_line(json!({
        "id": "r", "token": "ci", "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z",
    }));
    let alice = user("alice").build();
    let old = legacy(LegacyKind::Publish, "alice").build();
    let left_pad = package("left-pad").build();
    let read = authorize(
        &bind(Policy::NPM_2025_10, &old, &alice),
        PackageAction::ReadPackage,
        &left_pad,
        ClientIp::UNKNOWN,
        now(),
    )
    .depends_on();
    let said: [(&dyn Debug, &str); 11] = [
        (&"10.0.0.0/8".parse::<IpRange>().unwrap(), "IpRange(10.0.0.0/8)"),
        (&"192.0.2.1".parse::<ClientIp>().unwrap(), "ClientIp(192.0.2.1)"),
        (&time("2025-11-01T00:00:00.5Z"), "2025-11-01T00:00:00.5Z"),
        (&digest, "SecretDigest(…)"),
        (&TokenId::new("ci").unwrap(), "TokenId(ci)"),
        (&Secret::new("npm_abcdefghijklmnop").unwrap().hint(), "SecretHint(npm_…mnop)"),
        (&read, "{Token, Owner, Package}"),
        (&line, "RequestLine(…)"),
        (&world(), "World(…)"),
        (&read_back, "StoredToken(…)"),
        (&Secret::new("npm_abcdefghijklmnop").unwrap(), "Secret(…)"),
    ];
    let found: Vec<String> = said.iter().map(|(value, _)| format!("{value:?}")).collect();
    let expected: Vec<&str> = said.iter().map(|(_, text)| *text).collect();
    assert_eq!(found, expected);
    assert_eq!(format!("{minted:?}"), "MintedSecret(…)");
    let request = format!("{:?}", line.parse().unwrap());
    assert!(request.starts_with("Request { id: \"r\", token: \"ci\", access: Package"), "{request}");
}

#[test]
fn accessors_return_what_was_set() {
    assert_eq!(PackageName::new("@acme/app").unwrap().into_str(), "@acme/app");
    assert_eq!("for the builds".parse::<TokenDescription>().unwrap().as_str(), "for the builds");
    assert_eq!("192.0.2.1".parse::<ClientIp>().unwrap().address(), Some([192, 0, 2, 1].into()));
    assert_eq!(ClientIp::UNKNOWN.address(), None);

    let request = json!({"id": "r", "action": "whoami", "now": "2025-11-01T00:00:00Z"});
    for (shown, token_id) in [(json!("ci"), Some("ci")), (json!(null), None)] {
        let mut request = request.clone();
        request.as_object_mut().unwrap().insert("token".to_owned(), shown);
        let request = request_line(request).parse().unwrap();
        assert_eq!((request.id(), request.token_id()), ("r", token_id));
    }

    let directory = Directory::load(&world()).unwrap();
    let names: BTreeSet<_> = directory.packages().map(|package| package.name().as_str()).collect();
    assert_eq!(names, BTreeSet::from(["left-pad", "right-pad"]));
}

#[test]
fn a_revoked_token_stays_revoked() {
    let (early, late) = (time("2025-11-01T00:00:00Z"), time("2025-12-01T00:00:00Z"));
    for mut token in [
        legacy(LegacyKind::Publish, "alice").build(),
        granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build(),
    ] {
        assert_eq!(token.revoked(), None);
        token.revoke(early);
        assert_eq!(token.revoked(), Some(early));
        token.revoke(late);
        assert_eq!(token.revoked(), Some(early));
    }
}

#[test]
fn digests_hash_by_their_bytes() {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let digest: SecretDigest = DIGEST.parse().unwrap();
    let other: SecretDigest = DIGEST.replace("00", "01").parse().unwrap();
    assert_eq!(hasher.hash_one(digest), hasher.hash_one(digest));
    assert_ne!(hasher.hash_one(digest), hasher.hash_one(other));
}

#[test]
fn an_error_for_a_value_of_another_json_type_says_what_was_expected() {
    fn error<T: serde::de::DeserializeOwned + Debug>(text: &str) -> String {
        serde_json::from_str::<T>(text).unwrap_err().to_string()
    }
    let of_name = "invalid type: integer `5`, expected a package name as a string at line 1 column 1";
    assert_eq!(error::<PackageName>("5"), of_name);
    let of_ranges = "invalid type: integer `5`, expected null or a list of IP ranges at line 1 column 1";
    assert_eq!(error::<AllowedRanges>("5"), of_ranges);
}

/// A server can tell a field of a newer version from a field of the wrong type.
#[test]
fn an_unknown_field_of_a_stored_token_has_its_own_error() {
    let token = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build();
    let stored = serde_json::to_value(StoredToken::from(&token)).unwrap();
    let load = |field: &str| {
        let mut stored = stored.clone();
        stored.as_object_mut().unwrap().insert(field.to_owned(), json!(5));
        serde_json::from_value::<StoredToken>(stored).unwrap().load().unwrap_err()
    };
    assert_eq!(load("colour"), StoredTokenError::UnknownField { path: "colour".into() });
    assert!(matches!(load("owner"), StoredTokenError::Malformed { .. }));
}

/// A selection of packages only is stored without a list of scopes, and the other way round.
#[test]
fn a_stored_selection_has_no_empty_list() {
    for (entries, select) in [
        (&["left-pad"][..], json!({"packages": ["left-pad"]})),
        (&["@acme"], json!({"scopes": ["@acme"]})),
        (&["@acme", "left-pad"], json!({"packages": ["left-pad"], "scopes": ["@acme"]})),
    ] {
        for bypass in [false, true] {
            let token = granular("ci", "alice").packages(GrantedPermission::ReadWrite, only(entries));
            let token = if bypass { token.bypass_2fa() } else { token }.build();
            let stored = serde_json::to_value(StoredToken::from(&token)).unwrap();
            let granular = stored.get("granular").unwrap();
            assert_eq!(granular.pointer("/packages_and_scopes/select"), Some(&select));
            assert_eq!(granular.get("bypass_2fa"), Some(&json!(bypass)));
        }
    }
}

/// What passes is explained with the sentence of what passes.
#[test]
fn an_explanation_says_that_a_check_passed() {
    let alice = user("alice").tokens_revoked_until("2025-01-01T00:00:00Z").build();
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build();
    let left_pad = package("left-pad").build();
    let bound = bind(Policy::NPM_2025_10, &ci, &alice);
    let text = explain(&bound, PackageAction::ListCollaborators, &left_pad, ClientIp::UNKNOWN, now()).to_string();
    for sentence in [
        "the token was made at 2025-10-30T12:00:00Z, after the account's cut-off at 2025-01-01T00:00:00Z",
        "the token expires at 2026-01-01T00:00:00Z, now is 2025-11-01T00:00:00Z",
    ] {
        assert!(text.contains(sentence), "{text}");
    }
    assert_eq!(text.matches("FAILED").count(), 0, "{text}");
    assert!(!text.contains("(after the decision)"), "{text}");

    // Two checks fail: the second is marked as one that changes nothing any more.
    let text = explain(&bound, PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now()).to_string();
    let failed: Vec<_> = text.lines().filter(|line| line.contains("FAILED")).collect();
    let marked: Vec<_> = failed.iter().map(|line| line.ends_with(" (after the decision)")).collect();
    assert_eq!(marked, [false, true], "{text}");
}

/// A challenge, and the allow that a second factor made of it, must never be cached (D2).
#[test]
fn only_a_challenge_and_its_answer_must_not_be_cached() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let at = bound.at(ClientIp::UNKNOWN, now());
    let read = at.decide(PackageAction::ReadPackage.on(&left_pad));
    let visibility = at.decide(PackageAction::ChangeVisibility.on(&left_pad));
    let publish = at.decide(PackageAction::Publish.on(&left_pad));
    assert_eq!([read.validity(), visibility.validity()], [Validity::Always; 2]);
    let Decision::Challenge(challenge) = publish else { unreachable!("{publish:?}") };
    let factor = tollgate::facts::VerifiedFactor { owner: alice.name().as_borrowed(), verified_at: now() };
    let answered = challenge.answer(&factor, tollgate::facts::MaxFactorAge::THIS_REQUEST);
    assert!(answered.is_allow());
    assert_eq!([publish.validity(), answered.validity()], [Validity::ThisRequestOnly; 2]);
    assert!(DecisionInput::ALL.iter().all(|input| publish.depends_on().contains(*input)
        == matches!(input, DecisionInput::Token | DecisionInput::Owner | DecisionInput::Package)));
}

/// A decision names the inputs that it read and no others (D2): a cache key with more inputs is hit less often.
#[test]
fn a_decision_names_only_the_inputs_that_it_read() {
    use DecisionInput::{ClientIp as Address, Now, Organization, Owner, Package, Token};
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let (acme, app) = (organization("acme"), package("@acme/app").build());
    let resources = Resources {
        package: (&app).into(),
        organization: (&acme).into(),
        team: team_name("dev"),
        account: user_name("alice"),
    };
    let old = legacy(LegacyKind::Publish, "alice").build();
    let from_home = legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build();
    let revoked = legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build();
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build();
    let dead = granular("dead", "alice").expires("2025-10-31T12:00:00Z").packages(GrantedPermission::ReadOnly, all());
    let dead = dead.ranges(&["10.0.0.0/8"]).build();
    for (token, action, inputs) in [
        (&revoked, Action::SharePackage, &[Token][..]),
        (&dead, Action::SharePackage, &[Token, Owner, Now]),
        (&from_home, Action::SharePackage, &[Token, Owner, Address]),
        (&old, Action::Whoami, &[Token, Owner]),
        (&ci, Action::Whoami, &[Token, Owner, Now]),
        (&old, Action::ReadOrg, &[Token, Owner, Organization]),
        (&old, Action::CreateTeam, &[Token, Owner, Organization]),
        (&old, Action::ReadPackage, &[Token, Owner, Package]),
        (&old, Action::SharePackage, &[Token, Owner, Organization, Package]),
        (&ci, Action::SharePackage, &[Token, Owner, Now]),
        (&ci, Action::Unpublish, &[Token, Owner, Now]),
        (&ci, Action::ListCollaborators, &[Token, Owner, Now, Package]),
    ] {
        let bound = bind(Policy::NPM_2025_10, token, &alice);
        let decision = bound.at(ClientIp::UNKNOWN, now()).decide(resources.operation(action));
        let found: Vec<DecisionInput> = decision.depends_on().iter().collect();
        assert_eq!(found, inputs, "{action} by {}: {decision:?}", token.id());
    }
}

/// What a web framework keeps in the extensions of a request: owned, compared, and shared between threads.
#[test]
fn what_a_request_keeps_is_owned_compared_and_shared() {
    fn is_kept<T: Clone + Eq + Send + Sync + 'static>() {}
    is_kept::<std::sync::Arc<tollgate::Token>>();
    is_kept::<tollgate::Token>();
    is_kept::<tollgate::ClientIp>();
    is_kept::<tollgate::Timestamp>();
    is_kept::<tollgate::User>();
    is_kept::<tollgate::operation::OwnedBoundToken>();
    is_kept::<tollgate::decision::FoundFacts>();
}

#[test]
fn two_actions_are_requested_by_one_word_and_all_others_by_their_own() {
    for action in Action::ALL {
        let word =
            if ["create-package", "publish-version"].contains(&action.as_str()) { "publish" } else { action.as_str() };
        assert_eq!(action.requested_as(), word);
    }
}

#[test]
fn a_policy_is_written_with_the_seconds_of_its_lifetimes() {
    let day = std::time::Duration::from_hours(24);
    let policy = Policy::NPM_2025_10.with_token_lifetime_at_most(day).unwrap();
    let policy = policy.with_session_lifetime_at_most(std::time::Duration::from_secs(90)).unwrap();
    let written = serde_json::to_value(policy).unwrap();
    let expected =
        json!({ "edition": "npm-2025-10", "session_lifetime_at_most": 90, "token_lifetime_at_most": 86_400 });
    assert_eq!(written, expected);
    assert_eq!(serde_json::from_value::<Policy>(written).unwrap(), policy);
}
