//! Many of the same at once: how much may be on its way, and what is one too many.

use crate::connection::Segments;
use crate::notation;
use crate::run::Conversations;
use crate::server::{self, Server};

/// What CONNACK says, and MQTT 3.1.1 is not told.
const RECEIVE_MAXIMUM: u16 = 100;

/// For each of `identifiers` what `packet` makes of it.
fn each(identifiers: std::ops::RangeInclusive<u16>, packet: impl Fn(&str) -> String) -> String {
    identifiers.map(|identifier| packet(&format!("{identifier:04X}")) + " ").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bursts_are_answered_in_order_up_to_their_limits() {
    let server = Server::start(server::roomy()).await;
    let mut conversations = Conversations::new(server.address());
    let mut number = 0;
    let mut add = |what: &str, script: String| {
        number += 1;
        let steps = notation::steps(&script, &format!("burst{number}"));
        conversations.add(what.to_owned(), Segments::AsWritten, steps);
    };
    let v4 = |first: &str, id: &str| format!("{first} ['~/echo' {id} \"x\"]");
    let v5 = |first: &str, id: &str| format!("{first} ['~/echo' {id} {{}} \"x\"]");

    let sent = each(1..=1000, |id| v4("32", id));
    add(
        "[4.6.0-2] a thousand messages in one segment",
        format!("v4 > {sent}{} =", each(1..=1000, |id| format!("< 40 [{id}]"))),
    );
    let sent = each(1..=1000, |id| v4("34", id));
    let received = each(1..=1000, |id| format!("< 50 [{id}]"));
    let released = each(1..=1000, |id| format!("62 [{id}]"));
    let complete = each(1..=1000, |id| format!("< 70 [{id}]"));
    add(
        "[4.6.0-3] a thousand of QoS 2, released at the end",
        format!("v4 > {sent}{received} > {released}{complete} ="),
    );
    let sent = each(1..=RECEIVE_MAXIMUM, |id| v5("34", id));
    let received = each(1..=RECEIVE_MAXIMUM, |id| format!("< 50 [{id} ok]"));
    add("[3.3.4-7] as many as the receive maximum", format!("v5 > {sent}{received} ="));
    add(
        "[3.3.4-8] one more than the receive maximum",
        format!("v5 > {sent}{received} > {} < E0 [93 *] x", v5("34", "0065")),
    );
    add(
        "[4.9.0-3] one more after a PUBCOMP",
        format!("v5 > {sent}{received} > 62 [0001] < 70 [0001 ok] > {} < 50 [0065 ok] =", v5("34", "0065")),
    );
    let pings = "C000 ".repeat(5000);
    let pongs = "< D0 [] ".repeat(5000);
    add("[3.12.4-1] five thousand PINGREQ in one segment", format!("v4 > {pings}{pongs}"));
    let filters = "'~/a' 00 ".repeat(32);
    let granted = "00 ".repeat(32);
    add("[3.8.4-5] thirty-two filters", format!("v4 > 82 [0001 {filters}] < 90 [0001 {granted}] ="));
    add(
        "[3.8.4-5] a filter more is refused, and the others are not",
        format!("v4 > 82 [0001 {filters} '~/b' 00] < 90 [0001 {granted} 80] ="),
    );
    conversations.check("bursts").await;
    server.stop().await;
}
