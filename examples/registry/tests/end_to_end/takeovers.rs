//! Two attacks that worked under version 1 of the rules: a maintainer who plants a team and is evicted, and a stolen
//! token for CI that makes itself permanent.

use serde_json::{Value, json};

use crate::support::{
    AUGUST, FOUNDING, Person, Reply, Server,
    person::{escaped, publish_document},
    under_both_editions,
};

under_both_editions!(
    a_planted_team_goes_with_the_evicted_maintainer,
    a_maintainer_cannot_put_out_a_team_of_the_packages_own_organization,
);

impl Person {
    fn publish_version(&self, name: &str, version: &str) -> Reply {
        self.http("PUT", &escaped(name)).json(&publish_document(name, version, None)).send()
    }

    /// Replaces the maintainers with the request of `npm owner`.
    fn set_maintainers(&self, name: &str, maintainers: &[&str]) -> Reply {
        let path = escaped(name);
        let document = self.http("GET", &path).send();
        if document.status != 200 {
            return document;
        }
        let revision = document.json()["_rev"].clone();
        let maintainers: Vec<Value> = maintainers.iter().map(|name| json!({ "name": name, "email": "" })).collect();
        let body = json!({ "_id": name, "_rev": revision, "maintainers": maintainers });
        self.http("PUT", &format!("{path}/-rev/{}", revision.as_str().unwrap())).json(&body).send()
    }

    fn grant(&self, team: &str, package: &str) -> Reply {
        let body = json!({ "package": package, "permissions": "read-write" });
        self.http("PUT", &format!("/-/team/{team}/package")).json(&body).send()
    }

    fn revoke(&self, team: &str, package: &str) -> Reply {
        self.http("DELETE", &format!("/-/team/{team}/package")).json(&json!({ "package": package })).send()
    }
}

fn maintainers_of(person: &Person, name: &str) -> Vec<String> {
    let document = person.http("GET", &escaped(name)).send().expect(200).json();
    let maintainers = document["maintainers"].as_array().unwrap().iter();
    maintainers.map(|maintainer| maintainer["name"].as_str().unwrap().to_owned()).collect()
}

fn a_planted_team_goes_with_the_evicted_maintainer(edition: &str) {
    let server = Server::under(edition);
    let (alice, mallory) = (server.person_with_2fa("alice"), server.person_with_2fa("mallory"));
    server.organization("evil", &mallory);
    // The statuses of a refusal: who cannot read a private package is not told that there is one.
    for (name, refused) in [("left-pad", 403), ("@alice/app", 404)] {
        alice.publish_version(name, "1.0.0").expect(201);
        alice.set_maintainers(name, &["alice", "mallory"]).expect(201);
        mallory.grant("evil/developers", name).expect(201);
        alice.set_maintainers(name, &["alice"]).expect(201);
        assert_eq!(maintainers_of(&alice, name), ["alice"]);
        // The grant of the team outlives the maintainer who made it.
        mallory.publish_version(name, "1.0.1").expect(201);

        // The owner is not in the organization, and can still take its team off the package.
        alice.http("GET", "/-/team/evil/developers/package").send().expect(403);
        alice.revoke("evil/developers", name).expect(204);
        mallory.publish_version(name, "1.0.2").expect(refused);
        mallory.set_maintainers(name, &["mallory"]).expect(refused);
        mallory.grant("evil/developers", name).expect(refused);
        alice.publish_version(name, "1.0.2").expect(201);
        assert_eq!(maintainers_of(&alice, name), ["alice"]);
    }
    // To take a team off needs the second factor, like the change of the maintainers that it stands for.
    alice.set_maintainers("left-pad", &["alice", "mallory"]).expect(201);
    mallory.grant("evil/developers", "left-pad").expect(201);
    let body = json!({ "package": "left-pad" });
    let path = "/-/team/evil/developers/package";
    let reply = alice.without_code().http("DELETE", path).json(&body).send().expect(401);
    assert_eq!(reply.header("www-authenticate"), Some("OTP"));
    server.http("DELETE", path).json(&body).send().expect(401);
    let eve = server.person_with_2fa("eve");
    eve.revoke("evil/developers", "left-pad").expect(403);
    mallory.publish_version("left-pad", "1.0.3").expect(201);
    alice.npm("access revoke evil:developers left-pad").succeeds();
    alice.set_maintainers("left-pad", &["alice"]).expect(201);
    mallory.publish_version("left-pad", "1.0.4").expect(403);
}

fn a_maintainer_cannot_put_out_a_team_of_the_packages_own_organization(edition: &str) {
    let server = Server::under(edition);
    let (alice, olga) = (server.person_with_2fa("alice"), server.person_with_2fa("olga"));
    server.organization("acme", &olga);
    olga.publish_version("@acme/kit", "1.0.0").expect(201);
    olga.brings("acme", &alice);
    olga.set_maintainers("@acme/kit", &["olga", "alice"]).expect(201);
    alice.publish_version("@acme/kit", "1.0.1").expect(201);
    alice.revoke("acme/developers", "@acme/kit").expect(403);
    // An admin of the organization may, with no right on the package.
    olga.revoke("acme/developers", "@acme/kit").expect(204);
}

/// The attack: a token for CI that bypasses the second factor, for one package, lifts the package's requirement and
/// replaces its maintainers.
// Not under both editions: it runs under all four editions, one after the other.
#[test]
fn a_stolen_bypass_token_replaces_no_maintainers_since_npm_2026_08() {
    for (edition, is_governed, publishes) in
        [(FOUNDING, false, true), ("npm-2025-12", false, true), (AUGUST, true, true), ("npm-2027-01", true, false)]
    {
        let server = Server::under(edition);
        let (alice, mallory) = (server.person_with_2fa("alice"), server.person_with_2fa("mallory"));
        alice.publish_version("pk", "1.0.0").expect(201);
        let create = json!({
            "name": "ci", "packages": ["pk"], "packages_and_scopes_permission": "read-write", "bypass_2fa": true,
            "cidr": ["127.0.0.0/8"], "password": alice.password(),
        });
        let created = alice.http("POST", "/-/npm/v1/tokens").json(&create).send().expect(201).json();
        let ci = alice.ci_job(&server, created["token"].as_str().unwrap());
        let requirement = json!({ "publish_requires_tfa": true, "automation_token_overrides_tfa": true });
        alice.http("POST", "/-/package/pk/access").json(&requirement).send().expect(200);

        let lifted = ci.http("POST", "/-/package/pk/access").json(&json!({ "publish_requires_tfa": false })).send();
        let replaced = ci.set_maintainers("pk", &["mallory"]);
        if is_governed {
            for reply in [lifted, replaced] {
                assert_eq!(reply.header("www-authenticate"), Some("OTP"), "{edition}: {reply:?}");
                reply.expect(401);
            }
            assert_eq!(maintainers_of(&alice, "pk"), ["alice"]);
            mallory.publish_version("pk", "6.6.6").expect(403);
            alice.publish_version("pk", "1.0.1").expect(201);
            // What the token is for still works, until the edition that takes it away.
            let reply = ci.http("PUT", "/pk").json(&publish_document("pk", "1.1.0", None)).send();
            assert_eq!(reply.status, if publishes { 201 } else { 401 }, "{edition}: {reply:?}");
        } else {
            lifted.expect(200);
            replaced.expect(201);
            mallory.publish_version("pk", "6.6.6").expect(201);
            alice.publish_version("pk", "1.0.1").expect(403);
        }
    }
}
