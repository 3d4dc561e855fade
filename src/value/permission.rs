//! Permissions of a grant, and roles in an organization.

use crate::value::string_enum::string_enum;

string_enum! {
    /// **What a grant gives over its selection**, from nothing to everything it can.
    ///
    /// Ordered: `NoAccess < ReadOnly < ReadWrite`. Also what a user may do with one package (C1).
    #[non_exhaustive]
    pub enum Permission: "permission" {
        /// Nothing.
        NoAccess = "no-access",
        /// Reading.
        ReadOnly = "read-only",
        /// Reading and changing.
        ReadWrite = "read-write",
    }
}

string_enum! {
    /// **A permission above `no-access`**: what stands in a grant that gives something.
    #[non_exhaustive]
    pub enum GrantedPermission: "permission" {
        /// Reading.
        ReadOnly = "read-only",
        /// Reading and changing.
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
    /// **What a user is in an organization**. Ordered: `Member < Admin < Owner`.
    ///
    /// A role alone gives no right over a package (C1).
    #[non_exhaustive]
    pub enum Role: "role" {
        /// Belongs to the organization; may read its settings, members and teams, and create packages in its scope.
        Member = "member",
        /// Also manages teams.
        Admin = "admin",
        /// Also manages members, settings, billing and the visibility of packages.
        Owner = "owner",
    }
}

string_enum! {
    /// **The two sides of a granular token**, each with a grant of its own; they never mix (G2).
    #[non_exhaustive]
    pub enum GrantKind: "side" {
        /// Packages and scopes.
        Packages = "packages",
        /// Organizations.
        Organizations = "organizations",
    }
}
