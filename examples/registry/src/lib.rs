#![doc = include_str!("../README.md")]

mod clock;
mod commands;
mod config;
mod demo;
mod failure;
mod http;
mod issue;
mod one_time;
mod password;
mod patience;
mod random;
mod server;
mod store;
mod tarballs;

pub use config::{Command, CommandLine, Config, OrgCommand, UserCommand};
pub use failure::Failure;

/// Runs what the command line asks for: the server until it is told to stop, or a command until it is done.
///
/// # Errors
/// What keeps it from starting, or the command from being done.
pub async fn run(command_line: CommandLine) -> Result<(), Failure> {
    let CommandLine { command, config } = command_line;
    match command {
        None => server::serve(config).await,
        Some(command) => commands::run(command, &config).await,
    }
}
