//! Order within an endpoint: one request of it at a time, the others in line.
//!
//! A lane exists only while a handler of its endpoint waits. An endpoint whose handlers are done at
//! once never has one, and no endpoint waits for another, as it would if a fixed number of lanes
//! were shared by hash. Admission bounds how many there can be.

use std::collections::{HashMap, VecDeque};

use kaa_bus::planted;

use std::sync::Arc;

use crate::envelope::Envelope;

/// The lanes of the endpoints whose handlers are waiting.
pub(super) struct Lanes<T = Arc<Envelope>> {
    busy: HashMap<Box<str>, VecDeque<T>>,
    depth: usize,
}

/// What can stand in a lane.
pub(super) trait OfEndpoint {
    /// The endpoint it belongs to. What belongs to none has no order and never waits.
    fn endpoint_id(&self) -> Option<&str>;
}

impl OfEndpoint for Arc<Envelope> {
    fn endpoint_id(&self) -> Option<&str> {
        self.lane()
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
    pub(super) fn enter(&mut self, request: T) -> Place<T> {
        let depth = self.depth;
        match self.lane(&request) {
            None => Place::First(request),
            Some(line) if line.len() < depth => {
                line.push_back(request);
                Place::InLine
            }
            Some(_) => Place::NoRoom(request),
        }
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
    }

    const fn a(number: u8) -> Request {
        (Some("a"), number)
    }

    #[test]
    fn requests_of_one_endpoint_wait_in_order_and_others_pass() {
        let (b, nobody) = ((Some("b"), 5), (None, 6));
        let mut lanes = Lanes::new(2);
        assert_eq!(lanes.enter(a(1)), Place::First(a(1)));
        lanes.occupy(&a(1));
        assert_eq!(lanes.enter(a(2)), Place::InLine);
        assert_eq!(lanes.enter(a(3)), Place::InLine);
        assert_eq!(lanes.enter(a(4)), Place::NoRoom(a(4)));
        assert_eq!(lanes.enter(b), Place::First(b));
        assert_eq!(lanes.enter(nobody), Place::First(nobody));
        assert_eq!(lanes.next(&a(1)), Some(a(2)));
        assert_eq!(lanes.next(&a(2)), Some(a(3)));
        assert_eq!(lanes.next(&a(3)), None);
        assert_eq!(lanes.enter(a(7)), Place::First(a(7)));
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
