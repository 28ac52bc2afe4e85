//! What only a real network shows.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::super::serve;
use super::world::{EVERYTHING, World, peer, post};

/// A connection over loopback.
async fn connect(world: &World) -> TcpStream {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    tokio::spawn(serve(Arc::clone(&world.front), socket, peer(), EVERYTHING));
    client
}

/// Everything up to the end.
async fn read(client: &mut TcpStream) -> String {
    let mut text = String::new();
    let read = timeout(Duration::from_secs(30), client.read_to_string(&mut text)).await;
    read.expect("it ends").unwrap();
    text
}

#[tokio::test]
async fn a_large_body_comes_back() {
    let world = World::new().await;
    let mut client = connect(&world).await;
    let body = "kaa ".repeat(60_000);
    client.write_all(post("/echo", &body).as_bytes()).await.unwrap();
    client.write_all(b"GET * HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let text = read(&mut client).await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains(&body));
    assert!(text.ends_with("\"a target of * is for OPTIONS only\"}"), "what follows is answered, too");
}

/// Closing a socket that has unread bytes would reset the connection, and the answer would be lost.
#[tokio::test]
async fn who_still_sends_hears_that_it_is_too_much() {
    let world = World::new().await;
    let mut client = connect(&world).await;
    let head = "POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    // The answer is there, and the client has not looked yet.
    client.readable().await.unwrap();
    for _ in 0..900 {
        client.write_all(&[b'x'; 1000]).await.unwrap();
        tokio::task::yield_now().await;
    }
    client.shutdown().await.unwrap();
    let text = read(&mut client).await;
    assert!(text.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{text}");
}
