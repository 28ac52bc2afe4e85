//! What the services on the bus say of themselves: the service API of NATS (ADR-32), and two verbs of our own.

use std::time::Duration;

use bytes::Bytes;
pub use kaa_bus::micro::Verb;
use kaa_bus::{Bus, Overflow, SubscribeError, Subscription};
use kaa_protocol::subject::Inbox;
use serde_json::Value;
use tokio::time::timeout;

/// The largest answer of a service about itself that is read, in bytes.
const ANSWER: usize = 1 << 20;

/// How much all of them may be together, where they are gathered, in bytes.
const ANSWERS: usize = 8 << 20;

/// The longest name that is taken for one, in bytes.
const NAME: usize = 512;

/// What a service has said of itself.
#[derive(Debug)]
pub struct Said {
    /// What it was asked.
    pub verb: Verb,
    /// The name of the service.
    pub name: String,
    /// The replica that said it.
    pub id: String,
    /// All of it.
    pub answer: Value,
}

/// Questions to everybody, and their answers.
#[derive(Debug)]
pub struct Questions {
    bus: Bus,
    inbox: Inbox,
    answers: Subscription,
    /// How many questions there were.
    asked: u64,
    /// How many bytes of answers were read.
    read: usize,
    /// Whether there were more answers than there was room for, the last time they were gathered.
    is_cut: bool,
}

impl Questions {
    /// Listens for answers.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when the server does not let it listen to an inbox.
    pub async fn open(bus: &Bus) -> Result<Self, SubscribeError> {
        let inbox = Inbox::new(u128::from(bus.random()) << 64 | u128::from(bus.random()));
        // Who is too slow loses the oldest answers: they are asked for again.
        let answers = bus.subscribe_with(inbox.filter(), None, Overflow::DropOldest).await?;
        Ok(Self { bus: bus.clone(), inbox, answers, asked: 0, read: 0, is_cut: false })
    }

    /// Asks everybody. Like an answer, a question may get lost: it is asked again.
    ///
    /// Each has an address of its own for the answers: a service may be permitted one answer to each.
    pub fn ask(&mut self, verb: Verb) {
        self.asked += 1;
        if let Ok(subject) = verb.subject().parse()
            && let Err(error) = self.bus.try_publish(subject, Some(self.inbox.slot(self.asked)), Bytes::new())
        {
            tracing::debug!("the services cannot be asked: {error}");
        }
    }

    /// Whether a message at this subject is one of the answers.
    pub fn is_answered_at(&self, subject: &[u8]) -> bool {
        self.inbox.slot_of(subject).is_some()
    }

    /// The next answer; `None` when the bus is closed. Cancel safe.
    pub async fn next(&mut self) -> Option<Said> {
        loop {
            let message = self.answers.next().await?;
            self.read += message.payload.len();
            if let Some(said) = read(&message.payload) {
                return Some(said);
            }
        }
    }

    /// Asks everybody, and takes what is answered within a time, at most so many answers; [`is_cut`](Self::is_cut) says
    /// whether there were more. Cancel safe.
    pub async fn gather(&mut self, verb: Verb, time: Duration, most: usize) -> Vec<Said> {
        self.ask(verb);
        let (mut all, end) = (Vec::new(), self.read + ANSWERS);
        let lost = self.answers.lost();
        let gathering = async {
            while let Some(said) = self.next().await {
                // Answers to an earlier question may come late.
                if said.verb != verb {
                    continue;
                }
                if all.len() == most || self.read > end {
                    return true;
                }
                all.push(said);
            }
            false
        };
        let is_full = timeout(time, gathering).await.unwrap_or_default();
        self.is_cut = is_full || self.answers.lost() > lost;
        all
    }

    /// Whether there were more answers than there was room for, the last time they were gathered.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

fn read(payload: &[u8]) -> Option<Said> {
    let answer: Value = serde_json::from_slice(payload.get(..ANSWER.min(payload.len()))?).ok()?;
    let text = |key: &str| answer.get(key)?.as_str().filter(|text| text.len() <= NAME).map(str::to_owned);
    let verb = Verb::of_response(answer.get("type")?.as_str()?)?;
    Some(Said { verb, name: text("name")?, id: text("id")?, answer })
}

#[cfg(test)]
mod tests {
    use kaa_bus::{Subject, SubjectFilter};

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
        for said in ["", "{}", "[1]", r#"{"type":"x.y.stats_response","name":"a","id":"b"}"#, answer] {
            let subject = std::str::from_utf8(&inbox).unwrap().parse().unwrap();
            bus.publish(subject, None, said.into()).await.unwrap();
        }
        let said = questions.next().await.unwrap();
        assert_eq!((said.verb, &*said.name, &*said.id), (Verb::Stats, "dcx", "dcx-0"));
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_gathered_for_any_time_and_that_there_are_more_is_known() {
        let bus = Bus::memory();
        let mut heard = bus.subscribe("$SRV.*".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
        let mut questions = Questions::open(&bus).await.unwrap();
        let answer = |id: usize, long: usize| {
            let (kind, more) = ("io.nats.micro.v1.info_response", "x".repeat(long));
            serde_json::json!({ "type": kind, "name": "dcx", "id": format!("dcx-{id}"), "more": more })
                .to_string()
        };
        let mut gathered = async |time: Duration, count: usize, long: usize| {
            let answering = async {
                let inbox = heard.next().await.unwrap().reply_to.unwrap();
                let subject: Subject = std::str::from_utf8(&inbox).unwrap().parse().unwrap();
                for id in 0..count {
                    bus.publish(subject.clone(), None, answer(id, long).into()).await.unwrap();
                }
            };
            let (all, ()) = tokio::join!(questions.gather(Verb::Info, time, 10), answering);
            (all.len(), questions.is_cut())
        };
        assert_eq!(gathered(Duration::from_secs(1), 10, 0).await, (10, false));
        assert_eq!(gathered(Duration::MAX, 11, 0).await, (10, true));
        assert_eq!(gathered(Duration::from_secs(1), 10, ANSWERS / 9).await, (8, true));
    }
}
