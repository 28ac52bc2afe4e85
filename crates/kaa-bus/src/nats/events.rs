//! What async-nats tells about the connection.

use std::sync::Arc;

use async_nats::{Event, ServerError};

use super::lame_duck::Transfer;
use crate::forbidden::Forbidden;
use crate::link::{Connection, Link};

/// Keeps the link up to date. Called by async-nats from one task, in order. `login` is how the user is known.
pub(super) fn observe(link: &Link, login: &Arc<str>, transfer: &Transfer, event: &Event) {
    match event {
        Event::Connected => {
            link.denials.reconnected();
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
        Event::ServerError(error) => refused(link, login, error),
        Event::ClientError(error) => tracing::debug!(%error, "no connection to NATS yet"),
        Event::Draining | Event::Closed => {}
    }
}

/// Above all a permission that is missing.
fn refused(link: &Link, login: &Arc<str>, error: &ServerError) {
    let forbidden = match error {
        ServerError::Other(text) => Forbidden::read(text, login),
        ServerError::AuthorizationViolation | ServerError::SlowConsumer(_) => None,
    };
    let Some(forbidden) = forbidden else {
        tracing::warn!(%error, "refused by the NATS server");
        return;
    };
    link.counters.forbidden.increment();
    if link.denials.note(forbidden.clone()) {
        tracing::error!("{forbidden}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &str = "user \"dcx\"";

    #[test]
    fn returns_are_counted_and_the_first_connection_is_none() {
        let link = Link::new(Connection::Connected);
        observe(&link, &LOGIN.into(), &Transfer::default(), &Event::Connected);
        assert_eq!(link.counters.snapshot().reconnects, 0);
        observe(&link, &LOGIN.into(), &Transfer::default(), &Event::Disconnected);
        assert_eq!(link.connection(), Connection::Disconnected);
        observe(&link, &LOGIN.into(), &Transfer::default(), &Event::Connected);
        assert_eq!(link.connection(), Connection::Connected);
        assert_eq!(link.counters.snapshot().reconnects, 1);
    }

    #[test]
    fn a_closed_bus_stays_closed_when_the_server_comes_back() {
        let link = Link::new(Connection::Connected);
        link.enter(Connection::Closed);
        observe(&link, &LOGIN.into(), &Transfer::default(), &Event::Disconnected);
        observe(&link, &LOGIN.into(), &Transfer::default(), &Event::Connected);
        assert_eq!(link.connection(), Connection::Closed);
        assert_eq!(link.counters.snapshot().reconnects, 0);
    }

    #[test]
    fn an_overflow_below_our_own_queues_is_counted() {
        let link = Link::new(Connection::Connected);
        observe(&link, &LOGIN.into(), &Transfer::default(), &Event::SlowConsumer(1));
        assert_eq!(link.counters.snapshot().lost, 1);
    }

    #[test]
    fn what_is_forbidden_is_counted_and_a_subscription_stays_so_until_the_next_connection() {
        let link = Link::new(Connection::Connected);
        let violation = |text: &str| Event::ServerError(ServerError::Other(text.to_owned()));
        observe(
            &link,
            &LOGIN.into(),
            &Transfer::default(),
            &violation(r#"Permissions Violation for Publish to "a""#),
        );
        observe(
            &link,
            &LOGIN.into(),
            &Transfer::default(),
            &violation(r#"Permissions Violation for Subscription to "b""#),
        );
        observe(&link, &LOGIN.into(), &Transfer::default(), &violation("Maximum Payload Violation"));
        assert_eq!(link.counters.snapshot().forbidden, 2);
        assert_eq!(link.denials.of_subscription(None).unwrap().subject(), "b");
        observe(&link, &LOGIN.into(), &Transfer::default(), &Event::Connected);
        assert_eq!(link.denials.of_subscription(None), None);
    }
}
