//! From bytes to values.

use std::str::Utf8Error;

use ascii::AsAsciiStr;
use bytes::Bytes;
use bytestring::ByteString;

use super::{Fault, Problem};

/// A cursor over a datum.
///
/// Each method reads one value and moves past it, or says what is wrong and where. Nothing is
/// copied, and no length is believed before it was compared with what is left.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    datum: &'a Bytes,
}

impl<'a> Reader<'a> {
    /// The longest encoding of 64 bits, seven to a byte.
    const MAX_VARINT_LEN: usize = 10;

    /// A cursor at the start of `datum`.
    pub fn new(datum: &'a Bytes) -> Self {
        Self { rest: datum, datum }
    }

    /// Reads the header of Avro's single-object encoding, if the datum has one: the fingerprint of its
    /// schema.
    ///
    /// A record that begins with a string cannot begin with the two bytes of the mark: that would be a
    /// string of negative length.
    #[inline]
    pub fn single_object_header(&mut self) -> Option<u64> {
        let [0xc3, 0x01, rest @ ..] = self.rest else { return None };
        let (fingerprint, rest) = rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*fingerprint))
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes have been read.
    pub fn offset(&self) -> usize {
        self.datum.len() - self.rest.len()
    }

    /// A part of this datum, sharing its buffer.
    pub(super) fn shared(&self, part: &'a [u8]) -> Bytes {
        self.datum.slice_ref(part)
    }

    /// An Avro `long`.
    ///
    /// # Errors
    ///
    /// [`Problem::EndOfInput`] and [`Problem::NumberTooLong`].
    #[inline]
    pub fn long(&mut self) -> Result<i64, Fault> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// An Avro `int`.
    ///
    /// # Errors
    ///
    /// Those of [`long`](Self::long), and [`Problem::NotAnInt`].
    #[inline]
    pub fn int(&mut self) -> Result<i32, Fault> {
        let offset = self.offset();
        let value = self.long()?;
        i32::try_from(value).map_err(|_| Fault::new(offset, Problem::NotAnInt(value)))
    }

    /// Avro `bytes`.
    ///
    /// # Errors
    ///
    /// Those of [`long`](Self::long), [`Problem::NegativeLength`] and [`Problem::LengthBeyondEnd`].
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let offset = self.offset();
        let length = self.long()?;
        let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let Some((bytes, rest)) = split else {
            return Err(self.bad_length(offset, length));
        };
        self.rest = rest;
        Ok(bytes)
    }

    /// An Avro `string`.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes), and [`Problem::NotUtf8`].
    // LLVM would rather call it for each text of a record; the calls are a fifth of the reading.
    #[inline(always)]
    pub fn text(&mut self) -> Result<&'a str, Fault> {
        let bytes = self.bytes()?;
        // Mostly it is ASCII, which is seen in a quarter of the time that checking UTF-8 takes.
        match bytes.as_ascii_str() {
            Ok(ascii) => Ok(ascii.as_str()),
            Err(_) => std::str::from_utf8(bytes).map_err(|error| self.not_utf8(bytes, error)),
        }
    }

    /// Avro `bytes`, sharing the buffer of the datum.
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes).
    #[inline]
    pub fn shared_bytes(&mut self) -> Result<Bytes, Fault> {
        self.bytes().map(|bytes| self.shared(bytes))
    }

    /// An Avro `string`, sharing the buffer of the datum.
    ///
    /// # Errors
    ///
    /// Those of [`text`](Self::text).
    #[inline]
    pub fn shared_text(&mut self) -> Result<ByteString, Fault> {
        let bytes = self.bytes()?;
        ByteString::try_from(self.shared(bytes)).map_err(|error| self.not_utf8(bytes, error))
    }

    /// An Avro `boolean`.
    ///
    /// # Errors
    ///
    /// [`Problem::EndOfInput`] and [`Problem::NotABoolean`].
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, Fault> {
        let offset = self.offset();
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(Fault::new(offset, Problem::NotABoolean(other))),
        }
    }

    /// An Avro `float`.
    ///
    /// # Errors
    ///
    /// [`Problem::EndOfInput`].
    #[inline]
    pub fn float(&mut self) -> Result<f32, Fault> {
        self.array().map(f32::from_le_bytes)
    }

    /// An Avro `double`.
    ///
    /// # Errors
    ///
    /// [`Problem::EndOfInput`].
    #[inline]
    pub fn double(&mut self) -> Result<f64, Fault> {
        self.array().map(f64::from_le_bytes)
    }

    /// So many bytes.
    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(Fault::new(self.offset(), Problem::EndOfInput)),
        }
    }

    /// Which branch of a union follows: 0 to `last`.
    ///
    /// # Errors
    ///
    /// Those of [`long`](Self::long), and [`Problem::UnknownBranch`].
    #[inline]
    pub fn branch(&mut self, last: i64) -> Result<i64, Fault> {
        let offset = self.offset();
        let branch = self.long()?;
        if (0..=last).contains(&branch) {
            Ok(branch)
        } else {
            Err(Fault::new(offset, Problem::UnknownBranch { branch, last }))
        }
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Fault> {
        // Most numbers of a message are lengths and branches below 64.
        match self.rest {
            [byte @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.varint_of_several_bytes(),
        }
    }

    fn varint_of_several_bytes(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for (index, byte) in self.rest.iter().take(Self::MAX_VARINT_LEN).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                // The tenth byte has room for the 64th bit only.
                if index + 1 == Self::MAX_VARINT_LEN && *byte > 1 {
                    break;
                }
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        let ended = self.rest.len() < Self::MAX_VARINT_LEN;
        Err(Fault::new(self.offset(), if ended { Problem::EndOfInput } else { Problem::NumberTooLong }))
    }

    /// What is wrong with the bytes that were read last.
    #[cold]
    fn not_utf8(&self, bytes: &[u8], error: Utf8Error) -> Fault {
        Fault::new(self.offset() - bytes.len() + error.valid_up_to(), Problem::NotUtf8)
    }

    #[cold]
    fn bad_length(&self, offset: usize, length: i64) -> Fault {
        let problem = if length < 0 {
            Problem::NegativeLength(length)
        } else {
            Problem::LengthBeyondEnd { length, left: self.rest.len() }
        };
        Fault::new(offset, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datum(bytes: &[u8]) -> Bytes {
        Bytes::copy_from_slice(bytes)
    }

    fn problem<T: std::fmt::Debug>(result: Result<T, Fault>) -> Problem {
        result.unwrap_err().problem
    }

    #[test]
    fn longs_are_zigzag_and_least_significant_first() {
        let cases: [(&[u8], i64); 8] = [
            (&[0x00], 0),
            (&[0x01], -1),
            (&[0x02], 1),
            (&[0x7f], -64),
            (&[0x80, 0x01], 64),
            (&[0xac, 0x02], 150),
            (&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], i64::MAX),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], i64::MIN),
        ];
        for (bytes, expected) in cases {
            let datum = datum(bytes);
            let mut reader = Reader::new(&datum);
            assert_eq!(reader.long(), Ok(expected));
            assert_eq!((reader.rest(), reader.offset()), (&[][..], bytes.len()));
        }
    }

    #[test]
    fn a_number_has_at_most_64_bits() {
        assert_eq!(problem(Reader::new(&datum(&[0xff; 11])).long()), Problem::NumberTooLong);
        let mut bytes = [0xff; 10];
        for last in 2..=0xff {
            bytes[9] = last;
            assert_eq!(problem(Reader::new(&datum(&bytes)).long()), Problem::NumberTooLong, "{last:#04x}");
        }
        for cut in 0..10 {
            assert_eq!(problem(Reader::new(&datum(&bytes[..cut])).long()), Problem::EndOfInput);
        }
    }

    #[test]
    fn an_int_has_32_bits() {
        assert_eq!(Reader::new(&datum(&[0xfe, 0xff, 0xff, 0xff, 0x0f])).int(), Ok(i32::MAX));
        assert_eq!(Reader::new(&datum(&[0xff, 0xff, 0xff, 0xff, 0x0f])).int(), Ok(i32::MIN));
        let one_more = Reader::new(&datum(&[0x80, 0x80, 0x80, 0x80, 0x10])).int();
        assert_eq!(problem(one_more), Problem::NotAnInt(1 << 31));
    }

    #[test]
    fn a_fault_leaves_its_place() {
        let datum = datum(b"\x02a\x06ab\xffrest");
        let mut reader = Reader::new(&datum);
        assert_eq!(reader.text(), Ok("a"));
        let fault = Fault { offset: 5, problem: Problem::NotUtf8 };
        assert_eq!(reader.clone().text(), Err(fault));
        assert_eq!(reader.shared_text(), Err(fault));
    }
}
