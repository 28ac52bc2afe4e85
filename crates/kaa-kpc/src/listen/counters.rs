//! What became of connections, counted.

use crate::counters::counters;

counters! {
    /// What became of connections until they were handed over, at one moment.
    pub struct ListenCounters;
    /// The living figures behind [`ListenCounters`].
    pub(super) struct Tally;
    /// Connections accepted, and served.
    accepted
    /// Connections closed at once because their address had its share.
    refused_address
    /// Attempts to accept that failed, for want of file descriptors for example.
    accept_errors
    /// TLS handshakes that failed, were too slow, or showed a certificate that is not accepted.
    tls_failed
    /// Connections that ended because of a mistake in this program.
    panicked
}
