//! The small bodies: access, teams, members, tags.

use alloc::{boxed::Box, vec::Vec};

use super::{Body, BodyError, PathText};
use crate::{
    decision::AccessRequest,
    facts::{PublishingAccess, Visibility},
    operation::PackageAction,
    value::{
        GrantedPermission, OrganizationName, PackageName, Role, TeamName, UserName,
        document::{self, ErrorAt, Fields, Node, Path},
    },
};

/// **A change of a package's access**: `POST /-/package/:package/access`.
///
/// ```
/// use tollgate::{facts::PublishingAccess, npm::{AccessChange, Body}};
///
/// let read = |text| AccessChange::read(&serde_json::from_str::<Body>(text).unwrap());
/// let change = read(r#"{"publish_requires_tfa": true, "automation_token_overrides_tfa": false}"#)?;
/// assert_eq!(change.publishing_access(), Some(PublishingAccess::TwoFactorOnly));
/// assert!(read("{}").is_err());
/// # Ok::<(), tollgate::npm::BodyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessChange {
    visibility: Option<Visibility>,
    publishing_access: Option<PublishingAccess>,
}

impl AccessChange {
    /// Reads `{access}`, `{publish_requires_tfa, automation_token_overrides_tfa}` or both.
    ///
    /// # Errors
    /// Nothing to change, an unknown field or word, and an override where no second factor is required.
    pub fn read(body: &Body) -> Result<Self, BodyError> {
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
            // Left out it is no override: the stricter of the two.
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

    /// What must be allowed, all of it.
    #[must_use]
    pub fn access_requests(&self, package: &PackageName) -> Box<[AccessRequest]> {
        let on = |action| AccessRequest::Package { action, package: package.clone() };
        let visibility = self.visibility.map(|_| on(PackageAction::ChangeVisibility));
        let publishing_access = self.publishing_access.map(|_| on(PackageAction::ChangePublishingAccess));
        visibility.into_iter().chain(publishing_access).collect::<Vec<_>>().into()
    }

    /// The visibility that is asked for.
    #[must_use]
    pub const fn visibility(&self) -> Option<Visibility> {
        self.visibility
    }

    /// The publishing access that is asked for.
    #[must_use]
    pub const fn publishing_access(&self) -> Option<PublishingAccess> {
        self.publishing_access
    }
}

/// npm's words for who may read a package.
pub(super) fn visibility_word(node: &Node, path: &Path<'_>) -> Result<Visibility, ErrorAt> {
    match document::text(node, path)? {
        "public" => Ok(Visibility::Public),
        "restricted" | "private" => Ok(Visibility::Private),
        _ => Err(path.error("unknown access: expected `public`, `restricted` or `private`")),
    }
}

/// **A change of a team's access to a package**: `PUT` or `DELETE /-/team/:org/:team/package`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamAccessChange {
    package: PackageName,
    permission: Option<GrantedPermission>,
}

impl TeamAccessChange {
    /// Reads `{package, permissions}`: the access that the team gets.
    ///
    /// # Errors
    /// A missing or unknown field, a name that is none, or another permission than `read-only` and `read-write`.
    pub fn read_grant(body: &Body) -> Result<Self, BodyError> {
        let top = Path::Top;
        let fields = Fields::new(&body.0, &top, &["package", "permissions"])?;
        let permission = document::word(fields.required("permissions", &top)?, &top.field("permissions"))?;
        Ok(Self { package: required(&fields, "package")?, permission: Some(permission) })
    }

    /// Reads `{package}`: the team loses its access.
    ///
    /// # Errors
    /// A missing or unknown field, or a name that is none.
    pub fn read_revocation(body: &Body) -> Result<Self, BodyError> {
        let fields = Fields::new(&body.0, &Path::Top, &["package"])?;
        Ok(Self { package: required(&fields, "package")?, permission: None })
    }

    /// What must be allowed.
    #[must_use]
    pub fn access_request(&self, organization: &OrganizationName, team: &TeamName) -> AccessRequest {
        AccessRequest::ManageTeamAccess {
            organization: organization.clone(),
            team: team.clone(),
            package: self.package.clone(),
        }
    }

    /// The package.
    #[must_use]
    pub const fn package(&self) -> &PackageName {
        &self.package
    }

    /// What the team gets; `None` takes its access away.
    #[must_use]
    pub const fn permission(&self) -> Option<GrantedPermission> {
        self.permission
    }
}

/// **A member to be taken in, or a role to be changed**: `PUT /-/org/:org/user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    user: UserName,
    role: Option<Role>,
}

impl MemberChange {
    /// Reads `{user, role}`, the role by npm's words: `owner`, `admin`, `developer`.
    ///
    /// # Errors
    /// A missing or unknown field, a name that is none, or an unknown role.
    pub fn read(body: &Body) -> Result<Self, BodyError> {
        let top = Path::Top;
        let fields = Fields::new(&body.0, &top, &["user", "role"])?;
        let path = top.field("role");
        let role = match fields.optional("role") {
            None | Some(Node::Null) => None,
            Some(node) => Some(role(document::text(node, &path)?, &path)?),
        };
        Ok(Self { user: required(&fields, "user")?, role })
    }

    /// What must be allowed: `add-member`, or `change-member-role` of who is one already.
    #[must_use]
    pub fn access_request(&self, organization: &OrganizationName, membership: IsMember) -> AccessRequest {
        let action = match membership {
            IsMember::No => crate::operation::OrganizationAction::AddMember,
            IsMember::Yes => crate::operation::OrganizationAction::ChangeMemberRole,
        };
        AccessRequest::Organization { action, organization: organization.clone() }
    }

    /// Who.
    #[must_use]
    pub const fn user(&self) -> &UserName {
        &self.user
    }

    /// The role asked for. Where none is, a new member is a [`Role::Member`], and a member keeps theirs.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        self.role
    }
}

/// Whether a user is in the organization already, as a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IsMember {
    /// Not yet.
    No,
    /// Already.
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
    /// npm's word for it on the wire, where a member is a `developer`.
    #[must_use]
    pub const fn npm_word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "developer",
        }
    }
}

/// **A team to be made**: `PUT /-/org/:org/team`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamToCreate {
    name: TeamName,
    description: Box<str>,
}

impl TeamToCreate {
    /// Reads `{name, description}`.
    ///
    /// # Errors
    /// A missing or unknown field, or a name that no new team may have (N4).
    pub fn read(body: &Body) -> Result<Self, BodyError> {
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

    /// What must be allowed.
    #[must_use]
    pub fn access_request(&self, organization: &OrganizationName) -> AccessRequest {
        AccessRequest::CreateTeam { organization: organization.clone(), team: self.name.clone() }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &TeamName {
        &self.name
    }

    /// For people; may be empty.
    #[must_use]
    pub const fn description(&self) -> &str {
        &self.description
    }
}

impl Body {
    /// The user of `{user}`: whom a team or an organization takes in or puts out.
    ///
    /// # Errors
    /// A missing or unknown field, or a name that is none.
    pub fn user(&self) -> Result<UserName, BodyError> {
        let fields = Fields::new(&self.0, &Path::Top, &["user"])?;
        Ok(required(&fields, "user")?)
    }

    /// The version that a tag is to point to: the whole body is a text.
    ///
    /// # Errors
    /// No text, or one that is no version.
    pub fn version(&self) -> Result<PathText, BodyError> {
        let text = document::text(&self.0, &Path::Top)?;
        text.parse().map_err(|_| BodyError::new("not a version: expected one of the package's as a JSON string"))
    }
}

fn required<T: core::str::FromStr<Err: core::fmt::Display>>(
    fields: &Fields<'_>,
    name: &'static str,
) -> Result<T, ErrorAt> {
    document::word(fields.required(name, &Path::Top)?, &Path::Top.field(name))
}
