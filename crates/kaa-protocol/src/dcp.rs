//! 2/DCP: what a device measured.
//!
//! | resource path | request | answer |
//! |---|---|---|
//! | [`JSON`] | [`Samples`]: a batch, or one sample | empty |
//! | [`PLAIN`]`/<metric>` | a number and its unit: [`plain_sample`] | empty |
//!
//! A sample is any JSON value. What it means is between the device and whoever receives it: its bytes
//! are passed on as they are.

mod iter;
mod plain;
mod samples;

pub use iter::{IntoIter, Iter};
pub use plain::plain_sample;
pub use samples::{Limits, Samples};

/// Where a device sends samples.
pub const JSON: &str = "/json";

/// Where a device sends a number as plain text; the metric follows as another level.
pub const PLAIN: &str = "/plain";
