//! A request on its way to its route and back, within limits.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{Request, StatusCode, header};
use hyper::body::{Bytes, Incoming};
use tokio::time::timeout;
use tower_service::Service;
use utoipa_axum::router::OpenApiRouter;

use super::access::Access;
use super::problem::Problem;
use crate::request::received;

/// How long the body of a request may take to come.
const BODY: Duration = Duration::from_secs(10);

/// How long a handler may take: 30 s. One that waits for something has to say within that time that it did not come.
pub const HANDLER_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest body, in bytes: 1 MiB.
pub(super) const BODY_SIZE: usize = 1024 * 1024;

/// Where every request goes first.
#[derive(Debug)]
pub(super) struct Desk {
    access: Access,
    router: Router,
}

impl Desk {
    pub(super) fn new(access: Access, api: OpenApiRouter) -> Self {
        let (router, document) = api.split_for_parts();
        let document = Bytes::from(document.to_json().unwrap_or_default());
        let described = async move || ([(header::CONTENT_TYPE, "application/json")], document);
        let router = router
            .route("/openapi.json", axum::routing::get(described))
            .fallback(async || Problem::not_found("there is nothing here; /openapi.json lists what there is"))
            .method_not_allowed_fallback(async || {
                let detail = "this path has other methods; /openapi.json lists them";
                Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
            });
        Self { access, router }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response {
        let (head, body) = request.into_parts();
        if let Some(refusal) = self.access.refusal(&head) {
            return refusal;
        }
        match received(body, BODY_SIZE, BODY).await {
            Ok(body) => self.handled(Request::from_parts(head, Body::from(body))).await,
            Err(error) => Problem::of(error.status(), &error).into_response(),
        }
    }

    async fn handled(&self, request: Request<Body>) -> Response {
        let mut router = self.router.clone();
        // The handler is the service's own code, whose panic is no reason to leave the caller without an answer.
        let handling = AssertUnwindSafe(async { router.call(request).await }).catch_unwind();
        match timeout(HANDLER_TIMEOUT, handling).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Err(_)) => {
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the handler panicked; the log has more")
                    .into_response()
            }
            Err(_) => {
                let detail = format!("not done within {HANDLER_TIMEOUT:?}; it may be done all the same");
                Problem::new(StatusCode::GATEWAY_TIMEOUT, detail).into_response()
            }
        }
    }
}
