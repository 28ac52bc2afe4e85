//! What clients get when a real nats-server is killed or frozen: an answer, always.

use std::time::Duration;

use kaa_bus::{Bus, Connection, NatsOptions};
use kaa_kpc::relay::NotTaken;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::PATIENCE;
use kaa_tests::venue::{Venue, becomes, until};
use tokio::time::Instant;

use crate::world::{Client, Communication, Replica};

const TIMEOUT: Duration = Duration::from_millis(500);

#[tokio::test]
async fn requests_in_flight_end_when_the_server_is_killed_and_later_ones_succeed() {
    let mut venue = Venue::nats().await;
    let kpc = Communication::start(venue.connect().await, "kpc-0", TIMEOUT).await;
    let _extension = Replica::start(&venue, "ext-0").await;
    let mut client = Client::of(&kpc);
    let (mut asked, mut number) = (0, 0);
    for _ in 0..5 {
        // Some are with the extension, some on their way, some find the server gone.
        for _ in 0..20 {
            client.ask(&format!("ext/ep-1/never/{number}"), "");
            client.ask(&format!("ext/ep-2/echo/{number}"), "");
            number += 1;
        }
        asked += 40;
        venue.stop(&kpc.bus).await;
        client.ask(&format!("ext/ep-2/echo/{number}"), "");
        asked += 1;
        venue.start(&kpc.bus).await;
        kpc.settled().await;
        until("the extension to be back", || {
            client.ask("ext/ep-2/echo", "");
            kpc.bus.connection() == Connection::Connected
        })
        .await;
        for _ in 0..41 {
            let told = client.next().await;
            let is_end = [" ", " 503", " 504"].iter().any(|end| told.ends_with(end));
            assert!(is_end, "{told}");
        }
        loop {
            number += 1;
            asked += 1;
            client.ask(&format!("ext/ep-2/echo/{number}"), "back");
            // Errors of requests without a request ID come in between, as long as nobody is back.
            let mut told = client.next().await;
            while !told.contains(&format!("/{number}/")) {
                told = client.next().await;
            }
            if told.ends_with("status back") {
                break;
            }
        }
    }
    let counters = kpc.settled().await;
    assert!(counters.requests >= asked && counters.answered >= 5, "{counters:?}");
}

#[tokio::test]
async fn a_frozen_server_holds_up_nobody_beyond_the_deadline() {
    let server = NatsServer::start().await;
    let options = NatsOptions::new(&server.url()).unwrap().ping_interval(Duration::from_secs(3600));
    let bus = Bus::nats(options).await.unwrap();
    let kpc = Communication::start(bus, "kpc-0", TIMEOUT).await;
    let venue = Venue::Nats(server);
    let _extension = Replica::start(&venue, "ext-0").await;
    let Venue::Nats(server) = &venue else { panic!("it is one") };
    let mut client = Client::of(&kpc);
    server.stop();
    let frozen = Instant::now();
    for number in 0..100 {
        client.ask(&format!("ext/ep-1/echo/{number}"), "");
    }
    let taken = client.connection.taken();
    for _ in 0..100 {
        assert!(client.next().await.ends_with("/error 504"));
    }
    assert!(frozen.elapsed() < 4 * TIMEOUT, "{:?}", frozen.elapsed());
    assert_eq!(taken.await, Err(NotTaken::TimedOut { deadline: Duration::from_secs(5) }));
    // It never went away, so everybody goes on. What it kept has expired, and is handled by nobody.
    server.cont();
    becomes(&kpc.bus, Connection::Connected).await;
    let mut told = String::new();
    while !told.ends_with("/status again") {
        // The extension may have noticed the freeze, and has to come back first.
        assert!(frozen.elapsed() < 2 * PATIENCE, "{told}");
        client.ask("ext/ep-1/echo/7", "again");
        told = client.next().await;
    }
    assert_eq!(client.connection.taken().await, Ok(()));
    let counters = kpc.settled().await;
    assert!(counters.timed_out >= 100 && counters.answered == 1, "{counters:?}");
}

#[tokio::test]
async fn a_relay_stops_at_once_when_the_server_is_gone() {
    let mut venue = Venue::nats().await;
    let kpc = Communication::start(venue.connect().await, "kpc-0", TIMEOUT).await;
    let client = Client::of(&kpc);
    client.ask("ext/ep-1/echo", "");
    venue.stop(&kpc.bus).await;
    let stopping = Instant::now();
    assert!(kpc.relay.stop(Duration::from_secs(10)).await.is_err());
    assert!(stopping.elapsed() < Duration::from_secs(5), "{:?}", stopping.elapsed());
    assert!(kpc.relay.counters().unannounced <= 2);
}

#[tokio::test]
async fn a_killed_replica_with_pinned_sessions_silences_nobody() {
    let venue = Venue::nats().await;
    let kpc = Communication::start(venue.connect().await, "kpc-0", TIMEOUT).await;
    let (first, second) = (Replica::start(&venue, "ext-0").await, Replica::start(&venue, "ext-1").await);
    let mut clients: Vec<_> = (0..20).map(|_| Client::of(&kpc)).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        client.ask(&format!("ext/ep-{index}/pin/1"), "");
        client.next().await;
    }
    // While its sessions ask on, one of the two goes without a word.
    let watcher = venue.connect().await;
    let killing = tokio::spawn(async move { first.kill(&watcher).await });
    for round in 2..30 {
        for (index, client) in clients.iter().enumerate() {
            client.ask(&format!("ext/ep-{index}/replica/{round}"), "");
        }
        for client in &mut clients {
            let told = client.next().await;
            let is_end = ["ext-0", "ext-1", "504"].iter().any(|end| told.ends_with(end));
            assert!(is_end, "{told}");
        }
    }
    killing.await.unwrap();
    for (index, client) in clients.iter_mut().enumerate() {
        client.ask(&format!("ext/ep-{index}/replica/99"), "");
        assert_eq!(client.next().await, format!("ext/ep-{index}/replica/99/status ext-1"));
    }
    drop(second);
    assert!(kpc.settled().await.resent > 0);
}
