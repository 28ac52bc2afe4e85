//! What async-nats tells about the connection.

use async_nats::Event;

use super::lame_duck::Transfer;
use crate::link::{Connection, Link};

/// Keeps the link up to date. Called by async-nats from one task, in order.
pub(super) fn observe(link: &Link, transfer: &Transfer, event: &Event) {
    match event {
        Event::Connected => {
            transfer.connected();
            // A link starts out connected, so the first connection is not a return.
            if link.enter(Connection::Connected) == Connection::Disconnected {
                link.counters.reconnects.increment();
                tracing::info!("connection to NATS is back");
            }
        }
        // It was meant to end, and publishers wait for the next one.
        Event::Disconnected if transfer.is_under_way() => {}
        Event::Disconnected => {
            if link.enter(Connection::Disconnected) == Connection::Connected {
                tracing::warn!("connection to NATS lost; publishing is refused until it is back");
            }
        }
        // The pump's own queue overflowed, which takes a thread that stands still. Our mailbox,
        // which is smaller, has complained long before.
        Event::SlowConsumer(_) => link.counters.lost.increment(),
        Event::LameDuckMode => {
            tracing::info!("the NATS server is about to shut down (lame duck mode)");
            transfer.ask();
        }
        // Above all: a permission that is missing. The text names the subject.
        Event::ServerError(error) => tracing::warn!(%error, "refused by the NATS server"),
        Event::ClientError(error) => tracing::debug!(%error, "no connection to NATS yet"),
        Event::Draining | Event::Closed => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_are_counted_and_the_first_connection_is_none() {
        let link = Link::new(Connection::Connected);
        observe(&link, &Transfer::default(), &Event::Connected);
        assert_eq!(link.counters.snapshot().reconnects, 0);
        observe(&link, &Transfer::default(), &Event::Disconnected);
        assert_eq!(link.connection(), Connection::Disconnected);
        observe(&link, &Transfer::default(), &Event::Connected);
        assert_eq!(link.connection(), Connection::Connected);
        assert_eq!(link.counters.snapshot().reconnects, 1);
    }

    #[test]
    fn a_closed_bus_stays_closed_when_the_server_comes_back() {
        let link = Link::new(Connection::Connected);
        link.enter(Connection::Closed);
        observe(&link, &Transfer::default(), &Event::Disconnected);
        observe(&link, &Transfer::default(), &Event::Connected);
        assert_eq!(link.connection(), Connection::Closed);
        assert_eq!(link.counters.snapshot().reconnects, 0);
    }

    #[test]
    fn an_overflow_below_our_own_queues_is_counted() {
        let link = Link::new(Connection::Connected);
        observe(&link, &Transfer::default(), &Event::SlowConsumer(1));
        assert_eq!(link.counters.snapshot().lost, 1);
    }
}
