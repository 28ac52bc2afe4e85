//! Devices on schedule: requests go out at their time, whether or not answers have come.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::DEVICES;
use crate::load::Device;

pub(crate) struct Latency {
    sorted: Vec<Duration>,
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at =
            |share: f64| self.sorted[((self.sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        let (p50, p99) = (at(0.5), at(0.99));
        let count = self.sorted.len();
        write!(
            f,
            "p50 {p50:.2} ms, p99 {p99:.2} ms ({:.1} x), max {:.2} ms, {count} requests",
            p99 / p50,
            at(1.0)
        )
    }
}

/// `devices` has one device for each number.
pub(crate) async fn measure(devices: Vec<Device>, rate: f64, span: Duration) -> Latency {
    let between = Duration::from_secs_f64(DEVICES as f64 / rate);
    let start = Instant::now() + Duration::from_secs(1);
    let mut tasks = Vec::new();
    for (number, mut device) in devices.into_iter().enumerate() {
        // Spread evenly, so that the load is even.
        let first = start + between * number as u32 / DEVICES as u32;
        tasks.push(tokio::spawn(async move {
            let mut schedule = interval_at(first, between);
            schedule.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut found = Vec::new();
            loop {
                let due = schedule.tick().await;
                if due > start + span {
                    return found;
                }
                // Timers are good for a millisecond: the wait for one's own timer is not the service's.
                // A late answer of the request before is, and then the request is late by that much.
                let sent = if due.elapsed() > between { due } else { Instant::now() };
                device.send().await;
                device.answer().await;
                found.push(sent.elapsed());
            }
        }));
    }
    let mut sorted = Vec::new();
    for task in tasks {
        sorted.extend(task.await.unwrap());
    }
    sorted.sort();
    Latency { sorted }
}
