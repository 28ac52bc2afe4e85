//! The queue between the bus and the one who reads a subscription.
//!
//! Whoever delivers never waits: a full mailbox drops a message, counts it and says so. That is what
//! nats-server's clients do too, but there the drops cannot be counted.
//!
//! Both ends can move many messages at once, so that the lock is taken once for all of them.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use kaa_protocol::subject::SubjectFilter;
use tokio::task::coop::poll_proceed;
use tokio::time::Instant;

use crate::link::Link;
use crate::message::Message;
use crate::trace::TraceContext;

/// How much may wait in one subscription before new messages are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionLimit {
    /// The number of messages, at least 1. Default: 65,536.
    pub messages: usize,
    /// Their bytes: subject, reply address, payload and headers. Default: 64 MiB. A single message that is
    /// larger still fits when nothing else waits.
    pub bytes: usize,
}

impl Default for SubscriptionLimit {
    fn default() -> Self {
        Self { messages: 65_536, bytes: 64 << 20 }
    }
}

/// Which message is dropped when there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overflow {
    /// The one that comes: what waits is handled in order, without gaps up to where it breaks off.
    #[default]
    DropNewest,
    /// The one that has waited for longest: for messages of which the latest counts.
    DropOldest,
}

/// How much of a subscription waited when it was looked at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// The number of messages.
    pub messages: usize,
    /// Their bytes: subject, reply address, payload and headers.
    pub bytes: usize,
}

/// The shared end: the backend delivers, the [`Subscription`](crate::Subscription) takes.
#[derive(Debug)]
pub(crate) struct Mailbox {
    filter: SubjectFilter,
    limit: SubscriptionLimit,
    overflow: Overflow,
    link: Arc<Link>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Message>,
    bytes: usize,
    /// Nothing will be delivered any more.
    ended: bool,
    waker: Option<Waker>,
    lost: u64,
    warned: Option<Instant>,
}

impl State {
    fn pop(&mut self) -> Option<Message> {
        let message = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(size_of(&message));
        give_back(&mut self.queue);
        Some(message)
    }
}

/// Room that an emptied queue keeps; a burst must not hold its memory for ever.
const KEPT_CAPACITY: usize = 4096;

fn give_back(queue: &mut VecDeque<Message>) {
    if queue.is_empty() && queue.capacity() > KEPT_CAPACITY {
        *queue = VecDeque::new();
    }
}

/// How the reader keeps up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    Fine,
    /// More than half of the room is taken.
    Behind,
}

impl Mailbox {
    /// An overload is one sentence in the log per second, not one per message.
    const WARNING_INTERVAL: Duration = Duration::from_secs(1);

    /// The most messages that are taken at once. They are not counted as waiting any more.
    const BATCH: usize = 128;

    pub(crate) fn new(
        filter: SubjectFilter,
        limit: SubscriptionLimit,
        overflow: Overflow,
        link: Arc<Link>,
    ) -> Self {
        let limit = SubscriptionLimit { messages: limit.messages.max(1), ..limit };
        Self { filter, limit, overflow, link, state: Mutex::default() }
    }

    pub(crate) fn filter(&self) -> &SubjectFilter {
        &self.filter
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lock().lost
    }

    pub(crate) fn deliver(&self, message: Message) -> Pace {
        self.deliver_all([message])
    }

    /// Delivers messages in their order, under one lock.
    pub(crate) fn deliver_all(&self, messages: impl IntoIterator<Item = Message>) -> Pace {
        let mut state = self.lock();
        if state.ended {
            return Pace::Fine;
        }
        let (mut delivered, mut lost) = (0, 0);
        for message in messages {
            let size = size_of(&message);
            let mut has_room = self.has_room(&state, size);
            while !has_room && self.overflow == Overflow::DropOldest && state.pop().is_some() {
                lost += 1;
                has_room = self.has_room(&state, size);
            }
            if has_room {
                state.bytes = state.bytes.saturating_add(size);
                state.queue.push_back(message);
                delivered += 1;
            } else {
                lost += 1;
            }
        }
        let SubscriptionLimit { messages, bytes } = self.limit;
        let is_behind = lost > 0 || state.queue.len() > messages / 2 || state.bytes > bytes / 2;
        let waker = state.waker.take();
        if lost > 0 {
            self.lose(state, lost);
        } else {
            drop(state);
        }
        self.link.counters.received.add(delivered);
        if let Some(waker) = waker {
            waker.wake();
        }
        if is_behind { Pace::Behind } else { Pace::Fine }
    }

    fn has_room(&self, state: &State, size: usize) -> bool {
        state.queue.len() < self.limit.messages
            && (state.queue.is_empty() || state.bytes.saturating_add(size) <= self.limit.bytes)
    }

    #[cold]
    fn lose(&self, mut state: MutexGuard<'_, State>, lost: u64) {
        state.lost += lost;
        self.link.counters.lost.add(lost);
        let now = Instant::now();
        let is_quiet = state.warned.is_none_or(|warned| now - warned >= Self::WARNING_INTERVAL);
        if is_quiet {
            state.warned = Some(now);
            let (lost, waiting, bytes) = (state.lost, state.queue.len(), state.bytes);
            drop(state);
            let dropped = match self.overflow {
                Overflow::DropNewest => "new messages are dropped",
                Overflow::DropOldest => "the oldest messages are dropped",
            };
            tracing::warn!(
                subject = %self.filter, lost, waiting, bytes,
                "subscription is full, {dropped}: its reader is too slow",
            );
        }
    }

    /// No more deliveries; what waits can still be taken.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Moves messages that are there already into `taken`, which is empty, up to a batch; what is left.
    pub(crate) fn take_batch(&self, taken: &mut VecDeque<Message>) -> Backlog {
        give_back(taken);
        let mut state = self.lock();
        if state.queue.len() <= Self::BATCH {
            mem::swap(&mut state.queue, taken);
            state.bytes = 0;
        } else {
            taken.extend(state.queue.drain(..Self::BATCH));
            let bytes: usize = taken.iter().map(size_of).sum();
            state.bytes = state.bytes.saturating_sub(bytes);
        }
        Backlog { messages: state.queue.len(), bytes: state.bytes }
    }

    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        // A reader that always finds something still lets its neighbours run.
        let budget = ready!(poll_proceed(cx));
        let mut state = self.lock();
        if let Some(message) = state.pop() {
            budget.made_progress();
            return Poll::Ready(Some(message));
        }
        if state.ended {
            budget.made_progress();
            return Poll::Ready(None);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    /// Nothing in here can panic with the lock held, so a poisoned lock is still a good one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size_of(message: &Message) -> usize {
    message.subject.len()
        + message.reply_to.as_ref().map_or(0, |raw| raw.len())
        + message.payload.len()
        + message.trace.as_ref().map_or(0, TraceContext::size)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io;

    use bytes::Bytes;
    use futures_util::FutureExt;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;
    use crate::link::Connection;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        fn lines(&self) -> usize {
            self.text().lines().count()
        }
    }

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn mailbox(messages: usize, bytes: usize) -> Mailbox {
        overflowing(messages, bytes, Overflow::DropNewest)
    }

    fn overflowing(messages: usize, bytes: usize, overflow: Overflow) -> Mailbox {
        let limit = SubscriptionLimit { messages, bytes };
        Mailbox::new("a.*".parse().unwrap(), limit, overflow, Arc::new(Link::new(Connection::Connected)))
    }

    fn take_all(mailbox: &Mailbox) -> Vec<Message> {
        std::iter::from_fn(|| take(mailbox).flatten()).collect()
    }

    fn message(payload: &'static [u8]) -> Message {
        let payload = Bytes::from_static(payload);
        Message { subject: "a.b".into(), reply_to: None, payload, no_responders: None, trace: None }
    }

    fn take(mailbox: &Mailbox) -> Option<Option<Message>> {
        poll_fn(|cx| mailbox.poll_take(cx)).now_or_never()
    }

    #[test]
    fn a_full_mailbox_drops_the_newest_and_counts_it() {
        let mailbox = mailbox(2, 1 << 20);
        for payload in [b"1", b"2", b"3", b"4"] {
            mailbox.deliver(message(payload));
        }
        assert_eq!(mailbox.lost(), 2);
        assert_eq!(mailbox.link.counters.snapshot().lost, 2);
        assert_eq!(mailbox.link.counters.snapshot().received, 2);
        assert_eq!(take(&mailbox), Some(Some(message(b"1"))));
        mailbox.deliver(message(b"5"));
        assert_eq!(take(&mailbox), Some(Some(message(b"2"))));
        assert_eq!(take(&mailbox), Some(Some(message(b"5"))));
        assert_eq!(take(&mailbox), None);
    }

    #[test]
    fn a_full_mailbox_may_drop_the_oldest_instead() {
        let mailbox = overflowing(2, 10, Overflow::DropOldest);
        let pace = mailbox.deliver_all([b"1", b"2", b"3", b"4"].map(|payload| message(payload)));
        assert_eq!((pace, mailbox.lost()), (Pace::Behind, 2));
        assert_eq!(take_all(&mailbox), [message(b"3"), message(b"4")]);
        mailbox.deliver_all([message(b"5"), message(b"much more than ten bytes")]);
        assert_eq!(take_all(&mailbox), [message(b"much more than ten bytes")]);
        assert_eq!(mailbox.lost(), 3);
        assert_eq!(mailbox.link.counters.snapshot().received, 6);
    }

    #[test]
    fn messages_are_taken_in_batches_and_what_is_left_is_told() {
        let mailbox = mailbox(1000, 4 * 1000);
        mailbox.deliver_all((0..300).map(|_| message(b"x")));
        let mut taken = VecDeque::new();
        for (batch, left) in [(128, 172), (128, 44), (44, 0), (0, 0)] {
            assert_eq!(mailbox.take_batch(&mut taken), Backlog { messages: left, bytes: 4 * left });
            assert_eq!(std::mem::take(&mut taken).len(), batch);
        }
        mailbox.deliver_all((0..1001).map(|_| message(b"x")));
        assert_eq!(mailbox.lost(), 1);
    }

    #[test]
    fn bytes_are_bounded_too_but_one_message_always_fits() {
        let mailbox = mailbox(100, 10);
        mailbox.deliver(message(b"much more than ten bytes"));
        mailbox.deliver(message(b"x"));
        assert_eq!(mailbox.lost(), 1);
        take(&mailbox);
        mailbox.deliver(message(b"x"));
        mailbox.deliver(message(b"y"));
        mailbox.deliver(message(b"z"));
        assert_eq!(mailbox.lost(), 2, "3 bytes of subject and 1 of payload fit twice");
    }

    #[test]
    fn an_ended_mailbox_yields_what_waits_and_then_none() {
        let mailbox = mailbox(2, 100);
        mailbox.deliver(message(b"1"));
        mailbox.end();
        mailbox.deliver(message(b"2"));
        assert_eq!(take(&mailbox), Some(Some(message(b"1"))));
        assert_eq!(take(&mailbox), Some(None));
        assert_eq!(mailbox.lost(), 0);
    }

    #[test]
    fn a_reader_that_falls_behind_is_reported_before_anything_is_lost() {
        let mailbox = mailbox(4, 100);
        assert_eq!(mailbox.deliver(message(b"1")), Pace::Fine);
        assert_eq!(mailbox.deliver(message(b"2")), Pace::Fine);
        assert_eq!(mailbox.deliver(message(b"3")), Pace::Behind);
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back() {
        let mailbox = mailbox(100_000, 1 << 20);
        for _ in 0..10_000 {
            mailbox.deliver(message(b"x"));
        }
        while take(&mailbox).is_some() {}
        assert!(mailbox.lock().queue.capacity() <= KEPT_CAPACITY);

        mailbox.deliver_all((0..10_000).map(|_| message(b"x")));
        let mut taken = VecDeque::new();
        while mailbox.take_batch(&mut taken).messages > 0 {
            taken.clear();
        }
        taken.clear();
        mailbox.take_batch(&mut taken);
        assert!(taken.capacity() + mailbox.lock().queue.capacity() <= 2 * KEPT_CAPACITY);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_mailbox_says_so_once_per_second_and_names_its_subject() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let mailbox = mailbox(1, 100);
        for _ in 0..1000 {
            mailbox.deliver(message(b"x"));
        }
        assert_eq!(log.lines(), 1);
        tokio::time::advance(Mailbox::WARNING_INTERVAL).await;
        mailbox.deliver(message(b"x"));
        assert_eq!(log.lines(), 2);
        assert!(log.text().contains("subject=a.* lost=1000"), "{}", log.text());
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let mailbox = Arc::new(mailbox(4, 100));
        let reader = tokio::spawn({
            let mailbox = Arc::clone(&mailbox);
            async move { poll_fn(|cx| mailbox.poll_take(cx)).await }
        });
        tokio::task::yield_now().await;
        mailbox.deliver(message(b"1"));
        assert_eq!(reader.await.unwrap(), Some(message(b"1")));
    }
}
