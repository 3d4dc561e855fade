//! A made-up registry of any size, which is the same in every run.
//!
//! Names are as long as real ones. Most users are in no organization or one, and few are in many. Half of the tokens
//! that select entries select one, and few select up to fifty.

mod names;
mod token;

use std::fmt::Write;

use crate::numbers::Random;
use names::{organization_name, package_name, user_name};
pub(crate) use token::{Token, secret};

/// The number of users, packages and tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) users: usize,
    pub(crate) packages: usize,
    pub(crate) tokens: usize,
}

impl Size {
    /// Returns the number of organizations: one for every ten users.
    pub(crate) const fn organizations(self) -> usize {
        self.users / 10
    }
}

/// The users, their memberships, and the packages, from which tokens and requests are generated. A token is generated
/// from its number on demand.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) size: Size,
    memberships: Vec<Vec<Membership>>,
    packages: Vec<Package>,
    /// For each user, the packages with a direct grant to the user.
    of_user: Vec<Vec<usize>>,
}

#[derive(Debug)]
struct Membership {
    organization: usize,
    role: &'static str,
    teams: Vec<&'static str>,
}

/// The owner of the scope of a package.
#[derive(Clone, Copy, Debug)]
enum ScopeOf {
    Nobody,
    User(usize),
    Organization(usize),
}

#[derive(Debug)]
struct Package {
    scope: ScopeOf,
    visibility: &'static str,
    access: &'static str,
    users: Vec<(usize, &'static str)>,
    teams: Vec<(&'static str, &'static str)>,
}

const TEAMS: [&str; 6] = ["developers", "release", "docs", "infrastructure", "security-review", "owners"];

impl Shape {
    pub(crate) fn new(size: Size) -> Self {
        let mut random = Random::seeded(1);
        let organizations = size.organizations();
        let mut members = vec![Vec::new(); organizations];
        let memberships: Vec<Vec<Membership>> = (0..size.users)
            .map(|user| {
                let count = match random.below(100) {
                    0..60 => 0,
                    60..85 => 1,
                    85..97 => 2 + random.below(3),
                    _ => 5 + random.below(20),
                };
                let mut own: Vec<usize> = (0..count).map(|_| random.below(organizations)).collect();
                own.sort_unstable();
                own.dedup();
                let place = |organization: usize| {
                    members[organization].push(user);
                    let teams = random.below(4);
                    let teams = TEAMS.iter().skip(random.below(3)).take(teams).copied().collect();
                    Membership { organization, role: random.one_of(&["member", "member", "admin", "owner"]), teams }
                };
                own.into_iter().map(place).collect()
            })
            .collect();
        let mut of_user = vec![Vec::new(); size.users];
        let packages = (0..size.packages)
            .map(|number| {
                let package = Package::new(&mut random, size, &members);
                for (user, _) in &package.users {
                    of_user[*user].push(number);
                }
                package
            })
            .collect();
        Self { size, memberships, packages, of_user }
    }

    /// Returns the name of a package, with its scope.
    pub(crate) fn package_name(&self, number: usize) -> String {
        match self.packages[number].scope {
            ScopeOf::Nobody => package_name(number),
            ScopeOf::User(user) => format!("@{}/{}", user_name(user), package_name(number)),
            ScopeOf::Organization(organization) => {
                format!("@{}/{}", organization_name(organization), package_name(number))
            }
        }
    }

    /// Returns the world as JSON, with only this many of its packages and tokens.
    pub(crate) fn json(&self, packages: usize, tokens: usize) -> String {
        let mut json = String::from("{\"users\": [");
        for user in 0..self.size.users {
            json.push_str(if user == 0 { "\n" } else { ",\n" });
            let _ = self.write_user(&mut json, user);
        }
        json.push_str("],\n\"orgs\": [");
        for organization in 0..self.size.organizations() {
            let comma = if organization == 0 { "\n" } else { ",\n" };
            let _ = write!(json, "{comma}{{\"name\": \"{}\"}}", organization_name(organization));
        }
        json.push_str("],\n\"packages\": [");
        for number in 0..packages {
            json.push_str(if number == 0 { "\n" } else { ",\n" });
            let _ = self.write_package(&mut json, number);
        }
        json.push_str("],\n\"tokens\": [");
        for number in 0..tokens {
            json.push_str(if number == 0 { "\n" } else { ",\n" });
            let _ = Token::new(self, number).write(self, &mut json);
        }
        json.push_str("],\n\"policy\": \"npm-2025-10\"}\n");
        json
    }

    fn write_user(&self, json: &mut String, user: usize) -> std::fmt::Result {
        let factor = ["disabled", "auth-only", "auth-and-writes"][user % 3];
        let status = if user % 200 == 199 { "suspended" } else { "active" };
        let cut_off = if user % 100 == 99 { "\"2025-01-01T00:00:00Z\"" } else { "null" };
        write!(
            json,
            r#"{{"name": "{}", "status": "{status}", "two_factor": "{factor}", "tokens_revoked_until": {cut_off}, "writes_held_until": null, "orgs": ["#,
            user_name(user)
        )?;
        for (index, Membership { organization, role, teams }) in self.memberships[user].iter().enumerate() {
            let (comma, name) = (if index == 0 { "" } else { ", " }, organization_name(*organization));
            // For these texts, which need no escapes, `{:?}` is valid JSON.
            write!(json, r#"{comma}{{"name": "{name}", "role": "{role}", "teams": {teams:?}}}"#)?;
        }
        json.write_str("]}")
    }

    fn write_package(&self, json: &mut String, number: usize) -> std::fmt::Result {
        let Package { scope, visibility, access, users, teams } = &self.packages[number];
        let name = self.package_name(number);
        write!(
            json,
            r#"{{"name": "{name}", "visibility": "{visibility}", "publishing_access": "{access}", "users": {{"#
        )?;
        for (index, (user, permission)) in users.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(json, r#"{comma}"{}": "{permission}""#, user_name(*user))?;
        }
        json.write_str("}, \"teams\": {")?;
        if let ScopeOf::Organization(organization) = scope {
            for (index, (team, permission)) in teams.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                write!(json, r#"{comma}"{}:{team}": "{permission}""#, organization_name(*organization))?;
            }
        }
        json.write_str("}}")
    }
}

impl Package {
    /// Generates a package. Of 100 packages, 30 are private and scoped, 15 are public and scoped, and 55 are unscoped.
    fn new(random: &mut Random, size: Size, members: &[Vec<usize>]) -> Self {
        let kind = random.below(100);
        let scope = match kind {
            0..35 => ScopeOf::Organization(random.below(size.organizations())),
            35..45 => ScopeOf::User(random.below(size.users)),
            _ => ScopeOf::Nobody,
        };
        let private = match scope {
            ScopeOf::Nobody => false,
            ScopeOf::User(_) | ScopeOf::Organization(_) => random.below(3) < 2,
        };
        let mut users = match scope {
            ScopeOf::User(user) => vec![user],
            ScopeOf::Nobody => (0..=random.below(3)).map(|_| random.below(size.users)).collect(),
            ScopeOf::Organization(organization) => {
                let count = random.below(3);
                let members = members[organization].iter().skip(random.below(3)).take(count);
                members.copied().collect()
            }
        };
        users.sort_unstable();
        users.dedup();
        let teams = match scope {
            ScopeOf::Organization(_) => TEAMS.iter().skip(random.below(4)).take(random.below(4)).copied().collect(),
            ScopeOf::Nobody | ScopeOf::User(_) => Vec::new(),
        };
        let mut permission = || if random.percent(75) { "read-write" } else { "read-only" };
        Self {
            scope,
            visibility: if private { "private" } else { "public" },
            users: users.into_iter().map(|user| (user, permission())).collect(),
            teams: teams.into_iter().map(|team| (team, permission())).collect(),
            access: random.one_of(&[
                "no-requirement",
                "two-factor-or-bypass",
                "two-factor-or-bypass",
                "two-factor-only",
            ]),
        }
    }
}
