//! Names: parses each line of the input as every kind of name, and compares every pair of names.
//!
//! * The crate and the oracle accept the same texts, as names that exist and as new names (rules N1, N2 and N4).
//! * Parsing and printing are inverse, and deserializing validates as parsing does.
//! * Names compare byte for byte (rule N1). A scope is the same with or without its `@`, and covers only its own
//!   packages (rule N3).
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate::{
    PackageName, UserName,
    value::{OrganizationName, Scope, TeamName},
};

#[path = "shared/laws.rs"]
mod laws;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

fn package(text: &str) -> Option<PackageName> {
    let package = laws::text_form!(PackageName, text);
    assert_eq!(package.is_some(), oracle::package_name_is_valid(text), "{text:?}");
    let name = package.as_ref()?;
    assert_eq!(name.as_str(), text);
    assert_eq!(PackageName::new(text).as_ref(), Ok(&name.as_borrowed()));
    let new = name.check_new();
    assert_eq!(new.is_ok(), oracle::new_package_name_is_valid(text), "{text:?}");
    if let Err(error) = new {
        laws::message(&error.to_string());
    }
    assert_eq!(name.as_borrowed().scope().map(Scope::into_str), oracle::scope_of(text));
    assert_eq!(name.is_scoped(), text.starts_with('@'));
    package
}

fn scope(text: &str) -> Option<Scope> {
    let scope = laws::text_form!(Scope, text);
    assert_eq!(scope.is_some(), oracle::scope_is_valid(text), "{text:?}");
    let name = scope.as_ref()?;
    let bare = text.strip_prefix('@').unwrap_or(text);
    assert_eq!((name.as_str(), name.to_string()), (bare, format!("@{bare}")));
    for spelling in [bare, &format!("@{bare}")] {
        assert_eq!(Scope::new(spelling), Ok(name.as_borrowed()));
    }
    scope
}

macro_rules! account {
    ($type:ident, $text:expr, $is_valid:path) => {{
        let text = $text;
        let name = laws::text_form!($type, text);
        assert_eq!(name.is_some(), $is_valid(text), "{text:?}");
        assert_eq!(name.is_some(), $type::new(text).is_ok());
        if let Some(name) = &name {
            assert_eq!(name.as_str(), text);
            assert_eq!(name.check_new().is_ok(), oracle::new_account_name_is_valid(text), "{text:?}");
        }
        name
    }};
}

fuzz_target!(|bytes: &[u8]| {
    let lines = laws::lines(bytes);
    let packages: Vec<PackageName> = lines.iter().filter_map(|line| package(line)).collect();
    let scopes: Vec<Scope> = lines.iter().filter_map(|line| scope(line)).collect();
    for line in &lines {
        let user = account!(UserName, line, oracle::user_name_is_valid);
        let organization = account!(OrganizationName, line, oracle::account_name_is_valid);
        account!(TeamName, line, oracle::account_name_is_valid);
        if let (Some(user), Some(organization)) = (user, organization) {
            for scope in &scopes {
                assert_eq!(scope.is_of_user(&user), scope.as_str() == line);
                assert_eq!(scope.is_of_organization(&organization), scope.as_str() == line);
            }
        }
    }
    for one in &packages {
        for other in &packages {
            assert_eq!(one.cmp(other), one.as_str().cmp(other.as_str()));
            assert_eq!(one == other, one.as_str() == other.as_str());
        }
        for scope in &scopes {
            let covers = one.as_str().starts_with(&format!("@{}/", scope.as_str()));
            assert_eq!(scope.covers(one.as_borrowed()), covers, "{scope} {one}");
        }
    }
});
