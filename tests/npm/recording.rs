//! The recorded requests of the real npm client are read as the requests of the demo, which were worked out by hand.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "it reads the recording, and what is not in it fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use tollgate::directory::{Directory, World};
use tollgate::npm::{
    AccessChange, AccountRequest, Body, Endpoint, IsMember, MemberChange, OrganizationRequest, PackageRequest,
    PackumentChanges, ProfileChange, PutTarget, RequiredAccess, StoredPackument, TeamAccessChange, TeamRequest,
    TeamToCreate,
};
use tollgate::{Package, decision::AccessRequest, facts::TwoFactorMode};

fn lines(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(format!("{}/examples/data/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the registry had stored before the request: the recorder gave its documents out and did not write them down, so
/// it is what npm sent, less the one thing that the command changes.
fn stored_before(command: &str, sent: &Value) -> Value {
    let mut stored = sent.clone();
    if command == "deprecate" {
        for (_, manifest) in stored["versions"].as_object_mut().unwrap() {
            manifest.as_object_mut().unwrap().remove("deprecated");
        }
    } else if command == "unpublish" {
        let name = stored["name"].clone();
        stored["versions"]["0.9.0"] = json!({"name": name, "version": "0.9.0"});
    } else if command == "publish" {
        stored = json!({"name": sent["name"], "versions": {}});
    } else {
        stored = json!({"name": sent["_id"], "versions": {}, "users": {"someone": true}, "maintainers": []});
    }
    stored
}

/// The two-factor mode of the account that made the request.
fn two_factor(world: &Value, recorded: &Value) -> TwoFactorMode {
    let find = |list: &str, key: &str, value: &Value| {
        let found = world[list].as_array().unwrap().iter().find(|entry| entry[key] == *value);
        found.unwrap_or_else(|| panic!("{value} is not among the {list}"))
    };
    let token = find("tokens", "id", &recorded["as"]);
    find("users", "name", &token["owner"])["two_factor"].as_str().unwrap().parse().unwrap()
}

/// Every access request of a request, as a registry would come to them.
fn access_requests(directory: &Directory, world: &Value, recorded: &Value) -> Vec<AccessRequest> {
    let (method, path) = (recorded["method"].as_str().unwrap(), recorded["path"].as_str().unwrap());
    let endpoint = Endpoint::classify(method, path).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    let sent = &recorded["body"];
    let body = Body::deserialize(sent).unwrap();
    let one_of = match endpoint.required_access() {
        RequiredAccess::Nothing => return Vec::new(),
        RequiredAccess::This(access_request) => {
            if let Endpoint::Account(AccountRequest::ReadPackages { .. }) = &endpoint {
                return Vec::new();
            }
            return vec![access_request];
        }
        RequiredAccess::OneOf(one_of) => one_of,
    };
    let access_requests = match &endpoint {
        Endpoint::Package { package, request } => match request {
            PackageRequest::Write | PackageRequest::WriteRevision { .. } => {
                let command = recorded["npm"].as_str().unwrap().split(' ').nth(1).unwrap();
                let visibility = directory.packages().find(|found| found.name() == package).map(Package::visibility);
                let document = crate::body(stored_before(command, sent));
                let stored = visibility.map(|visibility| StoredPackument { document: &document, visibility });
                let to = match request {
                    PackageRequest::Write => PutTarget::Package,
                    _ => PutTarget::Revision,
                };
                let changes = PackumentChanges::read(package, to, &body, stored).unwrap();
                if stored.is_none() && command != "publish" {
                    changes.access_requests().iter().take(1).cloned().collect()
                } else {
                    changes.access_requests().to_vec()
                }
            }
            PackageRequest::WriteAccess => AccessChange::read(&body).unwrap().access_requests(package).into_vec(),
            other => panic!("{other:?}"),
        },
        Endpoint::Organization { organization, request } => match request {
            OrganizationRequest::WriteMember => {
                let change = MemberChange::read(&body).unwrap();
                let user =
                    world["users"].as_array().unwrap().iter().find(|user| user["name"] == *change.user().as_str());
                let orgs = user.and_then(|user| user["orgs"].as_array());
                let is_member = orgs.is_some_and(|orgs| orgs.iter().any(|org| org["name"] == *organization.as_str()));
                let membership = if is_member { IsMember::Yes } else { IsMember::No };
                vec![change.access_request(organization, membership)]
            }
            OrganizationRequest::CreateTeam => vec![TeamToCreate::read(&body).unwrap().access_request(organization)],
            other => panic!("{other:?}"),
        },
        Endpoint::Team { organization, team, request } => {
            let change = match request {
                TeamRequest::WritePackage => TeamAccessChange::read_grant(&body),
                TeamRequest::DeletePackage => TeamAccessChange::read_revocation(&body),
                other => panic!("{other:?}"),
            };
            vec![change.unwrap().access_request(organization, team)]
        }
        Endpoint::Account(AccountRequest::WriteProfile) => {
            ProfileChange::read(&body).unwrap().access_requests(two_factor(world, recorded)).into_vec()
        }
        Endpoint::Account(AccountRequest::Logout { .. }) => one_of.iter().take(1).cloned().collect(),
        other => panic!("{other:?}"),
    };
    assert!(!access_requests.is_empty(), "{recorded}");
    access_requests
}

fn as_request(access_request: &AccessRequest) -> Value {
    let mut fields = json!({"action": access_request.action()});
    if let Some(package) = access_request.package() {
        fields["package"] = json!(package.as_str());
    }
    if let Some(organization) = access_request.organization() {
        fields["org"] = json!(organization.as_str());
    }
    if let AccessRequest::CreateTeam { team, .. }
    | AccessRequest::Team { team, .. }
    | AccessRequest::TeamAccess { team, .. } = access_request
    {
        fields["team"] = json!(team.as_str());
    }
    fields
}

#[test]
fn the_recording_of_npm_is_read_as_the_requests_that_were_worked_out_by_hand() {
    let world: Value = {
        let path = format!("{}/examples/data/demo-world.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let directory = Directory::load(&serde_json::from_value::<World>(world.clone()).unwrap()).unwrap();
    // What was asked for by each recorded request, as words; requests that were made twice are there once.
    let mut by_hand: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for request in lines("demo-requests.jsonl") {
        let number = request["id"].as_str().unwrap().trim_start_matches('r').trim_end_matches(['b', 'c']).to_owned();
        let mut fields = request.as_object().unwrap().clone();
        fields.retain(|key, _| ["action", "package", "org", "team"].contains(&key.as_str()));
        by_hand.entry(number).or_default().insert(Value::Object(fields).to_string());
    }
    let (mut compared, mut repeated) = (0, 0);
    let mut seen_in_step: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for recorded in lines("npm-recording.jsonl") {
        if recorded["path"] == "/-/demo/done" {
            continue; // The recorder's own: where a login by browser is waited for.
        }
        let access_requests = access_requests(&directory, &world, &recorded);
        let read: BTreeSet<String> =
            access_requests.iter().map(|access_request| as_request(access_request).to_string()).collect();
        let seen = seen_in_step.entry(recorded["step"].as_u64().unwrap()).or_default();
        if let Some(expected) = by_hand.get(&format!("{:03}", recorded["n"].as_u64().unwrap())) {
            let mut extra = read.difference(expected);
            // npm moves the tags along when it takes a version out: by hand that is the one action.
            let moved = extra.all(|action| action.contains("set-dist-tag") && read.len() > 1);
            assert!(read.is_superset(expected) && moved, "{recorded}\n{read:?}\n{expected:?}");
            compared += 1;
        } else {
            assert!(read.is_subset(seen), "{recorded}\n{read:?} is in no request");
            repeated += usize::from(!read.is_empty());
        }
        seen.extend(read);
    }
    assert_eq!(compared, by_hand.len(), "each request that was worked out was read");
    assert!(repeated > 10, "{repeated}");
}
