//! Whether the server has what was published: one round trip for all who want to know.
//!
//! Whoever asks while a round trip is under way waits for the next one, which begins behind it. Each gets
//! its own verdict: the round trip proves what was published on the connection it was made on, and nothing
//! about the one before, of which a dead server may have swallowed what it had not passed on.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use kaa_bus::{Bus, FenceError};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Why it is not known that the server has what was published. It may have it: whoever sends it again has
/// to expect that it is handled twice.
///
/// The text may be shown to a client, such as in the reason string of an MQTT 5 acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// The connection to the server was lost meanwhile, or is not there.
    #[error("the message bus was away; the request may be lost, send it again")]
    BusAway,
    /// The server did not confirm in time.
    #[error("the message bus did not confirm within {deadline:?}; the request may be lost, send it again")]
    TimedOut {
        /// How long was waited.
        deadline: Duration,
    },
    /// The relay has ended.
    #[error("the communication service is stopping; connect again and send the request again")]
    Stopping,
}

/// On which connection to the server a round trip was made.
type Verdict = Result<u64, NotTaken>;

/// The one who makes round trips, and those who wait for them.
#[derive(Debug)]
pub(super) struct Barrier {
    deadline: Duration,
    next: Mutex<Next>,
    wanted: Notify,
}

/// The round trip that is to be made next.
#[derive(Debug)]
enum Next {
    Nobody,
    Wanted(Round),
    /// There will be none any more.
    Ended,
}

#[derive(Debug)]
struct Round {
    since: Instant,
    verdict: oneshot::Sender<Verdict>,
    waiting: Shared<oneshot::Receiver<Verdict>>,
}

impl Barrier {
    pub(super) fn new(deadline: Duration) -> Self {
        Self { deadline, next: Mutex::new(Next::Nobody), wanted: Notify::new() }
    }

    /// Waits until the server has all that was published before this call on the `connects`-th connection
    /// to it.
    pub(super) fn pass(
        &self,
        connects: u64,
    ) -> impl Future<Output = Result<(), NotTaken>> + Send + use<> + 'static {
        let waiting = self.join();
        async move {
            let verdict = match waiting {
                Some(waiting) => waiting.await.unwrap_or(Err(NotTaken::Stopping)),
                None => Err(NotTaken::Stopping),
            };
            if verdict? == connects { Ok(()) } else { Err(NotTaken::BusAway) }
        }
    }

    fn join(&self) -> Option<Shared<oneshot::Receiver<Verdict>>> {
        let mut next = self.lock();
        match &*next {
            Next::Wanted(round) => Some(round.waiting.clone()),
            Next::Ended => None,
            Next::Nobody => {
                let (verdict, waiting) = oneshot::channel();
                let waiting = waiting.shared();
                *next = Next::Wanted(Round { since: Instant::now(), verdict, waiting: waiting.clone() });
                drop(next);
                self.wanted.notify_one();
                Some(waiting)
            }
        }
    }

    /// Makes round trips as long as somebody wants them.
    pub(super) async fn serve(&self, bus: &Bus) {
        loop {
            self.wanted.notified().await;
            if let Some(Round { since, verdict, .. }) = self.begin() {
                // Nobody may be left who waits.
                let _ = verdict.send(self.round_trip(bus, since).await);
            }
        }
    }

    fn begin(&self) -> Option<Round> {
        let mut next = self.lock();
        match std::mem::replace(&mut *next, Next::Nobody) {
            Next::Wanted(round) => Some(round),
            Next::Nobody => None,
            Next::Ended => {
                *next = Next::Ended;
                None
            }
        }
    }

    async fn round_trip(&self, bus: &Bus, since: Instant) -> Verdict {
        let before = bus.connects();
        match bus.fence(self.deadline.saturating_sub(since.elapsed())).await {
            // On which of two it was made is not known.
            Ok(()) if bus.connects() != before => Err(NotTaken::BusAway),
            Ok(()) => Ok(before),
            Err(FenceError::TimedOut { .. }) => Err(NotTaken::TimedOut { deadline: self.deadline }),
            Err(_) => Err(NotTaken::BusAway),
        }
    }

    /// Nobody makes round trips any more.
    pub(super) fn end(&self) {
        // Dropping a round tells those who wait.
        *self.lock() = Next::Ended;
    }

    fn lock(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kaa_bus::{MemoryServer, SubjectFilter};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(5);

    fn start(bus: &Bus) -> Arc<Barrier> {
        let barrier = Arc::new(Barrier::new(DEADLINE));
        tokio::spawn({
            let (barrier, bus) = (Arc::clone(&barrier), bus.clone());
            async move { barrier.serve(&bus).await }
        });
        barrier
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_who_ask_at_once_share_one_round_trip() {
        let server = MemoryServer::new();
        let (bus, spy) = (server.connect(), server.connect());
        let mut round_trips =
            spy.subscribe("_INBOX.>".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
        let barrier = start(&bus);
        while round_trips.try_next().is_some() {}
        let waiting: Vec<_> = (0..1000).map(|_| barrier.pass(1)).collect();
        for passed in waiting {
            assert_eq!(passed.await, Ok(()));
        }
        assert!(round_trips.try_next().is_some() && round_trips.try_next().is_none());
        assert_eq!(barrier.pass(1).await, Ok(()));
        assert!(round_trips.try_next().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_while_a_round_trip_is_under_way_gets_the_next_one() {
        let barrier = Barrier::new(DEADLINE);
        let first = barrier.pass(1);
        let begun = barrier.begin().unwrap();
        let second = barrier.pass(1);
        let _ = begun.verdict.send(Ok(1));
        assert_eq!(first.await, Ok(()));
        let mut second = Box::pin(second);
        assert_eq!((&mut second).now_or_never(), None);
        let _ = barrier.begin().unwrap().verdict.send(Err(NotTaken::BusAway));
        assert_eq!(second.await, Err(NotTaken::BusAway));
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_trip_proves_nothing_about_an_earlier_connection() {
        let server = MemoryServer::new();
        let bus = server.connect();
        let (barrier, before) = (start(&bus), bus.connects());
        server.stop();
        assert_eq!(barrier.pass(before).await, Err(NotTaken::BusAway));
        server.start();
        assert_eq!(barrier.pass(before).await, Err(NotTaken::BusAway));
        assert_eq!(barrier.pass(bus.connects()).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_tells_all_who_wait_and_all_who_come() {
        let barrier = Barrier::new(DEADLINE);
        let waiting = barrier.pass(1);
        barrier.end();
        assert_eq!(
            (waiting.await, barrier.pass(1).await),
            (Err(NotTaken::Stopping), Err(NotTaken::Stopping))
        );
        assert!(barrier.begin().is_none());
        assert_eq!(barrier.pass(1).await, Err(NotTaken::Stopping));
    }

    #[test]
    fn who_waits_costs_little() {
        let barrier = Barrier::new(DEADLINE);
        let waiting = barrier.pass(1);
        assert!(size_of_val(&waiting) <= 64, "{} bytes", size_of_val(&waiting));
    }
}
