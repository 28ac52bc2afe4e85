//! What this replica keeps in mind: who observes what, in all replicas. Bounded in number and in time.

#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::protocol::name::ReplicaId;
use lru::LruCache;

use crate::claim::Claim;
use crate::key::Key;
use crate::notice::Observed;
use crate::settings::Settings;
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
    endpoints: LruCache<EndpointId, Vec<Arc<Watch>>>,
    /// Endpoints that were forgotten although they observed.
    forgotten: u64,
}

/// Whose an observation turned out to be that another replica says is its own.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Theirs.
    Theirs,
    /// Ours, by a greater claim.
    Ours(Arc<Watch>),
    /// Of a third replica, or of nobody: there are too many.
    Nobodys,
}

impl Observations {
    pub(crate) fn new(settings: &Settings) -> Self {
        let inner = Inner { endpoints: LruCache::unbounded(), forgotten: 0 };
        let Settings { max_endpoints, endpoint_ttl: ttl, .. } = *settings;
        Self { inner: Mutex::new(inner), max_endpoints, ttl }
    }

    /// The endpoint observes from now on, and this replica has it.
    ///
    /// # Errors
    ///
    /// 429 when it observes too many configurations already.
    pub(crate) fn begin(&self, key: &Key, session: &Session, claim: Claim) -> Result<Arc<Watch>, Failure> {
        let mut inner = self.lock();
        let watches = inner.endpoints.get_or_insert_mut(key.endpoint.clone(), Vec::new);
        watches.iter().for_each(|watch| watch.is_heard_of());
        if let Some(watch) = watches.iter().find(|watch| watch.name() == key.name.as_ref()) {
            watch.is_reached_by(key.app_version.clone(), session.clone());
            watch.is_claimed(claim);
            return Ok(watch.clone());
        }
        if watches.len() >= PER_ENDPOINT {
            return Err(Failure::new(
                ErrorStatus::TOO_MANY_REQUESTS,
                format!("the endpoint observes {PER_ENDPOINT} configurations already; stop observing one"),
            ));
        }
        let watch = Arc::new(Watch::new(key.clone(), session.clone(), claim));
        watches.push(watch.clone());
        self.make_room(&mut inner);
        Ok(watch)
    }

    /// Another replica says that it has an observation.
    pub(crate) fn follow(&self, claim: &Claim, session: Session, observed: Observed) -> Verdict {
        let mut inner = self.lock();
        let (endpoint, name) = (observed.endpoint_id.clone(), observed.config_name.clone());
        // That a replica speaks of an endpoint is no sign of it, so its place stays what it was.
        if inner.endpoints.peek(&endpoint).is_none() {
            if observed.heard().elapsed() >= self.ttl {
                return Verdict::Nobodys;
            }
            inner.endpoints.put(endpoint.clone(), Vec::new());
        }
        let Some(watches) = inner.endpoints.peek_mut(&endpoint) else { return Verdict::Nobodys };
        if let Some(watch) = watches.iter().find(|watch| watch.name() == name.as_ref()) {
            let told = observed.told.clone();
            if watch.follows(claim, session, observed) {
                return Verdict::Theirs;
            }
            watch.hint_of_push(told.as_deref());
            return if watch.is_ours() { Verdict::Ours(watch.clone()) } else { Verdict::Nobodys };
        }
        if watches.len() >= PER_ENDPOINT {
            return Verdict::Nobodys;
        }
        let key = Key { app_version: observed.app_version.clone(), endpoint, name };
        watches.push(Arc::new(Watch::copy(key, session, claim, observed)));
        self.make_room(&mut inner);
        Verdict::Theirs
    }

    /// The observation of this configuration, if this replica has it; its endpoint was just heard of.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Watch>> {
        let watches = self.of_endpoint(&key.endpoint);
        watches.into_iter().find(|watch| watch.name() == key.name.as_ref() && watch.is_ours())
    }

    /// All observations of an endpoint, which was just heard of.
    pub(crate) fn of_endpoint(&self, endpoint: &EndpointId) -> Vec<Arc<Watch>> {
        let watches = self.lock().endpoints.get(endpoint).cloned().unwrap_or_default();
        watches.iter().for_each(|watch| watch.is_heard_of());
        watches
    }

    /// The endpoint observes no longer, by this claim.
    pub(crate) fn end(
        &self,
        endpoint: &EndpointId,
        name: Option<&ConfigName>,
        claim: &Claim,
    ) -> Option<Arc<Watch>> {
        let mut inner = self.lock();
        let watches = inner.endpoints.get_mut(endpoint)?;
        let ended = |watch: &Arc<Watch>| watch.name() == name && watch.gives_way_to(claim);
        let watch = watches.swap_remove(watches.iter().position(ended)?);
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
        let is_old = |watches: &Vec<Arc<Watch>>| watches.iter().all(|watch| watch.unheard() >= self.ttl);
        while inner.endpoints.peek_lru().is_some_and(|(_, watches)| is_old(watches)) {
            inner.forget_oldest("it was not heard of for too long");
        }
    }

    /// Forgets what the replicas that have it have not spoken of for this long: they have it no more.
    pub(crate) fn forget_unmentioned(&self, duration: Duration) {
        let unmentioned = self.collect(|watch| watch.is_unmentioned_for(duration));
        let mut inner = self.lock();
        for watch in unmentioned {
            let Some(watches) = inner.endpoints.peek_mut(watch.endpoint()) else { continue };
            watches.retain(|other| !Arc::ptr_eq(other, &watch));
            if watches.is_empty() {
                inner.endpoints.pop(watch.endpoint());
            }
            watch.end();
        }
    }

    /// The observations with hints that nobody could follow up.
    pub(crate) fn behind(&self) -> Vec<Arc<Watch>> {
        self.collect(Watch::is_behind)
    }

    /// The observations of this replica, the endpoint that was not heard of for longest first.
    pub(crate) fn ours(&self) -> Vec<Arc<Watch>> {
        self.collect(Watch::is_ours)
    }

    /// The observations of replicas that are not there.
    pub(crate) fn orphans(&self, is_there: impl Fn(&ReplicaId) -> bool) -> Vec<Arc<Watch>> {
        self.collect(|watch| watch.holder().is_some_and(|replica| !is_there(&replica)))
    }

    fn collect(&self, is_wanted: impl Fn(&Watch) -> bool) -> Vec<Arc<Watch>> {
        let inner = self.lock();
        let watches = inner.endpoints.iter().rev().flat_map(|(_, watches)| watches);
        watches.filter(|watch| is_wanted(watch)).cloned().collect()
    }

    fn make_room(&self, inner: &mut Inner) {
        while inner.endpoints.len() > self.max_endpoints.get() {
            inner.forget_oldest("there is room for no more endpoints");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget_oldest(&mut self, reason: &str) {
        let Some((endpoint, watches)) = self.endpoints.pop_lru() else { return };
        // Of what another replica has, that one will speak.
        if watches.iter().any(|watch| watch.is_ours()) {
            self.forgotten += 1;
            let forgotten = self.forgotten;
            tracing::warn!(%endpoint, forgotten, "the endpoint gets no pushes until it observes again: {reason}");
        }
        watches.iter().for_each(|watch| watch.end());
    }
}
