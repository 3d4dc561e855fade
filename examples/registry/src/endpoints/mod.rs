//! npm's endpoints, with one module for each topic, and the dispatcher that finds the handler of an endpoint.

pub(crate) mod account;
pub(crate) mod dispatch;
pub(crate) mod dist_tags;
pub(crate) mod document;
pub(crate) mod login;
pub(crate) mod organization;
pub(crate) mod package;
pub(crate) mod put_package;
pub(crate) mod required_access;
pub(crate) mod search;
pub(crate) mod service;
pub(crate) mod stage;
pub(crate) mod table;
pub(crate) mod tarball;
pub(crate) mod team;
pub(crate) mod tokens;
