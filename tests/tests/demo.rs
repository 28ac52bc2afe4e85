//! The demo as a program in a terminal: its signals, its exit codes, and what it leaves behind.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::net::SocketAddr;

use kaa_tests::nats_server::NatsServer;
use kaa_tests::program::program;
use kaa_tests::service::Service;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// The demo, on ports that are free, with a place for temporary files of its own.
struct Demo {
    program: Service,
    temporary: TempDir,
}

impl Demo {
    fn start(flags: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = Command::new(program("demo"));
        command.args(["--mqtt=0", "--http=0", "--cdp=0", "--epts=0", "--cex=0", "--ccm=0"]);
        command.args(flags).env("TMPDIR", temporary.path());
        Self { program: Service::start(command), temporary }
    }

    /// Waits until a device has got its samples stored.
    async fn is_at_work(&mut self) {
        while !self.program.logged("dcx /json").await.contains(" 200 ") {}
    }

    /// Waits for the end: whether it ended well, once nothing is left behind.
    async fn ended(self) -> bool {
        let is_good = self.program.ended().await;
        let left: Vec<_> = fs::read_dir(self.temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        is_good
    }
}

#[tokio::test]
async fn ctrl_c_ends_it_in_order_with_a_summary() {
    let mut demo = Demo::start(&[]);
    demo.is_at_work().await;
    demo.program.interrupt();
    let devices = async {
        demo.program.logged("another ctrl-c ends it at once").await;
        demo.program.logged("Summary of").await;
        demo.program.logged("devices").await
    };
    let devices = devices.await;
    assert!(devices.contains(" 0 wrong, 0 unanswered"), "{devices}");
    assert!(!devices.contains('\u{1b}'), "colours are for terminals: {devices:?}");
    assert!(demo.ended().await);
}

#[tokio::test]
async fn a_terminal_that_is_closed_ends_it_in_order_and_leaves_nothing_behind() {
    // A signal that is listened to here is not ignored by children, should this test run under `nohup`.
    let _listening = signal(SignalKind::hangup()).unwrap();
    let mut demo = Demo::start(&[]);
    demo.is_at_work().await;
    demo.program.hang_up();
    demo.program.hang_up();
    assert!(demo.ended().await);
}

#[tokio::test]
async fn another_ctrl_c_ends_it_at_once() {
    let mut demo = Demo::start(&["--quiet"]);
    let line = demo.program.logged("commands ").await;
    let (_, rest) = line.split_once("http://").unwrap();
    let cex: SocketAddr = rest.split('/').next().unwrap().parse().unwrap();
    demo.program.logged("Ctrl-c ends it").await;
    // Somebody waits for a device that is not there, and so does an end in order.
    let mut waiting = TcpStream::connect(cex).await.unwrap();
    let begun = "POST /endpoints/nobody/commands/blink?await=60s HTTP/1.1\r\nhost: cex\r\ncontent-length: 2\r\n\
                 expect: 100-continue\r\n\r\n";
    waiting.write_all(begun.as_bytes()).await.unwrap();
    // The port asks for the body, so the request has begun.
    waiting.readable().await.unwrap();
    demo.program.interrupt();
    demo.program.logged("another ctrl-c ends it at once").await;
    demo.program.interrupt();
    demo.program.logged("stopped at once").await;
    assert!(!demo.ended().await);
}

#[tokio::test]
async fn it_does_not_end_well_when_somebody_got_no_right_answer() {
    let mut server = NatsServer::start().await;
    let mut demo = Demo::start(&["--nats", &server.url(), "--duration", "4s"]);
    demo.is_at_work().await;
    server.kill();
    demo.program.logged(" 503 ").await;
    server.restart().await;
    // What was on its way is answered when its time is over.
    while !demo.program.logged("").await.contains("Summary of") {}
    assert!(!demo.ended().await);
}

#[tokio::test]
async fn it_runs_on_a_server_without_jetstream() {
    let server = NatsServer::start().await;
    let mut demo = Demo::start(&["--nats", &server.url(), "--duration", "3s"]);
    demo.program.logged("on a NATS server").await;
    demo.is_at_work().await;
    assert!(demo.ended().await);
}

#[tokio::test]
async fn a_directory_that_cannot_hold_the_databases_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let epts = directory.path().join("epts.sqlite");
    fs::create_dir(&epts).unwrap();
    let mut demo = Demo::start(&["--data", directory.path().to_str().unwrap()]);
    demo.program.logged("epts does not start").await;
    let because = demo.program.logged("epts.sqlite").await;
    assert!(because.contains("because"), "{because}");
    assert!(!demo.ended().await);
}
