//! Bytes that no schema explains.

use data_encoding::HEXLOWER;

/// How many bytes are shown of what is not text.
const LONGEST: usize = 64;

/// The text that a message is which is no record, such as the JSON that services tell each other.
pub(super) fn readable(datum: &[u8]) -> Option<&str> {
    let is_binary = |c: char| c.is_control() && !c.is_whitespace();
    std::str::from_utf8(datum).ok().filter(|text| !text.contains(is_binary))
}

/// The first of the bytes in hexadecimal digits, and how many follow.
pub(super) fn head(bytes: &[u8]) -> (String, usize) {
    let head = bytes.get(..LONGEST).unwrap_or(bytes);
    (HEXLOWER.encode(head), bytes.len() - head.len())
}
