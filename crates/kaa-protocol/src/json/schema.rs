//! The JSON Schemas of payloads that are not what they are made of: no derive sees what their readers ask for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::RawJson;
use crate::cmp::ConfigResponse;
use crate::dcp::Samples;
use crate::epmp::{MAX_KEYS, Metadata, MetadataKeys, NonEmpty};
use crate::name::{CommandType, MetadataKey};

macro_rules! schema {
    ($($type:ty: $name:literal, |$generator:pat_param| $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

schema! {
    RawJson: "Json", |_| json_schema!(true);
    CommandType: "CommandType", |_| json_schema!({
        "type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": 128
    });
    MetadataKey: "MetadataKey", |_| json_schema!({
        "type": "string", "pattern": "^[A-Za-z0-9_]+$", "maxLength": 128
    });
    Samples: "Samples", |_| json_schema!({
        "description": "A batch of samples, or one sample: any value that is no array.",
        "examples": [[{ "temperature": 21.5 }]]
    });
    ConfigResponse: "ConfigResponse", |_| json_schema!({
        "description": "The current configuration; an empty object when the device has it already.",
        "type": "object",
        "properties": {
            "configId": { "type": "string", "description": "What the device is to call it." },
            "config": { "description": "The configuration; null when none is assigned." }
        },
        "dependencies": { "configId": ["config"], "config": ["configId"] },
        "additionalProperties": false
    });
    MetadataKeys: "MetadataKeys", |generator| json_schema!({
        "type": "array",
        "items": generator.subschema_for::<MetadataKey>(),
        "maxItems": MAX_KEYS,
        "uniqueItems": true
    });
    Metadata: "Metadata", |generator| json_schema!({
        "description": "Values of any type by their keys.",
        "type": "object",
        "propertyNames": generator.subschema_for::<MetadataKey>(),
        "maxProperties": MAX_KEYS,
        "examples": [{ "name": "Sensor 1" }]
    });
    NonEmpty<Metadata>: "UpdateRequest", |generator| with(Metadata::json_schema(generator), "minProperties");
    NonEmpty<MetadataKeys>: "DeleteKeysRequest", |generator| with(MetadataKeys::json_schema(generator), "minItems");
}

/// At least one of what there is.
fn with(mut schema: Schema, least: &str) -> Schema {
    schema.insert(least.to_owned(), 1.into());
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::cep::{CommandRequest, CommandResponse, ResultRequest};
    use crate::cmp::{AppliedRequest, ConfigRequest};
    use crate::epmp::{DeleteKeysRequest, GetRequest, UpdateRequest};
    use crate::json::JsonPayload;

    fn of<T: JsonSchema>() -> Value {
        schemars::schema_for!(T).to_value()
    }

    #[test]
    fn a_schema_names_the_fields_that_the_reader_knows_and_no_others() {
        fn check<T: JsonSchema + JsonPayload + std::fmt::Debug>(names: &[&str]) {
            let schema = of::<T>();
            assert_eq!(schema["additionalProperties"], false, "{schema:#}");
            let properties: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
            assert_eq!(properties, names);
            let error = T::from_json(br#"{"no such field": 1}"#).unwrap_err().to_string();
            assert!(names.iter().all(|name| error.contains(&format!("`{name}`"))), "{error}");
        }
        check::<ConfigRequest>(&["configId", "observe"]);
        check::<AppliedRequest>(&["configId", "reasonPhrase", "statusCode"]);
        check::<CommandRequest>(&["observe"]);
        check::<GetRequest>(&["keys"]);
    }

    #[test]
    fn what_a_schema_requires_is_what_the_reader_misses() {
        assert_eq!(of::<AppliedRequest>()["required"], serde_json::json!(["configId"]));
        assert_eq!(of::<AppliedRequest>()["properties"]["statusCode"]["default"], 200);
        assert_eq!(of::<UpdateRequest>()["minProperties"], 1);
        assert_eq!(of::<DeleteKeysRequest>()["minItems"], 1);
        assert_eq!(of::<ResultRequest>()["maxItems"], ResultRequest::MAX_RESULTS);
        assert_eq!(of::<CommandResponse>()["type"], "array");
    }

    #[test]
    fn the_examples_are_accepted() {
        let example = |schema: Value| serde_json::to_vec(&schema["examples"][0]).unwrap();
        assert!(UpdateRequest::from_json(&example(of::<UpdateRequest>())).is_ok());
        let samples = Samples::split(&example(of::<Samples>()).into(), crate::dcp::Limits::default());
        assert_eq!(samples.unwrap().len(), 1);
    }
}
