//! A process without file descriptors. The limit is one of the whole process, so this test has its own.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::fs::File;
use std::time::Duration;

use kaa_kpc::limits::Limits;
use kaa_kpc::listen::{Admission, Listener};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn echo(client: &mut TcpStream) {
    client.write_all(b"ping").await.unwrap();
    let mut answer = [0; 4];
    tokio::time::timeout(Duration::from_secs(20), client.read_exact(&mut answer))
        .await
        .expect("in time")
        .unwrap();
    assert_eq!(&answer, b"ping");
}

#[tokio::test]
async fn when_files_run_out_clients_wait_and_those_who_are_connected_do_not_notice() {
    let admission = Admission::new(&Limits::default());
    let listener = Listener::bind("mqtt.listen", "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr();
    let echoing = |mut stream, peer| async move {
        let _peer = peer;
        let mut buffer = [0; 4];
        while let Ok(4) = AsyncReadExt::read_exact(&mut stream, &mut buffer).await {
            AsyncWriteExt::write_all(&mut stream, &buffer).await.unwrap();
        }
    };
    let serving = tokio::spawn(listener.serve(admission.clone(), echoing, std::future::pending()));
    let mut connected = TcpStream::connect(address).await.unwrap();
    echo(&mut connected).await;

    let former = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..former }).unwrap();
    let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    // One for the client, none for the server.
    files.pop().expect("there were some left");
    let mut waiting = TcpStream::connect(address).await.unwrap();
    let failing = async {
        while admission.counters().accept_errors < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), failing).await.expect("accepting fails, again and again");
    assert_eq!((admission.open(), admission.counters().accepted), (1, 1));
    echo(&mut connected).await;

    drop(files);
    echo(&mut waiting).await;
    echo(&mut connected).await;
    assert_eq!((admission.open(), admission.counters().accepted), (2, 2));
    serving.abort();
}
