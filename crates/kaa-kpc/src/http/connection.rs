//! What the requests of one HTTP connection share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::upgrade::OnUpgrade;
use tokio::time::Instant;

use super::Offer;
use super::admission::Admission;
use crate::front::Front;
use crate::listen::Peer;

/// One HTTP connection. Its requests come one after the other, so nobody ever waits for the lock.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) front: Arc<Front>,
    pub(super) offer: Offer,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) peer: Peer,
    /// Under which credentials requests are made.
    pub(super) admission: Option<Admission>,
    /// Where the connection goes that becomes a WebSocket.
    pub(super) upgrade: Option<OnUpgrade>,
    /// Whose turn it is.
    turn: Turn,
    /// When the first byte of a head came that is not complete.
    head_since: Option<Instant>,
    /// Whether the network has yet to take a response.
    is_stuck: bool,
}

#[derive(Debug, Clone, Copy)]
enum Turn {
    /// The client's, for the first time.
    First,
    /// The client's, since the answer before.
    Client(Instant),
    /// Ours.
    Server,
}

/// What is waited for, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// For a request to begin.
    Idle(Instant),
    /// For the rest of a head.
    Head(Instant),
}

impl Connection {
    pub(super) fn new(front: Arc<Front>, peer: Peer, offer: Offer) -> Self {
        let state = State {
            peer,
            admission: None,
            upgrade: None,
            turn: Turn::First,
            head_since: None,
            is_stuck: false,
        };
        Self { front, offer, state: Mutex::new(state) }
    }

    /// Nothing panics with the lock held, so a poisoned one is still a good one.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What becomes of the connection after its last response.
    pub(super) fn into_state(self) -> State {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request came; it is answered when what is returned is dropped.
    pub(super) fn begin(&self) -> Answering<'_> {
        self.lock().turn = Turn::Server;
        Answering(self)
    }

    /// A head began to arrive, or is complete.
    pub(super) fn note_head(&self, has_begun: bool) {
        self.lock().head_since = has_begun.then(Instant::now);
    }

    /// The network takes no more of a response for now, or again. Until it has, it is not the client's turn.
    pub(super) fn note_stuck(&self, is_stuck: bool) {
        let mut state = self.lock();
        state.is_stuck = is_stuck;
        if let Turn::Client(since) = &mut state.turn {
            *since = Instant::now();
        }
    }

    /// What the client owes, and until when.
    pub(super) fn patience(&self) -> Option<Patience> {
        let limits = &self.front.limits;
        let state = self.lock();
        let since = state.peer.since;
        let patience = match (state.turn, state.head_since) {
            _ if state.is_stuck => return None,
            (Turn::Server, _) => return None,
            (Turn::First, _) => Patience::Head(since + limits.http.head_time),
            // A head that came early waits for its turn, too.
            (Turn::Client(turn), Some(head)) => Patience::Head(head.max(turn) + limits.http.head_time),
            (Turn::Client(turn), None) => Patience::Idle(turn + limits.http.idle),
        };
        if state.admission.is_some() {
            return Some(patience);
        }
        let login = since + limits.login;
        Some(match patience {
            Patience::Idle(deadline) => Patience::Idle(deadline.min(login)),
            Patience::Head(deadline) => Patience::Head(deadline.min(login)),
        })
    }
}

/// A request that is being answered.
#[must_use = "the request counts as answered when this is dropped"]
pub(super) struct Answering<'a>(&'a Connection);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.lock().turn = Turn::Client(Instant::now());
    }
}
