//! The server as a process, which is killed at the end of the test.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{edition::FOUNDING, http::Request, person::Person};

/// How long the start may take. The limit is high, because the machine may be under load.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Text to which a thread appends.
pub(crate) type SharedText = Arc<Mutex<String>>;

/// **A running server.** Several may run on the same data.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    arguments: Vec<String>,
    log: SharedText,
    stdout: SharedText,
    /// The folder with the server's data and the homes of people. The folder is removed with the last server that uses
    /// it.
    folder: Arc<TempDir>,
}

/// A folder that is removed at the end of the test.
pub(crate) fn temporary_folder() -> TempDir {
    tempfile::Builder::new().prefix("registry-test-").tempdir().unwrap()
}

impl Server {
    /// Starts a server under its default edition, the founding one.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server under this edition.
    pub(crate) fn under(edition: &str) -> Self {
        Self::under_with(edition, &[])
    }

    /// Starts a server under this edition with these arguments too.
    pub(crate) fn under_with(edition: &str, arguments: &[&str]) -> Self {
        Self::start_with(&[&["--edition", edition], arguments].concat())
    }

    fn start_with(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self::spawn(Arc::new(temporary_folder()), arguments)
    }

    /// Starts another process with the same data and arguments.
    pub(crate) fn another(&self) -> Self {
        Self::spawn(self.folder.clone(), self.arguments.clone())
    }

    /// Kills the process with SIGKILL, and starts another one on its data.
    pub(crate) fn killed_and_restarted(mut self) -> Self {
        self.kill();
        self.another()
    }

    /// Kills the process, and starts another one on its data under this edition. The server must have been started
    /// without an edition.
    pub(crate) fn restarted_under(mut self, edition: &str) -> Self {
        self.kill();
        let mut arguments = self.arguments.clone();
        arguments.extend(["--edition".to_owned(), edition.to_owned()]);
        Self::spawn(self.folder.clone(), arguments)
    }

    fn spawn(folder: Arc<TempDir>, arguments: Vec<String>) -> Self {
        Self::spawn_with_log(folder, arguments, "info")
    }

    /// Starts a server under this edition, whose log has a line for each query.
    pub(crate) fn logging_queries(edition: &str) -> Self {
        let arguments = vec!["--edition".to_owned(), edition.to_owned()];
        Self::spawn_with_log(Arc::new(temporary_folder()), arguments, "info,sqlx::query=debug")
    }

    fn spawn_with_log(folder: Arc<TempDir>, arguments: Vec<String>, log: &str) -> Self {
        let mut child = program()
            .env("RUST_LOG", log)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data(&folder))
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = collect(child.stderr.take().unwrap(), |_| {});
        let (send, receive) = mpsc::channel();
        let stdout = collect(child.stdout.take().unwrap(), move |line| {
            if let Some(address) = line.strip_prefix("listening on http://") {
                let _ = send.send(address.trim_end_matches('/').parse::<SocketAddr>().unwrap());
            }
        });
        let Ok(address) = receive.recv_timeout(START_TIMEOUT) else {
            let _ = child.kill();
            panic!("the server did not start:\n{}", log.lock().unwrap());
        };
        Self { child, address, arguments, log, stdout, folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL, with the slash at its end that npm expects.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How many whole tarballs the server has sent, by its log.
    pub(crate) fn downloads(&self) -> usize {
        let is_download = |line: &&str| line.contains("endpoint=\"tarball\"") && line.contains("status=200");
        self.log().lines().filter(is_download).count()
    }

    pub(crate) fn shared_log(&self) -> SharedText {
        self.log.clone()
    }

    /// The standard output so far, which has the instructions of the first start.
    pub(crate) fn printed(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    /// Waits until the standard output contains this text, and returns it. The start waits only for the first line.
    pub(crate) fn printed_with(&self, text: &str) -> String {
        for _ in 0..200 {
            let printed = self.printed();
            if printed.contains(text) {
                return printed;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("{text:?} was not printed:\n{}", self.printed());
    }

    /// Whether a publish by a login needs a second factor under the edition of the server.
    fn asks_for_second_factor(&self) -> bool {
        let at = self.arguments.iter().position(|argument| argument == "--edition");
        at.is_some_and(|at| self.arguments[at + 1] != FOUNDING)
    }

    /// The URL of the server's database.
    pub(crate) fn database_url(&self) -> String {
        let given = database_arguments(&self.arguments).pop();
        given.unwrap_or_else(|| format!("sqlite:{}", data(&self.folder).join("registry.sqlite").display()))
    }

    /// The folder of the database and the tarballs.
    pub(crate) fn data_folder(&self) -> PathBuf {
        data(&self.folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A request without a token.
    pub(crate) fn http(&self, method: &str, path: &str) -> Request {
        Request::new(self.address, method, path)
    }

    /// Creates an account for a person who may publish under the edition of the server. Where that needs a second
    /// factor, the person has one, and sends a one-time password with every request and every npm command.
    #[track_caller]
    pub(crate) fn person(&self, name: &str) -> Person {
        if self.asks_for_second_factor() { self.person_with_2fa(name) } else { self.person_without_2fa(name) }
    }

    /// Creates an account without a second factor, with the request that npm's legacy `adduser` sends.
    #[track_caller]
    pub(crate) fn person_without_2fa(&self, name: &str) -> Person {
        Person::join(self, name)
    }

    /// Creates an account with a second factor for logins and writes, for a person who sends a one-time password with
    /// every request and every npm command.
    #[track_caller]
    pub(crate) fn person_with_2fa(&self, name: &str) -> Person {
        Person::join(self, name).enrolled("auth-and-writes")
    }

    /// Creates an organization by the operator's command. npm has no command for it.
    pub(crate) fn organization(&self, name: &str, owner: &Person) {
        self.succeeds(&["org", "create", name, "--owner", owner.name()], "");
    }

    /// Runs a command of the program on the data of the running server.
    pub(crate) fn command(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut child = program()
            .args(arguments)
            .arg("--data")
            .arg(data(&self.folder))
            .args(database_arguments(&self.arguments))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that has to succeed, and returns what it prints.
    #[track_caller]
    pub(crate) fn succeeds(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.command(arguments, stdin);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Kills the process with SIGKILL.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until the process ends by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Waits until the log contains this text. The server writes a line after the response, which a client may see
    /// earlier.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        let begun = Instant::now();
        while !self.log().contains(text) {
            assert!(begun.elapsed() < START_TIMEOUT, "the log does not say {text:?}:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate-registry"));
    command.env("NO_COLOR", "1").env_remove("RUST_LOG");
    command
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// The arguments of the server that its commands accept too.
fn database_arguments(arguments: &[String]) -> Vec<String> {
    let at = arguments.iter().position(|argument| argument == "--database-url");
    at.map(|at| arguments[at..at + 2].to_vec()).unwrap_or_default()
}

/// Collects the lines of a stream, and calls `each` with every line.
fn collect(stream: impl Read + Send + 'static, mut each: impl FnMut(&str) + Send + 'static) -> SharedText {
    let text = SharedText::default();
    let shared = text.clone();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            {
                let mut text = shared.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
            each(&line);
        }
    });
    text
}
