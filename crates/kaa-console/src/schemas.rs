//! The schemas of a service, and which of them one refers to.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// How a reference to one of them begins.
const PLACE: &str = "#/components/schemas/";

/// All of them, by their names.
#[derive(Debug)]
pub(crate) struct Schemas<'a>(BTreeMap<&'a str, Schema<'a>>);

#[derive(Debug)]
struct Schema<'a> {
    text: Box<RawValue>,
    /// The names of those that it refers to.
    refers_to: Vec<&'a str>,
}

/// A schema with all that it refers to, at the place where it refers to it.
#[derive(Serialize)]
struct Complete<'a> {
    #[serde(flatten)]
    schema: &'a Value,
    #[serde(skip_serializing_if = "Components::is_empty")]
    components: Components<'a>,
}

#[derive(Default, Serialize)]
struct Components<'a> {
    schemas: BTreeMap<&'a str, &'a RawValue>,
}

impl Components<'_> {
    fn is_empty(&self) -> bool {
        self.schemas.is_empty()
    }
}

impl<'a> Schemas<'a> {
    /// Those of a description.
    pub(crate) fn of(description: &'a Value) -> Self {
        let named = description.get("schemas").and_then(Value::as_object).into_iter().flatten();
        let schemas = named.filter_map(|(name, schema)| {
            Some((name.as_str(), Schema { text: to_raw_value(schema).ok()?, refers_to: references(schema) }))
        });
        Self(schemas.collect())
    }

    /// A schema with all that it refers to; `None` when that is more than there is room for.
    pub(crate) fn complete(&self, schema: &Value, room: &mut usize) -> Option<Box<RawValue>> {
        let (mut components, mut open, mut left) = (Components::default(), references(schema), *room);
        while let Some(name) = open.pop() {
            let Some((name, schema)) = self.0.get_key_value(name) else { continue };
            if components.schemas.insert(name, &schema.text).is_none() {
                left = left.checked_sub(schema.text.get().len())?;
                open.extend(&schema.refers_to);
            }
        }
        let complete = to_raw_value(&Complete { schema, components }).ok()?;
        *room = room.checked_sub(complete.get().len())?;
        Some(complete)
    }
}

/// The names that a schema refers to.
fn references(schema: &Value) -> Vec<&str> {
    let (mut found, mut open) = (Vec::new(), vec![schema]);
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                let reference = object.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|reference| reference.strip_prefix(PLACE));
                found.extend(name.and_then(|name| name.split('/').next()));
                open.extend(object.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn to(name: &str) -> Value {
        json!({ "$ref": format!("{PLACE}{name}") })
    }

    fn complete(schemas: &Schemas<'_>, schema: &Value, room: &mut usize) -> Option<Value> {
        let text = schemas.complete(schema, room)?;
        Some(serde_json::from_str(text.get()).unwrap())
    }

    #[test]
    fn a_schema_has_what_it_refers_to_through_others_and_itself_and_nothing_else() {
        let tree = json!({ "type": "object", "properties": { "left": to("Tree"), "of": [to("Leaf")] } });
        let description = json!({ "schemas": { "Tree": tree, "Leaf": true, "Other": to("Tree/x") } });
        let schemas = Schemas::of(&description);
        let mut room = 1_000;
        let of = complete(&schemas, &to("Tree"), &mut room).unwrap();
        assert_eq!(of["components"]["schemas"], json!({ "Tree": tree, "Leaf": true }));
        assert_eq!((&of["$ref"], room), (&to("Tree")["$ref"], 1_000 - of.to_string().len()));
        let plain = json!({ "type": "array" });
        assert_eq!(complete(&schemas, &plain, &mut room), Some(plain));
        assert_eq!(complete(&schemas, &to("Missing"), &mut room), Some(to("Missing")));
        assert_eq!(references(&description["schemas"]["Other"]), ["Tree"]);
    }

    #[test]
    fn where_there_is_no_room_for_a_schema_there_is_none_and_a_smaller_one_may_follow() {
        let description = json!({ "schemas": { "Large": "x".repeat(1_000), "Small": "x" } });
        let schemas = Schemas::of(&description);
        let mut room = 500;
        assert_eq!(complete(&schemas, &to("Large"), &mut room), None);
        assert_eq!(room, 500);
        assert!(complete(&schemas, &to("Small"), &mut room).is_some());
    }
}
