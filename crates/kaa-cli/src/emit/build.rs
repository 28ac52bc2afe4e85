//! From what was given to an event.

use bytes::Bytes;
use kaa_ext::bus::{Clock, Subject};
use kaa_ext::protocol::name::{AppVersion, EndpointId, NameError, ServiceInstance};
use kaa_ext::protocol::subject::EventSubject;
use kaa_tap::wire::{EncodeError, encode, fields};
use serde_json::{Map, Value, json};

use super::events::EventName;

/// What somebody said of an event.
#[derive(Debug)]
pub(super) struct Given<'a> {
    pub(super) data: Option<&'a str>,
    pub(super) fields: &'a [String],
    pub(super) endpoint: Option<&'a EndpointId>,
    pub(super) app_version: &'a AppVersion,
    pub(super) from: &'a ServiceInstance,
}

/// Why there is no event.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("--data is no JSON object: {0}; expected such as {{\"endpointId\":\"e1\"}}")]
    Data(String),
    #[error("--field {0:?} has no name; expected NAME=VALUE, such as configId=7")]
    Field(String),
    #[error("{record} needs {missing}; for example: {example}")]
    Missing { record: &'static str, missing: String, example: String },
    #[error("{record}.{source}")]
    Encode { record: &'static str, source: EncodeError },
    #[error("timeSeriesName cannot be part of a subject: {0}")]
    Detail(NameError),
}

/// Whether a field is filled in when nobody gives it.
pub(super) fn is_filled(field: &str) -> bool {
    matches!(field, "correlationId" | "timestamp" | "appVersionName" | "originatorReplicaId")
}

/// The subject and the bytes of an event.
pub(super) fn event(event: EventName, given: &Given<'_>) -> Result<(Subject, Bytes), BuildError> {
    let record = event.record();
    let Some((info, kind)) = event.info().zip(event.kind()) else {
        return Err(BuildError::Field(record.to_owned()));
    };
    let known = fields(info);
    let mut object = object(given)?;
    for field in &known {
        if let Some(value) = filled(field.name, given)
            && !object.contains_key(field.name)
        {
            object.insert(field.name.to_owned(), value);
        }
    }
    let missing: Vec<_> =
        known.iter().filter(|field| field.is_required && !object.contains_key(field.name)).collect();
    if !missing.is_empty() {
        let needs =
            missing.iter().map(|field| format!("{} ({}: {})", field.name, field.type_name, field.doc));
        let example: Map<_, _> =
            missing.iter().map(|field| (field.name.to_owned(), field.example.clone())).collect();
        let example = format!("kaa emit {} --data '{}'", event.name(), Value::Object(example));
        let missing = needs.collect::<Vec<_>>().join(" and ");
        return Err(BuildError::Missing { record, missing, example });
    }
    let datum = encode(info, &object).map_err(|source| BuildError::Encode { record, source })?;
    let detail = kind.is_detailed.then(|| object.get("timeSeriesName").and_then(Value::as_str)).flatten();
    let more = detail.map(str::parse).transpose().map_err(BuildError::Detail)?;
    let subject = EventSubject {
        originator: given.from.clone(),
        entity: kind.entity.clone(),
        group: kind.group.clone(),
        event: kind.event.clone(),
        more: more.into_iter().collect(),
    };
    Ok((Subject::from(&subject), datum))
}

/// What was given as JSON, field by field over all at once.
fn object(given: &Given<'_>) -> Result<Map<String, Value>, BuildError> {
    let mut object = match given.data {
        Some(data) => serde_json::from_str(data).map_err(|error| BuildError::Data(error.to_string()))?,
        None => Map::new(),
    };
    for field in given.fields {
        let (name, value) = field.split_once('=').ok_or_else(|| BuildError::Field(field.clone()))?;
        // Text needs no quotes.
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        object.insert(name.to_owned(), value);
    }
    Ok(object)
}

/// What goes into a field that was not given.
fn filled(field: &str, given: &Given<'_>) -> Option<Value> {
    let app_version = || Value::from(given.app_version.as_str());
    match field {
        "correlationId" => Some(format!("kaa-emit-{}-{}", std::process::id(), Clock::System.millis()).into()),
        "timestamp" => Some(Clock::System.millis().into()),
        "originatorReplicaId" => Some(format!("{}-kaa-emit", given.from).into()),
        "appVersionName" => Some(app_version()),
        "endpointId" => Some(given.endpoint?.as_str().into()),
        "endpoints" => Some(json!({ given.endpoint?.as_str(): app_version() })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use kaa_ext::protocol::avro::Record;
    use kaa_ext::protocol::cdtp::ConfigUpdated;
    use kaa_ext::protocol::elce::ConnectedEvent;

    use super::*;

    fn built(
        name: &str,
        data: Option<&str>,
        fields: &[&str],
        endpoint: Option<&str>,
    ) -> Result<(Subject, Bytes), BuildError> {
        let endpoint = endpoint.map(|endpoint| endpoint.parse().unwrap());
        let fields: Vec<_> = fields.iter().map(|&field| field.to_owned()).collect();
        let given = Given {
            data,
            fields: &fields,
            endpoint: endpoint.as_ref(),
            app_version: &"v1".parse().unwrap(),
            from: &ServiceInstance::from_static("cdp"),
        };
        event(name.parse().unwrap(), &given)
    }

    #[test]
    fn an_endpoint_is_all_that_an_event_about_one_needs() {
        let (subject, datum) = built("connected", None, &[], Some("e1")).unwrap();
        assert_eq!(subject, "kaa.v1.events.cdp.endpoint.connectivity.connected");
        let event = ConnectedEvent::decode_strict(&datum).unwrap();
        assert_eq!(event.endpoints.get("e1"), Some("v1"));
        assert!(event.timestamp > 0 && !event.correlation_id.is_empty());
    }

    #[test]
    fn fields_go_over_data_and_bytes_are_json() {
        let data = r#"{"configId":"6","content":{"rate":5}}"#;
        let (_, datum) = built("config-updated", Some(data), &["configId=\"7\""], Some("e1")).unwrap();
        let event = ConfigUpdated::decode_strict(&datum).unwrap();
        assert_eq!((&*event.config_id, &event.content[..]), ("7", &br#"{"rate":5}"#[..]));
    }

    #[test]
    fn the_detail_of_an_event_is_the_last_token_of_its_subject() {
        let points = r#"dataPoints=[{"timestamp":1,"values":{"t":21.5}}]"#;
        let series = "timeSeriesName=auto~t";
        let (subject, _) = built("time-series", None, &[points, series], Some("e1")).unwrap();
        assert!(subject.as_str().ends_with(".data-points-received.auto~t"), "{subject}");
        let error = built("time-series", None, &[points, "timeSeriesName=a.b"], Some("e1")).unwrap_err();
        assert!(matches!(error, BuildError::Detail(_)), "{error}");
    }

    #[test]
    fn the_example_in_the_error_about_missing_fields_works() {
        for name in [
            "connected",
            "config-updated",
            "data-samples",
            "time-series",
            "metadata-updated",
            "new-available",
        ] {
            let error = built(name, None, &[], None).unwrap_err().to_string();
            let (_, data) = error.split_once("--data '").unwrap();
            let data = data.strip_suffix('\'').unwrap();
            assert!(built(name, Some(data), &[], None).is_ok(), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |data| built("connected", Some(data), &[], Some("e1")).unwrap_err().to_string();
        assert!(told("[").starts_with("--data is no JSON object"));
        assert!(
            told(r#"{"endpoint":"e1"}"#)
                .starts_with("ConnectedEvent.endpoint: ConnectedEvent has no such field")
        );
        assert!(told(r#"{"endpoints":{"e1":7}}"#).starts_with("ConnectedEvent.endpoints.e1: 7 is no string"));
    }
}
