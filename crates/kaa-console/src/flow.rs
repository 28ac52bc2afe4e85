//! Messages become exchanges, as many as there is room for.

use std::sync::Arc;

use kaa_protocol::avro::Record;
use kaa_protocol::elce::DisconnectedEvent;
use kaa_tap::{Exchanges, Seen, Sources, Taken};
use tokio::time::Instant;

use crate::budget::Budget;
use crate::exchange::{Exchange, replica_of};
use crate::guess::{Guess, is_answer};
use crate::limits::PATIENCE;
use crate::room::Room;
use crate::sessions::{Pinned, Sessions};

/// Turns messages into exchanges.
#[derive(Debug)]
pub(crate) struct Flow {
    room: Arc<Room>,
    exchanges: Exchanges,
    budget: Budget,
    sessions: Sessions,
    /// How many messages have come too fast so far.
    lost: u64,
    /// When one was not looked at, for the last time, that may have been an answer.
    unseen: Option<Instant>,
}

/// How the subject ends at which it is announced who is gone.
const DISCONNECTED: &[u8] = b".endpoint.connectivity.disconnected";

impl Flow {
    pub(crate) fn new(room: Arc<Room>) -> Self {
        Self {
            room,
            exchanges: Exchanges::default(),
            budget: Budget::default(),
            sessions: Sessions::default(),
            lost: 0,
            unseen: None,
        }
    }

    /// Takes a message; one at an inbox that answers nothing so far is put aside.
    pub(crate) fn take(&mut self, taken: Taken, sources: &mut Sources, now: Instant) {
        if taken.message.no_responders.is_some() {
            return;
        }
        if taken.is_at_inbox() {
            // An empty one is of a connection that sends itself a message.
            if self.expects(&taken) {
                self.answer(&taken, now);
            } else if !taken.message.payload.is_empty() && !sources.put_aside(taken, now) {
                // Most of what comes to inboxes is no message of Kaa, and is not counted.
                self.unseen = Some(now);
            }
            return;
        }
        if taken.message.subject.ends_with(DISCONNECTED) {
            self.forget(&taken);
        }
        match Guess::of(&taken, &self.exchanges) {
            Guess::Begins => self.begin(&taken, now),
            Guess::Answers => self.answer(&taken, now),
            Guess::Unasked => self.budget.skip(1),
            Guess::Either => self.either(&taken, now),
        }
    }

    /// What time has brought.
    pub(crate) fn due(&mut self, sources: &mut Sources, now: Instant) {
        while let Some(taken) = sources.due(now) {
            if self.expects(&taken) {
                self.answer(&taken, now);
            }
        }
        while let Some(open) = self.exchanges.expired(now) {
            if self.unseen.is_none_or(|unseen| unseen < open.at) {
                self.room.change(open.n, 0, |exchange| exchange.unanswered = true);
            }
        }
    }

    /// When there is something to look at.
    pub(crate) fn next_due(&self, sources: &Sources) -> Option<Instant> {
        sources.next_due().into_iter().chain(self.exchanges.next_deadline()).min()
    }

    /// A second is over, and so many messages have come too fast since the beginning.
    pub(crate) fn second(&mut self, lost: u64, now: Instant) {
        if lost > self.lost {
            self.budget.skip(lost - self.lost);
            (self.lost, self.unseen) = (lost, Some(now));
        }
        self.room.skipped(self.budget.renew());
        if let Some(sessions) = self.sessions.changed() {
            self.room.sessions(sessions);
        }
    }

    fn expects(&self, taken: &Taken) -> bool {
        let inbox = std::str::from_utf8(&taken.message.subject);
        inbox.is_ok_and(|inbox| self.exchanges.expected_at(inbox).is_some())
    }

    /// Forgets the sessions of endpoints that are gone, whether that is shown or not.
    fn forget(&mut self, taken: &Taken) {
        let payload = &taken.message.payload;
        if self.budget.tells_who_is_gone(payload.len())
            && let Ok(event) = DisconnectedEvent::decode(payload)
        {
            let gone = event.record.endpoints;
            self.sessions.forget(|endpoint| gone.get(endpoint).is_some());
        }
    }

    fn begin(&mut self, taken: &Taken, now: Instant) {
        if !self.budget.begins(taken.message.payload.len()) {
            return self.budget.skip(1);
        }
        self.open(Seen::new(0, taken.time, &taken.message, None), now);
    }

    fn answer(&mut self, taken: &Taken, now: Instant) {
        let Some(seen) = self.decode_answer(taken, now) else { return };
        self.settle(&seen, now);
    }

    fn either(&mut self, taken: &Taken, now: Instant) {
        let Some(seen) = self.decode_answer(taken, now) else { return };
        if seen.decoded().is_some_and(|decoded| is_answer(decoded.spec)) {
            self.settle(&seen, now);
        } else if self.budget.begins(0) {
            // Its bytes have been counted.
            self.open(seen, now);
        } else {
            self.budget.skip(1);
        }
    }

    /// What may be an answer, decoded if there is room for it.
    fn decode_answer(&mut self, taken: &Taken, now: Instant) -> Option<Seen> {
        if !self.budget.answers(taken.message.payload.len()) {
            self.budget.skip(1);
            self.unseen = Some(now);
            return None;
        }
        let subject = std::str::from_utf8(&taken.message.subject).ok();
        let asked = subject.and_then(|subject| self.exchanges.expected_at(subject));
        Some(Seen::new(0, taken.time, &taken.message, asked))
    }

    /// Shows what begins.
    fn open(&mut self, mut seen: Seen, now: Instant) {
        seen.n = self.room.next_id();
        self.exchanges.ask(&seen, true, now, PATIENCE);
        self.room.begin(Exchange::of(&seen));
    }

    /// Puts an answer beside its request, if there is one.
    fn settle(&mut self, seen: &Seen, now: Instant) {
        let Some(answered) = self.exchanges.answer(seen, now) else { return self.budget.skip(1) };
        let pinned_to = seen.reply_to.as_deref().and_then(replica_of);
        let mut pinned = None;
        let is_kept = self.room.change(answered.n, 1, |exchange| {
            exchange.answer(seen);
            if exchange.replica.is_none() {
                exchange.replica.clone_from(&pinned_to);
            }
            pinned = exchange.session(seen);
        });
        if let Some((endpoint, service, since)) = pinned {
            match pinned_to {
                Some(replica) => self.sessions.pin(Pinned { endpoint, service, replica, since }),
                None => self.sessions.unpin(&endpoint, &service),
            }
        }
        if !is_kept {
            self.budget.skip(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;
    use kaa_bus::{Bus, Message, RawSubject};
    use kaa_protocol::ecs2ext::EcsToExtensionOutboundMessage;
    use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
    use kaa_protocol::ism::Message as _;

    use super::*;
    use crate::source::Source;

    struct Stage {
        flow: Flow,
        sources: Sources,
        now: Instant,
    }

    impl Stage {
        async fn new() -> Self {
            let bus = Bus::memory();
            let sources = Sources::open(&bus, Vec::new(), true).await.unwrap();
            Self { flow: Flow::new(Room::new(Source::Shared(bus))), sources, now: Instant::now() }
        }

        fn take(&mut self, subject: &str, reply_to: Option<&str>, payload: Bytes) {
            let raw = |text: &str| RawSubject::from(text.to_owned());
            let (subject, reply_to) = (raw(subject), reply_to.map(raw));
            let message = Message { subject, reply_to, payload, no_responders: None, trace: None };
            let taken = Taken { time: SystemTime::UNIX_EPOCH, message };
            self.flow.take(taken, &mut self.sources, self.now);
        }

        fn wait(&mut self, time: Duration) {
            self.now += time;
            self.flow.due(&mut self.sources, self.now);
        }

        /// Of each exchange, whether it is answered, and whether it is said that it is not.
        fn shown(&self) -> Vec<(bool, bool)> {
            let of = |exchange: &Exchange| Some((exchange.took.is_some(), exchange.unanswered));
            self.flow.room.collect(of).into_iter().map(|(_, shown)| shown).collect()
        }

        /// A request whose answer pins the session of this endpoint.
        fn pin(&mut self, endpoint: &str) {
            self.take(ASKS, Some(KPC), request(endpoint, endpoint, 0));
            self.take(KPC, Some("kaa.v1.replica.dcx-0.esp.ClientData"), answer(endpoint, 0));
        }

        fn pinned(&mut self) -> usize {
            self.flow.sessions.changed().unwrap().len()
        }
    }

    const ASKS: &str = "kaa.v1.service.dcx.esp.ClientData";
    const KPC: &str = "kaa.v1.replica.kpc-0.esp.ExtensionData";
    const DEADLINE: Duration = Duration::from_millis(500);

    fn request(correlation_id: &str, endpoint: &str, bytes: usize) -> Bytes {
        let data = ClientData {
            correlation_id,
            endpoint_id: Some(endpoint),
            request_id: Some(1),
            timeout: 500,
            resource_path: "/json",
            payload: &vec![b'x'; bytes],
            ..ClientData::default()
        };
        data.encode(Revision::Seed).unwrap()
    }

    fn answer(correlation_id: &str, bytes: usize) -> Bytes {
        let data = ExtensionData {
            correlation_id,
            app_version_name: Some("v1"),
            request_id: Some(1),
            payload: Some(&vec![b'x'; bytes]),
            ..ExtensionData::default()
        };
        data.encode(Revision::Seed).unwrap()
    }

    fn gone<'a>(endpoints: impl IntoIterator<Item = &'a str>) -> Bytes {
        let endpoints = endpoints.into_iter().map(|endpoint| (endpoint, "v1")).collect();
        DisconnectedEvent { endpoints, ..DisconnectedEvent::default() }.to_bytes()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_overtakes_its_request_is_found_also_where_nothing_else_is_open() {
        let mut stage = Stage::new().await;
        stage.take("_INBOX.a.1", None, answer("c", 0));
        stage.take(ASKS, Some("_INBOX.a.1"), request("c", "e1", 0));
        stage.wait(Sources::OVERTAKING);
        assert_eq!(stage.shown(), [(true, false)]);
        stage.wait(DEADLINE);
        assert_eq!(stage.shown(), [(true, false)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_to_be_decoded_to_know_what_it_is_counts_among_what_is_decoded() {
        let mut stage = Stage::new().await;
        let payload = vec![b'x'; (1 << 20) - 100];
        let unasked = EcsToExtensionOutboundMessage { payload: Some(&payload), ..Default::default() };
        let unasked = unasked.encode(kaa_protocol::ecs2ext::Revision::default()).unwrap();
        for _ in 0..9 {
            stage.take("kaa.v1.service.ecs", None, unasked.clone());
        }
        stage.take(ASKS, None, request("c", "e1", 1 << 20));
        assert!(stage.shown().is_empty(), "8 MiB were decoded before");
        assert_eq!(stage.flow.budget.renew(), 10);
        stage.take(ASKS, None, request("c", "e1", 1 << 20));
        assert_eq!(stage.shown().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_an_answer_that_was_not_looked_at_is_not_said_to_have_none() {
        let mut stage = Stage::new().await;
        stage.take(ASKS, Some(KPC), request("c", "e1", 6 << 20));
        stage.take(KPC, None, answer("c", 6 << 20));
        stage.wait(DEADLINE);
        assert_eq!(stage.shown(), [(false, false)]);
        stage.flow.second(0, stage.now);
        stage.wait(Duration::from_millis(1));
        stage.take(ASKS, Some(KPC), request("lonely", "e1", 0));
        stage.wait(DEADLINE);
        assert_eq!(stage.shown(), [(false, false), (false, true)]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_sessions_of_all_endpoints_that_leave_at_once_are_forgotten() {
        let mut stage = Stage::new().await;
        for endpoint in ["e1", "e2", "e3"] {
            stage.pin(endpoint);
        }
        assert_eq!(stage.pinned(), 3);
        let event = "kaa.v1.events.kpc.endpoint.connectivity.disconnected";
        stage.take(event, None, gone(["e1", "e3"]));
        assert_eq!(stage.pinned(), 1);
        // There is no room to show any more.
        for _ in 0..1_000 {
            stage.take("kaa.v1.events.cdp.endpoint.config.updated", None, Bytes::new());
        }
        stage.take(event, None, gone(["e2"]));
        assert_eq!(stage.pinned(), 0);
    }
}
