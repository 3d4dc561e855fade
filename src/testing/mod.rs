//! For the tests of a crate that links this one: make facts in a few lines, assert decisions, run policy tests that are
//! files. How to go about it: [testing your registry's policy](crate::docs::testing).
//!
//! - Everything here is for tests: a mistake in a test's own data **panics**, with the error's text, at the caller.
//! - Nothing here decides anything: every decision is [`authorize`](crate::decision::authorize())'s.
//!
//! ```
//! use tollgate::{ClientIp, PackageAction, Reason, authorize, testing::*, value::{GrantedPermission, Role}};
//!
//! let alice = user("alice").member("acme", Role::Member, &["developers"]).build();
//! let app = package("@acme/app").private().team("acme", "developers", GrantedPermission::ReadWrite).build();
//! let ci = granular("ci", "alice").packages(GrantedPermission::ReadOnly, only(&["@acme"])).build();
//!
//! let token = bind(&ci, &alice);
//! let from = ClientIp::UNKNOWN;
//! assert_allowed(authorize(&token, PackageAction::ReadPackage, &app, from, now()));
//! assert_denied(authorize(&token, PackageAction::Publish, &app, from, now()), Reason::PermissionTooLow);
//! ```

mod assertions;
mod build;
mod conformance;
pub mod exhaustion;
mod scenario;
pub mod strategies;

pub use assertions::{assert_allowed, assert_challenged, assert_denied};
pub use build::{
    CREATED, EXPIRES, GranularBuilder, LegacyBuilder, NOW, PackageBuilder, Resources, UserBuilder, all, bind, granular,
    legacy, missing_organization, missing_package, now, only, organization, organization_name, package, package_name,
    ranges, team_name, time, token_id, user, user_name,
};
pub use conformance::{WrongAnswers, check_answers};
pub use scenario::{Scenario, run_scenarios, run_scenarios_with};

/// What was made, or a panic with the error's text at the caller of whoever makes it.
#[track_caller]
#[expect(clippy::panic, reason = "a slip in a test's own data fails the test")]
fn valid<T, E: core::fmt::Display>(made: Result<T, E>) -> T {
    match made {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
