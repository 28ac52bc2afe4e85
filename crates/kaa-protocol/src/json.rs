//! What the JSON payloads of all device protocols have in common.
//!
//! A payload comes from a stranger, so every one is read by the same rules
//! ([`JsonPayload::from_json`]):
//!
//! - at most [`MAX_NESTING`] arrays and objects inside each other, whoever is to read them next;
//! - fields that the RFC does not know, and fields that occur twice, are errors; so is an array
//!   where the RFC has an object;
//! - a value that is only passed on, such as a configuration, is a [`RawJson`]: it keeps its text;
//! - an error says which payload it was, where in it, and what was expected ([`PayloadError`]).
//!
//! Writing takes nothing but `serde_json::to_vec`.
//!
//! ```
//! use kaa_protocol::cmp::ConfigRequest;
//! use kaa_protocol::json::JsonPayload;
//!
//! let request = ConfigRequest::from_json(br#"{"observe": true}"#)?;
//! assert_eq!(request.observe, Some(true));
//!
//! let error = ConfigRequest::from_json(br#"{"observ": true}"#).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "not a 7/CMP config request: unknown field `observ`, expected `configId` or `observe` \
//!      at line 1 column 9; expected nothing or {configId?: string, observe?: boolean}",
//! );
//! # Ok::<(), kaa_protocol::json::PayloadError>(())
//! ```

mod error;
mod object;
mod outline;
mod payload;
mod raw;
#[cfg(feature = "schema")]
mod schema;

pub use error::PayloadError;
pub(crate) use object::{Object, object};
pub(crate) use outline::{Mark, Outline};
pub use payload::{JsonPayload, MAX_NESTING};
pub(crate) use payload::{Kind, read};
pub use raw::RawJson;
pub(crate) use raw::present;
