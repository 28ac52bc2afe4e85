//! All of it, from start to end.

use std::future::{self, Future};
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::caller::call;
use crate::data::Data;
use crate::device::Device;
use crate::error::DemoError;
use crate::options::Options;
use crate::platform::{Addresses, Platform};
use crate::summary::{Summary, Tally};
use crate::transcript::Transcript;
use crate::welcome::Welcome;
use crate::{DEVICES, operator, paths, ports};

/// Runs the demo until its duration is over or `stop` completes, whichever comes first, and ends it in order:
/// devices get the answers they wait for, and all that is stored is on the disk.
///
/// # Errors
///
/// [`DemoError`], naming what keeps it from starting and what to do about it. Nothing is left behind.
pub async fn run(
    options: &Options,
    transcript: &Transcript,
    stop: impl Future<Output = ()>,
) -> Result<Summary, DemoError> {
    ports::check(options)?;
    let data = Data::open(options.data.as_deref())?;
    let platform = Platform::start(options, data.path()).await?;
    let addresses = platform.addresses();
    transcript.say(Welcome { options, addresses });

    // A directory that was kept has the samples of earlier times.
    let before = if options.data.is_some() { stored(addresses).await.unwrap_or_default() } else { 0 };
    let started = Instant::now();
    let played = play(options, addresses, transcript, stop).await;
    let summary = Summary {
        lasted: started.elapsed(),
        devices: played.devices,
        operator: played.operator,
        stored: stored(addresses).await.map(|stored| stored.saturating_sub(before)),
        passed_on: platform.requests(),
    };
    platform.stop().await;
    data.close();
    transcript.say(format_args!("\n{summary}"));
    Ok(summary)
}

struct Played {
    devices: Tally,
    operator: Tally,
}

/// Lets devices and operator do what they do.
async fn play(
    options: &Options,
    addresses: Addresses,
    transcript: &Transcript,
    stop: impl Future<Output = ()>,
) -> Played {
    // The operator ends first: the devices still do what they were told last.
    let (dismiss, is_dismissed) = watch::channel(false);
    let (switch_off, is_off) = watch::channel(false);
    let mut devices = JoinSet::new();
    let mut operators = JoinSet::new();
    if !options.quiet {
        for name in DEVICES {
            devices.spawn(Device::live(name, addresses.mqtt, transcript.clone(), is_off.clone()));
        }
        operators.spawn(operator::operate(addresses, transcript.clone(), is_dismissed));
    }
    tokio::select! {
        () = stop => transcript.say("\nIt ends in order; another ctrl-c ends it at once.\n\n"),
        () = elapsed(options.duration) => {}
    }
    dismiss.send_replace(true);
    let operator = all(operators).await;
    switch_off.send_replace(true);
    Played { devices: all(devices).await, operator }
}

async fn all(mut tasks: JoinSet<Tally>) -> Tally {
    let mut sum = Tally::default();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(tally) => sum += tally,
            Err(error) => {
                tracing::error!("a participant did not live to the end: {error}");
                sum.wrong += 1;
            }
        }
    }
    sum
}

async fn elapsed(duration: Option<Duration>) {
    match duration {
        Some(duration) => sleep(duration).await,
        None => future::pending().await,
    }
}

/// How many samples of the devices the database holds.
async fn stored(addresses: Addresses) -> Option<u64> {
    let mut stored = 0;
    for name in DEVICES {
        let path = paths::series(name, "temperature");
        let (status, answer) =
            call(addresses.epts, &Method::GET, &format!("{path}?every=1d"), "").await.ok()?;
        let answer: Value = serde_json::from_slice(&answer).ok().filter(|_| status.is_success())?;
        for bucket in answer.get("points")?.as_array()? {
            stored += bucket.get("count")?.as_u64()?;
        }
    }
    Some(stored)
}
