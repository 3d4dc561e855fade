//! Requests for tokens in their three spellings, which of them are refused and how, and how tokens are listed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use core::time::Duration;

use crate::body_from_text;
use serde_json::{Value, json};
use tollgate::{
    Policy, Secret, Timestamp, Token,
    npm::{CreateTokenRequest, CreatedToken, ListedToken, RequestedToken, TokenList},
    testing::{all, granular, legacy, now, only, ranges, session, time},
    token::{
        GranularSettings, GranularTokenError, LegacyKind, MintedSecret, OrganizationSelection, OrganizationsGrant,
        PackageSelection, PackagesGrant, SecretPrefix, TokenFacts, TwoFactorBypass,
    },
    value::{AllowedRanges, GrantedPermission, PackagesPermission},
};

const SECRET: &str = "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";

fn asked(text: &str) -> RequestedToken {
    match CreateTokenRequest::read(&body_from_text(text), Policy::NPM_2025_10, now()) {
        Ok(request) => request.token,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn asked_granular(text: &str) -> GranularSettings {
    let RequestedToken::Granular { settings } = asked(text) else { panic!("{text}: not granular") };
    settings
}

fn refused_at(text: &str, now: Timestamp) -> String {
    let body = body_from_text(text);
    let error = CreateTokenRequest::read(&body, Policy::NPM_2025_10, now).map(|request| request.token).unwrap_err();
    assert_eq!(error.status(), 400);
    error.to_string()
}

/// A body with `name` and the fields of `rest`.
fn named(rest: &str) -> String {
    format!(r#"{{"name": "ci", {rest}}}"#)
}

fn packages(permission: impl Into<PackagesPermission>, selection: PackageSelection) -> PackagesGrant {
    PackagesGrant::Granted { permission: permission.into(), selection }
}

/// What npm 11.19.1 sends with every flag given; what the API's reference calls the same.
const NPM_11: &str = r#"{"name":"ci","password":"pw","description":"d","packages":["@acme/w","left"],"scopes":["@acme"],
    "orgs":["acme"],"packages_and_scopes_permission":"read-write","orgs_permission":"read-only","expires":30,
    "cidr_whitelist":["192.0.2.0/24"],"bypass_2fa":true}"#;
const API: &str = r#"{"name":"ci","password":"pw","token_description":"d","packages":["@acme/w","left"],"scopes":["acme"],
    "orgs":["acme"],"packages_and_scopes_permission":"read-write","orgs_permission":"read-only",
    "expires":"2025-12-01T00:00:00Z","cidr":["192.0.2.0/24"],"bypass_2fa":true}"#;

#[test]
fn the_spellings_of_npm_and_of_the_api_request_the_same_granular_token() {
    let expected = GranularSettings {
        name: "ci".parse().unwrap(),
        description: "d".parse().unwrap(),
        expires_at: time("2025-12-01T00:00:00Z"),
        allowed_ranges: ranges(&["192.0.2.0/24"]),
        bypass_2fa: TwoFactorBypass::On,
        packages: packages(GrantedPermission::ReadWrite, only(&["@acme", "left"])),
        organizations: OrganizationsGrant::Granted {
            permission: GrantedPermission::ReadOnly,
            selection: OrganizationSelection::only(["acme".parse().unwrap()]).unwrap(),
        },
    };
    assert_eq!(asked_granular(NPM_11), expected);
    assert_eq!(asked_granular(API), expected);
}

#[test]
fn the_password_reaches_the_caller_and_is_never_printed() {
    let with = body_from_text(NPM_11);
    let request = CreateTokenRequest::read(&with, Policy::NPM_2025_10, now()).unwrap();
    assert_eq!(request.password.unwrap().expose(), "pw");
    assert_eq!(format!("{:?}", request.password), "Some(Password(…))");
    assert!(!format!("{request:?}").contains("pw"));
    let without = body_from_text(r#"{"readonly": true}"#);
    assert!(CreateTokenRequest::read(&without, Policy::NPM_2025_10, now()).unwrap().password.is_none());
}

#[test]
fn a_body_without_any_granular_field_asks_for_a_legacy_token() {
    for (text, kind) in [
        (r#"{"password": "pw", "readonly": true}"#, LegacyKind::ReadOnly),
        (r#"{"password": "pw", "readonly": true, "automation": false}"#, LegacyKind::ReadOnly),
        (r#"{"password": "pw", "readonly": false, "automation": true}"#, LegacyKind::Automation),
        (r#"{"automation": true}"#, LegacyKind::Automation),
        (r#"{"password": "pw", "readonly": false}"#, LegacyKind::Publish),
        (r#"{"automation": false}"#, LegacyKind::Publish),
    ] {
        assert_eq!(asked(text), RequestedToken::Legacy { kind, allowed_ranges: AllowedRanges::Any }, "{text}");
    }
    let text = r#"{"password": "pw", "readonly": true, "cidr_whitelist": ["10.0.0.0/8"]}"#;
    let allowed_ranges = ranges(&["10.0.0.0/8"]);
    assert_eq!(asked(text), RequestedToken::Legacy { kind: LegacyKind::ReadOnly, allowed_ranges });
}

#[test]
fn only_the_cidr_list_may_be_null_or_empty() {
    for cidr in [r#""cidr_whitelist": null"#, r#""cidr_whitelist": []"#, r#""cidr": null"#, r#""cidr": []"#] {
        let RequestedToken::Legacy { allowed_ranges, .. } = asked(&format!(r#"{{"readonly": false, {cidr}}}"#)) else {
            panic!("{cidr}")
        };
        assert_eq!(allowed_ranges, AllowedRanges::Any, "{cidr}");
        assert_eq!(asked_granular(&named(cidr)).allowed_ranges, AllowedRanges::Any, "{cidr}");
    }
    assert_eq!(asked_granular(&named(r#""cidr": null, "cidr_whitelist": []"#)).allowed_ranges, AllowedRanges::Any);
    let alike = named(r#""cidr": ["10.0.0.0/8", "10.1.2.3/8"], "cidr_whitelist": ["10.0.0.0/8"]"#);
    assert_eq!(asked_granular(&alike).allowed_ranges, ranges(&["10.0.0.0/8"]));
    // What joins and splits an empty text sends: not none.
    assert_eq!(
        refused_at(r#"{"password": "pw", "cidr_whitelist": [""]}"#, now()),
        "cidr_whitelist[0]: invalid IP range ``: it has no prefix length: expected CIDR notation such as `10.0.0.0/8`",
    );
    for field in ["packages", "scopes", "orgs"] {
        let error = refused_at(&named(&format!(r#""{field}": []"#)), now());
        assert_eq!(error, format!("{field}: empty selection: expected at least one entry"));
        let error = refused_at(&named(&format!(r#""{field}": null"#)), now());
        assert_eq!(error, format!("{field}: found null: expected a list"));
    }
    for (field, expected) in [
        ("password", "a string"),
        ("description", "a string"),
        ("packages_all", "a boolean"),
        ("bypass_2fa", "a boolean"),
        ("packages_and_scopes_permission", "a string"),
        ("orgs_permission", "a string"),
        ("expires", "a whole number of days, or a time"),
    ] {
        let error = refused_at(&named(&format!(r#""{field}": null"#)), now());
        assert_eq!(error, format!("{field}: found null: expected {expected}"));
    }
}

#[test]
fn all_packages_has_two_spellings_and_is_never_implied_by_an_omission() {
    let read_only = |rest: &str| named(&format!(r#""packages_and_scopes_permission": "read-only", {rest}"#));
    for rest in [r#""packages_all": true"#, r#""packages": ["*"]"#, r#""packages": ["*"], "packages_all": true"#] {
        assert_eq!(asked_granular(&read_only(rest)).packages, packages(GrantedPermission::ReadOnly, all()), "{rest}");
    }
    let some = asked_granular(&read_only(r#""packages": ["left"], "packages_all": false"#));
    assert_eq!(some.packages, packages(GrantedPermission::ReadOnly, only(&["left"])));
    let (mixed, both) = ("`*` beside other entries: expected it alone, or none", "a list beside `packages_all`");
    let without = "`read-only` without a selection: expected one by `packages`, `packages_all` or `scopes`";
    for (rest, error) in [
        (r#""packages": ["*", "left"]"#, format!("packages: {mixed}")),
        (r#""packages": ["left", "*"], "packages_all": true"#, format!("packages: {mixed}")),
        (r#""packages": ["*", "*"]"#, format!("packages: {mixed}")),
        (r#""packages": ["left"], "packages_all": true"#, format!("packages: {both}: expected one of them")),
        (r#""packages": [], "packages_all": true"#, "packages: empty selection: expected at least one entry".into()),
        (
            r#""packages": ["*"], "packages_all": false"#,
            "packages_all: false beside `*` in `packages`: expected both to say the same".into(),
        ),
        (
            r#""packages_all": true, "scopes": ["acme"]"#,
            "scopes: a list beside all packages: expected one of them".into(),
        ),
        (r#""packages": ["*"], "scopes": ["acme"]"#, "scopes: a list beside all packages: expected one of them".into()),
        (r#""packages_all": false"#, format!("packages_and_scopes_permission: {without}")),
        (r#""orgs": ["acme"], "orgs_permission": "read-only""#, format!("packages_and_scopes_permission: {without}")),
    ] {
        assert_eq!(refused_at(&read_only(rest), now()), error, "{rest}");
    }
    // There is no scope or organization of that name.
    assert_eq!(
        refused_at(&read_only(r#""scopes": ["acme", "*"]"#), now()),
        "scopes[1]: found `*`: expected a name: only `packages` can select all",
    );
    assert_eq!(
        refused_at(&named(r#""orgs": ["*"], "orgs_permission": "read-only""#), now()),
        "orgs[0]: found `*`: expected a name: only `packages` can select all",
    );
}

#[test]
fn a_permission_and_a_selection_come_together() {
    for (rest, error) in [
        (
            r#""packages": ["left"]"#,
            "packages_and_scopes_permission: no permission with a selection: \
             expected a permission above `no-access`, or no selection",
        ),
        (
            r#""scopes": ["acme"], "packages_and_scopes_permission": "no-access""#,
            "packages_and_scopes_permission: `no-access` with a selection: \
             expected a permission above `no-access`, or no selection",
        ),
        (
            r#""packages_all": true, "orgs_permission": "read-write", "orgs": ["acme"]"#,
            "packages_and_scopes_permission: no permission with a selection: \
             expected a permission above `no-access`, or no selection",
        ),
        (
            r#""orgs": ["acme"]"#,
            "orgs_permission: no permission with a selection: expected a permission above `no-access`, or no selection",
        ),
        (
            r#""orgs": ["acme"], "orgs_permission": "no-access""#,
            "orgs_permission: `no-access` with a selection: expected a permission above `no-access`, or no selection",
        ),
        (
            r#""orgs_permission": "read-write""#,
            "orgs_permission: `read-write` without a selection: expected one by `orgs`",
        ),
        (
            r#""packages_and_scopes_permission": "read-write-stage-only""#,
            "packages_and_scopes_permission: `read-write-stage-only` without a selection: \
             expected one by `packages`, `packages_all` or `scopes`",
        ),
        (
            r#""packages_all": true, "packages_and_scopes_permission": "stage-only""#,
            "packages_and_scopes_permission: unknown permission `stage-only`: \
             expected one of `no-access`, `read-only`, `read-write-stage-only`, `read-write`",
        ),
        (
            r#""orgs": ["acme"], "orgs_permission": "read-write-stage-only""#,
            "orgs_permission: unknown permission `read-write-stage-only`: \
             expected one of `no-access`, `read-only`, `read-write`",
        ),
        (
            r#""orgs": ["acme"], "orgs_permission": "write""#,
            "orgs_permission: unknown permission `write`: expected one of `no-access`, `read-only`, `read-write`",
        ),
    ] {
        assert_eq!(refused_at(&named(rest), now()), error, "{rest}");
    }
    // No permission at all reads, and is refused with the rest of L5 when the token is made.
    let nothing = asked_granular(&named(r#""packages_and_scopes_permission": "no-access""#));
    assert_eq!(
        (nothing.packages.clone(), nothing.organizations.clone()),
        (PackagesGrant::NoAccess, OrganizationsGrant::NoAccess)
    );
    let made = tollgate::token::GranularToken::load(
        TokenFacts {
            id: tollgate::testing::token_id("t"),
            owner: "alice".parse().unwrap(),
            created: now(),
            revoked: None,
        },
        nothing,
    );
    assert_eq!(made, Err(GranularTokenError::NoPermission));
}

#[test]
fn expiry_is_in_whole_days_or_a_time_and_npms_default_without_either() {
    let read_write = r#""packages_all": true, "packages_and_scopes_permission": "read-write""#;
    let read_only = r#""packages_all": true, "packages_and_scopes_permission": "read-only""#;
    let orgs = r#""orgs": ["acme"], "orgs_permission": "read-write""#;
    for (rest, expires_at) in [
        (format!(r#"{read_only}, "expires": 1"#), "2025-11-02T00:00:00Z"),
        (format!(r#"{read_only}, "expires": 365"#), "2026-11-01T00:00:00Z"),
        (format!(r#"{read_only}, "expires": "2026-01-01T00:00:00+01:00""#), "2025-12-31T23:00:00Z"),
        (read_write.into(), "2025-11-08T00:00:00Z"),
        (orgs.into(), "2025-11-08T00:00:00Z"),
        (format!("{orgs}, {read_only}"), "2025-11-08T00:00:00Z"),
        (read_only.into(), "2025-12-01T00:00:00Z"),
    ] {
        assert_eq!(asked_granular(&named(&rest)).expires_at, time(expires_at), "{rest}");
    }
    for (expires, error) in [
        ("0", "expires: found 0 days: expected at least 1"),
        ("-1", "expires: found a number: expected a whole number of days, or a time"),
        ("0.5", "expires: found a number: expected a whole number of days, or a time"),
        ("30.0", "expires: found a number: expected a whole number of days, or a time"),
        ("true", "expires: found a boolean: expected a whole number of days, or a time"),
        ("\"30\"", "expires: `30` is not an RFC 3339 time: expected a form such as `2025-11-01T00:00:00Z`"),
        ("2912504", "expires: found 2912504 days: expected an end before the year 10000"),
        ("213503982334602", "expires: found 213503982334602 days: expected an end before the year 10000"),
        ("18446744073709551615", "expires: found 18446744073709551615 days: expected an end before the year 10000"),
    ] {
        assert_eq!(refused_at(&named(&format!(r#"{read_only}, "expires": {expires}"#)), now()), error, "{expires}");
    }
    // To stage is to write.
    let stage_only = r#""packages_all": true, "packages_and_scopes_permission": "read-write-stage-only""#;
    assert_eq!(asked_granular(&named(stage_only)).expires_at, time("2025-11-08T00:00:00Z"));
    assert_eq!(asked_granular(&named(stage_only)).packages, packages(PackagesPermission::StageOnly, all()));
    assert_eq!(
        asked_granular(&named(&format!(r#"{read_only}, "expires": 2912503"#))).expires_at,
        time("9999-12-31T00:00:00Z")
    );
    let default_overflows = refused_at(&named(read_only), Timestamp::MAX);
    assert_eq!(
        default_overflows,
        "expires: no expiry, and the default one is too late: expected an expiry before the year 10000"
    );
}

/// Otherwise no token could be made without `--expires`, and the error would be about a time that nobody asked for.
#[test]
fn a_default_expiry_is_within_the_limits_of_the_policy() {
    let days = |days: u64| Duration::from_hours(24 * days);
    let (open, edition) = (Policy::NPM_2025_10, Policy::NPM_2026_08);
    let house = |limit| edition.with_token_lifetime_at_most(days(limit)).unwrap();
    let writes = |limit| edition.with_write_lifetime_at_most(days(limit)).unwrap();
    let (read, stage, write) = ("read-only", "read-write-stage-only", "read-write");
    for (policy, permission, expected) in [
        (open, read, 30),
        (open, write, 7),
        (edition, read, 30),
        (edition, stage, 7),
        (edition, write, 7),
        (house(31), read, 30),
        (house(30), read, 30),
        (house(29), read, 29),
        (house(8), write, 7),
        (house(1), stage, 1),
        (house(1), write, 1),
        (writes(8), stage, 7),
        (writes(6), stage, 6),
        (writes(6), write, 6),
        (writes(6), read, 30),
        (writes(3).with_token_lifetime_at_most(days(2)).unwrap(), write, 2),
        (writes(2).with_token_lifetime_at_most(days(3)).unwrap(), write, 2),
    ] {
        let settings = |rest: &str| {
            let text =
                named(&format!(r#""packages_all": true, "packages_and_scopes_permission": "{permission}"{rest}"#));
            let body = body_from_text(&text);
            let request = CreateTokenRequest::read(&body, policy, now()).unwrap();
            let RequestedToken::Granular { settings } = request.token else { panic!("{text}: not granular") };
            settings.expires_at
        };
        assert_eq!(settings(""), now().checked_add(days(expected)).unwrap(), "{policy} {permission}");
        // What the user asks for is not shortened: the issue of the token refuses it.
        assert_eq!(settings(r#", "expires": 365"#), now().checked_add(days(365)).unwrap());
    }
}

#[test]
fn no_error_advises_a_legacy_token_where_they_are_retired() {
    for (policy, expected) in [
        (Policy::NPM_2025_10, "no kind of token: expected `readonly`, or the fields of a granular token"),
        (Policy::NPM_2025_12, "no kind of token: expected the fields of a granular token"),
        (Policy::NPM_2025_10.retire_legacy_tokens(), "no kind of token: expected the fields of a granular token"),
    ] {
        let body = body_from_text(r#"{"password": "pw"}"#);
        assert_eq!(CreateTokenRequest::read(&body, policy, now()).unwrap_err().to_string(), expected, "{policy}");
    }
}

#[test]
fn an_unknown_mistyped_or_repeated_field_is_refused() {
    let all_known = "`password`, `cidr_whitelist`, `cidr`, `readonly`, `automation`, `name`, `description`, \
                     `token_description`, `packages`, `packages_all`, `scopes`, `orgs`, \
                     `packages_and_scopes_permission`, `orgs_permission`, `expires`, `bypass_2fa`";
    let unknown = format!("unknown field: expected one of {all_known}");
    let differs = "expected one of them, or both alike";
    for (text, error) in [
        (r#"{"password": "pw", "read_only": true}"#, format!("read_only: {unknown}")),
        (r#"{"name": "ci", "only_on": "weekdays"}"#, format!("only_on: {unknown}")),
        (r#"{"Readonly": true}"#, format!("Readonly: {unknown}")),
        ("[]", "found a list: expected an object".into()),
        ("null", "found null: expected an object".into()),
        (r#"{"packages_all": true}"#, "name: missing field".into()),
        (r#"{"expires": 30, "password": "pw"}"#, "name: missing field".into()),
        (r#"{"bypass_2fa": false}"#, "name: missing field".into()),
        // npm 11 with `--read-only`, which it no longer sends: not a publish token.
        (
            r#"{"name": null, "password": "pw"}"#,
            "name: found null: expected a name, as `npm token create --name` gives it".into(),
        ),
        (
            r#"{"name": "ci", "readonly": true}"#,
            "readonly: a legacy token's field beside `name`: expected fields of one kind of token".into(),
        ),
        (
            r#"{"readonly": false, "bypass_2fa": true}"#,
            "readonly: a legacy token's field beside `bypass_2fa`: expected fields of one kind of token".into(),
        ),
        (
            r#"{"automation": false, "expires": 30}"#,
            "automation: a legacy token's field beside `expires`: expected fields of one kind of token".into(),
        ),
        (
            r#"{"readonly": true, "automation": true}"#,
            "automation: true beside `readonly`: expected one of them".into(),
        ),
        (r#"{"readonly": "true"}"#, "readonly: found the string `true`: expected a boolean".into()),
        (r#"{"readonly": 1}"#, "readonly: found a number: expected a boolean".into()),
        (r#"{"automation": null}"#, "automation: found null: expected a boolean".into()),
        (r#"{"password": 1}"#, "password: found a number: expected a string".into()),
        (
            r#"{"name": "ci", "description": "a", "token_description": "b"}"#,
            format!("token_description: differs from `description`: {differs}"),
        ),
        (
            r#"{"cidr_whitelist": ["10.0.0.0/8"], "cidr": ["10.0.0.0/9"]}"#,
            format!("cidr: differs from `cidr_whitelist`: {differs}"),
        ),
        (
            r#"{"cidr_whitelist": [], "cidr": ["10.0.0.0/8"]}"#,
            format!("cidr: differs from `cidr_whitelist`: {differs}"),
        ),
        (r#"{"cidr_whitelist": ["10.0.0.0/8"], "cidr": null}"#, format!("cidr: differs from `cidr_whitelist`: {differs}")),
        (r#"{"cidr": "10.0.0.0/8"}"#, "cidr: found the string `10.0.0.0/8`: expected a list".into()),
        (
            r#"{"cidr": ["10.0.0.0/8", "10.0.0.1"]}"#,
            "cidr[1]: invalid IP range `10.0.0.1`: it has no prefix length: expected CIDR notation such as `10.0.0.0/8`"
                .into(),
        ),
        (
            r#"{"name": "ci", "packages": "left"}"#,
            "packages: found the string `left`: expected a list".into(),
        ),
        (r#"{"name": "ci", "packages": ["left", 1]}"#, "packages[1]: found a number: expected a string".into()),
        (
            r#"{"name": "a.b"}"#,
            "name: invalid token name `a.b`: expected 1 to 40 of ASCII letters, digits, `_`, `-` and space, \
             no space at either end"
                .into(),
        ),
    ] {
        assert_eq!(refused_at(text, now()), error, "{text}");
    }
    let alike = asked_granular(&named(r#""description": "a", "token_description": "a""#));
    assert_eq!(alike.description.to_string(), "a");
}

#[test]
fn the_limits_on_lists_are_those_of_the_token() {
    let names = |count: usize| -> Value { (0..count).map(|n| json!(format!("p{n}"))).collect() };
    let permission = ("packages_and_scopes_permission", json!("read-only"));
    let with = |count: usize| {
        json!({"name": "ci", "packages": names(count), "scopes": ["acme"], permission.0: permission.1}).to_string()
    };
    assert!(matches!(asked(&with(49)), RequestedToken::Granular { .. }));
    assert_eq!(refused_at(&with(50), now()), "51 packages and scopes: expected at most 50 together");
    let orgs = json!({"name": "ci", "orgs": names(51), "orgs_permission": "read-only"}).to_string();
    assert_eq!(refused_at(&orgs, now()), "orgs: 51 organizations: expected at most 50");
    let cidr: Value = (0..1001).map(|n| json!(format!("10.{}.{}.0/24", n / 256, n % 256))).collect();
    let error = refused_at(&json!({"cidr": cidr}).to_string(), now());
    assert_eq!(error, "cidr: 1001 different IP ranges: expected at most 1000");
}

#[test]
fn no_error_repeats_the_password_or_a_secret() {
    let told = "an error that would repeat the password: expected the password in `password` only";
    for password in ["hunter2!", "a\"b\\c\n", "pass.word", "é‽", &"long ".repeat(40)] {
        for field in ["readonly", password] {
            let text = json!({"password": password, field: password}).to_string();
            assert_eq!(refused_at(&text, now()), told, "{text}");
        }
        for field in ["bypass_2fa", "expires", "packages", "packages_all", "orgs_permission", password] {
            let text = json!({"password": password, "name": "ci", field: password}).to_string();
            assert_eq!(refused_at(&text, now()), told, "{text}");
        }
        for list in ["packages", "scopes", "cidr"] {
            let text = json!({"password": password, "name": "ci", list: [format!("{password}!! ")]}).to_string();
            assert_eq!(refused_at(&text, now()), told, "{text}");
        }
    }
    let other = json!({"password": "hunter2!", "name": "hunter3!"}).to_string();
    assert!(refused_at(&other, now()).starts_with("name: invalid token name `hunter3!`"));
    let empty = json!({"password": "", "name": "a.b"}).to_string();
    assert!(refused_at(&empty, now()).starts_with("name: invalid token name `a.b`"));
    for field in ["bypass_2fa", "expires", "orgs", "packages_and_scopes_permission", SECRET] {
        let error = refused_at(&json!({"password": "pw", "name": "ci", field: SECRET}).to_string(), now());
        assert!(!error.contains("abcdefgh"), "{error}");
    }
}

fn listed(token: &Token) -> Value {
    serde_json::to_value(ListedToken::new(token, Some(Secret::new(SECRET).unwrap().hint())).unwrap()).unwrap()
}

#[test]
fn a_granular_token_is_listed_in_both_spellings() {
    let token = granular("ci", "alice")
        .packages(GrantedPermission::ReadWrite, only(&["@acme", "left-pad"]))
        .organizations(GrantedPermission::ReadOnly, &["acme"])
        .ranges(&["10.0.0.0/8", "2001:db8::/32"])
        .bypass_2fa()
        .build();
    assert_eq!(
        listed(&token),
        json!({
            "key": "ci", "token": "npm_", "hint": "npm_…olCm", "name": "ci", "description": "",
            "created": "2025-10-30T12:00:00Z", "updated": null, "revoked": null,
            "readonly": false, "automation": false, "bypass_2fa": true,
            "cidr_whitelist": ["10.0.0.0/8", "2001:db8::/32"], "cidr": ["10.0.0.0/8", "2001:db8::/32"],
            "expires": "2026-01-01T00:00:00Z", "expiry": "2026-01-01T00:00:00Z", "packages_all": false,
            "permissions": [{"name": "package", "action": "write"}, {"name": "org", "action": "read"}],
            "scopes": [
                {"type": "package", "name": "left-pad"},
                {"type": "scope", "name": "@acme"},
                {"type": "org", "name": "acme"},
            ],
        })
    );
    let read_only = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build();
    let read_only = listed(&read_only);
    assert_eq!(read_only.get("readonly"), Some(&json!(true)));
    assert_eq!(read_only.get("packages_all"), Some(&json!(true)));
    assert_eq!(read_only.get("permissions"), Some(&json!([{"name": "package", "action": "read"}])));
    assert_eq!(read_only.get("scopes"), Some(&json!([{"type": "package", "name": "*"}])));
    assert_eq!(read_only.get("bypass_2fa"), Some(&json!(false)));
    let stages = granular("ci", "alice").packages(PackagesPermission::StageOnly, all());
    for stages in [stages.clone(), stages.organizations(GrantedPermission::ReadOnly, &["acme"])] {
        let stages = listed(&stages.build());
        assert_eq!(stages.get("readonly"), Some(&json!(false)));
        assert_eq!(stages["permissions"][0], json!({"name": "package", "action": "stage"}));
    }
    let orgs = granular("ci", "alice").organizations(GrantedPermission::ReadWrite, &["acme"]).build();
    let orgs = listed(&orgs);
    assert_eq!(orgs.get("readonly"), Some(&json!(false)));
    assert_eq!(orgs.get("packages_all"), Some(&json!(false)));
    assert_eq!(orgs.get("permissions"), Some(&json!([{"name": "org", "action": "write"}])));
}

#[test]
fn a_legacy_token_is_listed_by_its_kind_and_without_expiry() {
    let token = legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build();
    assert_eq!(
        listed(&token),
        json!({
            "key": "publish", "token": "npm_", "hint": "npm_…olCm", "name": "(legacy publish)", "description": null,
            "created": "2025-10-30T12:00:00Z", "updated": "2025-10-31T00:00:00Z", "revoked": "2025-10-31T00:00:00Z",
            "readonly": false, "automation": false, "bypass_2fa": false, "cidr_whitelist": null, "cidr": [],
        })
    );
    for (kind, name, flags) in [
        (LegacyKind::ReadOnly, "(legacy read-only)", [true, false, false]),
        (LegacyKind::Automation, "(legacy automation)", [false, true, true]),
        (LegacyKind::Publish, "(legacy publish)", [false, false, false]),
    ] {
        let listed = listed(&legacy(kind, "alice").build());
        assert_eq!(listed.get("name"), Some(&json!(name)));
        assert!(name.parse::<tollgate::token::TokenName>().is_err(), "no granular token is called that");
        for (field, flag) in ["readonly", "automation", "bypass_2fa"].into_iter().zip(flags) {
            assert_eq!(listed.get(field), Some(&json!(flag)), "{name} {field}");
        }
    }
}

#[test]
fn a_list_shows_the_start_of_a_long_secret_and_nothing_of_a_short_one() {
    let token = legacy(LegacyKind::Publish, "alice").build();
    for (secret, shown, hint) in [
        (SECRET, "npm_", "npm_…olCm"),
        ("0123456789abcdef0123456789abcdef", "0123", "0123…cdef"),
        ("short-secret", "", "…"),
    ] {
        let listed =
            serde_json::to_value(ListedToken::new(&token, Some(Secret::new(secret).unwrap().hint())).unwrap()).unwrap();
        assert_eq!(listed.get("token"), Some(&json!(shown)));
        assert_eq!(listed.get("hint"), Some(&json!(hint)));
        // `npm token revoke` of the full text: `id.indexOf(token.token) === 0`.
        assert!(secret.starts_with(shown));
    }
}

/// A registry that stored no hints lists its tokens without them, and one that makes secrets in its own way answers with them.
#[test]
fn a_list_needs_no_hint_and_a_reply_no_minted_secret() {
    let token = legacy(LegacyKind::Publish, "alice").build();
    let mut expected = listed(&token);
    let fields = expected.as_object_mut().unwrap();
    fields.remove("hint");
    fields.insert("token".into(), json!(""));
    assert_eq!(serde_json::to_value(ListedToken::new(&token, None).unwrap()).unwrap(), expected);
    expected["token"] = json!("acme-0001");
    assert_eq!(serde_json::to_value(CreatedToken::new(&token, Secret::new("acme-0001").unwrap())).unwrap(), expected);
}

#[test]
fn a_session_is_in_no_list() {
    let hint = Secret::new(SECRET).unwrap().hint();
    let tokens = [
        legacy(LegacyKind::Publish, "alice").build(),
        session("login", "alice").build(),
        granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build(),
    ];
    assert!(ListedToken::new(&tokens[1], Some(hint)).is_none());
    let objects: Vec<_> = tokens.iter().filter_map(|token| ListedToken::new(token, Some(hint))).collect();
    let page = serde_json::to_value(TokenList { objects: &objects, total: 2, next: None }).unwrap();
    let keys: Vec<_> = page["objects"].as_array().unwrap().iter().map(|token| token["key"].clone()).collect();
    assert_eq!(keys, [json!("publish"), json!("ci")]);
}

#[test]
fn a_page_links_a_next_page_only_if_there_is_one() {
    let token = legacy(LegacyKind::Publish, "alice").build();
    let objects = [ListedToken::new(&token, Some(Secret::new(SECRET).unwrap().hint())).unwrap()];
    let page = |next| serde_json::to_value(TokenList { objects: &objects, total: 11, next }).unwrap();
    assert_eq!(page(None), json!({"objects": [listed(&token)], "total": 11, "urls": {}}));
    let next = "/-/npm/v1/tokens?page=1";
    assert_eq!(page(Some(next)).get("urls"), Some(&json!({"next": next})));
}

#[test]
fn the_reply_to_a_creation_has_the_secret_once_and_its_debug_output_never() {
    let minted = MintedSecret::mint(&SecretPrefix::default(), &[7; 64]).unwrap();
    let token = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).ranges(&["10.0.0.0/8"]).build();
    let reply = CreatedToken::new(&token, minted.as_secret());
    let mut expected = listed(&token);
    let fields = expected.as_object_mut().unwrap();
    fields.remove("hint");
    fields.insert("token".into(), json!(minted.expose()));
    assert_eq!(serde_json::to_value(reply).unwrap(), expected);
    assert_eq!(serde_json::to_string(&reply).unwrap().matches(minted.expose()).count(), 1);
    assert_eq!(format!("{reply:?} {reply:#?}"), "CreatedToken(…) CreatedToken(…)");
    // In a list there is no more of it than the hint.
    let line = serde_json::to_string(&ListedToken::new(&token, Some(minted.as_secret().hint())).unwrap()).unwrap();
    assert!(!line.contains(minted.expose().get(..8).unwrap()));
}
