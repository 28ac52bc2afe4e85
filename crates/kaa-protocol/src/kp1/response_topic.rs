//! Where a device hears of it.

use std::fmt;

use super::error::{PathError, Problem};
use super::{EndpointAwareness, RequestPath};
use crate::name::ServiceInstance;

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Well: the payload is the extension's.
    Status,
    /// Not well: the payload is a status code and a reason.
    Error,
}

/// The MQTT topic of an answer or of a push: the request's topic and `/status` or `/error`.
///
/// A device hears nothing of a success it did not ask for, so a status without a request ID is
/// a push.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResponseTopic {
    /// What is answered; of a push, the resource it belongs to, without a request ID.
    pub request: RequestPath,
    /// How it went.
    pub outcome: Outcome,
}

impl ResponseTopic {
    /// Parses a topic as a device does that receives on it. `awareness` is asked about the extension
    /// the topic names.
    ///
    /// # Errors
    ///
    /// [`PathError`] when the topic ends otherwise, or names the request's level that is missing or
    /// wrong.
    ///
    /// ```
    /// use kaa_protocol::kp1::{EndpointAwareness, ResponseTopic};
    ///
    /// let topic = "kp1/v3/cmx/JFq3ZzTS/config/json/status";
    /// let push = ResponseTopic::parse(topic, |_| EndpointAwareness::Aware)?;
    /// assert!(push.is_push());
    /// assert_eq!(push.request.resource_path, "/config/json");
    /// assert_eq!(push.to_string(), topic);
    /// # Ok::<(), kaa_protocol::kp1::PathError>(())
    /// ```
    pub fn parse(
        topic: &str,
        awareness: impl FnOnce(&ServiceInstance) -> EndpointAwareness,
    ) -> Result<Self, PathError> {
        let (request, outcome) = match topic.rsplit_once('/') {
            Some((request, "status")) => (request, Outcome::Status),
            Some((request, "error")) => (request, Outcome::Error),
            _ => return Err(PathError::new("response topic", topic, Problem::Outcome)),
        };
        Ok(Self { request: RequestPath::from_topic(request, awareness)?, outcome })
    }

    /// Whether the device gets this without having asked.
    pub fn is_push(&self) -> bool {
        self.outcome == Outcome::Status && self.request.request_id.is_none()
    }
}

impl fmt::Display for ResponseTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Status => "status",
            Outcome::Error => "error",
        };
        write!(f, "{}/{outcome}", self.request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_pushes_print_and_parse() {
        for (topic, outcome, is_push) in [
            ("kp1/v1/dcx/token/json/42/status", Outcome::Status, false),
            ("kp1/v1/dcx/token/json/0/error", Outcome::Error, false),
            ("kp1/v1/dcx/token/json/error", Outcome::Error, false),
            ("kp1/v1/cmx/token/config/json/status", Outcome::Status, true),
            ("kp1/v1/cmx/token/status", Outcome::Status, true),
        ] {
            let response = ResponseTopic::parse(topic, |_| EndpointAwareness::Aware).unwrap();
            assert_eq!((response.outcome, response.is_push()), (outcome, is_push), "{topic}");
            assert_eq!(response.to_string(), topic);
        }
    }

    #[test]
    fn anything_else_is_not_a_response() {
        for topic in
            ["", "status", "/status", "kp1/v1/dcx/token/json/42", "kp1/status", "kp1/v1/dcx/t/STATUS"]
        {
            assert!(ResponseTopic::parse(topic, |_| EndpointAwareness::Aware).is_err(), "{topic}");
        }
    }
}
