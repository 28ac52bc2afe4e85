//! How much an extension takes on at once.

use std::time::Duration;

/// The bounds of an extension: no queue grows past them, and what does not fit is answered at once.
///
/// ```
/// use std::time::Duration;
/// use kaa_ext::Limits;
///
/// let limits = Limits { handler_timeout: Duration::from_secs(5), ..Limits::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests that wait or are being handled; one more is answered 503. Default: 4096.
    pub requests: usize,
    /// The bytes of these requests; one more is answered 503. Default: 64 MiB.
    pub bytes: usize,
    /// Requests of one endpoint that wait for its earlier ones; one more is answered 503.
    /// Default: 32.
    pub per_endpoint: usize,
    /// How long a handler may take when the request itself does not say less; then the device gets
    /// 504. Default: 30 s.
    pub handler_timeout: Duration,
    /// How far the sender's clock may be behind or ahead before a request counts as expired.
    /// Default: 1 s.
    pub clock_skew: Duration,
    /// How long handlers may go on once the extension is told to stop; then their devices get 503.
    /// Default: 20 s.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 4096,
            bytes: 64 * 1024 * 1024,
            per_endpoint: 32,
            handler_timeout: Duration::from_secs(30),
            clock_skew: Duration::from_secs(1),
            grace: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// The limits nothing could be served under.
    pub(crate) fn problems(&self) -> impl Iterator<Item = String> {
        let zero = [
            ("requests", self.requests == 0),
            ("bytes", self.bytes == 0),
            ("handler_timeout", self.handler_timeout.is_zero()),
        ];
        zero.into_iter().filter(|(_, is_zero)| *is_zero).map(|(field, _)| {
            format!("limits.{field} is zero: nothing could be served; give it a larger value")
        })
    }
}
