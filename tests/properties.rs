//! Laws over arbitrary worlds (D5) and over arbitrary selections, as properties.
#![cfg(all(feature = "std", feature = "serde"))]
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a world is JSON, and a broken one fails the test"
)]

mod oracle;

use proptest::prelude::*;
use serde_json::{Value, json};
use tollgate::directory::{Caller, DecisionLine, Directory, RequestLine, World};
use tollgate::{Decision, Input, PackageOrScope, PackageSelection, Verdict, Via};

/// One way to take something from a world, or to tighten it. None of them may raise a decision.
#[derive(Clone, Copy, Debug)]
enum Tightening {
    DropUserGrant,
    LowerUserGrant,
    DropTeamGrant,
    LowerTeamGrant,
    DropMembership,
    DropTeam,
    LowerRole,
    DropSelected,
    LowerPermission,
    AnyAddressToRanges,
    DropRange,
    EarlierExpiry,
    Revoke,
    CutOff,
    Suspend,
}

const TIGHTENINGS: [Tightening; 15] = [
    Tightening::DropUserGrant,
    Tightening::LowerUserGrant,
    Tightening::DropTeamGrant,
    Tightening::LowerTeamGrant,
    Tightening::DropMembership,
    Tightening::DropTeam,
    Tightening::LowerRole,
    Tightening::DropSelected,
    Tightening::LowerPermission,
    Tightening::AnyAddressToRanges,
    Tightening::DropRange,
    Tightening::EarlierExpiry,
    Tightening::Revoke,
    Tightening::CutOff,
    Tightening::Suspend,
];

/// The items of a list of the world, and which of them to take.
fn pick(list: &mut Value, at: usize) -> Option<&mut Value> {
    let items = list.as_array_mut()?;
    let count = items.len();
    items.get_mut(at.checked_rem(count)?)
}

fn drop_one(list: &mut Value, at: usize, keep: usize) -> bool {
    let Some(items) = list.as_array_mut().filter(|items| items.len() > keep) else { return false };
    items.remove(at % items.len());
    true
}

fn drop_entry(map: &mut Value, at: usize) -> bool {
    let Some(entries) = map.as_object_mut().filter(|entries| !entries.is_empty()) else { return false };
    let key = entries.keys().nth(at % entries.len()).unwrap().clone();
    entries.remove(&key);
    true
}

fn lower_entry(map: &mut Value, at: usize) -> bool {
    let Some(entries) = map.as_object_mut().filter(|entries| !entries.is_empty()) else { return false };
    let key = entries.keys().nth(at % entries.len()).unwrap().clone();
    entries.insert(key, json!("read-only"));
    true
}

/// The world with one thing tightened, or `None` where there is nothing of the kind at that place.
fn tightened(world: &Value, how: Tightening, at: usize) -> Option<Value> {
    let mut world = world.clone();
    let deeper = at / 7;
    let user =
        |world: &mut Value, change: &dyn Fn(&mut Value) -> bool| pick(&mut world["users"], at).is_some_and(change);
    let package =
        |world: &mut Value, change: &dyn Fn(&mut Value) -> bool| pick(&mut world["packages"], at).is_some_and(change);
    let token =
        |world: &mut Value, change: &dyn Fn(&mut Value) -> bool| pick(&mut world["tokens"], at).is_some_and(change);
    let set = |value: &mut Value, new: Value| {
        *value = new;
        true
    };
    let changed = match how {
        Tightening::DropUserGrant => package(&mut world, &|package| drop_entry(&mut package["users"], deeper)),
        Tightening::LowerUserGrant => package(&mut world, &|package| lower_entry(&mut package["users"], deeper)),
        Tightening::DropTeamGrant => package(&mut world, &|package| drop_entry(&mut package["teams"], deeper)),
        Tightening::LowerTeamGrant => package(&mut world, &|package| lower_entry(&mut package["teams"], deeper)),
        Tightening::DropMembership => user(&mut world, &|user| drop_one(&mut user["orgs"], deeper, 0)),
        Tightening::DropTeam => user(&mut world, &|user| {
            pick(&mut user["orgs"], deeper).is_some_and(|membership| drop_one(&mut membership["teams"], deeper, 0))
        }),
        Tightening::LowerRole => user(&mut world, &|user| {
            pick(&mut user["orgs"], deeper).is_some_and(|membership| match membership["role"].as_str() {
                Some("owner") => set(&mut membership["role"], json!("admin")),
                Some("admin") => set(&mut membership["role"], json!("member")),
                _ => false,
            })
        }),
        Tightening::DropSelected => token(&mut world, &|token| {
            let granular = &mut token["granular"];
            if granular.is_null() {
                return false;
            }
            let select = &mut granular["packages_and_scopes"]["select"];
            match deeper % 3 {
                0 if select.is_object() => drop_one(&mut select["packages"], deeper, 1),
                1 if select.is_object() => drop_one(&mut select["scopes"], deeper, 1),
                _ => drop_one(&mut granular["orgs"]["select"], deeper, 1),
            }
        }),
        Tightening::LowerPermission => token(&mut world, &|token| {
            let side = if deeper.is_multiple_of(2) { "packages_and_scopes" } else { "orgs" };
            let granular = &mut token["granular"];
            !granular.is_null()
                && granular[side]["permission"] == "read-write"
                && set(&mut granular[side]["permission"], json!("read-only"))
        }),
        Tightening::AnyAddressToRanges => token(&mut world, &|token| {
            token["cidr"].is_null() && set(&mut token["cidr"], json!(["10.0.0.0/8", "2001:db8::/32"]))
        }),
        Tightening::DropRange => token(&mut world, &|token| drop_one(&mut token["cidr"], deeper, 1)),
        Tightening::EarlierExpiry => token(&mut world, &|token| {
            // A day after it was made, which is the earliest that there is; worlds are of one year.
            let created: tollgate::Timestamp = token["created"].as_str().unwrap().parse().unwrap();
            let day = std::time::Duration::from_secs(86_400);
            !token["granular"].is_null()
                && created
                    .checked_add(day)
                    .is_ok_and(|expires| set(&mut token["granular"]["expires"], json!(expires.to_string())))
        }),
        Tightening::Revoke => token(&mut world, &|token| set(&mut token["revoked"], json!("2025-01-01T00:00:00Z"))),
        Tightening::CutOff => user(&mut world, &|user| {
            user["tokens_revoked_until"].is_null()
                && set(&mut user["tokens_revoked_until"], json!("2025-10-31T00:00:00Z"))
        }),
        Tightening::Suspend => user(&mut world, &|user| set(&mut user["status"], json!("suspended"))),
    };
    changed.then_some(world)
}

fn load(world: &Value) -> Option<Directory> {
    let world: World = serde_json::from_value(world.clone()).unwrap();
    Directory::load(&world).ok()
}

fn verdict(directory: &Directory, request: &Value) -> Option<Verdict> {
    let request = serde_json::from_value::<RequestLine>(request.clone()).unwrap().parse().ok()?;
    let caller: Caller<'_> = directory.caller(&request);
    Some(directory.decide(&caller, &request).verdict())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// D5. "With deny < challenge < allow, these never raise a decision."
    #[test]
    fn nothing_that_is_taken_or_tightened_raises_a_decision(seed: u64, how in 0..TIGHTENINGS.len(), at in 0..10_000_usize) {
        let world = oracle::worlds::world(seed);
        let how = TIGHTENINGS[how];
        let Some(tighter) = tightened(&world, how, at) else { return Ok(()) };
        // Some tightenings break a limit (2FA bypass without read-write): there is no such world.
        let Some(after) = load(&tighter) else { return Ok(()) };
        let before = load(&world).unwrap();
        for request in oracle::worlds::requests(&world, seed, 60) {
            let (was, is) = (verdict(&before, &request), verdict(&after, &request));
            prop_assert!(is <= was, "{how:?} at {at}: {request} was {was:?}, is {is:?}");
        }
    }

    /// L2: order and duplicates in a selection do not matter.
    #[test]
    fn order_and_duplicates_in_a_selection_do_not_matter(
        names in proptest::collection::vec("(@[a-c]/)?[a-e]|@[a-c]", 1..40),
        order in any::<prop::sample::Index>(),
    ) {
        let entry = |name: &String| {
            if name.contains('/') || !name.starts_with('@') {
                PackageOrScope::Package(name.parse().unwrap())
            } else {
                PackageOrScope::Scope(name.parse().unwrap())
            }
        };
        let selection = PackageSelection::only(names.iter().map(entry));
        let mut turned = names.clone();
        turned.rotate_left(order.index(names.len()));
        turned.extend_from_slice(&names[..order.index(names.len())]);
        prop_assert_eq!(PackageSelection::only(turned.iter().rev().map(entry)), selection);
    }
}

/// Each tightening is tried on something, or the property says nothing.
#[test]
fn every_tightening_lowers_some_decision() {
    for how in TIGHTENINGS {
        let lowers = (0..400_u64).any(|seed| {
            let world = oracle::worlds::world(seed);
            let at = usize::try_from(seed).unwrap() * 5;
            let Some(after) = tightened(&world, how, at).as_ref().and_then(load) else { return false };
            let before = load(&world).unwrap();
            let requests = oracle::worlds::requests(&world, seed, 60);
            requests.iter().any(|request| verdict(&after, request) < verdict(&before, request))
        });
        assert!(lowers, "{how:?} changes nothing anywhere");
    }
}

/// All that a decision says to the outside, and what it says it depended on.
fn said(directory: &Directory, request: &Value) -> Option<(String, Vec<Input>)> {
    let request = serde_json::from_value::<RequestLine>(request.clone()).unwrap().parse().ok()?;
    let caller = directory.caller(&request);
    let decision = directory.decide(&caller, &request);
    let client_text = match &decision {
        Decision::Deny(deny) => deny.client_text().to_string(),
        Decision::Allow(_) | Decision::Challenge(_) => String::new(),
    };
    let line = serde_json::to_string(&DecisionLine::decided(&request, &decision)).unwrap();
    let cacheable = match &decision {
        Decision::Allow(allow) => allow.via() != Via::SecondFactor,
        Decision::Challenge(_) => false,
        Decision::Deny(_) => true,
    };
    assert_eq!(decision.is_cacheable(), cacheable, "D2: a challenge and what came of it is never cached: {line}");
    Some((format!("{line} {client_text}"), decision.depends_on().iter().collect()))
}

/// The worlds and requests that differ in nothing but one input.
fn with_another(input: Input, world: &Value, request: &Value) -> Vec<(Value, Value)> {
    let request_with = |field: &str, values: &[Value]| -> Vec<(Value, Value)> {
        let changed = values.iter().map(|value| {
            let mut request = request.clone();
            request[field] = value.clone();
            (world.clone(), request)
        });
        changed.collect()
    };
    match input {
        Input::ClientIp => {
            request_with("client_ip", &[Value::Null, json!("10.1.2.3"), json!("2001:db8::7"), json!("203.0.113.9")])
        }
        Input::Now => {
            let times = ["0000-01-01T00:00:00Z", "2025-11-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"];
            request_with("now", &times.map(|time| json!(time)))
        }
        Input::Owner => {
            let tokens = world["tokens"].as_array().unwrap();
            let Some(token) = tokens.iter().find(|token| token["id"] == request["token"]) else { return Vec::new() };
            let users = world["users"].as_array().unwrap();
            let owner = users.iter().position(|user| user["name"] == token["owner"]).unwrap();
            let change = |field: &str, value: Value| {
                let mut world = world.clone();
                world["users"][owner][field] = value;
                (world, request.clone())
            };
            Vec::from([
                change("status", json!("suspended")),
                change("status", json!("active")),
                change("two_factor", json!("disabled")),
                change("two_factor", json!("auth-and-writes")),
                change("orgs", json!([])),
                change("tokens_revoked_until", json!("9999-01-01T00:00:00Z")),
                change("tokens_revoked_until", Value::Null),
            ])
        }
        Input::Package => {
            let mut gone = world.clone();
            gone["packages"].as_array_mut().unwrap().retain(|package| package["name"] != request["package"]);
            let mut private = world.clone();
            for package in private["packages"].as_array_mut().unwrap() {
                if package["name"] == request["package"] && package["name"].as_str().unwrap().starts_with('@') {
                    package["visibility"] = json!("private");
                    package["publishing_access"] = json!("two-factor-only");
                }
            }
            Vec::from([(gone, request.clone()), (private, request.clone())])
        }
        // An organization cannot be taken out of a world that mentions it; one can be added.
        Input::Organization => {
            let name = &request["org"];
            let taken = ["users", "orgs"]
                .iter()
                .any(|list| world[*list].as_array().unwrap().iter().any(|thing| thing["name"] == *name));
            if taken || name.is_null() {
                return Vec::new();
            }
            let mut founded = world.clone();
            founded["orgs"].as_array_mut().unwrap().push(json!({"name": name}));
            Vec::from([(founded, request.clone())])
        }
        Input::Token | _ => Vec::new(),
    }
}

/// D2. "A decision says which inputs it depended on (so that a cache has the right key)."
#[test]
fn an_input_that_a_decision_does_not_name_changes_nothing() {
    let (mut compared, mut named) = ([0_usize; 6], [0_usize; 6]);
    for seed in 0..60_u64 {
        let world = oracle::worlds::world(seed);
        let directory = load(&world).unwrap();
        for request in oracle::worlds::requests(&world, seed, 40) {
            // Whoever has just shown a factor has shown it now: the time of the factor is not the time of the token.
            let Some((before, depends_on)) = said(&directory, &request) else { continue };
            for (at, input) in Input::ALL.iter().enumerate() {
                if depends_on.contains(input) {
                    named[at] += 1;
                    continue;
                }
                for (world, request) in with_another(*input, &world, &request) {
                    let Some((after, _)) = load(&world).and_then(|directory| said(&directory, &request)) else {
                        continue;
                    };
                    assert_eq!(after, before, "{input} changes it: {request}");
                    compared[at] += 1;
                }
            }
        }
    }
    // The token is named by every decision about one; without one there is none to change.
    assert!(compared.iter().skip(1).all(|count| *count > 0), "{compared:?}");
    assert!(named.iter().all(|count| *count > 0), "{named:?}");
}
