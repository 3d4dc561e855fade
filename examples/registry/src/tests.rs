//! Tests of the database: two writers at the same time, rows that are removed together, and the facts of one user.

use std::path::Path;

use serde_json::json;
use tollgate::{
    Policy, Timestamp, Token,
    facts::{AccountStatus, FoundPackage, TwoFactorMode, Visibility},
    token::{
        GranularSettings, IssuedBy, LegacyKind, OrganizationsGrant, PackageSelection, PackagesGrant, TokenDescription,
        TokenFacts, TwoFactorBypass,
    },
    value::{AllowedRanges, GrantedPermission, PackagesPermission, Permission, Role},
};

use crate::{
    base::{failure::Failure, moment::Moment, random},
    credentials::{
        issuance::{self, IssueRequest, NewToken},
        one_time_password::{self, ShownCode},
    },
    store::{
        accounts::{self, NewAccount},
        collaborators::{self, Collaborator},
        database::{Store, Tx},
        facts,
        guesses::{self, Guess},
        logins::{self, NewLogin},
        lookup, organizations,
        packages::{self, NewPackage},
        tarballs::TarballId,
        tokens,
        turns::Writer,
    },
};

fn now() -> Timestamp {
    "2025-11-01T00:00:00Z".parse().unwrap()
}

/// A writer with a place of its own in the queue.
fn writer() -> Writer {
    Writer::of_server(&random::nonce().unwrap())
}

fn moment() -> Moment {
    Moment { policy: Policy::NPM_2025_10, now: now() }
}

async fn open(folder: &Path) -> Store {
    Store::open(&format!("sqlite:{}?mode=rwc", folder.join("test.sqlite").display())).await.unwrap()
}

async fn with_user(folder: &Path, name: &str) -> Store {
    let store = open(folder).await;
    let mut tx = store.writing(&writer()).await.unwrap();
    create_user(&mut tx, name).await.unwrap();
    tx.commit().await.unwrap();
    store
}

async fn create_user(tx: &mut Tx, name: &str) -> Result<(), Failure> {
    let account = NewAccount { name: &name.parse().unwrap(), password_hash: "hash".into(), email: None };
    accounts::create(tx, account, now()).await
}

fn new_package<'a>(name: &'a str, visibility: Visibility, creator: &'a str) -> NewPackage<'a> {
    NewPackage { name: name.try_into().unwrap(), visibility, creator: creator.try_into().unwrap() }
}

async fn publish_first(store: &Store, version: &str) -> Result<&'static str, Failure> {
    let name = "left-pad".try_into().unwrap();
    let mut tx = store.writing(&writer()).await?;
    let done = match lookup::package(&mut tx, name, None).await? {
        FoundPackage::Existing(_) => "told",
        FoundPackage::Missing(_) => {
            packages::create(&mut tx, new_package("left-pad", Visibility::Public, "alice"), now()).await?;
            let (manifest, tarball) = (json!({ "version": version }), TarballId::new(b"bytes"));
            let new = packages::NewVersion { version, manifest: &manifest.to_string(), tarball: &tarball };
            packages::insert_version(&mut tx, name, &new, now()).await?;
            "created"
        }
    };
    tx.commit().await?;
    Ok(done)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_first_publishes_at_once_one_creates_and_the_other_finds_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (with_user(folder.path(), "alice").await, open(folder.path()).await);
    let (a, b) = tokio::join!(publish_first(&one, "1.0.0"), publish_first(&other, "2.0.0"));
    let mut outcomes = [a.unwrap(), b.unwrap()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["created", "told"]);
}

fn settings(name: &str) -> GranularSettings {
    GranularSettings {
        name: name.parse().unwrap(),
        description: TokenDescription::default(),
        expires_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        allowed_ranges: AllowedRanges::Any,
        bypass_2fa: TwoFactorBypass::Off,
        packages: PackagesGrant::Granted { permission: PackagesPermission::ReadOnly, selection: PackageSelection::All },
        organizations: OrganizationsGrant::NoAccess,
    }
}

async fn issue_in(tx: &mut Tx, name: &str) -> Result<(), Failure> {
    let owner = lookup::user(tx, "alice".try_into().unwrap()).await?.unwrap();
    let token = NewToken::Granular(Box::new(settings(name)));
    let request = IssueRequest { token, issued_by: IssuedBy::Owner, at: moment() };
    issuance::issue(tx, &owner, request).await.map(drop)
}

async fn issue_one(store: &Store, name: &str) -> Result<(), Failure> {
    let mut tx = store.writing(&writer()).await?;
    issue_in(&mut tx, name).await?;
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_1000th_and_the_1001st_token_made_at_once_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (with_user(folder.path(), "alice").await, open(folder.path()).await);
    // 999 rows are inserted without checks, because each check would read all the others.
    let mut tx = one.writing(&writer()).await.unwrap();
    for number in 0..999 {
        let key = tollgate::token::TokenId::new(&format!("key-{number}")).unwrap();
        let granular = tollgate::token::GranularToken::load(
            TokenFacts { id: key, owner: "alice".parse().unwrap(), created: now(), revoked: None },
            settings(&format!("t{number}")),
        );
        let secret = random::token_secret().unwrap();
        tokens::insert(&mut tx, &granular.unwrap().into(), secret.as_secret()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (a, b) = tokio::join!(issue_one(&one, "x"), issue_one(&other, "y"));
    let failed: Vec<_> = [a, b].into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].to_string().contains("1000 granular tokens"), "{}", failed[0]);
}

#[tokio::test]
async fn a_login_makes_a_session_of_two_hours_that_does_not_count_as_a_granular_token() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    let owner = lookup::user(&mut tx, "alice".try_into().unwrap()).await.unwrap().unwrap();
    for (policy, is_session) in [(Policy::NPM_2025_10, false), (Policy::NPM_2025_12, true), (Policy::NPM_2027_01, true)]
    {
        let at = Moment { policy, now: now() };
        let request = IssueRequest { token: NewToken::Login, issued_by: IssuedBy::Owner, at };
        let issued = issuance::issue(&mut tx, &owner, request).await.unwrap();
        let stored = tokens::by_digest(&mut tx, &issued.secret.as_secret().digest()).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&issued.token));
        let ends = match issued.token {
            Token::Session(session) => Some(session.expires_at().to_string()),
            Token::Legacy(_) | Token::Granular(_) | _ => None,
        };
        assert_eq!(ends.as_deref(), is_session.then_some("2025-11-01T02:00:00Z"), "{policy}");
        let request = IssueRequest {
            token: NewToken::Legacy { kind: LegacyKind::ReadOnly, ranges: AllowedRanges::Any },
            issued_by: IssuedBy::Owner,
            at,
        };
        let legacy = issuance::issue(&mut tx, &owner, request).await;
        assert_eq!(legacy.is_err(), is_session, "{policy}");
    }
    let tokens = tokens::of_user(&mut tx, owner.name().as_borrowed()).await.unwrap();
    assert!(!tokens.iter().any(|listed| matches!(listed.token, Token::Granular(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tokens_of_one_name_made_at_once_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (with_user(folder.path(), "alice").await, open(folder.path()).await);
    let (a, b) = tokio::join!(issue_one(&one, "ci"), issue_one(&other, "ci"));
    assert_eq!([a, b].iter().filter(|made| made.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_taken_name_is_refused_to_users_and_organizations() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    let again = create_user(&mut tx, "alice").await;
    assert!(matches!(again, Err(Failure::Refused { .. })));
    let name = "alice".parse().unwrap();
    let organization = organizations::create(&mut tx, &name, "alice".try_into().unwrap()).await;
    assert!(matches!(organization, Err(Failure::Refused { .. })));
}

#[tokio::test]
async fn a_new_password_factor_cut_off_or_suspension_forgets_a_login_that_was_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    let alice = "alice".try_into().unwrap();
    let digest = |text: &str| tollgate::Secret::new(text).unwrap().digest();
    for number in 0..4 {
        let (login, done) = (digest(&format!("login-{number}")), digest(&format!("done-{number}")));
        let new = NewLogin {
            form_digest: login,
            poll_digest: done,
            purpose: logins::Purpose::Login,
            started_from: "127.0.0.1".into(),
        };
        logins::begin(&mut tx, &new, now()).await.unwrap();
        logins::finish(&mut tx, &login, alice).await.unwrap();
        assert!(logins::by_poll(&mut tx, &done, now()).await.unwrap().is_some());
        match number {
            0 => accounts::set_password(&mut tx, alice, "another".into()).await.unwrap(),
            1 => accounts::set_two_factor(&mut tx, alice, TwoFactorMode::AuthOnly, None).await.unwrap(),
            2 => accounts::revoke_tokens_until(&mut tx, alice, now()).await.unwrap(),
            _ => accounts::set_status(&mut tx, alice, AccountStatus::Suspended).await.unwrap(),
        }
        assert!(logins::by_poll(&mut tx, &done, now()).await.unwrap().is_none(), "{number}");
    }
}

#[tokio::test]
async fn a_dropped_transaction_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    issue_in(&mut tx, "ci").await.unwrap();
    drop(tx);
    let mut tx = store.snapshot().await.unwrap();
    assert!(tokens::of_user(&mut tx, "alice".try_into().unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_works_for_its_first_token_only_and_a_recovery_code_works_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    let alice = "alice".try_into().unwrap();
    let secret = one_time_password::new_secret().unwrap();
    let code = one_time_password::code_of(&secret, alice, now());
    for (used_by, code, is_good) in [
        ("token 1", code.as_str(), true),
        ("token 1", code.as_str(), true),
        ("token 2", code.as_str(), false),
        ("token 1", "000000", code == "000000"),
        ("token 1", "not a code", false),
    ] {
        let verified =
            one_time_password::verify(&mut tx, ShownCode { user: alice, secret: &secret, code, used_by }, moment())
                .await
                .unwrap();
        assert_eq!(verified, is_good, "{used_by} {code}");
    }
    let with_code = |code| ShownCode { user: alice, secret: &secret, code, used_by: "token 2" };
    let (codes, digests) = one_time_password::recovery_codes().unwrap();
    accounts::set_recovery_codes(&mut tx, alice, &digests).await.unwrap();
    assert!(one_time_password::verify(&mut tx, with_code(&codes[0]), moment()).await.unwrap());
    assert!(!one_time_password::verify(&mut tx, with_code(&codes[0]), moment()).await.unwrap());
    assert!(one_time_password::verify(&mut tx, with_code(&codes[1]), moment()).await.unwrap());
}

#[tokio::test]
async fn the_eleventh_wrong_code_in_15_minutes_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    let (alice, what) = ("alice".try_into().unwrap(), Guess::OneTimePassword);
    for _ in 0..10 {
        guesses::may_guess(&mut tx, alice, what, now()).await.unwrap();
        guesses::wrong(&mut tx, alice, what, now()).await.unwrap();
    }
    assert!(guesses::may_guess(&mut tx, alice, what, now()).await.is_err());
    assert!(guesses::may_guess(&mut tx, alice, Guess::Password, now()).await.is_ok());
    let later = now().checked_add(std::time::Duration::from_mins(15)).unwrap();
    assert!(guesses::may_guess(&mut tx, alice, what, later).await.is_ok());
}

#[tokio::test]
async fn leaving_an_organization_removes_team_access_and_grants_and_the_last_owner_cannot_leave() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    let (alice, bob) = ("alice".try_into().unwrap(), "bob".try_into().unwrap());
    create_user(&mut tx, "bob").await.unwrap();
    organizations::create(&mut tx, &"acme".parse().unwrap(), alice).await.unwrap();
    let (acme, app) = ("acme".try_into().unwrap(), "@acme/app".try_into().unwrap());
    organizations::set_member(&mut tx, acme, bob, None).await.unwrap();
    packages::create(&mut tx, new_package("@acme/app", Visibility::Private, "bob"), now()).await.unwrap();
    packages::set_user_grant(&mut tx, app, bob, Some(GrantedPermission::ReadOnly)).await.unwrap();
    let permissions = |all: Vec<Collaborator>| {
        let of_bob = all.into_iter().filter(|collaborator| collaborator.user == "bob");
        of_bob.map(|collaborator| (collaborator.permission, collaborator.by_team_of.is_some())).collect::<Vec<_>>()
    };
    let held = permissions(collaborators::all(&mut tx, app).await.unwrap());
    assert_eq!(held, [(Permission::ReadOnly, false), (Permission::ReadWrite, true)], "by the team developers");

    organizations::remove(&mut tx, acme, bob).await.unwrap();
    assert_eq!(permissions(collaborators::all(&mut tx, app).await.unwrap()), []);
    assert!(matches!(organizations::remove(&mut tx, acme, alice).await, Err(Failure::Refused { .. })));
    let demoted = organizations::set_member(&mut tx, acme, alice, Some(Role::Admin)).await;
    assert!(matches!(demoted, Err(Failure::Refused { .. })));
}

#[tokio::test]
async fn a_deleted_version_cannot_be_published_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    assert_eq!(publish_first(&store, "1.0.0").await.unwrap(), "created");
    let mut tx = store.writing(&writer()).await.unwrap();
    packages::delete(&mut tx, "left-pad".try_into().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(publish_first(&store, "1.0.0").await, Err(Failure::Refused { .. })));
    assert_eq!(publish_first(&store, "1.0.1").await.unwrap(), "created");
}

#[tokio::test]
async fn the_facts_about_a_package_have_the_grants_of_one_user_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing(&writer()).await.unwrap();
    for name in ["bob", "carol"] {
        create_user(&mut tx, name).await.unwrap();
    }
    let (alice, bob) = ("alice".try_into().unwrap(), "bob".try_into().unwrap());
    organizations::create(&mut tx, &"acme".parse().unwrap(), alice).await.unwrap();
    organizations::set_member(&mut tx, "acme".try_into().unwrap(), bob, None).await.unwrap();
    packages::create(&mut tx, new_package("@acme/app", Visibility::Private, "alice"), now()).await.unwrap();
    let app = "@acme/app".try_into().unwrap();
    packages::set_user_grant(&mut tx, app, alice, Some(GrantedPermission::ReadOnly)).await.unwrap();
    // Bob and Alice are in the team `developers`, which has a grant. Alice has one of her own too, and Carol has none.
    for (user, grants) in [(Some("alice"), (1, 1)), (Some("bob"), (0, 1)), (Some("carol"), (0, 0)), (None, (0, 0))] {
        let user = user.map(|user| user.try_into().unwrap());
        let FoundPackage::Existing(found) = lookup::package(&mut tx, app, user).await.unwrap() else {
            panic!("no package")
        };
        assert_eq!((found.users().iter().count(), found.teams().iter().count()), grants, "{user:?}");
        let listed = facts::all_packages(&mut tx, user).await.unwrap();
        assert_eq!((listed[0].users().iter().count(), listed[0].teams().iter().count()), grants, "{user:?}");
    }
}
