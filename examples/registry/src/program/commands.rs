//! The commands that change the data from the command line. They need no token: the right to open the database is
//! enough.

use std::io::{BufRead, Write};

use tollgate::{Timestamp, facts::AccountStatus, value::OrganizationName};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        retry,
    },
    credentials::{
        hashing::{Hashing, Waiting},
        password, recovery,
    },
    program::{
        command_line::{Command, HoldEnd, OrgCommand, TokenCommand, UserCommand},
        config::Config,
        lines,
        serve::open_store,
    },
    store::{
        accounts::{self, NewAccount},
        database::{Store, Tx},
        invitations::{self, Invitation},
        organizations, tokens,
        turns::Writer,
    },
};

/// Runs a command, and prints what was done.
pub(crate) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    if !matches!(command, Command::User(UserCommand::Create { .. })) {
        expect_registry(config)?;
    }
    let store = open_store(config).await?;
    let new_hash = match &command {
        Command::User(UserCommand::Create { .. } | UserCommand::SetPassword { .. }) => {
            Some(Hashing::start()?.hash(read_password()?, Waiting::Stranger).await?)
        }
        Command::User(_) | Command::Token(_) | Command::Org(_) => None,
    };
    let done = retry::until_done(|| once(&store, &command, new_hash.as_ref())).await;
    store.close().await;
    writeln!(std::io::stdout().lock(), "{}", done?).map_err(other)
}

/// Only the server and `user create` make a new registry. Any other command that finds none looks in the wrong place.
fn expect_registry(config: &Config) -> Result<(), Failure> {
    match Store::file(&config.database_url()?)? {
        Some(file) if !file.exists() => Err(other(format!(
            "no registry: `{}` does not exist: expected --config, --data or --database-url of the server",
            file.display()
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Reads a new password from the first line of the standard input. The password is not an argument, because every user of
/// the machine can read the arguments in the list of processes.
fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(other)?;
    let password = line.trim_end_matches(['\r', '\n']);
    password::check_new(password)?;
    Ok(password.to_owned())
}

/// Runs the command in one transaction. Returns the sentence that says what was done.
async fn once(store: &Store, command: &Command, new_hash: Option<&String>) -> Result<String, Failure> {
    let mut tx = store.writing(&Writer::Operator).await?;
    // The clock is read after the wait for other writers, because the cut-off has to include the tokens that they
    // issued.
    let now = clock::now()?;
    let done = match command {
        Command::User(command) => user(&mut tx, command, new_hash, now).await?,
        Command::Token(command) => token(&mut tx, command, now).await?,
        Command::Org(command) => organization(&mut tx, command, now).await?,
    };
    tx.commit().await?;
    Ok(done)
}

async fn user(
    tx: &mut Tx,
    command: &UserCommand,
    new_hash: Option<&String>,
    now: Timestamp,
) -> Result<String, Failure> {
    Ok(match command {
        UserCommand::Create { name, email } => {
            let account = NewAccount { name, password_hash: new_password(new_hash)?, email: email.as_deref() };
            accounts::create(tx, account, now).await?;
            format!("made the user `{name}`")
        }
        UserCommand::List => {
            accounts::all(tx).await?.iter().map(|listed| lines::account(listed, now)).collect::<Vec<_>>().join("\n")
        }
        UserCommand::Suspend { name } => {
            accounts::set_status(tx, name.as_borrowed(), AccountStatus::Suspended).await?;
            format!("suspended `{name}`")
        }
        UserCommand::Activate { name } => {
            accounts::set_status(tx, name.as_borrowed(), AccountStatus::Active).await?;
            format!("`{name}` is active")
        }
        UserCommand::Hold { name, end: HoldEnd { duration, until } } => {
            let until = match (until, duration) {
                (Some(until), _) => *until,
                (None, Some(duration)) => now.checked_add(*duration).map_err(other)?,
                (None, None) => return Err(other("a hold without an end")),
            };
            accounts::set_hold(tx, name.as_borrowed(), Some(until)).await?;
            format!("`{name}` is on hold until {until}")
        }
        UserCommand::Release { name } => {
            accounts::set_hold(tx, name.as_borrowed(), None).await?;
            format!("ended the hold of `{name}`, if there was one")
        }
        UserCommand::RevokeTokens { name } => {
            accounts::revoke_tokens_until(tx, name.as_borrowed(), now).await?;
            tokens::revoke_all(tx, name.as_borrowed(), now).await?;
            format!("revoked every token of `{name}`")
        }
        UserCommand::SetPassword { name } => {
            recovery::replace_password(tx, name.as_borrowed(), new_password(new_hash)?, now).await?;
            format!("replaced the password of `{name}`, and ended every login")
        }
        UserCommand::ResetTwoFactor { name } => {
            recovery::remove_two_factor(tx, name.as_borrowed(), now).await?;
            format!(
                "`{name}` has no second factor, and every login is ended; a hold stays until it ends or `user release {name}`"
            )
        }
    })
}

fn new_password(hash: Option<&String>) -> Result<String, Failure> {
    hash.cloned().ok_or_else(|| other("an account without a password"))
}

async fn token(tx: &mut Tx, command: &TokenCommand, now: Timestamp) -> Result<String, Failure> {
    match command {
        TokenCommand::List { name } => {
            accounts::expect(tx, name.as_borrowed()).await?;
            let lines = tokens::of_user(tx, name.as_borrowed()).await?.iter().map(lines::token).collect::<Vec<_>>();
            Ok(if lines.is_empty() { format!("`{name}` has no token") } else { lines.join("\n") })
        }
        TokenCommand::Revoke { id } => {
            let token = tokens::by_id(tx, id).await?;
            let token = token.ok_or_else(|| Failure::not_found(format!("there is no token `{id}`")))?;
            // The time of an earlier revocation stays.
            if token.revoked().is_none() {
                tokens::revoke(tx, &token, now).await?;
            }
            Ok(format!("the token `{id}` of `{}` is revoked", token.owner()))
        }
    }
}

async fn organization(tx: &mut Tx, command: &OrgCommand, now: Timestamp) -> Result<String, Failure> {
    Ok(match command {
        OrgCommand::Create { name, owner } => {
            organizations::create(tx, name, owner.as_borrowed()).await?;
            format!("made the organization `{name}`, owned by `{owner}`")
        }
        OrgCommand::Add { name, user, role } => {
            organizations::expect(tx, name.as_borrowed()).await?;
            let role = organizations::set_member(tx, name.as_borrowed(), user.as_borrowed(), *role).await?;
            format!("`{user}` is in `{name}` as {}", role.npm_word())
        }
        OrgCommand::Remove { name, user } => {
            organizations::expect(tx, name.as_borrowed()).await?;
            organizations::remove(tx, name.as_borrowed(), user.as_borrowed()).await?;
            format!("`{user}` is neither in `{name}` nor invited to it")
        }
        OrgCommand::List { name } => {
            organizations::expect(tx, name.as_borrowed()).await?;
            listed(tx, name.as_borrowed(), now).await?
        }
    })
}

/// The members and the invitations of an organization, each in a line.
async fn listed(tx: &mut Tx, name: OrganizationName<&str>, now: Timestamp) -> Result<String, Failure> {
    let members = organizations::members(tx, name).await?;
    let mut lines: Vec<String> = members.iter().map(|(user, role)| format!("{user} {}", role.npm_word())).collect();
    for Invitation { user, role, invited_by, .. } in invitations::of_organization(tx, name, now).await? {
        lines.push(format!("{user} {}, invited by {invited_by}", role.npm_word()));
    }
    Ok(lines.join("\n"))
}
