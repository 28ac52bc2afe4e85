//! One fault of a nats-server at a time: how long nobody is answered, what is lost, and what is said about it.
//!
//! Two replicas of an echo and eight services that ask it, each on a connection of its own, one request at a time. A
//! ninth has a short deadline, so that it asks again soon: it finds out when somebody is answered again.

use std::collections::BTreeSet;
use std::time::Duration;

use kaa_bus::{Bus, NatsOptions};
use kaa_tests::askers::{Askers, Ended};
use kaa_tests::echo::Echo;
use kaa_tests::nats_cluster::NatsCluster;
use kaa_tests::nats_server::NatsServer;
use tokio::time::{Instant, sleep};

const ASKERS: usize = 8;
const DEADLINE: Duration = Duration::from_secs(1);
const PROBE: Duration = Duration::from_millis(20);
/// How long there is no fault, before and after.
const CALM: Duration = Duration::from_millis(500);

pub(crate) async fn run(repetitions: usize) -> bool {
    println!(
        "{ASKERS} services ask two replicas without pause, deadline {DEADLINE:?}; {repetitions} repetitions\n"
    );
    println!(
        "| fault | asked | refused at once | not answered in time | slowest answer | first answer after the return, median | worst |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut told = BTreeSet::new();
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
        row.print(&mut told);
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
        row.print(&mut told);
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
        row.print(&mut told);
    }
    println!("\nWhat those who ask were told:\n");
    for told in told {
        println!("- {told}");
    }
    true
}

/// Those who ask and those who answer.
struct World {
    askers: Askers,
    probe: Askers,
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
        let mut probe = Askers::new(PROBE);
        // On the server whose turn it is first, which is the one that suffers.
        probe.add(connect(0).await);
        askers.all_answered(20).await;
        sleep(CALM).await;
        Self { askers, probe, _replicas: replicas }
    }

    /// What became of the requests, and how long after `back` one was answered that was sent after it.
    async fn end(self, back: Instant) -> (Vec<Ended>, Duration) {
        self.probe.all_answered(1).await;
        self.askers.all_answered(20).await;
        sleep(CALM).await;
        let probed = self.probe.stop().await;
        let answered = probed.iter().filter(|end| end.outcome.is_ok() && end.sent > back);
        (self.askers.stop().await, answered.map(|end| end.ended).min().unwrap() - back)
    }
}

/// What one fault did, each time.
struct Row {
    name: String,
    ends: Vec<Ended>,
    firsts: Vec<Duration>,
}

impl Row {
    fn new(name: String) -> Self {
        Self { name, ends: Vec::new(), firsts: Vec::new() }
    }

    fn add(&mut self, (ends, first): (Vec<Ended>, Duration)) {
        self.ends.extend(ends);
        self.firsts.push(first);
    }

    fn print(mut self, told: &mut BTreeSet<String>) {
        self.firsts.sort_unstable();
        let (median, worst) = (self.firsts[self.firsts.len() / 2], self.firsts[self.firsts.len() - 1]);
        let answered = self.ends.iter().filter(|end| end.outcome.is_ok());
        let slowest = answered.map(|end| end.ended - end.sent).max().unwrap_or_default();
        let failed: Vec<_> = self.ends.iter().filter(|end| end.outcome.is_err()).collect();
        let late = failed.iter().filter(|end| end.ended - end.sent >= DEADLINE).count();
        let (asked, at_once) = (self.ends.len(), failed.len() - late);
        println!(
            "| {} | {asked} | {at_once} | {late} | {slowest:.0?} | {median:.0?} | {worst:.0?} |",
            self.name
        );
        told.extend(failed.iter().filter_map(|end| end.outcome.clone().err()));
    }
}
