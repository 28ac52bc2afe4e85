//! Credentials that a provider takes back.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use bytestring::ByteString;
use kaa_bus::{Delivery, Events, Messaging, SubscribeError};
use kaa_protocol::cap::ClientCredentialsRevokedEvent;
use kaa_protocol::ecap::ClientCredentialRevokedEvent;
use kaa_protocol::ism::Event;
use kaa_protocol::name::ServiceInstance;
use lru::LruCache;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::Protocol;
use crate::identity::Revocation;
use crate::identity::clients::counters::Tally;

/// The most that are remembered; the oldest makes room. So many are not revoked while a provider is asked.
const MOST: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();

/// Listens, remembers and passes on. Dropping it ends that.
#[derive(Debug)]
pub(super) struct Revoked {
    recent: Arc<Recent>,
    task: AbortHandle,
}

impl Drop for Revoked {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Revoked {
    pub(super) async fn listen(
        messaging: &Messaging,
        provider: &ServiceInstance,
        protocol: &Protocol,
        tally: Arc<Tally>,
        receiver: mpsc::Sender<Revocation>,
    ) -> Result<Self, SubscribeError> {
        let recent = Arc::new(Recent::default());
        let desk = Desk { recent: Arc::clone(&recent), tally, receiver };
        let (provider, delivery) = (Some(provider), Delivery::EveryReplica);
        let task = match protocol {
            Protocol::Ecap => {
                let events = messaging.listen(provider, delivery).await?;
                let credential = |event: ClientCredentialRevokedEvent| Some(event.credential_id);
                tokio::spawn(desk.pass_on(events, credential))
            }
            Protocol::Cap { tenant_id } => {
                let events = messaging.listen(provider, delivery).await?;
                let tenant_id = tenant_id.clone();
                let credential = move |event: ClientCredentialsRevokedEvent| {
                    (event.tenant_id == tenant_id).then_some(event.credentials_id)
                };
                tokio::spawn(desk.pass_on(events, credential))
            }
        };
        Ok(Self { recent, task: task.abort_handle() })
    }

    /// Whether the credential was revoked since it was asked for. A provider that was asked later knows by itself,
    /// also when it has given the credential back.
    pub(super) fn since(&self, asked: Instant, credential: &str) -> bool {
        self.recent.contains(asked, credential)
    }
}

struct Desk {
    recent: Arc<Recent>,
    tally: Arc<Tally>,
    receiver: mpsc::Sender<Revocation>,
}

impl Desk {
    /// A credential is remembered before its sessions are cut: no login with it slips through in between.
    async fn pass_on<E: Event>(self, mut events: Events<E>, credential: impl Fn(E) -> Option<ByteString>) {
        while let Some(event) = events.next().await {
            let event = match event {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(%error, "an event about a revoked credential is not readable; sessions go on");
                    continue;
                }
            };
            let Some(credential) = credential(event) else { continue };
            self.tally.revoked();
            self.recent.add(&credential);
            if self.receiver.send(Revocation::Credential(credential)).await.is_err() {
                // Nobody is left to cut sessions, as there are none.
                return;
            }
        }
    }
}

/// Credentials by keyed hash, whatever their length, and when they were revoked last.
#[derive(Debug)]
struct Recent {
    credentials: Mutex<LruCache<u64, Instant>>,
    hasher: RandomState,
}

impl Default for Recent {
    fn default() -> Self {
        Self { credentials: Mutex::new(LruCache::sparse(MOST)), hasher: RandomState::new() }
    }
}

impl Recent {
    fn contains(&self, since: Instant, credential: &str) -> bool {
        let credential = self.hasher.hash_one(credential);
        let credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        credentials.peek(&credential).is_some_and(|then| *then >= since)
    }

    fn add(&self, credential: &str) {
        let credential = self.hasher.hash_one(credential);
        let mut credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        credentials.put(credential, Instant::now());
    }
}
