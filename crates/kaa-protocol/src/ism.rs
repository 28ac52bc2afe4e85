//! 3/ISM: what all messages between services have in common.
//!
//! | trait | what it is | where it goes |
//! |---|---|---|
//! | [`Message`] | any record with a correlation ID and a time | |
//! | [`Request`] | asks one service; has a response type | the service's subject, its answer to the asker's replica |
//! | [`Event`] | tells everybody who listens | the subject of what happened, from whom |
//! | [`Awaited`] | an event whose receivers confirm it | the same; the receipts to the sender's replica |
//!
//! The subject follows from the type, so there is none to mistype:
//!
//! ```
//! use kaa_protocol::cdtp::{ConfigRequest, ConfigUpdated};
//! use kaa_protocol::ism::{Event, Request};
//! use kaa_protocol::name::ServiceInstance;
//! use kaa_protocol::subject::Target;
//!
//! let provider = ServiceInstance::from_static("cdp");
//! let updated = ConfigUpdated { endpoint_id: "ep-1".into(), ..ConfigUpdated::default() };
//! assert_eq!(updated.subject(&provider)?.to_string(), "kaa.v1.events.cdp.endpoint.config.updated");
//!
//! let subject = ConfigRequest::ADDRESS.subject(&Target::Service(provider));
//! assert_eq!(subject.unwrap(), "kaa.v1.service.cdp.cdtp.request");
//! # Ok::<(), kaa_protocol::name::NameError>(())
//! ```

mod address;
mod event;
mod message;
mod request;
mod text;
mod validity;

pub use address::Address;
pub use event::{Awaited, Event};
pub use message::{Header, Message, peek_correlation_id};
pub use request::{Outcome, Request};
pub use validity::InvalidField;

pub(crate) use event::event;
pub(crate) use message::message;
pub(crate) use request::request;
pub(crate) use text::OptionalText;
pub(crate) use validity::{expires_at, request_id};
