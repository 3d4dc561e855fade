//! Facts that are left out, or there twice.

use super::*;

// Facts left out, facts twice.

type Reader = fn(&dyn Display) -> Result<(), String>;

/// One of each document that is read, with every field that it can have, and its reader.
fn documents() -> [(Value, Reader); 4] {
    [
        (world(), |json| load_world(json).map(drop)),
        (stored_granular(), |json| load_token(json).map(drop)),
        (stored_legacy("publish"), |json| load_token(json).map(drop)),
        (request("t-1", "publish", "left-pad"), |json| read_request(json).map(drop)),
    ]
}

/// The entries of each of these documents that it is read without, or with something else in their place.
fn read_with(change: fn(Value, &str) -> Value) -> [Vec<String>; 4] {
    documents().map(|(document, read)| {
        let reads = |entry: &String| read(&change(document.clone(), entry)).is_ok();
        entries(&document, "").into_iter().filter(reads).collect()
    })
}

/// A record without its restriction was a record without restriction; D5: no fact whose absence widens has a default.
#[test]
fn a_fact_left_out_is_an_error_and_widens_nothing() {
    let [in_world, of_granular, of_legacy, of_request] = read_with(without);
    assert_eq!(
        in_world.join(" "),
        "/packages/0/teams /packages/0/teams/acme:developers /packages/0/users /packages/0/users/bob /packages/1/users \
         /packages/1/users/alice /tokens/0/secret_sha256 /tokens/1/granular/bypass_2fa /tokens/1/granular/description \
         /tokens/1/granular/orgs /tokens/1/granular/packages_and_scopes \
         /tokens/1/granular/packages_and_scopes/select/packages /tokens/1/granular/packages_and_scopes/select/scopes \
         /tokens/1/secret_sha256 /users/0/orgs /users/0/orgs/0/teams"
    );
    assert_eq!(
        of_granular.join(" "),
        "/granular/bypass_2fa /granular/description /granular/orgs /granular/packages_and_scopes \
         /granular/packages_and_scopes/select/packages /granular/packages_and_scopes/select/scopes"
    );
    assert_eq!((of_legacy.join(" "), of_request.join(" ")), (String::new(), "/client_ip /second_factor".into()));
    // What may be left out gives nothing by being absent.
    let publishes = ["@acme/app", "@acme/new", "left-pad", "right-pad"].map(|name| request("", "publish", name));
    let team = json!({"id": "r", "token": "", "action": "create-team", "org": "acme", "team": "ops",
        "client_ip": "10.1.2.3", "now": "2025-11-01T00:00:00Z"});
    let requests = [&publishes[..], &[request("", "read-package", "@acme/app"), team]].concat();
    let requests = [requests.clone(), requests.into_iter().map(|line| without(line, "/client_ip")).collect()].concat();
    let verdicts = |world: &Value| {
        let directory = load_world(world).unwrap();
        let of = |token| requests.iter().map(move |line| with(line.clone(), "/token", json!(token)));
        of("t-1").chain(of("t-2")).map(|request| verdict(decide(&directory, &request))).collect::<Vec<_>>()
    };
    let whole = verdicts(&world());
    assert!(whole.contains(&Verdict::Allow) && whole.contains(&Verdict::Deny));
    for entry in in_world {
        let less = verdicts(&without(world(), &entry));
        assert!(less.iter().zip(&whole).all(|(less, whole)| less <= whole), "{entry}: {less:?} {whole:?}");
    }
}

fn verdict(answer: Answer) -> Verdict {
    match answer {
        Allow(_) => Verdict::Allow,
        Challenge(_) => Verdict::Challenge,
        Deny(_) => Verdict::Deny,
    }
}

/// Null for a fact was read as its absence, and its absence as freedom; D5: null stands only where the format says so.
#[test]
fn null_is_not_a_value_of_a_fact() {
    let nulled = read_with(|document, entry| with(document, entry, Value::Null)).map(|entries| entries.join(" "));
    let in_world = "/tokens/0/cidr /tokens/0/revoked /tokens/0/secret_sha256 /tokens/1/cidr /tokens/1/revoked \
        /tokens/1/secret_sha256 /users/0/tokens_revoked_until /users/0/writes_held_until \
        /users/1/tokens_revoked_until /users/1/writes_held_until";
    assert_eq!(nulled, [in_world, "/cidr /revoked", "/cidr /revoked", "/client_ip /token"]);
}

/// A restriction that an older version did not know was skipped with its field; D5: an unknown field is an error.
#[test]
fn an_unknown_field_is_an_error_and_not_skipped() {
    for (document, read) in documents() {
        assert_eq!(read(&document), Ok(()));
        let objects = entries(&document, "").into_iter().chain([String::new()]);
        for at in objects.filter(|at| document.pointer(at).is_some_and(Value::is_object)) {
            assert!(read(&with(document.clone(), &format!("{at}/only_from"), json!("ci"))).is_err(), "{at}");
        }
    }
    for version in [json!(0), json!(2), json!(1.0), json!("1"), json!(null)] {
        assert!(load_token(with(stored_legacy("publish"), "/version", version)).is_err());
    }
}

/// JSON text in which the entry at the place stands twice, the second time by this spelling of its key.
fn twice(document: &Value, at: &str, place: &str, spell: fn(&str) -> String) -> String {
    match document {
        Value::Object(fields) => {
            let entry = |(name, item): (&String, &Value)| {
                let at = format!("{at}/{name}");
                let item = twice(item, &at, place, spell);
                let again = if at == place { format!(",{}:{item}", spell(name)) } else { String::new() };
                format!("{}:{item}{again}", json!(name))
            };
            format!("{{{}}}", fields.iter().map(entry).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items =
                items.iter().enumerate().map(|(index, item)| twice(item, &format!("{at}/{index}"), place, spell));
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => document.to_string(),
    }
}

/// Of a key that stood twice one parser took the first value and the next the last; D5: it is an error.
#[test]
fn a_key_that_stands_twice_is_an_error_at_every_depth() {
    let plain: fn(&str) -> String = |name| json!(name).to_string();
    let escaped: fn(&str) -> String = |name| {
        let escapes = name.chars().map(|character| format!("\\u{:04x}", u32::from(character)));
        format!("\"{}\"", escapes.collect::<Vec<_>>().concat())
    };
    for (document, read) in documents() {
        assert_eq!(read(&twice(&document, "", "/nowhere", plain)), Ok(()));
        for place in entries(&document, "") {
            for spell in [plain, escaped] {
                let error = read(&twice(&document, "", &place, spell)).unwrap_err();
                assert!(error.contains("duplicate key"), "{place}: {error}");
            }
        }
    }
    // Two of one thing, each in an object of its own, are no better.
    for list in ["users", "orgs", "packages", "tokens"] {
        let mut world = world();
        let items = world.get_mut(list).unwrap().as_array_mut().unwrap();
        items.push(items.first().unwrap().clone());
        assert!(load_world(world).is_err(), "{list}");
    }
}

/// When a scope's owner was gone, every old grant in the scope still counted. Without a known owner it does not (C1), and no account
/// may create packages, change visibility or manage teams there (C3, C4, C5).
#[test]
fn a_scope_without_an_owner_gives_no_rights() {
    let acme = organization("acme");
    let owner = user("alice").member("acme", Role::Owner, &[]).build();
    let publish = publish_token();
    let writes = [Action::PublishVersion, Action::ReadPackage, Action::ChangeVisibility, Action::ChangeMaintainers];
    let grants = [Action::GrantTeamAccess, Action::SharePackage];
    for name in ["@acme/app", "@alice/app"] {
        let package = package(name).private().user("alice", WRITE);
        let theirs = if name == "@acme/app" { package.clone() } else { package.clone().in_scope_of_a_user() };
        let (theirs, orphan) = (theirs.build(), package.in_scope_of_nobody().build());
        for action in writes {
            assert_eq!(ask(&publish, &owner, on(action, &orphan, &acme)), NO_RIGHT, "{action}");
            assert_eq!(ask(&publish, &owner, on(action, &theirs, &acme)), Allow(action), "{action} {name}");
        }
        for action in grants {
            assert_eq!(ask(&publish, &owner, on(action, &orphan, &acme)), NO_RIGHT, "{action}");
        }
    }
    let create = |name| publishing(&publish, &owner, missing_package(name));
    assert_eq!(create("@nobody/new"), NO_RIGHT);
    assert_eq!(create("@acme/new"), CREATES);
    // A package without facts is not permitted.
    let settings = || granular("ci", "alice").packages(READ, only(&["left-pad"]));
    let left_pad = package("left-pad").build();
    let missing = issue(settings(), &owner, &[], IssuedBy::Owner);
    assert!(matches!(missing, Err(IssueError::PackageFactsMissing { .. })), "{missing:?}");
    assert!(issue(settings(), &owner, &[(&left_pad).into()], IssuedBy::Owner).is_ok());
}
