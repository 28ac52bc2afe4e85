//! From values to bytes.

use bytes::Bytes;

/// Appends values to a datum.
///
/// The associated functions tell the size of each value, so that a record can be measured first and then
/// written into exactly one allocation.
#[derive(Debug)]
pub struct Writer {
    datum: Vec<u8>,
    /// The size that was announced; `None` when nobody knew it.
    size: Option<usize>,
}

impl Writer {
    /// A writer of a datum of `size` bytes.
    pub fn with_size(size: usize) -> Self {
        Self { datum: Vec::with_capacity(size), size: Some(size) }
    }

    /// A writer of a datum of any size into a buffer that has been used before: it is emptied, keeps its room, and
    /// grows when that is not enough.
    pub fn in_buffer(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { datum: buffer, size: None }
    }

    /// The datum. A datum that has the size it was announced with is not copied.
    pub fn finish(self) -> Bytes {
        self.into_buffer().into()
    }

    /// The datum, in the buffer it was written to.
    pub fn into_buffer(self) -> Vec<u8> {
        debug_assert!(
            self.size.is_none_or(|size| size == self.datum.len()),
            "the size pass and the writer disagree"
        );
        self.datum
    }

    /// The size of [`long`](Self::long), in bytes.
    #[inline]
    pub fn long_size(value: i64) -> usize {
        varint_size(zigzag(value))
    }

    /// An Avro `long`, or an `int`, which looks the same.
    #[inline]
    pub fn long(&mut self, value: i64) {
        self.varint(zigzag(value));
    }

    /// The size of [`bytes`](Self::bytes), in bytes.
    #[inline]
    pub fn bytes_size(value: &[u8]) -> usize {
        varint_size(length(value)) + value.len()
    }

    /// Avro `bytes`, or a `string`, which looks the same.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        self.varint(length(value));
        self.datum.extend_from_slice(value);
    }

    /// The size of [`count`](Self::count), in bytes.
    #[inline]
    pub(super) fn count_size(items: usize) -> usize {
        varint_size((items as u64) << 1)
    }

    /// How many items of an array follow; 0 is its end.
    #[inline]
    pub(super) fn count(&mut self, items: usize) {
        // No array in memory has more than `isize::MAX` items, so the shift loses nothing.
        self.varint((items as u64) << 1);
    }

    /// An Avro `boolean`.
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.datum.push(value.into());
    }

    /// Bytes that are encoded already.
    #[inline]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.datum.extend_from_slice(bytes);
    }

    /// The size of [`branch`](Self::branch), in bytes.
    pub const BRANCH_SIZE: usize = 1;

    /// Which branch of a union follows; unions of more than 64 branches do not occur.
    #[inline]
    pub fn branch(&mut self, index: u8) {
        self.datum.push(index << 1);
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            let [low, ..] = value.to_le_bytes();
            self.datum.push(low | 0x80);
            value >>= 7;
        }
        let [low, ..] = value.to_le_bytes();
        self.datum.push(low);
    }
}

/// Small numbers of either sign become small numbers without one.
#[inline]
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// A length as it is written: a `long`, so zigzag. No slice is longer than `isize::MAX`.
#[inline]
fn length(value: &[u8]) -> u64 {
    (value.len() as u64) << 1
}

#[inline]
fn varint_size(value: u64) -> usize {
    // Most numbers of a message are lengths and branches below 64.
    if value < 0x80 {
        return 1;
    }
    let bits = u64::BITS - value.leading_zeros();
    bits.div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    #[test]
    fn every_power_of_two_has_the_size_it_was_measured_with() {
        for bit in 0..64 {
            for value in [1 << bit, (1_i64 << bit).wrapping_sub(1), (1_i64 << bit).wrapping_neg()] {
                let mut writer = Writer::with_size(Writer::long_size(value));
                writer.long(value);
                let datum = writer.finish();
                assert_eq!(datum.len(), Writer::long_size(value), "{value}");
                assert_eq!(Reader::new(&datum).long(), Ok(value));
            }
        }
    }
}
