//! What the codec costs, for callgrind.
//!
//! `codec_cost <decode|encode> <iterations>` decodes a seed `ClientData` with a payload of 200 bytes,
//! or encodes a seed `ExtensionData` with a payload of 16, that many times. Instructions per operation
//! are the difference of two runs divided by the difference of their iterations: start-up cancels out.
//!
//! ```text
//! cargo build --release -p kaa-protocol --example codec_cost
//! for n in 10000 30000; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!         target/release/examples/codec_cost decode $n
//! done
//! ```
//!
//! With rustc 1.95 on x86-64 and glibc 2.36:
//!
//! | | instructions | at most | allocations | at most |
//! |---|---|---|---|---|
//! | decode | 1,106 | 1,400 | 0 | 0 |
//! | encode | 844 | 900 | 1 | 1 |
//!
//! `cargo xtask instructions` does that for both operations, counts the allocations too and holds them
//! to their limits.

use std::hint::black_box;

use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};

const CORRELATION_ID: &str = "07d78e95-2c4d-4899-957c-b9e5a3701fbb";
const APP_VERSION: &str = "humidity-sensor-v3";
const ENDPOINT_ID: &str = "7ad263ec-3347-4c7d-af89-50c67061367a";

fn client_data(payload: &[u8]) -> ClientData<'_> {
    ClientData {
        correlation_id: CORRELATION_ID,
        timestamp: 1_490_262_793_349,
        timeout: 3_600_000,
        app_version_name: APP_VERSION,
        endpoint_id: Some(ENDPOINT_ID),
        resource_path: "/json",
        request_id: Some(42),
        payload,
        config_name: None,
    }
}

fn extension_data() -> ExtensionData<'static> {
    ExtensionData {
        correlation_id: CORRELATION_ID,
        timestamp: 1_490_262_793_349,
        timeout: 3_600_000,
        app_version_name: Some(APP_VERSION),
        extension_instance_name: Some("humidity-sensor-cmx-1"),
        endpoint_id: Some(ENDPOINT_ID),
        resource_path: "/config/json",
        request_id: Some(42),
        payload: Some(br#"{"sampling":200}"#),
        status_code: 200,
        reason_phrase: Some("OK"),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "usage: codec_cost <decode|encode> <iterations>";
    let mut arguments = std::env::args().skip(1);
    let operation = arguments.next().ok_or(usage)?;
    let iterations: u64 = arguments.next().ok_or(usage)?.parse()?;
    match operation.as_str() {
        "decode" => {
            let datum = client_data(&[b'x'; 200]).encode(Revision::Seed)?;
            for _ in 0..iterations {
                black_box(ClientData::decode(black_box(&datum))?);
            }
        }
        "encode" => {
            let answer = extension_data();
            for _ in 0..iterations {
                black_box(black_box(&answer).encode(black_box(Revision::Seed))?);
            }
        }
        _ => return Err(usage.into()),
    }
    Ok(())
}
