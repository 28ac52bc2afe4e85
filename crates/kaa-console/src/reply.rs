//! Answers that are whole.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use kaa_process::admin::annex::Body;
use serde::Serialize;
use serde_json::json;

/// An answer.
pub(crate) type Reply = Response<Body>;

/// What a browser may do with the page: load the other parts of it from here, and ask here.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Nobody else's page may embed an answer, such as the stream of events in an image that never ends.
const EMBEDDED_BY: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));

/// An answer with the headers that all answers have.
pub(crate) fn reply(status: StatusCode, content_type: &'static str, body: Body) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(EMBEDDED_BY.0, EMBEDDED_BY.1);
    reply
}

/// An answer whose bytes are there.
pub(crate) fn whole(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    reply(status, content_type, Full::new(body.into()).map_err(|never| match never {}).boxed_unsync())
}

/// A value as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => whole(status, "application/json", body),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("the answer is no JSON: {error}")),
    }
}

/// Why there is no other answer: a sentence that says what to do.
pub(crate) fn refusal(status: StatusCode, sentence: &str) -> Reply {
    whole(status, "application/json", json!({ "error": sentence }).to_string())
}
