//! The database and the folder of tarballs.
//!
//! Each file has the queries about one topic. A function takes the transaction that it runs in. It checks no
//! permissions: its caller changes only what was allowed.

pub(crate) mod accounts;
pub(crate) mod collaborators;
pub(crate) mod collection;
pub(crate) mod database;
pub(crate) mod dist_tags;
pub(crate) mod facts;
pub(crate) mod guesses;
pub(crate) mod invitations;
pub(crate) mod known_addresses;
pub(crate) mod logins;
pub(crate) mod organizations;
pub(crate) mod packages;
pub(crate) mod packument;
pub(crate) mod search_entries;
pub(crate) mod staged;
pub(crate) mod tar_header;
pub(crate) mod tarball_content;
pub(crate) mod tarballs;
pub(crate) mod teams;
pub(crate) mod token_uses;
pub(crate) mod tokens;
pub(crate) mod turns;
