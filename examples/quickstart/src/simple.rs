//! Resources that need nothing but the request.

use kaa_ext::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What devices send to `/json`: one sample, or an array of them (2/DCP).
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Samples {
    Batch(Vec<Value>),
    One(#[allow(dead_code, reason = "only counted")] Value),
}

#[derive(Serialize)]
pub(crate) struct Accepted {
    accepted: usize,
}

/// Takes one data sample or a batch and says how many there were.
#[resource("/json")]
pub(crate) async fn samples(Json(samples): Json<Samples>) -> Json<Accepted> {
    let accepted = match samples {
        Samples::Batch(batch) => batch.len(),
        Samples::One(_) => 1,
    };
    Json(Accepted { accepted })
}

/// Gives the payload back.
#[resource("/echo")]
pub(crate) async fn echo(payload: Payload) -> Payload {
    payload
}

/// Greets whoever the path names.
#[resource("/greet/{name}")]
pub(crate) async fn greet(name: String) -> String {
    format!("Hello, {name}!")
}
