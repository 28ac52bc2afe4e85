//! The exporter, on OpenTelemetry's SDK: the only place that speaks to it beside `context`.

use std::sync::Arc;
use std::time::Duration;

use kaa_protocol::name::{ReplicaId, ServiceInstance};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use super::collector::Collector;
use super::room::{Entrance, Exit, QUEUE, Room};
use super::{Decides, TracingError};
use crate::trace::{CollectorUrl, TARGET, TracingConfig};

/// How many are sent at once, and how long the first of them waits for the others.
const BATCH: usize = 512;
const DELAY: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Pipeline(SdkTracerProvider);

impl Pipeline {
    pub(super) fn start(
        endpoint: &CollectorUrl,
        config: &TracingConfig,
        (instance, replica): (&ServiceInstance, &ReplicaId),
        decides: Decides,
    ) -> Result<Self, TracingError> {
        let collector = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new(endpoint))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.to_string())
            // Whoever is tried again holds up those behind it.
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| TracingError::Exporter(error.to_string()))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let room = Arc::new(Room::default());
        let exit = Exit { room: room.clone(), collector };
        let queue = BatchSpanProcessor::builder(exit).with_batch_config(batches).build();
        let ours = Sampler::TraceIdRatioBased(config.ratio.get());
        let sampler = match decides {
            Decides::Sender => Sampler::ParentBased(Box::new(ours)),
            Decides::Service => ours,
        };
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_resource(resource(config, instance, replica))
            .with_span_processor(Entrance { room, queue })
            .build();
        Ok(Self(provider))
    }

    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        // Spans of requests, and of handlers what they think worth telling. What is logged stays in the log.
        let wanted = Targets::new().with_default(Level::INFO).with_target(TARGET, Level::DEBUG);
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("kaa"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(wanted.and(filter_fn(|metadata| !metadata.is_event())))
    }

    /// Whether everything was sent.
    pub(super) async fn finish(self, within: Duration) -> bool {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(within));
        ended.await.is_ok_and(|ended| ended.is_ok())
    }
}

/// Who sends the spans.
fn resource(config: &TracingConfig, instance: &ServiceInstance, replica: &ReplicaId) -> Resource {
    let name = config.service_name.clone().unwrap_or_else(|| instance.to_string());
    let attributes = config.attributes.iter();
    // What is given goes first, so that nobody can say to be another replica by mistake.
    Resource::builder_empty()
        .with_attributes(
            attributes.map(|attribute| KeyValue::new(attribute.key.clone(), attribute.value.clone())),
        )
        .with_attribute(KeyValue::new("service.instance.id", replica.to_string()))
        .with_service_name(name)
        .build()
}
