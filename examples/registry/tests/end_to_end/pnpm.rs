//! A second client: pnpm, which is fetched from the npm registry.

use std::fs;

use serde_json::json;

use crate::support::{Person, Server, fetched::Client, person::package_folder, under_both_editions};

under_both_editions!(pnpm_publishes_and_installs_public_and_private_packages);

const PNPM: Client = Client { package: "pnpm", version: "10.20.0", program: ".bin/pnpm" };

fn pnpm_publishes_and_installs_public_and_private_packages(edition: &str) {
    let Some(pnpm) = PNPM.fetch() else { return };
    let server = Server::under(edition);
    let alice = server.person("alice");
    let nobody = Person::at(&server, "nobody", None);
    for (name, version) in [("left-pad", "1.0.0"), ("left-pad", "1.1.0"), ("@alice/diary", "1.0.0")] {
        let folder = package_folder(server.folder(), name, version);
        alice.run(&pnpm, &folder, "publish --no-git-checks").succeeds().says(&format!("+ {name}@{version}"));
    }
    let project = alice.project();
    alice.run(&pnpm, &project, "add left-pad @alice/diary").succeeds();
    for (name, version) in [("left-pad", "1.1.0"), ("@alice/diary", "1.0.0")] {
        let index = fs::read_to_string(project.join("node_modules").join(name).join("index.js")).unwrap();
        assert_eq!(index, format!("module.exports = '{version}'\n"));
    }
    // An install from the lockfile works too.
    fs::remove_dir_all(project.join("node_modules")).unwrap();
    alice.run(&pnpm, &project, "install --frozen-lockfile").succeeds();
    assert!(project.join("node_modules/left-pad/index.js").exists());

    nobody.run(&pnpm, &nobody.project(), "add left-pad@1.0.0").succeeds();
    nobody.run(&pnpm, &nobody.project(), "add @alice/diary").fails().says("404");

    let robot = alice.ci_job(
        &server,
        &alice.granular(&json!({
            "name": "reader", "packages_all": true, "packages_and_scopes_permission": "read-only",
        })),
    );
    robot.run(&pnpm, &robot.project(), "add @alice/diary").succeeds();
    let folder = package_folder(server.folder(), "left-pad", "1.2.0");
    robot
        .run(&pnpm, &folder, "publish --no-git-checks")
        .fails()
        .says("the access token has read-only permission on packages, and needs read-write to publish");
}
