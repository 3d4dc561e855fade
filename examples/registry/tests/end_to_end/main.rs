//! End-to-end tests: the npm client, pnpm and plain HTTP requests against the program, with a server for each test.
//!
//! A test starts a server on a free port with its own data. It runs npm with the server as the only registry, and with
//! its own home, configuration, cache, prefix and working folder, so that npm neither reads nor writes the developer's
//! files. Assertions check the text that npm prints. A failing assertion prints npm's output and the server's log.
//!
//! Every scenario is a function with an edition as its parameter, and is listed in its file's `under_both_editions!`, which
//! makes a test of it under `npm-2025-10` and one under `npm-2026-08`. `Server::person` makes the difference small: where a
//! publish needs a second factor, the person has one, and sends a one-time password with every request and command.
//! `Person::ci_job` sends none, and neither does a `Server::person_without_2fa`. Where the two editions answer
//! differently, the scenario asserts both answers.
//!
//! npm 11 must be on the PATH. Other clients are fetched from the npm registry, and a test whose client cannot be fetched
//! prints `SKIPPED` and passes. PostgreSQL's `initdb` and `postgres` must be on the PATH or in
//! `/usr/lib/postgresql/*/bin`. `TOLLGATE_NO_POSTGRES=1` skips the tests that need PostgreSQL.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a mistake in the data of a test fails the test")]
#![expect(clippy::panic, clippy::expect_used, reason = "a test fails by a panic")]
#![expect(clippy::arithmetic_side_effects, reason = "the tests compute with small numbers")]
#![expect(clippy::print_stdout, reason = "a skipped test prints why")]
#![expect(clippy::disallowed_methods, reason = "tests read clocks, files and the environment")]

mod support;

mod account;
mod addresses;
mod attacks;
mod audits;
mod ci_token;
mod clients;
mod denials;
mod dist_tags;
mod editions;
mod in_flight;
mod invitations;
mod lifecycle;
mod listings;
mod odd_texts;
mod operator;
mod organization;
mod package;
mod pages;
mod pages_under_attack;
mod pnpm;
mod queries;
mod races;
mod replicas;
mod second_factor;
mod small_company;
mod staging;
mod takeovers;
mod tarballs;
mod threats;
mod token_rules;
mod tokens;
mod transfers;
mod under_attack;
mod web;
mod web_login;
