//! The registry from outside: the real npm client, pnpm and raw HTTP against the real program, each test with its own.
//!
//! A test starts a server on a free port with its own data, and runs npm with a home, a configuration, a cache, a prefix
//! and a working folder of its own, so that nothing of the person who runs the tests is read or written, and with the
//! server as its only registry. What is asserted is what the person at the terminal sees. A failing assertion prints
//! npm's output and the server's log.
//!
//! npm 11 has to be on the PATH, and PostgreSQL's `initdb` and `postgres` on the PATH or in
//! `/usr/lib/postgresql/*/bin` (`TOLLGATE_NO_POSTGRES=1` leaves those tests out).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a slip in a test's own tables fails the test")]
#![expect(clippy::panic, clippy::expect_used, reason = "that is how a test fails")]
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of the tests' own")]
#![expect(clippy::print_stdout, reason = "what is skipped is said")]
#![expect(clippy::disallowed_methods, reason = "tests look at clocks, files and the environment; the crate does not")]

mod support;

mod account;
mod addresses;
mod attacks;
mod ci_token;
mod denials;
mod dist_tags;
mod in_flight;
mod lifecycle;
mod listings;
mod odd_texts;
mod organization;
mod package;
mod pnpm;
mod races;
mod replicas;
mod second_factor;
mod token_rules;
mod tokens;
mod web_login;
