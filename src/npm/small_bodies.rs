//! The small bodies, which change a package's access, teams, members or tags.

use alloc::{boxed::Box, vec::Vec};

use super::{
    Body, BodyError, PathText,
    body::{BodyFields, BodyNode},
};
use crate::{
    decision::AccessRequest,
    facts::{PublishingAccess, Visibility},
    operation::{PackageAction, TeamAccessAction},
    value::{
        GrantedPermission, OrganizationName, PackageName, Role, TeamName, UserName,
        document::{self, ErrorAt, Fields, Node, Path},
    },
};

/// A change of a package's visibility, its publishing access or both: the body of `POST /-/package/:package/access`.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     facts::PublishingAccess,
///     npm::{AccessChange, Body},
/// };
///
/// let body: Body =
///     serde_json::from_str(r#"{"publish_requires_tfa": true, "automation_token_overrides_tfa": false}"#)?;
/// let change = AccessChange::read(&body)?;
/// assert_eq!(change.publishing_access(), Some(PublishingAccess::TwoFactorOnly));
/// assert_eq!(change.visibility(), None);
///
/// let body: Body = serde_json::from_str("{}")?;
/// assert!(AccessChange::read(&body).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessChange {
    visibility: Option<Visibility>,
    publishing_access: Option<PublishingAccess>,
}

impl AccessChange {
    /// Reads a body with the fields `access`, `publish_requires_tfa` and `automation_token_overrides_tfa`, each of
    /// which may be left out.
    ///
    /// | `publish_requires_tfa` | `automation_token_overrides_tfa` | publishing access |
    /// |---|---|---|
    /// | `false` | `false` or left out | `no-requirement` |
    /// | `true` | `true` | `two-factor-or-bypass` |
    /// | `true` | `false` or left out | `two-factor-only` |
    ///
    /// # Errors
    ///
    /// Returns an error if the body changes nothing, if a field or the value of `access` is unknown, if a field has a
    /// wrong type, or if the two flags do not match a row of the table above.
    pub fn read(body: &Body<'_>) -> Result<Self, BodyError> {
        let top = Path::Top;
        let known = &["access", "publish_requires_tfa", "automation_token_overrides_tfa"];
        let fields = Fields::new(&body.0, &top, known)?;
        let flag = |name: &'static str| {
            fields.optional(name).map(|node| document::boolean(node, &top.field(name))).transpose()
        };
        let access = fields.optional("access");
        let visibility = access.map(|node| visibility_word(node, &top.field("access"))).transpose()?;
        let publishing_access = match (flag("publish_requires_tfa")?, flag("automation_token_overrides_tfa")?) {
            (None, None) => None,
            (Some(false), None | Some(false)) => Some(PublishingAccess::NoRequirement),
            (Some(true), Some(true)) => Some(PublishingAccess::TwoFactorOrBypass),
            // If `automation_token_overrides_tfa` is left out, the publishing access is the stricter of the two.
            (Some(true), None | Some(false)) => Some(PublishingAccess::TwoFactorOnly),
            (None | Some(false), Some(_)) => {
                let message = "without a `publish_requires_tfa` that is true: expected both, or none";
                return Err(top.field("automation_token_overrides_tfa").error(message).into());
            }
        };
        if visibility.is_none() && publishing_access.is_none() {
            return Err(top.error("nothing to change: expected `access` or `publish_requires_tfa`").into());
        }
        Ok(Self { visibility, publishing_access })
    }

    /// Returns the access requests of this change of `package`, each of which must be allowed.
    #[must_use]
    pub fn access_requests(&self, package: &PackageName) -> Box<[AccessRequest]> {
        let on = |action| AccessRequest::Package { action, package: package.clone() };
        let visibility = self.visibility.map(|_| on(PackageAction::ChangeVisibility));
        let publishing_access = self.publishing_access.map(|_| on(PackageAction::ChangePublishingAccess));
        visibility.into_iter().chain(publishing_access).collect::<Vec<_>>().into()
    }

    /// Returns the new visibility, or `None` if it does not change.
    #[must_use]
    pub const fn visibility(&self) -> Option<Visibility> {
        self.visibility
    }

    /// Returns the new publishing access, or `None` if it does not change.
    #[must_use]
    pub const fn publishing_access(&self) -> Option<PublishingAccess> {
        self.publishing_access
    }
}

/// Reads one of npm's words for the visibility of a package. `restricted` means the same as `private`.
pub(super) fn visibility_word(node: &BodyNode<'_>, path: &Path<'_>) -> Result<Visibility, ErrorAt> {
    match document::text(node, path)? {
        "public" => Ok(Visibility::Public),
        "restricted" | "private" => Ok(Visibility::Private),
        _ => Err(path.error("unknown access: expected `public`, `restricted` or `private`")),
    }
}

/// A change of a team's access to a package: the body of `PUT` or `DELETE /-/team/:org/:team/package`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamAccessChange {
    package: PackageName,
    permission: Option<GrantedPermission>,
}

impl TeamAccessChange {
    /// Reads the body of the `PUT`, such as `{"package": "@acme/w", "permissions": "read-only"}`, which gives the team
    /// access.
    ///
    /// # Errors
    ///
    /// Returns an error if a field is missing or unknown, if the package's name is not valid, or if the permission is
    /// neither `read-only` nor `read-write`.
    pub fn read_grant(body: &Body<'_>) -> Result<Self, BodyError> {
        let top = Path::Top;
        let fields = Fields::new(&body.0, &top, &["package", "permissions"])?;
        let permission = document::word(fields.required("permissions", &top)?, &top.field("permissions"))?;
        Ok(Self { package: required(&fields, "package")?, permission: Some(permission) })
    }

    /// Reads the body of the `DELETE`, such as `{"package": "@acme/w"}`, which removes the team's access.
    ///
    /// # Errors
    ///
    /// Returns an error if a field is missing or unknown, or if the package's name is not valid.
    pub fn read_revocation(body: &Body<'_>) -> Result<Self, BodyError> {
        let fields = Fields::new(&body.0, &Path::Top, &["package"])?;
        Ok(Self { package: required(&fields, "package")?, permission: None })
    }

    /// Returns the access request that must be allowed: `grant-team-access` or `revoke-team-access`. The organization
    /// and the team are those in the path.
    ///
    /// The removal of a team is also allowed if the [alternative](Self::alternative) is.
    #[must_use]
    pub fn access_request(&self, organization: &OrganizationName, team: &TeamName) -> AccessRequest {
        let action = match self.permission {
            Some(_) => TeamAccessAction::GrantTeamAccess,
            None => TeamAccessAction::RevokeTeamAccess,
        };
        AccessRequest::TeamAccess {
            action,
            organization: organization.clone(),
            team: team.clone(),
            package: self.package.clone(),
        }
    }

    /// Returns a second access request that allows the change too, or `None` if there is none
    /// ([C5](crate::docs::rules#c5)).
    ///
    /// A user who may change the maintainers of a package may also remove a foreign team from it. So for the removal of
    /// a team, unless the package is in the scope of the organization in the path, this is `change-maintainers` on the
    /// package. Decide both access requests, and take the [higher](super::HigherDecision) decision.
    #[must_use]
    pub fn alternative(&self, organization: &OrganizationName) -> Option<AccessRequest> {
        let is_own = self.package.as_borrowed().scope().is_some_and(|scope| scope.is_of_organization(organization));
        (self.permission.is_none() && !is_own)
            .then(|| AccessRequest::Package { action: PackageAction::ChangeMaintainers, package: self.package.clone() })
    }

    /// Returns the name of the package.
    #[must_use]
    pub const fn package(&self) -> &PackageName {
        &self.package
    }

    /// Returns the permission that the team gets on the package, or `None` if the team's access is removed.
    #[must_use]
    pub const fn permission(&self) -> Option<GrantedPermission> {
        self.permission
    }
}

/// A new member of an organization, or a new role of a member: the body of `PUT /-/org/:org/user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    user: UserName,
    role: Option<Role>,
}

impl MemberChange {
    /// Reads a body such as `{"user": "bob", "role": "developer"}`. The role is `owner`, `admin` or `developer`, null
    /// or left out.
    ///
    /// # Errors
    ///
    /// Returns an error if `user` is missing, if a field or the role is unknown, or if the user's name is not valid.
    pub fn read(body: &Body<'_>) -> Result<Self, BodyError> {
        let top = Path::Top;
        let fields = Fields::new(&body.0, &top, &["user", "role"])?;
        let path = top.field("role");
        let role = match fields.optional("role") {
            None | Some(Node::Null) => None,
            Some(node) => Some(role(document::text(node, &path)?, &path)?),
        };
        Ok(Self { user: required(&fields, "user")?, role })
    }

    /// Returns the access request that must be allowed: `add-member` for a user who is not a member yet, or
    /// `change-member-role` for a member.
    ///
    /// The organization is the one in the path. `membership` says whether the [user](Self::user) is a member already.
    #[must_use]
    pub fn access_request(&self, organization: &OrganizationName, membership: IsMember) -> AccessRequest {
        let action = match membership {
            IsMember::No => crate::operation::OrganizationAction::AddMember,
            IsMember::Yes => crate::operation::OrganizationAction::ChangeMemberRole,
        };
        AccessRequest::Organization { action, organization: organization.clone() }
    }

    /// Returns the name of the user.
    #[must_use]
    pub const fn user(&self) -> &UserName {
        &self.user
    }

    /// Returns the new role, or `None` if the body has none. Then a new member gets [`Role::Member`], and a user who is
    /// a member already keeps their role.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        self.role
    }
}

/// Whether a look-up found that a user is a member of the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IsMember {
    /// The user is not a member.
    No,
    /// The user is a member, in any role.
    Yes,
}

fn role(word: &str, path: &Path<'_>) -> Result<Role, ErrorAt> {
    match word {
        "owner" => Ok(Role::Owner),
        "admin" => Ok(Role::Admin),
        "developer" => Ok(Role::Member),
        _ => Err(path.error("unknown role: expected `owner`, `admin` or `developer`")),
    }
}

impl Role {
    /// Returns npm's word for the role in requests and responses: `owner`, `admin` or `developer`.
    ///
    /// npm calls [`Role::Member`] a `developer`.
    #[must_use]
    pub const fn npm_word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "developer",
        }
    }
}

/// A team to create: the body of `PUT /-/org/:org/team`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamToCreate {
    name: TeamName,
    description: Box<str>,
}

impl TeamToCreate {
    /// Reads a body such as `{"name": "developers", "description": "writes the code"}`. The description may be null or
    /// left out.
    ///
    /// # Errors
    ///
    /// Returns an error if `name` is missing, if a field is unknown, or if a new team may not have the name
    /// ([N4](crate::docs::rules#n4)).
    pub fn read(body: &Body<'_>) -> Result<Self, BodyError> {
        let top = Path::Top;
        let fields = Fields::new(&body.0, &top, &["name", "description"])?;
        let name: TeamName = required(&fields, "name")?;
        name.check_new().map_err(|error| top.field("name").error(error))?;
        let description = match fields.optional("description") {
            None | Some(Node::Null) => "",
            Some(node) => document::text(node, &top.field("description"))?,
        };
        Ok(Self { name, description: description.into() })
    }

    /// Returns the access request that must be allowed. The organization is the one in the path.
    #[must_use]
    pub fn access_request(&self, organization: &OrganizationName) -> AccessRequest {
        AccessRequest::CreateTeam { organization: organization.clone(), team: self.name.clone() }
    }

    /// Returns the name of the team.
    #[must_use]
    pub const fn name(&self) -> &TeamName {
        &self.name
    }

    /// Returns the description of the team, which may be empty.
    #[must_use]
    pub const fn description(&self) -> &str {
        &self.description
    }
}

impl Body<'_> {
    /// Reads the user in a body such as `{"user": "bob"}`.
    ///
    /// This is the body of a request that removes a member from an organization, or that adds a member to a team or
    /// removes a member from a team.
    ///
    /// # Errors
    ///
    /// Returns an error if `user` is missing, if the body has another field, or if the user's name is not valid.
    pub fn user(&self) -> Result<UserName, BodyError> {
        let fields = Fields::new(&self.0, &Path::Top, &["user"])?;
        Ok(required(&fields, "user")?)
    }

    /// Reads the version in the body of `PUT /-/package/:package/dist-tags/:tag`, which is a JSON string such as
    /// `"1.0.0"`.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not a string, or if the string is not a valid [`PathText`]. This function does
    /// not check that the package has the version.
    pub fn version(&self) -> Result<PathText, BodyError> {
        let text = document::text(&self.0, &Path::Top)?;
        text.parse().map_err(|_| BodyError::new("not a version: expected one of the package's as a JSON string"))
    }
}

fn required<T: core::str::FromStr<Err: core::fmt::Display>>(
    fields: &BodyFields<'_>,
    name: &'static str,
) -> Result<T, ErrorAt> {
    document::word(fields.required(name, &Path::Top)?, &Path::Top.field(name))
}
