//! The tools that every test uses: a server, people with one npm each, and a plain HTTP client.

pub(crate) mod browser;
pub(crate) mod database;
pub(crate) mod edition;
pub(crate) mod fetched;
pub(crate) mod http;
pub(crate) mod npm;
pub(crate) mod pages;
pub(crate) mod person;
pub(crate) mod postgres;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod tarball;
pub(crate) mod totp;

pub(crate) use edition::{AUGUST, FOUNDING, under_both_editions};
pub(crate) use http::{Reply, Request};
pub(crate) use npm::Ran;
pub(crate) use person::Person;
pub(crate) use server::Server;
