//! Every bound at its edge.

use kaa_kpc::relay::RelayOptions;

use super::world::{Client, World, assert_conserved, aware, pair, said};

#[tokio::test(start_paused = true)]
async fn one_connection_has_so_many_requests_in_flight_and_no_more() {
    let world = World::new();
    let options = RelayOptions { in_flight_per_connection: 2, ..world.options("kpc-0") };
    let (relay, mut puppet) = (world.relay_with(options).await, world.puppet().await);
    let mut client = Client::of(&relay);
    for number in 1..=3 {
        client.ask(&format!("ep-1/echo/{number}"), "");
    }
    assert_eq!(client.all().await, [pair("ep-1/echo/3/error", "429")]);
    // Without a request ID nothing is waited for, and another connection has its own bound.
    client.ask("ep-1/echo", "");
    let mut other = Client::of(&relay);
    other.ask("ep-2/echo/1", "");
    assert_eq!((client.all().await, other.all().await), (vec![], vec![]));
    // An answer makes room.
    let got = puppet.next().await;
    puppet.answer(&got, &got.echo(), None).await;
    assert_eq!(client.all().await, [pair("ep-1/echo/1/status", "")]);
    client.ask("ep-1/echo/4", "");
    assert_eq!(client.all().await, []);
}

#[tokio::test(start_paused = true)]
async fn the_relay_has_so_many_requests_in_flight_and_no_more() {
    let world = World::new();
    let options = RelayOptions { in_flight: 2, ..world.options("kpc-0") };
    let (relay, _puppet) = (world.relay_with(options).await, world.puppet().await);
    let clients = [Client::of(&relay), Client::of(&relay)];
    for client in &clients {
        client.ask("ep-1/echo/1", "");
    }
    assert_eq!(said(&relay.ask(&aware("kp1/v1/ext/ep-3/echo", "")).await), "503");
    drop(clients);
    assert_eq!(said(&relay.ask(&aware("kp1/v1/ext/ep-3/echo", "")).await), "504");
    assert_conserved(&relay);
}

#[tokio::test(start_paused = true)]
async fn errors_of_so_many_requests_without_a_request_id_are_waited_for() {
    let world = World::new();
    let options = RelayOptions { without_answer: 2, ..world.options("kpc-0") };
    let (relay, mut puppet) = (world.relay_with(options).await, world.puppet().await);
    let mut client = Client::of(&relay);
    for name in ["a", "b", "c"] {
        client.ask(&format!("ep-1/{name}"), "");
    }
    assert_eq!(relay.counters().unanswered, 1);
    for _ in 0..3 {
        let got = puppet.next().await;
        let mut error = got.echo();
        error.status_code = 500;
        puppet.answer(&got, &error, None).await;
    }
    assert_eq!(client.all().await, [pair("ep-1/b/error", "500"), pair("ep-1/c/error", "500")]);
    assert_eq!(assert_conserved(&relay).late, 1);
}

#[tokio::test(start_paused = true)]
async fn one_connection_speaks_for_so_many_endpoints_and_no_more() {
    let world = World::new();
    let options = RelayOptions { endpoints_per_connection: 2, ..world.options("kpc-0") };
    let (relay, _extension) = (world.relay_with(options).await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    for endpoint in ["a", "b", "c", "b"] {
        client.ask(&format!("{endpoint}/echo/1"), "");
    }
    let mut all = client.all().await;
    all.sort();
    let expected = [("a", "status", ""), ("b", "status", ""), ("b", "status", ""), ("c", "error", "429")];
    assert_eq!(all, expected.map(|(id, level, text)| pair(&format!("{id}/echo/1/{level}"), text)));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_would_not_take_is_413() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/1", vec![b'x'; 1 << 20]);
    assert_eq!(client.next().await, pair("ep-1/echo/1/error", "413"));
    client.ask("ep-1/echo/2", vec![b'x'; (1 << 20) - 1024]);
    assert_eq!(client.next().await.0, "ep-1/echo/2/status");
    assert_conserved(&relay);
}
