//! What each action needs (K, G, C and F of the rules) as one table, written by hand and compared with the crate: every action
//! by every kind of token for every right that its owner may have, under every two-factor mode and publishing access.
//!
//! The expected answer is computed from the table's row alone.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own tables fails the test")]

use std::collections::BTreeSet;
use tollgate::testing::{
    EXPIRES, PackageBuilder, Resources, UserBuilder, all, bind, granular, legacy, missing_package, now, organization,
    package, team_name, user, user_name,
};
use tollgate::{
    ClientIp, Decision, Token,
    facts::{PackageState, PublishingAccess, TwoFactorMode},
    operation::Action,
    token::LegacyKind,
    value::{GrantedPermission, Role},
};

/// One row for each action, and a second for `manage-team-access` on a package of another scope (G1, C5).
///
/// - `about`: what the action names. `name` is a free one; an `org-package` is a package and an organization.
/// - `RO`, `RW`: whether a granular token with that permission on packages, on organizations, may; `both`: it takes both.
/// - `owner`: what the owner must have, all of it. `scope`: the package's scope is that organization's. `lendable`: it is
///   unscoped or of a user's scope.
/// - `factor`: the class.
const TABLE: &str = "
action                     | about       | read-only automation publish | packages: RO RW | orgs: RO RW   | owner                | factor
read-package               | package     | yes       yes        yes     |           yes yes |       -  -    | read                 | -
list-collaborators         | package     | -         -          yes     |           yes yes |       -  -    | read                 | -
create-package             | name        | -         yes        yes     |           -   yes |       -  -    | create               | write
publish-version            | package     | -         yes        yes     |           -   yes |       -  -    | write                | write
unpublish                  | package     | -         yes        yes     |           -   yes |       -  -    | write                | write
deprecate                  | package     | -         yes        yes     |           -   yes |       -  -    | write                | write
set-dist-tag               | package     | -         yes        yes     |           -   yes |       -  -    | write                | write
change-visibility          | package     | -         -          yes     |           -   yes |       -  -    | scope-control        | write
change-publishing-access   | package     | -         -          yes     |           -   yes |       -  -    | write                | write
change-maintainers         | package     | -         -          yes     |           -   yes |       -  -    | write                | write
star-package               | package     | -         -          yes     |           -   -   |       -  -    | read                 | -
read-org                   | org         | -         -          yes     |           -   -   |       yes yes | member               | -
change-org-settings        | org         | -         -          yes     |           -   -   |       -  yes  | owner                | write
add-member                 | org         | -         -          yes     |           -   -   |       -  yes  | owner                | write
remove-member              | org         | -         -          yes     |           -   -   |       -  yes  | owner                | write
change-member-role         | org         | -         -          yes     |           -   -   |       -  yes  | owner                | write
create-team                | org         | -         -          yes     |           -   -   |       -  yes  | admin                | write
delete-team                | org         | -         -          yes     |           -   -   |       -  yes  | admin                | write
add-team-member            | org         | -         -          yes     |           -   -   |       -  yes  | admin                | write
remove-team-member         | org         | -         -          yes     |           -   -   |       -  yes  | admin                | write
manage-team-access         | org-package | -         -          yes     |           -   -   |       -  yes  | admin+scope          | write
manage-team-access         | elsewhere   | -         -          yes     |           -   both|       -  both | admin+lendable+write | write
manage-billing             | org         | -         -          yes     |           -   -   |       -  -    | owner                | write
rename-org                 | org         | -         -          yes     |           -   -   |       -  -    | owner                | write
delete-org                 | org         | -         -          yes     |           -   -   |       -  -    | owner                | write
share-package              | any-package | -         -          yes     |           -   -   |       -  -    | owner+scope          | write
whoami                     | account     | yes       yes        yes     |           yes yes |       yes yes | self                 | -
revoke-self                | account     | yes       yes        yes     |           yes yes |       yes yes | self                 | -
read-profile               | account     | -         -          yes     |           -   -   |       -  -    | self                 | -
change-profile             | account     | -         -          yes     |           -   -   |       -  -    | self                 | auth
configure-two-factor       | account     | -         -          yes     |           -   -   |       -  -    | self                 | auth
list-tokens                | account     | -         -          yes     |           -   -   |       -  -    | self                 | -
create-token               | account     | -         -          yes     |           -   -   |       -  -    | self                 | auth
revoke-token               | account     | -         -          yes     |           -   -   |       -  -    | self                 | auth
";

/// What a granular token of some permission on a side may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    No,
    Yes,
    /// With the other side's.
    Both,
}

/// A row of [`TABLE`].
#[derive(Debug)]
struct Row {
    action: Action,
    about: &'static str,
    /// Read-only, automation, publish.
    kinds: [bool; 3],
    /// Read-only, read-write.
    packages: [Mark; 2],
    organizations: [Mark; 2],
    owner: BTreeSet<&'static str>,
    factor: &'static str,
}

fn rows() -> Vec<Row> {
    let mark = |word: &str| match word {
        "-" => Mark::No,
        "yes" => Mark::Yes,
        "both" => Mark::Both,
        other => panic!("`{other}` is no mark"),
    };
    let marks = |cell: &str| -> Vec<Mark> { cell.split_whitespace().map(mark).collect() };
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [action, about, kinds, packages, organizations, owner, factor] = cells.try_into().unwrap();
        Row {
            action: action.parse().unwrap(),
            about,
            kinds: <[Mark; 3]>::try_from(marks(kinds)).unwrap().map(|mark| mark == Mark::Yes),
            packages: marks(packages).try_into().unwrap(),
            organizations: marks(organizations).try_into().unwrap(),
            owner: owner.split('+').collect(),
            factor,
        }
    };
    TABLE.trim().lines().skip(1).map(row).collect()
}

/// A token and what the table has to know of it.
struct Presented {
    text: String,
    legacy: Option<LegacyKind>,
    packages: Option<GrantedPermission>,
    organizations: Option<GrantedPermission>,
    bypass: bool,
    token: Token,
}

/// The three legacy kinds, and every granular token that L5 and L7 let be, all packages and `acme` selected.
fn tokens() -> Vec<Presented> {
    const LEVELS: [Option<GrantedPermission>; 3] =
        [None, Some(GrantedPermission::ReadOnly), Some(GrantedPermission::ReadWrite)];
    let mut tokens: Vec<Presented> = [LegacyKind::ReadOnly, LegacyKind::Automation, LegacyKind::Publish]
        .map(|kind| Presented {
            text: format!("legacy {kind}"),
            legacy: Some(kind),
            packages: None,
            organizations: None,
            bypass: false,
            token: legacy(kind, "alice").build(),
        })
        .into();
    for packages in LEVELS {
        for organizations in LEVELS {
            for bypass in [false, true] {
                let highest = packages.max(organizations);
                if highest.is_none() || (bypass && highest != Some(GrantedPermission::ReadWrite)) {
                    continue;
                }
                let mut token = granular("ci", "alice");
                if let Some(permission) = packages {
                    token = token.packages(permission, all());
                }
                if let Some(permission) = organizations {
                    token = token.organizations(permission, &["acme"]);
                }
                if bypass {
                    token = token.bypass_2fa();
                }
                let text = format!("granular packages {packages:?} organizations {organizations:?} bypass {bypass}");
                tokens.push(Presented { text, legacy: None, packages, organizations, bypass, token: token.build() });
            }
        }
    }
    tokens
}

/// What the owner has, and the facts that make it so.
struct Level {
    text: &'static str,
    /// The words of the table's `owner` column that hold.
    rights: &'static str,
    owner: UserBuilder,
    /// The package; without one, `name` is free.
    package: Option<PackageBuilder>,
    /// Whether the package is private.
    private: bool,
    name: &'static str,
    account: &'static str,
}

impl Level {
    fn new(text: &'static str, rights: &'static str, owner: UserBuilder) -> Self {
        Self { text, rights, owner, package: None, private: false, name: "free", account: "alice" }
    }

    fn public(self, package: PackageBuilder) -> Self {
        Self { package: Some(package), ..self }
    }

    fn private(self, package: PackageBuilder) -> Self {
        Self { package: Some(package.private()), private: true, ..self }
    }

    fn name(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    fn has(&self, right: &str) -> bool {
        self.rights.split_whitespace().any(|held| held == right)
    }
}

/// Every level of right that matters to what the row is about, with its facts.
fn levels(about: &str) -> Vec<Level> {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let alice = || user("alice");
    let role = |role: Role| user("alice").member("acme", role, &[]);
    let in_team = |role: Role| user("alice").member("acme", role, &["developers"]);
    let app = || package("@acme/app");
    let own = || package("@alice/tool").in_scope_of_a_user();
    let lent = || package("@bob/tool").in_scope_of_a_user().user("alice", ReadWrite);
    let others = || package("@globex/app").team("acme", "developers", ReadWrite);
    match about {
        "package" => vec![
            Level::new("public, nothing", "read", alice()).public(app()),
            Level::new("private, nothing", "", alice()).private(app()),
            Level::new("private, member without team", "", role(Role::Member)).private(app()),
            Level::new("private, admin without team", "", role(Role::Admin)).private(app()),
            Level::new("private, owner without team", "scope-control", role(Role::Owner)).private(app()),
            Level::new("public, owner without team", "read scope-control", role(Role::Owner)).public(app()),
            Level::new("private, team reads", "read", in_team(Role::Member)).private(app().team(
                "acme",
                "developers",
                ReadOnly,
            )),
            Level::new("private, team writes", "read write", in_team(Role::Member)).private(app().team(
                "acme",
                "developers",
                ReadWrite,
            )),
            Level::new("private, team writes, owner", "read write scope-control", in_team(Role::Owner))
                .private(app().team("acme", "developers", ReadWrite)),
            Level::new("private, direct grant as a member", "read write", role(Role::Member))
                .private(app().user("alice", ReadWrite)),
            Level::new("private, direct grant after leaving", "", alice()).private(app().user("alice", ReadWrite)),
            Level::new("private, own scope", "read write scope-control", alice()).private(own()),
            Level::new("private, reads in another's scope", "read", alice())
                .private(package("@bob/tool").in_scope_of_a_user().user("alice", ReadOnly)),
            Level::new("private, nobody's scope, direct grant", "", alice())
                .private(package("@gone/tool").in_scope_of_nobody().user("alice", ReadWrite)),
            Level::new("unscoped, nothing", "read", alice()).public(package("left-pad")),
            Level::new("unscoped, writes", "read write", alice()).public(package("left-pad").user("alice", ReadWrite)),
        ],
        "name" => vec![
            Level::new("unscoped", "create", alice()).name("free"),
            Level::new("own scope", "create", alice()).name("@alice/free"),
            Level::new("another's scope", "", alice()).name("@bob/free"),
            Level::new("an organization's scope, not in it", "", alice()).name("@acme/free"),
            Level::new("an organization's scope, member", "create", role(Role::Member)).name("@acme/free"),
            Level::new("an organization's scope, admin", "create", role(Role::Admin)).name("@acme/free"),
            Level::new("an organization's scope, owner", "create", role(Role::Owner)).name("@acme/free"),
            Level::new("a scope that begins alike", "", role(Role::Owner)).name("@acme-evil/free"),
        ],
        "org" => vec![
            Level::new("not in it", "", alice()),
            Level::new("owner of another", "", alice().member("globex", Role::Owner, &[])),
            Level::new("member", "member", role(Role::Member)),
            Level::new("admin", "member admin", role(Role::Admin)),
            Level::new("owner", "member admin owner", role(Role::Owner)),
        ],
        "org-package" => vec![
            Level::new("its package, not in it", "scope", alice()).private(app()),
            Level::new("its package, member, team writes", "scope read write", in_team(Role::Member))
                .private(app().team("acme", "developers", ReadWrite)),
            Level::new("its package, admin without team", "scope admin", role(Role::Admin)).private(app()),
            Level::new("its package, owner without team", "scope admin owner", role(Role::Owner)).private(app()),
            Level::new("its public package, admin", "scope admin read", role(Role::Admin)).public(app()),
        ],
        "elsewhere" => vec![
            Level::new("unscoped, admin", "lendable admin read", role(Role::Admin)).public(package("left-pad")),
            Level::new("unscoped, admin, writes", "lendable admin read write", role(Role::Admin))
                .public(package("left-pad").user("alice", ReadWrite)),
            Level::new("unscoped, member, writes", "lendable read write", role(Role::Member))
                .public(package("left-pad").user("alice", ReadWrite)),
            Level::new("own scope, owner", "lendable admin owner read write", role(Role::Owner)).private(own()),
            Level::new("own scope, not in it", "lendable read write", alice()).private(own()),
            Level::new("another's scope, admin, writes", "lendable admin read write", role(Role::Admin))
                .private(lent()),
            Level::new("another's scope, admin", "lendable admin", role(Role::Admin))
                .private(package("@bob/tool").in_scope_of_a_user()),
            Level::new("another organization's, owner, writes", "admin owner read write", in_team(Role::Owner))
                .private(others()),
            Level::new("nobody's scope, owner, writes", "admin owner read write", in_team(Role::Owner))
                .private(package("@gone/app").in_scope_of_nobody().team("acme", "developers", ReadWrite)),
        ],
        "any-package" => vec![
            Level::new("its package, not in it", "scope", alice()).private(app()),
            Level::new("its package, member", "scope", role(Role::Member)).private(app()),
            Level::new("its package, admin", "scope admin", role(Role::Admin)).private(app()),
            Level::new("its package, owner", "scope admin owner", role(Role::Owner)).private(app()),
            Level::new("its public package, owner", "scope admin owner read", role(Role::Owner)).public(app()),
            Level::new("own scope, owner", "admin owner read write", role(Role::Owner)).private(own()),
            Level::new("unscoped, owner, writes", "admin owner read write", role(Role::Owner))
                .public(package("left-pad").user("alice", ReadWrite)),
            Level::new("another organization's, owner, writes", "admin owner read write", in_team(Role::Owner))
                .private(others()),
        ],
        "account" => vec![
            Level::new("own account", "self", alice()),
            Level { account: "bob", ..Level::new("another account", "", alice()) },
        ],
        other => panic!("nothing is `{other}`"),
    }
}

/// D1 and D3, from the row: the answer as a line of text.
fn expected(row: &Row, presented: &Presented, level: &Level, mode: TwoFactorMode, access: PublishingAccess) -> String {
    let is_legacy = presented.legacy.is_some();
    let until = if is_legacy { "-" } else { EXPIRES };
    let action = row.action;
    // D3: "for a denial that names a private package 404 unless this same token could read that package".
    let could_read = level.has("read") && (is_legacy || presented.packages.is_some());
    let hidden = if level.private && !could_read { 404 } else { 403 };
    let deny = |reason: &str, status: u16| format!("deny {action}: {reason}, {status}");

    // What the kind of token never does (K1).
    let marks = [row.packages, row.organizations];
    let has_action = match presented.legacy {
        Some(LegacyKind::ReadOnly) => row.kinds[0],
        Some(LegacyKind::Automation) => row.kinds[1],
        Some(LegacyKind::Publish) => row.kinds[2],
        Some(other) => panic!("no column for `{other}`"),
        None => marks.iter().flatten().any(|mark| *mark != Mark::No),
    };
    if !has_action {
        return deny("kind-forbids-action", 403);
    }
    // V1: K1 lets every kind read.
    if action == Action::ReadPackage && !level.private {
        return format!("allow {action} via public until {until}, 200");
    }
    // The permission on the side, or on both sides, that the action needs (G1).
    let mark = |side: [Mark; 2], has: Option<GrantedPermission>| match has {
        None => Mark::No,
        Some(GrantedPermission::ReadOnly) => side[0],
        Some(GrantedPermission::ReadWrite) => side[1],
        Some(other) => panic!("no column for `{other}`"),
    };
    if !is_legacy {
        let packages = mark(row.packages, presented.packages);
        let organizations = mark(row.organizations, presented.organizations);
        let needs_both = marks.iter().flatten().any(|mark| *mark == Mark::Both);
        let (passes, status) = if needs_both {
            // The organizations' side before existence, the packages' after it.
            let first = organizations == Mark::Both;
            (first && packages == Mark::Both, if first { hidden } else { 403 })
        } else {
            let late = matches!(row.action, Action::ReadPackage | Action::ListCollaborators);
            (packages == Mark::Yes || organizations == Mark::Yes, if late { hidden } else { 403 })
        };
        if !passes {
            return deny("permission-too-low", status);
        }
    }
    // C
    if !row.owner.iter().all(|right| level.has(right)) {
        let status = match row.about {
            "name" if level.name.starts_with('@') => 404,
            "name" => 403,
            _ => hidden,
        };
        return deny("owner-lacks-permission", status);
    }
    // F
    let side_used = if row.packages[1] == Mark::Yes { presented.packages } else { presented.organizations };
    let bypass = presented.legacy == Some(LegacyKind::Automation)
        || (presented.bypass && side_used == Some(GrantedPermission::ReadWrite));
    let enrolled = mode != TwoFactorMode::Disabled;
    let publish = presented.legacy == Some(LegacyKind::Publish);
    let demanded_by = match (row.factor, level.package.is_some().then_some(access)) {
        ("write", Some(PublishingAccess::TwoFactorOnly)) if !publish => return deny("tokens-disallowed", 403),
        ("write", Some(PublishingAccess::TwoFactorOnly)) => Some("package"),
        ("write", Some(PublishingAccess::TwoFactorOrBypass)) => (!bypass).then_some("package"),
        ("write", _) => (mode == TwoFactorMode::AuthAndWrites && !bypass).then_some("account"),
        ("auth", _) => (enrolled && !bypass).then_some("account"),
        ("-", _) => None,
        (other, _) => panic!("`{other}` is no class"),
    };
    match demanded_by {
        Some("package") if !enrolled => deny("second-factor-not-enrolled", 403),
        Some(demanded_by) => format!("challenge {action} by {demanded_by}, 401"),
        None => format!("allow {action} via grant until {until}, 200"),
    }
}

/// The crate's answer as the same line of text.
fn decided(decision: &Decision<'_>) -> String {
    let status = decision.status();
    match decision {
        Decision::Allow(allow) => {
            let until = allow.valid_until().map_or("-".into(), |until| until.to_string());
            format!("allow {} via {} until {until}, {status}", allow.action(), allow.allowed_by())
        }
        Decision::Challenge(challenge) => {
            format!("challenge {} by {}, {status}", challenge.action(), challenge.demanded_by())
        }
        Decision::Deny(deny) => format!("deny {}: {}, {status}", decision.action(), deny.reason()),
    }
}

#[test]
fn the_table_has_each_of_the_33_actions() {
    let mut actions: Vec<Action> = rows().iter().map(|row| row.action).collect();
    assert_eq!(actions.len(), 34);
    actions.dedup();
    assert_eq!(actions.len(), 33);
    let of_table: BTreeSet<Action> = actions.into_iter().collect();
    assert_eq!(of_table, Action::ALL.iter().copied().collect());
    // L5 and L7 leave 8 granular tokens without bypass and 5 with it.
    assert_eq!(tokens().len(), 3 + 8 + 5);
}

#[test]
fn every_cell_of_the_table_is_what_the_crate_decides() {
    let acme = organization("acme");
    let tokens = tokens();
    let mut answers: Vec<String> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    for row in rows() {
        for level in levels(row.about) {
            // Publishing access is a fact about a package: without a package, one value is enough.
            let accesses = if level.package.is_some() { PublishingAccess::ALL } else { &PublishingAccess::ALL[..1] };
            for (mode, access) in
                TwoFactorMode::ALL.iter().flat_map(|mode| accesses.iter().map(move |access| (mode, access)))
            {
                let owner = level.owner.clone().two_factor(*mode).build();
                let package = level.package.clone().map(|package| package.publishing_access(*access).build());
                let things = Resources {
                    package: package
                        .as_ref()
                        .map_or_else(|| PackageState::from(missing_package(level.name)), PackageState::from),
                    organization: (&acme).into(),
                    team: team_name("ops"),
                    account: user_name(level.account),
                };
                for presented in &tokens {
                    let bound = bind(&presented.token, &owner);
                    let decision = bound.at(ClientIp::UNKNOWN, now()).decide(things.operation(row.action));
                    let (got, expected) = (decided(&decision), expected(&row, presented, &level, *mode, *access));
                    if got != expected {
                        let Presented { text, .. } = presented;
                        let at = format!("{} / {} / {text} / {mode} / {access}", row.action, level.text);
                        wrong.push(format!("{at}\n  expected: {expected}\n  decided:  {got}"));
                    }
                    answers.push(got);
                }
            }
        }
    }
    let count = |verdict: &str| answers.iter().filter(|answer| answer.starts_with(verdict)).count();
    let counts = (answers.len(), count("allow"), count("challenge"), count("deny"));
    println!("{} cells: {} allow, {} challenge, {} deny", counts.0, counts.1, counts.2, counts.3);
    assert!(
        wrong.is_empty(),
        "{} cells are wrong, the first of them:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    // Rows by levels by modes and accesses by tokens: 10 * 16 about a package, 1 * 8 about a name, 12 * 5 about an
    // organization, 5 + 9 + 8 about both, 8 * 2 about an account.
    let by_package = (10 * 16 + 5 + 9 + 8) * 9 * 16;
    let without_package = (8 + 12 * 5 + 8 * 2) * 3 * 16;
    assert_eq!(counts, (by_package + without_package, 3989, 631, 25_620));
}
