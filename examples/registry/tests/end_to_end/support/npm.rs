//! Runs npm, and keeps what it prints.

use std::{
    fmt,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{server::SharedText, totp::Authenticator};

/// How long a command may take. The limit is high, because the machine may be under load.
const TIMEOUT: Duration = Duration::from_mins(8);

/// **An npm with its own home, configuration, cache and prefix**, all in one folder.
#[derive(Clone, Debug)]
pub(crate) struct Npm {
    home: PathBuf,
    registry: String,
    /// The app whose one-time passwords are sent with every command.
    authenticator: Option<Authenticator>,
}

/// A prompt to wait for, and a function that takes the text that npm has printed so far and returns the text to type.
pub(crate) type Answer<'a> = (&'a str, &'a dyn Fn(&str) -> String);

impl Npm {
    /// Creates the home. Without a token, npm is not logged in.
    pub(crate) fn new(home: PathBuf, registry: &str, token: Option<&str>) -> Self {
        std::fs::create_dir_all(&home).unwrap();
        let host = registry.trim_start_matches("http:");
        let credentials = token.map(|token| format!("{host}:_authToken={token}\n")).unwrap_or_default();
        let config = format!("registry={registry}\n{credentials}");
        std::fs::write(home.join(".npmrc"), config).unwrap();
        Self { home, registry: registry.to_owned(), authenticator: None }
    }

    /// The same npm, which sends a one-time password of this app with every command, or none.
    pub(crate) fn with_authenticator(self, authenticator: Option<Authenticator>) -> Self {
        Self { authenticator, ..self }
    }

    pub(crate) fn authenticator(&self) -> Option<&Authenticator> {
        self.authenticator.as_ref()
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// The text of the user's configuration, which `npm login` changes.
    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.home.join(".npmrc")).unwrap()
    }

    /// The token in the configuration.
    pub(crate) fn token(&self) -> Option<String> {
        self.config().lines().find_map(|line| line.split_once(":_authToken=")).map(|(_, token)| token.to_owned())
    }

    /// A command whose environment has only the PATH of the developer's environment.
    pub(crate) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("NO_COLOR", "1")
            // Variables that tell npm of a CI would change its output, so they are not passed on.
            .env("npm_config_userconfig", self.home.join(".npmrc"))
            .env("npm_config_globalconfig", self.home.join("global.npmrc"))
            .env("npm_config_prefix", self.home.join("prefix"))
            .env("npm_config_cache", self.home.join("cache"))
            .env("npm_config_registry", &self.registry)
            .env("npm_config_update_notifier", "false")
            .env("npm_config_audit", "false")
            .env("npm_config_fund", "false")
            .env("npm_config_browser", "false")
            .env("npm_config_fetch_retries", "0")
            .env("npm_config_logs_max", "0");
        if let Some(app) = &self.authenticator {
            // A flag `--otp` replaces this one.
            let code = self.token().map_or_else(|| app.unused_code(), |token| app.code_for(&token));
            command.env("npm_config_otp", code);
        }
        command
    }

    /// Runs `npm` with these arguments in this folder.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str], log: &SharedText) -> Ran {
        self.talk(folder, arguments, &[], log)
    }

    /// Runs `npm` with these arguments in this folder, and answers its prompts in this order.
    pub(crate) fn talk(&self, folder: &Path, arguments: &[&str], answers: &[Answer<'_>], log: &SharedText) -> Ran {
        let mut command = self.command(Path::new("npm"), folder);
        command.args(arguments);
        finish(command, format!("npm {}", arguments.join(" ")), answers, log)
    }
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command, shown: String, answers: &[Answer<'_>], log: &SharedText) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let mut stdin = child.stdin.take();
    let (stdout, out_reader) = collect(child.stdout.take().unwrap());
    let (stderr, err_reader) = collect(child.stderr.take().unwrap());
    let mut waiting = answers.iter();
    let mut next = waiting.next();
    let mut seen = 0;
    let begun = Instant::now();
    let status = loop {
        if let Some((prompt, answer)) = next {
            // Prompts appear on the standard output.
            let printed = stdout.lock().unwrap().clone();
            if let Some(at) = printed[seen..].find(prompt) {
                seen += at + prompt.len();
                let line = format!("{}\n", answer(&printed));
                let _ = stdin.as_mut().unwrap().write_all(line.as_bytes());
                next = waiting.next();
            }
        } else {
            // After the last answer, a further prompt gets the end of the input.
            stdin = None;
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > TIMEOUT {
            stop(&mut child);
            let (stdout, stderr) = (stdout.lock().unwrap(), stderr.lock().unwrap());
            panic!("{shown} does not end\n{stdout}\n{stderr}\n{}", log.lock().unwrap());
        }
        thread::sleep(Duration::from_millis(5));
    };
    out_reader.join().unwrap();
    err_reader.join().unwrap();
    let (stdout, stderr) = (stdout.lock().unwrap().clone(), stderr.lock().unwrap().clone());
    Ran { shown, status: status.code(), stdout, stderr, log: log.clone() }
}

fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Collects a stream while it is written, including prompts that do not end a line.
fn collect(mut stream: impl Read + Send + 'static) -> (SharedText, thread::JoinHandle<()>) {
    let text = SharedText::default();
    let shared = text.clone();
    let reader = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            shared.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    });
    (text, reader)
}

/// **The result of a command.** Failing assertions print all of it.
#[derive(Clone)]
pub(crate) struct Ran {
    shown: String,
    status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    log: SharedText,
}

impl Ran {
    /// Asserts that the status is 0.
    #[track_caller]
    pub(crate) fn succeeds(&self) -> &Self {
        assert_eq!(self.status, Some(0), "expected success of {self:?}");
        self
    }

    /// Asserts that the status is 1, and that npm printed this error code.
    #[track_caller]
    pub(crate) fn fails_with(&self, code: &str) -> &Self {
        assert_eq!(self.status, Some(1), "expected failure of {self:?}");
        self.says(&format!("npm error code {code}\n"))
    }

    /// Asserts that the status is not 0.
    #[track_caller]
    pub(crate) fn fails(&self) -> &Self {
        assert!(self.status.is_some_and(|status| status != 0), "expected failure of {self:?}");
        self
    }

    /// Asserts that the output contains this text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.output().contains(text), "expected {text:?} from {self:?}");
        self
    }

    /// Asserts that the output does not contain this text.
    #[track_caller]
    pub(crate) fn does_not_say(&self, text: &str) -> &Self {
        assert!(!self.output().contains(text), "did not expect {text:?} from {self:?}");
        self
    }

    /// Asserts that the standard output is this text, apart from white space around it.
    #[track_caller]
    pub(crate) fn prints(&self, text: &str) -> &Self {
        assert_eq!(self.stdout.trim(), text, "from {self:?}");
        self
    }

    /// Parses the standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The standard output and the standard error, one after the other.
    pub(crate) fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, status, stdout, stderr, log } = self;
        let log = log.lock().unwrap();
        write!(f, "{shown}\nexit {status:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n--- server\n{log}")
    }
}
