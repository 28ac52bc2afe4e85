//! Unions of a type and null, in both orders.

use std::marker::PhantomData;

use super::Type;
use crate::avro::{Fault, Reader, Writer};

/// `[T, "null"]`; an `Option<T>` is `["null", T]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrNull<T>(PhantomData<T>);

macro_rules! nullable {
    ($type:ty, null is $null:literal, value is $value:literal, $schema:literal) => {
        impl<T: Type> Type for $type {
            type Value<'a> = Option<T::Value<'a>>;

            fn schema() -> String {
                format!($schema, T::schema())
            }

            #[inline]
            fn read<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault> {
                if input.branch(1)? == $null { Ok(None) } else { T::read(input).map(Some) }
            }

            #[inline]
            fn skip(input: &mut Reader<'_>) -> Result<(), Fault> {
                if input.branch(1)? == $null { Ok(()) } else { T::skip(input) }
            }

            #[inline]
            fn size(value: &Self::Value<'_>) -> usize {
                Writer::BRANCH_SIZE + value.as_ref().map_or(0, T::size)
            }

            // For the reason that `Field::write_in` is.
            #[inline(always)]
            fn write(value: &Self::Value<'_>, output: &mut Writer) {
                match value {
                    None => output.branch($null),
                    Some(value) => {
                        output.branch($value);
                        T::write(value, output);
                    }
                }
            }
        }
    };
}

nullable!(Option<T>, null is 0, value is 1, r#"["null",{}]"#);
nullable!(OrNull<T>, null is 1, value is 0, r#"[{},"null"]"#);
