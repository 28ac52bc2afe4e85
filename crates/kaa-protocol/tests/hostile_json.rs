//! Text that somebody chose in order to hurt: an error or a defined value, and no panic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use kaa_protocol::cep::{CommandRequest, CommandResponse, ResultRequest};
use kaa_protocol::cmp::{AppliedRequest, ConfigRequest, ConfigResponse};
use kaa_protocol::dcp::{Limits, Samples, plain_sample};
use kaa_protocol::epmp::{DeleteKeysRequest, GetRequest, Metadata, MetadataKeys, UpdateRequest};
use kaa_protocol::json::{JsonPayload, MAX_NESTING, PayloadError, RawJson};
use kaa_protocol::kp1::ErrorPayload;
use proptest::prelude::*;

type Parser = fn(&[u8]) -> Result<(), PayloadError>;

fn parse<T: JsonPayload>(payload: &[u8]) -> Result<(), PayloadError> {
    T::from_json(payload).map(drop)
}

fn split(payload: &[u8]) -> Result<(), PayloadError> {
    let samples = Samples::split(&Bytes::copy_from_slice(payload), Limits::default())?;
    assert_eq!(samples.iter().count(), samples.len());
    assert!(samples.iter().all(|sample| RawJson::from_json(sample).is_ok()));
    assert!(samples.iter().eq(samples.clone()));
    Ok(())
}

/// Every parser, with a payload that uses all it has.
const PARSERS: [(Parser, &str); 14] = [
    (split, r#"[{"a": [1.0, "\ud83e\udd80", null]}, -1e-400, "[,]", [], true]"#),
    (|payload| plain_sample("metric", payload).map(drop), "-12.50e3%"),
    (parse::<RawJson>, r#"{"a": [1.0, "\u00fc", null], "b": {}}"#),
    (parse::<ErrorPayload>, r#"{"statusCode": 404, "reasonPhrase": "\"no\""}"#),
    (parse::<ConfigRequest>, r#"{"configId": "a", "observe": true}"#),
    (parse::<ConfigResponse>, r#"{"configId": "a", "config": {"b": [1e400]}}"#),
    (parse::<AppliedRequest>, r#"{"configId": "a", "statusCode": 400, "reasonPhrase": null}"#),
    (parse::<GetRequest>, r#"{"keys": ["a", "b_1"]}"#),
    (parse::<MetadataKeys>, r#"["a", "b_1"]"#),
    (parse::<Metadata>, r#"{"a": {"b": 1}, "c": 1e400}"#),
    (parse::<UpdateRequest>, r#"{"a": {"b": 1}, "c": "\ud800"}"#),
    (parse::<DeleteKeysRequest>, r#"["a", "b_1"]"#),
    (parse::<CommandResponse>, r#"[{"id": 1, "type": "reboot", "payload": {"delay": 1.50}}]"#),
    (parse::<ResultRequest>, r#"[{"id": 1, "statusCode": 500, "reasonPhrase": "x", "payload": []}]"#),
];

/// The payloads of which zero bytes are one.
fn may_be_empty(payload: &str) -> bool {
    payload.starts_with(r#"{"configId": "a", "observe""#) || payload.starts_with(r#"{"keys""#)
}

#[test]
fn every_payload_is_read_and_no_truncation_of_it() {
    for (parser, payload) in PARSERS {
        assert_eq!(parser(payload.as_bytes()), Ok(()), "{payload}");
        let is_plain = payload.ends_with('%');
        for end in (0..payload.len()).filter(|&end| !(is_plain || end == 0 && may_be_empty(payload))) {
            assert!(parser(&payload.as_bytes()[..end]).is_err(), "{}", &payload[..end]);
        }
    }
}

#[test]
fn a_plain_value_cut_off_is_a_shorter_number_or_an_error() {
    let cut = |end: usize| plain_sample("m", &b"-12.50e3%"[..end]).ok();
    let sample =
        |value: &str, unit: &str| Some(Bytes::from(format!(r#"{{"m-value":{value},"m-unit":"{unit}"}}"#)));
    let expected = [
        None,
        None,
        sample("-1", "number"),
        sample("-12", "number"),
        None,
        sample("-12.5", "number"),
        sample("-12.50", "number"),
        sample("-12.50", "e"),
        sample("-12.50e3", "number"),
        sample("-12.50e3", "%"),
    ];
    assert_eq!((0..=9).map(cut).collect::<Vec<_>>(), expected);
}

#[test]
fn nesting_is_an_error_before_it_is_a_problem() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        for closed in [true, false] {
            let mut payload = open.repeat(200_000);
            if closed {
                payload.push('1');
                payload.push_str(&close.repeat(200_000));
            }
            for (parser, _) in PARSERS {
                assert!(parser(payload.as_bytes()).is_err());
            }
            let error = split(payload.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(&format!("more than {MAX_NESTING} levels of nesting at byte")), "{error}");
        }
    }
}

#[test]
fn bytes_that_are_not_text_are_an_error_everywhere() {
    for (parser, payload) in PARSERS {
        for at in 0..=payload.len() {
            let mut bytes = payload.as_bytes().to_vec();
            bytes.insert(at, 0xff);
            assert!(parser(&bytes).is_err(), "0xff at {at} of {payload}");
        }
        for prefix in ["\u{feff}", "\0", "\u{a0}"] {
            assert!(parser(format!("{prefix}{payload}").as_bytes()).is_err(), "{prefix:?} before {payload}");
        }
    }
}

#[test]
fn a_field_that_occurs_twice_is_an_error_unless_it_is_only_passed_on() {
    for (parser, payload) in PARSERS {
        let Some(fields) = payload.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            continue;
        };
        let twice = format!("{{{fields},{fields}}}");
        let passed_on = parser as usize == parse::<RawJson> as Parser as usize;
        assert_eq!(parser(twice.as_bytes()).is_ok(), passed_on, "{twice}");
    }
    assert_eq!(split(br#"{"a":1,"a":2}"#), Ok(()));
}

#[test]
fn half_a_character_is_an_error_unless_it_is_only_passed_on() {
    assert_eq!(split(br#"["\ud800", "\udc00\ud800"]"#), Ok(()));
    assert!(parse::<ConfigResponse>(br#"{"configId": "a", "config": "\ud800"}"#).is_ok());
    assert!(parse::<ConfigResponse>(br#"{"configId": "\ud800", "config": 1}"#).is_err());
    assert!(parse::<Metadata>(br#"{"\ud800": 1}"#).is_err());
    assert!(parse::<ErrorPayload>(br#"{"statusCode": 1, "reasonPhrase": "\udc00"}"#).is_err());
}

#[test]
fn a_number_too_large_is_an_error_unless_it_is_only_passed_on() {
    for number in ["1e400", "-1e400", "2147483648", "9".repeat(100_000).as_str(), "1.0", "0.1e1"] {
        assert_eq!(split(format!("[{number}]").as_bytes()), Ok(()));
        assert!(parse::<Metadata>(format!(r#"{{"a": {number}}}"#).as_bytes()).is_ok());
        let error = format!(r#"{{"statusCode": {number}, "reasonPhrase": "x"}}"#);
        assert!(parse::<ErrorPayload>(error.as_bytes()).is_err(), "{error}");
        let result = format!(r#"[{{"id": {number}, "statusCode": 200}}]"#);
        assert!(parse::<ResultRequest>(result.as_bytes()).is_err(), "{result}");
    }
}

#[test]
fn errors_stay_short_whatever_they_quote() {
    let long = "x".repeat(1_000_000);
    for payload in [format!(r#"{{"{long}": 1}}"#), format!(r#""{long}""#), format!(r#"["{long}"]"#)] {
        for (parser, _) in PARSERS {
            if let Err(error) = parser(payload.as_bytes()) {
                assert!(error.to_string().len() < 600, "{error}");
            }
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 2_048, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_makes_a_parser_panic(
        payload in prop_oneof![
            any::<Vec<u8>>(),
            r#"([\[\]{},:"\\ \n]|"[a-e]"|\\u[d0][89c]00|"(configId|config|observe|statusCode|id|keys|payload)"|-?[0-9]{1,3}|[.eE+%]|true|null|é){0,24}"#
                .prop_map(String::into_bytes),
        ],
    ) {
        for (parser, _) in PARSERS {
            if let Err(error) = parser(&payload) {
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }
        let _ = parse::<CommandRequest>(&payload);
    }

    #[test]
    fn no_changed_byte_makes_a_parser_panic(which in 0..PARSERS.len(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (parser, payload) = PARSERS[which];
        let mut payload = payload.as_bytes().to_vec();
        let at = at.index(payload.len());
        payload[at] = byte;
        let _ = parser(&payload).map_err(|error| error.to_string());
    }

    #[test]
    fn whatever_serde_json_reads_is_samples_and_the_other_way_round(
        payload in r#"([\[\]{},: \n]|"[a-c\[,]"|-?[0-9]{1,2}|true|null){0,12}"#,
    ) {
        let read: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&payload);
        prop_assert_eq!(split(payload.as_bytes()).is_ok(), read.is_ok());
    }
}
