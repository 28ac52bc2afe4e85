//! What a record wants to be told.

use apache_avro::Schema;
use kaa_protocol::catalog::RecordInfo;
use serde_json::{Value, json};

use super::datum::schema;
use super::encode::type_name;

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
    let Some(Schema::Record(record)) = schema(info) else { return Vec::new() };
    let fields = record.fields.iter().map(|field| FieldInfo {
        name: &field.name,
        type_name: type_name(&field.schema),
        doc: field.doc.as_deref().unwrap_or_default(),
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
        (_, Schema::Array(array)) => vec![example(name, &array.items)].into(),
        (_, Schema::Map(map)) => json!({ "key": example(name, &map.types) }),
        (_, Schema::Record(record)) => {
            let required = record.fields.iter().filter(|field| field.default.is_none());
            required.map(|field| (field.name.clone(), example(&field.name, &field.schema))).collect()
        }
        (_, Schema::Union(union)) => {
            let value = union.variants().iter().find(|branch| !matches!(branch, Schema::Null));
            value.map_or(Value::Null, |branch| example(name, branch))
        }
        (name, _) => format!("{name}-1").into(),
    }
}
