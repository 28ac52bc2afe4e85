//! The yardstick: async-nats alone, which gives every message back.

use futures_util::StreamExt;

use crate::workload::SUBJECT;

pub(super) async fn echo(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let mut requests = client.queue_subscribe(SUBJECT, "bench".to_owned()).await.unwrap();
    while let Some(request) = requests.next().await {
        client.publish(request.reply.unwrap(), request.payload).await.unwrap();
    }
}
