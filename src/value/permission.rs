//! Permissions, roles in an organization, and the two kinds of grant.

use crate::value::string_enum::string_enum;

string_enum! {
    /// The permission of a granular token, or of a user on a package.
    ///
    /// Permissions are ordered: `NoAccess < ReadOnly < StageOnly < ReadWrite`.
    ///
    /// A granular token has one permission for packages and scopes and one for organizations
    /// ([L5](crate::docs::rules#l5)). A user's permission on a package is the highest of those that the user gets
    /// directly, through teams and by owning the scope ([C1](crate::docs::rules#c1)). Only a token's grant over
    /// packages and scopes can be `StageOnly`.
    ///
    /// ```
    /// use tollgate::value::Permission;
    ///
    /// assert!("read-only".parse::<Permission>()? < Permission::ReadWrite);
    /// assert!("read".parse::<Permission>().is_err());
    /// # Ok::<(), tollgate::value::UnknownWordError>(())
    /// ```
    #[non_exhaustive]
    pub enum Permission: "permission" {
        /// Neither reading nor writing.
        NoAccess = "no-access",
        /// Reading only.
        ReadOnly = "read-only",
        /// Reading, and every write but a direct publish and changes of who may write: staging versions for someone to
        /// approve, deprecating, unpublishing and moving dist-tags ([G1](crate::docs::rules#g1)).
        StageOnly = "stage-only",
        /// Reading and writing.
        ReadWrite = "read-write",
    }
}

string_enum! {
    /// The permission of a granular token's grant over packages and scopes: a [`Permission`] above `no-access`
    /// ([L5](crate::docs::rules#l5)).
    #[non_exhaustive]
    pub enum PackagesPermission: "permission" {
        /// Reading only.
        ReadOnly = "read-only",
        /// Reading and staging ([`Permission::StageOnly`]).
        StageOnly = "stage-only",
        /// Reading and writing.
        ReadWrite = "read-write",
    }
}

impl From<PackagesPermission> for Permission {
    fn from(granted: PackagesPermission) -> Self {
        match granted {
            PackagesPermission::ReadOnly => Self::ReadOnly,
            PackagesPermission::StageOnly => Self::StageOnly,
            PackagesPermission::ReadWrite => Self::ReadWrite,
        }
    }
}

impl From<GrantedPermission> for PackagesPermission {
    fn from(granted: GrantedPermission) -> Self {
        match granted {
            GrantedPermission::ReadOnly => Self::ReadOnly,
            GrantedPermission::ReadWrite => Self::ReadWrite,
        }
    }
}

string_enum! {
    /// A permission that is `read-only` or `read-write`.
    ///
    /// The grants of a package to users and teams carry this type, and so does a granular token's grant over
    /// organizations. So every grant gives at least reading ([L5](crate::docs::rules#l5)).
    #[non_exhaustive]
    pub enum GrantedPermission: "permission" {
        /// Reading only.
        ReadOnly = "read-only",
        /// Reading and writing.
        ReadWrite = "read-write",
    }
}

impl From<GrantedPermission> for Permission {
    fn from(granted: GrantedPermission) -> Self {
        match granted {
            GrantedPermission::ReadOnly => Self::ReadOnly,
            GrantedPermission::ReadWrite => Self::ReadWrite,
        }
    }
}

string_enum! {
    /// The role of a user in an organization.
    ///
    /// Roles are ordered: `Member < Admin < Owner`. A higher role may do everything that a lower one may
    /// ([C5](crate::docs::rules#c5)). A role gives no permission on any package; only grants and ownership of the scope
    /// do ([C1](crate::docs::rules#c1)).
    #[non_exhaustive]
    pub enum Role: "role" {
        /// May read the organization's settings, members and teams, and create packages in its scope.
        Member = "member",
        /// May also create, delete and change teams.
        Admin = "admin",
        /// May also manage members, settings and billing, change the visibility of the organization's packages, share
        /// these packages, and rename or delete the organization.
        Owner = "owner",
    }
}

string_enum! {
    /// The kind of a granular token's grant: one covers packages and scopes, the other covers organizations.
    ///
    /// A grant of one kind never gives a right of the other kind ([G2](crate::docs::rules#g2)).
    #[non_exhaustive]
    pub enum GrantKind: "side" {
        /// The grant over packages and scopes.
        Packages = "packages",
        /// The grant over organizations.
        Organizations = "organizations",
    }
}
