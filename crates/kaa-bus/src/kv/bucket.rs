//! A bucket as its users see it.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;

use super::changes::{Changes, Watched};
use super::error::KvError;
use super::keeping::Keeping;
use super::key::MAX_KEY_LEN;
use super::options::BucketOptions;
use crate::bus::Bus;
use crate::deadline::within;
use crate::link::Connection;
use crate::shared::Shared;
use crate::{memory, nats};

/// What a key has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Bytes,
    /// Which write it is from. Revisions only grow, across all keys of the bucket; the first is 1.
    pub revision: u64,
}

/// A map from text to bytes that replicas share. Clones are cheap.
///
/// What it takes for a write to be durable is said [here](crate::kv#when-a-write-is-durable).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use kaa_bus::{Bus, kv::{BucketOptions, KvError}};
///
/// let bucket = Bus::memory().bucket(&BucketOptions::new("lamps")).await?;
/// let first = bucket.create("kitchen", "on".into()).await?;
/// let second = bucket.update("kitchen", "off".into(), first).await?;
///
/// let late = bucket.update("kitchen", "on".into(), first).await;
/// assert!(matches!(late, Err(KvError::Conflict { .. })));
/// assert_eq!(bucket.get("kitchen").await?.map(|entry| entry.revision), Some(second));
/// # Ok::<(), KvError>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Bucket {
    options: BucketOptions,
    keep: Keep,
    shared: Arc<Shared>,
}

/// The two kinds of buckets.
#[derive(Debug, Clone)]
pub(crate) enum Keep {
    Memory(memory::Bucket),
    Nats(nats::Bucket),
}

impl Bus {
    /// Opens a bucket, and makes it when it is not there.
    ///
    /// # Errors
    ///
    /// [`KvError`] names the bucket and what to do.
    pub async fn bucket(&self, options: &BucketOptions) -> Result<Bucket, KvError> {
        options.check()?;
        let shared = self.shared();
        let open = shared.backend.bucket(options, &shared.link);
        let keep = attempt(&shared, options, open).await?;
        Ok(Bucket { options: options.clone(), keep, shared })
    }
}

impl Bucket {
    /// The name of the bucket.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// What a key has; `None` when it was never written or was deleted. It sees every write that was confirmed: in
    /// a cluster, the server that leads the bucket is asked.
    ///
    /// # Errors
    ///
    /// [`KvError`].
    pub async fn get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        self.check_key(key)?;
        let get = async {
            match &self.keep {
                Keep::Memory(bucket) => Ok(bucket.get(key)),
                Keep::Nats(bucket) => bucket.get(key).await,
            }
        };
        attempt(&self.shared, &self.options, get).await
    }

    /// Gives a key that has no value one; returns the revision.
    ///
    /// # Errors
    ///
    /// [`KvError::Conflict`] when the key has a value; others as they say.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the value may or may not be stored. That goes for all writes.
    pub async fn create(&self, key: &str, value: Bytes) -> Result<u64, KvError> {
        self.check_key(key)?;
        let create = async {
            match &self.keep {
                Keep::Memory(bucket) => bucket.create(key, value),
                Keep::Nats(bucket) => bucket.create(key, value).await,
            }
        };
        attempt(&self.shared, &self.options, create).await
    }

    /// Replaces the value a key has since `revision`; returns the new revision.
    ///
    /// # Errors
    ///
    /// [`KvError::Conflict`] when the key is not at `revision`; others as they say.
    pub async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, KvError> {
        self.check_key(key)?;
        let update = async {
            match &self.keep {
                Keep::Memory(bucket) => bucket.update(key, Some(value), revision),
                Keep::Nats(bucket) => bucket.update(key, value, revision).await,
            }
        };
        attempt(&self.shared, &self.options, update).await
    }

    /// Takes the value away that a key has since `revision`. The server keeps a small marker of it for good.
    ///
    /// # Errors
    ///
    /// [`KvError::Conflict`] when the key is not at `revision`; others as they say.
    pub async fn delete(&self, key: &str, revision: u64) -> Result<(), KvError> {
        self.check_key(key)?;
        let delete = async {
            match &self.keep {
                Keep::Memory(bucket) => bucket.update(key, None, revision).map(drop),
                Keep::Nats(bucket) => bucket.delete(key, revision).await,
            }
        };
        attempt(&self.shared, &self.options, delete).await
    }

    /// The keys that have values, start with `prefix` and come after `after`, in the order of their
    /// bytes, `limit` of them at most: for the next page, `after` is the last of this one.
    ///
    /// The server goes through all keys of the bucket for it, so it is nothing to be done for every message; only
    /// `limit` of them are kept here. In a cluster, it may be a server that has not heard of the latest writes.
    ///
    /// # Errors
    ///
    /// [`KvError`].
    pub async fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, KvError> {
        let keys = async {
            match &self.keep {
                Keep::Memory(bucket) => Ok(bucket.keys(prefix, after, limit)),
                Keep::Nats(bucket) => bucket.keys(prefix, after, limit).await,
            }
        };
        attempt(&self.shared, &self.options, keys).await
    }

    /// What is in the bucket, and then what happens to it.
    ///
    /// # Errors
    ///
    /// [`KvError`].
    pub async fn watch(&self) -> Result<Changes, KvError> {
        let watch = async {
            Ok(match &self.keep {
                Keep::Memory(bucket) => Watched::Memory(bucket.watch(Arc::clone(&self.shared.link))),
                Keep::Nats(bucket) => Watched::Nats(Box::new(bucket.watch().await?)),
            })
        };
        let watched = attempt(&self.shared, &self.options, watch).await?;
        Ok(Changes { watched, _shared: Arc::clone(&self.shared) })
    }

    /// How the bucket is kept. It may have been made by somebody else, with other options.
    ///
    /// # Errors
    ///
    /// [`KvError`].
    pub async fn keeping(&self) -> Result<Keeping, KvError> {
        let keeping = async {
            match &self.keep {
                Keep::Memory(_) => Ok(Keeping { replicas: 1, in_files: false }),
                Keep::Nats(bucket) => bucket.keeping().await,
            }
        };
        attempt(&self.shared, &self.options, keeping).await
    }

    fn check_key(&self, key: &str) -> Result<(), KvError> {
        if key.len() <= MAX_KEY_LEN {
            return Ok(());
        }
        Err(KvError::KeyTooLong { bucket: self.options.name.clone(), size: key.len(), limit: MAX_KEY_LEN })
    }
}

/// Does it with the server there, within the time that is allowed.
async fn attempt<T>(
    shared: &Shared,
    options: &BucketOptions,
    work: impl Future<Output = Result<T, KvError>>,
) -> Result<T, KvError> {
    let bucket = || options.name.clone();
    match shared.link.connection() {
        Connection::Connected => {}
        Connection::Disconnected => return Err(KvError::Disconnected { bucket: bucket() }),
        Connection::Closed => return Err(KvError::Closed { bucket: bucket() }),
    }
    let done = within(options.timeout, pin!(work)).await;
    done.unwrap_or_else(|| Err(KvError::TimedOut { bucket: bucket(), timeout: options.timeout }))
}
