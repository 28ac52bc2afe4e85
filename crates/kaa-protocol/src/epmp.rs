//! 10/EPMP: how a device reads and writes the metadata of its endpoint.
//!
//! | resource path | request | answer |
//! |---|---|---|
//! | [`GET_KEYS`] | anything, it is not looked at | [`MetadataKeys`] |
//! | [`GET`] | [`GetRequest`], or zero bytes | [`Metadata`] |
//! | [`UPDATE`] | [`UpdateRequest`]: what the metadata is from now on | empty |
//! | [`UPDATE_KEYS`] | [`UpdateRequest`]: what changes in it | empty |
//! | [`DELETE_KEYS`] | [`DeleteKeysRequest`] | empty |
//!
//! A value is a [`RawJson`](crate::json::RawJson): a service stores it and hands it out again, so what
//! a device wrote is what a device reads, `1.0` and `1e400` included.
//!
//! ```
//! use kaa_protocol::epmp::{GetRequest, Metadata, UpdateRequest};
//! use kaa_protocol::json::JsonPayload;
//!
//! let update = UpdateRequest::from_json(br#"{"name": "Sensor 1", "height": 1.50}"#)?;
//! assert_eq!(update.0["height"].as_str(), "1.50");
//!
//! let request = GetRequest::from_json(br#"{"keys": ["height"]}"#)?;
//! let wanted = |key: &_| request.keys.as_ref().is_none_or(|keys| keys.0.contains(key));
//! let answer = Metadata(update.into_inner().0.into_iter().filter(|(key, _)| wanted(key)).collect());
//! assert_eq!(serde_json::to_string(&answer)?, r#"{"height":1.50}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod keys;
mod metadata;
mod non_empty;

pub use crate::name::MetadataKey;
pub use keys::{GetRequest, MetadataKeys};
pub use metadata::Metadata;
pub use non_empty::{DeleteKeysRequest, NonEmpty, UpdateRequest};

/// Where a device asks which keys there are.
pub const GET_KEYS: &str = "/get/keys";

/// Where a device asks for metadata.
pub const GET: &str = "/get";

/// Where a device replaces all metadata: keys that are not mentioned are removed.
pub const UPDATE: &str = "/update";

/// Where a device changes some metadata: keys that are not mentioned stay.
pub const UPDATE_KEYS: &str = "/update/keys";

/// Where a device removes keys.
pub const DELETE_KEYS: &str = "/delete/keys";

/// How many keys one payload may name.
pub const MAX_KEYS: usize = 1_000;
