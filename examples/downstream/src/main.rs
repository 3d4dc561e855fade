//! Prints what the registry answers to a few calls.
#![expect(clippy::print_stdout, reason = "a demo shows its answers")]

use tollgate::{PackageAction, PackageName, Policy, Secret, value::AllowedRanges};
use tollgate_downstream::{Call, Failure, Registry, house::HouseRules, rows::Database, rows::TokenRow};

const ROWS: &str = r#"{"orgs": [],
    "users": [{"name": "alice", "status": "active", "two_factor": "auth-and-writes", "tokens_revoked_until": null,
        "writes_held_until": null}],
    "packages": [{"name": "left-pad", "visibility": "public", "publishing_access": "two-factor-or-bypass",
        "users": {"alice": "read-write"}, "dependents": 11}]}"#;
const TOKEN: &str = r#"{"version": 1, "key": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z",
    "revoked": null, "cidr": null, "legacy": "publish"}"#;
const SECRET: &str = "no-secret-for-it-stands-in-the-source";

fn main() -> Result<(), Failure> {
    let mut database: Database = serde_json::from_str(ROWS)?;
    database.tokens.push(TokenRow { digest: Secret::new(SECRET)?.digest().to_hex(), stored: TOKEN.into() });
    let house = HouseRules { builds: AllowedRanges::only(["10.0.0.0/8".parse()?])? };
    // The token is a legacy token, so the edition is one that honours legacy tokens.
    let registry = Registry { policy: Policy::NPM_2025_10, database, house };
    let (package, now) = (PackageName::new("left-pad")?, "2025-11-01T00:00:00Z".parse()?);
    for (secret, action, client_ip, factor_shown) in [
        (None, PackageAction::ReadPackage, "192.0.2.1", false),
        (None, PackageAction::Publish, "10.1.2.3", false),
        (Some(SECRET), PackageAction::Publish, "10.1.2.3", false),
        (Some(SECRET), PackageAction::Publish, "10.1.2.3", true),
        (Some(SECRET), PackageAction::Publish, "192.0.2.1", true),
        (Some(SECRET), PackageAction::Unpublish, "10.1.2.3", true),
        (Some(SECRET), PackageAction::Deprecate, "10.1.2.3", true),
    ] {
        let client_ip = client_ip.parse()?;
        let answer = registry.answer(Call { secret, factor_shown, action, package, client_ip, now })?;
        println!("{} {:9}  {action} from {client_ip}", answer.status, answer.verdict.as_str());
        if let Some(text) = answer.client_text {
            println!("               {text}");
        }
    }
    Ok(())
}
