//! What a session costs.

use std::mem::{size_of, size_of_val};
use std::sync::Arc;

use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::world::{World, peer, publish};
use crate::relay::{Asked, Request, ResolvedEndpoint};
use crate::session::running::Session;

#[tokio::test(start_paused = true)]
async fn the_future_of_a_connection_is_small() {
    let world = World::new().await;
    let (_near, far) = tokio::io::duplex(1);
    let serve = size_of_val(&crate::session::serve(Arc::clone(&world.front), far, peer()));
    let session = size_of::<Session<()>>();
    assert!(serve <= 1024 && session <= 1024, "{serve} and {session} bytes");
}

#[test]
fn an_idle_session_takes_less_than_3_kib_beside_its_socket() {
    const SESSIONS: usize = 500;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut clients = Vec::with_capacity(SESSIONS);
    let world = runtime.block_on(World::new());
    // Everything runs on this thread.
    let sessions = allocation_counter::measure(|| {
        runtime.block_on(async {
            for id in 0..SESSIONS {
                let mut client = world.v311(&format!("client-{id}")).await;
                let topic = format!("kp1/v1/ext/ep-{id}/echo/1");
                client.send(&publish(0x30, &topic, 0, &[b'x'; 1000])).await;
                client.packet().await;
                client.ping().await;
                clients.push(client);
            }
        });
    });
    // What the relay keeps of a connection and its endpoint is not the session's. One of its own: what comes to that
    // of the sessions has to come by them.
    let relay = runtime.block_on(world.relay("kpc-1"));
    let mut connections = Vec::with_capacity(SESSIONS);
    let relayed = allocation_counter::measure(|| {
        runtime.block_on(async {
            for id in 0..SESSIONS {
                let (connection, mut deliveries) = relay.connect();
                connection.request(&request(id), Asked { topic: "x".into(), mark: 0 });
                deliveries.next().await.unwrap();
                connections.push((connection, deliveries));
            }
        });
    });
    let mut pipes = Vec::with_capacity(SESSIONS);
    let sockets = allocation_counter::measure(|| {
        runtime.block_on(async {
            for _ in 0..SESSIONS {
                let (mut near, mut far) = tokio::io::duplex(1 << 20);
                through(&mut near, &mut far).await;
                through(&mut far, &mut near).await;
                pipes.push((near, far));
            }
        });
    });
    let each = |bytes: i64| bytes / i64::try_from(SESSIONS).unwrap();
    let rest = sockets.bytes_current + relayed.bytes_current;
    let session = each(sessions.bytes_current - rest);
    println!("{session} bytes, and {} at the relay", each(relayed.bytes_current));
    assert!(session < 3072, "{session} bytes");
}

fn request(id: usize) -> Request {
    let path =
        RequestPath::from_topic(&format!("kp1/v1/ext/other-{id}/echo/1"), |_| EndpointAwareness::Aware);
    let path = path.unwrap();
    let endpoint_id = path.endpoint.as_ref().unwrap().as_str().parse().unwrap();
    let app_version = path.app_version.clone();
    Request::new(path, vec![b'x'; 1000].into()).endpoint(ResolvedEndpoint { endpoint_id, app_version })
}

/// As much as a session has read or written in one piece.
async fn through(from: &mut DuplexStream, to: &mut DuplexStream) {
    from.write_all(&[0; 1050]).await.unwrap();
    to.read_exact(&mut [0; 1050]).await.unwrap();
}
