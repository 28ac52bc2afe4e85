//! What an application does with the samples: the same in all responders.

use serde::{Deserialize, Serialize};

use crate::workload::ANSWER;

#[derive(Deserialize)]
#[allow(dead_code, reason = "an application reads what is there")]
pub(super) struct Sample {
    timestamp: i64,
    humidity: f64,
    temperature: f64,
    pressure: f64,
    battery: f64,
}

#[derive(Serialize)]
pub(super) struct Ack {
    accepted: usize,
    mean: f64,
}

pub(super) fn acknowledge(samples: &[Sample]) -> Ack {
    let sum: f64 = samples.iter().map(|sample| sample.humidity).sum();
    Ack { accepted: samples.len(), mean: sum / samples.len() as f64 }
}

/// From JSON to JSON.
pub(super) fn json(payload: &[u8]) -> Vec<u8> {
    let samples: Vec<Sample> = serde_json::from_slice(payload).unwrap();
    serde_json::to_vec(&acknowledge(&samples)).unwrap()
}

/// Does not look at them.
pub(super) fn fixed() -> &'static [u8] {
    ANSWER.as_bytes()
}
