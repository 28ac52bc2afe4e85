//! Commands from REST to the device and back, now and later.

use std::net::SocketAddr;

use kaa_tests::device::{Device, post};
use kaa_tests::http::call;
use kaa_tests::service::Service;
use serde_json::{Value, json};

use kaa_tests::world::World;

const REBOOT: &str = "/endpoints/device-1/commands/reboot";

async fn commanding() -> (World, Service, SocketAddr) {
    let world = World::start().await;
    let mut cex = world.service("cex", &[]).await;
    let rest = cex.rest().await;
    (world, cex, rest)
}

/// The commands that a device hears of next under this topic.
async fn hears(device: &mut Device, topic: &str) -> Value {
    let (heard, payload) = device.hears().await;
    assert_eq!(heard, format!("{topic}/status"), "{payload}");
    serde_json::from_str(&payload).unwrap()
}

/// The device says what became of a command.
async fn reports(device: &mut Device, topic: &str, result: &Value) {
    let confirmed = device.asks(topic, &json!([result]).to_string()).await;
    assert_eq!(confirmed, (format!("{topic}/status"), String::new()));
}

#[tokio::test]
async fn a_command_given_over_rest_is_pushed_to_its_device_and_the_result_comes_back() {
    let (world, _cex, rest) = commanding().await;
    let mut device = world.device("device-1").await;
    device.tell("cex/device-1/command/reboot/1", r#"{"observe":true}"#).await;
    assert_eq!(hears(&mut device, "cex/device-1/command/reboot/1").await, json!([]));

    let path = format!("{REBOOT}?await=8s");
    let given = call(rest, "POST", &path, r#"{"delay":1.50}"#);
    let done = async {
        let (topic, pushed) = device.hears().await;
        assert_eq!(topic, "cex/device-1/command/reboot/status");
        assert!(pushed.contains(r#"{"delay":1.50}"#), "passed on as it was written: {pushed}");
        let id = serde_json::from_str::<Value>(&pushed).unwrap()[0]["id"].clone();
        let result = json!({ "id": id, "statusCode": 200, "payload": { "uptime": 7 } });
        reports(&mut device, "cex/device-1/result/reboot/2", &result).await;
        id
    };
    let (answer, id) = tokio::join!(given, done);
    assert_eq!(answer.status, 200, "{answer:?}");
    let result = answer.json();
    assert_eq!(
        (&result["id"], &result["statusCode"], &result["payload"]["uptime"]),
        (&id, &json!(200), &json!(7))
    );
    let later = call(rest, "GET", &format!("{REBOOT}/{id}"), "").await;
    assert_eq!((later.status, later.json()), (200, result));
}

#[tokio::test]
async fn a_device_that_was_offline_gets_its_commands_in_order_when_it_asks() {
    let (world, _cex, rest) = commanding().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let given = call(rest, "POST", REBOOT, &number.to_string()).await;
        assert_eq!(given.status, 202, "{given:?}");
        ids.push(given.json()["id"].clone());
    }
    assert_eq!(call(rest, "GET", &format!("{REBOOT}/{}", ids[0]), "").await.status, 202);

    let mut device = world.device("device-1").await;
    device.tell("cex/device-1/command/reboot/1", "{}").await;
    let outstanding = hears(&mut device, "cex/device-1/command/reboot/1").await;
    let expected: Vec<_> =
        ids.iter().enumerate().map(|(number, id)| json!({ "id": id, "payload": number })).collect();
    assert_eq!(outstanding, json!(expected));

    let failed = json!({ "id": ids[0], "statusCode": 409, "reasonPhrase": "busy" });
    reports(&mut device, "cex/device-1/result/reboot/2", &failed).await;
    let result = call(rest, "GET", &format!("{REBOOT}/{}", ids[0]), "").await;
    assert_eq!(result.status, 200, "the result is there: {result:?}");
    assert_eq!(result.json()["reasonPhrase"], "busy");
    // What is done is not outstanding any more.
    let (code, outstanding) = post(&world.kpc, "cex/device-1/command/reboot", "{}").await;
    assert_eq!((code, serde_json::from_str::<Value>(&outstanding).unwrap()), (200, json!(expected[1..])));
}

#[tokio::test]
async fn a_result_of_no_command_is_404_and_what_is_no_result_400() {
    let (world, _cex, rest) = commanding().await;
    let mut device = world.device("device-1").await;
    for (payload, code) in [
        (r#"[{"id":7,"statusCode":200}]"#, 404),
        (r#"[{"id":"seven","statusCode":200}]"#, 400),
        (r#"{"id":7}"#, 400),
        ("[", 400),
    ] {
        device.tell("cex/device-1/result/reboot/1", payload).await;
        device.hears_error("cex/device-1/result/reboot/1", code).await;
    }
    assert_eq!(call(rest, "GET", &format!("{REBOOT}/7"), "").await.status, 404);
    assert_eq!(call(rest, "POST", REBOOT, "{").await.status, 400);
}
