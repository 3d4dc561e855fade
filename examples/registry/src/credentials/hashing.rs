//! The threads that hash passwords.
//!
//! A hash takes a core for a tenth of a second, and 19 MiB of memory. So there is a fixed number of threads, and each
//! thread uses its own memory again for the next hash. If a client disconnects before its hash has begun, the hash is
//! not made. A hash that has begun occupies its thread until it is done.
//!
//! A request from an address from which the account has logged in before is served first, so that it does not wait for
//! strangers who guess passwords. Only one such request of an account is served at a time, so that one account does not
//! occupy all threads.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use tokio::sync::oneshot;
use tollgate::UserName;

use crate::base::{
    failure::{Failure, other},
    named_semaphores::NamedSemaphores,
    random,
};

/// The number of threads.
const THREADS: usize = 4;
/// The maximum length of the queue for strangers. So many hashes take a few seconds.
const MAX_STRANGERS: usize = 64;
/// The number of bytes of a hash.
const HASH_LENGTH: usize = 32;

/// **Who waits for a hash.**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting<'a> {
    /// A client with a token of this account, or a client at an address from which this account has logged in before.
    Known(UserName<&'a str>),
    /// Any other client.
    Stranger,
}

/// A hash to be made. The argument is the memory of the thread.
type Work = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

#[derive(Default)]
struct Queues {
    known: VecDeque<Work>,
    strangers: VecDeque<Work>,
    is_closed: bool,
}

#[derive(Default)]
struct Shared {
    queues: Mutex<Queues>,
    filled: Condvar,
}

/// **The threads that hash passwords.** They end when the last clone of this value is dropped.
#[derive(Clone)]
pub(crate) struct Hashing(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    /// One permit for each account.
    accounts: NamedSemaphores,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.shared.filled.notify_all();
    }
}

impl std::fmt::Debug for Hashing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashing")
    }
}

impl Hashing {
    /// Starts the threads.
    pub(crate) fn start() -> Result<Self, Failure> {
        let shared = Arc::new(Shared::default());
        for _ in 0..THREADS {
            let shared = shared.clone();
            thread::Builder::new().name("hashing".into()).spawn(move || work(&shared)).map_err(other)?;
        }
        Ok(Self(Arc::new(Handle { shared, accounts: NamedSemaphores::new(1) })))
    }

    /// Hashes a password, with a new salt, to the text that the database stores.
    pub(crate) async fn hash(&self, password: String, waiting: Waiting<'_>) -> Result<String, Failure> {
        let salt = random::salt()?;
        self.run(waiting, move |memory| hash(password.as_bytes(), &salt, memory)).await?
    }

    /// Whether the password matches the stored hash. An account that does not exist has no stored hash. The check then
    /// takes as long, and returns `false`.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<String>,
        waiting: Waiting<'_>,
    ) -> Result<bool, Failure> {
        let salt = random::salt()?;
        self.run(waiting, move |memory| match stored {
            Some(stored) => matches(password.as_bytes(), &stored, memory),
            None => hash(password.as_bytes(), &salt, memory).map(|_| false),
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        waiting: Waiting<'_>,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let _turn = match waiting {
            Waiting::Known(user) => Some(self.0.accounts.of(user.as_str()).acquire_owned().await.map_err(other)?),
            Waiting::Stranger => None,
        };
        let (send, receive) = oneshot::channel();
        let work: Work = Box::new(move |memory| {
            if !send.is_closed() {
                // Sending fails if the client has disconnected meanwhile. Then the result is not needed.
                let _ = send.send(work(memory));
            }
        });
        {
            let shared = &self.0.shared;
            let mut queues = shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
            match waiting {
                Waiting::Known(_) => queues.known.push_back(work),
                Waiting::Stranger if queues.strangers.len() < MAX_STRANGERS => queues.strangers.push_back(work),
                Waiting::Stranger => return Err(Failure::Busy),
            }
            shared.filled.notify_one();
        }
        receive.await.map_err(other)
    }
}

/// The loop of a thread, which ends when the queues are closed and empty.
fn work(shared: &Shared) {
    let mut memory = Vec::new();
    loop {
        let next = {
            let mut queues = shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                let next = queues.known.pop_front();
                if let Some(next) = next.or_else(|| queues.strangers.pop_front()) {
                    break next;
                }
                if queues.is_closed {
                    return;
                }
                queues = shared.filled.wait(queues).unwrap_or_else(PoisonError::into_inner);
            }
        };
        next(&mut memory);
    }
}

fn hash(password: &[u8], salt: &[u8], memory: &mut Vec<Block>) -> Result<String, Failure> {
    let params = Params::default();
    let output = derive(password, salt, &params, memory)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(&params).map_err(other)?,
        salt: Some(Salt::new(salt).map_err(other)?),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Whether the password has this stored hash. The comparison takes the same time for all hashes.
fn matches(password: &[u8], stored: &str, memory: &mut Vec<Block>) -> Result<bool, Failure> {
    let stored = PasswordHash::new(stored).map_err(other)?;
    if stored.algorithm != Algorithm::Argon2id.ident() || stored.version != Some(Version::default().into()) {
        return Err(other("stored hash of another algorithm: expected argon2id"));
    }
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(other("incomplete stored hash: expected a salt and a hash"));
    };
    let params = Params::try_from(&stored).map_err(other)?;
    Ok(derive(password, &salt, &params, memory)? == expected)
}

fn derive(password: &[u8], salt: &[u8], params: &Params, memory: &mut Vec<Block>) -> Result<Output, Failure> {
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::default());
    }
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::default(), params.clone());
    let mut output = [0_u8; HASH_LENGTH];
    argon2.hash_password_into_with_memory(password, salt, &mut output, memory).map_err(other)?;
    Output::new(&output).map_err(other)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex, mpsc},
        time::Duration,
    };

    use argon2::{Argon2, PasswordHasher, PasswordVerifier};
    use tollgate::UserName;

    use super::{Hashing, THREADS, Waiting};

    fn known(name: &'static str) -> Waiting<'static> {
        Waiting::Known(UserName::new(name).unwrap())
    }

    #[tokio::test]
    async fn only_the_right_password_matches_and_no_password_matches_a_missing_account() {
        let hashing = Hashing::start().unwrap();
        let verify =
            async |password: &str, stored| hashing.verify(password.into(), stored, Waiting::Stranger).await.unwrap();
        let stored = hashing.hash("correct horse".into(), known("alice")).await.unwrap();
        assert!(verify("correct horse", Some(stored.clone())).await);
        assert!(!verify("correct horsf", Some(stored.clone())).await);
        assert!(!verify("correct horse", None).await);
        // Another hash of the same password has another salt.
        assert_ne!(hashing.hash("correct horse".into(), known("alice")).await.unwrap(), stored);
    }

    #[tokio::test]
    async fn the_argon2_library_verifies_our_hashes_and_we_verify_its_hashes() {
        let hashing = Hashing::start().unwrap();
        let theirs = Argon2::default().hash_password(b"correct horse").unwrap().to_string();
        assert!(hashing.verify("correct horse".into(), Some(theirs), known("alice")).await.unwrap());
        let ours = hashing.hash("correct horse".into(), known("alice")).await.unwrap();
        Argon2::default().verify_password(b"correct horse", ours.as_str()).unwrap();
    }

    #[tokio::test]
    async fn a_known_client_comes_first_and_the_hash_of_a_disconnected_client_is_not_made() {
        let hashing = Hashing::start().unwrap();
        let done = Arc::new(Mutex::new(Vec::new()));
        let (release, blocked) = mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        let mut waiting = Vec::new();
        let run = |waiting, work: Box<dyn FnOnce() + Send>| {
            let hashing = hashing.clone();
            tokio::spawn(async move { hashing.run(waiting, move |_| work()).await })
        };
        for _ in 0..THREADS {
            let blocked = blocked.clone();
            waiting.push(run(
                Waiting::Stranger,
                Box::new(move || blocked.lock().unwrap().recv_timeout(Duration::from_mins(1)).unwrap()),
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        for (who, name) in [(Waiting::Stranger, "stranger"), (Waiting::Stranger, "gone"), (known("alice"), "known")] {
            let done = done.clone();
            let task = run(who, Box::new(move || done.lock().unwrap().push(name)));
            tokio::task::yield_now().await;
            if name == "gone" {
                task.abort();
                let _ = task.await;
            } else {
                waiting.push(task);
            }
        }
        // One thread does all the waiting work, in its order, while the others are blocked.
        release.send(()).unwrap();
        for task in waiting.split_off(THREADS) {
            task.await.unwrap().unwrap();
        }
        assert_eq!(*done.lock().unwrap(), ["known", "stranger"]);
        for _ in 1..THREADS {
            release.send(()).unwrap();
        }
        for task in waiting {
            task.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn an_account_with_many_hashes_does_not_delay_another_account() {
        let hashing = Hashing::start().unwrap();
        let done = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for name in [["busy"; 20].as_slice(), &["other"]].concat() {
            let (hashing, done) = (hashing.clone(), done.clone());
            waiting.push(tokio::spawn(async move {
                let work = move |_: &mut Vec<_>| {
                    std::thread::sleep(Duration::from_millis(20));
                    done.lock().unwrap().push(name);
                };
                hashing.run(known(name), work).await
            }));
            tokio::task::yield_now().await;
        }
        for task in waiting {
            task.await.unwrap().unwrap();
        }
        let place = done.lock().unwrap().iter().position(|name| *name == "other").unwrap();
        assert!(place <= 2, "{place} hashes of the busy account came first");
    }
}
