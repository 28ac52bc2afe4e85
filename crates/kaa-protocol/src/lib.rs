//! The Kaa protocols as Rust types: no async, no I/O, nothing but the wire.
//!
//! | module | what it speaks |
//! |---|---|
//! | [`name`] | the names that appear on the wire, each parsed once and trusted afterwards |
//! | [`subject`] | 3/ISM subjects and return addresses |

pub mod name;
pub mod subject;
