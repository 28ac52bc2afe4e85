//! Structs that are read from objects and from nothing else.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Asks for a map where a derived `Deserialize` asks for a struct: a derive takes `["x", true]` for a
/// struct of two fields as well, and `[]` for one whose fields are optional.
pub(crate) struct Object<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Object<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// `Deserialize` for structs that derive it with `#[serde(remote = "Self")]`.
macro_rules! object {
    ($($name:ident),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize($crate::json::Object(deserializer))
            }
        }
    )+};
}
pub(crate) use object;
