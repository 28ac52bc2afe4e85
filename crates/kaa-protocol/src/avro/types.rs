//! The Avro types that records are made of, as marker types.
//!
//! A marker names a type of the schema; its Rust value is [`Type::Value`]. The order of a union is
//! part of the bytes, hence two markers for what is an `Option` either way: [`OrNull`] and
//! [`NullOr`] read as they are written, `["string","null"]` and `["null","string"]`.

use std::marker::PhantomData;

use super::{Fault, Reader, Writer};

/// One Avro type: its schema, and its values in and out of a datum.
pub(crate) trait Type {
    type Value<'a>;

    /// The type as JSON text.
    fn schema() -> String;

    fn read<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault>;

    /// The number of bytes that [`write`](Self::write) appends.
    fn size(value: &Self::Value<'_>) -> usize;

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

    #[inline]
    fn write_in(value: &Self::Value<'_>, _: R, output: &mut Writer) {
        T::write(value, output);
    }
}

/// `"string"`
pub(crate) struct Text;

impl Type for Text {
    type Value<'a> = &'a str;

    fn schema() -> String {
        r#""string""#.into()
    }

    #[inline]
    fn read<'a>(input: &mut Reader<'a>) -> Result<&'a str, Fault> {
        input.text()
    }

    #[inline]
    fn size(value: &&str) -> usize {
        Writer::bytes_size(value.as_bytes())
    }

    #[inline]
    fn write(value: &&str, output: &mut Writer) {
        output.bytes(value.as_bytes());
    }
}

/// `"bytes"`
pub(crate) struct Binary;

impl Type for Binary {
    type Value<'a> = &'a [u8];

    fn schema() -> String {
        r#""bytes""#.into()
    }

    #[inline]
    fn read<'a>(input: &mut Reader<'a>) -> Result<&'a [u8], Fault> {
        input.bytes()
    }

    #[inline]
    fn size(value: &&[u8]) -> usize {
        Writer::bytes_size(value)
    }

    #[inline]
    fn write(value: &&[u8], output: &mut Writer) {
        output.bytes(value);
    }
}

/// `"int"`
pub(crate) struct Int;

impl Type for Int {
    type Value<'a> = i32;

    fn schema() -> String {
        r#""int""#.into()
    }

    #[inline]
    fn read(input: &mut Reader<'_>) -> Result<i32, Fault> {
        input.int()
    }

    #[inline]
    fn size(value: &i32) -> usize {
        Writer::long_size((*value).into())
    }

    #[inline]
    fn write(value: &i32, output: &mut Writer) {
        output.long((*value).into());
    }
}

/// `"long"`
pub(crate) struct Long;

impl Type for Long {
    type Value<'a> = i64;

    fn schema() -> String {
        r#""long""#.into()
    }

    #[inline]
    fn read(input: &mut Reader<'_>) -> Result<i64, Fault> {
        input.long()
    }

    #[inline]
    fn size(value: &i64) -> usize {
        Writer::long_size(*value)
    }

    #[inline]
    fn write(value: &i64, output: &mut Writer) {
        output.long(*value);
    }
}

/// A union of `T` and null whose branch 0 is `NULL_FIRST ? null : T`. Spelled [`OrNull`] or [`NullOr`].
pub(crate) struct Nullable<T, const NULL_FIRST: bool>(PhantomData<T>);

/// `[T, "null"]`
pub(crate) type OrNull<T> = Nullable<T, false>;

/// `["null", T]`
pub(crate) type NullOr<T> = Nullable<T, true>;

impl<T: Type, const NULL_FIRST: bool> Type for Nullable<T, NULL_FIRST> {
    type Value<'a> = Option<T::Value<'a>>;

    fn schema() -> String {
        let schema = T::schema();
        if NULL_FIRST { format!(r#"["null",{schema}]"#) } else { format!(r#"[{schema},"null"]"#) }
    }

    #[inline]
    fn read<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault> {
        let is_null = (input.branch(1)? == 0) == NULL_FIRST;
        if is_null { Ok(None) } else { T::read(input).map(Some) }
    }

    #[inline]
    fn size(value: &Self::Value<'_>) -> usize {
        Writer::BRANCH_SIZE + value.as_ref().map_or(0, T::size)
    }

    #[inline]
    fn write(value: &Self::Value<'_>, output: &mut Writer) {
        output.branch(u8::from(value.is_some() == NULL_FIRST));
        if let Some(value) = value {
            T::write(value, output);
        }
    }
}
