//! MQTT over WebSocket, with a client that others wrote on the one side and an extension on the other.

use futures_util::{SinkExt, StreamExt};
use tokio::io::DuplexStream;
use tokio::time::{Duration, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::world::World;

/// Of MQTT 3.1.1, with a keep alive of a minute and the client ID `a`.
const CONNECT: &[u8] = b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a";

/// `hi` at QoS 1 for `/echo`, as request 7.
const PUBLISH: &[u8] = b"\x32\x1e\0\x18kp1/v1/ext/ep-1/echo/007\0\x01hi";

async fn socket(world: &World) -> WebSocketStream<DuplexStream> {
    let mut request: Request = "ws://h/ws".into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "mqtt".parse().unwrap());
    client_async(request, world.client().io).await.unwrap().0
}

/// So many bytes of packets.
async fn read(socket: &mut WebSocketStream<DuplexStream>, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let next = timeout(Duration::from_secs(60), socket.next()).await.expect("something comes");
        bytes.extend_from_slice(&next.unwrap().unwrap().into_data());
    }
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_device_asks_and_is_answered_however_it_cuts_its_packets() {
    let world = World::new().await;
    let packets = [CONNECT, PUBLISH].concat();
    for size in [1, 5, 20, 1000] {
        let mut socket = socket(&world).await;
        for piece in packets.chunks(size) {
            socket.send(Message::Binary(piece.to_vec().into())).await.unwrap();
        }
        let mut bytes = Vec::new();
        // The PUBACK comes before the answer or behind it.
        let expected = b"kp1/v1/ext/ep-1/echo/007/status\0\x01hi";
        let len = b"\x20\x02\0\0".len() + b"\x40\x02\0\x01".len() + b"\x32\x25\0\x1f".len() + expected.len();
        while bytes.len() < len {
            bytes.extend(read(&mut socket, 1).await);
        }
        assert_eq!((bytes.len(), &bytes[..4]), (len, &b"\x20\x02\0\0"[..]));
        assert!(bytes.windows(expected.len()).any(|text| text == expected), "{}", bytes.escape_ascii());
        socket.send(Message::Binary(vec![0xe0, 0].into())).await.unwrap();
        let end = timeout(Duration::from_secs(60), socket.next()).await.expect("it ends");
        assert!(matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_draining_service_ends_its_websockets_too() {
    let world = World::new().await;
    let mut socket = socket(&world).await;
    socket.send(Message::Binary(CONNECT.to_vec().into())).await.unwrap();
    assert_eq!(read(&mut socket, 4).await, b"\x20\x02\0\0");
    world.front.sessions.drain();
    world.front.relay.stop(Duration::from_secs(1)).await.unwrap();
    let end = timeout(Duration::from_secs(60), socket.next()).await.expect("it ends");
    assert!(matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_log_in_is_left_after_ten_seconds() {
    let world = World::new().await;
    let mut socket = socket(&world).await;
    let start = tokio::time::Instant::now();
    let end = timeout(Duration::from_secs(60), socket.next()).await.expect("it ends");
    assert!(!matches!(end, Some(Ok(Message::Binary(_)))), "{end:?}");
    assert_eq!(start.elapsed().as_secs(), 10);
}
