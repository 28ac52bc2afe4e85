//! Schemas as data: as much of Avro's as the records of the protocols need.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use kaa_protocol::catalog::{RECORDS, RecordInfo};
use serde_json::{Map, Value as Json};

/// The type of a value. Types have no names to refer to: a record stands where it is used.
#[derive(Debug)]
pub(super) enum Schema {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Array(Box<Schema>),
    Map(Box<Schema>),
    Union(Vec<Schema>),
    Record(RecordSchema),
}

/// A record: its fields, in the order in which they are written.
#[derive(Debug)]
pub(super) struct RecordSchema {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

/// A field of a record.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) schema: Schema,
    pub(super) default: Option<Json>,
}

impl RecordSchema {
    /// That of a record, parsed once.
    pub(super) fn of(info: &RecordInfo) -> Option<&'static Self> {
        static PARSED: LazyLock<HashMap<u64, RecordSchema>> = LazyLock::new(|| {
            let parsed = |info: &RecordInfo| {
                let json = serde_json::from_str(&info.schema()).ok()?;
                let Schema::Record(record) = Schema::parse(&json)? else { return None };
                Some((info.fingerprint, record))
            };
            RECORDS.iter().filter_map(parsed).collect()
        });
        PARSED.get(&info.fingerprint)
    }

    fn parse(json: &Map<String, Json>) -> Option<Self> {
        let fields = json.get("fields")?.as_array()?.iter().map(|field| {
            Some(Field {
                name: field.get("name")?.as_str()?.to_owned(),
                doc: field.get("doc").and_then(Json::as_str).unwrap_or_default().to_owned(),
                schema: Schema::parse(field.get("type")?)?,
                default: field.get("default").cloned(),
            })
        });
        Some(Self { name: json.get("name")?.as_str()?.to_owned(), fields: fields.collect::<Option<_>>()? })
    }
}

impl Schema {
    fn parse(json: &Json) -> Option<Self> {
        Some(match json {
            Json::String(name) => Self::primitive(name)?,
            Json::Array(branches) => Self::Union(branches.iter().map(Self::parse).collect::<Option<_>>()?),
            Json::Object(object) => match object.get("type")?.as_str()? {
                "array" => Self::Array(Box::new(Self::parse(object.get("items")?)?)),
                "map" => Self::Map(Box::new(Self::parse(object.get("values")?)?)),
                "record" => Self::Record(RecordSchema::parse(object)?),
                name => Self::primitive(name)?,
            },
            _ => return None,
        })
    }

    fn primitive(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "int" => Self::Int,
            "long" => Self::Long,
            "float" => Self::Float,
            "double" => Self::Double,
            "bytes" => Self::Bytes,
            "string" => Self::String,
            _ => return None,
        })
    }
}

/// What a person calls a type.
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Int => f.write_str("int"),
            Self::Long => f.write_str("long"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Bytes => f.write_str("bytes"),
            Self::String => f.write_str("string"),
            Self::Array(items) => write!(f, "array of {items}"),
            Self::Map(values) => write!(f, "map of {values}"),
            Self::Record(record) => f.write_str(&record.name),
            Self::Union(branches) => branches.iter().enumerate().try_for_each(|(n, branch)| {
                f.write_str(if n == 0 { "" } else { " or " })?;
                write!(f, "{branch}")
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_of_the_catalog_can_be_parsed() {
        for info in RECORDS {
            assert!(RecordSchema::of(info).is_some(), "{}", info.name);
        }
    }

    #[test]
    fn a_type_is_called_what_a_person_calls_it() {
        let called =
            |json: &str| Schema::parse(&serde_json::from_str(json).unwrap()).map(|schema| schema.to_string());
        assert_eq!(
            called(r#"["null",{"type":"map","values":{"type":"array","items":"long"}}]"#).as_deref(),
            Some("null or map of array of long")
        );
        assert_eq!(called(r#"{"type":"record","name":"Point","fields":[]}"#).as_deref(), Some("Point"));
        assert_eq!(called(r#""Point""#), None);
    }
}
