//! The kit's assertions: each gives what it asserts, and fails on everything else with the explanation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use tollgate::{
    ClientIp, Decision, PackageAction, Policy, Reason, Timestamp, User, authorize,
    decision::{Caller, EarlyAnswer},
    facts::TwoFactorMode,
    operation::Action,
    rules::{Check, Outcome},
    testing::{
        assert_allowed, assert_challenged, assert_denied, bind, granular, missing_package, now, only, package, user,
    },
    value::{GrantedPermission, Role},
};

/// What the assertion panics with.
fn failure<T>(assertion: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(assertion)) {
        Ok(_) => panic!("the assertion holds"),
        Err(panic) => *panic.downcast::<String>().unwrap(),
    }
}

/// A publish of `@acme/app` by a member of a team that has the permission on it.
fn publishing<T>(alice: &User, permission: GrantedPermission, take: impl FnOnce(Decision<'_>) -> T) -> T {
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadWrite, only(&["@acme"])).build();
    let app = package("@acme/app").private().team("acme", "developers", permission).build();
    take(authorize(&bind(Policy::NPM_2025_10, &ci, alice), PackageAction::Publish, &app, ClientIp::UNKNOWN, now()))
}

#[test]
fn an_assertion_holds_for_its_own_answer_and_fails_for_every_other() {
    let (read, write) = (GrantedPermission::ReadOnly, GrantedPermission::ReadWrite);
    let alice = || user("alice").member("acme", Role::Member, &["developers"]);
    let (plain, strict) = (alice().build(), alice().two_factor(TwoFactorMode::AuthAndWrites).build());
    let lacks = Reason::OwnerLacksPermission;
    // Allow, challenge, deny.
    publishing(&plain, write, |decision| assert_eq!(assert_allowed(decision).status(), 200));
    publishing(&strict, write, |decision| assert_eq!(assert_challenged(decision).status(), 401));
    publishing(&plain, read, |decision| assert_eq!(assert_denied(decision, lacks).reason(), lacks));
    for (alice, permission, is, others) in [
        (&plain, write, "ALLOW", [false, true, true]),
        (&strict, write, "CHALLENGE", [true, false, true]),
        (&plain, read, "DENY", [true, true, false]),
    ] {
        let [not_allowed, not_challenged, not_denied] = others;
        let fails = |expected: &str, assertion: &dyn Fn(Decision<'_>)| {
            let report = publishing(alice, permission, |decision| failure(|| assertion(decision)));
            assert!(report.starts_with(&format!("expected {expected}, found\n{is} publish `@acme/app`")), "{report}");
            assert!(report.contains("\n  C   owner-right "), "{report}");
        };
        if not_allowed {
            fails("an allow", &|decision| {
                assert_allowed(decision);
            });
        }
        if not_challenged {
            fails("a challenge", &|decision| {
                assert_challenged(decision);
            });
        }
        if not_denied {
            fails("a denial, `owner-lacks-permission`", &|decision| {
                assert_denied(decision, lacks);
            });
        }
        // A denial for another reason is another denial.
        fails("a denial, `not-selected`", &|decision| {
            assert_denied(decision, Reason::NotSelected);
        });
    }
}

#[test]
fn a_failure_without_a_token_says_whether_one_was_presented() {
    let read = || PackageAction::ReadPackage.on(missing_package("left-pad"));
    let anonymous =
        failure(|| assert_allowed(Caller::NoToken.decide(read(), ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)));
    assert!(
        anonymous.starts_with("expected an allow, found\nDENY read-package `left-pad`: no-such-package"),
        "{anonymous}"
    );
    let unknown = failure(|| {
        assert_denied(
            Caller::UnknownToken.decide(read(), ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH),
            Reason::NoSuchPackage,
        )
    });
    assert!(unknown.contains("token-unknown"), "{unknown}");
}

/// What the page shows of a failure is what it is.
#[test]
fn the_documentation_shows_a_failure_to_the_letter() {
    let page = include_str!("../../src/docs/testing.md");
    let (_, shown) = page.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("\n```").unwrap();
    let alice = user("alice").member("acme", Role::Member, &["developers"]).build();
    let report = publishing(&alice, GrantedPermission::ReadOnly, |decision| failure(|| assert_allowed(decision)));
    assert_eq!(report.trim_end(), shown);
}

#[test]
fn an_early_denial_is_explained_by_the_checks_that_were_run_without_the_owner() {
    let token = granular("ci", "alice").packages(GrantedPermission::ReadOnly, only(&["left-pad"])).build();
    let view = token.as_view();
    let EarlyAnswer::Deny(deny) =
        Policy::NPM_2025_10.refuse_early(&view, Action::PublishVersion, ClientIp::UNKNOWN, now())
    else {
        panic!("a token with read-only permission publishes nothing")
    };
    let explanation = Decision::Deny(deny).explain();
    let checks: Vec<_> = explanation.steps().map(|(check, outcome, _)| (check, outcome)).collect();
    let expected = [
        (Check::NotRevoked, Outcome::Passed),
        (Check::NotRetired, Outcome::DoesNotApply),
        (Check::NotExpired, Outcome::Passed),
        (Check::AddressAllowed, Outcome::Passed),
        (Check::KindHasAction, Outcome::Passed),
        (Check::PermissionForAction, Outcome::Failed(Reason::PermissionTooLow)),
    ];
    assert_eq!(checks, expected);
}

/// A slip in a list of the test's own data, too, is shown at the line of the test.
#[test]
fn a_slip_in_the_data_of_a_test_panics_at_the_line_of_the_test() {
    use std::{
        cell::RefCell,
        panic::{set_hook, take_hook},
    };
    use tollgate::testing;

    thread_local! {
        static FILE: RefCell<String> = const { RefCell::new(String::new()) };
    }
    let before = take_hook();
    set_hook(Box::new(move |info| {
        FILE.with_borrow_mut(|file| *file = info.location().map(|at| at.file().to_owned()).unwrap_or_default());
        before(info);
    }));
    let slips: [fn(); 6] = [
        || drop(testing::user("no one")),
        || drop(testing::only(&["left-pad", "left pad"])),
        || drop(testing::ranges(&["10.0.0.0/8", "10.0.0.0/40"])),
        || drop(testing::granular("ci", "alice").organizations(GrantedPermission::ReadOnly, &["acme", "a b"])),
        || drop(testing::granular("ci", "alice").ranges(&["x"])),
        || drop(testing::user("alice").member("acme", Role::Member, &["ops", "a b"])),
    ];
    for (number, slip) in slips.into_iter().enumerate() {
        assert!(catch_unwind(slip).is_err(), "{number}");
        let file = FILE.with_borrow(Clone::clone);
        assert!(file.ends_with("assertions.rs"), "slip {number} is shown in {file}");
    }
}
