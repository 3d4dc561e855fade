//! A PostgreSQL server for one test: a cluster in a temporary folder, which is reached by a socket in that folder.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::server::temporary_folder;

const START_TIMEOUT: Duration = Duration::from_mins(1);
/// The id of the user `nobody`, who runs PostgreSQL if the tests run as root: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// **A running PostgreSQL.**
pub(crate) struct Postgres {
    child: Child,
    folder: TempDir,
    is_root: bool,
}

impl Postgres {
    /// Starts PostgreSQL; `None` if `TOLLGATE_NO_POSTGRES` is set. If its programs are missing, the test fails.
    pub(crate) fn start() -> Option<Self> {
        if env::var_os("TOLLGATE_NO_POSTGRES").is_some() {
            println!("skipped: TOLLGATE_NO_POSTGRES is set");
            return None;
        }
        let folder = temporary_folder();
        // The new folder belongs to the user who runs the tests.
        let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
        if is_root {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let home = folder.path().join("pg");
        fs::create_dir(&home).unwrap();
        if is_root {
            chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let made = program("initdb", &home, is_root)
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--pgdata"])
            .arg(home.join("data"))
            .output()
            .expect("initdb");
        assert!(made.status.success(), "{made:?}");
        let child = run(folder.path(), is_root);
        let mut postgres = Self { child, folder, is_root };
        postgres.wait();
        Some(postgres)
    }

    /// Stops PostgreSQL. All connections end.
    pub(crate) fn stop(&mut self) {
        // PostgreSQL shuts down fast on SIGINT. After SIGKILL, its other processes would run on for a while.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }

    /// Starts PostgreSQL on the same data, after a [`stop`](Self::stop).
    pub(crate) fn start_again(&mut self) {
        self.child = run(self.folder.path(), self.is_root);
        self.wait();
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder.path().join("postgres.log")).unwrap();
            if log.contains("database system is ready to accept connections") {
                return;
            }
            let running = self.child.try_wait().unwrap().is_none();
            assert!(running && begun.elapsed() < START_TIMEOUT, "PostgreSQL does not start:\n{log}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The URL for `--database-url`.
    pub(crate) fn url(&self) -> String {
        let socket = self.folder.path().join("pg").display().to_string().replace('/', "%2F");
        format!("postgres://postgres@localhost/postgres?host={socket}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn program(name: &str, home: &Path, is_root: bool) -> Command {
    let mut command = Command::new(binaries().join(name));
    command.current_dir(home).env("LC_ALL", "C").stdin(Stdio::null());
    if is_root {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn run(folder: &Path, is_root: bool) -> Child {
    let home = folder.join("pg");
    let log = fs::File::create(folder.join("postgres.log")).unwrap();
    program("postgres", &home, is_root)
        .arg("-D")
        .arg(home.join("data"))
        .arg("-k")
        .arg(&home)
        // PostgreSQL listens only on the socket. The data need not survive the test, so nothing is synced.
        .args(["-c", "listen_addresses=", "-c", "fsync=off"])
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .expect("postgres")
}

/// The folder of the programs: the newest version in `/usr/lib/postgresql`, or else one on the PATH.
fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| is_postgres(folder))
        .collect();
    let version = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    found.sort_by_key(version);
    let on_path = || env::split_paths(&env::var_os("PATH")?).find(|folder| is_postgres(folder));
    found.pop().or_else(on_path).expect(
        "these tests need PostgreSQL's `initdb` and `postgres`, on the PATH or in /usr/lib/postgresql/*/bin; \
         TOLLGATE_NO_POSTGRES=1 leaves them out",
    )
}

fn is_postgres(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file())
}
