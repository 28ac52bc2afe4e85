//! What can be wrong with a datum, and with a record that is to become one.

use std::fmt;

/// What is wrong with the bytes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The datum is over before the value is.
    #[error("the datum ends inside this value")]
    EndOfInput,
    /// A variable-length number that goes on after its 64th bit.
    #[error("a number of more than 64 bits; expected at most 10 bytes")]
    NumberTooLong,
    /// A number that is no Avro `int`.
    #[error("{0} does not fit an int; expected -2147483648 to 2147483647")]
    NotAnInt(i64),
    /// A string or bytes of less than nothing.
    #[error("a length of {0}; expected 0 or more")]
    NegativeLength(i64),
    /// A string or bytes longer than the rest of the datum.
    #[error("a length of {length} bytes; expected at most the {left} that are left")]
    LengthBeyondEnd {
        /// The length claimed, in bytes.
        length: i64,
        /// What is left of the datum, in bytes.
        left: usize,
    },
    /// A string that is not text.
    #[error("a byte that is not UTF-8")]
    NotUtf8,
    /// A branch the union does not have.
    #[error("union branch {branch}; expected 0 to {last}")]
    UnknownBranch {
        /// The branch claimed.
        branch: i64,
        /// The last branch there is.
        last: i64,
    },
    /// A byte that is neither true nor false.
    #[error("byte {0:#04x} is no boolean; expected 0 or 1")]
    NotABoolean(u8),
    /// A block of an array or a map that is larger or smaller than it says.
    #[error("a block of {size} bytes that announces {announced}; expected the same")]
    WrongBlockSize {
        /// The size the block announces, in bytes.
        announced: i64,
        /// What its items take, in bytes.
        size: usize,
    },
    /// A single-object header with the fingerprint of another schema.
    #[error(
        "a single-object header for schema {0:#018x}, which is not known here; expected the record alone"
    )]
    UnknownSchema(u64),
    /// Something follows the record, and it was to be decoded strictly.
    #[error("{0} bytes follow the record; expected none")]
    TrailingBytes(usize),
}

/// A problem and the byte it was found at; [`Record`](super::Record) adds which field that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Where the value starts, or the first byte that is not UTF-8: an offset into the datum.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl Fault {
    #[cold]
    pub(super) fn new(offset: usize, problem: Problem) -> Self {
        Self { offset, problem }
    }

    #[cold]
    pub(crate) fn in_field(self, record: &'static str, field: &'static str) -> DecodeError {
        DecodeError { record, field: Some(field), fault: self }
    }
}

/// Bytes that are not the record they were meant to be.
///
/// ```
/// # use kaa_protocol::avro::Record;
/// # use kaa_protocol::esp::ClientData;
/// let error = ClientData::decode(&b"\x06abc\xff"[..].into()).unwrap_err();
/// assert_eq!(error.to_string(), "ClientData.timestamp at byte 4: the datum ends inside this value");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    record: &'static str,
    field: Option<&'static str>,
    fault: Fault,
}

impl DecodeError {
    #[cold]
    pub(super) fn unknown_schema(record: &'static str, fingerprint: u64) -> Self {
        Self { record, field: None, fault: Fault::new(0, Problem::UnknownSchema(fingerprint)) }
    }

    #[cold]
    pub(super) fn trailing(record: &'static str, offset: usize, count: usize) -> Self {
        Self { record, field: None, fault: Fault::new(offset, Problem::TrailingBytes(count)) }
    }

    /// The record that was expected, such as `ClientData`.
    pub fn record(&self) -> &'static str {
        self.record
    }

    /// The field at fault by its name on the wire; `None` when it is about the datum as a
    /// whole: something follows the last field, or a header is not ours.
    pub fn field(&self) -> Option<&'static str> {
        self.field
    }

    /// Where in the datum the value at fault starts, in bytes.
    pub fn offset(&self) -> usize {
        self.fault.offset
    }

    /// What is wrong there.
    pub fn problem(&self) -> Problem {
        self.fault.problem
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, field, fault: Fault { offset, problem } } = self;
        match field {
            Some(field) => write!(f, "{record}.{field} at byte {offset}: {problem}"),
            None => write!(f, "{record} at byte {offset}: {problem}"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// A record that the chosen revision of its schema cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{record}.{field} cannot be written: {reason}")]
pub struct EncodeError {
    record: &'static str,
    field: &'static str,
    reason: &'static str,
}

impl EncodeError {
    #[cold]
    pub(crate) fn new(record: &'static str, field: &'static str, reason: &'static str) -> Self {
        Self { record, field, reason }
    }

    /// The field at fault by its name on the wire.
    pub fn field(&self) -> &'static str {
        self.field
    }
}
