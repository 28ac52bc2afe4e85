//! Who has handled a message, and where the time went there.

use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::elce::ConnectedEvent;
use kaa_ext::protocol::esp::{ClientData, Revision};
use kaa_ext::protocol::ism::Message;
use kaa_ext::{Builder, prelude::*};
use serde_json::{Value, json};

use super::browser::{Stage, echoing};

#[listener]
async fn heard(_: Event<ConnectedEvent>) {}

fn hearing(name: &str) -> Builder<()> {
    Extension::new(name).replica(format!("{name}-0")).listeners(listeners![heard])
}

async fn ask(stage: &Stage, correlation_id: &str) {
    let request = ClientData { correlation_id, resource_path: "/echo/a", ..ClientData::default() };
    let datum = request.encode(Revision::Seed).unwrap();
    stage.bus.publish("kaa.v1.service.echoes.esp.ClientData".parse().unwrap(), None, datum).await.unwrap();
}

async fn announce(stage: &Stage, correlation_id: &str) {
    let event =
        ConnectedEvent { correlation_id: correlation_id.into(), ..ConnectedEvent::default() }.to_bytes();
    let subject = "kaa.v1.events.kpc.endpoint.connectivity.connected".parse().unwrap();
    stage.bus.publish(subject, None, event).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_event_has_the_stages_of_each_that_heard_it_and_a_request_its_own() {
    let stage = Stage::new();
    let _echoes = stage.serve_found(echoing()).await;
    let _one = stage.serve_found(hearing("one")).await;
    let _two = stage.serve_found(hearing("two")).await;
    let mut browser = stage.watch().await;
    browser.until("services", |services| services.as_array().unwrap().len() == 3).await;
    ask(&stage, "c").await;
    announce(&stage, "c").await;

    let (mut asked, mut announced) = (Value::Null, Value::Null);
    while asked.is_null() || announced.is_null() {
        let shown = browser.until("exchange", |_| true).await;
        match (shown["id"].as_u64(), shown["handlers"].as_array().unwrap().len()) {
            (Some(1), 1) => asked = shown,
            (Some(2), 2) => announced = shown,
            _ => {}
        }
    }
    let of = |handler: &Value| {
        let names: Vec<_> =
            handler["stages"].as_array().unwrap().iter().map(|stage| &stage["name"]).collect();
        assert_eq!(names, ["on the bus", "handler", "answer"]);
        (handler["replica"].clone(), handler["function"].clone())
    };
    assert_eq!(
        (of(&asked["handlers"][0]), &asked["replica"]),
        ((json!("echoes-0"), json!("echo")), &json!("echoes-0"))
    );
    let mut heard: Vec<_> =
        announced["handlers"].as_array().unwrap().iter().map(of).map(|(replica, _)| replica).collect();
    heard.sort_unstable_by_key(Value::to_string);
    assert_eq!((heard, &announced["replica"]), (vec![json!("one-0"), json!("two-0")], &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_one_of_two_messages_is_said_of_neither() {
    let stage = Stage::new();
    let _one = stage.serve_found(hearing("one")).await;
    let mut browser = stage.watch().await;
    browser.until("services", |services| services != &json!([])).await;
    for correlation_id in ["same", "same", "", "other"] {
        announce(&stage, correlation_id).await;
    }
    browser.until("exchange", |shown| shown["id"] == 4 && shown["handlers"] != json!([])).await;
    drop(browser);
    let mut late = stage.watch().await;
    for id in 1..=3 {
        let shown = late.until("exchange", |shown| shown["id"] == id).await;
        assert_eq!(shown["handlers"], json!([]), "{shown}");
    }
}
