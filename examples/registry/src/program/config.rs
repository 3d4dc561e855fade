//! The configuration: the flags, then the file of `--config`, then the defaults.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use tollgate::{policy::Edition, value::IpRange};

use crate::{
    base::failure::{Failure, other},
    program::{
        command_line::{Settings, SignUp, Unscoped},
        private_files,
    },
};

/// **The configuration** of the server and of its commands.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    /// At most one of this and `database_url_file` is given.
    database_url: Option<String>,
    database_url_file: Option<PathBuf>,
    pub(crate) trusted_proxies: Vec<IpRange>,
    pub(crate) public_url: Option<String>,
    pub(crate) audit_url: Option<String>,
    pub(crate) edition: Edition,
    pub(crate) sign_up: SignUp,
    pub(crate) unscoped: Unscoped,
    pub(crate) keep_free: u32,
    pub(crate) demo: bool,
}

impl Config {
    /// Reads the file, if one is given. A flag wins over the file, and the file wins over the default.
    ///
    /// # Errors
    /// The file cannot be read, has a key that is not a setting, or has a value that is not valid. Also if the file has the
    /// URL of the database, which may have a password, and other users of the machine have access to the file.
    pub(crate) fn new(flags: Settings, file: Option<&Path>) -> Result<Self, Failure> {
        let file = file.map(read).transpose()?.unwrap_or_default();
        let Settings {
            listen,
            data,
            mut database_url,
            mut database_url_file,
            mut trusted_proxies,
            public_url,
            audit_url,
            edition,
            sign_up,
            unscoped,
            keep_free,
            demo,
        } = flags;
        // Both name the database, so a flag for one of them wins over both keys.
        if database_url.is_none() && database_url_file.is_none() {
            (database_url, database_url_file) = (file.database_url, file.database_url_file);
        }
        if trusted_proxies.is_empty() {
            trusted_proxies = file.trusted_proxies;
        }
        Ok(Self {
            listen: listen.or(file.listen).unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 4873))),
            data: data.or(file.data).unwrap_or_else(|| "./registry-data".into()),
            database_url,
            database_url_file,
            trusted_proxies,
            public_url: public_url.or(file.public_url),
            audit_url: audit_url.or(file.audit_url),
            edition: edition.or(file.edition).unwrap_or(Edition::Npm2025_10),
            sign_up: sign_up.or(file.sign_up).unwrap_or(SignUp::Open),
            unscoped: unscoped.or(file.unscoped).unwrap_or(Unscoped::Public),
            keep_free: keep_free.or(file.keep_free).unwrap_or(512),
            demo: demo || file.demo,
        })
    }

    /// The URL of the database. The default is an SQLite file in the data folder.
    ///
    /// # Errors
    /// The file with the URL cannot be read.
    pub(crate) fn database_url(&self) -> Result<String, Failure> {
        if let Some(file) = &self.database_url_file {
            return Ok(text_of(file)?.lines().next().unwrap_or_default().trim().to_owned());
        }
        if let Some(url) = &self.database_url {
            return Ok(url.clone());
        }
        let path = self.data.join("registry.sqlite");
        let mut encoded = String::new();
        for character in path.to_string_lossy().chars() {
            match character {
                '%' => encoded.push_str("%25"),
                '?' => encoded.push_str("%3F"),
                '#' => encoded.push_str("%23"),
                other => encoded.push(other),
            }
        }
        Ok(format!("sqlite:{encoded}?mode=rwc"))
    }
}

fn read(file: &Path) -> Result<Settings, Failure> {
    let text = text_of(file)?;
    let settings: Settings = toml::from_str(&text).map_err(|error| {
        // The display of the error quotes the line, which may have a password.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count().saturating_add(1);
        other(format!("{}, line {line}: {}", file.display(), error.message()))
    })?;
    if settings.database_url.is_some() {
        private_files::check(file)?;
        if settings.database_url_file.is_some() {
            let file = file.display();
            return Err(other(format!(
                "{file}: found `database-url` and `database-url-file`: expected one of the two"
            )));
        }
    }
    Ok(settings)
}

fn text_of(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| other(format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use clap::{CommandFactory, Parser};

    use super::Config;
    use crate::program::command_line::{CommandLine, Settings, SignUp, Unscoped};

    /// Every setting, with a value that is not the default.
    const EVERY_KEY: &str = r#"
listen = "[::1]:80"
data = "/srv/data"
database-url = "postgres:///registry"
database-url-file = "/srv/url"
trusted-proxy = ["10.0.0.0/8", "192.0.2.0/24"]
public-url = "https://npm.example.test"
audit-url = "http://audits.example.test"
edition = "npm-2027-01"
sign-up = "closed"
unscoped = "private"
keep-free = 1024
demo = true
"#;

    /// The configuration from this text of a file that only its owner can read, and these flags.
    fn config(text: &str, flags: &[&str]) -> Result<Config, String> {
        config_with_mode(text, flags, 0o600)
    }

    fn config_with_mode(text: &str, flags: &[&str], mode: u32) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("registry.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let command_line = CommandLine::parse_from(["tollgate-registry"].iter().chain(flags));
        Config::new(command_line.settings, Some(&file)).map_err(|failure| failure.to_string())
    }

    #[test]
    fn every_flag_but_config_has_a_key_of_its_name() {
        let keys: toml::Table = toml::from_str(EVERY_KEY).unwrap();
        let _: Settings = toml::from_str(EVERY_KEY).unwrap();
        let command = CommandLine::command();
        let mut flags: Vec<&str> = command.get_arguments().filter_map(|flag| flag.get_long()).collect();
        flags.retain(|flag| !["config", "help", "version"].contains(flag));
        flags.sort_unstable();
        let mut keys: Vec<&str> = keys.keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(flags, keys);
    }

    #[test]
    fn the_file_gives_every_setting_and_a_flag_wins_over_it() {
        let text = EVERY_KEY.replace("database-url-file = \"/srv/url\"\n", "");
        let by_file = config(&text, &[]).unwrap();
        assert_eq!(by_file.listen.to_string(), "[::1]:80");
        assert_eq!(by_file.data, Path::new("/srv/data"));
        assert_eq!(by_file.database_url().unwrap(), "postgres:///registry");
        assert_eq!(by_file.trusted_proxies.len(), 2);
        assert_eq!(by_file.public_url.as_deref(), Some("https://npm.example.test"));
        assert_eq!(by_file.audit_url.as_deref(), Some("http://audits.example.test"));
        assert_eq!(by_file.edition.to_string(), "npm-2027-01");
        assert_eq!((by_file.sign_up, by_file.unscoped), (SignUp::Closed, Unscoped::Private));
        assert_eq!((by_file.keep_free, by_file.demo), (1024, true));

        let flags = [
            "--listen=127.0.0.1:1",
            "--data=/else/where",
            "--database-url=sqlite:x",
            "--trusted-proxy=203.0.113.0/24",
            "--public-url=http://localhost",
            "--audit-url=http://localhost:1",
            "--edition=npm-2025-12",
            "--sign-up=open",
            "--unscoped=public",
            "--keep-free=1",
        ];
        let by_flag = config(&text, &flags).unwrap();
        assert_eq!(by_flag.listen.to_string(), "127.0.0.1:1");
        assert_eq!(by_flag.data, Path::new("/else/where"));
        assert_eq!(by_flag.database_url().unwrap(), "sqlite:x");
        assert_eq!(by_flag.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["203.0.113.0/24"]);
        assert_eq!(by_flag.public_url.as_deref(), Some("http://localhost"));
        assert_eq!(by_flag.audit_url.as_deref(), Some("http://localhost:1"));
        assert_eq!(by_flag.edition.to_string(), "npm-2025-12");
        assert_eq!((by_flag.sign_up, by_flag.unscoped), (SignUp::Open, Unscoped::Public));
        assert_eq!(by_flag.keep_free, 1);
    }

    #[test]
    fn a_flag_for_the_database_wins_over_both_keys() {
        let missing = config("database-url = 'sqlite:x'", &["--database-url-file=/no/such/file"]).unwrap();
        assert!(missing.database_url().unwrap_err().to_string().contains("/no/such/file"));
        let given = config("database-url-file = '/no/such/file'", &["--database-url=sqlite:y"]).unwrap();
        assert_eq!(given.database_url().unwrap(), "sqlite:y");
        let refused = config("database-url = 'sqlite:x'\ndatabase-url-file = 'y'", &[]).unwrap_err();
        assert!(refused.contains("expected one of the two"), "{refused}");
    }

    #[test]
    fn a_key_or_a_value_that_is_not_valid_is_an_error_that_names_its_line() {
        for (text, named) in [
            ("keep-free = 1\nlisten-on = 'x'", "line 2: unknown field `listen-on`"),
            ("config = 'other.toml'", "line 1: unknown field `config`"),
            ("[server]\ndata = 'x'", "line 1: unknown field `server`"),
            ("keep_free = 1", "line 1: unknown field `keep_free`"),
            ("keep-free = -1", "line 1: "),
            ("edition = 'npm-1999'", "line 1: "),
            ("trusted-proxy = ['10.0.0.0']", "line 1: "),
            ("sign-up = 'maybe'", "line 1: "),
        ] {
            let refused = config(text, &[]).unwrap_err();
            assert!(refused.contains(named), "{text}: {refused}");
        }
        // The line of an error is not shown, because it may have a password.
        let refused = config("database-url = postgres://registry:secret@db/x", &[]).unwrap_err();
        assert!(refused.contains("line 1: ") && !refused.contains("secret"), "{refused}");
    }

    #[test]
    fn a_file_with_the_url_of_the_database_is_for_its_owner_only() {
        for mode in [0o640, 0o604, 0o660] {
            let refused = config_with_mode("database-url = 'sqlite:x'", &[], mode).unwrap_err();
            assert!(refused.contains("other users of this machine have access"), "{refused}");
            config_with_mode("keep-free = 1", &[], mode).unwrap();
        }
        config_with_mode("database-url = 'sqlite:x'", &[], 0o400).unwrap();
    }
}
