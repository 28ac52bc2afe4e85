//! Device JSON: what is written is read back the same, and a batch falls apart where serde_json says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use bytes::Bytes;
use kaa_protocol::cep::{
    Command, CommandRequest, CommandResponse, CommandResult, CommandType, ResultRequest,
};
use kaa_protocol::cmp::{AppliedRequest, ConfigRequest, ConfigResponse};
use kaa_protocol::dcp::{Limits, Samples, plain_sample};
use kaa_protocol::epmp::{DeleteKeysRequest, GetRequest, Metadata, MetadataKey, MetadataKeys, UpdateRequest};
use kaa_protocol::json::{JsonPayload, RawJson};
use kaa_protocol::kp1::ErrorPayload;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

const SPACE: &str = "[ \t\r\n]{0,2}";

/// A string as a device may write it: with escapes of every kind, lone surrogates included.
fn string() -> impl Strategy<Value = String> {
    r#""([^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|[\[\]{},:]){0,8}""#
}

/// JSON text of any kind, with whitespace where it may be.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?",
        string(),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let element =
            (SPACE, inner.clone(), SPACE).prop_map(|(before, value, after)| before + &value + &after);
        let field = (SPACE, string(), SPACE, element.clone())
            .prop_map(|(before, key, after, value)| format!("{before}{key}{after}:{value}"));
        prop_oneof![
            (SPACE, vec(element, 0..5)).prop_map(|(empty, elements)| match elements[..] {
                [] => format!("[{empty}]"),
                _ => format!("[{}]", elements.join(",")),
            }),
            (SPACE, vec(field, 0..5)).prop_map(|(empty, fields)| match fields[..] {
                [] => format!("{{{empty}}}"),
                _ => format!("{{{}}}", fields.join(",")),
            }),
        ]
    })
}

fn raw() -> impl Strategy<Value = RawJson> {
    json().prop_map(|text| RawJson::from_json(text.as_bytes()).unwrap())
}

fn key() -> impl Strategy<Value = MetadataKey> {
    "[a-zA-Z0-9_]{1,12}".prop_map(|key| key.parse().unwrap())
}

fn keys() -> impl Strategy<Value = MetadataKeys> {
    btree_set(key(), 0..8).prop_map(MetadataKeys)
}

fn metadata() -> impl Strategy<Value = Metadata> {
    btree_map(key(), raw(), 0..8).prop_map(Metadata)
}

fn command_type() -> impl Strategy<Value = CommandType> {
    "[a-zA-Z0-9_-]{1,12}".prop_map(|name| name.parse().unwrap())
}

prop_compose! {
    fn command()(id in any::<i32>(), command_type in option::of(command_type()), payload in option::of(raw())) -> Command {
        Command { id, command_type, payload }
    }
}

prop_compose! {
    fn result()(
        id in any::<i32>(),
        status_code in any::<i32>(),
        reason_phrase in option::of(any::<String>()),
        payload in option::of(raw()),
    ) -> CommandResult {
        CommandResult { id, status_code, reason_phrase, payload }
    }
}

fn reads_back<T: JsonPayload + Serialize + PartialEq + Debug>(payload: &T) -> Result<(), TestCaseError> {
    let text = serde_json::to_vec(payload).unwrap();
    prop_assert_eq!(&T::from_json(&text).unwrap(), payload);
    prop_assert_eq!(&serde_json::from_slice::<T>(&text).unwrap(), payload);
    Ok(())
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn raw_json_keeps_its_text(text in json(), (before, after) in (SPACE, SPACE)) {
        let padded = format!("{before}{text}{after}");
        let raw = RawJson::from_json(padded.as_bytes()).unwrap();
        prop_assert_eq!(raw.as_str(), text);
        reads_back(&raw)?;
    }

    #[test]
    fn errors(status_code in any::<i32>(), reason_phrase in any::<String>()) {
        reads_back(&ErrorPayload { status_code, reason_phrase })?;
    }

    #[test]
    fn configurations(
        id in any::<String>(),
        config_id in option::of(any::<String>()),
        observe in option::of(any::<bool>()),
        status_code in any::<i32>(),
        reason_phrase in option::of(any::<String>()),
        config in raw(),
    ) {
        reads_back(&ConfigRequest { config_id, observe })?;
        reads_back(&AppliedRequest { config_id: id.clone(), status_code, reason_phrase })?;
        reads_back(&ConfigResponse::Changed { config_id: id, config })?;
    }

    #[test]
    fn metadata_and_keys(metadata in metadata(), keys in keys()) {
        reads_back(&metadata)?;
        reads_back(&keys)?;
        reads_back(&GetRequest { keys: Some(keys.clone()) })?;
        match UpdateRequest::new(metadata.clone()) {
            Some(update) => reads_back(&update)?,
            None => prop_assert!(metadata.0.is_empty()),
        }
        match DeleteKeysRequest::new(keys.clone()) {
            Some(delete) => reads_back(&delete)?,
            None => prop_assert!(keys.0.is_empty()),
        }
    }

    #[test]
    fn commands(commands in vec(command(), 0..5), results in vec(result(), 0..5), observe in option::of(any::<bool>())) {
        reads_back(&CommandRequest { observe })?;
        reads_back(&CommandResponse(commands))?;
        reads_back(&ResultRequest(results))?;
    }

    #[test]
    fn a_batch_falls_apart_where_serde_json_says(
        samples in vec((SPACE, json(), SPACE), 0..8),
        (before, after) in (SPACE, SPACE),
    ) {
        let elements: Vec<_> = samples.iter().map(|(before, sample, after)| format!("{before}{sample}{after}")).collect();
        let payload = Bytes::from(format!("{before}[{}]{after}", elements.join(",")));
        let split = Samples::split(&payload, Limits::default()).unwrap();

        let expected: Vec<&RawValue> = serde_json::from_slice(&payload).unwrap();
        prop_assert!(split.iter().eq(expected.iter().map(|value| value.get().as_bytes())));
        prop_assert!(split.iter().eq(samples.iter().map(|(_, sample, _)| sample.as_bytes())));
        prop_assert!(split.iter().eq(split.clone()));
        prop_assert_eq!(split.len(), samples.len());

        let joined = [&b"["[..], &split.iter().collect::<Vec<_>>().join(&b','), b"]"].concat();
        if let Ok(value) = serde_json::from_slice::<Value>(&payload) {
            prop_assert_eq!(serde_json::from_slice::<Value>(&joined).unwrap(), value);
        }
    }

    #[test]
    fn anything_but_an_array_is_one_sample(sample in json(), (before, after) in (SPACE, SPACE)) {
        prop_assume!(!sample.starts_with('['));
        let payload = Bytes::from(format!("{before}{sample}{after}"));
        let split = Samples::split(&payload, Limits::default()).unwrap();
        prop_assert!(split.iter().eq([sample.as_bytes()]));
    }

    #[test]
    fn a_plain_value_is_a_sample(
        metric in "\\PC{1,8}",
        number in r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?",
        unit in option::of("[%°µa-df-zA-DF-Z\"\\\\][a-zA-Z0-9/²\"\\\\]{0,5}"),
    ) {
        let text = format!("{number}{}", unit.as_deref().unwrap_or_default());
        let sample = plain_sample(&metric, text.as_bytes()).unwrap();
        let object: serde_json::Map<String, Value> = serde_json::from_slice(
            &String::from_utf8(sample.to_vec()).unwrap().replacen(&format!(":{number},"), ":0,", 1).into_bytes(),
        ).unwrap();
        let unit = unit.unwrap_or("number".into());
        prop_assert_eq!(Value::from(object), serde_json::json!({
            format!("{metric}-value"): 0,
            format!("{metric}-unit"): unit,
        }));
    }
}
