//! The device script: what every client plays, and what has to be seen, whatever the client, the version of
//! MQTT and the transport.

use kaa_tests::clients::Player;
use serde_json::{Value, json};

use crate::world::World;

/// What a client can do, and how it connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Staging {
    mqtt5: bool,
    websocket: bool,
}

#[tokio::test]
async fn paho_1_over_tcp() {
    plays(Player::Paho1, Staging::default()).await;
}

#[tokio::test]
async fn paho_1_with_mqtt_5() {
    plays(Player::Paho1, Staging { mqtt5: true, ..Staging::default() }).await;
}

#[tokio::test]
async fn paho_1_over_websocket() {
    plays(Player::Paho1, Staging { websocket: true, ..Staging::default() }).await;
}

#[tokio::test]
async fn paho_2_over_tcp() {
    plays(Player::Paho2, Staging::default()).await;
}

#[tokio::test]
async fn paho_2_with_mqtt_5() {
    plays(Player::Paho2, Staging { mqtt5: true, ..Staging::default() }).await;
}

#[tokio::test]
async fn paho_2_over_websocket_with_mqtt_5() {
    plays(Player::Paho2, Staging { mqtt5: true, websocket: true }).await;
}

#[tokio::test]
async fn mqtt_js_over_tcp() {
    plays(Player::MqttJs, Staging::default()).await;
}

#[tokio::test]
async fn mqtt_js_with_mqtt_5() {
    plays(Player::MqttJs, Staging { mqtt5: true, ..Staging::default() }).await;
}

#[tokio::test]
async fn mqtt_js_over_websocket() {
    plays(Player::MqttJs, Staging { websocket: true, ..Staging::default() }).await;
}

async fn plays(player: Player, staging: Staging) {
    let world = World::start().await;
    let port = world.port(if staging.websocket { "http" } else { "mqtt" });
    let mut arguments = vec!["--port", &port, "--token", "device-1"];
    arguments.extend(staging.mqtt5.then_some("--mqtt5"));
    arguments.extend(staging.websocket.then_some("--websocket"));
    let played = player.play(&arguments).await;
    check(&played, &expected("device-1", staging.mqtt5, player != Player::MqttJs));
}

/// Compares act by act.
pub(crate) fn check(played: &[Value], expected: &[(&str, Value)]) {
    let acts: Vec<_> = expected.iter().map(|(act, _)| *act).collect();
    let acts_played: Vec<_> = played.iter().map(|observation| observation["act"].as_str().unwrap()).collect();
    assert_eq!(acts_played, acts);
    for ((act, expected), played) in expected.iter().zip(played) {
        assert_eq!(in_order_of_topics(&played["seen"]), in_order_of_topics(expected), "{act}");
    }
}

/// What goes to different topics has no order; what goes to one has.
fn in_order_of_topics(seen: &Value) -> Value {
    let mut seen: Vec<Value> = seen.as_array().unwrap().iter().map(with_error_read).collect();
    seen.sort_by_key(|message| message[0].as_str().map(str::to_owned));
    seen.into()
}

/// Reads the payload of an error. Its reason is for people: it has to be there, whatever it says.
fn with_error_read(message: &Value) -> Value {
    let (Some(topic), Some(payload)) = (message[0].as_str(), message[2].as_str()) else {
        return message.clone();
    };
    if !topic.ends_with("/error") {
        return message.clone();
    }
    let mut error: Value = serde_json::from_str(payload).unwrap();
    let reason = error.as_object_mut().unwrap().remove("reasonPhrase");
    assert!(reason.is_some_and(|reason| !reason.as_str().unwrap().is_empty()), "{payload}");
    json!([topic, message[1], error])
}

/// What every client sees: topic, quality of service and payload of each message.
pub(crate) fn expected(token: &str, mqtt5: bool, is_hasty: bool) -> Vec<(&'static str, Value)> {
    let quickstart = |rest: &str| format!("kp1/av/quickstart/{token}{rest}");
    let stage = |rest: &str| format!("kp1/av/stage/{token}{rest}");
    let mut acts = vec![
        ("data with a request ID", json!([[quickstart("/json/42/status"), 0, r#"{"accepted":1}"#]])),
        // Of a success without a request ID nothing comes.
        ("data without a request ID", json!([[quickstart("/echo/43/status"), 0, "after it"]])),
        ("an unknown resource", json!([[quickstart("/weather/44/error"), 0, {"statusCode": 404}]])),
        (
            "an unknown resource, without a request ID",
            json!([[quickstart("/weather/error"), 0, {"statusCode": 404}]]),
        ),
        (
            "an extension that nobody serves",
            json!([[format!("kp1/av/nobody/{token}/json/45/error"), 0, {"statusCode": 503}]]),
        ),
        // Nobody has subscribed to anything.
        (
            "a push",
            json!([
                [stage("/observe/46/status"), 0, ""],
                [stage("/observe/status"), 0, "news"],
                [stage(&format!("-teller/push/{token}/47/status")), 0, ""],
            ]),
        ),
        // Request IDs start at 0, are reused, and wait side by side.
        (
            "two endpoints",
            json!([
                [quickstart("-a/echo/0/status"), 0, "a0"],
                [quickstart("-a/echo/0/status"), 0, "a0"],
                [quickstart("-a/echo/1/status"), 0, "a1"],
                [quickstart("-b/echo/0/status"), 0, "b0"],
                [quickstart("-b/echo/1/status"), 0, "b1"],
            ]),
        ),
        // An answer has the quality of service of its request; 2 is granted as 1.
        (
            "every quality of service",
            json!([
                [quickstart("/echo/50/status"), 0, "QoS 0"],
                [quickstart("/echo/51/status"), 1, "QoS 1"],
                [quickstart("/echo/52/status"), 1, "QoS 2"],
            ]),
        ),
        ("an empty payload", json!([[quickstart("/echo/53/status"), 0, ""]])),
        // Whatever could match the topics of others is refused.
        ("subscriptions", json!([false, false, false, true])),
        // The server of MQTT 3.1.1 has no way to say why it closes a connection.
        (
            "a takeover",
            json!([
                if mqtt5 { "taken over" } else { "closed" },
                [quickstart("/echo/54/status"), 0, "it is me"],
                [stage("/observe/status"), 0, "more news"],
                [stage(&format!("-teller/push/{token}/55/status")), 0, ""],
            ]),
        ),
    ];
    if is_hasty {
        acts.push((
            "a request before CONNACK",
            json!([[quickstart("/echo/56/status"), 0, "CONNACK is not here"]]),
        ));
    }
    acts
}
