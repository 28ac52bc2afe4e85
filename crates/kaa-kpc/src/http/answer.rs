//! Responses: 200 exactly for a success, and the error of 1/KP for everything else.

use std::fmt;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use kaa_protocol::kp1::ErrorPayload;

use crate::relay::Answer;

/// What hyper sends.
pub(super) type Reply = Response<Full<Bytes>>;

/// The reply to a request that an extension has answered.
///
/// A success is 200, whichever one it is, and its body the payload. A failure keeps its status code if that
/// says to every reader of HTTP that the request failed and that a body follows (4xx and 5xx); the
/// extension may write any number, and one that would say something else (an interim response, a redirect,
/// 304 without a body, 999) becomes 502. The number itself is in the body either way.
pub(super) fn reply(answer: Answer) -> Reply {
    match answer.error_payload() {
        None => success(answer.payload),
        Some(error) => failure(&error),
    }
}

fn success(payload: Bytes) -> Reply {
    // The payload is whatever the extension wrote. Unnamed, a browser would guess at what it is, and
    // might run it.
    let content_type = (!payload.is_empty()).then_some("application/octet-stream");
    let mut reply = Response::new(Full::new(payload));
    if let Some(content_type) = content_type {
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    reply
}

fn failure(error: &ErrorPayload) -> Reply {
    // A number and a text: it cannot fail.
    let body = serde_json::to_vec(error).unwrap_or_default();
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status(error.status_code);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

fn status(code: i32) -> StatusCode {
    let code = u16::try_from(code).ok().filter(|code| (400..600).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_GATEWAY)
}

/// The reply to a request that goes no further. Boxed: it is the seldom way.
#[derive(Debug)]
pub(super) struct Refusal(Box<Reply>);

impl Refusal {
    /// A refusal for this reason.
    pub(super) fn new(status: StatusCode, reason: impl fmt::Display) -> Self {
        let error = ErrorPayload { status_code: status.as_u16().into(), reason_phrase: reason.to_string() };
        Self(Box::new(failure(&error)))
    }

    /// 400, after which nothing that comes on the connection is to be trusted.
    pub(super) fn bad_request(reason: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason).closing()
    }

    /// The connection ends with it.
    #[must_use]
    pub(super) fn closing(self) -> Self {
        self.with(CONNECTION, HeaderValue::from_static("close"))
    }

    /// The same with one more field.
    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }

    pub(super) fn closes(&self) -> bool {
        self.0.headers().contains_key(CONNECTION)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        *refusal.0
    }
}

/// What is refused before an extension is asked.
impl From<Answer> for Refusal {
    fn from(answer: Answer) -> Self {
        let refusal = Self(Box::new(reply(answer)));
        if refusal.0.status() == StatusCode::BAD_REQUEST { refusal.closing() } else { refusal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status_code: i32) -> Answer {
        Answer { status_code, reason_phrase: "because".into(), payload: "payload".into() }
    }

    #[test]
    fn every_success_is_200() {
        for code in [200, 201, 204, 205, 206, 299] {
            let reply = reply(answer(code));
            assert_eq!(reply.status(), StatusCode::OK, "{code}");
            assert_eq!(reply.headers()[CONTENT_TYPE], "application/octet-stream");
        }
        let empty = reply(Answer { payload: Bytes::new(), ..answer(200) });
        assert!(empty.headers().is_empty());
    }

    #[test]
    fn a_number_that_http_cannot_carry_as_a_failure_is_502() {
        for (code, expected) in [
            (400, 400),
            (401, 401),
            (418, 418),
            (499, 499),
            (500, 500),
            (599, 599),
            (100, 502),
            (101, 502),
            (199, 502),
            (300, 502),
            (304, 502),
            (399, 502),
            (600, 502),
            (999, 502),
            (0, 502),
            (-1, 502),
            (i32::MIN, 502),
            (i32::MAX, 502),
            (65_936, 502),
        ] {
            let reply = reply(answer(code));
            assert_eq!(reply.status().as_u16(), expected, "{code}");
            assert_eq!(reply.headers()[CONTENT_TYPE], "application/json");
            assert!(!reply.headers().contains_key(CONNECTION));
        }
    }

    #[test]
    fn only_a_malformed_request_ends_the_connection() {
        for (code, closes) in [(400, true), (403, false), (404, false), (503, false)] {
            assert_eq!(Refusal::from(answer(code)).closes(), closes, "{code}");
        }
    }
}
