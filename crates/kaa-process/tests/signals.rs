//! Real signals, which concern a whole process: this file is one, and its tests take turns.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use kaa_process::signals::{self, Signals, SignalsError};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;
use tokio::task::yield_now;

static TURN: Mutex<()> = Mutex::const_new(());

fn send(signal: Signal) {
    kill_process(getpid(), signal).unwrap();
}

#[tokio::test]
async fn the_first_signal_asks_and_what_the_service_says_at_its_end_is_the_result() {
    let _turn = TURN.lock().await;
    for signal in [Signal::TERM, Signal::INT] {
        let ended = signals::run(async |stop| {
            send(signal);
            stop.await;
            "in order"
        });
        assert_eq!(ended.await.unwrap(), "in order");
    }
}

#[tokio::test]
async fn the_second_signal_ends_a_service_that_takes_its_time() {
    let _turn = TURN.lock().await;
    let was_asked = AtomicBool::new(false);
    let ended = signals::run(async |stop| {
        send(Signal::TERM);
        stop.await;
        was_asked.store(true, Ordering::Relaxed);
        send(Signal::INT);
        pending::<()>().await;
    });
    assert!(matches!(ended.await, Err(SignalsError::Interrupted)));
    assert!(was_asked.into_inner());
}

#[tokio::test]
async fn a_service_that_ends_by_itself_needs_no_signal() {
    let _turn = TURN.lock().await;
    let (stop,) = signals::run(async |stop| (stop,)).await.unwrap();
    // Whoever still holds the wish to stop has it granted.
    stop.await;
}

#[tokio::test]
async fn the_end_of_the_terminal_asks_once_and_insists_on_nothing() {
    let _turn = TURN.lock().await;
    // First, so that it is not ignored any more, should these tests run under `nohup`.
    let mut hangups = signal(SignalKind::hangup()).unwrap();
    let signals = Signals::listen().unwrap().with_hangup().unwrap();
    let ended = signals.run(async |stop| {
        send(Signal::HUP);
        stop.await;
        hangups.recv().await;
        send(Signal::HUP);
        hangups.recv().await;
        // Whoever insists is heard before this goes on.
        yield_now().await;
        "in order"
    });
    assert_eq!(ended.await.unwrap(), "in order");
}
