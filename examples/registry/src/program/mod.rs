//! The command line, and what it can start: the server, or one command on the data.

pub(crate) mod command_line;
pub(crate) mod commands;
pub(crate) mod demo;
pub(crate) mod serve;
