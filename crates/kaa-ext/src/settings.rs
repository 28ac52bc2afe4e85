//! What the fields of [`Settings`](trait@crate::Settings) are read and written with.
//!
//! ```
//! use std::time::Duration;
//!
//! use kaa_ext::Settings;
//! use kaa_ext::settings::duration;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Default, Serialize, Deserialize, Settings)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct Heating {
//!     /// The rooms that are heated.
//!     rooms: Vec<String>,
//!     /// How long it rests after a failure.
//!     #[serde(with = "duration")]
//!     pause: Duration,
//! }
//! ```
//!
//! That is all: in the program `heating` these are `extension.rooms` and `extension.pause` of the file, the variables
//! `HEATING_ROOMS` and `HEATING_PAUSE`, the flags `--extension.rooms` and `--extension.pause`, and `--help` says what
//! they mean.

pub use kaa_process::config::{duration, size};
