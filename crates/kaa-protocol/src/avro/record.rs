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

    /// The CRC-64-AVRO fingerprints of its schemas, one for each revision.
    const FINGERPRINTS: &'static [u64];

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

    /// Whether `revision` can carry every field.
    ///
    /// # Errors
    ///
    /// Those of [`size`](Self::size).
    fn check(&self, revision: Self::Revision) -> Result<(), EncodeError>;

    /// Appends the datum. What [`check`](Self::check) refuses is not to be written.
    fn write(&self, revision: Self::Revision, output: &mut Writer);

    /// Reads a datum of any revision and counts the bytes behind it. A single-object header is
    /// accepted when it names one of [`FINGERPRINTS`](Self::FINGERPRINTS).
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the field, the byte and the problem.
    #[inline]
    fn decode(datum: &'a Bytes) -> Result<Decoded<Self>, DecodeError> {
        let mut input = Reader::new(datum);
        if let Some(fingerprint) = input.single_object_header()
            && !Self::FINGERPRINTS.contains(&fingerprint)
        {
            return Err(DecodeError::unknown_schema(Self::NAME, fingerprint));
        }
        let record = Self::read(&mut input)?;
        Ok(Decoded { record, trailing: input.rest().len() })
    }

    /// Reads a datum of any revision that ends with the record.
    ///
    /// # Errors
    ///
    /// Those of [`decode`](Self::decode), and [`Problem::TrailingBytes`](super::Problem::TrailingBytes).
    #[inline]
    fn decode_strict(datum: &'a Bytes) -> Result<Self, DecodeError> {
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
///     pub struct Name<'a> in Revision {              // an enum: the revisions of the schema, each
///         Seed: "a.namespace" 0x0123456789abcdef,    // with its namespace and its fingerprint
///     }
///     fields {
///         /// The first paragraph is the field's doc in the schema too.
///         rust_name: &'a str = "wireName" as Text, default "";
///     }
/// }
///
/// record! {
///     /// A record that was never revised and owns its values. It is a type of other records, too.
///     #[derive(Debug)]
///     pub struct Name in "a.namespace" 0x0123456789abcdef;
///     fields {
///         /// A value that names its Avro type needs no `as`.
///         rust_name: i64 = "wireName", default 0;
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
            $($variant:ident: $namespace:literal $fingerprint:literal,)+
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

            const FINGERPRINTS: &'static [u64] = &[$($fingerprint),+];

            fn schema(revision: $revision) -> String {
                let namespace = match revision { $($revision::$variant => $namespace),+ };
                $crate::avro::record!(@schema revision, $revision, namespace, [$($doc)+],
                    $([$($field_doc)+] $wire, $type, [$($default)?];)+)
            }

            $crate::avro::record!(@codec $lifetime, $revision, $($field, $wire, $type;)+);
        }
    };

    (
        $(#[doc = $doc:literal])+
        #[derive($($derive:ident),+)]
        pub struct $name:ident in $namespace:literal $fingerprint:literal;
        fields {
            $(
                $(#[doc = $field_doc:literal])+
                $field:ident: $value:ty = $wire:literal $(as $type:ty)? $(, default $default:tt)?;
            )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive($($derive),+)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: $value,)+
        }

        impl<'a> $crate::avro::Record<'a> for $name {
            type Revision = ();

            const NAME: &'static str = stringify!($name);

            const FINGERPRINTS: &'static [u64] = &[$fingerprint];

            fn schema((): ()) -> String {
                $crate::avro::record!(@schema (), (), $namespace, [$($doc)+],
                    $([$($field_doc)+] $wire, $crate::avro::record!(@type $value $(, $type)?), [$($default)?];)+)
            }

            $crate::avro::record!(@codec 'a, (),
                $($field, $wire, $crate::avro::record!(@type $value $(, $type)?);)+);
        }

        /// What the schema gives a reader who misses a field; empty where it says nothing.
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $crate::avro::record!(@default $($default)?),)+ }
            }
        }

        impl $crate::avro::Type for $name {
            type Value<'a> = Self;

            fn schema() -> String {
                <Self as $crate::avro::Record<'_>>::schema(())
            }

            fn read(input: &mut $crate::avro::Reader<'_>) -> Result<Self, $crate::avro::Fault> {
                Ok(Self {
                    $($field: <$crate::avro::record!(@type $value $(, $type)?) as $crate::avro::Type>::read(input)?,)+
                })
            }

            fn skip(input: &mut $crate::avro::Reader<'_>) -> Result<(), $crate::avro::Fault> {
                $(<$crate::avro::record!(@type $value $(, $type)?) as $crate::avro::Type>::skip(input)?;)+
                Ok(())
            }

            fn size(value: &Self) -> usize {
                let mut size = 0;
                $(size += <$crate::avro::record!(@type $value $(, $type)?) as $crate::avro::Type>::size(&value.$field);)+
                size
            }

            fn write(value: &Self, output: &mut $crate::avro::Writer) {
                $(<$crate::avro::record!(@type $value $(, $type)?) as $crate::avro::Type>::write(&value.$field, output);)+
            }
        }
    };

    (@default) => { Default::default() };
    (@default null) => { None };
    (@default $value:literal) => { $value.into() };

    (@type $value:ty) => { $value };
    (@type $value:ty, $type:ty) => { $type };

    (@schema $revision:expr, $revisions:ty, $namespace:expr, [$($doc:literal)+],
        $([$($field_doc:literal)+] $wire:literal, $type:ty, [$($default:tt)?];)+) => {
        $crate::avro::RecordSchema {
            namespace: $namespace,
            name: Self::NAME,
            doc: &[$($doc),+],
            fields: &[$($crate::avro::FieldSchema {
                name: $wire,
                doc: &[$($field_doc),+],
                schema: <$type as $crate::avro::Field<$revisions>>::schema_in($revision),
                default: None$(.or(Some(stringify!($default))))?,
            }),+],
        }
        .to_json()
    };

    (@codec $lifetime:lifetime, $revisions:ty, $($field:ident, $wire:literal, $type:ty;)+) => {
        #[inline]
        fn read(input: &mut $crate::avro::Reader<$lifetime>) -> Result<Self, $crate::avro::DecodeError> {
            Ok(Self {
                $($field: <$type as $crate::avro::Field<$revisions>>::read_any(input)
                    .map_err(|fault| fault.in_field(Self::NAME, $wire))?,)+
            })
        }

        #[inline]
        fn size(&self, revision: $revisions) -> Result<usize, $crate::avro::EncodeError> {
            let mut size = 0;
            $(size += <$type as $crate::avro::Field<$revisions>>::size_in(&self.$field, revision)
                .map_err(|reason| $crate::avro::EncodeError::new(Self::NAME, $wire, reason))?;)+
            Ok(size)
        }

        #[inline]
        fn check(&self, revision: $revisions) -> Result<(), $crate::avro::EncodeError> {
            $(<$type as $crate::avro::Field<$revisions>>::size_in(&self.$field, revision)
                .map_err(|reason| $crate::avro::EncodeError::new(Self::NAME, $wire, reason))?;)+
            Ok(())
        }

        #[inline]
        fn write(&self, revision: $revisions, output: &mut $crate::avro::Writer) {
            $(<$type as $crate::avro::Field<$revisions>>::write_in(&self.$field, revision, output);)+
        }
    };
}
pub(crate) use record;
