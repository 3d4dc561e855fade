//! The facts about a caller and about a package, looked up in one query.
//!
//! The query has one row, whatever of them exists. So the number of queries and of rows does not reveal which packages
//! and users exist.

use std::collections::BTreeMap;

use sqlx::{FromRow, Row, any::AnyRow};
use tollgate::{
    Package, PackageName, Timestamp, Token, User, UserName,
    facts::{FoundPackage, Membership, Memberships, PackageFacts, ScopeOwner, TeamGrants, UserFacts, UserGrants},
    token::SecretDigest,
    value::{OrganizationName, TeamName},
};

use crate::{
    base::failure::{Failure, fact},
    store::{database::Tx, tokens},
};

/// The query about a user `u`, a package named `$2`, and the owner of the scope `$3`. Each column is a text. The columns of
/// a user are one text, with spaces between them, and so are those of a package: in a read, 15 columns of their own took
/// 20,000 instructions more. The memberships, and the grants of the user's teams, have a line for every row. Names have
/// neither spaces nor line breaks.
macro_rules! user_and_package {
    ($token:literal, $from:literal) => {
        concat!(
            "SELECT ",
            $token,
            ", u.name || ' ' || u.status || ' ' || u.two_factor || ' ' || COALESCE(u.tokens_revoked_until, '') || ' ' || \
             COALESCE(u.writes_held_until, ''), \
             (SELECT STRING_AGG(m.organization || ' ' || m.role || ' ' || COALESCE(t.team, ''), '\n') FROM members m \
              LEFT JOIN team_members t ON t.organization = m.organization AND t.user_name = m.user_name \
              WHERE m.user_name = u.name), \
             p.name || ' ' || p.visibility || ' ' || p.publishing_access || ' ' || p.revision || '-' || \
             p.stars_revision, \
             (SELECT g.permission FROM package_users g WHERE g.package = $2 AND g.user_name = u.name), \
             (SELECT STRING_AGG(g.organization || ' ' || g.team || ' ' || g.permission, '\n') FROM package_teams g \
              JOIN team_members m ON m.organization = g.organization AND m.team = g.team \
              WHERE g.package = $2 AND m.user_name = u.name), \
             (SELECT n.kind FROM names n WHERE n.name = $3) \
             FROM (SELECT 1 AS one) o ",
            $from,
            " LEFT JOIN packages p ON p.name = $2"
        )
    };
}

/// The user named `$1`.
const BY_USER: &str = user_and_package!("NULL, NULL", "LEFT JOIN users u ON u.name = $1");
/// The owner of the token with the digest `$1`.
const BY_TOKEN: &str = user_and_package!(
    "t.digest, t.stored",
    "LEFT JOIN tokens t ON t.digest = $1 LEFT JOIN users u ON u.name = t.user_name"
);

type Text = Option<String>;

/// The row, as it was read.
struct Found {
    digest: Text,
    stored: Text,
    user: UserRow,
    package: PackageRow,
}

struct UserRow {
    user: Text,
    memberships: Text,
}

struct PackageRow {
    package: Text,
    /// The grant of the user.
    permission: Text,
    /// The grants of the user's teams.
    teams: Text,
    /// What the owner of the scope is.
    kind: Text,
}

impl FromRow<'_, AnyRow> for Found {
    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let text = |column: usize| row.try_get::<Text, _>(column);
        Ok(Self {
            digest: text(0)?,
            stored: text(1)?,
            user: UserRow { user: text(2)?, memberships: text(3)? },
            package: PackageRow { package: text(4)?, permission: text(5)?, teams: text(6)?, kind: text(7)? },
        })
    }
}

/// The columns of a text.
fn columns<const COUNT: usize>(text: &str) -> Result<[&str; COUNT], Failure> {
    let mut parts = text.split(' ');
    let columns = std::array::from_fn(|_| parts.next());
    match (columns.iter().all(Option::is_some), parts.next()) {
        (true, None) => Ok(columns.map(Option::unwrap_or_default)),
        _ => Err(Failure::Row(format!("a row without {COUNT} columns"))),
    }
}

async fn find(
    tx: &mut Tx,
    query: &'static str,
    key: String,
    name: Option<PackageName<&str>>,
) -> Result<Found, Failure> {
    let scope = name.and_then(|name| name.scope().map(|scope| scope.as_str().to_owned()));
    let found = sqlx::query_as(query)
        .bind(key)
        .bind(name.map(|name| name.as_str().to_owned()).unwrap_or_default())
        .bind(scope.unwrap_or_default())
        .fetch_one(&mut **tx)
        .await?;
    Ok(found)
}

/// A package that was looked up.
#[derive(Debug)]
pub(crate) struct PackageLookup {
    pub(crate) package: FoundPackage,
    /// Names the document of the package as it is now, if the package exists. Packages whose collaborators changed
    /// together may have the same one, so it is a name only together with that of the package.
    pub(crate) document_stamp: Option<String>,
}

/// Looks up the token with this digest with the record of its owner, and the package.
///
/// A row of a token that does not load counts as an unknown token ([L8](tollgate::docs::rules#l8)). If it were an error, a
/// caller could treat the request as a request without a token.
pub(crate) async fn caller_and_package(
    tx: &mut Tx,
    digest: Option<&SecretDigest>,
    name: Option<PackageName<&str>>,
) -> Result<(Option<(Token, User)>, Option<PackageLookup>), Failure> {
    let key = digest.map(SecretDigest::to_hex).unwrap_or_default();
    let Found { digest: found, stored, user, package } = find(tx, BY_TOKEN, key, name).await?;
    let token = match (digest, found, stored) {
        (Some(digest), Some(found), Some(stored)) => tokens::load_same(digest, &found, &stored),
        _ => None,
    };
    let caller = match token.zip(user.read()?) {
        Some((token, owner)) if token.owner() == owner.name() => Some((token, owner)),
        _ => None,
    };
    let owner = caller.as_ref().map(|(_, owner)| owner.name().as_borrowed());
    let package = name.map(|name| package.read(name, owner)).transpose()?;
    Ok((caller, package))
}

/// Looks up a user, with the user's memberships.
pub(crate) async fn user(tx: &mut Tx, name: UserName<&str>) -> Result<Option<User>, Failure> {
    find(tx, BY_USER, name.as_str().to_owned(), None).await?.user.read()
}

/// Looks up a package, with the owner of its scope, and with the grants on it that this user has, directly or by a
/// team. No decision about the user's tokens depends on the grants of others. If these were read, the response would
/// take longer for a private package with many grants than for a name that is free.
pub(crate) async fn package(
    tx: &mut Tx,
    name: PackageName<&str>,
    user: Option<UserName<&str>>,
) -> Result<FoundPackage, Failure> {
    // Without a user the key is empty, and matches no row.
    let key = user.map(|user| user.as_str().to_owned()).unwrap_or_default();
    Ok(find(tx, BY_USER, key, Some(name)).await?.package.read(name, user)?.package)
}

impl UserRow {
    fn read(self) -> Result<Option<User>, Failure> {
        let Some(text) = self.user else { return Ok(None) };
        let [name, status, two_factor, revoked_until, held_until] = columns(&text)?;
        let user = User::new(UserFacts {
            name: fact(name.parse())?,
            status: fact(status.parse())?,
            two_factor: fact(two_factor.parse())?,
            tokens_revoked_until: time(revoked_until)?,
            writes_held_until: time(held_until)?,
            memberships: read_memberships(&self.memberships.unwrap_or_default())?,
        });
        fact(user).map(Some)
    }
}

/// A time, or nothing.
fn time(text: &str) -> Result<Option<Timestamp>, Failure> {
    if text.is_empty() { Ok(None) } else { fact(text.parse()).map(Some) }
}

/// Reads lines with an organization, a role, and a team or nothing.
fn read_memberships(text: &str) -> Result<Memberships, Failure> {
    let mut found: BTreeMap<&str, (&str, Vec<TeamName>)> = BTreeMap::new();
    for line in text.lines() {
        let [organization, role, team] = columns(line)?;
        let (_, teams) = found.entry(organization).or_insert_with(|| (role, Vec::new()));
        if !team.is_empty() {
            teams.push(fact(team.parse())?);
        }
    }
    let mut memberships = Vec::new();
    for (organization, (role, teams)) in found {
        memberships.push(fact(Membership::new(fact(organization.parse())?, fact(role.parse())?, teams))?);
    }
    fact(Memberships::new(memberships))
}

impl PackageRow {
    fn read(self, name: PackageName<&str>, user: Option<UserName<&str>>) -> Result<PackageLookup, Failure> {
        let Self { package, permission, teams, kind } = self;
        let scope_owner = scope_owner(name, kind.as_deref())?;
        let Some(text) = package else {
            return Ok(PackageLookup { package: FoundPackage::Missing(name.into_owned()), document_stamp: None });
        };
        let [found, visibility, access, stamp] = columns(&text)?;
        let (mut users, mut team_grants) = (Vec::new(), Vec::new());
        if let Some(user) = user {
            if let Some(permission) = permission {
                users.push((user.into_owned(), fact(permission.parse())?));
            }
            for line in teams.unwrap_or_default().lines() {
                let [organization, team, permission] = columns(line)?;
                let (organization, team): (OrganizationName, TeamName) =
                    (fact(organization.parse())?, fact(team.parse())?);
                team_grants.push((organization, team, fact(permission.parse())?));
            }
        }
        let package = Package::new(PackageFacts {
            name: fact(found.parse())?,
            scope_owner,
            visibility: fact(visibility.parse())?,
            publishing_access: fact(access.parse())?,
            users: fact(UserGrants::new(users))?,
            teams: fact(TeamGrants::new(team_grants))?,
        });
        let package = FoundPackage::from_lookup(name, fact(package).map(Some))?;
        Ok(PackageLookup { package, document_stamp: Some(stamp.to_owned()) })
    }
}

/// The owner of a package's scope, from the kind of the name. Users and organizations share one namespace, so a scope has
/// at most one owner ([N4](tollgate::docs::rules#n4)).
pub(crate) fn scope_owner(name: PackageName<&str>, kind: Option<&str>) -> Result<ScopeOwner, Failure> {
    if !name.is_scoped() {
        return Ok(ScopeOwner::Unscoped);
    }
    match kind {
        None => Ok(ScopeOwner::Nobody),
        Some("user") => Ok(ScopeOwner::User),
        Some("organization") => Ok(ScopeOwner::Organization),
        Some(other) => Err(Failure::Row(format!("the kind of name `{other}`"))),
    }
}
