//! Every bound of the front end, in one place.
//!
//! What the relay bounds is in [`RelayOptions`](crate::relay::RelayOptions).

mod pace;

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use kaa_process::config::{Settings, duration, size};
use serde::{Deserialize, Serialize};

pub(crate) use pace::Meter;
pub use pace::Pace;

/// What a client may do, and how long it may take. In the configuration, `limits` with the same names in
/// kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The largest MQTT packet, with its fixed header, in bytes. Default: 256 KiB.
    #[serde(with = "size")]
    pub packet: NonZeroU32,
    /// The same until the client is logged in. Default: 8 KiB.
    #[serde(with = "size")]
    pub packet_before_login: NonZeroU32,
    /// How long a client may take from the first byte of its connection (TLS and WebSocket handshakes
    /// included) to being logged in. Default: 10 s.
    #[serde(with = "duration")]
    pub login: Duration,
    /// How long a packet may take to arrive once its first byte did, whatever the keep alive. Default: 30 s.
    #[serde(with = "duration")]
    pub packet_time: Duration,
    /// How long a client may be silent, whatever it promises. Default: 1,200 s.
    #[serde(with = "duration")]
    pub silence: Duration,
    /// How long the network may take to accept what is sent to a client. Default: 30 s.
    #[serde(with = "duration")]
    pub write: Duration,
    /// The longest client ID, in bytes. Default: 128.
    #[serde(with = "size")]
    pub client_id: usize,
    /// The longest topic of a request, in bytes. Default: 512.
    #[serde(with = "size")]
    pub topic: usize,
    /// The most levels of a topic. Default: 12.
    pub topic_levels: usize,
    /// The most filters in one SUBSCRIBE; those beyond are refused. Default: 32.
    pub filters_per_subscribe: usize,
    /// The most subscriptions of a connection. Default: 64.
    pub subscriptions: usize,
    /// The most QoS 1 and 2 messages of a connection that are not acknowledged yet, in each direction.
    /// Default: 100.
    pub in_flight: NonZeroU16,
    /// Messages of a connection per second; the ones beyond wait, unread. Default: 100.
    pub messages_per_second: NonZeroU32,
    /// The same in bytes. Default: 512 KiB.
    #[serde(with = "size")]
    pub bytes_per_second: NonZeroU32,
    /// How many seconds' worth of both may come at once. Default: 5.
    pub burst: NonZeroU32,
    /// The most connections. Default: 20,000.
    pub connections: usize,
    /// The most connections whose client is not logged in. Default: 2,000.
    pub connections_before_login: usize,
    /// The most connections from one address. Default: 256.
    pub connections_per_address: usize,
    /// The most connections a listener accepts per second; the others wait in its backlog. Default: 5,000.
    pub accepts_per_second: NonZeroU32,
    /// The most topic aliases of an MQTT 5 client. Default: 16.
    pub topic_aliases: u16,
    /// What only HTTP has.
    pub http: HttpLimits,
}

/// The limits of HTTP connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpLimits {
    /// How long the head of a request may take, from its first byte; of the first request, from the beginning
    /// of the connection. Default: 10 s.
    #[serde(with = "duration")]
    pub head_time: Duration,
    /// How long a body may take. Default: 30 s.
    #[serde(with = "duration")]
    pub body_time: Duration,
    /// The slowest body, in bytes per second, after a start of five seconds. Default: 1 KiB.
    #[serde(with = "size")]
    pub body_rate: u32,
    /// How long a connection may wait for the next request. Default: 60 s.
    #[serde(with = "duration")]
    pub idle: Duration,
    /// The most header fields. Default: 64.
    pub headers: usize,
    /// The largest head, in bytes. Default: 16 KiB.
    #[serde(with = "size")]
    pub head: usize,
    /// The largest body, in bytes. Default: 256 KiB.
    #[serde(with = "size")]
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet: const { NonZeroU32::new(256 * 1024).unwrap() },
            packet_before_login: const { NonZeroU32::new(8 * 1024).unwrap() },
            login: Duration::from_secs(10),
            packet_time: Duration::from_secs(30),
            silence: Duration::from_secs(1200),
            write: Duration::from_secs(30),
            client_id: 128,
            topic: 512,
            topic_levels: 12,
            filters_per_subscribe: 32,
            subscriptions: 64,
            in_flight: const { NonZeroU16::new(100).unwrap() },
            messages_per_second: const { NonZeroU32::new(100).unwrap() },
            bytes_per_second: const { NonZeroU32::new(512 * 1024).unwrap() },
            burst: const { NonZeroU32::new(5).unwrap() },
            connections: 20_000,
            connections_before_login: 2_000,
            connections_per_address: 256,
            accepts_per_second: const { NonZeroU32::new(5_000).unwrap() },
            topic_aliases: 16,
            http: HttpLimits::default(),
        }
    }
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            body_rate: 1024,
            idle: Duration::from_secs(60),
            headers: 64,
            head: 16 * 1024,
            body: 256 * 1024,
        }
    }
}
