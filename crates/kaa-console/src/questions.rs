//! Asking all services on the bus: the service API of NATS, and two verbs of our own.

use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Overflow, SubscribeError, Subscription};
use kaa_protocol::subject::Inbox;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::exchange::cut;
use crate::limits::{ANSWER, ANSWERS, REPLICAS};

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// What it is called, and what its functions are.
    Info,
    /// What its functions have done.
    Stats,
    /// What became of the last messages.
    Recent,
    /// All that there is to say about its functions.
    Describe,
}

impl Verb {
    fn subject(self) -> &'static str {
        match self {
            Self::Info => "$SRV.INFO",
            Self::Stats => "$SRV.STATS",
            Self::Recent => "$SRV.RECENT",
            Self::Describe => "$SRV.DESCRIBE",
        }
    }

    /// How the type of its answers ends.
    fn of_answer(answer: &Value) -> Option<Self> {
        let kind = answer.get("type")?.as_str()?.rsplit('.').next()?;
        match kind {
            "info_response" => Some(Self::Info),
            "stats_response" => Some(Self::Stats),
            "recent_response" => Some(Self::Recent),
            "describe_response" => Some(Self::Describe),
            _ => None,
        }
    }
}

/// What a service has said of itself.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) verb: Verb,
    /// The service, and the replica that said it.
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) answer: Value,
    /// How long the answer is, in bytes.
    size: usize,
}

/// Questions to everybody, and their answers.
#[derive(Debug)]
pub(crate) struct Questions {
    bus: Bus,
    inbox: Inbox,
    answers: Subscription,
    /// How many questions there were.
    asked: u64,
}

impl Questions {
    /// Listens for answers.
    pub(crate) async fn open(bus: &Bus) -> Result<Self, SubscribeError> {
        let inbox = Inbox::new(u128::from(bus.random()) << 64 | u128::from(bus.random()));
        // Who is too slow loses the oldest answers: they are asked for again.
        let answers = bus.subscribe_with(inbox.filter(), None, Overflow::DropOldest).await?;
        Ok(Self { bus: bus.clone(), inbox, answers, asked: 0 })
    }

    /// Asks everybody. Like an answer, a question may get lost: it is asked again.
    ///
    /// Each has an address of its own for the answers: a service may be permitted one answer to each.
    pub(crate) fn ask(&mut self, verb: Verb) {
        self.asked += 1;
        if let Ok(subject) = verb.subject().parse()
            && let Err(error) = self.bus.try_publish(subject, Some(self.inbox.slot(self.asked)), Bytes::new())
        {
            tracing::debug!("the console cannot ask the services: {error}");
        }
    }

    /// Whether a message at this subject is one of the answers.
    pub(crate) fn is_answered_at(&self, subject: &[u8]) -> bool {
        self.inbox.slot_of(subject).is_some()
    }

    /// The next answer; `None` when the bus is closed. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        loop {
            let message = self.answers.next().await?;
            if let Some(said) = read(&message.payload) {
                return Some(said);
            }
        }
    }

    /// Asks everybody, and takes what is answered within a time.
    pub(crate) async fn gather(mut self, verb: Verb, time: Duration) -> Vec<Said> {
        self.ask(verb);
        let (end, mut all, mut size) = (Instant::now() + time, Vec::new(), 0);
        while let Ok(Some(said)) = timeout_at(end, self.next()).await {
            size += said.size;
            all.push(said);
            if all.len() >= REPLICAS || size > ANSWERS {
                break;
            }
        }
        all
    }
}

fn read(payload: &[u8]) -> Option<Said> {
    let answer: Value = serde_json::from_slice(payload.get(..ANSWER.min(payload.len()))?).ok()?;
    let text = |key: &str| answer.get(key)?.as_str().map(|text| cut(text).to_owned());
    Some(Said {
        verb: Verb::of_answer(&answer)?,
        name: text("name")?,
        id: text("id")?,
        answer,
        size: payload.len(),
    })
}

#[cfg(test)]
mod tests {
    use kaa_bus::SubjectFilter;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_question_has_an_address_of_its_own_and_what_is_no_answer_is_passed_over() {
        let bus = Bus::memory();
        let mut heard = bus.subscribe("$SRV.*".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
        let mut questions = Questions::open(&bus).await.unwrap();
        questions.ask(Verb::Stats);
        questions.ask(Verb::Recent);
        let (one, two) = (heard.next().await.unwrap(), heard.next().await.unwrap());
        assert_ne!(one.reply_to, two.reply_to);
        let inbox = one.reply_to.unwrap();
        assert!(questions.is_answered_at(&inbox) && !questions.is_answered_at(b"_INBOX.other.1"));
        let answer = r#"{"type":"io.nats.micro.v1.stats_response","name":"dcx","id":"dcx-0"}"#;
        for said in ["", "{}", "[1]", r#"{"type":"x.y.ping_response","name":"a","id":"b"}"#, answer] {
            let subject = std::str::from_utf8(&inbox).unwrap().parse().unwrap();
            bus.publish(subject, None, said.into()).await.unwrap();
        }
        let said = questions.next().await.unwrap();
        assert_eq!((said.verb, &*said.name, &*said.id), (Verb::Stats, "dcx", "dcx-0"));
    }
}
