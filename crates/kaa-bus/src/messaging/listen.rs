//! The receiving end of events.

use std::marker::PhantomData;
use std::time::Duration;

use kaa_protocol::avro::DecodeError;
use kaa_protocol::ism::Event;

use crate::error::DrainError;
use crate::subscription::Subscription;

/// Which replicas of a service get an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// One of them: they share the events as a queue group. For work that is to be done once.
    ///
    /// It is one *subscription* of the service that gets an event. A replica that listens twice to the
    /// same events shares them with itself: each listener gets some of them, and none gets all.
    OneReplica,
    /// All of them. For what each replica keeps in memory.
    EveryReplica,
}

/// Events of one type, in the order in which the server sent them.
#[derive(Debug)]
pub struct Events<E> {
    subscription: Subscription,
    of: PhantomData<fn() -> E>,
}

impl<E: Event> Events<E> {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self { subscription, of: PhantomData }
    }

    /// The next event, or what was sent in its place; `None` when the subscription has ended.
    ///
    /// Cancel safe: an event is either returned or still waits.
    pub async fn next(&mut self) -> Option<Result<E, DecodeError>> {
        let message = self.subscription.next().await?;
        Some(E::receive(&message.payload).map(|decoded| decoded.record))
    }

    /// Ends the subscription without losing what the server has routed here already.
    ///
    /// # Errors
    ///
    /// As [`Subscription::drain`].
    pub async fn drain(&mut self, deadline: Duration) -> Result<(), DrainError> {
        self.subscription.drain(deadline).await
    }
}
