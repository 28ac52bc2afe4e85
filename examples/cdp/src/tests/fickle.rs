//! A store that fails and waits when it is told to, and counts.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kaa_ext::bus::Bus;
use kaa_ext::bus::kv::{Bucket, BucketOptions, Entry};
use tokio::sync::Semaphore;

use crate::{Store, StoreError, StoreFuture};

/// A bucket behind it keeps what is written.
pub(super) struct Fickle {
    bucket: Bucket,
    /// The key that cannot be read.
    broken: Mutex<Option<String>>,
    /// The key whose next reader waits, until there is a permit.
    held: Mutex<Option<String>>,
    pub(super) permit: Semaphore,
    pub(super) waiting: Semaphore,
    scans: AtomicUsize,
}

impl Fickle {
    pub(super) async fn on(bus: &Bus) -> Arc<Self> {
        let bucket = bus.bucket(&BucketOptions::new("cdp")).await.unwrap();
        let (broken, held) = (Mutex::default(), Mutex::default());
        let (permit, waiting) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(Self { bucket, broken, held, permit, waiting, scans: AtomicUsize::new(0) })
    }

    pub(super) fn break_key(&self, key: &str) {
        *self.broken.lock().unwrap() = Some(key.to_owned());
    }

    pub(super) fn hold(&self, key: &str) {
        *self.held.lock().unwrap() = Some(key.to_owned());
    }

    /// How often somebody went through all keys.
    pub(super) fn scans(&self) -> usize {
        self.scans.load(Relaxed)
    }
}

impl Store for Fickle {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move {
            if self.broken.lock().unwrap().as_deref() == Some(key) {
                return Err(StoreError::Unavailable("on purpose".into()));
            }
            let is_held = self.held.lock().unwrap().take_if(|held| held == key).is_some();
            if is_held {
                self.waiting.add_permits(1);
                self.permit.acquire().await.unwrap().forget();
            }
            Store::get(&self.bucket, key).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, replaces: Option<u64>) -> StoreFuture<'a, u64> {
        Store::put(&self.bucket, key, value, replaces)
    }

    fn delete<'a>(&'a self, key: &'a str, revision: u64) -> StoreFuture<'a, ()> {
        Store::delete(&self.bucket, key, revision)
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        self.scans.fetch_add(1, Relaxed);
        Store::keys(&self.bucket, prefix, after, limit)
    }
}
