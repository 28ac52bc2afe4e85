//! Buckets on JetStream.
//!
//! The edges of async-nats' key-value store: an operation on a server without JetStream looks like any
//! failed request, on nats-server 2.9 it fails over the answer to an unrelated question, keys that are no
//! subject tokens are errors, and its reads may be answered by a server that has not heard of the latest writes.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::sync::Arc;

use async_nats::jetstream::context::{AccountErrorKind, CreateKeyValueError, GetStreamErrorKind};
use async_nats::jetstream::kv::{Operation, Store, UpdateError, UpdateErrorKind, Watch};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, StorageType};
use async_nats::jetstream::{self, ErrorCode, kv};
use bytes::Bytes;
use futures_util::StreamExt;

use super::client::Client;
use super::greeting::release;
use crate::kv::{BucketOptions, Change, Entry, HEADERS, Keeping, KvError, decode, encode};
use crate::link::{Connection, Link};

/// The oldest nats-server whose answers async-nats understands, and that can do what is needed.
const OLDEST: (u64, u64) = (2, 10);

/// One connection's handle of a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    store: Arc<Store>,
    nats: async_nats::Client,
    link: Arc<Link>,
}

impl Client {
    pub(crate) async fn bucket(&self, options: &BucketOptions, link: Arc<Link>) -> Result<Bucket, KvError> {
        let bucket = || options.name.clone();
        let nats = self.handle();
        let version = nats.server_info().version;
        if release(&version).is_some_and(|release| release < OLDEST) {
            return Err(KvError::ServerTooOld { bucket: bucket(), version });
        }
        // Ours passes first, and says so.
        let context =
            jetstream::ContextBuilder::new().timeout(options.timeout.saturating_mul(2)).build(nats.clone());
        context.query_account().await.map_err(|error| match error.kind() {
            AccountErrorKind::JetStreamUnavailable => KvError::NoJetStream { bucket: bucket() },
            AccountErrorKind::JetStream(cause) if is_absent(cause.error_code()) => {
                KvError::NoJetStream { bucket: bucket() }
            }
            _ => refused(&options.name, "open", error),
        })?;
        let store = match context.get_key_value(&options.name).await {
            Ok(store) => store,
            Err(error) if is_missing(&error) => {
                let config = kv::Config {
                    bucket: options.name.clone(),
                    history: options.history.into(),
                    num_replicas: options.replicas.into(),
                    ..kv::Config::default()
                };
                // Of two replicas that make the same bucket, both succeed.
                let made: Result<Store, CreateKeyValueError> = context.create_key_value(config).await;
                made.map_err(|error| refused(&options.name, "be made", error))?
            }
            Err(error) => return Err(refused(&options.name, "open", error)),
        };
        Ok(Bucket { store: Arc::new(store), nats, link })
    }
}

impl Bucket {
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        let latest = self.latest(key).await?.filter(is_value);
        Ok(latest.map(|message| Entry { value: message.payload, revision: message.sequence }))
    }

    pub(crate) async fn create(&self, key: &str, value: Bytes) -> Result<u64, KvError> {
        match self.update(key, value.clone(), 0).await {
            // What was deleted has a marker, and it is that marker which is replaced.
            Err(conflict @ KvError::Conflict { .. }) => match self.latest(key).await? {
                Some(marker) if !is_value(&marker) => self.update(key, value, marker.sequence).await,
                _ => Err(conflict),
            },
            created => created,
        }
    }

    /// The last word about a key, from the leader of the stream. The store's own reads (direct gets) are answered
    /// by any server that keeps the bucket, the one that has fallen behind among them.
    async fn latest(&self, key: &str) -> Result<Option<StreamMessage>, KvError> {
        let subject = format!("{}{}", self.store.prefix, encode(key));
        match self.store.stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(refused(&self.store.name, "read", error)),
        }
    }

    pub(crate) async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, KvError> {
        self.check_size(key, value.len())?;
        let updated = self.store.update(encode(key), value, revision).await;
        updated.map_err(|error| self.unwritten(key, error))
    }

    pub(crate) async fn delete(&self, key: &str, revision: u64) -> Result<(), KvError> {
        let deleted = self.store.delete_expect_revision(encode(key), Some(revision)).await;
        deleted.map_err(|error| self.unwritten(key, error))
    }

    pub(crate) async fn keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, KvError> {
        let keys = self.store.keys().await;
        let mut keys = keys.map_err(|error| refused(&self.store.name, "list keys", error))?;
        let mut first = BTreeSet::new();
        while let Some(key) = keys.next().await {
            let key = key.map_err(|error| refused(&self.store.name, "list keys", error))?;
            // What is no key of ours was put there by other means and cannot be read through here.
            let Some(key) = decode(&key) else { continue };
            if key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after) {
                first.insert(key);
                if first.len() > limit {
                    first.pop_last();
                }
            }
        }
        Ok(first.into_iter().collect())
    }

    pub(crate) async fn watch(&self) -> Result<BucketChanges, KvError> {
        let watch = self.store.watch_with_history(">").await;
        let watch = watch.map_err(|error| refused(&self.store.name, "be watched", error))?;
        Ok(BucketChanges { watch, bucket: self.store.name.clone(), link: Arc::clone(&self.link) })
    }

    pub(crate) async fn keeping(&self) -> Result<Keeping, KvError> {
        let status = self.store.status().await;
        let config =
            status.map_err(|error| refused(&self.store.name, "say how it is kept", error))?.info.config;
        Ok(Keeping { replicas: config.num_replicas, in_files: config.storage == StorageType::File })
    }

    fn check_size(&self, key: &str, size: usize) -> Result<(), KvError> {
        let limit = self.nats.max_payload().saturating_sub(HEADERS);
        if size <= limit {
            return Ok(());
        }
        Err(KvError::TooLarge { bucket: self.store.name.clone(), key: key.to_owned(), size, limit })
    }

    fn unwritten(&self, key: &str, error: UpdateError) -> KvError {
        match error.kind() {
            UpdateErrorKind::WrongLastRevision => self.conflict(key),
            _ => refused(&self.store.name, "write", error),
        }
    }

    fn conflict(&self, key: &str) -> KvError {
        KvError::Conflict { bucket: self.store.name.clone(), key: key.to_owned() }
    }
}

/// A watch on JetStream: an ordered consumer, which async-nats makes again when it misses something.
pub(crate) struct BucketChanges {
    watch: Watch,
    bucket: String,
    link: Arc<Link>,
}

impl std::fmt::Debug for BucketChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BucketChanges").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl BucketChanges {
    pub(crate) async fn next(&mut self) -> Result<Change, KvError> {
        let bucket = || self.bucket.clone();
        let mut connection = self.link.watch();
        loop {
            match *connection.borrow_and_update() {
                Connection::Connected => {}
                Connection::Disconnected => return Err(KvError::Disconnected { bucket: bucket() }),
                Connection::Closed => return Err(KvError::Closed { bucket: bucket() }),
            }
            let entry = tokio::select! {
                entry = self.watch.next() => entry,
                _ = connection.changed() => continue,
            };
            let entry = entry.ok_or_else(|| KvError::Closed { bucket: bucket() })?;
            let entry = entry.map_err(|error| refused(&self.bucket, "be watched", error))?;
            let Some(key) = decode(&entry.key) else { continue };
            let value = (entry.operation == Operation::Put).then_some(entry.value);
            return Ok(Change { key, value, revision: entry.revision });
        }
    }
}

/// Whether it is a value, and not the marker of one that was deleted, purged or too old.
fn is_value(message: &StreamMessage) -> bool {
    let headers = &message.headers;
    let operation = headers.get("KV-Operation").map_or("PUT", |operation| operation.as_str());
    operation == "PUT" && headers.get("Nats-Marker-Reason").is_none()
}

/// The bucket's stream is not there, which only its error code says.
fn is_missing(error: &jetstream::context::KeyValueError) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<jetstream::context::GetStreamError>().is_some_and(|error| {
            matches!(error.kind(), GetStreamErrorKind::JetStream(cause) if cause.error_code() == ErrorCode::STREAM_NOT_FOUND)
        })
    })
}

fn is_absent(code: ErrorCode) -> bool {
    [ErrorCode::JETSTREAM_NOT_ENABLED, ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT].contains(&code)
}

/// Sorts out what async-nats reports: no room has an error of its own.
fn refused(bucket: &str, action: &'static str, error: impl StdError + Send + Sync + 'static) -> KvError {
    let no_room = [
        ErrorCode::ACCOUNT_RESOURCES_EXCEEDED,
        ErrorCode::INSUFFICIENT_RESOURCES,
        ErrorCode::STORAGE_RESOURCES_EXCEEDED,
        ErrorCode::STREAM_STORE_FAILED,
    ];
    let is_full = causes(&error).any(|cause| {
        cause.downcast_ref::<jetstream::Error>().is_some_and(|cause| no_room.contains(&cause.error_code()))
    });
    let (bucket, source) = (bucket.to_owned(), Box::new(error));
    if is_full { KvError::Full { bucket, source } } else { KvError::Refused { bucket, action, source } }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_compared_by_numbers() {
        assert_eq!(release("2.9.10"), Some((2, 9)));
        assert!(release("2.9.25").unwrap() < OLDEST && release("v2.10.0-RC.1").unwrap() >= OLDEST);
        assert!(release("2.15.1").unwrap() > OLDEST);
        assert_eq!(release("next"), None);
    }
}
