use std::time::Duration;

use kaa_kpc::limits::Limits;
use kaa_kpc::listen::Speaks;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::certificates::Authority;
use crate::world::{Server, closed, in_time};

/// Time is paused, and moves when nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_client_that_never_begins_its_handshake_is_cut_when_its_time_to_log_in_is_over() {
    let authority = Authority::new("server CA");
    let (server, _arrivals) = Server::handing_over(&Limits::default(), Some(&authority.tls(Speaks::Mqtt)));
    let start = Instant::now();
    closed(TcpStream::connect(server.address).await.unwrap()).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(server.admission.counters().tls_failed, 1);
    assert_eq!(server.admission.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_a_byte_each_second_gains_nothing_by_it() {
    let authority = Authority::new("server CA");
    let (server, _arrivals) = Server::handing_over(&Limits::default(), Some(&authority.tls(Speaks::Mqtt)));
    let start = Instant::now();
    let (reader, mut writer) = TcpStream::connect(server.address).await.unwrap().into_split();
    let trickle = tokio::spawn(async move {
        // The beginning of a handshake record of 16,384 bytes.
        let record = [22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3].into_iter().chain(std::iter::repeat(7));
        for byte in record {
            if writer.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    while reader.readable().await.is_ok() && reader.try_read(&mut [0]).is_err_and(would_block) {}
    assert_eq!(start.elapsed().as_secs(), 10);
    trickle.await.unwrap();
}

#[expect(clippy::needless_pass_by_value, reason = "as is_err_and calls it")]
fn would_block(error: std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
}

#[tokio::test]
async fn slow_handshakes_delay_nobody_else() {
    let authority = Authority::new("server CA");
    let limits = Limits { login: Duration::from_secs(1), ..Limits::default() };
    let (server, mut arrivals) = Server::handing_over(&limits, Some(&authority.tls(Speaks::Mqtt)));
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(&[22, 3, 1]).await.unwrap();
        slow.push(client);
    }
    authority.client().connect(server.address).await.unwrap();
    let _served = arrivals.next().await;
    assert_eq!(server.admission.counters().tls_failed, 0, "it did not have to wait for the others");
    for client in slow {
        in_time(closed(client)).await;
    }
    assert_eq!((server.admission.counters().tls_failed, server.admission.open()), (100, 1));
}

#[tokio::test]
async fn a_client_in_its_handshake_counts_as_one_that_is_not_logged_in() {
    let authority = Authority::new("server CA");
    let limits = Limits { connections_before_login: 1, login: Duration::from_secs(1), ..Limits::default() };
    let (server, mut arrivals) = Server::handing_over(&limits, Some(&authority.tls(Speaks::Mqtt)));
    let slow = TcpStream::connect(server.address).await.unwrap();
    let good = tokio::spawn(authority.client().connect(server.address));
    arrivals.none().await;
    assert_eq!(server.admission.before_login(), 1);
    // When the slow one is cut, it is the other's turn.
    in_time(closed(slow)).await;
    let _served = arrivals.next().await;
    in_time(good).await.unwrap().unwrap();
}
