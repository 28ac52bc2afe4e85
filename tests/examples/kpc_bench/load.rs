//! Devices in a closed loop: each asks, waits for the answer, and asks again.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kaa_tests::measured::Measured;
use serde::{Deserialize, Serialize};

use crate::{DEVICES, REQUESTS, WARM_UP, bare, http, mqtt};

/// How a device asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// PUBLISH out, PUBLISH back.
    Mqtt0,
    /// The same, each acknowledged.
    Mqtt1,
    /// POST on a connection that stays.
    Http,
    /// PUBLISH out, the same bytes back: sockets and nothing else.
    Sockets,
}

/// What some requests took.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) requests: usize,
    pub(crate) cpu: Duration,
    pub(crate) elapsed: Duration,
}

impl Cost {
    pub(crate) fn microseconds(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests as f64
    }

    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }
}

/// One device on one connection.
pub(crate) enum Device {
    Mqtt(mqtt::Device),
    Http(http::Device),
    Bare(bare::Device),
}

impl Device {
    pub(crate) async fn connect(address: SocketAddr, exchange: Exchange, number: usize) -> Self {
        match exchange {
            Exchange::Mqtt0 => Self::Mqtt(mqtt::Device::connect(address, number, 0).await),
            Exchange::Mqtt1 => Self::Mqtt(mqtt::Device::connect(address, number, 1).await),
            Exchange::Http => Self::Http(http::Device::connect(address, number).await),
            Exchange::Sockets => Self::Mqtt(mqtt::Device::without_login(address, number).await),
        }
    }

    pub(crate) async fn send(&mut self) {
        match self {
            Self::Mqtt(device) => device.send().await,
            Self::Http(device) => device.send().await,
            // The client asks and waits in one.
            Self::Bare(_) => {}
        }
    }

    /// Waits for one answer, which has to be a success.
    pub(crate) async fn answer(&mut self) {
        match self {
            Self::Mqtt(device) => device.answer().await,
            Self::Http(device) => device.answer().await,
            Self::Bare(device) => device.answer().await,
        }
    }
}

pub(crate) async fn measure(server: &Measured, address: SocketAddr, exchange: Exchange) -> Cost {
    let mut devices = Vec::new();
    for number in 0..DEVICES {
        devices.push(Device::connect(address, exchange, number).await);
    }
    let devices = ask(devices, WARM_UP).await;
    let (cpu, started) = (server.cpu(), Instant::now());
    ask(devices, REQUESTS).await;
    Cost { requests: REQUESTS, cpu: server.cpu() - cpu, elapsed: started.elapsed() }
}

async fn ask(devices: Vec<Device>, requests: usize) -> Vec<Device> {
    let tasks = devices.into_iter().map(|mut device| {
        tokio::spawn(async move {
            for _ in 0..requests / DEVICES {
                device.send().await;
                device.answer().await;
            }
            device
        })
    });
    let mut devices = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        devices.push(task.await.unwrap());
    }
    devices
}
