//! What the codec takes from the heap: nothing to read, one piece to write.

use allocation_counter::{AllocationInfo, measure};
use kaa_protocol::Bytes;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};

const REVISIONS: [Revision; 2] = [Revision::Seed, Revision::Current];

/// What `run` allocates, after a first run that may set something up.
fn allocations(run: impl Fn()) -> AllocationInfo {
    run();
    measure(run)
}

#[test]
fn decoding_allocates_nothing() {
    let request = ClientData {
        correlation_id: "07d78e95-2c4d-4899-957c-b9e5a3701fbb",
        app_version_name: "humidity-sensor-v3",
        endpoint_id: Some("7ad263ec-3347-4c7d-af89-50c67061367a"),
        resource_path: "/json",
        request_id: Some(42),
        payload: &[b'x'; 200],
        ..ClientData::default()
    };
    for revision in REVISIONS {
        let datum = request.encode(revision).unwrap();
        let info = allocations(|| assert_eq!(ClientData::decode(&datum).unwrap().record, request));
        assert_eq!(info.count_total, 0);
    }
}

#[test]
fn encoding_allocates_the_datum_and_nothing_else() {
    let answer = ExtensionData {
        correlation_id: "07d78e95-2c4d-4899-957c-b9e5a3701fbb",
        app_version_name: Some("humidity-sensor-v3"),
        resource_path: "/json",
        payload: Some(&[b'x'; 200]),
        reason_phrase: Some("OK"),
        ..ExtensionData::default()
    };
    for revision in REVISIONS {
        let size = answer.size(revision).unwrap() as u64;
        let info = allocations(|| drop(answer.encode(revision).unwrap()));
        assert_eq!((info.count_total, info.bytes_total), (1, size));
    }
}

#[test]
fn a_hostile_datum_allocates_nothing() {
    let huge_length = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let garbage = vec![0xa5; 1 << 20];
    for datum in [&huge_length[..], &garbage, b""].map(Bytes::copy_from_slice) {
        let info = allocations(|| {
            assert!(ClientData::decode(&datum).is_err());
            assert!(ExtensionData::decode(&datum).is_err());
        });
        assert_eq!(info.count_total, 0);
    }
}
