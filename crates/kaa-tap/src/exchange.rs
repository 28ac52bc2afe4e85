//! Which answer belongs to which request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use crate::seen::Seen;
use crate::wire::{Role, SPECS, Spec};

/// A request, or an event that is to be confirmed, whose answer has not come yet.
#[derive(Debug, Clone)]
pub struct Open {
    /// The number of the message.
    pub n: u64,
    /// When it was asked.
    pub at: Instant,
    deadline: Instant,
    /// Where it went.
    pub subject: String,
    /// The name of its record.
    pub record: &'static str,
    /// Its correlation ID.
    pub correlation: String,
    /// The endpoint it is about.
    pub endpoint: Option<String>,
    /// The resource path, if it has one.
    pub path: Option<String>,
    reply_to: Option<String>,
    exchange: &'static str,
    /// Whether it was shown, so that its answer is, too.
    pub is_shown: bool,
    /// Whether several may answer.
    is_event: bool,
    is_answered: bool,
}

/// What an answer answers.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The number of the message.
    pub n: u64,
    /// How long that was after the question.
    pub after: Duration,
    /// What was asked: the subject of the request.
    pub subject: String,
    /// Whether the question was shown.
    pub is_shown: bool,
}

/// What waits for an answer. Bounded: when too much waits, what has waited for longest is given up and counted.
#[derive(Debug, Default)]
pub struct Exchanges {
    open: BTreeMap<u64, Open>,
    by_correlation: HashMap<(&'static str, String), BTreeSet<u64>>,
    by_reply_to: HashMap<String, u64>,
    deadlines: BTreeSet<(Instant, u64)>,
    given_up: u64,
}

impl Exchanges {
    /// How many may be open at the same time.
    const CAPACITY: usize = 10_000;
    /// The longest text that is kept of one, in bytes.
    const LONGEST: usize = 512;

    /// How many were given up, so that nothing can be said of their answers.
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Notes a message that is to be answered.
    pub fn ask(&mut self, seen: &Seen, is_shown: bool, at: Instant, patience: Duration) {
        let Some(decoded) = seen.decoded().filter(|_| seen.wants_answer()) else { return };
        let correlation = decoded.text("correlationId").unwrap_or_default().to_owned();
        let path = decoded.text("resourcePath").or_else(|| decoded.text("path")).map(str::to_owned);
        let endpoint = decoded.text("endpointId").map(str::to_owned);
        let texts = [Some(&correlation), path.as_ref(), endpoint.as_ref(), seen.reply_to.as_ref()];
        if texts.into_iter().flatten().any(|text| text.len() > Self::LONGEST) {
            self.given_up += 1;
            return;
        }
        if self.open.len() >= Self::CAPACITY
            && let Some(oldest) = self.open.keys().next().copied()
        {
            self.remove(oldest);
            self.given_up += 1;
        }
        let own = decoded.number("timeout").and_then(|timeout| u64::try_from(timeout).ok());
        let patience = own.filter(|timeout| *timeout > 0).map_or(patience, Duration::from_millis);
        // A sender may say for ever; nobody waits for that.
        let deadline = at + patience.min(Duration::from_secs(600));
        let exchange = decoded.spec.exchange;
        self.by_correlation.entry((exchange, correlation.clone())).or_default().insert(seen.n);
        let is_inbox = |reply: &&String| reply.starts_with("_INBOX.");
        if let Some(inbox) = seen.reply_to.as_ref().filter(is_inbox) {
            self.by_reply_to.insert(inbox.clone(), seen.n);
        }
        self.deadlines.insert((deadline, seen.n));
        let open = Open {
            n: seen.n,
            at,
            deadline,
            subject: seen.subject.clone(),
            record: decoded.info.name,
            correlation,
            endpoint,
            path,
            reply_to: seen.reply_to.clone(),
            exchange,
            is_shown,
            is_event: decoded.spec.role == Role::Event,
            is_answered: false,
        };
        self.open.insert(seen.n, open);
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether something of this exchange is open: `4/ESP`, or the name of the record that asks.
    pub fn is_open(&self, exchange: &'static str, correlation: &str) -> bool {
        !self.is_empty() && self.by_correlation.contains_key(&(exchange, correlation.to_owned()))
    }

    /// What is expected at an inbox.
    pub fn expected_at(&self, inbox: &str) -> Option<&'static Spec> {
        let open = self.open.get(self.by_reply_to.get(inbox)?)?;
        let answers = |spec: &&Spec| {
            spec.exchange == open.exchange && matches!(spec.role, Role::Response | Role::Receipt)
        };
        SPECS.iter().find(answers)
    }

    /// What a message answers, if it answers something that is open.
    pub fn answer(&mut self, seen: &Seen, at: Instant) -> Option<Answered> {
        let by_reply = self.by_reply_to.get(&seen.subject).copied();
        let n = by_reply.or_else(|| self.by_correlation(seen))?;
        let open = self.open.get_mut(&n)?;
        open.is_answered = true;
        let answered = Answered {
            n,
            after: at.saturating_duration_since(open.at),
            subject: open.subject.clone(),
            is_shown: open.is_shown,
        };
        if !open.is_event {
            self.remove(n);
        }
        Some(answered)
    }

    fn by_correlation(&self, seen: &Seen) -> Option<u64> {
        let decoded = seen.decoded()?;
        if !matches!(decoded.spec.role, Role::Response | Role::Receipt) {
            return None;
        }
        let key = (decoded.spec.exchange, decoded.text("correlationId")?.to_owned());
        self.by_correlation.get(&key)?.first().copied()
    }

    /// Takes out one that has waited in vain.
    pub fn expired(&mut self, now: Instant) -> Option<Open> {
        while let Some(&(deadline, n)) = self.deadlines.first() {
            if deadline > now {
                return None;
            }
            if let Some(open) = self.remove(n).filter(|open| !open.is_answered) {
                return Some(open);
            }
        }
        None
    }

    /// When there is something to look at.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    fn remove(&mut self, n: u64) -> Option<Open> {
        let open = self.open.remove(&n)?;
        self.deadlines.remove(&(open.deadline, n));
        if let Some(inbox) = &open.reply_to
            && self.by_reply_to.get(inbox) == Some(&n)
        {
            self.by_reply_to.remove(inbox);
        }
        let key = (open.exchange, open.correlation.clone());
        if let Some(same) = self.by_correlation.get_mut(&key) {
            same.remove(&n);
            if same.is_empty() {
                self.by_correlation.remove(&key);
            }
        }
        Some(open)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use bytes::Bytes;
    use kaa_bus::{Message, RawSubject};
    use kaa_protocol::avro::Record;
    use kaa_protocol::esp::{ClientData, ExtensionData, Revision};

    use super::*;

    fn message(subject: &str, reply_to: Option<&str>, payload: Bytes) -> Message {
        let raw = |text: &str| RawSubject::from(text.to_owned());
        Message {
            subject: raw(subject),
            reply_to: reply_to.map(raw),
            payload,
            no_responders: None,
            trace: None,
        }
    }

    fn request(n: u64, correlation_id: &str, reply_to: &str) -> Seen {
        let data = ClientData { correlation_id, request_id: Some(1), timeout: 500, ..ClientData::default() };
        let payload = data.encode(Revision::Seed).unwrap();
        let message = message("kaa.v1.service.dcx.esp.ClientData", Some(reply_to), payload);
        Seen::new(n, SystemTime::UNIX_EPOCH, &message, None)
    }

    fn answer(n: u64, correlation_id: &str, subject: &str, asked: Option<&'static Spec>) -> Seen {
        let data = ExtensionData { correlation_id, app_version_name: Some("v1"), ..ExtensionData::default() };
        let message = message(subject, None, data.encode(Revision::Seed).unwrap());
        Seen::new(n, SystemTime::UNIX_EPOCH, &message, asked)
    }

    const REPLICA: &str = "kaa.v1.replica.kpc-0.esp.ExtensionData";

    #[tokio::test(start_paused = true)]
    async fn an_answer_finds_its_request_by_the_correlation_id_and_once_only() {
        let mut exchanges = Exchanges::default();
        let start = Instant::now();
        exchanges.ask(&request(1, "a", REPLICA), true, start, Duration::ZERO);
        exchanges.ask(&request(2, "b", REPLICA), true, start, Duration::ZERO);
        let later = start + Duration::from_millis(3);
        let found = exchanges.answer(&answer(3, "b", REPLICA, None), later).unwrap();
        assert_eq!((found.n, found.after), (2, Duration::from_millis(3)));
        assert!(exchanges.answer(&answer(4, "b", REPLICA, None), later).is_none());
        assert!(exchanges.answer(&answer(5, "a", REPLICA, None), later).is_some());
        assert!(
            exchanges.open.is_empty()
                && exchanges.by_correlation.is_empty()
                && exchanges.deadlines.is_empty()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_at_an_inbox_finds_its_request_by_the_inbox() {
        let mut exchanges = Exchanges::default();
        let start = Instant::now();
        exchanges.ask(&request(1, "same", "_INBOX.a.1"), true, start, Duration::ZERO);
        exchanges.ask(&request(2, "same", "_INBOX.a.2"), true, start, Duration::ZERO);
        let asked = exchanges.expected_at("_INBOX.a.2");
        assert_eq!(asked.map(Spec::name), Some("ExtensionData"));
        let found = exchanges.answer(&answer(3, "same", "_INBOX.a.2", asked), start).unwrap();
        assert_eq!(found.n, 2);
        assert!(exchanges.expected_at("_INBOX.a.2").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_answered_within_its_own_timeout_comes_out() {
        let mut exchanges = Exchanges::default();
        let start = Instant::now();
        exchanges.ask(&request(1, "a", REPLICA), true, start, Duration::from_secs(60));
        assert_eq!(exchanges.next_deadline(), Some(start + Duration::from_millis(500)));
        assert!(exchanges.expired(start + Duration::from_millis(499)).is_none());
        assert_eq!(exchanges.expired(start + Duration::from_millis(500)).unwrap().n, 1);
        assert!(exchanges.expired(start + Duration::from_secs(9)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_kept_than_there_is_room_for_and_the_rest_is_counted() {
        let mut exchanges = Exchanges::default();
        let start = Instant::now();
        for n in 0..20_000 {
            exchanges.ask(&request(n, &n.to_string(), REPLICA), true, start, Duration::ZERO);
        }
        assert_eq!((exchanges.open.len(), exchanges.given_up), (10_000, 10_000));
        exchanges.ask(&request(1, &"x".repeat(4096), REPLICA), true, start, Duration::ZERO);
        assert_eq!((exchanges.open.len(), exchanges.given_up), (10_000, 10_001));
    }
}
