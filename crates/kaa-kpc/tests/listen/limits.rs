use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use kaa_kpc::limits::Limits;
use kaa_kpc::listen::Admission;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::world::{Server, closed, in_time};

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// The whole of 127.0.0.0/8 is this machine.
async fn connect_from(server: &Server, last: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0)).unwrap();
    socket.connect(server.address).await.unwrap()
}

#[tokio::test]
async fn beyond_all_connections_clients_wait_in_the_backlog() {
    let (server, mut arrivals) = Server::handing_over(&Limits { connections: 2, ..Limits::default() }, None);
    let _clients = [connect(&server).await, connect(&server).await, connect(&server).await];
    let (_, mut first) = arrivals.next().await;
    let (_second_stream, second) = arrivals.next().await;
    first.slot.logged_in();
    arrivals.none().await;
    assert_eq!(server.admission.open(), 2);
    drop(second);
    let _third = arrivals.next().await;
    assert_eq!(server.admission.open(), 2);
    assert_eq!(server.admission.counters().refused_address, 0);
}

#[tokio::test]
async fn beyond_all_connections_without_a_login_clients_wait_until_another_has_one() {
    let limits = Limits { connections_before_login: 2, ..Limits::default() };
    let (server, mut arrivals) = Server::handing_over(&limits, None);
    let _clients = [connect(&server).await, connect(&server).await, connect(&server).await];
    let (_first_stream, mut first) = arrivals.next().await;
    let _second = arrivals.next().await;
    arrivals.none().await;
    first.slot.logged_in();
    let _third = arrivals.next().await;
    assert_eq!((server.admission.open(), server.admission.before_login()), (3, 2));
}

#[tokio::test]
async fn beyond_its_share_an_address_is_turned_away_at_once_and_others_are_not() {
    let limits = Limits { connections_per_address: 2, ..Limits::default() };
    let (server, mut arrivals) = Server::handing_over(&limits, None);
    let _clients = [connect(&server).await, connect(&server).await];
    let (first_stream, first) = arrivals.next().await;
    let _second = arrivals.next().await;
    in_time(closed(connect(&server).await)).await;
    assert_eq!(server.admission.counters().refused_address, 1);

    let neighbour = connect_from(&server, 2).await;
    let (_stream, peer) = arrivals.next().await;
    assert_eq!(peer.address, neighbour.local_addr().unwrap());

    drop((first_stream, first));
    let _third = connect(&server).await;
    let _served = arrivals.next().await;
    assert_eq!((server.admission.open(), server.admission.counters().accepted), (3, 4));
}

#[tokio::test]
async fn a_listener_without_clients_keeps_no_place_from_another() {
    let admission = Admission::new(&Limits { connections: 1, ..Limits::default() });
    let (mqtt, mut to_mqtt) = Server::sharing(&admission, None);
    let (http, mut to_http) = Server::sharing(&admission, None);
    for _ in 0..3 {
        let _client = connect(&mqtt).await;
        let served = to_mqtt.next().await;
        let _waits = connect(&http).await;
        to_http.none().await;
        drop(served);
        let _served = to_http.next().await;
    }
}

/// Time is paused, and moves when nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn beyond_the_rate_clients_are_accepted_later() {
    let limits = Limits { accepts_per_second: 4.try_into().unwrap(), ..Limits::default() };
    let (server, mut arrivals) = Server::handing_over(&limits, None);
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(connect(&server).await);
    }
    let (start, mut after) = (Instant::now(), Vec::new());
    for _ in 0..8 {
        let (_stream, peer) = arrivals.next_at_last().await;
        after.push((peer.since - start).as_millis());
    }
    // What a second allows, and one more on credit.
    assert!(after[..5].iter().all(|after| *after == 0), "{after:?}");
    let later: Vec<_> = after[5..].iter().map(|after| after / 10).collect();
    assert_eq!(later, [25, 50, 75], "{after:?}");
    assert_eq!(server.admission.counters().refused_address, 0);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_listener_has_saved_no_more_than_a_second() {
    let limits = Limits { accepts_per_second: 4.try_into().unwrap(), ..Limits::default() };
    let (server, mut arrivals) = Server::handing_over(&limits, None);
    tokio::time::advance(Duration::from_secs(1000)).await;
    let start = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(connect(&server).await);
    }
    let mut last = start;
    for _ in 0..6 {
        last = arrivals.next_at_last().await.1.since;
    }
    assert!(last - start >= Duration::from_millis(250), "{:?}", last - start);
}
