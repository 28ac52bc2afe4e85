//! Maps, kept like arrays: as they are on the wire.

use std::fmt;
use std::marker::PhantomData;

use super::{Array, Fault, Reader, Text, Type, Writer};

/// An Avro map from text to `T`.
///
/// Like an [`Array`], it is checked when it is read and keeps its entries as they are on the wire.
///
/// ```
/// use kaa_protocol::avro::{Map, Text};
///
/// let endpoints: Map<Text> = [("ep-1", "sensor-v1"), ("ep-2", "sensor-v3")].into_iter().collect();
/// assert_eq!(endpoints.get("ep-2"), Some("sensor-v3"));
/// assert_eq!(endpoints.keys().count(), 2);
/// ```
pub struct Map<T> {
    entries: Array<Entry<T>>,
}

impl<T: Type> Map<T> {
    /// How many entries there are. A key that was sent twice counts twice.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key; of a key that was sent twice, the last one. Looks at every entry.
    pub fn get(&self, key: &str) -> Option<T::Value<'_>> {
        self.iter().filter(|(known, _)| *known == key).last().map(|(_, value)| value)
    }

    /// The entries, in the order they were sent in.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, T::Value<'_>)> {
        self.entries.iter()
    }

    /// The keys, in the order they were sent in.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(key, _)| key)
    }

    /// By key; the values of a key that was sent twice stay in their order.
    fn sorted(&self) -> Vec<(&str, T::Value<'_>)> {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        entries
    }
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self { entries: Array::default() }
    }
}

impl<T> Clone for Map<T> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone() }
    }
}

impl<T: Type> fmt::Debug for Map<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The same entries, in any order.
impl<T: Type> PartialEq for Map<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (self.entries == other.entries || self.sorted() == other.sorted())
    }
}

impl<'v, T: Type> FromIterator<(&'v str, T::Value<'v>)> for Map<T> {
    fn from_iter<I: IntoIterator<Item = (&'v str, T::Value<'v>)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

impl<T: Type> Type for Map<T> {
    type Value<'a> = Self;

    fn schema() -> String {
        format!(r#"{{"type":"map","values":{}}}"#, T::schema())
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Fault> {
        Array::read(input).map(|entries| Self { entries })
    }

    fn skip(input: &mut Reader<'_>) -> Result<(), Fault> {
        Array::<Entry<T>>::skip(input)
    }

    fn size(value: &Self) -> usize {
        Array::size(&value.entries)
    }

    fn write(value: &Self, output: &mut Writer) {
        Array::write(&value.entries, output);
    }
}

/// A key and its value: what the blocks of a map are made of.
struct Entry<T>(PhantomData<T>);

impl<T: Type> Type for Entry<T> {
    type Value<'a> = (&'a str, T::Value<'a>);

    fn schema() -> String {
        T::schema()
    }

    fn read<'a>(input: &mut Reader<'a>) -> Result<Self::Value<'a>, Fault> {
        Ok((Text::read(input)?, T::read(input)?))
    }

    fn skip(input: &mut Reader<'_>) -> Result<(), Fault> {
        Text::skip(input)?;
        T::skip(input)
    }

    fn size((key, value): &Self::Value<'_>) -> usize {
        Text::size(key) + T::size(value)
    }

    fn write((key, value): &Self::Value<'_>, output: &mut Writer) {
        Text::write(key, output);
        T::write(value, output);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn maps_are_equal_in_any_order() {
        let map = |entries: &[(&'static str, &'static str)]| entries.iter().copied().collect::<Map<Text>>();
        assert_eq!(map(&[("a", "1"), ("b", "2")]), map(&[("b", "2"), ("a", "1")]));
        assert_ne!(map(&[("a", "1"), ("b", "2")]), map(&[("a", "2"), ("b", "1")]));
        assert_ne!(map(&[("a", "1"), ("a", "2")]), map(&[("a", "2"), ("a", "1")]));
    }

    #[test]
    fn the_last_of_equal_keys_holds() {
        let datum = Bytes::from_static(b"\x02\x02a\x021\x03\x0e\x02a\x022\x02b\x00\x00");
        let map = Map::<Text>::read(&mut Reader::new(&datum)).unwrap();
        assert_eq!((map.len(), map.get("a"), map.get("b"), map.get("c")), (3, Some("2"), Some(""), None));
    }
}
