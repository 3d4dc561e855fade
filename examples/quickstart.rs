//! A first program: a token, its owner and a package from their stored records, and three decisions. The README shows
//! the same code and what it prints.
#![expect(clippy::print_stdout, reason = "an example shows what it decides")]

use tollgate::facts::{StoredPackage, StoredUser};
use tollgate::{Decision, PackageAction, Policy, StoredToken, authorize};

const TOKEN: &str = r#"{"version": 1, "key": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z",
    "revoked": null, "cidr": ["10.0.0.0/8"], "granular": {"name": "ci", "expires": "2026-01-01T00:00:00Z",
    "bypass_2fa": true, "packages_and_scopes": {"permission": "read-write", "select": {"packages": ["left-pad"]}}}}"#;
const ALICE: &str = r#"{"version": 1, "name": "alice", "status": "active", "two_factor": "auth-and-writes",
    "tokens_revoked_until": null, "writes_held_until": null, "orgs": []}"#;
const LEFT_PAD: &str = r#"{"version": 1, "name": "left-pad", "scope_owner": "unscoped", "visibility": "public",
    "publishing_access": "two-factor-or-bypass", "users": {"alice": "read-write"}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Facts: the token, its owner and the package, as they are stored now.
    let token = serde_json::from_str::<StoredToken>(TOKEN)?.load()?;
    let alice = serde_json::from_str::<StoredUser>(ALICE)?.load()?;
    let left_pad = serde_json::from_str::<StoredPackage>(LEFT_PAD)?.load()?;
    let (build, home, now) = ("10.1.2.3".parse()?, "192.0.2.7".parse()?, "2025-11-01T00:00:00Z".parse()?);

    // May the token publish the package? Under two of npm's editions, and from two addresses.
    for (policy, client_ip) in [(Policy::NPM_2025_10, build), (Policy::NPM_2027_01, build), (Policy::NPM_2025_10, home)]
    {
        let bound = policy.bind(&token, &alice)?;
        match authorize(&bound, PackageAction::Publish, &left_pad, client_ip, now) {
            Decision::Allow(allow) => println!("{}: {}", allow.status(), allow.action()),
            Decision::Challenge(challenge) => println!("{}: one-time password, please", challenge.status()),
            Decision::Deny(deny) => println!("{}: {}", deny.status(), deny.operator_text()),
        }
    }
    Ok(())
}
