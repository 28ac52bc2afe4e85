//! A collector of OpenTelemetry, as far as services see it: OTLP over HTTP, in protobuf.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use kaa_tests::patience::soon;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// A span, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) instance: String,
    pub(crate) name: String,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// Empty of one that has none.
    pub(crate) parent_id: String,
    pub(crate) state: String,
    pub(crate) kind: i32,
    pub(crate) is_error: bool,
    attributes: Vec<(String, String)>,
    of_service: Vec<(String, String)>,
}

impl Span {
    pub(crate) fn attribute(&self, key: &str) -> &str {
        find(&self.attributes, key).unwrap_or_else(|| panic!("no {key} in {self:?}"))
    }

    pub(crate) fn of_service(&self, key: &str) -> &str {
        find(&self.of_service, key).unwrap_or_else(|| panic!("no {key} in {self:?}"))
    }
}

fn find<'a>(attributes: &'a [(String, String)], key: &str) -> Option<&'a str> {
    attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// A collector at work, until it is dropped.
pub(crate) struct Collector {
    address: SocketAddr,
    spans: watch::Receiver<Vec<Span>>,
    serving: AbortHandle,
}

type Spans = Arc<Mutex<watch::Sender<Vec<Span>>>>;

impl Collector {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let (sender, spans) = watch::channel(Vec::new());
        let router = Router::new().route("/v1/traces", post(take)).with_state(Spans::new(Mutex::new(sender)));
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Self { address, spans, serving }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }

    /// The spans of this trace, once there are so many.
    pub(crate) async fn trace(&mut self, trace_id: &str, number: usize) -> Vec<Span> {
        let of_trace = |spans: &Vec<Span>| -> Vec<Span> {
            spans.iter().filter(|span| span.trace_id == trace_id).cloned().collect()
        };
        let enough = self.spans.wait_for(|spans| of_trace(spans).len() >= number);
        let spans = soon("the spans", enough).await.unwrap();
        of_trace(&spans)
    }

    /// All that came so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.spans.borrow().clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(spans): State<Spans>, head: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(head["content-type"], "application/x-protobuf");
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    let mut new = Vec::new();
    for of_resource in request.resource_spans {
        let of_service = texts(&of_resource.resource.unwrap_or_default().attributes);
        let said = |key: &str| find(&of_service, key).unwrap_or_default().to_owned();
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            new.push(Span {
                service: said("service.name"),
                instance: said("service.instance.id"),
                name: span.name,
                trace_id: hex(&span.trace_id),
                span_id: hex(&span.span_id),
                parent_id: hex(&span.parent_span_id),
                state: span.trace_state,
                kind: span.kind,
                is_error: span.status.is_some_and(|status| status.code == 2),
                attributes: texts(&span.attributes),
                of_service: of_service.clone(),
            });
        }
    }
    spans.lock().unwrap().send_modify(|spans| spans.extend(new));
    StatusCode::OK
}

fn texts(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), text(&attribute.value))).collect()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
