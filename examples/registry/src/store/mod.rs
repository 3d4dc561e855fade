//! The database and the folder of tarballs.
//!
//! A file holds the queries about one topic. Each function takes the transaction that it runs in, and names the effect
//! of something that was allowed.

pub(crate) mod accounts;
pub(crate) mod database;
pub(crate) mod dist_tags;
pub(crate) mod facts;
pub(crate) mod guesses;
pub(crate) mod logins;
pub(crate) mod organizations;
pub(crate) mod packages;
pub(crate) mod packument;
pub(crate) mod tarballs;
pub(crate) mod teams;
pub(crate) mod tokens;
