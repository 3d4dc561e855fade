//! The body of `POST /-/npm/v1/tokens`, which asks for a new token, in the three forms that clients send.
//!
//! Sources:
//!
//! - npm 11.19.1: `lib/commands/token.js` and `config/definitions.js`
//! - npm's API reference: `createToken` (`token_description`, `cidr`, `packages: ["*"]`, `expires` as a time, and its
//!   defaults)
//! - npm-profile: `createToken`, which npm 5 to 11.5 called
//!
//! No known client sends `automation`. npm's lists of tokens have a field of this name, so a request may have it too.

use alloc::{format, string::ToString, vec::Vec};
use core::{fmt, str::FromStr, time::Duration};

use super::{
    Body, BodyError, Password,
    body::{BodyFields, BodyNode},
};
use crate::{
    policy::{LegacyTokens, Policy},
    token::{
        GranularSettings, LegacyKind, OrganizationSelection, OrganizationsGrant, PackageOrScope, PackageSelection,
        PackagesGrant, SelectionError, TokenDescription, TwoFactorBypass,
    },
    value::{
        AllowedRanges, GrantedPermission, PackagesPermission, Permission, Quoted, Timestamp, UnknownWordError,
        document::{ErrorAt, Fields, Node, Number, Path, boolean, list, text, word, wrong_kind},
    },
};

/// A request for a new token: the body of `POST /-/npm/v1/tokens`, from npm 11, older clients or clients of npm's API.
///
/// # The fields
///
/// - **Kind.** A field that only granular tokens have, such as `name`, makes the body a request for a granular token,
///   even if the value is null. Any other body is a request for a legacy token: read-only if `readonly` is true,
///   automation if `automation` is true, and publish if neither is. At least one of these two fields is required, so
///   that an empty body is not a request for a publish token.
/// - **Ranges**, `cidr_whitelist` or `cidr`. If the field is null, `[]` or missing, the token may be used from any
///   address. This is the only empty list that is valid, because npm's clients have always sent it for a token without
///   ranges.
/// - **Selections**, `packages`, `scopes` and `orgs`. `packages_all: true` or `packages: ["*"]` selects all packages. A
///   list that is missing selects nothing. A permission above `no-access` must have a selection, and a selection must
///   have such a permission.
/// - **Permission**, `packages_and_scopes_permission`. npm's word for `stage-only` is `read-write-stage-only`.
/// - **Expiry**, `expires`. It is a whole number of days after `now`, or a time. Without it, npm's default is used: 7
///   days if a permission is above `read-only`, otherwise 30 days. If the policy allows only a shorter lifetime, the
///   default is the longest lifetime that the policy allows.
///
/// An unknown field is an error, because it might restrict the token. If a field has two names and the body has
/// different values under them, that is an error too.
///
/// The limits that span several fields are not checked here.
/// [`GranularToken::issue`](crate::token::GranularToken::issue) and
/// [`LegacyToken::issue`](crate::token::LegacyToken::issue) check them.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Policy, Timestamp,
///     npm::{Body, CreateTokenRequest, RequestedToken},
///     token::LegacyKind,
/// };
///
/// let (policy, now) = (Policy::NPM_2025_10, Timestamp::UNIX_EPOCH);
/// let body: Body = serde_json::from_str(r#"{"password": "hunter2", "readonly": true, "cidr_whitelist": []}"#)?;
/// let request = CreateTokenRequest::read(&body, policy, now)?;
/// assert!(matches!(request.token, RequestedToken::Legacy { kind: LegacyKind::ReadOnly, .. }));
///
/// // An empty list of packages does not mean all packages.
/// let body: Body =
///     serde_json::from_str(r#"{"name": "ci", "packages": [], "packages_and_scopes_permission": "read-only"}"#)?;
/// let error = CreateTokenRequest::read(&body, policy, now).unwrap_err();
/// assert_eq!(error.to_string(), "packages: empty selection: expected at least one entry");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The password cannot be printed or serialized:
///
/// ```compile_fail,E0277
/// fn log(request: &tollgate::npm::CreateTokenRequest<'_>) { println!("{}", request.password.unwrap()); }
/// ```
/// ```compile_fail,E0277
/// fn store(request: &tollgate::npm::CreateTokenRequest<'_>) { let _ = serde_json::to_string(&request.password); }
/// ```
#[derive(Debug)]
pub struct CreateTokenRequest<'b> {
    /// The kind and the settings of the new token.
    pub token: RequestedToken,
    /// The owner's password, or `None` if the body has none. Verify it before issuing the token, unless the registry
    /// requires only a second factor.
    pub password: Option<Password<'b>>,
}

/// The kind and the settings of a token that a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestedToken {
    /// A granular token, to be issued by [`GranularToken::issue`](crate::token::GranularToken::issue).
    Granular {
        /// The settings. Each is valid by itself.
        settings: GranularSettings,
    },
    /// A legacy token, to be issued by [`LegacyToken::issue`](crate::token::LegacyToken::issue).
    Legacy {
        /// The kind.
        kind: LegacyKind,
        /// The client addresses that the token may be used from.
        allowed_ranges: AllowedRanges,
    },
}

/// The fields that only a legacy token has.
const LEGACY_FIELDS: [&str; 2] = ["readonly", "automation"];
/// The fields that only a granular token has. A body with any of them is a request for a granular token.
const GRANULAR_FIELDS: [&str; 11] = [
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
    BYPASS_2FA,
];
/// The fields that every token may have.
const COMMON_FIELDS: [&str; 3] = ["password", "cidr_whitelist", "cidr"];
const BYPASS_2FA: &str = "bypass_2fa";
const PACKAGES_PERMISSION: &str = "packages_and_scopes_permission";
const ORGS_PERMISSION: &str = "orgs_permission";

/// The default lifetime of a token with a permission above `read-only`. "Read-write tokens: … defaults to 7 days."
/// (npm's API reference, `expires`)
const DEFAULT_READ_WRITE: Duration = Duration::from_hours(7 * 24);
/// The default lifetime of any other token. "Read-only tokens: … defaults to 30 days." (npm's API reference,
/// `expires`)
const DEFAULT_READ_ONLY: Duration = Duration::from_hours(30 * 24);
const SECONDS_A_DAY: u64 = 24 * 60 * 60;

impl<'b> CreateTokenRequest<'b> {
    /// Reads the body of the request. `now` is the time of issue, from which the days until the expiry are counted.
    ///
    /// `policy` is the one that the token will be issued under. It shortens the default lifetime, if needed. Its limits
    /// are not checked here.
    ///
    /// # Errors
    ///
    /// Returns an error in any of these cases:
    ///
    /// - The body is not an object, or does not show which kind of token it asks for.
    /// - A field is unknown, has a wrong type or value, or belongs to the other kind of token.
    /// - `name` is missing or null, and the body asks for a granular token.
    /// - A selection has no permission, or a permission above `no-access` has no selection.
    /// - A field that has two names has different values under them.
    /// - `expires` is 0 days, or the expiry is after the year 9999.
    ///
    /// The message names the field. It does not repeat the password, or a value that has the shape of a secret.
    pub fn read(body: &'b Body<'b>, policy: Policy, now: Timestamp) -> Result<Self, BodyError> {
        read(&body.0, &policy, now).map_err(|error| without_password(error, &body.0).into())
    }
}

fn read<'b>(node: &'b BodyNode<'b>, policy: &Policy, now: Timestamp) -> Result<CreateTokenRequest<'b>, ErrorAt> {
    let path = Path::Top;
    let known: Vec<&str> = COMMON_FIELDS.into_iter().chain(LEGACY_FIELDS).chain(GRANULAR_FIELDS).collect();
    let fields = Fields::new(node, &path, &known)?;
    let password = fields.optional("password").map(|node| text(node, &path.field("password"))).transpose()?;
    let allowed_ranges = read_either(fields, &path, ["cidr_whitelist", "cidr"], ranges)?.unwrap_or(AllowedRanges::Any);
    let granular = GRANULAR_FIELDS.into_iter().find(|name| fields.optional(name).is_some());
    let token = match granular {
        Some(granular) => {
            if let Some(legacy) = LEGACY_FIELDS.into_iter().find(|name| fields.optional(name).is_some()) {
                let message =
                    format!("a legacy token's field beside `{granular}`: expected fields of one kind of token");
                return Err(path.field(legacy).error(message));
            }
            RequestedToken::Granular { settings: settings(fields, &path, allowed_ranges, (policy, now))? }
        }
        None => RequestedToken::Legacy { kind: legacy_kind(fields, &path, policy)?, allowed_ranges },
    };
    Ok(CreateTokenRequest { token, password: password.map(Password) })
}

fn legacy_kind(fields: BodyFields<'_>, path: &Path<'_>, policy: &Policy) -> Result<LegacyKind, ErrorAt> {
    let (readonly, automation) =
        (optional_boolean(fields, path, "readonly")?, optional_boolean(fields, path, "automation")?);
    if readonly.is_none() && automation.is_none() {
        return Err(path.error(match policy.legacy_tokens() {
            LegacyTokens::Honoured => "no kind of token: expected `readonly`, or the fields of a granular token",
            LegacyTokens::Retired => "no kind of token: expected the fields of a granular token",
        }));
    }
    match (readonly.unwrap_or(false), automation.unwrap_or(false)) {
        (false, false) => Ok(LegacyKind::Publish),
        (true, false) => Ok(LegacyKind::ReadOnly),
        (false, true) => Ok(LegacyKind::Automation),
        (true, true) => Err(path.field("automation").error("true beside `readonly`: expected one of them")),
    }
}

fn settings(
    fields: BodyFields<'_>,
    path: &Path<'_>,
    allowed_ranges: AllowedRanges,
    (policy, now): (&Policy, Timestamp),
) -> Result<GranularSettings, ErrorAt> {
    let at = path.field("name");
    let name = fields.required("name", path)?;
    // npm 11 sends null if the user gave no `--name`.
    if *name == Node::Null {
        return Err(at.error("found null: expected a name, as `npm token create --name` gives it"));
    }
    let name = word(name, &at)?;
    let description: Option<TokenDescription> = read_either(fields, path, ["description", "token_description"], word)?;
    let packages = packages(fields, path)?;
    let organizations = organizations(fields, path)?;
    let bypass_2fa = match optional_boolean(fields, path, BYPASS_2FA)? {
        Some(true) => TwoFactorBypass::On,
        Some(false) | None => TwoFactorBypass::Off,
    };
    let (default, limit) = match packages.permission().max(organizations.permission()) {
        Permission::StageOnly | Permission::ReadWrite => (DEFAULT_READ_WRITE, policy.write_lifetime_at_most()),
        Permission::ReadOnly | Permission::NoAccess => (DEFAULT_READ_ONLY, None),
    };
    let limits = [limit, policy.token_lifetime_at_most()].into_iter().flatten();
    let default = limits.fold(default, Duration::min);
    Ok(GranularSettings {
        name,
        description: description.unwrap_or_default(),
        expires_at: expires_at(fields.optional("expires"), &path.field("expires"), now, default)?,
        allowed_ranges,
        bypass_2fa,
        packages,
        organizations,
    })
}

fn expires_at(
    node: Option<&BodyNode<'_>>,
    at: &Path<'_>,
    now: Timestamp,
    default: Duration,
) -> Result<Timestamp, ErrorAt> {
    let days = match node {
        None => {
            let too_late =
                |_| at.error("no expiry, and the default one is too late: expected an expiry before the year 10000");
            return now.checked_add(default).map_err(too_late);
        }
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

fn packages(fields: BodyFields<'_>, path: &Path<'_>) -> Result<PackagesGrant, ErrorAt> {
    let at = path.field("packages");
    let names = fields.optional("packages").map(|node| not_empty(node, &at)).transpose()?;
    let scopes = fields.optional("scopes").map(|node| parse_names(node, &path.field("scopes"))).transpose()?;
    let is_all = match (names, optional_boolean(fields, path, "packages_all")?) {
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
            // An empty list is an error above, so no entries means that the body has neither list.
            let is_given = !entries.is_empty();
            is_given.then(|| PackageSelection::only(entries)).transpose().map_err(|error| path.error(error))?
        }
    };
    let granted = permission_and_selection(
        fields,
        path,
        PACKAGES_PERMISSION,
        packages_permission,
        (selection, "`packages`, `packages_all` or `scopes`"),
    )?;
    Ok(match granted {
        None => PackagesGrant::NoAccess,
        Some((permission, selection)) => PackagesGrant::Granted { permission, selection },
    })
}

fn organizations(fields: BodyFields<'_>, path: &Path<'_>) -> Result<OrganizationsGrant, ErrorAt> {
    let at = path.field("orgs");
    let selection = match fields.optional("orgs") {
        None => None,
        Some(node) => Some(OrganizationSelection::only(parse_names(node, &at)?).map_err(|error| at.error(error))?),
    };
    Ok(
        match permission_and_selection(fields, path, ORGS_PERMISSION, organizations_permission, (selection, "`orgs`"))?
        {
            None => OrganizationsGrant::NoAccess,
            Some((permission, selection)) => OrganizationsGrant::Granted { permission, selection },
        },
    )
}

/// Parses npm's word for a permission on packages. What the rules call `stage-only` is `read-write-stage-only` here.
fn packages_permission(word: &str) -> Result<PackagesPermission, UnknownWordError> {
    match word {
        "read-only" => Ok(PackagesPermission::ReadOnly),
        "read-write-stage-only" => Ok(PackagesPermission::StageOnly),
        "read-write" => Ok(PackagesPermission::ReadWrite),
        _ => Err(UnknownWordError::new(
            "permission",
            word,
            &["no-access", "read-only", "read-write-stage-only", "read-write"],
        )),
    }
}

/// Parses npm's word for a permission on organizations.
fn organizations_permission(word: &str) -> Result<GrantedPermission, UnknownWordError> {
    let unknown = || UnknownWordError::new("permission", word, &["no-access", "read-only", "read-write"]);
    word.parse().map_err(|_| unknown())
}

/// Reads the permission in the field `name`, and returns it with the selection, or `None` if both are absent. A
/// permission above `no-access` without a selection is an error, and so is the reverse ([L5](crate::docs::rules#l5)).
fn permission_and_selection<P: Copy, S>(
    fields: BodyFields<'_>,
    path: &Path<'_>,
    name: &str,
    words: fn(&str) -> Result<P, UnknownWordError>,
    (selection, select_by): (Option<S>, &str),
) -> Result<Option<(P, S)>, ErrorAt> {
    let at = path.field(name);
    let given = fields.optional(name);
    let permission = match given.map(|node| text(node, &at)).transpose()? {
        None | Some("no-access") => None,
        Some(word) => Some((word, words(word).map_err(|error| at.error(error))?)),
    };
    match (permission, selection) {
        (None, None) => Ok(None),
        (Some((_, permission)), Some(selection)) => Ok(Some((permission, selection))),
        (Some((word, _)), None) => Err(at.error(format!("`{word}` without a selection: expected one by {select_by}"))),
        (None, Some(_)) => {
            let found = if given.is_some() { "`no-access`" } else { "no permission" };
            Err(at.error(format!("{found} with a selection: expected a permission above `no-access`, or no selection")))
        }
    }
}

/// Reads a field that has two names. If the body has both, their values must be equal.
fn read_either<'n, T: PartialEq>(
    fields: BodyFields<'n>,
    path: &Path<'_>,
    names: [&str; 2],
    read: fn(&'n BodyNode<'n>, &Path<'_>) -> Result<T, ErrorAt>,
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

/// Reads the allowed ranges. This is the only field in which null or an empty list means that everything is allowed:
/// npm's clients have always sent these values for a token without ranges.
fn ranges(node: &BodyNode<'_>, at: &Path<'_>) -> Result<AllowedRanges, ErrorAt> {
    if *node == Node::Null || list(node, at)?.is_empty() {
        return Ok(AllowedRanges::Any);
    }
    AllowedRanges::only(parse_all(node, at)?).map_err(|error| at.error(error))
}

fn optional_boolean(fields: BodyFields<'_>, path: &Path<'_>, name: &str) -> Result<Option<bool>, ErrorAt> {
    fields.optional(name).map(|node| boolean(node, &path.field(name))).transpose()
}

fn not_empty<'n>(node: &'n BodyNode<'n>, at: &Path<'_>) -> Result<&'n [BodyNode<'n>], ErrorAt> {
    let items = list(node, at)?;
    if items.is_empty() { Err(at.error(SelectionError::Empty)) } else { Ok(items) }
}

fn parse_all<T: FromStr<Err: fmt::Display>>(node: &BodyNode<'_>, at: &Path<'_>) -> Result<Vec<T>, ErrorAt> {
    not_empty(node, at)?.iter().enumerate().map(|(index, item)| word(item, &at.item(index))).collect()
}

/// Reads a list of names of scopes or organizations. `*` is a valid name of a scope or an organization, but a client
/// that sends `*` means "all", so `*` is an error here.
fn parse_names<T: FromStr<Err: fmt::Display>>(node: &BodyNode<'_>, at: &Path<'_>) -> Result<Vec<T>, ErrorAt> {
    let means_all = |node: &BodyNode<'_>| is_star(node) || matches!(node, Node::Text(text) if &**text == "@*");
    match not_empty(node, at)?.iter().position(means_all) {
        Some(star) => Err(at.item(star).error("found `*`: expected a name: only `packages` can select all")),
        None => parse_all(node, at),
    }
}

fn is_star(node: &BodyNode<'_>) -> bool {
    matches!(node, Node::Text(text) if &**text == "*")
}

/// The number of characters of the password that are searched for in a message.
///
/// A message repeats only the start of a long value, and can end in the middle of a password. A search for the whole
/// password would then not find it.
const PASSWORD_START: usize = 8;

/// Replaces an error whose message would repeat the password. An error repeats the value of its field, and the user may
/// have put the password into any field by mistake.
fn without_password(error: ErrorAt, node: &BodyNode<'_>) -> ErrorAt {
    let Node::Object(entries) = node else { return error };
    let repeats_password = entries.iter().any(|(name, value)| match value {
        Node::Text(password) if &**name == "password" && !password.is_empty() => {
            let start: alloc::string::String = password.chars().take(PASSWORD_START).collect();
            let printed = Quoted(&start).to_string();
            printed.get(1..printed.len().saturating_sub(1)).is_some_and(|printed| error.to_string().contains(printed))
        }
        Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) | Node::List(_) | Node::Object(_) => false,
    });
    if repeats_password {
        Path::Top.error("an error that would repeat the password: expected the password in `password` only")
    } else {
        error
    }
}
