//! Every error's message, verbatim, where it arises; both edges of every limit on making and loading tokens (L1 to L9).
//!
//! Messages of names, ranges, secrets, times and single states are asserted beside their types.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a slip in a test's own data fails the test")]

use crate::snapshot::assert_snapshot;
use serde_json::{Value, json};
use tollgate::testing::{
    CREATED, EXPIRES, GranularBuilder, all, granular, legacy, missing_package, now, only, package, ranges, session,
    time, token_id, user,
};
use tollgate::{
    Policy, Reason, StoredToken, Timestamp, Token, User,
    facts::{PackageState, PublishingAccess, TwoFactorMode, Visibility},
    operation::Action,
    rules::DemandedBy,
    token::{
        GranularToken, GranularTokenError, GranularTokenSet, IssueError, IssueFacts, IssuedBy, LegacyKind, LegacyToken,
        NameAvailability, StoredTokenError, TokenSetError,
    },
    value::{GrantedPermission, Permission, Role},
};
use tollgate::{
    directory::{Directory, RequestLine, World},
    token::{GranularIssueFacts, TokenFacts},
};

const READ: GrantedPermission = GrantedPermission::ReadOnly;
const WRITE: GrantedPermission = GrantedPermission::ReadWrite;

/// Makes a token at [`tollgate::testing::NOW`] for its owner, who has 10 tokens already.
fn issue(settings: GranularBuilder, owner: &User, packages: &[PackageState<'_>]) -> Result<GranularToken, IssueError> {
    GranularToken::issue(token_id("t"), settings.settings(), &facts(owner, packages))
}

fn facts<'a>(owner: &'a User, packages: &'a [PackageState<'a>]) -> GranularIssueFacts<'a> {
    GranularIssueFacts {
        issue: by_owner(owner),
        packages,
        granular_tokens: 10,
        name_availability: NameAvailability::Free,
    }
}

/// The facts of a token that the owner makes in person.
fn by_owner(owner: &User) -> IssueFacts<'_> {
    IssueFacts { policy: Policy::NPM_2025_10, owner: owner.as_view(), issued_by: IssuedBy::Owner, now: now() }
}

fn message<T: std::fmt::Debug>(result: Result<T, IssueError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn issuing_counts_to_1000_and_wants_a_free_name_and_an_active_owner() {
    let alice = user("alice").build();
    let settings = || granular("ci", "alice").packages(READ, all()).settings();
    let issue = |facts: GranularIssueFacts<'_>| GranularToken::issue(token_id("t"), settings(), &facts);
    let facts = facts(&alice, &[]);
    assert!(issue(GranularIssueFacts { granular_tokens: 999, ..facts }).is_ok());
    for granular_tokens in [1000, 1001, usize::MAX] {
        assert_eq!(
            message(issue(GranularIssueFacts { granular_tokens, ..facts })),
            "the account has 1000 granular tokens that are not revoked: expected fewer, revoke one first"
        );
    }
    assert_eq!(
        message(issue(GranularIssueFacts { name_availability: NameAvailability::Taken, ..facts })),
        "the name is taken by another granular token of the account: expected one that is not in use"
    );
    let suspended = user("alice").suspended().build();
    let message_of_suspended = "the owner is suspended: expected an active account";
    assert_eq!(message(issue(GranularIssueFacts { issue: by_owner(&suspended), ..facts })), message_of_suspended);
    let any = ranges(&[]);
    let legacy = LegacyToken::issue(token_id("t"), LegacyKind::Publish, any.clone(), &by_owner(&suspended));
    assert_eq!(message(legacy), message_of_suspended);
    // L1 does not count legacy tokens: making one asks for no number.
    assert!(LegacyToken::issue(token_id("t"), LegacyKind::Publish, any, &by_owner(&alice)).is_ok());
}

#[test]
fn issuing_wants_24_hours_a_permission_and_read_write_for_the_bypass() {
    let alice = user("alice").build();
    let expiring = |at: &str| issue(granular("ci", "alice").packages(READ, all()).expires(at), &alice, &[]);
    assert!(expiring("2025-11-02T00:00:00Z").is_ok());
    assert_eq!(
        message(expiring("2025-11-01T23:59:59.999999999Z")),
        "expires at 2025-11-01T23:59:59.999999999Z: expected 2025-11-02T00:00:00Z or later, 24 hours after the token is made"
    );
    let issue_at = |now: Timestamp| {
        let settings = granular("ci", "alice").packages(READ, all()).expires("9999-12-31T23:59:59.999999999Z");
        GranularToken::issue(
            token_id("t"),
            settings.settings(),
            &GranularIssueFacts { issue: IssueFacts { now, ..by_owner(&alice) }, ..facts(&alice, &[]) },
        )
    };
    assert!(issue_at(time("9999-12-30T23:59:59.999999999Z")).is_ok());
    assert_eq!(
        message(issue_at(time("9999-12-31T00:00:00Z"))),
        "made at 9999-12-31T00:00:00Z: expected a time at least 24 hours before the end of the year 9999"
    );
    assert_eq!(issue(granular("ci", "alice"), &alice, &[]), Err(IssueError::Invalid(GranularTokenError::NoPermission)));
    assert_eq!(
        message(issue(granular("ci", "alice"), &alice, &[])),
        "no permission on packages and none on organizations: expected at least one above `no-access`"
    );
    assert_eq!(
        message(issue(granular("ci", "alice").packages(READ, all()).bypass_2fa(), &alice, &[])),
        "2FA bypass without a `read-write` permission: expected `read-write` on packages or on organizations"
    );
    assert!(issue(granular("ci", "alice").packages(WRITE, all()).bypass_2fa(), &alice, &[]).is_ok());
}

/// Issues a token for a scope of the owner's and a package in it, without facts about the package.
fn issue_both(alice: &User) -> Result<(), IssueError> {
    issue(granular("ci", "alice").packages(WRITE, only(&["@alice", "@alice/tool"])), alice, &[]).map(|_| ())
}

#[test]
fn issuing_wants_packages_that_the_owner_may_read_or_write() {
    let alice = user("alice").build();
    let (public, private) = (package("@bob/open").build(), package("@bob/secret").private().build());
    let written = package("mine").user("alice", WRITE).build();
    let read = package("@carol/app").private().in_scope_of_a_user().user("alice", READ).build();
    let gone = missing_package("gone");
    let states = [(&public).into(), (&private).into(), (&written).into(), (&read).into(), gone.into()];
    let issue = |permission, name: &str| {
        issue(granular("ci", "alice").packages(permission, only(&[name])), &alice, &states).map(|_| ())
    };
    for (permission, name) in [(READ, "@bob/open"), (READ, "mine"), (WRITE, "mine"), (READ, "@carol/app")] {
        assert_eq!(issue(permission, name), Ok(()), "{name}");
    }
    // A hidden package and a missing one give the same message.
    for permission in [READ, WRITE] {
        for name in ["@bob/secret", "gone"] {
            assert_eq!(
                message(issue(permission, name)),
                format!(
                    "package `{name}` does not exist or is not visible to the owner: expected one that the owner may read"
                )
            );
        }
    }
    for name in ["@bob/open", "@carol/app"] {
        assert_eq!(
            message(issue(WRITE, name)),
            format!("package `{name}`, which the owner may only read: expected one that the owner may write to")
        );
    }
    // A package whose scope is selected is not looked up.
    assert_eq!(issue_both(&alice), Ok(()));
    assert_eq!(
        message(issue(READ, "unasked")),
        "no facts about the selected package `unasked`: expected the result of looking up each selected package"
    );
}

#[test]
fn issuing_wants_scopes_and_organizations_of_the_owner() {
    let alice = user("alice").member("acme", Role::Member, &[]).member("globex", Role::Admin, &[]);
    let alice = alice.member("umbrella", Role::Owner, &[]).build();
    let scoped = |scope: &str| issue(granular("ci", "alice").packages(WRITE, only(&[scope])), &alice, &[]).map(|_| ());
    for scope in ["@alice", "@acme", "@globex"] {
        assert_eq!(scoped(scope), Ok(()), "{scope}");
    }
    for scope in ["@bob", "@Alice", "@acme-evil"] {
        assert_eq!(
            message(scoped(scope)),
            format!(
                "scope `{scope}`: expected the owner's own, or that of an organization that the owner is a member of"
            )
        );
    }
    let organization = |permission, name: &str| {
        issue(granular("ci", "alice").organizations(permission, &[name]), &alice, &[]).map(|_| ())
    };
    for (permission, name) in [(READ, "acme"), (READ, "umbrella"), (WRITE, "globex"), (WRITE, "umbrella")] {
        assert_eq!(organization(permission, name), Ok(()), "{name}");
    }
    assert_eq!(
        message(organization(WRITE, "acme")),
        "organization `acme`: expected one in which the owner is admin or higher"
    );
    for (permission, role) in [(READ, "member"), (WRITE, "admin")] {
        assert_eq!(
            message(organization(permission, "initech")),
            format!("organization `initech`: expected one in which the owner is {role} or higher")
        );
    }
}

#[test]
fn a_token_made_by_another_stays_within_its_ranges() {
    let alice = user("alice").build();
    let maker = legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8", "2001:db8::/32"]).build();
    let anywhere = legacy(LegacyKind::Publish, "alice").build();
    let of_bob = legacy(LegacyKind::Publish, "bob").build();
    let issued_by = |maker: &Token, texts: &[&str]| {
        let issued_by = IssuedBy::Token(maker.as_view());
        let settings = granular("ci", "alice").packages(READ, all()).ranges(texts).settings();
        let issued = GranularToken::issue(
            token_id("t"),
            settings,
            &GranularIssueFacts { issue: IssueFacts { issued_by, ..by_owner(&alice) }, ..facts(&alice, &[]) },
        );
        let kind = LegacyKind::ReadOnly;
        let legacy =
            LegacyToken::issue(token_id("t"), kind, ranges(texts), &IssueFacts { issued_by, ..by_owner(&alice) });
        assert_eq!(issued.as_ref().err(), legacy.as_ref().err(), "L9 is the same for both");
        issued.map(|_| ())
    };
    assert_eq!(issued_by(&maker, &["10.0.0.0/8"]), Ok(()));
    assert_eq!(issued_by(&maker, &["10.1.0.0/16", "2001:db8:1::/48"]), Ok(()));
    assert_eq!(issued_by(&anywhere, &[]), Ok(()));
    assert_eq!(issued_by(&anywhere, &["192.0.2.0/24"]), Ok(()));
    assert_eq!(
        message(issued_by(&maker, &[])),
        "no IP ranges, made by a token that has ranges: expected ranges within those"
    );
    for outside in ["10.0.0.0/7", "11.0.0.0/8", "::/0"] {
        assert!(matches!(issued_by(&maker, &[outside]), Err(IssueError::RangeOutsideIssuer { .. })), "{outside}");
    }
    assert_eq!(
        message(issued_by(&maker, &["10.0.0.0/9", "192.0.2.0/24"])),
        "IP range `192.0.2.0/24`, made by a token that has ranges: expected each within one of those"
    );
    assert_eq!(message(issued_by(&of_bob, &[])), "made by a token of the user `bob`: expected a token of the owner");
    // Only a publish token or a session may create tokens (K1), and a revoked one may do nothing (T1).
    let expected = "that has no right to make one: expected a session token, or a legacy publish token where those are honoured, \
                    that is neither revoked nor expired";
    for (maker, kind) in [
        (legacy(LegacyKind::ReadOnly, "alice").build(), "legacy read-only"),
        (legacy(LegacyKind::Automation, "alice").build(), "legacy automation"),
        (granular("maker", "alice").packages(WRITE, all()).build(), "granular"),
        (legacy(LegacyKind::Publish, "alice").revoked("2026-01-01T00:00:00Z").build(), "legacy publish"),
    ] {
        assert_eq!(message(issued_by(&maker, &[])), format!("made by a {kind} token {expected}"));
    }
    let cut_off = user("alice").tokens_revoked_until(CREATED).build();
    let kind = LegacyKind::ReadOnly;
    let by = IssuedBy::Token(anywhere.as_view());
    assert!(matches!(
        LegacyToken::issue(token_id("t"), kind, ranges(&[]), &IssueFacts { issued_by: by, ..by_owner(&cut_off) }),
        Err(IssueError::IssuerMayNotCreateTokens { .. })
    ));
}

#[test]
fn both_look_ups_of_one_package_must_permit_it() {
    let alice = user("alice").build();
    let (open, secret) = (package("@bob/app").build(), package("@bob/app").private().build());
    let settings = || granular("ci", "alice").packages(READ, only(&["@bob/app"])).settings();
    for states in [[(&open).into(), (&secret).into()], [(&secret).into(), (&open).into()]] {
        let issued = GranularToken::issue(token_id("t"), settings(), &facts(&alice, &states));
        assert!(matches!(issued, Err(IssueError::PackageNotFound { .. })));
    }
    let twice = [(&open).into(), (&open).into()];
    assert!(GranularToken::issue(token_id("t"), settings(), &facts(&alice, &twice)).is_ok());
}

#[test]
fn issuing_names_the_first_rule_that_is_broken() {
    // From the last to the first, each put right in turn: the owner, L1, L6, L4, L9, L8.
    let suspended = user("alice").suspended().build();
    let alice = user("alice").build();
    let maker = legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build();
    let bad = || granular("ci", "alice").packages(READ, only(&["@bob"]));
    let issued_by = IssuedBy::Token(maker.as_view());
    let all_wrong = GranularIssueFacts {
        issue: IssueFacts { issued_by, ..by_owner(&suspended) },
        granular_tokens: 1000,
        name_availability: NameAvailability::Taken,
        ..facts(&suspended, &[])
    };
    let issue = |settings: GranularBuilder, facts: &GranularIssueFacts<'_>| {
        GranularToken::issue(token_id("t"), settings.settings(), facts).unwrap_err()
    };
    let too_soon = || bad().expires(tollgate::testing::NOW);
    assert_eq!(issue(too_soon(), &all_wrong), IssueError::OwnerSuspended);
    let active = GranularIssueFacts { issue: IssueFacts { issued_by, ..by_owner(&alice) }, ..all_wrong };
    assert_eq!(issue(too_soon(), &active), IssueError::TooManyTokens);
    let few = GranularIssueFacts { granular_tokens: 0, ..active };
    assert_eq!(issue(too_soon(), &few), IssueError::NameTaken);
    let named = GranularIssueFacts { name_availability: NameAvailability::Free, ..few };
    assert!(matches!(issue(too_soon(), &named), IssueError::Invalid(GranularTokenError::ExpiresTooSoon { .. })));
    assert_eq!(issue(bad(), &named), IssueError::RangesRequired);
    assert!(matches!(issue(bad().ranges(&["10.0.0.0/8"]), &named), IssueError::ScopeNotOwned { .. }));
}

/// A token of its own id and name.
fn numbered(number: usize) -> GranularBuilder {
    granular(&format!("n{number}"), "alice").packages(READ, all())
}

#[test]
fn a_set_holds_1000_tokens_that_are_not_revoked() {
    let alice = user("alice").tokens_revoked_until("2025-01-01T00:00:00Z").build();
    let mut set = GranularTokenSet::new(alice.as_view());
    for number in 0..999 {
        // Expired ones count.
        let token = numbered(number);
        let token =
            if number < 10 { token.created("2025-02-01T00:00:00Z").expires("2025-02-02T00:00:00Z") } else { token };
        set.insert(token.build_granular()).unwrap();
    }
    assert_eq!(set.not_revoked(), 999);
    set.insert(numbered(999).build_granular()).unwrap();
    assert_eq!(set.not_revoked(), 1000);
    assert_eq!(
        set.insert(numbered(1000).build_granular()).unwrap_err().to_string(),
        "more than 1000 granular tokens that are not revoked: expected at most 1000"
    );
    // Neither those that are revoked nor those that the cut-off killed count.
    set.insert(numbered(2000).revoked(CREATED).build_granular()).unwrap();
    set.insert(numbered(2001).created("2025-01-01T00:00:00Z").build_granular()).unwrap();
    assert_eq!(
        set.insert(numbered(2002).created("2025-01-01T00:00:00.000000001Z").build_granular()),
        Err(TokenSetError::TooMany)
    );
    assert_eq!((set.not_revoked(), set.as_slice().len()), (1000, 1002));
    // One revoked makes room for one.
    assert!(set.revoke(&token_id("n5"), now()));
    assert!(!set.revoke(&token_id("n4000"), now()));
    assert_eq!(set.not_revoked(), 999);
    set.insert(numbered(1000).build_granular()).unwrap();
    assert_eq!(set.insert(numbered(1001).build_granular()), Err(TokenSetError::TooMany));
}

/// L1, L6: expired tokens count. Revoked ones do not, be it by themselves or by the account's cut-off, nor do those of other
/// kinds.
#[test]
fn the_facts_for_issuing_count_the_granular_tokens_that_are_not_revoked() {
    let alice = user("alice").tokens_revoked_until("2025-01-01T00:00:00Z").build();
    let issue = by_owner(&alice);
    let token = |name: &str| granular(name, "alice").packages(READ, all());
    let facts = |name: &str, tokens: &[Token]| {
        let facts = GranularIssueFacts::from_tokens(issue, &[], &name.parse().unwrap(), tokens)?;
        assert!(facts.packages.is_empty() && facts.issue.now == now());
        Ok::<_, TokenSetError>((facts.granular_tokens, facts.name_availability))
    };
    assert_eq!(facts("ci", &[]), Ok((0, NameAvailability::Free)));
    let tokens = [
        token("ci").build(),
        token("expired").created("2025-02-01T00:00:00Z").expires("2025-02-02T00:00:00Z").build(),
        token("revoked").revoked(CREATED).build(),
        token("cut off").created("2025-01-01T00:00:00Z").build(),
        legacy(LegacyKind::Publish, "alice").build(),
        session("session", "alice").build(),
    ];
    for (name, availability) in [
        ("ci", NameAvailability::Taken),
        ("expired", NameAvailability::Taken),
        ("revoked", NameAvailability::Free),
        ("cut off", NameAvailability::Free),
        ("legacy", NameAvailability::Free),
        ("session", NameAvailability::Free),
        ("CI", NameAvailability::Free),
    ] {
        assert_eq!(facts(name, &tokens), Ok((2, availability)), "{name}");
    }
    // More than the limit, and one name twice, is what an older registry may have. It is no error, and nothing can be issued.
    let many: Vec<Token> = (0..1001).map(|_| token("ci").build()).collect();
    assert_eq!(facts("other", &many), Ok((1001, NameAvailability::Free)));
    // Tokens that are handed over need not be kept.
    let handed_over = GranularIssueFacts::from_tokens(issue, &[], &"ci".parse().unwrap(), tokens.clone());
    assert_eq!(handed_over.unwrap().granular_tokens, 2);
    // A list with a token of another user, of any kind, is not the account's.
    let of_bob = [legacy(LegacyKind::Publish, "bob").build(), granular("ci", "bob").packages(READ, all()).build()];
    for other in of_bob {
        assert_eq!(facts("ci", &[tokens[0].clone(), other]), Err(TokenSetError::OtherOwner));
    }
}

#[test]
fn a_set_takes_each_id_once_and_each_name_once_while_not_revoked() {
    let alice = user("alice").build();
    let mut set = GranularTokenSet::new(alice.as_view());
    let token = |id: &str, name: &str, revoked| {
        let settings = granular(name, "alice").packages(READ, all()).settings();
        GranularToken::load(
            TokenFacts { id: token_id(id), owner: "alice".parse().unwrap(), created: time(CREATED), revoked },
            settings,
        )
        .unwrap()
    };
    set.insert(token("t-1", "ci", None)).unwrap();
    assert_eq!(
        set.insert(token("t-1", "other", None)).unwrap_err().to_string(),
        "token id `t-1` twice: expected each once"
    );
    assert_eq!(
        set.insert(token("t-2", "ci", None)).unwrap_err().to_string(),
        "token name `ci` twice among granular tokens that are not revoked: expected each once"
    );
    assert_eq!(set.name_availability(&"ci".parse().unwrap()), NameAvailability::Taken);
    assert_eq!(set.name_availability(&"CI".parse().unwrap()), NameAvailability::Free);
    set.insert(token("t-3", "ci", Some(now()))).unwrap();
    assert!(set.revoke(&token_id("t-1"), now()));
    set.insert(token("t-2", "ci", None)).unwrap();
    assert_eq!(
        set.insert(granular("x", "bob").packages(READ, all()).build_granular()).unwrap_err().to_string(),
        "a token of another user: expected one of the account's own"
    );
    assert_eq!(set.as_slice().len(), 3);
    // A revocation that is recorded keeps its time.
    assert!(set.revoke(&token_id("t-1"), time(CREATED)));
    let first = Token::from(set.as_slice().first().unwrap().clone());
    assert_eq!((first.id().as_str(), first.revoked()), ("t-1", Some(now())));
}

#[test]
fn a_token_is_bound_to_its_owner_only() {
    let token = legacy(LegacyKind::Publish, "alice").build();
    let bob = user("bob").build();
    let message =
        "a token of the user `alice` with the record of the user `bob`: expected the record of the token's owner";
    assert_eq!(Policy::NPM_2025_10.bind(&token, &bob).unwrap_err().to_string(), message);
    assert_eq!(Policy::NPM_2025_10.bind_owned(token, bob).unwrap_err().to_string(), message);
}

#[test]
fn the_error_for_an_unknown_word_lists_the_known_ones() {
    fn message<T: std::str::FromStr<Err = tollgate::value::UnknownWordError> + std::fmt::Debug>(word: &str) -> String {
        word.parse::<T>().unwrap_err().to_string()
    }
    assert_eq!(
        message::<Permission>("write"),
        "unknown permission `write`: expected one of `no-access`, `read-only`, `stage-only`, `read-write`"
    );
    assert_eq!(
        message::<GrantedPermission>("no-access"),
        "unknown permission `no-access`: expected one of `read-only`, `read-write`"
    );
    assert_eq!(
        message::<LegacyKind>("Publish"),
        "unknown legacy token kind `Publish`: expected one of `read-only`, `automation`, `publish`"
    );
    assert_eq!(message::<Role>(""), "unknown role ``: expected one of `member`, `admin`, `owner`");
    assert_eq!(
        message::<TwoFactorMode>("auth-only "),
        "unknown two-factor mode `auth-only `: expected one of `disabled`, `auth-only`, `auth-and-writes`"
    );
    assert_eq!(
        message::<PublishingAccess>("a\nb"),
        "unknown publishing access `a\\nb`: expected one of `no-requirement`, `two-factor-or-bypass`, `two-factor-only`"
    );
    assert_eq!(message::<Visibility>("secret"), "unknown visibility `secret`: expected one of `public`, `private`");
    assert_eq!(
        message::<DemandedBy>("me"),
        "unknown demander of a second factor `me`: expected one of `account`, `package`, `policy`, `action`"
    );
    let long = "no word ".repeat(11);
    let cut = format!("unknown visibility `{}…`: expected one of `public`, `private`", &long[..80]);
    assert_eq!(message::<Visibility>(&long), cut);
    assert!(message::<Action>("publish").starts_with("unknown action `publish`: expected one of `read-package`, "));
    assert!(message::<Reason>("no").starts_with("unknown reason `no`: expected one of `token-unknown`, "));
}

/// A stored token, with changes; `null` in place of a field takes it away.
fn stored(changes: Value) -> Value {
    let mut token = json!({
        "version": 1, "key": "t-1", "owner": "alice", "created": CREATED, "revoked": null, "cidr": null,
        "granular": {"name": "ci", "expires": EXPIRES, "packages_and_scopes": {"permission": "read-only", "select": "all"}},
    });
    merge(&mut token, changes);
    token
}

/// Objects are merged, `"-"` takes a field away, anything else replaces.
fn merge(into: &mut Value, changes: Value) {
    match (into.as_object_mut(), changes) {
        (Some(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                if change == json!("-") {
                    fields.remove(&name);
                } else if let Some(field) = fields.get_mut(&name) {
                    merge(field, change);
                } else {
                    fields.insert(name, change);
                }
            }
        }
        (_, changes) => *into = changes,
    }
}

#[test]
fn a_stored_token_that_does_not_load_says_why() {
    let load = |changes: Value| -> Result<Token, StoredTokenError> {
        serde_json::from_value::<StoredToken>(stored(changes)).unwrap().load()
    };
    assert!(load(json!({})).is_ok());
    for (changes, message) in [
        (
            json!({"version": 2}),
            "stored token of version 2: expected 1, the newest that this version of the crate reads",
        ),
        (json!({"version": 0}), "malformed stored token: version: unknown version: expected 1"),
        (json!({"version": "1"}), "malformed stored token: version: unknown version: expected 1"),
        (json!({"version": 1.5}), "malformed stored token: version: unknown version: expected 1"),
        (json!({"version": "-"}), "malformed stored token: version: missing field"),
        (
            json!({"country": "NL"}),
            "stored token with the unknown field `country`: expected none, for it might be a restriction",
        ),
        (json!({"owner": "-"}), "malformed stored token: owner: missing field"),
        (json!({"cidr": "-"}), "malformed stored token: cidr: missing field"),
        (json!({"revoked": "-"}), "malformed stored token: revoked: missing field"),
        (json!({"key": 7}), "malformed stored token: key: found a number: expected a string"),
        (
            json!({"granular": {"country": "NL"}}),
            "stored token with the unknown field `granular.country`: expected none, for it might be a restriction",
        ),
        (
            json!({"legacy": "publish"}),
            "malformed stored token: more than one of `legacy`, `granular` and `session`: expected one of them",
        ),
        (
            json!({"granular": "-"}),
            "malformed stored token: none of `legacy`, `granular` and `session`: expected one of them",
        ),
        (
            json!({"cidr": []}),
            "invalid stored token: cidr: empty list of IP ranges: expected at least one, or no list for any address",
        ),
        (
            json!({"key": "", "granular": {"name": " ci", "bypass_2fa": true}}),
            "invalid stored token: key: invalid token id: expected 1 to 512 bytes without control characters; \
             granular.name: invalid token name ` ci`: expected 1 to 40 of ASCII letters, digits, `_`, `-` and space, no \
             space at either end; granular.bypass_2fa: 2FA bypass without a `read-write` permission: expected \
             `read-write` on packages or on organizations",
        ),
    ] {
        assert_eq!(load(changes).unwrap_err().to_string(), message);
    }
    let twice = r#"{"version": 1, "key": "t", "key": "t"}"#;
    let twice: StoredToken = serde_json::from_str(twice).unwrap();
    assert_eq!(twice.load().unwrap_err().to_string(), "malformed stored token: key: duplicate key: expected each once");
    let list: StoredToken = serde_json::from_value(json!([])).unwrap();
    assert_eq!(list.load().unwrap_err().to_string(), "malformed stored token: found a list: expected an object");
    // L8: rights are not looked at, nor whether what is selected exists.
    let gone =
        json!({"granular": {"packages_and_scopes": {"permission": "read-write", "select": {"packages": ["gone"]}}}});
    assert!(load(gone).is_ok());
}

/// A world with one of each thing, with changes.
fn world(changes: Value) -> Value {
    let mut world = json!({
        "policy": "npm-2025-10",
        "users": [{"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null,
                   "writes_held_until": null, "orgs": [{"name": "acme", "role": "owner", "teams": ["developers"]}]}],
        "orgs": [{"name": "acme"}],
        "packages": [{"name": "@acme/app", "visibility": "private", "publishing_access": "no-requirement",
                      "users": {"alice": "read-only"}, "teams": {"acme:developers": "read-write"}}],
        "tokens": [granular_in_world(1)],
    });
    merge(&mut world, changes);
    world
}

fn granular_in_world(number: usize) -> Value {
    json!({"id": format!("t-{number}"), "owner": "alice", "created": CREATED, "revoked": null, "cidr": null,
           "granular": {"name": format!("n{number}"), "expires": EXPIRES,
                        "packages_and_scopes": {"permission": "read-only", "select": "all"}}})
}

/// The lines of a world's error; empty if it loads.
fn errors(world: &Value) -> Vec<String> {
    let world: World = serde_json::from_value(world.clone()).unwrap();
    match Directory::load(&world) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let text = error.to_string();
            let pairs: Vec<String> = error
                .errors()
                .map(|(path, message)| if path.is_empty() { message.into() } else { format!("{path}: {message}") })
                .collect();
            assert_eq!(pairs.join("\n"), text);
            pairs
        }
    }
}

/// The only item of a list of [`world`], changed.
fn changed(list: &str, changes: Value) -> Value {
    let mut world = world(json!({}));
    merge(&mut world[list][0], changes);
    world
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, with a line for each breach")]
fn a_world_of_the_wrong_shape_names_the_first_breach() {
    assert_eq!(errors(&world(json!({}))), [""; 0]);
    let policy = |switch: Value| {
        let mut policy = json!({"edition": "npm-2026-08"});
        policy.as_object_mut().unwrap().extend(switch.as_object().unwrap().clone());
        world(json!({"policy": policy}))
    };
    for (world, line) in [
        (json!([]), "found a list: expected an object"),
        (json!(null), "found null: expected an object"),
        (world(json!({"users": "-"})), "users: missing field"),
        (world(json!({"policy": "-"})), "policy: missing field"),
        (
            world(json!({"policy": "npm-2025-11"})),
            "policy: unknown edition `npm-2025-11`: expected one of `npm-2025-10`, `npm-2025-12`, `npm-2026-08`, \
             `npm-2027-01`",
        ),
        (
            world(json!({"policy": null})),
            "policy: found null: expected the name of an edition, or an object with `edition`",
        ),
        (world(json!({"policy": {"ranges": "required"}})), "policy.edition: missing field"),
        (
            policy(json!({"range": "required"})),
            "policy.range: unknown field: expected one of `edition`, `legacy_tokens`, `write_lifetime_at_most`, \
             `session_lifetime_at_most`, `least_publishing_access`, `bypass_covers`, `unscoped_packages`, \
             `token_lifetime_at_most`, `ranges`, `bypass`, `all_packages`",
        ),
        (
            policy(json!({"legacy_tokens": "honoured"})),
            "policy.legacy_tokens: `legacy_tokens` as `honoured`, looser than the `retired` of a policy of the edition \
             `npm-2026-08`: expected `retired` or stricter",
        ),
        (
            policy(json!({"least_publishing_access": "no-requirement"})),
            "policy.least_publishing_access: `least_publishing_access` as `no-requirement`, looser than the \
             `two-factor-or-bypass` of a policy of the edition `npm-2026-08`: expected `two-factor-or-bypass` or stricter",
        ),
        (
            policy(json!({"bypass_covers": "everything"})),
            "policy.bypass_covers: `bypass_covers` as `everything`, looser than the `all-but-governance` of a policy of \
             the edition `npm-2026-08`: expected `all-but-governance` or stricter",
        ),
        (
            policy(json!({"write_lifetime_at_most": 7_776_001})),
            "policy.write_lifetime_at_most: `write_lifetime_at_most` as `7776001 seconds`, looser than the `90 days` of a \
             policy of the edition `npm-2026-08`: expected `90 days` or stricter",
        ),
        (
            policy(json!({"write_lifetime_at_most": 86_399})),
            "policy.write_lifetime_at_most: `write_lifetime_at_most` of 86399 seconds: expected at least 86400",
        ),
        (
            policy(json!({"token_lifetime_at_most": 86_399})),
            "policy.token_lifetime_at_most: `token_lifetime_at_most` of 86399 seconds: expected at least 86400",
        ),
        (
            policy(json!({"session_lifetime_at_most": 0})),
            "policy.session_lifetime_at_most: `session_lifetime_at_most` of 0 seconds: expected at least 1",
        ),
        (
            policy(json!({"session_lifetime_at_most": 1.5})),
            "policy.session_lifetime_at_most: a number that is negative or has a fraction: expected a whole number of at \
             least 0",
        ),
        (
            policy(json!({"token_lifetime_at_most": null})),
            "policy.token_lifetime_at_most: found null: expected a whole number",
        ),
        (
            policy(json!({"ranges": "none"})),
            "policy.ranges: unknown value of `ranges` `none`: expected one of `optional`, `required`",
        ),
        (policy(json!({"bypass": true})), "policy.bypass: found a boolean: expected a string"),
        (changed("users", json!({"writes_held_until": "-"})), "users[0].writes_held_until: missing field"),
        (
            changed("users", json!({"writes_held_until": 72})),
            "users[0].writes_held_until: found a number: expected a string or null",
        ),
        (world(json!({"orgs": "-"})), "orgs: missing field"),
        (world(json!({"packages": "-"})), "packages: missing field"),
        (world(json!({"tokens": "-"})), "tokens: missing field"),
        (
            world(json!({"teams": []})),
            "teams: unknown field: expected one of `policy`, `users`, `orgs`, `packages`, `tokens`",
        ),
        (world(json!({"users": {}})), "users: found an object: expected a list"),
        (world(json!({"users": "all"})), "users: found the string `all`: expected a list"),
        (changed("users", json!({"name": 1})), "users[0].name: found a number: expected a string"),
        (changed("users", json!({"status": "-"})), "users[0].status: missing field"),
        (
            changed("users", json!({"status": "gone"})),
            "users[0].status: unknown account status `gone`: expected one of `active`, `suspended`",
        ),
        (changed("users", json!({"tokens_revoked_until": "-"})), "users[0].tokens_revoked_until: missing field"),
        (
            changed("users", json!({"tokens_revoked_until": true})),
            "users[0].tokens_revoked_until: found a boolean: expected a string or null",
        ),
        (
            changed("users", json!({"tokens_revoked_until": "2025-11-01"})),
            "users[0].tokens_revoked_until: `2025-11-01` is not an RFC 3339 time: expected a form such as \
             `2025-11-01T00:00:00Z`",
        ),
        (changed("users", json!({"orgs": null})), "users[0].orgs: found null: expected a list"),
        (
            changed("users", json!({"orgs": [{"name": "acme", "role": "boss"}]})),
            "users[0].orgs[0].role: unknown role `boss`: expected one of `member`, `admin`, `owner`",
        ),
        (
            changed("users", json!({"orgs": [{"name": "acme", "role": "owner", "teams": [1]}]})),
            "users[0].orgs[0].teams[0]: found a number: expected a string",
        ),
        (
            changed("packages", json!({"users": {"alice": "no-access"}})),
            "packages[0].users.alice: unknown permission `no-access`: expected one of `read-only`, `read-write`",
        ),
        (changed("packages", json!({"visibility": "-"})), "packages[0].visibility: missing field"),
        (changed("tokens", json!({"cidr": "-"})), "tokens[0].cidr: missing field"),
        (changed("tokens", json!({"cidr": ["10.0.0.0/8", 4]})), "tokens[0].cidr[1]: found a number: expected a string"),
        (changed("tokens", json!({"granular": null})), "tokens[0].granular: found null: expected an object"),
        (
            changed("tokens", json!({"granular": {"bypass_2fa": "yes"}})),
            "tokens[0].granular.bypass_2fa: found the string `yes`: expected a boolean",
        ),
        (
            changed("tokens", json!({"granular": {"packages_and_scopes": {"select": "everything"}}})),
            "tokens[0].granular.packages_and_scopes.select: found the string `everything`: expected `all`, or an object \
             with `packages` and `scopes`",
        ),
        (
            changed("tokens", json!({"granular": {"orgs": {"permission": "read-only", "select": "all"}}})),
            "tokens[0].granular.orgs.select: found the string `all`: expected a list",
        ),
        (
            changed("tokens", json!({"secret": "x"})),
            "tokens[0].secret: unknown field: expected one of `id`, `owner`, `secret_sha256`, `created`, `revoked`, \
             `cidr`, `legacy`, `granular`, `session`",
        ),
    ] {
        assert_eq!(errors(&world), [line]);
    }
    let twice = r#"{"policy": "npm-2025-10", "users": [], "orgs": [], "orgs": [], "packages": [], "tokens": []}"#;
    let twice: World = serde_json::from_str(twice).unwrap();
    assert_eq!(Directory::load(&twice).unwrap_err().to_string(), "orgs: duplicate key: expected each once");
}

#[test]
fn a_world_that_breaks_rules_names_every_breach() {
    let mut broken = world(json!({}));
    let (user, package, token) =
        (broken["users"][0].clone(), broken["packages"][0].clone(), broken["tokens"][0].clone());
    broken["users"] = json!([
        user,
        user,
        {"name": ".x", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null, "writes_held_until": null,
         "orgs": [{"name": "acme", "role": "member", "teams": ["a", "a", "b c"]}, {"name": "acme", "role": "owner"},
                  {"name": "gone", "role": "member"}]},
    ]);
    broken["orgs"] = json!([{"name": "acme"}, {"name": "acme"}, {"name": "alice"}, {"name": "@x"}]);
    broken["packages"] = json!([
        package,
        package,
        {"name": "left-pad", "visibility": "private", "publishing_access": "no-requirement",
         "users": {"nobody": "read-only", "b c": "read-only"},
         "teams": {"developers": "read-only", "gone:x": "read-only", "acme:b c": "read-only"}},
    ]);
    let mut second = granular_in_world(1);
    merge(
        &mut second,
        json!({"id": "t-2", "owner": "nobody", "cidr": ["10.0.0.1", "10.0.0.0/33"],
        "secret_sha256": "abc",
        "granular": {"description": "x".repeat(121), "expires": CREATED, "bypass_2fa": true,
                     "packages_and_scopes": {"permission": "read-only", "select": {"packages": [], "scopes": ["a/b"]}},
                     "orgs": {"permission": "no-access", "select": ["acme"]}}}),
    );
    broken["tokens"] = json!([token, token, second]);
    let lines = errors(&broken);
    assert_eq!(lines.len(), 28);
    assert_snapshot("values/snapshots/broken-world.txt", &(lines.join("\n") + "\n"));
}

#[test]
fn a_limit_over_several_fields_is_named_at_the_field_that_it_concerns() {
    let numbered =
        |count: usize, name: &str| -> Value { (0..count).map(|number| json!(format!("{name}{number}"))).collect() };
    let packages = |grant: Value| changed("tokens", json!({"granular": {"packages_and_scopes": grant}}));
    let orgs = |grant: Value| changed("tokens", json!({"granular": {"orgs": grant}}));
    let select = |select: Value| packages(json!({"permission": "read-only", "select": select}));
    let addresses =
        |count: usize| -> Value { (0..count).map(|n| json!(format!("10.0.{}.{}/32", n / 256, n % 256))).collect() };
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let two_secrets =
        |second: &str| crowded(2, |number| json!({"secret_sha256": if number == 0 { digest } else { second }}));
    for world in [
        select(json!({"packages": numbered(50, "p")})),
        select(json!({"scopes": numbered(50, "@s")})),
        select(json!({"packages": numbered(25, "p"), "scopes": numbered(25, "@s")})),
        orgs(json!({"permission": "read-only", "select": numbered(50, "o")})),
        changed("tokens", json!({"cidr": addresses(1000)})),
        two_secrets(&digest.replace('b', "c")),
    ] {
        assert_eq!(errors(&world), [""; 0]);
    }
    let grants = "tokens[0].granular.packages_and_scopes";
    for (world, line) in [
        (
            select(json!({"packages": numbered(51, "p")})),
            format!("{grants}.select: 51 packages and scopes: expected at most 50 together"),
        ),
        (
            select(json!({"scopes": numbered(51, "@s")})),
            format!("{grants}.select: 51 packages and scopes: expected at most 50 together"),
        ),
        (
            select(json!({"packages": numbered(26, "p"), "scopes": numbered(25, "@s")})),
            format!("{grants}.select: 51 packages and scopes: expected at most 50 together"),
        ),
        (select(json!({})), format!("{grants}.select: empty selection: expected at least one entry")),
        (packages(json!({"select": "-"})), format!("{grants}.select: no selection with `read-only`: expected one")),
        (
            packages(json!({"permission": "no-access", "select": "-"})),
            "tokens[0].granular: no permission on packages and none on organizations: expected at least one above \
             `no-access`"
                .into(),
        ),
        (
            orgs(json!({"permission": "read-only", "select": numbered(51, "o")})),
            "tokens[0].granular.orgs.select: 51 organizations: expected at most 50".into(),
        ),
        (
            orgs(json!({"permission": "read-only", "select": []})),
            "tokens[0].granular.orgs.select: empty selection: expected at least one entry".into(),
        ),
        (
            changed("tokens", json!({"cidr": addresses(1001)})),
            "tokens[0].cidr: 1001 different IP ranges: expected at most 1000".into(),
        ),
        (
            changed("tokens", json!({"created": "9999-12-31T00:00:00Z"})),
            "tokens[0].granular.expires: made at 9999-12-31T00:00:00Z: expected a time at least 24 hours before the end \
             of the year 9999"
                .into(),
        ),
        (two_secrets(digest), "tokens[1].secret_sha256: a second token of this secret: expected each once".into()),
        (
            changed("tokens", json!({"legacy": "publish"})),
            "tokens[0]: more than one of `legacy`, `granular` and `session`: expected one of them".into(),
        ),
        (
            changed("tokens", json!({"granular": "-"})),
            "tokens[0]: none of `legacy`, `granular` and `session`: expected one of them".into(),
        ),
    ] {
        assert_eq!(errors(&world), [line]);
    }
}

/// A world with so many more tokens, each changed by the number.
fn crowded(count: usize, change: impl Fn(usize) -> Value) -> Value {
    let tokens = (0..count).map(|number| {
        let mut token = granular_in_world(number);
        merge(&mut token, change(number));
        token
    });
    let mut world = world(json!({}));
    world["tokens"] = tokens.collect();
    world
}

#[test]
fn a_world_holds_1000_tokens_of_an_account_that_are_not_revoked() {
    let too_many =
        "tokens[1000]: more than 1000 granular tokens of `alice` that are not revoked: expected at most 1000";
    assert_eq!(errors(&crowded(999, |_| json!({}))), [""; 0]);
    assert_eq!(errors(&crowded(1000, |_| json!({}))), [""; 0]);
    assert_eq!(errors(&crowded(1001, |_| json!({}))), [too_many]);
    assert_eq!(errors(&crowded(1003, |_| json!({}))), [too_many], "said once");
    // Expired ones count.
    let expired = json!({"created": "2020-01-01T00:00:00Z", "granular": {"expires": "2020-01-02T00:00:00Z"}});
    assert_eq!(errors(&crowded(1001, |_| expired.clone())), [too_many]);
    // Revoked ones do not, whatever the time of it.
    for revoked in [CREATED, "9999-12-31T23:59:59Z"] {
        let one = |number| if number == 7 { json!({"revoked": revoked}) } else { json!({}) };
        assert_eq!(errors(&crowded(1001, one)), [""; 0]);
        assert_eq!(errors(&crowded(1002, one)), [too_many.replace("[1000]", "[1001]")]);
    }
    // Nor do those that the account's cut-off killed: made at it, not a nanosecond after it.
    let cut_off = |created: &str| {
        let mut world = crowded(1001, |number| if number == 7 { json!({"created": created}) } else { json!({}) });
        world["users"][0]["tokens_revoked_until"] = json!("2025-10-01T00:00:00Z");
        world
    };
    assert_eq!(errors(&cut_off("2025-10-01T00:00:00Z")), [""; 0]);
    assert_eq!(errors(&cut_off("2025-10-01T00:00:00.000000001Z")), [too_many]);
    // Nor legacy ones.
    let legacy = |number| if number == 7 { json!({"granular": "-", "legacy": "publish"}) } else { json!({}) };
    assert_eq!(errors(&crowded(1001, legacy)), [""; 0]);
}

#[test]
fn a_name_is_in_use_until_its_token_is_revoked() {
    let named = |second: Value| {
        let mut same = json!({"granular": {"name": "ci"}});
        merge(&mut same, second);
        crowded(2, move |number| if number == 0 { json!({"granular": {"name": "ci"}}) } else { same.clone() })
    };
    assert_eq!(
        errors(&named(json!({}))),
        ["tokens[1].granular.name: a second granular token `ci` of `alice` that is not revoked: expected one"]
    );
    assert_eq!(errors(&named(json!({"revoked": CREATED}))), [""; 0]);
    assert_eq!(errors(&named(json!({"granular": {"name": "CI"}}))), [""; 0]);
}

#[test]
fn an_invalid_request_line_says_why() {
    let request = |changes: Value| {
        let mut request = json!({"id": "r", "token": "t-1", "action": "publish", "package": "left-pad", "now": tollgate::testing::NOW});
        merge(&mut request, changes);
        request
    };
    let org = |changes: Value| {
        let mut request = request(json!({"action": "create-team", "package": "-", "org": "acme", "team": "ops"}));
        merge(&mut request, changes);
        request
    };
    let parse = |line: Value| serde_json::from_value::<RequestLine>(line).unwrap().parse();
    for line in
        [request(json!({})), org(json!({})), request(json!({"token": null})), request(json!({"client_ip": null}))]
    {
        assert!(parse(line).is_ok());
    }
    for (line, message) in [
        (json!("r"), "found the string `r`: expected an object"),
        (request(json!({"id": "-"})), "id: missing field"),
        (request(json!({"id": 7})), "id: found a number: expected a string"),
        (
            request(json!({"ip": "x"})),
            "ip: unknown field: expected one of `id`, `token`, `secret`, `action`, `client_ip`, `now`, `second_factor`, \
             `package`, `org`, `team`, `user`",
        ),
        (request(json!({"token": "-"})), "token: missing field: expected `token` or `secret`"),
        (request(json!({"token": 7})), "token: found a number: expected a string"),
        (request(json!({"secret": "x"})), "both `token` and `secret`: expected one of them"),
        (request(json!({"token": "-", "secret": null})), "secret: not a string: expected the token's text"),
        (request(json!({"action": "-"})), "action: missing field"),
        (
            request(json!({"action": "create-package"})),
            "action: unknown action `create-package`: expected an action such as `read-package` or `publish`",
        ),
        (request(json!({"package": "-"})), "package: missing field: expected what `publish` is about"),
        (request(json!({"org": "acme"})), "org: a field that `publish` does not take"),
        (
            request(json!({"package": "a b"})),
            "package: invalid package name `a b`: it contains ` `: expected URL-safe ASCII characters only",
        ),
        (org(json!({"team": "-"})), "team: missing field: expected what `create-team` is about"),
        (org(json!({"user": "alice"})), "user: a field that `create-team` does not take"),
        (
            org(json!({"team": "Ops"})),
            "team: invalid team name `Ops`: it contains the capital letter `O`: expected lower case in a new name",
        ),
        (
            org(json!({"action": "grant-team-access"})),
            "package: missing field: expected what `grant-team-access` is about",
        ),
        (org(json!({"action": "share-package"})), "team: a field that `share-package` does not take"),
        (org(json!({"action": "add-member"})), "team: a field that `add-member` does not take"),
        (
            request(json!({"client_ip": "010.0.0.1"})),
            "client_ip: invalid client address `010.0.0.1`: expected an IPv4 or IPv6 address without zone id, brackets \
             or port",
        ),
        (request(json!({"now": "-"})), "now: missing field"),
        (
            request(json!({"now": "now"})),
            "now: `now` is not an RFC 3339 time: expected a form such as `2025-11-01T00:00:00Z`",
        ),
        (request(json!({"second_factor": "yes"})), "second_factor: found the string `yes`: expected a boolean"),
        (request(json!({"second_factor": null})), "second_factor: found null: expected a boolean"),
    ] {
        let id = line.get("id").and_then(Value::as_str).map(str::to_owned);
        let error = parse(line).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.id(), id.as_deref());
    }
    let twice: RequestLine = serde_json::from_str(r#"{"id": "r", "id": "r"}"#).unwrap();
    let error = twice.parse().unwrap_err();
    assert_eq!((error.to_string().as_str(), error.id()), ("id: duplicate key: expected each once", None));
}
