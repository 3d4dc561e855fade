#![doc = include_str!("../README.md")]
//!
//! # Layers
//!
//! A folder is a layer. A file imports files of its own layer and of the layers below it, and no two files import each
//! other; `tests/layers.rs` checks both. A `mod.rs` only declares the files of its folder.
//!
//! | files, from the top | what the layer does | may import |
//! |---|---|---|
//! | `program/` | reads the command line, and starts the server or runs one command | every layer below |
//! | `server/` | accepts connections, sets limits, finds the route of a request | `web/` and below |
//! | `web/` | serves the pages for browsers, which send their changes through `pipeline/` | `pipeline/` and below |
//! | `pipeline/` | takes a request through its steps: the path, the body, the transaction | `endpoints/` and below |
//! | `endpoints/` | handles npm's endpoints, with one module for each topic | `exchange/` and below |
//! | `exchange/` | decides a request in its transaction, and collects its log line | `reply/` and below |
//! | `reply/` | writes responses in npm's form | `credentials/` and below |
//! | `credentials/` | verifies passwords and one-time passwords, and issues tokens | `store/` and below |
//! | `store/` | reads and writes the database and the folder of tarballs | `base/` |
//! | `base/` | has what every layer uses, such as failures, the clock and randomness | nothing of this crate |

mod base;
mod credentials;
mod endpoints;
mod exchange;
mod pipeline;
mod program;
mod reply;
mod server;
mod store;
mod web;

#[cfg(test)]
mod tests;

pub use base::failure::Failure;
pub use program::command_line::{
    Command, CommandLine, HoldEnd, OrgCommand, Settings, SignUp, TokenCommand, Unscoped, UserCommand,
};

/// Runs what the command line asks for: the server until it is told to stop, or one command until it is done.
///
/// # Errors
/// The server cannot start, or the command cannot be carried out.
pub async fn run(command_line: CommandLine) -> Result<(), Failure> {
    let CommandLine { command, config, settings } = command_line;
    let config = program::config::Config::new(settings, config.as_deref())?;
    match command {
        None => program::serve::serve(config).await,
        Some(command) => program::commands::run(command, &config).await,
    }
}
