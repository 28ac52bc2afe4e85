//! What the codec costs, for callgrind.
//!
//! ```text
//! codec_cost list                              every record: its name, the bytes of its datum, of its envelope
//! codec_cost <decode|encode> <n>               decode a seed ClientData with a payload of 200 bytes, or
//!                                              encode a seed ExtensionData with one of 16, n times
//! codec_cost <decode|encode> <n> <record>      the same with the typical golden vector of a record
//! ```
//!
//! Instructions per operation are the difference of two runs divided by the difference of their
//! iterations: start-up cancels out.
//!
//! ```text
//! cargo build --release -p kaa-bench-sdk --no-default-features
//! for n in 1000 3000; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/codec_cost decode $n
//! done
//! ```
//!
//! `cargo xtask instructions` does that, counts the allocations too and holds them to their limits;
//! `docs/costs.md` has the figures. The *envelope* of a message is its datum without the bytes that
//! somebody else made: payload, content, samples.

#![allow(clippy::print_stdout, reason = "`list` is for its caller")]

use std::error::Error;
use std::hint::black_box;

use kaa_protocol::Bytes;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_protocol::{cap, cdtp, cip, cmx2cdp, dstp, ecap, ecs2ext, elce, eme, esp, tstp};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

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

/// One record in one revision.
struct Operations {
    name: &'static str,
    decode: fn(&Bytes, u64) -> Outcome,
    encode: fn(&Bytes, u64) -> Outcome,
}

macro_rules! operations {
    ($($name:literal $record:ty, $revision:expr;)+) => {
        const OPERATIONS: &[Operations] = &[$(Operations {
            name: $name,
            decode: |datum, iterations| {
                for _ in 0..iterations {
                    black_box(<$record>::decode(black_box(datum))?);
                }
                Ok(())
            },
            encode: |datum, iterations| {
                let record = <$record>::decode(datum)?.record;
                for _ in 0..iterations {
                    black_box(black_box(&record).encode(black_box($revision))?);
                }
                Ok(())
            },
        }),+];
    };
}

operations! {
    "4/ECS2EXT/EcsToExtensionInboundMessage/seed" ecs2ext::EcsToExtensionInboundMessage<'_>, ecs2ext::Revision::Seed;
    "4/ECS2EXT/EcsToExtensionOutboundMessage/seed" ecs2ext::EcsToExtensionOutboundMessage<'_>, ecs2ext::Revision::Seed;
    "4/ESP/ClientData/seed" esp::ClientData<'_>, Revision::Seed;
    "4/ESP/ClientData/current" esp::ClientData<'_>, Revision::Current;
    "4/ESP/ExtensionData/seed" esp::ExtensionData<'_>, Revision::Seed;
    "4/ESP/ExtensionData/current" esp::ExtensionData<'_>, Revision::Current;
    "5/CMX2CDP/ConfigRequest" cmx2cdp::ConfigRequest, ();
    "5/CMX2CDP/ConfigResponse" cmx2cdp::ConfigResponse, ();
    "5/CMX2CDP/Updated" cmx2cdp::Updated, ();
    "5/CMX2CDP/NewAvailable" cmx2cdp::NewAvailable, ();
    "6/CDTP/ConfigRequest" cdtp::ConfigRequest, ();
    "6/CDTP/ConfigResponse" cdtp::ConfigResponse, ();
    "6/CDTP/ConfigUpdated" cdtp::ConfigUpdated, ();
    "6/CDTP/ConfigApplied" cdtp::ConfigApplied, ();
    "9/ELCE/ConnectedEvent" elce::ConnectedEvent, ();
    "9/ELCE/DisconnectedEvent" elce::DisconnectedEvent, ();
    "9/ELCE/RegisteredEvent" elce::RegisteredEvent, ();
    "9/ELCE/UnregisteredEvent" elce::UnregisteredEvent, ();
    "9/ELCE/AppVersionUpdatedEvent" elce::AppVersionUpdatedEvent, ();
    "12/CIP/CommandInvocationRequest" cip::CommandInvocationRequest, ();
    "12/CIP/CommandInvocationResult" cip::CommandInvocationResult, ();
    "13/DSTP/DataSamplesEvent" dstp::DataSamplesEvent, ();
    "13/DSTP/DataSamplesProcessed" dstp::DataSamplesProcessed, ();
    "14/TSTP/TimeSeriesEvent" tstp::TimeSeriesEvent, ();
    "14/TSTP/TimeSeriesProcessed" tstp::TimeSeriesProcessed, ();
    "15/EME/MetadataUpdatedEvent" eme::MetadataUpdatedEvent, ();
    "16/ECAP/EndpointTokenValidationRequest" ecap::EndpointTokenValidationRequest, ();
    "16/ECAP/EndpointTokenValidationResponse" ecap::EndpointTokenValidationResponse, ();
    "16/ECAP/EndpointTokenStatusTransitionRequest" ecap::EndpointTokenStatusTransitionRequest, ();
    "16/ECAP/EndpointTokenStatusTransitionResponse" ecap::EndpointTokenStatusTransitionResponse, ();
    "16/ECAP/EndpointTokenRevokedEvent" ecap::EndpointTokenRevokedEvent, ();
    "16/ECAP/ClientUsernamePasswordValidationRequest" ecap::ClientUsernamePasswordValidationRequest, ();
    "16/ECAP/ClientUsernamePasswordValidationResponse" ecap::ClientUsernamePasswordValidationResponse, ();
    "16/ECAP/ClientCertificateValidationRequest" ecap::ClientCertificateValidationRequest, ();
    "16/ECAP/ClientCertificateValidationResponse" ecap::ClientCertificateValidationResponse, ();
    "16/ECAP/ClientCredentialRevokedEvent" ecap::ClientCredentialRevokedEvent, ();
    "22/CAP/ClientBasicAuthenticationRequest" cap::ClientBasicAuthenticationRequest, ();
    "22/CAP/ClientBasicAuthenticationResponse" cap::ClientBasicAuthenticationResponse, ();
    "22/CAP/ClientCertificateAuthenticationRequest" cap::ClientCertificateAuthenticationRequest, ();
    "22/CAP/ClientCertificateAuthenticationResponse" cap::ClientCertificateAuthenticationResponse, ();
    "22/CAP/ClientCredentialsRevokedEvent" cap::ClientCredentialsRevokedEvent, ();
}

/// The typical golden vector of a record.
struct Sample {
    datum: Bytes,
    /// The size of the datum without what somebody else made.
    envelope: usize,
}

impl Sample {
    fn of(name: &str) -> Result<Self, Box<dyn Error>> {
        let vectors = include_str!("../../../crates/kaa-protocol/tests/golden/vectors.jsonl");
        for line in vectors.lines() {
            let vector: Value = serde_json::from_str(line)?;
            let text = |key| vector.get(key).and_then(Value::as_str).unwrap_or_default();
            let names = [text("protocol"), text("record"), text("revision")].join("/");
            if names.trim_end_matches('/') == name && text("what") == "typical" {
                let datum = bytes(text("hex"))?;
                let foreign = vector.get("value").map_or(0, foreign);
                return Ok(Self { envelope: datum.len() - foreign, datum });
            }
        }
        Err(format!("there is no typical vector of {name}").into())
    }
}

fn bytes(hex: &str) -> Result<Bytes, Box<dyn Error>> {
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2).unwrap_or_default());
    Ok(pairs.map(|pair| u8::from_str_radix(pair, 16)).collect::<Result<_, _>>()?)
}

/// The size of all bytes in a value: everything else is text or a number.
fn foreign(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(foreign).sum(),
        Value::Object(fields) => match fields.get("bytes") {
            Some(Value::String(hex)) => hex.len() / 2,
            _ => fields.values().map(foreign).sum(),
        },
        _ => 0,
    }
}

fn main() -> Outcome {
    let usage = "usage: codec_cost list | codec_cost <decode|encode> <iterations> [<record>]";
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["list"] => {
            for Operations { name, .. } in OPERATIONS {
                let Sample { datum, envelope } = Sample::of(name)?;
                println!("{name} {} {envelope}", datum.len());
            }
        }
        ["decode", iterations] => {
            let datum = client_data(&[b'x'; 200]).encode(Revision::Seed)?;
            for _ in 0..iterations.parse::<u64>()? {
                black_box(ClientData::decode(black_box(&datum))?);
            }
        }
        ["encode", iterations] => {
            let answer = extension_data();
            for _ in 0..iterations.parse::<u64>()? {
                black_box(black_box(&answer).encode(black_box(Revision::Seed))?);
            }
        }
        [operation @ ("decode" | "encode"), iterations, record] => {
            let operations = OPERATIONS.iter().find(|known| known.name == record).ok_or("no such record")?;
            let run = if operation == "decode" { operations.decode } else { operations.encode };
            run(&Sample::of(record)?.datum, iterations.parse()?)?;
        }
        _ => return Err(usage.into()),
    }
    Ok(())
}
