//! The memory of bodies and answers.
//!
//! All large bodies and answers that are in memory at one time share one budget, of which one client has at most half.
//! A request for which the budget has too little left waits for other requests to end. After ten seconds its response
//! is 503.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::base::{
    failure::{Failure, other},
    named_semaphores::NamedSemaphores,
};

/// How long a request waits for its part of the budget.
const TIMEOUT: Duration = Duration::from_secs(10);

/// **The budget.** Its unit is KiB.
#[derive(Debug)]
pub(crate) struct Budget {
    free: Arc<Semaphore>,
    of_one_client: usize,
    clients: NamedSemaphores,
}

/// A part of the budget, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    _of_client: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Budget {
    /// A budget of this many MiB, of which one client has at most half.
    pub(crate) fn new(mebibytes: u16) -> Self {
        let all = usize::from(mebibytes).saturating_mul(1024);
        let of_one_client = all.div_ceil(2);
        Self { free: Arc::new(Semaphore::new(all)), of_one_client, clients: NamedSemaphores::new(of_one_client) }
    }

    /// Reserves memory for a client (an account, or an address without an account), and waits for it. A request that has
    /// a transaction does not wait, but [tries](Self::try_reserve), because others may need its connection.
    ///
    /// # Errors
    /// [`Failure::Busy`] if the memory was not free within ten seconds.
    pub(crate) async fn reserve(&self, client: &str, bytes: usize) -> Result<Reserved, Failure> {
        let (client, kibibytes) = (self.clients.of(client), self.kibibytes(bytes)?);
        let both = async {
            let of_client = client.acquire_many_owned(kibibytes).await.map_err(other)?;
            let of_all = self.free.clone().acquire_many_owned(kibibytes).await.map_err(other)?;
            Ok(Reserved { _of_client: of_client, _of_all: of_all })
        };
        timeout(TIMEOUT, both).await.map_err(|_| Failure::Busy)?
    }

    /// Reserves memory for a client if it is free.
    ///
    /// # Errors
    /// [`Failure::NoMemory`], after which the request is tried again.
    pub(crate) fn try_reserve(&self, client: &str, bytes: usize) -> Result<Reserved, Failure> {
        let (client, kibibytes) = (self.clients.of(client), self.kibibytes(bytes)?);
        let of_client = client.try_acquire_many_owned(kibibytes).map_err(|_| Failure::NoMemory)?;
        let of_all = self.free.clone().try_acquire_many_owned(kibibytes).map_err(|_| Failure::NoMemory)?;
        Ok(Reserved { _of_client: of_client, _of_all: of_all })
    }

    /// Converts bytes to the unit of the budget. A client never gets more than its part, so a larger number counts as
    /// the whole part.
    fn kibibytes(&self, bytes: usize) -> Result<u32, Failure> {
        u32::try_from(bytes.div_ceil(1024).min(self.of_one_client)).map_err(other)
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use crate::base::failure::Failure;

    const MIB: usize = 1024 * 1024;

    #[tokio::test(start_paused = true)]
    async fn one_client_gets_at_most_half_of_the_budget_and_all_clients_together_get_the_whole() {
        let budget = Budget::new(8);
        let first = budget.reserve("a", 3 * MIB).await.unwrap();
        let second = budget.reserve("a", MIB).await.unwrap();
        assert!(matches!(budget.reserve("a", 1).await, Err(Failure::Busy)));
        let others = budget.reserve("b", 4 * MIB).await.unwrap();
        assert!(matches!(budget.reserve("c", 1).await, Err(Failure::Busy)));
        drop(second);
        budget.reserve("a", MIB).await.unwrap();
        budget.reserve("c", MIB).await.unwrap();
        drop((first, others));
        assert!(budget.try_reserve("a", 5 * MIB).is_ok());
        // A request for more than a client's part gets the whole part.
        budget.reserve("a", 100 * MIB).await.unwrap();
        budget.reserve("b", 100 * MIB).await.unwrap();
    }
}
