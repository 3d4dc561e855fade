//! Starts the server.

use std::{io::Write, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Semaphore};
use tollgate::{Policy, npm::TrustedProxies, policy::UnscopedPackages};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        log_target,
        moment::Moment,
    },
    credentials::hashing::Hashing,
    exchange::{audits::Audits, budget::Budget, kept::KeptContent, services::Services},
    program::{
        command_line::{SignUp, Unscoped},
        config::Config,
        demo, newest_edition, private_files,
    },
    server::{connections, router},
    store::{collection, database::Store, search_entries, tarballs::Tarballs, token_uses::TokenUses},
};

/// How many MiB large bodies and answers may take at one time.
const MEMORY: u16 = 256;

/// How many requests that look at every package run at one time. Further ones wait, so that connections remain for
/// other requests.
const LISTINGS: usize = 4;

/// How many tarballs are opened at one time. Each occupies a core, and an account has at most one of them.
const TARBALL_CHECKS: usize = 2;

/// How long the program waits at its start for a database that cannot be reached.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens the database that the configuration names, and creates the data folder.
///
/// # Errors
/// Another user of the machine has access to the data, or the database cannot be opened.
pub(crate) async fn open_store(config: &Config) -> Result<Store, Failure> {
    private_files::restrict_new_files();
    private_files::private_folder(&config.data)?;
    let url = config.database_url()?;
    if let Some(file) = Store::file(&url)? {
        private_files::check_database(&file)?;
    }
    let mut remaining = DATABASE_TIMEOUT;
    loop {
        match Store::open(&url).await {
            // The database may be starting too.
            Err(failure) if failure.is_unreachable() && !remaining.is_zero() => {
                tracing::warn!(target: log_target::SERVER, "waiting for the database: {failure}");
                tokio::time::sleep(Duration::from_secs(1)).await;
                remaining = remaining.saturating_sub(Duration::from_secs(1));
            }
            outcome => return outcome,
        }
    }
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(config: Config) -> Result<(), Failure> {
    let store = open_store(&config).await?;
    search_entries::fill(&store).await?;
    let tarballs = config.data.join("tarballs");
    private_files::private_folder(&tarballs)?;
    let tarballs = Tarballs::open(&tarballs, u64::from(config.keep_free).saturating_mul(1024 * 1024))?;
    let listener = TcpListener::bind(config.listen).await.map_err(other)?;
    let address = listener.local_addr().map_err(other)?;
    let policy = match config.unscoped {
        Unscoped::Public => Policy::from(config.edition),
        Unscoped::Private => Policy::from(config.edition).with_unscoped_packages(UnscopedPackages::MayBePrivate),
    };
    let hashing = Hashing::start()?;
    let demo = if config.demo {
        demo::make_user(&store, &hashing, Moment { policy, now: clock::now()? }).await?
    } else {
        None
    };
    // Tests and scripts wait for the first of these lines.
    let mut lines = format!(
        "listening on http://{address}/\n\
         deciding by the edition {policy}\n\
         {}\n",
        newest_edition::line(&policy)
    );
    if let Some(demo) = demo {
        lines.push_str(&demo.instructions(address, &policy));
    }
    write_out(&lines)?;
    tracing::info!(target: log_target::SERVER, edition = %policy, "listening on {address}");
    let services = Services {
        store: store.clone(),
        tarballs,
        hashing,
        budget: Budget::new(MEMORY),
        kept: KeptContent::new(),
        listings: Semaphore::new(LISTINGS),
        tarball_checks: Arc::new(Semaphore::new(TARBALL_CHECKS)),
        token_uses: TokenUses::default(),
        audits: config.audit_url.as_deref().map(Audits::new).transpose()?,
        policy,
        sign_up_is_open: config.sign_up == SignUp::Open,
        proxies: TrustedProxies::new(config.trusted_proxies),
        public_url: config.public_url,
        address,
    };
    let collection = tokio::spawn(collect_hourly(store.clone(), services.tarballs.clone()));
    let (token_uses, store_of_uses) = (services.token_uses.clone(), store.clone());
    let writing = tokio::spawn(async move { token_uses.keep_writing(&store_of_uses).await });
    connections::accept(&listener, &router::router(Arc::new(services))).await?;
    collection.abort();
    writing.abort();
    store.close().await;
    tracing::info!(target: log_target::SERVER, "stopped");
    Ok(())
}

/// Removes the tarballs that no version needs, at the start and every hour.
async fn collect_hourly(store: Store, tarballs: Tarballs) {
    let mut hours = tokio::time::interval(Duration::from_hours(1));
    loop {
        hours.tick().await;
        match collection::collect(&store, &tarballs).await {
            Ok(0) => {}
            Ok(removed) => {
                tracing::info!(target: log_target::SERVER, "removed {removed} tarballs that no version needs");
            }
            Err(failure) => {
                tracing::error!(target: log_target::SERVER, "collecting tarballs: {failure}");
            }
        }
    }
}

fn write_out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(other)
}
