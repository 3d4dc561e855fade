//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use tollgate::{
    Timestamp, UserName,
    policy::Edition,
    value::{IpRange, OrganizationName, Role},
};

use crate::base::failure::{Failure, other};

/// **The command line**: the flags of the server, or a command that runs instead of it.
#[derive(Clone, Debug, Parser)]
#[command(name = "tollgate-registry", version, about, long_about = None)]
pub struct CommandLine {
    /// The command to run instead of the server.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The location of the data, and the settings of the server.
    #[command(flatten)]
    pub config: Config,
}

/// **The flags of the server.** Some of them also apply to commands.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4873")]
    pub listen: SocketAddr,
    /// The folder for tarballs, and for the database unless --database-url names another
    #[arg(long, value_name = "DIR", default_value = "./registry-data", global = true)]
    pub data: PathBuf,
    /// The URL of the database, which begins with `sqlite:` or `postgres:`; without it, an SQLite file in the data
    /// folder. A URL with a password belongs in the environment or in a file, because every user of the machine can
    /// read the arguments of a process
    #[arg(long, value_name = "URL", global = true, env = "TOLLGATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A file whose first line is the URL of the database
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "database_url")]
    pub database_url_file: Option<PathBuf>,
    /// A range of addresses of proxies whose X-Forwarded-For is believed; may be repeated
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    pub trusted_proxies: Vec<IpRange>,
    /// The URL that clients put before a path, such as `https://npm.example.test`; without it, `http://` and the
    /// header Host of the request
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The edition of npm's rules to decide by: npm-2025-10, npm-2025-12, npm-2026-08 or npm-2027-01
    #[arg(long, value_name = "EDITION", default_value = "npm-2025-10")]
    pub edition: Edition,
    /// Who may make an account: anybody, or only the operator with `user create`
    #[arg(long, value_name = "WHO", value_enum, default_value_t = SignUp::Open)]
    pub sign_up: SignUp,
    /// The visibility of a new package without a scope, unless its publisher chooses one
    #[arg(long, value_name = "VISIBILITY", value_enum, default_value_t = Unscoped::Public)]
    pub unscoped: Unscoped,
    /// How many MiB of the disk stay free: below that, publishes are refused, and everything else works
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    pub keep_free: u32,
    /// Creates the user `demo` if the database is empty, and prints its password and its token
    #[arg(long)]
    pub demo: bool,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignUp {
    /// Anybody.
    Open,
    /// Only the operator, on the command line.
    Closed,
}

/// The visibility of new packages without a scope. Packages with a scope are private unless their publisher chooses
/// otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unscoped {
    /// Public, as on npm, where a package without a scope cannot be private.
    Public,
    /// Private. The visibility of a package without a scope cannot be changed later ([C4](tollgate::docs::rules#c4)), so
    /// the publisher chooses it with the first version.
    Private,
}

/// **A command that changes the data.** It may run while a server runs. The next request to the server sees the change.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Accounts of people
    #[command(subcommand)]
    User(UserCommand),
    /// Organizations: npm's client has no command that makes one
    #[command(subcommand)]
    Org(OrgCommand),
}

/// A command about accounts.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum UserCommand {
    /// Makes an account; the password is read from the standard input
    Create {
        /// The name of the new account
        name: UserName,
        /// The email address, which is listed with the packages that the user maintains
        #[arg(long)]
        email: Option<String>,
    },
    /// Suspends an account: none of its tokens works any more
    Suspend {
        /// The name of the account
        name: UserName,
    },
    /// Ends the suspension of an account
    Activate {
        /// The name of the account
        name: UserName,
    },
    /// Puts an account on hold: its tokens read, and do not write
    Hold {
        /// The name of the account
        name: UserName,
        /// When the hold ends
        #[command(flatten)]
        end: HoldEnd,
    },
    /// Ends the hold on an account
    Release {
        /// The name of the account
        name: UserName,
    },
    /// Revokes every token that was issued to the account until now
    RevokeTokens {
        /// The name of the account
        name: UserName,
    },
}

/// When a hold ends: exactly one of the two.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct HoldEnd {
    /// How long the hold lasts, such as 72h or 3d
    #[arg(long = "for", value_name = "DURATION", value_parser = hours_or_days)]
    pub duration: Option<Duration>,
    /// The time at which the hold ends, such as 2026-09-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub until: Option<Timestamp>,
}

/// Reads `72h` or `3d`.
fn hours_or_days(text: &str) -> Result<Duration, String> {
    let expected = || format!("`{text}`: expected hours or days, such as `72h` or `3d`");
    let (number, seconds) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
        (Some(number), _) => (number, 3_600),
        (None, Some(number)) => (number, 86_400),
        (None, None) => return Err(expected()),
    };
    let number: u64 = number.parse().map_err(|_| expected())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(expected)
}

/// A command about organizations.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum OrgCommand {
    /// Makes an organization with its team `developers`
    Create {
        /// The name of the new organization
        name: OrganizationName,
        /// Its first owner, who can invite the others with `npm org set`
        #[arg(long)]
        owner: UserName,
    },
    /// Makes a user a member at once, without an invitation, or changes the role of a member
    Add {
        /// The name of the organization
        name: OrganizationName,
        /// The name of the account
        user: UserName,
        /// owner, admin or developer; without it, a new member is a developer
        #[arg(long, value_parser = npm_role)]
        role: Option<Role>,
    },
    /// Removes a member, or withdraws an invitation
    Remove {
        /// The name of the organization
        name: OrganizationName,
        /// The name of the account
        user: UserName,
    },
    /// Prints the members and the invitations
    List {
        /// The name of the organization
        name: OrganizationName,
    },
}

/// Reads npm's word for a role.
fn npm_role(word: &str) -> Result<Role, String> {
    let role = [Role::Owner, Role::Admin, Role::Member].into_iter().find(|role| role.npm_word() == word);
    role.ok_or_else(|| format!("`{word}`: expected `owner`, `admin` or `developer`"))
}

impl Config {
    /// The URL of the database. The default is an SQLite file in the data folder.
    ///
    /// # Errors
    /// The file with the URL cannot be read.
    pub(crate) fn database_url(&self) -> Result<String, Failure> {
        if let Some(file) = &self.database_url_file {
            let text = std::fs::read_to_string(file).map_err(|error| other(format!("{}: {error}", file.display())))?;
            return Ok(text.lines().next().unwrap_or_default().trim().to_owned());
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
