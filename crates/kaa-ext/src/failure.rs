//! What a handler answers when it fails.

mod known;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use crate::status::ErrorStatus;

/// An error a handler may return: it knows the status the device gets and what the device is told.
///
/// The public side (status and reason) and the private side ([`Error::source`]) are kept apart:
/// the reason goes to the device, the source only to the log.
///
/// ```
/// use kaa_ext::{ErrorStatus, ReplyError};
///
/// #[derive(Debug, thiserror::Error)]
/// enum ConfigError {
///     #[error("no such configuration")]
///     Unknown,
///     #[error("the store is not available")]
///     Store(#[from] std::io::Error),
/// }
///
/// impl ReplyError for ConfigError {
///     fn status(&self) -> ErrorStatus {
///         match self {
///             Self::Unknown => ErrorStatus::NOT_FOUND,
///             Self::Store(_) => ErrorStatus::INTERNAL_SERVER_ERROR,
///         }
///     }
/// }
/// assert_eq!(ConfigError::Unknown.reason(), "no such configuration");
/// assert_eq!(ConfigError::Store(std::io::Error::other("disk")).reason(), "Internal Server Error");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler: it does not say which status to answer",
    label = "this error does not implement `ReplyError`",
    note = "implement `kaa_ext::ReplyError` for `{Self}`: one method, `status()`; or return `kaa_ext::Failure`"
)]
pub trait ReplyError: Error + Send + Sync + 'static {
    /// The status the device gets.
    fn status(&self) -> ErrorStatus;

    /// What the device is told: `reasonPhrase` in 4/ESP.
    ///
    /// By default a 4xx tells the error's own text and a 5xx only the standard phrase.
    fn reason(&self) -> Cow<'static, str> {
        let status = self.status();
        if status.is_server_error() { status.canonical_reason().into() } else { self.to_string().into() }
    }
}

/// An error that is already an answer: a status, a public reason and a private source.
///
/// Use it where an error type of your own would say no more:
///
/// ```
/// use kaa_ext::Failure;
///
/// fn look_up(name: &str) -> Result<u32, Failure> {
///     match name {
///         "sampling" => Ok(200),
///         _ => Err(Failure::not_found(format!("no configuration is called {name:?}"))),
///     }
/// }
/// assert_eq!(look_up("x").unwrap_err().to_string(), "404 Not Found: no configuration is called \"x\"");
/// ```
pub struct Failure(Box<Parts>);

struct Parts {
    status: ErrorStatus,
    reason: Cow<'static, str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure with any status and a reason the device may read.
    pub fn new(status: ErrorStatus, reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts { status, reason: reason.into(), source: None }))
    }

    /// 400: the request is wrong, and the reason says how.
    pub fn bad_request(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorStatus::BAD_REQUEST, reason)
    }

    /// 404: what the request asks for is not there.
    pub fn not_found(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorStatus::NOT_FOUND, reason)
    }

    /// 503: not now; the device may try again.
    pub fn unavailable(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorStatus::SERVICE_UNAVAILABLE, reason)
    }

    /// 500: something broke on our side. The cause is logged; the device learns only that it happened.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let status = ErrorStatus::INTERNAL_SERVER_ERROR;
        Self::new(status, status.canonical_reason()).caused_by(cause)
    }

    /// Adds the private cause, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(cause.into());
        self
    }

    /// The status the device gets.
    pub fn status(&self) -> ErrorStatus {
        self.0.status
    }

    /// What the device is told.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    pub(crate) fn into_reason(self) -> Cow<'static, str> {
        self.0.reason
    }

    /// The private cause.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }
}

impl<E: ReplyError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.status(), error.reason()).caused_by(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.status, self.0.reason)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("status", &self.0.status)
            .field("reason", &self.0.reason)
            .field("source", &self.0.source)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the pump is broken")]
    struct Broken(ErrorStatus);

    impl ReplyError for Broken {
        fn status(&self) -> ErrorStatus {
            self.0
        }
    }

    #[test]
    fn a_client_error_is_told_and_a_server_error_is_not() {
        assert_eq!(Failure::from(Broken(ErrorStatus::CONFLICT)).reason(), "the pump is broken");
        assert_eq!(Failure::from(Broken(ErrorStatus::BAD_GATEWAY)).reason(), "Bad Gateway");
    }

    #[test]
    fn the_cause_is_kept_for_the_log() {
        let failure = Failure::from(Broken(ErrorStatus::BAD_GATEWAY));
        assert_eq!(failure.cause().unwrap().to_string(), "the pump is broken");
    }

    #[test]
    fn a_failure_is_as_small_as_a_pointer() {
        assert_eq!(size_of::<Failure>(), size_of::<usize>());
    }
}
