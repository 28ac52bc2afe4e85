//! Tokens that a service knows (16/ECAP), and what is remembered of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_bus::{Delivery, Messaging, SubscribeError};
use kaa_protocol::avro::DecodeError;
use kaa_protocol::ecap::EndpointTokenRevokedEvent;
use kaa_protocol::name::EndpointToken;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::key::Key;
use super::lookup::Lookup;
use super::memory::Memory;
use super::revocations::{Recent, listen};
use super::{ProviderOptions, Verdict};
use crate::counters::counters;
use crate::identity::Revocation;

/// Dropping it ends all that it does by itself.
pub(super) struct Provider {
    shared: Arc<Shared>,
    listener: AbortHandle,
}

/// What those who ask and the tasks share.
pub(super) struct Shared {
    pub(super) messaging: Messaging,
    pub(super) options: ProviderOptions,
    /// The turns of those who look something up.
    pub(super) turns: Semaphore,
    pub(super) tally: Tally,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) memory: Memory,
    /// What is being looked up, or waits for its turn.
    pub(super) lookups: HashMap<Key, Lookup>,
    pub(super) recent: Recent,
    /// When the log last said that lookups fail.
    pub(super) warned: Option<Instant>,
}

counters! {
    /// What became of tokens that were looked up, at one moment.
    pub struct TokenCounters;
    /// The living figures behind [`TokenCounters`].
    pub(super) struct Tally;
    /// Tokens that the provider was asked about, each time.
    asked
    /// Tokens that it knows.
    known
    /// Tokens that it refused.
    refused
    /// Tokens that nobody could say anything about.
    failed
    /// Tokens that were not looked up, because too many were.
    shed
    /// Revocations of tokens of an endpoint.
    revoked
    /// Revocations that cannot be read.
    malformed
}

/// Who is asked, and how much is known.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("provider", &self.shared.options.provider)
            .field("lookups", &self.shared.lock().lookups.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.listener.abort();
        for lookup in self.shared.lock().lookups.values() {
            lookup.abort();
        }
    }
}

impl Provider {
    pub(super) async fn start(
        messaging: Messaging,
        options: ProviderOptions,
        revoked: mpsc::Sender<Revocation>,
    ) -> Result<Self, SubscribeError> {
        // Watched from before the subscription is made: a connection that comes back after it is noticed.
        let connection = messaging.bus().watch_connection();
        let events = messaging.listen(Some(&options.provider), Delivery::EveryReplica).await?;
        let state = State {
            memory: Memory::new(&options),
            lookups: HashMap::new(),
            recent: Recent::default(),
            warned: None,
        };
        let turns = Semaphore::new(options.lookups.get().min(Semaphore::MAX_PERMITS));
        let shared = Shared { messaging, options, turns, tally: Tally::default(), state: Mutex::new(state) };
        let shared = Arc::new(shared);
        let listener = tokio::spawn(listen(Arc::clone(&shared), events, connection, revoked)).abort_handle();
        Ok(Self { shared, listener })
    }

    pub(super) fn know(&self, application: &str, token: &EndpointToken) -> Option<Verdict> {
        self.shared.lock().memory.recall(&(application, token))
    }

    pub(super) async fn ask(&self, application: &str, token: &EndpointToken) -> Verdict {
        let lookup = {
            let mut state = self.shared.lock();
            // Somebody may have asked since.
            if let Some(verdict) = state.memory.recall(&(application, token)) {
                return verdict;
            }
            self.shared.join(&mut state, application, token)?
        };
        lookup.verdict().await
    }

    pub(super) fn counters(&self) -> TokenCounters {
        self.shared.tally.snapshot()
    }
}

impl Shared {
    /// Nothing in here panics with the lock held, so a poisoned one is still a good one.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tokens of an endpoint are not valid any more.
    pub(super) fn revoke(&self, event: &EndpointTokenRevokedEvent) {
        self.tally.revoked();
        for name in event.token_ids.iter().chain([&*event.endpoint_id]) {
            // Locked for each name: an event may have so many that others should not wait for all of them.
            let mut state = self.lock();
            state.memory.forget_name(name);
            if !state.lookups.is_empty() {
                state.recent.note(name);
            }
        }
    }

    /// Something was revoked, and it is not known what.
    pub(super) fn misunderstand(&self, error: &DecodeError) {
        self.tally.malformed();
        tracing::debug!(provider = %self.options.provider, %error, "a revocation of tokens cannot be read");
        self.forget_all();
    }

    /// Everything that is known may have been revoked.
    pub(super) fn forget_all(&self) {
        let mut state = self.lock();
        let forgotten = std::mem::replace(&mut state.memory, Memory::new(&self.options));
        state.recent.lose_track();
        drop(state);
        // Without the lock: it may be a lot.
        drop(forgotten);
    }
}
