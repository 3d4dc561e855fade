//! Tokens in responses: in a list of tokens, and in the response to a request that creates a token.
//!
//! The source of what the client does with each field, as noted at [`TokenFields`], is npm 11.19.1's
//! `lib/commands/token.js`. The source of everything else is npm's API reference, `listTokens` and `createToken`.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde::{Serialize, Serializer};

use crate::{
    token::{
        GranularToken, LegacyKind, OrganizationsGrant, PackageSelection, PackagesGrant, Secret, SecretHint, Token,
        TokenDescription, TokenId, TokenKind, TwoFactorBypass,
    },
    value::{AllowedRanges, IpRange, Permission, Timestamp},
};

/// A token in the response to `GET /-/npm/v1/tokens`.
///
/// Serializing an entry writes each field under the name that the npm client reads. If npm's API reference has another
/// name for the field, the field is written a second time, under that name.
///
/// - `token` is the first four characters of the secret, or empty if the secret has fewer than 16 or if no hint of it was
///   stored. The client prints these characters and an ellipsis. `npm token revoke` accepts a full secret only if the secret starts with the
///   `token` of an entry in the list.
/// - `hint` is the [`SecretHint`], if there is one.
/// - `last_used` is the time of the [last use](Self::with_last_used), if the registry knows one. npm's API reference does not
///   have this field; `npm token list --json` prints it.
/// - If any address is allowed, `cidr` is `[]` and `cidr_whitelist` is null. The client would print a line for an empty
///   `cidr_whitelist`.
/// - The `name` of a legacy token is its kind in parentheses, such as `(legacy publish)`. No granular token can have
///   such a name. A legacy token has none of the fields `expires`, `expiry`, `permissions`, `scopes` and
///   `packages_all`.
///
/// A session is not in npm's list, so there is no `ListedToken` of a session.
///
/// A `ListedToken` cannot be deserialized. To store a token, use [`StoredToken`](crate::StoredToken).
///
/// # Examples
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
/// let listed = serde_json::to_value(ListedToken::new(&token, Some(secret.hint())).ok_or("a session")?)?;
/// assert_eq!((&listed["token"], &listed["hint"]), (&"npm_".into(), &"npm_…olCm".into()));
/// assert_eq!(listed.get("expires"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ListedToken<'t> {
    token: &'t Token,
    hint: Option<SecretHint>,
    last_used: Option<Timestamp>,
}

impl<'t> ListedToken<'t> {
    /// Creates the entry of a token, or returns `None` for a session, which npm does not list. `hint` is the hint of
    /// the token's secret, if the registry stored one when it issued the token.
    #[must_use]
    pub const fn new(token: &'t Token, hint: Option<SecretHint>) -> Option<Self> {
        match token {
            Token::Legacy(_) | Token::Granular(_) => Some(Self { token, hint, last_used: None }),
            Token::Session(_) => None,
        }
    }

    /// Adds the time at which the token was last used. A registry that writes this down need not do so for every request:
    /// the hour is enough to find a token that nothing uses any more.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tollgate::{Token, npm::ListedToken, token::{LegacyKind, LegacyToken, TokenFacts, TokenId}, value::AllowedRanges};
    /// use tollgate::Timestamp;
    ///
    /// # let facts =
    /// #     TokenFacts { id: TokenId::new("t-1")?, owner: "alice".parse()?, created: Timestamp::UNIX_EPOCH, revoked: None };
    /// # let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
    /// let listed = ListedToken::new(&token, None).ok_or("a session")?;
    /// assert_eq!(serde_json::to_value(listed)?.get("last_used"), None);
    /// let used = listed.with_last_used("2026-01-01T13:00:00Z".parse()?);
    /// assert_eq!(serde_json::to_value(used)?["last_used"], "2026-01-01T13:00:00Z");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn with_last_used(self, at: Timestamp) -> Self {
        Self { last_used: Some(at), ..self }
    }
}

impl Serialize for ListedToken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hint = self.hint.map(|hint| hint.to_string());
        let hint = hint.as_deref();
        let start = hint.and_then(|hint| hint.split('…').next()).unwrap_or_default();
        TokenFields { hint, last_used: self.last_used, ..TokenFields::new(self.token, start) }.serialize(serializer)
    }
}

/// A page of the response to `GET /-/npm/v1/tokens`.
///
/// Serializing a page writes `objects`, `total` and `urls`. `urls` is an object with the key `next`, or an empty object
/// on the last page.
///
/// # Examples
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
    /// The tokens of this page, without sessions.
    pub objects: &'t [ListedToken<'t>],
    /// The number of tokens on all pages, without sessions.
    pub total: usize,
    /// The path of the next page, such as `/-/npm/v1/tokens?page=1`, or `None` on the last page.
    ///
    /// The client sends its token to this path, so the path must be the registry's own.
    pub next: Option<&'t str>,
}

impl Serialize for TokenList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Page<'p> {
            objects: &'p [ListedToken<'p>],
            total: usize,
            /// The client reads `urls.next`, so `urls` must be an object on every page.
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

/// The response to `POST /-/npm/v1/tokens`, which creates a token.
///
/// Serializing the response writes the fields of a [`ListedToken`] without `hint`, and the whole secret as `token`. Do
/// not write the result anywhere else. `Debug` writes `CreatedToken(…)`.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Timestamp, Token,
///     npm::CreatedToken,
///     token::{LegacyKind, LegacyToken, MintedSecret, SecretPrefix, TokenFacts, TokenId},
///     value::AllowedRanges,
/// };
///
/// // In a registry these 64 bytes come from a cryptographic random number generator.
/// let minted = MintedSecret::mint(&SecretPrefix::default(), &[7; 64])?;
/// let facts = TokenFacts {
///     id: TokenId::new("t-1")?,
///     owner: "alice".parse()?,
///     created: Timestamp::UNIX_EPOCH,
///     revoked: None,
/// };
/// let token = Token::from(LegacyToken::load(facts, LegacyKind::Publish, AllowedRanges::Any));
///
/// let reply = CreatedToken::new(&token, minted.as_secret());
/// assert_eq!(serde_json::to_value(&reply)?["token"], minted.expose());
/// assert_eq!(format!("{reply:?}"), "CreatedToken(…)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct CreatedToken<'t> {
    token: &'t Token,
    secret: Secret<'t>,
}

impl<'t> CreatedToken<'t> {
    /// Creates the response with a newly issued token and its secret, which is a
    /// [minted](crate::token::MintedSecret::as_secret) one or one that the registry made in its own way.
    #[must_use]
    pub const fn new(token: &'t Token, secret: Secret<'t>) -> Self {
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
        TokenFields::new(self.token, self.secret.text()).serialize(serializer)
    }
}

/// The fields of a token in a response. The comments say what the npm client does with them.
#[derive(Serialize)]
struct TokenFields<'t> {
    /// The client finds the token to revoke by a prefix of this key. It does not print the key of a new token.
    key: &'t TokenId,
    /// In a list, the client revokes a token by its full secret only if the secret starts with this text.
    token: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'t str>,
    /// The client prints any value, even null. In the API reference this field is a string.
    name: String,
    description: Option<&'t TokenDescription>,
    /// The client prints the first ten characters, which are the date.
    created: Timestamp,
    /// The time of the revocation, which is the only change that a token can have ([L9](crate::docs::rules#l9)).
    updated: Option<Timestamp>,
    revoked: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<Timestamp>,
    readonly: bool,
    automation: bool,
    bypass_2fa: bool,
    /// The client prints a line for any value but null.
    cidr_whitelist: Option<&'t [IpRange]>,
    cidr: &'t [IpRange],
    #[serde(flatten)]
    granular: Option<GranularFields>,
}

#[derive(Serialize)]
struct GranularFields {
    /// The expiry, under the client's name for it. The client prints it for a new token.
    expires: Timestamp,
    /// The expiry again, under the name in the API reference.
    expiry: Timestamp,
    packages_all: bool,
    permissions: Vec<PermissionFields>,
    scopes: Vec<ScopeFields>,
}

#[derive(Serialize)]
struct PermissionFields {
    name: &'static str,
    action: &'static str,
}

#[derive(Serialize)]
struct ScopeFields {
    r#type: &'static str,
    name: String,
}

impl<'t> TokenFields<'t> {
    fn new(token: &'t Token, text: &'t str) -> Self {
        let cidr_whitelist = match token.allowed_ranges() {
            AllowedRanges::Any => None,
            AllowedRanges::Only(ranges) => Some(ranges.as_slice()),
        };
        let granular = match token {
            Token::Legacy(_) | Token::Session(_) => None,
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
            last_used: None,
            readonly: match granular {
                None => kind == TokenKind::Legacy(LegacyKind::ReadOnly),
                Some(token) => {
                    token.packages().permission().max(token.organizations().permission()) <= Permission::ReadOnly
                }
            },
            automation: kind == TokenKind::Legacy(LegacyKind::Automation),
            bypass_2fa: bypass || kind == TokenKind::Legacy(LegacyKind::Automation),
            cidr_whitelist,
            cidr: cidr_whitelist.unwrap_or_default(),
            granular: granular.map(GranularFields::new),
        }
    }
}

impl GranularFields {
    fn new(token: &GranularToken) -> Self {
        let permission = |name, permission| {
            let action = match permission {
                Permission::NoAccess => return None,
                Permission::ReadOnly => "read",
                Permission::StageOnly => "stage",
                Permission::ReadWrite => "write",
            };
            Some(PermissionFields { name, action })
        };
        let (packages, organizations) = (token.packages(), token.organizations());
        let sides = [permission("package", packages.permission()), permission("org", organizations.permission())];
        let scope = |r#type, name: &dyn fmt::Display| ScopeFields { r#type, name: name.to_string() };
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
