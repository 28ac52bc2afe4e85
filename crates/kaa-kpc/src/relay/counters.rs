//! What became of the requests and of the messages of extensions, counted.

use crate::counters::counters;

counters! {
    /// What became of the messages of one relay, at one moment.
    ///
    /// Nothing happens to a message that is not counted here. Every request ends in exactly one way, every message
    /// that was heard becomes exactly one thing, and every answer and push is taken, or known to be lost:
    ///
    /// ```text
    /// requests = answered + silent + unanswered + timed_out + refused + abandoned              + in flight
    /// heard    = answered + silent + late + stray + malformed + expired
    ///          + pushed + unpushed + not_held
    ///          + resent + unserved + unknown_notices + endpoint_events
    /// answered + timed_out + refused + pushed = taken + untaken + undelivered                  + waiting
    /// ```
    ///
    /// The other figures say more about some of these; they are not part of a sum.
    pub struct Counters;
    /// The living figures behind [`Counters`].
    pub(super) struct Tally;
    /// Requests made, whatever became of them.
    requests
    /// Requests that an extension answered: with a success, or with an error of its own.
    answered
    /// Requests without a request ID that an extension said to have succeeded, which nobody is told.
    silent
    /// Requests without a request ID of which nothing became known in time: as a rule, they succeeded.
    unanswered
    /// Requests that nobody answered in time (504).
    timed_out
    /// Requests that the relay refused itself: nobody serves the extension, the bus is away, too large,
    /// too many at once, stopping (413, 429, 503).
    refused
    /// Requests whose connection or caller was gone before the answer.
    abandoned
    /// Messages that arrived here: of extensions, of other replicas, and the server's notices.
    heard
    /// Requests sent to the extension as a whole because the replica they were pinned to is gone.
    resent
    /// Pushes handed to the connection that holds their endpoint.
    pushed
    /// Pushes dropped because the connection that holds their endpoint has lagged, or is gone.
    unpushed
    /// Pushes for an endpoint that is not connected here. On the subject of the whole service that is how
    /// it should be: another replica has it.
    not_held
    /// Pushes for such an endpoint that came to this replica alone, passed on to the other ones.
    forwarded
    /// Pushes to be passed on, and status messages about pushes, that could not be handed to the bus.
    failed_to_send
    /// Answers to requests of this replica that nobody waits for: late, or the second one.
    late
    /// Answers to requests that were never made here, or not by the one they name.
    stray
    /// Messages that could not be read, and pushes that name no topic.
    malformed
    /// Pushes past their timeout.
    expired
    /// Messages with bytes after the last known field, read all the same.
    trailing_bytes
    /// Return addresses that were not used because they are not the subject of an extension's replica.
    hostile_reply_to
    /// Notices that nobody listens that ended a request (503).
    unserved
    /// Notices that nobody listens of which it is not known what they are about, or that nobody waits for.
    unknown_notices
    /// What replicas of this service say about their endpoints (9/ELCE), this one included.
    endpoint_events
    /// Answers and pushes that their client, or the caller, has taken.
    taken
    /// Answers and pushes that waited for their client when it went.
    untaken
    /// Answers dropped because their connection has lagged, or is gone.
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
        self.requests.saturating_sub(self.ended())
    }

    /// Answers and pushes that their clients have yet to take.
    pub fn waiting(&self) -> u64 {
        self.told().saturating_sub(self.settled())
    }

    /// Whether everything is accounted for, and nothing twice: true whenever no request is in flight and nothing
    /// waits for a client.
    pub fn is_balanced(&self) -> bool {
        self.requests == self.ended() && self.hears_out() && self.told() == self.settled()
    }

    /// Whether every message that was heard has become one thing, and no request ended twice while so many wait.
    /// That holds between any two messages.
    pub(super) fn is_balanced_beside(&self, pending: usize) -> bool {
        let pending = u64::try_from(pending).unwrap_or(u64::MAX);
        self.requests == self.ended().saturating_add(pending) && self.hears_out()
    }

    fn ended(&self) -> u64 {
        self.answered + self.silent + self.unanswered + self.timed_out + self.refused + self.abandoned
    }

    fn hears_out(&self) -> bool {
        let answers = self.answered + self.silent + self.late + self.stray + self.malformed + self.expired;
        let pushes = self.pushed + self.unpushed + self.not_held;
        let notices = self.resent + self.unserved + self.unknown_notices;
        self.heard == answers + pushes + notices + self.endpoint_events
    }

    fn told(&self) -> u64 {
        self.answered + self.timed_out + self.refused + self.pushed
    }

    fn settled(&self) -> u64 {
        self.taken + self.untaken + self.undelivered
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

    /// Each of these figures together, none of which is anything by itself.
    fn count(of: &[fn(&Tally)]) -> Counters {
        let tally = Tally::default();
        of.iter().for_each(|count| count(&tally));
        tally.snapshot()
    }

    #[test]
    fn a_request_ends_once() {
        use Tally as T;
        let ends: [&[fn(&T)]; 6] = [
            &[T::answered, T::heard, T::taken],
            &[T::silent, T::heard],
            &[T::unanswered],
            &[T::timed_out, T::untaken],
            &[T::refused, T::undelivered],
            &[T::abandoned],
        ];
        for end in ends {
            let once = [&[T::requests as fn(&T)], end].concat();
            assert!(count(&once).is_balanced());
            assert!(!count(end).is_balanced(), "it ended and was never made");
            assert!(!count(&[&once, end].concat()).is_balanced(), "it ended twice");
            assert!(!count(&[T::requests]).is_balanced() && count(&[T::requests]).is_balanced_beside(1));
        }
    }

    #[test]
    fn a_message_becomes_one_thing() {
        use Tally as T;
        let fates: [&[fn(&T)]; 11] = [
            &[T::late],
            &[T::stray],
            &[T::malformed],
            &[T::expired],
            &[T::pushed, T::taken],
            &[T::unpushed],
            &[T::not_held],
            &[T::resent],
            &[T::unserved],
            &[T::unknown_notices],
            &[T::endpoint_events],
        ];
        for fate in fates {
            let once = [&[T::heard as fn(&T)], fate].concat();
            assert!(count(&once).is_balanced());
            assert!(!count(fate).is_balanced() && !count(fate).is_balanced_beside(0));
            assert!(!count(&[&once, fate].concat()).is_balanced_beside(0), "it became two things");
        }
        assert!(!count(&[T::heard]).is_balanced(), "it became nothing");
    }

    #[test]
    fn what_nobody_has_taken_waits() {
        let waits = count(&[Tally::heard, Tally::pushed]);
        assert_eq!((waits.waiting(), waits.is_balanced()), (1, false));
        assert!(waits.is_balanced_beside(0));
    }
}
