//! The words that npm uses for values of `tollgate`.

use tollgate::value::Permission;

/// npm's word for a permission in listings of collaborators and packages: `read` or `write`.
pub(crate) const fn npm_word(permission: Permission) -> &'static str {
    match permission {
        Permission::ReadWrite => "write",
        Permission::ReadOnly | Permission::NoAccess | _ => "read",
    }
}
