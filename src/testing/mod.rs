//! Tools for the tests of a crate that uses tollgate.
//!
//! - *Builders* make users, packages and tokens in one line: [`user`], [`package`], [`legacy`], [`granular`],
//!   [`session`].
//! - *Assertions* print the explanation of a decision when they fail: [`assert_allowed`], [`assert_challenged`],
//!   [`assert_denied`].
//! - *Scenario files* hold a registry's policy as JSON: [`run_scenarios`], [`run_scenarios_with`].
//! - *Strategies* generate values for property tests: [`strategies`].
//! - *Conformance vectors* check an implementation in another language: [`check_answers`].
//! - *Families of questions* enumerate every combination of facts that the rules can tell apart: [`exhaustion`].
//!
//! The guide is [testing your registry's policy](crate::docs::testing).
//!
//! Everything here is for tests. A mistake in a test's own data panics with the error's text, and the panic names the
//! line of the test that made the mistake. Every decision comes from [`authorize`](crate::decision::authorize()).
//!
//! # Examples
//!
//! ```
//! use tollgate::{
//!     ClientIp, PackageAction, Policy, Reason, authorize,
//!     testing::*,
//!     value::{GrantedPermission, Role},
//! };
//!
//! let alice = user("alice").member("acme", Role::Member, &["developers"]).build();
//! let app = package("@acme/app").private().team("acme", "developers", GrantedPermission::ReadWrite).build();
//! let ci = granular("ci", "alice").packages(GrantedPermission::ReadOnly, only(&["@acme"])).build();
//!
//! let token = bind(Policy::NPM_2025_10, &ci, &alice);
//! let client_ip = ClientIp::UNKNOWN;
//! assert_allowed(authorize(&token, PackageAction::ReadPackage, &app, client_ip, now()));
//! assert_denied(authorize(&token, PackageAction::Publish, &app, client_ip, now()), Reason::PermissionTooLow);
//! ```

mod assertions;
mod build;
mod conformance;
pub mod exhaustion;
mod scenario;
pub mod strategies;

pub use assertions::{assert_allowed, assert_challenged, assert_denied};
pub use build::{
    CREATED, EXPIRES, GranularBuilder, LegacyBuilder, NOW, PackageBuilder, Resources, SessionBuilder, UserBuilder, all,
    bind, granular, legacy, missing_organization, missing_package, now, only, organization, organization_name, package,
    package_name, ranges, session, team_name, time, token_id, user, user_name,
};
pub use conformance::{WrongAnswersError, check_answers};
pub use scenario::{Scenario, run_scenarios, run_scenarios_with};

/// Returns the value of a result, like `Result::unwrap`, but panics with the `Display` text of the error.
#[track_caller]
#[expect(clippy::panic, reason = "a mistake in a test's own data fails the test")]
fn valid<T, E: core::fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
