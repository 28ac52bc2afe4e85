//! Order within an endpoint: one request of it at a time, the others in line.
//!
//! A lane exists only while a handler of its endpoint waits. An endpoint whose handlers are done at
//! once never has one, and no endpoint waits for another, as it would if a fixed number of lanes
//! were shared by hash. Admission bounds how many there can be.

use std::collections::{HashMap, VecDeque};

use kaa_bus::planted;

use std::sync::Arc;

use crate::envelope::Envelope;
use crate::overload::Overload;

/// The lanes of the endpoints whose handlers are waiting.
pub(super) struct Lanes<T = Arc<Envelope>> {
    busy: HashMap<Box<str>, VecDeque<T>>,
    depth: usize,
}

/// What can stand in a lane.
pub(super) trait OfEndpoint {
    /// The endpoint it belongs to. What belongs to none has no order and never waits.
    fn endpoint_id(&self) -> Option<&str>;

    /// Whether `newer` says what this said, as it is now.
    fn is_outdone_by(&self, newer: &Self) -> bool;
}

impl OfEndpoint for Arc<Envelope> {
    fn endpoint_id(&self) -> Option<&str> {
        self.lane()
    }

    fn is_outdone_by(&self, newer: &Self) -> bool {
        let function = |envelope: &Self| envelope.message().map(|(_, function)| function);
        function(self).is_some_and(|mine| function(newer) == Some(mine))
    }
}

/// Where a request stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<T> {
    /// Its endpoint is idle: it may be handled now.
    First(T),
    /// It waits for the requests before it.
    InLine,
    /// Too many wait already.
    NoRoom(T),
    /// It waits, and this one does no longer.
    InsteadOf(T),
}

impl<T: OfEndpoint> Lanes<T> {
    pub(super) fn new(depth: usize) -> Self {
        Self { busy: HashMap::new(), depth }
    }

    /// The lane this request belongs to, if there is one. Mostly there is none at all.
    fn lane(&mut self, request: &T) -> Option<&mut VecDeque<T>> {
        if self.busy.is_empty() {
            return None;
        }
        self.busy.get_mut(request.endpoint_id()?)
    }

    /// Puts a request in line.
    pub(super) fn enter(&mut self, request: T, overload: Overload) -> Place<T> {
        let depth = self.depth;
        let Some(line) = self.lane(&request) else { return Place::First(request) };
        let outdone = match overload {
            _ if line.len() < depth => None,
            Overload::Refuse => return Place::NoRoom(request),
            // It has left the queue of its type, which must not wait for one endpoint.
            Overload::Wait => None,
            Overload::Latest => line.iter().position(|older| older.is_outdone_by(&request)),
        };
        let outdone = outdone.and_then(|position| line.remove(position));
        line.push_back(request);
        outdone.map_or(Place::InLine, Place::InsteadOf)
    }

    /// The handler of this request has to wait, and with it all that follow.
    pub(super) fn occupy(&mut self, request: &T) {
        if let Some(endpoint) = request.endpoint_id().filter(|endpoint| !self.busy.contains_key(*endpoint)) {
            self.busy.insert(endpoint.into(), VecDeque::new());
        }
    }

    /// This request is done: the next in line, or the lane ends.
    pub(super) fn next(&mut self, done: &T) -> Option<T> {
        let next = self.lane(done)?.pop_front().filter(|_| !planted!("a lane forgets who waits"));
        if next.is_none()
            && let Some(endpoint) = done.endpoint_id()
        {
            self.busy.remove(endpoint);
        }
        next
    }

    /// Everything that is still in line.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> + '_ {
        self.busy.drain().flat_map(|(_, line)| line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An endpoint and a number.
    type Request = (Option<&'static str>, u8);

    impl OfEndpoint for Request {
        fn endpoint_id(&self) -> Option<&str> {
            self.0
        }

        /// Those whose numbers have the same last digit.
        fn is_outdone_by(&self, newer: &Self) -> bool {
            self.1 % 10 == newer.1 % 10
        }
    }

    const fn a(number: u8) -> Request {
        (Some("a"), number)
    }

    #[test]
    fn requests_of_one_endpoint_wait_in_order_and_others_pass() {
        let (b, nobody) = ((Some("b"), 5), (None, 6));
        let mut lanes = Lanes::new(2);
        assert_eq!(lanes.enter(a(1), Overload::Refuse), Place::First(a(1)));
        lanes.occupy(&a(1));
        assert_eq!(lanes.enter(a(2), Overload::Refuse), Place::InLine);
        assert_eq!(lanes.enter(a(3), Overload::Refuse), Place::InLine);
        assert_eq!(lanes.enter(a(4), Overload::Refuse), Place::NoRoom(a(4)));
        assert_eq!(lanes.enter(b, Overload::Refuse), Place::First(b));
        assert_eq!(lanes.enter(nobody, Overload::Refuse), Place::First(nobody));
        assert_eq!(lanes.next(&a(1)), Some(a(2)));
        assert_eq!(lanes.next(&a(2)), Some(a(3)));
        assert_eq!(lanes.next(&a(3)), None);
        assert_eq!(lanes.enter(a(7), Overload::Refuse), Place::First(a(7)));
    }

    #[test]
    fn beyond_the_depth_some_are_refused_some_wait_and_some_take_the_place_of_an_older_one() {
        let mut lanes = Lanes::new(2);
        lanes.occupy(&a(0));
        for number in [1, 2] {
            assert_eq!(lanes.enter(a(number), Overload::Latest), Place::InLine);
        }
        assert_eq!(lanes.enter(a(11), Overload::Refuse), Place::NoRoom(a(11)));
        assert_eq!(lanes.enter(a(12), Overload::Latest), Place::InsteadOf(a(2)));
        assert_eq!(lanes.enter(a(3), Overload::Wait), Place::InLine);
        assert_eq!(lanes.enter(a(4), Overload::Latest), Place::InLine, "nothing of its kind waits");
        let rest: Vec<_> = std::iter::from_fn(|| lanes.next(&a(0))).collect();
        assert_eq!(rest, [a(1), a(12), a(3), a(4)]);
    }

    #[test]
    fn a_lane_ends_with_its_last_request() {
        let mut lanes = Lanes::new(1);
        for endpoint in ["a", "b", "c"] {
            lanes.occupy(&(Some(endpoint), 0));
            assert_eq!(lanes.next(&(Some(endpoint), 0)), None);
        }
        assert!(lanes.busy.is_empty());
    }
}
