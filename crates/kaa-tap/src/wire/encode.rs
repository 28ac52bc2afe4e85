//! From JSON to bytes, by the schema of the record.

use apache_avro::Schema;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use bytes::Bytes;
use data_encoding::HEXLOWER_PERMISSIVE;
use kaa_protocol::catalog::RecordInfo;
use serde_json::{Map, Value};

use super::datum::{Decoded, schema};

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
    fn new(path: &str, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }
}

/// Encodes an object as a record. Fields that are missing have the defaults of the schema.
///
/// # Errors
///
/// [`EncodeError`], naming the value that is not what the schema wants.
pub fn encode(info: &RecordInfo, object: &Map<String, Value>) -> Result<Bytes, EncodeError> {
    let schema = schema(info).ok_or_else(|| EncodeError::new(info.name, "its schema is not known"))?;
    let value = record(info.name, "", schema, object)?;
    datum(info, value)
}

impl Decoded {
    /// The same record with other values in some of its fields; fields it does not have are passed over.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a value is none of its field.
    pub fn encode_with(&self, changes: &[(&str, Avro)]) -> Result<Bytes, EncodeError> {
        let fields = self.fields.iter().map(|(name, value)| {
            let changed = changes.iter().find(|(field, _)| field == name);
            (name.clone(), changed.map_or_else(|| value.clone(), |(_, value)| value.clone()))
        });
        datum(self.info, Avro::Record(fields.collect()))
    }
}

fn datum(info: &RecordInfo, value: Avro) -> Result<Bytes, EncodeError> {
    let schema = schema(info).ok_or_else(|| EncodeError::new(info.name, "its schema is not known"))?;
    let bytes = GenericDatumWriter::builder(schema)
        .build()
        .and_then(|writer| writer.write_value_to_vec(value))
        .map_err(|error| EncodeError::new(info.name, error.to_string()))?;
    Ok(bytes.into())
}

fn record(name: &str, path: &str, schema: &Schema, object: &Map<String, Value>) -> Result<Avro, EncodeError> {
    let Schema::Record(record) = schema else { return Err(EncodeError::new(path, "not a record")) };
    let known = || record.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(stranger) = object.keys().find(|key| !record.lookup.contains_key(*key)) {
        let problem = format!("{name} has no such field; it has {}", known());
        return Err(EncodeError::new(&below(path, stranger), problem));
    }
    let fields = record.fields.iter().map(|field| {
        let path = below(path, &field.name);
        let given = object.get(&field.name).or(field.default.as_ref());
        let given = given.ok_or_else(|| {
            let doc = field.doc.as_deref().unwrap_or_default();
            EncodeError::new(&path, format!("is missing ({}): {doc}", type_name(&field.schema)))
        })?;
        Ok((field.name.clone(), value(&path, &field.schema, given)?))
    });
    Ok(Avro::Record(fields.collect::<Result<_, _>>()?))
}

fn value(path: &str, schema: &Schema, json: &Value) -> Result<Avro, EncodeError> {
    let wrong = || EncodeError::new(path, format!("{json} is no {}", type_name(schema)));
    Ok(match (schema, json) {
        (Schema::Null, Value::Null) => Avro::Null,
        (Schema::Boolean, Value::Bool(value)) => Avro::Boolean(*value),
        (Schema::Int, Value::Number(number)) => {
            Avro::Int(number.as_i64().and_then(|number| number.try_into().ok()).ok_or_else(wrong)?)
        }
        (Schema::Long, Value::Number(number)) => Avro::Long(number.as_i64().ok_or_else(wrong)?),
        (Schema::Double, Value::Number(number)) => Avro::Double(number.as_f64().ok_or_else(wrong)?),
        #[allow(clippy::cast_possible_truncation, reason = "a float has no more digits")]
        (Schema::Float, Value::Number(number)) => Avro::Float(number.as_f64().ok_or_else(wrong)? as f32),
        (Schema::String, Value::String(text)) => Avro::String(text.clone()),
        (Schema::Bytes, json) => Avro::Bytes(bytes(path, json)?),
        (Schema::Array(array), Value::Array(items)) => {
            let items = items.iter().enumerate();
            let items = items.map(|(n, item)| value(&format!("{path}[{n}]"), &array.items, item));
            Avro::Array(items.collect::<Result<_, _>>()?)
        }
        (Schema::Map(map), Value::Object(entries)) => {
            let entries = entries
                .iter()
                .map(|(key, item)| Ok((key.clone(), value(&below(path, key), &map.types, item)?)));
            Avro::Map(entries.collect::<Result<_, EncodeError>>()?)
        }
        (Schema::Record(inner), Value::Object(object)) => record(inner.name.name(), path, schema, object)?,
        (Schema::Union(union), json) => {
            let has_double = union.variants().iter().any(|branch| matches!(branch, Schema::Double));
            let branches = union.variants().iter().enumerate();
            let mut branches = branches
                // A number with a fraction is a double where there is one: a float would change it.
                .filter(|(_, branch)| !(has_double && matches!(branch, Schema::Float)))
                // Everything can be written as bytes, so they are the last resort.
                .collect::<Vec<_>>();
            branches.sort_by_key(|(_, branch)| matches!(branch, Schema::Bytes) && !json.is_null());
            if json.is_null() {
                branches.sort_by_key(|(_, branch)| !matches!(branch, Schema::Null));
            }
            let mut fits = branches
                .into_iter()
                .filter_map(|(n, branch)| Some((u32::try_from(n).ok()?, value(path, branch, json).ok()?)));
            let (n, inner) = fits.next().ok_or_else(wrong)?;
            Avro::Union(n, Box::new(inner))
        }
        _ => return Err(wrong()),
    })
}

/// A string is its text, `{"$hex": "…"}` any bytes, and everything else the JSON that it is.
fn bytes(path: &str, json: &Value) -> Result<Vec<u8>, EncodeError> {
    match json {
        Value::String(text) => Ok(text.clone().into_bytes()),
        Value::Object(object) if object.len() == 1 && object.contains_key("$hex") => {
            let hex = object.get("$hex").and_then(Value::as_str).unwrap_or_default();
            let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes());
            bytes.map_err(|error| EncodeError::new(path, format!("$hex is not hexadecimal: {error}")))
        }
        other => Ok(other.to_string().into_bytes()),
    }
}

fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// What a person calls a type.
pub fn type_name(schema: &Schema) -> String {
    match schema {
        Schema::Null => "null".to_owned(),
        Schema::Boolean => "boolean".to_owned(),
        Schema::Int => "int".to_owned(),
        Schema::Long => "long".to_owned(),
        Schema::Float => "float".to_owned(),
        Schema::Double => "double".to_owned(),
        Schema::Bytes => "bytes".to_owned(),
        Schema::String => "string".to_owned(),
        Schema::Array(array) => format!("array of {}", type_name(&array.items)),
        Schema::Map(map) => format!("map of {}", type_name(&map.types)),
        Schema::Union(union) => union.variants().iter().map(type_name).collect::<Vec<_>>().join(" or "),
        other => other.name().map_or_else(|| "value of its type".to_owned(), |name| name.name().to_owned()),
    }
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

    fn encoded(name: &str, json: &Value) -> Result<Bytes, EncodeError> {
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
    fn a_decoded_record_can_be_sent_with_other_values() {
        let specs: Vec<_> = SPECS.iter().filter(|spec| spec.name() == "ConnectedEvent").collect();
        let event = ConnectedEvent { correlation_id: "old".into(), ..ConnectedEvent::default() };
        let decoded = super::super::decode(&specs, &event.to_bytes()).unwrap();
        let datum = decoded.encode_with(&[("correlationId", Avro::String("new".into()))]).unwrap();
        let expected = ConnectedEvent { correlation_id: "new".into(), ..event };
        assert_eq!(ConnectedEvent::decode_strict(&datum), Ok(expected));
    }
}
