//! What is done to the data from the command line, by whoever may open the database.

use std::io::{BufRead, Write};

use tollgate::AccountStatus;

use crate::{
    clock,
    config::{Command, Config, OrgCommand, UserCommand},
    failure::{Failure, other},
    password,
    server::open_store,
    store::{Store, Tx, accounts, organizations},
};

pub(crate) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let store = open_store(config).await?;
    let done = match command {
        Command::User(command) => user(&store, command).await,
        Command::Org(OrgCommand::Create { name, owner }) => {
            let mut tx = store.writing().await?;
            organizations::create(&mut tx, &name, owner.borrowed()).await?;
            commit(tx, &format!("made the organization `{name}`, owned by `{owner}`")).await
        }
    };
    store.close().await;
    done
}

async fn user(store: &Store, command: UserCommand) -> Result<(), Failure> {
    let now = clock::now()?;
    match command {
        UserCommand::Create { name, email } => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map_err(other)?;
            let password = line.trim_end_matches(['\r', '\n']).to_owned();
            password::check_new(&password)?;
            let hash = password::hash(password).await?;
            let mut tx = store.writing().await?;
            accounts::create(&mut tx, &name, hash, email.as_deref(), now).await?;
            commit(tx, &format!("made the user `{name}`")).await
        }
        UserCommand::Suspend { name } => {
            let mut tx = store.writing().await?;
            accounts::set_status(&mut tx, name.borrowed(), AccountStatus::Suspended).await?;
            commit(tx, &format!("suspended `{name}`")).await
        }
        UserCommand::Activate { name } => {
            let mut tx = store.writing().await?;
            accounts::set_status(&mut tx, name.borrowed(), AccountStatus::Active).await?;
            commit(tx, &format!("`{name}` is active")).await
        }
        UserCommand::RevokeTokens { name } => {
            let mut tx = store.writing().await?;
            accounts::revoke_tokens_until(&mut tx, name.borrowed(), now).await?;
            commit(tx, &format!("revoked every token of `{name}`")).await
        }
    }
}

async fn commit(tx: Tx, done: &str) -> Result<(), Failure> {
    tx.commit().await?;
    writeln!(std::io::stdout().lock(), "{done}").map_err(other)
}
