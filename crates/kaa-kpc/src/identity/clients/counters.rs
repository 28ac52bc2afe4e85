//! What became of logins, counted.

use super::login::{Client, Denied};
use crate::counters::counters;

counters! {
    /// What became of the logins, at one moment. Where everybody may connect, nothing is counted.
    pub struct ClientCounters;
    /// The living figures behind [`ClientCounters`].
    pub(super) struct Tally;
    /// Clients that may connect.
    admitted
    /// Logins refused for what was shown.
    refused
    /// Logins refused because too many wrong ones came from there; they were not evaluated.
    throttled
    /// Logins that could not be decided in time.
    undecided
    /// Logins decided without asking a provider or computing a hash.
    known
    /// Requests to the provider, or hashes computed.
    evaluated
    /// Credentials that the provider revoked.
    revoked
}

impl Tally {
    pub(super) fn count(&self, verdict: &Result<Client, Denied>) {
        match verdict {
            Ok(_) => self.admitted(),
            Err(Denied::Credentials) => self.refused(),
            Err(Denied::TooMany { .. }) => self.throttled(),
            Err(Denied::Unavailable) => self.undecided(),
        }
    }
}
