//! Where endpoints are, and which events are out of date.
//!
//! An endpoint roams: it connects to replica B while replica A has yet to notice that its old connection is dead. A
//! says so minutes later, and its clock is right to say a later time. So a disconnect counts only if it is of the
//! connection that counts: of the replica of the newest connect, and not older than that.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use kaa_ext::protocol::ByteString;
use lru::LruCache;

/// Where endpoints are. Bounded: the endpoint heard of longest ago is forgotten first.
#[derive(Debug)]
pub(crate) struct Presence(Mutex<LruCache<Box<str>, Place>>);

/// What the newest event of an endpoint said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Whether it connected, or left.
    pub(crate) is_connected: bool,
    /// The replica of the communication service that said so.
    pub(crate) replica: ByteString,
    /// When, by the clock of that replica, in Unix milliseconds.
    pub(crate) at: i64,
}

impl Presence {
    pub(crate) fn new(remembered: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(remembered)))
    }

    /// Takes what an event says, unless a newer one said otherwise. Whether it holds.
    ///
    /// It says the same again when it is asked again: a replica both notes an event and tells of it, and which
    /// comes first is not known. Of an endpoint that is not known, every event holds.
    pub(crate) fn take(&self, endpoint: &str, said: &Place) -> bool {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = places.get_mut(endpoint) else {
            // A copy: the text as it came keeps the whole message alive.
            let replica = ByteString::from(&*said.replica);
            places.put(endpoint.into(), Place { replica, ..said.clone() });
            return true;
        };
        let holds = said.holds_after(known);
        if holds && said != known {
            *known = Place { replica: ByteString::from(&*said.replica), ..said.clone() };
        }
        holds
    }
}

impl Place {
    fn holds_after(&self, known: &Self) -> bool {
        let is_end_of_another = !self.is_connected && known.is_connected && self.replica != known.replica;
        // Of two events of one millisecond, the one that is heard last holds.
        self.at >= known.at && !is_end_of_another
    }
}
