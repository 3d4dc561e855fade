//! proptest strategies: names, values, tokens, users, packages, whole questions and documents, valid and almost valid.
//!
//! - A **[`QuestionDraft`]** is all that one decision takes, in parts that a test may change. Its parts are made to meet: few
//!   names with near misses among them, times around the token's life, addresses around its ranges. So allows,
//!   challenges and every reason of a denial come out often.
//! - **[`Almost`]** is a value with one thing wrong, and what: your own edge must refuse it as the crate does.
//! - Everything shrinks towards what is short, plain and in good order.
//!
//! A property of your own registry: whatever its handler allows, [`authorize`](crate::decision::authorize()) allows.
//!
//! ```
//! use proptest::prelude::*;
//! use tollgate::{PackageName, decision::Verdict, testing::strategies::{QuestionDraft, almost_package_name, question}};
//!
//! # fn handler(question: &QuestionDraft) -> bool { question.record().decision == Verdict::Allow }
//! # fn route(text: &str) -> u16 { if PackageName::new(text).is_ok() { 200 } else { 400 } }
//! proptest!(|(question in question())| {
//!     prop_assert!(!handler(&question) || question.record().decision == Verdict::Allow);
//! });
//!
//! // What is no name is a bad request.
//! proptest!(|(almost in almost_package_name())| {
//!     prop_assert_eq!(route(&almost.value), 400, "{}", almost.wrong);
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
    Almost, almost_account_name, almost_client_ip, almost_granular_settings, almost_ip_range, almost_new_package_name,
    almost_organization_selection, almost_package_name, almost_package_selection, almost_scope, almost_secret,
    almost_timestamp, almost_token_description, almost_token_key, almost_token_name,
};
pub use almost_documents::{almost_request, almost_stored_token, almost_world};
pub use document::{WorldAndRequest, world_and_request};
pub use facts::{PackageDraft, UserDraft, package, user};
pub use names::{new_package_name, organization_name, package_name, scope, team_name, user_name};
pub use question::{QuestionDraft, question};
pub use tokens::{
    granular_settings, organization_selection, organizations_grant, package_selection, packages_grant, token,
    token_description, token_key, token_name,
};
pub use values::{allowed_ranges, client_ip, ip_range, secret, timestamp};

/// A text by its pattern, which is one of ours.
fn text(pattern: &str) -> BoxedStrategy<String> {
    valid(string_regex(pattern)).boxed()
}

/// One of these, the first of them the simplest.
fn one_of<T: Clone + Debug + 'static>(values: &'static [T]) -> BoxedStrategy<T> {
    select(values).boxed()
}
