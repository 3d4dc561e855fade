//! Reads a token from a document: a `StoredToken`, or a directory's file.
//!
//! Reading has two steps. `read` checks the shape of the document: which fields it has, and the type of each. It stops
//! at the first error. `build` checks the values, and collects every error with the path of its field.

use alloc::vec::Vec;

use super::{
    GranularSettings, GranularToken, GranularTokenError, LegacyKind, LegacyToken, OrganizationSelection,
    OrganizationsGrant, PackageOrScope, PackageSelection, PackagesGrant, SelectionError, SessionToken, Token,
    TokenDescription, TwoFactorBypass,
};
use crate::{
    token::{TokenFacts, secret::TokenId},
    value::{
        AllowedRanges, GrantedPermission, NameError, PackagesPermission, Permission, Timestamp, UnknownWordError,
        document::{self, ErrorAt, Fields, Node, Path, keep},
    },
};

/// The fields of a token whose shape is checked and whose values are not.
pub(crate) struct RawToken<'n> {
    pub(crate) key: &'n str,
    pub(crate) owner: &'n str,
    created: Timestamp,
    revoked: Option<Timestamp>,
    cidr: Option<Vec<&'n str>>,
    kind: RawKind<'n>,
}

enum RawKind<'n> {
    Legacy(LegacyKind),
    Granular(RawGranular<'n>),
    Session { expires: Timestamp },
}

pub(crate) struct RawGranular<'n> {
    name: &'n str,
    description: &'n str,
    expires: Timestamp,
    bypass_2fa: bool,
    packages: RawPackages<'n>,
    orgs: RawOrgs<'n>,
}

struct RawPackages<'n> {
    /// `None` for `no-access`.
    permission: Option<PackagesPermission>,
    select: Option<RawSelect<'n>>,
}

enum RawSelect<'n> {
    All,
    Only { packages: Option<Vec<&'n str>>, scopes: Option<Vec<&'n str>> },
}

struct RawOrgs<'n> {
    /// `None` for `no-access`.
    permission: Option<GrantedPermission>,
    select: Option<Vec<&'n str>>,
}

impl<'n> RawToken<'n> {
    /// Checks the shape of a token. `key_field` is the name of the field with the public id. The caller has checked for
    /// unknown fields, because each kind of document has fields of its own beside those of the token.
    pub(crate) fn read(fields: &Fields<'n>, path: &Path<'_>, key_field: &str) -> Result<Self, ErrorAt> {
        let required = |name: &'static str| fields.required(name, path);
        let key = document::text(fields.required(key_field, path)?, &path.field(key_field))?;
        let owner = document::text(required("owner")?, &path.field("owner"))?;
        let created = document::word(required("created")?, &path.field("created"))?;
        let revoked = document::nullable_word(required("revoked")?, &path.field("revoked"))?;
        let cidr = required("cidr")?;
        let cidr =
            if *cidr == Node::Null { None } else { Some(document::each(cidr, &path.field("cidr"), document::text)?) };
        let kind = match (fields.optional("legacy"), fields.optional("granular"), fields.optional("session")) {
            (Some(legacy), None, None) => RawKind::Legacy(document::word(legacy, &path.field("legacy"))?),
            (None, Some(granular), None) => RawKind::Granular(RawGranular::read(granular, &path.field("granular"))?),
            (None, None, Some(session)) => {
                let path = path.field("session");
                let fields = Fields::new(session, &path, &["expires"])?;
                let expires = document::word(fields.required("expires", &path)?, &path.field("expires"))?;
                RawKind::Session { expires }
            }
            (None, None, None) => {
                return Err(path.error("none of `legacy`, `granular` and `session`: expected one of them"));
            }
            (_, _, _) => {
                return Err(path.error("more than one of `legacy`, `granular` and `session`: expected one of them"));
            }
        };
        Ok(Self { key, owner, created, revoked, cidr, kind })
    }

    /// Checks the values of a token. Returns the token, or adds every error to `errors`.
    pub(crate) fn build(&self, path: &Path<'_>, key_field: &str, errors: &mut Vec<ErrorAt>) -> Option<Token> {
        let key = keep(TokenId::new(self.key), &path.field(key_field), errors);
        let owner = keep(self.owner.parse(), &path.field("owner"), errors);
        let allowed_ranges = ranges(self.cidr.as_deref(), &path.field("cidr"), errors);
        let (created, revoked) = (self.created, self.revoked);
        match &self.kind {
            RawKind::Legacy(kind) => Some(
                LegacyToken::load(TokenFacts { id: key?, owner: owner?, created, revoked }, *kind, allowed_ranges?)
                    .into(),
            ),
            RawKind::Session { expires } => Some(
                SessionToken::load(TokenFacts { id: key?, owner: owner?, created, revoked }, *expires, allowed_ranges?)
                    .into(),
            ),
            RawKind::Granular(granular) => {
                let path = path.field("granular");
                let before = errors.len();
                let settings = granular.build(created, allowed_ranges, &path, errors);
                let (key, owner, settings) = (key?, owner?, settings?);
                if errors.len() > before {
                    return None;
                }
                keep(GranularToken::load(TokenFacts { id: key, owner, created, revoked }, settings), &path, errors)
                    .map(Into::into)
            }
        }
    }
}

/// Returns the values that `read` gives for the texts of a list, or adds every error to `errors` with the path of its
/// item.
fn keep_all<T, E: core::fmt::Display>(
    list: &[&str],
    read: impl Fn(&str) -> Result<T, E>,
    path: &Path<'_>,
    errors: &mut Vec<ErrorAt>,
) -> Option<Vec<T>> {
    let before = errors.len();
    let mut values = Vec::with_capacity(list.len());
    for (index, text) in list.iter().enumerate() {
        values.extend(keep(read(text), &path.item(index), errors));
    }
    (errors.len() == before).then_some(values)
}

/// Reads `cidr`, which is null for any address, or else a list that is not empty.
pub(crate) fn ranges(cidr: Option<&[&str]>, path: &Path<'_>, errors: &mut Vec<ErrorAt>) -> Option<AllowedRanges> {
    match cidr {
        None => Some(AllowedRanges::Any),
        Some(list) => {
            let ranges = keep_all(list, str::parse, path, errors)?;
            keep(AllowedRanges::only(ranges), path, errors)
        }
    }
}

impl<'n> RawGranular<'n> {
    pub(crate) fn read(node: &'n Node, path: &Path<'_>) -> Result<Self, ErrorAt> {
        const KNOWN: &[&str] = &["name", "description", "expires", "bypass_2fa", "packages_and_scopes", "orgs"];
        let fields = Fields::new(node, path, KNOWN)?;
        let name = document::text(fields.required("name", path)?, &path.field("name"))?;
        let at = path.field("description");
        let description = fields.optional("description").map_or(Ok(""), |node| document::text(node, &at))?;
        let expires = document::word(fields.required("expires", path)?, &path.field("expires"))?;
        let at = path.field("bypass_2fa");
        let bypass_2fa = fields.optional("bypass_2fa").map_or(Ok(false), |node| document::boolean(node, &at))?;
        let packages = match fields.optional("packages_and_scopes") {
            None => RawPackages { permission: None, select: None },
            Some(node) => RawPackages::read(node, &path.field("packages_and_scopes"))?,
        };
        let orgs = match fields.optional("orgs") {
            None => RawOrgs { permission: None, select: None },
            Some(node) => RawOrgs::read(node, &path.field("orgs"))?,
        };
        Ok(Self { name, description, expires, bypass_2fa, packages, orgs })
    }

    pub(crate) fn build(
        &self,
        created: Timestamp,
        allowed_ranges: Option<AllowedRanges>,
        path: &Path<'_>,
        errors: &mut Vec<ErrorAt>,
    ) -> Option<GranularSettings> {
        let name = keep(self.name.parse(), &path.field("name"), errors);
        let description: Option<TokenDescription> = keep(self.description.parse(), &path.field("description"), errors);
        let bypass_2fa = if self.bypass_2fa { TwoFactorBypass::On } else { TwoFactorBypass::Off };
        let packages = self.packages.build(&path.field("packages_and_scopes"), errors);
        let organizations = self.orgs.build(&path.field("orgs"), errors);
        // A limit that spans several fields is reported at the field that the user would change.
        let permissions = (
            self.packages.permission.map_or(Permission::NoAccess, Permission::from),
            self.orgs.permission.map_or(Permission::NoAccess, Permission::from),
        );
        for broken in super::granular::broken_limits(created, self.expires, bypass_2fa, permissions.0, permissions.1) {
            let at = match broken {
                GranularTokenError::ExpiresTooSoon { .. } | GranularTokenError::CreatedTooLate { .. } => {
                    path.field("expires")
                }
                GranularTokenError::BypassWithoutReadWrite => path.field("bypass_2fa"),
                GranularTokenError::NoPermission => *path,
            };
            errors.push(at.error(broken));
        }
        Some(GranularSettings {
            name: name?,
            description: description?,
            expires_at: self.expires,
            allowed_ranges: allowed_ranges?,
            bypass_2fa,
            packages: packages?,
            organizations: organizations?,
        })
    }
}

/// Checks that a permission above `no-access` has a selection, and that `no-access` has none
/// ([L5](crate::docs::rules#l5)).
fn selection<'s, P: core::fmt::Display, T>(
    permission: Option<P>,
    select: Option<&'s T>,
    path: &Path<'_>,
) -> Result<Option<(P, &'s T)>, ErrorAt> {
    match (permission, select) {
        (None, None) => Ok(None),
        (Some(granted), Some(select)) => Ok(Some((granted, select))),
        (None, Some(_)) => Err(path.field("select").error("a selection with `no-access`: expected none")),
        (Some(granted), None) => {
            Err(path.field("select").error(alloc::format!("no selection with `{granted}`: expected one")))
        }
    }
}

/// Reads a permission: `None` for `no-access`, and otherwise one of the words of `P`.
fn permission<P: Copy + Into<Permission> + core::str::FromStr<Err = UnknownWordError>>(
    fields: &Fields<'_>,
    path: &Path<'_>,
    words: &'static [&'static str],
) -> Result<Option<P>, ErrorAt> {
    let path_of_it = path.field("permission");
    let text = document::text(fields.required("permission", path)?, &path_of_it)?;
    if text == Permission::NoAccess.as_str() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_: UnknownWordError| path_of_it.error(UnknownWordError::new("permission", text, words)))
}

/// Returns the value of `result`, or adds its error, which has a path already, to `errors`.
fn note<T>(result: Result<T, ErrorAt>, errors: &mut Vec<ErrorAt>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

impl<'n> RawPackages<'n> {
    fn read(node: &'n Node, path: &Path<'_>) -> Result<Self, ErrorAt> {
        let fields = Fields::new(node, path, &["permission", "select"])?;
        let permission = permission(&fields, path, &["no-access", "read-only", "stage-only", "read-write"])?;
        let at = path.field("select");
        let select = match fields.optional("select") {
            None => None,
            Some(Node::Text(text)) if &**text == "all" => Some(RawSelect::All),
            Some(node @ Node::Object(_)) => {
                let fields = Fields::new(node, &at, &["packages", "scopes"])?;
                let list = |name| {
                    fields.optional(name).map(|node| document::each(node, &at.field(name), document::text)).transpose()
                };
                Some(RawSelect::Only { packages: list("packages")?, scopes: list("scopes")? })
            }
            Some(node) => {
                return Err(document::wrong_kind(node, &at, "`all`, or an object with `packages` and `scopes`"));
            }
        };
        Ok(Self { permission, select })
    }

    fn build(&self, path: &Path<'_>, errors: &mut Vec<ErrorAt>) -> Option<PackagesGrant> {
        let Some((permission, select)) = note(selection(self.permission, self.select.as_ref(), path), errors)? else {
            return Some(PackagesGrant::NoAccess);
        };
        let path = path.field("select");
        let selection = match select {
            RawSelect::All => PackageSelection::All,
            RawSelect::Only { packages, scopes } => {
                let mut entries = |field, list: &Option<Vec<&str>>, read: fn(&str) -> Result<_, NameError>| {
                    let Some(list) = list else { return Some(Vec::new()) };
                    let at = path.field(field);
                    if list.is_empty() {
                        errors.push(at.error(SelectionError::Empty));
                        return None;
                    }
                    keep_all(list, read, &at, errors)
                };
                let packages = entries("packages", packages, |text| text.parse().map(PackageOrScope::Package));
                let scopes = entries("scopes", scopes, |text| text.parse().map(PackageOrScope::Scope));
                keep(PackageSelection::only(packages?.into_iter().chain(scopes?)), &path, errors)?
            }
        };
        Some(PackagesGrant::Granted { permission, selection })
    }
}

impl<'n> RawOrgs<'n> {
    fn read(node: &'n Node, path: &Path<'_>) -> Result<Self, ErrorAt> {
        let fields = Fields::new(node, path, &["permission", "select"])?;
        let permission = permission(&fields, path, &["no-access", "read-only", "read-write"])?;
        let select = fields
            .optional("select")
            .map(|node| document::each(node, &path.field("select"), document::text))
            .transpose()?;
        Ok(Self { permission, select })
    }

    fn build(&self, path: &Path<'_>, errors: &mut Vec<ErrorAt>) -> Option<OrganizationsGrant> {
        let Some((permission, select)) = note(selection(self.permission, self.select.as_ref(), path), errors)? else {
            return Some(OrganizationsGrant::NoAccess);
        };
        let path = path.field("select");
        let organizations = keep_all(select, str::parse, &path, errors)?;
        let selection = keep(OrganizationSelection::only(organizations), &path, errors)?;
        Some(OrganizationsGrant::Granted { permission, selection })
    }
}
