//! Spans on their way to a collector.
//!
//! A span that ends goes into a queue of bounded length, from which a thread of its own takes many at once. Nothing
//! here holds up a message: with the queue full, or the collector away, spans are lost and nothing else; that they
//! are is said in the log.

#[cfg(feature = "otel")]
#[path = "collector.rs"]
mod collector;
#[cfg_attr(feature = "otel", path = "pipeline.rs")]
#[cfg_attr(not(feature = "otel"), path = "no_pipeline.rs")]
mod pipeline;
#[cfg(feature = "otel")]
#[path = "room.rs"]
mod room;
// What it does is tested in every build.
#[cfg(all(feature = "otel", test))]
#[allow(dead_code, reason = "there is another one in this build")]
#[path = "no_pipeline.rs"]
mod without;

use std::time::Duration;

use kaa_protocol::name::{ReplicaId, ServiceInstance};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::TracingConfig;
use pipeline::Pipeline;

/// How long the last spans may take to the collector when the process ends.
const FLUSH: Duration = Duration::from_secs(2);

/// Why spans cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracingError {
    /// There is no exporter in this program.
    #[error(
        "tracing.endpoint is set, but this program was built without the feature `otel`; build it with that feature, \
         or take the entry away"
    )]
    NotBuiltIn,
    /// The exporter does not take its settings.
    #[error("spans cannot be sent to tracing.endpoint: {0}")]
    Exporter(String),
}

/// Who decides whether a request is recorded that belongs to a trace already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decides {
    /// Who sent it: another service.
    Sender,
    /// This service: those who send are strangers, who could have everything recorded.
    Service,
}

/// The exporter of a process.
#[derive(Debug)]
pub struct Export(Pipeline);

impl Export {
    /// Starts it, if the configuration names a collector.
    ///
    /// # Errors
    ///
    /// [`TracingError`]. That the collector cannot be reached is none: it is a warning in the log, once until it can.
    pub fn start(
        config: &TracingConfig,
        instance: &ServiceInstance,
        replica: &ReplicaId,
        decides: Decides,
    ) -> Result<Option<Self>, TracingError> {
        let Some(endpoint) = &config.endpoint else { return Ok(None) };
        Pipeline::start(endpoint, config, (instance, replica), decides).map(|pipeline| Some(Self(pipeline)))
    }

    /// What hands spans over to it, for a subscriber that a program puts together itself.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        self.0.layer()
    }

    /// Sends the last spans, and ends, within two seconds. What is left is lost.
    pub async fn finish(self) {
        if tokio::time::timeout(FLUSH, self.0.finish(FLUSH)).await != Ok(true) {
            tracing::warn!("the last spans have not reached the collector");
        }
    }
}
