//! The decisions about one request: never more than its access requests allow one by one, and an answer for each failure.
#![expect(clippy::unwrap_used, reason = "a slip in a test's own data fails the test")]

use serde_json::{Value, json};
use tollgate::{
    ClientIp, Decision, Package, Policy, Reason, Token, User,
    decision::{AccessRequest, Caller, FoundFacts, ResourceFactsError},
    facts::{
        ExternalCeiling, FoundOrganization, FoundPackage, LookupError, MaxFactorAge, TwoFactorMode, VerifiedFactor,
    },
    npm::{
        Answer, BeforeBody, BodyError, ChangesNotAllowedError, Credential, Decider, Endpoint, EndpointError,
        PackumentChanges, PutTarget, StoredPackument, WithBody,
    },
    operation::Action,
    testing::{all, bind, granular, legacy, now, only, organization, package, time, user, user_name},
    token::{IssueError, LegacyKind},
    value::{GrantedPermission, OrganizationName, Role},
};

use crate::{body, name};

/// Requests of every kind, with what each requires as the path shows it.
const REQUESTS: [(&str, &str); 24] = [
    ("GET", "/@acme%2fapp"),
    ("GET", "/@acme%2fapp/1.0.0"),
    ("GET", "/-/package/@acme%2fapp/dist-tags"),
    ("GET", "/-/package/@acme%2fapp/collaborators"),
    ("PUT", "/@acme%2fapp"),
    ("PUT", "/@acme%2fapp/-rev/3-0"),
    ("DELETE", "/@acme%2fapp/-rev/3-0"),
    ("PUT", "/-/package/@acme%2fapp/dist-tags/next"),
    ("POST", "/-/package/@acme%2fapp/access"),
    ("POST", "/-/stage/package/@acme%2fapp"),
    ("GET", "/-/stage?package=@acme%2fapp"),
    ("POST", "/-/stage/1f0c/approve"),
    ("GET", "/-/org/acme/user"),
    ("PUT", "/-/org/acme/user"),
    ("PUT", "/-/org/acme/team"),
    ("DELETE", "/-/team/acme/ops"),
    ("PUT", "/-/team/acme/ops/package"),
    ("DELETE", "/-/team/acme/ops/package"),
    ("GET", "/-/whoami"),
    ("POST", "/-/npm/v1/user"),
    ("POST", "/-/npm/v1/tokens"),
    ("DELETE", "/-/npm/v1/tokens/token/t-9"),
    ("DELETE", "/-/user/token/0123456789abcdef0123456789abcdef"),
    ("GET", "/-/ping"),
];

fn alice(mode: TwoFactorMode) -> User {
    user("alice").member("acme", Role::Owner, &["ops"]).two_factor(mode).build()
}

/// Tokens of alice: good ones of each kind, and ones that are not good for a reason of their own.
fn tokens() -> Vec<Token> {
    vec![
        legacy(LegacyKind::Publish, "alice").build(),
        legacy(LegacyKind::ReadOnly, "alice").build(),
        legacy(LegacyKind::Automation, "alice").build(),
        legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build(),
        legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build(),
        granular("t", "alice").packages(GrantedPermission::ReadWrite, all()).build(),
        granular("t", "alice").packages(GrantedPermission::ReadOnly, only(&["@acme/app"])).build(),
        granular("t", "alice").organizations(GrantedPermission::ReadWrite, &["acme"]).build(),
    ]
}

fn packages() -> [FoundPackage; 3] {
    [
        FoundPackage::Existing(package("@acme/app").private().build()),
        FoundPackage::Existing(package("@acme/app").build()),
        FoundPackage::Missing(name("@acme/app")),
    ]
}

fn facts(package: FoundPackage) -> FoundFacts {
    let mut facts = FoundFacts::new();
    facts.add_package(package);
    facts.add_organization(FoundOrganization::Existing(organization("acme")));
    facts
}

/// Every request by every caller, with and without a second factor, agrees with its access requests decided by hand.
#[test]
fn a_request_is_never_allowed_more_than_each_of_its_access_requests_is() {
    let (mut gone, mut refused, mut challenged, mut undecided, mut ignored) = (0, 0, 0, 0, 0);
    let tokens = tokens();
    for mode in [TwoFactorMode::Disabled, TwoFactorMode::AuthAndWrites] {
        let alice = alice(mode);
        let known = tokens.iter().map(|token| Caller::Token(bind(Policy::NPM_2025_10, token, &alice)));
        let callers: Vec<Caller<'_>> = [Caller::NoToken, Caller::UnknownToken].into_iter().chain(known).collect();
        let shown = VerifiedFactor { owner: alice.name().as_borrowed(), verified_at: now() };
        for ((method, path), package) in
            REQUESTS.iter().flat_map(|request| packages().map(|package| (request, package)))
        {
            let required = Endpoint::classify(method, path).unwrap().required_access();
            let facts = &facts(package);
            for (caller, factor) in callers.iter().flat_map(|caller| [(caller, None), (caller, Some(shown))]) {
                let factor = factor.map(|factor| (factor, MaxFactorAge::THIS_REQUEST));
                let decider = Decider { caller, facts, client_ip: ClientIp::UNKNOWN, now: now(), factor };
                let by_hand = |caller| {
                    required.access_requests().iter().map(move |asked| {
                        let decision = asked.decide(caller, &facts.about(asked), ClientIp::UNKNOWN, now()).unwrap();
                        match (decision, factor) {
                            (Decision::Challenge(challenge), Some((factor, age))) => challenge.answer(&factor, age),
                            (decision, _) => decision,
                        }
                    })
                };
                let step = decider.before_body(&required).unwrap();
                match &step {
                    BeforeBody::Go(allowed) if allowed.notice().is_some() => {
                        ignored += 1;
                        assert!(by_hand(&Caller::NoToken).all(|decision| decision.is_allow()), "{method} {path}");
                    }
                    BeforeBody::Go(allowed) => {
                        gone += 1;
                        assert!(by_hand(caller).all(|decision| decision.is_allow()), "{method} {path}");
                        assert_eq!(allowed.allows().len(), required.access_requests().len());
                    }
                    BeforeBody::Challenged(one) => {
                        challenged += 1;
                        assert!(by_hand(caller).all(|decision| matches!(decision, Decision::Challenge(_))));
                        assert_eq!((one.answer().status(), one.answer().www_authenticate()), (401, Some("OTP")));
                    }
                    BeforeBody::Refused(one) => {
                        refused += 1;
                        let mut by_hand = by_hand(caller);
                        let Some(Decision::Deny(first)) = by_hand.next() else { panic!("{method} {path}") };
                        assert_eq!(one.deny().reason(), first.reason());
                        assert_eq!(*one.answer(), Answer::from(first));
                        assert!(by_hand.all(|decision| matches!(decision, Decision::Deny(_))));
                    }
                    BeforeBody::BodyDecides => {
                        undecided += 1;
                        assert!(by_hand(caller).any(|decision| !matches!(decision, Decision::Deny(_))));
                    }
                }
            }
        }
    }
    assert!(gone > 100 && refused > 100 && challenged > 10 && undecided > 50 && ignored > 10);
}

/// npm's client sends its token with every read, so a token that is not good reads what everyone reads (V1).
#[test]
fn a_bad_token_reads_a_public_package_with_a_notice_and_nothing_else() {
    let alice = alice(TwoFactorMode::Disabled);
    let revoked = legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build();
    let revoked = Caller::Token(bind(Policy::NPM_2025_10, &revoked, &alice));
    let [private, public, missing] = packages();
    let read = Endpoint::classify("GET", "/@acme%2fapp").unwrap().required_access();
    let collaborators = Endpoint::classify("GET", "/-/package/@acme%2fapp/collaborators").unwrap().required_access();
    for (caller, required, found, expected) in [
        (
            &revoked,
            &read,
            &public,
            Ok(Some("the access token was ignored: it was revoked, log in again or use another")),
        ),
        (
            &Caller::UnknownToken,
            &read,
            &public,
            Ok(Some("the access token was ignored: it is not valid, log in again")),
        ),
        (&Caller::NoToken, &read, &public, Ok(None)),
        (&revoked, &read, &private, Err(401)),
        (&revoked, &read, &missing, Err(401)),
        (&Caller::UnknownToken, &read, &private, Err(401)),
        (&Caller::NoToken, &read, &private, Err(404)),
        // Everyone may read a public package, and not who its collaborators are.
        (&revoked, &collaborators, &public, Err(401)),
    ] {
        let facts = facts(found.clone());
        let decider = Decider { caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
        let found = match decider.before_body(required).unwrap() {
            BeforeBody::Go(allowed) => {
                // The denial is kept for the log.
                assert_eq!(allowed.ignored().map(tollgate::Deny::status), allowed.notice().map(|_| 401));
                Ok(allowed.notice())
            }
            BeforeBody::Refused(refused) => Err(refused.answer().status()),
            other @ (BeforeBody::Challenged(_) | BeforeBody::BodyDecides) => panic!("{other:?}"),
        };
        assert_eq!(found, expected);
    }
}

/// Decides the body of a `PUT` to `left-pad`, which alice maintains. Gives the status of the answer, or the versions that
/// are deprecated.
fn put(sent: Value, token: &Token, in_facts: FoundPackage, factor: Option<VerifiedFactor<'_>>) -> Result<usize, u16> {
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, token, &alice));
    let stored = body(json!({"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0"}}}));
    let sent = body(sent);
    let stored = StoredPackument { document: &stored, visibility: tollgate::facts::Visibility::Public };
    let changes = PackumentChanges::read(&name("left-pad"), PutTarget::Package, &sent, Some(stored)).unwrap();
    let facts = facts(in_facts);
    let factor = factor.map(|factor| (factor, MaxFactorAge::THIS_REQUEST));
    let decider = Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor };
    match decider.decide_all(changes.access_requests()) {
        Ok(WithBody::Go(allowed)) => match changes.allowed_by(allowed.allows()) {
            Ok(changes) => Ok(changes.deprecations().len()),
            Err(error) => Err(Answer::from(error).status()),
        },
        Ok(WithBody::Refused(refused)) => Err(refused.answer().status()),
        Ok(WithBody::Challenged(challenged)) => {
            assert_eq!(challenged.challenge().action(), Action::Deprecate);
            Err(challenged.answer().status())
        }
        Err(error) => {
            assert_eq!(error, ResourceFactsError::Package);
            Err(500)
        }
    }
}

/// A publish is decided for both states of its package. The server takes its lock, finds one of the two, and only the
/// allow for that state is carried out.
#[test]
fn a_publish_is_decided_for_both_states_and_only_the_allow_that_fits_is_carried_out() {
    let token = granular("all", "alice").packages(GrantedPermission::ReadWrite, all()).build();
    let selected = granular("one", "alice").packages(GrantedPermission::ReadWrite, only(&["left-pad"])).build();
    let alice = user("alice").build();
    let sent = body(json!({
        "name": "left-pad",
        "versions": {"2.0.0": {"name": "left-pad", "version": "2.0.0"}},
        "_attachments": {"left-pad-2.0.0.tgz": {"data": "YQ==", "length": 1}},
    }));
    let document = body(json!({"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0"}}}));
    let stored = StoredPackument { document: &document, visibility: tollgate::facts::Visibility::Public };
    let read = |stored| PackumentChanges::read(&name("left-pad"), PutTarget::Package, &sent, stored).unwrap();
    let (new_package, new_version) = (read(None), read(Some(stored)));
    let found = facts(FoundPackage::Existing(left_pad()));
    let missing = found.with_package_missing(name("left-pad").as_borrowed());
    assert_eq!(missing.package(name("left-pad").as_borrowed()), Some(&FoundPackage::Missing(name("left-pad"))));
    assert_eq!(found.with_package_missing(name("right-pad").as_borrowed()), found, "another name");
    let decide =
        |token: &Token, facts: &FoundFacts, changes: &PackumentChanges<'_>, carried_out: &PackumentChanges<'_>| {
            let caller = Caller::Token(bind(Policy::NPM_2025_10, token, &alice));
            let decider = Decider { caller: &caller, facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
            match decider.decide_all(changes.access_requests()).unwrap() {
                WithBody::Go(allowed) => carried_out.allowed_by(allowed.allows()).map(|_| true),
                WithBody::Refused(_) | WithBody::Challenged(_) => Ok(false),
            }
        };
    let other = Err(ChangesNotAllowedError::OtherFacts);
    assert_eq!(decide(&token, &found, &new_version, &new_version), Ok(true));
    assert_eq!(decide(&token, &missing, &new_package, &new_package), Ok(true));
    assert_eq!(decide(&token, &found, &new_version, &new_package), other, "the package was removed meanwhile");
    assert_eq!(decide(&token, &missing, &new_package, &new_version), other, "the package was created meanwhile");
    // A selected name is an existing package (G3).
    assert_eq!(decide(&selected, &found, &new_version, &new_version), Ok(true));
    assert_eq!(decide(&selected, &missing, &new_package, &new_package), Ok(false));
}

/// What the registry decided by rules of its own stays if the package is taken as missing.
#[test]
fn facts_as_if_the_package_were_missing_keep_its_ceiling() {
    let token = legacy(LegacyKind::Publish, "alice").build();
    let alice = user("alice").build();
    let publish = AccessRequest::Package { action: tollgate::PackageAction::Publish, package: name("@acme/app") };
    for (actions, creates) in [(&[Action::CreatePackage][..], true), (&[Action::PublishVersion], false)] {
        let ceiling = ExternalCeiling::new(user_name("alice").into_owned(), name("@acme/app"), actions.iter().copied());
        let mut found = FoundFacts::new();
        found.add_package_with_ceiling(FoundPackage::Existing(package("@acme/app").build()), ceiling);
        let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
        let is_allowed = |facts: &FoundFacts| {
            publish.decide(&caller, &facts.about(&publish), ClientIp::UNKNOWN, now()).unwrap().is_allow()
        };
        assert_eq!(
            [is_allowed(&found), is_allowed(&found.with_package_missing(name("@acme/app").as_borrowed()))],
            [!creates, creates]
        );
    }
}

fn left_pad() -> Package {
    package("left-pad").user("alice", GrantedPermission::ReadWrite).build()
}

#[test]
fn the_changes_of_a_body_come_out_only_if_all_are_allowed() {
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let read_only = legacy(LegacyKind::ReadOnly, "alice").build();
    let existing = || FoundPackage::Existing(left_pad());
    let deprecate = || json!({"name": "left-pad", "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0", "deprecated": "old"}}});
    let published = || {
        json!({
            "name": "left-pad",
            "versions": {"1.0.0": {"name": "left-pad", "version": "1.0.0"}},
            "_attachments": {"left-pad-1.0.0.tgz": {"data": "YQ==", "length": 1}},
        })
    };
    let own = || Some(VerifiedFactor { owner: user_name("alice"), verified_at: now() });
    assert_eq!(put(deprecate(), &publish, existing(), own()), Ok(1));
    // The account needs a second factor for writes, its own and a fresh one (F4, F6).
    assert_eq!(put(deprecate(), &publish, existing(), None), Err(401));
    let of_bob = VerifiedFactor { owner: user_name("bob"), verified_at: now() };
    assert_eq!(put(deprecate(), &publish, existing(), Some(of_bob)), Err(401));
    let old = VerifiedFactor { owner: user_name("alice"), verified_at: time("2025-10-31T23:59:59Z") };
    assert_eq!(put(deprecate(), &publish, existing(), Some(old)), Err(401));
    // A read-only token writes nothing (K1), with or without a factor.
    assert_eq!(put(deprecate(), &read_only, existing(), own()), Err(403));
    // All of it is allowed, and the version is there already.
    assert_eq!(put(published(), &publish, existing(), own()), Err(409));
    // An unrecognised body needs every permission, also to change the visibility, which no one may of an unscoped package
    // (C4).
    assert_eq!(put(json!({"odd": 1}), &publish, existing(), own()), Err(403));
    // The document was found, and the facts say that the package does not exist: creating is another action.
    assert_eq!(put(published(), &publish, FoundPackage::Missing(name("left-pad")), own()), Err(500));
    assert_eq!(put(deprecate(), &publish, FoundPackage::Missing(name("left-pad")), own()), Err(404));
    // Facts about another package only.
    assert_eq!(put(deprecate(), &publish, FoundPackage::Missing(name("right-pad")), own()), Err(500));
}

#[test]
fn of_two_access_requests_one_is_enough_and_of_none_nothing_is() {
    let alice = alice(TwoFactorMode::Disabled);
    let token = legacy(LegacyKind::Publish, "alice").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let facts = facts(FoundPackage::Missing(name("@acme/app")));
    let decider = Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
    let on = |action| AccessRequest::Package { action, package: name("@acme/app") };
    let (publish, deprecate) = (on(tollgate::PackageAction::Publish), on(tollgate::PackageAction::Deprecate));
    assert!(matches!(decider.decide_either(&deprecate, Some(&publish)), Ok(WithBody::Go(_))));
    assert!(matches!(decider.decide_either(&publish, None), Ok(WithBody::Go(_))));
    assert!(matches!(decider.decide_either(&deprecate, None), Ok(WithBody::Refused(_))));
    assert!(matches!(decider.decide_either(&deprecate, Some(&deprecate)), Ok(WithBody::Refused(_))));
    assert!(matches!(decider.decide_all(&[publish.clone(), deprecate]), Ok(WithBody::Refused(_))));
    assert!(
        matches!(decider.decide_all(&[publish.clone(), publish]), Ok(WithBody::Go(allowed)) if allowed.allows().len() == 2)
    );
    assert!(matches!(decider.decide_all(&[]), Err(ResourceFactsError::NothingAsked)));
}

/// A ceiling decided elsewhere (C7) stands in the place of the grants, and of the rule about creating a package.
#[test]
fn found_facts_keep_the_ceiling_of_their_package() {
    let alice = user("alice").build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let ceiling = |actions: &[Action]| {
        ExternalCeiling::new(user_name("alice").into_owned(), name("@acme/app"), actions.iter().copied())
    };
    let publish = AccessRequest::Package { action: tollgate::PackageAction::Publish, package: name("@acme/app") };
    let private = FoundPackage::Existing(package("@acme/app").private().build());
    let free = FoundPackage::Missing(name("@acme/app"));
    for (found, actions, allowed) in [
        (&private, [Action::ReadPackage, Action::PublishVersion], true),
        (&private, [Action::ReadPackage, Action::CreatePackage], false),
        (&free, [Action::ReadPackage, Action::CreatePackage], true),
        (&free, [Action::ReadPackage, Action::PublishVersion], false),
    ] {
        let mut facts = FoundFacts::new();
        facts.add_package(found.clone());
        facts.add_package_with_ceiling(found.clone(), ceiling(&actions));
        let decider =
            Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
        assert_eq!(decider.decide(&publish).unwrap().is_allow(), allowed, "{found:?} {actions:?}");
        // The result without a ceiling replaces it.
        facts.add_package(found.clone());
        let decider =
            Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
        assert!(!decider.decide(&publish).unwrap().is_allow());
    }
}

#[test]
fn each_name_is_to_be_found_once() {
    let on = |package: &str, action| AccessRequest::Package { action, package: name(package) };
    let asked = [
        on("a", tollgate::PackageAction::Publish),
        on("a", tollgate::PackageAction::Deprecate),
        on("b", tollgate::PackageAction::ReadPackage),
        AccessRequest::SharePackage { organization: "acme".parse().unwrap(), package: name("b") },
        AccessRequest::SharePackage { organization: "acme".parse().unwrap(), package: name("b") },
        AccessRequest::SharePackage { organization: "globex".parse().unwrap(), package: name("b") },
        AccessRequest::Account { action: tollgate::AccountAction::Whoami, user: None },
    ];
    let mut facts = FoundFacts::new();
    assert_eq!(facts.packages_to_find(&asked), [name("a"), name("b")]);
    assert_eq!(facts.organizations_to_find(&asked), ["acme".parse().unwrap(), "globex".parse().unwrap()]);
    facts.add_package(FoundPackage::Missing(name("a")));
    facts.add_organization(FoundOrganization::Missing("acme".parse().unwrap()));
    assert_eq!(facts.packages_to_find(&asked), [name("b")]);
    assert_eq!(facts.organizations_to_find(&asked), ["globex".parse().unwrap()]);
    assert!(facts.about(&asked[3]).package.is_none());
    // A later result takes the place of the earlier one for the same name, and of no other.
    facts.add_organization(FoundOrganization::Missing("globex".parse().unwrap()));
    facts.add_organization(FoundOrganization::Existing(organization("acme")));
    let found = |name: &str| facts.organization(OrganizationName::new(name).unwrap()).cloned();
    assert_eq!(found("acme"), Some(FoundOrganization::Existing(organization("acme"))));
    assert_eq!(found("globex"), Some(FoundOrganization::Missing("globex".parse().unwrap())));
}

/// What the token alone shows refuses a request before its owner is looked up, with a text about the request's action.
#[test]
fn a_token_that_could_not_do_the_request_is_refused_before_its_owner_is_known() {
    let refused = |token: &Token, method: &str, path: &str| {
        let required = Endpoint::classify(method, path).unwrap().required_access();
        let token = token.as_view();
        required
            .refuse_early(&Policy::NPM_2025_10, &token, ClientIp::UNKNOWN, now())
            .map(|refused| (refused.deny().reason(), refused.answer().error().to_owned()))
    };
    let read_only = legacy(LegacyKind::ReadOnly, "alice").build();
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let revoked = legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build();
    let reads = granular("t", "alice").packages(GrantedPermission::ReadOnly, all()).build();
    let writes = granular("t", "alice").packages(GrantedPermission::ReadWrite, all()).build();
    let kind = |text: &str| Some((Reason::KindForbidsAction, text.to_owned()));
    assert_eq!(refused(&read_only, "PUT", "/left-pad"), kind("a legacy read-only access token may not publish"));
    assert_eq!(
        refused(&read_only, "DELETE", "/left-pad/-rev/1"),
        kind("a legacy read-only access token may not unpublish")
    );
    let too_low = refused(&reads, "PUT", "/left-pad/-rev/1").unwrap();
    assert_eq!(too_low.0, Reason::PermissionTooLow);
    assert!(too_low.1.contains("unpublish"), "{}", too_low.1);
    assert_eq!(refused(&revoked, "GET", "/-/whoami").map(|refused| refused.0), Some(Reason::TokenRevoked));
    // Whatever the body says: no granular token gives a star, and the rest needs to write.
    assert_eq!(refused(&reads, "PUT", "/left-pad").map(|refused| refused.0), Some(Reason::PermissionTooLow));
    // Everyone may read a public package; nothing is refused for a token that has nothing to do with it.
    assert_eq!(refused(&revoked, "GET", "/left-pad"), None);
    assert_eq!(refused(&revoked, "GET", "/-/ping"), None);
    for (method, path) in REQUESTS {
        assert_eq!(refused(&publish, method, path), None, "{method} {path}");
    }
    assert_eq!(refused(&writes, "PUT", "/left-pad"), None);
}

/// Every failure on the way has its answer.
#[test]
fn each_failure_has_a_status_headers_and_a_body() {
    let headers = |answer: &Answer| {
        answer.headers().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
    };
    let Credential::Malformed(error) = Credential::from_headers([b"Basic YTpi".as_slice()]) else { panic!("readable") };
    let answer = Answer::from(error);
    assert_eq!(answer.status(), 401);
    assert_eq!(
        headers(&answer),
        "content-type: application/json\nwww-authenticate: Bearer\nnpm-notice: a name and a password in the header `authorization`: expected `Bearer` and an access token"
    );
    for (method, path, status) in [
        ("GET", "/-/nothing", 404),
        ("GET", "/-/npm/v1/hooks", 404),
        ("PATCH", "/left-pad", 405),
        ("GET", "/left-pad//x", 400),
        ("GET", "/.hidden", 400),
    ] {
        let error: EndpointError = Endpoint::classify(method, path).unwrap_err();
        let answer = Answer::from(error.clone());
        assert_eq!((answer.status(), answer.error()), (status, error.to_string().as_str()), "{method} {path}");
        assert_eq!(headers(&answer), "content-type: application/json");
    }
    let error: BodyError = body(json!({})).user().unwrap_err();
    assert_eq!(Answer::from(error.clone()).status(), 400);
    assert_eq!(json!(Answer::from(error.clone())), json!({ "error": error.to_string() }));
    assert_eq!(Answer::body_too_large().status(), 413);
}

/// A fault of the server says nothing about what the registry has.
#[test]
fn an_answer_to_a_fault_of_the_server_does_not_say_which() {
    let other = FoundPackage::from_lookup::<LookupError>(name("a").as_borrowed(), Ok(Some(package("b").build())));
    let faults = [ResourceFactsError::Package, ResourceFactsError::Organization, ResourceFactsError::NothingAsked];
    for answer in faults.map(Answer::from).into_iter().chain([other.unwrap_err().into(), Answer::server_error()]) {
        assert_eq!(answer, Answer::server_error());
        assert_eq!((answer.status(), answer.npm_notice(), answer.www_authenticate()), (500, None, None));
    }
    // No new team may have this name: that is for the client to know.
    let answer = Answer::from(ResourceFactsError::TeamName);
    assert_eq!((answer.status(), answer.error()), (400, ResourceFactsError::TeamName.to_string().as_str()));
}

/// A step converts into its answer.
#[test]
fn a_step_becomes_its_answer() {
    let facts = facts(FoundPackage::Existing(left_pad()));
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let required = Endpoint::classify("PUT", "/-/package/left-pad/dist-tags/next").unwrap().required_access();
    for (caller, status) in [(Caller::NoToken, 401), (Caller::Token(bind(Policy::NPM_2025_10, &publish, &alice)), 401)]
    {
        let decider =
            Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
        let (expected, answer) = match decider.before_body(&required).unwrap() {
            BeforeBody::Refused(refused) => (refused.answer().clone(), Answer::from(refused)),
            BeforeBody::Challenged(challenged) => (challenged.answer().clone(), Answer::from(challenged)),
            step @ (BeforeBody::BodyDecides | BeforeBody::Go(_)) => panic!("{step:?}"),
        };
        assert_eq!((&answer, answer.status()), (&expected, status));
        assert_eq!(answer.www_authenticate(), Some(if matches!(caller, Caller::NoToken) { "Bearer" } else { "OTP" }));
    }
}

/// A token that is not issued: the request is not valid, collides with what there is, or asks for too much.
#[test]
fn a_token_that_is_not_issued_has_an_answer_by_what_is_wrong() {
    for (error, status) in [
        (IssueError::NameTaken, 409),
        (IssueError::TooManyTokens, 409),
        (IssueError::OwnerSuspended, 403),
        (IssueError::RangesRequired, 403),
        (IssueError::PackageNotFound { package: name("left-pad") }, 403),
        (IssueError::PackageFactsMissing { package: name("left-pad") }, 500),
        (IssueError::SessionExpired { expires_at: now(), now: now() }, 400),
    ] {
        let answer = Answer::from(error.clone());
        // A fault of the server does not say which.
        let text = if status == 500 { Answer::server_error().error().to_owned() } else { error.to_string() };
        assert_eq!((answer.status(), answer.error()), (status, text.as_str()));
    }
}

#[test]
fn a_challenge_in_a_browser_says_where() {
    let alice = alice(TwoFactorMode::AuthAndWrites);
    let token = legacy(LegacyKind::Publish, "alice").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let facts = facts(FoundPackage::Missing(name("@acme/app")));
    let decider = Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
    let required = Endpoint::classify("DELETE", "/-/npm/v1/tokens/token/t-9").unwrap().required_access();
    let BeforeBody::Challenged(challenged) = decider.before_body(&required).unwrap() else { panic!("no challenge") };
    let answer =
        Answer::from_challenge_in_browser(challenged.challenge(), "https://r.example/l/1", "https://r.example/d/2");
    assert_eq!((answer.status(), answer.www_authenticate()), (401, Some("OTP")));
    let error = challenged.answer().error();
    assert_eq!(
        json!(answer),
        json!({"error": error, "authUrl": "https://r.example/l/1", "doneUrl": "https://r.example/d/2"})
    );
    assert_eq!(json!(challenged.answer()), json!({ "error": error }));
}

#[cfg(feature = "http")]
#[test]
fn an_answer_is_a_response_of_the_http_crate() {
    let error = Endpoint::classify("PATCH", "/left-pad").unwrap_err();
    let response = http::Response::from(&Answer::from(error));
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.body(), r#"{"error":"no such method on this endpoint"}"#);
    let mut headers = http::HeaderMap::new();
    assert_eq!(Credential::from_header_map(&headers), Credential::Absent);
    headers.append("authorization", "Bearer abc".parse().unwrap());
    assert_eq!(Credential::from_header_map(&headers), Credential::Token("abc"));
    headers.append("authorization", "Bearer abc".parse().unwrap());
    assert!(matches!(Credential::from_header_map(&headers), Credential::Malformed(_)));
}
