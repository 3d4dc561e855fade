//! The tables of the page on editions, made from the policies of the crate and from scenarios that are run here. `BLESS=1`
//! writes them into the page.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use std::{env, fmt::Write as _, fs, path::Path};

use tollgate::{
    AccountAction, ClientIp, Decision, PackageAction, Policy, Timestamp, Token, User,
    facts::{Account, PublishingAccess, Team, TeamAndPackage, TwoFactorMode},
    operation::{Operation, TeamAccessAction},
    policy::{Edition, PolicySwitch},
    testing::{all, bind, granular, legacy, only, organization, package, team_name, time, user, user_name},
    token::LegacyKind,
    value::{GrantedPermission, PackagesPermission, Role},
};

/// The time at which the tokens are stolen.
const STOLEN: &str = "2026-02-01T00:00:00Z";
/// 100 days before [`STOLEN`], when the tokens were made.
const MADE: &str = "2025-10-24T00:00:00Z";

/// The values of the switches, a row each, with a column for each edition.
fn switches() -> String {
    let mut table = String::from("| switch |");
    for edition in Edition::ALL {
        write!(table, " `{edition}` |").unwrap();
    }
    table += "\n|---|---|---|---|---|\n";
    let lifetime = |limit: Option<core::time::Duration>| {
        let hours = limit.map(|limit| limit.as_secs() / 3600);
        match hours {
            None => "no limit".to_owned(),
            Some(hours) if hours % 24 == 0 => format!("{} days", hours / 24),
            Some(hours) => format!("{hours} hours"),
        }
    };
    for switch in PolicySwitch::ALL {
        let value = |policy: Policy| match switch {
            PolicySwitch::LegacyTokens => policy.legacy_tokens().to_string(),
            PolicySwitch::WriteLifetimeAtMost => lifetime(policy.write_lifetime_at_most()),
            PolicySwitch::SessionLifetimeAtMost => lifetime(policy.session_lifetime_at_most()),
            PolicySwitch::LeastPublishingAccess => policy.least_publishing_access().to_string(),
            PolicySwitch::BypassCovers => policy.bypass_covers().to_string(),
            PolicySwitch::UnscopedPackages => policy.unscoped_packages().to_string(),
            PolicySwitch::TokenLifetimeAtMost => lifetime(policy.token_lifetime_at_most()),
            PolicySwitch::Ranges => (if policy.requires_ranges() { "required" } else { "optional" }).to_owned(),
            PolicySwitch::Bypass => (if policy.allows_bypass() { "allowed" } else { "forbidden" }).to_owned(),
            PolicySwitch::AllPackages => {
                (if policy.allows_all_packages() { "allowed" } else { "forbidden" }).to_owned()
            }
            other => panic!("no row for `{other}`"),
        };
        let values = Edition::ALL.iter().map(|edition| value(edition.policy()));
        writeln!(table, "| `{switch}` | {} |", values.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    table
}

/// A token in the wrong hands: its name on the page, and the token and its owner under an edition.
type Attacker = (&'static str, fn(Edition) -> (Token, User));

fn maintainer() -> User {
    user("alice").two_factor(TwoFactorMode::AuthAndWrites).member("acme", Role::Admin, &["developers"]).build()
}

/// The latest expiry that the edition gives a token that can write, or ten years.
fn latest_expiry(edition: Edition) -> Timestamp {
    let ten_years = core::time::Duration::from_hours(3_650 * 24);
    time(MADE).checked_add(edition.policy().write_lifetime_at_most().unwrap_or(ten_years)).unwrap()
}

const ATTACKERS: [Attacker; 4] = [
    ("stolen publish token", |_| (legacy(LegacyKind::Publish, "alice").created(MADE).build(), maintainer())),
    ("stolen bypass token", |_| {
        let token = granular("ci", "alice").created("2026-01-25T00:00:00Z").expires("2026-03-01T00:00:00Z");
        let token = token.packages(PackagesPermission::ReadWrite, all());
        (token.organizations(GrantedPermission::ReadWrite, &["acme"]).bypass_2fa().build(), maintainer())
    }),
    ("idle maintainer's token over 100 packages", |edition| {
        let token = granular("ci", "alice").created(MADE).expires(&latest_expiry(edition).to_string());
        (token.packages(PackagesPermission::ReadWrite, only(&["@acme"])).bypass_2fa().build(), maintainer())
    }),
    ("removed member's token", |_| {
        let token = granular("ci", "alice").created("2026-01-25T00:00:00Z").expires("2026-03-01T00:00:00Z");
        let token = token.packages(PackagesPermission::ReadWrite, only(&["@acme"]));
        let token = token.organizations(GrantedPermission::ReadWrite, &["acme"]).bypass_2fa();
        (token.build(), user("alice").two_factor(TwoFactorMode::AuthAndWrites).build())
    }),
];

/// What the attacker can do to each of 100 packages without the owner's second factor, or why nothing.
fn cell(attacker: &Attacker, edition: Edition) -> String {
    let cells: Vec<String> =
        (1..=100).map(|number| on_package(attacker, edition, &format!("@acme/app-{number}"))).collect();
    let mut cells = cells.into_iter();
    let first = cells.next().unwrap();
    assert!(cells.all(|cell| cell == first), "the packages differ in their names alone");
    first
}

fn on_package(attacker: &Attacker, edition: Edition, name: &str) -> String {
    let (token, owner) = attacker.1(edition);
    let app = package(name)
        .private()
        .publishing_access(PublishingAccess::TwoFactorOrBypass)
        .team("acme", "developers", GrantedPermission::ReadWrite)
        .build();
    let acme = organization("acme");
    let bound = bind(edition.policy(), &token, &owner);
    let at = bound.at(ClientIp::UNKNOWN, time(STOLEN));
    let team = Team { organization: (&acme).into(), name: team_name("moles") };
    let grant = TeamAndPackage { team, package: (&app).into() };
    let acts: [(&str, Operation<'_>); 8] = [
        ("publish", PackageAction::Publish.on(&app)),
        ("unpublish", PackageAction::Unpublish.on(&app)),
        ("move a tag", PackageAction::SetDistTag.on(&app)),
        ("stage", PackageAction::Stage.on(&app)),
        ("replace maintainers", PackageAction::ChangeMaintainers.on(&app)),
        ("give a team access", TeamAccessAction::GrantTeamAccess.on(grant)),
        ("make a token", AccountAction::CreateToken.on(Account { user: user_name("alice") })),
        ("read", PackageAction::ReadPackage.on(&app)),
    ];
    let can = acts.iter().filter(|(_, operation)| at.decide(*operation).is_allow()).map(|(act, _)| *act);
    let can: Vec<&str> = can.collect();
    if !can.is_empty() {
        return can.join(", ");
    }
    match at.decide(PackageAction::Publish.on(&app)) {
        Decision::Deny(deny) => format!("nothing: `{}`", deny.reason()),
        Decision::Allow(_) | Decision::Challenge(_) => panic!("expected a denial"),
    }
}

fn attackers() -> String {
    let mut table = String::from("| token |");
    for edition in Edition::ALL {
        write!(table, " `{edition}` |").unwrap();
    }
    table += "\n|---|---|---|---|---|\n";
    for attacker in &ATTACKERS {
        let cells = Edition::ALL.iter().map(|edition| cell(attacker, *edition));
        writeln!(table, "| {} | {} |", attacker.0, cells.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    table
}

/// The cells, once more and by hand: `BLESS=1` does not write these.
#[test]
fn each_cell_is_what_the_rules_say() {
    let row = |index: usize| Edition::ALL.iter().map(|edition| cell(&ATTACKERS[index], *edition)).collect::<Vec<_>>();
    let retired = "nothing: `token-retired`";
    assert_eq!(row(0), ["stage, read", retired, retired, retired]);
    assert_eq!(
        row(1),
        [
            "publish, unpublish, move a tag, stage, replace maintainers, give a team access, read",
            "publish, unpublish, move a tag, stage, replace maintainers, give a team access, read",
            "publish, unpublish, move a tag, stage, read",
            "unpublish, move a tag, stage, read",
        ]
    );
    let expired = "nothing: `token-expired`";
    assert_eq!(row(2), ["publish, unpublish, move a tag, stage, replace maintainers, read", expired, expired, expired]);
    assert_eq!(row(3), ["nothing: `owner-lacks-permission`"; 4]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the page is a file, and the caller says when to write it")]
fn the_tables_of_the_page_are_those_of_the_crate() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/docs/editions.md");
    let page = fs::read_to_string(&file).unwrap();
    let mut made = page.clone();
    for (name, table) in [("switches", switches()), ("attackers", attackers())] {
        let start = format!("<!-- {name}: written by the test -->\n");
        let (before, rest) = made.split_once(&start).unwrap();
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        made = format!("{before}{start}{table}<!-- end -->{after}");
    }
    if env::var("BLESS").is_ok() {
        fs::write(&file, made).unwrap();
        return;
    }
    assert!(
        made == page,
        "`BLESS=1 cargo test --all-features` writes the tables of src/docs/editions.md again:\n{made}"
    );
}
