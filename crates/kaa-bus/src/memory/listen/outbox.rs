//! What waits to be written to a client, and the messages on their way into it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::{Notify, mpsc};

use super::greeting::Connect;
use crate::backend::Receive;
use crate::message::Message;
use crate::trace::{TRACEPARENT, TRACESTATE, TraceContext};

/// How much may wait, as with nats-server.
const WAITING: usize = 64 << 20;

/// What waits to be written to a client. Writing into it never waits.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    something: Notify,
    overflow: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: BytesMut,
    /// Nothing more will come: of itself, or because nobody reads it.
    is_closed: bool,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nobody panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn say(&self, text: &str) {
        self.put(&[text.as_bytes()]);
    }

    fn put(&self, parts: &[&[u8]]) {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return;
        }
        let size: usize = parts.iter().map(|part| part.len()).sum();
        if waiting.bytes.len() + size > WAITING {
            tracing::warn!("a client did not read: {} bytes waited for it", waiting.bytes.len());
            waiting.bytes.clear();
            waiting.is_closed = true;
            self.overflow.notify_one();
        } else {
            parts.iter().for_each(|part| waiting.bytes.extend_from_slice(part));
        }
        drop(waiting);
        self.something.notify_one();
    }

    /// Nothing more comes after what waits.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.something.notify_one();
    }

    /// Waits until there was more to say than has room: nobody reads it.
    pub(super) async fn overflows(&self) {
        self.overflow.notified().await;
    }

    /// What waits, as soon as there is something; `None` once it is closed and empty. Cancel safe.
    pub(super) async fn take(&self) -> Option<Bytes> {
        loop {
            let something = self.something.notified();
            {
                let mut waiting = self.lock();
                if !waiting.bytes.is_empty() {
                    return Some(waiting.bytes.split().freeze());
                }
                if waiting.is_closed {
                    return None;
                }
            }
            something.await;
        }
    }
}

/// One subscription of a client: it gets messages here, and into its outbox.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) outbox: Arc<Outbox>,
    pub(super) sid: Bytes,
    /// What the client had said of itself.
    connect: Connect,
    delivered: AtomicU64,
    /// How many it wants in all.
    most: AtomicU64,
    /// Where it says that it has had them: once, so that there is never more than one for each subscription.
    over: mpsc::UnboundedSender<Bytes>,
}

impl Delivery {
    pub(super) fn new(
        outbox: Arc<Outbox>,
        sid: Bytes,
        connect: Connect,
        over: mpsc::UnboundedSender<Bytes>,
    ) -> Self {
        let (delivered, most) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        Self { outbox, sid, connect, delivered, most, over }
    }

    /// No more than this many, counted from the beginning.
    pub(super) fn limit(&self, most: u64) {
        // In one order for all: who limits sees the last message, or that message sees the limit.
        self.most.store(most, SeqCst);
    }

    /// It has had all it wants.
    pub(super) fn is_over(&self) -> bool {
        self.delivered.load(SeqCst) >= self.most.load(SeqCst)
    }
}

impl Receive for Delivery {
    fn receive(&self, message: &Message) {
        let Connect { headers: reads_headers, no_responders, .. } = self.connect;
        if self.is_over() || message.no_responders.is_some() && !(no_responders && reads_headers) {
            return;
        }
        self.delivered.fetch_add(1, SeqCst);
        let headers = match (&message.trace, &message.no_responders) {
            (_, Some(_)) => "NATS/1.0 503\r\n\r\n".to_owned(),
            (Some(trace), None) if reads_headers => written(trace),
            _ => String::new(),
        };
        let reply_to = message.reply_to.as_deref().unwrap_or_default();
        let between: &[u8] = if reply_to.is_empty() { b"" } else { b" " };
        let (operation, size): (&[u8], _) = if headers.is_empty() {
            (b"MSG ", format!(" {}\r\n", message.payload.len()))
        } else {
            (b"HMSG ", format!(" {} {}\r\n", headers.len(), headers.len() + message.payload.len()))
        };
        self.outbox.put(&[
            operation,
            &message.subject,
            b" ",
            &self.sid,
            between,
            reply_to,
            size.as_bytes(),
            headers.as_bytes(),
            &message.payload,
            b"\r\n",
        ]);
        if self.is_over() {
            // Who does not listen has no subscriptions any more.
            let _ = self.over.send(self.sid.clone());
        }
    }

    fn end(&self) {}
}

fn written(trace: &TraceContext) -> String {
    let mut headers = format!("NATS/1.0\r\n{TRACEPARENT}: {}\r\n", trace.parent());
    if let Some(state) = trace.state() {
        // Into a string, which has room.
        let _ = write!(headers, "{TRACESTATE}: {}\r\n", state.as_str());
    }
    headers + "\r\n"
}
