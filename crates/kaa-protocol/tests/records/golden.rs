//! Datums that fastavro wrote, beside the values it was given (`tests/golden/make.py` says how).
//!
//! Here every field has to hold its value under its name: this is what tells two texts apart that
//! have changed places.

use std::collections::{BTreeMap, BTreeSet};

use kaa_protocol::avro::{Array, Binary, Map, Problem, Record, Text};
use kaa_protocol::catalog::RECORDS;
use kaa_protocol::eme::MetadataKeyUpdatedDto;
use kaa_protocol::tstp::{DataPoint, DataValue};
use kaa_protocol::{ByteString, Bytes};
use kaa_protocol::{cap, cdtp, cip, cmx2cdp, dstp, ecap, ecs2ext, elce, eme, esp, tstp};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Vector {
    protocol: String,
    record: String,
    revision: Option<String>,
    what: String,
    blocks: String,
    value: BTreeMap<String, Value>,
    hex: String,
}

impl Vector {
    fn all() -> Vec<Self> {
        include_str!("../golden/vectors.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn label(&self) -> String {
        let Self { protocol, record, revision, what, blocks, .. } = self;
        format!("{protocol} {record} {revision:?}, {what}, blocks: {blocks}")
    }

    fn datum(&self) -> Bytes {
        let digits: Vec<_> = self.hex.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
    }
}

/// What we make of a datum.
struct Outcome {
    /// Every field by its name on the wire.
    fields: BTreeMap<String, Value>,
    /// The record encoded again.
    datum: Bytes,
    /// What strict decoding says when a byte follows.
    with_one_more: Option<Problem>,
}

type Decode = fn(&Bytes, Option<&str>) -> Outcome;

/// Lists records by type with all of their fields: a field that is missing here does not compile.
macro_rules! decoders {
    ($($protocol:literal $module:ident::$record:ident in $revision:expr => { $($field:ident),+ $(,)? })+) => {
        const DECODERS: &[(&str, &str, Decode)] = &[$((
            $protocol,
            stringify!($record),
            |datum, revision| {
                let record = $module::$record::decode_strict(datum).unwrap();
                let $module::$record { $($field),+ } = &record;
                let fields = [$((wire_name(stringify!($field)), $field.to_json())),+].into();
                let longer = Bytes::from([datum, &b"\x00"[..]].concat());
                Outcome {
                    fields,
                    datum: record.encode($revision(revision)).unwrap(),
                    with_one_more: $module::$record::decode_strict(&longer).err().map(|error| error.problem()),
                }
            },
        )),+];
    };
}

fn esp_revision(name: Option<&str>) -> esp::Revision {
    match name {
        Some("seed") => esp::Revision::Seed,
        Some("current") => esp::Revision::Current,
        other => panic!("no revision {other:?}"),
    }
}

fn seed(_: Option<&str>) -> ecs2ext::Revision {
    ecs2ext::Revision::Seed
}

fn only(name: Option<&str>) {
    assert_eq!(name, None);
}

decoders! {
    "4/ECS2EXT" ecs2ext::EcsToExtensionInboundMessage in seed => {
        correlation_id, timestamp, timeout, app_version_token, endpoint_id, content_type, payload, status, path,
    }
    "4/ECS2EXT" ecs2ext::EcsToExtensionOutboundMessage in seed => {
        correlation_id, timestamp, timeout, app_version_token, extension_instance_id, endpoint_id, content_type,
        payload, status, path,
    }
    "4/ESP" esp::ClientData in esp_revision => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, resource_path, request_id, payload,
        config_name,
    }
    "4/ESP" esp::ExtensionData in esp_revision => {
        correlation_id, timestamp, timeout, app_version_name, extension_instance_name, endpoint_id, resource_path,
        request_id, payload, status_code, reason_phrase,
    }
    "5/CMX2CDP" cmx2cdp::ConfigRequest in only => {
        correlation_id, timestamp, timeout, app_version_token, endpoint_id, config_version,
    }
    "5/CMX2CDP" cmx2cdp::ConfigResponse in only => {
        correlation_id, timestamp, timeout, app_version_token, endpoint_id, content_type, config_version,
        status_code, content,
    }
    "5/CMX2CDP" cmx2cdp::Updated in only => {
        correlation_id, event_timestamp, originator_replica_id, app_version_token, endpoint_id, config_version,
    }
    "5/CMX2CDP" cmx2cdp::NewAvailable in only => {
        correlation_id, event_timestamp, originator_replica_id, app_version_token, endpoint_id, config_version,
        content_type, content,
    }
    "6/CDTP" cdtp::ConfigRequest in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, config_id, config_name,
    }
    "6/CDTP" cdtp::ConfigResponse in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, config_id, content_type, content,
        status_code, reason_phrase,
    }
    "6/CDTP" cdtp::ConfigUpdated in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, config_id, content_type, content,
        originator_replica_id,
    }
    "6/CDTP" cdtp::ConfigApplied in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, config_id, originator_replica_id,
        status_code, reason_phrase,
    }
    "9/ELCE" elce::ConnectedEvent in only => {
        correlation_id, timestamp, timeout, endpoints, originator_replica_id,
    }
    "9/ELCE" elce::DisconnectedEvent in only => {
        correlation_id, timestamp, timeout, endpoints, originator_replica_id,
    }
    "9/ELCE" elce::RegisteredEvent in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, originator_replica_id,
    }
    "9/ELCE" elce::UnregisteredEvent in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, originator_replica_id,
    }
    "9/ELCE" elce::AppVersionUpdatedEvent in only => {
        correlation_id, timestamp, timeout, app_version_name, previous_app_version_name, endpoint_id,
        originator_replica_id,
    }
    "12/CIP" cip::CommandInvocationRequest in only => {
        correlation_id, timestamp, timeout, endpoint_id, command_type, command_id, payload,
    }
    "12/CIP" cip::CommandInvocationResult in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, command_type, command_id, status_code,
        reason_phrase, payload,
    }
    "13/DSTP" dstp::DataSamplesEvent in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, content_type, data_samples,
    }
    "13/DSTP" dstp::DataSamplesProcessed in only => {
        correlation_id, timestamp, timeout, receiver_service_instance_name, status_code, reason_phrase,
    }
    "14/TSTP" tstp::TimeSeriesEvent in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, time_series_name, data_points,
    }
    "14/TSTP" tstp::TimeSeriesProcessed in only => {
        correlation_id, timestamp, timeout, status_code, reason_phrase,
    }
    "15/EME" eme::MetadataUpdatedEvent in only => {
        correlation_id, timestamp, timeout, app_version_name, endpoint_id, removed, added, updated,
        originator_replica_id,
    }
    "16/ECAP" ecap::EndpointTokenValidationRequest in only => {
        correlation_id, timestamp, timeout, app_name, token,
    }
    "16/ECAP" ecap::EndpointTokenValidationResponse in only => {
        correlation_id, timestamp, timeout, token_id, endpoint_id, status_code, reason_phrase,
    }
    "16/ECAP" ecap::EndpointTokenStatusTransitionRequest in only => {
        correlation_id, timestamp, timeout, app_name, token, target_status,
    }
    "16/ECAP" ecap::EndpointTokenStatusTransitionResponse in only => {
        correlation_id, timestamp, timeout, status_code, reason_phrase,
    }
    "16/ECAP" ecap::EndpointTokenRevokedEvent in only => {
        correlation_id, timestamp, timeout, app_name, endpoint_id, token_ids, originator_replica_id,
    }
    "16/ECAP" ecap::ClientUsernamePasswordValidationRequest in only => {
        correlation_id, timestamp, timeout, username, password,
    }
    "16/ECAP" ecap::ClientUsernamePasswordValidationResponse in only => {
        correlation_id, timestamp, timeout, credential_id, client_id, status_code, reason_phrase,
    }
    "16/ECAP" ecap::ClientCertificateValidationRequest in only => {
        correlation_id, timestamp, timeout, issuer, serial_number,
    }
    "16/ECAP" ecap::ClientCertificateValidationResponse in only => {
        correlation_id, timestamp, timeout, credential_id, client_id, status_code, reason_phrase,
    }
    "16/ECAP" ecap::ClientCredentialRevokedEvent in only => {
        correlation_id, timestamp, timeout, credential_id, originator_replica_id,
    }
    "22/CAP" cap::ClientBasicAuthenticationRequest in only => {
        correlation_id, timestamp, timeout, tenant_id, username, password,
    }
    "22/CAP" cap::ClientBasicAuthenticationResponse in only => {
        correlation_id, timestamp, timeout, credentials_id, client_id, status_code, reason_phrase,
    }
    "22/CAP" cap::ClientCertificateAuthenticationRequest in only => {
        correlation_id, timestamp, timeout, issuer, serial_number,
    }
    "22/CAP" cap::ClientCertificateAuthenticationResponse in only => {
        correlation_id, timestamp, timeout, tenant_id, credentials_id, client_id, status_code, reason_phrase,
    }
    "22/CAP" cap::ClientCredentialsRevokedEvent in only => {
        correlation_id, timestamp, timeout, tenant_id, credentials_id, originator_replica_id,
    }
}

/// `app_version_name` is `appVersionName` on the wire.
fn wire_name(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_ascii_uppercase() + &word[1..])
}

/// A value as `make.py` writes it.
trait ToJson {
    fn to_json(&self) -> Value;
}

impl ToJson for i32 {
    fn to_json(&self) -> Value {
        json!(self)
    }
}

impl ToJson for i64 {
    fn to_json(&self) -> Value {
        json!(self)
    }
}

impl ToJson for &str {
    fn to_json(&self) -> Value {
        json!(self)
    }
}

impl ToJson for ByteString {
    fn to_json(&self) -> Value {
        json!(&**self)
    }
}

impl ToJson for &[u8] {
    fn to_json(&self) -> Value {
        json!({ "bytes": self.iter().map(|byte| format!("{byte:02x}")).collect::<String>() })
    }
}

impl ToJson for Bytes {
    fn to_json(&self) -> Value {
        (&**self).to_json()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToJson::to_json)
    }
}

impl ToJson for DataValue<'_> {
    fn to_json(&self) -> Value {
        match self {
            DataValue::Boolean(value) => json!({ "boolean": value }),
            DataValue::Int(value) => json!({ "int": value }),
            DataValue::Long(value) => json!({ "long": value }),
            DataValue::Float(value) => json!({ "float": format!("{:08x}", value.to_bits()) }),
            DataValue::Double(value) => json!({ "double": format!("{:016x}", value.to_bits()) }),
            DataValue::Text(value) => json!({ "string": value }),
            DataValue::Binary(value) => json!({ "bytes": value.to_json() }),
            DataValue::Null => Value::Null,
        }
    }
}

impl ToJson for DataPoint {
    fn to_json(&self) -> Value {
        let Self { ingestion_timestamp, timestamp, values } = self;
        json!({ "ingestionTimestamp": ingestion_timestamp, "timestamp": timestamp, "values": values.to_json() })
    }
}

impl ToJson for MetadataKeyUpdatedDto {
    fn to_json(&self) -> Value {
        json!({ "newValue": self.new_value.to_json(), "oldValue": self.old_value.to_json() })
    }
}

macro_rules! collections {
    ($($array:ty),+; $($map:ty),+) => {
        $(impl ToJson for $array {
            fn to_json(&self) -> Value {
                self.iter().map(|item| item.to_json()).collect()
            }
        })+
        $(impl ToJson for $map {
            fn to_json(&self) -> Value {
                self.iter().map(|(key, value)| (key.to_owned(), value.to_json())).collect()
            }
        })+
    };
}

collections!(
    Array<Binary>, Array<Text>, Array<DataPoint>;
    Map<Text>, Map<Option<Text>>, Map<MetadataKeyUpdatedDto>, Map<DataValue<'static>>
);

fn decoder(vector: &Vector) -> Decode {
    let found = DECODERS
        .iter()
        .find(|(protocol, record, _)| (*protocol, *record) == (&vector.protocol, &vector.record));
    found.unwrap_or_else(|| panic!("no record is called {}", vector.label())).2
}

#[test]
fn every_field_holds_what_fastavro_wrote() {
    for vector in Vector::all() {
        let outcome = decoder(&vector)(&vector.datum(), vector.revision.as_deref());
        for (name, found) in &outcome.fields {
            // A field that the revision does not have is null here.
            let expected = vector.value.get(name).unwrap_or(&Value::Null);
            assert_eq!(found, expected, "{name} of {}", vector.label());
        }
        let unknown = vector.value.keys().find(|name| !outcome.fields.contains_key(*name));
        assert_eq!(unknown, None, "{}", vector.label());
    }
}

#[test]
fn what_fastavro_wrote_in_one_block_is_written_again_byte_for_byte() {
    let mut several = 0;
    for vector in Vector::all() {
        let datum = vector.datum();
        let outcome = decoder(&vector)(&datum, vector.revision.as_deref());
        if vector.blocks == "one" {
            assert_eq!(outcome.datum, datum, "{}", vector.label());
        } else {
            // Arrays and maps of the record come out in one block; those inside of items as they were.
            let again = decoder(&vector)(&outcome.datum, vector.revision.as_deref());
            assert_eq!(again.fields, outcome.fields, "{}", vector.label());
            several += usize::from(outcome.datum != datum);
        }
    }
    assert!(several > 20, "only {several} vectors have blocks that we would not write");
}

#[test]
fn a_byte_behind_a_record_is_refused_by_strict_decoding() {
    for vector in Vector::all() {
        let outcome = decoder(&vector)(&vector.datum(), vector.revision.as_deref());
        // There it is the field that today's revision appended.
        let is_field = vector.record == "ClientData" && vector.revision.as_deref() == Some("seed");
        let expected = (!is_field).then_some(Problem::TrailingBytes(1));
        assert_eq!(outcome.with_one_more, expected, "{}", vector.label());
    }
}

#[test]
fn the_vectors_cover_every_record_and_what_is_special_about_values() {
    let vectors = Vector::all();
    let mut of_record: BTreeMap<_, usize> = BTreeMap::new();
    let mut branches = BTreeSet::new();
    for vector in &vectors {
        *of_record.entry((&*vector.protocol, &*vector.record, vector.revision.as_deref())).or_default() += 1;
        for point in vector.value.get("dataPoints").and_then(Value::as_array).into_iter().flatten() {
            for value in point["values"].as_object().unwrap().values() {
                branches.insert(value.as_object().map_or("null", |branch| branch.keys().next().unwrap()));
            }
        }
    }
    for info in RECORDS {
        let count = of_record.get(&(info.protocol, info.name, info.revision));
        assert!(count.is_some_and(|count| *count >= 6), "{} {:?}", info.name, info.revision);
    }
    assert_eq!(of_record.len(), RECORDS.len());
    let expected = ["boolean", "bytes", "double", "float", "int", "long", "null", "string"];
    assert_eq!(branches, expected.into());
    let has = |wanted: fn(&Value) -> bool| vectors.iter().any(|vector| vector.value.values().any(wanted));
    assert!(has(|value| *value == json!(i64::MIN)) && has(|value| *value == json!(i32::MIN)));
    assert!(has(|value| value.as_str().is_some_and(|text| !text.is_ascii())));
    assert!(has(|value| value.as_array().is_some_and(|items| items.len() > 100)));
    assert!(has(|value| value.as_object().is_some_and(|entries| entries.len() > 100)));
}
