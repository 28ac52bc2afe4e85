//! What comes to a client.

use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use kaa_protocol::kp1::{ErrorPayload, Outcome, RequestPath, ResponseTopic};
use kaa_protocol::name::ServiceInstance;

use super::request::Asked;

/// Something for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// How a request went.
    Answer {
        /// How it was asked.
        asked: Asked,
        /// How it went.
        answer: Answer,
    },
    /// A message the client did not ask for.
    Push {
        /// The resource it belongs to, with the token the client last used for the endpoint.
        path: RequestPath,
        /// What the extension says, byte for byte.
        payload: Bytes,
    },
}

impl Delivery {
    /// The bytes it keeps alive.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Answer { asked, answer } => {
                asked.topic.len() + answer.reason_phrase.len() + answer.payload.len()
            }
            Self::Push { path, payload } => {
                let token = path.endpoint.as_ref().map_or(0, |token| token.as_str().len());
                path.app_version.as_str().len() + token + path.resource_path.as_str().len() + payload.len()
            }
        }
    }

    /// The MQTT topic it goes to.
    pub fn topic(&self) -> String {
        match self {
            Self::Answer { asked, answer } => format!("{}{}", asked.topic, answer.level()),
            Self::Push { path, .. } => {
                ResponseTopic { request: path.clone(), outcome: Outcome::Status }.to_string()
            }
        }
    }
}

/// How a request went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As an HTTP status code: that of the extension, or 413, 429, 503 or 504 of the relay's own. An
    /// extension may write any number.
    pub status_code: i32,
    /// The same for a person to read.
    pub reason_phrase: ByteString,
    /// What the extension says, byte for byte. Of an error, nobody is told.
    pub payload: Bytes,
}

impl Answer {
    /// That something is not done, and why.
    pub fn refused(status_code: i32, reason: impl Into<ByteString>) -> Self {
        Self { status_code, reason_phrase: reason.into(), payload: Bytes::new() }
    }

    /// Whether it is a success (2xx).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status_code)
    }

    /// What a client is told of a failure; `None` of a success, whose payload it gets.
    pub fn error_payload(&self) -> Option<ErrorPayload> {
        let error =
            || ErrorPayload { status_code: self.status_code, reason_phrase: self.reason_phrase.to_string() };
        (!self.is_success()).then(error)
    }

    fn level(&self) -> &'static str {
        if self.is_success() { "/status" } else { "/error" }
    }
}

/// Why the relay answers a request itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("nobody serves {0} now; try again later")]
    NobodyServes(ServiceInstance),
    #[error(
        "the communication service may not ask {0} on the message bus; its log says which permission is missing"
    )]
    Forbidden(ServiceInstance),
    #[error("no answer from {extension} within {timeout:?}")]
    TimedOut { extension: ServiceInstance, timeout: Duration },
    #[error("the message bus is away; try again later")]
    BusAway,
    #[error("the request is too large: {size} bytes with its names, at most {limit} can be carried")]
    TooLarge { size: usize, limit: usize },
    #[error("too many requests wait for answers; try again later")]
    Busy,
    #[error("{0} requests of this connection wait for answers; wait for one of them")]
    ConnectionBusy(usize),
    #[error("this connection speaks for {0} endpoints, and for no more; use another connection")]
    TooManyEndpoints(usize),
    #[error("the communication service is stopping; connect again")]
    Stopping,
    #[error("the names of the request do not fit a message to an extension")]
    Unwritable,
}

impl Refusal {
    fn status_code(&self) -> i32 {
        match self {
            Self::Unwritable => 400,
            Self::TooLarge { .. } => 413,
            Self::ConnectionBusy(_) | Self::TooManyEndpoints(_) => 429,
            Self::NobodyServes(_) | Self::Forbidden(_) | Self::BusAway | Self::Busy | Self::Stopping => 503,
            Self::TimedOut { .. } => 504,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::refused(refusal.status_code(), refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_to_the_topic_as_it_was_asked() {
        let asked = Asked { topic: "kp1/v1/dcx/t/json/03".into(), mark: 1 };
        let mut answer =
            Answer { status_code: 204, reason_phrase: "No Content".into(), payload: Bytes::new() };
        let topic =
            |answer: &Answer| Delivery::Answer { asked: asked.clone(), answer: answer.clone() }.topic();
        assert_eq!(topic(&answer), "kp1/v1/dcx/t/json/03/status");
        assert_eq!(answer.error_payload(), None);
        answer.status_code = 300;
        assert_eq!(topic(&answer), "kp1/v1/dcx/t/json/03/error");
        let error = ErrorPayload { status_code: 300, reason_phrase: "No Content".into() };
        assert_eq!(answer.error_payload(), Some(error));
    }

    #[test]
    fn what_the_relay_says_itself_is_an_error_with_a_reason() {
        let extension = ServiceInstance::from_static("dcx");
        let timeout = Duration::from_secs(30);
        for (refusal, expected) in [
            (Refusal::NobodyServes(extension.clone()), "503 nobody serves dcx now; try again later"),
            (Refusal::TimedOut { extension, timeout }, "504 no answer from dcx within 30s"),
            (
                Refusal::ConnectionBusy(100),
                "429 100 requests of this connection wait for answers; wait for one of them",
            ),
        ] {
            let answer = Answer::from(refusal);
            assert!(!answer.is_success());
            assert_eq!(format!("{} {}", answer.status_code, answer.reason_phrase), expected);
        }
    }
}
