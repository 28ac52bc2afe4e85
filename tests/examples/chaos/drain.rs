//! Two replicas, one of which is always being replaced, under requests at a rate: how many requests fail?

use kaa_tests::nats_server::NatsServer;
use kaa_tests::open_loop::{Question, is_success};
use kaa_tests::rolling::restarts;

use crate::replica::{self, CLIENT_DRAIN, OURS, SUBSCRIBER_DRAIN};

/// Requests a second.
const RATES: [u32; 2] = [1_000, 20_000];

/// Whether ours lost nothing.
pub(crate) async fn run(times: usize) -> bool {
    println!("{times} rolling restarts of two replicas (SIGTERM, exit 0), a new one serving before each\n");
    println!("| replicas | asked for | sent | failed | unheard | lost | slowest answer |");
    println!("|---|---|---|---|---|---|---|");
    let mut kept = true;
    for rate in RATES {
        for way in [OURS, SUBSCRIBER_DRAIN, CLIENT_DRAIN] {
            let server = NatsServer::start().await;
            let url = server.url();
            // The bare ones give back the request, which is no answer of a service.
            let is_answer = if way == OURS { is_success } else { |_: &[u8]| true };
            let question = Question { service: "echo", path: "/echo", is_answer };
            let begin = async |number| replica::start(way, &url, &format!("echo-{number}")).await;
            let outcome = restarts(&server, question, rate, times, begin).await;
            println!(
                "| {way} | {rate}/s | {} ({:.0}/s) | {} | {} | {} | {:.0?} |",
                outcome.sent,
                outcome.sent as f64 / outcome.took.as_secs_f64(),
                outcome.failed(),
                outcome.unheard,
                outcome.lost,
                outcome.slowest
            );
            kept &= way != OURS || outcome.failed() == 0;
        }
    }
    kept
}
