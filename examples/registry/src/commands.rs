//! What is done to the data from the command line, by whoever may open the database.

use std::io::{BufRead, Write};

use tollgate::facts::AccountStatus;

use crate::{
    clock,
    config::{Command, Config, OrgCommand, UserCommand},
    failure::{Failure, other},
    password,
    server::open_store,
    store::{Store, accounts, organizations},
};

/// How often a command is begun anew when a server has written what it read.
const MAX_ATTEMPTS: u8 = 10;

pub(crate) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let store = open_store(config).await?;
    let new_hash = match &command {
        Command::User(UserCommand::Create { .. }) => Some(password::hash(read_password()?).await?),
        Command::User(_) | Command::Org(_) => None,
    };
    let mut attempt = 0_u8;
    let done = loop {
        attempt = attempt.saturating_add(1);
        match once(&store, &command, new_hash.as_ref()).await {
            Err(failure) if failure.is_transient() && attempt < MAX_ATTEMPTS => {}
            outcome => break outcome,
        }
    };
    store.close().await;
    writeln!(std::io::stdout().lock(), "{}", done?).map_err(other)
}

/// The password of a new account, a line of the standard input: an argument would be in everyone's list of processes.
fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(other)?;
    let password = line.trim_end_matches(['\r', '\n']);
    password::check_new(password)?;
    Ok(password.to_owned())
}

/// Does it in one transaction, and says what was done.
async fn once(store: &Store, command: &Command, new_hash: Option<&String>) -> Result<String, Failure> {
    let mut tx = store.writing().await?;
    // Only now: a token that another writer makes while this one waits is to be older than the cut-off.
    let now = clock::now()?;
    let done = match command {
        Command::User(UserCommand::Create { name, email }) => {
            let hash = new_hash.ok_or_else(|| other("an account without a password"))?;
            accounts::create(&mut tx, name, hash.clone(), email.as_deref(), now).await?;
            format!("made the user `{name}`")
        }
        Command::User(UserCommand::Suspend { name }) => {
            accounts::set_status(&mut tx, name.as_borrowed(), AccountStatus::Suspended).await?;
            format!("suspended `{name}`")
        }
        Command::User(UserCommand::Activate { name }) => {
            accounts::set_status(&mut tx, name.as_borrowed(), AccountStatus::Active).await?;
            format!("`{name}` is active")
        }
        Command::User(UserCommand::RevokeTokens { name }) => {
            accounts::revoke_tokens_until(&mut tx, name.as_borrowed(), now).await?;
            format!("revoked every token of `{name}`")
        }
        Command::Org(OrgCommand::Create { name, owner }) => {
            organizations::create(&mut tx, name, owner.as_borrowed()).await?;
            format!("made the organization `{name}`, owned by `{owner}`")
        }
    };
    tx.commit().await?;
    Ok(done)
}
