//! The number a device puts behind a request.

use std::fmt;
use std::str::FromStr;

/// A request ID: 0 to 2^31 - 1.
///
/// The device chooses it and reuses it freely: two requests with the same ID are two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(u32);

/// A number or text that is not a request ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a request ID; expected decimal digits, 0 to 2147483647")]
pub struct RequestIdError(());

impl RequestId {
    /// The largest there is.
    pub const MAX: Self = Self(i32::MAX.unsigned_abs());

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for RequestId {
    type Error = RequestIdError;

    fn try_from(value: u32) -> Result<Self, RequestIdError> {
        if value <= Self::MAX.0 { Ok(Self(value)) } else { Err(RequestIdError(())) }
    }
}

impl TryFrom<i32> for RequestId {
    type Error = RequestIdError;

    fn try_from(value: i32) -> Result<Self, RequestIdError> {
        u32::try_from(value).map(Self).map_err(|_| RequestIdError(()))
    }
}

/// The ID as the 4/ESP records carry it.
impl From<RequestId> for i32 {
    fn from(id: RequestId) -> Self {
        // 31 bits by construction.
        id.0.cast_signed()
    }
}

/// A level of a topic is a request ID when it is nothing but ASCII digits and its value fits.
/// Leading zeros are digits.
impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        // `u32::from_str` would take a sign.
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RequestIdError(()));
        }
        text.parse::<u32>().map_err(|_| RequestIdError(()))?.try_into()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_that_fit_31_bits_are_a_request_id() {
        for (text, value) in [("0", 0), ("42", 42), ("007", 7), ("2147483647", i32::MAX)] {
            assert_eq!(text.parse::<RequestId>().map(i32::from), Ok(value));
        }
        for text in ["", "-1", "+1", "1.", " 1", "٣", "2147483648", "4294967296", "99999999999999999999"] {
            assert!(text.parse::<RequestId>().is_err(), "{text:?}");
        }
    }
}
