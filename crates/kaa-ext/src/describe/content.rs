//! What the types of a function say about its payloads.
//!
//! The code that an attribute writes asks each argument type, and the type of the answer. Mostly there is nothing to
//! say (an endpoint ID, a state), and a type of somebody else may have no schema, so it asks in three steps and takes
//! the first that the compiler can make: with a schema, with the name of the type, and nothing at all. Method calls
//! choose in this order by how many references have to be taken off the receiver.

use std::any::type_name;
use std::marker::PhantomData;

use bytes::Bytes;
use kaa_protocol::dcp::Samples;
use kaa_protocol::json::JsonPayload;
use serde::Serialize;
use serde_json::Value;

use super::schemas::Schemas;
use crate::extract::{DeviceJson, Json, Payload};
use crate::reply::{Holding, Reply};
use crate::status::SuccessStatus;

/// What a payload is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Content {
    /// Its media type, such as `application/json`.
    pub media_type: &'static str,
    /// The Rust type it is read into or written from; `None` for bytes as they are.
    #[serde(rename = "type")]
    pub type_name: Option<&'static str>,
    /// Whether it may be missing.
    pub optional: bool,
    /// Its JSON Schema, or a reference to one of [`Description::schemas`](super::Description::schemas); `None` when
    /// the type has none.
    pub schema: Option<Value>,
}

/// A type that says something about a payload: what an extractor takes, or what a function answers.
///
/// Implement it for an extractor or an answer of your own, and descriptions tell of it. It changes nothing else.
///
/// ```
/// use kaa_ext::describe::Carries;
/// use kaa_ext::prelude::*;
///
/// /// A payload that is signed.
/// struct Signed<T>(T);
///
/// impl<T> Carries for Signed<T> {
///     type Value = T;
///     const MEDIA_TYPE: Option<&'static str> = Some("application/jose");
/// }
/// ```
pub trait Carries {
    /// What the payload is read into or written from: its schema is that of the payload. [`Untyped`] for bytes.
    type Value;

    /// The media type of the payload; `None` when there is no payload.
    const MEDIA_TYPE: Option<&'static str>;

    /// Whether the payload may be missing.
    const IS_OPTIONAL: bool = false;

    /// Whether an answer chooses its own success status.
    const CHOOSES_STATUS: bool = false;

    /// Whether a function that returns it can fail for reasons of its own.
    const CAN_FAIL: bool = false;
}

/// The value of a payload that is bytes and nothing more.
#[derive(Debug)]
pub enum Untyped {}

macro_rules! carries {
    ($($type:ty: $value:ty, $media_type:expr;)*) => {$(
        impl Carries for $type {
            type Value = $value;
            const MEDIA_TYPE: Option<&'static str> = $media_type;
        }
    )*};
}

const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

carries! {
    (): Untyped, None;
    Payload: Untyped, Some(BYTES);
    Bytes: Untyped, Some(BYTES);
    Vec<u8>: Untyped, Some(BYTES);
    &'static [u8]: Untyped, Some(BYTES);
    String: Untyped, Some(TEXT);
    &'static str: Untyped, Some(TEXT);
    Samples: Samples, Some(JSON);
}

impl<T> Carries for Json<T> {
    type Value = T;
    const MEDIA_TYPE: Option<&'static str> = Some(JSON);
}

impl<T: JsonPayload> Carries for DeviceJson<T> {
    type Value = T;
    const MEDIA_TYPE: Option<&'static str> = Some(JSON);
    const IS_OPTIONAL: bool = !T::WHEN_EMPTY.is_empty();
}

/// Whatever the function makes of it.
impl Carries for Reply {
    type Value = Untyped;
    const MEDIA_TYPE: Option<&'static str> = Some(BYTES);
    const IS_OPTIONAL: bool = true;
    const CHOOSES_STATUS: bool = true;
}

impl<T: Carries> Carries for Option<T> {
    type Value = T::Value;
    const MEDIA_TYPE: Option<&'static str> = T::MEDIA_TYPE;
    const IS_OPTIONAL: bool = true;
    const CHOOSES_STATUS: bool = T::CHOOSES_STATUS;
    const CAN_FAIL: bool = T::CAN_FAIL;
}

impl<T: Carries> Carries for (SuccessStatus, T) {
    type Value = T::Value;
    const MEDIA_TYPE: Option<&'static str> = T::MEDIA_TYPE;
    const IS_OPTIONAL: bool = T::IS_OPTIONAL;
    const CHOOSES_STATUS: bool = true;
    const CAN_FAIL: bool = T::CAN_FAIL;
}

impl<T: Carries, H> Carries for Holding<T, H> {
    type Value = T::Value;
    const MEDIA_TYPE: Option<&'static str> = T::MEDIA_TYPE;
    const IS_OPTIONAL: bool = T::IS_OPTIONAL;
    const CHOOSES_STATUS: bool = T::CHOOSES_STATUS;
    const CAN_FAIL: bool = T::CAN_FAIL;
}

impl<T: Carries, E> Carries for Result<T, E> {
    type Value = T::Value;
    const MEDIA_TYPE: Option<&'static str> = T::MEDIA_TYPE;
    const IS_OPTIONAL: bool = T::IS_OPTIONAL;
    const CHOOSES_STATUS: bool = T::CHOOSES_STATUS;
    const CAN_FAIL: bool = true;
}

/// What one type says.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub(super) content: Option<Content>,
    pub(super) chooses_status: bool,
    pub(super) can_fail: bool,
}

impl Shape {
    /// Of a type nobody knows anything of.
    const UNKNOWN: Self = Self { content: None, chooses_status: true, can_fail: true };

    fn of<T: Carries>(schema: Option<Value>) -> Self {
        let name = type_name::<T::Value>();
        let content = T::MEDIA_TYPE.map(|media_type| Content {
            media_type,
            type_name: (name != type_name::<Untyped>()).then_some(name),
            optional: T::IS_OPTIONAL,
            schema,
        });
        Self { content, chooses_status: T::CHOOSES_STATUS, can_fail: T::CAN_FAIL }
    }
}

/// What the types of a resource say: those of its arguments that are no path parameters, and that of its answer.
#[derive(Debug)]
pub struct Shapes {
    /// Of the arguments, from left to right.
    pub arguments: Vec<Shape>,
    /// Of the answer.
    pub answer: Shape,
}

/// Stands for a type in a question about it.
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// Asks about `T`.
    pub const OF: Self = Self(PhantomData);
}

/// The first answer: a payload with a schema.
pub trait Known {
    /// What the type says.
    fn __shape(&self, schemas: &mut Schemas) -> Shape;
}

#[cfg(feature = "schema")]
impl<T: Carries<Value: schemars::JsonSchema>> Known for &&Probe<T> {
    fn __shape(&self, schemas: &mut Schemas) -> Shape {
        Shape::of::<T>(Some(schemas.of::<T::Value>()))
    }
}

/// The second: a payload.
pub trait Named {
    /// What the type says.
    fn __shape(&self, schemas: &mut Schemas) -> Shape;
}

impl<T: Carries> Named for &Probe<T> {
    fn __shape(&self, _: &mut Schemas) -> Shape {
        Shape::of::<T>(None)
    }
}

/// The last one.
pub trait Unknown {
    /// What the type says.
    fn __shape(&self, schemas: &mut Schemas) -> Shape;
}

impl<T> Unknown for Probe<T> {
    fn __shape(&self, _: &mut Schemas) -> Shape {
        Shape::UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use kaa_protocol::cmp::{AppliedRequest, ConfigRequest, ConfigResponse};

    use super::*;
    use crate::failure::Failure;

    macro_rules! shape {
        ($type:ty) => {
            (&&&Probe::<$type>::OF).__shape(&mut Schemas::default())
        };
    }

    struct Plain;

    #[test]
    fn a_type_without_a_schema_is_known_by_its_name() {
        let Shape { content: Some(content), chooses_status: false, can_fail: true } =
            shape!(Result<Json<Plain>, Failure>)
        else {
            panic!()
        };
        assert_eq!((content.media_type, content.optional), ("application/json", false));
        assert!(content.type_name.unwrap().ends_with("::Plain") && content.schema.is_none());
    }

    #[test]
    fn what_says_nothing_about_a_payload_may_be_anything() {
        assert_eq!(shape!(Plain), Shape::UNKNOWN);
        assert_eq!(shape!(Result<Plain, Failure>), Shape::UNKNOWN);
    }

    #[test]
    fn bytes_have_no_type_and_no_payload_has_no_content() {
        let bytes = shape!(Option<Payload>).content.unwrap();
        assert_eq!((bytes.media_type, bytes.type_name, bytes.optional), (BYTES, None, true));
        assert_eq!(shape!(()).content, None);
        assert!(shape!((SuccessStatus, ())).chooses_status);
    }

    #[test]
    fn a_payload_of_a_device_may_be_missing_when_its_protocol_says_so() {
        assert!(shape!(DeviceJson<ConfigRequest>).content.unwrap().optional);
        assert!(!shape!(DeviceJson<AppliedRequest>).content.unwrap().optional);
    }

    #[cfg(feature = "schema")]
    #[test]
    fn a_type_with_a_schema_is_told_with_it() {
        let content = shape!(Option<Json<Vec<u8>>>).content.unwrap();
        assert_eq!(content.schema.unwrap()["type"], "array");
        assert!(shape!(DeviceJson<ConfigRequest>).content.unwrap().schema.is_some());
        assert!(shape!(Samples).content.unwrap().schema.is_some());
        let held = shape!(Result<Holding<DeviceJson<ConfigResponse>, ()>, Failure>);
        assert!(held.content.unwrap().schema.is_some());
    }
}
