//! What a browser can ask for.

use http::Request;
use kaa_ext::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::browser::{Stage, body, echoing};

/// Sends this from the page.
pub(crate) async fn send(stage: &Stage, wanted: &Value) -> (u16, Value) {
    post(stage, &[], &wanted.to_string()).await
}

async fn post(stage: &Stage, headers: &[(&str, &str)], text: &str) -> (u16, Value) {
    let mut request = Request::post("/console/send");
    let all = [
        ("host", "127.0.0.1:9464"),
        ("origin", "http://127.0.0.1:9464"),
        ("content-type", "application/json"),
    ];
    let usual = all.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name));
    for (name, value) in usual.chain(headers) {
        request = request.header(*name, *value);
    }
    let response = stage.ask(request, text.to_owned()).await;
    (response.status().as_u16(), body(response).await)
}

#[tokio::test(start_paused = true)]
async fn a_request_is_sent_and_its_answer_comes_back() {
    let stage = Stage::new();
    let _server = stage.serve_found(echoing()).await;
    let wanted = json!({
        "service": "echoes", "resource": "/echo/a", "endpoint": "e1", "application": "v1", "payload": "[1]",
        "requestId": true,
    });
    let (status, answer) = send(&stage, &wanted).await;
    assert_eq!((status, &answer["status"]), (200, &json!(200)));
    assert_eq!(answer["payload"], json!({ "json": [1], "bytes": 3 }));
    assert!(!answer["correlationId"].as_str().unwrap().is_empty());
    let silent = json!({ "service": "echoes", "resource": "/echo/a", "requestId": false });
    let (status, answer) = send(&stage, &silent).await;
    assert_eq!((status, &answer["status"], &answer["payload"]), (200, &Value::Null, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_is_answered_with_what_to_do() {
    let stage = Stage::new();
    let _server = stage.serve_found(echoing()).await;
    // Whoever watches hears all messages, so that the bus takes every service for there.
    let mut browser = stage.watch().await;
    browser.until("services", |_| true).await;
    for (wanted, status, told) in [
        (json!({ "service": "dcx", "resource": "/json" }), 404, "take one of those that are there: echoes"),
        (json!({ "service": "a.b", "resource": "/json" }), 400, "service: "),
        (json!({ "service": "echoes", "resource": "json" }), 400, "resource: "),
        (json!({ "service": "echoes", "resource": "/x", "endpoint": "a b" }), 400, "endpoint: "),
        (json!({ "service": "echoes" }), 400, "expected such as"),
        (json!({ "service": "echoes", "resource": "/x", "pyload": "" }), 400, "unknown field `pyload`"),
    ] {
        let (found, answer) = send(&stage, &wanted).await;
        assert_eq!(found, status, "{wanted}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(told), "{wanted}: {answer}");
    }
    let large = format!("\"{}\"", "x".repeat(300_000));
    let good = json!({ "service": "echoes", "resource": "/echo/a" }).to_string();
    for (headers, text, status, told) in [
        (&[][..], "{", 400, "the body is not what is to be sent"),
        (&[], &large, 413, "at most 262144 bytes"),
        (&[("content-type", "text/plain")], &good, 415, "application/json"),
        (&[("host", "evil.example")], &good, 421, "http://127.0.0.1"),
        (&[("origin", "http://evil.example")], &good, 403, "page of another host"),
    ] {
        let (found, answer) = post(&stage, headers, text).await;
        assert_eq!(found, status, "{headers:?}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(told), "{headers:?}: {answer}");
    }
}

#[derive(Deserialize, schemars::JsonSchema)]
#[allow(dead_code, reason = "only its schema is of interest")]
struct Reading {
    celsius: f64,
    place: Option<Place>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[allow(dead_code, reason = "only its schema is of interest")]
struct Place {
    room: String,
}

/// Takes a reading.
#[resource("/reading[/{room}]")]
async fn reading(room: Option<String>, Json(_): Json<Reading>) -> () {
    let _ = room;
}

#[tokio::test(start_paused = true)]
async fn what_can_be_sent_is_described_with_its_schema() {
    let stage = Stage::new();
    let _echoes = stage.serve_found(echoing()).await;
    let _climate = stage.serve_found(Extension::new("climate").resources(resources![reading])).await;
    let described = body(stage.get("/console/description").await).await;
    let services = described["services"].as_array().unwrap();
    let names: Vec<_> = services.iter().map(|service| &service["name"]).collect();
    assert_eq!(names, ["climate", "echoes"]);
    let reading = &services[0]["resources"][0];
    assert_eq!(
        (&reading["path"], &reading["doc"]),
        (&json!("/reading[/{room}]"), &json!("Takes a reading."))
    );
    let pointer = reading["schema"]["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
    let schema = reading["schema"].pointer(pointer).unwrap();
    assert_eq!(schema["properties"]["celsius"]["type"], "number");
    assert_eq!(services[1]["resources"][0]["schema"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn the_page_is_there_and_nothing_else() {
    let stage = Stage::new();
    for path in ["/console", "/console/"] {
        let page = stage.get(path).await;
        assert_eq!(page.status(), 200);
        let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert!(header("content-security-policy").starts_with("default-src 'self';"));
        assert_eq!(header("x-content-type-options"), "nosniff");
    }
    for path in ["/console/../secret", "/console/nothing.js"] {
        assert_eq!(stage.get(path).await.status(), 404, "{path}");
    }
    let refused = stage.ask(Request::delete("/console").header("host", "localhost"), "").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["allow"]), (405, &"GET".parse().unwrap()));
    assert_eq!(stage.get("/console/send").await.status(), 405);
    let foreign = stage.ask(Request::get("/console").header("host", "evil.example"), "").await;
    assert_eq!(foreign.status(), 421);
}
