//! What device JSON takes from the heap, at most and altogether.

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use kaa_protocol::cep::ResultRequest;
use kaa_protocol::cmp::{ConfigRequest, ConfigResponse};
use kaa_protocol::dcp::{Limits, Samples};
use kaa_protocol::epmp::{MAX_KEYS, Metadata, MetadataKeys};
use kaa_protocol::json::{JsonPayload, RawJson};

/// What `run` allocates, after a first run that may set something up.
fn allocations(run: impl Fn()) -> AllocationInfo {
    run();
    measure(run)
}

fn splitting(payload: &str) -> AllocationInfo {
    let payload = Bytes::from(payload.to_owned());
    allocations(|| {
        let split = Samples::split(&payload, Limits::default());
        let count = split.as_ref().map_or(0, |samples| samples.iter().count());
        assert_eq!(count, split.map_or(0, |samples| samples.len()));
    })
}

#[test]
fn flat_samples_are_split_without_allocating() {
    for payload in [r#"[{"t":21.0,"name":"x"}, 1e400, "é", null]"#, "[]", "1", r#"{"a":"b"}"#] {
        assert_eq!(splitting(payload).count_total, 0, "{payload}");
    }
    let batch = format!("[{}]", vec!["1"; Limits::default().samples].join(","));
    assert_eq!(splitting(&batch).count_total, 0);
}

/// serde_json remembers one byte for every array and object it is in.
#[test]
fn nested_samples_are_split_in_memory_for_their_depth() {
    for payload in ["[[[]]]", r#"[{"a":{"b":[1]}}]"#] {
        assert!(splitting(payload).bytes_total <= 4 * payload.len() as u64);
    }
    let deep = format!("[{}{}]", "[".repeat(127), "]".repeat(127));
    let batch = format!("[{}]", vec!["[[1]]"; 10_000].join(","));
    for payload in [deep, batch] {
        assert!(splitting(&payload).bytes_total <= 256);
    }
}

#[test]
fn refusing_allocates_for_the_message_only() {
    for payload in
        ["[".repeat(1 << 20), "[1,".repeat(1 << 18), format!("[{}", "1,".repeat(1 << 19)), "\"".into()]
    {
        assert!(splitting(&payload).bytes_total < 1024, "{} bytes", payload.len());
    }
}

/// The worst that a payload of `limit` elements may cost on top of four times its length: what its
/// elements are in memory, which does not grow any more when the payload does.
fn stays_within<T: JsonPayload>(payload: &str, fixed: u64) {
    let info = allocations(|| drop(T::from_json(payload.as_bytes())));
    let bound = 4 * payload.len() as u64 + fixed;
    assert!(info.bytes_max <= bound, "{} bytes for a payload of {}", info.bytes_max, payload.len());
    assert_eq!(info.bytes_current, 0);
}

#[test]
fn memory_is_at_most_four_times_the_payload_and_something_fixed() {
    let long = "x".repeat(100_000);
    stays_within::<ConfigRequest>("{}", 0);
    stays_within::<ConfigRequest>(&format!(r#"{{"configId":"{long}"}}"#), 0);
    stays_within::<ConfigRequest>(&format!(r#"{{"configId":"\n{long}"}}"#), 0);
    stays_within::<ConfigRequest>(&format!(r#"{{"{long}":1}}"#), 1024);
    stays_within::<ConfigResponse>(&format!(r#"{{"configId":"a","config":"{long}"}}"#), 0);
    stays_within::<RawJson>(&format!("[{}1]", "[[1],2],".repeat(10_000)), 0);

    let keys = |count: usize| (0..count).map(|n| format!("\"{n}\"")).collect::<Vec<_>>();
    for count in [1, MAX_KEYS, 100 * MAX_KEYS] {
        stays_within::<MetadataKeys>(&format!("[{}]", keys(count).join(",")), 100_000);
        stays_within::<Metadata>(&format!("{{{}:0}}", keys(count).join(":0,")), 150_000);
    }
    for count in [1, ResultRequest::MAX_RESULTS, 100 * ResultRequest::MAX_RESULTS] {
        let results = vec![r#"{"id":1,"statusCode":1}"#; count].join(",");
        stays_within::<ResultRequest>(&format!("[{results}]"), 100_000);
    }
}
