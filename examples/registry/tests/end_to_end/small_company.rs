//! The settings that a small company needs: only the operator creates accounts, packages are private at first, and the
//! URL of the database is in no list of processes.

use serde_json::json;

use crate::support::{
    Person, Server,
    person::{email_of, login_document, password_of},
    under_both_editions,
};

under_both_editions!(
    where_sign_up_is_closed_only_the_operator_makes_accounts,
    an_unscoped_package_may_be_private_where_the_operator_says_so,
);

fn where_sign_up_is_closed_only_the_operator_makes_accounts(edition: &str) {
    let server = Server::under_with(edition, &["--sign-up", "closed"]);
    let document = login_document("mallory", &password_of("mallory"), Some(&email_of("mallory")));
    let refused = server.http("PUT", "/-/user/org.couchdb.user:mallory").json(&document).send().expect(403);
    assert!(refused.error().contains("ask its operator"), "{refused:?}");
    server.http("POST", "/-/v1/login").json(&json!({ "create": true })).send().expect(403);
    let nobody = Person::at(&server, "mallory", None);
    nobody
        .npm_asked(
            "adduser --auth-type=legacy",
            &[
                ("Username:", &|_: &str| "mallory".to_owned()),
                ("Password:", &|_: &str| password_of("mallory")),
                ("Email", &|_: &str| email_of("mallory")),
            ],
        )
        .fails_with("E403")
        .says("ask its operator");
    // The operator makes accounts, and people log in as usual.
    let made = server.command(&["user", "create", "alice", "--email", "alice@example.test"], &password_of("alice"));
    assert!(made.status.success(), "{made:?}");
    let document = login_document("alice", &password_of("alice"), None);
    let login = server.http("PUT", "/-/user/org.couchdb.user:alice/-rev/1-0");
    let login = login.basic("alice", &password_of("alice"));
    let token = login.json(&document).send().expect(201).json()["token"].as_str().unwrap().to_owned();
    let alice = Person::at(&server, "alice", Some(&token));
    assert_eq!(alice.http("GET", "/-/whoami").send().expect(200).json(), json!({ "username": "alice" }));
    server.http("POST", "/-/v1/login").json(&json!({})).send().expect(200);
    // For an account that exists, the status is 409 as with open sign-up. npm's client then logs in.
    let again = login_document("alice", &password_of("alice"), Some(&email_of("alice")));
    server.http("PUT", "/-/user/org.couchdb.user:alice").json(&again).send().expect(409);
}

fn an_unscoped_package_may_be_private_where_the_operator_says_so(edition: &str) {
    let server = Server::under_with(edition, &["--unscoped", "private"]);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    alice.put("left", "1.0.0", None);
    alice.http("GET", "/left").send().expect(200);
    bob.http("GET", "/left").send().expect(404);
    server.http("GET", "/left").send().expect(404);
    // A name that is free looks the same to others.
    bob.http("GET", "/right").send().expect(404);
    let set = |access: &str| alice.http("POST", "/-/package/left/access").json(&json!({ "access": access })).send();
    // The visibility of a package without a scope cannot be changed later.
    set("public").expect(403);
    server.http("GET", "/left").send().expect(404);
    alice.put("open", "1.0.0", Some("public"));
    server.http("GET", "/open").send().expect(200);
    // By default, as on npm, a package without a scope is public.
    let server = Server::under(edition);
    let alice = server.person("alice");
    alice.put("left", "1.0.0", None);
    server.http("GET", "/left").send().expect(200);
    alice.http("POST", "/-/package/left/access").json(&json!({ "access": "restricted" })).send().expect(403);
}

// Not under both editions: it starts no server.
#[test]
fn the_url_of_the_database_comes_from_the_environment_or_a_file_too() {
    let folder = crate::support::server::temporary_folder();
    let run = |set: &dyn Fn(&mut std::process::Command)| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tollgate-registry"));
        // Without a password on the standard input, the command opens the database and then fails.
        command.args(["user", "create", "alice", "--data"]).arg(folder.path().join("data"));
        set(&mut command);
        command.output().unwrap()
    };
    let url = |name: &str| format!("sqlite:{}?mode=rwc", folder.path().join(name).display());
    std::fs::write(folder.path().join("url"), format!("{}\n", url("by-file.sqlite"))).unwrap();
    run(&|command| {
        command.env("TOLLGATE_DATABASE_URL", url("by-environment.sqlite"));
    });
    run(&|command| {
        command.arg("--database-url-file").arg(folder.path().join("url"));
    });
    let config = folder.path().join("registry.toml");
    std::fs::write(&config, format!("database-url = '{}'\n", url("by-config.sqlite"))).unwrap();
    let with_mode = |mode: u32| {
        std::fs::set_permissions(&config, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        run(&|command| {
            command.arg("--config").arg(&config);
        })
    };
    let refused = with_mode(0o644);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("other users of this machine have access"));
    assert!(!folder.path().join("by-config.sqlite").exists());
    with_mode(0o600);
    for name in ["by-environment.sqlite", "by-file.sqlite", "by-config.sqlite"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    assert!(!folder.path().join("data/registry.sqlite").exists());
    let missing = run(&|command| {
        command.args(["--database-url-file", "/no/such/file"]);
    });
    assert!(!missing.status.success());
    assert!(String::from_utf8(missing.stderr).unwrap().contains("/no/such/file"));
    // The help does not show the value.
    let help = run(&|command| {
        command.env("TOLLGATE_DATABASE_URL", "postgres://secret").arg("--help");
    });
    assert!(!String::from_utf8(help.stdout).unwrap().contains("secret"));
}
