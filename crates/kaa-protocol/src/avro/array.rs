//! Arrays, checked when they are read and decoded when they are looked at.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;

use bytes::Bytes;

use super::{Fault, Problem, Reader, Type, Writer};

/// An Avro array of `T`.
///
/// It keeps its items the way they are on the wire: a million empty ones take a million bytes, and
/// reading a message that claims to have more reserves nothing. Every item was checked when the
/// array was read, so looking at them cannot fail.
///
/// ```
/// use kaa_protocol::avro::{Array, Binary};
///
/// let samples: Array<Binary> = [&b"21.5"[..], b"22"].into_iter().collect();
/// assert_eq!(samples.len(), 2);
/// assert_eq!(samples.iter().last(), Some(&b"22"[..]));
/// ```
pub struct Array<T> {
    /// The items one after the other, without the blocks around them.
    items: Bytes,
    len: usize,
    of: PhantomData<fn() -> T>,
}

impl<T: Type> Array<T> {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The items, in order.
    pub fn iter(&self) -> Items<'_, T> {
        Items { input: Reader::new(&self.items), left: self.len, of: PhantomData }
    }

    /// The items one after the other, as they are on the wire. A borrowed item is a part of it, so
    /// `Bytes::slice_ref` keeps one without a copy.
    pub fn wire(&self) -> &Bytes {
        &self.items
    }
}

impl<T> Default for Array<T> {
    fn default() -> Self {
        Self { items: Bytes::new(), len: 0, of: PhantomData }
    }
}

impl<T> Clone for Array<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), len: self.len, of: PhantomData }
    }
}

impl<T: Type> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// The same items in the same order, however they were written.
impl<T: Type> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other)
    }
}

impl<'v, T: Type> FromIterator<T::Value<'v>> for Array<T> {
    fn from_iter<I: IntoIterator<Item = T::Value<'v>>>(values: I) -> Self {
        let mut output = Writer::in_buffer(Vec::new());
        let mut len = 0;
        for value in values {
            T::write(&value, &mut output);
            len += 1;
        }
        Self { items: output.finish(), len, of: PhantomData }
    }
}

impl<'a, T: Type> IntoIterator for &'a Array<T> {
    type Item = T::Value<'a>;
    type IntoIter = Items<'a, T>;

    fn into_iter(self) -> Items<'a, T> {
        self.iter()
    }
}

/// The items of an [`Array`].
#[derive(Debug, Clone)]
pub struct Items<'a, T> {
    input: Reader<'a>,
    left: usize,
    of: PhantomData<fn() -> T>,
}

impl<'a, T: Type> Iterator for Items<'a, T> {
    type Item = T::Value<'a>;

    fn next(&mut self) -> Option<T::Value<'a>> {
        self.left = self.left.checked_sub(1)?;
        // Checked when the array was read.
        T::read(&mut self.input).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T: Type> ExactSizeIterator for Items<'_, T> {}
impl<T: Type> FusedIterator for Items<'_, T> {}

impl<T: Type> Type for Array<T> {
    type Value<'a> = Self;

    fn schema() -> String {
        format!(r#"{{"type":"array","items":{}}}"#, T::schema())
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Fault> {
        let start = input.clone();
        let walk = Walk::over::<T>(input, |_| {})?;
        let items = if walk.blocks <= 1 {
            start.shared(walk.last)
        } else {
            // Several blocks become one. Only now is it known how much there is to copy.
            let mut items = Vec::with_capacity(walk.size);
            Walk::over::<T>(&mut start.clone(), |block| items.extend_from_slice(block))?;
            items.into()
        };
        Ok(Self { items, len: walk.len, of: PhantomData })
    }

    fn skip(input: &mut Reader<'_>) -> Result<(), Fault> {
        Walk::over::<T>(input, |_| {}).map(drop)
    }

    fn size(value: &Self) -> usize {
        let block = if value.is_empty() { 0 } else { Writer::count_size(value.len) + value.items.len() };
        block + Writer::count_size(0)
    }

    fn write(value: &Self, output: &mut Writer) {
        if !value.is_empty() {
            output.count(value.len);
            output.raw(&value.items);
        }
        output.count(0);
    }
}

/// What was found on the way through the blocks of an array.
struct Walk<'a> {
    blocks: usize,
    /// Of all items together, in bytes.
    size: usize,
    len: usize,
    /// The items of the last block.
    last: &'a [u8],
}

impl<'a> Walk<'a> {
    /// Checks all blocks and hands out the items of each.
    fn over<T: Type>(input: &mut Reader<'a>, mut block: impl FnMut(&'a [u8])) -> Result<Self, Fault> {
        let mut walk = Walk { blocks: 0, size: 0, len: 0, last: &[] };
        loop {
            let offset = input.offset();
            let count = input.long()?;
            if count == 0 {
                return Ok(walk);
            }
            // A negative count is followed by the size of the block, for readers that skip it.
            let announced = if count < 0 { Some(input.long()?) } else { None };
            let before = input.rest();
            // Every item takes at least a byte, so this bounds the loop by what there is to read.
            if count.unsigned_abs() > before.len() as u64 {
                return Err(Fault::new(offset, Problem::EndOfInput));
            }
            for _ in 0..count.unsigned_abs() {
                T::skip(input)?;
            }
            let size = before.len() - input.rest().len();
            if let Some(announced) = announced
                && usize::try_from(announced) != Ok(size)
            {
                return Err(Fault::new(offset, Problem::WrongBlockSize { announced, size }));
            }
            walk.last = before.get(..size).unwrap_or_default();
            walk.blocks += 1;
            walk.size += size;
            walk.len += usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            block(walk.last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Texts = Array<crate::avro::Text>;

    fn read(bytes: &'static [u8]) -> Result<(Texts, usize), Problem> {
        let datum = Bytes::from_static(bytes);
        let mut input = Reader::new(&datum);
        let array = Texts::read(&mut input).map_err(|fault| fault.problem)?;
        Ok((array, input.rest().len()))
    }

    #[test]
    fn blocks_of_both_kinds_are_one_array() {
        for bytes in [
            &b"\x06\x02a\x00\x02b\x00"[..],
            b"\x02\x02a\x04\x00\x02b\x00",
            b"\x05\x0a\x02a\x00\x02b\x00",
            b"\x01\x04\x02a\x03\x06\x00\x02b\x00",
        ] {
            let (array, rest) = read(bytes).unwrap();
            assert_eq!(array.iter().collect::<Vec<_>>(), ["a", "", "b"]);
            assert_eq!((array.len(), rest), (3, 0));
            assert_eq!(array, ["a", "", "b"].into_iter().collect());
        }
        assert_eq!(read(b"\x00rest").unwrap(), (Array::default(), 4));
    }

    #[test]
    fn an_array_is_written_as_one_block() {
        for (values, expected) in [(&["a", ""][..], &b"\x04\x02a\x00\x00"[..]), (&[], b"\x00")] {
            let array: Texts = values.iter().copied().collect();
            let mut output = Writer::with_size(Texts::size(&array));
            Texts::write(&array, &mut output);
            assert_eq!(output.finish(), expected);
        }
    }

    #[test]
    fn a_count_that_lies_meets_the_end_and_reserves_nothing() {
        let huge = b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(read(huge), Err(Problem::EndOfInput));
        assert_eq!(read(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"), Err(Problem::EndOfInput));
        assert_eq!(read(b"\x04\x00"), Err(Problem::EndOfInput));
        assert_eq!(read(b"\x02\x00"), Err(Problem::EndOfInput), "without its end");
    }

    #[test]
    fn a_block_has_the_size_it_announces() {
        for size in [b"\x02\x00", b"\x06\x00", b"\x01\x00"] {
            let datum = [b"\x01", &size[..1], b"\x02a\x00"].concat();
            let problem = read(datum.leak()).unwrap_err();
            assert!(matches!(problem, Problem::WrongBlockSize { size: 2, .. }), "{problem}");
        }
    }
}
