//! The types of property values, and the bytes of each.

use std::num::{NonZeroU16, NonZeroU32};

use crate::mqtt::packet::Qos;
use crate::mqtt::place::Place;
use crate::mqtt::reader::{Fault, Reader, Varint};
use crate::mqtt::topic::TopicError;
use crate::mqtt::violation::Violation;

/// The number that a client gave to a subscription: 1 to 268,435,455.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(NonZeroU32);

impl SubscriptionId {
    /// The identifier with this number; `None` when there is none.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).filter(|number| number.get() <= Varint::MAX).map(Self)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// Why a value cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// More than a length field can say.
    #[error("a value of {0} bytes; expected at most 65535")]
    TooLong(usize),
    /// U+0000 in a text.
    #[error("the text contains U+0000; expected none")]
    NullCharacter,
    /// A response topic that is no topic name.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The maximum QoS is 2 unless something else is said.
    #[error("QoS 2; leave the property out")]
    MaximumQos2,
}

/// A type of property value.
pub(in crate::mqtt) trait Value<'a>: Sized {
    fn read(input: &mut Reader<'a>, field: &'static str, place: Place) -> Result<Self, Fault>;
    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError>;
}

impl Value<'_> for bool {
    fn read(input: &mut Reader<'_>, field: &'static str, place: Place) -> Result<Self, Fault> {
        match input.byte(field)? {
            0 => Ok(false),
            1 => Ok(true),
            value => Err(Fault::new(field, Violation::NotABoolean { value, section: place.section() })),
        }
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        output.push(u8::from(*self));
        Ok(())
    }
}

impl Value<'_> for Qos {
    fn read(input: &mut Reader<'_>, field: &'static str, place: Place) -> Result<Self, Fault> {
        bool::read(input, field, place).map(|one| if one { Self::AtLeastOnce } else { Self::AtMostOnce })
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        if *self == Self::ExactlyOnce {
            return Err(ValueError::MaximumQos2);
        }
        output.push(self.bits());
        Ok(())
    }
}

impl Value<'_> for u16 {
    fn read(input: &mut Reader<'_>, field: &'static str, _: Place) -> Result<Self, Fault> {
        input.u16(field)
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        output.extend_from_slice(&self.to_be_bytes());
        Ok(())
    }
}

impl Value<'_> for u32 {
    fn read(input: &mut Reader<'_>, field: &'static str, _: Place) -> Result<Self, Fault> {
        input.u32(field)
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        output.extend_from_slice(&self.to_be_bytes());
        Ok(())
    }
}

impl Value<'_> for NonZeroU16 {
    fn read(input: &mut Reader<'_>, field: &'static str, place: Place) -> Result<Self, Fault> {
        Self::new(input.u16(field)?).ok_or_else(|| zero(field, place))
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        self.get().write(output)
    }
}

impl Value<'_> for NonZeroU32 {
    fn read(input: &mut Reader<'_>, field: &'static str, place: Place) -> Result<Self, Fault> {
        Self::new(input.u32(field)?).ok_or_else(|| zero(field, place))
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        self.get().write(output)
    }
}

impl Value<'_> for SubscriptionId {
    fn read(input: &mut Reader<'_>, field: &'static str, place: Place) -> Result<Self, Fault> {
        Self::new(input.varint(field)?).ok_or_else(|| zero(field, place))
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        output.extend(Varint::bytes(self.get()));
        Ok(())
    }
}

impl<'a> Value<'a> for &'a [u8] {
    fn read(input: &mut Reader<'a>, field: &'static str, _: Place) -> Result<Self, Fault> {
        input.bytes(field)
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        let Ok(len) = u16::try_from(self.len()) else {
            return Err(ValueError::TooLong(self.len()));
        };
        output.extend_from_slice(&len.to_be_bytes());
        output.extend_from_slice(self);
        Ok(())
    }
}

impl<'a> Value<'a> for &'a str {
    fn read(input: &mut Reader<'a>, field: &'static str, _: Place) -> Result<Self, Fault> {
        input.text(field)
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        if self.contains('\0') {
            return Err(ValueError::NullCharacter);
        }
        self.as_bytes().write(output)
    }
}

impl<'a> Value<'a> for (&'a str, &'a str) {
    fn read(input: &mut Reader<'a>, field: &'static str, _: Place) -> Result<Self, Fault> {
        Ok((input.text(field)?, input.text(field)?))
    }

    fn write(&self, output: &mut Vec<u8>) -> Result<(), ValueError> {
        self.0.write(output)?;
        self.1.write(output)
    }
}

#[cold]
fn zero(field: &'static str, place: Place) -> Fault {
    Fault::new(field, Violation::ZeroProperty { section: place.section() })
}
