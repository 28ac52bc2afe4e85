//! Clients that go, stay away or never read; a bus that does.

use std::time::Duration;

use kaa_kpc::relay::RelayOptions;

use super::pushes::push;
use super::world::{Client, World, assert_conserved, pair, quiet};

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_holds_up_nobody() {
    let world = World::new();
    let options = RelayOptions { outbox: 2, ..world.options("kpc-0") };
    let (relay, _extension) = (world.relay_with(options).await, world.extension("ext-0").await);
    let (mut lazy, mut other) = (Client::of(&relay), Client::of(&relay));
    for number in 0..50 {
        lazy.ask(&format!("ep-1/echo/{number}"), "");
    }
    other.ask("ep-2/echo/1", "hello");
    assert_eq!(other.next().await, pair("ep-2/echo/1/status", "hello"));
    quiet().await;
    let counters = assert_conserved(&relay);
    assert_eq!((counters.answered, counters.undelivered, counters.lagged), (51, 48, 1));
    // What did not fit is not skipped over: what comes is what was there, and then the end.
    assert_eq!(lazy.all().await, [pair("ep-1/echo/0/status", ""), pair("ep-1/echo/1/status", "")]);
    assert!(lazy.deliveries.next().await.is_none() && lazy.deliveries.has_lagged());
    assert!(!other.deliveries.has_lagged());
    // A push finds nobody who takes it.
    let puppet = world.puppet_on("unused").await;
    puppet.send("kaa.v1.service.kpc.esp.ExtensionData", &push("ep-1"), None).await;
    quiet().await;
    let counters = relay.counters();
    assert_eq!((counters.pushed, counters.unpushed, counters.undelivered, counters.lagged), (0, 1, 48, 1));
}

#[tokio::test(start_paused = true)]
async fn so_many_bytes_wait_for_a_client_and_no_more() {
    let world = World::new();
    let options = RelayOptions { outbox_bytes: 1000, ..world.options("kpc-0") };
    let (relay, _extension) = (world.relay_with(options).await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    // One that is larger than all the room fits when nothing else waits.
    client.ask("ep-1/echo/1", vec![b'x'; 2000]);
    assert_eq!(client.next().await.1.len(), 2000);
    client.ask("ep-1/echo/2", vec![b'x'; 500]);
    client.ask("ep-1/echo/3", vec![b'x'; 500]);
    assert_eq!(client.all().await.len(), 1);
    assert!(client.deliveries.has_lagged());
    assert_eq!(assert_conserved(&relay).lagged, 1);
}

#[test]
fn ten_thousand_idle_connections_cost_next_to_nothing() {
    const CONNECTIONS: usize = 10_000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let world = World::new();
        let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
        let mut clients = Vec::with_capacity(CONNECTIONS);
        let cost = |then: i64, what: &str| {
            let each = then / i64::try_from(CONNECTIONS).unwrap();
            println!("{each} bytes {what}");
            each
        };
        let connected =
            allocation_counter::measure(|| clients.extend((0..CONNECTIONS).map(|_| Client::of(&relay))));
        assert!(cost(connected.bytes_current, "of a connection that is there") <= 512);
        // Their topics, names and endpoints are known from now on, and all is quiet again.
        let before = std::cell::Cell::new(0);
        for (number, client) in clients.iter_mut().enumerate() {
            let asked = allocation_counter::measure(|| client.ask(&format!("ep-{number}/echo/1"), "hello"));
            before.set(before.get() + asked.bytes_current);
            let delivery = client.deliveries.next().await.unwrap();
            let taken = allocation_counter::measure(|| drop(delivery));
            before.set(before.get() + taken.bytes_current);
        }
        assert!(cost(before.get(), "more of one that has asked something") <= 2048);
    });
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_takes_its_requests_along() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let client = Client::of(&relay);
    client.ask("ep-1/echo/1", "");
    client.ask("ep-1/echo", "");
    let got = puppet.next().await;
    drop(client);
    assert_eq!(assert_conserved(&relay).abandoned, 2);
    // Nobody else gets what comes for it, not even who speaks for the same endpoint now.
    let mut next = Client::of(&relay);
    next.ask("ep-1/echo/1", "");
    puppet.answer(&got, &got.echo(), None).await;
    assert_eq!(next.all().await, []);
    assert_eq!(relay.counters().late, 1);
}

#[tokio::test(start_paused = true)]
async fn a_notice_about_a_request_that_was_given_up_is_not_believed_of_an_earlier_one() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let (mut client, gone) = (Client::of(&relay), Client::of(&relay));
    client.ask("ep-1/echo/1", "served");
    let got = puppet.next().await;
    drop(puppet);
    gone.ask("ep-2/echo/2", "");
    drop(gone);
    assert_eq!(client.all().await, []);
    let puppet = world.puppet_on("unused").await;
    puppet.answer(&got, &got.echo(), None).await;
    assert_eq!(client.all().await, [pair("ep-1/echo/1/status", "served")]);
    assert_eq!(relay.counters().unknown_notices, 1);
}

#[tokio::test(start_paused = true)]
async fn while_the_bus_is_away_every_request_gets_503() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    world.server.stop();
    client.ask("ep-1/echo/1", "");
    client.ask("ep-1/echo", "");
    assert_eq!(client.all().await, [pair("ep-1/echo/1/error", "503"), pair("ep-1/echo/error", "503")]);
    assert_eq!(assert_conserved(&relay).refused, 2);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_closed_ends_all_waiting() {
    let world = World::new();
    let bus = world.server.connect();
    let relay = kaa_kpc::relay::Relay::start(bus.clone(), world.options("kpc-0")).await.unwrap();
    let _puppet = world.puppet().await;
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/1", "");
    bus.close(Duration::from_secs(1)).await.unwrap();
    assert_eq!(client.all().await, [pair("ep-1/echo/1/error", "503")]);
    assert_eq!(assert_conserved(&relay).refused, 1);
}

#[tokio::test(start_paused = true)]
async fn a_killed_extension_is_504_for_whom_it_left_and_503_for_who_comes() {
    let world = World::new();
    let relay = world.relay().await;
    let (_extension, bus) = world.extension("ext-0").await;
    let mut client = Client::of(&relay);
    client.ask("ep-1/slow/10/1", "");
    quiet().await;
    bus.close(Duration::from_secs(1)).await.unwrap();
    client.ask("ep-2/echo/2", "");
    assert_eq!(client.next().await, pair("ep-2/echo/2/error", "503"));
    assert_eq!(client.next().await, pair("ep-1/slow/10/1/error", "504"));
    assert_conserved(&relay);
}
