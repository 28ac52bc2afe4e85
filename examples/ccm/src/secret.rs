//! Passwords and tokens at rest: nobody who reads the file can use what is in it.
//!
//! People choose passwords, so they are hashed with argon2id, which makes guessing slow. Tokens are looked up by
//! their hash, which therefore has no salt and is fast: that is enough for the 192 random bits of a token that is
//! made here, and no more than the token itself is worth for one that somebody chose.

use std::num::NonZeroUsize;
use std::sync::Arc;

use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64URL_NOPAD;
use kaa_ext::ErrorStatus;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;

/// A machine that has no randomness or no memory to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be hashed or drawn: this machine has no randomness, or not 19 MiB of memory, to give")]
pub(crate) struct HashError;

impl kaa_ext::ReplyError for HashError {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::SERVICE_UNAVAILABLE
    }
}

/// What a token is looked up by.
pub(crate) fn token_hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// So many random bytes as text that is a token or an ID.
pub(crate) fn random<const BYTES: usize>() -> Result<String, HashError> {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| HashError)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// Hashes passwords on threads that may be busy, so many at once.
#[derive(Debug)]
pub(crate) struct Hasher {
    turns: Arc<Semaphore>,
    /// The hash that is computed for users that do not exist: how long an answer takes does not tell.
    nobody: OnceCell<String>,
}

impl Hasher {
    pub(crate) fn new(at_once: NonZeroUsize) -> Self {
        let turns = Arc::new(Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS)));
        Self { turns, nobody: OnceCell::new() }
    }

    /// The hash of a password as a PHC string: argon2id with 19 MiB and two passes, and a random salt.
    pub(crate) async fn hash(&self, password: String) -> Result<String, HashError> {
        self.in_turn(move || {
            let hash: phc::PasswordHash =
                argon2().hash_password(password.as_bytes()).map_err(|_| HashError)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether this is the password, at the same cost for a user that does not exist.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let exists = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.nobody.get_or_try_init(|| self.hash("nobody".to_owned())).await?.clone(),
        };
        let is_right = self.in_turn(move || {
            let hash = phc::PasswordHash::new(&hash).map_err(|_| HashError)?;
            match argon2().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(Error::PasswordInvalid) => Ok(false),
                Err(_) => Err(HashError),
            }
        });
        Ok(is_right.await? && exists)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| HashError)?;
        // The turn goes along: it is over when the thread is done, even if nobody waits any more.
        let work = move || {
            let _turn = turn;
            work()
        };
        spawn_blocking(work).await.map_err(|_| HashError)?
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::pin::pin;

    use super::*;

    fn hasher(at_once: usize) -> Hasher {
        Hasher::new(NonZeroUsize::new(at_once).unwrap())
    }

    /// Whether a future that is polled once gives the thread back, and goes on elsewhere.
    async fn gives_the_thread_back<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
        tokio::select! {
            biased;
            _ = &mut future => false,
            () = ready(()) => true,
        }
    }

    #[tokio::test]
    async fn a_password_costs_19_mib_and_two_passes_and_has_a_salt_of_its_own() {
        let hasher = hasher(1);
        let (one, again) =
            (hasher.hash("one".to_owned()).await.unwrap(), hasher.hash("one".to_owned()).await.unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, again);
        assert!(hasher.verify("one".to_owned(), Some(one.clone())).await.unwrap());
        assert!(!hasher.verify("two".to_owned(), Some(one)).await.unwrap());
        assert!(!hasher.verify("nobody".to_owned(), None).await.unwrap());
        assert_eq!(hasher.verify("one".to_owned(), Some("one".to_owned())).await, Err(HashError));
    }

    #[tokio::test]
    async fn hashing_leaves_the_thread_that_serves_to_others_and_is_done_one_at_a_time() {
        let hasher = hasher(1);
        let mut first = pin!(hasher.hash("one".to_owned()));
        assert!(gives_the_thread_back(first.as_mut()).await, "it was hashed on the thread that serves");
        assert_eq!(hasher.turns.available_permits(), 0);
        let mut second = pin!(hasher.hash("two".to_owned()));
        assert!(gives_the_thread_back(second.as_mut()).await);
        first.await.unwrap();
        second.await.unwrap();
        assert_eq!(hasher.turns.available_permits(), 1);
    }

    #[tokio::test]
    async fn who_hangs_up_keeps_the_turn_until_the_thread_is_done() {
        let hasher = hasher(1);
        {
            let mut first = pin!(hasher.hash("one".to_owned()));
            assert!(gives_the_thread_back(first.as_mut()).await);
        }
        // Otherwise those who ask and hang up would have as many threads busy as they like.
        assert_eq!(hasher.turns.available_permits(), 0);
        drop(hasher.turns.acquire().await.unwrap());
    }
}
