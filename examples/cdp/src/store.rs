//! Where things are kept: text to bytes, with compare-and-set by revision.
//!
//! | file | what it is |
//! |---|---|
//! | `sqlite` | a file of one replica |
//! | `bucket` | a JetStream bucket that replicas share |

mod bucket;
mod sqlite;

use std::error::Error;
use std::pin::Pin;

use bytes::Bytes;
use kaa_ext::bus::kv::Entry;
use kaa_ext::{ErrorStatus, ReplyError};

pub use sqlite::SqliteStore;

/// What a store answers, some time later.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps entries under keys. What returns `Ok` is durable, and seen by everybody who reads afterwards.
pub trait Store: Send + Sync + 'static {
    /// What a key has.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>>;

    /// Replaces what a key has since the revision `replaces`, or gives it something when it has nothing
    /// (`None`). Returns the new revision, larger than all before it in the whole store.
    fn put<'a>(&'a self, key: &'a str, value: Bytes, replaces: Option<u64>) -> StoreFuture<'a, u64>;

    /// Takes away what a key has since `revision`.
    fn delete<'a>(&'a self, key: &'a str, revision: u64) -> StoreFuture<'a, ()>;

    /// The keys that start with `prefix` and come after `after`, in the order of their bytes, `limit` of
    /// them at most. That may mean to go through all keys, and to miss what was put there a moment ago.
    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>>;
}

/// Why a store did not do what it was asked. Nothing was stored, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The key is not at the revision that was to be replaced.
    #[error("it was changed by somebody else meanwhile; read it and write again")]
    Conflict,
    /// There is no room.
    #[error("the store is full; make room and try again")]
    Full(#[source] Box<dyn Error + Send + Sync>),
    /// It cannot be written.
    #[error("the store is read-only; give the service the right to write it")]
    ReadOnly(#[source] Box<dyn Error + Send + Sync>),
    /// It cannot be reached, is too busy, or broken. A write may have been stored all the same.
    #[error("the store is not available; try again, a write may have been stored")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// What is there was not written by this service.
    #[error("the store holds something else under the key {key:?}; delete it")]
    Foreign {
        /// The key.
        key: String,
    },
}

impl ReplyError for StoreError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Conflict => ErrorStatus::CONFLICT,
            Self::Full(_) => ErrorStatus::INSUFFICIENT_STORAGE,
            Self::ReadOnly(_) | Self::Unavailable(_) => ErrorStatus::SERVICE_UNAVAILABLE,
            Self::Foreign { .. } => ErrorStatus::INTERNAL_SERVER_ERROR,
        }
    }
}
