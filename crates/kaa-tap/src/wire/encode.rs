//! From JSON to bytes, by the schema of the record.

use bytes::Bytes;
use data_encoding::HEXLOWER_PERMISSIVE;
use kaa_protocol::avro::Writer;
use kaa_protocol::catalog::RecordInfo;
use serde_json::{Map, Value as Json};

use super::datum::Decoded;
use super::schema::{RecordSchema, Schema};
use super::value::Value;

/// JSON that is not the record it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct EncodeError {
    /// Which value, such as `dataPoints[0].values.t`.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

impl EncodeError {
    pub(super) fn new(path: &str, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }
}

/// Encodes an object as a record. Fields that are missing have the defaults of the schema.
///
/// # Errors
///
/// [`EncodeError`], naming the value that is not what the schema wants.
pub fn encode(info: &RecordInfo, object: &Map<String, Json>) -> Result<Bytes, EncodeError> {
    let fields = fields("", schema(info)?, object)?;
    datum(info, &fields)
}

impl Decoded {
    /// The same record with other values in some of its fields; fields it does not have are passed over.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a value is none of its field.
    pub fn encode_with(&self, changes: &[(&str, Value)]) -> Result<Bytes, EncodeError> {
        let fields = self.fields.iter().map(|(name, value)| {
            let changed = changes.iter().find(|(field, _)| field == name);
            (name.clone(), changed.map_or_else(|| value.clone(), |(_, value)| value.clone()))
        });
        datum(self.info, &fields.collect::<Vec<_>>())
    }
}

fn schema(info: &RecordInfo) -> Result<&'static RecordSchema, EncodeError> {
    RecordSchema::of(info).ok_or_else(|| EncodeError::new(info.name, "its schema is not known"))
}

fn datum(info: &RecordInfo, fields: &[(String, Value)]) -> Result<Bytes, EncodeError> {
    let mut output = Writer::in_buffer(Vec::new());
    schema(info)?.write("", fields, &mut output)?;
    Ok(output.finish())
}

fn fields(
    path: &str,
    schema: &RecordSchema,
    object: &Map<String, Json>,
) -> Result<Vec<(String, Value)>, EncodeError> {
    let known = || schema.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>();
    if let Some(stranger) = object.keys().find(|key| !known().contains(&key.as_str())) {
        let problem = format!("{} has no such field; it has {}", schema.name, known().join(", "));
        return Err(EncodeError::new(&below(path, stranger), problem));
    }
    let fields = schema.fields.iter().map(|field| {
        let path = below(path, &field.name);
        let given = object.get(&field.name).or(field.default.as_ref());
        let given = given.ok_or_else(|| {
            EncodeError::new(&path, format!("is missing ({}): {}", field.schema, field.doc))
        })?;
        Ok((field.name.clone(), value(&path, &field.schema, given)?))
    });
    fields.collect()
}

fn value(path: &str, schema: &Schema, json: &Json) -> Result<Value, EncodeError> {
    let wrong = || EncodeError::new(path, format!("{json} is no {schema}"));
    Ok(match (schema, json) {
        (Schema::Null, Json::Null) => Value::Null,
        (Schema::Boolean, Json::Bool(value)) => Value::Boolean(*value),
        (Schema::Int, Json::Number(number)) => {
            Value::Int(number.as_i64().and_then(|number| number.try_into().ok()).ok_or_else(wrong)?)
        }
        (Schema::Long, Json::Number(number)) => Value::Long(number.as_i64().ok_or_else(wrong)?),
        (Schema::Double, Json::Number(number)) => Value::Double(number.as_f64().ok_or_else(wrong)?),
        #[allow(clippy::cast_possible_truncation, reason = "a float has no more digits")]
        (Schema::Float, Json::Number(number)) => Value::Float(number.as_f64().ok_or_else(wrong)? as f32),
        (Schema::String, Json::String(text)) => Value::String(text.clone()),
        (Schema::Bytes, json) => Value::Bytes(bytes(path, json)?),
        (Schema::Array(items), Json::Array(array)) => {
            let array = array.iter().enumerate();
            let array = array.map(|(n, item)| value(&format!("{path}[{n}]"), items, item));
            Value::Array(array.collect::<Result<_, _>>()?)
        }
        (Schema::Map(values), Json::Object(entries)) => {
            let entries =
                entries.iter().map(|(key, item)| Ok((key.clone(), value(&below(path, key), values, item)?)));
            Value::Map(entries.collect::<Result<_, EncodeError>>()?)
        }
        (Schema::Record(record), Json::Object(object)) => Value::Record(fields(path, record, object)?),
        (Schema::Union(branches), json) => {
            let has_double = branches.iter().any(|branch| matches!(branch, Schema::Double));
            // A number with a fraction is a double where there is one: a float would change it.
            let branches = branches.iter().filter(|branch| !(has_double && matches!(branch, Schema::Float)));
            // Everything can be written as bytes, so they are the last resort.
            let (bytes, others): (Vec<_>, Vec<_>) =
                branches.partition(|branch| matches!(branch, Schema::Bytes));
            let mut fits =
                others.into_iter().chain(bytes).filter_map(|branch| value(path, branch, json).ok());
            fits.next().ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    })
}

/// A string is its text, `{"$hex": "…"}` any bytes, and everything else the JSON that it is.
fn bytes(path: &str, json: &Json) -> Result<Bytes, EncodeError> {
    match json {
        Json::String(text) => Ok(text.clone().into()),
        Json::Object(object) if object.len() == 1 && object.contains_key("$hex") => {
            let hex = object.get("$hex").and_then(Json::as_str);
            let hex = hex.ok_or_else(|| EncodeError::new(path, "$hex is no string"))?;
            let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes());
            bytes
                .map(Bytes::from)
                .map_err(|error| EncodeError::new(path, format!("$hex is not hexadecimal: {error}")))
        }
        other => Ok(other.to_string().into()),
    }
}

pub(super) fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

#[cfg(test)]
mod tests {
    use kaa_protocol::avro::Record;
    use kaa_protocol::elce::ConnectedEvent;
    use kaa_protocol::ism::Message;
    use kaa_protocol::tstp::{DataValue, TimeSeriesEvent};
    use serde_json::json;

    use super::super::spec::SPECS;
    use super::*;

    fn info(name: &str) -> &'static RecordInfo {
        SPECS.iter().find(|spec| spec.name() == name).unwrap().revisions[0]
    }

    fn encoded(name: &str, json: &Json) -> Result<Bytes, EncodeError> {
        encode(info(name), json.as_object().unwrap())
    }

    #[test]
    fn what_is_encoded_is_what_the_product_decodes() {
        let datum = encoded(
            "TimeSeriesEvent",
            &json!({
                "correlationId": "c", "timestamp": 1, "appVersionName": "v1", "endpointId": "e1",
                "timeSeriesName": "auto~t",
                "dataPoints": [{ "timestamp": 2, "values": { "t": 21.1, "n": 3, "s": "x", "z": null, "b": true } }],
            }),
        );
        let event = TimeSeriesEvent::decode_strict(&datum.unwrap()).unwrap();
        let point = event.data_points.iter().next().unwrap();
        assert_eq!(point.values.get("t"), Some(DataValue::Double(21.1)));
        assert_eq!(point.values.get("n"), Some(DataValue::Int(3)));
        assert_eq!(point.values.get("b"), Some(DataValue::Boolean(true)));
        assert_eq!(point.values.get("z"), Some(DataValue::Null));
        assert_eq!((point.timestamp, point.ingestion_timestamp), (2, 0));
    }

    #[test]
    fn a_field_that_is_missing_wrong_or_unknown_is_named() {
        let error = |json| encoded("ConnectedEvent", &json).unwrap_err();
        assert!(
            error(json!({ "timestamp": 1 })).to_string().starts_with("correlationId: is missing (string)")
        );
        assert_eq!(error(json!({ "correlationId": 1 })).to_string(), "correlationId: 1 is no string");
        let unknown = error(json!({ "endpoint": "e1" })).to_string();
        assert!(
            unknown.starts_with("endpoint: ConnectedEvent has no such field; it has correlationId"),
            "{unknown}"
        );
        let inner = error(json!({ "correlationId": "c", "timestamp": 1, "endpoints": { "e1": 7 } }));
        assert_eq!(inner.to_string(), "endpoints.e1: 7 is no string");
    }

    #[test]
    fn bytes_are_text_json_or_hexadecimal_digits() {
        let of = |json| bytes("content", &json).map_err(|error| error.to_string());
        assert_eq!(of(json!("text")).as_deref(), Ok(&b"text"[..]));
        assert_eq!(of(json!({ "$hex": "ff00" })).as_deref(), Ok(&b"\xff\0"[..]));
        assert_eq!(
            of(json!({ "$hex": "ff", "more": 1 })).as_deref(),
            Ok(&b"{\"$hex\":\"ff\",\"more\":1}"[..])
        );
        assert_eq!(of(json!({ "$hex": 5 })), Err("content: $hex is no string".to_owned()));
        assert!(of(json!({ "$hex": "f" })).unwrap_err().starts_with("content: $hex is not hexadecimal"));
    }

    #[test]
    fn a_decoded_record_can_be_sent_with_other_values() {
        let specs: Vec<_> = SPECS.iter().filter(|spec| spec.name() == "ConnectedEvent").collect();
        let event = ConnectedEvent { correlation_id: "old".into(), ..ConnectedEvent::default() };
        let decoded = super::super::decode(&specs, &event.to_bytes()).unwrap();
        let datum = decoded.encode_with(&[("correlationId", Value::String("new".into()))]).unwrap();
        let expected = ConnectedEvent { correlation_id: "new".into(), ..event };
        assert_eq!(ConnectedEvent::decode_strict(&datum), Ok(expected));
    }
}
