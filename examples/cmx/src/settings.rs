//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_ext::protocol::name::ServiceInstance;
use kaa_ext::settings::duration;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// The service instance that has the configurations. Default: `cdp`.
    pub provider: ServiceInstance,
    /// What it speaks. Default: `cdtp`.
    pub protocol: Protocol,
    /// How long the provider may take for an answer. Default: 5 s.
    #[serde(with = "duration")]
    pub request_timeout: Duration,
    /// How long an endpoint that is not heard of is kept in mind. Default: 7 days.
    #[serde(with = "duration")]
    pub endpoint_ttl: Duration,
    /// How many endpoints are kept in mind, those of other replicas included; the one not heard of for longest makes room. Default: 100,000.
    pub max_endpoints: NonZeroUsize,
    /// How often the replicas tell each other that they are there. One that is silent for three of them is taken
    /// for dead. Default: 2 s.
    #[serde(with = "duration")]
    pub heartbeat: Duration,
}

/// A protocol between this service and its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// 6/CDTP, of today.
    Cdtp,
    /// 5/CMX2CDP, of the first platform: versions are numbers, and configurations have no names.
    Cmx2Cdp,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            provider: ServiceInstance::from_static("cdp"),
            protocol: Protocol::Cdtp,
            request_timeout: Duration::from_secs(5),
            endpoint_ttl: Duration::from_secs(7 * 24 * 3600),
            max_endpoints: NonZeroUsize::MIN.saturating_add(99_999),
            heartbeat: Duration::from_secs(2),
        }
    }
}

/// The shortest heartbeat: below it, replicas would take each other for dead for being scheduled late.
const SHORTEST_HEARTBEAT: Duration = Duration::from_millis(50);

/// A setting that cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("extension.{entry} is {is:?}; expected at least {least:?}")]
pub(crate) struct TooShort {
    entry: &'static str,
    is: Duration,
    least: Duration,
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), TooShort> {
        let shortest = Duration::from_millis(1);
        for (entry, is, least) in [
            ("request-timeout", self.request_timeout, shortest),
            ("endpoint-ttl", self.endpoint_ttl, shortest),
            ("heartbeat", self.heartbeat, SHORTEST_HEARTBEAT),
        ] {
            if is < least {
                return Err(TooShort { entry, is, least });
            }
        }
        Ok(())
    }
}
