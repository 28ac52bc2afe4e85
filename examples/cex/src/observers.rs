//! The devices that want commands pushed, each by what it asked for.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaa_ext::prelude::{EndpointId, Session};
use kaa_ext::protocol::cep::CommandType;
use lru::LruCache;

/// How many types of commands one device may observe; the one that it asked for first makes room.
const TYPES: usize = 16;

/// The sessions of the devices that observe: for commands of one type, or of every type.
pub(crate) struct Observers(Mutex<LruCache<EndpointId, Observed>>);

type Observed = VecDeque<(Option<CommandType>, Session)>;

impl Observers {
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(most)))
    }

    pub(crate) fn add(&self, endpoint: EndpointId, of: Option<CommandType>, session: Session) {
        let mut all = self.lock();
        let observed = all.get_or_insert_mut(endpoint, Observed::new);
        observed.retain(|(known, _)| *known != of);
        observed.truncate(TYPES - 1);
        observed.push_front((of, session));
    }

    pub(crate) fn remove(&self, endpoint: &EndpointId, of: Option<&CommandType>) {
        let mut all = self.lock();
        let Some(observed) = all.get_mut(endpoint) else { return };
        observed.retain(|(known, _)| known.as_ref() != of);
        if observed.is_empty() {
            all.pop(endpoint);
        }
    }

    /// Where commands of a type are pushed, and whether they have to say of which type they are.
    pub(crate) fn of(&self, endpoint: &EndpointId, of: &CommandType) -> Option<(Session, bool)> {
        let mut all = self.lock();
        let observed = all.get(endpoint)?;
        let session = |of| observed.iter().find(|(known, _)| known.as_ref() == of);
        let (known, session) = session(Some(of)).or_else(|| session(None))?;
        Some((session.clone(), known.is_none()))
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<EndpointId, Observed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
