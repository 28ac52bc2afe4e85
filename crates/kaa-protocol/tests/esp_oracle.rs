//! 4/ESP against apache-avro: an independent reader and writer of the schemas we print.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use kaa_protocol::Bytes;
use kaa_protocol::avro::{Record, Writer};
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use proptest::prelude::*;

const REVISIONS: [Revision; 2] = [Revision::Seed, Revision::Current];

/// What an ESP record is made of, whichever it is.
#[derive(Debug)]
struct Parts {
    correlation_id: String,
    timestamp: i64,
    timeout: i64,
    name: String,
    unnamed: bool,
    extension: Option<String>,
    endpoint: Option<String>,
    path: String,
    request_id: Option<i32>,
    payload: Vec<u8>,
    status_code: i32,
    last: Option<String>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z0-9-]{1,80}",
        "\\PC{0,20}",
        any::<Vec<char>>().prop_map(String::from_iter)
    ]
}

prop_compose! {
    fn parts()(
        (correlation_id, timestamp, timeout) in (text(), any::<i64>(), prop_oneof![Just(0), any::<i64>()]),
        (name, unnamed) in (text(), any::<bool>()),
        (extension, endpoint, last) in (proptest::option::of(text()), proptest::option::of(text()), proptest::option::of(text())),
        path in text(),
        request_id in proptest::option::of(prop_oneof![Just(0), any::<i32>()]),
        payload in any::<Vec<u8>>(),
        status_code in prop_oneof![200..600, any::<i32>()],
    ) -> Parts {
        Parts { correlation_id, timestamp, timeout, name, unnamed, extension, endpoint, path, request_id, payload, status_code, last }
    }
}

impl Parts {
    fn client_data(&self, revision: Revision) -> ClientData<'_> {
        ClientData {
            correlation_id: &self.correlation_id,
            timestamp: self.timestamp,
            timeout: self.timeout,
            app_version_name: &self.name,
            endpoint_id: self.endpoint.as_deref(),
            resource_path: &self.path,
            request_id: self.request_id,
            payload: &self.payload,
            config_name: self.last.as_deref().filter(|_| revision == Revision::Current),
        }
    }

    fn extension_data(&self, revision: Revision) -> ExtensionData<'_> {
        // A seed name that the current revision would claim is not written; see `Revision`.
        let is_seed_name = !matches!(self.name.as_bytes(), [] | [..0x20]);
        let app_version_name = match revision {
            Revision::Seed => Some(if is_seed_name { &self.name } else { "humidity-sensor-v3" }),
            Revision::Current => (!self.unnamed).then_some(self.name.as_str()),
        };
        ExtensionData {
            correlation_id: &self.correlation_id,
            timestamp: self.timestamp,
            timeout: self.timeout,
            app_version_name,
            extension_instance_name: self.extension.as_deref(),
            endpoint_id: self.endpoint.as_deref(),
            resource_path: &self.path,
            request_id: self.request_id,
            payload: self.request_id.map(|_| self.payload.as_slice()),
            status_code: self.status_code,
            reason_phrase: self.last.as_deref(),
        }
    }
}

fn string(text: &str) -> Value {
    Value::String(text.into())
}

/// `[T, "null"]`
fn or_null(value: Option<Value>) -> Value {
    value.map_or(Value::Union(1, Box::new(Value::Null)), |value| Value::Union(0, Box::new(value)))
}

/// `["null", T]`
fn null_or(value: Option<Value>) -> Value {
    value.map_or(Value::Union(0, Box::new(Value::Null)), |value| Value::Union(1, Box::new(value)))
}

fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Record(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

fn client_data_value(data: &ClientData<'_>, revision: Revision) -> Value {
    let mut value = record([
        ("correlationId", string(data.correlation_id)),
        ("timestamp", Value::Long(data.timestamp)),
        ("timeout", Value::Long(data.timeout)),
        ("appVersionName", string(data.app_version_name)),
        ("endpointId", or_null(data.endpoint_id.map(string))),
        ("resourcePath", string(data.resource_path)),
        ("requestId", or_null(data.request_id.map(Value::Int))),
        ("payload", Value::Bytes(data.payload.into())),
        ("configName", null_or(data.config_name.map(string))),
    ]);
    if let (Revision::Seed, Value::Record(fields)) = (revision, &mut value) {
        fields.pop();
    }
    value
}

fn extension_data_value(data: &ExtensionData<'_>, revision: Revision) -> Value {
    let name = data.app_version_name.map(string);
    record([
        ("correlationId", string(data.correlation_id)),
        ("timestamp", Value::Long(data.timestamp)),
        ("timeout", Value::Long(data.timeout)),
        ("appVersionName", if revision == Revision::Seed { name.unwrap() } else { or_null(name) }),
        ("extensionInstanceName", or_null(data.extension_instance_name.map(string))),
        ("endpointId", or_null(data.endpoint_id.map(string))),
        ("resourcePath", string(data.resource_path)),
        ("requestId", or_null(data.request_id.map(Value::Int))),
        ("payload", or_null(data.payload.map(|payload| Value::Bytes(payload.into())))),
        ("statusCode", Value::Int(data.status_code)),
        ("reasonPhrase", null_or(data.reason_phrase.map(string))),
    ])
}

/// Checks that apache-avro, given our schema, reads our datum as `value` and writes `value` as our
/// datum; returns what it wrote.
fn agree(schema: &str, value: &Value, ours: &Bytes) -> Result<Bytes, TestCaseError> {
    let schema = Schema::parse_str(schema).unwrap();
    let reader = GenericDatumReader::builder(&schema).build().unwrap();
    prop_assert_eq!(&reader.read_value(&mut &ours[..]).unwrap(), value);
    let theirs = write_with(&schema, value);
    prop_assert_eq!(ours, &theirs);
    Ok(theirs)
}

fn write(schema: &str, value: &Value) -> Bytes {
    write_with(&Schema::parse_str(schema).unwrap(), value)
}

fn write_with(schema: &Schema, value: &Value) -> Bytes {
    GenericDatumWriter::builder(schema).build().unwrap().write_value_to_vec(value.clone()).unwrap().into()
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn client_data_is_what_apache_avro_reads_and_writes(parts in parts()) {
        for revision in REVISIONS {
            let data = parts.client_data(revision);
            let value = client_data_value(&data, revision);

            let ours = data.encode(revision).unwrap();
            let theirs = agree(&ClientData::schema(revision), &value, &ours)?;
            prop_assert_eq!(ClientData::decode_strict(&theirs), Ok(data));

            let seed = ClientData { config_name: None, ..data }.size(Revision::Seed).unwrap();
            for cut in (0..ours.len()).filter(|cut| *cut != seed) {
                prop_assert!(ClientData::decode(&ours.slice(..cut)).is_err(), "the first {} bytes", cut);
            }
        }
    }

    #[test]
    fn extension_data_is_what_apache_avro_reads_and_writes(parts in parts()) {
        for revision in REVISIONS {
            let data = parts.extension_data(revision);
            let value = extension_data_value(&data, revision);

            let ours = data.encode(revision).unwrap();
            let theirs = agree(&ExtensionData::schema(revision), &value, &ours)?;
            prop_assert_eq!(ExtensionData::decode_strict(&theirs), Ok(data));

            for cut in 0..ours.len() {
                prop_assert!(ExtensionData::decode(&ours.slice(..cut)).is_err(), "the first {} bytes", cut);
            }
        }
    }

    #[test]
    fn what_one_revision_says_is_said_in_the_other(parts in parts()) {
        // A configuration's name and a null application version are the current revision's alone.
        let request = parts.client_data(Revision::Seed);
        let answer = parts.extension_data(Revision::Seed);
        for (theirs, ours) in [(Revision::Seed, Revision::Current), (Revision::Current, Revision::Seed)] {
            let datum = write(&ClientData::schema(theirs), &client_data_value(&request, theirs));
            let datum = ClientData::decode_strict(&datum).unwrap().encode(ours).unwrap();
            agree(&ClientData::schema(ours), &client_data_value(&request, ours), &datum)?;

            let datum = write(&ExtensionData::schema(theirs), &extension_data_value(&answer, theirs));
            let datum = ExtensionData::decode_strict(&datum).unwrap().encode(ours).unwrap();
            agree(&ExtensionData::schema(ours), &extension_data_value(&answer, ours), &datum)?;
        }
    }

    #[test]
    fn a_reader_that_knows_the_seed_only_finds_the_name_of_a_configuration_behind_client_data(parts in parts()) {
        let data = parts.client_data(Revision::Current);
        let datum = data.encode(Revision::Current).unwrap();
        let schema = Schema::parse_str(&ClientData::schema(Revision::Seed)).unwrap();
        let mut rest = &datum[..];
        let value = GenericDatumReader::builder(&schema).build().unwrap().read_value(&mut rest).unwrap();
        prop_assert_eq!(value, client_data_value(&data, Revision::Seed));
        let name = data.config_name.map_or(0, |name| Writer::bytes_size(name.as_bytes()));
        prop_assert_eq!(rest.len(), Writer::BRANCH_SIZE + name);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300).prop_map(Bytes::from)) {
        // What was read and can be written in the revision it came in is the same record again.
        if let Ok(decoded) = ClientData::decode(&bytes) {
            let datum = decoded.record.encode(Revision::Current).unwrap();
            prop_assert_eq!(ClientData::decode_strict(&datum), Ok(decoded.record));
        }
        if let Ok(decoded) = ExtensionData::decode(&bytes) {
            let datum = decoded.record.encode(Revision::Current).unwrap();
            prop_assert_eq!(ExtensionData::decode_strict(&datum), Ok(decoded.record));
        }
    }
}

#[test]
fn the_schemas_explain_themselves() {
    for revision in REVISIONS {
        for json in [ClientData::schema(revision), ExtensionData::schema(revision)] {
            let Schema::Record(record) = Schema::parse_str(&json).unwrap() else { panic!("{json}") };
            assert!(record.doc.is_some_and(|doc| doc.ends_with('.')));
            for field in record.fields {
                let doc = field.doc.unwrap();
                assert!(doc.ends_with('.') && !doc.contains('`'), "{}: {doc}", field.name);
                let optional = ["timeout", "configName", "reasonPhrase"].contains(&field.name.as_str());
                assert_eq!(field.default.is_some(), optional, "{}", field.name);
            }
        }
    }
}
