//! Watching a bucket.

use std::sync::Arc;

use super::error::KvError;
use crate::shared::Shared;
use crate::{memory, nats};

/// A key that was written or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: String,
    /// What it has now; `None` when it was deleted.
    pub value: Option<bytes::Bytes>,
    /// The revision of the change.
    pub revision: u64,
}

/// What is in a bucket, and then what happens to it, in the order of the revisions.
///
/// Whoever reads slowly may miss values that were replaced meanwhile, but never the latest of a key.
#[derive(Debug)]
#[must_use = "nothing is watched when this is dropped"]
pub struct Changes {
    pub(super) watched: Watched,
    /// Keeps the connection.
    pub(super) _shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) enum Watched {
    Memory(memory::BucketChanges),
    Nats(Box<nats::BucketChanges>),
}

impl Changes {
    /// The next change, however long it takes.
    ///
    /// Cancel safe: a change is either returned or comes again.
    ///
    /// # Errors
    ///
    /// [`KvError`]: the watch has ended; [`Bucket::watch`](super::Bucket::watch) again, which begins with what is there.
    pub async fn next(&mut self) -> Result<Change, KvError> {
        match &mut self.watched {
            Watched::Memory(changes) => changes.next().await,
            Watched::Nats(changes) => changes.next().await,
        }
    }
}
