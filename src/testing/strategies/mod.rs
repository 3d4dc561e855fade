//! Strategies for [proptest]: names, values, tokens, users, packages, whole questions and documents, valid and almost
//! valid.
//!
//! - A [`QuestionDraft`] has all the facts that one decision needs, in fields that a test may change. The generated
//!   fields fit each other: most names come from a small world that has near misses, most times are close to the
//!   creation or the expiry of the token, and most addresses are in the token's ranges. So allows, challenges and every
//!   reason for which the request of a token can be denied occur often.
//! - An [`Almost`] is a value with exactly one mistake, and a description of the mistake. Your own parsers must refuse
//!   the value, as this crate does.
//! - All strategies shrink towards short and plain values.
//!
//! [proptest]: https://docs.rs/proptest
//!
//! # Examples
//!
//! Two properties of a registry. If the handler allows a request, [`authorize`](crate::decision::authorize()) allows it
//! too. A text that is not a valid package name gets status 400:
//!
//! ```
//! use proptest::prelude::*;
//! use tollgate::{
//!     PackageName,
//!     decision::Verdict,
//!     testing::strategies::{QuestionDraft, almost_package_name, question},
//! };
//!
//! // Stand-ins for the handler and the router of your server.
//! fn handler_allows(question: &QuestionDraft) -> bool {
//!     question.record().decision == Verdict::Allow
//! }
//! fn status_of(path: &str) -> u16 {
//!     if PackageName::new(path).is_ok() { 200 } else { 400 }
//! }
//!
//! proptest!(|(question in question())| {
//!     prop_assert!(!handler_allows(&question) || question.record().decision == Verdict::Allow);
//! });
//! proptest!(|(almost in almost_package_name())| {
//!     prop_assert_eq!(status_of(&almost.value), 400, "{}", almost.wrong);
//! });
//! ```
//!
//! A property that does not hold fails the test, and proptest prints the smallest question that it found:
//!
//! ```should_panic
//! use proptest::prelude::*;
//! use tollgate::{decision::Verdict, testing::strategies::question};
//!
//! // Without this, proptest keeps the question in a file, and asks it again in the next run.
//! let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
//! proptest!(config, |(question in question())| {
//!     prop_assert!(question.record().decision == Verdict::Allow);
//! });
//! ```

mod almost;
mod almost_documents;
mod document;
mod facts;
mod names;
mod question;
#[cfg(test)]
mod tests;
mod tokens;
mod values;

use core::fmt::Debug;
use std::string::String;

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Strategy},
    string::string_regex,
};

use super::valid;

pub use almost::{
    Almost, almost_client_ip, almost_granular_settings, almost_ip_range, almost_new_package_name,
    almost_organization_name, almost_organization_selection, almost_package_name, almost_package_selection,
    almost_scope, almost_secret, almost_timestamp, almost_token_description, almost_token_id, almost_token_name,
    almost_user_name,
};
pub use almost_documents::{almost_request, almost_stored_token, almost_world};
pub use document::{WorldAndRequest, world_and_request};
pub use facts::{PackageDraft, UserDraft, package, user};
pub use names::{new_package_name, organization_name, package_name, scope, team_name, user_name};
pub use question::{QuestionDraft, policy, question};
pub use tokens::{
    granular_settings, organization_selection, organizations_grant, package_selection, packages_grant, token,
    token_description, token_id, token_name,
};
pub use values::{allowed_ranges, client_ip, ip_range, secret, timestamp};

/// Generates texts that match a regular expression. Panics if the expression is not valid.
fn text(pattern: &str) -> BoxedStrategy<String> {
    valid(string_regex(pattern)).boxed()
}

/// Generates one of the values. Shrinks towards the first value.
fn one_of<T: Clone + Debug + 'static>(values: &'static [T]) -> BoxedStrategy<T> {
    select(values).boxed()
}
