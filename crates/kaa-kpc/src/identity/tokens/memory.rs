//! What the provider said, as long as it holds.

use std::collections::BTreeMap;
use std::time::Duration;

use bytestring::ByteString;
use lru::LruCache;
use tokio::time::Instant;

use super::key::{AsKey, Key};
use super::{Found, ProviderOptions, Refusal, Verdict};

pub(super) struct Memory {
    known: LruCache<Key, Entry>,
    known_for: Duration,
    /// Apart, so that no guesser makes room among the known ones.
    refused: LruCache<Key, (Refusal, Instant)>,
    refused_for: Duration,
    /// The known ones by what they are revoked by: the ID of the token, and that of its endpoint. A
    /// number behind each name tells those apart that share it.
    by_name: BTreeMap<(ByteString, u64), Key>,
    last: u64,
}

struct Entry {
    found: Found,
    number: u64,
    since: Instant,
}

impl Memory {
    pub(super) fn new(options: &ProviderOptions) -> Self {
        Self {
            known: LruCache::sparse(options.known),
            known_for: options.known_for,
            refused: LruCache::sparse(options.refused),
            refused_for: options.refused_for,
            by_name: BTreeMap::new(),
            last: 0,
        }
    }

    pub(super) fn recall(&mut self, key: &dyn AsKey) -> Option<Verdict> {
        if let Some(entry) = self.known.get(key).filter(|entry| entry.since.elapsed() < self.known_for) {
            return Some(Ok(entry.found.clone()));
        }
        let (refusal, _) = self.refused.get(key).filter(|(_, since)| since.elapsed() < self.refused_for)?;
        Some(Err(refusal.clone()))
    }

    /// Remembers a verdict in place of what was known before.
    pub(super) fn remember(&mut self, key: Key, verdict: &Verdict) {
        self.forget(&key);
        match verdict {
            Ok(found) => self.insert(key, found.clone()),
            Err(refusal @ (Refusal::Unknown | Refusal::Revoked)) => {
                self.refused.put(key, (refusal.clone(), Instant::now()));
            }
            // That nobody could say says nothing about the token.
            Err(_) => {}
        }
    }

    /// Forgets the endpoint with this ID and the token with this identity.
    pub(super) fn forget_name(&mut self, name: &str) {
        let name = ByteString::from(name);
        let named = self.by_name.range((name.clone(), 0)..=(name, u64::MAX));
        let keys: Vec<Key> = named.map(|(_, key)| key.clone()).collect();
        for key in keys {
            self.forget(&key);
        }
    }

    fn insert(&mut self, key: Key, found: Found) {
        self.last += 1;
        for name in names(&found) {
            self.by_name.insert((name, self.last), key.clone());
        }
        let entry = Entry { found, number: self.last, since: Instant::now() };
        if let Some((_, oldest)) = self.known.push(key, entry) {
            self.unlist(&oldest);
        }
    }

    fn forget(&mut self, key: &Key) {
        self.refused.pop(key);
        if let Some(entry) = self.known.pop(key) {
            self.unlist(&entry);
        }
    }

    fn unlist(&mut self, entry: &Entry) {
        for name in names(&entry.found) {
            self.by_name.remove(&(name, entry.number));
        }
    }
}

/// What an endpoint and its token are revoked by.
pub(super) fn names(found: &Found) -> impl Iterator<Item = ByteString> {
    let endpoint_id = ByteString::from(&found.endpoint_id);
    found.token_id.clone().into_iter().chain([endpoint_id])
}

#[cfg(test)]
mod tests;
