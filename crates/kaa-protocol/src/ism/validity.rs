//! What the protocols ask of a field beyond its Avro type.
//!
//! Decoding does not ask: a service that cannot read a message cannot answer it either, and one that
//! only passes it on need not care.

use std::time::{Duration, SystemTime};

use crate::kp1::RequestId;

/// A field whose value its protocol does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{record}.{field} is {value}; expected {expected}")]
pub struct InvalidField {
    record: &'static str,
    field: &'static str,
    value: i64,
    expected: &'static str,
}

impl InvalidField {
    /// The field by its name on the wire.
    pub fn field(&self) -> &'static str {
        self.field
    }
}

pub(crate) fn expires_at(
    record: &'static str,
    timestamp: i64,
    timeout: i64,
) -> Result<Option<SystemTime>, InvalidField> {
    let invalid = |field, value, expected| InvalidField { record, field, value, expected };
    let created = u64::try_from(timestamp)
        .map_err(|_| invalid("timestamp", timestamp, "milliseconds since 1970, 0 or more"))?;
    let lifetime =
        u64::try_from(timeout).map_err(|_| invalid("timeout", timeout, "milliseconds, 0 or more"))?;
    if lifetime == 0 {
        return Ok(None);
    }
    // The protocol's clock is an Avro long: an expiry beyond it is no time.
    let expiry = timestamp.checked_add(timeout).map(|_| Duration::from_millis(created + lifetime));
    match expiry.and_then(|expiry| SystemTime::UNIX_EPOCH.checked_add(expiry)) {
        Some(expiry) => Ok(Some(expiry)),
        None => Err(invalid("timeout", timeout, "a time with the timestamp; 0 means no expiry")),
    }
}

pub(crate) fn request_id(
    record: &'static str,
    value: Option<i32>,
) -> Result<Option<RequestId>, InvalidField> {
    let checked = |value: i32| {
        let expected = "0 to 2147483647";
        RequestId::try_from(value).map_err(|_| InvalidField {
            record,
            field: "requestId",
            value: value.into(),
            expected,
        })
    };
    value.map(checked).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esp::ClientData;

    fn expiry(timestamp: i64, timeout: i64) -> Result<Option<SystemTime>, InvalidField> {
        ClientData { timestamp, timeout, ..ClientData::default() }.expires_at()
    }

    #[test]
    fn a_message_expires_its_timeout_after_its_timestamp() {
        let expected = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(expiry(1_000, 500), Ok(Some(expected)));
        assert_eq!(expiry(1_000, 0), Ok(None));
        assert_eq!(expiry(i64::MAX, 0), Ok(None));
    }

    #[test]
    fn a_time_that_is_none_is_named() {
        for (timestamp, timeout, field) in [
            (-1, 0, "timestamp"),
            (i64::MIN, i64::MIN, "timestamp"),
            (0, -1, "timeout"),
            (1, i64::MAX, "timeout"),
            (i64::MAX, 1, "timeout"),
        ] {
            assert_eq!(expiry(timestamp, timeout).unwrap_err().field(), field);
        }
        assert_eq!(
            expiry(0, -1).unwrap_err().to_string(),
            "ClientData.timeout is -1; expected milliseconds, 0 or more"
        );
    }

    #[test]
    fn a_request_id_has_31_bits() {
        let id = |request_id| ClientData { request_id, ..ClientData::default() }.checked_request_id();
        assert_eq!(id(None), Ok(None));
        assert_eq!(id(Some(0)).unwrap().unwrap().get(), 0);
        assert_eq!(id(Some(i32::MAX)).unwrap().unwrap(), RequestId::MAX);
        assert_eq!(id(Some(-1)).unwrap_err().field(), "requestId");
    }
}
