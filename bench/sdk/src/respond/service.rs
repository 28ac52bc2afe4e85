//! The same as the bare client with the `service` module of async-nats, which has routes and statistics.

use async_nats::service::ServiceExt;
use futures_util::StreamExt;

use crate::workload::SUBJECT;

pub(super) async fn run(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let service = client.service_builder().start("bench", "1.0.0").await.unwrap();
    let mut endpoint = service.endpoint_builder().name("bench").add(SUBJECT).await.unwrap();
    while let Some(request) = endpoint.next().await {
        let payload = request.message.payload.clone();
        request.respond(Ok(payload)).await.unwrap();
    }
}
