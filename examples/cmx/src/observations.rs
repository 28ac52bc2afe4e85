//! What this replica keeps in mind: who observes what. Bounded in number and in time.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaa_ext::prelude::*;
use lru::LruCache;
use tokio::time::Instant;

use crate::key::Key;
use crate::settings::Settings;
use crate::siblings::Claim;
use crate::watch::Watch;

/// The most configurations that one endpoint may observe.
pub(crate) const PER_ENDPOINT: usize = 32;

/// Who observes what, by endpoint.
#[derive(Debug)]
pub(crate) struct Observations {
    inner: Mutex<Inner>,
    max_endpoints: NonZeroUsize,
    ttl: Duration,
}

#[derive(Debug)]
struct Inner {
    endpoints: LruCache<EndpointId, Endpoint>,
    /// Endpoints that were forgotten although they observed.
    forgotten: u64,
}

#[derive(Debug)]
struct Endpoint {
    watches: Vec<(Option<ConfigName>, Arc<Watch>)>,
    heard: Instant,
}

impl Observations {
    pub(crate) fn new(settings: &Settings) -> Self {
        let inner = Inner { endpoints: LruCache::unbounded(), forgotten: 0 };
        let Settings { max_endpoints, endpoint_ttl: ttl, .. } = *settings;
        Self { inner: Mutex::new(inner), max_endpoints, ttl }
    }

    /// The endpoint observes from now on.
    ///
    /// # Errors
    ///
    /// 429 when it observes too many configurations already.
    pub(crate) fn begin(&self, key: &Key, session: &Session, claim: &Claim) -> Result<Arc<Watch>, Failure> {
        let mut inner = self.lock();
        let nobody = || Endpoint { watches: Vec::new(), heard: Instant::now() };
        let endpoint = inner.endpoints.get_or_insert_mut(key.endpoint.clone(), nobody);
        endpoint.heard = Instant::now();
        if let Some((_, watch)) = endpoint.watches.iter().find(|(name, _)| *name == key.name) {
            watch.claims(claim.clone());
            return Ok(watch.clone());
        }
        if endpoint.watches.len() >= PER_ENDPOINT {
            return Err(Failure::new(
                ErrorStatus::TOO_MANY_REQUESTS,
                format!("the endpoint observes {PER_ENDPOINT} configurations already; stop observing one"),
            ));
        }
        let watch = Arc::new(Watch::new(key.clone(), session.clone(), claim.clone()));
        endpoint.watches.push((key.name.clone(), watch.clone()));
        while inner.endpoints.len() > self.max_endpoints.get() {
            inner.forget_oldest("there is room for no more endpoints");
        }
        Ok(watch)
    }

    /// The observation of this configuration, whose endpoint was just heard of.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Watch>> {
        let watches = self.of_endpoint(&key.endpoint);
        watches.into_iter().find(|watch| watch.name() == key.name.as_ref())
    }

    /// All observations of an endpoint, which was just heard of.
    pub(crate) fn of_endpoint(&self, endpoint: &EndpointId) -> Vec<Arc<Watch>> {
        let mut inner = self.lock();
        let Some(endpoint) = inner.endpoints.get_mut(endpoint) else { return Vec::new() };
        endpoint.heard = Instant::now();
        endpoint.watches.iter().map(|(_, watch)| watch.clone()).collect()
    }

    /// The endpoint observes no longer, or another replica has it, by this claim.
    pub(crate) fn end(
        &self,
        endpoint: &EndpointId,
        name: Option<&ConfigName>,
        claim: &Claim,
    ) -> Option<Arc<Watch>> {
        let mut inner = self.lock();
        let watches = &mut inner.endpoints.get_mut(endpoint)?.watches;
        let ended = |(of, watch): &(_, Arc<Watch>)| Option::as_ref(of) == name && watch.gives_way_to(claim);
        let (_, watch) = watches.swap_remove(watches.iter().position(ended)?);
        if watches.is_empty() {
            inner.endpoints.pop(endpoint);
        }
        drop(inner);
        watch.end();
        Some(watch)
    }

    /// Forgets the endpoints that were not heard of for too long.
    pub(crate) fn expire(&self) {
        let mut inner = self.lock();
        while inner.endpoints.peek_lru().is_some_and(|(_, endpoint)| endpoint.heard.elapsed() >= self.ttl) {
            inner.forget_oldest("it was not heard of for too long");
        }
    }

    /// The observations with hints that nobody could follow up.
    pub(crate) fn behind(&self) -> Vec<Arc<Watch>> {
        let inner = self.lock();
        let watches = inner.endpoints.iter().flat_map(|(_, endpoint)| &endpoint.watches);
        watches.filter(|(_, watch)| watch.is_behind()).map(|(_, watch)| watch.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget_oldest(&mut self, reason: &str) {
        let Some((endpoint, Endpoint { watches, .. })) = self.endpoints.pop_lru() else { return };
        self.forgotten += 1;
        for (_, watch) in watches {
            watch.end();
        }
        let forgotten = self.forgotten;
        tracing::warn!(%endpoint, forgotten, "the endpoint gets no pushes until it observes again: {reason}");
    }
}
