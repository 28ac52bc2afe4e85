//! What became of the messages, counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    (
        tallied { $($(#[doc = $doc:literal])* $name:ident)* }
        beside { $($(#[doc = $beside_doc:literal])* $beside:ident)* }
    ) => {
        /// What became of the messages of one server, at one moment.
        ///
        /// Nothing happens to a message that is not counted here. Once a server is idle,
        ///
        /// ```text
        /// received = answered + silent + expired + shed + malformed + failed_to_send
        /// ```
        ///
        /// The other figures say more about some of these messages; they are not part of the sum.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct Counters {
            $($(#[doc = $doc])* pub $name: u64,)*
            $($(#[doc = $beside_doc])* pub $beside: u64,)*
        }

        impl Counters {
            /// Both together, figure by figure.
            #[must_use]
            pub fn and(self, other: Self) -> Self {
                Self {
                    $($name: self.$name.saturating_add(other.$name),)*
                    $($beside: self.$beside.saturating_add(other.$beside),)*
                }
            }

            /// The figures one by one: name, what it says, how many.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + use<> {
                [
                    $((stringify!($name), concat!($($doc),*).trim_ascii_start(), self.$name),)*
                    $((stringify!($beside), concat!($($beside_doc),*).trim_ascii_start(), self.$beside),)*
                ]
                .into_iter()
            }
        }

        /// The living figures behind [`Counters`], without those that are counted elsewhere.
        #[derive(Debug, Default)]
        pub(crate) struct Tally {
            $($name: AtomicU64,)*
        }

        impl Tally {
            pub(crate) fn snapshot(&self) -> Counters {
                Counters { $($name: self.$name.load(Relaxed),)* $($beside: 0,)* }
            }

            $(pub(crate) fn $name(&self) {
                self.$name.fetch_add(1, Relaxed);
            })*
        }
    };
}

counters! {
    tallied {
        /// Messages that arrived on all subjects: requests of devices, events, targeted requests.
        received
        /// Requests answered with a status of the handler, 404, 400, 500 or 504.
        answered
        /// Messages that are done with and whose senders want no answer: requests without a request ID that
        /// succeeded, events (however their listener fared), status messages.
        silent
        /// Messages that were past their timeout on arrival and were dropped.
        expired
        /// Messages that were not handled because the extension was full or stopped: requests are answered with
        /// 503, events that nobody waits for are logged.
        shed
        /// Messages that could not be read, and events with impossible times; nobody can be answered.
        malformed
        /// Answers that could not be handed to the bus.
        failed_to_send
        /// Handlers that panicked (answered with 500).
        panicked
        /// Handlers that ran out of time (answered with 504).
        timed_out
        /// Events whose listener returned an error (logged, and told to a sender that waits for it).
        unheard
        /// Requests for a path no resource has (answered with 404, unless a fallback is set).
        unrouted
        /// Return addresses that were not used because they are not of the protocol.
        hostile_reply_to
        /// Messages with bytes after the last known field, read all the same.
        trailing_bytes
        /// Answers and pushes whose communication service replica was gone, and which were sent to the
        /// communication service as a whole instead.
        redirected
        /// Answers and pushes that found nobody there either.
        undeliverable
        /// Pushes sent to devices.
        pushed
    }
    beside {
        /// Messages the bus dropped because they came faster than they were taken, 65,536 being in line.
        /// They never arrived here.
        lost
    }
}

impl Counters {
    /// Messages received that nothing has become of yet: waiting or being handled.
    pub fn in_flight(&self) -> u64 {
        self.received.saturating_sub(self.done())
    }

    /// Whether every message received is accounted for, and none twice: true whenever nothing is in flight.
    pub fn is_balanced(&self) -> bool {
        self.received == self.done()
    }

    fn done(&self) -> u64 {
        self.answered + self.silent + self.expired + self.shed + self.malformed + self.failed_to_send
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_accounted_for_is_in_flight() {
        let tally = Tally::default();
        for _ in 0..7 {
            tally.received();
        }
        tally.answered();
        tally.silent();
        tally.expired();
        tally.shed();
        tally.malformed();
        tally.failed_to_send();
        tally.panicked();
        assert_eq!(tally.snapshot().in_flight(), 1);
        assert!(!tally.snapshot().is_balanced());
        tally.answered();
        assert!(tally.snapshot().is_balanced());
        tally.answered();
        assert!(!tally.snapshot().is_balanced(), "one was counted twice");
    }
}
