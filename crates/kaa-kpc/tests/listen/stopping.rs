use std::io::ErrorKind;
use std::time::Duration;

use kaa_kpc::limits::Limits;
use kaa_kpc::listen::Listener;
use tokio::net::TcpStream;

use crate::world::{Server, closed, echo, in_time};

#[tokio::test]
async fn stopping_closes_the_port_and_leaves_connections_open() {
    let server = Server::echoing(&Limits::default());
    let address = server.address;
    let mut client = TcpStream::connect(address).await.unwrap();
    echo(&mut client).await;
    let connections = server.stop().await;
    assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    echo(&mut client).await;
    drop(client);
    assert_eq!(in_time(connections.end(Duration::from_secs(60))).await, 0);
}

#[tokio::test]
async fn a_successor_can_listen_at_once_while_connections_are_still_open() {
    let server = Server::echoing(&Limits::default());
    let address = server.address;
    let mut client = TcpStream::connect(address).await.unwrap();
    echo(&mut client).await;
    let _connections = server.stop().await;
    let successor = Listener::bind("mqtt.listen", address).unwrap();
    assert_eq!(successor.local_addr(), address);
    echo(&mut client).await;
}

#[tokio::test]
async fn connections_that_do_not_end_are_cut_and_their_places_are_free() {
    let server = Server::echoing(&Limits::default());
    let admission = server.admission.clone();
    let mut clients = [
        TcpStream::connect(server.address).await.unwrap(),
        TcpStream::connect(server.address).await.unwrap(),
    ];
    for client in &mut clients {
        echo(client).await;
    }
    let connections = server.stop().await;
    assert_eq!(connections.end(Duration::ZERO).await, 2);
    assert_eq!(admission.open(), 0);
    for client in clients {
        in_time(closed(client)).await;
    }
}

#[tokio::test]
async fn a_listener_that_waits_for_room_stops_all_the_same() {
    let (server, mut arrivals) = Server::handing_over(&Limits { connections: 1, ..Limits::default() }, None);
    let _clients = [
        TcpStream::connect(server.address).await.unwrap(),
        TcpStream::connect(server.address).await.unwrap(),
    ];
    let _served = arrivals.next().await;
    arrivals.none().await;
    let connections = server.stop().await;
    assert_eq!(in_time(connections.end(Duration::from_secs(60))).await, 0);
}

#[tokio::test]
async fn a_handler_that_panics_harms_nobody_else() {
    let admission = kaa_kpc::listen::Admission::new(&Limits::default());
    let server = Server::start(&admission, None, |stream, peer| async move {
        let _held = (stream, peer);
        panic!("on purpose");
    });
    for _ in 0..3 {
        in_time(closed(TcpStream::connect(server.address).await.unwrap())).await;
    }
    let connections = server.stop().await;
    assert_eq!(in_time(connections.end(Duration::from_secs(60))).await, 0);
    assert_eq!((admission.open(), admission.counters().panicked), (0, 3));
}
