//! From the bus to what happened on it.

use std::time::Duration;

use kaa_bus::{Bus, Connection, SubscribeError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::criteria::Criteria;
use crate::exchange::{Exchanges, Open};
use crate::seen::Seen;
use crate::sources::{Sources, Taken};

/// What happened.
#[derive(Debug)]
pub enum Happened {
    /// A message.
    Message(Box<Seen>),
    /// The time for an answer is over.
    Unanswered {
        /// What was not answered.
        open: Box<Open>,
        /// For how long an answer was waited for.
        waited: Duration,
    },
    /// This many messages came faster than they could be shown.
    Missed(u64),
    /// The connection is lost: what is sent now is not seen.
    Disconnected,
    /// It is back.
    Connected,
}

/// Listens to everything, and tells what is of interest.
#[derive(Debug)]
pub struct Listener {
    sources: Sources,
    criteria: Criteria,
    exchanges: Exchanges,
    patience: Duration,
    connection: watch::Receiver<Connection>,
    was_connected: bool,
    told_missed: u64,
    /// The number of the last message.
    pub seen: u64,
    /// Messages to inboxes that answer nothing.
    pub unrelated: u64,
    /// Messages that could not be decoded, while their content was to decide.
    pub unjudged: u64,
}

impl Listener {
    /// Subscribes. With `only`, to the filters alone. `patience` is how long an answer may take when its request does
    /// not say.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when the server does not let it. Inboxes are done without
    /// ([`deaf_to_inboxes`](Self::deaf_to_inboxes)).
    pub async fn open(
        bus: &Bus,
        criteria: Criteria,
        only: bool,
        patience: Duration,
    ) -> Result<Self, SubscribeError> {
        let is_narrow = only && !criteria.filters.is_empty();
        let filters =
            if is_narrow { criteria.filters.clone() } else { Sources::everything(&criteria.filters) };
        Ok(Self {
            sources: Sources::open(bus, filters, !only).await?,
            criteria,
            exchanges: Exchanges::default(),
            patience,
            connection: bus.watch_connection(),
            was_connected: true,
            told_missed: 0,
            seen: 0,
            unrelated: 0,
            unjudged: 0,
        })
    }

    /// Why answers to inboxes are not seen; `None` when they are.
    pub fn deaf_to_inboxes(&self) -> Option<&SubscribeError> {
        self.sources.deaf_to_inboxes()
    }

    /// What it listens to.
    pub fn filters(&self) -> String {
        self.sources.filters()
    }

    /// How many messages came faster than they were taken.
    pub fn missed(&self) -> u64 {
        self.sources.lost()
    }

    /// Throws away what has come and was not looked at, and says how many messages that were; without those at
    /// inboxes, which may be of no interest.
    pub fn discard(&mut self) -> u64 {
        self.sources.discard()
    }

    /// Exchanges that were given up because too many were open.
    pub fn given_up(&self) -> u64 {
        self.exchanges.given_up()
    }

    /// The next thing of interest; `None` when the bus is closed. Cancel safe.
    pub async fn next(&mut self) -> Option<Happened> {
        loop {
            let now = Instant::now();
            if let Some(happened) = self.due(now) {
                return Some(happened);
            }
            let wake = self.wake(now);
            tokio::select! {
                biased;
                Ok(()) = self.connection.changed() => {}
                taken = self.sources.next() => {
                    if let Some(happened) = self.arrived(taken?) {
                        return Some(happened);
                    }
                }
                () = sleep_until(wake) => {}
            }
        }
    }

    /// What time or the connection has brought.
    fn due(&mut self, now: Instant) -> Option<Happened> {
        let is_connected = *self.connection.borrow_and_update() == Connection::Connected;
        if is_connected != self.was_connected {
            self.was_connected = is_connected;
            return Some(if is_connected { Happened::Connected } else { Happened::Disconnected });
        }
        let missed = self.missed();
        if missed > self.told_missed {
            let more = missed - self.told_missed;
            self.told_missed = missed;
            return Some(Happened::Missed(more));
        }
        while let Some(taken) = self.sources.due(now) {
            if self.is_expected(&taken) {
                if let Some(happened) = self.observe(&taken) {
                    return Some(happened);
                }
            } else {
                self.unrelated += 1;
            }
        }
        while let Some(open) = self.exchanges.expired(now) {
            if open.is_shown {
                let waited = now.saturating_duration_since(open.at);
                return Some(Happened::Unanswered { open: Box::new(open), waited });
            }
        }
        None
    }

    fn wake(&self, now: Instant) -> Instant {
        let next = self.sources.next_due().into_iter().chain(self.exchanges.next_deadline()).min();
        next.unwrap_or(now + Duration::from_secs(3600))
    }

    fn arrived(&mut self, taken: Taken) -> Option<Happened> {
        let is_named = || self.criteria.names(&String::from_utf8_lossy(&taken.message.subject));
        if taken.is_at_inbox() && !is_named() && !self.is_expected(&taken) {
            // An empty one is of a connection that sends itself a message, to know that the server has everything
            // before.
            if !taken.message.payload.is_empty() && !self.sources.put_aside(taken, Instant::now()) {
                self.unrelated += 1;
            }
            return None;
        }
        self.observe(&taken)
    }

    fn is_expected(&self, taken: &Taken) -> bool {
        let inbox = std::str::from_utf8(&taken.message.subject);
        inbox.is_ok_and(|inbox| self.exchanges.expected_at(inbox).is_some())
    }

    fn observe(&mut self, Taken { time, message }: &Taken) -> Option<Happened> {
        self.seen += 1;
        let now = Instant::now();
        let asked = std::str::from_utf8(&message.subject).ok();
        let asked = asked.and_then(|subject| self.exchanges.expected_at(subject));
        let mut seen = Seen::new(self.seen, *time, message, asked);
        seen.answers = self.exchanges.answer(&seen, now);
        let is_about = self.criteria.is_about(&seen);
        self.exchanges.ask(&seen, is_about, now, self.patience);
        if self.criteria.shows(&seen) {
            return Some(Happened::Message(Box::new(seen)));
        }
        self.unjudged += u64::from(seen.content.is_err() && self.criteria.reads_content());
        None
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kaa_protocol::avro::Record;
    use kaa_protocol::esp::{ClientData, ExtensionData, Revision};

    use super::*;

    const ASKS: &str = "kaa.v1.service.dcx.esp.ClientData";
    const ANSWERS: &str = "kaa.v1.replica.kpc-0.esp.ExtensionData";

    fn request(endpoint: &str, correlation_id: &str) -> Bytes {
        let data = ClientData {
            correlation_id,
            endpoint_id: Some(endpoint),
            request_id: Some(1),
            timeout: 500,
            resource_path: "/json",
            ..ClientData::default()
        };
        data.encode(Revision::Seed).unwrap()
    }

    fn answer(correlation_id: &str, status_code: i32) -> Bytes {
        let name = Some("v1");
        let data =
            ExtensionData { correlation_id, status_code, app_version_name: name, ..ExtensionData::default() };
        data.encode(Revision::Seed).unwrap()
    }

    async fn listening(bus: &Bus, criteria: Criteria) -> Listener {
        Listener::open(bus, criteria, false, Duration::from_secs(1)).await.unwrap()
    }

    async fn publish(bus: &Bus, subject: &str, reply_to: Option<&str>, payload: Bytes) {
        let reply_to = reply_to.map(|reply| reply.parse().unwrap());
        bus.publish(subject.parse().unwrap(), reply_to, payload).await.unwrap();
    }

    async fn message(listener: &mut Listener) -> Seen {
        match listener.next().await {
            Some(Happened::Message(seen)) => *seen,
            other => panic!("{other:?}"),
        }
    }

    fn to(filters: &[&str]) -> Criteria {
        let filters = filters.iter().map(|filter| filter.parse().unwrap()).collect();
        Criteria { filters, ..Criteria::default() }
    }

    fn about(endpoint: &str) -> Option<String> {
        Some(endpoint.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_filter_shows_what_matches_and_the_answers_to_it() {
        let bus = Bus::memory();
        let mut listener =
            listening(&bus, Criteria { endpoint: about("e1"), ..to(&["kaa.v1.service.dcx.>"]) }).await;
        publish(&bus, ASKS, Some(ANSWERS), request("e2", "other")).await;
        publish(&bus, ANSWERS, None, answer("other", 200)).await;
        publish(&bus, ASKS, Some(ANSWERS), request("e1", "mine")).await;
        publish(&bus, ANSWERS, None, answer("mine", 200)).await;
        assert_eq!(message(&mut listener).await.n, 3);
        let answer = message(&mut listener).await;
        assert_eq!(answer.answers.unwrap().n, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn errors_are_answers_that_failed_and_questions_that_nobody_answers() {
        let bus = Bus::memory();
        let mut listener = listening(&bus, Criteria { errors: true, ..to(&[]) }).await;
        for (correlation, status) in [("good", 200), ("bad", 404)] {
            publish(&bus, ASKS, Some(ANSWERS), request("e1", correlation)).await;
            publish(&bus, ANSWERS, None, answer(correlation, status)).await;
        }
        publish(&bus, ASKS, Some(ANSWERS), request("e1", "lonely")).await;
        let failed = message(&mut listener).await;
        assert_eq!(failed.status().unwrap().code, 404);
        match listener.next().await {
            Some(Happened::Unanswered { open, waited }) => {
                assert_eq!((open.correlation.as_str(), open.path.as_deref()), ("lonely", Some("/json")));
                assert_eq!(waited, Duration::from_millis(500));
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_at_an_inbox_is_found_even_when_it_is_read_first() {
        let bus = Bus::memory();
        let mut listener = listening(&bus, to(&[])).await;
        publish(&bus, "_INBOX.x.1", None, answer("c", 200)).await;
        publish(&bus, "_INBOX.x.2", None, Bytes::from_static(b"nothing of ours")).await;
        // The listener reads the inbox before there is a question.
        assert!(tokio::time::timeout(Duration::from_millis(10), listener.next()).await.is_err());
        publish(&bus, ASKS, Some("_INBOX.x.1"), request("e1", "c")).await;
        let asked = message(&mut listener).await;
        let answer = message(&mut listener).await;
        assert_eq!(answer.answers.as_ref().unwrap().n, asked.n);
        assert_eq!(answer.decoded().unwrap().info.name, "ExtensionData");
        assert_eq!(listener.seen, 2);
        publish(&bus, "kaa.v1.x", None, Bytes::new()).await;
        assert!(message(&mut listener).await.content.is_err());
        assert_eq!(listener.unrelated, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_two_filters_match_is_shown_once() {
        let bus = Bus::memory();
        let mut listener = listening(&bus, to(&["*.v1.>", "other.>"])).await;
        publish(&bus, "kaa.v1.x", None, Bytes::new()).await;
        publish(&bus, "other.y", None, Bytes::new()).await;
        assert_eq!(message(&mut listener).await.subject, "kaa.v1.x");
        assert_eq!(message(&mut listener).await.subject, "other.y");
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_too_fast_is_counted_and_told() {
        let bus = Bus::memory();
        let mut listener = listening(&bus, to(&[])).await;
        let sent = 70_000;
        for _ in 0..sent {
            bus.try_publish("kaa.v1.x".parse().unwrap(), None, Bytes::new()).unwrap();
        }
        let Some(Happened::Missed(missed)) = listener.next().await else { panic!("nothing was missed") };
        for _ in 0..sent - missed {
            message(&mut listener).await;
        }
        assert_eq!(listener.seen + missed, sent);
        assert_eq!(listener.discard(), 0);
        publish(&bus, "kaa.v1.x", None, Bytes::new()).await;
        assert_eq!(listener.discard(), 1);
        assert_eq!(listener.missed(), missed);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_decoded_is_shown_unless_its_content_was_to_decide() {
        let bus = Bus::memory();
        let mut listener = listening(&bus, to(&[])).await;
        let mut about = listening(&bus, Criteria { endpoint: about("e1"), ..to(&[]) }).await;
        publish(&bus, ASKS, None, Bytes::from_static(b"\xff\xff")).await;
        publish(&bus, ASKS, None, request("e1", "c")).await;
        assert!(message(&mut listener).await.content.is_err());
        assert_eq!(message(&mut about).await.n, 2);
        assert_eq!(about.unjudged, 1);
    }
}
