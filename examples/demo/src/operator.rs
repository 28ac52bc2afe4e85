//! Somebody who operates the devices: changes their configurations and sends them commands, over REST.

use std::net::SocketAddr;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};

use crate::caller::call;
use crate::platform::Addresses;
use crate::summary::Tally;
use crate::transcript::{Mood, Outcome, Transcript};
use crate::{DEVICES, paths};

/// How often the operator does something.
const EVERY: Duration = Duration::from_secs(2);
/// When they begin: the devices have introduced themselves by then.
const FIRST: Duration = Duration::from_millis(700);
/// How often devices are told to sample, in turns.
const SAMPLINGS: [u64; 4] = [500, 1500, 800, 1000];

const NAME: &str = "operator";

/// One call of the operator.
struct Call {
    /// The same in short, for people.
    what: String,
    address: SocketAddr,
    method: Method,
    path: String,
    body: Value,
}

/// Operates until `stop` says so. What became of the calls.
pub(crate) async fn operate(
    addresses: Addresses,
    transcript: Transcript,
    mut stop: watch::Receiver<bool>,
) -> Tally {
    let mut tally = Tally::default();
    let mut ticks = interval_at(Instant::now() + FIRST, EVERY);
    for turn in 0.. {
        tokio::select! {
            biased;
            // What is waited for is not kept: it would be a lock that is held across an await.
            () = async { drop(stop.wait_for(|is_over| *is_over).await) } => break,
            _ = ticks.tick() => make(&call_of_turn(turn, addresses), &transcript, &mut tally).await,
        }
    }
    tally
}

/// A configuration and a command for each device in turn.
fn call_of_turn(turn: usize, addresses: Addresses) -> Call {
    let of = |turn: usize| DEVICES.iter().copied().cycle().nth(turn % DEVICES.len()).unwrap_or_default();
    let round = turn / 2;
    if turn.is_multiple_of(2) {
        let sampling = SAMPLINGS.iter().copied().cycle().nth(round % SAMPLINGS.len()).unwrap_or_default();
        Call {
            what: format!("cdp PUT {}/config", of(round)),
            address: addresses.cdp,
            method: Method::PUT,
            path: paths::configuration(of(round)),
            body: json!({ "sampling": sampling }),
        }
    } else {
        Call {
            what: format!("cex POST {}/commands/blink", of(round + 1)),
            address: addresses.cex,
            method: Method::POST,
            path: paths::command(of(round + 1)),
            body: json!({ "times": round % 5 + 1 }),
        }
    }
}

async fn make(wanted: &Call, transcript: &Transcript, tally: &mut Tally) {
    let Call { what, address, method, path, body } = wanted;
    let since = Instant::now();
    tally.requests += 1;
    let asked = format!("{what} {body}");
    match call(*address, method, path, &body.to_string()).await {
        Ok((status, payload)) => {
            // 202 says that the device has not answered.
            let is_done = status.is_success() && status != StatusCode::ACCEPTED;
            let (mood, count) =
                if is_done { (Mood::Good, &mut tally.answers) } else { (Mood::Bad, &mut tally.wrong) };
            *count += 1;
            let status = status.as_str();
            let outcome = Outcome { status, payload: &payload, took: since.elapsed(), mood };
            transcript.exchange(NAME, &asked, &outcome);
        }
        Err(error) => {
            tally.unanswered += 1;
            let why = format!("{:#}", kaa_ext::error::Chain(&error));
            let outcome =
                Outcome { status: "---", payload: why.as_bytes(), took: since.elapsed(), mood: Mood::Bad };
            transcript.exchange(NAME, &asked, &outcome);
        }
    }
}
