//! What is on the bus, for somebody who meets it without its Rust type: from a subject to the records that may be there,
//! from a datum to named values, and back.

mod datum;
mod encode;
mod fields;
mod json;
mod place;
mod schema;
mod spec;
mod value;

pub use datum::{Decoded, Undecoded, decode};
pub use encode::{EncodeError, encode};
pub use fields::{FieldInfo, fields};
pub use json::to_json;
pub use place::Place;
pub use spec::{Role, SPECS, Spec, Where};
pub use value::Value;
