//! What is on the bus, for somebody who meets it without its Rust type: from a subject to the records that may be there,
//! from a datum to named values, and back.

mod datum;
mod encode;
mod fields;
mod json;
mod place;
mod spec;

pub(crate) use datum::{Decoded, Undecoded, decode};
pub(crate) use encode::{EncodeError, encode, type_name};
pub(crate) use fields::fields;
pub(crate) use json::to_json;
pub(crate) use place::Place;
pub(crate) use spec::{Role, SPECS, Spec, Where};
