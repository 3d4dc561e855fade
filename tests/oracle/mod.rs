//! A second, independent implementation of the rules, to compare the crate's decisions with.
//!
//! It knows nothing of the crate: it reads the world and the request as plain JSON values, scans lists from the front,
//! and follows the text of RULES and FORMAT sentence by sentence. It is slow on purpose. Where a comment quotes, it
//! quotes the rule, in the words that it was first written in: RULES is `src/docs/rules.md`, FORMAT
//! `src/docs/format.md`, both in version 2. A ceiling that is decided elsewhere (C7) has no form in a world, so nothing
//! here knows of it.
//!
//! * [`decide`] answers one request with its decision line. It hashes a `secret` with the SHA-256 below.
//! * [`decide_with`] is the same with a SHA-256 of the caller's choice.
//! * [`worlds`] makes random worlds and requests. `mod oracle;` brings it along as `oracle::worlds`.
//!
//! The world must be one that loads; on another one these functions may panic. The request may be anything.

#![allow(dead_code, reason = "each test that includes this module uses its own part of it")]
#![expect(clippy::match_same_arms, reason = "one line for each line of a table, one arm for each clause of a rule")]
#![expect(clippy::arithmetic_side_effects, reason = "small numbers; an overflow panics in a test, as it should")]
#![expect(clippy::panic, reason = "a world that does not load is a mistake of the test")]
#![expect(clippy::indexing_slicing, reason = "plain table look-ups; a slip panics in a test, as it should")]

pub(crate) mod worlds;

use serde_json::{Value, json};

// ------------------------------------------------------------------------------------------------------------------
// Entry points
// ------------------------------------------------------------------------------------------------------------------

/// The decision line for one request, or `{"id": …, "error": true}` for an invalid request.
pub(crate) fn decide(world: &Value, request: &Value) -> Value {
    decide_with(world, request, &sha256)
}

/// As [`decide`], with the caller's SHA-256 (S2: "SHA-256 of the whole text, nothing else").
pub(crate) fn decide_with(world: &Value, request: &Value, sha256: &dyn Fn(&[u8]) -> [u8; 32]) -> Value {
    // FORMAT, Requests: "an error line for that request (…, id null where there is none to read)".
    let id = match request.get("id") {
        Some(Value::String(id)) => json!(id),
        _ => Value::Null,
    };
    match read_request(request) {
        Some(request) => line(&id, judge(world, &request, sha256)),
        None => json!({"id": id, "error": true}),
    }
}

/// FORMAT, Decisions: "`action` is what was allowed or challenged …, null on deny"; "`via` … null unless allowed";
/// "`valid_until` may stand on a denial"; "`reason` only on deny". D2: "a challenge … null".
pub(crate) fn line(id: &Value, verdict: Verdict) -> Value {
    match verdict {
        Verdict::Allow { action, valid_until, via } => json!({
            "id": id, "decision": "allow", "action": action, "reason": null, "status": 200,
            "valid_until": valid_until.map(print_time), "via": via,
        }),
        // D3: "401 for `token-*`, `ip-not-allowed`, challenge".
        Verdict::Challenge { action } => json!({
            "id": id, "decision": "challenge", "action": action, "reason": null, "status": 401,
            "valid_until": null, "via": null,
        }),
        Verdict::Deny { reason, status, valid_until } => json!({
            "id": id, "decision": "deny", "action": null, "reason": reason, "status": status,
            "valid_until": valid_until.map(print_time), "via": null,
        }),
    }
}

/// The answer to a valid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow { action: String, valid_until: Option<i128>, via: &'static str },
    Challenge { action: String },
    Deny { reason: &'static str, status: u16, valid_until: Option<i128> },
}

// ------------------------------------------------------------------------------------------------------------------
// Requests: FORMAT, "Requests"
// ------------------------------------------------------------------------------------------------------------------

/// What was shown to be let in.
enum Credential<'a> {
    Nothing,
    Id(&'a str),
    Secret(&'a str),
}

pub(crate) struct Request<'a> {
    credential: Credential<'a>,
    action: &'a str,
    package: Option<&'a str>,
    org: Option<&'a str>,
    /// Read and checked as a name; no rule turns on which team it is ("Teams need no declaration").
    team: Option<&'a str>,
    user: Option<&'a str>,
    client: Option<Address>,
    now: i128,
    second_factor: bool,
}

/// FORMAT, Requests: which of `package`, `org`, `team`, `user` an action takes; `None` for "an unknown action
/// (`create-package` is not one, `publish` is)".
fn fields_of(action: &str) -> Option<&'static [&'static str]> {
    match action {
        // "Package actions name `package`".
        "read-package"
        | "list-collaborators"
        | "publish"
        | "unpublish"
        | "deprecate"
        | "set-dist-tag"
        | "change-visibility"
        | "change-publishing-access"
        | "change-maintainers"
        | "star-package" => Some(&["package"]),
        // "New actions, all of them with the field `package`".
        "stage" | "read-stage" | "approve-stage" | "reject-stage" => Some(&["package"]),
        // "organization actions `org`".
        "read-org"
        | "change-org-settings"
        | "add-member"
        | "remove-member"
        | "change-member-role"
        | "manage-billing"
        | "rename-org"
        | "delete-org" => Some(&["org"]),
        // "those of a team `team` too".
        "create-team" | "delete-team" | "add-team-member" | "remove-team-member" => Some(&["org", "team"]),
        // "`share-package` `package` too".
        "share-package" => Some(&["org", "package"]),
        // "`grant-team-access` and `revoke-team-access` in the place of `manage-team-access`", which took "all three".
        "grant-team-access" | "revoke-team-access" => Some(&["org", "team", "package"]),
        // "account actions `user` (left out: the token's owner)".
        "whoami"
        | "revoke-self"
        | "read-profile"
        | "change-profile"
        | "configure-two-factor"
        | "list-tokens"
        | "create-token"
        | "revoke-token" => Some(&["user"]),
        // "`change-password`, `enrol-two-factor` (with `user` like the other account actions)".
        "change-password" | "enrol-two-factor" => Some(&["user"]),
        _ => None,
    }
}

/// FORMAT, Requests: `None` for "a field that the action does not take, one that is missing, a name that is not a
/// name …, an address or time that is none, an unknown action …, a line that is no object".
pub(crate) fn read_request(request: &Value) -> Option<Request<'_>> {
    let object = request.as_object()?;
    object.get("id")?.as_str()?;
    let action = object.get("action")?.as_str()?;
    let takes = fields_of(action)?;
    for key in object.keys() {
        let common = ["id", "token", "secret", "action", "client_ip", "now", "second_factor"].contains(&key.as_str());
        if !common && !takes.contains(&key.as_str()) {
            return None;
        }
    }

    // "`token`: an id, or null for no token (left out is an error). Instead of it, `secret`: the token's text".
    let credential = match (object.get("token"), object.get("secret")) {
        (Some(Value::Null), None) => Credential::Nothing,
        (Some(Value::String(id)), None) => Credential::Id(id),
        (None, Some(Value::String(text))) => Credential::Secret(text),
        _ => return None,
    };

    let mut package = None;
    if takes.contains(&"package") {
        let name = object.get("package")?.as_str()?;
        if !package_name_is_valid(name) {
            return None;
        }
        package = Some(name);
    }
    let mut org = None;
    if takes.contains(&"org") {
        let name = object.get("org")?.as_str()?;
        if !account_name_is_valid(name) {
            return None;
        }
        org = Some(name);
    }
    let mut team = None;
    if takes.contains(&"team") {
        let name = object.get("team")?.as_str()?;
        // "a name that is not a name (for create-team: not a new one, N4)".
        let good = if action == "create-team" { new_account_name_is_valid(name) } else { account_name_is_valid(name) };
        if !good {
            return None;
        }
        team = Some(name);
    }
    let mut user = None;
    if takes.contains(&"user") && object.contains_key("user") {
        let name = object.get("user")?.as_str()?;
        if !user_name_is_valid(name) {
            return None;
        }
        user = Some(name);
    }

    // "`client_ip` may be null or left out (unknown)".
    let client = match object.get("client_ip") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(parse_address(text)?),
        Some(_) => return None,
    };
    let now = parse_time(object.get("now")?.as_str()?)?;
    // "`second_factor` (false when left out)".
    let second_factor = match object.get("second_factor") {
        None => false,
        Some(shown) => shown.as_bool()?,
    };
    Some(Request { credential, action, package, org, team, user, client, now, second_factor })
}

// ------------------------------------------------------------------------------------------------------------------
// The decision: D1
// ------------------------------------------------------------------------------------------------------------------

/// D1: "T1, P1, T2, T3, T4; K1; T5; G1 for every action but `read-package` and `list-collaborators`, and without its
/// second sentence; existence; V1; the rest of G1; G2, G3; C; F with P4 and P5." "The first that fails is the reason."
pub(crate) fn judge(world: &Value, request: &Request<'_>, sha256: &dyn Fn(&[u8]) -> [u8; 32]) -> Verdict {
    // T: "A token nobody knows, malformed text included: `token-unknown`."
    let token = match request.credential {
        Credential::Nothing => return judge_anonymous(world, request),
        Credential::Id(id) => token_of_id(world, id),
        Credential::Secret(text) => token_of_secret(world, text, sha256),
    };
    let Some(token) = token else {
        // D2: "the expiry of a granular or session token …. Null otherwise": a token nobody knows has none.
        return Verdict::Deny { reason: "token-unknown", status: 401, valid_until: None };
    };
    let owner = owner_of(world, token);
    let deny = |reason: &'static str, before_existence: bool| Verdict::Deny {
        reason,
        status: status_of_denial(world, request, token, reason, before_existence),
        valid_until: end_of_denial(token, owner, reason),
    };

    // T1..T4, "In this order, before anything about the resource is looked at".
    if is_revoked(token, owner) {
        return deny("token-revoked", true);
    }
    // P1: "A retired legacy token is denied, whatever the action: … `token-retired` (401). The check stands directly
    // after T1."
    if is_retired(world, token) {
        return deny("token-retired", true);
    }
    if is_expired(token, request.now) {
        return deny("token-expired", true);
    }
    if !address_is_allowed(token, request.client) {
        return deny("ip-not-allowed", true);
    }
    if text(owner, "status") == "suspended" {
        return deny("owner-suspended", true);
    }

    // Whether tokens of this kind ever have the action (K1).
    if !kind_has_action(token, request.action) {
        return deny("kind-forbids-action", true);
    }

    // T5: "The check stands after K1 and before G1."
    if is_held(owner, request.now) && hold_stops(request.action) {
        return deny("owner-on-hold", true);
    }

    // G1, first sentence, "for every action but `read-package` and `list-collaborators`".
    let left_for_later = request.action == "read-package" || request.action == "list-collaborators";
    if !left_for_later && !own_side_is_high_enough(token, request.action) {
        // "A `publish` with stage-only has, in the place of `permission-too-low`, the new reason `stage-required`
        // (403), at the same place in the order (for new names too …)."
        if request.action == "publish" && permission_on(token, "packages_and_scopes") == STAGE {
            return deny("stage-required", true);
        }
        return deny("permission-too-low", true);
    }

    // D1, existence: "an organization that does not exist -> `no-such-org` …; then a package (other than for publish)
    // -> `no-such-package`".
    if let Some(org) = request.org
        && !is_org(world, org)
    {
        return deny("no-such-org", false);
    }
    if let Some(name) = request.package
        && request.action != "publish"
    {
        match find_package(world, name) {
            None => return deny("no-such-package", false),
            // C5: "For this action a private package counts as existing only if …; otherwise it is `no-such-package`."
            Some(package)
                if request.action == "revoke-team-access"
                    && !counts_as_existing_to_revoke(world, token, org_of(request), package) =>
            {
                return deny("no-such-package", false);
            }
            Some(_) => {}
        }
    }

    // V1: "A public package is readable (`read-package`, no other action) by everyone, so by every token that passed T,
    // whatever its grants."
    if request.action == "read-package" && names_public_package(world, request) {
        return Verdict::Allow { action: "read-package".to_owned(), valid_until: expiry_of(token), via: "public" };
    }

    // What is left of G1.
    if left_for_later && !own_side_is_high_enough(token, request.action) {
        return deny("permission-too-low", false);
    }
    if !second_sentence_of_g1_holds(token, request) {
        return deny("permission-too-low", false);
    }

    // G2, and "G3 For create-package, instead of G2".
    let creates = is_creation(world, request);
    if creates {
        if !creation_is_covered(token, request) {
            return deny("creation-not-covered", false);
        }
    } else if !resource_is_selected(token, request) {
        return deny("not-selected", false);
    }

    // C, "-> else `owner-lacks-permission`".
    if !owner_may(world, owner, request) {
        return deny("owner-lacks-permission", false);
    }
    // C3: "Then the name must be valid for new packages (N2) -> else `invalid-new-name`."
    if creates && !new_package_name_is_valid(package_of(request)) {
        return deny("invalid-new-name", false);
    }

    // F. The action allowed or challenged: FORMAT, Decisions: "a `publish` as `create-package` or `publish-version`".
    let action = match (request.action, creates) {
        ("publish", true) => "create-package".to_owned(),
        ("publish", false) => "publish-version".to_owned(),
        (other, _) => other.to_owned(),
    };
    match second_factor(world, token, owner, request) {
        Factor::Passes => Verdict::Allow { action, valid_until: expiry_of(token), via: "grant" },
        // F6: "A challenge becomes an allow in one way: a shown factor"; D2: "`valid_until`: … none where F6 allowed".
        Factor::Challenged if request.second_factor => {
            Verdict::Allow { action, valid_until: None, via: "second-factor" }
        }
        Factor::Challenged => Verdict::Challenge { action },
        Factor::Denied(reason) => deny(reason, false),
    }
}

/// T, "No token presented: only V1 applies (a name that does not exist: `no-such-package`), every other action is
/// `authentication-required`, whatever it names." D3: `authentication-required` is 401 "except on read-package (404)".
/// P: "Answers without a token, or about an unknown one, do not depend on" the policy.
fn judge_anonymous(world: &Value, request: &Request<'_>) -> Verdict {
    if request.action != "read-package" {
        return Verdict::Deny { reason: "authentication-required", status: 401, valid_until: None };
    }
    match find_package(world, package_of(request)) {
        None => Verdict::Deny { reason: "no-such-package", status: 404, valid_until: None },
        Some(package) if text(package, "visibility") == "public" => {
            Verdict::Allow { action: "read-package".to_owned(), valid_until: None, via: "public" }
        }
        Some(_) => Verdict::Deny { reason: "authentication-required", status: 404, valid_until: None },
    }
}

/// D3, "the first that fits". `before_existence` says whether D1 puts the check before existence.
fn status_of_denial(world: &Value, request: &Request<'_>, token: &Value, reason: &str, before_existence: bool) -> u16 {
    // "401 for `token-*`, `ip-not-allowed`, challenge, and `authentication-required` except on read-package"; "Line 1:
    // `token-retired` is 401."
    if reason.starts_with("token-") || reason == "ip-not-allowed" {
        return 401;
    }
    // "403 for `owner-suspended`, `kind-forbids-action`, `tokens-disallowed`, `second-factor-not-enrolled`,
    // `invalid-new-name`,"
    if ["owner-suspended", "kind-forbids-action", "tokens-disallowed", "second-factor-not-enrolled", "invalid-new-name"]
        .contains(&reason)
    {
        return 403;
    }
    // "Line 2: `stage-required` and `owner-on-hold` are 403."
    if reason == "stage-required" || reason == "owner-on-hold" {
        return 403;
    }
    // "and `permission-too-low` where D1 puts it before existence".
    if reason == "permission-too-low" && before_existence {
        return 403;
    }
    // "404 for `no-such-*`".
    if reason.starts_with("no-such-") {
        return 404;
    }
    // "D3 line 4 becomes: 404 for a denied creation of a name that could be hidden: a scoped one, and under
    // `may-be-private` every one."
    if is_creation(world, request)
        && (scope_of(package_of(request)).is_some() || switch(world, "unscoped_packages") == "may-be-private")
    {
        return 404;
    }
    // "for a denial that names a private package 404 unless this same token could read that package".
    if let Some(name) = request.package
        && let Some(package) = find_package(world, name)
        && text(package, "visibility") == "private"
        && !token_could_read(world, token, package)
    {
        return 404;
    }
    // "everything else 403".
    403
}

/// D3, "unless this same token could read that package": T has passed already wherever this is asked; what remains of a
/// `read-package` of a private package is K1 (every kind may read), G1, G2 and C2.
fn token_could_read(world: &Value, token: &Value, package: &Value) -> bool {
    let name = text(package, "name");
    if is_granular(token) && (permission_on(token, "packages_and_scopes") < READ || !package_is_selected(token, name)) {
        return false;
    }
    text(package, "visibility") == "public" || package_permission(world, owner_of(world, token), package) >= READ
}

/// D2: "`valid_until` is given with denials too: the expiry of a granular or session token, unless the reason is
/// `token-revoked`, `token-retired` or `token-expired`; with `owner-on-hold` the earliest of the expiry and the end of
/// the hold that exist. Null otherwise".
fn end_of_denial(token: &Value, owner: &Value, reason: &str) -> Option<i128> {
    match reason {
        "token-revoked" | "token-retired" | "token-expired" => None,
        "owner-on-hold" => match (expiry_of(token), end_of_hold(owner)) {
            (Some(expires), Some(held)) => Some(expires.min(held)),
            (Some(expires), None) => Some(expires),
            (None, held) => held,
        },
        _ => expiry_of(token),
    }
}

// ------------------------------------------------------------------------------------------------------------------
// P. Policies and editions
// ------------------------------------------------------------------------------------------------------------------

/// The table of P, those of its switches that a decision asks for: "the switches by the names and values above", and
/// the edition's value of each. (P2, P3 and P7: "loading and deciding never ask them".)
fn edition_value(edition: &str, name: &str) -> &'static str {
    match (name, edition) {
        // P1: honoured, retired, retired, retired.
        ("legacy_tokens", "npm-2025-10") => "honoured",
        ("legacy_tokens", "npm-2025-12" | "npm-2026-08" | "npm-2027-01") => "retired",
        // P4: no-requirement, then two-factor-or-bypass.
        ("least_publishing_access", "npm-2025-10") => "no-requirement",
        ("least_publishing_access", "npm-2025-12" | "npm-2026-08" | "npm-2027-01") => "two-factor-or-bypass",
        // P5: everything, everything, all-but-governance, all-but-governance-and-publish.
        ("bypass_covers", "npm-2025-10" | "npm-2025-12") => "everything",
        ("bypass_covers", "npm-2026-08") => "all-but-governance",
        ("bypass_covers", "npm-2027-01") => "all-but-governance-and-publish",
        // P6: always-public in all of them.
        ("unscoped_packages", "npm-2025-10" | "npm-2025-12" | "npm-2026-08" | "npm-2027-01") => "always-public",
        (name, edition) => panic!("{edition} says nothing of {name}"),
    }
}

/// FORMAT, World: "a required top-level `"policy"`: an edition's name, or an object with `"edition"` and any switches".
/// "A policy is an edition, tightened", so a switch that is there has its own value, and one that is not the edition's.
fn switch<'a>(world: &'a Value, name: &str) -> &'a str {
    let policy = &world["policy"];
    if let Some(edition) = policy.as_str() {
        return edition_value(edition, name);
    }
    match policy.get(name) {
        Some(Value::String(tightened)) => tightened,
        Some(other) => panic!("{other} is no value of {name}"),
        None => edition_value(text(policy, "edition"), name),
    }
}

/// P1: "A retired legacy token": under a policy where `legacy_tokens` are `retired`, every legacy one. "Tokens": a
/// session "is never retired".
fn is_retired(world: &Value, token: &Value) -> bool {
    legacy_kind(token).is_some() && switch(world, "legacy_tokens") == "retired"
}

/// Publishing access as a number: no-requirement < two-factor-or-bypass < two-factor-only (P4, "loosest first").
fn strictness(access: &str) -> u8 {
    match access {
        "no-requirement" => 0,
        "two-factor-or-bypass" => 1,
        "two-factor-only" => 2,
        other => panic!("{other} is no publishing access"),
    }
}

/// P4: "A package whose recorded publishing access is below the policy's least one is treated as having the least one
/// (F2 to F5)."
fn effective_access<'a>(world: &'a Value, package: &'a Value) -> &'a str {
    let recorded = text(package, "publishing_access");
    let least = switch(world, "least_publishing_access");
    if strictness(recorded) < strictness(least) { least } else { recorded }
}

/// P5: "*Governance* is every action of class *write* except `publish`, `unpublish`, `deprecate`, `set-dist-tag`,
/// `approve-stage` and `reject-stage`."
fn is_governance(action: &str) -> bool {
    is_write(action)
        && !["publish", "unpublish", "deprecate", "set-dist-tag", "approve-stage", "reject-stage"].contains(&action)
}

/// P5: "What a token that bypasses (F1) bypasses. … Where the policy's value leaves governance or `publish` out, no
/// token bypasses for those actions: F3 and F4 treat it like a token without bypass."
fn bypass_covers(world: &Value, action: &str) -> bool {
    match switch(world, "bypass_covers") {
        "everything" => true,
        "all-but-governance" => !is_governance(action),
        "all-but-governance-and-publish" => !is_governance(action) && action != "publish",
        other => panic!("{other} is no value of bypass_covers"),
    }
}

// ------------------------------------------------------------------------------------------------------------------
// T. Is the token good, here and now
// ------------------------------------------------------------------------------------------------------------------

/// FORMAT, Requests: "`token`: an id".
fn token_of_id<'a>(world: &'a Value, id: &str) -> Option<&'a Value> {
    list(world, "tokens").iter().find(|token| text(token, "id") == id)
}

/// S2: "SHA-256 of the whole text … Looked up by digest". FORMAT: "Text that cannot be a secret is `token-unknown`
/// too".
fn token_of_secret<'a>(world: &'a Value, secret: &str, sha256: &dyn Fn(&[u8]) -> [u8; 32]) -> Option<&'a Value> {
    if !secret_is_valid(secret) {
        return None;
    }
    let digest = hex(sha256(secret.as_bytes()));
    list(world, "tokens")
        .iter()
        .find(|token| token.get("secret_sha256").and_then(Value::as_str) == Some(digest.as_str()))
}

/// S1: "Any other text of 1 to 512 visible ASCII characters is an opaque token." (The two known forms are such texts.)
pub(crate) fn secret_is_valid(secret: &str) -> bool {
    !secret.is_empty() && secret.len() <= 512 && secret.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
}

/// T1: "revoked, or made at or before the account's cut-off"; "A recorded revocation counts whatever its time says."
fn is_revoked(token: &Value, owner: &Value) -> bool {
    if !token["revoked"].is_null() {
        return true;
    }
    match owner["tokens_revoked_until"].as_str() {
        None => false,
        Some(cut_off) => time(text(token, "created")) <= time(cut_off),
    }
}

/// T2: "`now >= expires_at`" (half open: dead at the instant)". L4: "a legacy token never expires"; a session token
/// "always expires (T2)".
fn is_expired(token: &Value, now: i128) -> bool {
    match expiry_of(token) {
        None => false,
        Some(expires) => now >= expires,
    }
}

/// D2: "the expiry of a granular or session token"; none for a legacy token. FORMAT: "`"session": {"expires": "…"}`".
fn expiry_of(token: &Value) -> Option<i128> {
    if let Some(granular) = token.get("granular") {
        return Some(time(text(granular, "expires")));
    }
    token.get("session").map(|session| time(text(session, "expires")))
}

/// T3: "The client address is in none of the allowed ranges, or is unknown while there are ranges"; "No ranges: any
/// address. Legacy tokens may have ranges too." A session token "may have ranges".
fn address_is_allowed(token: &Value, client: Option<Address>) -> bool {
    let Some(ranges) = token["cidr"].as_array() else {
        return true;
    };
    let Some(client) = client else {
        return false;
    };
    for range in ranges {
        let range = range.as_str().and_then(parse_range);
        match range {
            Some(range) if range_contains(&range, client) => return true,
            Some(_) => {}
            None => panic!("a range of this world is none"),
        }
    }
    false
}

/// T5: "an account may be on **hold** until a time (`writes_held_until`: null or a time; a fact without default)".
fn end_of_hold(owner: &Value) -> Option<i128> {
    match owner.get("writes_held_until") {
        Some(Value::Null) => None,
        Some(Value::String(until)) => Some(time(until)),
        _ => panic!("a hold is required, null or a time"),
    }
}

/// T5: "While `now` is before that of the token's owner".
fn is_held(owner: &Value, now: i128) -> bool {
    match end_of_hold(owner) {
        None => false,
        Some(until) => now < until,
    }
}

/// T5: "every action of class *write* or *auth*, and `stage`, is denied: … except `reject-stage`, `revoke-token`,
/// `change-password` and `enrol-two-factor`."
fn hold_stops(action: &str) -> bool {
    if ["reject-stage", "revoke-token", "change-password", "enrol-two-factor"].contains(&action) {
        return false;
    }
    is_write(action) || is_auth(action) || action == "stage"
}

// ------------------------------------------------------------------------------------------------------------------
// K, G. What the token itself reaches
// ------------------------------------------------------------------------------------------------------------------

/// A permission as a number: `no-access` < `read-only` < `stage-only` < `read-write`.
type Permission = u8;
const NOTHING: Permission = 0;
const READ: Permission = 1;
const STAGE: Permission = 2;
const WRITE: Permission = 3;

/// "A fourth permission on the side of packages, `stage-only`: `no-access` < `read-only` < `stage-only` <
/// `read-write`."
fn permission(name: &str) -> Permission {
    match name {
        "no-access" => NOTHING,
        "read-only" => READ,
        "stage-only" => STAGE,
        "read-write" => WRITE,
        other => panic!("{other} is no permission"),
    }
}

/// What the table's column "granular" says of an action.
enum Needs {
    Never,
    Nothing,
    Packages(Permission),
    Orgs(Permission),
}

/// The table of K and G: may read-only, automation, publish do it, and what does a granular token need. "What packages
/// permission an action needs (G1, "SO" for stage-only): `stage`, `read-stage`, `unpublish`, `deprecate`,
/// `set-dist-tag`: SO. `approve-stage`, `reject-stage`: RW. The others as before."
fn table(action: &str) -> (bool, bool, bool, Needs) {
    match action {
        "read-package" => (true, true, true, Needs::Packages(READ)),
        "list-collaborators" => (false, false, true, Needs::Packages(READ)),
        "publish" => (false, true, true, Needs::Packages(WRITE)),
        "unpublish" => (false, true, true, Needs::Packages(STAGE)),
        "deprecate" => (false, true, true, Needs::Packages(STAGE)),
        "set-dist-tag" => (false, true, true, Needs::Packages(STAGE)),
        // "`stage` …: kinds automation, publish, session"; "`read-stage`: kinds automation, publish, session";
        // "`approve-stage` and `reject-stage`: kinds publish and session".
        "stage" => (false, true, true, Needs::Packages(STAGE)),
        "read-stage" => (false, true, true, Needs::Packages(STAGE)),
        "approve-stage" => (false, false, true, Needs::Packages(WRITE)),
        "reject-stage" => (false, false, true, Needs::Packages(WRITE)),
        "change-visibility" => (false, false, true, Needs::Packages(WRITE)),
        "change-publishing-access" => (false, false, true, Needs::Packages(WRITE)),
        "change-maintainers" => (false, false, true, Needs::Packages(WRITE)),
        "star-package" => (false, false, true, Needs::Never),
        "read-org" => (false, false, true, Needs::Orgs(READ)),
        "change-org-settings" => (false, false, true, Needs::Orgs(WRITE)),
        "add-member" => (false, false, true, Needs::Orgs(WRITE)),
        "remove-member" => (false, false, true, Needs::Orgs(WRITE)),
        "change-member-role" => (false, false, true, Needs::Orgs(WRITE)),
        "create-team" => (false, false, true, Needs::Orgs(WRITE)),
        "delete-team" => (false, false, true, Needs::Orgs(WRITE)),
        "add-team-member" => (false, false, true, Needs::Orgs(WRITE)),
        "remove-team-member" => (false, false, true, Needs::Orgs(WRITE)),
        // C5: "`grant-team-access` has every rule that `manage-team-access` had"; "`revoke-team-access` …: kinds
        // publish and session; granular: organizations RW and the organization selected".
        "grant-team-access" => (false, false, true, Needs::Orgs(WRITE)),
        "revoke-team-access" => (false, false, true, Needs::Orgs(WRITE)),
        "manage-billing" => (false, false, true, Needs::Never),
        "rename-org" => (false, false, true, Needs::Never),
        "delete-org" => (false, false, true, Needs::Never),
        "share-package" => (false, false, true, Needs::Never),
        "whoami" => (true, true, true, Needs::Nothing),
        "revoke-self" => (true, true, true, Needs::Nothing),
        "read-profile" => (false, false, true, Needs::Never),
        "change-profile" => (false, false, true, Needs::Never),
        "configure-two-factor" => (false, false, true, Needs::Never),
        "list-tokens" => (false, false, true, Needs::Never),
        "create-token" => (false, false, true, Needs::Never),
        "revoke-token" => (false, false, true, Needs::Never),
        // "Kinds publish and session; granular never; class *auth*; C6."
        "change-password" => (false, false, true, Needs::Never),
        "enrol-two-factor" => (false, false, true, Needs::Never),
        other => panic!("{other} is not in the table"),
    }
}

/// `read-only`, `automation` or `publish`; `None` for a granular or session token.
fn legacy_kind(token: &Value) -> Option<&str> {
    token.get("legacy").and_then(Value::as_str)
}

/// FORMAT, World: "`tokens[]`: exactly one of `legacy`, `granular`, `session`".
fn is_granular(token: &Value) -> bool {
    token.get("granular").is_some()
}

/// FORMAT, World, as above: "the **session token**: what a login makes".
fn is_session(token: &Value) -> bool {
    token.get("session").is_some()
}

/// K1: "A legacy kind without the action, or a granular token on an action marked never". A session token has "the same
/// column of the table of actions as a legacy `publish` token".
fn kind_has_action(token: &Value, action: &str) -> bool {
    let (read_only, automation, publish, granular) = table(action);
    if is_session(token) {
        return publish;
    }
    match legacy_kind(token) {
        Some("read-only") => read_only,
        Some("automation") => automation,
        Some("publish") => publish,
        Some(other) => panic!("{other} is no legacy kind"),
        None => !matches!(granular, Needs::Never),
    }
}

/// The permission of one side of a granular token. FORMAT, World: "May be left out: … the two grants
/// (`{"permission": "no-access"}`)".
fn permission_on(token: &Value, side: &str) -> Permission {
    match token["granular"].get(side) {
        None => NOTHING,
        Some(grant) => permission(text(grant, "permission")),
    }
}

/// G1, first sentence: "Granular, permission of the side below what the action needs".
fn own_side_is_high_enough(token: &Value, action: &str) -> bool {
    if !is_granular(token) {
        return true;
    }
    let (_, _, _, needs) = table(action);
    match needs {
        Needs::Never => false,
        Needs::Nothing => true,
        Needs::Packages(needed) => permission_on(token, "packages_and_scopes") >= needed,
        Needs::Orgs(needed) => permission_on(token, "orgs") >= needed,
    }
}

/// G1, G2, C5: "`grant-team-access` on a package whose scope is not that organization's" (an unscoped one has no scope,
/// so none that is the organization's).
fn hands_out_a_foreign_package(request: &Request<'_>) -> bool {
    request.action == "grant-team-access" && scope_of(package_of(request)) != request.org
}

/// G1, second sentence: "`grant-team-access` on a package whose scope is not that organization's hands out a right
/// over that package: it needs packages RW too."
fn second_sentence_of_g1_holds(token: &Value, request: &Request<'_>) -> bool {
    !is_granular(token) || !hands_out_a_foreign_package(request) || permission_on(token, "packages_and_scopes") >= WRITE
}

/// G2: "Granular, the package is in the selection iff `All`, or its exact name, or its scope is selected; an
/// organization iff named". "`grant-team-access` on a package whose scope is not that organization's needs both, the
/// organization first. Otherwise the two sides never mix".
fn resource_is_selected(token: &Value, request: &Request<'_>) -> bool {
    if !is_granular(token) {
        return true;
    }
    let (_, _, _, needs) = table(request.action);
    match needs {
        Needs::Never => false,
        Needs::Nothing => true,
        Needs::Packages(_) => package_is_selected(token, package_of(request)),
        Needs::Orgs(_) => {
            if !org_is_selected(token, org_of(request)) {
                return false;
            }
            !hands_out_a_foreign_package(request) || package_is_selected(token, package_of(request))
        }
    }
}

/// G2: "the package is in the selection iff `All`, or its exact name, or its scope is selected".
fn package_is_selected(token: &Value, name: &str) -> bool {
    all_is_selected(token) || package_name_is_selected(token, name) || scope_is_selected(token, name)
}

/// G2: "an organization iff named".
fn org_is_selected(token: &Value, org: &str) -> bool {
    list(&token["granular"]["orgs"], "select").iter().any(|selected| selected.as_str() == Some(org))
}

/// G3: "it is covered by `All` or the scope, not by the name itself …. An unscoped new name needs `All`."
fn creation_is_covered(token: &Value, request: &Request<'_>) -> bool {
    !is_granular(token) || all_is_selected(token) || scope_is_selected(token, package_of(request))
}

/// L5: "`All` is its own variant"; FORMAT: "`select` … is `"all"` or an object". No `select`, no `All`.
fn all_is_selected(token: &Value) -> bool {
    token["granular"]["packages_and_scopes"]["select"].as_str() == Some("all")
}

/// N1: "Names compare byte for byte".
fn package_name_is_selected(token: &Value, name: &str) -> bool {
    let select = &token["granular"]["packages_and_scopes"]["select"];
    list(select, "packages").iter().any(|selected| selected.as_str() == Some(name))
}

/// N3: "`@acme` covers `@acme/x`, never `@acme-evil/x`, never an unscoped `acme`. Scopes are accepted with or without
/// `@` at the edge".
fn scope_is_selected(token: &Value, package: &str) -> bool {
    let Some(scope) = scope_of(package) else {
        return false;
    };
    let select = &token["granular"]["packages_and_scopes"]["select"];
    list(select, "scopes")
        .iter()
        .filter_map(Value::as_str)
        .any(|selected| selected == scope || selected == format!("@{scope}"))
}

/// The table: "`publish` -> create-package when the name is new …, else publish-version".
fn is_creation(world: &Value, request: &Request<'_>) -> bool {
    request.action == "publish" && find_package(world, package_of(request)).is_none()
}

// ------------------------------------------------------------------------------------------------------------------
// C. The ceiling: what the owner may do now
// ------------------------------------------------------------------------------------------------------------------

/// C2..C6: may the owner do it, whatever the token says.
fn owner_may(world: &Value, owner: &Value, request: &Request<'_>) -> bool {
    match request.action {
        // C3.
        "publish" if is_creation(world, request) => owner_may_create(world, owner, package_of(request)),
        // C2: "read-package, list-collaborators, star-package: read (public: everyone)."
        "read-package" | "list-collaborators" | "star-package" => {
            names_public_package(world, request)
                || package_permission(world, owner, existing_package(world, request)) >= READ
        }
        // C2: "publish-version, unpublish, deprecate, set-dist-tag, change-publishing-access, change-maintainers:
        // write."
        "publish" | "unpublish" | "deprecate" | "set-dist-tag" | "change-publishing-access" | "change-maintainers" => {
            package_permission(world, owner, existing_package(world, request)) >= WRITE
        }
        // "`stage` …: C2 write"; "`read-stage`: … C2 write"; "`approve-stage` and `reject-stage`: … C2 write".
        "stage" | "read-stage" | "approve-stage" | "reject-stage" => {
            package_permission(world, owner, existing_package(world, request)) >= WRITE
        }
        // C4: "the user whose scope it is, or an owner of the organization whose scope it is; never for an unscoped
        // package."
        "change-visibility" => match scope_of(package_of(request)) {
            None => false,
            Some(scope) if is_user(world, scope) => text(owner, "name") == scope,
            Some(scope) if is_org(world, scope) => role_in(owner, scope) == Some("owner"),
            Some(_) => false,
        },
        // C5: "`read-org`, any member".
        "read-org" => role_in(owner, org_of(request)).is_some(),
        // C5: "the four team actions and `grant-team-access`, owner or admin".
        "create-team" | "delete-team" | "add-team-member" | "remove-team-member" => {
            is_owner_or_admin(owner, org_of(request))
        }
        // C5: "`grant-team-access`: the package's scope is that organization's, or it is (unscoped or of a user's
        // scope) and the token's owner has write on it".
        "grant-team-access" => {
            if !is_owner_or_admin(owner, org_of(request)) {
                return false;
            }
            let may_hand_out = || package_permission(world, owner, existing_package(world, request)) >= WRITE;
            match scope_of(package_of(request)) {
                None => may_hand_out(),
                Some(scope) if scope == org_of(request) => true,
                Some(scope) if is_user(world, scope) => may_hand_out(),
                Some(_) => false,
            }
        }
        // C5: "`revoke-team-access` …: role owner or admin there; nothing else is asked about the package."
        "revoke-team-access" => is_owner_or_admin(owner, org_of(request)),
        // C5: "every other, owner"; "`share-package`: its scope is that organization's."
        "share-package" => {
            role_in(owner, org_of(request)) == Some("owner") && scope_of(package_of(request)) == request.org
        }
        "change-org-settings"
        | "add-member"
        | "remove-member"
        | "change-member-role"
        | "manage-billing"
        | "rename-org"
        | "delete-org" => role_in(owner, org_of(request)) == Some("owner"),
        // C6: "Account actions concern the owner's own account only"; FORMAT: "`user` (left out: the token's owner)".
        "whoami"
        | "revoke-self"
        | "read-profile"
        | "change-profile"
        | "configure-two-factor"
        | "list-tokens"
        | "create-token"
        | "revoke-token"
        | "change-password"
        | "enrol-two-factor" => match request.user {
            None => true,
            Some(user) => user == text(owner, "name"),
        },
        other => panic!("C says nothing of {other}"),
    }
}

/// C1: "Package permission of a user = the highest of".
fn package_permission(world: &Value, user: &Value, package: &Value) -> Permission {
    let user_name = text(user, "name");
    let mut highest = NOTHING;

    // "its direct grant, on an unscoped package, on one whose scope is a user's, or on one whose scope is an
    // organization's *while a member of that organization* (…; a scope that nobody is known to own: the direct grant
    // does not count)".
    let direct_grant_counts = match scope_of(text(package, "name")) {
        None => true,
        Some(scope) if is_user(world, scope) => true,
        Some(scope) if is_org(world, scope) => role_in(user, scope).is_some(),
        Some(_) => false,
    };
    if direct_grant_counts && let Some(grant) = package["users"][user_name].as_str() {
        highest = highest.max(permission(grant));
    }

    // "the grants of each team that the user is in *while a member of that team's organization* (every recorded team
    // grant counts, whosever the package's scope …)". FORMAT: grants name `org:team`.
    for membership in list(user, "orgs") {
        for team in list(membership, "teams") {
            let key = format!("{}:{}", text(membership, "name"), team.as_str().unwrap_or_default());
            if let Some(grant) = package["teams"][key.as_str()].as_str() {
                highest = highest.max(permission(grant));
            }
        }
    }

    // "read-write if the package's scope is the user's own. An organization role by itself gives none."
    if scope_of(text(package, "name")) == Some(user_name) {
        highest = WRITE;
    }
    highest
}

/// C3: "unscoped, any active user; `@user/…`, that user; `@org/…`, a member in any role; a scope nobody owns, nobody."
fn owner_may_create(world: &Value, owner: &Value, name: &str) -> bool {
    match scope_of(name) {
        None => text(owner, "status") == "active",
        Some(scope) if is_user(world, scope) => text(owner, "name") == scope,
        Some(scope) if is_org(world, scope) => role_in(owner, scope).is_some(),
        Some(_) => false,
    }
}

/// The role of a user in an organization; `None` for no member.
fn role_in<'a>(user: &'a Value, org: &str) -> Option<&'a str> {
    list(user, "orgs").iter().find(|membership| text(membership, "name") == org).map(|found| text(found, "role"))
}

/// C5: "For this action a private package counts as existing only if this same token could read it (D3), if its scope
/// is that organization's, or if some team of that organization has a grant on it".
fn counts_as_existing_to_revoke(world: &Value, token: &Value, org: &str, package: &Value) -> bool {
    if text(package, "visibility") == "public" {
        return true;
    }
    if token_could_read(world, token, package) {
        return true;
    }
    if scope_of(text(package, "name")) == Some(org) {
        return true;
    }
    // FORMAT: grants name `org:team`.
    let Some(teams) = package["teams"].as_object() else {
        return false;
    };
    teams.keys().any(|key| key.split_once(':').is_some_and(|(of, _)| of == org))
}

/// C5: "owner or admin".
fn is_owner_or_admin(user: &Value, org: &str) -> bool {
    role_in(user, org) == Some("owner") || role_in(user, org) == Some("admin")
}

// ------------------------------------------------------------------------------------------------------------------
// F. Second factor
// ------------------------------------------------------------------------------------------------------------------

enum Factor {
    Passes,
    Challenged,
    Denied(&'static str),
}

/// F1..F5, "F with P4 and P5".
fn second_factor(world: &Value, token: &Value, owner: &Value, request: &Request<'_>) -> Factor {
    let enrolled = text(owner, "two_factor") != "disabled";
    // F5: "Where F2 or F3 would challenge but the owner has no second factor -> `second-factor-not-enrolled`."
    let challenge_or_f5 = if enrolled { Factor::Challenged } else { Factor::Denied("second-factor-not-enrolled") };
    // F1, P5.
    let bypasses = bypasses(token, request.action) && bypass_covers(world, request.action);

    // P4: "A `create-package` is treated as a write on a package with the policy's least one; F2's ban does not apply
    // to it (under `two-factor-only` a creation is challenged, whatever the token; F5 applies)."
    if is_creation(world, request) {
        match switch(world, "least_publishing_access") {
            "two-factor-only" => return challenge_or_f5,
            "two-factor-or-bypass" if bypasses => return Factor::Passes,
            "two-factor-or-bypass" => return challenge_or_f5,
            "no-requirement" => {}
            other => panic!("{other} is no publishing access"),
        }
    }

    // F2, F3: "A *write* that names an existing package (`grant-team-access` and `share-package` included …) whose
    // access is"; C5: "`revoke-team-access` … F2 and F3 as for `grant-team-access`".
    let existing = request.package.and_then(|name| find_package(world, name));
    if is_write(request.action)
        && let Some(package) = existing
    {
        let access = effective_access(world, package);
        // F2: "automation and granular tokens -> `tokens-disallowed`, bypass or not …; a legacy publish token is
        // challenged." A session token is "the same in F2".
        if access == "two-factor-only" && (is_granular(token) || legacy_kind(token) == Some("automation")) {
            return Factor::Denied("tokens-disallowed");
        }
        // "`approve-stage` and `reject-stage`: … F2's ban first, then always challenged under every policy: F1 never
        // applies (not enrolled: `second-factor-not-enrolled`)."
        if request.action == "approve-stage" || request.action == "reject-stage" {
            return challenge_or_f5;
        }
        match access {
            "two-factor-only" => return challenge_or_f5,
            // F3: "passes with bypass, else is challenged."
            "two-factor-or-bypass" if bypasses => return Factor::Passes,
            "two-factor-or-bypass" => return challenge_or_f5,
            "no-requirement" => {}
            other => panic!("{other} is no publishing access"),
        }
    }

    // F4: "Otherwise the account decides: bypass passes; *write* is challenged under auth-and-writes; *auth* under
    // both."
    if bypasses {
        return Factor::Passes;
    }
    let mode = text(owner, "two_factor");
    if is_write(request.action) && mode == "auth-and-writes" {
        return Factor::Challenged;
    }
    if is_auth(request.action) && (mode == "auth-only" || mode == "auth-and-writes") {
        return Factor::Challenged;
    }
    Factor::Passes
}

/// F1: "A token bypasses if it is automation, or granular with `bypass_2fa` and the permission of the side used is
/// read-write."
fn bypasses(token: &Value, action: &str) -> bool {
    if legacy_kind(token) == Some("automation") {
        return true;
    }
    if !is_granular(token) || token["granular"]["bypass_2fa"].as_bool() != Some(true) {
        return false;
    }
    let (_, _, _, needs) = table(action);
    match needs {
        Needs::Packages(_) => permission_on(token, "packages_and_scopes") == WRITE,
        Needs::Orgs(_) => permission_on(token, "orgs") == WRITE,
        Needs::Never | Needs::Nothing => false,
    }
}

/// F: "*auth* = change-profile, configure-two-factor, create-token, revoke-token"; "Two account actions are split off
/// …: `change-password` … and `enrol-two-factor` … class *auth*".
fn is_auth(action: &str) -> bool {
    let split_off = action == "change-password" || action == "enrol-two-factor";
    split_off || ["change-profile", "configure-two-factor", "create-token", "revoke-token"].contains(&action)
}

/// F: "*write* = every other action that changes something, except star-package and revoke-self (no class)"; "`stage`
/// …: no class"; "`read-stage`: … no class"; "`approve-stage` and `reject-stage`: … class *write*".
fn is_write(action: &str) -> bool {
    let changes_nothing =
        ["read-package", "list-collaborators", "read-org", "whoami", "read-profile", "list-tokens", "read-stage"]
            .contains(&action);
    let no_class = action == "star-package" || action == "revoke-self" || action == "stage";
    !changes_nothing && !no_class && !is_auth(action)
}

// ------------------------------------------------------------------------------------------------------------------
// Looking things up in a world
// ------------------------------------------------------------------------------------------------------------------

/// A list of the world; one that may be left out and is, is empty.
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    match value.get(key) {
        Some(Value::Array(entries)) => entries,
        None => &[],
        Some(_) => panic!("`{key}` is no list"),
    }
}

/// A required text of the world.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    match value.get(key) {
        Some(Value::String(found)) => found,
        _ => panic!("`{key}` is no text in {value}"),
    }
}

/// A time of the world.
fn time(written: &str) -> i128 {
    match parse_time(written) {
        Some(instant) => instant,
        None => panic!("{written} is no time"),
    }
}

/// N1: "Names compare byte for byte".
fn find_package<'a>(world: &'a Value, name: &str) -> Option<&'a Value> {
    list(world, "packages").iter().find(|package| text(package, "name") == name)
}

/// N4: "`@x` belongs to the user x or to the organization x": is it a user. "A user owns the scope whose text without
/// `@` is their name, byte for byte."
fn is_user(world: &Value, name: &str) -> bool {
    list(world, "users").iter().any(|user| text(user, "name") == name)
}

/// N4, as above: is it an organization.
fn is_org(world: &Value, name: &str) -> bool {
    list(world, "orgs").iter().any(|org| text(org, "name") == name)
}

/// "a **token** belongs to exactly one **owner** (a user)".
fn owner_of<'a>(world: &'a Value, token: &Value) -> &'a Value {
    let name = text(token, "owner");
    match list(world, "users").iter().find(|user| text(user, "name") == name) {
        Some(owner) => owner,
        None => panic!("nobody is called {name}"),
    }
}

/// V1, C2: the request names a package that exists and is public.
fn names_public_package(world: &Value, request: &Request<'_>) -> bool {
    match find_package(world, package_of(request)) {
        None => false,
        Some(package) => text(package, "visibility") == "public",
    }
}

/// D1: C comes after existence, so the package is there.
fn existing_package<'a>(world: &'a Value, request: &Request<'_>) -> &'a Value {
    match find_package(world, package_of(request)) {
        Some(package) => package,
        None => panic!("asked of a package after it was found missing"),
    }
}

/// "No action has an optional resource": the package of an action that takes one.
fn package_of<'a>(request: &Request<'a>) -> &'a str {
    match request.package {
        Some(name) => name,
        None => panic!("{} names no package", request.action),
    }
}

/// "No action has an optional resource": the organization of an action that takes one.
fn org_of<'a>(request: &Request<'a>) -> &'a str {
    match request.org {
        Some(name) => name,
        None => panic!("{} names no organization", request.action),
    }
}

/// N1: "A package is `name` or `@scope/name`." The scope without its `@`, so that it compares with a user or an
/// organization (N4: "`@x` belongs to the user x or to the organization x").
pub(crate) fn scope_of(package: &str) -> Option<&str> {
    let rest = package.strip_prefix('@')?;
    let (scope, _) = rest.split_once('/')?;
    Some(scope)
}

// ------------------------------------------------------------------------------------------------------------------
// N. Names
// ------------------------------------------------------------------------------------------------------------------

/// The core modules of validate-npm-package-name 7.0.2, those of them that an unscoped package could be called at all
/// (so none with `/` or `:` and none that starts with `_`: they are no names, old or new).
#[rustfmt::skip]
const CORE_MODULES: [&str; 42] = [
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
    "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net",
    "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder",
    "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
];

/// What `encodeURIComponent` leaves alone.
fn is_url_friendly(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.!~*'()".contains(letter))
}

/// The names that validate-npm-package-name excludes, "in any case".
fn is_excluded(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower == "node_modules" || lower == "favicon.ico"
}

/// N2: "A name that exists may be old"; `validForOldPackages`, "stricter in that a scope or a scoped name is never `.`,
/// `..`, `node_modules` or `favicon.ico` (in any case …), and no name is longer than 1,024 bytes".
pub(crate) fn package_name_is_valid(name: &str) -> bool {
    if name.is_empty() || name.len() > 1024 {
        return false;
    }
    if let Some(rest) = name.strip_prefix('@') {
        // `^(?:@([^/]+?)[/])?([^/]+?)$` with a scope, both parts URL-friendly.
        let Some((scope, last)) = rest.split_once('/') else {
            return false;
        };
        for part in [scope, last] {
            if part.is_empty() || !is_url_friendly(part) || part == "." || part == ".." || is_excluded(part) {
                return false;
            }
        }
        // "name cannot start with a period", asked of the part behind the `/` too.
        return !last.starts_with('.');
    }
    // "name cannot start with a period / a hyphen / an underscore".
    is_url_friendly(name) && !name.starts_with(['.', '-', '_']) && !is_excluded(name)
}

/// N2: "A *new* name obeys today's rules"; `validForNewPackages`: no core module, at most 214, no capitals, none of
/// `~'!()*` behind the last `/`.
pub(crate) fn new_package_name_is_valid(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    package_name_is_valid(name)
        && !CORE_MODULES.contains(&name.to_ascii_lowercase().as_str())
        && name.len() <= 214
        && !name.chars().any(|letter| letter.is_ascii_uppercase())
        && !last.contains(['~', '\'', '!', '(', ')', '*'])
}

/// N3: "Scopes are accepted with or without `@` at the edge"; FORMAT: scopes are "what N2 allows before the `/`", so a
/// scope is one if a package can be named in it.
pub(crate) fn scope_is_valid(scope: &str) -> bool {
    let bare = scope.strip_prefix('@').unwrap_or(scope);
    package_name_is_valid(&format!("@{bare}/x"))
}

/// N4: "the name of a *user* that exists may be any text of 1 to 256 bytes of visible ASCII other than
/// `/ : % \ " ' < > ? # &`; it does not start with `.` or `@`."
pub(crate) fn user_name_is_valid(name: &str) -> bool {
    let mut good = !name.is_empty() && name.len() <= 256 && !name.starts_with('.') && !name.starts_with('@');
    for letter in name.chars() {
        let visible = ('!'..='~').contains(&letter);
        good = good && visible && !['/', ':', '%', '\\', '"', '\'', '<', '>', '?', '#', '&'].contains(&letter);
    }
    good
}

/// N4, of organizations and teams (a *new* user's too): "Their names and those of teams: 1 to 214 of URL-safe ASCII
/// (`A-Za-z0-9-_.!~*()`), not starting with `.`".
pub(crate) fn account_name_is_valid(name: &str) -> bool {
    let mut good = !name.is_empty() && name.len() <= 214 && !name.starts_with('.');
    for letter in name.chars() {
        good = good && (letter.is_ascii_alphanumeric() || "-_.!~*()".contains(letter));
    }
    good
}

/// N4: "new ones without capitals".
pub(crate) fn new_account_name_is_valid(name: &str) -> bool {
    account_name_is_valid(name) && !name.chars().any(|letter| letter.is_ascii_uppercase())
}

// ------------------------------------------------------------------------------------------------------------------
// T3. Addresses and ranges
// ------------------------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Address {
    V4(u32),
    V6(u128),
}

/// T3: "`::ffff:a.b.c.d` is the IPv4 address a.b.c.d, in clients"; "Only this one embedding is unwrapped"; "No zone
/// ids."
pub(crate) fn parse_address(text: &str) -> Option<Address> {
    if let Some(v4) = parse_v4(text) {
        return Some(Address::V4(v4));
    }
    let v6 = parse_v6(text)?;
    match unwrap_mapped(v6) {
        Some(v4) => Some(Address::V4(v4)),
        None => Some(Address::V6(v6)),
    }
}

/// T3: "`::ffff:a.b.c.d` is the IPv4 address a.b.c.d": 80 zero bits, 16 one bits, the address.
fn unwrap_mapped(v6: u128) -> Option<u32> {
    if v6 >> 32 == 0xffff { u32::try_from(v6 & 0xffff_ffff).ok() } else { None }
}

/// A decimal number "without leading zeros or signs".
fn parse_decimal(text: &str, at_most: u32) -> Option<u32> {
    let digits_only = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits_only || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= at_most)
}

/// T3: four "octets without leading zeros or signs".
fn parse_v4(text: &str) -> Option<u32> {
    let octets: Vec<&str> = text.split('.').collect();
    if octets.len() != 4 {
        return None;
    }
    let mut address: u32 = 0;
    for octet in octets {
        address = address * 256 + parse_decimal(octet, 255)?;
    }
    Some(address)
}

/// The groups of one half of an IPv6 address; an IPv4 address may stand for the last two of the whole.
fn parse_groups(half: &str, may_end_in_v4: bool) -> Option<Vec<u16>> {
    let mut groups = Vec::new();
    if half.is_empty() {
        return Some(groups);
    }
    let pieces: Vec<&str> = half.split(':').collect();
    for (position, piece) in pieces.iter().enumerate() {
        let is_last = position + 1 == pieces.len();
        if is_last && may_end_in_v4 && piece.contains('.') {
            let v4 = parse_v4(piece)?;
            groups.push(u16::try_from(v4 >> 16).ok()?);
            groups.push(u16::try_from(v4 & 0xffff).ok()?);
        } else {
            let hex_only = (1..=4).contains(&piece.len()) && piece.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !hex_only {
                return None;
            }
            groups.push(u16::from_str_radix(piece, 16).ok()?);
        }
    }
    Some(groups)
}

/// RFC 4291, 2.2: eight groups, `::` once at most, the last two perhaps as an IPv4 address. T3: "No zone ids."
fn parse_v6(text: &str) -> Option<u128> {
    let groups = match text.split_once("::") {
        None => parse_groups(text, true)?,
        Some((left, right)) => {
            let mut groups = parse_groups(left, false)?;
            let right = parse_groups(right, true)?;
            // `::` stands for at least one group.
            if groups.len() + right.len() > 7 {
                return None;
            }
            while groups.len() + right.len() < 8 {
                groups.push(0);
            }
            groups.extend(right);
            groups
        }
    };
    if groups.len() != 8 {
        return None;
    }
    let mut address: u128 = 0;
    for group in groups {
        address = address * 65536 + u128::from(group);
    }
    Some(address)
}

/// A range: its address as written and the number of leading bits that count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Range {
    address: Address,
    prefix: u32,
}

/// T3: "A range is CIDR, IPv4 or IPv6, host bits are masked, prefix and octets without leading zeros or signs; a bare
/// address is refused." Mapped ones, "written with prefix 96 and longer they become IPv4 ranges, a shorter prefix is
/// refused".
pub(crate) fn parse_range(text: &str) -> Option<Range> {
    let (address, prefix) = text.split_once('/')?;
    if let Some(v4) = parse_v4(address) {
        return Some(Range { address: Address::V4(v4), prefix: parse_decimal(prefix, 32)? });
    }
    let v6 = parse_v6(address)?;
    let prefix = parse_decimal(prefix, 128)?;
    match unwrap_mapped(v6) {
        Some(_) if prefix < 96 => None,
        Some(v4) => Some(Range { address: Address::V4(v4), prefix: prefix - 96 }),
        None => Some(Range { address: Address::V6(v6), prefix }),
    }
}

/// T3: "Otherwise families never match: `::/0` is every IPv6 client and no IPv4 one."
pub(crate) fn range_contains(range: &Range, client: Address) -> bool {
    match (range.address, client) {
        (Address::V4(range_address), Address::V4(client)) => {
            (0..range.prefix).all(|bit| (range_address >> (31 - bit)) & 1 == (client >> (31 - bit)) & 1)
        }
        (Address::V6(range_address), Address::V6(client)) => {
            (0..range.prefix).all(|bit| (range_address >> (127 - bit)) & 1 == (client >> (127 - bit)) & 1)
        }
        (Address::V4(_), Address::V6(_)) | (Address::V6(_), Address::V4(_)) => false,
    }
}

// ------------------------------------------------------------------------------------------------------------------
// Times: FORMAT, World. An instant is the number of nanoseconds since 0000-01-01T00:00:00Z.
// ------------------------------------------------------------------------------------------------------------------

pub(crate) const SECOND: i128 = 1_000_000_000;
pub(crate) const MINUTE: i128 = 60 * SECOND;
pub(crate) const HOUR: i128 = 60 * MINUTE;
pub(crate) const DAY: i128 = 24 * HOUR;

/// The Gregorian calendar (RFC 3339, appendix C), back to the year 0.
fn is_leap(year: i128) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// 366 or 365.
fn days_in_year(year: i128) -> i128 {
    if is_leap(year) { 366 } else { 365 }
}

/// RFC 3339, 5.7.
fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 0000-01-01 to the first day of a year: 365 for each, and one for each leap year among them.
fn days_before_year(year: i128) -> i128 {
    if year == 0 {
        return 0;
    }
    let last = year - 1;
    365 * year + last / 4 - last / 100 + last / 400 + 1
}

/// All digits, as a number.
fn digits(text: Option<&str>) -> Option<i128> {
    let text = text?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// FORMAT, World: "Times are RFC 3339 with an offset, `T` between date and time, to the nanosecond at most (more
/// digits, a 60th second, a year outside 0000-9999 in UTC: an error)."
pub(crate) fn parse_time(text: &str) -> Option<i128> {
    if !text.is_ascii() {
        return None;
    }
    // full-date "T" partial-time
    let year = digits(text.get(0..4))?;
    let month = digits(text.get(5..7))?;
    let day = digits(text.get(8..10))?;
    let hour = digits(text.get(11..13))?;
    let minute = digits(text.get(14..16))?;
    let second = digits(text.get(17..19))?;
    let separators = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    for (position, separator) in separators {
        if text.get(position..position + 1) != Some(separator) {
            return None;
        }
    }
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }

    // [ "." 1*DIGIT ], at most nine of them
    let mut rest = text.get(19..)?;
    let mut nanoseconds = 0;
    if let Some(behind_point) = rest.strip_prefix('.') {
        let count = behind_point.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        let mut fraction = behind_point.get(..count)?.to_owned();
        while fraction.len() < 9 {
            fraction.push('0');
        }
        nanoseconds = digits(Some(&fraction))?;
        rest = behind_point.get(count..)?;
    }

    // "Z" / ( "+" / "-" ) time-hour ":" time-minute; RFC 3339 lets `z` stand for `Z`
    let offset_minutes = if rest == "Z" || rest == "z" {
        0
    } else {
        let hours = digits(rest.get(1..3))?;
        let minutes = digits(rest.get(4..6))?;
        if rest.len() != 6 || rest.get(3..4) != Some(":") || hours > 23 || minutes > 59 {
            return None;
        }
        match rest.get(0..1)? {
            "+" => hours * 60 + minutes,
            "-" => -(hours * 60 + minutes),
            _ => return None,
        }
    };

    let mut days = days_before_year(year) + day - 1;
    for earlier in 1..month {
        days += days_in_month(year, earlier);
    }
    let local = days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + nanoseconds;
    let instant = local - offset_minutes * MINUTE;
    if (0..days_before_year(10_000) * DAY).contains(&instant) { Some(instant) } else { None }
}

/// FORMAT, Decisions: "in UTC with `Z` and as few digits of a second as its value needs".
pub(crate) fn print_time(instant: i128) -> String {
    let mut fraction = format!("{:09}", instant % SECOND);
    while fraction.ends_with('0') {
        fraction.pop();
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}Z", print_date_and_time(instant))
}

/// `2025-11-01T00:00:00` of an instant, whole seconds.
pub(crate) fn print_date_and_time(instant: i128) -> String {
    let mut days = instant / DAY;
    let mut year = 0;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_in_month(year, month) {
        days -= days_in_month(year, month);
        month += 1;
    }
    let day = days + 1;
    let (hour, minute, second) = (instant % DAY / HOUR, instant % HOUR / MINUTE, instant % MINUTE / SECOND);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

// ------------------------------------------------------------------------------------------------------------------
// S2. SHA-256 (FIPS 180-4), the plain way
// ------------------------------------------------------------------------------------------------------------------

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "as the standard prints them")]
const ROUND: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// "64 lower-case hex digits" (FORMAT, World).
pub(crate) fn hex(digest: [u8; 32]) -> String {
    let mut text = String::new();
    for byte in digest {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
    }
    text
}

#[expect(clippy::many_single_char_names, reason = "the standard's names")]
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    let bits = u64::try_from(message.len()).unwrap_or_default() * 8;
    padded.extend(bits.to_be_bytes());

    let mut hash: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    for block in padded.chunks(64) {
        let mut schedule = [0_u32; 64];
        for at in 0..16 {
            let word = &block[4 * at..4 * at + 4];
            schedule[at] = u32::from_be_bytes([word[0], word[1], word[2], word[3]]);
        }
        for at in 16..64 {
            let near = schedule[at - 15];
            let far = schedule[at - 2];
            let small0 = near.rotate_right(7) ^ near.rotate_right(18) ^ (near >> 3);
            let small1 = far.rotate_right(17) ^ far.rotate_right(19) ^ (far >> 10);
            schedule[at] = schedule[at - 16].wrapping_add(small0).wrapping_add(schedule[at - 7]).wrapping_add(small1);
        }
        let mut now = hash;
        for at in 0..64 {
            let [a, b, c, d, e, f, g, h] = now;
            let big1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let first = h.wrapping_add(big1).wrapping_add(choice).wrapping_add(ROUND[at]).wrapping_add(schedule[at]);
            let big0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            let second = big0.wrapping_add(majority);
            now = [first.wrapping_add(second), a, b, c, d.wrapping_add(first), e, f, g];
        }
        for (old, new) in hash.iter_mut().zip(now) {
            *old = old.wrapping_add(new);
        }
    }
    let mut digest = [0_u8; 32];
    for (at, word) in hash.iter().enumerate() {
        digest[4 * at..4 * at + 4].copy_from_slice(&word.to_be_bytes());
    }
    digest
}
