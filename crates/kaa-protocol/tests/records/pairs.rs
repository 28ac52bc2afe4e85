//! Every record given to every reader: messages of another type on our subject.
//!
//! Nothing on the wire names the type of a message, so a reader can only see that the bytes do not
//! fit. Most do not. What fits is listed here, with the reason; the subject has to tell those apart.

use std::collections::BTreeSet;

use apache_avro::Schema;
use kaa_protocol::avro::Record;
use kaa_protocol::catalog::RECORDS;
use kaa_protocol::cdtp::ConfigUpdated;
use kaa_protocol::cmx2cdp::Updated;
use kaa_protocol::ism::Message;
use kaa_protocol::{ByteString, Bytes};

use crate::values::typical_datums;
use crate::{label, oracle};

/// Records with the same types in the same order: one is as good as the other.
const SAME_SHAPE: &[(&str, &[&str])] = &[
    ("Int Null|String", &["14/TSTP TimeSeriesProcessed", "16/ECAP EndpointTokenStatusTransitionResponse"]),
    (
        "String String String",
        &[
            "9/ELCE RegisteredEvent",
            "9/ELCE UnregisteredEvent",
            "16/ECAP EndpointTokenStatusTransitionRequest",
            "22/CAP ClientBasicAuthenticationRequest",
            "22/CAP ClientCredentialsRevokedEvent",
        ],
    ),
    (
        "String String",
        &[
            "16/ECAP EndpointTokenValidationRequest",
            "16/ECAP ClientCertificateValidationRequest",
            "16/ECAP ClientCredentialRevokedEvent",
            "22/CAP ClientCertificateAuthenticationRequest",
        ],
    ),
    (
        "String|Null String|Null Int Null|String",
        &[
            "16/ECAP EndpointTokenValidationResponse",
            "16/ECAP ClientUsernamePasswordValidationResponse",
            "16/ECAP ClientCertificateValidationResponse",
            "22/CAP ClientBasicAuthenticationResponse",
        ],
    ),
    ("{String} String", &["9/ELCE ConnectedEvent", "9/ELCE DisconnectedEvent"]),
];

/// Revisions of one record: each reader knows both.
const REVISIONS: &[(&str, &[&str])] = &[
    ("4/ESP ClientData (current)", &["4/ESP ClientData (seed)"]),
    ("4/ESP ClientData (seed)", &["4/ESP ClientData (current)"]),
    ("4/ESP ExtensionData (current)", &["4/ESP ExtensionData (seed)"]),
    ("4/ESP ExtensionData (seed)", &["4/ESP ExtensionData (current)"]),
];

/// The branch 0 of `["string", "null"]` reads as an empty text, and its text as one more field.
const BRANCH_AS_TEXT: &[(&str, &[&str])] = &[(
    "16/ECAP ClientUsernamePasswordValidationRequest",
    &["9/ELCE AppVersionUpdatedEvent", "16/ECAP EndpointTokenRevokedEvent"],
)];

/// Datums in which everything is null or empty that can be: an empty array, an empty map, an empty
/// text, a 0 and a branch are the same byte.
const EMPTY: &[(&str, &[&str])] = &[
    (
        "4/ECS2EXT EcsToExtensionInboundMessage (seed)",
        &[
            "4/ESP ClientData (seed)",
            "4/ESP ClientData (current)",
            "9/ELCE AppVersionUpdatedEvent",
            "12/CIP CommandInvocationRequest",
        ],
    ),
    ("4/ECS2EXT EcsToExtensionOutboundMessage (seed)", &["6/CDTP ConfigRequest"]),
    (
        "6/CDTP ConfigRequest",
        &[
            "5/CMX2CDP ConfigRequest",
            "9/ELCE AppVersionUpdatedEvent",
            "12/CIP CommandInvocationRequest",
            "13/DSTP DataSamplesEvent",
            "14/TSTP TimeSeriesEvent",
            "16/ECAP EndpointTokenRevokedEvent",
        ],
    ),
    ("9/ELCE ConnectedEvent", SAME_SHAPE[2].1),
    ("9/ELCE DisconnectedEvent", SAME_SHAPE[2].1),
    ("12/CIP CommandInvocationResult", &["5/CMX2CDP ConfigResponse"]),
    ("13/DSTP DataSamplesEvent", &["9/ELCE AppVersionUpdatedEvent", "14/TSTP TimeSeriesEvent"]),
    ("14/TSTP TimeSeriesEvent", &["9/ELCE AppVersionUpdatedEvent", "13/DSTP DataSamplesEvent"]),
    ("16/ECAP EndpointTokenRevokedEvent", &["9/ELCE AppVersionUpdatedEvent"]),
    ("16/ECAP EndpointTokenValidationResponse", &["13/DSTP DataSamplesProcessed"]),
    ("16/ECAP ClientUsernamePasswordValidationResponse", &["13/DSTP DataSamplesProcessed"]),
    ("16/ECAP ClientCertificateValidationResponse", &["13/DSTP DataSamplesProcessed"]),
    ("22/CAP ClientBasicAuthenticationResponse", &["13/DSTP DataSamplesProcessed"]),
];

/// The types of the fields behind the header, without their names.
fn shape(schema: &Schema) -> String {
    match schema {
        Schema::Record(record) => {
            let fields: Vec<_> = record.fields.iter().map(|field| shape(&field.schema)).collect();
            fields.join(" ").trim_start_matches("String Long Long ").to_owned()
        }
        Schema::Array(array) => format!("[{}]", shape(&array.items)),
        Schema::Map(map) => format!("{{{}}}", shape(&map.types)),
        Schema::Union(union) => union.variants().iter().map(shape).collect::<Vec<_>>().join("|"),
        other => format!("{other:?}"),
    }
}

fn known() -> BTreeSet<(String, String)> {
    let mut known = BTreeSet::new();
    for (_, alike) in SAME_SHAPE {
        for one in *alike {
            let others = alike.iter().filter(|other| *other != one);
            known.extend(others.map(|other| ((*one).to_owned(), (*other).to_owned())));
        }
    }
    for (written, readers) in [REVISIONS, BRANCH_AS_TEXT, EMPTY].concat() {
        known.extend(readers.iter().map(|reader| (written.to_owned(), (*reader).to_owned())));
    }
    known
}

#[test]
fn a_record_of_another_type_is_refused_or_known_to_look_the_same() {
    let mut fitting = BTreeSet::new();
    for written in RECORDS {
        for datum in typical_datums(written) {
            for reader in RECORDS.iter().filter(|reader| label(reader) != label(written)) {
                if (reader.check)(&datum) == Ok(0) {
                    fitting.insert((label(written), label(reader)));
                }
            }
        }
    }
    let known = known();
    let surprises: Vec<_> = fitting.difference(&known).collect();
    assert!(surprises.is_empty(), "these are not told apart, and nobody says why: {surprises:#?}");
    let mended: Vec<_> = known.difference(&fitting).collect();
    assert!(mended.is_empty(), "these are told apart now; take them off the list: {mended:#?}");
}

#[test]
fn records_of_the_same_shape_are_listed_as_such() {
    for (expected, names) in SAME_SHAPE {
        let alike = RECORDS.iter().filter(|info| shape(&oracle::schema(info)) == *expected);
        assert_eq!(alike.map(label).collect::<Vec<_>>(), *names, "{expected}");
    }
}

/// Texts like those that services use for their names and IDs.
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn uuid(&mut self) -> ByteString {
        let (high, low) = (self.next(), self.next());
        let text = format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        );
        text.into()
    }
}

/// Both protocols have a message for `…endpoint.config.updated`, with different meanings.
#[test]
fn neither_message_of_the_shared_subject_is_taken_for_the_other() {
    let mut ids = Ids(0x5eed_0006);
    for round in 0..20_000 {
        let legacy = Updated {
            correlation_id: ids.uuid(),
            event_timestamp: 1_490_262_793_349 + round,
            originator_replica_id: if round % 3 == 0 { "cmx-0".into() } else { ids.uuid() },
            app_version_token: "humidity-sensor-v3".into(),
            endpoint_id: ids.uuid(),
            config_version: i32::try_from(round).unwrap(),
        };
        let datum = legacy.to_bytes();
        let taken = ConfigUpdated::decode(&datum);
        assert!(
            taken.as_ref().is_ok_and(|decoded| decoded.trailing > 0) || taken.is_err(),
            "{legacy:?} is taken for {taken:?}"
        );

        let modern = ConfigUpdated {
            correlation_id: ids.uuid(),
            timestamp: 1_490_262_793_349 + round,
            timeout: if round % 2 == 0 { 0 } else { 3_600_000 },
            app_version_name: "humidity-sensor-v3".into(),
            endpoint_id: ids.uuid(),
            config_id: if round % 5 == 0 { "7".into() } else { ids.uuid() },
            content: Bytes::from_static(br#"{"sampling":200}"#),
            originator_replica_id: (round % 7 != 0).then(|| ids.uuid()),
            ..ConfigUpdated::default()
        };
        let datum = modern.to_bytes();
        match Updated::decode(&datum) {
            // An empty replica, the length of the ID as the version, and all the rest behind it.
            Ok(decoded) => {
                assert_eq!((modern.timeout, &*decoded.record.originator_replica_id), (0, ""));
                assert!(decoded.trailing > modern.config_id.len() + modern.content.len());
            }
            // The timeout is no length of a replica.
            Err(error) => assert_eq!(error.field(), Some("originatorReplicaId"), "{modern:?}"),
        }
    }
}
