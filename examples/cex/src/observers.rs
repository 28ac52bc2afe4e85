//! The devices that want commands pushed, each by what it asked for.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaa_ext::prelude::{EndpointId, Session};
use kaa_ext::protocol::cep::CommandType;
use lru::LruCache;

/// Commands of one type, or of every type.
type Observed = (EndpointId, Option<CommandType>);

/// The sessions of the devices that observe.
pub(crate) struct Observers(Mutex<LruCache<Observed, Session>>);

impl Observers {
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(most)))
    }

    pub(crate) fn add(&self, endpoint: EndpointId, of: Option<CommandType>, session: Session) {
        self.lock().put((endpoint, of), session);
    }

    pub(crate) fn remove(&self, endpoint: EndpointId, of: Option<CommandType>) {
        self.lock().pop(&(endpoint, of));
    }

    /// Where commands of a type are pushed, and whether they have to say of which type they are.
    pub(crate) fn of(&self, endpoint: &EndpointId, of: &CommandType) -> Option<(Session, bool)> {
        let mut sessions = self.lock();
        if let Some(session) = sessions.get(&(endpoint.clone(), Some(of.clone()))) {
            return Some((session.clone(), false));
        }
        sessions.get(&(endpoint.clone(), None)).map(|session| (session.clone(), true))
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Observed, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
