//! No exporter: this program was built without one.

use std::convert::Infallible;
use std::time::Duration;

use kaa_protocol::name::{ReplicaId, ServiceInstance};
use tracing_subscriber::layer::Identity;

use super::{Decides, TracingError};
use crate::trace::{CollectorUrl, TracingConfig};

#[derive(Debug)]
pub(super) struct Pipeline(Infallible);

impl Pipeline {
    pub(super) fn start(
        _: &CollectorUrl,
        _: &TracingConfig,
        _: (&ServiceInstance, &ReplicaId),
        _: Decides,
    ) -> Result<Self, TracingError> {
        Err(TracingError::NotBuiltIn)
    }

    pub(super) fn layer(&self) -> Identity {
        match self.0 {}
    }

    pub(super) async fn finish(self, _: Duration) -> bool {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_that_nothing_can_be_sent_to_is_an_error_that_says_what_to_do() {
        let endpoint = "http://127.0.0.1:4318/v1/traces".parse().unwrap();
        let who = (&ServiceInstance::from_static("dcx"), &ReplicaId::from_static("dcx-0"));
        let error = Pipeline::start(&endpoint, &TracingConfig::default(), who, Decides::Sender).unwrap_err();
        for part in ["tracing.endpoint", "feature `otel`", "take the entry away"] {
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
    }
}
