//! What a simulated sensor measures.

use serde_json::{Value, json};

/// How many samples a batch has.
const BATCH: u32 = 3;

/// A sensor. Its readings go up and down as a day does, each device at its own time of day.
#[derive(Debug)]
pub(super) struct Sensor {
    reading: u32,
}

impl Sensor {
    pub(super) fn new(name: &str) -> Self {
        Self { reading: name.bytes().map(u32::from).sum() }
    }

    pub(super) fn batch(&mut self) -> Vec<Value> {
        (0..BATCH).map(|_| self.read()).collect()
    }

    fn read(&mut self) -> Value {
        self.reading = self.reading.wrapping_add(1);
        let day = (f64::from(self.reading) / 20.0).sin();
        let rounded = |value: f64| (value * 10.0).round() / 10.0;
        json!({ "temperature": rounded(20.0 + 5.0 * day), "humidity": rounded(55.0 - 15.0 * day) })
    }
}
