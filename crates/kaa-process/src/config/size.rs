//! Sizes as people write them: `256KiB`, `64MiB`, or a number of bytes.
//!
//! In a file: `#[serde(with = "size")]`, or `#[serde(with = "size::optional")]` for an `Option`. The entry is
//! any unsigned integer type, [`NonZero`] or not; what does not fit into it is an error.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZero;

use bytesize::ByteSize;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a size may look like.
pub const EXPECTED: &str = "a size such as 512, 256KiB or 64MiB, within the range of this entry";

/// What a number of bytes is kept in.
pub trait Size: Sized {
    /// The number as this type, if it has it.
    fn from_bytes(bytes: u64) -> Option<Self>;
    /// The number, whatever the type.
    fn bytes(&self) -> u64;
}

macro_rules! sizes {
    ($($integer:ty)*) => {$(
        impl Size for $integer {
            fn from_bytes(bytes: u64) -> Option<Self> {
                bytes.try_into().ok()
            }

            fn bytes(&self) -> u64 {
                // None of them is wider.
                (*self).try_into().unwrap_or(u64::MAX)
            }
        }

        impl Size for NonZero<$integer> {
            fn from_bytes(bytes: u64) -> Option<Self> {
                Self::new(bytes.try_into().ok()?)
            }

            fn bytes(&self) -> u64 {
                self.get().bytes()
            }
        }
    )*};
}
sizes! { u16 u32 u64 usize }

/// Reads a size, if it is one and fits.
pub fn parse<T: Size>(text: &str) -> Option<T> {
    let ByteSize(bytes) = text.parse().ok()?;
    // The library computes with fractions, and saturates.
    if bytes == u64::MAX { None } else { T::from_bytes(bytes) }
}

/// Reads an entry that has to be there, or has a default.
///
/// # Errors
///
/// What is neither a number nor a size, or does not fit.
pub fn deserialize<'de, T: Size, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Entry::deserialize(deserializer).map(|Entry(size)| size)
}

/// Writes it as people do: with the largest unit that leaves a whole number.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<T: Size, S: Serializer>(size: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let bytes = size.bytes();
    for (unit, shift) in [("GiB", 30_u32), ("MiB", 20), ("KiB", 10)] {
        if bytes != 0 && bytes.trailing_zeros() >= shift {
            return serializer.collect_str(&format_args!("{}{unit}", bytes >> shift));
        }
    }
    serializer.serialize_u64(bytes)
}

/// The same for an entry that may be left out.
pub mod optional {
    use super::{Deserialize, Deserializer, Entry, Serialize, Serializer, Size};

    /// Reads an entry that may be `null`.
    ///
    /// # Errors
    ///
    /// What is neither a number nor a size, or does not fit.
    pub fn deserialize<'de, T: Size, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(|Entry(size)| size))
    }

    /// Writes it as people do, or nothing.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    #[allow(clippy::ref_option, reason = "serde calls it")]
    pub fn serialize<T: Size, S: Serializer>(size: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        size.as_ref().map(Shown).serialize(serializer)
    }

    struct Shown<'a, T>(&'a T);

    impl<T: Size> Serialize for Shown<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            super::serialize(self.0, serializer)
        }
    }
}

/// A size in a file: a number or text.
struct Entry<T>(T);

impl<'de, T: Size> Deserialize<'de> for Entry<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor(PhantomData)).map(Self)
    }
}

struct EntryVisitor<T>(PhantomData<T>);

impl<T: Size> de::Visitor<'_> for EntryVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<T, E> {
        T::from_bytes(bytes).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(bytes), &self))
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<T, E> {
        let size = u64::try_from(bytes).ok().and_then(T::from_bytes);
        size.ok_or_else(|| E::invalid_value(de::Unexpected::Signed(bytes), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_bytes_or_has_a_unit() {
        for (text, bytes) in
            [("0", 0), ("512", 512), ("256KiB", 262_144), ("1.5 MiB", 1_572_864), ("1kB", 1000)]
        {
            assert_eq!(parse::<u64>(text), Some(bytes), "{text}");
        }
        for wrong in ["", "-1", "many", "KiB", "99999999999EiB", "1e300"] {
            assert_eq!(parse::<u64>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_does_not_fit_is_no_size() {
        assert_eq!(parse::<u32>("4294967295"), Some(u32::MAX));
        assert_eq!(parse::<u32>("4GiB"), None);
        assert_eq!(parse::<NonZero<u32>>("0"), None);
        assert_eq!(parse::<NonZero<u32>>("1"), NonZero::new(1));
    }
}
