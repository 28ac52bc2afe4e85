//! From HTTP to WebSocket.

use futures_util::StreamExt;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;

use super::world::{World, post};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A request for MQTT over WebSocket, with one field or more said otherwise; an empty value leaves it out.
fn request(line: &str, changes: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("Host", "h"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", KEY),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", "mqtt"),
    ];
    for (name, value) in changes {
        fields.retain(|field| field.0 != *name);
        fields.extend((!value.is_empty()).then_some((*name, *value)));
    }
    let fields = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    format!("{line}\r\n{}\r\n", fields.collect::<String>())
}

#[tokio::test(start_paused = true)]
async fn a_right_handshake_is_answered_with_mqtt() {
    let world = World::new().await;
    for changes in [
        &[][..],
        &[("Connection", "keep-alive, upgrade"), ("Upgrade", "WebSocket")],
        &[("Sec-WebSocket-Protocol", "mqttv3.1, mqtt"), ("Origin", "https://elsewhere.example")],
        &[("Sec-WebSocket-Extensions", "permessage-deflate")],
    ] {
        let mut client = world.client();
        let got = client.ask(request("GET /ws HTTP/1.1", changes)).await;
        assert_eq!(got.status, 101, "{changes:?}");
        assert_eq!(got.field("upgrade"), Some("websocket"));
        assert_eq!(got.field("connection"), Some("Upgrade"));
        assert_eq!(got.field("sec-websocket-protocol"), Some("mqtt"));
        // Of RFC 6455, section 1.3.
        assert_eq!(got.field("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(got.field("sec-websocket-extensions"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_handshake_is_answered_with_what_is_wrong() {
    let world = World::new().await;
    for (line, changes, status) in [
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Protocol", "")][..], 400),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Protocol", "mqttv3.1, amqp")], 400),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Protocol", "MQTT")], 400),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Key", "")], 400),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Key", "c2hvcnQ=")], 400),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ")], 400),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==, more")], 400),
        ("GET /ws HTTP/1.1", &[("Content-Length", "2")], 400),
        ("GET /ws?token=x HTTP/1.1", &[], 400),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Version", "")], 426),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Version", "8")], 426),
        ("GET /ws HTTP/1.1", &[("Sec-WebSocket-Version", "13, 8")], 426),
        ("GET /ws HTTP/1.1", &[("Connection", "")], 426),
        ("GET /ws HTTP/1.1", &[("Connection", "close")], 426),
        ("GET /ws HTTP/1.1", &[("Upgrade", "")], 426),
        ("GET /ws HTTP/1.1", &[("Upgrade", "h2c")], 426),
        ("POST /ws HTTP/1.1", &[], 405),
        ("GET /mqtt HTTP/1.1", &[], 404),
        ("POST /kp1/v1/ext/ep-1/echo HTTP/1.1", &[], 200),
    ] {
        let mut client = world.client();
        client.send(request(line, changes)).await;
        let got = client.get().await.unwrap();
        assert_eq!(got.status, status, "{line} {changes:?}");
        if status != 200 {
            assert_eq!(got.error().0, i32::from(status));
        }
        if status == 426 {
            assert_eq!(got.field("upgrade"), Some("websocket"));
            assert_eq!(got.field("sec-websocket-version"), Some("13"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_http_1_0_cannot_upgrade() {
    let world = World::new().await;
    let mut client = world.client();
    client.send(request("GET /ws HTTP/1.0", &[])).await;
    let (got, has_ended) = client.all().await;
    assert_eq!((got[0].status, has_ended), (426, true));
}

#[tokio::test(start_paused = true)]
async fn who_sends_before_the_answer_is_left() {
    let world = World::new().await;
    for early in ["\u{2}\u{0}", "GET / HTTP/1.1\r\n"] {
        let mut client = world.client();
        client.send(request("GET /ws HTTP/1.1", &[]) + early).await;
        assert_eq!(client.get().await.unwrap().status, 101);
        assert_eq!(client.end().await, 0.0);
        client.served.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_ask_first_and_upgrade_then() {
    let world = World::new().await;
    let mut client = world.client();
    assert_eq!(client.ask(post("/echo", "")).await.status, 200);
    assert_eq!(client.ask(request("GET /ws HTTP/1.1", &[])).await.status, 101);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_others_wrote_comes_in() {
    let world = World::new().await;
    let client = world.client();
    let mut request: Request = "ws://h/ws".into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "mqtt".parse().unwrap());
    let (mut socket, response) = client_async(request, client.io).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "mqtt");
    drop(socket.next());
}
