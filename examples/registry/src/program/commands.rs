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
        password,
    },
    program::{
        command_line::{Command, HoldEnd, OrgCommand, UserCommand},
        config::Config,
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
    let store = open_store(config).await?;
    let new_hash = match &command {
        Command::User(UserCommand::Create { .. }) => {
            Some(Hashing::start()?.hash(read_password()?, Waiting::Known).await?)
        }
        Command::User(_) | Command::Org(_) => None,
    };
    let done = retry::until_done(|| once(&store, &command, new_hash.as_ref())).await;
    store.close().await;
    writeln!(std::io::stdout().lock(), "{}", done?).map_err(other)
}

/// Reads the password of a new account from the first line of the standard input. The password is not an argument,
/// because every user of the machine can read the arguments in the list of processes.
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
        Command::User(UserCommand::Create { name, email }) => {
            let hash = new_hash.ok_or_else(|| other("an account without a password"))?;
            let account = NewAccount { name, password_hash: hash.clone(), email: email.as_deref() };
            accounts::create(&mut tx, account, now).await?;
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
        Command::User(UserCommand::Hold { name, end: HoldEnd { duration, until } }) => {
            let until = match (until, duration) {
                (Some(until), _) => *until,
                (None, Some(duration)) => now.checked_add(*duration).map_err(other)?,
                (None, None) => return Err(other("a hold without an end")),
            };
            accounts::set_hold(&mut tx, name.as_borrowed(), Some(until)).await?;
            format!("`{name}` is on hold until {until}")
        }
        Command::User(UserCommand::Release { name }) => {
            accounts::set_hold(&mut tx, name.as_borrowed(), None).await?;
            format!("`{name}` is not on hold")
        }
        Command::User(UserCommand::RevokeTokens { name }) => {
            accounts::revoke_tokens_until(&mut tx, name.as_borrowed(), now).await?;
            tokens::revoke_all(&mut tx, name.as_borrowed(), now).await?;
            format!("revoked every token of `{name}`")
        }
        Command::Org(OrgCommand::Create { name, owner }) => {
            organizations::create(&mut tx, name, owner.as_borrowed()).await?;
            format!("made the organization `{name}`, owned by `{owner}`")
        }
        Command::Org(OrgCommand::Add { name, user, role }) => {
            organizations::expect(&mut tx, name.as_borrowed()).await?;
            let role = organizations::set_member(&mut tx, name.as_borrowed(), user.as_borrowed(), *role).await?;
            format!("`{user}` is in `{name}` as {}", role.npm_word())
        }
        Command::Org(OrgCommand::Remove { name, user }) => {
            organizations::expect(&mut tx, name.as_borrowed()).await?;
            organizations::remove(&mut tx, name.as_borrowed(), user.as_borrowed()).await?;
            format!("`{user}` is neither in `{name}` nor invited to it")
        }
        Command::Org(OrgCommand::List { name }) => {
            organizations::expect(&mut tx, name.as_borrowed()).await?;
            listed(&mut tx, name.as_borrowed(), now).await?
        }
    };
    tx.commit().await?;
    Ok(done)
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
