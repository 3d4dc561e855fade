//! A decision, and everything that leads up to it, does not allocate (D5), and reading a publish does not copy its tarball. The
//! global allocator of this program counts, which is why it is a program of its own.

#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own tables fails the test")]

use allocation_counter::measure;
use std::{collections::BTreeSet, time::Duration};
use tollgate::{
    AccountAction, ClientIp, Decision, MissingPackage, OrganizationAction, PackageAction, Policy, Reason, Timestamp,
    Token, User, authorize, authorize_anonymous,
    decision::{DecisionInput, EarlyAnswer, Validity},
    deny_unknown_token, explain,
    facts::{
        AccountStatus, ExternalCeiling, MaxFactorAge, Membership, Memberships, MissingOrganization, OrganizationView,
        OwnerView, PackageView, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode, UserGrants, VerifiedFactor,
        Visibility,
    },
    operation::Action,
    policy::Edition,
    token::{GranularView, LegacyKind, TokenView, TwoFactorBypass},
    value::{GrantedPermission, PackagesPermission, Role},
};
use tollgate::{
    facts::{PackageFacts, UserFacts},
    testing::{
        CREATED, Resources, all, granular, legacy, missing_organization, missing_package, now, only, organization,
        organization_name, package, package_name, ranges, session, team_name, time, token_id, user, user_name,
    },
    token::TokenFacts,
};

/// Runs something that must not allocate, in this thread.
fn without_allocation<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let mut result = None;
    let counted = measure(|| result = Some(run()));
    assert_eq!(counted.count_total, 0, "{what}");
    result.unwrap_or_else(|| panic!("{what} did not run"))
}

/// What a caller looks at of a decision.
fn look_at(decision: &Decision<'_>) -> (u16, usize, bool, Action) {
    let inputs = decision.depends_on();
    let held = DecisionInput::ALL.iter().filter(|input| inputs.contains(**input)).count();
    assert_eq!(held, inputs.iter().count());
    if let Decision::Deny(deny) = decision {
        std::hint::black_box(deny.comparison());
    }
    (decision.status(), held, matches!(decision.validity(), Validity::Until(_)), decision.action())
}

#[test]
fn the_allocation_counter_counts() {
    let alice = user("alice").suspended().build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let bound = tollgate::testing::bind(Policy::NPM_2025_10, &token, &alice);
    let Decision::Deny(deny) =
        authorize(&bound, AccountAction::Whoami, alice.name().as_borrowed(), ClientIp::UNKNOWN, now())
    else {
        panic!("the owner is suspended");
    };
    assert!(measure(|| drop(deny.client_text().to_string())).count_total > 0);
    assert!(measure(|| drop(alice.clone())).count_total > 0);
}

/// A token, its owner, where from and when, and what is asked.
struct Question<'a> {
    token: &'a Token,
    owner: &'a User,
    client_ip: ClientIp,
    now: Timestamp,
    action: Action,
    things: Resources<'a>,
}

impl<'a> Question<'a> {
    fn new(token: &'a Token, owner: &'a User, action: Action, things: Resources<'a>) -> Self {
        Self { token, owner, client_ip: "192.0.2.7".parse().unwrap(), now: now(), action, things }
    }
}

/// Asks in every way, under every edition, without an allocation. Returns the answers, each as the reason of a denial or
/// the outcome.
fn answers(question: &Question<'_>) -> BTreeSet<&'static str> {
    Edition::ALL.iter().map(|edition| answer(edition.policy(), question)).collect()
}

fn answer(policy: Policy, question: &Question<'_>) -> &'static str {
    let Question { token, owner, client_ip, now, action, things } = *question;
    let bound = without_allocation("bind", || policy.bind(token, owner).unwrap());
    let at = without_allocation("at", || bound.at(client_ip, now));
    let operation = things.operation(action);
    let decision = without_allocation("decide", || at.decide(operation));
    without_allocation("depends_on", || look_at(&decision));
    without_allocation("refuse_early", || match policy.refuse_early(bound.token(), action, client_ip, now) {
        EarlyAnswer::Deny(deny) => deny.status(),
        EarlyAnswer::NotDecided => 0,
    });
    let explanation = without_allocation("explain", || at.decide(operation).explain());
    let steps = without_allocation("steps", || explanation.steps().filter(|step| step.2.is_some()).count());
    assert!(steps > 0);
    match decision {
        Decision::Allow(_) => "allow",
        Decision::Deny(deny) => deny.reason().as_str(),
        Decision::Challenge(challenge) => {
            for (owner, verified_at, allowed) in
                [(owner.name().as_borrowed(), now, true), (user_name("bob"), now, false)]
            {
                let factor = VerifiedFactor { owner, verified_at };
                let max_age = MaxFactorAge::new(Duration::from_mins(1)).unwrap();
                let answered = without_allocation("answer", || challenge.answer(&factor, max_age));
                assert_eq!(answered.is_allow(), allowed);
                without_allocation("depends_on of an answer", || look_at(&answered));
            }
            "challenge"
        }
    }
}

#[test]
fn no_decision_of_any_reason_allocates() {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let alice = user("alice").build();
    let member = user("alice").member("acme", Role::Member, &["developers"]).build();
    let held = user("alice").writes_held_until("2025-11-02T00:00:00Z").build();
    let strict =
        user("alice").member("acme", Role::Owner, &["developers"]).two_factor(TwoFactorMode::AuthAndWrites).build();
    let suspended = user("alice").suspended().build();
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let read_only = legacy(LegacyKind::ReadOnly, "alice").build();
    let revoked = legacy(LegacyKind::Publish, "alice").revoked(CREATED).build();
    let office = legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8", "2001:db8::/32"]).build();
    let login = session("login", "alice").build();
    let stager = granular("ci", "alice").packages(PackagesPermission::StageOnly, all()).build();
    let reader = granular("ci", "alice").packages(ReadOnly, all()).build();
    let narrow = granular("ci", "alice").packages(ReadWrite, only(&["@globex", "left-pad", "@acme/new"])).build();
    let expired = granular("ci", "alice").packages(ReadOnly, all()).created("2025-10-01T00:00:00Z");
    let expired = expired.expires("2025-10-31T00:00:00Z").build();

    let acme = organization("acme");
    let app = package("@acme/app").private().team("acme", "developers", ReadWrite).user("bob", ReadOnly).build();
    let left_pad =
        package("left-pad").publishing_access(PublishingAccess::TwoFactorOnly).user("alice", ReadWrite).build();
    let on_app = Resources {
        package: (&app).into(),
        organization: (&acme).into(),
        team: team_name("developers"),
        account: user_name("alice"),
    };
    let on_left_pad = Resources { package: (&left_pad).into(), ..on_app };
    let on_new = Resources { package: missing_package("@acme/new").into(), ..on_app };
    let on_odd = Resources { package: missing_package("@acme/New").into(), ..on_app };
    let on_no_org = Resources { organization: missing_organization("globex").into(), ..on_app };

    let everything = |package: &str| {
        ExternalCeiling::new(
            user_name("alice").into_owned(),
            package_name(package).into_owned(),
            Action::ALL.iter().copied(),
        )
    };
    let (over_app, over_new) = (everything("@acme/app"), everything("@acme/new"));
    let decided_elsewhere =
        Resources { package: PackageView::from(&app).with_external_ceiling(&over_app).into(), ..on_app };
    let creation_decided_elsewhere =
        Resources { package: missing_package("@acme/new").with_external_ceiling(&over_new).into(), ..on_app };

    let questions = [
        Question::new(&revoked, &alice, Action::ReadPackage, on_app),
        Question::new(&expired, &alice, Action::ReadPackage, on_app),
        Question::new(&office, &alice, Action::ReadPackage, on_app),
        Question::new(&publish, &suspended, Action::ReadPackage, on_app),
        Question::new(&read_only, &alice, Action::PublishVersion, on_app),
        Question::new(&reader, &alice, Action::PublishVersion, on_app),
        Question::new(&stager, &alice, Action::PublishVersion, on_app),
        Question::new(&login, &held, Action::PublishVersion, on_app),
        Question::new(&publish, &alice, Action::AddMember, on_no_org),
        Question::new(&publish, &alice, Action::Deprecate, on_new),
        Question::new(&narrow, &alice, Action::PublishVersion, on_app),
        Question::new(&narrow, &member, Action::CreatePackage, on_new),
        Question::new(&publish, &alice, Action::PublishVersion, on_app),
        Question::new(&publish, &member, Action::CreatePackage, on_odd),
        Question::new(&narrow, &alice, Action::PublishVersion, on_left_pad),
        Question::new(&publish, &alice, Action::PublishVersion, on_left_pad),
        Question::new(&publish, &strict, Action::PublishVersion, on_app),
        Question::new(&publish, &member, Action::PublishVersion, on_app),
        Question::new(&reader, &alice, Action::ReadPackage, on_left_pad),
    ];
    let mut given: BTreeSet<&str> = questions.iter().flat_map(answers).collect();

    let anonymous = without_allocation("authorize_anonymous", || {
        [
            authorize_anonymous(PackageAction::ReadPackage, &left_pad),
            authorize_anonymous(PackageAction::ReadPackage, &app),
            authorize_anonymous(PackageAction::ReadPackage, missing_package("free")),
            authorize_anonymous(OrganizationAction::ReadOrg, &acme),
            deny_unknown_token(PackageAction::Publish, &app),
        ]
    });
    for decision in &anonymous {
        without_allocation("depends_on without a token", || look_at(decision));
        if let Decision::Deny(deny) = decision {
            given.insert(deny.reason().as_str());
        }
    }
    let every: BTreeSet<&str> =
        Reason::ALL.iter().map(|reason| reason.as_str()).chain(["allow", "challenge"]).collect();
    assert_eq!(given, every);

    // Every action with every kind of token, whatever the answer.
    for token in [&publish, &read_only, &office, &reader, &stager, &narrow, &login] {
        for things in [on_app, on_left_pad, on_new, on_odd, on_no_org, decided_elsewhere, creation_decided_elsewhere] {
            for (owner, action) in
                [&alice, &strict, &held].into_iter().flat_map(|o| Action::ALL.iter().map(move |a| (o, *a)))
            {
                answers(&Question::new(token, owner, action, things));
            }
        }
    }
}

#[test]
fn a_decision_from_database_rows_through_views_does_not_allocate() {
    use GrantedPermission::ReadWrite;
    let membership = Membership::new("acme".parse().unwrap(), Role::Admin, ["developers".parse().unwrap()]).unwrap();
    let memberships = Memberships::new([membership]).unwrap();
    let (users, teams) = (
        UserGrants::new([("bob".parse().unwrap(), ReadWrite)]).unwrap(),
        TeamGrants::new([("acme".parse().unwrap(), "developers".parse().unwrap(), ReadWrite)]).unwrap(),
    );
    let settings = granular("ci", "alice").packages(ReadWrite, only(&["@acme", "left-pad"]));
    let settings = settings.organizations(ReadWrite, &["acme"]).settings();
    let (id, office) = (token_id("ci"), ranges(&["10.0.0.0/8"]));
    let (created, expires_at) = (time(CREATED), settings.expires_at);
    let (alice, record) = (user("alice").build(), legacy(LegacyKind::Publish, "alice").build());
    let app = package("@acme/app").build();
    let acme = organization("acme");
    let client_ip: ClientIp = "10.1.2.3".parse().unwrap();
    let allowed = without_allocation("views", || {
        let owner = user_name("alice");
        let owner = OwnerView::new(UserFacts {
            name: owner,
            status: AccountStatus::Active,
            two_factor: TwoFactorMode::Disabled,
            tokens_revoked_until: None,
            writes_held_until: None,
            memberships: &memberships,
        })
        .unwrap();
        let name = package_name("@acme/app");
        let (private, access) = (Visibility::Private, PublishingAccess::NoRequirement);
        let app = PackageView::new(PackageFacts {
            name,
            scope_owner: ScopeOwner::Organization,
            visibility: private,
            publishing_access: access,
            users: &users,
            teams: &teams,
        })
        .unwrap();
        let grants = GranularView {
            expires_at,
            bypass_2fa: TwoFactorBypass::Off,
            packages: &settings.packages,
            organizations: &settings.organizations,
        };
        let token =
            TokenView::granular(TokenFacts { id: &id, owner: owner.name(), created, revoked: None }, &office, grants)
                .unwrap();
        let old = TokenView::legacy(
            TokenFacts { id: &id, owner: owner.name(), created, revoked: None },
            LegacyKind::Publish,
            &office,
        );
        let acme = OrganizationView::new(organization_name("acme"));
        let policy = Policy::NPM_2025_10;
        let (bound, old) = (policy.bind(token, owner).unwrap(), policy.bind(old, owner).unwrap());
        let explained = explain(&old, PackageAction::Unpublish, app, client_ip, now()).decision().is_allow();
        explained
            && authorize(&bound, PackageAction::Publish, app, client_ip, now()).is_allow()
            && authorize(&bound, OrganizationAction::ReadOrg, acme, client_ip, now()).is_allow()
    });
    assert!(allowed);
    without_allocation("views of records", || {
        std::hint::black_box((record.as_view(), alice.as_view(), app.as_view(), acme.as_view()));
        std::hint::black_box((
            MissingPackage::new(package_name("free")),
            MissingOrganization::new(organization_name("free")),
        ));
    });
}

#[test]
fn filtering_a_listing_does_not_allocate() {
    let alice = user("alice").build();
    let token = granular("ci", "alice").packages(GrantedPermission::ReadOnly, only(&["@acme"])).build();
    let packages = [
        package("left-pad").build(),
        package("@acme/app").private().user("alice", GrantedPermission::ReadOnly).build(),
        package("@acme/open").build(),
        package("@bob/tool").private().in_scope_of_a_user().user("alice", GrantedPermission::ReadOnly).build(),
    ];
    let bound = tollgate::testing::bind(Policy::NPM_2025_10, &token, &alice);
    let at = bound.at(ClientIp::UNKNOWN, now());
    let shown = without_allocation("readable", || at.readable(&packages[..]).count());
    assert_eq!(shown, 2);
}

/// A publish of version 1.0.0 of `left-pad`, as npm's client sends it, with this text as the base 64 of its tarball.
#[cfg(feature = "npm")]
fn publish(tarball: &str) -> Vec<u8> {
    let text = format!(
        r#"{{
            "_id": "left-pad", "name": "left-pad", "dist-tags": {{"latest": "1.0.0"}}, "access": null,
            "versions": {{"1.0.0": {{"_id": "left-pad@1.0.0", "name": "left-pad", "version": "1.0.0", "dist": {{}}}}}},
            "_attachments": {{
                "left-pad-1.0.0.tgz": {{"content_type": "application/octet-stream", "data": "{tarball}", "length": 3}}
            }}
        }}"#
    );
    text.into_bytes()
}

/// Reads a publish from the bytes of its request, to the list of changes. Returns the number of bytes that were allocated.
#[cfg(feature = "npm")]
fn bytes_to_read(sent: &[u8]) -> u64 {
    use tollgate::npm::{Body, PackumentChanges, PutTarget};
    let left_pad = "left-pad".parse().unwrap();
    let counted = measure(|| {
        let body: Body<'_> = serde_json::from_slice(sent).unwrap();
        let changes = PackumentChanges::read(&left_pad, PutTarget::Package, &body, None).unwrap();
        assert_eq!(changes.access_requests().len(), 1);
    });
    counted.bytes_total
}

#[cfg(feature = "npm")]
#[test]
fn reading_a_publish_does_not_copy_the_tarball() {
    // The base 64 of 10 MB.
    let large = "QUFB".repeat(10_000_000 / 3);
    let (of_small, of_large) = (bytes_to_read(&publish("QUFB")), bytes_to_read(&publish(&large)));
    assert_eq!(of_large, of_small);
    assert!(of_large < 8 * 1024, "{of_large}");
    // A string with an escape differs from its text in the input, so that it has to be copied.
    assert!(bytes_to_read(&publish(&format!("{large}\\/"))) > 10_000_000);
}
