//! Rows of the database, which are unchecked text and numbers, and their conversion into facts.
#![expect(missing_docs, reason = "columns are named after the facts")]

use std::collections::BTreeMap;

use serde::Deserialize;
use tollgate::{
    Package, PackageName, Secret, StoredToken, Token, User, UserName,
    facts::{Membership, Memberships, PackageFacts, ScopeOwner, TeamGrants, UserFacts, UserGrants},
    token::SecretDigest,
    value::{GrantedPermission, OrganizationName, TeamName},
};

use crate::Failure;

/// The tables of the database, in memory. Lists and maps stand for joined tables.
#[derive(Clone, Debug, Deserialize)]
pub struct Database {
    pub users: Vec<UserRow>,
    pub orgs: Vec<OrgRow>,
    pub packages: Vec<PackageRow>,
    #[serde(skip)]
    pub tokens: Vec<TokenRow>,
}

/// A user, with all columns that a decision needs. If a query left out a column, the decision could be wrong.
#[derive(Clone, Debug, Deserialize)]
pub struct UserRow {
    pub name: String,
    pub status: String,
    pub two_factor: String,
    pub tokens_revoked_until: Option<String>,
    pub writes_held_until: Option<String>,
    #[serde(default)]
    pub orgs: Vec<MembershipRow>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct MembershipRow {
    pub name: String,
    pub role: String,
    #[serde(default)]
    pub teams: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct OrgRow {
    pub name: String,
}

/// A package with its grants: to users by their names, to teams by `organization:team`.
#[derive(Clone, Debug, Deserialize)]
pub struct PackageRow {
    pub name: String,
    pub visibility: String,
    pub publishing_access: String,
    #[serde(default)]
    pub users: BTreeMap<String, String>,
    #[serde(default)]
    pub teams: BTreeMap<String, String>,
    /// The number of packages that depend on this one. Only the house rules use it.
    #[serde(default)]
    pub dependents: u32,
}

/// A token: the SHA-256 digest of its secret in hexadecimal, which is the key of the table, and the stored form of
/// `tollgate` as JSON. The secret itself is not stored.
#[derive(Clone, Debug)]
pub struct TokenRow {
    pub digest: String,
    pub stored: String,
}

impl Database {
    /// Returns the user with this name, or `None` if there is no row.
    ///
    /// # Errors
    ///
    /// Returns an error if the row is not valid.
    pub fn user(&self, name: UserName<&str>) -> Result<Option<User>, Failure> {
        let Some(row) = self.users.iter().find(|row| row.name == name.as_str()) else { return Ok(None) };
        let mut memberships = Vec::new();
        for MembershipRow { name, role, teams } in &row.orgs {
            let teams = teams.iter().map(|team| team.parse()).collect::<Result<Vec<TeamName>, _>>()?;
            memberships.push(Membership::new(name.parse()?, role.parse()?, teams)?);
        }
        let cut_off = row.tokens_revoked_until.as_deref().map(str::parse).transpose()?;
        let hold = row.writes_held_until.as_deref().map(str::parse).transpose()?;
        let (status, two_factor) = (row.status.parse()?, row.two_factor.parse()?);
        Ok(Some(User::new(UserFacts {
            name: row.name.parse()?,
            status,
            two_factor,
            tokens_revoked_until: cut_off,
            writes_held_until: hold,
            memberships: Memberships::new(memberships)?,
        })?))
    }

    /// Returns the package with this name, or `None` if there is no row.
    ///
    /// With a real database, return an error if the query fails. If this function returned `None`, `tollgate` would
    /// decide as if the package did not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the row is not valid.
    pub fn package(&self, name: PackageName<&str>) -> Result<Option<Package>, Failure> {
        let Some(row) = self.packages.iter().find(|row| row.name == name.as_str()) else { return Ok(None) };
        let (mut users, mut teams) = (Vec::new(), Vec::new());
        for (user, permission) in &row.users {
            users.push((user.parse::<UserName>()?, permission.parse::<GrantedPermission>()?));
        }
        for (to, permission) in &row.teams {
            let (organization, team) = to.split_once(':').ok_or("a grant to no team")?;
            teams.push((organization.parse::<OrganizationName>()?, team.parse::<TeamName>()?, permission.parse()?));
        }
        // Users and organizations share one namespace, so a scope is at most one of the two.
        let scope_owner = match name.scope() {
            None => ScopeOwner::Unscoped,
            Some(scope) if self.users.iter().any(|user| user.name == scope.as_str()) => ScopeOwner::User,
            Some(scope) if self.orgs.iter().any(|org| org.name == scope.as_str()) => ScopeOwner::Organization,
            Some(_) => ScopeOwner::Nobody,
        };
        let (visibility, access) = (row.visibility.parse()?, row.publishing_access.parse()?);
        let (users, teams) = (UserGrants::new(users)?, TeamGrants::new(teams)?);
        Ok(Some(Package::new(PackageFacts {
            name: row.name.parse()?,
            scope_owner,
            visibility,
            publishing_access: access,
            users,
            teams,
        })?))
    }

    /// Returns the number of packages that depend on the package with this name: 0 if there is no row.
    #[must_use]
    pub fn dependents(&self, name: PackageName<&str>) -> u32 {
        self.packages.iter().find(|row| row.name == name.as_str()).map_or(0, |row| row.dependents)
    }

    /// Returns the token with this secret, or `None` if there is no such token.
    ///
    /// Returns `None` also if the stored form does not load, so that the token counts as unknown. If this function
    /// returned an error, a caller could treat the request as a request without a token.
    #[must_use]
    pub fn token(&self, secret: &str) -> Option<Token> {
        let digest = Secret::new(secret).ok()?.digest();
        let row =
            self.tokens.iter().find(|row| row.digest.parse::<SecretDigest>().is_ok_and(|stored| stored == digest))?;
        serde_json::from_str::<StoredToken>(&row.stored).ok()?.load().ok()
    }
}
