//! A receiver of a test: a service that hears events, and confirms them well, late, refusing or never.

use std::time::Duration;

use kaa_bus::{Delivery, Events};
use kaa_protocol::avro::DecodeError;
use kaa_protocol::ism::{Awaited, Event, Outcome};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::provider::publish;
use super::service::TestService;
use super::switchboard::PATIENCE;

/// The most events that a receiver of a test keeps unread.
const UNREAD: usize = 1024;

impl TestService {
    /// Events of one type, whoever sends them. They are heard and not confirmed.
    pub async fn listen<E: Event>(&self) -> TestEvents<E> {
        let events = self.messaging().listen(None, Delivery::EveryReplica).await;
        TestEvents { service: self.clone(), events: events.expect("the bus takes a subscription") }
    }

    /// Hears events of one type and confirms each, as long as what is returned lives. A status of 4xx or 5xx
    /// is a receiver that refuses.
    pub async fn confirm<E: Awaited>(
        &self,
        judge: impl FnMut(&E) -> Outcome<'static> + Send + 'static,
    ) -> Confirming<E> {
        self.confirm_late(Duration::ZERO, judge).await
    }

    /// The same, each time after this delay: a receiver that is slow.
    pub async fn confirm_late<E: Awaited>(
        &self,
        delay: Duration,
        mut judge: impl FnMut(&E) -> Outcome<'static> + Send + 'static,
    ) -> Confirming<E> {
        let (bus, receiver) = (self.messaging().bus().clone(), self.messaging().instance().clone());
        let clock = self.switchboard.clock;
        let events = bus.subscribe(E::KIND.filter(None), Some(&receiver)).await;
        let mut events = events.expect("the bus takes a subscription");
        let (heard, unread) = mpsc::channel(UNREAD);
        let task = tokio::spawn(async move {
            // With the task, all receipts end that are still to be given.
            let mut late = JoinSet::new();
            while let Some(message) = events.next().await {
                let event = match E::receive(&message.payload) {
                    Ok(decoded) => decoded.record,
                    Err(error) => {
                        // A test that does not look at what was heard has no use for this either.
                        let _ = heard.try_send(Err(error));
                        continue;
                    }
                };
                let receipt = event.receipt(&receiver, judge(&event), clock.millis());
                let reply_to = message.reply_to.and_then(|to| E::ADDRESS.judge(&to.into_bytes()).ok());
                // A test that does not look at what was heard does not need it all.
                let _ = heard.try_send(Ok(event));
                let Some((receipt, reply_to)) = receipt.zip(reply_to) else { continue };
                let (bus, to) = (bus.clone(), reply_to.into_subject());
                if delay.is_zero() {
                    publish(&bus, to, receipt).await;
                } else {
                    late.spawn(async move {
                        tokio::time::sleep(delay).await;
                        publish(&bus, to, receipt).await;
                    });
                }
            }
        });
        Confirming { service: self.clone(), task: task.abort_handle(), unread }
    }
}

/// Events on their way to a test.
#[derive(Debug)]
pub struct TestEvents<E> {
    service: TestService,
    events: Events<E>,
}

impl<E: Event> TestEvents<E> {
    /// The next event.
    pub async fn next(&mut self) -> E {
        let event = tokio::time::timeout(PATIENCE, self.events.next()).await;
        expected(event.ok().flatten(), &self.service)
    }

    /// Expects the next event to be one of which this is true, and returns it.
    pub async fn assert_heard(&mut self, is_so: impl FnOnce(&E) -> bool) -> E {
        let event = self.next().await;
        assert!(is_so(&event), "{} heard another event than expected: {event:?}", self.service);
        event
    }

    /// Expects that no event has come, and that none is on its way: everything that was sent before has been done.
    pub async fn assert_silence(&mut self) {
        self.service.switchboard.quiet().await;
        let heard = futures_util::FutureExt::now_or_never(self.events.next());
        assert!(heard.is_none(), "{} was to hear no {}, and heard {heard:?}", self.service, name::<E>());
    }
}

/// A service that hears events of type `E` and confirms them. Dropping it ends that.
#[derive(Debug)]
#[must_use = "the service confirms as long as this lives"]
pub struct Confirming<E> {
    service: TestService,
    task: AbortHandle,
    unread: mpsc::Receiver<Result<E, DecodeError>>,
}

impl<E: Event> Confirming<E> {
    /// Expects the next event to be one of which this is true, and returns it.
    pub async fn assert_heard(&mut self, is_so: impl FnOnce(&E) -> bool) -> E {
        let event = tokio::time::timeout(PATIENCE, self.unread.recv()).await;
        let event = expected(event.ok().flatten(), &self.service);
        assert!(is_so(&event), "{} heard another event than expected: {event:?}", self.service);
        event
    }

    /// Expects that no further event has come, and that none is on its way: everything that was sent before has
    /// been done.
    pub async fn assert_silence(&mut self) {
        self.service.switchboard.quiet().await;
        // What came before the notes of the test came to this task as well, which has its turn now.
        tokio::task::yield_now().await;
        let heard = self.unread.try_recv().ok();
        assert!(heard.is_none(), "{} was to hear no {}, and heard {heard:?}", self.service, name::<E>());
    }
}

impl<E> Drop for Confirming<E> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The event that was to come.
fn expected<E>(came: Option<Result<E, DecodeError>>, service: &TestService) -> E {
    let event = came.unwrap_or_else(|| panic!("no {} came to {service}", name::<E>()));
    event.unwrap_or_else(|error| panic!("what came to {service} is no {}: {error}", name::<E>()))
}

/// The type as people call it.
fn name<E>() -> &'static str {
    let path = std::any::type_name::<E>();
    path.rsplit("::").next().unwrap_or(path)
}
