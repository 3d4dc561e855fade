//! The command line, the server that it starts, and the commands that it runs on the data.

pub(crate) mod command_line;
pub(crate) mod commands;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod lines;
pub(crate) mod newest_edition;
pub(crate) mod private_files;
pub(crate) mod serve;
