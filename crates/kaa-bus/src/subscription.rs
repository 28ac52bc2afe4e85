//! The receiving end of a subscription.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use kaa_protocol::subject::SubjectFilter;

use crate::backend::Source;
use crate::deadline::within;
use crate::error::{DrainError, FenceError};
use crate::link::Connection;
use crate::mailbox::{Backlog, Mailbox};
use crate::message::Message;
use crate::shared::Shared;

/// Messages that match a filter, in the order in which the server sent them.
///
/// Messages wait in a queue of limited size ([`SubscriptionLimit`](crate::SubscriptionLimit)). When it
/// is full, new ones are dropped (or old ones, see [`Overflow`](crate::Overflow)), counted
/// ([`lost`](Self::lost)) and logged; nobody else is slowed down.
///
/// Dropping a subscription ends it at once; [`drain`](Self::drain) ends it without losing anything.
/// The connection stays open as long as one of its subscriptions lives.
#[derive(Debug)]
pub struct Subscription {
    mailbox: Arc<Mailbox>,
    /// Taken out of the mailbox, and not by the reader yet.
    taken: VecDeque<Message>,
    backlog: Backlog,
    /// `None` once drained.
    source: Option<Source>,
    shared: Arc<Shared>,
}

impl Subscription {
    pub(crate) fn new(mailbox: Arc<Mailbox>, source: Source, shared: Arc<Shared>) -> Self {
        Self { mailbox, taken: VecDeque::new(), backlog: Backlog::default(), source: Some(source), shared }
    }

    /// The next message; `None` when the subscription has ended (drained, or the bus was closed)
    /// and everything that waited was taken.
    ///
    /// Cancel safe: a message is either returned or still waits.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// A message that is there already; `None` says nothing about the end.
    ///
    /// Whoever takes many at once pays less for each than with `next`, and has to let other tasks
    /// run in between.
    pub fn try_next(&mut self) -> Option<Message> {
        if self.taken.is_empty() {
            self.backlog = self.mailbox.take_batch(&mut self.taken);
        }
        self.taken.pop_front()
    }

    /// What waited behind the messages that [`try_next`](Self::try_next) yields without looking again, when it
    /// looked last. A reader that sees this grow is too slow.
    pub fn backlog(&self) -> Backlog {
        self.backlog
    }

    /// [`next`](Self::next) for a hand-written future.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        match self.taken.pop_front() {
            Some(message) => Poll::Ready(Some(message)),
            None => self.mailbox.poll_take(cx),
        }
    }

    /// What this subscription listens to.
    pub fn filter(&self) -> &SubjectFilter {
        self.mailbox.filter()
    }

    /// How many messages were dropped because the queue was full.
    pub fn lost(&self) -> u64 {
        self.mailbox.lost()
    }

    /// Ends the subscription without losing what the server has routed here already:
    /// [`next`](Self::next) yields all of it and then `None`.
    ///
    /// A member of a queue group leaves the group this way: the server gives every later message to
    /// another member.
    ///
    /// Nothing reads the queue meanwhile, so it needs room for one round trip of traffic. Draining
    /// again, or after [`Bus::close`](crate::Bus::close), does nothing.
    ///
    /// # Errors
    ///
    /// [`DrainError`] when the server could not confirm. The subscription has ended all the same.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the server may route nothing more here, but the subscription has
    /// not ended. Call it again.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let bus = kaa_bus::Bus::memory();
    /// let mut subscription = bus.subscribe("a".parse::<kaa_bus::SubjectFilter>()?, None).await?;
    /// bus.publish("a".parse()?, None, "1".into()).await?;
    /// subscription.drain(std::time::Duration::from_secs(1)).await?;
    /// bus.publish("a".parse()?, None, "2".into()).await?;
    ///
    /// assert_eq!(subscription.next().await.map(|message| message.payload), Some("1".into()));
    /// assert_eq!(subscription.next().await, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn drain(&mut self, deadline: Duration) -> Result<(), DrainError> {
        let Some(source) = &mut self.source else { return Ok(()) };
        let leave = async {
            // Without a connection there is nobody to tell, and the order would only wait.
            if self.shared.link.connection() == Connection::Connected {
                source.leave().await;
            }
            self.shared.fence(deadline).await
        };
        let confirmed = within(deadline, pin!(leave)).await;
        // Dropping it makes it hand over what has arrived, and end.
        self.source = None;
        let filter = || self.mailbox.filter().clone();
        match confirmed {
            Some(Ok(()) | Err(FenceError::Closed)) => Ok(()),
            Some(Err(FenceError::Disconnected)) => Err(DrainError::Disconnected { filter: filter() }),
            // Without the permission for round trips nothing was confirmed either.
            Some(Err(FenceError::TimedOut { .. } | FenceError::Forbidden(_))) | None => {
                Err(DrainError::TimedOut { filter: filter(), deadline })
            }
        }
    }
}

impl Stream for Subscription {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.get_mut().poll_next(cx)
    }
}
