//! `GET /-/npm/v1/tokens` and the reply to a creation: a token as clients read it.
//!
//! What npm 11.19.1's `lib/commands/token.js` does with each field is noted at [`Form`]; the rest is the registry's API
//! reference, `listTokens` and `createToken`.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde::{Serialize, Serializer};

use crate::{
    token::{
        GranularToken, LegacyKind, MintedSecret, OrganizationsGrant, PackageSelection, PackagesGrant, SecretHint,
        Token, TokenDescription, TokenId, TokenKind, TwoFactorBypass,
    },
    value::{AllowedRanges, IpRange, Permission, Timestamp},
};

/// **A token in a list**, in npm's spelling and the API's at once. `Serialize` only.
///
/// - `token` is the first four characters of the secret, nothing of a short one: npm prints it with an ellipsis, and
///   revokes by full text only where that starts with some `token` of the list. `hint` has the first and last four.
/// - `cidr_whitelist` is null without ranges, for npm prints a line about any list; `cidr` is `[]` then.
/// - A legacy token's `name` is its kind in parentheses, such as `(legacy publish)`, which no granular token can be
///   called; it has no `expires`, `expiry`, `permissions`, `scopes` and `packages_all`.
/// - Not for decisions: nothing here is read back.
///
/// ```
/// use tollgate::{
///     Secret, Timestamp, Token,
///     npm::ListedToken,
///     token::{LegacyKind, LegacyToken, TokenFacts, TokenId},
///     value::AllowedRanges,
/// };
///
/// let secret = Secret::new("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")?;
/// let token: Token = LegacyToken::load(
///     TokenFacts { id: TokenId::new("t-1")?, owner: "alice".parse()?, created: Timestamp::UNIX_EPOCH, revoked: None },
///     LegacyKind::Publish,
///     AllowedRanges::Any,
/// )
/// .into();
/// let listed = serde_json::to_value(ListedToken::new(&token, secret.hint()))?;
/// assert_eq!((&listed["token"], &listed["hint"]), (&"npm_".into(), &"npm_…olCm".into()));
/// assert_eq!(listed.get("expires"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ListedToken<'t> {
    token: &'t Token,
    hint: SecretHint,
}

impl<'t> ListedToken<'t> {
    /// A token with what a person may see of its secret.
    #[must_use]
    pub const fn new(token: &'t Token, hint: SecretHint) -> Self {
        Self { token, hint }
    }
}

impl Serialize for ListedToken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hint = self.hint.to_string();
        let start = hint.split('…').next().unwrap_or_default();
        Form { hint: Some(&hint), ..Form::of(self.token, start) }.serialize(serializer)
    }
}

/// **A page of a list of tokens**: `objects`, `total`, and in `urls.next` where the next one is.
///
/// npm asks for `next` with the token of its request, so it has to be the registry's own: a path such as
/// `/-/npm/v1/tokens?page=1`.
///
/// ```
/// use tollgate::npm::TokenList;
///
/// let last = TokenList { objects: &[], total: 0, next: None };
/// assert_eq!(serde_json::to_string(&last)?, r#"{"objects":[],"total":0,"urls":{}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokenList<'t> {
    /// The tokens of this page.
    pub objects: &'t [ListedToken<'t>],
    /// How many there are on all pages.
    pub total: usize,
    /// The path of the next page, unless this is the last.
    pub next: Option<&'t str>,
}

impl Serialize for TokenList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Page<'p> {
            objects: &'p [ListedToken<'p>],
            total: usize,
            /// npm reads `urls.next`, so there is always an object.
            urls: Urls<'p>,
        }

        #[derive(Serialize)]
        struct Urls<'p> {
            #[serde(skip_serializing_if = "Option::is_none")]
            next: Option<&'p str>,
        }

        let Self { objects, total, next } = *self;
        Page { objects, total, urls: Urls { next } }.serialize(serializer)
    }
}

/// **The reply to the creation of a token**: the fields of a [`ListedToken`], but in `token` the secret itself, this once.
///
/// Serialize it into the response and nowhere else; it prints as `CreatedToken(…)`.
///
/// ```
/// # use tollgate::{Timestamp, Token, token::{LegacyKind, LegacyToken, MintedSecret, SecretPrefix, TokenFacts,
/// #     TokenId}, value::AllowedRanges};
/// use tollgate::npm::CreatedToken;
///
/// # let minted = MintedSecret::mint(&SecretPrefix::default(), &[7; 64])?;
/// # let token: Token = LegacyToken::load(
/// #     TokenFacts {
/// #         id: TokenId::new("t-1")?,
/// #         owner: "alice".parse()?,
/// #         created: Timestamp::UNIX_EPOCH,
/// #         revoked: None,
/// #     },
/// #     LegacyKind::Publish,
/// #     AllowedRanges::Any,
/// # )
/// # .into();
/// let reply = CreatedToken::new(&token, &minted);
/// assert_eq!(serde_json::to_value(&reply)?["token"], minted.expose());
/// assert_eq!(format!("{reply:?}"), "CreatedToken(…)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct CreatedToken<'t> {
    token: &'t Token,
    secret: &'t MintedSecret,
}

impl<'t> CreatedToken<'t> {
    /// A token that is on record now, with its secret.
    #[must_use]
    pub const fn new(token: &'t Token, secret: &'t MintedSecret) -> Self {
        Self { token, secret }
    }
}

impl fmt::Debug for CreatedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CreatedToken(…)")
    }
}

impl Serialize for CreatedToken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Form::of(self.token, self.secret.expose()).serialize(serializer)
    }
}

#[derive(Serialize)]
struct Form<'t> {
    /// npm revokes by a prefix of it, and leaves it out when it prints a new token.
    key: &'t TokenId,
    /// In a list, what a full text that is to be revoked has to start with.
    token: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'t str>,
    /// npm prints it whatever it is, null included; the API has a string.
    name: String,
    description: Option<&'t TokenDescription>,
    /// npm prints the first ten characters.
    created: Timestamp,
    /// A token is never edited (L9): all that can happen to it is its revocation.
    updated: Option<Timestamp>,
    revoked: Option<Timestamp>,
    readonly: bool,
    automation: bool,
    bypass_2fa: bool,
    /// npm prints a line for everything but null.
    cidr_whitelist: Option<&'t [IpRange]>,
    cidr: &'t [IpRange],
    #[serde(flatten)]
    granular: Option<GranularForm>,
}

#[derive(Serialize)]
struct GranularForm {
    /// npm's spelling, printed of a new token.
    expires: Timestamp,
    /// The API's.
    expiry: Timestamp,
    packages_all: bool,
    permissions: Vec<PermissionForm>,
    scopes: Vec<ScopeForm>,
}

#[derive(Serialize)]
struct PermissionForm {
    name: &'static str,
    action: &'static str,
}

#[derive(Serialize)]
struct ScopeForm {
    r#type: &'static str,
    name: String,
}

impl<'t> Form<'t> {
    fn of(token: &'t Token, text: &'t str) -> Self {
        let cidr_whitelist = match token.allowed_ranges() {
            AllowedRanges::Any => None,
            AllowedRanges::Only(ranges) => Some(ranges.as_slice()),
        };
        let granular = match token {
            Token::Legacy(_) => None,
            Token::Granular(granular) => Some(granular),
        };
        let kind = token.kind();
        let bypass = granular.is_some_and(|token| token.bypass_2fa() == TwoFactorBypass::On);
        Self {
            key: token.id(),
            token: text,
            hint: None,
            name: granular.map_or_else(|| format!("({kind})"), |token| token.name().to_string()),
            description: granular.map(GranularToken::description),
            created: token.created(),
            updated: token.revoked(),
            revoked: token.revoked(),
            readonly: match granular {
                None => kind == TokenKind::Legacy(LegacyKind::ReadOnly),
                Some(token) => {
                    token.packages().permission().max(token.organizations().permission()) < Permission::ReadWrite
                }
            },
            automation: kind == TokenKind::Legacy(LegacyKind::Automation),
            bypass_2fa: bypass || kind == TokenKind::Legacy(LegacyKind::Automation),
            cidr_whitelist,
            cidr: cidr_whitelist.unwrap_or_default(),
            granular: granular.map(GranularForm::of),
        }
    }
}

impl GranularForm {
    fn of(token: &GranularToken) -> Self {
        let permission = |name, permission| {
            let action = match permission {
                Permission::NoAccess => return None,
                Permission::ReadOnly => "read",
                Permission::ReadWrite => "write",
            };
            Some(PermissionForm { name, action })
        };
        let (packages, organizations) = (token.packages(), token.organizations());
        let sides = [permission("package", packages.permission()), permission("org", organizations.permission())];
        let scope = |r#type, name: &dyn fmt::Display| ScopeForm { r#type, name: name.to_string() };
        let mut scopes = Vec::new();
        let mut packages_all = false;
        match packages {
            PackagesGrant::NoAccess => {}
            PackagesGrant::Granted { permission: _, selection: PackageSelection::All } => {
                packages_all = true;
                scopes.push(scope("package", &"*"));
            }
            PackagesGrant::Granted { permission: _, selection: PackageSelection::Only(only) } => {
                scopes.extend(only.packages().iter().map(|name| scope("package", name)));
                scopes.extend(only.scopes().iter().map(|name| scope("scope", name)));
            }
        }
        match organizations {
            OrganizationsGrant::NoAccess => {}
            OrganizationsGrant::Granted { permission: _, selection } => {
                scopes.extend(selection.as_slice().iter().map(|name| scope("org", name)));
            }
        }
        Self {
            expires: token.expires_at(),
            expiry: token.expires_at(),
            packages_all,
            permissions: sides.into_iter().flatten().collect(),
            scopes,
        }
    }
}
