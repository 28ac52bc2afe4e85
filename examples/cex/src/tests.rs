use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use kaa_ext::bus::RequestError;
use kaa_ext::protocol::cip::{CommandInvocationRequest, CommandInvocationResult};
use kaa_ext::testing::{Device, TestKaa, settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use super::*;

const REBOOT: &str = "/endpoints/ep-1/commands/reboot";

/// A Kaa with the service, and its REST port without a socket.
struct Cex {
    kaa: TestKaa,
    rest: Router,
}

impl Cex {
    async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let app = App::new(&settings);
        let kaa = TestKaa::start(app.clone().extension(&settings).build().unwrap()).await;
        Self { kaa, rest: rest::api(app).into() }
    }

    async fn call(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = HttpRequest::builder().method(method).uri(path);
        let response = self.rest.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await;
        let (head, body) = response.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{body:?}")))
    }

    /// Gives a command that nobody waits for: its number.
    async fn give(&self, path: &str, payload: &str) -> i64 {
        let (status, command) = self.call("POST", path, payload).await;
        assert_eq!(status, 202, "{command}");
        command["id"].as_i64().unwrap()
    }

    async fn invoke(
        &self,
        request: CommandInvocationRequest,
    ) -> Result<CommandInvocationResult, RequestError> {
        self.kaa.service("caller").request(&request).await
    }
}

fn invocation(id: i32, payload: &'static str) -> CommandInvocationRequest {
    CommandInvocationRequest {
        endpoint_id: "ep-1".into(),
        command_type: "reboot".into(),
        command_id: id,
        payload: Some(payload.into()),
        ..CommandInvocationRequest::default()
    }
}

async fn commands(device: &Device, path: &str) -> Value {
    device.request(path).json(json!({})).await.assert_status(200).json()
}

async fn say(device: &Device, results: Value) -> i32 {
    device.request("/result/reboot").json(results).await.status
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_until_its_device_asks_and_the_result_comes_back() {
    let cex = Cex::start().await;
    let device = cex.kaa.endpoint("ep-1");
    let id = cex.give(REBOOT, r#"{"delay": 1.50}"#).await;
    device
        .request("/command/reboot")
        .json(json!({}))
        .await
        .assert_text(&format!(r#"[{{"id":{id},"payload":{{"delay": 1.50}}}}]"#));
    let path = format!("{REBOOT}/{id}");
    assert_eq!(cex.call("GET", &path, "").await, (202, json!({ "id": id })));

    let result = json!({ "id": id, "statusCode": 200, "reasonPhrase": "done", "payload": null });
    assert_eq!(say(&device, json!([result])).await, 200);
    assert_eq!(cex.call("GET", &path, "").await, (200, result));
    assert_eq!(commands(&device, "/command/reboot").await, json!([]));
}

#[tokio::test(start_paused = true)]
async fn what_is_outstanding_comes_oldest_first_and_by_its_type() {
    let cex = Cex::start().await;
    let device = cex.kaa.endpoint("ep-1");
    let first = cex.give(REBOOT, "1").await;
    let other = cex.give("/endpoints/ep-1/commands/blink", "").await;
    let last = cex.give(REBOOT, "2").await;
    cex.give("/endpoints/ep-2/commands/reboot", "3").await;
    let reboots = json!([{ "id": first, "payload": 1 }, { "id": last, "payload": 2 }]);
    assert_eq!(commands(&device, "/command/reboot").await, reboots);
    let all = json!([
        { "id": first, "type": "reboot", "payload": 1 },
        { "id": other, "type": "blink" },
        { "id": last, "type": "reboot", "payload": 2 },
    ]);
    assert_eq!(commands(&device, "/command").await, all);
}

#[tokio::test(start_paused = true)]
async fn an_observer_gets_a_command_at_once_and_its_caller_the_result() {
    let cex = Cex::start().await;
    let mut device = cex.kaa.endpoint("ep-1");
    device.request("/command/reboot").json(json!({ "observe": true })).await.assert_text("[]");
    assert!(device.is_pinned());
    let work = async {
        let push = device.next_push().await;
        push.assert_path("/command/reboot");
        let id = push.json::<Value>()[0]["id"].clone();
        assert_eq!(say(&device, json!([{ "id": id, "statusCode": 503 }])).await, 200);
        id
    };
    let path = format!("{REBOOT}?await=10s");
    let ((status, result), id) = tokio::join!(cex.call("POST", &path, "7"), work);
    assert_eq!((status, result), (200, json!({ "id": id, "statusCode": 503 })));
    assert!(device.is_pinned());
}

#[tokio::test(start_paused = true)]
async fn commands_are_pushed_in_the_order_in_which_they_were_given() {
    let cex = Cex::start().await;
    let mut device = cex.kaa.endpoint("ep-1");
    commands(&device, "/command/reboot").await;
    let all: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    let mut given = tokio::task::JoinSet::new();
    for payload in &all {
        let (rest, payload) = (cex.rest.clone(), payload.clone());
        given.spawn(async move {
            let request = HttpRequest::builder().method("POST").uri(REBOOT).body(Body::from(payload));
            rest.oneshot(request.unwrap()).await.unwrap().status()
        });
    }
    let mut pushed = Vec::new();
    for _ in &all {
        pushed.push(device.next_push().await.json::<Value>()[0].clone());
    }
    assert!(given.join_all().await.iter().all(|status| *status == 202));
    // What a device gets when it asks is in the order in which they were given.
    assert_eq!(commands(&device, "/command/reboot").await, json!(pushed));
}

#[tokio::test(start_paused = true)]
async fn a_command_is_not_pushed_while_its_device_is_being_answered() {
    let app = App::new(&Settings::default());
    let kaa = TestKaa::start(app.clone().extension(&Settings::default()).build().unwrap()).await;
    let mut device = kaa.endpoint("ep-1");
    commands(&device, "/command/reboot").await;
    // What an answer holds until it is with the bus.
    let answering = app.turns.take(&"ep-1".parse().unwrap()).await;
    let (endpoint, reboot) = ("ep-1".parse().unwrap(), "reboot".parse().unwrap());
    let mut order = std::pin::pin!(app.order(&endpoint, &reboot, Some(1), None));
    tokio::select! {
        biased;
        _ = &mut order => panic!("it has overtaken the answer"),
        () = std::future::ready(()) => {}
    }
    // Others are not held up.
    let other = "ep-2".parse().unwrap();
    app.order(&other, &reboot, Some(1), None).await.unwrap();
    drop(answering);
    order.await.unwrap();
    device.next_push().await.assert_json(json!([{ "id": 1 }]));
    // An answer that was sent holds nothing any more.
    commands(&device, "/command/reboot").await;
    app.order(&endpoint, &reboot, Some(2), None).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_observer_of_every_type_is_told_the_type() {
    let cex = Cex::start().await;
    let mut device = cex.kaa.endpoint("ep-1");
    commands(&device, "/command").await;
    let id = cex.give(REBOOT, "").await;
    let push = device.next_push().await;
    push.assert_path("/command").assert_json(json!([{ "id": id, "type": "reboot" }]));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_observe_any_more_gets_no_push() {
    let cex = Cex::start().await;
    let device = cex.kaa.endpoint("ep-1");
    device.request("/command/reboot").json(json!({ "observe": true })).await.assert_status(200);
    device.request("/command/reboot").json(json!({ "observe": false })).await.assert_status(200);
    let id = cex.give(REBOOT, "").await;
    assert_eq!(cex.kaa.counters().pushed, 0);
    assert_eq!(commands(&device, "/command/reboot").await, json!([{ "id": id }]));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_observes_many_types_costs_no_other_its_pushes() {
    let cex = Cex::with(Settings { observers: 2.try_into().unwrap(), ..Settings::default() }).await;
    let (mut modest, mut greedy) = (cex.kaa.endpoint("ep-1"), cex.kaa.endpoint("ep-2"));
    commands(&modest, "/command/reboot").await;
    for number in 0..100 {
        commands(&greedy, &format!("/command/type-{number}")).await;
    }
    let id = cex.give(REBOOT, "").await;
    modest.next_push().await.assert_json(json!([{ "id": id }]));
    // It has those that it asked for last.
    for number in [83, 84, 99] {
        cex.give(&format!("/endpoints/ep-2/commands/type-{number}"), "").await;
    }
    assert_eq!(cex.kaa.counters().pushed, 3);
    for number in [84, 99] {
        greedy.next_push().await.assert_path(&format!("/command/type-{number}"));
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_asked_for_gets_the_number_and_not_the_result() {
    let cex = Cex::start().await;
    let before = tokio::time::Instant::now();
    let (status, command) = cex.call("POST", &format!("{REBOOT}?await=10s"), "").await;
    assert_eq!((status, &command["statusCode"]), (202, &Value::Null));
    assert_eq!(before.elapsed().as_secs(), 10);
}

/// Through a socket, where the port gives up on who takes too long.
#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_the_port_does_gets_the_number_all_the_same() {
    let mut config = Config::<Settings>::default();
    config.extension.rest = kaa_ext::rest::RestConfig::on_port(0);
    let running = start(Bus::memory(), config).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(running.rest_addr().unwrap()).await.unwrap();
    let request = format!("POST {REBOOT}?await=5m HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let body = answer.rsplit("\r\n\r\n").next().unwrap();
    assert!(answer.starts_with("HTTP/1.0 202 ") && body.starts_with("{\"id\":"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn the_first_word_about_a_command_counts_and_what_is_none_is_named() {
    let cex = Cex::start().await;
    let device = cex.kaa.endpoint("ep-1");
    let id = cex.give(REBOOT, "").await;
    assert_eq!(say(&device, json!([{ "id": id, "statusCode": 200 }])).await, 200);
    assert_eq!(say(&device, json!([{ "id": id, "statusCode": 500 }])).await, 200);
    let result = json!({ "id": id, "statusCode": 200 });
    assert_eq!(cex.call("GET", &format!("{REBOOT}/{id}"), "").await, (200, result));

    let known = cex.give(REBOOT, "").await;
    let unknown = (1..).find(|number| ![id, known].contains(number)).unwrap();
    let results = json!([{ "id": unknown, "statusCode": 200 }, { "id": known, "statusCode": 200 }]);
    let reply = device.request("/result/reboot").json(results).await;
    assert!(reply.assert_status(404).reason.as_deref().unwrap().ends_with(&format!("such as {unknown}")));
    assert_eq!(cex.call("GET", &format!("{REBOOT}/{known}"), "").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_device_has_no_say_in_the_commands_of_others_or_of_other_types() {
    let cex = Cex::start().await;
    let id = cex.give(REBOOT, "").await;
    assert_eq!(say(&cex.kaa.endpoint("ep-2"), json!([{ "id": id, "statusCode": 200 }])).await, 404);
    let device = cex.kaa.endpoint("ep-1");
    let results = json!([{ "id": id, "statusCode": 200 }]);
    device.request("/result/blink").json(results).await.assert_status(404);
    assert_eq!(cex.call("GET", &format!("{REBOOT}/{id}"), "").await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_command_is_forgotten_when_its_time_is_over() {
    let cex = Cex::with(Settings { ttl: Duration::from_secs(10), ..Settings::default() }).await;
    let device = cex.kaa.endpoint("ep-1");
    let id = cex.give(REBOOT, "").await;
    tokio::time::advance(Duration::from_millis(9_999)).await;
    assert_eq!(commands(&device, "/command/reboot").await, json!([{ "id": id }]));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(commands(&device, "/command/reboot").await, json!([]));
    assert_eq!(say(&device, json!([{ "id": id, "statusCode": 200 }])).await, 404);
    assert_eq!(cex.call("GET", &format!("{REBOOT}/{id}"), "").await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_so_many_commands_and_done_ones_make_room() {
    let cex = Cex::with(Settings { per_endpoint: 2, ..Settings::default() }).await;
    let first = cex.give(REBOOT, "").await;
    cex.give(REBOOT, "").await;
    assert_eq!(cex.call("POST", REBOOT, "").await.0, 429);
    cex.give("/endpoints/ep-2/commands/reboot", "").await;
    assert_eq!(say(&cex.kaa.endpoint("ep-1"), json!([{ "id": first, "statusCode": 200 }])).await, 200);
    cex.give(REBOOT, "").await;
    assert_eq!(cex.call("GET", &format!("{REBOOT}/{first}"), "").await.0, 404);
    // What made room is counted no more, and what is forgotten with time is not the wrong one.
    tokio::time::advance(Settings::default().ttl).await;
    let later = [cex.give(REBOOT, "").await, cex.give(REBOOT, "").await];
    assert_eq!(cex.call("POST", REBOOT, "").await.0, 429);
    let device = cex.kaa.endpoint("ep-1");
    assert_eq!(commands(&device, "/command/reboot").await, json!([{ "id": later[0] }, { "id": later[1] }]));
}

#[tokio::test(start_paused = true)]
async fn there_are_so_many_commands_and_those_of_the_past_make_room() {
    let cex = Cex::with(Settings { commands: 2, ..Settings::default() }).await;
    cex.give("/endpoints/ep-1/commands/reboot", "").await;
    cex.give("/endpoints/ep-2/commands/reboot", "").await;
    assert_eq!(cex.call("POST", "/endpoints/ep-3/commands/reboot", "").await.0, 503);
    let half = Settings::default().ttl / 2;
    tokio::time::advance(half).await;
    assert_eq!(cex.call("POST", "/endpoints/ep-3/commands/reboot", "").await.0, 503);
    tokio::time::advance(half).await;
    cex.give("/endpoints/ep-3/commands/reboot", "").await;
    cex.give("/endpoints/ep-1/commands/reboot", "").await;
    assert_eq!(cex.call("POST", "/endpoints/ep-3/commands/reboot", "").await.0, 503);
}

#[tokio::test(start_paused = true)]
async fn a_payload_and_a_result_have_at_most_so_many_bytes() {
    let cex = Cex::with(Settings { payload: 4, ..Settings::default() }).await;
    let device = cex.kaa.endpoint("ep-1");
    let id = cex.give(REBOOT, "123").await;
    cex.give(REBOOT, "1234").await;
    assert_eq!(cex.call("POST", REBOOT, "12345").await.0, 413);
    assert_eq!(say(&device, json!([{ "id": id, "statusCode": 200, "payload": 12345 }])).await, 413);
    assert_eq!(cex.call("GET", &format!("{REBOOT}/{id}"), "").await.0, 202);
    assert_eq!(say(&device, json!([{ "id": id, "statusCode": 200, "payload": 1234 }])).await, 200);
}

#[tokio::test(start_paused = true)]
async fn wrong_names_durations_and_payloads_are_refused() {
    let cex = Cex::start().await;
    for (path, body) in [
        ("/endpoints/ep+1/commands/reboot", ""),
        ("/endpoints/ep-1/commands/re.boot", ""),
        ("/endpoints/ep-1/commands/reboot?await=10", ""),
        (REBOOT, "{"),
        (REBOOT, "1 2"),
    ] {
        let (status, problem) = cex.call("POST", path, body).await;
        assert_eq!((status, &problem["title"]), (400, &json!("Bad Request")), "{path} {body}: {problem}");
    }
    let device = cex.kaa.endpoint("ep-1");
    device.request("/command/reboot").payload("[]").await.assert_status(400);
    device.request("/result/reboot").payload("{}").await.assert_status(400);
    device.request("/command/re.boot").json(json!({})).await.assert_status(400);
    cex.kaa.without_endpoint().request("/command").json(json!({})).await.assert_status(400);
}

#[tokio::test(start_paused = true)]
async fn a_service_has_a_command_executed() {
    let cex = Cex::start().await;
    let mut device = cex.kaa.endpoint("ep-1");
    commands(&device, "/command/reboot").await;
    let work = async {
        device.next_push().await.assert_json(json!([{ "id": -7, "payload": { "delay": 1 } }]));
        let result = json!({ "id": -7, "statusCode": 200, "reasonPhrase": "up", "payload": [1] });
        assert_eq!(say(&device, json!([result])).await, 200);
    };
    let (result, ()) = tokio::join!(cex.invoke(invocation(-7, r#"{"delay":1}"#)), work);
    let result = result.unwrap();
    assert_eq!((result.command_id, result.status_code), (-7, 200));
    assert_eq!((&*result.endpoint_id, &*result.command_type), ("ep-1", "reboot"));
    assert_eq!(result.app_version_name, "test-app-v1");
    assert_eq!(result.reason_phrase.as_deref(), Some("up"));
    assert_eq!(result.payload.as_deref(), Some(&b"[1]"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_service_waits_as_long_as_it_says() {
    let cex = Cex::start().await;
    let device = cex.kaa.endpoint("ep-1");
    let work = async {
        tokio::time::sleep(Duration::from_secs(45)).await;
        assert_eq!(say(&device, json!([{ "id": 1, "statusCode": 200 }])).await, 200);
    };
    let patient = CommandInvocationRequest { timeout: 60_000, ..invocation(1, "1") };
    let caller = cex.kaa.service("caller");
    let invoked =
        caller.messaging().request(ServiceInstance::from_static("cex"), &patient, Duration::from_secs(60));
    let (result, ()) = tokio::join!(invoked, work);
    assert_eq!(result.unwrap().status_code, 200);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_asks_again_gets_the_same_command_and_not_another_one() {
    let cex = Cex::start().await;
    let late = CommandInvocationRequest { timeout: 1_000, ..invocation(1, "1") };
    assert_eq!(cex.invoke(late).await.unwrap().status_code, 504);
    let device = cex.kaa.endpoint("ep-1");
    assert_eq!(commands(&device, "/command/reboot").await, json!([{ "id": 1, "payload": 1 }]));
    assert_eq!(cex.invoke(invocation(1, "2")).await.unwrap().status_code, 409);
    assert_eq!(say(&device, json!([{ "id": 1, "statusCode": 204 }])).await, 200);
    assert_eq!(cex.invoke(invocation(1, "1")).await.unwrap().status_code, 204);
    assert_eq!(commands(&device, "/command/reboot").await, json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_invocation_is_refused() {
    let cex = Cex::start().await;
    let nobody = CommandInvocationRequest { endpoint_id: "".into(), ..invocation(1, "1") };
    let nothing = CommandInvocationRequest { command_type: "re.boot".into(), ..invocation(1, "1") };
    for request in [nobody, nothing, invocation(1, "{")] {
        assert_eq!(cex.invoke(request).await.unwrap().status_code, 400);
    }
}

#[tokio::test]
async fn the_service_starts_and_stops_with_its_rest_port() {
    let mut config = Config::<Settings>::default();
    config.extension.rest = kaa_ext::rest::RestConfig::on_port(0);
    let running = start(Bus::memory(), config).await.unwrap();
    let address = running.rest_addr().unwrap();
    tokio::net::TcpStream::connect(address).await.unwrap();
    running.stop(Duration::from_secs(1)).await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[test]
fn variables_are_checked() {
    for (name, value) in
        [("CEX_TTL", "5"), ("CEX_PAYLOAD", "big"), ("CEX_OBSERVERS", "0"), ("CEX_COMMANDS", "-1")]
    {
        let error = settings::<Settings>("cex", &[(name, value)]).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(settings::<Settings>("cex", &[("CEX_PAYLOAD", "1KiB")]).unwrap().payload, 1024);
}
