//! `POST /-/npm/v1/tokens`: what a person wants a token to be, in the three spellings that clients send.
//!
//! Sources: npm 11.19.1's `lib/commands/token.js` and `config/definitions.js`; the registry's API reference, `createToken`
//! (`token_description`, `cidr`, `packages: ["*"]`, `expires` as a time, the defaults of it); `createToken` of npm-profile,
//! which npm 5 to 11.5 called. No client makes an automation token; `automation` is what lists called one.

use alloc::{format, string::ToString, vec::Vec};
use core::{fmt, str::FromStr, time::Duration};

use super::{Body, BodyError, Password};
use crate::{
    token::{
        GranularSettings, LegacyKind, OrganizationSelection, OrganizationsGrant, PackageOrScope, PackageSelection,
        PackagesGrant, SelectionError, TokenDescription, TwoFactorBypass,
    },
    value::{
        AllowedRanges, GrantedPermission, Permission, Quoted, Timestamp,
        document::{ErrorAt, Fields, Node, Number, Path, boolean, list, text, word, wrong_kind},
    },
};

/// **The body that asks for a new token**, of npm 11, of the registry's API or of older clients, read whole or not at all.
///
/// - Granular if it has any field that only a granular token has (`name`, even as null, among them), else legacy by
///   `readonly` and `automation`, a publish token where neither is true. One of the two has to be there: every client
///   sends `readonly`, and a body that says nothing is not the widest token there is.
/// - `cidr_whitelist` or `cidr`: null, `[]` and no field mean any address, here and nowhere else. Every other empty
///   list and null is an error, and no absent list means everything: `packages_all: true` or `packages: ["*"]` does.
/// - A selection has a permission above `no-access` beside it, and such a permission a selection.
/// - `expires`: whole days from `now`, or a time; without it npm's default, 7 days with `read-write` and else 30.
/// - An unknown field is an error, for it might be a restriction; so are two spellings that differ.
///
/// What no field can say alone (L4 to L9) is checked by [`GranularToken::issue`](crate::token::GranularToken::issue) and
/// [`LegacyToken::issue`](crate::token::LegacyToken::issue).
///
/// ```
/// use tollgate::{
///     Timestamp,
///     npm::{Body, CreateTokenRequest, RequestedToken},
///     token::LegacyKind,
/// };
///
/// let now = Timestamp::UNIX_EPOCH;
/// let body: Body = serde_json::from_str(r#"{"password": "hunter2", "readonly": true, "cidr_whitelist": []}"#)?;
/// let request = CreateTokenRequest::read(&body, now)?;
/// assert!(matches!(request.token, RequestedToken::Legacy { kind: LegacyKind::ReadOnly, .. }));
///
/// let body: Body =
///     serde_json::from_str(r#"{"name": "ci", "packages": [], "packages_and_scopes_permission": "read-only"}"#)?;
/// let error = CreateTokenRequest::read(&body, now).unwrap_err();
/// assert_eq!(error.to_string(), "packages: empty selection: expected at least one entry");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// Its password cannot be printed or serialized:
///
/// ```compile_fail,E0277
/// fn log(request: &tollgate::npm::CreateTokenRequest<'_>) { println!("{}", request.password.unwrap()); }
/// ```
/// ```compile_fail,E0277
/// fn store(request: &tollgate::npm::CreateTokenRequest<'_>) { let _ = serde_json::to_string(&request.password); }
/// ```
#[derive(Debug)]
pub struct CreateTokenRequest<'b> {
    /// What is asked for.
    pub token: RequestedToken,
    /// The owner's password, to be verified first. A registry that asks for a second factor only may do without.
    pub password: Option<Password<'b>>,
}

/// What a token is asked to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestedToken {
    /// For [`GranularToken::issue`](crate::token::GranularToken::issue).
    Granular {
        /// Each valid by itself.
        settings: GranularSettings,
    },
    /// For [`LegacyToken::issue`](crate::token::LegacyToken::issue).
    Legacy {
        /// Read-only, automation or publish.
        kind: LegacyKind,
        /// Where it may be used from.
        allowed_ranges: AllowedRanges,
    },
}

/// Fields of a legacy token only.
const LEGACY: [&str; 2] = ["readonly", "automation"];
/// Fields of a granular token only: any of them makes the body a granular one.
const GRANULAR: [&str; 11] = [
    "name",
    "description",
    "token_description",
    "packages",
    "packages_all",
    "scopes",
    "orgs",
    PACKAGES_PERMISSION,
    ORGS_PERMISSION,
    "expires",
    BYPASS,
];
const BOTH: [&str; 3] = ["password", "cidr_whitelist", "cidr"];
const BYPASS: &str = "bypass_2fa";
const PACKAGES_PERMISSION: &str = "packages_and_scopes_permission";
const ORGS_PERMISSION: &str = "orgs_permission";

/// "Read-write tokens: … defaults to 7 days. Read-only tokens: … defaults to 30 days." (API reference, `expires`)
const DEFAULT_DAYS_READ_WRITE: u64 = 7;
const DEFAULT_DAYS_READ_ONLY: u64 = 30;
const SECONDS_A_DAY: u64 = 24 * 60 * 60;

impl<'b> CreateTokenRequest<'b> {
    /// Reads the body. `now` is the time that the token is made, from which days are counted.
    ///
    /// # Errors
    /// Not an object; a field that is unknown, of the wrong type, of the other kind of token or not valid by itself; a
    /// selection without permission or the other way round; two spellings that differ; less than a day, or an end after
    /// the year 9999. The message names the field and repeats neither the password nor what has the shape of a secret.
    pub fn read(body: &'b Body, now: Timestamp) -> Result<Self, BodyError> {
        read(&body.0, now).map_err(|error| without_password(error, &body.0).into())
    }
}

fn read(node: &Node, now: Timestamp) -> Result<CreateTokenRequest<'_>, ErrorAt> {
    let path = Path::Top;
    let known: Vec<&str> = BOTH.into_iter().chain(LEGACY).chain(GRANULAR).collect();
    let fields = Fields::new(node, &path, &known)?;
    let password = fields.optional("password").map(|node| text(node, &path.field("password"))).transpose()?;
    let allowed_ranges = either(fields, &path, ["cidr_whitelist", "cidr"], ranges)?.unwrap_or(AllowedRanges::Any);
    let granular = GRANULAR.into_iter().find(|name| fields.optional(name).is_some());
    let token = match granular {
        Some(granular) => {
            if let Some(legacy) = LEGACY.into_iter().find(|name| fields.optional(name).is_some()) {
                let message =
                    format!("a legacy token's field beside `{granular}`: expected fields of one kind of token");
                return Err(path.field(legacy).error(message));
            }
            RequestedToken::Granular { settings: settings(fields, &path, allowed_ranges, now)? }
        }
        None => RequestedToken::Legacy { kind: legacy_kind(fields, &path)?, allowed_ranges },
    };
    Ok(CreateTokenRequest { token, password: password.map(Password) })
}

fn legacy_kind(fields: Fields<'_>, path: &Path<'_>) -> Result<LegacyKind, ErrorAt> {
    let (readonly, automation) = (flag(fields, path, "readonly")?, flag(fields, path, "automation")?);
    if readonly.is_none() && automation.is_none() {
        return Err(path.error("no kind of token: expected `readonly`, or the fields of a granular token"));
    }
    match (readonly.unwrap_or(false), automation.unwrap_or(false)) {
        (false, false) => Ok(LegacyKind::Publish),
        (true, false) => Ok(LegacyKind::ReadOnly),
        (false, true) => Ok(LegacyKind::Automation),
        (true, true) => Err(path.field("automation").error("true beside `readonly`: expected one of them")),
    }
}

fn settings(
    fields: Fields<'_>,
    path: &Path<'_>,
    allowed_ranges: AllowedRanges,
    now: Timestamp,
) -> Result<GranularSettings, ErrorAt> {
    let at = path.field("name");
    let name = fields.required("name", path)?;
    // What npm 11 sends where a person gave none.
    if *name == Node::Null {
        return Err(at.error("found null: expected a name, as `npm token create --name` gives it"));
    }
    let name = word(name, &at)?;
    let description: Option<TokenDescription> = either(fields, path, ["description", "token_description"], word)?;
    let packages = packages(fields, path)?;
    let organizations = organizations(fields, path)?;
    let bypass_2fa = match flag(fields, path, BYPASS)? {
        Some(true) => TwoFactorBypass::On,
        Some(false) | None => TwoFactorBypass::Off,
    };
    let default_days = match packages.permission().max(organizations.permission()) {
        Permission::ReadWrite => DEFAULT_DAYS_READ_WRITE,
        Permission::ReadOnly | Permission::NoAccess => DEFAULT_DAYS_READ_ONLY,
    };
    Ok(GranularSettings {
        name,
        description: description.unwrap_or_default(),
        expires_at: expires_at(fields.optional("expires"), &path.field("expires"), now, default_days)?,
        allowed_ranges,
        bypass_2fa,
        packages,
        organizations,
    })
}

fn expires_at(node: Option<&Node>, at: &Path<'_>, now: Timestamp, default_days: u64) -> Result<Timestamp, ErrorAt> {
    let days = match node {
        None => default_days,
        Some(Node::Number(Number::Whole(0))) => return Err(at.error("found 0 days: expected at least 1")),
        Some(Node::Number(Number::Whole(days))) => *days,
        Some(Node::Text(time)) => return time.parse().map_err(|error| at.error(error)),
        Some(node) => return Err(wrong_kind(node, at, "a whole number of days, or a time")),
    };
    let expires_at = days.checked_mul(SECONDS_A_DAY).map(|seconds| now.checked_add(Duration::from_secs(seconds)));
    match expires_at {
        Some(Ok(expires_at)) => Ok(expires_at),
        Some(Err(_)) | None => Err(at.error(format!("found {days} days: expected an end before the year 10000"))),
    }
}

fn packages(fields: Fields<'_>, path: &Path<'_>) -> Result<PackagesGrant, ErrorAt> {
    let at = path.field("packages");
    let names = fields.optional("packages").map(|node| not_empty(node, &at)).transpose()?;
    let scopes = fields.optional("scopes").map(|node| all_named(node, &path.field("scopes"))).transpose()?;
    let is_all = match (names, flag(fields, path, "packages_all")?) {
        (Some([only]), Some(false)) if is_star(only) => {
            return Err(path
                .field("packages_all")
                .error("false beside `*` in `packages`: expected both to say the same"));
        }
        (Some([only]), Some(true) | None) if is_star(only) => true,
        (Some(names), _) if names.iter().any(is_star) => {
            return Err(at.error("`*` beside other entries: expected it alone, or none"));
        }
        (Some(_), Some(true)) => {
            return Err(at.error("a list beside `packages_all`: expected one of them"));
        }
        (None, Some(true)) => true,
        (_, Some(false) | None) => false,
    };
    let selection = match (is_all, scopes) {
        (true, Some(_)) => {
            return Err(path.field("scopes").error("a list beside all packages: expected one of them"));
        }
        (true, None) => Some(PackageSelection::All),
        (false, scopes) => {
            let mut entries: Vec<PackageOrScope> = scopes.into_iter().flatten().map(PackageOrScope::Scope).collect();
            for (index, name) in names.into_iter().flatten().enumerate() {
                entries.push(PackageOrScope::Package(word(name, &at.item(index))?));
            }
            // Without either list there is no selection; a list that was given has an entry.
            let is_given = !entries.is_empty();
            is_given.then(|| PackageSelection::only(entries)).transpose().map_err(|error| path.error(error))?
        }
    };
    let granted = granted(fields, path, PACKAGES_PERMISSION, selection, "`packages`, `packages_all` or `scopes`")?;
    Ok(match granted {
        None => PackagesGrant::NoAccess,
        Some((permission, selection)) => PackagesGrant::Granted { permission, selection },
    })
}

fn organizations(fields: Fields<'_>, path: &Path<'_>) -> Result<OrganizationsGrant, ErrorAt> {
    let at = path.field("orgs");
    let selection = match fields.optional("orgs") {
        None => None,
        Some(node) => Some(OrganizationSelection::only(all_named(node, &at)?).map_err(|error| at.error(error))?),
    };
    Ok(match granted(fields, path, ORGS_PERMISSION, selection, "`orgs`")? {
        None => OrganizationsGrant::NoAccess,
        Some((permission, selection)) => OrganizationsGrant::Granted { permission, selection },
    })
}

/// A permission and a selection: both or neither (L5).
fn granted<S>(
    fields: Fields<'_>,
    path: &Path<'_>,
    name: &str,
    selection: Option<S>,
    select_by: &str,
) -> Result<Option<(GrantedPermission, S)>, ErrorAt> {
    let at = path.field(name);
    let given = fields.optional(name);
    let permission = match given.map(|node| text(node, &at)).transpose()? {
        None => Permission::NoAccess,
        Some("read-write-stage-only") => {
            return Err(at.error(
                "found `read-write-stage-only`, which this registry does not have: expected one of `no-access`, `read-only`, `read-write`",
            ));
        }
        Some(word) => word.parse().map_err(|error| at.error(error))?,
    };
    let permission = match permission {
        Permission::NoAccess => None,
        Permission::ReadOnly => Some(GrantedPermission::ReadOnly),
        Permission::ReadWrite => Some(GrantedPermission::ReadWrite),
    };
    match (permission, selection) {
        (None, None) => Ok(None),
        (Some(permission), Some(selection)) => Ok(Some((permission, selection))),
        (Some(permission), None) => {
            Err(at.error(format!("`{permission}` without a selection: expected one by {select_by}")))
        }
        (None, Some(_)) => {
            let found = if given.is_some() { "`no-access`" } else { "no permission" };
            Err(at.error(format!("{found} with a selection: expected `read-only` or `read-write`, or no selection")))
        }
    }
}

/// A field under either of two names; under both, if they say the same.
fn either<'n, T: PartialEq>(
    fields: Fields<'n>,
    path: &Path<'_>,
    names: [&str; 2],
    read: fn(&'n Node, &Path<'_>) -> Result<T, ErrorAt>,
) -> Result<Option<T>, ErrorAt> {
    let [first, second] = names;
    let value = |name| fields.optional(name).map(|node| read(node, &path.field(name))).transpose();
    match (value(first)?, value(second)?) {
        (Some(one), Some(other)) if one != other => {
            Err(path.field(second).error(format!("differs from `{first}`: expected one of them, or both alike")))
        }
        (Some(value), _) | (None, Some(value)) => Ok(Some(value)),
        (None, None) => Ok(None),
    }
}

/// The one place where an empty list means none at all: what npm has always sent for a token without ranges.
fn ranges(node: &Node, at: &Path<'_>) -> Result<AllowedRanges, ErrorAt> {
    if *node == Node::Null || list(node, at)?.is_empty() {
        return Ok(AllowedRanges::Any);
    }
    AllowedRanges::only(all_parsed(node, at)?).map_err(|error| at.error(error))
}

fn flag(fields: Fields<'_>, path: &Path<'_>, name: &str) -> Result<Option<bool>, ErrorAt> {
    fields.optional(name).map(|node| boolean(node, &path.field(name))).transpose()
}

fn not_empty<'n>(node: &'n Node, at: &Path<'_>) -> Result<&'n [Node], ErrorAt> {
    let items = list(node, at)?;
    if items.is_empty() { Err(at.error(SelectionError::Empty)) } else { Ok(items) }
}

fn all_parsed<T: FromStr<Err: fmt::Display>>(node: &Node, at: &Path<'_>) -> Result<Vec<T>, ErrorAt> {
    not_empty(node, at)?.iter().enumerate().map(|(index, item)| word(item, &at.item(index))).collect()
}

/// The names of scopes or organizations. Both can be called `*`, but who writes that means something else.
fn all_named<T: FromStr<Err: fmt::Display>>(node: &Node, at: &Path<'_>) -> Result<Vec<T>, ErrorAt> {
    let is_meant_for_all = |node: &Node| is_star(node) || matches!(node, Node::Text(text) if &**text == "@*");
    match not_empty(node, at)?.iter().position(is_meant_for_all) {
        Some(star) => Err(at.item(star).error("found `*`: expected a name, for only `packages` has a word for all")),
        None => all_parsed(node, at),
    }
}

fn is_star(node: &Node) -> bool {
    matches!(node, Node::Text(text) if &**text == "*")
}

/// The longest start of a password that is looked for in a message. An error repeats the start of a value: where the
/// password stands behind something else, that may end within it.
const PASSWORD_START: usize = 8;

/// An error repeats values: not the password, into whatever field it was put by mistake.
fn without_password(error: ErrorAt, node: &Node) -> ErrorAt {
    let Node::Object(entries) = node else { return error };
    let is_told = entries.iter().any(|(name, value)| match value {
        Node::Text(password) if &**name == "password" && !password.is_empty() => {
            let start: alloc::string::String = password.chars().take(PASSWORD_START).collect();
            let printed = Quoted(&start).to_string();
            printed.get(1..printed.len().saturating_sub(1)).is_some_and(|printed| error.to_string().contains(printed))
        }
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) | Node::List(_) | Node::Object(_) => false,
    });
    if is_told {
        Path::Top.error("an error that would repeat the password: expected the password in `password` only")
    } else {
        error
    }
}
