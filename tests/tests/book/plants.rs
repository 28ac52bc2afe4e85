use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kaa_ext::prelude::*;
use serde::{Deserialize, Serialize};

/// What the resources share.
#[derive(Clone, FromRef)]
struct App {
    garden: Arc<Mutex<Garden>>,
}

/// The threshold, and the devices that want to hear of another one.
struct Garden {
    thirsty_below: u8,
    gardeners: HashMap<EndpointId, Session>,
}

#[derive(Deserialize)]
struct Soil {
    moisture: u8,
}

#[derive(Serialize)]
struct Advice {
    water: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Threshold {
    thirsty_below: u8,
}

/// How dry is it? Says whether to water.
#[resource("/soil")]
async fn soil(
    State(garden): State<Arc<Mutex<Garden>>>,
    Json(soil): Json<Soil>,
) -> Result<Json<Advice>, Failure> {
    if soil.moisture > 100 {
        return Err(Failure::bad_request("moisture is a percentage, 0 to 100"));
    }
    let garden = garden.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Json(Advice { water: soil.moisture < garden.thirsty_below }))
}

/// The threshold; and from now on, every later one.
#[resource("/threshold")]
async fn threshold(
    endpoint: EndpointId,
    session: Session,
    State(garden): State<Arc<Mutex<Garden>>>,
) -> Json<Threshold> {
    // The list of gardeners is here, so this device's requests are to come here, too.
    session.pin();
    let mut garden = garden.lock().unwrap_or_else(PoisonError::into_inner);
    garden.gardeners.insert(endpoint, session);
    Json(Threshold { thirsty_below: garden.thirsty_below })
}

/// Somebody sets another threshold: all gardeners are told.
#[resource("/threshold/set")]
async fn set_threshold(
    State(garden): State<Arc<Mutex<Garden>>>,
    Json(wanted): Json<Threshold>,
) -> Result<(), Failure> {
    let gardeners: Vec<Session> = {
        let mut garden = garden.lock().unwrap_or_else(PoisonError::into_inner);
        garden.thirsty_below = wanted.thirsty_below;
        garden.gardeners.values().cloned().collect()
    };
    for session in gardeners {
        session.push(Json(Threshold { thirsty_below: wanted.thirsty_below })).await?;
    }
    Ok(())
}

fn extension() -> kaa_ext::Builder<App> {
    let garden = Garden { thirsty_below: 30, gardeners: HashMap::new() };
    Extension::new("plants").state(App { garden: Arc::new(Mutex::new(garden)) }).resources(resources![
        soil,
        threshold,
        set_threshold
    ])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kaa_ext::RunError> {
    extension().run().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use kaa_ext::testing::TestKaa;
    use serde_json::json;

    #[tokio::test(start_paused = true)]
    async fn a_gardener_is_told_of_another_threshold() {
        let kaa = TestKaa::start(super::extension().build().unwrap()).await;
        let mut fern = kaa.endpoint("fern");
        fern.request("/soil").json(json!({ "moisture": 20 })).await.assert_json(json!({ "water": true }));
        fern.request("/threshold").await.assert_json(json!({ "thirstyBelow": 30 }));

        let cactus = kaa.endpoint("cactus");
        cactus.request("/threshold/set").json(json!({ "thirstyBelow": 10 })).await.assert_status(200);

        fern.next_push().await.assert_json(json!({ "thirstyBelow": 10 }));
        fern.request("/soil").json(json!({ "moisture": 20 })).await.assert_json(json!({ "water": false }));
        fern.request("/soil").json(json!({ "moisture": 101 })).await.assert_status(400);
    }
}
