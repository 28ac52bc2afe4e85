//! From the bytes of a packet to its fields.

use std::num::NonZeroU16;

use bytes::Bytes;
use bytestring::ByteString;

use super::violation::Violation;

/// A violation and the field it was found in; [`DecodeError`](super::DecodeError) adds the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) violation: Violation,
}

impl Fault {
    #[cold]
    pub(super) fn new(field: &'static str, violation: Violation) -> Self {
        Self { field, violation }
    }
}

/// A variable byte integer (section 1.5.5 of MQTT 5, 2.2.3 of MQTT 3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Varint {
    pub(super) value: u32,
    /// How many bytes it took, 1 to 4.
    pub(super) len: usize,
}

impl Varint {
    pub(super) const MAX: u32 = 0x0fff_ffff;

    /// The number that `bytes` start with; `None` when they end inside of it.
    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let mut value = 0;
        for (index, byte) in bytes.iter().take(4).enumerate() {
            value |= u32::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                return Ok(Some(Self { value, len: index + 1 }));
            }
        }
        if bytes.len() < 4 { Ok(None) } else { Err(Violation::NumberTooLong) }
    }

    /// How many bytes a number takes.
    pub(super) const fn size(value: u32) -> usize {
        match value {
            0..0x80 => 1,
            0x80..0x4000 => 2,
            0x4000..0x20_0000 => 3,
            _ => 4,
        }
    }

    /// The bytes of a number of at most [`MAX`](Self::MAX).
    pub(super) fn bytes(mut value: u32) -> impl Iterator<Item = u8> {
        (0..Self::size(value)).map(move |_| {
            let [.., byte] = value.to_be_bytes();
            value >>= 7;
            if value == 0 { byte & 0x7f } else { byte | 0x80 }
        })
    }

    /// Whether it took no byte more than it needs.
    pub(super) const fn is_minimal(self) -> bool {
        Self::size(self.value) == self.len
    }
}

/// A cursor over what follows the fixed header of a packet.
///
/// Each method reads one field and moves past it. Nothing is copied, and no length is believed before
/// it was compared with what is left.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    frame: &'a Bytes,
}

impl<'a> Reader<'a> {
    pub(super) fn new(frame: &'a Bytes) -> Self {
        Self { rest: frame, frame }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A part of this packet, sharing its buffer.
    pub(super) fn shared(&self, part: &'a [u8]) -> Bytes {
        self.frame.slice_ref(part)
    }

    #[inline]
    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Fault> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(Fault::new(field, Violation::EndOfPacket));
        };
        self.rest = rest;
        Ok(*bytes)
    }

    #[inline]
    pub(super) fn byte(&mut self, field: &'static str) -> Result<u8, Fault> {
        self.array(field).map(|[byte]| byte)
    }

    #[inline]
    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, Fault> {
        self.array(field).map(u16::from_be_bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, Fault> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// A variable byte integer in the body of a packet. Only MQTT 5 has them, and wants them minimal.
    pub(super) fn varint(&mut self, field: &'static str) -> Result<u32, Fault> {
        let number = Varint::read(self.rest).map_err(|violation| Fault::new(field, violation))?;
        let number = number.ok_or_else(|| Fault::new(field, Violation::EndOfPacket))?;
        if !number.is_minimal() {
            return Err(Fault::new(field, Violation::NumberNotMinimal));
        }
        self.rest = self.rest.get(number.len..).unwrap_or_default();
        Ok(number.value)
    }

    /// The next `len` bytes as a packet of their own.
    pub(super) fn part(&mut self, len: usize, field: &'static str) -> Result<Self, Fault> {
        let Some((part, rest)) = self.rest.split_at_checked(len) else {
            return Err(Fault::new(field, Violation::EndOfPacket));
        };
        self.rest = rest;
        Ok(Self { rest: part, frame: self.frame })
    }

    /// Binary data: two bytes of length and so many bytes.
    #[inline]
    pub(super) fn bytes(&mut self, field: &'static str) -> Result<&'a [u8], Fault> {
        let len = self.u16(field)?;
        self.part(usize::from(len), field).map(|part| part.rest)
    }

    /// A UTF-8 encoded string.
    #[inline]
    pub(super) fn text(&mut self, field: &'static str) -> Result<&'a str, Fault> {
        let bytes = self.bytes(field)?;
        match std::str::from_utf8(bytes) {
            Ok(_) if bytes.contains(&0) => Err(Fault::new(field, Violation::NullCharacter)),
            Ok(text) => Ok(text),
            Err(_) => Err(Fault::new(field, Violation::IllFormedUtf8)),
        }
    }

    /// Binary data, sharing the buffer.
    pub(super) fn shared_bytes(&mut self, field: &'static str) -> Result<Bytes, Fault> {
        self.bytes(field).map(|bytes| self.shared(bytes))
    }

    /// A UTF-8 encoded string, sharing the buffer.
    pub(super) fn shared_text(&mut self, field: &'static str) -> Result<ByteString, Fault> {
        let bytes = self.shared_bytes(field)?;
        if bytes.contains(&0) {
            return Err(Fault::new(field, Violation::NullCharacter));
        }
        ByteString::try_from(bytes).map_err(|_| Fault::new(field, Violation::IllFormedUtf8))
    }

    #[inline]
    pub(super) fn packet_id(&mut self) -> Result<NonZeroU16, Fault> {
        const FIELD: &str = "packet identifier";
        NonZeroU16::new(self.u16(FIELD)?).ok_or_else(|| Fault::new(FIELD, Violation::ZeroPacketId))
    }

    /// There must be nothing left.
    #[inline]
    pub(super) fn end(self, packet_end: &'static str) -> Result<(), Fault> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(Fault::new(packet_end, Violation::TrailingBytes(self.rest.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_one_to_four_bytes() {
        let cases: [(&[u8], u32); 8] = [
            (&[0x00], 0),
            (&[0x7f], 127),
            (&[0x80, 0x01], 128),
            (&[0xff, 0x7f], 16_383),
            (&[0x80, 0x80, 0x01], 16_384),
            (&[0xff, 0xff, 0x7f], 2_097_151),
            (&[0x80, 0x80, 0x80, 0x01], 2_097_152),
            (&[0xff, 0xff, 0xff, 0x7f], Varint::MAX),
        ];
        for (bytes, value) in cases {
            let number = Varint::read(bytes).unwrap().unwrap();
            assert_eq!((number.value, number.len, number.is_minimal()), (value, bytes.len(), true));
            assert_eq!(Varint::size(value), bytes.len());
            for end in 0..bytes.len() {
                assert_eq!(Varint::read(&bytes[..end]), Ok(None));
            }
        }
        assert_eq!(Varint::read(&[0x80; 4]), Err(Violation::NumberTooLong));
    }

    #[test]
    fn a_number_with_a_byte_too_many_is_not_minimal() {
        for bytes in [&[0x80, 0x00][..], &[0xff, 0x80, 0x00], &[0x80, 0x80, 0x80, 0x00]] {
            assert!(!Varint::read(bytes).unwrap().unwrap().is_minimal());
            let frame = Bytes::copy_from_slice(bytes);
            let fault = Reader::new(&frame).varint("length").unwrap_err();
            assert_eq!(fault.violation, Violation::NumberNotMinimal);
        }
    }

    #[test]
    fn a_length_is_compared_with_what_is_left() {
        let frame = Bytes::from_static(b"\x00\x01a\xff\xffab");
        let mut input = Reader::new(&frame);
        assert_eq!(input.text("first"), Ok("a"));
        assert_eq!(input.text("second"), Err(Fault::new("second", Violation::EndOfPacket)));
    }
}
