//! What became of everything, and whether it adds up.

use crate::front::{Front, FrontCounters};
use crate::http::HttpCounters;
use crate::identity::clients::ClientCounters;
use crate::identity::tokens::TokenCounters;
use crate::listen::ListenCounters;
use crate::relay;

/// What became of the messages and connections of one replica, at one moment.
///
/// Each part has its own sums. Between them, what one hands over is what the next one takes:
///
/// ```text
/// front.sent + http.sent      = relay.requests
/// relay.taken + front.refused = front.delivered + front.too_large + front.undeliverable + http.answered
/// ```
///
/// So from what a device sends to what becomes of it there is no gap, nor from what an extension sends to what is
/// written to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KpcCounters {
    /// Connections, before anything was said.
    pub listen: ListenCounters,
    /// MQTT clients and what they say.
    pub front: FrontCounters,
    /// Requests over HTTP.
    pub http: HttpCounters,
    /// Logins.
    pub clients: ClientCounters,
    /// Tokens.
    pub tokens: TokenCounters,
    /// Requests and pushes.
    pub relay: relay::Counters,
}

impl KpcCounters {
    pub(crate) fn of(front: &Front, listen: ListenCounters) -> Self {
        let Front { tally, http, authenticator, tokens, relay, .. } = front;
        Self {
            listen,
            front: tally.snapshot(),
            http: http.snapshot(),
            clients: authenticator.counters(),
            tokens: tokens.counters(),
            relay: relay.counters(),
        }
    }

    /// Whether everything is accounted for, and nothing twice: true whenever there is no connection, or nothing under
    /// way on any.
    pub fn is_balanced(&self) -> bool {
        self.front.is_balanced() && self.http.is_balanced() && self.relay.is_balanced() && self.has_no_gaps()
    }

    /// Whether what one part has handed over is what the next one has taken. That holds whatever is under way.
    pub(crate) fn has_no_gaps(&self) -> bool {
        let Self { front, http, relay, .. } = self;
        let written = front.delivered + front.too_large + front.undeliverable + http.answered;
        front.sent + http.sent == relay.requests && relay.taken + front.refused == written
    }
}
