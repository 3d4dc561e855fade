//! Creates the user `demo` in an empty database, so that a new registry can be tried without creating an account.

use std::net::SocketAddr;

use tollgate::{Timestamp, UserName};

use crate::{
    base::{
        failure::{Failure, fact},
        random,
    },
    credentials::{login, password},
    store::{
        accounts::{self, NewAccount},
        database::Store,
    },
};

const NAME: &str = "demo";

/// Creates the user `demo` with a token if the database has no user and no organization. Returns `None` otherwise.
pub(crate) async fn make_user(store: &Store, now: Timestamp) -> Result<Option<Demo>, Failure> {
    match make_once(store, now).await {
        // Another process created an account at the same time. The second attempt finds it.
        Err(failure) if failure.is_transient() => make_once(store, now).await,
        outcome => outcome,
    }
}

async fn make_once(store: &Store, now: Timestamp) -> Result<Option<Demo>, Failure> {
    if accounts::any_account(&mut store.snapshot().await?).await? {
        return Ok(None);
    }
    let name: UserName = fact(NAME.parse())?;
    let password = random::nonce()?;
    let hash = password::hash(password.clone()).await?;
    let mut tx = store.writing().await?;
    // Another process may have created an account since the snapshot.
    if accounts::any_account(&mut tx).await? {
        return Ok(None);
    }
    let account = NewAccount { name: &name, password_hash: hash, email: Some("demo@example.test") };
    accounts::create(&mut tx, account, now).await?;
    let issued = login::issue_token(&mut tx, &name, now).await?;
    tx.commit().await?;
    Ok(Some(Demo { password, token: issued.secret.expose().to_owned() }))
}

/// The password and the token of the new user. Neither is stored as a text, so they are shown only at this start.
pub(crate) struct Demo {
    password: String,
    token: String,
}

impl Demo {
    /// The text that says how to publish a package as this user.
    pub(crate) fn instructions(&self, address: SocketAddr) -> String {
        let Self { password, token } = self;
        format!(
            "\nThe database was empty, so it has a user now: {NAME}, password {password}\n\
             To publish a package, paste:\n\n\
             mkdir hello-tollgate && cd hello-tollgate\n\
             npm init --yes\n\
             echo 'registry=http://{address}/' > .npmrc\n\
             echo '//{address}/:_authToken={token}' >> .npmrc\n\
             npm publish\n\
             npm view hello-tollgate\n\n\
             To log in as somebody else: npm login --registry http://{address}/\n"
        )
    }
}
