//! Other clients than the npm on the PATH: older npm, yarn and bun, and a test set for registries that others wrote. Each is
//! fetched from the npm registry. pnpm is in `pnpm.rs`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{
    support::{
        FOUNDING, Person, Server,
        fetched::Client,
        person::{login_document, package_folder, publish_document},
        under_both_editions,
    },
    web_login,
};

under_both_editions!(
    older_npms_publish_and_install,
    npm_8_logs_in_by_browser,
    yarn_1_publishes_and_installs,
    yarn_4_publishes_and_installs,
    bun_publishes_and_installs,
    a_login_with_the_request_of_yarn_1_gets_a_token,
    a_warm_install_of_many_packages_downloads_nothing,
);

const NPM_6: Client = Client { package: "npm", version: "6.14.18", program: "npm/bin/npm-cli.js" };
const NPM_8: Client = Client { package: "npm", version: "8.19.4", program: "npm/bin/npm-cli.js" };
const YARN_1: Client = Client { package: "yarn", version: "1.22.22", program: ".bin/yarn" };
const YARN_4: Client = Client { package: "@yarnpkg/cli-dist", version: "4.9.2", program: ".bin/yarn" };
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const BUN: Client =
    Client { package: "@oven/bun-linux-x64", version: "1.2.20", program: "@oven/bun-linux-x64/bin/bun" };
const VERDACCIO: Client = Client { package: "@verdaccio/e2e-cli", version: "4.0.1", program: ".bin/verdaccio-e2e" };

/// Alice, and her CI job, whose token publishes without a second factor. These clients cannot show a one-time password.
fn publisher(server: &Server) -> (Person, Person) {
    let alice = server.person("alice");
    let token = alice.granular(&json!({
        "name": "publisher", "packages_all": true, "packages_and_scopes_permission": "read-write", "expires": 7,
        "bypass_2fa": true,
    }));
    let publisher = alice.ci_job(server, &token);
    (alice, publisher)
}

fn index(project: &Path, name: &str) -> String {
    fs::read_to_string(project.join("node_modules").join(name).join("index.js")).unwrap()
}

fn older_npms_publish_and_install(edition: &str) {
    let server = Server::under(edition);
    let (alice, publisher) = publisher(&server);
    let stranger = Person::at(&server, "stranger", None);
    for (name, version) in [("left-pad", "1.0.0"), ("@alice/diary", "1.0.0")] {
        // npm 6 does not publish on a present Node.js.
        match NPM_8.fetch() {
            Some(npm) => {
                let folder = package_folder(server.folder(), name, version);
                publisher.run(&npm, &folder, "publish").succeeds().says(&format!("+ {name}@{version}"));
            }
            None => drop(alice.put(name, version, None)),
        }
    }
    for client in [NPM_6, NPM_8] {
        let Some(npm) = client.fetch() else { continue };
        let project = publisher.project();
        publisher.run(&npm, &project, "install left-pad @alice/diary").succeeds();
        assert!(project.join("node_modules/@alice/diary/package.json").exists());
        publisher.run(&npm, &project, "ci").succeeds();
        publisher.run(&npm, &project, "whoami").succeeds().prints("alice");
        publisher.run(&npm, &project, "view left-pad version").succeeds().prints("1.0.0");
        publisher.run(&npm, &project, "dist-tag add left-pad@1.0.0 old").succeeds();
        publisher.run(&npm, &project, "deprecate left-pad@1.0.0 old").succeeds();
        stranger.run(&npm, &stranger.project(), "install left-pad").succeeds();
        stranger.run(&npm, &stranger.project(), "install @alice/diary").fails().says("E404");
    }
}

fn npm_8_logs_in_by_browser(edition: &str) {
    let Some(npm) = NPM_8.fetch() else { return };
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let by_browser = Person::at(&server, "guest", None);
    let person = |printed: &str| {
        let fields = [("name", "alice"), ("password", &*alice.password())];
        web_login::fill_in(&server, &web_login::form_of(printed), &fields).expect(200);
        String::new()
    };
    by_browser.run_asked(&npm, &by_browser.project(), "login", &[("/-/v1/login/form/", &person)]).succeeds();
    by_browser.run(&npm, &by_browser.project(), "whoami").succeeds().prints("alice");
}

fn yarn_1_publishes_and_installs(edition: &str) {
    let Some(yarn) = YARN_1.fetch() else { return };
    let server = Server::under(edition);
    let (_, publisher) = publisher(&server);
    for (name, version) in [("left-pad", "1.0.0"), ("@alice/diary", "1.0.0")] {
        let folder = package_folder(server.folder(), name, version);
        publisher.run(&yarn, &folder, "publish --non-interactive").succeeds().says("Published.");
    }
    let project = publisher.project();
    publisher.run(&yarn, &project, "add left-pad @alice/diary").succeeds();
    assert_eq!(index(&project, "@alice/diary"), "module.exports = '1.0.0'\n");
    publisher.run(&yarn, &project, "install --frozen-lockfile").succeeds();
    publisher.run(&yarn, &project, "info left-pad version").succeeds().says("1.0.0");
    let stranger = Person::at(&server, "stranger", None);
    stranger.run(&yarn, &stranger.project(), "add left-pad").succeeds();
    stranger.run(&yarn, &stranger.project(), "add @alice/diary").fails();
}

fn yarn_4_publishes_and_installs(edition: &str) {
    let Some(yarn) = YARN_4.fetch() else { return };
    let server = Server::under(edition);
    let (_, publisher) = publisher(&server);
    // yarn 4 reads no `.npmrc`.
    let configured = |folder: &Path, token: Option<&str>| {
        let registry = server.url();
        let registry = registry.trim_end_matches('/');
        let credentials =
            token.map(|token| format!("npmAuthToken: \"{token}\"\nnpmAlwaysAuth: true\n")).unwrap_or_default();
        let config = format!(
            "npmRegistryServer: \"{registry}\"\nunsafeHttpWhitelist: [\"127.0.0.1\"]\nnodeLinker: node-modules\n{credentials}"
        );
        fs::write(folder.join(".yarnrc.yml"), config).unwrap();
        fs::write(folder.join("yarn.lock"), "").unwrap();
    };
    for (name, version) in [("left-pad", "1.0.0"), ("@alice/diary", "1.0.0")] {
        let folder = package_folder(server.folder(), name, version);
        configured(&folder, Some(publisher.token()));
        publisher.run(&yarn, &folder, "install --no-immutable").succeeds();
        publisher.run(&yarn, &folder, "npm publish").succeeds();
    }
    let project = publisher.project();
    configured(&project, Some(publisher.token()));
    publisher.run(&yarn, &project, "add left-pad @alice/diary").succeeds();
    assert_eq!(index(&project, "@alice/diary"), "module.exports = '1.0.0'\n");
    publisher.run(&yarn, &project, "install --immutable").succeeds();
    publisher.run(&yarn, &project, "npm whoami").succeeds().says("alice");
    let stranger = Person::at(&server, "stranger", None);
    let project = stranger.project();
    configured(&project, None);
    stranger.run(&yarn, &project, "add left-pad").succeeds();
    stranger.run(&yarn, &project, "add @alice/diary").fails();
}

fn bun() -> Option<PathBuf> {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    return BUN.fetch();
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    {
        println!("SKIPPED: bun is fetched for Linux on x86-64 only");
        None
    }
}

fn bun_publishes_and_installs(edition: &str) {
    let Some(bun) = bun() else { return };
    let server = Server::under(edition);
    let (_, publisher) = publisher(&server);
    // bun looks for the user's configuration elsewhere.
    let configured = |person: &Person, folder: &Path| {
        fs::write(folder.join(".npmrc"), person.npm_client().config()).unwrap();
    };
    for (name, version) in [("left-pad", "1.0.0"), ("@alice/diary", "1.0.0")] {
        let folder = package_folder(server.folder(), name, version);
        configured(&publisher, &folder);
        publisher.run(&bun, &folder, "publish").succeeds().says(&format!("+ {name}@{version}"));
    }
    let project = publisher.project();
    configured(&publisher, &project);
    publisher.run(&bun, &project, "add left-pad @alice/diary").succeeds();
    assert_eq!(index(&project, "@alice/diary"), "module.exports = '1.0.0'\n");
    publisher.run(&bun, &project, "install --frozen-lockfile").succeeds();
    let stranger = Person::at(&server, "stranger", None);
    stranger.run(&bun, &stranger.project(), "add left-pad").succeeds();
    stranger.run(&bun, &stranger.project(), "add @alice/diary").fails();
}

/// yarn 1 asks for the password only at a terminal, so its request is sent by hand. It is the one for a new account, with
/// the password as basic credentials too.
fn a_login_with_the_request_of_yarn_1_gets_a_token(edition: &str) {
    let server = Server::under(edition);
    let alice = server.person_without_2fa("alice");
    let log_in = |name: &str, password: &str| {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")));
        let document = login_document(name, password, Some("alice@example.test"));
        let path = format!("/-/user/org.couchdb.user:{name}");
        server.http("PUT", &path).header("authorization", &basic).json(&document)
    };
    let token = log_in("alice", &alice.password()).send().expect(201).json()["token"].as_str().unwrap().to_owned();
    let whoami = server.http("GET", "/-/whoami").bearer(&token).send().expect(200).json();
    assert_eq!(whoami["username"], "alice");
    log_in("alice", "not-the-password").send().expect(401);
    // The credentials are those of another user than the path names.
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("alice:{}", alice.password())));
    server.person_without_2fa("bob");
    let document = login_document("bob", &alice.password(), Some("bob@example.test"));
    let request = server.http("PUT", "/-/user/org.couchdb.user:bob").header("authorization", &basic).json(&document);
    request.send().expect(401);
    // Without the header, it is a request for a new account, whatever the password.
    let document = login_document("alice", &alice.password(), Some("alice@example.test"));
    server.http("PUT", "/-/user/org.couchdb.user:alice").json(&document).send().expect(409);
    // A new account, and one with a second factor.
    log_in("carol", "a-password-of-carol").send().expect(201);
    let app = alice.enable_2fa("auth-only");
    let asked = log_in("alice", &alice.password()).send().expect(401);
    assert_eq!(asked.header("www-authenticate"), Some("OTP"));
    log_in("alice", &alice.password()).otp(&app.code()).send().expect(201);
}

fn a_warm_install_of_many_packages_downloads_nothing(edition: &str) {
    const MANY: usize = 60;
    let server = Server::under(edition);
    let alice = server.person("alice");
    let put = |name: &str, dependencies: Value| {
        let mut document = publish_document(name, "1.0.0", None);
        document["versions"]["1.0.0"]["dependencies"] = dependencies;
        alice.http("PUT", &format!("/{name}")).json(&document).send().expect(201);
    };
    // A tree in which each package needs the next two.
    for number in 0..MANY {
        let next = (number + 1..MANY).take(2).map(|next| (format!("part-{next}"), json!("^1.0.0")));
        put(&format!("part-{number}"), next.collect::<serde_json::Map<_, _>>().into());
    }
    let programs = [Some(PathBuf::from("npm")), NPM_8.fetch()];
    for npm in programs.into_iter().flatten() {
        let (reader, before) = (Person::at(&server, "reader", None), server.downloads());
        let project = reader.project();
        reader.run(&npm, &project, "install part-0").succeeds();
        assert_eq!(server.downloads(), before + MANY);
        reader.run(&npm, &project, "ci").succeeds();
        reader.run(&npm, &reader.project(), "install part-0").succeeds();
        assert_eq!(server.downloads(), before + MANY);
    }
}

// Not under both editions: the test set shows no second factor.
#[test]
fn the_test_set_of_verdaccio_passes() {
    let Some(program) = VERDACCIO.fetch() else { return };
    let server = Server::under(FOUNDING);
    let alice = server.person("alice");
    for organization in ["verdaccio", "foo"] {
        server.organization(organization, &alice);
    }
    // It writes the token beside `//localhost:PORT`. Some of its tests are left out, because this registry does not accept
    // capital letters in new names (`package-names`), does not make the first publish in a scope public
    // (`scenario:metadata`, `scenario:tarballs`), and does not mirror another registry.
    let registry = server.url().replace("127.0.0.1", "localhost");
    let words = format!(
        "--registry {registry} --token {} --pm npm --test publish --test install --test ci --test info --test dist-tags \
         --test ping --test search --test unpublish --test scenario:search",
        alice.token()
    );
    alice.run(&program, &alice.project(), &words).succeeds();
}
