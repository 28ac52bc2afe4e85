//! Many connections that come at once and then do nothing.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kaa_tests::patience::soon;
use tokio::net::{TcpSocket, TcpStream};

use crate::load::Exchange;
use crate::mqtt;
use crate::service::Kpc;

/// Connections that are made at the same time.
const AT_ONCE: usize = 500;
/// The service takes 256 from one address.
const PER_ADDRESS: usize = 250;

pub(crate) struct Idle {
    connections: usize,
    failures: usize,
    took: Duration,
    before: u64,
    after: u64,
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, failures, took, before, after } = self;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let each = (after - before) as f64 / *connections as f64 / 1024.0;
        write!(
            f,
            "{connections} logged in within {:.1} s, {failures} failures; {:.0} MB in all, {:.0} MB before, {each:.1} KiB each",
            took.as_secs_f64(),
            megabytes(*after),
            megabytes(*before),
        )
    }
}

pub(crate) async fn measure(kpc: &Kpc, connections: usize) -> Idle {
    let (before, started) = (kpc.process().memory(), Instant::now());
    let mut open = Vec::with_capacity(connections);
    let mut failures = 0;
    let mut numbers = 0..connections;
    let mut under_way = tokio::task::JoinSet::new();
    for number in numbers.by_ref().take(AT_ONCE) {
        under_way.spawn(connect(kpc.address(Exchange::Mqtt0), number));
    }
    while let Some(connected) = under_way.join_next().await {
        match connected {
            Ok(stream) => open.push(stream),
            Err(_) => failures += 1,
        }
        if let Some(number) = numbers.next() {
            under_way.spawn(connect(kpc.address(Exchange::Mqtt0), number));
        }
    }
    let took = started.elapsed();
    Idle { connections: open.len(), failures, took, before, after: kpc.process().memory() }
}

async fn connect(address: SocketAddr, number: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let from = SocketAddr::from(([127, 0, 1, u8::try_from(1 + number / PER_ADDRESS).unwrap()], 0));
    socket.bind(from).unwrap();
    let login =
        async { mqtt::login(socket.connect(address).await.unwrap(), &format!("idle-{number}")).await };
    soon("a login", login).await
}
