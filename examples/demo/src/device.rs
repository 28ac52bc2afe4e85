//! A simulated device: sends samples, applies configurations, runs commands. It speaks MQTT as devices in
//! the field do: it publishes and simply receives, without a subscription.

mod command;
mod configuration;
mod link;
mod outstanding;
mod recent;
mod sensor;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

use self::command::Command;
use self::configuration::{Configuration, Sampling};
use self::link::{Link, News};
use self::outstanding::{Answer, Asked, Outstanding, Question, Refusal};
use self::recent::Recent;
use self::sensor::Sensor;
use crate::summary::Tally;
use crate::transcript::{Mood, Outcome, Transcript};

/// How long a device waits for the answers that are missing when it is to stop: longer than the communication
/// service, which has an answer after 10 s at the latest.
const PATIENCE: Duration = Duration::from_secs(12);

/// A device with its connection.
pub(crate) struct Device {
    name: &'static str,
    transcript: Transcript,
    link: Link,
    outstanding: Outstanding,
    sensor: Sensor,
    sampling: Sampling,
    /// The configuration it works with.
    config_id: String,
    recent: Recent,
    tally: Tally,
}

impl Device {
    /// Connects, and lives until `stop` says so; then it waits for the answers that are missing. What became
    /// of its requests.
    pub(crate) async fn live(
        name: &'static str,
        broker: SocketAddr,
        transcript: Transcript,
        mut stop: watch::Receiver<bool>,
    ) -> Tally {
        let mut device = Self {
            name,
            transcript,
            link: Link::open(name, broker),
            outstanding: Outstanding::new(name),
            sensor: Sensor::new(name),
            sampling: Sampling::default(),
            config_id: String::new(),
            recent: Recent::default(),
            tally: Tally::default(),
        };
        tokio::select! {
            () = device.work() => {}
            // A sender that is gone wants no more either.
            _ = stop.wait_for(|is_over| *is_over) => {}
        }
        device.finish().await
    }

    async fn work(&mut self) {
        let mut ticks = None;
        loop {
            let every = self.sampling;
            let ticks = match &mut ticks {
                Some((paced, ticks)) if *paced == every => ticks,
                changed => {
                    let mut ticks = interval_at(Instant::now() + every.period(), every.period());
                    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                    &mut changed.insert((every, ticks)).1
                }
            };
            tokio::select! {
                news = self.link.next() => self.hear(&news),
                _ = ticks.tick(), if self.link.is_up() => self.send_samples(),
            }
        }
    }

    async fn finish(mut self) -> Tally {
        let end = Instant::now() + PATIENCE;
        while !self.outstanding.is_empty() {
            match timeout_at(end, self.link.next()).await {
                Ok(news) => self.hear(&news),
                Err(_) => break,
            }
        }
        for (_, asked) in self.outstanding.drain() {
            self.unanswered(&asked);
        }
        self.link.close().await;
        self.tally
    }

    fn hear(&mut self, news: &News) {
        match news {
            News::Up => self.introduce(),
            News::Down(reason) => {
                self.transcript.note(self.name, &format!("-- the connection is gone: {reason}"));
                // Answers go to the connection that asked: those of a former one do not come any more.
                for (_, asked) in self.outstanding.drain() {
                    self.unanswered(&asked);
                }
            }
            News::Message { topic, payload } => match self.outstanding.settle(topic) {
                Some((answer, asked)) => self.answered(answer, &asked, payload),
                None => self.pushed(topic, payload),
            },
        }
    }

    /// What a device does first on a connection.
    fn introduce(&mut self) {
        let metadata = json!({ "name": self.name, "model": "demo", "firmware": "1.0.0" });
        self.ask(Question::Metadata, &metadata);
        self.ask(Question::Time, &Value::Null);
        self.ask(Question::Config, &json!({ "observe": true }));
        self.ask(Question::Commands, &json!({ "observe": true }));
    }

    fn send_samples(&mut self) {
        let samples = self.sensor.batch();
        self.ask(Question::Samples(samples.len()), &Value::from(samples));
        if let Some(earlier) = self.recent.worth_asking() {
            self.ask(Question::Outcome(earlier), &Value::Null);
        }
    }

    fn ask(&mut self, question: Question, payload: &Value) {
        let payload = if payload.is_null() { String::new() } else { payload.to_string() };
        let (topic, id) = self.outstanding.next(&question);
        let (extension, resource) = question.path();
        let what = match &question {
            Question::Outcome(_) => format!("{extension} {resource}/{id}"),
            _ => format!("{extension} {resource} {payload}"),
        };
        let asked = Asked { question, id, what, since: Instant::now() };
        self.tally.requests += 1;
        match self.link.publish(&topic, payload) {
            Ok(()) => self.outstanding.keep(topic, asked),
            Err(reason) => {
                self.transcript.note(self.name, &format!("-- {} could not be sent: {reason}", asked.what));
                self.tally.unanswered += 1;
            }
        }
    }

    fn answered(&mut self, answer: Answer, asked: &Asked, payload: &[u8]) {
        let refusal = (answer == Answer::Error).then(|| Refusal::read(payload));
        let understood = match refusal {
            None => self.understand(&asked.question, payload),
            Some(_) => None,
        };
        let (status, said) = match &refusal {
            None => ("200", payload),
            Some(Refusal { code, reason }) => (code.as_str(), reason.as_bytes()),
        };
        let mood = if understood.is_some() { Mood::Good } else { Mood::Bad };
        let outcome = Outcome { status, payload: said, took: asked.since.elapsed(), mood };
        self.transcript.exchange(self.name, &asked.what, &outcome);
        match understood {
            Some(next) => {
                self.tally.answers += 1;
                self.recent.note(asked);
                self.act(next);
            }
            None => self.tally.wrong += 1,
        }
    }

    /// What a success asks the device to do; `None` when it is not what the device asked for.
    fn understand(&mut self, question: &Question, payload: &[u8]) -> Option<Duty> {
        match question {
            Question::Samples(count) => {
                self.tally.confirmed += u64::try_from(*count).unwrap_or_default();
                Some(Duty::None)
            }
            Question::Metadata | Question::Applied | Question::Result => Some(Duty::None),
            Question::Time => {
                serde_json::from_slice::<Value>(payload).ok()?.get("timestamp")?.as_u64()?;
                Some(Duty::None)
            }
            Question::Outcome(_) => {
                let outcome: Value = serde_json::from_slice(payload).ok()?;
                (outcome.get("statusCode")? == 200).then_some(Duty::None)
            }
            Question::Config => Configuration::read(payload).map(Duty::Apply),
            Question::Commands => Command::read(payload).map(Duty::Run),
        }
    }

    fn pushed(&mut self, topic: &str, payload: &[u8]) {
        let (what, question) = self.outstanding.pushed(topic);
        self.transcript.push(self.name, &what, payload);
        match question.and_then(|question| self.understand(&question, payload)) {
            Some(duty) => {
                self.tally.pushes += 1;
                self.act(duty);
            }
            None => {
                self.transcript.note(self.name, "-- that was neither asked for nor is it a push it knows");
                self.tally.wrong += 1;
            }
        }
    }

    fn act(&mut self, duty: Duty) {
        match duty {
            Duty::None => {}
            Duty::Apply(configuration) => self.apply(&configuration),
            Duty::Run(commands) => {
                let results: Vec<_> = commands.iter().map(Command::run).collect();
                if !results.is_empty() {
                    self.ask(Question::Result, &Value::from(results));
                }
            }
        }
    }

    fn apply(&mut self, configuration: &Configuration) {
        let Some(config_id) = configuration.new_id(&self.config_id) else { return };
        let report = match configuration.sampling() {
            Ok(sampling) => {
                self.sampling = sampling;
                self.config_id = config_id.to_owned();
                json!({ "configId": config_id, "statusCode": 200 })
            }
            Err(reason) => json!({ "configId": config_id, "statusCode": 400, "reasonPhrase": reason }),
        };
        self.ask(Question::Applied, &report);
    }

    fn unanswered(&mut self, asked: &Asked) {
        self.tally.unanswered += 1;
        let outcome =
            Outcome { status: "---", payload: b"no answer", took: asked.since.elapsed(), mood: Mood::Bad };
        self.transcript.exchange(self.name, &asked.what, &outcome);
    }
}

/// What an answer or a push asks a device to do.
enum Duty {
    None,
    Apply(Configuration),
    Run(Vec<Command>),
}
