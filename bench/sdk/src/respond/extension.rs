//! Ours, with everything that an extension has unless it is told otherwise.

use kaa_bus::Bus;
use kaa_ext::Builder;
use kaa_ext::prelude::*;

use super::application::{Ack, Sample, acknowledge, fixed};

#[resource("/humidity")]
async fn take_bytes(_samples: Payload) -> Payload {
    Payload(fixed().into())
}

/// Has to wait, so that it becomes a task.
#[cfg(feature = "compare")]
#[resource("/humidity")]
async fn take_bytes_later(_samples: Payload) -> Payload {
    tokio::task::yield_now().await;
    Payload(fixed().into())
}

#[resource("/humidity")]
async fn take_json(Json(samples): Json<Vec<Sample>>) -> Json<Ack> {
    Json(acknowledge(&samples))
}

pub(super) async fn bytes(url: &str) {
    serve(url, Extension::new("bench").resources(resources![take_bytes])).await;
}

#[cfg(feature = "compare")]
pub(super) async fn waiting(url: &str) {
    serve(url, Extension::new("bench").resources(resources![take_bytes_later])).await;
}

pub(super) async fn json(url: &str) {
    serve(url, Extension::new("bench").resources(resources![take_json])).await;
}

async fn serve(url: &str, extension: Builder<()>) {
    let bus = Bus::nats(super::options(url)).await.unwrap();
    extension.build().unwrap().serve(bus).await.unwrap();
}
