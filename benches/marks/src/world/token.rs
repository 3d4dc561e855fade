//! Tokens, generated from numbers.

use std::fmt::Write;

use tollgate::Secret;

use super::{
    Shape,
    names::{organization_name, seed, user_name},
};
use crate::numbers::Random;

/// A token: the parts that decide which requests are generated for it.
#[derive(Debug)]
pub(crate) struct Token {
    number: usize,
    owner: usize,
    random: Random,
    kind: Kind,
    ranges: Vec<Range>,
    revoked: bool,
}

/// Returns the secret of a token: a prefix, and 36 letters and digits that no other token has.
pub(crate) fn secret(number: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut random = Random::seeded(seed(number) ^ 5);
    let random = (0..36).map(|_| char::from(DIGITS[random.below(62)]));
    "npm_".chars().chain(random).collect()
}

#[derive(Debug)]
enum Kind {
    Legacy(&'static str),
    All,
    Only { packages: Vec<usize>, scopes: Vec<usize> },
}

/// A network, generated from a number. Half of the networks are IPv4 and half are IPv6.
#[derive(Clone, Copy, Debug)]
struct Range(usize);

impl Range {
    fn text(self) -> String {
        let Self(n) = self;
        if n.is_multiple_of(2) { format!("10.{}.0.0/16", n / 2) } else { format!("2001:db8:{:x}::/48", n / 2) }
    }

    fn address(self, random: &mut Random) -> String {
        let Self(n) = self;
        let host = random.below(250);
        if n.is_multiple_of(2) { format!("10.{}.3.{host}", n / 2) } else { format!("2001:db8:{:x}::{host:x}", n / 2) }
    }
}

impl Token {
    /// Generates a token.
    ///
    /// Of 100 tokens, 20 are legacy, 8 select everything, and the others select one to fifty entries. Of all tokens, 15
    /// have ranges and 5 are revoked.
    pub(crate) fn new(shape: &Shape, number: usize) -> Self {
        let mut random = Random::seeded(seed(number) ^ 3);
        let owner = random.below(shape.size.users);
        let kind = match random.below(100) {
            0..20 => Kind::Legacy(random.one_of(&["read-only", "automation", "publish"])),
            20..28 => Kind::All,
            _ => only(shape, owner, &mut random),
        };
        let ranges = if random.percent(15) { 1 + random.below(8) } else { 0 };
        let mut ranges: Vec<_> = (0..ranges).map(|_| random.below(500)).collect();
        ranges.sort_unstable();
        ranges.dedup();
        let revoked = random.percent(5);
        Self { number, owner, kind, ranges: ranges.into_iter().map(Range).collect(), revoked, random }
    }

    /// Returns a package to request: half of the time one that the token selects or its owner has a grant on, and
    /// otherwise any package.
    pub(crate) fn package(&self, shape: &Shape, random: &mut Random) -> usize {
        if random.percent(50) {
            let mut near: Vec<usize> = shape.of_user[self.owner].clone();
            if let Kind::Only { packages, scopes: _ } = &self.kind {
                near.extend(packages);
            }
            if !near.is_empty() {
                return near[random.below(near.len())];
            }
        }
        random.below(shape.size.packages)
    }

    /// Returns the address of a request. If the token has ranges, nine of ten addresses are in the first one.
    pub(crate) fn address(&self, random: &mut Random) -> String {
        match self.ranges.first() {
            Some(range) if random.percent(90) => range.address(random),
            Some(_) | None => format!("192.0.2.{}", random.below(250)),
        }
    }

    /// Writes the token as an object of the document.
    pub(super) fn write(mut self, shape: &Shape, json: &mut String) -> std::fmt::Result {
        let random = &mut self.random;
        let digest = Secret::new(&secret(self.number)).expect("a secret").digest().to_hex();
        let (id, high) = (random.next(), random.next() >> 32);
        let (owner, day) = (user_name(self.owner), 1 + random.below(28));
        let revoked = if self.revoked { "\"2025-09-01T12:00:00Z\"" } else { "null" };
        write!(
            json,
            r#"{{"id": "{high:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", "owner": "{owner}", "secret_sha256": "{digest}", "created": "2025-06-{day:02}T12:30:00Z", "revoked": {revoked}, "cidr": "#,
            id >> 48,
            random.below(4096),
            random.below(4096),
            id & 0xffff_ffff_ffff
        )?;
        if self.ranges.is_empty() {
            json.write_str("null")?;
        } else {
            write!(json, "{:?}", self.ranges.iter().map(|range| range.text()).collect::<Vec<_>>())?;
        }
        let name = format!("{} {}", random.one_of(&["ci", "release", "github actions", "deploy"]), self.number);
        let description = random.one_of(&["", "", "publishes from the main branch", "used by the nightly build"]);
        let permission = random.one_of(&["read-only", "read-write"]);
        let bypass = permission == "read-write" && random.percent(50);
        let select = match &self.kind {
            Kind::Legacy(kind) => return write!(json, r#", "legacy": "{kind}"}}"#),
            Kind::All => String::from("\"all\""),
            Kind::Only { packages, scopes } => selection(shape, packages, scopes),
        };
        write!(
            json,
            r#", "granular": {{"name": "{name}", "description": "{description}", "expires": "2026-06-01T00:00:00Z", "bypass_2fa": {bypass}, "packages_and_scopes": {{"permission": "{permission}", "select": {select}}}}}}}"#
        )
    }
}

/// Generates a selection: one entry for half of the tokens, and up to fifty for few of them. Packages and organizations
/// of the owner come first.
fn only(shape: &Shape, owner: usize, random: &mut Random) -> Kind {
    let count = match random.below(100) {
        0..50 => 1,
        50..80 => 2 + random.below(4),
        80..95 => 6 + random.below(15),
        _ => 21 + random.below(30),
    };
    let own = &shape.of_user[owner];
    let organizations = &shape.memberships[owner];
    let (mut packages, mut scopes) = (Vec::new(), Vec::new());
    for entry in 0..count {
        match (own.get(entry), organizations.get(entry)) {
            (_, Some(membership)) if random.percent(50) => scopes.push(membership.organization),
            (Some(package), _) => packages.push(*package),
            (None, _) if random.percent(20) => scopes.push(random.below(shape.size.organizations())),
            (None, _) => packages.push(random.below(shape.size.packages)),
        }
    }
    Kind::Only { packages, scopes }
}

/// Returns the `select` field of a grant.
fn selection(shape: &Shape, packages: &[usize], scopes: &[usize]) -> String {
    let packages: Vec<_> = packages.iter().map(|package| shape.package_name(*package)).collect();
    let scopes: Vec<_> = scopes.iter().map(|scope| format!("@{}", organization_name(*scope))).collect();
    match (&packages[..], &scopes[..]) {
        ([], _) => format!(r#"{{"scopes": {scopes:?}}}"#),
        (_, []) => format!(r#"{{"packages": {packages:?}}}"#),
        _ => format!(r#"{{"packages": {packages:?}, "scopes": {scopes:?}}}"#),
    }
}
