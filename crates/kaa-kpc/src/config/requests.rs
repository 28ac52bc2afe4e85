//! `requests`: how many wait for extensions, and how long.

use std::time::Duration;

use kaa_process::config::{Settings, duration, size};
use serde::{Deserialize, Serialize};

use crate::relay::RelayOptions;

/// `requests` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct RequestsConfig {
    /// How long a request waits for its answer. Default: 10 s.
    #[serde(with = "duration")]
    #[setting(variable = "REQUEST_TIMEOUT")]
    pub timeout: Duration,
    /// The most requests with a request ID that wait at once; one more gets 503. Default: 16,384.
    pub in_flight: usize,
    /// The same of one connection; one more gets 429. Default: 100.
    pub in_flight_per_connection: usize,
    /// The most requests without a request ID whose errors are still waited for. Default: 16,384.
    pub without_answer: usize,
    /// The most bytes of pinned requests that are kept for the case that their replica is gone. Default: 64 MiB.
    #[serde(with = "size")]
    pub kept_bytes: usize,
    /// The most endpoints of one connection; one more gets 429. Default: 1,000.
    pub endpoints_per_connection: usize,
    /// The most sessions pinned to a replica of an extension; the oldest pin makes room. Default: 65,536.
    pub pins: usize,
    /// The most deliveries that wait for one connection; one more ends it. Default: 1,000.
    pub outbox: usize,
    /// The same in bytes. Default: 1 MiB.
    #[serde(with = "size")]
    pub outbox_bytes: usize,
    /// How long it is waited for the server to have taken a message. Default: 5 s.
    #[serde(with = "duration")]
    pub taken_timeout: Duration,
}

impl Default for RequestsConfig {
    fn default() -> Self {
        let usual = RelayOptions::default();
        Self {
            timeout: usual.request_timeout,
            in_flight: usual.in_flight,
            in_flight_per_connection: usual.in_flight_per_connection,
            without_answer: usual.without_answer,
            kept_bytes: usual.kept_bytes,
            endpoints_per_connection: usual.endpoints_per_connection,
            pins: usual.pins,
            outbox: usual.outbox,
            outbox_bytes: usual.outbox_bytes,
            taken_timeout: usual.taken_timeout,
        }
    }
}

impl RequestsConfig {
    pub(super) fn apply(&self, relay: &mut RelayOptions) {
        relay.request_timeout = self.timeout;
        relay.in_flight = self.in_flight;
        relay.in_flight_per_connection = self.in_flight_per_connection;
        relay.without_answer = self.without_answer;
        relay.kept_bytes = self.kept_bytes;
        relay.endpoints_per_connection = self.endpoints_per_connection;
        relay.pins = self.pins;
        relay.outbox = self.outbox;
        relay.outbox_bytes = self.outbox_bytes;
        relay.taken_timeout = self.taken_timeout;
    }
}
