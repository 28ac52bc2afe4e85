//! All sessions: by client identifier, and what they rest on.

mod handle;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use handle::{Handle, Order};

use tokio::sync::watch;

use crate::front::Front;
use crate::identity::Revocation;
use crate::identity::clients::Client;
use crate::mqtt::ReasonCode;

/// All sessions of this process.
#[derive(Debug, Default)]
pub struct Sessions {
    all: Mutex<All>,
    /// How often something was revoked. Whoever asked before has to ask again.
    revocations: AtomicU64,
    /// No session begins any more. Changes only while `all` is locked.
    draining: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct All {
    by_client_id: HashMap<Arc<str>, Arc<Handle>>,
}

/// Why a session does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("another client uses this client identifier")]
    NotYours,
    #[error("the communication service is stopping; connect again")]
    Stopping,
}

impl Refused {
    pub(super) fn reason(self) -> ReasonCode {
        match self {
            Self::NotYours => ReasonCode::ClientIdentifierNotValid,
            Self::Stopping => ReasonCode::ServerUnavailable,
        }
    }
}

impl Sessions {
    /// How many sessions are open.
    pub fn open(&self) -> usize {
        self.lock().by_client_id.len()
    }

    /// Ends the sessions that rest on what was revoked. What remembers it (a cache of tokens) has to have
    /// forgotten it before.
    pub fn revoke(&self, revocation: &Revocation) {
        self.revocations.fetch_add(1, Ordering::SeqCst);
        for handle in self.lock().by_client_id.values() {
            if handle.rests_on(revocation) {
                handle.order(Order::Revoked);
            }
        }
    }

    /// Lets no session read any more, and none begin: they end when their last answer is out.
    pub fn drain(&self) {
        let all = self.lock();
        self.draining.send_replace(true);
        for handle in all.by_client_id.values() {
            handle.order(Order::Drain);
        }
    }

    /// Waits until [`drain`](Self::drain) is called, or was: other connections end then, too.
    pub(crate) fn draining(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut draining = self.draining.subscribe();
        async move {
            // Without its sender, everything ends as well.
            let _ = draining.wait_for(|draining| *draining).await;
        }
    }

    /// A number that is another one after something was revoked.
    pub(crate) fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::SeqCst)
    }

    /// Gives the session of this name to a client. The one that has had it is told to end; who takes over
    /// waits until it is [gone](Handle::gone).
    fn enter(&self, client_id: &Arc<str>, client: &Client) -> Result<Entered, Refused> {
        let mut all = self.lock();
        if *self.draining.borrow() {
            return Err(Refused::Stopping);
        }
        match all.by_client_id.entry(Arc::clone(client_id)) {
            Entry::Occupied(former) if !former.get().is_of(client) => Err(Refused::NotYours),
            Entry::Occupied(mut former) => {
                let handle = Arc::new(Handle::new(Arc::clone(client_id), client));
                let former = former.insert(Arc::clone(&handle));
                former.order(Order::TakenOver);
                Ok(Entered { handle, former: Some(former) })
            }
            Entry::Vacant(place) => {
                let handle = Arc::new(Handle::new(Arc::clone(client_id), client));
                place.insert(Arc::clone(&handle));
                Ok(Entered { handle, former: None })
            }
        }
    }

    fn leave(&self, handle: &Arc<Handle>) {
        let mut all = self.lock();
        if let Some(known) = all.by_client_id.get(handle.client_id())
            && Arc::ptr_eq(known, handle)
        {
            all.by_client_id.remove(handle.client_id());
        }
        drop(all);
        handle.leave();
    }

    /// Nothing in here panics with the lock held, so a poisoned one is still a good one.
    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Entered {
    handle: Arc<Handle>,
    former: Option<Arc<Handle>>,
}

/// A session's place in the registry, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    front: Arc<Front>,
    handle: Arc<Handle>,
}

impl Place {
    /// Takes the place of this name, and waits until whoever had it is gone.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the place is free again; who had it is gone or goes.
    pub(super) async fn take(
        front: &Arc<Front>,
        client_id: Arc<str>,
        client: &Client,
    ) -> Result<Self, Refused> {
        let Entered { handle, former } = front.sessions.enter(&client_id, client)?;
        let place = Self { front: Arc::clone(front), handle };
        if let Some(former) = former {
            former.gone().await;
        }
        Ok(place)
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.front.sessions.leave(&self.handle);
    }
}

#[cfg(test)]
#[path = "tests/registry.rs"]
mod tests;
