//! Numbers and truth values.

use super::Type;
use crate::avro::{Fault, Reader, Writer};

macro_rules! primitive_type {
    ($type:ty, $schema:literal, $read:ident, |$value:ident| $size:expr, |$output:ident| $write:expr) => {
        impl Type for $type {
            type Value<'a> = Self;

            fn schema() -> String {
                concat!("\"", $schema, "\"").into()
            }

            #[inline]
            fn read(input: &mut Reader<'_>) -> Result<Self, Fault> {
                input.$read()
            }

            #[inline]
            fn size($value: &Self) -> usize {
                $size
            }

            #[inline]
            fn write($value: &Self, $output: &mut Writer) {
                $write
            }
        }
    };
}

primitive_type!(i32, "int", int, |value| Writer::long_size((*value).into()), |output| output
    .long((*value).into()));
primitive_type!(i64, "long", long, |value| Writer::long_size(*value), |output| output.long(*value));
primitive_type!(bool, "boolean", boolean, |value| size_of_val(value), |output| output.boolean(*value));
primitive_type!(f32, "float", float, |value| size_of_val(value), |output| output.raw(&value.to_le_bytes()));
primitive_type!(f64, "double", double, |value| size_of_val(value), |output| output.raw(&value.to_le_bytes()));
