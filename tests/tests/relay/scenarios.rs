//! What clients and extensions get of each other.

use std::time::Duration;

use kaa_bus::{Delivery, Events, Messaging};
use kaa_ext::PushError;
use kaa_kpc::relay::NotTaken;
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::{Venue, until};

use crate::world::{Client, Communication, Replica};

const TIMEOUT: Duration = Duration::from_secs(5);

async fn communication(venue: &Venue, replica: &str) -> Communication {
    Communication::start(venue.connect().await, replica, TIMEOUT).await
}

pub(crate) async fn requests_are_answered_as_they_were_asked_in_both_dialects(venue: Venue) {
    let kpc = communication(&venue, "kpc-0").await;
    let _extensions = [Replica::start(&venue, "ext-0").await, Replica::start(&venue, "old-0").await];
    let mut client = Client::of(&kpc);
    for extension in ["ext", "old"] {
        for (rest, answer) in [
            ("ep-1/echo/03", "ep-1/echo/03/status hello"),
            ("ep-1/fail/4", "ep-1/fail/4/error 404"),
            ("ep-1/fail", "ep-1/fail/error 404"),
            ("ep-1/nothing/5", "ep-1/nothing/5/error 404"),
        ] {
            client.ask(&format!("{extension}/{rest}"), "hello");
            assert_eq!(client.next().await, format!("{extension}/{answer}"));
        }
    }
    assert_eq!(kpc.settled().await.answered, 8);
}

pub(crate) async fn nobody_serving_is_known_at_once_whoever_else_answers(venue: Venue) {
    let kpc = communication(&venue, "kpc-0").await;
    let _extension = Replica::start(&venue, "ext-0").await;
    let (mut served, mut unserved) = (Client::of(&kpc), Client::of(&kpc));
    for round in 0..50 {
        served.ask(&format!("ext/ep-1/echo/{round}"), "");
        unserved.ask(&format!("old/ep-2/echo/{round}"), "");
        served.ask(&format!("ext/ep-1/echo/{round}"), "");
        assert_eq!(unserved.next().await, format!("old/ep-2/echo/{round}/error 503"));
        for _ in 0..2 {
            assert_eq!(served.next().await, format!("ext/ep-1/echo/{round}/status "));
        }
    }
    let counters = kpc.settled().await;
    assert_eq!((counters.refused, counters.answered, counters.timed_out), (50, 100, 0));
}

pub(crate) async fn a_thousand_requests_at_once_get_a_thousand_answers(venue: Venue) {
    let kpc = communication(&venue, "kpc-0").await;
    let _extension = Replica::start(&venue, "ext-0").await;
    let mut clients: Vec<_> = (0..20).map(|_| Client::of(&kpc)).collect();
    for (index, client) in clients.iter().enumerate() {
        for number in 0..50 {
            client.ask(&format!("ext/ep-{index}/echo/{number}"), format!("{index} {number}"));
        }
    }
    for (index, client) in clients.iter_mut().enumerate() {
        // Requests of one endpoint are answered in their order.
        for number in 0..50 {
            let expected = format!("ext/ep-{index}/echo/{number}/status {index} {number}");
            assert_eq!(client.next().await, expected);
        }
    }
    assert_eq!(kpc.settled().await.answered, 1000);
}

pub(crate) async fn a_session_that_was_pinned_survives_its_replica(venue: Venue) {
    let kpc = communication(&venue, "kpc-0").await;
    let replicas = [Replica::start(&venue, "ext-0").await, Replica::start(&venue, "ext-1").await];
    let mut client = Client::of(&kpc);
    client.ask("ext/ep-1/pin/1", "");
    let pinned = client.next().await.strip_prefix("ext/ep-1/pin/1/status ").unwrap().to_owned();
    for number in 2..8 {
        client.ask(&format!("ext/ep-1/pin/{number}"), "");
        assert_eq!(client.next().await, format!("ext/ep-1/pin/{number}/status {pinned}"));
    }
    let [first, second] = replicas;
    let (killed, _left, name) =
        if pinned == "ext-0" { (first, second, "ext-1") } else { (second, first, "ext-0") };
    killed.kill(&venue.connect().await).await;
    for number in 8..10 {
        client.ask(&format!("ext/ep-1/replica/{number}"), "");
        assert_eq!(client.next().await, format!("ext/ep-1/replica/{number}/status {name}"));
    }
    let counters = kpc.settled().await;
    assert_eq!((counters.resent, counters.answered, counters.refused), (1, 9, 0));
}

pub(crate) async fn a_push_finds_the_connection_that_used_the_endpoint_last(venue: Venue) {
    let mut listener = Listener::start(&venue).await;
    let kpc = [communication(&venue, "kpc-0").await, communication(&venue, "kpc-1").await];
    let mut extension = Replica::start(&venue, "ext-0").await;
    let mut clients = kpc.each_ref().map(Client::of);
    clients[0].ask("ext/ep-1/pin/1", "");
    clients[0].next().await;
    let session = soon("the session", extension.sessions.recv()).await.unwrap();
    session.push("one").await.unwrap();
    assert_eq!(clients[0].next().await, "ext/ep-1/pin/status one");
    listener.connected().await;
    clients[1].ask("ext/ep-1/echo/2", "");
    clients[1].next().await;
    listener.connected().await;
    // What the listener has heard, the other replica has got as well.
    kpc[0].bus.fence(PATIENCE).await.unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    session.push("two").await.unwrap();
    assert_eq!(clients[1].next().await, "ext/ep-1/pin/status two");
    assert_eq!(kpc[0].relay.counters().forwarded, 1);
}

pub(crate) async fn a_push_of_the_old_dialect_is_confirmed(venue: Venue) {
    let kpc = communication(&venue, "kpc-0").await;
    let mut extension = Replica::start(&venue, "old-0").await;
    let mut client = Client::of(&kpc);
    client.ask("old/ep-1/pin/1", "");
    assert_eq!(client.next().await, "old/ep-1/pin/1/status old-0");
    let session = soon("the session", extension.sessions.recv()).await.unwrap();
    session.push_confirmed("news", PATIENCE).await.unwrap();
    assert_eq!(client.next().await, "old/ep-1/pin/status news");
    drop(client);
    let rejected = session.push_confirmed("lost", PATIENCE).await.unwrap_err();
    assert!(matches!(&rejected, PushError::Rejected { status } if status.starts_with("404 ")), "{rejected}");
    // A pin is no wish that this dialect knows, nor a hostile one.
    assert_eq!(kpc.relay.counters().hostile_reply_to, 0);
}

pub(crate) async fn only_what_the_server_has_is_confirmed(mut venue: Venue) {
    let kpc = communication(&venue, "kpc-0").await;
    let _extension = Replica::start(&venue, "ext-0").await;
    let (former, latter) = (Client::of(&kpc), Client::of(&kpc));
    former.ask("ext/ep-1/echo", "");
    latter.ask("ext/ep-2/echo", "");
    assert_eq!(former.connection.taken().await, Ok(()));
    venue.stop(&kpc.bus).await;
    assert_eq!(latter.connection.taken().await, Err(NotTaken::BusAway));
    former.ask("ext/ep-1/echo", "");
    venue.start(&kpc.bus).await;
    former.ask("ext/ep-1/echo", "");
    // The one that was refused is told as an error of its own.
    assert_eq!(former.connection.taken().await, Ok(()));
    latter.ask("ext/ep-2/echo", "");
    assert_eq!(latter.connection.taken().await, Ok(()));
}

/// Somebody who listens.
struct Listener {
    connected: Events<ConnectedEvent>,
    disconnected: Events<DisconnectedEvent>,
}

impl Listener {
    async fn start(venue: &Venue) -> Self {
        let (instance, replica) = (ServiceInstance::from_static("l"), ReplicaId::from_static("l-0"));
        let messaging = Messaging::new(venue.connect().await, instance, replica);
        Self {
            connected: messaging.listen(None, Delivery::EveryReplica).await.unwrap(),
            disconnected: messaging.listen(None, Delivery::EveryReplica).await.unwrap(),
        }
    }

    async fn connected(&mut self) -> Vec<String> {
        let event = soon("endpoints to come", self.connected.next()).await.unwrap().unwrap();
        event.endpoints.keys().map(str::to_owned).collect()
    }

    async fn disconnected(&mut self) -> Vec<String> {
        let event = soon("endpoints to go", self.disconnected.next()).await.unwrap().unwrap();
        event.endpoints.keys().map(str::to_owned).collect()
    }
}

pub(crate) async fn what_happened_while_the_server_was_away_is_told_when_it_is_back(mut venue: Venue) {
    let mut listener = Listener::start(&venue).await;
    let kpc = communication(&venue, "kpc-0").await;
    let (stays, goes) = (Client::of(&kpc), Client::of(&kpc));
    stays.ask("ext/a/echo", "");
    assert_eq!(listener.connected().await, ["a"]);
    goes.ask("ext/b/echo", "");
    assert_eq!(listener.connected().await, ["b"]);
    stays.connection.taken().await.unwrap();
    venue.stop(&kpc.bus).await;
    stays.ask("ext/c/echo", "");
    drop(goes);
    until("it to be noticed that nobody can be told", || kpc.relay.counters().untold > 0).await;
    venue.start(&kpc.bus).await;
    assert_eq!(
        (listener.connected().await, listener.disconnected().await),
        (vec!["c".into()], vec!["b".into()])
    );
    drop(stays);
    assert_eq!(listener.disconnected().await, ["a", "c"]);
    assert_eq!(kpc.relay.counters().unannounced, 0);
}

pub(crate) async fn a_stop_answers_who_waits_and_tells_who_is_gone(venue: Venue) {
    let mut listener = Listener::start(&venue).await;
    let kpc = communication(&venue, "kpc-0").await;
    let _extension = Replica::start(&venue, "ext-0").await;
    let mut client = Client::of(&kpc);
    client.ask("ext/ep-1/never/1", "");
    client.ask("ext/ep-2/echo/2", "last");
    assert_eq!(client.next().await, "ext/ep-2/echo/2/status last");
    kpc.relay.stop(Duration::from_millis(300)).await.unwrap();
    assert_eq!(client.next().await, "ext/ep-1/never/1/error 503");
    assert!(client.has_ended().await);
    assert_eq!(listener.connected().await, ["ep-1", "ep-2"]);
    assert_eq!(listener.disconnected().await, ["ep-1", "ep-2"]);
}
