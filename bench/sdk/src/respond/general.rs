//! What most people write: the general codec of Avro, by its schemas and with types that serde derives.

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Schema, from_value, to_value};
use futures_util::StreamExt;
use kaa_protocol::catalog::RECORDS;
use serde::{Deserialize, Serialize};

use super::application;
use crate::workload::SUBJECT;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    correlation_id: String,
    app_version_name: String,
    endpoint_id: Option<String>,
    resource_path: String,
    request_id: Option<i32>,
    #[serde(with = "apache_avro::serde::bytes")]
    payload: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExtensionData {
    correlation_id: String,
    timestamp: i64,
    timeout: i64,
    app_version_name: String,
    extension_instance_name: Option<String>,
    endpoint_id: Option<String>,
    resource_path: String,
    request_id: Option<i32>,
    #[serde(with = "apache_avro::serde::bytes_opt")]
    payload: Option<Vec<u8>>,
    status_code: i32,
    reason_phrase: Option<String>,
}

pub(super) async fn run(url: &str) {
    let (client_data, extension_data) = (schema("ClientData"), schema("ExtensionData"));
    let client = async_nats::connect(url).await.unwrap();
    let mut requests = client.queue_subscribe(SUBJECT, "bench".to_owned()).await.unwrap();
    while let Some(request) = requests.next().await {
        let reader = GenericDatumReader::builder(&client_data).build().unwrap();
        let data = reader.read_value(&mut request.payload.as_ref()).unwrap();
        let answer = answer(from_value(&data).unwrap());
        // As an Option of serde its null comes first, which is not so in the unions of these schemas.
        let answer = to_value(answer).unwrap().resolve(&extension_data).unwrap();
        let writer = GenericDatumWriter::builder(&extension_data).build().unwrap();
        let answer = writer.write_value_to_vec(answer).unwrap();
        client.publish(request.reply.unwrap(), answer.into()).await.unwrap();
    }
}

fn answer(data: ClientData) -> ExtensionData {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    ExtensionData {
        payload: Some(application::json(&data.payload)),
        correlation_id: data.correlation_id,
        timestamp: now.as_millis() as i64,
        timeout: 0,
        app_version_name: data.app_version_name,
        extension_instance_name: Some("bench".to_owned()),
        endpoint_id: data.endpoint_id,
        resource_path: data.resource_path,
        request_id: data.request_id,
        status_code: 200,
        reason_phrase: None,
    }
}

fn schema(record: &str) -> Schema {
    let mut records = RECORDS.iter().filter(|info| info.name == record);
    let seed = records.find(|info| info.revision == Some("seed")).unwrap();
    Schema::parse_str(&seed.schema()).unwrap()
}
