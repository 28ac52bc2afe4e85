//! Whether the server has what was published.

use std::time::Duration;

use kaa_kpc::relay::NotTaken;

use super::world::{Client, World, pair, quiet};

#[tokio::test(start_paused = true)]
async fn what_the_server_has_is_confirmed_to_all_who_ask() {
    let world = World::new();
    let (relay, _puppet) = (world.relay().await, world.puppet().await);
    let clients: Vec<_> = (0..100).map(|_| Client::of(&relay)).collect();
    let mut waiting = vec![relay.taken()];
    for client in &clients {
        client.ask("ep-1/echo", "");
    }
    assert_eq!(waiting.remove(0).await, Ok(()));
    for taken in clients.iter().map(|client| client.connection.taken()).collect::<Vec<_>>() {
        assert_eq!(taken.await, Ok(()));
    }
    assert_eq!(relay.taken().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_was_published_before_the_server_was_away_is_not_confirmed_when_it_is_back() {
    let world = World::new();
    let (relay, _puppet) = (world.relay().await, world.puppet().await);
    let (former, latter) = (Client::of(&relay), Client::of(&relay));
    former.ask("ep-1/echo", "");
    world.server.stop();
    assert_eq!(latter.connection.taken().await, Err(NotTaken::BusAway));
    world.server.start();
    // The last request of all is still the one of before.
    assert_eq!(relay.taken().await, Err(NotTaken::BusAway));
    latter.ask("ep-2/echo", "");
    assert_eq!(latter.connection.taken().await, Ok(()));
    assert_eq!(relay.taken().await, Ok(()));
    // Whatever others have sent since, and once.
    former.ask("ep-1/echo", "");
    assert_eq!(former.connection.taken().await, Err(NotTaken::BusAway));
    assert_eq!(former.connection.taken().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_wants_confirmed_casts_no_doubt_on_what_comes_later() {
    let world = World::new();
    let (relay, _puppet) = (world.relay().await, world.puppet().await);
    let client = Client::of(&relay);
    client.mention("ep-1/echo");
    world.server.stop();
    world.server.start();
    client.ask("ep-1/echo", "");
    assert_eq!(client.connection.taken().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_casts_no_doubt_on_what_comes_later() {
    let world = World::new();
    let (relay, _puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    world.server.stop();
    client.ask("ep-1/echo/1", "");
    assert_eq!(client.next().await, pair("ep-1/echo/1/error", "503"));
    world.server.start();
    client.ask("ep-1/echo/2", "");
    assert_eq!(client.connection.taken().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_left_waiting_when_the_relay_ends() {
    let world = World::new();
    let relay = world.relay().await;
    let client = Client::of(&relay);
    client.ask("ep-1/echo", "");
    let before = client.connection.taken();
    relay.stop(Duration::from_secs(1)).await.unwrap();
    quiet().await;
    // What was asked for in time is still told.
    assert_eq!(before.await, Ok(()));
    assert_eq!(client.connection.taken().await, Err(NotTaken::Stopping));
    assert_eq!(relay.taken().await, Err(NotTaken::Stopping));
}
