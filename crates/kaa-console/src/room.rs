//! Who watches, what they are told, and what is kept for those who come later.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use crate::exchange::Exchange;
use crate::limits::{BROWSERS, KEPT, KEPT_BYTES, PER_SECOND, QUEUE, REPLAYED};
use crate::source::Source;
use crate::watching;

/// What all browsers and the task that looks at the bus share.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) source: Source,
    events: broadcast::Sender<Event>,
    state: Mutex<State>,
}

/// Something that a browser is told.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// As it goes to the browser.
    pub(crate) text: Arc<str>,
    /// How many messages all events before it were about, and how many with it.
    pub(crate) before: u64,
    pub(crate) after: u64,
}

#[derive(Debug, Default)]
struct State {
    browsers: usize,
    /// The task that looks at the bus, while somebody watches.
    watching: Option<AbortHandle>,
    kept: VecDeque<Arc<Exchange>>,
    kept_bytes: usize,
    /// How many messages the events so far were about.
    messages: u64,
    last_id: u64,
    /// The last of the events that say how things stand.
    services: Option<Arc<str>>,
    sessions: Option<Arc<str>>,
}

/// What a browser gets when it comes.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) first: VecDeque<Arc<str>>,
    pub(crate) events: broadcast::Receiver<Event>,
    /// How many messages were told of before.
    pub(crate) messages: u64,
    /// The place of the browser.
    pub(crate) seat: Seat,
}

/// The place of a browser. When the last one is given up, nobody looks at the bus any more.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Room>);

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.browsers -= 1;
        if state.browsers == 0 {
            if let Some(watching) = state.watching.take() {
                watching.abort();
            }
            state.services = None;
            state.sessions = None;
        }
    }
}

impl Room {
    pub(crate) fn new(source: Source) -> Arc<Self> {
        let (events, _) = broadcast::channel(QUEUE);
        Arc::new(Self { source, events, state: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A browser comes; `None` when there are too many. The first one sets off the task that looks at the bus.
    pub(crate) fn join(self: &Arc<Self>) -> Option<Joined> {
        let mut state = self.lock();
        if state.browsers >= BROWSERS {
            return None;
        }
        state.browsers += 1;
        if state.browsers == 1 {
            state.watching = Some(tokio::spawn(watching::watch(self.clone())).abort_handle());
        }
        let (events, messages) = (self.events.subscribe(), state.messages);
        let skip = state.kept.len().saturating_sub(REPLAYED);
        let kept: Vec<_> = state.kept.iter().skip(skip).cloned().collect();
        let standing = [state.services.clone(), state.sessions.clone()];
        drop(state);
        let hello = text("hello", &json!({ "version": 1, "perSecond": PER_SECOND, "kept": KEPT }));
        let kept = kept.iter().map(|exchange| text("exchange", &**exchange));
        let first = [hello].into_iter().chain(standing.into_iter().flatten()).chain(kept).collect();
        Some(Joined { first, events, messages, seat: Seat(self.clone()) })
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
        let event = text("services", services);
        let mut state = self.lock();
        state.services = Some(event.clone());
        self.tell(&mut state, event, 0);
    }

    pub(crate) fn sessions(&self, sessions: &impl Serialize) {
        let event = text("sessions", sessions);
        let mut state = self.lock();
        state.sessions = Some(event.clone());
        self.tell(&mut state, event, 0);
    }

    fn tell(&self, state: &mut State, text: Arc<str>, messages: u64) {
        let before = state.messages;
        state.messages = before.saturating_add(messages);
        // Nobody may be there any more.
        let _ = self.events.send(Event { text, before, after: state.messages });
    }
}

/// What a browser is told when it has missed so many messages.
pub(crate) fn skipped(count: u64) -> Arc<str> {
    text("skipped", &json!({ "count": count }))
}

/// An event as it goes to a browser. JSON has no line end outside of what is escaped.
fn text(name: &str, data: &impl Serialize) -> Arc<str> {
    let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    format!("event: {name}\ndata: {data}\n\n").into()
}
