//! With `--demo`: creates the user `demo` in an empty database, so that a new registry can be tried at once.

use std::net::SocketAddr;

use tollgate::{ClientIp, Policy, Token, UserName, facts::PublishingAccess};

use crate::{
    base::{
        failure::{Failure, fact},
        moment::Moment,
        random, retry,
    },
    credentials::{
        hashing::{Hashing, Waiting},
        login::{self, LoggedIn},
    },
    store::{
        accounts::{self, NewAccount},
        database::Store,
        turns::Writer,
    },
};

const NAME: &str = "demo";

/// Creates the user `demo` with a token if the database has no user and no organization. Returns `None` otherwise.
pub(crate) async fn make_user(store: &Store, hashing: &Hashing, at: Moment) -> Result<Option<Demo>, Failure> {
    // If another process creates an account at the same time, the next attempt finds it.
    retry::until_done(|| make_once(store, hashing, at)).await
}

async fn make_once(store: &Store, hashing: &Hashing, at: Moment) -> Result<Option<Demo>, Failure> {
    if accounts::any_account(&mut store.snapshot().await?).await? {
        return Ok(None);
    }
    let name: UserName = fact(NAME.parse())?;
    let password = random::nonce()?;
    let hash = hashing.hash(password.clone(), Waiting::Known(name.as_borrowed())).await?;
    let mut tx = store.writing(&Writer::of_account(name.as_borrowed())).await?;
    // Another process may have created an account since the snapshot.
    if accounts::any_account(&mut tx).await? {
        return Ok(None);
    }
    let account = NewAccount { name: &name, password_hash: hash, email: Some("demo@example.test") };
    accounts::create(&mut tx, account, at.now).await?;
    let issued = login::issue_token(&mut tx, LoggedIn { user: &name, address: ClientIp::UNKNOWN, at }).await?;
    tx.commit().await?;
    let ends = match issued.token {
        Token::Session(session) => Some(session.expires_at().to_string()),
        Token::Legacy(_) | Token::Granular(_) | _ => None,
    };
    Ok(Some(Demo { password, token: issued.secret.expose().to_owned(), ends }))
}

/// The password and the token of the new user. Neither is stored as a text, so they are shown only at this start.
pub(crate) struct Demo {
    password: String,
    token: String,
    /// The time at which the token ends, if it is a session.
    ends: Option<String>,
}

impl Demo {
    /// The text that says how to publish a package as this user.
    pub(crate) fn instructions(&self, address: SocketAddr, policy: &Policy) -> String {
        let Self { password, token, ends } = self;
        let (how, publish) = if policy.least_publishing_access() > PublishingAccess::NoRequirement {
            let how = "run these one by one; under this edition a publish needs a code of your authenticator app";
            (how, "npm profile enable-2fa auth-and-writes\nnpm publish --otp=CODE\n")
        } else {
            ("paste", "npm publish\n")
        };
        let ends = ends.as_ref().map_or(String::new(), |ends| format!("The token ends at {ends}: then npm login.\n"));
        format!(
            "\nThe database was empty, so it has a user now: {NAME}, password {password}\n\
             To publish a package, {how}:\n\n\
             mkdir hello-tollgate && cd hello-tollgate\n\
             npm init --yes\n\
             echo 'registry=http://{address}/' > .npmrc\n\
             echo '//{address}/:_authToken={token}' >> .npmrc\n\
             {publish}\
             npm view hello-tollgate\n\n\
             {ends}\
             To log in as another user: npm login --registry http://{address}/\n"
        )
    }
}
