//! Several connections at once: what one does to another, and what it must not.

use std::time::Duration;

use kaa_tests::patience::soon;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::connection::{Connection, Ended, Packet, Segments};
use crate::notation::{self, Act, Identifiers};
use crate::server::{self, Server};

fn bytes(packets: &str, name: &str) -> Vec<u8> {
    match &notation::steps(&format!("> {packets}"), name)[0].act {
        Act::Send(items) => notation::encode(items, &Identifiers::new()),
        other => panic!("{other:?} is not sent"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_clients_with_one_name_the_last_one_stays() {
    let server = Server::start(server::roomy()).await;
    let connect = bytes("10 ['MQTT' 04 02 003C 'one']", "");
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        let (address, connect) = (server.address(), connect.clone());
        clients.spawn(async move {
            let mut client = Connection::open(address, Segments::AsWritten).await;
            client.send(&connect).await;
            // Whoever is taken over before its CONNACK is out may not get one.
            if let Ok(connack) = client.expect(|_| true).await? {
                assert_eq!(connack, Packet { first: 0x20, body: vec![0, 0] });
                drop(client.expect(|_| false).await?);
            }
            Ok::<_, String>(())
        });
    }
    for _ in 0..99 {
        soon("all but one to be ended", clients.join_next()).await.unwrap().unwrap().unwrap();
    }
    assert_eq!((clients.len(), server.sessions()), (1, 1));
    let mut late = Connection::open(server.address(), Segments::AsWritten).await;
    late.send(&connect).await;
    assert!(late.expect(|packet| packet.first == 0x20).await.unwrap().is_ok());
    soon("the last one to be ended", clients.join_next()).await.unwrap().unwrap().unwrap();
    late.finish().await;
    late.end(Duration::ZERO).await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_only_sends_holds_up_nobody_but_itself() {
    let server = Server::start(server::roomy()).await;
    let payload = "x".repeat(1000);
    let mut flooder = Connection::open(server.address(), Segments::AsWritten).await;
    flooder.send(&bytes("10 ['MQTT' 04 02 003C 'flooder']", "")).await;
    let flood = bytes(&format!("30 ['~/echo/1' \"{payload}\"]"), "flooder").repeat(100);
    let flooding = tokio::spawn(async move {
        // Nothing of what comes back is read, so at some time nothing more is taken.
        for _ in 0..1000 {
            flooder.send(&flood).await;
        }
    });
    let mut neighbour = Connection::open(server.address(), Segments::AsWritten).await;
    neighbour.send(&bytes("10 ['MQTT' 04 02 003C 'neighbour']", "")).await;
    assert!(neighbour.expect(|packet| packet.first == 0x20).await.unwrap().is_ok());
    let request = bytes("30 ['~/echo/1' \"x\"] C000", "neighbour");
    let mut slowest = Duration::ZERO;
    for _ in 0..200 {
        let begun = Instant::now();
        neighbour.send(&request).await;
        for _ in 0..2 {
            match neighbour.expect(|packet| matches!(packet.first, 0x30 | 0xD0)).await.unwrap() {
                Ok(_) => {}
                Err(Ended) => panic!("the connection ended"),
            }
        }
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "the slowest answer took {slowest:?}");
    flooding.abort();
    server.stop().await;
}
