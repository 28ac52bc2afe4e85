//! HTTP status codes, split by what they mean for an answer.
//!
//! A handler that succeeds answers with a [`SuccessStatus`], one that fails with an
//! [`ErrorStatus`]. Keeping the two apart makes "200 with an error in it" impossible to write.

use std::fmt;

use http::StatusCode;

macro_rules! status {
    ($(#[$doc:meta])* $name:ident, $is:ident, $range:literal, [$($constant:ident)*]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(StatusCode);

        impl $name {
            $(
                #[doc = concat!("[`StatusCode::", stringify!($constant), "`].")]
                pub const $constant: Self = Self(StatusCode::$constant);
            )*

            #[doc = concat!("The status with this code, `None` outside ", $range, ".")]
            pub fn new(code: u16) -> Option<Self> {
                StatusCode::from_u16(code).ok().filter(StatusCode::$is).map(Self)
            }

            /// The status as the `http` crate's type.
            pub const fn code(self) -> StatusCode {
                self.0
            }

            /// The phrase HTTP gives this code, such as `Not Found`; empty for codes it has not named.
            pub fn canonical_reason(self) -> &'static str {
                self.0.canonical_reason().unwrap_or_default()
            }
        }

        impl From<$name> for StatusCode {
            fn from(status: $name) -> Self {
                status.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

status! {
    /// A 2xx status: the request did what it was meant to do.
    SuccessStatus, is_success, "200 to 299", [OK CREATED ACCEPTED NO_CONTENT]
}

impl Default for SuccessStatus {
    fn default() -> Self {
        Self::OK
    }
}

/// Whether a code says that something failed: the caller's fault (4xx) or ours (5xx).
trait IsError {
    fn is_error(&self) -> bool;
}

impl IsError for StatusCode {
    fn is_error(&self) -> bool {
        self.is_client_error() || self.is_server_error()
    }
}

status! {
    /// A 4xx or 5xx status: the request failed.
    ErrorStatus, is_error, "400 to 599", [
        BAD_REQUEST UNAUTHORIZED FORBIDDEN NOT_FOUND CONFLICT GONE PAYLOAD_TOO_LARGE
        UNSUPPORTED_MEDIA_TYPE UNPROCESSABLE_ENTITY TOO_MANY_REQUESTS
        INTERNAL_SERVER_ERROR NOT_IMPLEMENTED BAD_GATEWAY SERVICE_UNAVAILABLE GATEWAY_TIMEOUT
        INSUFFICIENT_STORAGE
    ]
}

impl ErrorStatus {
    /// Whether the failure is on our side (5xx): its details are logged, not told.
    pub fn is_server_error(self) -> bool {
        self.0.is_server_error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_cannot_be_an_error_and_an_error_cannot_be_a_success() {
        for code in 0..=1100 {
            assert_eq!(SuccessStatus::new(code).is_some(), (200..300).contains(&code), "{code}");
            assert_eq!(ErrorStatus::new(code).is_some(), (400..600).contains(&code), "{code}");
        }
    }
}
