//! `mosquitto_pub`, `mosquitto_sub` and `mosquitto_rr`, as people type them.

use std::collections::BTreeSet;

use kaa_tests::clients::{Ended, run};
use serde_json::{Value, json};

use crate::world::World;

/// A version of MQTT as mosquitto's clients call it.
const VERSIONS: [&str; 2] = ["mqttv311", "mqttv5"];

/// Types a command of mosquitto for the MQTT listener.
async fn mosquitto(world: &World, program: &str, version: &str, arguments: &[&str]) -> Ended {
    let port = world.port("mqtt");
    let to_here = ["-h", "127.0.0.1", "-p", &port, "-V", version];
    run(program, &[&to_here, arguments].concat()).await
}

/// Publishes to `topic` and waits for one message; its topic, quality of service and payload. The client
/// cannot but subscribe to the topic of the answer.
async fn request(world: &World, version: &str, topic: &str, answer: &str, rest: &[&str]) -> Value {
    let what = ["-t", topic, "-e", answer, "-F", r#"["%t",%q,"%x"]"#, "-W", "10"];
    let ended = mosquitto(world, "mosquitto_rr", version, &[&what, rest].concat()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut seen: Value = serde_json::from_str(&ended.stdout).unwrap();
    let payload = data_encoding::HEXLOWER.decode(seen[2].as_str().unwrap().as_bytes()).unwrap();
    seen[2] = String::from_utf8(payload).unwrap().into();
    seen
}

#[tokio::test]
async fn what_people_type_first_is_taken() {
    let world = World::start().await;
    for qos in ["0", "1", "2"] {
        let topic = "kp1/av/quickstart/device-1/json/42";
        let data = ["-t", topic, "-q", qos, "-m", r#"[{"temperature":21}]"#];
        let ended = mosquitto(&world, "mosquitto_pub", "mqttv311", &data).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "QoS {qos}");
    }
}

#[tokio::test]
async fn what_is_published_with_any_quality_of_service_reaches_the_extension_once() {
    let world = World::start().await;
    for version in VERSIONS {
        let count = format!("kp1/av/quickstart/{version}/count");
        for qos in ["0", "1", "2"] {
            // It leaves at once, so nobody is there for the answer.
            let ended = mosquitto(&world, "mosquitto_pub", version, &["-t", &count, "-q", qos, "-n"]).await;
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "QoS {qos}");
        }
        let (request_id, answer) = (format!("{count}/4"), format!("{count}/4/status"));
        let seen = request(&world, version, &request_id, &answer, &["-n"]).await;
        assert_eq!(seen, json!([answer, 0, "4"]));
    }
}

#[tokio::test]
async fn an_answer_comes_with_the_quality_of_service_of_its_request() {
    let world = World::start().await;
    for version in VERSIONS {
        for (qos, answered) in [("0", 0), ("1", 1), ("2", 1)] {
            let topic = format!("kp1/av/quickstart/device-1/echo/{qos}");
            let answer = format!("{topic}/status");
            let seen = request(&world, version, &topic, &answer, &["-q", qos, "-m", "any bytes"]).await;
            assert_eq!(seen, json!([answer, answered, "any bytes"]));
        }
    }
}

#[tokio::test]
async fn errors_come_on_a_topic_of_their_own() {
    let world = World::start().await;
    for version in VERSIONS {
        for (topic, status) in [
            ("kp1/av/quickstart/device-1/weather/42", 404),
            ("kp1/av/quickstart/device-1/weather", 404),
            ("kp1/av/nobody/device-1/json/42", 503),
        ] {
            let answer = format!("{topic}/error");
            let seen = request(&world, version, topic, &answer, &["-n"]).await;
            assert_eq!(seen[0], answer);
            let error: Value = serde_json::from_str(seen[2].as_str().unwrap()).unwrap();
            let fields: BTreeSet<_> = error.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(fields, BTreeSet::from(["reasonPhrase", "statusCode"]));
            assert_eq!(error["statusCode"], status);
        }
    }
}

#[tokio::test]
async fn a_push_is_the_first_that_comes_of_a_request_without_a_request_id() {
    let world = World::start().await;
    for version in VERSIONS {
        let observe = format!("kp1/av/stage/{version}/observe");
        let pushed_to = format!("{observe}/status");
        let pushing = async {
            let push = format!("http://{}/kp1/av/stage/teller/push/{version}", world.kpc.address("http"));
            // 404 until the device observes.
            let arguments = ["-sS", "--retry", "20", "--retry-delay", "0", "--retry-all-errors", "--fail"];
            run("curl", &[&arguments[..], &["-X", "POST", "-d", "news", &push]].concat()).await
        };
        let (seen, pushed) = tokio::join!(request(&world, version, &observe, &pushed_to, &["-n"]), pushing);
        assert_eq!(pushed.code, Some(0), "{pushed:?}");
        // The push has the quality of service of the subscription, which is mosquitto's default.
        assert_eq!(seen, json!([pushed_to, 0, "news"]));
    }
}

#[tokio::test]
async fn a_subscription_to_everything_is_refused_and_one_to_a_topic_of_its_own_is_granted() {
    let world = World::start().await;
    for version in VERSIONS {
        for filter in ["#", "kp1/+/quickstart/device-1/#", "$SYS/#"] {
            let ended = mosquitto(&world, "mosquitto_sub", version, &["-t", filter, "-E"]).await;
            assert!(ended.stderr.contains("denied"), "{version} {filter}: {ended:?}");
        }
        let own = ["-t", "kp1/av/quickstart/device-1/#", "-E"];
        let ended = mosquitto(&world, "mosquitto_sub", version, &own).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    }
}
