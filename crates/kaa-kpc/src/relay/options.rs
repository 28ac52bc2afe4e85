//! How a relay works.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use kaa_bus::Clock;
use kaa_protocol::esp::Revision;
use kaa_protocol::name::{ReplicaId, ServiceInstance};

/// Who the relay is, and its bounds.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// The communication service it is a replica of. Default: `kpc`.
    pub instance: ServiceInstance,
    /// Which replica it is: a name that no other one in the cluster has, nor had. Default: `kpc-` and 64
    /// random bits.
    pub replica: ReplicaId,
    /// How long a request waits for its answer, which its message says, too. Default: 30 s.
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
    /// How long endpoints that come or go are collected before others are told. Default: 50 ms.
    pub presence_delay: Duration,
    /// The revision of the messages to extensions. Default: the seed.
    pub revision: Revision,
    /// Where timestamps come from. Default: the machine's clock.
    pub clock: Clock,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            instance: const { ServiceInstance::from_static("kpc") },
            replica: random_replica(),
            request_timeout: Duration::from_secs(30),
            in_flight: 16_384,
            in_flight_per_connection: 100,
            without_answer: 16_384,
            kept_bytes: 64 << 20,
            endpoints_per_connection: 1000,
            pins: 65_536,
            presence_delay: Duration::from_millis(50),
            revision: Revision::default(),
            clock: Clock::System,
        }
    }
}

/// A replica that restarts is another replica: what comes for the former one finds nobody.
fn random_replica() -> ReplicaId {
    // Every `RandomState` of a process is keyed differently, from the system's randomness.
    let random = RandomState::new().hash_one(std::process::id());
    // Of visible ASCII by construction.
    format!("kpc-{random:016x}").parse().unwrap_or(const { ReplicaId::from_static("kpc") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_replicas_have_the_same_name() {
        let [first, second] = [RelayOptions::default(), RelayOptions::default()];
        assert_ne!(first.replica, second.replica);
        assert_eq!(first.replica.as_str().len(), "kpc-".len() + 16);
    }
}
