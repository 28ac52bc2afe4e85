//! Values as JSON.

use apache_avro::types::Value as Avro;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// A value as JSON. Bytes that are JSON are embedded, those that are text are a string, and any others are an object
/// with `$hex`.
pub fn to_json(value: &Avro) -> Value {
    match value {
        Avro::Boolean(value) => (*value).into(),
        Avro::Int(value) => (*value).into(),
        Avro::Long(value) => (*value).into(),
        Avro::Float(value) => float(f64::from(*value)),
        Avro::Double(value) => float(*value),
        Avro::String(text) => text.as_str().into(),
        Avro::Bytes(bytes) => from_bytes(bytes),
        Avro::Union(_, inner) => to_json(inner),
        Avro::Array(items) => items.iter().map(to_json).collect(),
        Avro::Map(map) => {
            // In the order of their keys, so that the same message always looks the same.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            entries.into_iter().map(|(key, value)| (key.clone(), to_json(value))).collect()
        }
        Avro::Record(fields) => fields.iter().map(|(name, value)| (name.clone(), to_json(value))).collect(),
        // No record of the protocols has anything else.
        _ => Value::Null,
    }
}

/// A number, or the name of one that JSON does not have.
fn float(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
}

fn from_bytes(bytes: &[u8]) -> Value {
    match (serde_json::from_slice(bytes), std::str::from_utf8(bytes)) {
        (Ok(value), _) => value,
        (Err(_), Ok(text)) => text.into(),
        (Err(_), Err(_)) => json!({ "$hex": HEXLOWER.encode(bytes) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_what_they_can_be_read_as() {
        let of = |bytes: &[u8]| to_json(&Avro::Bytes(bytes.to_vec()));
        assert_eq!(of(b"{\"a\":1}"), json!({ "a": 1 }));
        assert_eq!(of(b"plain"), json!("plain"));
        assert_eq!(of(b"\xff\x00"), json!({ "$hex": "ff00" }));
        assert_eq!(to_json(&Avro::Double(f64::NAN)), json!("NaN"));
    }
}
