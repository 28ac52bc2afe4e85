//! Requests out, answers in.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kaa_ext::Dialect;
use kaa_ext::bus::{Bus, Clock, Subject, Subscription};
use kaa_ext::protocol::name::{ReplicaId, ServiceInstance};
use kaa_tap::wire::{Decoded, Place, Role, Value, decode};
use tokio::time::{Instant, timeout_at};

use super::ReplayError;
use super::speed::Speed;
use crate::moment::after;
use crate::record::file::Recorded;
use crate::terminal::tell;

/// How many requests may wait for their recorded answers: as many exchanges as `kaa record` follows.
const OPEN: usize = 10_000;

/// A recorded answer, and the one of today.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The number of the recorded request.
    pub(crate) n: u64,
    pub(crate) request: Decoded,
    pub(crate) recorded: Decoded,
    /// `None` when none came in time.
    pub(crate) today: Option<Decoded>,
}

/// A request that was sent.
#[derive(Debug)]
struct Sent {
    correlation: String,
    request: Decoded,
    deadline: Instant,
    today: Option<Decoded>,
}

/// Sends a recording.
#[derive(Debug)]
pub(crate) struct Replayer {
    bus: Bus,
    esp: Subscription,
    ecs2ext: Subscription,
    own: String,
    timeout: Duration,
    speed: Speed,
    start: Instant,
    /// Requests whose recorded answer has not been met, by their number in the recording. It may be met long after the
    /// request has expired.
    sent: BTreeMap<u64, Sent>,
    by_correlation: HashMap<String, u64>,
    requests: u64,
    unanswered: u64,
    /// Recorded answers that nothing can be said of: they cannot be read, or their request was not sent.
    pub(crate) uncompared: u64,
    left_out: u64,
    told_nobody: bool,
}

impl Replayer {
    pub(crate) async fn new(bus: Bus, timeout: Duration, speed: Speed) -> Result<Self, ReplayError> {
        let own = format!("kaa-replay-{}-{:x}", std::process::id(), bus.random());
        let replica: ReplicaId = own.parse()?;
        let service = ServiceInstance::from_static("kaa-replay");
        let esp = bus.subscribe(Dialect::Esp.answers(&service, Some(&replica)), None).await?;
        let ecs2ext = bus.subscribe(Dialect::Ecs2Ext.answers(&service, Some(&replica)), None).await?;
        Ok(Self {
            bus,
            esp,
            ecs2ext,
            own,
            timeout,
            speed,
            start: Instant::now(),
            sent: BTreeMap::new(),
            by_correlation: HashMap::new(),
            requests: 0,
            unanswered: 0,
            uncompared: 0,
            left_out: 0,
            told_nobody: false,
        })
    }

    /// Sends a request when its time has come, or waits for the answer that belongs to a recorded one.
    pub(crate) async fn take(&mut self, recorded: Recorded) -> Result<Option<Pair>, ReplayError> {
        let decoded = decode(&Place::of(&recorded.subject).specs(), &recorded.datum).ok();
        let is_device = |decoded: &Decoded| matches!(decoded.info.protocol, "4/ESP" | "4/ECS2EXT");
        match (recorded.answers, decoded.filter(is_device), recorded.subject.parse()) {
            (Some(n), Some(answer), _) => return self.answer(n, answer).await,
            // What services say to each other, unless it is about a request that was sent.
            (Some(n), None, _) => self.uncompared += u64::from(self.forget(n).is_some()),
            (None, Some(request), Ok(subject)) if request.spec.role == Role::Request => {
                self.send(&recorded, subject, request).await?;
            }
            _ => self.left_out += 1,
        }
        Ok(None)
    }

    async fn send(
        &mut self,
        recorded: &Recorded,
        subject: Subject,
        request: Decoded,
    ) -> Result<(), ReplayError> {
        // Answers do not wait for the next request: who is not read loses them.
        let due = after(self.start, self.speed.due(recorded.at));
        while let Ok(received) = timeout_at(due, self.receive()).await {
            received?;
        }
        let n = recorded.n;
        self.requests += 1;
        let correlation = format!("{}-{}", self.own, self.requests);
        let timeout = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX);
        let changes = [
            ("correlationId", Value::String(correlation.clone())),
            ("timestamp", Value::Long(Clock::System.millis())),
            ("timeout", Value::Long(timeout)),
        ];
        let datum = request.encode_with(&changes).map_err(|source| ReplayError::Encode { n, source })?;
        let answers = if request.info.protocol == "4/ESP" { &self.esp } else { &self.ecs2ext };
        let reply_to = answers.filter().as_str().parse().ok();
        let published = self.bus.publish(subject, reply_to, datum).await;
        published.map_err(|source| ReplayError::Publish { n, source })?;
        self.forget(n);
        if self.sent.len() == OPEN
            && let Some(oldest) = self.sent.keys().next().copied()
        {
            self.forget(oldest);
        }
        self.by_correlation.insert(correlation.clone(), n);
        let deadline = after(Instant::now(), self.timeout);
        self.sent.insert(n, Sent { correlation, request, deadline, today: None });
        Ok(())
    }

    /// Waits for the answer to request `n`, as long as it may take.
    async fn answer(&mut self, n: u64, recorded: Decoded) -> Result<Option<Pair>, ReplayError> {
        while let Some(Sent { deadline, today: None, .. }) = self.sent.get(&n) {
            match timeout_at(*deadline, self.receive()).await {
                Ok(received) => received?,
                Err(_) => break,
            }
        }
        let Some(sent) = self.forget(n) else {
            self.uncompared += 1;
            return Ok(None);
        };
        self.unanswered += u64::from(sent.today.is_none());
        Ok(Some(Pair { n, request: sent.request, recorded, today: sent.today }))
    }

    /// Takes one answer in.
    async fn receive(&mut self) -> Result<(), ReplayError> {
        let message = tokio::select! {
            message = self.esp.next() => message,
            message = self.ecs2ext.next() => message,
        };
        let message = message.ok_or(ReplayError::Closed)?;
        if message.no_responders.is_some() {
            if !std::mem::replace(&mut self.told_nobody, true) {
                tell(
                    "replay",
                    "nobody serves some of the requests; are all the services running that were recorded?",
                );
            }
            return Ok(());
        }
        let place = Place::of(&String::from_utf8_lossy(&message.subject));
        // Somebody else's bytes are no answer of ours.
        let Ok(answer) = decode(&place.specs(), &message.payload) else { return Ok(()) };
        let n = answer.text("correlationId").and_then(|id| self.by_correlation.get(id));
        if let Some(sent) = n.and_then(|n| self.sent.get_mut(n))
            && Instant::now() <= sent.deadline
        {
            sent.today.get_or_insert(answer);
        }
        Ok(())
    }

    fn forget(&mut self, n: u64) -> Option<Sent> {
        let sent = self.sent.remove(&n)?;
        self.by_correlation.remove(&sent.correlation);
        Some(sent)
    }

    /// Ends, and says what was sent.
    pub(crate) async fn finish(self) -> String {
        // Everything that matters was answered; a connection that breaks now has nothing more to lose but requests
        // that nobody answered when they were recorded.
        let _ = self.bus.close(self.timeout).await;
        self.tally()
    }

    /// What was sent so far.
    pub(crate) fn tally(&self) -> String {
        let mut tally = format!("{} requests sent", self.requests);
        if self.unanswered > 0 {
            tally += &format!(", {} without an answer", self.unanswered);
        }
        if self.uncompared > 0 {
            tally += &format!(", {} recorded answers cannot be compared", self.uncompared);
        }
        if self.left_out > 0 {
            tally += &format!(", {} other messages left to the services", self.left_out);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kaa_ext::bus::{Message, SubjectFilter};
    use kaa_ext::protocol::avro::Record;
    use kaa_ext::protocol::ecs2ext::{self, EcsToExtensionInboundMessage, EcsToExtensionOutboundMessage};
    use kaa_ext::protocol::esp::{ClientData, ExtensionData, Revision};

    use super::*;

    fn recorded(n: u64, subject: &str, datum: Bytes, answers: Option<u64>) -> Recorded {
        Recorded { n, at: Duration::ZERO, subject: subject.to_owned(), datum, answers }
    }

    async fn replayer(bus: &Bus) -> Replayer {
        Replayer::new(bus.clone(), Duration::from_secs(1), Speed::Max).await.unwrap()
    }

    async fn served(bus: &Bus, subject: &str) -> Subscription {
        bus.subscribe(subject.parse::<SubjectFilter>().unwrap(), None).await.unwrap()
    }

    async fn answer(bus: &Bus, request: &Message, datum: Bytes) {
        let reply_to = Subject::try_from(request.reply_to.clone().unwrap()).unwrap();
        bus.publish(reply_to, None, datum).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_of_the_first_platform_is_sent_anew_and_its_answer_is_found() {
        let bus = Bus::memory();
        let mut replayer = replayer(&bus).await;
        let mut service = served(&bus, "kaa.v1.service.dcx").await;
        let request = EcsToExtensionInboundMessage {
            correlation_id: "old",
            timestamp: 1,
            path: "/json",
            ..EcsToExtensionInboundMessage::default()
        };
        let outbound = |correlation_id, status| {
            let id = "dcx";
            let answer = EcsToExtensionOutboundMessage {
                correlation_id,
                status: Some(status),
                extension_instance_id: id,
                ..EcsToExtensionOutboundMessage::default()
            };
            answer.encode(ecs2ext::Revision::Seed).unwrap()
        };
        let datum = request.encode(ecs2ext::Revision::Seed).unwrap();
        assert!(replayer.take(recorded(1, "kaa.v1.service.dcx", datum, None)).await.unwrap().is_none());
        let sent = service.next().await.unwrap();
        let asked = EcsToExtensionInboundMessage::decode_strict(&sent.payload).unwrap();
        assert!(asked.correlation_id != "old" && asked.timestamp > 1 && asked.timeout == 1000);
        answer(&bus, &sent, outbound(asked.correlation_id, "404 none")).await;

        let answered = recorded(2, "kaa.v1.service.ecs.r-0", outbound("old", "ok"), Some(1));
        let pair = replayer.take(answered).await.unwrap().unwrap();
        assert_eq!(pair.recorded.text("status"), Some("ok"));
        assert_eq!(pair.today.unwrap().text("status"), Some("404 none"));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_is_waited_for_and_a_strangers_is_not_taken() {
        let bus = Bus::memory();
        let mut replayer = replayer(&bus).await;
        let mut service = served(&bus, "kaa.v1.service.dcx.esp.ClientData").await;
        let request = ClientData { request_id: Some(1), ..ClientData::default() };
        let datum = request.encode(Revision::Seed).unwrap();
        replayer.take(recorded(1, "kaa.v1.service.dcx.esp.ClientData", datum, None)).await.unwrap();
        let sent = service.next().await.unwrap();
        let strange =
            ExtensionData { correlation_id: "x", app_version_name: Some("v1"), ..ExtensionData::default() };
        let strange = strange.encode(Revision::Seed).unwrap();
        answer(&bus, &sent, strange.clone()).await;
        answer(&bus, &sent, Bytes::from_static(b"\xff")).await;

        let start = Instant::now();
        let answered = recorded(2, "kaa.v1.replica.r.esp.ExtensionData", strange, Some(1));
        let pair = replayer.take(answered).await.unwrap().unwrap();
        assert!(pair.today.is_none());
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        assert_eq!(replayer.finish().await, "1 requests sent, 1 without an answer");
    }

    #[tokio::test(start_paused = true)]
    async fn what_services_say_to_each_other_is_left_to_them() {
        let bus = Bus::memory();
        let mut replayer = replayer(&bus).await;
        let event = recorded(1, "kaa.v1.events.cdp.endpoint.config.updated", Bytes::new(), None);
        assert!(replayer.take(event).await.unwrap().is_none());
        assert_eq!(replayer.finish().await, "0 requests sent, 1 other messages left to the services");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_recorded_after_the_next_request_is_compared_however_late_that_is() {
        const ASKS: &str = "kaa.v1.service.dcx.esp.ClientData";
        const ANSWERS: &str = "kaa.v1.replica.r.esp.ExtensionData";
        let bus = Bus::memory();
        let mut replayer =
            Replayer::new(bus.clone(), Duration::from_secs(5), Speed::Times(1.0)).await.unwrap();
        let mut service = served(&bus, ASKS).await;
        let request = ClientData { request_id: Some(1), ..ClientData::default() };
        let request = request.encode(Revision::Seed).unwrap();
        let outbound = |correlation_id, status_code| {
            let name = Some("v1");
            let answer = ExtensionData {
                correlation_id,
                status_code,
                app_version_name: name,
                ..ExtensionData::default()
            };
            answer.encode(Revision::Seed).unwrap()
        };
        let at = |seconds, recorded| Recorded { at: Duration::from_secs(seconds), ..recorded };
        assert!(replayer.take(recorded(1, ASKS, request.clone(), None)).await.unwrap().is_none());
        let sent = service.next().await.unwrap();
        let asked = ClientData::decode(&sent.payload).unwrap().record.correlation_id;
        answer(&bus, &sent, outbound(asked, 500)).await;
        for (n, seconds) in [(2, 6), (3, 12)] {
            let request = at(seconds, recorded(n, ASKS, request.clone(), None));
            assert!(replayer.take(request).await.unwrap().is_none());
        }
        // An answer that comes after the request has expired is none.
        let late = service.next().await.unwrap();
        let asked = ClientData::decode(&late.payload).unwrap().record.correlation_id;
        answer(&bus, &late, outbound(asked, 200)).await;

        let mut compared = async |n, answers| {
            let pair = replayer.take(at(13, recorded(n, ANSWERS, outbound("old", 200), Some(answers)))).await;
            pair.unwrap().map(|pair| pair.today.and_then(|today| today.number("statusCode")))
        };
        assert_eq!(compared(4, 1).await, Some(Some(500)));
        assert_eq!(compared(5, 2).await, Some(None));
        assert_eq!(compared(6, 1).await, None);
        let said = "3 requests sent, 1 without an answer, 1 recorded answers cannot be compared";
        assert_eq!(replayer.finish().await, said);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_compared_is_counted_and_what_waits_is_bounded() {
        const ASKS: &str = "kaa.v1.service.dcx.esp.ClientData";
        const ANSWERS: &str = "kaa.v1.replica.r.esp.ExtensionData";
        let bus = Bus::memory();
        let mut replayer = replayer(&bus).await;
        let request = ClientData::default().encode(Revision::Seed).unwrap();
        let count = u64::try_from(OPEN).unwrap() + 1;
        for n in 1..=count {
            replayer.take(recorded(n, ASKS, request.clone(), None)).await.unwrap();
        }
        assert_eq!((replayer.sent.len(), replayer.by_correlation.len()), (OPEN, OPEN));
        let unreadable = recorded(count + 1, ANSWERS, Bytes::from_static(b"\xff"), Some(count));
        assert!(replayer.take(unreadable).await.unwrap().is_none());
        let name = Some("v1");
        let forgotten = ExtensionData { app_version_name: name, ..ExtensionData::default() };
        let forgotten = recorded(count + 2, ANSWERS, forgotten.encode(Revision::Seed).unwrap(), Some(1));
        assert!(replayer.take(forgotten).await.unwrap().is_none());
        assert_eq!(replayer.uncompared, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_may_be_as_long_as_anybody_says() {
        let bus = Bus::memory();
        let mut replayer = Replayer::new(bus.clone(), Duration::MAX, Speed::Max).await.unwrap();
        let request = ClientData::default().encode(Revision::Seed).unwrap();
        let sent = replayer.take(recorded(1, "kaa.v1.service.dcx.esp.ClientData", request, None)).await;
        assert!(sent.unwrap().is_none());
    }
}
