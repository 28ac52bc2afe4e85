//! `string` and `bytes`, borrowed from the datum or sharing its buffer.

use bytes::Bytes;
use bytestring::ByteString;

use super::Type;
use crate::avro::{Fault, Reader, Writer};

/// Avro `string`, read as a borrowed `&str`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text;

/// Avro `bytes`, read as a borrowed `&[u8]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binary;

macro_rules! bytes_type {
    ($type:ty, $value:ty, $schema:literal, |$input:ident| $read:expr, |$skipped:ident| $skip:expr, |$written:ident| $bytes:expr) => {
        impl Type for $type {
            type Value<'a> = $value;

            fn schema() -> String {
                concat!("\"", $schema, "\"").into()
            }

            #[inline]
            fn read<'a>($input: &mut Reader<'a>) -> Result<$value, Fault> {
                $read
            }

            #[inline]
            fn skip($skipped: &mut Reader<'_>) -> Result<(), Fault> {
                $skip.map(drop)
            }

            #[inline]
            fn size($written: &Self::Value<'_>) -> usize {
                Writer::bytes_size($bytes)
            }

            #[inline]
            fn write($written: &Self::Value<'_>, output: &mut Writer) {
                output.bytes($bytes);
            }
        }
    };
}

bytes_type!(Text, &'a str, "string", |input| input.text(), |input| input.text(), |value| value.as_bytes());
bytes_type!(Binary, &'a [u8], "bytes", |input| input.bytes(), |input| input.bytes(), |value| value);
bytes_type!(ByteString, ByteString, "string", |input| input.shared_text(), |input| input.text(), |value| {
    value.as_bytes()
});
bytes_type!(Bytes, Bytes, "bytes", |input| input.shared_bytes(), |input| input.bytes(), |value| value);
