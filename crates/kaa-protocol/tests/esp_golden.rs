//! 4/ESP datums byte for byte: what other implementations send and expect.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use kaa_protocol::Bytes;
use kaa_protocol::avro::{Decoded, Problem, Record};
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};

const CLIENT_DATA_SEED: &str = "4830376437386539352d326334642d343839392d393537632d6239653561333730316662628af2aca9df5680bab7032468756d69646974792d73656e736f722d7633004837616432363365632d333334372d346337642d616638392d3530633637303631333637610a2f6a736f6e0054225b7b2268756d6964697479223a38387d5d";

const EXTENSION_DATA_SEED: &str = "4830376437386539352d326334642d343839392d393537632d6239653561333730316662628af2aca9df5680bab7032468756d69646974792d73656e736f722d7633002a68756d69646974792d73656e736f722d636d782d31004837616432363365632d333334372d346337642d616638392d353063363730363133363761182f636f6e6669672f6a736f6e005400207b2273616d706c696e67223a3230307d900302044f4b";

const CLIENT_DATA: ClientData<'static> = ClientData {
    correlation_id: "07d78e95-2c4d-4899-957c-b9e5a3701fbb",
    timestamp: 1_490_262_793_349,
    timeout: 3_600_000,
    app_version_name: "humidity-sensor-v3",
    endpoint_id: Some("7ad263ec-3347-4c7d-af89-50c67061367a"),
    resource_path: "/json",
    request_id: Some(42),
    payload: br#"[{"humidity":88}]"#,
    config_name: None,
};

const EXTENSION_DATA: ExtensionData<'static> = ExtensionData {
    correlation_id: CLIENT_DATA.correlation_id,
    timestamp: CLIENT_DATA.timestamp,
    timeout: CLIENT_DATA.timeout,
    app_version_name: Some(CLIENT_DATA.app_version_name),
    extension_instance_name: Some("humidity-sensor-cmx-1"),
    endpoint_id: CLIENT_DATA.endpoint_id,
    resource_path: "/config/json",
    request_id: Some(42),
    payload: Some(br#"{"sampling":200}"#),
    status_code: 200,
    reason_phrase: Some("OK"),
};

fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

/// The same with the byte that the current revision adds after `timeout`.
fn current_extension_data() -> Bytes {
    let mut datum = bytes(EXTENSION_DATA_SEED).to_vec();
    let name = datum.windows(2).position(|window| window == [0x24, b'h']).unwrap();
    assert_eq!(datum[name - 4..name], [0x80, 0xba, 0xb7, 0x03]);
    datum.insert(name, 0x00);
    datum.into()
}

#[test]
fn client_data_of_the_seed() {
    let datum = bytes(CLIENT_DATA_SEED);
    assert_eq!(datum.len(), 130);
    assert_eq!(CLIENT_DATA.encode(Revision::Seed).unwrap(), datum);
    assert_eq!(ClientData::decode(&datum), Ok(Decoded { record: CLIENT_DATA, trailing: 0 }));
}

#[test]
fn client_data_of_today() {
    let followed_by = |rest: &[u8]| Bytes::from([&bytes(CLIENT_DATA_SEED)[..], rest].concat());
    let datum = followed_by(b"\x00");
    assert_eq!(CLIENT_DATA.encode(Revision::Current).unwrap(), datum);
    assert_eq!(ClientData::decode_strict(&datum), Ok(CLIENT_DATA));

    let datum = followed_by(b"\x02\x0enetwork");
    let named = ClientData { config_name: Some("network"), ..CLIENT_DATA };
    assert_eq!(named.encode(Revision::Current).unwrap(), datum);
    assert_eq!(ClientData::decode_strict(&datum), Ok(named));
}

#[test]
fn extension_data_of_the_seed() {
    let datum = bytes(EXTENSION_DATA_SEED);
    assert_eq!(datum.len(), 166);
    assert_eq!(EXTENSION_DATA.encode(Revision::Seed).unwrap(), datum);
    assert_eq!(ExtensionData::decode_strict(&datum), Ok(EXTENSION_DATA));
}

#[test]
fn extension_data_of_today() {
    let datum = current_extension_data();
    assert_eq!(EXTENSION_DATA.encode(Revision::Current).unwrap(), datum);
    assert_eq!(ExtensionData::decode_strict(&datum), Ok(EXTENSION_DATA));
}

#[test]
fn a_push_to_an_endpoint_of_unknown_version() {
    let push = ExtensionData { app_version_name: None, request_id: None, ..EXTENSION_DATA };
    let datum = push.encode(Revision::Current).unwrap();
    assert_eq!(ExtensionData::decode_strict(&datum), Ok(push));
}

#[test]
fn a_client_data_cut_exactly_before_config_name_is_of_the_seed() {
    let named = ClientData { config_name: Some("network"), ..CLIENT_DATA };
    let datum = named.encode(Revision::Current).unwrap();
    for cut in 0..datum.len() {
        let datum = datum.slice(..cut);
        let decoded = ClientData::decode(&datum);
        if cut == 130 {
            assert_eq!(decoded, Ok(Decoded { record: CLIENT_DATA, trailing: 0 }));
        } else {
            assert!(decoded.is_err(), "the first {cut} bytes");
        }
    }
}

#[test]
fn an_extension_data_cut_anywhere_is_none() {
    for datum in [bytes(EXTENSION_DATA_SEED), current_extension_data()] {
        for cut in 0..datum.len() {
            assert!(ExtensionData::decode(&datum.slice(..cut)).is_err(), "the first {cut} bytes");
        }
    }
}

#[test]
fn what_follows_a_record_is_counted_or_refused() {
    let datum = Bytes::from([&bytes(EXTENSION_DATA_SEED)[..], b"more"].concat());
    assert_eq!(ExtensionData::decode(&datum), Ok(Decoded { record: EXTENSION_DATA, trailing: 4 }));

    let error = ExtensionData::decode_strict(&datum).unwrap_err();
    assert_eq!((error.field(), error.offset(), error.problem()), (None, 166, Problem::TrailingBytes(4)));
    assert_eq!(error.to_string(), "ExtensionData at byte 166: 4 bytes follow the record; expected none");
}

#[test]
fn a_payload_is_a_slice_of_the_datum() {
    let datum = CLIENT_DATA.encode(Revision::Seed).unwrap();
    let payload = datum.slice_ref(ClientData::decode(&datum).unwrap().record.payload);
    assert_eq!(payload.as_ptr(), datum[datum.len() - payload.len()..].as_ptr());
}
