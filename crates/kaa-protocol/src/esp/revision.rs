//! The two revisions of 4/ESP on the wire, and everything that differs between them.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::avro::{Fault, Field, NullOr, OrNull, Reader, Text, Type, Writer};

/// A revision of the 4/ESP records. Reading accepts both; which one is written is configuration.
///
/// | | `ClientData` | `ExtensionData` |
/// |---|---|---|
/// | `Seed` | ends with `payload` | `appVersionName` is a string |
/// | `Current` | appends `configName` | `appVersionName` may be null |
///
/// Nothing on the wire names the revision. A `ClientData` is of the seed when it ends exactly after
/// `payload`. In an `ExtensionData` the bytes after `timeout` decide: `00` is a current name, since a
/// name of the seed is never empty; `02` before a byte below `20` is a current null, since a name of
/// one character is not a control character; anything else is the length of a seed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Revision {
    /// As first published.
    #[default]
    Seed,
    /// As spoken by a Kaa cluster of today: `ExtensionData` since 2018-01, `ClientData` since 2026-01.
    Current,
}

/// A nullable field that [`Revision::Current`] appended to a record.
pub(super) struct Appended<T>(PhantomData<T>);

impl<T: Type> Field<Revision> for Appended<NullOr<T>> {
    type Value<'a> = Option<T::Value<'a>>;

    fn schema_in(revision: Revision) -> Option<String> {
        match revision {
            Revision::Seed => None,
            Revision::Current => Some(NullOr::<T>::schema()),
        }
    }

    #[inline]
    fn read_any<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault> {
        if input.rest().is_empty() { Ok(None) } else { NullOr::<T>::read(input) }
    }

    #[inline]
    fn size_in(value: &Self::Value<'_>, revision: Revision) -> Result<usize, &'static str> {
        match (revision, value) {
            (Revision::Current, value) => Ok(NullOr::<T>::size(value)),
            (Revision::Seed, None) => Ok(0),
            (Revision::Seed, Some(_)) => {
                Err("the seed revision does not have it; leave it out, or write the current revision")
            }
        }
    }

    #[inline]
    fn write_in(value: &Self::Value<'_>, revision: Revision, output: &mut Writer) {
        if revision == Revision::Current {
            NullOr::<T>::write(value, output);
        }
    }
}

/// `ExtensionData.appVersionName`: a string that became nullable in [`Revision::Current`].
pub(super) struct AppVersionName;

impl AppVersionName {
    /// Which revision the bytes after `timeout` are of.
    #[inline]
    fn revision(rest: &[u8]) -> Revision {
        match rest {
            [0x00, ..] | [0x02, ..0x20, ..] => Revision::Current,
            _ => Revision::Seed,
        }
    }

    /// Whether a reader would take a name of the seed for something else.
    #[inline]
    fn is_ambiguous(name: &str) -> bool {
        matches!(name.as_bytes(), [] | [..0x20])
    }
}

impl Field<Revision> for AppVersionName {
    type Value<'a> = Option<&'a str>;

    fn schema_in(revision: Revision) -> Option<String> {
        Some(match revision {
            Revision::Seed => Text::schema(),
            Revision::Current => OrNull::<Text>::schema(),
        })
    }

    #[inline]
    fn read_any<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault> {
        match Self::revision(input.rest()) {
            Revision::Seed => Text::read(input).map(Some),
            Revision::Current => OrNull::<Text>::read(input),
        }
    }

    #[inline]
    fn size_in(value: &Self::Value<'_>, revision: Revision) -> Result<usize, &'static str> {
        match (revision, value) {
            (Revision::Current, value) => Ok(OrNull::<Text>::size(value)),
            (Revision::Seed, Some(name)) if !Self::is_ambiguous(name) => Ok(Text::size(name)),
            (Revision::Seed, Some(_)) => {
                Err("a reader would take an empty name or a lone control character \
                 for the current revision; give the application version's name")
            }
            (Revision::Seed, None) => {
                Err("the seed revision has no null here; give a name, or write the current revision")
            }
        }
    }

    #[inline]
    fn write_in(value: &Self::Value<'_>, revision: Revision, output: &mut Writer) {
        match (revision, value) {
            (Revision::Current, value) => OrNull::<Text>::write(value, output),
            (Revision::Seed, name) => Text::write(&name.unwrap_or_default(), output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::avro::Record;
    use crate::esp::{ClientData, ExtensionData};

    #[test]
    fn the_bytes_after_the_timeout_tell_the_revision() {
        use Revision::{Current, Seed};
        for (rest, revision) in [
            (&[0x00][..], Current),
            (&[0x00, 0x24], Current),
            (&[0x02, 0x00], Current),
            (&[0x02, 0x1f], Current),
            (&[0x02, 0x20], Seed),
            (&[0x02, b'a'], Seed),
            (&[0x02], Seed),
            (&[0x04, 0x00], Seed),
            (&[0x24, b'h'], Seed),
            (&[], Seed),
        ] {
            assert_eq!(AppVersionName::revision(rest), revision, "{rest:02x?}");
        }
    }

    #[test]
    fn the_seed_does_not_silently_drop_what_it_cannot_say() {
        let named = ClientData { config_name: Some("network"), ..ClientData::default() };
        assert_eq!(named.encode(Revision::Seed).unwrap_err().field(), "configName");
        assert!(named.encode(Revision::Current).is_ok());

        for name in [None, Some(""), Some("\n")] {
            let data = ExtensionData { app_version_name: name, ..ExtensionData::default() };
            assert_eq!(data.encode(Revision::Seed).unwrap_err().field(), "appVersionName", "{name:?}");
            let datum = data.encode(Revision::Current).unwrap();
            assert_eq!(ExtensionData::decode_strict(&datum), Ok(data));
        }
    }
}
