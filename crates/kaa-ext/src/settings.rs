//! What [`Settings`](crate::Settings) are read with, in a file and in variables.
//!
//! ```
//! use std::time::Duration;
//!
//! use kaa_ext::settings::{duration, listed, set};
//! use kaa_ext::{Settings, Variable};
//! use serde::Deserialize;
//!
//! #[derive(Debug, Default, Deserialize)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct Heating {
//!     rooms: Vec<String>,
//!     #[serde(with = "duration")]
//!     pause: Duration,
//! }
//!
//! impl Settings for Heating {
//!     const VARIABLES: &[Variable<Self>] = &[
//!         Variable {
//!             name: "HEATING_ROOMS",
//!             expected: "names, separated by commas",
//!             set: |heating, text| set(&mut heating.rooms, listed(text)),
//!         },
//!         Variable {
//!             name: "HEATING_PAUSE",
//!             expected: duration::EXPECTED,
//!             set: |heating, text| set(&mut heating.pause, duration::parse(text)?),
//!         },
//!     ];
//! }
//! ```

pub use kaa_process::config::{apply, duration, listed, set, size};
