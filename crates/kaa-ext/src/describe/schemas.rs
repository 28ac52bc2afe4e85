//! The JSON Schemas of payloads.

use serde_json::{Map, Value};

#[cfg(any(feature = "schema", test))]
use super::key;

/// Collects the schemas of the types that functions take and answer. Without the feature `schema` there are none.
#[derive(Debug, Default)]
pub struct Schemas {
    #[cfg(feature = "schema")]
    generator: Option<schemars::SchemaGenerator>,
}

/// Where schemas with a name are in a document.
pub(super) const PLACE: &str = "#/components/schemas/";

#[cfg(feature = "schema")]
impl Schemas {
    /// The schema of a type, or a reference to it.
    pub(super) fn of<T: schemars::JsonSchema>(&mut self) -> Value {
        let generator = self.generator.get_or_insert_with(|| {
            let mut settings = schemars::generate::SchemaSettings::draft07();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings.into_generator()
        });
        let mut schema = generator.subschema_for::<T>();
        for transform in generator.transforms_mut() {
            transform.transform(&mut schema);
        }
        proper(schema.to_value())
    }

    /// Those that others refer to.
    pub(crate) fn named(mut self) -> Map<String, Value> {
        let named =
            self.generator.as_mut().map(|generator| generator.take_definitions(true)).unwrap_or_default();
        named.into_iter().map(|(name, schema)| (key(&name), proper(schema))).collect()
    }
}

#[cfg(not(feature = "schema"))]
impl Schemas {
    pub(crate) fn named(self) -> Map<String, Value> {
        Map::new()
    }
}

/// A name as it was before it was put into a reference: without `%20`, `~0` and `~1`.
#[cfg(any(feature = "schema", test))]
fn plain(reference: &str) -> String {
    let mut bytes = Vec::with_capacity(reference.len());
    for (part, text) in reference.split('%').enumerate() {
        let escaped = text.get(..2).filter(|_| part > 0).and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.extend(escaped);
        bytes.extend_from_slice(text.as_bytes().get(escaped.map_or(0, |_| 2)..).unwrap_or_default());
    }
    String::from_utf8_lossy(&bytes).replace("~1", "/").replace("~0", "~")
}

/// The same schema with such names in its references.
#[cfg(any(feature = "schema", test))]
fn proper(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(text) if name == "$ref" => {
                        if let Some(name) = text.strip_prefix(PLACE) {
                            *text = format!("{PLACE}{}", key(&plain(name)));
                        }
                    }
                    value => *value = proper(value.take()),
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(|value| *value = proper(value.take())),
        _ => {}
    }
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_that_a_document_may_have_wherever_they_stand() {
        let schema =
            json!({ "items": [{ "$ref": "#/components/schemas/Page%3CA,%20%C3%A4%3E~1b" }, { "$ref": 7 }] });
        let expected = json!({ "items": [{ "$ref": "#/components/schemas/Page_A_____b" }, { "$ref": 7 }] });
        assert_eq!(proper(schema), expected);
        assert_eq!(key("Page<A, ä>/b"), "Page_A_____b");
    }
}
