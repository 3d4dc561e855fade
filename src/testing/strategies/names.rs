//! Names: of a few that meet each other, and of all that there can be.

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
/// The name of nobody.
pub(super) const NOBODY: &str = "ghost";
/// Teams of any organization.
pub(super) const TEAMS: &[&str] = &["developers", "ops", "Old.Team"];
/// Scopes of the small world, nobody's among them.
pub(super) const SCOPES: &[&str] = &["@acme", "@alice", "@acme-evil", "@bob", "@Acme", "@ghost"];
/// Packages of the small world: near misses, names that only an old package has, scopes of users and of nobody.
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

/// A name out of a small world.
pub(super) fn known<T>(texts: &'static [&'static str]) -> BoxedStrategy<T>
where
    T: FromStr<Err: Display> + Debug + 'static,
{
    one_of(texts).prop_map(|text| valid(text.parse())).boxed()
}

/// Those of the texts that are a `T`.
fn parsed<T>(texts: BoxedStrategy<String>) -> BoxedStrategy<T>
where
    T: FromStr + Debug + 'static,
{
    texts.prop_filter_map("no such name", |text| text.parse().ok()).boxed()
}

/// Names of existing packages, **old ones included** (N2): `left-pad`, `JSONStream`, `@acme/odd~1`, up to 1,024 bytes.
///
/// Half of them are of a small world of names, so that two of them meet. Shrinks to `@acme/app`, and to short names.
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

/// Names that a **new** package may have (N2): `brand-new`, `@acme/app`, up to 214 characters.
///
/// Shrinks to short names.
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

/// Scopes: `@acme` and its look-alikes, and any other that can stand before the `/` of a package name.
///
/// Shrinks to `@acme`, and to short ones.
pub fn scope() -> BoxedStrategy<Scope> {
    prop_oneof![3 => known(SCOPES), 2 => parsed(text("@?[A-Za-z0-9._~!*()'-]{1,20}"))].boxed()
}

/// Names of users (N4). Half of them are `alice`, `bob` or `Alice`.
pub fn user_name() -> BoxedStrategy<UserName> {
    account_name(USERS)
}

/// Names of organizations (N4). Half of them are `acme`, `acme-evil` or `Acme`.
pub fn organization_name() -> BoxedStrategy<OrganizationName> {
    account_name(ORGANIZATIONS)
}

/// Names of teams (N4), old ones with capitals included. Half of them are `developers`, `ops` or `Old.Team`.
pub fn team_name() -> BoxedStrategy<TeamName> {
    account_name(TEAMS)
}

fn account_name<T>(few: &'static [&'static str]) -> BoxedStrategy<T>
where
    T: FromStr<Err: Display> + Debug + 'static,
{
    let longest = limits::MAX_ACCOUNT_NAME;
    prop_oneof![
        4 => known(few),
        3 => parsed(text("[A-Za-z0-9_~!*()-][A-Za-z0-9._~!*()-]{0,30}")),
        1 => (200..=longest).prop_map(|length| valid(format!("{:n<length$}", "").parse())),
    ]
    .boxed()
}
