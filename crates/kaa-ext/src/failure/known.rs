//! Errors of the lower floors as answers, so that `?` is enough in a handler.

use kaa_bus::{EventError, PublishError, RequestError};
use kaa_protocol::json::PayloadError;

use super::ReplyError;
use crate::session::PushError;
use crate::status::ErrorStatus;

/// 503 when nobody is there to ask, 504 when no answer came in time, 502 for an answer that is none.
impl ReplyError for RequestError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::TimedOut { .. } => ErrorStatus::GATEWAY_TIMEOUT,
            Self::Malformed { .. } => ErrorStatus::BAD_GATEWAY,
            Self::Publish(error) => error.status(),
            Self::NoSubject { .. } => ErrorStatus::INTERNAL_SERVER_ERROR,
            _ => ErrorStatus::SERVICE_UNAVAILABLE,
        }
    }
}

/// 503, or 500 for what can never be published.
impl ReplyError for PublishError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::TooLarge { .. } => ErrorStatus::INTERNAL_SERVER_ERROR,
            _ => ErrorStatus::SERVICE_UNAVAILABLE,
        }
    }
}

/// As [`PublishError`]; 500 for an event that has no subject.
impl ReplyError for EventError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Name { .. } => ErrorStatus::INTERNAL_SERVER_ERROR,
            Self::Publish(error) => error.status(),
            _ => ErrorStatus::SERVICE_UNAVAILABLE,
        }
    }
}

/// As [`PublishError`]; 504 for a push that nobody confirmed, 502 for one that was rejected, 500 for one
/// that could not be made.
impl ReplyError for PushError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Publish(error) => error.status(),
            Self::Unconfirmed { .. } => ErrorStatus::GATEWAY_TIMEOUT,
            Self::Rejected { .. } => ErrorStatus::BAD_GATEWAY,
            Self::Content(_) | Self::NoStatus => ErrorStatus::INTERNAL_SERVER_ERROR,
        }
    }
}

/// 400, or 413 for what is only too much, and the device is told what was expected.
impl ReplyError for PayloadError {
    fn status(&self) -> ErrorStatus {
        if self.is_too_much() { ErrorStatus::PAYLOAD_TOO_LARGE } else { ErrorStatus::BAD_REQUEST }
    }
}

/// With its [`http_status`](kaa_sqlite::SqliteError::http_status).
#[cfg(feature = "sqlite")]
impl ReplyError for kaa_sqlite::SqliteError {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::new(self.http_status().as_u16()).unwrap_or(ErrorStatus::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kaa_protocol::json::JsonPayload;

    use super::*;
    use crate::failure::Failure;

    #[test]
    fn who_could_not_be_asked_or_did_not_answer_is_not_the_devices_fault() {
        let subject = || "kaa.v1.service.cdp.cdtp.request".parse().unwrap();
        let late = RequestError::TimedOut { subject: subject(), deadline: Duration::from_secs(1) };
        for (error, status) in [
            (RequestError::NoResponders { subject: subject() }, 503),
            (late, 504),
            (PublishError::Disconnected { subject: subject() }.into(), 503),
        ] {
            let failure = Failure::from(error);
            assert_eq!(failure.status().code(), status);
            assert!(!failure.reason().contains("cdp"), "{failure}");
        }
    }

    #[test]
    fn a_wrong_payload_is_and_it_is_told_what_was_expected() {
        let error = kaa_protocol::cmp::ConfigRequest::from_json(b"[]").unwrap_err();
        let failure = Failure::from(error);
        assert_eq!(failure.status().code(), 400);
        assert!(failure.reason().contains("7/CMP"), "{failure}");
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn what_was_not_stored_has_the_status_of_its_error() {
        use kaa_sqlite::SqliteError;
        use kaa_sqlite::rusqlite::Error::QueryReturnedNoRows;

        let errors: [(fn() -> SqliteError, u16); 6] = [
            (|| SqliteError::Full, 507),
            (|| SqliteError::ReadOnly, 503),
            (|| SqliteError::Busy, 503),
            (|| SqliteError::Closed, 503),
            (|| SqliteError::Panicked, 500),
            (|| SqliteError::Refused(QueryReturnedNoRows), 500),
        ];
        for (error, status) in errors {
            assert_eq!(Failure::from(error()).status().code(), status, "{:?}", error());
        }
    }
}
