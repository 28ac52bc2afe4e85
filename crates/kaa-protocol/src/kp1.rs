//! 1/KP: the paths by which a device names what it wants, in MQTT topics and in URLs, and how it is
//! told that it cannot have it ([`ErrorPayload`]).
//!
//! | | MQTT topic | URL path |
//! |---|---|---|
//! | request | `kp1/<app version>/<extension>/<endpoint token><resource path>[/<request ID>]` | the same with a leading slash, percent-encoded, no request ID |
//! | its success | request topic + `/status` | the response |
//! | its failure | request topic + `/error` | the response |
//! | push | a success of a request without a request ID | not possible |
//!
//! An extension that knows no endpoints has no token level. The path does not say which kind it is:
//! whoever parses one has to know ([`EndpointAwareness`]).
//!
//! ```
//! use kaa_protocol::kp1::{EndpointAwareness, Outcome, RequestPath, ResponseTopic};
//!
//! let topic = "kp1/humidity-sensor-v3/dcx/JFq3ZzTS/json/42";
//! let request = RequestPath::from_topic(topic, |_| EndpointAwareness::Aware)?;
//! assert_eq!(request.extension, "dcx");
//! assert_eq!(request.endpoint.as_ref().unwrap(), "JFq3ZzTS");
//! assert_eq!(request.resource_path, "/json");
//! assert_eq!(request.request_id.map(|id| id.get()), Some(42));
//! assert_eq!(request.topic(), topic);
//! assert_eq!(request.url_path(), "/kp1/humidity-sensor-v3/dcx/JFq3ZzTS/json");
//!
//! let answer = ResponseTopic { request, outcome: Outcome::Status };
//! assert_eq!(answer.to_string(), "kp1/humidity-sensor-v3/dcx/JFq3ZzTS/json/42/status");
//! # Ok::<(), kaa_protocol::kp1::PathError>(())
//! ```

mod error;
mod error_payload;
mod percent;
mod request_id;
mod request_path;
mod resource_path;
mod response_topic;

pub use error::PathError;
pub use error_payload::ErrorPayload;
pub use request_id::{RequestId, RequestIdError};
pub use request_path::{EndpointAwareness, RequestPath};
pub use resource_path::ResourcePath;
pub use response_topic::{Outcome, ResponseTopic};
