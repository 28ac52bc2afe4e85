//! Requests at a rate, whether or not the earlier ones are answered.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_nats::{Client, StatusCode};
use bytes::Bytes;
use futures_util::StreamExt;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

use crate::patience::{PATIENCE, soon};

/// How many requests may be open: a machine that does not carry the rate gets fewer, and none is lost to that.
const OPEN: usize = 1024;

/// Whom to ask what.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The service instance.
    pub service: &'static str,
    /// The resource path.
    pub path: &'static str,
    /// Whether what comes back is an answer.
    pub is_answer: fn(&[u8]) -> bool,
}

/// Whether this is an ExtensionData that says 200.
pub fn is_success(payload: &[u8]) -> bool {
    let datum = Bytes::copy_from_slice(payload);
    ExtensionData::decode_strict(&datum).is_ok_and(|data| data.status_code == 200)
}

/// Requests under way.
#[derive(Debug)]
pub struct OpenLoop {
    answered: watch::Receiver<u64>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Outcome>,
}

/// What became of all requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Requests sent.
    pub sent: u64,
    /// Answered with what was hoped for.
    pub answered: u64,
    /// Answered with something else.
    pub refused: u64,
    /// Found nobody who listens.
    pub unheard: u64,
    /// Not answered at all.
    pub lost: u64,
    /// Answers to nothing that was open: second ones.
    pub twice: u64,
    /// The slowest answer.
    pub slowest: Duration,
    /// How long requests were sent.
    pub took: Duration,
}

impl Outcome {
    /// Requests that did not end as they should.
    pub fn failed(&self) -> u64 {
        self.refused + self.unheard + self.lost + self.twice
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, answered, refused, unheard, lost, twice, slowest, took } = self;
        let rate = *sent as f64 / took.as_secs_f64();
        write!(
            f,
            "{sent} sent ({rate:.0}/s), {answered} answered, {refused} refused, {unheard} unheard, {lost} lost, \
             {twice} answered twice, slowest {slowest:.0?}"
        )
    }
}

impl OpenLoop {
    /// Begins to ask by way of this server, so many times a second.
    ///
    /// # Panics
    ///
    /// When there is no connection.
    pub async fn start(url: &str, question: Question, rate: u32) -> Self {
        let client = async_nats::connect(url).await.expect("a server");
        let (count, answered) = watch::channel(0);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(client, question, rate, count, stopped));
        Self { answered, stop, task }
    }

    /// Waits for so many further answers.
    ///
    /// # Panics
    ///
    /// When they do not come.
    pub async fn goes_on(&mut self, further: u64) {
        let wanted = *self.answered.borrow_and_update() + further;
        let reached = self.answered.wait_for(|answered| *answered >= wanted);
        soon("further answers", reached).await.expect("a task that does not panic");
    }

    /// Asks no more, waits for the answers that are still to come, and says what became of all requests.
    ///
    /// # Panics
    ///
    /// When asking failed.
    pub async fn finish(self) -> Outcome {
        let _ = self.stop.send(());
        self.task.await.expect("a task that does not panic")
    }
}

async fn run(
    client: Client,
    question: Question,
    rate: u32,
    count: watch::Sender<u64>,
    mut stop: oneshot::Receiver<()>,
) -> Outcome {
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(format!("{inbox}.*")).await.expect("a connection");
    let subject = format!("kaa.v1.service.{}.esp.ClientData", question.service);
    let datum = datum(question.path);
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut open, mut outcome) = (HashMap::new(), Outcome::default());
    let mut begun = Instant::now();
    let mut due = 0.0;
    loop {
        tokio::select! {
            biased;
            _ = &mut stop => break,
            _ = ticks.tick() => {
                let now = Instant::now();
                due += (now - begun).as_secs_f64() * f64::from(rate);
                outcome.took += now - begun;
                begun = now;
                while due >= 1.0 && open.len() < OPEN {
                    let reply = format!("{inbox}.{}", outcome.sent);
                    client.publish_with_reply(subject.clone(), reply, datum.clone()).await.expect("a connection");
                    open.insert(outcome.sent, now);
                    outcome.sent += 1;
                    due -= 1.0;
                }
                // What there was no room for is not made up for.
                due = due.min(1.0);
            }
            answer = answers.next() => {
                outcome.note(&answer.expect("a connection"), &mut open, question.is_answer);
                count.send_replace(outcome.answered);
            }
        }
    }
    let rest = async {
        while !open.is_empty() {
            outcome.note(&answers.next().await.expect("a connection"), &mut open, question.is_answer);
        }
    };
    // What does not come is what this is about.
    let _ = tokio::time::timeout(PATIENCE / 2, rest).await;
    outcome.lost = u64::try_from(open.len()).expect("a count");
    outcome
}

impl Outcome {
    fn note(
        &mut self,
        answer: &async_nats::Message,
        open: &mut HashMap<u64, Instant>,
        is_answer: fn(&[u8]) -> bool,
    ) {
        let number = answer.subject.rsplit('.').next().and_then(|number| number.parse().ok());
        let Some(sent) = number.and_then(|number: u64| open.remove(&number)) else {
            self.twice += 1;
            return;
        };
        self.slowest = self.slowest.max(sent.elapsed());
        if answer.status == Some(StatusCode::NO_RESPONDERS) {
            self.unheard += 1;
        } else if is_answer(&answer.payload) {
            self.answered += 1;
        } else {
            self.refused += 1;
        }
    }
}

fn datum(path: &str) -> Bytes {
    let data = ClientData {
        correlation_id: "c",
        app_version_name: "app-v1",
        resource_path: path,
        request_id: Some(1),
        payload: b"{\"celsius\":21.5}",
        ..ClientData::default()
    };
    data.encode(Revision::Seed).expect("a datum")
}
