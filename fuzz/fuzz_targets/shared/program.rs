//! Arbitrary worlds and requests from arbitrary bytes.
//!
//! The bytes are a program. Each line is one instruction: its first byte says which, and the others are operands. An
//! operand chooses from a short list. The operand `0` chooses the first item, and so does a missing operand. So a
//! fuzzer that changes, adds, removes or moves bytes or lines changes one thing in the world, and not everything after
//! it. There are few names, and they are similar: users, organizations and scopes have the same names, and some
//! packages do too.
//!
//! | instruction | operands |
//! |---|---|
//! | `e` policy, once | edition, legacy tokens, least publishing access, bypass, unscoped packages, limits for issuing |
//! | `u` user | name, status, two-factor mode, cut-off, hold |
//! | `o` organization | name |
//! | `m` membership | user, organization, role, teams |
//! | `p` package | scope, name, visibility, publishing access |
//! | `g` grant to a user | package, user, permission |
//! | `h` grant to a team | package, organization, team, permission |
//! | `t` token | owner, kind, permissions (packages, organizations), bypass, created, lifetime, name, revoked, secret |
//! | `s` one thing selected by the last token | what, and its name |
//! | `c` one range of the last token | form, octet, prefix |
//! | `r` request | token, action, package (two), organization, team, user, client (three), time, factor, mistake |
//! | `l` remove one thing | what, of which request, which |
//! | `x` decide the rights elsewhere | for which request, what is left out of them |
//!
//! Every world obeys the rules for names, limits and ranges (rules N, L and T3), so every world must load.

use serde_json::{Map, Value, json};

use crate::oracle::{self, DAY, HOUR};

const ACCOUNTS: [&str; 8] = ["alice", "acme", "bob", "acme-evil", "Alice", "a", "kim~(2)", "ghost"];
const TEAMS: [&str; 4] = ["dev", "ops", "Old.Team", "acme"];
/// Names of packages, without their scopes. `LONG` stands for a name of the maximum length of a new unscoped name.
const PACKAGES: [&str; 8] = ["app", "acme", "alice", "App", "odd~name!", "fs", "new", "LONG"];
const PERMISSIONS: [&str; 4] = ["read-write", "read-only", "no-access", "read-write"];
const PACKAGES_PERMISSIONS: [&str; 5] = ["read-write", "read-only", "no-access", "stage-only", "read-write"];
const GRANTS: [&str; 2] = ["read-write", "read-only"];
const ROLES: [&str; 3] = ["owner", "admin", "member"];
const SECRETS: [&str; 4] =
    ["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", "0123456789abcdef0123456789abcdef", "opaque!token~1", "two words"];
/// The actions. Those that most rules apply to are listed more than once.
const ACTIONS: [&str; 48] = [
    "read-package",
    "publish",
    "publish",
    "publish",
    "publish",
    "grant-team-access",
    "set-dist-tag",
    "revoke-team-access",
    "share-package",
    "change-visibility",
    "read-org",
    "create-team",
    "add-member",
    "whoami",
    "create-token",
    "list-collaborators",
    "unpublish",
    "deprecate",
    "change-publishing-access",
    "change-maintainers",
    "star-package",
    "change-org-settings",
    "remove-member",
    "change-member-role",
    "delete-team",
    "add-team-member",
    "remove-team-member",
    "manage-billing",
    "rename-org",
    "delete-org",
    "revoke-self",
    "read-profile",
    "change-profile",
    "configure-two-factor",
    "list-tokens",
    "revoke-token",
    "change-password",
    "enrol-two-factor",
    "stage",
    "read-stage",
    "approve-stage",
    "reject-stage",
    "stage",
    "revoke-team-access",
    "create-package",
    "publish-version",
    "Publish",
    "",
];

/// The maximum number of items of each kind in a world. More would only be slower.
const AT_MOST: usize = 16;
/// The maximum number of requests.
const REQUESTS: usize = 48;

/// The world and the requests that a program generates.
pub(crate) struct Program {
    pub(crate) world: Value,
    pub(crate) requests: Vec<Value>,
    /// Copies of the world, each with one thing removed, and the name of that thing.
    pub(crate) lesser: Vec<(&'static str, Value)>,
    /// For each of these requests, by its index, a number whose bits choose the actions that a ceiling decided elsewhere
    /// leaves out.
    pub(crate) elsewhere: Vec<(usize, u64)>,
}

/// One instruction.
#[derive(Clone, Copy)]
struct Line<'b>(&'b [u8]);

impl Line<'_> {
    /// Returns an operand as a number. The operand `0` is 0.
    fn number(&self, at: usize) -> usize {
        usize::from(self.0.get(at).map_or(0, |byte| byte.wrapping_sub(b'0')))
    }

    fn pick<T: Copy>(&self, at: usize, among: &[T]) -> T {
        among[self.number(at) % among.len()]
    }

    /// Returns an operand as an index into a list of this length, or `None` if the list is empty.
    fn at(&self, at: usize, count: usize) -> Option<usize> {
        self.number(at).checked_rem(count)
    }

    fn item<'v>(&self, at: usize, among: &'v [Value]) -> Option<&'v Value> {
        among.get(self.at(at, among.len())?)
    }

    /// Returns the operands from one on as a number, of which each has six bits.
    fn bits(&self, from: usize) -> u64 {
        (from..from + 10).fold(0, |bits, at| bits << 6 | u64::try_from(self.number(at) % 64).unwrap_or_default())
    }
}

/// A token instruction, with the instructions after it that add to the token.
struct TokenLines<'b> {
    line: Line<'b>,
    selected: Vec<Line<'b>>,
    ranges: Vec<Line<'b>>,
}

fn base() -> i128 {
    oracle::parse_time("2025-11-01T00:00:00Z").expect("a time")
}

fn births() -> [i128; 4] {
    [base() - 2 * DAY, base() - 2 * DAY + 1, base() - HOUR, base() - 30 * DAY]
}

/// The names of the users and of the organizations.
struct Accounts<'w> {
    users: Vec<&'w str>,
    orgs: Vec<&'w str>,
}

impl<'w> Accounts<'w> {
    fn of(world: &'w Value) -> Self {
        let names = |list: &str| {
            let entries = world[list].as_array().into_iter().flatten();
            entries.filter_map(|entry| entry["name"].as_str()).collect()
        };
        Self { users: names("users"), orgs: names("orgs") }
    }

    /// Returns a package name, `name` or `@scope/name` (rule N1). The scope mostly has an owner.
    fn package_name(&self, scope: usize, name: usize) -> String {
        let name = match PACKAGES[name % PACKAGES.len()] {
            "LONG" => "n".repeat(214),
            name => name.to_owned(),
        };
        let owners: Vec<&str> = self.orgs.iter().chain(&self.users).copied().collect();
        let which = scope % (owners.len() + 2);
        match (which.checked_sub(1), owners.len()) {
            (None, _) => name,
            (Some(owner), count) if owner < count => format!("@{}/{name}", owners[owner]),
            (Some(_), count) => {
                let nobody = ["it's", "nobody", "ghost", "acme-evil", "acme", "alice"];
                format!("@{}/{name}", nobody[scope / (count + 2) % nobody.len()])
            }
        }
    }

    /// Returns the name of an organization, mostly of one that exists.
    fn org(&self, which: usize) -> &'w str {
        if which % 8 == 7 || self.orgs.is_empty() {
            ACCOUNTS[which / 8 % ACCOUNTS.len()]
        } else {
            self.orgs[which % self.orgs.len()]
        }
    }
}

pub(crate) fn read(bytes: &[u8]) -> Program {
    let lines: Vec<Line<'_>> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(Line).collect();
    let of = |kind: u8| lines.iter().copied().filter(move |line| line.0.first() == Some(&kind));

    // Users and organizations share one namespace (rule N4). The first of them gets the name.
    let mut users: Vec<Value> = Vec::new();
    let mut orgs: Vec<&str> = Vec::new();
    for line in lines.iter().filter(|line| matches!(line.0.first(), Some(b'u' | b'o'))) {
        let name = line.pick(1, &ACCOUNTS);
        if orgs.contains(&name) || users.iter().any(|user| user["name"] == name) {
            continue;
        }
        if line.0.first() == Some(&b'o') { orgs.push(name) } else { users.push(user(line, name)) }
    }
    if users.is_empty() {
        let name = ACCOUNTS.into_iter().find(|name| !orgs.contains(name)).unwrap_or("nobody-else");
        users.push(user(&Line(b"u"), name));
    }
    for line in of(b'm').take(2 * AT_MOST) {
        let at = line.number(1) % users.len();
        if !orgs.is_empty() {
            add_membership(&mut users[at], line.pick(2, &orgs), &line);
        }
    }

    let orgs: Vec<Value> = orgs.into_iter().map(|name| json!({"name": name})).collect();
    let policy = of(b'e').next().map_or_else(|| json!(EDITIONS[0].name), |line| policy(&line));
    let mut world = json!({"users": users, "orgs": orgs, "packages": [], "tokens": [], "policy": policy});
    let people = world.clone();
    let accounts = Accounts::of(&people);
    world["packages"] = json!(packages(&lines, &accounts, world["policy"]["unscoped_packages"] == "may-be-private"));
    world["tokens"] = json!(tokens(&lines, &users, &accounts));
    let requests = of(b'r').take(REQUESTS).enumerate();
    let requests: Vec<Value> = requests.map(|(number, line)| request(&line, number, &world, &accounts)).collect();
    let lesser = of(b'l').take(6).filter_map(|line| less(&line, &world, &requests)).collect();
    let elsewhere = of(b'x').take(6).filter_map(|line| Some((line.at(1, requests.len())?, line.bits(2)))).collect();
    Program { world, requests, lesser, elsewhere }
}

/// An edition, with its values of the switches that a decision depends on (the table of the rules P).
struct Edition {
    name: &'static str,
    switches: [&'static str; 3],
}

const EDITIONS: [Edition; 4] = [
    Edition { name: "npm-2025-10", switches: ["honoured", "no-requirement", "everything"] },
    Edition { name: "npm-2025-12", switches: ["retired", "two-factor-or-bypass", "everything"] },
    Edition { name: "npm-2026-08", switches: ["retired", "two-factor-or-bypass", "all-but-governance"] },
    Edition { name: "npm-2027-01", switches: ["retired", "two-factor-or-bypass", "all-but-governance-and-publish"] },
];

/// The switches that a decision depends on, each with its values from loose to tight.
const SWITCHES: [(&str, &[&str]); 3] = [
    ("legacy_tokens", &["honoured", "retired"]),
    ("least_publishing_access", &["no-requirement", "two-factor-or-bypass", "two-factor-only"]),
    ("bypass_covers", &["everything", "all-but-governance", "all-but-governance-and-publish"]),
];

/// Returns a policy: the name of an edition, or an edition with switches that are not looser.
fn policy(line: &Line<'_>) -> Value {
    let edition = &EDITIONS[line.number(1) % EDITIONS.len()];
    let mut policy = json!({"edition": edition.name});
    for (at, ((switch, values), of_edition)) in SWITCHES.iter().zip(edition.switches).enumerate() {
        // The first value is the edition's, and then the switch may be left out.
        let tighter: Vec<&str> = values.iter().copied().skip_while(|value| *value != of_edition).collect();
        let which = line.number(2 + at);
        if which > 0 {
            policy[*switch] = json!(tighter[which % tighter.len()]);
        }
    }
    match line.number(5) % 3 {
        1 => policy["unscoped_packages"] = json!("may-be-private"),
        2 => policy["unscoped_packages"] = json!("always-public"),
        _ => {}
    }
    // Limits for issuing. They change no decision, and no token of a world is held to them.
    match line.number(6) % 8 {
        1 => policy["write_lifetime_at_most"] = json!(86_400),
        2 => policy["session_lifetime_at_most"] = json!(1),
        3 => policy["token_lifetime_at_most"] = json!(86_400),
        4 => policy["ranges"] = json!("required"),
        5 => policy["bypass"] = json!("forbidden"),
        6 => policy["all_packages"] = json!("forbidden"),
        _ => {}
    }
    if policy.as_object().is_some_and(|policy| policy.len() == 1) { json!(edition.name) } else { policy }
}

/// Returns the policy with a later edition, or with one switch tightened. No switch gets looser.
fn tighter(policy: &Value, which: usize) -> Option<(&'static str, Value)> {
    let name = policy.as_str().or_else(|| policy["edition"].as_str())?;
    let edition = EDITIONS.iter().position(|edition| edition.name == name)?;
    let mut tighter = if policy.is_object() { policy.clone() } else { json!({"edition": name}) };
    let rank = |switch: usize, value: &str| SWITCHES[switch].1.iter().position(|known| *known == value);
    let kinds = SWITCHES.len() + 1;
    if let Some(switch) = (which % kinds).checked_sub(1) {
        let (name, values) = SWITCHES[switch];
        let present = rank(switch, policy[name].as_str().unwrap_or(EDITIONS[edition].switches[switch]))?;
        tighter[name] = json!(values.get(present + 1 + which / kinds % 2)?);
        return Some(("a looser switch", tighter));
    }
    let later = EDITIONS.get(edition + 1 + which / kinds % 3)?;
    tighter["edition"] = json!(later.name);
    for (switch, (name, values)) in SWITCHES.iter().enumerate() {
        if let Some(present) = policy[*name].as_str() {
            let least = rank(switch, later.switches[switch])?;
            tighter[*name] = json!(values[rank(switch, present)?.max(least)]);
        }
    }
    // The later editions limit these two to 90 days and to 2 hours, and what the program writes is shorter.
    Some(("an earlier edition", tighter))
}

fn packages(lines: &[Line<'_>], accounts: &Accounts<'_>, may_all_be_private: bool) -> Vec<Value> {
    let mut packages: Vec<Value> = Vec::new();
    for line in lines.iter().filter(|line| line.0.first() == Some(&b'p')).take(AT_MOST) {
        let name = accounts.package_name(line.number(1), line.number(2));
        if packages.iter().all(|package| package["name"] != name.as_str()) {
            packages.push(package(line, &name, may_all_be_private));
        }
    }
    for line in lines.iter().filter(|line| matches!(line.0.first(), Some(b'g' | b'h'))).take(2 * AT_MOST) {
        let Some(at) = line.number(1).checked_rem(packages.len()) else { break };
        if line.0.first() == Some(&b'g') {
            packages[at]["users"][line.pick(2, &accounts.users)] = json!(line.pick(3, &GRANTS));
        } else if !accounts.orgs.is_empty() {
            let team = format!("{}:{}", line.pick(2, &accounts.orgs), line.pick(3, &TEAMS));
            packages[at]["teams"][team] = json!(line.pick(4, &GRANTS));
        }
    }
    packages
}

fn user(line: &Line<'_>, name: &str) -> Value {
    let cut_off = match line.number(4) % 16 {
        // A token "made at or before the account's cut-off" is revoked (rule T1): just before, at, and just after.
        at @ 1..=3 => json!(oracle::print_time(births()[0] - 2 + i128::try_from(at).unwrap_or_default())),
        _ => Value::Null,
    };
    // Most holds are over, at their end or not over for a request an hour after a token was made (rule T5).
    let hold = match line.number(5) % 16 {
        at @ 1..=3 => json!(oracle::print_time(births()[0] + HOUR - 2 + i128::try_from(at).unwrap_or_default())),
        4 => json!(oracle::print_time(base() + 400 * DAY)),
        _ => Value::Null,
    };
    json!({
        "name": name,
        "status": if line.number(2) % 16 == 7 { "suspended" } else { "active" },
        "two_factor": line.pick(3, &["disabled", "auth-only", "auth-and-writes"]),
        "tokens_revoked_until": cut_off,
        "writes_held_until": hold,
        "orgs": [],
    })
}

/// Adds a membership, unless the user already has one in the organization.
fn add_membership(user: &mut Value, org: &str, line: &Line<'_>) {
    let Some(memberships) = user["orgs"].as_array_mut() else { return };
    if memberships.iter().all(|membership| membership["name"] != org) {
        let teams: Vec<&str> = TEAMS
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| line.number(4) >> bit & 1 == 1)
            .map(|(_, team)| team)
            .collect();
        memberships.push(json!({"name": org, "role": line.pick(3, &ROLES), "teams": teams}));
    }
}

fn package(line: &Line<'_>, name: &str, may_all_be_private: bool) -> Value {
    // An unscoped package can be private only where the policy says so (rule P6).
    let is_private = (may_all_be_private || name.starts_with('@')) && line.number(3).is_multiple_of(2);
    json!({
        "name": name,
        "visibility": if is_private { "private" } else { "public" },
        "publishing_access": line.pick(4, &["no-requirement", "two-factor-or-bypass", "two-factor-only"]),
        "users": {},
        "teams": {},
    })
}

fn tokens(lines: &[Line<'_>], users: &[Value], accounts: &Accounts<'_>) -> Vec<Value> {
    let mut all: Vec<TokenLines<'_>> = Vec::new();
    for line in lines {
        let has_room = all.len() < AT_MOST;
        match (line.0.first(), all.last_mut()) {
            (Some(b't'), _) if has_room => {
                all.push(TokenLines { line: *line, selected: Vec::new(), ranges: Vec::new() });
            }
            (Some(b's'), Some(last)) if last.selected.len() < AT_MOST => last.selected.push(*line),
            (Some(b'c'), Some(last)) if last.ranges.len() < 4 => last.ranges.push(*line),
            _ => {}
        }
    }
    let mut names: Vec<(Value, String)> = Vec::new();
    let mut secrets: Vec<&str> = Vec::new();
    let mut made = Vec::new();
    for (number, token) in all.iter().enumerate() {
        let line = &token.line;
        let owner = &users[line.number(1) % users.len()];
        let created = line.pick(6, &births());
        // "A recorded revocation counts whatever its time says" (rule T1), even a time in the future.
        let revoked = match line.number(9) % 16 {
            1 => json!(oracle::print_time(base() - 40 * DAY)),
            2 => json!(oracle::print_time(base() + 400 * DAY)),
            _ => Value::Null,
        };
        let cidr: Vec<String> = token.ranges.iter().map(range).collect();
        let mut json = json!({
            "id": format!("t-{number}"),
            "owner": owner["name"],
            "created": oracle::print_time(created),
            "revoked": revoked,
            "cidr": if cidr.is_empty() { Value::Null } else { json!(cidr) },
        });
        if let Some(secret) = line.number(10).checked_sub(1).and_then(|at| SECRETS.get(at))
            && !secrets.contains(secret)
        {
            secrets.push(secret);
            json["secret_sha256"] = json!(oracle::hex(oracle::sha256(secret.as_bytes())));
        }
        match line.number(2) % 8 {
            3 => json["legacy"] = json!("publish"),
            4 => json["legacy"] = json!("automation"),
            5 => json["legacy"] = json!("read-only"),
            6 => {
                // The rule that a token lives for a day at least is not for a session (rule L4).
                let duration = line.pick(7, &[60 * DAY, 2 * HOUR, HOUR + 1, 1]);
                json["session"] = json!({"expires": oracle::print_time(created + duration)});
            }
            _ => {
                let cut_off = owner["tokens_revoked_until"].as_str().and_then(oracle::parse_time);
                let is_live = json["revoked"].is_null() && cut_off.is_none_or(|cut_off| created > cut_off);
                let mut name = line.pick(8, &["ci", "CI", "a b", "-"]).to_owned();
                // A name is "unique among the account's granular tokens that are not revoked" (rule L6).
                if is_live && names.contains(&(owner["name"].clone(), name.clone())) {
                    name = format!("{name}-{number}");
                }
                if is_live {
                    names.push((owner["name"].clone(), name.clone()));
                }
                json["granular"] = granular(token, &name, created, accounts);
            }
        }
        made.push(json);
    }
    made
}

fn range(line: &Line<'_>) -> String {
    let (form, octet, prefix) = (line.number(1), line.number(2) % 4, line.number(3));
    match form % 4 {
        0 => format!("10.{octet}.7.7/{}", 32 - prefix % 33),
        1 => format!("::ffff:10.{octet}.7.7/{}", 128 - prefix % 33),
        2 => format!("2001:db8:{octet}::7/{}", 128 - prefix % 129),
        _ => format!("::{octet}/{}", 128 - prefix % 129),
    }
}

fn granular(token: &TokenLines<'_>, name: &str, created: i128, accounts: &Accounts<'_>) -> Value {
    let line = &token.line;
    let (mut packages, orgs) = (line.pick(3, &PACKAGES_PERMISSIONS), line.pick(4, &PERMISSIONS));
    if packages == "no-access" && orgs == "no-access" {
        packages = "read-only"; // one of the permissions must be above `no-access` (rule L5)
    }
    // A token expires "at least 24 hours after it is made" (rule L4).
    let duration = line.pick(7, &[60 * DAY, DAY, DAY + 1, 3 * DAY]);
    // A token bypasses the second factor only if one of its permissions is `read-write` (rule L7).
    let bypass = line.number(5) % 2 == 1 && (packages == "read-write" || orgs == "read-write");
    let mut json = json!({"name": name, "expires": oracle::print_time(created + duration), "bypass_2fa": bypass});
    let (mut names, mut scopes, mut selected_orgs, mut all) = (Vec::new(), Vec::new(), Vec::new(), false);
    for line in &token.selected {
        match line.number(1) % 4 {
            0 => names.push(accounts.package_name(line.number(2), line.number(3))),
            1 => {
                let bare = line.pick(2, &["acme", "alice", "bob", "acme-evil", "Alice", "a", "it's", "nobody"]);
                // Scopes are accepted with or without the `@` (rule N3).
                scopes.push(if line.number(3).is_multiple_of(2) { format!("@{bare}") } else { bare.to_owned() });
            }
            2 => selected_orgs.push(accounts.org(line.number(2))),
            _ => all = true,
        }
    }
    let mut select = Map::new();
    if !names.is_empty() {
        select.insert("packages".to_owned(), json!(names));
    }
    if !scopes.is_empty() {
        select.insert("scopes".to_owned(), json!(scopes));
    }
    let select = if all || select.is_empty() { json!("all") } else { Value::Object(select) };
    if packages != "no-access" {
        json["packages_and_scopes"] = json!({"permission": packages, "select": select});
    }
    if orgs != "no-access" {
        let select = if selected_orgs.is_empty() { json!([accounts.org(0)]) } else { json!(selected_orgs) };
        json["orgs"] = json!({"permission": orgs, "select": select});
    }
    json
}

fn request(line: &Line<'_>, number: usize, world: &Value, accounts: &Accounts<'_>) -> Value {
    let tokens = world["tokens"].as_array().map_or(&[][..], Vec::as_slice);
    let packages = world["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let mut request = json!({"id": format!("r{number}"), "action": line.pick(2, &ACTIONS)});
    let which = line.number(1);
    let mut token = None;
    match (which % 16, line.item(1, tokens)) {
        (12, _) | (_, None) => request["token"] = Value::Null,
        (13, _) => request["token"] = json!("t-99"),
        (14, _) => request["secret"] = json!("NPM_abcdefghijklmnopqrstuvwxyz01232LolCm"),
        (15, _) => request["secret"] = json!(SECRETS[which / 16 % SECRETS.len()]),
        (_, Some(of_world)) => {
            request["token"] = of_world["id"].clone();
            token = Some(of_world);
        }
    }

    let package = match (line.number(3), line.item(3, packages)) {
        // Mostly a package that exists.
        (at, Some(package)) if at % 4 != 3 => package["name"].clone(),
        (at, _) => json!(accounts.package_name(at / 4, line.number(4))),
    };
    let org = json!(accounts.org(line.number(5)));
    let team = json!(line.pick(6, &TEAMS));
    let fields: &[&str] = match line.pick(2, &ACTIONS) {
        "create-team" | "delete-team" | "add-team-member" | "remove-team-member" => &["org", "team"],
        "grant-team-access" | "revoke-team-access" => &["org", "team", "package"],
        "share-package" => &["org", "package"],
        "read-org"
        | "change-org-settings"
        | "add-member"
        | "remove-member"
        | "change-member-role"
        | "manage-billing"
        | "rename-org"
        | "delete-org" => &["org"],
        "whoami"
        | "revoke-self"
        | "read-profile"
        | "change-profile"
        | "change-password"
        | "configure-two-factor"
        | "enrol-two-factor"
        | "list-tokens"
        | "create-token"
        | "revoke-token" => &["user"],
        _ => &["package"],
    };
    for field in fields {
        match *field {
            "package" => request["package"] = package.clone(),
            "org" => request["org"] = org.clone(),
            "team" => request["team"] = team.clone(),
            _ => {
                if let Some(at) = line.number(7).checked_sub(1) {
                    request["user"] = json!(ACCOUNTS[at % ACCOUNTS.len()]);
                }
            }
        }
    }

    let (octet, host) = (line.number(9) % 5, line.number(10));
    match line.number(8) % 7 {
        0 => request["client_ip"] = json!(format!("10.{octet}.7.{host}")),
        1 => request["client_ip"] = json!(format!("::ffff:10.{octet}.7.{host}")),
        2 => request["client_ip"] = json!(format!("2001:db8:{octet}::{host:x}")),
        3 => request["client_ip"] = json!(format!("::{host:x}")),
        4 => request["client_ip"] = json!(format!("::10.{octet}.7.{host}")),
        5 => request["client_ip"] = Value::Null,
        _ => {}
    }
    let created = token.and_then(|token| token["created"].as_str()).and_then(oracle::parse_time).unwrap_or(base());
    let expires = |token: &Value| {
        token["granular"]["expires"].as_str().or(token["session"]["expires"].as_str()).map(str::to_owned)
    };
    let expires = token.and_then(expires).and_then(|expires| oracle::parse_time(&expires));
    let expires = expires.unwrap_or(base() + 500 * DAY);
    let alive = created + HOUR;
    let now = line.pick(11, &[alive, expires - 1, expires, created - 1, created, expires + 1, alive, alive, alive]);
    request["now"] = json!(oracle::print_time(now));
    match line.number(12) % 3 {
        0 => {}
        1 => request["second_factor"] = json!(true),
        _ => request["second_factor"] = json!(false),
    }
    spoil(line.number(13), fields[0], &mut request);
    request
}

/// Makes a request invalid (`docs::format`, "Requests"). Most numbers leave it valid.
fn spoil(mistake: usize, field: &str, request: &mut Value) {
    match mistake {
        1 => request[field] = Value::Null,
        2 => request[field] = json!("@acme"),
        3 => request[field] = json!(".acme"),
        4 => request["user"] = json!("bob"),
        5 => request["package"] = json!("app"),
        6 => request["now"] = json!("2025-11-01T00:00:00"),
        7 => request["client_ip"] = json!("10.0.7.07"),
        8 => request["second_factor"] = Value::Null,
        9 => request["secret"] = json!(SECRETS[0]),
        10 => request["token"] = Value::Null,
        11 => request["id"] = Value::Null,
        12 => request["scope"] = json!("acme"),
        13 => *request = json!([request.take()]),
        _ => {}
    }
}

/// Removes or lowers one thing in the world, which must not raise a decision (rule D5).
///
/// The thing belongs to the package, the owner or the token of a request, so that the decision may depend on it.
/// Returns the name of the thing, and the world without it.
fn less(line: &Line<'_>, world: &Value, requests: &[Value]) -> Option<(&'static str, Value)> {
    let mut world = world.clone();
    if line.number(1) % 18 == 17 {
        let (what, policy) = tighter(&world["policy"], line.number(3))?;
        world["policy"] = policy;
        return Some((what, world));
    }
    let (of_whom, which) = (line.item(2, requests)?, line.number(3));
    // Each change is made to a copy of a user, a package or a token, which then replaces the original.
    let list = match line.number(1) % 18 {
        0..=3 => "packages",
        4..=7 | 14 => "users",
        _ => "tokens",
    };
    let token = world["tokens"].as_array()?.iter().find(|token| token["id"] == of_whom["token"])?;
    let (key, wanted) = match list {
        "packages" => ("name", &of_whom["package"]),
        "users" => ("name", &token["owner"]),
        _ => ("id", &token["id"]),
    };
    let at = world[list].as_array()?.iter().position(|entry| entry[key] == *wanted)?;
    let mut one = world[list][at].clone();
    let what = match line.number(1) % 18 {
        0 => drop_entry(&mut one["users"], which).then_some("a grant to a user")?,
        1 => drop_entry(&mut one["teams"], which).then_some("a grant to a team")?,
        2 => lower_entry(&mut one["users"], which).then_some("the permission of a grant to a user")?,
        3 => lower_entry(&mut one["teams"], which).then_some("the permission of a grant to a team")?,
        4 => drop_item(&mut one["orgs"], which, 0).then_some("a membership")?,
        5 => {
            let at = which.checked_rem(one["orgs"].as_array()?.len())?;
            drop_item(&mut one["orgs"][at]["teams"], which / 4, 0).then_some("a team")?
        }
        6 => {
            let at = which.checked_rem(one["orgs"].as_array()?.len())?;
            one["orgs"][at]["role"] = json!(if one["orgs"][at]["role"] == "owner" { "admin" } else { "member" });
            "a role"
        }
        7 => {
            one["status"] = json!("suspended");
            "an active account"
        }
        8 => {
            let selected = match which % 3 {
                0 => "/granular/packages_and_scopes/select/packages",
                1 => "/granular/packages_and_scopes/select/scopes",
                _ => "/granular/orgs/select",
            };
            drop_item(one.pointer_mut(selected)?, which / 3, 1).then_some("something selected")?
        }
        9 => {
            let granular = one.get_mut("granular")?;
            let side = if which.is_multiple_of(2) { "packages_and_scopes" } else { "orgs" };
            let permission = granular.get_mut(side)?.get_mut("permission")?;
            let stage_only = side == "packages_and_scopes" && *permission == "read-write" && which % 4 < 2;
            *permission = json!(if stage_only { "stage-only" } else { "read-only" });
            let writes = |side: &str| granular[side]["permission"] == "read-write";
            if !writes("packages_and_scopes") && !writes("orgs") {
                granular["bypass_2fa"] = json!(false); // no bypass without `read-write` (rule L7)
            }
            "a token's permission"
        }
        10 if one["cidr"].is_null() => {
            one["cidr"] = json!([range(line)]);
            "any address"
        }
        10 => drop_item(&mut one["cidr"], which, 1).then_some("a range")?,
        11 => {
            let created = oracle::parse_time(one["created"].as_str()?)?;
            if let Some(session) = one.get_mut("session") {
                session["expires"] = json!(oracle::print_time(created + 1));
            } else {
                one.get_mut("granular")?["expires"] = json!(oracle::print_time(created + DAY));
            }
            "a token's life"
        }
        12 => {
            one["revoked"] = json!(oracle::print_time(base()));
            "a token"
        }
        14 => {
            one["writes_held_until"] = json!(oracle::print_time(base() + 600 * DAY));
            "an account without a hold"
        }
        _ => {
            one.get_mut("granular")?["bypass_2fa"] = json!(false);
            "a bypass"
        }
    };
    world[list][at] = one;
    Some((what, world))
}

fn drop_item(list: &mut Value, which: usize, keep: usize) -> bool {
    let Some(list) = list.as_array_mut().filter(|list| list.len() > keep) else { return false };
    list.remove(which % list.len());
    true
}

fn drop_entry(map: &mut Value, which: usize) -> bool {
    let Some(map) = map.as_object_mut().filter(|map| !map.is_empty()) else { return false };
    let key = map.keys().nth(which % map.len()).cloned();
    key.is_some_and(|key| map.remove(&key).is_some())
}

fn lower_entry(map: &mut Value, which: usize) -> bool {
    let Some(map) = map.as_object_mut().filter(|map| !map.is_empty()) else { return false };
    let at = which % map.len();
    map.values_mut().nth(at).is_some_and(|permission| {
        *permission = json!("read-only");
        true
    })
}
