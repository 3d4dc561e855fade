//! Clients that are fetched from the npm registry.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Person, Ran, npm};

/// A client that is fetched from the npm registry. Its version is fixed, so that the tests run with the same one everywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    /// The package, such as `yarn`.
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// The path of the program in `node_modules`.
    pub(crate) program: &'static str,
}

impl Client {
    /// Fetches the client, once for a target folder, and returns its program. If it cannot be fetched, prints a message and
    /// returns `None`: no other part of the tests needs the internet.
    pub(crate) fn fetch(self) -> Option<PathBuf> {
        let Self { package, version, program } = self;
        // Tests run at the same time. npm writes the program before the files that it loads, so another test waits for all
        // of them.
        let fetching = lock_of(package, version);
        let _fetching = fetching.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{}-{version}", package.replace('/', "-"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let program = folder.join("node_modules").join(program);
        if !program.exists() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("package.json"), "{}").unwrap();
            let mut command = Command::new("npm");
            command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", &format!("{package}@{version}")]);
            let output = command.current_dir(&folder).output().unwrap();
            if !output.status.success() || !program.exists() {
                let error = String::from_utf8_lossy(&output.stderr).into_owned();
                println!("SKIPPED: {package}@{version} cannot be fetched: {error}");
                return None;
            }
        }
        Some(program)
    }
}

fn lock_of(package: &str, version: &str) -> Arc<Mutex<()>> {
    static LOCKS: Mutex<BTreeMap<String, Arc<Mutex<()>>>> = Mutex::new(BTreeMap::new());
    let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    locks.entry(format!("{package}@{version}")).or_default().clone()
}

impl Person {
    /// Runs another client than npm with these words in this folder.
    pub(crate) fn run(&self, program: &Path, folder: &Path, words: &str) -> Ran {
        self.run_asked(program, folder, words, &[])
    }

    /// Runs another client than npm with these words in this folder, and answers its prompts.
    pub(crate) fn run_asked(&self, program: &Path, folder: &Path, words: &str, answers: &[npm::Answer<'_>]) -> Ran {
        let home = self.npm_client().home();
        let mut command = self.npm_client().command(program, folder);
        command
            // npm 6 does not run without a log.
            .env_remove("npm_config_logs_max")
            .args(words.split_whitespace())
            .env("CI", "true")
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("BUN_INSTALL_CACHE_DIR", home.join("bun"))
            .env("YARN_ENABLE_TELEMETRY", "false")
            .env("YARN_ENABLE_GLOBAL_CACHE", "true")
            .env("YARN_GLOBAL_FOLDER", home.join("yarn"))
            .env("npm_config_manage_package_manager_versions", "false");
        let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        npm::finish(command, format!("{name} {words}"), answers, self.log())
    }
}
