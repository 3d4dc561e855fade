//! A small directory, and the texts of a request to it.

use serde_json::{Value, json};
use tollgate::{
    Secret,
    directory::{Directory, World},
};

use crate::{
    kept,
    world::{Kind, stored},
};

/// The secret of a token in the directory.
pub const SECRET: &str = "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";
/// The name of a package that the token covers.
pub const NAME: &str = "@acme/package299";
/// An address that the token may be used from.
pub const ADDRESS: &str = "2001:db8::7";

/// Returns a directory of 100 users, 300 packages and 500 tokens. One token has 50 entries and the secret [`SECRET`].
///
/// # Panics
///
/// The directory does not load.
#[must_use]
pub fn directory() -> &'static Directory {
    let user = |name: String| {
        json!({"name": name, "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
               "writes_held_until": null, "orgs": [{"name": "acme", "role": "member", "teams": ["developers"]}]})
    };
    let package = |n: usize| {
        json!({"name": format!("@acme/package{n}"), "visibility": "private",
               "publishing_access": "two-factor-or-bypass", "teams": {"acme:developers": "read-write"}})
    };
    let digest = |text: &str| Value::from(Secret::new(text).expect("a secret").digest().to_hex());
    let legacy = |n: usize| {
        json!({"id": format!("l-{n}"), "owner": format!("user{}", n % 99), "created": "2025-10-30T12:00:00Z",
               "revoked": null, "cidr": null, "legacy": "publish", "secret_sha256": digest(&format!("secret-{n}"))})
    };
    let mut token = stored(Kind::Granular, 50);
    if let Some(fields) = token.as_object_mut() {
        fields.remove("version");
        let id = fields.remove("key").expect("a public id");
        fields.insert("id".into(), id);
        fields.insert("secret_sha256".into(), digest(SECRET));
    }
    let users: Vec<Value> = (0..99).map(|n| format!("user{n}")).chain(["alice".into()]).map(user).collect();
    let packages: Vec<Value> = (0..300).map(package).collect();
    let tokens: Vec<Value> = (0..499).map(legacy).chain([token]).collect();
    let world = json!({"users": users, "orgs": [{"name": "acme"}], "packages": packages, "tokens": tokens,
                       "policy": "npm-2025-10"});
    let world: World = serde_json::from_value(world).expect("a world");
    kept(Directory::load(&world).expect("a directory"))
}
