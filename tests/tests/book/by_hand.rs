use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Schema, from_value, to_value};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use crate::mixed_fleet::{Reading, advice};

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

/// Serves `/temperature` until the connection ends.
pub(crate) async fn serve(
    client: async_nats::Client,
    client_data: Schema,
    extension_data: Schema,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let subject = "kaa.v1.service.climate.esp.ClientData";
    let mut requests = client.queue_subscribe(subject, "climate".to_owned()).await?;
    while let Some(request) = requests.next().await {
        let reader = GenericDatumReader::builder(&client_data).build()?;
        let data: ClientData = from_value(&reader.read_value(&mut request.payload.as_ref())?)?;
        let Some(reply) = request.reply else { continue };
        let (status_code, payload, reason_phrase) = answer(&data);
        let answer = ExtensionData {
            correlation_id: data.correlation_id,
            timestamp: i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?,
            timeout: 0,
            app_version_name: data.app_version_name,
            extension_instance_name: Some("climate".to_owned()),
            endpoint_id: data.endpoint_id,
            resource_path: data.resource_path,
            request_id: data.request_id,
            payload,
            status_code,
            reason_phrase,
        };
        let answer = to_value(answer)?.resolve(&extension_data)?;
        let answer = GenericDatumWriter::builder(&extension_data).build()?.write_value_to_vec(answer)?;
        client.publish(reply, answer.into()).await?;
    }
    Ok(())
}

fn answer(data: &ClientData) -> (i32, Option<Vec<u8>>, Option<String>) {
    if data.resource_path != "/temperature" {
        return (404, None, Some("Not Found".to_owned()));
    }
    let Ok(reading) = serde_json::from_slice::<Reading>(&data.payload) else {
        return (400, None, Some("expected a reading".to_owned()));
    };
    match serde_json::to_vec(&advice(&reading)) {
        Ok(payload) => (200, Some(payload), None),
        Err(_) => (500, None, Some("Internal Server Error".to_owned())),
    }
}
