//! From the bus to what happened on it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use kaa_ext::bus::{Bus, Clock, Connection, Message, SubjectFilter, SubscribeError, Subscription};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::criteria::Criteria;
use super::exchange::{Exchanges, Open};
use super::seen::Seen;

/// What happened.
#[derive(Debug)]
pub(crate) enum Happened {
    Message(Box<Seen>),
    /// The time for an answer is over.
    Unanswered {
        open: Box<Open>,
        waited: Duration,
    },
    /// This many messages came faster than they could be shown.
    Missed(u64),
    /// The connection is lost: what is sent now is not seen.
    Disconnected,
    Connected,
}

/// Listens to everything, and tells what is of interest.
#[derive(Debug)]
pub(crate) struct Listener {
    sources: Vec<Subscription>,
    /// Why inboxes are not listened to, if they were to be.
    deaf_to_inboxes: Option<SubscribeError>,
    criteria: Criteria,
    exchanges: Exchanges,
    patience: Duration,
    connection: watch::Receiver<Connection>,
    was_connected: bool,
    /// Messages to inboxes that nothing was asked from so far: they may have overtaken the question.
    early: VecDeque<(Instant, SystemTime, Message)>,
    told_missed: u64,
    /// The number of the last message.
    pub(crate) seen: u64,
    /// Messages to inboxes that answer nothing.
    pub(crate) unrelated: u64,
    /// Messages that could not be decoded, while their content was to decide.
    pub(crate) unjudged: u64,
}

/// Where all messages of Kaa go.
const KAA: &str = "kaa.v1.>";
/// Where answers go besides.
const INBOXES: &str = "_INBOX.>";

impl Listener {
    /// How long an answer may come before its question, read from two subscriptions of one connection.
    const OVERTAKING: Duration = Duration::from_millis(50);
    /// How many such answers are kept.
    const EARLY: usize = 1024;

    /// Subscribes. With `only`, to the filters alone.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when the server does not let it. Inboxes are done without
    /// ([`deaf_to_inboxes`](Self::deaf_to_inboxes)).
    pub(crate) async fn open(
        bus: &Bus,
        criteria: Criteria,
        only: bool,
        patience: Duration,
    ) -> Result<Self, SubscribeError> {
        let (mut sources, mut deaf_to_inboxes) = (Vec::new(), None);
        for filter in filters(&criteria, only) {
            match bus.subscribe(filter.clone(), None).await {
                Ok(source) => sources.push(source),
                Err(error) if filter.as_str() == INBOXES && !only => {
                    deaf_to_inboxes = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            sources,
            deaf_to_inboxes,
            criteria,
            exchanges: Exchanges::default(),
            patience,
            connection: bus.watch_connection(),
            was_connected: true,
            early: VecDeque::new(),
            told_missed: 0,
            seen: 0,
            unrelated: 0,
            unjudged: 0,
        })
    }

    /// Why answers to inboxes are not seen; `None` when they are.
    pub(crate) fn deaf_to_inboxes(&self) -> Option<&SubscribeError> {
        self.deaf_to_inboxes.as_ref()
    }

    /// What it listens to.
    pub(crate) fn filters(&self) -> String {
        self.sources.iter().map(|source| source.filter().as_str()).collect::<Vec<_>>().join(" and ")
    }

    /// How many messages came faster than they were taken.
    pub(crate) fn missed(&self) -> u64 {
        self.sources.iter().map(Subscription::lost).sum()
    }

    /// Throws away what has come and was not looked at, and says how many messages that were; without those at
    /// inboxes, which may be of no interest.
    pub(crate) fn discard(&mut self) -> u64 {
        let is_counted = |message: &Message| !message.subject.starts_with(b"_INBOX.");
        let messages = self.sources.iter_mut().flat_map(|source| std::iter::from_fn(|| source.try_next()));
        messages.map(|message| u64::from(is_counted(&message))).sum()
    }

    /// Exchanges that were given up because too many were open.
    pub(crate) fn given_up(&self) -> u64 {
        self.exchanges.given_up
    }

    /// The next thing of interest; `None` when the bus is closed. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Happened> {
        loop {
            let now = Instant::now();
            if let Some(happened) = self.due(now) {
                return Some(happened);
            }
            let wake = self.wake(now);
            tokio::select! {
                biased;
                Ok(()) = self.connection.changed() => {}
                message = take(&mut self.sources) => {
                    let (source, message) = message?;
                    let time = Clock::System.now();
                    if let Some(happened) = self.arrived(source, time, message) {
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
        while let Some((_, time, message)) = self.early.pop_front_if(|(until, ..)| *until <= now) {
            if self.is_expected(&message) {
                if let Some(happened) = self.observe(time, &message) {
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
        let early = self.early.front().map(|(until, ..)| *until);
        let next = early.into_iter().chain(self.exchanges.next_deadline()).min();
        next.unwrap_or(now + Duration::from_secs(3600))
    }

    fn arrived(&mut self, source: usize, time: SystemTime, message: Message) -> Option<Happened> {
        // What an earlier subscription hears as well came twice.
        let subject = String::from_utf8_lossy(&message.subject);
        if let Ok(subject) = subject.parse()
            && self.sources.iter().take(source).any(|earlier| earlier.filter().matches(&subject))
        {
            return None;
        }
        let is_inbox = message.subject.starts_with(b"_INBOX.") && !self.criteria.names(&subject);
        if is_inbox && !self.is_expected(&message) {
            if message.payload.is_empty() {
                // A connection that sends itself a message, to know that the server has everything before.
                return None;
            }
            if self.early.len() >= Self::EARLY {
                self.unrelated += 1;
            } else {
                self.early.push_back((Instant::now() + Self::OVERTAKING, time, message));
            }
            return None;
        }
        self.observe(time, &message)
    }

    fn is_expected(&self, message: &Message) -> bool {
        std::str::from_utf8(&message.subject).is_ok_and(|inbox| self.exchanges.expected_at(inbox).is_some())
    }

    fn observe(&mut self, time: SystemTime, message: &Message) -> Option<Happened> {
        self.seen += 1;
        let now = Instant::now();
        let asked = std::str::from_utf8(&message.subject).ok();
        let asked = asked.and_then(|subject| self.exchanges.expected_at(subject));
        let mut seen = Seen::new(self.seen, time, message, asked);
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

fn filters(criteria: &Criteria, only: bool) -> Vec<SubjectFilter> {
    if only && !criteria.filters.is_empty() {
        return criteria.filters.clone();
    }
    let is_elsewhere = |filter: &&SubjectFilter| {
        !["kaa.v1.", "_INBOX."].iter().any(|known| filter.as_str().starts_with(known))
    };
    let elsewhere = criteria.filters.iter().filter(is_elsewhere).cloned();
    [KAA, INBOXES].iter().filter_map(|filter| filter.parse().ok()).chain(elsewhere).collect()
}

/// The next message of the first subscription that has one, and which one that is; `None` when one of them has ended.
async fn take(sources: &mut [Subscription]) -> Option<(usize, Message)> {
    poll_fn(|context| {
        for (n, source) in sources.iter_mut().enumerate() {
            if let Poll::Ready(message) = source.poll_next(context) {
                return Poll::Ready(message.map(|message| (n, message)));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kaa_ext::protocol::avro::Record;
    use kaa_ext::protocol::esp::{ClientData, ExtensionData, Revision};

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

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        criteria: Criteria,
    }

    fn criteria(arguments: &[&str]) -> Criteria {
        use clap::Parser;
        Line::parse_from([&["tap"], arguments].concat()).criteria
    }

    #[tokio::test(start_paused = true)]
    async fn a_filter_shows_what_matches_and_the_answers_to_it() {
        let bus = Bus::memory();
        let mut listener = listening(&bus, criteria(&["kaa.v1.service.dcx.>", "--endpoint", "e1"])).await;
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
        let mut listener = listening(&bus, criteria(&["--errors"])).await;
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
        let mut listener = listening(&bus, criteria(&[])).await;
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
        let mut listener = listening(&bus, criteria(&["*.v1.>", "other.>"])).await;
        publish(&bus, "kaa.v1.x", None, Bytes::new()).await;
        publish(&bus, "other.y", None, Bytes::new()).await;
        assert_eq!(message(&mut listener).await.subject, "kaa.v1.x");
        assert_eq!(message(&mut listener).await.subject, "other.y");
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_too_fast_is_counted_and_told() {
        let bus = Bus::memory();
        let mut listener = listening(&bus, criteria(&[])).await;
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
        let mut listener = listening(&bus, criteria(&[])).await;
        let mut about = listening(&bus, criteria(&["--endpoint", "e1"])).await;
        publish(&bus, ASKS, None, Bytes::from_static(b"\xff\xff")).await;
        publish(&bus, ASKS, None, request("e1", "c")).await;
        assert!(message(&mut listener).await.content.is_err());
        assert_eq!(message(&mut about).await.n, 2);
        assert_eq!(about.unjudged, 1);
    }
}
