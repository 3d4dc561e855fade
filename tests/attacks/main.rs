//! The attack list: the known ways in which registries went wrong, each with a test named after what it stops.
//!
//! Beside every attack stands its near miss, the legitimate request that differs in one thing and still works: no test
//! here can pass by everything being denied.
#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a slip in a test's own data fails the test")]

#[path = "../support/documents.rs"]
mod documents;
#[path = "../support/told.rs"]
mod told;

mod answers;
mod facts;
mod ownership;
mod restrictions;
mod rights;
mod texts;
mod times;

use documents::{with, without};
use serde_json::{Value, json};
use std::{fmt::Display, iter::repeat_n, net::Ipv4Addr, str::FromStr, time::Duration};
use told::told;
use tollgate::testing::{
    CREATED, GranularBuilder, NOW, PackageBuilder, Resources, UserBuilder, all, bind, granular, legacy,
    missing_package, now, only, organization, package, ranges, team_name, time, token_id, user, user_name,
};
use tollgate::{
    AccountAction, ClientIp, Decision, Organization, OrganizationAction, Package, PackageAction, PackageName, Policy,
    Reason, Secret, StoredToken, Timestamp, Token, User, UserName, authorize_anonymous,
    decision::{AllowedBy, Caller, Validity, Verdict},
    facts::{MaxFactorAge, PackageState, PublishingAccess, TwoFactorMode, VerifiedFactor},
    operation::{Action, Operation},
    token::{
        Checksum, GranularSettings, GranularToken, GranularTokenError, GranularView, IssueError, IssueFacts, IssuedBy,
        LegacyKind, LegacyToken, MintedSecret, NameAvailability, OrganizationSelection, PackageOrScope,
        PackageSelection, SecretDigest, SecretForm, SecretPrefix, SelectionError, TokenId, TokenName, TokenView,
    },
    value::{AllowedRanges, GrantedPermission, IpRange, OrganizationName, Role, Scope, TeamName},
};
use tollgate::{
    directory::{DecisionLine, Directory, Request, RequestLine, World},
    token::{GranularIssueFacts, TokenFacts},
};

const READ: GrantedPermission = GrantedPermission::ReadOnly;
const WRITE: GrantedPermission = GrantedPermission::ReadWrite;

/// A decision, as these tests compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Allow(Action),
    Challenge(Action),
    Deny(Reason),
}
use Answer::{Allow, Challenge, Deny};

const READS: Answer = Allow(Action::ReadPackage);
const CREATES: Answer = Allow(Action::CreatePackage);
const PUBLISHES: Answer = Allow(Action::PublishVersion);
const UNKNOWN: Answer = Deny(Reason::TokenUnknown);
const REVOKED: Answer = Deny(Reason::TokenRevoked);
const EXPIRED: Answer = Deny(Reason::TokenExpired);
const BARRED: Answer = Deny(Reason::IpNotAllowed);
const NOT_ITS_KIND: Answer = Deny(Reason::KindForbidsAction);
const TOO_LOW: Answer = Deny(Reason::PermissionTooLow);
const NOT_SELECTED: Answer = Deny(Reason::NotSelected);
const NOT_TO_CREATE: Answer = Deny(Reason::CreationNotCovered);
const NO_RIGHT: Answer = Deny(Reason::OwnerLacksPermission);

fn answer(decision: &Decision<'_>) -> Answer {
    match decision {
        Decision::Allow(allow) => Allow(allow.action()),
        Decision::Challenge(challenge) => Challenge(challenge.action()),
        Decision::Deny(deny) => Deny(deny.reason()),
    }
}

/// Asks from an unknown address, now.
fn ask(token: &Token, owner: &User, operation: Operation<'_>) -> Answer {
    ask_at(ClientIp::UNKNOWN, now(), token, owner, operation)
}

fn ask_at(from: ClientIp, now: Timestamp, token: &Token, owner: &User, operation: Operation<'_>) -> Answer {
    answer(&bind(Policy::NPM_2025_10, token, owner).at(from, now).decide(operation))
}

fn publishing<'a>(token: &Token, owner: &User, package: impl Into<PackageState<'a>>) -> Answer {
    ask(token, owner, PackageAction::Publish.on(package))
}

/// The action on the package, or on that and the team `developers` of the organization, as the action wants it.
fn on<'a>(action: Action, package: impl Into<PackageState<'a>>, organization: &'a Organization) -> Operation<'a> {
    let (team, account) = (team_name("developers"), user_name("alice"));
    Resources { package: package.into(), organization: organization.into(), team, account }.operation(action)
}

/// The tokens that the tests are mostly about: one that may do what alice may, and one that may read what she may.
fn publish_token() -> Token {
    legacy(LegacyKind::Publish, "alice").build()
}

fn granular_token() -> Token {
    granular("ci", "alice").packages(READ, all()).build()
}

/// Reads the public `left-pad`, which everyone may: only a check of the token (T) can deny it.
fn reading(token: &Token, owner: &User) -> Answer {
    reading_at(ClientIp::UNKNOWN, now(), token, owner)
}

fn reading_at(from: ClientIp, at: Timestamp, token: &Token, owner: &User) -> Answer {
    ask_at(from, at, token, owner, PackageAction::ReadPackage.on(&package("left-pad").build()))
}

/// Makes a token of these settings, as that user with what look-ups of the packages found.
fn issue(
    settings: GranularBuilder,
    owner: &User,
    packages: &[PackageState<'_>],
    issued_by: IssuedBy<'_>,
) -> Result<GranularToken, IssueError> {
    let (owner, now) = (owner.as_view(), now());
    let issue = IssueFacts { policy: Policy::NPM_2025_10, owner, issued_by, now };
    let facts = GranularIssueFacts { issue, packages, granular_tokens: 0, name_availability: NameAvailability::Free };
    GranularToken::issue(token_id("t"), settings.settings(), &facts)
}

fn load_token(json: impl Display) -> Result<Token, String> {
    let stored: StoredToken = serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())?;
    stored.load().map_err(|error| error.to_string())
}

fn load_world(json: impl Display) -> Result<Directory, String> {
    let world: World = serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())?;
    Directory::load(&world).map_err(|error| error.to_string())
}

fn read_request(json: impl Display) -> Result<Request, String> {
    let line: RequestLine = serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())?;
    line.parse().map_err(|error| error.to_string())
}

/// A granular token on record, with every field that one can have.
fn stored_granular() -> Value {
    json!({"version": 1, "key": "t-2", "owner": "alice", "created": CREATED, "revoked": null, "cidr": ["10.0.0.0/8"],
        "granular": {"name": "ci", "description": "", "expires": "2026-01-01T00:00:00Z", "bypass_2fa": true,
            "packages_and_scopes":
                {"permission": "read-write", "select": {"packages": ["left-pad"], "scopes": ["@acme"]}},
            "orgs": {"permission": "read-write", "select": ["acme"]}}})
}

/// A legacy token on record.
fn stored_legacy(kind: &str) -> Value {
    json!({"version": 1, "key": "t-1", "owner": "alice", "created": CREATED, "revoked": null, "cidr": null,
        "legacy": kind})
}

/// A world with every field that one can have.
fn world() -> Value {
    let in_world = |mut stored: Value| {
        let token = stored.as_object_mut().unwrap();
        token.remove("version");
        let id = token.remove("key").unwrap();
        token.insert("secret_sha256".into(), digest_of(&secret_of(id.as_str().unwrap())));
        token.insert("id".into(), id);
        stored
    };
    json!({
        "policy": "npm-2025-10",
        "users": [{"name": "alice", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null, "writes_held_until": null,
                   "orgs": [{"name": "acme", "role": "admin", "teams": ["developers"]}]},
                  {"name": "bob", "status": "active", "two_factor": "disabled", "tokens_revoked_until": null, "writes_held_until": null}],
        "orgs": [{"name": "acme"}],
        "packages": [{"name": "@acme/app", "visibility": "private", "publishing_access": "no-requirement",
                      "users": {"bob": "read-only"}, "teams": {"acme:developers": "read-write"}},
                     {"name": "left-pad", "visibility": "public", "publishing_access": "two-factor-or-bypass",
                      "users": {"alice": "read-write"}}],
        "tokens": [in_world(stored_legacy("publish")), in_world(stored_granular())],
    })
}

fn request(token: &str, action: &str, package: &str) -> Value {
    json!({"id": "r", "token": token, "action": action, "package": package, "client_ip": "10.1.2.3",
        "now": "2025-11-01T00:00:00Z", "second_factor": false})
}

/// The secret of a token of [`world`]: of no known form, as a registry may have them from elsewhere.
fn secret_of(id: &str) -> String {
    format!("{id}-{}", "opaque".repeat(4))
}

fn digest_of(secret: &str) -> Value {
    json!(Secret::new(secret).unwrap().digest().to_hex())
}

fn decide(directory: &Directory, request: &Value) -> Answer {
    let request = read_request(request).unwrap();
    answer(&directory.decide(&directory.caller(&request), &request))
}

/// Where the entries of all objects of the document stand, at every depth.
fn entries(document: &Value, at: &str) -> Vec<String> {
    let inside = |step: &dyn Display, item| entries(item, &format!("{at}/{step}"));
    match document {
        Value::Array(items) => items.iter().enumerate().flat_map(|(index, item)| inside(&index, item)).collect(),
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, item)| [vec![format!("{at}/{name}")], inside(name, item)].concat()).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
