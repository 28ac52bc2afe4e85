//! One fault of a nats-server at a time: how long nobody is answered, what is lost, and what is said about it.
//!
//! Two replicas of an echo and eight services that ask it, each on a connection of its own, one request at a time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kaa_bus::{Bus, NatsOptions};
use kaa_tests::askers::{Askers, Ended};
use kaa_tests::echo::Echo;
use kaa_tests::nats_cluster::NatsCluster;
use kaa_tests::nats_server::NatsServer;
use tokio::time::sleep;

const ASKERS: usize = 8;
const DEADLINE: Duration = Duration::from_secs(1);
/// How long there is no fault, before and after.
const CALM: Duration = Duration::from_millis(500);

pub(crate) async fn run(repetitions: usize) -> bool {
    println!(
        "{ASKERS} services ask two replicas without pause, deadline {DEADLINE:?}; {repetitions} repetitions\n"
    );
    println!(
        "| fault | asked | not answered | first answer after the return, median | worst | what those who ask were told |"
    );
    println!("|---|---|---|---|---|---|");
    for down in [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)] {
        let mut row = Row::new(format!("kill -9, back after {down:?}"));
        for _ in 0..repetitions {
            let mut server = NatsServer::start().await;
            let url = server.url();
            let world = World::on(&[&url]).await;
            server.kill();
            sleep(down).await;
            server.restart().await;
            row.add(world.end(Instant::now()).await);
        }
        row.print();
    }
    for frozen in [Duration::from_secs(1), Duration::from_secs(5)] {
        let mut row = Row::new(format!("frozen for {frozen:?} (SIGSTOP)"));
        for _ in 0..repetitions {
            let server = NatsServer::start().await;
            let url = server.url();
            let world = World::on(&[&url]).await;
            server.stop();
            sleep(frozen).await;
            server.cont();
            row.add(world.end(Instant::now()).await);
        }
        row.print();
    }
    for (name, announced) in
        [("one of three killed (kill -9)", false), ("one of three in lame duck mode, then killed", true)]
    {
        let mut row = Row::new(name.to_owned());
        for _ in 0..repetitions {
            let mut cluster = NatsCluster::start().await;
            let urls = [cluster.url(0), cluster.url(1), cluster.url(2)];
            let world = World::on(&urls.each_ref().map(String::as_str)).await;
            let fault = Instant::now();
            if announced {
                cluster.node(0).lame_duck();
                // As long as it waits itself before it ends a connection.
                sleep(Duration::from_secs(3)).await;
            }
            cluster.node(0).kill();
            row.add(world.end(fault).await);
        }
        row.print();
    }
    true
}

/// Those who ask and those who answer.
struct World {
    askers: Askers,
    _replicas: Vec<Echo>,
}

impl World {
    /// Connected to these servers in turn, and busy.
    async fn on(urls: &[&str]) -> Self {
        let connect = async |number: usize| {
            let options = NatsOptions::new(urls[number % urls.len()]).unwrap();
            Bus::nats(options).await.unwrap()
        };
        let mut replicas = Vec::new();
        for number in 0..2 {
            replicas.push(Echo::start(connect(number).await, &format!("echo-{number}")).await);
        }
        let mut askers = Askers::new(DEADLINE);
        for number in 0..ASKERS {
            askers.add(connect(number).await);
        }
        askers.all_answered(20).await;
        sleep(CALM).await;
        Self { askers, _replicas: replicas }
    }

    /// What became of the requests, and how long after `back` somebody was answered whose request came after it.
    async fn end(self, back: Instant) -> (Vec<Ended>, Duration) {
        self.askers.all_answered(20).await;
        sleep(CALM).await;
        let ends = self.askers.stop().await;
        let first =
            ends.iter().filter(|end| end.outcome.is_ok() && end.ended > back).map(|end| end.ended).min();
        (ends, first.unwrap() - back)
    }
}

/// What one fault did, each time.
struct Row {
    name: String,
    asked: usize,
    firsts: Vec<Duration>,
    told: BTreeMap<String, usize>,
}

impl Row {
    fn new(name: String) -> Self {
        Self { name, asked: 0, firsts: Vec::new(), told: BTreeMap::new() }
    }

    fn add(&mut self, (ends, first): (Vec<Ended>, Duration)) {
        self.asked += ends.len();
        self.firsts.push(first);
        for told in ends.into_iter().filter_map(|end| end.outcome.err()) {
            *self.told.entry(told).or_default() += 1;
        }
    }

    fn print(mut self) {
        self.firsts.sort_unstable();
        let (median, worst) = (self.firsts[self.firsts.len() / 2], self.firsts[self.firsts.len() - 1]);
        let told: Vec<_> = self.told.iter().map(|(told, times)| format!("{times} x \"{told}\"")).collect();
        let failed: usize = self.told.values().sum();
        println!(
            "| {} | {} | {failed} | {median:.0?} | {worst:.0?} | {} |",
            self.name,
            self.asked,
            told.join(", ")
        );
    }
}
