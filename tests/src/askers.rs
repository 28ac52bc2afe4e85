//! Services that ask an extension without pause, one request at a time each, and keep a record of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use kaa_bus::{Bus, Subject};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::echo;
use crate::patience::soon;

/// How long one waits after an error: what cannot be published is refused at once, and again at once.
const PAUSE: Duration = Duration::from_millis(5);

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When it was sent.
    pub sent: Instant,
    /// When it ended.
    pub ended: Instant,
    /// The error says what the one who asked was told.
    pub outcome: Result<(), String>,
}

/// All who ask.
#[derive(Debug)]
pub struct Askers {
    deadline: Duration,
    stop: Arc<AtomicBool>,
    running: Vec<(Arc<AtomicUsize>, JoinHandle<Vec<Ended>>)>,
}

impl Askers {
    /// Nobody yet; each request may take until `deadline`.
    pub fn new(deadline: Duration) -> Self {
        Self { deadline, stop: Arc::default(), running: Vec::new() }
    }

    /// One more who asks, on this connection.
    pub fn add(&mut self, bus: Bus) {
        let (stop, answered, deadline) =
            (Arc::clone(&self.stop), Arc::new(AtomicUsize::new(0)), self.deadline);
        let count = Arc::clone(&answered);
        let task = tokio::spawn(async move {
            let mut ends = Vec::new();
            while !stop.load(Relaxed) {
                let sent = Instant::now();
                let outcome = ask(&bus, deadline).await;
                match &outcome {
                    Ok(()) => _ = count.fetch_add(1, Relaxed),
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
                ends.push(Ended { sent, ended: Instant::now(), outcome });
            }
            ends
        });
        self.running.push((answered, task));
    }

    /// Waits until each of them was answered so many times more.
    ///
    /// # Panics
    ///
    /// When one is not.
    pub async fn all_answered(&self, times: usize) {
        let before: Vec<_> = self.running.iter().map(|(answered, _)| answered.load(Relaxed)).collect();
        let mut look = tokio::time::interval(Duration::from_millis(1));
        let answered = async {
            while self
                .running
                .iter()
                .zip(&before)
                .any(|((now, _), before)| now.load(Relaxed) < before + times)
            {
                look.tick().await;
            }
        };
        soon("everybody to be answered", answered).await;
    }

    /// Ends them all. What became of their requests, in no order.
    ///
    /// # Panics
    ///
    /// When one does not end.
    pub async fn stop(self) -> Vec<Ended> {
        self.stop.store(true, Relaxed);
        let mut ends = Vec::new();
        for (_, task) in self.running {
            ends.extend(soon("those who ask to end", task).await.expect("a task that does not panic"));
        }
        ends
    }
}

/// Asks the echo extension once.
async fn ask(bus: &Bus, deadline: Duration) -> Result<(), String> {
    let data = ClientData {
        correlation_id: "c",
        app_version_name: "app-v1",
        resource_path: "/echo",
        request_id: Some(1),
        ..ClientData::default()
    };
    let subject: Subject = echo::SUBJECT.parse().expect("a subject");
    let datum = data.encode(Revision::Seed).expect("a datum");
    let answer = bus.request(subject, datum, deadline).await.map_err(|error| error.to_string())?;
    let data = ExtensionData::decode_strict(&answer.payload).map_err(|error| error.to_string())?;
    if data.status_code == 200 { Ok(()) } else { Err(format!("status {}", data.status_code)) }
}
