//! Names: from a small world, and of any valid form.
//!
//! The *small world* is the lists of names below. Strategies take most names from it, so that the parts of a question
//! often refer to the same user, organization or package. It has near misses, such as `acme` and `acme-evil`.

use core::{
    fmt::{Debug, Display},
    str::FromStr,
};
use std::{format, string::String};

use proptest::{
    prop_oneof,
    strategy::{BoxedStrategy, Strategy},
};

use super::{one_of, text, valid};
use crate::value::{OrganizationName, PackageName, Scope, TeamName, UserName, limits};

/// Users of the small world.
pub(super) const USERS: &[&str] = &["alice", "bob", "Alice"];
/// Organizations of the small world.
pub(super) const ORGANIZATIONS: &[&str] = &["acme", "acme-evil", "Acme"];
/// A name that no user and no organization of the small world has.
pub(super) const UNUSED: &str = "ghost";
/// Teams of the small world. Every organization may have them.
pub(super) const TEAMS: &[&str] = &["developers", "ops", "Old.Team"];
/// Scopes of the small world. `@ghost` belongs to no user and no organization.
pub(super) const SCOPES: &[&str] = &["@acme", "@alice", "@acme-evil", "@bob", "@Acme", "@ghost"];
/// Names of packages of the small world. They include near misses, names that are valid only for old packages, and
/// scopes that belong to a user, to an organization or to neither.
pub(super) const PACKAGES: &[&str] = &[
    "@acme/app",
    "left-pad",
    "@alice/tool",
    "@acme/lib",
    "acme",
    "JSONStream",
    "jsonstream",
    "http",
    "@acme/App",
    "@acme/odd~1",
    "@acme-evil/app",
    "@Acme/app",
    "@bob/kit",
    "@alice/http",
    "@ghost/app",
];

/// Parses one of the texts. Shrinks towards the first text. Panics if a text is not valid.
pub(super) fn known<T>(texts: &'static [&'static str]) -> BoxedStrategy<T>
where
    T: FromStr<Err: Display> + Debug + 'static,
{
    one_of(texts).prop_map(|text| valid(text.parse())).boxed()
}

/// Parses generated texts, and drops those that are not valid.
fn parsed<T>(texts: BoxedStrategy<String>) -> BoxedStrategy<T>
where
    T: FromStr + Debug + 'static,
{
    texts.prop_filter_map("no such name", |text| text.parse().ok()).boxed()
}

/// Generates names of packages that exist, such as `left-pad`, `JSONStream` and `@acme/odd~1`.
///
/// Names that are valid only for old packages are included ([N2](crate::docs::rules#n2)). A name has at most 1,024
/// bytes. Half of the names are from a small world, so that two of them are often equal or similar. Shrinks towards
/// `@acme/app` and short names.
pub fn package_name() -> BoxedStrategy<PackageName> {
    let longest = limits::MAX_PACKAGE_NAME;
    prop_oneof![
        5 => known(PACKAGES),
        3 => parsed(text("[A-Za-z0-9~!*()'][A-Za-z0-9._~!*()'-]{0,30}")),
        3 => parsed(text("@[A-Za-z0-9._~!*()'-]{1,12}/[A-Za-z0-9_~!*()'-][A-Za-z0-9._~!*()'-]{0,20}")),
        1 => (200..=longest).prop_map(|length| valid("n".repeat(length).parse())),
    ]
    .boxed()
}

/// Generates names that are valid for a new package, such as `brand-new` and `@acme/app` ([N2](crate::docs::rules#n2)).
///
/// A name has at most 214 characters. Shrinks towards short names.
pub fn new_package_name() -> BoxedStrategy<PackageName> {
    let longest = limits::MAX_NEW_PACKAGE_NAME;
    let names: BoxedStrategy<PackageName> = prop_oneof![
        4 => parsed(text("[a-z0-9][a-z0-9._-]{0,30}")),
        4 => parsed(text("@(acme|alice|[a-z0-9-]{1,12})/[a-z0-9_-][a-z0-9._-]{0,20}")),
        1 => (200..=longest).prop_map(|length| valid("n".repeat(length).parse())),
    ]
    .boxed();
    names.prop_filter("no new name", |name| name.check_new().is_ok()).boxed()
}

/// Generates scopes: `@acme`, similar scopes, and other scopes that are valid in a package name.
///
/// Shrinks towards `@acme` and short scopes.
pub fn scope() -> BoxedStrategy<Scope> {
    prop_oneof![3 => known(SCOPES), 2 => parsed(text("@?[A-Za-z0-9._~!*()'-]{1,20}"))].boxed()
}

/// Generates names of users ([N4](crate::docs::rules#n4)), including e-mail addresses and other names that no new user
/// of npm may have. About half of the names are `alice`, `bob` or `Alice`.
pub fn user_name() -> BoxedStrategy<UserName> {
    prop_oneof![
        6 => account_name(USERS, limits::MAX_USER_NAME),
        1 => parsed(text("[a-z][a-z0-9.+_-]{0,12}@[a-z0-9-]{1,12}[.](com|example)")),
        1 => parsed(text(r"[!$()*+,;=A-Za-z0-9\[\]^_`{|}~-][!$()*+,;=@A-Za-z0-9\[\]^_`{|}~.-]{0,30}")),
    ]
    .boxed()
}

/// Generates names of organizations ([N4](crate::docs::rules#n4)). Half of them are `acme`, `acme-evil` or `Acme`.
pub fn organization_name() -> BoxedStrategy<OrganizationName> {
    account_name(ORGANIZATIONS, limits::MAX_ACCOUNT_NAME)
}

/// Generates names of teams ([N4](crate::docs::rules#n4)), including old ones with capitals. Half of them are
/// `developers`, `ops` or `Old.Team`.
pub fn team_name() -> BoxedStrategy<TeamName> {
    account_name(TEAMS, limits::MAX_ACCOUNT_NAME)
}

/// Generates names of users, organizations or teams, of at most `longest` bytes. Half of them are in `few`.
fn account_name<T>(few: &'static [&'static str], longest: usize) -> BoxedStrategy<T>
where
    T: FromStr<Err: Display> + Debug + 'static,
{
    prop_oneof![
        4 => known(few),
        3 => parsed(text("[A-Za-z0-9_~!*()-][A-Za-z0-9._~!*()-]{0,30}")),
        1 => (200..=longest).prop_map(|length| valid(format!("{:n<length$}", "").parse())),
    ]
    .boxed()
}
