//! The yardstick: async-nats alone, which gives every message back.

use async_nats::service::ServiceExt;
use futures_util::StreamExt;

use crate::workload::SUBJECT;

pub(super) async fn echo(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let mut requests = client.queue_subscribe(SUBJECT, "bench".to_owned()).await.unwrap();
    while let Some(request) = requests.next().await {
        client.publish(request.reply.unwrap(), request.payload).await.unwrap();
    }
}

pub(super) async fn service(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let service = client.service_builder().start("bench", "1.0.0").await.unwrap();
    let mut endpoint = service.endpoint_builder().name("bench").add(SUBJECT).await.unwrap();
    while let Some(request) = endpoint.next().await {
        let payload = request.message.payload.clone();
        request.respond(Ok(payload)).await.unwrap();
    }
}
