//! Sessions that a replica of an extension asks for.

use std::time::Duration;

use kaa_kpc::relay::RelayOptions;

use super::world::{Client, World, assert_conserved, aware, pair, quiet, said};

const PIN: &str = "kaa.v1.replica.ext-9.esp.ClientData";

/// Lets whoever gets the request pin the session, and says who that was.
async fn pin(client: &mut Client) -> String {
    client.ask("ep-1/observe/true/1", "");
    let all = client.all().await;
    assert_eq!(all.len(), 2, "{all:?}");
    all.into_iter().find(|(topic, _)| topic == "ep-1/observe/true/1/status").unwrap().1
}

#[tokio::test(start_paused = true)]
async fn a_pinned_session_comes_to_the_replica_that_pinned_it() {
    let world = World::new();
    let relay = world.relay().await;
    let _extensions = [world.extension("ext-0").await, world.extension("ext-1").await];
    let mut client = Client::of(&relay);
    for _ in 0..5 {
        let replica = pin(&mut client).await;
        client.ask("ep-1/replica/2", "");
        assert_eq!(client.next().await, pair("ep-1/replica/2/status", &replica));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_pins_the_session_of_its_endpoint_with_its_extension_and_no_other_one() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut replica = world.puppet_on(PIN).await;
    let client = Client::of(&relay);
    client.ask("ep-1/echo/1", "");
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), Some(PIN)).await;
    quiet().await;
    client.ask("ep-1/echo/2", "");
    let pinned = replica.next().await;
    assert_eq!(pinned.data().request_id, Some(2));
    client.ask("ep-2/echo/3", "");
    assert_eq!(puppet.next().await.data().request_id, Some(3));
    // HTTP shares the session of the endpoint.
    let http = relay.clone();
    let asking = tokio::spawn(async move { said(&http.ask(&aware("kp1/v1/ext/ep-1/echo", "http")).await) });
    let got = replica.next().await;
    // An answer that asks for nothing lets the session go.
    replica.answer(&got, &got.echo(), None).await;
    assert_eq!(asking.await.unwrap(), "http");
    client.ask("ep-1/echo/4", "");
    assert_eq!(puppet.next().await.data().request_id, Some(4));
}

#[tokio::test(start_paused = true)]
async fn without_an_endpoint_the_session_is_the_connections() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut replica = world.puppet_on(PIN).await;
    let clients = [Client::of(&relay), Client::of(&relay)];
    clients[0].ask_unaware("time/1");
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), Some(PIN)).await;
    quiet().await;
    clients[0].ask_unaware("time/2");
    assert_eq!(replica.next().await.data().request_id, Some(2));
    clients[1].ask_unaware("time/3");
    assert_eq!(puppet.next().await.data().request_id, Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_push_pins_too_and_one_without_an_address_says_nothing() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut replica = world.puppet_on(PIN).await;
    let client = Client::of(&relay);
    client.ask("ep-1/echo/1", "");
    let got = puppet.next().await;
    let mut push = got.echo();
    (push.correlation_id, push.request_id) = ("push", None);
    for reply_to in [Some(PIN), None] {
        puppet.answer(&got, &push, reply_to).await;
        quiet().await;
        client.ask("ep-1/echo/2", "");
        assert_eq!(replica.next().await.data().request_id, Some(2));
    }
    assert_eq!(relay.counters().pushed, 2);
}

#[tokio::test(start_paused = true)]
async fn a_hostile_address_pins_nothing_and_is_counted() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    let hostile = [
        "$SYS.REQ.SERVER.PING",
        "$JS.API.INFO",
        "_INBOX.a.1",
        "kaa.v1.service.other.esp.ClientData",
        "kaa.v1.replica.kpc-0.esp.ExtensionData",
        "kaa.v1.replica.ext-9.cdtp.request",
    ];
    for reply_to in hostile {
        client.ask("ep-1/echo/1", "");
        let got = puppet.next().await;
        puppet.answer(&got, &got.echo(), Some(reply_to)).await;
        assert_eq!(client.all().await, [pair("ep-1/echo/1/status", "")]);
    }
    assert_eq!(assert_conserved(&relay).hostile_reply_to, hostile.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn when_the_pinned_replica_is_killed_the_other_one_takes_over() {
    let world = World::new();
    let relay = world.relay().await;
    let replicas = [world.extension("ext-0").await, world.extension("ext-1").await];
    let mut client = Client::of(&relay);
    let pinned = pin(&mut client).await;
    let (killed, left) = if pinned == "ext-0" { (0, "ext-1") } else { (1, "ext-0") };
    replicas[killed].1.close(Duration::from_secs(1)).await.unwrap();
    for number in 2..4 {
        client.ask(&format!("ep-1/replica/{number}"), "");
        assert_eq!(client.next().await, pair(&format!("ep-1/replica/{number}/status"), left));
    }
    let counters = assert_conserved(&relay);
    assert_eq!((counters.resent, counters.answered), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_replica_that_is_gone_is_sent_once_more_and_the_pin_forgotten() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    for number in 1..=2 {
        client.ask("ep-1/echo/1", "");
        let got = puppet.next().await;
        puppet.answer(&got, &got.echo(), Some(PIN)).await;
        assert_eq!(client.all().await.len(), 1);
        // Nobody is there. The same request comes to the service, with the same correlation ID.
        client.ask("ep-1/echo/2", "again");
        let got = puppet.next().await;
        assert_eq!((got.data().request_id, got.data().payload), (Some(2), &b"again"[..]));
        puppet.answer(&got, &got.echo(), None).await;
        assert_eq!(client.all().await, [pair("ep-1/echo/2/status", "again")]);
        assert_eq!(relay.counters().resent, number);
    }
    // When nobody is there either, that is the end of it.
    client.ask("ep-1/echo/1", "");
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), Some(PIN)).await;
    client.all().await;
    drop(puppet);
    client.ask("ep-1/echo/3", "");
    assert_eq!(client.all().await, [pair("ep-1/echo/3/error", "503")]);
    assert_conserved(&relay);
}

#[tokio::test(start_paused = true)]
async fn a_pinned_request_that_could_not_be_kept_is_503_when_its_replica_is_gone() {
    let world = World::new();
    let options = RelayOptions { kept_bytes: 0, ..world.options("kpc-0") };
    let (relay, mut puppet) = (world.relay_with(options).await, world.puppet().await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/1", "");
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), Some(PIN)).await;
    client.all().await;
    client.ask("ep-1/echo/2", "");
    assert_eq!(client.all().await, [pair("ep-1/echo/2/error", "503")]);
    // The pin is forgotten all the same.
    client.ask("ep-1/echo/3", "");
    assert_eq!(puppet.next().await.data().request_id, Some(3));
}

#[tokio::test(start_paused = true)]
async fn who_disconnects_leaves_no_pin() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let _replica = world.puppet_on(PIN).await;
    let client = Client::of(&relay);
    client.ask("ep-1/echo/1", "");
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), Some(PIN)).await;
    quiet().await;
    drop(client);
    let client = Client::of(&relay);
    client.ask("ep-1/echo/2", "");
    assert_eq!(puppet.next().await.data().request_id, Some(2));
}
