//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use tollgate::{
    Timestamp, UserName,
    policy::Edition,
    token::TokenId,
    value::{IpRange, OrganizationName, Role},
};

/// **The command line**: the flags of the server, or a command that runs instead of it.
#[derive(Clone, Debug, Parser)]
#[command(name = "tollgate-registry", version, about, long_about = None)]
pub struct CommandLine {
    /// The command to run instead of the server.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A file in TOML with settings, which have the names of the flags. A flag wins over the file
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// The settings that are given as flags.
    #[command(flatten)]
    pub settings: Settings,
}

/// **The settings that a flag or the file of `--config` gives.** A flag and its key in the file have the same name. What
/// neither of them gives has a default.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:4873]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// The folder for tarballs, and for the database unless --database-url names another [default: ./registry-data]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// The URL of the database, which begins with `sqlite:` or `postgres:`; without it, an SQLite file in the data
    /// folder. A URL with a password belongs in the environment or in a file, because every user of the machine can
    /// read the arguments of a process
    #[arg(long, value_name = "URL", global = true, env = "TOLLGATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A file whose first line is the URL of the database
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "database_url")]
    pub database_url_file: Option<PathBuf>,
    /// A range of addresses of proxies whose X-Forwarded-For is trusted; may be repeated
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    #[serde(rename = "trusted-proxy")]
    pub trusted_proxies: Vec<IpRange>,
    /// The URL that clients put before a path, such as `https://npm.example.test`; without it, `http://` and the
    /// header Host of the request
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The URL of a service for audits, such as `http://127.0.0.1:8080`, to which the audits of clients are passed;
    /// without it, they get status 404
    #[arg(long, value_name = "URL")]
    pub audit_url: Option<String>,
    /// The edition of npm's rules to decide by: npm-2025-10, npm-2025-12, npm-2026-08 or npm-2027-01
    /// [default: npm-2025-10]
    #[arg(long, value_name = "EDITION")]
    pub edition: Option<Edition>,
    /// Who may create an account: anyone, or only the operator with `user create` [default: open]
    #[arg(long, value_name = "WHO", value_enum)]
    pub sign_up: Option<SignUp>,
    /// The visibility of a new package without a scope, unless its publisher chooses one [default: public]
    #[arg(long, value_name = "VISIBILITY", value_enum)]
    pub unscoped: Option<Unscoped>,
    /// How many MiB of the disk stay free; a publish that would leave less is refused, and everything else works [default: 512]
    #[arg(long, value_name = "MIB")]
    pub keep_free: Option<u32>,
    /// Creates the user `demo` if the database is empty, and prints its password and its token
    #[arg(long)]
    pub demo: bool,
}

/// Who may create an account.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum SignUp {
    /// Anyone.
    Open,
    /// Only the operator, on the command line.
    Closed,
}

/// The visibility of new packages without a scope. Packages with a scope are private unless their publisher chooses
/// otherwise.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Unscoped {
    /// Public, as on npm, where a package without a scope cannot be private.
    Public,
    /// Private. The visibility of a package without a scope cannot be changed later, so the publisher chooses it with the
    /// first version.
    Private,
}

/// **A command that changes the data.** It may run while a server runs. The next request to the server sees the change.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Accounts of people
    #[command(subcommand)]
    User(UserCommand),
    /// Tokens of all accounts
    #[command(subcommand)]
    Token(TokenCommand),
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
        /// The email address, which the server shows only to the user
        #[arg(long)]
        email: Option<String>,
    },
    /// Lists the accounts, with the status, the second factor and the hold of each
    List,
    /// Suspends an account: none of its tokens works any more, until `activate`
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
    /// Revokes every token and session of the account; the password still works
    RevokeTokens {
        /// The name of the account
        name: UserName,
    },
    /// Replaces a lost password by one that is read from the standard input, and ends every login of the account
    SetPassword {
        /// The name of the account
        name: UserName,
    },
    /// Removes a lost second factor and its recovery codes, and ends every login of the account
    ResetTwoFactor {
        /// The name of the account
        name: UserName,
    },
}

/// A command about tokens.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum TokenCommand {
    /// Prints the tokens of an account that are not revoked, with sessions and expired ones, each with its public id
    List {
        /// The name of the account
        name: UserName,
    },
    /// Revokes a token
    Revoke {
        /// The public id of the token, which `token list` and the log print
        id: TokenId,
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
