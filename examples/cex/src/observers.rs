//! The devices that want commands pushed, each by what it asked for.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_ext::prelude::{EndpointId, Session};
use kaa_ext::protocol::cep::CommandType;
use lru::LruCache;
use tokio::sync::OwnedMutexGuard;

/// Commands of one type, or of every type.
type Observed = (EndpointId, Option<CommandType>);

/// Whoever has it is the only one who sends something to an endpoint.
pub(crate) type Turn = OwnedMutexGuard<()>;

/// The sessions of the devices that observe.
pub(crate) struct Observers(Mutex<Inner>);

struct Inner {
    sessions: LruCache<Observed, Session>,
    turns: LruCache<EndpointId, Arc<tokio::sync::Mutex<()>>>,
}

impl Observers {
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self(Mutex::new(Inner { sessions: LruCache::new(most), turns: LruCache::new(most) }))
    }

    /// Waits for the turn of who sends something to an endpoint, so that commands go out in the order in which
    /// they were given, and none overtakes an answer. Who came first is first.
    pub(crate) async fn turn(&self, endpoint: &EndpointId) -> Turn {
        let turn = self.lock().turns.get_or_insert(endpoint.clone(), Arc::default).clone();
        turn.lock_owned().await
    }

    pub(crate) fn add(&self, endpoint: EndpointId, of: Option<CommandType>, session: Session) {
        self.lock().sessions.put((endpoint, of), session);
    }

    pub(crate) fn remove(&self, endpoint: EndpointId, of: Option<CommandType>) {
        self.lock().sessions.pop(&(endpoint, of));
    }

    /// Where commands of a type are pushed, and whether they have to say of which type they are.
    pub(crate) fn of(&self, endpoint: &EndpointId, of: &CommandType) -> Option<(Session, bool)> {
        let mut inner = self.lock();
        let sessions = &mut inner.sessions;
        if let Some(session) = sessions.get(&(endpoint.clone(), Some(of.clone()))) {
            return Some((session.clone(), false));
        }
        sessions.get(&(endpoint.clone(), None)).map(|session| (session.clone(), true))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
