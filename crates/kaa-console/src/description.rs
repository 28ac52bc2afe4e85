//! What can be sent, and what it looks like.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use kaa_tap::{Questions, Verb};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::limits::{DESCRIBED, REPLICAS};
use crate::reply::{Reply, json, refusal};
use crate::room::Room;

/// A service with what can be sent to it.
#[derive(Debug, Serialize)]
struct Described {
    name: String,
    resources: Vec<Resource>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Resource {
    name: Value,
    path: Value,
    doc: Value,
    schema: Value,
    example: Value,
}

/// Asks all services what they are.
pub(crate) async fn describe(room: Arc<Room>) -> Reply {
    let bus = match room.source.open().await {
        Ok(bus) => bus,
        Err(error) => return refusal(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    };
    let mut questions = match Questions::open(&bus).await {
        Ok(questions) => questions,
        Err(error) => return refusal(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    };
    let mut services = BTreeMap::new();
    // Replicas are the same: the first one tells what they are.
    for said in questions.gather(Verb::Describe, DESCRIBED, REPLICAS).await {
        if let Some(described) = said.answer.get("description").and_then(read) {
            services.entry(described.name.clone()).or_insert(described);
        }
    }
    json(StatusCode::OK, &json!({ "services": services.into_values().collect::<Vec<_>>() }))
}

fn read(description: &Value) -> Option<Described> {
    let name = description.get("instance")?.as_str()?.to_owned();
    let functions = description.get("functions")?.as_array()?;
    let schemas = description.get("schemas").cloned().unwrap_or_default();
    let resources = functions.iter().filter(|function| function.get("kind") == Some(&json!("resource")));
    Some(Described { name, resources: resources.map(|resource| read_resource(resource, &schemas)).collect() })
}

fn read_resource(resource: &Value, schemas: &Value) -> Resource {
    let of = |key: &str| resource.get(key).cloned().unwrap_or_default();
    let schema = resource.get("takes").and_then(|takes| takes.get("schema")).and_then(Value::as_object);
    let example = schema.and_then(example).unwrap_or_default();
    let schema = schema.map_or(Value::Null, |schema| complete(schema.clone(), schemas));
    Resource { name: of("name"), path: of("path"), doc: of("doc"), schema, example }
}

/// A schema with all that it refers to, at the place where it refers to it.
fn complete(mut schema: Map<String, Value>, schemas: &Value) -> Value {
    if Value::from(schema.clone()).to_string().contains("\"#/components/schemas/") {
        schema.insert("components".to_owned(), json!({ "schemas": schemas }));
    }
    schema.into()
}

/// The example that a schema itself gives.
fn example(schema: &Map<String, Value>) -> Option<Value> {
    let examples = schema.get("examples").and_then(Value::as_array);
    examples.and_then(|examples| examples.first()).or_else(|| schema.get("default")).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_what_it_refers_to_and_the_example_it_gives() {
        let description = json!({
            "instance": "dcx",
            "functions": [
                { "kind": "resource", "name": "data", "path": "/json", "doc": "Takes data.",
                  "takes": { "schema": { "$ref": "#/components/schemas/Data", "examples": [[1]] } } },
                { "kind": "resource", "name": "bare", "path": "/bare", "doc": "", "takes": null },
                { "kind": "listener", "name": "heard", "record": "ConfigUpdated", "doc": "" },
            ],
            "schemas": { "Data": { "type": "array" } },
        });
        let described = read(&description).unwrap();
        assert_eq!(described.resources.len(), 2, "a listener is nothing to send to");
        let [data, bare] = &described.resources[..] else { panic!() };
        assert_eq!(data.schema["components"]["schemas"]["Data"]["type"], "array");
        assert_eq!(data.example, json!([1]));
        assert_eq!((&bare.path, &bare.schema), (&json!("/bare"), &Value::Null));
    }
}
