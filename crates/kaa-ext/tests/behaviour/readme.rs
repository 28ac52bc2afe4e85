//! The extension of the README, and its test.

use std::sync::{Arc, Mutex};

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Default, FromRef)]
struct App {
    readings: Arc<Mutex<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Reading {
    celsius: f64,
}

#[derive(Serialize)]
struct Mean {
    mean: f64,
    of: usize,
}

#[resource("/temperature[/{room}]")]
async fn temperature(
    room: Option<String>,
    endpoint: EndpointId,
    State(readings): State<Arc<Mutex<Vec<f64>>>>,
    Json(reading): Json<Reading>,
) -> Result<Json<Mean>, Failure> {
    if reading.celsius < -273.15 {
        let room = room.as_deref().unwrap_or("space");
        return Err(Failure::bad_request(format!("{endpoint}: it cannot be that cold in {room}")));
    }
    let mut readings = readings.lock().map_err(|_| Failure::unavailable("try again"))?;
    readings.push(reading.celsius);
    let of = readings.len();
    Ok(Json(Mean { mean: readings.iter().sum::<f64>() / of as f64, of }))
}

fn extension() -> kaa_ext::Builder<App> {
    Extension::new("climate").state(App::default()).resources(resources![temperature])
}

#[tokio::test(start_paused = true)]
async fn a_reading_is_answered_with_the_mean() {
    let kaa = TestKaa::start(extension().build().unwrap()).await;
    let device = kaa.endpoint("kitchen-1");
    let reply = device.request("/temperature").json(json!({ "celsius": 21.5 })).await;
    reply.assert_status(200).assert_json(json!({ "mean": 21.5, "of": 1 }));
    let reply = device.request("/temperature/cellar").json(json!({ "celsius": 18.5 })).await;
    reply.assert_json(json!({ "mean": 20.0, "of": 2 }));
    let reply = device.request("/temperature").json(json!({ "celsius": -300 })).await;
    reply.assert_status(400).assert_reason("kitchen-1: it cannot be that cold in space");
}
