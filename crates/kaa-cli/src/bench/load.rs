//! Many requests, and what becomes of each.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future;
use std::pin::pin;
use std::time::Duration;

use kaa_ext::bus::{Bus, Clock, Message, Subscription};
use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::esp::{self, ExtensionData};
use kaa_ext::protocol::kp1::ResourcePath;
use kaa_ext::protocol::name::{AppVersion, EndpointId, ServiceInstance};
use kaa_ext::protocol::subject::{Subject, Target};
use kaa_tap::call::{Asker, CallError, Question};
use tokio::time::{Instant, sleep_until};

use super::latencies::Latencies;
use super::report::Report;
use crate::terminal::Progress;

/// How many requests may be open at a rate: what cannot carry it is not flooded.
const OPEN: usize = 10_000;

/// When requests are made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// So many are open at any time.
    Open(u32),
    /// So many a second.
    Rate(u32),
}

/// What to ask, and how often.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) instance: ServiceInstance,
    pub(super) path: ResourcePath,
    pub(super) payload: Vec<u8>,
    pub(super) endpoints: u32,
    pub(super) app_version: AppVersion,
    pub(super) pace: Pace,
    pub(super) warm_up: Duration,
    pub(super) time: Duration,
    pub(super) timeout: Duration,
}

/// Requests under way.
struct Running<'a> {
    load: &'a Load,
    bus: &'a Bus,
    /// A name of its own: what correlation IDs begin with.
    own: String,
    subject: Subject,
    return_path: Subject,
    endpoints: Vec<EndpointId>,
    /// When each request that is open was due, by its number.
    open: HashMap<u64, Instant>,
    /// The same in the order in which they expire.
    deadlines: VecDeque<(Instant, u64)>,
    number: u64,
    /// From when on it counts.
    counting: Instant,
    counted: Counted,
}

/// What became of those that count.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) statuses: BTreeMap<i32, u64>,
    pub(super) unanswered: u64,
    pub(super) latencies: Latencies,
}

impl Load {
    /// Asks until the time is over or `stop` completes, and waits for the answers that are still to come.
    pub(super) async fn run(&self, bus: &Bus, stop: impl Future<Output = ()>) -> Result<Report, CallError> {
        let own = Asker::Bench.name(bus);
        let return_path = Subject::from(&esp::extension_data_subject(Target::Replica(own.parse()?)));
        let mut answers = bus.subscribe(return_path.clone(), None).await?;
        let begun = Instant::now();
        let mut running = Running {
            load: self,
            bus,
            own,
            subject: Subject::from(&esp::client_data_subject(Target::Service(self.instance.clone()))),
            return_path,
            endpoints: (0..self.endpoints).filter_map(|n| format!("bench-{n}").parse().ok()).collect(),
            open: HashMap::new(),
            deadlines: VecDeque::new(),
            number: 0,
            counting: begun + self.warm_up,
            counted: Counted::default(),
        };
        let end = running.counting + self.time;
        let stopped = running.ask(&mut answers, begun, end, stop).await?;
        let lasted = stopped.min(end).saturating_duration_since(running.counting);
        while !running.open.is_empty() {
            running.turn(&mut answers, None).await?;
        }
        Ok(Report { pace: self.pace, lasted, counted: running.counted })
    }
}

impl Running<'_> {
    /// Asks until it is time to stop; when that was.
    async fn ask(
        &mut self,
        answers: &mut Subscription,
        begun: Instant,
        end: Instant,
        stop: impl Future<Output = ()>,
    ) -> Result<Instant, CallError> {
        let mut stop = pin!(stop);
        let mut progress = Progress::new();
        let mut made = 0;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(now);
            }
            let due = self.due(now, begun, made);
            if due.is_some_and(|due| due <= now) {
                self.send(due.unwrap_or(now)).await?;
                made += 1;
                continue;
            }
            progress.show(|| {
                format!("{} answers, {} open", self.counted.statuses.values().sum::<u64>(), self.open.len())
            });
            tokio::select! {
                biased;
                () = &mut stop => return Ok(Instant::now()),
                turned = self.turn(answers, Some(due.unwrap_or(end).min(end))) => turned?,
            }
        }
    }

    /// When the next request is due; `None` while others have to be answered first.
    fn due(&self, now: Instant, begun: Instant, made: u32) -> Option<Instant> {
        match self.load.pace {
            Pace::Open(most) => (self.open.len() < most as usize).then_some(now),
            Pace::Rate(rate) => (self.open.len() < OPEN)
                .then(|| begun + Duration::from_secs(1).mul_f64(f64::from(made) / f64::from(rate))),
        }
    }

    async fn send(&mut self, due: Instant) -> Result<(), CallError> {
        self.number += 1;
        let Self { load, number, .. } = self;
        let endpoint = usize::try_from(*number).unwrap_or_default() % self.endpoints.len().max(1);
        let question = Question {
            asker: Asker::Bench,
            instance: &load.instance,
            resource_path: load.path.as_str(),
            payload: &load.payload,
            endpoint: self.endpoints.get(endpoint),
            app_version: load.app_version.as_str(),
            request_id: 1,
            config_name: None,
            timeout: load.timeout,
        };
        let correlation_id = format!("{}-{number}", self.own);
        let datum = question.datum(&correlation_id, Clock::System.millis(), Some(1))?;
        self.open.insert(*number, due);
        self.deadlines.push_back((Instant::now() + load.timeout, *number));
        self.bus.publish(self.subject.clone(), Some(self.return_path.clone()), datum).await?;
        Ok(())
    }

    /// Takes the answers that are there, or waits for one until this moment or until a request expires.
    async fn turn(&mut self, answers: &mut Subscription, until: Option<Instant>) -> Result<(), CallError> {
        let expires = self.deadlines.front().map(|(deadline, _)| *deadline);
        let wake = [until, expires].into_iter().flatten().min();
        let sleep = async {
            match wake {
                Some(wake) => sleep_until(wake).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = answers.next() => {
                self.take(&answer.ok_or(CallError::Closed)?)?;
                while let Some(answer) = answers.try_next() {
                    self.take(&answer)?;
                }
            }
            () = sleep => self.expire(),
        }
        Ok(())
    }

    fn take(&mut self, message: &Message) -> Result<(), CallError> {
        if message.no_responders.is_some() {
            let (instance, subject) = (self.load.instance.clone(), self.subject.clone());
            return Err(CallError::NobodyServes { instance, subject });
        }
        let Ok(decoded) = ExtensionData::decode(&message.payload) else { return Ok(()) };
        let number = decoded.record.correlation_id.strip_prefix(&self.own);
        let number = number.and_then(|number| number.strip_prefix('-')?.parse().ok());
        if let Some(due) = number.and_then(|number: u64| self.open.remove(&number))
            && due >= self.counting
        {
            *self.counted.statuses.entry(decoded.record.status_code).or_default() += 1;
            self.counted.latencies.record(due.elapsed());
        }
        Ok(())
    }

    fn expire(&mut self) {
        let now = Instant::now();
        while let Some((deadline, number)) = self.deadlines.front().copied()
            && (deadline <= now || !self.open.contains_key(&number))
        {
            self.deadlines.pop_front();
            if self.open.remove(&number).is_some_and(|due| due >= self.counting) {
                self.counted.unanswered += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kaa_ext::prelude::*;
    use kaa_ext::testing::TestKaa;

    use super::*;

    /// Likes seven.
    #[resource("/like/{number}", crate = kaa_ext)]
    async fn like(number: u32) -> Result<(), Failure> {
        if number == 7 { Ok(()) } else { Err(Failure::not_found("I do not like it")) }
    }

    /// Takes a while, and never answers the first endpoint.
    #[resource("/slow", crate = kaa_ext)]
    async fn slow(endpoint: EndpointId) -> () {
        if endpoint.as_str() == "bench-0" {
            future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    fn load(path: &str, pace: Pace) -> Load {
        Load {
            instance: ServiceInstance::from_static("taste"),
            path: path.parse().unwrap(),
            payload: Vec::new(),
            endpoints: 10,
            app_version: "v1".parse().unwrap(),
            pace,
            warm_up: Duration::from_millis(100),
            time: Duration::from_secs(1),
            timeout: Duration::from_millis(500),
        }
    }

    async fn measured(path: &str, pace: Pace) -> Result<Report, CallError> {
        let extension = Extension::new("taste").resources(resources![like, slow]).build().unwrap();
        let kaa = TestKaa::start(extension).await;
        load(path, pace).run(kaa.bus(), future::pending()).await
    }

    #[tokio::test]
    async fn so_many_are_open_and_all_are_counted_by_status() {
        let report = measured("/like/7", Pace::Open(8)).await.unwrap();
        assert!(report.is_good() && report.counted.statuses[&200] > 8, "{report:?}");
        let report = measured("/like/8", Pace::Open(1)).await.unwrap();
        assert!(!report.is_good() && report.counted.statuses.keys().eq([&404]), "{report:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn at_a_rate_requests_are_made_when_they_are_due_and_those_without_an_answer_are_counted() {
        let report = measured("/slow", Pace::Rate(100)).await.unwrap();
        let answered = report.counted.statuses[&200];
        assert_eq!((answered + report.counted.unanswered, report.counted.unanswered), (100, 10));
        let median = report.counted.latencies.quantile(500).unwrap();
        assert!((Duration::from_millis(10)..Duration::from_millis(12)).contains(&median), "{median:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn that_nobody_serves_is_said_at_once() {
        let bus = Bus::memory();
        let refused = load("/x", Pace::Open(1)).run(&bus, future::pending()).await;
        assert!(matches!(refused, Err(CallError::NobodyServes { .. })), "{refused:?}");
    }
}
