//! QoS 1 messages to the client that it has not acknowledged.

use std::collections::VecDeque;

use crate::mqtt::packet::PacketId;

/// The packet identifiers in use, at most as many as the client is ready for [MQTT-3.3.4-9].
#[derive(Debug)]
pub(super) struct Window {
    limit: usize,
    last: u16,
    /// In the order of use, in which they are acknowledged as a rule.
    unacknowledged: VecDeque<PacketId>,
}

impl Window {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, last: 0, unacknowledged: VecDeque::new() }
    }

    pub(super) fn has_room(&self) -> bool {
        self.unacknowledged.len() < self.limit
    }

    /// An identifier for the next message; `None` when there is no room.
    pub(super) fn take(&mut self) -> Option<PacketId> {
        if !self.has_room() {
            return None;
        }
        // The limit is 65,535 at most, so while there is room, one of as many identifiers is free.
        loop {
            self.last = self.last.wrapping_add(1);
            if let Some(packet_id) = PacketId::new(self.last)
                && !self.contains(packet_id)
            {
                self.unacknowledged.push_back(packet_id);
                return Some(packet_id);
            }
        }
    }

    /// The last one taken was not used.
    pub(super) fn put_back(&mut self) {
        self.unacknowledged.pop_back();
    }

    pub(super) fn contains(&self, packet_id: PacketId) -> bool {
        self.unacknowledged.contains(&packet_id)
    }

    /// A PUBACK came. One that nobody waits for changes nothing.
    pub(super) fn acknowledge(&mut self, packet_id: PacketId) {
        let place = self.unacknowledged.iter().position(|waiting| *waiting == packet_id);
        if let Some(index) = place {
            self.unacknowledged.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u16) -> PacketId {
        PacketId::new(number).unwrap()
    }

    #[test]
    fn there_are_as_many_identifiers_as_the_limit_allows() {
        let mut window = Window::new(2);
        assert_eq!((window.take(), window.take(), window.take()), (Some(id(1)), Some(id(2)), None));
        window.acknowledge(id(7));
        assert!(!window.has_room());
        window.acknowledge(id(1));
        assert_eq!((window.take(), window.take()), (Some(id(3)), None));
        window.put_back();
        assert!(window.has_room() && window.contains(id(2)) && !window.contains(id(3)));
    }

    #[test]
    fn an_identifier_in_use_is_not_given_again() {
        let mut window = Window::new(3);
        assert_eq!(window.take(), Some(id(1)));
        for number in (2..=u16::MAX).chain(2..5) {
            let taken = window.take().unwrap();
            assert_eq!(taken, id(number));
            window.acknowledge(taken);
        }
    }

    #[test]
    fn all_identifiers_can_be_in_use() {
        let mut window = Window::new(usize::from(u16::MAX));
        (window.last, window.unacknowledged) = (u16::MAX - 1, (1..u16::MAX).map(id).collect());
        assert_eq!((window.take(), window.take()), (Some(id(u16::MAX)), None));
    }
}
