use kaa_kpc::limits::Limits;
use kaa_kpc::listen::{BindError, Listener, Stream};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::world::{Server, in_time};

#[tokio::test]
async fn a_connection_comes_with_the_address_and_the_time_of_its_client() {
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), None);
    let before = Instant::now();
    let client = TcpStream::connect(server.address).await.unwrap();
    let (_stream, peer) = arrivals.next().await;
    assert_eq!(peer.address, client.local_addr().unwrap());
    assert!(before <= peer.since && peer.since <= Instant::now());
    assert_eq!(peer.certificate, None);
}

#[tokio::test]
async fn packets_are_not_held_back_and_vanished_clients_are_probed_for() {
    let (server, mut arrivals) = Server::handing_over(&Limits::default(), None);
    let _client = TcpStream::connect(server.address).await.unwrap();
    let (Stream::Plain(stream), _peer) = arrivals.next().await else { panic!("no TLS was asked for") };
    let socket = TcpSocket::from_std_stream(stream.into_std().unwrap());
    assert!(socket.nodelay().unwrap());
    assert!(socket.keepalive().unwrap());
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_says_so() {
    let first = Listener::bind("mqtt.listen", "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = first.local_addr();
    let error = Listener::bind("http.listen", address).unwrap_err();
    assert!(matches!(&error, BindError::Taken { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "http.listen: cannot listen on {address}: it is taken; choose another port, \
             or stop the process that has it (`ss -ltnp` names it)"
        )
    );
}

#[tokio::test]
async fn an_address_of_another_machine_is_an_error_that_says_so() {
    // Of the block for documentation (RFC 5737): no machine has it.
    let error = Listener::bind("mqtt.listen", "192.0.2.1:0".parse().unwrap()).unwrap_err();
    assert!(matches!(error, BindError::NotOurs { .. }), "{error:?}");
}

#[tokio::test]
async fn a_storm_of_clients_is_served_to_the_last() {
    const CLIENTS: usize = 300;
    let (server, mut arrivals) =
        Server::handing_over(&Limits { connections_per_address: CLIENTS, ..Limits::default() }, None);
    // All of them at once, before one is accepted.
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(TcpStream::connect(server.address));
    }
    let clients: Vec<_> = in_time(clients.join_all()).await.into_iter().map(Result::unwrap).collect();
    let mut open = Vec::new();
    for _ in 0..CLIENTS {
        open.push(arrivals.next().await);
    }
    assert_eq!(server.admission.open(), CLIENTS);
    assert_eq!(server.admission.counters().accepted, CLIENTS as u64);
    drop((clients, open));
    assert_eq!(server.admission.open(), 0);
}
