//! Values as JSON.

use data_encoding::HEXLOWER;
use serde_json::{Value as Json, json};

use super::value::Value;

/// A value as JSON. Bytes that are JSON are embedded, those that are text are a string, and any others are an object
/// with `$hex`.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Long(value) => (*value).into(),
        Value::Float(value) => float(f64::from(*value)),
        Value::Double(value) => float(*value),
        Value::String(text) => text.as_str().into(),
        Value::Bytes(bytes) => from_bytes(bytes),
        Value::Array(items) => items.iter().map(to_json).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), to_json(value))).collect(),
        Value::Record(fields) => fields.iter().map(|(name, value)| (name.clone(), to_json(value))).collect(),
    }
}

/// A number, or the name of one that JSON does not have.
fn float(value: f64) -> Json {
    serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Json::Number)
}

fn from_bytes(bytes: &[u8]) -> Json {
    match (serde_json::from_slice(bytes), std::str::from_utf8(bytes)) {
        (Ok(value), _) => value,
        (Err(_), Ok(text)) => text.into(),
        (Err(_), Err(_)) => json!({ "$hex": HEXLOWER.encode(bytes) }),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn bytes_are_what_they_can_be_read_as() {
        let of = |bytes: &'static [u8]| to_json(&Value::Bytes(Bytes::from_static(bytes)));
        assert_eq!(of(b"{\"a\":1}"), json!({ "a": 1 }));
        assert_eq!(of(b"plain"), json!("plain"));
        assert_eq!(of(b"\xff\x00"), json!({ "$hex": "ff00" }));
        assert_eq!(to_json(&Value::Double(f64::NAN)), json!("NaN"));
    }
}
