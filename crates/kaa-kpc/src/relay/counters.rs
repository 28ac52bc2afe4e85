//! What became of the requests and of the messages of extensions, counted.

use crate::counters::counters;

counters! {
    /// What became of the messages of one relay, at one moment.
    ///
    /// Every request ends in exactly one way:
    ///
    /// ```text
    /// requests = answered + silent + timed_out + refused + abandoned + in flight
    /// ```
    ///
    /// The other figures say more about messages of extensions; they are not part of the sum.
    pub struct Counters;
    /// The living figures behind [`Counters`].
    pub(super) struct Tally;
    /// Requests made, whatever became of them.
    requests
    /// Requests that an extension answered: with a success, or with an error of its own.
    answered
    /// Requests without a request ID of which no error became known.
    silent
    /// Requests that nobody answered in time (504).
    timed_out
    /// Requests that the relay refused itself: nobody serves the extension, the bus is away, too large,
    /// too many at once, stopping (413, 429, 503).
    refused
    /// Requests whose connection or caller was gone before the answer.
    abandoned
    /// Requests sent to the extension as a whole because the replica they were pinned to is gone.
    resent
    /// Pushes handed to the connection that holds their endpoint.
    pushed
    /// Pushes for an endpoint that is not connected here. On the subject of the whole service that is how
    /// it should be: another replica has it.
    not_held
    /// Pushes for such an endpoint that came to this replica alone, passed on to the other ones.
    forwarded
    /// Answers to requests of this replica that nobody waits for: late, or the second one.
    late
    /// Answers to requests that were never made here, or not by the one they name.
    stray
    /// Messages of extensions that could not be read, or that name no topic.
    malformed
    /// Pushes past their timeout.
    expired
    /// Messages with bytes after the last known field, read all the same.
    trailing_bytes
    /// Return addresses that were not used because they are not the subject of an extension's replica.
    hostile_reply_to
    /// Notices that nobody listens of which it is not known what they are about.
    unknown_notices
    /// Deliveries dropped because their connection has lagged, or is gone.
    undelivered
    /// Connections whose deliveries ended because the client took them too slowly.
    lagged
    /// Status messages that told an extension what became of its push (4/ECS2EXT).
    confirmed
    /// Events about endpoints that the server may not have got. They are told again.
    untold
    /// Endpoints that came or went and of which nobody was told: too many while the bus was away, or it was
    /// away when the relay stopped.
    unannounced
}

impl Counters {
    /// Requests that nothing has become of yet.
    pub fn in_flight(&self) -> u64 {
        let done = self.answered + self.silent + self.timed_out + self.refused + self.abandoned;
        self.requests.saturating_sub(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_accounted_for_is_in_flight() {
        let tally = Tally::default();
        for _ in 0..6 {
            tally.requests();
        }
        tally.answered();
        tally.silent();
        tally.timed_out();
        tally.refused();
        tally.abandoned();
        tally.late();
        assert_eq!(tally.snapshot().in_flight(), 1);
    }
}
