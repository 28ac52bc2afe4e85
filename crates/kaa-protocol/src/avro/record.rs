//! A record: one definition, everything else follows.

use bytes::Bytes;

use super::{DecodeError, EncodeError, Reader, Writer};

/// A record of a protocol, borrowed from the datum it was read from.
///
/// `Revision` names the versions of its schema that are on the wire. Reading takes any of them;
/// writing needs to be told which.
pub trait Record<'a>: Sized {
    /// The versions of the schema.
    type Revision: Copy;

    /// The record's name in its schema, without the namespace.
    const NAME: &'static str;

    /// The Avro schema of a revision, as JSON text.
    fn schema(revision: Self::Revision) -> String;

    /// Reads the record and leaves `input` behind its last known field.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the field, the byte and the problem.
    fn read(input: &mut Reader<'a>) -> Result<Self, DecodeError>;

    /// The size of the datum, in bytes.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a field has a value that `revision` cannot carry.
    fn size(&self, revision: Self::Revision) -> Result<usize, EncodeError>;

    /// Appends the datum. What [`size`](Self::size) refuses is not to be written.
    fn write(&self, revision: Self::Revision, output: &mut Writer);

    /// Reads a datum of any revision and counts the bytes behind it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the field, the byte and the problem.
    #[inline]
    fn decode(datum: &'a [u8]) -> Result<Decoded<Self>, DecodeError> {
        let mut input = Reader::new(datum);
        let record = Self::read(&mut input)?;
        Ok(Decoded { record, trailing: input.rest().len() })
    }

    /// Reads a datum of any revision that ends with the record.
    ///
    /// # Errors
    ///
    /// Those of [`decode`](Self::decode), and [`Problem::TrailingBytes`](super::Problem::TrailingBytes).
    #[inline]
    fn decode_strict(datum: &'a [u8]) -> Result<Self, DecodeError> {
        let Decoded { record, trailing } = Self::decode(datum)?;
        if trailing == 0 {
            Ok(record)
        } else {
            Err(DecodeError::trailing(Self::NAME, datum.len() - trailing, trailing))
        }
    }

    /// The datum of a revision, in one allocation of its exact size.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a field has a value that `revision` cannot carry.
    #[inline]
    fn encode(&self, revision: Self::Revision) -> Result<Bytes, EncodeError> {
        let mut output = Writer::with_size(self.size(revision)?);
        self.write(revision, &mut output);
        Ok(output.finish())
    }
}

/// A record and what followed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<R> {
    /// The record.
    pub record: R,
    /// How many bytes follow the last known field. A newer peer may have appended one; count them,
    /// so that somebody notices.
    pub trailing: usize,
}

/// Defines a record: the struct, its schema, its reader and its writer.
///
/// ```text
/// record! {
///     /// The first paragraph is the record's doc in the schema too.
///     #[derive(Debug)]
///     pub struct Name<'a> in Revision {      // an enum: the revisions of the schema,
///         Seed: "a.namespace",               // each with the record's namespace in it
///     }
///     fields {
///         /// The first paragraph is the field's doc in the schema too.
///         rust_name: i64 = "wireName" as Long, default 0;
///     }
/// }
/// ```
///
/// The order of the fields is their order on the wire. A `default` is what the schema says to
/// others; a field that may be missing at the end has a type that says so itself.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        #[derive($($derive:ident),+)]
        pub struct $name:ident<$lifetime:lifetime> in $revision:ident {
            $($variant:ident: $namespace:literal,)+
        }
        fields {
            $(
                $(#[doc = $field_doc:literal])+
                $field:ident: $value:ty = $wire:literal as $type:ty $(, default $default:tt)?;
            )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive($($derive),+)]
        pub struct $name<$lifetime> {
            $($(#[doc = $field_doc])+ pub $field: $value,)+
        }

        impl<$lifetime> $crate::avro::Record<$lifetime> for $name<$lifetime> {
            type Revision = $revision;

            const NAME: &'static str = stringify!($name);

            fn schema(revision: $revision) -> String {
                let fields = [$($crate::avro::FieldSchema {
                    name: $wire,
                    doc: &[$($field_doc),+],
                    schema: <$type as $crate::avro::Field<$revision>>::schema_in(revision),
                    default: None$(.or(Some(stringify!($default))))?,
                }),+];
                let schema = $crate::avro::RecordSchema {
                    namespace: match revision { $($revision::$variant => $namespace),+ },
                    name: Self::NAME,
                    doc: &[$($doc),+],
                    fields: &fields,
                };
                schema.to_json()
            }

            #[inline]
            fn read(input: &mut $crate::avro::Reader<$lifetime>) -> Result<Self, $crate::avro::DecodeError> {
                Ok(Self {
                    $($field: <$type as $crate::avro::Field<$revision>>::read_any(input)
                        .map_err(|fault| fault.in_field(Self::NAME, $wire))?,)+
                })
            }

            #[inline]
            fn size(&self, revision: $revision) -> Result<usize, $crate::avro::EncodeError> {
                let mut size = 0;
                $(size += <$type as $crate::avro::Field<$revision>>::size_in(&self.$field, revision)
                    .map_err(|reason| $crate::avro::EncodeError::new(Self::NAME, $wire, reason))?;)+
                Ok(size)
            }

            #[inline]
            fn write(&self, revision: $revision, output: &mut $crate::avro::Writer) {
                $(<$type as $crate::avro::Field<$revision>>::write_in(&self.$field, revision, output);)+
            }
        }
    };
}
pub(crate) use record;
