//! Semaphores by name, such as one for each account.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Semaphore;

/// The number of names at which the names that are not in use are removed.
const CLEANUP_SIZE: usize = 1024;

/// **Semaphores by name**, each with the same number of permits. A semaphore is kept while one of its permits is held or
/// waited for.
#[derive(Debug)]
pub(crate) struct NamedSemaphores {
    permits: usize,
    by_name: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl NamedSemaphores {
    /// Each semaphore will have this number of permits.
    pub(crate) fn new(permits: usize) -> Self {
        Self { permits, by_name: Mutex::default() }
    }

    /// The semaphore of this name, which is created if there is none.
    pub(crate) fn of(&self, name: &str) -> Arc<Semaphore> {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = by_name.get(name).and_then(Weak::upgrade) {
            return semaphore;
        }
        if by_name.len() >= CLEANUP_SIZE {
            by_name.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.permits));
        by_name.insert(name.to_owned(), Arc::downgrade(&semaphore));
        semaphore
    }
}
