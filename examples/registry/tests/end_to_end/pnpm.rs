//! A second client: pnpm, which is fetched from the npm registry.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use crate::support::{Person, Ran, Server, npm, person::package_folder, under_both_editions};

under_both_editions!(pnpm_publishes_and_installs_public_and_private_packages);

/// The version of pnpm, which is fixed so that the tests run with the same version everywhere.
const VERSION: &str = "10.20.0";

/// Fetches pnpm, once for a target folder. If pnpm cannot be fetched, prints a message and returns `None`: no other
/// part of the tests needs the internet.
fn pnpm() -> Option<PathBuf> {
    // The tests of the two editions run at once. The program is there before what it loads is, so the second one waits.
    static FETCHING: Mutex<()> = Mutex::new(());
    let _fetching = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pnpm-{VERSION}"));
    let program = folder.join("node_modules/.bin/pnpm");
    if !program.exists() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("package.json"), "{}").unwrap();
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", &format!("pnpm@{VERSION}")]);
        let output = command.current_dir(&folder).output().unwrap();
        if !output.status.success() {
            println!("SKIPPED: pnpm cannot be fetched: {}", String::from_utf8_lossy(&output.stderr));
            return None;
        }
    }
    Some(program)
}

impl Person {
    fn pnpm(&self, program: &Path, folder: &Path, words: &str) -> Ran {
        let mut command = self.npm_client().command(program, folder);
        command
            .args(words.split_whitespace())
            .env("CI", "true")
            .env("XDG_DATA_HOME", self.npm_client().home().join("data"))
            .env("XDG_CACHE_HOME", self.npm_client().home().join("cache"))
            .env("XDG_STATE_HOME", self.npm_client().home().join("state"))
            .env("XDG_CONFIG_HOME", self.npm_client().home().join("config"))
            .env("npm_config_manage_package_manager_versions", "false");
        npm::finish(command, format!("pnpm {words}"), &[], self.log())
    }
}

fn pnpm_publishes_and_installs_public_and_private_packages(edition: &str) {
    let Some(pnpm) = pnpm() else { return };
    let server = Server::under(edition);
    let alice = server.person("alice");
    let nobody = Person::at(&server, "nobody", None);
    for (name, version) in [("left-pad", "1.0.0"), ("left-pad", "1.1.0"), ("@alice/diary", "1.0.0")] {
        let folder = package_folder(server.folder(), name, version);
        alice.pnpm(&pnpm, &folder, "publish --no-git-checks").succeeds().says(&format!("+ {name}@{version}"));
    }
    let project = alice.project();
    alice.pnpm(&pnpm, &project, "add left-pad @alice/diary").succeeds();
    for (name, version) in [("left-pad", "1.1.0"), ("@alice/diary", "1.0.0")] {
        let index = fs::read_to_string(project.join("node_modules").join(name).join("index.js")).unwrap();
        assert_eq!(index, format!("module.exports = '{version}'\n"));
    }
    // An install from the lockfile works too.
    fs::remove_dir_all(project.join("node_modules")).unwrap();
    alice.pnpm(&pnpm, &project, "install --frozen-lockfile").succeeds();
    assert!(project.join("node_modules/left-pad/index.js").exists());

    nobody.pnpm(&pnpm, &nobody.project(), "add left-pad@1.0.0").succeeds();
    nobody.pnpm(&pnpm, &nobody.project(), "add @alice/diary").fails().says("404");

    let robot = alice.ci_job(
        &server,
        &alice.granular(&json!({
            "name": "reader", "packages_all": true, "packages_and_scopes_permission": "read-only",
        })),
    );
    robot.pnpm(&pnpm, &robot.project(), "add @alice/diary").succeeds();
    let folder = package_folder(server.folder(), "left-pad", "1.2.0");
    robot
        .pnpm(&pnpm, &folder, "publish --no-git-checks")
        .fails()
        .says("the access token has read-only permission on packages, and needs read-write to publish");
}
