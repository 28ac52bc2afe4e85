//! The Avro types that records are made of.
//!
//! A type of the schema is named by a Rust type; its Rust value is [`Type::Value`]. Most name
//! themselves. [`Text`] and [`Binary`] are the exceptions: they are read as a borrowed `&str` and
//! `&[u8]`, where `ByteString` and `Bytes` share the buffer and may be kept.

mod nullable;
mod primitive;
mod text;

pub use nullable::OrNull;
pub use text::{Binary, Text};

use std::fmt::Debug;

use super::{Fault, Reader, Writer};

/// `["null", T]`: the order of a union is part of its bytes, so it is read as it is written here,
/// beside [`OrNull`].
pub(crate) type NullOr<T> = Option<T>;

/// One Avro type: its schema, and its values in and out of a datum.
pub trait Type {
    /// A value, possibly borrowed from the datum.
    type Value<'a>: Debug + Clone + PartialEq;

    /// The type as JSON text.
    fn schema() -> String;

    /// Reads one value.
    ///
    /// # Errors
    ///
    /// [`Fault`] says what is wrong and where.
    fn read<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault>;

    /// Checks one value and moves past it, without keeping anything.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    #[inline]
    fn skip(input: &mut Reader<'_>) -> Result<(), Fault> {
        Self::read(input).map(drop)
    }

    /// The number of bytes that [`write`](Self::write) appends.
    fn size(value: &Self::Value<'_>) -> usize;

    /// Appends one value.
    fn write(value: &Self::Value<'_>, output: &mut Writer);
}

/// A field of a record with revisions `R`. Most fields are a [`Type`] in all of them; one that is
/// not says here what differs.
pub(crate) trait Field<R> {
    type Value<'a>;

    /// The type as JSON text; `None` in a revision without this field.
    fn schema_in(revision: R) -> Option<String>;

    /// Reads the field of any revision.
    fn read_any<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault>;

    /// The number of bytes that [`write_in`](Self::write_in) appends, or why this revision cannot carry
    /// the value. Every field is measured before the first is written.
    fn size_in(value: &Self::Value<'_>, revision: R) -> Result<usize, &'static str>;

    fn write_in(value: &Self::Value<'_>, revision: R, output: &mut Writer);
}

impl<R, T: Type> Field<R> for T {
    type Value<'a> = T::Value<'a>;

    fn schema_in(_: R) -> Option<String> {
        Some(T::schema())
    }

    #[inline]
    fn read_any<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault> {
        T::read(input)
    }

    #[inline]
    fn size_in(value: &Self::Value<'_>, _: R) -> Result<usize, &'static str> {
        Ok(T::size(value))
    }

    // LLVM would rather call what a record needs several times; the calls are a tenth of the encoding.
    #[inline(always)]
    fn write_in(value: &Self::Value<'_>, _: R, output: &mut Writer) {
        T::write(value, output);
    }
}
