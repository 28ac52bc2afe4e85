//! How a relay works.

use std::collections::HashMap;
use std::time::Duration;

use kaa_bus::Clock;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;
use kaa_protocol::name::{ReplicaId, ServiceInstance};

const KPC: ServiceInstance = ServiceInstance::from_static("kpc");

/// Who the relay is, and its bounds.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// The communication service it is a replica of. Default: `kpc`.
    pub instance: ServiceInstance,
    /// Which replica it is: a name that no other one in the cluster has, nor had. Default: `kpc-` and 64
    /// random bits.
    pub replica: ReplicaId,
    /// The extensions that do not speak 4/ESP. Default: none.
    pub dialects: HashMap<ServiceInstance, Dialect>,
    /// How long a request waits for its answer, which its message says, too. Default: 10 s.
    pub request_timeout: Duration,
    /// The most requests with a request ID that wait at once; one more gets 503. Default: 16,384.
    pub in_flight: usize,
    /// The same of one connection; one more gets 429. Default: 100.
    pub in_flight_per_connection: usize,
    /// The most requests without a request ID whose errors are still waited for. Of one more, the oldest
    /// is taken for a success. Default: 16,384.
    pub without_answer: usize,
    /// The most bytes of pinned requests that are kept for the case that their replica is gone. A request
    /// beyond them gets 503 then. Default: 64 MiB.
    pub kept_bytes: usize,
    /// The most endpoints of one connection; one more gets 429. All of them have to fit the one event
    /// that tells of its end. Default: 1,000.
    pub endpoints_per_connection: usize,
    /// The most sessions pinned to a replica of an extension; the oldest pin makes room. Default: 65,536.
    pub pins: usize,
    /// The most deliveries that wait for one connection. One more ends them: the client has lagged
    /// ([`Deliveries::has_lagged`](super::Deliveries::has_lagged)). Default: 1,000.
    pub outbox: usize,
    /// The same in bytes. A single delivery that is larger still fits when nothing else waits. Default:
    /// 1 MiB.
    pub outbox_bytes: usize,
    /// How long endpoints that come or go are collected before others are told. Default: 50 ms.
    pub presence_delay: Duration,
    /// How long [`Relay::taken`](super::Relay::taken) waits for the server. Default: 5 s.
    pub taken_timeout: Duration,
    /// The revision of the 4/ESP messages to extensions. Default: the seed.
    pub revision: Revision,
    /// Where timestamps come from. Default: the machine's clock.
    pub clock: Clock,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            instance: KPC,
            replica: ReplicaId::random(&KPC),
            dialects: HashMap::new(),
            request_timeout: Duration::from_secs(10),
            in_flight: 16_384,
            in_flight_per_connection: 100,
            without_answer: 16_384,
            kept_bytes: 64 << 20,
            endpoints_per_connection: 1000,
            pins: 65_536,
            outbox: 1000,
            outbox_bytes: 1 << 20,
            presence_delay: Duration::from_millis(50),
            taken_timeout: Duration::from_secs(5),
            revision: Revision::default(),
            clock: Clock::System,
        }
    }
}
