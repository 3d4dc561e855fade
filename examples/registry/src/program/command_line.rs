//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use tollgate::{
    UserName,
    value::{IpRange, OrganizationName},
};

/// **The command line**: the flags of the server, or a command that runs instead of it.
#[derive(Clone, Debug, Parser)]
#[command(name = "tollgate-registry", version, about, long_about = None)]
pub struct CommandLine {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where the data is, and how to serve it.
    #[command(flatten)]
    pub config: Config,
}

/// **How the server runs.**
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4873")]
    pub listen: SocketAddr,
    /// The folder for tarballs, and for the database unless --database-url names another
    #[arg(long, value_name = "DIR", default_value = "./registry-data", global = true)]
    pub data: PathBuf,
    /// `sqlite:` or `postgres:` and where it is; without it, an SQLite file in the data folder
    #[arg(long, value_name = "URL", global = true)]
    pub database_url: Option<String>,
    /// A range of addresses of proxies whose X-Forwarded-For is believed; may be repeated
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    pub trusted_proxies: Vec<IpRange>,
    /// What clients have before the path, such as `https://npm.example.test`; without it, `http://` and what the
    /// request says in its Host
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
}

/// **A command that changes the data.** It may run beside a server, whose next request sees the change.
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
        /// The new name
        name: UserName,
        /// The address that maintainers are listed with
        #[arg(long)]
        email: Option<String>,
    },
    /// Suspends an account: none of its tokens works any more
    Suspend {
        /// Whose
        name: UserName,
    },
    /// Takes a suspension back
    Activate {
        /// Whose
        name: UserName,
    },
    /// Revokes every token that the account has by now
    RevokeTokens {
        /// Whose
        name: UserName,
    },
}

/// A command about organizations.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum OrgCommand {
    /// Makes an organization with its team `developers`
    Create {
        /// The new name
        name: OrganizationName,
        /// Its first owner, who can add the others with `npm org set`
        #[arg(long)]
        owner: UserName,
    },
}

impl Config {
    /// The URL of the database. The default is an SQLite file in the data folder.
    pub(crate) fn database_url(&self) -> String {
        if let Some(url) = &self.database_url {
            return url.clone();
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
        format!("sqlite:{encoded}?mode=rwc")
    }
}
