//! Buckets inside the process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use super::peer::MAX_PAYLOAD;
use crate::kv::{Change, Entry, HEADERS, KvError};
use crate::link::{Connection, Link};

/// One connection's handle of a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Bucket(Arc<Contents>);

#[derive(Debug)]
struct Contents {
    name: String,
    keys: Mutex<BTreeMap<String, Kept>>,
    /// The revision of the last write, which every watcher waits for.
    last: watch::Sender<u64>,
}

/// What a key has; without a value it is what JetStream calls a marker.
#[derive(Debug)]
struct Kept {
    value: Option<Bytes>,
    revision: u64,
}

impl Bucket {
    pub(super) fn new(name: &str) -> Self {
        let last = watch::Sender::new(0);
        Self(Arc::new(Contents { name: name.to_owned(), keys: Mutex::default(), last }))
    }

    pub(crate) fn get(&self, key: &str) -> Option<Entry> {
        let keys = self.0.lock();
        let kept = keys.get(key)?;
        Some(Entry { value: kept.value.clone()?, revision: kept.revision })
    }

    pub(crate) fn create(&self, key: &str, value: Bytes) -> Result<u64, KvError> {
        self.write(key, Some(value), |kept| kept.is_none_or(|kept| kept.value.is_none()))
    }

    pub(crate) fn update(&self, key: &str, value: Option<Bytes>, revision: u64) -> Result<u64, KvError> {
        self.write(key, value, |kept| kept.map_or(0, |kept| kept.revision) == revision)
    }

    fn write(
        &self,
        key: &str,
        value: Option<Bytes>,
        is_expected: impl FnOnce(Option<&Kept>) -> bool,
    ) -> Result<u64, KvError> {
        let (bucket, limit) = (self.0.name.clone(), MAX_PAYLOAD - HEADERS);
        let size = value.as_ref().map_or(0, Bytes::len);
        if size > limit {
            return Err(KvError::TooLarge { bucket, key: key.to_owned(), size, limit });
        }
        let mut keys = self.0.lock();
        if !is_expected(keys.get(key)) {
            return Err(KvError::Conflict { bucket, key: key.to_owned() });
        }
        let revision = *self.0.last.borrow() + 1;
        keys.insert(key.to_owned(), Kept { value, revision });
        self.0.last.send_replace(revision);
        Ok(revision)
    }

    pub(crate) fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let keys = self.0.lock();
        let range = keys.range::<str, _>((start, Bound::Unbounded));
        let matching = range.take_while(|(key, _)| key.starts_with(prefix));
        matching.filter(|(_, kept)| kept.value.is_some()).map(|(key, _)| key.clone()).take(limit).collect()
    }

    pub(crate) fn watch(&self, link: Arc<Link>) -> BucketChanges {
        BucketChanges { contents: Arc::clone(&self.0), last: self.0.last.subscribe(), link, seen: 0 }
    }
}

impl Contents {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, seen: u64) -> Option<Change> {
        let keys = self.lock();
        let unseen = keys.iter().filter(|(_, kept)| kept.revision > seen);
        let (key, Kept { value, revision }) = unseen.min_by_key(|(_, kept)| kept.revision)?;
        Some(Change { key: key.clone(), value: value.clone(), revision: *revision })
    }
}

/// What happened since a revision: nothing is queued, the contents are looked at again.
#[derive(Debug)]
pub(crate) struct BucketChanges {
    contents: Arc<Contents>,
    last: watch::Receiver<u64>,
    link: Arc<Link>,
    seen: u64,
}

impl BucketChanges {
    pub(crate) async fn next(&mut self) -> Result<Change, KvError> {
        let mut connection = self.link.watch();
        loop {
            let bucket = || self.contents.name.clone();
            match *connection.borrow_and_update() {
                Connection::Connected => {}
                Connection::Disconnected => return Err(KvError::Disconnected { bucket: bucket() }),
                Connection::Closed => return Err(KvError::Closed { bucket: bucket() }),
            }
            self.last.borrow_and_update();
            if let Some(change) = self.contents.next(self.seen) {
                self.seen = change.revision;
                return Ok(change);
            }
            tokio::select! {
                _ = self.last.changed() => {}
                _ = connection.changed() => {}
            }
        }
    }
}
