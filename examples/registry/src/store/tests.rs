//! What is promised of the database itself: two writers at once, and what goes with what.

use std::path::Path;

use serde_json::json;
use tollgate::{
    Timestamp,
    facts::{AccountStatus, TwoFactorMode, Visibility},
    token::{
        GranularSettings, IssuedBy, OrganizationsGrant, PackageSelection, PackagesGrant, TokenDescription, TokenFacts,
        TwoFactorBypass,
    },
    value::{AllowedRanges, GrantedPermission, Permission, Role},
};

use super::{
    Store, Tx, accounts, facts,
    guesses::{self, Guess},
    logins, organizations, packages,
};
use crate::{
    failure::Failure,
    issue::{self, NewToken},
    one_time,
    tarballs::TarballId,
};

fn now() -> Timestamp {
    "2025-11-01T00:00:00Z".parse().unwrap()
}

async fn open(folder: &Path) -> Store {
    Store::open(&format!("sqlite:{}?mode=rwc", folder.join("test.sqlite").display())).await.unwrap()
}

async fn with_user(folder: &Path, name: &str) -> Store {
    let store = open(folder).await;
    let mut tx = store.writing().await.unwrap();
    accounts::create(&mut tx, &name.parse().unwrap(), "hash".into(), None, now()).await.unwrap();
    tx.commit().await.unwrap();
    store
}

async fn publish_first(store: &Store, version: &str) -> Result<&'static str, Failure> {
    let name = "left-pad".try_into().unwrap();
    let mut tx = store.writing().await?;
    let done = match facts::package(&mut tx, name).await? {
        facts::FoundPackage::Existing(_) => "told",
        facts::FoundPackage::Missing(_) => {
            packages::create(&mut tx, name, Visibility::Public, "alice".try_into().unwrap(), now()).await?;
            let (manifest, tarball) = (json!({ "version": version }), TarballId::new(b"bytes"));
            let new = packages::NewVersion { version, manifest: &manifest, tarball: &tarball };
            packages::insert_version(&mut tx, name, &new, now()).await?;
            "created"
        }
    };
    tx.commit().await?;
    Ok(done)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_first_publishes_one_creates_and_the_other_is_told() {
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
        packages: PackagesGrant::Granted { permission: GrantedPermission::ReadOnly, selection: PackageSelection::All },
        organizations: OrganizationsGrant::NoAccess,
    }
}

async fn issue_in(tx: &mut Tx, name: &str) -> Result<(), Failure> {
    let owner = facts::user(tx, "alice".try_into().unwrap()).await?.unwrap();
    let new = NewToken::Granular(Box::new(settings(name)));
    issue::issue(tx, &owner, new, IssuedBy::Owner, now()).await.map(drop)
}

async fn issue_one(store: &Store, name: &str) -> Result<(), Failure> {
    let mut tx = store.writing().await?;
    issue_in(&mut tx, name).await?;
    Ok(tx.commit().await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_1000th_and_the_1001st_token_made_at_once_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (with_user(folder.path(), "alice").await, open(folder.path()).await);
    // 999 rows without the checks of each, which would look at all the others.
    let mut tx = one.writing().await.unwrap();
    for number in 0..999 {
        let key = tollgate::token::TokenId::new(&format!("key-{number}")).unwrap();
        let granular = tollgate::token::GranularToken::load(
            TokenFacts { id: key, owner: "alice".parse().unwrap(), created: now(), revoked: None },
            settings(&format!("t{number}")),
        );
        let secret = crate::random::token_secret().unwrap();
        super::tokens::insert(&mut tx, &granular.unwrap().into(), secret.as_secret()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (a, b) = tokio::join!(issue_one(&one, "x"), issue_one(&other, "y"));
    let failed: Vec<_> = [a, b].into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].to_string().contains("1000 granular tokens"), "{}", failed[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tokens_of_one_name_made_at_once_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (with_user(folder.path(), "alice").await, open(folder.path()).await);
    let (a, b) = tokio::join!(issue_one(&one, "ci"), issue_one(&other, "ci"));
    assert_eq!([a, b].iter().filter(|made| made.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_name_is_taken_once_and_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing().await.unwrap();
    let again = accounts::create(&mut tx, &"alice".parse().unwrap(), "hash".into(), None, now()).await;
    assert!(matches!(again, Err(Failure::Refused { .. })));
    let name = "alice".parse().unwrap();
    let organization = super::organizations::create(&mut tx, &name, "alice".try_into().unwrap()).await;
    assert!(matches!(organization, Err(Failure::Refused { .. })));
}

#[tokio::test]
async fn a_login_that_was_not_fetched_is_gone_with_the_password_the_factor_or_the_tokens_of_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing().await.unwrap();
    let alice = "alice".try_into().unwrap();
    let digest = |text: &str| tollgate::Secret::new(text).unwrap().digest();
    for number in 0..4 {
        let (login, done) = (digest(&format!("login-{number}")), digest(&format!("done-{number}")));
        logins::begin(&mut tx, (&login, &done), logins::Purpose::Login, "127.0.0.1", now()).await.unwrap();
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
async fn what_is_not_committed_never_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing().await.unwrap();
    issue_in(&mut tx, "ci").await.unwrap();
    drop(tx);
    let mut tx = store.snapshot().await.unwrap();
    assert!(super::tokens::of_user(&mut tx, "alice".try_into().unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_serves_whoever_used_it_first_and_a_recovery_code_serves_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing().await.unwrap();
    let alice = "alice".try_into().unwrap();
    let secret = one_time::new_secret().unwrap();
    let code = one_time::code_of(&secret, alice, now());
    for (used_by, code, is_good) in [
        ("token 1", code.as_str(), true),
        ("token 1", code.as_str(), true),
        ("token 2", code.as_str(), false),
        ("token 1", "000000", code == "000000"),
        ("token 1", "not a code", false),
    ] {
        let verified = one_time::verify(&mut tx, alice, &secret, code, used_by, now()).await.unwrap();
        assert_eq!(verified, is_good, "{used_by} {code}");
    }
    let (codes, digests) = one_time::recovery_codes().unwrap();
    accounts::set_recovery_codes(&mut tx, alice, &digests).await.unwrap();
    assert!(one_time::verify(&mut tx, alice, &secret, &codes[0], "token 2", now()).await.unwrap());
    assert!(!one_time::verify(&mut tx, alice, &secret, &codes[0], "token 2", now()).await.unwrap());
    assert!(one_time::verify(&mut tx, alice, &secret, &codes[1], "token 2", now()).await.unwrap());
}

#[tokio::test]
async fn the_eleventh_wrong_code_in_a_quarter_of_an_hour_is_not_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing().await.unwrap();
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
async fn who_leaves_an_organization_leaves_its_teams_and_grants_and_a_last_owner_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    let mut tx = store.writing().await.unwrap();
    let (alice, bob) = ("alice".try_into().unwrap(), "bob".try_into().unwrap());
    accounts::create(&mut tx, &"bob".parse().unwrap(), "hash".into(), None, now()).await.unwrap();
    organizations::create(&mut tx, &"acme".parse().unwrap(), alice).await.unwrap();
    let (acme, app) = ("acme".try_into().unwrap(), "@acme/app".try_into().unwrap());
    organizations::set_member(&mut tx, acme, bob, None).await.unwrap();
    packages::create(&mut tx, app, Visibility::Private, bob, now()).await.unwrap();
    packages::set_user_grant(&mut tx, app, bob, Some(GrantedPermission::ReadOnly)).await.unwrap();
    let held = packages::collaborators(&mut tx, app).await.unwrap();
    assert_eq!(held.get("bob"), Some(&Permission::ReadWrite), "by the team developers");

    organizations::remove_member(&mut tx, acme, bob).await.unwrap();
    assert!(!packages::collaborators(&mut tx, app).await.unwrap().contains_key("bob"));
    assert!(matches!(organizations::remove_member(&mut tx, acme, alice).await, Err(Failure::Refused { .. })));
    let demoted = organizations::set_member(&mut tx, acme, alice, Some(Role::Admin)).await;
    assert!(matches!(demoted, Err(Failure::Refused { .. })));
}

#[tokio::test]
async fn a_version_is_published_once_even_if_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_user(folder.path(), "alice").await;
    assert_eq!(publish_first(&store, "1.0.0").await.unwrap(), "created");
    let mut tx = store.writing().await.unwrap();
    packages::delete(&mut tx, "left-pad".try_into().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(publish_first(&store, "1.0.0").await, Err(Failure::Refused { .. })));
    assert_eq!(publish_first(&store, "1.0.1").await.unwrap(), "created");
}
