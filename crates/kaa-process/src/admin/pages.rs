//! What there is to read.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::readiness::Readiness;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

const INDEX: &str = "\
/health/live   whether the process runs
/health/ready  whether it can serve, and what is missing
/metrics       figures, as OpenMetrics text
";

pub(super) type Page = Response<Full<Bytes>>;

/// The pages of one port.
#[derive(Debug)]
pub(super) struct Pages {
    registry: Registry,
    pub(super) readiness: Readiness,
}

impl Pages {
    pub(super) fn new(registry: Registry, readiness: Readiness) -> Self {
        Self { registry, readiness }
    }

    /// The page that was asked for. That of HEAD has a body as well, which the connection leaves out.
    pub(super) async fn get(&self, method: &Method, path: &str) -> Page {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut page = page(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n");
            page.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return page;
        }
        match path {
            "/" => page(StatusCode::OK, TEXT, INDEX),
            "/health/live" => page(StatusCode::OK, JSON, r#"{"live":true}"#),
            "/health/ready" => self.ready().await,
            "/metrics" => self.metrics(),
            _ => page(StatusCode::NOT_FOUND, TEXT, format!("there is nothing here, but\n\n{INDEX}")),
        }
    }

    async fn ready(&self) -> Page {
        let report = self.readiness.report().await;
        let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        match serde_json::to_vec(&report) {
            Ok(body) => page(status, JSON, body),
            Err(error) => broken(&error),
        }
    }

    fn metrics(&self) -> Page {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => page(StatusCode::OK, OPEN_METRICS, text),
            Err(error) => broken(&error),
        }
    }
}

fn page(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Page {
    let mut page = Response::new(Full::new(body.into()));
    *page.status_mut() = status;
    page.headers_mut().insert(CONTENT_TYPE, content_type);
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

fn broken(error: &dyn std::error::Error) -> Page {
    tracing::error!("the admin port cannot write a page: {error}");
    page(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "the page cannot be written; the log has more\n")
}
