//! The order in which requests write.
//!
//! Each account has one place in the queue. Requests without an account have one place for each address. So an account
//! that sends a hundred changes at once delays other writers by only one of them. Revocations and logouts do not stand
//! in this queue: they wait only for the write that is in progress, and for each other. A command of the operator,
//! which is a process of its own, comes before all requests.

use std::{
    fs::{File, OpenOptions},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tollgate::{ClientIp, PackageName, UserName};

use crate::base::{
    failure::{Failure, other},
    named_semaphores::NamedSemaphores,
};

/// How long a writer waits for its turn. After that the response is 503.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The pause before another look at the operator's lock.
const PAUSE: Duration = Duration::from_millis(2);

/// **Who writes**, and whether it is urgent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A request of this account, or of a client at this address.
    Request { place: String, is_urgent: bool },
    /// The operator, on the command line.
    Operator,
}

impl Writer {
    /// A request with a token of this account.
    pub(crate) fn of_account(name: UserName<&str>) -> Self {
        Self::Request { place: format!("account {name}"), is_urgent: false }
    }

    /// A request without a known token, from this address.
    pub(crate) fn of_address(address: ClientIp) -> Self {
        Self::Request { place: format!("address {address}"), is_urgent: false }
    }

    /// Work of the server itself, under this name.
    pub(crate) fn of_server(work: &str) -> Self {
        Self::Request { place: format!("server {work}"), is_urgent: false }
    }

    /// The name of the writer's place in the queue, such as `account alice`.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Request { place, .. } => place,
            Self::Operator => "operator",
        }
    }

    /// The same writer, for a request that takes access away. It has a place of its own beside the queue.
    pub(crate) fn urgent(self) -> Self {
        match self {
            Self::Request { place, .. } => Self::Request { place: format!("{place}, urgent"), is_urgent: true },
            Self::Operator => Self::Operator,
        }
    }
}

/// **The turn of a writer**, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    // The fields are dropped in this order, so that the writer that has waited longest gets the next turn.
    _write: OwnedSemaphorePermit,
    _queue: Option<OwnedSemaphorePermit>,
    _place: Option<OwnedSemaphorePermit>,
}

/// The turn to compare a document and write it, until it is dropped.
#[derive(Debug)]
pub(crate) struct DocumentTurn {
    _of_package: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

/// **The turns of one process.**
#[derive(Debug)]
pub(crate) struct Turns {
    /// The one permit to write.
    write: Arc<Semaphore>,
    /// The one permit of a writer that is not urgent to wait for `write` and to hold it. So at most one such writer is
    /// before an urgent one.
    queue: Arc<Semaphore>,
    /// The one permit of each account, address and package.
    places: NamedSemaphores,
    lock: Option<OperatorLock>,
}

impl Turns {
    pub(crate) fn new(lock: Option<OperatorLock>) -> Self {
        let one = || Arc::new(Semaphore::new(1));
        Self { write: one(), queue: one(), places: NamedSemaphores::new(1), lock }
    }

    /// Waits for the turn of the writer.
    ///
    /// # Errors
    /// [`Failure::Busy`] if the turn did not come within ten seconds.
    pub(crate) async fn take(&self, writer: &Writer) -> Result<Turn, Failure> {
        timeout(TIMEOUT, self.wait(writer)).await.map_err(|_| Failure::Busy)?
    }

    async fn wait(&self, writer: &Writer) -> Result<Turn, Failure> {
        let (mut place, mut queue) = (None, None);
        if let Writer::Request { place: name, is_urgent } = writer {
            place = Some(self.places.of(name).acquire_owned().await.map_err(other)?);
            if !is_urgent {
                queue = Some(self.queue.clone().acquire_owned().await.map_err(other)?);
            }
        }
        let write = self.write.clone().acquire_owned().await.map_err(other)?;
        match (&self.lock, writer) {
            (Some(lock), Writer::Operator) => lock.hold().await?,
            (Some(lock), Writer::Request { .. }) => lock.pass().await?,
            (None, _) => {}
        }
        Ok(Turn { _write: write, _queue: queue, _place: place })
    }

    /// Waits for the turn to compare a document with the stored one of this package, and then to write it. Otherwise
    /// many publishes of one package would overtake each other again and again. Each account has one place in this
    /// queue too.
    ///
    /// # Errors
    /// [`Failure::Busy`] if the turn did not come within ten seconds.
    pub(crate) async fn take_document(
        &self,
        writer: &Writer,
        package: PackageName<&str>,
    ) -> Result<DocumentTurn, Failure> {
        let both = async {
            let own = self.places.of(&format!("{}, document", writer.place())).acquire_owned().await.map_err(other)?;
            let of_package = self.places.of(&format!("package {package}")).acquire_owned().await.map_err(other)?;
            Ok(DocumentTurn { _of_package: of_package, _own: own })
        };
        timeout(TIMEOUT, both).await.map_err(|_| Failure::Busy)?
    }
}

/// **A lock with which a command of the operator stops the writes of the servers** on the same SQLite file. A process
/// that waits for SQLite's own lock only tries again now and then, so a busy server would often be faster. PostgreSQL
/// has a fair queue and needs no such lock.
#[derive(Debug)]
pub(crate) struct OperatorLock(File);

impl OperatorLock {
    /// The lock beside the file of a database.
    pub(crate) fn beside(database: &Path) -> Result<Self, Failure> {
        let mut path = database.as_os_str().to_owned();
        path.push("-operator");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        file.map(Self).map_err(|error| other(format!("{}: {error}", Path::new(&path).display())))
    }

    /// Takes the lock, which the process holds until its end.
    async fn hold(&self) -> Result<(), Failure> {
        self.acquire(FlockOperation::NonBlockingLockExclusive).await
    }

    /// Waits until no operator holds the lock.
    async fn pass(&self) -> Result<(), Failure> {
        self.acquire(FlockOperation::NonBlockingLockShared).await?;
        flock(&self.0, FlockOperation::Unlock).map_err(other)
    }

    async fn acquire(&self, operation: FlockOperation) -> Result<(), Failure> {
        loop {
            match flock(&self.0, operation) {
                Err(rustix::io::Errno::WOULDBLOCK) => sleep(PAUSE).await,
                outcome => return outcome.map_err(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tollgate::UserName;

    use super::{OperatorLock, Turns, Writer};

    fn of(name: &str) -> Writer {
        Writer::of_account(UserName::new(name).unwrap())
    }

    /// The order in which the writers get their turns, if they queue in this order while another one writes.
    async fn order(queued: &[Writer]) -> Vec<usize> {
        let turns = Arc::new(Turns::new(None));
        let done = Arc::new(Mutex::new(Vec::new()));
        let first = turns.take(&of("first")).await.unwrap();
        let mut tasks = Vec::new();
        for (at, writer) in queued.iter().cloned().enumerate() {
            let (turns, done) = (turns.clone(), done.clone());
            tasks.push(tokio::spawn(async move {
                let turn = turns.take(&writer).await.unwrap();
                done.lock().unwrap().push(at);
                drop(turn);
            }));
            // The task runs up to its wait.
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        Arc::into_inner(done).unwrap().into_inner().unwrap()
    }

    #[tokio::test]
    async fn an_account_has_one_place_in_the_queue() {
        let queued = [of("mallory"), of("mallory"), of("mallory"), of("alice"), of("bob")];
        let order = order(&queued).await;
        let place = |writer: usize| order.iter().position(|at| *at == writer).unwrap();
        assert!(place(3) < place(1) && place(4) < place(2), "{order:?}");
    }

    #[tokio::test]
    async fn an_urgent_writer_does_not_wait_in_the_queue() {
        let queued = [of("a"), of("b"), of("c"), of("d"), of("alice").urgent(), of("e")];
        assert_eq!(order(&queued).await, [4, 0, 1, 2, 3, 5]);
        // It does not wait for other changes of the same account either.
        assert_eq!(order(&[of("alice"), of("alice"), of("alice").urgent()]).await[..1], [2]);
    }

    #[tokio::test]
    async fn the_operator_stops_the_writes_of_other_processes() {
        let folder = tempfile::tempdir().unwrap();
        let turns = || Turns::new(Some(OperatorLock::beside(&folder.path().join("db")).unwrap()));
        let (server, operator) = (turns(), turns());
        drop(server.take(&of("alice")).await.unwrap());
        let turn = operator.take(&Writer::Operator).await.unwrap();
        let alice = of("alice");
        let waiting = server.take(&alice);
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), &mut waiting).await.is_err());
        // The lock ends with the process.
        drop((turn, operator));
        waiting.await.unwrap();
    }
}
