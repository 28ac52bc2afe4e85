//! The values of a data point: a union of eight types.

use crate::avro::{Binary, Fault, Reader, Text, Type, Writer};

/// One value of a data point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DataValue<'a> {
    /// A truth value.
    Boolean(bool),
    /// A whole number of 32 bits.
    Int(i32),
    /// A whole number of 64 bits.
    Long(i64),
    /// A number of single precision.
    Float(f32),
    /// A number of double precision.
    Double(f64),
    /// A text, or a composite value written as one.
    Text(&'a str),
    /// Bytes, or a composite value written as such.
    Binary(&'a [u8]),
    /// No value.
    Null,
}

impl DataValue<'_> {
    /// The branch of null, which is the last one.
    const LAST: i64 = 7;

    /// The value as a number, if it is one. Whole numbers beyond 2^53 lose their last digits.
    #[allow(clippy::cast_precision_loss, reason = "documented; a chart needs no more")]
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Int(value) => Some(value.into()),
            Self::Long(value) => Some(value as f64),
            Self::Float(value) => Some(value.into()),
            Self::Double(value) => Some(value),
            Self::Boolean(_) | Self::Text(_) | Self::Binary(_) | Self::Null => None,
        }
    }
}

impl Type for DataValue<'static> {
    type Value<'a> = DataValue<'a>;

    fn schema() -> String {
        r#"["boolean","int","long","float","double","string","bytes","null"]"#.into()
    }

    fn read<'a>(input: &mut Reader<'a>) -> Result<DataValue<'a>, Fault> {
        Ok(match input.branch(Self::LAST)? {
            0 => DataValue::Boolean(input.boolean()?),
            1 => DataValue::Int(input.int()?),
            2 => DataValue::Long(input.long()?),
            3 => DataValue::Float(input.float()?),
            4 => DataValue::Double(input.double()?),
            5 => DataValue::Text(input.text()?),
            6 => DataValue::Binary(input.bytes()?),
            _ => DataValue::Null,
        })
    }

    fn size(value: &DataValue<'_>) -> usize {
        Writer::BRANCH_SIZE
            + match value {
                DataValue::Boolean(value) => bool::size(value),
                DataValue::Int(value) => i32::size(value),
                DataValue::Long(value) => i64::size(value),
                DataValue::Float(value) => f32::size(value),
                DataValue::Double(value) => f64::size(value),
                DataValue::Text(value) => Text::size(value),
                DataValue::Binary(value) => Binary::size(value),
                DataValue::Null => 0,
            }
    }

    fn write(value: &DataValue<'_>, output: &mut Writer) {
        let mut branch = |index| output.branch(index);
        match value {
            DataValue::Boolean(value) => {
                branch(0);
                bool::write(value, output);
            }
            DataValue::Int(value) => {
                branch(1);
                i32::write(value, output);
            }
            DataValue::Long(value) => {
                branch(2);
                i64::write(value, output);
            }
            DataValue::Float(value) => {
                branch(3);
                f32::write(value, output);
            }
            DataValue::Double(value) => {
                branch(4);
                f64::write(value, output);
            }
            DataValue::Text(value) => {
                branch(5);
                Text::write(value, output);
            }
            DataValue::Binary(value) => {
                branch(6);
                Binary::write(value, output);
            }
            DataValue::Null => branch(7),
        }
    }
}
