//! Growth: the time of a decision as each list grows from 1 to 1,000 items, for a search that finds the last item and
//! for one that finds nothing.

use std::hint::black_box;

use tollgate::{
    BoundToken, ClientIp, Package, PackageAction, Policy, Secret, Token, User, authorize,
    decision::Caller,
    directory::{Directory, World},
    facts::{Membership, Memberships, TeamGrants, UserGrants},
    token::GranularSettings,
    value::{AllowedRanges, GrantedPermission, Role, TeamName},
};

use crate::{
    decision::answer,
    facts::{self, organization_name, parsed, team_name},
    plot::Line,
    race::{Lane, Race, SHA, Times},
    table::{Table, Unit},
};

const SIZES: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
/// The maximum ratio of the time for an account with 1,000 tokens to that for an account with one. It allows no growth,
/// only more cache misses in a larger table.
const NO_GROWTH: f64 = 1.2;

/// A question with its facts and its expected answer.
struct Question {
    token: Token,
    owner: User,
    package: Package,
    client_ip: ClientIp,
    expected: &'static str,
}

/// A list that grows. At each size there are two questions, a hit and a miss.
struct Series {
    name: &'static str,
    at_most: usize,
    at: fn(usize) -> [Question; 2],
}

const SERIES: [Series; 7] = [
    Series { name: "ranges, disjoint", at_most: 1000, at: disjoint },
    Series { name: "ranges, nested", at_most: 1000, at: nested },
    Series { name: "organizations", at_most: 1000, at: organizations },
    Series { name: "teams", at_most: 1000, at: teams },
    Series { name: "user grants", at_most: 1000, at: user_grants },
    Series { name: "team grants", at_most: 1000, at: team_grants },
    Series { name: "entries selected", at_most: 50, at: selected },
];

impl Question {
    /// Creates a question that depends only on the grants of a package and the memberships of its publisher.
    fn of_owner(owner: &User, users: UserGrants, teams: TeamGrants, expected: &'static str) -> Self {
        let package = facts::private("@somebody/pkg", users, teams);
        Self { token: facts::token_for_all(), owner: owner.clone(), package, client_ip: facts::client_ip(), expected }
    }

    fn of_teams(owner: &User, teams: impl IntoIterator<Item = (usize, usize)>, expected: &'static str) -> Self {
        let team = |(organization, team)| {
            let names = (parsed(&organization_name(organization)), parsed(&team_name(team)));
            (names.0, names.1, GrantedPermission::ReadWrite)
        };
        let teams = TeamGrants::new(teams.into_iter().map(team)).expect("grants");
        Self::of_owner(owner, UserGrants::empty(), teams, expected)
    }

    fn of_ranges(ranges: &[String], client_ip: &str, expected: &'static str) -> Self {
        let allowed_ranges = AllowedRanges::only(ranges.iter().map(|text| parsed(text))).expect("ranges");
        let token = facts::token_with(GranularSettings { allowed_ranges, ..facts::settings(1) });
        let users = facts::maintainer(GrantedPermission::ReadWrite);
        let package = facts::private("@scope24/pkg", users, TeamGrants::empty());
        let owner = facts::alice(Memberships::empty());
        Self { token, owner, package, client_ip: parsed(client_ip), expected }
    }
}

const HIT: &str = "allow";
const MISS: &str = "owner-lacks-permission";
/// A number that no item of a list has.
const NONE: usize = 9999;

/// Every second network. The miss is in the gap after the last one.
fn disjoint(size: usize) -> [Question; 2] {
    let ranges: Vec<_> = (0..size).map(|n| format!("2001:db8:{:x}::/48", 2 * n)).collect();
    let inside = format!("2001:db8:{:x}:ffff::7", 2 * (size - 1));
    let outside = format!("2001:db8:{:x}::7", 2 * size - 1);
    [Question::of_ranges(&ranges, &inside, HIT), Question::of_ranges(&ranges, &outside, "ip-not-allowed")]
}

/// Nests of 81 ranges that start at the same address, with every prefix length from 48 to 128. The hit is only in the
/// widest range of the last nest, which sorts before the narrower ones. The miss is just after the last nest.
fn nested(size: usize) -> [Question; 2] {
    let ranges: Vec<_> = (0..size).map(|n| format!("2001:db8:{:x}::/{}", n / 81, 48 + n % 81)).collect();
    let last = (size - 1) / 81;
    let inside = format!("2001:db8:{last:x}:ffff::7");
    let outside = format!("2001:db8:{:x}::7", last + 1);
    [Question::of_ranges(&ranges, &inside, HIT), Question::of_ranges(&ranges, &outside, "ip-not-allowed")]
}

fn organizations(size: usize) -> [Question; 2] {
    let owner = facts::member(size, 1);
    [Question::of_teams(&owner, [(size - 1, 0)], HIT), Question::of_teams(&owner, [(NONE, 0)], MISS)]
}

fn teams(size: usize) -> [Question; 2] {
    let owner = facts::member(1, size);
    [Question::of_teams(&owner, [(0, size - 1)], HIT), Question::of_teams(&owner, [(0, NONE)], MISS)]
}

fn user_grants(size: usize) -> [Question; 2] {
    // The scope is a user's, so Alice needs no membership for her direct grant to count.
    let owner = facts::alice(Memberships::empty());
    let others =
        |count| (0..count).map(|n| parsed(&format!("aa-{n:04}"))).map(|name| (name, GrantedPermission::ReadWrite));
    let with_her = others(size - 1).chain([(parsed("alice"), GrantedPermission::ReadWrite)]);
    let (with_her, without) =
        (UserGrants::new(with_her).expect("grants"), UserGrants::new(others(size)).expect("grants"));
    [
        Question::of_owner(&owner, with_her, TeamGrants::empty(), HIT),
        Question::of_owner(&owner, without, TeamGrants::empty(), MISS),
    ]
}

fn team_grants(size: usize) -> [Question; 2] {
    let in_team = |team| {
        let membership = Membership::new(parsed(&organization_name(0)), Role::Member, [parsed(&team_name(team))]);
        facts::alice(Memberships::new([membership.expect("a membership")]).expect("memberships"))
    };
    let grants = || (0..size).map(|n| (0, n));
    [Question::of_teams(&in_team(size - 1), grants(), HIT), Question::of_teams(&in_team(NONE), grants(), MISS)]
}

fn selected(size: usize) -> [Question; 2] {
    let owner = facts::alice(Memberships::empty());
    [("@scope24/pkg", HIT), ("@other/pkg", "not-selected")].map(|(name, expected)| Question {
        token: facts::token(size),
        owner: owner.clone(),
        package: facts::private(name, facts::maintainer(GrantedPermission::ReadWrite), TeamGrants::empty()),
        client_ip: facts::client_ip(),
        expected,
    })
}

/// How a package's team grants meet the owner's teams.
#[derive(Clone, Copy, Debug)]
enum Meeting {
    /// Only the last grant is to one of the owner's teams.
    Last,
    /// No grant is to one of the owner's teams.
    Never,
    /// As many grants as possible are to the owner's teams, but all are read-only, and read-write is needed.
    TooLow,
}

/// Creates a question about a package with this many grants, by an owner in this many teams, both spread over the
/// organizations.
fn sides(organizations: usize, grants: usize, teams: usize, meeting: Meeting) -> Question {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let place = |n: usize| (n % organizations, n / organizations);
    let memberships = (0..organizations).map(|organization| {
        let own = (0..teams).map(place).filter(|team| team.0 == organization);
        let own = own.map(|team| parsed::<TeamName>(&team_name(team.1)));
        Membership::new(parsed(&organization_name(organization)), Role::Member, own).expect("a membership")
    });
    let owner = facts::alice(Memberships::new(memberships).expect("memberships"));
    let own = |n: usize| (organization_name(place(n).0), team_name(place(n).1));
    let foreign = |n: usize| (organization_name(place(n).0), format!("squad-{n:04}"));
    let to = |n: usize| match meeting {
        Meeting::Last if n == grants - 1 => (own(teams - 1), ReadWrite),
        Meeting::Last | Meeting::Never => (foreign(n), ReadWrite),
        Meeting::TooLow if n < teams => (own(n), ReadOnly),
        Meeting::TooLow => (foreign(n), ReadOnly),
    };
    let grants = (0..grants)
        .map(to)
        .map(|((organization, team), permission)| (parsed(&organization), parsed(&team), permission));
    let expected = match meeting {
        Meeting::Last => HIT,
        Meeting::Never | Meeting::TooLow => MISS,
    };
    Question::of_owner(&owner, UserGrants::empty(), TeamGrants::new(grants).expect("grants"), expected)
}

fn enter<'a>(race: &mut Race<'a>, question: &'a Question, bound: &'a BoundToken<'a>) -> Lane {
    let (now, client_ip) = (facts::now(), question.client_ip);
    let decide = move || {
        let package = black_box(&question.package);
        authorize(black_box(bound), PackageAction::Publish, package, black_box(client_ip), black_box(now))
    };
    assert_eq!(answer(&decide()), question.expected);
    race.enter(move || {
        black_box(&decide());
    })
}

fn bind(question: &Question) -> BoundToken<'_> {
    Policy::NPM_2025_10.bind(&question.token, &question.owner).expect("her token")
}

/// A directory in which Alice has a number of tokens, with the secret of the last token and a secret of no token.
struct Account {
    directory: Directory,
    secrets: [String; 2],
    package: Package,
}

impl Account {
    fn with(tokens: usize) -> Self {
        let secret = |n: usize| format!("npm_abcdefghijklmnopqrstuvwxyz0123456789{n:04}");
        let tokens: Vec<_> = (0..tokens).map(|n| {
            let digest = Secret::new(&secret(n)).expect("a secret").digest().to_hex();
            serde_json::json!({
                "id": format!("t-{n}"), "owner": "alice", "secret_sha256": digest, "created": "2025-10-30T12:00:00Z",
                "revoked": null, "cidr": null, "granular": {
                    "name": format!("ci {n}"), "expires": "2026-01-01T00:00:00Z", "bypass_2fa": true,
                    "packages_and_scopes": {"permission": "read-write", "select": "all"},
                },
            })
        }).collect();
        let secrets = [secret(tokens.len() - 1), secret(NONE)];
        let world = serde_json::json!({
            "users": [{"name": "alice", "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
                       "writes_held_until": null}],
            "orgs": [], "packages": [], "tokens": tokens, "policy": "npm-2025-10",
        });
        let world: World = serde_json::from_value(world).expect("a world");
        let users = facts::maintainer(GrantedPermission::ReadWrite);
        let package = facts::private("@somebody/pkg", users, TeamGrants::empty());
        Self { directory: Directory::load(&world).expect("a world"), secrets, package }
    }

    /// Adds two lanes. The token of the first secret is found and may publish. The second secret is unknown.
    fn enter<'a>(&'a self, race: &mut Race<'a>) -> [Lane; 2] {
        let (client_ip, now) = (facts::client_ip(), facts::now());
        let ask = move |secret: &str| {
            let secret = Secret::new(black_box(secret)).expect("a secret");
            match black_box(&self.directory).token_by_secret(secret) {
                Caller::Token(bound) => {
                    let decision = authorize(&bound, PackageAction::Publish, &self.package, client_ip, now);
                    answer(black_box(&decision))
                }
                Caller::UnknownToken | Caller::NoToken => "unknown",
            }
        };
        let secrets = self.secrets.each_ref();
        assert_eq!(secrets.map(|secret| ask(secret)), [HIT, "unknown"]);
        secrets.map(|secret| {
            race.enter(move || {
                black_box(ask(secret));
            })
        })
    }
}

/// Measures the growth, adds its rows to the table, and returns the lines of the plot.
pub(crate) fn rows(table: &mut Table) -> Vec<Line> {
    let mut plot = Vec::new();
    for Series { name, at_most, at } in SERIES {
        let sizes: Vec<usize> = SIZES.into_iter().filter(|size| *size <= at_most).collect();
        let questions: Vec<_> = sizes.iter().map(|size| at(*size)).collect();
        let bound: Vec<_> = questions.iter().map(|both| both.each_ref().map(bind)).collect();
        let mut race = Race::new();
        let lanes: Vec<_> = questions
            .iter()
            .zip(&bound)
            .map(|([hit, miss], [to, other])| [enter(&mut race, hit, to), enter(&mut race, miss, other)])
            .collect();
        let times = race.run();
        note_growth(table, &times, name, &lanes);
        plot.extend(Line::both(name, &sizes, &lanes, &times));
    }
    let accounts: Vec<_> = SIZES.iter().map(|size| Account::with(*size)).collect();
    let mut race = Race::new();
    let last_and_none: Vec<_> = accounts.iter().map(|account| account.enter(&mut race)).collect();
    let times = race.run();
    plot.extend(Line::both("tokens on the account", &SIZES, &last_and_none, &times));
    if let ([first, ..], [.., last]) = (&last_and_none[..], &last_and_none[..]) {
        for (what, first, last) in [("its last token", first[0], last[0]), ("an unknown token", first[1], last[1])] {
            let mark = format!("1,000 tokens on the account, from the secret, {what}, to 1 token");
            table.mark(mark, NO_GROWTH, times.ratio(last, first), Unit::Times);
        }
    }
    both_sides(table);
    plot
}

fn note_growth(table: &mut Table, times: &Times, name: &str, lanes: &[[Lane; 2]]) {
    if let ([first, ..], [.., last]) = (lanes, lanes) {
        for (what, first, last) in [("last", first[0], last[0]), ("none", first[1], last[1])] {
            let size = if name == "entries selected" { "50" } else { "1,000" };
            table.note(format!("{size} {name}, {what} matches, to 1"), times.ratio(last, first), Unit::Times);
            table.note(format!("{size} {name}, {what} matches"), times.ratio(last, SHA), Unit::Sha);
        }
    }
}

/// Measures decisions about a package with many grants by an owner in many teams.
fn both_sides(table: &mut Table) {
    /// The maximum ratio of the times when the longer list grows tenfold. A search in a longer list takes somewhat
    /// longer, but iterating over it would take ten times as long.
    const SMALLER_SIDE: f64 = 2.0;
    let meetings = [
        (Meeting::Last, "the last grant counts"),
        (Meeting::Never, "no grant counts"),
        (Meeting::TooLow, "read-only in all, read-write needed"),
    ];
    for (meeting, what) in meetings {
        let cases =
            [(1, 1, 1), (50, 200, 1000), (50, 100, 3), (50, 1000, 3), (50, 3, 100), (50, 3, 1000), (50, 1000, 1000)];
        let questions = cases.map(|(organizations, grants, teams)| sides(organizations, grants, teams, meeting));
        let bound = questions.each_ref().map(bind);
        let mut race = Race::new();
        let lanes: Vec<_> =
            questions.iter().zip(&bound).map(|(question, bound)| enter(&mut race, question, bound)).collect();
        let times = race.run();
        let [small, large, grants, more_grants, teams, more_teams, square] = lanes[..] else {
            unreachable!("seven cases")
        };
        let mark = |case: &str, to: &str| format!("{case}, {what}, to {to}");
        let (one, case) = ("1 grant, 1 organization, 1 team", "200 grants, 50 organizations, 1,000 teams");
        table.mark(mark(case, one), 10.0, times.ratio(large, small), Unit::Times);
        let by_grants = times.ratio(more_grants, grants);
        table.mark(mark("1,000 grants, 3 teams", "100 grants"), SMALLER_SIDE, by_grants, Unit::Times);
        let by_teams = times.ratio(more_teams, teams);
        table.mark(mark("3 grants, 1,000 teams", "100 teams"), SMALLER_SIDE, by_teams, Unit::Times);
        table.note(mark("1,000 grants, 1,000 teams", one), times.ratio(square, small), Unit::Times);
    }
}
