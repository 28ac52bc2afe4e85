//! A service by hand and an extension under one name: the two of `docs/how-to/migrating.md`.

use std::collections::BTreeSet;

use apache_avro::Schema;
use kaa_bus::{Bus, NatsOptions, Subject};
use kaa_protocol::avro::Record;
use kaa_protocol::catalog::RECORDS;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::{PATIENCE, soon};
use serde::{Deserialize, Serialize};

use crate::{by_hand, extension};

/// What the service is about, whoever carries its messages.
#[derive(Deserialize)]
pub(crate) struct Reading {
    celsius: f64,
}

#[derive(Serialize)]
pub(crate) struct Advice {
    heat: bool,
}

pub(crate) fn advice(reading: &Reading) -> Advice {
    Advice { heat: reading.celsius < 19.0 }
}

/// The oldest revision, which every service of 4/ESP understands.
fn schema(record: &str) -> Schema {
    let mut revisions = RECORDS.iter().filter(|info| info.protocol == "4/ESP" && info.name == record);
    let seed = revisions.find(|info| info.revision == Some("seed")).unwrap();
    Schema::parse_str(&seed.schema()).unwrap()
}

/// Status and payload of the answer to a request of some device.
async fn ask(bus: &Bus, path: &str, payload: &[u8]) -> (i32, Option<Vec<u8>>) {
    let data = ClientData {
        correlation_id: "c",
        app_version_name: "app-v1",
        endpoint_id: Some("ep-1"),
        resource_path: path,
        request_id: Some(1),
        payload,
        ..ClientData::default()
    };
    let subject: Subject = "kaa.v1.service.climate.esp.ClientData".parse().unwrap();
    let answer = bus.request(subject, data.encode(Revision::Seed).unwrap(), PATIENCE).await.unwrap();
    let data = ExtensionData::decode_strict(&answer.payload).unwrap();
    (data.status_code, data.payload.map(<[u8]>::to_vec))
}

#[tokio::test]
async fn a_service_by_hand_and_an_extension_share_the_requests_and_give_the_same_answers() {
    let server = NatsServer::start().await;
    let by_hand = async_nats::connect(server.url()).await.unwrap();
    let serving =
        tokio::spawn(by_hand::serve(by_hand.clone(), schema("ClientData"), schema("ExtensionData")));
    let connect =
        || async { soon("a connection", Bus::nats(NatsOptions::new(&server.url()).unwrap())).await.unwrap() };
    let bus = connect().await;
    // Before the extension is there, the one by hand serves alone.
    let alone = async {
        while bus
            .request("kaa.v1.service.climate.esp.ClientData".parse().unwrap(), "".into(), PATIENCE / 100)
            .await
            .is_err_and(|error| matches!(error, kaa_bus::RequestError::NoResponders { .. }))
        {
            tokio::task::yield_now().await;
        }
    };
    soon("the service by hand", alone).await;
    // What is no ClientData has ended it: a loop like this one ends at the first message that it does not understand.
    assert!(soon("the end of the service by hand", serving).await.unwrap().is_err());

    let (client_data, extension_data) = (schema("ClientData"), schema("ExtensionData"));
    let serving = tokio::spawn(by_hand::serve(by_hand.clone(), client_data, extension_data));
    let replica = extension::extension().replica("climate-0").build().unwrap();
    let replica = replica.serve(connect().await).start().await.unwrap();
    let asked = [("/temperature", &br#"{"celsius":18}"#[..]), ("/temperature", b"warm"), ("/nowhere", b"")];
    let mut answers = BTreeSet::new();
    let mut total = 0;
    let both = async {
        loop {
            for (path, payload) in asked {
                answers.insert((path, payload, ask(&bus, path, payload).await));
                total += 1;
            }
            let of_extension = replica.counters().received;
            if of_extension >= 20 && total - of_extension >= 20 {
                return;
            }
        }
    };
    soon("both to get their share", both).await;
    let heat = Some(br#"{"heat":true}"#.to_vec());
    let [well, malformed, nowhere] = asked;
    let expected = [
        (well.0, well.1, (200, heat)),
        (malformed.0, malformed.1, (400, None)),
        (nowhere.0, nowhere.1, (404, None)),
    ];
    assert_eq!(answers, expected.into());
    serving.abort();
}
