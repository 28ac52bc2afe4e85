//! `requests`: how many wait for extensions, and how long.

use std::time::Duration;

use kaa_process::config::{duration, size};
use serde::Deserialize;

use crate::relay::RelayOptions;

/// `requests` of the configuration. What is left out stays as [`RelayOptions`] has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RequestsConfig {
    /// [`RelayOptions::request_timeout`].
    #[serde(with = "duration::optional")]
    pub timeout: Option<Duration>,
    /// [`RelayOptions::in_flight`].
    pub in_flight: Option<usize>,
    /// [`RelayOptions::in_flight_per_connection`].
    pub in_flight_per_connection: Option<usize>,
    /// [`RelayOptions::without_answer`].
    pub without_answer: Option<usize>,
    /// [`RelayOptions::kept_bytes`].
    #[serde(with = "size::optional")]
    pub kept_bytes: Option<usize>,
    /// [`RelayOptions::endpoints_per_connection`].
    pub endpoints_per_connection: Option<usize>,
    /// [`RelayOptions::pins`].
    pub pins: Option<usize>,
    /// [`RelayOptions::outbox`].
    pub outbox: Option<usize>,
    /// [`RelayOptions::outbox_bytes`].
    #[serde(with = "size::optional")]
    pub outbox_bytes: Option<usize>,
    /// [`RelayOptions::taken_timeout`].
    #[serde(with = "duration::optional")]
    pub taken_timeout: Option<Duration>,
}

impl RequestsConfig {
    pub(super) fn apply(&self, relay: &mut RelayOptions) {
        let or = |wanted: Option<usize>, usual| wanted.unwrap_or(usual);
        relay.request_timeout = self.timeout.unwrap_or(relay.request_timeout);
        relay.in_flight = or(self.in_flight, relay.in_flight);
        relay.in_flight_per_connection = or(self.in_flight_per_connection, relay.in_flight_per_connection);
        relay.without_answer = or(self.without_answer, relay.without_answer);
        relay.kept_bytes = or(self.kept_bytes, relay.kept_bytes);
        relay.endpoints_per_connection = or(self.endpoints_per_connection, relay.endpoints_per_connection);
        relay.pins = or(self.pins, relay.pins);
        relay.outbox = or(self.outbox, relay.outbox);
        relay.outbox_bytes = or(self.outbox_bytes, relay.outbox_bytes);
        relay.taken_timeout = self.taken_timeout.unwrap_or(relay.taken_timeout);
    }
}
