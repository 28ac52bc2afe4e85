//! Two replicas, one of which is always being replaced, under requests at a rate: how many requests fail? On one
//! server, and on a cluster of three, where those who ask and both replicas are each on a server of their own.

use kaa_tests::nats_cluster::NatsCluster;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::open_loop::{Question, is_success};
use kaa_tests::rolling::restarts;

use crate::replica::{self, CLIENT_DRAIN, OURS, SUBSCRIBER_DRAIN};

/// Requests a second.
const RATES: [u32; 2] = [1_000, 20_000];

const WAYS: [&str; 3] = [OURS, SUBSCRIBER_DRAIN, CLIENT_DRAIN];

/// Whether ours lost nothing on one server.
pub(crate) async fn run(times: usize) -> bool {
    println!("{times} rolling restarts of two replicas (SIGTERM, exit 0), a new one serving before each\n");
    println!("| servers | replicas | asked for | sent | failed | unheard | lost | slowest answer |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut kept = true;
    for rate in RATES {
        for way in WAYS {
            let server = NatsServer::start().await;
            kept &= measure(&[server.url()], way, rate, times).await == 0 || way != OURS;
        }
    }
    for rate in RATES {
        for way in WAYS {
            let cluster = NatsCluster::start().await;
            measure(&[cluster.url(0), cluster.url(1), cluster.url(2)], way, rate, times).await;
        }
    }
    kept
}

/// How many requests failed. The first server is that of those who ask.
async fn measure(urls: &[String], way: &str, rate: u32, times: usize) -> u64 {
    // The bare ones give back the request, which is no answer of a service.
    let is_answer = if way == OURS { is_success } else { |_: &[u8]| true };
    let question = Question { service: "echo", path: "/echo", is_answer };
    let begin = async |number: usize| {
        let others = urls.get(1..).filter(|others| !others.is_empty()).unwrap_or(urls);
        replica::start(way, &others[number % others.len()], &format!("echo-{number}")).await
    };
    let outcome = restarts(&urls[0], question, rate, times, begin).await;
    println!(
        "| {} | {way} | {rate}/s | {} ({:.0}/s) | {} | {} | {} | {:.0?} |",
        urls.len(),
        outcome.sent,
        outcome.sent as f64 / outcome.took.as_secs_f64(),
        outcome.failed(),
        outcome.unheard,
        outcome.lost,
        outcome.slowest
    );
    outcome.failed()
}
