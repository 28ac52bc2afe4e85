//! Three nats-servers that are one.

use std::array;
use std::fmt::Write as _;

use kaa_bus::{Bus, NatsOptions, RequestError, Subject};

use crate::nats_server::NatsServer;
use crate::patience::{PATIENCE, soon};
use crate::port::free_port;

/// How many servers there are.
pub const SIZE: usize = 3;

/// A cluster on loopback. Killed when dropped.
#[derive(Debug)]
pub struct NatsCluster {
    nodes: [NatsServer; SIZE],
}

impl NatsCluster {
    /// Three servers that have found each other.
    ///
    /// # Panics
    ///
    /// When they do not.
    pub async fn start() -> Self {
        let ports: [u16; SIZE] = array::from_fn(|_| free_port());
        let node = |number: usize| {
            let mut config = format!("server_name: nats-{number}\ncluster {{\n  name: kaa\n");
            // A node that is in lame duck mode ends its connections after the shortest time that it allows.
            config.insert_str(0, "lame_duck_grace_period: 3s\nlame_duck_duration: 30s\n");
            _ = write!(config, "  listen: 127.0.0.1:{}\n  routes: [", ports[number]);
            for port in ports {
                _ = write!(config, "nats-route://127.0.0.1:{port}, ");
            }
            NatsServer::start_with(move |_| config + "]\n}\n")
        };
        let cluster = Self { nodes: [node(0).await, node(1).await, node(2).await] };
        cluster.is_whole().await;
        cluster
    }

    /// One of the servers.
    ///
    /// # Panics
    ///
    /// When there are not as many.
    pub fn node(&mut self, number: usize) -> &mut NatsServer {
        &mut self.nodes[number]
    }

    /// Where it is.
    ///
    /// # Panics
    ///
    /// When there are not as many.
    pub fn url(&self, number: usize) -> String {
        self.nodes[number].url()
    }

    /// Waits until each server passes on what it is given to each other one.
    ///
    /// # Panics
    ///
    /// When one does not.
    pub async fn is_whole(&self) {
        let subject = |to: usize| format!("whole.{to}").parse::<Subject>().expect("a subject");
        let mut buses = Vec::new();
        for node in &self.nodes {
            let options = NatsOptions::new(&node.url()).expect("a URL");
            buses.push(soon("a connection", Bus::nats(options)).await.expect("a server"));
        }
        for (to, there) in buses.iter().enumerate() {
            let heard = there.subscribe(subject(to), None).await.expect("a subscription");
            for from in &buses {
                let passed_on = async {
                    loop {
                        let asked = from.request(subject(to), "".into(), PATIENCE / 100).await;
                        // Nobody answers, but somebody hears it.
                        if !matches!(asked, Err(RequestError::NoResponders { .. })) {
                            break;
                        }
                    }
                };
                soon("the servers to find each other", passed_on).await;
            }
            drop(heard);
        }
    }
}
