//! Resources that need nothing but the request.

use kaa_ext::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Accepted {
    accepted: usize,
}

/// Takes one data sample or an array of them (2/DCP) and says how many there were.
#[resource("/json")]
pub(crate) async fn samples(Json(samples): Json<Value>) -> Json<Accepted> {
    let accepted = samples.as_array().map_or(1, Vec::len);
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
