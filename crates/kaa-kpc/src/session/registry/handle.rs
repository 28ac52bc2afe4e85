//! What others know of a session, and how they reach it.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use tokio::sync::Notify;

use crate::identity::Revocation;
use crate::identity::clients::Client;

/// The most tokens with an identity that one session may use.
const TOKENS: usize = 4096;

/// What a session is told to do. A later one in this list replaces an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(in crate::session) enum Order {
    /// Nothing.
    None,
    /// To read no more, and to end when nothing more comes.
    Drain,
    /// To end, because another connection has its name.
    TakenOver,
    /// To end, because what it rests on was revoked.
    Revoked,
}

/// One session, for those who are not it.
#[derive(Debug)]
pub(in crate::session) struct Handle {
    client_id: Arc<str>,
    client: Client,
    /// The identities of the tokens it has used.
    tokens: Mutex<BTreeSet<ByteString>>,
    order: AtomicU8,
    ordered: Notify,
    is_gone: AtomicBool,
    gone: Notify,
}

impl Handle {
    pub(super) fn new(client_id: Arc<str>, client: &Client) -> Self {
        Self {
            client_id,
            client: Client {
                id: client.id.as_ref().map(detached),
                credential: client.credential.as_ref().map(detached),
            },
            tokens: Mutex::default(),
            order: AtomicU8::new(Order::None as u8),
            ordered: Notify::new(),
            is_gone: AtomicBool::new(false),
            gone: Notify::new(),
        }
    }

    pub(in crate::session) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whose session it is.
    pub(in crate::session) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether it is a session of this client. Where nobody has to say who it is, all are the same.
    pub(super) fn is_of(&self, client: &Client) -> bool {
        self.client.id == client.id
    }

    /// Notes that a token is used. Whether it is a new one; `None` when there are too many.
    pub(in crate::session) fn use_token(&self, token: &ByteString) -> Option<bool> {
        let mut tokens = self.lock();
        if tokens.contains(token) {
            return Some(false);
        }
        (tokens.len() < TOKENS).then(|| tokens.insert(detached(token)))
    }

    pub(super) fn rests_on(&self, revocation: &Revocation) -> bool {
        match revocation {
            Revocation::Tokens(revoked) => {
                let tokens = self.lock();
                revoked.iter().any(|token| tokens.contains(token))
            }
            Revocation::Credential(revoked) => self.client.credential.as_ref() == Some(revoked),
        }
    }

    pub(super) fn order(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::SeqCst);
        self.ordered.notify_one();
    }

    /// What the session is to do.
    pub(in crate::session) fn current_order(&self) -> Order {
        let order = self.order.load(Ordering::SeqCst);
        let all = [Order::Revoked, Order::TakenOver, Order::Drain];
        all.into_iter().find(|known| order == *known as u8).unwrap_or(Order::None)
    }

    /// Waits for an order that is new.
    ///
    /// # Cancel safety
    ///
    /// No order is missed when the future is dropped.
    pub(in crate::session) async fn ordered(&self) {
        self.ordered.notified().await;
    }

    pub(super) fn leave(&self) {
        self.is_gone.store(true, Ordering::SeqCst);
        self.gone.notify_waiters();
    }

    /// Waits until the session has ended.
    pub(super) async fn gone(&self) {
        let mut gone = pin!(self.gone.notified());
        gone.as_mut().enable();
        if !self.is_gone.load(Ordering::SeqCst) {
            gone.await;
        }
    }

    /// Nothing in here panics with the lock held, so a poisoned one is still a good one.
    fn lock(&self) -> MutexGuard<'_, BTreeSet<ByteString>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A copy with a buffer of its own: what is kept for long should not keep the packet it came with.
fn detached(text: &ByteString) -> ByteString {
    ByteString::from(&**text)
}
