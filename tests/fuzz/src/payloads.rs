//! JSON of devices.

use std::fmt::Debug;

use bytes::Bytes;
use kaa_protocol::cep::{CommandRequest, CommandResponse, ResultRequest};
use kaa_protocol::cmp::{AppliedRequest, ConfigRequest, ConfigResponse};
use kaa_protocol::dcp::{Limits, Samples, plain_sample};
use kaa_protocol::epmp::{DeleteKeysRequest, GetRequest, Metadata, MetadataKeys, UpdateRequest};
use kaa_protocol::json::{JsonPayload, PayloadError, RawJson};
use kaa_protocol::kp1::ErrorPayload;
use serde::Serialize;

/// Reading a payload alone, and with everything that has to hold for it.
struct Parser {
    read: fn(&Bytes) -> bool,
    check: fn(&Bytes),
}

/// A payload that is a type.
const fn typed<T: JsonPayload + Serialize + PartialEq + Debug>() -> Parser {
    Parser { read: |text| T::from_json(text).is_ok(), check: is_written_and_read_again::<T> }
}

const PARSERS: [Parser; 15] = [
    Parser { read: |text| Samples::split(text, Limits::default()).is_ok(), check: falls_apart_into_json },
    Parser { read: |text| plain_sample("metric", text).is_ok(), check: becomes_json },
    typed::<RawJson>(),
    typed::<ErrorPayload>(),
    typed::<ConfigRequest>(),
    typed::<ConfigResponse>(),
    typed::<AppliedRequest>(),
    typed::<GetRequest>(),
    typed::<MetadataKeys>(),
    typed::<Metadata>(),
    typed::<UpdateRequest>(),
    typed::<DeleteKeysRequest>(),
    typed::<CommandRequest>(),
    typed::<CommandResponse>(),
    typed::<ResultRequest>(),
];

pub(crate) fn read(input: &Bytes) -> bool {
    let Some((index, text)) = super::choice(input, PARSERS.len()) else { return false };
    PARSERS.get(index).is_some_and(|parser| (parser.read)(&text))
}

pub(crate) fn check(input: &Bytes) {
    let Some((index, text)) = super::choice(input, PARSERS.len()) else { return };
    PARSERS.iter().skip(index).take(1).for_each(|parser| (parser.check)(&text));
}

fn is_written_and_read_again<T: JsonPayload + Serialize + PartialEq + Debug>(text: &Bytes) {
    match T::from_json(text) {
        Ok(payload) => {
            let written = RawJson::new(&payload).expect("what was read can be written");
            assert_eq!(T::from_json(written.as_str().as_bytes()), Ok(payload));
        }
        Err(error) => says_why(&error),
    }
}

fn falls_apart_into_json(text: &Bytes) {
    match Samples::split(text, Limits::default()) {
        Ok(samples) => {
            assert_eq!(samples.iter().count(), samples.len());
            assert!(samples.iter().all(|sample| RawJson::from_json(sample).is_ok()));
        }
        Err(error) => says_why(&error),
    }
}

fn becomes_json(text: &Bytes) {
    match plain_sample("metric", text) {
        Ok(sample) => assert!(RawJson::from_json(&sample).is_ok()),
        Err(error) => says_why(&error),
    }
}

/// The reason goes to a device and into logs: one short line.
fn says_why(error: &PayloadError) {
    let text = error.to_string();
    assert!(!text.contains(char::is_control) && text.len() < 1_024, "{text:?}");
}
