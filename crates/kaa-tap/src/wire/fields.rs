//! What a record wants to be told.

use kaa_protocol::catalog::RecordInfo;
use serde_json::{Value, json};

use super::schema::{RecordSchema, Schema};

/// A field of a record.
#[derive(Debug)]
pub struct FieldInfo {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its type as a person calls it.
    pub type_name: String,
    /// What the schema says of it.
    pub doc: &'static str,
    /// Whether the schema says nothing for those who leave it out.
    pub is_required: bool,
    /// A value it may have.
    pub example: Value,
}

/// The fields of a record, in the order of its schema.
pub fn fields(info: &RecordInfo) -> Vec<FieldInfo> {
    let fields = RecordSchema::of(info).map(|record| record.fields.as_slice()).unwrap_or_default();
    let fields = fields.iter().map(|field| FieldInfo {
        name: &field.name,
        type_name: field.schema.to_string(),
        doc: &field.doc,
        is_required: field.default.is_none(),
        example: example(&field.name, &field.schema),
    });
    fields.collect()
}

fn example(name: &str, schema: &Schema) -> Value {
    match (name, schema) {
        ("endpointId", _) => "e1".into(),
        ("appVersionName", _) => "v1".into(),
        ("endpoints", _) => json!({ "e1": "v1" }),
        ("timeSeriesName", _) => "auto~temperature".into(),
        ("values", Schema::Map(_)) => json!({ "value": 21.5 }),
        (_, Schema::Null) => Value::Null,
        (_, Schema::Boolean) => true.into(),
        (name, Schema::Int | Schema::Long) if name.to_ascii_lowercase().contains("timestamp") => {
            1_767_225_600_000_i64.into()
        }
        (_, Schema::Int | Schema::Long) => 1.into(),
        (_, Schema::Float | Schema::Double) => 21.5.into(),
        (_, Schema::Bytes) => json!({ "temperature": 21.5 }),
        (_, Schema::Array(items)) => vec![example(name, items)].into(),
        (_, Schema::Map(values)) => json!({ "key": example(name, values) }),
        (_, Schema::Record(record)) => {
            let required = record.fields.iter().filter(|field| field.default.is_none());
            required.map(|field| (field.name.clone(), example(&field.name, &field.schema))).collect()
        }
        (_, Schema::Union(branches)) => {
            let value = branches.iter().find(|branch| !matches!(branch, Schema::Null));
            value.map_or(Value::Null, |branch| example(name, branch))
        }
        (name, Schema::String) => format!("{name}-1").into(),
    }
}
