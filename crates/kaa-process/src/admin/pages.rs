//! What there is to read.

use std::fmt;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::body::Bytes;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::annex::{Body, Mounted};
use super::readiness::Readiness;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// What every port has: the path, and what is there.
const INDEX: [(&str, &str); 3] = [
    ("/health/live", "whether the process runs"),
    ("/health/ready", "whether it can serve, and what is missing"),
    ("/metrics", "figures, as OpenMetrics text"),
];

/// What a browser may do with a page: show it, in its own style.
const SHOW_ONLY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
);

pub(super) type Page = Response<Body>;

/// A page of the service's own.
pub(super) struct Extra {
    pub(super) path: &'static str,
    pub(super) media_type: &'static str,
    pub(super) about: &'static str,
    pub(super) write: Box<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extra").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The pages of one port.
#[derive(Debug)]
pub(super) struct Pages {
    registry: Registry,
    pub(super) readiness: Readiness,
    extras: Vec<Extra>,
    pub(super) annexes: Vec<Mounted>,
}

impl Pages {
    pub(super) fn new(
        registry: Registry,
        readiness: Readiness,
        extras: Vec<Extra>,
        annexes: Vec<Mounted>,
    ) -> Self {
        Self { registry, readiness, extras, annexes }
    }

    /// What is here, a line for each page.
    fn index(&self) -> String {
        let extras = self.extras.iter().map(|extra| (extra.path, extra.about));
        let annexes = self.annexes.iter().map(|annex| (annex.path, annex.about));
        let all: Vec<_> = INDEX.into_iter().chain(extras).chain(annexes).collect();
        let width = all.iter().map(|(path, _)| path.len()).max().unwrap_or_default();
        all.into_iter().map(|(path, about)| format!("{path:<width$}  {about}\n")).collect()
    }

    /// The page that was asked for. That of HEAD has a body as well, which the connection leaves out.
    pub(super) async fn get(&self, method: &Method, path: &str) -> Page {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut page = page(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET and HEAD\n");
            page.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return page;
        }
        match path {
            "/" => page(StatusCode::OK, TEXT, self.index()),
            "/health/live" => page(StatusCode::OK, JSON, r#"{"live":true}"#),
            "/health/ready" => self.ready().await,
            "/metrics" => self.metrics(),
            _ => match self.extras.iter().find(|extra| extra.path == path) {
                Some(extra) => {
                    let media_type = HeaderValue::from_static(extra.media_type);
                    page(StatusCode::OK, media_type, (extra.write)())
                }
                None => {
                    let text = format!("there is nothing here, but\n\n{}", self.index());
                    page(StatusCode::NOT_FOUND, TEXT, text)
                }
            },
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
    let mut page = Response::new(Full::new(body.into()).map_err(|never| match never {}).boxed_unsync());
    *page.status_mut() = status;
    page.headers_mut().insert(CONTENT_TYPE, content_type);
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page.headers_mut().insert(CONTENT_SECURITY_POLICY, SHOW_ONLY);
    page.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    page
}

fn broken(error: &dyn std::error::Error) -> Page {
    tracing::error!("the admin port cannot write a page: {error}");
    page(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "the page cannot be written; the log has more\n")
}
