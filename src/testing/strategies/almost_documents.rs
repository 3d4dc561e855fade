//! Documents that are almost valid: stored tokens, worlds and requests with exactly one mistake.
//!
//! A *place* in a document is a JSON pointer, such as `/granular/name`. The empty pointer is the whole document.

use std::{format, string::String, vec::Vec};

use proptest::{
    prop_oneof,
    strategy::{BoxedStrategy, Strategy},
};
use serde_json::{Value, json};

use super::{
    almost::{Almost, Mistake, with_mistake},
    document::world_and_request,
    tokens::token,
    valid,
};
use crate::{token::StoredToken, value::Timestamp};

/// Replaces the value at a place. Returns `None` if the document has no such place.
fn set(document: &Value, place: &str, value: Value) -> Option<Value> {
    let mut document = document.clone();
    *document.pointer_mut(place)? = value;
    Some(document)
}

/// Adds or replaces a member of the object at a place.
fn put(document: &Value, place: &str, member: &str, value: Value) -> Option<Value> {
    let mut document = document.clone();
    document.pointer_mut(place)?.as_object_mut()?.insert(member.into(), value);
    Some(document)
}

/// Removes a member of the object at a place. Returns `None` if the object has no such member.
fn without(document: &Value, place: &str, member: &str) -> Option<Value> {
    let mut document = document.clone();
    document.pointer_mut(place)?.as_object_mut()?.remove(member)?;
    Some(document)
}

/// Appends a changed copy of the first item to the list at a place.
fn doubled(document: &Value, place: &str, change: fn(&mut Value)) -> Option<Value> {
    let mut document = document.clone();
    let list = document.pointer_mut(place)?.as_array_mut()?;
    let mut again = list.first()?.clone();
    change(&mut again);
    list.push(again);
    Some(document)
}

/// Returns a list of names, each made from its index.
fn names(count: usize, name: fn(usize) -> String) -> Value {
    (0..count).map(name).collect::<Vec<_>>().into()
}

/// Returns one of two texts, which the random number `at` selects.
fn either(at: usize, first: &str, second: &str) -> Value {
    if at.is_multiple_of(2) { first.into() } else { second.into() }
}

/// The mistakes in a token, whether it is a stored token or a token of a world.
const TOKEN: &[Mistake<Value>] = &[
    ("an unknown field", |token, _| put(token, "", "only_from", json!("10.0.0.0/8"))),
    ("an unknown field of a granular token", |token, _| put(token, "/granular", "read_only", json!(true))),
    ("no `revoked`", |token, _| without(token, "", "revoked")),
    ("no `cidr`", |token, _| without(token, "", "cidr")),
    ("no `owner`", |token, _| without(token, "", "owner")),
    ("no `created`", |token, _| without(token, "", "created")),
    ("none of the kinds", |token, at| without(token, "", ["legacy", "session", "granular"].get(at.checked_rem(3)?)?)),
    ("two kinds", |token, _| {
        if token.get("legacy").is_some() {
            return put(token, "", "session", json!({"expires": "2026-01-01T00:00:00Z"}));
        }
        put(token, "", "legacy", json!("publish"))
    }),
    ("T2: a session without an expiry", |token, _| without(token, "/session", "expires")),
    ("T2: a session with a null expiry", |token, _| set(token, "/session/expires", Value::Null)),
    ("a session with a name", |token, _| put(token, "/session", "name", json!("ci"))),
    ("no such kind", |token, at| set(token, "/legacy", either(at, "Publish", "readonly"))),
    ("a null kind", |token, _| set(token, "/legacy", Value::Null)),
    ("an empty list of ranges", |token, _| set(token, "/cidr", json!([]))),
    ("a range that is none", |token, at| set(token, "/cidr", json!([either(at, "10.0.0.0", "010.0.0.0/8")]))),
    ("1,001 ranges", |token, _| {
        set(token, "/cidr", names(1001, |n| format!("10.{}.{}.0/24", n.wrapping_div(256), n.wrapping_rem(256))))
    }),
    ("an owner that is no name", |token, at| set(token, "/owner", either(at, "@alice", ".alice"))),
    ("a time of creation that is none", |token, at| {
        set(token, "/created", either(at, "2025-10-30T12:00:00", "2025-10-30 12:00:00Z"))
    }),
    ("revoked as a word", |token, at| set(token, "/revoked", json!([false, true].get(at & 1)?))),
    ("L4: no expiry", |token, _| without(token, "/granular", "expires")),
    ("L4: a null expiry", |token, _| set(token, "/granular/expires", Value::Null)),
    ("L4: an expiry as it is made", |token, _| set(token, "/granular/expires", token.get("created")?.clone())),
    ("L4: made in the last 24 hours of all", |token, _| {
        let late = set(token, "/created", json!(Timestamp::MAX))?;
        set(&late, "/granular/expires", json!(Timestamp::MAX))
    }),
    ("L5: no permission on either side", |token, _| {
        let token = set(token, "/granular/packages_and_scopes", json!({"permission": "no-access"}))?;
        set(&token, "/granular/orgs", json!({"permission": "no-access"}))
    }),
    ("L5: a permission without a selection", |token, at| {
        without(token, if at.is_multiple_of(2) { "/granular/packages_and_scopes" } else { "/granular/orgs" }, "select")
    }),
    ("L5: a selection without a permission", |token, _| {
        token.pointer("/granular/packages_and_scopes/select")?;
        set(token, "/granular/packages_and_scopes/permission", json!("no-access"))
    }),
    ("L5: a selection of nothing", |token, at| {
        let nothing = [json!({}), json!([]), json!({"packages": []}), json!({"scopes": []})];
        set(token, "/granular/packages_and_scopes/select", nothing.get(at & 3)?.clone())
    }),
    ("L5: a selection of no organization", |token, _| set(token, "/granular/orgs/select", json!([]))),
    ("L5: all organizations", |token, _| set(token, "/granular/orgs/select", json!("all"))),
    ("L5: another word for all", |token, at| {
        set(token, "/granular/packages_and_scopes/select", either(at, "ALL", "*"))
    }),
    ("no such permission", |token, at| {
        let words = ["write", "read_only", "read-write-stage-only"];
        set(token, "/granular/packages_and_scopes/permission", json!(words.get(at.checked_rem(3)?)?))
    }),
    ("L5: stage-only on organizations", |token, _| set(token, "/granular/orgs/permission", json!("stage-only"))),
    ("L2: 51 packages", |token, _| {
        set(token, "/granular/packages_and_scopes/select", json!({"packages": names(51, |n| format!("p{n}"))}))
    }),
    ("L2: 25 packages and 26 scopes", |token, _| {
        let select = json!({"packages": names(25, |n| format!("p{n}")), "scopes": names(26, |n| format!("@s{n}"))});
        set(token, "/granular/packages_and_scopes/select", select)
    }),
    ("a selected package that is no name", |token, at| {
        set(token, "/granular/packages_and_scopes/select", json!({"packages": [either(at, "@acme", "left pad")]}))
    }),
    ("a selected scope that is none", |token, at| {
        set(token, "/granular/packages_and_scopes/select", json!({"scopes": [either(at, "@acme/*", "@@acme")]}))
    }),
    ("L3: 51 organizations", |token, _| set(token, "/granular/orgs/select", names(51, |n| format!("o{n}")))),
    ("L6: a name with a space at the end", |token, _| set(token, "/granular/name", json!("ci "))),
    ("L6: an empty name", |token, _| set(token, "/granular/name", json!(""))),
    ("L6: a name of 41 characters", |token, _| set(token, "/granular/name", json!("n".repeat(41)))),
    ("L6: a description of 121 characters", |token, _| set(token, "/granular/description", json!("d".repeat(121)))),
    ("L7: bypass without a read-write permission", |token, _| {
        let permission = |side: &str| token.pointer(&format!("/granular/{side}/permission"));
        let writes = |side: &str| permission(side).is_some_and(|permission| permission == "read-write");
        if writes("packages_and_scopes") || writes("orgs") {
            return None;
        }
        set(token, "/granular/bypass_2fa", json!(true))
    }),
    ("bypass as a text", |token, at| set(token, "/granular/bypass_2fa", either(at, "true", "false"))),
];

/// Generates JSON documents that do not load as a [`StoredToken`]: a value breaks a limit, a field is unknown, or the
/// version is newer.
///
/// A registry must treat the token of a request as unknown if its row does not load. It must not treat the request as
/// one without a token ([L8](crate::docs::rules#l8)).
pub fn almost_stored_token() -> BoxedStrategy<Almost<Value>> {
    const STORED: &[Mistake<Value>] = &[
        ("a newer version", |token, _| set(token, "/version", json!(2))),
        ("a version of another type", |token, at| set(token, "/version", either(at, "1", "v1"))),
        ("no version", |token, _| without(token, "", "version")),
        ("no key", |token, _| without(token, "", "key")),
        ("an empty key", |token, _| set(token, "/key", json!(""))),
        ("a list of tokens", |token, _| Some(json!([token]))),
        ("null", |_, _| Some(Value::Null)),
    ];
    let stored = token().prop_map(|token| valid(serde_json::to_value(StoredToken::from(&token)))).boxed();
    prop_oneof![1 => with_mistake(stored.clone(), STORED), 5 => with_mistake(stored, TOKEN)].boxed()
}

/// Generates JSON documents that do not load as a [`World`](crate::directory::World): with a dangling reference, a
/// duplicate, or a required fact left out.
pub fn almost_world() -> BoxedStrategy<Almost<Value>> {
    const WORLD: &[Mistake<Value>] = &[
        ("no policy", |world, _| without(world, "", "policy")),
        ("a policy of another type", |world, at| {
            set(world, "/policy", [Value::Null, json!(["npm-2025-10"])].get(at & 1)?.clone())
        }),
        ("no such edition", |world, at| set(world, "/policy", either(at, "npm-2025-11", "NPM-2025-10"))),
        ("a policy without an edition", |world, _| set(world, "/policy", json!({"legacy_tokens": "retired"}))),
        ("an unknown switch of the policy", |world, _| {
            set(world, "/policy", json!({"edition": "npm-2025-10", "least_two_factor": "auth-only"}))
        }),
        ("P: a switch that is looser than the edition's", |world, at| {
            let looser = [
                json!({"edition": "npm-2025-12", "legacy_tokens": "honoured"}),
                json!({"edition": "npm-2025-12", "write_lifetime_at_most": 7_776_001}),
                json!({"edition": "npm-2025-12", "session_lifetime_at_most": 7_201}),
                json!({"edition": "npm-2025-12", "least_publishing_access": "no-requirement"}),
                json!({"edition": "npm-2026-08", "bypass_covers": "everything"}),
                json!({"edition": "npm-2027-01", "bypass_covers": "all-but-governance"}),
            ];
            set(world, "/policy", looser.get(at.checked_rem(looser.len())?)?.clone())
        }),
        ("P: a lifetime that is no number of seconds", |world, at| {
            let lifetimes = [Value::Null, json!("90 days"), json!(86_400.5), json!(-86_400)];
            let policy = json!({"edition": "npm-2025-10", "write_lifetime_at_most": lifetimes.get(at & 3)?});
            set(world, "/policy", policy)
        }),
        ("P: a lifetime that is too short", |world, at| {
            let short = [("write_lifetime_at_most", 86_399), ("token_lifetime_at_most", 86_399)];
            let (switch, seconds) = short.get(at.checked_rem(3)?).unwrap_or(&("session_lifetime_at_most", 0));
            let world = set(world, "/policy", json!({"edition": "npm-2025-10"}))?;
            put(&world, "/policy", switch, json!(seconds))
        }),
        ("a list left out", |world, at| without(world, "", ["users", "orgs", "packages", "tokens"].get(at & 3)?)),
        ("an unknown list", |world, _| put(world, "", "teams", json!([]))),
        ("a user twice", |world, _| doubled(world, "/users", |_| ())),
        ("an organization twice", |world, _| doubled(world, "/orgs", |_| ())),
        ("a package twice", |world, _| doubled(world, "/packages", |_| ())),
        ("two tokens of one id", |world, _| doubled(world, "/tokens", |_| ())),
        ("a user and an organization of one name", |world, _| {
            doubled(world, "/orgs", |org| org["name"] = json!("alice")).and_then(|world| {
                let users = world.get("users")?.as_array()?;
                users.iter().any(|user| user["name"] == "alice").then_some(world)
            })
        }),
        ("a user without a status", |world, _| without(world, "/users/0", "status")),
        ("a user without a two-factor mode", |world, _| without(world, "/users/0", "two_factor")),
        ("a user without a cut-off or null", |world, _| without(world, "/users/0", "tokens_revoked_until")),
        ("T5: a user without a hold or null", |world, _| without(world, "/users/0", "writes_held_until")),
        ("T5: a hold that is no time", |world, at| {
            set(world, "/users/0/writes_held_until", [json!(false), json!("2025-11-01")].get(at & 1)?.clone())
        }),
        ("a status of another word", |world, at| set(world, "/users/0/status", either(at, "Active", "banned"))),
        ("a user whose name is none", |world, at| set(world, "/users/0/name", either(at, "", ".alice"))),
        ("a membership in an organization that is none", |world, _| {
            set(world, "/users/0/orgs/0/name", json!("no-such-org"))
        }),
        ("two memberships in one organization", |world, _| doubled(world, "/users/0/orgs", |_| ())),
        ("a team twice", |world, _| doubled(world, "/users/0/orgs/0/teams", |_| ())),
        ("a role of another word", |world, at| set(world, "/users/0/orgs/0/role", either(at, "Owner", "super-admin"))),
        ("a package without a visibility", |world, _| without(world, "/packages/0", "visibility")),
        ("a package without a publishing access", |world, _| without(world, "/packages/0", "publishing_access")),
        ("an unscoped package that is private", |world, _| {
            let may_be_private = world.pointer("/policy/unscoped_packages").is_some_and(|it| it == "may-be-private");
            let is_scoped = world.pointer("/packages/0/name")?.as_str()?.starts_with('@');
            if may_be_private || is_scoped { None } else { set(world, "/packages/0/visibility", json!("private")) }
        }),
        ("a grant to a user who is none", |world, _| {
            put(world, "/packages/0/users", "no-such-user", json!("read-only"))
        }),
        ("a grant to a team of no organization", |world, _| put(world, "/packages/0/teams", "ops", json!("read-only"))),
        ("a grant to a team of an organization that is none", |world, _| {
            put(world, "/packages/0/teams", "no-such-org:ops", json!("read-only"))
        }),
        ("a grant of nothing", |world, _| put(world, "/packages/0/users", "alice", json!("no-access"))),
        ("a token of a user who is none", |world, _| set(world, "/tokens/0/owner", json!("no-such-user"))),
        ("a digest in capitals", |world, _| put(world, "/tokens/0", "secret_sha256", json!("A".repeat(64)))),
        ("a digest that is too short", |world, _| put(world, "/tokens/0", "secret_sha256", json!("a".repeat(63)))),
        ("two tokens of one secret", |world, _| {
            let world = put(world, "/tokens/0", "secret_sha256", json!("a".repeat(64)))?;
            doubled(&world, "/tokens", |token| token["id"] = json!("another id")).filter(|world| {
                // A copy of a granular token would also have the name of the original, which is a second mistake.
                world.pointer("/tokens/0/legacy").is_some()
            })
        }),
        ("L6: two granular tokens of one name", |world, _| {
            world.pointer("/tokens/0/granular")?;
            let token = world.pointer("/tokens/0")?;
            let user = world.get("users")?.as_array()?.iter().find(|user| user.get("name") == token.get("owner"))?;
            // The name of a revoked token may be used again (rule L6).
            let live = token.get("revoked")?.is_null() && user.get("tokens_revoked_until")?.is_null();
            if live { doubled(world, "/tokens", |token| token["id"] = json!("another id")) } else { None }
        }),
    ];
    let world = world_and_request().prop_map(|documents| documents.world).boxed();
    let tokens =
        world.prop_filter_map("no token", |world| world.pointer("/tokens/0").is_some().then_some(world)).boxed();
    let token = (tokens.clone(), with_mistake(token_of(&tokens), TOKEN))
        .prop_filter_map("no token", |(world, almost)| {
            Some(Almost { value: set(&world, "/tokens/0", almost.value)?, wrong: almost.wrong })
        });
    prop_oneof![1 => with_mistake(tokens, WORLD), 1 => token].boxed()
}

/// Generates the first token of each world.
fn token_of(worlds: &BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    worlds.clone().prop_filter_map("no token", |world| world.pointer("/tokens/0").cloned()).boxed()
}

/// Generates JSON documents that are not a valid line of the requests file: with a missing or unknown field, or with an
/// invalid name, time or address.
pub fn almost_request() -> BoxedStrategy<Almost<Value>> {
    const SLIPS: &[Mistake<Value>] = &[
        ("no id", |request, _| without(request, "", "id")),
        ("an id that is no text", |request, _| set(request, "/id", json!(1))),
        ("no token", |request, _| without(request, "", "token")),
        ("a token that is no text", |request, _| set(request, "/token", json!(7))),
        ("a token and a secret", |request, _| put(request, "", "secret", json!("0123456789abcdef0123456789abcdef"))),
        ("no action", |request, _| without(request, "", "action")),
        ("no such action", |request, at| {
            let words = ["create-package", "Publish", "manage-team-access", "approve"];
            set(request, "/action", json!(words.get(at & 3)?))
        }),
        ("no time", |request, _| without(request, "", "now")),
        ("a time that is none", |request, at| set(request, "/now", either(at, "2025-11-01T00:00:00", "now"))),
        ("a time as a number", |request, _| set(request, "/now", json!(1_762_000_000))),
        ("an address that is none", |request, at| set(request, "/client_ip", either(at, "10.01.2.3", "[::1]"))),
        ("a factor as a text", |request, at| put(request, "", "second_factor", either(at, "true", "alice"))),
        ("an unknown field", |request, at| {
            put(request, "", ["Package", "scope", "client-ip", "ip"].get(at & 3)?, json!("x"))
        }),
        ("a field that the action does not take", |request, _| {
            let user = request.get("user").is_some();
            put(request, "", if user { "package" } else { "user" }, json!("alice"))
        }),
        ("a resource left out", |request, at| {
            without(request, "", ["package", "org", "team"].get(at.checked_rem(3)?)?)
        }),
        ("a resource of another type", |request, at| {
            let field = ["/package", "/org", "/team", "/user"].get(at & 3)?;
            set(request, field, json!(["alice"]))
        }),
        ("a resource that is no name", |request, at| {
            let field = ["/package", "/org", "/team", "/user"].get(at & 3)?;
            set(request, field, json!(".hidden"))
        }),
        ("no object", |request, _| Some(json!([request]))),
    ];
    with_mistake(world_and_request().prop_map(|documents| documents.request).boxed(), SLIPS)
}
