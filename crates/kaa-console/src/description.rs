//! What can be sent, and what it looks like.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use kaa_tap::{Questions, Verb};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::limits::{DESCRIBED, FUNCTIONS, REPLICAS, SCHEMAS};
use crate::reply::{Reply, json, refusal};
use crate::room::Room;
use crate::schemas::Schemas;

/// All of it.
#[derive(Debug, Serialize)]
struct Description {
    services: Vec<Service>,
}

/// A service with what can be sent to it.
#[derive(Debug, Serialize)]
struct Service {
    name: String,
    resources: Vec<Resource>,
}

#[derive(Debug, Serialize)]
struct Resource {
    name: Value,
    path: Value,
    doc: Value,
    schema: Option<Box<RawValue>>,
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
    let said = questions.gather(Verb::Describe, DESCRIBED, REPLICAS).await;
    json(StatusCode::OK, &read(said.iter().filter_map(|said| said.answer.get("description"))))
}

/// What services say of themselves.
fn read<'a>(descriptions: impl IntoIterator<Item = &'a Value>) -> Description {
    let (mut services, mut room) = (BTreeMap::new(), SCHEMAS);
    for description in descriptions {
        let Some(name) = description.get("instance").and_then(Value::as_str) else { continue };
        // Replicas are the same: the first one tells what they are.
        services.entry(name).or_insert_with(|| read_service(name, description, &mut room));
    }
    Description { services: services.into_values().collect() }
}

fn read_service(name: &str, description: &Value, room: &mut usize) -> Service {
    let schemas = Schemas::of(description);
    let functions = description.get("functions").and_then(Value::as_array).into_iter().flatten();
    let resources = functions.filter(|function| function.get("kind").is_some_and(|kind| kind == "resource"));
    let read = |resource| read_resource(resource, &schemas, room);
    Service { name: name.to_owned(), resources: resources.take(FUNCTIONS).map(read).collect() }
}

fn read_resource(resource: &Value, schemas: &Schemas<'_>, room: &mut usize) -> Resource {
    let of = |key: &str| resource.get(key).cloned().unwrap_or_default();
    let schema =
        resource.get("takes").and_then(|takes| takes.get("schema")).filter(|schema| schema.is_object());
    let example = schema.and_then(example).unwrap_or_default();
    // Without its schema, the form takes any text.
    let schema = schema.and_then(|schema| schemas.complete(schema, room));
    Resource { name: of("name"), path: of("path"), doc: of("doc"), schema, example }
}

/// The example that a schema itself gives.
fn example(schema: &Value) -> Option<Value> {
    let examples = schema.get("examples").and_then(Value::as_array);
    examples.and_then(|examples| examples.first()).or_else(|| schema.get("default")).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(descriptions: &[Value]) -> Value {
        serde_json::to_value(read(descriptions)).unwrap()
    }

    #[test]
    fn a_schema_has_what_it_refers_to_and_the_example_it_gives() {
        let description = json!({
            "instance": "dcx",
            "functions": [
                { "kind": "resource", "name": "data", "path": "/json", "doc": "Takes data.",
                  "takes": { "schema": { "$ref": "#/components/schemas/Data", "examples": [[1]] } } },
                { "kind": "resource", "name": "bare", "path": "/bare", "doc": "",
                  "takes": { "schema": null } },
                { "kind": "listener", "name": "heard", "record": "ConfigUpdated", "doc": "" },
            ],
            "schemas": { "Data": { "type": "array" } },
        });
        let described = described(&[description, json!({ "instance": "dcx" }), json!({})]);
        assert_eq!(described["services"].as_array().unwrap().len(), 1, "another replica tells the same");
        let [data, bare] = &described["services"][0]["resources"].as_array().unwrap()[..] else {
            panic!("a listener is nothing to send to")
        };
        assert_eq!(data["schema"]["components"]["schemas"]["Data"]["type"], "array");
        assert_eq!(data["example"], json!([1]));
        assert_eq!((&bare["path"], &bare["schema"]), (&json!("/bare"), &Value::Null));
    }

    #[test]
    fn many_functions_with_large_schemas_do_not_make_more_than_there_is_room_for() {
        let description = |n: usize| {
            let takes = json!({ "schema": { "$ref": "#/components/schemas/Large" } });
            let function = json!({ "kind": "resource", "name": "f", "path": "/f", "takes": takes });
            let schemas = json!({ "Large": { "description": "x".repeat(500_000) } });
            json!({ "instance": n.to_string(), "functions": vec![function; 8_000], "schemas": schemas })
        };
        let described = described(&[description(1), description(2)]);
        for service in described["services"].as_array().unwrap() {
            assert_eq!(service["resources"].as_array().unwrap().len(), 64);
        }
        let length = described.to_string().len();
        assert!((3_000_000..5_000_000).contains(&length), "{length} bytes");
    }
}
