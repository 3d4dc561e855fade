//! Reads a user or a package from a document: a stored one, or a directory's file.
//!
//! Reading has two steps. `read` checks the shape of the document: which fields it has, and the type of each. It stops
//! at the first error. `build` checks the values, and collects every error with the path of its field.

use alloc::{collections::BTreeSet, format, vec::Vec};

use crate::{
    facts::{
        AccountStatus, Membership, Memberships, Package, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants,
        TwoFactorMode, UserFacts, UserGrants, Visibility,
    },
    value::{
        GrantedPermission, OrganizationName, PackageName, Role, Scope, TeamName, Timestamp, UserName,
        document::{self, ErrorAt, Fields, Node, Path, keep, quoted},
    },
};

/// The users and organizations that a document may refer to.
pub(crate) trait References {
    fn has_user(&self, name: &str) -> bool;
    fn has_organization(&self, name: &str) -> bool;
}

/// The references of a document on its own, which may be to any user or organization.
pub(super) struct AnyReference;

impl References for AnyReference {
    fn has_user(&self, _name: &str) -> bool {
        true
    }

    fn has_organization(&self, _name: &str) -> bool {
        true
    }
}

/// Parses the name of an organization that the document refers to.
fn organization(
    name: &str,
    references: &impl References,
    path: &Path<'_>,
    errors: &mut Vec<ErrorAt>,
) -> Option<OrganizationName> {
    let organization = keep(name.parse(), path, errors)?;
    if references.has_organization(name) {
        Some(organization)
    } else {
        errors.push(path.error(format!("no organization is named {}", quoted(name))));
        None
    }
}

/// Reads a list in an optional field. Returns an empty list if the field is missing.
fn each_or_none<'n, T>(
    fields: &Fields<'n>,
    name: &str,
    path: &Path<'_>,
    read: impl Fn(&'n Node, &Path<'_>) -> Result<T, ErrorAt>,
) -> Result<Vec<T>, ErrorAt> {
    fields.optional(name).map_or_else(|| Ok(Vec::new()), |node| document::each(node, &path.field(name), read))
}

/// The fields of a user whose shape is checked and whose values are not.
pub(crate) struct RawUser<'n> {
    pub(crate) name: &'n str,
    status: AccountStatus,
    two_factor: TwoFactorMode,
    pub(crate) tokens_revoked_until: Option<Timestamp>,
    writes_held_until: Option<Timestamp>,
    orgs: Vec<RawMembership<'n>>,
}

struct RawMembership<'n> {
    name: &'n str,
    role: Role,
    teams: Vec<&'n str>,
}

impl<'n> RawUser<'n> {
    /// Checks the shape of a user. The caller has checked for unknown fields, because a stored user has a field beside
    /// those of a user in a world.
    pub(crate) fn read(fields: &Fields<'n>, path: &Path<'_>) -> Result<Self, ErrorAt> {
        let required = |name: &'static str| fields.required(name, path);
        let time = |name: &'static str| document::nullable_word(required(name)?, &path.field(name));
        Ok(Self {
            name: document::text(required("name")?, &path.field("name"))?,
            status: document::word(required("status")?, &path.field("status"))?,
            two_factor: document::word(required("two_factor")?, &path.field("two_factor"))?,
            tokens_revoked_until: time("tokens_revoked_until")?,
            writes_held_until: time("writes_held_until")?,
            orgs: each_or_none(fields, "orgs", path, RawMembership::read)?,
        })
    }

    /// Checks the values of a user. Returns the facts about the user, or adds every error to `errors`.
    pub(crate) fn build(
        &self,
        references: &impl References,
        path: &Path<'_>,
        errors: &mut Vec<ErrorAt>,
    ) -> Option<UserFacts> {
        let name = keep(self.name.parse::<UserName>(), &path.field("name"), errors);
        let before = errors.len();
        let mut memberships: Vec<Membership> = Vec::new();
        let mut seen = BTreeSet::new();
        let orgs_path = path.field("orgs");
        for (index, raw) in self.orgs.iter().enumerate() {
            let path = orgs_path.item(index);
            let at = path.field("name");
            if !seen.insert(raw.name) {
                errors.push(at.error(format!("a second membership in {}: expected one", quoted(raw.name))));
            }
            let organization = organization(raw.name, references, &at, errors);
            let teams = raw.teams(&path.field("teams"), errors);
            if let (Some(organization), Some(teams)) = (organization, teams) {
                memberships.extend(keep(Membership::new(organization, raw.role, teams), &path, errors));
            }
        }
        if errors.len() > before {
            return None;
        }
        let memberships = keep(Memberships::new(memberships), &orgs_path, errors)?;
        Some(UserFacts {
            name: name?,
            status: self.status,
            two_factor: self.two_factor,
            tokens_revoked_until: self.tokens_revoked_until,
            writes_held_until: self.writes_held_until,
            memberships,
        })
    }
}

impl<'n> RawMembership<'n> {
    fn read(node: &'n Node, path: &Path<'_>) -> Result<Self, ErrorAt> {
        let fields = Fields::new(node, path, &["name", "role", "teams"])?;
        Ok(Self {
            name: document::text(fields.required("name", path)?, &path.field("name"))?,
            role: document::word(fields.required("role", path)?, &path.field("role"))?,
            teams: each_or_none(&fields, "teams", path, document::text)?,
        })
    }

    fn teams(&self, path: &Path<'_>, errors: &mut Vec<ErrorAt>) -> Option<Vec<TeamName>> {
        let before = errors.len();
        let mut seen = BTreeSet::new();
        let mut teams = Vec::new();
        for (index, text) in self.teams.iter().enumerate() {
            let path = path.item(index);
            if !seen.insert(*text) {
                errors.push(path.error(format!("the team {} twice: expected once", quoted(text))));
                continue;
            }
            teams.extend(keep(text.parse(), &path, errors));
        }
        (errors.len() == before).then_some(teams)
    }
}

/// The fields of a package whose shape is checked and whose values are not. The owner of the scope is not among them,
/// because a world finds it among its users and organizations.
pub(crate) struct RawPackage<'n> {
    pub(crate) name: &'n str,
    pub(crate) visibility: Visibility,
    publishing_access: PublishingAccess,
    users: Vec<(&'n str, GrantedPermission)>,
    teams: Vec<(&'n str, GrantedPermission)>,
}

impl<'n> RawPackage<'n> {
    /// Checks the shape of a package. The caller has checked for unknown fields, because a stored package has fields
    /// beside those of a package in a world.
    pub(crate) fn read(fields: &Fields<'n>, path: &Path<'_>) -> Result<Self, ErrorAt> {
        let required = |name: &'static str| fields.required(name, path);
        let grants = |name: &'static str| {
            let path = path.field(name);
            let Some(node) = fields.optional(name) else { return Ok(Vec::new()) };
            let entries = document::object(node, &path)?.iter();
            entries.map(|(name, node)| Ok((&**name, document::word(node, &path.field(name))?))).collect()
        };
        Ok(Self {
            name: document::text(required("name")?, &path.field("name"))?,
            visibility: document::word(required("visibility")?, &path.field("visibility"))?,
            publishing_access: document::word(required("publishing_access")?, &path.field("publishing_access"))?,
            users: grants("users")?,
            teams: grants("teams")?,
        })
    }

    /// Checks the values of a package. Returns the package, or adds every error to `errors`. `scope_owner` returns the
    /// owner of the scope that the name has.
    pub(crate) fn build(
        &self,
        references: &impl References,
        scope_owner: impl FnOnce(Option<Scope<&str>>) -> ScopeOwner,
        path: &Path<'_>,
        errors: &mut Vec<ErrorAt>,
    ) -> Option<Package> {
        let name = keep(self.name.parse::<PackageName>(), &path.field("name"), errors);
        let users = self.user_grants(references, &path.field("users"), errors);
        let teams = self.team_grants(references, &path.field("teams"), errors);
        let name = name?;
        let scope_owner = scope_owner(name.as_borrowed().scope());
        let package = Package::new(PackageFacts {
            name,
            scope_owner,
            visibility: self.visibility,
            publishing_access: self.publishing_access,
            users: users?,
            teams: teams?,
        });
        // `Package::new` fails only if the owner of the scope does not fit the name.
        keep(package, &path.field("scope_owner"), errors)
    }

    fn user_grants(
        &self,
        references: &impl References,
        path: &Path<'_>,
        errors: &mut Vec<ErrorAt>,
    ) -> Option<UserGrants> {
        let before = errors.len();
        let mut grants = Vec::new();
        for (text, permission) in &self.users {
            let path = path.field(text);
            let Some(user) = keep(text.parse::<UserName>(), &path, errors) else { continue };
            if references.has_user(text) {
                grants.push((user, *permission));
            } else {
                errors.push(path.error(format!("no user is named {}", quoted(text))));
            }
        }
        if errors.len() == before { keep(UserGrants::new(grants), path, errors) } else { None }
    }

    fn team_grants(
        &self,
        references: &impl References,
        path: &Path<'_>,
        errors: &mut Vec<ErrorAt>,
    ) -> Option<TeamGrants> {
        let before = errors.len();
        let mut grants = Vec::new();
        for (text, permission) in &self.teams {
            let path = path.field(text);
            let Some((name, team)) = text.split_once(':') else {
                errors.push(path.error(format!("{} is no team: expected `organization:team`", quoted(text))));
                continue;
            };
            let organization = organization(name, references, &path, errors);
            let team = keep(team.parse::<TeamName>(), &path, errors);
            grants.extend(organization.zip(team).map(|(organization, team)| (organization, team, *permission)));
        }
        if errors.len() == before { keep(TeamGrants::new(grants), path, errors) } else { None }
    }
}
