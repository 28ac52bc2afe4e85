//! One request after another on our bus and our codec: what an extension would be without concurrency, routes and limits.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use kaa_bus::{Bus, ServiceInstance, Subject, SubjectFilter};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};

use super::application::fixed;
use crate::workload::SUBJECT;

pub(super) async fn run(url: &str) {
    let bus = Bus::nats(super::options(url)).await.unwrap();
    let (filter, group) = (SUBJECT.parse::<SubjectFilter>().unwrap(), ServiceInstance::from_static("bench"));
    let mut requests = bus.subscribe(filter, Some(&group)).await.unwrap();
    while let Some(request) = requests.next().await {
        let reply_to = Subject::try_from(request.reply_to.unwrap()).unwrap();
        bus.publish(reply_to, None, answer(&request.payload).await).await.unwrap();
    }
}

async fn answer(datum: &Bytes) -> Bytes {
    let data = ClientData::decode(datum).unwrap().record;
    let payload = handler(data.payload).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let answer = ExtensionData {
        correlation_id: data.correlation_id,
        timestamp: now.as_millis() as i64,
        app_version_name: Some(data.app_version_name),
        extension_instance_name: Some("bench"),
        endpoint_id: data.endpoint_id,
        resource_path: data.resource_path,
        request_id: data.request_id,
        payload: Some(payload),
        status_code: 200,
        ..ExtensionData::default()
    };
    answer.encode(Revision::Seed).unwrap()
}

async fn handler(_samples: &[u8]) -> &'static [u8] {
    fixed()
}
