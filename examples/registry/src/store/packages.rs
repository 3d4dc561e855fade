//! Packages: their versions, grants, settings and stars.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use tollgate::{
    PackageName, Timestamp, UserName,
    facts::{PublishingAccess, ScopeOwner, Visibility},
    value::{GrantedPermission, OrganizationName, Permission},
};

use crate::{
    base::{
        failure::{Failure, fact, other, storable},
        random,
    },
    store::{accounts, database::Tx, facts, search_entries, tarballs::TarballId, teams},
};

/// A version to be added.
#[derive(Debug)]
pub(crate) struct NewVersion<'a> {
    pub(crate) version: &'a str,
    /// The text of the manifest.
    pub(crate) manifest: &'a str,
    pub(crate) tarball: &'a TarballId,
}

/// A package to be created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPackage<'a> {
    pub(crate) name: PackageName<&'a str>,
    pub(crate) visibility: Visibility,
    pub(crate) creator: UserName<&'a str>,
}

/// Creates a package with the same grant that npm gives: `read-write` to the team `developers` if an organization owns
/// the scope, and to the creator otherwise.
pub(crate) async fn create(tx: &mut Tx, new: NewPackage<'_>, now: Timestamp) -> Result<(), Failure> {
    let NewPackage { name, visibility, creator } = new;
    sqlx::query(
        "INSERT INTO packages (name, visibility, publishing_access, revision, created, modified) \
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(name.as_str().to_owned())
    .bind(visibility.as_str().to_owned())
    .bind(PublishingAccess::NoRequirement.as_str().to_owned())
    .bind(random::nonce()?)
    .bind(now.to_string())
    .execute(&mut **tx)
    .await?;
    match (facts::scope_owner(tx, name).await?, name.scope()) {
        (ScopeOwner::Organization, Some(scope)) => {
            let team = teams::developers(fact(scope.as_str().try_into())?)?;
            teams::set_grant(tx, team, name, Some(GrantedPermission::ReadWrite)).await
        }
        _ => set_user_grant(tx, name, creator, Some(GrantedPermission::ReadWrite)).await,
    }
}

/// Replaces the user's own grant on a package, or removes it.
pub(crate) async fn set_user_grant(
    tx: &mut Tx,
    name: PackageName<&str>,
    user: UserName<&str>,
    permission: Option<GrantedPermission>,
) -> Result<(), Failure> {
    sqlx::query("DELETE FROM package_users WHERE package = $1 AND user_name = $2")
        .bind(name.as_str().to_owned())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    if let Some(permission) = permission {
        sqlx::query("INSERT INTO package_users (package, user_name, permission) VALUES ($1, $2, $3)")
            .bind(name.as_str().to_owned())
            .bind(user.as_str().to_owned())
            .bind(permission.as_str().to_owned())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Records a change of the document: gives it a new revision, and brings its search entry up to date.
pub(crate) async fn renew_revision(tx: &mut Tx, name: PackageName<&str>, now: Timestamp) -> Result<(), Failure> {
    search_entries::renew(tx, name).await?;
    sqlx::query("UPDATE packages SET revision = $2, modified = $3 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(random::nonce()?)
        .bind(now.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The maximum number of bytes of a manifest. The document of a package has all its manifests, and is built in memory.
const MAX_MANIFEST: usize = 1024 * 1024;
/// The maximum number of bytes of a deprecation's message.
const MAX_DEPRECATION: usize = 128 * 1024;
/// The maximum number of maintainers. Each takes several statements, and other writers wait meanwhile.
const MAX_MAINTAINERS: usize = 200;
/// The maximum number of bytes of all manifests and deprecations of a package together.
const MAX_MANIFESTS: i64 = 16 * 1024 * 1024;

/// The text of a manifest to be stored.
///
/// # Errors
/// Status 413 if the manifest is too large.
pub(crate) fn manifest_text(manifest: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string(manifest).map_err(other)?;
    if text.len() > MAX_MANIFEST {
        let text = format!("a manifest of {} bytes: expected at most {MAX_MANIFEST}", text.len());
        return Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    Ok(text)
}

/// What must be known of a document before it is built.
#[derive(Debug)]
pub(crate) struct Outline {
    /// The number of bytes of all manifests and deprecations together.
    pub(crate) size: i64,
    /// The organizations whose teams have grants on the package, sorted.
    pub(crate) organizations_of_teams: Vec<OrganizationName>,
}

/// Looks up the outline of a document.
pub(crate) async fn outline(tx: &mut Tx, name: PackageName<&str>) -> Result<Outline, Failure> {
    let (size, organizations): (i64, Option<String>) = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(OCTET_LENGTH(manifest) + OCTET_LENGTH(COALESCE(deprecated, ''))), 0) AS BIGINT), \
         (SELECT STRING_AGG(t.organization, ' ') FROM \
          (SELECT DISTINCT organization FROM package_teams WHERE package = $1) t) \
         FROM versions WHERE package = $1",
    )
    .bind(name.as_str().to_owned())
    .fetch_one(&mut **tx)
    .await?;
    let organizations = organizations.unwrap_or_default();
    let mut organizations_of_teams: Vec<OrganizationName> =
        organizations.split_whitespace().map(|name| fact(name.parse())).collect::<Result<_, _>>()?;
    organizations_of_teams.sort_unstable();
    Ok(Outline { size, organizations_of_teams })
}

/// Checks the size of a package after it was changed. The document of a package is built in memory.
///
/// # Errors
/// Status 413 if its manifests and deprecations are too large together.
pub(crate) async fn check_size(tx: &mut Tx, name: PackageName<&str>) -> Result<(), Failure> {
    let Outline { size, .. } = outline(tx, name).await?;
    if size > MAX_MANIFESTS {
        let text = format!("the manifests of `{name}` would take {size} bytes: expected at most {MAX_MANIFESTS}");
        return Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    Ok(())
}

/// Adds a version.
///
/// # Errors
/// Status 409 if the version was published before, even if it was unpublished since.
pub(crate) async fn insert_version(
    tx: &mut Tx,
    name: PackageName<&str>,
    new: &NewVersion<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let used: Option<(String,)> =
        sqlx::query_as("SELECT version FROM used_versions WHERE package = $1 AND version = $2")
            .bind(name.as_str().to_owned())
            .bind(new.version.to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    if used.is_some() {
        let version = new.version;
        return Err(Failure::conflict(format!(
            "You cannot publish over the previously published versions: {version}."
        )));
    }
    sqlx::query("INSERT INTO used_versions (package, version) VALUES ($1, $2)")
        .bind(name.as_str().to_owned())
        .bind(new.version.to_owned())
        .execute(&mut **tx)
        .await?;
    sqlx::query("INSERT INTO versions (package, version, manifest, tarball, published) VALUES ($1, $2, $3, $4, $5)")
        .bind(name.as_str().to_owned())
        .bind(new.version.to_owned())
        .bind(new.manifest.to_owned())
        .bind(new.tarball.as_str().to_owned())
        .bind(now.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Checks the message of a deprecation.
///
/// # Errors
/// Status 400 for a text that cannot be stored, and 413 for one that is too long.
pub(crate) fn check_deprecation(message: Option<&str>) -> Result<(), Failure> {
    let message = message.unwrap_or_default();
    storable("a deprecation", message)?;
    if message.len() > MAX_DEPRECATION {
        let text = format!("a deprecation of {} bytes: expected at most {MAX_DEPRECATION}", message.len());
        return Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    Ok(())
}

/// Replaces the deprecation of a version, or removes it.
pub(crate) async fn deprecate(
    tx: &mut Tx,
    name: PackageName<&str>,
    version: &str,
    message: Option<String>,
) -> Result<(), Failure> {
    check_deprecation(message.as_deref())?;
    sqlx::query("UPDATE versions SET deprecated = $3 WHERE package = $1 AND version = $2")
        .bind(name.as_str().to_owned())
        .bind(version.to_owned())
        .bind(message)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes a version and the dist-tags that point at it.
pub(crate) async fn remove_version(tx: &mut Tx, name: PackageName<&str>, version: &str) -> Result<(), Failure> {
    sqlx::query("DELETE FROM versions WHERE package = $1 AND version = $2")
        .bind(name.as_str().to_owned())
        .bind(version.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes a package with its versions, tags, grants and stars. These versions cannot be published again, even after a
/// new package of this name is created.
pub(crate) async fn delete(tx: &mut Tx, name: PackageName<&str>) -> Result<(), Failure> {
    sqlx::query("DELETE FROM packages WHERE name = $1").bind(name.as_str().to_owned()).execute(&mut **tx).await?;
    Ok(())
}

/// The id of the tarball of a version.
pub(crate) async fn tarball(tx: &mut Tx, name: PackageName<&str>, version: &str) -> Result<Option<TarballId>, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT tarball FROM versions WHERE package = $1 AND version = $2")
        .bind(name.as_str().to_owned())
        .bind(version.to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|(id,)| TarballId::from_stored(id)))
}

/// Sets whether a package is public or private.
pub(crate) async fn set_visibility(
    tx: &mut Tx,
    name: PackageName<&str>,
    visibility: Visibility,
) -> Result<(), Failure> {
    sqlx::query("UPDATE packages SET visibility = $2 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(visibility.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Sets whether writes to a package need a second factor.
pub(crate) async fn set_publishing_access(
    tx: &mut Tx,
    name: PackageName<&str>,
    access: PublishingAccess,
) -> Result<(), Failure> {
    sqlx::query("UPDATE packages SET publishing_access = $2 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(access.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The users with a read-write grant of their own, sorted.
pub(crate) async fn maintainers(tx: &mut Tx, name: PackageName<&str>) -> Result<Vec<String>, Failure> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT user_name FROM package_users WHERE package = $1 AND permission = $2")
            .bind(name.as_str().to_owned())
            .bind(GrantedPermission::ReadWrite.as_str().to_owned())
            .fetch_all(&mut **tx)
            .await?;
    let mut names: Vec<String> = rows.into_iter().map(|(name,)| name).collect();
    names.sort_unstable();
    Ok(names)
}

/// A change of the maintainers, who are the users with a `read-write` grant of their own.
#[derive(Debug, Default)]
pub(crate) struct MaintainersChange {
    pub(crate) added: Vec<UserName>,
    pub(crate) removed: Vec<UserName>,
}

/// Adds and removes maintainers.
///
/// # Errors
/// Status 409 if an unscoped package would have no maintainer, or if a user to be removed may write only by a team, 413
/// for too many, and 400 if there is no such user.
pub(crate) async fn change_maintainers(
    tx: &mut Tx,
    name: PackageName<&str>,
    change: &MaintainersChange,
) -> Result<(), Failure> {
    for user in &change.added {
        if accounts::account(tx, user.as_borrowed()).await?.is_none() {
            return Err(Failure::bad_request(format!("there is no user `{user}`: expected one with an account")));
        }
    }
    let before = maintainers(tx, name).await?;
    if let Some(user) = change.removed.iter().find(|user| !before.iter().any(|name| name == user.as_str())) {
        return Err(Failure::conflict(format!(
            "`{user}` may write to `{name}` by a team: expected a change of the team or of its access"
        )));
    }
    let after = before.len().saturating_sub(change.removed.len()).saturating_add(change.added.len());
    if after > MAX_MAINTAINERS {
        let text = format!("{after} maintainers: expected at most {MAX_MAINTAINERS}, and a team for more");
        return Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    // An unscoped package without a maintainer might have no user who may change it. A scoped package can still be
    // changed by the owner of its scope.
    if after == 0 && !name.is_scoped() {
        return Err(Failure::conflict(format!(
            "`{name}` would be left without an owner: expected another owner first"
        )));
    }
    for user in &change.removed {
        set_user_grant(tx, name, user.as_borrowed(), None).await?;
    }
    for user in &change.added {
        set_user_grant(tx, name, user.as_borrowed(), Some(GrantedPermission::ReadWrite)).await?;
    }
    Ok(())
}

/// Sets or removes the star of a user.
pub(crate) async fn set_star(
    tx: &mut Tx,
    name: PackageName<&str>,
    user: UserName<&str>,
    star: Star,
) -> Result<(), Failure> {
    let query = match star {
        Star::On => {
            "INSERT INTO stars (package, user_name) VALUES ($1, $2) ON CONFLICT (package, user_name) DO NOTHING"
        }
        Star::Off => "DELETE FROM stars WHERE package = $1 AND user_name = $2",
    };
    sqlx::query(query).bind(name.as_str().to_owned()).bind(user.as_str().to_owned()).execute(&mut **tx).await?;
    // A text of the document that is kept in memory is not shown any more.
    sqlx::query("UPDATE packages SET stars_revision = $2 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(random::nonce()?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether a user has starred a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Star {
    On,
    Off,
}

/// The names of the packages that the user has starred, sorted. The list may contain packages that the caller may not
/// read.
pub(crate) async fn starred_by(tx: &mut Tx, user: &str) -> Result<Vec<String>, Failure> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT package FROM stars WHERE user_name = $1")
        .bind(user.to_owned())
        .fetch_all(&mut **tx)
        .await?;
    let mut packages: Vec<String> = rows.into_iter().map(|(package,)| package).collect();
    packages.sort_unstable();
    Ok(packages)
}

/// The packages on which a user has a grant, directly or by a team, each with the user's highest permission.
pub(crate) async fn of_user(tx: &mut Tx, user: UserName<&str>) -> Result<BTreeMap<String, Permission>, Failure> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT package, permission FROM package_users WHERE user_name = $1 UNION ALL \
         SELECT t.package, t.permission FROM package_teams t \
         JOIN team_members m ON m.organization = t.organization AND m.team = t.team WHERE m.user_name = $1",
    )
    .bind(user.as_str().to_owned())
    .fetch_all(&mut **tx)
    .await?;
    let mut highest: BTreeMap<String, Permission> = BTreeMap::new();
    for (package, permission) in rows {
        let permission: Permission = fact(permission.parse())?;
        highest.entry(package).and_modify(|held| *held = permission.max(*held)).or_insert(permission);
    }
    Ok(highest)
}
