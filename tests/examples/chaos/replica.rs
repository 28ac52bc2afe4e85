//! Replicas of an echo, as processes of their own: ours, and two of bare async-nats that leave as its documentation
//! offers.

use std::env;

use futures_util::StreamExt;
use kaa_ext::Config;
use kaa_ext::logs::log_to_stderr;
use kaa_tests::echo;
use kaa_tests::service::Service;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// An extension of this project.
pub(crate) const OURS: &str = "ours";
/// `Subscriber::drain`, then whatever still comes, then `Client::flush`.
pub(crate) const SUBSCRIBER_DRAIN: &str = "subscriber-drain";
/// `Client::drain`.
pub(crate) const CLIENT_DRAIN: &str = "client-drain";

/// Starts one of these; it serves when this returns.
pub(crate) async fn start(way: &str, url: &str, name: &str) -> Service {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["replica", way, url, name]);
    command.env("NATS_URLS", url).env("SERVICE_INSTANCE_REPLICA_ID", name).env("ADMIN_LISTEN", "off");
    let mut service = Service::start(command);
    service.logged("serving").await;
    service
}

/// Is one of these, until SIGTERM.
pub(crate) async fn run(way: &str, url: &str, name: &str) {
    if way == OURS {
        log_to_stderr();
        // The command line is that of the experiment.
        echo::extension().run_with(&Config::load().unwrap()).await.unwrap();
        return;
    }
    let client = async_nats::ConnectOptions::new().name(name).connect(url).await.unwrap();
    let mut requests = client.queue_subscribe(echo::SUBJECT, "echo".to_owned()).await.unwrap();
    client.flush().await.unwrap();
    let mut stop = signal(SignalKind::terminate()).unwrap();
    println!("serving");
    loop {
        tokio::select! {
            request = requests.next() => match request {
                // A client that drains takes no more answers.
                Some(request) => _ = client.publish(request.reply.unwrap(), request.payload).await,
                None => break,
            },
            _ = stop.recv() => match way {
                SUBSCRIBER_DRAIN => requests.drain().await.unwrap(),
                CLIENT_DRAIN => client.drain().await.unwrap(),
                _ => panic!("{way} is no way to leave"),
            },
        }
    }
    // After a drain of the whole client there is nothing left to flush.
    let _ = client.flush().await;
}
