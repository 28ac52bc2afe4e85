//! 7/CMP: how a device gets its configuration and says what became of it.
//!
//! | resource path | request | answer |
//! |---|---|---|
//! | [`CONFIG`], [`CONFIG`]`/<config name>` | [`ConfigRequest`], or zero bytes | [`ConfigResponse`]; pushed as well |
//! | [`APPLIED`], [`APPLIED`]`/<config name>` | [`AppliedRequest`] | empty |
//!
//! The name of a configuration is a [`ConfigName`](crate::name::ConfigName).
//!
//! ```
//! use kaa_protocol::cmp::{ConfigRequest, ConfigResponse};
//! use kaa_protocol::json::{JsonPayload, RawJson};
//!
//! let request = ConfigRequest::from_json(br#"{"configId": "97016dbe", "observe": true}"#)?;
//! let answer = if request.config_id.as_deref() == Some("c9f0f895") {
//!     ConfigResponse::Unchanged
//! } else {
//!     ConfigResponse::Changed {
//!         config_id: "c9f0f895".into(),
//!         config: RawJson::from_json(br#"{"sampling": 200.0}"#)?,
//!     }
//! };
//! assert_eq!(serde_json::to_string(&answer)?, r#"{"configId":"c9f0f895","config":{"sampling": 200.0}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod applied;
mod config;

pub use applied::AppliedRequest;
pub use config::{ConfigRequest, ConfigResponse};

/// Where a device asks for its configuration, and where it is pushed.
pub const CONFIG: &str = "/config/json";

/// Where a device says what became of a configuration.
pub const APPLIED: &str = "/applied/json";
