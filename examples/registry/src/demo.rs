//! A user to begin with, on an empty database.

use std::net::SocketAddr;

use tollgate::{Timestamp, UserName, token::IssuedBy};

use crate::{
    failure::{Failure, fact, other},
    issue::{self, NewToken},
    password, random,
    store::{Store, accounts, facts},
};

const NAME: &str = "demo";

/// Makes the user `demo` with a token if there is nobody at all, and says how to publish with it.
pub(crate) async fn make_user(store: &Store, now: Timestamp) -> Result<Option<Demo>, Failure> {
    match make_once(store, now).await {
        // Another process was as quick, and now there is somebody.
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
    // Another process may have been as quick.
    if accounts::any_account(&mut tx).await? {
        return Ok(None);
    }
    accounts::create(&mut tx, &name, hash, Some("demo@example.test"), now).await?;
    let owner = facts::user(&mut tx, name.as_borrowed()).await?.ok_or_else(|| other("the demo user is gone"))?;
    let issued = issue::issue(&mut tx, &owner, NewToken::LOGIN, IssuedBy::Owner, now).await?;
    tx.commit().await?;
    Ok(Some(Demo { password, token: issued.secret.expose().to_owned() }))
}

/// What is told about the demo user, once.
pub(crate) struct Demo {
    password: String,
    token: String,
}

impl Demo {
    /// The lines to paste.
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
