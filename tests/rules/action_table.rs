//! What each action needs (K, G, C and F of the rules) as one table, written by hand and compared with the crate: every action
//! by every kind of token for every right that its owner may have, under every edition, two-factor mode and publishing
//! access.
//!
//! The expected answer is computed from the table's row alone.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a slip in a test's own tables fails the test"
)]

use std::collections::BTreeSet;
use tollgate::testing::{
    EXPIRES, PackageBuilder, Resources, UserBuilder, all, bind, granular, legacy, missing_package, now, organization,
    package, session, team_name, user, user_name,
};
use tollgate::{
    ClientIp, Decision, Token,
    decision::Validity,
    facts::{PackageState, PublishingAccess, TwoFactorMode},
    operation::Action,
    policy::Edition,
    token::{LegacyKind, TokenKind},
    value::{GrantedPermission, PackagesPermission, Role},
};

/// One row for each action, and a second for the two actions on a team's access, for a package of another scope (G1, C5).
///
/// - `about`: what the action names. `name` is a free one; an `org-package` is a package and an organization, `elsewhere` is
///   a package outside that organization's scope, and `granted` is one that a team of that organization has a grant on.
/// - `publish`: a session token has the same column.
/// - `RO`, `SO`, `RW`: whether a granular token with that permission on packages, on organizations, may; `both`: it takes
///   both; `stage`: it may only stage.
/// - `owner`: what the owner must have, all of it. `scope`: the package's scope is that organization's. `lendable`: it is
///   unscoped or of a user's scope.
/// - `factor`: the class, where `governance` is a write that P5 counts as such, and `always` is always challenged.
const TABLE: &str = "
action                     | about       | read-only automation publish | packages: RO SO RW | orgs: RO RW   | owner                | factor
read-package               | package     | yes       yes        yes     |           yes yes yes |       -  -    | read                 | -
list-collaborators         | package     | -         -          yes     |           yes yes yes |       -  -    | read                 | -
create-package             | name        | -         yes        yes     |           -   stage yes |     -  -    | create               | write
publish-version            | package     | -         yes        yes     |           -   stage yes |     -  -    | write                | write
unpublish                  | package     | -         yes        yes     |           -   yes yes |       -  -    | write                | write
deprecate                  | package     | -         yes        yes     |           -   yes yes |       -  -    | write                | write
set-dist-tag               | package     | -         yes        yes     |           -   yes yes |       -  -    | write                | write
change-visibility          | package     | -         -          yes     |           -   -   yes |       -  -    | scope-control        | governance
change-publishing-access   | package     | -         -          yes     |           -   -   yes |       -  -    | write                | governance
change-maintainers         | package     | -         -          yes     |           -   -   yes |       -  -    | write                | governance
stage                      | package     | -         yes        yes     |           -   yes yes |       -  -    | write                | -
read-stage                 | package     | -         yes        yes     |           -   yes yes |       -  -    | write                | -
approve-stage              | package     | -         -          yes     |           -   -   yes |       -  -    | write                | always
reject-stage               | package     | -         -          yes     |           -   -   yes |       -  -    | write                | always
star-package               | package     | -         -          yes     |           -   -   -   |       -  -    | read                 | -
read-org                   | org         | -         -          yes     |           -   -   -   |       yes yes | member               | -
change-org-settings        | org         | -         -          yes     |           -   -   -   |       -  yes  | owner                | governance
add-member                 | org         | -         -          yes     |           -   -   -   |       -  yes  | owner                | governance
remove-member              | org         | -         -          yes     |           -   -   -   |       -  yes  | owner                | governance
change-member-role         | org         | -         -          yes     |           -   -   -   |       -  yes  | owner                | governance
create-team                | org         | -         -          yes     |           -   -   -   |       -  yes  | admin                | governance
delete-team                | org         | -         -          yes     |           -   -   -   |       -  yes  | admin                | governance
add-team-member            | org         | -         -          yes     |           -   -   -   |       -  yes  | admin                | governance
remove-team-member         | org         | -         -          yes     |           -   -   -   |       -  yes  | admin                | governance
grant-team-access          | org-package | -         -          yes     |           -   -   -   |       -  yes  | admin+scope          | governance
grant-team-access          | elsewhere   | -         -          yes     |           -   -   both|       -  both | admin+lendable+write | governance
revoke-team-access         | org-package | -         -          yes     |           -   -   -   |       -  yes  | admin                | governance
revoke-team-access         | granted     | -         -          yes     |           -   -   -   |       -  yes  | admin                | governance
manage-billing             | org         | -         -          yes     |           -   -   -   |       -  -    | owner                | governance
rename-org                 | org         | -         -          yes     |           -   -   -   |       -  -    | owner                | governance
delete-org                 | org         | -         -          yes     |           -   -   -   |       -  -    | owner                | governance
share-package              | any-package | -         -          yes     |           -   -   -   |       -  -    | owner+scope          | governance
whoami                     | account     | yes       yes        yes     |           yes yes yes |       yes yes | self                 | -
revoke-self                | account     | yes       yes        yes     |           yes yes yes |       yes yes | self                 | -
read-profile               | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | -
change-profile             | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | auth
change-password            | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | auth
enrol-two-factor           | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | auth
configure-two-factor       | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | auth
list-tokens                | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | -
create-token               | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | auth
revoke-token               | account     | -         -          yes     |           -   -   -   |       -  -    | self                 | auth
";

/// What a granular token of some permission on a side may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    No,
    Yes,
    /// With the other side's.
    Both,
    /// Only by staging.
    Stage,
}

/// A row of [`TABLE`].
#[derive(Debug)]
struct Row {
    action: Action,
    about: &'static str,
    /// Read-only, automation, publish.
    kinds: [bool; 3],
    /// Read-only, stage-only, read-write.
    packages: [Mark; 3],
    /// Read-only, read-write.
    organizations: [Mark; 2],
    owner: BTreeSet<&'static str>,
    factor: &'static str,
}

fn rows() -> Vec<Row> {
    let mark = |word: &str| match word {
        "-" => Mark::No,
        "yes" => Mark::Yes,
        "both" => Mark::Both,
        "stage" => Mark::Stage,
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
    kind: TokenKind,
    packages: Option<PackagesPermission>,
    organizations: Option<GrantedPermission>,
    bypass: bool,
    token: Token,
}

/// The three legacy kinds, a session, and every granular token that L5 and L7 let be, all packages and `acme` selected.
fn tokens() -> Vec<Presented> {
    const PACKAGES: [Option<PackagesPermission>; 4] = [
        None,
        Some(PackagesPermission::ReadOnly),
        Some(PackagesPermission::StageOnly),
        Some(PackagesPermission::ReadWrite),
    ];
    const ORGANIZATIONS: [Option<GrantedPermission>; 3] =
        [None, Some(GrantedPermission::ReadOnly), Some(GrantedPermission::ReadWrite)];
    let mut tokens: Vec<Presented> = [LegacyKind::ReadOnly, LegacyKind::Automation, LegacyKind::Publish]
        .map(|kind| Presented {
            text: format!("legacy {kind}"),
            kind: TokenKind::Legacy(kind),
            packages: None,
            organizations: None,
            bypass: false,
            token: legacy(kind, "alice").build(),
        })
        .into();
    tokens.push(Presented {
        text: "session".into(),
        kind: TokenKind::Session,
        packages: None,
        organizations: None,
        bypass: false,
        token: session("s-1", "alice").build(),
    });
    for packages in PACKAGES {
        for organizations in ORGANIZATIONS {
            for bypass in [false, true] {
                let writes = packages == Some(PackagesPermission::ReadWrite)
                    || organizations == Some(GrantedPermission::ReadWrite);
                if (packages.is_none() && organizations.is_none()) || (bypass && !writes) {
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
                let (kind, token) = (TokenKind::Granular, token.build());
                tokens.push(Presented { text, kind, packages, organizations, bypass, token });
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
#[expect(clippy::too_many_lines, reason = "a table, with a line for each level")]
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
        "granted" => vec![
            Level::new("another organization's, a team has a grant, admin", "admin", role(Role::Admin))
                .private(others()),
            Level::new("another organization's, a team has a grant, member", "", role(Role::Member)).private(others()),
            Level::new(
                "another organization's, a team has a grant, owner in it",
                "admin owner read write",
                in_team(Role::Owner),
            )
            .private(others()),
            Level::new("nobody's scope, a team has a grant, admin", "admin", role(Role::Admin))
                .private(package("@gone/app").in_scope_of_nobody().team("acme", "developers", ReadOnly)),
            Level::new("unscoped, no grant, admin", "admin read", role(Role::Admin)).public(package("left-pad")),
            Level::new("own scope, no grant, admin", "admin read write", role(Role::Admin)).private(own()),
            Level::new("own scope, no grant, not in it", "read write", alice()).private(own()),
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

/// What an edition sets, as this file knows it: P1, P4 and P5.
struct EditionColumn {
    legacy_is_retired: bool,
    least_access: PublishingAccess,
    /// The words of the column `factor` for which no token bypasses, and whether none does for a publish.
    not_bypassed: &'static [&'static str],
    publish_is_bypassed: bool,
}

fn column(edition: Edition) -> EditionColumn {
    let column = |legacy_is_retired, least_access, not_bypassed, publish_is_bypassed| EditionColumn {
        legacy_is_retired,
        least_access,
        not_bypassed,
        publish_is_bypassed,
    };
    match edition {
        Edition::Npm2025_10 => column(false, PublishingAccess::NoRequirement, &[], true),
        Edition::Npm2025_12 => column(true, PublishingAccess::TwoFactorOrBypass, &[], true),
        Edition::Npm2026_08 => column(true, PublishingAccess::TwoFactorOrBypass, &["governance"], true),
        Edition::Npm2027_01 => column(true, PublishingAccess::TwoFactorOrBypass, &["governance"], false),
        other => panic!("no column for `{other}`"),
    }
}

/// D1 and D3, from the row: the answer as a line of text.
#[expect(clippy::too_many_lines, reason = "the rules from first to last, in the order of the checks")]
fn expected(
    row: &Row,
    presented: &Presented,
    level: &Level,
    mode: TwoFactorMode,
    access: PublishingAccess,
    edition: Edition,
) -> String {
    let edition = column(edition);
    let legacy = if let TokenKind::Legacy(kind) = presented.kind { Some(kind) } else { None };
    let is_granular = presented.kind == TokenKind::Granular;
    let until = if legacy.is_some() { "-" } else { EXPIRES };
    let action = row.action;
    // D3: "for a denial that names a private package 404 unless this same token could read that package".
    let could_read = level.has("read") && (!is_granular || presented.packages.is_some());
    let hidden = if level.private && !could_read { 404 } else { 403 };
    let deny = |reason: &str, status: u16| format!("deny {action}: {reason}, {status}, until {until}");

    if legacy.is_some() && edition.legacy_is_retired {
        return deny("token-retired", 401);
    }
    // What the kind of token never does (K1).
    let mut marks = row.packages.iter().chain(&row.organizations);
    let has_action = match presented.kind {
        TokenKind::Legacy(LegacyKind::ReadOnly) => row.kinds[0],
        TokenKind::Legacy(LegacyKind::Automation) => row.kinds[1],
        TokenKind::Legacy(LegacyKind::Publish) | TokenKind::Session => row.kinds[2],
        TokenKind::Granular => marks.any(|mark| *mark != Mark::No),
        other => panic!("no column for `{other}`"),
    };
    if !has_action {
        return deny("kind-forbids-action", 403);
    }
    // V1: K1 lets every kind read.
    if action == Action::ReadPackage && !level.private {
        return format!("allow {action} via public until {until}, 200");
    }
    // The permission on the side, or on both sides, that the action needs (G1).
    if is_granular {
        let packages = match presented.packages {
            None => Mark::No,
            Some(PackagesPermission::ReadOnly) => row.packages[0],
            Some(PackagesPermission::StageOnly) => row.packages[1],
            Some(PackagesPermission::ReadWrite) => row.packages[2],
            Some(other) => panic!("no column for `{other}`"),
        };
        let organizations = match presented.organizations {
            None => Mark::No,
            Some(GrantedPermission::ReadOnly) => row.organizations[0],
            Some(GrantedPermission::ReadWrite) => row.organizations[1],
            Some(other) => panic!("no column for `{other}`"),
        };
        if packages == Mark::Stage {
            return deny("stage-required", 403);
        }
        let needs_both = row.organizations.contains(&Mark::Both);
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
    // C5: a private package exists for `revoke-team-access` in that organization's scope, with a grant to a team of it, or
    // for a token that could read it.
    if row.about == "granted" && level.private && !level.text.contains("a team has a grant") && !could_read {
        return deny("no-such-package", 404);
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
    let is_publish = matches!(row.action, Action::CreatePackage | Action::PublishVersion);
    let writes = if row.organizations.contains(&Mark::Yes) || row.organizations.contains(&Mark::Both) {
        presented.organizations == Some(GrantedPermission::ReadWrite)
    } else {
        presented.packages == Some(PackagesPermission::ReadWrite)
    };
    let bypass = (legacy == Some(LegacyKind::Automation) || (presented.bypass && writes))
        && !edition.not_bypassed.contains(&row.factor)
        && (edition.publish_is_bypassed || !is_publish);
    let enrolled = mode != TwoFactorMode::Disabled;
    let is_person = matches!(presented.kind, TokenKind::Legacy(LegacyKind::Publish) | TokenKind::Session);
    let exists = level.package.is_some();
    // P4: a creation is a write on a package that has the least access.
    let is_write = matches!(row.factor, "write" | "governance" | "always");
    let (access, demander) = match (is_write, exists) {
        (true, true) if access >= edition.least_access => (Some(access), "package"),
        (true, true) => (Some(edition.least_access), "policy"),
        (true, false) if row.about == "name" => (Some(edition.least_access), "policy"),
        (_, _) => (None, "account"),
    };
    if exists && access == Some(PublishingAccess::TwoFactorOnly) && !is_person {
        return deny("tokens-disallowed", 403);
    }
    let demanded_by = match (row.factor, access) {
        ("always", _) => Some("action"),
        (_, Some(PublishingAccess::TwoFactorOnly)) => Some(demander),
        (_, Some(PublishingAccess::TwoFactorOrBypass)) => (!bypass).then_some(demander),
        ("write" | "governance", _) => (mode == TwoFactorMode::AuthAndWrites && !bypass).then_some("account"),
        ("auth", _) => (enrolled && !bypass).then_some("account"),
        ("-", _) => None,
        (other, _) => panic!("`{other}` is no class"),
    };
    match demanded_by {
        Some("package" | "policy" | "action") if !enrolled => deny("second-factor-not-enrolled", 403),
        Some(demanded_by) => format!("challenge {action} by {demanded_by}, 401"),
        None => format!("allow {action} via grant until {until}, 200"),
    }
}

/// The crate's answer as the same line of text.
fn decided(decision: &Decision<'_>) -> String {
    let status = decision.status();
    let until = match decision.validity() {
        Validity::Until(until) => until.to_string(),
        Validity::Always | Validity::ThisRequestOnly => "-".into(),
    };
    match decision {
        Decision::Allow(allow) => {
            format!("allow {} via {} until {until}, {status}", allow.action(), allow.allowed_by())
        }
        Decision::Challenge(challenge) => {
            format!("challenge {} by {}, {status}", challenge.action(), challenge.demanded_by())
        }
        Decision::Deny(deny) => format!("deny {}: {}, {status}, until {until}", decision.action(), deny.reason()),
    }
}

#[test]
fn the_table_has_each_of_the_40_actions() {
    let mut actions: Vec<Action> = rows().iter().map(|row| row.action).collect();
    assert_eq!(actions.len(), 42);
    actions.dedup();
    assert_eq!(actions.len(), 40);
    let of_table: BTreeSet<Action> = actions.into_iter().collect();
    assert_eq!(of_table, Action::ALL.iter().copied().collect());
    // L5 and L7 leave 11 granular tokens without bypass and 6 with it.
    assert_eq!(tokens().len(), 3 + 1 + 11 + 6);
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
                for (edition, presented) in
                    Edition::ALL.iter().flat_map(|edition| tokens.iter().map(move |token| (*edition, token)))
                {
                    let bound = bind(edition.policy(), &presented.token, &owner);
                    let decision = bound.at(ClientIp::UNKNOWN, now()).decide(things.operation(row.action));
                    let expected = expected(&row, presented, &level, *mode, *access, edition);
                    let got = decided(&decision);
                    if got != expected {
                        let Presented { text, .. } = presented;
                        let at = format!("{edition} / {} / {} / {text} / {mode} / {access}", row.action, level.text);
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
    // Rows by levels by modes and accesses by tokens and editions: 14 * 16 about a package, 1 * 8 about a name, 12 * 5 about
    // an organization, 5 + 9 + 5 + 7 + 8 about both, 10 * 2 about an account.
    let by_package = (14 * 16 + 5 + 9 + 5 + 7 + 8) * 9 * 21 * 4;
    let without_package = (8 + 12 * 5 + 10 * 2) * 3 * 21 * 4;
    assert_eq!(counts, (by_package + without_package, 21_561, 7142, 188_521));
}
