//! The store that replicas share.

use bytes::Bytes;
use kaa_ext::bus::kv::{Bucket, Entry, KvError};

use super::{Store, StoreError, StoreFuture};

impl Store for Bucket {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move { Ok(Self::get(self, key).await?) })
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, replaces: Option<u64>) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            Ok(match replaces {
                Some(revision) => self.update(key, value, revision).await?,
                None => self.create(key, value).await?,
            })
        })
    }

    fn delete<'a>(&'a self, key: &'a str, revision: u64) -> StoreFuture<'a, ()> {
        Box::pin(async move { Ok(Self::delete(self, key, revision).await?) })
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move { Ok(Self::keys(self, prefix, after, limit).await?) })
    }
}

impl From<KvError> for StoreError {
    fn from(error: KvError) -> Self {
        match error {
            KvError::Conflict { .. } => Self::Conflict,
            KvError::Full { .. } => Self::Full(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}
