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

/// Defines a struct that is an object on the wire: each field under its name in camel case, no field
/// twice, and no other field.
macro_rules! object {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $name:ident {
            $($(#[$field_attribute:meta])* $field_visible:vis $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
        $visible struct $name {
            $($(#[$field_attribute])* $field_visible $field: $type,)+
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                type Target = $name;

                #[derive(serde::Deserialize)]
                #[serde(remote = "Target", rename_all = "camelCase", deny_unknown_fields)]
                #[allow(dead_code, reason = "what is derived for it makes a Target")]
                struct Mirror {
                    $($(#[$field_attribute])* $field: $type,)+
                }

                Mirror::deserialize($crate::json::Object(deserializer))
            }
        }
    };
}
pub(crate) use object;
