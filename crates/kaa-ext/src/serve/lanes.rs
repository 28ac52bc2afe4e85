//! Order within an endpoint: one request of it at a time, the others in line.
//!
//! A lane exists only while a handler of its endpoint waits. An endpoint whose handlers are done at
//! once never has one, and no endpoint waits for another, as it would if a fixed number of lanes
//! were shared by hash. Admission bounds how many there can be.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::envelope::Envelope;

/// The lanes of the endpoints whose handlers are waiting.
pub(super) struct Lanes<T = Arc<Envelope>> {
    busy: HashMap<Box<str>, VecDeque<T>>,
    depth: usize,
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

impl<T> Lanes<T> {
    pub(super) fn new(depth: usize) -> Self {
        Self { busy: HashMap::new(), depth }
    }

    /// Puts a request in line. Requests without an endpoint have no order and are always first.
    pub(super) fn enter(&mut self, endpoint: Option<&str>, request: T) -> Place<T> {
        let lane =
            endpoint.filter(|_| !self.busy.is_empty()).and_then(|endpoint| self.busy.get_mut(endpoint));
        match lane {
            None => Place::First(request),
            Some(line) if line.len() < self.depth => {
                line.push_back(request);
                Place::InLine
            }
            Some(_) => Place::NoRoom(request),
        }
    }

    /// The handler of this endpoint's first request has to wait.
    pub(super) fn occupy(&mut self, endpoint: Option<&str>) {
        if let Some(endpoint) = endpoint.filter(|endpoint| !self.busy.contains_key(*endpoint)) {
            self.busy.insert(endpoint.into(), VecDeque::new());
        }
    }

    /// The first request is done: the next in line, or the lane ends.
    pub(super) fn next(&mut self, endpoint: Option<&str>) -> Option<T> {
        let endpoint = endpoint?;
        let next = self.busy.get_mut(endpoint)?.pop_front();
        if next.is_none() {
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

    #[test]
    fn requests_of_one_endpoint_wait_in_order_and_others_pass() {
        let mut lanes = Lanes::new(2);
        assert_eq!(lanes.enter(Some("a"), 1), Place::First(1));
        lanes.occupy(Some("a"));
        assert_eq!(lanes.enter(Some("a"), 2), Place::InLine);
        assert_eq!(lanes.enter(Some("a"), 3), Place::InLine);
        assert_eq!(lanes.enter(Some("a"), 4), Place::NoRoom(4));
        assert_eq!(lanes.enter(Some("b"), 5), Place::First(5));
        assert_eq!(lanes.enter(None, 6), Place::First(6));
        assert_eq!(lanes.next(Some("a")), Some(2));
        assert_eq!(lanes.next(Some("a")), Some(3));
        assert_eq!(lanes.next(Some("a")), None);
        assert_eq!(lanes.enter(Some("a"), 7), Place::First(7));
    }

    #[test]
    fn a_lane_ends_with_its_last_request() {
        let mut lanes = Lanes::<u8>::new(1);
        for endpoint in ["a", "b", "c"] {
            lanes.occupy(Some(endpoint));
            assert_eq!(lanes.next(Some(endpoint)), None);
        }
        assert!(lanes.busy.is_empty());
    }
}
