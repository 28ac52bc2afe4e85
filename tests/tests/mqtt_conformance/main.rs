//! What a server of MQTT 3.1.1 and MQTT 5 answers to packets, byte for byte, as far as a communication
//! service that is no broker has to: sessions do not outlive connections, nothing is retained, wills are
//! taken and forgotten, subscriptions are acknowledged, and answers come by the token that asked.
//!
//! The tables in `rules/` hold the expectations, in the notation of [`notation`]. They were written down from
//! the specifications, without a look at the code under test. Each row runs as it is written, once more byte
//! by byte, and where it can be once more with all its packets in one segment.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a row that cannot be read or is not fulfilled has to fail its test"
)]

mod bursts;
mod connection;
mod neighbours;
mod notation;
mod run;
mod server;
mod table;
mod truncated;

use std::time::Duration;

use kaa_kpc::limits::Limits;
use server::Server;

macro_rules! tables {
    ($($test:ident: $file:literal, $limits:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let server = Server::start($limits).await;
            run::every_row(&server, $file, include_str!(concat!("rules/", $file))).await;
            server.stop().await;
        }
    )*};
}

tables! {
    a_connection_begins_as_the_rules_say: "connect.txt", server::roomy();
    headers_are_read_as_the_rules_say: "header.txt", server::roomy();
    messages_are_taken_as_the_rules_say: "publish.txt", server::roomy();
    acknowledgements_follow_the_rules: "qos2.txt", server::roomy();
    subscriptions_are_answered_as_the_rules_say: "subscribe.txt", server::roomy();
    a_connection_of_mqtt_5_begins_as_the_rules_say: "v5_connect.txt", server::roomy();
    messages_of_mqtt_5_are_taken_as_the_rules_say: "v5_publish.txt", server::roomy();
    the_other_packets_of_mqtt_5_are_answered_as_the_rules_say: "v5_subscribe.txt", server::roomy();
    silence_ends_as_the_rules_say: "time.txt", impatient();
}

fn impatient() -> Limits {
    let time = Duration::from_millis(400);
    Limits { login: time, packet_time: time, ..server::roomy() }
}
