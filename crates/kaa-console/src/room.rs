//! Who watches, what they are told, and what is kept for those who come later.

use std::collections::VecDeque;
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::exchange::Exchange;
use crate::feed::{Cursor, Feed, Topic, skipped, text};
use crate::limits::{BROWSERS, KEPT, KEPT_BYTES, PER_SECOND, REPLAYED};
use crate::source::Source;
use crate::watching;

/// What all browsers and the task that looks at the bus share.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) source: Source,
    state: Mutex<State>,
    /// Wakes the browsers when there is something to tell.
    told: Notify,
}

#[derive(Debug, Default)]
struct State {
    browsers: usize,
    /// The task that looks at the bus, while somebody watches.
    watching: Option<AbortHandle>,
    kept: VecDeque<Arc<Exchange>>,
    kept_bytes: usize,
    last_id: u64,
    feed: Feed,
}

/// The place of a browser. When the last one is given up, nobody looks at the bus any more.
#[derive(Debug)]
pub(crate) struct Seat {
    room: Arc<Room>,
    /// What was there before it came.
    first: VecDeque<Arc<str>>,
    cursor: Cursor,
}

impl Seat {
    /// What the browser is told next. Cancel safe.
    pub(crate) async fn next(&mut self) -> Arc<str> {
        if let Some(text) = self.first.pop_front() {
            return text;
        }
        loop {
            // What is told from here on wakes this, also before it is awaited.
            let told = self.room.told.notified();
            let next = self.room.lock().feed.next(&mut self.cursor);
            match next {
                Some(text) => return text,
                None => told.await,
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.room.lock();
        state.browsers -= 1;
        if state.browsers == 0 {
            if let Some(watching) = state.watching.take() {
                watching.abort();
            }
            state.feed.clear();
        }
    }
}

impl Room {
    pub(crate) fn new(source: Source) -> Arc<Self> {
        Arc::new(Self { source, state: Mutex::default(), told: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A browser comes; `None` when there are too many. The first one sets off the task that looks at the bus.
    pub(crate) fn join(self: &Arc<Self>) -> Option<Seat> {
        let mut state = self.lock();
        if state.browsers >= BROWSERS {
            return None;
        }
        state.browsers += 1;
        if state.browsers == 1 {
            state.watching = Some(tokio::spawn(watching::watch(self.clone())).abort_handle());
        }
        let mut cursor = state.feed.begin();
        let standing: Vec<_> = iter::from_fn(|| state.feed.next(&mut cursor)).collect();
        let skip = state.kept.len().saturating_sub(REPLAYED);
        let kept: Vec<_> = state.kept.iter().skip(skip).cloned().collect();
        drop(state);
        let hello = text("hello", &json!({ "version": 1, "perSecond": PER_SECOND, "kept": KEPT }));
        let kept = kept.iter().map(|exchange| text("exchange", &**exchange));
        let first = [hello].into_iter().chain(standing).chain(kept).collect();
        Some(Seat { room: self.clone(), first, cursor })
    }

    /// The number of the next exchange.
    pub(crate) fn next_id(&self) -> u64 {
        let mut state = self.lock();
        state.last_id += 1;
        state.last_id
    }

    /// One message has begun an exchange.
    pub(crate) fn begin(&self, exchange: Exchange) {
        let event = text("exchange", &exchange);
        let mut state = self.lock();
        state.kept_bytes += exchange.size();
        state.kept.push_back(Arc::new(exchange));
        while state.kept.len() > KEPT || state.kept_bytes > KEPT_BYTES {
            let Some(oldest) = state.kept.pop_front() else { break };
            state.kept_bytes = state.kept_bytes.saturating_sub(oldest.size());
        }
        self.tell(&mut state, event, 1);
    }

    /// Changes an exchange that is kept, about which `messages` more are told. Says whether there was one.
    pub(crate) fn change(&self, id: u64, messages: u64, change: impl FnOnce(&mut Exchange)) -> bool {
        let mut state = self.lock();
        let Ok(index) = state.kept.binary_search_by_key(&id, |exchange| exchange.id) else { return false };
        let Some(kept) = state.kept.get_mut(index) else { return false };
        // One that is being written for a browser which has just come is copied first.
        let exchange = Arc::make_mut(kept);
        let before = exchange.size();
        change(exchange);
        let (after, event) = (exchange.size(), text("exchange", exchange));
        state.kept_bytes = state.kept_bytes.saturating_sub(before).saturating_add(after);
        self.tell(&mut state, event, messages);
        true
    }

    /// What `find` has to say of the exchanges that are kept, with their numbers.
    pub(crate) fn collect<T>(&self, find: impl Fn(&Exchange) -> Option<T>) -> Vec<(u64, T)> {
        let state = self.lock();
        state.kept.iter().filter_map(|exchange| Some((exchange.id, find(exchange)?))).collect()
    }

    /// So many messages are not shown.
    pub(crate) fn skipped(&self, count: u64) {
        if count > 0 {
            self.tell(&mut self.lock(), skipped(count), count);
        }
    }

    pub(crate) fn services(&self, services: &impl Serialize) {
        self.stand(Topic::Services, text("services", services));
    }

    pub(crate) fn sessions(&self, sessions: &impl Serialize) {
        self.stand(Topic::Sessions, text("sessions", sessions));
    }

    fn stand(&self, topic: Topic, text: Arc<str>) {
        self.lock().feed.stand(topic, text);
        self.told.notify_waiters();
    }

    fn tell(&self, state: &mut State, text: Arc<str>, messages: u64) {
        state.feed.tell(text, messages);
        self.told.notify_waiters();
    }
}
