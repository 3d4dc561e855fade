//! Random valid worlds and random requests, from a seed.
//!
//! The worlds are small and dense: few names, so that owners, scopes, selections and grants meet often; few instants,
//! so that the boundaries are hit. Each world keeps N, P, L1 to L7, T3 and the rest of what FORMAT asks of one that
//! loads.
//!
//! The id of a request says what it is: one that starts with `r` is a good request, one that starts with `bad`, and one
//! without a readable id, has a mistake made on purpose.

use super::{DAY, HOUR, MINUTE, SECOND, package_name_is_valid, parse_time, print_date_and_time};
use serde_json::{Map, Value, json};

// ------------------------------------------------------------------------------------------------------------------
// Chance
// ------------------------------------------------------------------------------------------------------------------

/// xorshift64*.
struct Rng(u64);

impl Rng {
    fn new(seed: u64) -> Rng {
        // One step of splitmix64, so that neighbouring seeds differ and none is zero.
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        Rng(if mixed == 0 { 1 } else { mixed })
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// 0 to `limit` - 1.
    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(1);
        usize::try_from((self.next() >> 16) % limit).unwrap_or(0)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// One of the texts, the wanted ones repeated.
    fn text<'a>(&mut self, among: &[&'a str]) -> &'a str {
        among[self.below(among.len())]
    }
}

// ------------------------------------------------------------------------------------------------------------------
// The few names and instants that everything is made of
// ------------------------------------------------------------------------------------------------------------------

/// Accounts, and the chances in a hundred of being a user, or an organization; otherwise the name is free.
const ACCOUNTS: [(&str, usize, usize); 10] = [
    ("alice", 100, 0),
    ("bob", 80, 10),
    ("carol", 45, 25),
    ("Dave", 40, 15),
    ("acme", 6, 88),
    ("acme-evil", 5, 65),
    ("ghost", 2, 3),
    ("kim~(2)", 25, 15),
    // N4: a user's name may be an address, or have other characters that no scope and no organization has.
    ("lee@example.com", 40, 0),
    ("$[a+b];=|{c}^`,", 8, 0),
];

const TEAMS: [&str; 3] = ["developers", "ops", "Old.Team"];

/// Names that may exist, old ones among them.
const PACKAGES: [&str; 23] = [
    "left-pad",
    "JSONStream",
    "jsonstream",
    "acme",
    "alice",
    "http",
    "odd~name!",
    "@acme/app",
    "@acme/lib",
    "@acme/App",
    "@acme/alice",
    "@acme-evil/app",
    "@alice/tool",
    "@alice/app",
    "@bob/app",
    "@bob/odd(1)",
    "@carol/kit",
    "@Dave/x",
    "@ghost/app",
    "@ghost/lost",
    "@.dot/x",
    "@kim~(2)/x",
    "@it's/x",
];

/// Names that never exist in a world: good new ones, and some that are only good for what is old.
const NEW_PACKAGES: [&str; 24] = [
    "brand-new",
    "Brand-New",
    "fs",
    "worker_threads",
    "test",
    "new*",
    "@acme/new",
    "@acme/new",
    "@acme/New",
    "@acme/fs",
    "@acme/new'",
    "@acme/_private",
    "@acme-evil/new",
    "@alice/new",
    "@alice/NEW",
    "@alice/-new",
    "@bob/new",
    "@carol/new",
    "@Dave/new",
    "@ghost/new",
    "@nobody.at~all/new",
    "@kim~(2)/new",
    "@kim~(2)/new~",
    "@node-modules/x",
];

/// Ranges as written, with clients inside and a client just outside.
const RANGES: [(&str, [&str; 3], &str); 17] = [
    ("10.0.0.0/8", ["10.1.2.3", "10.255.255.255", "::ffff:10.0.0.0"], "11.0.0.0"),
    ("10.1.2.3/32", ["10.1.2.3", "::ffff:10.1.2.3", "::ffff:a01:203"], "10.1.2.2"),
    ("10.1.2.99/24", ["10.1.2.0", "10.1.2.255", "::FFFF:10.1.2.3"], "10.1.3.0"),
    ("192.0.2.1/31", ["192.0.2.0", "192.0.2.1", "0:0:0:0:0:ffff:192.0.2.1"], "192.0.2.2"),
    ("0.0.0.0/0", ["10.1.2.3", "255.255.255.255", "::ffff:0.0.0.0"], "::"),
    ("128.0.0.0/1", ["128.0.0.0", "255.255.255.255", "192.0.2.1"], "127.255.255.255"),
    ("::ffff:10.1.0.0/112", ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3"], "10.2.0.0"),
    ("::ffff:0.0.0.0/96", ["10.1.2.3", "0.0.0.0", "::ffff:ffff:ffff"], "2001:db8::1"),
    ("::ffff:1.2.3.4/96", ["10.1.2.3", "0.0.0.0", "::ffff:ffff:ffff"], "::fffe:10.1.2.3"),
    ("::ffff:c000:201/128", ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:0201"], "192.0.2.0"),
    ("::/0", ["2001:db8::1", "::", "::10.1.2.3"], "10.1.2.3"),
    ("::/96", ["::", "::1", "::10.1.2.3"], "::ffff:10.1.2.3"),
    ("2001:db8::/32", ["2001:db8::1", "2001:DB8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:0db8::"], "2001:db9::"),
    ("2001:db8::1/128", ["2001:db8::1", "2001:db8:0:0:0:0:0:1", "2001:db8::0.0.0.1"], "2001:db8::2"),
    ("2001:db8:1:2:3::/65", ["2001:db8:1:2::", "2001:db8:1:2:7fff::", "2001:db8:1:2:3:4:5:6"], "2001:db8:1:2:8000::"),
    ("64:ff9b::/96", ["64:ff9b::10.1.2.3", "64:ff9b::a01:203", "64:ff9b::"], "10.1.2.3"),
    ("2002::/16", ["2002:a01:203::", "2002:a01:203::1", "2002::"], "10.1.2.3"),
];

/// Clients of every kind.
const CLIENTS: [&str; 12] = [
    "10.1.2.3",
    "10.255.0.1",
    "192.0.2.1",
    "0.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "2001:db8::1",
    "::ffff:10.1.2.3",
    "::ffff:c000:201",
    "::10.1.2.3",
    "64:ff9b::10.1.2.3",
];

/// Secrets and their SHA-256. A token is given one of them at most, and each to one token at most.
const SECRETS: [(&str, &str); 4] = [
    ("npm_000000000000000000000000000000000000", "4f8a2bbf64beb4afd4ae7942ba0ad62b0b33c0c6bc1b1b61f85512e074cb96fd"),
    ("0123456789abcdef0123456789abcdef", "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9"),
    ("opaque!token~1", "558c70b01b774e5af2d821c5513fbe0e485364f44067746e3d6230ed5af8a171"),
    // A text with a space cannot be a secret (S1), so this token is never found by it.
    ("a b", "c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65"),
];

/// Secrets of no token, and texts that cannot be secrets.
const NO_SECRETS: [&str; 7] = [
    "npm_000000000000000000000000000000000001",
    "NPM_000000000000000000000000000000000000",
    "0123456789ABCDEF0123456789ABCDEF",
    "01234567-89ab-cdef-0123-456789abcdef",
    "",
    "tab\there",
    "gr\u{fc}n",
];

/// Every action of a request, with the ones of the closest rules repeated.
const ACTIONS: [&str; 63] = [
    "read-package",
    "read-package",
    "read-package",
    "list-collaborators",
    "list-collaborators",
    "publish",
    "publish",
    "publish",
    "publish",
    "publish",
    "unpublish",
    "deprecate",
    "set-dist-tag",
    "set-dist-tag",
    "change-visibility",
    "change-visibility",
    "change-publishing-access",
    "change-maintainers",
    "star-package",
    "stage",
    "stage",
    "read-stage",
    "read-stage",
    "approve-stage",
    "approve-stage",
    "reject-stage",
    "reject-stage",
    "read-org",
    "read-org",
    "change-org-settings",
    "add-member",
    "remove-member",
    "change-member-role",
    "create-team",
    "create-team",
    "delete-team",
    "add-team-member",
    "remove-team-member",
    "grant-team-access",
    "grant-team-access",
    "grant-team-access",
    "grant-team-access",
    "revoke-team-access",
    "revoke-team-access",
    "revoke-team-access",
    "revoke-team-access",
    "manage-billing",
    "rename-org",
    "delete-org",
    "share-package",
    "share-package",
    "whoami",
    "revoke-self",
    "read-profile",
    "change-profile",
    "configure-two-factor",
    "change-password",
    "change-password",
    "enrol-two-factor",
    "enrol-two-factor",
    "list-tokens",
    "create-token",
    "revoke-token",
];

/// The actions that a granular token can do at all.
const GRANULAR_ACTIONS: [&str; 42] = [
    "read-package",
    "read-package",
    "list-collaborators",
    "list-collaborators",
    "publish",
    "publish",
    "publish",
    "publish",
    "publish",
    "unpublish",
    "deprecate",
    "set-dist-tag",
    "change-visibility",
    "change-publishing-access",
    "change-maintainers",
    "stage",
    "stage",
    "read-stage",
    "read-stage",
    "approve-stage",
    "approve-stage",
    "reject-stage",
    "reject-stage",
    "read-org",
    "change-org-settings",
    "add-member",
    "remove-member",
    "change-member-role",
    "create-team",
    "delete-team",
    "add-team-member",
    "remove-team-member",
    "grant-team-access",
    "grant-team-access",
    "grant-team-access",
    "grant-team-access",
    "revoke-team-access",
    "revoke-team-access",
    "revoke-team-access",
    "revoke-team-access",
    "whoami",
    "revoke-self",
];

/// The actions that an automation token can do, but for the two on its account.
const AUTOMATION_ACTIONS: [&str; 11] = [
    "read-package",
    "publish",
    "publish",
    "publish",
    "publish",
    "unpublish",
    "deprecate",
    "set-dist-tag",
    "stage",
    "stage",
    "read-stage",
];

/// The instant around which everything happens.
fn base() -> i128 {
    parse_time("2025-11-01T00:00:00Z").unwrap_or_default()
}

/// When tokens are made; cut-offs lie on and beside these.
fn births() -> [i128; 4] {
    [base() - 30 * DAY, base() - 2 * DAY, base() - 2 * DAY + 1, base() - HOUR]
}

/// How long a session lives: "what a login makes", so hours, and exactly as long as policies give one.
fn session_lives() -> [i128; 6] {
    [1, HOUR, 2 * HOUR, 2 * HOUR + 1, DAY, 3 * DAY]
}

/// A time in one of its many spellings: an offset, and any number of digits that is enough.
fn spell(rng: &mut Rng, instant: i128) -> String {
    let (offset, minutes) = *rng.pick(&[
        ("Z", 0),
        ("Z", 0),
        ("Z", 0),
        ("Z", 0),
        ("+00:00", 0),
        ("-00:00", 0),
        ("+02:00", 120),
        ("-05:30", -330),
        ("+23:59", 1439),
        ("-23:59", -1439),
    ]);
    let mut fraction = format!("{:09}", instant % SECOND);
    while fraction.ends_with('0') && !rng.chance(8) {
        fraction.pop();
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{offset}", print_date_and_time(instant + minutes * MINUTE))
}

// ------------------------------------------------------------------------------------------------------------------
// Worlds
// ------------------------------------------------------------------------------------------------------------------

/// A world that loads.
pub(crate) fn world(seed: u64) -> Value {
    let mut rng = Rng::new(seed);
    let rng = &mut rng;
    let policy = policy(rng);
    let private_unscoped = policy["unscoped_packages"] == json!("may-be-private");
    let retired = legacy_tokens_are_retired(&policy);

    // N4: "Users and organizations share one namespace".
    let mut users = Vec::new();
    let mut orgs = Vec::new();
    for (name, user, org) in ACCOUNTS {
        let drawn = rng.below(100);
        if drawn < user {
            users.push(name);
        } else if drawn < user + org {
            orgs.push(name);
        }
    }

    let packages: Vec<Value> = PACKAGES
        .iter()
        .filter_map(
            |name| if rng.chance(70) { Some(package(rng, name, private_unscoped, &users, &orgs)) } else { None },
        )
        .collect();
    let user_values: Vec<Value> = users.iter().map(|name| user(rng, name, &orgs)).collect();
    let org_values: Vec<Value> = orgs.iter().map(|name| json!({"name": name})).collect();
    let token_values = some_tokens(rng, &user_values, retired);
    json!({"policy": policy, "users": user_values, "orgs": org_values, "packages": packages, "tokens": token_values})
}

/// P1: every edition but the first has them retired, and the first may be tightened.
fn legacy_tokens_are_retired(policy: &Value) -> bool {
    let edition = policy.as_str().or_else(|| policy["edition"].as_str());
    edition != Some("npm-2025-10") || policy["legacy_tokens"] == json!("retired")
}

/// FORMAT, World, `policy`: "an edition's name, or an object with `"edition"` and any switches". P: "any switch may be
/// set to the edition's value or a tighter one (P6 to either)".
fn policy(rng: &mut Rng) -> Value {
    let edition = rng.text(&[
        "npm-2025-10",
        "npm-2025-10",
        "npm-2025-10",
        "npm-2025-12",
        "npm-2025-12",
        "npm-2026-08",
        "npm-2026-08",
        "npm-2027-01",
        "npm-2027-01",
    ]);
    if rng.chance(40) {
        return json!(edition);
    }
    let first = edition == "npm-2025-10";
    let mut policy = json!({"edition": edition});

    // P1, P4, P5: the edition's value and those behind it, "loosest first".
    let legacy: &[&str] = if first { &["honoured", "honoured", "honoured", "retired"] } else { &["retired"] };
    if rng.chance(30) {
        policy["legacy_tokens"] = json!(rng.text(legacy));
    }
    let least: &[&str] = if first {
        &["no-requirement", "two-factor-or-bypass", "two-factor-only", "two-factor-only"]
    } else {
        &["two-factor-or-bypass", "two-factor-only"]
    };
    if rng.chance(40) {
        policy["least_publishing_access"] = json!(rng.text(least));
    }
    let covers: &[&str] = match edition {
        "npm-2026-08" => &["all-but-governance", "all-but-governance-and-publish"],
        "npm-2027-01" => &["all-but-governance-and-publish"],
        _ => &["everything", "all-but-governance", "all-but-governance-and-publish"],
    };
    if rng.chance(40) {
        policy["bypass_covers"] = json!(rng.text(covers));
    }
    // P6.
    if rng.chance(60) {
        policy["unscoped_packages"] = json!(rng.text(&["always-public", "may-be-private", "may-be-private"]));
    }

    // P2, P3, P7 "are limits for issuing; loading and deciding never ask them". P2: "A lifetime limit for granular
    // tokens is at least 86,400 seconds (L4), one for sessions above 0"; "lifetimes in whole seconds".
    if rng.chance(20) {
        let most = if first { 400 * 86_400 } else { 90 * 86_400 };
        policy["write_lifetime_at_most"] = json!(rng.pick(&[86_400, 86_401, 7 * 86_400, 90 * 86_400, most]));
    }
    if rng.chance(20) {
        let most = if first { 12 * 3_600 } else { 2 * 3_600 };
        policy["session_lifetime_at_most"] = json!(rng.pick(&[1, 60, 3_600, 2 * 3_600, most]));
    }
    if rng.chance(15) {
        policy["token_lifetime_at_most"] = json!(rng.pick(&[86_400, 86_401, 30 * 86_400, 365 * 86_400]));
    }
    for (name, values) in [
        ("ranges", ["optional", "required"]),
        ("bypass", ["allowed", "forbidden"]),
        ("all_packages", ["allowed", "forbidden"]),
    ] {
        if rng.chance(15) {
            policy[name] = json!(rng.text(&values));
        }
    }
    policy
}

/// One user: FORMAT, World, `users`.
fn user(rng: &mut Rng, name: &str, orgs: &[&str]) -> Value {
    let mut user = json!({
        "name": name,
        "status": if rng.chance(4) { "suspended" } else { "active" },
        "two_factor": rng.text(&["disabled", "auth-only", "auth-and-writes", "auth-and-writes"]),
        "tokens_revoked_until": null,
        "writes_held_until": null,
    });
    if rng.chance(30) {
        // T5: past, to come, and around the instants that requests are made at.
        let until = match rng.below(10) {
            0 => base() - 400 * DAY,
            1 => base() + 400 * DAY,
            2 => base() + *rng.pick(&[-1, 0, 1]),
            3 => *rng.pick(&births()) + *rng.pick(&session_lives()),
            4..=6 => *rng.pick(&births()) + *rng.pick(&LIVES),
            _ => *rng.pick(&births()) + DAY + *rng.pick(&[-1, 0, 1]),
        };
        user["writes_held_until"] = json!(spell(rng, until));
    }
    if rng.chance(7) {
        // T1: "made at or before the account's cut-off", so at, just before and just after.
        let cut_off = *rng.pick(&births()[..3]) + rng.pick(&[-1, 0, 1]);
        user["tokens_revoked_until"] = json!(spell(rng, cut_off));
    }
    let mut memberships = Vec::new();
    for org in orgs {
        if !rng.chance(70) {
            continue;
        }
        let role = rng.text(&["owner", "owner", "owner", "admin", "admin", "member", "member"]);
        let mut membership = json!({"name": org, "role": role});
        let teams: Vec<&str> = TEAMS.into_iter().filter(|_| rng.chance(40)).collect();
        if !teams.is_empty() {
            membership["teams"] = json!(teams);
        }
        memberships.push(membership);
    }
    if !memberships.is_empty() {
        user["orgs"] = json!(memberships);
    }
    user
}

/// One package: FORMAT, World, `packages`.
fn package(rng: &mut Rng, name: &str, private_unscoped: bool, users: &[&str], orgs: &[&str]) -> Value {
    // V1, P6: "under `may-be-private` an unscoped package may be private; under `always-public` a world with one is an
    // error".
    let may_be_private = name.starts_with('@') || private_unscoped;
    let visibility = if may_be_private && rng.chance(65) { "private" } else { "public" };
    let access = rng.text(&["no-requirement", "no-requirement", "two-factor-or-bypass", "two-factor-only"]);
    let mut package = json!({"name": name, "visibility": visibility, "publishing_access": access});
    let mut direct = Map::new();
    for user in users {
        if rng.chance(40) {
            direct.insert((*user).to_owned(), json!(rng.text(&["read-only", "read-write", "read-write"])));
        }
    }
    if !direct.is_empty() {
        package["users"] = Value::Object(direct);
    }
    let mut by_team = Map::new();
    for org in orgs {
        for team in TEAMS.iter().chain(&["nobodys-team"]) {
            if rng.chance(22) {
                by_team.insert(format!("{org}:{team}"), json!(rng.text(&["read-only", "read-write", "read-write"])));
            }
        }
    }
    if !by_team.is_empty() {
        package["teams"] = Value::Object(by_team);
    }
    package
}

/// All tokens of a world: FORMAT, World, `tokens`.
fn some_tokens(rng: &mut Rng, users: &[Value], retired: bool) -> Vec<Value> {
    let count = 8 + rng.below(7);
    let mut secrets: Vec<&str> = SECRETS.iter().map(|(_, digest)| *digest).collect();
    // L6: "unique among the account's granular tokens that are not revoked (T1)".
    let mut in_use: Vec<(String, String)> = Vec::new();
    let mut made_so_far = Vec::new();
    for number in 1..=count {
        let owner = rng.pick(users);
        let owner_name = owner["name"].as_str().unwrap_or_default().to_owned();
        let made = *rng.pick(&births());
        let mut token = json!({
            "id": format!("t-{number}"),
            "owner": owner_name,
            "created": spell(rng, made),
            "revoked": null,
            "cidr": null,
        });
        if rng.chance(4) {
            // T1: "A recorded revocation counts whatever its time says."
            let when = *rng.pick(&[base() - 40 * DAY, base() - DAY, base() + 400 * DAY]);
            token["revoked"] = json!(spell(rng, when));
        }
        if rng.chance(30) {
            let ranges: Vec<&str> = (0..=rng.below(3)).map(|_| rng.pick(&RANGES).0).collect();
            token["cidr"] = json!(ranges);
        }
        if rng.chance(25) && !secrets.is_empty() {
            let which = rng.below(secrets.len());
            token["secret_sha256"] = json!(secrets.remove(which));
        } else if rng.chance(30) {
            token["secret_sha256"] = Value::Null;
        }
        // Where legacy tokens are retired, few are left.
        let kind = rng.below(12);
        let kind = if kind <= 4 && retired && rng.chance(75) { 5 } else { kind };
        match kind {
            0 => token["legacy"] = json!("read-only"),
            1 => token["legacy"] = json!("automation"),
            2..=4 => token["legacy"] = json!("publish"),
            5 | 6 => {
                // FORMAT: "`"session": {"expires": "…"}`". Often one that lives as long as other tokens.
                let life = if rng.chance(60) { *rng.pick(&LIVES) } else { *rng.pick(&session_lives()) };
                token["session"] = json!({"expires": spell(rng, made + life)});
            }
            _ => {
                let cut_off = owner["tokens_revoked_until"].as_str().and_then(parse_time);
                let lives = token["revoked"].is_null() && cut_off.is_none_or(|cut_off| made > cut_off);
                let mut name = (*rng.pick(&["ci", "CI", "deploy_1", "a b", "-", "x"])).to_owned();
                while lives && in_use.contains(&(owner_name.clone(), name.clone())) {
                    name = format!("{}-{number}", if name.len() > 30 { "n" } else { name.as_str() });
                }
                if lives {
                    in_use.push((owner_name, name.clone()));
                }
                token["granular"] = granular(rng, &name, made);
            }
        }
        made_so_far.push(token);
    }
    made_so_far
}

/// L4: "at least 24 hours after it is made".
const LIVES: [i128; 6] = [DAY, DAY + 1, 3 * DAY, 31 * DAY, 60 * DAY + SECOND / 2, 365 * DAY + 120_000];

/// What a granular token adds: FORMAT, World, `granular`.
fn granular(rng: &mut Rng, name: &str, made: i128) -> Value {
    let life = *rng.pick(&LIVES);
    let mut granular = json!({"name": name, "expires": spell(rng, made + life)});
    if rng.chance(30) {
        granular["description"] = json!(rng.text(&["", "for the builds", "\u{fc}ber \"alles\""]));
    }
    let mut packages = rng.text(&[
        "no-access",
        "read-only",
        "read-only",
        "stage-only",
        "stage-only",
        "read-write",
        "read-write",
        "read-write",
        "read-write",
        "read-write",
    ]);
    let orgs = rng.text(&["no-access", "no-access", "read-only", "read-write", "read-write", "read-write"]);
    if packages == "no-access" && orgs == "no-access" {
        // L5: "At least one of the two permissions is above `no-access`".
        packages = "read-only";
    }
    // L7: "refused without a read-write permission"; "`bypass_2fa` still needs a read-write permission".
    if (packages == "read-write" || orgs == "read-write") && rng.chance(70) {
        granular["bypass_2fa"] = json!(true);
    } else if rng.chance(30) {
        granular["bypass_2fa"] = json!(false);
    }
    // L5: "a permission above it needs a selection, `no-access` has none"; FORMAT lets the grant be left out then.
    if packages != "no-access" {
        granular["packages_and_scopes"] = json!({"permission": packages, "select": package_selection(rng)});
    } else if rng.chance(50) {
        granular["packages_and_scopes"] = json!({"permission": "no-access"});
    }
    if orgs != "no-access" {
        granular["orgs"] = json!({"permission": orgs, "select": org_selection(rng)});
    } else if rng.chance(50) {
        granular["orgs"] = json!({"permission": "no-access"});
    }
    granular
}

/// L2: "1 to 50, after dropping duplicates and packages whose scope is selected too". What is selected need not exist.
fn package_selection(rng: &mut Rng) -> Value {
    if rng.chance(45) {
        return json!("all");
    }
    let mut packages: Vec<String> = Vec::new();
    let mut scopes: Vec<String> = Vec::new();
    let wanted = rng.below(3);
    if wanted != 0 {
        for _ in 0..=rng.below(8) {
            packages.push((*rng.pick(&PACKAGES)).to_owned());
        }
        if rng.chance(40) {
            packages.push((*rng.pick(&NEW_PACKAGES)).to_owned());
        }
        if rng.chance(30) {
            packages.push(packages[0].clone());
        }
    }
    if wanted != 1 {
        for _ in 0..=rng.below(5) {
            let scope = rng.text(&[
                "acme",
                "acme",
                "alice",
                "bob",
                "carol",
                "Dave",
                "dave",
                "acme-evil",
                "ghost",
                "it's",
                "nobody.at~all",
            ]);
            // N3: "Scopes are accepted with or without `@` at the edge".
            scopes.push(if rng.chance(70) { format!("@{scope}") } else { scope.to_owned() });
        }
    }
    if rng.chance(4) {
        // A full selection: 50 that count, and some that do not.
        packages = (0..49).map(|number| format!("filler-{number}")).collect();
        scopes = vec!["@acme".to_owned(), "acme".to_owned(), "@acme".to_owned()];
        packages.push("filler-7".to_owned());
        packages.push("@acme/app".to_owned());
        packages.push("@acme/gone".to_owned());
    }
    let mut select = Map::new();
    if !packages.is_empty() {
        select.insert("packages".to_owned(), json!(packages));
    }
    if !scopes.is_empty() {
        select.insert("scopes".to_owned(), json!(scopes));
    }
    Value::Object(select)
}

/// L3: "1 to 50 after dropping duplicates".
fn org_selection(rng: &mut Rng) -> Value {
    let pool = ["acme", "acme", "acme", "acme-evil", "acme-evil", "carol", "Dave", "bob", "Acme", "gone-org"];
    let mut orgs: Vec<String> = (0..=rng.below(5)).map(|_| (*rng.pick(&pool)).to_owned()).collect();
    if rng.chance(4) {
        orgs = (0..49).map(|number| format!("filler-{number}")).collect();
        orgs.extend(["acme".to_owned(), "acme".to_owned(), "filler-0".to_owned()]);
    }
    json!(orgs)
}

// ------------------------------------------------------------------------------------------------------------------
// Requests
// ------------------------------------------------------------------------------------------------------------------

/// `n` requests to a world, about three in a hundred of them with a mistake.
pub(crate) fn requests(world: &Value, seed: u64, n: usize) -> Vec<Value> {
    let mut rng = Rng::new(seed ^ 0x005e_ed0f_4e9b_e575);
    let mut requests = Vec::new();
    for number in 0..n {
        let mut request = request(&mut rng, world);
        request["id"] = json!(format!("r{number}"));
        if rng.chance(3) {
            request["id"] = json!(format!("bad{number}"));
            request = spoil(&mut rng, request);
        }
        requests.push(request);
    }
    requests
}

/// The list under a key; nothing if there is none.
fn entries<'a>(world: &'a Value, key: &str) -> &'a [Value] {
    world[key].as_array().map_or(&[], Vec::as_slice)
}

/// The user that a token belongs to.
fn owner_of<'a>(world: &'a Value, token: &Value) -> Option<&'a Value> {
    entries(world, "users").iter().find(|user| user["name"] == token["owner"])
}

/// Revoked, retired or of a suspended owner: every answer but to few questions is the same.
fn is_dead(world: &Value, token: &Value) -> bool {
    let retired = token["legacy"].is_string() && legacy_tokens_are_retired(&world["policy"]);
    let suspended = owner_of(world, token).is_some_and(|owner| owner["status"] == json!("suspended"));
    retired || suspended || !token["revoked"].is_null()
}

/// One good request, still without its id.
fn request(rng: &mut Rng, world: &Value) -> Value {
    let mut request = json!({});
    let mut token = rng.pick(entries(world, "tokens"));
    for _ in 0..3 {
        if is_dead(world, token) && rng.chance(80) {
            token = rng.pick(entries(world, "tokens"));
        }
    }
    let mut known = Some(token);
    match rng.below(100) {
        0..=4 => {
            request["token"] = Value::Null;
            known = None;
        }
        5 => {
            request["token"] = json!(rng.text(&["t-0", "t-99", "T-1", "t-1 "]));
            known = None;
        }
        6 => {
            request["secret"] = json!(rng.text(&NO_SECRETS));
            known = None;
        }
        7 => {
            let too_long = rng.chance(50);
            request["secret"] = json!("x".repeat(if too_long { 513 } else { 512 }));
            known = None;
        }
        8..=12 => {
            let (secret, digest) = *rng.pick(&SECRETS);
            request["secret"] = json!(secret);
            known = entries(world, "tokens").iter().find(|token| token["secret_sha256"].as_str() == Some(digest));
        }
        _ => request["token"] = token["id"].clone(),
    }
    // Mostly something that the kind of the token can do at all.
    let kind = known.map(|token| {
        token["legacy"].as_str().unwrap_or(if token["session"].is_object() { "session" } else { "granular" })
    });
    let action = match kind {
        Some("granular") if rng.chance(85) => rng.text(&GRANULAR_ACTIONS),
        Some("automation") if rng.chance(80) => rng.text(&AUTOMATION_ACTIONS),
        Some("read-only") if rng.chance(70) => rng.text(&["read-package", "read-package", "whoami", "revoke-self"]),
        _ => rng.text(&ACTIONS),
    };
    request["action"] = json!(action);
    name_resource(rng, world, known, action, &mut request);

    if let Some(client) = client(rng, known) {
        request["client_ip"] = client;
    }
    let now = now(rng, world, known);
    request["now"] = json!(spell(rng, now));
    if rng.chance(50) {
        request["second_factor"] = json!(rng.chance(55));
    }
    request
}

/// FORMAT, Requests: "Package actions name `package`; organization actions `org`, those of a team `team` too,
/// `share-package` `package` too, `grant-team-access` and `revoke-team-access` all three; account actions `user`".
fn name_resource(rng: &mut Rng, world: &Value, token: Option<&Value>, action: &str, request: &mut Value) {
    match action {
        "read-package"
        | "list-collaborators"
        | "publish"
        | "unpublish"
        | "deprecate"
        | "set-dist-tag"
        | "change-visibility"
        | "change-publishing-access"
        | "change-maintainers"
        | "star-package"
        | "stage"
        | "read-stage"
        | "approve-stage"
        | "reject-stage" => {
            request["package"] = some_package(rng, world, token, action == "publish");
        }
        "whoami"
        | "revoke-self"
        | "read-profile"
        | "change-profile"
        | "configure-two-factor"
        | "list-tokens"
        | "create-token"
        | "revoke-token"
        | "change-password"
        | "enrol-two-factor" => {
            if rng.chance(25) {
                // N4: 256 bytes are as long as a user's name may be.
                let longest = "u".repeat(256);
                let names =
                    ["alice", "bob", "carol", "Alice", "acme", "nobody-here", "lee@example.com", "a@b", &longest];
                request["user"] = json!(rng.text(&names));
            } else if rng.chance(35)
                && let Some(token) = token
            {
                request["user"] = token["owner"].clone();
            }
        }
        _ => {
            request["org"] = some_org(rng, world, token);
            let team_access = action == "grant-team-access" || action == "revoke-team-access";
            if team_access || ["create-team", "delete-team", "add-team-member", "remove-team-member"].contains(&action)
            {
                request["team"] = match action {
                    // "for create-team: not a new one, N4".
                    "create-team" => json!(rng.text(&["developers", "ops", "new-team", "_~!*()"])),
                    _ => json!(rng.text(&["developers", "ops", "Old.Team", "no-such-team"])),
                };
            }
            if action == "share-package" || team_access {
                let mut package = some_package(rng, world, token, false);
                let org = request["org"].as_str().unwrap_or_default();
                // Half of them in the organization's own scope; but what is taken from a team is mostly a foreign one.
                if rng.chance(if action == "revoke-team-access" { 20 } else { 50 }) {
                    let own = format!("@{org}/");
                    let candidates: Vec<&Value> = entries(world, "packages")
                        .iter()
                        .map(|package| &package["name"])
                        .filter(|name| name.as_str().is_some_and(|name| name.starts_with(&own)))
                        .collect();
                    if !candidates.is_empty() {
                        package = (*rng.pick(&candidates)).clone();
                    }
                }
                request["package"] = package;
            }
        }
    }
}

/// The name of a package, rarely of none.
fn some_package(rng: &mut Rng, world: &Value, token: Option<&Value>, often_new: bool) -> Value {
    let packages = entries(world, "packages");
    // Often one on which the token's owner may write by a direct grant, or that is in a scope of the owner's own name.
    if rng.chance(50)
        && let Some(owner) = token.and_then(|token| token["owner"].as_str())
    {
        let own = format!("@{owner}/");
        let names: Vec<&Value> = packages
            .iter()
            .filter(|package| {
                package["users"][owner] == json!("read-write")
                    || package["name"].as_str().is_some_and(|name| name.starts_with(&own))
            })
            .map(|package| &package["name"])
            .collect();
        if !names.is_empty() {
            return (*rng.pick(&names)).clone();
        }
    }
    // Often one that the token selects by name, whether it exists or not.
    if rng.chance(25)
        && let Some(token) = token
    {
        let selected = entries(&token["granular"]["packages_and_scopes"]["select"], "packages");
        if !selected.is_empty() {
            return rng.pick(selected).clone();
        }
    }
    // A new name that can be had, and any other.
    if often_new && rng.chance(25) {
        let owner = token.and_then(|token| token["owner"].as_str()).unwrap_or("alice");
        let names = ["brand-new".to_owned(), "@acme/new".to_owned(), format!("@{owner}/new")];
        let name = rng.pick(&names);
        // N4: not every user's name is one that a scope can have.
        return json!(if package_name_is_valid(name) { name } else { "brand-new" });
    }
    if often_new && rng.chance(35) {
        return json!(rng.pick(&NEW_PACKAGES));
    }
    if often_new && rng.chance(2) {
        // N2: 214 is as long as a new name may be, 1,024 as an old one.
        let length = *rng.pick(&[214, 215, 1024]);
        return json!("n".repeat(length));
    }
    if rng.chance(80) && !packages.is_empty() {
        return rng.pick(packages)["name"].clone();
    }
    if rng.chance(70) { json!(rng.pick(&PACKAGES)) } else { json!(rng.pick(&NEW_PACKAGES)) }
}

/// The name of an organization, rarely of none.
fn some_org(rng: &mut Rng, world: &Value, token: Option<&Value>) -> Value {
    let orgs = entries(world, "orgs");
    // Often one that the token selects by name, whether it exists or not.
    if rng.chance(45)
        && let Some(token) = token
    {
        let selected = entries(&token["granular"]["orgs"], "select");
        if !selected.is_empty() {
            return rng.pick(selected).clone();
        }
    }
    // Often one that the owner of the token may do something in.
    if rng.chance(40)
        && let Some(owner) = token.and_then(|token| owner_of(world, token))
    {
        let led: Vec<&Value> = entries(owner, "orgs")
            .iter()
            .filter(|membership| membership["role"] != json!("member"))
            .map(|membership| &membership["name"])
            .collect();
        if !led.is_empty() {
            return (*rng.pick(&led)).clone();
        }
    }
    if rng.chance(88) && !orgs.is_empty() {
        return rng.pick(orgs)["name"].clone();
    }
    json!(rng.text(&["acme", "acme-evil", "alice", "ghost", "Acme", "gone-org"]))
}

/// A `client_ip`, mostly one that the token allows; `None` to leave it out.
fn client(rng: &mut Rng, token: Option<&Value>) -> Option<Value> {
    if let Some(ranges) = token.and_then(|token| token["cidr"].as_array())
        && rng.chance(92)
    {
        let range = rng.pick(ranges).as_str().unwrap_or_default();
        for (written, inside, outside) in RANGES {
            if written == range {
                return Some(json!(if rng.chance(88) { rng.text(&inside) } else { outside }));
            }
        }
    }
    match rng.below(10) {
        0 => None,
        1 => Some(Value::Null),
        _ => Some(json!(rng.text(&CLIENTS))),
    }
}

/// Mostly while the token lives, often on its boundaries.
fn now(rng: &mut Rng, world: &Value, token: Option<&Value>) -> i128 {
    let Some(token) = token else {
        return base() + 1;
    };
    let made = token["created"].as_str().and_then(parse_time).unwrap_or_default();
    let kind = if token["session"].is_object() { "session" } else { "granular" };
    let expires = token[kind]["expires"].as_str().and_then(parse_time).unwrap_or(base() + 500 * DAY);
    // T5: "While `now` is before that of the token's owner": just before the end of the hold, and exactly at it.
    if let Some(until) =
        owner_of(world, token).and_then(|owner| owner["writes_held_until"].as_str()).and_then(parse_time)
        && (made - DAY..expires).contains(&until)
        && rng.chance(45)
    {
        return until + *rng.pick(&[-1, -1, 0, 0, 1]);
    }
    match rng.below(20) {
        // T2: "half open: dead at the instant".
        // The last instant twice as often as the first too late.
        0 => expires + i128::from(rng.chance(50)),
        1..=3 => expires - 1,
        // T2: "`now` before the token was made is not a reason".
        4 => made - 1,
        5 => made,
        6..=8 => made + DAY - 1,
        9 => base(),
        _ => made + (expires - made) / 3,
    }
}

// ------------------------------------------------------------------------------------------------------------------
// Mistakes
// ------------------------------------------------------------------------------------------------------------------

/// Puts a field of the resource out of order: the first of them that the request has.
fn resource_field(request: &Value) -> &'static str {
    ["package", "org", "team", "user"].into_iter().find(|field| request.get(field).is_some()).unwrap_or("now")
}

/// Makes one mistake: FORMAT, Requests, the sentence that ends in "an error line for that request".
fn spoil(rng: &mut Rng, mut request: Value) -> Value {
    let Some(object) = request.as_object_mut() else {
        return request;
    };
    match rng.below(30) {
        // Whatever is no object.
        0 => return rng.pick(&[json!(null), json!([]), json!("read-package"), json!(7), json!(true)]).clone(),
        // The id.
        1 => drop(object.remove("id")),
        2 => drop(object.insert("id".into(), rng.pick(&[json!(null), json!(1), json!(["r1"])]).clone())),
        // Token and secret: one of them.
        3 => {
            object.remove("token");
            object.remove("secret");
        }
        4 => {
            object.insert("token".into(), rng.pick(&[json!("t-1"), json!(null)]).clone());
            object.insert("secret".into(), json!(SECRETS[0].0));
        }
        5 => {
            object.remove("secret");
            object.insert("token".into(), rng.pick(&[json!(1), json!(false), json!({"id": "t-1"})]).clone());
        }
        6 => {
            object.remove("token");
            object.insert("secret".into(), rng.pick(&[json!(null), json!(1), json!(["x"])]).clone());
        }
        // The action.
        7 => drop(object.remove("action")),
        8 | 9 => {
            let no_action = rng.text(&[
                "create-package",
                "publish-version",
                "manage-team-access",
                "Publish",
                "read_package",
                "install",
                "unstage",
                "",
                "whoami ",
            ]);
            object.insert("action".into(), json!(no_action));
        }
        10 => drop(object.insert("action".into(), json!(null))),
        // The instant.
        11 => drop(object.remove("now")),
        12..=14 => {
            let no_time = rng.pick(&BAD_TIMES);
            object.insert("now".into(), json!(no_time));
        }
        15 => drop(object.insert("now".into(), rng.pick(&[json!(null), json!(1_762_000_000)]).clone())),
        // The address.
        16..=18 => drop(object.insert("client_ip".into(), json!(rng.pick(&BAD_ADDRESSES)))),
        19 => drop(object.insert("client_ip".into(), rng.pick(&[json!(1), json!(["10.0.0.1"])]).clone())),
        // The second factor.
        20 => {
            let no_bool = rng.pick(&[json!(null), json!("true"), json!(1), json!("alice")]).clone();
            object.insert("second_factor".into(), no_bool);
        }
        // A field that no action takes.
        21 => {
            let extra = rng.text(&["Package", "scope", "reason", "client-ip", "id "]);
            object.insert(extra.into(), json!("x"));
        }
        // A field that this action does not take: none takes all four.
        22 | 23 => {
            let extra = if object.contains_key("org") || object.contains_key("package") { "user" } else { "team" };
            object.insert(extra.into(), json!("bob"));
        }
        // The resource: missing, null, of another type, no name.
        24 => {
            let field = ["package", "org", "team"].into_iter().find(|field| object.contains_key(*field));
            object.remove(field.unwrap_or("now"));
        }
        25 => {
            let field = resource_field(&request);
            request[field] = rng.pick(&[json!(null), json!(1), json!(["alice"]), json!({})]).clone();
        }
        _ => spoil_name(rng, &mut request),
    }
    request
}

/// N1, N2, N4: "a name that is not a name".
fn spoil_name(rng: &mut Rng, request: &mut Value) {
    let field = resource_field(request);
    if field == "now" {
        // An account action without its `user` gets one that is not a name.
        spoil_user(rng, request);
    } else if field == "package" {
        let too_long = "n".repeat(1025);
        let mut names = BAD_PACKAGES.to_vec();
        names.push(&too_long);
        request["package"] = json!(rng.text(&names));
    } else if request["action"] == json!("create-team") && rng.chance(60) {
        request["team"] = json!(rng.text(&["Developers", "neW", ".team", "", "a'b"]));
    } else if field == "user" {
        spoil_user(rng, request);
    } else {
        let too_long = "n".repeat(215);
        let mut names = BAD_ACCOUNTS.to_vec();
        names.push(&too_long);
        request[field] = json!(rng.text(&names));
    }
}

/// N4: what is not the name of a user.
fn spoil_user(rng: &mut Rng, request: &mut Value) {
    let too_long = "u".repeat(257);
    let mut names = BAD_USERS.to_vec();
    names.push(&too_long);
    request["user"] = json!(rng.text(&names));
}

const BAD_TIMES: [&str; 22] = [
    "",
    "2025-11-01",
    "2025-11-01T00:00:00",
    "2025-11-01 00:00:00Z",
    "2025-11-01T00:00Z",
    "2025-11-01T24:00:00Z",
    "2025-11-01T23:59:60Z",
    "2025-11-01T23:60:00Z",
    "2025-13-01T00:00:00Z",
    "2025-00-01T00:00:00Z",
    "2025-11-31T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2025-11-01T00:00:00.Z",
    "2025-11-01T00:00:00.0000000000Z",
    "2025-11-01T00:00:00,5Z",
    "2025-11-01T00:00:00+24:00",
    "2025-11-01T00:00:00+00:60",
    "2025-11-01T00:00:00+0000",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59.999999999-00:01",
    " 2025-11-01T00:00:00Z",
];

const BAD_ADDRESSES: [&str; 20] = [
    "",
    "10.1.2",
    "10.1.2.3.4",
    "10.1.2.256",
    "10.01.2.3",
    "+10.1.2.3",
    "10.1.2.3/32",
    " 10.1.2.3",
    "0x0a.1.2.3",
    "localhost",
    "[::1]",
    "fe80::1%eth0",
    "fe80::1%1",
    ":::",
    "::1::",
    "12345::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::ffff:10.1.2",
    "::ffff:10.1.2.03",
];

const BAD_PACKAGES: [&str; 22] = [
    "",
    ".",
    "..",
    ".hidden",
    "_private",
    "-dash",
    "node_modules",
    "Favicon.ICO",
    "a b",
    "a/b",
    "@acme",
    "@/app",
    "@acme/",
    "@acme/.app",
    "@acme/app/x",
    "@./app",
    "@../app",
    "@node_modules/app",
    "@acme/Node_Modules",
    "@acme/favicon.ico",
    "caf\u{e9}",
    "@acme/a%20b",
];

/// Neither organizations nor teams. A user may be called as the last two are.
const BAD_ACCOUNTS: [&str; 11] =
    ["", ".acme", "..", "@acme", "acme/app", "a b", "it's", "caf\u{e9}", "acme:ops", "lee@example.com", "a+b"];

/// Nor users: one for each character that N4 leaves out, and for each of the two that no name starts with.
const BAD_USERS: [&str; 19] = [
    "",
    ".acme",
    ".",
    "@acme",
    "acme/app",
    "acme:ops",
    "a%20",
    "a\\b",
    "a\"b",
    "it's",
    "<a",
    "a>",
    "who?",
    "#1",
    "a&b",
    "a b",
    "caf\u{e9}",
    "tab\t",
    "a\u{7f}",
];
