//! A call with several answers: who confirmed, and who did not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaa_protocol::ism::Awaited;
use kaa_protocol::name::ServiceInstance;
use tokio::sync::Notify;

use super::take::{Take, Taken};

/// What came back for an event that several services had to confirm.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered<R> {
    /// The receipts, in the order in which they came.
    pub receipts: Vec<R>,
    /// The receivers that did not confirm in time.
    pub missing: Vec<ServiceInstance>,
    /// Whether the server said that nobody listens: nobody at all has got the event.
    pub unheard: bool,
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
        let gathered = Gathered { receipts: Vec::with_capacity(missing.len()), missing, unheard: false };
        Self(Arc::new(Shared { gathered: Mutex::new(gathered), done: Notify::new() }))
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
        if gathered.is_complete() || crate::planted!("one receipt is enough") {
            Taken::Last
        } else {
            Taken::Wanted
        }
    }

    fn nobody_listens(self: Box<Self>) {
        self.0.lock().unheard = true;
    }
}

/// All receipts are there, nobody listens, or the bus ended: there is nothing to wait for any more.
impl<E: Awaited> Drop for Taker<E> {
    fn drop(&mut self) {
        self.0.done.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use kaa_protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
    use kaa_protocol::ism::Message;

    use super::*;

    const EPTS: ServiceInstance = ServiceInstance::from_static("epts");
    const RCI: ServiceInstance = ServiceInstance::from_static("rci");

    fn receipt(receiver: &str) -> Bytes {
        let receiver_service_instance_name = receiver.into();
        DataSamplesProcessed { receiver_service_instance_name, ..DataSamplesProcessed::default() }.to_bytes()
    }

    fn gathering(receivers: &[ServiceInstance]) -> (Gathering<DataSamplesEvent>, Taker<DataSamplesEvent>) {
        let gathering = Gathering::new(receivers);
        let taker = gathering.taker();
        (gathering, taker)
    }

    #[test]
    fn every_receiver_counts_once_however_often_it_is_named_or_confirms() {
        let (gathering, mut taker) = gathering(&[RCI, EPTS, RCI]);
        assert_eq!(taker.take(&receipt("rci")), Taken::Wanted);
        assert_eq!(taker.take(&receipt("rci")), Taken::Unwanted);
        assert_eq!(gathering.complete().now_or_never(), None);
        assert_eq!(gathering.finish().missing, [EPTS]);
        assert_eq!(taker.take(&receipt("epts")), Taken::Last);
        assert_eq!(gathering.complete().now_or_never(), Some(()));
        assert!(gathering.finish().is_complete());
    }

    #[test]
    fn strangers_and_what_is_no_receipt_are_not_wanted() {
        let (gathering, mut taker) = gathering(&[EPTS]);
        assert_eq!(taker.take(&receipt("rci")), Taken::Unwanted);
        assert_eq!(taker.take(&Bytes::from_static(b"\x02a")), Taken::Unwanted);
        assert_eq!(gathering.finish(), Gathered { receipts: vec![], missing: vec![EPTS], unheard: false });
    }

    #[test]
    fn nobody_waits_for_receipts_that_cannot_come() {
        let (of_nobody, _taker) = gathering(&[]);
        assert_eq!(of_nobody.complete().now_or_never(), Some(()));
        let (unheard, taker) = gathering(&[EPTS]);
        Box::new(taker).nobody_listens();
        assert_eq!(unheard.complete().now_or_never(), Some(()));
        assert!(unheard.finish().unheard);
        let (ended, taker) = gathering(&[EPTS]);
        drop(taker);
        assert_eq!(ended.complete().now_or_never(), Some(()));
        assert!(!ended.finish().unheard);
    }
}
