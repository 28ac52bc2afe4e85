//! The sending end by hand.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::value::RawValue;

use crate::services::RECEIVER;
use crate::wire::{self, ClientData};

const REQUESTS: &str = "kaa.v1.service.dcx.esp.ClientData";
const RECEIPTS: &str = "kaa.v1.replica.dcx-by-hand.dstp.DataSamplesProcessed";
const EVENTS: &str = "kaa.v1.events.dcx.endpoint.data-collection.data-samples-received";

pub(crate) async fn run(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let mut requests = client.queue_subscribe(REQUESTS, "dcx".to_owned()).await.unwrap();
    let mut receipts = client.subscribe(RECEIPTS).await.unwrap();
    client.flush().await.unwrap();
    eprintln!("serving");
    let mut waiting: HashMap<String, (async_nats::Subject, Bytes)> = HashMap::new();
    loop {
        tokio::select! {
            Some(message) = requests.next() => {
                let request = ClientData::read(&message.payload);
                let samples: Vec<&RawValue> = serde_json::from_slice(request.payload).unwrap();
                let samples: Vec<&[u8]> = samples.iter().map(|sample| sample.get().as_bytes()).collect();
                let (event, id) = (request.event(&samples), request.correlation_id.to_owned());
                waiting.insert(id, (message.reply.unwrap(), message.payload));
                client.publish_with_reply(EVENTS, RECEIPTS, event.into()).await.unwrap();
            }
            Some(message) = receipts.next() => {
                let (id, receiver, status) = wire::receipt(&message.payload);
                if receiver == RECEIVER && let Some((reply_to, datum)) = waiting.remove(id) {
                    let answer = ClientData::read(&datum).answer(status);
                    client.publish(reply_to, answer.into()).await.unwrap();
                }
            }
        }
    }
}
