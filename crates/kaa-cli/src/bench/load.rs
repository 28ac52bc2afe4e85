//! Many requests, and what becomes of each.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future;
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
use crate::moment::after;
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
    /// Asks until the time is over, and waits for the answers that are still to come. When `stop` completes, it ends the
    /// one, and after that the other.
    pub(super) async fn run(&self, bus: &Bus, mut stop: impl AsyncFnMut()) -> Result<Report, CallError> {
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
            counting: after(begun, self.warm_up),
            counted: Counted::default(),
        };
        let end = after(running.counting, self.time);
        let stopped = running.ask(&mut answers, begun, end, &mut stop).await?;
        let lasted = stopped.min(end).saturating_duration_since(running.counting);
        while !running.open.is_empty() {
            tokio::select! {
                biased;
                () = stop() => running.expire(|_| true),
                turned = running.turn(&mut answers, None) => turned?,
            }
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
        mut stop: impl AsyncFnMut(),
    ) -> Result<Instant, CallError> {
        let mut progress = Progress::new();
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(now);
            }
            let due = self.due(now, begun);
            if due.is_some_and(|due| due <= now) {
                self.send(due.unwrap_or(now)).await?;
                continue;
            }
            progress.show(|| {
                format!("{} answers, {} open", self.counted.statuses.values().sum::<u64>(), self.open.len())
            });
            tokio::select! {
                biased;
                () = stop() => return Ok(Instant::now()),
                turned = self.turn(answers, Some(due.unwrap_or(end).min(end))) => turned?,
            }
        }
    }

    /// When the next request is due; `None` while others have to be answered first.
    fn due(&self, now: Instant, begun: Instant) -> Option<Instant> {
        match self.load.pace {
            Pace::Open(most) => (self.open.len() < most as usize).then_some(now),
            Pace::Rate(rate) => (self.open.len() < OPEN).then(|| {
                let rate = u64::from(rate);
                let rest = Duration::from_nanos(self.number % rate * 1_000_000_000 / rate);
                begun + Duration::from_secs(self.number / rate) + rest
            }),
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
        self.deadlines.push_back((after(Instant::now(), load.timeout), *number));
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
            () = sleep => {
                let now = Instant::now();
                self.expire(|deadline| deadline <= now);
            }
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

    /// Gives up those whose time is over.
    fn expire(&mut self, is_over: impl Fn(Instant) -> bool) {
        while let Some((deadline, number)) = self.deadlines.front().copied()
            && (is_over(deadline) || !self.open.contains_key(&number))
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
    use tokio::time::interval_at;

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
        load(path, pace).run(kaa.bus(), future::pending).await
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
        let refused = load("/x", Pace::Open(1)).run(&bus, future::pending).await;
        assert!(matches!(refused, Err(CallError::NobodyServes { .. })), "{refused:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_waited_enough_stops_the_asking_and_then_the_waiting() {
        let extension = Extension::new("taste").resources(resources![like, slow]).build().unwrap();
        let kaa = TestKaa::start(extension).await;
        let start = Instant::now();
        let mut seconds = interval_at(start + Duration::from_secs(1), Duration::from_secs(1));
        let stop = async || {
            seconds.tick().await;
        };
        let endless = Load {
            time: Duration::MAX,
            timeout: Duration::from_secs(3600),
            ..load("/slow", Pace::Rate(100))
        };
        let report = endless.run(kaa.bus(), stop).await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(2), "{report:?}");
        assert_eq!((report.counted.statuses[&200], report.counted.unanswered), (81, 9), "{report:?}");
        assert_eq!(report.lasted, Duration::from_millis(900));
    }

    #[tokio::test(start_paused = true)]
    async fn a_warm_up_may_be_as_long_as_anybody_says() {
        let bus = Bus::memory();
        let endless = Load { warm_up: Duration::MAX, time: Duration::MAX, ..load("/x", Pace::Rate(1)) };
        let refused = endless.run(&bus, future::pending).await;
        assert!(matches!(refused, Err(CallError::NobodyServes { .. })), "{refused:?}");
    }
}
