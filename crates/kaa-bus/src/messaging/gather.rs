//! A call with several answers: who confirmed, and who did not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaa_protocol::ism::Awaited;
use kaa_protocol::name::ServiceInstance;
use tokio::sync::Notify;

use super::replies::{Take, Taken};

/// What came back for an event that several services had to confirm.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered<R> {
    /// The receipts, in the order in which they came.
    pub receipts: Vec<R>,
    /// The receivers that did not confirm in time.
    pub missing: Vec<ServiceInstance>,
}

impl<R> Gathered<R> {
    /// Whether everybody confirmed. What a receipt says is another question.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

/// The receipts of one event, while they come in.
pub(super) struct Gathering<E: Awaited>(Arc<Shared<E>>);

struct Shared<E: Awaited> {
    gathered: Mutex<Gathered<E::Receipt>>,
    done: Notify,
}

impl<E: Awaited> Gathering<E> {
    pub(super) fn new(receivers: &[ServiceInstance]) -> Self {
        let mut missing = receivers.to_vec();
        missing.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        missing.dedup();
        let gathered = Mutex::new(Gathered { receipts: Vec::with_capacity(missing.len()), missing });
        Self(Arc::new(Shared { gathered, done: Notify::new() }))
    }

    pub(super) fn taker(&self) -> Taker<E> {
        Taker(Arc::clone(&self.0))
    }

    /// Ready when nobody is missing, or nobody listens.
    pub(super) async fn complete(&self) {
        if !self.0.lock().is_complete() {
            self.0.done.notified().await;
        }
    }

    pub(super) fn finish(&self) -> Gathered<E::Receipt> {
        self.0.lock().clone()
    }
}

impl<E: Awaited> Shared<E> {
    fn lock(&self) -> MutexGuard<'_, Gathered<E::Receipt>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that receives.
pub(super) struct Taker<E: Awaited>(Arc<Shared<E>>);

impl<E: Awaited> Take for Taker<E> {
    fn take(&mut self, datum: &Bytes) -> Taken {
        let Ok(decoded) = <E::Receipt as kaa_protocol::avro::Record<'_>>::decode(datum) else {
            return Taken::Unwanted;
        };
        let mut gathered = self.0.lock();
        let receiver = E::receiver(&decoded.record);
        let Some(position) = gathered.missing.iter().position(|missing| missing.as_str() == receiver) else {
            return Taken::Unwanted;
        };
        gathered.missing.remove(position);
        gathered.receipts.push(decoded.record);
        if gathered.is_complete() {
            self.0.done.notify_one();
        }
        Taken::Wanted
    }

    fn nobody_listens(&mut self) {
        self.0.done.notify_one();
    }
}

/// The bus ended: there is nothing to wait for any more.
impl<E: Awaited> Drop for Taker<E> {
    fn drop(&mut self) {
        self.0.done.notify_one();
    }
}
